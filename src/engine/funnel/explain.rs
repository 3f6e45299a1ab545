//! Why one person is where they are in a funnel, down to the events. Not for counting: see `run` and `tally`.

use std::borrow::Cow;
use std::ops::Range;

use super::instants::Instants;
use super::ordered::first_exclusion;
use super::outcome::Outcome;
use super::plan::Plan;
use super::run::Search;
use super::{any_order, matching::Matching};
use crate::base::format::duration_us;
use crate::engine::filter::masks_of;
use crate::engine::table::EventTable;
use crate::model::funnel::{Funnel, MAX_STEPS, Order};
use crate::model::predicate::{self, Filter};
use crate::model::privacy::masked;
use crate::model::time::{SECOND_US, Time, Zone};

/// The best attempt of one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Zero-based step and table index of the event that fills it, in order of time.
    pub matched: Vec<(usize, usize)>,
    /// When the attempt started, if one did.
    pub attempt_start: Option<Time>,
    /// The last instant of its window.
    pub window_end: Option<Time>,
    /// Where it ended, and why.
    pub verdict: Verdict,
}

/// Where a person's best attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// At the last required step.
    Converted,
    /// Before it, for good.
    Dropped {
        /// The step that was not reached, zero-based.
        missing: usize,
        /// Why.
        reason: Reason,
    },
    /// Before it, but some window is still open.
    Pending {
        /// The step that was not reached yet, zero-based.
        missing: usize,
        /// The end of the last open window.
        until: Time,
    },
    /// An exclusion came in between, and the person counts at no step.
    Excluded {
        /// Table index of the excluding event.
        by: usize,
        /// When it came.
        at: Time,
    },
    /// No event starts an attempt.
    NeverStarted {
        /// An event that would have, but for a filter.
        failed: Option<Failure>,
    },
}

/// Why a step was not reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// No event of the right name came in time or later.
    NoLaterEvent,
    /// One came when the window had ended.
    WindowRanOut {
        /// Table index of the event.
        event: usize,
        /// When it came.
        at: Time,
    },
    /// One came in time, but a filter did not let it pass.
    FailedFilter(Failure),
    /// Strict order: another event came first.
    Interrupted {
        /// Table index of the event.
        event: usize,
        /// When it came.
        at: Time,
    },
}

/// An event with a right name that a filter did not let pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Table index of the event.
    pub event: usize,
    /// When it came.
    pub at: Time,
    /// The filter as a sentence fragment.
    pub filter: String,
    /// The property is missing or of another type.
    pub passed_over: bool,
}

/// Explains where a person of the table (by index) is in a funnel, without its breakdown.
pub fn explain(table: &EventTable, query: &Funnel, as_of: Time, person: u32) -> Explanation {
    let plan = Plan::new(query, as_of);
    let all = table.person_events(person as usize);
    let until = all.start + table.times()[all.clone()].partition_point(|time| *time <= as_of.0);
    let events = all.start..until;
    let masks = masks_of(table, &plan.conditions(query), as_of, events.clone());
    let mut search = Search::new();
    let bits = events.clone().zip(&masks).map(|(event, mask)| (table.times()[event], *mask, event as u32));
    let outcome = search.best(&plan, bits);
    let case = Case { table, query, plan: &plan, log: search.log(), events, masks: &masks, outcome };
    case.explanation()
}

struct Case<'a> {
    table: &'a EventTable,
    query: &'a Funnel,
    plan: &'a Plan,
    log: &'a Instants,
    events: Range<usize>,
    masks: &'a [u64],
    outcome: Outcome,
}

