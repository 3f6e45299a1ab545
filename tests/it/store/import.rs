//! Rows, duplicates, chunks, resuming, removing.

use stormline::base::Progress;
use stormline::store::{Added, Document, StoreError};

use super::{Place, add, at, count, event, import, import_chunked, info, integrity, raw_hash, simple};

fn events(n: u64) -> Vec<stormline::model::event::NewEvent> {
    (0..n).map(event).collect()
}

#[test]
fn rows_and_the_documented_view_say_what_was_imported() {
    let place = Place::new();
    let mut document = place.create();
    let counts = import(&mut document, "log", &events(10));
    assert_eq!((counts.read, counts.imported, counts.duplicates, counts.quarantined), (10, 10, 0, 0));
    assert_eq!(counts.first_time, Some(event(0).time));
    assert_eq!(counts.last_time, Some(event(9).time));
    let rows = document.event_rows(&[6, 999, 1]).unwrap();
    assert_eq!(rows.iter().map(|row| (row.id, row.line)).collect::<Vec<_>>(), [(6, 6), (1, 1)]);
    assert_eq!(rows[0].user_id.as_deref(), Some("user-5"));
    assert_eq!(rows[0].properties, event(5).properties);

    let mut odd = event(77);
    odd.time.0 += 120;
    odd.properties = String::new();
    import(&mut document, "odd", &[odd]);
    let text = document
        .with_sql(|conn| {
            let mut statement = conn.prepare(
                "SELECT event_id || '|' || batch_id || '|' || source || '|' || message_id || '|' || type || '|' ||
                        event_name || '|' || anonymous_id || '|' || coalesce(user_id, '-') || '|' || person_id
                        || '|' || time || '|' || seq || '|' || properties
                 FROM events WHERE event_id IN (1, 11) ORDER BY seq",
            )?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        })
        .unwrap();
    assert_eq!(
        text,
        [
            r#"1|1|web|m0|track|Product Viewed|device-0|user-0|1|2026-03-01T00:00:00Z|1|{"country":"DE","value":0}"#,
            "11|2|web|m77|track|Order Completed|device-0|-|1|2026-03-01T00:01:17.000120Z|11|{}",
        ]
    );
}

#[test]
fn the_first_arrival_wins_over_the_whole_document() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "one", &events(50));
    let mut importer = document.import(info("two")).unwrap();
    assert_eq!(add(&mut importer, &event(3), 1), Added::Duplicate);
    let mut reordered = event(4);
    reordered.properties = r#"{ "value": 0, "country": "DE" }"#.to_owned();
    reordered.extra = r#"{"sentAt":"later"}"#.to_owned();
    assert_eq!(add(&mut importer, &reordered, 2), Added::Duplicate);
    let mut other = event(5);
    other.properties = r#"{"country":"IT"}"#.to_owned();
    assert_eq!(add(&mut importer, &other, 3), Added::Conflict);
    assert_eq!(add(&mut importer, &event(60), 4), Added::New);
    assert_eq!(add(&mut importer, &event(60), 5), Added::Duplicate);
    importer.quarantine(6, "not-json", "expected value", b"{oops").unwrap();
    importer.commit(6).unwrap();
    let counts = importer.finish(true).unwrap();
    assert_eq!((counts.read, counts.imported, counts.duplicates), (6, 1, 4));
    assert_eq!((counts.conflicts, counts.quarantined), (1, 1));
    assert_eq!(document.event_rows(&[6]).unwrap()[0].properties, event(5).properties);
    let held = document.quarantine(Some(2), None, 0, 10).unwrap();
    assert_eq!(
        (held[0].line, held[0].reason.as_str(), held[0].raw.as_slice()),
        (6, "not-json", &b"{oops"[..])
    );
    assert_eq!(document.quarantine_counts(None).unwrap(), [("not-json".to_owned(), 1)]);
    assert_eq!(document.counts().unwrap().events, 51);
}

