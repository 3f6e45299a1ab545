//! Answers over a synthetic log of a million events of fifty thousand persons, and flows over ten million events.
//! `cargo bench --bench answers`.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use stormline::base::Progress;
use stormline::engine::{Column, EventTable, Params, Parts, answer, calendar, summary};
use stormline::jobs::generate::{GenerateOptions, generate_file};
use stormline::jobs::import::{ImportOptions, import};
use stormline::model::query::Query;
use stormline::model::text::parse_query;
use stormline::model::time::{DAY_US, SESSION_GAP_US, Time, Zone};
use stormline::model::value::Value;
use stormline::store::Document;

const EVENTS: usize = 1_000_000;
const FLOW_EVENTS: usize = 10_000_000;
const PERSONS: usize = 50_000;
const NAMES: usize = 40;
const START: i64 = 1_767_225_600_000_000;

fn main() {
    divan::main();
}

/// Ninety days; frequent names are more frequent; five properties of few to many values.
fn table() -> EventTable {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut counts = vec![1_usize; PERSONS];
    for _ in PERSONS..EVENTS {
        counts[random.random_range(0..PERSONS)] += 1;
    }
    let mut parts = Parts {
        person_ids: (1..=PERSONS as i64).collect(),
        event_names: (0..NAMES).map(|name| format!("Event {name}")).collect(),
        rows: (1..=EVENTS as u32).collect(),
        person_starts: vec![0],
        ..Parts::default()
    };
    for count in counts {
        let mut times: Vec<i64> = (0..count).map(|_| START + random.random_range(0..90 * DAY_US)).collect();
        times.sort_unstable();
        parts.times.extend(times);
        for _ in 0..count {
            let name = random.random::<f64>().powi(2) * NAMES as f64;
            parts.names.push(name as u32);
        }
        parts.person_starts.push(parts.times.len() as u32);
    }
    let mut table = EventTable::from_parts(parts).unwrap();
    for (name, values) in [("country", 30), ("value", 5000)] {
        let codes = (0..EVENTS).map(|_| random.random_range(0..=values)).collect();
        let value = |value| match name {
            "country" => Value::Text(format!("C{value}")),
            _ => Value::Number(f64::from(value)),
        };
        let column = Column { codes, values: (0..values).map(value).collect() };
        table = table.with_column(name, Arc::new(column)).unwrap();
    }
    table
}

const STEPS: &str = r#"
kind = "funnel"
window = "7d"
steps = [{ event = "Event 0" }, { event = "Event 1" }, { event = "Event 2" }, { event = "Event 3" }]
"#;

const FILTERED: &str = r#"
kind = "funnel"
window = "7d"
steps = [{ event = "Event 0", where = [{ property = "value", op = ">=", value = 1000 }] },
         { event = "Event 1", where = [{ property = "country", op = "starts", value = "C1" }] },
         { event = "Event 2" }, { event = "Event 3" }]
"#;

const TREND: &str = r#"
kind = "trend"
events = [{ event = "Event 0" }, { event = "Event 1" }]
interval = "day"
measure = "MEASURE"
"#;

fn question(text: &str, more: &str) -> Query {
    // Keys of the top level must stand before tables; all these forms are inline.
    parse_query(&format!("{text}{more}")).unwrap()
}

fn run(bencher: Bencher<'_, '_>, query: Query) {
    let table = table();
    let params = Params { as_of: Time(START + 90 * DAY_US), zone: Zone::default() };
    bencher.bench(|| answer(black_box(&table), &query, &params, &Progress::new()).unwrap());
}

#[divan::bench]
fn funnel_ordered(bencher: Bencher<'_, '_>) {
    run(bencher, question(STEPS, ""));
}

#[divan::bench]
fn funnel_ordered_with_exclusion(bencher: Bencher<'_, '_>) {
    run(bencher, question(STEPS, "exclude = [{ event = \"Event 9\", after_step = 1, before_step = 4 }]"));
}

#[divan::bench]
fn funnel_filtered(bencher: Bencher<'_, '_>) {
    run(bencher, question(FILTERED, ""));
}

#[divan::bench]
fn funnel_strict(bencher: Bencher<'_, '_>) {
    run(bencher, question(STEPS, "order = \"strict\""));
}

#[divan::bench]
fn funnel_any_order(bencher: Bencher<'_, '_>) {
    run(bencher, question(STEPS, "order = \"any\""));
}

#[divan::bench(args = ["first", "all", "step 2"])]
fn funnel_by_country(bencher: Bencher<'_, '_>, attribution: &str) {
    let more = format!("breakdown = {{ property = \"country\", attribution = \"{attribution}\" }}");
    run(bencher, question(STEPS, &more));
}

#[divan::bench(args = ["events", "persons"])]
fn trend_by_day(bencher: Bencher<'_, '_>, measure: &str) {
    run(bencher, question(&TREND.replace("MEASURE", measure), ""));
}

#[divan::bench(args = ["events", "persons"])]
fn trend_by_day_and_country(bencher: Bencher<'_, '_>, measure: &str) {
    run(bencher, question(&TREND.replace("MEASURE", measure), "breakdown = \"country\""));
}

#[divan::bench(args = ["first", "recurring"])]
fn retention_by_week(bencher: Bencher<'_, '_>, cohorts: &str) {
    run(bencher, question("kind = \"retention\"\n", &format!("cohorts = \"{cohorts}\"")));
}

