//! The dialog that is open, if any. Not for what confirming one does: that is a command.

mod about;
mod copy;
mod file;
mod fix;
mod history;
mod import;
mod query;
mod save;
mod shortcuts;
mod time_offers;
mod undo;
mod unsaved;
mod zone;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::command::Command;
use super::context::{Cx, DocCx};
use super::session::Session;
use super::shell::Mode;
use crate::jobs::lane::{Lane, Outcome};
use crate::model::item::ItemId;
use crate::store::batches::Batch;
use crate::store::document::Document;
use crate::store::edits::HistoryEntry;

/// A dialog and what was typed into it so far.
#[derive(Debug)]
pub enum DialogState {
    /// A path to open or import.
    File(file::FileDialog),
    /// A new document, perhaps from a log.
    NewDocument(Box<file::NewDocument>),
    /// A log's preview and mapping.
    Import(Box<import::ImportDialog>),
    /// What a copy may contain.
    SaveCopy(copy::CopyDialog),
    /// Where a picture or a table goes.
    Save(save::SaveDialog),
    /// A query's name.
    NameQuery(query::NameDialog),
    /// Taking an import back.
    RemoveBatch(Box<Batch>),
    /// Mending quarantined records.
    Fix(Box<fix::FixDialog>),
    /// The time zone.
    Zone(zone::ZoneDialog),
    /// Taking back an edit of an earlier time.
    Undo(HistoryEntry),
    /// All edits, latest first.
    History(Vec<HistoryEntry>),
    /// A query's numbers explained.
    About(ItemId),
    /// Closing the window while edits wait to be written.
    Unsaved,
    /// All keys.
    Shortcuts,
}

impl DialogState {
    /// True when what it asks or tells is of the open document: it goes with that.
    pub fn is_of_document(&self) -> bool {
        match self {
            DialogState::File(dialog) => dialog.is_of_document(),
            DialogState::NewDocument(_) | DialogState::Shortcuts => false,
            DialogState::Import(_)
            | DialogState::SaveCopy(_)
            | DialogState::Save(_)
            | DialogState::NameQuery(_)
            | DialogState::RemoveBatch(_)
            | DialogState::Fix(_)
            | DialogState::Zone(_)
            | DialogState::Undo(_)
            | DialogState::History(_)
            | DialogState::Unsaved
            | DialogState::About(_) => true,
        }
    }

    /// Asks for a document or a log.
    pub fn open_file() -> DialogState {
        DialogState::File(file::FileDialog::new(file::Purpose::Open))
    }

    /// Asks for a log.
    pub fn import_file() -> DialogState {
        DialogState::File(file::FileDialog::new(file::Purpose::Import))
    }

    /// Asks for a folder to watch.
    pub fn watch_folder() -> DialogState {
        DialogState::File(file::FileDialog::new(file::Purpose::Watch))
    }

    /// Proposes a new document, from a log if there is one.
    pub fn new_document(log: Option<PathBuf>) -> DialogState {
        DialogState::NewDocument(Box::new(file::NewDocument::new(log)))
    }

    /// Shows a log as it will become.
    pub fn import(log: PathBuf) -> DialogState {
        DialogState::Import(Box::new(import::ImportDialog::new(log)))
    }

    /// Shows a log as it will become in place of an earlier import of it.
    pub fn import_again(log: PathBuf, batch: Batch) -> DialogState {
        DialogState::Import(Box::new(import::ImportDialog::again(log, batch)))
    }

    /// Asks where the log of an import is now, to import it again.
    pub fn find_again(batch: Batch) -> DialogState {
        DialogState::File(file::FileDialog::new(file::Purpose::ImportAgain(Box::new(batch))))
    }

    /// Asks what a copy may contain.
    pub fn save_copy(document: &Path) -> DialogState {
        DialogState::SaveCopy(copy::CopyDialog::new(document))
    }

    /// Asks where the picture of the chart of a query of this name goes.
    pub fn save_picture(id: ItemId, name: &str, document: &Path) -> DialogState {
        DialogState::Save(save::SaveDialog::picture(id, name, document))
    }

    /// Asks where its numbers go.
    pub fn save_table(id: ItemId, name: &str, document: &Path) -> DialogState {
        DialogState::Save(save::SaveDialog::table(id, name, document))
    }

    /// Asks for a query's name.
    pub fn name_query(id: ItemId, name: &str) -> DialogState {
        DialogState::NameQuery(query::NameDialog::new(id, name))
    }

    /// Asks for rules that mend the records of imports that are in quarantine for a reason's code.
    pub fn fix(batches: Vec<i64>, reason: Option<&str>) -> DialogState {
        DialogState::Fix(Box::new(fix::FixDialog::new(batches, reason)))
    }

    /// Asks for the zone.
    pub fn zone(current: &str) -> DialogState {
        DialogState::Zone(zone::ZoneDialog::new(current))
    }
}

/// What the background has for a dialog.
enum News {
    /// For the dialog of this number.
    Chosen(u64, Option<PathBuf>),
}

/// The open dialog and the work done for it.
pub struct Dialogs {
    open: Option<DialogState>,
    /// Counts the dialogs opened: a path chosen for one is not given to another.
    number: u64,
    lane: Option<Lane<News>>,
    choosing: bool,
    previews: import::Previews,
}

