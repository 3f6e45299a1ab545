//! Event rows for views: by number, and found by a filter. Not for queries: those run on the event table.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value as SqlValue};

use super::persons::identifier_ids;
use super::{Document, StoreError};
use crate::base::Progress;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::Time;

/// One stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// Its number, also its place in the order of arrival.
    pub id: i64,
    /// The import it came with.
    pub batch: i64,
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

/// Which events to show. Everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// One of these names; all when empty.
    pub names: Vec<String>,
    /// Of this person.
    pub person: Option<i64>,
    /// Of this import.
    pub batch: Option<i64>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
    /// Contained in name, identifiers, message id, properties or context; ASCII letters in any case.
    pub text: Option<String>,
}

/// The order of events in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Latest time first.
    Newest,
    /// Earliest time first.
    Oldest,
}

/// An event name with what the rows say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventNameInfo {
    /// The name.
    pub name: String,
    /// How many events have it.
    pub events: u64,
    /// The earliest of them.
    pub first: Time,
    /// The latest of them.
    pub last: Time,
}

impl Document {
    /// The events of these numbers, in the order given; numbers that are gone are left out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn event_rows(&self, ids: &[i64]) -> Result<Vec<EventRow>, StoreError> {
        ids.iter().filter_map(|id| row_by_id(&self.conn, *id).transpose()).collect()
    }

    /// The numbers of all events that a filter lets through, ordered by time, then arrival.
    /// A scan of all rows: for a job. Its text part reads everything.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn find_events(
        &self,
        filter: &EventFilter,
        order: Order,
        progress: &Progress,
    ) -> Result<Vec<i64>, StoreError> {
        let (condition, arguments) = self.condition(filter)?;
        let join = if filter.text.is_some() { TEXT_JOINS } else { "" };
        let sql = format!(
            "SELECT e.time_us, e.id FROM event e {join} WHERE e.id >= ?1 AND e.id < ?2 AND {condition}"
        );
        let last: i64 =
            self.conn.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        let mut statement = self.conn.prepare(&sql)?;
        let mut found: Vec<(i64, i64)> = Vec::new();
        for from in (1..=last).step_by(ROWS_AT_ONCE as usize) {
            progress.at(from.cast_unsigned(), last.cast_unsigned())?;
            let range = [SqlValue::Integer(from), SqlValue::Integer(from + ROWS_AT_ONCE)];
            let arguments = range.iter().chain(&arguments);
            let mut rows = statement.query(params_from_iter(arguments))?;
            while let Some(row) = rows.next()? {
                found.push((row.get(0)?, row.get(1)?));
            }
        }
        found.sort_unstable();
        if order == Order::Newest {
            found.reverse();
        }
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// A page of [`Document::find_events`], and how many there are in all.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn event_page(
        &self,
        filter: &EventFilter,
        order: Order,
        offset: usize,
        limit: usize,
        progress: &Progress,
    ) -> Result<(Vec<EventRow>, u64), StoreError> {
        let found = self.find_events(filter, order, progress)?;
        let start = offset.min(found.len());
        let end = start.saturating_add(limit).min(found.len());
        Ok((self.event_rows(&found[start..end])?, found.len() as u64))
    }

    /// Every event name with its count, first and last time; by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn event_names(&self) -> Result<Vec<EventNameInfo>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT id, name FROM event_name")?;
        let words = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let words: BTreeMap<usize, String> = words
            .map(|word| word.map(|(id, name): (i64, String)| (id as usize, name)))
            .collect::<Result<_, _>>()?;
        let most = words.last_key_value().map_or(0, |(id, _)| *id);
        let mut found: Vec<Option<EventNameInfo>> = vec![None; most + 1];
        let mut statement = self.conn.prepare_cached("SELECT name, time_us FROM event")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (name, time): (u32, Time) = (row.get(0)?, Time(row.get(1)?));
            let Some(slot) = found.get_mut(name as usize) else { continue };
            let empty = || EventNameInfo { name: String::new(), events: 0, first: time, last: time };
            let info = slot.get_or_insert_with(empty);
            info.events += 1;
            info.first = info.first.min(time);
            info.last = info.last.max(time);
        }
        let named = words.into_iter().filter_map(|(id, name)| {
            let info = found.get_mut(id)?.take()?;
            Some(EventNameInfo { name, ..info })
        });
        let mut names: Vec<EventNameInfo> = named.collect();
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(names)
    }

    fn condition(&self, filter: &EventFilter) -> Result<(String, Vec<SqlValue>), StoreError> {
        let (mut parts, mut arguments) = (vec!["1".to_owned()], Vec::<SqlValue>::new());
        if !filter.names.is_empty() {
            let marks = vec!["?"; filter.names.len()].join(", ");
            parts.push(format!("e.name IN (SELECT id FROM event_name WHERE name IN ({marks}))"));
            arguments.extend(filter.names.iter().cloned().map(SqlValue::Text));
        }
        if let Some(person) = filter.person {
            let ids: Vec<String> =
                identifier_ids(&self.conn, person)?.iter().map(ToString::to_string).collect();
            parts.push(format!("coalesce(e.user, e.anonymous) IN ({})", ids.join(", ")));
        }
        let numbers = [
            ("e.batch = ?", filter.batch),
            ("e.time_us >= ?", filter.from.map(|time| time.0)),
            ("e.time_us < ?", filter.to.map(|time| time.0)),
        ];
        for (part, number) in numbers {
            if let Some(number) = number {
                parts.push(part.to_owned());
                arguments.push(SqlValue::Integer(number));
            }
        }
        if let Some(text) = &filter.text {
            parts.push(TEXT_CONDITION.to_owned());
            let pattern = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            arguments.extend(vec![SqlValue::Text(format!("%{pattern}%")); 6]);
        }
        Ok((parts.join(" AND "), arguments))
    }
}

/// Rows looked at between two reports.
const ROWS_AT_ONCE: i64 = 65_536;

const TEXT_JOINS: &str = "JOIN event_text x ON x.id = e.id JOIN event_name n ON n.id = e.name
     LEFT JOIN identifier a ON a.id = e.anonymous LEFT JOIN identifier u ON u.id = e.user";

const TEXT_CONDITION: &str = "(x.properties LIKE ? ESCAPE '\\' OR x.context LIKE ? ESCAPE '\\'
     OR x.message_id LIKE ? ESCAPE '\\' OR n.name LIKE ? ESCAPE '\\'
     OR coalesce(a.value, x.anonymous_raw) LIKE ? ESCAPE '\\' OR coalesce(u.value, x.user_raw) LIKE ? ESCAPE '\\')";

/// One event, if it is there.
pub(crate) fn row_by_id(conn: &Connection, id: i64) -> Result<Option<EventRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT e.id, e.batch, e.line, e.type, n.name, e.time_us, coalesce(a.value, x.anonymous_raw),
                coalesce(u.value, x.user_raw), coalesce(p.value, x.previous_raw),
                coalesce(u.person_id, a.person_id), x.message_id, x.properties, x.context, x.extra
         FROM event e JOIN event_text x ON x.id = e.id JOIN event_name n ON n.id = e.name
         LEFT JOIN identifier a ON a.id = e.anonymous
         LEFT JOIN identifier u ON u.id = e.user
         LEFT JOIN identifier p ON p.id = e.previous
         WHERE e.id = ?1",
    )?;
    Ok(statement.query_row([id], event_row).optional()?)
}

fn event_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    let kind: usize = row.get::<_, u8>(3)?.into();
    Ok(EventRow {
        id: row.get(0)?,
        batch: row.get(1)?,
        line: row.get::<_, i64>(2)?.cast_unsigned(),
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
