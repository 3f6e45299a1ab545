//! The sessions of some persons as bits, 64 events a word, and their ways. Not for what events are: see `walk`; not for
//! counting ways: see `count`.

use std::ops::Range;

use super::row::{Row, Shape};
use super::walk::{IS_ANCHOR, IS_START, IS_STEP};
use crate::engine::bits::{BITS, bits, window, window_before};
use crate::engine::codes::{Code as _, by_width};
use crate::model::flow::Direction;

/// The way of a session.
pub(super) struct Way<R> {
    /// The anchor's index in the table.
    pub(super) anchor: usize,
    /// One more than the person's first event.
    pub(super) person: u32,
    pub(super) row: R,
}

/// The events of some persons. A list of words holds one bit an event, and words past the last one.
pub(super) struct Block<'a, R: Row> {
    shape: &'a Shape<'a, R>,
    events: Range<usize>,
    codes: Vec<R::Code>,
    persons: Vec<u64>,
    /// Set past the last event.
    starts: Vec<u64>,
    /// Of each session at most one, the anchor, when the block is filled.
    anchors: Vec<u64>,
    steps: Vec<u64>,
}

impl<'a, R: Row> Block<'a, R> {
    pub(super) fn new(shape: &'a Shape<'a, R>) -> Self {
        Block {
            shape,
            events: 0..0,
            codes: Vec::new(),
            persons: Vec::new(),
            starts: Vec::new(),
            anchors: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Takes these persons, by index, instead of the ones before.
    pub(super) fn fill(&mut self, persons: Range<usize>) {
        let walk = self.shape.walk;
        let first_events = &walk.table.person_starts()[persons.start..=persons.end];
        let of = |person: usize| first_events[person] as usize;
        self.events = of(0)..of(persons.len());
        let words = self.events.len() / BITS + 2;
        for (words_of, fill) in [(&mut self.persons, 0), (&mut self.steps, 0), (&mut self.anchors, 0)] {
            words_of.clear();
            words_of.resize(words, fill);
        }
        self.starts.clear();
        self.starts.resize(words, u64::MAX);
        for (word, from) in self.events.clone().step_by(BITS).enumerate() {
            let mut marks = [IS_START; BITS];
            let events = from..(from + BITS).min(self.events.end);
            let length = events.len();
            walk.mark(events, &mut marks[..length]);
            self.anchors[word] = bits(&marks, IS_ANCHOR);
            self.steps[word] = bits(&marks, IS_STEP);
            self.starts[word] = bits(&marks, IS_START);
        }
        for first in &first_events[..persons.len()] {
            let at = *first as usize - self.events.start;
            self.persons[at / BITS] |= 1 << (at % BITS);
        }
        for (start, person) in self.starts.iter_mut().zip(&self.persons) {
            *start |= person;
        }
        if walk.query.direction == Direction::Before && walk.query.is_from_any() {
            keep_last(&mut self.anchors, &self.starts);
        } else {
            keep_first(&mut self.anchors, &self.starts);
        }
        self.codes.clear();
        by_width!(walk.table.names(), names => {
            let names = &names[self.events.clone()];
            self.codes.extend(names.iter().map(|name| self.shape.code(name.place())));
        });
        // A way is read whole also where a block ends.
        self.codes.resize(self.codes.len() + R::PLACES, R::Code::default());
    }

    /// As many ways as there can be.
    pub(super) fn most_ways(&self) -> usize {
        self.anchors.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Calls `each` for the way of each session that has an anchor.
    #[inline]
    pub(super) fn ways(&self, mut each: impl FnMut(Way<R>)) {
        self.anchors(|at, person| {
            let row = self.row_at_once(at).unwrap_or_else(|| self.gathered(at));
            each(Way { anchor: self.events.start + at, person, row });
        });
    }

    /// Calls `each` for each session that has an anchor with the table's indexes of the events of its way.
    pub(super) fn events(&self, mut each: impl FnMut(Vec<usize>)) {
        let query = self.shape.walk.query;
        self.anchors(|at, _| {
            let mut own = vec![at];
            self.steps(at, |event| {
                let is_repeat =
                    query.merge && own.last().is_some_and(|l| self.codes[*l] == self.codes[event]);
                if !is_repeat {
                    own.push(event);
                }
                own.len() <= query.depth
            });
            each(own.iter().map(|at| self.events.start + at).collect());
        });
    }

    /// Calls `each` with the place of each anchor in the block, and one more than its person's first event.
    #[inline]
    fn anchors(&self, mut each: impl FnMut(usize, u32)) {
        let walk = self.shape.walk;
        let is_anytime = walk.query.between.is_none();
        let from = self.events.start;
        let mut before = 0;
        for (word, (anchors, persons)) in self.anchors.iter().zip(&self.persons).enumerate() {
            let last = |of: u64| word * BITS + BITS - 1 - of.leading_zeros() as usize;
            let mut left = *anchors;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                let at = word * BITS + bit;
                if is_anytime || walk.is_in_range(from + at) {
                    let up_to = persons & (u64::MAX >> (BITS - 1 - bit));
                    let first = if up_to == 0 { before } else { last(up_to) };
                    // Indexes of events fit, as first events of persons do.
                    each(at, (from + first + 1) as u32);
                }
            }
            before = if *persons == 0 { before } else { last(*persons) };
        }
    }

    /// The way from an anchor, if its steps follow each other without events between them that are none.
    #[inline]
    fn row_at_once(&self, at: usize) -> Option<R> {
        let query = self.shape.walk.query;
        if query.merge {
            return None;
        }
        let (row, steps, are_steps) = match query.direction {
            Direction::After => {
                let ends = window(&self.starts, at + 1) | 1 << query.depth;
                let steps = ends.trailing_zeros();
                let wanted = (1 << steps) - 1;
                (R::read(self.codes.get(at..)?)?, steps, window(&self.steps, at + 1) & wanted == wanted)
            }
            Direction::Before => {
                let starts = window_before(&self.starts, at + 1) | 1 << (BITS - 1 - query.depth);
                let steps = starts.leading_zeros();
                let wanted = !(u64::MAX >> steps);
                let own = window_before(&self.steps, at + 1) << 1;
                (R::read_back(self.codes.get(..=at)?)?, steps, own & wanted == wanted)
            }
        };
        are_steps.then(|| self.shape.cut(row, steps as usize))
    }

    /// The way from an anchor, step by step.
    fn gathered(&self, at: usize) -> R {
        let (depth, merge) = (self.shape.walk.query.depth, self.shape.walk.query.merge);
        let (mut row, mut length, mut before) = (R::NONE, 0, self.codes[at]);
        row.set(0, before);
        self.steps(at, |event| {
            let code = self.codes[event];
            length += usize::from(!merge || before != code);
            row.set(length, code);
            before = code;
            length < depth
        });
        self.shape.cut(row, length)
    }

    /// Calls `take` with the places of the steps after or before an anchor in its session, the nearest first, for as
    /// long as it says so.
    #[inline]
    fn steps(&self, at: usize, mut take: impl FnMut(usize) -> bool) {
        match self.shape.walk.query.direction {
            Direction::After => {
                let mut from = at + 1;
                loop {
                    let starts = window(&self.starts, from);
                    // All below the lowest start; all when there is none.
                    let mut steps =
                        window(&self.steps, from) & (starts & starts.wrapping_neg()).wrapping_sub(1);
                    while steps != 0 {
                        if !take(from + steps.trailing_zeros() as usize) {
                            return;
                        }
                        steps &= steps - 1;
                    }
                    if starts != 0 {
                        return;
                    }
                    from += BITS;
                }
            }
            Direction::Before => {
                let mut to = at;
                if window(&self.starts, at) & 1 == 1 {
                    return;
                }
                loop {
                    let starts = window_before(&self.starts, to);
                    let from_start = (starts.leading_zeros() as usize + 1).min(BITS);
                    let mut steps = window_before(&self.steps, to) & (u64::MAX << (BITS - from_start));
                    while steps != 0 {
                        let back = steps.leading_zeros() as usize;
                        if !take(to - 1 - back) {
                            return;
                        }
                        steps &= !(1 << (BITS - 1 - back));
                    }
                    // A block begins with a start, so that it is found before the block ends.
                    if starts != 0 || to <= BITS {
                        return;
                    }
                    to -= BITS;
                }
            }
        }
    }
}

/// Leaves of each session the first bit.
fn keep_first(words: &mut [u64], starts: &[u64]) {
    let mut carry = false;
    for (word, starts) in words.iter_mut().zip(starts) {
        *word = first_of_each(*word, *starts, &mut carry);
    }
}

/// Leaves of each session the last bit: from behind, sessions start at what is their end.
fn keep_last(words: &mut [u64], starts: &[u64]) {
    let (mut carry, mut next) = (false, 1);
    for (word, starts) in words.iter_mut().zip(starts).rev() {
        let ends = starts >> 1 | next << (BITS - 1);
        *word = first_of_each(word.reverse_bits(), ends.reverse_bits(), &mut carry).reverse_bits();
        next = starts & 1;
    }
}

/// The first bit of each session in a word, and whether the last session still looks for one. Adding one at a start
/// runs through the bits that are not wanted, and stops at the first that is.
#[inline]
fn first_of_each(wanted: u64, starts: u64, carry: &mut bool) -> u64 {
    let (sum, one) = (!wanted).overflowing_add(starts & !wanted);
    let (sum, other) = sum.overflowing_add(u64::from(*carry));
    *carry = one || other;
    wanted & (starts | sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_of_each_session_across_words() {
        let mut random = 7_u64;
        let mut next = |one_in: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33).is_multiple_of(one_in)
        };
        for one_in in [1, 2, 5, 40, 200] {
            let events = 64 * 6;
            let is_start: Vec<bool> = (0..events).map(|at| at == 0 || next(one_in)).collect();
            let is_wanted: Vec<bool> = (0..events).map(|_| next(3)).collect();
            let words = |of: &[bool]| -> Vec<u64> {
                of.chunks(64)
                    .map(|own| own.iter().rev().fold(0, |all, one| all << 1 | u64::from(*one)))
                    .collect()
            };
            let (mut first, mut last) = (vec![false; events], vec![false; events]);
            let mut from = 0;
            for to in 1..=events {
                if is_start.get(to).is_none_or(|is_start| *is_start) {
                    (from..to).find(|at| is_wanted[*at]).into_iter().for_each(|at| first[at] = true);
                    (from..to).rfind(|at| is_wanted[*at]).into_iter().for_each(|at| last[at] = true);
                    from = to;
                }
            }
            let (starts, wanted) = (words(&is_start), words(&is_wanted));
            let (mut found_first, mut found_last) = (wanted.clone(), wanted);
            keep_first(&mut found_first, &starts);
            keep_last(&mut found_last, &starts);
            assert_eq!((found_first, found_last), (words(&first), words(&last)));
        }
    }
}
