//! Every person's best attempt, in parallel over chunks of persons. Not for adding them up: see `tally`.

use std::ops::Range;

use rayon::prelude::*;

use super::breakdown::{Division, Labels, NONE};
use super::instants::Instants;
use super::outcome::Outcome;
use super::plan::Plan;
use super::quick::{self, Quick};
use super::{any_order, ordered, strict};
use crate::base::{Cancelled, Progress};
use crate::engine::filter::Masks;
use crate::engine::table::EventTable;
use crate::model::funnel::Order;

/// Events of a chunk of persons, about.
const CHUNK: usize = 1 << 16;

/// What a chunk of persons did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// Persons at a step, in order of persons; under a breakdown one for each value.
    pub(crate) rows: Vec<Row>,
    /// The times of all rows' reached steps.
    times: Vec<i64>,
    /// Persons whose best attempt is excluded.
    pub(crate) excluded: u64,
    /// Persons with an event up to as-of.
    pub(crate) persons: u64,
}

/// One person who reached step 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Index of the person.
    pub(crate) person: u32,
    /// Index of the breakdown label.
    pub(crate) label: u32,
    /// Reached steps as bits.
    pub(crate) reached: u32,
    /// May still come further.
    pub(crate) pending: bool,
    /// Where its times begin.
    times: usize,
}

impl Rows {
    /// When each reached step of a row was reached, in order of steps.
    pub(crate) fn times(&self, row: &Row) -> &[i64] {
        &self.times[row.times..row.times + row.reached.count_ones() as usize]
    }

    fn push(&mut self, person: usize, label: u32, outcome: &Outcome) {
        if outcome.depth == 0 || outcome.excluded {
            return;
        }
        let times = self.times.len();
        let mut left = outcome.reached;
        while left != 0 {
            self.times.push(outcome.at[left.trailing_zeros() as usize]);
            left &= left - 1;
        }
        // Persons and steps fit: a table has fewer than 2^32 events, a funnel at most 20 steps.
        let (person, reached) = (person as u32, outcome.reached as u32);
        self.rows.push(Row { person, label, reached, pending: outcome.pending, times });
    }
}

/// What to run over.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The events.
    pub(crate) table: &'a EventTable,
    /// What is looked for.
    pub(crate) plan: &'a Plan,
    /// Which event is which step.
    pub(crate) masks: &'a Masks,
    /// The breakdown, if the rows are to be by value.
    pub(crate) by: Option<(&'a Labels, Division)>,
}

