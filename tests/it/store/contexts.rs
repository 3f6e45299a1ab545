//! Contexts stored apart from their events and within them: both say the same, and both leave with their import.

use std::sync::Arc;

use stormline::base::Progress;
use stormline::engine::Params;
use stormline::model::event::NewEvent;
use stormline::model::text::parse_query;
use stormline::model::time::Zone;
use stormline::sql::{Dialect, SqlParams, render};
use stormline::store::{Added, CopyContents, CopyOptions, Document, Importer, StoreError};

use super::{Place, add, at, bytes, count, event, import, info, integrity};
use crate::sql;

/// The schemas of earlier programs, oldest first.
const EARLIER: [&str; 4] = [
    include_str!("../../../src/store/schema/0001.sql"),
    include_str!("../../../src/store/schema/0002.sql"),
    include_str!("../../../src/store/schema/0003.sql"),
    include_str!("../../../src/store/schema/0004.sql"),
];

const DEVICES: [&str; 4] = ["phone", "desktop", "tablet", "watch"];

/// Events that say one of a few contexts, a short one, or none.
fn varied(n: u64) -> NewEvent {
    let device = DEVICES[(n * n % 7) as usize % 4];
    let context = match n % 11 {
        3 => String::new(),
        5 => r#"{"app":"shop"}"#.to_owned(),
        _ => format!(r#"{{"device":{{"type":"{device}","id":{}}},"locale":"de-DE"}}"#, n % 3),
    };
    NewEvent { context, ..event(n) }
}

fn log(range: std::ops::Range<u64>) -> Vec<NewEvent> {
    range.map(varied).collect()
}

/// Changes a closed document behind the store's back.
fn raw(place: &Place, sql: &str) {
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.pragma_update(None, "secure_delete", true).unwrap();
    raw.execute_batch(sql).unwrap();
    raw.close().unwrap();
}

/// As earlier programs stored them.
const INLINE: &str = "UPDATE event_text SET context = (SELECT json FROM context c WHERE c.id = context_id),
    context_id = NULL WHERE context_id IS NOT NULL";
const FORGET_CACHE: &str =
    "DELETE FROM cache_state; DELETE FROM cache_run; DELETE FROM cache_blob; DELETE FROM cache_property";

const APART: &str = "SELECT count(*) FROM event_text WHERE context_id IS NOT NULL";

/// Everything that is told of the events and their contexts.
fn told(document: &mut Document) -> String {
    let progress = Progress::new();
    let view = document.sql_rows("SELECT * FROM events ORDER BY event_id").unwrap();
    let ids: Vec<i64> = view.rows.iter().map(|row| row[0].as_ref().unwrap().parse().unwrap()).collect();
    let rows = document.event_rows(&ids).unwrap();
    let loaded = document.load_table(&progress).unwrap();
    let paths = ["context.device.type", "context.device.id", "context.locale", "context.app", "country"];
    let columns = document.load_columns(&loaded.layout, &paths, &progress).unwrap();
    let names = document.property_names().unwrap();
    format!("{view:?}\n{rows:?}\n{columns:?}\n{names:?}").replace("), ", "),\n")
}

#[test]
fn both_forms_say_the_same() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &log(0..600));
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 9);
    let apart = count(&document, APART);
    assert_eq!(apart, (0..600).filter(|n| ![3, 5].contains(&(n % 11))).count() as i64);
    assert_eq!(count(&document, "SELECT count(*) FROM event_text WHERE context LIKE '%app%'"), 55);
    let odd = count(&document, &format!("{APART} AND id % 2 = 1"));
    assert!((200..300).contains(&odd), "{odd}");
    let expected = told(&mut document);
    for n in 0..600 {
        let row = &document.event_rows(&[n + 1]).unwrap()[0];
        assert_eq!(row.context, varied(n as u64).context);
    }
    for form in [" AND id % 2 = 0", ""] {
        document.close().unwrap();
        raw(&place, &format!("{INLINE}{form}; {FORGET_CACHE}"));
        document = place.open();
        assert!(!document.cache_is_current().unwrap());
        assert_eq!(count(&document, APART), if form.is_empty() { 0 } else { odd }, "{form}");
        assert_eq!(told(&mut document), expected);
        // Once more, from the columns.
        assert!(document.cache_is_current().unwrap());
        assert_eq!(told(&mut document), expected);
    }
}

