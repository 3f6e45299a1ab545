//! Process logs in XES, the format of process mining. Not for OCEL, where an event belongs to many objects.
//!
//! A case is a person: a trace's `concept:name` is the `user_id` of its events. An event's `concept:name` is the event
//! name and its `time:timestamp` the time. Other attributes are properties under their own keys, `lifecycle:transition`
//! among them; those of the trace are properties of each of its events, with `case:` before the key. An `identity:id` is
//! the message id. The line of a record is the one on which its event begins.

use xxhash_rust::xxh3::xxh3_64;

use super::json;
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::time::TimeFormat;
use super::xes_attribute::{Attribute, attribute, is_attribute};
use super::xml::{Tag, Tags};
use super::{
    Input, LONGEST_RECORD, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record, without_bom,
};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::{Time, Zone};

/// The format.
pub struct Xes;

impl LogFormat for Xes {
    fn name(&self) -> &'static str {
        "xes"
    }

    fn label(&self) -> &'static str {
        "XES process log"
    }

    fn recognizes(&self, head: &[u8], _: Option<&Mapping>) -> u8 {
        let text = without_bom(head).trim_ascii_start();
        if !text.starts_with(b"<") {
            return 0;
        }
        let holds = |what: &[u8]| memchr::memmem::find(text, what).is_some();
        if holds(b"<log") && (holds(b"xes") || holds(b"<trace") || holds(b"<event")) { 96 } else { 0 }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        if options.mapping.as_ref().is_some_and(Mapping::names_columns) {
            return Err(Diagnostic::error("needless-mapping", "A process log needs no mapping of columns")
                .hint("Leave the mapping out, but for the zone of times without one"));
        }
        let zone = options.mapping.as_ref().and_then(|mapping| mapping.zone).unwrap_or(options.zone);
        Ok(Box::new(XesReader { tags: Tags::new(input), trace: Trace::default(), zone }))
    }
}

/// What the events of a trace share.
#[derive(Default)]
struct Trace {
    name: Option<String>,
    /// Attributes as members of an object.
    properties: String,
}

struct XesReader<'a> {
    tags: Tags<'a>,
    trace: Trace,
    zone: Zone,
}

impl LogReader for XesReader<'_> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            self.tags.forget();
            let line = self.tags.line();
            match self.tags.next()? {
                None => return Ok(None),
                Some(Tag::Close) => {}
                Some(Tag::Open(element)) => match element.name.as_str() {
                    "log" => {}
                    "trace" => self.trace = Trace::default(),
                    "event" => {
                        // White space before the tag belongs to what came before.
                        let line = line.max(self.tags.line());
                        return self.event(line).map(Some);
                    }
                    name if is_attribute(name) => {
                        if let Some(found) = attribute(&mut self.tags, element)? {
                            self.trace.take(&found);
                        }
                    }
                    _ => self.tags.skip()?,
                },
            }
        }
    }
}

impl XesReader<'_> {
    fn event(&mut self, line: u64) -> Result<Record, ReadError> {
        let mut parts = Parts::default();
        let mut size = 0;
        loop {
            match self.tags.next()? {
                None | Some(Tag::Close) => break,
                Some(Tag::Open(element)) if is_attribute(&element.name) => {
                    if let Some(found) = attribute(&mut self.tags, element)? {
                        size += found.raw.len();
                        if size <= LONGEST_RECORD {
                            parts.take(found);
                        }
                    }
                }
                Some(Tag::Open(_)) => self.tags.skip()?,
            }
        }
        let outcome = match size > LONGEST_RECORD {
            true => Err(Rejection::new(Reason::TooLong, format!("{size} bytes of attributes"))),
            false => parts.finish(&self.trace, self.zone),
        };
        let case = self.trace.name.as_deref().unwrap_or_default();
        let properties = outcome.as_ref().map(|event| event.properties.as_str()).unwrap_or_default();
        // White space before the event is not its own.
        let recent = self.tags.recent().trim_ascii();
        let said = [recent, case.as_bytes(), properties.as_bytes()].join(&0);
        let raw = match &outcome {
            Ok(_) => Vec::new(),
            Err(_) => recent.to_vec(),
        };
        Ok(Record { line, position: self.tags.position(), raw_hash: xxh3_64(&said), raw, outcome })
    }
}

impl Trace {
    /// Attributes of the log itself come before any trace and are forgotten with its beginning.
    fn take(&mut self, found: &Attribute) {
        if found.key == "concept:name" {
            self.name = Some(found.text());
        } else if self.properties.len() + found.raw.len() <= LONGEST_RECORD {
            json::push_member(&mut self.properties, &format!("case:{}", found.key), &found.raw);
        }
    }
}

/// What one event holds.
#[derive(Default)]
struct Parts {
    name: Option<String>,
    time: Option<String>,
    id: Option<String>,
    properties: String,
}

impl Parts {
    fn take(&mut self, found: Attribute) {
        match found.key.as_str() {
            "concept:name" => self.name = Some(found.text()),
            "time:timestamp" => self.time = Some(found.text()),
            "identity:id" => self.id = Some(found.text()),
            key => json::push_member(&mut self.properties, key, &found.raw),
        }
    }

    fn finish(mut self, trace: &Trace, zone: Zone) -> Result<NewEvent, Rejection> {
        let name = self.name.filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Rejection::new(Reason::NoEventName, "no “concept:name”"))?;
        let time = read_time(self.time.as_deref(), zone)?;
        if let Some(shared) = trace.properties.strip_prefix('{') {
            self.properties.push(if self.properties.is_empty() { '{' } else { ',' });
            self.properties.push_str(shared);
        }
        json::close(&mut self.properties);
        let event = NewEvent {
            kind: EventKind::Track,
            name,
            message_id: self.id.filter(|id| !id.is_empty()),
            anonymous_id: None,
            user_id: trace.name.clone().filter(|name| !name.is_empty()),
            previous_id: None,
            time,
            properties: self.properties,
            context: String::new(),
            extra: String::new(),
        };
        check_identifiers(&event)?;
        Ok(event)
    }
}

fn read_time(written: Option<&str>, zone: Zone) -> Result<Time, Rejection> {
    match written.filter(|written| !written.trim().is_empty()) {
        None => Err(Rejection::new(Reason::NoTime, "no “time:timestamp”")),
        Some(written) => TimeFormat::Iso.read(written, zone),
    }
}
