//! A funnel's definition in the form that the search over a person's events reads.
//! Not for checking the definition: see `model::query`.

use crate::base::{Cancelled, Progress};
use crate::engine::filter::{Condition, First, MAX_CONDITIONS, Masks, matches};
use crate::engine::table::EventTable;
use crate::model::funnel::{Funnel, MAX_STEPS, Order};
use crate::model::time::Time;

/// Bit k of an event: it fills step k. Bit `steps + k`: it is an exclusion on the way to step k.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Number of steps, at most [`MAX_STEPS`].
    pub(crate) steps: usize,
    /// Steps that are not optional, as bits.
    pub(crate) required: u64,
    /// The last required step.
    pub(crate) last_required: usize,
    /// How steps follow each other.
    pub(crate) order: Order,
    /// Conversion window, inclusive.
    pub(crate) window_us: i64,
    /// Half-open range of step 1.
    pub(crate) between: Option<(i64, i64)>,
    /// The bits that an event out of the range loses: step 1, when there is an order.
    pub(crate) range_bits: u64,
    /// The instant of the answer.
    pub(crate) as_of: i64,
    /// All exclusion bits in use.
    pub(crate) exclusions: u64,
}

/// What the events are to a plan.
pub(crate) struct Found<'a> {
    /// The bits of each event up to as-of.
    pub(crate) masks: Masks<'a>,
    /// For each step, the matching events.
    pub(crate) events: Vec<u64>,
    /// For each step, the events that a filter passed over.
    pub(crate) passed_over: Vec<u64>,
    /// Events later than as-of.
    pub(crate) future: u64,
}

impl Plan {
    /// The plan of a funnel; steps past [`MAX_STEPS`], which a checked funnel has not, are left out.
    pub(crate) fn new(funnel: &Funnel, as_of: Time) -> Plan {
        let steps = funnel.steps.len().min(MAX_STEPS);
        let optional = |step: &usize| funnel.steps[*step].optional && *step > 0 && funnel.order != Order::Any;
        let required = (0..steps).filter(|step| !optional(step)).fold(0_u64, |bits, step| bits | 1 << step);
        let mut plan = Plan {
            steps,
            required,
            last_required: required.checked_ilog2().map_or(0, |last| last as usize),
            order: funnel.order,
            window_us: funnel.window_us.max(0),
            between: funnel.between.map(|(from, to)| (from.0, to.0)),
            range_bits: if funnel.order == Order::Any { 0 } else { 1 },
            as_of: as_of.0,
            exclusions: 0,
        };
        for exclusion in &funnel.exclude {
            plan.exclusions |= plan.exclusion_bits(exclusion.after_step, exclusion.before_step);
        }
        plan
    }

    /// Compares all events with the steps and exclusions.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub(crate) fn find<'a>(
        &self,
        table: &'a EventTable,
        funnel: &'a Funnel,
        progress: &Progress,
    ) -> Result<Found<'a>, Cancelled> {
        let conditions = self.conditions(funnel);
        let (now, later) = conditions.split_at(conditions.len().min(MAX_CONDITIONS));
        let mut found = matches(table, now, Time(self.as_of), First::NotAsked, progress)?;
        for conditions in later.chunks(MAX_CONDITIONS) {
            let more = matches(table, conditions, Time(self.as_of), First::NotAsked, progress)?;
            let both = |event| found.masks.get(event) | more.masks.get(event);
            found.masks = Masks::Wide((0..table.events()).map(both).collect());
        }
        found.events.truncate(self.steps);
        found.passed_over.truncate(self.steps);
        let (events, passed_over, future) = (found.events, found.passed_over, found.future);
        Ok(Found { masks: found.masks, events, passed_over, future })
    }

    /// What makes an event get its bits: steps first, then exclusions.
    pub(crate) fn conditions<'a>(&self, funnel: &'a Funnel) -> Vec<Condition<'a>> {
        let steps = funnel.steps.iter().take(self.steps).enumerate();
        let mut conditions: Vec<Condition<'a>> = steps
            .map(|(index, step)| Condition::new(&step.events, &step.filters, &funnel.filters, 1 << index))
            .collect();
        conditions.extend(funnel.exclude.iter().map(|exclusion| {
            let bits = self.exclusion_bits(exclusion.after_step, exclusion.before_step);
            Condition::new(&exclusion.events, &exclusion.filters, &[], bits)
        }));
        conditions
    }

    /// True when no other event may come between two steps.
    pub(crate) fn strict(&self) -> bool {
        self.order == Order::Strict
    }

    /// All step bits.
    pub(crate) fn step_bits(&self) -> u64 {
        (1 << self.steps) - 1
    }

    /// True when a step 1 at this time counts.
    pub(crate) fn in_range(&self, time: i64) -> bool {
        self.between.is_none_or(|(from, to)| from <= time && time < to)
    }

    /// The end of the window that starts at a time, inclusive.
    pub(crate) fn window_end(&self, start: i64) -> i64 {
        start.saturating_add(self.window_us)
    }

    /// True when the window that starts at a time is still open at as-of.
    pub(crate) fn is_open(&self, start: i64) -> bool {
        self.window_end(start) > self.as_of
    }

    /// The nearest required step before one.
    pub(crate) fn required_before(&self, step: usize) -> Option<usize> {
        (self.required & ((1 << step) - 1)).checked_ilog2().map(|before| before as usize)
    }

    /// The nearest required step after one.
    pub(crate) fn required_after(&self, step: usize) -> Option<usize> {
        let after = self.required >> step >> 1;
        (after != 0).then(|| step + 1 + after.trailing_zeros() as usize)
    }

    /// The exclusion bits on the way from one reached step to a later one (or to the last that could follow it).
    pub(crate) fn exclusions_between(&self, step: usize, next: usize) -> u64 {
        let on_the_way = ((1_u64 << (next + 1)) - 1) & !((1_u64 << (step + 1)) - 1);
        (on_the_way << self.steps) & self.exclusions
    }

    fn exclusion_bits(&self, after_step: usize, before_step: usize) -> u64 {
        // After the one-based step a and before b: on the way to each of the zero-based steps a … b − 1.
        let steps = (after_step.max(1)..before_step.min(self.steps)).map(|step| 1_u64 << step);
        steps.fold(0, |bits, step| bits | step << self.steps)
    }
}
