//! Importing a log file into a document, start to finish. Not for one format: see `formats::log`; nor for rows: see `store::import`.
//!
//! A thread reads and parses, the caller's thread writes; between them wait at most a few megabytes. What was
//! written is committed in chunks with the position reached, so that a cancelled or killed import leaves whole
//! chunks, and importing the same file again goes on from there. A file in which nothing at all is an event leaves
//! no batch behind, and neither does one that was imported before and adds nothing.
//!
//! The cache is rebuilt at the end, unless a person has stopped the import: then it ends at once, and the next who
//! loads the table builds it (a writer for all, a reader for itself).

mod place;
mod secret;
mod source;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

pub use self::place::batch_path;
pub use self::source::{Source, source_name};
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::formats::log::compression::Packing;
use crate::formats::log::preview::{self, Preview, no_events};
use crate::formats::log::{self, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Reason, Record};
use crate::model::time::{Time, Zone};
use crate::store::{Added, BatchInfo, Document, Importer, StoreError};

/// Records of a chunk.
const CHUNK_RECORDS: u64 = 10_000;
/// Unpacked bytes after which a chunk ends early.
const CHUNK_BYTES: u64 = 16 << 20;
/// Records that pass from the parser to the writer at once.
const PARCEL_RECORDS: usize = 1_000;
/// Unpacked bytes after which a parcel is sent early; with [`PARCELS`] it bounds the memory.
const PARCEL_BYTES: u64 = 2 << 20;
/// Parcels that may wait.
const PARCELS: usize = 4;

/// How to import a file.
#[derive(Clone, Debug)]
pub struct ImportOptions<'o> {
    /// The format's name; `None` or `auto` to recognize it by content.
    pub format: Option<&'o str>,
    /// Which columns or paths mean what, if the log needs it.
    pub mapping: Option<Mapping>,
    /// Where the log comes from, in the person's words; may be empty.
    pub source: String,
    /// Now: events later than this are future.
    pub imported_at: Time,
    /// The zone of times without one, unless the mapping names its own.
    pub zone: Zone,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// The file's name.
    pub file: String,
    /// The format's name.
    pub format: &'static str,
    /// The batch's number; `None` when nothing was left to keep.
    pub batch: Option<i64>,
    /// Records read: imported + traits + duplicates + quarantined. Of a resumed import, the earlier ones too.
    pub read: u64,
    /// Events added.
    pub imported: u64,
    /// Rows of traits of persons added, which are no events.
    pub traits: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Duplicates that said something else than the first arrival.
    pub conflicts: u64,
    /// Records that are no event.
    pub quarantined: u64,
    /// Why they are none, as met in this run, most frequent first.
    pub reasons: Vec<(Reason, u64)>,
    /// Time of the earliest event added.
    pub first_time: Option<Time>,
    /// Time of the latest event added.
    pub last_time: Option<Time>,
    /// False when a person stopped it or the file could not be read to its end: whole chunks are kept.
    pub complete: bool,
    /// Wall-clock time of the import, the cache included.
    pub elapsed_ms: u64,
    /// What the person should know.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file, its format or the mapping: nothing was written.
    #[error("{0}")]
    Log(Diagnostic),
    /// The document: whole chunks written before are kept.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A person stopped it before anything was written.
    #[error("cancelled")]
    Cancelled,
}

impl ImportError {
    /// What to tell the person.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            ImportError::Log(diagnostic) => diagnostic.clone(),
            ImportError::Store(error) => error.diagnostic(),
            ImportError::Cancelled => {
                Diagnostic::info("import-cancelled", "The import was stopped before anything was added")
            }
        }
    }
}

impl From<Cancelled> for ImportError {
    fn from(_: Cancelled) -> Self {
        ImportError::Cancelled
    }
}

