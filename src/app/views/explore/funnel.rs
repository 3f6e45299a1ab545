//! The funnel page: steps beside chart and table, and the inspector of the number chosen. Not for answering it.

use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};

use super::editing::{alter_funnel, filter_edit, only_readable};
use super::persons::{PersonsView, fits, shown_funnel, shown_value};
use super::steps::StepsView;
use super::toolbar::{breakdown_select, range_select, word_select};
use super::{
    answered, chart, chosen_row, histogram, in_place, inspector, query_header, since, without_events,
};
use crate::app::action::Action;
use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::empty::Empty;
use crate::app::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::app::widgets::table::{Cell, Column, Table};
use crate::app::widgets::{Banner, SizedPanel, segmented, skeleton, text, toolbar};
use crate::base::format;
use crate::jobs::answers::Answer;
use crate::jobs::questions::report::AskReport;
use crate::model::funnel::{
    Attribution, Breakdown, Funnel, FunnelPart, FunnelReport, FunnelSelection, Order, StepReport,
};
use crate::model::item::{ItemId, SavedQuery};
use crate::model::privacy::masked;
use crate::model::query::Report;
use crate::model::time::{parse_span_us, span_words};

/// What the funnel page remembers.
#[derive(Debug, Default)]
pub struct FunnelView {
    face: Face,
    selection: Option<(ItemId, FunnelSelection)>,
    /// What the table's row was last set to.
    followed: Option<FunnelSelection>,
    steps: StepsView,
    persons: PersonsView,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Face {
    #[default]
    Steps,
    Times,
}

impl FunnelView {
    /// True while a number of this funnel is chosen.
    pub fn has_selection(&self, id: ItemId) -> bool {
        self.selection.as_ref().is_some_and(|(of, _)| *of == id)
    }

    /// Chooses a number, for pictures and tests.
    pub fn select(&mut self, id: ItemId, selection: FunnelSelection) {
        self.selection = Some((id, selection));
    }

