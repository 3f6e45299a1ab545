//! Retention worked by keyboard alone over the sample, and as it is drawn. Not for single components.
//!
//! `PICTURES=folder cargo test views_retention` writes the pictures to that folder.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use stormline::app::picture;
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::model::item::ItemId;
use stormline::model::query::Query;
use stormline::model::retention::{Cohorts, Retention};
use stormline::model::text::parse_query;
use stormline::model::time::Interval;
use stormline::store::document::Document;

use super::views_explore::{LATER, save_query};
use super::window::{Window, frame, import_file, sample};

const MAP: &str = "Retention, 14 cohorts: ";

impl Window {
    fn retention(&self) -> Retention {
        match self.query() {
            Query::Retention(retention) => retention,
            Query::Funnel(_) | Query::Flow(_) | Query::Trend(_) => panic!("a retention"),
        }
    }

    /// Opens a select by its shown words and takes another one.
    fn select(&mut self, shown: &str, other: &str) {
        self.tab_to(shown);
        self.press(Key::Enter);
        self.tab_to(other);
        self.press(Key::Enter);
    }
}

#[test]
fn a_retention_is_built_and_every_edit_undone_and_made_again_by_keyboard() {
    let mut window = Window::of_sample();
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    window.assert_shows("2\u{2009}583 persons in 14 cohorts by week; 35\u{2009}% came back the week after");
    let mut states = vec![window.query()];
    let note = |window: &Window, states: &mut Vec<Query>| {
        assert_ne!(Some(&window.query()), states.last());
        states.push(window.query());
    };
    window.tab_to("Start event");
    window.choose("product viewed");
    assert_eq!(window.retention().start().label(), "Product Viewed");
    note(&window, &mut states);
    window.tab_to("Return event");
    window.choose("order comp");
    assert_eq!(window.retention().returning().label(), "Order Completed");
    note(&window, &mut states);
    window.select("First time", "Every time");
    assert_eq!(window.retention().cohorts, Cohorts::Recurring);
    note(&window, &mut states);
    window.select("by week", "month");
    assert_eq!((window.retention().interval, window.retention().periods), (Interval::Month, 12));
    note(&window, &mut states);
    window.select("for 12 months", "6 months");
    assert_eq!(window.retention().periods, 6);
    note(&window, &mut states);
    window.select("back in the period", "in it or later");
    assert!(window.retention().unbounded);
    note(&window, &mut states);
    window.tab_to("Breakdown");
    window.choose("country");
    assert_eq!(window.retention().breakdown.as_deref(), Some("country"));
    note(&window, &mut states);
    window.select("All time", "Last 30 days");
    assert!(window.retention().between.is_some());
    note(&window, &mut states);
    window.tab_to("Add filter");
    window.choose("country");
    window.write("DE");
    window.press(Key::Enter);
    assert_eq!(window.retention().filters.len(), 1);
    note(&window, &mut states);
    for state in states.iter().rev().skip(1) {
        window.chord(Modifiers::COMMAND, Key::Z);
        assert_eq!(window.query(), *state);
    }
    for state in &states[1..] {
        window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(window.query(), *state);
    }
}

#[test]
fn days_keep_their_own_number_of_periods() {
    let mut window = Window::of_sample();
    window.go_to("new retention");
    window.select("by week", "day");
    assert_eq!((window.retention().interval, window.retention().periods), (Interval::Day, 14));
    window.assert_shows("Retention, 91 cohorts: ");
}

#[test]
fn cells_are_walked_and_open_who_came_back_and_who_did_not() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.tab_to(&format!("{MAP}arrows choose a cell"));
    window.press(Key::ArrowRight);
    let first = "29 Dec 2025, Week 1: 76 of 97 persons came back (78\u{2009}%)";
    window.assert_shows(&format!("{MAP}{first}"));
    window.assert_shows("Persons, 76 rows");
    assert!(window.has_keyboard(&format!("{MAP}{first}")), "the keyboard stays at the cell");
    window.press(Key::ArrowDown);
    window.press(Key::ArrowRight);
    let second = "5 Jan 2026, Week 2: 79 of 163 persons came back (48\u{2009}%)";
    window.assert_shows(&format!("{MAP}{second}"));
    window.assert_shows("Persons, 79 rows");
    window.tab_to("Came back");
    window.press(Key::ArrowRight);
    window.assert_shows("Persons, 84 rows");
    window.tab_to_start(MAP);
    window.press(Key::Home);
    window.assert_shows("5 Jan 2026: 163 persons");
    window.assert_shows("Persons, 163 rows");
    window.press(Key::End);
    window.assert_shows("so far: this week is not over");
    window.assert_shows("Not yet");
    for _ in 0..20 {
        window.press(Key::ArrowDown);
    }
    window
        .assert_shows(&format!("{MAP}30 Mar 2026, Week 0: 60 of 60 persons came back (100\u{2009}%) so far"));
    window.tab_to("Persons, 0 rows");
    window.tab_to_start(MAP);
    window.press(Key::Home);
    window.tab_to("Persons, 60 rows");
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    assert!(matches!(window.route(), Route::Timeline { query: None, .. }), "{:?}", window.route());
}

