//! Answers as CSV for spreadsheets: plain numbers, ISO dates, and nothing that a spreadsheet would take for a formula. Names
//! and values are masked as in the text for people. Not for logs: see `formats::log`.

use std::cell::RefCell;

use super::super::answers::Answer;
use super::retention::rows as retention_rows;
use crate::model::flow::{FlowReport, Place};
use crate::model::funnel::{FunnelReport, StepReport};
use crate::model::privacy::{Numbers, masked, masked_breakdown};
use crate::model::query::{Query, Report};
use crate::model::retention::{Retention, RetentionReport};
use crate::model::time::Zone;
use crate::model::trend::TrendReport;

/// The report as CSV with a header line; dates are local in `zone`.
pub fn csv(answer: &Answer, query: &Query, zone: Zone) -> String {
    let property = query.breakdown().unwrap_or_default();
    let rows = match (&answer.report, query) {
        (Report::Funnel(report), _) => funnel(report, property),
        (Report::Retention(report), Query::Retention(query)) => retention(report, query, property, zone),
        // A report is of its query's kind.
        (Report::Retention(_), Query::Funnel(_) | Query::Flow(_) | Query::Trend(_)) => Vec::new(),
        (Report::Flow(report), _) => flow(report),
        (Report::Trend(report), _) => trend(report, property, zone),
    };
    written(&rows)
}

fn written(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| row.iter().map(|cell| field(cell)).collect::<Vec<_>>().join(",") + "\r\n";
    rows.iter().map(line).collect()
}

/// A field as RFC 4180 has it. An apostrophe goes before what a spreadsheet would run.
fn field(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn funnel(report: &FunnelReport, property: &str) -> Vec<Vec<String>> {
    let mut numbers = Numbers::default();
    let title =
        ["step", "event", "persons", "from_first", "from_previous", "dropped", "pending", "median_secs"];
    let mut rows = vec![texts(&title)];
    let mut slices: Vec<(&str, &[StepReport])> = vec![("", &report.steps)];
    slices.extend(report.breakdown.iter().map(|slice| (slice.value.as_str(), slice.steps.as_slice())));
    for (at, (value, steps)) in slices.into_iter().enumerate() {
        let value = match at {
            0 => EVERYBODY.to_owned(),
            _ => numbers.tell_apart(property, value, &masked_breakdown(property, value)),
        };
        for (index, step) in steps.iter().enumerate() {
            let next = steps.get(index + 1);
            let dropped =
                next.map(|next| step.persons.saturating_sub(next.persons + step.pending).to_string());
            let row = vec![
                (index + 1).to_string(),
                numbers.tell_apart("", &step.event, &masked("", &step.event)),
                step.persons.to_string(),
                share(step.from_first),
                if index == 0 { String::new() } else { share(step.from_previous) },
                dropped.unwrap_or_default(),
                step.pending.to_string(),
                step.median_secs.map_or_else(String::new, |secs| secs.to_string()),
            ];
            rows.push(row.into_iter().chain([value.clone()]).collect());
        }
    }
    with_value(rows, report.breakdown.is_empty(), property)
}

/// What the rows of all persons have as their value.
const EVERYBODY: &str = "(everybody)";

/// Puts the last field of each row first, under the property's name; or takes it away where there is no breakdown.
fn with_value(mut rows: Vec<Vec<String>>, is_plain: bool, property: &str) -> Vec<Vec<String>> {
    for (index, row) in rows.iter_mut().enumerate() {
        let value = if index == 0 { property.to_owned() } else { row.pop().unwrap_or_default() };
        if !is_plain {
            row.insert(0, value);
        }
    }
    rows
}

fn share(share: f64) -> String {
    format!("{share:.6}")
}

fn retention(report: &RetentionReport, query: &Retention, property: &str, zone: Zone) -> Vec<Vec<String>> {
    let mut numbers = Numbers::default();
    let mut slices = vec![(EVERYBODY.to_owned(), &report.whole)];
    for slice in &report.breakdown {
        let shown = masked_breakdown(property, &slice.value);
        slices.push((numbers.tell_apart(property, &slice.value, &shown), &slice.triangle));
    }
    // The triangle of everybody has all the periods that others have.
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (value, triangle) in slices {
        let own = retention_rows(triangle, query, zone);
        let width = rows.first().map_or(0, Vec::len);
        for (index, mut row) in own.into_iter().enumerate() {
            if index == 0 && !rows.is_empty() {
                continue;
            }
            let last = row.pop().unwrap_or_default();
            if width > 0 {
                row.resize(width - 1, String::new());
            }
            row.push(last);
            if index > 0 {
                row.push(value.clone());
            }
            rows.push(row);
        }
    }
    with_value(rows, report.breakdown.is_empty(), property)
}

fn flow(report: &FlowReport) -> Vec<Vec<String>> {
    let mut numbers = Numbers::default();
    let mut label = |place: &Place| match place {
        Place::Name(name) => numbers.tell_apart("", name, &masked("", name)),
        Place::Other | Place::End => place.label(report.direction).to_owned(),
    };
    let mut rows = vec![texts(&["depth", "from", "to", "sessions", "persons"])];
    for edge in &report.edges {
        let (from, to) = edge.in_time(report.direction);
        let counts = [edge.sessions, edge.persons].map(|count| count.to_string());
        let [sessions, persons] = counts;
        rows.push(vec![edge.depth.to_string(), label(from), label(to), sessions, persons]);
    }
    rows
}

fn trend(report: &TrendReport, property: &str, zone: Zone) -> Vec<Vec<String>> {
    let numbers = RefCell::new(Numbers::default());
    let name = |name: &str| numbers.borrow_mut().tell_apart("", name, &masked("", name));
    let value =
        |value: &str| numbers.borrow_mut().tell_apart(property, value, &masked_breakdown(property, value));
    let mut header = texts(&["start"]);
    header.extend(report.series.iter().map(|series| series.label_with(name, value)));
    let mut rows = vec![header];
    for (index, start) in report.starts.iter().enumerate() {
        let values = report.series.iter().map(|series| series.values.get(index).copied().unwrap_or(0));
        let mut row = vec![start.local_date(zone)];
        row.extend(values.map(|value| value.to_string()));
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula_and_nothing_breaks_a_row() {
        for (text, written) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+2", "'=1+2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2,5", "\"'-2,5\""),
            ("-2.5", "-2.5"),
            ("\t=1", "'\t=1"),
        ] {
            assert_eq!(field(text), written);
        }
        assert_eq!(written(&[texts(&["a", "b"]), texts(&["1", "=2"])]), "a,b\r\n1,'=2\r\n");
    }
}
