//! Which events pass a filter, for tables of events. Not for counting them.

use rayon::prelude::*;

use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::predicate::{Filter, Verdict};
use crate::model::time::Time;

/// Which events to list. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// One of these names; empty means any.
    pub names: Vec<String>,
    /// Of this stored person.
    pub person: Option<i64>,
    /// Half-open range.
    pub between: Option<(Time, Time)>,
    /// Conditions on properties; their columns must be loaded.
    pub filters: Vec<Filter>,
}

/// Stored ids of the events that pass, latest first, ties by later arrival first.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn list(table: &EventTable, filter: &EventFilter, progress: &Progress) -> Result<Vec<i64>, Cancelled> {
    progress.at(0, 2)?;
    let range = match filter.person {
        None => 0..table.events(),
        Some(person) => match table.person_index(person) {
            Some(index) => table.person_events(index),
            None => return Ok(Vec::new()),
        },
    };
    let named: Vec<bool> = table
        .event_names()
        .iter()
        .map(|name| filter.names.is_empty() || filter.names.contains(name))
        .collect();
    let tests: Vec<Verdicts<'_>> = filter.filters.iter().map(|filter| Verdicts::new(table, filter)).collect();
    let (times, names, rows) = (table.times(), table.names(), table.rows());
    let inside = |time: i64| filter.between.is_none_or(|(from, to)| from.0 <= time && time < to.0);
    let mut found: Vec<(i64, i64)> = range
        .into_par_iter()
        .filter(|event| named[names[*event] as usize] && inside(times[*event]))
        .filter(|event| tests.iter().all(|test| test.passes(*event)))
        .map(|event| (times[event], rows[event]))
        .collect();
    progress.at(1, 2)?;
    found.par_sort_unstable_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

/// A filter judged once for each distinct value.
struct Verdicts<'a> {
    codes: Option<&'a [u32]>,
    by_code: Vec<bool>,
}

impl<'a> Verdicts<'a> {
    fn new(table: &'a EventTable, filter: &Filter) -> Verdicts<'a> {
        let passes = |verdict| verdict == Verdict::Yes;
        let missing = passes(filter.test.judge(None));
        match table.column(&filter.property) {
            None => Verdicts { codes: None, by_code: vec![missing] },
            Some(column) => {
                let values = column.values.iter().map(|value| passes(filter.test.judge(Some(value))));
                Verdicts {
                    codes: Some(&column.codes),
                    by_code: std::iter::once(missing).chain(values).collect(),
                }
            }
        }
    }

    fn passes(&self, event: usize) -> bool {
        self.by_code[self.codes.map_or(0, |codes| codes[event] as usize)]
    }
}
