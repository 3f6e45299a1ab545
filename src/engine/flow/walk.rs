//! What each event of a table is to a flow: an anchor, a step, the start of a session. Not for the ways: see `block`.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::block::Block;
use super::row::{Row, Shape};
use super::{ANCHOR, EXCLUDED, STEP};
use crate::base::{Cancelled, Progress};
use crate::engine::codes::{Code as _, Codes, by_width};
use crate::engine::filter::{Masks, Matches};
use crate::engine::pass::PARTS;
use crate::engine::table::EventTable;
use crate::model::flow::Flow;
use crate::model::time::Time;

/// Persons of a block.
pub(super) const PERSONS: usize = 512;

/// An event can be an anchor.
pub(super) const IS_ANCHOR: u8 = 1;
/// An event is a step.
pub(super) const IS_STEP: u8 = 2;
/// An event starts a session, unless it is a person's first, which always does.
pub(super) const IS_START: u8 = 4;

/// What is gone through.
pub(super) struct Walk<'a> {
    pub(super) table: &'a EventTable,
    pub(super) query: &'a Flow,
    as_of: Option<i64>,
    kinds: Kinds<'a>,
    starts: Option<&'a [u8]>,
    /// The code of each name as it is told: old names share that of the new one.
    codes: Vec<u32>,
    /// What each of these codes is told as.
    labels: Vec<&'a str>,
}

/// What each event is, looked up by something of it.
enum Kinds<'a> {
    /// By whether its name is the only anchor; all names are steps, or none is.
    OneAnchor(&'a [u8], u8, u8),
    /// By its name.
    Named(&'a Codes, Vec<u8>),
    /// By the conditions that it meets.
    Masked(&'a [u8], [u8; 8]),
}

impl<'a> Kinds<'a> {
    /// By names of these kinds; where comparing tells all, nothing is looked up.
    fn named(names: &'a Codes, kinds: Vec<u8>) -> Kinds<'a> {
        let mut anchors = (0_u8..=u8::MAX).zip(&kinds).filter(|(_, kind)| **kind & IS_ANCHOR != 0);
        let others = kinds.first().map_or(0, |kind| kind & IS_STEP);
        match (names, anchors.next(), anchors.next()) {
            (Codes::Narrow(names), Some((anchor, _)), None)
                if kinds.iter().all(|kind| kind & IS_STEP == others) =>
            {
                Kinds::OneAnchor(names, anchor, others)
            }
            (Codes::Narrow(_) | Codes::Middle(_) | Codes::Wide(_), _, _) => Kinds::Named(names, kinds),
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        table: &'a EventTable,
        query: &'a Flow,
        as_of: Time,
        found: &'a Matches<'a>,
    ) -> Walk<'a> {
        let from_any = query.is_from_any();
        let kind = |bits: u64| {
            let met = |condition: usize| bits >> condition & 1 == 1;
            let is_step = met(STEP) && !met(EXCLUDED);
            let is_anchor = if from_any { is_step } else { met(ANCHOR) };
            (if is_anchor { IS_ANCHOR } else { 0 }) | (if is_step { IS_STEP } else { 0 })
        };
        let kinds = match &found.masks {
            Masks::Named { names, bits } => {
                Kinds::named(names, bits.iter().map(|bits| kind(*bits)).collect())
            }
            Masks::Narrow(masks) => Kinds::Masked(masks, std::array::from_fn(|bits| kind(bits as u64))),
            // Three conditions fit into eight bits.
            Masks::Wide(_) => Kinds::Masked(&[], [0; 8]),
        };
        let (mut codes, mut labels, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for name in table.event_names() {
            let label = query.told_as(name);
            let code = *known.entry(label).or_insert(labels.len());
            if code == labels.len() {
                labels.push(label);
            }
            // Fewer than the names, which have codes of 32 bits themselves.
            codes.push(code as u32);
        }
        Walk {
            table,
            query,
            codes,
            labels,
            as_of: table.latest().filter(|latest| *latest > as_of).map(|_| as_of.0),
            kinds,
            starts: table.session_starts(query.session_gap_us).map(|starts| starts.as_slice()),
        }
    }

    /// The code of each name of the table.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The names that codes stand for.
    pub(super) fn labels(&self) -> &[&'a str] {
        &self.labels
    }

    /// Tells what some events are, as `IS_…` together.
    #[inline]
    pub(super) fn mark(&self, events: Range<usize>, marks: &mut [u8]) {
        match &self.kinds {
            Kinds::OneAnchor(names, anchor, others) => {
                for (mark, name) in marks.iter_mut().zip(&names[events.clone()]) {
                    *mark = others | (u8::from(name == anchor) * IS_ANCHOR);
                }
            }
            Kinds::Named(names, kinds) => {
                by_width!(names, names => {
                    for (mark, name) in marks.iter_mut().zip(&names[events.clone()]) {
                        *mark = kinds[name.place()];
                    }
                });
            }
            Kinds::Masked(masks, kinds) => {
                for (mark, met) in marks.iter_mut().zip(&masks[events.clone()]) {
                    *mark = kinds[usize::from(met & 7)];
                }
            }
        }
        let times = self.table.times();
        if let Some(starts) = self.starts {
            for (mark, start) in marks.iter_mut().zip(&starts[events.clone()]) {
                *mark |= u8::from(*start == 1) * IS_START;
            }
        } else {
            let gap = self.query.session_gap_us as u64;
            let from = events.start.max(1);
            let pairs = times[from - 1..events.end].iter().zip(&times[from..events.end]);
            for (mark, (before, time)) in marks.iter_mut().skip(from - events.start).zip(pairs) {
                // Times of a person ascend, so that the difference is right however far they are apart.
                *mark |= u8::from(time.wrapping_sub(*before) as u64 > gap) * IS_START;
            }
        }
        if let Some(as_of) = self.as_of {
            for (mark, time) in marks.iter_mut().zip(&times[events]) {
                *mark &= if *time > as_of { IS_START } else { u8::MAX };
            }
        }
    }

    pub(super) fn is_in_range(&self, event: usize) -> bool {
        self.query.between.is_none_or(|(from, to)| (from.0..to.0).contains(&self.table.times()[event]))
    }

    /// Calls `each` for the blocks of all persons, in a few runs with a sum each; sums and blocks are in order.
    ///
    /// # Errors
    /// `Cancelled`, checked once a block.
    pub(super) fn runs<'s, R: Row, T: Send>(
        &self,
        shape: &'s Shape<'s, R>,
        progress: &Progress,
        runs: usize,
        empty: impl Fn() -> T + Sync + Send,
        each: impl Fn(&mut T, &Block<'_, R>) + Sync + Send,
    ) -> Result<Vec<T>, Cancelled> {
        let persons = self.table.persons();
        let blocks: Vec<usize> = (0..persons).step_by(PERSONS).collect();
        let one = |(mut block, mut sum): (Block<'s, R>, T), from: &usize| {
            progress.at(*from as u64, persons as u64)?;
            block.fill(*from..(*from + PERSONS).min(persons));
            each(&mut sum, &block);
            Ok((block, sum))
        };
        let few = blocks.len().div_ceil(runs.clamp(1, PARTS)).max(1);
        let folded = blocks.par_iter().with_min_len(few).try_fold(|| (Block::new(shape), empty()), one);
        folded.map(|run| run.map(|(_, sum)| sum)).collect()
    }
}
