//! Counting events or persons in few sums: steps that names tell, without a breakdown. Not for more of them: see
//! `count`.

use std::ops::Range;

use super::buckets::ByDay;
use crate::engine::codes::Code;

/// How many of each sum there are. Events of one name on one day follow each other, and each would wait for the sum of
/// the one before: some sums take turns.
pub(super) const TURNS: usize = 4;

/// Some persons, and the sums that they are added to: for each step and each bucket one, and another for what fills no
/// step or lies out of range, so that nothing has to be asked of an event.
pub(super) struct Few<'a, C> {
    /// First event of each person.
    pub(super) starts: &'a [u32],
    /// Of all events.
    pub(super) names: &'a [C],
    /// The step of each name; one past the last for those that fill none.
    pub(super) steps: &'a [u32],
    pub(super) buckets: usize,
    pub(super) persons: Range<usize>,
    pub(super) turns: &'a mut Vec<[u32; TURNS]>,
}

impl<C: Code> Few<'_, C> {
    /// Counts every event.
    pub(super) fn events_by_day(mut self, days: &ByDay<'_>) {
        let rows = self.rows();
        let events = self.all_events();
        let turns = self.turns.as_mut_slice();
        let (names, names_left) = self.names[events.clone()].as_chunks::<TURNS>();
        let (of_event, left) = days.of_event[events].as_chunks::<TURNS>();
        let place = |name: C, day: u16| rows[name.place()] + days.of_day[usize::from(day)];
        for (names, days) in names.iter().zip(of_event) {
            for turn in 0..TURNS {
                turns[place(names[turn], days[turn])][turn] += 1;
            }
        }
        for (name, day) in names_left.iter().zip(left) {
            turns[place(*name, *day)][0] += 1;
        }
    }

    /// Counts every person once in a bucket, when every event counts: first wherever the bucket is another than that
    /// of the event before, then the persons who begin in the bucket in which the one before ended.
    pub(super) fn persons_by_day(mut self, days: &ByDay<'_>) {
        self.rows();
        let events = self.all_events();
        let bucket = |event: usize| days.of_day[usize::from(days.of_event[event])];
        let mut before = usize::MAX;
        for (at, day) in days.of_event[events.clone()].iter().enumerate() {
            let now = days.of_day[usize::from(*day)];
            self.turns[now][at % TURNS] += u32::from(now != before);
            before = now;
        }
        for pair in self.starts[self.persons.start..=self.persons.end].windows(2) {
            let (from, to) = (pair[0] as usize, pair[1] as usize);
            if from < to && from > events.start {
                let now = bucket(from);
                self.turns[now][0] += u32::from(now == bucket(from - 1));
            }
        }
    }

    /// Counts the events that `of` gives of each person, or each person once in a step and bucket. `last` has a place
    /// for each step and one more.
    pub(super) fn of_persons<const DISTINCT: bool>(
        mut self,
        of: impl Fn(usize) -> Range<usize>,
        bucket: impl Fn(usize) -> usize,
        last: &mut [(u32, u32)],
    ) {
        let rows = self.rows();
        let mut turn = 0;
        for person in self.persons.clone() {
            let events = of(person);
            for (event, name) in events.clone().zip(&self.names[events]) {
                let now = bucket(event);
                let mut counts = true;
                if DISTINCT {
                    // Buckets and persons fit: there are fewer of them than events.
                    let last = &mut last[self.steps[name.place()] as usize];
                    counts = *last != (person as u32, now as u32);
                    *last = (person as u32, now as u32);
                }
                self.turns[rows[name.place()] + now][turn % TURNS] += u32::from(counts);
                turn += 1;
            }
        }
    }

    /// Where the sums of each name are; makes room for them.
    fn rows(&mut self) -> Vec<usize> {
        let stride = self.buckets + 1;
        let most = self.steps.iter().max().map_or(0, |step| *step as usize);
        if self.turns.len() < (most + 1) * stride {
            self.turns.resize((most + 1) * stride, [0; TURNS]);
        }
        self.steps.iter().map(|step| *step as usize * stride).collect()
    }

    fn all_events(&self) -> Range<usize> {
        self.starts[self.persons.start] as usize..self.starts[self.persons.end] as usize
    }
}
