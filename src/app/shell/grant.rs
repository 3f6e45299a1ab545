//! Grants the wishes of views: one line an arm, the work in its owner's file. Not for deciding what may be wished.

use std::path::{Path, PathBuf};

use super::{Shell, panicked};
use crate::app::action::Action;
use crate::app::command::{Command, Import};
use crate::app::dialogs::DialogState;
use crate::app::route::{EventsTab, Route};
use crate::app::session::{Fate, Landed, Saved, Session, Transfer, Turn, Turned};
use crate::app::theme::Tone;
use crate::app::widgets::toast::Toast;
use crate::base::{Diagnostic, format};
use crate::jobs::import::ImportReport;
use crate::jobs::lane::JobId;
use crate::jobs::replay::ReplayReport;
use crate::jobs::{clock, copies};
use crate::model::edit::Edit;
use crate::model::item::{Item, ItemId};
use crate::model::operations::queries;
use crate::model::privacy::{masked, masked_label};
use crate::model::query::Query;
use crate::store::handles::looks_like_document;

impl Shell {
    pub(super) fn grant_all(&mut self, ctx: &egui::Context) {
        let wishes = self.commands.borrow().len();
        for _ in 0..wishes {
            // One by one: granting one may bring another document, which drops those meant for the document before.
            let next = {
                let mut commands = self.commands.borrow_mut();
                (!commands.is_empty()).then(|| commands.remove(0))
            };
            let Some(command) = next else { return };
            if let Err(problem) = self.grant(ctx, command) {
                self.tell(&problem);
            }
        }
    }

