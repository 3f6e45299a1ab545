//! Amplitude's export of raw events: one an object, in a ZIP of hourly files. Not for opening the ZIP: see `jobs::import`.
//!
//! `event_type` is the event name, `event_properties` are its properties, `event_time` is UTC. `$identify` and
//! `$groupidentify` are identify and group calls. The state of the person at that moment, `user_properties`, becomes
//! `context.traits`; keys about the device, the place, the app and the session keep their names in the context. By what
//! else Amplitude knows the person or the device (`amplitude_id`, `adid`, `idfa`, `idfv`) is in `context.identities`. An
//! event without user and device id is named by its `amplitude_id`. Amplitude tells events apart by `$insert_id` and
//! device; so does the message id, made of both.

use xxhash_rust::xxh3::xxh3_64;

use super::correction::{Correction, built_in, has, recognizes};
use super::json;
use super::json_parts::{Bag, Keys, text};
use super::json_reader::{JsonReader, Outcome};
use super::mapping::Role;
use super::segment::check_identifiers;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};

/// The format.
pub struct Amplitude;

/// Times in the order of preference; those not used stay with the event as extra.
const TIMES: [&str; 5] =
    ["event_time", "client_event_time", "client_upload_time", "server_received_time", "server_upload_time"];

/// Identifiers besides those of account and device.
const IDENTITIES: [&str; 4] = ["amplitude_id", "adid", "idfa", "idfv"];

/// Keys that stay in the context under their names.
const CONTEXT: [&str; 29] = [
    "app",
    "app_version",
    "carrier",
    "city",
    "country",
    "device_brand",
    "device_carrier",
    "device_family",
    "device_manufacturer",
    "device_model",
    "device_type",
    "dma",
    "ip_address",
    "language",
    "library",
    "location_lat",
    "location_lng",
    "os_name",
    "os_version",
    "partner_id",
    "paying",
    "platform",
    "plan",
    "region",
    "sample_rate",
    "start_version",
    "user_agent",
    "user_creation_time",
    "version_name",
];

impl LogFormat for Amplitude {
    fn name(&self) -> &'static str {
        "amplitude"
    }

    fn label(&self) -> &'static str {
        "Amplitude export"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, |fields| {
            let known = ["amplitude_id", "$insert_id", "server_upload_time", "event_properties"];
            has(fields, "event_type")
                && TIMES.iter().any(|key| has(fields, key))
                && known.iter().any(|key| has(fields, key))
        })
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in("event_type", "event_time", "user_id", "device_id", "$insert_id");
        let fix = Correction::new(self, own, options)?;
        let mapping = fix.mapping.clone();
        Ok(Box::new(JsonReader::with_roles(input, move |object| read(object, &fix), mapping)))
    }
}

fn read(object: &[u8], fix: &Correction) -> Outcome {
    let mut keys = Keys::new(json::object(object)?);
    let own_name = keys.take("event_type");
    let name = fix.name(keys.fields(), own_name)?;
    let kind = match name.as_str() {
        "$identify" => EventKind::Identify,
        "$groupidentify" => EventKind::Group,
        _ => EventKind::Track,
    };
    let own_time = keys.take_first(&TIMES);
    let time = fix.time(keys.fields(), own_time)?;
    let (user, device) = (text(keys.take("user_id")), text(keys.take("device_id")));
    let message_id = message_id(&mut keys, device.as_deref());
    let amplitude_id = keys.fields().iter().find(|(key, _)| key == "amplitude_id").map(|(_, raw)| *raw);
    let anonymous = device.or_else(|| text(amplitude_id).filter(|_| user.is_none()));

    let (mut context, mut extra) = (Bag::default(), Bag::default());
    let event_properties = extra.object("event_properties", keys.take("event_properties"));
    let user_properties = extra.object("user_properties", keys.take("user_properties"));
    let group_properties = extra.object("group_properties", keys.take("group_properties"));
    let properties = match kind {
        EventKind::Identify => {
            extra.put_object("event_properties", &event_properties);
            context.put_object("group_properties", &group_properties);
            user_properties
        }
        EventKind::Group => {
            extra.put_object("event_properties", &event_properties);
            context.put_object("traits", &user_properties);
            group_properties
        }
        EventKind::Track | EventKind::Page | EventKind::Screen | EventKind::Alias | EventKind::Traits => {
            context.put_object("traits", &user_properties);
            context.put_object("group_properties", &group_properties);
            event_properties
        }
    };
    context.put_identities(&mut keys, &IDENTITIES);
    context.put("groups", keys.take("groups"));
    // −1 stands for an event outside every session.
    match keys.take("session_id") {
        Some("-1") => extra.put("session_id", Some("-1")),
        session => context.put("session_id", session),
    }
    for (key, raw) in keys.rest() {
        let bag = if CONTEXT.contains(&key) { &mut context } else { &mut extra };
        bag.put(key, Some(raw));
    }
    let fields = keys.fields();
    let event = NewEvent {
        kind,
        name: if kind == EventKind::Track { name } else { kind.default_name().to_owned() },
        message_id: fix.id(Role::MessageId, fields, message_id),
        anonymous_id: fix.id(Role::AnonymousId, fields, anonymous),
        user_id: fix.id(Role::UserId, fields, user),
        previous_id: None,
        time,
        properties,
        context: context.done(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}

/// `$insert_id` is told apart by device only; without one `uuid` tells every event of an export apart.
fn message_id(keys: &mut Keys<'_>, device: Option<&str>) -> Option<String> {
    let Some(insert) = text(keys.take_first(&["$insert_id", "insert_id"])) else {
        return text(keys.take("uuid"));
    };
    Some(match device {
        Some(device) => format!("{insert}:{:016x}", xxh3_64(device.as_bytes())),
        None => insert,
    })
}
