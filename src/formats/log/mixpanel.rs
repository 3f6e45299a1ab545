//! Mixpanel's raw export: one event an object, everything else in its properties. Not for Mixpanel's query results.
//!
//! Projects made before 2023 write `time` in their own zone: a mapping with `zone = "…"` says which; without one it is
//! UTC. The export is not free of duplicates; Mixpanel tells events apart by name, `distinct_id`, time and
//! `$insert_id`, and so does the message id: the insert id and a hash of the others. `$user_id` is the account,
//! `$device_id` or a `distinct_id` that starts with `$device:` the device; another `distinct_id` is the account.
//! `$identify`, `$create_alias` and `$merge` link identifiers. A line of profiles (`$distinct_id`, `$properties`) is
//! a row of traits, as in other tables of persons. Keys from which a tool has stripped the `$` are known too.

use chrono::DateTime;
use xxhash_rust::xxh3::xxh3_64;

use super::correction::{Correction, built_in, has, recognizes};
use super::json;
use super::json_parts::{Bag, Keys, list, object_text, text};
use super::json_reader::{JsonReader, Outcome};
use super::mapping::Role;
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::{Time, Zone};

/// The format.
pub struct Mixpanel;

impl LogFormat for Mixpanel {
    fn name(&self) -> &'static str {
        "mixpanel"
    }

    fn label(&self) -> &'static str {
        "Mixpanel export"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, |fields| {
            let inside = |key: &str| {
                let raw = fields.iter().find(|(name, _)| name == "properties").map(|(_, raw)| *raw);
                raw.and_then(|raw| json::fields(raw).ok()).is_some_and(|inner| has(&inner, key))
            };
            let is_event = has(fields, "event") && inside("distinct_id") && inside("time");
            is_event || (has(fields, "$distinct_id") && has(fields, "$properties"))
        })
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in(
            "event",
            "properties.time",
            "properties.distinct_id",
            "properties.$device_id",
            "properties.$insert_id",
        );
        let fix = Correction::new(self, own, options)?;
        let mapping = fix.mapping.clone();
        let at = options.imported_at;
        let reader = JsonReader::with_roles(input, move |object| read(object, &fix, at), mapping);
        Ok(Box::new(reader.noting(zone_note(options.mapping.as_ref()))))
    }
}

/// What a person should know when the mapping names no zone.
fn zone_note(mapping: Option<&Mapping>) -> Option<Diagnostic> {
    if mapping.is_some_and(|mapping| mapping.zone.is_some()) {
        return None;
    }
    Some(
        Diagnostic::info("mixpanel-zone", "The times of this Mixpanel log are read as UTC").hint(
            "A project made before 2023 writes them in its own zone: say it in a mapping, such as zone = \"US/Pacific\"",
        ),
    )
}

fn read(object: &[u8], fix: &Correction, imported_at: Time) -> Outcome {
    let mut keys = Keys::new(json::object(object)?);
    if has(keys.fields(), "$distinct_id") && has(keys.fields(), "$properties") {
        return profile(keys, imported_at);
    }
    let own_name = keys.take("event");
    let name = fix.name(keys.fields(), own_name)?;
    let raw = keys.take("properties").unwrap_or("{}");
    let inner =
        object_text(raw).ok_or_else(|| Rejection::new(Reason::NotAnEvent, "“properties” is no object"))?;
    let inner =
        json::fields(&inner).map_err(|_| Rejection::new(Reason::NotAnEvent, "“properties” is no object"))?;
    let mut inner = Inner::new(inner);
    let written = inner.keys.take("time");
    let time = time(fix, &keys, written)?;
    let ids = Ids::take(&mut inner);
    let insert = text(inner.take("$insert_id"));
    let message_id = insert.map(|insert| {
        let key = [name.as_str(), ids.distinct.as_deref().unwrap_or_default(), written.unwrap_or_default()];
        format!("{insert}:{:016x}", xxh3_64(key.join("\0").as_bytes()))
    });
    let (kind, ids, previous_id) = links(&name, ids, &mut inner);

    let (mut properties, mut extra) = (Bag::default(), Bag::default());
    if let Some(distinct) = ids.distinct.filter(|id| Some(id) != ids.user.as_ref()) {
        let device = ids.device.as_deref().unwrap_or_default();
        if distinct.strip_prefix("$device:").unwrap_or(&distinct) != device {
            extra.put_text("distinct_id", &distinct);
        }
    }
    extra.put("mp_processing_time_ms", inner.keys.take("mp_processing_time_ms"));
    inner.keys.rest().for_each(|(key, raw)| properties.put(key, Some(raw)));
    keys.rest().for_each(|(key, raw)| extra.put(key, Some(raw)));
    let fields = keys.fields();
    let event = NewEvent {
        kind,
        name: if kind == EventKind::Track { name } else { kind.default_name().to_owned() },
        message_id: fix.id(Role::MessageId, fields, message_id),
        anonymous_id: fix.id(Role::AnonymousId, fields, ids.device),
        user_id: fix.id(Role::UserId, fields, ids.user),
        previous_id,
        time,
        properties: properties.done(),
        context: String::new(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}

/// The properties, whose `$` a tool may have stripped.
struct Inner<'t> {
    keys: Keys<'t>,
    stripped: bool,
}

impl<'t> Inner<'t> {
    fn new(fields: json::Fields<'t>) -> Self {
        let stripped = !has(&fields, "$insert_id") && has(&fields, "insert_id");
        Self { keys: Keys::new(fields), stripped }
    }

    fn take(&mut self, key: &str) -> Option<&'t str> {
        let found = self.keys.take(key);
        if found.is_none() && self.stripped { self.keys.take(key.trim_start_matches('$')) } else { found }
    }
}

