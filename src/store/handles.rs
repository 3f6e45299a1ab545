//! More handles of an open document, and what they may do. Not for opening one: see `store::document`.

use std::path::Path;

use rusqlite::OpenFlags;

use super::document::{Access, configure_writer, connect, set_meta};
use super::{Document, StoreError, header};

/// True when the file's first bytes are those of a document, also of one that is damaged or newer.
pub fn looks_like_document(path: &Path) -> bool {
    match header::check(path) {
        Ok(()) => true,
        Err(StoreError::Newer { .. } | StoreError::Truncated { .. } | StoreError::Damaged { .. }) => true,
        Err(_) => path.extension().is_some_and(|extension| extension == "stormline"),
    }
}

impl Document {
    /// A second writing handle for another thread, under the lock of this one: SQLite lets one write at a time.
    ///
    /// # Errors
    /// `ReadOnly`, or when the file cannot be opened again.
    pub fn another_writer(&self) -> Result<Document, StoreError> {
        self.require_writer()?;
        let conn = connect(self.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        configure_writer(&conn)?;
        Ok(self.beside(conn, Access::Writer))
    }

    /// Why the document cannot be written, if so.
    pub fn read_only_reason(&self) -> Option<String> {
        match self.access() {
            Access::Writer | Access::Reader => None,
            Access::ReadOnly { reason } => Some(reason.clone()),
        }
    }

    /// Forgets the history of edits: what is there now is how it began.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn forget_history(&mut self) -> Result<(), StoreError> {
        self.require_writer()?;
        let step = self.conn.transaction()?;
        step.execute("DELETE FROM edit_log", [])?;
        set_meta(&step, "edit_log_bytes", "0")?;
        Ok(step.commit()?)
    }
}
