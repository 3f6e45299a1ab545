//! What a person can trigger: one table that menu, toolbar, palette and shortcuts are loops over. Not for doing it.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::icon::Icon;

/// Something that a person can trigger by name, key or button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Opens the palette.
    Palette,
    /// Shows the start page.
    Start,
    /// Opens a document or a log.
    OpenFile,
    /// Opens a fresh copy of the sample.
    OpenSample,
    /// Makes an empty document.
    NewDocument,
    /// Imports a log into the open document.
    ImportLog,
    /// Watches a folder for new logs.
    WatchFolder,
    /// Writes a copy of the document.
    SaveCopy,
    /// Closes the document.
    CloseDocument,
    /// Says that everything is saved; names a draft.
    Save,
    /// Takes the latest edit back.
    Undo,
    /// Makes the latest edit taken back again.
    Redo,
    /// Shows all edits.
    History,
    /// Shows the events.
    GoEvents,
    /// Shows the queries.
    GoExplore,
    /// Goes back one page.
    Back,
    /// Goes forth one page.
    Forth,
    /// Starts a funnel.
    NewFunnel,
    /// Starts a retention.
    NewRetention,
    /// Starts a flow.
    NewFlow,
    /// Starts a trend.
    NewTrend,
    /// Duplicates the query shown.
    DuplicateQuery,
    /// Deletes the query shown.
    DeleteQuery,
    /// Copies the query's text form.
    CopyText,
    /// Copies the query's SQL.
    CopySql,
    /// Writes the query's chart as a picture.
    SavePicture,
    /// Writes the query's numbers as a table.
    SaveTable,
    /// Explains the number shown.
    AboutNumber,
    /// Chooses the time zone.
    Zone,
    /// Shows or hides the inspector.
    Inspector,
    /// Light or dark.
    Theme,
    /// Lists the keys.
    Shortcuts,
    /// Ends the program.
    Quit,
}

/// How an action is shown and when it is there.
pub struct Entry {
    /// The action.
    pub action: Action,
    /// Its name, sentence case, `…` when more input follows.
    pub label: &'static str,
    /// One line of what it does.
    pub tooltip: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// Its key.
    pub shortcut: Option<KeyboardShortcut>,
    /// When it can be triggered.
    pub needs: Needs,
}

/// When an action can be triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Always.
    Nothing,
    /// A document is open.
    Document,
    /// A document is open and can be written.
    Writable,
    /// A query is shown.
    Query,
    /// A query is shown and can be changed.
    EditableQuery,
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

const fn alt(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::ALT, key))
}

const fn entry(
    action: Action,
    label: &'static str,
    tooltip: &'static str,
    icon: Icon,
    shortcut: Option<KeyboardShortcut>,
    needs: Needs,
) -> Entry {
    Entry { action, label, tooltip, icon, shortcut, needs }
}

