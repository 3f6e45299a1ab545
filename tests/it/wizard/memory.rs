//! Mappings remembered by the columns of a log.

use stormline::jobs::import::{ImportReport, remember, remembered};

use super::*;
use crate::cli::{ok, run};
use crate::formats_tabular::xlsx;

const MAPPING: &str = "event = \"what\"\ntime = \"when\"\ntime_format = \"%d.%m.%Y\"\nuser_id = \"who\"\n";

fn orders(columns: &str, row: &str) -> String {
    format!("{columns}\n{row}\n")
}

impl Desk {
    /// Imports as a person does who corrected the mapping.
    fn import_corrected(&mut self, log: &Path, mapping: &str) {
        let options = options(mapping);
        let report = import(&mut self.document, log, &options, &Progress::new()).unwrap();
        remember(&mut self.document, &options, &report).unwrap();
    }
}

#[test]
fn the_next_log_of_the_same_columns_is_read_the_same_way() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.csv", orders("what,when,who", "Order,01.03.2026,7"));
    let second = desk.file("orders-2.csv", orders("who;what;when", "8;Order;02.03.2026"));
    let other = desk.file("other.csv", orders("what,when,whom", "Order,01.03.2026,7"));
    assert_eq!(remembered(&desk.document, &second, &options("")), None);
    desk.import_corrected(&first, MAPPING);
    let known = remembered(&desk.document, &second, &options("")).unwrap();
    assert_eq!((known.file.as_str(), known.at.iso().as_str()), ("orders-1.csv", "2026-05-03T10:11:00Z"));
    assert_eq!(known.mapping, Mapping::parse(MAPPING).unwrap());
    assert_eq!(remembered(&desk.document, &other, &options("")), None);
    let seen = desk.look(&second, "");
    assert_eq!((seen.log.events, seen.remembered.is_some()), (1, true));
    let refusing = Looking { document: Some(&desk.document), refuses_memory: true, ..Looking::default() };
    let refused = look(&second, &options(""), &refusing, &Progress::new()).unwrap();
    assert_eq!((refused.log.events, refused.remembered.is_some()), (0, true));
    // Without a mapping of hers the format's own is what she wants from now on.
    let plain = options("");
    let report = import(&mut desk.document, &second, &options(MAPPING), &Progress::new()).unwrap();
    remember(&mut desk.document, &plain, &report).unwrap();
    assert_eq!(remembered(&desk.document, &first, &options("")), None);
}

#[test]
fn json_and_tables_that_are_no_text_are_remembered_too() {
    let mut desk = Desk::new();
    let first = desk.file(
        "a.json",
        "{\"what\":\"A\",\"at\":{\"time\":\"2026-03-01\"},\"who\":\"u1\",\"more\":{\"x\":1}}\n",
    );
    let second = desk.file(
        "b.json",
        "{\"who\":\"u2\",\"what\":\"A\",\"at\":{\"time\":\"2026-03-02\"},\"more\":{\"y\":2}}\n",
    );
    desk.import_corrected(&first, "event = \"what\"\ntime = \"at.time\"\nuser_id = \"who\"\n");
    let seen = desk.look(&second, "");
    assert_eq!((seen.log.format, seen.log.events), ("json-lines", 1));
    let table = desk.file("a.data", parquet::log_of_all_types());
    let packed = desk.file("b.data.gz", gzip(&parquet::log_of_all_types()));
    desk.import_corrected(&table, "event_is = \"Row\"\n");
    let known = remembered(&desk.document, &packed, &options("")).unwrap();
    assert_eq!((known.file.as_str(), known.mapping.event_is.as_deref()), ("a.data", Some("Row")));
    // A format that knows its own logs is only corrected by a mapping, and that is of this log alone.
    let event = |n: usize| {
        format!(
            "{{\"event\":\"A\",\"properties\":{{\"time\":176722560{n},\"distinct_id\":\"u{n}\",\"$insert_id\":\"{n}\"}}}}\n"
        )
    };
    let mixpanel = desk.file("m.ndjson", event(1));
    desk.import_corrected(&mixpanel, "zone = \"Europe/Berlin\"\n");
    assert_eq!(desk.document.batches().unwrap().last().unwrap().format, "mixpanel");
    assert_eq!(remembered(&desk.document, &desk.file("n.ndjson", event(2)), &options("")), None);
}

