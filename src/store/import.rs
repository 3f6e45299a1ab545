//! Writing a log's events as rows, chunk by chunk. Not for reading logs: see `formats::log` and `jobs::import`.

mod identifiers;
mod tally;
mod traits;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use self::identifiers::Identifiers;
use self::tally::Tally;
use super::document::{advance, set_meta};
use super::events::row_by_id;
use super::fingerprints::Fingerprints;
use super::persons::IdentifierKind;
use super::{Document, StoreError, persons};
use crate::model::event::{EventKind, NewEvent, is_blocked};
use crate::model::time::Time;

/// What is known of an import before its first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchInfo {
    /// The file's name as shown.
    pub file: String,
    /// Where the log comes from, in the person's words.
    pub source: String,
    /// The format's stored name.
    pub format: String,
    /// The mapping's text form, or empty.
    pub mapping: String,
    /// When the import started; events later than this are future.
    pub imported_at: Time,
    /// Identifies the file's content.
    pub fingerprint: String,
}

/// What became of a batch's records. A conflict is a duplicate too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchCounts {
    /// Records read: imported + traits + duplicates + quarantined.
    pub read: u64,
    /// Events added.
    pub imported: u64,
    /// Rows of traits of persons added, which are no events.
    pub traits: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Duplicates that said something else than the first arrival.
    pub conflicts: u64,
    /// Records that cannot be an event.
    pub quarantined: u64,
    /// Time of the earliest event added.
    pub first_time: Option<Time>,
    /// Time of the latest event added.
    pub last_time: Option<Time>,
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was added.
    New,
    /// It was there already.
    Duplicate,
    /// It was there already and says something else; the first arrival stays.
    Conflict,
}

/// A running import. Nothing of it is kept before the first [`Importer::commit`]; dropping it keeps whole chunks.
pub struct Importer<'a> {
    document: &'a mut Document,
    info: BatchInfo,
    batch: Option<i64>,
    committed: Tally,
    pending: Tally,
    resume_position: u64,
    is_open: bool,
    /// Records for the quarantine that wait for the chunk's transaction, and their bytes.
    waiting: Vec<Rejected>,
    waiting_bytes: usize,
    has_failed: bool,
    names: HashMap<String, u32>,
    identifiers: Identifiers,
    seen: Seen,
    next_event: u32,
    scratch: Vec<u8>,
    found: Vec<u32>,
}

/// A record that cannot be an event.
struct Rejected {
    line: u64,
    reason: String,
    detail: String,
    raw: Vec<u8>,
}

/// Rejected records wait for something else to be written up to this many bytes.
const MOST_WAITING: usize = 8 << 20;

/// Which events the document holds, and how often each raw record without a message id came in this file.
struct Seen {
    fingerprints: Fingerprints,
    /// Rows from here on are of this import.
    first_row: u32,
    /// Older rows met again in this file, one bit each.
    met: Vec<u64>,
    /// Raw records met more than once in this file: how often.
    repeats: HashMap<u64, u32>,
}

impl Document {
    /// Starts an import, or goes on with the partial one of the same file, format and mapping.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn import(&mut self, mut info: BatchInfo) -> Result<Importer<'_>, StoreError> {
        self.require_writer()?;
        let partial: Option<(i64, i64)> = self
            .conn
            .query_row(
                "SELECT id, imported_us FROM batch WHERE complete = 0 AND fingerprint = ?1 AND fingerprint <> '' AND format = ?2 AND mapping = ?3
                 ORDER BY id DESC LIMIT 1",
                params![info.fingerprint, info.format, info.mapping],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let committed = match partial {
            Some((batch, imported_us)) => {
                info.imported_at = Time(imported_us);
                Tally::load(&self.conn, batch)?
            }
            None => Tally::default(),
        };
        let last: i64 =
            self.conn.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        let next_event = u32::try_from(last + 1).map_err(|_| StoreError::Full)?;
        let names = {
            let mut statement = self.conn.prepare("SELECT name, id FROM event_name")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let seen = Seen {
            fingerprints: Fingerprints::load(&self.conn)?,
            first_row: next_event,
            met: vec![0; next_event as usize / 64 + 1],
            repeats: HashMap::new(),
        };
        Ok(Importer {
            info,
            batch: partial.map(|(batch, _)| batch),
            pending: committed.clone(),
            resume_position: committed.position,
            committed,
            is_open: false,
            waiting: Vec::new(),
            waiting_bytes: 0,
            has_failed: false,
            names,
            identifiers: Identifiers::load(&self.conn)?,
            seen,
            next_event,
            scratch: Vec::new(),
            found: Vec::new(),
            document: self,
        })
    }
}

impl Importer<'_> {
    /// Records that end at or before this position (bytes of decompressed input) are stored already:
    /// feed their events through [`Importer::skip`].
    pub fn resume_position(&self) -> u64 {
        self.resume_position
    }

