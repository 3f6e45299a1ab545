//! Rows of comma-separated text (RFC 4180, any one-byte delimiter) in bounded memory. Not for what the columns mean: see `csv`.
//!
//! The `csv` crate holds a record of any length, so one quote that is never closed would take the whole file into
//! memory. Here such a quote costs its own line only: the row is rejected and reading goes on with the next line.

use std::borrow::Cow;
use std::ops::Range;

use super::lines::{Stream, without_return};
use super::{Input, LONGEST_RAW, LONGEST_RECORD, ReadError};

/// What is wrong with a row before its fields are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Longer than the limit; its length.
    TooLong(u64),
    /// A quote is opened and not closed within the limit.
    OpenQuote,
}

/// Where a field lies in its row.
#[derive(Clone, Copy, Debug)]
struct Field {
    from: usize,
    to: usize,
    /// Holds doubled quotes.
    escaped: bool,
}

/// One row.
pub(super) struct Row<'b> {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Bytes consumed once it is done.
    pub position: u64,
    /// The raw bytes without the line end; of a faulty row at most [`LONGEST_RAW`].
    pub bytes: &'b [u8],
    /// Why it has no fields.
    pub fault: Option<Fault>,
    fields: &'b [Field],
}

impl<'b> Row<'b> {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// True for a blank line.
    pub(super) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.bytes.is_empty()
    }

    /// The text of a field, quotes taken off; `text` is the row's bytes, known to be UTF-8.
    pub(super) fn field(&self, text: &'b str, index: usize) -> Cow<'b, str> {
        let Some(field) = self.fields.get(index) else { return Cow::Borrowed("") };
        let raw = text.get(field.from..field.to).unwrap_or("");
        if field.escaped { Cow::Owned(raw.replace("\"\"", "\"")) } else { Cow::Borrowed(raw) }
    }

    /// The text of a field of a row in Windows-1252, quotes taken off.
    pub(super) fn western(&self, index: usize) -> Cow<'b, str> {
        let Some(field) = self.fields.get(index) else { return Cow::Borrowed("") };
        let raw = self.bytes.get(field.from..field.to).unwrap_or_default();
        let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0;
        if field.escaped { Cow::Owned(text.replace("\"\"", "\"")) } else { text }
    }
}

/// Where the fields of one row lie in its text, quotes left out; `None` where a quote stays open.
pub(super) fn fields(row: &[u8], delimiter: u8) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    match scan(row, delimiter, true, &mut found) {
        Scan::Row { length, .. } if length == row.len() => {
            Some(found.into_iter().map(|field| field.from..field.to).collect())
        }
        Scan::Row { .. } | Scan::More { .. } | Scan::Astray => None,
    }
}

/// Splits a stream into rows.
pub(super) struct Rows<'a> {
    stream: Stream<'a>,
    delimiter: u8,
    fields: Vec<Field>,
    long: Vec<u8>,
}

/// What a scan of the rest found.
enum Scan {
    /// A row of so many bytes, and its line end's length.
    Row { length: usize, end: usize },
    /// The row is not whole yet; within a quoted field or not.
    More { quoted: bool },
    /// A quoted field runs over a line end and stops in the middle of a field: its quote was opened by mistake.
    Astray,
}

impl<'a> Rows<'a> {
    pub(super) fn new(input: Input<'a>, delimiter: u8) -> Self {
        Self { stream: Stream::new(input), delimiter, fields: Vec::new(), long: Vec::new() }
    }

