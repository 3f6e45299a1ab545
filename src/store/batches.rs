//! Imports as a list, their quarantine, their removal. Not for making one: see `store::import`.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};

use super::cache::remove;
use super::cache::runs::advance_known;
use super::document::{meta_number, set_meta};
use super::import::BatchCounts;
use super::{Document, StoreError, parts, persons};
use crate::base::Progress;
use crate::model::place::Place;
use crate::model::time::Time;

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: i64,
    /// The file's name as shown.
    pub file: String,
    /// Where the log comes from.
    pub source: String,
    /// The format's stored name.
    pub format: String,
    /// The mapping's text form, or empty.
    pub mapping: String,
    /// When it was imported.
    pub imported_at: Time,
    /// Identifies the file's content.
    pub fingerprint: String,
    /// False while it runs, and when it was stopped: importing the file again goes on from there.
    pub is_complete: bool,
    /// What became of its records.
    pub counts: BatchCounts,
}

/// A record that could not become an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its number.
    pub id: i64,
    /// The import it came with.
    pub batch: i64,
    /// The file of a folder or an archive that it is in; empty in a log of one file.
    pub part: String,
    /// Line in the file, from one.
    pub line: u64,
    /// Stable kebab-case reason.
    pub reason: String,
    /// What exactly is wrong.
    pub detail: String,
    /// The record's bytes, cut when long.
    pub raw: Vec<u8>,
}

/// What a document holds, or what left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub events: u64,
    /// Persons.
    pub persons: u64,
    /// Imports.
    pub batches: u64,
    /// Records in quarantine.
    pub quarantined: u64,
}

