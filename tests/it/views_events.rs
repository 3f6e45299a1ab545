//! The start page, the pages of events and the preview of a log: drawn, worked by keyboard, safe with ugly data.
//!
//! `PICTURES=folder cargo test views_events` writes what is drawn to that folder. Not for single components.

use std::fs;
use std::path::{Path, PathBuf};

use egui::Ui;
use stormline::app::picture;
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::base::Progress;
use stormline::jobs::import::{ImportOptions, import};
use stormline::jobs::sample_document;
use stormline::model::time::{Time, Zone};
use stormline::store::document::Document;

const TABS: [(EventsTab, &str); 4] = [
    (EventsTab::Log, "log"),
    (EventsTab::Properties, "properties"),
    (EventsTab::Imports, "imports"),
    (EventsTab::Quarantine, "quarantine"),
];

fn frame(ui: &mut Ui, shell: &mut Shell) {
    shell.logic(ui.ctx());
    shell.show(ui);
}

fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("PICTURES") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Draws a page of a document; the start page without one.
fn draw(document: Option<&Path>, route: Route, size: [u32; 2], dark: bool) -> Vec<u8> {
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    if let Some(document) = document {
        shell.open_now(document).unwrap();
        shell.go(route);
    }
    let file = picture::png(size, 1.0, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
    shell.close();
    file
}

fn import_file(document: &Path, log: &Path) {
    let mut opened = Document::open(document).unwrap();
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-03-31T23:59:00Z").unwrap(),
        zone: Zone::default(),
    };
    import(&mut opened, log, &options, &Progress::new()).unwrap();
    opened.close().unwrap();
}

fn document_of(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let document = folder.join(format!("{name}.stormline"));
    Document::create(&document).unwrap().close().unwrap();
    if !lines.is_empty() {
        let log = folder.join(format!("{name}.ndjson"));
        fs::write(&log, lines).unwrap();
        import_file(&document, &log);
    }
    document
}

/// Two hundred long names, long values, other scripts, broken lines.
fn ugly_lines() -> String {
    let mut lines = String::new();
    for n in 0..2000 {
        let name = format!("A Name Of Forty Characters Number {:06}", n % 200);
        lines.push_str(&format!(
            "{{\"type\":\"track\",\"event\":\"{name}\",\"userId\":\"a-very-long-identifier-of-a-person-{:04}\",\
             \"anonymousId\":\"anon-{n}\",\"timestamp\":\"2026-0{}-{:02}T{:02}:10:11Z\",\"messageId\":\"m{n}\",\
             \"properties\":{{\"email\":\"person{n}@example.org\",\"a_property_name_that_is_far_too_long_for_any_column_{}\":\
             \"{}\",\"größe\":\"名前\",\"mixed\":{}}}}}\n",
            n % 300,
            1 + n % 4,
            1 + n % 28,
            n % 24,
            n % 40,
            "long ".repeat(40),
            if n % 3 == 0 { "1".to_owned() } else { format!("\"t{n}\"") },
        ));
        if n % 50 == 0 {
            lines.push_str("{\"broken\": \"someone@example.org\",\n");
        }
        if n % 70 == 0 {
            lines.push_str("{\"type\":\"track\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"}\n");
        }
    }
    lines
}

#[test]
fn pictures_of_every_page() {
    if std::env::var_os("PICTURES").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sample = folder.path().join("Coffee gear shop.stormline");
    sample_document::make(&sample, &Progress::new()).unwrap();
    let ugly = document_of(folder.path(), "ugly", &ugly_lines());
    let empty = document_of(folder.path(), "empty", "");
    for (document, name) in [(&sample, "sample"), (&ugly, "ugly"), (&empty, "empty")] {
        for (tab, page) in TABS {
            for (size, width) in [([1280, 800], "1280"), ([1920, 1080], "1920")] {
                for (dark, look) in [(false, "light"), (true, "dark")] {
                    let file = draw(Some(document), Route::Events(tab), size, dark);
                    keep(&format!("{name}-{page}-{width}-{look}.png"), &file);
                }
            }
        }
    }
    for (size, width) in [([1280, 800], "1280"), ([1920, 1080], "1920")] {
        for (dark, look) in [(false, "light"), (true, "dark")] {
            keep(&format!("start-{width}-{look}.png"), &draw(None, Route::Start, size, dark));
        }
    }
}
