//! A question and its answer, of any kind. Not for their text form: see `model::text`.

use std::collections::BTreeSet;

use super::flow::{Flow, FlowReport};
use super::funnel::{Attribution, Funnel, FunnelReport, MAX_STEPS, Order, Step};
use super::predicate::Filter;
use super::retention::{self, Retention, RetentionReport};
use super::time::Time;
use super::trend::{INTERVAL_LIMIT, Trend, TrendReport};
use crate::base::Diagnostic;

/// A question of the events.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// See [`Funnel`].
    Funnel(Funnel),
    /// See [`Retention`].
    Retention(Retention),
    /// See [`Flow`].
    Flow(Flow),
    /// See [`Trend`].
    Trend(Trend),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Of a funnel.
    Funnel(FunnelReport),
    /// Of a retention.
    Retention(RetentionReport),
    /// Of a flow.
    Flow(FlowReport),
    /// Of a trend.
    Trend(TrendReport),
}

impl Query {
    /// The word in text forms.
    pub fn kind(&self) -> &'static str {
        match self {
            Query::Funnel(_) => "funnel",
            Query::Retention(_) => "retention",
            Query::Flow(_) => "flow",
            Query::Trend(_) => "trend",
        }
    }

    /// The instant asked for, if any.
    pub fn as_of(&self) -> Option<Time> {
        match self {
            Query::Funnel(funnel) => funnel.as_of,
            Query::Retention(retention) => retention.as_of,
            Query::Flow(flow) => flow.as_of,
            Query::Trend(trend) => trend.as_of,
        }
    }

    /// The property of the breakdown, if any.
    pub fn breakdown(&self) -> Option<&str> {
        match self {
            Query::Funnel(funnel) => funnel.breakdown.as_ref().map(|breakdown| breakdown.property.as_str()),
            Query::Retention(retention) => retention.breakdown.as_deref(),
            Query::Flow(_) => None,
            Query::Trend(trend) => trend.breakdown.as_deref(),
        }
    }

    /// What it asks for, in the order shown: a funnel's steps, the start and the return of a retention, the anchor of a
    /// flow, the lines of a trend.
    pub fn steps(&self) -> &[Step] {
        match self {
            Query::Funnel(funnel) => &funnel.steps,
            Query::Retention(retention) => &retention.steps,
            Query::Flow(flow) => std::slice::from_ref(&flow.anchor),
            Query::Trend(trend) => &trend.steps,
        }
    }

    /// The filters on all of these events.
    pub fn filters(&self) -> &[Filter] {
        match self {
            Query::Funnel(funnel) => &funnel.filters,
            Query::Retention(retention) => &retention.filters,
            Query::Flow(flow) => &flow.filters,
            Query::Trend(trend) => &trend.filters,
        }
    }

    /// Every property that the answer needs, by name.
    pub fn properties(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.filters().iter().map(|f| f.property.clone()).collect();
        names.extend(self.steps().iter().flat_map(|step| &step.filters).map(|f| f.property.clone()));
        names.extend(self.breakdown().map(str::to_owned));
        if let Query::Funnel(funnel) = self {
            names.extend(funnel.exclude.iter().flat_map(|x| &x.filters).map(|f| f.property.clone()));
        }
        names
    }

    /// Every event name that the query mentions, once each, in order of first mention.
    pub fn event_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.steps().iter().flat_map(|step| &step.events).map(String::as_str).collect();
        if let Query::Funnel(funnel) = self {
            names.extend(funnel.exclude.iter().flat_map(|x| &x.events).map(String::as_str));
        }
        if let Query::Flow(flow) = self {
            names.extend(flow.events.iter().chain(&flow.exclude).map(String::as_str));
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }

    /// What is wrong with the definition; answering needs this to hold no error.
    pub fn check(&self) -> Vec<Diagnostic> {
        match self {
            Query::Funnel(funnel) => check_funnel(funnel),
            Query::Retention(retention) => check_retention(retention),
            Query::Flow(flow) => check_flow(flow),
            Query::Trend(trend) => check_trend(trend),
        }
    }
}

fn check_funnel(funnel: &Funnel) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let steps = funnel.steps.len();
    if steps == 0 {
        found.push(Diagnostic::error("no-steps", "The funnel has no steps").hint("Add at least one step"));
    }
    if steps > MAX_STEPS {
        found.push(
            Diagnostic::error(
                "too-many-steps",
                format!("The funnel has {steps} steps, at most {MAX_STEPS} are possible"),
            )
            .hint("Remove steps"),
        );
    }
    if funnel.steps.first().is_some_and(|step| step.optional) {
        found.push(
            Diagnostic::error("optional-first", "The first step cannot be optional")
                .at("step 1")
                .hint("Make step 1 required"),
        );
    }
    if funnel.order == Order::Any && funnel.steps.iter().any(|step| step.optional) {
        found.push(
            Diagnostic::error("optional-any-order", "Optional steps need an order")
                .hint("Use ordered or strict, or make every step required"),
        );
    }
    for (index, exclusion) in funnel.exclude.iter().enumerate() {
        let at = format!("exclusion {}", index + 1);
        let (after, before) = (exclusion.after_step, exclusion.before_step);
        if after == 0 || after >= before || before > steps {
            found.push(
                Diagnostic::error(
                    "exclusion-range",
                    format!("An exclusion cannot lie after step {after} and before step {before} of {steps}"),
                )
                .at(at)
                .hint("after_step must be at least 1 and smaller than before_step, which must be a step"),
            );
        } else if funnel.order == Order::Any && (after != 1 || before != steps) {
            found.push(
                Diagnostic::error("exclusion-any-order", "In any order an exclusion must span all steps")
                    .at(at)
                    .hint(format!("Use after_step = 1 and before_step = {steps}")),
            );
        }
    }
    if let Some(breakdown) = &funnel.breakdown {
        check_attribution(breakdown.attribution, funnel, &mut found);
    }
    check_range(funnel.between, &mut found);
    check_filters(&funnel.steps, &funnel.filters, &mut found);
    found
}

