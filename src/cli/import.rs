//! `stormline import`: logs into a document, once or as they land in a folder.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::arguments::Import;
use super::output::{Output, diagnostic_json};
use crate::base::{Diagnostic, Progress};
use crate::formats::log::mapping::Mapping;
use crate::jobs::clock;
use crate::jobs::import::{
    ImportError, ImportOptions, ImportReport, Remembered, import, remember, remembered, said, source_name,
};
use crate::jobs::watch::{Arrival, SETTLED, Taken, Watch};
use crate::model::time::Zone;
use crate::store::document::Document;

pub(super) fn run(args: &Import, output: &Output) -> Result<(), Diagnostic> {
    let started = Instant::now();
    let mapping = args.mapping.as_deref().map(read_mapping).transpose()?;
    let mut document = Document::open_for_writing(&args.document).map_err(|error| error.diagnostic())?;
    let zone = document.load_workspace().map_err(|error| error.diagnostic())?.0.zone();
    if args.watch {
        return watch(args, mapping.as_ref(), document, zone, output);
    }
    let mut reports: Vec<ImportReport> = Vec::new();
    let mut failed = None;
    let stopping = Stopping::listen();
    for file in &args.files {
        let options = options(args, mapping.as_ref(), file, zone, &document);
        let done = output.with_progress(&format!("Importing {}", file.display()), |progress| {
            stopping.stops(progress);
            import(&mut document, file, &options.import, progress)
        });
        match done {
            Ok(mut report) => {
                let stopped = report.diagnostics.iter().position(|said| said.code == CANCELLED);
                failed =
                    stopped.map(|at| report.diagnostics.remove(at)).map(|said| said.at(report.file.clone()));
                reports.push(options.settle(&mut document, report));
                if failed.is_some() {
                    break;
                }
            }
            Err(error) => {
                failed = Some(error.diagnostic());
                break;
            }
        }
    }
    document.close().map_err(|error| error.diagnostic())?;
    for diagnostic in reports.iter().flat_map(|report| &report.diagnostics) {
        output.remark(diagnostic);
    }
    if let Some(problem) = failed {
        // What was imported before the failure stays, and is said.
        let batches: Vec<Json> = reports.iter().map(batch_json).collect();
        let json =
            json!({ "batches": batches, "error": diagnostic_json(&problem), "elapsed_ms": millis(started) });
        output.result(&json, &reports.iter().map(text).collect::<String>());
        return Err(problem);
    }
    output.result(
        &json!({ "batches": reports.iter().map(batch_json).collect::<Vec<_>>(), "elapsed_ms": millis(started) }),
        &reports.iter().map(text).collect::<String>(),
    );
    Ok(())
}

/// What an import says that a person stopped.
const CANCELLED: &str = "import-cancelled";

/// Ctrl-C stops the import, which then says what is in; once more, it ends the program.
#[derive(Clone, Default)]
struct Stopping {
    running: Arc<Mutex<Option<Progress>>>,
}

impl Stopping {
    fn listen() -> Stopping {
        let stopping = Stopping::default();
        let running = Arc::clone(&stopping.running);
        // Where it cannot be listened for, Ctrl-C ends the program: whole chunks are kept then, too.
        let _ = ctrlc::set_handler(move || {
            match running.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                Some(progress) if !progress.is_cancelled() => progress.cancel(),
                Some(_) | None => std::process::exit(2),
            }
        });
        stopping
    }

    fn stops(&self, progress: &Progress) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress.clone());
    }
}

/// How a file is imported, and where its mapping comes from.
struct Options<'o> {
    import: ImportOptions<'o>,
    remembered: Option<Remembered>,
    /// The person named a mapping.
    is_given: bool,
}

impl Options<'_> {
    /// Remembers a mapping that was given; tells of one that was remembered.
    fn settle(&self, document: &mut Document, mut report: ImportReport) -> ImportReport {
        if let Some(remembered) = &self.remembered {
            report.diagnostics.insert(0, said(remembered));
        }
        if self.is_given
            && let Err(error) = remember(document, &self.import, &report)
        {
            report.diagnostics.push(error.diagnostic());
        }
        report
    }
}

fn options<'o>(
    args: &'o Import,
    mapping: Option<&Mapping>,
    file: &Path,
    zone: Zone,
    document: &Document,
) -> Options<'o> {
    let import = ImportOptions {
        format: Some(args.format.as_str()).filter(|format| *format != "auto"),
        mapping: mapping.cloned(),
        source: args.source.clone().unwrap_or_else(|| source_name(file)),
        imported_at: clock::now(),
        zone,
    };
    let remembered = if mapping.is_some() { None } else { remembered(document, file, &import) };
    let known = remembered.as_ref().map(|known| known.mapping.clone());
    let import = ImportOptions { mapping: import.mapping.clone().or(known), ..import };
    Options { import, remembered, is_given: mapping.is_some() }
}

