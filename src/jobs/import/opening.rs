//! A log's format found and its reader set up, whatever the log is: a file, an archive, a folder. Not for finding its
//! files: see `source`; nor for what comes of the records: see `jobs::import`.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::look::readings_of;
use super::memory::column_set;
use super::secret;
use super::source::Source;
use super::spools::Spools;
use super::stream::{Notes, PartsReader};
use super::{ImportError, ImportOptions, REPORT_RECORDS};
use crate::base::{Diagnostic, Progress, Severity};
use crate::formats::log::access_log::AccessLog;
use crate::formats::log::compression::Packing;
use crate::formats::log::preview::{self, no_events};
use crate::formats::log::time_readings::Reading;
use crate::formats::log::{
    self, HEAD, Input, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Reason, Record, SeekInput,
};
use crate::store::Document;

/// Records of the beginning of a part among which one must be an event.
const MOST_TRIED: usize = 1_000;

/// A log whose format is known.
pub(super) struct Log {
    pub(super) source: Source,
    /// The format; of many files that of the first.
    pub(super) format: &'static dyn LogFormat,
    packing: Packing,
    pub(super) options: ReadOptions,
    named: Option<&'static dyn LogFormat>,
    notes: Arc<Mutex<Notes>>,
}

impl Log {
    /// A log in which something is an event: otherwise nothing is to be written. What has to be unpacked for that is kept
    /// for the import.
    pub(super) fn with_an_event(
        document: &mut Document,
        path: &Path,
        options: &ImportOptions<'_>,
        progress: &Progress,
    ) -> Result<Log, ImportError> {
        let mut log = Log::find(path, options, &Spools::default(), progress).map_err(|problem| {
            if progress.is_cancelled() { ImportError::Cancelled } else { ImportError::Log(problem) }
        })?;
        log.look_for_an_event(progress)?;
        if log.format.name() == AccessLog.name() || log.source.parts().is_some() {
            log.options.salt = secret::salt(document)?;
        }
        Ok(log)
    }

    /// A log on disk. Reading it, from now on, ends with an error once a person has stopped it.
    pub(super) fn find(
        path: &Path,
        options: &ImportOptions<'_>,
        spools: &Spools,
        progress: &Progress,
    ) -> Result<Log, Diagnostic> {
        let mut source = Source::find(path)?;
        source.look_at(spools, progress);
        Log::of(source, options)
    }

    /// The log of a source that is there.
    pub(super) fn of(source: Source, options: &ImportOptions<'_>) -> Result<Log, Diagnostic> {
        let named = options.format.filter(|name| *name != "auto").map(log::named).transpose()?;
        let options = read_options(options);
        let notes = Arc::<Mutex<Notes>>::default();
        if source.parts().is_some() {
            let first = PartsReader::new(&source, named, &options, &notes)?;
            let format = first.format();
            return Ok(Log { source, format, packing: Packing::Plain, options, named, notes });
        }
        let (packing, input) = source.open()?;
        let format = match named {
            Some(format) => format,
            None => recognized(packing, input, &options).map_err(|problem| problem.at(source.place()))?.0,
        };
        Ok(Log { source, format, packing, options, named, notes })
    }

    /// A reader of the whole log, which comes to its end early once `stop` is set.
    pub(super) fn reader(&self, stop: &Arc<AtomicBool>) -> Result<Box<dyn LogReader + Send>, ImportError> {
        self.open_reader(stop).map_err(|problem| self.failed(problem))
    }

    /// Why nothing can be imported; what fails because a person has stopped it is no fault of the log.
    fn failed(&self, problem: Diagnostic) -> ImportError {
        match self.source.unless_stopped() {
            Ok(()) => ImportError::Log(problem.at(self.source.place())),
            Err(_) => ImportError::Cancelled,
        }
    }

