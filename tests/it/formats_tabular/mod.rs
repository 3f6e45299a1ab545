//! Tables, process logs and access logs read into events and traits. Not for JSON logs: see `formats`.

mod access_log;
mod csv;
mod damage;
mod documents;
pub(super) mod parquet;
mod snowplow;
mod xes;
pub(super) mod xlsx;

use std::io::Cursor;

use stormline::formats::log::preview::{Preview, of_reader};
use stormline::formats::log::{self, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Reason, Record};
use stormline::model::event::NewEvent;
use stormline::model::time::{Time, Zone};

fn options(mapping: &str) -> ReadOptions {
    let mapping = (!mapping.is_empty()).then(|| Mapping::parse(mapping).unwrap());
    ReadOptions {
        mapping,
        zone: Zone::named("Europe/Berlin").unwrap(),
        imported_at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
        salt: [7; 16],
    }
}

fn format_of(bytes: &[u8], mapping: &str) -> &'static dyn LogFormat {
    let head = &bytes[..bytes.len().min(log::HEAD)];
    log::recognize(head, options(mapping).mapping.as_ref()).unwrap()
}

fn reader(
    format: &dyn LogFormat,
    bytes: &[u8],
    mapping: &str,
) -> Result<Box<dyn LogReader + Send>, stormline::base::Diagnostic> {
    let input = Cursor::new(bytes.to_vec());
    match format.needs_seek() {
        true => format.seek_reader(Box::new(input), &options(mapping)),
        false => format.reader(Box::new(input), &options(mapping)),
    }
}

/// The preview of a file that is read in any order.
fn preview_rows(format: &'static dyn LogFormat, bytes: &[u8], mapping: &str) -> Preview {
    let head = format.sample(Box::new(Cursor::new(bytes.to_vec())), &options(mapping));
    of_reader(format, reader(format, bytes, mapping), &head, &options(mapping))
}

fn drain(reader: &mut dyn LogReader) -> (Vec<Record>, Option<ReadError>) {
    let mut records = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(matches!(reader.next(), Ok(None)), "after an error there is nothing more");
                return (records, Some(error));
            }
        }
    }
}

/// The records of a whole log, its format recognized, and the format's name.
fn read_all(bytes: &[u8], mapping: &str) -> (&'static str, Vec<Record>) {
    let format = format_of(bytes, mapping);
    let mut reader = reader(format, bytes, mapping).unwrap();
    let (records, error) = drain(&mut *reader);
    assert!(error.is_none(), "{error:?}");
    (format.name(), records)
}

fn events(records: &[Record]) -> Vec<&NewEvent> {
    records.iter().filter_map(|record| record.outcome.as_ref().ok()).collect()
}

fn reasons(records: &[Record]) -> Vec<(u64, Reason, &str)> {
    let rejected = records.iter().filter_map(|record| Some((record.line, record.outcome.as_ref().err()?)));
    rejected.map(|(line, rejection)| (line, rejection.reason, rejection.detail.as_str())).collect()
}

/// Kind, name, ids and time of an event on one line.
fn line(event: &NewEvent) -> String {
    let ids = [&event.message_id, &event.anonymous_id, &event.user_id, &event.previous_id];
    let ids: Vec<&str> = ids.into_iter().map(|id| id.as_deref().unwrap_or("-")).collect();
    format!("{} | {} | {} | {}", event.kind.word(), event.name, ids.join(" "), event.time.iso())
}

fn codes(reader: &dyn LogReader) -> Vec<&'static str> {
    reader.notes().iter().map(|note| note.code).collect()
}