/// Imports a file and rebuilds the cache, also after one that breaks off, but not after a person's stop. Progress counts bytes of the file as it is on disk, then the cache's own steps.
///
/// # Errors
/// When the file cannot be read, nothing in it is an event, or the document cannot be written.
pub fn import(
    document: &mut Document,
    path: &Path,
    options: &ImportOptions<'_>,
    progress: &Progress,
) -> Result<ImportReport, ImportError> {
    let start = Instant::now();
    let log = Log::with_an_event(document, path, options, progress)?;
    take_in(document, &log, options, progress, start)
}

/// Imports a file in place of an earlier import: that one is removed first, for otherwise its events would be there
/// already. Progress counts the events removed, then as [`import`] does.
///
/// # Errors
/// As [`import`], and before anything is removed when the file cannot be read, nothing in it is an event, or a person
/// stops it. What fails or is stopped later leaves the document without the earlier import.
pub fn replace(
    document: &mut Document,
    batch: i64,
    path: &Path,
    options: &ImportOptions<'_>,
    progress: &Progress,
) -> Result<ImportReport, ImportError> {
    let start = Instant::now();
    let log = Log::with_an_event(document, path, options, progress)?;
    match document.remove_batch(batch, progress) {
        Ok(_) => {}
        Err(StoreError::Cancelled) => return Err(ImportError::Cancelled),
        Err(error) => return Err(error.into()),
    }
    place::forget_path(document, batch)?;
    take_in(document, &log, options, progress, start)
}

