//! The plainest funnel of one person in one pass: ordered, every step required, no exclusion, at most eight steps.
//! Where events of one instant would have to change places it gives up: `ordered` gives the same answer everywhere.
//!
//! Along the events the latest start is kept from which each step was reached in time: a later start arrives nowhere
//! earlier but may go on for longer, so that it alone decides how deep attempts come. The first time the deepest step
//! is reached is where the earliest of the deepest attempts reaches it, and that attempt begins at the first start
//! whose window lasts until then.

use std::ops::Range;

use super::marks::{self, Marks};
use super::outcome::Outcome;
use super::plan::Plan;
use crate::engine::codes::{Code, Codes};
use crate::engine::filter::Masks;
use crate::engine::table::EventTable;
use crate::model::funnel::{MAX_STEPS, Order};

/// The most steps.
const MOST: usize = 8;
/// Room for as many steps.
const PLACES: usize = 8;
/// As many times are read from memory together.
const TIMES_OF_A_LINE: usize = 8;
/// No start: nothing happens at the first of all instants.
const NEVER: i64 = i64::MIN;

/// Event codes with their bits, one kind of table for each kind of masks.
pub(crate) struct Quick<'a, C> {
    plan: &'a Plan,
    times: &'a [i64],
    codes: &'a [C],
    /// The steps that an event of a code fills.
    bits: Vec<u8>,
    /// The marks of each code.
    kinds: Vec<u8>,
    /// Some window may be open at as-of.
    any_open: bool,
}

