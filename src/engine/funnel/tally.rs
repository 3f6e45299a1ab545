//! Rows of persons added up to a report. Not for finding the rows: see `run`.

use rayon::prelude::*;

use super::outcome::Outcome;
use super::plan::{Found, Plan};
use super::run::{Gather, Row, Rows, reached_steps};
use crate::model::funnel::{BREAKDOWN_LIMIT, Bin, Funnel, OTHER_VALUES, Slice, StepReport};

/// Which labels stay apart, and what becomes of the others.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// For each label index its slot.
    of_label: Vec<usize>,
    /// The label of each slot.
    pub(crate) labels: Vec<String>,
    /// The slot in which a person may have several rows, of which one counts.
    other: Option<usize>,
}

impl Slots {
    /// One slot for all of so many labels.
    pub(crate) fn single(labels: usize) -> Slots {
        Slots { of_label: vec![0; labels], labels: vec![String::new()], other: None }
    }

    /// Number of labels.
    pub(crate) fn labels_known(&self) -> usize {
        self.of_label.len()
    }

    /// The labels with the most rows apart, largest first, then by label.
    pub(crate) fn largest(chunks: &[Rows], labels: &[String]) -> Slots {
        let mut persons = vec![0_u64; labels.len()];
        for row in chunks.iter().flat_map(|chunk| &chunk.rows) {
            persons[row.label as usize] += 1;
        }
        Slots::of_sizes(&persons, labels)
    }

    /// The labels with the most persons apart, largest first, then by label.
    fn of_sizes(persons: &[u64], labels: &[String]) -> Slots {
        let mut order: Vec<usize> = (0..labels.len()).filter(|label| persons[*label] > 0).collect();
        order.sort_by(|a, b| persons[*b].cmp(&persons[*a]).then_with(|| labels[*a].cmp(&labels[*b])));
        order.retain(|label| labels[*label] != OTHER_VALUES);
        order.truncate(BREAKDOWN_LIMIT);
        let kept = order.len();
        let mut of_label = vec![kept; labels.len()];
        for (slot, label) in order.iter().enumerate() {
            of_label[*label] = slot;
        }
        let mut slot_labels: Vec<String> = order.iter().map(|label| labels[*label].clone()).collect();
        let some_other = (0..labels.len()).any(|label| persons[label] > 0 && of_label[label] == kept);
        if some_other {
            slot_labels.push(OTHER_VALUES.to_owned());
        }
        Slots { of_label, labels: slot_labels, other: some_other.then_some(kept) }
    }

    /// The rows that count, each with its slot: of a person's several rows in the common slot the best.
    pub(crate) fn assign<'a>(&self, chunk: &'a Rows) -> Vec<(usize, &'a Row)> {
        let mut assigned: Vec<(usize, &Row)> = Vec::with_capacity(chunk.rows.len());
        let mut held: Option<usize> = None;
        for row in &chunk.rows {
            let slot = self.of_label[row.label as usize];
            if self.other == Some(slot) {
                match held.filter(|held| assigned[*held].1.person == row.person) {
                    Some(held) => {
                        if rank(row, chunk) > rank(assigned[held].1, chunk) {
                            assigned[held].1 = row;
                        }
                        continue;
                    }
                    None => held = Some(assigned.len()),
                }
            }
            assigned.push((slot, row));
        }
        assigned
    }
}

/// Deepest, then pending, then earliest.
fn rank(row: &Row, chunk: &Rows) -> (u32, bool, std::cmp::Reverse<i64>) {
    let first = chunk.times(row).first().copied().unwrap_or(i64::MAX);
    (row.reached.checked_ilog2().unwrap_or(0), row.pending, std::cmp::Reverse(first))
}

/// Sums of one slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    steps: Vec<StepSums>,
    /// Microseconds from step 1 to the last required step.
    conversions: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
struct StepSums {
    persons: u64,
    pending: u64,
    /// Microseconds since the previous required step.
    elapsed: Vec<i64>,
}

/// The sums of each slot.
pub(crate) fn sums(plan: &Plan, chunks: &[Rows], slots: &Slots) -> Vec<Sums> {
    let empty = || {
        let steps = vec![StepSums::default(); plan.steps];
        vec![Sums { steps, conversions: Vec::new() }; slots.labels.len()]
    };
    let add = |mut sums: Vec<Sums>, chunk: &Rows| {
        for (slot, row) in slots.assign(chunk) {
            sums[slot].add(plan, u64::from(row.reached), row.pending, chunk.times(row).iter().copied());
        }
        sums
    };
    let join = |mut sums: Vec<Sums>, more: Vec<Sums>| {
        sums.iter_mut().zip(more).for_each(|(sums, more)| sums.join(more));
        sums
    };
    chunks.par_iter().fold(empty, add).reduce(empty, join)
}

