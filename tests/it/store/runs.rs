//! Whatever happens to runs, the table loaded is the one that the rows make. Not for single cases: see `cache`.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use stormline::base::Progress;
use stormline::model::event::{EventKind, NewEvent};
use stormline::model::time::{Time, Zone};
use stormline::model::value::{Value, flatten};
use stormline::store::{Document, PropertyInfo, StoreError};

use super::{Place, count, import_chunked, info, integrity};

/// An event of few devices and accounts, so that persons meet, in no order of time; some of nobody.
fn event(random: &mut ChaCha8Rng, n: u64) -> NewEvent {
    let kind = random.random_range(0..20);
    let device = format!("device-{}", random.random_range(0..40));
    let user = format!("user-{}", random.random_range(0..30));
    let properties = match random.random_range(0..4) {
        0 => format!(r#"{{"country":"C{}","list":[1,{n}]}}"#, random.random_range(0..9)),
        1 => format!(r#"{{"value":{},"deep":{{"er":{}}}}}"#, n % 13, n.is_multiple_of(2)),
        2 => format!(r#"{{"only in {}":"text {n}","country":null}}"#, n / 100),
        _ => String::new(),
    };
    NewEvent {
        kind: if kind == 0 { EventKind::Alias } else { EventKind::Track },
        name: format!("Name {}", (n / 200 + random.random_range(0..4)) % 11),
        message_id: Some(format!("m{n}")),
        anonymous_id: if kind == 1 { Some("null".to_owned()) } else { Some(device) },
        user_id: (kind % 3 == 0 && kind != 1).then_some(user),
        previous_id: (kind == 0).then(|| format!("device-{}", random.random_range(0..40))),
        time: Time(1_767_225_600_000_000 + random.random_range(0..500) * 977_000_000),
        properties,
        context: if n.is_multiple_of(3) { r#"{"ip":"192.0.2.7"}"#.to_owned() } else { String::new() },
        extra: String::new(),
    }
}

const PROPERTIES: [&str; 8] =
    ["country", "list", "value", "deep.er", "only in 1", "only in 4", "context.ip", "nowhere"];

/// Everything that a table says, written out.
#[derive(Debug, Default, PartialEq)]
struct Told {
    person_ids: Vec<i64>,
    starts: Vec<u32>,
    times: Vec<i64>,
    rows: Vec<u32>,
    names: Vec<u32>,
    event_names: Vec<String>,
    columns: Vec<(Vec<u32>, Vec<Value>)>,
    /// Local dates, and where sessions start.
    days: Vec<String>,
    sessions: Vec<u8>,
}

const GAP_US: i64 = 9_000_000_000;
const UTC: Zone = Zone(chrono_tz::Tz::UTC);

fn loaded(document: &mut Document, zone: Zone) -> Told {
    let progress = Progress::new();
    let loaded = document.load_table(&progress).unwrap();
    let columns = document.load_columns(&loaded.layout, &PROPERTIES, &progress).unwrap();
    let days = document.load_days(&loaded.table, &loaded.layout, zone, &progress).unwrap().unwrap();
    let sessions = document.load_session_starts(&loaded.table, &loaded.layout, GAP_US, &progress).unwrap();
    let table = loaded.table;
    Told {
        days: days.of_event.iter().map(|day| days.starts[*day as usize].local_date(zone)).collect(),
        sessions,
        person_ids: table.person_ids().to_vec(),
        starts: table.person_starts().to_vec(),
        times: table.times().to_vec(),
        rows: table.rows().to_vec(),
        names: table.names().to_vec(),
        event_names: table.event_names().to_vec(),
        columns: columns.into_iter().map(|column| (column.codes.to_vec(), column.values)).collect(),
    }
}

/// The same, by the documented view alone.
fn by_the_rows(document: &Document, zone: Zone) -> Told {
    let sql = "SELECT person_id, time_us, event_id, event_name, properties, context FROM events
               WHERE person_id IS NOT NULL ORDER BY person_id, time_us, seq";
    let names = "SELECT name FROM event_name ORDER BY name";
    let mut told = Told {
        event_names: document.sql_rows(names).unwrap().rows.into_iter().flatten().flatten().collect(),
        ..Told::default()
    };
    let mut values: Vec<Vec<Option<Value>>> = vec![Vec::new(); PROPERTIES.len()];
    for row in document.sql_rows(sql).unwrap().rows {
        let row: Vec<String> = row.into_iter().map(Option::unwrap).collect();
        let person = row[0].parse().unwrap();
        if told.person_ids.last() != Some(&person) {
            told.person_ids.push(person);
            told.starts.push(told.times.len() as u32);
        }
        let time: i64 = row[1].parse().unwrap();
        let is_first = told.starts.last() == Some(&(told.times.len() as u32));
        let pause = told.times.last().map_or(0, |before| time - before);
        told.sessions.push(u8::from(is_first || pause > GAP_US));
        told.days.push(Time(time).local_date(zone));
        told.times.push(time);
        told.rows.push(row[2].parse().unwrap());
        told.names.push(told.event_names.binary_search(&row[3]).unwrap() as u32);
        let mut found = BTreeMap::new();
        for (prefix, text) in [("", &row[4]), ("context.", &row[5])] {
            let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) else { continue };
            flatten(prefix, &object, &mut |path, value| {
                found.insert(path.to_owned(), value);
            });
        }
        for (property, values) in PROPERTIES.iter().zip(&mut values) {
            values.push(found.remove(*property));
        }
    }
    told.starts.push(told.times.len() as u32);
    for of_property in values {
        let mut distinct: Vec<Value> = of_property.iter().flatten().cloned().collect();
        distinct.sort();
        distinct.dedup();
        let code = |value: &Option<Value>| {
            value.as_ref().map_or(0, |value| distinct.binary_search(value).unwrap() as u32 + 1)
        };
        told.columns.push((of_property.iter().map(code).collect(), distinct));
    }
    told
}

fn raw(place: &Place, sql: &str) -> usize {
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.execute(sql, []).unwrap()
}

/// Properties with their counts, which the dictionary must have however the cache came about.
fn counted(document: &Document) -> Vec<(String, String, [u64; 4])> {
    let counts = |info: PropertyInfo| {
        let PropertyInfo { event, property, events, texts, numbers, booleans, .. } = info;
        (event, property, [events, texts, numbers, booleans])
    };
    document.property_names().unwrap().into_iter().map(counts).collect()
}

/// Takes the cache away and builds it anew.
fn rebuilt(document: &mut Document, place: &Place) {
    raw(place, "UPDATE cache_run SET live = 0");
    raw(place, "DELETE FROM cache_state");
    document.rebuild_cache(&Progress::new()).unwrap();
}

struct Story {
    place: Place,
    random: ChaCha8Rng,
    next: u64,
    imports: u64,
    told: Vec<&'static str>,
    zone: Zone,
}

impl Story {
    fn new(seed: u64) -> Story {
        Story {
            place: Place::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            next: 0,
            imports: 0,
            told: Vec::new(),
            zone: Zone::default(),
        }
    }

    fn events(&mut self, most: u64) -> Vec<NewEvent> {
        let many = self.random.random_range(1..most);
        self.next += many;
        (self.next - many..self.next).map(|n| event(&mut self.random, n)).collect()
    }

    fn some_batch(&mut self, document: &Document) -> Option<i64> {
        let batches = document.batches().unwrap();
        (!batches.is_empty()).then(|| batches[self.random.random_range(0..batches.len())].id)
    }

    fn some_blob(&mut self, document: &Document) -> i64 {
        let blobs = count(document, "SELECT count(*) FROM cache_blob").max(1);
        self.random.random_range(0..blobs)
    }

    fn flip(&mut self, blob: i64) {
        let raw = rusqlite::Connection::open(self.place.path()).unwrap();
        let sql = "SELECT id, bytes FROM cache_blob ORDER BY id LIMIT 1 OFFSET ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        let Ok((id, mut bytes)) = raw.query_row(sql, [blob], read) else { return };
        let at = self.random.random_range(0..bytes.len());
        bytes[at] ^= 1 << self.random.random_range(0..8);
        raw.execute("UPDATE cache_blob SET bytes = ?2 WHERE id = ?1", rusqlite::params![id, bytes]).unwrap();
    }

    fn step(&mut self, document: &mut Document) {
        let what = self.random.random_range(0..40);
        match what {
            0..=17 => {
                self.told.push("import");
                let events = self.events(40);
                let info = info(&format!("log {}", self.imports));
                self.imports += 1;
                import_chunked(document, info, &events, 25, &Progress::new()).unwrap();
            }
            18..=20 => {
                self.told.push("stopped import, another one, and the rest of the first");
                let events = self.events(90);
                let first = info(&format!("log {}", self.imports));
                let second = info(&format!("log {}", self.imports + 1));
                self.imports += 2;
                import_chunked(document, first.clone(), &events, 10, &Progress::cancelling_at(2)).unwrap();
                let between = self.events(20);
                import_chunked(document, second, &between, 10, &Progress::new()).unwrap();
                if self.random.random_bool(0.5) {
                    import_chunked(document, first, &events, 10, &Progress::new()).unwrap();
                }
            }
            21..=26 => {
                self.told.push("remove");
                if let Some(batch) = self.some_batch(document) {
                    document.remove_batch(batch, &Progress::new()).unwrap();
                }
            }
            27..=33 => {
                self.told.push("compact");
                document.compact_cache(&Progress::new()).unwrap();
                assert!(!document.cache_is_fragmented().unwrap());
            }
            34 => {
                self.told.push("flip a byte");
                let at = self.some_blob(document);
                self.flip(at);
            }
            35 => {
                self.told.push("delete a blob");
                let at = self.some_blob(document);
                let sql = "DELETE FROM cache_blob
                           WHERE id = (SELECT id FROM cache_blob ORDER BY id LIMIT 1 OFFSET {})";
                raw(&self.place, &sql.replace("{}", &at.to_string()));
            }
            36 | 37 => {
                self.told.push("another zone");
                let zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles"];
                self.zone = Zone::named(zones[self.random.random_range(0..zones.len())]).unwrap();
            }
            38 => {
                self.told.push("forget a property");
                raw(&self.place, "DELETE FROM cache_blob WHERE column LIKE '%:country'");
            }
            _ => {
                self.told.push("wrong revision");
                raw(&self.place, "UPDATE cache_state SET data_revision = data_revision - 1");
            }
        }
    }
}

#[test]
fn random_stories_end_with_the_table_that_the_rows_make() {
    let (mut with_base, mut torn) = (0, 0);
    for seed in 0..10 {
        let mut story = Story::new(seed);
        let mut document = story.place.create();
        let mut others = document.another_reader().unwrap();
        for _ in 0..45 {
            story.step(&mut document);
            let (by_the_rows, zone) = (by_the_rows(&document, story.zone), story.zone);
            // A reader builds in memory what is not there; a writer mends the file.
            assert!(loaded(&mut others, zone) == by_the_rows, "reader, seed {seed}: {:?}", story.told);
            assert!(loaded(&mut document, zone) == by_the_rows, "writer, seed {seed}: {:?}", story.told);
            assert!(document.cache_is_current().unwrap(), "seed {seed}: {:?}", story.told);
            let base = "SELECT count(*) FROM cache_run WHERE live = 1 AND identity_revision IS NOT NULL";
            with_base += count(&document, base);
            torn += count(&document, &format!("{base} AND dead > 0"));
        }
        let counts = counted(&document);
        rebuilt(&mut document, &story.place);
        assert_eq!(counts, counted(&document), "seed {seed}: {:?}", story.told);
        assert!(loaded(&mut document, UTC) == by_the_rows(&document, UTC));
        assert_eq!(integrity(&document), "ok");
    }
    assert!(with_base > 60 && torn > 10, "the stories have {with_base} base runs, {torn} with tombstones");
}

/// A document of nine imports, one of which was removed from a base run, and a tenth not shown by any run.
fn worn(seed: u64) -> (Place, Document) {
    let mut story = Story::new(seed);
    let mut document = story.place.create();
    for n in 0..9 {
        let events = story.events(40);
        import_chunked(&mut document, info(&format!("log {n}")), &events, 15, &Progress::new()).unwrap();
    }
    (story.place, document)
}

/// Calls `work` with a progress that stops at its n-th report, for every n, until it is done.
fn stopped_everywhere(
    document: &mut Document,
    mut work: impl FnMut(&mut Document, &Progress) -> Result<(), StoreError>,
) -> u64 {
    for call in 1.. {
        match work(document, &Progress::cancelling_at(call)) {
            Ok(()) => return call - 1,
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
        assert_eq!(integrity(document), "ok");
        assert!(loaded(document, UTC) == by_the_rows(document, UTC), "stopped at report {call}");
    }
    0
}

#[test]
fn stopping_at_any_report_leaves_the_document_whole_and_its_answers_the_same() {
    let (place, mut document) = worn(7);
    assert!(document.cache_is_fragmented().unwrap());
    let stops = stopped_everywhere(&mut document, Document::compact_cache);
    assert!(stops > 10, "{stops}");
    assert!(!document.cache_is_fragmented().unwrap());
    assert_eq!(count(&document, "SELECT count(*) FROM cache_run"), 1);
    let alone = "SELECT count(*) FROM cache_blob WHERE run NOT IN (SELECT id FROM cache_run)";
    assert_eq!(count(&document, alone), 0);

    let stops =
        stopped_everywhere(&mut document, |document, progress| match document.remove_batch(4, progress) {
            Ok(_) | Err(StoreError::NoBatch { .. }) => Ok(()),
            Err(error) => Err(error),
        });
    assert!(stops > 0, "{stops}");
    assert!(loaded(&mut document, UTC) == by_the_rows(&document, UTC));

    let stops = stopped_everywhere(&mut document, |document, progress| {
        rusqlite::Connection::open(place.path()).unwrap().execute("DELETE FROM cache_state", []).unwrap();
        document.load_table(progress).map(|_| ())
    });
    assert!(stops > 3, "{stops}");

    let loading = |document: &mut Document, progress: &Progress| {
        let loaded = document.load_table(progress)?;
        document.load_columns(&loaded.layout, &PROPERTIES, progress).map(|_| ())
    };
    assert!(stopped_everywhere(&mut document, loading) > 3);
}

#[test]
fn values_of_a_removed_import_leave_the_file_with_it_also_from_a_base_run() {
    let (place, mut document) = worn(3);
    let secret = NewEvent {
        properties: r#"{"country":"Atlantis","secret key":1}"#.to_owned(),
        ..event(&mut ChaCha8Rng::seed_from_u64(0), 90_000)
    };
    let secret = NewEvent { anonymous_id: Some("device-1".to_owned()), ..secret };
    import_chunked(&mut document, info("secret"), &[secret], 1, &Progress::new()).unwrap();
    document.compact_cache(&Progress::new()).unwrap();
    let values = |document: &mut Document| {
        let loaded = document.load_table(&Progress::new()).unwrap();
        document.load_columns(&loaded.layout, &["country"], &Progress::new()).unwrap().remove(0).values
    };
    assert!(values(&mut document).contains(&Value::Text("Atlantis".to_owned())));
    let batch = document.batches().unwrap().last().unwrap().id;
    document.remove_batch(batch, &Progress::new()).unwrap();
    assert!(document.cache_is_current().unwrap());
    assert_eq!(count(&document, "SELECT count(*) FROM cache_tombstone"), 1);
    assert!(!values(&mut document).contains(&Value::Text("Atlantis".to_owned())));
    assert!(document.property_names().unwrap().iter().all(|info| info.property != "secret key"));
    assert_eq!(count(&document, "SELECT count(*) FROM cache_blob WHERE column LIKE '%secret key'"), 0);
    document.close().unwrap();
    // The blobs are compressed: what is left in them is looked for in a copy of theirs, unpacked.
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    let mut statement = raw.prepare("SELECT bytes FROM cache_blob").unwrap();
    let blobs = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    for blob in blobs {
        let bytes = zstd::decode_all(blob.unwrap().as_slice()).unwrap();
        for word in ["Atlantis", "secret key"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
}

#[test]
fn an_import_adds_a_run_and_keeps_the_others_as_they_are() {
    let (_place, mut document) = worn(5);
    let blobs = |document: &Document| {
        let sql = "SELECT group_concat(id || ':' || hash) FROM (SELECT * FROM cache_blob WHERE run < 10)";
        document.sql_rows(sql).unwrap()
    };
    let before = blobs(&document);
    let events: Vec<NewEvent> =
        (0..30).map(|n| event(&mut ChaCha8Rng::seed_from_u64(n), 80_000 + n)).collect();
    import_chunked(&mut document, info("more"), &events, 10, &Progress::new()).unwrap();
    assert_eq!(count(&document, "SELECT count(*) FROM cache_run WHERE live = 1"), 10);
    assert_eq!(blobs(&document), before);
    // The same file again adds nothing, and no run.
    import_chunked(&mut document, info("again"), &events, 10, &Progress::new()).unwrap();
    assert_eq!(count(&document, "SELECT count(*) FROM cache_run WHERE live = 1"), 10);
    assert!(loaded(&mut document, UTC) == by_the_rows(&document, UTC));
}
