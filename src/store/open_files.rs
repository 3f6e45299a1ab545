//! Which database files this process has open: closing any descriptor of such a file would drop SQLite's locks on
//! it, so nobody else may look into it. Not for the lock between processes: see `store::lock`.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::StoreError;

/// How many handles are open on each file.
static OPEN: Mutex<BTreeMap<FileId, usize>> = Mutex::new(BTreeMap::new());

/// As long as it lives, this process counts as having the file open. Outlives the connection that it stands for.
#[derive(Debug)]
pub(super) struct Held(FileId);

impl Clone for Held {
    fn clone(&self) -> Held {
        *opened().entry(self.0.clone()).or_default() += 1;
        Held(self.0.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = opened();
        if let Some(count) = open.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// Looks into a file with `look`, which may open it; one that this process has open was looked into before.
///
/// # Errors
/// What `look` says.
pub(super) fn look(
    path: &Path,
    metadata: &Metadata,
    look: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Held while looking, so that nobody opens the file before the descriptor is closed again.
    let open = opened();
    if open.contains_key(&file_id(path, metadata)) { Ok(()) } else { look() }
}

/// As [`look`], and counts the file as open from then on.
///
/// # Errors
/// What `look` says.
pub(super) fn look_and_hold(
    path: &Path,
    metadata: &Metadata,
    look: impl FnOnce() -> Result<(), StoreError>,
) -> Result<Held, StoreError> {
    let id = file_id(path, metadata);
    let mut open = opened();
    if !open.contains_key(&id) {
        look()?;
    }
    *open.entry(id.clone()).or_default() += 1;
    Ok(Held(id))
}

fn opened() -> MutexGuard<'static, BTreeMap<FileId, usize>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Device and inode: what the system's locks are tied to, whatever name the file is reached by.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FileId(u64, u64);

#[cfg(unix)]
fn file_id(_: &Path, metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    FileId(metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FileId(std::path::PathBuf);

#[cfg(not(unix))]
fn file_id(path: &Path, _: &Metadata) -> FileId {
    FileId(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
}
