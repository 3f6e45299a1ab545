//! Generated logs and retentions: the engine against SQL, against brute force, and its numbers against their persons.

use std::collections::{BTreeMap, BTreeSet};

use stormline::base::Progress;
use stormline::engine::retention::{Returner, retention, retention_members};
use stormline::engine::{EventTable, Params, answer};
use stormline::model::funnel::Step;
use stormline::model::predicate::{Comparison, Filter, Operand, Test};
use stormline::model::query::{Query, Report};
use stormline::model::retention::{
    COHORT_LIMIT, Cohorts, RETURN, Retention, RetentionPart, RetentionReport, RetentionSelection, START,
    Triangle,
};
use stormline::model::text::{parse_query, query_text};
use stormline::model::time::{DAY_US, Interval, Time, Zone};
use stormline::model::value::Value;

use crate::random::{NAMES, Random};
use crate::sql;
use crate::suite::{Event, table, with_days};

const ORIGIN: i64 = 1_767_225_600_000_000;
const HOUR_US: i64 = DAY_US / 24;

/// Persons of few events over some weeks, many at the same instants and at midnight.
fn log(random: &mut Random, persons: i64) -> Vec<Event> {
    let mut events = Vec::new();
    for person in 1..=persons {
        let days = random.pick(&[2, 10, 40, 130]);
        for _ in 0..random.below(7) + 1 {
            let mut properties = serde_json::Map::new();
            let value = random.pick(&[None, None, Some("x"), Some("y"), Some("z")]);
            properties.extend(value.map(|value| ("p".to_owned(), serde_json::json!(value))));
            if random.one_in(6) {
                properties.insert("p".to_owned(), serde_json::json!(2));
            }
            let time = Time(ORIGIN + random.below(days * 4) as i64 * 6 * HOUR_US);
            events.push(Event { person, time, name: random.pick(&NAMES[..3]).to_owned(), properties });
        }
    }
    events
}

fn step(random: &mut Random) -> Step {
    let mut step = Step::named(random.pick(&NAMES[..3]));
    match random.below(5) {
        0 | 1 => step.events.clear(),
        2 => step.events.push(random.pick(&NAMES).to_owned()),
        _ => {}
    }
    if random.one_in(4) {
        let value = if random.one_in(2) { Value::Text("x".to_owned()) } else { Value::Number(2.0) };
        let test = if random.one_in(3) {
            Test::IsNotSet
        } else {
            Test::Compare(random.pick(&Comparison::ALL), Operand::Value(value))
        };
        step.filters.push(Filter { property: "p".to_owned(), test });
    }
    step
}

fn question(random: &mut Random) -> Retention {
    let from = Time(ORIGIN + random.below(40) as i64 * 7 * HOUR_US);
    let between = (from, from.plus((random.below(60) as i64 + 1) * 9 * HOUR_US));
    Retention {
        steps: [step(random), step(random)],
        cohorts: random.pick(&Cohorts::ALL),
        interval: random.pick(&Interval::ALL),
        periods: random.pick(&[1, 2, 5, 40, 60]),
        unbounded: random.one_in(2),
        breakdown: random.one_in(2).then(|| "p".to_owned()),
        filters: if random.one_in(6) {
            vec![Filter { property: "p".to_owned(), test: Test::IsSet }]
        } else {
            Vec::new()
        },
        between: random.one_in(3).then_some(between),
        as_of: Some(Time(ORIGIN + random.pick(&[3, 30, 100, 160]) * DAY_US - 1)),
    }
}

fn zone(random: &mut Random) -> Zone {
    Zone::named(random.pick(&["UTC", "America/Los_Angeles", "Europe/Berlin"])).unwrap()
}

fn report(table: &EventTable, query: &Retention, zone: Zone) -> RetentionReport {
    retention(table, query, query.as_of.unwrap(), zone, &Progress::new()).unwrap()
}

