//! The retention page: heat map or curves, the events chosen, and the inspector of a cell. Not for answering it.

use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use super::editing::{alter_retention, filter_edit, only_readable, show_events};
use super::funnel::{LEAST_TABLE, table_height};
use super::retention_map::{Cells, Touch};
use super::retention_persons::ReturnersView;
use super::steps::{door, event_select};
use super::toolbar::{breakdown_select, range_select, word_select};
use super::{
    answered, chosen_row, in_place, inspector, inspector_room, query_header, retention_curves, retention_map,
    since, without_events,
};
use crate::app::action::Action;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::empty::Empty;
use crate::app::widgets::table::{Cell, Column, Table};
use crate::app::widgets::{Banner, Button, SizedPanel, segmented, skeleton, text, toolbar};
use crate::base::format;
use crate::engine::summary::NameSummary;
use crate::jobs::answers::Answer;
use crate::jobs::questions::names::AskNames;
use crate::jobs::questions::report::AskReport;
use crate::jobs::reports::retention_tsv;
use crate::model::funnel::{OTHER_VALUES, Step, masked_names};
use crate::model::item::{ItemId, SavedQuery};
use crate::model::query::Report;
use crate::model::retention::{
    Cohorts, MAX_PERIODS, RETURN, Retention, RetentionReport, START, Triangle, default_periods,
};
use crate::model::time::{Interval, Time, Zone};

/// What the retention page remembers.
#[derive(Debug, Default)]
pub struct RetentionView {
    face: Face,
    cells: Cells,
    selection: Option<(ItemId, Spot)>,
    /// What was chosen last: from there the arrows go on.
    last: Option<(ItemId, Spot)>,
    /// There is nothing to choose from.
    is_empty: bool,
    /// The breakdown value whose triangle is shown, instead of everybody's.
    value: Option<(ItemId, String)>,
    persons: ReturnersView,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Face {
    #[default]
    Map,
    Curves,
}

/// A number of a retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Index of the cohort.
    pub(super) cohort: usize,
    /// 0 is the cohort's size, n the period n − 1.
    pub(super) column: usize,
}

/// Where one is in a retention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) chosen: Option<Spot>,
    /// What was chosen before that was closed.
    pub(super) last: Option<Spot>,
}

impl Place {
    /// From where arrows lead on.
    pub(super) fn from(self) -> Option<Spot> {
        self.chosen.or(self.last)
    }
}

impl RetentionView {
    /// True while the inspector may open: with no cell chosen, the list of queries has given way already.
    pub(super) fn keeps_inspector(&self) -> bool {
        !self.is_empty
    }

    /// True while a cell of this retention is chosen.
    pub(super) fn has_selection(&self, id: ItemId) -> bool {
        self.selection.is_some_and(|(of, _)| of == id)
    }

    /// Chooses a cell, for pictures and tests: column 0 is the cohort's size, column n the period n − 1.
    pub fn choose(&mut self, id: ItemId, cohort: usize, column: usize) {
        self.selection = Some((id, Spot { cohort, column }));
    }

