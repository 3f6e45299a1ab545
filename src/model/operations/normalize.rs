//! Makes an edited funnel valid again. Not for telling what is wrong with one: see `Query::check`.

use crate::model::funnel::{Attribution, Funnel, Order};

/// The funnel as near to what was asked as its rules allow, for edits that change what other parts refer to: the
/// first step is required; in any order every step is, exclusions span all steps, and the breakdown takes the first
/// value instead of a step's; exclusions end with the steps, and go when nothing is left between theirs; a breakdown
/// by a step that is not there takes the first value. Too few or too many steps stay.
pub fn normalized(mut funnel: Funnel) -> Funnel {
    let steps = funnel.steps.len();
    let any_order = funnel.order == Order::Any;
    for (index, step) in funnel.steps.iter_mut().enumerate() {
        step.optional &= index > 0 && !any_order;
    }
    for exclusion in &mut funnel.exclude {
        if any_order {
            (exclusion.after_step, exclusion.before_step) = (1, steps);
        }
        exclusion.after_step = exclusion.after_step.max(1);
        exclusion.before_step = exclusion.before_step.min(steps);
    }
    funnel.exclude.retain(|exclusion| exclusion.after_step < exclusion.before_step);
    if let Some(breakdown) = &mut funnel.breakdown
        && let Attribution::Step(step) = breakdown.attribution
        && (any_order || !(1..=steps).contains(&step))
    {
        breakdown.attribution = Attribution::First;
    }
    funnel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::funnel::{Breakdown, Exclusion, Step};
    use crate::model::query::Query;
    use crate::model::text::parse_query;

    fn funnel(text: &str) -> Funnel {
        match parse_query(text).unwrap() {
            Query::Funnel(funnel) => funnel,
            Query::Retention(_) | Query::Flow(_) | Query::Trend(_) => panic!("a funnel"),
        }
    }

    const THREE: &str = "kind='funnel'\nsteps=[{event='A'},{event='B',optional=true},{event='C'}]\n\
        exclude=[{event='X',after_step=1,before_step=2},{event='Y',after_step=2,before_step=3}]\n\
        breakdown={property='p',attribution='step 3'}";

    #[test]
    fn a_valid_funnel_stays_as_it_is() {
        let funnel = funnel(THREE);
        assert!(Query::Funnel(funnel.clone()).check().is_empty());
        assert_eq!(normalized(funnel.clone()), funnel);
    }

    #[test]
    fn what_lies_past_the_steps_goes() {
        let mut changed = funnel(THREE);
        changed.steps.pop();
        let changed = normalized(changed);
        assert_eq!(changed.exclude.len(), 1);
        assert_eq!((changed.exclude[0].after_step, changed.exclude[0].before_step), (1, 2));
        assert_eq!(changed.breakdown.unwrap().attribution, Attribution::First);
    }

    #[test]
    fn any_order_knows_no_places() {
        let changed = normalized(Funnel { order: Order::Any, ..funnel(THREE) });
        assert!(changed.exclude.iter().all(|x| (x.after_step, x.before_step) == (1, 3)));
        assert!(changed.steps.iter().all(|step| !step.optional));
        assert_eq!(changed.breakdown.unwrap().attribution, Attribution::First);
    }

    #[test]
    fn every_sequence_of_edits_leaves_a_valid_funnel() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as usize % end
        };
        let mut repaired = 0;
        for _ in 0..300 {
            let mut current = funnel(THREE);
            for _ in 0..20 {
                let steps = current.steps.len();
                match below(8) {
                    0 if steps > 1 => _ = current.steps.remove(below(steps)),
                    1 if steps < 20 => current.steps.insert(below(steps + 1), Step::named("D")),
                    2 => current.steps.swap(below(steps), below(steps)),
                    3 => current.order = Order::ALL[below(3)],
                    4 => current.steps[below(steps)].optional ^= true,
                    5 => current.exclude.push(Exclusion {
                        events: vec!["X".to_owned()],
                        filters: Vec::new(),
                        after_step: below(5),
                        before_step: below(7),
                    }),
                    6 => {
                        let attribution = Attribution::Step(below(7));
                        current.breakdown = Some(Breakdown { property: "p".to_owned(), attribution });
                    }
                    _ => current.steps.rotate_left(1),
                }
                repaired += usize::from(!Query::Funnel(current.clone()).check().is_empty());
                current = normalized(current);
                let problems = Query::Funnel(current.clone()).check();
                assert!(problems.is_empty(), "{current:?}: {problems:?}");
                assert_eq!(normalized(current.clone()), current);
            }
        }
        assert!(repaired > 100, "the edits break too little: {repaired}");
    }
}
