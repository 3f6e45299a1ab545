//! What a funnel asks and what it answers. Not for the algorithm: see `engine::funnel` and `sql::funnel`.
//!
//! **Ordered** (default). An attempt starts at every instant with an event matching step 1; step k+1 is another event
//! matching it, not earlier than step k and not later than attempt start + window, inclusive. One event never fills
//! two steps of an attempt. Each step is taken at the earliest instant it can be. Events of one instant have no order
//! of their own: among them the assignment of distinct events that reaches the deepest step wins (among equals the
//! one that fills the most steps), also where steps overlap, and which of them fills step 1 is part of it. The deepest
//! attempt counts; among equals one that is not excluded, then the earliest. Optional steps never gate: a step follows
//! the nearest step before it that is already reached, going back only over optional ones; rates from the previous
//! step are from the last required one.
//!
//! **Strict**: no other event of the person between two matched steps; an event is *between* only if strictly
//! later than the one and strictly earlier than the other. Here an earlier arrival is not always the better one, so
//! that any assignment may count: the deepest, then the one whose last step is earliest, then the one that fills the
//! most steps, then from the last step back the earlier instant, steps left out last.
//!
//! **Any order**: the most distinct steps by distinct events within one window, the earliest such window, each number
//! of steps as early as it can be. Steps are then the number reached: step k counts persons with at least k of the
//! steps.
//!
//! **Exclusions** `{event, after_step a, before_step b}` (one-based, a < b). Ordered and strict: an attempt is
//! excluded when an exclusion event falls strictly after step k was reached (a ≤ k < b) and, if step k+1 is reached,
//! strictly before it, otherwise within the window; where optional steps were left out, the gap from one reached step
//! to the next stands for all steps in it. An excluded attempt goes no deeper than the step after the exclusion; if
//! the best attempt is excluded the person leaves every step. Any order: an exclusion must span all steps; strictly
//! after a window's start and within it, it clears the window's unfinished progress and keeps a funnel that was
//! finished by then. A person whose every window is cleared counts as excluded.
//!
//! **Pending**: a person not at the last required step who may still come further: some attempt that is not excluded,
//! and in strict order not interrupted, has its window open at as-of (start + window > as-of; any order: the window
//! of any step's event that no exclusion clears). Its own depth does not matter. Pending persons are counted at the
//! step they wait at, never among the dropped.
//!
//! **Breakdown**: first and last touch choose one value of the person before matching (the first or last event
//! matching any step that carries the property; of several at one instant the least value); *all* runs once per value
//! over the events that carry it, and the others do not exist for it; *step k* runs once for each value of the
//! person's events matching step k, without those that carry another value. Missing is `(none)` ([`NO_VALUE`]), a
//! value like any other. Values with one label are one.
//!
//! **Range** `between` bounds step 1 (any order: every step's window start); later steps may run to the window's end.
//! Events later than as-of are *future* and take no part.

use super::predicate::Filter;
use super::privacy::masked;
use super::time::Time;
use super::value::Value;

/// The label of a missing breakdown value.
pub const NO_VALUE: &str = "(none)";
/// How many breakdown values a report keeps apart; the rest are [`OTHER_VALUES`].
pub const BREAKDOWN_LIMIT: usize = 25;
/// The label of the values past [`BREAKDOWN_LIMIT`].
pub const OTHER_VALUES: &str = "(other)";
/// The most steps a funnel may have.
pub const MAX_STEPS: usize = 20;

/// A funnel's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    /// At least one step, at most [`MAX_STEPS`].
    pub steps: Vec<Step>,
    /// Conversion window, inclusive, in microseconds.
    pub window_us: i64,
    /// How steps follow each other.
    pub order: Order,
    /// One row of columns per value of a property.
    pub breakdown: Option<Breakdown>,
    /// Events that must not happen between steps.
    pub exclude: Vec<Exclusion>,
    /// Filters on every step's events.
    pub filters: Vec<Filter>,
    /// Half-open range of step 1.
    pub between: Option<(Time, Time)>,
    /// The instant of the answer; by default the document's.
    pub as_of: Option<Time>,
}

/// A step: which events fill it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which event names; empty means any event.
    pub events: Vec<String>,
    /// Filters that all must hold.
    pub filters: Vec<Filter>,
    /// Never gates.
    pub optional: bool,
}

/// How steps follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// In this order, other events in between allowed.
    Ordered,
    /// In this order, no other event in between.
    Strict,
    /// In any order.
    Any,
}

impl Order {
    /// All, in the order shown.
    pub const ALL: [Order; 3] = [Order::Ordered, Order::Strict, Order::Any];

    /// The word in text forms.
    pub fn word(self) -> &'static str {
        match self {
            Order::Ordered => "ordered",
            Order::Strict => "strict",
            Order::Any => "any",
        }
    }
}

/// Columns per value of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// Property name.
    pub property: String,
    /// Which event's value counts.
    pub attribution: Attribution,
}