    /// The batch's number, once something was committed.
    pub fn batch_id(&self) -> Option<i64> {
        self.batch
    }

    /// What became of the records so far, those of the chunk not yet committed included.
    pub fn counts(&self) -> BatchCounts {
        self.pending.counts()
    }

    /// Takes note of an event that an earlier run of this import stored, so that the repeats of a record
    /// without message id are counted on from there.
    pub fn skip(&mut self, event: &NewEvent, raw_hash: u64) {
        if message_id(event).is_none() {
            self.seen.next_occurrence(raw_hash, &mut self.found);
        }
    }

    /// Adds an event, unless it is there already. `raw_hash` is the xxh3 hash of the whole raw record.
    ///
    /// # Errors
    /// `Full` and others; the chunk is then taken back, and only `finish` makes sense.
    pub fn add(&mut self, event: &NewEvent, line: u64, raw_hash: u64) -> Result<Added, StoreError> {
        let added = self.try_add(event, line, raw_hash);
        self.keep_or_take_back(added)
    }

    /// Keeps a record that cannot be an event, with why.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn quarantine(
        &mut self,
        line: u64,
        reason: &str,
        detail: &str,
        raw: &[u8],
    ) -> Result<(), StoreError> {
        let kept = self.try_quarantine(line, reason, detail, raw);
        self.keep_or_take_back(kept)
    }

    /// Ends a chunk: what was added since the last one is stored for good, with the position reached.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn commit(&mut self, position: u64) -> Result<(), StoreError> {
        let committed = self.try_commit(position);
        self.keep_or_take_back(committed)
    }

    /// Ends the import. Complete: everything added is kept. Partial (cancelled, failed): whole chunks are kept, and
    /// importing the same file goes on from there. Persons are then computed anew, and the cache is stale.
    ///
    /// # Errors
    /// What SQLite says; whole chunks are kept in any case.
    pub fn finish(mut self, complete: bool) -> Result<BatchCounts, StoreError> {
        if complete && !self.has_failed {
            if self.batch.is_none() || self.pending.read() > self.committed.read() {
                self.commit(self.pending.position)?;
            }
            let batch = self.batch;
            self.document.conn.execute("UPDATE batch SET complete = 1 WHERE id = ?1", [batch])?;
        } else {
            self.take_back();
        }
        persons::refresh(&mut self.document.conn)?;
        Ok(self.committed.counts())
    }

    /// Ends the import and leaves nothing of its batch behind, earlier chunks of it included.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn discard(mut self) -> Result<(), StoreError> {
        self.take_back();
        if let Some(batch) = self.batch {
            self.document.remove_batch(batch, &crate::base::Progress::new())?;
        }
        Ok(())
    }

    fn try_add(&mut self, event: &NewEvent, line: u64, raw_hash: u64) -> Result<Added, StoreError> {
        if self.has_failed {
            return Err(StoreError::Stale);
        }
        if event.kind == EventKind::Traits {
            return self.add_traits(event, line, raw_hash);
        }
        let content = content_hash(event, &mut self.scratch);
        let fingerprint = match message_id(event) {
            Some(id) => {
                let fingerprint = xxh3_64(id.as_bytes());
                self.seen.fingerprints.find(fingerprint, &mut self.found);
                fingerprint
            }
            None => self.seen.next_occurrence(raw_hash, &mut self.found),
        };
        for row in std::mem::take(&mut self.found) {
            if let Some(added) = self.compare(row, event, content)? {
                self.pending.duplicate(added);
                return Ok(added);
            }
        }
        self.begin()?;
        self.insert(event, line, fingerprint, content)?;
        self.pending.add(event.time, self.info.imported_at);
        Ok(Added::New)
    }

    /// `None` when the row only has the same fingerprint by chance.
    fn compare(&self, row: u32, event: &NewEvent, content: u64) -> Result<Option<Added>, StoreError> {
        let conn = &self.document.conn;
        let (stored, stored_content): (Option<String>, i64) = conn
            .prepare_cached(
                "SELECT x.message_id, e.content FROM event e JOIN event_text x ON x.id = e.id WHERE e.id = ?1",
            )?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if stored.as_deref() != message_id(event) {
            return Ok(None);
        }
        let is_same = stored_content.cast_unsigned() == content
            || row_by_id(conn, i64::from(row))?.is_some_and(|stored| stored.says_the_same(event));
        Ok(Some(if is_same { Added::Duplicate } else { Added::Conflict }))
    }

    fn insert(
        &mut self,
        event: &NewEvent,
        line: u64,
        fingerprint: u64,
        content: u64,
    ) -> Result<(), StoreError> {
        let conn = &self.document.conn;
        let name = match self.names.get(&event.name) {
            Some(name) => *name,
            None => {
                conn.prepare_cached("INSERT INTO event_name (name) VALUES (?1)")?.execute([&event.name])?;
                let name = conn.last_insert_rowid() as u32;
                self.names.insert(event.name.clone(), name);
                name
            }
        };
        let mut usable = |kind, value: &Option<String>| match value {
            Some(value) if !is_blocked(value) => self.identifiers.id(conn, kind, value).map(Some),
            _ => Ok(None),
        };
        let anonymous = usable(IdentifierKind::Anonymous, &event.anonymous_id)?;
        let user = usable(IdentifierKind::User, &event.user_id)?;
        let previous = usable(IdentifierKind::Previous, &event.previous_id)?;
        let raw = |id: Option<u32>, value| -> Option<&str> { if id.is_some() { None } else { value } };
        let id = self.next_event;
        conn.prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
            .execute(params![
                id,
                self.batch,
                line.cast_signed(),
                event.kind as u8,
                name,
                anonymous,
                user,
                previous,
                event.time.0,
                fingerprint.cast_signed(),
                content.cast_signed(),
            ])?;
        conn.prepare_cached("INSERT INTO event_text VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
            params![
                id,
                message_id(event),
                event.properties,
                event.context,
                event.extra,
                raw(anonymous, event.anonymous_id.as_deref()),
                raw(user, event.user_id.as_deref()),
                raw(previous, event.previous_id.as_deref()),
            ],
        )?;
        self.seen.fingerprints.insert(fingerprint, id);
        self.next_event = id.checked_add(1).ok_or(StoreError::Full)?;
        Ok(())
    }

    fn try_quarantine(
        &mut self,
        line: u64,
        reason: &str,
        detail: &str,
        raw: &[u8],
    ) -> Result<(), StoreError> {
        if self.has_failed {
            return Err(StoreError::Stale);
        }
        if !self.is_open {
            self.waiting_bytes += raw.len() + detail.len();
            self.waiting.push(Rejected {
                line,
                reason: reason.to_owned(),
                detail: detail.to_owned(),
                raw: raw.to_owned(),
            });
            if self.waiting_bytes > MOST_WAITING {
                self.begin()?;
            }
        } else if let Some(batch) = self.batch {
            store_rejected(&self.document.conn, batch, line, reason, detail, raw)?;
        }
        self.pending.quarantine();
        Ok(())
    }

    fn try_commit(&mut self, position: u64) -> Result<(), StoreError> {
        self.begin()?;
        let conn = &self.document.conn;
        self.pending.position = position;
        if let Some(batch) = self.batch {
            self.pending.store_chunk(conn, batch, &self.committed)?;
        }
        if self.pending.added() > self.committed.added() {
            advance(conn, "data_revision")?;
            set_meta(conn, persons::STALE, "1")?;
        }
        conn.execute_batch("COMMIT")?;
        self.is_open = false;
        self.committed = self.pending.clone();
        Ok(())
    }

    /// Opens a chunk's transaction, unless it is open; the first one also makes the batch. Called only once there is
    /// something to write: until then, edits of other handles need not wait.
    fn begin(&mut self) -> Result<(), StoreError> {
        if self.has_failed {
            return Err(StoreError::Stale);
        }
        if self.is_open {
            return Ok(());
        }
        let conn = &self.document.conn;
        conn.execute_batch("BEGIN IMMEDIATE")?;
        self.is_open = true;
        let batch = match self.batch {
            Some(batch) => batch,
            None => tally::insert_batch(conn, &self.info)?,
        };
        self.batch = Some(batch);
        self.waiting_bytes = 0;
        for one in self.waiting.drain(..) {
            store_rejected(conn, batch, one.line, &one.reason, &one.detail, &one.raw)?;
        }
        Ok(())
    }

    fn keep_or_take_back<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() {
            self.take_back();
            self.has_failed = true;
        }
        result
    }

    /// Takes the open chunk back. What memory knows of it is then wrong, so nothing may be added after it.
    fn take_back(&mut self) {
        self.waiting.clear();
        if !std::mem::take(&mut self.is_open) {
            self.has_failed |= self.pending.read() > self.committed.read();
            self.pending = self.committed.clone();
            return;
        }
        self.has_failed = true;
        // A full disk makes SQLite roll back by itself, and the second one then fails: both are as wanted.
        let _ = self.document.conn.execute_batch("ROLLBACK");
        self.pending = self.committed.clone();
        if self.committed.chunks == 0 {
            self.batch = None;
        }
    }
}

