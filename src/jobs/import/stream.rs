//! The files of a folder or an archive read one after the other, as one log. Not for finding them: see `parts`.
//!
//! Positions run on from file to file, so that a stopped import goes on where it was; lines count within a file, and
//! the number of the file stands with them. A file that is no log is left out and named; one that is damaged gives
//! what can be read of it, and a record that says so.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::opening::{Bytes, holds_an_event, open, sample};
use super::parts::{Part, WITHIN};
use super::source::Source;
use crate::base::Diagnostic;
use crate::formats::log::compression::{Packing, unpack_named};
use crate::formats::log::{
    self, HEAD, Input, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Reason, Record, Rejection,
};
use crate::model::place::Place;

/// How many names a note lists.
const MOST_LISTED: usize = 10;
/// A format that is less sure of a file must find an event at its beginning.
const SURE: u8 = 60;

/// What became of the parts.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// How parts are read, each thing said once.
    reading: Vec<Diagnostic>,
    no_log: Vec<(String, String)>,
    damaged: Vec<String>,
}

impl Notes {
    /// What a person should know: the parts left out, and the damaged ones.
    pub(super) fn diagnostics(
        &self,
        source: &Source,
        left_out: &[(String, &'static str)],
    ) -> Vec<Diagnostic> {
        let mut found = self.reading.clone();
        if !self.no_log.is_empty() {
            let names = self.no_log.iter().map(|(name, why)| format!("{name} ({why})"));
            let message = format!("Left out of {}, for it is no log: {}", source.name, listed(names));
            found.push(Diagnostic::info("parts-no-log", message).hint(
                "If one of them is a log, import it by itself, with the format or the mapping it needs",
            ));
        }
        if !left_out.is_empty() {
            let names = left_out.iter().map(|(name, why)| format!("{name} ({why})"));
            let message = format!("Not looked at in {}: {}", source.name, listed(names));
            found.push(Diagnostic::info("parts-left-out", message));
        }
        if !self.damaged.is_empty() {
            let message =
                format!("Damaged or cut off in {}: {}", source.name, listed(self.damaged.iter().cloned()));
            found.push(
                Diagnostic::warning("parts-damaged", message)
                    .hint("What could be read of them is in; get them again and import them for the rest"),
            );
        }
        found
    }
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let count = names.len();
    let mut shown: Vec<String> = names.take(MOST_LISTED).collect();
    if count > MOST_LISTED {
        shown.push(format!("and {} more", count - MOST_LISTED));
    }
    shown.join("; ")
}

/// Reads the parts of a log as one.
pub(super) struct PartsReader {
    source: Source,
    named: Option<&'static dyn LogFormat>,
    options: ReadOptions,
    notes: Arc<Mutex<Notes>>,
    /// The index of the part to open next; the number of a part is one more than its index.
    next: usize,
    current: Option<Current>,
    /// Where the last record ended, over all parts.
    position: u64,
    /// Of the first part that is a log.
    first: Option<(&'static dyn LogFormat, Vec<u8>, Option<Mapping>)>,
}

/// The part that is being read.
struct Current {
    reader: Box<dyn LogReader + Send>,
    number: u32,
    /// Where it starts among all parts.
    base: u64,
}

/// A part whose format is known.
struct Opened {
    format: &'static dyn LogFormat,
    /// The beginning of its text.
    head: Vec<u8>,
    reader: Box<dyn LogReader + Send>,
}

/// What comes after a part.
enum Next {
    Part,
    /// One that cannot be read.
    Damaged(Box<Record>),
    End,
}

/// Why a part is not read.
enum Refused {
    NoLog(String),
    Damaged(String),
}

impl PartsReader {
    /// A reader at the beginning of the first part that is a log.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn new(
        source: &Source,
        named: Option<&'static dyn LogFormat>,
        options: &ReadOptions,
        notes: &Arc<Mutex<Notes>>,
    ) -> Result<PartsReader, Diagnostic> {
        *notes.lock().unwrap_or_else(PoisonError::into_inner) = Notes::default();
        let mut reader = PartsReader {
            source: source.clone(),
            named,
            options: options.clone(),
            notes: notes.clone(),
            next: 0,
            current: None,
            position: 0,
            first: None,
        };
        reader.find_first()?;
        source.read_again();
        Ok(reader)
    }

    /// The format of the first part that is a log.
    pub(super) fn format(&self) -> &'static dyn LogFormat {
        // Set by `find_first`, without which there is no reader.
        self.first.as_ref().map_or(log::ALL[0], |(format, _, _)| *format)
    }

    /// The beginning of the text of that part.
    pub(super) fn head(&self) -> &[u8] {
        self.first.as_ref().map_or(&[], |(_, head, _)| head)
    }

    /// Looks ahead for the first part that is a log, then starts at the beginning again: damage before it is met then.
    fn find_first(&mut self) -> Result<(), Diagnostic> {
        let parts = self.parts();
        let mut why = Vec::new();
        for part in &parts {
            if self.source.unless_stopped().is_err() {
                break;
            }
            match self.open_part(part) {
                Ok(Opened { format, mut head, reader }) => {
                    if format.needs_seek() {
                        head = self.sample_of(part, format);
                    }
                    self.first = Some((format, head, reader.mapping().cloned()));
                    return Ok(());
                }
                Err(Refused::NoLog(reason) | Refused::Damaged(reason)) => {
                    why.push(format!("{} ({reason})", part.name));
                }
            }
        }
        let message = if why.is_empty() {
            "There is no file in it that could be a log".to_owned()
        } else {
            format!("No file in it is an event log: {}", listed(why.into_iter()))
        };
        Err(Diagnostic::error("no-log-in-parts", message)
            .hint("Choose one of the files in it, with the format or the mapping it needs")
            .at(self.source.place()))
    }

    fn parts(&self) -> Vec<Part> {
        self.source.parts().map(|parts| parts.list.clone()).unwrap_or_default()
    }

    fn open_part(&self, part: &Part) -> Result<Opened, Refused> {
        let damaged = |error: io::Error| Refused::Damaged(error.to_string());
        let input = part.open(|file| self.source.counted(file)).map_err(damaged)?;
        let (packing, input) = unpack_named(input, &part.name).map_err(damaged)?;
        let (head, mut input) = log::peek(input);
        if head.is_empty() {
            let failed = input.read(&mut [0; 1]).err();
            return Err(failed.map_or_else(|| Refused::NoLog("it is empty".to_owned()), damaged));
        }
        let format = self.format_of(&head, packing).map_err(|refused| {
            // Too little could be unpacked to know it by.
            let failed = (head.len() < HEAD).then(|| io::copy(&mut input, &mut io::sink()).err()).flatten();
            failed.map_or(refused, damaged)
        })?;
        let reader = self.open_reader(format, packing, input, part)?;
        Ok(Opened { format, head, reader })
    }

    fn format_of(&self, head: &[u8], packing: Packing) -> Result<&'static dyn LogFormat, Refused> {
        let mapping = self.options.mapping.as_ref();
        let format = match self.named {
            Some(format) => format,
            None => log::recognize(head, mapping).map_err(|problem| no_log(&problem, packing))?,
        };
        let sure = self.named.is_none()
            && !mapping.is_some_and(Mapping::names_columns)
            && format.recognizes(head, mapping) >= SURE;
        if sure || format.needs_seek() || holds_an_event(format, head, &self.options) {
            return Ok(format);
        }
        Err(Refused::NoLog(format!("nothing at its beginning is an event, read as {}", format.label())))
    }

