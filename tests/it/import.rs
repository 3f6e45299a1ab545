//! Whole files into a document: counts, repeats, hostile files, cancel and resume. Not for single records: see `formats`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stormline::base::{Diagnostic, Progress};
use stormline::formats::log::{Mapping, Reason};
use stormline::jobs::import::{
    ImportError, ImportOptions, ImportReport, batch_path, import, preview, replace,
};
use stormline::model::time::{Time, Zone};
use stormline::store::Document;

const CALLS: &[u8] = include_bytes!("../fixtures/logs/calls.ndjson");
const SHOP: &[u8] = include_bytes!("../fixtures/logs/shop.csv");

struct Desk {
    folder: tempfile::TempDir,
    document: Document,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("a.stormline")).unwrap();
        Desk { folder, document }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&mut self, path: &Path) -> Result<ImportReport, ImportError> {
        import(&mut self.document, path, &options(), &Progress::new())
    }

    fn is_untouched(&self) -> bool {
        let counts = self.document.counts().unwrap();
        (counts.events, counts.batches, counts.quarantined) == (0, 0, 0)
    }
}

fn options() -> ImportOptions<'static> {
    ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
        zone: Zone::named("Europe/Berlin").unwrap(),
    }
}

/// Calls of which every third has no message id, and every ninth repeats its line exactly.
fn many(count: usize) -> Vec<u8> {
    let mut text = String::new();
    for n in 0..count {
        let id = if n % 3 == 0 { String::new() } else { format!(r#""messageId":"m{n}","#) };
        let person = if n % 9 == 0 { 0 } else { n % 500 };
        let second = if n % 9 == 0 { 0 } else { n % 60 };
        writeln!(
            text,
            r#"{{"type":"track","event":"Step {}",{id}"userId":"u{person}","timestamp":"2026-01-05T10:00:{second:02}Z"}}"#,
            person % 7
        )
        .unwrap();
    }
    text.into_bytes()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn refusal(result: Result<ImportReport, ImportError>) -> Diagnostic {
    let Err(ImportError::Log(diagnostic)) = result else { panic!("should be refused: {result:?}") };
    assert!(diagnostic.is_error());
    assert!(diagnostic.hint.is_some() && diagnostic.at.is_some(), "{diagnostic:?}");
    diagnostic
}

#[test]
fn a_log_is_imported_with_its_faults_in_quarantine() {
    let mut desk = Desk::new();
    let path = desk.file("calls.ndjson", CALLS);
    let report = desk.import(&path).unwrap();
    assert_eq!((report.file.as_str(), report.format, report.complete), ("calls.ndjson", "segment", true));
    assert_eq!((report.read, report.imported, report.duplicates, report.quarantined), (18, 8, 0, 10));
    assert_eq!(report.reasons[0], (Reason::NotAnEvent, 2));
    assert_eq!(report.first_time.unwrap().iso(), "2026-01-05T09:00:00Z");
    let batch = &desk.document.batches().unwrap()[0];
    assert_eq!((batch.source.as_str(), batch.is_complete, Some(batch.id)), ("shop", true, report.batch));
    let kept = desk.document.quarantine(None, None, 0, 100).unwrap();
    assert_eq!((kept.len(), kept[0].line, kept[0].reason.as_str()), (10, 10, "no-identifier"));
    assert!(kept[0].raw.starts_with(br#"{"type":"track","event":"No One""#));
    assert!(desk.document.cache_is_current().unwrap());
}

#[test]
fn the_same_file_twice_adds_nothing_and_says_so() {
    let mut desk = Desk::new();
    for (name, bytes) in
        [("calls.ndjson", CALLS.to_vec()), ("many.ndjson", many(12_000)), ("shop.csv", SHOP.to_vec())]
    {
        let path = desk.file(name, &bytes);
        let first = desk.import(&path).unwrap();
        let (counts, revision) = (desk.document.counts().unwrap(), desk.document.revision().unwrap());
        let again = desk.import(&path).unwrap();
        assert_eq!((again.imported, again.duplicates), (0, first.imported), "{name}");
        assert_eq!((again.quarantined, again.conflicts, again.batch), (first.quarantined, 0, None));
        assert_eq!(again.diagnostics[0].code, "already-imported");
        assert_eq!(desk.document.counts().unwrap(), counts, "no batch and no quarantine of it stays");
        assert_eq!(desk.document.revision().unwrap(), revision);
    }
}

#[test]
fn packing_is_known_by_content() {
    let mut desk = Desk::new();
    let packed = [gzip(&CALLS[..400]), gzip(&CALLS[400..])].concat();
    let path = desk.file("calls.txt", &packed);
    assert_eq!(desk.import(&path).unwrap().imported, 8);
    let path = desk.file("calls.gz", &zstd::encode_all(CALLS, 1).unwrap());
    let report = desk.import(&path).unwrap();
    assert_eq!((report.imported, report.duplicates), (0, 8));
}

#[test]
fn a_repeated_message_id_with_other_content_is_told() {
    let mut desk = Desk::new();
    let line = |id: &str, event: &str| {
        format!(
            r#"{{"type":"track","event":"{event}","messageId":"{id}","userId":"u","timestamp":1767607200}}"#
        ) + "\n"
    };
    let text = [line("1", "A"), line("1", "A"), line("1", "B"), line("2", "A")].concat();
    let path = desk.file("log.ndjson", text.as_bytes());
    let report = desk.import(&path).unwrap();
    assert_eq!((report.imported, report.duplicates, report.conflicts), (2, 2, 1));
    assert!(report.diagnostics[0].message.starts_with("1 duplicate carries other content"));
}

#[test]
fn a_mapping_is_kept_with_the_batch_and_a_wrong_one_writes_nothing() {
    let mut desk = Desk::new();
    let path = desk.file("log.csv", b"who,what,when,sum\nu1,Paid,2026-01-05 10:00,7\n");
    let with = |text: &str| ImportOptions { mapping: Some(Mapping::parse(text).unwrap()), ..options() };
    let problem = refusal(desk.import(&path));
    assert_eq!(problem.code, "unmapped-log");
    let wrong = with("event = \"waht\"\ntime = \"when\"\nuser_id = \"who\"");
    let problem = refusal(import(&mut desk.document, &path, &wrong, &Progress::new()));
    assert!(problem.to_string().contains("Did you mean “what”"), "{problem}");
    assert!(desk.is_untouched());

    let right = with("event = \"what\"\ntime = \"when\"\nuser_id = \"who\"");
    assert_eq!(preview(&path, &right).unwrap().events, 1);
    let report = import(&mut desk.document, &path, &right, &Progress::new()).unwrap();
    assert_eq!(report.first_time.unwrap().iso(), "2026-01-05T09:00:00Z");
    let kept = Mapping::parse(&desk.document.batches().unwrap()[0].mapping).unwrap();
    assert_eq!(kept, Mapping { zone: Some(options().zone), ..right.mapping.unwrap() });
}

#[test]
fn hostile_files_are_refused_with_words_and_leave_nothing() {
    let mut desk = Desk::new();
    let noise: Vec<u8> = (0..400_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let mut noisy_lines = b"{\"a\":1}\n".to_vec();
    noisy_lines.extend_from_slice(&noise);
    let cases: [(&str, Vec<u8>, &str); 12] = [
        ("empty.ndjson", Vec::new(), "empty-log"),
        ("blank.ndjson", b"{\n".to_vec(), "no-events"),
        ("noise.ndjson", noise, "unknown-log"),
        ("noisy_lines.ndjson", noisy_lines, "no-events"),
        ("one_line.ndjson", [b"{\"a\":\"".to_vec(), vec![b'x'; 8 << 20]].concat(), "no-events"),
        ("header.csv", b"user_id,event,timestamp\n".to_vec(), "no-events"),
        ("nul.csv", b"user_id,event,timestamp\n\0\0,\0,\0\n".to_vec(), "no-events"),
        ("bomb.csv", [b"user_id,event,timestamp\n".to_vec(), vec![b'"'; 1_000_001]].concat(), "no-events"),
        ("fake.gz", [b"\x1f\x8b".to_vec(), vec![7; 1000]].concat(), "log-broken-off"),
        ("fake.zst", [b"\x28\xb5\x2f\xfd".to_vec(), vec![7; 1000]].concat(), "log-broken-off"),
        ("empty.gz", gzip(b""), "log-broken-off"),
        ("list.json", b"[{\"type\":\"track\"}]".to_vec(), "no-events"),
    ];
    for (name, bytes, code) in cases {
        let path = desk.file(name, &bytes);
        let problem = refusal(desk.import(&path));
        assert_eq!(problem.code, code, "{name}: {problem}");
        assert!(desk.is_untouched(), "{name}");
    }
    let folder = desk.folder.path().to_owned();
    assert_eq!(refusal(desk.import(&folder)).code, "no-events");
    assert_eq!(refusal(desk.import(&folder.join("missing.ndjson"))).code, "log-missing");
}

#[test]
fn events_behind_much_garbage_are_found() {
    let mut desk = Desk::new();
    let text = [b"{broken\n".repeat(12_000), many(3)].concat();
    let path = desk.file("late.ndjson", &text);
    let report = desk.import(&path).unwrap();
    assert_eq!((report.imported, report.quarantined), (3, 12_000));
}

#[test]
fn deep_and_long_records_are_set_aside() {
    let mut desk = Desk::new();
    let deep = [
        br#"{"type":"track","event":"A","userId":"u","timestamp":1767607200,"properties":"#.to_vec(),
        b"{\"a\":".repeat(50_000),
        b"1".to_vec(),
        b"}".repeat(50_000),
        b"}\n".to_vec(),
    ]
    .concat();
    let long = [b"{\"x\":\"".to_vec(), vec![b'y'; 2 << 20], b"\"}\n".to_vec()].concat();
    let path = desk.file("deep.ndjson", &[deep, long, many(2)].concat());
    let report = desk.import(&path).unwrap();
    assert_eq!(report.reasons, [(Reason::TooLong, 1), (Reason::TooDeep, 1)]);
    assert_eq!(report.imported, 2);
}

#[test]
fn a_cut_off_archive_keeps_what_came_before() {
    let mut desk = Desk::new();
    let packed = gzip(&many(3000));
    let path = desk.file("cut.gz", &packed[..packed.len() * 2 / 3]);
    let report = desk.import(&path).unwrap();
    assert!(report.imported > 500 && report.imported < 3000 && !report.complete);
    assert_eq!(report.diagnostics[0].code, "log-broken-off");
    assert_eq!(desk.document.counts().unwrap().events, report.imported);
    let again = desk.import(&path).unwrap();
    assert_eq!((again.imported, again.complete), (report.imported, false));
    let path = desk.file("whole.gz", &packed);
    let whole = desk.import(&path).unwrap();
    assert_eq!(whole.imported + report.imported, 3000);
}

#[test]
fn cancelled_anywhere_it_ends_at_once_keeps_whole_chunks_and_goes_on_from_there() {
    let text = many(20_500);
    let mut n = 1;
    loop {
        let mut desk = Desk::new();
        let path = desk.file("many.ndjson", &text);
        let progress = Progress::cancelling_at(n);
        let (result, after) = timed(&progress, || import(&mut desk.document, &path, &options(), &progress));
        assert!(after < SOON || stops_soon(&text, n), "cancelled at {n} it went on for {after:?}");
        match result {
            Err(ImportError::Cancelled) => assert!(desk.is_untouched()),
            Err(other) => panic!("{other}"),
            Ok(report) => {
                let counts = desk.document.counts().unwrap();
                assert_eq!(counts.events, report.imported);
                if !report.complete {
                    assert_eq!(report.read % 10_000, 0, "whole chunks");
                    assert_eq!(counts.batches, u64::from(report.read > 0));
                    assert_eq!(report.batch.is_some(), report.read > 0);
                }
                if report.complete && !progress.is_cancelled() {
                    break;
                }
            }
        }
        let report = desk.import(&path).unwrap();
        let counts = desk.document.counts().unwrap();
        assert_eq!((counts.events, counts.batches), (20_500, 1), "cancelled at {n}");
        assert!(report.complete);
        n += if n < 6 { 1 } else { 4 };
    }
    assert!(n > 20);
}

const SOON: Duration = Duration::from_millis(100);

/// Once more and more: on a busy machine one that waits for its turn says nothing.
fn stops_soon(text: &[u8], n: u64) -> bool {
    (0..8).any(|_| {
        let mut desk = Desk::new();
        let path = desk.file("many.ndjson", text);
        let progress = Progress::cancelling_at(n);
        let (_, after) = timed(&progress, || import(&mut desk.document, &path, &options(), &progress));
        after < SOON
    })
}

/// What `work` gives, and how long it went on after it was cancelled.
pub(super) fn timed<T>(progress: &Progress, work: impl FnOnce() -> T) -> (T, Duration) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            while !progress.is_cancelled() && !done.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            Instant::now()
        });
        let result = work();
        let end = Instant::now();
        done.store(true, Ordering::Relaxed);
        (result, end.saturating_duration_since(watching.join().unwrap()))
    })
}

#[test]
fn progress_ends_at_the_length_of_the_packed_file() {
    let mut desk = Desk::new();
    let packed = gzip(&many(2500));
    let path = desk.file("many.gz", &packed);
    // The last report of the reading itself is the fourth or so; cancelling there shows what it said.
    let mut seen = Vec::new();
    for n in 1..8 {
        let progress = Progress::cancelling_at(n);
        let _ = import(&mut desk.document, &path, &options(), &progress);
        seen.push(progress.reached());
    }
    assert_eq!(seen[0].1, packed.len() as u64);
    assert!(seen.contains(&(packed.len() as u64, packed.len() as u64)), "{seen:?}");
}

#[test]
fn equal_rows_of_two_tables_are_two_events() {
    let mut desk = Desk::new();
    let called = |name: &str, zone: &str| {
        let text = format!("event_is = \"{name}\"\ntime = \"day\"\nuser_id = \"user\"\nzone = \"{zone}\"");
        ImportOptions { mapping: Some(Mapping::parse(&text).unwrap()), ..options() }
    };
    let rows = b"user,day\nu1,2026-01-05\nu1,2026-01-05\nu2,2026-01-06\n";
    let (signups, orders) = (desk.file("signups.csv", rows), desk.file("orders.csv", rows));
    let mut take = |path: &Path, options: &ImportOptions<'_>| {
        let report = import(&mut desk.document, path, options, &Progress::new()).unwrap();
        (report.imported, report.duplicates, report.conflicts)
    };
    let signed_up = called("Signed Up", "UTC");
    assert_eq!(take(&signups, &signed_up), (3, 0, 0), "a repeated line counts each time");
    assert_eq!(take(&orders, &called("Order Placed", "UTC")), (3, 0, 0));
    assert_eq!(take(&signups, &signed_up), (0, 3, 0));
    assert_eq!(take(&orders, &signed_up), (0, 3, 0), "the file's name does not matter");
    // The same events, said to be at another time: told, not counted twice.
    assert_eq!(take(&signups, &called("Signed Up", "Asia/Tokyo")), (0, 3, 3));
}

