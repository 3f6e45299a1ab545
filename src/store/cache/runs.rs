//! The cache's tables: state, runs, blobs, tombstones. Not for what is in a run: see `build` and `compose`.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{Cancelled, Progress};
use crate::store::StoreError;
use crate::store::codec::{self, Blob, Coding, Number, PART};
use crate::store::document::{advance, meta_number};

/// Grows when the encoding changes: an older cache is then built again.
const FORMAT: i64 = 2;

/// Which rows the live runs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The state of the rows that they belong to.
    pub(crate) data_revision: i64,
    /// All events up to this row are shown; later ones wait.
    pub(crate) covered: u32,
    /// How many rows are shown.
    pub(crate) rows: u64,
}

impl State {
    fn hash(&self) -> i64 {
        let numbers = [FORMAT, self.data_revision, i64::from(self.covered), self.rows.cast_signed()];
        hash_of(&numbers)
    }

    fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        conn.prepare_cached("INSERT OR REPLACE INTO cache_state VALUES (1, ?1, ?2, ?3, ?4, ?5)")?.execute(
            params![FORMAT, self.data_revision, self.covered, self.rows.cast_signed(), self.hash()],
        )?;
        Ok(())
    }
}

fn hash_of(numbers: &[i64]) -> i64 {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    xxh3_64(&bytes).cast_signed()
}

/// A run of events, as the file tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: i64,
    /// Of the persons that the run is sorted by; `None` when it is sorted by identifier.
    pub(crate) identity_revision: Option<i64>,
    pub(crate) first_row: u32,
    pub(crate) last_row: u32,
    /// All rows of its range when it was written.
    pub(crate) rows: u64,
    /// Those of somebody: as many has each column.
    pub(crate) events: usize,
    /// Persons or identifiers.
    pub(crate) keys: usize,
    /// Rows removed since.
    pub(crate) gone: u64,
    /// Events removed since.
    pub(crate) dead: u64,
    /// `dead` when values of removed events last left the blobs.
    pub(crate) scrubbed: u64,
    /// Of what never changes.
    pub(crate) hash: i64,
}

impl Run {
    /// One that is still to be written; `number` is its draft's.
    pub(crate) fn new(number: i64, identity_revision: Option<i64>) -> Run {
        Run {
            id: number,
            identity_revision,
            first_row: 0,
            last_row: 0,
            rows: 0,
            events: 0,
            keys: 0,
            gone: 0,
            dead: 0,
            scrubbed: 0,
            hash: 0,
        }
    }

    /// False when something that never changes has.
    fn is_as_written(&self) -> bool {
        self.hash == self.hash_now()
    }

    fn hash_now(&self) -> i64 {
        hash_of(&[
            self.id,
            self.identity_revision.unwrap_or(-1),
            i64::from(self.first_row),
            i64::from(self.last_row),
            self.rows.cast_signed(),
            self.events as i64,
            self.keys as i64,
        ])
    }
}

/// False when runs are missing, or say of themselves what was not written.
pub(crate) fn are_whole(state: &State, live: &[Run]) -> bool {
    let shown: u64 = live.iter().map(|run| run.rows.saturating_sub(run.gone)).sum();
    shown == state.rows && live.iter().all(Run::is_as_written)
}

/// A column's place among the blobs of a run.
pub(crate) const KEY: &str = "key";
pub(crate) const COUNT: &str = "count";
pub(crate) const OWNER: &str = "owner";
pub(crate) const TIME: &str = "time";
pub(crate) const NAME: &str = "name";
pub(crate) const ROW: &str = "row";
/// The paths of all properties, as values; absent when there are too many to list.
pub(crate) const PATHS: &str = "paths";

/// A property's codes.
pub(crate) fn codes_key(property: &str) -> String {
    format!("codes:{property}")
}

/// A property's values.
pub(crate) fn values_key(property: &str) -> String {
    format!("values:{property}")
}

/// The state of a cache that shows the present rows, but for those after `covered`; `None` without one.
pub(crate) fn state(conn: &Connection) -> Result<Option<State>, StoreError> {
    let now = meta_number(conn, "data_revision")?;
    Ok(stored_state(conn)?.filter(|state| state.data_revision == now))
}

fn stored_state(conn: &Connection) -> Result<Option<State>, StoreError> {
    let found: Option<(State, i64)> = conn
        .prepare_cached("SELECT data_revision, covered, rows, hash FROM cache_state WHERE format = ?1")?
        .query_row([FORMAT], |row| {
            let rows = row.get::<_, i64>(2)?.cast_unsigned();
            Ok((State { data_revision: row.get(0)?, covered: row.get(1)?, rows }, row.get(3)?))
        })
        .optional()?;
    Ok(found.filter(|(state, hash)| state.hash() == *hash).map(|(state, _)| state))
}

