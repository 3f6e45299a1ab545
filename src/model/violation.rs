//! What in a log does not fit the plan. Not for finding it: see `engine::conformance`.

use super::time::Time;

/// How something does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViolationKind {
    /// The plan has no such event.
    UnplannedEvent,
    /// The plan's event carries no such property, or must not.
    UnplannedProperty,
    /// A property that must be there is not.
    MissingProperty,
    /// A value is of another type.
    WrongType,
    /// A value is of the type, and not allowed.
    ValueNotAllowed,
}

impl ViolationKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [ViolationKind; 5] = [
        ViolationKind::UnplannedEvent,
        ViolationKind::UnplannedProperty,
        ViolationKind::MissingProperty,
        ViolationKind::WrongType,
        ViolationKind::ValueNotAllowed,
    ];

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            ViolationKind::UnplannedEvent => "unplanned event",
            ViolationKind::UnplannedProperty => "unplanned property",
            ViolationKind::MissingProperty => "missing property",
            ViolationKind::WrongType => "wrong type",
            ViolationKind::ValueNotAllowed => "value not allowed",
        }
    }
}

/// Everything in a log that does not fit in one way at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// How it does not fit.
    pub kind: ViolationKind,
    /// The event's name as the log has it.
    pub event: String,
    /// The property's path; empty where the event itself is meant.
    pub property: String,
    /// How many events.
    pub count: u64,
    /// How many persons have one.
    pub persons: u64,
    /// The first of them.
    pub first: Time,
    /// The last of them.
    pub last: Time,
    /// Stored rows of some of them, the first of each of the first persons.
    pub rows: Vec<i64>,
}
