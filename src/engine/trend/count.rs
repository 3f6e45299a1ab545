//! Counting the events or persons of a trend's series. Not for its range and its report: see `trend`.

use std::ops::Range;

use super::buckets::{Buckets, ByDay};
use super::few::{Few, TURNS};
use crate::base::{Cancelled, Progress};
use crate::engine::codes::{Code, Codes, by_width};
use crate::engine::filter::{MAX_CONDITIONS, Masks, Matches};
use crate::engine::funnel::{Labels, NONE};
use crate::engine::pass;
use crate::engine::table::EventTable;
use crate::model::funnel::OTHER_VALUES;
use crate::model::trend::{BETWEEN, Measure, SERIES_LIMIT, Series, Trend};

/// The most sums that take turns.
const FEW: usize = 1 << 13;

/// What is counted.
pub(super) struct Count<'a> {
    pub(super) table: &'a EventTable,
    pub(super) query: &'a Trend,
    pub(super) found: &'a [Matches<'a>],
    pub(super) buckets: &'a Buckets,
    /// The buckets by day, where days alone tell them.
    pub(super) days: Option<&'a ByDay<'a>>,
    pub(super) labels: Option<&'a Labels>,
}

/// Which slot of values a label belongs to, for each label; and the labels of the slots.
struct Slots {
    of_label: Vec<u32>,
    labels: Vec<Option<String>>,
}

