//! Generated logs and queries: the engine against SQL, against brute force, and against itself.

use stormline::base::Progress;
use stormline::engine::funnel::{Verdict, explain, funnel, funnel_members};
use stormline::engine::{Params, answer};
use stormline::model::funnel::{
    Attribution, Breakdown, Exclusion, Funnel, FunnelPart, FunnelReport, FunnelSelection, Order, Step,
};
use stormline::model::predicate::{Comparison, Filter, Operand, Test};
use stormline::model::query::{Query, Report};
use stormline::model::text::{parse_query, query_text};
use stormline::model::time::{Interval, SECOND_US, Time, Zone};
use stormline::model::trend::{Measure, Trend};
use stormline::model::value::Value;

use crate::sql;
use crate::suite::{Event, table};

/// A small generator, so that the cases are the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

pub(crate) const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

pub(crate) fn at(secs: i64) -> Time {
    Time(1_767_225_600 * SECOND_US + secs * SECOND_US)
}

pub(crate) fn log(random: &mut Random, persons: i64, most: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for person in 1..=persons {
        let span = random.pick(&[4, 12, 30, 300]);
        for _ in 0..random.below(most) + 1 {
            let mut properties = serde_json::Map::new();
            let value = match random.below(7) {
                0 | 1 => None,
                2 => Some(serde_json::json!("x")),
                3 => Some(serde_json::json!("y")),
                4 => Some(serde_json::json!(1)),
                5 => Some(serde_json::json!(2.5)),
                _ => Some(serde_json::json!(true)),
            };
            if let Some(value) = value {
                properties.insert("p".to_owned(), value);
            }
            let time = at(random.below(span) as i64);
            events.push(Event { person, time, name: random.pick(&NAMES).to_owned(), properties });
        }
    }
    events
}

pub(crate) fn filter(random: &mut Random) -> Filter {
    let text = |text: &str| Value::Text(text.to_owned());
    let comparison = random.pick(&Comparison::ALL);
    let test = match random.below(6) {
        0 => Test::IsSet,
        1 => Test::IsNotSet,
        2 => Test::Compare(comparison, Operand::Value(text("x"))),
        3 => Test::Compare(comparison, Operand::Value(Value::Number(2.0))),
        4 => Test::OneOf(vec![text("y"), Value::Number(1.0)]),
        _ => Test::Compare(Comparison::Equal, Operand::Value(Value::Bool(true))),
    };
    Filter { property: "p".to_owned(), test }
}

pub(crate) fn step(random: &mut Random, filters: bool) -> Step {
    let mut step = Step::named(random.pick(&NAMES));
    if random.one_in(6) {
        step.events.push(random.pick(&NAMES).to_owned());
    }
    if random.one_in(12) {
        step.events.clear();
    }
    if filters && random.one_in(4) {
        step.filters.push(filter(random));
    }
    step
}

fn plain_funnel(random: &mut Random, order: Order, filters: bool) -> Funnel {
    let steps = (0..random.below(4) + 1).map(|_| step(random, filters)).collect();
    let window_us = random.pick(&[0, 1, 3, 10, 60]) * SECOND_US;
    let as_of = Some(at(random.pick(&[5, 20, 40, 200])));
    Funnel {
        steps,
        window_us,
        order,
        breakdown: None,
        exclude: vec![],
        filters: vec![],
        between: None,
        as_of,
    }
}

/// A funnel with everything that the order allows.
fn rich_funnel(random: &mut Random) -> Funnel {
    let order = random.pick(&Order::ALL);
    let mut funnel = plain_funnel(random, order, true);
    if order != Order::Any {
        for step in funnel.steps.iter_mut().skip(1) {
            step.optional = random.one_in(4);
        }
    } else if random.one_in(2) {
        for (step, name) in funnel.steps.iter_mut().zip(NAMES) {
            step.events = vec![name.to_owned()];
        }
    }
    let steps = funnel.steps.len();
    for _ in 0..if steps > 1 { random.pick(&[0, 0, 1, 2]) } else { 0 } {
        let after_step = if order == Order::Any { 1 } else { random.below(steps - 1) + 1 };
        let before_step =
            if order == Order::Any { steps } else { after_step + 1 + random.below(steps - after_step) };
        let Step { events, filters, .. } = step(random, true);
        funnel.exclude.push(Exclusion { events, filters, after_step, before_step });
    }
    if random.one_in(4) {
        funnel.between = Some((at(random.below(10) as i64), at(10 + random.below(15) as i64)));
    }
    if random.one_in(6) {
        funnel.filters.push(filter(random));
    }
    if random.one_in(2) {
        let mut all = vec![Attribution::First, Attribution::Last, Attribution::All];
        if order != Order::Any {
            all.push(Attribution::Step(random.below(steps) + 1));
        }
        funnel.breakdown = Some(Breakdown { property: "p".to_owned(), attribution: random.pick(&all) });
    }
    funnel
}

