//! Google Analytics 4 as BigQuery exports it, rows of `events_…` as JSON. Not for its Parquet files.
//!
//! `event_params` become properties, one each under its key, with the one value that is set: whole numbers are
//! written as text there and are numbers again here. `items`, `ecommerce` and the event's value are properties too.
//! `user_properties` become `context.traits`; device, place, app and traffic source stay in the context as they are.
//! Times are microseconds since 1970, as text. There is no message id: the row itself tells events apart.

use super::correction::{Correction, built_in, has, recognizes};
use super::json::{self, Scalar};
use super::json_parts::{Bag, Keys, list, text};
use super::json_reader::{JsonReader, Outcome};
use super::mapping::Role;
use super::segment::check_identifiers;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};

/// The format.
pub struct Ga4;

const PROPERTIES: [&str; 3] = ["items", "ecommerce", "event_value_in_usd"];

const CONTEXT: [&str; 15] = [
    "app_info",
    "collected_traffic_source",
    "device",
    "event_dimensions",
    "geo",
    "is_active_user",
    "platform",
    "privacy_info",
    "publisher",
    "session_traffic_source_last_click",
    "stream_id",
    "traffic_source",
    "user_first_touch_timestamp",
    "user_ltv",
    "batch_page_id",
];

impl LogFormat for Ga4 {
    fn name(&self) -> &'static str {
        "ga4"
    }

    fn label(&self) -> &'static str {
        "Google Analytics 4 (BigQuery export), JSON"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, |fields| {
            let own = ["event_params", "user_pseudo_id", "event_date"];
            has(fields, "event_name")
                && has(fields, "event_timestamp")
                && own.iter().any(|key| has(fields, key))
        })
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in("event_name", "event_timestamp", "user_id", "user_pseudo_id", "");
        let fix = Correction::new(self, own, options)?;
        let mapping = fix.mapping.clone();
        Ok(Box::new(JsonReader::with_roles(input, move |object| read(object, &fix), mapping)))
    }
}

fn read(object: &[u8], fix: &Correction) -> Outcome {
    let mut keys = Keys::new(json::object(object)?);
    let own_name = keys.take("event_name");
    let name = fix.name(keys.fields(), own_name)?;
    let own_time = keys.take("event_timestamp");
    let time = fix.time(keys.fields(), own_time)?;
    let (user, pseudo) = (text(keys.take("user_id")), text(keys.take("user_pseudo_id")));

    let (mut properties, mut context, mut extra) = (Bag::default(), Bag::default(), Bag::default());
    let raw = keys.take("event_params");
    if raw.is_some_and(|raw| !flatten(raw, &mut properties, None)) {
        extra.put("event_params", raw);
    }
    let (mut traits, mut set_at) = (Bag::default(), Bag::default());
    let raw = keys.take("user_properties");
    if raw.is_some_and(|raw| !flatten(raw, &mut traits, Some(&mut set_at))) {
        extra.put("user_properties", raw);
    }
    context.put_object("traits", &traits.done());
    context.put_object("traits_set_at", &set_at.done());
    for (key, raw) in keys.rest() {
        let bag = match key {
            _ if PROPERTIES.contains(&key) => &mut properties,
            _ if CONTEXT.contains(&key) => &mut context,
            _ => &mut extra,
        };
        bag.put(key, Some(raw));
    }
    let fields = keys.fields();
    let event = NewEvent {
        kind: EventKind::Track,
        name,
        message_id: fix.id(Role::MessageId, fields, None),
        anonymous_id: fix.id(Role::AnonymousId, fields, pseudo),
        user_id: fix.id(Role::UserId, fields, user),
        previous_id: None,
        time,
        properties: properties.done(),
        context: context.done(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}

/// Puts the values of a list of keys and values into a bag; false, and the bag as it was found, when it is no such list.
fn flatten(raw: &str, into: &mut Bag, mut set_at: Option<&mut Bag>) -> bool {
    let Some(entries) = list(raw) else { return false };
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let Ok(fields) = json::fields(entry) else { return false };
        let mut keys = Keys::new(fields);
        let (key, value) = (text(keys.take("key")), keys.take("value").unwrap_or("{}"));
        let (Some(key), Ok(value)) = (key, json::fields(value)) else { return false };
        if keys.rest().next().is_some() {
            return false;
        }
        found.push((key, Keys::new(value)));
    }
    for (key, mut value) in found {
        if let Some(set_at) = set_at.as_deref_mut() {
            set_at.put(&key, value.take("set_timestamp_micros"));
        }
        let whole = value.take("int_value").map(whole_number);
        let other = value.take_first(&["string_value", "double_value", "float_value"]);
        into.put(&key, other.or(whole.as_deref()));
        // Two values of one key are no value of it: the others keep their own names.
        for (kind, raw) in value.rest() {
            into.put(&format!("{key}.{kind}"), Some(raw));
        }
        if other.is_some() {
            into.put(&format!("{key}.int_value"), whole.as_deref());
        }
    }
    true
}

/// A whole number written as text is a number again; anything else stays as it is written.
fn whole_number(raw: &str) -> String {
    match json::scalar(raw) {
        Scalar::Text(text) if text.parse::<i64>().is_ok_and(|number| number.to_string() == text) => {
            text.into_owned()
        }
        Scalar::Text(_) | Scalar::Literal(_) | Scalar::Missing | Scalar::Nested => raw.to_owned(),
    }
}