fn store_rejected(
    conn: &Connection,
    batch: i64,
    line: u64,
    reason: &str,
    detail: &str,
    raw: &[u8],
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO quarantine (batch, line, reason, detail, raw) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![batch, line.cast_signed(), reason, detail, raw])?;
    Ok(())
}

impl Drop for Importer<'_> {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl Seen {
    /// The fingerprint of the next occurrence of a raw record in this file, and the rows that have it already.
    fn next_occurrence(&mut self, raw_hash: u64, found: &mut Vec<u32>) -> u64 {
        let first = occurrence(raw_hash, 1);
        self.fingerprints.find(first, found);
        // Among the rows with the first occurrence's fingerprint one was met in this file: then it is a repeat.
        let mut was_met = false;
        for row in found.iter().copied() {
            was_met |= row >= self.first_row || self.meet(row);
        }
        if !was_met {
            return first;
        }
        let times = self.repeats.entry(raw_hash).and_modify(|times| *times += 1).or_insert(2);
        let fingerprint = occurrence(raw_hash, *times);
        self.fingerprints.find(fingerprint, found);
        fingerprint
    }

    /// Marks an older row as met, and tells whether it was before.
    fn meet(&mut self, row: u32) -> bool {
        let (word, bit) = (row as usize / 64, 1_u64 << (row % 64));
        let was_met = self.met[word] & bit != 0;
        self.met[word] |= bit;
        was_met
    }
}

