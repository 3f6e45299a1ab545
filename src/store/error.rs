//! What can go wrong with a document file, and how a person is told. Not for bad lines of a log: those are data.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::base::{Cancelled, Diagnostic};

/// Why a document could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is there.
    #[error("There is no document at {}", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A folder, not a file.
    #[error("This is a folder, not a document: {}", .path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// A file of no bytes.
    #[error("The file is empty: {}", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Some other program's file.
    #[error("This is not a Stormline document but {what}: {}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: &'static str,
    },
    /// Written by a newer version of this program.
    #[error("The document has version {version}, and this program reads up to {ours}: {}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        version: u32,
        /// The highest schema version known here.
        ours: u32,
    },
    /// The end of the file is missing.
    #[error("The end of the document is missing, it has {found} of {expected} bytes: {}", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that its header promises.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The contents contradict themselves.
    #[error("The document is damaged ({detail})")]
    Damaged {
        /// What SQLite or a checksum says.
        detail: String,
    },
    /// A file is in the way.
    #[error("There is already a file at {}", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Open for writing elsewhere.
    #[error("The document is open in {holder}: {}", .path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who has it open: process, host, since when.
        holder: String,
    },
    /// A change was asked of a document that is open for reading only.
    #[error("The document is open for reading only: {reason}")]
    ReadOnly {
        /// Why.
        reason: String,
    },
    /// Its last changes stand in a sidecar that cannot be read where it lies.
    #[error("The document was not closed cleanly, and its last changes cannot be read where it lies: {}", .path.display())]
    Unfolded {
        /// The file.
        path: PathBuf,
    },
    /// No room on the disk.
    #[error("The disk is full, nothing of this step was kept")]
    Full,
    /// Another connection did not let go in time.
    #[error(
        "Another window or command of Stormline, or work running in this one, is writing to the document right now"
    )]
    Busy,
    /// The rows changed since the table or item in question was read.
    #[error("The document has changed in between")]
    Stale,
    /// No such import.
    #[error("There is no import number {id}")]
    NoBatch {
        /// The number asked for.
        id: i64,
    },
    /// An edit that cannot be taken back or made again.
    #[error("“{label}” cannot be read from the history: {detail}")]
    BadEdit {
        /// The edit's label.
        label: String,
        /// What is wrong.
        detail: String,
    },
    /// A person stopped it; whole steps stay.
    #[error("cancelled")]
    Cancelled,
    /// The file system refused.
    #[error("Could not {what}: {source}: {}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("The document could not be read or written: {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    pub(crate) fn io(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
        match source.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full,
            _ => StoreError::Io { what, path: path.to_owned(), source },
        }
    }

    /// True when a person stopped it.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, StoreError::Cancelled)
    }

    /// The stable code of [`StoreError::diagnostic`].
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Missing { .. } => "document-missing",
            StoreError::Directory { .. } => "document-is-folder",
            StoreError::Empty { .. } => "document-empty",
            StoreError::Foreign { .. } => "document-foreign",
            StoreError::Newer { .. } => "document-newer",
            StoreError::Truncated { .. } => "document-truncated",
            StoreError::Damaged { .. } => "document-damaged",
            StoreError::Exists { .. } => "file-exists",
            StoreError::Locked { .. } => "document-locked",
            StoreError::ReadOnly { .. } => "document-read-only",
            StoreError::Unfolded { .. } => "document-unfolded",
            StoreError::Full => "disk-full",
            StoreError::Busy => "document-busy",
            StoreError::Stale => "document-changed",
            StoreError::NoBatch { .. } => "no-batch",
            StoreError::BadEdit { .. } => "bad-edit",
            StoreError::Cancelled => "cancelled",
            StoreError::Io { .. } => "file-error",
            StoreError::Sql(_) => "document-error",
        }
    }

    fn what_to_do(&self) -> &'static str {
        match self {
            StoreError::Missing { .. } => "Check the path, or make a new document",
            StoreError::Directory { .. } => "Choose a file with the ending .stormline",
            StoreError::Empty { .. } => "Make a new document, or open a copy of this one",
            StoreError::Foreign { .. } => {
                "Choose a .stormline file; a log is imported into a document, not opened"
            }
            StoreError::Newer { .. } => "Install the newest Stormline; the file was not touched",
            StoreError::Truncated { .. } => {
                "Copy or download the file again, or open a backup; it was not touched"
            }
            StoreError::Damaged { .. } => "Open a backup, or save a copy of what can still be read",
            StoreError::Exists { .. } => "Choose another name, or move the file that is there",
            StoreError::Locked { .. } => "Close it there first; a second window may read it meanwhile",
            StoreError::ReadOnly { .. } => "Save a copy and change that",
            StoreError::Unfolded { .. } => {
                "Copy it, with the -wal or -journal file beside it, to a folder that may be written; open it there"
            }
            StoreError::Full => "Free some space and try again",
            StoreError::Busy => "Let its import, removal or saving end, or stop it there, and try again",
            StoreError::Stale => "Try again",
            StoreError::NoBatch { .. } => "It may have been removed; look at the list of imports",
            StoreError::BadEdit { .. } => "Change the item by hand; the history before it is kept",
            StoreError::Cancelled => "Start it again to go on",
            StoreError::Io { .. } => "Check that the place exists and may be written",
            StoreError::Sql(_) => "Try again; if it stays, save a copy and report it",
        }
    }

    /// What a person is told: what, why, what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(self.code(), self.to_string()).hint(self.what_to_do())
    }
}

impl From<Cancelled> for StoreError {
    fn from(_: Cancelled) -> Self {
        StoreError::Cancelled
    }
}

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Self {
        error.diagnostic()
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { detail: error.to_string() }
            }
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { reason: error.to_string() },
            _ => StoreError::Sql(error),
        }
    }
}
