//! Writes the rows of events, many with one statement. Not for deciding which events are new.

use rusqlite::{Connection, Statement};

use super::ready::{Packed, Ready};
use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

/// Rows of one statement.
const AT_ONCE: usize = 64;
/// Bytes of text that wait at most.
const MOST_BYTES: usize = 64 << 10;

/// In the order in which they are bound. The id is left to SQLite, which then need not search for its place.
const EVENT_COLUMNS: [&str; 10] =
    ["batch", "line", "type", "name", "anonymous", "user", "previous", "time_us", "fingerprint", "content"];
const TEXT_COLUMNS: [&str; 7] =
    ["message_id", "properties", "context", "extra", "anonymous_raw", "user_raw", "previous_raw"];

/// Events that wait to be written, and the statements that write them.
pub(super) struct Rows {
    waiting: Packed,
    numbers: Vec<Numbers>,
    bytes: usize,
    many_events: String,
    many_texts: String,
}

/// What stands in an event's row in place of its texts.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    pub(super) id: u32,
    pub(super) name: u32,
    /// Anonymous, user, previous.
    pub(super) identifiers: [Option<u32>; 3],
    pub(super) fingerprint: u64,
}

const KINDS: [IdentifierKind; 3] =
    [IdentifierKind::Anonymous, IdentifierKind::User, IdentifierKind::Previous];

impl Rows {
    pub(super) fn new() -> Rows {
        Rows {
            waiting: Packed::default(),
            numbers: Vec::with_capacity(AT_ONCE),
            bytes: 0,
            many_events: insertion("event", &EVENT_COLUMNS, AT_ONCE),
            many_texts: insertion("event_text", &TEXT_COLUMNS, AT_ONCE),
        }
    }

    /// Adds a row, with the others that wait when they have become many.
    pub(super) fn add(
        &mut self,
        conn: &Connection,
        batch: i64,
        event: &Ready<'_>,
        numbers: Numbers,
    ) -> Result<(), StoreError> {
        self.waiting.push(event);
        self.numbers.push(numbers);
        self.bytes += event.objects().map(str::len).iter().sum::<usize>();
        if self.numbers.len() == AT_ONCE || self.bytes > MOST_BYTES {
            self.flush(conn, batch)?;
        }
        Ok(())
    }

    /// True while this row and those after it wait.
    pub(super) fn holds(&self, row: u32) -> bool {
        self.numbers.first().is_some_and(|first| first.id <= row)
    }

    /// Writes all that wait.
    pub(super) fn flush(&mut self, conn: &Connection, batch: i64) -> Result<(), StoreError> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        if self.numbers.len() == AT_ONCE {
            self.write(conn, batch, 0..AT_ONCE, &self.many_events, &self.many_texts)?;
        } else {
            let event = insertion("event", &EVENT_COLUMNS, 1);
            let text = insertion("event_text", &TEXT_COLUMNS, 1);
            for at in 0..self.numbers.len() {
                self.write(conn, batch, at..at + 1, &event, &text)?;
            }
        }
        self.clear();
        Ok(())
    }

    /// Forgets all that wait.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.numbers.clear();
        self.bytes = 0;
    }

    fn write(
        &self,
        conn: &Connection,
        batch: i64,
        which: std::ops::Range<usize>,
        events: &str,
        texts: &str,
    ) -> Result<(), StoreError> {
        let last = self.numbers[which.end - 1].id;
        let waiting = which.filter_map(|at| Some((self.waiting.get(at)?, &self.numbers[at])));
        let mut statement = conn.prepare_cached(events)?;
        for (at, (event, numbers)) in waiting.clone().enumerate() {
            bind_event(&mut statement, at * EVENT_COLUMNS.len(), batch, &event, numbers)?;
        }
        statement.raw_execute()?;
        check_id(conn, last)?;
        let mut statement = conn.prepare_cached(texts)?;
        for (at, (event, numbers)) in waiting.enumerate() {
            bind_texts(&mut statement, at * TEXT_COLUMNS.len(), &event, numbers)?;
        }
        statement.raw_execute()?;
        check_id(conn, last)
    }
}

/// SQLite gives the number after the greatest one, which is that of the next event unless rows have lost their pair.
fn check_id(conn: &Connection, expected: u32) -> Result<(), StoreError> {
    let given = conn.last_insert_rowid();
    if given == i64::from(expected) {
        return Ok(());
    }
    Err(StoreError::Damaged { detail: format!("the number {given} stands where {expected} should") })
}

fn bind_event(
    statement: &mut Statement<'_>,
    at: usize,
    batch: i64,
    event: &Ready<'_>,
    numbers: &Numbers,
) -> rusqlite::Result<()> {
    let facts = &event.facts;
    let [anonymous, user, previous] = numbers.identifiers;
    statement.raw_bind_parameter(at + 1, batch)?;
    statement.raw_bind_parameter(at + 2, facts.line.cast_signed())?;
    statement.raw_bind_parameter(at + 3, facts.kind as u8)?;
    statement.raw_bind_parameter(at + 4, numbers.name)?;
    statement.raw_bind_parameter(at + 5, anonymous)?;
    statement.raw_bind_parameter(at + 6, user)?;
    statement.raw_bind_parameter(at + 7, previous)?;
    statement.raw_bind_parameter(at + 8, facts.time.0)?;
    statement.raw_bind_parameter(at + 9, numbers.fingerprint.cast_signed())?;
    statement.raw_bind_parameter(at + 10, facts.content.cast_signed())
}

fn bind_texts(
    statement: &mut Statement<'_>,
    at: usize,
    event: &Ready<'_>,
    numbers: &Numbers,
) -> rusqlite::Result<()> {
    let [properties, context, extra] = event.objects();
    statement.raw_bind_parameter(at + 1, event.message_id())?;
    statement.raw_bind_parameter(at + 2, properties)?;
    statement.raw_bind_parameter(at + 3, context)?;
    statement.raw_bind_parameter(at + 4, extra)?;
    for (n, kind) in KINDS.into_iter().enumerate() {
        // A usable identifier stands in its own table; any other is kept here as it was written.
        let raw = event.identifier(kind).filter(|_| numbers.identifiers[n].is_none());
        statement.raw_bind_parameter(at + 5 + n, raw)?;
    }
    Ok(())
}

fn insertion(table: &str, columns: &[&str], rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    format!("INSERT INTO {table} ({}) VALUES {}", columns.join(","), vec![row; rows].join(","))
}
