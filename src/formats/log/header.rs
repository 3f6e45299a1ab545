//! The header of a table, kept beside its quarantined rows, so that a row is masked by what its columns are called. Not
//! for reading tables: see `csv`; nor for what is personal: see `model::privacy`.

use serde::{Deserialize, Serialize};

use super::LONGEST_RAW;
use super::csv_record::fields;
use super::raw;
use crate::model::privacy::{is_personal_name, masked_field, masked_record, masked_unknown};

/// What stands between fields, and what columns are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// One byte.
    pub delimiter: char,
    /// In their order.
    pub columns: Vec<String>,
}

impl Header {
    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As it was stored; `None` for what is none.
    pub fn from_text(text: &str) -> Option<Header> {
        serde_json::from_str(text).ok().filter(|header: &Header| header.delimiter.is_ascii())
    }
}

/// The first `most` characters of a row of a table on one line, each field masked by its column's name and by its form.
/// Without a header, as of rows kept by earlier versions, all but instants and short numbers is masked; a row whose fields
/// cannot be told apart is masked by the names of all columns.
pub fn shown_row(row: &[u8], header: Option<&Header>, most: usize) -> String {
    let text = String::from_utf8_lossy(row);
    let is_cut = row.len() >= LONGEST_RAW;
    let whole = if is_cut { raw::without_last_word(&text) } else { &text[..] };
    raw::cut(&masked_row(whole, header, is_cut), most)
}

fn masked_row(text: &str, header: Option<&Header>, is_cut: bool) -> String {
    let delimiter = header.map_or_else(|| likely_delimiter(text), |header| header.delimiter as u8);
    let Some(header) = header else { return by_part(text, delimiter, masked_unknown) };
    let columns = &header.columns;
    let Some(fields) = fields(text.as_bytes(), delimiter) else {
        // An open quote: a personal column may be anywhere in the row, and a value in several parts.
        let any = columns.iter().any(|name| is_personal_name(name));
        return if any {
            by_part(text, delimiter, |part| masked_field(columns, part))
        } else {
            masked_record(text)
        };
    };
    // Which column a field belongs to is only sure where all are there. Of a row that was cut the number of fields is
    // not known, and delimiters too many move what follows to the right.
    let astray = fields.len().abs_diff(columns.len());
    let near = |column: usize| {
        let from = if is_cut { 0 } else { column.saturating_sub(astray) };
        let to = if is_cut { column + 1 } else { column + astray + 1 };
        columns.get(from.min(columns.len())..to.min(columns.len())).unwrap_or_default()
    };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (column, range) in fields.into_iter().enumerate() {
        out.push_str(&text[from..range.start]);
        out.push_str(&masked_field(near(column), &text[range.clone()]));
        from = range.end;
    }
    out.push_str(&text[from..]);
    out
}

/// Each part between delimiters, masked by itself; a quote around it stays away.
fn by_part(text: &str, delimiter: u8, masked: impl Fn(&str) -> String) -> String {
    let delimiter = char::from(delimiter);
    let parts: Vec<String> = text.split(delimiter).map(|part| masked(part.trim_matches('"'))).collect();
    parts.join(&delimiter.to_string())
}

/// The delimiter that occurs most often; the first of equals.
fn likely_delimiter(text: &str) -> u8 {
    let count = |delimiter: &u8| text.bytes().filter(|byte| byte == delimiter).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { delimiter: ';', columns: ["id", "first_name", "note", "at"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn a_header_comes_back_from_its_text() {
        assert_eq!(Header::from_text(&header().to_text()), Some(header()));
        for text in ["", "{}", "[1]", "{\"delimiter\":\"é\",\"columns\":[]}"] {
            assert_eq!(Header::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn fields_are_masked_by_their_columns_and_the_rest_is_as_in_the_file() {
        let shown = |row: &str| shown_row(row.as_bytes(), Some(&header()), 200);
        assert_eq!(shown("7;Anna;to ann@x.org;then"), "7;•••;to •••@x.org;then");
        assert_eq!(shown("7;\"An\"\"na; B\";\"a \"\"b\"\"\";"), "7;\"•••\";\"a \"\"b\"\"\";");
        assert_eq!(shown("7;;x;"), "7;;x;");
        // One field too many: the name may be the one before or after.
        assert_eq!(shown("7;Miller;Anna;x;then"), "•••;•••;•••;x;then");
        assert_eq!(shown("7;Anna"), "•••;•••");
    }

    #[test]
    fn rows_without_header_show_plain_values_only() {
        for (row, shown) in [
            ("7,Anna,0170 1234567,2026-01-05T10:11:12Z,true", "7,•••,•••,2026-01-05T10:11:12Z,true"),
            // A birthday, a postcode, a phone number without its zero, one with a blank, a coordinate.
            ("1985-03-02,10115,1701234567,1700 123,52.51731", "•••,•••,•••,•••,•••"),
            ("-1.5,1e99,2026-01-05 10:11,null,,inf,NaN", "-1.5,1e99,•••,null,,•••,•••"),
        ] {
            assert_eq!(shown_row(row.as_bytes(), None, 200), shown);
        }
    }

    #[test]
    fn rows_with_an_open_quote_are_masked_by_all_columns() {
        assert_eq!(shown_row("7;\"Anna;x;1".as_bytes(), Some(&header()), 200), "•••;•••;•••;•••");
        let plain = Header { columns: vec!["id".into(), "note".into()], ..header() };
        assert_eq!(shown_row("7;\"to ann@x.org;x".as_bytes(), Some(&plain), 200), "7;\"to •••@x.org;x");
    }

    #[test]
    fn in_rows_that_were_cut_a_field_is_masked_by_all_columns_before_it() {
        // Two delimiters too many at the front move the name to the right.
        let row = format!("7;;;Anna;{}", "x".repeat(LONGEST_RAW));
        assert_eq!(shown_row(row.as_bytes(), Some(&header()), 20), "7;;;•••;");
        let row = format!("7;Anna;to ann@x.org {}", "x ".repeat(LONGEST_RAW));
        assert_eq!(shown_row(row.as_bytes(), Some(&header()), 20), "7;•••;•••");
        let late = Header { columns: ["id", "note", "first_name"].map(str::to_owned).to_vec(), ..header() };
        let row = format!("7;then;Anna {}", "x ".repeat(LONGEST_RAW));
        assert_eq!(shown_row(row.as_bytes(), Some(&late), 20), "7;then;•••");
    }
}
