//! The columnar cache says what the rows say, whatever happens to it.

use std::collections::BTreeMap;

use stormline::base::Progress;
use stormline::engine::{Column, EventTable};
use stormline::model::event::NewEvent;
use stormline::model::value::{Value, flatten};
use stormline::store::{Access, Document, StoreError};

use super::{Place, bytes, event, import, integrity};

/// Events whose properties have every kind of value, in an order of time that differs from arrival.
fn mixed(n: u64) -> NewEvent {
    let properties = match n % 6 {
        0 => r#"{"a":1,"list":[1,"x"],"deep":{"er":{"b":true}}}"#.to_owned(),
        1 => format!(r#"{{"a":"text {n}","note":null}}"#),
        2 => r#"{"a":true,"email":"ann@example.org"}"#.to_owned(),
        3 => String::new(),
        4 => r#"{"a":-0.0,"näme":"ü\n\"q\""}"#.to_owned(),
        _ => r#"{"a":1.0,"free":"call +49 30 1234567","contact":"bob@example.org"}"#.to_owned(),
    };
    let time = stormline::model::time::Time(event(n).time.0 + (n as i64 * 7919 % 1000) * 60_000_000);
    NewEvent { properties, time, ..event(n) }
}

fn ids(table: &EventTable) -> Vec<i64> {
    table.rows().iter().copied().map(i64::from).collect()
}

/// What a column must hold by the rows themselves.
fn expected(document: &Document, table: &EventTable, property: &str) -> Vec<Option<Value>> {
    let rows = document.event_rows(&ids(table)).unwrap();
    rows.iter()
        .map(|row| {
            let mut found = BTreeMap::new();
            for (prefix, text) in [("", &row.properties), ("context.", &row.context)] {
                if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) {
                    flatten(prefix, &object, &mut |path, value| {
                        found.insert(path.to_owned(), value);
                    });
                }
            }
            found.remove(property)
        })
        .collect()
}

fn values(column: &Column) -> Vec<Option<Value>> {
    column.codes.iter().map(|code| (code > 0).then(|| column.values[code as usize - 1].clone())).collect()
}

const PROPERTIES: [&str; 9] =
    ["a", "list", "deep.er.b", "note", "email", "näme", "context.page.url", "context.ip", "nowhere"];

/// Changes the file behind the store's back.
fn raw(document: &mut Document, sql: &str) {
    let raw = rusqlite::Connection::open(document.path()).unwrap();
    raw.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    raw.execute_batch(sql).unwrap();
}

/// Takes the cache away.
fn forget(document: &mut Document) {
    raw(
        document,
        "DELETE FROM cache_state; DELETE FROM cache_run; DELETE FROM cache_blob; DELETE FROM cache_property",
    );
}

/// Loads the table and all columns, and compares them with the rows.
fn agrees(document: &mut Document) {
    let progress = Progress::new();
    let loaded = document.load_table(&progress).unwrap();
    let table = &loaded.table;
    let rows = document.event_rows(&ids(table)).unwrap();
    assert_eq!(rows.len(), table.events());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(table.times()[at], row.time.0);
        assert_eq!(table.event_names()[table.names().at(at) as usize], row.name);
        assert_eq!(table.person_ids()[table.person_of(at)], row.person_id.unwrap());
    }
    let order = |pair: &[stormline::store::EventRow]| {
        let key = |row: &stormline::store::EventRow| (row.person_id, row.time, row.id);
        key(&pair[0]) < key(&pair[1])
    };
    assert!(rows.windows(2).all(order));
    let columns = document.load_columns(&loaded.layout, &PROPERTIES, &progress).unwrap();
    for (property, column) in PROPERTIES.iter().zip(&columns) {
        assert_eq!(values(column), expected(document, table, property), "{property}");
        assert!(column.values.is_sorted_by(|a, b| a < b));
        let occurs = |code: usize| column.codes.iter().any(|own| own == code as u32 + 1);
        assert!((0..column.values.len()).all(occurs), "{property}");
    }
}

#[test]
fn the_table_and_its_columns_say_what_the_rows_say() {
    let place = Place::new();
    let mut document = place.create();
    agrees(&mut document);
    import(&mut document, "one", &(0..700).map(mixed).collect::<Vec<_>>());
    assert!(document.cache_is_current().unwrap());
    agrees(&mut document);
    forget(&mut document);
    assert!(!document.cache_is_current().unwrap());
    agrees(&mut document);
    assert!(document.cache_is_current().unwrap());
    agrees(&mut document);
    import(&mut document, "two", &(700..900).map(mixed).collect::<Vec<_>>());
    agrees(&mut document);
    document.close().unwrap();
    let mut document = place.open();
    assert!(document.cache_is_current().unwrap());
    agrees(&mut document);
    document.remove_batch(1, &Progress::new()).unwrap();
    assert!(document.cache_is_current().unwrap());
    agrees(&mut document);
    document.remove_batch(2, &Progress::new()).unwrap();
    assert!(document.cache_is_current().unwrap());
    agrees(&mut document);
}