/// The state, made for an empty cache unless there is one. In a transaction.
pub(crate) fn begin(conn: &Connection) -> Result<State, StoreError> {
    if let Some(state) = state(conn)? {
        return Ok(state);
    }
    forget(conn)?;
    let data_revision = meta_number(conn, "data_revision")?;
    let state = State { data_revision, covered: 0, rows: 0 };
    state.write(conn)?;
    Ok(state)
}

/// From here on there is no cache; [`purge`] takes its blobs out of the file.
pub(crate) fn forget(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("DELETE FROM cache_state; UPDATE cache_run SET live = 0")?;
    Ok(())
}

/// Counts a change of the rows of which the cache knows: rows added at the end, or removed through
/// [`super::remove`].
pub(crate) fn advance_known(conn: &Connection) -> Result<(), StoreError> {
    let before = meta_number(conn, "data_revision")?;
    advance(conn, "data_revision")?;
    match stored_state(conn)?.filter(|state| state.data_revision == before) {
        Some(state) => State { data_revision: meta_number(conn, "data_revision")?, ..state }.write(conn),
        None => Ok(()),
    }
}

/// Tells that the runs show all events up to a row, and how many these are.
pub(crate) fn cover(conn: &Connection, covered: u32, rows: u64) -> Result<(), StoreError> {
    match stored_state(conn)? {
        Some(state) => State { covered, rows, ..state }.write(conn),
        None => Ok(()),
    }
}

/// The last row; 0 without events.
pub(crate) fn last_row(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?)
}

/// The live runs, oldest first.
pub(crate) fn runs(conn: &Connection) -> Result<Vec<Run>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM cache_run WHERE live = 1 ORDER BY id");
    let mut statement = conn.prepare_cached(&sql)?;
    let runs = statement.query_map([], run_of)?;
    Ok(runs.collect::<Result<_, _>>()?)
}

/// A live run.
pub(crate) fn run(conn: &Connection, id: i64) -> Result<Option<Run>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM cache_run WHERE id = ?1 AND live = 1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], run_of).optional()?)
}

const COLUMNS: &str =
    "id, identity_revision, first_row, last_row, rows, events, keys, gone, dead, scrubbed, hash";

fn run_of(row: &Row<'_>) -> rusqlite::Result<Run> {
    let count = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
    Ok(Run {
        id: row.get(0)?,
        identity_revision: row.get(1)?,
        first_row: row.get(2)?,
        last_row: row.get(3)?,
        rows: count(4)?,
        events: count(5)? as usize,
        keys: count(6)? as usize,
        gone: count(7)?,
        dead: count(8)?,
        scrubbed: count(9)?,
        hash: row.get(10)?,
    })
}

/// Makes a run that is not live yet, and returns its number: above all those before, as runs made later show later
/// rows.
pub(crate) fn insert_draft(conn: &Connection) -> Result<i64, StoreError> {
    conn.execute(
        "INSERT INTO cache_run (live, first_row, last_row, rows, events, keys, gone, dead, scrubbed, hash)
         VALUES (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        [],
    )?;
    Ok(conn.last_insert_rowid())
}

/// Makes a draft live, with what there is to tell of it; false when it is not there any more.
pub(crate) fn enliven(conn: &Connection, run: &Run) -> Result<bool, StoreError> {
    let changed = conn.execute(
        "UPDATE cache_run SET live = 1, identity_revision = ?2, first_row = ?3, last_row = ?4, rows = ?5,
                events = ?6, keys = ?7, hash = ?8 WHERE id = ?1 AND live = 0",
        params![
            run.id,
            run.identity_revision,
            run.first_row,
            run.last_row,
            run.rows.cast_signed(),
            run.events as i64,
            run.keys as i64,
            run.hash_now(),
        ],
    )?;
    Ok(changed == 1)
}

/// Takes runs out of use; [`purge`] takes their blobs out of the file.
pub(crate) fn retire(conn: &Connection, run: i64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE cache_run SET live = 0 WHERE id = ?1")?.execute([run])?;
    Ok(())
}

/// Writes one column's blobs in place of those that were there.
pub(crate) fn write_blobs(
    conn: &Connection,
    run: i64,
    column: &str,
    blobs: &[Blob],
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM cache_blob WHERE run = ?1 AND column = ?2")?
        .execute(params![run, column])?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO cache_blob (run, column, part, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (part, blob) in blobs.iter().enumerate() {
        insert.execute(params![run, column, part as i64, blob.hash.cast_signed(), blob.bytes])?;
    }
    Ok(())
}

/// One column's blobs, by part.
pub(crate) fn read_blobs(conn: &Connection, run: i64, column: &str) -> Result<Vec<Blob>, StoreError> {
    let mut statement = conn.prepare_cached(READ_BLOBS)?;
    let blobs = statement.query_map(params![run, column], blob_of)?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

const READ_BLOBS: &str = "SELECT hash, bytes FROM cache_blob WHERE run = ?1 AND column = ?2 ORDER BY part";

fn blob_of(row: &Row<'_>) -> rusqlite::Result<Blob> {
    Ok(Blob { hash: row.get::<_, i64>(0)?.cast_unsigned(), bytes: row.get(1)? })
}

/// True when a run keeps a column.
pub(crate) fn has_column(conn: &Connection, run: i64, column: &str) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM cache_blob WHERE run = ?1 AND column = ?2")?
        .exists(params![run, column])?)
}

/// Properties of which a run keeps a column, sorted.
pub(crate) fn properties(conn: &Connection, run: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT column FROM cache_blob WHERE run = ?1 AND column >= 'values:' AND column < 'values;'
         ORDER BY column",
    )?;
    let columns = statement.query_map([run], |row| row.get::<_, String>(0))?;
    columns.map(|column| Ok(column?.strip_prefix("values:").unwrap_or_default().to_owned())).collect()
}

