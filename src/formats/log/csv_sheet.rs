//! The top of a table of text: its encoding, its delimiter and the names of its columns. Not for its rows: see `csv_record`.
//!
//! Text is UTF-8, or UTF-16 when it begins with its mark, or else Windows-1252 when the mapping says so or the first
//! rows hold more bytes that are no UTF-8 than characters beyond ASCII that are.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

use super::csv_record::Rows;
use super::mapping::Encoding;
use super::{Input, peek, whole_lines, without_bom};
use crate::base::Diagnostic;

/// A table whose header has been read.
pub(super) struct Sheet<'a> {
    /// Names of the columns, distinct and not empty.
    pub columns: Vec<String>,
    /// The rows below.
    pub rows: Rows<'a>,
    /// How their bytes are to be read.
    pub encoding: Encoding,
    /// True when the encoding was guessed.
    pub is_guessed: bool,
}

/// Reads a header; `encoding` is what the mapping says.
///
/// # Errors
/// When the first line is no header of at least two columns.
pub(super) fn sheet(input: Input<'_>, encoding: Option<Encoding>) -> Result<Sheet<'_>, Diagnostic> {
    let (head, input) = peek(input);
    let (head, mut input) = match utf16(&head) {
        Some(decoder) => peek(Box::new(Transcoded::new(input, decoder))),
        None => (head, input),
    };
    let bom = head.len() - without_bom(&head).len();
    input.read_exact(&mut [0; 3][..bom]).map_err(|error| unreadable(&error.to_string()))?;
    let is_guessed = encoding.is_none() && bom == 0 && is_western(&head);
    let encoding = if is_guessed { Encoding::Windows1252 } else { encoding.unwrap_or(Encoding::Utf8) };
    let delimiter = delimiter(without_bom(&head)).ok_or_else(no_header)?;
    let mut rows = Rows::new(input, delimiter);
    loop {
        let row = rows.next().map_err(|error| unreadable(&error.to_string()))?;
        let Some(row) = row else { return Err(unreadable("the file ends before it")) };
        if row.is_blank() {
            continue;
        }
        let columns = match encoding {
            Encoding::Utf8 => std::str::from_utf8(row.bytes)
                .ok()
                .map(|text| distinct((0..row.len()).map(|index| row.field(text, index)))),
            Encoding::Windows1252 => Some(distinct((0..row.len()).map(|index| row.western(index)))),
        };
        let Some(columns) = columns.filter(|_| row.fault.is_none() && !row.bytes.contains(&0)) else {
            return Err(unreadable("it is not text, too long, or has an open quote"));
        };
        return Ok(Sheet { columns, rows, encoding, is_guessed });
    }
}

/// The start of a table as UTF-8, whatever it is written in.
pub(super) fn readable(head: &[u8]) -> Cow<'_, [u8]> {
    let Some(decoder) = utf16(head) else { return Cow::Borrowed(head) };
    let mut text = Vec::new();
    // A head may end within a character, which then becomes a replacement character.
    let _ = Transcoded::new(Box::new(Cursor::new(head)), decoder).read_to_end(&mut text);
    Cow::Owned(text)
}

/// Columns, and up to `most` rows of cells below them, of the start of a table.
pub(super) fn beginning(
    head: &[u8],
    encoding: Option<Encoding>,
    most: usize,
) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let text = readable(head);
    let text = if text.len() == head.len() { whole_lines(&text) } else { &text[..] };
    let mut sheet = sheet(Box::new(Cursor::new(text)), encoding).ok()?;
    let mut rows = Vec::new();
    while rows.len() < most {
        let Ok(Some(row)) = sheet.rows.next() else { break };
        if row.is_blank() || row.fault.is_some() {
            continue;
        }
        let cells: Option<Vec<String>> = match sheet.encoding {
            Encoding::Utf8 => std::str::from_utf8(row.bytes)
                .ok()
                .map(|text| (0..row.len()).map(|index| row.field(text, index).into_owned()).collect()),
            Encoding::Windows1252 => {
                Some((0..row.len()).map(|index| row.western(index).into_owned()).collect())
            }
        };
        rows.extend(cells);
    }
    Some((sheet.columns, rows))
}

