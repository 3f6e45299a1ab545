//! Tables of comma-, semicolon-, tab- or bar-separated text with a header line. Not for splitting rows: see `csv_record`.
//!
//! Every row is a track event. A cell that has no role becomes a property, typed by itself:
//! - empty: the property is missing;
//! - `true` or `false` in any case: boolean;
//! - a JSON number of at most 15 digits without leading zeros or a plus: number. An exponent needs a sign or a point
//!   before it, so that `1e-07` is a number and the article code `12e4` is not;
//! - all else: text, ISO times too.
//!
//! Columns without a name are called `column_3` by their place, and a repeated name gets `_2`.

use std::borrow::Cow;

use super::csv_record::{Fault, Row, Rows};
use super::identity::Identity;
use super::json;
use super::mapping::Properties;
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::{
    Header, Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record, json_objects,
    peek, whole_lines, without_bom,
};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::Zone;

/// The format.
pub struct Csv;

impl LogFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn label(&self) -> &'static str {
        "CSV or TSV with a header line"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        if json_objects::opens_json(head) {
            return 0;
        }
        let Ok(mut sheet) = sheet(Box::new(whole_lines(head))) else { return 0 };
        let whole = mapping.cloned().unwrap_or_default().completed(&sheet.columns);
        if whole.check(&sheet.columns).is_ok() {
            return 80;
        }
        // A table whose columns have other names: the reader says which mapping it needs.
        let width = sheet.columns.len();
        match sheet.rows.next() {
            Ok(Some(row)) if row.len() == width && width > 1 => 20,
            _ => 0,
        }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let sheet = sheet(input)?;
        let mut mapping = options.mapping.clone().unwrap_or_default().completed(&sheet.columns);
        mapping.check(&sheet.columns)?;
        let zone = *mapping.zone.get_or_insert(options.zone);
        let layout = Layout::new(&mapping, &sheet.columns, zone);
        let identity = Identity::new(&mapping, &sheet.columns);
        let header = Header { delimiter: char::from(sheet.rows.delimiter()), columns: sheet.columns };
        Ok(Box::new(CsvReader { rows: sheet.rows, layout, identity, mapping, header }))
    }
}

/// A table whose header has been read.
pub(super) struct Sheet<'a> {
    /// Names of the columns, distinct and not empty.
    pub columns: Vec<String>,
    /// The rows below.
    pub rows: Rows<'a>,
}

/// Reads a header.
///
/// # Errors
/// When the first line is no header of at least two columns.
pub(super) fn sheet(input: Input<'_>) -> Result<Sheet<'_>, Diagnostic> {
    let (head, mut input) = peek(input);
    if head.len() > without_bom(&head).len() {
        let mut bom = [0; 3];
        std::io::Read::read_exact(&mut input, &mut bom).map_err(|error| unreadable(&error.to_string()))?;
    }
    let delimiter = delimiter(without_bom(&head)).ok_or_else(|| {
        Diagnostic::error("no-header", "The first line is not a header of columns").hint(
            "A CSV or TSV log starts with a line that names its columns, such as user_id,event,timestamp",
        )
    })?;
    let mut rows = Rows::new(input, delimiter);
    loop {
        let row = rows.next().map_err(|error| unreadable(&error.to_string()))?;
        let Some(row) = row else { return Err(unreadable("the file ends before it")) };
        if row.is_blank() {
            continue;
        }
        let text =
            std::str::from_utf8(row.bytes).ok().filter(|text| row.fault.is_none() && !text.contains('\0'));
        let Some(text) = text else {
            return Err(unreadable("it is not text, too long, or has an open quote"));
        };
        let columns = distinct((0..row.len()).map(|index| row.field(text, index)));
        return Ok(Sheet { columns, rows });
    }
}

/// Reads rows as events.
struct CsvReader<'a> {
    rows: Rows<'a>,
    layout: Layout,
    identity: Identity,
    mapping: Mapping,
    header: Header,
}

impl LogReader for CsvReader<'_> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            if row.is_blank() {
                continue;
            }
            let outcome = self.layout.event(&row);
            let raw = match &outcome {
                Ok(_) => Vec::new(),
                Err(_) => row.bytes[..row.bytes.len().min(LONGEST_RAW)].to_vec(),
            };
            let raw_hash = self.identity.hash(row.bytes, &outcome);
            return Ok(Some(Record { line: row.line, position: row.position, raw_hash, raw, outcome }));
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        Some(&self.mapping)
    }

    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }
}

/// A mapping with its columns looked up.
struct Layout {
    width: usize,
    event: Option<usize>,
    event_is: String,
    time: Option<usize>,
    user_id: Option<usize>,
    anonymous_id: Option<usize>,
    message_id: Option<usize>,
    /// Column and name of each property.
    properties: Vec<(usize, String)>,
    /// Columns that belong to nothing.
    extra: Vec<(usize, String)>,
    format: super::time::TimeFormat,
    zone: Zone,
}

impl Layout {
    fn new(mapping: &Mapping, columns: &[String], zone: Zone) -> Layout {
        let at = |name: &Option<String>| {
            name.as_ref().and_then(|name| columns.iter().position(|column| column == name))
        };
        let mut layout = Layout {
            width: columns.len(),
            event: at(&mapping.event),
            event_is: mapping.event_is.clone().unwrap_or_default(),
            time: at(&mapping.time),
            user_id: at(&mapping.user_id),
            anonymous_id: at(&mapping.anonymous_id),
            message_id: at(&mapping.message_id),
            properties: Vec::new(),
            extra: Vec::new(),
            format: mapping.time_format.clone(),
            zone,
        };
        let roles = [layout.event, layout.time, layout.user_id, layout.anonymous_id, layout.message_id];
        for (index, column) in columns.iter().enumerate() {
            let free = !roles.contains(&Some(index));
            match &mapping.properties {
                Properties::Rest if free => layout.properties.push((index, column.clone())),
                Properties::Columns(listed) if listed.contains(column) => {
                    layout.properties.push((index, column.clone()));
                }
                Properties::Columns(_) if free => layout.extra.push((index, column.clone())),
                Properties::Rest | Properties::Columns(_) => {}
            }
        }
        layout
    }

