//! Logs that land in watched folders, imported one after the other: a single one waits or runs at a time, the others wait by
//! name. Not for what an import is: see `jobs::import`.

use std::path::{Path, PathBuf};

use super::super::{Session, Transfer};
use super::{Folder, Running};
use crate::app::context::LandedFacts;
use crate::base::{Diagnostic, Progress};
use crate::formats::log::Mapping;
use crate::jobs::clock;
use crate::jobs::import::{ImportError, ImportOptions, ImportReport, import, remembered, source_name};
use crate::jobs::lane::{JobId, Outcome};
use crate::jobs::watch::{Arrival, Taken, Watch};
use crate::model::privacy::masked;
use crate::model::time::Zone;
use crate::store::document::Document;

/// What became of a file that landed.
pub enum Fate {
    /// It was imported.
    Imported(Box<ImportReport>),
    /// It was imported before, or a person removed its import.
    Known,
    /// A person stopped it; whole chunks are kept.
    Stopped,
    /// It is no log that can be read.
    Refused(Diagnostic),
    /// The document could not be written: it is tried again later.
    Unwritten(Diagnostic),
}

impl Session {
    /// Takes note of what has landed since the last call.
    pub(in super::super) fn take_arrivals(&mut self) {
        let mut changed = false;
        for one in &mut self.watching.folders {
            let arrived = one.watch.as_ref().map(Watch::arrived).unwrap_or_default();
            changed |= !arrived.is_empty();
            for arrival in arrived {
                match arrival {
                    Arrival::File { file, .. } => {
                        one.facts.held.retain(|held| *held != file);
                        if !one.queue.contains(&file) {
                            one.queue.push_back(file);
                        }
                    }
                    Arrival::Held { file, .. } => {
                        one.facts.held.retain(|held| *held != file && held.exists());
                        one.facts.held.push(file);
                    }
                    Arrival::Trouble(problem) => one.facts.trouble = Some(problem),
                    Arrival::Readable { .. } => one.facts.trouble = None,
                }
            }
        }
        if changed {
            self.tell_watches();
        }
    }

    /// Begins the next import of a file that landed, once nothing else waits or runs.
    pub(in super::super) fn start_next(&mut self) {
        if self.transfers.jobs().next().is_some() {
            return;
        }
        if self.watching.is_unkept {
            // Busy once more: tried again when the next job has ended.
            self.watching.keep(&mut self.document);
        }
        let zone = self.workspace.zone();
        let Some(one) = self.watching.folders.iter_mut().find(|one| !one.queue.is_empty()) else { return };
        let mut writer = match self.document.another_writer() {
            Ok(writer) => writer,
            Err(error) => {
                one.facts.trouble = Some(error.diagnostic());
                std::mem::take(&mut one.queue).into_iter().for_each(|file| one.again(file));
                return;
            }
        };
        let Some(file) = one.queue.pop_front() else { return };
        let (options, folder, path) = (one.options(&file, zone), one.watched.folder.clone(), file.clone());
        let label = format!("Importing {}", masked("", &name(&file)));
        let work =
            move |progress: &Progress| Transfer::Landed(take_in(&mut writer, &path, options, progress));
        let job = self.transfers.start(label, work);
        self.watching.running = Some(Running { job, folder, file, is_let_go: false });
        self.tell_watches();
    }

    /// Stops the import of a file in a folder that is not to be watched now.
    pub(super) fn let_go(&mut self, folder: &Path) {
        let Some(running) = self.watching.running.as_mut().filter(|running| running.folder == folder) else {
            return;
        };
        running.is_let_go = true;
        self.transfers.cancel(running.job);
        self.note_dropped();
    }

    /// Takes note of a job that ended, if a file that landed was its work.
    pub(in super::super) fn note_ended(&mut self, job: JobId, outcome: &Outcome<Transfer>) {
        let Some(running) = self.watching.running.take_if(|running| running.job == job) else { return };
        match outcome {
            Outcome::Done(Transfer::Landed(fate)) => self.note_fate(&running, fate),
            Outcome::Done(_) => {}
            Outcome::Panicked(message) => {
                let message = format!("Something went wrong inside the program: {message}");
                self.note_fate(&running, &Fate::Refused(Diagnostic::error("panicked", message)));
            }
        }
    }

    /// Takes note of a job that was stopped while it only waited: it has no outcome.
    pub(in super::super) fn note_dropped(&mut self) {
        let transfers = &self.transfers;
        let is_gone = |running: &mut Running| !transfers.jobs().any(|job| job.id == running.job);
        if let Some(running) = self.watching.running.take_if(is_gone) {
            self.note_fate(&running, &Fate::Stopped);
        }
    }

    fn note_fate(&mut self, running: &Running, fate: &Fate) {
        let Some(one) = self.watching.find(&running.folder) else { return };
        let file = name(&running.file);
        match fate {
            Fate::Imported(report) => {
                one.facts.trouble = None;
                one.facts.last =
                    Some(LandedFacts { file: file.clone(), at: clock::now(), events: report.imported });
                one.news.0 += 1;
                one.news.1 += report.imported;
                if !report.complete
                    && let Some(problem) = report.diagnostics.iter().max_by_key(|problem| problem.severity)
                {
                    one.refuse(file, problem);
                }
            }
            Fate::Refused(problem) => one.refuse(file, problem),
            Fate::Unwritten(problem) => {
                one.facts.trouble = Some(problem.clone());
                one.again(running.file.clone());
            }
            Fate::Stopped if !running.is_let_go => {
                // Otherwise it would begin again at once, or never.
                one.watched.is_paused = true;
                one.rest();
                one.facts.stopped = Some(file);
                // What cannot be kept now is kept with the next job's end.
                self.watching.is_unkept = true;
            }
            Fate::Known | Fate::Stopped => {}
        }
        self.tell_watches();
    }
}

impl Folder {
    fn options(&self, file: &Path, zone: Zone) -> ImportOptions<'static> {
        let source = match self.watched.source.as_str() {
            "" => source_name(file),
            source => source.to_owned(),
        };
        let mapping = Mapping::parse(&self.watched.mapping).ok().filter(|_| !self.watched.mapping.is_empty());
        ImportOptions { format: None, mapping, source, imported_at: clock::now(), zone }
    }

    fn refuse(&mut self, file: String, problem: &Diagnostic) {
        self.facts.problems += 1;
        self.facts.problem = Some((file, problem.clone()));
    }

    /// A folder that rests hands everything out when it is watched again.
    fn again(&self, file: PathBuf) {
        self.watch.iter().for_each(|watch| watch.again(file.clone()));
    }
}

fn take_in(
    writer: &mut Document,
    file: &Path,
    mut options: ImportOptions<'static>,
    progress: &Progress,
) -> Fate {
    match Taken::of(writer) {
        Ok(taken) if taken.has(file) => return Fate::Known,
        Ok(_) => {}
        Err(error) => return Fate::Unwritten(error.diagnostic()),
    }
    if options.mapping.is_none() {
        options.mapping = remembered(writer, file, &options).map(|known| known.mapping);
    }
    match import(writer, file, &options, progress) {
        Ok(report) if !report.complete && progress.is_cancelled() => Fate::Stopped,
        Ok(report) => Fate::Imported(Box::new(report)),
        Err(ImportError::Cancelled) => Fate::Stopped,
        Err(ImportError::Store(error)) if error.is_cancelled() => Fate::Stopped,
        Err(ImportError::Log(problem)) => Fate::Refused(problem),
        Err(ImportError::Store(error)) => Fate::Unwritten(error.diagnostic()),
    }
}

fn name(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
