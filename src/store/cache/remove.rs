//! Removal of rows from the cache: tombstones at once, and values of removed events out of the blobs afterwards.
//! Not for the rows themselves: see `store::batches`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rusqlite::{Connection, TransactionBehavior, params};

use super::compose::is_gone;
use super::runs::{self, Run};
use crate::base::Progress;
use crate::model::value::Value;
use crate::store::StoreError;
use crate::store::codec::{Coding, decode_values, encode_values};
use crate::store::scan::{NOWHERE, Row, uses_of};

/// Takes rows of an import, from the first up to but without the last, out of the runs that show them. Called in the
/// transaction that deletes them, before it does.
pub(crate) fn bury(conn: &Connection, batch: i64, (from, to): (i64, i64)) -> Result<(), StoreError> {
    let Some(state) = runs::state(conn)? else { return Ok(()) };
    let live = runs::runs(conn)?;
    let mut buried: BTreeMap<usize, Buried> = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT e.id, e.name, coalesce(e.user, e.anonymous) IS NOT NULL, x.properties,
                coalesce(c.json, x.context)
         FROM event e JOIN event_text x ON x.id = e.id LEFT JOIN context c ON c.id = x.context_id
         WHERE e.id >= ?1 AND e.id < ?2 AND e.batch = ?3 AND e.id <= ?4 ORDER BY e.id",
    )?;
    let mut rows = statement.query(params![from, to, batch, state.covered])?;
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        // Numbers of rows come again after the last ones were removed: then a later run shows them.
        let shows = |run: &Run| (run.first_row..=run.last_row).contains(&id);
        let Some(at) = live.iter().rposition(shows) else {
            return runs::forget(conn);
        };
        let buried = buried.entry(at).or_default();
        match buried.ranges.last_mut() {
            Some(range) if range.1 + 1 == id => range.1 = id,
            Some(_) | None => buried.ranges.push((id, id)),
        }
        buried.events += u64::from(row.get::<_, bool>(2)?);
        buried.rows.push(Row {
            at: NOWHERE,
            name: row.get(1)?,
            properties: row.get(3)?,
            context: row.get(4)?,
        });
    }
    let mut left = state.rows;
    for (at, buried) in buried {
        buried.write(conn, live[at].id)?;
        left = left.saturating_sub(buried.rows.len() as u64);
    }
    runs::cover(conn, state.covered, left)
}

/// What one step takes out of one run.
#[derive(Default)]
struct Buried {
    ranges: Vec<(u32, u32)>,
    events: u64,
    rows: Vec<Row>,
}

impl Buried {
    fn write(&self, conn: &Connection, run: i64) -> Result<(), StoreError> {
        let mut joined = conn.prepare_cached(
            "UPDATE cache_tombstone SET last_row = ?3 WHERE run = ?1 AND last_row = ?2 - 1",
        )?;
        let mut insert = conn.prepare_cached("INSERT INTO cache_tombstone VALUES (?1, ?2, ?3)")?;
        for (first, last) in &self.ranges {
            if joined.execute(params![run, first, last])? == 0 {
                insert.execute(params![run, first, last])?;
            }
        }
        let mut uses = conn.prepare_cached(
            "UPDATE cache_property SET events = events - ?4, texts = texts - ?5, numbers = numbers - ?6,
                    booleans = booleans - ?7 WHERE run = ?1 AND property = ?2 AND name = ?3",
        )?;
        for (property, names) in uses_of(&self.rows) {
            for (name, gone) in names {
                uses.execute(params![
                    run,
                    property,
                    name,
                    gone.events.cast_signed(),
                    gone.texts.cast_signed(),
                    gone.numbers.cast_signed(),
                    gone.booleans.cast_signed(),
                ])?;
            }
        }
        conn.prepare_cached("DELETE FROM cache_property WHERE run = ?1 AND events <= 0")?.execute([run])?;
        conn.prepare_cached("UPDATE cache_run SET gone = gone + ?2, dead = dead + ?3 WHERE id = ?1")?
            .execute(params![run, (self.rows.len() as u64).cast_signed(), self.events.cast_signed()])?;
        Ok(())
    }
}

