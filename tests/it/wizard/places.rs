//! Where records came from and whose traits they are, on the pages that show them; the quarantine's selection.

use stormline::app::route::{EventsTab, Route};

use super::*;

/// A folder of two files, the second with a record that is none.
fn folder_of_days(desk: &Desk) -> PathBuf {
    let folder = desk.folder.path().join("days");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.ndjson"), line(1)).unwrap();
    fs::write(folder.join("b.ndjson"), format!("{}no json\n", line(2))).unwrap();
    folder
}

#[test]
fn rows_of_a_folder_name_their_file_and_its_line() {
    let mut desk = Desk::new();
    let folder = folder_of_days(&desk);
    desk.import(&folder, "");
    let mut window = desk.window();
    window.shell().go(Route::Events(EventsTab::Quarantine));
    window.settle();
    window.assert_shows("days › b.ndjson, 2, The line is not valid JSON");
    window.assert_shows("Line 2");
    window.assert_shows("Part");
    window.assert_shows("b.ndjson");
    window.focus("Quarantined records, 1 rows");
    let copied = window.copy();
    assert!(copied.contains("days › b.ndjson\t2\tThe line is not valid JSON"), "{copied}");
    window.shell().go(Route::Events(EventsTab::Log));
    window.settle();
    window.assert_shows("Part");
    window.focus("Events, 2 rows");
    let copied = window.copy();
    assert!(copied.contains("\tdays › b.ndjson\t1\t"), "{copied}");
}

/// The rows that look selected.
fn selected(window: &Window) -> Vec<String> {
    let rows = window.harness.query_all_by(|node| node.role() == egui::Role::Row);
    let rows = rows.filter(|row| row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True));
    rows.filter_map(|row| row.accesskit_node().label()).collect()
}

#[test]
fn the_quarantine_selects_what_its_inspector_shows() {
    let mut desk = Desk::new();
    let log = desk.file("mixed.ndjson", mixed());
    desk.import(&log, "");
    let mut window = awake(desk);
    window.shell().go(Route::Events(EventsTab::Quarantine));
    let agrees = |window: &mut Window| {
        // Frame by frame, also while an answer is on its way.
        for _ in 0..200 {
            window.harness.run_steps(1);
            let (rows, asks) = (selected(window), window.shows("Select a record to see"));
            assert!(rows.is_empty() || !asks, "{rows:?} and the inspector says: select one");
            if rows.len() == 1 && window.shows("Kept") {
                return rows[0].clone();
            }
            std::thread::yield_now();
        }
        panic!("nothing is selected: {}", window.spoken())
    };
    assert!(agrees(&mut window).starts_with("mixed.ndjson, 13, The event has no name"));
    window.focus("Quarantined records, 5 rows");
    window.harness.key_press(Key::End);
    window.work_until("Line 17");
    // Another reason: what was selected of the others is not selected of these.
    window.harness.get_by_label("The event has no name · 3").click();
    assert!(agrees(&mut window).starts_with("mixed.ndjson, 13, "));
    window.harness.get_by_label("The event has no name · 3").click();
    window.harness.get_by_label("The line is not valid JSON · 2").click();
    assert!(agrees(&mut window).starts_with("mixed.ndjson, 1"));
    window.close();
}

#[test]
fn traits_of_tables_of_persons_are_shown_masked_with_the_person() {
    let mut desk = Desk::new();
    let events = desk.file("log.ndjson", line(1));
    let first = desk.file("persons-1.csv", "user_id,plan,email,age\nu1,free,ann@example.org,33\n");
    let second = desk.file("persons-2.csv", "user_id,plan\nu1,pro\n");
    for log in [&events, &first, &second] {
        desk.import(log, "");
    }
    let person = desk.document.find_person("u1", 10).unwrap()[0].person_id;
    let mut window = desk.window();
    window.shell().go(Route::Timeline { person, query: None });
    window.settle();
    window.assert_shows("Traits, from tables of persons");
    window.assert_shows("plan");
    window.assert_shows("pro");
    window.assert_shows("•••@example.org");
    assert!(!window.shows("ann@example.org") && !window.shows("free"), "{}", window.spoken());
    window.click("Show this value");
    window.assert_shows("ann@example.org");
}

#[test]
fn what_can_be_dropped_is_drawn() {
    for dark in [false, true] {
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        let file = picture::png([1280, 800], 1.0, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
        keep(&format!("start-{dark}.png"), &file);
        let palette = &theme::of(dark).palette;
        let texts =
            crate::picture::Picture::read(&file).count(|color| theme::contrast(color, palette.bg) > 8.0);
        assert!(texts > 1_000, "dark {dark}: {texts} pixels of text");
    }
}

#[test]
fn the_note_after_a_table_of_persons_tells_its_rows() {
    let desk = Desk::new();
    let log = desk.file("persons.csv", "user_id,plan\nu1,pro\nu2,free\n");
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("Of all 2 records 2 rows of traits are taken");
    window.settle();
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    window.work_until("persons.csv: 2 rows of traits taken, 0 duplicates, 0 quarantined");
    assert!(!window.shows("No column is a time"), "one note: {}", window.spoken());
}
