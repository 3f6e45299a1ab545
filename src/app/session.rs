//! One open document: its workspace, its answers, its transfers. Not for windows.

mod saving;
mod watching;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answers::Answers;
use super::command::Import;
use super::context::{DocumentFacts, TransferFacts};
use super::picture::view::render_query;
use crate::base::{Diagnostic, Progress};
use crate::jobs::answers::Tables;
use crate::jobs::clock;
use crate::jobs::import::{ImportError, ImportOptions, ImportReport, import, remember, replace, source_name};
use crate::jobs::lane::{JobId, Lane, Outcome};
use crate::jobs::replay::{Replay, ReplayReport, replay};
use crate::model::edit::Edit;
use crate::model::item::ItemId;
use crate::model::plan::Aliases;
use crate::model::privacy::{Numbers, masked, masked_label};
use crate::model::workspace::Workspace;
use crate::store::copy::{CopyContents, CopyOptions};
use crate::store::document::{Document, Patience};
use crate::store::edits::HistoryEntry;
use crate::store::error::StoreError;
pub use saving::Turn;
use saving::{Saving, Write, Written};
use watching::Watching;
pub use watching::{Fate, Landed};

/// What a transfer came to.
pub enum Transfer {
    /// An import's report, or why there is none.
    Imported(Result<Box<ImportReport>, Diagnostic>),
    /// What a file that landed in a watched folder came to.
    Landed(Fate),
    /// How many events were taken back.
    Removed(Result<u64, Diagnostic>),
    /// What became of quarantined records.
    Replayed(Result<ReplayReport, Diagnostic>),
    /// Where the copy is.
    Copied(Result<PathBuf, Diagnostic>),
    /// Where the picture or the table is.
    Saved(Result<PathBuf, Diagnostic>),
    /// The columns are up to date.
    Prepared(Result<(), Diagnostic>),
    /// A person stopped it before it changed anything.
    Stopped(&'static str),
}

/// What became of a write that had to wait.
pub enum Saved {
    /// A step in the history was taken: its label.
    Turned(Turn, String),
    /// Edits could not be written; the workspace is as the file is.
    TakenBack(Diagnostic),
}

/// What a step in the history came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// There is nothing to take back, or to make again.
    Nothing,
    /// It was taken: its label.
    Done(String),
    /// Another job writes: it is taken as soon as that lets it.
    Waits,
}

/// An open document.
pub struct Session {
    document: Document,
    workspace: Workspace,
    /// What the frame shows of it.
    pub facts: DocumentFacts,
    /// Asked by views.
    pub answers: RefCell<Answers>,
    /// Values that were revealed.
    pub revealed: HashSet<String>,
    /// What tells masked values apart while the document is open.
    pub numbers: RefCell<Numbers>,
    /// Headline numbers of saved queries.
    pub last_answers: RefCell<LastAnswers>,
    transfers: Lane<Transfer>,
    saving: Saving,
    watching: Watching,
    undo: Option<String>,
    redo: Option<String>,
    /// The latest edit when the document was opened: taking it or an earlier one back is asked first.
    opened_at: i64,
}

impl Session {
    /// Opens a document. `inline` answers questions at once; `wake` is called when there is something new to show.
    ///
    /// # Errors
    /// Why it cannot be opened, or that a person stopped it; the file is then unchanged.
    pub fn open(
        path: &Path,
        inline: bool,
        progress: &Progress,
        wake: impl Fn() + Send + Sync + Clone + 'static,
    ) -> Result<Session, Diagnostic> {
        let tell = |error: StoreError| error.diagnostic();
        let step = |done| progress.at(done, 4).map_err(|_| tell(StoreError::Cancelled));
        step(0)?;
        let document = Document::open(path).map_err(tell)?;
        step(1)?;
        let (workspace, remarks) = document.load_workspace().map_err(tell)?;
        let reader = document.another_reader().map_err(tell)?;
        let read_only = document.read_only_reason();
        let facts = DocumentFacts { path: path.to_owned(), read_only, remarks, ..DocumentFacts::default() };
        let mut session = Session {
            answers: RefCell::new(Answers::new(Tables::new(reader), inline, wake.clone())),
            transfers: Lane::new(1, wake.clone()),
            saving: Saving::new(wake.clone()),
            watching: Watching::new(Arc::new(wake)),
            last_answers: RefCell::new(LastAnswers::default()),
            revealed: HashSet::new(),
            numbers: RefCell::new(Numbers::default()),
            document,
            workspace,
            facts,
            undo: None,
            redo: None,
            opened_at: 0,
        };
        session.opened_at = session.document.history(1).map_err(tell)?.first().map_or(0, |entry| entry.id);
        step(2)?;
        session.refresh_rows().map_err(tell)?;
        step(3)?;
        session.refresh_items().map_err(tell)?;
        session.load_last_answers();
        session.load_watches().map_err(tell)?;
        // From here on the window's thread writes with it.
        session.document.set_patience(Patience::Brief).map_err(tell)?;
        session.prepare(inline).map_err(tell)?;
        Ok(session)
    }

