//! Writing a log's events as rows, chunk by chunk. Not for reading logs: see `formats::log` and `jobs::import`.

mod columns;
mod contexts;
mod identifiers;
mod known;
mod ready;
mod replay;
mod rows;
mod seen;
mod tally;
mod traits;

use std::ops::Range;

use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension, params};

pub use self::columns::ColumnMaker;
use self::columns::Columns;
use self::contexts::Contexts;
use self::identifiers::Identifiers;
pub(crate) use self::identifiers::index as index_identifiers;
pub use self::known::{Foreseen, foresee};
pub use self::ready::{Packed, Ready};
use self::rows::{Numbers, Rows};
use self::seen::{Seen, first_occurrence};
use self::tally::Tally;
use super::batches::header_key;
use super::cache::build::NewRow;
use super::cache::runs::advance_known;
use super::document::{LOG_PAGES, Revision, revision, set_meta};
use super::events::{EventRow, row_by_id};
use super::persons::{Gains, IdentifierKind};
use super::{Document, StoreError, document, persons};
use crate::base::Progress;
use crate::model::event::{EventKind, NewEvent};
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
    /// The header of a table, kept with its batch.
    header: Option<String>,
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
    contexts: Contexts,
    seen: Seen,
    rows: Rows,
    gains: Gains,
    /// The state of the file if nobody else changes events or persons; `None` when persons were stale before.
    expected: Option<Revision>,
    next_event: u32,
    found: Vec<u32>,
    /// `None` when the cache was behind already, or the events gathered are not those stored.
    columns: Option<Columns>,
    progress: Progress,
}

/// Pages of the write-ahead log after which a commit folds it into the file: what a [`Folder`] has not yet folded
/// by then is little. 320 MB in a document of today.
const PAGES_OF_LOG: u32 = 20_000;
/// What SQLite keeps of the file meanwhile: rows are only put behind the others.
const CACHE_KIB: i32 = 16_384;

/// A record that cannot be an event.
struct Rejected {
    line: u64,
    reason: String,
    detail: String,
    raw: Vec<u8>,
}

/// Rejected records wait for something else to be written up to this many bytes.
const MOST_WAITING: usize = 8 << 20;

