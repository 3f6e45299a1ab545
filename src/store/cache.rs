//! The columnar cache: base columns in person order, kept in the file and rebuilt from the rows whenever they are
//! missing, old or damaged. Not for properties: see `store::columns`.

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::codec::{Blob, decode_codes, decode_deltas, encode_codes, encode_deltas};
use super::document::{Access, Revision, revision};
use super::scan::Places;
use super::{Document, StoreError, columns, persons};
use crate::base::Progress;
use crate::engine::table::{EventTable, Parts};

/// Grows when the encoding changes: an older cache is then rebuilt.
const FORMAT: i64 = 1;

/// A table, and which state of the rows it shows.
#[derive(Clone, Debug)]
pub struct LoadedTable {
    /// The events by person, without properties: see [`Document::load_columns`].
    pub table: EventTable,
    /// To be handed to [`Document::load_columns`].
    pub revision: Revision,
}

impl Document {
    /// True when the cache shows the present rows; else [`Document::load_table`] will take longer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cache_is_current(&self) -> Result<bool, StoreError> {
        is_current(&*self.snapshot()?)
    }

    /// Builds the cache anew from the rows: base columns, the dictionary of properties, and as many property
    /// columns as fit in a fixed budget. Does nothing when it is current.
    ///
    /// # Errors
    /// `Cancelled`, and then the cache stays as it was; `ReadOnly`; or what SQLite says.
    pub fn rebuild_cache(&mut self, progress: &Progress) -> Result<(), StoreError> {
        self.require_writer()?;
        if self.cache_is_current()? {
            return Ok(());
        }
        self.build_and_store(progress).map(|_| ())
    }

    /// The event table without properties: from the cache, or from the rows when the cache is missing, old or
    /// damaged. A handle that may write then stores the cache; another one only builds in memory.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn load_table(&mut self, progress: &Progress) -> Result<LoadedTable, StoreError> {
        if self.access() == &Access::Writer {
            persons::refresh(&mut self.conn)?;
        }
        progress.at(0, 0)?;
        if let Some(loaded) = read_current(&*self.snapshot()?)? {
            return Ok(loaded);
        }
        if self.access() == &Access::Writer {
            return self.build_and_store(progress);
        }
        let rows = self.snapshot()?;
        table(build_base(&rows, progress)?.0, revision(&rows)?)
    }

    fn build_and_store(&mut self, progress: &Progress) -> Result<LoadedTable, StoreError> {
        persons::refresh(&mut self.conn)?;
        let (now, parts, scanned) = {
            let rows = self.snapshot()?;
            let (parts, order) = build_base(&rows, progress)?;
            let scanned = columns::scan_all(&rows, &Places { rows: &parts.rows, order }, progress)?;
            (revision(&rows)?, parts, scanned)
        };
        let step = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Values of events that were removed meanwhile must not come back into the file.
        if revision(&step)? == now {
            clear(&step)?;
            write_base(&step, &parts, now)?;
            columns::write_dictionary(&step, &scanned)?;
            step.commit()?;
            columns::write_columns(&mut self.conn, now, &scanned)?;
        }
        table(parts, now)
    }
}

/// True when the stored cache shows the present rows, by one state of the file.
pub(crate) fn is_current(file: &Connection) -> Result<bool, StoreError> {
    let now = revision(file)?;
    Ok(head(file)?.is_some_and(|head| head.revision == now))
}

/// The table of the stored cache; `None` when it is missing, old or damaged.
fn read_current(file: &Connection) -> Result<Option<LoadedTable>, StoreError> {
    let now = revision(file)?;
    let Some(head) = head(file)?.filter(|head| head.revision == now) else { return Ok(None) };
    Ok(read_base(file, &head)?.map(|table| LoadedTable { table, revision: now }))
}

/// What the stored cache says of itself.
pub(crate) struct Head {
    pub(crate) revision: Revision,
    pub(crate) events: usize,
    persons: usize,
    names: String,
}

/// The stored cache's head; `None` without one, or with one of another format.
pub(crate) fn head(conn: &Connection) -> Result<Option<Head>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT data_revision, identity_revision, events, persons, names FROM cache_run WHERE format = ?1",
        )?
        .query_row([FORMAT], |row| {
            Ok(Head {
                revision: Revision { data: row.get(0)?, identity: row.get(1)? },
                events: row.get::<_, i64>(2)? as usize,
                persons: row.get::<_, i64>(3)? as usize,
                names: row.get(4)?,
            })
        })
        .optional()?)
}

