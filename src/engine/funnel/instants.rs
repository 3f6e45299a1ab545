//! One person's events that matter to a funnel, gathered by instant, because events of one instant have no
//! order of their own. Not for deciding which of them fill a step: see `matching`.

use super::plan::Plan;

/// Instants from which on an index by bit is worth its making.
const INDEX_FROM: usize = 64;
/// Instants looked at one by one before the index is asked.
const LOOK_AHEAD: usize = 16;

/// Scratch space that is filled anew for each person and never shrinks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instants {
    times: Vec<i64>,
    /// All bits of an instant's events.
    any: Vec<u64>,
    /// Where each instant's events begin.
    firsts: Vec<usize>,
    /// Bits and table index of each event, by instant; bits, then index within it.
    events: Vec<(u64, u32)>,
    /// For long logs, the instants of each bit.
    index: Vec<Vec<u32>>,
    indexed: bool,
}

impl Instants {
    /// Takes over a person's events `(time, bits, table index)` in ascending time.
    ///
    /// Step 1 outside the plan's range loses its bit. Of many equal events of one instant only as many are kept as
    /// could fill all steps.
    pub(crate) fn fill(&mut self, plan: &Plan, events: impl Iterator<Item = (i64, u64, u32)>) {
        self.times.clear();
        self.any.clear();
        self.firsts.clear();
        self.events.clear();
        for (time, mut bits, event) in events {
            if !plan.in_range(time) {
                bits &= !plan.range_bits;
            }
            if bits == 0 && !plan.strict() {
                continue;
            }
            if self.times.last() != Some(&time) {
                self.close(plan);
                self.times.push(time);
                self.any.push(0);
                self.firsts.push(self.events.len());
            }
            self.events.push((bits, event));
            if let Some(any) = self.any.last_mut() {
                *any |= bits;
            }
        }
        self.close(plan);
        self.firsts.push(self.events.len());
        self.indexed = self.times.len() >= INDEX_FROM;
        if self.indexed {
            self.make_index();
        }
    }

    /// Sorts the last instant's events, and drops what could not add anything.
    fn close(&mut self, plan: &Plan) {
        let Some(first) = self.firsts.last().copied() else { return };
        if self.events.len() - first < 2 {
            return;
        }
        self.events[first..].sort_unstable();
        if self.events.len() - first <= plan.steps {
            return;
        }
        let (mut kept, mut alike) = (first, 0);
        for at in first..self.events.len() {
            let event = self.events[at];
            alike = if kept > first && self.events[kept - 1].0 == event.0 { alike + 1 } else { 1 };
            if alike <= plan.steps {
                self.events[kept] = event;
                kept += 1;
            }
        }
        self.events.truncate(kept);
    }

    fn make_index(&mut self) {
        self.index.iter_mut().for_each(Vec::clear);
        self.index.resize_with(64, Vec::new);
        for (instant, any) in self.any.iter().enumerate() {
            let mut bits = *any;
            while bits != 0 {
                if let Ok(instant) = u32::try_from(instant) {
                    self.index[bits.trailing_zeros() as usize].push(instant);
                }
                bits &= bits - 1;
            }
        }
    }

    /// Number of instants.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// The time of an instant.
    pub(crate) fn time(&self, instant: usize) -> i64 {
        self.times[instant]
    }

    /// All bits of an instant's events.
    pub(crate) fn any(&self, instant: usize) -> u64 {
        self.any[instant]
    }

    /// The events of an instant: bits and table index.
    pub(crate) fn events(&self, instant: usize) -> &[(u64, u32)] {
        &self.events[self.firsts[instant]..self.firsts[instant + 1]]
    }

    /// The first instant from `from` on with one of the bits.
    pub(crate) fn next(&self, bits: u64, from: usize) -> Option<usize> {
        if bits == 0 {
            return None;
        }
        let near = if self.indexed { (from + LOOK_AHEAD).min(self.len()) } else { self.len() };
        if let Some(instant) = (from..near).find(|instant| self.any[*instant] & bits != 0) {
            return Some(instant);
        }
        if near >= self.len() {
            return None;
        }
        let in_list = |bit: usize| {
            let list = &self.index[bit];
            list.get(list.partition_point(|instant| (*instant as usize) < near)).map(|at| *at as usize)
        };
        (0..64).filter(|bit| bits >> bit & 1 == 1).filter_map(in_list).min()
    }

    /// The last instant with one of the bits.
    pub(crate) fn last(&self, bits: u64) -> Option<usize> {
        self.any.iter().rposition(|any| any & bits != 0)
    }
}