/// Called after rows were deleted, in the same transaction: their numbers may come again, and are then new rows.
pub(crate) fn settle(conn: &Connection) -> Result<(), StoreError> {
    if let Some(state) = runs::state(conn)? {
        let last = runs::last_row(conn)?;
        if last < state.covered {
            runs::cover(conn, last, state.rows)?;
        }
    }
    for run in runs::runs(conn)?.iter().filter(|run| run.gone >= run.rows) {
        runs::retire(conn, run.id)?;
    }
    Ok(())
}

/// Takes values that only removed events had out of the file, and the blobs of runs that are not in use.
///
/// # Errors
/// `Cancelled`, and then the next time goes on; or what SQLite says.
pub(crate) fn scrub(conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    runs::purge(conn, progress)?;
    for run in runs::runs(conn)?.into_iter().filter(|run| run.scrubbed < run.dead) {
        scrub_run(conn, &run, progress)?;
    }
    Ok(())
}

fn scrub_run(conn: &mut Connection, run: &Run, progress: &Progress) -> Result<(), StoreError> {
    let tombstones = runs::tombstones(conn, run.id)?;
    let mut rows = vec![0_u32; run.events];
    if !runs::read_numbers(conn, (run.id, runs::ROW), Coding::Deltas, &mut rows, progress)? {
        // A damaged run, which loading finds: nothing of it is worth keeping.
        return runs::forget(conn);
    }
    let gone: Vec<bool> = rows.par_iter().map(|row| is_gone(&tombstones, *row)).collect();
    drop(rows);
    let known = dictionary_paths(conn, run.id)?;
    let stored = runs::properties(conn, run.id)?;
    for (at, property) in stored.iter().enumerate() {
        progress.at(at as u64, stored.len() as u64)?;
        let scrubbed = if known.contains(property) {
            scrubbed_values(conn, run, property, &gone, progress)?
        } else {
            Scrubbed::Nothing
        };
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match scrubbed {
            Scrubbed::Same => {}
            Scrubbed::Values(values) => match encode_values(&values) {
                Some(blobs) => runs::write_blobs(&step, run.id, &runs::values_key(property), &blobs)?,
                None => runs::delete_property(&step, run.id, property)?,
            },
            Scrubbed::Nothing => runs::delete_property(&step, run.id, property)?,
        }
        step.commit()?;
    }
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if runs::has_column(&step, run.id, runs::PATHS)? {
        let paths: Vec<Value> = known.into_iter().map(Value::Text).collect();
        runs::write_blobs(&step, run.id, runs::PATHS, &encode_values(&paths).unwrap_or_default())?;
    }
    step.execute(
        "UPDATE cache_run SET scrubbed = ?2 WHERE id = ?1",
        params![run.id, run.dead.cast_signed()],
    )?;
    Ok(step.commit()?)
}

enum Scrubbed {
    Same,
    Values(Vec<Value>),
    /// No event has it any more, or it is damaged.
    Nothing,
}

fn scrubbed_values(
    conn: &Connection,
    run: &Run,
    property: &str,
    gone: &[bool],
    progress: &Progress,
) -> Result<Scrubbed, StoreError> {
    let Some(mut values) = decode_values(&runs::read_blobs(conn, run.id, &runs::values_key(property))?)
    else {
        return Ok(Scrubbed::Nothing);
    };
    let mut codes = vec![0_u32; run.events];
    let column = runs::codes_key(property);
    if !runs::read_numbers(conn, (run.id, &column), Coding::Plain, &mut codes, progress)? {
        return Ok(Scrubbed::Nothing);
    }
    let mut occurs = vec![false; values.len() + 1];
    for (code, gone) in codes.iter().zip(gone) {
        if let Some(slot) = occurs.get_mut(*code as usize) {
            *slot |= !gone;
        }
    }
    let mut changed = false;
    for (value, _) in values.iter_mut().zip(&occurs[1..]).filter(|(_, occurs)| !**occurs) {
        // Its place stays, so that the codes need not change; no event that is left has this code.
        changed |= *value != Value::Bool(false);
        *value = Value::Bool(false);
    }
    Ok(if changed { Scrubbed::Values(values) } else { Scrubbed::Same })
}

fn dictionary_paths(conn: &Connection, run: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT DISTINCT property FROM cache_property WHERE run = ?1")?;
    let paths = statement.query_map([run], |row| row.get(0))?;
    Ok(paths.collect::<Result<_, _>>()?)
}