#[test]
fn equal_lines_read_by_two_mappings_are_two_events() {
    let mut desk = Desk::new();
    let path = desk.file("log.ndjson", br#"{"what":"Paid","kind":"Sale","at":1767607200,"who":"u1"}"#);
    let named = |event: &str| {
        let text = format!("event = \"{event}\"\ntime = \"at\"\nuser_id = \"who\"");
        ImportOptions { mapping: Some(Mapping::parse(&text).unwrap()), ..options() }
    };
    for (event, imported) in [("what", 1), ("kind", 1), ("what", 0), ("kind", 0)] {
        let report = import(&mut desk.document, &path, &named(event), &Progress::new()).unwrap();
        assert_eq!((report.imported, report.conflicts), (imported, 0), "{event}");
    }
}

#[test]
fn an_import_is_replaced_by_one_with_another_mapping() {
    let mut desk = Desk::new();
    let path =
        desk.file("log.csv", b"who,what,kind,when\nu1,Paid,Sale,2026-01-05\nu2,Paid,Sale,2026-01-06\n");
    let named = |event: &str| {
        let text = format!("event = \"{event}\"\ntime = \"when\"\nuser_id = \"who\"");
        ImportOptions { mapping: Some(Mapping::parse(&text).unwrap()), ..options() }
    };
    let first = import(&mut desk.document, &path, &named("what"), &Progress::new()).unwrap();
    let batch = first.batch.unwrap();
    assert_eq!(batch_path(&desk.document, batch, "log.csv").unwrap(), Some(path.clone()));
    assert_eq!(batch_path(&desk.document, batch, "other.csv").unwrap(), None);
    let counts = desk.document.counts().unwrap();
    // Nothing is removed when nothing could come instead, or when a person stops the removal.
    let wrong = replace(&mut desk.document, batch, &path, &named("waht"), &Progress::new());
    refusal(wrong);
    let gone = desk.folder.path().join("gone.csv");
    refusal(replace(&mut desk.document, batch, &gone, &named("kind"), &Progress::new()));
    for n in [1, 2] {
        let stopped = replace(&mut desk.document, batch, &path, &named("kind"), &Progress::cancelling_at(n));
        assert!(matches!(stopped, Err(ImportError::Cancelled)), "{stopped:?}");
    }
    assert_eq!(desk.document.counts().unwrap(), counts);

    let report = replace(&mut desk.document, batch, &path, &named("kind"), &Progress::new()).unwrap();
    assert_eq!((report.imported, report.duplicates, report.complete), (2, 0, true));
    let batches = desk.document.batches().unwrap();
    assert_eq!(batches.len(), 1);
    assert!(batches[0].mapping.contains("event = \"kind\""), "{}", batches[0].mapping);
    assert_eq!(desk.document.counts().unwrap(), counts);
    assert!(desk.document.cache_is_current().unwrap());
}

#[test]
fn what_breaks_off_is_prepared_and_what_is_stopped_is_when_next_asked() {
    let mut desk = Desk::new();
    let packed = gzip(&many(3000));
    let path = desk.file("cut.gz", &packed[..packed.len() * 2 / 3]);
    assert!(!desk.import(&path).unwrap().complete);
    assert!(desk.document.cache_is_current().unwrap());

    let path = desk.file("many.ndjson", &many(40_500));
    let stopped = (1..60).find_map(|n| {
        let report = import(&mut desk.document, &path, &options(), &Progress::cancelling_at(n)).ok()?;
        (report.batch.is_some() && !report.complete).then_some(report)
    });
    assert!(stopped.unwrap().imported > 0);
    assert!(!desk.document.cache_is_current().unwrap());
    let events = desk.document.counts().unwrap().events;
    let table = desk.document.load_table(&Progress::new()).unwrap().table;
    assert_eq!(table.events() as u64, events);
    assert!(desk.document.cache_is_current().unwrap());
}