    /// Brings the columns up to date where they are not: a partial import, a removal or a crash leaves them behind.
    /// Questions wait meanwhile, since each would otherwise build the same columns for itself.
    fn prepare(&mut self, inline: bool) -> Result<(), StoreError> {
        let behind = self.facts.read_only.is_none() && !self.document.cache_is_current()?;
        if !behind {
            self.answers.get_mut().hold(false);
            return self.tidy(inline);
        }
        if inline {
            return self.document.another_writer()?.rebuild_cache(&Progress::new());
        }
        let mut writer = self.document.another_writer()?;
        self.answers.get_mut().hold(true);
        self.transfers.start("Preparing columns", move |progress| match writer.rebuild_cache(progress) {
            Ok(()) => Transfer::Prepared(Ok(())),
            Err(error) if error.is_cancelled() => {
                Transfer::Stopped("Preparing stopped; answers take longer until it is done")
            }
            Err(error) => Transfer::Prepared(Err(error.diagnostic())),
        });
        Ok(())
    }

    /// Makes few runs of columns of many, while questions are answered from those there are.
    fn tidy(&mut self, inline: bool) -> Result<(), StoreError> {
        if inline || self.facts.read_only.is_some() || !self.document.cache_is_fragmented()? {
            return Ok(());
        }
        let mut writer = self.document.another_writer()?;
        self.transfers.start("Tidying columns", move |progress| match writer.compact_cache(progress) {
            Ok(()) => Transfer::Prepared(Ok(())),
            Err(error) if error.is_cancelled() => Transfer::Stopped("Tidying stopped; nothing has changed"),
            Err(error) => Transfer::Prepared(Err(error.diagnostic())),
        });
        Ok(())
    }

    /// The items.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The document itself, for reading.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The label of the edit that undo would take back.
    pub fn undo_label(&self) -> Option<&str> {
        self.undo.as_deref()
    }

    /// The label of the edit that redo would make again.
    pub fn redo_label(&self) -> Option<&str> {
        self.redo.as_deref()
    }

    /// Makes an edit: in the file and in memory, or not at all. While another job writes the file, it waits for its
    /// turn after those that wait already, and [`Session::saved`] tells if it could not be written.
    ///
    /// # Errors
    /// When it no longer fits, the file cannot be written, or a step in the history waits.
    pub fn edit(&mut self, mut edit: Edit, author: &str) -> Result<(), Diagnostic> {
        if self.saving.has_turn() {
            return Err(Diagnostic::warning("turn-waits", format!("“{}” was not made", edit.label))
                .hint("Undo or redo waits until the document can be written: try again after it"));
        }
        edit.at = clock::now();
        author.clone_into(&mut edit.author);
        let mut changed = self.workspace.clone();
        changed.apply(&edit)?;
        let recorded =
            if self.saving.is_done() { self.document.record(&edit) } else { Err(StoreError::Busy) };
        match recorded {
            Err(StoreError::Busy) => self.saving.push(&self.document, Write::Edit(edit)),
            other => other,
        }
        .map_err(|error| error.diagnostic())?;
        self.workspace = changed;
        self.refresh_items().map_err(|error| error.diagnostic())
    }

