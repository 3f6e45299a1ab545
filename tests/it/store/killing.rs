//! Imports killed by the system, at moments of its choice.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use stormline::base::Progress;
use stormline::store::Document;

use super::{Place, add, count, event, import_chunked, info, integrity};

const EVENTS: u64 = 40_000;
const CHUNK: u64 = 250;
/// Events whose context is stored apart, and is there.
const WITH_CONTEXT: &str = "SELECT count(*) FROM event_text x JOIN context c ON c.id = x.context_id
    WHERE c.json LIKE '%192.0.2.7%'";
const CHILD: &str = "STORMLINE_TEST_KILLED_IMPORT";

/// The child of the next test: imports and tells of each chunk. Without its parent it checks that it has none.
#[test]
fn child_of_the_killed_import() {
    let Some(path) = std::env::var_os(CHILD) else {
        assert!(std::env::var(CHILD).is_err());
        return;
    };
    let mut document = Document::open_for_writing(Path::new(&path)).unwrap();
    let mut importer = document.import(info("log")).unwrap();
    for n in importer.resume_position()..EVENTS {
        add(&mut importer, &event(n), n + 1);
        if (n + 1) % CHUNK == 0 {
            importer.commit(n + 1).unwrap();
            // Long lines, so that a child which nobody reads any more waits after a few chunks.
            println!("{}chunk", " ".repeat(20_000));
        }
    }
    importer.finish(true).unwrap();
}

#[test]
fn ten_kills_leave_whole_chunks_and_the_same_total_in_the_end() {
    let place = Place::new();
    place.create().close().unwrap();
    for round in 0..10 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::killing::child_of_the_killed_import", "--nocapture"])
            .env(CHILD, place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen =
            lines.map_while(Result::ok).filter(|line| line.ends_with("chunk")).take(1 + round % 3).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, 1 + round % 3);
        let document = place.open();
        assert_eq!(integrity(&document), "ok");
        let events = document.counts().unwrap().events;
        assert!(events.is_multiple_of(CHUNK) && events < EVENTS, "{events}");
        assert_eq!(count(&document, "SELECT count(*) FROM events"), events as i64);
        assert_eq!(count(&document, "SELECT count(DISTINCT person_id) FROM events"), 7);
        assert_eq!(count(&document, WITH_CONTEXT), events as i64);
    }
    let mut document = place.open();
    let all: Vec<_> = (0..EVENTS).map(event).collect();
    let counts = import_chunked(&mut document, info("log"), &all, CHUNK as usize, &Progress::new()).unwrap();
    assert_eq!((counts.read, counts.imported, counts.duplicates), (EVENTS, EVENTS, 0));
    assert_eq!(count(&document, WITH_CONTEXT), EVENTS as i64);
    assert_eq!(count(&document, "SELECT count(DISTINCT message_id) FROM events"), EVENTS as i64);
}
