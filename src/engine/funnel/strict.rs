//! The strict funnel of one person. Not for its rules, which are in `model::funnel`.
//!
//! An attempt moves from instant to instant without leaving one out, and each instant fills at least one step, so
//! that it ends after as many instants as there are steps. For each of them all steps are kept that it may end at:
//! an earlier arrival is not always the better one here, because it must be followed sooner.

use std::cmp::Ordering;

use super::instants::Instants;
use super::matching::Matching;
use super::ordered::cut_at_exclusion;
use super::outcome::Outcome;
use super::plan::Plan;
use crate::model::funnel::MAX_STEPS;

/// Stands for a step that a path leaves out; later than any instant.
const LEFT_OUT: u8 = u8::MAX;

/// The best path that ends at a step in an instant.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Steps filled so far, 0 when there is no such path.
    filled: u32,
    /// For each step its instant, counted from the start.
    at: [u8; MAX_STEPS],
}

impl State {
    /// No path.
    const NONE: State = State { filled: 0, at: [LEFT_OUT; MAX_STEPS] };

    /// This path with a chain of steps filled in an instant.
    fn then(mut self, chain: u64, instant: usize) -> State {
        self.filled += chain.count_ones();
        for step in (0..MAX_STEPS).filter(|step| chain >> step & 1 == 1) {
            self.at[step] = instant as u8;
        }
        self
    }

    /// True when this path counts rather than another that ends at the same step in the same instant: more steps,
    /// then from the last step down the earlier instant.
    fn beats(&self, other: &State) -> bool {
        match self.filled.cmp(&other.filled) {
            Ordering::Equal => self.at.iter().rev().lt(other.at.iter().rev()),
            unequal => unequal == Ordering::Greater,
        }
    }
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
        Attempt { states: [[State::NONE; MAX_STEPS]; MAX_STEPS], matching: Matching::new() }
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
        self.states[depth] = [State::NONE; MAX_STEPS];
        let any = log.any(instant);
        let mut some = false;
        for first in (0..plan.steps).filter(|first| any >> first & 1 == 1) {
            let Some(before) = self.entry(plan, depth, first) else { continue };
            for last in first..plan.steps {
                let Some(chain) = self.fill(plan, log, instant, first, last) else { continue };
                let path = before.then(chain, depth);
                let state = &mut self.states[depth][last];
                if path.beats(state) {
                    *state = path;
                    some = true;
                }
            }
        }
        some
    }

    /// The best path after which `first` may be filled next.
    fn entry(&self, plan: &Plan, depth: usize, first: usize) -> Option<State> {
        if depth == 0 {
            return (first == 0).then_some(State::NONE);
        }
        let mut best: Option<State> = None;
        for left in (0..first).rev() {
            let path = self.states[depth - 1][left];
            if path.filled > 0 && best.is_none_or(|best| path.beats(&best)) {
                best = Some(path);
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
        let path = (0..plan.steps)
            .rev()
            .find_map(|step| self.states[..instants].iter().map(|at| at[step]).find(|path| path.filled > 0));
        let path = path.unwrap_or(State::NONE);
        for step in (0..plan.steps).filter(|step| path.at[*step] != LEFT_OUT) {
            at[step] = start + usize::from(path.at[step]);
            outcome.reached |= 1 << step;
            outcome.at[step] = log.time(at[step]);
        }
        cut_at_exclusion(plan, log, &mut outcome, &at);
        outcome
    }
}
