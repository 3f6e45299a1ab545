//! Which cohorts and periods a retention has. Not for who is in them.

use std::ops::Range;

use crate::engine::table::EventTable;
use crate::engine::trend::buckets::{Buckets, View};
use crate::model::retention::{COHORT_LIMIT, Retention};
use crate::model::time::{DAY_US, Time, Zone};

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

    /// The period of an instant of the range.
    pub(super) fn view(&self) -> View<'_> {
        self.buckets.view()
    }
}
