//! One person's cohorts and periods by the days of her events, where days tell them. Not for the general way: see
//! `person`.

use super::frame::ByDay;
use super::person::{Found, IS_RETURN, IS_START, Outcome, Walk};
use crate::model::retention::{RETURN, START};

impl Walk<'_> {
    /// As [`Walk::person`].
    pub(super) fn by_day(
        &self,
        days: &ByDay<'_>,
        person: usize,
        mask: &impl Fn(usize) -> u64,
        mut tell: impl FnMut(&Found),
    ) -> Outcome {
        let events = self.table.person_events(person);
        if self.recurring {
            return self.recurring_by_day(days, person, mask, tell);
        }
        let Some(start) = events.clone().find(|event| mask(*event) & IS_START != 0) else {
            return Outcome::None;
        };
        let day = days.of_day[usize::from(days.of_event[start])];
        if !day.starts {
            let is_left_out = !self.frame.is_ranged && day.is_early;
            return if is_left_out { Outcome::LeftOut } else { Outcome::None };
        }
        let cohort = day.bit.trailing_zeros();
        let mut bits = 0_u64;
        if !self.only_cohorts {
            // Another event of the same instant may stand before it.
            let times = self.table.times();
            let before = (events.start..start).rev().take_while(|event| times[*event] == times[start]);
            let begin = before.last().unwrap_or(start);
            for (event, day) in (begin..).zip(&days.of_event[begin..events.end]) {
                let returns = (mask(event) & IS_RETURN) >> RETURN;
                bits |= days.bits[usize::from(*day)] & returns.wrapping_neg();
            }
        }
        let (cohort, bits) = (cohort as usize, self.told(bits >> cohort));
        tell(&Found { cohort, bits, label: self.label(events, mask) });
        Outcome::Counted
    }

    fn recurring_by_day(
        &self,
        days: &ByDay<'_>,
        person: usize,
        mask: &impl Fn(usize) -> u64,
        mut tell: impl FnMut(&Found),
    ) -> Outcome {
        let (events, times) = (self.table.person_events(person), self.table.times());
        let (mut started, mut returned, mut returned_in_first) = (0_u64, 0_u64, 0_u64);
        let (mut last_return, mut is_early) = (None, false);
        for (event, day) in events.clone().zip(&days.of_event[events.clone()]) {
            let (day, met) = (days.of_day[usize::from(*day)], mask(event));
            let starts = met >> START & 1 == 1;
            is_early |= starts && day.bit == 0;
            let fresh = if starts && day.starts { day.bit & !started } else { 0 };
            started |= fresh;
            // A return event of the same instant may have come before it.
            if fresh != 0 && last_return.is_some_and(|last: usize| times[last] == times[event]) {
                returned_in_first |= fresh;
            }
            if met >> RETURN & 1 == 1 && day.bit != 0 {
                returned |= day.bit;
                returned_in_first |= day.bit & started;
                last_return = Some(event);
            }
        }
        if started == 0 {
            return if is_early && !self.frame.is_ranged { Outcome::LeftOut } else { Outcome::None };
        }
        let label = self.label(events, mask);
        let mut left = started;
        while left != 0 {
            let cohort = left.trailing_zeros() as usize;
            left &= left - 1;
            let bits = (returned >> cohort) & !1 | returned_in_first >> cohort & 1;
            tell(&Found { cohort, bits: self.told(bits), label });
        }
        Outcome::Counted
    }
}
