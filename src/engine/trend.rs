//! Events or persons by day, week or month over an event table. Not for the rules, which are in `model::trend`.

pub(super) mod buckets;
mod count;
mod few;

use std::ops::Range;

use buckets::Buckets;
use count::Count;

use super::filter::{Condition, First, MAX_CONDITIONS, Matches, matches};
use super::funnel::Labels;
use super::list::EventFilter;
use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::funnel::{NO_VALUE, OTHER_VALUES};
use crate::model::predicate::{Comparison, Filter, Operand, Test};
use crate::model::time::{DAY_US, Time, Zone};
use crate::model::trend::{INTERVAL_LIMIT, Trend, TrendReport};
use crate::model::value::Value;

/// Answers a trend that [`crate::model::query::Query::check`] finds no error in.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn trend(
    table: &EventTable,
    query: &Trend,
    as_of: Time,
    zone: Zone,
    progress: &Progress,
) -> Result<TrendReport, Cancelled> {
    let steps = query.steps.iter().enumerate();
    let conditions: Vec<Condition<'_>> = steps
        .map(|(index, step)| Condition::new(&step.events, &step.filters, &query.filters, 1 << (index % 64)))
        .collect();
    let mut report =
        TrendReport { series: Vec::new(), starts: Vec::new(), as_of, future_events: 0, passed_over: 0 };
    let first = if query.between.is_none() { First::Wanted } else { First::NotAsked };
    let mut found = Vec::new();
    for conditions in conditions.chunks(MAX_CONDITIONS) {
        found.push(matches(table, conditions, as_of, first, progress)?);
    }
    report.future_events = found.first().map_or(0, |found| found.future);
    report.passed_over = found.iter().flat_map(|found| &found.passed_over).sum();
    let Some(mut range) = counted_range(query, as_of, &found) else { return Ok(report) };
    report.starts = limited_starts(query, &mut range, zone);
    let labels = query.breakdown.as_ref().map(|property| Labels::new(table, property));
    if query.between.is_none() {
        // Nothing matches before the first matching event, so that its bucket can be taken whole.
        range.start = report.starts.first().map_or(range.start, |first| first.0.min(range.start));
    }
    let buckets = Buckets::new(&report.starts, range);
    let days = buckets.by_day(table, zone);
    let count = Count {
        table,
        query,
        found: &found,
        buckets: &buckets,
        days: days.as_ref(),
        labels: labels.as_ref(),
    };
    report.series = count.series(progress)?;
    Ok(report)
}

/// The events behind one number of a trend: as many as it says, or of as many persons. None for the values that are
/// summed up as others, which no filter names. `query` is the one answered, old names of events included.
pub fn behind(
    query: &Trend,
    report: &TrendReport,
    (series, bucket): (usize, usize),
    zone: Zone,
) -> Option<EventFilter> {
    let series = report.series.get(series)?;
    let step = query.steps.get(series.step)?;
    let start = *report.starts.get(bucket)?;
    let next = query.interval.starts(start, start.plus(33 * DAY_US), zone).get(1).copied()?;
    let mut between = (start, next.min(report.as_of.plus(1)));
    if let Some((from, to)) = query.between {
        between = (between.0.max(from), between.1.min(to));
    }
    let mut filters: Vec<Filter> = step.filters.iter().chain(&query.filters).cloned().collect();
    if let (Some(property), Some(label)) = (&query.breakdown, &series.value) {
        filters.push(Filter { property: property.clone(), test: of_label(label)? });
    }
    let names = step.events.clone();
    Some(EventFilter { names, between: Some(between), filters, ..EventFilter::default() })
}

/// The events that a trend's filters passed over, where one filter can name them: not when events of several steps
/// have filters of their own, or count more than once.
pub fn passed_over(query: &Trend, report: &TrendReport) -> Option<EventFilter> {
    let (names, filters) = match query.steps.as_slice() {
        [only] => (only.events.clone(), only.filters.iter().chain(&query.filters).cloned().collect()),
        steps => {
            let names: Vec<String> = steps.iter().flat_map(|step| step.events.clone()).collect();
            let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
            let one_by_one = steps.iter().all(|step| step.filters.is_empty() && !step.events.is_empty());
            if !one_by_one || distinct.len() < names.len() {
                return None;
            }
            (names, query.filters.clone())
        }
    };
    let between = Some((Time(i64::MIN), report.as_of.plus(1)));
    Some(EventFilter { names, between, passed_over: filters, ..EventFilter::default() })
}

