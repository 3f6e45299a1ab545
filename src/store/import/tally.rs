//! The counts of a batch while it grows, and their row. Not for the list of batches: see `store::batches`.

use rusqlite::{Connection, params};

use super::{Added, BatchCounts, BatchInfo};
use crate::model::time::Time;
use crate::store::StoreError;

/// Counts of a batch over all its chunks.
#[derive(Clone, Default)]
pub(super) struct Tally {
    pub(super) position: u64,
    pub(super) chunks: u64,
    pub(super) imported: u64,
    /// Rows of traits, which are no events.
    pub(super) traits: u64,
    duplicates: u64,
    conflicts: u64,
    quarantined: u64,
    first: Option<Time>,
    last: Option<Time>,
    /// The latest time not after the import.
    as_of: Option<Time>,
}

impl Tally {
    pub(super) fn load(conn: &Connection, batch: i64) -> Result<Tally, StoreError> {
        Ok(conn.query_row(
            "SELECT position, imported, duplicates, conflicts, quarantined, first_us, last_us, as_of_us,
                    (SELECT count(*) FROM chunk WHERE chunk.batch = batch.id), traits
             FROM batch WHERE id = ?1",
            [batch],
            |row| {
                Ok(Tally {
                    position: row.get::<_, i64>(0)?.cast_unsigned(),
                    imported: row.get::<_, i64>(1)?.cast_unsigned(),
                    duplicates: row.get::<_, i64>(2)?.cast_unsigned(),
                    conflicts: row.get::<_, i64>(3)?.cast_unsigned(),
                    quarantined: row.get::<_, i64>(4)?.cast_unsigned(),
                    first: row.get::<_, Option<i64>>(5)?.map(Time),
                    last: row.get::<_, Option<i64>>(6)?.map(Time),
                    as_of: row.get::<_, Option<i64>>(7)?.map(Time),
                    chunks: row.get::<_, i64>(8)?.cast_unsigned(),
                    traits: row.get::<_, i64>(9)?.cast_unsigned(),
                })
            },
        )?)
    }

    pub(super) fn add(&mut self, time: Time, imported_at: Time) {
        self.imported += 1;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
        if time <= imported_at {
            self.as_of = self.as_of.max(Some(time));
        }
    }

    pub(super) fn duplicate(&mut self, added: Added) {
        self.duplicates += 1;
        self.conflicts += u64::from(added == Added::Conflict);
    }

    pub(super) fn quarantine(&mut self) {
        self.quarantined += 1;
    }

    /// A record left the quarantine.
    pub(super) fn take_from_quarantine(&mut self) {
        self.quarantined = self.quarantined.saturating_sub(1);
    }

    /// Writes the batch's row and that of the chunk which ends here.
    pub(super) fn store_chunk(
        &mut self,
        conn: &Connection,
        batch: i64,
        before: &Tally,
    ) -> Result<(), StoreError> {
        let us = |time: Option<Time>| time.map(|time| time.0);
        self.chunks += 1;
        conn.prepare_cached(
            "UPDATE batch SET position = ?2, read = ?3, imported = ?4, duplicates = ?5, conflicts = ?6,
                    quarantined = ?7, first_us = ?8, last_us = ?9, as_of_us = ?10,
                    traits = ?11 WHERE id = ?1",
        )?
        .execute(params![
            batch,
            self.position.cast_signed(),
            self.read().cast_signed(),
            self.imported.cast_signed(),
            self.duplicates.cast_signed(),
            self.conflicts.cast_signed(),
            self.quarantined.cast_signed(),
            us(self.first),
            us(self.last),
            us(self.as_of),
            self.traits.cast_signed(),
        ])?;
        conn.prepare_cached("INSERT INTO chunk VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            batch,
            self.chunks.cast_signed(),
            self.position.cast_signed(),
            (self.read() - before.read()).cast_signed(),
            (self.added() - before.added()).cast_signed(),
        ])?;
        Ok(())
    }

    pub(super) fn counts(&self) -> BatchCounts {
        BatchCounts {
            read: self.read(),
            imported: self.imported,
            traits: self.traits,
            duplicates: self.duplicates,
            conflicts: self.conflicts,
            quarantined: self.quarantined,
            first_time: self.first,
            last_time: self.last,
        }
    }

    /// Records that became something.
    pub(super) fn read(&self) -> u64 {
        self.added() + self.duplicates + self.quarantined
    }

    /// Records that are new: events and rows of traits.
    pub(super) fn added(&self) -> u64 {
        self.imported + self.traits
    }
}

/// Makes the row of a new batch, partial until it is finished.
pub(super) fn insert_batch(conn: &Connection, info: &BatchInfo) -> Result<i64, StoreError> {
    conn.prepare_cached(
        "INSERT INTO batch (file, source, format, mapping, imported_us, fingerprint, complete, position, read,
                            imported, duplicates, conflicts, quarantined)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, 0, 0, 0, 0)",
    )?
    .execute(params![
        info.file,
        info.source,
        info.format,
        info.mapping,
        info.imported_at.0,
        info.fingerprint
    ])?;
    Ok(conn.last_insert_rowid())
}