#[test]
fn without_message_ids_equal_lines_of_a_file_stay_separate_and_the_file_adds_nothing_twice() {
    let place = Place::new();
    let mut document = place.create();
    let anonymous: Vec<_> = [0, 1, 0, 0, 2, 1]
        .into_iter()
        .map(|n| stormline::model::event::NewEvent { message_id: None, ..event(n) })
        .collect();
    assert_eq!(import(&mut document, "one", &anonymous).imported, 6);
    let again = import(&mut document, "copy", &anonymous);
    assert_eq!((again.imported, again.duplicates), (0, 6));
    let mut longer = anonymous.clone();
    longer.extend([anonymous[0].clone(), anonymous[5].clone()]);
    let more = import(&mut document, "longer", &longer);
    assert_eq!((more.imported, more.duplicates), (2, 6));
    // The same record under another mapping says something else.
    let mut importer = document.import(info("mapped")).unwrap();
    let renamed = stormline::model::event::NewEvent { name: "Other".to_owned(), ..anonymous[4].clone() };
    assert_eq!(importer.add(&renamed, 1, raw_hash(&anonymous[4])).unwrap(), Added::Conflict);
}

#[test]
fn nothing_before_the_first_commit_is_kept() {
    let place = Place::new();
    let mut document = place.create();
    let mut importer = document.import(info("log")).unwrap();
    add(&mut importer, &event(1), 1);
    drop(importer);
    assert_eq!(document.counts().unwrap(), Default::default());
    assert!(document.batches().unwrap().is_empty());
    assert_eq!(count(&document, "SELECT count(*) FROM identifier"), 0);

    let mut importer = document.import(info("log")).unwrap();
    importer.quarantine(1, "not-json", "", b"x").unwrap();
    importer.commit(1).unwrap();
    importer.discard().unwrap();
    assert!(document.batches().unwrap().is_empty());
    assert!(document.quarantine(None, None, 0, 9).unwrap().is_empty());
}

fn dump(document: &Document) -> Vec<String> {
    document
        .with_sql(|conn| {
            let mut statement = conn.prepare(
                "SELECT coalesce(message_id, '-') || anonymous_id || coalesce(user_id, '-') || person_id || time || seq || properties
                 FROM events ORDER BY seq",
            )?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap()
}

#[test]
fn cancelling_at_any_report_keeps_whole_chunks_and_going_on_ends_the_same() {
    let mut all = events(60);
    for n in [5, 17, 30, 41] {
        let twin = stormline::model::event::NewEvent { message_id: None, ..event(3) };
        all.insert(n, twin);
    }
    let undisturbed = Place::new();
    let mut whole = undisturbed.create();
    let expected = import_chunked(&mut whole, info("log"), &all, 10, &Progress::new()).unwrap();
    for call in 1..=6 {
        let place = Place::new();
        let mut document = place.create();
        let progress = Progress::cancelling_at(call);
        let partial = import_chunked(&mut document, info("log"), &all, 10, &progress).unwrap();
        assert_eq!(partial.imported, call * 10);
        assert!(!document.batches().unwrap()[0].is_complete);
        document.close().unwrap();
        let mut document = place.open();
        assert_eq!(integrity(&document), "ok");
        assert_eq!(document.counts().unwrap().events, call * 10);
        let again = import_chunked(&mut document, info("log"), &all, 10, &Progress::new()).unwrap();
        assert_eq!(again, expected);
        let batches = document.batches().unwrap();
        assert!(batches.len() == 1 && batches[0].is_complete);
        assert_eq!(dump(&document), dump(&whole));
        assert_eq!(count(&document, "SELECT sum(imported) FROM chunk"), 64);
    }
}

#[test]
fn a_process_that_dies_within_a_chunk_loses_that_chunk_only() {
    let all = events(100);
    let place = Place::new();
    let mut document = place.create();
    let mut importer = document.import(info("log")).unwrap();
    for (n, event) in all.iter().take(47).enumerate() {
        add(&mut importer, event, n as u64 + 1);
        if (n + 1) % 10 == 0 {
            importer.commit(n as u64 + 1).unwrap();
        }
    }
    // The files as a kill leaves them, seven events of the fifth chunk written and not committed.
    let killed = Place::new();
    for name in place.files().iter().filter(|name| !name.ends_with(".lock")) {
        std::fs::copy(place.file(name), killed.file(name)).unwrap();
    }
    let mut document = killed.open();
    assert_eq!(integrity(&document), "ok");
    assert_eq!(document.counts().unwrap().events, 40);
    // Persons were stale after the kill, and are right after opening.
    assert_eq!(count(&document, "SELECT count(DISTINCT person_id) FROM events"), 7);
    assert_eq!(document.counts().unwrap().persons, 7);
    let counts = import_chunked(&mut document, info("log"), &all, 10, &Progress::new()).unwrap();
    assert_eq!((counts.read, counts.imported, counts.duplicates), (100, 100, 0));
}

#[test]
fn another_file_format_or_mapping_does_not_go_on_with_a_partial_import() {
    let place = Place::new();
    let mut document = place.create();
    import_chunked(&mut document, info("log"), &events(20), 10, &Progress::cancelling_at(1)).unwrap();
    for change in 0..3 {
        let mut other = info("log");
        match change {
            0 => other.fingerprint.push('x'),
            1 => other.format = "csv".to_owned(),
            _ => other.mapping = "event = 'a'".to_owned(),
        }
        assert_eq!(document.import(other).unwrap().resume_position(), 0);
    }
    assert_eq!(document.import(info("log")).unwrap().resume_position(), 10);
}

#[test]
fn removing_an_import_leaves_what_the_others_brought() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "one", &events(30));
    let before = dump(&document);
    let links = count(&document, "SELECT count(*) FROM identity_link");
    let mut importer = document.import(info("two")).unwrap();
    add(&mut importer, &simple("Only Here", "device-0", Some("stranger"), 1), 1);
    add(&mut importer, &simple("Only Here", "device-1", Some("stranger"), 2), 2);
    add(&mut importer, &event(3), 3);
    importer.quarantine(4, "no-time", "", b"").unwrap();
    importer.commit(4).unwrap();
    importer.finish(true).unwrap();
    assert_eq!(document.counts().unwrap().persons, 6);
    document.rebuild_cache(&Progress::new()).unwrap();

    let stopped = document.remove_batch(2, &Progress::cancelling_at(1));
    assert!(matches!(stopped, Err(StoreError::Cancelled)));
    assert_eq!(document.counts().unwrap().events, 32);
    assert!(document.batches().unwrap()[1].is_complete);
    let removed = document.remove_batch(2, &Progress::new()).unwrap();
    assert_eq!((removed.events, removed.batches, removed.quarantined), (2, 1, 1));
    assert_eq!(dump(&document), before);
    assert_eq!(document.counts().unwrap().persons, 7);
    assert_eq!(count(&document, "SELECT count(*) FROM identity_link"), links);
    assert_eq!(count(&document, "SELECT count(*) FROM event_name WHERE name = 'Only Here'"), 0);
    assert_eq!(count(&document, "SELECT count(*) FROM identifier WHERE value = 'stranger'"), 0);
    assert!(document.cache_is_current().unwrap());
    assert!(matches!(document.remove_batch(2, &Progress::new()), Err(StoreError::NoBatch { id: 2 })));
    document.close().unwrap();
    let bytes = super::bytes(&place.path());
    for word in ["stranger", "Only Here"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} is still there");
    }
}