#[test]
fn columns_asked_for_later_are_read_from_both_forms() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &log(0..300));
    let expected = told(&mut document);
    document.close().unwrap();
    raw(&place, &format!("{INLINE} AND id > 100; DELETE FROM cache_blob WHERE column LIKE '%context.%'"));
    assert_eq!(told(&mut place.open()), expected);
}

/// The same context with its keys in another order; `None` for one without a device.
fn turned(context: &str) -> Option<String> {
    let (device, _) = context.strip_prefix(r#"{"device":"#)?.split_once(r#","locale"#)?;
    Some(format!(r#"{{"locale":"de-DE","device":{device}}}"#))
}

#[test]
fn a_repeat_is_compared_with_either_form() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &log(0..60));
    document.close().unwrap();
    raw(&place, &format!("{INLINE} AND id <= 30"));
    let mut document = place.open();
    let mut importer = document.import(info("again")).unwrap();
    let repeats = |importer: &mut Importer<'_>, n: u64| {
        let given = varied(n);
        if let Some(context) = turned(&given.context) {
            let turned = NewEvent { context, ..given.clone() };
            assert_eq!(add(importer, &turned, n + 1), Added::Duplicate, "{n}");
            let other = NewEvent { context: given.context.replace("DE", "AT"), ..given };
            assert_eq!(add(importer, &other, n + 1), Added::Conflict, "{n}");
        }
    };
    // New ones, too, which wait to be written with their contexts when their repeats come.
    for n in 0..90 {
        let first = if n < 60 { Added::Duplicate } else { Added::New };
        assert_eq!(add(&mut importer, &varied(n), n + 1), first, "{n}");
        repeats(&mut importer, n);
    }
    importer.commit(1).unwrap();
    // Of these, rows are written already and contexts are not.
    for n in 90..190 {
        let own = varied(n).context.replace("de-DE", "fr-DE");
        assert_eq!(add(&mut importer, &NewEvent { context: own, ..varied(n) }, n + 1), Added::New);
    }
    let own = turned(&varied(90).context).unwrap().replace("de-DE", "fr-DE");
    assert_eq!(add(&mut importer, &NewEvent { context: own, ..varied(90) }, 1), Added::Duplicate);
    importer.commit(2).unwrap();
    assert_eq!(importer.finish(true).unwrap().imported, 130);
    assert_eq!(integrity(&document), "ok");
}

#[test]
fn documents_of_every_earlier_form_keep_their_contexts() {
    for forms in 1..=EARLIER.len() {
        let place = Place::new();
        let old = r#"{"device":{"type":"phone"},"library":"earlier"}"#;
        raw(&place, &EARLIER[..forms].concat());
        raw(
            &place,
            &format!(
                "PRAGMA application_id = 0x53744C6E; PRAGMA user_version = {forms};
                 INSERT INTO identifier VALUES (1, 0, 'd7', 1, 1, 1);
                 INSERT INTO event_name VALUES (1, 'Seen');
                 INSERT INTO event VALUES (1, 1, 1, 0, 1, 1, NULL, NULL, 1772323200000000, 7, 7),
                                          (2, 1, 2, 0, 1, 1, NULL, NULL, 1772323200000000, 8, 8);
                 INSERT INTO event_text VALUES (1, NULL, '', '{old}', '', NULL, NULL, NULL),
                                               (2, NULL, '', '', '', NULL, NULL, NULL);"
            ),
        );
        let mut document = place.open();
        let contexts = |document: &Document| {
            let sql = "SELECT context FROM events ORDER BY event_id";
            document.sql_rows(sql).unwrap().rows.into_iter().flatten().flatten().collect::<Vec<_>>()
        };
        assert_eq!(contexts(&document), [old, "{}"], "from form {forms}");
        let new = NewEvent { context: old.to_owned(), ..event(5) };
        import(&mut document, "log", &[new.clone(), NewEvent { message_id: Some("x".to_owned()), ..new }]);
        assert_eq!(contexts(&document), [old, "{}", old, old]);
        assert_eq!(count(&document, APART), 2);
        let loaded = document.load_table(&Progress::new()).unwrap();
        let column = document.load_columns(&loaded.layout, &["context.library"], &Progress::new()).unwrap();
        assert_eq!(column[0].codes.iter().filter(|code| *code > 0).count(), 3);
        assert_eq!(integrity(&document), "ok");
    }
}

