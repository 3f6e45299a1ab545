//! The cases of `tests/suite`: events, a query, and the answer that engine and SQL must both give.
//! `UPDATE=1 cargo test` writes the engine's answers into the files; read the difference before keeping it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use stormline::base::Progress;
use stormline::engine::{EventTable, Params, TableBuilder, answer, calendar};
use stormline::model::flow::FlowReport;
use stormline::model::funnel::{FunnelReport, StepReport};
use stormline::model::query::Report;
use stormline::model::retention::{RetentionReport, Triangle};
use stormline::model::text::parse_query;
use stormline::model::time::{Time, Zone, parse_span_us};
use stormline::model::trend::TrendReport;
use stormline::model::value::{Value, flatten};

use crate::sql;

/// The instant that the relative times of cases count from.
const EPOCH: &str = "2026-01-01T00:00:00Z";

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    #[serde(default)]
    about: String,
    /// Seconds or a span after the epoch, or ISO; by default the latest event.
    as_of: Option<String>,
    zone: Option<String>,
    /// Lines of `person time event name {properties}`; the time as for `as_of`.
    events: String,
    query: String,
    /// The code with which SQL declines the query.
    declined: Option<String>,
    expect: String,
}

/// One event of a case.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) person: i64,
    pub(crate) time: Time,
    pub(crate) name: String,
    pub(crate) properties: serde_json::Map<String, serde_json::Value>,
}

/// A table of events, numbered in the order given.
pub(crate) fn table(events: &[Event]) -> EventTable {
    let mut builder = TableBuilder::default();
    for event in events {
        let mut properties = Vec::new();
        flatten("", &event.properties, &mut |path, value| properties.push((path.to_owned(), value)));
        let pairs = properties.iter().map(|(path, value)| (path.as_str(), value.clone()));
        let pairs: Vec<(&str, Value)> = pairs.collect();
        builder.add(event.person, event.time, &event.name, pairs);
    }
    builder.build().unwrap()
}

/// The same with the day of each event, as documents keep it.
pub(crate) fn with_days(table: EventTable, zone: Zone) -> EventTable {
    match calendar::days(&table, zone, &Progress::new()).unwrap() {
        Some(days) => table.with_days(zone, Arc::new(days)).unwrap(),
        None => table,
    }
}

#[test]
fn funnel_cases() {
    check_folder("funnel");
}

#[test]
fn retention_cases() {
    check_folder("retention");
}

#[test]
fn flow_cases() {
    check_folder("flow");
}

#[test]
fn trend_cases() {
    check_folder("trend");
}

