//! Puts the events of several runs in the order of persons. Not for reading runs: see `load`.

use rayon::prelude::*;

use crate::base::{Cancelled, Progress};

/// Events of one run, as they stand in the concatenated columns.
pub(crate) struct Part {
    /// Where its events begin.
    pub(crate) from: usize,
    /// Identifiers or persons, ascending.
    pub(crate) keys: Vec<u32>,
    /// Events of each.
    pub(crate) counts: Vec<u32>,
    /// Whether the keys are the persons looked for, and not identifiers.
    pub(crate) is_by_person: bool,
    /// The identifier of each event, where one key has several of different persons.
    pub(crate) owners: Option<Vec<u32>>,
    /// Rows that were removed.
    pub(crate) tombstones: Vec<(u32, u32)>,
}

/// The order of persons, and within them of time and arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    pub(crate) person_ids: Vec<u32>,
    /// First event of each person, and the number of events.
    pub(crate) person_starts: Vec<u32>,
    /// For each event its place in the concatenated columns.
    pub(crate) source: Vec<u32>,
}

/// Why there is no order.
#[derive(Debug)]
pub(crate) enum Unordered {
    Cancelled,
    /// An event's identifier is of nobody.
    Identifier(u32),
    /// Keys and events contradict each other.
    Lengths,
}

impl From<Cancelled> for Unordered {
    fn from(_: Cancelled) -> Self {
        Unordered::Cancelled
    }
}

/// A number that stands for nothing.
pub(crate) const UNKNOWN: u32 = u32::MAX;

const KEYS_AT_ONCE: usize = 4_096;
/// Events put in order by one task.
const EVENTS_A_TASK: usize = 1 << 16;

/// Sorts only where events of a person come from several places; `persons` gives the person of each identifier.
pub(crate) fn order(
    parts: &[Part],
    (times, rows): (&[i64], &[u32]),
    persons: &[u32],
    progress: &Progress,
) -> Result<Order, Unordered> {
    let mut stretches = Vec::new();
    for part in parts {
        progress.at(0, 0)?;
        stretches.extend(stretches_of(part, rows, persons)?);
    }
    progress.at(0, 0)?;
    stretches.par_sort_unstable_by_key(|stretch| (stretch.person, stretch.from));
    let mut order = Order::default();
    let mut end = 0_u32;
    order.person_starts.push(0);
    for person in stretches.chunk_by(|a, b| a.person == b.person) {
        order.person_ids.push(person[0].person);
        end += person.iter().map(|stretch| stretch.length).sum::<u32>();
        order.person_starts.push(end);
    }
    progress.at(0, 0)?;
    order.source = vec![0; end as usize];
    let mut tasks = Vec::new();
    let mut rest = order.source.as_mut_slice();
    let (mut first, mut at, mut length) = (0, 0, 0);
    for person in stretches.chunk_by(|a, b| a.person == b.person) {
        at += person.len();
        length += person.iter().map(|stretch| stretch.length as usize).sum::<usize>();
        if length >= EVENTS_A_TASK || at == stretches.len() {
            let (out, after) = rest.split_at_mut(length);
            tasks.push((out, first..at));
            (rest, first, length) = (after, at, 0);
        }
    }
    tasks.into_par_iter().try_for_each(|(out, range)| {
        if progress.is_cancelled() {
            return Err(Unordered::Cancelled);
        }
        fill(out, &stretches[range], times, rows);
        Ok(())
    })?;
    Ok(order)
}

/// The values of a concatenated column, in order.
pub(crate) fn gather<T: Copy + Send + Sync>(source: &[u32], column: &[T]) -> Vec<T> {
    source.par_iter().with_min_len(EVENTS_A_TASK).map(|from| column[*from as usize]).collect()
}

/// Events of one person that stand side by side, by time and arrival.
struct Stretch {
    person: u32,
    from: u32,
    length: u32,
}

fn stretches_of(part: &Part, rows: &[u32], persons: &[u32]) -> Result<Vec<Stretch>, Unordered> {
    let mut from = part.from as u32;
    let mut keyed = Vec::with_capacity(part.keys.len());
    for (key, length) in part.keys.iter().zip(&part.counts) {
        keyed.push(Stretch { person: *key, from, length: *length });
        from = from.checked_add(*length).ok_or(Unordered::Lengths)?;
    }
    if part.is_by_person && part.tombstones.is_empty() {
        return Ok(keyed);
    }
    if part.owners.is_none() && part.tombstones.is_empty() {
        for stretch in &mut keyed {
            stretch.person = person_of(persons, stretch.person)?;
        }
        return Ok(keyed);
    }
    let split: Vec<Vec<Stretch>> = keyed
        .par_chunks(KEYS_AT_ONCE)
        .map(|keyed| {
            let mut split = Vec::with_capacity(keyed.len());
            keyed.iter().try_for_each(|one| split_up(part, one, rows, persons, &mut split))?;
            Ok(split)
        })
        .collect::<Result<_, Unordered>>()?;
    Ok(split.into_iter().flatten().collect())
}

