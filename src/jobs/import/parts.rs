//! The files of a log that is a folder or a ZIP archive: found, named and opened. Not for reading them one after the
//! other: see `stream`.
//!
//! Nothing is written to disk by the name of an entry; names are labels only.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use crate::formats::log::Input;

/// How deep folders in folders are looked through.
const DEEPEST: usize = 64;
/// Between the name of an archive and that of a file in it.
pub(super) const WITHIN: &str = " › ";

/// One file of a log.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its path below the folder or in the archive, for people.
    pub(super) name: String,
    /// Bytes on disk, packed as they are.
    pub(super) length: u64,
    bytes: Bytes,
}

/// Where the bytes of a part are.
#[derive(Clone, Debug)]
enum Bytes {
    File(PathBuf),
    Member {
        archive: PathBuf,
        start: u64,
        size: u64,
        crc: u32,
        deflated: bool,
    },
    /// Known to be there, and not readable: why.
    Lost(String),
}

/// The parts of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Those to read, sorted by name.
    pub(super) list: Vec<Part>,
    /// Those left out by name or kind, and why.
    pub(super) left_out: Vec<(String, &'static str)>,
}

impl Parts {
    /// The files of a folder and of the folders in it, archives looked into.
    pub(super) fn of_folder(folder: &Path) -> io::Result<Parts> {
        let walk = Walk::through(folder)?;
        let mut parts = Parts { list: Vec::new(), left_out: walk.left_out };
        for (path, name, length) in walk.files {
            parts.add_file(path, name, length);
        }
        Ok(parts.sorted())
    }

    /// The files in an archive; `None` for a file that is no archive of logs: another kind, or a spreadsheet.
    ///
    /// # Errors
    /// When the archive's list of files cannot be read: what the reader says.
    pub(super) fn of_archive(path: &Path) -> Result<Option<Parts>, String> {
        let mut parts = Parts::default();
        let found = parts.look_into(path, "")?;
        Ok(found.then(|| parts.sorted()))
    }

    fn sorted(mut self) -> Parts {
        self.list.sort_by(|a, b| a.name.cmp(&b.name));
        self.left_out.sort();
        self
    }

    fn add_file(&mut self, path: PathBuf, name: String, length: u64) {
        let bytes = match self.look_into(&path, &format!("{name}{WITHIN}")) {
            Ok(true) => return,
            Ok(false) => Bytes::File(path),
            Err(problem) => Bytes::Lost(problem),
        };
        self.list.push(Part { name, length, bytes });
    }

    /// Adds the files of an archive; false, and nothing added, when it is none.
    fn look_into(&mut self, path: &Path, prefix: &str) -> Result<bool, String> {
        if !starts_like_zip(path) {
            return Ok(false);
        }
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
        if archive.index_for_name("[Content_Types].xml").is_some() {
            return Ok(false);
        }
        if archive.has_duplicate_names() {
            self.left_out.push((format!("{prefix}…"), "files of a name that comes again in the archive"));
        }
        for index in 0..archive.len() {
            let known = archive.name_for_index(index).and_then(Result::ok).map(Cow::into_owned);
            match archive.by_index_raw(index) {
                Ok(entry) => self.add_entry(&entry, path, prefix),
                Err(error) => {
                    let name = known.unwrap_or_else(|| format!("file {index}"));
                    let (name, bytes) = (format!("{prefix}{name}"), Bytes::Lost(error.to_string()));
                    self.list.push(Part { name, length: 0, bytes });
                }
            }
        }
        Ok(true)
    }

    fn add_entry<R: Read>(&mut self, entry: &ZipFile<'_, R>, archive: &Path, prefix: &str) {
        if entry.is_dir() {
            return;
        }
        let inside = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let name = format!("{prefix}{inside}");
        let deflated = entry.compression() == CompressionMethod::Deflated;
        let why_not = if inside.split(['/', '\\']).any(is_hidden) {
            Some("hidden")
        } else if entry.encrypted() {
            Some("encrypted")
        } else if !deflated && entry.compression() != CompressionMethod::Stored {
            Some("packed in a way that is not known")
        } else {
            None
        };
        if let Some(why) = why_not {
            self.left_out.push((name, why));
            return;
        }
        let (archive, size, crc) = (archive.to_owned(), entry.size(), entry.crc32());
        let bytes = match entry.data_start() {
            Some(start) => Bytes::Member { archive, start, size, crc, deflated },
            None => Bytes::Lost("its place in the archive is not known".to_owned()),
        };
        self.list.push(Part { name, length: entry.compressed_size(), bytes });
    }
}

