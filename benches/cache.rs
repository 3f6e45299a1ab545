//! Times of a document's columnar cache: building, compacting, loading with and without a base run, columns, and memory.
//! By hand: `cargo bench --bench cache -- DOC [LOG] [--rows]` works on the document itself, so hand it a copy; a log is
//! imported into it first, and with `--rows` the cache is also built from the rows. Without a document, on a million
//! generated events.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use stormline::base::Progress;
use stormline::jobs::generate::{GenerateOptions, generate_file};
use stormline::jobs::import::{ImportOptions, import};
use stormline::model::time::{Time, Zone};
use stormline::store::Document;

fn main() {
    let mut given =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let path = given.next().unwrap_or_else(|| generated(folder.path()));
    if let Some(log) = given.next() {
        take_in(&path, &log);
    }
    let events = open(&path).counts().unwrap().events;
    println!("{events} events; import's most memory: {} MB", status("VmHWM") / 1024);
    loads(&path, "as it is");
    if std::env::args().any(|argument| argument == "--rows") {
        let raw = rusqlite::Connection::open(&path).unwrap();
        raw.execute("DELETE FROM cache_state", []).unwrap();
        drop(raw);
        timed("building runs from the rows", || open(&path).rebuild_cache(&Progress::new()).unwrap());
        loads(&path, "runs by identifier");
    }
    println!("compacting is due: {}", open(&path).cache_is_fragmented().unwrap());
    timed("compacting", || open(&path).compact_cache(&Progress::new()).unwrap());
    loads(&path, "after compacting");
    sizes(&path, events);
    println!("most memory so far: {} MB", status("VmHWM") / 1024);
}

fn open(path: &Path) -> Document {
    Document::open_for_writing(path).unwrap()
}

/// Opens the document anew, loads the table and its most used properties, and tells of times and memory.
fn loads(path: &Path, what: &str) {
    println!("-- {what}");
    let runs =
        "SELECT count(*), coalesce(sum(identity_revision IS NOT NULL), 0) FROM cache_run WHERE live = 1";
    println!("runs, of these by person: {:?}", open(path).sql_rows(runs).unwrap().rows[0]);
    for _ in 0..3 {
        let before = status("VmRSS");
        let start = Instant::now();
        let mut document = open(path);
        let opened = start.elapsed();
        let loaded = document.load_table(&Progress::new()).unwrap();
        let table = start.elapsed();
        let names = document.property_names().unwrap();
        let mut most: Vec<(u64, &str)> =
            names.iter().map(|info| (info.events, info.property.as_str())).collect();
        most.sort_unstable();
        let mut properties: Vec<&str> = most.iter().rev().map(|(_, property)| *property).collect();
        properties.dedup();
        properties.truncate(4);
        let dictionary = start.elapsed();
        let columns = document.load_columns(&loaded.layout, &properties, &Progress::new()).unwrap();
        let all = start.elapsed();
        let memory = (status("VmRSS") - before) as f64 * 1024.0 / loaded.table.events().max(1) as f64;
        let values: Vec<usize> = columns.iter().map(|column| column.values.len()).collect();
        println!(
            "opened {opened:.0?}, table at {table:.0?}, dictionary at {dictionary:.0?}, {properties:?} at {all:.0?} \
             ({values:?} values); {memory:.1} B an event in memory"
        );
    }
}

fn sizes(path: &Path, events: u64) {
    let document = Document::open_read_only(path).unwrap();
    let sql = "SELECT CASE WHEN column LIKE '%:%' THEN substr(column, 1, instr(column, ':')) ELSE column END,
                      count(*), sum(length(bytes)) FROM cache_blob GROUP BY 1 ORDER BY 3 DESC";
    for row in document.sql_rows(sql).unwrap().rows {
        let row: Vec<String> = row.into_iter().flatten().collect();
        let bytes: f64 = row[2].parse().unwrap();
        println!(
            "{:>10} {:>6} blobs {:>12} B, {:.2} B an event",
            row[0],
            row[1],
            row[2],
            bytes / events as f64
        );
    }
    let sql = "SELECT column, sum(length(bytes)) FROM cache_blob WHERE column LIKE '%:%' GROUP BY 1
               ORDER BY 2 DESC LIMIT 12";
    println!("{:?}", document.sql_rows(sql).unwrap().rows);
}

fn timed(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{what}: {:.0?}; most memory so far: {} MB", start.elapsed(), status("VmHWM") / 1024);
}

/// A line of the system's account of this process, in KB; 0 where there is none.
fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn generated(folder: &Path) -> PathBuf {
    let log = folder.join("log.ndjson");
    let options = GenerateOptions { events: 1_000_000, persons: 50_000, ..GenerateOptions::default() };
    generate_file(&options, &log, &Progress::new()).unwrap();
    let path = folder.join("bench.stormline");
    take_in(&path, &log);
    path
}

fn take_in(path: &Path, log: &Path) {
    let mut document = Document::create(path).unwrap();
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: String::new(),
        imported_at: Time(1_800_000_000_000_000),
        zone: Zone::default(),
    };
    timed("importing", || {
        import(&mut document, log, &options, &Progress::new()).unwrap();
    });
    document.close().unwrap();
}
