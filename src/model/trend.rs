//! What a trend asks and answers: events or persons by day, week or month. Not for the algorithm: see `engine::trend`.
//!
//! Buckets follow the document's zone; every bucket from the first to the last is there, zeros too. Without a range,
//! buckets run from the first matching event to as-of; with one they end at as-of when that is earlier. More
//! than [`INTERVAL_LIMIT`] are refused; where they depend on the log, the first so many are told. Later events
//! are *future* and take no part. A breakdown takes each event's own value, missing is `(none)`; the largest
//! [`SERIES_LIMIT`] values by total over all steps stay apart, the rest are `(other)`, the last series of a step.
//! Persons are counted once per bucket and series.

use super::funnel::Step;
use super::predicate::Filter;
use super::time::{Interval, Time};

/// The most intervals that a trend has.
pub const INTERVAL_LIMIT: usize = 20_000;
/// How many breakdown values a report keeps apart.
pub const SERIES_LIMIT: usize = 10;

/// A trend's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// One series each; `optional` has no meaning here.
    pub steps: Vec<Step>,
    /// Bucket size.
    pub interval: Interval,
    /// Events or persons.
    pub measure: Measure,
    /// Property whose values make a series each.
    pub breakdown: Option<String>,
    /// Filters on every event.
    pub filters: Vec<Filter>,
    /// Half-open range.
    pub between: Option<(Time, Time)>,
    /// The instant of the answer; by default the document's.
    pub as_of: Option<Time>,
}

/// What a trend counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Events.
    Events,
    /// Distinct persons in the bucket.
    Persons,
}

impl Measure {
    /// The word in text forms.
    pub fn word(self) -> &'static str {
        match self {
            Measure::Events => "events",
            Measure::Persons => "persons",
        }
    }
}

/// A trend's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendReport {
    /// Series in the order of steps, then of totals, then labels.
    pub series: Vec<Series>,
    /// Bucket starts, the same for all series.
    pub starts: Vec<Time>,
    /// The instant of the answer.
    pub as_of: Time,
    /// Events later than as-of.
    pub future_events: u64,
    /// Events with a right name that a filter passed over as missing or wrongly typed.
    pub passed_over: u64,
}

/// One line of a trend.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Event label, with the breakdown value when there is one.
    pub label: String,
    /// One value for each bucket.
    pub values: Vec<u64>,
    /// Zero-based index of the step the series belongs to.
    pub step: usize,
    /// The breakdown value's label.
    pub value: Option<String>,
}

impl Series {
    /// The label with its event and its breakdown value as these functions tell them.
    pub fn label_with(
        &self,
        event: impl FnOnce(&str) -> String,
        value: impl FnOnce(&str) -> String,
    ) -> String {
        let parts = self.value.as_deref().and_then(|own| Some((self.label.strip_suffix(own)?, own)));
        match parts {
            Some((label, own)) => match label.strip_suffix(BETWEEN) {
                Some(name) => format!("{}{BETWEEN}{}", event(name), value(own)),
                None => format!("{}{}", event(label), value(own)),
            },
            None => event(&self.label),
        }
    }
}

/// What stands between an event and its breakdown value in a label.
pub const BETWEEN: &str = " · ";
