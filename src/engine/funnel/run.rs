//! Every person's best attempt, in parallel over chunks of persons. Not for adding them up: see `tally`.

use std::ops::Range;

use rayon::prelude::*;

use super::breakdown::{Division, Labels, NONE};
use super::instants::Instants;
use super::marks::Marks;
use super::outcome::Outcome;
use super::plan::Plan;
use super::quick::{Quick, Way};
use super::{any_order, ordered, strict};
use crate::base::{Cancelled, Progress};
use crate::engine::codes::Code;
use crate::engine::filter::Masks;
use crate::engine::table::EventTable;
use crate::model::funnel::Order;

/// Events of a chunk of persons, about.
const CHUNK: usize = 1 << 15;
/// Parts that persons are gathered in, about.
const RUNS: usize = 16;

/// What persons' outcomes are gathered in.
pub(crate) trait Gather: Send {
    /// Takes the outcome of a person who is at a step; under a breakdown once for each value.
    fn take(&mut self, person: usize, label: u32, outcome: &Outcome);

    /// Counts a person with an event up to as-of.
    fn person(&mut self);

    /// Counts a person whose best attempt is excluded.
    fn excluded(&mut self);
}

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
}

impl Gather for Rows {
    fn take(&mut self, person: usize, label: u32, outcome: &Outcome) {
        let times = self.times.len();
        self.times.extend(reached_steps(outcome.reached).map(|step| outcome.at[step]));
        // Persons and steps fit: a table has fewer than 2^32 events, a funnel at most 20 steps.
        let (person, reached) = (person as u32, outcome.reached as u32);
        self.rows.push(Row { person, label, reached, pending: outcome.pending, times });
    }

    fn person(&mut self) {
        self.persons += 1;
    }

    fn excluded(&mut self) {
        self.excluded += 1;
    }
}

/// The zero-based steps of bits, ascending.
pub(crate) fn reached_steps(mut reached: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let step = reached.trailing_zeros() as usize;
        (reached != 0).then(|| {
            reached &= reached - 1;
            step
        })
    })
}

/// What to run over.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The events.
    pub(crate) table: &'a EventTable,
    /// What is looked for.
    pub(crate) plan: &'a Plan,
    /// Which event is which step.
    pub(crate) masks: &'a Masks<'a>,
    /// The breakdown, if the rows are to be by value.
    pub(crate) by: Option<(&'a Labels, Division)>,
}

