//! Documents being made or opened off the window's thread, and the one that takes its place in the window. Not for
//! what an open document does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Mode, Shell, first_page};
use crate::app::command::Import;
use crate::app::context::TransferFacts;
use crate::app::route::Trail;
use crate::app::session::Session;
use crate::app::theme::Tone;
use crate::base::{Diagnostic, Progress};
use crate::jobs::lane::{JobId, Lane, Outcome};
use crate::jobs::{new_document, sample_document};
use crate::model::privacy::masked;
use crate::model::time::Zone;

/// What follows once a document is open.
#[derive(Default)]
pub(super) struct After {
    /// The greeting of the sample.
    greets: bool,
    /// Logs to import.
    imports: Vec<Import>,
}

/// What is opened: on its way it is not started a second time.
#[derive(Clone, PartialEq, Eq)]
enum Target {
    /// A fresh sample, wherever it will be.
    Sample,
    /// The document at this path, as the file system calls it.
    File(PathBuf),
}

impl Target {
    fn file(path: &Path) -> Target {
        Target::File(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    }
}

/// A document that is open and not yet in the window.
struct Opened {
    path: PathBuf,
    session: Box<Session>,
}

/// What a job comes back with; `None` for what a person stopped.
type Found = Result<Option<Opened>, Diagnostic>;

type Gate = Arc<dyn Fn() + Send + Sync>;

/// The documents on their way, and what follows each.
pub(super) struct Opening {
    lane: Lane<Found>,
    wanted: Vec<(JobId, Target, After)>,
    gate: Option<Gate>,
}

impl Opening {
    /// Nothing on its way yet.
    pub(super) fn new(mode: &Mode) -> Opening {
        let lane = match mode {
            Mode::Window(ctx) => {
                let ctx = ctx.clone();
                Lane::new(1, move || ctx.request_repaint())
            }
            Mode::Still => Lane::new(1, || {}),
        };
        Opening { lane, wanted: Vec::new(), gate: None }
    }

    pub(super) fn gate(&mut self, gate: impl Fn() + Send + Sync + 'static) {
        self.gate = Some(Arc::new(gate));
    }

    /// What shall follow a target that is on its way; none for one that is not, or that a person has stopped.
    fn after(&mut self, target: &Target) -> Option<&mut After> {
        let runs: Vec<JobId> =
            self.lane.jobs().filter(|job| !job.progress.is_cancelled()).map(|job| job.id).collect();
        let found = self.wanted.iter_mut().find(|(job, other, _)| other == target && runs.contains(job));
        found.map(|(_, _, after)| after)
    }

    /// The openings that have ended, with what follows each.
    fn finished(&mut self) -> Vec<(Outcome<Found>, After)> {
        let ended = self.lane.finished();
        let ended: Vec<_> = ended.into_iter().map(|(job, outcome)| (outcome, self.take_after(job))).collect();
        // One that was stopped while it only waited has no outcome.
        let left: Vec<JobId> = self.lane.jobs().map(|job| job.id).collect();
        self.wanted.retain(|(job, ..)| left.contains(job));
        ended
    }

    fn take_after(&mut self, job: JobId) -> After {
        let at = self.wanted.iter().position(|(other, ..)| *other == job);
        at.map(|at| self.wanted.remove(at).2).unwrap_or_default()
    }
}

impl Shell {
    /// Opens a document that is there; at once where nothing else is drawn meanwhile.
    pub(super) fn open_document(&mut self, path: &Path) -> Result<(), Diagnostic> {
        if self.is_shown(path) {
            self.trail.go(self.session.as_ref().map_or(super::Route::Start, first_page));
            return Ok(());
        }
        self.start_opening(Target::file(path), path.to_owned(), After::default())
    }

    pub(super) fn open_sample(&mut self) -> Result<(), Diagnostic> {
        let folder = self.samples.clone().unwrap_or_default();
        self.start_opening(Target::Sample, folder, After { greets: true, imports: Vec::new() })
    }

    pub(super) fn create(
        &mut self,
        path: &Path,
        zone: &str,
        import: Option<Import>,
    ) -> Result<(), Diagnostic> {
        new_document::create(path, Zone::named(zone)?)?.close().map_err(|error| error.diagnostic())?;
        let after = After { greets: false, imports: import.into_iter().collect() };
        self.start_opening(Target::file(path), path.to_owned(), after)
    }

    /// True while something is on its way.
    pub(super) fn is_opening(&self) -> bool {
        self.opening.lane.jobs().next().is_some()
    }

    /// What is on its way, for the status line and the start page.
    pub(super) fn openings(&self) -> Vec<TransferFacts> {
        self.opening.lane.jobs().map(TransferFacts::of).collect()
    }

    /// Stops one on its way; whatever else has this number is left alone.
    pub(super) fn cancel_opening(&mut self, job: JobId) {
        self.opening.lane.cancel(job);
    }