impl Count<'_> {
    /// The series, in the order of steps, then of totals.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub(super) fn series(&self, progress: &Progress) -> Result<Vec<Series>, Cancelled> {
        let slots = self.slots(progress)?;
        let (buckets, groups) = (self.buckets.len(), slots.labels.len());
        let strides = [groups * buckets, buckets, 1];
        let places = Places::new(self.query.steps.len(), groups, &slots.of_label, strides);
        let sums = self.pass(&places, progress)?;
        let mut series = Vec::new();
        for (step, asked) in self.query.steps.iter().enumerate() {
            let mut of_step: Vec<Series> = Vec::new();
            for (slot, value) in slots.labels.iter().enumerate() {
                let from = (step * groups + slot) * buckets;
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
        let each: Vec<u32> = (0..all.len() as u32).collect();
        let places = Places::new(self.query.steps.len(), all.len(), &each, [0, 1, 0]);
        let totals = self.pass(&places, progress)?;
        let mut order: Vec<usize> = (0..all.len()).filter(|label| totals[*label] > 0).collect();
        order.sort_by(|a, b| totals[*b].cmp(&totals[*a]).then_with(|| all[*a].cmp(&all[*b])));
        let counted = order.len();
        order.retain(|label| all[*label] != OTHER_VALUES);
        order.truncate(SERIES_LIMIT);
        // The others share the slot after those; values that no event counts for are anywhere.
        let others = if counted > order.len() { order.len() } else { order.len().saturating_sub(1) };
        let mut slots = Slots {
            of_label: vec![others as u32; all.len()],
            labels: order.iter().map(|label| Some(all[*label].clone())).collect(),
        };
        for (slot, label) in order.iter().enumerate() {
            slots.of_label[*label] = slot as u32;
        }
        if counted > order.len() {
            slots.labels.push(Some(OTHER_VALUES.to_owned()));
        }
        Ok(slots)
    }

    /// Sums over all persons: every event counts, or every person once in each step, group and bucket.
    fn pass<'p>(&self, places: &'p Places<'p>, progress: &Progress) -> Result<Vec<u64>, Cancelled> {
        let lane = Lane::new(self.found, places.steps);
        let distinct = self.query.measure == Measure::Persons;
        let one = |sums: &mut Sums<'p>, persons: Range<usize>| match (&lane, distinct) {
            (Some(lane), false) => self.by_name::<false>(lane, persons, sums),
            (Some(lane), true) => self.by_name::<true>(lane, persons, sums),
            (None, false) => self.by_masks::<false>(persons, sums),
            (None, true) => self.by_masks::<true>(persons, sums),
        };
        let empty = || Sums::new(places, self.buckets.len(), distinct);
        let (persons, size) = (self.table.persons(), empty().size());
        let sums = pass::sums(persons, size, progress, empty, one, |a, b| a.join(&b))?;
        Ok(sums.told(self.buckets.len()))
    }

    /// The events of a person within the range.
    fn events(&self, person: usize) -> Range<usize> {
        let events = self.table.person_events(person);
        let times = &self.table.times()[events.clone()];
        let range = &self.buckets.range;
        match (times.first(), times.last()) {
            (Some(first), Some(last)) if *first >= range.start && *last < range.end => events,
            _ => {
                let from = times.partition_point(|time| *time < range.start);
                let to = times.partition_point(|time| *time < range.end);
                events.start + from..events.start + to
            }
        }
    }

    /// Counts events that each fill at most one step, which their names tell.
    fn by_name<const DISTINCT: bool>(&self, lane: &Lane<'_>, persons: Range<usize>, sums: &mut Sums<'_>) {
        if self.labels.is_none() && sums.sums.len() <= FEW {
            return by_width!(lane.names, names => self.few::<DISTINCT>(names, lane, persons, sums));
        }
        for person in persons {
            for event in self.events(person) {
                let step = lane.steps[lane.names.at(event) as usize];
                let label = self.labels.map_or(NONE, |labels| labels.of(event));
                sums.add::<DISTINCT>(person, step, label, self.buckets.of(self.table.times()[event]));
            }
        }
    }

    /// The same of few sums without a breakdown.
    fn few<const DISTINCT: bool>(
        &self,
        names: &[impl Code],
        lane: &Lane<'_>,
        persons: Range<usize>,
        sums: &mut Sums<'_>,
    ) {
        let few = Few {
            starts: self.table.person_starts(),
            names,
            steps: &lane.steps,
            buckets: self.buckets.len(),
            persons,
            turns: &mut sums.turns,
        };
        let Some(days) = self.days else {
            let view = self.buckets.view();
            let bucket = |event: usize| view.of(self.table.times()[event]);
            return few.of_persons::<DISTINCT>(|person| self.events(person), bucket, &mut sums.last);
        };
        match (DISTINCT, lane.has_every_event(sums.places.steps)) {
            (false, _) => few.events_by_day(days),
            (true, true) => few.persons_by_day(days),
            (true, false) => {
                let bucket = |event: usize| days.of_day[usize::from(days.of_event[event])];
                few.of_persons::<true>(|person| self.table.person_events(person), bucket, &mut sums.last);
            }
        }
    }

    /// Counts events that may fill several steps.
    fn by_masks<const DISTINCT: bool>(&self, persons: Range<usize>, sums: &mut Sums<'_>) {
        for (person, event) in
            persons.flat_map(|person| self.events(person).map(move |event| (person, event)))
        {
            for (set, found) in self.found.iter().enumerate() {
                let mut bits = found.masks.get(event);
                if bits == 0 {
                    continue;
                }
                let bucket = self.buckets.of(self.table.times()[event]);
                let label = self.labels.map_or(NONE, |labels| labels.of(event));
                while bits != 0 {
                    let step = (set * MAX_CONDITIONS) as u32 + bits.trailing_zeros();
                    bits &= bits - 1;
                    sums.add::<DISTINCT>(person, step, label, bucket);
                }
            }
        }
    }
}

/// The step of each name, where no name fills several.
struct Lane<'a> {
    names: &'a Codes,
    /// One past the last step for names that fill none.
    steps: Vec<u32>,
}

