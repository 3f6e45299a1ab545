//! The ways of persons through their sessions, one after the other. Not for counting them: see `count`.

use std::collections::HashMap;
use std::ops::Range;

use super::{ANCHOR, EXCLUDED, STEP};
use crate::engine::filter::{Masks, Matches};
use crate::engine::table::EventTable;
use crate::model::flow::{Direction, Flow, MAX_DEPTH};
use crate::model::time::Time;

/// Persons of a chunk.
pub(super) const CHUNK: usize = 4096;

/// An event can be an anchor.
const IS_ANCHOR: u8 = 1;
/// An event is a step.
const IS_STEP: u8 = 2;

/// What is gone through.
pub(super) struct Walk<'a> {
    pub(super) table: &'a EventTable,
    pub(super) query: &'a Flow,
    as_of: Option<i64>,
    /// What an event must be to be the anchor.
    anchor: u8,
    kinds: Kinds<'a>,
    starts: Option<&'a [u8]>,
    /// The code of each name as it is told: old names share that of the new one.
    codes: Vec<u32>,
    /// What each of these codes is told as.
    labels: Vec<&'a str>,
}

/// What each event is, looked up by something of it.
enum Kinds<'a> {
    /// By its name.
    Named(&'a [u32], Vec<u8>),
    /// By the conditions that it meets.
    Masked(&'a [u8], [u8; 8]),
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        table: &'a EventTable,
        query: &'a Flow,
        as_of: Time,
        found: &'a Matches<'a>,
    ) -> Walk<'a> {
        let kind = |bits: u64| {
            let met = |condition: usize| bits >> condition & 1 == 1;
            let is_step = met(STEP) && !met(EXCLUDED);
            (if met(ANCHOR) { IS_ANCHOR } else { 0 }) | (if is_step { IS_STEP } else { 0 })
        };
        let kinds = match &found.masks {
            Masks::Named { names, bits } => {
                Kinds::Named(names, bits.iter().map(|bits| kind(*bits)).collect())
            }
            Masks::Narrow(masks) => Kinds::Masked(masks, std::array::from_fn(|bits| kind(bits as u64))),
            // Three conditions fit into eight bits.
            Masks::Wide(_) => Kinds::Masked(&[], [0; 8]),
        };
        let (mut codes, mut labels, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for name in table.event_names() {
            let label = query.told_as(name);
            let code = *known.entry(label).or_insert(labels.len());
            if code == labels.len() {
                labels.push(label);
            }
            // Fewer than the names, which have codes of 32 bits themselves.
            codes.push(code as u32);
        }
        Walk {
            table,
            query,
            codes,
            labels,
            as_of: table.latest().filter(|latest| *latest > as_of).map(|_| as_of.0),
            anchor: if query.is_from_any() { IS_STEP } else { IS_ANCHOR },
            kinds,
            starts: table.session_starts(query.session_gap_us).map(|starts| starts.as_slice()),
        }
    }

    /// What an event is told as.
    #[inline]
    pub(super) fn code(&self, event: usize) -> usize {
        self.codes[self.table.names()[event] as usize] as usize
    }

    /// The names that codes stand for.
    pub(super) fn labels(&self) -> &[&'a str] {
        &self.labels
    }

    /// Calls `way` for each session of a person that has an anchor, with the events at depth 0, 1 … of it.
    pub(super) fn person(&self, person: usize, way: impl FnMut(&[usize])) {
        let mut events = self.table.person_events(person);
        if let Some(as_of) = self.as_of {
            let until = self.table.times()[events.clone()].partition_point(|time| *time <= as_of);
            events.end = events.start + until;
        }
        let times = self.table.times();
        let gap = self.query.session_gap_us;
        let starts_by_time = |event: usize| times[event].saturating_sub(times[event - 1]) > gap;
        match (&self.kinds, self.starts) {
            (Kinds::Named(names, kinds), Some(starts)) => {
                let kind = |event: usize| kinds[names[event] as usize];
                self.sessions(events, kind, |event| starts[event] == 1, way);
            }
            (Kinds::Named(names, kinds), None) => {
                self.sessions(events, |event| kinds[names[event] as usize], starts_by_time, way);
            }
            (Kinds::Masked(masks, kinds), Some(starts)) => {
                let kind = |event: usize| kinds[usize::from(masks[event] & 7)];
                self.sessions(events, kind, |event| starts[event] == 1, way);
            }
            (Kinds::Masked(masks, kinds), None) => {
                let kind = |event: usize| kinds[usize::from(masks[event] & 7)];
                self.sessions(events, kind, starts_by_time, way);
            }
        }
    }

    /// The sessions among the events of a person up to as-of; `starts` is asked of no person's first event.
    fn sessions(
        &self,
        events: Range<usize>,
        kind: impl Fn(usize) -> u8,
        starts: impl Fn(usize) -> bool,
        mut way: impl FnMut(&[usize]),
    ) {
        let mut steps = Steps { events: [0; MAX_DEPTH + 1], length: 0, walk: self };
        let mut from = events.start;
        while from < events.end {
            let mut at = from;
            match self.query.direction {
                Direction::After => {
                    // The first that matches, then the steps after it.
                    loop {
                        if steps.length == 0 && kind(at) & self.anchor != 0 {
                            if !self.is_in_range(at) {
                                break;
                            }
                            steps.push(at);
                        } else if steps.length > 0 && kind(at) & IS_STEP != 0 {
                            steps.push(at);
                            if steps.length > self.query.depth {
                                break;
                            }
                        }
                        at += 1;
                        if at == events.end || starts(at) {
                            break;
                        }
                    }
                    from = next_start(at.max(from + 1), events.end, &starts);
                }
                Direction::Before => {
                    let end = next_start(from + 1, events.end, &starts);
                    if let Some(anchor) = self.anchor_of(from..end, &kind)
                        && self.is_in_range(anchor)
                    {
                        steps.push(anchor);
                        for event in (from..anchor).rev().filter(|event| kind(*event) & IS_STEP != 0) {
                            steps.push(event);
                            if steps.length > self.query.depth {
                                break;
                            }
                        }
                    }
                    from = end;
                }
            }
            if steps.length > 0 {
                way(&steps.events[..steps.length]);
                steps.length = 0;
            }
        }
    }

    /// Of a session, when it is told what comes before.
    fn anchor_of(&self, mut session: Range<usize>, kind: impl Fn(usize) -> u8) -> Option<usize> {
        let is_anchor = |event: &usize| kind(*event) & self.anchor != 0;
        if self.query.is_from_any() { session.rev().find(is_anchor) } else { session.find(is_anchor) }
    }

    fn is_in_range(&self, event: usize) -> bool {
        self.query.between.is_none_or(|(from, to)| (from.0..to.0).contains(&self.table.times()[event]))
    }
}

fn next_start(from: usize, end: usize, starts: impl Fn(usize) -> bool) -> usize {
    (from..end).find(|event| starts(*event)).unwrap_or(end)
}

/// The events of a way so far.
struct Steps<'a> {
    events: [usize; MAX_DEPTH + 1],
    length: usize,
    walk: &'a Walk<'a>,
}

impl Steps<'_> {
    /// Adds an event, unless it repeats the one before and such are one.
    #[inline]
    fn push(&mut self, event: usize) {
        let walk = self.walk;
        let is_repeat = walk.query.merge
            && self.length > 0
            && walk.code(event) == walk.code(self.events[self.length - 1]);
        if !is_repeat {
            self.events[self.length] = event;
            self.length += 1;
        }
    }
}
