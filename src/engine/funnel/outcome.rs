//! How far a person came in a funnel. Not for how that is found: see `ordered`, `strict` and `any_order`.

use crate::model::funnel::MAX_STEPS;

use super::plan::Plan;

/// The best attempt of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Reached steps as bits; in any order the lowest bits, one for each step filled.
    pub(crate) reached: u64,
    /// Steps reached, counting skipped optional ones: the deepest step, one-based; 0 for none.
    pub(crate) depth: usize,
    /// An exclusion ends the attempt.
    pub(crate) excluded: bool,
    /// Some attempt may still come further than this one.
    pub(crate) pending: bool,
    /// When the attempt started.
    pub(crate) start: i64,
    /// When each reached step was reached.
    pub(crate) at: [i64; MAX_STEPS],
}

impl Outcome {
    /// True when this one counts rather than `other`, which started earlier: deeper, or as deep and not excluded.
    pub(crate) fn beats(&self, other: &Outcome) -> bool {
        (self.depth, !self.excluded) > (other.depth, !other.excluded)
    }

    /// True when nothing can beat it.
    pub(crate) fn is_complete(&self, plan: &Plan) -> bool {
        self.depth == plan.steps && !self.excluded
    }

    /// True when the last required step was reached.
    pub(crate) fn converted(&self, plan: &Plan) -> bool {
        self.reached >> plan.last_required & 1 == 1
    }
}
