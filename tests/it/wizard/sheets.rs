//! Workbooks whose log is not on the first sheet, and what the window says where the command line names mappings.

use super::*;
use crate::cli::{ok, run};
use crate::formats_tabular::xlsx;

fn workbook() -> Vec<u8> {
    let row = |number: usize, cells: &[&str]| {
        let cell = |(at, text): (usize, &&str)| xlsx::text(&format!("{}{number}", ["A", "B", "C"][at]), text);
        let cells: String = cells.iter().enumerate().map(cell).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let notes = [row(1, &["topic", "words"]), row(2, &["author", "shop"])].concat();
    let log = [row(1, &["event", "time", "user_id"]), row(2, &["Order", "2026-03-01", "u7"])].concat();
    xlsx::workbook(&[("Notes", &notes), ("Log", &log)])
}

#[test]
fn another_sheet_is_chosen_in_the_window() {
    let desk = Desk::new();
    let log = desk.file("book.xlsx", workbook());
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("Choose the sheet of the log");
    assert!(!window.shows("would be imported"));
    window.focus("Sheet of the workbook");
    window.choose("Log");
    window.settle();
    window.assert_shows("Of all 1 record 1 event of 1 name would be imported");
}

#[test]
fn another_format_than_the_recognized_one_is_chosen_by_keyboard_and_imported() {
    let desk = Desk::new();
    // It looks like Segment's, and its keys mean something else.
    let line = "{\"type\":\"track\",\"event\":\"sent\",\"userId\":\"u1\",\"timestamp\":\"2026-03-01\",\"action\":\"Order Placed\"}\n";
    let log = desk.file("log.ndjson", line);
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("1 Mar 2026, 00:00:00, sent, track, u1");
    window.tab_to("Format of the log");
    window.press(Key::Enter);
    window.choose("Other JSON, with a mapping");
    window.settle();
    window.focus("Column of event names");
    window.choose("action");
    window.settle();
    window.assert_shows("Of all 1 record 1 event of 1 name would be imported");
    window.tab_to("Import log");
    window.press(Key::Enter);
    window.work_while(|window| window.shell().session().unwrap().facts.events == 0);
    let batch = window.shell().session().unwrap().facts.batches[0].clone();
    assert_eq!((batch.format.as_str(), batch.counts.imported), ("json-lines", 1));
}

#[test]
fn a_format_that_does_not_fit_says_so_and_the_way_back_is_there() {
    let desk = Desk::new();
    let log = desk.file("log.ndjson", line(1));
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    for format in ["Parquet", "XES process log"] {
        window.focus("Format of the log");
        window.choose(format);
        window.settle();
        assert!(!window.shows("would be imported"), "{}", window.spoken());
        window.focus("Format of the log");
        window.choose("recognized by its content");
        window.settle();
        window.assert_shows("Of all 1 record 1 event of 1 name would be imported");
    }
}

#[test]
fn the_command_line_names_the_sheets() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("book.xlsx"), workbook()).unwrap();
    fs::write(folder.join("map.toml"), "sheet = \"Log\"\n").unwrap();
    ok(folder, &["new", "a.stormline", "--json"]);
    let refused = run(folder, &["import", "a.stormline", "book.xlsx"]);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words.contains("“Notes”") && words.contains("sheet = \"Log\""), "{words}");
    let done = ok(folder, &["import", "a.stormline", "book.xlsx", "--mapping", "map.toml", "--json"]);
    assert_eq!(done["batches"][0]["imported"], 1);
}

#[test]
fn the_command_line_names_the_pattern_that_reads_the_times() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = "A,u1,03/14/2026\nB,u2,03/15/2026\n";
    fs::write(folder.join("log.csv"), format!("event,user_id,time\n{rows}")).unwrap();
    ok(folder, &["new", "a.stormline", "--json"]);
    let refused = run(folder, &["import", "a.stormline", "log.csv"]);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("“03/14/2026”") && words.contains("time_format = \"%m/%d/%Y\""), "{words}");
}

#[test]
fn rows_of_persons_show_no_time() {
    let desk = Desk::new();
    let persons = desk.file("persons.csv", "user_id,plan\nu1,pro\nu2,free\n");
    let mut window = desk.window();
    window.shell().open(persons);
    window.settle();
    window.assert_shows("rows of traits are taken");
    assert!(!window.shows("1990") && !window.shows("1970"), "{}", window.spoken());
}

#[test]
fn profiles_of_mixpanel_are_traits() {
    let mut desk = Desk::new();
    let text = "{\"$distinct_id\":\"rosa\",\"$properties\":{\"plan\":\"gold\"}}\n";
    let log = desk.file("profiles.json", text);
    let seen = desk.look(&log, "");
    assert_eq!((seen.log.format, seen.foreseen.traits, seen.foreseen.events), ("mixpanel", 1, 0));
    let report = import(&mut desk.document, &log, &options(""), &Progress::new()).unwrap();
    assert_eq!((report.traits, report.imported, report.quarantined), (1, 0, 0));
}

#[test]
fn hints_in_the_window_name_its_controls() {
    let desk = Desk::new();
    let access =
        desk.file("access.log", "203.0.113.7 - - [05/Jan/2026:10:00:00 +0100] \"GET / HTTP/2.0\" 200 5\n");
    let mixpanel = desk.file(
        "m.ndjson",
        "{\"event\":\"A\",\"properties\":{\"time\":1767225600,\"distinct_id\":\"u1\",\"$insert_id\":\"1\"}}\n",
    );
    let mut window = desk.window();
    window.shell().open(mixpanel);
    window.settle();
    window.assert_shows("choose it under “Zone of times without one”");
    assert!(!window.shows("zone = "));
    window.press(Key::Escape);
    window.shell().open(access);
    window.settle();
    assert!(!window.shows("ip = "));
    window.tab_to("Keep addresses");
    window.press(Key::Enter);
    window.assert_shows("Addresses stay as they are");
}
