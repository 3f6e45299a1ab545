//! The bucket of an instant, without a search. Not for where buckets start: see `model::time`.

use std::ops::Range;

use crate::engine::calendar::of_days;
use crate::engine::table::EventTable;
use crate::model::time::{Time, Zone};

/// A table of equal cells, none longer than the shortest bucket, so that at most one bucket ends within a cell.
pub(in crate::engine) struct Buckets {
    /// The instants that count.
    pub(in crate::engine) range: Range<i64>,
    origin: i64,
    shift: u32,
    /// The bucket that each cell begins in.
    cells: Vec<u32>,
    /// The end of each bucket; the last has none.
    ends: Vec<i64>,
}

impl Buckets {
    /// The buckets with these starts, at least one, for the instants of a range.
    pub(in crate::engine) fn new(starts: &[Time], range: Range<i64>) -> Buckets {
        let origin = starts.first().map_or(range.start, |start| start.0.min(range.start));
        let shortest = starts.windows(2).map(|pair| pair[1].0 - pair[0].0).min().unwrap_or(i64::MAX);
        let shift = shortest.max(1).ilog2();
        let mut ends: Vec<i64> = starts.iter().skip(1).map(|start| start.0).collect();
        ends.push(i64::MAX);
        let last = range.end.saturating_sub(1).saturating_sub(origin).max(0) >> shift;
        let mut bucket = 0;
        let begins_in = |cell: i64| {
            while ends[bucket] <= origin + (cell << shift) {
                bucket += 1;
            }
            bucket as u32
        };
        let cells = (0..=last).map(begins_in).collect();
        Buckets { range, origin, shift, cells, ends }
    }

    /// How many there are.
    pub(in crate::engine) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The buckets by day, where every bucket and the range hold whole days of the table's events and these are known.
    pub(in crate::engine) fn by_day<'a>(&self, table: &'a EventTable, zone: Zone) -> Option<ByDay<'a>> {
        let days = table.days(zone)?;
        let place = |time: Time| match time.0 {
            time if time < self.range.start => (0, self.len()),
            time if time >= self.range.end => (2, self.len()),
            time => (1, self.of(time)),
        };
        let of_day = of_days(table, days, place)?.into_iter().map(|(_, bucket)| bucket).collect();
        Some(ByDay { of_event: &days.of_event, of_day })
    }

    /// For many times after each other.
    pub(in crate::engine) fn view(&self) -> View<'_> {
        View { origin: self.origin, shift: self.shift, cells: &self.cells, ends: &self.ends }
    }

    /// The bucket of an instant of the range; the first for one before all.
    pub(in crate::engine) fn of(&self, time: i64) -> usize {
        self.view().of(time)
    }
}

/// The buckets of days, two bytes an event instead of eight.
pub(in crate::engine) struct ByDay<'a> {
    /// The day of each event.
    pub(in crate::engine) of_event: &'a [u16],
    /// The bucket of each day, one past the last bucket for days out of range.
    pub(in crate::engine) of_day: Vec<usize>,
}

/// The tables by value, which a loop that writes elsewhere need not read again for each event.
#[derive(Clone, Copy)]
pub(in crate::engine) struct View<'a> {
    origin: i64,
    shift: u32,
    cells: &'a [u32],
    ends: &'a [i64],
}

impl View<'_> {
    /// As [`Buckets::of`].
    pub(in crate::engine) fn of(self, time: i64) -> usize {
        let bucket = self.cells[((time - self.origin) >> self.shift) as usize] as usize;
        bucket + usize::from(time >= self.ends[bucket])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{DAY_US, Interval, Zone};

    #[test]
    fn instants_around_every_border_find_their_bucket() {
        // Days of 23 and of 25 hours are among them.
        let zone = Zone::named("Europe/Berlin").unwrap();
        let range = 1_767_229_200_000_123..1_767_229_200_000_123 + 400 * DAY_US;
        for interval in Interval::ALL {
            let starts = interval.starts(Time(range.start), Time(range.end - 1), zone);
            let buckets = Buckets::new(&starts, range.clone());
            assert_eq!(buckets.len(), starts.len());
            for (index, start) in starts.iter().enumerate() {
                for time in [start.0, start.0 + 1, start.0 + DAY_US / 2, start.0 - 1] {
                    let expected = if time < start.0 { index.saturating_sub(1) } else { index };
                    if range.contains(&time) {
                        assert_eq!(buckets.of(time), expected, "{interval:?} {index} {time}");
                    }
                }
            }
        }
        let one = Buckets::new(&[Time(5)], 5..900);
        assert_eq!((one.len(), one.of(5), one.of(899)), (1, 0, 0));
    }
}
