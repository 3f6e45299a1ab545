//! What a flow asks and answers: the ways persons take through their sessions, from an event on or up to it. Not for
//! the algorithm: see `engine::flow` and `sql::flow`.
//!
//! **Sessions** are made of all events of a person up to as-of, of any name, whatever the filters: no gap in one is
//! longer than `session_gap` (30 minutes by default; a gap equal to it stays inside). Events of one instant follow each
//! other in order of arrival, so that here the order of lines in a log counts.
//!
//! **What is there.** Filters hold for every event: one that does not pass does not exist. With `events` only those
//! names are steps of a way, without those of `exclude`; events of other names are skipped.
//!
//! Old names of the plan are told as the name that stands for them, where the flow is answered (`old_names`).
//!
//! **The anchor** of a session is its first event that matches, also when its name is not among the steps. Any event
//! (the default) is the session's first step, and *before*: its last one. A session counts once: when its anchor lies
//! in the half-open range `between`, if there is one; the steps beside it may lie outside.
//!
//! **A way** begins at the anchor, at depth 0. *After*: depths 1, 2 … are the next steps of the same session, as many as
//! `depth` says; *before*: the ones before it, the nearest first. With `merge` steps of one name that follow each
//! other are one (A A A → A), the anchor among them. A session that has no further step goes to `(end)`; *before*, it
//! comes from `(start)`.
//!
//! **Limits.** At each depth the `top` names of the most sessions stay apart (among equals the first in order of
//! code points), the others are `(other)`; a session is there once at each depth. Names that are written like
//! `(other)`, `(end)` or `(start)` belong to the others. The report is limited so itself: its persons are counted once
//! for each node and each edge as they are told. Later events than as-of are *future* and take no part.

use super::funnel::Step;
use super::predicate::Filter;
use super::time::{SESSION_GAP_US, Time};
use crate::base::Diagnostic;

/// The most steps after or before the anchor.
pub const MAX_DEPTH: usize = 10;
/// Steps of a flow whose text names no depth.
pub const DEFAULT_DEPTH: usize = 5;
/// The most names told apart at each depth.
pub const MAX_TOP: usize = 50;
/// Names told apart of a flow whose text says nothing of it.
pub const DEFAULT_TOP: usize = 10;
/// The node of the names past `top`.
pub const OTHER: &str = "(other)";
/// The node of sessions that have no further step.
pub const END: &str = "(end)";
/// The node of sessions that have no earlier step.
pub const START: &str = "(start)";

/// A flow's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Where ways begin, or end; `optional` has no meaning here.
    pub anchor: Step,
    /// Which side of the anchor is told.
    pub direction: Direction,
    /// How many steps beside the anchor, at most [`MAX_DEPTH`].
    pub depth: usize,
    /// Names that are steps; empty means all.
    pub events: Vec<String>,
    /// Names that are none.
    pub exclude: Vec<String>,
    /// Steps of one name that follow each other are one.
    pub merge: bool,
    /// The longest pause inside a session, in microseconds.
    pub session_gap_us: i64,
    /// Names told apart at each depth, at most [`MAX_TOP`].
    pub top: usize,
    /// Filters on every event.
    pub filters: Vec<Filter>,
    /// Half-open range of the anchor.
    pub between: Option<(Time, Time)>,
    /// The instant of the answer; by default the document's.
    pub as_of: Option<Time>,
    /// Old names, each with the one that it is told as: from the plan when it is answered, not part of its text.
    pub old_names: Vec<(String, String)>,
}

impl Default for Flow {
    fn default() -> Flow {
        Flow {
            anchor: Step { events: Vec::new(), filters: Vec::new(), optional: false },
            direction: Direction::After,
            depth: DEFAULT_DEPTH,
            events: Vec::new(),
            exclude: Vec::new(),
            merge: false,
            session_gap_us: SESSION_GAP_US,
            top: DEFAULT_TOP,
            filters: Vec::new(),
            between: None,
            as_of: None,
            old_names: Vec::new(),
        }
    }
}

impl Flow {
    /// True when any event is the anchor, so that it is the first or last step of a session.
    pub fn is_from_any(&self) -> bool {
        self.anchor.events.is_empty() && self.anchor.filters.is_empty()
    }

