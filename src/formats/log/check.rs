//! Reads a log to its end and holds the reader to what every reader promises. For fuzzing and tests; not for imports.

use std::io::Cursor;

use super::xes::Xes;
use super::{LogFormat, LogReader, ReadOptions, Record};
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::Time;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Records that are events.
    pub events: u64,
    /// Records that are none, with a reason.
    pub rejections: u64,
}

/// Reads `text` as a log of a format; one that refuses it before the first record has read nothing.
///
/// # Errors
/// The promise that was broken.
pub fn read_through(
    format: &'static dyn LogFormat,
    text: &[u8],
    options: &ReadOptions,
) -> Result<Seen, String> {
    let opened = if format.needs_seek() {
        format.seek_reader(Box::new(Cursor::new(text.to_vec())), options)
    } else {
        format.reader(Box::new(Cursor::new(text.to_vec())), options)
    };
    let Ok(mut reader) = opened else { return Ok(Seen::default()) };
    // A document of XML can be broken by its content too, and ends before what follows it.
    let is_of_records = !format.needs_seek() && format.name() != Xes.name();
    let all = is_of_records.then_some(text.len() as u64);
    drain(&mut *reader, all)
}

fn drain(reader: &mut dyn LogReader, length: Option<u64>) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let (mut position, mut line) = (0, 0);
    loop {
        let record = match reader.next() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            // Only what is no sequence of records can be broken by its content.
            Err(error) if length.is_some() => return Err(format!("an error without cause: {error}")),
            Err(_) => break,
        };
        if record.position <= position {
            return Err(format!("position {} after {position}", record.position));
        }
        if record.line < line {
            return Err(format!("line {} after {line}", record.line));
        }
        (position, line) = (record.position, record.line);
        match &record.outcome {
            Ok(event) => {
                seen.events += 1;
                sound(event)?;
            }
            Err(_) => {
                seen.rejections += 1;
                empty(&record)?;
            }
        }
    }
    match length {
        Some(length) if position > length => Err(format!("position {position} of {length} bytes")),
        Some(_) | None => Ok(seen),
    }
}

fn sound(event: &NewEvent) -> Result<(), String> {
    // Traits are of the time of the import, whichever that is.
    let is_timed = event.kind == EventKind::Traits || (Time::EARLIEST..Time::LATEST).contains(&event.time);
    if event.name.trim().is_empty() || !is_timed {
        return Err(format!("an event without name or time: {event:?}"));
    }
    for object in [&event.properties, &event.context, &event.extra] {
        match serde_json::from_str::<serde_json::Value>(object) {
            _ if object.is_empty() => {}
            Ok(json) if json.is_object() => {}
            // A number that is too large for any reader stays as it was written.
            Err(error) if error.to_string().contains("out of range") => {}
            Ok(_) | Err(_) => return Err(format!("no JSON object: {object}")),
        }
    }
    Ok(())
}

fn empty(record: &Record) -> Result<(), String> {
    if record.raw.is_empty() {
        return Err(format!("nothing is left of the record of line {}", record.line));
    }
    Ok(())
}
