//! The sample and its generator: the same bytes again, the faults and figures of its README, files that parse. The
//! figures are counted here from the raw lines, apart from importer and engine.

// Helpers of tests are tests too, which clippy's setting for test functions does not see.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stormline::base::Progress;
use stormline::jobs::generate::{GenerateError, GenerateOptions, generate, generate_file};
use stormline::jobs::sample::{LOG, THREE_THINGS, sample_items};
use stormline::model::item::{Item, ItemId};
use stormline::model::plan::{Plan, Presence};
use stormline::model::text::parse_query;
use stormline::model::time::Time;
use stormline::model::workspace::Workspace;

const README: &str = include_str!("../../sample_data/README.md");
const STEPS: [&str; 5] =
    ["Product Viewed", "Product Added", "Checkout Started", "Payment Submitted", "Order Completed"];
const OLD_NAMES: [&str; 4] = ["product_viewed", "add_to_cart", "checkout_started", "payment_submitted"];
const DAY_US: i64 = 86_400_000_000;

fn log() -> String {
    String::from_utf8(zstd::decode_all(LOG).unwrap()).unwrap()
}

fn made(options: &GenerateOptions) -> Vec<u8> {
    let mut out = Vec::new();
    generate(options, &mut out, &Progress::new()).unwrap();
    out
}

#[test]
fn making_the_sample_again_gives_the_same_bytes() {
    assert!(README.contains("--events 30000 --persons 2400 --seed 11 "));
    let options = GenerateOptions { events: 30_000, persons: 2_400, seed: 11, ..Default::default() };
    assert!(made(&options) == log().into_bytes(), "the log is not what its command makes");
    assert!(LOG.len() <= 3_000_000);
}

#[test]
fn the_readme_lists_every_planted_fault() {
    let log = log();
    let counted = count_faults(&log);
    for (fault, count) in &counted {
        assert_eq!(readme_count(fault), Some(*count), "{fault}");
    }
    let rows = README
        .lines()
        .skip_while(|line| !line.starts_with("| fault"))
        .filter(|l| l.starts_with("| "))
        .count();
    assert_eq!(rows - 1, counted.len(), "the README has other rows");

    let planted = generate(&GenerateOptions::default(), &mut std::io::sink(), &Progress::new()).unwrap();
    let rows = README.lines().skip_while(|line| !line.starts_with("| fault")).skip(2).map(last_cell);
    for ((fault, count), row) in planted.faults.iter().zip(rows) {
        assert_eq!(Some(*count), row, "the generator tells another count than the README: {fault:?}");
    }
    assert_eq!(planted.lines, log.lines().count() as u64);
    assert_eq!(planted.bytes, log.len() as u64);
}

fn readme_count(fault: &str) -> Option<u64> {
    last_cell(README.lines().find(|line| line.starts_with(&format!("| {fault}")))?)
}

fn last_cell(row: &str) -> Option<u64> {
    row.rsplit('|').nth(1)?.trim().parse().ok()
}

