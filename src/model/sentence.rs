//! A query as one plain sentence, personal values in it masked, and the facts behind its numbers. Not for reports' values: see `jobs::reports`.

use super::flow::{Direction, Flow};
use super::funnel::{Attribution, Funnel, Order, Step, masked_names};
use super::predicate::Filter;
use super::query::Query;
use super::retention::{Cohorts, Retention};
use super::time::{Zone, span_words};
use super::trend::{Measure, Trend};

/// What a query counts, in one sentence that is true to its definition.
pub fn sentence(query: &Query, zone: Zone) -> String {
    match query {
        Query::Funnel(funnel) => funnel_sentence(funnel, zone),
        Query::Retention(retention) => retention_sentence(retention, zone),
        Query::Flow(flow) => flow_sentence(flow, zone),
        Query::Trend(trend) => trend_sentence(trend, zone),
    }
}

fn funnel_sentence(funnel: &Funnel, zone: Zone) -> String {
    let steps: Vec<String> = funnel.steps.iter().map(step_words).collect();
    let (joint, order) = match funnel.order {
        Order::Ordered => (", then ", "in this order"),
        Order::Strict => (", then ", "in this order with no other event in between"),
        Order::Any => (" and ", "in any order"),
    };
    let mut text = format!("Persons who did {}", steps.join(joint));
    if funnel.steps.len() > 1 {
        text.push_str(&format!(", {order}, within {} of the first step", span_words(funnel.window_us)));
    }
    for exclusion in &funnel.exclude {
        let (after, before) = (exclusion.after_step, exclusion.before_step);
        let filters = filter_words(&exclusion.filters);
        text.push_str(&format!(
            ", without {}{filters} between steps {after} and {before}",
            exclusion.shown_label()
        ));
    }
    text.push_str(&filter_words(&funnel.filters));
    if let Some(breakdown) = &funnel.breakdown {
        let which = match breakdown.attribution {
            Attribution::First => "the first value seen".to_owned(),
            Attribution::Last => "the last value seen".to_owned(),
            Attribution::All => "each value".to_owned(),
            Attribution::Step(step) => format!("the value at step {step}"),
        };
        text.push_str(&format!(", by {which} of {}", breakdown.property));
    }
    text.push_str(&range_words(funnel.between, zone, ", starting"));
    text
}

fn retention_sentence(retention: &Retention, zone: Zone) -> String {
    let interval = retention.interval.word();
    let which = match retention.cohorts {
        Cohorts::First => format!("by the {interval} in which they first did"),
        Cohorts::Recurring => format!("in each {interval} in which they did"),
    };
    let (start, back) = (step_words(retention.start()), step_words(retention.returning()));
    let when = if retention.unbounded { "in it or later" } else { "in it" };
    let mut text = format!(
        "Persons {which} {start}, and of them who came back with {back}: for that {interval} and each of the {} after \
         it, {when}",
        retention.periods
    );
    if !retention.filters.is_empty() {
        text.push_str(&format!(", both{}", filter_words(&retention.filters)));
    }
    if let Some(property) = &retention.breakdown {
        text.push_str(&format!(", by the first value of {property} at the start"));
    }
    text.push_str(&range_words(retention.between, zone, ", starting"));
    text
}

fn flow_sentence(flow: &Flow, zone: Zone) -> String {
    let anchor = match (flow.direction, flow.is_from_any()) {
        (Direction::After, true) => "the start of each session".to_owned(),
        (Direction::Before, true) => "the end of each session".to_owned(),
        (_, false) => format!("the first {} of each session", step_words(&flow.anchor)),
    };
    let many = if flow.depth == 1 { "step".to_owned() } else { format!("{} steps", flow.depth) };
    let mut text = match flow.direction {
        Direction::After => format!("Sessions and their persons by the next {many} after {anchor}"),
        Direction::Before => format!("Sessions and their persons by the last {many} before {anchor}"),
    };
    if !flow.events.is_empty() {
        text.push_str(&format!(", through {} only", masked_names(&flow.events)));
    }
    if !flow.exclude.is_empty() {
        text.push_str(&format!(", skipping {}", masked_names(&flow.exclude)));
    }
    if flow.merge {
        text.push_str(", repeated events as one");
    }
    let gap = span_words(flow.session_gap_us);
    text.push_str(&format!(", a session ending with a pause of over {gap}"));
    text.push_str(&filter_words(&flow.filters));
    text.push_str(&range_words(flow.between, zone, ", from anchors"));
    text
}

fn trend_sentence(trend: &Trend, zone: Zone) -> String {
    let events: Vec<String> = trend.steps.iter().map(step_words).collect();
    let what = match trend.measure {
        Measure::Events => "Events",
        Measure::Persons => "Distinct persons with",
    };
    let mut text = format!("{what} {} by {}", events.join(" and "), trend.interval.word());
    text.push_str(&filter_words(&trend.filters));
    if let Some(property) = &trend.breakdown {
        text.push_str(&format!(", for each value of {property}"));
    }
    text.push_str(&range_words(trend.between, zone, ","));
    text
}

fn step_words(step: &Step) -> String {
    let optional = if step.optional { " (optional)" } else { "" };
    format!("{}{}{optional}", step.shown_label(), filter_words(&step.filters))
}

fn filter_words(filters: &[Filter]) -> String {
    if filters.is_empty() {
        return String::new();
    }
    format!(" where {}", filters.iter().map(Filter::sentence).collect::<Vec<_>>().join(" and "))
}

fn range_words(between: Option<(super::time::Time, super::time::Time)>, zone: Zone, lead: &str) -> String {
    match between {
        Some((from, to)) => format!("{lead} from {} until before {}", from.human(zone), to.human(zone)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::parse_query;

    #[test]
    fn sentences_say_every_part_of_the_definition() {
        let query = parse_query(
            "kind='funnel'\nsteps=[{event='A'},{event='B',optional=true},{event='C',where=[{property='v',op='>=',value=5}]}]\n\
             window='7d'\nexclude=[{event='X',after_step=1,before_step=3}]\nbreakdown={property='c',attribution='last'}\n\
             between={from='2026-01-01',to='2026-02-01'}",
        )
        .unwrap();
        assert_eq!(
            sentence(&query, Zone::default()),
            "Persons who did A, then B (optional), then C where v ≥ 5, in this order, within 7 days of the first step, \
             without X between steps 1 and 3, by the last value seen of c, starting from 1 Jan 2026, 00:00 until before 1 Feb 2026, 00:00"
        );
    }
    #[test]
    fn a_retention_says_who_counts_and_when() {
        let query = parse_query(
            "kind='retention'\nstart={event='A',where=[{property='v',op='>=',value=5}]}\ncohorts='recurring'\nperiods=3\n\
             interval='month'\nunbounded=true\nbreakdown='c'\nwhere=[{property='w',op='is set'}]",
        )
        .unwrap();
        assert_eq!(
            sentence(&query, Zone::default()),
            "Persons in each month in which they did A where v ≥ 5, and of them who came back with Any event: for that \
             month and each of the 3 after it, in it or later, both where w is set, by the first value of c at the start"
        );
        let plain = parse_query("kind='retention'\nperiods=3").unwrap();
        assert_eq!(
            sentence(&plain, Zone::default()),
            "Persons by the week in which they first did Any event, and of them who came back with Any event: for that \
             week and each of the 3 after it, in it"
        );
    }
}