    /// The edit that undo would take back, if it was made before the document was opened: that is asked first.
    pub fn undo_from_before(&self) -> Option<HistoryEntry> {
        self.document.peek_undo().ok().flatten().filter(|entry| entry.id <= self.opened_at)
    }

    /// The history's number of the latest edit, for a note that offers to take it back; none while it waits to be
    /// written.
    pub fn latest_entry(&self) -> Option<i64> {
        if !self.saving.is_done() {
            return None;
        }
        self.document.peek_undo().ok().flatten().map(|entry| entry.id)
    }

    /// Takes the latest edit back, or makes the latest edit taken back again.
    ///
    /// # Errors
    /// When the file cannot be written, or edits wait to be: these come first.
    pub fn turn(&mut self, turn: Turn) -> Result<Turned, Diagnostic> {
        if !self.saving.is_done() {
            return Err(edits_wait());
        }
        match turn.write(&mut self.document) {
            Ok(change) => Ok(self.follow(change)?.map_or(Turned::Nothing, Turned::Done)),
            Err(StoreError::Busy) => {
                self.saving.push(&self.document, Write::Turn(turn)).map_err(|error| error.diagnostic())?;
                self.refresh_items().map_err(|error| error.diagnostic())?;
                Ok(Turned::Waits)
            }
            Err(error) => Err(error.diagnostic()),
        }
    }

    /// What became of writes that had to wait, since the last call.
    pub fn saved(&mut self) -> Vec<Saved> {
        let written = self.saving.finished();
        self.settle(written)
    }

    fn settle(&mut self, written: Vec<Written>) -> Vec<Saved> {
        let is_changed = !written.is_empty();
        let saved = written.into_iter().filter_map(|written| match written {
            Written::Edit => None,
            Written::Turn(turn, change) => match self.follow(change) {
                Ok(label) => label.map(|label| Saved::Turned(turn, label)),
                Err(problem) => Some(Saved::TakenBack(problem)),
            },
            Written::Lost(lost, why) => Some(Saved::TakenBack(self.take_back(&lost, &why))),
        });
        let saved = saved.collect();
        if is_changed {
            // A document that cannot be read now says so at the next answer.
            let _ = self.refresh_items();
        }
        saved
    }

    /// What could not be written is not shown as if it were.
    fn take_back(&mut self, lost: &VecDeque<Write>, why: &Diagnostic) -> Diagnostic {
        let labels: Vec<String> = lost
            .iter()
            .map(|write| match write {
                Write::Edit(edit) => format!("“{}”", edit.label),
                Write::Turn(Turn::Undo) => "Undo".to_owned(),
                Write::Turn(Turn::Redo) => "Redo".to_owned(),
            })
            .collect();
        if let Ok((workspace, _)) = self.document.load_workspace() {
            self.workspace = workspace;
        }
        let message = format!("{} could not be saved: {}", labels.join(", "), why.message);
        Diagnostic::error("not-saved", message).hint(why.hint.clone().unwrap_or_default())
    }

    fn follow(&mut self, edit: Option<Edit>) -> Result<Option<String>, Diagnostic> {
        let Some(edit) = edit else { return Ok(None) };
        self.workspace.apply(&edit)?;
        self.refresh_items().map_err(|error| error.diagnostic())?;
        Ok(Some(masked_label(&edit.label)))
    }