    /// The same; a problem does not yet say where.
    pub(super) fn open_reader(
        &self,
        stop: &Arc<AtomicBool>,
    ) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
        if self.source.parts().is_some() {
            let reader = PartsReader::new(&self.source, self.named, &self.options, &self.notes)?;
            return Ok(Box::new(reader));
        }
        let (packing, input) = self.source.open()?;
        let input = Box::new(Stoppable { input, stop: stop.clone() });
        let place = Bytes { source: &self.source, file: Some(self.source.path()), packing, part: "" };
        open(self.format, input, &place, &self.options)
    }

    /// What a person should know of how the parts were read, and of what became of them.
    pub(super) fn notes(&self) -> Vec<Diagnostic> {
        let Some(parts) = self.source.parts() else { return Vec::new() };
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.diagnostics(&self.source, &parts.left_out)
    }

    /// Reads until the first event, which as a rule is the first record. In a log without any, nothing is written.
    fn look_for_an_event(&self, progress: &Progress) -> Result<(), ImportError> {
        let mut reader = self.reader(&Arc::default())?;
        let mut reasons = BTreeMap::new();
        let mut read = 0;
        loop {
            if (read as usize).is_multiple_of(REPORT_RECORDS) {
                progress.at(self.source.read(), self.source.length)?;
            }
            let problem = match reader.next() {
                Ok(Some(Record { outcome: Ok(_), .. })) => return Ok(()),
                Ok(Some(Record { outcome: Err(rejection), .. })) => {
                    read += 1;
                    *reasons.entry(rejection.reason).or_default() += 1;
                    continue;
                }
                Err(error) => self.broken_off(&error),
                Ok(None) if read == 0 => {
                    Diagnostic::error("no-events", "There is no record in the file: nothing was imported")
                        .hint("Export the log again, or choose another file")
                }
                Ok(None) => {
                    let mapping = reader.mapping().cloned();
                    let problem = no_events(read, &reasons);
                    let problem = match times(self, mapping.as_ref(), &reasons, progress) {
                        Some(hint) => problem.hint(hint),
                        None => problem,
                    };
                    let notes = reader.notes();
                    match notes.iter().find(|note| note.code == "sheet-chosen") {
                        Some(note) => problem.with_hint_of(note),
                        None => problem,
                    }
                }
            };
            let severity = Severity::Error;
            return Err(self.failed(Diagnostic { severity, ..problem }));
        }
    }

    pub(super) fn broken_off(&self, error: &ReadError) -> Diagnostic {
        let what = match self.packing {
            Packing::Plain => "The file could not be read to its end".to_owned(),
            Packing::Gzip | Packing::Zstd | Packing::Brotli => {
                format!("The {} archive is damaged or cut off", self.packing.word())
            }
        };
        Diagnostic::warning("log-broken-off", format!("{what}: {error}"))
            .hint("What came before is in; get the file again and import it for the rest")
    }
}

/// How the times of a log can be read, of which none can be as things are.
fn times(
    log: &Log,
    mapping: Option<&Mapping>,
    reasons: &BTreeMap<Reason, u64>,
    progress: &Progress,
) -> Option<String> {
    let is_of_times = reasons.contains_key(&Reason::BadTime) || reasons.contains_key(&Reason::TimeOutOfRange);
    let found = readings_of(log, mapping.filter(|_| is_of_times)?, progress).ok()??;
    let best = found.offers.first()?;
    let way = |reading: &Reading| format!("time_format = {}", toml::Value::from(reading.format.text()));
    let mut hint =
        format!("“{}” is read by a mapping with {}, as {}", best.example, way(best), best.becomes.iso());
    if let Some(other) = found.offers.get(1).filter(|other| found.is_ambiguous && other.reads == best.reads) {
        hint.push_str(&format!("; or {}: day and month cannot be told apart", way(other)));
    }
    Some(hint)
}

/// An input that ends when nobody wants more of it.
struct Stoppable {
    input: Input<'static>,
    stop: Arc<AtomicBool>,
}

impl Read for Stoppable {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) { Ok(0) } else { self.input.read(out) }
    }
}

/// The beginning of a log as its format sees it.
pub(super) struct Peeked {
    pub(super) format: &'static dyn LogFormat,
    /// The first bytes of its text.
    pub(super) head: Vec<u8>,
    /// The names that tell this kind of log from others.
    pub(super) columns: Vec<String>,
}

impl Log {
    /// The same log read in another way.
    pub(super) fn with_options(&self, options: ReadOptions) -> Log {
        Log {
            source: self.source.clone(),
            format: self.format,
            packing: self.packing,
            options,
            // What is only a mapping's guess would not be recognized by another one.
            named: self.named.or(self.source.parts().map(|_| self.format)),
            notes: Arc::default(),
        }
    }

    /// The sheets of a workbook; empty for any other log, and for a folder or archive of files.
    pub(super) fn sheets(&self) -> Vec<String> {
        if self.source.parts().is_some() || !self.format.needs_seek() {
            return Vec::new();
        }
        let Ok((packing, input)) = self.source.open() else { return Vec::new() };
        let place = Bytes { source: &self.source, file: Some(self.source.path()), packing, part: "" };
        place.in_any_order(input).map(|input| self.format.sheets(input)).unwrap_or_default()
    }

    /// The beginning; `None` when it cannot be read.
    pub(super) fn peeked(&self) -> Option<Peeked> {
        self.peeked_or_failed().ok()
    }

