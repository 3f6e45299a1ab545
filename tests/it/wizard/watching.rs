//! Folders watched from the window: files land while it is open, while it is paused, and while it is closed.

use std::time::Duration;

use egui::Modifiers;
use stormline::app::route::{EventsTab, Route};
use stormline::jobs::watch::{Watched, keep_watched, watched};

use super::*;

/// A window in which a file is whole at once, and the folder `logs` beside its document; the computer is the same each time.
fn watching(folder: tempfile::TempDir) -> Window {
    let settings = UserSettings::kept_in(folder.path().join("settings.json"));
    watching_with(settings, folder)
}

fn watching_with(settings: UserSettings, folder: tempfile::TempDir) -> Window {
    let mut shell = Shell::new(settings, Mode::Window(egui::Context::default()));
    shell.settle_watched_after(Duration::from_millis(20));
    shell.open(folder.path().join("shop.stormline"));
    let mut window = Window::around(shell, [1280.0, 800.0], folder);
    window.work_while(|window| window.shell().session().is_none());
    window.shell().go(Route::Events(EventsTab::Imports));
    window.settle();
    window
}

fn logs(window: &Window) -> PathBuf {
    window.folder.path().join("logs")
}

/// Lands a file as a careful program does.
fn land(window: &Window, name: &str, text: &str) {
    let draft = logs(window).join(format!("{name}.part"));
    fs::write(&draft, text).unwrap();
    fs::rename(draft, logs(window).join(name)).unwrap();
}

fn events(window: &mut Window) -> u64 {
    window.shell().session().unwrap().facts.events
}

/// With the folder watched by typing its path, as the dialog of imports offers it.
fn begun() -> Window {
    let desk = Desk::new();
    fs::create_dir(desk.folder.path().join("logs")).unwrap();
    desk.document.close().unwrap();
    let mut window = watching(desk.folder);
    land(&window, "day-1.ndjson", &line(1));
    window.chord(Modifiers::COMMAND, Key::I);
    window.tab_to("Watch a folder for new logs instead…");
    window.press(Key::Enter);
    window.assert_shows("each new one as soon as it is whole");
    let path = logs(&window).display().to_string();
    window.write(&path);
    window.press(Key::Enter);
    window.press(Key::Enter);
    window.work_until("landed last: day-1.ndjson");
    window
}

#[test]
fn what_is_in_a_folder_and_what_lands_there_is_imported() {
    let mut window = begun();
    window.assert_shows("1 watched folder");
    assert_eq!(window.route(), Route::Events(EventsTab::Imports));
    window.assert_shows("1 import · 1 event");
    land(&window, "day-2.ndjson", &format!("{}{}", line(2), line(3)));
    window.work_until("landed last: day-2.ndjson");
    window.work_until("2 imports · 3 events");
    land(&window, "notes.txt", "nothing of a log\n");
    window.work_until("notes.txt was not imported");
    window.close();
}

#[test]
fn a_folder_rests_while_it_is_paused_and_is_watched_again_after_opening() {
    let mut window = begun();
    window.tab_to("Pause");
    window.press(Key::Enter);
    window.work_until("Paused · landed last: day-1.ndjson");
    land(&window, "day-2.ndjson", &line(2));
    // Paused it stays, also over an end of the program.
    let mut window = watching(window.close());
    window.assert_shows("Paused · landed last: day-1.ndjson");
    assert_eq!(events(&mut window), 1);
    window.tab_to("Resume");
    window.press(Key::Enter);
    window.work_until("Watching · landed last: day-2.ndjson");
    let folder = window.close();
    fs::write(folder.path().join("logs/day-3.ndjson"), line(3)).unwrap();
    let mut window = watching(folder);
    window.work_until("landed last: day-3.ndjson");
    window.work_until("3 imports · 3 events");
    window.tab_to("Stop watching");
    window.press(Key::Enter);
    assert!(!window.shows("1 watched folder"));
    let folder = window.close();
    let document = Document::open_read_only(&folder.path().join("shop.stormline")).unwrap();
    assert_eq!(watched(&document).unwrap(), []);
}

#[test]
fn a_folder_that_vanished_is_said_until_it_is_back() {
    let mut window = begun();
    let (here, away) = (logs(&window), window.folder.path().join("away"));
    fs::rename(&here, &away).unwrap();
    window.work_until("The watched folder cannot be read");
    fs::rename(&away, &here).unwrap();
    window.work_while(|window| window.shows("The watched folder cannot be read"));
    assert!(!window.shows("The watched folder cannot be read"));
    assert_eq!(events(&mut window), 1, "nothing is imported twice");
    window.close();
}

