//! mParticle's event batches: an object for each upload of a person, with many events. Not for its audience files.
//!
//! Every event of a batch becomes a record of its own; what the batch knows of the person, the device and the app is
//! in the context of each: `user_attributes` as `context.traits` (with the e-mail address of the identities), the
//! identities themselves with the `mpid`, `device_info`, `application_info`. The customer id is the account, the device's id the
//! device, else mParticle's own `mpid`. A change of an attribute or an identity is an identify call, and so is a batch
//! without events.

use std::collections::VecDeque;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::correction::{Correction, built_in, has, recognizes};
use super::json::{self, Fields};
use super::json_objects::Objects;
use super::json_parts::{Bag, Keys, list, text};
use super::json_reader::{Outcome, record};
use super::mapping::Role;
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::{Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Record};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};

/// The format.
pub struct MParticle;

/// Keys of the data of a commerce event that are properties.
const COMMERCE: [&str; 6] = [
    "product_action",
    "promotion_action",
    "product_impressions",
    "shopping_cart",
    "currency_code",
    "is_non_interactive",
];

impl LogFormat for MParticle {
    fn name(&self) -> &'static str {
        "mparticle"
    }

    fn label(&self) -> &'static str {
        "mParticle event batches"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, is_batch)
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in("data.event_name", "data.timestamp_unixtime_ms", "", "", "data.event_id");
        let fix = Correction::new(self, own, options)?;
        Ok(Box::new(Batches { objects: Objects::new(input), fix, waiting: VecDeque::new(), position: 0 }))
    }
}

fn is_batch(fields: &Fields<'_>) -> bool {
    let own = [
        "mpid",
        "mp_deviceid",
        "user_identities",
        "user_attributes",
        "device_info",
        "source_request_id",
        "application_info",
    ];
    has(fields, "events") && own.iter().any(|key| has(fields, key))
}

/// Reads the batches, and gives their events one by one.
struct Batches<'a> {
    objects: Objects<'a>,
    fix: Correction,
    waiting: VecDeque<Record>,
    /// Where the last batch ended.
    position: u64,
}

impl LogReader for Batches<'_> {
    fn next(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return Ok(Some(record));
            }
            let Some(piece) = self.objects.next()? else { return Ok(None) };
            if piece.is_blank() {
                continue;
            }
            let start = std::mem::replace(&mut self.position, piece.position);
            let found = match &piece.fault {
                Some(fault) => Err(fault.clone()),
                None => read(piece.bytes, &self.fix),
            };
            match found {
                Err(fault) => return Ok(Some(record(&piece, xxh3_64(piece.bytes), Err(fault)))),
                Ok(found) => {
                    let last = found.len().saturating_sub(1);
                    for (index, one) in found.into_iter().enumerate() {
                        // Each has a place of its own, so that an import goes on within a batch.
                        let position = if index == last { piece.position } else { start + 1 + index as u64 };
                        let raw = if one.outcome.is_ok() { Vec::new() } else { one.raw };
                        let (raw_hash, outcome) = (one.hash, one.outcome);
                        self.waiting.push_back(Record { line: piece.line, position, raw_hash, raw, outcome });
                    }
                }
            }
        }
    }

    fn mapping(&self) -> Option<&Mapping> {
        Some(&self.fix.mapping)
    }
}

/// What became of one event of a batch.
struct Found {
    outcome: Outcome,
    raw: Vec<u8>,
    hash: u64,
}

/// What a batch says of all its events.
struct Shared {
    user: Option<String>,
    device: Option<String>,
    context: String,
    traits: String,
    time: Option<String>,
}

