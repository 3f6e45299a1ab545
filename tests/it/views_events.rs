//! The start page, the pages of events and the preview of a log: drawn, worked by keyboard, safe with ugly data.
//!
//! `PICTURES=folder cargo test views_events` writes what is drawn to that folder. Not for single components.

mod imports;

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Ui};
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::picture;
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::store::document::Document;

use super::window::{Window, frame, import_file};

const TABS: [(EventsTab, &str); 4] = [
    (EventsTab::Log, "log"),
    (EventsTab::Properties, "properties"),
    (EventsTab::Imports, "imports"),
    (EventsTab::Quarantine, "quarantine"),
];

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
    shell.close().unwrap();
    file
}

/// A key or a word in a frame of its own, for pictures.
#[derive(Clone, Copy)]
enum Stroke {
    Tab,
    Enter,
    Write(&'static str),
    Wait,
}

/// Draws a page after some strokes.
fn draw_after(document: &Path, route: Route, strokes: &[Stroke], dark: bool) -> Vec<u8> {
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    shell.open_now(document).unwrap();
    shell.go(route);
    let mut count = 0;
    let draw = |ui: &mut Ui| {
        match strokes.get(count) {
            Some(Stroke::Tab) => ui.memory_mut(|memory| memory.move_focus(egui::FocusDirection::Next)),
            Some(Stroke::Enter) => ui.input_mut(|input| {
                input.events.push(egui::Event::Key {
                    key: Key::Enter,
                    physical_key: None,
                    pressed: true,
                    repeat: false,
                    modifiers: egui::Modifiers::NONE,
                });
            }),
            Some(Stroke::Write(text)) => {
                ui.input_mut(|input| input.events.push(egui::Event::Text((*text).to_owned())));
            }
            Some(Stroke::Wait) | None => {}
        }
        count += 1;
        frame(ui, &mut shell);
    };
    let file = picture::png([1280, 800], 1.0, dark, strokes.len() + 4, draw).unwrap();
    shell.close().unwrap();
    file
}

fn document_of(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let document = folder.join(format!("{name}.stormline"));
    Document::create(&document).unwrap().close().unwrap();
    if !lines.is_empty() {
        let log = folder.join(format!("{name}.ndjson"));
        fs::write(&log, lines).unwrap();
        import_file(&document, &log, "2026-03-31T23:59:00Z");
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

/// A small shop: what is asserted below is counted by hand from these lines.
const SHOP: &str = r#"{"type":"track","event":"Product Viewed","userId":"u1","anonymousId":"a1","timestamp":"2026-03-01T10:00:00Z","messageId":"1","properties":{"country":"DE","email":"ann@example.org","price":12.5}}
{"type":"track","event":"Product Viewed","userId":"u2","timestamp":"2026-03-02T10:00:00Z","messageId":"2","properties":{"country":"FR","price":"12"}}
{"type":"track","event":"Product Added","userId":"u1","timestamp":"2026-03-03T10:00:00Z","messageId":"3","properties":{"country":"DE"}}
{"type":"track","event":"Product Added","userId":"u3","timestamp":"2026-03-20T10:00:00Z","messageId":"4","properties":{"country":"US"}}
{"type":"track","event":"Order Completed","userId":"u1","timestamp":"2026-03-21T10:00:00Z","messageId":"5","properties":{"country":"DE"}}
{"type":"track","event":"Order Completed","userId":"u1","timestamp":"2026-05-01T10:00:00Z","messageId":"6","properties":{"country":"DE"}}
{"type":"track","event":"Order Completed","userId":"u1","timestamp":"2026-03-21T10:00:00Z","messageId":"5","properties":{"country":"DE"}}
{"type":"track","userId":"bob@example.org","timestamp":"2026-03-21T10:00:00Z"}
not json at all
"#;

/// A log whose columns have names of their own, with a row too short and a time that is none.
const ODD_CSV: &str = "what,when,who,contact,amount
Order Placed,01.03.2026 10:00,7,ann@example.org,12
Order Placed,02.03.2026 11:30,8,bob@example.org,13
Order Placed,yesterday,9,cy@example.org,14
Order Placed,03.03.2026 12:00
";

impl Window {
    /// With a document of these lines; without lines, on the start page.
    fn on(lines: Option<&str>, route: Route) -> Window {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        if let Some(lines) = lines {
            shell.open_now(&document_of(folder.path(), "shop", lines)).unwrap();
            shell.go(route);
        }
        Window::around(shell, [1280.0, 800.0], folder)
    }

    /// Whether the button of this name in the dialog that is open can be used; the page may have one, too.
    fn dialog_allows(&self, verb: &str) -> bool {
        let button = self.harness.query_all_by_label(verb).last().unwrap();
        !button.accesskit_node().is_disabled()
    }
}

#[test]
fn the_start_page_is_worked_by_keyboard() {
    let mut window = Window::on(None, Route::Start);
    window.assert_shows("Drop a log or a document here");
    window.tab_to("Open the sample");
    window.tab_to("Open a log or document…");
    window.press(Key::Enter);
    window.assert_shows("Type or paste a path");
    window.press(Key::Escape);
    assert!(!window.shows("Type or paste a path"));
    window.tab_to("New document…");
    window.press(Key::Enter);
    window.assert_shows("Create document");
}

#[test]
fn every_page_of_events_opens_by_arrows_and_tells_its_counts() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    window.assert_shows("6 events of 3 names · 3 persons · 1 Mar 2026 – 21 Mar 2026 · 1 future");
    window.assert_shows("future · 1 May 2026");
    window.focus("Log");
    let expected = [
        (EventsTab::Properties, "3 properties"),
        (EventsTab::Imports, "1 import · 6 events · 1 duplicate · 2 quarantined"),
        (EventsTab::Quarantine, "2 records in quarantine"),
    ];
    for (tab, footer) in expected {
        window.press(Key::ArrowRight);
        assert_eq!(window.route(), Route::Events(tab));
        window.assert_shows(footer);
    }
}

#[test]
fn the_log_is_filtered_by_keyboard_alone() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    window.assert_shows("6 events");
    window.tab_to("Add event");
    window.press(Key::Enter);
    window.write("added");
    window.press(Key::Enter);
    window.assert_shows("event is Product Added");
    window.assert_shows("2 events of 6");

    window.tab_to("Add filter");
    window.press(Key::Enter);
    window.write("coun");
    window.press(Key::Enter);
    window.assert_shows("country is …");
    window.write("US");
    window.press(Key::Enter);
    window.assert_shows("country is US");
    window.assert_shows("1 event of 6");

    window.tab_to("country is US");
    window.press(Key::Delete);
    window.assert_shows("2 events of 6");
    window.tab_to("event is Product Added");
    window.press(Key::Backspace);
    window.assert_shows("6 events");

    window.tab_to("Add time");
    window.press(Key::Enter);
    window.tab_to("Last 7 days");
    window.press(Key::Enter);
    window.assert_shows("time in the last 7 days");
    window.assert_shows("2 events of 6");
    window.tab_to("Clear");
    window.press(Key::Enter);

    window.tab_to("Add person");
    window.press(Key::Enter);
    window.write("u3");
    window.press(Key::Enter);
    window.assert_shows("person is u3");
    window.assert_shows("1 event of 6");
}

#[test]
fn an_operator_is_changed_in_place() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    window.click("Add filter");
    window.write("country");
    window.press(Key::Enter);
    window.write("DE");
    window.press(Key::Enter);
    window.assert_shows("4 events of 6");
    window.click("country is DE");
    window.press(Key::Escape);
    window.click("Operator");
    window.write("is not set");
    window.press(Key::Enter);
    window.assert_shows("country is not set");
    window.assert_shows("0 events of 6");
    window.assert_shows("No event passes these filters");
    window.click("Clear filters");
    window.assert_shows("6 events");
}