    /// What stands between fields.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The next row, blank lines included; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        let mut tried = 0;
        loop {
            let rest = self.stream.rest();
            let ended = self.stream.ended();
            if ended && rest.is_empty() {
                return Ok(None);
            }
            if ended || rest.len() > tried {
                tried = rest.len();
                match scan(rest, self.delimiter, ended, &mut self.fields) {
                    Scan::Row { length, end } if length <= LONGEST_RECORD => {
                        return Ok(Some(self.whole(length, end)));
                    }
                    Scan::Row { .. } => return self.too_long().map(Some),
                    Scan::Astray => return self.open_quote().map(Some),
                    Scan::More { quoted } if ended || rest.len() > LONGEST_RECORD => {
                        return if quoted { self.open_quote() } else { self.too_long() }.map(Some);
                    }
                    Scan::More { .. } => {}
                }
            }
            self.stream.fill()?;
        }
    }

    fn whole(&mut self, length: usize, end: usize) -> Row<'_> {
        let line = self.stream.lines() + 1;
        let inner = memchr::memchr_iter(b'\n', &self.stream.rest()[..length]).count() as u64;
        let range = self.stream.take(length + end, inner + 1);
        let bytes = without_return(self.stream.slice(range.start..range.end - end));
        Row { line, position: self.stream.position(), bytes, fault: None, fields: &self.fields }
    }

    fn too_long(&mut self) -> Result<Row<'_>, ReadError> {
        let line = self.stream.lines() + 1;
        let (kept, length) = self.stream.pass_over()?;
        self.long = kept;
        self.fields.clear();
        let fault = Some(Fault::TooLong(length));
        Ok(Row { line, position: self.stream.position(), bytes: &self.long, fault, fields: &self.fields })
    }

    /// Gives up the line with the open quote; what follows is read as if it had not been there.
    fn open_quote(&mut self) -> Result<Row<'_>, ReadError> {
        let rest = self.stream.rest();
        let (length, end) = match memchr::memchr(b'\n', rest) {
            Some(at) => (at, 1),
            None if rest.len() > LONGEST_RECORD => return self.too_long(),
            None => (rest.len(), 0),
        };
        let line = self.stream.lines() + 1;
        let range = self.stream.take(length + end, 1);
        let kept = range.start..range.start + length.min(LONGEST_RAW);
        let bytes = without_return(self.stream.slice(kept));
        self.fields.clear();
        let fault = Some(Fault::OpenQuote);
        Ok(Row { line, position: self.stream.position(), bytes, fault, fields: &self.fields })
    }
}

/// Finds the fields of the first row of `text`, which is all there is when `ended`.
fn scan(text: &[u8], delimiter: u8, ended: bool, fields: &mut Vec<Field>) -> Scan {
    fields.clear();
    let mut at = 0;
    loop {
        let from = at;
        let mut closed = None;
        if text.get(at) == Some(&b'"') {
            match closing_quote(text, at + 1, ended) {
                None => return Scan::More { quoted: true },
                Some((quote, escaped)) => {
                    closed = Some((quote, escaped));
                    at = quote + 1;
                }
            }
        }
        let stop = match memchr::memchr2(delimiter, b'\n', &text[at..]) {
            Some(offset) => at + offset,
            None if ended => text.len(),
            None => return Scan::More { quoted: false },
        };
        let last = text.get(stop) != Some(&delimiter);
        let body_end = if last { stop - usize::from(text[from..stop].ends_with(b"\r")) } else { stop };
        fields.push(match closed {
            Some((quote, escaped)) if quote + 1 == body_end => Field { from: from + 1, to: quote, escaped },
            Some((quote, _)) if memchr::memchr(b'\n', &text[from..quote]).is_some() => return Scan::Astray,
            // Text behind a closing quote is no RFC 4180: the field is kept as it is written.
            Some(_) | None => Field { from, to: body_end, escaped: false },
        });
        if last {
            return Scan::Row { length: stop, end: usize::from(stop < text.len()) };
        }
        at = stop + 1;
    }
}

