//! The header of a table, kept beside its quarantined rows, so that a row is masked by what its columns are called. Not
//! for reading tables: see `csv`; nor for what is personal: see `model::privacy`.

use serde::{Deserialize, Serialize};

use super::LONGEST_RAW;
use super::csv_record::fields;
use super::raw;
use crate::model::privacy::{masked_field, masked_unknown};

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
/// Without a header, as of rows kept by earlier versions, and in a row whose fields cannot be told apart, all but plain
/// numbers and times is masked.
pub fn shown_row(row: &[u8], header: Option<&Header>, most: usize) -> String {
    let text = String::from_utf8_lossy(row);
    let is_cut = row.len() >= LONGEST_RAW;
    let whole = if is_cut { raw::without_last_word(&text) } else { &text[..] };
    raw::cut(&masked_row(whole, header, is_cut), most)
}

fn masked_row(text: &str, header: Option<&Header>, is_cut: bool) -> String {
    let delimiter = header.map_or_else(|| likely_delimiter(text), |header| header.delimiter as u8);
    let known = header.and_then(|header| Some((header, fields(text.as_bytes(), delimiter)?)));
    let Some((header, fields)) = known else {
        let parts = text.split(char::from(delimiter)).map(|part| masked_unknown(part.trim_matches('"')));
        return parts.collect::<Vec<_>>().join(&char::from(delimiter).to_string());
    };
    // Which column a field belongs to is only sure where all are there; of a row that was cut the first ones are.
    let astray = if is_cut { 0 } else { fields.len().abs_diff(header.columns.len()) };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (column, range) in fields.into_iter().enumerate() {
        out.push_str(&text[from..range.start]);
        out.push_str(&masked_field(&header.columns, column, astray, &text[range.clone()]));
        from = range.end;
    }
    out.push_str(&text[from..]);
    out
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
    fn rows_without_header_or_with_an_open_quote_show_plain_values_only() {
        let plain = shown_row(b"7,Anna,0170 1234567,2026-01-05T10:11:12Z,true", None, 200);
        assert_eq!(plain, "7,•••,•••,2026-01-05T10:11:12Z,true");
        assert_eq!(shown_row("7;\"Anna;x;1".as_bytes(), Some(&header()), 200), "7;•••;•••;1");
    }
}
