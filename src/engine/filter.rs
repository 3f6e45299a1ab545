//! Which events fill which steps: one pass over the table into a bit mask for each event.
//! Not for the meaning of filters: see `model::predicate`.

use std::ops::Range;

use rayon::prelude::*;

use super::codes::{Code, Codes, by_width};
use super::table::{Column, EventTable};
use crate::base::{Cancelled, Progress};
use crate::model::predicate::{Filter, Verdict};
use crate::model::time::Time;

/// The most conditions of one pass.
pub(crate) const MAX_CONDITIONS: usize = 64;

/// Events or persons looked at between two reports of progress.
const CHUNK: usize = 1 << 16;

/// Event names and filters that all must hold.
#[derive(Clone, Debug)]
pub(crate) struct Condition<'a> {
    /// Empty means any event.
    pub(crate) events: &'a [String],
    /// All must hold.
    pub(crate) filters: Vec<&'a Filter>,
    /// The bits that an event gets for which all holds.
    pub(crate) bits: u64,
}

impl<'a> Condition<'a> {
    /// A condition with its own filters and those shared by all.
    pub(crate) fn new(events: &'a [String], own: &'a [Filter], shared: &'a [Filter], bits: u64) -> Self {
        Condition { events, filters: own.iter().chain(shared).collect(), bits }
    }
}

/// The bits of each event up to as-of; those of later events mean nothing.
#[derive(Clone, Debug)]
pub(crate) enum Masks<'a> {
    /// Where names alone tell: the name of each event, and the bits of each name.
    Named {
        /// Name code of each event.
        names: &'a Codes,
        /// Bits of each name code.
        bits: Vec<u64>,
    },
    /// When eight bits are enough.
    Narrow(Vec<u8>),
    /// Otherwise.
    Wide(Vec<u64>),
}

impl Masks<'_> {
    /// The bits of an event.
    pub(crate) fn get(&self, event: usize) -> u64 {
        match self {
            Masks::Named { names, bits } => bits[names.at(event) as usize],
            Masks::Narrow(masks) => u64::from(masks[event]),
            Masks::Wide(masks) => masks[event],
        }
    }
}

/// What one pass found.
#[derive(Clone, Debug)]
pub(crate) struct Matches<'a> {
    /// The bits of each event up to as-of.
    pub(crate) masks: Masks<'a>,
    /// For each condition, the events that it holds for.
    pub(crate) events: Vec<u64>,
    /// For each condition, events with a right name for which some filter's value is missing or of another type.
    pub(crate) passed_over: Vec<u64>,
    /// Events later than as-of.
    pub(crate) future: u64,
    /// When the first event up to as-of with any bits came, if it was asked for.
    pub(crate) first: Option<i64>,
}

/// Whether the first matching event is to be found, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// It is.
    Wanted,
    /// It is not, which is faster.
    NotAsked,
}

/// Compares every event with at most [`MAX_CONDITIONS`] conditions.
///
/// # Errors
/// `Cancelled`, checked once a chunk.
pub(crate) fn matches<'a>(
    table: &'a EventTable,
    conditions: &[Condition<'a>],
    as_of: Time,
    first: First,
    progress: &Progress,
) -> Result<Matches<'a>, Cancelled> {
    progress.at(0, table.events() as u64)?;
    let compiled = Compiled::new(table, conditions, as_of);
    let all = conditions.iter().fold(0, |bits, condition| bits | condition.bits);
    let (masks, filtered) = if compiled.filtered == 0 {
        let bits = compiled.by_name.iter().map(|met| compiled.spread(*met)).collect();
        (Masks::Named { names: table.names(), bits }, Counts::of(conditions.len()))
    } else if all <= u64::from(u8::MAX) {
        let mut masks = vec![0_u8; table.events()];
        // The mask has no bits past eight, so that the narrowing keeps all of it.
        let counts = compiled.run(&mut masks, |mask| mask as u8, progress)?;
        (Masks::Narrow(masks), counts)
    } else {
        let mut masks = vec![0_u64; table.events()];
        let counts = compiled.run(&mut masks, |mask| mask, progress)?;
        (Masks::Wide(masks), counts)
    };
    let (future, first) = compiled.ends(&masks, first, progress)?;
    let counts = compiled.plus_unfiltered(filtered).minus(&future);
    let (events, passed_over) = (counts.events, counts.passed_over);
    Ok(Matches { masks, events, passed_over, future: future.future, first })
}