    fn open_reader(
        &self,
        format: &'static dyn LogFormat,
        packing: Packing,
        input: Input<'static>,
        part: &Part,
    ) -> Result<Box<dyn LogReader + Send>, Refused> {
        let place = Bytes { source: &self.source, file: part.file(), packing, part: &part.name };
        open(format, input, &place, &self.options).map_err(|problem| match problem.code {
            "log-unreadable" => Refused::Damaged(problem.message),
            _ => Refused::NoLog(problem.message),
        })
    }

    /// The first rows of a part that is no text.
    fn sample_of(&self, part: &Part, format: &'static dyn LogFormat) -> Vec<u8> {
        let input = part.open(|file| self.source.counted(file));
        let Ok((packing, input)) = input.and_then(|input| unpack_named(input, &part.name)) else {
            return Vec::new();
        };
        let place = Bytes { source: &self.source, file: part.file(), packing, part: &part.name };
        sample(format, input, &place, &self.options)
    }

    /// Opens the next part that is a log; a damaged one gives a record that says so.
    fn advance(&mut self) -> Result<Next, ReadError> {
        loop {
            let part = self.source.parts().and_then(|parts| parts.list.get(self.next));
            let Some(part) = part.cloned() else { return Ok(Next::End) };
            self.next += 1;
            let number = self.next as u32;
            let opened = self.open_part(&part);
            if opened.is_err() {
                self.unless_stopped(0)?;
            }
            match opened {
                Ok(Opened { reader, .. }) => {
                    let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
                    for note in reader.notes() {
                        if !notes.reading.contains(&note) {
                            notes.reading.push(note);
                        }
                    }
                    drop(notes);
                    self.current = Some(Current { reader, number, base: self.position });
                    return Ok(Next::Part);
                }
                Err(Refused::NoLog(why)) => {
                    let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
                    notes.no_log.push((part.name, why));
                }
                Err(Refused::Damaged(why)) => {
                    return Ok(Next::Damaged(Box::new(self.damaged(number, 1, &why))));
                }
            }
        }
    }

