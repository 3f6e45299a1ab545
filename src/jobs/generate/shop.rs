//! The days of the shop: who comes when, until the log is full. Not for what happens in a visit: see `visit`.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::io::Write;

use super::catalog::{HOURS, WEEKDAYS};
use super::faults::Fault;
use super::log::Log;
use super::person::{Person, nature};
use super::random::Random;
use super::{GenerateError, GenerateOptions, Generated, visit};
use crate::base::Progress;

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Persons on the shared device of the shop floor.
const SHARED_DEVICE_PERSONS: u64 = 40;
/// Weights of days are per mille of an ordinary one.
const CAMPAIGN_VISITS: u64 = 1750;

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A person begins or goes on.
    Visit(u32),
    /// A person comes back to go on.
    Return(u32),
    /// Somebody signs in on the shop floor.
    SharedDevice,
    /// A person's order leaves.
    Shipped(u32),
    /// It arrives.
    Delivered(u32),
}

/// The shop while its log is made.
pub(super) struct Shop {
    pub(super) seed: u64,
    pub(super) random: Random,
    pub(super) persons: Vec<Person>,
    pub(super) log: Log,
    pub(super) start_ms: i64,
    /// Carts so far.
    pub(super) carts: u32,
    /// Orders so far.
    pub(super) orders: u32,
    /// Whether the old page, and other faults, are there.
    pub(super) faults: bool,
    /// Accounts seen on the shared device.
    pub(super) shared: BTreeSet<u32>,
    days: u32,
    /// Persons who have come at least once: numbers below this.
    arrived: u32,
    due: Vec<Vec<Due>>,
    today: BinaryHeap<Reverse<(i64, u64, Due)>>,
    day: u32,
    scheduled: u64,
    visits: u64,
    visit_events: u64,
}

/// Makes the log.
pub(super) fn run(
    options: &GenerateOptions,
    out: &mut dyn Write,
    progress: &Progress,
) -> Result<Generated, GenerateError> {
    let mut shop = Shop::new(options);
    if options.faults {
        shop.schedule_shared_device(options);
    }
    let weights: Vec<u64> = (0..options.days).map(|day| shop.day_weight(day)).collect();
    let whole: u64 = weights.iter().sum();
    let mut sum = 0;
    for (day, weight) in (0..).zip(&weights) {
        sum += weight;
        let share = |n: u64| (u128::from(n) * u128::from(sum) / u128::from(whole)) as u64;
        shop.day = day;
        shop.plan_day(share(options.events), share(options.persons));
        shop.live_day(options, out, progress)?;
    }
    shop.fill(options, progress)?;
    Ok(shop.log.finish(out)?)
}

impl Shop {
    fn new(options: &GenerateOptions) -> Shop {
        let start_ms = options.start.0.div_euclid(1000);
        let end_ms = start_ms + i64::from(options.days) * DAY_MS;
        Shop {
            seed: options.seed,
            random: Random::new(options.seed),
            persons: vec![Person::default(); options.persons as usize],
            log: Log::new(options.seed, options.events, end_ms, options.faults),
            start_ms,
            carts: 0,
            orders: 0,
            faults: options.faults,
            shared: BTreeSet::new(),
            days: options.days,
            arrived: 0,
            due: vec![Vec::new(); options.days as usize],
            today: BinaryHeap::new(),
            day: 0,
            scheduled: 0,
            visits: 0,
            visit_events: 0,
        }
    }

    /// Whether the spring campaign runs: the first whole week of the second half, in logs of three weeks or more.
    pub(super) fn in_campaign(&self, day: u32) -> bool {
        let half = self.days / 2;
        let first = (half..half + 7).find(|day| self.weekday(*day) == 0).unwrap_or(half);
        self.days >= 21 && (first..first + 7).contains(&day)
    }

    /// The day of a time, counted from the start.
    pub(super) fn day_of(&self, time_ms: i64) -> u32 {
        ((time_ms - self.start_ms) / DAY_MS) as u32
    }

    /// Lets something happen `days` later, at some hour; later today when that is 0.
    pub(super) fn later(&mut self, days: u32, now_ms: i64, due: Due) {
        if days == 0 {
            let at = now_ms + self.random.between(HOUR_MS, 5 * HOUR_MS);
            if self.day_of(at) == self.day {
                self.push_today(at, due);
                return;
            }
        }
        if let Some(list) = self.due.get_mut((self.day + days.max(1)) as usize) {
            list.push(due);
        }
    }

    /// 0 for Monday.
    fn weekday(&self, day: u32) -> usize {
        // 1970-01-01 was a Thursday.
        (self.start_ms.div_euclid(DAY_MS) + i64::from(day) + 3).rem_euclid(7) as usize
    }

    fn day_weight(&mut self, day: u32) -> u64 {
        let campaign = if self.in_campaign(day) { CAMPAIGN_VISITS } else { 1000 };
        let growth = 1000 + 300 * u64::from(day) / u64::from(self.days);
        WEEKDAYS[self.weekday(day)] * campaign * growth / 1000 * self.random.between(94, 107).unsigned_abs()
    }

