//! A log of lines cut into blocks of whole lines, and their lines, so that several threads can read one log. Not for
//! quoted fields, which may hold line ends: see `csv_record`.
//!
//! The lines are those of `lines`, which reads a log on one thread, in the same order, with the same numbers.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::lines::{Line, without_return};
use super::{Input, LONGEST_RAW, LONGEST_RECORD, ReadError};

/// How much is read at once.
const BLOCK: usize = 1 << 20;

/// Whole lines of a log.
pub struct Block {
    bytes: Vec<u8>,
    /// Lines before it.
    lines: u64,
    /// Bytes before it.
    position: u64,
    /// Of a block that is one line longer than [`LONGEST_RECORD`], of which it holds the beginning.
    too_long: Option<TooLong>,
}

struct TooLong {
    length: u64,
    end: u64,
}

impl Block {
    /// Bytes of text that it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Hands out its lines in order, until the taker breaks off.
    pub(super) fn each_line(&self, mut take: impl FnMut(&Line<'_>) -> ControlFlow<()>) {
        let mut number = self.lines + 1;
        if let Some(long) = &self.too_long {
            let bytes = &self.bytes;
            let _ = take(&Line { number, position: long.end, bytes, too_long: Some(long.length) });
            return;
        }
        let mut start = 0;
        while start < self.bytes.len() {
            let end = memchr::memchr(b'\n', &self.bytes[start..]).map(|at| start + at);
            let bytes = &self.bytes[start..end.unwrap_or(self.bytes.len())];
            start = end.map_or(self.bytes.len(), |end| end + 1);
            let position = self.position + start as u64;
            let taken = if bytes.len() > LONGEST_RECORD {
                let length = bytes.len() as u64;
                take(&Line { number, position, bytes: &bytes[..LONGEST_RAW], too_long: Some(length) })
            } else {
                take(&Line { number, position, bytes: without_return(bytes), too_long: None })
            };
            if taken.is_break() {
                return;
            }
            number += 1;
        }
    }
}

/// Cuts a stream into blocks.
pub(super) struct Blocks<'a> {
    input: Input<'a>,
    /// Read, and not yet handed out.
    rest: Vec<u8>,
    lines: u64,
    position: u64,
    end: Option<End>,
}

/// Nothing more will come.
enum End {
    Whole,
    Failed(Option<io::Error>),
}