impl Document {
    /// Starts an import, or goes on with the partial one of the same file, format and mapping.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn import(&mut self, info: BatchInfo) -> Result<Importer<'_>, StoreError> {
        self.import_unless_cancelled(info, &Progress::new())
    }

    /// As [`Document::import`], and can be stopped while it looks through the events there are. Reports nothing.
    ///
    /// # Errors
    /// `Cancelled`, `ReadOnly`, or what SQLite says.
    pub fn import_unless_cancelled(
        &mut self,
        mut info: BatchInfo,
        progress: &Progress,
    ) -> Result<Importer<'_>, StoreError> {
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
        self.importer(info, partial.map(|(batch, _)| batch), committed, progress)
    }

    fn importer(
        &mut self,
        info: BatchInfo,
        batch: Option<i64>,
        committed: Tally,
        progress: &Progress,
    ) -> Result<Importer<'_>, StoreError> {
        let last: i64 =
            self.conn.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        let next_event = u32::try_from(last + 1).map_err(|_| StoreError::Full)?;
        let names = {
            let mut statement = self.conn.prepare("SELECT name, id FROM event_name")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let expected = if persons::is_stale(&self.conn)? { None } else { Some(revision(&self.conn)?) };
        self.conn.pragma_update(None, "wal_autocheckpoint", PAGES_OF_LOG)?;
        self.conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(Importer {
            info,
            header: None,
            batch,
            pending: committed.clone(),
            resume_position: committed.position,
            committed,
            is_open: false,
            waiting: Vec::new(),
            waiting_bytes: 0,
            has_failed: false,
            names,
            identifiers: Identifiers::load(&self.conn)?,
            contexts: Contexts::load(&self.conn)?,
            seen: Seen::load(&self.conn, next_event, progress)?,
            rows: Rows::new(),
            gains: Gains::default(),
            expected,
            next_event,
            found: Vec::new(),
            columns: Columns::start(&self.conn)?,
            progress: Progress::new(),
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

    /// Keeps a table's header with the batch, for its quarantined rows; says nothing to a batch that is there already.
    pub fn keep_header(&mut self, header: String) {
        self.header = Some(header);
    }

    /// Lets a person stop what the importer does on its own between chunks: columns are then prepared later.
    pub fn report_to(&mut self, progress: &Progress) {
        self.progress = progress.clone();
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
    ///
    /// # Errors
    /// What SQLite says.
    pub fn skip(&mut self, event: &Ready<'_>) -> Result<(), StoreError> {
        if event.facts.message.is_none() && event.facts.kind != EventKind::Traits {
            self.fingerprint(event)?;
        }
        Ok(())
    }

    /// Adds an event, unless it is there already. `raw_hash` is the xxh3 hash of the whole raw record.
    ///
    /// # Errors
    /// `Full` and others; the chunk is then taken back, and only `finish` makes sense.
    pub fn add(&mut self, event: &NewEvent, line: u64, raw_hash: u64) -> Result<Added, StoreError> {
        let added = self.try_add(&Ready::new(event, line, raw_hash), None);
        self.keep_or_take_back(added)
    }

    /// As [`Importer::add`], for the event of an index, if there is one. Where [`Packed::gather`] was called,
    /// [`Importer::end_parcel`] must follow before other events come.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn add_packed(&mut self, events: &Packed, index: usize) -> Result<Option<Added>, StoreError> {
        let Some(event) = events.get(index) else { return Ok(None) };
        let added = self.try_add(&event, events.is_gathered().then_some(index));
        self.keep_or_take_back(added).map(Some)
    }

    /// Ends a parcel: puts the properties of the events added since the last one, all of these, into columns.
    pub fn end_parcel(&mut self, events: &mut Packed) {
        if let Some(columns) = &mut self.columns {
            columns.end_parcel(events);
        }
    }

    /// What another thread can do meanwhile: columns of the events; `None` when they cannot be made now. To be called
    /// before the first event.
    pub fn columns_beside(&mut self) -> Option<ColumnMaker> {
        self.columns.as_mut().map(Columns::beside)
    }

    /// Looks at where some events will be searched for, all at once: memory then fetches the places side by side that
    /// it would fetch one after the other while they are added. Changes nothing.
    pub fn expect(&self, events: &Packed, which: Range<usize>) {
        let facts = events.facts_in(which);
        // One kind after the other: the shorter the way from place to place, the more of them are fetched side by side.
        let events = facts
            .clone()
            .map(|facts| self.seen.glance(facts.message.unwrap_or_else(|| first_occurrence(facts.raw_hash))));
        let contexts = facts.clone().filter_map(|facts| self.contexts.known(facts.context?)).map(u64::from);
        let identifiers = facts.flat_map(|facts| facts.keys[..2].iter().flatten());
        let gains =
            identifiers.filter_map(|key| self.identifiers.known(*key)).map(|id| self.gains.glance(id));
        let places = [events.fold(0, xor), contexts.fold(0, xor), gains.fold(0, xor)];
        std::hint::black_box(places);
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

    /// Ends the import. Complete: everything added is kept. Partial (failed): whole chunks are kept, and
    /// importing the same file goes on from there. Persons are then up to date; the cache shows what was complete.
    ///
    /// # Errors
    /// What SQLite says; whole chunks are kept in any case.
    pub fn finish(self, complete: bool) -> Result<BatchCounts, StoreError> {
        self.finish_unless_cancelled(complete, &Progress::new())
    }

    /// As [`Importer::finish`]; stopped on the way, persons stay stale until the next who needs them. Reports nothing.
    ///
    /// # Errors
    /// As [`Importer::finish`].
    pub fn finish_unless_cancelled(
        mut self,
        complete: bool,
        progress: &Progress,
    ) -> Result<BatchCounts, StoreError> {
        let is_whole = complete && !self.has_failed;
        if is_whole {
            if self.batch.is_none() || self.pending.read() > self.committed.read() {
                self.commit(self.pending.position)?;
            }
            let batch = self.batch;
            self.document.conn.execute("UPDATE batch SET complete = 1 WHERE id = ?1", [batch])?;
            self.close_run();
        } else {
            self.take_back();
        }
        let gains = std::mem::take(&mut self.gains);
        // Nothing more is looked up, and persons take memory, too: SQLite reads and writes all over their tables.
        (self.seen, self.identifiers) = Default::default();
        self.document.conn.pragma_update(None, "cache_size", -document::CACHE_KIB)?;
        let refreshed = match self.expected.filter(|_| is_whole) {
            Some(expected) => persons::refresh_with(&mut self.document.conn, gains, expected, progress),
            None => persons::refresh_unless_cancelled(&mut self.document.conn, progress),
        };
        match refreshed {
            Err(_) if progress.is_cancelled() => {}
            other => other?,
        }
        self.write_runs(true);
        Ok(self.committed.counts())
    }

    /// Ends the import at once: whole chunks are kept, and importing the same file goes on from there. Persons stay
    /// stale until the next who needs them.
    pub fn stop(mut self) -> BatchCounts {
        self.take_back();
        self.committed.counts()
    }

    /// Ends what the document is doing when [`Interrupter::interrupt`] is called from another thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.document.conn.get_interrupt_handle())
    }

    /// Another handle that folds the write-ahead log into the file, from another thread, while this one writes.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn folder(&self) -> Result<Folder, StoreError> {
        Ok(Folder(self.document.another_reader()?))
    }

    /// Ends the import and leaves nothing of its batch behind, earlier chunks of it included.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn discard(mut self) -> Result<(), StoreError> {
        self.take_back();
        if let Some(batch) = self.batch {
            self.document.remove_batch(batch, &Progress::new())?;
        }
        Ok(())
    }

    /// `gathered` is the index among the events whose properties were read before.
    fn try_add(&mut self, event: &Ready<'_>, gathered: Option<usize>) -> Result<Added, StoreError> {
        if self.has_failed {
            return Err(StoreError::Stale);
        }
        if event.facts.kind == EventKind::Traits {
            return self.add_traits(event);
        }
        let fingerprint = self.fingerprint(event)?;
        for row in std::mem::take(&mut self.found) {
            if let Some(added) = self.compare(row, event, fingerprint)? {
                self.pending.duplicate(added);
                return Ok(added);
            }
        }
        self.begin()?;
        self.insert(event, fingerprint, gathered)?;
        self.pending.add(event.facts.time, self.info.imported_at);
        Ok(Added::New)
    }

    /// The key of the search for duplicates; `found` are then the rows that seem to have it.
    fn fingerprint(&mut self, event: &Ready<'_>) -> Result<u64, StoreError> {
        if let Some(fingerprint) = event.facts.message {
            self.seen.find(fingerprint, &mut self.found);
            return Ok(fingerprint);
        }
        let first = first_occurrence(event.facts.raw_hash);
        self.seen.find(first, &mut self.found);
        let mut found = std::mem::take(&mut self.found);
        let mut confirmed = Vec::new();
        for row in found.drain(..) {
            if self.stored_fingerprint(row)? == Some(first) {
                confirmed.push(row);
            }
        }
        let fingerprint = self.seen.next_occurrence(event.facts.raw_hash, &confirmed);
        self.found = found;
        self.seen.find(fingerprint, &mut self.found);
        Ok(fingerprint)
    }

    fn stored_fingerprint(&mut self, row: u32) -> Result<Option<u64>, StoreError> {
        self.settle(row)?;
        let mut statement =
            self.document.conn.prepare_cached("SELECT fingerprint FROM event WHERE id = ?1")?;
        let stored: Option<i64> = statement.query_row([row], |row| row.get(0)).optional()?;
        Ok(stored.map(i64::cast_unsigned))
    }

    /// Writes the rows that wait if this one is among them.
    fn settle(&mut self, row: u32) -> Result<(), StoreError> {
        if self.rows.holds(row) { self.write_rows() } else { Ok(()) }
    }

    fn write_rows(&mut self) -> Result<(), StoreError> {
        // Without a batch nothing waits.
        let Some(batch) = self.batch else { return Ok(()) };
        self.identifiers.flush(&self.document.conn)?;
        self.contexts.flush(&self.document.conn, batch)?;
        self.rows.flush(&self.document.conn, batch)
    }

    /// An event of a row that is written, with its context.
    fn stored(&mut self, row: u32) -> Result<Option<EventRow>, StoreError> {
        if let Some(batch) = self.batch {
            self.identifiers.flush(&self.document.conn)?;
            self.contexts.flush(&self.document.conn, batch)?;
        }
        row_by_id(&self.document.conn, i64::from(row))
    }

    /// `None` when the row only has the same fingerprint by chance.
    fn compare(
        &mut self,
        row: u32,
        event: &Ready<'_>,
        fingerprint: u64,
    ) -> Result<Option<Added>, StoreError> {
        self.settle(row)?;
        let conn = &self.document.conn;
        let (stored, stored_fingerprint, content): (Option<String>, i64, i64) = conn
            .prepare_cached(
                "SELECT x.message_id, e.fingerprint, e.content FROM event e JOIN event_text x ON x.id = e.id
                 WHERE e.id = ?1",
            )?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if stored_fingerprint.cast_unsigned() != fingerprint || stored.as_deref() != event.message_id() {
            return Ok(None);
        }
        let is_same = content.cast_unsigned() == event.facts.content
            || self.stored(row)?.is_some_and(|stored| stored.says_the_same(&event.event()));
        Ok(Some(if is_same { Added::Duplicate } else { Added::Conflict }))
    }

    fn insert(
        &mut self,
        event: &Ready<'_>,
        fingerprint: u64,
        gathered: Option<usize>,
    ) -> Result<(), StoreError> {
        let conn = &self.document.conn;
        let name = match self.names.get(event.name()) {
            Some(name) => *name,
            None => {
                let name = event.name();
                conn.prepare_cached("INSERT INTO event_name (name) VALUES (?1)")?.execute([name])?;
                let id = conn.last_insert_rowid() as u32;
                self.names.insert(name.to_owned(), id);
                id
            }
        };
        let kinds = [IdentifierKind::Anonymous, IdentifierKind::User, IdentifierKind::Previous];
        let mut identifiers = [None; 3];
        for (n, kind) in kinds.into_iter().enumerate() {
            if let (Some(key), Some(value)) = (event.facts.keys[n], event.identifier(kind)) {
                identifiers[n] = Some(self.identifiers.id(conn, kind, value, key)?);
            }
        }
        let id = self.next_event;
        if let Some(columns) = &mut self.columns {
            let row =
                NewRow { row: id, owner: identifiers[1].or(identifiers[0]), name, time: event.facts.time.0 };
            let [properties, context, _] = event.objects();
            match gathered {
                Some(index) => columns.expect(row, index),
                None => columns.push(row, (properties, context)),
            }
        }
        self.next_event = id.checked_add(1).ok_or(StoreError::Full)?;
        if let Some(batch) = self.batch {
            let context = self.contexts.id(conn, batch, event)?;
            self.rows.add(conn, batch, event, Numbers { id, name, identifiers, fingerprint, context })?;
        }
        self.gains.add(id, identifiers);
        self.seen.insert(fingerprint, id);
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
        self.write_rows()?;
        let conn = &self.document.conn;
        self.pending.position = position;
        if let Some(batch) = self.batch {
            self.pending.store_chunk(conn, batch, &self.committed)?;
        }
        if self.pending.added() > self.committed.added() {
            advance_known(conn)?;
            set_meta(conn, persons::STALE, "1")?;
            if let Some(expected) = &mut self.expected {
                expected.data += 1;
            }
        }
        conn.execute_batch("COMMIT")?;
        self.is_open = false;
        self.committed = self.pending.clone();
        if self.columns.as_ref().is_some_and(Columns::is_full) {
            self.close_run();
        }
        self.write_runs(false);
        Ok(())
    }

    fn close_run(&mut self) {
        if let Some(columns) = &mut self.columns {
            columns.close();
        }
    }

    /// Writes the runs that are ready, or all, once all their events are stored. Those are in whatever happens here:
    /// after a failure, who prepares the columns next reads them from the rows, and says what is wrong with the file.
    fn write_runs(&mut self, wait: bool) {
        if let Some(mut columns) = self.columns.take()
            && columns.write(&mut self.document.conn, wait, &self.progress).is_ok()
        {
            self.columns = Some(columns);
        }
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
            None => {
                let batch = tally::insert_batch(conn, &self.info)?;
                if let Some(header) = &self.header {
                    set_meta(conn, &header_key(batch), header)?;
                }
                batch
            }
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
        self.rows.clear();
        self.contexts.forget();
        self.identifiers.forget();
        self.columns = None;
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

fn xor(all: u64, one: u64) -> u64 {
    all ^ one
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
        // It only says when the log is folded.
        let _ = self.document.conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES);
        let _ = self.document.conn.pragma_update(None, "cache_size", -document::CACHE_KIB);
    }
}

/// Interrupts the writing of an import: see [`Importer::interrupter`].
pub struct Interrupter(rusqlite::InterruptHandle);

impl Interrupter {
    /// Makes the statement that runs fail, if one does.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// Folds the write-ahead log into the file beside an import: see [`Importer::folder`].
pub struct Folder(Document);

impl Folder {
    /// Folds what is there, while others go on reading and writing.
    ///
    /// # Errors
    /// What SQLite says; nothing is lost then.
    pub fn fold(&self) -> Result<(), StoreError> {
        Ok(self.0.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Ends a fold from another thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.0.conn.get_interrupt_handle())
    }
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
