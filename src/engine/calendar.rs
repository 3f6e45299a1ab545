//! The day of each event and where sessions start: columns that follow from the base columns alone. Not for counting by
//! them: see `trend`.

use rayon::prelude::*;

use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::time::{DAY_US, Interval, Time, Zone};

/// Persons looked at between two reports of progress.
const PERSONS_AT_ONCE: usize = 4_096;
/// Days of more than a century, which fit into two bytes; a log that seems to go on for longer has wrong times, and no
/// day column.
const MOST_DAYS: i64 = 65_000;

/// For each event the local day in `zone`, counted from the day of the table's first instant: the days themselves are
/// `starts`. Days are those of [`Interval::starts`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first instant of each day, without gaps.
    pub starts: Vec<Time>,
    /// The index of each event's day in `starts`.
    pub of_event: Vec<u16>,
}

/// The days of all events; `None` when the events are further apart than days can sensibly be counted.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn days(table: &EventTable, zone: Zone, progress: &Progress) -> Result<Option<Days>, Cancelled> {
    let Some(starts) = day_starts(table, zone) else { return Ok(None) };
    let mut of_event = vec![0_u16; table.events()];
    each_person(table, &mut of_event, progress, |times, days| {
        let mut day = 0;
        let (mut from, mut to) = (i64::MAX, i64::MIN);
        for (time, out) in times.iter().zip(days) {
            if *time < from || *time >= to {
                day = starts.partition_point(|start| start.0 <= *time).saturating_sub(1);
                from = starts.get(day).map_or(i64::MIN, |start| start.0);
                to = starts.get(day + 1).map_or(i64::MAX, |start| start.0);
            }
            // Fewer than the most days.
            *out = day as u16;
        }
    })?;
    Ok(Some(Days { starts, of_event }))
}

/// The days that the table's events span; `None` when they are too many. Empty without events.
pub fn day_starts(table: &EventTable, zone: Zone) -> Option<Vec<Time>> {
    let (Some(first), Some(last)) = (table.earliest(), table.latest()) else { return Some(Vec::new()) };
    let is_short = last.0.checked_sub(first.0).is_some_and(|span| span / DAY_US < MOST_DAYS);
    is_short.then(|| Interval::Day.starts(first, last, zone))
}

/// What all instants of a day have in common, for each day on which the table has events; `None` when something
/// changes within one of them. What `key` says never comes again once it has changed.
pub(super) fn of_days<K: PartialEq>(
    table: &EventTable,
    days: &Days,
    key: impl Fn(Time) -> K,
) -> Option<Vec<K>> {
    let (earliest, latest) = (table.earliest()?, table.latest()?);
    let nexts = days.starts.iter().skip(1).map(|next| next.plus(-1)).chain([latest]);
    let of_day = |(start, end): (&Time, Time)| {
        let common = key((*start).max(earliest));
        (common == key(end.min(latest))).then_some(common)
    };
    days.starts.iter().zip(nexts).map(of_day).collect()
}

/// For each event 1 where a session starts: a person's first event, and each one more than `gap_us` after the one
/// before.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn session_starts(table: &EventTable, gap_us: i64, progress: &Progress) -> Result<Vec<u8>, Cancelled> {
    let mut starts = vec![0_u8; table.events()];
    each_person(table, &mut starts, progress, |times, starts| {
        let mut before = None;
        for (time, out) in times.iter().zip(starts) {
            *out = u8::from(before.is_none_or(|before: i64| time.saturating_sub(before) > gap_us));
            before = Some(*time);
        }
    })?;
    Ok(starts)
}

/// Calls `work` with the times and the places of each person's events, in parallel.
fn each_person<T: Send>(
    table: &EventTable,
    out: &mut [T],
    progress: &Progress,
    work: impl Fn(&[i64], &mut [T]) + Sync,
) -> Result<(), Cancelled> {
    let mut tasks = Vec::new();
    let mut rest = out;
    for first in (0..table.persons()).step_by(PERSONS_AT_ONCE) {
        let persons = first..(first + PERSONS_AT_ONCE).min(table.persons());
        let starts = table.person_starts();
        let events = (starts[persons.end] - starts[persons.start]) as usize;
        let (own, after) = rest.split_at_mut(events);
        tasks.push((persons, own));
        rest = after;
    }
    tasks.into_par_iter().try_for_each(|(persons, own)| {
        progress.at(persons.start as u64, table.persons() as u64)?;
        let mut rest = own;
        for person in persons {
            let events = table.person_events(person);
            let (own, after) = rest.split_at_mut(events.len());
            work(&table.times()[events], own);
            rest = after;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::table::TableBuilder;
    use crate::model::time::SESSION_GAP_US;

    fn table() -> EventTable {
        let at = |text: &str| Time::parse(text).unwrap();
        let mut builder = TableBuilder::default();
        builder.add(1, at("2026-03-28T22:59:59Z"), "A", []);
        builder.add(1, at("2026-03-28T23:00:00Z"), "A", []);
        builder.add(1, at("2026-03-29T22:00:00Z"), "A", []);
        builder.add(2, at("2026-03-28T12:00:00Z"), "A", []);
        builder.add(2, at("2026-03-28T12:30:00Z"), "A", []);
        builder.add(2, at("2026-03-28T13:00:00.000001Z"), "A", []);
        builder.build().unwrap()
    }

    #[test]
    fn days_follow_the_zone_also_where_clocks_change() {
        let berlin =
            days(&table(), Zone::named("Europe/Berlin").unwrap(), &Progress::new()).unwrap().unwrap();
        assert_eq!(berlin.of_event, [0, 1, 2, 0, 0, 0]);
        assert_eq!(berlin.starts.len(), 3);
        let utc = days(&table(), Zone::default(), &Progress::new()).unwrap().unwrap();
        assert_eq!(utc.of_event, [0, 0, 1, 0, 0, 0]);
        let none = days(&EventTable::default(), Zone::default(), &Progress::new()).unwrap();
        assert_eq!(none, Some(Days::default()));
    }

    #[test]
    fn a_pause_as_long_as_the_gap_stays_in_the_session() {
        let starts = session_starts(&table(), SESSION_GAP_US, &Progress::new()).unwrap();
        assert_eq!(starts, [1, 0, 1, 1, 0, 1]);
    }

    #[test]
    fn times_of_thousands_of_years_have_no_days() {
        let mut builder = TableBuilder::default();
        builder.add(1, Time(i64::MIN), "A", []);
        builder.add(1, Time(i64::MAX), "A", []);
        assert_eq!(day_starts(&builder.build().unwrap(), Zone::default()), None);
    }
}