impl Document {
    /// All imports, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn batches(&self) -> Result<Vec<Batch>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, file, source, format, mapping, imported_us, fingerprint, complete, read, imported,
                    duplicates, conflicts, quarantined, first_us, last_us, traits FROM batch ORDER BY id",
        )?;
        let batches = statement.query_map([], batch)?;
        Ok(batches.collect::<Result<_, _>>()?)
    }

    /// The header of a batch's table as [`super::Importer::keep_header`] was given it; `None` for other logs, and for
    /// those imported before headers were kept.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn batch_header(&self, batch: i64) -> Result<Option<String>, StoreError> {
        self.meta(&header_key(batch))
    }

    /// Fingerprints of the files whose imports were removed, and which were not imported by hand since.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn removed_imports(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(self.metas(REMOVED)?.into_keys().collect())
    }

    /// Takes it for never removed: a person has imported the file again.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn forget_removed_import(&mut self, fingerprint: &str) -> Result<(), StoreError> {
        self.require_writer()?;
        self.conn.execute("DELETE FROM meta WHERE key = ?1 || ?2", [REMOVED, fingerprint])?;
        Ok(())
    }

    /// The latest event not later than its batch's import; `None` without such events.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn default_as_of(&self) -> Result<Option<Time>, StoreError> {
        let latest: Option<i64> =
            self.conn.query_row("SELECT max(as_of_us) FROM batch", [], |row| row.get(0))?;
        Ok(latest.map(Time))
    }

    /// What the document holds.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        counts(&*self.snapshot()?)
    }

    /// Records in quarantine, by import and line; of one import, or of all.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine(
        &self,
        batch: Option<i64>,
        reason: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, batch, line, reason, detail, raw FROM quarantine
             WHERE (?1 IS NULL OR batch = ?1) AND (?4 IS NULL OR reason = ?4) ORDER BY id LIMIT ?3 OFFSET ?2",
        )?;
        let rows = statement.query_map(params![batch, offset.cast_signed(), limit, reason], |row| {
            quarantined(&self.conn, row)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The records of an import that cannot be an event for a reason (any, without one), after one of them (0 for the
    /// first), in the order in which they came.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine_after(
        &self,
        batch: i64,
        reason: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, batch, line, reason, detail, raw FROM quarantine
             WHERE id > ?3 AND batch = ?1 AND (?2 IS NULL OR reason = ?2) ORDER BY id LIMIT ?4",
        )?;
        let rows =
            statement.query_map(params![batch, reason, after, limit], |row| quarantined(&self.conn, row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The imports that have records in quarantine for a reason (any, without one), oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantined_batches(&self, reason: Option<&str>) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT DISTINCT batch FROM quarantine WHERE ?1 IS NULL OR reason = ?1 ORDER BY batch",
        )?;
        let ids = statement.query_map([reason], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// How many records are in quarantine, by reason, most first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine_counts(&self, batch: Option<i64>) -> Result<Vec<(String, u64)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT reason, count(*) FROM quarantine WHERE ?1 IS NULL OR batch = ?1
             GROUP BY reason ORDER BY count(*) DESC, reason",
        )?;
        let rows =
            statement.query_map([batch], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes an import out, with its quarantine, and returns what left the document. Persons are computed anew.
    ///
    /// Many short transactions, so that edits need not wait for it. Stopped or killed between them, the import stays
    /// as a partial one with the events that it still has, and can be removed again. The file's fingerprint is kept
    /// apart ([`Document::removed_imports`]): nothing shall import it again unasked.
    ///
    /// # Errors
    /// `NoBatch`; `Cancelled`; or what SQLite says.
    pub fn remove_batch(&mut self, id: i64, progress: &Progress) -> Result<Counts, StoreError> {
        self.require_writer()?;
        let before = self.counts()?.persons;
        let removed = remove(&mut self.conn, id, progress);
        // Also for what a stopped removal leaves behind.
        let refreshed = persons::refresh(&mut self.conn);
        let removed = removed?;
        refreshed?;
        match remove::scrub(&mut self.conn, progress) {
            // What is left of it, the next preparing takes out.
            Ok(()) | Err(StoreError::Cancelled) => {}
            Err(error) => return Err(error),
        }
        Ok(Counts { persons: before.saturating_sub(self.counts()?.persons), ..removed })
    }
}

/// What precedes a removed import's fingerprint in its key of `meta`.
const REMOVED: &str = "import.removed.";
/// Numbers of rows gone through in one transaction.
const REMOVED_AT_ONCE: i64 = 20_000;
/// Longer than a waiting handle takes to ask again: see `document::connect`.
const PAUSE: Duration = Duration::from_millis(10);

fn remove(conn: &mut Connection, id: i64, progress: &Progress) -> Result<Counts, StoreError> {
    if !conn.prepare_cached("SELECT 1 FROM batch WHERE id = ?1")?.exists([id])? {
        return Err(StoreError::NoBatch { id });
    }
    let (first, last): (i64, i64) = conn.query_row(
        "SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM event WHERE batch = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (first_context, last_context): (i64, i64) = conn.query_row(
        "SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM context WHERE batch = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let end = (last - first + 1).max(0);
    let total = (end + last_context - first_context + 1).cast_unsigned();
    progress.at(0, total)?;
    begin_removal(conn, id)?;
    let (mut events, mut from) = (0, first);
    while from <= last {
        if from > first {
            between_steps(conn, id, progress, ((from - first).cast_unsigned(), total))?;
        }
        events += remove_events(conn, id, from, from + REMOVED_AT_ONCE)?;
        from += REMOVED_AT_ONCE;
    }
    // Only now does no event need them.
    for from in (first_context..=last_context).step_by(REMOVED_AT_ONCE as usize) {
        between_steps(conn, id, progress, ((end + from - first_context).cast_unsigned(), total))?;
        remove_contexts(conn, id, from, from + REMOVED_AT_ONCE)?;
    }
    // With all of it gone there is nothing left to stop.
    let _ = progress.at(total, total);
    let quarantined = end_removal(conn, id)?;
    Ok(Counts { events, persons: 0, batches: 1, quarantined })
}

/// Lets others write, and the person stop.
fn between_steps(
    conn: &Connection,
    id: i64,
    progress: &Progress,
    (done, total): (u64, u64),
) -> Result<(), StoreError> {
    if let Err(stop) = progress.at(done, total) {
        settle_times(conn, id)?;
        return Err(stop.into());
    }
    std::thread::sleep(PAUSE);
    Ok(())
}

/// From here on the batch is partial, and no import of its file goes on with it: where it stopped means nothing now.
fn begin_removal(conn: &mut Connection, id: i64) -> Result<(), StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute(
        "INSERT INTO meta SELECT ?2 || fingerprint, '1' FROM batch WHERE id = ?1 AND fingerprint <> ''
         ON CONFLICT DO NOTHING",
        params![id, REMOVED],
    )?;
    step.execute("UPDATE batch SET complete = 0, position = 0, fingerprint = '' WHERE id = ?1", [id])?;
    step.execute("DELETE FROM chunk WHERE batch = ?1", [id])?;
    advance_known(&step)?;
    Ok(step.commit()?)
}

fn remove_events(conn: &mut Connection, id: i64, from: i64, to: i64) -> Result<u64, StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    remove::bury(&step, id, (from, to))?;
    step.prepare_cached(
        "DELETE FROM event_text WHERE id IN
         (SELECT id FROM event WHERE id >= ?1 AND id < ?2 AND batch = ?3)",
    )?
    .execute([from, to, id])?;
    let events = step
        .prepare_cached("DELETE FROM event WHERE id >= ?1 AND id < ?2 AND batch = ?3")?
        .execute([from, to, id])? as u64;
    if events > 0 {
        step.execute(
            "UPDATE batch SET imported = imported - ?2, read = read - ?2 WHERE id = ?1",
            [id, events.cast_signed()],
        )?;
        remove::settle(&step)?;
        advance_known(&step)?;
        set_meta(&step, persons::STALE, "1")?;
    }
    step.commit()?;
    Ok(events)
}

fn remove_contexts(conn: &mut Connection, id: i64, from: i64, to: i64) -> Result<(), StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.prepare_cached("DELETE FROM context WHERE id >= ?1 AND id < ?2 AND batch = ?3")?
        .execute([from, to, id])?;
    Ok(step.commit()?)
}

/// The times of the events that a stopped removal leaves.
fn settle_times(conn: &Connection, id: i64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE batch SET (first_us, last_us, as_of_us) = (SELECT min(time_us), max(time_us),
             max(time_us) FILTER (WHERE time_us <= imported_us) FROM event WHERE batch = ?1) WHERE id = ?1",
        [id],
    )?;
    Ok(())
}

