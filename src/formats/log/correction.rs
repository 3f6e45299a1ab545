//! A person's corrections of what a known format's keys mean. Not for logs of which only the mapping says it: see
//! `json_lines`.

use super::json::{self, Fields, Scalar};
use super::json_parts::text;
use super::mapped::at;
use super::mapping::{Properties, Role};
use super::reason::{Reason, Rejection};
use super::time::TimeFormat;
use super::{LogFormat, Mapping, ReadOptions};
use crate::base::Diagnostic;
use crate::model::time::{Time, Zone};

/// What a format's own mapping says, and where a person's mapping says otherwise.
pub(super) struct Correction {
    /// The mapping in force.
    pub mapping: Mapping,
    /// Paths of the roles that lie elsewhere than in the format, in the order of [`Role::ALL`].
    moved: [Option<String>; 5],
    event_is: Option<String>,
    format: TimeFormat,
    /// The zone of times without one: the mapping's, else UTC, in which these logs are written.
    pub zone: Zone,
}

impl Correction {
    /// # Errors
    /// When the mapping lists properties: these formats say themselves what is one.
    pub(super) fn new(
        format: &dyn LogFormat,
        built_in: Mapping,
        options: &ReadOptions,
    ) -> Result<Correction, Diagnostic> {
        let given = options.mapping.clone().unwrap_or_default();
        if given.properties != Properties::Rest {
            let message = format!("A log of {} says itself what is a property", format.label());
            return Err(Diagnostic::error("needless-mapping", message)
                .hint("Leave properties out of the mapping, or choose the format json-lines"));
        }
        let moved = Role::ALL.map(|role| {
            let path = given.column(role)?;
            (built_in.column(role) != Some(path)).then(|| path.to_owned())
        });
        let mapping = Mapping {
            event: if given.event_is.is_some() { None } else { given.event.or(built_in.event) },
            event_is: given.event_is.clone(),
            time: given.time.or(built_in.time),
            time_format: given.time_format.clone(),
            zone: given.zone,
            user_id: given.user_id.or(built_in.user_id),
            anonymous_id: given.anonymous_id.or(built_in.anonymous_id),
            message_id: given.message_id.or(built_in.message_id),
            properties: Properties::Rest,
            ..Mapping::default()
        };
        let zone = given.zone.unwrap_or_default();
        Ok(Correction { mapping, moved, event_is: given.event_is, format: given.time_format, zone })
    }

    /// True when the person's mapping says where a role is.
    pub(super) fn moves(&self, role: Role) -> bool {
        self.moved(role).is_some()
    }

    /// The raw value of a role: where the person's mapping says, else the format's own.
    pub(super) fn raw<'t>(&self, role: Role, fields: &Fields<'t>, own: Option<&'t str>) -> Option<&'t str> {
        match self.moved(role) {
            Some(path) => at(fields, path),
            None => own,
        }
    }

    /// The event name.
    pub(super) fn name(&self, fields: &Fields<'_>, own: Option<&str>) -> Result<String, Rejection> {
        if let Some(name) = &self.event_is {
            return Ok(name.clone());
        }
        let raw = match self.moved(Role::Event) {
            Some(path) => at(fields, path),
            None => own,
        };
        match raw.map(json::scalar).unwrap_or(Scalar::Missing) {
            Scalar::Text(name) if !name.trim().is_empty() => Ok(name.into_owned()),
            Scalar::Literal(raw) => Ok(raw.to_owned()),
            Scalar::Text(_) | Scalar::Missing => Err(Rejection::new(Reason::NoEventName, "")),
            Scalar::Nested => Err(Rejection::new(Reason::NoEventName, "a list or an object")),
        }
    }

    /// The time.
    pub(super) fn time(&self, fields: &Fields<'_>, own: Option<&str>) -> Result<Time, Rejection> {
        let raw = match self.moved(Role::Time) {
            Some(path) => at(fields, path),
            None => own,
        };
        match raw.map(json::scalar).unwrap_or(Scalar::Missing) {
            Scalar::Missing => Err(Rejection::new(Reason::NoTime, "")),
            Scalar::Nested => Err(Rejection::new(Reason::BadTime, "a list or an object")),
            Scalar::Text(written) => self.format.read(&written, self.zone),
            Scalar::Literal(written) => self.format.read(written, self.zone),
        }
    }

    /// An identifier or message id: where the person's mapping says, else the format's own.
    pub(super) fn id(&self, role: Role, fields: &Fields<'_>, own: Option<String>) -> Option<String> {
        match self.moved(role) {
            Some(path) => text(at(fields, path)),
            None => own,
        }
    }

    fn moved(&self, role: Role) -> Option<&str> {
        let index = Role::ALL.iter().position(|one| *one == role)?;
        self.moved[index].as_deref()
    }
}

/// A format's own mapping.
pub(super) fn built_in(event: &str, time: &str, user: &str, anonymous: &str, message: &str) -> Mapping {
    let some = |path: &str| (!path.is_empty()).then(|| path.to_owned());
    Mapping {
        event: some(event),
        time: some(time),
        user_id: some(user),
        anonymous_id: some(anonymous),
        message_id: some(message),
        ..Mapping::default()
    }
}

/// Recognizes a log by its first objects: certain when one of them `is` one of the format's. A mapping only corrects
/// such a log, and does not make it one of which nothing is known.
pub(super) fn recognizes(head: &[u8], is: impl Fn(&Fields<'_>) -> bool) -> u8 {
    if !super::json_objects::opens_json(head) {
        return 0;
    }
    let objects = super::json_objects::sample(head, 20);
    let found = objects.iter().any(|object| json::object(object).is_ok_and(|fields| is(&fields)));
    if found { 97 } else { 0 }
}

/// True when an object has a key.
pub(super) fn has(fields: &Fields<'_>, key: &str) -> bool {
    fields.iter().any(|(name, _)| name == key)
}
