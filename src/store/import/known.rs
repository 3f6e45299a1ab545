//! What would become of a log's first events, asked before anything is written. Not for writing them: see `store::import`.

use std::collections::{HashMap, HashSet};

use rusqlite::OptionalExtension;

use super::Packed;
use super::seen::{first_occurrence, occurrence};
use crate::base::Progress;
use crate::model::event::EventKind;
use crate::store::{Document, StoreError};

/// Documents of more events are not gone through for a preview.
const MOST_COMPARED: u64 = 3_000_000;
/// Rows read between two looks whether to stop.
const READ_AT_ONCE: u64 = 65_536;

/// What would become of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Events that would be added.
    pub events: u64,
    /// Rows that would be added as traits of persons.
    pub traits: u64,
    /// Those that come again in the log itself, the document aside.
    pub repeated: u64,
    /// Those that the document has already; `None` without a document, or when it is too large to look through.
    pub known: Option<u64>,
}

/// Tells what an import of these events, the first of a log, would add to a document.
///
/// # Errors
/// `Cancelled`, or what SQLite says.
pub fn foresee(
    events: &Packed,
    document: Option<&Document>,
    progress: &Progress,
) -> Result<Foreseen, StoreError> {
    let keys = keys(events);
    let document = match document {
        Some(document) if document.counts()?.events <= MOST_COMPARED => Some(document),
        Some(_) | None => None,
    };
    let stored = document.map(|document| stored(document, &keys, progress)).transpose()?;
    let mut foreseen = Foreseen { known: stored.as_ref().map(|_| 0), ..Foreseen::default() };
    let mut met = HashSet::new();
    for key in keys {
        if let (Some(stored), Some(known)) = (&stored, &mut foreseen.known)
            && stored.contains(&key)
        {
            *known += 1;
        } else if !met.insert(key) {
            foreseen.repeated += 1;
        } else if key.is_of_traits {
            foreseen.traits += 1;
        } else {
            foreseen.events += 1;
        }
    }
    Ok(foreseen)
}

/// What an event or a row of traits is found by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    is_of_traits: bool,
    fingerprint: u64,
}

fn keys(events: &Packed) -> Vec<Key> {
    let mut times: HashMap<u64, u32> = HashMap::new();
    let key = |facts: &super::ready::Facts| {
        let is_of_traits = facts.kind == EventKind::Traits;
        let fingerprint = match facts.message {
            _ if is_of_traits => facts.raw_hash,
            Some(message) => message,
            None => {
                let times = times.entry(facts.raw_hash).and_modify(|times| *times += 1).or_insert(1);
                if *times == 1 {
                    first_occurrence(facts.raw_hash)
                } else {
                    occurrence(facts.raw_hash, *times)
                }
            }
        };
        Key { is_of_traits, fingerprint }
    };
    events.facts().map(key).collect()
}

/// Those of the keys that the document has.
fn stored(document: &Document, keys: &[Key], progress: &Progress) -> Result<HashSet<Key>, StoreError> {
    let mut found = HashSet::new();
    let mut wanted = HashSet::new();
    let mut row = document.conn.prepare_cached("SELECT 1 FROM person_row WHERE fingerprint = ?1")?;
    for key in keys {
        if !key.is_of_traits {
            wanted.insert(key.fingerprint);
        } else if row.query_row([key.fingerprint.cast_signed()], |_| Ok(())).optional()?.is_some() {
            found.insert(*key);
        }
    }
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut statement = document.conn.prepare("SELECT fingerprint FROM event")?;
    let mut rows = statement.query([])?;
    let mut read = 0_u64;
    while let Some(row) = rows.next()? {
        if read.is_multiple_of(READ_AT_ONCE) && progress.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        read += 1;
        let fingerprint = row.get::<_, i64>(0)?.cast_unsigned();
        if wanted.contains(&fingerprint) {
            found.insert(Key { is_of_traits: false, fingerprint });
        }
    }
    Ok(found)
}
