//! The frame around the views, and the one place where wishes are granted. Not for what a view shows.

mod grant;
mod keeping;
mod opening;
mod rail;
mod status_line;
mod top_bar;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::{CentralPanel, Frame, Panel, Ui};

use super::action::{self, Action};
use super::command::Command;
use super::context::{Abilities, Cx, DocCx, TransferFacts};
use super::dialogs::{DialogState, Dialogs};
use super::palette::Palette;
use super::route::{EventsTab, Route, Trail};
use super::session::Session;
use super::settings::UserSettings;
use super::theme::{self, Tone};
use super::views::Views;
use super::widgets::Banner;
use super::widgets::toast::{Toast, ToastAction, Toasts};
use crate::base::Diagnostic;
use crate::jobs::questions::members::AskMembers;
use crate::jobs::watch::SETTLED;
use crate::model::funnel::{FunnelPart, FunnelSelection};
use crate::model::item::{Item, ItemId};
use crate::model::privacy::masked;
use crate::model::query::Query;

/// How the shell lives.
pub enum Mode {
    /// In a window, woken through its context.
    Window(egui::Context),
    /// For pictures and tests: answers come at once, nothing of the person is written.
    Still,
}

/// How long until the next look at work under way.
const WHILE_BUSY: Duration = Duration::from_millis(33);

/// The whole program in a window.
pub struct Shell {
    mode: Mode,
    settings: UserSettings,
    session: Option<Session>,
    trail: Trail,
    views: Views,
    dialogs: Dialogs,
    palette: Palette,
    toasts: Toasts,
    commands: RefCell<Vec<Command>>,
    /// Files dropped together that still wait for their dialog.
    waiting: VecDeque<PathBuf>,
    /// Documents on their way.
    opening: opening::Opening,
    /// Where samples are made; none for the person's data folder.
    samples: Option<PathBuf>,
    keeping: keeping::Keeping,
    /// How long a file in a watched folder must rest until it is whole.
    settled: Duration,
    /// The person wants to close the window although edits wait.
    leaves: bool,
    now: f64,
}

impl Shell {
    /// On the start page.
    pub fn new(settings: UserSettings, mode: Mode) -> Shell {
        Shell {
            dialogs: Dialogs::new(&mode),
            opening: opening::Opening::new(&mode),
            samples: None,
            keeping: keeping::Keeping::of(&settings),
            settled: SETTLED,
            mode,
            settings,
            session: None,
            trail: Trail::new(Route::Start),
            views: Views::default(),
            palette: Palette::default(),
            toasts: Toasts::default(),
            commands: RefCell::new(Vec::new()),
            waiting: VecDeque::new(),
            leaves: false,
            now: 0.0,
        }
    }

    /// Opens a document, or proposes a new one for a log.
    pub fn open(&mut self, path: PathBuf) {
        self.commands.borrow_mut().push(Command::Open(path));
    }

