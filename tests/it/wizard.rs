//! The import wizard: what would become of a log's first records, the mapping remembered by its columns, and ways to read
//! its times; by job, by keyboard and in pictures. Not for what formats read.
//!
//! `PICTURES=folder cargo test wizard` writes what is drawn to that folder.

mod compared;
mod fix;
mod memory;
mod packed;
mod places;
mod sheets;
mod times;
mod watching;

use std::fs;
use std::path::{Path, PathBuf};

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::picture;
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::base::Progress;
use stormline::formats::log::{Mapping, Reason};
use stormline::jobs::import::{ImportOptions, Look, Looking, Spools, import, look};
use stormline::model::time::{Time, Zone};
use stormline::store::Document;

use super::formats_tabular::parquet;
use super::window::{Window, frame};

fn options(mapping: &str) -> ImportOptions<'static> {
    ImportOptions {
        format: None,
        mapping: (!mapping.is_empty()).then(|| Mapping::parse(mapping).unwrap()),
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-05-03T10:11:00Z").unwrap(),
        zone: Zone::default(),
    }
}

/// A document in a folder of its own, and logs beside it.
struct Desk {
    folder: tempfile::TempDir,
    document: Document,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("shop.stormline")).unwrap();
        Desk { folder, document }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&mut self, log: &Path, mapping: &str) {
        import(&mut self.document, log, &options(mapping), &Progress::new()).unwrap();
    }

    fn look(&self, log: &Path, mapping: &str) -> Look {
        let looking = Looking { document: Some(&self.document), ..Looking::default() };
        look(log, &options(mapping), &looking, &Progress::new()).unwrap()
    }

    /// The window of its document, which nothing else has open.
    fn window(self) -> Window {
        self.document.close().unwrap();
        Window::of(self.folder)
    }
}

fn line(n: usize) -> String {
    format!(
        "{{\"type\":\"track\",\"event\":\"Order Placed\",\"userId\":\"u{n}\",\"messageId\":\"m{n}\",\"timestamp\":\"2026-03-01T10:00:00Z\"}}\n"
    )
}

/// Ten events, of which two come again; five records that are none.
fn mixed() -> String {
    let mut text: String = (0..10).map(line).collect();
    text.push_str(&line(3));
    text.push_str(&line(4));
    for n in 0..3 {
        text.push_str(&format!(
            "{{\"type\":\"track\",\"userId\":\"ann{n}@example.org\",\"timestamp\":\"2026-03-01\"}}\n"
        ));
    }
    text.push_str("no json\nnor this\n");
    text
}

#[test]
fn what_would_become_of_the_first_records_is_what_becomes_of_them() {
    let mut desk = Desk::new();
    let log = desk.file("mixed.ndjson", mixed());
    let seen = desk.look(&log, "");
    assert_eq!((seen.foreseen.events, seen.foreseen.repeated, seen.foreseen.known), (10, 2, Some(0)));
    assert_eq!(seen.log.reasons(), [(Reason::NoEventName, 3), (Reason::NotJson, 2)]);
    assert_eq!(seen.log.examples[&Reason::NotJson].raw, b"no json");
    assert_eq!(seen.log.examples[&Reason::NoEventName].line, 13);
    let half: String = (5..10).map(line).collect();
    let half = desk.file("half.ndjson", half);
    desk.import(&half, "");
    let seen = desk.look(&log, "");
    let report = import(&mut desk.document, &log, &options(""), &Progress::new()).unwrap();
    assert_eq!((seen.foreseen.events, seen.foreseen.repeated, seen.foreseen.known), (5, 2, Some(5)));
    assert_eq!(report.imported, seen.foreseen.events);
    assert_eq!(report.duplicates, seen.foreseen.repeated + seen.foreseen.known.unwrap());
    assert_eq!(report.quarantined, seen.log.quarantined.values().sum::<u64>());
}

