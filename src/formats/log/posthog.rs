//! PostHog's batch export as JSON lines: events, and persons. Not for its Parquet files.
//!
//! `uuid` is the message id. `distinct_id` is the account, unless the event says that nobody has signed in
//! (`$is_identified` false, or the `distinct_id` is the `$device_id`): then it is the device. `$identify` is an identify
//! call whose traits are `$set` and `$set_once` and which links `$anon_distinct_id`; `$create_alias` and
//! `$merge_dangerously` are aliases; `$groupidentify` is a group call. `person_properties` become `context.traits`, and
//! PostHog's own `person_id` is in `context.identities`; where there is no `distinct_id` at all, it names whom the event
//! is about. A line of persons is an identify call at `created_at`.

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
pub struct PostHog;

impl LogFormat for PostHog {
    fn name(&self) -> &'static str {
        "posthog"
    }

    fn label(&self) -> &'static str {
        "PostHog batch export, JSON"
    }

    fn recognizes(&self, head: &[u8], _mapping: Option<&Mapping>) -> u8 {
        recognizes(head, |fields| {
            let own = ["uuid", "person_id", "elements_chain", "_inserted_at", "inserted_at"];
            let is_event = has(fields, "event") && own.iter().any(|key| has(fields, key));
            has(fields, "distinct_id") && (is_event || is_person(fields))
        })
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let own = built_in("event", "timestamp", "distinct_id", "", "uuid");
        let fix = Correction::new(self, own, options)?;
        let mapping = fix.mapping.clone();
        Ok(Box::new(JsonReader::with_roles(input, move |object| read(object, &fix), mapping)))
    }
}

fn is_person(fields: &Fields<'_>) -> bool {
    let own = ["person_version", "person_distinct_id_version", "is_deleted"];
    has(fields, "person_id") && !has(fields, "event") && own.iter().any(|key| has(fields, key))
}

fn read(object: &[u8], fix: &Correction) -> Outcome {
    let mut keys = Keys::new(json::object(object)?);
    if is_person(keys.fields()) {
        return person(keys, fix);
    }
    let own_name = keys.take("event");
    let name = fix.name(keys.fields(), own_name)?;
    let own_time = keys.take_first(&["timestamp", "created_at", "_inserted_at", "inserted_at"]);
    let time = fix.time(keys.fields(), own_time)?;
    let mut extra = Bag::default();
    let properties = extra.object("properties", keys.take("properties"));
    let mut inner = Keys::new(json::fields(&properties).unwrap_or_default());
    let (distinct, person) = (text(keys.take("distinct_id")), text(raw(keys.fields(), "person_id")));
    let who = Who::take(&name, distinct, &mut inner).or_person(person);
    let properties = properties_of(who.kind, &mut inner, &mut extra);

    let mut context = Bag::default();
    let traits = extra.object("person_properties", keys.take("person_properties"));
    context.put_object("traits", &traits);
    context.put_identities(&mut keys, &["person_id"]);
    let message_id = text(keys.take("uuid"));
    keys.rest().for_each(|(key, raw)| extra.put(key, Some(raw)));
    let fields = keys.fields();
    let event = NewEvent {
        kind: who.kind,
        name: if who.kind == EventKind::Track { name } else { who.kind.default_name().to_owned() },
        message_id: fix.id(Role::MessageId, fields, message_id),
        anonymous_id: fix.id(Role::AnonymousId, fields, who.anonymous),
        user_id: fix.id(Role::UserId, fields, who.user),
        previous_id: who.previous,
        time,
        properties,
        context: context.done(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}

/// Whom an event is about, and whom it links.
struct Who {
    kind: EventKind,
    user: Option<String>,
    anonymous: Option<String>,
    previous: Option<String>,
}

impl Who {
    fn take(name: &str, distinct: Option<String>, inner: &mut Keys<'_>) -> Who {
        let of = |kind| Who { kind, user: distinct.clone(), anonymous: None, previous: None };
        match name {
            "$identify" => {
                let anonymous = text(inner.take("$anon_distinct_id"));
                Who { anonymous, ..of(EventKind::Identify) }
            }
            "$create_alias" | "$merge_dangerously" => match text(inner.take("alias")) {
                Some(alias) => Who { previous: Some(alias), ..of(EventKind::Alias) },
                None => of(EventKind::Track),
            },
            "$groupidentify" => of(EventKind::Group),
            _ => {
                let raw = |key: &str| raw(inner.fields(), key);
                let is_device =
                    text(raw("$device_id")).is_some_and(|device| Some(&device) == distinct.as_ref());
                let nobody = raw("$is_identified") == Some("false") || is_device && raw("$user_id").is_none();
                let who = of(EventKind::Track);
                if nobody { Who { anonymous: who.user, user: None, ..who } } else { who }
            }
        }
    }

    /// By PostHog's own id of the person where no other identifier is given.
    fn or_person(mut self, person: Option<String>) -> Who {
        if self.user.is_none() && self.anonymous.is_none() {
            self.anonymous = person;
        }
        self
    }
}

fn raw<'t>(fields: &Fields<'t>, key: &str) -> Option<&'t str> {
    fields.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)
}

/// The properties of an event, or the traits of a call about a person or a group.
fn properties_of(kind: EventKind, inner: &mut Keys<'_>, extra: &mut Bag) -> String {
    let mut bag = Bag::default();
    let traits: &[&str] = match kind {
        EventKind::Identify => &["$set", "$set_once"],
        EventKind::Group => &["$group_set"],
        EventKind::Track | EventKind::Page | EventKind::Screen | EventKind::Alias | EventKind::Traits => &[],
    };
    let mut had: Vec<String> = Vec::new();
    for key in traits {
        let raw = inner.take(key).unwrap_or("{}");
        match json::fields(raw) {
            Ok(fields) => {
                for (name, raw) in fields {
                    if !had.iter().any(|known| *known == name) {
                        bag.put(&name, Some(raw));
                        had.push(name.into_owned());
                    }
                }
            }
            Err(_) => extra.put(key, Some(raw)),
        }
    }
    let mut rest = Bag::default();
    inner.rest().for_each(|(key, raw)| rest.put(key, Some(raw)));
    let rest = rest.done();
    match kind {
        EventKind::Identify | EventKind::Group => {
            extra.put_object("properties", &rest);
            bag.done()
        }
        EventKind::Track | EventKind::Page | EventKind::Screen | EventKind::Alias | EventKind::Traits => rest,
    }
}

/// What is known of a person.
fn person(mut keys: Keys<'_>, fix: &Correction) -> Outcome {
    let (mut context, mut extra) = (Bag::default(), Bag::default());
    let user = text(keys.take("distinct_id"));
    let own = text(raw(keys.fields(), "person_id")).filter(|_| user.is_none());
    let created = keys.take("created_at");
    let time = fix.time(keys.fields(), created)?;
    let properties = extra.object("properties", keys.take("properties"));
    context.put_identities(&mut keys, &["person_id"]);
    keys.rest().for_each(|(key, raw)| extra.put(key, Some(raw)));
    let event = NewEvent {
        kind: EventKind::Identify,
        name: EventKind::Identify.default_name().to_owned(),
        message_id: None,
        anonymous_id: own,
        user_id: user,
        previous_id: None,
        time,
        properties,
        context: context.done(),
        extra: extra.done(),
    };
    check_identifiers(&event)?;
    Ok(event)
}