/// The files of a folder and of the folders in it, hidden ones left out, sorted; once told to stop, those found so far.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn files_below(folder: &Path, stop: &Arc<AtomicBool>) -> io::Result<Vec<PathBuf>> {
    let walk = Walk { stop: stop.clone(), ..Walk::default() }.walked(folder)?;
    let mut files: Vec<PathBuf> = walk.files.into_iter().map(|(path, _, _)| path).collect();
    files.sort();
    Ok(files)
}

/// A walk through folders.
#[derive(Default)]
struct Walk {
    /// Path, path below the folder for people, length.
    files: Vec<(PathBuf, String, u64)>,
    left_out: Vec<(String, &'static str)>,
    /// Folders walked through, as they are without links.
    seen: HashSet<PathBuf>,
    /// Ends the walk at the next file.
    stop: Arc<AtomicBool>,
}

impl Walk {
    fn through(folder: &Path) -> io::Result<Walk> {
        Walk::default().walked(folder)
    }

    fn walked(mut self, folder: &Path) -> io::Result<Walk> {
        self.seen.insert(fs::canonicalize(folder)?);
        self.folder(folder, "", 0)?;
        Ok(self)
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let entry = entry?;
            let (path, name) = (entry.path(), format!("{prefix}{}", entry.file_name().to_string_lossy()));
            if is_hidden(&entry.file_name().to_string_lossy()) {
                self.left_out.push((name, "hidden"));
                continue;
            }
            // Follows links, also to folders; one that leads nowhere is no file.
            let Ok(meta) = fs::metadata(&path) else {
                self.left_out.push((name, "not readable"));
                continue;
            };
            if meta.is_dir() {
                // A link to a folder above would never end.
                let is_new = fs::canonicalize(&path).is_ok_and(|real| self.seen.insert(real));
                let inside = format!("{name}/");
                if !is_new {
                    self.left_out.push((inside, "a folder that was read already"));
                } else if depth >= DEEPEST || self.folder(&path, &inside, depth + 1).is_err() {
                    self.left_out.push((inside, "a folder that cannot be read"));
                }
            } else if meta.is_file() {
                self.files.push((path, name, meta.len()));
            } else {
                self.left_out.push((name, "no file"));
            }
        }
        Ok(())
    }
}

impl Part {
    /// The bytes as they are on disk, an archive's entry unpacked from it and checked.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub(super) fn open<'r>(
        &self,
        counted: impl Fn(File) -> Box<dyn Read + Send + 'r>,
    ) -> io::Result<Input<'r>> {
        match &self.bytes {
            Bytes::File(path) => Ok(counted(File::open(path)?)),
            Bytes::Member { archive, start, size, crc, deflated } => {
                let mut file = File::open(archive)?;
                file.seek(SeekFrom::Start(*start))?;
                let packed = counted(file).take(self.length);
                let bytes: Input<'r> = if *deflated {
                    Box::new(flate2::read::DeflateDecoder::new(packed))
                } else {
                    Box::new(packed)
                };
                Ok(Box::new(Checked { bytes, left: *size, crc: *crc, sum: flate2::Crc::new(), ended: false }))
            }
            Bytes::Lost(why) => Err(io::Error::other(why.clone())),
        }
    }

    /// The file itself, when the part is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.bytes {
            Bytes::File(path) => Some(path),
            Bytes::Member { .. } | Bytes::Lost(_) => None,
        }
    }

    /// What tells an entry's content apart, without reading it.
    pub(super) fn mark(&self) -> u64 {
        match &self.bytes {
            Bytes::Member { crc, size, .. } => (u64::from(*crc) << 32) ^ size,
            Bytes::File(_) | Bytes::Lost(_) => 0,
        }
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && name != "." && name != ".." || name == "__MACOSX"
}

fn starts_like_zip(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && matches!(&head, b"PK\x03\x04" | b"PK\x05\x06")
}

/// Bytes of an archive's entry, checked against its length and checksum at the end.
struct Checked<'r> {
    bytes: Input<'r>,
    left: u64,
    crc: u32,
    sum: flate2::Crc,
    ended: bool,
}

impl Read for Checked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.ended {
            return Ok(0);
        }
        let count = self.bytes.read(out)?;
        if count == 0 {
            self.ended = true;
            if self.left > 0 || self.sum.sum() != self.crc {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum or length is wrong"));
            }
            return Ok(0);
        }
        self.sum.update(&out[..count]);
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "it is longer than the archive says")
        })?;
        Ok(count)
    }
}
