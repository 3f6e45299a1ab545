//! Imports and their quarantine worked by keyboard: one fix for several imports, what a new import shows, removing one.
//! Not for the wizard.

use super::*;

fn track(n: usize, time: &str) -> String {
    format!("{{\"type\":\"track\",\"event\":\"Seen\",\"userId\":\"u{n}\",\"timestamp\":\"{time}\"}}\n")
}

/// With a second import of these lines.
fn on_two(first: &str, second: &str, tab: EventsTab) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let document = document_of(folder.path(), "shop", first);
    let log = folder.path().join("second.ndjson");
    fs::write(&log, second).unwrap();
    import_file(&document, &log, "2026-03-31T23:59:00Z");
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    shell.open_now(&document).unwrap();
    shell.go(Route::Events(tab));
    Window::around(shell, [1280.0, 800.0], folder)
}

#[test]
fn one_fix_mends_all_imports_by_a_way_that_is_offered() {
    let first = [track(1, "2026-03-01"), track(2, "24.12.2025 18:05"), track(3, "25.12.2025 18:05")].concat();
    let second = [track(4, "2026-03-01"), track(5, "26.12.2025 18:05"), track(6, "soon")].concat();
    let mut window = on_two(&first, &second, EventsTab::Quarantine);
    window.assert_shows("The time cannot be read · 4");
    window.tab_to("Fix and read again…");
    window.press(Key::Enter);
    window.settle();
    window.assert_shows("Fix records of 2 imports");
    window.assert_shows("0 of 4 records would become events");
    window.assert_shows("24.12.2025 18:05 becomes 24 Dec 2025");
    window.assert_shows(&stormline::base::format::percent_of(3, 4));
    // One line, beside nothing that could push it away.
    let zone = window.harness.get_by_label_contains("Times without a zone are in UTC").rect();
    assert!(zone.height() < theme::ROW, "{zone}");
    // The list of formats has the ways, too, and its hint is whole.
    window.tab_to("Format or pattern of times");
    window.press(Key::Enter);
    window.assert_shows("Search format or pattern of times");
    assert!(window.harness.query_by_label("day.month.year hour:minute").is_some());
    window.press(Key::Escape);
    window.tab_to("Read as day.month.year hour:minute");
    window.press(Key::Enter);
    window.settle();
    window.assert_shows("3 of 4 records would become events");
    window.tab_to("Read again");
    window.press(Key::Enter);
    window.work_until("Of 4 records read again 3 became events, 0 were there already, 1 stays in quarantine");
    window.assert_shows("The time cannot be read · 1");
}

#[test]
fn an_import_that_cannot_take_the_rule_is_told_before_and_after() {
    let first = "event,user_id,time\nA,u1,2026-03-01\nA,u2,24.12.2025 18:05\n";
    let second = "event,user_id,timestamp\nA,u3,2026-03-01\nA,u4,25.12.2025 18:05\n";
    let mut window = on_two(first, second, EventsTab::Quarantine);
    window.tab_to("Fix and read again…");
    window.press(Key::Enter);
    window.settle();
    window.assert_shows("Left as it is: second.ndjson. It has no column time. Fix its records by themselves");
    window.tab_to("Read as day.month.year hour:minute");
    window.press(Key::Enter);
    window.settle();
    let rule = window.harness.get_by_label("Field to mend").rect();
    let format = window.harness.get_by_label("Format or pattern of times").rect();
    assert!((rule.center().y - format.center().y).abs() < 1.0, "one line: {rule} and {format}");
    window.tab_to("Read again");
    window.press(Key::Enter);
    window.work_until("Of 1 record read again 1 became an event, 0 were there already, 0 stay in quarantine");
    window.assert_shows("1 import is left as before: second.ndjson. It has no column time");
    window.assert_shows("The time cannot be read · 1");
}

#[test]
fn a_fix_without_a_reason_says_what_to_choose() {
    let mut window = on_two(SHOP, &(track(9, "soon") + &track(9, "2026-03-02")), EventsTab::Quarantine);
    let is_disabled =
        |window: &Window| window.harness.get_by_label("Fix and read again…").accesskit_node().is_disabled();
    assert!(is_disabled(&window));
    window.assert_shows("Choose a reason to fix its records");
    window.tab_to("The time cannot be read · 1");
    window.press(Key::Enter);
    assert!(!is_disabled(&window));
    assert!(!window.shows("Choose a reason to fix"));
    window.tab_to("Fix and read again…");
    window.press(Key::Enter);
    // Only one of the imports has such records.
    window.assert_shows("Fix records of second.ndjson");
}

/// Opens a log and imports it as the dialog proposes.
fn import_shown(window: &mut Window, name: &str, lines: &str) {
    let log = window.folder.path().join(name);
    fs::write(&log, lines).unwrap();
    window.shell().open(log);
    window.settle();
    window.settle();
    window.settle();
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    window.settle();
}

#[test]
fn a_new_import_is_selected_and_its_note_leaves_the_totals_in_sight() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Imports));
    import_shown(&mut window, "next.ndjson", &track(1, "2026-03-02"));
    window.work_until("next.ndjson: 1 event imported, 0 duplicates, 0 quarantined");
    let title = |window: &Window, name: &str| window.harness.query_by_label(name).is_some();
    assert!(title(&window, "next.ndjson"), "{}", window.spoken());
    assert!(!title(&window, "shop.ndjson"));
    for tab in [EventsTab::Imports, EventsTab::Quarantine] {
        window.shell().go(Route::Events(tab));
        window.settle();
        let words = if tab == EventsTab::Imports { "2 imports · 7 events" } else { "records in quarantine" };
        let totals = window.harness.get_by_label_contains(words).rect();
        let note = window.harness.get_by_label_contains("next.ndjson: 1 event imported").rect();
        assert!(note.bottom() < totals.top(), "{tab:?}: {note} over {totals}");
    }
    import_shown(&mut window, "next.ndjson", &track(1, "2026-03-02"));
    window.work_until("next.ndjson: nothing was added, of 1 record all were already there");
    assert!(!window.shows("Every event of next.ndjson is in the document"), "one note");
}

#[test]
fn a_refused_record_of_an_import_done_before_is_not_counted_again() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Imports));
    import_shown(&mut window, "shop.ndjson", SHOP);
    window.work_until("shop.ndjson: nothing was added, of 9 records all were already there");
    assert!(!window.shows("shop.ndjson: 0 events"));
    window.assert_shows("1 import · 6 events · 1 duplicate · 2 quarantined");
}

#[test]
fn an_import_is_removed_by_key_or_by_its_menu() {
    let mut window = on_two(SHOP, &track(9, "2026-03-02"), EventsTab::Imports);
    window.focus("Imports, 2 rows");
    window.press(Key::ArrowDown);
    window.press(Key::Delete);
    window.assert_shows("Remove the import of shop.ndjson?");
    window.press(Key::Escape);
    window.harness.get_by_label_contains("second.ndjson, shop, complete").click_secondary();
    window.settle();
    let menu = |name| window.harness.get_by_role_and_label(egui::Role::MenuItem, name);
    menu("Import again with another mapping…");
    menu("Remove import…").click();
    window.settle();
    window.assert_shows("Remove the import of second.ndjson?");
    window.tab_to("Remove import");
    window.press(Key::Enter);
    window.work_until("1 event removed");
    window.assert_shows("1 import · 6 events");
}

#[test]
fn the_status_line_counts_one_as_one() {
    let window = Window::on(Some(&track(1, "2026-03-02")), Route::Events(EventsTab::Log));
    window.harness.get_by_label("1 event");
    window.harness.get_by_label("1 person");
}
