//! The folders that the open document watches: started, paused and stopped, and each log that lands in one imported in its
//! turn. Not for noticing files: see `jobs::watch`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Session, Transfer};
use crate::app::context::{LandedFacts, WatchFacts};
use crate::base::Diagnostic;
use crate::formats::log::Mapping;
use crate::jobs::clock;
use crate::jobs::import::{ImportOptions, ImportReport, batch_path, import, remembered, source_name};
use crate::jobs::lane::JobId;
use crate::jobs::watch::{Arrival, Taken, Watch, Watched, keep_watched, watched};
use crate::model::privacy::masked;
use crate::store::document::Document;
use crate::store::error::StoreError;

/// The folders of a document.
pub(super) struct Watching {
    folders: Vec<Folder>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// How long a file must rest until it is whole; `None` where nothing is watched: pictures, and documents that can
    /// only be read.
    settled: Option<Duration>,
    /// The list could not be written while another job wrote the document.
    is_unkept: bool,
}

struct Folder {
    watched: Watched,
    watch: Option<Watch>,
    /// Imports that wait or run.
    jobs: Vec<JobId>,
    facts: WatchFacts,
    /// Files and events since the last note.
    news: (u64, u64),
}

/// What landed since the last note, once nothing of it waits any more.
pub struct Landed {
    /// The folder.
    pub folder: PathBuf,
    /// How many files.
    pub files: u64,
    /// How many events they brought.
    pub events: u64,
}

impl Watching {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Watching {
        Watching { folders: Vec::new(), wake, settled: None, is_unkept: false }
    }

    /// Stops all of them, and waits until their threads have ended.
    pub(super) fn end(&mut self) {
        self.folders.iter_mut().for_each(|folder| folder.watch = None);
    }

    fn list(&self) -> Vec<Watched> {
        self.folders.iter().map(|folder| folder.watched.clone()).collect()
    }

    fn find(&mut self, path: &Path) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.watched.folder == path)
    }

    /// Starts the watch of a folder that is not paused; what keeps it from that is its trouble.
    fn start(&mut self, at: usize, document: &Document) {
        let Some(settled) = self.settled else { return };
        let folder = &mut self.folders[at];
        if folder.watched.is_paused || folder.watch.is_some() {
            return;
        }
        let wake = self.wake.clone();
        let started = Taken::of(document).map_err(|error| error.diagnostic()).and_then(|taken| {
            Watch::start(vec![folder.watched.folder.clone()], &taken, settled, move || wake())
        });
        match started {
            Ok(watch) => folder.watch = Some(watch),
            Err(problem) => folder.facts.trouble = Some(problem),
        }
    }
}

impl Folder {
    fn of(watched: Watched, document: &Document) -> Folder {
        let facts = WatchFacts {
            folder: watched.folder.clone(),
            last: latest(document, &watched.folder),
            ..WatchFacts::default()
        };
        Folder { watched, watch: None, jobs: Vec::new(), facts, news: (0, 0) }
    }

    fn options(&self, file: &Path) -> ImportOptions<'static> {
        let source = match self.watched.source.as_str() {
            "" => source_name(file),
            source => source.to_owned(),
        };
        let mapping = Mapping::parse(&self.watched.mapping).ok().filter(|_| !self.watched.mapping.is_empty());
        ImportOptions {
            format: None,
            mapping,
            source,
            imported_at: clock::now(),
            zone: crate::model::time::Zone::default(),
        }
    }
}

/// The import of a file in this folder that was made last.
fn latest(document: &Document, folder: &Path) -> Option<LandedFacts> {
    let batches = document.batches().ok()?;
    let found = batches.iter().rev().find(|batch| {
        batch_path(document, batch.id, &batch.file)
            .is_ok_and(|path| path.is_some_and(|path| path.starts_with(folder)))
    })?;
    Some(LandedFacts { file: found.file.clone(), at: found.imported_at, events: found.counts.imported })
}

impl Session {
    /// Watches the folders that were left watched in the document, in a window that can write it.
    pub fn start_watches(&mut self, settled: Duration) {
        if self.facts.read_only.is_none() {
            self.watching.settled = Some(settled);
        }
        for at in 0..self.watching.folders.len() {
            self.watching.start(at, &self.document);
        }
        self.tell_watches();
    }

    /// Reads which folders the document watches.
    pub(super) fn load_watches(&mut self) -> Result<(), StoreError> {
        let kept = watched(&self.document)?;
        self.watching.folders = kept.into_iter().map(|one| Folder::of(one, &self.document)).collect();
        self.tell_watches();
        Ok(())
    }

    /// Watches one more folder: what is in it is imported, and then each log that lands there.
    ///
    /// # Errors
    /// When it is no folder, or watched already; or when the document cannot be written.
    pub fn watch(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        let real = std::fs::canonicalize(folder).ok().filter(|path| path.is_dir()).ok_or_else(|| {
            Diagnostic::error("watch-no-folder", "There is no such folder")
                .hint("Type the path of a folder in which logs land")
                .at(folder.display().to_string())
        })?;
        let overlaps = |other: &Folder| {
            real.starts_with(&other.watched.folder) || other.watched.folder.starts_with(&real)
        };
        if let Some(other) = self.watching.folders.iter().find(|other| overlaps(other)) {
            let message = format!(
                "This folder is watched already: {}",
                masked("", &other.watched.folder.display().to_string())
            );
            return Err(Diagnostic::warning("watched-already", message)
                .hint("A folder is watched with the folders in it; stop watching the one before you watch the other"));
        }
        if let Some(why) = &self.facts.read_only {
            return Err(Diagnostic::error("read-only", format!("Nothing can be imported: {why}"))
                .hint("Watch the folder in the window that can write the document"));
        }
        let watched = Watched { source: source_name(&real), folder: real, ..Watched::default() };
        self.watching.folders.push(Folder::of(watched, &self.document));
        let at = self.watching.folders.len() - 1;
        self.watching.start(at, &self.document);
        self.keep_watches()
    }

