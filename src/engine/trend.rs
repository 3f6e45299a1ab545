//! Events or persons by day or week over an event table. Not for the rules, which are in `model::trend`.

use std::ops::Range;

use rayon::prelude::*;

use super::filter::{Condition, MAX_CONDITIONS, Matches, matches};
use super::funnel::{Labels, NONE};
use super::list::EventFilter;
use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::funnel::{NO_VALUE, OTHER_VALUES};
use crate::model::predicate::{Comparison, Filter, Operand, Test};
use crate::model::time::{DAY_US, Time, Zone};
use crate::model::trend::{BETWEEN, INTERVAL_LIMIT, Measure, SERIES_LIMIT, Series, Trend, TrendReport};
use crate::model::value::Value;

/// Persons of a chunk.
const CHUNK: usize = 4096;

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
    let mut found = Vec::new();
    for conditions in conditions.chunks(MAX_CONDITIONS) {
        found.push(matches(table, conditions, as_of, progress)?);
    }
    report.future_events = found.first().map_or(0, |found| found.future);
    report.passed_over = found.iter().flat_map(|found| &found.passed_over).sum();
    let Some(mut range) = counted_range(table, query, as_of, &found) else { return Ok(report) };
    report.starts = limited_starts(query, &mut range, zone);
    let labels = query.breakdown.as_ref().map(|property| Labels::new(table, property));
    let count = Count { table, query, found: &found, starts: &report.starts, range, labels: labels.as_ref() };
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
    let next = query.interval.starts(start, start.plus(9 * DAY_US), zone).get(1).copied()?;
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
fn counted_range(table: &EventTable, query: &Trend, as_of: Time, found: &[Matches]) -> Option<Range<i64>> {
    let end = as_of.0.saturating_add(1);
    let (from, to) = match query.between {
        Some((from, to)) => (from.0, to.0.min(end)),
        None => {
            let matching = |event: &usize| found.iter().any(|found| found.masks.get(*event) != 0);
            let first = (0..table.events()).into_par_iter().filter(matching).map(|e| table.times()[e]).min();
            (first?, end)
        }
    };
    (from < to).then_some(from..to)
}

/// The starts of the range's buckets. A range that the query does not give ends after as many as are allowed; one
/// that it gives was checked.
fn limited_starts(query: &Trend, range: &mut Range<i64>, zone: Zone) -> Vec<Time> {
    // Longer than any of the intervals, also where clocks change.
    let longest = 8 * DAY_US * INTERVAL_LIMIT as i64;
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

struct Count<'a> {
    table: &'a EventTable,
    query: &'a Trend,
    found: &'a [Matches],
    starts: &'a [Time],
    range: Range<i64>,
    labels: Option<&'a Labels>,
}

/// Which slot of values a label belongs to, for each label; and the labels of the slots.
struct Slots {
    of_label: Vec<usize>,
    labels: Vec<Option<String>>,
}