/// Message ids and raw records share one space of fingerprints; a hit is confirmed against the row.
fn occurrence(raw_hash: u64, times: u32) -> u64 {
    xxh3_64_with_seed(&raw_hash.to_le_bytes(), u64::from(times))
}

/// An empty message id is none.
fn message_id(event: &NewEvent) -> Option<&str> {
    event.message_id.as_deref().filter(|id| !id.is_empty())
}

/// What an event says: everything but how it travelled (message id and `extra`, where sending times stand).
fn content_hash(event: &NewEvent, scratch: &mut Vec<u8>) -> u64 {
    scratch.clear();
    scratch.push(event.kind as u8);
    scratch.extend(event.time.0.to_le_bytes());
    let texts = [
        Some(event.name.as_str()),
        event.anonymous_id.as_deref(),
        event.user_id.as_deref(),
        event.previous_id.as_deref(),
        Some(event.properties.as_str()),
        Some(event.context.as_str()),
    ];
    for text in texts {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        scratch.extend(length.to_le_bytes());
        scratch.extend(text.unwrap_or_default().as_bytes());
    }
    xxh3_64(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: i64, properties: String) -> NewEvent {
        NewEvent {
            kind: EventKind::Track,
            name: "A".to_owned(),
            message_id: Some(format!("m{n}")),
            anonymous_id: Some(format!("d{n}")),
            user_id: None,
            previous_id: None,
            time: Time(n),
            properties,
            context: String::new(),
            extra: String::new(),
        }
    }

    fn info(file: &str) -> BatchInfo {
        BatchInfo {
            file: file.to_owned(),
            source: String::new(),
            format: "segment".to_owned(),
            mapping: String::new(),
            imported_at: Time(100),
            fingerprint: file.to_owned(),
        }
    }

    fn number(document: &Document, sql: &str) -> i64 {
        document.conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_full_disk_takes_the_chunk_back_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut document = Document::create(&folder.path().join("a.stormline")).unwrap();
        let mut importer = document.import(info("one")).unwrap();
        importer.add(&event(1, String::new()), 1, 1).unwrap();
        importer.finish(true).unwrap();
        let limit = |document: &Document, pages: i64| {
            number(document, &format!("PRAGMA max_page_count = {pages}"));
        };
        limit(&document, number(&document, "PRAGMA page_count") + 4);

        let mut importer = document.import(info("two")).unwrap();
        importer.add(&event(2, String::new()), 1, 2).unwrap();
        importer.commit(1).unwrap();
        let big = event(3, format!(r#"{{"text":"{}"}}"#, "x".repeat(100_000)));
        importer.add(&event(4, String::new()), 2, 4).unwrap();
        let error = importer.add(&big, 3, 3).unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error}");
        assert!(importer.add(&event(5, String::new()), 4, 5).is_err(), "a failed import must not go on");
        let counts = importer.finish(false).unwrap();
        assert_eq!((counts.read, counts.imported), (1, 1));
        assert_eq!(number(&document, "SELECT count(*) FROM event"), 2);
        assert_eq!(number(&document, "SELECT count(*) FROM identifier"), 2);
        let whole: String = document.conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");

        limit(&document, 1_000_000);
        let mut importer = document.import(info("two")).unwrap();
        assert_eq!(importer.resume_position(), 1);
        importer.add(&big, 3, 3).unwrap();
        importer.commit(3).unwrap();
        assert_eq!(importer.finish(true).unwrap().imported, 2);
    }
}