fn report(events: &[Event], query: &Funnel) -> FunnelReport {
    funnel(&table(events), query, query.as_of.unwrap(), &Progress::new()).unwrap()
}

fn told(events: &[Event], query: &Funnel) -> String {
    let mut out = query_text(&Query::Funnel(query.clone()));
    for event in events {
        let secs = (event.time.0 - at(0).0) / SECOND_US;
        out.push_str(&format!("{} {secs} {} {:?}\n", event.person, event.name, event.properties.get("p")));
    }
    out
}

fn shuffled(events: &[Event], random: &mut Random) -> Vec<Event> {
    let mut events = events.to_vec();
    for place in (1..events.len()).rev() {
        events.swap(place, random.below(place + 1));
    }
    events
}

#[test]
fn engine_equals_sql_on_funnels() {
    let mut random = Random(0x5eed_0001);
    for _ in 0..3000 {
        let events = log(&mut random, 6, 7);
        let query = rich_funnel(&mut random);
        let asked = Query::Funnel(query.clone());
        assert!(asked.check().is_empty(), "{:?}", asked.check());
        let params = Params { as_of: query.as_of.unwrap(), zone: Zone::default() };
        let rows = sql::answer(&events, &asked, &params).unwrap_or_else(|error| panic!("{error:?}"));
        let expected = sql::expected(&Report::Funnel(report(&events, &query)), &asked);
        assert_eq!(rows, expected, "{}", told(&events, &query));
    }
}

#[test]
fn engine_equals_sql_on_trends() {
    let mut random = Random(0x5eed_0002);
    for _ in 0..300 {
        let mut events = log(&mut random, 5, 8);
        for event in &mut events {
            // Seconds become hours, to spread over days.
            event.time = at((event.time.0 - at(0).0) / SECOND_US * 7200);
        }
        let range = (at(random.below(20) as i64 * 7200), at((20 + random.below(20) as i64) * 7200));
        let zone = if random.one_in(2) { "UTC" } else { "America/Los_Angeles" };
        let between = random.one_in(2).then_some(range);
        let trend = Trend {
            steps: (0..random.below(2) + 1).map(|_| step(&mut random, true)).collect(),
            interval: random.pick(&Interval::ALL),
            measure: random.pick(&[Measure::Events, Measure::Persons]),
            breakdown: random.one_in(2).then(|| "p".to_owned()),
            filters: if random.one_in(4) { vec![filter(&mut random)] } else { vec![] },
            between,
            as_of: None,
        };
        let as_of = at(random.pick(&[10, 40, 100]) * 7200);
        let params = Params { as_of, zone: Zone::named(zone).unwrap() };
        let query = Query::Trend(trend);
        let report = answer(&table(&events), &query, &params, &Progress::new()).unwrap();
        let rows = sql::answer(&events, &query, &params).unwrap();
        assert_eq!(rows, sql::expected(&report, &query), "{}", query_text(&query));
    }
}

/// The deepest step by trying every assignment.
fn brute_force(events: &[Event], query: &Funnel) -> usize {
    let fits = |event: &Event, step: usize| {
        let step = &query.steps[step];
        step.events.is_empty() || step.events.contains(&event.name)
    };
    let mut best = 0;
    for first in 0..events.len() {
        let start = events[first].time.0;
        let inside: Vec<&Event> =
            events.iter().filter(|e| (start..=start + query.window_us).contains(&e.time.0)).collect();
        best = best.max(match query.order {
            Order::Any => most(&inside, 0, query, &fits),
            Order::Ordered | Order::Strict => {
                let own = inside.iter().position(|e| std::ptr::eq(*e, &raw const events[first])).unwrap();
                if fits(&events[first], 0) { 1 + further(&inside, 1, own, 1 << own, query, &fits) } else { 0 }
            }
        });
    }
    best
}

