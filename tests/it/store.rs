//! The document file: opening, importing, persons, edits, cache, copies. Not for answers: see `suite`.

mod cache;
mod contexts;
mod copies;
mod edits;
mod import;
mod killing;
mod opening;
mod persons;
mod runs;

use std::path::{Path, PathBuf};

use stormline::base::Progress;
use stormline::model::event::{EventKind, NewEvent};
use stormline::model::time::Time;
use stormline::store::{Added, BatchCounts, BatchInfo, Document, Importer, Ready, StoreError};
use xxhash_rust::xxh3::xxh3_64;

/// A folder of its own with a document in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("shop.stormline")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn create(&self) -> Document {
        Document::create(&self.path()).unwrap()
    }

    fn open(&self) -> Document {
        Document::open_for_writing(&self.path()).unwrap()
    }

    /// Names of all files, sorted.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn info(file: &str) -> BatchInfo {
    BatchInfo {
        file: file.to_owned(),
        source: "web".to_owned(),
        format: "segment".to_owned(),
        mapping: String::new(),
        imported_at: at("2026-03-10T00:00:00Z"),
        fingerprint: format!("fingerprint of {file}"),
    }
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// The n-th of a made-up log: three names, 7 devices, every fifth event with an account, message ids.
fn event(n: u64) -> NewEvent {
    NewEvent {
        kind: EventKind::Track,
        name: ["Product Viewed", "Product Added", "Order Completed"][n as usize % 3].to_owned(),
        message_id: Some(format!("m{n}")),
        anonymous_id: Some(format!("device-{}", n % 7)),
        user_id: n.is_multiple_of(5).then(|| format!("user-{}", n % 7)),
        previous_id: None,
        time: Time(at("2026-03-01T00:00:00Z").0 + n as i64 * 1_000_000),
        properties: format!(r#"{{"country":"{}","value":{}}}"#, ["DE", "FR"][n as usize % 2], n % 4),
        context: r#"{"page":{"url":"/x"},"ip":"192.0.2.7"}"#.to_owned(),
        extra: String::new(),
    }
}

/// A device's event without more.
fn simple(name: &str, anonymous: &str, user: Option<&str>, time: i64) -> NewEvent {
    NewEvent {
        kind: EventKind::Track,
        name: name.to_owned(),
        message_id: Some(format!("{name}/{anonymous}/{user:?}/{time}")),
        anonymous_id: (!anonymous.is_empty()).then(|| anonymous.to_owned()),
        user_id: user.map(str::to_owned),
        previous_id: None,
        time: Time(at("2026-03-01T00:00:00Z").0 + time * 1_000_000),
        properties: String::new(),
        context: String::new(),
        extra: String::new(),
    }
}

fn raw_hash(event: &NewEvent) -> u64 {
    xxh3_64(format!("{event:?}").as_bytes())
}

fn add(importer: &mut Importer<'_>, event: &NewEvent, line: u64) -> Added {
    importer.add(event, line, raw_hash(event)).unwrap()
}

/// Imports events as a job does: chunks of `chunk` records, positions by record, resuming where it stopped.
fn import_chunked(
    document: &mut Document,
    info: BatchInfo,
    events: &[NewEvent],
    chunk: usize,
    progress: &Progress,
) -> Result<BatchCounts, StoreError> {
    let mut importer = document.import(info)?;
    for (n, event) in events.iter().enumerate() {
        let position = n as u64 + 1;
        if position <= importer.resume_position() {
            importer.skip(&Ready::new(event, position, raw_hash(event)))?;
            continue;
        }
        importer.add(event, position, raw_hash(event))?;
        if position.is_multiple_of(chunk as u64) {
            importer.commit(position)?;
            if progress.at(position, events.len() as u64).is_err() {
                return importer.finish(false);
            }
        }
    }
    if importer.resume_position() < events.len() as u64 {
        importer.commit(events.len() as u64)?;
    }
    importer.finish(true)
}

fn import(document: &mut Document, file: &str, events: &[NewEvent]) -> BatchCounts {
    import_chunked(document, info(file), events, 1000, &Progress::new()).unwrap()
}

fn integrity(document: &Document) -> String {
    document.with_sql(|conn| conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))).unwrap()
}

fn count(document: &Document, sql: &str) -> i64 {
    document.with_sql(|conn| conn.query_row(sql, [], |row| row.get(0))).unwrap()
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