/// The bits of some events, any number of conditions, without counting.
pub(crate) fn masks_of(
    table: &EventTable,
    conditions: &[Condition<'_>],
    as_of: Time,
    events: Range<usize>,
) -> Vec<u64> {
    let mut masks = vec![0_u64; events.len()];
    for conditions in conditions.chunks(MAX_CONDITIONS) {
        let compiled = Compiled::new(table, conditions, as_of);
        let mut more = vec![0_u64; events.len()];
        compiled.chunk(events.start, &mut more, &compiled.by_name_spread(&|mask| mask), &|mask| mask);
        masks.iter_mut().zip(more).for_each(|(mask, more)| *mask |= more);
    }
    masks
}

#[derive(Clone, Debug, Default)]
struct Counts {
    events: Vec<u64>,
    passed_over: Vec<u64>,
    future: u64,
}

impl Counts {
    fn of(conditions: usize) -> Counts {
        Counts { events: vec![0; conditions], passed_over: vec![0; conditions], future: 0 }
    }

    fn plus(mut self, other: Counts) -> Counts {
        for (sum, more) in self.events.iter_mut().zip(other.events) {
            *sum += more;
        }
        for (sum, more) in self.passed_over.iter_mut().zip(other.passed_over) {
            *sum += more;
        }
        self.future += other.future;
        self
    }

    /// Without those of events that were counted, too, but lie in the future.
    fn minus(mut self, future: &Counts) -> Counts {
        for (sum, less) in self.events.iter_mut().zip(&future.events) {
            *sum -= less;
        }
        for (sum, less) in self.passed_over.iter_mut().zip(&future.passed_over) {
            *sum -= less;
        }
        self
    }
}

struct Compiled<'a> {
    table: &'a EventTable,
    /// For each name code: the conditions whose names include it, as bits by index.
    by_name: Vec<u64>,
    /// Conditions with filters, as bits by index.
    filtered: u64,
    filters: Vec<Vec<Judged<'a>>>,
    bits: Vec<u64>,
    /// True when a condition's bits are its index, for all conditions.
    plain: bool,
    as_of: i64,
}

/// A filter with its verdict on each distinct value, looked up by code.
struct Judged<'a> {
    codes: Option<&'a Codes>,
    verdicts: Vec<Verdict>,
}

