//! The trend page: events or persons by day, week or month. Not for answering it.

use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use super::editing::{alter_trend, filter_edit, only_readable};
use super::funnel::{LEAST_TABLE, table_height};
use super::steps::{door, event_select};
use super::toolbar::{breakdown_select, range_select, word_select};
use super::trend_chart::Touch;
use super::{answered, chosen_row, in_place, inspector, query_header, since, trend_bucket, trend_chart};
use crate::app::action::Action;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::app::widgets::table::{Cell, Column, Table, TableResponse};
use crate::app::widgets::{Banner, Button, SizedPanel, skeleton, text, toolbar};
use crate::base::format;
use crate::engine;
use crate::engine::summary::NameSummary;
use crate::jobs::answers::Answer;
use crate::jobs::questions::names::AskNames;
use crate::jobs::questions::report::AskReport;
use crate::model::funnel::Step;
use crate::model::item::{ItemId, SavedQuery};
use crate::model::plan::Aliases;
use crate::model::privacy::masked;
use crate::model::query::Report;
use crate::model::time::Interval;
use crate::model::trend::{Measure, Series, Trend, TrendReport};

/// What the trend page remembers.
#[derive(Debug, Default)]
pub(super) struct TrendView {
    selection: Option<(ItemId, Spot)>,
    /// What the table's row was last set to.
    followed: Option<Spot>,
}

/// A number of a trend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// Index of the series.
    pub(super) series: usize,
    /// Index of the interval.
    pub(super) bucket: usize,
}

impl TrendView {
    /// True while a number of this trend is chosen.
    pub(super) fn has_selection(&self, id: ItemId) -> bool {
        self.selection.is_some_and(|(of, _)| of == id)
    }

    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        saved: &SavedQuery,
        trend: &Trend,
    ) {
        let answer = if trend.steps.is_empty() {
            Loadable::Waiting(false)
        } else {
            cx.ask("trend", AskReport(saved.query.clone()))
        };
        let report = answer.any().and_then(|answer| match &answer.report {
            Report::Trend(report) => Some(report),
            Report::Funnel(_) | Report::Retention(_) | Report::Flow(_) => None,
        });
        self.selection.take_if(|(of, spot)| *of != id || !report.is_some_and(|report| spot.fits(report)));
        if let Some(report) = report {
            self.inspector(ui, cx, trend, report);
        }
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("trend head").resizable(false).frame(top).show(ui, |ui| {
            query_header(ui, cx, id, saved, &subtitle(&answer, trend));
            trend_toolbar(ui, cx, id, trend);
            if let Loadable::Ready(answer) = &answer {
                since::last_time(ui, cx, id, saved, &answer.report);
            }
        });
        let fill = theme::palette(ui).surface;
        CentralPanel::default()
            .frame(Frame::NONE.fill(fill))
            .show(ui, |ui| self.answer(ui, cx, id, trend, &answer));
    }

    fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport) {
        let Some((_, spot)) = self.selection else { return };
        if inspector(ui, cx, |ui| trend_bucket::show(ui, cx, trend, report, spot)) {
            self.selection = None;
        }
    }

    fn answer(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, trend: &Trend, answer: &Loadable<Answer>) {
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
        let Report::Trend(report) = &found.report else { return };
        let report = &shown_labels(cx, trend, report);
        if answer.is_stale() {
            ui.set_opacity(0.55);
        }
        let spot = self.selection.map(|(_, spot)| spot);
        let mut picked = None;
        let foot = Frame::NONE.fill(theme::palette(ui).surface);
        let height = table_height(report.starts.len(), ui.available_height(), SHARE);
        SizedPanel::bottom("trend table", height, LEAST_TABLE).follows().frame(foot).show(ui, |ui| {
            let follow = spot.filter(|spot| self.followed != Some(*spot));
            let answer = trend_table(ui, cx, trend, report, &found, follow);
            picked = answer.moved_to.map(|bucket| Spot { bucket, ..spot.unwrap_or_default() });
            if let (Some(bucket), Some(_)) = (answer.opened, spot) {
                trend_bucket::open(cx, trend, report, Spot { bucket, ..spot.unwrap_or_default() });
            }
            self.followed = spot;
        });
        let inside = Frame::NONE.inner_margin(Margin::same(theme::SPACE_3 as i8));
        CentralPanel::default().frame(inside).show(ui, |ui| {
            for remark in &found.diagnostics {
                text::toned(ui, Tone::Warning, Icon::WARNING, &remark.to_string());
            }
            passed_over(ui, cx, trend, report);
            match in_place(ui, "trend chart", |ui| trend_chart::show(ui, cx, trend, report, spot)) {
                Some(Touch::Chosen(spot)) => picked = Some(spot),
                Some(Touch::Opened(spot)) => trend_bucket::open(cx, trend, report, spot),
                None => {}
            }
        });
        if let Some(spot) = picked {
            if cx.settings.inspector_hidden {
                cx.act(Action::Inspector);
            }
            self.selection = Some((id, spot));
        }
    }
}

