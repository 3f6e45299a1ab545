//! Retentions as JSON, as text of aligned columns, and as tab-separated values. Not for charts.

use serde_json::{Value as Json, json};

use super::{NO_EVENTS, aligned, is_without_events};
use crate::base::format;
use crate::model::privacy::{Numbers, masked_breakdown};
use crate::model::retention::{Average, Cohort, Retention, RetentionReport, Triangle};
use crate::model::time::Zone;

/// The contract: see `reports::json`.
pub(super) fn json(report: &RetentionReport) -> Json {
    let slices: Vec<Json> = report
        .breakdown
        .iter()
        .map(|slice| {
            let mut json = triangle_json(&slice.triangle);
            json["value"] = json!(slice.value);
            json
        })
        .collect();
    let mut json = triangle_json(&report.whole);
    json["kind"] = json!("retention");
    json["breakdown"] = json!(slices);
    json["persons"] = json!(report.persons);
    json["left_out"] = json!(report.left_out);
    json["future_events"] = json!(report.future_events);
    json["passed_over"] = json!(report.passed_over);
    json["as_of"] = json!(report.as_of.iso());
    json
}

fn triangle_json(triangle: &Triangle) -> Json {
    let cohort = |cohort: &Cohort| {
        json!({
            "start": cohort.start.iso(),
            "size": cohort.size,
            "returned": cohort.returned,
            "unfinished": cohort.unfinished,
        })
    };
    let average = |average: &Average| json!({ "returned": average.returned, "size": average.size, "share": average.share() });
    json!({
        "cohorts": triangle.cohorts.iter().map(cohort).collect::<Vec<_>>(),
        "average": triangle.average.iter().map(average).collect::<Vec<_>>(),
    })
}

/// Seen by the answer: nothing of it means a log without events.
pub(super) fn events(report: &RetentionReport) -> u64 {
    report.persons + report.left_out + report.future_events + report.passed_over.iter().sum::<u64>()
}

/// The triangle, its averages, and those of each breakdown value; values are masked.
pub(super) fn text(report: &RetentionReport, query: &Retention, zone: Zone) -> String {
    if is_without_events(report.as_of, events(report)) {
        return format!("{NO_EVENTS}\n");
    }
    let mut header = vec![query.cohort_title(), "Persons".to_owned()];
    header.extend((0..columns(&report.whole)).map(|period| query.period_label(period)));
    let mut rows = vec![header];
    rows.extend(report.whole.cohorts.iter().map(|cohort| {
        let cell = |period| {
            let mark = if cohort.is_unfinished(period) { "*" } else { "" };
            cohort
                .share(period)
                .map_or_else(|| "–".to_owned(), |share| format!("{}{mark}", format::percent(share)))
        };
        let mut row = vec![cohort.start.human_day(zone), format::count(cohort.size)];
        row.extend((0..cohort.returned.len()).map(cell));
        row
    }));
    rows.push(average_row("Average", &report.whole));
    let property = query.breakdown.as_deref().unwrap_or_default();
    let mut numbers = Numbers::default();
    for slice in &report.breakdown {
        let shown = masked_breakdown(property, &slice.value);
        let name = numbers.tell_apart(property, &slice.value, &shown);
        rows.push(average_row(&format!("Average of {name}"), &slice.triangle));
    }
    let mut text = aligned(&rows);
    text.push_str(&format!(
        "\n{} in all, as of {} ({})",
        format::counted(report.persons, "person", "persons"),
        report.as_of.human(zone),
        zone.name()
    ));
    if report.whole.cohorts.iter().any(|cohort| cohort.unfinished) {
        text.push_str(&format!("; * this {} is not over yet", query.interval.word()));
    }
    if report.future_events > 0 {
        text.push_str(&format!(", {} future events took no part", report.future_events));
    }
    text.push('\n');
    text
}

fn average_row(name: &str, triangle: &Triangle) -> Vec<String> {
    let mut row = vec![name.to_owned(), format::count(triangle.size())];
    row.extend(
        triangle
            .average
            .iter()
            .map(|average| average.share().map_or_else(|| "–".to_owned(), format::percent)),
    );
    row
}

/// A triangle as counts, for a spreadsheet: dates as `2026-01-05`, cells that do not exist empty.
pub fn retention_tsv(triangle: &Triangle, query: &Retention, zone: Zone) -> String {
    rows(triangle, query, zone).iter().map(|row| row.join("\t") + "\n").collect()
}

/// The same as fields, with a header.
pub(super) fn rows(triangle: &Triangle, query: &Retention, zone: Zone) -> Vec<Vec<String>> {
    let periods = columns(triangle);
    let mut header = vec![query.cohort_title().to_string(), "Persons".to_owned()];
    header.extend((0..periods).map(|period| query.period_label(period)));
    header.push("Unfinished".to_owned());
    let mut rows = vec![header];
    for cohort in &triangle.cohorts {
        let mut row = vec![cohort.start.local_date(zone), cohort.size.to_string()];
        row.extend(
            (0..periods).map(|period| cohort.returned.get(period).map_or_else(String::new, u64::to_string)),
        );
        row.push(if cohort.unfinished {
            query.period_label(cohort.returned.len() - 1)
        } else {
            String::new()
        });
        rows.push(row);
    }
    rows
}

fn columns(triangle: &Triangle) -> usize {
    triangle.cohorts.iter().map(|cohort| cohort.returned.len()).max().unwrap_or(0)
}
