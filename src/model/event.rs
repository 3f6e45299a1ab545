//! An event as a log brings it, before it has a place in the document. Not for rows: see `store::events`.

use std::borrow::Cow;

use super::time::Time;

/// The kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Something a person did.
    Track,
    /// A page was seen.
    Page,
    /// A screen was seen.
    Screen,
    /// Traits of a person.
    Identify,
    /// Membership of a group.
    Group,
    /// Two identifiers are one person.
    Alias,
    /// Traits of a person out of a table of persons: kept and linked like an event, but nothing a person did.
    Traits,
}

impl EventKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [EventKind; 7] = [
        EventKind::Track,
        EventKind::Page,
        EventKind::Screen,
        EventKind::Identify,
        EventKind::Group,
        EventKind::Alias,
        EventKind::Traits,
    ];

    /// The word in logs and in the `type` column.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Track => "track",
            EventKind::Page => "page",
            EventKind::Screen => "screen",
            EventKind::Identify => "identify",
            EventKind::Group => "group",
            EventKind::Alias => "alias",
            EventKind::Traits => "traits",
        }
    }

    /// The kind of a call by its word, in any case; no call makes [`EventKind::Traits`].
    pub fn from_word(word: &str) -> Option<EventKind> {
        let calls = Self::ALL.into_iter().filter(|kind| *kind != EventKind::Traits);
        calls.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// The event name given to calls of a kind that carry none.
    pub fn default_name(self) -> &'static str {
        match self {
            EventKind::Track => "(no name)",
            EventKind::Page => "Page Viewed",
            EventKind::Screen => "Screen Viewed",
            EventKind::Identify => "Identify",
            EventKind::Group => "Group",
            EventKind::Alias => "Alias",
            EventKind::Traits => "Traits",
        }
    }
}

/// One event read from a log. JSON fields hold the text of a JSON object, or are empty when there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Kind of call.
    pub kind: EventKind,
    /// Event name; for kinds other than track, [`EventKind::default_name`].
    pub name: String,
    /// The sender's id of the message, if it gave one.
    pub message_id: Option<String>,
    /// Device or cookie identifier as written, also when blocked.
    pub anonymous_id: Option<String>,
    /// Account identifier as written, also when blocked.
    pub user_id: Option<String>,
    /// Alias only: the identifier that is now also `user_id`.
    pub previous_id: Option<String>,
    /// When it happened.
    pub time: Time,
    /// Properties of the event, or traits of a person or of an identify or group call: a JSON object's text.
    pub properties: String,
    /// Context: a JSON object's text.
    pub context: String,
    /// Everything else that the record held: a JSON object's text.
    pub extra: String,
}

/// An event whose texts may still stand in the log that it is read from. Its fields are those of [`NewEvent`].
#[derive(Clone, Debug, PartialEq)]
pub struct EventText<'t> {
    /// Kind of call.
    pub kind: EventKind,
    /// Event name.
    pub name: Cow<'t, str>,
    /// The sender's id of the message.
    pub message_id: Option<Cow<'t, str>>,
    /// Device or cookie identifier.
    pub anonymous_id: Option<Cow<'t, str>>,
    /// Account identifier.
    pub user_id: Option<Cow<'t, str>>,
    /// Alias only: the identifier that is now also `user_id`.
    pub previous_id: Option<Cow<'t, str>>,
    /// When it happened.
    pub time: Time,
    /// Properties or traits.
    pub properties: Cow<'t, str>,
    /// Context.
    pub context: Cow<'t, str>,
    /// Everything else.
    pub extra: Cow<'t, str>,
}

impl EventText<'_> {
    /// The event with texts of its own.
    pub fn into_owned(self) -> NewEvent {
        NewEvent {
            kind: self.kind,
            name: self.name.into_owned(),
            message_id: self.message_id.map(Cow::into_owned),
            anonymous_id: self.anonymous_id.map(Cow::into_owned),
            user_id: self.user_id.map(Cow::into_owned),
            previous_id: self.previous_id.map(Cow::into_owned),
            time: self.time,
            properties: self.properties.into_owned(),
            context: self.context.into_owned(),
            extra: self.extra.into_owned(),
        }
    }
}

impl From<NewEvent> for EventText<'static> {
    fn from(event: NewEvent) -> Self {
        EventText {
            kind: event.kind,
            name: event.name.into(),
            message_id: event.message_id.map(Cow::Owned),
            anonymous_id: event.anonymous_id.map(Cow::Owned),
            user_id: event.user_id.map(Cow::Owned),
            previous_id: event.previous_id.map(Cow::Owned),
            time: event.time,
            properties: event.properties.into(),
            context: event.context.into(),
            extra: event.extra.into(),
        }
    }
}

impl<'t> From<&'t NewEvent> for EventText<'t> {
    fn from(event: &'t NewEvent) -> Self {
        let id = |id: &'t Option<String>| id.as_deref().map(Cow::Borrowed);
        EventText {
            kind: event.kind,
            name: Cow::Borrowed(&event.name),
            message_id: id(&event.message_id),
            anonymous_id: id(&event.anonymous_id),
            user_id: id(&event.user_id),
            previous_id: id(&event.previous_id),
            time: event.time,
            properties: Cow::Borrowed(&event.properties),
            context: Cow::Borrowed(&event.context),
            extra: Cow::Borrowed(&event.extra),
        }
    }
}

/// Identifiers that stand for nobody: they stay in the event and never become identifiers.
///
/// Source: the union of what Segment, PostHog and Adobe block by default.
pub fn is_blocked(id: &str) -> bool {
    const ANY_CASE: [&str; 11] = [
        "anonymous",
        "guest",
        "distinctid",
        "distinct_id",
        "id",
        "not_authenticated",
        "email",
        "undefined",
        "true",
        "false",
        "invalid",
    ];
    const EXACT: [&str; 7] = ["[object Object]", "NaN", "None", "none", "null", "0", "-1"];
    let trimmed = id.trim();
    trimmed.bytes().all(|byte| byte == b'0' || byte == b'-')
        || id.len() > 1024 && id.chars().count() > 1024
        || ANY_CASE.iter().any(|blocked| trimmed.eq_ignore_ascii_case(blocked))
        || EXACT.contains(&trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_blocked_and_real_ids_are_not() {
        for id in [
            "",
            "  ",
            "null",
            "0",
            "00000000-0000-0000-0000-000000000000",
            "Anonymous",
            "-1",
            "[object Object]",
        ] {
            assert!(is_blocked(id), "{id:?}");
        }
        assert!(is_blocked(&"x".repeat(1025)));
        for id in ["u1", "0a", "Null Island", "nullable", "10", "17"] {
            assert!(!is_blocked(id), "{id:?}");
        }
    }
}
