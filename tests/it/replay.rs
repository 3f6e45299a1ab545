//! Quarantined records mended by rules and read again. Not for the rules alone: see `formats::log::fix`.

use std::path::PathBuf;

use stormline::base::Progress;
use stormline::formats::log::fix::{Change, Fix};
use stormline::formats::log::time::TimeFormat;
use stormline::formats::log::{Mapping, Reason};
use stormline::jobs::import::{ImportOptions, import};
use stormline::jobs::replay::{Replay, ReplayReport, replay, try_out};
use stormline::model::time::{Time, Zone};
use stormline::store::Document;

struct Desk {
    folder: tempfile::TempDir,
    document: Document,
}

impl Desk {
    fn with(file: &str, text: &str, mapping: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("a.stormline")).unwrap();
        let mut desk = Desk { folder, document };
        std::fs::write(desk.log(file), text).unwrap();
        desk.import(file, mapping);
        desk
    }

    fn log(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn import(&mut self, file: &str, mapping: &str) -> u64 {
        let options = ImportOptions {
            format: None,
            mapping: (!mapping.is_empty()).then(|| Mapping::parse(mapping).unwrap()),
            source: "shop".to_owned(),
            imported_at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
            zone: Zone::default(),
        };
        let path = self.log(file);
        import(&mut self.document, &path, &options, &Progress::new()).unwrap().imported
    }

    fn replay(&mut self, reason: Reason, fixes: &[Fix]) -> ReplayReport {
        let request = request(reason, fixes);
        replay(&mut self.document, &request, Zone::default(), &Progress::new()).unwrap()
    }

    /// Events, persons, quarantined records.
    fn counts(&self) -> (u64, u64, u64) {
        let counts = self.document.counts().unwrap();
        (counts.events, counts.persons, counts.quarantined)
    }
}

fn request(reason: Reason, fixes: &[Fix]) -> Replay {
    Replay { batches: vec![1], reason: Some(reason.code().to_owned()), fixes: fixes.to_vec() }
}

fn fix(field: &str, change: Change) -> Fix {
    Fix { field: field.to_owned(), change }
}

fn german() -> Change {
    Change::Time { format: TimeFormat::parse("%d.%m.%Y %H:%M").unwrap(), zone: Zone::default() }
}

const TABLE: &str = "who;at;what;name\n\
    u1;2026-01-05T10:00:00Z;Viewed;Ann\n\
    u2;05.01.2026 11:00;Viewed;Bea\n\
    u3;05.01.2026 12:00;\"Paid; cash\";Cy\n\
    u4;yesterday;Viewed;Di\n\
    ;2026-01-06;Viewed;Ed\n";
const COLUMNS: &str = "event = \"what\"\ntime = \"at\"\nuser_id = \"who\"\n";

#[test]
fn times_of_a_table_are_read_by_a_rule() {
    let mut desk = Desk::with("shop.csv", TABLE, COLUMNS);
    assert_eq!(desk.counts(), (1, 1, 4));
    let trial = try_out(&desk.document, &request(Reason::BadTime, &[fix("at", german())]), Zone::default());
    let trial = trial.unwrap();
    assert_eq!((trial.read, trial.events, trial.whole), (3, 2, true));
    assert_eq!(trial.fields, ["who", "at", "what", "name"]);
    assert_eq!(trial.still, [(Reason::BadTime, 1)]);
    assert_eq!(desk.counts(), (1, 1, 4), "a trial writes nothing");

    let report = desk.replay(Reason::BadTime, &[fix("at", german())]);
    assert_eq!((report.read, report.imported, report.duplicates), (3, 2, 0));
    assert_eq!(report.still, [(Reason::BadTime, 1)]);
    assert_eq!(desk.counts(), (3, 3, 2));
    let batch = &desk.document.batches().unwrap()[0];
    assert_eq!((batch.counts.read, batch.counts.imported, batch.counts.quarantined), (5, 3, 2));
    assert_eq!(batch.counts.last_time.unwrap().iso(), "2026-01-05T12:00:00Z");
    assert!(batch.is_complete);

    let report = desk.replay(Reason::NoIdentifier, &[fix("who", Change::From("name".to_owned()))]);
    assert_eq!((report.imported, report.still.len()), (1, 0));
    assert_eq!(desk.counts(), (4, 4, 1));
    let left = desk.document.quarantine(None, None, 0, 9).unwrap();
    assert_eq!((left.len(), left[0].line), (1, 5));
    assert!(left[0].detail.contains("yesterday"));

    assert_eq!(desk.document.remove_batch(1, &Progress::new()).unwrap().events, 4);
    assert_eq!(desk.counts(), (0, 0, 0));
}