    /// Shows the curves, for pictures and tests.
    pub fn show_curves(&mut self) {
        self.face = Face::Curves;
    }

    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        saved: &SavedQuery,
        retention: &Retention,
    ) {
        let answer = cx.ask("retention", AskReport(saved.query.clone()));
        let report = answer.any().and_then(|answer| match &answer.report {
            Report::Retention(report) => Some(report),
            Report::Funnel(_) | Report::Flow(_) | Report::Trend(_) => None,
        });
        self.forget_what_is_gone(id, report);
        self.is_empty =
            matches!(answer, Loadable::Failed(_)) || report.is_some_and(|report| report.persons == 0);
        self.inspector(ui, cx, retention, report);
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("retention head").resizable(false).frame(top).show(ui, |ui| {
            query_header(ui, cx, id, saved, &subtitle(report, retention));
            retention_toolbar(ui, cx, id, retention);
            if let Loadable::Ready(answer) = &answer {
                since::last_time(ui, cx, id, saved, &answer.report);
            }
        });
        let fill = theme::palette(ui).surface;
        let before = self.selection;
        CentralPanel::default()
            .frame(Frame::NONE.fill(fill))
            .show(ui, |ui| self.answer(ui, cx, id, retention, &answer));
        if self.selection != before && self.selection.is_some() && cx.settings.inspector_hidden {
            cx.act(Action::Inspector);
        }
    }

    fn forget_what_is_gone(&mut self, id: ItemId, report: Option<&RetentionReport>) {
        let Some(report) = report else { return };
        self.value.take_if(|(of, value)| *of != id || report.triangle(Some(value)).is_none());
        let fits = |spot: &Spot| {
            report.whole.cohorts.get(spot.cohort).is_some_and(|cohort| spot.column <= cohort.returned.len())
        };
        self.selection.take_if(|(of, spot)| *of != id || !fits(spot));
        self.last = self.selection.or(self.last).filter(|(of, spot)| *of == id && fits(spot));
    }

    fn inspector(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        retention: &Retention,
        report: Option<&RetentionReport>,
    ) {
        let (Some((_, spot)), Some(report)) = (self.selection, report) else { return };
        let value = self.value.as_ref().map(|(_, value)| value.as_str());
        if inspector(ui, cx, |ui| self.persons.show(ui, cx, retention, report, spot, value)) {
            self.selection = None;
        }
    }

    fn answer(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        retention: &Retention,
        answer: &Loadable<Answer>,
    ) {
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
        let Report::Retention(report) = &found.report else { return };
        if answer.is_stale() {
            ui.set_opacity(0.55);
        }
        if !report.breakdown.is_empty() {
            let height = table_height(report.breakdown.len() + 1, ui.available_height(), SHARE);
            let foot = Frame::NONE.fill(theme::palette(ui).surface);
            SizedPanel::bottom("retention table", height, LEAST_TABLE).follows().frame(foot).show(ui, |ui| {
                self.value_table(ui, cx, id, retention, report, &found);
            });
        }
        let inside = Frame::NONE.inner_margin(Margin::same(theme::SPACE_3 as i8));
        CentralPanel::default().frame(inside).show(ui, |ui| {
            for remark in &found.diagnostics {
                text::toned(ui, Tone::Warning, Icon::WARNING, &remark.to_string());
            }
            passed_over(ui, cx, retention, report);
            let value = self.value.as_ref().map(|(_, value)| value.clone());
            let Some(triangle) = report.triangle(value.as_deref()) else { return };
            if report.persons == 0 {
                nobody(ui, cx, retention);
                return;
            }
            self.head(ui, cx, retention, triangle, value.as_deref());
            let spot = |of: Option<(ItemId, Spot)>| of.map(|(_, spot)| spot);
            let place = Place { chosen: spot(self.selection), last: spot(self.last) };
            let spare = inspector_room(ui, cx, self.selection.is_some());
            let touch = match self.face {
                Face::Map => in_place(ui, "retention map", |ui| {
                    retention_map::show(ui, cx.zone, (retention, triangle), self.cells, place, spare)
                }),
                Face::Curves => in_place(ui, "retention curves", |ui| {
                    ui.set_max_width(ui.available_width() - spare);
                    let shown = |value: &str| shown_value(cx, retention, value);
                    let value = value.as_deref();
                    retention_curves::show(ui, cx.zone, retention, report, (triangle, value), &shown, place)
                }),
            };
            match touch {
                Some(Touch::Chosen(spot)) => self.selection = Some((id, spot)),
                Some(Touch::Copied) => copy(cx, retention, triangle),
                Some(Touch::Closed) => self.selection = None,
                None => {}
            }
        });
    }

    fn head(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        retention: &Retention,
        triangle: &Triangle,
        value: Option<&str>,
    ) {
        ui.horizontal_wrapped(|ui| {
            segmented(ui, "Chart", &mut self.face, &[(Face::Map, "Heat map"), (Face::Curves, "Curves")]);
            if self.face == Face::Map {
                ui.add_space(theme::SPACE_1);
                let cells = [(Cells::Percent, "Percent"), (Cells::Persons, "Persons")];
                segmented(ui, "Cells", &mut self.cells, &cells);
            }
            let table =
                Button::secondary("Copy table").icon(Icon::COPY).tooltip("Counts as tab-separated values");
            if table.show(ui).clicked() {
                copy(cx, retention, triangle);
            }
            if let Some(value) = value {
                text::strong(ui, shown_value(cx, retention, value));
            }
            ui.add_space(theme::SPACE_2);
            if self.face == Face::Map {
                retention_map::legend(ui, retention, triangle);
            }
        });
    }

    /// The averages of everybody and of each value; the row chosen is what the chart shows.
    fn value_table(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        retention: &Retention,
        report: &RetentionReport,
        answer: &Answer,
    ) {
        let labels: Vec<String> =
            (0..report.whole.average.len()).map(|period| retention.period_label(period)).collect();
        let mut columns = vec![
            Column::text("Value", "Value", 200.0).unsorted().grows(),
            Column::number("Persons", "Persons", 80.0).unsorted(),
        ];
        columns.extend(labels.iter().map(|label| Column::number(label, label, 76.0).unsorted().passing()));
        let values = format::counted(report.breakdown.len() as u64, "value", "values");
        let elapsed = answered(answer);
        let rows = report.breakdown.len() + 1;
        let table =
            Table::new("retention", "Averages", &columns).rows(rows).dense().footer(&values, &elapsed);
        let triangle = |row: usize| match row.checked_sub(1) {
            None => &report.whole,
            Some(row) => &report.breakdown[row].triangle,
        };
        let chosen = self.value.as_ref().map_or(0, |(_, value)| {
            report.breakdown.iter().position(|slice| slice.value == *value).map_or(0, |row| row + 1)
        });
        let answer = table.show(ui, |row, column| match column {
            0 => {
                let name = match row.checked_sub(1) {
                    None => "Everybody".to_owned(),
                    Some(row) => shown_value(cx, retention, &report.breakdown[row].value),
                };
                // Values may differ only at their ends.
                let cell = Cell::new(name).medium();
                if row == chosen { cell.icon(Icon::CHECK, Tone::Accent) } else { cell }
            }
            1 => Cell::new(format::count(triangle(row).size())),
            _ => {
                let average = triangle(row).average.get(column - 2);
                let share = average.and_then(|average| average.share());
                Cell::new(share.map_or_else(|| "–".to_owned(), format::percent))
            }
        });
        if let Some(row) = chosen_row(ui, &answer) {
            self.value = row.checked_sub(1).map(|row| (id, report.breakdown[row].value.clone()));
        }
    }
}