fn told(events: &[Event], query: &Retention, zone: Zone) -> String {
    let mut out = format!("{}{}\n", query_text(&Query::Retention(query.clone())), zone.name());
    for event in events {
        out.push_str(&format!(
            "{} {} {} {:?}\n",
            event.person,
            event.time.iso(),
            event.name,
            event.properties.get("p")
        ));
    }
    out
}

#[test]
fn engine_equals_sql_and_the_text_form_asks_the_same() {
    let mut random = Random(0x5eed_0101);
    for _ in 0..400 {
        let (query, zone) = (question(&mut random), zone(&mut random));
        let events = log(&mut random, 8);
        let asked = Query::Retention(query.clone());
        assert!(asked.check().is_empty(), "{:?}", asked.check());
        assert_eq!(parse_query(&query_text(&asked)).unwrap(), asked);
        let params = Params { as_of: query.as_of.unwrap(), zone };
        let report = answer(&table(&events), &asked, &params, &Progress::new()).unwrap();
        let by_day = with_days(table(&events), params.zone);
        assert_eq!(answer(&by_day, &asked, &params, &Progress::new()).unwrap(), report, "{asked:?}");
        let rows = sql::answer(&events, &asked, &params).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(rows, sql::expected(&report, &asked), "{}", told(&events, &query, zone));
        let reversed: Vec<Event> = events.iter().rev().cloned().collect();
        let other = answer(&table(&reversed), &asked, &params, &Progress::new()).unwrap();
        assert_eq!(other, report, "{}", told(&events, &query, zone));
    }
}

fn fits(event: &Event, step: &Step, shared: &[Filter]) -> bool {
    let value = event.properties.get("p").map(|value| match value {
        serde_json::Value::String(text) => Value::Text(text.clone()),
        other => Value::Number(other.as_f64().unwrap()),
    });
    let holds =
        |filter: &Filter| filter.test.judge(value.as_ref()) == stormline::model::predicate::Verdict::Yes;
    (step.events.is_empty() || step.events.contains(&event.name))
        && step.filters.iter().chain(shared).all(holds)
}

/// For each cohort's start: the persons of it, and for each period who of them came back, straight from the rules.
fn brute_force(events: &[Event], query: &Retention, zone: Zone) -> BTreeMap<Time, Vec<BTreeSet<i64>>> {
    let as_of = query.as_of.unwrap();
    let period = |time: Time| query.interval.starts(time, time, zone)[0];
    let later =
        |start: Time, n: usize| query.interval.starts(start, Time(start.0 + 70 * 33 * DAY_US), zone)[n];
    let mut cohorts: BTreeMap<Time, Vec<BTreeSet<i64>>> = BTreeMap::new();
    let persons: BTreeSet<i64> = events.iter().map(|event| event.person).collect();
    for person in persons {
        let own: Vec<&Event> = events.iter().filter(|e| e.person == person && e.time <= as_of).collect();
        let of = |place: usize| -> Vec<Time> {
            let all = own.iter().filter(|event| fits(event, &query.steps[place], &query.filters));
            let mut times: Vec<Time> = all.map(|event| event.time).collect();
            times.sort_unstable();
            times
        };
        let (mut starts, returns) = (of(START), of(RETURN));
        if query.cohorts == Cohorts::First {
            starts.truncate(1);
        }
        let inside = |time: &Time| query.between.is_none_or(|(from, to)| from <= *time && *time < to);
        starts.retain(inside);
        let mut seen = BTreeSet::new();
        for start in starts {
            if !seen.insert(period(start)) {
                continue;
            }
            let sets = cohorts.entry(period(start)).or_insert_with(|| {
                let cells = (0..=query.periods).filter(|n| later(period(start), *n) <= as_of).count();
                vec![BTreeSet::new(); cells + 1]
            });
            sets[0].insert(person);
            for n in 0..sets.len() - 1 {
                let wanted = later(period(start), n);
                let is_back = |time: &&Time| {
                    **time >= start
                        && if query.unbounded { period(**time) >= wanted } else { period(**time) == wanted }
                };
                if returns.iter().find(is_back).is_some() {
                    sets[n + 1].insert(person);
                }
            }
        }
    }
    cohorts
}

