//! An open document: making, opening, closing, and who may write. Not for what it holds: see the sibling files.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, params};

use super::error::StoreError;
use super::header::{self, sidecar};
use super::lock::Lock;
use super::open_files::Held;
use super::persons;
use super::schema::{APPLICATION_ID, MIGRATIONS, current_version, migrate};

/// What a handle may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write: this handle holds the document's lock.
    Writer,
    /// Read, beside the writer of the same program: see [`Document::another_reader`].
    Reader,
    /// Read only, and why.
    ReadOnly {
        /// Such as "it is open in process 12 on desk since …".
        reason: String,
    },
}

/// Which state of the rows and persons something was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// Counts changes of the events.
    pub data: i64,
    /// Counts changes of the persons.
    pub identity: i64,
}

/// What a question in SQL gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlRows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values as text, `None` for null; blobs as their length.
    pub rows: Vec<Vec<Option<String>>>,
}

/// An open `.stormline` file. `Send`, not `Sync`: a job thread takes [`Document::another_reader`].
///
/// Dropping it closes it as well as it can; [`Document::close`] also tells what failed.
#[derive(Debug)]
pub struct Document {
    pub(crate) conn: Connection,
    path: PathBuf,
    access: Access,
    closed: bool,
    /// Held by every handle of this program, so that the lock outlives the last connection.
    lock: Option<Arc<Lock>>,
    /// Last, so that the file counts as open until the connection is closed.
    held: Held,
}

impl Document {
    /// Makes a new, empty document and opens it for writing.
    ///
    /// # Errors
    /// `Exists` when something is there already, or what the file system says.
    pub fn create(path: &Path) -> Result<Document, StoreError> {
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        let draft = sidecar(path, &format!(".new-{}", std::process::id()));
        let made = write_empty(&draft).and_then(|()| move_into_place(&draft, path, false));
        if made.is_err() {
            // The draft is of no use to anybody, and the error says why it came to nothing.
            let _ = std::fs::remove_file(&draft);
        }
        made?;
        Document::open_for_writing(path)
    }

    /// Opens a document for writing, or for reading only where it is locked or write-protected:
    /// [`Document::access`] tells which, and why.
    ///
    /// # Errors
    /// Missing, a folder, empty, foreign, newer, truncated, damaged. The file is not touched then.
    pub fn open(path: &Path) -> Result<Document, StoreError> {
        match Document::open_for_writing(path) {
            Err(StoreError::Locked { holder, .. }) => read_only(path, format!("it is open in {holder}")),
            Err(StoreError::ReadOnly { reason }) => read_only(path, reason),
            other => other,
        }
    }

    /// Opens a document for writing.
    ///
    /// # Errors
    /// As [`Document::open`], and `Locked` with the holder's name, or `ReadOnly`.
    pub fn open_for_writing(path: &Path) -> Result<Document, StoreError> {
        header::check(path)?;
        let path = path.canonicalize().map_err(|error| StoreError::io("find the document", path, error))?;
        let is_protected = std::fs::metadata(&path).is_ok_and(|m| m.permissions().readonly());
        if is_protected {
            return Err(StoreError::ReadOnly { reason: "the file is write-protected".to_owned() });
        }
        let lock = match Lock::take(&path) {
            Err(StoreError::Io { source, .. })
                if matches!(
                    source.kind(),
                    std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                return Err(StoreError::ReadOnly { reason: "its folder may not be written".to_owned() });
            }
            taken => taken?,
        };
        // Another program may have changed the file between the first look and the lock.
        let held = header::check_and_hold(&path)?;
        let mut conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check_contents(&conn)?;
        configure_writer(&conn)?;
        migrate(&mut conn, MIGRATIONS)?;
        persons::refresh(&mut conn)?;
        Ok(Document { conn, path, access: Access::Writer, closed: false, lock: Some(Arc::new(lock)), held })
    }

    /// Opens a document for reading only, whether or not another program has it open.
    ///
    /// # Errors
    /// As [`Document::open`].
    pub fn open_read_only(path: &Path) -> Result<Document, StoreError> {
        read_only(path, "it was opened so".to_owned())
    }