/// The plan that SQLite makes for a query.
fn plan(document: &Document, sql: &str) -> Vec<String> {
    let rows = document.sql_rows(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap().rows;
    rows.into_iter().filter_map(|row| row.into_iter().next_back().flatten()).collect()
}

#[test]
fn the_view_looks_for_contexts_only_when_they_are_asked_for() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &log(0..50));
    // An aggregate makes every join of the view, also those it has no use for.
    let joined = |table| format!("SEARCH {table} USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN");
    let all: Vec<String> =
        std::iter::once("SCAN e".to_owned()).chain(["x", "n", "a", "u", "b"].map(joined)).collect();
    assert_eq!(plan(&document, "SELECT count(time_us) FROM events WHERE time_us > 7"), all);
    assert_eq!(plan(&document, "SELECT sum(json_extract(properties, '$.value')) FROM events"), all);
    let properties = plan(&document, "SELECT json_extract(properties, '$.value') FROM events");
    assert_eq!(properties, ["SCAN e", &joined("x")]);
    let contexts = plan(&document, "SELECT json_extract(context, '$.locale') FROM events");
    assert_eq!(contexts[..2], ["SCAN e", &joined("x")]);
    assert!(contexts[2].starts_with("CORRELATED SCALAR SUBQUERY"), "{contexts:?}");
    assert_eq!(contexts[3..], ["SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"]);
}

#[test]
fn engine_and_sql_agree_on_contexts_of_both_forms() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &log(0..400));
    document.close().unwrap();
    raw(&place, &format!("{INLINE} AND id % 3 = 0; {FORGET_CACHE}"));
    let mut document = place.open();
    let texts = [
        "kind = \"funnel\"\nsteps = [{ event = \"Product Viewed\" }, { event = \"Order Completed\" }]\n\
         window = \"1d\"\nbreakdown = \"context.device.type\"",
        "kind = \"trend\"\nevents = [{ event = \"Product Added\", where = [{ property = \"context.locale\", op = \"=\", \
         value = \"de-DE\" }] }]\nbreakdown = \"context.device.id\"\nmeasure = \"events\"\ninterval = \"day\"",
    ];
    for text in texts {
        let query = parse_query(text).unwrap();
        let params = Params { as_of: at("2026-03-20T00:00:00Z"), zone: Zone::named("UTC").unwrap() };
        let progress = Progress::new();
        let loaded = document.load_table(&progress).unwrap();
        let properties: Vec<String> = query.properties().into_iter().collect();
        let names: Vec<&str> = properties.iter().map(String::as_str).collect();
        let columns = document.load_columns(&loaded.layout, &names, &progress).unwrap();
        let mut table = loaded.table;
        for (name, column) in properties.iter().zip(columns) {
            table = table.with_column(name, Arc::new(column)).unwrap();
        }
        let report = stormline::engine::answer(&table, &query, &params, &progress).unwrap();
        let expected = sql::expected(&report, &query);
        assert!(expected.lines().count() > 3, "{expected}");
        let earliest = Some(event(0).time);
        let params = SqlParams { as_of: params.as_of, zone: params.zone, earliest };
        let statement = render(&query, &params, Dialect::Sqlite).unwrap();
        assert_eq!(document.with_sql(|conn| Ok(sql::rows(conn, &statement))).unwrap(), expected);
    }
}

/// Two imports that say a context each of their own, and one that both say.
fn secrets(place: &Place) -> Document {
    let mut document = place.create();
    for (file, from, secret) in [("one", 0, "kept"), ("two", 60, "Atlantis")] {
        let own = |n| NewEvent {
            context: format!(r#"{{"page":{{"url":"/products/{secret}/{}"}}}}"#, n % 5),
            ..event(n)
        };
        let mut events: Vec<NewEvent> = (from..from + 40).map(own).collect();
        events.extend((from + 40..from + 60).map(event));
        import(&mut document, file, &events);
    }
    document
}

#[test]
fn contexts_leave_the_document_with_their_import() {
    let place = Place::new();
    let mut document = secrets(&place);
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 12);
    // One run of both imports, so that what only one of them says is to be taken out of it.
    document.close().unwrap();
    raw(&place, FORGET_CACHE);
    document = place.open();
    document.load_table(&Progress::new()).unwrap();
    assert_eq!(count(&document, "SELECT count(*) FROM cache_run"), 1);
    document.remove_batch(2, &Progress::new()).unwrap();
    assert!(document.cache_is_current().unwrap());
    assert_eq!(count(&document, "SELECT count(*) FROM context WHERE batch <> 1"), 0);
    let whole = "SELECT count(*) FROM events WHERE context LIKE '%kept%' OR context LIKE '%192.0.2.7%'";
    assert_eq!(count(&document, whole), 60);
    let told = document.property_names().unwrap();
    let uses = |path| told.iter().filter(|info| info.property == path).map(|info| info.events).sum::<u64>();
    assert_eq!((uses("context.page.url"), uses("context.ip")), (60, 20), "no more than are left");
    document.close().unwrap();
    let is_in_file =
        |word: &str| bytes(&place.path()).windows(word.len()).any(|part| part == word.as_bytes());
    assert!(is_in_file("/kept/4"));
    assert!(!is_in_file("Atlantis"));
    let mut document = place.open();
    document.remove_batch(1, &Progress::new()).unwrap();
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 0);
    document.close().unwrap();
    for word in ["/kept/", "192.0.2.7"] {
        assert!(!is_in_file(word), "{word}");
    }
}