    /// Lets a folder rest, or watches it again: what landed meanwhile is then imported.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn pause_watch(&mut self, folder: &Path, is_paused: bool) -> Result<(), Diagnostic> {
        let Some(at) = self.watching.folders.iter().position(|one| one.watched.folder == folder) else {
            return Ok(());
        };
        self.watching.folders[at].watched.is_paused = is_paused;
        if is_paused {
            self.watching.folders[at].watch = None;
            self.watching.folders[at].facts.trouble = None;
        } else {
            self.watching.start(at, &self.document);
        }
        self.keep_watches()
    }

    /// Watches a folder no more; what was imported stays.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn stop_watch(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        self.watching.folders.retain(|one| one.watched.folder != folder);
        self.keep_watches()
    }

    /// Imports what has landed since the last call, one file after the other.
    pub(super) fn take_arrivals(&mut self) {
        let mut changed = false;
        for at in 0..self.watching.folders.len() {
            let arrived = self.watching.folders[at].watch.as_ref().map(Watch::arrived).unwrap_or_default();
            changed |= !arrived.is_empty();
            for arrival in arrived {
                match arrival {
                    Arrival::File { file, .. } => self.import_landed(at, file),
                    Arrival::Trouble(problem) => self.watching.folders[at].facts.trouble = Some(problem),
                    Arrival::Readable { .. } => self.watching.folders[at].facts.trouble = None,
                }
            }
        }
        if self.watching.is_unkept && self.transfers.jobs().next().is_none() {
            // Busy once more: tried again when the next job has ended.
            self.watching.is_unkept = keep_watched(&mut self.document, &self.watching.list()).is_err();
        }
        if changed {
            self.tell_watches();
        }
    }

    fn import_landed(&mut self, at: usize, file: PathBuf) {
        let folder = &mut self.watching.folders[at];
        let mut writer = match self.document.another_writer() {
            Ok(writer) => writer,
            Err(error) => {
                folder.facts.trouble = Some(error.diagnostic());
                return;
            }
        };
        let options = ImportOptions { zone: self.workspace.zone(), ..folder.options(&file) };
        let path = folder.watched.folder.clone();
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let job = self.transfers.start(format!("Importing {}", masked("", &name)), move |progress| {
            let known = if options.mapping.is_some() { None } else { remembered(&writer, &file, &options) };
            let mapping = options.mapping.clone().or(known.map(|known| known.mapping));
            let options = ImportOptions { mapping, ..options };
            let landed = import(&mut writer, &file, &options, progress);
            Transfer::Landed(path, name, landed.map(Box::new).map_err(|error| error.diagnostic()))
        });
        folder.jobs.push(job);
    }

    /// Takes note of what a file that landed came to.
    pub(super) fn note_landed(
        &mut self,
        folder: &Path,
        file: &str,
        landed: &Result<Box<ImportReport>, Diagnostic>,
    ) {
        let Some(one) = self.watching.find(folder) else { return };
        match landed {
            Ok(report) => {
                one.facts.last =
                    Some(LandedFacts { file: file.to_owned(), at: clock::now(), events: report.imported });
                one.news.0 += 1;
                one.news.1 += report.imported;
            }
            Err(problem) => {
                one.facts.problems += 1;
                one.facts.problem = Some((file.to_owned(), problem.clone()));
            }
        }
    }

    /// What landed in folders of which nothing waits any more; each is told once.
    pub fn landed(&mut self) -> Vec<Landed> {
        self.tell_watches();
        let done = self.watching.folders.iter_mut().filter(|one| one.jobs.is_empty() && one.news.0 > 0);
        done.map(|one| {
            let (files, events) = std::mem::take(&mut one.news);
            Landed { folder: one.watched.folder.clone(), files, events }
        })
        .collect()
    }

    fn keep_watches(&mut self) -> Result<(), Diagnostic> {
        self.tell_watches();
        match keep_watched(&mut self.document, &self.watching.list()) {
            Err(StoreError::Busy) => self.watching.is_unkept = true,
            Err(error) => return Err(error.diagnostic()),
            Ok(()) => self.watching.is_unkept = false,
        }
        Ok(())
    }

    /// Puts what is known of the folders where pages show it.
    pub(super) fn tell_watches(&mut self) {
        let running: Vec<JobId> = self.transfers.jobs().map(|job| job.id).collect();
        for one in &mut self.watching.folders {
            one.jobs.retain(|job| running.contains(job));
            one.facts.waiting = one.jobs.len();
            one.facts.is_paused = one.watched.is_paused;
            one.facts.is_watched = one.watch.is_some();
        }
        self.facts.watched = self.watching.folders.iter().map(|one| one.facts.clone()).collect();
    }
}
