//! The funnel in any order of one person. Not for its rules, which are in `model::funnel`.
//!
//! Sets of events that can fill distinct steps form a matroid: taking each event that adds something, in order of
//! time, gives the most steps and reaches each number of steps as early as can be.

use super::instants::Instants;
use super::matching::Matching;
use super::outcome::Outcome;
use super::plan::Plan;
use crate::model::funnel::MAX_STEPS;

/// Scratch space of one search.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    matching: Matching,
}

impl Attempt {
    /// Empty scratch space.
    pub(crate) fn new() -> Attempt {
        Attempt { matching: Matching::new() }
    }

    /// The best window over a person's events.
    pub(crate) fn best(&mut self, plan: &Plan, log: &Instants) -> Outcome {
        let mut best = Outcome::default();
        let mut from = 0;
        let mut last_start = None;
        while let Some(start) = log.next(plan.step_bits(), from) {
            from = start + 1;
            if !plan.in_range(log.time(start)) {
                continue;
            }
            last_start = Some(start);
            let (last, cleared) = window(plan, log, start);
            let worth = if cleared { plan.steps } else { best.depth + 1 };
            if bound(plan, log, start, last) < worth {
                continue;
            }
            let outcome = self.fill(plan, log, start, last);
            if outcome.depth >= worth {
                best = outcome;
            }
            if best.depth == plan.steps {
                return best;
            }
        }
        if let Some(start) = last_start {
            best.excluded = best.depth == 0;
            let cleared = log.next(plan.exclusions, start + 1).is_some();
            best.pending = !cleared && plan.is_open(log.time(start));
        }
        best
    }

    /// Fills as many steps as can be from a start to a last instant.
    pub(crate) fn fill(&mut self, plan: &Plan, log: &Instants, start: usize, last: usize) -> Outcome {
        self.matching.clear();
        let mut outcome = Outcome { start: log.time(start), ..Outcome::default() };
        // Once as many events of a step were looked at as there are steps, further ones cannot add anything to it.
        let mut looked_at = [0_usize; MAX_STEPS];
        let mut bits = plan.step_bits();
        let mut from = start;
        while let Some(instant) = log.next(bits, from).filter(|instant| *instant <= last) {
            from = instant + 1;
            for event in log.events(instant) {
                if event.0 & bits != 0 && self.matching.add_event(*event, plan.step_bits()) {
                    outcome.at[outcome.depth] = log.time(instant);
                    outcome.depth += 1;
                }
            }
            for step in (0..plan.steps).filter(|step| log.any(instant) >> step & 1 == 1) {
                let here = log.events(instant).iter().filter(|event| event.0 >> step & 1 == 1).count();
                looked_at[step] += here;
                if looked_at[step] >= plan.steps {
                    bits &= !(1 << step);
                }
            }
            if outcome.depth == plan.steps {
                break;
            }
        }
        outcome.reached = (1 << outcome.depth) - 1;
        outcome
    }

    /// The event that fills each step after [`Attempt::fill`].
    pub(crate) fn event(&self, step: usize) -> Option<u32> {
        self.matching.event(step).map(|event| event.1)
    }
}

/// The last instant that counts for the window that starts at one, and whether an exclusion ends it: then only a
/// finished funnel counts.
pub(crate) fn window(plan: &Plan, log: &Instants, start: usize) -> (usize, bool) {
    let end = plan.window_end(log.time(start));
    match log.next(plan.exclusions, start + 1) {
        Some(exclusion) if log.time(exclusion) <= end => (exclusion, true),
        Some(_) | None => (last_until(log, start, end), false),
    }
}

fn last_until(log: &Instants, start: usize, end: i64) -> usize {
    let (mut low, mut high) = (start, log.len());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if log.time(middle) <= end {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Steps that occur at all from a start to a last instant.
fn bound(plan: &Plan, log: &Instants, start: usize, last: usize) -> usize {
    let occurs = |step: &usize| log.next(1 << step, start).is_some_and(|instant| instant <= last);
    (0..plan.steps).filter(occurs).count()
}