#[test]
fn records_without_message_id_and_rows_of_persons_are_foreseen_as_they_are_imported() {
    let mut desk = Desk::new();
    let row = "A,u1,2026-03-01\n";
    let log = desk.file("log.csv", format!("event,user_id,time\n{row}{row}{row}"));
    let more = desk.file("more.csv", format!("event,user_id,time\n{row}{row}{row}{row}B,u1,2026-03-01\n"));
    desk.import(&log, "");
    let seen = desk.look(&more, "");
    assert_eq!((seen.foreseen.events, seen.foreseen.repeated, seen.foreseen.known), (2, 0, Some(3)));
    let report = import(&mut desk.document, &more, &options(""), &Progress::new()).unwrap();
    assert_eq!((report.imported, report.duplicates), (2, 3));

    let persons = desk.file("persons.csv", "user_id,plan\nu1,pro\nu1,pro\nu2,free\n");
    let seen = desk.look(&persons, "");
    assert_eq!((seen.foreseen.traits, seen.foreseen.repeated, seen.foreseen.events), (2, 1, 0));
    desk.import(&persons, "");
    let again = desk.look(&persons, "");
    assert_eq!((again.foreseen.traits, again.foreseen.known), (0, Some(3)));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_table_is_unpacked_once_for_all_looks() {
    let desk = Desk::new();
    let log = desk.file("log.parquet.gz", gzip(&parquet::log_of_all_types()));
    let spools = Spools::default();
    for mapping in ["", "event_is = \"A\"", "zone = \"Europe/Berlin\""] {
        let looking =
            Looking { document: Some(&desk.document), spools: spools.clone(), ..Looking::default() };
        let seen = look(&log, &options(mapping), &looking, &Progress::new()).unwrap();
        assert_eq!(seen.log.format, "parquet");
    }
    assert_eq!(spools.unpacked(), 1);
}

#[test]
fn a_look_is_stopped_at_every_step() {
    let desk = Desk::new();
    let log = desk.file("log.parquet.gz", gzip(&parquet::log_of_all_types()));
    let text = desk.file("mixed.ndjson", mixed());
    for log in [&log, &text] {
        let mut stopped = 0;
        for step in 1..50 {
            let progress = Progress::cancelling_at(step);
            let looking = Looking { document: Some(&desk.document), ..Looking::default() };
            match look(log, &options(""), &looking, &progress) {
                Err(_) => stopped += 1,
                Ok(seen) => {
                    assert!(!progress.is_cancelled(), "step {step}");
                    assert!(seen.log.events > 0);
                    break;
                }
            }
        }
        assert!(stopped >= 1, "{}", log.display());
    }
}

#[test]
fn addresses_are_hashed_by_the_documents_own_secret() {
    const LINE: &str = "203.0.113.7 - - [05/Jan/2026:10:00:00 +0100] \"GET / HTTP/2.0\" 200 5\n";
    let mut desk = Desk::new();
    let log = desk.file("access.log", LINE);
    let code = |seen: &Look| seen.log.diagnostics.iter().any(|note| note.code == "addresses-placeholder");
    let visitor = |seen: &Look| seen.log.rows[0].outcome.as_ref().unwrap().anonymous_id.clone().unwrap();
    let before = desk.look(&log, "");
    assert!(code(&before), "the secret is not drawn yet");
    desk.import(&log, "");
    let after = desk.look(&log, "");
    assert!(!code(&after));
    assert_ne!(visitor(&before), visitor(&after));
    let stored = desk.document.sql_rows("SELECT anonymous_id FROM events").unwrap().rows;
    assert_eq!(stored[0][0].as_deref(), Some(visitor(&after).as_str()));
    assert_eq!(after.foreseen.known, Some(1));
}

#[test]
fn places_in_an_archive_name_the_file_and_its_line() {
    let desk = Desk::new();
    let folder = desk.folder.path().join("days");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.ndjson"), line(1)).unwrap();
    fs::write(folder.join("b.ndjson"), format!("{}no json\n", line(2))).unwrap();
    let mut window = desk.window();
    window.shell().open(folder);
    window.settle();
    window.assert_shows("The line is not valid JSON, 1, b.ndjson, line 2, no json");
}

#[test]
fn the_wizard_tells_what_would_become_of_a_log() {
    let mut desk = Desk::new();
    let half: String = (5..10).map(line).collect();
    let half = desk.file("half.ndjson", half);
    desk.import(&half, "");
    let log = desk.file("mixed.ndjson", mixed());
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("Of all 17 records 5 events of 1 name would be imported");
    window.assert_shows("5 are in the document already · 2 repeat others · 5 go to quarantine");
    window.assert_shows("The event has no name, 3, line 13");
    window.assert_shows("The line is not valid JSON, 2, line 16, no json");
    assert!(!window.shows("ann0@example.org"), "examples are masked");
    // The list of reasons is a stop of Tab, and the arrows go through it.
    window.tab_to("Reasons, 2 rows");
    window.press(Key::ArrowDown);
    window.assert_shows("Import mixed.ndjson");
}

/// A window whose looks are taken off its thread.
fn awake(desk: Desk) -> Window {
    desk.document.close().unwrap();
    let mut shell = Shell::new(UserSettings::default(), Mode::Window(egui::Context::default()));
    shell.open(desk.folder.path().join("shop.stormline"));
    let mut window = Window::around(shell, [1280.0, 800.0], desk.folder);
    window.work_while(|window| window.shell().session().is_none());
    window
}

#[test]
fn the_latest_mapping_wins_and_the_document_closes_behind_it() {
    let desk = Desk::new();
    let rows: String = (0..12_000).map(|n| format!("A,u{n},2026-03-01,x{n}\n")).collect();
    let log = desk.file("log.csv", format!("event,user_id,time,other\n{rows}"));
    let mut window = awake(desk);
    window.shell().open(log);
    window.work_until("Of the first 10\u{2009}000 records 10\u{2009}000 events of 1 name would be imported");
    for (select, choice) in
        [("Column of times", "other"), ("Column of times", "time"), ("Column of event names", "other")]
    {
        window.focus(select);
        window.choose(choice);
    }
    window.work_until("10\u{2009}000 events of 10\u{2009}000 names would be imported");
    window.focus("Column of times");
    window.choose("user_id");
    // A look may be under way: the document is closed when it has ended.
    let folder = window.close();
    assert!(!folder.path().join("shop.stormline-wal").exists(), "one file again");
}

#[test]
fn what_a_look_tells_above_takes_the_keyboard_from_nothing_below() {
    let desk = Desk::new();
    let rows: String = (0..40).map(|n| format!("A,u{n},2026-03-01,x{n}\n")).collect();
    let log = desk.file("log.csv", format!("event,user_id,time,other\n{rows}"));
    let mut window = awake(desk);
    window.shell().open(log);
    window.work_until("of 1 name would be imported");
    window.focus("Column of times");
    window.choose("other");
    // Warnings now stand above the selects.
    window.work_until("None of 40 records could be read");
    assert!(window.has_keyboard("Column of times"), "{}", window.spoken());
    // An Enter opens the list again, and imports nothing.
    window.choose("time");
    window.work_until("of 1 name would be imported");
    assert!(window.has_keyboard("Column of times"), "{}", window.spoken());
    window.close();
}

/// Draws a log as the wizard shows it.
fn draw(document: Option<&Path>, log: &Path, size: [u32; 2], dark: bool) -> Vec<u8> {
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    if let Some(document) = document {
        shell.open_now(document).unwrap();
    }
    shell.open(log.to_owned());
    let file = picture::png(size, 1.0, dark, 8, |ui| frame(ui, &mut shell)).unwrap();
    shell.close().unwrap();
    file
}

fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("PICTURES") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }
}