/// The sums of each label, of outcomes as they come: where every person has one row.
#[derive(Clone, Debug)]
pub(crate) struct ByLabel<'a> {
    plan: &'a Plan,
    /// Persons with an event up to as-of.
    pub(crate) persons: u64,
    /// Persons whose best attempt is excluded.
    pub(crate) excluded: u64,
    sums: Vec<Sums>,
}

/// The most labels that are worth sums of their own.
pub(crate) const MOST_LABELS: usize = 256;

impl<'a> ByLabel<'a> {
    /// Nothing yet.
    pub(crate) fn new(plan: &'a Plan, labels: usize) -> ByLabel<'a> {
        let steps = vec![StepSums::default(); plan.steps];
        ByLabel { plan, persons: 0, excluded: 0, sums: vec![Sums { steps, conversions: Vec::new() }; labels] }
    }

    /// Both.
    pub(crate) fn join(mut self, more: ByLabel<'a>) -> ByLabel<'a> {
        self.persons += more.persons;
        self.excluded += more.excluded;
        self.sums.iter_mut().zip(more.sums).for_each(|(sums, more)| sums.join(more));
        self
    }

    /// The sums of all labels together, of each one apart, and their slots.
    pub(crate) fn slots_of(self, labels: &[String]) -> (Sums, Slots, Vec<Sums>) {
        let mut whole = Sums::default();
        self.sums.iter().filter(|sums| sums.size() > 0).for_each(|sums| whole.join(sums.clone()));
        let (slots, sums) = self.slots(labels);
        (whole, slots, sums)
    }

    /// The sums of the only label.
    pub(crate) fn single(mut self) -> Sums {
        self.sums.pop().unwrap_or_default()
    }

    /// The largest labels apart, the others together.
    fn slots(self, labels: &[String]) -> (Slots, Vec<Sums>) {
        let sizes: Vec<u64> = self.sums.iter().map(Sums::size).collect();
        let slots = Slots::of_sizes(&sizes, labels);
        let mut of_slots: Vec<Option<Sums>> = vec![None; slots.labels.len()];
        for (label, sums) in self.sums.into_iter().enumerate().filter(|(label, _)| sizes[*label] > 0) {
            let slot = &mut of_slots[slots.of_label[label]];
            match slot {
                Some(slot) => slot.join(sums),
                None => *slot = Some(sums),
            }
        }
        (slots, of_slots.into_iter().flatten().collect())
    }
}

impl Gather for ByLabel<'_> {
    fn take(&mut self, _person: usize, label: u32, outcome: &Outcome) {
        let times = reached_steps(outcome.reached).map(|step| outcome.at[step]);
        self.sums[label as usize].add(self.plan, outcome.reached, outcome.pending, times);
    }

    fn person(&mut self) {
        self.persons += 1;
    }

    fn excluded(&mut self) {
        self.excluded += 1;
    }
}

impl Sums {
    fn add(&mut self, plan: &Plan, reached: u64, pending: bool, times: impl Iterator<Item = i64>) {
        let (mut start, mut since) = (0, 0);
        for (step, at) in reached_steps(reached).zip(times) {
            let sums = &mut self.steps[step];
            sums.persons += 1;
            sums.pending += u64::from(pending && misses_next(plan, reached, step));
            if step > 0 {
                sums.elapsed.push(at - since);
            } else {
                start = at;
            }
            if plan.required >> step & 1 == 1 {
                since = at;
            }
            if step > 0 && step == plan.last_required {
                self.conversions.push(at - start);
            }
        }
    }

    /// Persons at step 1.
    fn size(&self) -> u64 {
        self.steps.first().map_or(0, |step| step.persons)
    }

    fn join(&mut self, more: Sums) {
        if self.steps.is_empty() {
            *self = more;
            return;
        }
        for (sums, more) in self.steps.iter_mut().zip(more.steps) {
            sums.persons += more.persons;
            sums.pending += more.pending;
            sums.elapsed.extend(more.elapsed);
        }
        self.conversions.extend(more.conversions);
    }

