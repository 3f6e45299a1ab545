//! The page of a flow: its chart or its table, and the inspector of the number chosen. Not for answering it.

mod layout;
mod persons;
mod sankey;
mod table;
mod toolbar;
mod words;

use std::sync::Arc;

use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use self::sankey::Touch;
use super::{answered, empty_inspector, in_place, inspector, query_header, since, without_events};
use crate::app::action::Action;
use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::empty::Empty;
use crate::app::widgets::table::SortOrder;
use crate::app::widgets::{Banner, segmented, skeleton, text};
use crate::base::format;
use crate::engine::list::EventFilter;
use crate::jobs::answers::Answer;
use crate::jobs::questions::report::AskReport;
use crate::model::flow::{Flow, FlowReport, FlowSelection};
use crate::model::item::{ItemId, SavedQuery};
use crate::model::plan::Aliases;
use crate::model::query::Report;
use crate::model::time::Time;

/// What the page of flows remembers.
#[derive(Debug, Default)]
pub struct FlowView {
    face: Face,
    selection: Option<(ItemId, FlowSelection)>,
    /// Where the keyboard is in the chart.
    cursor: Option<FlowSelection>,
    sort: Option<(usize, SortOrder)>,
    /// What stays of the chart and of the table while the answer does.
    drawn: Option<sankey::Drawn>,
    order: Option<table::Order>,
    /// The answer that has the numbers chosen.
    checked: Option<Arc<Answer>>,
    /// There is nothing to choose from.
    is_empty: bool,
    /// What the table's row was last set to.
    followed: Option<FlowSelection>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Face {
    #[default]
    Chart,
    Table,
}

impl FlowView {
    /// True while the inspector has a place, also with no number chosen: a click must not move the chart.
    pub(super) fn keeps_inspector(&self) -> bool {
        !self.is_empty
    }

    /// True while a number of this flow is chosen.
    pub(super) fn has_selection(&self, id: ItemId) -> bool {
        self.selection.as_ref().is_some_and(|(of, _)| *of == id)
    }

    /// Chooses a number, for pictures and tests.
    pub fn select(&mut self, id: ItemId, selection: FlowSelection) {
        self.selection = Some((id, selection));
    }

    /// Shows the table of edges, for pictures and tests.
    pub fn show_table(&mut self) {
        self.face = Face::Table;
    }

    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, saved: &SavedQuery, flow: &Flow) {
        let answer = cx.ask("flow", AskReport(saved.query.clone()));
        let report = answer.any().and_then(|answer| match &answer.report {
            Report::Flow(report) => Some(report),
            Report::Funnel(_) | Report::Retention(_) | Report::Trend(_) => None,
        });
        self.is_empty =
            matches!(answer, Loadable::Failed(_)) || report.is_some_and(|report| report.sessions == 0);
        self.forget_what_is_gone(id, answer.any(), report);
        if let (Some(report), Some((_, selection))) = (report, self.selection.clone()) {
            let closed = inspector(ui, cx, |ui| persons::show(ui, cx, id, flow, report, &selection));
            if closed {
                self.selection = None;
            }
        } else if self.keeps_inspector() {
            empty_inspector(ui, cx, "Choose a node or a ribbon: its persons are listed here");
        }
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("flow head").resizable(false).frame(top).show(ui, |ui| {
            query_header(ui, cx, id, saved, &subtitle(report));
            toolbar::show(ui, cx, id, flow);
            if let Loadable::Ready(answer) = &answer {
                since::last_time(ui, cx, id, saved, &answer.report);
            }
        });
        let fill = theme::palette(ui).surface;
        CentralPanel::default()
            .frame(Frame::NONE.fill(fill).inner_margin(Margin::same(theme::SPACE_3 as i8)))
            .show(ui, |ui| self.answer(ui, cx, id, flow, &answer));
    }

    fn forget_what_is_gone(&mut self, id: ItemId, answer: Option<&Arc<Answer>>, report: Option<&FlowReport>) {
        self.selection.take_if(|(of, _)| *of != id);
        let (Some(answer), Some(report)) = (answer, report) else { return };
        if self.checked.as_ref().is_some_and(|checked| Arc::ptr_eq(checked, answer)) {
            return;
        }
        self.selection.take_if(|(_, selection)| !words::has(report, selection));
        self.cursor.take_if(|cursor| !words::has(report, cursor));
        self.checked = Some(answer.clone());
    }