/// Every action, in the order of menus.
pub const ALL: &[Entry] = &[
    entry(
        Action::Palette,
        "Search or run…",
        "Find a page, a query or an action by name",
        Icon::SEARCH,
        ctrl(Key::K),
        Needs::Nothing,
    ),
    entry(Action::Start, "Start page", "Recent documents and the sample", Icon::HOUSE, None, Needs::Nothing),
    entry(
        Action::NewDocument,
        "New document…",
        "Make an empty document",
        Icon::FILE,
        ctrl(Key::N),
        Needs::Nothing,
    ),
    entry(
        Action::OpenFile,
        "Open document or log…",
        "Open a document, or start one from a log",
        Icon::FOLDER_OPEN,
        ctrl(Key::O),
        Needs::Nothing,
    ),
    entry(
        Action::OpenSample,
        "Open the sample",
        "A coffee-gear shop with synthetic events",
        Icon::COFFEE,
        None,
        Needs::Nothing,
    ),
    entry(
        Action::ImportLog,
        "Import log…",
        "Add a log's events to this document",
        Icon::UPLOAD,
        ctrl(Key::I),
        Needs::Writable,
    ),
    entry(
        Action::WatchFolder,
        "Watch a folder…",
        "Import each log that lands in it",
        Icon::EYE,
        None,
        Needs::Writable,
    ),
    entry(
        Action::SaveCopy,
        "Save a copy…",
        "Choose what a copy may contain, and write it",
        Icon::EXPORT,
        ctrl_shift(Key::S),
        Needs::Document,
    ),
    entry(
        Action::CloseDocument,
        "Close document",
        "Everything is saved",
        Icon::CLOSE,
        ctrl(Key::W),
        Needs::Document,
    ),
    entry(
        Action::Save,
        "Save",
        "Everything is saved as you go; a draft gets a name",
        Icon::SAVE,
        ctrl(Key::S),
        Needs::Document,
    ),
    entry(Action::Undo, "Undo", "Take the latest edit back", Icon::UNDO, ctrl(Key::Z), Needs::Writable),
    entry(Action::Redo, "Redo", "Make the edit again", Icon::REDO, ctrl_shift(Key::Z), Needs::Writable),
    entry(
        Action::History,
        "History…",
        "Every edit of this document",
        Icon::CLOCK,
        ctrl(Key::H),
        Needs::Document,
    ),
    entry(
        Action::GoEvents,
        "Events",
        "The events of the log",
        Icon::EVENTS,
        ctrl(Key::Num1),
        Needs::Document,
    ),
    entry(
        Action::GoExplore,
        "Explore",
        "Funnels, retention, flows and trends",
        Icon::EXPLORE,
        ctrl(Key::Num2),
        Needs::Document,
    ),
    entry(Action::Back, "Back", "The page before", Icon::ARROW_LEFT, alt(Key::ArrowLeft), Needs::Document),
    entry(
        Action::Forth,
        "Forward",
        "The page after",
        Icon::ARROW_RIGHT,
        alt(Key::ArrowRight),
        Needs::Document,
    ),
    entry(
        Action::NewFunnel,
        "New funnel",
        "Steps that persons take one after the other",
        Icon::FUNNEL_CHART,
        ctrl_shift(Key::F),
        Needs::Writable,
    ),
    entry(
        Action::NewRetention,
        "New retention",
        "Who comes back in the periods after the first",
        Icon::RETENTION,
        ctrl_shift(Key::R),
        Needs::Writable,
    ),
    entry(
        Action::NewFlow,
        "New flow",
        "The ways that persons take through their sessions",
        Icon::FLOW,
        ctrl_shift(Key::W),
        Needs::Writable,
    ),
    entry(
        Action::NewTrend,
        "New trend",
        "Events or persons by day, week or month",
        Icon::TREND,
        ctrl_shift(Key::T),
        Needs::Writable,
    ),
    entry(
        Action::DuplicateQuery,
        "Duplicate query",
        "A copy to change freely",
        Icon::COPY,
        ctrl(Key::D),
        Needs::EditableQuery,
    ),
    entry(Action::DeleteQuery, "Delete query", "Can be undone", Icon::TRASH, None, Needs::EditableQuery),
    entry(
        Action::CopyText,
        "Copy as text",
        "The query's text form, for files and the command line",
        Icon::COPY,
        ctrl_shift(Key::C),
        Needs::Query,
    ),
    entry(
        Action::CopySql,
        "Copy SQL",
        "The same question as SQL on the document's events view",
        Icon::SQL,
        None,
        Needs::Query,
    ),
    entry(
        Action::SavePicture,
        "Save picture…",
        "The chart as a PNG or SVG file",
        Icon::EXPORT,
        ctrl_shift(Key::P),
        Needs::Query,
    ),
    entry(
        Action::SaveTable,
        "Save table…",
        "The numbers as a CSV file, for spreadsheets",
        Icon::SAVE,
        ctrl_shift(Key::E),
        Needs::Query,
    ),
    entry(
        Action::AboutNumber,
        "About this number",
        "What it counts, from what, and what took no part",
        Icon::INFO,
        ctrl_shift(Key::A),
        Needs::Query,
    ),
    entry(Action::Zone, "Time zone…", "Days and weeks follow it", Icon::CLOCK, None, Needs::Writable),
    entry(
        Action::Inspector,
        "Show or hide the inspector",
        "The panel at the right",
        Icon::SIDEBAR,
        ctrl(Key::B),
        Needs::Document,
    ),
    entry(Action::Theme, "Light or dark", "Switch the theme", Icon::MOON, ctrl_shift(Key::L), Needs::Nothing),
    entry(
        Action::Shortcuts,
        "Keyboard shortcuts",
        "Every key",
        Icon::KEYBOARD,
        Some(KeyboardShortcut::new(Modifiers::NONE, Key::F1)),
        Needs::Nothing,
    ),
    entry(Action::Quit, "Quit", "Everything is saved", Icon::CLOSE, ctrl(Key::Q), Needs::Nothing),
];

impl Action {
    /// How it is shown. Every action has an entry, which a test keeps.
    pub fn entry(self) -> &'static Entry {
        ALL.iter().find(|entry| entry.action == self).unwrap_or(&ALL[0])
    }
}

impl Entry {
    /// The key as text: `Ctrl+K`.
    pub fn keys(&self) -> Option<String> {
        self.shortcut.map(|shortcut| shortcut.format(&egui::ModifierNames::NAMES, cfg!(target_os = "macos")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_actions_share_a_key_or_a_name() {
        let keys: Vec<String> = ALL.iter().filter_map(Entry::keys).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
        let labels: BTreeSet<_> = ALL.iter().map(|entry| entry.label).collect();
        assert_eq!(labels.len(), ALL.len());
    }

    #[test]
    fn every_action_finds_its_own_entry_once() {
        let actions: BTreeSet<_> = ALL.iter().map(|entry| entry.action).collect();
        assert_eq!(actions.len(), ALL.len());
        for action in [Action::Palette, Action::Quit, Action::CopySql, Action::Theme, Action::Zone] {
            assert_eq!(action.entry().action, action);
        }
    }
}