    /// The steps' reports; `found` only for the whole, not for a slice.
    fn reports(mut self, plan: &Plan, funnel: &Funnel, found: Option<&Found<'_>>) -> Vec<StepReport> {
        let persons: Vec<u64> = self.steps.iter().map(|step| step.persons).collect();
        self.steps
            .par_iter_mut()
            .enumerate()
            .map(|(step, sums)| StepReport {
                event: funnel.steps[step].label(),
                persons: persons[step],
                pending: sums.pending,
                from_first: share(persons[step], persons[0]),
                from_previous: plan.required_before(step).map_or(1.0, |b| share(persons[step], persons[b])),
                average_secs: average_secs(&sums.elapsed),
                median_secs: median_secs(&mut sums.elapsed),
                passed_over: found.map_or(0, |found| found.passed_over[step]),
                events: found.map_or(0, |found| found.events[step]),
            })
            .collect()
    }
}

/// The funnel without regard to a breakdown.
pub(crate) struct Whole {
    pub(crate) steps: Vec<StepReport>,
    pub(crate) histogram: Vec<Bin>,
    pub(crate) convert_median_secs: Option<f64>,
}

/// The whole funnel's steps, and its times from the first to the last.
pub(crate) fn whole(plan: &Plan, funnel: &Funnel, found: &Found<'_>, mut sums: Vec<Sums>) -> Whole {
    let mut sums = sums.pop().unwrap_or_default();
    let histogram = histogram(&sums.conversions);
    let convert_median_secs = median_secs(&mut sums.conversions);
    sums.steps.resize_with(plan.steps, StepSums::default);
    Whole { steps: sums.reports(plan, funnel, Some(found)), histogram, convert_median_secs }
}

/// A breakdown's slices.
pub(crate) fn slices(plan: &Plan, funnel: &Funnel, slots: Slots, sums: Vec<Sums>) -> Vec<Slice> {
    let slice = |(value, sums): (String, Sums)| Slice { value, steps: sums.reports(plan, funnel, None) };
    slots.labels.into_iter().zip(sums).map(slice).collect()
}

/// True when a row's person reached a step, not the next required one, and may still.
pub(crate) fn waits_at(plan: &Plan, row: &Row, step: usize) -> bool {
    row.pending && misses_next(plan, u64::from(row.reached), step)
}

/// True when a row's person reached a step, not the next required one, and can no longer.
pub(crate) fn dropped_at(plan: &Plan, row: &Row, step: usize) -> bool {
    !row.pending && misses_next(plan, u64::from(row.reached), step)
}

/// True when the next required step after one is not among the reached.
fn misses_next(plan: &Plan, reached: u64, step: usize) -> bool {
    plan.required_after(step).is_some_and(|next| reached >> next & 1 == 0)
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn average_secs(elapsed: &[i64]) -> Option<f64> {
    let sum: i128 = elapsed.iter().map(|us| i128::from(*us)).sum();
    (!elapsed.is_empty()).then(|| sum as f64 / elapsed.len() as f64 / 1e6)
}

/// The middle value; of an even number the mean of the middle two.
fn median_secs(elapsed: &mut [i64]) -> Option<f64> {
    if elapsed.is_empty() {
        return None;
    }
    let middle = elapsed.len() / 2;
    let odd = elapsed.len() % 2 == 1;
    let (below, upper, _) = elapsed.select_nth_unstable(middle);
    let upper = *upper as f64;
    let lower = if odd { upper } else { below.iter().max().map_or(upper, |lower| *lower as f64) };
    Some((lower + upper) / 2.0 / 1e6)
}

/// Bins of whole seconds: as many as the cube root of the persons, at most 60; empty ones at the end left out.
fn histogram(conversions_us: &[i64]) -> Vec<Bin> {
    let (Some(least), Some(most)) = (conversions_us.iter().min(), conversions_us.iter().max()) else {
        return Vec::new();
    };
    let secs = |us: i64| us as f64 / 1e6;
    let (from, to) = (secs(*least).floor(), secs(*most).ceil());
    let bins = (conversions_us.len() as f64).cbrt().ceil().clamp(1.0, 60.0);
    let width = match ((to - from) / bins).ceil() {
        0.0 => 60.0,
        width => width,
    };
    let edge = |bin: usize| from + width * bin as f64;
    let mut persons = vec![0_u64; bins as usize];
    let last = persons.len() - 1;
    for us in conversions_us {
        let bin = ((secs(*us) - from) / width).floor() as usize;
        persons[bin.min(last)] += 1;
    }
    // Rounding the width up may leave bins past the longest time.
    persons.truncate(persons.iter().rposition(|persons| *persons > 0).map_or(1, |last| last + 1));
    let bin = |(bin, persons)| Bin { from_secs: edge(bin), to_secs: edge(bin + 1), persons };
    persons.into_iter().enumerate().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_even_counts_are_between_the_middle_two() {
        assert_eq!(median_secs(&mut [4_000_000, 1_000_000, 3_000_000, 2_000_000]), Some(2.5));
        assert_eq!(median_secs(&mut [5_000_000, 1_000_000, 3_000_000]), Some(3.0));
        assert_eq!(median_secs(&mut []), None);
    }

    #[test]
    fn bins_follow_the_rule() {
        let bins = histogram(&[3600, 2220, 82800].map(|secs| secs * 1_000_000));
        let seen: Vec<_> = bins.iter().map(|bin| (bin.from_secs, bin.to_secs, bin.persons)).collect();
        assert_eq!(seen, [(2220.0, 42510.0, 2), (42510.0, 82800.0, 1)]);
        let same = histogram(&[5_000_000; 4]);
        assert_eq!(same.iter().map(|bin| bin.persons).collect::<Vec<_>>(), [4]);
        assert_eq!((same[0].from_secs, same[0].to_secs), (5.0, 65.0));
        assert!(histogram(&[]).is_empty());
    }
}