impl Count<'_> {
    fn series(&self, progress: &Progress) -> Result<Vec<Series>, Cancelled> {
        let slots = self.slots(progress)?;
        let buckets = self.starts.len();
        let width = slots.labels.len() * buckets;
        let size = self.query.steps.len() * width;
        let add = |sums: &mut Vec<u64>, step: usize, label: u32, bucket: usize| {
            sums[step * width + slots.of_label[label as usize] * buckets + bucket] += 1;
        };
        let of = |label: u32| slots.of_label[label as usize] as u32;
        let sums = self.pass(size, of, add, progress)?;
        let mut series = Vec::new();
        for (step, asked) in self.query.steps.iter().enumerate() {
            let mut of_step: Vec<Series> = Vec::new();
            for (slot, value) in slots.labels.iter().enumerate() {
                let from = step * width + slot * buckets;
                let values = sums[from..from + buckets].to_vec();
                let label = match value {
                    Some(value) => format!("{}{BETWEEN}{value}", asked.label()),
                    None => asked.label(),
                };
                of_step.push(Series { label, values, step, value: value.clone() });
            }
            let total = |series: &Series| series.values.iter().sum::<u64>();
            let is_other = |series: &Series| series.value.as_deref() == Some(OTHER_VALUES);
            of_step.sort_by(|a, b| {
                let by_total = total(b).cmp(&total(a)).then_with(|| a.label.cmp(&b.label));
                is_other(a).cmp(&is_other(b)).then(by_total)
            });
            series.extend(of_step);
        }
        Ok(series)
    }

    /// The largest values by total over all steps stay apart.
    fn slots(&self, progress: &Progress) -> Result<Slots, Cancelled> {
        let Some(labels) = self.labels else {
            return Ok(Slots { of_label: vec![0], labels: vec![None] });
        };
        let all = labels.all();
        let totals =
            self.pass(all.len(), |label| label, |sums, _, label, _| sums[label as usize] += 1, progress)?;
        let mut order: Vec<usize> = (0..all.len()).filter(|label| totals[*label] > 0).collect();
        order.sort_by(|a, b| totals[*b].cmp(&totals[*a]).then_with(|| all[*a].cmp(&all[*b])));
        let counted = order.len();
        order.retain(|label| all[*label] != OTHER_VALUES);
        order.truncate(SERIES_LIMIT);
        let mut slots = Slots {
            of_label: vec![order.len(); all.len()],
            labels: order.iter().map(|label| Some(all[*label].clone())).collect(),
        };
        for (slot, label) in order.iter().enumerate() {
            slots.of_label[*label] = slot;
        }
        if counted > order.len() {
            slots.labels.push(Some(OTHER_VALUES.to_owned()));
        }
        Ok(slots)
    }

    /// Calls `add(sums, step, label, bucket)` for every event, or for every person once in each step, bucket and
    /// `group` of labels.
    fn pass(
        &self,
        size: usize,
        group: impl Fn(u32) -> u32 + Sync,
        add: impl Fn(&mut Vec<u64>, usize, u32, usize) + Sync,
        progress: &Progress,
    ) -> Result<Vec<u64>, Cancelled> {
        let persons = self.table.persons();
        let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
        let one = |(mut sums, mut scratch): (Vec<u64>, Vec<Hit>), from: &usize| {
            progress.at(*from as u64, persons as u64)?;
            for person in *from..(*from + CHUNK).min(persons) {
                match self.query.measure {
                    Measure::Events => {
                        self.hits(person, |hit| add(&mut sums, hit.step, hit.label, hit.bucket));
                    }
                    Measure::Persons => {
                        scratch.clear();
                        self.hits(person, |hit| scratch.push(Hit { group: group(hit.label), ..hit }));
                        scratch.sort_unstable_by_key(|hit| (hit.step, hit.group, hit.bucket));
                        scratch.dedup_by_key(|hit| (hit.step, hit.group, hit.bucket));
                        scratch.iter().for_each(|hit| add(&mut sums, hit.step, hit.label, hit.bucket));
                    }
                }
            }
            Ok((sums, scratch))
        };
        let empty = || (vec![0_u64; size], Vec::new());
        let join = |(mut sums, scratch): (Vec<u64>, Vec<Hit>), (more, _): (Vec<u64>, Vec<Hit>)| {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            Ok((sums, scratch))
        };
        // Few long runs of chunks, as each has sums of its own.
        let runs = chunks.par_iter().with_min_len(chunks.len().div_ceil(16).max(1));
        runs.try_fold(empty, one).try_reduce(empty, join).map(|(sums, _)| sums)
    }

    fn hits(&self, person: usize, mut each: impl FnMut(Hit)) {
        let events = self.table.person_events(person);
        let times = &self.table.times()[events.clone()];
        let from = times.partition_point(|time| *time < self.range.start);
        let to = times.partition_point(|time| *time < self.range.end);
        let mut bucket = 0;
        let mut next = i64::MIN;
        for event in events.start + from..events.start + to {
            let time = self.table.times()[event];
            for (set, found) in self.found.iter().enumerate() {
                let mut bits = found.masks.get(event);
                if bits == 0 {
                    continue;
                }
                if time >= next {
                    let later = self.starts[bucket..].partition_point(|start| start.0 <= time);
                    bucket = (bucket + later).saturating_sub(usize::from(later > 0));
                    next = self.starts.get(bucket + 1).map_or(i64::MAX, |start| start.0);
                }
                let label = self.labels.map_or(NONE, |labels| labels.of(event));
                while bits != 0 {
                    let step = set * MAX_CONDITIONS + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    each(Hit { step, label, group: 0, bucket });
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    step: usize,
    label: u32,
    group: u32,
    bucket: usize,
}