/// How much of the page its table takes at most.
const SHARE: f32 = 0.36;

impl Spot {
    fn fits(self, report: &TrendReport) -> bool {
        self.series < report.series.len() && self.bucket < report.starts.len()
    }
}

/// How many events the filters passed over, with a door to them where one filter can name them.
fn passed_over(ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport) {
    if report.passed_over == 0 {
        return;
    }
    let label = format!("{} passed over", format::counted(report.passed_over, "event", "events"));
    let why = "A filter's value is missing or of another type: show these events";
    match engine::trend::passed_over(&with_old_names(cx, trend), report) {
        Some(filter) if door(ui, &label, why) => {
            cx.send(Command::ShowEvents { filter, person: String::new() });
        }
        Some(_) => {}
        None => _ = text::small(ui, label),
    }
}

/// What tells a series from the others: its value alone when all are of one event.
pub(super) fn short_label(cx: &DocCx<'_>, trend: &Trend, series: &Series) -> String {
    match &series.value {
        Some(value) if trend.steps.len() == 1 && value.is_empty() => "(empty)".to_owned(),
        Some(value) if trend.steps.len() == 1 => {
            cx.shown_breakdown(trend.breakdown.as_deref().unwrap_or_default(), value)
        }
        Some(_) | None => series.label.clone(),
    }
}

/// The report with the names of its lines as they may be shown; their values stay as they are.
fn shown_labels(cx: &DocCx<'_>, trend: &Trend, report: &TrendReport) -> TrendReport {
    let mut report = report.clone();
    for series in &mut report.series {
        series.label = cx.shown_series(trend.breakdown.as_deref(), series);
    }
    report
}

/// The trend as it is answered.
pub(super) fn with_old_names(cx: &DocCx<'_>, trend: &Trend) -> Trend {
    let mut trend = trend.clone();
    let aliases = Aliases::of(cx.workspace);
    trend.steps.iter_mut().for_each(|step| step.events = aliases.all_names(&step.events));
    trend
}

fn subtitle(answer: &Loadable<Answer>, trend: &Trend) -> String {
    let Some(answer) = answer.any() else { return "Choose an event to begin".to_owned() };
    let Report::Trend(report) = &answer.report else { return String::new() };
    let total: u64 = report.series.iter().flat_map(|series| &series.values).sum();
    let buckets = report.starts.len() as u64;
    let intervals = match trend.interval {
        Interval::Day => format::counted(buckets, "day", "days"),
        Interval::Week => format::counted(buckets, "week", "weeks"),
        Interval::Month => format::counted(buckets, "month", "months"),
    };
    match trend.measure {
        Measure::Events => format!("{} in {intervals}", format::counted(total, "event", "events")),
        // The same person counts again in every interval: a sum would count nothing.
        Measure::Persons => format!("Distinct persons by {}, {intervals}", trend.interval.word()),
    }
}

fn trend_toolbar(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, trend: &Trend) {
    let names = cx.ask("names", AskNames);
    let known: &[NameSummary] = names.any().map_or(&[], |names| names.as_slice());
    let width = ui.available_width();
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        let measures = [(Measure::Events, "Events"), (Measure::Persons, "Persons")];
        if let Some(measure) =
            word_select(ui, "measure", "What is counted", "count", trend.measure, &measures)
        {
            alter_trend(cx, id, trend, "Change what is counted", |trend| trend.measure = measure);
        }
        let intervals = Interval::ALL.map(|interval| (interval, interval.word()));
        if let Some(interval) =
            word_select(ui, "interval", "Size of the intervals", "by", trend.interval, &intervals)
        {
            alter_trend(cx, id, trend, "Change the interval", |trend| trend.interval = interval);
        }
        if let Some(range) = range_select(ui, cx, "trend", trend.between) {
            alter_trend(cx, id, trend, "Change the range", |trend| trend.between = range);
        }
        if let Some(property) = breakdown_select(ui, cx, "trend", trend.breakdown.as_deref()) {
            alter_trend(cx, id, trend, "Change the breakdown", |trend| trend.breakdown = property);
        }
        if let Some(filters) = filter_chips(ui, cx, "trend filters", &trend.filters, &[]) {
            let what = filter_edit(&trend.filters, &filters, "all events");
            alter_trend(cx, id, trend, &what, |trend| trend.filters = filters);
        }
    });
    ui.add_space(theme::SPACE_2);
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        for index in 0..trend.steps.len() {
            ui.push_id(("trend event", index), |ui| event(ui, cx, id, trend, index, known));
        }
        add_event(ui, cx, id, trend, known);
    });
}