/// The events of a batch, at least one record.
fn read(object: &[u8], fix: &Correction) -> Result<Vec<Found>, Rejection> {
    let fields = json::object(object)?;
    if !is_batch(&fields) {
        return Err(Rejection::new(Reason::NotAnEvent, "an object without “events” of a person or device"));
    }
    let mut keys = Keys::new(fields);
    let events = keys.take("events").unwrap_or("[]");
    let events = list(events).ok_or_else(|| Rejection::new(Reason::NotAnEvent, "“events” is no list"))?;
    let shared = Shared::take(&mut keys);
    let seed = xxh3_64(format!("{:?}{:?}", shared.user, shared.device).as_bytes());
    if events.is_empty() {
        let outcome = shared.identify(fix);
        let raw = object[..object.len().min(LONGEST_RAW)].to_vec();
        return Ok(vec![Found { outcome, raw, hash: xxh3_64(object) }]);
    }
    let found = events.into_iter().map(|raw| Found {
        outcome: event(raw, &shared, fix),
        raw: raw.as_bytes()[..raw.len().min(LONGEST_RAW)].to_vec(),
        hash: xxh3_64_with_seed(raw.as_bytes(), seed),
    });
    Ok(found.collect())
}

impl Shared {
    fn take(keys: &mut Keys<'_>) -> Shared {
        let mut context = Bag::default();
        let mut traits = Bag::default();
        let identities = identities(keys.take("user_identities"), &mut context);
        let find = |name: &str| identities.iter().find(|(kind, _)| kind == name).map(|(_, id)| id.clone());
        let attributes = keys.take("user_attributes");
        let attributes_fields = attributes.and_then(|raw| json::fields(raw).ok());
        if attributes_fields.is_none() {
            context.put("user_attributes", attributes);
        }
        let attributes = attributes_fields.unwrap_or_default();
        traits.put_all(&attributes);
        if let Some(email) = find("email").filter(|_| !has(&attributes, "email")) {
            traits.put_text("email", &email);
        }
        let traits = traits.done();
        context.put_object("traits", &traits);
        let mpid = keys.take("mpid");
        let mut bag = Bag::default();
        identities.iter().for_each(|(kind, id)| bag.put_text(kind, id));
        match text(mpid) {
            Some(id) => bag.put_text("mpid", &id),
            None => context.put("mpid", mpid),
        }
        context.put_object("identities", &bag.done());
        let device =
            text(keys.take_first(&["mp_deviceid", "device_application_stamp"])).or_else(|| text(mpid));
        let time = text(keys.take("timestamp_unixtime_ms"));
        context.put("device", keys.take("device_info"));
        context.put("app", keys.take("application_info"));
        keys.rest().for_each(|(key, raw)| context.put(key, Some(raw)));
        Shared {
            user: find("customer_id").or_else(|| find("customerid")),
            device,
            context: context.done(),
            traits,
            time,
        }
    }

    /// A batch without events says what is known of the person.
    fn identify(&self, fix: &Correction) -> Outcome {
        let written = self.time.as_deref();
        let time = fix.time(&Fields::new(), written)?;
        let event = NewEvent {
            kind: EventKind::Identify,
            name: EventKind::Identify.default_name().to_owned(),
            message_id: None,
            anonymous_id: self.device.clone(),
            user_id: self.user.clone(),
            previous_id: None,
            time,
            properties: self.traits.clone(),
            context: self.context.clone(),
            extra: String::new(),
        };
        check_identifiers(&event)?;
        Ok(event)
    }
}

/// Identities as kind and value, from an object or a list; anything else stays in the context.
fn identities(raw: Option<&str>, context: &mut Bag) -> Vec<(String, String)> {
    let Some(raw) = raw else { return Vec::new() };
    if let Ok(fields) = json::fields(raw) {
        let found = fields.into_iter();
        return found.filter_map(|(kind, raw)| Some((kind.into_owned(), text(Some(raw))?))).collect();
    }
    let entries = list(raw).unwrap_or_default();
    let found: Option<Vec<_>> = entries
        .iter()
        .map(|entry| {
            let mut keys = Keys::new(json::fields(entry).ok()?);
            Some((text(keys.take("identity_type"))?, text(keys.take("identity"))?))
        })
        .collect();
    match found {
        Some(found) if !found.is_empty() => found,
        Some(_) | None => {
            context.put("user_identities", Some(raw));
            Vec::new()
        }
    }
}