impl<'a> Lane<'a> {
    fn new(found: &'a [Matches<'a>], steps: usize) -> Option<Lane<'a>> {
        let nothing = u32::try_from(steps).ok()?;
        let mut lane = match found.first().map(|found| &found.masks) {
            Some(Masks::Named { names, .. }) => Lane { names, steps: Vec::new() },
            Some(Masks::Narrow(_) | Masks::Wide(_)) | None => return None,
        };
        for (set, found) in found.iter().enumerate() {
            let Masks::Named { bits, .. } = &found.masks else { return None };
            lane.steps.resize(bits.len(), nothing);
            for (step, bits) in lane.steps.iter_mut().zip(bits).filter(|(_, bits)| **bits != 0) {
                if *step != nothing || bits.count_ones() > 1 {
                    return None;
                }
                *step = (set * MAX_CONDITIONS) as u32 + bits.trailing_zeros();
            }
        }
        Some(lane)
    }

    /// True when every event fills the only step.
    fn has_every_event(&self, steps: usize) -> bool {
        steps == 1 && self.steps.iter().all(|step| *step == 0)
    }
}

/// Where the sum of a step, a group of labels and a bucket is.
struct Places<'a> {
    steps: usize,
    groups: usize,
    /// The group of each label.
    of_label: &'a [u32],
    /// From one step, group and bucket to the next.
    strides: [usize; 3],
}

impl<'a> Places<'a> {
    fn new(steps: usize, groups: usize, of_label: &'a [u32], strides: [usize; 3]) -> Places<'a> {
        Places { steps, groups, of_label, strides }
    }
}

/// Sums, and for each step and group who was counted last, in which bucket.
struct Sums<'a> {
    places: &'a Places<'a>,
    sums: Vec<u64>,
    last: Vec<(u32, u32)>,
    /// The sums of few, as [`Few`] has them.
    turns: Vec<[u32; TURNS]>,
}

impl<'a> Sums<'a> {
    fn new(places: &'a Places<'a>, buckets: usize, distinct: bool) -> Sums<'a> {
        let [step, group, bucket] = places.strides;
        // With room for the step of the events that fill none.
        let size = places.steps * step + places.groups * group + buckets * bucket + 1;
        let pairs = if distinct { (places.steps + 1) * places.groups.max(1) } else { 0 };
        Sums { places, sums: vec![0; size], last: vec![(u32::MAX, 0); pairs], turns: Vec::new() }
    }

    fn size(&self) -> usize {
        self.sums.len() + self.last.len()
    }

    /// Adds an event; `DISTINCT` only when its person was not counted there yet. Persons come one after the other,
    /// each in order of time. A step past the last adds nothing.
    fn add<const DISTINCT: bool>(&mut self, person: usize, step: u32, label: u32, bucket: usize) {
        let step = step as usize;
        let group = self.places.of_label[label as usize] as usize;
        let [of_step, of_group, of_bucket] = self.places.strides;
        let mut counts = step < self.places.steps;
        if DISTINCT {
            let now = (person as u32, bucket as u32);
            let last = &mut self.last[step * self.places.groups + group];
            counts &= *last != now;
            *last = now;
        }
        self.sums[step * of_step + group * of_group + bucket * of_bucket] += u64::from(counts);
    }

    fn join(mut self, more: &Sums<'_>) -> Self {
        self.sums.iter_mut().zip(&more.sums).for_each(|(sum, more)| *sum += more);
        if self.turns.is_empty() {
            self.turns.clone_from(&more.turns);
        } else {
            // Together no more than there are events.
            let turns = self.turns.iter_mut().zip(&more.turns);
            turns.for_each(|(own, more)| own.iter_mut().zip(more).for_each(|(sum, more)| *sum += more));
        }
        self
    }

    /// All sums, those that took turns included.
    fn told(mut self, buckets: usize) -> Vec<u64> {
        for (step, turns) in self.turns.chunks_exact(buckets + 1).take(self.places.steps).enumerate() {
            for (sum, turns) in self.sums[step * buckets..].iter_mut().zip(&turns[..buckets]) {
                *sum += turns.iter().map(|turn| u64::from(*turn)).sum::<u64>();
            }
        }
        self.sums
    }
}