/// Names made distinct: one that is empty is called by its place, a repeated one gets `_2`.
pub(super) fn distinct<'t>(names: impl Iterator<Item = Cow<'t, str>>) -> Vec<String> {
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

/// What to tell of an encoding that was guessed.
pub(super) fn guessed_encoding() -> Diagnostic {
    Diagnostic::info("guessed-encoding", "The file is not UTF-8: it is read as Windows-1252, western European text")
        .hint("If letters look wrong, save it as UTF-8 and import that; encoding = \"utf-8\" in the mapping insists")
}

/// The decoder of text that begins with the mark of UTF-16.
fn utf16(head: &[u8]) -> Option<Decoder> {
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE.new_decoder_with_bom_removal()),
        [0xfe, 0xff, ..] => Some(UTF_16BE.new_decoder_with_bom_removal()),
        _ => None,
    }
}

/// True for text of which more is no UTF-8 than is UTF-8 beyond ASCII.
fn is_western(head: &[u8]) -> bool {
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in whole_lines(head).utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    broken > sound
}

/// The delimiter that occurs most often in the first line outside quotes; `None` when the line is no header.
fn delimiter(head: &[u8]) -> Option<u8> {
    let head = head.trim_ascii_start();
    let line = &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())];
    if line.iter().any(|byte| *byte < b' ' && !matches!(byte, b'\t' | b'\r')) {
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

const HEADER_HINT: &str =
    "A CSV or TSV log starts with a line that names its columns, such as user_id,event,timestamp";

fn no_header() -> Diagnostic {
    Diagnostic::error("no-header", "The first line is not a header of columns").hint(HEADER_HINT)
}

fn unreadable(why: &str) -> Diagnostic {
    Diagnostic::error("no-header", format!("The header line cannot be read: {why}")).hint(HEADER_HINT)
}

/// UTF-16 read as UTF-8.
struct Transcoded<'a> {
    input: Input<'a>,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    out: Vec<u8>,
    out_at: usize,
    ended: bool,
}

/// How much is transcoded at once, in bytes.
const BLOCK: usize = 32 << 10;

impl<'a> Transcoded<'a> {
    fn new(input: Input<'a>, decoder: Decoder) -> Self {
        Self { input, decoder, raw: Vec::new(), raw_at: 0, out: Vec::new(), out_at: 0, ended: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.out_at == self.out.len() && !self.ended {
            if self.raw_at == self.raw.len() {
                self.raw.resize(BLOCK, 0);
                self.raw_at = 0;
                let read = self.input.read(&mut self.raw);
                self.raw.truncate(*read.as_ref().unwrap_or(&0));
                read?;
            }
            let last = self.raw.is_empty();
            self.out.resize(3 * BLOCK, 0);
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.raw_at..], &mut self.out, last);
            self.raw_at += read;
            self.out.truncate(written);
            self.out_at = 0;
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl Read for Transcoded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let count = out.len().min(self.out.len() - self.out_at);
        out[..count].copy_from_slice(&self.out[self.out_at..self.out_at + count]);
        self.out_at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_seen_outside_quotes() {
        assert_eq!(delimiter(b"a,b\n"), Some(b','));
        assert_eq!(delimiter(b"\"x,y,z\";b\n"), Some(b';'));
        assert_eq!(delimiter(b"a\tb\tc,d"), Some(b'\t'));
        assert_eq!(delimiter(b"a|b"), Some(b'|'));
        assert_eq!(delimiter(b"alone\n1,2"), None);
        assert_eq!(delimiter(b"\x01\x02,b"), None);
        assert_eq!(delimiter(b"a\0,b"), None);
    }

    #[test]
    fn columns_get_distinct_names() {
        let names = ["a", "", " a ", "a_2"].into_iter().map(Cow::Borrowed);
        assert_eq!(distinct(names), ["a", "column_2", "a_2", "a_2_2"]);
    }

    #[test]
    fn utf16_of_any_length_is_transcoded() {
        let text = "größe;b\r\n".repeat(20_000);
        for big in [false, true] {
            let units = std::iter::once(0xfeff_u16).chain(text.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            assert_eq!(readable(&bytes), text.as_bytes());
            let cut = readable(&bytes[..bytes.len() - 1]);
            assert!(cut.ends_with("\u{fffd}".as_bytes()));
        }
    }

    #[test]
    fn western_text_is_told_from_damaged_utf8() {
        assert!(is_western(b"name;stra\xdfe\n"));
        assert!(!is_western("größe;straße\n".as_bytes()));
        assert!(!is_western("größe;straße;\n\u{e9}".as_bytes().strip_suffix(b"\xa9").unwrap()));
        assert!(!is_western(b"plain"));
    }
}