fn check_folder(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite").join(name);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut answers = Vec::new();
        for case in &file.case {
            let got = check(case, &mut failures);
            if got != case.expect && std::env::var_os("UPDATE").is_none() {
                let _ =
                    writeln!(failures, "{}: {}\nexpected\n{}got\n{got}", case.id, case.about, case.expect);
            }
            answers.push(got);
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, with_answers(&text, &answers)).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// The engine's answer as text; notes whatever differs from it: reversed lines, or SQL.
fn check(case: &Case, failures: &mut String) -> String {
    let events = parse_events(&case.events).unwrap_or_else(|line| panic!("{}: bad event: {line}", case.id));
    let zone = case.zone.as_deref().map_or_else(Zone::default, |name| Zone::named(name).unwrap());
    let latest = events.iter().map(|event| event.time).max().unwrap_or_default();
    let as_of = case.as_of.as_deref().map_or(latest, |text| parse_time(text).unwrap());
    let params = Params { as_of, zone };
    let query = match parse_query(&case.query) {
        Ok(query) => query,
        Err(problem) => return format!("refused: {}\n", problem.code),
    };
    let report = answer(&table(&events), &query, &params, &Progress::new()).unwrap();
    let by_day = answer(&with_days(table(&events), params.zone), &query, &params, &Progress::new());
    if by_day.unwrap() != report {
        let _ = writeln!(failures, "{}: days tell another answer than times", case.id);
    }
    let reversed: Vec<Event> = events.iter().rev().cloned().collect();
    // The ways of a flow follow the order of arrival where persons have several events at one instant.
    let goes_by_arrival = matches!(report, Report::Flow(_)) && has_ties(&events);
    if !goes_by_arrival && answer(&table(&reversed), &query, &params, &Progress::new()).unwrap() != report {
        let _ = writeln!(failures, "{}: the order of lines changes the answer", case.id);
    }
    match sql::answer(&events, &query, &params) {
        Ok(rows) => {
            let expected = sql::expected(&report, &query);
            if case.declined.is_some() {
                let _ = writeln!(failures, "{}: SQL does not decline", case.id);
            } else if rows != expected {
                let _ = writeln!(failures, "{}: SQL gives\n{rows}instead of\n{expected}", case.id);
            }
        }
        Err(problem) if case.declined.as_deref() == Some(problem.code) => {}
        Err(problem) => {
            let _ = writeln!(failures, "{}: SQL declines with {}", case.id, problem.code);
        }
    }
    render(&report)
}

fn has_ties(events: &[Event]) -> bool {
    let mut instants: Vec<(i64, Time)> = events.iter().map(|event| (event.person, event.time)).collect();
    instants.sort_unstable();
    instants.windows(2).any(|pair| pair[0] == pair[1])
}

fn parse_events(text: &str) -> Result<Vec<Event>, String> {
    let mut persons: Vec<&str> = Vec::new();
    let mut events = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, json) = match line.find(" {") {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, "{}"),
        };
        let mut words = head.splitn(3, ' ');
        let (Some(person), Some(time), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(line.to_owned());
        };
        let person = persons.iter().position(|known| *known == person).unwrap_or_else(|| {
            persons.push(person);
            persons.len() - 1
        });
        events.push(Event {
            person: person as i64 + 1,
            time: parse_time(time).ok_or_else(|| line.to_owned())?,
            name: name.to_owned(),
            properties: serde_json::from_str(json).map_err(|_| line.to_owned())?,
        });
    }
    Ok(events)
}

fn parse_time(text: &str) -> Option<Time> {
    if let Some(time) = Time::parse(text) {
        return Some(time);
    }
    let epoch = Time::parse(EPOCH)?;
    let us = match text.parse::<f64>() {
        Ok(secs) => (secs * 1e6).round() as i64,
        Err(_) => parse_span_us(text).ok()?,
    };
    Some(epoch.plus(us))
}

fn with_answers(text: &str, answers: &[String]) -> String {
    let mut parts = text.split("expect = '''\n");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, answer) in parts.zip(answers) {
        let (_, rest) = part.split_once("'''").unwrap();
        let _ = write!(out, "expect = '''\n{answer}'''{rest}");
    }
    out
}

fn render(report: &Report) -> String {
    match report {
        Report::Funnel(report) => render_funnel(report),
        Report::Retention(report) => render_retention(report),
        Report::Flow(report) => render_flow(report),
        Report::Trend(report) => render_trend(report),
    }
}