    /// Opens a document, for pictures and tests: at once when the shell stands still.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open_now(&mut self, path: &Path) -> Result<(), Diagnostic> {
        self.open_document(path)
    }

    /// Makes samples in this folder instead of the person's own, for tests.
    pub fn keep_samples_in(&mut self, folder: PathBuf) {
        self.samples = Some(folder);
    }

    /// Takes files in watched folders for whole after so long, for tests.
    pub fn settle_watched_after(&mut self, settled: Duration) {
        self.settled = settled;
    }

    /// Lets each opening pass through `gate` first, for tests of what happens meanwhile.
    pub fn gate_openings(&mut self, gate: impl Fn() + Send + Sync + 'static) {
        self.opening.gate(gate);
    }

    /// The first person who dropped after a funnel's step, for pictures.
    ///
    /// # Errors
    /// When nobody did, or the document is not open.
    pub fn person_behind(&self, id: ItemId, step: usize) -> Result<i64, Diagnostic> {
        let nobody = || {
            Diagnostic::error("nobody", "Nobody dropped at this step of the funnel")
                .hint("Choose another view")
        };
        let session = self.session.as_ref().ok_or_else(nobody)?;
        let Some(Item::Query(saved)) = session.workspace().get(id) else { return Err(nobody()) };
        let Query::Funnel(funnel) = &saved.query else { return Err(nobody()) };
        let selection = FunnelSelection { step, part: FunnelPart::Dropped, value: None };
        let question = AskMembers { funnel: funnel.clone(), selection };
        let found = session.answers.borrow_mut().ask("person behind", question);
        found.any().and_then(|members| members.first()).map(|member| member.person_id).ok_or_else(nobody)
    }

    /// Greets with the three things to find in the sample.
    pub fn greet(&mut self) {
        self.views.greeting = true;
    }

    /// Asks for rules that mend the records of an import that are in quarantine for a reason's code, for pictures.
    pub fn fix(&mut self, batch: i64, reason: Option<&str>) {
        self.dialogs.open(DialogState::fix(vec![batch], reason));
    }

    /// Goes to a page.
    pub fn go(&mut self, route: Route) {
        self.trail.go(route);
    }

    /// The state of the views, for pictures and tests.
    pub fn views(&mut self) -> &mut Views {
        &mut self.views
    }

    /// The open document, for pictures and tests.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Where the person is.
    pub fn route(&self) -> &Route {
        self.trail.here()
    }

    /// Everything that is not painting: keys, files dropped, finished work, wishes of the frame before.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.now = ctx.input(|input| input.time);
        self.keeping.look(ctx, &mut self.settings, self.now);
        self.take_keys(ctx);
        self.take_dropped(ctx);
        self.take_finished();
        self.take_close(ctx);
        self.dialogs.logic(&self.commands);
        self.grant_all(ctx);
        // Last: the wishes of the frame before were meant for the document that it showed.
        self.take_opened();
        if let Some(session) = &self.session {
            let answers = session.answers.borrow();
            if answers.is_busy() || !session.transfers().is_empty() {
                ctx.request_repaint_after(WHILE_BUSY);
            }
        }
        if self.is_opening() {
            ctx.request_repaint_after(WHILE_BUSY);
        }
    }

    /// Paints one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        if let Some(dark) = self.settings.dark {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            ui.ctx().set_theme(theme);
        }
        let mut transfers: Vec<TransferFacts> = self.openings();
        transfers.extend(self.session.iter().flat_map(Session::transfers));
        let abilities = self.abilities();
        let cx = Cx {
            settings: &self.settings,
            route: self.trail.here(),
            now: self.now,
            transfers: &transfers,
            abilities,
            commands: &self.commands,
        };
        if let Some(session) = &self.session {
            let doc = DocCx {
                base: &cx,
                workspace: session.workspace(),
                facts: &session.facts,
                zone: session.workspace().zone(),
                window_width: ui.max_rect().width(),
                answers: &session.answers,
                revealed: &session.revealed,
                numbers: &session.numbers,
                last_answers: &session.last_answers,
            };
            show_document(ui, &doc, session, &mut self.views);
            self.dialogs.show(ui.ctx(), &cx, Some((&doc, session)));
            self.palette.show(ui.ctx(), &cx, Some(&doc));
            session.answers.borrow_mut().collect();
        } else {
            let fill = theme::palette(ui).bg;
            CentralPanel::default()
                .frame(Frame::NONE.fill(fill))
                .show(ui, |ui| self.views.start.show(ui, &cx));
            self.dialogs.show(ui.ctx(), &cx, None);
            self.palette.show(ui.ctx(), &cx, None);
        }
        if let Some(ToastAction(entry)) = self.toasts.show(ui.ctx(), self.now) {
            cx.send(Command::UndoEntry(entry.cast_signed()));
        }
        if !self.commands.borrow().is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// Closes the document cleanly: the file is then one file.
    ///
    /// # Errors
    /// What could not be written; the document is closed all the same.
    pub fn close(&mut self) -> Result<(), Diagnostic> {
        self.settings.save();
        self.dialogs.let_go();
        self.session.take().map_or(Ok(()), Session::close)
    }

    /// Closes the document without a trace: for pictures.
    pub fn leave(&mut self) {
        self.dialogs.let_go();
        if let Some(session) = self.session.take() {
            session.leave();
        }
    }

    fn abilities(&self) -> Abilities {
        let query = match self.trail.here() {
            Route::Query(id) => {
                self.session.as_ref().is_some_and(|s| matches!(s.workspace().get(*id), Some(Item::Query(_))))
            }
            Route::Start | Route::Events(_) | Route::Explore | Route::Timeline { .. } => false,
        };
        Abilities {
            document: self.session.is_some(),
            writable: self.session.as_ref().is_some_and(|session| session.facts.read_only.is_none()),
            query,
            undo: self.session.as_ref().is_some_and(|session| session.undo_label().is_some()),
            redo: self.session.as_ref().is_some_and(|session| session.redo_label().is_some()),
        }
    }

    fn take_keys(&mut self, ctx: &egui::Context) {
        if self.dialogs.is_open() {
            return;
        }
        let typing = ctx.text_edit_focused();
        let abilities = self.abilities();
        // A key with Shift also fits its shortcut without: the longer ones come first.
        let with_shift = |entry: &&action::Entry| entry.shortcut.is_some_and(|keys| keys.modifiers.shift);
        let (longer, shorter): (Vec<_>, Vec<_>) = action::ALL.iter().partition(with_shift);
        for entry in longer.into_iter().chain(shorter) {
            let Some(shortcut) = entry.shortcut else { continue };
            // While typing, undo and the like belong to the text.
            let of_text = matches!(entry.action, Action::Undo | Action::Redo | Action::Back | Action::Forth);
            if (typing && of_text) || !abilities.allow(entry.action) {
                continue;
            }
            if ctx.input_mut(|input| take_exactly(input, &shortcut)) {
                self.commands.borrow_mut().push(Command::Act(entry.action));
            }
        }
    }

    /// The window is not closed without a word while edits wait to be written.
    fn take_close(&mut self, ctx: &egui::Context) {
        let waits = self.session.as_ref().is_some_and(|session| session.facts.unsaved > 0);
        if waits && !self.leaves && ctx.input(|input| input.viewport().close_requested()) {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.dialogs.open(DialogState::Unsaved);
        }
    }

    fn take_dropped(&mut self, ctx: &egui::Context) {
        let dropped: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        self.waiting.extend(dropped);
        // One after the other: each log gets its own dialog.
        if !self.dialogs.is_open()
            && let Some(path) = self.waiting.pop_front()
        {
            self.commands.borrow_mut().push(Command::Open(path));
            ctx.request_repaint();
        }
    }

    fn toast(&mut self, tone: Tone, text: impl Into<String>) {
        self.toasts.push(Toast::new(tone, text), self.now);
    }

    fn tell(&mut self, problem: &Diagnostic) {
        let tone = if problem.is_error() { Tone::Danger } else { Tone::Warning };
        // It may name files, folders and what is in them.
        self.toast(tone, masked("", &problem.to_string()).into_owned());
    }
}

