//! Reads one record out of each object of a JSON log. Not for splitting the text: see `json_objects`; nor for what an
//! object means: see the formats.

use xxhash_rust::xxh3::xxh3_64;

use super::identity::Identity;
use super::json_objects::{Objects, Piece};
use super::{Input, LONGEST_RAW, LogReader, Mapping, ReadError, Record, Rejection};
use crate::model::event::NewEvent;

/// What became of an object.
pub(super) type Outcome = Result<NewEvent, Rejection>;

/// Reads an object each as one record, with a function from the object's bytes to the event.
pub(super) struct JsonReader<'a, F> {
    objects: Objects<'a>,
    read: F,
    mapping: Option<Mapping>,
    /// Of a log that is read by a mapping alone: what tells the records apart.
    identity: Option<Identity>,
}

impl<'a, F: Fn(&[u8]) -> Outcome> JsonReader<'a, F> {
    /// For a log that says itself what its keys mean.
    pub(super) fn new(input: Input<'a>, read: F) -> Self {
        Self { objects: Objects::new(input), read, mapping: None, identity: None }
    }

    /// The same, with the mapping that is shown and may be corrected.
    pub(super) fn with_roles(input: Input<'a>, read: F, mapping: Mapping) -> Self {
        Self { mapping: Some(mapping), ..Self::new(input, read) }
    }

    /// For a log of which only the mapping says what its keys mean.
    pub(super) fn mapped(input: Input<'a>, read: F, mapping: Mapping) -> Self {
        let identity = Some(Identity::new(&mapping, &[]));
        Self { identity, ..Self::with_roles(input, read, mapping) }
    }
}

impl<F: Fn(&[u8]) -> Outcome> LogReader for JsonReader<'_, F> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(piece) = self.objects.next()? else { return Ok(None) };
            if piece.is_blank() {
                continue;
            }
            let outcome = match &piece.fault {
                Some(fault) => Err(fault.clone()),
                None => (self.read)(piece.bytes),
            };
            let raw_hash = match &self.identity {
                Some(identity) => identity.hash(piece.bytes, &outcome),
                None => xxh3_64(piece.bytes),
            };
            return Ok(Some(record(&piece, raw_hash, outcome)));
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }
}

/// The record of a whole object.
pub(super) fn record(piece: &Piece<'_>, raw_hash: u64, outcome: Outcome) -> Record {
    let raw = match &outcome {
        Ok(_) => Vec::new(),
        Err(_) => piece.bytes[..piece.bytes.len().min(LONGEST_RAW)].to_vec(),
    };
    Record { line: piece.line, position: piece.position, raw_hash, raw, outcome }
}