    /// Shows the documents that have been opened.
    pub(super) fn take_opened(&mut self) {
        for (outcome, after) in self.opening.finished() {
            match outcome {
                Outcome::Done(found) => self.take(found, after),
                Outcome::Panicked(message) => self.tell(&super::panicked(&message)),
            }
        }
    }

    /// `path` is the document, or the folder of the sample to make; none of it for the person's own.
    fn start_opening(&mut self, target: Target, path: PathBuf, after: After) -> Result<(), Diagnostic> {
        match &self.mode {
            Mode::Window(ctx) => {
                if let Some(known) = self.opening.after(&target) {
                    known.greets |= after.greets;
                    known.imports.extend(after.imports);
                    return Ok(());
                }
                let label = match &target {
                    Target::Sample => "Making the sample".to_owned(),
                    Target::File(_) => format!("Opening {}", masked("", &stem(&path))),
                };
                let (ctx, gate, kind) = (ctx.clone(), self.opening.gate.clone(), target.clone());
                let job = self.opening.lane.start(label, move |progress| {
                    if let Some(gate) = gate {
                        gate();
                    }
                    open(&kind, path, progress, false, move || ctx.request_repaint())
                });
                self.opening.wanted.push((job, target, after));
            }
            Mode::Still => {
                let found = open(&target, path, &Progress::new(), true, || {})?;
                self.take(Ok(found), after);
            }
        }
        Ok(())
    }

    fn take(&mut self, found: Found, after: After) {
        match found {
            Ok(Some(opened)) => self.show_opened(opened, after),
            Ok(None) => self.toast(Tone::Neutral, "Stopped before the document was open"),
            Err(problem) => self.tell(&problem),
        }
    }

    fn show_opened(&mut self, Opened { path, session }: Opened, after: After) {
        self.close_document();
        self.settings.remember(&path);
        self.trail = Trail::new(first_page(&session));
        let remarks = session.facts.remarks.clone();
        self.session = Some(*session);
        if let (Mode::Window(_), Some(session)) = (&self.mode, &mut self.session) {
            session.start_watches(self.settled, &self.settings.allowed_watches(&path));
        }
        remarks.iter().for_each(|remark| self.tell(remark));
        if after.greets {
            self.views.greeting = true;
            let path = path.display().to_string();
            self.toast(Tone::Positive, format!("The sample is at {}", masked("", &path)));
        }
        for import in after.imports {
            if let Err(problem) = self.import(import) {
                self.tell(&problem);
            }
        }
    }