#[test]
fn calls_get_a_default_or_another_field() {
    let calls = concat!(
        r#"{"type":"track","userId":"u1","timestamp":"2026-01-05T10:00:00Z","name":"Paid","messageId":"m1"}"#,
        "\n",
        r#"{"type":"track","userId":"u1","timestamp":"2026-01-05T10:00:00Z"}"#,
        "\n",
        r#"{"type":"track","event":"Seen","userId":"u2","timestamp":"2026-01-05T10:00:00Z"}"#,
        "\nbroken\n",
    );
    let mut desk = Desk::with("calls.ndjson", calls, "");
    assert_eq!(desk.counts(), (1, 1, 3));
    let rules =
        [fix("event", Change::From("name".to_owned())), fix("event", Change::Default("Called".to_owned()))];
    let report = desk.replay(Reason::NoEventName, &rules);
    assert_eq!((report.imported, report.still.len()), (2, 0));
    assert_eq!(desk.counts(), (3, 2, 1));
    let report = desk.replay(Reason::NotJson, &rules);
    assert_eq!((report.imported, report.still), (0, vec![(Reason::NotJson, 1)]));
    assert_eq!(desk.counts(), (3, 2, 1));
}

#[test]
fn what_was_released_once_is_a_duplicate_the_second_time() {
    let mut desk = Desk::with("shop.csv", TABLE, COLUMNS);
    assert_eq!(desk.replay(Reason::BadTime, &[fix("at", german())]).imported, 2);
    assert_eq!(desk.import("shop.csv", COLUMNS), 0);
    assert_eq!(desk.counts().0, 3, "the same file adds nothing");
    // One more line makes it another file: its broken records are refused again, and mended again.
    let more = format!("{TABLE}u9;2026-01-07;Viewed;Flo\n");
    std::fs::write(desk.log("more.csv"), more).unwrap();
    assert_eq!(desk.import("more.csv", COLUMNS), 1);
    let again = Replay { batches: vec![2], ..request(Reason::BadTime, &[fix("at", german())]) };
    let report = replay(&mut desk.document, &again, Zone::default(), &Progress::new()).unwrap();
    assert_eq!((report.imported, report.duplicates), (0, 2));
    assert_eq!(desk.counts().0, 4);
}

#[test]
fn a_stop_at_any_moment_leaves_whole_chunks() {
    let mut table = String::from("who,at,what\nu0,2026-01-05,Seen\n");
    (0..7_000).for_each(|n| table.push_str(&format!("u{n},{:02}.01.2026 10:00,Seen\n", n % 28 + 1)));
    let mut desk = Desk::with("many.csv", &table, COLUMNS);
    let mut imported = 0;
    for calls in 1..12 {
        let progress = Progress::cancelling_at(calls);
        let request = request(Reason::BadTime, &[fix("at", german())]);
        imported += replay(&mut desk.document, &request, Zone::default(), &progress).unwrap().imported;
        let (events, persons, quarantined) = desk.counts();
        assert_eq!((events, events + quarantined), (1 + imported, 7_001), "after {calls} calls");
        assert_eq!(persons, events - u64::from(imported > 0), "u0 came twice");
        assert!(imported % 2_000 == 0 || imported == 7_000, "{imported}");
    }
    assert_eq!(imported, 7_000);
}

const MORE: &str = "who;at;what;name\n\
    u7;06.01.2026 13:00;Viewed;Gil\n\
    u8;tomorrow;Viewed;Hal\n\
    u8;2026-01-06;Viewed;Hal\n";
/// Its times are in another column.
const OTHER: &str = "who;day;what\nu9;07.01.2026 10:00;Viewed\nu9;2026-01-07;Viewed\n";

/// Three imports with times that cannot be read, and one without.
fn several() -> Desk {
    let mut desk = Desk::with("shop.csv", TABLE, COLUMNS);
    let clean = "who;at;what;name\nu6;2026-01-07;Viewed;Fay\n";
    for (file, text, mapping) in [
        ("clean.csv", clean, COLUMNS),
        ("more.csv", MORE, COLUMNS),
        ("other.csv", OTHER, "event = \"what\"\ntime = \"day\"\nuser_id = \"who\"\n"),
    ] {
        std::fs::write(desk.log(file), text).unwrap();
        desk.import(file, mapping);
    }
    desk
}