#[test]
fn engine_equals_brute_force_and_every_number_opens_its_persons() {
    let mut random = Random(0x5eed_0102);
    let mut checked = 0;
    for _ in 0..250 {
        let (mut query, zone) = (question(&mut random), zone(&mut random));
        query.periods = query.periods.min(5);
        let events = log(&mut random, 8);
        let table = table(&events);
        let report = report(&table, &query, zone);
        let expected = brute_force(&events, &query, zone);
        let all: BTreeSet<i64> = expected.values().flat_map(|sets| &sets[0]).copied().collect();
        assert_eq!(report.persons, all.len() as u64, "{}", told(&events, &query, zone));
        let members = |cohort: Time, part: RetentionPart, value: Option<&String>| -> Vec<Returner> {
            let selection = RetentionSelection { cohort, part, value: value.cloned() };
            let as_of = query.as_of.unwrap();
            retention_members(&table, &query, as_of, zone, &selection, &Progress::new()).unwrap()
        };
        for cohort in &report.whole.cohorts {
            let Some(sets) = expected.get(&cohort.start) else {
                assert_eq!(cohort.size, 0, "{}", told(&events, &query, zone));
                continue;
            };
            assert_eq!(cohort.returned.len() + 1, sets.len(), "{}", told(&events, &query, zone));
            let ids = |part| -> BTreeSet<i64> {
                members(cohort.start, part, None).iter().map(|person| person.person_id).collect()
            };
            assert_eq!((cohort.size, ids(RetentionPart::Everybody)), (sets[0].len() as u64, sets[0].clone()));
            for (period, returned) in cohort.returned.iter().enumerate() {
                let set = &sets[period + 1];
                assert_eq!(*returned, set.len() as u64, "{period} {}", told(&events, &query, zone));
                assert_eq!(&ids(RetentionPart::Returned(period)), set);
                let away: BTreeSet<i64> = sets[0].difference(set).copied().collect();
                assert_eq!(ids(RetentionPart::Away(period)), away);
                checked += 1;
            }
        }
        assert!(
            expected.keys().all(|start| report.whole.cohorts.iter().any(|cohort| cohort.start == *start))
        );
        for slice in &report.breakdown {
            for cohort in &slice.triangle.cohorts {
                for (period, returned) in cohort.returned.iter().enumerate() {
                    let found = members(cohort.start, RetentionPart::Returned(period), Some(&slice.value));
                    assert_eq!(found.len() as u64, *returned);
                }
            }
        }
        if !report.breakdown.is_empty() {
            let size: u64 = report.breakdown.iter().map(|slice| slice.triangle.size()).sum();
            assert_eq!(size, report.whole.size());
        }
    }
    assert!(checked > 1000, "{checked}");
}

#[test]
fn members_say_when_they_started_and_came_back() {
    let event = |person, day: i64, name: &str| Event {
        person,
        time: Time(ORIGIN + day * DAY_US),
        name: name.to_owned(),
        properties: serde_json::Map::new(),
    };
    // 1 January 2026 is a Thursday.
    let events = [event(1, 0, "A"), event(1, 2, "A"), event(1, 5, "B"), event(1, 20, "B"), event(2, 1, "A")];
    for (unbounded, period, back) in
        [(false, 1, Some(5)), (true, 1, Some(5)), (true, 2, Some(20)), (false, 2, None)]
    {
        let text =
            format!("kind='retention'\nstart={{event='A'}}\nreturn={{event='B'}}\nunbounded={unbounded}");
        let Query::Retention(mut query) = parse_query(&text).unwrap() else { panic!("a retention") };
        query.as_of = Some(Time(ORIGIN + 30 * DAY_US));
        let cohort = Interval::Week.starts(Time(ORIGIN), Time(ORIGIN), Zone::default())[0];
        let part = RetentionPart::Returned(period);
        let selection = RetentionSelection { cohort, part, value: None };
        let as_of = query.as_of.unwrap();
        let found =
            retention_members(&table(&events), &query, as_of, Zone::default(), &selection, &Progress::new())
                .unwrap();
        let at = |day: i64| Time(ORIGIN + day * DAY_US);
        let expected: Vec<Returner> = back
            .map(|day| Returner { person_id: 1, started: at(0), returned: Some(at(day)) })
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{unbounded} {period}");
    }
}

