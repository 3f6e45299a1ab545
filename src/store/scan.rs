//! Reads the properties of all rows once, for any number of columns. Not for keeping them: see `store::columns`.

mod gathered;

mod gatherer;

mod dictionary;

mod growing;

mod json;

pub(crate) mod order;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rusqlite::Connection;

use self::gathered::CONTEXT;
pub(crate) use self::gathered::Gathered;
pub(crate) use self::gatherer::{Gatherer, Target};
use super::StoreError;
use crate::base::Progress;
use crate::model::value::Value;

/// Rows gathered before they are parsed together.
pub(crate) const ROWS_AT_ONCE: usize = 16_384;

/// What to gather.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// These properties, whatever they take.
    Only(&'a BTreeSet<String>),
    /// The dictionary, and as many columns as fit in the budget: bytes of codes and values.
    All {
        /// Bytes for all columns together.
        budget: usize,
    },
}

/// A column under construction, in the order that the caller chose.
pub(crate) struct Built {
    pub(crate) codes: Vec<u32>,
    pub(crate) values: Vec<Value>,
}

/// How often a property occurs on one event name, by kind of value.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    pub(crate) events: u64,
    pub(crate) texts: u64,
    pub(crate) numbers: u64,
    pub(crate) booleans: u64,
}

/// What a scan found.
pub(crate) struct Scanned<C = Built> {
    pub(crate) columns: BTreeMap<String, C>,
    /// By property, then event name id. Empty unless everything was wanted.
    pub(crate) uses: BTreeMap<String, BTreeMap<u32, Uses>>,
    /// Properties with a value that looks personal.
    pub(crate) personal: BTreeSet<String>,
    /// Every property has been told of in `uses`, or counted for a column: there were not too many.
    pub(crate) is_complete: bool,
}

/// Where the rows stand in the columns.
#[derive(Default)]
pub(crate) struct Places {
    /// Row and place, by row.
    places: Vec<(u32, u32)>,
}

/// The place of a row that has none.
pub(crate) const NOWHERE: u32 = u32::MAX;

impl Places {
    /// Of the row of each place.
    pub(crate) fn new(rows: &[u32]) -> Places {
        let mut places: Vec<(u32, u32)> =
            rows.iter().enumerate().map(|(at, row)| (*row, at as u32)).collect();
        places.par_sort_unstable();
        Places { places }
    }

    /// The place of a row that is not below those asked for before.
    fn find(&self, next: &mut usize, row: u32) -> u32 {
        while let Some((known, at)) = self.places.get(*next) {
            match known.cmp(&row) {
                Ordering::Less => *next += 1,
                Ordering::Equal => return *at,
                Ordering::Greater => break,
            }
        }
        NOWHERE
    }
}

/// Scans the rows from the first to the last, both included, and gathers those that have a place.
pub(crate) fn scan(
    conn: &Connection,
    (first, last): (u32, u32),
    wanted: Wanted<'_>,
    places: &Places,
    progress: &Progress,
) -> Result<Scanned, StoreError> {
    let mut gatherer = Gatherer::default();
    let (properties, context) = match wanted {
        Wanted::Only(names) => (
            names.iter().any(|name| !name.starts_with(CONTEXT)),
            names.iter().any(|name| name.starts_with(CONTEXT)),
        ),
        Wanted::All { .. } => (true, true),
    };
    let sql = format!(
        "SELECT e.id, e.name, {}, {} FROM event e JOIN event_text x ON x.id = e.id {}
         WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id",
        if properties { "x.properties" } else { "''" },
        if context { "coalesce(c.json, x.context)" } else { "''" },
        if context { "LEFT JOIN context c ON c.id = x.context_id" } else { "" }
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([first, last])?;
    let (total, mut next) = (u64::from(last.saturating_sub(first)), 0_usize);
    let mut reached = first;
    loop {
        progress.at(u64::from(reached - first), total)?;
        let mut batch: Vec<Row> = Vec::with_capacity(ROWS_AT_ONCE);
        while batch.len() < ROWS_AT_ONCE
            && let Some(row) = rows.next()?
        {
            reached = row.get(0)?;
            let at = places.find(&mut next, reached);
            batch.push(Row { at, name: row.get(1)?, properties: row.get(2)?, context: row.get(3)? });
        }
        if batch.is_empty() {
            return Ok(gatherer.finish(wanted, places.places.len(), progress)?);
        }
        gatherer.take(&batch, wanted);
    }
}

/// A row's properties, and its place among the columns: [`NOWHERE`] when it is only counted.
pub(crate) struct Row {
    pub(crate) at: u32,
    pub(crate) name: u32,
    pub(crate) properties: String,
    pub(crate) context: String,
}

/// How often each property occurs in some rows: by property, then event name id.
pub(crate) fn uses_of(rows: &[Row]) -> BTreeMap<String, BTreeMap<u32, Uses>> {
    let mut gatherer = Gatherer::default();
    let wanted = Wanted::All { budget: 0 };
    gatherer.take(rows, wanted);
    gatherer.uses
}
