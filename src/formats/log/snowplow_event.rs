//! The fields of one Snowplow event, put together. Not for splitting them: see `snowplow`; nor for their list: see
//! `snowplow_fields`.
//!
//! - name: `event_name`; of a structured event `se_category / se_action`; else the name in the self-describing event's
//!   schema, or `event`;
//! - ids: `user_id`; the anonymous id is `domain_userid`, of a mobile tracker the user of its client session, else
//!   `network_userid`; `event_id` is the message id;
//! - time: `derived_tstamp`, else `collector_tstamp`, both UTC;
//! - the data of a self-describing event are properties; a context is named `contexts_com_acme_product_1` by vendor, name
//!   and model of its schema, one object or, when there are several, a list.

use serde_json::value::RawValue;

use super::csv_layout::is_number;
use super::json::{self, Scalar};
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::snowplow_fields::{FIELDS, Kind, Place, kind, place};
use super::time::TimeFormat;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::{Time, Zone};

/// Puts an event together out of names and values; an empty value is none.
///
/// # Errors
/// Why it is no event.
pub(super) fn event<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Result<NewEvent, Rejection> {
    let mut parts = Parts::default();
    for (name, value) in fields {
        if !value.is_empty() {
            parts.take(name, value);
        }
    }
    parts.finish()
}

#[derive(Default)]
struct Parts {
    event: String,
    event_name: String,
    schema_name: String,
    se: [String; 2],
    event_id: Option<String>,
    user_id: Option<String>,
    domain_userid: Option<String>,
    network_userid: Option<String>,
    derived: String,
    collector: String,
    properties: String,
    context: String,
    extra: String,
    /// Names and data of contexts, in order.
    contexts: Vec<(String, String)>,
}