impl Case<'_> {
    fn explanation(&self) -> Explanation {
        let mut matched = match self.plan.order {
            Order::Ordered | Order::Strict => self.matched_in_order(),
            Order::Any => self.matched_in_any_order(),
        };
        matched.sort_by_key(|(step, event)| (self.table.times()[*event], *step));
        let verdict = self.verdict(&matched);
        let started = self.outcome.depth > 0;
        Explanation {
            matched,
            attempt_start: started.then_some(Time(self.outcome.start)),
            window_end: started.then(|| Time(self.plan.window_end(self.outcome.start))),
            verdict,
        }
    }

    fn instant_of(&self, time: i64) -> Option<usize> {
        (0..self.log.len()).find(|instant| self.log.time(*instant) == time)
    }

    fn matched_in_order(&self) -> Vec<(usize, usize)> {
        let reached: Vec<usize> =
            (0..self.plan.steps).filter(|step| self.outcome.reached >> step & 1 == 1).collect();
        let mut matched = Vec::new();
        for together in reached.chunk_by(|a, b| self.outcome.at[*a] == self.outcome.at[*b]) {
            let Some(instant) = self.instant_of(self.outcome.at[together[0]]) else { continue };
            let mut matching = Matching::new();
            for step in together {
                matching.add_step(*step, self.log.events(instant));
            }
            let filled = |step: &usize| Some((*step, matching.event(*step)?.1 as usize));
            matched.extend(together.iter().filter_map(filled));
        }
        matched
    }

    fn matched_in_any_order(&self) -> Vec<(usize, usize)> {
        if self.outcome.depth == 0 {
            return Vec::new();
        }
        let Some(start) = self.instant_of(self.outcome.start) else { return Vec::new() };
        let (last, _) = any_order::window(self.plan, self.log, start);
        let mut attempt = any_order::Attempt::new();
        attempt.fill(self.plan, self.log, start, last);
        let filled = |step| Some((step, attempt.event(step)? as usize));
        (0..self.plan.steps).filter_map(filled).collect()
    }

    fn verdict(&self, matched: &[(usize, usize)]) -> Verdict {
        if self.outcome.excluded {
            let hit = self.exclusion();
            let at = hit.map_or(Time(self.outcome.start), |event| Time(self.table.times()[event]));
            return Verdict::Excluded { by: hit.unwrap_or(self.events.start), at };
        }
        if self.outcome.depth == 0 {
            return Verdict::NeverStarted { failed: self.failure(0, i64::MIN, i64::MAX) };
        }
        if self.outcome.converted(self.plan) {
            return Verdict::Converted;
        }
        let missing = self.missing(matched);
        if self.outcome.pending {
            return Verdict::Pending { missing, until: self.last_window_end() };
        }
        Verdict::Dropped { missing, reason: self.reason(missing) }
    }

    fn missing(&self, matched: &[(usize, usize)]) -> usize {
        if self.plan.order == Order::Any {
            let filled = |step: &usize| matched.iter().any(|(of, _)| of == step);
            return (0..self.plan.steps).find(|step| !filled(step)).unwrap_or(0);
        }
        self.plan.required_after(self.outcome.depth - 1).unwrap_or(self.plan.last_required)
    }

    fn last_window_end(&self) -> Time {
        let starts = if self.plan.order == Order::Any { self.plan.step_bits() } else { 1 };
        let counts = |instant: &usize| {
            self.log.any(*instant) & starts != 0 && self.plan.in_range(self.log.time(*instant))
        };
        let last = (0..self.log.len()).rev().find(counts);
        Time(self.plan.window_end(last.map_or(self.outcome.start, |last| self.log.time(last))))
    }

    fn exclusion(&self) -> Option<usize> {
        let instant = if self.plan.order == Order::Any {
            let starts = |instant: &usize| {
                let step = self.log.any(*instant) & self.plan.step_bits() != 0;
                step && self.plan.in_range(self.log.time(*instant))
            };
            let start = (0..self.log.len()).find(starts)?;
            self.log.next(self.plan.exclusions, start + 1)?
        } else {
            let mut instants = [usize::MAX; MAX_STEPS];
            for step in (0..self.plan.steps).filter(|step| self.outcome.reached >> step & 1 == 1) {
                instants[step] = self.instant_of(self.outcome.at[step])?;
            }
            first_exclusion(self.plan, self.log, &self.outcome, &instants)?.0
        };
        let hit = self.log.events(instant).iter().find(|event| event.0 & self.plan.exclusions != 0)?;
        Some(hit.1 as usize)
    }

    fn reason(&self, missing: usize) -> Reason {
        let since = match self.plan.order {
            Order::Any => self.outcome.start,
            Order::Ordered | Order::Strict => self.outcome.at[self.outcome.depth - 1],
        };
        let end = self.plan.window_end(self.outcome.start);
        let after = |event: &usize| self.table.times()[*event] > since;
        if self.plan.strict()
            && let Some(event) = self.events.clone().find(after).filter(|e| self.table.times()[*e] <= end)
            && self.masks[event - self.events.start] >> missing & 1 == 0
        {
            return Reason::Interrupted { event, at: Time(self.table.times()[event]) };
        }
        if let Some(failure) = self.failure(missing, since, end) {
            return Reason::FailedFilter(failure);
        }
        let fills = |event: &usize| self.masks[event - self.events.start] >> missing & 1 == 1;
        let late = |event: &usize| self.table.times()[*event] > end;
        match self.events.clone().filter(fills).find(late) {
            Some(event) => Reason::WindowRanOut { event, at: Time(self.table.times()[event]) },
            None => Reason::NoLaterEvent,
        }
    }

    /// The first event from an instant to another that has the name of a step and fails a filter of it.
    fn failure(&self, step: usize, since: i64, until: i64) -> Option<Failure> {
        let asked = self.query.steps.get(step)?;
        let named = |event: &usize| {
            let name = self.table.event_name(*event);
            asked.events.is_empty() || asked.events.iter().any(|known| known == name)
        };
        let in_time = |event: &usize| (since..=until).contains(&self.table.times()[*event]);
        self.events.clone().filter(in_time).filter(named).find_map(|event| {
            let (filter, verdict) =
                self.failed_filter(event, asked.filters.iter().chain(&self.query.filters))?;
            Some(Failure {
                event,
                at: Time(self.table.times()[event]),
                filter: filter.sentence(),
                passed_over: verdict == predicate::Verdict::PassedOver,
            })
        })
    }

    fn failed_filter<'f>(
        &self,
        event: usize,
        mut filters: impl Iterator<Item = &'f Filter>,
    ) -> Option<(&'f Filter, predicate::Verdict)> {
        filters.find_map(|filter| {
            let value = self.table.column(&filter.property).and_then(|column| column.value(event));
            let verdict = filter.test.judge(value);
            (verdict != predicate::Verdict::Yes).then_some((filter, verdict))
        })
    }
}