/// How much of the page its table takes at most.
const SHARE: f32 = 0.36;

fn copy(cx: &DocCx<'_>, retention: &Retention, triangle: &Triangle) {
    let what = format::counted(triangle.cohorts.len() as u64, "cohort", "cohorts");
    cx.send(Command::Copy { text: retention_tsv(triangle, retention, cx.zone), what });
}

/// A breakdown value as it may be shown.
pub(super) fn shown_value(cx: &DocCx<'_>, retention: &Retention, value: &str) -> String {
    if value.is_empty() {
        return "(empty)".to_owned();
    }
    cx.shown_breakdown(retention.breakdown.as_deref().unwrap_or_default(), value)
}

/// True for the values that are summed up as others, which nobody has.
pub(super) fn is_others(value: Option<&str>) -> bool {
    value == Some(OTHER_VALUES)
}

/// What a cohort is called: its day, the first day of its week, or its month.
pub(super) fn cohort_label(retention: &Retention, start: Time, zone: Zone) -> String {
    let day = start.human_day(zone);
    match retention.interval {
        Interval::Day | Interval::Week => day,
        Interval::Month => day.split_once(' ').map_or_else(|| day.clone(), |(_, month)| month.to_owned()),
    }
}

/// `12 weeks`.
pub(super) fn periods_label(interval: Interval, count: usize) -> String {
    let (one, many) = match interval {
        Interval::Day => ("day", "days"),
        Interval::Week => ("week", "weeks"),
        Interval::Month => ("month", "months"),
    };
    format::counted(count as u64, one, many)
}

fn subtitle(report: Option<&RetentionReport>, retention: &Retention) -> String {
    let Some(report) = report else { return String::new() };
    if report.persons == 0 {
        return "Nobody did the start event".to_owned();
    }
    let persons = format::counted(report.persons, "person", "persons");
    let cohorts = format::counted(report.whole.filled() as u64, "cohort", "cohorts");
    let back = report.whole.average.get(1).and_then(|average| average.share());
    let back = back.map_or_else(String::new, |share| {
        let word = retention.interval.word();
        let when = if retention.unbounded {
            format!("a {word} later or after")
        } else {
            format!("the {word} after")
        };
        format!("; {} came back {when}", format::percent(share))
    });
    format!("{persons} in {cohorts} by {}{back}", retention.interval.word())
}

fn nobody(ui: &mut Ui, cx: &DocCx<'_>, retention: &Retention) {
    if without_events(ui, cx) {
        return;
    }
    let start = cx.shown_names(&retention.start().events);
    let place = if retention.between.is_some() { "in this range" } else { "up to as-of" };
    let is_filtered = !retention.filters.is_empty() || !retention.start().filters.is_empty();
    let filters = if is_filtered { " with these filters" } else { "" };
    let words = format!("Nobody did {start}{filters} {place}: choose another start event");
    _ = Empty::new(Icon::RETENTION, &words).show(ui);
}

/// How many events the filters passed over, with doors to them.
fn passed_over(ui: &mut Ui, cx: &DocCx<'_>, retention: &Retention, report: &RetentionReport) {
    for (place, word) in [(START, "start"), (RETURN, "return")] {
        if report.passed_over[place] == 0 {
            continue;
        }
        let count = format::counted(report.passed_over[place], "event", "events");
        let why = "A filter's value is missing or of another type: show these events";
        if door(ui, &format!("{count} passed over at the {word}"), why) {
            let step = &retention.steps[place];
            let filters = step.filters.iter().chain(&retention.filters).cloned().collect();
            show_events(cx, &step.events, filters, report.as_of);
        }
    }
}

