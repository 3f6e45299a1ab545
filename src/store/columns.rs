//! Property columns and the dictionary of properties: kept in the cache, built from the rows when asked for first.
//! Not for base columns: see `store::cache`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rusqlite::{Connection, TransactionBehavior, params};

use super::cache::{head, read_blobs, rows_of, write_blobs};
use super::codec::{decode_codes, decode_values, encode_codes, encode_values};
use super::document::{Access, Revision};
use super::scan::{Places, Scanned, Wanted, scan};
use super::{Document, StoreError};
use crate::base::Progress;
use crate::engine::table::Column;
use crate::model::privacy::is_personal_name;

/// Property columns built at once with the cache take this many bytes at most.
const BUDGET: usize = 128 * 1024 * 1024;

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
    /// Those not kept yet are built in one scan of the rows, and kept where the handle belongs to a writer.
    ///
    /// # Errors
    /// `Stale` when events were removed since, or the cache was built again; while an import runs, the columns of
    /// the table before it can still be had. `Cancelled`; or what SQLite says.
    pub fn load_columns(
        &mut self,
        table: Revision,
        properties: &[&str],
        progress: &Progress,
    ) -> Result<Vec<Column>, StoreError> {
        let mut found: BTreeMap<String, Column> = BTreeMap::new();
        let mut missing: BTreeSet<String> = BTreeSet::new();
        let file = self.snapshot()?;
        for property in properties {
            if let Some(column) = read_column(&file, table, property)? {
                found.insert((*property).to_owned(), column);
            } else {
                missing.insert((*property).to_owned());
            }
        }
        if missing.is_empty() {
            drop(file);
        } else {
            let rows = rows_of(&file, table, progress)?;
            let mut order: Vec<u32> = (0..rows.len() as u32).collect();
            order.par_sort_unstable_by_key(|at| rows[*at as usize]);
            let places = Places { rows: &rows, order };
            let scanned = scan(&file, &Wanted::Only(&missing), &places, progress)?;
            drop(file);
            self.keep_columns(table, &scanned)?;
            let built = scanned.columns.into_iter();
            found.extend(
                built.map(|(name, built)| (name, Column { codes: built.codes, values: built.values })),
            );
        }
        Ok(properties.iter().map(|property| found.get(*property).cloned().unwrap_or_default()).collect())
    }

    /// The dictionary of properties, by event name and property. Up to date after [`Document::rebuild_cache`];
    /// empty where there is no cache yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn property_names(&self) -> Result<Vec<PropertyInfo>, StoreError> {
        dictionary(&self.conn)
    }

    /// Keeps built columns if the cache is of the same revision and this handle, or its writer, may write.
    fn keep_columns(&mut self, table: Revision, scanned: &Scanned) -> Result<(), StoreError> {
        let is_reader = match self.access() {
            Access::Writer => false,
            Access::Reader => true,
            Access::ReadOnly { .. } => return Ok(()),
        };
        if is_reader {
            self.conn.pragma_update(None, "query_only", false)?;
        }
        let kept = write_columns(&mut self.conn, table, scanned);
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

/// The stored column of a table of this revision; `None` when it is not kept, or damaged.
fn read_column(file: &Connection, table: Revision, property: &str) -> Result<Option<Column>, StoreError> {
    let Some(head) = head(file)?.filter(|head| head.revision == table) else { return Ok(None) };
    let values = read_blobs(file, &values_key(property))?;
    let Some(values) = values.first().and_then(decode_values) else { return Ok(None) };
    let codes = decode_codes(&read_blobs(file, &codes_key(property))?, head.events);
    Ok(codes
        .filter(|codes| codes.iter().all(|code| *code as usize <= values.len()))
        .map(|codes| Column { codes, values }))
}

/// Everything that the rows say of properties, within the budget.
pub(crate) fn scan_all(
    conn: &Connection,
    places: &Places<'_>,
    progress: &Progress,
) -> Result<Scanned, StoreError> {
    scan(conn, &Wanted::All { budget: BUDGET }, places, progress)
}

/// The stored dictionary of properties; one statement, so of one state of the file.
pub(crate) fn dictionary(conn: &Connection) -> Result<Vec<PropertyInfo>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT event, property, events, texts, numbers, booleans, personal FROM cache_property
         ORDER BY event, property",
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

/// Writes the dictionary of properties.
pub(crate) fn write_dictionary(conn: &Connection, scanned: &Scanned) -> Result<(), StoreError> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO cache_property SELECT name, ?2, ?3, ?4, ?5, ?6, ?7 FROM event_name WHERE id = ?1",
    )?;
    for (property, names) in &scanned.uses {
        let is_personal = is_personal_name(property) || scanned.personal.contains(property);
        for (name, uses) in names {
            insert.execute(params![
                name,
                property,
                uses.events.cast_signed(),
                uses.texts.cast_signed(),
                uses.numbers.cast_signed(),
                uses.booleans.cast_signed(),
                is_personal,
            ])?;
        }
    }
    Ok(())
}

/// Writes columns into the cache while it is of this revision: each in a transaction of its own, so that an edit
/// need not wait for all of them.
pub(crate) fn write_columns(
    conn: &mut Connection,
    table: Revision,
    scanned: &Scanned,
) -> Result<(), StoreError> {
    for (name, column) in &scanned.columns {
        // A value of over 4 GB fits in no blob: such a column is built each time.
        let Some(values) = encode_values(&column.values) else { continue };
        let codes = encode_codes(&column.codes);
        let is_gone =
            |conn: &Connection| head(conn).map(|head| head.is_none_or(|head| head.revision != table));
        // Asked first without the right to write, for which another handle may make this one wait.
        if is_gone(conn)? {
            return Ok(());
        }
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if is_gone(&step)? {
            return Ok(());
        }
        write_blobs(&step, &values_key(name), &[values])?;
        write_blobs(&step, &codes_key(name), &codes)?;
        step.commit()?;
    }
    Ok(())
}

fn values_key(property: &str) -> String {
    format!("values:{property}")
}

fn codes_key(property: &str) -> String {
    format!("codes:{property}")
}
