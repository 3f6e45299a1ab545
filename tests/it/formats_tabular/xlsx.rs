//! Excel workbooks, put together here by hand.

use std::fmt::Write as _;
use std::io::Write as _;

use stormline::formats::log::Reason;
use zip::write::SimpleFileOptions;

use super::*;

/// A workbook of sheets by name and rows of cells as XML.
pub(crate) fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: &str| {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let (mut names, mut links) = (String::new(), String::new());
    for (index, (name, _)) in sheets.iter().enumerate() {
        let number = index + 1;
        write!(names, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"r{number}\"/>").unwrap();
        let target = format!("worksheets/sheet{number}.xml");
        write!(links, "<Relationship Id=\"r{number}\" Type=\"{relations}/worksheet\" Target=\"{target}\"/>")
            .unwrap();
    }
    write!(links, "<Relationship Id=\"s\" Type=\"{relations}/styles\" Target=\"styles.xml\"/>").unwrap();
    write!(links, "<Relationship Id=\"t\" Type=\"{relations}/sharedStrings\" Target=\"sharedStrings.xml\"/>")
        .unwrap();
    add("[Content_Types].xml", &format!("<Types xmlns=\"{package}/content-types\"/>"));
    let office =
        format!("<Relationship Id=\"w\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/>");
    add("_rels/.rels", &format!("<Relationships xmlns=\"{package}/relationships\">{office}</Relationships>"));
    add(
        "xl/workbook.xml",
        &format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{names}</sheets></workbook>"),
    );
    add(
        "xl/_rels/workbook.xml.rels",
        &format!("<Relationships xmlns=\"{package}/relationships\">{links}</Relationships>"),
    );
    // Style 1 is a date and a time, style 2 hours of any number.
    add(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/><xf numFmtId=\"46\"/>\
             </cellXfs></styleSheet>"
        ),
    );
    add(
        "xl/sharedStrings.xml",
        &format!("<sst xmlns=\"{main}\"><si><t>Order Completed</t></si><si><t>007</t></si></sst>"),
    );
    for (index, (_, rows)) in sheets.iter().enumerate() {
        let text = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
        add(&format!("xl/worksheets/sheet{}.xml", index + 1), &text);
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn header() -> String {
    let names = ["A:user_id", "B:event", "C:time", "D:price", "E:code", "F:vip", "G:spent"];
    let cells: String = names
        .iter()
        .map(|name| name.split_once(':').unwrap())
        .map(|(column, name)| text(&format!("{column}2"), name))
        .collect();
    format!("<row r=\"2\">{cells}</row>")
}

/// A sheet whose header is in row 2, with an empty row between.
pub(super) fn orders() -> Vec<u8> {
    let rows = [
        header(),
        format!(
            "<row r=\"3\">{}<c r=\"B3\" t=\"s\"><v>0</v></c><c r=\"C3\" s=\"1\"><v>46027.4166666667</v></c>\
             <c r=\"D3\"><v>12.5</v></c><c r=\"E3\" t=\"s\"><v>1</v></c><c r=\"F3\" t=\"b\"><v>1</v></c>\
             <c r=\"G3\" s=\"2\"><v>1.5</v></c><c r=\"I3\"><v>9</v></c></row>",
            text("A3", "u1")
        ),
        "<row r=\"5\"><c r=\"A5\"><v>1002</v></c><c r=\"B5\" t=\"s\"><v>0</v></c><c r=\"C5\" s=\"1\"><v>46028</v></c>\
         <c r=\"D5\" t=\"e\"><v>#DIV/0!</v></c></row>"
            .to_owned(),
        "<row r=\"6\"><c r=\"A6\"><v>1003</v></c><c r=\"B6\" t=\"s\"><v>0</v></c></row>".to_owned(),
    ];
    let persons = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}{}</row>",
        text("A1", "user_id"),
        text("B1", "plan"),
        text("A2", "u1"),
        text("B2", "pro")
    );
    workbook(&[("Orders", &rows.concat()), ("Persons", &persons)])
}

#[test]
fn a_sheet_reads_like_a_table_with_its_own_types() {
    let bytes = orders();
    let format = format_of(&bytes, "");
    assert_eq!(format.name(), "xlsx");
    let mut reader = reader(format, &bytes, "").unwrap();
    assert_eq!(codes(&*reader), ["sheet-chosen"]);
    let (records, error) = drain(&mut *reader);
    assert!(error.is_none());
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "track | Order Completed | - - u1 - | 2026-01-05T09:00:00Z",
            "track | Order Completed | - - 1002 - | 2026-01-05T23:00:00Z",
        ],
        "a date without a zone is in the mapping's or the document's"
    );
    assert_eq!(events[0].properties, r#"{"price":12.5,"code":"007","vip":true,"spent":129600,"column_9":9}"#);
    assert_eq!(events[1].properties, "", "an error is no value");
    assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [3, 5, 6]);
    assert_eq!(reasons(&records), [(6, Reason::NoTime, "")]);
}

#[test]
fn another_sheet_is_named_by_the_mapping() {
    let bytes = orders();
    let (_, records) = read_all(&bytes, "sheet = \"Persons\"");
    assert_eq!(line(events(&records)[0]), "traits | Traits | - - u1 - | 2026-06-01T00:00:00Z");
    let fault = reader(format_of(&bytes, ""), &bytes, "sheet = \"Person\"").err().unwrap();
    assert!(fault.to_string().contains("Did you mean “Persons”"), "{fault}");
    let seen = preview_rows(format_of(&bytes, ""), &bytes, "sheet = \"Persons\"");
    assert!(seen.is_of_persons());
    let plan = seen.columns.iter().find(|column| column.name == "plan").unwrap();
    assert_eq!(plan.samples, ["pro"]);
}

#[test]
fn what_is_no_sheet_is_said() {
    let empty = workbook(&[("Nothing", "")]);
    let fault = reader(format_of(&empty, ""), &empty, "").err().unwrap();
    assert!(fault.to_string().contains("“Nothing” is empty"), "{fault}");
    let far = workbook(&[("Far", "<row r=\"4000000000\"><c r=\"A4000000000\"><v>1</v></c></row>")]);
    assert_eq!(reader(format_of(&far, ""), &far, "").err().unwrap().code, "damaged-workbook");
    let whole = orders();
    let fault = reader(format_of(&whole, ""), &whole[..whole.len() / 2], "").err().unwrap();
    assert_eq!(fault.code, "damaged-workbook");
}