    /// Who comes today, so that `events` are reached at its end and `persons` have come.
    fn plan_day(&mut self, events: u64, persons: u64) {
        let due = std::mem::take(&mut self.due[self.day as usize]);
        let returns = due.iter().filter(|due| matches!(due, Due::Return(_))).count() as u64;
        for due in due {
            let at = self.time_for(due);
            self.push_today(at, due);
        }
        let per_visit = (self.visit_events + 60) * 1000 / (self.visits + 10);
        let missing = events.saturating_sub(self.log.events());
        // Visits of busy persons bring nothing: where they are many, planning more of them would not help.
        let mut new = (missing * 1000 / per_visit.max(1000)).saturating_sub(returns);
        if self.day + 1 == self.days {
            // The rest is filled up exactly; too many would end the day early.
            new = new * 3 / 4;
        }
        for _ in 0..new {
            let person = self.somebody(persons);
            let at = self.time_for(Due::Visit(person));
            self.push_today(at, Due::Visit(person));
        }
    }

    fn live_day(
        &mut self,
        options: &GenerateOptions,
        out: &mut dyn Write,
        progress: &Progress,
    ) -> Result<(), GenerateError> {
        let mut hour_ms = self.start_ms + i64::from(self.day) * DAY_MS;
        let last = self.day + 1 == self.days;
        progress.at(self.log.events(), options.events)?;
        while let Some(Reverse((at, _, due))) = self.today.pop() {
            if at >= hour_ms + HOUR_MS {
                hour_ms += (at - hour_ms) / HOUR_MS * HOUR_MS;
                progress.at(self.log.events(), options.events)?;
                // The last day stays open: it is filled up at any hour.
                if !last {
                    self.log.flush(hour_ms, out)?;
                }
            }
            self.happen(at, due);
        }
        Ok(())
    }

    /// Fills the last day up to the exact number of events.
    fn fill(&mut self, options: &GenerateOptions, progress: &Progress) -> Result<(), GenerateError> {
        let mut tries = 0u64;
        while !self.log.is_full() {
            if tries.is_multiple_of(1024) {
                progress.at(self.log.events(), options.events)?;
            }
            tries += 1;
            let person = self.somebody(options.persons);
            let at = self
                .time_for(Due::Visit(person))
                .min(self.start_ms + i64::from(self.days) * DAY_MS - HOUR_MS);
            // Ever fewer free persons must not make this endless.
            if tries > 100_000 {
                self.persons[person as usize].busy_until_ms = 0;
            }
            self.happen(at, Due::Visit(person));
            self.today.clear();
        }
        progress.at(self.log.events(), options.events)?;
        Ok(())
    }

    fn happen(&mut self, at: i64, due: Due) {
        let before = self.log.events();
        match due {
            Due::Visit(person) => visit::visit(self, person, at, false),
            Due::Return(person) => visit::visit(self, person, at, true),
            Due::SharedDevice => visit::shared_device(self, at),
            Due::Shipped(person) => visit::shipped(self, person, at),
            Due::Delivered(person) => visit::delivered(self, person, at),
        }
        if matches!(due, Due::Visit(_) | Due::Return(_)) {
            self.visits += 1;
            self.visit_events += self.log.events() - before;
        }
    }

    /// Somebody who has not come yet, while fewer than `persons` have; otherwise somebody who has.
    fn somebody(&mut self, persons: u64) -> u32 {
        if u64::from(self.arrived) < persons.max(1) {
            self.arrived += 1;
            return self.arrived - 1;
        }
        let person = self.anybody();
        if nature(self.seed, person).loyal { person } else { self.anybody() }
    }

    /// Somebody who has come.
    pub(super) fn anybody(&mut self) -> u32 {
        self.random.below(u64::from(self.arrived)) as u32
    }

    /// A time of today, by the hours of the person's country.
    fn time_for(&mut self, due: Due) -> i64 {
        let offset = match due {
            Due::Visit(person) | Due::Return(person) => nature(self.seed, person).country.offset_hours,
            Due::SharedDevice | Due::Shipped(_) | Due::Delivered(_) => 1,
        };
        let hour = match due {
            Due::Visit(_) | Due::Return(_) => self.random.weighted(HOURS.into_iter()) as i64,
            Due::SharedDevice | Due::Shipped(_) | Due::Delivered(_) => self.random.between(9, 19),
        };
        let utc = (hour - offset).rem_euclid(24);
        self.start_ms + i64::from(self.day) * DAY_MS + utc * HOUR_MS + self.random.between(0, HOUR_MS)
    }

    fn push_today(&mut self, at: i64, due: Due) {
        self.scheduled += 1;
        self.today.push(Reverse((at, self.scheduled, due)));
    }

    fn schedule_shared_device(&mut self, options: &GenerateOptions) {
        let wanted = (options.events / 750).min(SHARED_DEVICE_PERSONS);
        for nth in 0..wanted {
            // Not in the first tenth: there must be accounts to sign in to.
            let day = (u64::from(options.days) * (wanted + 9 * nth) / (10 * wanted)) as usize;
            self.due[day].push(Due::SharedDevice);
        }
    }

    /// Notes a person on the shared device; false when she was there already.
    pub(super) fn note_shared(&mut self, person: u32) -> bool {
        let new = self.shared.insert(person);
        if new {
            self.log.count(Fault::SharedDevice);
        }
        new
    }
}