fn retention_toolbar(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, retention: &Retention) {
    let names = cx.ask("names", AskNames);
    let known: &[NameSummary] = names.any().map_or(&[], |names| names.as_slice());
    let width = ui.available_width();
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        period_selects(ui, cx, id, retention);
        if let Some(range) = range_select(ui, cx, "retention", retention.between) {
            alter_retention(cx, id, retention, "Change the range", |asked| asked.between = range);
        }
        if let Some(property) = breakdown_select(ui, cx, "retention", retention.breakdown.as_deref()) {
            alter_retention(cx, id, retention, "Change the breakdown", |asked| asked.breakdown = property);
        }
        if let Some(filters) = filter_chips(ui, cx, "retention filters", &retention.filters, &[]) {
            let what = filter_edit(&retention.filters, &filters, "both events");
            alter_retention(cx, id, retention, &what, |asked| asked.filters = filters);
        }
    });
    let events = [(START, "Start", "Start event"), (RETURN, "Return", "Return event")];
    // Beside each other where both fit, else one below the other.
    let rows: &[_] =
        if needed_room(cx, retention) <= width { &[&events[..]] } else { &[&events[..1], &events[1..]] };
    // One below the other leave room for a filter beside a long name.
    let room = if rows.len() > 1 { width * 0.45 } else { f32::INFINITY };
    for row in rows {
        ui.add_space(theme::SPACE_2);
        toolbar(ui, |ui| {
            ui.set_max_width(width);
            only_readable(ui, cx);
            for (place, lead, name) in *row {
                text::label(ui, *lead);
                let scope = ("retention event", *place);
                ui.push_id(scope, |ui| event(ui, cx, id, retention, (*place, name, room), known));
            }
        });
    }
}

/// About how wide both events with their filters are.
fn needed_room(cx: &DocCx<'_>, retention: &Retention) -> f32 {
    const CONTROLS: f32 = 170.0;
    const CHIP: f32 = 48.0;
    const LETTER: f32 = 7.5;
    let letters = |text: String| text.chars().count() as f32 * LETTER;
    let step = |step: &Step| {
        let filters: f32 = step.filters.iter().map(|filter| CHIP + letters(cx.filter_sentence(filter))).sum();
        CONTROLS + letters(cx.shown_names(&step.events)) + filters
    };
    retention.steps.iter().map(step).sum()
}

fn period_selects(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, retention: &Retention) {
    let who = [(Cohorts::First, "First time"), (Cohorts::Recurring, "Every time")];
    if let Some(cohorts) = word_select(ui, "cohorts", "Who belongs to a cohort", "", retention.cohorts, &who)
    {
        alter_retention(cx, id, retention, "Change the cohorts", |asked| asked.cohorts = cohorts);
    }
    let intervals = Interval::ALL.map(|interval| (interval, interval.word()));
    let now = retention.interval;
    if let Some(interval) =
        word_select(ui, "retention interval", "Size of the periods", "by", now, &intervals)
    {
        alter_retention(cx, id, retention, "Change the periods", |asked| {
            if asked.periods == default_periods(asked.interval) {
                asked.periods = default_periods(interval);
            }
            asked.interval = interval;
        });
    }
    let mut counts = vec![3, 6, 8, 12, 14, 26, 30, 52, MAX_PERIODS];
    if !counts.contains(&retention.periods) {
        counts.push(retention.periods);
        counts.sort_unstable();
    }
    let labels: Vec<String> = counts.iter().map(|count| periods_label(retention.interval, *count)).collect();
    let options: Vec<(usize, &str)> = counts.iter().copied().zip(labels.iter().map(String::as_str)).collect();
    if let Some(periods) =
        word_select(ui, "periods", "How many periods are told", "for", retention.periods, &options)
    {
        alter_retention(cx, id, retention, "Change how many periods are told", |asked| {
            asked.periods = periods
        });
    }
    let ways = [(false, "in the period"), (true, "in it or later")];
    if let Some(unbounded) =
        word_select(ui, "unbounded", "When somebody is back", "back", retention.unbounded, &ways)
    {
        alter_retention(cx, id, retention, "Change when somebody is back", |asked| {
            asked.unbounded = unbounded
        });
    }
}

fn event(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    id: ItemId,
    retention: &Retention,
    (place, name, room): (usize, &str, f32),
    known: &[NameSummary],
) {
    let step = &retention.steps[place];
    if let Some(events) = event_select(ui, cx, "event", name, room, &step.events, known) {
        let what = format!("Change the {} to {}", name.to_lowercase(), masked_names(&events));
        alter_retention(cx, id, retention, &what, |asked| asked.steps[place].events = events);
    }
    if let Some(filters) = filter_chips(ui, cx, "event filters", &step.filters, &step.events) {
        let what = filter_edit(&step.filters, &filters, &step.shown_label());
        alter_retention(cx, id, retention, &what, |asked| asked.steps[place].filters = filters);
    }
}
