//! Explore: saved queries and drafts at the left, the one chosen beside them. Not for answering them.

mod chart;
mod editing;
mod exclusions;
mod flow;
mod funnel;
mod greeting;
mod histogram;
mod person_list;
mod persons;
mod plot_keys;
mod retention;
mod retention_curves;
mod retention_map;
mod retention_persons;
mod since;
mod steps;
mod toolbar;
mod trend;
mod trend_bucket;
mod trend_chart;

use egui::{CentralPanel, Frame, Margin, Ui};

use super::super::action::Action;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::dialogs::DialogState;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::empty::{Empty, EmptyAction};
use crate::app::widgets::list_row::ListRow;
use crate::app::widgets::sizes::Sizes;
use crate::app::widgets::table::TableResponse;
use crate::app::widgets::{Button, SizedPanel, Tag, page_header, popover, search_field, text};
use crate::jobs::answers::Answer;
use crate::model::item::{ItemId, SavedQuery};
use crate::model::query::Query;

/// Opens the list of events for a further step of the funnel shown.
pub fn ask_for_step(ctx: &egui::Context) {
    steps::ask_for_step(ctx);
}

/// What Explore remembers.
#[derive(Default)]
pub struct ExploreView {
    search: String,
    greeting_closed: bool,
    funnel: funnel::FunnelView,
    retention: retention::RetentionView,
    flow: flow::FlowView,
    trend: trend::TrendView,
    /// A query that is not in the document, for pictures.
    blank: Option<SavedQuery>,
    /// Nothing is drawn around the query chosen, for pictures.
    is_alone: bool,
}

/// Under this width of the window the list of queries gives way to an open inspector.
const NARROW: f32 = 1400.0;
/// Under this one it always does.
const SMALL: f32 = 1000.0;
/// Where it is kept whether the list has given way.
const LIST_HIDDEN: &str = "list of queries is hidden";
/// Where it is kept whether nothing but the query is drawn.
const ALONE: &str = "query alone";

impl ExploreView {
    /// Paints it with one query chosen, or none. `greeting` shows the sample's three things to find.
    pub fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: Option<ItemId>, greeting: bool) {
        let blank = self.blank.clone();
        let chosen = id.and_then(|id| cx.query(id).map(|saved| (id, saved)));
        let chosen =
            chosen.or_else(|| blank.as_ref().filter(|_| id.is_none()).map(|saved| (ItemId(0), saved)));
        let keeps = chosen.as_ref().is_some_and(|(_, saved)| self.keeps_inspector(cx, &saved.query));
        let inspected = (keeps || self.has_selection(id)) && !cx.settings.inspector_hidden;
        ui.data_mut(|data| data.insert_temp(egui::Id::unique(ALONE), self.is_alone));
        let crowded = self.is_alone
            || chosen.is_some() && (cx.window_width < SMALL || cx.window_width < NARROW && inspected);
        ui.data_mut(|data| data.insert_temp(egui::Id::unique(LIST_HIDDEN), crowded));
        if !crowded {
            let fill = theme::palette(ui).bg;
            SizedPanel::left("queries", theme::SIDE_LIST, 160.0..=320.0)
                .frame(Frame::NONE.fill(fill).inner_margin(Margin::same(theme::SPACE_2 as i8)))
                .show(ui, |ui| self.list(ui, cx, id));
        }
        if greeting && !self.greeting_closed && greeting::show(ui, cx) {
            self.greeting_closed = true;
        }
        let Some((id, saved)) = chosen else {
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| nothing_chosen(ui, cx));
            return;
        };
        match &saved.query {
            Query::Funnel(funnel) => self.funnel.show(ui, cx, id, saved, funnel),
            Query::Retention(asked) => self.retention.show(ui, cx, id, saved, asked),
            Query::Flow(flow) => self.flow.show(ui, cx, id, saved, flow),
            Query::Trend(trend) => self.trend.show(ui, cx, id, saved, trend),
        }
    }

    /// True while the inspector has its place whether or not a number is chosen.
    fn keeps_inspector(&self, cx: &DocCx<'_>, query: &Query) -> bool {
        let keeps = match query {
            Query::Retention(_) => self.retention.keeps_inspector(),
            Query::Flow(_) => self.flow.keeps_inspector(),
            Query::Funnel(_) | Query::Trend(_) => false,
        };
        keeps && cx.window_width >= SMALL
    }

    fn has_selection(&self, id: Option<ItemId>) -> bool {
        id.is_some_and(|id| {
            self.funnel.has_selection(id)
                || self.retention.has_selection(id)
                || self.flow.has_selection(id)
                || self.trend.has_selection(id)
        })
    }

    /// The funnel page's state, for pictures and tests.
    pub fn funnel(&mut self) -> &mut funnel::FunnelView {
        &mut self.funnel
    }

    /// The retention page's state, for pictures and tests.
    pub fn retention(&mut self) -> &mut retention::RetentionView {
        &mut self.retention
    }

    /// The page of flows, for pictures and tests.
    pub fn flow(&mut self) -> &mut flow::FlowView {
        &mut self.flow
    }

    /// Shows a query that is not in the document where none is chosen, for pictures.
    pub fn show_blank(&mut self, query: Query) {
        self.blank = Some(SavedQuery { name: None, query, position: 0.0 });
    }

    /// Draws nothing around the query chosen, for pictures.
    pub fn show_alone(&mut self) {
        self.is_alone = true;
    }

    /// True when nothing is drawn around the query chosen.
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn list(&mut self, ui: &mut Ui, cx: &DocCx<'_>, chosen: Option<ItemId>) {
        ui.horizontal(|ui| {
            text::section_title(ui, "Explore");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                // From the right.
                for (action, icon) in [
                    (Action::NewTrend, Icon::TREND),
                    (Action::NewFlow, Icon::FLOW),
                    (Action::NewRetention, Icon::RETENTION),
                    (Action::NewFunnel, Icon::FUNNEL_CHART),
                ] {
                    let entry = action.entry();
                    let button = Button::icon_only(icon, entry.label).tooltip(entry.tooltip);
                    if button.enabled(cx.abilities.allow(action)).show(ui).clicked() {
                        cx.act(action);
                    }
                }
            });
        });
        search_field(ui, "Filter queries", &mut self.search);
        ui.add_space(theme::SPACE_2);
        let queries = cx.workspace.queries();
        let needle = self.search.to_lowercase();
        let matches =
            |saved: &SavedQuery| needle.is_empty() || shown_name(cx, saved).to_lowercase().contains(&needle);
        egui::ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
            for (kind, label, icon) in [
                ("funnel", "Funnels", Icon::FUNNEL_CHART),
                ("retention", "Retention", Icon::RETENTION),
                ("flow", "Flows", Icon::FLOW),
                ("trend", "Trends", Icon::TREND),
            ] {
                let group: Vec<_> = queries
                    .iter()
                    .filter(|(_, saved)| saved.query.kind() == kind && matches(saved))
                    .collect();
                if group.is_empty() {
                    continue;
                }
                text::label(ui, icon.with(label));
                for (id, saved) in group {
                    if query_row(ui, cx, *id, saved, chosen == Some(*id)) {
                        cx.send(Command::Go(Route::Query(*id)));
                    }
                }
                ui.add_space(theme::SPACE_3);
            }
        });
    }
}

