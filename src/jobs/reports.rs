//! Answers as JSON for programs and as text for people, the same on the command line and when copied. Not for charts.

mod csv;
mod retention;

mod flow;

use std::cell::RefCell;

use serde_json::{Value as Json, json};

pub use csv::csv;
pub use retention::retention_tsv;

use super::answers::Answer;
use crate::base::format;
use crate::model::funnel::{FunnelReport, StepReport};
use crate::model::privacy::{Numbers, masked, masked_breakdown};
use crate::model::query::{Query, Report};
use crate::model::time::{Time, Zone};
use crate::model::trend::TrendReport;

/// The report's contract: fields may be added, never renamed. Breakdown values are raw, for programs on the person's
/// own machine: what shows them masks them.
pub fn json(answer: &Answer) -> Json {
    let elapsed_ms = answer.elapsed.as_secs_f64() * 1000.0;
    let mut json = match &answer.report {
        Report::Funnel(report) => funnel_json(report),
        Report::Retention(report) => retention::json(report),
        Report::Flow(report) => flow::flow_json(report),
        Report::Trend(report) => trend_json(report),
    };
    json["elapsed_ms"] = json!((elapsed_ms * 1000.0).round() / 1000.0);
    json
}

/// The report as a text of aligned columns; breakdown values are masked by the property that `query` asks for, and
/// event names by their form.
pub fn text(answer: &Answer, query: &Query, zone: Zone) -> String {
    let property = query.breakdown().unwrap_or_default();
    match (&answer.report, query) {
        (Report::Funnel(report), _) => funnel_text(report, property, zone),
        (Report::Retention(report), Query::Retention(query)) => retention::text(report, query, zone),
        // A report is of its query's kind.
        (Report::Retention(_), Query::Funnel(_) | Query::Flow(_) | Query::Trend(_)) => String::new(),
        (Report::Flow(report), _) => flow::flow_text(report, zone),
        (Report::Trend(report), _) => trend_text(report, property, zone),
    }
}

fn funnel_json(report: &FunnelReport) -> Json {
    let slices: Vec<Json> = report
        .breakdown
        .iter()
        .map(|slice| json!({ "value": slice.value, "steps": slice.steps.iter().map(step_json).collect::<Vec<_>>() }))
        .collect();
    let bins: Vec<Json> = report
        .histogram
        .iter()
        .map(|bin| json!({ "from_secs": bin.from_secs, "to_secs": bin.to_secs, "persons": bin.persons }))
        .collect();
    json!({
        "kind": "funnel",
        "steps": report.steps.iter().map(step_json).collect::<Vec<_>>(),
        "breakdown": slices,
        "histogram": bins,
        "persons_total": report.persons_total,
        "excluded": report.excluded,
        "future_events": report.future_events,
        "as_of": report.as_of.iso(),
    })
}

fn step_json(step: &StepReport) -> Json {
    json!({
        "event": step.event,
        "persons": step.persons,
        "pending": step.pending,
        "from_first": step.from_first,
        "from_previous": step.from_previous,
        "median_secs": step.median_secs,
        "average_secs": step.average_secs,
        "passed_over": step.passed_over,
        "events": step.events,
    })
}

fn trend_json(report: &TrendReport) -> Json {
    let series: Vec<Json> = report
        .series
        .iter()
        .map(|series| {
            let points: Vec<Json> = report
                .starts
                .iter()
                .zip(&series.values)
                .map(|(start, value)| json!({ "start": start.iso(), "value": value }))
                .collect();
            json!({ "label": series.label, "points": points })
        })
        .collect();
    json!({
        "kind": "trend",
        "series": series,
        "future_events": report.future_events,
        "passed_over": report.passed_over,
        "as_of": report.as_of.iso(),
    })
}

/// What is said in place of as-of when there is no event to take it from.
const NO_EVENTS: &str = "There are no events yet";