#[test]
fn a_masked_value_is_shown_only_after_it_is_revealed() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    window.click("Add filter");
    window.write("email");
    window.press(Key::Enter);
    window.assert_shows("•••@example.org");
    assert!(!window.shows("ann@example.org"), "offered values are masked");
    window.press(Key::Enter);
    window.assert_shows("email is •••@example.org");
    window.assert_shows("1 event of 6");
    assert!(!window.shows("ann@example.org"));
    window.click("Reveal email");
    window.assert_shows("ann@example.org");
}

#[test]
fn copied_rows_are_masked_and_complete() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    window.focus("Events, 6 rows");
    window.harness.event(egui::Event::Copy);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.settle();
    let copied = window.copy();
    assert_eq!(copied.lines().count(), 7, "{copied}");
    assert!(copied.lines().nth(6).unwrap().contains("Product Viewed\ttrack\tu1\ta1\t1\tshop.ndjson\t1\t"));
    assert!(copied.contains("•••@example.org") && !copied.contains("ann@"), "{copied}");
    window.assert_shows("6 events copied");
}

#[test]
fn a_name_and_a_value_lead_to_their_events() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Properties));
    window.assert_shows("3 properties");
    window.click("Order Completed, 1");
    window.assert_shows("1 property of Order Completed");
    window.click("All events, 6");
    window.assert_shows("3 properties");
    window.harness.get_by_label_contains("price, number 50").click();
    window.settle();
    window.assert_shows("Click a value for its events in the log");
    window.harness.get_by_label_contains("12.5, 1").click();
    window.settle();
    assert_eq!(window.route(), Route::Events(EventsTab::Log));
    window.assert_shows("price is 12.5");
    window.assert_shows("1 event of 6");
}