fn event(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, trend: &Trend, index: usize, known: &[NameSummary]) {
    let step = &trend.steps[index];
    if let Some(events) =
        event_select(ui, cx, "event", "Event of the trend", f32::INFINITY, &step.events, known)
    {
        alter_trend(cx, id, trend, "Change an event", |trend| trend.steps[index].events = events);
    }
    if let Some(filters) = filter_chips(ui, cx, "event filters", &step.filters, &step.events) {
        let what = filter_edit(&step.filters, &filters, &step.shown_label());
        alter_trend(cx, id, trend, &what, |trend| trend.steps[index].filters = filters);
    }
    if trend.steps.len() > 1 && Button::icon_only(Icon::CLOSE, "Remove the event").small().show(ui).clicked()
    {
        alter_trend(cx, id, trend, &format!("Remove {}", step.shown_label()), |trend| {
            _ = trend.steps.remove(index)
        });
    }
}

fn add_event(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, trend: &Trend, known: &[NameSummary]) {
    const MOST_EVENTS: usize = 8;
    if trend.steps.len() >= MOST_EVENTS {
        return;
    }
    let items: Vec<SelectItem<'_>> =
        known.iter().map(|name| SelectItem::new(cx.shown_name(&name.name)).count(name.events)).collect();
    let select =
        SearchSelect::new("add event", "Event").items(&items).placeholder("Event").allow_create(true).adds();
    let name = match select.show(ui) {
        Some(Picked::Item(index)) => known[index].name.clone(),
        Some(Picked::Create(name)) => name,
        None => return,
    };
    alter_trend(cx, id, trend, &format!("Add {}", masked("", &name)), |trend| {
        trend.steps.push(Step::named(name))
    });
}

/// True when as-of lies within the last interval, so that its counts may still rise.
pub(super) fn is_unfinished(trend: &Trend, report: &TrendReport) -> bool {
    trend.between.is_none_or(|(_, to)| report.as_of < to)
}

/// Rows are intervals, the latest first: it is what people look for. What the answer names are intervals, too.
fn trend_table(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    trend: &Trend,
    report: &TrendReport,
    answer: &Answer,
    follow: Option<Spot>,
) -> TableResponse {
    let mut columns = vec![Column::text("Start", "Start", 150.0).unsorted()];
    let titles: Vec<String> = report.series.iter().map(|series| short_label(cx, trend, series)).collect();
    columns.extend(
        report
            .series
            .iter()
            .zip(&titles)
            .map(|(series, title)| Column::number(&series.label, title, 120.0).unsorted().passing()),
    );
    let footer = format::counted(report.starts.len() as u64, "interval", "intervals");
    let elapsed = answered(answer);
    let rows = report.starts.len();
    let turned = |row: usize| rows - 1 - row;
    let table = Table::new("trend", "Trend", &columns).rows(rows).dense().footer(&footer, &elapsed);
    let select = follow.map(|spot| turned(spot.bucket));
    let mut answer = table.select(select).show(ui, |row, column| match column.checked_sub(1) {
        None if row == 0 && is_unfinished(trend, report) => {
            let day = report.starts[turned(row)].human_day(cx.zone);
            Cell::new(format!("{day} · so far"))
                .hover("The interval lasts beyond as-of: its counts may still rise")
        }
        None => Cell::new(report.starts[turned(row)].human_day(cx.zone)),
        Some(series) => Cell::new(format::count(report.series[series].values[turned(row)])),
    });
    answer.moved_to = chosen_row(ui, &answer).map(turned);
    answer.opened = answer.opened.map(turned);
    answer
}