fn take_in(
    document: &mut Document,
    log: &Log,
    options: &ImportOptions<'_>,
    progress: &Progress,
    start: Instant,
) -> Result<ImportReport, ImportError> {
    let mut report = write(document, log, options, progress)?;
    if let Some(batch) = report.batch {
        // Only spares a person choosing the file another time.
        let _ = place::keep_path(document, batch, log.source.path());
    }
    if !progress.is_cancelled() {
        match document.rebuild_cache(progress) {
            Ok(()) => {}
            // Who loads the table next builds it.
            Err(StoreError::Cancelled) => {}
            Err(error) => {
                let message = format!("The events are in, but their columns could not be built: {error}");
                report.diagnostics.push(Diagnostic::warning("no-cache", message));
            }
        }
    }
    report.elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// The first rows of a file as they will become, and how it would be read.
///
/// # Errors
/// When the file cannot be read or is no log.
pub fn preview(path: &Path, options: &ImportOptions<'_>) -> Result<Preview, Diagnostic> {
    let source = Source::find(path)?;
    let (_, input) = source.open()?;
    let read = read_options(options, [0; 16]);
    let named = options.format.filter(|name| *name != "auto");
    let (head, input) = log::peek(input);
    let format = named.map_or_else(|| log::recognize(&head, read.mapping.as_ref()), log::named);
    let format = format.map_err(|problem| problem.at(source.place()))?;
    let seen = match format.needs_seek() {
        true => preview::preview_seek(format, || source.open_seek(), &read),
        false => preview::preview(input, Some(format.name()), &read),
    };
    seen.map_err(|problem| problem.at(source.place()))
}

/// A file whose format is known.
struct Log {
    source: Source,
    format: &'static dyn LogFormat,
    packing: Packing,
    options: ReadOptions,
}

impl Log {
    /// A file in which something is an event: otherwise nothing is to be written.
    fn with_an_event(
        document: &mut Document,
        path: &Path,
        options: &ImportOptions<'_>,
        progress: &Progress,
    ) -> Result<Log, ImportError> {
        let mut log = Log::find(path, options).map_err(ImportError::Log)?;
        if log.format.name() == "access-log" {
            log.options.salt = secret::salt(document)?;
        }
        log.look_for_an_event(progress)?;
        Ok(log)
    }

    fn find(path: &Path, options: &ImportOptions<'_>) -> Result<Log, Diagnostic> {
        let named = options.format.filter(|name| *name != "auto").map(log::named).transpose()?;
        let source = Source::find(path)?;
        let (packing, input) = source.open()?;
        let format = match named {
            Some(format) => format,
            None => {
                let (head, mut rest) = log::peek(input);
                if head.is_empty() && packing != Packing::Plain {
                    // Damage within the first block: the reader meets the error and names it.
                    let failed = std::io::Read::read(&mut rest, &mut [0; 1]).err();
                    return Err(nothing_unpacked(packing, failed.as_ref()).at(source.place()));
                }
                log::recognize(&head, options.mapping.as_ref())
                    .map_err(|problem| problem.at(source.place()))?
            }
        };
        Ok(Log { source, format, packing, options: read_options(options, [0; 16]) })
    }

    fn reader(&self) -> Result<Box<dyn LogReader + Send>, ImportError> {
        if self.format.needs_seek() {
            let input = self.source.open_seek().map_err(ImportError::Log)?;
            let reader = self.format.seek_reader(input, &self.options);
            return reader.map_err(|problem| ImportError::Log(problem.at(self.source.place())));
        }
        let (_, input) = self.source.open().map_err(ImportError::Log)?;
        self.format
            .reader(input, &self.options)
            .map_err(|problem| ImportError::Log(problem.at(self.source.place())))
    }

    /// Reads until the first event, which as a rule is the first record. In a file without any, nothing is written.
    fn look_for_an_event(&self, progress: &Progress) -> Result<(), ImportError> {
        let mut reader = self.reader()?;
        let mut reasons = BTreeMap::new();
        let mut read = 0;
        loop {
            if (read as usize).is_multiple_of(PARCEL_RECORDS) {
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
                Ok(None) => no_events(read, &reasons),
            };
            let severity = crate::base::Severity::Error;
            return Err(ImportError::Log(Diagnostic { severity, ..problem }.at(self.source.place())));
        }
    }

    fn broken_off(&self, error: &ReadError) -> Diagnostic {
        let what = match self.packing {
            Packing::Plain => "The file could not be read to its end".to_owned(),
            Packing::Gzip | Packing::Zstd => {
                format!("The {} archive is damaged or cut off", self.packing.word())
            }
        };
        Diagnostic::warning("log-broken-off", format!("{what}: {error}"))
            .hint("What came before is in; get the file again and import it for the rest")
    }
}

/// What the parser tells the writer.
enum Parcel {
    Records(Vec<Record>),
    End(Option<ReadError>),
}

/// How the records came to their end.
enum End {
    Complete,
    BrokenOff(ReadError),
    Cancelled,
}

fn write(
    document: &mut Document,
    log: &Log,
    options: &ImportOptions<'_>,
    progress: &Progress,
) -> Result<ImportReport, ImportError> {
    let reader = log.reader()?;
    let notes = reader.notes();
    let info = BatchInfo {
        file: log.source.name.clone(),
        source: options.source.clone(),
        format: log.format.name().to_owned(),
        mapping: reader.mapping().map(Mapping::to_text).unwrap_or_else(|| stated(&log.options)),
        imported_at: options.imported_at,
        fingerprint: log.source.fingerprint.clone(),
    };
    let known = document.batches()?.into_iter().any(|batch| {
        batch.is_complete
            && batch.fingerprint == info.fingerprint
            && batch.format == info.format
            && batch.mapping == info.mapping
    });
    let mut writer = Writer::new(document.import(info)?, known);
    let end = std::thread::scope(|scope| {
        let (sender, parcels) = sync_channel(PARCELS);
        let parser = scope.spawn(move || parse(reader, &sender));
        let end = writer.take_all(&parcels, &log.source, progress);
        // A parser that waits with a full channel gives up once nobody receives.
        drop(parcels);
        match parser.join() {
            Ok(()) => end,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let mut report = writer.close(end, log)?;
    report.diagnostics.splice(0..0, notes);
    Ok(report)
}

fn parse(mut reader: Box<dyn LogReader + Send>, parcels: &SyncSender<Parcel>) {
    let mut sent = 0;
    let mut records = Vec::with_capacity(PARCEL_RECORDS);
    let failed = loop {
        match reader.next() {
            Ok(Some(record)) => {
                let position = record.position;
                records.push(record);
                if records.len() < PARCEL_RECORDS && position - sent < PARCEL_BYTES {
                    continue;
                }
                sent = position;
                let full = std::mem::replace(&mut records, Vec::with_capacity(PARCEL_RECORDS));
                if parcels.send(Parcel::Records(full)).is_err() {
                    return;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    // The writer is gone only when it has stopped, and then wants neither.
    let _ = parcels.send(Parcel::Records(records));
    let _ = parcels.send(Parcel::End(failed));
}

/// Puts records where they belong and ends chunks.
struct Writer<'d> {
    importer: Importer<'d>,
    /// Imported before: nothing is committed until something turns out to be new.
    hold: bool,
    resumed_at: u64,
    resumed: u64,
    reasons: BTreeMap<Reason, u64>,
    /// The same up to the last commit.
    kept_reasons: BTreeMap<Reason, u64>,
    /// Records and position of the last commit.
    in_chunk: u64,
    committed: u64,
    position: u64,
}

impl<'d> Writer<'d> {
    fn new(importer: Importer<'d>, known: bool) -> Self {
        let resumed_at = importer.resume_position();
        Writer {
            hold: known && resumed_at == 0,
            resumed_at,
            resumed: 0,
            reasons: BTreeMap::new(),
            kept_reasons: BTreeMap::new(),
            in_chunk: 0,
            committed: resumed_at,
            position: resumed_at,
            importer,
        }
    }

    fn take_all(
        &mut self,
        parcels: &Receiver<Parcel>,
        source: &Source,
        progress: &Progress,
    ) -> Result<End, StoreError> {
        loop {
            if progress.at(source.read(), source.length).is_err() {
                return Ok(End::Cancelled);
            }
            match parcels.recv() {
                Ok(Parcel::Records(records)) => {
                    for record in records {
                        self.take(&record)?;
                    }
                }
                Ok(Parcel::End(None)) => return Ok(End::Complete),
                Ok(Parcel::End(Some(error))) => return Ok(End::BrokenOff(error)),
                // The parser panicked; joining it tells.
                Err(_) => return Ok(End::Cancelled),
            }
        }
    }

    fn take(&mut self, record: &Record) -> Result<(), StoreError> {
        if let Err(rejection) = &record.outcome {
            *self.reasons.entry(rejection.reason).or_default() += 1;
        }
        if record.position <= self.resumed_at {
            self.resumed += 1;
            if let Ok(event) = &record.outcome {
                self.importer.skip(event, record.raw_hash);
            }
            return Ok(());
        }
        match &record.outcome {
            Ok(event) => {
                if self.importer.add(event, record.line, record.raw_hash)? == Added::New {
                    self.hold = false;
                }
            }
            Err(rejection) => {
                let code = rejection.reason.code();
                self.importer.quarantine(record.line, code, &rejection.detail, &record.raw)?;
            }
        }
        self.position = record.position;
        self.in_chunk += 1;
        let full = self.in_chunk >= CHUNK_RECORDS || self.position - self.committed >= CHUNK_BYTES;
        if full && !self.hold { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.importer.commit(self.position)?;
        self.in_chunk = 0;
        self.committed = self.position;
        self.kept_reasons.clone_from(&self.reasons);
        Ok(())
    }

    /// Ends the batch as the records ended, and tells what became of them.
    fn close(mut self, end: Result<End, StoreError>, log: &Log) -> Result<ImportReport, ImportError> {
        let mut diagnostics = Vec::new();
        let complete = match end {
            Ok(End::Complete) => true,
            Ok(End::BrokenOff(error)) => {
                diagnostics.push(log.broken_off(&error).at(log.source.place()));
                false
            }
            Ok(End::Cancelled) => {
                diagnostics.push(
                    Diagnostic::warning(
                        "import-cancelled",
                        "The import was stopped; whole chunks of it are kept",
                    )
                    .hint("Import the same file again to go on, or remove the batch"),
                );
                let batch = self.importer.batch_id().filter(|_| self.committed > 0);
                let counts = self.importer.finish(false)?;
                return Ok(report(log, batch, counts, &self.kept_reasons, false, diagnostics));
            }
            Err(error) => {
                // The first error says why; whole chunks are kept either way, and persons are computed on opening.
                let _ = self.importer.finish(false);
                return Err(error.into());
            }
        };
        if self.hold {
            let counts = self.importer.counts();
            self.importer.discard()?;
            diagnostics.push(already_imported(log));
            return Ok(report(log, None, counts, &self.reasons, complete, diagnostics));
        }
        self.commit()?;
        if self.resumed > 0 {
            let message = format!(
                "Went on where an earlier import of this file had stopped, after {} records",
                self.resumed
            );
            diagnostics.push(Diagnostic::info("import-resumed", message));
        }
        let batch = self.importer.batch_id();
        let counts = self.importer.finish(complete)?;
        if counts.imported + counts.traits == 0 {
            diagnostics.push(already_imported(log));
        }
        Ok(report(log, batch, counts, &self.reasons, complete, diagnostics))
    }
}

fn report(
    log: &Log,
    batch: Option<i64>,
    counts: crate::store::BatchCounts,
    reasons: &BTreeMap<Reason, u64>,
    complete: bool,
    mut diagnostics: Vec<Diagnostic>,
) -> ImportReport {
    if counts.conflicts > 0 {
        let carried = if counts.conflicts == 1 { "duplicate carries" } else { "duplicates carry" };
        let message =
            format!("{} {carried} other content than the event first seen, which stays", counts.conflicts);
        diagnostics.push(
            Diagnostic::warning("conflicting-duplicates", message)
                .hint("If the message id names something else in this log, map it to another column"),
        );
    }
    let mut reasons: Vec<_> = reasons.iter().map(|(reason, count)| (*reason, *count)).collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ImportReport {
        file: log.source.name.clone(),
        format: log.format.name(),
        batch,
        read: counts.read,
        imported: counts.imported,
        traits: counts.traits,
        duplicates: counts.duplicates,
        conflicts: counts.conflicts,
        quarantined: counts.quarantined,
        reasons,
        first_time: counts.first_time,
        last_time: counts.last_time,
        complete,
        elapsed_ms: 0,
        diagnostics,
    }
}

fn already_imported(log: &Log) -> Diagnostic {
    let message = format!("Every event of {} is in the document already: nothing was added", log.source.name);
    Diagnostic::info("already-imported", message)
}

fn nothing_unpacked(packing: Packing, error: Option<&std::io::Error>) -> Diagnostic {
    let why = error.map(|error| format!(": {error}")).unwrap_or_default();
    let message = format!("Nothing could be unpacked from this {} archive{why}", packing.word());
    Diagnostic::error("log-broken-off", message).hint("Get the file again, or unpack it with another tool")
}

fn read_options(options: &ImportOptions<'_>, salt: [u8; 16]) -> ReadOptions {
    ReadOptions {
        mapping: options.mapping.clone(),
        zone: options.zone,
        imported_at: options.imported_at,
        salt,
    }
}

/// The mapping that stands for a format without columns: it keeps apart imports that read zoneless times differently.
fn stated(options: &ReadOptions) -> String {
    let given = options.mapping.clone().unwrap_or_default();
    let zone = given.zone.unwrap_or(options.zone);
    if zone == Zone::default() && given == Mapping::default() {
        return String::new();
    }
    Mapping { zone: Some(zone), ..given }.to_text()
}
