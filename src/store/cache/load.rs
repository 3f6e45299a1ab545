//! Loads the event table from the live runs, and from rows that no run shows yet. Not for properties: see
//! `store::columns`.

use std::sync::Arc;

use rayon::prelude::*;
use rusqlite::Connection;

use super::build::{BaseColumns, RowsInMemory, base_of_rows};
use super::compose::{Order, Part, UNKNOWN, Unordered, gather, order};
use super::runs::{self, Run};
use crate::base::{Cancelled, Progress};
use crate::engine::table::{EventTable, Parts};
use crate::store::StoreError;
use crate::store::codec::Coding;
use crate::store::document::{Revision, revision};

/// A table, and where its columns come from.
#[derive(Clone, Debug)]
pub struct LoadedTable {
    /// The events by person, without properties: see [`crate::store::Document::load_columns`].
    pub table: EventTable,
    /// To be handed to [`crate::store::Document::load_columns`].
    pub layout: Layout,
}

/// Which runs and rows make a table, and in what order. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Layout {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    revision: Revision,
    slices: Vec<Slice>,
    /// For each event its place among the slices, one after the other; `None` when it is the same.
    source: Option<Vec<u32>>,
    events: usize,
}

/// Events of a table that come from one place.
#[derive(Debug)]
pub(crate) enum Slice {
    /// A run, as it was.
    Run(Run),
    /// Rows from the first to the last, which no run showed; the row of each event, in order.
    Rows {
        /// Both included.
        range: (u32, u32),
        /// By identifier, time and arrival.
        rows: Vec<u32>,
    },
}

impl Layout {
    pub(crate) fn new(
        revision: Revision,
        slices: Vec<Slice>,
        source: Option<Vec<u32>>,
        events: usize,
    ) -> Layout {
        Layout { shared: Arc::new(Shared { revision, slices, source, events }) }
    }

    /// The state of the rows and persons that the table shows.
    pub fn revision(&self) -> Revision {
        self.shared.revision
    }

    pub(crate) fn slices(&self) -> &[Slice] {
        &self.shared.slices
    }

    pub(crate) fn source(&self) -> Option<&[u32]> {
        self.shared.source.as_deref()
    }

    /// Events of the table.
    pub(crate) fn events(&self) -> usize {
        self.shared.events
    }
}

impl Slice {
    /// Events, removed ones included.
    pub(crate) fn events(&self) -> usize {
        match self {
            Slice::Run(run) => run.events,
            Slice::Rows { rows, .. } => rows.len(),
        }
    }
}

/// The table of this state of the file: from the cache and the rows after it, or from the rows alone. `None` when the
/// cache is damaged.
///
/// # Errors
/// `Cancelled`, or what SQLite says.
pub(crate) fn load(
    conn: &Connection,
    use_cache: bool,
    progress: &Progress,
) -> Result<Option<LoadedTable>, StoreError> {
    let revision = revision(conn)?;
    let state = if use_cache { runs::state(conn)? } else { None };
    let live = if state.is_some() { runs::runs(conn)? } else { Vec::new() };
    let covered = state.map_or(0, |state| state.covered);
    let rest =
        if runs::last_row(conn)? > covered { base_of_rows(conn, covered, progress)? } else { Vec::new() };
    let cached = state.is_some();
    if state.is_some_and(|state| !runs::are_whole(&state, &live)) {
        return Ok(None);
    }
    match columns(conn, (live, rest), revision, progress)? {
        Some((columns, layout)) => finish(conn, columns, layout, cached),
        None => Ok(None),
    }
}

/// Columns in table order; names are still ids.
pub(crate) struct Columns {
    pub(crate) person_ids: Vec<u32>,
    pub(crate) person_starts: Vec<u32>,
    pub(crate) times: Vec<i64>,
    pub(crate) names: Vec<u32>,
    pub(crate) rows: Vec<u32>,
}

