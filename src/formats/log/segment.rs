//! Segment and RudderStack logs: one call an object, as JSON. Not for their archives' folders: see `jobs::import`.
//!
//! Keys: `type, event, messageId, userId, anonymousId, previousId, properties | traits, context` and the time, the
//! first present of `timestamp, originalTimestamp, sentAt, receivedAt`. All other keys, and values of these that
//! have an unexpected form, are kept in the event's extra. A call without a `type` but with an `event` is a track
//! call. The `name` and `category` of a page or screen call become properties unless it has such properties.

use std::borrow::Cow;

use super::json::{self, Fields, Scalar};
use super::json_reader::{JsonReader, ReadObject};
use super::reason::{Reason, Rejection, quoted};
use super::time::TimeFormat;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions, json_objects};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, EventText, NewEvent, is_blocked};
use crate::model::time::{Time, Zone};

/// The format.
pub struct Segment;

impl LogFormat for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn label(&self) -> &'static str {
        "Segment or RudderStack, JSON"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        if mapping.is_some_and(Mapping::names_columns) {
            return 0;
        }
        let objects = json_objects::sample(head, 20);
        if objects.iter().any(|object| json::object(object).is_ok_and(|fields| is_call(&fields))) {
            return 90;
        }
        // Other objects are read too: each comes out with the reason why it is no event.
        if json_objects::opens_json(head) || objects.iter().any(|object| object.starts_with(b"{")) {
            30
        } else {
            0
        }
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
        Ok(Box::new(JsonReader::new(input, Calls { format, zone })))
    }
}

/// Reads calls.
struct Calls {
    format: TimeFormat,
    zone: Zone,
}

impl ReadObject for Calls {
    fn event<'t>(&self, object: &'t [u8]) -> Result<EventText<'t>, Rejection> {
        read_call(object, &self.format, self.zone)
    }
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

    fn take(&mut self, key: &str, raw: &'t str, extra: &mut String) {
        match self.slot(key) {
            // Of a key given twice the last counts, as in JSON tools everywhere; the first is kept aside.
            Some(slot) => {
                if let Some(earlier) = slot.replace(raw) {
                    json::push_member(extra, key, earlier);
                }
            }
            None => json::push_member(extra, key, &json::sound(raw)),
        }
    }
}

fn read_call<'t>(line: &'t [u8], format: &TimeFormat, zone: Zone) -> Result<EventText<'t>, Rejection> {
    let mut call = Call::default();
    let mut extra = String::new();
    if json::scan_fields(json::line_text(line)?, |key, raw| call.take(&key, raw, &mut extra)).is_none() {
        (call, extra) = Default::default();
        for (key, raw) in json::object(line)? {
            call.take(&key, raw, &mut extra);
        }
    }
    let kind = kind(&call)?;
    let name = name(&mut call, kind, &mut extra)?;
    let time = time(&call, format, zone, &mut extra)?;
    let mut event = EventText {
        kind,
        name,
        message_id: id(call.message_id, "messageId", &mut extra),
        anonymous_id: id(call.anonymous_id, "anonymousId", &mut extra),
        user_id: id(call.user_id, "userId", &mut extra),
        previous_id: id(call.previous_id, "previousId", &mut extra),
        time,
        properties: properties(&call, kind, &mut extra),
        context: object_or_extra(call.context, "context", &mut extra),
        extra: Cow::Borrowed(""),
    };
    json::close(&mut extra);
    event.extra = extra.into();
    let ids = [&event.user_id, &event.anonymous_id, &event.previous_id].map(Option::as_deref);
    check_ids(kind, ids)?;
    Ok(event)
}

/// Rejects an event that names nobody.
pub(super) fn check_identifiers(event: &NewEvent) -> Result<(), Rejection> {
    let ids = [&event.user_id, &event.anonymous_id, &event.previous_id].map(Option::as_deref);
    check_ids(event.kind, ids)
}

fn check_ids(kind: EventKind, [user, anonymous, previous]: [Option<&str>; 3]) -> Result<(), Rejection> {
    let ids = [user, anonymous, previous.filter(|_| kind == EventKind::Alias)];
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
fn name<'t>(call: &mut Call<'t>, kind: EventKind, extra: &mut String) -> Result<Cow<'t, str>, Rejection> {
    if kind != EventKind::Track {
        keep(call.event, "event", extra);
        return Ok(kind.default_name().into());
    }
    keep(call.name.take(), "name", extra);
    keep(call.category.take(), "category", extra);
    match call.event.map(json::scalar).unwrap_or(Scalar::Missing) {
        Scalar::Text(name) if !name.trim().is_empty() => Ok(name),
        Scalar::Literal(raw) => Ok(raw.into()),
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

fn id<'t>(raw: Option<&'t str>, key: &str, extra: &mut String) -> Option<Cow<'t, str>> {
    match json::scalar(raw?) {
        Scalar::Missing => None,
        Scalar::Text(text) => Some(text),
        Scalar::Literal(literal) => Some(literal.into()),
        Scalar::Nested => {
            keep(raw, key, extra);
            None
        }
    }
}

fn properties<'t>(call: &Call<'t>, kind: EventKind, extra: &mut String) -> Cow<'t, str> {
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
            with_names(&own, call).into()
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
fn with_names(own: &str, call: &Call<'_>) -> String {
    let had: Vec<Cow<'_, str>> =
        json::fields(own).map(|fields| fields.into_iter().map(|(key, _)| key).collect()).unwrap_or_default();
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
pub(super) fn object_or_extra<'t>(raw: Option<&'t str>, key: &str, extra: &mut String) -> Cow<'t, str> {
    match raw {
        Some(raw) if raw.starts_with('{') && json::is_empty_object(raw) => Cow::Borrowed(""),
        Some(raw) if raw.starts_with('{') => json::sound(raw),
        other => {
            keep(other, key, extra);
            Cow::Borrowed("")
        }
    }
}

fn keep(raw: Option<&str>, key: &str, extra: &mut String) {
    if let Some(raw) = raw.filter(|raw| *raw != "null") {
        json::push_member(extra, key, &json::sound(raw));
    }
}