/// The closing quote at or after `at`, and whether doubled quotes came before it.
fn closing_quote(text: &[u8], mut at: usize, ended: bool) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let quote = at + memchr::memchr(b'"', &text[at..])?;
        match text.get(quote + 1) {
            Some(b'"') => {
                escaped = true;
                at = quote + 2;
            }
            None if !ended => return None,
            Some(_) | None => return Some((quote, escaped)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn rows(text: &[u8], delimiter: u8) -> Vec<(u64, Vec<String>, Option<Fault>)> {
        let mut rows = Rows::new(Box::new(Cursor::new(text)), delimiter);
        let mut out = Vec::new();
        let mut consumed = 0;
        while let Some(row) = rows.next().unwrap() {
            let bytes = String::from_utf8_lossy(row.bytes).into_owned();
            let fields = (0..row.len()).map(|i| row.field(&bytes, i).into_owned()).collect();
            out.push((row.line, fields, row.fault));
            assert!(row.position > consumed);
            consumed = row.position;
        }
        assert_eq!(consumed, text.len() as u64);
        out
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>, Option<Fault>) {
        (line, fields.iter().map(|field| (*field).to_owned()).collect(), None)
    }

    #[test]
    fn quotes_delimiters_and_line_ends() {
        assert_eq!(
            rows(b"a,\"b,\"\"c\"\"\r\nd\",\r\n\"\",x\"y,\"p\"q", b','),
            [row(1, &["a", "b,\"c\"\r\nd", ""]), row(3, &["", "x\"y", "\"p\"q"])]
        );
        assert_eq!(rows(b"a;b\n\n;", b';'), [row(1, &["a", "b"]), row(2, &[""]), row(3, &["", ""])]);
    }

    #[test]
    fn an_open_quote_costs_its_own_line_only() {
        let found = rows(b"a,b\n\"c,d\ne,f\n", b',');
        assert_eq!(found[0], row(1, &["a", "b"]));
        assert_eq!((found[1].0, found[1].2), (2, Some(Fault::OpenQuote)));
        assert_eq!(found[2], row(3, &["e", "f"]));
    }

    #[test]
    fn two_open_quotes_do_not_swallow_the_lines_between() {
        let found = rows(b"\"a,b\nc,d\n\"e,f\n\"g\",h\n", b',');
        assert_eq!((found[0].0, found[0].2), (1, Some(Fault::OpenQuote)));
        assert_eq!(found[1], row(2, &["c", "d"]));
        assert_eq!((found[2].0, found[2].2), (3, Some(Fault::OpenQuote)));
        assert_eq!(found[3], row(4, &["g", "h"]));
    }

    #[test]
    fn an_open_quote_before_much_text_is_given_up_at_the_limit() {
        let filler = b"e,f\n".repeat(LONGEST_RECORD / 2);
        let text = [&b"\"c,d\n"[..], &filler].concat();
        let found = rows(&text, b',');
        assert_eq!(found[0].2, Some(Fault::OpenQuote));
        assert_eq!(found.len(), 1 + LONGEST_RECORD / 2);
        assert_eq!(found[1], row(2, &["e", "f"]));
    }

    #[test]
    fn a_row_without_end_is_passed_over() {
        let text = [vec![b'x'; LONGEST_RECORD * 2], b"\na,b\n".to_vec()].concat();
        let found = rows(&text, b',');
        assert_eq!(found[0].2, Some(Fault::TooLong(LONGEST_RECORD as u64 * 2)));
        assert_eq!(found[1], row(2, &["a", "b"]));
    }

    #[test]
    fn small_reads_give_the_same_rows() {
        struct Dribble<'t>(&'t [u8]);
        impl std::io::Read for Dribble<'_> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
                out[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        let text = b"a,\"b\"\"\n\",c\r\n\"\"\"\",\"\",\n";
        let mut slow = Rows::new(Box::new(Dribble(text)), b',');
        let mut found = Vec::new();
        while let Some(row) = slow.next().unwrap() {
            let bytes = String::from_utf8_lossy(row.bytes).into_owned();
            found.push((0..row.len()).map(|i| row.field(&bytes, i).into_owned()).collect::<Vec<_>>());
        }
        let whole: Vec<_> = rows(text, b',').into_iter().map(|(_, fields, _)| fields).collect();
        assert_eq!(found, whole);
        assert_eq!(found[1], ["\"", "", ""]);
    }
}
