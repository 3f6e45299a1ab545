//! Rules that mend records that were refused, so that they can be read again. Not for reading them: see the formats.
//!
//! A rule changes one field of a record: a column of a table, or a path of a JSON object such as `properties.ts`.
//! Nothing else of the record changes, and a record that a rule says nothing about stays as it is.

use std::borrow::Cow;

use super::json::{self, Fields, Scalar};
use super::mapped::at;
use super::reason::{Reason, Rejection};
use super::time::TimeFormat;
use super::{Header, LONGEST_RAW};
use crate::model::event::is_blocked;
use crate::model::time::Zone;

/// What one field becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// The column or path.
    pub field: String,
    /// How it is mended.
    pub change: Change,
}

/// How a field is mended.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is a time, written so.
    Time {
        /// How.
        format: TimeFormat,
        /// The zone of times without one.
        zone: Zone,
    },
    /// Where it is missing or stands for nothing: this text.
    Default(String),
    /// Where it is missing or stands for nothing: what another field holds, which then is missing.
    From(String),
}

/// Applies rules to a record's raw bytes, in their order.
///
/// # Errors
/// The record was cut when it was kept, is neither a JSON object nor a row of the header's table, or a time cannot be
/// read as the rule says.
pub fn fixed(raw: &[u8], header: Option<&Header>, fixes: &[Fix]) -> Result<Vec<u8>, Rejection> {
    if raw.len() >= LONGEST_RAW {
        return Err(Rejection::new(Reason::TooLong, "only its beginning was kept"));
    }
    match header {
        Some(header) => fixed_row(raw, header, fixes),
        None => {
            let text = std::str::from_utf8(raw).map_err(|error| json::not_utf8(&error))?;
            let mut text = Cow::Borrowed(text);
            json::object(text.as_bytes())?;
            for fix in fixes {
                text = Cow::Owned(fixed_object(&text, fix)?);
            }
            // One record is one line.
            Ok(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }).collect())
        }
    }
}

/// The fields that a record has, for choosing among them; sorted for objects, in their order for tables.
pub fn fields_of(raw: &[u8], header: Option<&Header>) -> Vec<String> {
    match header {
        Some(header) => header.columns.clone(),
        None => super::json_lines::paths(raw),
    }
}

/// What a record has in a field, as it is written; `None` where that is missing or no single value.
pub fn value_of(raw: &[u8], header: Option<&Header>, field: &str) -> Option<String> {
    if let Some(header) = header {
        let place = header.columns.iter().position(|column| column == field)?;
        let row = row_of(raw, header).ok()?;
        return row.get(place).filter(|text| !text.is_empty()).map(str::to_owned);
    }
    let fields = json::object(raw).ok()?;
    match json::scalar(at(&fields, field)?) {
        Scalar::Text(text) => Some(text.into_owned()),
        Scalar::Literal(text) => Some(text.to_owned()),
        Scalar::Missing | Scalar::Nested => None,
    }
}

fn writer(header: &Header) -> csv::Writer<Vec<u8>> {
    let delimiter = u8::try_from(header.delimiter).unwrap_or(b',');
    csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new())
}

/// The header's line with its line end.
pub fn header_line(header: &Header) -> Vec<u8> {
    line(header, header.columns.iter().map(String::as_bytes))
}

fn line<'f>(header: &Header, fields: impl Iterator<Item = &'f [u8]>) -> Vec<u8> {
    let mut writer = writer(header);
    // A vector takes everything.
    let _ = writer.write_record(fields);
    writer.into_inner().unwrap_or_default()
}

fn row_of(raw: &[u8], header: &Header) -> Result<csv::StringRecord, Rejection> {
    let delimiter = u8::try_from(header.delimiter).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(raw);
    let mut row = csv::StringRecord::new();
    match reader.read_record(&mut row) {
        Ok(true) => Ok(row),
        Ok(false) => Err(Rejection::new(Reason::NotAnEvent, "an empty row")),
        Err(_) => Err(Rejection::new(Reason::NotUtf8, "")),
    }
}

