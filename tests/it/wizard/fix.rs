//! The dialog that mends quarantined records, drawn with ugly data and worked by keyboard.

use stormline::app::route::{EventsTab, Route};

use super::*;

/// Records that fail for many reasons, with fields of forty characters and more.
fn ugly() -> String {
    let mut text = line(0);
    for n in 0..240 {
        let field = format!("a_property_name_of_forty_characters_{n:03}");
        let more = format!("\"{field}\":\"{}\",\"email\":\"ann{n}@example.org\"", "long ".repeat(20));
        let time = if n % 12 == 0 { "24.12.2025 18:05".to_owned() } else { format!("soon {n}") };
        text.push_str(&match n % 6 {
            0 => format!("{{\"type\":\"track\",\"event\":\"Order Placed\",\"userId\":\"u{n}\",\"timestamp\":\"{time}\",{more}}}\n"),
            1 => format!("{{\"type\":\"track\",\"userId\":\"u{n}\",\"timestamp\":\"2026-03-01\",{more}}}\n"),
            2 => format!("{{\"type\":\"track\",\"event\":\"A\",\"timestamp\":\"2026-03-01\",{more}}}\n"),
            3 => format!("{{\"type\":\"what\",\"event\":\"A\",\"userId\":\"u\",\"timestamp\":\"2026-03-01\",{more}}}\n"),
            4 => format!("{{\"type\":\"track\",\"event\":\"A\",\"userId\":\"null\",\"timestamp\":\"2026-03-01\",{more}}}\n"),
            _ => format!("{{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u{n}\",{more}}}\n"),
        });
    }
    text
}

/// On the quarantine, with a reason chosen and the dialog open.
fn open(reason: &str) -> Window {
    let mut desk = Desk::new();
    let log = desk.file("A Log Of Forty Characters And More 000001.ndjson", ugly());
    desk.import(&log, "");
    let mut window = desk.window();
    window.shell().go(Route::Events(EventsTab::Quarantine));
    window.settle();
    window.tab_to_start(reason);
    window.press(Key::Enter);
    window.tab_to("Fix and read again…");
    window.press(Key::Enter);
    window.settle();
    window
}

#[test]
fn all_of_a_rule_is_in_sight_and_reached_by_keyboard() {
    for reason in
        ["The time cannot be read", "The event has no name", "The event names nobody: it has no identifier"]
    {
        let mut window = open(reason);
        window.focus("Field to mend");
        window.choose("forty_characters_0");
        window.tab_to("Add a rule");
        window.press(Key::Enter);
        window.settle();
        // The dialog has grown and stands in the middle again.
        window.settle();
        let edge = window.harness.get_by_label("Read again").rect().right();
        let long = window.harness.query_all_by_label("Field to mend").next().unwrap();
        assert!(long.rect().width() <= 200.0, "{reason}: {}", long.rect());
        for name in ["Field to mend", "if missing, is field", "Remove this rule"] {
            for node in window.harness.query_all_by_label(name) {
                assert!(node.rect().right() <= edge + 1.0, "{reason}, {name}: {} beyond {edge}", node.rect());
            }
        }
        window.tab_to("Remove this rule");
        window.press(Key::Enter);
        assert!(!window.shows("Remove this rule"), "one rule stays");
        window.press(Key::Escape);
        assert!(!window.shows("Add a rule"));
    }
}

#[test]
fn the_dialog_is_drawn_in_both_looks() {
    let mut desk = Desk::new();
    let log = desk.file("A Log Of Forty Characters And More 000001.ndjson", ugly());
    desk.import(&log, "");
    let batch = desk.document.batches().unwrap()[0].id;
    let document = desk.document.path().to_owned();
    desk.document.close().unwrap();
    for dark in [false, true] {
        // All of them are for looking at; the one with every reason is checked each time.
        let all = [None, Some("bad-time"), Some("no-event-name"), Some("no-identifier")];
        let many = if std::env::var_os("PICTURES").is_some() { all.len() } else { 1 };
        for reason in &all[..many] {
            let mut shell = Shell::new(UserSettings::default(), Mode::Still);
            shell.open_now(&document).unwrap();
            shell.go(Route::Events(EventsTab::Quarantine));
            let mut frames = 0;
            let draw = |ui: &mut egui::Ui| {
                if frames == 2 {
                    shell.fix(batch, *reason);
                }
                frames += 1;
                frame(ui, &mut shell);
            };
            let file = picture::png([1280, 800], 1.0, dark, 10, draw).unwrap();
            shell.close().unwrap();
            keep(&format!("fix-{}-{dark}.png", reason.unwrap_or("all")), &file);
            let palette = &theme::of(dark).palette;
            let texts = crate::picture::Picture::read(&file)
                .count(|color| theme::contrast(color, palette.surface) > 8.0);
            assert!(texts > 2_000, "{reason:?}, dark {dark}: {texts} pixels of text");
        }
    }
}