#[test]
fn a_click_chooses_a_cell_and_shows_its_persons_also_when_the_inspector_was_hidden() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.chord(Modifiers::COMMAND, Key::B);
    window.harness.get_by_label_contains(MAP).click();
    window.settle();
    let chosen = window.tab_to_start(MAP);
    assert!(
        chosen.contains(", Week 4: ") || chosen.contains(", Week 5: "),
        "the middle of the map: {chosen}"
    );
    window.assert_shows("Close the selection");
    window.assert_shows("Selection · cohort of ");
    window.tab_to("Close the selection");
    window.press(Key::Enter);
    assert!(!window.shows("Close the selection"));
}

#[test]
fn escape_closes_the_cell_and_the_arrows_go_on_from_it() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.tab_to(&format!("{MAP}arrows choose a cell"));
    window.press(Key::ArrowRight);
    window.press(Key::ArrowDown);
    window.assert_shows("Close the selection");
    window.press(Key::Escape);
    assert!(!window.shows("Close the selection"));
    assert!(window.has_keyboard(&format!("{MAP}arrows choose a cell")), "{}", window.spoken());
    window.press(Key::ArrowRight);
    window.assert_shows(&format!("{MAP}5 Jan 2026, Week 2: "));
    window.press(Key::Escape);
    window.press(Key::Escape);
    assert!(!window.has_keyboard(&format!("{MAP}arrows choose a cell")), "the second gives the keyboard up");

    window.tab_to("Heat map");
    window.press(Key::ArrowRight);
    let curves = "Retention curves, 14 cohorts: ";
    window.tab_to_start(curves);
    window.press(Key::ArrowRight);
    window.press(Key::Escape);
    assert!(window.has_keyboard(&format!("{curves}arrows choose a point")), "{}", window.spoken());
    assert!(!window.shows("Close the selection"));
}

#[test]
fn a_click_on_a_cell_leaves_the_map_where_it_is() {
    for width in [1280.0, 1440.0] {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(sample(), folder.path().join("shop.stormline")).unwrap();
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open_now(&folder.path().join("shop.stormline")).unwrap();
        let mut window = Window::around(shell, [width, 800.0], folder);
        window.go_to("Weekly retention");
        // Without a number chosen all twelve weeks are in sight, and no panel stands beside them.
        let last = window.harness.get_by_label_contains(MAP).rect();
        assert!(last.width() > 0.0 && last.right() <= width, "{last} of {width}");
        let place = |window: &Window| window.harness.get_by_label_contains(MAP).rect();
        let before = place(&window);
        window.harness.get_by_label_contains(MAP).click();
        window.settle();
        window.assert_shows("Close the selection");
        assert_eq!(place(&window), before, "{width}");
        window.click("Close the selection");
        assert_eq!(place(&window), before, "{width}");
    }
}

#[test]
fn the_table_is_copied_as_it_is() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.tab_to("Copy table");
    window.press(Key::Enter);
    let button = window.copied();
    let lines: Vec<&str> = button.lines().collect();
    assert!(lines[0].starts_with("Week of\tPersons\tWeek 0\tWeek 1\t"), "{}", lines[0]);
    assert_eq!(lines[1], "2025-12-29\t97\t97\t76\t59\t42\t31\t27\t21\t34\t16\t7\t14\t11\t12\t");
    assert_eq!(lines[14], "2026-03-30\t60\t60\t\t\t\t\t\t\t\t\t\t\t\t\tWeek 0");
    window.tab_to_start(MAP);
    assert_eq!(window.copy(), button);

    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::C);
    assert_eq!(parse_query(&window.copied()).unwrap(), window.query());
    window.go_to("copy sql");
    let sql = window.copied();
    let rows = window.harness.state().shell.session().unwrap().document().sql_rows(&sql).unwrap();
    let first: Vec<&str> = rows.rows[1].iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    assert_eq!(first, ["2025-12-28T23:00:00Z", "1", "97", "76"]);
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.assert_shows("Persons by the week in which they first did Any event");
    window.assert_shows("13 cells: their period is not over at as-of");
}

#[test]
fn curves_are_walked_and_counts_take_the_place_of_shares() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.tab_to("Heat map");
    window.press(Key::ArrowRight);
    let start = "Retention curves, 14 cohorts: ";
    window.tab_to_start(start);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowRight);
    window.assert_shows("5 Jan 2026, Week 1: 83 of 163 persons came back (51\u{2009}%)");
    window.assert_shows("Persons, 83 rows");
    window.tab_to("Curves");
    window.press(Key::ArrowLeft);
    window.tab_to("Percent");
    window.press(Key::ArrowRight);
    window.assert_shows(MAP);
}