fn render_funnel(report: &FunnelReport) -> String {
    let mut rows = vec![
        ["step", "persons", "pending", "first", "previous", "median", "average", "passed", "events"]
            .map(str::to_owned),
    ];
    let mut add = |steps: &[StepReport], whole: bool| {
        for step in steps {
            let told = |number: u64| if whole { number.to_string() } else { "-".to_owned() };
            rows.push([
                step.event.clone(),
                step.persons.to_string(),
                step.pending.to_string(),
                format!("{:.3}", step.from_first),
                format!("{:.3}", step.from_previous),
                secs(step.median_secs),
                secs(step.average_secs),
                told(step.passed_over),
                told(step.events),
            ]);
        }
    };
    add(&report.steps, true);
    for slice in &report.breakdown {
        add(&slice.steps, false);
    }
    let widths: Vec<usize> =
        (0..9).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap()).collect();
    let mut out = String::new();
    for (place, row) in rows.iter().enumerate() {
        let steps = report.steps.len();
        if place > steps && (place - 1) % steps == 0 {
            let _ = writeln!(out, "= {}", report.breakdown[(place - 1) / steps - 1].value);
        }
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let _ = if at == 0 { write!(line, "{cell}{pad}") } else { write!(line, "  {pad}{cell}") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let bin =
        |bin: &stormline::model::funnel::Bin| format!("{}…{}: {}", bin.from_secs, bin.to_secs, bin.persons);
    let bins: Vec<String> = report.histogram.iter().map(bin).collect();
    let _ = writeln!(
        out,
        "persons {}, excluded {}, future events {}, times {}",
        report.persons_total,
        report.excluded,
        report.future_events,
        if bins.is_empty() { "none".to_owned() } else { bins.join(", ") },
    );
    out
}

fn secs(secs: Option<f64>) -> String {
    secs.map_or_else(|| "-".to_owned(), |secs| format!("{}", (secs * 1e6).round() / 1e6))
}

/// A line for each cohort; `~` after a cell whose period is not over.
fn render_retention(report: &RetentionReport) -> String {
    let mut out = String::new();
    let mut triangle = |triangle: &Triangle| {
        for cohort in &triangle.cohorts {
            let cell = |(period, returned): (usize, &u64)| {
                format!("{returned}{}", if cohort.is_unfinished(period) { "~" } else { "" })
            };
            let cells: Vec<String> = cohort.returned.iter().enumerate().map(cell).collect();
            let _ = writeln!(out, "{}  {}: {}", cohort.start.iso(), cohort.size, cells.join(" "));
        }
        let average = triangle.average.iter().map(|average| format!("{}/{}", average.returned, average.size));
        let _ = writeln!(out, "average {}", average.collect::<Vec<_>>().join(" "));
    };
    triangle(&report.whole);
    let mut slices = String::new();
    for slice in &report.breakdown {
        let inner =
            RetentionReport { whole: slice.triangle.clone(), breakdown: Vec::new(), ..report.clone() };
        let text = render_retention(&inner);
        let lines: Vec<&str> = text.lines().collect();
        let _ = writeln!(slices, "= {}\n{}", slice.value, lines[..lines.len() - 1].join("\n"));
    }
    out.push_str(&slices);
    let _ = writeln!(
        out,
        "persons {}, future events {}, passed over {} and {}",
        report.persons, report.future_events, report.passed_over[0], report.passed_over[1]
    );
    out
}

fn render_flow(report: &FlowReport) -> String {
    let mut out = String::new();
    for edge in &report.edges {
        let (from, to) = edge.in_time(report.direction);
        let (from, to) = (from.label(report.direction), to.label(report.direction));
        let _ = writeln!(out, "{} {from} → {to}: {} of {}", edge.depth, edge.sessions, edge.persons);
    }
    let at_anchor = report.nodes.iter().filter(|node| node.depth == 0);
    let anchors: Vec<String> = at_anchor
        .map(|node| format!("{}: {} of {}", node.place.label(report.direction), node.sessions, node.persons))
        .collect();
    let _ = writeln!(
        out,
        "anchors {}\nsessions {} of {}, others {:?}, future events {}, passed over {} and {}",
        if anchors.is_empty() { "none".to_owned() } else { anchors.join(", ") },
        report.sessions,
        report.persons,
        report.others,
        report.future_events,
        report.anchor_passed_over,
        report.passed_over,
    );
    out
}

fn render_trend(report: &TrendReport) -> String {
    let mut out = String::new();
    for (place, start) in report.starts.iter().enumerate() {
        let values: Vec<String> =
            report.series.iter().map(|series| series.values[place].to_string()).collect();
        let _ = writeln!(out, "{}  {}", start.iso(), values.join("  "));
    }
    let labels: Vec<&str> = report.series.iter().map(|series| series.label.as_str()).collect();
    let _ = writeln!(
        out,
        "{}\nfuture events {}, passed over {}",
        labels.join(" | "),
        report.future_events,
        report.passed_over
    );
    out
}
