//! Temporary files of what had to be unpacked, kept while a log is looked at again and again. Not for looking at it: see
//! `look`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Progress;
use crate::formats::log::{Input, SeekInput};

/// The most that is unpacked into a temporary file, for a format that is not read from the beginning to the end.
const MOST_SPOOLED: u64 = 16 << 30;
/// How much is unpacked between two looks whether to stop.
const PIECE: usize = 256 << 10;

/// Temporary files by what they hold. They have no name, and are gone once nobody holds them any more.
#[derive(Clone, Debug, Default)]
pub struct Spools(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    files: BTreeMap<String, Arc<Mutex<File>>>,
    unpacked: u64,
}

impl Spools {
    /// How many times something was unpacked.
    pub fn unpacked(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unpacked
    }

    /// The bytes under this name, unpacked at the first time; `unpacked` is not read afterwards. Reading ends with an
    /// error once a person has stopped it.
    pub(super) fn open(
        &self,
        name: &str,
        unpacked: Input<'static>,
        told: &Told<'_>,
        progress: &Progress,
    ) -> io::Result<SeekInput> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).files.get(name).cloned();
        let file = match known {
            Some(file) => file,
            None => {
                let file = Arc::new(Mutex::new(written(unpacked, told)?));
                let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                kept.unpacked += 1;
                kept.files.insert(name.to_owned(), file.clone());
                file
            }
        };
        Ok(Box::new(BufReader::new(Shared { file, at: 0, progress: progress.clone() })))
    }
}

/// Hears how far unpacking is.
pub(super) type Told<'t> = dyn Fn() -> io::Result<()> + 't;

/// Bytes in a temporary file without a name, which is gone once it is closed.
pub(super) fn spool(input: Input<'static>) -> io::Result<SeekInput> {
    Ok(Box::new(BufReader::new(written(input, &|| Ok(()))?)))
}

/// What a stop of unpacking looks like to who reads.
pub(super) fn stopped(progress: &Progress) -> io::Result<()> {
    if progress.is_cancelled() { Err(io::Error::other("stopped")) } else { Ok(()) }
}

fn written(input: Input<'static>, told: &Told<'_>) -> io::Result<File> {
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
    Ok(file)
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
