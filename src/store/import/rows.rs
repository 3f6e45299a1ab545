//! Writes the rows of events, many with one statement. Not for deciding which events are new.

use rusqlite::{Connection, Statement};

use super::ready::{Packed, Ready};
use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

/// Rows of one statement.
const AT_ONCE: usize = 64;
/// Bytes of text that wait at most.
const MOST_BYTES: usize = 64 << 10;

/// In the order in which they are bound; the last ones only where a row has them. The id is left to SQLite, which then
/// need not search for its place, and the batch is the first parameter of all.
const EVENT_COLUMNS: [&str; 9] =
    ["line", "type", "name", "anonymous", "user", "time_us", "fingerprint", "content", "previous"];
const TEXT_COLUMNS: [&str; 8] = [
    "message_id",
    "properties",
    "extra",
    "context_id",
    "context",
    "anonymous_raw",
    "user_raw",
    "previous_raw",
];
/// How many of them rows have that are no more than slim, and no more than plain.
const PLAIN_EVENT: usize = 8;
const SLIM_TEXT: usize = 4;
const PLAIN_TEXT: usize = 5;

/// Events that wait to be written, and the statements that write them.
pub(super) struct Rows {
    waiting: Packed,
    numbers: Vec<Numbers>,
    bytes: usize,
    /// Of all that wait.
    form: Form,
    /// Of many rows, by their form.
    many: [Statements; 3],
}

/// Which columns a row has; each form has those of the one before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Without a context that stands in the row.
    Slim,
    /// Without a previous identifier, and without one as written that is blocked.
    Plain,
    Whole,
}

/// What writes some rows.
struct Statements {
    events: String,
    texts: String,
    event_columns: usize,
    text_columns: usize,
}

impl Statements {
    fn new(rows: usize, form: Form) -> Statements {
        let (event_columns, text_columns, same) = match form {
            Form::Slim => (PLAIN_EVENT, SLIM_TEXT, ("context, ", "'',")),
            Form::Plain => (PLAIN_EVENT, PLAIN_TEXT, ("", "")),
            Form::Whole => (EVENT_COLUMNS.len(), TEXT_COLUMNS.len(), ("", "")),
        };
        Statements {
            events: insertion("event", ("batch, ", "?1,"), &EVENT_COLUMNS[..event_columns], rows),
            texts: insertion("event_text", same, &TEXT_COLUMNS[..text_columns], rows),
            event_columns,
            text_columns,
        }
    }
}

/// What stands in an event's row in place of its texts.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    pub(super) id: u32,
    pub(super) name: u32,
    /// Anonymous, user, previous.
    pub(super) identifiers: [Option<u32>; 3],
    pub(super) fingerprint: u64,
    /// Its context's row, when that stands apart.
    pub(super) context: Option<u32>,
}

const KINDS: [IdentifierKind; 3] =
    [IdentifierKind::Anonymous, IdentifierKind::User, IdentifierKind::Previous];

