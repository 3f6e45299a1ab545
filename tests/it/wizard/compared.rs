//! What a look is compared with, and when it is taken again: other imports, large documents, files written anew.

use stormline::jobs::import::Compared;

use super::*;

/// Makes a document seem to hold more events than a look goes through.
fn seem_large(document: &Path) {
    let conn = rusqlite::Connection::open(document).unwrap();
    conn.execute("UPDATE batch SET imported = 4000000", []).unwrap();
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(line).collect()
}

#[test]
fn a_log_that_is_in_a_large_document_is_said_to_be() {
    let mut desk = Desk::new();
    let first = desk.file("first.ndjson", lines(0, 10));
    let other = desk.file("other.ndjson", lines(5, 20));
    desk.import(&first, "");
    assert_eq!(desk.look(&first, "").compared, Compared::Events);
    seem_large(desk.document.path());
    assert_eq!(desk.look(&first, "").compared, Compared::Log);
    assert_eq!(desk.look(&other, "").compared, Compared::TooMany);
    let without = look(&first, &options(""), &Looking::default(), &Progress::new()).unwrap();
    assert_eq!(without.compared, Compared::Nothing);
    let mut window = desk.window();
    window.shell().open(first);
    window.settle();
    window.assert_shows("10 events of 1 name can be read · this log is in the document already");
    window.press(Key::Escape);
    window.shell().open(other);
    window.settle();
    window.assert_shows("15 events of 1 name would be imported · not compared with the events there are");
}

#[test]
fn what_replaces_an_import_is_said_not_to_be_compared_with_others() {
    let mut desk = Desk::new();
    let first = desk.file("first.ndjson", lines(0, 10));
    let other = desk.file("other.ndjson", lines(5, 20));
    desk.import(&first, "");
    let compared = |desk: &Desk, log: &Path| {
        let looking = Looking { document: Some(&desk.document), replaces: Some(1), ..Looking::default() };
        look(log, &options(""), &looking, &Progress::new()).unwrap().compared
    };
    assert_eq!(compared(&desk, &first), Compared::Nothing, "there is no other");
    desk.import(&other, "");
    assert_eq!(compared(&desk, &first), Compared::Others);
    assert_eq!(compared(&desk, &other), Compared::Log, "another import has it");
}

#[test]
fn a_file_written_anew_is_looked_at_again() {
    let desk = Desk::new();
    let log = desk.file("log.ndjson", lines(0, 3));
    let mut window = desk.window();
    window.shell().open(log.clone());
    window.settle();
    window.assert_shows("Of all 3 records 3 events of 1 name would be imported");
    fs::write(&log, lines(0, 5)).unwrap();
    window.work_until("Of all 5 records 5 events of 1 name would be imported");
}
