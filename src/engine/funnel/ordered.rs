//! The ordered funnel of one person. Not for its rules, which are in `model::funnel`.
//!
//! Between different instants the earliest arrival at a step is never worse than a later one, so that an attempt
//! keeps one arrival for each step. Only within an instant do steps compete for events; there a matching decides.
//! A later attempt arrives nowhere earlier than an earlier one, which is what allows to stop early.

use super::instants::Instants;
use super::matching::Matching;
use super::outcome::Outcome;
use super::plan::Plan;
use crate::model::funnel::MAX_STEPS;

const NOWHERE: usize = usize::MAX;

/// Scratch space of one search.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    reached: u64,
    /// The instant of each reached step.
    at: [usize; MAX_STEPS],
    /// The step, reached at an earlier instant, that each reached step follows.
    base: [usize; MAX_STEPS],
    /// The steps between the two that were filled in the same instant, and the step itself.
    chain: [u64; MAX_STEPS],
    matching: Matching,
}

impl Attempt {
    /// Empty scratch space.
    pub(crate) fn new() -> Attempt {
        Attempt {
            reached: 0,
            at: [NOWHERE; MAX_STEPS],
            base: [NOWHERE; MAX_STEPS],
            chain: [0; MAX_STEPS],
            matching: Matching::new(),
        }
    }

    /// The best attempt over a person's events.
    pub(crate) fn best(&mut self, plan: &Plan, log: &Instants) -> Outcome {
        let mut best = Outcome::default();
        let mut open = false;
        let mut from = 0;
        while let Some(start) = log.next(1, from) {
            from = start + 1;
            let ended = self.walk(plan, log, start);
            let outcome = self.outcome(plan, log, start);
            if outcome.beats(&best) {
                best = outcome;
            }
            if best.is_complete(plan) {
                return best;
            }
            open |= !outcome.excluded && plan.is_open(log.time(start));
            if ended == Ended::Log && plan.exclusions == 0 {
                open |= log.last(1).is_some_and(|last| plan.is_open(log.time(last)));
                break;
            }
        }
        best.pending = open && !best.excluded && !best.converted(plan);
        best
    }

    /// Goes from a start as deep as the window allows.
    fn walk(&mut self, plan: &Plan, log: &Instants, start: usize) -> Ended {
        self.reached = 0;
        let end = plan.window_end(log.time(start));
        let mut instant = start;
        loop {
            self.extend(plan, log, instant);
            if self.reached >> (plan.steps - 1) & 1 == 1 {
                return Ended::Complete;
            }
            match log.next(self.candidates(plan), instant + 1) {
                None => return Ended::Log,
                Some(next) if log.time(next) > end => return Ended::Window,
                Some(next) => instant = next,
            }
        }
    }

    /// Steps not reached that a single later event could fill.
    fn candidates(&self, plan: &Plan) -> u64 {
        let mut candidates = 0;
        let mut open = false;
        for step in 0..plan.steps {
            if self.reached >> step & 1 == 1 {
                open = true;
                continue;
            }
            candidates |= u64::from(open) << step;
            open &= plan.required >> step & 1 == 0;
        }
        candidates
    }

    /// Fills what can be filled in an instant, from what was reached before it.
    fn extend(&mut self, plan: &Plan, log: &Instants, instant: usize) {
        let before = self.reached;
        let any = log.any(instant);
        let mut targets = any & plan.step_bits() & !before;
        while targets != 0 {
            let step = targets.trailing_zeros() as usize;
            targets &= targets - 1;
            let base = (before & ((1 << step) - 1)).checked_ilog2().map_or(NOWHERE, |base| base as usize);
            let below = if base == NOWHERE { 0 } else { (1_u64 << (base + 1)) - 1 };
            let on_the_way = ((1_u64 << step) - 1) & !below;
            let needed = on_the_way & plan.required;
            if needed & !any != 0 {
                // A required step is missing here, and no later one can do without it.
                return;
            }
            let Some(chain) = self.fill(log, instant, step, needed, on_the_way & any & !needed) else {
                continue;
            };
            self.reached |= 1 << step;
            self.at[step] = instant;
            self.base[step] = base;
            self.chain[step] = chain;
        }
    }

    /// The steps filled by distinct events of an instant so that `step` and all `needed` are among them, and as many
    /// `optional` ones as can be, the nearest first.
    fn fill(
        &mut self,
        log: &Instants,
        instant: usize,
        step: usize,
        needed: u64,
        optional: u64,
    ) -> Option<u64> {
        if needed | optional == 0 {
            return Some(1 << step);
        }
        let events = log.events(instant);
        self.matching.clear();
        let mut must = needed | 1 << step;
        let mut chain = must;
        while must != 0 {
            if !self.matching.add_step(must.trailing_zeros() as usize, events) {
                return None;
            }
            must &= must - 1;
        }
        for step in (0..step).rev().filter(|step| optional >> step & 1 == 1) {
            if self.matching.add_step(step, events) {
                chain |= 1 << step;
            }
        }
        Some(chain)
    }

    /// The path to the deepest step, cut where an exclusion ends it.
    fn outcome(&self, plan: &Plan, log: &Instants, start: usize) -> Outcome {
        let mut outcome = Outcome { start: log.time(start), ..Outcome::default() };
        let mut instants = [NOWHERE; MAX_STEPS];
        let mut step = self.reached.checked_ilog2().map_or(NOWHERE, |step| step as usize);
        while step != NOWHERE {
            outcome.reached |= self.chain[step];
            for filled in (0..=step).filter(|filled| self.chain[step] >> filled & 1 == 1) {
                outcome.at[filled] = log.time(self.at[step]);
                instants[filled] = self.at[step];
            }
            step = self.base[step];
        }
        cut_at_exclusion(plan, log, &mut outcome, &instants);
        outcome
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Complete,
    Window,
    Log,
}

/// Cuts an attempt at the first gap between reached steps with an exclusion in it: it goes no deeper than the step
/// after that. `instants` holds the instant of each reached step. Sets the depth.
pub(crate) fn cut_at_exclusion(
    plan: &Plan,
    log: &Instants,
    outcome: &mut Outcome,
    instants: &[usize; MAX_STEPS],
) {
    outcome.depth = outcome.reached.checked_ilog2().map_or(0, |step| step as usize + 1);
    if let Some((_, depth)) = first_exclusion(plan, log, outcome, instants) {
        outcome.excluded = true;
        outcome.depth = depth;
        outcome.reached &= (1 << depth) - 1;
    }
}

/// The first instant that excludes an attempt, and the depth that is left to it.
pub(crate) fn first_exclusion(
    plan: &Plan,
    log: &Instants,
    outcome: &Outcome,
    instants: &[usize; MAX_STEPS],
) -> Option<(usize, usize)> {
    let mut steps = if plan.exclusions == 0 { 0 } else { outcome.reached };
    while steps != 0 {
        let step = steps.trailing_zeros() as usize;
        steps &= steps - 1;
        let next = (steps != 0).then(|| steps.trailing_zeros() as usize);
        let until = next.or_else(|| plan.required_after(step)).unwrap_or(plan.steps - 1);
        let Some(hit) = log.next(plan.exclusions_between(step, until), instants[step] + 1) else { continue };
        let inside = match next {
            Some(next) => hit < instants[next],
            None => log.time(hit) <= plan.window_end(outcome.start),
        };
        if inside {
            return Some((hit, next.unwrap_or(step) + 1));
        }
    }
    None
}