/// The base columns of these runs and rows by person. `None` when a run is damaged.
fn columns(
    conn: &Connection,
    (live, rest): (Vec<Run>, Vec<RowsInMemory>),
    revision: Revision,
    progress: &Progress,
) -> Result<Option<(Columns, Layout)>, StoreError> {
    let is_straight = |run: &Run| run.identity_revision == Some(revision.identity) && run.dead == 0;
    let is_in_order = rest.is_empty() && live.len() == 1 && live.iter().all(is_straight);
    let Some(mut all) = concatenated(conn, &live, revision.identity, progress)? else { return Ok(None) };
    let mut slices: Vec<Slice> = live.into_iter().map(Slice::Run).collect();
    for (range, base) in rest {
        slices.push(Slice::Rows { range, rows: base.rows.clone() });
        all.append(base);
    }
    let (columns, source) = if is_in_order && let Some(part) = all.parts.pop() {
        (all.unsorted(part), None)
    } else {
        let persons = person_of_identifier(conn, progress)?;
        let found = match order(&all.parts, (&all.times, &all.rows), &persons, progress) {
            Err(Unordered::Cancelled) => return Err(Cancelled.into()),
            Err(unordered) if slices.iter().all(|slice| matches!(slice, Slice::Rows { .. })) => {
                return Err(damaged(&unordered));
            }
            Err(_) => return Ok(None),
            Ok(found) => found,
        };
        let (columns, source) = all.in_order(found, progress)?;
        (columns, Some(source))
    };
    let events = columns.times.len();
    Ok(Some((columns, Layout::new(revision, slices, source, events))))
}

fn damaged(unordered: &Unordered) -> StoreError {
    let detail = match unordered {
        Unordered::Identifier(number) => unknown("identifier", *number),
        Unordered::Cancelled | Unordered::Lengths => "there are too many events".to_owned(),
    };
    StoreError::Damaged { detail }
}

fn unknown(what: &str, number: u32) -> String {
    format!("an event has the {what} number {number}, which is not there")
}

/// Gives names their codes, and makes the table. `None` when what the cache says makes none.
fn finish(
    conn: &Connection,
    columns: Columns,
    layout: Layout,
    cached: bool,
) -> Result<Option<LoadedTable>, StoreError> {
    let (codes, event_names) = name_codes(conn)?;
    let mut names = columns.names;
    let code_of = |name: &mut u32| match codes.get(*name as usize).copied().filter(|code| *code != UNKNOWN) {
        Some(code) => {
            *name = code;
            Ok(())
        }
        None => Err(*name),
    };
    let coded = names.par_iter_mut().with_min_len(1 << 16).try_for_each(code_of);
    let problem = match coded {
        Ok(()) => {
            let parts = Parts {
                person_starts: columns.person_starts,
                person_ids: columns.person_ids.into_iter().map(i64::from).collect(),
                times: columns.times,
                names,
                rows: columns.rows,
                event_names,
            };
            match EventTable::from_parts(parts) {
                Ok(table) => return Ok(Some(LoadedTable { table, layout })),
                Err(error) => error.to_string(),
            }
        }
        Err(name) => unknown("event name", name),
    };
    if cached { Ok(None) } else { Err(StoreError::Damaged { detail: problem }) }
}

/// The columns of several runs, one after the other.
#[derive(Default)]
pub(crate) struct Concatenated {
    pub(crate) parts: Vec<Part>,
    pub(crate) times: Vec<i64>,
    pub(crate) names: Vec<u32>,
    pub(crate) rows: Vec<u32>,
}

impl Concatenated {
    fn append(&mut self, base: BaseColumns) {
        let BaseColumns { keys, counts, times, names, rows } = base;
        let from = self.times.len();
        let tombstones = Vec::new();
        self.parts.push(Part { from, keys, counts, is_by_person: false, owners: None, tombstones });
        self.times.extend(times);
        self.names.extend(names);
        self.rows.extend(rows);
    }

    fn unsorted(self, part: Part) -> Columns {
        let starts = part.counts.iter().scan(0_u32, |end, count| {
            *end = end.wrapping_add(*count);
            Some(*end)
        });
        let person_starts = std::iter::once(0).chain(starts).collect();
        let Concatenated { times, names, rows, .. } = self;
        Columns { person_ids: part.keys, person_starts, times, names, rows }
    }