    /// The beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn peeked_or_failed(&self) -> Result<Peeked, Diagnostic> {
        let (format, head) = match self.source.parts() {
            Some(_) => {
                let reader = PartsReader::new(&self.source, self.named, &self.options, &Arc::default())
                    .map_err(|problem| problem.at(self.source.place()))?;
                (reader.format(), reader.head().to_vec())
            }
            None => {
                let (packing, input) = self.source.open()?;
                let head = match self.format.needs_seek() {
                    true => {
                        let place =
                            Bytes { source: &self.source, file: Some(self.source.path()), packing, part: "" };
                        sample(self.format, input, &place, &self.options)
                    }
                    false => log::peek(input).0,
                };
                (self.format, head)
            }
        };
        let columns = column_set(format, preview::columns(format, &head, &self.options));
        Ok(Peeked { format, head, columns })
    }
}

/// Where the bytes of a log lie.
pub(super) struct Bytes<'s> {
    pub(super) source: &'s Source,
    /// The file that they are all of, if they are not in an archive.
    pub(super) file: Option<&'s Path>,
    /// How the file is packed.
    pub(super) packing: Packing,
    /// The part of the log that they are; empty for a log that is one file.
    pub(super) part: &'s str,
}

impl Bytes<'_> {
    /// In any order: those of the file, or the unpacked ones spooled.
    fn in_any_order(&self, unpacked: Input<'static>) -> Result<SeekInput, Diagnostic> {
        let input = match self.file.filter(|_| self.packing == Packing::Plain) {
            Some(file) => self.source.open_seek(file),
            None => self.source.spooled(self.part, unpacked),
        };
        input.map_err(|error| {
            Diagnostic::error("log-unreadable", format!("The file cannot be read: {error}"))
                .hint("Check the disk, and that there is room for temporary files; then try again")
        })
    }
}

/// A reader over unpacked bytes, which lie at `place`.
pub(super) fn open(
    format: &'static dyn LogFormat,
    unpacked: Input<'static>,
    place: &Bytes<'_>,
    options: &ReadOptions,
) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
    match format.needs_seek() {
        true => format.seek_reader(place.in_any_order(unpacked)?, options),
        false => format.reader(unpacked, options),
    }
}

/// The first rows of a log that is no text, as text; empty when it cannot be read, which its reader tells.
pub(super) fn sample(
    format: &'static dyn LogFormat,
    unpacked: Input<'static>,
    place: &Bytes<'_>,
    options: &ReadOptions,
) -> Vec<u8> {
    place.in_any_order(unpacked).map(|input| format.sample(input, options)).unwrap_or_default()
}

/// How to read, with a secret that is not the document's yet.
fn read_options(options: &ImportOptions<'_>) -> ReadOptions {
    ReadOptions {
        mapping: options.mapping.clone(),
        zone: options.zone,
        imported_at: options.imported_at,
        salt: [0; 16],
    }
}

fn recognized(
    packing: Packing,
    input: Input<'static>,
    options: &ReadOptions,
) -> Result<(&'static dyn LogFormat, Vec<u8>), Diagnostic> {
    let (head, mut rest) = log::peek(input);
    let format = recognized_head(packing, &head, Some(&mut rest), options)?;
    Ok((format, head))
}

fn recognized_head(
    packing: Packing,
    head: &[u8],
    rest: Option<&mut Input<'static>>,
    options: &ReadOptions,
) -> Result<&'static dyn LogFormat, Diagnostic> {
    if head.is_empty() && packing != Packing::Plain {
        // Damage within the first block: the reader meets the error and names it.
        let failed = rest.and_then(|rest| rest.read(&mut [0; 1]).err());
        return Err(nothing_unpacked(packing, failed.as_ref()));
    }
    log::recognize(head, options.mapping.as_ref())
}

fn nothing_unpacked(packing: Packing, error: Option<&io::Error>) -> Diagnostic {
    let why = error.map(|error| format!(": {error}")).unwrap_or_default();
    let message = format!("Nothing could be unpacked from this {} archive{why}", packing.word());
    Diagnostic::error("log-broken-off", message).hint("Get the file again, or unpack it with another tool")
}

/// True when the beginning of a part holds an event, or too little to tell.
pub(super) fn holds_an_event(format: &'static dyn LogFormat, head: &[u8], options: &ReadOptions) -> bool {
    let Ok(mut reader) = format.reader(Box::new(io::Cursor::new(head)), options) else { return false };
    for tried in 0..MOST_TRIED {
        match reader.next() {
            Ok(Some(record)) if record.outcome.is_ok() => return true,
            Ok(Some(_)) => {}
            // One record fills the head.
            Ok(None) | Err(_) => return tried <= 1 && head.len() >= HEAD,
        }
    }
    false
}