    /// What fails because a person has stopped it is no damage: then nothing more is read.
    fn unless_stopped(&mut self, line: u64) -> Result<(), ReadError> {
        self.source.unless_stopped().map_err(|source| {
            self.current = None;
            self.next = usize::MAX;
            ReadError { line, position: self.position, source }
        })
    }

    fn damaged(&mut self, number: u32, line: u64, why: &str) -> Record {
        let name = self.source.parts().and_then(|parts| parts.list.get(number as usize - 1));
        let name = name.map(|part| part.name.clone()).unwrap_or_default();
        let place = format!("{}{WITHIN}{name}", self.source.name);
        let outcome = Err(Rejection::new(Reason::DamagedPart, format!("{place}, line {line}: {why}")));
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).damaged.push(name);
        self.position += 1;
        let line = Place { part: number, line }.number();
        Record { line, position: self.position, raw_hash: 0, raw: Vec::new(), outcome }
    }
}

impl LogReader for PartsReader {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(current) = &mut self.current else {
                match self.advance()? {
                    Next::Damaged(record) => return Ok(Some(*record)),
                    Next::Part => continue,
                    Next::End => return Ok(None),
                }
            };
            match current.reader.next() {
                Ok(Some(mut record)) => {
                    record.line = Place { part: current.number, line: record.line }.number();
                    record.position += current.base;
                    self.position = record.position;
                    return Ok(Some(record));
                }
                Ok(None) => self.current = None,
                Err(error) => {
                    let number = current.number;
                    self.current = None;
                    self.unless_stopped(error.line)?;
                    return Ok(Some(self.damaged(number, error.line + 1, &error.source.to_string())));
                }
            }
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        self.first.as_ref()?.2.as_ref()
    }
}

fn no_log(problem: &Diagnostic, packing: Packing) -> Refused {
    match packing {
        // Without a mark of its own, anything may be named so.
        Packing::Brotli => Refused::NoLog(format!("unpacked as brotli: {}", problem.message)),
        Packing::Plain | Packing::Gzip | Packing::Zstd => Refused::NoLog(problem.message.clone()),
    }
}