#[test]
fn a_removal_stopped_among_contexts_can_be_gone_on_with() {
    let place = Place::new();
    secrets(&place).close().unwrap();
    // So many that they take several transactions.
    raw(
        &place,
        "WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 49994)
         INSERT INTO context (batch, json) SELECT 2, '{\"more\":' || n || '}' FROM n",
    );
    let mut document = place.open();
    let mut left = Vec::new();
    for call in 1.. {
        let progress = Progress::cancelling_at(call);
        match document.remove_batch(2, &progress) {
            Err(StoreError::Cancelled) => {
                assert_eq!(
                    progress.reached().1,
                    [50_060, 50_060, 50_000][call as usize - 1],
                    "of rows and contexts"
                );
                left.push(count(&document, "SELECT count(*) FROM context WHERE batch = 2"));
            }
            Ok(_) => break,
            Err(error) => panic!("{error}"),
        }
        let orphans = "SELECT count(*) FROM event_text x WHERE context_id NOT IN (SELECT id FROM context)";
        assert_eq!(count(&document, orphans), 0);
        assert!(document.batches().unwrap().len() == 2, "still to be gone on with");
    }
    left.dedup();
    assert_eq!(left, [50_000, 30_000], "whole steps");
    assert_eq!(count(&document, "SELECT count(*) FROM context WHERE batch = 2"), 0);
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 6);
    assert_eq!(integrity(&document), "ok");
}

#[test]
fn copies_carry_contexts_as_they_carry_events() {
    let place = Place::new();
    let mut document = secrets(&place);
    let expected = told(&mut document);
    for contents in [CopyContents::Definitions, CopyContents::Everything] {
        let path = place.file("copy.stormline");
        document.save_copy(&path, CopyOptions { contents, overwrite: true }, &Progress::new()).unwrap();
        let mut copy = Document::open_for_writing(&path).unwrap();
        let is_whole = contents == CopyContents::Everything;
        assert_eq!(count(&copy, "SELECT count(*) FROM context"), if is_whole { 12 } else { 0 });
        assert_eq!(told(&mut copy) == expected, is_whole);
        copy.close().unwrap();
        for word in ["Atlantis", "/kept/", "192.0.2.7"] {
            let is_there = bytes(&path).windows(word.len()).any(|part| part == word.as_bytes());
            assert_eq!(is_there, is_whole, "{word}");
        }
    }
}

#[test]
fn a_chunk_taken_back_leaves_no_context_and_going_on_begins_anew() {
    let place = Place::new();
    let mut document = place.create();
    let mut importer = document.import(info("log")).unwrap();
    for n in 0..100 {
        add(&mut importer, &event(n), n + 1);
    }
    importer.commit(100).unwrap();
    for n in 100..200 {
        add(&mut importer, &varied(n), n + 1);
    }
    drop(importer);
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 1);
    let mut importer = document.import(info("log")).unwrap();
    assert_eq!(importer.resume_position(), 100);
    for n in 100..200 {
        add(&mut importer, &varied(n), n + 1);
    }
    importer.commit(200).unwrap();
    importer.finish(true).unwrap();
    for n in 0..200 {
        let given = if n < 100 { event(n) } else { varied(n) };
        assert_eq!(document.event_rows(&[n as i64 + 1]).unwrap()[0].context, given.context);
    }
    assert_eq!(count(&document, "SELECT count(*) FROM context"), 10);
    assert_eq!(count(&document, "SELECT count(DISTINCT batch) FROM context"), 1);
}
