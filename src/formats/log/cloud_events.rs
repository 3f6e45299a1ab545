//! CloudEvents in structured JSON: one, a list, or one a line. Not for the binary mode of HTTP and Kafka.
//!
//! `type` is the event name, `data` are the properties; a `data` that is no object is one property of that name.
//! Source, subject, schema and extension attributes stay in the context. `source` and `id` together are the message
//! id. The person is who an extension attribute or the data name as account or device; else the `subject`; else, for
//! devices that send for themselves, the `source`.

use super::correction::{Correction, built_in, has, recognizes};
use super::json::{self, Fields};
use super::json_parts::{Bag, Keys, text};
use super::json_reader::{JsonReader, Outcome};
use super::mapping::Role;
use super::segment::check_identifiers;
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};

/// The format.
pub struct CloudEvents;

/// Attributes and keys of the data that name the account.
const ACCOUNTS: [&str; 9] = [
    "userId",
    "user_id",
    "userid",
    "customerId",
    "customer_id",
    "customerid",
    "accountId",
    "account_id",
    "accountid",
];

/// Attributes and keys of the data that name the device.
const DEVICES: [&str; 9] = [
    "anonymousId",
    "anonymous_id",
    "anonymousid",
    "deviceId",
    "device_id",
    "deviceid",
    "visitorId",
    "visitor_id",
    "visitorid",
];

impl LogFormat for CloudEvents {
    fn name(&self) -> &'static str {
        "cloudevents"
    }

    fn label(&self) -> &'static str {
        "CloudEvents, JSON"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, |fields| ["specversion", "id", "source", "type"].iter().all(|key| has(fields, key)))
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in("type", "time", "subject", "", "id");
        let fix = Correction::new(self, own, options)?;
        let mapping = fix.mapping.clone();
        Ok(Box::new(JsonReader::with_roles(input, move |object| read(object, &fix), mapping)))
    }
}

fn read(object: &[u8], fix: &Correction) -> Outcome {
    let mut keys = Keys::new(json::object(object)?);
    let own_name = keys.take("type");
    let name = fix.name(keys.fields(), own_name)?;
    let own_time = keys.take("time");
    let time = fix.time(keys.fields(), own_time)?;

    let (mut context, mut extra) = (Bag::default(), Bag::default());
    let (id, source, subject) = (text(keys.take("id")), keys.take("source"), keys.take("subject"));
    extra.put("specversion", keys.take("specversion"));
    context.put("source", source);
    context.put("subject", subject);
    let data = keys.take("data");
    let inner = data.and_then(|raw| json::fields(raw).ok()).unwrap_or_default();
    let (account, device) = (named(&keys, &inner, &ACCOUNTS), named(&keys, &inner, &DEVICES));
    let (user, anonymous) = match (account, device, text(subject)) {
        (None, None, None) => (None, text(source)),
        (None, None, subject) => (subject, None),
        (account, device, _) => (account, device),
    };
    let properties = match data {
        Some(raw) if raw.starts_with('{') => extra.object("data", Some(raw)),
        other => {
            let mut bag = Bag::default();
            bag.put("data", other);
            bag.put("data_base64", keys.take("data_base64"));
            bag.done()
        }
    };
    keys.rest().for_each(|(key, raw)| context.put(key, Some(raw)));
    let fields = keys.fields();
    let message_id = id.map(|id| match text(source) {
        Some(source) => format!("{source}#{id}"),
        None => id,
    });
    let event = NewEvent {
        kind: EventKind::Track,
        name,
        message_id: fix.id(Role::MessageId, fields, message_id),
        anonymous_id: fix.id(Role::AnonymousId, fields, anonymous.filter(|_| !fix.moves(Role::UserId))),
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

fn named(keys: &Keys<'_>, data: &Fields<'_>, names: &[&str]) -> Option<String> {
    let all = || keys.fields().iter().chain(data);
    names.iter().find_map(|name| all().find(|(key, _)| key == name).and_then(|(_, raw)| text(Some(raw))))
}
