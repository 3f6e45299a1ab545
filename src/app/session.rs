//! One open document: its workspace, its answers, its transfers. Not for windows.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::answers::Answers;
use super::command::Import;
use super::context::{DocumentFacts, TransferFacts};
use crate::base::{Diagnostic, Progress};
use crate::jobs::answers::Tables;
use crate::jobs::clock;
use crate::jobs::import::{ImportError, ImportOptions, ImportReport, import, replace, source_name};
use crate::jobs::lane::{Job, JobId, Lane, Outcome};
use crate::model::edit::Edit;
use crate::model::item::ItemId;
use crate::model::plan::Aliases;
use crate::model::workspace::Workspace;
use crate::store::copy::{CopyContents, CopyOptions};
use crate::store::document::Document;
use crate::store::edits::HistoryEntry;
use crate::store::error::StoreError;

/// What a transfer came to.
pub enum Transfer {
    /// An import's report, or why there is none.
    Imported(Result<Box<ImportReport>, Diagnostic>),
    /// How many events were taken back.
    Removed(Result<u64, Diagnostic>),
    /// Where the copy is.
    Copied(Result<PathBuf, Diagnostic>),
    /// The columns are up to date.
    Prepared(Result<(), Diagnostic>),
    /// A person stopped it before it changed anything.
    Stopped(&'static str),
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
    /// Headline numbers of saved queries.
    pub last_answers: RefCell<LastAnswers>,
    transfers: Lane<Transfer>,
    undo: Option<String>,
    redo: Option<String>,
    /// The latest edit when the document was opened: taking it or an earlier one back is asked first.
    opened_at: i64,
}

impl Session {
    /// Opens a document. `inline` answers questions at once; `wake` is called when there is something new to show.
    ///
    /// # Errors
    /// Why it cannot be opened; the file is then unchanged.
    pub fn open(
        path: &Path,
        inline: bool,
        wake: impl Fn() + Send + Sync + Clone + 'static,
    ) -> Result<Session, Diagnostic> {
        let tell = |error: StoreError| error.diagnostic();
        let document = Document::open(path).map_err(tell)?;
        let (workspace, remarks) = document.load_workspace().map_err(tell)?;
        let reader = document.another_reader().map_err(tell)?;
        let read_only = document.read_only_reason();
        let facts = DocumentFacts { path: path.to_owned(), read_only, remarks, ..DocumentFacts::default() };
        let mut session = Session {
            answers: RefCell::new(Answers::new(Tables::new(reader), inline, wake.clone())),
            transfers: Lane::new(1, wake),
            last_answers: RefCell::new(LastAnswers::default()),
            revealed: HashSet::new(),
            document,
            workspace,
            facts,
            undo: None,
            redo: None,
            opened_at: 0,
        };
        session.opened_at = session.document.history(1).map_err(tell)?.first().map_or(0, |entry| entry.id);
        session.refresh_rows().map_err(tell)?;
        session.refresh_items().map_err(tell)?;
        session.load_last_answers();
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
            return self.document.rebuild_cache(&Progress::new());
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

    /// Makes an edit: in the file and in memory, or not at all.
    ///
    /// # Errors
    /// When it no longer fits, or the file cannot be written.
    pub fn edit(&mut self, mut edit: Edit, author: &str) -> Result<(), Diagnostic> {
        edit.at = clock::now();
        author.clone_into(&mut edit.author);
        let mut changed = self.workspace.clone();
        changed.apply(&edit)?;
        self.document.record(&edit).map_err(|error| error.diagnostic())?;
        self.workspace = changed;
        self.refresh_items().map_err(|error| error.diagnostic())
    }

    /// The edit that undo would take back, if it was made before the document was opened: that is asked first.
    pub fn undo_from_before(&self) -> Option<HistoryEntry> {
        self.document.peek_undo().ok().flatten().filter(|entry| entry.id <= self.opened_at)
    }

    /// The history's number of the latest edit, for a note that offers to take it back.
    pub fn latest_entry(&self) -> Option<i64> {
        self.document.peek_undo().ok().flatten().map(|entry| entry.id)
    }

    /// Takes the latest edit back; its label, or `None` when there is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn undo(&mut self) -> Result<Option<String>, Diagnostic> {
        let undone = self.document.undo().map_err(|error| error.diagnostic())?;
        self.follow(undone)
    }

    /// Makes the latest edit taken back again; its label, or `None` when there is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn redo(&mut self) -> Result<Option<String>, Diagnostic> {
        let redone = self.document.redo().map_err(|error| error.diagnostic())?;
        self.follow(redone)
    }

    fn follow(&mut self, edit: Option<Edit>) -> Result<Option<String>, Diagnostic> {
        let Some(edit) = edit else { return Ok(None) };
        self.workspace.apply(&edit)?;
        self.refresh_items().map_err(|error| error.diagnostic())?;
        Ok(Some(edit.label))
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
        self.transfers.start(format!("Importing {name}"), move |progress| {
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

    /// Writes a copy in the background.
    ///
    /// # Errors
    /// When the document cannot be read a second time.
    pub fn save_copy(&mut self, path: PathBuf, contents: CopyContents) -> Result<(), Diagnostic> {
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

    /// The transfers that have ended since the last call, or the message of one that panicked.
    pub fn finished(&mut self) -> Vec<Result<Transfer, String>> {
        let ended = self.transfers.finished();
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
        let facts = |job: &Job| TransferFacts {
            id: job.id,
            label: job.label.clone(),
            progress: job.progress.clone(),
            running_secs: job.started.map(|at: Instant| at.elapsed().as_secs_f64()),
        };
        self.transfers.jobs().map(facts).collect()
    }

    /// Stops a transfer; one that has ended meanwhile is left alone.
    pub fn cancel(&mut self, job: JobId) {
        self.transfers.cancel(job);
    }

    /// Writes the headline numbers that changed, then closes the file cleanly.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(mut self) -> Result<(), Diagnostic> {
        // Both wait for their work: the file is closed after its last reader and writer.
        drop(self.transfers);
        drop(self.answers);
        for (id, headline) in self.last_answers.borrow().changed() {
            if self.workspace.get(id).is_some() && self.facts.read_only.is_none() {
                self.document.set_last_answer(id, &headline).map_err(|error| error.diagnostic())?;
            }
        }
        self.document.close().map_err(|error| error.diagnostic())
    }

    /// Closes the file cleanly without writing anything: a picture leaves no trace in a document.
    pub fn leave(self) {
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
        self.undo = self.document.peek_undo()?.map(|edit| edit.label);
        self.redo = self.document.peek_redo()?.map(|edit| edit.label);
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
