//! One person's cohorts and the periods in which she came back. Not for counting them.

use std::ops::Range;

use super::frame::{ByDay, Frame};
use crate::engine::funnel::{Labels, NONE};
use crate::engine::table::EventTable;
use crate::engine::trend::buckets::View;
use crate::model::retention::{Cohorts, RETURN, Retention, START};

/// Bit 63 stands for all that is later than is told.
const LATER: u32 = 63;
pub(super) const IS_START: u64 = 1 << START;
pub(super) const IS_RETURN: u64 = 1 << RETURN;

/// What is asked of each person.
pub(super) struct Walk<'a> {
    pub(super) table: &'a EventTable,
    pub(super) frame: &'a Frame,
    pub(super) view: View<'a>,
    /// What days tell, where they tell all.
    pub(super) days: Option<&'a ByDay<'a>>,
    labels: Option<&'a Labels>,
    pub(super) recurring: bool,
    unbounded: bool,
    /// The bits of the periods that are told.
    told: u64,
    /// Nobody asks who came back.
    pub(super) only_cohorts: bool,
}

/// A person in a cohort.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The cohort's index.
    pub(super) cohort: usize,
    /// Bit n: came back in period n of those told.
    pub(super) bits: u64,
    /// The label of her value.
    pub(super) label: u32,
}

/// Room for a person's periods, one bit each, used again for the next person.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    started: Vec<u64>,
    returned: Vec<u64>,
    /// Returned in the period not before the start event of it.
    returned_in_first: Vec<u64>,
}

/// What became of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// In a cohort at least.
    Counted,
    /// In one that is too early to be told.
    LeftOut,
    /// In none.
    None,
}

impl Found {
    /// Adds her to a block of sums: for each cohort its size, then who came back by period.
    pub(super) fn add(&self, sums: &mut [u64], periods: usize) {
        let from = self.cohort * (periods + 2);
        let sums = &mut sums[from..from + periods + 2];
        sums[0] += 1;
        let mut bits = self.bits;
        while bits != 0 {
            sums[1 + bits.trailing_zeros() as usize] += 1;
            bits &= bits - 1;
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        table: &'a EventTable,
        query: &Retention,
        frame: &'a Frame,
        (days, labels): (Option<&'a ByDay<'a>>, Option<&'a Labels>),
    ) -> Walk<'a> {
        Walk {
            table,
            frame,
            view: frame.view(),
            days,
            labels,
            recurring: query.cohorts == Cohorts::Recurring,
            unbounded: query.unbounded,
            told: (2_u64 << query.periods) - 1,
            only_cohorts: false,
        }
    }

    /// The same, of cohorts alone: nobody came back.
    pub(super) fn of_cohorts_alone(&self) -> Walk<'a> {
        Walk { only_cohorts: true, ..*self }
    }

    /// Calls `tell` for each cohort of a person.
    pub(super) fn person(
        &self,
        person: usize,
        mask: &impl Fn(usize) -> u64,
        scratch: &mut Scratch,
        mut tell: impl FnMut(&Found),
    ) -> Outcome {
        if let Some(days) = self.days {
            return self.by_day(days, person, mask, tell);
        }
        let events = self.events(person);
        if self.recurring {
            return self.recurring(events, mask, scratch, tell);
        }
        let Some(start) = events.clone().find(|event| mask(*event) & IS_START != 0) else {
            return Outcome::None;
        };
        let times = self.table.times();
        let at = times[start];
        if !self.frame.bounds.contains(&at) {
            let is_early = !self.frame.is_ranged && at < self.frame.bounds.start;
            return if is_early { Outcome::LeftOut } else { Outcome::None };
        }
        let cohort = self.view.of(at);
        let begin = events.start + times[events.start..start].partition_point(|time| *time < at);
        let mut bits = 0_u64;
        if !self.only_cohorts {
            for (event, time) in (begin..).zip(&times[begin..events.end]) {
                let period = (self.view.of(*time) - cohort) as u32;
                bits |= ((mask(event) & IS_RETURN) >> RETURN) << period.min(LATER);
            }
        }
        tell(&Found { cohort, bits: self.told(bits), label: self.label(events, mask) });
        Outcome::Counted
    }

