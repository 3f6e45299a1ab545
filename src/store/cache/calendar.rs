//! Days and session starts of a table, kept with the base run that they follow from. Not for what they mean: see
//! `engine::calendar`.

use rusqlite::{Connection, TransactionBehavior};

use super::load::{Layout, Slice};
use super::runs::{self, Run};
use crate::base::Progress;
use crate::engine::calendar::{self, Days};
use crate::engine::table::EventTable;
use crate::model::time::{SESSION_GAP_US, Zone};
use crate::store::codec::{Coding, Number, encode};
use crate::store::columns::is_changed;
use crate::store::{Document, StoreError};

impl Document {
    /// The local day of each event of a loaded table; `None` when its events are too far apart for days. Kept with the
    /// base run for each zone asked for; derived where there is none.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn load_days(
        &mut self,
        table: &EventTable,
        layout: &Layout,
        zone: Zone,
        progress: &Progress,
    ) -> Result<Option<Days>, StoreError> {
        let column = format!("{DAY}{}", zone.name());
        if let Some(of_event) = self.kept::<u16>(layout, &column, progress)?
            && let Some(starts) = calendar::day_starts(table, zone)
            && of_event.len() == table.events()
            && of_event.iter().all(|day| (*day as usize) < starts.len())
        {
            return Ok(Some(Days { starts, of_event }));
        }
        let days = calendar::days(table, zone, progress)?;
        if let Some(days) = &days {
            self.keep_beside(layout, &column, &days.of_event, progress)?;
        }
        Ok(days)
    }

    /// For each event of a loaded table 1 where a session starts, by the pause that ends one. Kept with the base run;
    /// derived where there is none.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn load_session_starts(
        &mut self,
        table: &EventTable,
        layout: &Layout,
        gap_us: i64,
        progress: &Progress,
    ) -> Result<Vec<u8>, StoreError> {
        let column = format!("{SESSION}{gap_us}");
        if let Some(starts) = self.kept(layout, &column, progress)? {
            return Ok(starts);
        }
        let starts = calendar::session_starts(table, gap_us, progress)?;
        self.keep_beside(layout, &column, &starts, progress)?;
        Ok(starts)
    }

    /// Makes the days of these zones and the sessions by the usual pause part of the base run, if there is one.
    pub(super) fn prepare_calendar(&mut self, zones: &[Zone], progress: &Progress) -> Result<(), StoreError> {
        let loaded = self.load_table(progress)?;
        if base_of(&loaded.layout).is_none() {
            return Ok(());
        }
        self.load_session_starts(&loaded.table, &loaded.layout, SESSION_GAP_US, progress)?;
        for zone in zones {
            self.load_days(&loaded.table, &loaded.layout, *zone, progress)?;
        }
        Ok(())
    }

    fn kept<T: Number>(
        &self,
        layout: &Layout,
        column: &str,
        progress: &Progress,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let Some(run) = base_of(layout) else { return Ok(None) };
        let file = self.snapshot()?;
        if is_changed(&file, run)? || !runs::has_column(&file, run.id, column)? {
            return Ok(None);
        }
        let mut numbers = vec![T::default(); run.events];
        let is_whole = runs::read_numbers(&file, (run.id, column), Coding::Plain, &mut numbers, progress)?;
        Ok(is_whole.then_some(numbers))
    }

    fn keep_beside<T: Number>(
        &mut self,
        layout: &Layout,
        column: &str,
        numbers: &[T],
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let Some(run) = base_of(layout) else { return Ok(()) };
        let blobs = encode(numbers, Coding::Plain, progress)?;
        self.keep_derived(|conn| {
            let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !is_changed(&step, run)? {
                runs::write_blobs(&step, run.id, column, &blobs)?;
            }
            Ok(step.commit()?)
        })
    }
}

const DAY: &str = "day:";
const SESSION: &str = "session:";

/// The zones of which some run keeps days.
pub(super) fn zones(conn: &Connection) -> Result<Vec<Zone>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT DISTINCT column FROM cache_blob WHERE column >= 'day:' AND column < 'day;' ORDER BY column",
    )?;
    let columns = statement.query_map([], |row| row.get::<_, String>(0))?;
    let columns = columns.collect::<Result<Vec<String>, _>>()?;
    Ok(columns.iter().filter_map(|column| Zone::named(column.strip_prefix(DAY)?).ok()).collect())
}

/// The base run whose order is the table's own.
fn base_of(layout: &Layout) -> Option<&Run> {
    match layout.slices() {
        [Slice::Run(run)] if layout.source().is_none() => Some(run),
        _ => None,
    }
}