/// Takes a property's column out.
pub(crate) fn delete_property(conn: &Connection, run: i64, property: &str) -> Result<(), StoreError> {
    for column in [values_key(property), codes_key(property)] {
        conn.prepare_cached("DELETE FROM cache_blob WHERE run = ?1 AND column = ?2")?
            .execute(params![run, column])?;
    }
    Ok(())
}

/// Reads a column of numbers: blobs are decoded by other threads while this one reads the next. False when any is
/// missing or damaged.
///
/// # Errors
/// `Cancelled`, or what SQLite says.
pub(crate) fn read_numbers<T: Number>(
    conn: &Connection,
    (run, column): (i64, &str),
    coding: Coding,
    out: &mut [T],
    progress: &Progress,
) -> Result<bool, StoreError> {
    let is_damaged = AtomicBool::new(false);
    let stop = || is_damaged.load(Ordering::Relaxed) || progress.is_cancelled();
    let mut statement = conn.prepare_cached(READ_BLOBS)?;
    let mut blobs = statement.query_map(params![run, column], blob_of)?;
    rayon::in_place_scope(|scope| -> Result<(), StoreError> {
        for out in out.chunks_mut(PART) {
            let Some(blob) = blobs.next() else {
                is_damaged.store(true, Ordering::Relaxed);
                return Ok(());
            };
            let blob = blob?;
            if stop() {
                return Ok(());
            }
            let is_damaged = &is_damaged;
            scope.spawn(move |_| {
                if codec::decode_part(&blob, coding, out).is_none() {
                    is_damaged.store(true, Ordering::Relaxed);
                }
            });
        }
        if blobs.next().is_some() {
            is_damaged.store(true, Ordering::Relaxed);
        }
        Ok(())
    })?;
    if progress.is_cancelled() {
        return Err(Cancelled.into());
    }
    Ok(!is_damaged.into_inner())
}

/// Row ranges of a run that were removed since it was written, ascending.
pub(crate) fn tombstones(conn: &Connection, run: i64) -> Result<Vec<(u32, u32)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT first_row, last_row FROM cache_tombstone WHERE run = ?1 ORDER BY first_row",
    )?;
    let ranges = statement.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ranges.collect::<Result<_, _>>()?)
}

const BLOBS_AT_ONCE: i64 = 64;

/// Takes the blobs of runs that are not live out of the file, in many short transactions. Stopped anywhere, the next
/// time goes on.
pub(crate) fn purge(conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    let is_clean = "SELECT NOT EXISTS (SELECT 1 FROM cache_run WHERE live = 0)
        AND NOT EXISTS (SELECT 1 FROM cache_blob WHERE run NOT IN (SELECT id FROM cache_run))";
    if conn.query_row(is_clean, [], |row| row.get(0))? {
        return Ok(());
    }
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute("DELETE FROM cache_run WHERE live = 0", [])?;
    for table in ["cache_tombstone", "cache_property"] {
        step.execute(&format!("DELETE FROM {table} WHERE run NOT IN (SELECT id FROM cache_run)"), [])?;
    }
    step.commit()?;
    loop {
        progress.at(0, 0)?;
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let deleted = step.execute(
            "DELETE FROM cache_blob WHERE id IN (
                 SELECT id FROM cache_blob WHERE run NOT IN (SELECT id FROM cache_run) LIMIT ?1)",
            [BLOBS_AT_ONCE],
        )?;
        step.commit()?;
        if deleted == 0 {
            return Ok(());
        }
    }
}