fn most(events: &[&Event], step: usize, query: &Funnel, fits: &dyn Fn(&Event, usize) -> bool) -> usize {
    if step == query.steps.len() {
        return 0;
    }
    let mut best = most(events, step + 1, query, fits);
    for (place, event) in events.iter().enumerate() {
        if fits(event, step) {
            let mut others = events.to_vec();
            others.remove(place);
            best = best.max(1 + most(&others, step + 1, query, fits));
        }
    }
    best
}

fn further(
    events: &[&Event],
    step: usize,
    last: usize,
    used: u32,
    query: &Funnel,
    fits: &dyn Fn(&Event, usize) -> bool,
) -> usize {
    if step == query.steps.len() {
        return 0;
    }
    let between = |a: Time, b: Time| events.iter().any(|event| a < event.time && event.time < b);
    let mut best = 0;
    for (place, event) in events.iter().enumerate() {
        let later = event.time >= events[last].time && used >> place & 1 == 0 && fits(event, step);
        let follows = query.order == Order::Ordered || !between(events[last].time, event.time);
        if later && follows {
            best = best.max(1 + further(events, step + 1, place, used | 1 << place, query, fits));
        }
    }
    best
}

#[test]
fn engine_equals_brute_force() {
    let mut random = Random(0x5eed_0003);
    for _ in 0..3000 {
        let events = log(&mut random, 5, 7);
        let order = random.pick(&Order::ALL);
        let mut query = plain_funnel(&mut random, order, false);
        query.as_of = Some(at(1000));
        let mut expected = vec![0_u64; query.steps.len()];
        for person in 1..=5 {
            let own: Vec<Event> = events.iter().filter(|e| e.person == person).cloned().collect();
            for step in expected.iter_mut().take(brute_force(&own, &query)) {
                *step += 1;
            }
        }
        let got: Vec<u64> = report(&events, &query).steps.iter().map(|step| step.persons).collect();
        assert_eq!(got, expected, "{}", told(&events, &query));
    }
}

#[test]
fn every_number_opens_the_persons_behind_it() {
    let mut random = Random(0x5eed_0004);
    for _ in 0..400 {
        let events = log(&mut random, 9, 8);
        let mut query = rich_funnel(&mut random);
        if query.order != Order::Any {
            for place in 1..query.steps.len() {
                query.steps[place].optional = random.one_in(4);
            }
        }
        let table = table(&events);
        let report = report(&events, &query);
        let whole = [(None, &report.steps)];
        let slices = report.breakdown.iter().map(|slice| (Some(slice.value.clone()), &slice.steps));
        for (value, steps) in whole.into_iter().chain(slices) {
            for (place, step) in steps.iter().enumerate() {
                let members = |part| {
                    let selection = FunnelSelection { step: place, part, value: value.clone() };
                    let as_of = query.as_of.unwrap();
                    funnel_members(&table, &query, as_of, &selection, &Progress::new()).unwrap()
                };
                let reached = members(FunnelPart::Reached);
                let (dropped, pending) = (members(FunnelPart::Dropped), members(FunnelPart::Pending));
                assert!(reached.is_sorted_by(|a, b| a.person_id < b.person_id));
                assert_eq!(reached.len() as u64, step.persons, "{}", told(&events, &query));
                assert_eq!(pending.len() as u64, step.pending, "{}", told(&events, &query));
                let required = |step: &usize| *step == 0 || !query.steps[*step].optional;
                if let Some(next) = (place + 1..steps.len()).find(required) {
                    let on: Vec<i64> = reached.iter().map(|member| member.person_id).collect();
                    let both = members_at(&table, &query, next, &value);
                    let further = both.iter().filter(|person| on.contains(person)).count();
                    assert_eq!(reached.len(), dropped.len() + pending.len() + further);
                } else {
                    assert_eq!(dropped.len() + pending.len(), 0);
                }
            }
        }
    }
}

fn members_at(
    table: &stormline::engine::EventTable,
    query: &Funnel,
    step: usize,
    value: &Option<String>,
) -> Vec<i64> {
    let selection = FunnelSelection { step, part: FunnelPart::Reached, value: value.clone() };
    let members = funnel_members(table, query, query.as_of.unwrap(), &selection, &Progress::new()).unwrap();
    members.into_iter().map(|member| member.person_id).collect()
}

