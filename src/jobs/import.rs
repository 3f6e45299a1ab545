//! Importing a log, a file or a folder or archive of files, into a document, start to finish. Not for one format: see `formats::log`; nor for rows: see `store::import`.
//!
//! Other threads read and parse, the caller's thread writes; between them wait at most some tens of megabytes: three
//! parcels for each parsing thread and eight for the thread that makes columns, each a block of 1 MB with its texts and
//! columns. What was written is committed in chunks with the position reached, so that a cancelled or killed import leaves whole
//! chunks, and importing the same file again goes on from there. A file in which nothing at all is an event leaves
//! no batch behind, and neither does one that was imported before and adds nothing.
//!
//! Runs of the cache are made meanwhile. At the end what no run shows yet is read from the rows, unless a person has
//! stopped the import: then it ends at once, and the next who loads the table does that (a writer for all, a reader for
//! itself).

mod beside;
mod look;
mod memory;
mod opening;
mod parts;
mod pipeline;
mod place;
mod secret;
mod source;
mod spools;
mod stream;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use self::beside::Helper;
pub use self::look::{Compared, Look, Looking, look};
pub use self::memory::{Remembered, remember, remembered, remembered_unless_stopped, said};
use self::opening::Log;
pub use self::parts::files_below;
use self::pipeline::{Next, Outcome, Parcel, Parcels, Parsed, read_ahead};
pub use self::place::{batch_path, batch_paths};
pub use self::source::{Source, source_name};
pub use self::spools::Spools;
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::formats::log::preview::Preview;
use crate::formats::log::{Mapping, ReadError, ReadOptions, Reason};
use crate::model::time::{Time, Zone};
use crate::store::{Added, BatchInfo, Document, Importer, StoreError};

/// Records of a chunk.
const CHUNK_RECORDS: u64 = 10_000;
/// Unpacked bytes after which a chunk ends early.
const CHUNK_BYTES: u64 = 16 << 20;
/// Records between two looks whether to stop.
const REPORT_RECORDS: usize = 1_000;
/// Events that are looked up at once: more would be gone from the processor's caches before they are added.
const EXPECTED: usize = 64;

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
    /// Under which a mapping of a log like this is remembered in the document; `None` when none is to be remembered or
    /// forgotten.
    pub mapping_key: Option<String>,
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
        if let Some(parts) = log.source.parts() {
            let names: Vec<&str> = parts.list.iter().map(|part| part.name.as_str()).collect();
            document.keep_parts(batch, &names)?;
        }
    }
    // Who asks for a file's import takes its removal back.
    document.forget_removed_import(&log.source.fingerprint)?;
    report.diagnostics.extend(log.notes());
    if report.complete && !progress.is_cancelled() {
        report.mapping_key = memory::key_of(document, log, options);
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
    look(path, options, &Looking::default(), &Progress::new()).map(|look| look.log)
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
    let stop = Arc::new(AtomicBool::new(false));
    let mut reader = log.reader(&stop)?;
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
    let mut importer = match document.import_unless_cancelled(info, progress) {
        Err(StoreError::Cancelled) => return Err(ImportError::Cancelled),
        other => other?,
    };
    if let Some(header) = reader.header() {
        importer.keep_header(header.to_text());
    }
    importer.report_to(progress);
    let mut report = beside::with_helper(importer, progress, |importer, helper| {
        let mut writer = Writer::new(importer, helper, known);
        let end = read_ahead(&mut *reader, &stop, |parcels| writer.take_all(parcels, &log.source, progress));
        let end = writer.settle(end, progress);
        writer.close(end, log, progress)
    })?;
    report.diagnostics.splice(0..0, notes);
    Ok(report)
}