/// Counts faults from the raw lines, by the start of their README row.
fn count_faults(log: &str) -> Vec<(&'static str, u64)> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut first_lines: BTreeMap<String, &str> = BTreeMap::new();
    let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut latest = 0;
    for line in log.lines() {
        let mut plant = |fault| *counts.entry(fault).or_default() += 1;
        let Ok(call) = serde_json::from_str::<Value>(line) else {
            plant(if line.starts_with('<') { "Broken: a line of HTML" } else { "Broken: line cut off" });
            continue;
        };
        let text = |pointer: &str| call.pointer(pointer).and_then(Value::as_str);
        if text("/anonymousId").is_none() && text("/userId").is_none() {
            plant("Broken: neither");
            continue;
        }
        let Some(stamp) = text("/timestamp") else {
            plant("Broken: no `timestamp`");
            continue;
        };
        let Some(Time(time)) = Time::parse(stamp) else {
            assert_eq!(stamp, "yesterday");
            plant("Broken: `timestamp` is `yesterday`");
            continue;
        };
        if stamp.starts_with("1970") {
            plant("Broken: `timestamp` is in 1970");
            continue;
        }
        if let Some(first) = first_lines.get(text("/messageId").unwrap()) {
            plant(if *first == line { "Duplicate: the same line" } else { "Duplicate: the same message id" });
            continue;
        }
        first_lines.insert(text("/messageId").unwrap().to_owned(), line);
        for (pointer, value, fault) in [
            ("/userId", "null", "`\"userId\":\"null\"`"),
            ("/userId", "undefined", "`\"userId\":\"undefined\"`"),
            ("/userId", "anonymous", "`\"userId\":\"anonymous\"`"),
            ("/event", "Beta Banner Clicked", "Unplanned event"),
            ("/event", "Prodct Viewed", "Misspelt name"),
            ("/context/library/name", "old-shop.js", "Event of the old page"),
        ] {
            if text(pointer) == Some(value) {
                plant(fault);
            }
        }
        count_in_properties(&call, &mut plant);
        if stamp.starts_with("2031") {
            plant("Future: says 2031");
        } else {
            if time + DAY_US - 3_600_000_000 < latest {
                plant("Late:");
            }
            latest = latest.max(time);
        }
        if let (Some(device), Some(user)) = (text("/anonymousId"), text("/userId"))
            && user.starts_with("u-")
        {
            shared.entry(device.to_owned()).or_default().insert(user.to_owned());
        }
    }
    let busy: Vec<usize> = shared.values().map(BTreeSet::len).filter(|users| *users > 1).collect();
    assert_eq!(busy.len(), 1, "one device is shared");
    counts.insert("User ids on the shared device", busy[0] as u64);
    counts.into_iter().collect()
}

fn count_in_properties(call: &Value, plant: &mut impl FnMut(&'static str)) {
    let properties = call.get("properties").cloned().unwrap_or_default();
    let has = |key: &str| properties.get(key).is_some();
    let is_text = |key: &str| properties.get(key).is_some_and(Value::is_string);
    if call.get("userId").is_some_and(Value::is_null) {
        plant("`\"userId\":null`");
    }
    let event = call.get("event").and_then(Value::as_str).unwrap_or_default();
    if OLD_NAMES.contains(&event) {
        plant("Old name");
    }
    if event == "Order Completed" && !has("value") {
        plant("Missing `value`");
    }
    if event == "Order Completed" && is_text("value") {
        plant("`value` as text");
    }
    if event == "Product Added" && !has("product_id") {
        plant("Missing `product_id`");
    }
    if event == "Product Added" && is_text("quantity") {
        plant("`quantity` as text");
    }
    if has("exp_bucket") {
        plant("Unplanned property");
    }
    if properties.get("query").and_then(Value::as_str).is_some_and(|query| query.contains("@example.")) {
        plant("Mail address");
    }
}

/// An event as the figures need it.
struct Seen {
    time: i64,
    name: String,
    country: Option<String>,
    campaign: Option<String>,
    device: Option<String>,
}

/// Persons with their events in order of time.
fn persons(log: &str) -> Vec<Vec<Seen>> {
    let mut parents: BTreeMap<String, String> = BTreeMap::new();
    let mut messages = BTreeSet::new();
    let mut events = Vec::new();
    for line in log.lines() {
        let Ok(call) = serde_json::from_str::<Value>(line) else { continue };
        let text = |pointer: &str| call.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let Some(Time(time)) = text("/timestamp").and_then(|stamp| Time::parse(&stamp)) else { continue };
        let ids: Vec<String> = ["/anonymousId", "/userId", "/previousId"]
            .into_iter()
            .filter_map(text)
            .filter(|id| !["null", "undefined", "anonymous"].contains(&id.as_str()))
            .collect();
        let year_2031 = 1_924_992_000_000_000;
        if ids.is_empty()
            || time < Time::EARLIEST.0
            || time >= year_2031
            || !messages.insert(text("/messageId"))
        {
            continue;
        }
        for id in &ids[1..] {
            let (root, other) = (root(&parents, &ids[0]), root(&parents, id));
            if root != other {
                parents.insert(other, root);
            }
        }
        let name = text("/event").unwrap_or_default();
        let name = match OLD_NAMES.iter().position(|old| *old == name) {
            Some(step) => STEPS[step].to_owned(),
            None => name,
        };
        let seen = Seen {
            time,
            name,
            country: text("/properties/country"),
            campaign: text("/context/campaign/name"),
            device: text("/context/device/type"),
        };
        events.push((ids[0].clone(), seen));
    }
    let mut persons: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for (id, seen) in events {
        persons.entry(root(&parents, &id)).or_default().push(seen);
    }
    let mut persons: Vec<Vec<Seen>> = persons.into_values().collect();
    persons.iter_mut().for_each(|events| events.sort_by_key(|seen| seen.time));
    persons
}

fn root(parents: &BTreeMap<String, String>, id: &str) -> String {
    let mut id = id;
    while let Some(parent) = parents.get(id) {
        id = parent;
    }
    id.to_owned()
}

/// Steps reached by the deepest attempt.
fn reached(events: &[Seen], days: i64) -> usize {
    let from = |start: usize| {
        let mut step = 1;
        for seen in
            events[start + 1..].iter().take_while(|seen| seen.time - events[start].time <= days * DAY_US)
        {
            if step < STEPS.len() && seen.name == STEPS[step] {
                step += 1;
            }
        }
        step
    };
    (0..events.len()).filter(|start| events[*start].name == STEPS[0]).map(from).max().unwrap_or(0)
}

fn funnel<'a>(persons: impl Iterator<Item = &'a Vec<Seen>>, days: i64) -> [usize; 5] {
    let mut steps = [0; 5];
    for events in persons {
        steps.iter_mut().take(reached(events, days)).for_each(|step| *step += 1);
    }
    steps
}

