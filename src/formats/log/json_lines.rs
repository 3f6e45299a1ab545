//! Any log of JSON objects, one a line or in a list, read by a mapping of paths. Not for Segment calls: see `segment`.
//!
//! A path is a key, or keys joined by dots for nested objects (`payload.name`); a key that holds dots itself is
//! found first. Every object is a track event. With `properties = "rest"` all top-level keys without a role become
//! properties; an object under `properties` or `event_properties` gives its members, and one under `context` is
//! the context.

use std::borrow::Cow;

use super::json::{self, Fields, Scalar};
use super::json_reader::JsonReader;
use super::mapping::Properties;
use super::reason::{Reason, Rejection};
use super::segment::{check_identifiers, object_or_extra};
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions, json_objects, peek};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::Zone;

/// The format.
pub struct JsonLines;

/// How many paths of a log are listed.
const MOST_PATHS: usize = 500;

impl LogFormat for JsonLines {
    fn name(&self) -> &'static str {
        "json-lines"
    }

    fn label(&self) -> &'static str {
        "Other JSON, with a mapping"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        let mapped = mapping.is_some_and(Mapping::names_columns);
        if mapped && json_objects::opens_json(head) { 95 } else { 0 }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let (head, input) = peek(input);
        let paths = paths(&head);
        let mut mapping = options.mapping.clone().unwrap_or_default().completed(&paths);
        mapping.check(&possible(&mapping, paths))?;
        let zone = *mapping.zone.get_or_insert(options.zone);
        let reading = mapping.clone();
        Ok(Box::new(JsonReader::mapped(input, move |object| read_line(object, &reading, zone), mapping)))
    }
}

/// The paths of all scalars in the first objects of a log, sorted.
pub(super) fn paths(head: &[u8]) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for object in json_objects::sample(head, usize::MAX) {
        if let Ok(fields) = json::object(&object) {
            collect("", &fields, 0, &mut found);
        }
        if found.len() >= MOST_PATHS {
            break;
        }
    }
    found.into_iter().take(MOST_PATHS).collect()
}

/// The raw value at a path.
pub(super) fn at<'t>(fields: &Fields<'t>, path: &str) -> Option<&'t str> {
    if let Some((_, raw)) = fields.iter().rev().find(|(key, _)| key == path) {
        return Some(raw);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (_, raw) = fields.iter().rev().find(|(key, _)| *key == path[..dot])?;
        at(&json::fields(raw).ok()?, &path[dot + 1..])
    })
}

fn collect(prefix: &str, fields: &Fields<'_>, depth: usize, found: &mut std::collections::BTreeSet<String>) {
    for (key, raw) in fields {
        let path = if prefix.is_empty() { key.clone().into_owned() } else { format!("{prefix}.{key}") };
        match json::fields(raw) {
            Ok(inner) if raw.starts_with('{') && depth < 5 => collect(&path, &inner, depth + 1, found),
            Ok(_) | Err(_) => {
                found.insert(path);
            }
        }
    }
}

/// The paths seen, and those that a later line may still bring: an optional one the first lines lack is no fault,
/// as long as one identifier was seen.
fn possible(mapping: &Mapping, mut paths: Vec<String>) -> Vec<String> {
    let ids = [mapping.user_id.as_ref(), mapping.anonymous_id.as_ref()];
    if ids.into_iter().flatten().any(|id| paths.contains(id)) {
        let optional = ids.into_iter().chain([mapping.message_id.as_ref()]).flatten();
        paths.extend(optional.cloned());
    }
    if let Properties::Columns(listed) = &mapping.properties {
        paths.extend(listed.iter().cloned());
    }
    paths
}

fn read_line(line: &[u8], mapping: &Mapping, zone: Zone) -> Result<NewEvent, Rejection> {
    let fields = json::object(line)?;
    let value = |path: &Option<String>| match path.as_ref().and_then(|path| at(&fields, path)) {
        Some(raw) => json::scalar(raw),
        None => Scalar::Missing,
    };
    let name = match (&mapping.event_is, text(value(&mapping.event))) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) if !name.trim().is_empty() => name.into_owned(),
        (None, _) => return Err(Rejection::new(Reason::NoEventName, "")),
    };
    let time = match value(&mapping.time) {
        Scalar::Missing => return Err(Rejection::new(Reason::NoTime, "")),
        Scalar::Nested => return Err(Rejection::new(Reason::BadTime, "a list or an object")),
        Scalar::Text(written) => mapping.time_format.read(&written, zone)?,
        Scalar::Literal(written) => mapping.time_format.read(written, zone)?,
    };
    let id = |path| text(value(path)).map(Cow::into_owned);
    let mut event = NewEvent {
        kind: EventKind::Track,
        name,
        message_id: id(&mapping.message_id),
        anonymous_id: id(&mapping.anonymous_id),
        user_id: id(&mapping.user_id),
        previous_id: None,
        time,
        properties: String::new(),
        context: String::new(),
        extra: String::new(),
    };
    fill(&mut event, &fields, mapping);
    check_identifiers(&event)?;
    Ok(event)
}

/// Puts all keys without a role where they belong.
fn fill(event: &mut NewEvent, fields: &Fields<'_>, mapping: &Mapping) {
    let roles = super::mapping::Role::ALL.map(|role| mapping.column(role));
    if let Properties::Columns(listed) = &mapping.properties {
        for path in listed {
            if let Some(raw) = at(fields, path) {
                json::push_member(&mut event.properties, path, &json::sound(raw));
            }
        }
    }
    for (key, raw) in fields {
        if roles.contains(&Some(key)) {
            continue;
        }
        match &mapping.properties {
            Properties::Columns(listed) if listed.iter().any(|path| path == key) => {}
            Properties::Columns(_) => json::push_member(&mut event.extra, key, &json::sound(raw)),
            Properties::Rest if key == "context" => {
                event.context = object_or_extra(Some(raw), key, &mut event.extra);
            }
            Properties::Rest if key == "properties" || key == "event_properties" => match json::fields(raw) {
                Ok(inner) => inner.iter().for_each(|(key, raw)| {
                    json::push_member(&mut event.properties, key, &json::sound(raw));
                }),
                Err(_) => json::push_member(&mut event.properties, key, &json::sound(raw)),
            },
            Properties::Rest => json::push_member(&mut event.properties, key, &json::sound(raw)),
        }
    }
    json::close(&mut event.properties);
    json::close(&mut event.extra);
}

fn text(value: Scalar<'_>) -> Option<Cow<'_, str>> {
    match value {
        Scalar::Text(text) => Some(text),
        Scalar::Literal(literal) => Some(Cow::Borrowed(literal)),
        Scalar::Missing | Scalar::Nested => None,
    }
}
