//! Tables of comma-, semicolon-, tab- or bar-separated text with a header line. Not for splitting rows: see `csv_record`.
//!
//! A row is a track event, or what its column of call types says, or traits of a person in a table of persons. A cell
//! that has no role becomes a property, typed by itself:
//! - empty: the property is missing;
//! - `true` or `false` in any case: boolean;
//! - a JSON number of at most 15 digits without leading zeros or a plus: number. An exponent needs a sign or a point
//!   before it, so that `1e-07` is a number and the article code `12e4` is not;
//! - all else: text, ISO times too.
//!
//! Columns without a name are called `column_3` by their place, and a repeated name gets `_2`. Encodings: see `csv_sheet`.

use super::csv_layout::Layout;
use super::csv_record::Rows;
use super::csv_sheet::{beginning, guessed_encoding, readable, sheet};
use super::identity::Identity;
use super::{
    Header, Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record, calls,
    json_objects, peek, without_bom,
};
use crate::base::Diagnostic;
use crate::model::event::EventText;

/// The format.
pub struct Csv;

/// Rows looked at for the kinds of calls.
const ROWS_LOOKED_AT: usize = 200;

impl LogFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn label(&self) -> &'static str {
        "CSV or TSV with a header line"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        let text = readable(head);
        let start = without_bom(&text).trim_ascii_start();
        if json_objects::opens_json(&text) || start.starts_with(b"<") {
            return 0;
        }
        let encoding = mapping.and_then(|mapping| mapping.encoding);
        let Some((columns, rows)) = beginning(head, encoding, 1) else { return 0 };
        let whole = completed(mapping, &columns, &rows);
        if whole.check(&columns).is_ok() {
            // Every table of persons looks like some other table too.
            return if whole.is_of_persons() { 60 } else { 80 };
        }
        // A table whose columns have other names: the reader says which mapping it needs.
        let is_table = rows.first().is_some_and(|row| row.len() == columns.len() && columns.len() > 1);
        match is_table {
            true if text.len() != head.len() => 55,
            true => 20,
            false => 0,
        }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let (head, input) = peek(input);
        let encoding = options.mapping.as_ref().and_then(|mapping| mapping.encoding);
        let rows = beginning(&head, encoding, ROWS_LOOKED_AT).map(|(_, rows)| rows).unwrap_or_default();
        let sheet = sheet(input, encoding)?;
        let mut mapping = completed(options.mapping.as_ref(), &sheet.columns, &rows);
        mapping.check(&sheet.columns)?;
        let zone = *mapping.zone.get_or_insert(options.zone);
        let mut notes = Vec::new();
        if sheet.is_guessed {
            notes.push(guessed_encoding());
        }
        if mapping.is_of_persons() {
            notes.push(table_of_persons());
        }
        let layout = Layout::new(&mapping, &sheet.columns, sheet.encoding, zone, options.imported_at);
        let identity = Identity::new(&mapping, &sheet.columns);
        let header = Header { delimiter: char::from(sheet.rows.delimiter()), columns: sheet.columns };
        Ok(Box::new(CsvReader { rows: sheet.rows, layout, identity, mapping, header, notes }))
    }
}

/// The mapping of a table with its gaps filled from the names of columns and the first rows.
pub(super) fn completed(mapping: Option<&Mapping>, columns: &[String], rows: &[Vec<String>]) -> Mapping {
    let given = mapping.cloned().unwrap_or_default();
    let whole = given.completed_table(columns);
    match calls::find_column(&whole, columns, rows) {
        Some(column) => Mapping { call_type: Some(column), ..whole },
        None => whole,
    }
}

/// Says that a table is read as one of persons, so that a column of times which was not found is missed.
pub(super) fn table_of_persons() -> Diagnostic {
    Diagnostic::warning(
        "table-of-persons",
        "No column is a time: this is read as a table of persons, whose rows are traits and no events",
    )
    .hint("If it is a log of events, choose the column of times")
}

/// Reads rows as events.
struct CsvReader<'a> {
    rows: Rows<'a>,
    layout: Layout,
    identity: Identity,
    mapping: Mapping,
    header: Header,
    notes: Vec<Diagnostic>,
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
            let outcome = outcome.map(EventText::from);
            let raw_hash = self.identity.hash(row.bytes, &outcome);
            let (line, position) = (row.line, row.position);
            return Ok(Some(Record { line, position, raw_hash, raw, outcome }.into_owned()));
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        Some(&self.mapping)
    }

    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }

    fn notes(&self) -> Vec<Diagnostic> {
        self.notes.clone()
    }
}