    /// Shows the times to convert, for pictures and tests.
    pub fn show_times(&mut self) {
        self.face = Face::Times;
    }

    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        saved: &SavedQuery,
        funnel: &Funnel,
    ) {
        self.selection.take_if(|(of, selection)| *of != id || !fits(funnel, selection));
        let answer = if funnel.steps.is_empty() {
            Loadable::Waiting(false)
        } else {
            cx.ask("funnel", AskReport(saved.query.clone()))
        };
        self.inspector(ui, cx, id, funnel);
        let inspected = self.selection.is_some() && !cx.settings.inspector_hidden;
        let before = self.selection.clone();
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("funnel head").resizable(false).frame(top).show(ui, |ui| {
            query_header(ui, cx, id, saved, &subtitle(&answer, funnel));
            funnel_toolbar(ui, cx, id, funnel);
            if let Loadable::Ready(answer) = &answer {
                since::last_time(ui, cx, id, saved, &answer.report);
            }
        });
        let well = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_3 as i8, theme::SPACE_2 as i8));
        // In a small window, or at a large text size, the steps give way while persons are listed.
        if cx.window_width >= NARROW || !inspected {
            SizedPanel::left("steps", STEPS, 220.0..=380.0).frame(well).show(ui, |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    let selected = self.selection.as_ref().map(|(_, selection)| selection.step);
                    let report = answer.any().and_then(|answer| match &answer.report {
                        Report::Funnel(report) => Some(report),
                        Report::Retention(_) | Report::Flow(_) | Report::Trend(_) => None,
                    });
                    self.steps.show(ui, cx, id, funnel, report, selected);
                });
            });
        }
        let fill = theme::palette(ui).surface;
        let inside = Frame::NONE.fill(fill);
        CentralPanel::default().frame(inside).show(ui, |ui| self.answer(ui, cx, id, funnel, &answer));
        if self.selection != before && self.selection.is_some() && cx.settings.inspector_hidden {
            // A number that was chosen shows its persons, also after the inspector was hidden elsewhere.
            cx.act(Action::Inspector);
        }
    }

    fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel) {
        let Some((_, selection)) = self.selection.clone() else { return };
        if inspector(ui, cx, |ui| self.persons.show(ui, cx, id, funnel, &selection)) {
            self.selection = None;
        }
    }

    fn answer(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        funnel: &Funnel,
        answer: &Loadable<Answer>,
    ) {
        if funnel.steps.is_empty() {
            no_steps(ui, cx);
            return;
        }
        if let Loadable::Failed(problem) = answer {
            ui.add_space(theme::SPACE_4);
            _ = Banner::new(Tone::Danger, &problem.message)
                .detail(problem.hint.as_deref().unwrap_or_default())
                .show(ui);
            return;
        }
        let Some(found) = answer.any().cloned() else {
            ui.add_space(theme::SPACE_5);
            skeleton::lines(ui, 10);
            return;
        };
        let Report::Funnel(report) = &found.report else { return };
        let report = &called_by_place(cx, report, funnel);
        if answer.is_stale() {
            ui.set_opacity(0.55);
        }
        let table_height = table_height(table_rows(report), ui.available_height(), SHARE);
        let foot = Frame::NONE.fill(theme::palette(ui).surface);
        SizedPanel::bottom("funnel table", table_height, LEAST_TABLE).follows().frame(foot).show(ui, |ui| {
            let chosen = self.selection.as_ref().map(|(_, selection)| selection.clone());
            // The row follows what is chosen elsewhere, once: then it is free to be moved.
            let follow = chosen.clone().filter(|chosen| self.followed.as_ref() != Some(chosen));
            if let Some(selection) =
                report_table(ui, report, &found, &|value| shown_value(cx, funnel, value), follow.as_ref())
            {
                self.selection = Some((id, selection));
            }
            self.followed = chosen;
        });
        let chart_frame = Frame::NONE.inner_margin(Margin::same(theme::SPACE_3 as i8));
        CentralPanel::default().frame(chart_frame).show(ui, |ui| {
            let shown = |value: &str| shown_value(cx, funnel, value);
            self.chart_head(ui, report, &found, &shown);
            if answer.is_slow() {
                text::small(ui, "Answering…");
            }
            match self.face {
                Face::Steps => {
                    let selection = self.selection.as_ref().map(|(_, selection)| selection);
                    if let Some(selection) = in_place(ui, "funnel chart", |ui| {
                        chart::show(ui, report, &shown, &foot_words(funnel), selection)
                    }) {
                        self.selection = Some((id, selection));
                    }
                }
                Face::Times => in_place(ui, "funnel times", |ui| histogram::show(ui, report)),
            }
        });
    }

    fn chart_head(&mut self, ui: &mut Ui, report: &FunnelReport, answer: &Answer, name: chart::Name<'_>) {
        ui.horizontal_wrapped(|ui| {
            segmented(
                ui,
                "Chart",
                &mut self.face,
                &[(Face::Steps, "Steps"), (Face::Times, "Time to convert")],
            );
            ui.add_space(theme::SPACE_3);
            if self.face == Face::Steps {
                chart::legend(ui, report, name);
            }
        });
        for remark in &answer.diagnostics {
            text::toned(ui, Tone::Warning, Icon::WARNING, &remark.to_string());
        }
    }
}

/// In any order a column counts so many steps, and is not called by one of them. Names are as they may be shown.
fn called_by_place(cx: &DocCx<'_>, report: &FunnelReport, funnel: &Funnel) -> FunnelReport {
    let funnel = &shown_funnel(cx, funnel);
    let mut report = report.clone();
    for (index, step) in report.steps.iter_mut().enumerate() {
        step.event = funnel.place_label(index);
    }
    for slice in &mut report.breakdown {
        slice.steps.iter_mut().enumerate().for_each(|(index, step)| step.event = funnel.place_label(index));
    }
    report
}

/// Under this width of the window there is no room for steps, chart and persons side by side.
const NARROW: f32 = 1000.0;

const STEPS: f32 = 296.0;

fn subtitle(answer: &Loadable<Answer>, funnel: &Funnel) -> String {
    let Some(answer) = answer.any() else { return "Add a step to begin".to_owned() };
    let Report::Funnel(report) = &answer.report else { return String::new() };
    let (Some(first), Some(last)) = (report.steps.first(), last_required(report, funnel)) else {
        return String::new();
    };
    let entered = format::counted(first.persons, "person entered", "persons entered");
    format!("{entered}, {} completed ({})", format::count(last.persons), format::percent(last.from_first))
}