#[test]
fn removing_an_import_names_what_goes() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Imports));
    window.assert_shows("shop.ndjson, shop, complete");
    window.tab_to("Remove import…");
    window.press(Key::Enter);
    window.assert_shows("Remove the import of shop.ndjson?");
    window.assert_shows("Removes 6 events and 2 quarantined records");
    window.press(Key::Escape);
    assert!(!window.shows("Removes 6 events"));
}

#[test]
fn quarantined_records_are_told_in_words_and_masked() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Quarantine));
    window.assert_shows("The line is not valid JSON · 1");
    window.assert_shows("The event has no name · 1");
    window.assert_shows("•••@example.org");
    assert!(!window.shows("bob@example.org"));
    window.harness.get_by_label_contains("shop.ndjson, 9").click();
    window.settle();
    window.assert_shows("Line 9");
    window.assert_shows("not json at all");
}

#[test]
fn quarantined_records_are_mended_by_a_rule_and_read_again() {
    let mut lines = String::new();
    for n in 0..6 {
        lines.push_str(&format!(
            "{{\"type\":\"track\",\"userId\":\"u{n}\",\"name\":\"Paid\",\"timestamp\":\"2026-01-0{}T10:00:00Z\"}}\n",
            n + 1
        ));
    }
    lines.push_str(
        "{\"type\":\"track\",\"event\":\"Seen\",\"userId\":\"u1\",\"timestamp\":\"2026-01-01T10:00:00Z\"}\nbroken\n",
    );
    let mut window = Window::on(Some(&lines), Route::Events(EventsTab::Quarantine));
    window.tab_to("The event has no name · 6");
    window.press(Key::Enter);
    window.assert_shows("6 records in quarantine");
    window.tab_to("Fix and read again…");
    window.press(Key::Enter);
    window.settle();
    window.assert_shows("0 of 6 records would become events");
    assert!(!window.dialog_allows("Read again"));
    window.tab_to("Text");
    window.write("Bought");
    window.settle();
    window.assert_shows("6 of 6 records would become events");
    assert!(window.dialog_allows("Read again"));
    window.tab_to("Read again");
    window.press(Key::Enter);
    window.work_until("Of 6 records read again 6 became events, 0 were there already, 0 stay in quarantine");
    window.assert_shows("The line is not valid JSON · 1");
    assert!(!window.shows("The event has no name"));
}

#[test]
fn records_out_of_sight_are_copied_masked_and_whole() {
    let mut lines = SHOP.to_owned();
    for n in 0..450 {
        lines.push_str(&format!("{{\"type\":\"track\",\"userId\":\"w{n}@example.org\",\"timestamp\":1}}\n"));
    }
    let mut window = Window::on(Some(&lines), Route::Events(EventsTab::Quarantine));
    window.focus("Quarantined records, 452 rows");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.settle();
    let copied = window.copy();
    assert_eq!(copied.lines().count(), 453, "{copied}");
    assert!(copied.lines().last().unwrap().contains("\t459\tThe event has no name\t"), "{copied}");
    assert!(copied.contains("•••@example.org") && !copied.contains("w449@"), "{copied}");
    assert!(!copied.contains('…'), "{copied}");
    window.assert_shows("452 records copied");
}

