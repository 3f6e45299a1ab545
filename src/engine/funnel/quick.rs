//! The plainest funnel of one person without scratch space: ordered, every step required, no exclusion, no two
//! events at one instant. Anything else is left to `ordered`, which gives the same answer where both can.

use super::outcome::Outcome;
use super::plan::Plan;
use crate::engine::filter::Masks;
use crate::model::funnel::{MAX_STEPS, Order};

/// Matching events of a person that are held at most.
const MOST: usize = 64;

/// What the quick way says.
pub(crate) enum Quick {
    /// The answer.
    Known(Outcome),
    /// There are ties, or too many events.
    Unknown,
}

/// True when the quick way may be tried at all; then the masks are its bytes.
pub(crate) fn bytes<'a>(plan: &Plan, masks: &'a Masks) -> Option<&'a [u8]> {
    let plain = plan.order == Order::Ordered && plan.exclusions == 0 && plan.required == plan.step_bits();
    match masks {
        Masks::Narrow(masks) if plain && plan.steps > 0 => Some(masks),
        Masks::Narrow(_) | Masks::Wide(_) => None,
    }
}

/// The best attempt over a person's events in ascending time.
///
/// `events` is scratch space.
pub(crate) fn best(plan: &Plan, times: &[i64], masks: &[u8], events: &mut Vec<(i64, u8)>) -> Quick {
    let Some(first) = masks.iter().position(|mask| mask & 1 != 0) else {
        return Quick::Known(Outcome::default());
    };
    if first > 0 && times[first - 1] == times[first] {
        return Quick::Unknown;
    }
    events.clear();
    for (time, mask) in times[first..].iter().zip(&masks[first..]) {
        if *mask == 0 {
            continue;
        }
        let mask = if plan.in_range(*time) { *mask } else { mask & !1 };
        if events.len() == MOST || events.last().is_some_and(|last| last.0 == *time) {
            return Quick::Unknown;
        }
        events.push((*time, mask));
    }
    Quick::Known(search(plan, events))
}

fn search(plan: &Plan, events: &[(i64, u8)]) -> Outcome {
    let mut best = Outcome::default();
    for (start, (time, mask)) in events.iter().enumerate() {
        if mask & 1 == 0 {
            continue;
        }
        let end = plan.window_end(*time);
        let mut at = [0_i64; MAX_STEPS];
        at[0] = *time;
        let mut depth = 1;
        let mut to_the_end = true;
        if depth < plan.steps {
            for (time, mask) in &events[start + 1..] {
                if *time > end {
                    to_the_end = false;
                    break;
                }
                if mask >> depth & 1 == 1 {
                    at[depth] = *time;
                    depth += 1;
                    if depth == plan.steps {
                        break;
                    }
                }
            }
        }
        if depth > best.depth {
            best = Outcome { reached: (1 << depth) - 1, depth, start: *time, at, ..best };
        }
        // A later attempt comes no further than one that no window ended.
        if to_the_end || best.depth == plan.steps {
            break;
        }
    }
    if best.depth < plan.steps {
        let last = events.iter().rfind(|(_, mask)| mask & 1 == 1);
        best.pending = last.is_some_and(|(time, _)| plan.is_open(*time));
    }
    best
}