#[test]
fn a_value_of_the_breakdown_is_chosen_in_the_table() {
    let mut window = Window::of_sample();
    window.go_to("Weekly retention");
    window.tab_to("Breakdown");
    window.choose("country");
    window.tab_to_start("Averages, ");
    window.press(Key::ArrowDown);
    window.press(Key::ArrowDown);
    let said = window.harness.get_by_label_contains("Retention, ").rect();
    assert!(said.height() > 0.0);
    window.tab_to_start("Retention, 14 cohorts: arrows");
    window.press(Key::ArrowRight);
    let label = window.tab_to_start(MAP);
    let persons = label.split(" of ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_ne!(persons, "97", "{label}");
    let back = label.split("Week 1: ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    window.assert_shows(&format!("Persons, {back} rows"));
}

#[test]
fn passed_over_events_are_a_door() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.stormline");
    fs::copy(sample(), &path).unwrap();
    save_query(
        &path,
        9_001,
        "Dear orders",
        "kind='retention'\nreturn={event='Order Completed',where=[{property='value',op='>=',value=1}]}",
    );
    let mut window = Window::of(folder);
    window.go_to("Dear orders");
    let label = window.tab_to_start("22 events passed over at the return");
    assert!(!label.is_empty());
    window.press(Key::Enter);
    assert_eq!(window.route(), Route::Events(EventsTab::Log));
    window.assert_shows("22 events of 30\u{2009}000");
}

/// Documents as they come: one cohort, many, long names, none, and their questions.
fn documents(folder: &Path) -> Vec<(&'static str, PathBuf, ItemId)> {
    let mut made = Vec::new();
    let mut add = |name: &'static str, csv: &str, query: &str| {
        let path = folder.join(format!("{name}.stormline"));
        Document::create(&path).unwrap().close().unwrap();
        if !csv.is_empty() {
            let log = folder.join(format!("{name}.csv"));
            fs::write(&log, format!("event,time,user_id,country\n{csv}")).unwrap();
            import_file(&path, &log, LATER);
        }
        let id = save_query(&path, 9_000, "Who comes back", query);
        made.push((name, path, id));
    };
    let row = |event: &str, day: u64, person: u64, country: &str| {
        format!("{event},{},u{person},{country}\n", 1_767_225_600 + day * 86_400 + person % 50_000)
    };
    let one: String = (0..30).map(|person| row("A", person % 3, person, "DE")).collect();
    add("one", &one, "kind='retention'\ninterval='month'");
    let mut many = String::new();
    let mut long = String::new();
    for person in 0..1_500_u64 {
        let start = person % 60;
        let name = format!("A Name Of Forty Characters Number {:06}", person % 4);
        let country = format!("a very long value of a property number {}", person % 30);
        for visit in 0..=(person * 7 % 11) {
            many.push_str(&row("A", (start + visit * visit).min(95), person, "DE"));
            long.push_str(&row(&name, (start + visit * 3).min(95), person, &country));
        }
    }
    add("sixty", &many, "kind='retention'\ninterval='day'\nperiods=60");
    let name = "A Name Of Forty Characters Number 000001";
    let filters = "where=[{property='country',op='contains',value='a very long value of a property'}]";
    add(
        "long",
        &long,
        &format!(
            "kind='retention'\nstart={{event='{name}',{filters}}}\nreturn={{any=['{name}','{name} and more']}}\n\
             breakdown='country'"
        ),
    );
    add("nobody", &one, "kind='retention'\nstart={event='Never'}");
    add("empty", "", "kind='retention'");
    made
}

#[test]
fn pages_are_drawn_with_few_and_many_cohorts_and_long_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut all: Vec<(String, PathBuf, ItemId)> =
        documents(folder.path()).into_iter().map(|(name, path, id)| (name.to_owned(), path, id)).collect();
    let path = folder.path().join("shop.stormline");
    fs::copy(sample(), &path).unwrap();
    let country = save_query(&path, 9_000, "By country", "kind='retention'\nbreakdown='country'");
    let plain = save_query(&path, 9_001, "By week", "kind='retention'");
    all.push(("country".to_owned(), path.clone(), country));
    all.push(("sample".to_owned(), path, plain));
    for (name, path, id) in all {
        for (dark, size, scale, face) in [
            (false, [1280, 800], 1.0, "map"),
            (true, [1280, 800], 1.0, "chosen"),
            (false, [1280, 800], 1.0, "curves"),
            (true, [1920, 1080], 1.0, "map"),
            (false, [853, 533], 1.5, "large"),
        ] {
            let mut shell = Shell::new(UserSettings::unsaved(dark, Vec::new()), Mode::Still);
            shell.open_now(&path).unwrap();
            shell.go(Route::Query(id));
            let view = shell.views().explore.retention();
            match face {
                "chosen" => view.choose(id, 0, 1),
                "curves" => view.show_curves(),
                _ => {}
            }
            let file = picture::png(size, scale, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
            shell.close().unwrap();
            let drawn = crate::picture::Picture::read(&file);
            let palette = &theme::of(dark).palette;
            let texts = drawn.count(|color| theme::contrast(color, palette.surface) > 8.0);
            assert!(texts > 2000, "{name}, {face}: {texts} pixels of text");
            if let Some(folder) = std::env::var_os("PICTURES").map(PathBuf::from) {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(format!("retention-{name}-{face}-{}.png", size[0])), &file).unwrap();
            }
        }
    }
}
