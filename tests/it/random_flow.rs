//! Generated logs and flows: the engine against SQL, against a brute force, and the persons behind each number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stormline::base::Progress;
use stormline::engine::flow::{flow, flow_members, flow_steps};
use stormline::engine::{Params, calendar};
use stormline::model::flow::{Direction, Flow, FlowReport, FlowSelection, Place};
use stormline::model::funnel::Step;
use stormline::model::predicate::{Filter, Test, Verdict};
use stormline::model::query::{Query, Report};
use stormline::model::text::{parse_query, query_text};
use stormline::model::time::{SECOND_US, Zone};
use stormline::model::value::Value;

use crate::random::{NAMES, Random, at, filter, log, step};
use crate::sql;
use crate::suite::{Event, table};

fn names(random: &mut Random, most: usize) -> Vec<String> {
    let mut names: Vec<String> =
        (0..random.below(most) + 1).map(|_| random.pick(&NAMES).to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

fn random_flow(random: &mut Random) -> Flow {
    let mut query = Flow { depth: random.below(4) + 1, ..Flow::default() };
    if random.one_in(2) {
        query.anchor = Step { optional: false, ..step(random, true) };
    }
    query.direction = random.pick(&Direction::ALL);
    query.session_gap_us = random.pick(&[1, 2, 3, 8]) * SECOND_US;
    query.top = random.pick(&[1, 2, 3, 10]);
    query.merge = random.one_in(2);
    if random.one_in(4) {
        query.events = names(random, 3);
    }
    if random.one_in(3) {
        query.exclude = names(random, 2);
    }
    if random.one_in(4) {
        query.filters.push(filter(random));
    }
    if random.one_in(4) {
        query.between = Some((at(random.below(6) as i64), at(6 + random.below(20) as i64)));
    }
    query.as_of = Some(at(random.pick(&[5, 11, 30, 300])));
    if random.one_in(4) {
        // As the plan may have it: one of the new names is in the log, the other is not.
        query.old_names = vec![("B".to_owned(), "A".to_owned()), ("C".to_owned(), "New".to_owned())];
    }
    query
}

fn report(events: &[Event], query: &Flow) -> FlowReport {
    flow(&table(events), query, query.as_of.unwrap(), &Progress::new()).unwrap()
}

fn told(events: &[Event], query: &Flow) -> String {
    let mut out = query_text(&Query::Flow(query.clone()));
    for event in events {
        let secs = (event.time.0 - at(0).0) / SECOND_US;
        out.push_str(&format!("{} {secs} {} {:?}\n", event.person, event.name, event.properties.get("p")));
    }
    out
}

#[test]
fn engine_equals_sql_on_flows() {
    let mut random = Random(0x5eed_1001);
    let mut edges = 0;
    for _ in 0..2500 {
        let events = log(&mut random, 6, 12);
        let query = random_flow(&mut random);
        let asked = Query::Flow(query.clone());
        assert!(asked.check().is_empty(), "{:?}", asked.check());
        let plain = Query::Flow(Flow { old_names: Vec::new(), ..query.clone() });
        assert_eq!(parse_query(&query_text(&asked)).unwrap(), plain);
        let params = Params { as_of: query.as_of.unwrap(), zone: Zone::default() };
        let rows = sql::answer(&events, &asked, &params).unwrap_or_else(|error| panic!("{error:?}"));
        let found = report(&events, &query);
        edges += found.edges.len();
        assert_eq!(rows, sql::expected(&Report::Flow(found), &asked), "{}", told(&events, &query));
    }
    assert!(edges > 10_000, "too few ways: {edges}");
}

fn passes(filters: &[Filter], event: &Event) -> bool {
    let value = event.properties.get("p").map(|value| match value {
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap()),
        other => Value::Text(other.as_str().unwrap().to_owned()),
    });
    filters.iter().all(|filter: &Filter| {
        let test: &Test = &filter.test;
        test.judge(value.as_ref()) == Verdict::Yes
    })
}

/// The ways of one person's events, as the rules say it, one session after the other.
fn brute_force(events: &[Event], query: &Flow) -> Vec<Vec<String>> {
    let mut own: Vec<&Event> = events.iter().filter(|event| event.time <= query.as_of.unwrap()).collect();
    own.sort_by_key(|event| event.time);
    let mut sessions: Vec<Vec<&Event>> = Vec::new();
    for event in own {
        match sessions.last_mut() {
            Some(last) if event.time.0 - last.last().unwrap().time.0 <= query.session_gap_us => {
                last.push(event)
            }
            _ => sessions.push(vec![event]),
        }
    }
    let is_step = |event: &Event| {
        (query.events.is_empty() || query.events.contains(&event.name))
            && !query.exclude.contains(&event.name)
            && passes(&query.filters, event)
    };
    let is_anchor = |event: &Event| {
        let anchor = &query.anchor;
        (anchor.events.is_empty() || anchor.events.contains(&event.name))
            && passes(&anchor.filters, event)
            && passes(&query.filters, event)
    };
    let mut ways = Vec::new();
    for mut session in sessions {
        let from_any = query.anchor.events.is_empty() && query.anchor.filters.is_empty();
        let anchor = match (from_any, query.direction) {
            (true, Direction::After) => session.iter().position(|event| is_step(event)),
            (true, Direction::Before) => session.iter().rposition(|event| is_step(event)),
            (false, _) => session.iter().position(|event| is_anchor(event)),
        };
        let Some(mut anchor) = anchor else { continue };
        let time = session[anchor].time;
        if query.between.is_some_and(|(from, to)| time < from || time >= to) {
            continue;
        }
        if query.direction == Direction::Before {
            session.reverse();
            anchor = session.len() - 1 - anchor;
        }
        let mut way = vec![session[anchor].name.clone()];
        way.extend(
            session[anchor + 1..].iter().filter(|event| is_step(event)).map(|event| event.name.clone()),
        );
        way.iter_mut().for_each(|name| *name = query.told_as(name).to_owned());
        if query.merge {
            way.dedup();
        }
        way.truncate(query.depth + 1);
        ways.push(way);
    }
    ways
}

/// Sessions and persons by depth and places.
type Counts = BTreeMap<(usize, Place, Place), (u64, u64)>;

#[test]
fn engine_equals_brute_force_on_flows() {
    let mut random = Random(0x5eed_1002);
    for round in 0..2500 {
        let events = log(&mut random, 6, 12);
        let query = random_flow(&mut random);
        let mut ways: Vec<(i64, Vec<String>)> = Vec::new();
        for person in 1..=6 {
            let own: Vec<Event> = events.iter().filter(|e| e.person == person).cloned().collect();
            ways.extend(brute_force(&own, &query).into_iter().map(|way| (person, way)));
        }
        let mut tops: Vec<Vec<String>> = Vec::new();
        for depth in 0..=query.depth {
            let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
            ways.iter()
                .filter_map(|(_, way)| way.get(depth))
                .for_each(|n| *counts.entry(n).or_default() += 1);
            let mut order: Vec<(&String, usize)> = counts.into_iter().collect();
            order.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
            tops.push(order.into_iter().take(query.top).map(|(name, _)| name.clone()).collect());
        }
        let place = |depth: usize, name: Option<&String>| match name {
            None => Place::End,
            Some(name) if tops[depth].contains(name) => Place::Name(name.clone()),
            Some(_) => Place::Other,
        };
        let mut seen: BTreeMap<(usize, Place, Place), (u64, BTreeSet<i64>)> = BTreeMap::new();
        for (person, way) in &ways {
            for depth in 1..=way.len().min(query.depth) {
                let key = (depth, place(depth - 1, way.get(depth - 1)), place(depth, way.get(depth)));
                let (sessions, persons) = seen.entry(key).or_default();
                *sessions += 1;
                persons.insert(*person);
            }
        }
        let expected: Counts = seen
            .into_iter()
            .map(|(key, (sessions, persons))| (key, (sessions, persons.len() as u64)))
            .collect();
        // The sessions that a document keeps lead to the same.
        let mut table = table(&events);
        if round % 2 == 0 {
            let starts = calendar::session_starts(&table, query.session_gap_us, &Progress::new()).unwrap();
            table = table.with_session_starts(query.session_gap_us, Arc::new(starts)).unwrap();
        }
        let found = flow(&table, &query, query.as_of.unwrap(), &Progress::new()).unwrap();
        let edges = found
            .edges
            .iter()
            .map(|edge| ((edge.depth, edge.near.clone(), edge.far.clone()), (edge.sessions, edge.persons)));
        assert_eq!(edges.collect::<Counts>(), expected, "{}", told(&events, &query));
        assert_eq!(found.sessions, ways.len() as u64);
    }
}

#[test]
fn every_number_of_a_flow_opens_the_persons_behind_it() {
    let mut random = Random(0x5eed_1003);
    for _ in 0..400 {
        let events = log(&mut random, 8, 12);
        let query = random_flow(&mut random);
        let table = table(&events);
        let as_of = query.as_of.unwrap();
        let report = flow(&table, &query, as_of, &Progress::new()).unwrap();
        let members = |selection: FlowSelection| {
            flow_members(&table, &query, as_of, &selection, &Progress::new()).unwrap()
        };
        let nodes = report.nodes.iter().map(|node| {
            (
                FlowSelection { depth: node.depth, near: None, place: node.place.clone() },
                node.sessions,
                node.persons,
            )
        });
        let edges = report.edges.iter().map(|edge| {
            let near = Some(edge.near.clone());
            (FlowSelection { depth: edge.depth, near, place: edge.far.clone() }, edge.sessions, edge.persons)
        });
        for (selection, sessions, persons) in nodes.chain(edges) {
            let found = members(selection.clone());
            assert!(found.is_sorted_by(|a, b| a.person_id < b.person_id));
            assert_eq!(found.len() as u64, persons, "{selection:?}\n{}", told(&events, &query));
            assert_eq!(found.iter().map(|member| member.sessions).sum::<u64>(), sessions, "{selection:?}");
        }
        let nobody = FlowSelection { depth: 1, near: None, place: Place::Name("Z".to_owned()) };
        assert!(members(nobody).is_empty());
        // The steps of all persons together are the nodes.
        let mut steps = 0;
        for person in 0..table.persons() {
            steps +=
                flow_steps(&table, &query, as_of, person, &Progress::new()).unwrap().concat().len() as u64;
        }
        let at_names = report.nodes.iter().filter(|node| node.place != Place::End);
        assert_eq!(steps, at_names.map(|node| node.sessions).sum::<u64>());
    }
}

#[test]
fn very_many_names_are_counted_the_same() {
    let mut random = Random(0x5eed_1004);
    let mut events = log(&mut random, 20, 30);
    let query = Flow { as_of: Some(at(300)), session_gap_us: 3 * SECOND_US, ..Flow::default() };
    let few = report(&events, &query);
    // Names that nothing in the flow has make codes wider.
    for name in 0..400 {
        let name = format!("name {name}");
        events.push(Event { person: 99, time: at(1000), name, properties: serde_json::Map::new() });
    }
    let many = report(&events, &query);
    assert_eq!((many.nodes, many.edges), (few.nodes, few.edges));
    assert_eq!(many.future_events, few.future_events + 400);
}

#[test]
fn a_flow_can_be_cancelled_at_every_point() {
    let mut random = Random(0x5eed_1005);
    let events = log(&mut random, 30, 8);
    let table = table(&events);
    let query = Flow { filters: vec![filter(&mut random)], ..Flow::default() };
    let mut call = 1;
    while flow(&table, &query, at(50), &Progress::cancelling_at(call)).is_err() {
        call += 1;
    }
    assert!(call > 3, "only {call} points");
    let whole = flow(&table, &query, at(50), &Progress::new()).unwrap();
    assert_eq!(flow(&table, &query, at(50), &Progress::cancelling_at(call)).unwrap(), whole);
}
