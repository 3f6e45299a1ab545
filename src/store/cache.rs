//! The columnar cache: immutable runs of columns, kept in the file beside the rows that they are derived from, and
//! built again where they are missing, old or damaged. Not for properties: see `store::columns`.
//!
//! An import adds a run, sorted by identifier; removing an import leaves tombstones; [`Document::compact_cache`] makes
//! one base run, sorted by person, of many. Loading puts the events of all runs, and of rows that no run shows yet, in
//! the order of persons.

pub(crate) mod runs;

pub(crate) mod build;

pub(crate) mod compose;

pub(crate) mod load;

pub(crate) mod remove;

mod compact;

mod calendar;

use rusqlite::{Connection, TransactionBehavior};

pub use self::load::{Layout, LoadedTable};
use super::document::Access;
use super::{Document, StoreError, persons};
use crate::base::Progress;

impl Document {
    /// True when the cache shows the present rows; else [`Document::load_table`] will take longer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cache_is_current(&self) -> Result<bool, StoreError> {
        is_current(&*self.snapshot()?)
    }

    /// Brings the cache up to date with the rows: base columns, the dictionary of properties, and as many property
    /// columns as fit in a fixed budget. Only rows that no run shows are read.
    ///
    /// # Errors
    /// `Cancelled`, and then whole runs stay; `ReadOnly`; or what SQLite says.
    pub fn rebuild_cache(&mut self, progress: &Progress) -> Result<(), StoreError> {
        self.require_writer()?;
        persons::refresh(&mut self.conn)?;
        build::catch_up(&mut self.conn, progress)?;
        remove::scrub(&mut self.conn, progress)
    }

    /// True when loading would be faster after [`Document::compact_cache`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cache_is_fragmented(&self) -> Result<bool, StoreError> {
        compact::is_due(&*self.snapshot()?)
    }

    /// Makes few runs of many, where there are more than eight, much of one was removed, or none of many is sorted by
    /// person. Questions can be answered meanwhile.
    ///
    /// # Errors
    /// `Cancelled`, and then the cache stays as it was; `ReadOnly`; or what SQLite says.
    pub fn compact_cache(&mut self, progress: &Progress) -> Result<(), StoreError> {
        self.rebuild_cache(progress)?;
        if !self.cache_is_fragmented()? {
            return Ok(());
        }
        let zones = calendar::zones(&self.conn)?;
        if compact::compact(&mut self.conn, progress)? {
            return self.prepare_calendar(&zones, progress);
        }
        self.forget_cache()?;
        build::catch_up(&mut self.conn, progress)
    }

    /// The event table without properties: from the cache, and from the rows where they are newer or the cache is
    /// missing, old or damaged. A handle that may write then brings the cache up to date; another one only builds in
    /// memory.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn load_table(&mut self, progress: &Progress) -> Result<LoadedTable, StoreError> {
        let is_writer = self.access() == &Access::Writer;
        if is_writer {
            persons::refresh(&mut self.conn)?;
        }
        progress.at(0, 0)?;
        for _ in 0..2 {
            if is_writer && !self.cache_is_current()? {
                build::catch_up(&mut self.conn, progress)?;
            }
            if let Some(loaded) = load::load(&*self.snapshot()?, true, progress)? {
                return Ok(loaded);
            }
            if !is_writer {
                break;
            }
            self.forget_cache()?;
        }
        // What the rows themselves have wrong, this tells.
        let loaded = load::load(&*self.snapshot()?, false, progress)?;
        loaded.ok_or_else(|| StoreError::Damaged { detail: "its events cannot be read".to_owned() })
    }

    fn forget_cache(&mut self) -> Result<(), StoreError> {
        let step = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        runs::forget(&step)?;
        Ok(step.commit()?)
    }
}

/// True when the stored cache shows the present rows, by one state of the file.
pub(crate) fn is_current(file: &Connection) -> Result<bool, StoreError> {
    let state = runs::state(file)?;
    Ok(match state {
        Some(state) => state.covered >= runs::last_row(file)?,
        None => false,
    })
}
