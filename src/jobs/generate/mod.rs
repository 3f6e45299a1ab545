//! Makes the log of an invented coffee-gear shop, of any size, the same to the byte for the same options on every
//! platform. Not for reading logs, and not for the sample's plan and board: see `jobs::sample`.
//!
//! *Promise.* A log holds exactly [`GenerateOptions::events`] distinct events that can be imported, all within
//! `start .. start + days` (but for the few planted in 2031). With faults, lines that repeat a message and lines that
//! cannot be events come on top; [`Generated::faults`] counts them. The same options give the same bytes for as long
//! as [`FORMAT`] is the same.
//!
//! *Persons.* [`GenerateOptions::persons`] people visit the shop, all of them when there are about ten events for
//! each. A person who never signs in on a second device looks like two in the log, and a shared device joins many.
//!
//! *Order and memory.* Lines are ordered by the time they arrive, which for all but the planted late ones is their own
//! time. Memory is about 40 bytes a person, the events of a busy hour, and those of the last day.

mod catalog;
mod faults;
mod line;
mod log;
mod person;
mod random;
mod shop;
mod visit;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::base::{Cancelled, Progress};
use crate::model::time::Time;

pub use faults::Fault;

/// Changes when the same options give other bytes.
pub const FORMAT: u32 = 1;

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Exact number of distinct events.
    pub events: u64,
    /// People who visit the shop.
    pub persons: u64,
    /// Another seed is another shop year.
    pub seed: u64,
    /// The first day begins here.
    pub start: Time,
    /// How many days of 24 hours.
    pub days: u32,
    /// Plant every [`Fault`], in proportion to `events`, and the old source that speaks in old names.
    pub faults: bool,
}

impl Default for GenerateOptions {
    /// The sample: 30,000 events of 2,400 people over 90 days from 2026-01-01, with faults.
    fn default() -> Self {
        GenerateOptions {
            events: 30_000,
            persons: 2_400,
            seed: 11,
            start: Time(1_767_225_600_000_000),
            days: 90,
            faults: true,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Distinct events: exactly as many as asked for.
    pub events: u64,
    /// Lines written: events, repeated messages and lines that cannot be events.
    pub lines: u64,
    /// Bytes written, before compression.
    pub bytes: u64,
    /// How often each fault was planted, in the order of [`Fault::ALL`]. Empty without faults.
    pub faults: Vec<(Fault, u64)>,
}

/// Why no log was made, or only a part of it.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A person asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The options ask for something that cannot be.
    #[error("Nothing can be generated: {0}")]
    Options(&'static str),
    /// The output could not be written.
    #[error("The log could not be written: {0}")]
    Write(#[from] io::Error),
    /// The file could not be written.
    #[error("The log could not be written: {cause}: {}", path.display())]
    File {
        /// The cause.
        cause: io::Error,
        /// The file.
        path: PathBuf,
    },
}

/// Writes the log as NDJSON; progress is in events.
///
/// # Errors
/// Impossible options, a failing writer, or `Cancelled`; what was written until then stays.
pub fn generate(
    options: &GenerateOptions,
    out: &mut dyn Write,
    progress: &Progress,
) -> Result<Generated, GenerateError> {
    check(options)?;
    shop::run(options, out, progress)
}

fn check(options: &GenerateOptions) -> Result<(), GenerateError> {
    if options.persons == 0 && options.events > 0 {
        return Err(GenerateError::Options("a log needs at least one person"));
    }
    if options.persons > 100_000_000 {
        return Err(GenerateError::Options("at most 100 million persons are possible"));
    }
    if options.days == 0 || options.days > 3_660 {
        return Err(GenerateError::Options("a log spans 1 to 3,660 days"));
    }
    let span_us = i64::from(options.days) * crate::model::time::DAY_US;
    if options.start < Time::EARLIEST || options.start.plus(span_us) > Time::LATEST {
        return Err(GenerateError::Options("the days must lie between 1990 and 2100"));
    }
    Ok(())
}

/// Writes the log to a file, replacing it once it is whole: gzip when it ends in `.gz`, zstd in `.zst`, plain otherwise.
///
/// # Errors
/// As [`generate`], and a file that cannot be made; what was at the path is then as before. A device or a pipe is
/// written to directly.
pub fn generate_file(
    options: &GenerateOptions,
    path: &Path,
    progress: &Progress,
) -> Result<Generated, GenerateError> {
    check(options)?;
    let at = |cause| GenerateError::File { cause, path: path.to_owned() };
    let written = if std::fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        File::create(path).map_err(GenerateError::Write).and_then(|file| pack(options, path, file, progress))
    } else {
        // What a link leads to is replaced, not the link.
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let draft = Draft::beside(&place);
        let made = File::create(&draft.0).map_err(GenerateError::Write);
        let made = made.and_then(|file| pack(options, path, file, progress));
        made.and_then(|made| Ok(std::fs::rename(&draft.0, &place).map(|()| made)?))
    };
    written.map_err(|error| match error {
        GenerateError::Write(cause) => at(cause),
        other => other,
    })
}

/// A file that is removed unless it was given its name.
struct Draft(PathBuf);

impl Draft {
    fn beside(place: &Path) -> Draft {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        Draft(place.with_file_name(format!(".{name}.{}.part", std::process::id())))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Renamed, it is not there; what cannot be removed is told by the error that led here.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes the log, packed as the name `path` says.
fn pack(
    options: &GenerateOptions,
    path: &Path,
    file: File,
    progress: &Progress,
) -> Result<Generated, GenerateError> {
    let file = BufWriter::with_capacity(1 << 20, file);
    let small = options.events <= 200_000;
    let made = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let level = flate2::Compression::new(if small { 9 } else { 4 });
            let mut out = flate2::write::GzEncoder::new(file, level);
            let made = generate(options, &mut out, progress);
            made.and_then(|made| Ok((made, out.finish()?)))
        }
        Some("zst") => {
            let mut out = zstd::Encoder::new(file, if small { 12 } else { 3 })?;
            let made = generate(options, &mut out, progress);
            made.and_then(|made| Ok((made, out.finish()?)))
        }
        Some(_) | None => {
            let mut out = file;
            generate(options, &mut out, progress).map(|made| (made, out))
        }
    };
    let (made, mut file) = made?;
    file.flush()?;
    Ok(made)
}