/// An explanation as one sentence without a final period, in the words of the funnel.
pub fn sentence(explanation: &Explanation, table: &EventTable, query: &Funnel, zone: Zone) -> String {
    let name = |step: usize| query.steps.get(step).map_or_else(String::new, |step| step.shown_label());
    let last = explanation.matched.last().map(|(step, event)| {
        (name(*step), Time(table.times().get(*event).copied().unwrap_or_default()).human(zone))
    });
    let after = match (&last, query.order) {
        (None, _) => String::new(),
        (Some(_), Order::Any) => match explanation.attempt_start {
            Some(start) => format!(" of {}", start.human(zone)),
            None => String::new(),
        },
        (Some((step, at)), Order::Ordered | Order::Strict) => format!(" after {step} on {at}"),
    };
    let window = span_words(query.window_us);
    match &explanation.verdict {
        Verdict::Converted => match &last {
            Some((step, at)) => format!("Reached {step} on {at}"),
            None => "Reached the last step".to_owned(),
        },
        Verdict::Pending { missing, until } => {
            // The attempt shown is the deepest, the earliest among equals; the open window may be a later one's.
            let shown = explanation.window_end.is_none_or(|end| end == *until);
            let window = if shown { "its window" } else { "the window of a later attempt" };
            format!("No {} yet{after}: {window} is open until {}", name(*missing), until.human(zone))
        }
        Verdict::Excluded { by, at } => {
            format!("{} came on {} before the funnel was finished", shown_name(table, *by), at.human(zone))
        }
        Verdict::NeverStarted { failed: None } => format!("Never {}", start_words(query)),
        Verdict::NeverStarted { failed: Some(failure) } => {
            format!("Never {}: {}", start_words(query), failure_words(failure, table, zone))
        }
        Verdict::Dropped { missing, reason } => {
            let missing = name(*missing);
            let base = format!("No {missing} within {window}{after}");
            match reason {
                Reason::NoLaterEvent => base,
                Reason::WindowRanOut { event, at } => {
                    let late = explanation.window_end.map_or(0, |end| at.0.saturating_sub(end.0));
                    let (event, at) = (shown_name(table, *event), at.human(zone));
                    // The window runs from the first step, not from the last one reached.
                    let base = match (query.order, explanation.attempt_start) {
                        (Order::Ordered | Order::Strict, Some(start)) if explanation.matched.len() > 1 => {
                            format!("No {missing}{after} within the {window} from {}", start.human(zone))
                        }
                        _ => base,
                    };
                    format!("{base}: {event} came on {at}, {} after the window ended", duration_us(late))
                }
                Reason::FailedFilter(failure) => {
                    format!("{base}: {}", failure_words(failure, table, zone))
                }
                Reason::Interrupted { event, at } => {
                    let (event, at) = (shown_name(table, *event), at.human(zone));
                    format!("No {missing} directly{after}: {event} came first, on {at}")
                }
            }
        }
    }
}

/// An event's name with what looks personal masked.
fn shown_name(table: &EventTable, event: usize) -> Cow<'_, str> {
    masked("", table.event_name(event))
}

fn start_words(query: &Funnel) -> String {
    let names: Vec<String> = query.steps.iter().map(|step| step.shown_label()).collect();
    match query.order {
        Order::Ordered | Order::Strict => names.first().cloned().unwrap_or_default(),
        Order::Any => names.join(" or "),
    }
}

