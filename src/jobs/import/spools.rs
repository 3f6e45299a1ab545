//! Temporary files of what had to be unpacked, kept while a log is looked at again and again. Not for looking at it: see
//! `look`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Progress;
use crate::formats::log::{Input, SeekInput};

/// The most that is unpacked into a temporary file, for a format that is not read from the beginning to the end.
const MOST_SPOOLED: u64 = 16 << 30;
/// The most files that are kept, the latest ones: a folder may have thousands.
const MOST_FILES: usize = 16;
/// The most bytes that are kept besides the latest file.
const MOST_KEPT: u64 = 1 << 30;
/// How much is unpacked between two looks whether to stop.
const PIECE: usize = 256 << 10;

/// Temporary files by what they hold, of which the latest are kept. They have no name, and are gone once nobody holds
/// them any more.
#[derive(Clone, Debug, Default)]
pub struct Spools(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// The latest last.
    files: VecDeque<Spool>,
    unpacked: u64,
}

#[derive(Debug)]
struct Spool {
    name: String,
    length: u64,
    file: Arc<Mutex<File>>,
}

impl Kept {
    fn find(&self, name: &str) -> Option<Arc<Mutex<File>>> {
        self.files.iter().find(|spool| spool.name == name).map(|spool| spool.file.clone())
    }

    fn add(&mut self, spool: Spool) {
        self.unpacked += 1;
        let mut older: u64 = self.files.iter().map(|spool| spool.length).sum();
        self.files.push_back(spool);
        while self.files.len() > MOST_FILES || (self.files.len() > 1 && older > MOST_KEPT) {
            older -= self.files.pop_front().map_or(0, |spool| spool.length);
        }
    }
}

impl Spools {
    /// How many times something was unpacked.
    pub fn unpacked(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unpacked
    }

    /// The bytes under this name, unpacked unless they are kept, when `unpacked` is not read. Reading ends with an error
    /// once a person has stopped it.
    pub(super) fn open(
        &self,
        name: &str,
        unpacked: Input<'static>,
        told: &Told<'_>,
        progress: &Progress,
    ) -> io::Result<SeekInput> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).find(name);
        let file = match known {
            Some(file) => file,
            None => {
                let (file, length) = written(unpacked, told)?;
                let file = Arc::new(Mutex::new(file));
                let spool = Spool { name: name.to_owned(), length, file: file.clone() };
                self.0.lock().unwrap_or_else(PoisonError::into_inner).add(spool);
                file
            }
        };
        Ok(Box::new(BufReader::new(Shared { file, at: 0, progress: progress.clone() })))
    }
}

/// Hears how far unpacking is.
pub(super) type Told<'t> = dyn Fn() -> io::Result<()> + 't;

/// What a stop of unpacking looks like to who reads.
pub(super) fn stopped(progress: &Progress) -> io::Result<()> {
    if progress.is_cancelled() { Err(io::Error::other("stopped")) } else { Ok(()) }
}

/// A temporary file of all the bytes, and how many they are.
fn written(input: Input<'static>, told: &Told<'_>) -> io::Result<(File, u64)> {
    let mut file = tempfile::tempfile()?;
    let mut input = input.take(MOST_SPOOLED + 1);
    let mut piece = vec![0; PIECE];
    let mut written = 0;
    loop {
        told()?;
        let count = input.read(&mut piece)?;
        if count == 0 {
            break;
        }
        file.write_all(&piece[..count])?;
        written += count as u64;
    }
    if written > MOST_SPOOLED {
        return Err(io::Error::other("unpacked it is larger than 16 GB"));
    }
    file.rewind()?;
    Ok((file, written))
}

/// One of several readers of a file, each at its own place.
struct Shared {
    file: Arc<Mutex<File>>,
    at: u64,
    progress: Progress,
}

impl Read for Shared {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        stopped(&self.progress)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let count = file.read(out)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let SeekFrom::Current(_) = to {
            file.seek(SeekFrom::Start(self.at))?;
        }
        self.at = file.seek(to)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn text(text: &'static str) -> Input<'static> {
        Box::new(Cursor::new(text))
    }

    #[test]
    fn what_was_unpacked_is_read_again_from_each_place() {
        let spools = Spools::default();
        let mut one = spools.open("a", text("0123456789"), &|| Ok(()), &Progress::new()).unwrap();
        let mut two = spools.open("a", text("never read"), &|| Ok(()), &Progress::new()).unwrap();
        let (mut a, mut b) = ([0; 4], [0; 3]);
        one.read_exact(&mut a).unwrap();
        two.seek(SeekFrom::End(-3)).unwrap();
        two.read_exact(&mut b).unwrap();
        assert_eq!((&a, &b), (b"0123", b"789"));
        one.seek(SeekFrom::Current(1)).unwrap();
        one.read_exact(&mut b).unwrap();
        assert_eq!(&b, b"567");
        assert_eq!(spools.unpacked(), 1);
    }

    #[test]
    fn only_the_latest_files_are_kept() {
        let spools = Spools::default();
        let open = |name: usize| {
            spools.open(&name.to_string(), text("0123"), &|| Ok(()), &Progress::new()).unwrap();
            spools.unpacked()
        };
        (0..MOST_FILES).for_each(|name| _ = open(name));
        assert_eq!(open(MOST_FILES), MOST_FILES as u64 + 1);
        assert_eq!(open(1), MOST_FILES as u64 + 1, "still there");
        assert_eq!(open(0), MOST_FILES as u64 + 2, "the oldest has gone");
        let mut kept = Kept::default();
        for (n, length) in [(0, MOST_KEPT), (1, MOST_KEPT), (2, 1)] {
            let file = Arc::new(Mutex::new(tempfile::tempfile().unwrap()));
            kept.add(Spool { name: n.to_string(), length, file });
        }
        let names: Vec<&str> = kept.files.iter().map(|spool| spool.name.as_str()).collect();
        assert_eq!(names, ["1", "2"]);
    }

    #[test]
    fn a_stopped_unpacking_is_begun_anew() {
        let spools = Spools::default();
        let progress = Progress::new();
        progress.cancel();
        assert!(spools.open("a", text("0123"), &|| stopped(&progress), &progress).is_err());
        let mut whole = String::new();
        spools
            .open("a", text("0123"), &|| Ok(()), &Progress::new())
            .unwrap()
            .read_to_string(&mut whole)
            .unwrap();
        assert_eq!((whole.as_str(), spools.unpacked()), ("0123", 1));
    }
}
