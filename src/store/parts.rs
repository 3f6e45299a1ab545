//! Names of the files of an import that was a folder or an archive. Not for numbers of lines: see `model::place`.

use rusqlite::{Connection, TransactionBehavior, params};

use super::document::{meta, set_meta};
use super::{Document, StoreError};

impl Document {
    /// Remembers the names of an import's parts, from the first.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn keep_parts(&mut self, batch: i64, names: &[&str]) -> Result<(), StoreError> {
        self.require_writer()?;
        let step = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (index, name) in names.iter().enumerate() {
            set_meta(&step, &key(batch, index as u32 + 1), name)?;
        }
        Ok(step.commit()?)
    }
}

/// The name of a part; its number when the name is not known, empty for part 0, the only one of its log.
pub(super) fn name(conn: &Connection, batch: i64, part: u32) -> String {
    if part == 0 {
        return String::new();
    }
    let known = meta(conn, &key(batch, part)).ok().flatten();
    known.unwrap_or_else(|| format!("part {part}"))
}

/// Forgets the names of a removed import's parts: numbers of imports are given again.
pub(super) fn forget(conn: &Connection, batch: i64) -> Result<(), StoreError> {
    let (first, last) = (format!("import.part.{batch}."), format!("import.part.{batch}/"));
    conn.execute("DELETE FROM meta WHERE key > ?1 AND key < ?2", params![first, last])?;
    Ok(())
}

fn key(batch: i64, part: u32) -> String {
    format!("import.part.{batch}.{part}")
}
