//! Breakdowns with more values than a report keeps apart: the rest is one slice, and every number still opens.

use stormline::base::Progress;
use stormline::engine::funnel::{funnel, funnel_members};
use stormline::engine::{EventTable, TableBuilder, trend::trend};
use stormline::model::funnel::{BREAKDOWN_LIMIT, Funnel, FunnelPart, FunnelSelection, OTHER_VALUES};
use stormline::model::query::Query;
use stormline::model::text::parse_query;
use stormline::model::time::{Time, Zone};
use stormline::model::trend::SERIES_LIMIT;
use stormline::model::value::Value;

const VALUES: usize = 40;
const START: i64 = 1_767_225_600_000_000;

/// Value n is carried by n + 1 persons, of whom every other one goes on to B.
fn table() -> EventTable {
    let mut builder = TableBuilder::default();
    let mut person = 0;
    for value in 0..VALUES {
        for nth in 0..=value {
            person += 1;
            let property = || [("country", Value::Text(format!("value {value:02}")))];
            builder.add(person, Time(START), "A", property());
            if nth % 2 == 0 {
                builder.add(person, Time(START + 1_000_000), "B", property());
            }
        }
    }
    builder.build().unwrap()
}

fn query(attribution: &str) -> Funnel {
    let text = format!(
        "kind = 'funnel'\nsteps = [{{ event = 'A' }}, {{ event = 'B' }}]\nwindow = '1h'\n\
         breakdown = {{ property = 'country', attribution = '{attribution}' }}"
    );
    match parse_query(&text).unwrap() {
        Query::Funnel(funnel) => funnel,
        Query::Retention(_) | Query::Flow(_) | Query::Trend(_) => unreachable!("the text says funnel"),
    }
}

#[test]
fn the_rest_of_a_breakdown_is_one_slice_and_nobody_is_lost() {
    let table = table();
    let as_of = Time(START + 86_400_000_000);
    for attribution in ["first", "last", "all", "step 1"] {
        let query = query(attribution);
        let report = funnel(&table, &query, as_of, &Progress::new()).unwrap();
        assert_eq!(report.breakdown.len(), BREAKDOWN_LIMIT + 1, "{attribution}");
        let rest = report.breakdown.last().unwrap();
        assert_eq!(rest.value, OTHER_VALUES);
        // The 15 smallest values have 1 + 2 + … + 15 persons.
        assert_eq!(rest.steps[0].persons, 120, "{attribution}");
        for step in 0..2 {
            let sum: u64 = report.breakdown.iter().map(|slice| slice.steps[step].persons).sum();
            assert_eq!(sum, report.steps[step].persons, "{attribution}, step {step}");
        }
        for slice in &report.breakdown {
            for (part, count) in [
                (FunnelPart::Reached, slice.steps[0].persons),
                (
                    FunnelPart::Dropped,
                    slice.steps[0].persons - slice.steps[1].persons - slice.steps[0].pending,
                ),
            ] {
                let selection = FunnelSelection { step: 0, part, value: Some(slice.value.clone()) };
                let members = funnel_members(&table, &query, as_of, &selection, &Progress::new()).unwrap();
                assert_eq!(members.len() as u64, count, "{attribution}, {}, {}", slice.value, part.word());
            }
        }
    }
}

#[test]
fn the_rest_of_a_trend_is_one_series() {
    let Query::Trend(query) =
        parse_query("kind = 'trend'\nevents = [{ event = 'A' }]\nbreakdown = 'country'").unwrap()
    else {
        unreachable!("the text says trend")
    };
    let report = trend(&table(), &query, Time(START), Zone::default(), &Progress::new()).unwrap();
    assert_eq!(report.series.len(), SERIES_LIMIT + 1);
    assert_eq!(report.series.last().unwrap().value.as_deref(), Some(OTHER_VALUES));
    let sum: u64 = report.series.iter().flat_map(|series| &series.values).sum();
    assert_eq!(sum, (1..=VALUES as u64).sum::<u64>());
}
