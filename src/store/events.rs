//! Event rows for views, by number. Not for finding them: `engine::list` does that on the event table.

use rusqlite::{Connection, OptionalExtension};

use super::{Document, StoreError, parts};
use crate::model::event::{EventKind, NewEvent};
use crate::model::place::Place;
use crate::model::time::Time;

/// One stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// Its number, also its place in the order of arrival.
    pub id: i64,
    /// The import it came with.
    pub batch: i64,
    /// The file of a folder or an archive that it came from; empty for a log of one file.
    pub part: String,
    /// Line in the imported file, from one.
    pub line: u64,
    /// Kind of call.
    pub kind: EventKind,
    /// Event name.
    pub name: String,
    /// When it happened.
    pub time: Time,
    /// As written, also when blocked.
    pub anonymous_id: Option<String>,
    /// As written, also when blocked.
    pub user_id: Option<String>,
    /// As written, also when blocked; alias only.
    pub previous_id: Option<String>,
    /// Whose it is; `None` when it carries no usable identifier.
    pub person_id: Option<i64>,
    /// The sender's id of the message.
    pub message_id: Option<String>,
    /// A JSON object's text, or empty.
    pub properties: String,
    /// A JSON object's text, or empty.
    pub context: String,
    /// A JSON object's text, or empty.
    pub extra: String,
}

impl Document {
    /// The events of these numbers, in the order given; numbers that are gone are left out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn event_rows(&self, ids: &[i64]) -> Result<Vec<EventRow>, StoreError> {
        ids.iter().filter_map(|id| row_by_id(&self.conn, *id).transpose()).collect()
    }
}

/// One event, if it is there.
pub(crate) fn row_by_id(conn: &Connection, id: i64) -> Result<Option<EventRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT e.id, e.batch, e.line, e.type, n.name, e.time_us, coalesce(a.value, x.anonymous_raw),
                coalesce(u.value, x.user_raw), coalesce(p.value, x.previous_raw),
                coalesce(u.person_id, a.person_id), x.message_id, x.properties, coalesce(c.json, x.context), x.extra
         FROM event e JOIN event_text x ON x.id = e.id JOIN event_name n ON n.id = e.name
         LEFT JOIN context c ON c.id = x.context_id
         LEFT JOIN identifier a ON a.id = e.anonymous
         LEFT JOIN identifier u ON u.id = e.user
         LEFT JOIN identifier p ON p.id = e.previous
         WHERE e.id = ?1",
    )?;
    Ok(statement.query_row([id], |row| event_row(conn, row)).optional()?)
}

fn event_row(conn: &Connection, row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    let (batch, place) = (row.get(1)?, Place::of(row.get::<_, i64>(2)?.cast_unsigned()));
    let kind: usize = row.get::<_, u8>(3)?.into();
    Ok(EventRow {
        id: row.get(0)?,
        batch,
        part: parts::name(conn, batch, place.part),
        line: place.line,
        kind: EventKind::ALL.get(kind).copied().unwrap_or(EventKind::Track),
        name: row.get(4)?,
        time: Time(row.get(5)?),
        anonymous_id: row.get(6)?,
        user_id: row.get(7)?,
        previous_id: row.get(8)?,
        person_id: row.get(9)?,
        message_id: row.get(10)?,
        properties: row.get(11)?,
        context: row.get(12)?,
        extra: row.get(13)?,
    })
}

impl EventRow {
    /// True when a new event with the same key says the same; the order of JSON keys does not matter.
    pub(crate) fn says_the_same(&self, event: &NewEvent) -> bool {
        self.kind == event.kind
            && self.name == event.name
            && self.time == event.time
            && self.anonymous_id == event.anonymous_id
            && self.user_id == event.user_id
            && self.previous_id == event.previous_id
            && same_json(&self.properties, &event.properties)
            && same_json(&self.context, &event.context)
    }
}

fn same_json(a: &str, b: &str) -> bool {
    let parse =
        |text: &str| serde_json::from_str::<serde_json::Value>(if text.is_empty() { "{}" } else { text });
    a == b || matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a == b)
}