impl<'a> Judged<'a> {
    fn new(table: &'a EventTable, filter: &Filter) -> Judged<'a> {
        let column: Option<&Column> = table.column(&filter.property).map(AsRef::as_ref);
        let mut verdicts = vec![filter.test.judge(None)];
        verdicts.extend(column.iter().flat_map(|c| &c.values).map(|value| filter.test.judge(Some(value))));
        Judged { codes: column.map(|column| &column.codes), verdicts }
    }

    fn verdict(&self, event: usize) -> Verdict {
        self.verdicts[self.codes.map_or(0, |codes| codes.at(event) as usize)]
    }
}

impl<'a> Compiled<'a> {
    fn new(table: &'a EventTable, conditions: &[Condition<'a>], as_of: Time) -> Compiled<'a> {
        let mut by_name = vec![0_u64; table.event_names().len()];
        for (index, condition) in conditions.iter().enumerate() {
            for (code, name) in table.event_names().iter().enumerate() {
                if condition.events.is_empty() || condition.events.contains(name) {
                    by_name[code] |= 1 << index;
                }
            }
        }
        let judged =
            |condition: &Condition<'a>| condition.filters.iter().map(|f| Judged::new(table, f)).collect();
        let filters: Vec<Vec<Judged<'a>>> = conditions.iter().map(judged).collect();
        let filtered = filters.iter().enumerate().filter(|(_, f)| !f.is_empty()).map(|(i, _)| 1 << i).sum();
        let bits: Vec<u64> = conditions.iter().map(|condition| condition.bits).collect();
        let plain = bits.iter().enumerate().all(|(index, bits)| *bits == 1 << index);
        Compiled { table, by_name, filtered, filters, bits, plain, as_of: as_of.0 }
    }

    /// Fills the masks and counts the conditions with filters, future events included.
    fn run<M: Copy + Send + Sync>(
        &self,
        masks: &mut [M],
        narrow: impl Fn(u64) -> M + Sync,
        progress: &Progress,
    ) -> Result<Counts, Cancelled> {
        let total = self.table.events() as u64;
        let by_name = self.by_name_spread(&narrow);
        let chunk = |(index, masks): (usize, &mut [M])| {
            let from = index * CHUNK;
            progress.at(from as u64, total)?;
            Ok(self.chunk(from, masks, &by_name, &narrow))
        };
        let empty = || Counts::of(self.bits.len());
        masks
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(chunk)
            .try_reduce(empty, |sum, more| Ok(Counts::plus(sum, more)))
    }

    fn by_name_spread<M>(&self, narrow: &impl Fn(u64) -> M) -> Vec<M> {
        self.by_name.iter().map(|met| narrow(self.spread(*met))).collect()
    }

    fn chunk<M: Copy>(
        &self,
        from: usize,
        masks: &mut [M],
        by_name: &[M],
        narrow: &impl Fn(u64) -> M,
    ) -> Counts {
        let events = from..from + masks.len();
        by_width!(self.table.names(), names => self.named(from, &names[events], masks, by_name, narrow))
    }

    fn named<M: Copy>(
        &self,
        from: usize,
        names: &[impl Code],
        masks: &mut [M],
        by_name: &[M],
        narrow: &impl Fn(u64) -> M,
    ) -> Counts {
        let mut counts = Counts::of(self.bits.len());
        for (offset, (mask, name)) in masks.iter_mut().zip(names).enumerate() {
            *mask = by_name[name.place()];
            let met = self.by_name[name.place()];
            if met & self.filtered != 0 {
                let met = self.filter(met, from + offset, &mut counts.passed_over);
                count_bits(met & self.filtered, &mut counts.events);
                *mask = narrow(self.spread(met));
            }
        }
        counts
    }

    /// What is told by the ends of persons: what events later than as-of, their last ones, add to the counts, and
    /// when the first matching event came.
    fn ends(
        &self,
        masks: &Masks<'_>,
        first: First,
        progress: &Progress,
    ) -> Result<(Counts, Option<i64>), Cancelled> {
        // Names know when their first event came.
        let (of_names, first) = match masks {
            Masks::Named { bits, .. } if first == First::Wanted => {
                let met = bits.iter().zip(self.table.by_name()).filter(|(bits, _)| **bits != 0);
                (met.filter_map(|(_, of_name)| of_name.earliest).min(), First::NotAsked)
            }
            Masks::Named { .. } | Masks::Narrow(_) | Masks::Wide(_) => (None, first),
        };
        let of_names = of_names.map(|time| time.0).filter(|time| *time <= self.as_of);
        let any_future = self.table.latest().is_some_and(|latest| latest.0 > self.as_of);
        let empty = || (Counts::of(self.bits.len()), i64::MAX);
        if !any_future && first == First::NotAsked {
            return Ok((empty().0, of_names));
        }
        let (times, persons) = (self.table.times(), self.table.persons());
        let some = |from: &usize| {
            progress.at(*from as u64, persons as u64)?;
            let (mut future, mut earliest) = empty();
            for person in *from..(from + CHUNK).min(persons) {
                let events = self.table.person_events(person);
                if any_future && times[events.clone()].last().is_some_and(|last| *last > self.as_of) {
                    self.count_future(events.clone(), &mut future);
                }
                // Few persons begin before all those looked at.
                if first == First::Wanted && times[events.clone()].first().is_some_and(|t| *t < earliest) {
                    let mut events = events.take_while(|event| times[*event] < earliest);
                    let found = events.find(|event| masks.get(*event) != 0);
                    earliest = found.map_or(earliest, |event| times[event]);
                }
            }
            Ok((future, earliest))
        };
        let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
        let join = |(a, first): (Counts, i64), (b, other): (Counts, i64)| Ok((a.plus(b), first.min(other)));
        let (future, earliest) = chunks.par_iter().map(some).try_reduce(empty, join)?;
        Ok((future, of_names.or((earliest <= self.as_of).then_some(earliest))))
    }

    /// Counts the last events of a person that are later than as-of.
    fn count_future(&self, events: Range<usize>, counts: &mut Counts) {
        for event in events.rev().take_while(|event| self.table.times()[*event] > self.as_of) {
            counts.future += 1;
            let met = self.by_name[self.table.names().at(event) as usize];
            let met = self.filter(met, event, &mut counts.passed_over);
            count_bits(met, &mut counts.events);
        }
    }

    /// With the events of the conditions without filters, which the names alone tell.
    fn plus_unfiltered(&self, mut counts: Counts) -> Counts {
        for (met, of_name) in self.by_name.iter().zip(self.table.by_name()) {
            for (index, sum) in counts.events.iter_mut().enumerate() {
                *sum += if (met & !self.filtered) >> index & 1 == 1 { of_name.events } else { 0 };
            }
        }
        counts
    }

    fn filter(&self, mut met: u64, event: usize, passed_over: &mut [u64]) -> u64 {
        let mut left = met & self.filtered;
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            left &= left - 1;
            let mut verdict = Verdict::Yes;
            for filter in &self.filters[index] {
                match filter.verdict(event) {
                    Verdict::Yes => {}
                    Verdict::No => verdict = if verdict == Verdict::Yes { Verdict::No } else { verdict },
                    Verdict::PassedOver => verdict = Verdict::PassedOver,
                }
            }
            if verdict != Verdict::Yes {
                met &= !(1 << index);
            }
            if verdict == Verdict::PassedOver {
                passed_over[index] += 1;
            }
        }
        met
    }

    fn spread(&self, met: u64) -> u64 {
        if self.plain {
            return met;
        }
        self.bits.iter().enumerate().filter(|(index, _)| met >> index & 1 == 1).fold(0, |all, (_, b)| all | b)
    }
}

