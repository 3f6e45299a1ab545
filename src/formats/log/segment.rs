//! Segment and RudderStack logs: one call a line, as JSON. Not for their archives' folders: import file by file.
//!
//! Keys: `type, event, messageId, userId, anonymousId, previousId, properties | traits, context` and the time, the
//! first present of `timestamp, originalTimestamp, sentAt, receivedAt`. All other keys, and values of these that
//! have an unexpected form, are kept in the event's extra. A call without a `type` but with an `event` is a track
//! call. The `name` and `category` of a page or screen call become properties unless it has such properties.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use super::identity::Identity;
use super::json::{self, Fields, Scalar};
use super::lines::{Line, Lines};
use super::reason::{Reason, Rejection, quoted};
use super::time::TimeFormat;
use super::{
    Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record, whole_lines,
    without_bom,
};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent, is_blocked};
use crate::model::time::{Time, Zone};

/// The format.
pub struct Segment;

impl LogFormat for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn label(&self) -> &'static str {
        "Segment or RudderStack, JSON lines"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        if mapping.is_some_and(Mapping::names_columns) {
            return 0;
        }
        let lines = whole_lines(without_bom(head)).split(|byte| *byte == b'\n');
        let lines: Vec<&[u8]> =
            lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).take(20).collect();
        if lines.iter().any(|line| json::object(line).is_ok_and(|fields| is_call(&fields))) {
            return 90;
        }
        // Other objects are read too: each comes out with the reason why it is no event.
        if lines.iter().any(|line| line.starts_with(b"{")) { 30 } else { 0 }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let mapping = options.mapping.as_ref();
        if mapping.is_some_and(Mapping::names_columns) {
            return Err(Diagnostic::error("needless-mapping", "A Segment log needs no mapping of columns")
                .hint("Leave the mapping out, or choose the format json-lines to read the keys it names"));
        }
        let zone = mapping.and_then(|mapping| mapping.zone).unwrap_or(options.zone);
        let format = mapping.map(|mapping| mapping.time_format.clone()).unwrap_or_default();
        Ok(Box::new(JsonReader::new(input, move |line| read_call(line, &format, zone), None)))
    }
}

/// Reads a line each as one record, with a function from the line to the event.
pub(super) struct JsonReader<'a, F> {
    lines: Lines<'a>,
    read: F,
    /// With a mapping: what tells the records apart.
    mapped: Option<(Mapping, Identity)>,
}

impl<'a, F: Fn(&[u8]) -> Result<NewEvent, Rejection>> JsonReader<'a, F> {
    pub(super) fn new(input: Input<'a>, read: F, mapping: Option<Mapping>) -> Self {
        let mapped = mapping.map(|mapping| {
            let identity = Identity::new(&mapping, &[]);
            (mapping, identity)
        });
        Self { lines: Lines::new(input), read, mapped }
    }
}

impl<F: Fn(&[u8]) -> Result<NewEvent, Rejection>> LogReader for JsonReader<'_, F> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            let bytes = if line.number == 1 { without_bom(line.bytes) } else { line.bytes };
            if bytes.trim_ascii().is_empty() && line.too_long.is_none() {
                continue;
            }
            let outcome = match line.too_long {
                Some(length) => Err(Rejection::new(Reason::TooLong, format!("{length} bytes"))),
                None => (self.read)(bytes),
            };
            let raw_hash = match &self.mapped {
                Some((_, identity)) => identity.hash(bytes, &outcome),
                None => xxh3_64(bytes),
            };
            return Ok(Some(record(&line, bytes, raw_hash, outcome)));
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        self.mapped.as_ref().map(|(mapping, _)| mapping)
    }
}

fn record(line: &Line<'_>, bytes: &[u8], raw_hash: u64, outcome: Result<NewEvent, Rejection>) -> Record {
    let raw = match &outcome {
        Ok(_) => Vec::new(),
        Err(_) => bytes[..bytes.len().min(LONGEST_RAW)].to_vec(),
    };
    Record { line: line.number, position: line.position, raw_hash, raw, outcome }
}

/// The known keys of a call, raw.
#[derive(Default)]
struct Call<'t> {
    kind: Option<&'t str>,
    event: Option<&'t str>,
    message_id: Option<&'t str>,
    user_id: Option<&'t str>,
    anonymous_id: Option<&'t str>,
    previous_id: Option<&'t str>,
    name: Option<&'t str>,
    category: Option<&'t str>,
    properties: Option<&'t str>,
    traits: Option<&'t str>,
    context: Option<&'t str>,
    times: [Option<&'t str>; 4],
}

