//! Makes few runs of many. Not for making them from rows: see `build`.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior, params};

use super::compose::{Order, Unordered, gather, order};
use super::load::{Concatenated, Layout, Slice, concatenated, person_of_identifier};
use super::runs::{self, Run};
use crate::base::{Cancelled, Progress};
use crate::model::value::Value;
use crate::store::StoreError;
use crate::store::codec::{Blob, Coding, encode, encode_values};
use crate::store::columns::{Piece, Reader, join};
use crate::store::document::revision;

/// Runs that a cache may have.
const MOST_RUNS: usize = 8;
/// A log of fewer events loads at once, however its runs are sorted.
const SMALL: usize = 1 << 20;

/// Which runs become one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plan {
    /// All: the base run, by person.
    Base(Vec<Run>),
    /// The later ones, by identifier: they are few beside the base run.
    Later(Vec<Run>),
}

impl Plan {
    fn of(mut live: Vec<Run>) -> Option<Plan> {
        let events: usize = live.iter().map(|run| run.events).sum();
        let dead: u64 = live.iter().map(|run| run.dead).sum();
        let has_base = live.iter().any(|run| run.identity_revision.is_some());
        let first = live.first().filter(|run| run.identity_revision.is_some()).map_or(0, |run| run.events);
        let is_torn = dead * 4 > events as u64;
        let is_many = live.len() > MOST_RUNS;
        let lacks_base = !has_base && live.len() > 1 && events > SMALL;
        if is_many && !is_torn && (events - first) * 4 < first {
            return Some(Plan::Later(live.split_off(1)));
        }
        (is_many || is_torn || lacks_base).then_some(Plan::Base(live))
    }

    fn runs(&self) -> &[Run] {
        match self {
            Plan::Base(runs) | Plan::Later(runs) => runs,
        }
    }
}

/// True when there is something to do.
pub(super) fn is_due(file: &Connection) -> Result<bool, StoreError> {
    Ok(runs::state(file)?.is_some() && Plan::of(runs::runs(file)?).is_some())
}

/// Does what is due. False when a run turned out to be damaged.
///
/// # Errors
/// `Cancelled`, and then the runs stay as they were; or what SQLite says.
pub(super) fn compact(conn: &mut Connection, progress: &Progress) -> Result<bool, StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let live = runs::runs(&step)?;
    let Some(state) = runs::state(&step)? else { return Ok(true) };
    if !runs::are_whole(&state, &live) {
        return Ok(false);
    }
    let Some(plan) = Plan::of(live) else { return Ok(true) };
    let draft = runs::insert_draft(&step)?;
    step.commit()?;
    let Some((run, layout)) = write_base(conn, &plan, draft, progress)? else { return Ok(false) };
    if !write_properties(conn, draft, &layout, progress)? {
        return Ok(false);
    }
    replace(conn, &run, plan.runs())?;
    runs::purge(conn, progress)?;
    Ok(true)
}

/// Writes a draft with the base columns. `None` when a run is damaged.
fn write_base(
    conn: &mut Connection,
    plan: &Plan,
    draft: i64,
    progress: &Progress,
) -> Result<Option<(Run, Layout)>, StoreError> {
    let found = {
        let file = conn.unchecked_transaction()?;
        // Where persons have changed meanwhile, the next compaction starts from them.
        let now = revision(&file)?;
        let Some(all) = concatenated(&file, plan.runs(), now.identity, progress)? else { return Ok(None) };
        let Some(owners) = owners(&file, plan.runs(), &all, progress)? else { return Ok(None) };
        let persons = match plan {
            Plan::Base(_) => person_of_identifier(&file, progress)?,
            Plan::Later(_) => (0..=owners.iter().copied().max().unwrap_or(0)).collect(),
        };
        (all, owners, persons, now)
    };
    let (mut all, owners, persons, now) = found;
    let Order { person_ids, person_starts, source } =
        match order(&all.parts, (&all.times, &all.rows), &persons, progress) {
            Ok(order) => order,
            Err(Unordered::Cancelled) => return Err(Cancelled.into()),
            Err(Unordered::Identifier(_) | Unordered::Lengths) => return Ok(None),
        };
    let runs = plan.runs();
    let run = Run {
        first_row: runs.iter().map(|run| run.first_row).min().unwrap_or(0),
        last_row: runs.iter().map(|run| run.last_row).max().unwrap_or(0),
        rows: runs.iter().map(|run| run.rows - run.gone.min(run.rows)).sum(),
        events: source.len(),
        keys: person_ids.len(),
        ..Run::new(draft, matches!(plan, Plan::Base(_)).then_some(now.identity))
    };
    let counts: Vec<u32> = person_starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut write = |column: &str, blobs: Vec<Blob>| write_column(conn, draft, column, &blobs, progress);
    write(runs::KEY, encode(&person_ids, Coding::Deltas, progress)?)?;
    write(runs::COUNT, encode(&counts, Coding::Plain, progress)?)?;
    // One after the other, so that only one column is in memory twice.
    let times = gather(&source, &std::mem::take(&mut all.times));
    write(runs::TIME, encode(&times, Coding::Deltas, progress)?)?;
    drop(times);
    let names = gather(&source, &std::mem::take(&mut all.names));
    write(runs::NAME, encode(&names, Coding::Plain, progress)?)?;
    drop(names);
    let rows = gather(&source, &std::mem::take(&mut all.rows));
    write(runs::ROW, encode(&rows, Coding::Deltas, progress)?)?;
    drop(rows);
    if run.identity_revision.is_some() {
        write(runs::OWNER, encode(&gather(&source, &owners), Coding::Deltas, progress)?)?;
    }
    let slices = runs.iter().copied().map(Slice::Run).collect();
    Ok(Some((run, Layout::new(now, slices, Some(source), run.events))))
}