/// A document with two imports of 30 events each; the second one's rows are so far apart that a removal takes many
/// transactions.
fn far_apart(place: &Place) -> Document {
    let mut document = place.create();
    import(&mut document, "one", &events(30));
    import(&mut document, "two", &(30..60).map(event).collect::<Vec<_>>());
    document.close().unwrap();
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.execute_batch(
        "UPDATE event SET id = id * 20000 WHERE id > 30; UPDATE event_text SET id = id * 20000 WHERE id > 30;
         UPDATE meta SET value = '1' WHERE key = 'persons_stale';
         UPDATE meta SET value = value + 1 WHERE key = 'data_revision'",
    )
    .unwrap();
    raw.close().unwrap();
    place.open()
}

#[test]
fn a_removal_that_is_stopped_leaves_a_partial_import_that_can_be_removed_or_imported_again() {
    let place = Place::new();
    let mut document = far_apart(&place);
    let stopped = document.remove_batch(2, &Progress::cancelling_at(6));
    assert!(matches!(stopped, Err(StoreError::Cancelled)));
    document.close().unwrap();
    let mut document = place.open();
    assert_eq!(integrity(&document), "ok");
    let left = document.counts().unwrap().events;
    assert_eq!(left, 55);
    assert_eq!(count(&document, "SELECT count(*) FROM event_text"), 55);
    assert_eq!(count(&document, "SELECT sum(owned) FROM identifier"), 55);
    let partial = document.batches().unwrap().remove(1);
    assert!(!partial.is_complete);
    assert_eq!((partial.counts.imported, partial.counts.read), (25, 25));
    assert_eq!(partial.counts.first_time, Some(event(35).time));

    let again = import(&mut document, "two", &(30..60).map(event).collect::<Vec<_>>());
    assert_eq!((again.imported, again.duplicates), (5, 25));
    assert_eq!(document.remove_batch(2, &Progress::new()).unwrap().events, 25);
    assert_eq!(document.remove_batch(3, &Progress::new()).unwrap().events, 5);
    assert_eq!(document.counts().unwrap().events, 30);
    assert_eq!(count(&document, "SELECT count(*) FROM event"), 30);
}

