//! A log's file: opened, unpacked, its bytes counted, and told apart from other files. Not for what is in it: see `formats::log`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::Xxh3;

use crate::base::Diagnostic;
use crate::formats::log::compression::{Packing, unpack};
use crate::formats::log::{Input, SeekInput};

/// How much of the beginning and of the end tells files apart.
const SAMPLE: u64 = 64 << 10;

/// A log file that is there and can be read.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    /// The name shown.
    pub name: String,
    /// Length in bytes, packed as it is.
    pub length: u64,
    /// Identifies the content: length, and a hash of the first and last 64 KB.
    pub fingerprint: String,
    read: Arc<AtomicU64>,
}

impl Source {
    /// Looks at a file.
    ///
    /// # Errors
    /// Missing, a folder, no regular file, empty, or not readable: each with what to do.
    pub fn find(path: &Path) -> Result<Source, Diagnostic> {
        let place = || path.display().to_string();
        let meta = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            return Err(Diagnostic::error("log-is-folder", "This is a folder, not a log file")
                .hint("Choose the files in it, one or several")
                .at(place()));
        }
        if !meta.is_file() {
            return Err(Diagnostic::error("log-is-no-file", "This is a device or a pipe, not a file")
                .hint("Write the log to a file first, and import that")
                .at(place()));
        }
        if meta.len() == 0 {
            return Err(Diagnostic::error("empty-log", "The file is empty: there is no event in it")
                .hint("Export the log again, or choose another file")
                .at(place()));
        }
        let fingerprint = fingerprint(path, meta.len()).map_err(|error| unreadable(path, &error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Source { path: path.to_owned(), name, length: meta.len(), fingerprint, read: Arc::default() })
    }

    /// The file's text, unpacked while it is read, from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened or its first bytes cannot be read.
    pub fn open(&self) -> Result<(Packing, Input<'static>), Diagnostic> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.read.store(0, Ordering::Relaxed);
        let counted = Counted { file, read: self.read.clone() };
        unpack(Box::new(counted)).map_err(|error| unreadable(&self.path, &error))
    }

    /// The file's bytes as they are, in any order.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_seek(&self) -> Result<SeekInput, Diagnostic> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.read.store(0, Ordering::Relaxed);
        Ok(Box::new(Counted { file, read: self.read.clone() }))
    }

    /// Bytes of the file read since it was last opened.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed).min(self.length)
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path, for messages.
    pub fn place(&self) -> String {
        self.path.display().to_string()
    }
}

/// What a log's events are said to come from unless a person says it: the file's name up to its first dot, a dot at
/// its start aside.
pub fn source_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let stem = name.split('.').find(|part| !part.is_empty());
    stem.map_or_else(|| name.clone().into_owned(), str::to_owned)
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn fingerprint(path: &Path, length: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut sample = Vec::new();
    file.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    hash.update(&sample);
    sample.clear();
    file.seek(SeekFrom::Start(length.saturating_sub(SAMPLE)))?;
    file.take(SAMPLE).read_to_end(&mut sample)?;
    hash.update(&sample);
    Ok(format!("{length}-{:016x}", hash.digest()))
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let (code, message, hint) = match error.kind() {
        io::ErrorKind::NotFound => {
            ("log-missing", "There is no such file".to_owned(), "Check the path, or choose the file again")
        }
        io::ErrorKind::PermissionDenied => (
            "log-forbidden",
            "The file may not be read".to_owned(),
            "Ask for read permission, or copy the file",
        ),
        _ => (
            "log-unreadable",
            format!("The file cannot be read: {error}"),
            "Check the disk or the connection, and try again",
        ),
    };
    Diagnostic::error(code, message).hint(hint).at(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_called_like_its_file() {
        for (path, name) in [
            ("/logs/shop.2026.ndjson.gz", "shop"),
            ("shop", "shop"),
            ("/logs/.log", "log"),
            ("/logs/.shop.csv", "shop"),
            ("..", ".."),
        ] {
            assert_eq!(source_name(Path::new(path)), name, "{path}");
        }
    }
}