fn failure_words(failure: &Failure, table: &EventTable, zone: Zone) -> String {
    let (event, at) = (shown_name(table, failure.event), failure.at.human(zone));
    let why = if failure.passed_over { "its value is missing or of another type for" } else { "it fails" };
    format!("{event} came on {at}, but {why} “{}”", failure.filter)
}

/// A window as it reads after "within": `7 days`, `2 d 4 h`.
fn span_words(us: i64) -> String {
    let secs = us / SECOND_US;
    let units = [("day", "d", 86_400), ("hour", "h", 3_600), ("minute", "min", 60), ("second", "s", 1)];
    for (place, (word, short, size)) in units.into_iter().enumerate() {
        let (count, rest) = (secs / size, secs % size);
        if count == 0 {
            continue;
        }
        let smaller = units.get(place + 1).map(|(_, short, size)| (rest / size, short));
        return match smaller {
            Some((more, smaller)) if more > 0 => format!("{count} {short} {more} {smaller}"),
            Some(_) | None => format!("{count} {word}{}", if count == 1 { "" } else { "s" }),
        };
    }
    "0 seconds".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::table::TableBuilder;
    use crate::model::query::Query;
    use crate::model::text::parse_query;
    use crate::model::value::Value;

    fn sentence_of(query: &str, events: &[(&str, &str, Option<f64>)], as_of: &str) -> String {
        let mut builder = TableBuilder::default();
        for (time, name, value) in events {
            let properties = value.map(|value| ("value", Value::Number(value)));
            builder.add(1, Time::parse(time).unwrap(), name, properties);
        }
        let table = builder.build().unwrap();
        let Query::Funnel(funnel) = parse_query(query).unwrap() else { panic!("not a funnel") };
        let explanation = explain(&table, &funnel, Time::parse(as_of).unwrap(), 0);
        sentence(&explanation, &table, &funnel, Zone::default())
    }

    const TWO_STEPS: &str = r#"
        kind = "funnel"
        steps = [{ event = "Checkout Started" }, { event = "Payment Submitted",
                   where = [{ property = "value", op = ">=", value = 50 }] }]
        exclude = [{ event = "Order Cancelled", after_step = 1, before_step = 2 }]
        window = "7d"
    "#;

    #[test]
    fn the_sentence_says_what_was_missing_and_what_came_instead() {
        let start = ("2026-05-03T10:11:00Z", "Checkout Started", None);
        let late = "2026-06-01T00:00:00Z";
        let cases = [
            (vec![start], "No Payment Submitted within 7 days after Checkout Started on 3 May 2026, 10:11"),
            (
                vec![start, ("2026-05-12T14:14:00Z", "Payment Submitted", Some(60.0))],
                "No Payment Submitted within 7 days after Checkout Started on 3 May 2026, 10:11: \
                 Payment Submitted came on 12 May 2026, 14:14, 2 d 4 h after the window ended",
            ),
            (
                vec![start, ("2026-05-04T14:14:00Z", "Payment Submitted", Some(20.0))],
                "No Payment Submitted within 7 days after Checkout Started on 3 May 2026, 10:11: \
                 Payment Submitted came on 4 May 2026, 14:14, but it fails “value ≥ 50”",
            ),
            (
                vec![start, ("2026-05-04T14:14:00Z", "Order Cancelled", None)],
                "Order Cancelled came on 4 May 2026, 14:14 before the funnel was finished",
            ),
            (
                vec![start, ("2026-05-04T14:14:00Z", "Payment Submitted", Some(50.0))],
                "Reached Payment Submitted on 4 May 2026, 14:14",
            ),
            (vec![("2026-05-04T14:14:00Z", "Payment Submitted", Some(50.0))], "Never Checkout Started"),
        ];
        for (events, expected) in cases {
            assert_eq!(sentence_of(TWO_STEPS, &events, late), expected);
        }
        assert_eq!(
            sentence_of(TWO_STEPS, &[start], "2026-05-05T00:00:00Z"),
            "No Payment Submitted yet after Checkout Started on 3 May 2026, 10:11: its window is open until 10 May 2026, 10:11"
        );
    }

    #[test]
    fn strict_names_the_event_that_came_first() {
        let query = r#"
            kind = "funnel"
            steps = [{ event = "A" }, { event = "B" }]
            order = "strict"
            window = "1d"
        "#;
        let events = [("2026-05-03T10:00:00Z", "A", None), ("2026-05-03T11:00:00Z", "X", None)];
        assert_eq!(
            sentence_of(query, &events, "2026-06-01T00:00:00Z"),
            "No B directly after A on 3 May 2026, 10:00: X came first, on 3 May 2026, 11:00"
        );
    }
}