    pub(super) fn is_shown(&self, path: &Path) -> bool {
        self.session.as_ref().is_some_and(|session| same_file(&session.facts.path, path))
    }
}

fn open(
    target: &Target,
    path: PathBuf,
    progress: &Progress,
    inline: bool,
    wake: impl Fn() + Send + Sync + Clone + 'static,
) -> Found {
    open_found(target, find(target, path, progress), progress, inline, wake)
}

fn open_found(
    target: &Target,
    found: Result<PathBuf, Diagnostic>,
    progress: &Progress,
    inline: bool,
    wake: impl Fn() + Send + Sync + Clone + 'static,
) -> Found {
    let opened = match &found {
        Ok(path) => Session::open(path, inline, progress, wake).map(Box::new),
        Err(problem) => Err(problem.clone()),
    };
    if !progress.is_cancelled() {
        return opened.and_then(|session| Ok(Some(Opened { path: found?, session })));
    }
    // Closed before its file goes.
    drop(opened);
    if let (Target::Sample, Ok(path)) = (target, &found) {
        // A sample that stays behind is taken up again by the next one.
        let _ = std::fs::remove_file(path);
    }
    Ok(None)
}

/// Makes the document, or knows its path.
fn find(target: &Target, path: PathBuf, progress: &Progress) -> Result<PathBuf, Diagnostic> {
    match target {
        Target::Sample if path.as_os_str().is_empty() => sample_document::fresh_copy(progress),
        Target::Sample => sample_document::fresh_copy_in(&path, progress),
        Target::File(_) => Ok(path),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::Command;
    use crate::app::dialogs::DialogState;
    use crate::app::settings::UserSettings;
    use crate::app::widgets::toast::Toast;
    use crate::jobs::import::{ImportOptions, import};
    use crate::model::time::Time;
    use crate::store::document::Document;

    /// A document with one import of one event.
    fn document(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut made = Document::create(&path).unwrap();
        let log = log(folder);
        let imported_at = Time::parse("2026-03-31T00:00:00Z").unwrap();
        let source = "shop".to_owned();
        let options =
            ImportOptions { format: None, mapping: None, source, imported_at, zone: Zone::default() };
        import(&mut made, &log, &options, &Progress::new()).unwrap();
        made.close().unwrap();
        path
    }

    fn log(folder: &Path) -> PathBuf {
        let log = folder.join("log.ndjson");
        let line = "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"messageId\":\"1\",\"timestamp\":\"2026-03-01T00:00:00Z\"}\n";
        std::fs::write(&log, line).unwrap();
        log
    }

    fn shell() -> (Shell, egui::Context) {
        let ctx = egui::Context::default();
        crate::app::theme::install(&ctx);
        (Shell::new(UserSettings::default(), Mode::Window(ctx.clone())), ctx)
    }

    /// Until nothing is on its way any more.
    fn arrive(shell: &mut Shell) {
        while shell.is_opening() {
            shell.opening.lane.settle();
            shell.take_opened();
        }
    }

    #[test]
    fn what_was_meant_for_the_document_before_is_not_done_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (before, next) = (document(folder.path(), "a.stormline"), document(folder.path(), "b.stormline"));
        let (mut shell, ctx) = shell();
        shell.open_document(&before).unwrap();
        arrive(&mut shell);
        let batch = shell.session.as_ref().unwrap().facts.batches[0].clone();
        shell.open_document(&next).unwrap();
        shell.opening.lane.settle();
        // The next document has arrived, and the frame before still showed the one before.
        shell.dialogs.open(DialogState::RemoveBatch(Box::new(batch.clone())));
        shell.palette.toggle();
        shell.toasts.push(Toast::new(Tone::Neutral, "Deleted").action("Undo", 1), 0.0);
        shell.commands.borrow_mut().push(Command::RemoveBatch(batch.id));
        shell.logic(&ctx);
        assert!(shell.is_shown(&next));
        let session = shell.session.as_ref().unwrap();
        assert!(session.transfers().is_empty(), "nothing was asked of the next document");
        assert!(!shell.dialogs.is_open() && !shell.palette.is_open());
        assert_eq!(shell.toasts.texts().collect::<Vec<_>>(), ["Deleted"]);
        assert!(!shell.toasts.has_action());
        // Wishes sent together with the one that brought another document.
        shell.commands.borrow_mut().extend([
            Command::Act(crate::app::action::Action::CloseDocument),
            Command::RemoveBatch(batch.id),
        ]);
        shell.grant_all(&ctx);
        assert!(shell.session.is_none() && shell.toasts.texts().count() == 1, "the second wish is gone");
        let batches = Document::open_read_only(&next).unwrap().batches().unwrap();
        assert_eq!(batches.len(), 1);
    }

    #[test]
    fn documents_of_one_name_are_opened_each_and_no_import_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let first = document(folder.path(), "one/shop.stormline");
        let second = document(folder.path(), "two/shop.stormline");
        let wish = || Import {
            file: log(folder.path()),
            format: None,
            mapping: None,
            replaces: None,
            forgets_mapping: false,
        };
        let (mut shell, _) = shell();
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        shell.gate_openings(move || _ = gate.lock().unwrap().recv());
        shell.open_document(&first).unwrap();
        shell.open_document(&second).unwrap();
        // Already on its way: what follows is kept.
        let roundabout = folder.path().join("one/../two/shop.stormline");
        let after = After { greets: false, imports: vec![wish()] };
        shell.start_opening(Target::file(&roundabout), roundabout, after).unwrap();
        assert_eq!(shell.openings().len(), 2);
        // One that was stopped is opened again when that is wished.
        let stopped = shell.openings()[0].id;
        shell.cancel_opening(stopped);
        shell.open_document(&first).unwrap();
        assert_eq!(shell.openings().len(), 3);
        let again = shell.openings()[2].id;
        shell.cancel_opening(again);
        drop(go);
        arrive(&mut shell);
        assert!(shell.is_shown(&second));
        assert_eq!(shell.session.as_ref().unwrap().transfers().len(), 1, "the import has begun");
        assert!(shell.opening.wanted.is_empty());
        shell.close().unwrap();
    }

    #[test]
    fn a_sample_that_is_stopped_when_it_was_just_made_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for (target, stays) in [(Target::Sample, false), (Target::File(PathBuf::new()), true)] {
            for step in 1..=4 {
                let path = folder.path().join(format!("{stays} {step}.stormline"));
                Document::create(&path).unwrap().close().unwrap();
                let progress = Progress::cancelling_at(step);
                let opened = open_found(&target, Ok(path.clone()), &progress, true, || {});
                assert!(matches!(opened, Ok(None)));
                assert_eq!(path.exists(), stays, "{step}");
            }
        }
    }

    #[test]
    fn names_of_files_are_masked_on_their_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = document(folder.path(), "ann@example.org.stormline");
        let (mut shell, _) = shell();
        shell.open_document(&path).unwrap();
        assert_eq!(shell.openings()[0].label, "Opening •••@example.org");
    }
}