/// The first value among the funnel's events that carry one.
fn first<'a>(events: &'a [Seen], get: impl Fn(&'a Seen) -> Option<&'a String>) -> Option<&'a str> {
    let value = events.iter().filter(|seen| STEPS.contains(&seen.name.as_str())).find_map(get);
    value.map(String::as_str)
}

#[test]
fn the_three_things_are_there_to_be_found() {
    let persons = persons(&log());
    let week = funnel(persons.iter(), 7);
    assert_eq!(week, [2565, 1100, 584, 365, 283]);
    assert_eq!([funnel(persons.iter(), 14)[4], funnel(persons.iter(), 1)[4]], [321, 244]);

    let country = |events: &&Vec<Seen>| first(events, |seen| seen.country.as_ref()) == Some("FR");
    let french = funnel(persons.iter().filter(country), 7);
    assert_eq!([french[0], french[2], french[3], french[4]], [419, 101, 22, 17]);
    let others = funnel(persons.iter().filter(|events| !country(events)), 7);
    assert_eq!([others[0], others[2], others[3], others[4]], [2146, 483, 343, 266]);

    let of = |name: Option<&str>| {
        let came = |events: &&Vec<Seen>| first(events, |seen| seen.campaign.as_ref()) == name;
        let steps = funnel(persons.iter().filter(came), 7);
        [steps[0], steps[4]]
    };
    assert_eq!([of(Some("spring-grind")), of(None)], [[304, 15], [1730, 170]]);

    let on = |device: &str| {
        let came = |events: &&Vec<Seen>| first(events, |seen| seen.device.as_ref()) == Some(device);
        let steps = funnel(persons.iter().filter(came), 7);
        [steps[1], steps[2]]
    };
    assert_eq!([on("phone"), on("desktop")], [[471, 189], [486, 312]]);

    // Weeks of Berlin, where it is winter until the end of March.
    let monday = Time::parse("2026-02-16T00:00:00+01:00").unwrap().0;
    let active = |from: i64| {
        let within = |seen: &Seen| (from..from + 7 * DAY_US).contains(&seen.time);
        persons.iter().filter(|events| events.iter().any(within)).count()
    };
    assert_eq!([active(monday), active(monday - 7 * DAY_US)], [759, 429]);
}

#[test]
fn the_three_things_say_the_counted_numbers() {
    let numbers = [
        ["101", "22 submit", "22 %", "343 of 483", "71 %"],
        ["759", "429", "304", "15 ordered (4.9 %)", "1\u{2009}730 without a campaign 170 (9.8 %)"],
        ["283", "321", "38", "7 days", "14 days"],
    ];
    for ((title, text), numbers) in THREE_THINGS.iter().zip(numbers) {
        assert!(README.contains(&format!("**{title}")), "{title}");
        for number in numbers {
            assert!(text.contains(number), "{title}: {number}");
        }
    }
}