#[test]
fn explanations_agree_with_the_counts_and_replay_to_the_same_verdict() {
    let mut random = Random(0x5eed_0005);
    for _ in 0..500 {
        let events = log(&mut random, 6, 7);
        let mut query = rich_funnel(&mut random);
        query.breakdown = None;
        if query.order != Order::Any {
            for place in 1..query.steps.len() {
                query.steps[place].optional = random.one_in(4);
            }
        }
        let table = table(&events);
        let report = report(&events, &query);
        let mut counts = vec![0_u64; query.steps.len()];
        let (mut excluded, mut pending) = (0, 0);
        for person in 0..table.persons() {
            let explained = explain(&table, &query, query.as_of.unwrap(), person as u32);
            let mut used: Vec<usize> = explained.matched.iter().map(|(_, event)| *event).collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(used.len(), explained.matched.len(), "one event fills two steps");
            match explained.verdict {
                Verdict::Excluded { .. } => {
                    excluded += 1;
                    continue;
                }
                Verdict::Pending { .. } => pending += 1,
                Verdict::Converted | Verdict::Dropped { .. } | Verdict::NeverStarted { .. } => {}
            }
            for (place, (step, _)) in explained.matched.iter().enumerate() {
                counts[if query.order == Order::Any { place } else { *step }] += 1;
            }
            let alone: Vec<Event> =
                used.iter().map(|event| events[table.rows()[*event] as usize - 1].clone()).collect();
            if explained.verdict == Verdict::Converted {
                let again = crate::suite::table(&alone);
                let replayed = explain(&again, &query, query.as_of.unwrap(), 0);
                assert_eq!(replayed.verdict, Verdict::Converted, "{}", told(&events, &query));
            }
        }
        let persons: Vec<u64> = report.steps.iter().map(|step| step.persons).collect();
        assert_eq!(counts, persons, "{}", told(&events, &query));
        assert_eq!(excluded, report.excluded, "{}", told(&events, &query));
        let last_required = |step: &usize| *step == 0 || !query.steps[*step].optional;
        if query.steps.len() > 1 && (0..query.steps.len()).all(|step| last_required(&step)) {
            assert_eq!(pending, report.steps.iter().map(|step| step.pending).sum::<u64>());
        }
    }
}

#[test]
fn the_order_of_lines_changes_nothing() {
    let mut random = Random(0x5eed_0006);
    for _ in 0..600 {
        let events = log(&mut random, 6, 8);
        let mut query = rich_funnel(&mut random);
        if query.order != Order::Any {
            for place in 1..query.steps.len() {
                query.steps[place].optional = random.one_in(3);
            }
        }
        let other = shuffled(&events, &mut random);
        assert_eq!(report(&events, &query), report(&other, &query), "{}", told(&events, &query));
        // And the text form asks the same question.
        let asked = Query::Funnel(query);
        assert_eq!(parse_query(&query_text(&asked)).unwrap(), asked);
    }
}

#[test]
fn counts_follow_the_laws() {
    let mut random = Random(0x5eed_0007);
    for _ in 0..600 {
        let events = log(&mut random, 6, 8);
        let query = plain_funnel(&mut random, Order::Ordered, true);
        let counts = |query: &Funnel| -> Vec<u64> {
            report(&events, query).steps.iter().map(|step| step.persons).collect()
        };
        let ordered = counts(&query);
        assert!(ordered.is_sorted_by(|a, b| a >= b));
        let any = counts(&Funnel { order: Order::Any, ..query.clone() });
        assert!(ordered.iter().zip(&any).all(|(ordered, any)| ordered <= any));
        let strict = counts(&Funnel { order: Order::Strict, ..query.clone() });
        assert!(strict.iter().zip(&ordered).all(|(strict, ordered)| strict <= ordered));
        let wider = counts(&Funnel { window_us: query.window_us * 2 + SECOND_US, ..query.clone() });
        assert!(ordered.iter().zip(&wider).all(|(ordered, wider)| ordered <= wider));
    }
}

