//! One JSON object as an event, by a mapping of paths. Not for finding the objects: see `json_lines` and `rows`.

use std::borrow::Cow;

use super::json::{self, Fields, Scalar};
use super::mapping::{Properties, Role};
use super::reason::{Reason, Rejection};
use super::segment::{check_identifiers, object_or_extra};
use super::{Mapping, calls};
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::{Time, Zone};

/// A completed mapping, ready to read with.
pub(super) struct Mapped {
    mapping: Mapping,
    zone: Zone,
    traits_at: Option<Time>,
}

impl Mapped {
    /// `zone` is for times without one, `now` for traits of persons.
    pub(super) fn new(mapping: Mapping, zone: Zone, now: Time) -> Mapped {
        let traits_at = mapping.is_of_persons().then_some(now.max(Time::EARLIEST));
        Mapped { mapping, zone, traits_at }
    }

    /// What an object becomes.
    ///
    /// # Errors
    /// Why it is no event.
    pub(super) fn event(&self, fields: &Fields<'_>) -> Result<NewEvent, Rejection> {
        let mapping = &self.mapping;
        let value = |path: &Option<String>| match path.as_ref().and_then(|path| at(fields, path)) {
            Some(raw) => json::scalar(raw),
            None => Scalar::Missing,
        };
        let id = |path| text(value(path)).map(Cow::into_owned);
        let kind = match self.traits_at {
            Some(_) => EventKind::Traits,
            None => calls::kind(&text(value(&mapping.call_type)).unwrap_or_default())?,
        };
        let previous =
            fields.iter().find(|(key, _)| mapping.call_type.is_some() && calls::is_previous_id(key));
        let previous = previous.and_then(|(_, raw)| text(json::scalar(raw))).map(Cow::into_owned);
        let mut event = NewEvent {
            kind,
            name: String::new(),
            message_id: id(&mapping.message_id),
            anonymous_id: id(&mapping.anonymous_id),
            user_id: id(&mapping.user_id),
            previous_id: previous,
            time: Time::default(),
            properties: String::new(),
            context: String::new(),
            extra: String::new(),
        };
        fill(&mut event, fields, mapping);
        if kind != EventKind::Alias
            && let Some(previous) = event.previous_id.take()
        {
            json::add_member(&mut event.extra, "previousId", &json::text(&previous));
        }
        let written = match &mapping.event_is {
            Some(name) => Some(Cow::Borrowed(name.as_str())),
            None => text(value(&mapping.event)),
        };
        event.name =
            calls::name(kind, &written.unwrap_or_default(), &mut event.properties, &mut event.extra)?;
        event.time = match self.traits_at {
            Some(time) => time,
            None => self.time(value(&mapping.time))?,
        };
        check_identifiers(&event)?;
        Ok(event)
    }

    fn time(&self, value: Scalar<'_>) -> Result<Time, Rejection> {
        let format = &self.mapping.time_format;
        match value {
            Scalar::Missing => Err(Rejection::new(Reason::NoTime, "")),
            Scalar::Nested => Err(Rejection::new(Reason::BadTime, "a list or an object")),
            Scalar::Text(written) => format.read(&written, self.zone),
            Scalar::Literal(written) => format.read(written, self.zone),
        }
    }
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

/// Puts all keys without a role where they belong.
fn fill(event: &mut NewEvent, fields: &Fields<'_>, mapping: &Mapping) {
    let roles = Role::ALL.map(|role| mapping.column(role));
    let call_type = mapping.call_type.as_deref();
    if let Properties::Columns(listed) = &mapping.properties {
        for path in listed {
            if let Some(raw) = at(fields, path) {
                json::push_member(&mut event.properties, path, &json::sound(raw));
            }
        }
    }
    for (key, raw) in fields {
        let is_call = call_type.is_some() && (call_type == Some(key) || calls::is_previous_id(key));
        if roles.contains(&Some(key)) || is_call {
            continue;
        }
        match &mapping.properties {
            Properties::Columns(listed) if listed.iter().any(|path| path == key) => {}
            Properties::Columns(_) => json::push_member(&mut event.extra, key, &json::sound(raw)),
            Properties::Rest if key == "context" => {
                event.context = object_or_extra(Some(raw), key, &mut event.extra).into_owned();
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