fn query_row(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, saved: &SavedQuery, selected: bool) -> bool {
    let name = shown_name(cx, saved);
    let row = ListRow::new(&name).selected(selected).indent(1);
    let row = if saved.name.is_none() {
        row.mark(Icon::PENCIL, Tone::Neutral, "Draft: not named yet")
    } else {
        row
    };
    ui.push_id(id.0, |ui| row.show(ui)).inner.clicked()
}

/// A query's name, or what it is as a draft.
fn shown_name(cx: &DocCx<'_>, saved: &SavedQuery) -> String {
    if let Some(name) = &saved.name {
        return cx.shown_query_name(name);
    }
    let steps = saved.query.steps();
    match (steps.first(), steps.last()) {
        (Some(first), Some(last)) if steps.len() > 1 => {
            format!("{} → {}", cx.shown_names(&first.events), cx.shown_names(&last.events))
        }
        (Some(only), _) => cx.shown_names(&only.events),
        (None, _) => format!("New {}", saved.query.kind()),
    }
}

fn nothing_chosen(ui: &mut Ui, cx: &DocCx<'_>) {
    let empty = Empty::new(
        Icon::FUNNEL_CHART,
        "A funnel shows where persons stop on their way, retention who comes back, a flow which ways they take; a trend \
         shows how often something happens",
    );
    let answer =
        if cx.is_writable() { empty.action("New funnel").link("New trend").show(ui) } else { empty.show(ui) };
    match answer {
        Some(EmptyAction::Primary) => cx.act(Action::NewFunnel),
        Some(EmptyAction::Link) => cx.act(Action::NewTrend),
        None => {}
    }
}

/// The head of a query's page: its name, one line of what it shows, and what can be done.
fn query_header(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, saved: &SavedQuery, subtitle: &str) {
    let name = shown_name(cx, saved);
    // What is edited is the name itself.
    let own = saved.name.clone().unwrap_or_else(|| name.clone());
    let is_alone = ui.data(|data| data.get_temp::<bool>(egui::Id::unique(ALONE))).unwrap_or_default();
    page_header(ui, &name, subtitle, |ui| {
        if is_alone {
            return;
        }
        if saved.name.is_none() && cx.is_writable() {
            if Button::primary("Save query").show(ui).clicked() {
                cx.send(Command::Dialog(DialogState::name_query(id, &own)));
            }
        } else if cx.is_writable() && Button::secondary("Rename").show(ui).clicked() {
            cx.send(Command::Dialog(DialogState::name_query(id, &own)));
        }
        if Button::secondary("Duplicate").enabled(cx.is_writable()).show(ui).clicked() {
            cx.send(Command::DuplicateQuery(id));
        }
        more_menu(ui, cx);
        for action in [Action::SaveTable, Action::SavePicture] {
            let entry = action.entry();
            let button = Button::icon_only(entry.icon, entry.label).tooltip(entry.tooltip);
            if button.enabled(cx.abilities.allow(action)).show(ui).clicked() {
                cx.act(action);
            }
        }
        if ui.data(|data| data.get_temp::<bool>(egui::Id::unique(LIST_HIDDEN))).unwrap_or_default() {
            queries_menu(ui, cx, id);
        }
        if saved.name.is_none() {
            Tag::new("Draft").show(ui);
        }
    });
}