/// Puts records where they belong and ends chunks.
struct Writer<'d> {
    importer: Importer<'d>,
    helper: Helper,
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
    fn new(importer: Importer<'d>, helper: Helper, known: bool) -> Self {
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
            helper,
        }
    }

    fn take_all(
        &mut self,
        parcels: &mut Parcels,
        source: &Source,
        progress: &Progress,
    ) -> Result<End, StoreError> {
        loop {
            if progress.at(source.read(), source.length).is_err() {
                return Ok(End::Cancelled);
            }
            let mut next = parcels.next();
            while matches!(next, Next::Wait) && !progress.is_cancelled() {
                next = parcels.next();
            }
            // What is read after a stop broke off because of it.
            if progress.is_cancelled() {
                return Ok(End::Cancelled);
            }
            match next {
                Next::Parcel(mut parcel) => {
                    let mut expected = 0;
                    for (n, record) in parcel.records.iter().enumerate() {
                        if matches!(record.outcome, Outcome::Event(index) if index == expected) {
                            self.importer.expect(&parcel.events, expected..expected + EXPECTED);
                            expected += EXPECTED;
                        }
                        if n % REPORT_RECORDS == REPORT_RECORDS - 1
                            && progress.at(source.read(), source.length).is_err()
                        {
                            return Ok(End::Cancelled);
                        }
                        self.take(record, &parcel)?;
                    }
                    self.importer.end_parcel(&mut parcel.events);
                }
                Next::End(None) => return Ok(End::Complete),
                Next::End(Some(error)) => return Ok(End::BrokenOff(error)),
                // A panic of a thread shows when it is joined.
                Next::Wait | Next::Lost => return Ok(End::Cancelled),
            }
        }
    }

    fn take(&mut self, record: &Parsed, parcel: &Parcel) -> Result<(), StoreError> {
        if let Outcome::Rejected(rejected) = &record.outcome {
            *self.reasons.entry(rejected.0.reason).or_default() += 1;
        }
        if record.position <= self.resumed_at {
            self.resumed += 1;
            return match &record.outcome {
                Outcome::Event(index) => parcel.events.get(*index).map_or(Ok(()), |e| self.importer.skip(&e)),
                Outcome::Rejected(_) => Ok(()),
            };
        }
        match &record.outcome {
            Outcome::Event(index) => {
                if self.importer.add_packed(&parcel.events, *index)? == Some(Added::New) {
                    self.hold = false;
                }
            }
            Outcome::Rejected(rejected) => {
                let (rejection, raw) = &**rejected;
                let code = rejection.reason.code();
                self.importer.quarantine(record.line, code, &rejection.detail, raw)?;
            }
        }
        self.position = record.position;
        self.in_chunk += 1;
        let full = self.in_chunk >= CHUNK_RECORDS || self.position - self.committed >= CHUNK_BYTES;
        if full && !self.hold { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.importer.commit(self.position)?;
        self.helper.committed(self.position - self.committed);
        self.in_chunk = 0;
        self.committed = self.position;
        self.kept_reasons.clone_from(&self.reasons);
        Ok(())
    }

    /// Ends the last chunk, unless it is to be left out.
    fn settle(&mut self, end: Result<End, StoreError>, progress: &Progress) -> Result<End, StoreError> {
        let settled = match end {
            Ok(end @ (End::Complete | End::BrokenOff(_))) if !self.hold => self.commit().map(|()| end),
            other => other,
        };
        match settled {
            // A statement that was interrupted fails.
            Err(_) if progress.is_cancelled() => Ok(End::Cancelled),
            other => other,
        }
    }

    /// Ends the batch as the records ended, and tells what became of them.
    fn close(
        self,
        end: Result<End, StoreError>,
        log: &Log,
        progress: &Progress,
    ) -> Result<ImportReport, ImportError> {
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
                let counts = self.importer.stop();
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
        if self.resumed > 0 {
            let message = format!(
                "Went on where an earlier import of this file had stopped, after {} records",
                self.resumed
            );
            diagnostics.push(Diagnostic::info("import-resumed", message));
        }
        let batch = self.importer.batch_id();
        let counts = self.importer.finish_unless_cancelled(complete, progress)?;
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
        mapping_key: None,
        complete,
        elapsed_ms: 0,
        diagnostics,
    }
}

fn already_imported(log: &Log) -> Diagnostic {
    let message = format!("Every event of {} is in the document already: nothing was added", log.source.name);
    Diagnostic::info("already-imported", message)
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