const TIME_KEYS: [&str; 4] = ["timestamp", "originalTimestamp", "sentAt", "receivedAt"];

impl<'t> Call<'t> {
    fn slot(&mut self, key: &str) -> Option<&mut Option<&'t str>> {
        Some(match key {
            "type" => &mut self.kind,
            "event" => &mut self.event,
            "messageId" => &mut self.message_id,
            "userId" => &mut self.user_id,
            "anonymousId" => &mut self.anonymous_id,
            "previousId" => &mut self.previous_id,
            "name" => &mut self.name,
            "category" => &mut self.category,
            "properties" => &mut self.properties,
            "traits" => &mut self.traits,
            "context" => &mut self.context,
            "timestamp" => &mut self.times[0],
            "originalTimestamp" => &mut self.times[1],
            "sentAt" => &mut self.times[2],
            "receivedAt" => &mut self.times[3],
            _ => return None,
        })
    }
}

fn read_call(line: &[u8], format: &TimeFormat, zone: Zone) -> Result<NewEvent, Rejection> {
    let fields = json::object(line)?;
    let mut call = Call::default();
    let mut extra = String::new();
    for (key, raw) in &fields {
        match call.slot(key) {
            // Of a key given twice the last counts, as in JSON tools everywhere; the first is kept aside.
            Some(slot) => {
                if let Some(earlier) = slot.replace(raw) {
                    json::push_member(&mut extra, key, earlier);
                }
            }
            None => json::push_member(&mut extra, key, &json::sound(raw)),
        }
    }
    let kind = kind(&call)?;
    let name = name(&mut call, kind, &mut extra)?;
    let time = time(&call, format, zone, &mut extra)?;
    let mut event = NewEvent {
        kind,
        name,
        message_id: id(call.message_id, "messageId", &mut extra),
        anonymous_id: id(call.anonymous_id, "anonymousId", &mut extra),
        user_id: id(call.user_id, "userId", &mut extra),
        previous_id: id(call.previous_id, "previousId", &mut extra),
        time,
        properties: properties(&call, kind, &mut extra),
        context: object_or_extra(call.context, "context", &mut extra),
        extra: String::new(),
    };
    json::close(&mut extra);
    event.extra = extra;
    check_identifiers(&event)?;
    Ok(event)
}

/// Rejects an event that names nobody.
pub(super) fn check_identifiers(event: &NewEvent) -> Result<(), Rejection> {
    let previous = event.previous_id.as_deref().filter(|_| event.kind == EventKind::Alias);
    let ids = [event.user_id.as_deref(), event.anonymous_id.as_deref(), previous];
    if ids.into_iter().flatten().any(|id| !is_blocked(id)) {
        return Ok(());
    }
    match ids.into_iter().flatten().next() {
        Some(blocked) => Err(Rejection::new(Reason::BlockedIdentifier, quoted(blocked))),
        None => Err(Rejection::new(Reason::NoIdentifier, "")),
    }
}

fn is_call(fields: &Fields<'_>) -> bool {
    let has = |keys: &[&str]| fields.iter().any(|(key, _)| keys.contains(&key.as_ref()));
    has(&["type", "event"]) && has(&["userId", "anonymousId", "messageId", "previousId"])
}

fn kind(call: &Call<'_>) -> Result<EventKind, Rejection> {
    match call.kind.map(json::scalar).unwrap_or(Scalar::Missing) {
        Scalar::Text(word) => EventKind::from_word(word.trim())
            .ok_or_else(|| Rejection::new(Reason::UnknownType, quoted(&word))),
        Scalar::Literal(raw) => Err(Rejection::new(Reason::UnknownType, quoted(raw))),
        Scalar::Nested => Err(Rejection::new(Reason::UnknownType, "a list or an object")),
        Scalar::Missing if call.event.is_some() => Ok(EventKind::Track),
        Scalar::Missing => Err(Rejection::new(Reason::NotAnEvent, "neither “type” nor “event” is given")),
    }
}

