//! Property columns and the dictionary of properties: kept with the runs of the cache, built from the rows when asked
//! for first. Not for base columns: see `store::cache`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rusqlite::{Connection, TransactionBehavior};

use super::cache::Layout;
use super::cache::compose::gather;
use super::cache::load::Slice;
use super::cache::runs::{self, Run};
use super::codec::{Coding, decode_values, encode, encode_values};
use super::document::{Access, revision};
use super::scan::order::sort_values;
use super::scan::{Built, Places, Wanted, scan};
use super::{Document, StoreError};
use crate::base::{Cancelled, Progress};
use crate::engine::codes::Codes;
use crate::engine::table::Column;
use crate::model::value::Value;

/// A property as it occurs on one event name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyInfo {
    /// The event name.
    pub event: String,
    /// The property's path: `page.url`, `context.ip`.
    pub property: String,
    /// Events that carry it.
    pub events: u64,
    /// Of these, with a text or a list.
    pub texts: u64,
    /// Of these, with a number.
    pub numbers: u64,
    /// Of these, with a truth value.
    pub booleans: u64,
    /// Suspected to be personal, by its name or by the form of some value.
    pub is_personal: bool,
}

impl Document {
    /// Several properties, in the order given: paths in `properties`, or after `context.` in the context.
    /// Those not kept yet are built by a scan of the rows of their runs, and kept where the handle belongs to a writer.
    ///
    /// # Errors
    /// `Stale` when events were removed since, or the table's runs were made one; while an import runs and after it,
    /// the columns of the table before it can still be had. `Cancelled`; or what SQLite says.
    pub fn load_columns(
        &mut self,
        layout: &Layout,
        properties: &[&str],
        progress: &Progress,
    ) -> Result<Vec<Column>, StoreError> {
        let (columns, built) = {
            let file = self.snapshot()?;
            read_columns(&file, layout, properties, progress)?
        };
        self.keep(&built, progress)?;
        Ok(columns)
    }

    /// The dictionary of properties, by event name and property. Up to date after [`Document::rebuild_cache`];
    /// empty where there is no cache yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn property_names(&self) -> Result<Vec<PropertyInfo>, StoreError> {
        dictionary(&self.conn)
    }

    fn keep(&mut self, built: &[Kept], progress: &Progress) -> Result<(), StoreError> {
        if built.is_empty() {
            return Ok(());
        }
        self.keep_derived(|conn| built.iter().try_for_each(|column| column.write(conn, progress)))
    }

    /// Writes something derived into the file if this handle, or its writer, may write.
    pub(crate) fn keep_derived(
        &mut self,
        write: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let is_reader = match self.access() {
            Access::Writer => false,
            Access::Reader => true,
            Access::ReadOnly { .. } => return Ok(()),
        };
        if is_reader {
            self.conn.pragma_update(None, "query_only", false)?;
        }
        let kept = write(&mut self.conn);
        if is_reader {
            self.conn.pragma_update(None, "query_only", true)?;
        }
        match kept {
            // The answer does not depend on keeping the column: it is only built again next time.
            Err(StoreError::Busy | StoreError::Full | StoreError::ReadOnly { .. }) => Ok(()),
            other => other,
        }
    }
}

/// A column of one run, built from its rows and not stored yet.
struct Kept {
    run: Run,
    property: String,
    built: Built,
}

impl Kept {
    /// In a transaction of its own, so that an edit need not wait for all of them.
    fn write(&self, conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
        // A value of over 4 GB fits in no blob: such a column is built each time.
        let Some(values) = encode_values(&self.built.values) else { return Ok(()) };
        let codes = encode(&self.built.codes, Coding::Plain, progress)?;
        // Asked first without the right to write, for which another handle may make this one wait.
        if is_changed(conn, &self.run)? {
            return Ok(());
        }
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if is_changed(&step, &self.run)? {
            return Ok(());
        }
        runs::write_blobs(&step, self.run.id, &runs::values_key(&self.property), &values)?;
        runs::write_blobs(&step, self.run.id, &runs::codes_key(&self.property), &codes)?;
        Ok(step.commit()?)
    }
}

/// True when a run is not in use any more, or rows of it were removed.
pub(crate) fn is_changed(conn: &Connection, run: &Run) -> Result<bool, StoreError> {
    Ok(runs::run(conn, run.id)?.is_none_or(|now| now.gone != run.gone))
}

