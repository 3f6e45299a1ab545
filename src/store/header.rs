//! Looks at a file's first bytes before SQLite may open it. Never writes.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::StoreError;
use super::open_files::{self, Held};
use super::schema::{APPLICATION_ID, current_version};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;

/// Checks that a file is a Stormline document of a known version, whole as far as its header tells. One that this
/// process has open is, and is not looked into.
///
/// # Errors
/// Missing, a folder, empty, foreign, newer, truncated, or not readable.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    let metadata = file_metadata(path)?;
    open_files::look(path, &metadata, || check_head(path, &metadata))
}

/// As [`check`], and counts the file as open in this process: to be called before SQLite opens it.
///
/// # Errors
/// As [`check`].
pub(super) fn check_and_hold(path: &Path) -> Result<Held, StoreError> {
    let metadata = file_metadata(path)?;
    open_files::look_and_hold(path, &metadata, || check_head(path, &metadata))
}

fn file_metadata(path: &Path) -> Result<Metadata, StoreError> {
    let owned = || path.to_owned();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(StoreError::Missing { path: owned() });
        }
        Err(error) => return Err(StoreError::io("look at the file", path, error)),
    };
    if metadata.is_dir() {
        return Err(StoreError::Directory { path: owned() });
    }
    Ok(metadata)
}

fn check_head(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let owned = || path.to_owned();
    let head = read_head(path)?;
    if head.is_empty() {
        return Err(StoreError::Empty { path: owned() });
    }
    if !head.starts_with(&MAGIC[..head.len().min(MAGIC.len())]) {
        return Err(StoreError::Foreign { path: owned(), what: "some other file" });
    }
    if head.len() < HEADER_BYTES {
        let found = head.len() as u64;
        return Err(StoreError::Truncated { path: owned(), expected: HEADER_BYTES as u64, found });
    }
    if be32(&head, 68) != APPLICATION_ID {
        return Err(StoreError::Foreign { path: owned(), what: "another program's SQLite database" });
    }
    match be32(&head, 60) {
        0 => return Err(StoreError::Damaged { detail: "it carries no schema version".to_owned() }),
        version if version > current_version() => {
            return Err(StoreError::Newer { path: owned(), version, ours: current_version() });
        }
        _ => {}
    }
    check_length(path, &head, metadata.len())
}

/// The path with something appended to its file name, as SQLite names its sidecars.
pub(crate) fn sidecar(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(ending);
    PathBuf::from(name)
}

/// After a crash the rest of the file may stand in a journal or write-ahead log: then SQLite must judge.
fn check_length(path: &Path, head: &[u8], found: u64) -> Result<(), StoreError> {
    let has_sidecar = |ending| std::fs::metadata(sidecar(path, ending)).is_ok_and(|m| m.len() > 0);
    if has_sidecar("-wal") || has_sidecar("-journal") {
        return Ok(());
    }
    let page_size = match u64::from(head[16]) << 8 | u64::from(head[17]) {
        1 => 65_536,
        size => size,
    };
    // The page count is only meant when the two counters agree.
    let counted = be32(head, 24) == be32(head, 92);
    let expected = if counted { u64::from(be32(head, 28)) * page_size } else { page_size };
    if found < expected {
        return Err(StoreError::Truncated { path: path.to_owned(), expected, found });
    }
    Ok(())
}

fn read_head(path: &Path) -> Result<Vec<u8>, StoreError> {
    let file = File::open(path).map_err(|error| StoreError::io("open the document", path, error))?;
    let mut head = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(|error| StoreError::io("read the document", path, error))?;
    Ok(head)
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
