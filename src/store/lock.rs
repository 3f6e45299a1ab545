//! The sidecar `DOC.lock` that makes a document have one writer. Never locks the database file itself:
//! closing a descriptor of it would drop SQLite's own locks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::StoreError;
use super::header::sidecar;
use crate::model::time::Time;

/// A held lock, given back and its file removed when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of a document.
    ///
    /// # Errors
    /// `Locked` with the holder's name, `Exists` when the sidecar's name is taken by another program's file, or an
    /// `Io` error where no sidecar can be made.
    pub(crate) fn take(document: &Path) -> Result<Lock, StoreError> {
        let path = sidecar(document, ".lock");
        // The holder removes the file when it lets go: then this descriptor locks a file without a name.
        for _ in 0..16 {
            let mut file = open(&path).map_err(|error| StoreError::io("make the lock file", &path, error))?;
            match file.try_lock() {
                Ok(()) if is_still_there(&file, &path) => {
                    if !is_ours(&mut file).map_err(|e| StoreError::io("read the lock file", &path, e))? {
                        return Err(StoreError::Exists { path });
                    }
                    write_holder(&mut file).map_err(|e| StoreError::io("write the lock file", &path, e))?;
                    return Ok(Lock { file, path });
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Locked { path: document.to_owned(), holder: holder(&mut file) });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::io("lock the document", &path, error));
                }
            }
        }
        // Others keep taking it and letting go.
        Err(StoreError::Busy)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock file that stays behind is harmless: only the lock on it counts.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(named)) => ours.ino() == named.ino() && ours.dev() == named.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

fn write_holder(file: &mut File) -> std::io::Result<()> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = Time(i64::try_from(since).unwrap_or_default().saturating_mul(1_000_000));
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{HOLDER}{} on {} since {}", std::process::id(), host(), now.iso())?;
    file.flush()
}

/// False for somebody else's file of that name, `flake.lock` beside `flake`: it must neither be written nor removed.
fn is_ours(file: &mut File) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.take(HOLDER.len() as u64).read_to_end(&mut start)?;
    Ok(start.is_empty() || start == HOLDER.as_bytes())
}

/// How each lock file begins.
const HOLDER: &str = "process ";

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        // Windows refuses to read a locked file.
        _ => "another window".to_owned(),
    }
}

fn host() -> String {
    std::env::var("HOSTNAME")
        .or_else(|_| std::env::var("COMPUTERNAME"))
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}
