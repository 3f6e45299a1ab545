//! What a retention asks and answers: who came back, and when. Not for the algorithm: see `engine::retention`.
//!
//! **Periods** are days, weeks from Monday or months of the calendar, in the document's zone.
//!
//! **Cohorts.** A person belongs to the cohort of the period in which she did the start event. *First-time*: of the
//! first start event of her whole log that passes the filters, so that each person is in one cohort at most. *Recurring*:
//! to that of each period in which she did it. Without a range cohorts run from the first that somebody belongs to until
//! the one of as-of, empty ones between them too, at most the latest [`COHORT_LIMIT`]; persons of earlier ones are
//! counted as left out. The range bounds the start event, half-open: whose first start event lies outside it is in no
//! first-time cohort, and every period that the range touches is told, up to as-of.
//!
//! **Coming back.** Period n is the n-th after the cohort's own, which is period 0. A person came back *on* period n when
//! she did a return event in it; with `unbounded` *on or after* it when she did one in it or in any later period up to
//! as-of. A return event counts in period 0 when it is not earlier than her first start event of that period, and the
//! start event itself counts where it is a return event, too: when both are any event, everybody is back in period 0.
//! Return events of an instant are as late as the start event of that instant, whatever the order of lines.
//!
//! **Unfinished.** A cell whose period is not over at as-of may still rise; it is told and marked. A cell whose period
//! begins after as-of is absent, never 0. (Of an unbounded retention every cell may rise as long as the log goes on; what
//! is marked is the period.)
//!
//! **Average.** Of each period, over the cohorts whose cell is finished: all who came back of all who could, so that
//! every person weighs the same. Periods of which no cell is finished have none.
//!
//! **Breakdown** by first touch: a person has one value, that of the first of her start events up to as-of that carries
//! the property (of several at one instant the least), whatever the range. Without any it is `(none)`. The
//! [`BREAKDOWN_LIMIT`](super::funnel::BREAKDOWN_LIMIT) values of the largest cohorts stay apart, the others are `(other)`.
//!
//! Events later than as-of are *future* and take no part.

use super::funnel::Step;
use super::predicate::Filter;
use super::time::{Interval, Time};
use crate::base::Diagnostic;

/// The most periods after period 0.
pub const MAX_PERIODS: usize = 60;
/// The most cohorts of an answer.
pub const COHORT_LIMIT: usize = 1_000;
/// Where the start event is in [`Retention::steps`].
pub const START: usize = 0;
/// Where the return event is in [`Retention::steps`].
pub const RETURN: usize = 1;

/// A retention's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    /// The start event, then the return event; `optional` has no meaning here.
    pub steps: [Step; 2],
    /// Who belongs to a cohort.
    pub cohorts: Cohorts,
    /// The size of a period.
    pub interval: Interval,
    /// How many periods after period 0 are told: 1 to [`MAX_PERIODS`].
    pub periods: usize,
    /// On or after a period instead of on it.
    pub unbounded: bool,
    /// A property of the start event, by first touch.
    pub breakdown: Option<String>,
    /// Filters on both events.
    pub filters: Vec<Filter>,
    /// Half-open range of the start event.
    pub between: Option<(Time, Time)>,
    /// The instant of the answer; by default the document's.
    pub as_of: Option<Time>,
}

/// Who belongs to a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cohorts {
    /// Persons whose first start event lies in it.
    First,
    /// Persons with any start event in it.
    Recurring,
}

impl Cohorts {
    /// All, in the order shown.
    pub const ALL: [Cohorts; 2] = [Cohorts::First, Cohorts::Recurring];

    /// The word in text forms.
    pub fn word(self) -> &'static str {
        match self {
            Cohorts::First => "first",
            Cohorts::Recurring => "recurring",
        }
    }
}

/// How many periods a retention tells when it does not say.
pub fn default_periods(interval: Interval) -> usize {
    match interval {
        Interval::Day => 14,
        Interval::Week | Interval::Month => 12,
    }
}

impl Retention {
    /// The start event.
    pub fn start(&self) -> &Step {
        &self.steps[START]
    }

    /// The return event.
    pub fn returning(&self) -> &Step {
        &self.steps[RETURN]
    }

    /// What a column is called: `Week 3`; `Week 3+` where later periods count, too.
    pub fn period_label(&self, period: usize) -> String {
        let sign = if self.unbounded { "+" } else { "" };
        format!("{} {period}{sign}", self.period_word())
    }

    /// What the column of the cohorts is called: `Week of`.
    pub fn cohort_title(&self) -> String {
        format!("{} of", self.period_word())
    }

    fn period_word(&self) -> &'static str {
        match self.interval {
            Interval::Day => "Day",
            Interval::Week => "Week",
            Interval::Month => "Month",
        }
    }
}

/// What is wrong with the periods.
pub(super) fn check(asked: &Retention) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if asked.periods == 0 || asked.periods > MAX_PERIODS {
        found.push(
            Diagnostic::error(
                "periods",
                format!("{} periods are not possible: 1 to {MAX_PERIODS} are", asked.periods),
            )
            .at("periods")
            .hint("Choose another number, or longer periods"),
        );
    }
    // Without an as-of the log says where the cohorts end; the engine tells the latest of too many.
    if let (Some((from, to)), Some(as_of)) = (asked.between, asked.as_of) {
        let to = to.min(as_of.plus(1));
        let cohorts = to.0.saturating_sub(from.0) / asked.interval.least_us();
        if cohorts >= COHORT_LIMIT as i64 {
            let word = asked.interval.word();
            found.push(
                Diagnostic::error(
                    "too-many-cohorts",
                    format!("The range has {cohorts} {word}s, at most {COHORT_LIMIT} cohorts are possible"),
                )
                .hint("Choose a shorter range, or longer periods"),
            );
        }
    }
    found
}

