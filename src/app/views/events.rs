//! The place of events: the log itself, its properties, the imports and the quarantine. Not for questions about them:
//! see `explore`.

mod copying;
mod detail;
mod imports;
mod json;
mod log;
mod names;
mod properties;
mod quarantine;
mod range;
mod watched;

use egui::{CentralPanel, Frame, Margin, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::{EventsTab, Route};
use crate::app::theme;
use crate::app::widgets::{Button, Empty, EmptyAction, SizedPanel, page_header, segmented, text};
use crate::base::format;
use crate::engine::list::EventFilter;
use crate::engine::summary::NameSummary;
use crate::jobs::questions::names::AskNames;

/// What the page remembers.
#[derive(Debug, Default)]
pub struct EventsView {
    names: names::NameList,
    log: log::LogView,
    properties: properties::PropertiesView,
    imports: imports::ImportsView,
    quarantine: quarantine::QuarantineView,
}

const TABS: [(EventsTab, &str); 4] = [
    (EventsTab::Log, "Log"),
    (EventsTab::Properties, "Properties"),
    (EventsTab::Imports, "Imports"),
    (EventsTab::Quarantine, "Quarantine"),
];

/// Below this width of the window the list of names gives way: the toolbar chooses names, too.
const ROOM_FOR_NAMES: f32 = 1100.0;

impl EventsView {
    /// Paints it.
    pub fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, tab: EventsTab) {
        let by_name = matches!(tab, EventsTab::Log | EventsTab::Properties);
        if by_name && cx.facts.events > 0 && cx.window_width >= ROOM_FOR_NAMES {
            let panel = SizedPanel::left("event names", NAMES, theme::SIDE_LIST..=NAMES * 1.6);
            let frame = Frame::NONE.inner_margin(Margin::same(theme::SPACE_2 as i8));
            panel.frame(frame).show(ui, |ui| self.names.show(ui, cx, &mut self.log.names));
        }
        if !cx.settings.inspector_hidden && cx.facts.events + cx.facts.batches.len() as u64 > 0 {
            let palette = theme::palette(ui);
            let frame = Frame::NONE.fill(palette.surface).inner_margin(Margin::same(theme::SPACE_3 as i8));
            SizedPanel::right("inspector", theme::INSPECTOR, theme::SIDE_LIST..=theme::INSPECTOR * 2.0)
                .frame(frame)
                .show(ui, |ui| self.inspector(ui, cx, tab));
        }
        let frame = Frame::NONE.inner_margin(Margin { top: theme::SPACE_3 as i8, ..Margin::ZERO });
        CentralPanel::default().frame(frame).show(ui, |ui| self.page(ui, cx, tab));
    }

    /// Sets the log's filters, all of them; `person` is what the filter's person is called.
    pub fn show_only(&mut self, filter: EventFilter, person: String) {
        self.log.show_only(filter, person);
    }

    /// Selects an import on its page.
    pub fn select_import(&mut self, batch: i64) {
        self.imports.select(batch);
    }

    fn page(&mut self, ui: &mut Ui, cx: &DocCx<'_>, tab: EventsTab) {
        let margin = Margin::symmetric(theme::SPACE_4 as i8, 0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let width = ui.available_width();
        Frame::NONE.inner_margin(margin).show(ui, |ui| {
            header(ui, cx);
            ui.add_space(theme::SPACE_2);
            // Its own id keeps the keyboard in the row while panels beside it come and go.
            let row = egui::UiBuilder::new().scope_id(egui::Id::unique("pages of events"));
            let row = row.layout(egui::Layout::left_to_right(egui::Align::Center));
            let room = egui::vec2(ui.available_width(), theme::CONTROL);
            let row = row.max_rect(egui::Rect::from_min_size(ui.cursor().min, room));
            ui.scope_builder(row, |ui| {
                let mut chosen = tab;
                if segmented(ui, "Pages of events", &mut chosen, &TABS).changed() {
                    cx.send(Command::Go(Route::Events(chosen)));
                }
                if tab == EventsTab::Log && cx.facts.events > 0 {
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        log::choose_columns(ui, width);
                    });
                }
            });
            ui.add_space(theme::SPACE_2);
        });
        let nothing = cx.facts.events == 0 && matches!(tab, EventsTab::Log | EventsTab::Properties);
        if nothing {
            let sentence = "Events come from a log: import one, and the pages of this place fill";
            import_or_sample(ui, cx, Icon::EVENTS, sentence);
            return;
        }
        match tab {
            EventsTab::Log => self.log.show(ui, cx),
            EventsTab::Properties => self.properties.show(ui, cx, &mut self.log.names),
            EventsTab::Imports => self.imports.show(ui, cx),
            EventsTab::Quarantine => self.quarantine.show(ui, cx),
        }
    }

    fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>, tab: EventsTab) {
        match tab {
            EventsTab::Log => self.log.inspector(ui, cx),
            EventsTab::Properties => {
                if let Some(filter) = self.properties.inspector(ui, cx, &self.log.names) {
                    self.log.filters.push(filter);
                    cx.send(Command::Go(Route::Events(EventsTab::Log)));
                }
            }
            EventsTab::Imports => self.imports.inspector(ui, cx),
            EventsTab::Quarantine => self.quarantine.inspector(ui, cx),
        }
    }
}