fn last_required<'a>(report: &'a FunnelReport, funnel: &Funnel) -> Option<&'a StepReport> {
    let index = funnel.steps.iter().rposition(|step| !step.optional)?;
    report.steps.get(index)
}

fn no_steps(ui: &mut Ui, cx: &DocCx<'_>) {
    if without_events(ui, cx) {
        return;
    }
    _ = Empty::new(Icon::FUNNEL_CHART, "Choose the first step at the left: the chart answers at once")
        .show(ui);
}

fn funnel_toolbar(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel) {
    let width = ui.available_width();
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        if let Some(range) = range_select(ui, cx, "funnel", funnel.between) {
            alter_funnel(cx, id, funnel, "Change the range", |funnel| funnel.between = range);
        }
        let orders =
            [(Order::Ordered, "Ordered"), (Order::Strict, "Strict order"), (Order::Any, "Any order")];
        if let Some(order) = word_select(ui, "order", "Order of the steps", "", funnel.order, &orders) {
            alter_funnel(cx, id, funnel, "Change the order", |funnel| funnel.order = order);
        }
        if let Some(window_us) = window_select(ui, cx, funnel.window_us) {
            let what = format!("Set the window to {}", span_words(window_us));
            alter_funnel(cx, id, funnel, &what, |funnel| funnel.window_us = window_us);
        }
        let property = funnel.breakdown.as_ref().map(|breakdown| breakdown.property.as_str());
        if let Some(property) = breakdown_select(ui, cx, "funnel", property) {
            let what = property.as_ref().map_or_else(
                || "Remove the breakdown".to_owned(),
                |name| format!("Break down by {}", masked("", name)),
            );
            let attribution =
                funnel.breakdown.as_ref().map_or(Attribution::First, |breakdown| breakdown.attribution);
            alter_funnel(cx, id, funnel, &what, |funnel| {
                funnel.breakdown = property.map(|property| Breakdown { property, attribution });
            });
        }
        attribution_select(ui, cx, id, funnel);
        if let Some(filters) = filter_chips(ui, cx, "funnel filters", &funnel.filters, &[]) {
            let what = filter_edit(&funnel.filters, &filters, "all steps");
            alter_funnel(cx, id, funnel, &what, |funnel| funnel.filters = filters);
        }
    });
}

fn attribution_select(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel) {
    let Some(breakdown) = &funnel.breakdown else { return };
    let labels: Vec<String> = (1..=funnel.steps.len()).map(|step| format!("value at step {step}")).collect();
    let mut options = vec![
        (Attribution::First, "first value"),
        (Attribution::Last, "last value"),
        (Attribution::All, "every value"),
    ];
    if funnel.order != Order::Any {
        options.extend(
            labels.iter().enumerate().map(|(index, label)| (Attribution::Step(index + 1), label.as_str())),
        );
    }
    let picked =
        word_select(ui, "attribution", "Which event's value counts", "", breakdown.attribution, &options);
    if let Some(attribution) = picked {
        alter_funnel(cx, id, funnel, "Change whose value counts", |funnel| {
            if let Some(breakdown) = &mut funnel.breakdown {
                breakdown.attribution = attribution;
            }
        });
    }
}

fn window_select(ui: &mut Ui, cx: &DocCx<'_>, window_us: i64) -> Option<i64> {
    const PRESETS: [&str; 9] = ["30m", "1h", "1d", "3d", "7d", "14d", "30d", "90d", "365d"];
    let words: Vec<String> =
        PRESETS.iter().filter_map(|span| parse_span_us(span).ok()).map(span_words).collect();
    let items: Vec<SelectItem<'_>> = words.iter().map(|word| SelectItem::new(word.as_str())).collect();
    let shown = span_words(window_us);
    let select = SearchSelect::new("window", "Conversion window, such as 36h").prefix("within").items(&items);
    match select.selected(Some(&shown)).allow_create(true).show(ui)? {
        Picked::Item(index) => parse_span_us(PRESETS[index]).ok(),
        Picked::Create(typed) => match parse_span_us(typed.replace(' ', "").as_str()) {
            Ok(span) => Some(span),
            Err(problem) => {
                cx.tell(&problem);
                None
            }
        },
    }
}