    /// Imports a log in the background.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn import(&mut self, request: Import) -> Result<(), Diagnostic> {
        let mut writer = self.document.another_writer().map_err(|error| error.diagnostic())?;
        let zone = self.workspace.zone();
        let name =
            request.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let source = source_name(&request.file);
        self.transfers.start(format!("Importing {}", masked("", &name)), move |progress| {
            let options = ImportOptions {
                format: request.format.as_deref(),
                mapping: request.mapping,
                source,
                imported_at: clock::now(),
                zone,
            };
            let imported = match request.replaces {
                Some(batch) => replace(&mut writer, batch, &request.file, &options, progress),
                None => import(&mut writer, &request.file, &options, progress),
            };
            let says_mapping = options.mapping.is_some() || request.forgets_mapping;
            if let Some(report) = imported.as_ref().ok().filter(|_| says_mapping) {
                // Only spares a person correcting the next log.
                let _ = remember(&mut writer, &options, report);
            }
            match imported {
                Ok(report) => Transfer::Imported(Ok(Box::new(report))),
                Err(ImportError::Cancelled) => Transfer::Stopped("Import stopped before anything was added"),
                Err(error) => Transfer::Imported(Err(error.diagnostic())),
            }
        });
        Ok(())
    }

    /// Takes an import back in the background.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn remove_batch(&mut self, batch: i64) -> Result<(), Diagnostic> {
        let mut writer = self.document.another_writer().map_err(|error| error.diagnostic())?;
        self.transfers.start("Removing an import", move |progress| {
            match writer.remove_batch(batch, progress) {
                Ok(removed) => Transfer::Removed(Ok(removed.events)),
                Err(error) if error.is_cancelled() => {
                    Transfer::Stopped("Removal stopped; the import is still there")
                }
                Err(error) => Transfer::Removed(Err(error.diagnostic())),
            }
        });
        Ok(())
    }

    /// Reads quarantined records again in the background.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn replay(&mut self, request: Replay) -> Result<(), Diagnostic> {
        let mut writer = self.document.another_writer().map_err(|error| error.diagnostic())?;
        let zone = self.workspace.zone();
        self.transfers.start("Reading quarantined records again", move |progress| {
            let report = replay(&mut writer, &request, zone, progress);
            Transfer::Replayed(report.map_err(|error| error.diagnostic()))
        });
        Ok(())
    }

    /// Writes a copy in the background.
    ///
    /// # Errors
    /// When the document cannot be read a second time, or edits wait to be written: a copy would lack them.
    pub fn save_copy(&mut self, path: PathBuf, contents: CopyContents) -> Result<(), Diagnostic> {
        if !self.saving.is_done() {
            return Err(edits_wait());
        }
        let reader = self.document.another_reader().map_err(|error| error.diagnostic())?;
        self.transfers.start("Saving a copy", move |progress| {
            match reader.save_copy(&path, CopyOptions { contents, overwrite: false }, progress) {
                Ok(()) => Transfer::Copied(Ok(path)),
                Err(error) if error.is_cancelled() => Transfer::Stopped("Copy stopped; nothing was written"),
                Err(error) => Transfer::Copied(Err(error.diagnostic())),
            }
        });
        Ok(())
    }

    /// Writes the picture of a query's chart, drawn beside the window as on the command line.
    ///
    /// # Errors
    /// While edits wait to be written: the picture would not show them.
    pub fn save_picture(&mut self, path: PathBuf, query: ItemId, is_dark: bool) -> Result<(), Diagnostic> {
        if !self.saving.is_done() {
            return Err(edits_wait());
        }
        let document = self.facts.path.clone();
        self.transfers.start("Saving the picture", move |_| {
            Transfer::Saved(render_query(&document, query, &path, is_dark).map(|()| path))
        });
        Ok(())
    }

    /// Writes a table.
    pub fn save_table(&mut self, path: PathBuf, text: String) {
        self.transfers.start("Saving the table", move |_| {
            let written = std::fs::write(&path, text).map_err(|error| {
                Diagnostic::error("table-unwritable", format!("The table could not be written: {error}"))
                    .at(masked("", &path.display().to_string()))
                    .hint("Choose a folder that you may write")
            });
            Transfer::Saved(written.map(|()| path))
        });
    }

    /// The transfers that have ended since the last call, or the message of one that panicked.
    pub fn finished(&mut self) -> Vec<Result<Transfer, String>> {
        self.take_arrivals();
        let ended = self.transfers.finished();
        for (job, outcome) in &ended {
            self.note_ended(*job, outcome);
        }
        self.note_dropped();
        // Before the columns are tidied: the more lands together, the fewer times.
        self.start_next();
        let outcomes: Vec<_> = ended
            .into_iter()
            .map(|(_, outcome)| match outcome {
                Outcome::Done(transfer) => Ok(transfer),
                Outcome::Panicked(message) => Err(message),
            })
            .collect();
        if !outcomes.is_empty() {
            // A document that cannot be read now says so at the next answer.
            let _ = self.rows_changed();
            let stopped = outcomes
                .iter()
                .any(|outcome| matches!(outcome, Ok(Transfer::Stopped(_) | Transfer::Prepared(_))));
            if stopped {
                self.answers.get_mut().hold(false);
            } else if self.transfers.jobs().next().is_none() {
                let _ = self.prepare(false);
            }
        }
        outcomes
    }

    /// The transfers that run or wait.
    pub fn transfers(&self) -> Vec<TransferFacts> {
        self.transfers.jobs().map(TransferFacts::of).collect()
    }

    /// Stops a transfer; one that has ended meanwhile is left alone.
    pub fn cancel(&mut self, job: JobId) {
        self.transfers.cancel(job);
    }

    /// Writes the headline numbers that changed, then closes the file cleanly.
    ///
    /// # Errors
    /// When edits that waited, or the file, cannot be written; all else is done then all the same, and the edits are
    /// told first.
    pub fn close(mut self) -> Result<(), Diagnostic> {
        let wake = || {};
        self.watching.end();
        // Each waits for its work: the file is closed after its last reader and writer.
        drop(std::mem::replace(&mut self.transfers, Lane::new(1, wake)));
        if self.watching.is_unkept {
            self.watching.keep(&mut self.document);
        }
        let written = self.saving.finish();
        let lost = self.settle(written).into_iter().find_map(|saved| match saved {
            Saved::TakenBack(problem) => Some(problem),
            Saved::Turned(..) => None,
        });
        drop(self.answers);
        // Whoever kept the edits out keeps the rest out as well: no use in waiting long for each.
        let patience = if lost.is_some() { Patience::Brief } else { Patience::Long };
        let patient = self.document.set_patience(patience);
        let changed = self.last_answers.borrow().changed();
        let mut kept = changed.iter().filter(|(id, _)| self.workspace.get(*id).is_some());
        let kept = match self.facts.read_only {
            Some(_) => Ok(()),
            None => kept.try_for_each(|(id, headline)| self.document.set_last_answer(*id, headline)),
        };
        let closed = self.document.close();
        match lost {
            Some(problem) => Err(problem),
            None => patient.and(kept).and(closed).map_err(|error| error.diagnostic()),
        }
    }

    /// Closes the file cleanly without writing anything: a picture leaves no trace in a document.
    pub fn leave(mut self) {
        self.watching.end();
        drop(self.transfers);
        drop(self.answers);
    }

    fn rows_changed(&mut self) -> Result<(), StoreError> {
        self.answers.get_mut().forget();
        self.facts.revision += 1;
        self.refresh_rows()
    }

    fn refresh_rows(&mut self) -> Result<(), StoreError> {
        let counts = self.document.counts()?;
        self.facts.events = counts.events;
        self.facts.persons = counts.persons;
        self.facts.batches = self.document.batches()?;
        self.facts.as_of = self.document.default_as_of()?;
        Ok(())
    }

    fn refresh_items(&mut self) -> Result<(), StoreError> {
        let settings = self.workspace.settings();
        let stem =
            self.facts.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        self.facts.title = if settings.title.is_empty() { stem } else { settings.title };
        self.answers.get_mut().set_scope(Aliases::of(&self.workspace), self.workspace.zone());
        self.facts.unsaved = self.saving.count();
        // While writes wait, the file does not know the latest edit yet.
        let (undo, redo) = if self.saving.is_done() {
            (self.document.peek_undo()?, self.document.peek_redo()?)
        } else {
            (None, None)
        };
        self.undo = undo.map(|edit| masked_label(&edit.label));
        self.redo = redo.map(|edit| masked_label(&edit.label));
        Ok(())
    }

    fn load_last_answers(&mut self) {
        let ids: Vec<ItemId> = self.workspace.queries().into_iter().map(|(id, _)| id).collect();
        let mut before = BTreeMap::new();
        for id in ids {
            if let Ok(Some(headline)) = self.document.last_answer(id) {
                before.insert(id, headline);
            }
        }
        self.last_answers = RefCell::new(LastAnswers { before, now: BTreeMap::new() });
    }
}

