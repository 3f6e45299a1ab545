//! Ways to read a column of times, offered where it cannot be read.

use super::*;

fn table(times: &[&str]) -> String {
    let rows: String = times.iter().enumerate().map(|(n, time)| format!("Order,u{n},{time}\n")).collect();
    format!("event,user_id,time\n{rows}")
}

#[test]
fn offers_count_all_that_was_looked_at() {
    let desk = Desk::new();
    let times: Vec<String> = (0..10_500).map(|n| format!("{}.12.2026 1{}:00", 1 + n % 28, n % 10)).collect();
    let mut times: Vec<&str> = times.iter().map(String::as_str).collect();
    times[7] = "yesterday";
    let log = desk.file("log.csv", table(&times));
    let seen = desk.look(&log, "");
    let found = seen.times.unwrap();
    assert_eq!((found.of, found.now, found.is_ambiguous), (10_000, 0, false));
    let best = &found.offers[0];
    assert_eq!((best.format.text(), best.reads), ("%d.%m.%Y %H:%M", 9_999));
    assert_eq!(
        (best.example.as_str(), best.becomes.iso().as_str()),
        ("1.12.2026 10:00", "2026-12-01T10:00:00Z")
    );
    // As it reads them, nothing is offered any more.
    let chosen = desk.look(&log, "time_format = \"%d.%m.%Y %H:%M\"");
    assert_eq!((chosen.log.events, chosen.times), (9_999, None));
}

#[test]
fn numbers_in_json_get_offers_too() {
    let desk = Desk::new();
    let lines: String =
        (0..3).map(|n| format!("{{\"what\":\"A\",\"who\":\"u{n}\",\"day\":4565{n}.5}}\n")).collect();
    let log = desk.file("log.json", lines);
    let mapping = "event = \"what\"\nuser_id = \"who\"\ntime = \"day\"\n";
    let found = desk.look(&log, mapping).times.unwrap();
    assert_eq!((found.offers[0].format.text(), found.offers[0].reads), ("excel", 3));
    let read = desk.look(&log, &format!("{mapping}time_format = \"excel\"\n"));
    assert_eq!(read.log.times.unwrap().0.iso(), "2024-12-24T12:00:00Z");
}

#[test]
fn a_way_is_chosen_by_keyboard_and_an_unsure_order_is_said() {
    let desk = Desk::new();
    let log = desk.file("log.csv", table(&["01/02/2026 10:00", "03/04/2026 11:00", "soon"]));
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("None of 3 records could be read as an event");
    window.assert_shows("tried on the first 3 records: as chosen now those of 0\u{2009}% can be read");
    window.assert_shows("67\u{2009}% · 01/02/2026 10:00 becomes 1 Feb 2026, 10:00:00");
    window.assert_shows("67\u{2009}% · 01/02/2026 10:00 becomes 2 Jan 2026, 10:00:00");
    window.assert_shows("Day and month cannot be told apart");
    window.tab_to("Read as month/day/year hour:minute");
    window.press(Key::Enter);
    window.assert_shows("Of all 3 records 2 events of 1 name would be imported");
    window.assert_shows("2 Jan 2026, 10:00:00");
    window.assert_shows("Day and month cannot be told apart");
    let verb = window.harness.query_all_by_label("Import log").last().unwrap();
    assert!(!verb.accesskit_node().is_disabled());
}

#[test]
fn records_without_a_time_are_counted_as_not_read() {
    let desk = Desk::new();
    let log = desk.file("log.csv", table(&["24.12.2026 18:00", "null", "", "25.12.2026 18:00"]));
    let found = desk.look(&log, "").times.unwrap();
    assert_eq!((found.of, found.now, found.offers[0].reads), (4, 0, 2));
    let json = desk.file(
        "log.json",
        "{\"what\":\"A\",\"who\":\"u1\",\"day\":45650.5}\n{\"what\":\"A\",\"who\":\"u2\",\"day\":null}\n",
    );
    let found = desk.look(&json, "event = \"what\"\nuser_id = \"who\"\ntime = \"day\"\n").times.unwrap();
    assert_eq!((found.of, found.offers[0].reads), (2, 1));
    let mut window = desk.window();
    window.shell().open(log);
    window.settle();
    window.assert_shows("tried on the first 4 records");
    window.assert_shows("50\u{2009}% · 24.12.2026 18:00 becomes 24 Dec 2026, 18:00:00");
}