impl Parts {
    fn take(&mut self, name: &str, value: &str) {
        match name {
            "event" => self.event = value.to_owned(),
            "event_name" => self.event_name = value.to_owned(),
            "event_id" => self.event_id = Some(value.to_owned()),
            "user_id" => self.user_id = Some(value.to_owned()),
            "domain_userid" => self.domain_userid = Some(value.to_owned()),
            "derived_tstamp" => self.derived = value.to_owned(),
            "collector_tstamp" => {
                self.collector = value.to_owned();
                json::push_member(&mut self.extra, name, &json::text(value));
            }
            _ => {
                match name {
                    "se_category" => self.se[0] = value.to_owned(),
                    "se_action" => self.se[1] = value.to_owned(),
                    "network_userid" => self.network_userid = Some(value.to_owned()),
                    _ => {}
                }
                self.keep(name, value);
            }
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        match kind(name) {
            Kind::Text => self.push(name, &json::text(value)),
            Kind::Number if is_number(value) => self.push(name, value),
            Kind::Number => self.push(name, &json::text(value)),
            Kind::Boolean => match value {
                "1" | "true" | "TRUE" | "True" => self.push(name, "true"),
                "0" | "false" | "FALSE" | "False" => self.push(name, "false"),
                _ => self.push(name, &json::text(value)),
            },
            Kind::Contexts => match described(value).and_then(|(_, data)| list(&data)) {
                Some(contexts) => contexts.iter().for_each(|raw| self.context(name, raw)),
                None => json::push_member(&mut self.extra, name, &json::text(value)),
            },
            Kind::Unstruct => match described(value).and_then(|(_, data)| described(&data)) {
                Some((schema, data)) => {
                    self.schema_name = schema.split('/').nth(1).unwrap_or_default().to_owned();
                    self.data(name, &data);
                }
                None => json::push_member(&mut self.extra, name, &json::text(value)),
            },
            Kind::ContextColumn => match list(value) {
                Some(data) => data.into_iter().for_each(|raw| self.contexts.push((model_only(name), raw))),
                None => json::push_member(&mut self.extra, name, &json::text(value)),
            },
            Kind::UnstructColumn => match list(value).and_then(|data| data.into_iter().next()) {
                Some(data) => {
                    let schema = model_only(name.trim_start_matches("unstruct_event_"));
                    self.schema_name =
                        schema.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned();
                    self.data(name, &data);
                }
                None => json::push_member(&mut self.extra, name, &json::text(value)),
            },
        }
    }

    fn push(&mut self, name: &str, raw: &str) {
        let object = match place(name) {
            Place::Property => &mut self.properties,
            Place::Context => &mut self.context,
            Place::Extra => &mut self.extra,
        };
        json::push_member(object, name, raw);
    }

    /// A context of a list; one without a schema is kept aside.
    fn context(&mut self, list: &str, raw: &str) {
        match described(raw) {
            Some((schema, data)) => self.contexts.push((context_name(&schema), data)),
            None => json::push_member(&mut self.extra, list, raw),
        }
    }

    /// The data of a self-describing event as properties.
    fn data(&mut self, name: &str, data: &str) {
        let Ok(members) = json::fields(data) else {
            return json::push_member(&mut self.properties, name, data);
        };
        for (key, raw) in members.iter().filter(|(_, raw)| *raw != "null") {
            // What the event calls like a field of every event is told apart from it.
            let is_field = FIELDS.contains(&key.as_ref());
            let key = if is_field { format!("unstruct_event.{key}") } else { key.clone().into_owned() };
            json::push_member(&mut self.properties, &key, &json::sound(raw));
        }
    }

    fn finish(mut self) -> Result<NewEvent, Rejection> {
        let anonymous_id =
            self.domain_userid.take().or_else(|| self.client_user()).or_else(|| self.network_userid.take());
        self.push_contexts();
        for object in [&mut self.properties, &mut self.context, &mut self.extra] {
            json::close(object);
        }
        let time = self.time()?;
        let event = NewEvent {
            kind: EventKind::Track,
            name: self.name().ok_or_else(|| Rejection::new(Reason::NoEventName, ""))?,
            message_id: self.event_id,
            anonymous_id,
            user_id: self.user_id,
            previous_id: None,
            time,
            properties: self.properties,
            context: self.context,
            extra: self.extra,
        };
        check_identifiers(&event)?;
        Ok(event)
    }

    fn name(&self) -> Option<String> {
        let [category, action] = &self.se;
        if !action.is_empty() && matches!(self.event.as_str(), "struct" | "se") {
            return Some(if category.is_empty() { action.clone() } else { format!("{category} / {action}") });
        }
        let names = [&self.event_name, &self.schema_name, action, &self.event];
        names.into_iter().find(|name| !name.trim().is_empty()).cloned()
    }

    fn time(&self) -> Result<Time, Rejection> {
        let written = if self.derived.is_empty() { &self.collector } else { &self.derived };
        if written.is_empty() {
            return Err(Rejection::new(Reason::NoTime, ""));
        }
        TimeFormat::Iso.read(written, Zone::default())
    }

    /// The device's id as a mobile tracker has it.
    fn client_user(&self) -> Option<String> {
        let (_, data) = self.contexts.iter().find(|(name, _)| name.contains("_client_session_"))?;
        let fields = json::fields(data).ok()?;
        let (_, raw) = fields.iter().find(|(key, _)| key == "userId")?;
        match json::scalar(raw) {
            Scalar::Text(text) => Some(text.into_owned()),
            Scalar::Literal(_) | Scalar::Missing | Scalar::Nested => None,
        }
    }

    fn push_contexts(&mut self) {
        let contexts = std::mem::take(&mut self.contexts);
        for (index, (name, data)) in contexts.iter().enumerate() {
            if contexts[..index].iter().any(|(earlier, _)| earlier == name) {
                continue;
            }
            let same: Vec<&str> = contexts[index..]
                .iter()
                .filter(|(other, _)| other == name)
                .map(|(_, data)| data.as_str())
                .collect();
            match same.len() {
                1 => json::push_member(&mut self.context, name, data),
                _ => json::push_member(&mut self.context, name, &format!("[{}]", same.join(","))),
            }
        }
    }
}

/// Schema and data of a self-describing object.
fn described(raw: &str) -> Option<(String, String)> {
    let fields = json::object(raw.as_bytes()).ok()?;
    let member = |wanted: &str| fields.iter().find(|(key, _)| key == wanted).map(|(_, raw)| *raw);
    let Scalar::Text(schema) = json::scalar(member("schema")?) else { return None };
    let schema = schema.strip_prefix("iglu:")?.to_owned();
    Some((schema, json::sound(member("data")?).into_owned()))
}

/// The members of a list; an object is a list of one.
fn list(raw: &str) -> Option<Vec<String>> {
    if json::object(raw.as_bytes()).is_ok() {
        return Some(vec![json::sound(raw).into_owned()]);
    }
    if !raw.trim_start().starts_with('[') || json::too_deep(raw.as_bytes()) {
        return None;
    }
    let members: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(members.into_iter().map(|member| json::sound(member.get()).into_owned()).collect())
}

/// `contexts_com_acme_product_1` of `com.acme/product/jsonschema/1-0-2`.
fn context_name(schema: &str) -> String {
    let mut parts = schema.split('/');
    let (vendor, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let model = parts.nth(1).and_then(|version| version.split('-').next()).unwrap_or("1");
    format!("contexts_{}_{}_{model}", snake(vendor), snake(name))
}

/// As Snowplow names columns: dots and dashes are underscores, `clientSession` is `client_session`.
fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut was_small = false;
    for c in text.chars() {
        if c.is_uppercase() && was_small {
            out.push('_');
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
        match c {
            '.' | '-' => out.push('_'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// A column's name with the model of its version alone: `…_1_0_0` is `…_1`.
fn model_only(name: &str) -> String {
    let parts: Vec<&str> = name.rsplitn(4, '_').collect();
    match parts[..] {
        [addition, revision, model, rest]
            if [addition, revision, model].iter().all(|part| is_digits(part)) =>
        {
            format!("{rest}_{model}")
        }
        _ => name.to_owned(),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_named_alike_in_both_forms() {
        assert_eq!(
            context_name("com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0"),
            model_only("contexts_com_snowplowanalytics_snowplow_web_page_1_0_0")
        );
        assert_eq!(
            context_name("org.w3/PerformanceTiming/jsonschema/2-0-1"),
            "contexts_org_w3_performance_timing_2"
        );
        assert_eq!(model_only("contexts_a_b_1"), "contexts_a_b_1");
        assert_eq!(context_name(""), "contexts___1");
    }
}