/// A retention's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionReport {
    /// Without regard to a breakdown.
    pub whole: Triangle,
    /// One for each breakdown value, largest first, then by label; `(other)` last. Empty without a breakdown. All have
    /// the same cohorts.
    pub breakdown: Vec<RetentionSlice>,
    /// Persons of all cohorts, each once.
    pub persons: u64,
    /// Persons of cohorts earlier than the [`COHORT_LIMIT`] that are told.
    pub left_out: u64,
    /// The instant of the answer.
    pub as_of: Time,
    /// Events later than as-of, which took no part.
    pub future_events: u64,
    /// Of the start and the return event: events with a right name that a filter passed over as missing or wrongly
    /// typed.
    pub passed_over: [u64; 2],
}

/// Cohorts and who of them came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Triangle {
    /// In order of time.
    pub cohorts: Vec<Cohort>,
    /// For each period of which some cell is finished, from period 0.
    pub average: Vec<Average>,
}

/// The persons of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// When its period begins.
    pub start: Time,
    /// How many there are.
    pub size: u64,
    /// For each period that begins by as-of, from period 0: how many came back.
    pub returned: Vec<u64>,
    /// True when the period of the last cell is not over at as-of.
    pub unfinished: bool,
}

/// A weighted average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Average {
    /// All who came back.
    pub returned: u64,
    /// All who could.
    pub size: u64,
}

/// The triangle of one breakdown value.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionSlice {
    /// The value's label.
    pub value: String,
    /// Its persons.
    pub triangle: Triangle,
}

impl Triangle {
    /// A triangle with its averages.
    pub fn of(cohorts: Vec<Cohort>) -> Triangle {
        let mut average: Vec<Average> = Vec::new();
        for cohort in &cohorts {
            for (period, returned) in cohort.returned.iter().enumerate() {
                if !cohort.is_unfinished(period) {
                    if average.len() <= period {
                        average.resize(period + 1, Average::default());
                    }
                    average[period].returned += returned;
                    average[period].size += cohort.size;
                }
            }
        }
        Triangle { cohorts, average }
    }

    /// How many cohorts have persons.
    pub fn filled(&self) -> usize {
        self.cohorts.iter().filter(|cohort| cohort.size > 0).count()
    }

    /// The persons of all cohorts, one of several as often.
    pub fn size(&self) -> u64 {
        self.cohorts.iter().map(|cohort| cohort.size).sum()
    }

    /// The largest share of any cell after period 0.
    pub fn most(&self) -> f64 {
        let shares = self.cohorts.iter().flat_map(|cohort| {
            cohort.returned.iter().skip(1).map(|returned| Average { returned: *returned, size: cohort.size })
        });
        shares.filter_map(Average::share).fold(0.0, f64::max)
    }
}

impl Cohort {
    /// True when the period of a cell is not over at as-of.
    pub fn is_unfinished(&self, period: usize) -> bool {
        self.unfinished && period + 1 == self.returned.len()
    }

    /// Who came back in a period, of the cohort; `None` where there is no such cell or nobody could.
    pub fn share(&self, period: usize) -> Option<f64> {
        Average { returned: *self.returned.get(period)?, size: self.size }.share()
    }
}

impl Average {
    /// 0 to 1; `None` when there is nobody.
    pub fn share(self) -> Option<f64> {
        (self.size > 0).then(|| self.returned as f64 / self.size as f64)
    }
}

impl RetentionReport {
    /// The triangle of a breakdown value, or of all.
    pub fn triangle(&self, value: Option<&str>) -> Option<&Triangle> {
        match value {
            None => Some(&self.whole),
            Some(value) => {
                self.breakdown.iter().find(|slice| slice.value == value).map(|slice| &slice.triangle)
            }
        }
    }
}

/// Which persons behind a number of a retention.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionSelection {
    /// When the cohort's period begins.
    pub cohort: Time,
    /// Which of its persons.
    pub part: RetentionPart,
    /// Only this breakdown value's label; never `(other)`, which is no value.
    pub value: Option<String>,
}

/// A part of a cohort's persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionPart {
    /// All.
    Everybody,
    /// Who came back in this period.
    Returned(usize),
    /// Who did not, or not yet.
    Away(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_that_count_later_ones_say_so_the_first_as_well() {
        let mut asked = Retention {
            steps: [(); 2].map(|()| Step { events: Vec::new(), filters: Vec::new(), optional: false }),
            cohorts: Cohorts::First,
            interval: Interval::Day,
            periods: 3,
            unbounded: false,
            breakdown: None,
            filters: Vec::new(),
            between: None,
            as_of: None,
        };
        let labels = |asked: &Retention| [0, 1].map(|period| asked.period_label(period));
        assert_eq!(labels(&asked), ["Day 0", "Day 1"]);
        asked.unbounded = true;
        assert_eq!(labels(&asked), ["Day 0+", "Day 1+"]);
        assert_eq!(asked.cohort_title(), "Day of");
    }

    #[test]
    fn cohorts_without_persons_are_none_that_persons_are_in() {
        let cohort = |size| Cohort { start: Time(0), size, returned: vec![size], unfinished: false };
        let triangle = Triangle::of(vec![cohort(5), cohort(0), cohort(0)]);
        assert_eq!((triangle.filled(), triangle.cohorts.len()), (1, 3));
    }
}