fn event(raw: &str, shared: &Shared, fix: &Correction) -> Outcome {
    let fields =
        json::fields(raw).map_err(|_| Rejection::new(Reason::NotAnEvent, "an event that is no object"))?;
    let mut keys = Keys::new(fields);
    let kind_word = text(keys.take("event_type"))
        .ok_or_else(|| Rejection::new(Reason::NotAnEvent, "an event without “event_type”"))?;
    let data = keys.take("data").unwrap_or("{}");
    let mut data =
        Keys::new(json::fields(data).map_err(|_| Rejection::new(Reason::NotAnEvent, "“data” is no object"))?);
    let (mut properties, mut extra) = (Bag::default(), Bag::default());
    let (kind, own_name) = named(&kind_word, &mut data, &mut properties);
    let mut quoted = String::new();
    let own_name = own_name.map(|name| {
        json::push_text(&mut quoted, &name);
        quoted.as_str()
    });
    let name = match kind {
        EventKind::Track => fix.name(keys.fields(), own_name)?,
        EventKind::Page
        | EventKind::Screen
        | EventKind::Identify
        | EventKind::Group
        | EventKind::Alias
        | EventKind::Traits => kind.default_name().to_owned(),
    };
    let own_time = data.take("timestamp_unixtime_ms").or(shared.time.as_deref());
    let time = fix.time(keys.fields(), own_time)?;
    let message_id = text(data.take("event_id"));
    match data.take("custom_attributes") {
        Some(raw) if raw.starts_with('{') => properties.put_all(&json::fields(raw).unwrap_or_default()),
        other => extra.put("custom_attributes", other),
    }
    let bag = if matches!(kind_word.as_str(), "custom_event" | "screen_view" | "commerce_event") {
        &mut extra
    } else {
        &mut properties
    };
    data.rest().for_each(|(key, raw)| bag.put(key, Some(raw)));
    extra.put_text("event_type", &kind_word);
    keys.rest().for_each(|(key, raw)| extra.put(key, Some(raw)));
    let fields = keys.fields();
    let event = NewEvent {
        kind,
        name,
        message_id: fix.id(Role::MessageId, fields, message_id),
        anonymous_id: fix.id(Role::AnonymousId, fields, shared.device.clone()),
        user_id: fix.id(Role::UserId, fields, shared.user.clone()),
        previous_id: None,
        time,
        properties: properties.done(),
        context: shared.context.clone(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}

/// What kind of call an event is, and its name; what makes up the name may be a property too.
fn named(word: &str, data: &mut Keys<'_>, properties: &mut Bag) -> (EventKind, Option<String>) {
    match word {
        "custom_event" => (EventKind::Track, text(data.take("event_name"))),
        "screen_view" => {
            properties.put("name", data.take("screen_name"));
            (EventKind::Screen, None)
        }
        "commerce_event" => {
            let action = ["product_action", "promotion_action"].into_iter().find_map(|key| {
                let raw = data.fields().iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)?;
                let mut action = Keys::new(json::fields(raw).ok()?);
                text(action.take("action"))
            });
            for key in COMMERCE {
                properties.put(key, data.take(key));
            }
            (EventKind::Track, Some(format!("Commerce: {}", action.as_deref().unwrap_or("impression"))))
        }
        "user_attribute_change" => {
            let key = text(data.take("user_attribute_name")).unwrap_or_else(|| "new".to_owned());
            properties.put(&key, data.take("new"));
            (EventKind::Identify, None)
        }
        "user_identity_change" => (EventKind::Identify, None),
        other => (EventKind::Track, Some(other.to_owned())),
    }
}