#[test]
fn columns_stay_to_be_had_while_an_import_runs_and_not_after_their_events_are_gone() {
    let place = Place::new();
    let mut document = place.create();
    let progress = Progress::new();
    import(&mut document, "one", &(0..30).map(mixed).collect::<Vec<_>>());
    let old = document.load_table(&progress).unwrap();
    let before = expected(&document, &old.table, "a");
    let mut reader = document.another_reader().unwrap();
    // A chunk with an event of nobody, and persons merged that the table shows apart.
    let mut importer = document.import(super::info("two")).unwrap();
    let mut nobody = mixed(40);
    (nobody.anonymous_id, nobody.user_id) = (Some("null".to_owned()), None);
    super::add(&mut importer, &nobody, 1);
    let mut merging = mixed(41);
    merging.user_id = Some("user-1".to_owned());
    super::add(&mut importer, &merging, 2);
    importer.commit(2).unwrap();
    for property in ["a", "unheard-of"] {
        let column = &reader.load_columns(&old.layout, &[property], &progress).unwrap()[0];
        let told = if property == "a" { before.clone() } else { vec![None; 30] };
        assert_eq!(values(column), told);
    }
    importer.finish(true).unwrap();
    assert!(document.load_columns(&old.layout, &["b"], &progress).is_ok());
    let new = document.load_table(&progress).unwrap();
    assert_eq!(new.table.events(), 31);
    agrees(&mut document);
    let column = &reader.load_columns(&old.layout, &["a"], &progress).unwrap()[0];
    assert_eq!(values(column), before);
    document.remove_batch(2, &progress).unwrap();
    assert!(matches!(reader.load_columns(&new.layout, &["a"], &progress), Err(StoreError::Stale)));
    assert_eq!(values(&reader.load_columns(&old.layout, &["a"], &progress).unwrap()[0]), before);
    document.remove_batch(1, &progress).unwrap();
    assert!(matches!(reader.load_columns(&old.layout, &["a"], &progress), Err(StoreError::Stale)));
}

#[test]
fn a_damaged_or_missing_cache_is_built_again() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..300).map(mixed).collect::<Vec<_>>());
    agrees(&mut document);
    document.close().unwrap();
    let damages = [
        "UPDATE cache_blob SET bytes = zeroblob(length(bytes)) WHERE column = 'time'",
        "UPDATE cache_blob SET hash = hash + 1 WHERE column = 'row'",
        "UPDATE cache_blob SET hash = hash + 1 WHERE column = 'owner'",
        "UPDATE cache_blob SET hash = hash + 1 WHERE column = 'paths'",
        "UPDATE cache_blob SET part = 7 WHERE column = 'name'",
        "UPDATE cache_blob SET hash = hash + 1 WHERE column = 'codes:a'",
        "UPDATE cache_blob SET bytes = x'00' WHERE column = 'values:email'",
        "DELETE FROM cache_blob WHERE column = 'count'",
        "DELETE FROM cache_blob WHERE column = 'paths'",
        "DELETE FROM cache_blob",
        "DELETE FROM cache_blob WHERE column LIKE 'codes:%'",
        "DELETE FROM cache_run",
        "DELETE FROM cache_state",
        "UPDATE cache_state SET format = 0",
        "UPDATE cache_state SET data_revision = data_revision + 1",
        "UPDATE cache_state SET covered = 7",
        "UPDATE cache_run SET events = 7",
        "UPDATE cache_run SET events = 1 << 60",
        "UPDATE cache_run SET keys = 1",
        "UPDATE cache_run SET dead = 3",
        "UPDATE cache_run SET live = 0",
        "UPDATE cache_run SET gone = 5",
        "UPDATE cache_run SET rows = 200; UPDATE cache_state SET rows = 200",
        "UPDATE cache_run SET identity_revision = 99",
        "UPDATE cache_run SET first_row = 5, last_row = 2",
        "INSERT INTO cache_tombstone SELECT id, 3, 9 FROM cache_run",
        "UPDATE cache_blob SET run = run + 1",
    ];
    for damage in damages {
        rusqlite::Connection::open(place.path()).unwrap().execute_batch(damage).unwrap();
        let mut document = place.open();
        agrees(&mut document);
        assert!(document.cache_is_current().unwrap(), "{damage}");
    }
}

#[test]
fn stopping_a_rebuild_at_any_report_leaves_a_document_that_can_try_again() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..100).map(mixed).collect::<Vec<_>>());
    forget(&mut document);
    for call in 1.. {
        match document.rebuild_cache(&Progress::cancelling_at(call)) {
            Err(error) => {
                assert!(error.is_cancelled());
                assert!(!document.cache_is_current().unwrap());
            }
            Ok(()) => {
                assert!(call > 2);
                break;
            }
        }
    }
    assert_eq!(integrity(&document), "ok");
    agrees(&mut document);
}