/// Takes everything derived out of the file.
pub(crate) fn clear(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("DELETE FROM cache_run; DELETE FROM cache_blob; DELETE FROM cache_property;")?;
    Ok(())
}

/// Writes one column's blobs in place of those that were there.
pub(crate) fn write_blobs(conn: &Connection, column: &str, blobs: &[Blob]) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM cache_blob WHERE column = ?1")?.execute([column])?;
    let mut insert =
        conn.prepare_cached("INSERT INTO cache_blob (column, part, hash, bytes) VALUES (?1, ?2, ?3, ?4)")?;
    for (part, blob) in blobs.iter().enumerate() {
        insert.execute(params![column, part as i64, blob.hash.cast_signed(), blob.bytes])?;
    }
    Ok(())
}

/// One column's blobs, by part.
pub(crate) fn read_blobs(conn: &Connection, column: &str) -> Result<Vec<Blob>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT hash, bytes FROM cache_blob WHERE column = ?1 ORDER BY part")?;
    let blobs = statement.query_map([column], |row| {
        Ok(Blob { hash: row.get::<_, i64>(0)?.cast_unsigned(), bytes: row.get(1)? })
    })?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

/// The row of each place in a table of this revision: from the cache, which keeps that of the last table while an
/// import adds rows, or else from the rows.
///
/// # Errors
/// `Stale` when neither is of this revision any more.
pub(crate) fn rows_of(
    conn: &Connection,
    table: Revision,
    progress: &Progress,
) -> Result<Vec<i64>, StoreError> {
    if let Some(head) = head(conn)?.filter(|head| head.revision == table)
        && let Some(rows) = decode_deltas(&read_blobs(conn, ROW)?, head.events)
    {
        return Ok(rows);
    }
    if revision(conn)? != table {
        return Err(StoreError::Stale);
    }
    Ok(build_base(conn, progress)?.0.rows)
}

const PERSON: &str = "base.person";
const EVENTS: &str = "base.events";
const TIME: &str = "base.time";
const NAME: &str = "base.name";
const ROW: &str = "base.row";

fn table(parts: Parts, revision: Revision) -> Result<LoadedTable, StoreError> {
    let table =
        EventTable::from_parts(parts).map_err(|error| StoreError::Damaged { detail: error.to_string() })?;
    Ok(LoadedTable { table, revision })
}

/// `None` when anything is missing or damaged.
fn read_base(conn: &Connection, head: &Head) -> Result<Option<EventTable>, StoreError> {
    let person = read_blobs(conn, PERSON)?;
    let events = read_blobs(conn, EVENTS)?;
    let time = read_blobs(conn, TIME)?;
    let name = read_blobs(conn, NAME)?;
    let row = read_blobs(conn, ROW)?;
    let decoded = || {
        let counts = decode_codes(&events, head.persons)?;
        let parts = Parts {
            person_starts: starts(&counts),
            person_ids: decode_deltas(&person, head.persons)?,
            times: decode_deltas(&time, head.events)?,
            names: decode_codes(&name, head.events)?,
            rows: decode_deltas(&row, head.events)?,
            event_names: serde_json::from_str(&head.names).ok()?,
        };
        EventTable::from_parts(parts).ok()
    };
    Ok(decoded())
}

fn write_base(conn: &Connection, parts: &Parts, revision: Revision) -> Result<(), StoreError> {
    let counts: Vec<u32> = parts.person_starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    write_blobs(conn, PERSON, &encode_deltas(&parts.person_ids))?;
    write_blobs(conn, EVENTS, &encode_codes(&counts))?;
    write_blobs(conn, TIME, &encode_deltas(&parts.times))?;
    write_blobs(conn, NAME, &encode_codes(&parts.names))?;
    write_blobs(conn, ROW, &encode_deltas(&parts.rows))?;
    conn.execute(
        "INSERT OR REPLACE INTO cache_run VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            FORMAT,
            revision.data,
            revision.identity,
            parts.times.len() as i64,
            parts.person_ids.len() as i64,
            serde_json::to_string(&parts.event_names).unwrap_or_default(),
        ],
    )?;
    Ok(())
}

/// What the sort needs of an event: 16 bytes. `ordinal` counts the rows by id, so it also breaks ties by arrival.
struct Entry {
    time: i64,
    person: u32,
    ordinal: u32,
}