fn edits_wait() -> Diagnostic {
    Diagnostic::warning("edits-wait", "The latest edits are not in the file yet")
        .hint("Try again as soon as they are: the status line tells")
}

/// Headline numbers of saved queries: those of the time before, and those seen now.
#[derive(Debug, Default)]
pub struct LastAnswers {
    before: BTreeMap<ItemId, String>,
    now: BTreeMap<ItemId, String>,
}

impl LastAnswers {
    /// What a query answered before this session.
    pub fn before(&self, id: ItemId) -> Option<String> {
        self.before.get(&id).cloned()
    }

    /// What it answers now. When the same question was answered otherwise a moment ago, rows have come or gone: that
    /// is then the answer before.
    pub fn note(&mut self, id: ItemId, headline: String) {
        let question = |headline: &str| headline.split_once('\n').map(|(_, question)| question.to_owned());
        match self.now.insert(id, headline.clone()) {
            Some(last) if last != headline && question(&last) == question(&headline) => {
                _ = self.before.insert(id, last);
            }
            Some(_) | None => {}
        }
    }

    /// Those that differ from before.
    fn changed(&self) -> Vec<(ItemId, String)> {
        let differs = |(id, headline): &(&ItemId, &String)| self.before.get(id) != Some(headline);
        self.now.iter().filter(differs).map(|(id, headline)| (*id, headline.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operations::queries;
    use crate::model::text::parse_query;

    /// A session with an edit that waits, and the other writer that it waits for.
    fn waiting(folder: &Path) -> (Session, ItemId, Document) {
        let path = folder.join("shop.stormline");
        Document::create(&path).unwrap().close().unwrap();
        let mut session = Session::open(&path, true, &Progress::new(), || {}).unwrap();
        session.saving.patience = Patience::Brief;
        let query = parse_query("kind = \"trend\"\nevents = [{ event = \"A\" }]").unwrap();
        let id = ItemId(7);
        session.edit(queries::add(session.workspace(), id, None, query.clone()), "").unwrap();
        let other = session.document.another_writer().unwrap();
        let take = other.with_sql(|conn| {
            conn.pragma_update(None, "query_only", false)?;
            conn.execute_batch("BEGIN IMMEDIATE")
        });
        take.unwrap();
        session.edit(queries::add(session.workspace(), ItemId(8), None, query), "").unwrap();
        assert_eq!(session.facts.unsaved, 1);
        (session, id, other)
    }

    #[test]
    fn a_copy_waits_for_edits_that_wait() {
        let folder = tempfile::tempdir().unwrap();
        let (mut session, _, other) = waiting(folder.path());
        let copy = folder.path().join("copy.stormline");
        let refused = session.save_copy(copy.clone(), CopyContents::Everything).unwrap_err();
        assert_eq!(refused.code, "edits-wait");
        other.with_sql(|conn| conn.execute_batch("ROLLBACK")).unwrap();
        let written = session.saving.finish();
        session.settle(written);
        session.save_copy(copy, CopyContents::Everything).unwrap();
        drop(other);
        session.close().unwrap();
    }

    #[test]
    fn closing_tells_of_lost_edits_before_all_else() {
        let folder = tempfile::tempdir().unwrap();
        let (session, id, other) = waiting(folder.path());
        // This cannot be written either.
        session.last_answers.borrow_mut().note(id, "12".to_owned());
        let problem = session.close().unwrap_err();
        assert_eq!(problem.code, "not-saved", "{problem}");
        drop(other);
        let document = Document::open_read_only(&folder.path().join("shop.stormline")).unwrap();
        assert_eq!(document.load_workspace().unwrap().0.queries().len(), 1);
    }

    #[test]
    fn opening_can_be_stopped_at_each_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.stormline");
        Document::create(&path).unwrap().close().unwrap();
        for step in 1..=4 {
            let stopped = Session::open(&path, true, &Progress::cancelling_at(step), || {});
            assert!(stopped.is_err_and(|problem| problem.code == "cancelled"), "{step}");
        }
        Session::open(&path, true, &Progress::new(), || {}).unwrap().close().unwrap();
    }
}
