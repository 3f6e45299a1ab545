//! The strict funnel of one person. Not for its rules, which are in `model::funnel`.
//!
//! An attempt moves from instant to instant without leaving one out, and each instant fills at least one step, so
//! that it ends after as many instants as there are steps. For each of them all steps are kept that it may end at:
//! an earlier arrival is not always the better one here, because it must be followed sooner.

use super::instants::Instants;
use super::matching::Matching;
use super::ordered::cut_at_exclusion;
use super::outcome::Outcome;
use super::plan::Plan;
use crate::model::funnel::MAX_STEPS;

/// The path ends at a step in an instant, having come into the instant from the end of the one before.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Steps filled so far, 0 when there is no such path.
    filled: u32,
    /// The step at which the path left the instant before; meaningless in the first.
    came_from: usize,
    /// The steps filled in this instant.
    chain: u64,
}

/// Scratch space of one search.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// For each instant from the start, for each step.
    states: [[State; MAX_STEPS]; MAX_STEPS],
    matching: Matching,
}

impl Attempt {
    /// Empty scratch space.
    pub(crate) fn new() -> Attempt {
        Attempt { states: [[State::default(); MAX_STEPS]; MAX_STEPS], matching: Matching::new() }
    }

    /// The best attempt over a person's events.
    pub(crate) fn best(&mut self, plan: &Plan, log: &Instants) -> Outcome {
        let mut best = Outcome::default();
        let mut open = false;
        let mut from = 0;
        while let Some(start) = log.next(1, from) {
            from = start + 1;
            let instants = self.walk(plan, log, start);
            let outcome = self.outcome(plan, log, start, instants);
            if outcome.beats(&best) {
                best = outcome;
            }
            if best.is_complete(plan) {
                return best;
            }
            let alive = start + instants == log.len();
            open |= alive && !outcome.excluded && plan.is_open(log.time(start));
        }
        best.pending = open && !best.excluded && !best.converted(plan);
        best
    }

    /// Fills `states` from a start; the number of instants that a path reaches.
    fn walk(&mut self, plan: &Plan, log: &Instants, start: usize) -> usize {
        let end = plan.window_end(log.time(start));
        for depth in 0..plan.steps {
            let instant = start + depth;
            if instant >= log.len() || log.time(instant) > end || !self.enter(plan, log, instant, depth) {
                return depth;
            }
        }
        plan.steps
    }

    /// The paths that end in an instant, which is the `depth`th from the start; false when there are none.
    fn enter(&mut self, plan: &Plan, log: &Instants, instant: usize, depth: usize) -> bool {
        self.states[depth] = [State::default(); MAX_STEPS];
        let any = log.any(instant);
        let mut some = false;
        for first in (0..plan.steps).filter(|first| any >> first & 1 == 1) {
            let Some((came_from, before)) = self.entry(plan, depth, first) else { continue };
            for last in first..plan.steps {
                let Some(chain) = self.fill(plan, log, instant, first, last) else { continue };
                let filled = before + chain.count_ones();
                let state = &mut self.states[depth][last];
                // Among equals the path that fills more of its steps in earlier instants.
                if filled >= state.filled {
                    *state = State { filled, came_from, chain };
                    some = true;
                }
            }
        }
        some
    }

    /// Where a path that fills `first` next may come from: the step it left, and how many it filled.
    fn entry(&self, plan: &Plan, depth: usize, first: usize) -> Option<(usize, u32)> {
        if depth == 0 {
            return (first == 0).then_some((0, 0));
        }
        let mut best = None;
        for left in (0..first).rev() {
            let filled = self.states[depth - 1][left].filled;
            if filled > 0 && best.is_none_or(|(_, most)| filled > most) {
                best = Some((left, filled));
            }
            if plan.required >> left & 1 == 1 {
                break;
            }
        }
        best
    }

    /// The steps from `first` to `last` that distinct events of an instant fill: both, all required ones, and as many
    /// optional ones as can be.
    fn fill(
        &mut self,
        plan: &Plan,
        log: &Instants,
        instant: usize,
        first: usize,
        last: usize,
    ) -> Option<u64> {
        let any = log.any(instant);
        let between = ((1_u64 << last) - 1) & !((1_u64 << (first + 1)) - 1);
        let must = (between & plan.required) | 1 << first | 1 << last;
        if must & !any != 0 {
            return None;
        }
        let events = log.events(instant);
        self.matching.clear();
        let mut chain = must;
        for step in (first..=last).filter(|step| must >> step & 1 == 1) {
            if !self.matching.add_step(step, events) {
                return None;
            }
        }
        for step in (first..last).rev().filter(|step| (between & !must & any) >> step & 1 == 1) {
            if self.matching.add_step(step, events) {
                chain |= 1 << step;
            }
        }
        Some(chain)
    }

    fn outcome(&self, plan: &Plan, log: &Instants, start: usize, instants: usize) -> Outcome {
        let mut outcome = Outcome { start: log.time(start), ..Outcome::default() };
        let mut at = [usize::MAX; MAX_STEPS];
        let ends = (0..plan.steps).rev().find_map(|step| {
            (0..instants).find(|depth| self.states[*depth][step].filled > 0).map(|depth| (depth, step))
        });
        let mut left = ends;
        while let Some((depth, step)) = left {
            let state = self.states[depth][step];
            outcome.reached |= state.chain;
            for filled in (0..=step).filter(|filled| state.chain >> filled & 1 == 1) {
                outcome.at[filled] = log.time(start + depth);
                at[filled] = start + depth;
            }
            left = depth.checked_sub(1).map(|depth| (depth, state.came_from));
        }
        cut_at_exclusion(plan, log, &mut outcome, &at);
        outcome
    }
}
