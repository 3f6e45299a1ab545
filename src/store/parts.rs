//! The event table's parts, until the engine's own. Not for answers.

use crate::model::value::Value;

/// One property of all events, dictionary-coded.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// One for each event: 0 is missing, otherwise one more than the index in `values`.
    pub codes: Vec<u32>,
    /// The distinct values.
    pub values: Vec<Value>,
}

/// What a table is made of.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// First event of each person, and the number of events at the end.
    pub person_starts: Vec<u32>,
    /// Stored id of each person, ascending.
    pub person_ids: Vec<i64>,
    /// Microseconds since 1970 of each event, ascending within a person.
    pub times: Vec<i64>,
    /// Name code of each event.
    pub names: Vec<u32>,
    /// Stored row of each event.
    pub rows: Vec<i64>,
    /// Name of each code.
    pub event_names: Vec<String>,
}

/// The table.
pub type EventTable = Parts;