/// Leaves removed events out, and splits where the person changes.
fn split_up(
    part: &Part,
    keyed: &Stretch,
    rows: &[u32],
    persons: &[u32],
    split: &mut Vec<Stretch>,
) -> Result<(), Unordered> {
    for at in keyed.from..keyed.from + keyed.length {
        if is_gone(&part.tombstones, rows[at as usize]) {
            continue;
        }
        let person = match &part.owners {
            _ if part.is_by_person => keyed.person,
            Some(owners) => person_of(persons, owners[at as usize - part.from])?,
            None => person_of(persons, keyed.person)?,
        };
        match split.last_mut() {
            Some(last) if last.person == person && last.from + last.length == at => last.length += 1,
            Some(_) | None => split.push(Stretch { person, from: at, length: 1 }),
        }
    }
    Ok(())
}

fn person_of(persons: &[u32], identifier: u32) -> Result<u32, Unordered> {
    let person = persons.get(identifier as usize).copied().filter(|person| *person != UNKNOWN);
    person.ok_or(Unordered::Identifier(identifier))
}

/// Whether a row is in one of the ranges, which ascend.
pub(crate) fn is_gone(tombstones: &[(u32, u32)], row: u32) -> bool {
    let after = tombstones.partition_point(|range| range.0 <= row);
    after > 0 && tombstones[after - 1].1 >= row
}

fn fill(out: &mut [u32], stretches: &[Stretch], times: &[i64], rows: &[u32]) {
    let mut done = 0;
    for person in stretches.chunk_by(|a, b| a.person == b.person) {
        let first = done;
        for stretch in person {
            for from in stretch.from..stretch.from + stretch.length {
                out[done] = from;
                done += 1;
            }
        }
        if person.len() > 1 {
            // Already in order where the stretches follow each other.
            out[first..done].sort_by_key(|at| (times[*at as usize], rows[*at as usize]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from: usize, keys: &[(u32, u32)]) -> Part {
        Part {
            from,
            keys: keys.iter().map(|pair| pair.0).collect(),
            counts: keys.iter().map(|pair| pair.1).collect(),
            is_by_person: false,
            owners: None,
            tombstones: Vec::new(),
        }
    }

    #[test]
    fn events_of_a_person_meet_from_several_runs_and_identifiers() {
        // Identifiers 1 and 3 are person 1; 2 is a person of its own.
        let parts = [part(0, &[(1, 2), (2, 1)]), part(3, &[(2, 1), (3, 2)])];
        let times = [10, 20, 5, 4, 15, 20];
        let rows = [1, 2, 3, 4, 5, 6];
        let found = order(&parts, (&times, &rows), &[UNKNOWN, 1, 2, 1], &Progress::new()).unwrap();
        assert_eq!(found.person_ids, [1, 2]);
        assert_eq!(found.person_starts, [0, 4, 6]);
        assert_eq!(found.source, [0, 4, 1, 5, 3, 2]);
        assert_eq!(gather(&found.source, &times), [10, 15, 20, 20, 4, 5]);
        let unknown = order(&parts, (&times, &rows), &[UNKNOWN, 1, 2], &Progress::new());
        assert!(matches!(unknown, Err(Unordered::Identifier(3))));
    }

    #[test]
    fn removed_events_are_left_out_and_a_person_that_fell_apart_is_two() {
        let mut base = part(0, &[(1, 3), (2, 1)]);
        base.owners = Some(vec![1, 3, 1, 2]);
        base.tombstones = vec![(4, 4)];
        let found =
            order(&[base], (&[1, 2, 3, 4], &[1, 2, 3, 4]), &[UNKNOWN, 1, 2, 3], &Progress::new()).unwrap();
        assert_eq!(found.person_ids, [1, 3]);
        assert_eq!(found.source, [0, 2, 1]);
    }

    #[test]
    fn rows_are_gone_within_ranges_only() {
        let ranges = [(3, 5), (9, 9)];
        let gone: Vec<u32> = (0..12).filter(|row| is_gone(&ranges, *row)).collect();
        assert_eq!(gone, [3, 4, 5, 9]);
    }
}
