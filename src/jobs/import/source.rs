//! A log as it lies on disk, a file, an archive or a folder: opened, unpacked, its bytes counted, and told apart from
//! others. Not for what is in it: see `formats::log`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::Xxh3;

use super::parts::Parts;
use super::spools::{Spools, stopped};
use crate::base::{Diagnostic, Progress};
use crate::formats::log::compression::{Packing, unpack_named};
use crate::formats::log::{Input, SeekInput};

/// How much of the beginning and of the end tells files apart.
const SAMPLE: u64 = 64 << 10;

/// A log that is there and can be read.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    /// The name shown.
    pub name: String,
    /// Length in bytes, packed as it is.
    pub length: u64,
    /// Identifies the content: length, and a hash of the first and last 64 KB; of many files those of all.
    pub fingerprint: String,
    read: Arc<AtomicU64>,
    /// The files of a folder or an archive.
    parts: Option<Arc<Parts>>,
    /// What was unpacked of it.
    spools: Spools,
    /// Of who reads it.
    progress: Progress,
}

impl Source {
    /// Looks at a file, an archive or a folder.
    ///
    /// # Errors
    /// Missing, no regular file, empty, or not readable: each with what to do.
    pub fn find(path: &Path) -> Result<Source, Diagnostic> {
        let place = || path.display().to_string();
        let meta = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            let parts = Parts::of_folder(path).map_err(|error| unreadable(path, &error))?;
            return Source::of_parts(path, parts);
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
        match Parts::of_archive(path) {
            Ok(Some(parts)) => return Source::of_parts(path, parts),
            Ok(None) => {}
            Err(problem) => {
                let message = format!("The ZIP archive is damaged or cut off: {problem}");
                return Err(Diagnostic::error("log-broken-off", message)
                    .hint("Get the file again, or unpack it with another tool and import the folder")
                    .at(place()));
            }
        }
        let fingerprint = fingerprint(path, meta.len()).map_err(|error| unreadable(path, &error))?;
        let length = meta.len();
        Ok(Source {
            path: path.to_owned(),
            name: name(path),
            length,
            fingerprint,
            read: Arc::default(),
            parts: None,
            spools: Spools::default(),
            progress: Progress::new(),
        })
    }

    fn of_parts(path: &Path, parts: Parts) -> Result<Source, Diagnostic> {
        let mut hash = Xxh3::new();
        let mut length = 0;
        for part in &parts.list {
            length += part.length;
            hash.update(part.name.as_bytes());
            hash.update(&part.length.to_le_bytes());
            hash.update(&part.mark().to_le_bytes());
            if let Some(file) = part.file() {
                // One that cannot be read now is met again, and named, when it is its turn.
                let own = fingerprint(file, part.length).unwrap_or_default();
                hash.update(own.as_bytes());
            }
        }
        let fingerprint = format!("{}-{length}-{:016x}", parts.list.len(), hash.digest());
        let parts = Some(Arc::new(parts));
        Ok(Source {
            path: path.to_owned(),
            name: name(path),
            length,
            fingerprint,
            read: Arc::default(),
            parts,
            spools: Spools::default(),
            progress: Progress::new(),
        })
    }

    /// The files of a folder or an archive; `None` for a log that is one file.
    pub(super) fn parts(&self) -> Option<&Parts> {
        self.parts.as_deref()
    }

    /// The file's text, unpacked while it is read, from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened or its first bytes cannot be read.
    pub fn open(&self) -> Result<(Packing, Input<'static>), Diagnostic> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.read_again();
        unpack_named(self.counted(file), &self.name).map_err(|error| unreadable(&self.path, &error))
    }

    /// Counts from the beginning.
    pub(super) fn read_again(&self) {
        self.read.store(0, Ordering::Relaxed);
    }

    /// A file whose bytes count as read.
    pub(super) fn counted(&self, file: File) -> Input<'static> {
        Box::new(Counted { file, read: self.read.clone(), progress: self.progress.clone() })
    }

    /// Keeps what has to be unpacked, and stops reading once a person wants it.
    pub(super) fn look_at(&mut self, spools: &Spools, progress: &Progress) {
        self.spools = spools.clone();
        self.progress = progress.clone();
    }

    /// An error once a person has stopped the reading.
    pub(super) fn unless_stopped(&self) -> io::Result<()> {
        stopped(&self.progress)
    }

    /// Unpacked bytes of the part of this name in any order, as a temporary file.
    pub(super) fn spooled(&self, part: &str, unpacked: Input<'static>) -> io::Result<SeekInput> {
        let name = format!("{} {part}", self.fingerprint);
        let told = || match self.progress.at(self.read(), self.length) {
            Ok(()) => Ok(()),
            Err(_) => self.unless_stopped(),
        };
        self.spools.open(&name, unpacked, &told, &self.progress)
    }

    /// The file's bytes as they are, in any order.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open_seek(&self, path: &Path) -> io::Result<SeekInput> {
        let file = File::open(path)?;
        Ok(Box::new(io::BufReader::new(Counted {
            file,
            read: self.read.clone(),
            progress: self.progress.clone(),
        })))
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
/// its start aside. A name with an address in it stays whole: half of one could not be told to be one, and masked.
pub fn source_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let stem = name.split('.').find(|part| !part.is_empty()).filter(|_| !name.contains('@'));
    stem.map_or_else(|| name.clone().into_owned(), str::to_owned)
}

/// The last name of a path, for people.
fn name(path: &Path) -> String {
    let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
    last.or_else(|| {
        let whole = path.canonicalize().ok()?;
        Some(whole.file_name()?.to_string_lossy().into_owned())
    })
    .unwrap_or_else(|| path.display().to_string())
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        stopped(&self.progress)?;
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
            ("/logs/of ann.b@example.org.csv", "of ann.b@example.org.csv"),
        ] {
            assert_eq!(source_name(Path::new(path)), name, "{path}");
        }
    }
}
