//! Snowplow's enriched events: tab-separated without a header, or a table whose columns are named like the fields. Not for
//! what an event is made of: see `snowplow_event`.
//!
//! The tab-separated form has exactly 131 fields, which are known by their position; a table is read by its header, in
//! any order, and may have columns of contexts and self-describing events besides.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use super::csv_layout::Cells;
use super::csv_record::Rows;
use super::csv_sheet::{beginning, sheet};
use super::json;
use super::line_reader::{LineReader, ReadLine};
use super::mapping::Encoding;
use super::reason::{Reason, Rejection};
use super::snowplow_event::event;
use super::snowplow_fields::FIELDS;
use super::{
    Header, Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record, peek,
    whole_lines,
};
use crate::base::Diagnostic;
use crate::model::event::NewEvent;

/// The format.
pub struct Snowplow;

impl LogFormat for Snowplow {
    fn name(&self) -> &'static str {
        "snowplow"
    }

    fn label(&self) -> &'static str {
        "Snowplow enriched events"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        if mapping.is_some_and(Mapping::names_columns) {
            return 0;
        }
        if is_enriched(head) || is_table(head) { 97 } else { 0 }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        if options.mapping.as_ref().is_some_and(Mapping::names_columns) {
            return Err(Diagnostic::error("needless-mapping", "A Snowplow log needs no mapping of columns")
                .hint("Leave the mapping out, or choose the format csv to read the columns it names"));
        }
        let (head, input) = peek(input);
        if !is_table(&head) {
            return Ok(Box::new(LineReader::new(input, Enriched, Vec::new())));
        }
        let sheet = sheet(input, Some(Encoding::Utf8))?;
        let columns = sheet.columns.iter().map(|column| column.to_ascii_lowercase()).collect();
        let header = Header { delimiter: char::from(sheet.rows.delimiter()), columns: sheet.columns };
        Ok(Box::new(TableReader { rows: sheet.rows, columns, header }))
    }
}

/// True when one of the first lines has all fields, among them an event's id and its time.
fn is_enriched(head: &[u8]) -> bool {
    whole_lines(head).split(|byte| *byte == b'\n').take(20).any(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        fields.len() == FIELDS.len()
            && fields[6].len() >= 32
            && fields[3].first().is_some_and(u8::is_ascii_digit)
    })
}

fn is_table(head: &[u8]) -> bool {
    let Some((columns, _)) = beginning(head, Some(Encoding::Utf8), 0) else { return false };
    let has = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    has("event_id")
        && has("collector_tstamp")
        && (has("domain_userid") || has("v_collector") || has("network_userid"))
}

/// Reads lines of 131 fields.
struct Enriched;

impl ReadLine for Enriched {
    fn event(&self, line: &[u8]) -> Result<NewEvent, Rejection> {
        let text = std::str::from_utf8(line).map_err(|error| json::not_utf8(&error))?;
        let received = text.split('\t').count();
        if received != FIELDS.len() {
            let detail = format!("expected {} fields, received {received}", FIELDS.len());
            return Err(Rejection::new(Reason::RaggedRow, detail));
        }
        event(FIELDS.into_iter().zip(text.split('\t')))
    }

    fn raw(&self, line: &[u8]) -> Vec<u8> {
        kept(line)
    }
}

/// Reads rows of a table.
struct TableReader<'a> {
    rows: Rows<'a>,
    columns: Vec<String>,
    header: Header,
}

impl LogReader for TableReader<'_> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            if row.is_blank() {
                continue;
            }
            let outcome = Cells::new(&row, Encoding::Utf8, self.columns.len()).and_then(|cells| {
                let values: Vec<Cow<'_, str>> =
                    (0..self.columns.len()).map(|index| cells.at(index)).collect();
                event(self.columns.iter().map(String::as_str).zip(values.iter().map(AsRef::as_ref)))
            });
            return Ok(Some(record(row.line, row.position, row.bytes, outcome)));
        }
    }

    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }
}

/// What is kept of a record that is no event.
fn kept(record: &[u8]) -> Vec<u8> {
    record[..record.len().min(LONGEST_RAW)].to_vec()
}

fn record(line: u64, position: u64, bytes: &[u8], outcome: Result<NewEvent, Rejection>) -> Record {
    let raw = match &outcome {
        Ok(_) => Vec::new(),
        Err(_) => kept(bytes),
    };
    Record { line, position, raw_hash: xxh3_64(bytes), raw, outcome }
}