    fn in_order(mut self, order: Order, progress: &Progress) -> Result<(Columns, Vec<u32>), StoreError> {
        let Order { person_ids, person_starts, source } = order;
        progress.at(0, 0)?;
        // One at a time, so that only one column is in memory twice.
        let times = gather(&source, &std::mem::take(&mut self.times));
        progress.at(0, 0)?;
        let names = gather(&source, &std::mem::take(&mut self.names));
        let rows = gather(&source, &std::mem::take(&mut self.rows));
        Ok((Columns { person_ids, person_starts, times, names, rows }, source))
    }
}

/// Reads runs one after the other. `None` when one is damaged.
pub(crate) fn concatenated(
    conn: &Connection,
    live: &[Run],
    identity: i64,
    progress: &Progress,
) -> Result<Option<Concatenated>, StoreError> {
    let events: usize = live.iter().map(|run| run.events).sum();
    let mut all = Concatenated {
        parts: Vec::new(),
        times: vec![0; events],
        names: vec![0; events],
        rows: vec![0; events],
    };
    let mut from = 0;
    for run in live {
        progress.at(from as u64, events as u64)?;
        let range = from..from + run.events;
        let Some(part) = part(conn, run, from, identity, progress)? else { return Ok(None) };
        let is_whole = read(conn, run, runs::TIME, Coding::Deltas, &mut all.times[range.clone()], progress)?
            && read(conn, run, runs::NAME, Coding::Plain, &mut all.names[range.clone()], progress)?
            && read(conn, run, runs::ROW, Coding::Deltas, &mut all.rows[range.clone()], progress)?;
        let is_dead = |row: &&u32| super::compose::is_gone(&part.tombstones, **row);
        let dead = if part.tombstones.is_empty() {
            0
        } else {
            all.rows[range.clone()].par_iter().filter(is_dead).count() as u64
        };
        if !is_whole || dead != run.dead {
            return Ok(None);
        }
        all.parts.push(part);
        from = range.end;
    }
    Ok(Some(all))
}

fn part(
    conn: &Connection,
    run: &Run,
    from: usize,
    identity: i64,
    progress: &Progress,
) -> Result<Option<Part>, StoreError> {
    let (mut keys, mut counts) = (vec![0_u32; run.keys], vec![0_u32; run.keys]);
    let mut is_whole = read(conn, run, runs::KEY, Coding::Deltas, &mut keys, progress)?
        && read(conn, run, runs::COUNT, Coding::Plain, &mut counts, progress)?;
    is_whole &= counts.iter().map(|count| u64::from(*count)).sum::<u64>() == run.events as u64;
    let is_by_person = run.identity_revision == Some(identity);
    let mut owners = None;
    if run.identity_revision.is_some() && !is_by_person {
        let mut read_owners = vec![0_u32; run.events];
        is_whole &= read(conn, run, runs::OWNER, Coding::Deltas, &mut read_owners, progress)?;
        owners = Some(read_owners);
    }
    let tombstones = runs::tombstones(conn, run.id)?;
    Ok(is_whole.then_some(Part { from, keys, counts, is_by_person, owners, tombstones }))
}

fn read<T: crate::store::codec::Number>(
    conn: &Connection,
    run: &Run,
    column: &str,
    coding: Coding,
    out: &mut [T],
    progress: &Progress,
) -> Result<bool, StoreError> {
    runs::read_numbers(conn, (run.id, column), coding, out, progress)
}

/// The person of each identifier.
pub(crate) fn person_of_identifier(conn: &Connection, progress: &Progress) -> Result<Vec<u32>, StoreError> {
    let last: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM identifier", [], |row| row.get(0))?;
    let mut persons = vec![UNKNOWN; last as usize + 1];
    let mut statement = conn.prepare("SELECT id, person_id FROM identifier")?;
    let mut rows = statement.query([])?;
    let mut read = 0_usize;
    while let Some(row) = rows.next()? {
        if read.is_multiple_of(65_536) {
            progress.at(read as u64, last.cast_unsigned())?;
        }
        read += 1;
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