/// The event name; what other kinds carry as `event` or name is kept aside or becomes a property.
fn name(call: &mut Call<'_>, kind: EventKind, extra: &mut String) -> Result<String, Rejection> {
    if kind != EventKind::Track {
        keep(call.event, "event", extra);
        return Ok(kind.default_name().to_owned());
    }
    keep(call.name.take(), "name", extra);
    keep(call.category.take(), "category", extra);
    match call.event.map(json::scalar).unwrap_or(Scalar::Missing) {
        Scalar::Text(name) if !name.trim().is_empty() => Ok(name.into_owned()),
        Scalar::Literal(raw) => Ok(raw.to_owned()),
        Scalar::Text(_) | Scalar::Missing => Err(Rejection::new(Reason::NoEventName, "")),
        Scalar::Nested => Err(Rejection::new(Reason::NoEventName, "“event” is a list or an object")),
    }
}

fn time(call: &Call<'_>, format: &TimeFormat, zone: Zone, extra: &mut String) -> Result<Time, Rejection> {
    let mut found = None;
    for (key, raw) in TIME_KEYS.into_iter().zip(call.times) {
        let Some(raw) = raw else { continue };
        if found.is_some() {
            keep(Some(raw), key, extra);
            continue;
        }
        found = match json::scalar(raw) {
            Scalar::Missing => None,
            Scalar::Text(text) => Some(format.read(&text, zone)?),
            Scalar::Literal(raw) => Some(format.read(raw, zone)?),
            Scalar::Nested => {
                return Err(Rejection::new(Reason::BadTime, format!("“{key}” is a list or an object")));
            }
        };
    }
    found.ok_or_else(|| Rejection::new(Reason::NoTime, ""))
}

fn id(raw: Option<&str>, key: &str, extra: &mut String) -> Option<String> {
    match json::scalar(raw?) {
        Scalar::Missing => None,
        Scalar::Text(text) => Some(text.into_owned()),
        Scalar::Literal(literal) => Some(literal.to_owned()),
        Scalar::Nested => {
            keep(raw, key, extra);
            None
        }
    }
}

fn properties(call: &Call<'_>, kind: EventKind, extra: &mut String) -> String {
    let traits_first = matches!(kind, EventKind::Identify | EventKind::Group);
    let (first, second) = match (call.properties, call.traits) {
        (properties, Some(traits)) if traits_first => (("traits", Some(traits)), ("properties", properties)),
        (Some(properties), traits) => (("properties", Some(properties)), ("traits", traits)),
        (None, traits) => (("traits", None), ("traits", traits)),
    };
    keep(second.1, second.0, extra);
    let own = object_or_extra(first.1, first.0, extra);
    match kind {
        EventKind::Page | EventKind::Screen if call.name.is_some() || call.category.is_some() => {
            with_names(own, call)
        }
        EventKind::Page
        | EventKind::Screen
        | EventKind::Track
        | EventKind::Identify
        | EventKind::Group
        | EventKind::Alias
        | EventKind::Traits => {
            let kept_names = [("name", call.name), ("category", call.category)];
            kept_names.into_iter().for_each(|(key, raw)| keep(raw, key, extra));
            own
        }
    }
}

/// The properties of a page or screen, with its name and category unless it has such properties.
fn with_names(own: String, call: &Call<'_>) -> String {
    let had: Vec<Cow<'_, str>> =
        json::fields(&own).map(|fields| fields.into_iter().map(|(key, _)| key).collect()).unwrap_or_default();
    let mut added = own.trim_end().strip_suffix('}').unwrap_or("").trim_end().to_owned();
    for (key, raw) in [("name", call.name), ("category", call.category)] {
        let Some(raw) = raw.filter(|raw| *raw != "null") else { continue };
        if !had.iter().any(|known| known == key) {
            json::push_member(&mut added, key, &json::sound(raw));
        }
    }
    json::close(&mut added);
    added
}

/// An object's text, empty for none; anything else is kept aside.
pub(super) fn object_or_extra(raw: Option<&str>, key: &str, extra: &mut String) -> String {
    match raw {
        Some(raw) if raw.starts_with('{') => {
            if json::is_empty_object(raw) {
                return String::new();
            }
            json::sound(raw).into_owned()
        }
        other => {
            keep(other, key, extra);
            String::new()
        }
    }
}

fn keep(raw: Option<&str>, key: &str, extra: &mut String) {
    if let Some(raw) = raw.filter(|raw| *raw != "null") {
        json::push_member(extra, key, &json::sound(raw));
    }
}