/// The base columns from the rows, and their places by ascending row.
fn build_base(conn: &Connection, progress: &Progress) -> Result<(Parts, Vec<u32>), StoreError> {
    let (codes, event_names) = name_codes(conn)?;
    let mut rows = read_rows(conn, &codes, progress)?;
    rows.entries.par_sort_unstable_by_key(|entry| (entry.person, entry.time, entry.ordinal));
    let (mut person_ids, mut counts) = (Vec::new(), Vec::new());
    for person in rows.entries.chunk_by(|a, b| a.person == b.person) {
        person_ids.push(i64::from(person[0].person));
        counts.push(person.len() as u32);
    }
    let times = rows.entries.iter().map(|entry| entry.time).collect();
    let order: Vec<u32> = rows.entries.iter().map(|entry| entry.ordinal).collect();
    // At ten million events these are 160 MB, which the rest of the work can use.
    drop(rows.entries);
    let mut places = vec![u32::MAX; rows.ids.len()];
    for (at, ordinal) in order.iter().enumerate() {
        places[*ordinal as usize] = at as u32;
    }
    places.retain(|at| *at != u32::MAX);
    let parts = Parts {
        person_starts: starts(&counts),
        person_ids,
        times,
        names: order.iter().map(|ordinal| rows.names[*ordinal as usize]).collect(),
        rows: order.iter().map(|ordinal| i64::from(rows.ids[*ordinal as usize])).collect(),
        event_names,
    };
    Ok((parts, places))
}

/// All rows by id; `entries` only of those that belong to a person.
#[derive(Default)]
struct Rows {
    ids: Vec<u32>,
    names: Vec<u32>,
    entries: Vec<Entry>,
}

fn read_rows(conn: &Connection, codes: &[u32], progress: &Progress) -> Result<Rows, StoreError> {
    let persons = person_of_identifier(conn)?;
    let total: i64 = conn.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    let mut all = Rows::default();
    all.ids.reserve_exact(total as usize);
    all.names.reserve_exact(total as usize);
    all.entries.reserve_exact(total as usize);
    let mut statement =
        conn.prepare("SELECT id, name, time_us, coalesce(user, anonymous) FROM event ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let ordinal = all.ids.len() as u32;
        if ordinal.is_multiple_of(65_536) {
            progress.at(u64::from(ordinal), total.cast_unsigned())?;
        }
        let name: u32 = row.get(1)?;
        all.ids.push(row.get(0)?);
        all.names.push(known(codes, name, "event name")?);
        if let Some(identifier) = row.get::<_, Option<u32>>(3)? {
            let person = known(&persons, identifier, "identifier")?;
            all.entries.push(Entry { time: row.get(2)?, person, ordinal });
        }
    }
    Ok(all)
}

/// What a number of a row stands for. Within one state of the file only damage leaves one without meaning.
fn known(meanings: &[u32], number: u32, what: &str) -> Result<u32, StoreError> {
    meanings.get(number as usize).copied().filter(|meaning| *meaning != UNKNOWN).ok_or_else(|| {
        StoreError::Damaged { detail: format!("an event has the {what} number {number}, which is not there") }
    })
}

const UNKNOWN: u32 = u32::MAX;

fn starts(counts: &[u32]) -> Vec<u32> {
    let ends = counts.iter().scan(0_u32, |end, count| {
        *end = end.wrapping_add(*count);
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}

fn person_of_identifier(conn: &Connection) -> Result<Vec<u32>, StoreError> {
    let last: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM identifier", [], |row| row.get(0))?;
    let mut persons = vec![UNKNOWN; last as usize + 1];
    let mut statement = conn.prepare("SELECT id, person_id FROM identifier")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        persons[row.get::<_, u32>(0)? as usize] = row.get(1)?;
    }
    Ok(persons)
}

/// For each event name id its code: its rank by name.
fn name_codes(conn: &Connection) -> Result<(Vec<u32>, Vec<String>), StoreError> {
    let last: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM event_name", [], |row| row.get(0))?;
    let (mut codes, mut names) = (vec![UNKNOWN; last as usize + 1], Vec::new());
    let mut statement = conn.prepare("SELECT id, name FROM event_name ORDER BY name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        codes[row.get::<_, u32>(0)? as usize] = names.len() as u32;
        names.push(row.get(1)?);
    }
    Ok((codes, names))
}