    /// A second handle for another thread. It reads, and keeps columns that it had to build.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn another_reader(&self) -> Result<Document, StoreError> {
        if let Access::ReadOnly { .. } = &self.access {
            return Ok(self.beside(connect_read_only(&self.path)?, self.access.clone()));
        }
        // Opened for writing so that the last handle to close can fold the write-ahead log in.
        let conn = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.pragma_update(None, "secure_delete", true)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(self.beside(conn, Access::Reader))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What this handle may do.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Folds the write-ahead log into the file and takes the sidecars away, so that the document is one file.
    /// While another handle is open, that of another program too, the last one does it: until then the sidecars belong
    /// to the document.
    ///
    /// # Errors
    /// What SQLite says; the document stays whole.
    pub fn close(mut self) -> Result<(), StoreError> {
        match self.fold_log() {
            Err(StoreError::Busy) => Ok(()),
            other => other,
        }
    }

    /// A remembered value that is not an item: a view's state, a flag.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        meta(&self.conn, key)
    }

    /// All values remembered under keys that begin so, by the rest of the key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn metas(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT substr(key, length(?1) + 1), value FROM meta WHERE key >= ?1 AND key < ?1 || char(1114111)",
        )?;
        let found = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Remembers a value outside edits.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.require_writer()?;
        set_meta(&self.conn, key, value)
    }

    /// The state of rows and persons; it changes with every import and removal.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revision(&self) -> Result<Revision, StoreError> {
        revision(&self.conn)
    }

    /// The rows of a question in SQL, each value as text. Nothing can be changed by it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sql_rows(&self, sql: &str) -> Result<SqlRows, StoreError> {
        self.with_sql(|conn| {
            let mut statement = conn.prepare(sql)?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let width = columns.len();
            let read = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get_ref(at).map(text_of)).collect();
            let rows = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            Ok(SqlRows { columns, rows })
        })
    }

    /// Runs `work` on the raw connection: for generated SQL in tests and the command line. Read only.
    ///
    /// # Errors
    /// What SQLite or `work` says.
    pub fn with_sql<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let was_query_only: bool = self.conn.pragma_query_value(None, "query_only", |row| row.get(0))?;
        self.conn.pragma_update(None, "query_only", true)?;
        let result = work(&self.conn);
        self.conn.pragma_update(None, "query_only", was_query_only)?;
        Ok(result?)
    }

    /// Another handle of the same file, under the same lock.
    pub(super) fn beside(&self, conn: Connection, access: Access) -> Document {
        let (path, lock, held) = (self.path.clone(), self.lock.clone(), self.held.clone());
        Document { conn, path, access, closed: false, lock, held }
    }

    /// One state of the file for several statements, whatever other handles commit meanwhile.
    pub(super) fn snapshot(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.unchecked_transaction()?)
    }

    pub(crate) fn require_writer(&self) -> Result<(), StoreError> {
        match &self.access {
            Access::Writer => Ok(()),
            Access::Reader => Err(StoreError::ReadOnly { reason: "this handle only reads".to_owned() }),
            Access::ReadOnly { reason } => Err(StoreError::ReadOnly { reason: reason.clone() }),
        }
    }

    fn fold_log(&mut self) -> Result<(), StoreError> {
        let is_last = self.lock.as_ref().is_some_and(|lock| Arc::strong_count(lock) == 1);
        if self.closed || !is_last {
            return Ok(());
        }
        self.closed = true;
        self.conn.flush_prepared_statement_cache();
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.conn.pragma_update(None, "query_only", false)?;
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        Ok(())
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // Nobody is left to tell; what stays in the sidecars belongs to the document.
        let _ = self.fold_log();
    }
}

fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(format!("{} bytes", bytes.len())),
    }
}

