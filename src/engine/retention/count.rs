//! Sums over all persons, in parallel. Not for what one person adds.

use std::ops::Range;

use super::person::{Found, Outcome, Scratch, Walk};
use crate::base::{Cancelled, Progress};
use crate::engine::funnel::Labels;
use crate::engine::pass::sums;
use crate::model::funnel::{BREAKDOWN_LIMIT, OTHER_VALUES};

/// Sums, and what became of the persons.
pub(super) struct Sums {
    pub(super) sums: Vec<u64>,
    pub(super) persons: u64,
    pub(super) left_out: u64,
    scratch: Scratch,
}

/// Which slot a label belongs to, for each label; and the labels of the slots, of which one without a label is of
/// everybody.
pub(super) struct Slots {
    pub(super) of_label: Vec<u32>,
    pub(super) labels: Vec<Option<String>>,
}

impl Slots {
    /// Everybody.
    pub(super) fn one() -> Slots {
        Slots { of_label: vec![0], labels: vec![None] }
    }
}

/// The largest values by the persons of all their cohorts stay apart.
pub(super) fn slots(totals: &[u64], labels: &Labels) -> Slots {
    let all = labels.all();
    let mut order: Vec<usize> = (0..all.len()).filter(|label| totals[*label] > 0).collect();
    order.sort_by(|a, b| totals[*b].cmp(&totals[*a]).then_with(|| all[*a].cmp(&all[*b])));
    let counted = order.len();
    order.retain(|label| all[*label] != OTHER_VALUES);
    order.truncate(BREAKDOWN_LIMIT);
    // The others share the slot after those; values that nobody has are anywhere.
    let others = if counted > order.len() { order.len() } else { order.len().saturating_sub(1) };
    let mut slots = Slots {
        of_label: vec![others as u32; all.len()],
        labels: order.iter().map(|label| Some(all[*label].clone())).collect(),
    };
    for (slot, label) in order.iter().enumerate() {
        slots.of_label[*label] = slot as u32;
    }
    if counted > order.len() {
        slots.labels.push(Some(OTHER_VALUES.to_owned()));
    }
    slots
}

/// Adds up what `add` makes of every person's cohorts. `mask` tells what an event is.
pub(super) fn pass(
    walk: &Walk<'_>,
    mask: impl Fn(usize) -> u64 + Sync,
    size: usize,
    add: impl Fn(&mut [u64], &Found) + Sync,
    progress: &Progress,
) -> Result<Sums, Cancelled> {
    let persons = walk.table.persons();
    let one = |sums: &mut Sums, persons: Range<usize>| {
        let Sums { sums: own, persons: counted, left_out, scratch } = sums;
        for person in persons {
            match walk.person(person, &mask, scratch, |found| add(own, found)) {
                Outcome::Counted => *counted += 1,
                Outcome::LeftOut => *left_out += 1,
                Outcome::None => {}
            }
        }
    };
    sums(persons, size, progress, || Sums::of(size), one, |a, b| a.join(&b))
}

impl Sums {
    /// So many sums, of nobody.
    pub(super) fn of(size: usize) -> Sums {
        Sums { sums: vec![0; size], persons: 0, left_out: 0, scratch: Scratch::default() }
    }

    /// The blocks of all labels as those of their slots.
    pub(super) fn folded(self, slots: &Slots, cells: usize) -> Sums {
        let mut sums = vec![0; slots.labels.len() * cells];
        for (block, slot) in self.sums.chunks_exact(cells).zip(&slots.of_label) {
            let own = *slot as usize * cells;
            // Values that nobody has may have a slot that is none.
            let Some(into) = sums.get_mut(own..own + cells) else { continue };
            into.iter_mut().zip(block).for_each(|(sum, more)| *sum += more);
        }
        Sums { sums, ..self }
    }

    /// Both together.
    pub(super) fn join(mut self, more: &Sums) -> Sums {
        self.sums.iter_mut().zip(&more.sums).for_each(|(sum, more)| *sum += more);
        self.persons += more.persons;
        self.left_out += more.left_out;
        self
    }
}