/// First width of the list of names.
const NAMES: f32 = theme::SIDE_LIST + theme::SPACE_6 + theme::SPACE_2;

fn header(ui: &mut Ui, cx: &DocCx<'_>) {
    page_header(ui, "Events", &subtitle(cx), |ui| {
        if cx.facts.events == 0 && cx.facts.batches.is_empty() && cx.transfers.is_empty() {
            // The empty state proposes it.
            return;
        }
        let import = Button::primary("Import log").icon(Icon::UPLOAD).enabled(cx.is_writable());
        let why = cx.facts.read_only.as_deref().unwrap_or("Add a log's events to this document");
        if import.tooltip(why).show(ui).clicked() {
            cx.act(Action::ImportLog);
        }
        if cx.settings.inspector_hidden {
            let show = Button::icon_only(Icon::SIDEBAR, "Show the inspector");
            if show.show(ui).clicked() {
                cx.act(Action::Inspector);
            }
        }
    });
}

fn subtitle(cx: &DocCx<'_>) -> String {
    let facts = cx.facts;
    if facts.events == 0 {
        return "No events yet".to_owned();
    }
    let mut words = format::counted(facts.events, "event", "events");
    let names = cx.ask("event names", AskNames);
    if let Some(names) = names.any() {
        words.push_str(&format!(" of {}", format::counted(names.len() as u64, "name", "names")));
    }
    words.push_str(&format!(" · {}", format::counted(facts.persons, "person", "persons")));
    let first = facts.batches.iter().filter_map(|batch| batch.counts.first_time).min();
    if let (Some(first), Some(last)) = (first, facts.as_of) {
        words.push_str(&format!(" · {} – {}", first.human_day(cx.zone), last.human_day(cx.zone)));
    }
    let future = names.any().map_or(0, |names| future(facts.events, names));
    if future > 0 {
        words.push_str(&format!(" · {} future", format::count(future)));
    }
    words
}

/// Events later than as-of: those that no name counts.
fn future(events: u64, names: &[NameSummary]) -> u64 {
    events.saturating_sub(names.iter().map(|name| name.events).sum())
}

/// The face of a page while the document has no log.
fn import_or_sample(ui: &mut Ui, cx: &DocCx<'_>, icon: Icon, sentence: &str) {
    let mut empty = Empty::new(icon, sentence).link("Open the sample");
    if cx.is_writable() {
        empty = empty.action_icon(Icon::UPLOAD, "Import log");
    }
    match empty.show(ui) {
        Some(EmptyAction::Primary) => cx.act(Action::ImportLog),
        Some(EmptyAction::Link) => cx.act(Action::OpenSample),
        None => {}
    }
}

/// The head of an inspector: what kind of thing it is about, its name, a button that hides it.
fn inspector_head(ui: &mut Ui, cx: &DocCx<'_>, kind: &str, title: &str) {
    ui.horizontal(|ui| {
        text::small(ui, kind);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if Button::icon_only(Icon::CLOSE, "Hide the inspector").small().show(ui).clicked() {
                cx.act(Action::Inspector);
            }
        });
    });
    if !title.is_empty() {
        text::section_title(ui, title).on_hover_text(title);
    }
}

/// What the file of an import is called, as it may be shown.
fn batch_file(cx: &DocCx<'_>, batch: i64) -> String {
    let known = cx.facts.batches.iter().find(|known| known.id == batch);
    known.map_or_else(String::new, |batch| cx.shown_name(&batch.file))
}

/// The same, with the file within that folder or archive, if the log is one.
fn file_name(cx: &DocCx<'_>, batch: i64, part: &str) -> String {
    match part {
        "" => batch_file(cx, batch),
        part => format!("{} › {}", batch_file(cx, batch), cx.shown_name(part)),
    }
}