    fn grant(&mut self, ctx: &egui::Context, command: Command) -> Result<(), Diagnostic> {
        match command {
            Command::Act(action) => self.act(ctx, action)?,
            Command::Go(route) => self.trail.go(route),
            Command::ShowEvents { filter, person } => {
                self.views.events.show_only(filter, person);
                self.trail.go(Route::Events(EventsTab::Log));
            }
            Command::Edit(edit) => self.edit(edit)?,
            Command::AddQuery(name, query) => self.add_query(name, query)?,
            Command::DuplicateQuery(id) => self.duplicate_query(id)?,
            Command::Open(path) => self.open_any(path)?,
            Command::Create { document, zone, import } => self.create(&document, &zone, import)?,
            Command::Import(import) => self.import(import)?,
            Command::Watch(folder) => self.watch(&folder)?,
            Command::PauseWatch(folder, paused) => {
                self.change_watches(|session| session.pause_watch(&folder, paused))?
            }
            Command::StopWatch(folder) => self.change_watches(|session| session.stop_watch(&folder))?,
            Command::RemoveBatch(batch) => self.with_session(|session| session.remove_batch(batch))?,
            Command::Replay(request) => self.with_session(|session| session.replay(request))?,
            Command::SaveCopy(path, contents) => {
                self.with_session(|session| session.save_copy(path, contents))?
            }
            Command::SavePicture { path, query } => {
                let is_dark = ctx.global_style().visuals.dark_mode;
                self.with_session(|session| session.save_picture(path, query, is_dark))?
            }
            Command::SaveTable { path, text } => self.with_session(|session| {
                session.save_table(path, text);
                Ok(())
            })?,
            Command::CancelJob(job) => self.cancel(job),
            Command::Dialog(state) => self.dialogs.open(state),
            Command::Copy { text, what } => {
                ctx.copy_text(text);
                self.toast(Tone::Positive, format!("{what} copied"));
            }
            Command::Toast(toast) => self.toasts.push(toast, self.now),
            Command::UndoNow => self.turn(Turn::Undo)?,
            Command::UndoEntry(entry) => self.undo_entry(entry)?,
            Command::Leave => {
                self.leaves = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Command::SetAuthor(name) => self.settings.author = name,
            Command::Reveal(key) => self.with_session(|session| {
                session.revealed.insert(key);
                Ok(())
            })?,
        }
        Ok(())
    }

    fn act(&mut self, ctx: &egui::Context, action: Action) -> Result<(), Diagnostic> {
        match action {
            Action::Palette => self.palette.toggle(),
            Action::Start => self.trail.go(Route::Start),
            Action::OpenFile => self.dialogs.open(DialogState::open_file()),
            Action::OpenSample => self.open_sample()?,
            Action::NewDocument => self.dialogs.open(DialogState::new_document(None)),
            Action::ImportLog => self.dialogs.open(DialogState::import_file()),
            Action::WatchFolder => self.dialogs.open(DialogState::watch_folder()),
            Action::SaveCopy => self.ask_save_copy(),
            Action::CloseDocument => self.close_document(),
            Action::Save => self.save(),
            Action::Undo => self.ask_undo()?,
            Action::Redo => self.turn(Turn::Redo)?,
            Action::History => self.show_history()?,
            Action::GoEvents => self.trail.go(Route::Events(EventsTab::Log)),
            Action::GoExplore => self.go_explore(),
            Action::Back => _ = self.trail.back(),
            Action::Forth => _ = self.trail.forth(),
            Action::NewFunnel => self.add_query(None, crate::app::views::new_funnel())?,
            Action::NewRetention => self.add_query(None, crate::app::views::new_retention())?,
            Action::NewFlow => self.add_query(None, crate::app::views::new_flow())?,
            Action::NewTrend => self.add_query(None, crate::app::views::new_trend())?,
            Action::DuplicateQuery => self.for_query(Self::duplicate_query)?,
            Action::DeleteQuery => self.for_query(Self::delete_query)?,
            Action::CopyText => self.for_query(|shell, id| shell.copy_query_text(ctx, id))?,
            Action::CopySql => self.for_query(|shell, id| shell.copy_query_sql(ctx, id))?,
            Action::SavePicture => {
                self.for_query(|shell, id| shell.ask_save(id, DialogState::save_picture))?
            }
            Action::SaveTable => self.for_query(|shell, id| shell.ask_save(id, DialogState::save_table))?,
            Action::AboutNumber => self.for_query(|shell, id| {
                shell.dialogs.open(DialogState::About(id));
                Ok(())
            })?,
            Action::Zone => self.ask_zone(),
            Action::Inspector => self.settings.inspector_hidden = !self.settings.inspector_hidden,
            Action::Theme => self.settings.dark = Some(!ctx.global_style().visuals.dark_mode),
            Action::Shortcuts => self.dialogs.open(DialogState::Shortcuts),
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
        Ok(())
    }

    fn with_session(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        match &mut self.session {
            Some(session) => work(session),
            None => Err(Diagnostic::warning("no-document", "No document is open").hint("Open one first")),
        }
    }

    fn for_query(
        &mut self,
        work: impl FnOnce(&mut Shell, ItemId) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        match self.trail.here() {
            Route::Query(id) => {
                let id = *id;
                work(self, id)
            }
            Route::Start | Route::Events(_) | Route::Explore | Route::Timeline { .. } => Ok(()),
        }
    }

    /// Asks where what a query's page shows is saved.
    fn ask_save(
        &mut self,
        id: ItemId,
        dialog: impl FnOnce(ItemId, &str, &Path) -> DialogState,
    ) -> Result<(), Diagnostic> {
        let Some(session) = &self.session else { return Ok(()) };
        let queries = session.workspace().queries();
        let Some((_, saved)) = queries.iter().find(|(of, _)| *of == id) else { return Ok(()) };
        let name = saved.name.clone().unwrap_or_else(|| saved.query.kind().to_owned());
        let state = dialog(id, &masked_label(&name), &session.facts.path);
        self.dialogs.open(state);
        Ok(())
    }

    fn edit(&mut self, edit: Edit) -> Result<(), Diagnostic> {
        let author = self.settings.author.clone();
        self.with_session(|session| session.edit(edit, &author))
    }

    fn add_query(&mut self, name: Option<String>, query: Query) -> Result<(), Diagnostic> {
        let id = clock::item_id();
        let Some(session) = &self.session else { return Ok(()) };
        let edit = queries::add(session.workspace(), id, name, query);
        self.edit(edit)?;
        self.trail.go(Route::Query(id));
        Ok(())
    }

    fn duplicate_query(&mut self, id: ItemId) -> Result<(), Diagnostic> {
        let copy = clock::item_id();
        let Some(session) = &self.session else { return Ok(()) };
        let edit = queries::duplicate(session.workspace(), id, copy)?;
        self.edit(edit)?;
        self.trail.go(Route::Query(copy));
        Ok(())
    }

    fn delete_query(&mut self, id: ItemId) -> Result<(), Diagnostic> {
        let Some(session) = &self.session else { return Ok(()) };
        let edit = queries::delete(session.workspace(), id)?;
        let name = match session.workspace().get(id) {
            Some(Item::Query(saved)) => saved.name.clone(),
            _ => None,
        };
        self.edit(edit)?;
        let done = name.map_or_else(
            || "Deleted the draft".to_owned(),
            |name| format!("Deleted “{}”", masked_label(&name)),
        );
        let toast = Toast::new(Tone::Neutral, done);
        let toast = match self.latest_entry() {
            Some(entry) => toast.action("Undo", entry),
            None => toast,
        };
        self.toasts.push(toast, self.now);
        self.go_explore();
        Ok(())
    }

    fn copy_query_text(&mut self, ctx: &egui::Context, id: ItemId) -> Result<(), Diagnostic> {
        let Some(session) = &self.session else { return Ok(()) };
        if let Some(Item::Query(saved)) = session.workspace().get(id) {
            ctx.copy_text(crate::model::text::query_text(&saved.query));
            self.toast(Tone::Positive, "The query's text form copied");
        }
        Ok(())
    }

    fn copy_query_sql(&mut self, ctx: &egui::Context, id: ItemId) -> Result<(), Diagnostic> {
        let Some(session) = &self.session else { return Ok(()) };
        if let Some(Item::Query(saved)) = session.workspace().get(id) {
            let as_of = saved.query.as_of().or(session.facts.as_of).unwrap_or_default();
            ctx.copy_text(copies::sql(&saved.query, session.workspace(), &session.facts.batches, as_of)?);
            self.toast(Tone::Positive, "SQL for SQLite copied: run it on this document's file");
        }
        Ok(())
    }

    fn go_explore(&mut self) {
        let first = self.session.as_ref().and_then(|s| s.workspace().queries().first().map(|(id, _)| *id));
        self.trail.go(first.map_or(Route::Explore, Route::Query));
    }

    fn save(&mut self) {
        let draft = match (self.trail.here(), &self.session) {
            (Route::Query(id), Some(session)) => match session.workspace().get(*id) {
                Some(Item::Query(saved)) if saved.name.is_none() => Some(*id),
                _ => None,
            },
            _ => None,
        };
        let unsaved = self.session.as_ref().map_or(0, |session| session.facts.unsaved);
        match draft {
            _ if unsaved > 0 => {
                let count = format::counted(unsaved as u64, "edit waits", "edits wait");
                self.toast(Tone::Warning, format!("{count}: written as soon as another job lets them"));
            }
            Some(id) => self.dialogs.open(DialogState::name_query(id, "")),
            None => self.toast(Tone::Positive, "Everything is saved: each change is written as you make it"),
        }
    }

    /// An edit of an earlier time is named and asked about before it is taken back.
    fn ask_undo(&mut self) -> Result<(), Diagnostic> {
        match self.session.as_ref().and_then(Session::undo_from_before) {
            Some(entry) => self.dialogs.open(DialogState::Undo(entry)),
            None => self.turn(Turn::Undo)?,
        }
        Ok(())
    }

    fn latest_entry(&self) -> Option<u64> {
        self.session.as_ref().and_then(Session::latest_entry).map(i64::cast_unsigned)
    }

    /// What a note offers to take back; other edits may have been made since.
    fn undo_entry(&mut self, entry: i64) -> Result<(), Diagnostic> {
        if self.latest_entry() == Some(entry.cast_unsigned()) {
            return self.turn(Turn::Undo);
        }
        let problem = Diagnostic::warning("later-edits", "Other edits were made since then");
        Err(problem.hint("Undo takes them back one by one, the latest first"))
    }

    fn turn(&mut self, turn: Turn) -> Result<(), Diagnostic> {
        let Some(session) = &mut self.session else { return Ok(()) };
        if let Turned::Done(label) = session.turn(turn)? {
            self.say_turned(turn, &label);
        }
        Ok(())
    }

    fn say_turned(&mut self, turn: Turn, label: &str) {
        let words = match turn {
            Turn::Undo => format!("Undone: {label}"),
            Turn::Redo => format!("Done again: {label}"),
        };
        self.toast(Tone::Neutral, words);
        self.leave_what_is_gone();
    }

    /// A query that undo or redo has taken away is not shown any more.
    fn leave_what_is_gone(&mut self) {
        let gone = match (self.trail.here(), &self.session) {
            (Route::Query(id), Some(session)) => session.workspace().get(*id).is_none(),
            _ => false,
        };
        if gone {
            self.go_explore();
        }
    }

    fn ask_save_copy(&mut self) {
        if let Some(session) = &self.session {
            self.dialogs.open(DialogState::save_copy(&session.facts.path));
        }
    }

    fn show_history(&mut self) -> Result<(), Diagnostic> {
        const MOST: u32 = 1000;
        let Some(session) = &self.session else { return Ok(()) };
        let entries = session.document().history(MOST).map_err(|error| error.diagnostic())?;
        self.dialogs.open(DialogState::History(entries));
        Ok(())
    }

    fn ask_zone(&mut self) {
        let Some(session) = &self.session else { return };
        self.dialogs.open(DialogState::zone(session.workspace().zone().name()));
    }

    /// A document is opened; anything else is a log, imported into the open document or a new one.
    fn open_any(&mut self, path: PathBuf) -> Result<(), Diagnostic> {
        // A path typed on the command line may be relative; the dialogs show and keep whole ones.
        let path = std::path::absolute(&path).unwrap_or(path);
        if self.is_shown(&path) || looks_like_document(&path) {
            return self.open_document(&path);
        }
        let state = if self.abilities().writable {
            DialogState::import(path)
        } else {
            DialogState::new_document(Some(path))
        };
        self.dialogs.open(state);
        Ok(())
    }

    fn cancel(&mut self, job: JobId) {
        self.cancel_opening(job);
        if let Some(session) = &mut self.session {
            session.cancel(job);
        }
    }

    pub(super) fn import(&mut self, import: Import) -> Result<(), Diagnostic> {
        self.with_session(|session| session.import(import))?;
        self.trail.go(Route::Events(EventsTab::Imports));
        Ok(())
    }

    fn watch(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        self.change_watches(|session| session.watch(&folder))?;
        self.trail.go(Route::Events(EventsTab::Imports));
        let path = folder.display().to_string();
        self.toast(Tone::Positive, format!("Watching {} for new logs", masked("", &path)));
        Ok(())
    }

    /// Remembers on this computer which folders the document may watch here.
    fn change_watches(
        &mut self,
        change: impl FnOnce(&mut Session) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.with_session(change)?;
        if let Some(session) = &self.session {
            self.settings.allow_watches(&session.facts.path, session.allowed_watches());
        }
        Ok(())
    }

    pub(super) fn close_document(&mut self) {
        self.dialogs.let_go();
        if let Some(session) = self.session.take() {
            if let Err(problem) = session.close() {
                self.tell(&problem);
            }
            self.views = crate::app::views::Views::default();
            self.trail = crate::app::route::Trail::new(Route::Start);
        }
        self.forget_wishes();
    }

    /// Whatever was meant for the document before is not for the next one.
    fn forget_wishes(&mut self) {
        self.dialogs.leave_document();
        self.palette.close();
        self.toasts.drop_actions();
        self.commands.borrow_mut().retain(|command| !command.is_of_document());
    }

    pub(super) fn take_finished(&mut self) {
        let Some(session) = &mut self.session else { return };
        let (saved, finished) = (session.saved(), session.finished());
        for saved in saved {
            match saved {
                Saved::Turned(turn, label) => self.say_turned(turn, &label),
                Saved::TakenBack(problem) => {
                    self.tell(&problem);
                    self.leave_what_is_gone();
                }
            }
        }
        for outcome in finished {
            match outcome {
                Ok(transfer) => self.say(transfer),
                Err(message) => self.tell(&panicked(&message)),
            }
        }
        let landed = self.session.as_mut().map(Session::landed).unwrap_or_default();
        landed.iter().for_each(|landed| self.say_landed(landed));
    }

    /// One note for all files that landed together; what is wrong with one is told on the page of imports.
    fn say_landed(&mut self, landed: &Landed) {
        let text = format!(
            "{} landed in {}: {} imported",
            format::counted(landed.files, "file", "files"),
            masked("", &landed.folder.display().to_string()),
            format::counted(landed.events, "event", "events"),
        );
        self.toast(Tone::Positive, text);
    }

    fn say(&mut self, transfer: Transfer) {
        match transfer {
            Transfer::Imported(Ok(report)) => self.say_import(&report),
            Transfer::Landed(Fate::Stopped) => {
                self.toast(Tone::Neutral, "Import of a file that landed stopped; what came in stays");
            }
            Transfer::Landed(Fate::Imported(_) | Fate::Known | Fate::Refused(_) | Fate::Unwritten(_)) => {}
            Transfer::Removed(Ok(events)) => {
                self.toast(Tone::Positive, format!("{} removed", format::counted(events, "event", "events")));
            }
            Transfer::Replayed(Ok(report)) => self.say_replay(&report),
            Transfer::Copied(Ok(path)) => {
                let path = path.display().to_string();
                self.toast(Tone::Positive, format!("Copy saved to {}", masked("", &path)));
            }
            Transfer::Saved(Ok(path)) => {
                let path = path.display().to_string();
                self.toast(Tone::Positive, format!("Saved to {}", masked("", &path)));
            }
            Transfer::Prepared(Ok(())) => {}
            Transfer::Stopped(what) => self.toast(Tone::Neutral, what),
            Transfer::Imported(Err(problem))
            | Transfer::Removed(Err(problem))
            | Transfer::Replayed(Err(problem))
            | Transfer::Copied(Err(problem))
            | Transfer::Saved(Err(problem))
            | Transfer::Prepared(Err(problem)) => self.tell(&problem),
        }
    }

    fn say_replay(&mut self, report: &ReplayReport) {
        let stay: u64 = report.still.iter().map(|(_, count)| count).sum();
        let text = format!(
            "Of {} read again {}, {}, {}",
            format::counted(report.read, "record", "records"),
            format::counted(report.imported, "became an event", "became events"),
            format::counted(report.duplicates, "was there already", "were there already"),
            format::counted(stay, "stays in quarantine", "stay in quarantine")
        );
        self.toast(if report.imported > 0 { Tone::Positive } else { Tone::Warning }, text);
        if let Some(first) = report.passed_over.first() {
            let count = report.passed_over.len() as u64;
            let files = format::counted(count, "import is", "imports are");
            let text = format!("{files} left as before: {}. {}", masked("", &first.file), first.why);
            self.toast(Tone::Warning, text);
        }
    }

    /// The counts, and whatever else the import has to say.
    fn say_import(&mut self, report: &ImportReport) {
        if let Some(batch) = report.batch {
            self.views.events.select_import(batch);
        }
        let clean = report.complete && report.quarantined == 0;
        let adds = report.imported + report.traits > 0;
        let (tone, said) = match report.batch {
            // Only what had been imported before leaves nothing behind.
            None if report.complete => (Tone::Neutral, "already-imported"),
            Some(_) if clean && adds => (Tone::Positive, "table-of-persons"),
            Some(_) | None => (Tone::Warning, if adds { "table-of-persons" } else { "already-imported" }),
        };
        self.toast(tone, import_words(report));
        // What the words say already takes no second note.
        report.diagnostics.iter().filter(|note| note.code != said).for_each(|note| self.tell(note));
    }
}

/// What became of a file in one sentence.
fn import_words(report: &ImportReport) -> String {
    let file = masked("", &report.file);
    if report.batch.is_none() && report.complete {
        let records = format::counted(report.read, "record", "records");
        return format!("{file}: nothing was added, of {records} all were already there");
    }
    let mut counts = Vec::new();
    if report.imported > 0 || report.traits == 0 {
        counts.push(format!("{} imported", format::counted(report.imported, "event", "events")));
    }
    if report.traits > 0 {
        counts.push(format!("{} taken", format::counted(report.traits, "row of traits", "rows of traits")));
    }
    counts.push(format::counted(report.duplicates, "duplicate", "duplicates"));
    counts.push(format!("{} quarantined", format::count(report.quarantined)));
    format!("{file}: {}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::settings::UserSettings;
    use crate::app::shell::Mode;

    fn report() -> ImportReport {
        ImportReport {
            file: "persons.csv".to_owned(),
            format: "csv",
            batch: Some(1),
            mapping_key: None,
            read: 2,
            imported: 0,
            traits: 2,
            duplicates: 0,
            conflicts: 0,
            quarantined: 0,
            reasons: Vec::new(),
            first_time: None,
            last_time: None,
            complete: true,
            elapsed_ms: 1,
            diagnostics: vec![Diagnostic::warning("table-of-persons", "No column is a time")],
        }
    }

    fn notes(report: &ImportReport) -> (Vec<Tone>, Vec<String>) {
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.say_import(report);
        (shell.toasts.tones(), shell.toasts.texts().map(str::to_owned).collect())
    }

    #[test]
    fn an_import_that_went_well_is_one_green_note() {
        let persons = "persons.csv: 2 rows of traits taken, 0 duplicates, 0 quarantined";
        assert_eq!(notes(&report()), (vec![Tone::Positive], vec![persons.to_owned()]));
        let mixed = ImportReport { imported: 1, quarantined: 1, ..report() };
        let words = "persons.csv: 1 event imported, 2 rows of traits taken, 0 duplicates, 1 quarantined";
        assert_eq!(notes(&mixed), (vec![Tone::Warning], vec![words.to_owned()]));
        let note = Diagnostic::warning("conflicting-duplicates", "Other content");
        let more = ImportReport { diagnostics: vec![note], ..report() };
        assert_eq!(notes(&more).1, [persons, "Other content"]);
    }

    #[test]
    fn an_import_done_before_is_told_once() {
        let note = Diagnostic::info("already-imported", "Every event is there");
        let again = ImportReport {
            batch: None,
            traits: 0,
            read: 9,
            duplicates: 4,
            quarantined: 5,
            diagnostics: vec![note],
            ..report()
        };
        let words = "persons.csv: nothing was added, of 9 records all were already there";
        assert_eq!(notes(&again), (vec![Tone::Neutral], vec![words.to_owned()]));
    }
}