impl Run<'_> {
    /// The rows of all persons, by chunk.
    ///
    /// # Errors
    /// `Cancelled`, checked once a chunk.
    pub(crate) fn rows(self, progress: &Progress) -> Result<Vec<Rows>, Cancelled> {
        let total = self.table.persons() as u64;
        let chunks = self.chunks();
        let no_future = self.table.latest().is_none_or(|latest| latest.0 <= self.plan.as_of);
        let bytes = quick::bytes(self.plan, self.masks).filter(|_| no_future);
        let one = |search: &mut Search, persons: &Range<usize>| {
            progress.at(persons.start as u64, total)?;
            let mut rows = Rows::default();
            for person in persons.clone() {
                if !bytes.is_some_and(|bytes| self.quick(search, person, bytes, &mut rows)) {
                    self.person(search, person, &mut rows);
                }
            }
            Ok(rows)
        };
        chunks.par_iter().map_init(Search::new, one).collect()
    }

    fn chunks(&self) -> Vec<Range<usize>> {
        let starts = self.table.person_starts();
        let mut chunks = Vec::new();
        let mut from = 0;
        while from < self.table.persons() {
            let until = starts[from] as usize + CHUNK;
            let to = starts.partition_point(|start| *start as usize <= until) - 1;
            let to = to.clamp(from + 1, self.table.persons());
            chunks.push(from..to);
            from = to;
        }
        chunks
    }

    /// The plainest case; false, and nothing done, when it is not.
    fn quick(&self, search: &mut Search, person: usize, bytes: &[u8], rows: &mut Rows) -> bool {
        let last = match self.by {
            None => None,
            Some((labels, Division::Touch { last })) => Some((labels, last)),
            Some((_, Division::Own | Division::Step(_))) => return false,
        };
        let events = self.table.person_events(person);
        let times = &self.table.times()[events.clone()];
        let Quick::Known(outcome) = quick::best(self.plan, times, &bytes[events.clone()], &mut search.held)
        else {
            return false;
        };
        rows.persons += u64::from(!events.is_empty());
        if outcome.depth > 0 {
            let label = last
                .map_or(NONE, |(labels, last)| labels.touch(self.table, self.masks, self.plan, events, last));
            rows.push(person, label, &outcome);
        }
        true
    }

    fn person(&self, search: &mut Search, person: usize, rows: &mut Rows) {
        let events = self.events_until_as_of(person);
        if events.is_empty() {
            return;
        }
        rows.persons += 1;
        let begins = if self.plan.order == Order::Any { self.plan.step_bits() } else { 1 };
        let Some(begin) = events.clone().find(|event| self.masks.get(*event) & begins != 0) else { return };
        // Other events of the same instant may stand before it.
        let times = self.table.times();
        let first = (events.start..begin).rev().take_while(|event| times[*event] == times[begin]).last();
        let first = first.unwrap_or(begin);
        match self.by {
            None => {
                let outcome = search.best(self.plan, self.with_masks(first..events.end));
                rows.excluded += u64::from(outcome.excluded);
                rows.push(person, NONE, &outcome);
            }
            Some((labels, Division::Touch { last })) => {
                let outcome = search.best(self.plan, self.with_masks(first..events.end));
                let label = labels.touch(self.table, self.masks, self.plan, events, last);
                rows.excluded += u64::from(outcome.excluded);
                rows.push(person, label, &outcome);
            }
            Some((labels, Division::Own)) => self.each_own(search, person, first..events.end, labels, rows),
            Some((labels, Division::Step(step))) => {
                self.each_of_step(search, person, events, (labels, step), rows);
            }
        }
    }

    fn events_until_as_of(&self, person: usize) -> Range<usize> {
        let events = self.table.person_events(person);
        let times = &self.table.times()[events.clone()];
        match times.last() {
            Some(last) if *last > self.plan.as_of => {
                events.start..events.start + times.partition_point(|time| *time <= self.plan.as_of)
            }
            Some(_) | None => events,
        }
    }

    fn with_masks(&self, events: Range<usize>) -> impl Iterator<Item = (i64, u64, u32)> {
        let (times, masks) = (self.table.times(), self.masks);
        events.map(move |event| (times[event], masks.get(event), event as u32))
    }

    /// One run for each value over the events that carry it.
    fn each_own(
        &self,
        search: &mut Search,
        person: usize,
        events: Range<usize>,
        labels: &Labels,
        rows: &mut Rows,
    ) {
        let mut pairs = std::mem::take(&mut search.pairs);
        pairs.clear();
        let takes_part = |event: &usize| self.plan.strict() || self.masks.get(*event) != 0;
        pairs.extend(events.filter(takes_part).map(|event| (labels.of(event), event as u32)));
        pairs.sort_unstable();
        for own in pairs.chunk_by(|a, b| a.0 == b.0) {
            let times = self.table.times();
            let events = own
                .iter()
                .map(|(_, event)| (times[*event as usize], self.masks.get(*event as usize), *event));
            let outcome = search.best(self.plan, events);
            rows.push(person, own[0].0, &outcome);
        }
        search.pairs = pairs;
    }

    /// One run for each value that events of a step carry, without the step's events that carry another.
    fn each_of_step(
        &self,
        search: &mut Search,
        person: usize,
        events: Range<usize>,
        (labels, step): (&Labels, usize),
        rows: &mut Rows,
    ) {
        let mut pairs = std::mem::take(&mut search.pairs);
        pairs.clear();
        let fills = |event: &usize| self.masks.get(*event) >> step & 1 == 1;
        let counts = |event: &usize| step > 0 || self.plan.in_range(self.table.times()[*event]);
        pairs.extend(events.clone().filter(fills).filter(counts).map(|event| (labels.of(event), 0)));
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.is_empty() {
            pairs.push((NONE, 0));
        }
        for (label, _) in &pairs {
            let without_others = self.with_masks(events.clone()).map(|(time, mask, event)| {
                let other = labels.of(event as usize) != *label;
                (time, if other { mask & !(1 << step) } else { mask }, event)
            });
            let outcome = search.best(self.plan, without_others);
            rows.push(person, *label, &outcome);
        }
        search.pairs = pairs;
    }
}

/// Scratch space of one thread.
pub(crate) struct Search {
    log: Instants,
    ordered: ordered::Attempt,
    strict: strict::Attempt,
    any_order: any_order::Attempt,
    pairs: Vec<(u32, u32)>,
    held: Vec<(i64, u8)>,
}

impl Search {
    /// Empty scratch space.
    pub(crate) fn new() -> Search {
        Search {
            log: Instants::default(),
            ordered: ordered::Attempt::new(),
            strict: strict::Attempt::new(),
            any_order: any_order::Attempt::new(),
            pairs: Vec::new(),
            held: Vec::new(),
        }
    }

    /// The best attempt over events `(time, bits, table index)` in ascending time.
    pub(crate) fn best(&mut self, plan: &Plan, events: impl Iterator<Item = (i64, u64, u32)>) -> Outcome {
        self.log.fill(plan, events);
        if plan.steps == 0 {
            return Outcome::default();
        }
        match plan.order {
            Order::Ordered => self.ordered.best(plan, &self.log),
            Order::Strict => self.strict.best(plan, &self.log),
            Order::Any => self.any_order.best(plan, &self.log),
        }
    }

    /// The log of the last search.
    pub(crate) fn log(&self) -> &Instants {
        &self.log
    }
}
