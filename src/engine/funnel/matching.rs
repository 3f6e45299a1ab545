//! Distinct events for distinct steps among events that have no order: a bipartite matching that grows.
//! Not for choosing the steps: see `ordered`, `strict` and `any_order`.

use crate::model::funnel::MAX_STEPS;

const FREE: u32 = u32::MAX;

/// Which event fills which step.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    /// Bits of the events used, by their place here.
    used: Vec<(u64, u32)>,
    /// For each step, the place in `used` of its event.
    owner: [u32; MAX_STEPS],
}

impl Matching {
    /// No step filled.
    pub(crate) fn new() -> Matching {
        Matching { used: Vec::with_capacity(MAX_STEPS), owner: [FREE; MAX_STEPS] }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.used.clear();
        self.owner = [FREE; MAX_STEPS];
    }

    /// Fills a step with one of the events, moving other steps to other events where needed; false, and nothing
    /// changed, when that cannot be. All steps so far must have been filled from the same events.
    pub(crate) fn add_step(&mut self, step: usize, events: &[(u64, u32)]) -> bool {
        let mut seen = 0_u64;
        self.augment_step(step, events, &mut seen)
    }

    fn augment_step(&mut self, step: usize, events: &[(u64, u32)], seen: &mut u64) -> bool {
        *seen |= 1 << step;
        let fits = |event: &&(u64, u32)| event.0 >> step & 1 == 1;
        let free = events.iter().filter(fits).find(|event| self.owner_of(event.1).is_none());
        if let Some(event) = free {
            self.give(step, *event);
            return true;
        }
        for event in events.iter().filter(fits) {
            let Some(other) = self.owner_of(event.1) else { continue };
            if *seen >> other & 1 == 0 && self.augment_step(other, events, seen) {
                self.give(step, *event);
                return true;
            }
        }
        false
    }

    /// Lets an event fill one of the free steps, moving other steps to each other's events where needed; false, and
    /// nothing changed, when it adds nothing.
    pub(crate) fn add_event(&mut self, event: (u64, u32), steps: u64) -> bool {
        let mut seen = 0_u64;
        self.augment_event(event, steps, &mut seen)
    }

    fn augment_event(&mut self, event: (u64, u32), steps: u64, seen: &mut u64) -> bool {
        let mut bits = event.0 & steps;
        while bits != 0 {
            let step = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if *seen >> step & 1 == 1 {
                continue;
            }
            *seen |= 1 << step;
            let moved = match self.event(step) {
                None => true,
                Some(other) => self.augment_event(other, steps, seen),
            };
            if moved {
                self.give(step, event);
                return true;
            }
        }
        false
    }

    /// The event of a step: bits and table index.
    pub(crate) fn event(&self, step: usize) -> Option<(u64, u32)> {
        self.used.get(self.owner[step] as usize).copied()
    }

    fn owner_of(&self, event: u32) -> Option<usize> {
        let place = self.used.iter().position(|used| used.1 == event)?;
        self.owner.iter().position(|owner| *owner as usize == place)
    }

    fn give(&mut self, step: usize, event: (u64, u32)) {
        let place = self.used.iter().position(|used| used.1 == event.1).unwrap_or_else(|| {
            self.used.push(event);
            self.used.len() - 1
        });
        self.owner[step] = u32::try_from(place).unwrap_or(FREE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_move_to_other_events_to_make_room() {
        let events = [(0b011, 0), (0b001, 1), (0b110, 2)];
        let mut matching = Matching::new();
        for step in 0..3 {
            assert!(matching.add_step(step, &events), "step {step}");
        }
        let filled: Vec<_> = (0..3).map(|step| matching.event(step).unwrap().1).collect();
        assert_eq!(filled, [1, 0, 2]);
        let mut matching = Matching::new();
        assert!(matching.add_step(0, &events[..1]));
        assert!(!matching.add_step(1, &events[..1]));
        assert_eq!(matching.event(0), Some((0b011, 0)));
    }

    #[test]
    fn an_event_adds_only_what_is_missing() {
        let mut matching = Matching::new();
        assert!(matching.add_event((0b11, 7), 0b11));
        assert!(matching.add_event((0b01, 8), 0b11));
        assert!(!matching.add_event((0b11, 9), 0b11));
        assert_eq!((matching.event(0).unwrap().1, matching.event(1).unwrap().1), (8, 7));
    }
}