/// Who an event names.
struct Ids {
    distinct: Option<String>,
    user: Option<String>,
    device: Option<String>,
}

impl Ids {
    fn take(inner: &mut Inner<'_>) -> Ids {
        let distinct = text(inner.keys.take("distinct_id"));
        let user = text(inner.take("$user_id"));
        let device = text(inner.take("$device_id"));
        let by_prefix = distinct.as_deref().and_then(|id| id.strip_prefix("$device:")).map(str::to_owned);
        let (user, device) = match (user, device, by_prefix) {
            (user, device, Some(by_prefix)) => (user, device.or(Some(by_prefix))),
            (Some(user), device, None) => (Some(user), device),
            (None, device, None) if device == distinct => (None, device),
            (None, device, None) => (distinct.clone(), device),
        };
        Ids { distinct, user, device }
    }
}

/// Events that say which identifiers are one person.
fn links(name: &str, ids: Ids, inner: &mut Inner<'_>) -> (EventKind, Ids, Option<String>) {
    match name {
        "$identify" => {
            let user = text(inner.keys.take("$identified_id")).or(ids.user);
            let device = text(inner.keys.take_first(&["$anon_id", "$anon_distinct_id"])).or(ids.device);
            (EventKind::Identify, Ids { distinct: ids.distinct, user, device }, None)
        }
        "$create_alias" => match text(inner.keys.take("alias")) {
            Some(alias) => (EventKind::Alias, ids, Some(alias)),
            None => (EventKind::Track, ids, None),
        },
        "$merge" => {
            let raw = inner.keys.fields().iter().find(|(key, _)| key == "$distinct_ids").map(|(_, raw)| *raw);
            let both = raw.and_then(list).filter(|both| both.len() == 2);
            match both.map(|both| (text(Some(both[0])), text(Some(both[1])))) {
                Some((Some(one), Some(other))) => {
                    inner.keys.take("$distinct_ids");
                    (EventKind::Alias, Ids { user: Some(one), ..ids }, Some(other))
                }
                Some(_) | None => (EventKind::Track, ids, None),
            }
        }
        _ => (EventKind::Track, ids, None),
    }
}

/// The time; a number counts from 1970 in the project's zone.
fn time(fix: &Correction, keys: &Keys<'_>, written: Option<&str>) -> Result<Time, Rejection> {
    let raw = fix.raw(Role::Time, keys.fields(), written);
    let read = fix.time(keys.fields(), written)?;
    let is_number =
        text(raw).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    if fix.zone == Zone::default() || !is_number {
        return Ok(read);
    }
    let local = DateTime::from_timestamp_micros(read.0).map(|time| time.naive_utc());
    Ok(local.map_or(read, |local| fix.zone.at(local)))
}

/// A profile: what is known of a person, whenever she was seen last.
fn profile(mut keys: Keys<'_>, time: Time) -> Outcome {
    let (mut traits, mut extra) = (Bag::default(), Bag::default());
    let user = text(keys.take("$distinct_id"));
    let raw = keys.take("$properties").unwrap_or("{}");
    let inner = object_text(raw).unwrap_or_default();
    let inner = Keys::new(json::fields(&inner).unwrap_or_default());
    inner.rest().for_each(|(key, raw)| traits.put(key, Some(raw)));
    keys.rest().for_each(|(key, raw)| extra.put(key, Some(raw)));
    let device = user.as_deref().and_then(|id| id.strip_prefix("$device:")).map(str::to_owned);
    let event = NewEvent {
        kind: EventKind::Traits,
        name: EventKind::Traits.default_name().to_owned(),
        message_id: None,
        user_id: user.filter(|_| device.is_none()),
        anonymous_id: device,
        previous_id: None,
        time,
        properties: traits.done(),
        context: String::new(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}