/// What one slice of a table says of a property.
pub(crate) enum Piece {
    /// None of its events carries it.
    Absent,
    /// As in [`Column`]; values need not be sorted, nor all occur.
    Column(Vec<u32>, Vec<Value>),
}

/// The columns, and those that had to be built, by run.
fn read_columns(
    file: &Connection,
    layout: &Layout,
    properties: &[&str],
    progress: &Progress,
) -> Result<(Vec<Column>, Vec<Kept>), StoreError> {
    check(file, layout)?;
    let mut readers = Vec::new();
    for slice in layout.slices() {
        readers.push(Reader::new(file, slice)?);
    }
    let mut done: BTreeMap<&str, Column> = BTreeMap::new();
    let mut waiting: BTreeMap<&str, Vec<Option<Piece>>> = BTreeMap::new();
    for property in properties {
        progress.at(done.len() as u64, properties.len() as u64)?;
        let mut pieces = Vec::new();
        for reader in &readers {
            pieces.push(reader.piece(file, property, progress)?);
        }
        if pieces.iter().all(Option::is_some) {
            let pieces: Vec<Piece> = pieces.into_iter().flatten().collect();
            done.insert(property, join(pieces, layout, progress)?);
        } else {
            waiting.insert(property, pieces);
        }
    }
    let mut kept = Vec::new();
    for (at, reader) in readers.iter().enumerate() {
        let missing = waiting.iter().filter(|(_, pieces)| pieces[at].is_none());
        let missing: BTreeSet<String> = missing.map(|(property, _)| (*property).to_owned()).collect();
        if missing.is_empty() {
            continue;
        }
        for (property, built) in reader.scan(file, &missing, progress)? {
            if let Some(pieces) = waiting.get_mut(property.as_str()) {
                pieces[at] = Some(Piece::Column(built.codes.clone(), built.values.clone()));
            }
            if let Slice::Run(run) = reader.slice {
                kept.push(Kept { run: *run, property, built });
            }
        }
    }
    for (property, pieces) in waiting {
        done.insert(property, join(pieces.into_iter().flatten().collect(), layout, progress)?);
    }
    let columns = properties.iter().map(|property| done.get(property).cloned().unwrap_or_default());
    Ok((columns.collect(), kept))
}

/// `Stale` when the slices are not what they were.
fn check(file: &Connection, layout: &Layout) -> Result<(), StoreError> {
    for slice in layout.slices() {
        let is_stale = match slice {
            Slice::Run(run) => is_changed(file, run)?,
            Slice::Rows { .. } => revision(file)?.data != layout.revision().data,
        };
        if is_stale {
            return Err(StoreError::Stale);
        }
    }
    Ok(())
}

/// Reads the properties of one slice.
pub(crate) struct Reader<'a> {
    slice: &'a Slice,
    /// All properties that its events carry, where they are known.
    paths: Option<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &Connection, slice: &'a Slice) -> Result<Self, StoreError> {
        let paths = match slice {
            Slice::Run(run) => paths(file, run.id)?,
            Slice::Rows { .. } => None,
        };
        Ok(Reader { slice, paths })
    }

    /// `None` when it is not kept, or damaged.
    pub(crate) fn piece(
        &self,
        file: &Connection,
        property: &str,
        progress: &Progress,
    ) -> Result<Option<Piece>, StoreError> {
        let Slice::Run(run) = self.slice else { return Ok(None) };
        if self.paths.as_ref().is_some_and(|paths| !paths.contains(property)) {
            return Ok(Some(Piece::Absent));
        }
        let blobs = runs::read_blobs(file, run.id, &runs::values_key(property))?;
        let Some(values) = decode_values(&blobs).filter(|_| !blobs.is_empty()) else { return Ok(None) };
        let mut codes = vec![0_u32; run.events];
        let column = runs::codes_key(property);
        let is_whole = runs::read_numbers(file, (run.id, &column), Coding::Plain, &mut codes, progress)?
            && codes.par_iter().with_min_len(1 << 16).all(|code| *code as usize <= values.len());
        Ok(is_whole.then_some(Piece::Column(codes, values)))
    }

    /// Builds columns from the rows.
    fn scan(
        &self,
        file: &Connection,
        missing: &BTreeSet<String>,
        progress: &Progress,
    ) -> Result<BTreeMap<String, Built>, StoreError> {
        let (range, places) = match self.slice {
            Slice::Rows { range, rows } => (*range, Places::new(rows)),
            Slice::Run(run) => {
                let mut rows = vec![0_u32; run.events];
                if !runs::read_numbers(file, (run.id, runs::ROW), Coding::Deltas, &mut rows, progress)? {
                    return Err(StoreError::Stale);
                }
                ((run.first_row, run.last_row), Places::new(&rows))
            }
        };
        Ok(scan(file, range, Wanted::Only(missing), &places, progress)?.columns)
    }
}

