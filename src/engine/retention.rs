//! Who came back, and when, over an event table. Not for the rules, which are in `model::retention`.

mod by_day;
mod count;
mod frame;
mod members;
mod person;
mod plain;

pub use members::{Returner, retention_members};

use count::{Slots, Sums, slots};
use frame::{ByDay, Frame};
use person::{Found, Walk};

use super::codes::{Code as _, by_width};
use super::filter::{Condition, First, Masks, Matches, matches};
use super::funnel::Labels;
use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::retention::{Cohort, RETURN, Retention, RetentionReport, RetentionSlice, START, Triangle};
use crate::model::time::{Time, Zone};

/// Answers a retention that [`crate::model::query::Query::check`] finds no error in.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn retention(
    table: &EventTable,
    query: &Retention,
    as_of: Time,
    zone: Zone,
    progress: &Progress,
) -> Result<RetentionReport, Cancelled> {
    let found = found(table, query, as_of, progress)?;
    let mut report = RetentionReport {
        whole: Triangle::default(),
        breakdown: Vec::new(),
        persons: 0,
        left_out: 0,
        as_of,
        future_events: found.future,
        passed_over: [found.passed_over[START], found.passed_over[RETURN]],
    };
    let Some(frame) = Frame::new(table, query, as_of, zone) else { return Ok(report) };
    let labels = query.breakdown.as_ref().map(|property| Labels::new(table, property));
    let days = frame.by_day(table, zone);
    let walk = Walk::new(table, query, &frame, (days.as_ref(), labels.as_ref()));
    let cells = frame.cohorts() * (query.periods + 2);
    let (slots, sums) = summed_by_slot(&walk, &found, labels.as_ref(), (cells, query.periods), progress)?;
    (report.persons, report.left_out) = (sums.persons, sums.left_out);
    let mut triangles: Vec<Vec<Cohort>> =
        sums.sums.chunks_exact(cells).map(|sums| cohorts(&frame, query, sums)).collect();
    // Without anybody there is no value either, but the cohorts of a range are there.
    let mut whole = summed(&triangles).unwrap_or_else(|| cohorts(&frame, query, &vec![0; cells]));
    if query.between.is_none() {
        // What is before the first cohort with somebody tells nothing.
        let empty = whole.iter().take_while(|cohort| cohort.size == 0).count();
        whole.drain(..empty);
        triangles.iter_mut().for_each(|cohorts| _ = cohorts.drain(..empty));
    }
    report.whole = Triangle::of(whole);
    report.breakdown = slices(slots.labels, triangles);
    Ok(report)
}

/// The sums of each slot of values: of a few values all at once, of many first how large each is.
fn summed_by_slot(
    walk: &Walk<'_>,
    found: &Matches<'_>,
    labels: Option<&Labels>,
    (cells, periods): (usize, usize),
    progress: &Progress,
) -> Result<(Slots, Sums), Cancelled> {
    const FEW: usize = 1 << 18;
    let Some(labels) = labels else {
        if let Some(days) = walk.plain_days(&found.masks) {
            return Ok((Slots::one(), plain::pass(walk, days, (cells, periods), progress)?));
        }
        let sums = each(walk, found, cells, |sums, found: &Found| found.add(sums, periods), progress)?;
        return Ok((Slots::one(), sums));
    };
    let all = labels.all().len();
    if all * cells <= FEW {
        let add = |sums: &mut [u64], found: &Found| {
            found.add(&mut sums[found.label as usize * cells..], periods);
        };
        let sums = each(walk, found, all * cells, add, progress)?;
        let total = |sums: &[u64]| sums.chunks_exact(periods + 2).map(|cohort| cohort[0]).sum();
        let totals: Vec<u64> = sums.sums.chunks_exact(cells).map(total).collect();
        let slots = slots(&totals, labels);
        let sums = sums.folded(&slots, cells);
        return Ok((slots, sums));
    }
    let count = |totals: &mut [u64], found: &Found| totals[found.label as usize] += 1;
    let totals = each(&walk.of_cohorts_alone(), found, all, count, progress)?;
    let slots = slots(&totals.sums, labels);
    let add = |sums: &mut [u64], found: &Found| {
        let slot = slots.of_label[found.label as usize] as usize;
        found.add(&mut sums[slot * cells..], periods);
    };
    let sums = each(walk, found, slots.labels.len() * cells, add, progress)?;
    Ok((slots, sums))
}

/// The start event fills bit 0, the return event bit 1.
fn found<'a>(
    table: &'a EventTable,
    query: &'a Retention,
    as_of: Time,
    progress: &Progress,
) -> Result<Matches<'a>, Cancelled> {
    let condition = |place: usize| {
        let step = &query.steps[place];
        Condition::new(&step.events, &step.filters, &query.filters, 1 << place)
    };
    let conditions = [condition(START), condition(RETURN)];
    matches(table, &conditions, as_of, First::NotAsked, progress)
}

/// Goes through all persons with the fastest way to tell what an event is.
fn each(
    walk: &Walk<'_>,
    found: &Matches<'_>,
    size: usize,
    add: impl Fn(&mut [u64], &Found) + Sync,
    progress: &Progress,
) -> Result<Sums, Cancelled> {
    match &found.masks {
        masks if is_both(masks) => count::pass(walk, |_| BOTH, size, add, progress),
        Masks::Named { names, bits } => {
            by_width!(names, names => {
                count::pass(walk, |event| bits[names[event].place()], size, add, progress)
            })
        }
        Masks::Narrow(masks) => count::pass(walk, |event| u64::from(masks[event]), size, add, progress),
        Masks::Wide(masks) => count::pass(walk, |event| masks[event], size, add, progress),
    }
}

/// True when every event is both a start and a return.
fn is_both(masks: &Masks<'_>) -> bool {
    matches!(masks, Masks::Named { bits, .. } if bits.iter().all(|bits| *bits == BOTH))
}

impl<'a> Walk<'a> {
    /// The days of events, where they tell all and the question is the plainest: see [`plain`].
    fn plain_days(&self, masks: &Masks<'_>) -> Option<&'a ByDay<'a>> {
        self.days.filter(|_| !self.recurring && !self.only_cohorts && is_both(masks))
    }
}

const BOTH: u64 = 1 << START | 1 << RETURN;

/// The cohorts of one block of sums: for each cohort its size, then who came back by period.
fn cohorts(frame: &Frame, query: &Retention, sums: &[u64]) -> Vec<Cohort> {
    let of = |(index, sums): (usize, &[u64])| {
        let cells = frame.cells(index, query.periods);
        Cohort {
            start: frame.start(index),
            size: sums[0],
            returned: sums[1..=cells].to_vec(),
            unfinished: frame.is_open(index + cells - 1),
        }
    };
    sums.chunks_exact(query.periods + 2).enumerate().map(of).collect()
}

/// Every person has one value, so that all values together are everybody.
fn summed(triangles: &[Vec<Cohort>]) -> Option<Vec<Cohort>> {
    let (first, others) = triangles.split_first()?;
    let mut whole = first.clone();
    for more in others {
        for (sum, more) in whole.iter_mut().zip(more) {
            sum.size += more.size;
            sum.returned.iter_mut().zip(&more.returned).for_each(|(sum, more)| *sum += more);
        }
    }
    Some(whole)
}

fn slices(labels: Vec<Option<String>>, triangles: Vec<Vec<Cohort>>) -> Vec<RetentionSlice> {
    let named = labels.into_iter().zip(triangles);
    named
        .filter_map(|(value, cohorts)| {
            Some(RetentionSlice { value: value?, triangle: Triangle::of(cohorts) })
        })
        .collect()
}