#[test]
fn items_hold_together() {
    let mut next = 10;
    let items = sample_items(|| {
        next += 1;
        ItemId(next)
    })
    .unwrap();
    let ids: BTreeSet<ItemId> = items.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), items.len());
    let count = |kind: &str| items.iter().filter(|(_, item)| item.kind() == kind).count();
    assert_eq!([count("settings"), count("event"), count("sticky"), count("query")], [1, 25, 62, 7]);
    for (_, item) in &items {
        assert_eq!(&Item::from_payload(item.kind(), &item.payload()).unwrap(), item);
        if let Item::Sticky(sticky) = item {
            let kinds = [
                "event",
                "command",
                "actor",
                "aggregate",
                "policy",
                "read model",
                "system",
                "hotspot",
                "opportunity",
                "note",
            ];
            assert!(kinds.contains(&sticky.kind.as_str()), "{sticky:?}");
        }
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/queries")).unwrap();
    let parsed: Vec<_> = files
        .map(|file| parse_query(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap())
        .collect();
    assert_eq!(parsed.len(), count("query"));
}

/// Properties by name: type, and whether they are required.
type Known<'a> = BTreeMap<&'a str, (&'a str, bool)>;

#[test]
fn the_plan_fits_the_log_but_for_the_planted_faults() {
    let mut next = 10;
    let items = sample_items(|| {
        next += 1;
        ItemId(next)
    });
    let workspace = Workspace::new(items.unwrap());
    let plan = Plan::of(&workspace);
    let mut specs: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    for (_, spec) in plan.events() {
        let properties = plan.properties(spec).into_iter().map(|property| {
            let kind = property.spec.shape.types.single().unwrap().word();
            (property.spec.name.as_str(), (kind, property.used.presence == Presence::Always))
        });
        let known: Known<'_> = properties.collect();
        for name in spec.aliases.iter().chain([&spec.name]) {
            specs.insert(name, known.clone());
        }
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let mut messages = BTreeSet::new();
    for call in log().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let name = match call["type"].as_str().unwrap() {
            "track" => call["event"].as_str().unwrap(),
            "page" => "Page Viewed",
            "identify" => "Identify",
            "group" => "Group",
            _ => continue,
        };
        let is_event = call["timestamp"].as_str().is_some_and(|stamp| stamp.starts_with("20"))
            && (call["anonymousId"].is_string() || call["userId"].is_string());
        if !is_event || !messages.insert(call["messageId"].to_string()) {
            continue;
        }
        let Some(known) = specs.get(name) else {
            *found.entry(format!("unplanned {name}")).or_default() += 1;
            continue;
        };
        let carried = call.get("properties").or(call.get("traits")).and_then(Value::as_object).unwrap();
        for (key, (kind, required)) in known {
            match carried.get(*key) {
                None if *required => *found.entry(format!("missing {name}.{key}")).or_default() += 1,
                Some(value) if !fits(value, kind) => {
                    *found.entry(format!("type {name}.{key}")).or_default() += 1
                }
                _ => {}
            }
        }
        for key in carried.keys().filter(|key| !known.contains_key(key.as_str())) {
            *found.entry(format!("unplanned {name}.{key}")).or_default() += 1;
        }
    }
    let found: Vec<(&str, u64)> = found.iter().map(|(what, count)| (what.as_str(), *count)).collect();
    assert_eq!(
        found,
        [
            ("missing Order Completed.value", 12),
            ("missing Product Added.product_id", 15),
            ("type Order Completed.value", 10),
            ("type Product Added.quantity", 15),
            ("unplanned Beta Banner Clicked", 24),
            ("unplanned Cart Viewed.exp_bucket", 20),
            ("unplanned Prodct Viewed", 30),
        ]
    );
}

fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        other => panic!("no type {other}"),
    }
}