/// What the axis of steps says under the chart.
fn foot_words(funnel: &Funnel) -> String {
    let order = match funnel.order {
        Order::Ordered => "in order",
        Order::Strict => "in strict order",
        Order::Any => "in any order",
    };
    if funnel.steps.len() == 1 {
        return "Step".to_owned();
    }
    format!("Step, {order}, within {} of step 1", span_words(funnel.window_us))
}

/// Room for all rows up to a share of the page: whole rows, and three of them at least.
pub(super) fn table_height(rows: usize, page: f32, share: f32) -> f32 {
    const CHROME: f32 = theme::ROW * 2.0;
    let most = ((page * share - CHROME) / theme::ROW_DENSE).floor().max(3.0);
    CHROME + theme::ROW_DENSE * (rows.max(1) as f32).min(most)
}

/// How much of the page it takes at most.
const SHARE: f32 = 0.42;

/// A person may make it this small: header, a row and the line under it.
pub(super) const LEAST_TABLE: f32 = theme::ROW * 2.0 + theme::ROW_DENSE;

fn table_rows(report: &FunnelReport) -> usize {
    if report.breakdown.is_empty() { report.steps.len() } else { report.breakdown.len() }
}

fn report_table(
    ui: &mut Ui,
    report: &FunnelReport,
    answer: &Answer,
    name: chart::Name<'_>,
    follow: Option<&FunnelSelection>,
) -> Option<FunnelSelection> {
    let elapsed = answered(answer);
    if report.breakdown.is_empty() {
        step_table(ui, report, &elapsed, follow)
    } else {
        value_table(ui, report, name, &elapsed, follow)
    }
}

/// Below this width the share of the first step, which the chart says too, gives way to the names.
const ROOM_FOR_SHARES: f32 = 600.0;
/// Below this one the medians do, too.
const ROOM_FOR_MEDIANS: f32 = 500.0;

fn step_table(
    ui: &mut Ui,
    report: &FunnelReport,
    elapsed: &str,
    follow: Option<&FunnelSelection>,
) -> Option<FunnelSelection> {
    let steps = &report.steps;
    let room = ui.available_width();
    let figures = Figure::ALL.into_iter().filter(|figure| match figure {
        Figure::OfFirst => room >= ROOM_FOR_SHARES,
        Figure::Median => room >= ROOM_FOR_MEDIANS,
        Figure::Pending => steps.iter().any(|step| step.pending > 0),
        Figure::PassedOver => steps.iter().any(|step| step.passed_over > 0),
        Figure::Persons | Figure::OfPrevious | Figure::Dropped => true,
    });
    let figures: Vec<Figure> = figures.collect();
    let mut columns = vec![
        Column::number("#", "#", 36.0).unsorted(),
        Column::text("step", "Step", 90.0).unsorted().grows(),
    ];
    columns.extend(figures.iter().map(|figure| {
        let (title, width) = figure.title();
        Column::number(title, title, width).unsorted()
    }));
    let footer = format::counted(steps.len() as u64, "step", "steps");
    let table = Table::new("funnel steps", "Steps", &columns)
        .rows(steps.len())
        .dense()
        .select(follow.map(|selection| selection.step))
        .footer(&footer, elapsed);
    let answer = table.show(ui, |row, column| match column {
        0 => Cell::new((row + 1).to_string()).hint(),
        1 => Cell::new(steps[row].event.clone()).medium(),
        _ => figures[column - 2].cell(steps, row),
    });
    chosen_row(ui, &answer).map(|step| FunnelSelection { step, part: FunnelPart::Reached, value: None })
}

/// A number of a step.
#[derive(Clone, Copy)]
enum Figure {
    Persons,
    OfFirst,
    OfPrevious,
    Dropped,
    Pending,
    Median,
    PassedOver,
}

impl Figure {
    const ALL: [Figure; 7] = [
        Figure::Persons,
        Figure::OfFirst,
        Figure::OfPrevious,
        Figure::Dropped,
        Figure::Pending,
        Figure::Median,
        Figure::PassedOver,
    ];