#[test]
fn one_rule_mends_all_imports_that_can_take_it() {
    let mut desk = several();
    assert_eq!(desk.document.quarantined_batches(Some("bad-time")).unwrap(), [1, 3, 4]);
    assert_eq!(desk.document.quarantined_batches(None).unwrap(), [1, 3, 4]);
    assert_eq!(desk.document.quarantined_batches(Some("no-identifier")).unwrap(), [1]);
    assert_eq!(desk.counts(), (4, 4, 7));
    let all = Replay { batches: vec![1, 2, 3, 4], ..request(Reason::BadTime, &[fix("at", german())]) };
    let trial = try_out(&desk.document, &all, Zone::default()).unwrap();
    assert_eq!((trial.read, trial.events, trial.whole, trial.rows.len()), (5, 3, true, 5));
    assert_eq!(trial.still, [(Reason::BadTime, 2)]);
    assert_eq!(trial.fields, ["who", "at", "what", "name", "day"]);

    let progress = Progress::new();
    let report = replay(&mut desk.document, &all, Zone::default(), &progress).unwrap();
    assert_eq!((report.read, report.imported, report.duplicates), (5, 3, 0));
    assert_eq!(report.still, [(Reason::BadTime, 2)]);
    assert_eq!(report.passed_over.len(), 1);
    assert_eq!(report.passed_over, trial.passed_over);
    assert_eq!(report.passed_over[0].file, "other.csv");
    assert_eq!(report.passed_over[0].why.message, "It has no column at");
    let quarantined: Vec<u64> =
        desk.document.batches().unwrap().iter().map(|batch| batch.counts.quarantined).collect();
    assert_eq!((quarantined, desk.counts().0), (vec![2, 0, 1, 1], 7));

    // By itself it is read by its own column.
    let own = Replay { batches: vec![4], ..request(Reason::BadTime, &[fix("day", german())]) };
    assert_eq!(replay(&mut desk.document, &own, Zone::default(), &Progress::new()).unwrap().imported, 1);
}

#[test]
fn a_stop_between_imports_leaves_the_next_as_they_were() {
    let mut released = 0;
    for calls in 1..6 {
        let mut desk = several();
        let all = Replay { batches: vec![1, 3], ..request(Reason::BadTime, &[fix("at", german())]) };
        let progress = Progress::cancelling_at(calls);
        let report = replay(&mut desk.document, &all, Zone::default(), &progress).unwrap();
        let (events, _, quarantined) = desk.counts();
        assert_eq!((events, events + quarantined), (4 + report.imported, 11), "after {calls} calls");
        assert!([0, 2, 3].contains(&report.imported), "{report:?}");
        released = released.max(report.imported);
    }
    assert_eq!(released, 3);
}

#[test]
fn ways_to_read_the_times_are_found_in_tables_and_objects() {
    let objects = concat!(
        r#"{"type":"track","event":"A","userId":"u1","timestamp":"24/12/2025"}"#,
        "\n",
        r#"{"type":"track","event":"A","userId":"u2","timestamp":"31/12/2025"}"#,
        "\n",
        r#"{"type":"track","event":"A","userId":"u3","timestamp":"soon"}"#,
        "\n",
        r#"{"type":"track","event":"A","userId":"u4","timestamp":"2026-01-01"}"#,
        "\n",
    );
    for (file, text, mapping, field, pattern, reads, of) in [
        ("shop.csv", TABLE, COLUMNS, "at", "%d.%m.%Y %H:%M", 2, 3),
        ("calls.ndjson", objects, "", "timestamp", "%d/%m/%Y", 2, 3),
    ] {
        let desk = Desk::with(file, text, mapping);
        let auto = Change::Time { format: TimeFormat::Auto, zone: Zone::default() };
        let asked = request(Reason::BadTime, &[fix(field, auto)]);
        let trial = try_out(&desk.document, &asked, Zone::default()).unwrap();
        let [(found, readings)] = &trial.times[..] else { panic!("{file}: {:?}", trial.times) };
        assert_eq!((found.as_str(), readings.of, readings.now), (field, of, 0), "{file}");
        let best = &readings.offers[0];
        assert_eq!((best.format.text(), best.reads), (pattern, reads), "{file}");
        let asked = request(Reason::BadTime, &[fix(field, Change::Default("now".to_owned()))]);
        assert!(try_out(&desk.document, &asked, Zone::default()).unwrap().times.is_empty());
    }
}

#[test]
fn an_import_that_is_gone_is_told() {
    let mut desk = Desk::with("shop.csv", TABLE, COLUMNS);
    let gone = Replay { batches: vec![7], ..request(Reason::BadTime, &[]) };
    let error = replay(&mut desk.document, &gone, Zone::default(), &Progress::new()).unwrap_err();
    assert_eq!(error.diagnostic().code, "no-batch");
}