/// Imports what lands in the folders until the person ends it; a file that is no log is said and passed over.
fn watch(
    args: &Import,
    mapping: Option<&Mapping>,
    mut document: Document,
    zone: Zone,
    output: &Output,
) -> Result<(), Diagnostic> {
    let started = Instant::now();
    if let Some(file) = args.files.iter().find(|path| !path.is_dir()) {
        return Err(Diagnostic::error("watch-no-folder", "Only a folder can be watched")
            .hint("Name the folder in which new logs land, or leave --watch out")
            .at(file.display().to_string()));
    }
    let stop = Progress::new();
    let handle = stop.clone();
    ctrlc::set_handler(move || handle.cancel()).map_err(|error| {
        Diagnostic::error("watch-failed", format!("Ctrl-C cannot be listened for: {error}"))
            .hint("Import the folder without --watch")
    })?;
    let taken = Taken::of(&document).map_err(|error| error.diagnostic())?;
    let watch = Watch::start(args.files.clone(), &taken, SETTLED, || {})?;
    output.remark(&Diagnostic::info("watching", "Watching for new logs; Ctrl-C ends it"));
    let mut reports = Vec::new();
    while !stop.is_cancelled() {
        let file = match watch.wait(Duration::from_millis(200)) {
            Some(Arrival::File { file, .. }) => file,
            Some(Arrival::Held { file, .. }) => {
                let note = Diagnostic::info("watch-held", "This file breaks off: it waits for its end");
                output.remark(
                    &note.hint("What is there is imported after some minutes").at(file.display().to_string()),
                );
                continue;
            }
            Some(Arrival::Trouble(problem)) => {
                output.remark(&problem);
                continue;
            }
            Some(Arrival::Readable { folder }) => {
                let note = Diagnostic::info("watch-readable", "The watched folder can be read again");
                output.remark(&note.at(folder.display().to_string()));
                continue;
            }
            None => continue,
        };
        // Removed or imported since watching began.
        if Taken::of(&document).map_err(|error| error.diagnostic())?.has(&file) {
            continue;
        }
        let options = options(args, mapping, &file, zone, &document);
        match import(&mut document, &file, &options.import, &stop) {
            Ok(report) => {
                let report = options.settle(&mut document, report);
                report.diagnostics.iter().for_each(|diagnostic| output.remark(diagnostic));
                if !args.json {
                    output.line(text(&report).trim_end());
                }
                reports.push(report);
            }
            Err(ImportError::Cancelled) => {}
            Err(error) => {
                output.remark(&error.diagnostic());
                if matches!(error, ImportError::Store(_)) {
                    watch.again(file);
                }
            }
        }
    }
    drop(watch);
    document.close().map_err(|error| error.diagnostic())?;
    let batches: Vec<Json> = reports.iter().map(batch_json).collect();
    output.result(&json!({ "batches": batches, "elapsed_ms": millis(started) }), "");
    Ok(())
}

fn read_mapping(path: &Path) -> Result<Mapping, Diagnostic> {
    let text = fs::read_to_string(path).map_err(|error| {
        Diagnostic::error("mapping-unreadable", format!("The mapping could not be read: {error}"))
            .at(path.display().to_string())
            .hint("Name a TOML file that you may read")
    })?;
    Mapping::parse(&text).map_err(|diagnostic| match &diagnostic.at {
        Some(place) => diagnostic.clone().at(format!("{}, {place}", path.display())),
        None => diagnostic.at(path.display().to_string()),
    })
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn batch_json(report: &ImportReport) -> Json {
    json!({
        "file": report.file,
        "format": report.format,
        "read": report.read,
        "imported": report.imported,
        "traits": report.traits,
        "duplicates": report.duplicates,
        "conflicts": report.conflicts,
        "quarantined": report.quarantined,
        "quarantine": report.reasons.iter().map(|(reason, count)| json!({ "reason": reason.code(), "count": count })).collect::<Vec<_>>(),
        "first_time": report.first_time.map(|time| time.iso()),
        "last_time": report.last_time.map(|time| time.iso()),
        "diagnostics": report.diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
    })
}

fn text(report: &ImportReport) -> String {
    let mut text = format!(
        "{} ({}): {} read, {} imported, {} duplicates, {} quarantined\n",
        report.file, report.format, report.read, report.imported, report.duplicates, report.quarantined
    );
    if report.batch.is_none() && report.complete {
        text.push_str("  nothing was added: all of it was already there\n");
    }
    if report.traits > 0 {
        text.push_str(&format!("  {} rows of traits of persons, which are no events\n", report.traits));
    }
    for (reason, count) in &report.reasons {
        text.push_str(&format!("  {count} × {}\n", reason.sentence()));
    }
    if let (Some(first), Some(last)) = (report.first_time, report.last_time) {
        text.push_str(&format!("  from {} to {}\n", first.iso(), last.iso()));
    }
    text
}