#[test]
fn only_the_most_frequent_properties_are_summed_up_at_first() {
    let member = |n: usize| format!("\"p{n:02}\":{n}");
    let line = |most: usize, id: usize| {
        let properties: Vec<String> = (0..most).map(member).collect();
        format!(
            "{{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"timestamp\":\"2026-03-01\",\"messageId\":\"{id}\",\
             \"properties\":{{{}}}}}\n",
            properties.join(",")
        )
    };
    let lines: String = (0..20).map(|n| line(if n < 2 { 70 } else { 60 }, n)).collect();
    let mut window = Window::on(Some(&lines), Route::Events(EventsTab::Properties));
    window.assert_shows("60 properties, the 60 most frequent of 70");
    window.focus("Filter properties");
    window.write("p69");
    window.assert_shows("p69, number");
    window.click("Show all 70");
    window.assert_shows("p69, number");
    assert!(!window.shows("most frequent of 70"));
}

#[test]
fn an_import_is_replaced_after_its_counts_are_named() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Imports));
    window.click("Import again with another mapping…");
    window.assert_shows("Import shop.ndjson again");
    window.assert_shows("First removes the import of shop.ndjson");
    window.assert_shows("6 events and 2 quarantined records");
    assert!(window.dialog_allows("Replace import"));
    window.press(Key::Escape);
    fs::rename(window.folder.path().join("shop.ndjson"), window.folder.path().join("moved.ndjson")).unwrap();
    window.click("Import again with another mapping…");
    window.assert_shows("Where is shop.ndjson now?");
    let moved = window.folder.path().join("moved.ndjson").display().to_string();
    window.write(&moved);
    window.click("Show preview");
    window.assert_shows("Import moved.ndjson again");
    // The dialog has grown by the preview and stands in the middle again.
    window.settle();
    window.settle();
    window.click("Replace import");
    window.work_until("moved.ndjson, moved, complete");
    assert!(!window.shows("shop.ndjson, shop, complete"));
    window.assert_shows("1 import · 6 events");
}

#[test]
fn a_hidden_column_is_chosen() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    let titled =
        |window: &Window| window.harness.query_by_role_and_label(egui::Role::ColumnHeader, "File").is_some();
    assert!(!titled(&window));
    window.click("Choose columns");
    window.harness.get_by_role_and_label(egui::Role::CheckBox, "File").click();
    window.settle();
    assert!(titled(&window));
}

#[test]
fn nothing_in_quarantine_is_good_news() {
    let whole: String = SHOP.lines().take(6).map(|line| format!("{line}\n")).collect();
    let window = Window::on(Some(&whole), Route::Events(EventsTab::Quarantine));
    window.assert_shows("Every record became an event");
}

#[test]
fn a_document_without_events_says_what_comes_next() {
    for (tab, page) in TABS {
        let mut window = Window::on(Some(""), Route::Events(tab));
        if tab == EventsTab::Quarantine {
            window.assert_shows("What cannot become an event is kept here");
            continue;
        }
        window.click("Import log");
        assert!(window.shows("Type or paste a path"), "{page}");
    }
}