#[test]
fn a_wrong_column_of_times_turns_the_preview_red() {
    let mut desk = Desk::new();
    let rows: String = (0..40)
        .map(|n| format!("Order Placed,u{n},2026-03-{:02},not a time {n},ann{n}@example.org\n", 1 + n % 28))
        .collect();
    let right = desk.file("right.csv", format!("event,user_id,time,memo,contact\n{rows}"));
    let wrong = desk.file("wrong.csv", format!("event,user_id,day,time,contact\n{rows}"));
    let half = desk.file("half.ndjson", (0..4).map(line).collect::<String>());
    desk.import(&half, "");
    let mixed = desk.file("mixed.ndjson", mixed());
    let days = desk.file(
        "days.csv",
        "event,user_id,time\nA,u1,01/02/2026 10:00\nB,u2,03/04/2026 11:30\nC,u3,05/06/2026 12:00\n",
    );
    let document = desk.document.path().to_owned();
    desk.document.close().unwrap();
    for dark in [false, true] {
        let danger = theme::of(dark).palette.danger;
        let reds = |log: &Path| {
            let file = draw(Some(&document), log, [1280, 800], dark);
            let name = log.file_stem().unwrap().to_string_lossy().into_owned();
            keep(&format!("wizard-{name}-{dark}.png"), &file);
            crate::picture::Picture::read(&file).count(|color| color == danger)
        };
        let (right, wrong) = (reds(&right), reds(&wrong));
        assert!(right == 0 && wrong > 300, "dark {dark}: {right} and {wrong} red pixels");
        reds(&mixed);
        reds(&days);
    }
}