fn end_removal(conn: &mut Connection, id: i64) -> Result<u64, StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let quarantined = step.execute("DELETE FROM quarantine WHERE batch = ?1", [id])? as u64;
    step.execute("DELETE FROM person_row WHERE batch = ?1", [id])?;
    step.execute("DELETE FROM batch WHERE id = ?1", [id])?;
    // Where the file lay, what its columns were called and how they were read, remembered by the import.
    step.execute("DELETE FROM meta WHERE key IN ('import.path.' || ?1, 'import.header.' || ?1)", [id])?;
    step.execute(
        "DELETE FROM meta WHERE key LIKE 'import.mapping.%'
         AND CASE WHEN json_valid(value) THEN value ->> '$.batch' END = ?1",
        [id],
    )?;
    parts::forget(&step, id)?;
    step.execute("DELETE FROM event_name WHERE id NOT IN (SELECT name FROM event)", [])?;
    advance_known(&step)?;
    set_meta(&step, persons::STALE, "1")?;
    step.commit()?;
    Ok(quarantined)
}

/// Where a batch's header is kept.
pub(crate) fn header_key(batch: i64) -> String {
    format!("import.header.{batch}")
}

/// What a document holds; in a transaction of one state of the file.
pub(crate) fn counts(conn: &Connection) -> Result<Counts, StoreError> {
    let (events, batches, quarantined): (i64, i64, i64) = conn.query_row(
        "SELECT coalesce(sum(imported), 0), count(*), coalesce(sum(quarantined), 0) FROM batch",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(Counts {
        events: events.cast_unsigned(),
        persons: meta_number(conn, "persons")?.cast_unsigned(),
        batches: batches.cast_unsigned(),
        quarantined: quarantined.cast_unsigned(),
    })
}

fn quarantined(conn: &Connection, row: &rusqlite::Row<'_>) -> rusqlite::Result<Quarantined> {
    let (batch, place) = (row.get(1)?, Place::of(row.get::<_, i64>(2)?.cast_unsigned()));
    Ok(Quarantined {
        id: row.get(0)?,
        batch,
        part: parts::name(conn, batch, place.part),
        line: place.line,
        reason: row.get(3)?,
        detail: row.get(4)?,
        raw: row.get(5)?,
    })
}

fn batch(row: &rusqlite::Row<'_>) -> rusqlite::Result<Batch> {
    let count = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
    Ok(Batch {
        id: row.get(0)?,
        file: row.get(1)?,
        source: row.get(2)?,
        format: row.get(3)?,
        mapping: row.get(4)?,
        imported_at: Time(row.get(5)?),
        fingerprint: row.get(6)?,
        is_complete: row.get(7)?,
        counts: BatchCounts {
            read: count(8)?,
            imported: count(9)?,
            traits: count(15)?,
            duplicates: count(10)?,
            conflicts: count(11)?,
            quarantined: count(12)?,
            first_time: row.get::<_, Option<i64>>(13)?.map(Time),
            last_time: row.get::<_, Option<i64>>(14)?.map(Time),
        },
    })
}
