//! Reads one record out of each object of a JSON log. Not for splitting the text: see `json_objects`; nor for what an
//! object means: see the formats.

use std::ops::ControlFlow;

use xxhash_rust::xxh3::xxh3_64;

use super::blocks::{Block, Blocks};
use super::identity::Identity;
use super::json_objects::{Objects, Piece, of_line};
use super::{Halves, Input, LONGEST_RAW, LogReader, Mapping, ReadError, Record, Rejection, TakeLent};
use crate::base::Diagnostic;
use crate::model::event::{EventText, NewEvent};

/// What became of an object.
pub(super) type Outcome = Result<NewEvent, Rejection>;

/// What an object means.
pub(super) trait ReadObject: Sync + Send {
    /// The event, its texts lent by the object where they stand in it as they are.
    ///
    /// # Errors
    /// Why it is none.
    fn event<'t>(&self, object: &'t [u8]) -> Result<EventText<'t>, Rejection>;
}

impl<F: Fn(&[u8]) -> Outcome + Sync + Send> ReadObject for F {
    fn event<'t>(&self, object: &'t [u8]) -> Result<EventText<'t>, Rejection> {
        self(object).map(EventText::from)
    }
}

/// Reads an object each as one record.
pub(super) struct JsonReader<'a, F> {
    objects: Objects<'a>,
    read: F,
    mapping: Option<Mapping>,
    notes: Vec<Diagnostic>,
    /// Of a log that is read by a mapping alone: what tells the records apart.
    identity: Option<Identity>,
}

impl<'a, F> JsonReader<'a, F> {
    /// For a log that says itself what its keys mean.
    pub(super) fn new(input: Input<'a>, read: F) -> Self {
        Self { objects: Objects::new(input), read, mapping: None, notes: Vec::new(), identity: None }
    }
}

impl<'a, F: Fn(&[u8]) -> Outcome> JsonReader<'a, F> {
    /// The same, with the mapping that is shown and may be corrected.
    pub(super) fn with_roles(input: Input<'a>, read: F, mapping: Mapping) -> Self {
        Self { mapping: Some(mapping), ..Self::new(input, read) }
    }

    /// The same, with what the person should know of how it is read.
    pub(super) fn noting(self, notes: impl IntoIterator<Item = Diagnostic>) -> Self {
        Self { notes: notes.into_iter().collect(), ..self }
    }

    /// For a log of which only the mapping says what its keys mean.
    pub(super) fn mapped(input: Input<'a>, read: F, mapping: Mapping) -> Self {
        let identity = Some(Identity::new(&mapping, &[]));
        Self { identity, ..Self::with_roles(input, read, mapping) }
    }
}

impl<F: ReadObject> LogReader for JsonReader<'_, F> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(piece) = self.objects.next()? else { return Ok(None) };
            if let Some(record) = read_piece(&piece, &self.read, self.identity.as_ref()) {
                return Ok(Some(record.into_owned()));
            }
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }

    fn notes(&self) -> Vec<Diagnostic> {
        self.notes.clone()
    }

    fn halves(&mut self) -> Option<Halves<'_>> {
        // Objects over many lines cannot be told apart by their lines.
        let Objects::Lines(lines) = &mut self.objects else { return None };
        let mut blocks = Blocks::new(lines.take_input());
        let (read, identity) = (&self.read, self.identity.as_ref());
        let read_block = move |block: &Block, take: &mut TakeLent<'_>| {
            block.each_line(|line| match read_piece(&of_line(line), read, identity) {
                Some(record) => take(record),
                None => ControlFlow::Continue(()),
            });
        };
        Some(Halves { blocks: Box::new(move || blocks.next()), read: Box::new(read_block) })
    }
}

/// The record of an object; `None` for white space.
fn read_piece<'t>(
    piece: &Piece<'t>,
    read: &impl ReadObject,
    identity: Option<&Identity>,
) -> Option<Record<EventText<'t>>> {
    if piece.is_blank() {
        return None;
    }
    let outcome = match &piece.fault {
        Some(fault) => Err(fault.clone()),
        None => read.event(piece.bytes),
    };
    let raw_hash = match identity {
        Some(identity) => identity.hash(piece.bytes, &outcome),
        None => xxh3_64(piece.bytes),
    };
    Some(record(piece, raw_hash, outcome))
}

/// The record of a whole object.
pub(super) fn record<E>(piece: &Piece<'_>, raw_hash: u64, outcome: Result<E, Rejection>) -> Record<E> {
    let raw = match &outcome {
        Ok(_) => Vec::new(),
        Err(_) => piece.bytes[..piece.bytes.len().min(LONGEST_RAW)].to_vec(),
    };
    Record { line: piece.line, position: piece.position, raw_hash, raw, outcome }
}