#[test]
fn any_options_give_exactly_the_events_asked_for() {
    let cases = [
        (0, 0, 90, true),
        (1, 1, 1, true),
        (999, 3, 2, true),
        (5_000, 400, 30, false),
        (20_000, 9, 7, true),
        (3_000, 50_000, 400, true),
    ];
    for (events, persons, days, faults) in cases {
        let options = GenerateOptions { events, persons, days, faults, ..Default::default() };
        let mut out = Vec::new();
        let made = generate(&options, &mut out, &Progress::new()).unwrap();
        let log = String::from_utf8(out).unwrap();
        let mut messages = BTreeSet::new();
        for call in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let has_id = call["anonymousId"].is_string() || call["userId"].is_string();
            if has_id && call["timestamp"].as_str().is_some_and(|stamp| stamp.starts_with("20")) {
                messages.insert(call["messageId"].to_string());
            }
        }
        assert_eq!([messages.len() as u64, made.events], [events, events], "{options:?}");
        assert_eq!(made.lines, log.lines().count() as u64);
        assert!(faults || made.lines == events);
    }
}

#[test]
fn without_faults_lines_are_in_order_and_sessions_have_gaps() {
    let options = GenerateOptions { faults: false, ..Default::default() };
    let log = String::from_utf8(made(&options)).unwrap();
    let mut last = 0;
    let mut devices: BTreeMap<String, i64> = BTreeMap::new();
    let mut sessions = 0;
    for line in log.lines() {
        let call: Value = serde_json::from_str(line).unwrap();
        let Time(time) = Time::parse(call["timestamp"].as_str().unwrap()).unwrap();
        assert!(time >= last, "{line}");
        last = time;
        if let Some(device) = call["anonymousId"].as_str() {
            let before = devices.insert(device.to_owned(), time);
            sessions += u64::from(before.is_none_or(|before| time - before > 1_800_000_000));
        }
    }
    assert!((2..=8).contains(&(options.events / sessions)), "{sessions} sessions");
    assert!(sessions > devices.len() as u64 * 3 / 2, "devices come back");
}

#[test]
fn another_seed_is_another_log() {
    let options = GenerateOptions { events: 500, persons: 60, ..Default::default() };
    assert_eq!(made(&options), made(&options));
    assert_ne!(made(&options), made(&GenerateOptions { seed: 12, ..options }));
}

#[test]
fn cancel_and_impossible_options_are_told() {
    let options = GenerateOptions { events: 2_000, persons: 100, ..Default::default() };
    for n in [1, 2, 50] {
        let error = generate(&options, &mut Vec::new(), &Progress::cancelling_at(n)).unwrap_err();
        assert!(matches!(error, GenerateError::Cancelled(_)), "{error}");
    }
    for bad in [
        GenerateOptions { persons: 0, ..options.clone() },
        GenerateOptions { days: 0, ..options.clone() },
        GenerateOptions { start: Time(0), ..options.clone() },
    ] {
        let error = generate(&bad, &mut Vec::new(), &Progress::new()).unwrap_err();
        assert!(matches!(error, GenerateError::Options(_)), "{error}");
    }
}

#[test]
fn files_are_compressed_by_their_name() {
    let options = GenerateOptions { events: 300, persons: 50, ..Default::default() };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        generate_file(&options, &path, &Progress::new()).unwrap();
        std::fs::read(path).unwrap()
    };
    let plain = made(&options);
    assert_eq!(write("a.ndjson"), plain);
    assert_eq!(zstd::decode_all(&write("a.ndjson.zst")[..]).unwrap(), plain);
    let mut unzipped = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&write("a.ndjson.gz")[..]), &mut unzipped).unwrap();
    assert_eq!(unzipped, plain);
    let names = || {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    let (path, before) = (folder.path().join("a.ndjson"), names());
    let refused = GenerateOptions { persons: 0, ..options.clone() };
    assert!(generate_file(&refused, &path, &Progress::new()).is_err());
    let stopped = generate_file(&options, &path, &Progress::cancelling_at(1));
    assert!(matches!(stopped, Err(GenerateError::Cancelled(_))), "{stopped:?}");
    assert_eq!(std::fs::read(&path).unwrap(), plain, "what was there stays until all is written");
    assert_eq!(names(), before, "nothing half written stays");
    let missing = folder.path().join("no/such/folder.ndjson");
    let error = generate_file(&options, &missing, &Progress::new()).unwrap_err().to_string();
    assert!(error.contains("folder.ndjson"), "{error}");
}
