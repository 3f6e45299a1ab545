//! Flows as JSON and as text. Not for the other kinds: see `jobs::reports`.

use serde_json::{Value as Json, json};

use super::{NO_EVENTS, aligned, is_without_events};
use crate::base::format;
use crate::model::flow::{FlowReport, Place};
use crate::model::privacy::{Numbers, masked};
use crate::model::time::Zone;

pub(super) fn flow_json(report: &FlowReport) -> Json {
    let label = |place: &Place| place.label(report.direction).to_owned();
    let edges: Vec<Json> = report
        .edges
        .iter()
        .map(|edge| {
            let (from, to) = edge.in_time(report.direction);
            json!({
                "depth": edge.depth,
                "from": label(from),
                "to": label(to),
                "persons": edge.persons,
                "count": edge.sessions,
            })
        })
        .collect();
    let nodes: Vec<Json> = report
        .nodes
        .iter()
        .map(|node| {
            json!({
                "depth": node.depth,
                "event": label(&node.place),
                "persons": node.persons,
                "count": node.sessions,
            })
        })
        .collect();
    json!({
        "kind": "flow",
        "direction": report.direction.word(),
        "edges": edges,
        "nodes": nodes,
        "others": report.others,
        "sessions": report.sessions,
        "persons": report.persons,
        "future_events": report.future_events,
        "anchor_passed_over": report.anchor_passed_over,
        "passed_over": report.passed_over,
        "as_of": report.as_of.iso(),
    })
}

/// How many events are behind it, roughly: none only when nothing was seen.
pub(super) fn flow_events(report: &FlowReport) -> u64 {
    report.sessions + report.anchor_passed_over + report.passed_over + report.future_events
}

pub(super) fn flow_text(report: &FlowReport, zone: Zone) -> String {
    if is_without_events(report.as_of, flow_events(report)) {
        return format!("{NO_EVENTS}\n");
    }
    let mut numbers = Numbers::default();
    let mut label = |place: &Place| match place {
        Place::Name(name) => numbers.tell_apart("", name, &masked("", name)),
        Place::Other | Place::End => place.label(report.direction).to_owned(),
    };
    let mut rows = vec![["Depth and way", "Sessions", "Persons"].map(str::to_owned).to_vec()];
    for edge in &report.edges {
        let (from, to) = edge.in_time(report.direction);
        rows.push(vec![
            format!("{} {} → {}", edge.depth, label(from), label(to)),
            format::count(edge.sessions),
            format::count(edge.persons),
        ]);
    }
    let mut text = aligned(&rows);
    text.push_str(&format!(
        "\n{} of {}, as of {} ({})",
        format::counted(report.sessions, "session", "sessions"),
        format::counted(report.persons, "person", "persons"),
        report.as_of.human(zone),
        zone.name()
    ));
    let others = report.others.iter().enumerate().filter(|(_, names)| **names > 0);
    let others: Vec<String> = others.map(|(depth, names)| format!("{names} at depth {depth}")).collect();
    if !others.is_empty() {
        text.push_str(&format!(", (other) stands for names: {}", others.join(", ")));
    }
    if report.future_events > 0 {
        text.push_str(&format!(", {} future events took no part", report.future_events));
    }
    text.push('\n');
    text
}