/// The test of a breakdown's label: values of every type that are written so.
fn of_label(label: &str) -> Option<Test> {
    if label == OTHER_VALUES {
        return None;
    }
    if label == NO_VALUE {
        return Some(Test::IsNotSet);
    }
    let mut values = vec![Value::Text(label.to_owned())];
    values.extend(label.parse().ok().map(Value::Number).filter(|value| value.to_string() == label));
    values.extend(label.parse().ok().map(Value::Bool));
    Some(match values.as_slice() {
        [only] => Test::Compare(Comparison::Equal, Operand::Value(only.clone())),
        _ => Test::OneOf(values),
    })
}

/// The instants that count, half-open: the range up to as-of, or from the first matching event to as-of.
fn counted_range(query: &Trend, as_of: Time, found: &[Matches<'_>]) -> Option<Range<i64>> {
    let end = as_of.0.saturating_add(1);
    let (from, to) = match query.between {
        Some((from, to)) => (from.0, to.0.min(end)),
        None => (found.iter().filter_map(|found| found.first).min()?, end),
    };
    (from < to).then_some(from..to)
}

/// The starts of the range's buckets. A range that the query does not give ends after as many as are allowed; one
/// that it gives was checked.
fn limited_starts(query: &Trend, range: &mut Range<i64>, zone: Zone) -> Vec<Time> {
    // Longer than any of the intervals, also where clocks change.
    let longest = 32 * DAY_US * INTERVAL_LIMIT as i64;
    let last = (range.end - 1).min(range.start.saturating_add(longest));
    let mut starts = query.interval.starts(Time(range.start), Time(last), zone);
    if query.between.is_none()
        && let Some(first_left_out) = starts.get(INTERVAL_LIMIT)
    {
        range.end = first_left_out.0;
        starts.truncate(INTERVAL_LIMIT);
    }
    starts
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::calendar;
    use crate::engine::table::TableBuilder;
    use crate::model::time::Interval;
    use crate::model::trend::Measure;

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33).cast_signed() % end
        }
    }

    #[test]
    fn days_tell_the_same_as_times() {
        let mut random = Random(5);
        let names = ["A", "B", "C"];
        let begin = Time::parse("2026-03-20T13:00:00Z").unwrap();
        let mut by_day = 0;
        for _ in 0..400 {
            let mut builder = TableBuilder::default();
            for _ in 0..random.below(80) {
                let time = begin.plus(random.below(80) * DAY_US / 4);
                builder.add(random.below(6), time, names[random.below(3) as usize], []);
            }
            let zone = Zone::named(["UTC", "Europe/Berlin"][random.below(2) as usize]).unwrap();
            let named: Vec<&str> = names.into_iter().filter(|_| random.below(2) == 0).collect();
            let steps: Vec<String> = named.iter().map(|name| format!("{{ event = \"{name}\" }}")).collect();
            let events = if steps.is_empty() { "{ event = \"*\" }".to_owned() } else { steps.join(", ") };
            let text = format!("kind = \"trend\"\nevents = [{events}]\n");
            let Ok(crate::model::query::Query::Trend(mut query)) = crate::model::text::parse_query(&text)
            else {
                panic!("{text}");
            };
            query.interval = Interval::ALL[random.below(3) as usize];
            query.measure = [Measure::Events, Measure::Persons][random.below(2) as usize];
            if random.below(2) == 0 {
                let from = begin.plus(random.below(40) * DAY_US / 4);
                query.between = Some((from, from.plus((1 + random.below(60)) * DAY_US / 4)));
            }
            let as_of = begin.plus([12, 100][random.below(2) as usize] * DAY_US);
            let table = builder.build().unwrap();
            let days = calendar::days(&table, zone, &Progress::new()).unwrap().unwrap();
            let with_days = table.clone().with_days(zone, Arc::new(days)).unwrap();
            let ask = |table| trend(table, &query, as_of, zone, &Progress::new()).unwrap();
            let report = ask(&table);
            assert_eq!(ask(&with_days), report, "{query:?}");
            let range = report.starts.first().map_or(0, |start| start.0)..as_of.0 + 1;
            let any = !report.starts.is_empty();
            by_day +=
                usize::from(any && Buckets::new(&report.starts, range).by_day(&with_days, zone).is_some());
        }
        assert!(by_day > 100, "only {by_day} were told by days");
    }
}