#[test]
fn the_wizard_says_whose_mapping_it_proposes_and_has_a_way_back() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.csv", orders("what,when,who", "Order,01.03.2026,7"));
    desk.import_corrected(&first, MAPPING);
    let second = desk.file("orders-2.csv", orders("what,when,who", "Order,02.03.2026,8"));
    let mut window = desk.window();
    window.shell().open(second.clone());
    window.settle();
    window.assert_shows("As for orders-1.csv on 3 May 2026, 10:11");
    window.assert_shows("Of all 1 record 1 event of 1 name would be imported");
    window.tab_to("Read as the format proposes");
    window.press(Key::Enter);
    window.assert_shows("Not as for orders-1.csv on 3 May 2026, 10:11");
    assert!(!window.shows("would be imported"));
    window.tab_to("Read as that log");
    window.press(Key::Enter);
    window.assert_shows("1 event of 1 name would be imported");
    window.settle();
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    window.work_until("2 imports · 2 events");
    // The one imported last is named from now on.
    window.shell().open(second);
    window.settle();
    window.assert_shows("As for orders-2.csv on");
}

#[test]
fn the_command_line_takes_the_remembered_mapping_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("orders-1.csv", &orders("what,when,who", "Order,01.03.2026,7"));
    write("orders-2.csv", &orders("what,when,who", "Order,02.03.2026,8"));
    write("orders-3.csv", &orders("what,when,who", "Order,03.03.2026,9"));
    write("map.toml", MAPPING);
    write("none.toml", "");
    ok(folder, &["new", "a.stormline", "--json"]);
    assert_eq!(run(folder, &["import", "a.stormline", "orders-1.csv"]).status.code(), Some(2));
    ok(folder, &["import", "a.stormline", "orders-1.csv", "--mapping", "map.toml", "--json"]);
    let second = ok(folder, &["import", "a.stormline", "orders-2.csv", "--json"]);
    assert_eq!(second["batches"][0]["imported"], 1);
    let said = &second["batches"][0]["diagnostics"][0];
    assert_eq!(said["code"], "remembered-mapping");
    assert!(said["message"].as_str().unwrap().contains("mapping of orders-1.csv"), "{said}");
    let told = run(folder, &["import", "a.stormline", "orders-2.csv"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("Read by the mapping of orders-1.csv"));
    // A mapping given is the one taken, also when it is empty.
    let own = run(folder, &["import", "a.stormline", "orders-3.csv", "--mapping", "none.toml"]);
    assert_eq!(own.status.code(), Some(2));
}

#[test]
fn what_was_chosen_in_the_window_serves_the_command_line() {
    let desk = Desk::new();
    let first = desk.file("my.csv", "action,moment,customer\nOrder,2026-03-01T10:00:00Z,7\n");
    desk.file("my2.csv", "action,moment,customer\nOrder,2026-03-02T10:00:00Z,8\n");
    let mut window = desk.window();
    window.shell().open(first);
    window.settle();
    window.focus("Column of times");
    window.choose("moment");
    window.settle();
    window.assert_shows("1 event of 1 name would be imported");
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    window.work_until("1 import · 1 event");
    let folder = window.close();
    let second = ok(folder.path(), &["import", "shop.stormline", "my2.csv", "--json"]);
    assert_eq!(second["batches"][0]["imported"], 1);
    assert_eq!(second["batches"][0]["diagnostics"][0]["code"], "remembered-mapping");
}

