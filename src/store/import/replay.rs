//! Records that left the quarantine of their import, stored as its events. Not for mending them: see `jobs::replay`.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::tally::Tally;
use super::{Added, BatchInfo, Importer};
use crate::base::Progress;
use crate::model::event::NewEvent;
use crate::store::batches::{Batch, Quarantined};
use crate::store::{Document, StoreError};

impl Document {
    /// Goes on with an import that is there already, for records that leave its quarantine.
    ///
    /// # Errors
    /// `ReadOnly`, `NoBatch`, or what SQLite says.
    pub fn replay(&mut self, batch: &Batch) -> Result<Importer<'_>, StoreError> {
        self.require_writer()?;
        let committed = Tally::load(&self.conn, batch.id)?;
        let info = BatchInfo {
            file: batch.file.clone(),
            source: batch.source.clone(),
            format: batch.format.clone(),
            mapping: batch.mapping.clone(),
            imported_at: batch.imported_at,
            fingerprint: batch.fingerprint.clone(),
        };
        self.importer(info, Some(batch.id), committed, &Progress::new())
    }
}

impl Importer<'_> {
    /// The records of this import in quarantine, as [`Document::quarantine_after`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine_after(
        &self,
        reason: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        self.document.quarantine_after(self.batch.unwrap_or_default(), reason, after, limit)
    }

    /// Stores what a record of the quarantine has become, and takes the record out. An event without a message id is
    /// told apart by the record as it was in the file and its line, so that the same record of another import of the
    /// file is a duplicate.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn release(&mut self, record: &Quarantined, event: &NewEvent) -> Result<Added, StoreError> {
        let raw_hash = xxh3_64_with_seed(&record.raw, record.line);
        let added = self.add(event, record.line, raw_hash)?;
        self.take_out(record.id)?;
        Ok(added)
    }

    /// Notes why a record is still no event.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn keep_in(&mut self, record: &Quarantined, reason: &str, detail: &str) -> Result<(), StoreError> {
        self.begin()?;
        let noted = self
            .document
            .conn
            .prepare_cached("UPDATE quarantine SET reason = ?2, detail = ?3 WHERE id = ?1")
            .and_then(|mut update| update.execute(rusqlite::params![record.id, reason, detail]));
        self.keep_or_take_back(noted.map(|_| ()).map_err(StoreError::from))
    }

    /// Ends a chunk of released records: the import's own position stays.
    ///
    /// # Errors
    /// As [`Importer::add`].
    pub fn commit_released(&mut self) -> Result<(), StoreError> {
        if !self.is_open {
            return Ok(());
        }
        let position = self.pending.position;
        self.commit(position)
    }

    fn take_out(&mut self, record: i64) -> Result<(), StoreError> {
        self.begin()?;
        let taken = self
            .document
            .conn
            .prepare_cached("DELETE FROM quarantine WHERE id = ?1")
            .and_then(|mut delete| delete.execute([record]));
        self.pending.take_from_quarantine();
        self.keep_or_take_back(taken.map(|_| ()).map_err(StoreError::from))
    }
}
