//! Personal values planted in the names of logs, of folders and of what is in them: no dialog and no note tells one.

use std::fs;
use std::path::{Path, PathBuf};

use stormline::app::picture;
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::store::document::Document;

use super::pages::{Window, assert_clean, frame};

/// A log, what is none, what is not looked at, and what breaks off, in a folder.
fn planted(within: &Path) -> PathBuf {
    let folder = within.join("of ottokar.z@planted.example");
    fs::create_dir(&folder).unwrap();
    let event =
        "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u1\",\"timestamp\":\"2026-03-01T10:00:00Z\"}\n";
    fs::write(folder.join("a anneliese.q@planted.example.ndjson"), format!("{event}no json\n")).unwrap();
    fs::write(folder.join("b anneliese.q@planted.example.txt"), "Dear Sir or Madam\n").unwrap();
    fs::write(folder.join("c 0170 5550199 (cut).gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\0cut").unwrap();
    fs::write(folder.join(".hidden anneliese.q@planted.example"), "x").unwrap();
    folder
}

fn document(folder: &Path) -> PathBuf {
    let path = folder.join("shop.stormline");
    Document::create(&path).unwrap().close().unwrap();
    path
}

fn window(document: &Path, opens: &Path) -> Window {
    let mut window = Window::open(document, Route::Events(EventsTab::Imports));
    window.harness.state_mut().0.open(opens.to_owned());
    window.settle();
    window
}

#[track_caller]
fn assert_told(window: &Window, place: &str, words: &str) {
    let said = window.spoken();
    assert!(said.contains(words), "{place}: “{words}” is not said: {said}");
    assert_clean(place, &said);
}

fn assert_drawn_clean(document: &Path, log: &Path) {
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    shell.open_now(document).unwrap();
    shell.open(log.to_owned());
    let drawn = picture::svg([1600, 1000], false, 5, |ui| frame(ui, &mut shell)).unwrap();
    shell.close().unwrap();
    assert!(drawn.contains("•••@planted.example"), "the dialog is drawn");
    assert_clean(&format!("the picture of {}", log.display()), &drawn);
}

#[test]
fn names_of_files_and_folders_are_masked_before_and_after_an_import() {
    let home = tempfile::tempdir().unwrap();
    let (document, log) = (document(home.path()), planted(home.path()));
    assert_drawn_clean(&document, &log);
    let mut window = window(&document, &log);
    assert_told(
        &window,
        "the dialog",
        "Left out of of •••@planted.example, for it is no log: b •••@planted.example",
    );
    assert_told(
        &window,
        "the dialog",
        "Not looked at in of •••@planted.example: .hidden •••@planted.example",
    );
    assert!(window.click("Import log"));
    imported(&mut window);
    assert_told(&window, "the notes after the import", "1 event imported");
    assert_told(&window, "the notes after the import", "for it is no log: b •••@planted.example");
    assert!(window.click("Import again with another mapping…"));
    assert_told(&window, "the question for the folder", "Where is of •••@planted.example now?");
}

#[test]
fn the_name_of_an_import_that_is_replaced_is_masked() {
    let home = tempfile::tempdir().unwrap();
    let (document, folder) = (document(home.path()), planted(home.path()));
    let mut window = window(&document, &folder.join("a anneliese.q@planted.example.ndjson"));
    assert_told(&window, "the dialog", "Import a •••@planted.example.ndjson");
    assert!(window.click("Import log"));
    imported(&mut window);
    assert!(window.click("Import again with another mapping…"));
    assert_told(&window, "the dialog", "First removes the import of a •••@planted.example.ndjson");
}

/// Draws until the import is done.
fn imported(window: &mut Window) {
    for _ in 0..400 {
        window.settle();
        if window.spoken().contains("1 event imported") {
            return;
        }
        std::thread::yield_now();
    }
    panic!("nothing was imported: {}", window.spoken());
}

#[test]
fn names_in_a_folder_without_a_log_are_masked() {
    let home = tempfile::tempdir().unwrap();
    let (document, log) = (document(home.path()), planted(home.path()));
    fs::remove_file(log.join("a anneliese.q@planted.example.ndjson")).unwrap();
    assert_drawn_clean(&document, &log);
    let window = window(&document, &log);
    assert_told(&window, "the dialog", "No file in it is an event log: b •••@planted.example");
}