/// A workbook whose second sheet has the orders.
fn workbook(day: &str) -> Vec<u8> {
    let row = |number: usize, cells: &[&str]| {
        let cell = |(at, text): (usize, &&str)| xlsx::text(&format!("{}{number}", ["A", "B", "C"][at]), text);
        let cells: String = cells.iter().enumerate().map(cell).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let about = [row(1, &["topic", "words"]), row(2, &["author", "shop"])].concat();
    let orders = [row(1, &["what", "when", "who"]), row(2, &["Order", day, "u7"])].concat();
    xlsx::workbook(&[("About", &about), ("Orders", &orders)])
}

#[test]
fn the_mapping_of_another_sheet_is_remembered() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.xlsx", workbook("01.03.2026"));
    let second = desk.file("orders-2.xlsx", workbook("02.03.2026"));
    desk.import_corrected(&first, &format!("{MAPPING}sheet = \"Orders\"\n"));
    assert_eq!(desk.document.counts().unwrap().events, 1);
    let known = remembered(&desk.document, &second, &options("")).unwrap();
    assert_eq!((known.file.as_str(), known.mapping.sheet.as_deref()), ("orders-1.xlsx", Some("Orders")));
    let seen = desk.look(&second, "");
    assert_eq!((seen.log.events, seen.remembered.is_some()), (1, true));
}

#[test]
fn a_mapping_leaves_the_document_with_its_import() {
    let mut desk = Desk::new();
    let orders = desk.file("orders.csv", orders("what,when,who", "Order,01.03.2026,7"));
    let days = desk.file("days.csv", "kind,day,name\nVisit,2026-03-01,u1\n");
    desk.import_corrected(&orders, MAPPING);
    desk.import_corrected(&days, "event = \"kind\"\ntime = \"day\"\nuser_id = \"name\"\n");
    // Imported again it adds nothing, and stays of the import that it is of.
    desk.import_corrected(&orders, MAPPING);
    assert_eq!(desk.document.batches().unwrap().len(), 2);
    desk.document.remove_batch(1, &Progress::new()).unwrap();
    assert_eq!(remembered(&desk.document, &orders, &options("")), None);
    assert!(remembered(&desk.document, &days, &options("")).is_some(), "another import is still there");
    // A mapping that was forgotten before is no obstacle.
    let report = import(
        &mut desk.document,
        &days,
        &options("event = \"kind\"\ntime = \"day\"\nuser_id = \"name\"\n"),
        &Progress::new(),
    )
    .unwrap();
    remember(&mut desk.document, &options(""), &report).unwrap();
    desk.document.remove_batch(2, &Progress::new()).unwrap();
    assert_eq!(remembered(&desk.document, &days, &options("")), None);
}

#[test]
fn the_mapping_of_a_stopped_import_is_not_remembered() {
    let mut desk = Desk::new();
    let rows: String = (0..60_000).map(|n| format!("Order,01.03.2026,{n}\n")).collect();
    let log = desk.file("orders.csv", format!("what,when,who\n{rows}"));
    let options = options(MAPPING);
    let stopped = (5..200).find_map(|n| {
        let report = import(&mut desk.document, &log, &options, &Progress::cancelling_at(n)).ok()?;
        (report.read > 0).then_some(report)
    });
    let stopped = stopped.unwrap();
    assert!(!stopped.complete);
    remember(&mut desk.document, &options, &stopped).unwrap();
    assert_eq!(remembered(&desk.document, &log, &super::options("")), None);
    let whole = import(&mut desk.document, &log, &options, &Progress::new()).unwrap();
    remember(&mut desk.document, &options, &whole).unwrap();
    assert!(remembered(&desk.document, &log, &super::options("")).is_some());
}

#[test]
fn what_a_format_reads_by_itself_forgets_the_mapping_too() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.csv", orders("what,when,who", "Order,01.03.2026,7"));
    let second = desk.file("orders-2.csv", orders("what,when,who", "Order,02.03.2026,8"));
    desk.import_corrected(&first, MAPPING);
    assert!(remembered(&desk.document, &second, &options("")).is_some());
    let report = import(&mut desk.document, &second, &options(MAPPING), &Progress::new()).unwrap();
    let of_its_own = ImportReport { format: "segment", ..report };
    remember(&mut desk.document, &options(""), &of_its_own).unwrap();
    assert_eq!(remembered(&desk.document, &second, &options("")), None);
}