pub(crate) fn meta(conn: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

pub(crate) fn set_meta(conn: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute(params![key, value])?;
    Ok(())
}

pub(crate) fn meta_number(conn: &Connection, key: &str) -> Result<i64, StoreError> {
    Ok(meta(conn, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

pub(crate) fn revision(conn: &Connection) -> Result<Revision, StoreError> {
    Ok(Revision {
        data: meta_number(conn, "data_revision")?,
        identity: meta_number(conn, "identity_revision")?,
    })
}

/// Counts one change of rows or persons; the key is `data_revision` or `identity_revision`.
pub(crate) fn advance(conn: &Connection, key: &str) -> Result<(), StoreError> {
    let next = meta_number(conn, key)? + 1;
    set_meta(conn, key, &next.to_string())
}

/// Opens without any change of the file.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let mut conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_handler(Some(wait_for_another))?;
    // Plans that do not depend on bound values: else SQLite prepares cached statements anew at each binding.
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(conn)
}

/// How long a handle waits while another one of the same document writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Ten seconds.
    Long,
    /// A twentieth of a second: for a thread that must not stand still. What it could not do then is `Busy`.
    Brief,
}

impl Document {
    /// Sets how long this handle waits for others; at first it is long.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_patience(&mut self, patience: Patience) -> Result<(), StoreError> {
        let wait = match patience {
            Patience::Long => wait_for_another,
            Patience::Brief => wait_briefly,
        };
        Ok(self.conn.busy_handler(Some(wait))?)
    }
}

/// Ten seconds at most. Asks more often than SQLite's own wait does, to get a turn between the short transactions of
/// an import or a removal.
fn wait_for_another(times: i32) -> bool {
    std::thread::sleep(Duration::from_millis(5));
    times < 2_000
}

fn wait_briefly(times: i32) -> bool {
    std::thread::sleep(Duration::from_millis(5));
    times < 10
}

/// Writes an empty document without sidecars, readable by its owner alone.
pub(crate) fn write_empty(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| StoreError::io("make the document", path, error))?;
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID.cast_signed())?;
    migrate(&mut conn, MIGRATIONS)?;
    Ok(conn.close().map_err(|(_, error)| error)?)
}

/// Gives a finished draft its name. Sidecars that a former file of that name left behind go first: SQLite would
/// take them for those of the new one.
pub(crate) fn move_into_place(draft: &Path, path: &Path, overwrite: bool) -> Result<(), StoreError> {
    if !overwrite && std::fs::symlink_metadata(path).is_ok() {
        return Err(StoreError::Exists { path: path.to_owned() });
    }
    for ending in ["-wal", "-shm", "-journal"] {
        match std::fs::remove_file(sidecar(path, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove what is left of a former document", path, error));
            }
            _ => {}
        }
    }
    std::fs::rename(draft, path).map_err(|error| StoreError::io("name the document", path, error))
}

fn read_only(path: &Path, reason: String) -> Result<Document, StoreError> {
    let held = header::check_and_hold(path)?;
    let path = path.canonicalize().map_err(|error| StoreError::io("find the document", path, error))?;
    let conn = connect_read_only(&path)?;
    Ok(Document { conn, path, access: Access::ReadOnly { reason }, closed: false, lock: None, held })
}

fn connect_read_only(path: &Path) -> Result<Connection, StoreError> {
    let opened =
        connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|conn| check_contents(&conn).map(|()| conn));
    let conn = match opened {
        // A write-ahead log in a folder that may not be written: SQLite then needs the promise that nobody writes.
        Err(StoreError::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            // Under that promise it would pass over a log that is not folded in, and say nothing of it.
            let is_left = |ending| std::fs::metadata(sidecar(path, ending)).is_ok_and(|m| m.len() > 0);
            if is_left("-wal") || is_left("-journal") {
                return Err(StoreError::Unfolded { path: path.to_owned() });
            }
            let uri = format!("file:{}?immutable=1", uri_path(path));
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let conn = connect(Path::new(&uri), flags)?;
            check_contents(&conn)?;
            conn
        }
        opened => opened?,
    };
    let version: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version < current_version() {
        let reason = "it has an older form, which only a writer may bring up to date".to_owned();
        return Err(StoreError::ReadOnly { reason });
    }
    Ok(conn)
}

fn uri_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// A first read, before anything is written: a broken file shows here.
fn check_contents(conn: &Connection) -> Result<(), StoreError> {
    let tables: i64 = conn.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'item', 'edit_log', 'batch', 'event')",
        [],
        |row| row.get(0),
    )?;
    if tables != 5 {
        return Err(StoreError::Damaged { detail: "some of its tables are not there".to_owned() });
    }
    Ok(())
}

/// Of a new document. Twice as much as usual: an import then makes half as many calls to the system.
const PAGE_BYTES: u32 = 16_384;

/// Pages of the write-ahead log after which it is folded into the file.
pub(crate) const LOG_PAGES: u32 = 4_000;
/// What SQLite keeps of the file in memory.
pub(crate) const CACHE_KIB: i32 = 65_536;

pub(crate) fn configure_writer(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "secure_delete", true)?;
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    Ok(())
}