/// The quick way, where it can be tried.
pub(crate) enum Way<'a> {
    /// By codes of one byte, of names or of masks.
    Narrow(Quick<'a, u8>),
    /// By names of two bytes.
    Middle(Quick<'a, u16>),
    /// By names of four bytes.
    Wide(Quick<'a, u32>),
    /// It cannot.
    None,
}

impl<'a> Way<'a> {
    /// The quick way of a plan.
    pub(crate) fn new(plan: &'a Plan, table: &'a EventTable, masks: &'a Masks<'_>) -> Way<'a> {
        let plain = plan.order == Order::Ordered && plan.exclusions == 0 && plan.required == plan.step_bits();
        if !plain || plan.steps == 0 || plan.steps > MOST {
            return Way::None;
        }
        // A plain plan has no bits past its steps, of which there are at most eight.
        let narrow = |bits: &Vec<u64>| bits.iter().map(|bits| *bits as u8).collect();
        match masks {
            Masks::Named { names: Codes::Narrow(names), bits } => {
                Way::Narrow(Quick::new(plan, table, names, narrow(bits)))
            }
            Masks::Named { names: Codes::Middle(names), bits } => {
                Way::Middle(Quick::new(plan, table, names, narrow(bits)))
            }
            Masks::Named { names: Codes::Wide(names), bits } => {
                Way::Wide(Quick::new(plan, table, names, narrow(bits)))
            }
            Masks::Narrow(masks) => Way::Narrow(Quick::new(plan, table, masks, (0..=u8::MAX).collect())),
            Masks::Wide(_) => Way::None,
        }
    }
}

/// The places of a person's events among the marks, and of the starts that count.
#[derive(Clone)]
struct Places {
    all: Range<usize>,
    starts: Range<usize>,
}

impl<'a, C: Code> Quick<'a, C> {
    fn new(plan: &'a Plan, table: &'a EventTable, codes: &'a [C], bits: Vec<u8>) -> Self {
        let kind = |bits: &u8| bits & marks::START | if *bits > 1 { marks::LATER } else { 0 };
        let kinds = bits.iter().map(kind).collect();
        let any_open = table.latest().is_some_and(|latest| plan.is_open(latest.0.min(plan.as_of)));
        Quick { plan, times: table.times(), codes, bits, kinds, any_open }
    }

    /// Marks events, of some persons or of one, before these are asked for one by one.
    ///
    /// Times are looked up by jumps, each of which would wait for memory: here they are read all at once.
    pub(crate) fn mark(&self, events: Range<usize>, marks: &mut Marks) {
        marks.fill(events.clone(), self.codes, &self.kinds);
        let read = self.times[events].iter().step_by(TIMES_OF_A_LINE).fold(0, |all, time| all ^ time);
        std::hint::black_box(read);
    }

    /// Of a person's events those not before the plan's range, which the best attempt depends on alone.
    pub(crate) fn since(&self, events: Range<usize>, from: i64) -> Range<usize> {
        let counted = self.times[events.clone()].iter().rev().take_while(|time| **time >= from).count();
        events.end - counted..events.end
    }

    /// Reads what is known of the last events of some persons, by jumps that do not wait for each other.
    pub(crate) fn read_ahead(&self, lasts: impl Iterator<Item = usize>) {
        let read = lasts.fold(0, |all, last| all ^ self.times[last] as usize ^ self.codes[last].place());
        std::hint::black_box(read);
    }

    /// The best attempt over a person's events, which are marked, all up to as-of, and may lack those before the range; false, and nothing told, when
    /// ties make it a longer search.
    pub(crate) fn best(&self, marks: &Marks, events: Range<usize>, outcome: &mut Outcome) -> bool {
        *outcome = Outcome::default();
        let all = events.start - marks.from()..events.end - marks.from();
        let Some(places) = self.places(marks, all) else { return true };
        let Some(first) = marks.first_start(places.starts.clone()) else { return true };
        let found = match marks.first_later(places.starts.start..places.all.end) {
            Some(later) => self.deepest(marks, &places, later),
            None => Some(Deepest { depth: 0, at: 0 }),
        };
        let Some(Deepest { depth, at }) = found else { return false };
        let depth = depth.max(1);
        outcome.depth = depth;
        outcome.reached = (1 << depth) - 1;
        if self.any_open && depth < self.plan.steps {
            let last = marks.last_start(places.starts.clone());
            outcome.pending = last.is_some_and(|last| self.plan.is_open(self.time(marks, last)));
        }
        self.arrivals(marks, &places, (first, depth, at), &mut outcome.at);
        outcome.start = outcome.at[0];
        true
    }

    /// True when an event fills a step.
    pub(crate) fn fills(&self, event: usize) -> bool {
        self.bits[self.codes[event].place()] != 0
    }

    /// Where starts count, which in nobody's case are those out of the plan's range; none when there are none.
    fn places(&self, marks: &Marks, all: Range<usize>) -> Option<Places> {
        let Some((from, to)) = self.plan.between else {
            return Some(Places { starts: all.clone(), all });
        };
        let last = marks.last_start(all.clone())?;
        let latest = self.time(marks, last);
        if latest < from {
            return None;
        }
        let mut first = last;
        while let Some(start) = marks.last_start(all.start..first)
            && self.time(marks, start) >= from
        {
            first = start;
        }
        // What happened at the same instant may have to change places with it.
        while first > all.start && self.time(marks, first - 1) == self.time(marks, first) {
            first -= 1;
        }
        let times = &self.times[marks.from() + first..=marks.from() + last];
        let end = if latest < to { all.end } else { first + times.partition_point(|time| *time < to) };
        Some(Places { starts: first..end, all })
    }

    fn time(&self, marks: &Marks, place: usize) -> i64 {
        self.times[marks.from() + place]
    }

    /// How deep attempts come; 0 also where they only start. `later` is the first event with a step after the first.
    fn deepest(&self, marks: &Marks, places: &Places, mut later: usize) -> Option<Deepest> {
        let plan = self.plan;
        // latest[k]: the latest start from which step k was reached in time; of the first step, only when asked for.
        let mut latest = [NEVER; PLACES];
        let mut deepest = Deepest { depth: 0, at: 0 };
        // The last event that filled another step than the first, and that step.
        let (mut before, mut step_before) = (NEVER, 0);
        loop {
            let time = self.time(marks, later);
            let mut bits = self.bits[self.codes[marks.from() + later].place()];
            bits &= if later < places.starts.end { u8::MAX } else { !1 };
            let start = marks.last_start(places.starts.start..later.min(places.starts.end));
            let start = start.map_or(NEVER, |start| self.time(marks, start));
            let many = !bits.is_power_of_two();
            let lowest = bits.trailing_zeros() as usize;
            if (time == before && (many || lowest < step_before)) || (many && time == start) {
                return None;
            }
            (before, step_before) = (time, if many { PLACES } else { lowest });
            let since = time.saturating_sub(plan.window_us);
            latest[0] = start;
            if many {
                // Backward, so that an event does not follow itself.
                for step in (1..plan.steps).rev().filter(|step| bits >> step & 1 == 1) {
                    reach(&mut latest, &mut deepest, step, (later, since));
                }
            } else {
                reach(&mut latest, &mut deepest, lowest, (later, since));
            }
            if deepest.depth == plan.steps {
                return Some(deepest);
            }
            let next = marks.first_later(later + 1..places.all.end);
            let until = next.unwrap_or(places.all.end).min(places.starts.end);
            // A start of the same instant could as well have come before it.
            let start = marks.first_start(later + 1..until);
            if start.is_some_and(|start| self.time(marks, start) == time) {
                return None;
            }
            match next {
                Some(next) => later = next,
                None => return Some(deepest),
            }
        }
    }

    /// When the earliest of the deepest attempts reached each step: how deep, and at which event. `first` is the first
    /// start.
    fn arrivals(
        &self,
        marks: &Marks,
        places: &Places,
        (first, depth, deepest): (usize, usize, usize),
        at: &mut [i64; MAX_STEPS],
    ) {
        let mut place = first;
        at[0] = self.time(marks, first);
        if depth == 1 {
            return;
        }
        let since = self.time(marks, deepest).saturating_sub(self.plan.window_us);
        if at[0] < since {
            let times = &self.times[marks.from() + first..marks.from() + deepest];
            let from = first + times.partition_point(|time| *time < since);
            place = marks.first_start(from..places.starts.end).unwrap_or(first);
            at[0] = self.time(marks, place);
        }
        let mut step = 1;
        while step < depth
            && let Some(later) = marks.first_later(place + 1..deepest + 1)
        {
            if self.bits[self.codes[marks.from() + later].place()] >> step & 1 == 1 {
                at[step] = self.time(marks, later);
                step += 1;
            }
            place = later;
        }
    }
}

/// Lets an event fill a step after the first, from the latest start that reached the step before and whose window
/// still lasts. Without a branch, since nobody can foresee which way it would go.
fn reach(latest: &mut [i64; PLACES], deepest: &mut Deepest, step: usize, (at, since): (usize, i64)) {
    let from = latest[(step - 1) % PLACES];
    let in_time = (from >= since) & (from != NEVER);
    let kept = latest[step % PLACES];
    latest[step % PLACES] = if in_time { from } else { kept };
    let deeper = in_time & (step >= deepest.depth);
    deepest.depth = if deeper { step + 1 } else { deepest.depth };
    deepest.at = if deeper { at } else { deepest.at };
}

/// How deep the attempts come.
struct Deepest {
    depth: usize,
    /// The event that reached that depth first; nothing for the first step.
    at: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Progress;
    use crate::engine::funnel::run::Search;
    use crate::engine::table::TableBuilder;
    use crate::model::funnel::{Funnel, Step};
    use crate::model::predicate::{Filter, Test};
    use crate::model::time::Time;
    use crate::model::value::Value;

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }
    }

    const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

    fn funnel(random: &mut Random) -> Funnel {
        let mut steps = Vec::new();
        for _ in 0..1 + random.below(4) {
            let mut step = Step::named(NAMES[random.below(5) as usize]);
            if random.below(4) == 0 {
                step.events.push(NAMES[random.below(5) as usize].to_owned());
            }
            if random.below(6) == 0 {
                step.filters.push(Filter { property: "p".to_owned(), test: Test::IsSet });
            }
            steps.push(step);
        }
        let from = random.below(20) as i64;
        Funnel {
            steps,
            window_us: random.below(30) as i64,
            order: Order::Ordered,
            breakdown: None,
            exclude: Vec::new(),
            filters: Vec::new(),
            between: (random.below(3) == 0).then_some((Time(from), Time(from + 30))),
            as_of: None,
        }
    }

    #[test]
    fn says_what_the_longer_search_says() {
        let mut random = Random(3);
        let mut known = 0;
        for round in 0..4000 {
            let mut builder = TableBuilder::default();
            for _ in 0..1 + random.below(14) {
                let value = (random.below(2) == 0).then_some(("p", Value::Bool(true)));
                let time = Time(random.below(if round % 2 == 0 { 20 } else { 60 }) as i64);
                builder.add(1, time, NAMES[random.below(5) as usize], value);
            }
            let table = builder.build().unwrap();
            let query = funnel(&mut random);
            let plan = Plan::new(&query, Time(60));
            let found = plan.find(&table, &query, &Progress::new()).unwrap();
            let events = table.person_events(0);
            let mut outcome = Outcome::default();
            let mut marks = Marks::default();
            let is_known = match Way::new(&plan, &table, &found.masks) {
                Way::Narrow(quick) => {
                    quick.mark(events.clone(), &mut marks);
                    let is_known = quick.best(&marks, events.clone(), &mut outcome);
                    if let Some((from, _)) = plan.between {
                        let since = quick.since(events.clone(), from);
                        let mut of_these = Outcome::default();
                        quick.mark(since.clone(), &mut marks);
                        assert_eq!(quick.best(&marks, since, &mut of_these), is_known);
                        assert!(!is_known || of_these == outcome, "{query:?}\n{table:?}");
                    }
                    is_known
                }
                Way::Middle(_) | Way::Wide(_) => panic!("there are few names"),
                Way::None => panic!("every one of these funnels is plain"),
            };
            let log = events.map(|event| (table.times()[event], found.masks.get(event), event as u32));
            let expected = Search::new().best(&plan, log);
            if is_known {
                known += 1;
                assert_eq!(outcome, expected, "{query:?}\n{table:?}");
            }
        }
        assert!(known > 2000, "only {known} were known");
    }
}