    /// The name that events of a name are told as.
    pub fn told_as<'a>(&'a self, name: &'a str) -> &'a str {
        self.old_names.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// What is wrong with it, besides its range and the names of its properties.
    pub(super) fn problems(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut limit = |key: &'static str, word: &str, value: usize, most: usize| {
            if value == 0 || value > most {
                let problem = Diagnostic::error(key, format!("A flow cannot have {value} {word}"));
                found.push(problem.hint(format!("Choose from 1 to {most}")));
            }
        };
        limit("flow-depth", "steps beside its anchor", self.depth, MAX_DEPTH);
        limit("flow-top", "names at each depth", self.top, MAX_TOP);
        if self.session_gap_us <= 0 {
            found.push(
                Diagnostic::error("session-gap", "A session cannot end without a pause")
                    .at("session_gap")
                    .hint("Write a span such as 30m"),
            );
        }
        let names = self.anchor.events.iter().chain(&self.events).chain(&self.exclude);
        if names.into_iter().any(String::is_empty) {
            found.push(
                Diagnostic::error("no-event", "An event name is empty").hint("Write a name, or leave it out"),
            );
        }
        found
    }
}

/// Which side of the anchor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// What follows.
    After,
    /// What leads there.
    Before,
}

impl Direction {
    /// All, in the order shown.
    pub const ALL: [Direction; 2] = [Direction::After, Direction::Before];

    /// The word in text forms.
    pub fn word(self) -> &'static str {
        match self {
            Direction::After => "after",
            Direction::Before => "before",
        }
    }

    /// What a way is called that has no further step.
    pub fn end(self) -> &'static str {
        match self {
            Direction::After => END,
            Direction::Before => START,
        }
    }
}

/// Where a way is at a depth, in the order told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At an event of this name.
    Name(String),
    /// At one of the other names.
    Other,
    /// Past its last step; before, ahead of its first one.
    End,
}

impl Place {
    /// The name, or what stands for it.
    pub fn label(&self, direction: Direction) -> &str {
        match self {
            Place::Name(name) => name,
            Place::Other => OTHER,
            Place::End => direction.end(),
        }
    }
}

/// True for names that are told among the others, since a label of the same words means something else.
pub fn is_reserved(name: &str) -> bool {
    [OTHER, END, START].contains(&name)
}

/// A flow's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowReport {
    /// Which side of the anchor is told.
    pub direction: Direction,
    /// By depth, from 0; most sessions first, then by place.
    pub nodes: Vec<FlowNode>,
    /// By depth, from 1; most sessions first, then by places.
    pub edges: Vec<FlowEdge>,
    /// For each depth how many names are `(other)`.
    pub others: Vec<u64>,
    /// Sessions with an anchor.
    pub sessions: u64,
    /// Their persons.
    pub persons: u64,
    /// The instant of the answer.
    pub as_of: Time,
    /// Events later than as-of.
    pub future_events: u64,
    /// Events of the anchor's names that a filter passed over: its value is missing or of another type. None when any
    /// event is the anchor.
    pub anchor_passed_over: u64,
    /// The same of events that could be steps.
    pub passed_over: u64,
}

/// A place at a depth.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowNode {
    /// Steps from the anchor.
    pub depth: usize,
    /// Where.
    pub place: Place,
    /// Sessions there; at the end only those that reach it at this depth.
    pub sessions: u64,
    /// Their persons.
    pub persons: u64,
}

/// From one place to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowEdge {
    /// Steps from the anchor to the farther of its two places, from 1.
    pub depth: usize,
    /// The place nearer to the anchor, at `depth - 1`.
    pub near: Place,
    /// The place farther from it.
    pub far: Place,
    /// Sessions that go this way.
    pub sessions: u64,
    /// Their persons.
    pub persons: u64,
}

impl FlowEdge {
    /// Its places in order of time.
    pub fn in_time(&self, direction: Direction) -> (&Place, &Place) {
        match direction {
            Direction::After => (&self.near, &self.far),
            Direction::Before => (&self.far, &self.near),
        }
    }
}

/// A number of a flow: a node, or an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowSelection {
    /// Depth of the node, or of the edge's farther place.
    pub depth: usize,
    /// The edge's nearer place; none for a node.
    pub near: Option<Place>,
    /// The node, or the edge's farther place.
    pub place: Place,
}