fn count_bits(mut met: u64, counts: &mut [u64]) {
    while met != 0 {
        counts[met.trailing_zeros() as usize] += 1;
        met &= met - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::table::TableBuilder;
    use crate::model::predicate::{Comparison, Operand, Test};
    use crate::model::value::Value;

    #[test]
    fn masks_counts_and_passed_over_agree() {
        let mut builder = TableBuilder::default();
        builder.add(1, Time(1), "A", [("v", Value::Number(5.0))]);
        builder.add(1, Time(2), "A", [("v", Value::Text("5".into()))]);
        builder.add(1, Time(3), "B", []);
        builder.add(1, Time(4), "A", [("v", Value::Number(1.0))]);
        builder.add(1, Time(9), "A", [("v", Value::Number(9.0))]);
        let table = builder.build().unwrap();
        let at_least_2 = Filter {
            property: "v".into(),
            test: Test::Compare(Comparison::GreaterOrEqual, Operand::Value(Value::Number(2.0))),
        };
        let (a, any) = (["A".to_owned()], []);
        for wide in [false, true] {
            let high = if wide { 1 << 30 } else { 2 };
            let conditions = [
                Condition::new(&a, std::slice::from_ref(&at_least_2), &[], 1),
                Condition::new(&any, &[], &[], high),
            ];
            let found = matches(&table, &conditions, Time(8), First::Wanted, &Progress::new()).unwrap();
            let masks: Vec<u64> = (0..4).map(|event| found.masks.get(event)).collect();
            assert_eq!(masks, [1 | high, high, high, high]);
            assert_eq!(found.events, [1, 4]);
            assert_eq!(found.passed_over, [1, 0]);
            assert_eq!((found.future, found.first), (1, Some(1)));
        }
    }

    #[test]
    fn a_property_that_no_event_has_passes_over_all() {
        let mut builder = TableBuilder::default();
        builder.add(1, Time(1), "A", []);
        let table = builder.build().unwrap();
        let filter = Filter { property: "v".into(), test: Test::Contains("x".into()) };
        let conditions = [Condition::new(&[], std::slice::from_ref(&filter), &[], 1)];
        let found = matches(&table, &conditions, Time(8), First::Wanted, &Progress::new()).unwrap();
        assert_eq!((found.events[0], found.passed_over[0], found.first), (0, 1, None));
    }
}
