//! The plainest funnel of one person in one pass: ordered, every step required, no exclusion, at most eight steps.
//! Where events of one instant would have to change places it gives up: `ordered` gives the same answer everywhere.
//!
//! Along the events the latest start is kept from which each step was reached in time: a later start arrives nowhere
//! earlier but may go on for longer, so that it alone decides how deep attempts come. The first time the deepest step
//! is reached is where the earliest of the deepest attempts reaches it, and that attempt begins at the first start
//! whose window lasts until then.

use std::ops::Range;

use super::outcome::Outcome;
use super::plan::Plan;
use crate::engine::filter::Masks;
use crate::model::funnel::{MAX_STEPS, Order};

/// The most steps.
const MOST: usize = 8;
/// Room for as many steps.
const PLACES: usize = 8;
/// No start: nothing happens at the first of all instants.
const NEVER: i64 = i64::MIN;

/// Event codes with their bits, one kind of table for each kind of masks.
pub(crate) struct Quick<'a, Code> {
    plan: &'a Plan,
    times: &'a [i64],
    codes: &'a [Code],
    /// The steps that an event of a code fills.
    bits: Vec<u8>,
}

/// What stands for an event's bits.
pub(crate) trait Code: Copy + Sync {
    /// Its place in the table of bits.
    fn place(self) -> usize;
}

impl Code for u8 {
    fn place(self) -> usize {
        usize::from(self)
    }
}

impl Code for u32 {
    fn place(self) -> usize {
        self as usize
    }
}

/// The quick way, where it can be tried.
pub(crate) enum Way<'a> {
    /// By names.
    Names(Quick<'a, u32>),
    /// By masks.
    Masks(Quick<'a, u8>),
    /// It cannot.
    None,
}

impl<'a> Way<'a> {
    /// The quick way of a plan.
    pub(crate) fn new(plan: &'a Plan, times: &'a [i64], masks: &'a Masks<'_>) -> Way<'a> {
        let plain = plan.order == Order::Ordered && plan.exclusions == 0 && plan.required == plan.step_bits();
        if !plain || plan.steps == 0 || plan.steps > MOST {
            return Way::None;
        }
        // A plain plan has no bits past its steps, of which there are at most eight.
        match masks {
            Masks::Named { names, bits } => {
                let bits = bits.iter().map(|bits| *bits as u8).collect();
                Way::Names(Quick { plan, times, codes: names, bits })
            }
            Masks::Narrow(masks) => {
                Way::Masks(Quick { plan, times, codes: masks, bits: (0..=u8::MAX).collect() })
            }
            Masks::Wide(_) => Way::None,
        }
    }
}

impl<C: Code> Quick<'_, C> {
    /// The best attempt over a person's events, all up to as-of; false, and nothing told, when ties make it a longer
    /// search.
    pub(crate) fn best(&self, events: Range<usize>, outcome: &mut Outcome) -> bool {
        let (times, codes) = (&self.times[events.clone()], &self.codes[events]);
        let found = match self.plan.between {
            None => self.deepest::<false>(times, codes),
            Some(_) => self.deepest::<true>(times, codes),
        };
        let Some(deepest) = found else { return false };
        *outcome = Outcome::default();
        if deepest.depth > 0 {
            outcome.depth = deepest.depth;
            outcome.reached = (1 << deepest.depth) - 1;
            outcome.pending = deepest.depth < self.plan.steps && self.plan.is_open(deepest.last_start);
            self.arrivals(times, codes, &deepest, &mut outcome.at);
            outcome.start = outcome.at[0];
        }
        true
    }

    /// True when an event fills a step.
    pub(crate) fn fills(&self, event: usize) -> bool {
        self.bits[self.codes[event].place()] != 0
    }

    fn deepest<const RANGED: bool>(&self, times: &[i64], codes: &[C]) -> Option<Deepest> {
        let plan = self.plan;
        // latest[k]: the latest start from which step k was reached in time; of the first step, only when asked for.
        let mut latest = [NEVER; PLACES];
        let mut start = NEVER;
        let mut deepest = Deepest { depth: 0, at: 0, last_start: NEVER };
        // The last event that filled another step than the first, and that step.
        let (mut before, mut step_before) = (NEVER, 0);
        let mut tied = false;
        for (at, (time, code)) in times.iter().copied().zip(codes).enumerate() {
            let mut bits = self.bits[code.place()];
            if RANGED && bits & 1 == 1 && !plan.in_range(time) {
                bits &= !1;
            }
            if bits <= 1 {
                // Most events: none of the steps, or a start, which only has to be remembered.
                let starts = bits == 1;
                tied |= starts & (time == before);
                start = if starts { time } else { start };
                continue;
            }
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
                    reach(&mut latest, &mut deepest, step, (at, since));
                }
            } else {
                reach(&mut latest, &mut deepest, lowest, (at, since));
            }
            if deepest.depth == plan.steps {
                break;
            }
            start = if bits & 1 == 1 { time } else { start };
        }
        if deepest.depth == 0 && start != NEVER {
            (deepest.depth, deepest.at) = (1, times.len() - 1);
        }
        deepest.last_start = start;
        (!tied).then_some(deepest)
    }

    /// When the earliest of the deepest attempts reached each step.
    fn arrivals(&self, times: &[i64], codes: &[C], deepest: &Deepest, at: &mut [i64; MAX_STEPS]) {
        let first = match deepest.depth {
            1 => 0,
            _ => {
                let since = times[deepest.at].saturating_sub(self.plan.window_us);
                times[..deepest.at].partition_point(|time| *time < since)
            }
        };
        let mut step = 0;
        for (time, code) in times[first..=deepest.at].iter().copied().zip(&codes[first..]) {
            let bits = self.bits[code.place()];
            if bits >> step & 1 == 0 || (step == 0 && !self.plan.in_range(time)) {
                continue;
            }
            at[step] = time;
            step += 1;
            if step == deepest.depth {
                break;
            }
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
    /// The event that reached that depth first; for the first step any one not before it.
    at: usize,
    last_start: i64,
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
            let is_known = match Way::new(&plan, table.times(), &found.masks) {
                Way::Names(quick) => quick.best(events.clone(), &mut outcome),
                Way::Masks(quick) => quick.best(events.clone(), &mut outcome),
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