fn fixed_row(raw: &[u8], header: &Header, fixes: &[Fix]) -> Result<Vec<u8>, Rejection> {
    let mut fields: Vec<String> = row_of(raw, header)?.iter().map(str::to_owned).collect();
    if fields.len() != header.columns.len() {
        let detail = format!("{} fields, the header has {}", fields.len(), header.columns.len());
        return Err(Rejection::new(Reason::RaggedRow, detail));
    }
    let place = |name: &str| header.columns.iter().position(|column| column == name);
    for fix in fixes {
        let Some(own) = place(&fix.field) else { continue };
        match &fix.change {
            Change::Time { format, zone } if !fields[own].is_empty() => {
                fields[own] = format.read(&fields[own], *zone)?.iso();
            }
            Change::Default(text) if says_nothing(&fields[own]) => fields[own].clone_from(text),
            Change::From(other) if says_nothing(&fields[own]) => {
                if let Some(other) = place(other) {
                    fields[own] = std::mem::take(&mut fields[other]);
                }
            }
            Change::Time { .. } | Change::Default(_) | Change::From(_) => {}
        }
    }
    let mut line = line(header, fields.iter().map(String::as_bytes));
    line.pop();
    Ok(line)
}

fn fixed_object(text: &str, fix: &Fix) -> Result<String, Rejection> {
    let fields = json::fields(text)
        .map_err(|_| Rejection::new(Reason::NotAnEvent, "a JSON value that is not an object"))?;
    let value = |path: &str| at(&fields, path).map_or(Scalar::Missing, json::scalar);
    let missing = match value(&fix.field) {
        Scalar::Missing => true,
        Scalar::Text(text) => is_blocked(&text),
        Scalar::Literal(text) => is_blocked(text),
        Scalar::Nested => false,
    };
    match &fix.change {
        Change::Time { format, zone } => match value(&fix.field) {
            Scalar::Text(written) => {
                Ok(with(text, &fix.field, Some(&quoted(&format.read(&written, *zone)?.iso()))))
            }
            Scalar::Literal(written) => {
                Ok(with(text, &fix.field, Some(&quoted(&format.read(written, *zone)?.iso()))))
            }
            Scalar::Missing | Scalar::Nested => Ok(text.to_owned()),
        },
        Change::Default(default) if missing => Ok(with(text, &fix.field, Some(&quoted(default)))),
        Change::From(other) if missing => match at(&fields, other) {
            Some(raw) => Ok(with(&with(text, other, None), &fix.field, Some(raw))),
            None => Ok(text.to_owned()),
        },
        Change::Default(_) | Change::From(_) => Ok(text.to_owned()),
    }
}

/// An object's text with another raw value at a path, or without it.
fn with(text: &str, path: &str, raw: Option<&str>) -> String {
    let fields = json::fields(text).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + path.len() + 32);
    let inner = (!has(&fields, path)).then(|| nested(&fields, path)).flatten();
    let (own, rest) = inner.map_or((path, None), |(key, rest)| (key, Some(rest)));
    let mut found = false;
    for (key, old) in &fields {
        if key != own {
            json::push_member(&mut out, key, old);
            continue;
        }
        found = true;
        match (rest, raw) {
            (Some(rest), raw) => json::push_member(&mut out, key, &with(old, rest, raw)),
            (None, Some(raw)) => json::push_member(&mut out, key, raw),
            (None, None) => {}
        }
    }
    if let Some(raw) = raw.filter(|_| !found) {
        json::push_member(&mut out, own, raw);
    }
    json::close(&mut out);
    if out.is_empty() { "{}".to_owned() } else { out }
}

fn has(fields: &Fields<'_>, key: &str) -> bool {
    fields.iter().any(|(known, _)| known == key)
}

/// The object that a path leads into, and the rest of the path.
fn nested<'p>(fields: &Fields<'_>, path: &'p str) -> Option<(&'p str, &'p str)> {
    path.match_indices('.').find_map(|(dot, _)| {
        let key = &path[..dot];
        let inside = fields.iter().any(|(known, raw)| known == key && raw.starts_with('{'));
        inside.then(|| (key, &path[dot + 1..]))
    })
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    json::push_text(&mut out, text);
    out
}

