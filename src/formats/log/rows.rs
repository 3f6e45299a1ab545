//! Rows of a file that is no text, handed on as JSON lines to whoever reads such. Not for one file format: see `parquet`
//! and `xlsx`.
//!
//! So the export of a tool is recognized in a table as it is in text, and everything else is read by a mapping. The line
//! of a record is the number of its row, and its raw bytes are the row as JSON.

use std::io::{self, Read};

use super::csv::table_of_persons;
use super::json_reader::JsonReader;
use super::mapped::Mapped;
use super::mapping::{Properties, Role};
use super::{
    HEAD, Halves, Input, LogReader, Mapping, ReadError, ReadOptions, Record, SURE, calls, json, json_lines,
    peek, whole_lines,
};
use crate::base::Diagnostic;

/// Rows in order, each the text of a JSON object without line ends.
pub(super) trait JsonRows: Send {
    /// Writes the next row into `out`; false at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    fn next(&mut self, out: &mut String) -> io::Result<bool>;
}

/// Rows as bytes of JSON lines.
struct Lines<R> {
    rows: R,
    line: String,
    at: usize,
    ended: bool,
}

impl<R: JsonRows> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() && !self.ended {
            self.line.clear();
            self.at = 0;
            match self.rows.next(&mut self.line) {
                Ok(true) => self.line.push('\n'),
                other => {
                    self.ended = true;
                    self.line.clear();
                    other?;
                }
            }
        }
        let count = out.len().min(self.line.len() - self.at);
        out[..count].copy_from_slice(&self.line.as_bytes()[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// A reader of `rows`; `columns` are the names of those that hold one value a row.
///
/// # Errors
/// When the mapping does not fit.
pub(super) fn reader(
    rows: impl JsonRows + 'static,
    columns: &[String],
    options: &ReadOptions,
    mut notes: Vec<Diagnostic>,
) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
    let lines = Lines { rows, line: String::new(), at: 0, ended: false };
    let (inner, own) = reader_of_lines(Box::new(lines), columns, options)?;
    notes.extend(own);
    Ok(Box::new(Noted { inner, notes }))
}

/// A reader of rows that are JSON lines already, such as those in quarantine.
///
/// # Errors
/// When the mapping does not fit.
pub(super) fn again<'a>(
    lines: Input<'a>,
    options: &ReadOptions,
) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
    // What the mapping names was found at the import: these rows may lack some of it.
    let named = options.mapping.iter().flat_map(|mapping| {
        let roles = Role::ALL.into_iter().filter_map(|role| mapping.column(role));
        roles.chain(mapping.call_type.as_deref()).map(str::to_owned)
    });
    let named: Vec<String> = named.collect();
    reader_of_lines(lines, &named, options).map(|(reader, _)| reader)
}

/// With what is to be said of how the rows are read.
type Recognized<'a> = (Box<dyn LogReader + Send + 'a>, Option<Diagnostic>);

fn reader_of_lines<'a>(
    lines: Input<'a>,
    columns: &[String],
    options: &ReadOptions,
) -> Result<Recognized<'a>, Diagnostic> {
    let (head, input) = peek(lines);
    let own = super::ALL
        .into_iter()
        .filter(|format| !format.needs_seek() && !["csv", "json-lines"].contains(&format.name()))
        .map(|format| (format.recognizes(&head, None), format))
        .rev()
        .max_by_key(|(score, _)| *score)
        .filter(|(score, format)| *score >= SURE && takes(format.name(), options.mapping.as_ref()));
    match own {
        Some((_, format)) => {
            let message = format!("Its rows are read as: {}", format.label());
            let note = Diagnostic::info("rows-recognized", message);
            Ok((format.reader(input, options)?, Some(note)))
        }
        None => {
            let (reader, of_persons) = mapped(input, &head, columns, options)?;
            Ok((reader, of_persons.then(table_of_persons)))
        }
    }
}

/// The first rows as JSON lines.
pub(super) fn sample(rows: impl JsonRows) -> Vec<u8> {
    let lines = Lines { rows, line: String::new(), at: 0, ended: false };
    let mut head = Vec::new();
    // What cannot be read is told by the reader.
    let _ = lines.take(HEAD as u64).read_to_end(&mut head);
    if head.len() == HEAD { whole_lines(&head).to_vec() } else { head }
}

/// True when a format of its own reads the rows also with this mapping, which then corrects what it knows.
fn takes(format: &str, mapping: Option<&Mapping>) -> bool {
    let Some(mapping) = mapping else { return true };
    let is_of_tables = mapping.kind.is_some() || mapping.call_type.is_some();
    let corrects = format != "segment" && mapping.properties == Properties::Rest;
    !is_of_tables && (corrects || !mapping.names_columns())
}

fn mapped<'a>(
    input: Input<'a>,
    head: &[u8],
    columns: &[String],
    options: &ReadOptions,
) -> Result<(Box<dyn LogReader + Send + 'a>, bool), Diagnostic> {
    let mut known = columns.to_vec();
    known.extend(json_lines::paths(head).into_iter().filter(|path| !columns.contains(path)));
    let whole = options.mapping.clone().unwrap_or_default().completed_table(&known);
    let mut mapping = match calls::find_column(&whole, &known, &cells(head, &known)) {
        Some(column) => Mapping { call_type: Some(column), ..whole },
        None => whole,
    };
    mapping.check(&json_lines::possible(&mapping, known))?;
    let zone = *mapping.zone.get_or_insert(options.zone);
    let of_persons = mapping.is_of_persons();
    let mapped = Mapped::new(mapping.clone(), zone, options.imported_at);
    let reader = JsonReader::mapped(input, move |line| mapped.event(&json::object(line)?), mapping);
    Ok((Box::new(reader), of_persons))
}

/// The first rows as cells of text, for a look at what a column holds.
fn cells(head: &[u8], columns: &[String]) -> Vec<Vec<String>> {
    let lines = whole_lines(head).split(|byte| *byte == b'\n').take(200);
    let rows = lines.filter_map(|line| json::object(line).ok());
    rows.map(|fields| {
        let cell = |column: &String| match super::mapped::at(&fields, column).map(json::scalar) {
            Some(json::Scalar::Text(text)) => text.into_owned(),
            Some(json::Scalar::Literal(text)) => text.to_owned(),
            Some(json::Scalar::Missing | json::Scalar::Nested) | None => String::new(),
        };
        columns.iter().map(cell).collect()
    })
    .collect()
}

/// A reader with something to say of the file around its rows.
struct Noted {
    inner: Box<dyn LogReader + Send>,
    notes: Vec<Diagnostic>,
}

impl LogReader for Noted {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        self.inner.next()
    }

    fn mapping(&self) -> Option<&Mapping> {
        self.inner.mapping()
    }

    fn halves(&mut self) -> Option<Halves<'_>> {
        self.inner.halves()
    }

    fn notes(&self) -> Vec<Diagnostic> {
        let mut notes = self.notes.clone();
        notes.extend(self.inner.notes());
        notes
    }
}
