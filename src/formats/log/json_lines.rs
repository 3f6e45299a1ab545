//! Any log of JSON objects, one a line or in a list, read by a mapping of paths. Not for Segment calls: see `segment`.
//!
//! A path is a key, or keys joined by dots for nested objects (`payload.name`); a key that holds dots itself is
//! found first. Every object is a track event, unless the mapping names a key of call types. With `properties = "rest"`
//! all top-level keys without a role become properties; an object under `properties` or `event_properties` gives its
//! members, and one under `context` is the context.

use super::json::{self, Fields};
use super::json_reader::JsonReader;
use super::mapped::Mapped;
use super::mapping::Properties;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions, json_objects, peek};
use crate::base::Diagnostic;

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
        if !json_objects::opens_json(head) {
            return 0;
        }
        match mapping {
            Some(mapping) if mapping.names_columns() => 95,
            // Before those that only say why an object is none of their events, behind those that know their own.
            Some(_) | None if has_usual_names(head) => 40,
            Some(_) | None => 0,
        }
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
        let mapped = Mapped::new(mapping.clone(), zone, options.imported_at);
        Ok(Box::new(JsonReader::mapped(input, move |object| mapped.event(&json::object(object)?), mapping)))
    }
}

/// True when the event, its time and an identifier stand under names that need no mapping.
fn has_usual_names(head: &[u8]) -> bool {
    let paths = paths(head);
    let mapping = Mapping::default().completed(&paths);
    mapping.check(&possible(&mapping, paths)).is_ok()
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
pub(super) fn possible(mapping: &Mapping, mut paths: Vec<String>) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::super::segment::Segment;
    use super::*;

    #[test]
    fn a_log_with_usual_names_needs_no_mapping() {
        let (event, call) = (r#""event":"A""#, r#""timestamp":"2026-01-01T00:00:00Z""#);
        for object in [
            format!(r#"{{{event},"user_id":"u","time":"2026-01-01T00:00:00Z","amount":0}}"#),
            format!(r#"{{{event},"user_id":"u",{call}}}"#),
            r#"{"name":"A","user":"u","ts":1767225600}"#.to_owned(),
            r#"{"event_name":"A","user_id":"u","event_time":"2026-01-01"}"#.to_owned(),
        ] {
            for log in [object.clone(), format!("[{object},\n{object}]"), format!("{object}\n{object}\n")] {
                let (own, other) =
                    (JsonLines.recognizes(log.as_bytes(), None), Segment.recognizes(log.as_bytes(), None));
                assert!(own > other, "{log}: {own}, Segment {other}");
                let mut reader = JsonLines.reader(Box::new(log.as_bytes()), &ReadOptions::default()).unwrap();
                assert!(reader.next().unwrap().unwrap().outcome.is_ok(), "{log}");
            }
        }
        for log in
            [format!(r#"{{{event},"userId":"u",{call}}}"#), format!("{{{event},{call}}}"), "{}".to_owned()]
        {
            let (own, other) =
                (JsonLines.recognizes(log.as_bytes(), None), Segment.recognizes(log.as_bytes(), None));
            assert!(own < other, "{log}: {own}, Segment {other}");
        }
    }
}
