//! Why a record of a log is not an event. Not for events that are odd: see `engine::conformance`.

use std::borrow::Cow;

use crate::model::privacy::masked_text;

/// Why a record cannot be an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The line is not JSON.
    NotJson,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Longer than [`super::LONGEST_RECORD`].
    TooLong,
    /// JSON nested deeper than any tool reads.
    TooDeep,
    /// JSON, but not an object, or without anything that makes an event.
    NotAnEvent,
    /// A kind of call that is not known.
    UnknownType,
    /// A track call without an event name.
    NoEventName,
    /// No time at all.
    NoTime,
    /// A time that cannot be read.
    BadTime,
    /// A time outside 1990–2100.
    TimeOutOfRange,
    /// No identifier at all.
    NoIdentifier,
    /// Only identifiers that stand for nobody.
    BlockedIdentifier,
    /// More or fewer fields than the header has.
    RaggedRow,
    /// A quoted field that never ends.
    OpenQuote,
    /// From here on a file of a folder or an archive cannot be read.
    DamagedPart,
}

impl Reason {
    /// All reasons, in the order in which they are listed.
    pub const ALL: [Reason; 15] = [
        Reason::NotJson,
        Reason::NotUtf8,
        Reason::TooLong,
        Reason::TooDeep,
        Reason::NotAnEvent,
        Reason::UnknownType,
        Reason::NoEventName,
        Reason::NoTime,
        Reason::BadTime,
        Reason::TimeOutOfRange,
        Reason::NoIdentifier,
        Reason::BlockedIdentifier,
        Reason::RaggedRow,
        Reason::OpenQuote,
        Reason::DamagedPart,
    ];

    /// Stable kebab-case code, as stored in the quarantine.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotJson => "not-json",
            Reason::NotUtf8 => "not-utf8",
            Reason::TooLong => "too-long",
            Reason::TooDeep => "too-deep",
            Reason::NotAnEvent => "not-an-event",
            Reason::UnknownType => "unknown-type",
            Reason::NoEventName => "no-event-name",
            Reason::NoTime => "no-time",
            Reason::BadTime => "bad-time",
            Reason::TimeOutOfRange => "time-out-of-range",
            Reason::NoIdentifier => "no-identifier",
            Reason::BlockedIdentifier => "blocked-identifier",
            Reason::RaggedRow => "ragged-row",
            Reason::OpenQuote => "open-quote",
            Reason::DamagedPart => "damaged-part",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Reason> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// A sentence for people, without a final period.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::NotJson => "The line is not valid JSON",
            Reason::NotUtf8 => "The bytes are not UTF-8 text",
            Reason::TooLong => "The record is longer than 1 MB",
            Reason::TooDeep => "The JSON is nested more than 100 levels deep",
            Reason::NotAnEvent => "The record has nothing that makes it an event",
            Reason::UnknownType => "The type of call is not known",
            Reason::NoEventName => "The event has no name",
            Reason::NoTime => "The event has no time",
            Reason::BadTime => "The time cannot be read",
            Reason::TimeOutOfRange => "The time lies outside 1990–2100",
            Reason::NoIdentifier => "The event names nobody: it has no identifier",
            Reason::BlockedIdentifier => "The event names nobody: its identifiers are placeholders",
            Reason::RaggedRow => "The row has more or fewer fields than the header",
            Reason::OpenQuote => "A quote is opened and never closed",
            Reason::DamagedPart => "A file of the log is damaged or cut off from here on",
        }
    }
}

/// A record that is not an event: why, and what exactly was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason.
    pub reason: Reason,
    /// What was found, a phrase without a final period; may be empty.
    pub detail: String,
}

impl Rejection {
    /// A rejection with what was found.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// A short quotation of foreign text for a detail: at most 60 characters, control characters replaced. Personal values
/// in what is cut are masked before, since half a value is no longer known for what it is.
pub(super) fn quoted(text: &str) -> String {
    let text = match text.chars().nth(60) {
        Some(_) => Cow::Owned(masked_text(text)),
        None => Cow::Borrowed(text),
    };
    let mut short: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("“{short}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert!(!reason.sentence().ends_with('.'));
        }
    }

    #[test]
    fn quotations_are_short_and_printable() {
        assert_eq!(quoted("a\u{0}b"), "“a\u{fffd}b”");
        assert_eq!(quoted(&"x".repeat(100)).chars().count(), 63);
        assert!(!quoted(&format!("{} ann@example.org", "x".repeat(50))).contains("ann"));
    }
}