impl<'a> Blocks<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self { input, rest: Vec::new(), lines: 0, position: 0, end: None }
    }

    /// The next block; `None` at the end, and after an error.
    ///
    /// # Errors
    /// When the input cannot be read on, after all whole lines; a line cut off by it is left out.
    pub(super) fn next(&mut self) -> Result<Option<Block>, ReadError> {
        let mut searched = 0;
        loop {
            if let Some(at) = memchr::memrchr(b'\n', &self.rest[searched..]) {
                return Ok(Some(self.take(searched + at + 1)));
            }
            searched = self.rest.len();
            if searched > LONGEST_RECORD {
                return self.pass_over().map(Some);
            }
            match &mut self.end {
                None => self.fill(),
                Some(End::Whole) if searched == 0 => return Ok(None),
                Some(End::Whole) => return Ok(Some(self.take(searched))),
                Some(End::Failed(error)) => {
                    self.rest.clear();
                    let Some(source) = error.take() else { return Ok(None) };
                    return Err(ReadError { line: self.lines, position: self.position, source });
                }
            }
        }
    }

    /// Takes whole lines off the rest, together `length` bytes.
    fn take(&mut self, length: usize) -> Block {
        let mut rest = Vec::with_capacity(BLOCK + LONGEST_RAW);
        rest.extend_from_slice(&self.rest[length..]);
        let mut bytes = std::mem::replace(&mut self.rest, rest);
        bytes.truncate(length);
        let block = Block { lines: self.lines, position: self.position, too_long: None, bytes };
        let ends = memchr::memchr_iter(b'\n', &block.bytes).count() as u64;
        self.lines += ends + u64::from(!block.bytes.ends_with(b"\n"));
        self.position += length as u64;
        block
    }

    /// Reads on to the end of a line that is too long, keeping its beginning.
    fn pass_over(&mut self) -> Result<Block, ReadError> {
        let bytes = self.rest[..LONGEST_RAW].to_vec();
        let (lines, position) = (self.lines, self.position);
        let mut length = 0;
        loop {
            let end = memchr::memchr(b'\n', &self.rest);
            let body = end.unwrap_or(self.rest.len());
            length += body as u64;
            self.position += body as u64 + u64::from(end.is_some());
            self.rest.drain(..end.map_or(body, |end| end + 1));
            match &mut self.end {
                _ if end.is_some() => break,
                None => self.fill(),
                Some(End::Whole) => break,
                Some(End::Failed(error)) => {
                    let source = error.take().unwrap_or_else(|| io::ErrorKind::Other.into());
                    return Err(ReadError { line: self.lines, position: self.position, source });
                }
            }
        }
        self.lines += 1;
        let too_long = Some(TooLong { length, end: self.position });
        Ok(Block { bytes, lines, position, too_long })
    }

    /// Reads one more block, as far as there is one.
    fn fill(&mut self) {
        match (&mut self.input).take(BLOCK as u64).read_to_end(&mut self.rest) {
            Ok(read) if read < BLOCK => self.end = Some(End::Whole),
            Ok(_) => {}
            Err(error) => self.end = Some(End::Failed(Some(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Lines;
    use super::*;

    type Told = (u64, u64, Vec<u8>, Option<u64>);

    /// Gives a few bytes at a time, and an error at the end when asked to.
    struct Dripping {
        text: Vec<u8>,
        at: usize,
        step: usize,
        fails: bool,
    }

    impl Read for Dripping {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.fails && self.at == self.text.len() {
                return Err(io::Error::other("gone"));
            }
            let count = self.step.min(out.len()).min(self.text.len() - self.at);
            out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
            self.at += count;
            Ok(count)
        }
    }

    fn tell(line: &Line<'_>) -> Told {
        (line.number, line.position, line.bytes.to_vec(), line.too_long)
    }

    fn by_block(input: Input<'_>) -> (Vec<Told>, Option<(u64, u64)>) {
        let (mut blocks, mut told) = (Blocks::new(input), Vec::new());
        loop {
            match blocks.next() {
                Ok(Some(block)) => block.each_line(|line| {
                    told.push(tell(line));
                    ControlFlow::Continue(())
                }),
                Ok(None) => return (told, None),
                Err(error) => {
                    assert!(matches!(blocks.next(), Ok(None)), "after an error there is nothing more");
                    return (told, Some((error.line, error.position)));
                }
            }
        }
    }

    fn by_line(input: Input<'_>) -> (Vec<Told>, Option<(u64, u64)>) {
        let (mut lines, mut told) = (Lines::new(input), Vec::new());
        loop {
            match lines.next() {
                Ok(Some(line)) => told.push(tell(&line)),
                Ok(None) => return (told, None),
                Err(error) => return (told, Some((error.line, error.position))),
            }
        }
    }

    #[test]
    fn blocks_have_the_lines_that_one_thread_reads_also_of_a_stream_that_fails() {
        let line = |length: usize| [vec![b'x'; length], b"\n".to_vec()].concat();
        let many: Vec<u8> = (0..60_000_usize).flat_map(|n| line(n * 7919 % 40)).collect();
        let long = LONGEST_RECORD;
        let texts = [
            Vec::new(),
            b"\n\r\n\r\n\n".to_vec(),
            b"a\r\nbc".to_vec(),
            many.clone(),
            many[..many.len() - 1].to_vec(),
            [line(3), line(long), line(long + 1), line(2), line(5 * long), line(1)].concat(),
            [line(long - 5), line(long + 100_000), many.clone()].concat(),
            [many, vec![b'y'; 3 * long]].concat(),
            vec![b'z'; long + 1],
        ];
        for text in texts {
            for (step, fails) in [(1 << 20, false), (70_001, false), (1 << 20, true), (4097, true)] {
                let input = || Box::new(Dripping { text: text.clone(), at: 0, step, fails });
                let (blocks, lines) = (by_block(input()), by_line(input()));
                assert_eq!(blocks.0.len(), lines.0.len(), "{} bytes, fails: {fails}", text.len());
                assert!(blocks == lines, "{} bytes, fails: {fails}", text.len());
            }
        }
    }
}