    fn title(self) -> (&'static str, f32) {
        match self {
            Figure::Persons => ("Persons", 72.0),
            Figure::OfFirst => ("Of first", 66.0),
            Figure::OfPrevious => ("Of prev.", 68.0),
            Figure::Dropped => ("Dropped", 74.0),
            Figure::Pending => ("Pending", 72.0),
            Figure::Median => ("Median", 78.0),
            Figure::PassedOver => ("Passed over", 94.0),
        }
    }

    fn cell(self, steps: &[StepReport], row: usize) -> Cell<'static> {
        let step = &steps[row];
        let some = |count: u64| if count == 0 { "–".to_owned() } else { format::count(count) };
        match self {
            Figure::Persons => Cell::new(format::count(step.persons)),
            Figure::OfFirst => Cell::new(format::percent(step.from_first)).secondary(),
            Figure::OfPrevious if row == 0 => Cell::new("–").secondary(),
            Figure::OfPrevious => Cell::new(format::percent(step.from_previous)).secondary(),
            Figure::Dropped => Cell::new(steps.get(row + 1).map_or_else(
                || "–".to_owned(),
                |next| format::count(step.persons.saturating_sub(next.persons).saturating_sub(step.pending)),
            )),
            Figure::Pending => Cell::new(some(step.pending)),
            Figure::Median => {
                Cell::new(step.median_secs.map_or_else(|| "–".to_owned(), format::duration_secs)).secondary()
            }
            Figure::PassedOver => Cell::new(some(step.passed_over))
                .secondary()
                .hover("Events whose filter value is missing or of another type; the step's card opens them"),
        }
    }
}

const VALUE: f32 = 120.0;
const CONVERSION: f32 = 96.0;

fn slots_of(report: &FunnelReport) -> f32 {
    report.steps.len().max(1) as f32
}

/// With a breakdown: a row a value, a column a step.
fn value_table(
    ui: &mut Ui,
    report: &FunnelReport,
    name: chart::Name<'_>,
    elapsed: &str,
    follow: Option<&FunnelSelection>,
) -> Option<FunnelSelection> {
    let titles: Vec<String> = report
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{} {}", index + 1, step.event))
        .collect();
    // The conversion stays in sight: it is what people compare.
    let room = (ui.available_width() - VALUE - CONVERSION) / slots_of(report);
    let width = room.clamp(64.0, 112.0);
    let mut columns = vec![Column::text("Value", "Value", VALUE).unsorted().grows()];
    columns
        .extend(titles.iter().map(|title| Column::number(title, title, width).unsorted().grows().passing()));
    columns.push(Column::number("Conversion", "Conversion", CONVERSION).unsorted());
    let footer = format::counted(report.breakdown.len() as u64, "value", "values");
    let value = follow.and_then(|selection| selection.value.as_ref());
    let table = Table::new("funnel values", "Values", &columns)
        .rows(report.breakdown.len())
        .dense()
        .select(report.breakdown.iter().position(|slice| Some(&slice.value) == value))
        .footer(&footer, elapsed);
    let answer = table.show(ui, |row, column| {
        let slice = &report.breakdown[row];
        match column {
            0 if slice.value.is_empty() => Cell::new("(empty)").secondary(),
            0 => Cell::new(name(&slice.value)).medium(),
            step if step <= slice.steps.len() => Cell::new(format::count(slice.steps[step - 1].persons)),
            _ => Cell::new(
                slice.steps.last().map_or_else(String::new, |last| format::percent(last.from_first)),
            )
            .secondary(),
        }
    });
    let value = report.breakdown.get(chosen_row(ui, &answer)?)?.value.clone();
    Some(FunnelSelection { step: 0, part: FunnelPart::Reached, value: Some(value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_as_high_as_whole_rows() {
        let rows = |rows, page| (table_height(rows, page, SHARE) - theme::ROW * 2.0) / theme::ROW_DENSE;
        assert_eq!(rows(1, 500.0), 1.0);
        assert_eq!(rows(5, 500.0), 5.0);
        assert_eq!(rows(40, 500.0), 6.0);
        assert_eq!(rows(40, 200.0), 3.0);
    }
}