/// What is told of work that ended by a fault of the program.
fn panicked(message: &str) -> Diagnostic {
    Diagnostic::error("job-failed", format!("The work stopped: {message}"))
        .hint("This is a fault of the program; what was finished before stays")
}

/// Takes a key with exactly these modifiers: Ctrl+Shift+Z is not Ctrl+Z.
fn take_exactly(input: &mut egui::InputState, shortcut: &egui::KeyboardShortcut) -> bool {
    let before = input.events.len();
    input.events.retain(|event| {
        !matches!(event, egui::Event::Key { key, pressed: true, modifiers, .. }
            if *key == shortcut.logical_key && modifiers.matches_exact(shortcut.modifiers))
    });
    input.events.len() < before
}

fn show_document(ui: &mut Ui, doc: &DocCx<'_>, session: &Session, views: &mut Views) {
    let palette = theme::palette(ui);
    let bar = Frame::NONE.fill(palette.surface);
    let is_alone = views.explore.is_alone();
    if !is_alone {
        Panel::top("top bar").exact_size(theme::TOP_BAR).resizable(false).frame(bar).show(ui, |ui| {
            top_bar::show(ui, doc, session);
        });
    }
    Panel::bottom("status line").exact_size(theme::STATUS_LINE).resizable(false).frame(bar).show(ui, |ui| {
        status_line::show(ui, doc);
    });
    if !is_alone {
        Panel::left("rail")
            .exact_size(theme::RAIL)
            .resizable(false)
            .frame(bar)
            .show(ui, |ui| rail::show(ui, doc));
    }
    if let Some(why) = doc.facts.read_only.as_ref().filter(|_| !is_alone) {
        let around = Frame::NONE.fill(palette.bg).inner_margin(theme::SPACE_2);
        Panel::top("read only").resizable(false).frame(around).show(ui, |ui| {
            let words = format!("This document can only be read: {why}");
            let hint = "Answers work; nothing can be changed or imported until it is free and opened again";
            _ = Banner::new(Tone::Warning, &words).detail(hint).show(ui);
        });
    }
    CentralPanel::default().frame(Frame::NONE.fill(palette.bg)).show(ui, |ui| match doc.route {
        Route::Start => views.start.show(ui, doc),
        Route::Events(tab) => views.events.show(ui, doc, *tab),
        Route::Explore => views.explore.show(ui, doc, None, views.greeting),
        Route::Query(id) => views.explore.show(ui, doc, Some(*id), views.greeting),
        Route::Timeline { person, query } => views.timeline.show(ui, doc, *person, *query),
    });
}

/// The first page of a document: its queries, or its events where there are none.
fn first_page(session: &Session) -> Route {
    match session.workspace().queries().first() {
        _ if session.facts.events == 0 => Route::Events(EventsTab::Imports),
        Some((id, _)) => Route::Query(*id),
        None => Route::Events(EventsTab::Log),
    }
}