#[test]
fn on_another_computer_nothing_is_watched_until_a_person_says_so() {
    let folder = begun().close();
    fs::write(folder.path().join("logs/day-2.ndjson"), line(2)).unwrap();
    let elsewhere = |folder: &tempfile::TempDir| UserSettings::kept_in(folder.path().join("elsewhere.json"));
    let mut window = watching_with(elsewhere(&folder), folder);
    window.assert_shows("Paused: resume to watch on this computer");
    assert!(window.shell().session().unwrap().facts.watched.iter().all(|one| !one.is_watched));
    // Looking at it is no word, nor is opening it again.
    let folder = window.close();
    let mut window = watching_with(elsewhere(&folder), folder);
    window.assert_shows("Paused: resume to watch on this computer");
    assert_eq!(events(&mut window), 1);
    window.tab_to("Resume");
    window.press(Key::Enter);
    window.work_until("Watching · landed last: day-2.ndjson");
    let folder = window.close();
    fs::write(folder.path().join("logs/day-3.ndjson"), line(3)).unwrap();
    let mut window = watching_with(elsewhere(&folder), folder);
    window.work_until("landed last: day-3.ndjson");
    window.close();
}

#[test]
fn a_folder_is_watched_once_and_must_be_one() {
    let mut window = begun();
    for (path, said) in [
        (logs(&window), "This folder is watched already"),
        (window.folder.path().to_owned(), "This folder is watched already"),
    ] {
        window.chord(Modifiers::COMMAND, Key::K);
        window.write("Watch a folder");
        window.press(Key::Enter);
        window.write(&path.display().to_string());
        window.press(Key::Enter);
        window.press(Key::Enter);
        window.work_until(said);
    }
    window.chord(Modifiers::COMMAND, Key::K);
    window.write("Watch a folder");
    window.press(Key::Enter);
    let missing = window.folder.path().join("nowhere").display().to_string();
    window.write(&missing);
    window.assert_shows("There is no such folder");
    window.press(Key::Escape);
    window.close();
}

#[test]
fn a_file_that_landed_is_read_by_the_remembered_mapping() {
    let mut window = begun();
    let folder = {
        fs::write(window.folder.path().join("orders-1.csv"), "what,when,who\nOrder,01.03.2026,7\n").unwrap();
        window.close()
    };
    let path = folder.path().join("shop.stormline");
    let mut document = Document::open(&path).unwrap();
    let mapping =
        options("event = \"what\"\ntime = \"when\"\ntime_format = \"%d.%m.%Y\"\nuser_id = \"who\"\n");
    let log = folder.path().join("orders-1.csv");
    let report = import(&mut document, &log, &mapping, &Progress::new()).unwrap();
    stormline::jobs::import::remember(&mut document, &mapping, &report).unwrap();
    document.close().unwrap();
    window = watching(folder);
    land(&window, "orders-2.csv", "what,when,who\nOrder,02.03.2026,8\n");
    window.work_until("landed last: orders-2.csv");
    window.work_until("3 imports · 3 events");
    window.close();
}

#[test]
fn watched_folders_are_drawn_with_long_paths_and_troubles() {
    let mut desk = Desk::new();
    let log = desk.file("mixed.ndjson", mixed());
    desk.import(&log, "");
    let folder = |n: usize| Watched {
        folder: format!(
            "/data/a folder with a very long name that nobody can read/exports/{}/{n}",
            "deep/".repeat(12)
        )
        .into(),
        is_paused: n == 1,
        ..Watched::default()
    };
    let all: Vec<Watched> = (0..4).map(folder).collect();
    keep_watched(&mut desk.document, &all).unwrap();
    let document = desk.document.path().to_owned();
    desk.document.close().unwrap();
    for dark in [false, true] {
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open_now(&document).unwrap();
        shell.go(Route::Events(EventsTab::Imports));
        let file = picture::png([1280, 800], 1.0, dark, 6, |ui| frame(ui, &mut shell)).unwrap();
        shell.close().unwrap();
        keep(&format!("watched-{dark}.png"), &file);
        let palette = &theme::of(dark).palette;
        let texts =
            crate::picture::Picture::read(&file).count(|color| theme::contrast(color, palette.surface) > 8.0);
        assert!(texts > 2_000, "dark {dark}: {texts} pixels of text");
    }
    let mut window = Window::of(desk.folder);
    window.shell().go(Route::Events(EventsTab::Imports));
    window.settle();
    window.assert_shows("4 watched folders");
    window.assert_shows("Paused · nothing has landed yet");
}
