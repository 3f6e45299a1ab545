//! Personal values in the names of watched folders, of files that land there, and in why one is not imported. Not for
//! what is in logs: see `pages`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::jobs::watch::{Watched, keep_watched};
use stormline::store::document::Document;

use crate::window::Window;

const SECRETS: [&str; 2] = ["anneliese", "ottokar"];
const CSV: &str = "event,user_id,timestamp\nA,u,2026-03-01T10:00:00Z\n";

/// A window on the imports of a document that watches a folder named after a person, with a mapping that names one.
fn window(mapping: &str) -> (Window, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let logs = fs::canonicalize(folder.path()).unwrap().join("logs of anneliese.q@planted.example");
    fs::create_dir(&logs).unwrap();
    fs::write(logs.join("call of ottokar.z@planted.example.csv"), CSV).unwrap();
    let path = folder.path().join("shop.stormline");
    let mut document = Document::create(&path).unwrap();
    let watched = Watched {
        folder: logs.clone(),
        source: "shop".to_owned(),
        mapping: mapping.to_owned(),
        ..Watched::default()
    };
    keep_watched(&mut document, &[watched]).unwrap();
    document.close().unwrap();
    let mut settings = UserSettings::default();
    settings.allow_watches(&path, vec![logs.clone()]);
    let mut shell = Shell::new(settings, Mode::Window(egui::Context::default()));
    shell.settle_watched_after(Duration::from_millis(20));
    shell.open(path);
    let mut window = Window::around(shell, [1600.0, 1000.0], folder);
    window.work_while(|window| window.shell().session().is_none());
    window.shell().go(Route::Events(EventsTab::Imports));
    window.settle();
    (window, logs)
}

/// Labels and texts.
fn said(window: &Window) -> String {
    let nodes = window.harness.query_all_by(|_| true);
    let said = nodes.map(|node| {
        let node = node.accesskit_node();
        format!("{}\u{1}{}", node.label().unwrap_or_default(), node.value().unwrap_or_default())
    });
    said.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_says(window: &Window, text: &str) {
    assert!(said(window).contains(text), "“{text}” is not said: {}", said(window));
}

#[track_caller]
fn assert_clean(window: &Window) {
    let said = said(window);
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn what_is_told_of_a_watched_folder_is_masked() {
    let (mut window, logs) = window("");
    window.work_while(|window| !window.shows("Watching · landed last: "));
    assert_says(&window, "Watching · landed last: call of •••@planted.example.csv");
    assert_says(&window, "logs of •••@planted.example");
    assert_clean(&window);
    fs::rename(&logs, logs.with_file_name("away")).unwrap();
    window.work_until("The watched folder cannot be read");
    assert_clean(&window);
    window.close();
}

#[test]
fn why_a_file_was_not_imported_is_masked() {
    let (mut window, _) = window("event = \"mail of anneliese.z@planted.example\"\n");
    window.work_while(|window| !window.shows("was not imported"));
    assert_says(&window, "call of •••@planted.example.csv was not imported");
    assert_says(&window, "mail of •••@planted.example");
    assert_clean(&window);
    window.close();
}