#[test]
fn a_log_of_other_columns_is_mapped_and_seen_at_once() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    let log = window.folder.path().join("odd.csv");
    fs::write(&log, ODD_CSV).unwrap();
    window.shell().open(log.clone());
    window.settle();
    window.assert_shows("Import odd.csv");
    assert!(!window.dialog_allows("Import log"), "nothing can be read yet");
    for (select, choice) in [
        ("Column of event names", "what"),
        ("Column of times", "when"),
        ("Column of user ids", "who"),
        ("Format of times, or a pattern such as %d.%m.%Y %H:%M", "%d.%m.%Y %H:%M"),
    ] {
        window.focus(select);
        window.press(Key::Enter);
        window.write(choice);
        window.press(Key::Enter);
    }
    window.assert_shows("all 4 records");
    window.assert_shows("The time cannot be read, 1, line 4, Order Placed,yesterday,9,•••@example.org,14");
    window.assert_shows("The row has more or fewer fields than the header, 1, line 5");
    window.assert_shows("contact •••@example.org · amount 12");
    assert!(!window.shows("ann@example.org"));
    // All of a row is told below the rows, by arrows.
    window.assert_shows("Row 1, Order Placed: 2 properties");
    window.assert_shows("amount  12");
    window.focus("First rows, 4 rows");
    window.press(Key::ArrowDown);
    window.assert_shows("Row 2, Order Placed: 2 properties");
    window.assert_shows("contact  •••@example.org");
    window.press(Key::ArrowDown);
    window.assert_shows("Line 4: to quarantine");
    window.assert_shows("reason  The time cannot be read");

    window.click("Save mapping…");
    window.click("Save mapping");
    let saved = fs::read_to_string(log.with_file_name("odd.mapping.toml")).unwrap();
    assert!(saved.contains("time_format = \"%d.%m.%Y %H:%M\""), "{saved}");
    window.assert_shows("2 events");
    assert!(window.dialog_allows("Import log"));
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    for _ in 0..200 {
        window.settle();
        if window.shows("2 imports · 8 events") {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the import does not end");
}

#[test]
fn what_is_no_log_is_told_with_what_to_do() {
    let mut window = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    let log = window.folder.path().join("list.json");
    fs::write(&log, "[{\"a\": 1}]").unwrap();
    window.shell().open(log);
    window.settle();
    window.assert_shows("The only record is no event");
    assert!(!window.dialog_allows("Import log"));
}

#[test]
fn ugly_data_is_drawn_by_what_is_in_sight() {
    let mut window = Window::on(Some(&ugly_lines()), Route::Events(EventsTab::Log));
    window.assert_shows("2\u{2009}000 events of");
    let rows = window.harness.query_all_by(|node| node.role() == egui::Role::Row).count();
    assert!((10..60).contains(&rows), "{rows} rows are drawn");
    let names = window.harness.query_all_by(|node| node.role() == egui::Role::ListItem).count();
    assert!((10..60).contains(&names), "{names} names are drawn");
    window.focus("Events, 2000 rows");
    window.press(Key::End);
    window.assert_shows("1 Jan 2026, 00:10:11");
    for (tab, _) in TABS {
        window.shell().go(Route::Events(tab));
        window.settle();
    }
    assert!(window.shows("records in quarantine"));
}

#[test]
fn the_selected_event_is_followed_when_the_list_changes() {
    let mut window = Window::on(Some(&ugly_lines()), Route::Events(EventsTab::Log));
    let selected = |window: &Window| {
        let rows = window.harness.query_all_by(|node| node.role() == egui::Role::Row);
        let rows = rows.filter(|row| row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True));
        rows.filter_map(|row| row.accesskit_node().label()).collect::<Vec<_>>()
    };
    let name = window.harness.query_all_by_label_contains("Number 0000").nth(12).unwrap();
    let name = name.accesskit_node().label().unwrap();
    window.click(&name);
    window.assert_shows("10 events of 2\u{2009}000");
    let before = selected(&window);
    assert_eq!(before.len(), 1, "the first event is selected");
    window.click("All events, 2\u{2009}000");
    window.assert_shows("2\u{2009}000 events");
    assert_eq!(selected(&window), before, "the same event is selected, and in sight");
}

#[test]
fn pages_are_drawn_in_both_looks_and_at_large_text() {
    let folder = tempfile::tempdir().unwrap();
    let document = document_of(folder.path(), "shop", SHOP);
    for (tab, page) in TABS {
        for dark in [false, true] {
            let file = draw(Some(&document), Route::Events(tab), [853, 533], dark);
            let picture = crate::picture::Picture::read(&file);
            let palette = &theme::of(dark).palette;
            let texts = picture.count(|color| theme::contrast(color, palette.surface) > 8.0);
            assert!(texts > 2000, "{page}, dark {dark}: {texts} pixels of text");
            keep(&format!("small-{page}-{dark}.png"), &file);
        }
    }
}