/// Which event's value a breakdown takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribution {
    /// The first matching event that carries the property.
    First,
    /// The last matching event that carries the property.
    Last,
    /// Once per value, over the events that carry it.
    All,
    /// This step (one-based) must carry it.
    Step(usize),
}

/// An event that must not happen between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// The event, like a step.
    pub events: Vec<String>,
    /// Filters that all must hold.
    pub filters: Vec<Filter>,
    /// One-based step after which it counts.
    pub after_step: usize,
    /// One-based step before which it counts; greater than `after_step`.
    pub before_step: usize,
}

impl Funnel {
    /// What a number of a step counts: the step's label; in any order so many of the steps, whichever they are.
    pub fn place_label(&self, step: usize) -> String {
        match self.order {
            Order::Any if self.steps.len() > 1 => format!("{} of {} steps", step + 1, self.steps.len()),
            Order::Ordered | Order::Strict | Order::Any => {
                self.steps.get(step).map_or_else(String::new, Step::label)
            }
        }
    }
}

impl Step {
    /// A step of one event name.
    pub fn named(name: impl Into<String>) -> Step {
        Step { events: vec![name.into()], filters: Vec::new(), optional: false }
    }

    /// The step's name: its event names as they are, or "Any event".
    pub fn label(&self) -> String {
        label(&self.events)
    }

    /// The same with what looks personal masked, for whatever is shown, copied or kept.
    pub fn shown_label(&self) -> String {
        masked_names(&self.events)
    }
}

impl Exclusion {
    /// The exclusion's name, with what looks personal masked.
    pub fn shown_label(&self) -> String {
        masked_names(&self.events)
    }
}

/// Event names in one phrase, with what looks personal masked; "Any event" for none.
pub fn masked_names(events: &[String]) -> String {
    label(&events.iter().map(|name| masked("", name).into_owned()).collect::<Vec<_>>())
}

fn label(events: &[String]) -> String {
    if events.is_empty() { "Any event".to_owned() } else { events.join(" or ") }
}

/// A funnel's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FunnelReport {
    /// One for each step.
    pub steps: Vec<StepReport>,
    /// One for each breakdown value, largest first, then by label; `(other)` last. Empty without a breakdown.
    pub breakdown: Vec<Slice>,
    /// Persons with at least one event up to as-of.
    pub persons_total: u64,
    /// Persons whose best attempt is excluded, without regard to a breakdown.
    pub excluded: u64,
    /// The instant of the answer.
    pub as_of: Time,
    /// Events later than as-of, which took no part.
    pub future_events: u64,
    /// Times from step 1 to the last required step, of persons who got there; none when step 1 is the only one.
    pub histogram: Vec<Bin>,
    /// Median seconds of those times; none when nobody got there.
    pub convert_median_secs: Option<f64>,
}

/// One step of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// The step's label.
    pub event: String,
    /// Persons who reached it.
    pub persons: u64,
    /// Of those, how many may still reach the next required step: pending, not dropped. 0 for the last.
    pub pending: u64,
    /// Share of step 1, 0 to 1; 0 when step 1 is empty.
    pub from_first: f64,
    /// Share of the previous required step, 0 to 1; 1 for step 1.
    pub from_previous: f64,
    /// Median seconds since the previous required step, over persons who reached this one; none for step 1.
    pub median_secs: Option<f64>,
    /// Average of the same.
    pub average_secs: Option<f64>,
    /// Events with a right name for which some filter's value is missing or wrongly typed; 0 in a slice, where it is
    /// not told.
    pub passed_over: u64,
    /// Events matching the step, up to as-of; 0 in a slice, where it is not told.
    pub events: u64,
}

/// The steps of one breakdown value.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The value's label.
    pub value: String,
    /// One for each step.
    pub steps: Vec<StepReport>,
}

/// One bar of the time-to-convert histogram: `from_secs ≤ t < to_secs`, the last one inclusive. As many bars of whole
/// seconds as the cube root of the persons, rounded up, at most 60; empty ones at the end are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// Lower edge in seconds.
    pub from_secs: f64,
    /// Upper edge in seconds.
    pub to_secs: f64,
    /// Persons in it.
    pub persons: u64,
}

/// Which persons behind a number of a funnel.
#[derive(Clone, Debug, PartialEq)]
pub struct FunnelSelection {
    /// Zero-based step.
    pub step: usize,
    /// Which of its persons.
    pub part: FunnelPart,
    /// Only this breakdown value's label.
    pub value: Option<String>,
}

/// A part of a step's persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelPart {
    /// Reached the step.
    Reached,
    /// Reached the step, not the next required one, and can no longer.
    Dropped,
    /// Reached the step and may still reach the next required one.
    Pending,
}

impl FunnelPart {
    /// The part's word.
    pub fn word(self) -> &'static str {
        match self {
            FunnelPart::Reached => "reached",
            FunnelPart::Dropped => "dropped",
            FunnelPart::Pending => "pending",
        }
    }
}

/// A breakdown value as its label.
pub fn value_label(value: Option<&Value>) -> String {
    value.map_or_else(|| NO_VALUE.to_owned(), Value::to_string)
}
