//! What places and numbers of a flow are called. Not for drawing them.

use std::collections::BTreeMap;

use crate::app::context::DocCx;
use crate::base::format;
use crate::model::flow::{Direction, FlowEdge, FlowNode, FlowReport, FlowSelection, Place};

/// A place as it may be shown.
pub(super) fn place(cx: &DocCx<'_>, direction: Direction, place: &Place) -> String {
    match place {
        Place::Name(name) => cx.shown_name(name),
        Place::Other | Place::End => place.label(direction).to_owned(),
    }
}

/// What a column is called.
pub(super) fn depth(direction: Direction, depth: usize) -> String {
    match depth {
        0 => "Anchor".to_owned(),
        depth => format!("{depth} {}", direction.word()),
    }
}

/// `Product Viewed → Product Added`, in order of time.
pub(super) fn edge_title(cx: &DocCx<'_>, direction: Direction, near: &Place, far: &Place) -> String {
    let (near, far) = (place(cx, direction, near), place(cx, direction, far));
    match direction {
        Direction::After => format!("{near} → {far}"),
        Direction::Before => format!("{far} → {near}"),
    }
}

fn counts(sessions: u64, persons: u64) -> String {
    let sessions = format::counted(sessions, "session", "sessions");
    format!("{sessions} of {}", format::counted(persons, "person", "persons"))
}

/// All that is told of a node.
pub(super) fn node(cx: &DocCx<'_>, report: &FlowReport, node: &FlowNode) -> String {
    let name = place(cx, report.direction, &node.place);
    let at = depth(report.direction, node.depth);
    let share = format::percent(node.sessions as f64 / report.sessions.max(1) as f64);
    let others = match node.place {
        Place::Other => {
            let names = report.others.get(node.depth).copied().unwrap_or(0);
            format!(" ({})", format::counted(names, "name", "names"))
        }
        Place::Name(_) | Place::End => String::new(),
    };
    format!("{name}{others}, {at}: {}, {share} of all", counts(node.sessions, node.persons))
}

/// All that is told of an edge.
pub(super) fn edge(cx: &DocCx<'_>, report: &FlowReport, edge: &FlowEdge) -> String {
    let title = edge_title(cx, report.direction, &edge.near, &edge.far);
    let at = depth(report.direction, edge.depth);
    let share = format::percent(edge_share(report, edge));
    let from = place(cx, report.direction, &edge.near);
    format!("{title}, {at}: {}, {share} of {from}", counts(edge.sessions, edge.persons))
}

/// The share of an edge of its nearer place.
pub(super) fn edge_share(report: &FlowReport, edge: &FlowEdge) -> f64 {
    let node = report.nodes.iter().find(|node| node.depth + 1 == edge.depth && node.place == edge.near);
    edge.sessions as f64 / node.map_or(1, |node| node.sessions).max(1) as f64
}

pub(super) fn of_node(node: &FlowNode) -> FlowSelection {
    FlowSelection { depth: node.depth, near: None, place: node.place.clone() }
}

pub(super) fn of_edge(edge: &FlowEdge) -> FlowSelection {
    FlowSelection { depth: edge.depth, near: Some(edge.near.clone()), place: edge.far.clone() }
}

/// True while a report has the number.
pub(super) fn has(report: &FlowReport, selection: &FlowSelection) -> bool {
    match &selection.near {
        None => report.nodes.iter().any(|node| is_node(node, selection)),
        Some(_) => report.edges.iter().any(|edge| is_edge(edge, selection)),
    }
}

/// True for the node that is selected.
pub(super) fn is_node(node: &FlowNode, selection: &FlowSelection) -> bool {
    node.depth == selection.depth && selection.near.is_none() && node.place == selection.place
}

/// True for the edge that is selected.
pub(super) fn is_edge(edge: &FlowEdge, selection: &FlowSelection) -> bool {
    edge.depth == selection.depth
        && selection.near.as_ref() == Some(&edge.near)
        && edge.far == selection.place
}

/// For each edge its share of its nearer place.
pub(super) fn edge_shares(report: &FlowReport) -> Vec<f64> {
    let nodes = report.nodes.iter().map(|node| ((node.depth + 1, &node.place), node.sessions));
    let nodes: BTreeMap<(usize, &Place), u64> = nodes.collect();
    let share = |edge: &FlowEdge| {
        let near = nodes.get(&(edge.depth, &edge.near)).copied().unwrap_or(1);
        edge.sessions as f64 / near.max(1) as f64
    };
    report.edges.iter().map(share).collect()
}
