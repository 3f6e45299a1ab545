//! A stream in blocks of bounded memory, and its lines, whatever their content. Not for quoted fields: see `csv_record`.

use std::io::{self, Read};
use std::ops::Range;

use super::{Input, LONGEST_RAW, LONGEST_RECORD, ReadError};

/// How much is read at once.
const BLOCK: usize = 256 << 10;

/// A window over a stream that holds at most one record and one block.
pub(super) struct Stream<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    lines: u64,
    position: u64,
}

impl<'a> Stream<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self { input, buffer: Vec::new(), start: 0, ended: false, lines: 0, position: 0 }
    }

    /// What was read and not yet taken.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// True once nothing more will come.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Lines taken so far.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes taken so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Takes `bytes` of the rest, which hold `lines` lines. The range is good for [`Stream::slice`] until the next fill.
    pub(super) fn take(&mut self, bytes: usize, lines: u64) -> Range<usize> {
        let from = self.start;
        self.start += bytes;
        self.position += bytes as u64;
        self.lines += lines;
        from..self.start
    }

    /// Bytes taken lately.
    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Reads one more block; sets `ended` at the end, and after an error, which drops the rest.
    pub(super) fn fill(&mut self) -> Result<(), ReadError> {
        self.buffer.drain(..self.start);
        self.start = 0;
        match read_block(&mut self.input, &mut self.buffer) {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(source) => {
                self.ended = true;
                self.buffer.clear();
                return Err(ReadError { line: self.lines, position: self.position, source });
            }
        }
        Ok(())
    }

    /// Reads on to the end of a line that is too long, holding only its beginning. Gives that and the whole length.
    pub(super) fn pass_over(&mut self) -> Result<(Vec<u8>, u64), ReadError> {
        let mut kept = Vec::new();
        let mut length = 0;
        loop {
            let rest = self.rest();
            let end = memchr::memchr(b'\n', rest);
            let body = &rest[..end.unwrap_or(rest.len())];
            length += body.len() as u64;
            let wanted = LONGEST_RAW.saturating_sub(kept.len()).min(body.len());
            kept.extend_from_slice(&body[..wanted]);
            match end {
                Some(at) => {
                    self.take(at + 1, 1);
                    return Ok((kept, length));
                }
                None => {
                    let all = rest.len();
                    self.take(all, 0);
                }
            }
            if self.ended {
                self.lines += 1;
                return Ok((kept, length));
            }
            self.fill()?;
        }
    }
}

/// Appends what one read gives; interrupted reads are tried again.
fn read_block(input: &mut Input<'_>, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let had = buffer.len();
    buffer.resize(had + BLOCK, 0);
    let result = loop {
        match input.read(&mut buffer[had..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    buffer.truncate(had + result.as_ref().map_or(0, |read| (*read).min(BLOCK)));
    result
}

/// One line, its end taken off.
pub(super) struct Line<'b> {
    /// Number of the line, from 1.
    pub number: u64,
    /// Bytes consumed once this line is done.
    pub position: u64,
    /// The bytes; of a line that is too long only the first [`LONGEST_RAW`].
    pub bytes: &'b [u8],
    /// The length of a line that is longer than [`LONGEST_RECORD`].
    pub too_long: Option<u64>,
}

/// Splits a stream into lines of at most [`LONGEST_RECORD`] bytes; longer ones are passed over.
pub(super) struct Lines<'a> {
    stream: Stream<'a>,
    long: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self { stream: Stream::new(input), long: Vec::new() }
    }

    /// Takes the input away before anything was read: there are then no lines.
    pub(super) fn take_input(&mut self) -> Input<'a> {
        std::mem::replace(&mut self.stream.input, Box::new(io::empty()))
    }

    /// The next line, also an empty one; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        let mut searched = 0;
        loop {
            let rest = self.stream.rest();
            if let Some(at) = memchr::memchr(b'\n', &rest[searched..]) {
                return self.line(searched + at, 1).map(Some);
            }
            searched = rest.len();
            if searched > LONGEST_RECORD {
                return self.line(searched, 0).map(Some);
            }
            if self.stream.ended() {
                return if searched == 0 { Ok(None) } else { self.line(searched, 0).map(Some) };
            }
            self.stream.fill()?;
        }
    }

    /// Takes a line of `length` bytes and its end of `end` bytes.
    fn line(&mut self, length: usize, end: usize) -> Result<Line<'_>, ReadError> {
        let number = self.stream.lines() + 1;
        if length > LONGEST_RECORD {
            let (kept, length) = self.stream.pass_over()?;
            self.long = kept;
            let position = self.stream.position();
            return Ok(Line { number, position, bytes: &self.long, too_long: Some(length) });
        }
        let range = self.stream.take(length + end, 1);
        let bytes = without_return(self.stream.slice(range.start..range.end - end));
        Ok(Line { number, position: self.stream.position(), bytes, too_long: None })
    }
}

/// A line without the carriage return of files from Windows.
pub(super) fn without_return(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn all(text: &[u8]) -> Vec<(u64, u64, Vec<u8>, Option<u64>)> {
        let mut lines = Lines::new(Box::new(Cursor::new(text)));
        let mut out = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            out.push((line.number, line.position, line.bytes.to_vec(), line.too_long));
        }
        out
    }

    #[test]
    fn ends_of_both_kinds_and_none() {
        let lines = all(b"a\r\n\nbc");
        assert_eq!(
            lines,
            [(1, 3, b"a".to_vec(), None), (2, 4, Vec::new(), None), (3, 6, b"bc".to_vec(), None)]
        );
    }

    #[test]
    fn a_long_line_is_passed_over_and_counted() {
        for tail in [&b""[..], b"\n", b"\nnext\n"] {
            let long = LONGEST_RECORD * 3 + 17;
            let text = [&b"first\n"[..], &vec![b'x'; long], tail].concat();
            let lines = all(&text);
            assert_eq!((lines[1].0, lines[1].3, lines[1].2.len()), (2, Some(long as u64), LONGEST_RAW));
            if tail.len() > 1 {
                assert_eq!(lines[2], (3, text.len() as u64, b"next".to_vec(), None));
            }
            assert_eq!(lines.last().unwrap().1, text.len() as u64);
        }
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_read() {
        let text = [vec![b'x'; LONGEST_RECORD], b"\ny\n".to_vec()].concat();
        let lines = all(&text);
        assert_eq!((lines[0].2.len(), lines[0].3), (LONGEST_RECORD, None));
        assert_eq!(lines[1].2, b"y");
    }
}