#[test]
fn pictures_of_every_page() {
    // The large pictures are for looking at; the small ones are checked every time.
    let all = [([1280, 800], "1280"), ([1920, 1080], "1920")];
    let sizes = if std::env::var_os("PICTURES").is_some() { &all[..] } else { &all[..1] };
    let folder = tempfile::tempdir().unwrap();
    let sample = folder.path().join("Coffee gear shop.stormline");
    fs::copy(super::window::sample(), &sample).unwrap();
    let ugly = document_of(folder.path(), "ugly", &ugly_lines());
    let empty = document_of(folder.path(), "empty", "");
    // An empty page says only what the place is for.
    for (document, name, least) in [(&sample, "sample", 2000), (&ugly, "ugly", 2000), (&empty, "empty", 400)]
    {
        for (tab, page) in TABS {
            for (size, width) in sizes {
                for (dark, look) in [(false, "light"), (true, "dark")] {
                    let file = draw(Some(document), Route::Events(tab), *size, dark);
                    let palette = &theme::of(dark).palette;
                    let texts = crate::picture::Picture::read(&file)
                        .count(|color| theme::contrast(color, palette.surface) > 8.0);
                    assert!(texts > least, "{name}, {page}, {look}: {texts} pixels of text");
                    keep(&format!("{name}-{page}-{width}-{look}.png"), &file);
                }
            }
        }
    }
    let shop = document_of(folder.path(), "shop", SHOP);
    let mut counting = Window::on(Some(SHOP), Route::Events(EventsTab::Log));
    let mut tabs = 0;
    while !counting.harness.get_by_label("Add time").is_focused() {
        counting.press(Key::Tab);
        tabs += 1;
    }
    let mut to_time = vec![Stroke::Wait; 4];
    to_time.extend(vec![Stroke::Tab; tabs]);
    let mut to_filter = to_time.clone();
    to_filter.extend([Stroke::Tab, Stroke::Tab, Stroke::Enter, Stroke::Wait, Stroke::Wait]);
    let mut to_value = to_filter.clone();
    to_value.extend([Stroke::Write("country"), Stroke::Enter, Stroke::Wait, Stroke::Wait]);
    let mut chosen = to_value.clone();
    chosen.extend([Stroke::Enter, Stroke::Wait]);
    to_time.extend([Stroke::Enter, Stroke::Wait]);
    for (name, strokes) in [("time", to_time), ("filter", to_filter), ("value", to_value), ("chosen", chosen)]
    {
        let file = draw_after(&shop, Route::Events(EventsTab::Log), &strokes, false);
        keep(&format!("editor-{name}.png"), &file);
    }
    let recent = vec![sample.clone(), folder.path().join("moved away.stormline"), ugly];
    for (size, width) in [([1280, 800], "1280"), ([1920, 1080], "1920")] {
        for (dark, look) in [(false, "light"), (true, "dark")] {
            keep(&format!("start-{width}-{look}.png"), &draw(None, Route::Start, size, dark));
            let mut settings = UserSettings::default();
            settings.recent.clone_from(&recent);
            let mut shell = Shell::new(settings, Mode::Still);
            let file = picture::png(size, 1.0, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
            keep(&format!("start-recent-{width}-{look}.png"), &file);
        }
    }
    for (name, text) in [("odd.csv", ODD_CSV), ("shop.ndjson", SHOP)] {
        let log = folder.path().join(name);
        fs::write(&log, text).unwrap();
        for (dark, look) in [(false, "light"), (true, "dark")] {
            let mut shell = Shell::new(UserSettings::default(), Mode::Still);
            shell.open_now(&sample).unwrap();
            shell.open(log.clone());
            let file = picture::png([1280, 800], 1.0, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
            keep(&format!("import-{name}-{look}.png"), &file);
            shell.close().unwrap();
        }
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open(log.clone());
        let file = picture::png([1280, 800], 1.0, false, 5, |ui| frame(ui, &mut shell)).unwrap();
        keep(&format!("new-{name}.png"), &file);
    }
}

#[test]
fn the_inspector_shows_the_first_record_of_a_reason_without_waiting_for_the_pointer() {
    let mut window = Window::of_sample();
    window.chord(egui::Modifiers::COMMAND, Key::Num1);
    window.click("Quarantine");
    window.settle();
    // Frames are drawn only as they are asked for, as in the window.
    let reason = "The event has no time · 4";
    window.harness.get_by_label(reason).click();
    window.harness.run();
    window.assert_shows("Line 3\u{2009}386");
    window.assert_shows("The record, personal values masked");
}
