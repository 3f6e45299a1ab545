//! Which events the document holds, and how often each raw record without a message id came in this file.
//! Not for confirming what looks the same: see `store::import`.

use std::collections::HashMap;

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::base::Progress;
use crate::store::StoreError;
use crate::store::fingerprints::Fingerprints;

/// The fingerprints of one import.
#[derive(Default)]
pub(super) struct Seen {
    fingerprints: Fingerprints,
    /// Rows from here on are of this import.
    first_row: u32,
    /// Older rows met again in this file, one bit each.
    met: Vec<u64>,
    /// Raw records met more than once in this file: how often.
    repeats: HashMap<u64, u32>,
}

impl Seen {
    /// What the document holds before the row `first_row`.
    pub(super) fn load(conn: &Connection, first_row: u32, progress: &Progress) -> Result<Seen, StoreError> {
        Ok(Seen {
            fingerprints: Fingerprints::load(conn, progress)?,
            first_row,
            met: vec![0; first_row as usize / 64 + 1],
            repeats: HashMap::new(),
        })
    }

    /// Adds a row of this import.
    pub(super) fn insert(&mut self, fingerprint: u64, row: u32) {
        self.fingerprints.insert(fingerprint, row);
    }

    /// Reads the place where a fingerprint is searched for first.
    pub(super) fn glance(&self, fingerprint: u64) -> u64 {
        self.fingerprints.glance(fingerprint)
    }

    /// Puts the rows into `found` that seem to have a fingerprint.
    pub(super) fn find(&self, fingerprint: u64, found: &mut Vec<u32>) {
        self.fingerprints.find(fingerprint, found);
    }

    /// The fingerprint of the next occurrence of a raw record in this file. `found` are the rows that have that of
    /// the first one.
    pub(super) fn next_occurrence(&mut self, raw_hash: u64, found: &[u32]) -> u64 {
        let first = first_occurrence(raw_hash);
        // Among the rows with the first occurrence's fingerprint one was met in this file: then it is a repeat.
        let mut was_met = false;
        for row in found.iter().copied() {
            was_met |= row >= self.first_row || self.meet(row);
        }
        if !was_met {
            return first;
        }
        let times = self.repeats.entry(raw_hash).and_modify(|times| *times += 1).or_insert(2);
        occurrence(raw_hash, *times)
    }

    /// Marks an older row as met, and tells whether it was before.
    fn meet(&mut self, row: u32) -> bool {
        let (word, bit) = (row as usize / 64, 1_u64 << (row % 64));
        let was_met = self.met[word] & bit != 0;
        self.met[word] |= bit;
        was_met
    }
}

/// The fingerprint of a raw record that comes for the first time.
pub(super) fn first_occurrence(raw_hash: u64) -> u64 {
    occurrence(raw_hash, 1)
}

/// Message ids and raw records share one space of fingerprints; a hit is confirmed against the row.
pub(super) fn occurrence(raw_hash: u64, times: u32) -> u64 {
    xxh3_64_with_seed(&raw_hash.to_le_bytes(), u64::from(times))
}