    fn recurring(
        &self,
        events: Range<usize>,
        mask: &impl Fn(usize) -> u64,
        scratch: &mut Scratch,
        mut tell: impl FnMut(&Found),
    ) -> Outcome {
        let times = self.table.times();
        let first =
            events.start + times[events.clone()].partition_point(|time| *time < self.frame.range.start);
        if self.frame.periods() <= 64 {
            return self.recurring_in_a_word(events, first, mask, tell);
        }
        scratch.clear(self.frame.periods());
        // The latest period of a return, one more than its place.
        let (mut latest, mut returned_at) = (0, i64::MIN);
        for (event, time) in (first..).zip(&times[first..events.end]) {
            let (at, met) = (*time, mask(event));
            if met == 0 {
                continue;
            }
            let period = self.view.of(at);
            if met & IS_START != 0 && self.frame.bounds.contains(&at) && !is_set(&scratch.started, period) {
                set(&mut scratch.started, period);
                if returned_at == at {
                    set(&mut scratch.returned_in_first, period);
                }
            }
            if met & IS_RETURN != 0 {
                set(&mut scratch.returned, period);
                if is_set(&scratch.started, period) {
                    set(&mut scratch.returned_in_first, period);
                }
                (latest, returned_at) = (period + 1, at);
            }
        }
        let mut label = None;
        for cohort in ones(&scratch.started) {
            let mut bits = from(&scratch.returned, cohort) & !1 & !(1 << LATER);
            bits |= u64::from(is_set(&scratch.returned_in_first, cohort));
            if latest > cohort + LATER as usize {
                bits |= 1 << LATER;
            }
            let label = *label.get_or_insert_with(|| self.label(events.clone(), mask));
            tell(&Found { cohort, bits: self.told(bits), label });
        }
        if label.is_some() { Outcome::Counted } else { self.uncounted(events.start..first, mask) }
    }

    /// The same where all periods fit into a word: what nearly every question asks.
    fn recurring_in_a_word(
        &self,
        events: Range<usize>,
        first: usize,
        mask: &impl Fn(usize) -> u64,
        mut tell: impl FnMut(&Found),
    ) -> Outcome {
        let times = self.table.times();
        let (mut started, mut returned, mut returned_in_first, mut returned_at) =
            (0_u64, 0_u64, 0_u64, i64::MIN);
        for (event, time) in (first..).zip(&times[first..events.end]) {
            let (at, met, period) = (*time, mask(event), self.view.of(*time));
            let starts = met >> START & 1 & u64::from(self.frame.bounds.contains(&at));
            let fresh = (starts << period) & !started;
            started |= fresh;
            // A return event of the same instant may have come before it.
            returned_in_first |= if returned_at == at { fresh } else { 0 };
            let returns = (met >> RETURN & 1) << period;
            returned |= returns;
            returned_in_first |= returns & started;
            returned_at = if returns == 0 { returned_at } else { at };
        }
        if started == 0 {
            return self.uncounted(events.start..first, mask);
        }
        let label = self.label(events, mask);
        let mut left = started;
        while left != 0 {
            let cohort = left.trailing_zeros() as usize;
            left &= left - 1;
            let bits = (returned >> cohort) & !1 | returned_in_first >> cohort & 1;
            tell(&Found { cohort, bits: self.told(bits), label });
        }
        Outcome::Counted
    }

    /// Of a person in no cohort, whose events before all of them these are.
    fn uncounted(&self, mut before: Range<usize>, mask: &impl Fn(usize) -> u64) -> Outcome {
        let is_early = !self.frame.is_ranged && before.any(|event| mask(event) & IS_START != 0);
        if is_early { Outcome::LeftOut } else { Outcome::None }
    }

    /// Of the periods with a return event those in which she came back.
    pub(super) fn told(&self, bits: u64) -> u64 {
        match bits.checked_ilog2() {
            Some(latest) if self.unbounded => (u64::MAX >> (63 - latest)) & self.told,
            Some(_) | None => bits & self.told,
        }
    }

    pub(super) fn label(&self, events: Range<usize>, mask: &impl Fn(usize) -> u64) -> u32 {
        let starts = |event| mask(event) & IS_START != 0;
        self.labels.map_or(NONE, |labels| labels.touch(self.table.times(), starts, events, false))
    }

    /// Her events up to as-of.
    pub(super) fn events(&self, person: usize) -> Range<usize> {
        let events = self.table.person_events(person);
        let times = &self.table.times()[events.clone()];
        let end = self.frame.range.end;
        match times.last() {
            Some(last) if *last >= end => {
                events.start..events.start + times.partition_point(|time| *time < end)
            }
            Some(_) | None => events,
        }
    }

    /// True when a return event of this time, which is not before her start event, makes her one who came back in a
    /// period of a cohort.
    pub(super) fn is_back(&self, at: i64, cohort: usize, period: usize) -> bool {
        let own = self.view.of(at);
        if self.unbounded { own >= cohort + period } else { own == cohort + period }
    }
}

impl Scratch {
    fn clear(&mut self, periods: usize) {
        let words = periods.div_ceil(64);
        for bits in [&mut self.started, &mut self.returned, &mut self.returned_in_first] {
            bits.clear();
            bits.resize(words, 0);
        }
    }
}

fn set(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

fn is_set(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

/// The 64 bits from a place on.
fn from(bits: &[u64], at: usize) -> u64 {
    let (word, shift) = (at / 64, at % 64);
    let next = if shift == 0 { 0 } else { bits.get(word + 1).map_or(0, |next| next << (64 - shift)) };
    bits[word] >> shift | next
}

/// The places of the bits that are set.
fn ones(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, bits)| {
        std::iter::successors((*bits != 0).then_some(*bits), |bits| {
            let rest = bits & (bits - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |bits| word * 64 + bits.trailing_zeros() as usize)
    })
}