    fn answer(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow, answer: &Loadable<Answer>) {
        if let Loadable::Failed(problem) = answer {
            _ = Banner::new(Tone::Danger, &problem.message)
                .detail(problem.hint.as_deref().unwrap_or_default())
                .show(ui);
            return;
        }
        let Some(found) = answer.any().cloned() else {
            skeleton::lines(ui, 10);
            return;
        };
        let Report::Flow(report) = &found.report else { return };
        if answer.is_stale() {
            ui.set_opacity(0.55);
        }
        self.head(ui, cx, flow, report, &found);
        if report.sessions == 0 {
            nothing(ui, cx, flow);
            return;
        }
        let selected = self.selection.as_ref().map(|(_, selection)| selection.clone());
        let touch = match self.face {
            Face::Chart => in_place(ui, "flow chart", |ui| {
                let of = (&found, report);
                sankey::show(ui, cx, of, selected.as_ref(), &mut self.cursor, &mut self.drawn)
            }),
            Face::Table => {
                let follow = selected.clone().filter(|chosen| self.followed.as_ref() != Some(chosen));
                self.followed.clone_from(&selected);
                let kept = (&mut self.sort, &mut self.order);
                table::show(ui, cx, report, &found, kept, follow.as_ref()).map(Touch::Opened)
            }
        };
        match touch {
            Some(Touch::Opened(selection)) => {
                if cx.settings.inspector_hidden {
                    cx.act(Action::Inspector);
                }
                self.selection = Some((id, selection));
            }
            Some(Touch::Closed) => self.selection = None,
            None => {}
        }
    }

    fn head(&mut self, ui: &mut Ui, cx: &DocCx<'_>, flow: &Flow, report: &FlowReport, answer: &Answer) {
        ui.horizontal_wrapped(|ui| {
            segmented(ui, "Chart", &mut self.face, &[(Face::Chart, "Chart"), (Face::Table, "Table")]);
            ui.add_space(theme::SPACE_3);
            text::small(ui, answered(answer));
            let thin = report.edges.len().saturating_sub(layout::MOST_RIBBONS);
            if self.face == Face::Chart && thin > 0 {
                let ribbons = format::counted(thin as u64, "thinner ribbon", "thinner ribbons");
                text::small(ui, format!("{ribbons} left out: see the table"));
            }
            passed_over(ui, cx, flow, report);
        });
        for remark in &answer.diagnostics {
            text::toned(ui, Tone::Warning, Icon::WARNING, &remark.to_string());
        }
    }
}

fn subtitle(report: Option<&FlowReport>) -> String {
    let Some(report) = report else { return String::new() };
    format!(
        "{} of {}",
        format::counted(report.sessions, "session", "sessions"),
        format::counted(report.persons, "person", "persons")
    )
}

fn nothing(ui: &mut Ui, cx: &DocCx<'_>, flow: &Flow) {
    if without_events(ui, cx) {
        return;
    }
    let words = if flow.is_from_any() {
        "No session has an event here: change the range, the filters or the names"
    } else {
        "No session has this event: choose another one, or change the range or the filters"
    };
    _ = Empty::new(Icon::FLOW, words).show(ui);
}

/// How many events filters passed over, with doors to them where one filter can name them.
fn passed_over(ui: &mut Ui, cx: &DocCx<'_>, flow: &Flow, report: &FlowReport) {
    let why = "A filter's value is missing or of another type: show these events";
    let aliases = Aliases::of(cx.workspace);
    let mut told = |count: u64, what: &str, names: Option<&[String]>, filters: Vec<_>| {
        if count == 0 {
            return;
        }
        let label = format!("{} passed over{what}", format::counted(count, "event", "events"));
        match names {
            Some(names) if super::steps::door(ui, &label, why) => {
                let filter = EventFilter {
                    names: aliases.all_names(names),
                    between: Some((Time(i64::MIN), report.as_of.plus(1))),
                    passed_over: filters,
                    ..EventFilter::default()
                };
                cx.send(crate::app::command::Command::ShowEvents { filter, person: String::new() });
            }
            Some(_) => {}
            None => _ = text::small(ui, label),
        }
    };
    let anchor = flow.anchor.filters.iter().chain(&flow.filters).cloned().collect();
    told(report.anchor_passed_over, " as anchors", Some(&flow.anchor.events), anchor);
    let steps = flow.exclude.is_empty().then_some(flow.events.as_slice());
    told(report.passed_over, "", steps, flow.filters.clone());
}