fn check_attribution(attribution: Attribution, funnel: &Funnel, found: &mut Vec<Diagnostic>) {
    let Attribution::Step(step) = attribution else { return };
    if step == 0 || step > funnel.steps.len() {
        found.push(
            Diagnostic::error(
                "attribution-step",
                format!("The breakdown names step {step} of {}", funnel.steps.len()),
            )
            .hint("Name one of the funnel's steps"),
        );
    } else if funnel.order == Order::Any {
        found.push(
            Diagnostic::error("attribution-any-order", "In any order a breakdown cannot be tied to a step")
                .hint("Use first, last or all"),
        );
    }
}

fn check_flow(flow: &Flow) -> Vec<Diagnostic> {
    let mut found = flow.problems();
    check_range(flow.between, &mut found);
    check_filters(std::slice::from_ref(&flow.anchor), &flow.filters, &mut found);
    found
}

fn check_trend(trend: &Trend) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if trend.steps.is_empty() {
        found.push(Diagnostic::error("no-events", "The trend names no event").hint("Add at least one event"));
    }
    check_range(trend.between, &mut found);
    check_intervals(trend, &mut found);
    check_filters(&trend.steps, &trend.filters, &mut found);
    found
}

fn check_retention(asked: &Retention) -> Vec<Diagnostic> {
    let mut found = retention::check(asked);
    check_range(asked.between, &mut found);
    check_filters(&asked.steps, &asked.filters, &mut found);
    found
}

/// Events end at [`Time::LATEST`]: without a range, one that ends later than the limit allows is too long whatever
/// the log holds. The engine keeps to the limit where the range depends on the log.
fn check_intervals(trend: &Trend, found: &mut Vec<Diagnostic>) {
    let last = trend.as_of.map_or(Time::LATEST, |as_of| as_of.plus(1));
    let (from, to) = match trend.between {
        Some((from, to)) => (from, to.min(last)),
        None => (Time::LATEST, last),
    };
    let size = trend.interval.least_us();
    let span = to.0.saturating_sub(from.0);
    if span > size.saturating_mul(INTERVAL_LIMIT as i64) {
        let word = trend.interval.word();
        let hint = match trend.between {
            Some(_) => "Choose a shorter range, or weeks",
            None => "Choose an earlier as_of, or give the trend a range",
        };
        found.push(
            Diagnostic::error(
                "too-many-intervals",
                format!("The trend has {} {word}s, at most {INTERVAL_LIMIT} are possible", span / size),
            )
            .hint(hint),
        );
    }
}

fn check_range(between: Option<(Time, Time)>, found: &mut Vec<Diagnostic>) {
    if let Some((from, to)) = between
        && from >= to
    {
        found.push(
            Diagnostic::error(
                "empty-range",
                format!("The range from {} to {} is empty", from.iso(), to.iso()),
            )
            .hint("The end must be later than the start"),
        );
    }
}

fn check_filters(steps: &[Step], filters: &[Filter], found: &mut Vec<Diagnostic>) {
    let all = steps.iter().flat_map(|step| &step.filters).chain(filters);
    if all.into_iter().any(|filter| filter.property.is_empty()) {
        found.push(Diagnostic::error("no-property", "A filter names no property").hint("Choose a property"));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::text::parse_query;

    fn codes(rest: &str) -> Vec<&'static str> {
        match parse_query(&format!("kind='trend'\nevents=[{{event='A'}}]\n{rest}")) {
            Ok(query) => query.check().iter().map(|problem| problem.code).collect(),
            Err(problem) => vec![problem.code],
        }
    }

    #[test]
    fn a_trend_of_too_many_intervals_is_refused() {
        let long = "between={from='1990-01-01',to='2050-01-01'}";
        assert_eq!(codes("as_of='9999-12-31T00:00:00Z'"), ["too-many-intervals"]);
        assert_eq!(codes("as_of='9999-12-31T00:00:00Z'\ninterval='week'"), ["too-many-intervals"]);
        assert_eq!(codes(long), ["too-many-intervals"]);
        assert_eq!(codes("between={from='0001-01-01',to='9999-12-31'}"), ["too-many-intervals"]);
        assert!(codes(&format!("{long}\ninterval='week'")).is_empty());
        assert!(codes(&format!("{long}\nas_of='2026-01-01T00:00:00Z'")).is_empty(), "as-of ends the range");
        assert!(codes("as_of='2099-01-01T00:00:00Z'").is_empty());
    }
}