impl Run<'_> {
    /// The rows of all persons, by chunk.
    ///
    /// # Errors
    /// `Cancelled`, checked once a chunk.
    pub(crate) fn rows(self, progress: &Progress) -> Result<Vec<Rows>, Cancelled> {
        let way = Way::new(self.plan, self.table, self.masks);
        let one = |search: &mut Search, persons: &Range<usize>| {
            let mut rows = Rows::default();
            self.chunk(&way, search, persons.clone(), &mut rows, progress)?;
            Ok(rows)
        };
        self.chunks().par_iter().map_init(Search::new, one).collect()
    }

    /// All persons gathered in few parts, in no order.
    ///
    /// # Errors
    /// `Cancelled`, checked once a chunk.
    pub(crate) fn gather<G: Gather>(
        self,
        empty: impl Fn() -> G + Sync,
        join: impl Fn(G, G) -> G + Sync,
        progress: &Progress,
    ) -> Result<G, Cancelled> {
        let way = Way::new(self.plan, self.table, self.masks);
        let chunks = self.chunks();
        let one = |(mut search, mut gathered): (Search, G), persons: &Range<usize>| {
            self.chunk(&way, &mut search, persons.clone(), &mut gathered, progress)?;
            Ok((search, gathered))
        };
        // Long runs of chunks, as each has sums of its own.
        let runs = chunks.par_iter().with_min_len(chunks.len().div_ceil(RUNS).max(1));
        runs.try_fold(|| (Search::new(), empty()), one)
            .map(|done| done.map(|(_, gathered)| gathered))
            .try_reduce(&empty, |sums, more| Ok(join(sums, more)))
    }

    fn chunk(
        &self,
        way: &Way<'_>,
        search: &mut Search,
        persons: Range<usize>,
        into: &mut impl Gather,
        progress: &Progress,
    ) -> Result<(), Cancelled> {
        progress.at(persons.start as u64, self.table.persons() as u64)?;
        match (way, self.by) {
            (Way::None, _) | (_, Some((_, Division::Own | Division::Step(_)))) => {
                persons.for_each(|person| self.person(search, person, into));
            }
            (Way::Narrow(quick), _) => self.quick(quick, search, persons, into),
            (Way::Middle(quick), _) => self.quick(quick, search, persons, into),
            (Way::Wide(quick), _) => self.quick(quick, search, persons, into),
        }
        Ok(())
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

    /// Some persons by the quick way, where it leads to an answer.
    fn quick<C: Code>(
        &self,
        quick: &Quick<'_, C>,
        search: &mut Search,
        persons: Range<usize>,
        into: &mut impl Gather,
    ) {
        let (mut marks, mut late) = (std::mem::take(&mut search.marks), std::mem::take(&mut search.late));
        late.clear();
        let from = self.plan.between.map_or(i64::MIN, |(from, _)| from);
        for (person, last) in persons.clone().zip(&self.table.last_times()[persons.clone()]) {
            if *last >= from {
                late.push(person);
            } else if !self.events_until_as_of(person).is_empty() {
                into.person();
            }
        }
        let starts = self.table.person_starts();
        if late.len() * 2 >= persons.len() {
            quick.mark(starts[persons.start] as usize..starts[persons.end] as usize, &mut marks);
            for person in &late {
                let events = self.events_until_as_of(*person);
                self.quick_person((quick, &marks), search, *person, (events.clone(), events), into);
            }
        } else {
            // Of those whose last event is late enough for a start only their last events are looked at.
            quick.read_ahead(late.iter().map(|person| starts[*person + 1] as usize - 1));
            for person in &late {
                let events = self.events_until_as_of(*person);
                let since = quick.since(events.clone(), from);
                quick.mark(since.clone(), &mut marks);
                self.quick_person((quick, &marks), search, *person, (events, since), into);
            }
        }
        (search.marks, search.late) = (marks, late);
    }

    /// One person by the quick way: all events up to as-of, and those of them that are marked.
    fn quick_person<C: Code>(
        &self,
        (quick, marks): (&Quick<'_, C>, &Marks),
        search: &mut Search,
        person: usize,
        (events, marked): (Range<usize>, Range<usize>),
        into: &mut impl Gather,
    ) {
        if events.is_empty() {
            return;
        }
        let mut outcome = Outcome::default();
        if !quick.best(marks, marked, &mut outcome) {
            return self.person(search, person, into);
        }
        into.person();
        if outcome.depth > 0 {
            let label = match self.by {
                Some((labels, Division::Touch { last })) => {
                    labels.touch(self.table.times(), |event| quick.fills(event), events, last)
                }
                Some((_, Division::Own | Division::Step(_))) | None => NONE,
            };
            into.take(person, label, &outcome);
        }
    }

    fn person(&self, search: &mut Search, person: usize, into: &mut impl Gather) {
        let events = self.events_until_as_of(person);
        if events.is_empty() {
            return;
        }
        into.person();
        let begins = if self.plan.order == Order::Any { self.plan.step_bits() } else { 1 };
        let Some(begin) = events.clone().find(|event| self.masks.get(*event) & begins != 0) else { return };
        // Other events of the same instant may stand before it.
        let times = self.table.times();
        let first = (events.start..begin).rev().take_while(|event| times[*event] == times[begin]).last();
        let first = first.unwrap_or(begin);
        match self.by {
            None => {
                let outcome = search.best(self.plan, self.with_masks(first..events.end));
                take(into, person, NONE, &outcome);
            }
            Some((labels, Division::Touch { last })) => {
                let outcome = search.best(self.plan, self.with_masks(first..events.end));
                let steps = self.plan.step_bits();
                let label = labels.touch(times, |event| self.masks.get(event) & steps != 0, events, last);
                take(into, person, label, &outcome);
            }
            Some((labels, Division::Own)) => self.each_own(search, person, first..events.end, labels, into),
            Some((labels, Division::Step(step))) => {
                self.each_of_step(search, person, events, (labels, step), into);
            }
        }
    }

    fn events_until_as_of(&self, person: usize) -> Range<usize> {
        let events = self.table.person_events(person);
        if self.table.latest().is_none_or(|latest| latest.0 <= self.plan.as_of) {
            return events;
        }
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
        into: &mut impl Gather,
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
            take_counted(into, person, own[0].0, &outcome);
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
        into: &mut impl Gather,
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
            take_counted(into, person, *label, &outcome);
        }
        search.pairs = pairs;
    }
}

fn take(into: &mut impl Gather, person: usize, label: u32, outcome: &Outcome) {
    if outcome.excluded {
        into.excluded();
    }
    take_counted(into, person, label, outcome);
}

/// The same without counting the excluded, which under several values are counted apart.
fn take_counted(into: &mut impl Gather, person: usize, label: u32, outcome: &Outcome) {
    if outcome.depth > 0 && !outcome.excluded {
        into.take(person, label, outcome);
    }
}

/// Scratch space of one thread.
pub(crate) struct Search {
    log: Instants,
    ordered: ordered::Attempt,
    strict: strict::Attempt,
    any_order: any_order::Attempt,
    pairs: Vec<(u32, u32)>,
    marks: Marks,
    /// Persons with an event that is not before the range.
    late: Vec<usize>,
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
            marks: Marks::default(),
            late: Vec::new(),
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