/// All properties that a run's events carry; `None` where they are not listed, or the list is damaged.
pub(crate) fn paths(file: &Connection, run: i64) -> Result<Option<BTreeSet<String>>, StoreError> {
    let blobs = runs::read_blobs(file, run, runs::PATHS)?;
    let Some(values) = decode_values(&blobs).filter(|_| !blobs.is_empty()) else { return Ok(None) };
    Ok(Some(values.iter().map(ToString::to_string).collect()))
}

/// One column of the pieces of all slices: values sorted, and only those that occur.
pub(crate) fn join(
    mut pieces: Vec<Piece>,
    layout: &Layout,
    progress: &Progress,
) -> Result<Column, Cancelled> {
    let is_whole = |slice: &Slice| matches!(slice, Slice::Run(run) if run.dead == 0);
    if layout.source().is_none()
        && layout.slices().iter().all(is_whole)
        && let [_] = pieces.as_slice()
    {
        return Ok(match pieces.pop() {
            Some(Piece::Column(codes, values)) => Column { codes: codes.into(), values },
            Some(Piece::Absent) | None => Column { codes: Codes::zeros(layout.events()), values: Vec::new() },
        });
    }
    if pieces.iter().all(|piece| matches!(piece, Piece::Absent)) {
        return Ok(Column { codes: Codes::zeros(layout.events()), values: Vec::new() });
    }
    let mut all = Vec::with_capacity(layout.slices().iter().map(Slice::events).sum());
    let mut values: Vec<(Value, u32)> = Vec::new();
    for (piece, slice) in pieces.into_iter().zip(layout.slices()) {
        match piece {
            Piece::Absent => all.resize(all.len() + slice.events(), 0),
            Piece::Column(codes, own) => {
                let before = values.len() as u32;
                let shifted = |code: u32| if code == 0 { 0 } else { code + before };
                all.par_extend(codes.into_par_iter().map(shifted));
                values.extend(own.into_iter().zip(before + 1..));
            }
        }
    }
    let mut codes = match layout.source() {
        Some(source) => gather(source, &all),
        None => all,
    };
    let mut occurs = vec![false; values.len() + 1];
    codes.iter().for_each(|code| occurs[*code as usize] = true);
    values.retain(|(_, code)| occurs[*code as usize]);
    let mut map = vec![0_u32; occurs.len()];
    let mut joined: Vec<Value> = Vec::new();
    for (value, code) in sort_values(values, progress)? {
        if joined.last() != Some(&value) {
            joined.push(value);
        }
        map[code as usize] = joined.len() as u32;
    }
    codes.par_iter_mut().with_min_len(1 << 16).for_each(|code| *code = map[*code as usize]);
    Ok(Column { codes: codes.into(), values: joined })
}

/// The stored dictionary of properties; one statement, so of one state of the file.
pub(crate) fn dictionary(conn: &Connection) -> Result<Vec<PropertyInfo>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT n.name, p.property, sum(p.events), sum(p.texts), sum(p.numbers), sum(p.booleans),
                max(p.personal)
         FROM cache_run r JOIN cache_property p ON p.run = r.id JOIN event_name n ON n.id = p.name
         WHERE r.live = 1 GROUP BY n.name, p.property ORDER BY n.name, p.property",
    )?;
    let count = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::cast_unsigned);
    let rows = statement.query_map([], |row| {
        Ok(PropertyInfo {
            event: row.get(0)?,
            property: row.get(1)?,
            events: count(row, 2)?,
            texts: count(row, 3)?,
            numbers: count(row, 4)?,
            booleans: count(row, 5)?,
            is_personal: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