#[test]
fn more_cohorts_than_there_may_be_are_left_out_and_counted() {
    let many = COHORT_LIMIT as i64 + 20;
    let events: Vec<Event> = (0..many)
        .map(|person| Event {
            person: person + 1,
            time: Time(ORIGIN + person * DAY_US),
            name: "A".to_owned(),
            properties: serde_json::Map::new(),
        })
        .collect();
    for cohorts in ["first", "recurring"] {
        let text = format!("kind='retention'\ninterval='day'\nperiods=2\ncohorts='{cohorts}'");
        let Query::Retention(mut query) = parse_query(&text).unwrap() else { panic!("a retention") };
        query.as_of = Some(Time(ORIGIN + (many - 1) * DAY_US));
        let report = report(&table(&events), &query, Zone::default());
        assert_eq!((report.whole.cohorts.len(), report.left_out), (COHORT_LIMIT, 20), "{cohorts}");
        assert_eq!(report.persons, COHORT_LIMIT as u64);
        assert_eq!(report.whole.cohorts[0].start, Time(ORIGIN + 20 * DAY_US));
        let params = Params { as_of: query.as_of.unwrap(), zone: Zone::default() };
        let declined = sql::answer(&events, &Query::Retention(query), &params).unwrap_err();
        assert_eq!(declined.code, "sql-periods");
    }
}

#[test]
fn values_past_the_limit_are_the_others() {
    use stormline::model::funnel::{BREAKDOWN_LIMIT, OTHER_VALUES};
    let mut events = Vec::new();
    for person in 0..40_i64 {
        let mut properties = serde_json::Map::new();
        properties.insert("p".to_owned(), serde_json::json!(format!("v{person:02}")));
        events.push(Event { person, time: Time(ORIGIN), name: "A".to_owned(), properties });
    }
    let Query::Retention(mut query) = parse_query("kind='retention'\nbreakdown='p'").unwrap() else {
        panic!()
    };
    query.as_of = Some(Time(ORIGIN));
    let report = report(&table(&events), &query, Zone::default());
    assert_eq!(report.breakdown.len(), BREAKDOWN_LIMIT + 1);
    let last = report.breakdown.last().unwrap();
    assert_eq!((last.value.as_str(), last.triangle.size()), (OTHER_VALUES, 40 - BREAKDOWN_LIMIT as u64));
    assert_eq!(report.whole, Triangle::of(report.whole.cohorts.clone()));
}

#[test]
fn an_answer_can_be_cancelled_at_every_point() {
    let mut random = Random(0x5eed_0103);
    let table = table(&log(&mut random, 30));
    let text = "kind='retention'\nbreakdown='p'\nstart={event='A',where=[{property='p',op='is set'}]}";
    let query = parse_query(text).unwrap();
    let params = Params { as_of: Time(ORIGIN + 50 * DAY_US), zone: Zone::default() };
    let mut call = 1;
    while answer(&table, &query, &params, &Progress::cancelling_at(call)).is_err() {
        call += 1;
    }
    assert!(call > 3, "only {call} points");
    let whole = answer(&table, &query, &params, &Progress::new()).unwrap();
    assert_eq!(answer(&table, &query, &params, &Progress::cancelling_at(call)).unwrap(), whole);
    assert!(matches!(whole, Report::Retention(_)));
}
