//! Sheets of an Excel workbook, read like a table of text. Not for which row is which event: see `rows`.
//!
//! The first sheet is read, or the one that the mapping names; its first row that is not empty names the columns. A date
//! is ISO text without a zone, so that the mapping's zone applies, and a number, a truth value and a text keep their kind.
//! A cell with an error is left out. The line of a record is the number of its row in the sheet.
//!
//! A workbook cannot be read in pieces, so it is held in memory: at most 512 MB of its parts.

use std::fmt::Write as _;
use std::io::{self, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx as Workbook, XlsxError};

use super::csv_sheet::distinct;
use super::rows::{self, JsonRows};
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions, SeekInput, json};
use crate::base::{Diagnostic, diagnostic::nearest};

/// How many bytes a workbook may unpack to.
const MOST_UNPACKED: u64 = 512 << 20;
/// Rows of a sheet that Excel can hold.
const MOST_ROWS: u32 = 1 << 20;
/// Columns of a sheet that Excel can hold.
const MOST_COLUMNS: u32 = 1 << 14;

/// The format.
pub struct Xlsx;

impl LogFormat for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn label(&self) -> &'static str {
        "Excel workbook"
    }

    fn recognizes(&self, head: &[u8], _: Option<&Mapping>) -> u8 {
        if !head.starts_with(b"PK\x03\x04") {
            return 0;
        }
        let names = |name: &[u8]| memchr::memmem::find(head, name).is_some();
        if names(b"xl/workbook") || names(b"xl/worksheets") || names(b"xl/sharedStrings") { 97 } else { 0 }
    }

    fn reader<'a>(
        &self,
        _: Input<'a>,
        _: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        Err(Diagnostic::error(
            "log-out-of-order",
            "An Excel workbook is read from its end, which a stream does not offer",
        )
        .hint("Unpack it, and import the file itself"))
    }

    fn needs_seek(&self) -> bool {
        true
    }

    fn seek_reader(
        &self,
        input: SeekInput,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
        let (sheet, notes) = open(input, wanted(options))?;
        let columns = sheet.columns.clone();
        let others = notes.first().cloned();
        rows::reader(sheet, &columns, options, notes).map_err(|problem| match others {
            Some(others) => problem.with_hint_of(&others),
            None => problem,
        })
    }

    fn again<'a>(
        &self,
        records: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        rows::again(records, options)
    }

    fn sample(&self, input: SeekInput, options: &ReadOptions) -> Vec<u8> {
        open(input, wanted(options)).map(|(sheet, _)| rows::sample(sheet)).unwrap_or_default()
    }

    fn sheets(&self, mut input: SeekInput) -> Vec<String> {
        if check_size(&mut input).is_err() {
            return Vec::new();
        }
        let names =
            catch_unwind(AssertUnwindSafe(move || Workbook::new(input).map(|book| book.sheet_names())));
        names.ok().and_then(Result::ok).unwrap_or_default()
    }
}

fn wanted(options: &ReadOptions) -> Option<&str> {
    options.mapping.as_ref().and_then(|mapping| mapping.sheet.as_deref())
}

/// Stands between the values of a row, which hold no control characters.
const BETWEEN: char = '\u{1f}';

/// A sheet in memory.
#[derive(Default)]
struct Sheet {
    columns: Vec<String>,
    /// The rows below the header that are not empty: their number from 1, and where their values begin.
    rows: Vec<(u32, usize)>,
    /// Values as JSON, each after its column's number.
    values: String,
    /// Rows handed out.
    next: usize,
    /// The row of the sheet that comes next.
    row: u32,
    /// Why there are no more.
    failed: Option<String>,
}

impl JsonRows for Sheet {
    fn next(&mut self, out: &mut String) -> io::Result<bool> {
        let Some((row, from)) = self.rows.get(self.next).copied() else {
            return self.failed.take().map_or(Ok(false), |why| Err(io::Error::other(why)));
        };
        self.row += 1;
        if self.row < row {
            // An empty line keeps the numbers of rows and lines alike.
            return Ok(true);
        }
        self.next += 1;
        let to = self.rows.get(self.next).map_or(self.values.len(), |(_, to)| *to);
        let mut values = self.values[from..to].split(BETWEEN);
        while let (Some(column), Some(value)) = (values.next(), values.next()) {
            let index: usize = column.parse().unwrap_or_default();
            match self.columns.get(index) {
                Some(name) => json::push_member(out, name, value),
                None => json::push_member(out, &format!("column_{}", index + 1), value),
            }
        }
        json::close(out);
        Ok(true)
    }
}

/// Reads a sheet, the first one unless another is wanted.
fn open(mut input: SeekInput, wanted: Option<&str>) -> Result<(Sheet, Vec<Diagnostic>), Diagnostic> {
    check_size(&mut input)?;
    let read = catch_unwind(AssertUnwindSafe(move || {
        let mut book = Workbook::new(input).map_err(|error| damaged(&error.to_string()))?;
        let names = book.sheet_names();
        let name = chosen(&names, wanted)?;
        let sheet = fill(&mut book, &name)?;
        Ok((sheet, name, names))
    }));
    let (sheet, name, names) = read.unwrap_or_else(|_| Err(damaged("it is not as Excel writes it")))?;
    let note = others(&names, &name).filter(|_| wanted.is_none());
    if sheet.columns.is_empty() {
        let problem = damaged(&sheet.failed.unwrap_or_else(|| format!("the sheet “{name}” is empty")));
        return Err(match note {
            Some(note) => problem.with_hint_of(&note),
            None => problem,
        });
    }
    Ok((sheet, note.into_iter().collect()))
}