/// How long answering took.
fn answered(answer: &Answer) -> String {
    format!("Answered in {:.1} ms", answer.elapsed.as_secs_f64() * 1000.0)
}

/// What stands in for a chart while the log has no events: doors to get some. False when it has.
fn without_events(ui: &mut Ui, cx: &DocCx<'_>) -> bool {
    if cx.facts.events > 0 {
        return false;
    }
    let empty = Empty::new(Icon::UPLOAD, "There are no events yet: import a log first");
    match empty.action("Import log").link("Open the sample").show(ui) {
        Some(EmptyAction::Primary) => cx.act(Action::ImportLog),
        Some(EmptyAction::Link) => cx.act(Action::OpenSample),
        None => {}
    }
    true
}

/// The panel at the right of a chosen number, where it is not hidden; true when a person closed it.
fn inspector(ui: &mut Ui, cx: &DocCx<'_>, content: impl FnOnce(&mut Ui) -> bool) -> bool {
    if cx.settings.inspector_hidden {
        return false;
    }
    let fill = theme::palette(ui).surface;
    SizedPanel::right(INSPECTOR, theme::INSPECTOR, 260.0..=480.0)
        .frame(Frame::NONE.fill(fill).inner_margin(Margin::same(theme::SPACE_3 as i8)))
        .show(ui, content)
}

/// The panel's place while no number is chosen: a click on one must not move the chart under the pointer. In a small
/// window the chart has all the room.
fn empty_inspector(ui: &mut Ui, cx: &DocCx<'_>, words: &str) {
    if cx.window_width >= SMALL {
        inspector(ui, cx, |ui| {
            _ = Empty::new(Icon::USER, words).show(ui);
            false
        });
    }
}

/// How wide an inspector that is not open would be: what is drawn as if it were does not move once it opens. Nothing in
/// a small window, where a chart has all the room.
fn inspector_room(ui: &Ui, cx: &DocCx<'_>, is_open: bool) -> f32 {
    if is_open || cx.settings.inspector_hidden || cx.window_width < SMALL {
        return 0.0;
    }
    Sizes::panel(ui.ctx(), INSPECTOR).unwrap_or(theme::INSPECTOR)
}

/// The name of the panel at the right.
const INSPECTOR: &str = "query inspector";

/// Paints with ids of its own, so that the keyboard stays where it is while panels beside it come and go.
fn in_place<R>(ui: &mut Ui, name: &str, paint: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope_builder(egui::UiBuilder::new().scope_id(egui::Id::unique(name)), paint).inner
}

/// The row that a person chose in a table: clicked, moved to, or opened with Enter. Merely reaching the table with Tab
/// chooses nothing, or passing by would open the inspector.
fn chosen_row(ui: &Ui, table: &TableResponse) -> Option<usize> {
    let clicked = ui.input(|input| input.pointer.any_click());
    table.moved_to.filter(|_| clicked || !table.response.gained_focus()).or(table.opened)
}

/// Stands in for the list of queries where there is no room for it.
fn queries_menu(ui: &mut Ui, cx: &DocCx<'_>, chosen: ItemId) {
    let button = Button::icon_only(Icon::LIST, "Queries").tooltip("Other queries").show(ui);
    popover(&button, "Queries", theme::SELECT_LIST, |ui| {
        egui::ScrollArea::vertical().max_height(theme::SELECT_LIST_HEIGHT).show(ui, |ui| {
            for (id, saved) in cx.workspace.queries() {
                if query_row(ui, cx, id, saved, id == chosen) {
                    cx.send(Command::Go(Route::Query(id)));
                    ui.close();
                }
            }
        });
    });
}

fn more_menu(ui: &mut Ui, cx: &DocCx<'_>) {
    const MENU: [Action; 6] = [
        Action::SavePicture,
        Action::SaveTable,
        Action::AboutNumber,
        Action::CopyText,
        Action::CopySql,
        Action::DeleteQuery,
    ];
    let button = Button::icon_only(Icon::MORE, "More").tooltip("Save, copy, explain or delete").show(ui);
    egui::Popup::menu(&button).show(|ui| {
        for action in MENU {
            let entry = action.entry();
            let keys = entry.keys().unwrap_or_default();
            let item = Button::quiet(entry.label).icon(entry.icon).shortcut(&keys).min_width(220.0);
            if item.enabled(cx.abilities.allow(action)).show(ui).clicked() {
                cx.act(action);
                ui.close();
            }
        }
    });
}