#[test]
fn a_reader_on_another_thread_keeps_the_columns_it_builds() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..100).map(mixed).collect::<Vec<_>>());
    document.rebuild_cache(&Progress::new()).unwrap();
    let stored = |document: &Document| {
        let sql = "SELECT count(*) FROM cache_blob WHERE column = 'codes:a'";
        super::count(document, sql)
    };
    assert_eq!(stored(&document), 1);
    raw(&mut document, "DELETE FROM cache_blob WHERE column = 'codes:a'");
    let mut reader = document.another_reader().unwrap();
    std::thread::spawn(move || agrees(&mut reader)).join().unwrap();
    assert_eq!(stored(&document), 1);
    assert!(document.set_meta("still", "mine").is_ok());
}

#[test]
fn a_reader_without_the_right_to_write_builds_in_memory() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..100).map(mixed).collect::<Vec<_>>());
    forget(&mut document);
    document.close().unwrap();
    let before = bytes(&place.path());
    let mut reader = Document::open_read_only(&place.path()).unwrap();
    assert!(matches!(reader.access(), Access::ReadOnly { .. }));
    agrees(&mut reader);
    assert!(!reader.cache_is_current().unwrap());
    assert!(matches!(reader.rebuild_cache(&Progress::new()), Err(StoreError::ReadOnly { .. })));
    drop(reader);
    assert_eq!(bytes(&place.path()), before);
}

#[test]
fn the_dictionary_counts_properties_by_event_and_suspects_personal_ones() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..60).map(mixed).collect::<Vec<_>>());
    document.rebuild_cache(&Progress::new()).unwrap();
    let all = document.property_names().unwrap();
    let total = |property: &str| {
        all.iter().filter(|info| info.property == property).fold((0, 0, 0, 0), |sum, info| {
            (sum.0 + info.events, sum.1 + info.texts, sum.2 + info.numbers, sum.3 + info.booleans)
        })
    };
    assert_eq!(total("a"), (50, 10, 30, 10));
    assert_eq!(total("context.page.url"), (60, 60, 0, 0));
    assert_eq!(total("note"), (0, 0, 0, 0));
    let mut personal: Vec<_> =
        all.iter().filter(|info| info.is_personal).map(|info| info.property.as_str()).collect();
    personal.sort_unstable();
    personal.dedup();
    assert_eq!(personal, ["contact", "context.ip", "email"]);
    let facts = document.copy_facts(&Progress::new()).unwrap();
    assert_eq!((facts.persons, facts.events), (7, 60));
    assert_eq!(facts.personal_properties, personal);
}

/// Puts event `n + 1` of a new name and device in the place of event `n`, in one transaction, again and again.
fn replace_the_event(path: &std::path::Path, is_done: &std::sync::atomic::AtomicBool) {
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.execute_batch("PRAGMA synchronous = OFF").unwrap();
    raw.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    for n in 2.. {
        let last = n - 1;
        raw.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             INSERT INTO event_name VALUES ({n}, 'Name {n}');
             INSERT INTO identifier VALUES ({n}, 0, 'device-{n}', {n}, 1, 1);
             UPDATE event SET id = {n}, name = {n}, anonymous = {n} WHERE id = {last};
             UPDATE event_text SET id = {n}, properties = '{{\"n\":{n}}}' WHERE id = {last};
             DELETE FROM event_name WHERE id = {last};
             DELETE FROM identifier WHERE id = {last};
             UPDATE meta SET value = value + 1 WHERE key = 'data_revision';
             COMMIT"
        ))
        .unwrap();
        if is_done.load(std::sync::atomic::Ordering::Relaxed) {
            return;
        }
    }
}

#[test]
fn a_table_read_while_another_handle_commits_is_of_one_state() {
    let place = Place::new();
    let mut document = place.create();
    let properties = r#"{"n":1}"#.to_owned();
    let first = NewEvent { name: "Name 1".to_owned(), user_id: None, properties, ..event(1) };
    import(&mut document, "log", &[first]);
    let mut reader = document.another_reader().unwrap();
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let progress = Progress::new();
    std::thread::scope(|scope| {
        scope.spawn(|| replace_the_event(&place.path(), &is_done));
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..150 {
                let loaded = reader.load_table(&progress).unwrap();
                let (table, row) = (&loaded.table, loaded.table.row(0));
                assert_eq!((table.events(), table.event_names()), (1, &[format!("Name {row}")][..]));
                assert_eq!(table.person_ids(), [row]);
                match reader.load_columns(&loaded.layout, &["n"], &progress) {
                    Ok(columns) => assert_eq!(values(&columns[0]), [Some(Value::Number(row as f64))]),
                    Err(error) => assert!(matches!(error, StoreError::Stale), "{error}"),
                }
                assert_eq!(reader.copy_facts(&progress).unwrap().events, 1);
            }
        }));
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        seen.unwrap();
    });
}

#[test]
fn an_event_without_its_name_is_damage_and_not_another_event() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..30).map(mixed).collect::<Vec<_>>());
    document.close().unwrap();
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.execute("DELETE FROM event_name WHERE id = 2", []).unwrap();
    raw.close().unwrap();
    let error = place.open().load_table(&Progress::new()).unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { detail } if detail.contains("event name number 2")),
        "{error}"
    );
}