    fn event(&self, row: &Row<'_>) -> Result<NewEvent, Rejection> {
        match row.fault {
            Some(Fault::TooLong(length)) => {
                return Err(Rejection::new(Reason::TooLong, format!("{length} bytes")));
            }
            Some(Fault::OpenQuote) => return Err(Rejection::new(Reason::OpenQuote, "")),
            None => {}
        }
        let text = std::str::from_utf8(row.bytes).map_err(|error| json::not_utf8(&error))?;
        if row.len() != self.width {
            let detail = format!("expected {} fields, received {}", self.width, row.len());
            return Err(Rejection::new(Reason::RaggedRow, detail));
        }
        let cell = |column: Option<usize>| column.map(|index| row.field(text, index));
        let name = cell(self.event).unwrap_or(Cow::Borrowed(&self.event_is));
        if name.trim().is_empty() {
            return Err(Rejection::new(Reason::NoEventName, ""));
        }
        let time = cell(self.time).unwrap_or_default();
        if time.trim().is_empty() {
            return Err(Rejection::new(Reason::NoTime, ""));
        }
        let id = |column| cell(column).filter(|text| !text.is_empty()).map(Cow::into_owned);
        let event = NewEvent {
            kind: EventKind::Track,
            time: self.format.read(&time, self.zone)?,
            message_id: id(self.message_id),
            anonymous_id: id(self.anonymous_id),
            user_id: id(self.user_id),
            previous_id: None,
            properties: members(&self.properties, row, text),
            context: String::new(),
            extra: members(&self.extra, row, text),
            name: name.into_owned(),
        };
        check_identifiers(&event)?;
        Ok(event)
    }
}

fn members(columns: &[(usize, String)], row: &Row<'_>, text: &str) -> String {
    let mut object = String::new();
    for (index, name) in columns {
        let cell = row.field(text, *index);
        if cell.is_empty() {
            continue;
        }
        if is_number(&cell) {
            json::push_member(&mut object, name, &cell);
        } else if cell.eq_ignore_ascii_case("true") {
            json::push_member(&mut object, name, "true");
        } else if cell.eq_ignore_ascii_case("false") {
            json::push_member(&mut object, name, "false");
        } else {
            json::push_member(&mut object, name, "");
            json::push_text(&mut object, &cell);
        }
    }
    json::close(&mut object);
    object
}

/// True for the text of a JSON number that survives being read as one.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        digits(unsigned) && unsigned.len() <= 2 && (unsigned.len() < exponent.len() || fraction.is_some())
    });
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && whole.len() + fraction.map_or(0, str::len) <= 15
        && exponent_fits
}

/// The delimiter that occurs most often in the first line outside quotes; `None` when the line is no header.
fn delimiter(head: &[u8]) -> Option<u8> {
    let head = head.trim_ascii_start();
    let line = &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())];
    if line.contains(&0) || std::str::from_utf8(line).is_err_and(|error| error.error_len().is_some()) {
        return None;
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte && !quoted) {
            *count += 1;
        }
    }
    // The first of equals wins: a comma before the others.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .filter(|(_, count)| *count > 0)
        .map(|(byte, _)| byte)
}

fn distinct<'t>(names: impl Iterator<Item = Cow<'t, str>>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for (index, name) in names.enumerate() {
        let name = name.trim();
        let base = if name.is_empty() { format!("column_{}", index + 1) } else { name.to_owned() };
        let mut column = base.clone();
        let mut copy = 2;
        while !known.insert(column.clone()) {
            column = format!("{base}_{copy}");
            copy += 1;
        }
        columns.push(column);
    }
    columns
}

fn unreadable(why: &str) -> Diagnostic {
    Diagnostic::error("no-header", format!("The header line cannot be read: {why}"))
        .hint("A CSV or TSV log starts with a line that names its columns, such as user_id,event,timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_json_and_people_call_numbers() {
        for text in ["0", "-0", "17", "-3.50", "0.1", "999999999999999", "1e-07", "1.5E7", "2.5e+10"] {
            assert!(is_number(text), "{text}");
            assert!(serde_json::from_str::<f64>(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "-",
            "007",
            "+1",
            "1.",
            ".5",
            "1,5",
            "1e5",
            "1e",
            "1.5e",
            "1.5e999",
            "1234567890123456",
            "0x1",
            " 1",
        ] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn delimiters_are_seen_outside_quotes() {
        assert_eq!(delimiter(b"a,b\n"), Some(b','));
        assert_eq!(delimiter(b"\"x,y,z\";b\n"), Some(b';'));
        assert_eq!(delimiter(b"a\tb\tc,d"), Some(b'\t'));
        assert_eq!(delimiter(b"a|b"), Some(b'|'));
        assert_eq!(delimiter(b"alone\n1,2"), None);
        assert_eq!(delimiter(b"\xff\xfe,b"), None);
        assert_eq!(delimiter(b"a\0,b"), None);
    }

    #[test]
    fn columns_get_distinct_names() {
        let names = ["a", "", " a ", "a_2"].into_iter().map(Cow::Borrowed);
        assert_eq!(distinct(names), ["a", "column_2", "a_2", "a_2_2"]);
    }
}
