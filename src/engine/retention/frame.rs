//! Which cohorts and periods a retention has. Not for who is in them.

use std::ops::Range;

use crate::engine::calendar::of_days;
use crate::engine::table::EventTable;
use crate::engine::trend::buckets::{Buckets, View};
use crate::model::retention::{COHORT_LIMIT, Retention};
use crate::model::time::{DAY_US, Time, Zone};

/// What is known of events by their days.
pub(super) struct ByDay<'a> {
    /// The day of each event.
    pub(super) of_event: &'a [u16],
    /// Of each day.
    pub(super) of_day: Vec<Day>,
    /// The bit of each day.
    pub(super) bits: Vec<u64>,
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// Its period; no bit for what is before all.
    pub(super) bit: u64,
    /// Start events count.
    pub(super) starts: bool,
    /// It is before those that count.
    pub(super) is_early: bool,
}

/// Periods from that of the first cohort; a period's place is its index.
pub(super) struct Frame {
    starts: Vec<Time>,
    cohorts: usize,
    /// The end of the last listed period.
    last_end: Time,
    buckets: Buckets,
    /// The instants of start events that count.
    pub(super) bounds: Range<i64>,
    /// The instants that count at all: from the first cohort to as-of.
    pub(super) range: Range<i64>,
    /// False where earlier cohorts would be told, if they were not too many.
    pub(super) is_ranged: bool,
}

impl ByDay<'_> {
    /// The bit of every day that can be, which needs no check whether there is one.
    pub(super) fn bits_of_all(&self) -> Box<[u64; 1 << 16]> {
        let mut all = Box::new([0; 1 << 16]);
        all.iter_mut().zip(&self.bits).for_each(|(all, bit)| *all = *bit);
        all
    }
}

impl Frame {
    /// The frame of a question; `None` when there is nothing to tell.
    pub(super) fn new(table: &EventTable, query: &Retention, as_of: Time, zone: Zone) -> Option<Frame> {
        let end = as_of.plus(1);
        // Longer than any period, also where clocks change.
        let longest = query.interval.least_us() + 4 * DAY_US;
        let (from, to) = match query.between {
            Some((from, to)) => (from, to.min(end)),
            None => (table.earliest()?.max(as_of.plus(-longest * COHORT_LIMIT as i64)), end),
        };
        if from >= to {
            return None;
        }
        let mut own = query.interval.starts(from, to.plus(-1), zone);
        if query.between.is_none() {
            own.drain(..own.len().saturating_sub(COHORT_LIMIT));
        }
        let (first, last) = (*own.first()?, *own.last()?);
        let wanted = own.len() + query.periods;
        // One more than is told: what is later than all of them is in it.
        let until = as_of.min(last.plus(longest * (query.periods as i64 + 2)));
        let mut starts = query.interval.starts(first, until, zone);
        starts.truncate(wanted + 1);
        let after = *starts.last()?;
        let last_end = query.interval.starts(after, after.plus(longest), zone).get(1).copied()?;
        let range = first.0..end.0;
        let bounds = from.max(first).0..to.0;
        let buckets = Buckets::new(&starts, range.clone());
        Some(Frame {
            cohorts: own.len(),
            starts,
            last_end,
            buckets,
            bounds,
            range,
            is_ranged: query.between.is_some(),
        })
    }

    /// How many cohorts there are.
    pub(super) fn cohorts(&self) -> usize {
        self.cohorts
    }

    /// How many periods there are, one for all that is later than is told included.
    pub(super) fn periods(&self) -> usize {
        self.starts.len()
    }

    /// When a period begins.
    pub(super) fn start(&self, period: usize) -> Time {
        self.starts[period]
    }

    /// The cohort of this start.
    pub(super) fn cohort_at(&self, start: Time) -> Option<usize> {
        self.starts[..self.cohorts].binary_search(&start).ok()
    }

    /// The cells of a cohort: of the periods that begin by as-of.
    pub(super) fn cells(&self, cohort: usize, periods: usize) -> usize {
        (self.starts.len() - cohort).min(periods + 1)
    }

    /// True when a period is not over at as-of.
    pub(super) fn is_open(&self, period: usize) -> bool {
        period + 1 == self.starts.len() && self.last_end.0 > self.range.end
    }

    /// What days tell, where no period, cohort or range ends within a day of the table's events and these are known.
    pub(super) fn by_day<'a>(&self, table: &'a EventTable, zone: Zone) -> Option<ByDay<'a>> {
        let days = table.days(zone)?;
        let all_up_to_as_of = table.latest().is_some_and(|latest| latest.0 < self.range.end);
        if !all_up_to_as_of || self.periods() > 64 {
            return None;
        }
        let place = |time: Time| {
            let is_early = time.0 < self.bounds.start;
            let starts = self.bounds.contains(&time.0);
            let period = self.range.contains(&time.0).then(|| self.buckets.of(time.0));
            (period, Day { bit: period.map_or(0, |period| 1 << period), starts, is_early })
        };
        let days_told = of_days(table, days, place)?;
        let of_day: Vec<Day> = days_told.into_iter().map(|(_, day)| day).collect();
        let bits = of_day.iter().map(|day| day.bit).collect();
        Some(ByDay { of_event: &days.of_event, of_day, bits })
    }

    /// The period of an instant of the range.
    pub(super) fn view(&self) -> View<'_> {
        self.buckets.view()
    }
}