#[test]
fn edits_get_their_turn_while_an_import_is_removed() {
    let place = Place::new();
    let document = far_apart(&place);
    let (mut edits, mut removing) = (document.another_writer().unwrap(), document);
    let removal = std::thread::spawn(move || removing.remove_batch(2, &Progress::new()).unwrap().events);
    let mut made = 0;
    while !removal.is_finished() {
        edits.set_meta("edit", &made.to_string()).unwrap();
        made += 1;
    }
    assert_eq!(removal.join().unwrap(), 30);
    assert!(made > 20, "{made}");
}

#[test]
fn an_import_that_adds_nothing_does_not_keep_others_from_writing() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &events(30));
    let mut other = document.another_writer().unwrap();
    let mut importer = document.import(info("log")).unwrap();
    for n in 0..30 {
        assert_eq!(add(&mut importer, &event(n), n + 1), Added::Duplicate);
    }
    importer.quarantine(31, "no-time", "", b"x").unwrap();
    let started = std::time::Instant::now();
    other.set_meta("edit", "made").unwrap();
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!((importer.counts().duplicates, importer.counts().quarantined), (30, 1));
    importer.discard().unwrap();
    assert_eq!(document.batches().unwrap().len(), 1);
    assert_eq!(document.counts().unwrap().quarantined, 0);

    // What waited is written with the first event that is new, in its place.
    let mut importer = document.import(info("more")).unwrap();
    importer.quarantine(1, "no-time", "", b"first").unwrap();
    add(&mut importer, &event(31), 2);
    importer.quarantine(3, "no-time", "", b"second").unwrap();
    importer.commit(3).unwrap();
    add(&mut importer, &event(3), 4);
    let counts = importer.finish(true).unwrap();
    assert_eq!((counts.read, counts.imported, counts.duplicates, counts.quarantined), (4, 1, 1, 2));
    let kept = document.quarantine(None, None, 0, 10).unwrap();
    assert_eq!(
        kept.iter().map(|one| (one.line, &one.raw[..])).collect::<Vec<_>>(),
        [(1, &b"first"[..]), (3, b"second")]
    );
}

#[test]
fn as_of_is_the_latest_event_not_later_than_its_import() {
    let place = Place::new();
    let mut document = place.create();
    assert_eq!(document.default_as_of().unwrap(), None);
    let mut future = event(1);
    future.time = at("2027-01-01T00:00:00Z");
    import(&mut document, "log", &[event(0), future]);
    assert_eq!(document.default_as_of().unwrap(), Some(event(0).time));
    let mut exact = event(2);
    exact.time = at("2026-03-10T00:00:00Z");
    import(&mut document, "exact", &[exact]);
    assert_eq!(document.default_as_of().unwrap(), Some(at("2026-03-10T00:00:00Z")));
}

#[test]
fn generated_sql_runs_on_the_view_and_changes_nothing() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &events(5));
    let sql = "SELECT event_name AS name, count(*), avg(json_extract(properties, '$.value')), NULL
               FROM events GROUP BY 1 ORDER BY 1 LIMIT 1";
    let found = document.sql_rows(sql).unwrap();
    assert_eq!(found.columns[0], "name");
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found.rows, [vec![text("Order Completed"), text("1"), text("2"), None]]);
    assert!(document.sql_rows("DELETE FROM event").is_err());
    assert_eq!(document.sql_rows("SELECT 1 FROM event").unwrap().rows.len(), 5);
    document.set_meta("still", "writable").unwrap();
}