impl Dialogs {
    /// None open.
    pub fn new(mode: &Mode) -> Dialogs {
        let lane = match mode {
            Mode::Window(ctx) => {
                let ctx = ctx.clone();
                Some(Lane::new(2, move || ctx.request_repaint()).without_waiting())
            }
            Mode::Still => None,
        };
        Dialogs { open: None, number: 0, lane, choosing: false, previews: import::Previews::new(mode) }
    }

    /// Opens a dialog in place of any other.
    pub fn open(&mut self, state: DialogState) {
        self.number += 1;
        self.open = Some(state);
        self.previews.forget();
    }

    /// Ends what works with the open document, which is closed next.
    pub fn let_go(&mut self) {
        self.previews.let_go();
    }

    /// Closes what is of the open document, which goes.
    pub fn leave_document(&mut self) {
        if self.open.as_ref().is_some_and(DialogState::is_of_document) {
            self.open = None;
        }
    }

    /// True while one is open: keys belong to it.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes in what the background has found.
    pub fn logic(&mut self, commands: &RefCell<Vec<Command>>) {
        self.previews.logic();
        let Some(lane) = &mut self.lane else { return };
        for (_, outcome) in lane.finished() {
            match outcome {
                Outcome::Done(News::Chosen(number, path)) => {
                    self.choosing = false;
                    if let (Some(path), Some(state)) = (path, &mut self.open)
                        && number == self.number
                    {
                        take_path(state, path, commands);
                    }
                }
                Outcome::Panicked(_) => self.choosing = false,
            }
        }
    }

    /// Paints it.
    pub fn show(&mut self, ctx: &egui::Context, cx: &Cx<'_>, doc: Option<(&DocCx<'_>, &Session)>) {
        let Some(mut state) = self.open.take() else { return };
        let mut tools = Tools {
            lane: self.lane.as_mut(),
            number: self.number,
            choosing: &mut self.choosing,
            previews: &mut self.previews,
            document: doc.map(|(_, session)| session.document()),
            revision: doc.map_or(0, |(cx, _)| cx.facts.revision),
        };
        let keep = match (&mut state, doc) {
            (DialogState::File(dialog), _) => dialog.show(ctx, cx, &mut tools),
            (DialogState::NewDocument(dialog), _) => dialog.show(ctx, cx, &mut tools),
            (DialogState::Import(dialog), Some((doc, _))) => dialog.show(ctx, doc, &mut tools),
            (DialogState::SaveCopy(dialog), Some((doc, _))) => dialog.show(ctx, doc),
            (DialogState::Save(dialog), Some((doc, _))) => dialog.show(ctx, doc, &mut tools),
            (DialogState::NameQuery(dialog), Some((doc, _))) => dialog.show(ctx, doc),
            (DialogState::RemoveBatch(batch), Some((doc, _))) => file::remove_batch(ctx, doc, batch),
            (DialogState::Fix(dialog), Some((doc, _))) => dialog.show(ctx, doc),
            (DialogState::Zone(dialog), Some((doc, _))) => dialog.show(ctx, doc),
            (DialogState::Undo(entry), Some((doc, _))) => undo::show(ctx, doc, entry),
            (DialogState::History(entries), Some((doc, _))) => history::show(ctx, doc, entries),
            (DialogState::About(id), Some((doc, _))) => about::show(ctx, doc, *id),
            (DialogState::Unsaved, Some((doc, _))) => unsaved::show(ctx, doc),
            (DialogState::Shortcuts, _) => shortcuts::show(ctx),
            (_, None) => false,
        };
        if keep && self.open.is_none() {
            self.open = Some(state);
        } else {
            self.previews.forget();
        }
    }
}

/// A chosen path goes into the field; choosing to open needs no second click.
fn take_path(state: &mut DialogState, path: PathBuf, commands: &RefCell<Vec<Command>>) {
    match state {
        DialogState::File(dialog) => {
            dialog.take(path.clone());
            commands.borrow_mut().push(dialog.command(path));
        }
        DialogState::NewDocument(dialog) => dialog.take_folder(&path),
        DialogState::SaveCopy(dialog) => dialog.take(path),
        DialogState::Save(dialog) => dialog.take(path),
        DialogState::Import(_)
        | DialogState::NameQuery(_)
        | DialogState::RemoveBatch(_)
        | DialogState::Fix(_)
        | DialogState::Zone(_)
        | DialogState::Undo(_)
        | DialogState::History(_)
        | DialogState::About(_)
        | DialogState::Unsaved
        | DialogState::Shortcuts => {}
    }
}

/// What a dialog may use of the background.
struct Tools<'a> {
    lane: Option<&'a mut Lane<News>>,
    number: u64,
    choosing: &'a mut bool,
    previews: &'a mut import::Previews,
    /// The open document, and the revision of its rows.
    document: Option<&'a Document>,
    revision: u64,
}

impl Tools<'_> {
    /// Lets the system's dialog choose a path, if there is such a dialog and none is open.
    fn choose(&mut self, choose: impl FnOnce(rfd::FileDialog) -> Option<PathBuf> + Send + 'static) {
        if *self.choosing {
            return;
        }
        if let Some(lane) = &mut self.lane {
            *self.choosing = true;
            let number = self.number;
            lane.start("Choosing a file", move |_| News::Chosen(number, choose(rfd::FileDialog::new())));
        }
    }
}
