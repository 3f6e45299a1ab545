//! What a view asks of the app; drained once a frame. Not for what a person can trigger by name: see `app::action`.

use std::path::PathBuf;

use super::action::{Action, Needs};
use super::dialogs::DialogState;
use super::route::Route;
use super::widgets::toast::Toast;
use crate::engine::list::EventFilter;
use crate::formats::log::mapping::Mapping;
use crate::jobs::lane::JobId;
use crate::jobs::replay::Replay;
use crate::model::edit::Edit;
use crate::model::item::ItemId;
use crate::model::query::Query;
use crate::store::copy::CopyContents;

/// One wish of a view.
#[derive(Debug)]
pub enum Command {
    /// What a button or key stands for.
    Act(Action),
    /// Shows another page.
    Go(Route),
    /// Shows these events in the log, and no others.
    ShowEvents {
        /// Which.
        filter: EventFilter,
        /// What the person is called, when they are one person's.
        person: String,
    },
    /// Changes the workspace.
    Edit(Edit),
    /// Adds a query and shows it; without a name it is a draft.
    AddQuery(Option<String>, Query),
    /// Duplicates a query and shows the copy.
    DuplicateQuery(ItemId),
    /// Opens a document, or a log as a new document's first import.
    Open(PathBuf),
    /// Makes a document and opens it; then imports the log.
    Create {
        /// The document to make.
        document: PathBuf,
        /// Its zone's name.
        zone: String,
        /// The log to import into it.
        import: Option<Import>,
    },
    /// Imports into the open document.
    Import(Import),
    /// Watches a folder for new logs.
    Watch(PathBuf),
    /// Lets a watched folder rest, or watches it again.
    PauseWatch(PathBuf, bool),
    /// Watches a folder no more.
    StopWatch(PathBuf),
    /// Takes an import back.
    RemoveBatch(i64),
    /// Reads quarantined records again, mended by rules.
    Replay(Replay),
    /// Writes a copy of the document.
    SaveCopy(PathBuf, CopyContents),
    /// Writes a query's chart as a picture, PNG or SVG by the name's ending.
    SavePicture {
        /// The picture.
        path: PathBuf,
        /// The query.
        query: ItemId,
    },
    /// Writes a table.
    SaveTable {
        /// The file.
        path: PathBuf,
        /// What goes into it.
        text: String,
    },
    /// Stops a job.
    CancelJob(JobId),
    /// Opens a dialog.
    Dialog(DialogState),
    /// Puts text on the clipboard and says so.
    Copy {
        /// The text.
        text: String,
        /// What it is: "The funnel's text form".
        what: String,
    },
    /// Shows a note for a while.
    Toast(Toast),
    /// Takes the latest edit back, also one from before the document was opened.
    UndoNow,
    /// Takes this entry of the history back, if it is the latest edit.
    UndoEntry(i64),
    /// Closes the window although edits wait.
    Leave,
    /// What the history calls the person.
    SetAuthor(String),
    /// Shows a masked value until the program ends.
    Reveal(String),
}

impl Command {
    /// True when it was meant for the document that was open when it was sent: another one must not get it.
    pub fn is_of_document(&self) -> bool {
        match self {
            Command::Act(action) => action.entry().needs != Needs::Nothing,
            Command::Go(route) => *route != Route::Start,
            Command::Dialog(state) => state.is_of_document(),
            Command::Toast(toast) => toast.action.is_some(),
            Command::ShowEvents { .. }
            | Command::Edit(_)
            | Command::AddQuery(..)
            | Command::DuplicateQuery(_)
            | Command::Import(_)
            | Command::Watch(_)
            | Command::PauseWatch(..)
            | Command::StopWatch(_)
            | Command::RemoveBatch(_)
            | Command::Replay(_)
            | Command::SaveCopy(..)
            | Command::SavePicture { .. }
            | Command::SaveTable { .. }
            | Command::UndoNow
            | Command::UndoEntry(_)
            | Command::Leave
            | Command::Reveal(_) => true,
            Command::Open(_)
            | Command::Create { .. }
            | Command::CancelJob(_)
            | Command::Copy { .. }
            | Command::SetAuthor(_) => false,
        }
    }
}

/// A log to import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// The format's name; `None` recognises it.
    pub format: Option<String>,
    /// How columns become events.
    pub mapping: Option<Mapping>,
    /// The import to remove first: this one takes its place.
    pub replaces: Option<i64>,
    /// Forgets the mapping that was remembered for its columns, when none is given.
    pub forgets_mapping: bool,
}
