//! Documents being made or opened off the window's thread, and the one that takes its place in the window. Not for
//! what an open document does.

use std::path::{Path, PathBuf};

use super::{Mode, Shell, first_page};
use crate::app::command::Import;
use crate::app::context::TransferFacts;
use crate::app::route::Trail;
use crate::app::session::Session;
use crate::app::theme::Tone;
use crate::base::{Diagnostic, Progress};
use crate::jobs::lane::{JobId, Lane, Outcome};
use crate::jobs::{new_document, sample_document};
use crate::model::time::Zone;

/// What follows once a document is open.
pub(super) enum After {
    /// Its first page.
    Look,
    /// The greeting of the sample.
    Greet,
    /// A log's import.
    Import(Box<Import>),
}

/// A document that is open and not yet in the window.
pub(super) struct Opened {
    path: PathBuf,
    session: Box<Session>,
    after: After,
}

/// The documents on their way; `None` for one that a person stopped.
pub(super) type Opening = Lane<Result<Option<Opened>, Diagnostic>>;

/// Nothing on its way yet.
pub(super) fn lane(mode: &Mode) -> Opening {
    match mode {
        Mode::Window(ctx) => {
            let ctx = ctx.clone();
            Lane::new(1, move || ctx.request_repaint())
        }
        Mode::Still => Lane::new(1, || {}),
    }
}

impl Shell {
    /// Opens a document that is there; at once where nothing else is drawn meanwhile.
    pub(super) fn open_document(&mut self, path: &Path) -> Result<(), Diagnostic> {
        if self.is_shown(path) {
            self.trail.go(self.session.as_ref().map_or(super::Route::Start, first_page));
            return Ok(());
        }
        let path = path.to_owned();
        self.start_opening(&format!("Opening {}", stem(&path)), move |_| Ok(path), After::Look)
    }

    pub(super) fn open_sample(&mut self) -> Result<(), Diagnostic> {
        let folder = self.samples.clone();
        let make = move |progress: &Progress| match &folder {
            Some(folder) => sample_document::fresh_copy_in(folder, progress),
            None => sample_document::fresh_copy(progress),
        };
        self.start_opening("Making the sample", make, After::Greet)
    }

    pub(super) fn create(
        &mut self,
        path: &Path,
        zone: &str,
        import: Option<Import>,
    ) -> Result<(), Diagnostic> {
        new_document::create(path, Zone::named(zone)?)?.close().map_err(|error| error.diagnostic())?;
        let path = path.to_owned();
        let label = format!("Opening {}", stem(&path));
        self.start_opening(
            &label,
            move |_| Ok(path),
            import.map_or(After::Look, |import| After::Import(Box::new(import))),
        )
    }

    /// True while something is on its way.
    pub(super) fn is_opening(&self) -> bool {
        self.opening.jobs().next().is_some()
    }

    /// What is on its way, for the status line and the start page.
    pub(super) fn openings(&self) -> Vec<TransferFacts> {
        self.opening.jobs().map(TransferFacts::of).collect()
    }

    /// Stops one on its way; whatever else has this number is left alone.
    pub(super) fn cancel_opening(&mut self, job: JobId) {
        self.opening.cancel(job);
    }

    /// Shows the documents that have been opened.
    pub(super) fn take_opened(&mut self) {
        for (_, outcome) in self.opening.finished() {
            match outcome {
                Outcome::Done(opened) => self.take(opened),
                Outcome::Panicked(message) => self.tell(&super::panicked(&message)),
            }
        }
    }

    /// `find` makes the document or knows its path; one on its way already is not started twice.
    fn start_opening(
        &mut self,
        label: &str,
        find: impl FnOnce(&Progress) -> Result<PathBuf, Diagnostic> + Send + 'static,
        after: After,
    ) -> Result<(), Diagnostic> {
        match &self.mode {
            Mode::Window(ctx) => {
                let ctx = ctx.clone();
                let is_started = self.opening.jobs().any(|job| job.label == label);
                if !is_started {
                    self.opening.start(label, move |progress| {
                        open(find, progress, after, false, move || ctx.request_repaint())
                    });
                }
            }
            Mode::Still => {
                let opened = open(find, &Progress::new(), after, true, || {})?;
                self.take(Ok(opened));
            }
        }
        Ok(())
    }

    fn take(&mut self, opened: Result<Option<Opened>, Diagnostic>) {
        match opened {
            Ok(Some(opened)) => self.show_opened(opened),
            Ok(None) => self.toast(Tone::Neutral, "Stopped before the document was open"),
            Err(problem) => self.tell(&problem),
        }
    }

    fn show_opened(&mut self, Opened { path, session, after }: Opened) {
        self.close_document();
        self.settings.remember(&path);
        self.trail = Trail::new(first_page(&session));
        let remarks = session.facts.remarks.clone();
        self.session = Some(*session);
        remarks.iter().for_each(|remark| self.tell(remark));
        match after {
            After::Look => {}
            After::Greet => {
                self.views.greeting = true;
                self.toast(Tone::Positive, format!("The sample is at {}", path.display()));
            }
            After::Import(import) => {
                if let Err(problem) = self.import(*import) {
                    self.tell(&problem);
                }
            }
        }
    }

    pub(super) fn is_shown(&self, path: &Path) -> bool {
        self.session.as_ref().is_some_and(|session| same_file(&session.facts.path, path))
    }
}

fn open(
    find: impl FnOnce(&Progress) -> Result<PathBuf, Diagnostic>,
    progress: &Progress,
    after: After,
    inline: bool,
    wake: impl Fn() + Send + Sync + Clone + 'static,
) -> Result<Option<Opened>, Diagnostic> {
    let found = find(progress);
    if progress.is_cancelled() {
        return Ok(None);
    }
    let path = found?;
    let session = Box::new(Session::open(&path, inline, wake)?);
    Ok((!progress.is_cancelled()).then_some(Opened { path, session, after }))
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}