/// What is stored of persons: identifiers with their counts, and links.
fn stored_persons(document: &Document) -> Vec<String> {
    document
        .with_sql(|conn| {
            let mut statement = conn.prepare(
                "SELECT id || ' ' || kind || ' ' || value || ' ' || person_id || ' ' || events || ' ' || owned
                 FROM identifier UNION ALL SELECT a || '-' || b || ' ' || event_id || ' ' || events
                 FROM identity_link ORDER BY 1",
            )?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap()
}

/// Events of many persons: some with both identifiers, aliases, and ids that other events know as another kind.
fn acquaintances(from: u64, to: u64) -> Vec<stormline::model::event::NewEvent> {
    (from..to)
        .map(|n| {
            let mut event = event(n);
            event.message_id = Some(format!("acquaintance {n}"));
            event.anonymous_id = (n % 5 != 4).then(|| format!("device {}", n * 7919 % 1009));
            event.user_id = (n % 3 == 0 || n % 5 == 4).then(|| format!("user {}", n % 101));
            if n % 17 == 0 {
                event.kind = stormline::model::event::EventKind::Alias;
                event.previous_id = Some(format!("{} {}", ["user", "device", "x"][n as usize % 3], n % 53));
            }
            event
        })
        .collect()
}

#[test]
fn persons_after_an_import_are_those_that_all_rows_give() {
    let place = Place::new();
    let mut document = place.create();
    for (file, from, to) in [("a", 0, 400), ("b", 350, 420), ("c", 400, 1000), ("d", 0, 1000)] {
        import(&mut document, file, &acquaintances(from, to));
        let (added, revision) = (stored_persons(&document), document.revision().unwrap());
        document.set_meta("persons_stale", "1").unwrap();
        document.close().unwrap();
        document = place.open();
        assert!(document.revision().unwrap().identity > revision.identity, "they were computed anew");
        assert_eq!(stored_persons(&document), added, "{file}");
    }
    assert!(count(&document, "SELECT count(*) FROM identity_link") > 300);
    document.remove_batch(2, &Progress::new()).unwrap();
    import(&mut document, "b", &acquaintances(350, 420));
    let added = stored_persons(&document);
    document.set_meta("persons_stale", "1").unwrap();
    document.close().unwrap();
    assert_eq!(stored_persons(&place.open()), added);
}

#[test]
fn a_large_import_builds_the_index_of_identifiers_at_its_end_or_on_opening() {
    const INDEXES: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'identifier_value'";
    let strangers: Vec<_> = (0..30_000)
        .map(|n| stormline::model::event::NewEvent {
            message_id: Some(format!("m{n}")),
            anonymous_id: Some(format!("stranger {n}")),
            ..event(1)
        })
        .collect();
    for is_stopped in [true, false] {
        let place = Place::new();
        let mut document = place.create();
        let mut importer = document.import(info("log")).unwrap();
        for (n, event) in strangers.iter().enumerate() {
            add(&mut importer, event, n as u64 + 1);
        }
        importer.commit(30_000).unwrap();
        let reader = Document::open_read_only(&place.path()).unwrap();
        assert_eq!(count(&reader, INDEXES), 0);
        assert_eq!(reader.find_person("stranger 2999", 20).unwrap().len(), 11, "found without it too");
        drop(reader);
        if is_stopped {
            importer.stop();
            assert_eq!(count(&document, INDEXES), 0);
            document.close().unwrap();
            document = place.open();
        } else {
            importer.finish(true).unwrap();
        }
        assert_eq!(count(&document, INDEXES), 1);
        assert_eq!(document.find_person("stranger 2999", 20).unwrap().len(), 11);
        assert_eq!(document.counts().unwrap().persons, 30_000);
        assert_eq!(integrity(&document), "ok");
    }
}

#[test]
fn an_earlier_document_is_brought_up_to_date() {
    let place = Place::new();
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    raw.execute_batch(include_str!("../../../src/store/schema/0001.sql")).unwrap();
    raw.execute_batch(
        "PRAGMA application_id = 0x53744C6E; PRAGMA user_version = 1;
         INSERT INTO identifier VALUES (1, 0, 'd7', 1, 1, 0), (2, 1, 'u7', 1, 1, 1);
         INSERT INTO event_name VALUES (1, 'Seen'); INSERT INTO identity_link VALUES (1, 2, 1, 1);
         INSERT INTO event VALUES (1, 1, 1, 0, 1, 1, 2, NULL, 1772323200000000, 7, 7);
         INSERT INTO event_text VALUES (1, NULL, '', '', '', NULL, NULL, NULL);",
    )
    .unwrap();
    drop(raw);
    let mut document = place.open();
    assert_eq!(document.find_person("u", 9).unwrap()[0].label, "u7 + 1 other");
    assert_eq!(count(&document, "SELECT count(*) FROM events WHERE person_id = 1"), 1);
    let counts = import(&mut document, "log", &events(10));
    assert_eq!(counts.imported, 10);
    assert_eq!(integrity(&document), "ok");
}
