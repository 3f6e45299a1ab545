//! Generated SQL, run in SQLite over a table of the documented view's shape.

use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use stormline::base::Diagnostic;
use stormline::engine::Params;
use stormline::model::query::{Query, Report};
use stormline::sql::{Dialect, SqlParams, render};

use crate::suite::Event;

/// The rows of a query's SQL, sorted, one a line; see [`expected`].
pub(crate) fn answer(events: &[Event], query: &Query, params: &Params) -> Result<String, Diagnostic> {
    let earliest = events.iter().map(|event| event.time).min();
    let params = SqlParams { as_of: params.as_of, zone: params.zone, earliest };
    let sql = render(query, &params, Dialect::Sqlite)?;
    Ok(rows(&database(events), &sql))
}

/// The lines that SQL must give for a report.
pub(crate) fn expected(report: &Report, query: &Query) -> String {
    let mut lines = Vec::new();
    match report {
        Report::Funnel(report) => {
            let whole = [(String::new(), &report.steps)];
            let slices = report.breakdown.iter().map(|slice| (format!("{}|", slice.value), &slice.steps));
            let slices: Vec<_> = slices.collect();
            // With a breakdown SQL gives the values alone, and nothing at all when there are none.
            let by_value = matches!(query, Query::Funnel(funnel) if funnel.breakdown.is_some());
            for (value, steps) in if by_value { &slices[..] } else { &whole[..] } {
                for (place, step) in steps.iter().enumerate() {
                    let median = step.median_secs.map_or_else(|| "-".to_owned(), number);
                    let (event, persons, pending) = (&step.event, step.persons, step.pending);
                    lines.push(format!("{value}{}|{event}|{persons}|{pending}|{median}", place + 1));
                }
            }
        }
        Report::Retention(report) => {
            let whole = [(String::new(), &report.whole)];
            let slices = report.breakdown.iter().map(|slice| (format!("{}|", slice.value), &slice.triangle));
            let slices: Vec<_> = slices.collect();
            let is_broken_down = query.breakdown().is_some();
            for (value, triangle) in if is_broken_down { &slices[..] } else { &whole[..] } {
                for cohort in triangle.cohorts.iter().filter(|cohort| cohort.size > 0) {
                    for (period, returned) in cohort.returned.iter().enumerate() {
                        let (start, size) = (cohort.start.iso(), cohort.size);
                        lines.push(format!("{value}{start}|{period}|{size}|{returned}"));
                    }
                }
            }
        }
        Report::Flow(report) => {
            for edge in &report.edges {
                let (from, to) = edge.in_time(report.direction);
                let (from, to) = (from.label(report.direction), to.label(report.direction));
                lines.push(format!("{}|{from}|{to}|{}|{}", edge.depth, edge.sessions, edge.persons));
            }
        }
        Report::Trend(report) => {
            for series in &report.series {
                let value = series.value.as_ref().map_or_else(String::new, |value| format!("|{value}"));
                let label = series.label.split(" · ").next().unwrap_or_default();
                for (start, count) in report.starts.iter().zip(&series.values) {
                    lines.push(format!("{label}{value}|{}|{count}", start.iso()));
                }
            }
        }
    }
    sorted(lines)
}

fn database(events: &[Event]) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE events (event_id INTEGER, batch_id INTEGER, source TEXT, message_id TEXT, type TEXT, \
             event_name TEXT, anonymous_id TEXT, user_id TEXT, person_id INTEGER, time_us INTEGER, time TEXT, \
             seq INTEGER, properties TEXT, context TEXT)",
        )
        .unwrap();
    let mut insert = connection
        .prepare(
            "INSERT INTO events (event_id, event_name, person_id, time_us, time, seq, properties, context) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .unwrap();
    for (place, event) in events.iter().enumerate() {
        let place = place as i64 + 1;
        let mut properties = event.properties.clone();
        let context = properties.remove("context").map_or_else(String::new, |context| context.to_string());
        let properties =
            if properties.is_empty() { String::new() } else { serde_json::to_string(&properties).unwrap() };
        let (name, time) = (&event.name, event.time);
        let row = params![place, name, event.person, time.0, time.iso(), place, properties, context];
        insert.execute(row).unwrap();
    }
    drop(insert);
    connection
}