/// Names the sheets besides the first, which is read.
fn others(names: &[String], first: &str) -> Option<Diagnostic> {
    let mut others = names.iter().filter(|other| *other != first);
    let next = others.next()?;
    let mut hint =
        format!("Another one is named by the mapping: sheet = {}", toml::Value::from(next.as_str()));
    let more: Vec<String> = others.map(|name| format!("“{name}”")).collect();
    if !more.is_empty() {
        hint.push_str(&format!(". There are also {}", more.join(", ")));
    }
    let message = format!("Of {} sheets the first is read: “{first}”", names.len());
    Some(Diagnostic::info("sheet-chosen", message).hint(hint))
}

fn chosen(names: &[String], wanted: Option<&str>) -> Result<String, Diagnostic> {
    match wanted {
        None => names.first().cloned().ok_or_else(|| damaged("it has no sheet")),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(wanted.to_owned()),
        Some(wanted) => {
            let hint = match nearest(wanted, names.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean “{near}”? There are {}", names.join(", ")),
                None => format!("There are {}", names.join(", ")),
            };
            Err(Diagnostic::error("unknown-sheet", format!("The workbook has no sheet “{wanted}”"))
                .hint(hint))
        }
    }
}

fn fill(book: &mut Workbook<SeekInput>, name: &str) -> Result<Sheet, Diagnostic> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| damaged(&error.to_string()))?;
    let mut sheet = Sheet::default();
    let mut header: Vec<String> = Vec::new();
    let mut header_row = None;
    let mut last = 0;
    loop {
        let cell = match cells.next_cell() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(error) => {
                sheet.failed = Some(broken(&error));
                break;
            }
        };
        let (row, column) = cell.get_position();
        if row >= MOST_ROWS || column >= MOST_COLUMNS || row < last {
            sheet.failed =
                Some(format!("a cell lies at row {row}, column {column}, out of order or of range"));
            break;
        }
        last = row;
        if header_row.is_none_or(|header| header == row) {
            let text = text(cell.get_value());
            if !text.is_empty() {
                header_row = Some(row);
                let width = header.len().max(column as usize + 1);
                header.resize(width, String::new());
                header[column as usize] = text;
            }
            continue;
        }
        let Some(value) = value(cell.get_value()) else { continue };
        if sheet.rows.last().is_none_or(|(number, _)| *number != row + 1) {
            sheet.rows.push((row + 1, sheet.values.len()));
        }
        // Writing to a string cannot fail.
        let _ = write!(sheet.values, "{column}{BETWEEN}{value}{BETWEEN}");
        if sheet.values.len() as u64 > MOST_UNPACKED {
            return Err(too_large());
        }
    }
    sheet.columns = distinct(header.into_iter().map(Into::into));
    Ok(sheet)
}

/// The text of a header's cell.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        other => self::value(other).map(|value| value.trim_matches('"').to_owned()).unwrap_or_default(),
    }
}

/// A cell as JSON; `None` for one that is empty or an error.
fn value(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::Int(number) => Some(number.to_string()),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) => Some(text.as_str()).filter(|text| !text.is_empty()).map(json::text),
        DataRef::SharedString(text) => Some(*text).filter(|text| !text.is_empty()).map(json::text),
        DataRef::Bool(value) => Some(value.to_string()),
        DataRef::DateTime(date) => date_text(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(json::text(text)),
        DataRef::Error(_) | DataRef::Empty => None,
    }
}

fn number_text(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    // Excel knows no whole numbers; below this bound a float holds every one of them.
    let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
    Some(if is_whole { format!("{number:.0}") } else { format!("{number:?}") })
}

/// A date, a time of day or both as ISO text without a zone; a duration as seconds.
fn date_text(date: &ExcelDateTime) -> Option<String> {
    let days = date.as_f64();
    if date.is_duration() {
        return number_text((days * 86_400_000.0).round() / 1000.0);
    }
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    let mut text = String::new();
    if days >= 1.0 {
        let _ = write!(text, "{year:04}-{month:02}-{day:02}");
    }
    if (hour, minute, second, milli) != (0, 0, 0, 0) || days < 1.0 {
        let _ = write!(text, "{}{hour:02}:{minute:02}:{second:02}", if text.is_empty() { "" } else { "T" });
    }
    if milli != 0 {
        let _ = write!(text, ".{milli:03}");
    }
    Some(json::text(&text))
}

/// Unpacks every part once and throws it away, for what a part says of its own size need not be true.
fn check_size(input: &mut SeekInput) -> Result<(), Diagnostic> {
    let mut archive = zip::ZipArchive::new(&mut *input).map_err(|error| damaged(&error.to_string()))?;
    let mut left = MOST_UNPACKED;
    for index in 0..archive.len() {
        // A part that cannot be unpacked may be one that is not needed.
        let Ok(part) = archive.by_index(index) else { continue };
        let read = io::copy(&mut io::Read::take(part, left + 1), &mut io::sink()).unwrap_or_default();
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    drop(archive);
    input.rewind().map_err(|error| damaged(&error.to_string()))
}

fn broken(error: &XlsxError) -> String {
    format!("the workbook is damaged: {error}")
}

fn damaged(why: &str) -> Diagnostic {
    Diagnostic::error("damaged-workbook", format!("The Excel workbook cannot be read: {why}"))
        .hint("Open it in a spreadsheet program, save the sheet as CSV, and import that")
}

fn too_large() -> Diagnostic {
    let message = format!("The workbook holds more than {} MB when unpacked", MOST_UNPACKED >> 20);
    Diagnostic::error("workbook-too-large", message)
        .hint("Save the sheet as CSV, which has no limit, and import that")
}