impl Rows {
    pub(super) fn new() -> Rows {
        Rows {
            waiting: Packed::default(),
            numbers: Vec::with_capacity(AT_ONCE),
            bytes: 0,
            form: Form::Slim,
            many: [Form::Slim, Form::Plain, Form::Whole].map(|form| Statements::new(AT_ONCE, form)),
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
        let event = &if numbers.context.is_some() { event.without_context() } else { *event };
        self.form = self.form.max(form(event, &numbers));
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
            self.write(conn, batch, 0..AT_ONCE, &self.many[self.form as usize])?;
        } else {
            let one = Statements::new(1, Form::Whole);
            for at in 0..self.numbers.len() {
                self.write(conn, batch, at..at + 1, &one)?;
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
        self.form = Form::Slim;
    }

    fn write(
        &self,
        conn: &Connection,
        batch: i64,
        which: std::ops::Range<usize>,
        with: &Statements,
    ) -> Result<(), StoreError> {
        let last = self.numbers[which.end - 1].id;
        let waiting = which.filter_map(|at| Some((self.waiting.get(at)?, &self.numbers[at])));
        let mut statement = conn.prepare_cached(&with.events)?;
        statement.raw_bind_parameter(1, batch)?;
        for (at, (event, numbers)) in waiting.clone().enumerate() {
            bind_event(&mut statement, 1 + at * with.event_columns, with.event_columns, &event, numbers)?;
        }
        statement.raw_execute()?;
        check_id(conn, last)?;
        let mut statement = conn.prepare_cached(&with.texts)?;
        for (at, (event, numbers)) in waiting.enumerate() {
            bind_texts(&mut statement, at * with.text_columns, with.text_columns, &event, numbers)?;
        }
        statement.raw_execute()?;
        check_id(conn, last)
    }
}

/// SQLite gives the number after the greatest one, which is that of the next row unless rows have lost their pair.
pub(super) fn check_id(conn: &Connection, expected: u32) -> Result<(), StoreError> {
    let given = conn.last_insert_rowid();
    if given == i64::from(expected) {
        return Ok(());
    }
    Err(StoreError::Damaged { detail: format!("the number {given} stands where {expected} should") })
}

/// The least form in which no column is left out that is not empty.
fn form(event: &Ready<'_>, numbers: &Numbers) -> Form {
    let is_raw = |n| raw_identifier(event, numbers, n).is_some();
    if numbers.identifiers[2].is_some() || (0..KINDS.len()).any(is_raw) {
        Form::Whole
    } else if event.objects()[1].is_empty() {
        Form::Slim
    } else {
        Form::Plain
    }
}

/// A usable identifier stands in its own table; any other is kept with the event as it was written.
fn raw_identifier<'t>(event: &Ready<'t>, numbers: &Numbers, n: usize) -> Option<&'t str> {
    if numbers.identifiers[n].is_some() { None } else { event.identifier(KINDS[n]) }
}

/// Binds the columns of a row, the parameters behind `at`.
fn bind_event(
    statement: &mut Statement<'_>,
    at: usize,
    columns: usize,
    event: &Ready<'_>,
    numbers: &Numbers,
) -> rusqlite::Result<()> {
    let facts = &event.facts;
    let [anonymous, user, previous] = numbers.identifiers;
    statement.raw_bind_parameter(at + 1, facts.line.cast_signed())?;
    statement.raw_bind_parameter(at + 2, facts.kind as u8)?;
    statement.raw_bind_parameter(at + 3, numbers.name)?;
    statement.raw_bind_parameter(at + 4, anonymous)?;
    statement.raw_bind_parameter(at + 5, user)?;
    statement.raw_bind_parameter(at + 6, facts.time.0)?;
    statement.raw_bind_parameter(at + 7, numbers.fingerprint.cast_signed())?;
    statement.raw_bind_parameter(at + 8, facts.content.cast_signed())?;
    if columns > PLAIN_EVENT {
        statement.raw_bind_parameter(at + 9, previous)?;
    }
    Ok(())
}

/// As [`bind_event`].
fn bind_texts(
    statement: &mut Statement<'_>,
    at: usize,
    columns: usize,
    event: &Ready<'_>,
    numbers: &Numbers,
) -> rusqlite::Result<()> {
    let [properties, context, extra] = event.objects();
    statement.raw_bind_parameter(at + 1, event.message_id())?;
    statement.raw_bind_parameter(at + 2, properties)?;
    statement.raw_bind_parameter(at + 3, extra)?;
    statement.raw_bind_parameter(at + 4, numbers.context)?;
    if columns > SLIM_TEXT {
        statement.raw_bind_parameter(at + 5, context)?;
    }
    for n in 0..columns.saturating_sub(PLAIN_TEXT) {
        statement.raw_bind_parameter(at + 6 + n, raw_identifier(event, numbers, n))?;
    }
    Ok(())
}

/// An `INSERT` of some rows. `same`: a column that stands before the others, and what it is in all rows, a comma behind
/// each; empty texts for none. When that is the parameter `?1`, those of the rows come after it.
pub(super) fn insertion(table: &str, same: (&str, &str), columns: &[&str], rows: usize) -> String {
    // Parameters without a number, each the next one: the text is hashed whenever its statement is looked up.
    let row = format!("({}{})", same.1, vec!["?"; columns.len()].join(","));
    let values = vec![row; rows];
    // Without the way back to before the statement, which SQLite would copy pages for: when one fails, the whole chunk is
    // taken back.
    format!("INSERT OR ROLLBACK INTO {table} ({}{}) VALUES {}", same.0, columns.join(","), values.join(","))
}