/// The identifier of each event of the runs, one after the other. `None` when one is damaged.
fn owners(
    file: &Connection,
    live: &[Run],
    all: &Concatenated,
    progress: &Progress,
) -> Result<Option<Vec<u32>>, StoreError> {
    let mut owners = Vec::with_capacity(all.times.len());
    for (run, part) in live.iter().zip(&all.parts) {
        if run.identity_revision.is_some() {
            let mut read = vec![0_u32; run.events];
            let column = (run.id, runs::OWNER);
            if !runs::read_numbers(file, column, Coding::Deltas, &mut read, progress)? {
                return Ok(None);
            }
            owners.extend(read);
        } else {
            for (key, count) in part.keys.iter().zip(&part.counts) {
                owners.extend(std::iter::repeat_n(*key, *count as usize));
            }
        }
    }
    Ok(Some(owners))
}

/// In a transaction of its own, so that an edit need not wait for all of them.
fn write_column(
    conn: &mut Connection,
    draft: i64,
    column: &str,
    blobs: &[Blob],
    progress: &Progress,
) -> Result<(), StoreError> {
    progress.at(0, 0)?;
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    runs::write_blobs(&step, draft, column, blobs)?;
    Ok(step.commit()?)
}

/// Writes the properties of which every run has a column, and the list of all. False when a run is gone.
fn write_properties(
    conn: &mut Connection,
    draft: i64,
    layout: &Layout,
    progress: &Progress,
) -> Result<bool, StoreError> {
    let (mut stored, mut paths) = (BTreeSet::new(), Some(BTreeSet::new()));
    let mut readers = Vec::new();
    for slice in layout.slices() {
        let Slice::Run(run) = slice else { return Ok(false) };
        stored.extend(runs::properties(conn, run.id)?);
        let own = crate::store::columns::paths(conn, run.id)?;
        paths = paths.zip(own).map(|(paths, own)| &paths | &own);
        readers.push(Reader::new(conn, slice)?);
    }
    for (at, property) in stored.iter().enumerate() {
        progress.at(at as u64, stored.len() as u64)?;
        let mut pieces: Vec<Piece> = Vec::new();
        for reader in &readers {
            pieces.extend(reader.piece(conn, property, progress)?);
        }
        // One that some run does not keep is built from the rows when somebody asks for it.
        if pieces.len() < readers.len() {
            continue;
        }
        let column = join(pieces, layout, progress)?;
        if column.values.is_empty() {
            if let Some(paths) = &mut paths {
                paths.remove(property);
            }
            continue;
        }
        let Some(values) = encode_values(&column.values) else { continue };
        write_column(conn, draft, &runs::values_key(property), &values, progress)?;
        let codes = encode(&column.codes.to_vec(), Coding::Plain, progress)?;
        drop(column);
        write_column(conn, draft, &runs::codes_key(property), &codes, progress)?;
    }
    if let Some(paths) = paths {
        let paths: Vec<Value> = paths.into_iter().map(Value::Text).collect();
        write_column(conn, draft, runs::PATHS, &encode_values(&paths).unwrap_or_default(), progress)?;
    }
    Ok(true)
}

/// Puts the draft in the place of the runs that it was made of, unless they have changed.
fn replace(conn: &mut Connection, new: &Run, old: &[Run]) -> Result<(), StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for run in old {
        if runs::state(&step)?.is_none() || runs::run(&step, run.id)?.is_none_or(|now| now.gone != run.gone) {
            return Ok(());
        }
    }
    if !runs::enliven(&step, new)? {
        return Ok(());
    }
    for run in old {
        step.execute(
            "INSERT INTO cache_property SELECT ?1, property, name, events, texts, numbers, booleans, personal
             FROM cache_property WHERE run = ?2
             ON CONFLICT DO UPDATE SET events = events + excluded.events, texts = texts + excluded.texts,
                 numbers = numbers + excluded.numbers, booleans = booleans + excluded.booleans,
                 personal = max(personal, excluded.personal)",
            params![new.id, run.id],
        )?;
        runs::retire(&step, run.id)?;
    }
    Ok(step.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: i64, events: usize, is_base: bool) -> Run {
        Run { rows: events as u64, events, ..Run::new(id, is_base.then_some(1)) }
    }

    #[test]
    fn few_small_runs_are_left_alone_and_many_become_one() {
        let runs = |n: i64| (0..n).map(|id| run(id, 10, false)).collect::<Vec<_>>();
        assert_eq!(Plan::of(runs(8)), None);
        assert_eq!(Plan::of(runs(9)), Some(Plan::Base(runs(9))));
        let mut beside_base = runs(9);
        beside_base[0] = run(0, 1000, true);
        assert_eq!(Plan::of(beside_base.clone()), Some(Plan::Later(beside_base[1..].to_vec())));
        beside_base[0] = run(0, 100, true);
        assert_eq!(Plan::of(beside_base.clone()), Some(Plan::Base(beside_base)));
        let mut torn = runs(1);
        torn[0].dead = 3;
        assert_eq!(Plan::of(torn.clone()), Some(Plan::Base(torn)));
        let large = vec![run(1, SMALL, false), run(2, 1, false)];
        assert_eq!(Plan::of(large.clone()), Some(Plan::Base(large)));
        assert_eq!(Plan::of(vec![run(1, 2 * SMALL, false)]), None);
    }
}