/// The instant of an answer, or that there was no event to take it from.
pub(super) fn as_of_words(report: &Report, zone: Zone) -> String {
    let (as_of, events) = match report {
        Report::Funnel(report) => (report.as_of, funnel_events(report)),
        Report::Retention(report) => (report.as_of, retention::events(report)),
        Report::Flow(report) => (report.as_of, flow::flow_events(report)),
        Report::Trend(report) => (report.as_of, trend_events(report)),
    };
    if is_without_events(as_of, events) {
        return NO_EVENTS.to_owned();
    }
    format!("{} ({})", as_of.human(zone), zone.name())
}

/// True when the instant stands for none: of a log in which nothing was seen.
fn is_without_events(as_of: Time, seen: u64) -> bool {
    as_of == Time::default() && seen == 0
}

fn funnel_events(report: &FunnelReport) -> u64 {
    report.persons_total + report.future_events
}

fn trend_events(report: &TrendReport) -> u64 {
    let counted: u64 = report.series.iter().flat_map(|series| &series.values).sum();
    counted + report.passed_over + report.future_events
}

fn funnel_text(report: &FunnelReport, property: &str, zone: Zone) -> String {
    let mut rows = vec![
        ["Step", "Persons", "Of first", "Of previous", "Dropped", "Pending", "Median"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut numbers = Numbers::default();
    rows.extend(step_rows(&report.steps, &mut numbers));
    let mut text = aligned(&rows);
    for slice in &report.breakdown {
        let rows = aligned(&step_rows(&slice.steps, &mut numbers));
        let shown = masked_breakdown(property, &slice.value);
        text.push_str(&format!("\n{}\n{rows}", numbers.tell_apart(property, &slice.value, &shown)));
    }
    if is_without_events(report.as_of, funnel_events(report)) {
        text.push_str(&format!("\n{NO_EVENTS}\n"));
        return text;
    }
    text.push_str(&format!(
        "\n{} in all, as of {} ({})",
        format::counted(report.persons_total, "person", "persons"),
        report.as_of.human(zone),
        zone.name()
    ));
    if report.excluded > 0 {
        text.push_str(&format!(", {} left out by an exclusion", report.excluded));
    }
    if report.future_events > 0 {
        text.push_str(&format!(", {} future events took no part", report.future_events));
    }
    text.push('\n');
    text
}

fn step_rows(steps: &[StepReport], numbers: &mut Numbers) -> Vec<Vec<String>> {
    let none = || "–".to_owned();
    let row = |(index, step): (usize, &StepReport)| {
        let next = steps.get(index + 1).map(|next| step.persons.saturating_sub(next.persons + step.pending));
        vec![
            format!("{} {}", index + 1, numbers.tell_apart("", &step.event, &masked("", &step.event))),
            format::count(step.persons),
            format::percent(step.from_first),
            if index == 0 { none() } else { format::percent(step.from_previous) },
            next.map_or_else(none, format::count),
            if step.pending == 0 { none() } else { format::count(step.pending) },
            step.median_secs.map_or_else(none, format::duration_secs),
        ]
    };
    steps.iter().enumerate().map(row).collect()
}

fn trend_text(report: &TrendReport, property: &str, zone: Zone) -> String {
    let mut header = vec!["Start".to_owned()];
    let numbers = RefCell::new(Numbers::default());
    let name = |name: &str| numbers.borrow_mut().tell_apart("", name, &masked("", name));
    let value =
        |value: &str| numbers.borrow_mut().tell_apart(property, value, &masked_breakdown(property, value));
    header.extend(report.series.iter().map(|series| series.label_with(name, value)));
    let mut rows = vec![header];
    for (index, start) in report.starts.iter().enumerate() {
        let mut row = vec![start.human_day(zone)];
        row.extend(
            report.series.iter().map(|series| series.values.get(index).copied().unwrap_or(0).to_string()),
        );
        rows.push(row);
    }
    if is_without_events(report.as_of, trend_events(report)) {
        return format!("{NO_EVENTS}\n");
    }
    format!("{}\nas of {} ({})\n", aligned(&rows), report.as_of.human(zone), zone.name())
}

/// Rows as text with aligned columns: the first column left, the others right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
            if column == 0 {
                line.push_str(&format!("{cell}{pad}"));
            } else {
                line.push_str(&format!("  {pad}{cell}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