/// A pending person is one whom some later event could bring further, and a dropped one is not.
#[test]
fn pending_persons_are_those_who_can_come_further() {
    let mut random = Random(0x5eed_0008);
    for _ in 0..1500 {
        let mut events = log(&mut random, 1, 6);
        let order = random.pick(&Order::ALL);
        let mut query = plain_funnel(&mut random, order, false);
        let as_of = at(31);
        query.as_of = Some(as_of);
        let now = report(&events, &query);
        let depth = now.steps.iter().filter(|step| step.persons > 0).count();
        if depth == 0 || depth == query.steps.len() {
            continue;
        }
        // Every step one microsecond after the other right after as-of: nobody can come further sooner.
        let names: Vec<String> = query.steps.iter().map(|step| step.label()).collect();
        let names = names.iter().map(|name| name.split(" or ").next().unwrap().to_owned());
        for first in 0..query.steps.len() {
            for (place, name) in names.clone().skip(first).enumerate() {
                let time = if order == Order::Any { as_of.plus(1) } else { as_of.plus(1 + place as i64) };
                let name = if name == "Any event" { "A".to_owned() } else { name };
                if first == depth || order == Order::Any && first == 0 {
                    events.push(Event { person: 1, time, name, properties: serde_json::Map::new() });
                }
            }
        }
        let open = now.steps.iter().any(|step| step.pending > 0);
        query.as_of = Some(at(1000));
        query.between = Some((at(0), as_of.plus(1)));
        let later = report(&events, &query);
        let reached = later.steps.iter().filter(|step| step.persons > 0).count();
        if order == Order::Ordered && open {
            // The open attempt may be a shallower one, which these events alone need not bring further.
            assert!(reached >= depth);
        } else if !open {
            assert_eq!(reached, depth, "dropped, but came further\n{}", told(&events, &query));
        }
    }
}

/// A kiosk: thousands of events of one person, at one instant or at as many. Nothing here may take the square
/// of that.
#[test]
fn one_person_may_have_very_many_events() {
    const MANY: i64 = 6_000;
    for spread in [0, 1] {
        let mut builder = stormline::engine::TableBuilder::default();
        for event in 0..MANY {
            let name = NAMES[(event * event % 7 % 3) as usize];
            builder.add(1, at(event * spread), name, [("p", Value::Number((event % 50) as f64))]);
        }
        let table = builder.build().unwrap();
        let any = Step { events: vec![], filters: vec![], optional: false };
        let named = |names: [&str; 4]| names.map(Step::named).to_vec();
        let optional = |mut steps: Vec<Step>| {
            steps[1].optional = true;
            steps[2].optional = true;
            steps
        };
        let kinds = [
            (named(["A", "B", "C", "Z"]), 3),
            (named(["A", "A", "A", "A"]), 4),
            (optional(named(["A", "B", "C", "Z"])), 3),
            (vec![any.clone(); 20], 20),
            ([vec![any; 19], vec![Step::named("Z")]].concat(), 19),
        ];
        for (steps, depth) in kinds {
            for order in Order::ALL {
                if order == Order::Any && steps[1].optional {
                    continue;
                }
                for excluded in ["none", "D", "C"] {
                    let exclusion = Exclusion {
                        events: vec![excluded.to_owned()],
                        filters: vec![],
                        after_step: 1,
                        before_step: steps.len(),
                    };
                    let funnel = Funnel {
                        steps: steps.clone(),
                        window_us: 36_600 * 86_400 * SECOND_US,
                        order,
                        breakdown: Some(Breakdown {
                            property: "p".to_owned(),
                            attribution: Attribution::All,
                        }),
                        exclude: if excluded == "none" { vec![] } else { vec![exclusion] },
                        filters: vec![],
                        between: None,
                        as_of: Some(at(MANY * 2)),
                    };
                    let report = report_of(&table, &funnel);
                    let reached = report.steps.iter().filter(|step| step.persons > 0).count();
                    if excluded != "C" && order != Order::Strict {
                        assert_eq!(reached, depth, "{order:?} {excluded} {spread}");
                    }
                }
            }
        }
    }
}

fn report_of(table: &stormline::engine::EventTable, query: &Funnel) -> FunnelReport {
    funnel(table, query, query.as_of.unwrap(), &Progress::new()).unwrap()
}

#[test]
fn an_answer_can_be_cancelled_at_every_point() {
    let mut random = Random(0x5eed_0009);
    let events = log(&mut random, 30, 8);
    let table = table(&events);
    let mut query = plain_funnel(&mut random, Order::Ordered, true);
    query.breakdown = Some(Breakdown { property: "p".to_owned(), attribution: Attribution::All });
    let mut call = 1;
    while funnel(&table, &query, at(50), &Progress::cancelling_at(call)).is_err() {
        call += 1;
    }
    assert!(call > 3, "only {call} points");
    let whole = funnel(&table, &query, at(50), &Progress::new()).unwrap();
    assert_eq!(funnel(&table, &query, at(50), &Progress::cancelling_at(call)).unwrap(), whole);
}