#[divan::bench]
fn retention_by_week_and_country(bencher: Bencher<'_, '_>) {
    run(bencher, question("kind = \"retention\"\n", "breakdown = \"country\""));
}

#[divan::bench]
fn summary_of_names(bencher: Bencher<'_, '_>) {
    let table = table();
    let as_of = Time(START + 90 * DAY_US);
    bencher.bench(|| summary::names(black_box(&table), as_of, 60, &Progress::new()).unwrap());
}

/// Ten million events in sessions, some half a million persons with one to nine of them, of one to seven events;
/// every fourth event is of the first name.
fn sessions() -> &'static EventTable {
    static TABLE: LazyLock<EventTable> = LazyLock::new(|| {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut parts = Parts {
            event_names: (0..NAMES).map(|name| format!("Event {name}")).collect(),
            rows: (1..=FLOW_EVENTS as u32).collect(),
            person_starts: vec![0],
            ..Parts::default()
        };
        while parts.times.len() < FLOW_EVENTS {
            let mut time = START + random.random_range(0..9 * DAY_US);
            for _ in 0..random.random_range(1..=9) {
                time += random.random_range(DAY_US..9 * DAY_US);
                for _ in 0..random.random_range(1..=7) {
                    time += random.random_range(0..5 * 60 * 1_000_000);
                    let is_first = random.random_range(0..4) == 0;
                    let name = random.random::<f64>().powi(2) * NAMES as f64;
                    parts.times.push(time);
                    parts.names.push(if is_first { 0 } else { name as u32 });
                }
            }
            parts.times.truncate(FLOW_EVENTS);
            parts.names.truncate(FLOW_EVENTS);
            parts.person_ids.push(parts.person_starts.len() as i64);
            parts.person_starts.push(parts.times.len() as u32);
        }
        EventTable::from_parts(parts).unwrap()
    });
    &TABLE
}

/// The same with where sessions start, as a document keeps it.
fn stored_sessions() -> &'static EventTable {
    static TABLE: LazyLock<EventTable> = LazyLock::new(|| {
        let starts = calendar::session_starts(sessions(), SESSION_GAP_US, &Progress::new());
        sessions().clone().with_session_starts(SESSION_GAP_US, Arc::new(starts.unwrap())).unwrap()
    });
    &TABLE
}

const FLOW: &str = "kind = \"flow\"\nanchor = \"Event 0\"\n";

fn run_flow(bencher: Bencher<'_, '_>, table: &EventTable, more: &str) {
    // Keys stand on lines of their own.
    let query = question(FLOW, &more.replace(", ", "\n"));
    let params = Params { as_of: Time(START + 900 * DAY_US), zone: Zone::default() };
    bencher.bench(|| answer(black_box(table), &query, &params, &Progress::new()).unwrap());
}

/// What no answer can do without: one thread looks at each event once, for its name and for the pause before it.
#[divan::bench]
fn flow_beside_a_plain_scan(bencher: Bencher<'_, '_>) {
    let table = sessions();
    bencher.bench(|| {
        let (mut starts, mut anchors, mut before) = (0_u64, 0_u64, i64::MIN);
        for (time, name) in black_box(table).times().iter().zip(table.names().iter()) {
            starts += u64::from(time.wrapping_sub(before) as u64 > SESSION_GAP_US as u64);
            anchors += u64::from(name == 0);
            before = *time;
        }
        (starts, anchors)
    });
}

#[divan::bench(args = ["top = 50", "top = 10", "top = 50, depth = 10", "top = 50, direction = \"before\""])]
fn flow_by_stored_sessions(bencher: Bencher<'_, '_>, more: &str) {
    run_flow(bencher, stored_sessions(), more);
}

#[divan::bench(args = ["top = 50", "top = 10"])]
fn flow_by_times(bencher: Bencher<'_, '_>, more: &str) {
    run_flow(bencher, sessions(), more);
}

/// A million generated events of the sample's shop, through the import and the document's cache.
fn imported() -> &'static EventTable {
    static TABLE: LazyLock<EventTable> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.ndjson");
        let options =
            GenerateOptions { events: EVENTS as u64, persons: PERSONS as u64, ..GenerateOptions::default() };
        generate_file(&options, &log, &Progress::new()).unwrap();
        let mut document = Document::create(&folder.path().join("bench.stormline")).unwrap();
        let options = ImportOptions {
            format: None,
            mapping: None,
            source: String::new(),
            imported_at: Time(START + 91 * DAY_US),
            zone: Zone::default(),
        };
        import(&mut document, &log, &options, &Progress::new()).unwrap();
        document.load_table(&Progress::new()).unwrap().table
    });
    &TABLE
}

#[divan::bench]
fn funnel_of_four_steps_over_a_generated_log(bencher: Bencher<'_, '_>) {
    let query = question(
        r#"
kind = "funnel"
window = "7d"
steps = [{ event = "Product Viewed" }, { event = "Product Added" }, { event = "Checkout Started" },
         { event = "Payment Submitted" }]
"#,
        "",
    );
    let params = Params { as_of: Time(START + 90 * DAY_US), zone: Zone::default() };
    let table = imported();
    bencher.bench(|| answer(black_box(table), &query, &params, &Progress::new()).unwrap());
}
