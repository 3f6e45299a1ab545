//! *About this number*: what it counts, from what, and what took no part. Not for the numbers: see `jobs::reports`.

use super::answers::Answer;
use super::reports::as_of_words;
use crate::base::format;
use crate::model::flow::FlowReport;
use crate::model::funnel::FunnelReport;
use crate::model::plan::Aliases;
use crate::model::predicate::Filter;
use crate::model::privacy::masked;
use crate::model::query::{Query, Report};
use crate::model::retention::{COHORT_LIMIT, RETURN, RetentionReport, START};
use crate::model::sentence::sentence;
use crate::model::time::Zone;
use crate::store::batches::Batch;

/// A labelled fact.
pub type Line = (&'static str, String);

/// The facts behind a query's numbers, as labelled lines, for the dialog and as text. What took no part is told also
/// when it is nothing, so that a line that is missing never has to be guessed.
pub fn about(query: &Query, answer: &Answer, aliases: &Aliases, batches: &[Batch], zone: Zone) -> Vec<Line> {
    let mut lines = vec![
        ("Counts", sentence(query, zone)),
        ("Rules", "Stormline".to_owned()),
        ("As of", as_of_words(&answer.report, zone)),
        ("Filters", filters(query)),
        ("Old names", old_names(query, aliases)),
    ];
    let future = match &answer.report {
        Report::Funnel(report) => {
            lines.push(("Persons in all", format::count(report.persons_total)));
            lines.push(("Pending", pending(report)));
            let left_out = format::counted(report.excluded, "person", "persons");
            lines.push(("Left out", some(report.excluded, format!("{left_out} by an exclusion"))));
            lines.push(("Passed over", passed_over_by_step(report)));
            report.future_events
        }
        Report::Retention(report) => {
            lines.push(("Persons in cohorts", format::count(report.persons)));
            lines.push(("Unfinished", unfinished(report)));
            let left_out = format::counted(report.left_out, "person", "persons");
            let words = format!("{left_out} of cohorts earlier than the latest {COHORT_LIMIT}");
            lines.push(("Left out", some(report.left_out, words)));
            lines.push(("Passed over", passed_over_by_event(report)));
            report.future_events
        }
        Report::Flow(report) => {
            lines.extend(flow_lines(report));
            report.future_events
        }
        Report::Trend(report) => {
            let events = format::counted(report.passed_over, "event", "events");
            lines.push(("Passed over", some(report.passed_over, format!("{events}: {PASSED_OVER}"))));
            report.future_events
        }
    };
    let later = format::counted(future, "event", "events");
    lines.push(("Future", some(future, format!("{later} later than as-of took no part"))));
    lines.extend(imports(batches, zone));
    lines
}

/// The same as text.
pub fn about_text(lines: &[Line]) -> String {
    lines.iter().map(|(label, value)| format!("{label}: {value}\n")).collect()
}

fn flow_lines(report: &FlowReport) -> [Line; 3] {
    let sessions = format::counted(report.sessions, "session", "sessions");
    let persons = format::counted(report.persons, "person", "persons");
    let others = report.others.iter().enumerate().filter(|(_, names)| **names > 0);
    let others: Vec<String> = others.map(|(depth, names)| format!("{names} at depth {depth}")).collect();
    let passed_over = [(report.anchor_passed_over, "as anchors"), (report.passed_over, "as steps")];
    let passed_over = passed_over.into_iter().filter(|(events, _)| *events > 0);
    let passed_over: Vec<String> = passed_over
        .map(|(events, place)| format!("{} {place}", format::counted(events, "event", "events")))
        .collect();
    let why = if passed_over.is_empty() { String::new() } else { format!(": {PASSED_OVER}") };
    [
        ("With the anchor", format!("{sessions} of {persons}")),
        ("Names in (other)", listed(&others)),
        ("Passed over", format!("{}{why}", listed(&passed_over))),
    ]
}

const PASSED_OVER: &str = "the value is missing or of another type";

fn some(count: u64, words: String) -> String {
    if count == 0 { "none".to_owned() } else { words }
}

fn listed(parts: &[String]) -> String {
    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
}

/// Those of all steps, then those of each.
fn filters(query: &Query) -> String {
    let words = |place: &str, filters: &[Filter]| {
        let sentences: Vec<String> = filters.iter().map(Filter::sentence).collect();
        (!sentences.is_empty()).then(|| format!("{place}: {}", sentences.join(" and ")))
    };
    let (all, unit, own, exclusions) = match query {
        Query::Funnel(funnel) => ("all steps", "step", &funnel.filters, funnel.exclude.as_slice()),
        Query::Retention(retention) => ("both events", "event", &retention.filters, &[][..]),
        Query::Flow(flow) => ("all events", "anchor", &flow.filters, &[][..]),
        Query::Trend(trend) => ("all events", "event", &trend.filters, &[][..]),
    };
    let mut parts: Vec<String> = words(all, own).into_iter().collect();
    let steps = query.steps().iter().enumerate();
    parts.extend(steps.filter_map(|(index, step)| {
        let place = if unit == "anchor" { unit.to_owned() } else { format!("{unit} {}", index + 1) };
        words(&place, &step.filters)
    }));
    parts.extend(exclusions.iter().filter_map(|exclusion| {
        words(&format!("exclusion {}", exclusion.shown_label()), &exclusion.filters)
    }));
    listed(&parts)
}

/// The names from the plan under which events were counted, too.
fn old_names(query: &Query, aliases: &Aliases) -> String {
    let excluded = match query {
        Query::Funnel(funnel) => funnel.exclude.as_slice(),
        Query::Retention(_) | Query::Flow(_) | Query::Trend(_) => &[],
    };
    let listed_names: Vec<&Vec<String>> = match query {
        Query::Flow(flow) => vec![&flow.events, &flow.exclude],
        Query::Funnel(_) | Query::Retention(_) | Query::Trend(_) => Vec::new(),
    };
    let asked = query.steps().iter().map(|step| &step.events);
    let mut parts = Vec::new();
    for events in asked.chain(excluded.iter().map(|exclusion| &exclusion.events)).chain(listed_names) {
        for event in events {
            let own = std::slice::from_ref(event);
            let others: Vec<String> = aliases
                .all_names(own)
                .iter()
                .filter(|name| *name != event)
                .map(|name| masked("", name).into_owned())
                .collect();
            let words = format!("{} also as {}", masked("", event), others.join(", "));
            if !others.is_empty() && !parts.contains(&words) {
                parts.push(words);
            }
        }
    }
    listed(&parts)
}

/// How many persons may still go on, and from which steps.
fn pending(report: &FunnelReport) -> String {
    let all: u64 = report.steps.iter().map(|step| step.pending).sum();
    let waiting = report.steps.iter().enumerate().filter(|(_, step)| step.pending > 0);
    let at: Vec<String> = waiting
        .map(|(index, step)| format!("{} after step {}", format::count(step.pending), index + 1))
        .collect();
    let why = "their window is still open, so they are not dropped";
    some(all, format!("{}, {}: {why}", format::counted(all, "person", "persons"), at.join(", ")))
}

fn passed_over_by_step(report: &FunnelReport) -> String {
    let steps = report.steps.iter().enumerate().filter(|(_, step)| step.passed_over > 0);
    let parts: Vec<String> = steps
        .map(|(index, step)| {
            format!("{} at step {}", format::counted(step.passed_over, "event", "events"), index + 1)
        })
        .collect();
    if parts.is_empty() { listed(&parts) } else { format!("{}: {PASSED_OVER}", parts.join(", ")) }
}

/// How many cells may still rise.
fn unfinished(report: &RetentionReport) -> String {
    let open = report.whole.cohorts.iter().filter(|cohort| cohort.unfinished).count() as u64;
    let words = format!(
        "{}: their period is not over at as-of, they may still rise and are in no average",
        format::counted(open, "cell", "cells")
    );
    some(open, words)
}

fn passed_over_by_event(report: &RetentionReport) -> String {
    let events = [(START, "start"), (RETURN, "return")];
    let counted = events.into_iter().filter(|(place, _)| report.passed_over[*place] > 0);
    let parts: Vec<String> = counted
        .map(|(place, word)| {
            format!("{} at the {word}", format::counted(report.passed_over[place], "event", "events"))
        })
        .collect();
    if parts.is_empty() { listed(&parts) } else { format!("{}: {PASSED_OVER}", parts.join(", ")) }
}

/// What became of the records of all imports, and a line for each.
fn imports(batches: &[Batch], zone: Zone) -> Vec<Line> {
    let (duplicates, quarantined) = batches
        .iter()
        .fold((0, 0), |sum, batch| (sum.0 + batch.counts.duplicates, sum.1 + batch.counts.quarantined));
    let records = |count| format::counted(count, "record", "records");
    let mut lines = vec![
        ("Duplicates", some(duplicates, format!("{} were counted once", records(duplicates)))),
        ("Quarantined", some(quarantined, format!("{} could not be read as events", records(quarantined)))),
    ];
    lines.extend(batches.iter().map(|batch| {
        let events = format::counted(batch.counts.imported, "event", "events");
        ("Import", format!("{}: {events}, {}", masked("", &batch.file), batch.imported_at.human(zone)))
    }));
    lines
}
