//! Reads one record out of each line of a log whose fields hold no line ends. Not for JSON: see `json_reader`; nor for what
//! a line means: see the formats.

use std::ops::ControlFlow;

use xxhash_rust::xxh3::xxh3_64;

use super::blocks::{Block, Blocks};
use super::lines::{Line, Lines};
use super::reason::{Reason, Rejection};
use super::{Halves, Input, LogReader, ReadError, Record, TakeLent};
use crate::base::Diagnostic;
use crate::model::event::NewEvent;

/// What a line means.
pub(super) trait ReadLine: Sync + Send {
    /// The event, or why there is none.
    fn event(&self, line: &[u8]) -> Result<NewEvent, Rejection>;

    /// What is kept of a line that is no event.
    fn raw(&self, line: &[u8]) -> Vec<u8>;
}

/// Reads lines; those of white space alone are none.
pub(super) struct LineReader<'a, R> {
    lines: Lines<'a>,
    read: R,
    notes: Vec<Diagnostic>,
}

impl<'a, R: ReadLine> LineReader<'a, R> {
    pub(super) fn new(input: Input<'a>, read: R, notes: Vec<Diagnostic>) -> Self {
        LineReader { lines: Lines::new(input), read, notes }
    }
}

impl<R: ReadLine> LogReader for LineReader<'_, R> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            if let Some(record) = record(&line, &self.read) {
                return Ok(Some(record));
            }
        }
    }

    fn notes(&self) -> Vec<Diagnostic> {
        self.notes.clone()
    }

    fn halves(&mut self) -> Option<Halves<'_>> {
        let mut blocks = Blocks::new(self.lines.take_input());
        let read = &self.read;
        let read_block = move |block: &Block, take: &mut TakeLent<'_>| {
            block.each_line(|line| match record(line, read) {
                Some(record) => take(record.lent()),
                None => ControlFlow::Continue(()),
            });
        };
        Some(Halves { blocks: Box::new(move || blocks.next()), read: Box::new(read_block) })
    }
}

fn record(line: &Line<'_>, read: &impl ReadLine) -> Option<Record> {
    if line.bytes.trim_ascii().is_empty() && line.too_long.is_none() {
        return None;
    }
    let outcome = match line.too_long {
        Some(length) => Err(Rejection::new(Reason::TooLong, format!("{length} bytes"))),
        None => read.event(line.bytes),
    };
    let raw = match &outcome {
        Ok(_) => Vec::new(),
        Err(_) => read.raw(line.bytes),
    };
    Some(Record { line: line.number, position: line.position, raw_hash: xxh3_64(line.bytes), raw, outcome })
}