fn says_nothing(text: &str) -> bool {
    text.is_empty() || is_blocked(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(field: &str, format: &str) -> Fix {
        let format = TimeFormat::parse(format).unwrap();
        Fix { field: field.to_owned(), change: Change::Time { format, zone: Zone::default() } }
    }

    fn default(field: &str, text: &str) -> Fix {
        Fix { field: field.to_owned(), change: Change::Default(text.to_owned()) }
    }

    fn from(field: &str, other: &str) -> Fix {
        Fix { field: field.to_owned(), change: Change::From(other.to_owned()) }
    }

    fn object(raw: &str, fix: Fix) -> String {
        String::from_utf8(fixed(raw.as_bytes(), None, &[fix]).unwrap()).unwrap()
    }

    #[test]
    fn objects_are_mended_in_place() {
        for (raw, fix, mended) in [
            (
                r#"{"a":1,"ts":"05.01.2026"}"#,
                time("ts", "%d.%m.%Y"),
                r#"{"a":1,"ts":"2026-01-05T00:00:00Z"}"#,
            ),
            (r#"{"ts":1767571200}"#, time("ts", "s"), r#"{"ts":"2026-01-05T00:00:00Z"}"#),
            (
                r#"{"p":{"ts":1767571200,"x":1.10}}"#,
                time("p.ts", "s"),
                r#"{"p":{"ts":"2026-01-05T00:00:00Z","x":1.10}}"#,
            ),
            (r#"{"a":1}"#, time("ts", "s"), r#"{"a":1}"#),
            (r#"{"a":1}"#, default("event", "Seen"), r#"{"a":1,"event":"Seen"}"#),
            (r#"{"event":"","a":1}"#, default("event", "Seen"), r#"{"event":"Seen","a":1}"#),
            (r#"{"event":null}"#, default("event", "a\"b"), r#"{"event":"a\"b"}"#),
            (r#"{"event":"Paid"}"#, default("event", "Seen"), r#"{"event":"Paid"}"#),
            (r#"{"userId":"null","p":{"id":7}}"#, from("userId", "p.id"), r#"{"userId":7,"p":{}}"#),
            (r#"{"name":"Paid","a":1}"#, from("event", "name"), r#"{"a":1,"event":"Paid"}"#),
            (r#"{"event":"Paid","name":"x"}"#, from("event", "name"), r#"{"event":"Paid","name":"x"}"#),
            (r#"{"a":1}"#, from("event", "name"), r#"{"a":1}"#),
            (r#"{"a.b":"","a":{"b":"x"}}"#, default("a.b", "y"), r#"{"a.b":"y","a":{"b":"x"}}"#),
            ("{\"a\":\n1}", default("b", "y"), r#"{"a":1,"b":"y"}"#),
        ] {
            assert_eq!(object(raw, fix.clone()), mended, "{raw} {fix:?}");
        }
    }

    #[test]
    fn rows_are_mended_by_column() {
        let header = Header { delimiter: ';', columns: ["who", "at", "what"].map(str::to_owned).to_vec() };
        let row = |raw: &str, fix: Fix| {
            fixed(raw.as_bytes(), Some(&header), &[fix]).map(|row| String::from_utf8(row).unwrap())
        };
        assert_eq!(
            row("u1;05.01.2026;Paid", time("at", "%d.%m.%Y")).unwrap(),
            "u1;2026-01-05T00:00:00Z;Paid"
        );
        assert_eq!(row("u1;x;", default("what", "a;b")).unwrap(), "u1;x;\"a;b\"");
        assert_eq!(row("null;x;u7", from("who", "what")).unwrap(), "u7;x;");
        assert_eq!(row("u1;x;Paid", time("at", "iso")).unwrap_err().reason, Reason::BadTime);
        assert_eq!(row("u1;x", default("what", "y")).unwrap_err().reason, Reason::RaggedRow);
        assert_eq!(header_line(&header), b"who;at;what\n");
    }

    #[test]
    fn what_no_rule_can_mend_says_why() {
        let reason = |raw: &[u8]| fixed(raw, None, &[default("a", "b")]).unwrap_err().reason;
        assert_eq!(reason(b"not json"), Reason::NotJson);
        assert_eq!(reason(b"[1]"), Reason::NotAnEvent);
        assert_eq!(reason(b"{\"a\":\"\xff\"}"), Reason::NotUtf8);
        assert_eq!(reason(&vec![b'x'; LONGEST_RAW]), Reason::TooLong);
    }
}