/// The rows that a database has for SQL, sorted, one a line.
pub(crate) fn rows(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{error}\n{sql}")) {
        let mut line = String::new();
        for column in 0..columns {
            let _ = match row.get_ref(column).unwrap() {
                ValueRef::Null => write!(line, "|-"),
                ValueRef::Integer(integer) => write!(line, "|{integer}"),
                ValueRef::Real(real) => write!(line, "|{}", number(real)),
                ValueRef::Text(text) => write!(line, "|{}", String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => write!(line, "|(blob)"),
            };
        }
        lines.push(line[1..].to_owned());
    }
    sorted(lines)
}

fn sorted(mut lines: Vec<String>) -> String {
    lines.sort();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn number(number: f64) -> String {
    format!("{}", (number * 1e6).round() / 1e6)
}

#[test]
fn sql_of_a_funnel_reads_well() {
    let query = stormline::model::text::parse_query(
        r#"
        kind = "funnel"
        steps = [{ event = "Viewed" }, { event = "Paid", where = [{ property = "value", op = ">=", value = 50 }] }]
        window = "7d"
        breakdown = { property = "country", attribution = "first" }
        "#,
    );
    let as_of = stormline::model::time::Time::parse("2026-03-31T00:00:00Z").unwrap();
    let params = SqlParams { as_of, zone: stormline::model::time::Zone::default(), earliest: None };
    let sql = render(&query.unwrap(), &params, Dialect::Sqlite).unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/funnel_sqlite.sql");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &sql).unwrap();
    }
    assert_eq!(sql, std::fs::read_to_string(path).unwrap());
}

#[test]
fn the_longest_funnels_are_within_the_limits_of_sqlite() {
    let steps = |optional: bool| -> String {
        let step = |place: usize| {
            let optional = if optional && place % 2 == 1 && place < 16 { ", optional = true" } else { "" };
            format!("{{ event = \"E{place}\"{optional} }}")
        };
        (0..20).map(step).collect::<Vec<_>>().join(", ")
    };
    let events: Vec<Event> = (0..20)
        .map(|place| Event {
            person: 1,
            time: stormline::model::time::Time(place * 1_000_000),
            name: format!("E{place}"),
            properties: serde_json::Map::new(),
        })
        .collect();
    let as_of = stormline::model::time::Time::parse("2026-03-31T00:00:00Z").unwrap();
    let params = Params { as_of, zone: stormline::model::time::Zone::default() };
    for order in ["ordered", "strict", "any"] {
        for optional in [false, true] {
            let exclude = "exclude = [{ event = \"X\", after_step = 1, before_step = 20 }]";
            let text = format!(
                "kind = \"funnel\"\norder = \"{order}\"\nwindow = \"1h\"\nsteps = [{}]\n{exclude}",
                steps(optional && order != "any")
            );
            let query = stormline::model::text::parse_query(&text).unwrap();
            let rows = answer(&events, &query, &params).unwrap();
            assert_eq!(rows.lines().filter(|line| line.contains("|1|0|")).count(), 20, "{order}\n{rows}");
        }
    }
}

#[test]
fn sql_declines_more_optional_steps_than_it_can_go_through() {
    let as_of = stormline::model::time::Time::parse("2026-03-31T00:00:00Z").unwrap();
    let params = SqlParams { as_of, zone: stormline::model::time::Zone::default(), earliest: None };
    let sql = |order: &str, optional: usize, shared: bool| {
        let step = |place: usize| {
            let event = if shared && place < 3 { 1 } else { place };
            let optional = place > 0 && place <= optional;
            format!("{{ event = \"E{event}\", optional = {optional} }}")
        };
        let steps: Vec<String> = (0..12).map(step).collect();
        let steps = steps.join(", ");
        let text = format!("kind = \"funnel\"\norder = \"{order}\"\nwindow = \"1h\"\nsteps = [{steps}]");
        render(&stormline::model::text::parse_query(&text).unwrap(), &params, Dialect::Sqlite)
    };
    for (order, shared) in [("strict", false), ("strict", true), ("ordered", true)] {
        assert!(sql(order, 8, shared).is_ok(), "{order}");
        let declined = sql(order, 9, shared).unwrap_err();
        assert_eq!(declined.code, "sql-optional", "{order}");
        assert!(declined.message.starts_with("More than 8 optional steps"), "{declined}");
    }
    assert!(sql("ordered", 10, false).is_ok(), "nothing doubles here");
}
