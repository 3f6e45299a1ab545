//! Which events pass a filter, for tables of events. Not for counting them.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::codes::Codes;
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
    /// When there are any: only events that these filters pass over, because the value of at least one of them is
    /// missing or of another type. Their columns must be loaded, too.
    pub passed_over: Vec<Filter>,
}

impl EventFilter {
    /// The properties whose columns it needs.
    pub fn properties(&self) -> BTreeSet<String> {
        self.filters.iter().chain(&self.passed_over).map(|filter| filter.property.clone()).collect()
    }
}

/// A person with some of the events that pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedPerson {
    /// Stored id of the person.
    pub person_id: i64,
    /// How many of the person's events pass.
    pub events: u64,
    /// The first of them.
    pub first: Time,
}

/// Stored ids of the events that pass, latest first, ties by later arrival first.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn list(table: &EventTable, filter: &EventFilter, progress: &Progress) -> Result<Vec<i64>, Cancelled> {
    progress.at(0, 2)?;
    let (times, rows) = (table.times(), table.rows());
    let passing = Passing::new(table, filter);
    let mut found: Vec<(i64, i64)> = range_of(table, filter)
        .into_par_iter()
        .filter(|event| passing.holds(*event))
        .map(|event| (times[event], i64::from(rows[event])))
        .collect();
    progress.at(1, 2)?;
    found.par_sort_unstable_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

/// The persons of the events that pass, most events first, then by id.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn persons(
    table: &EventTable,
    filter: &EventFilter,
    progress: &Progress,
) -> Result<Vec<ListedPerson>, Cancelled> {
    progress.at(0, 2)?;
    let passing = Passing::new(table, filter);
    let wanted = match filter.person {
        None => 0..table.persons(),
        Some(person) => table.person_index(person).map_or(0..0, |index| index..index + 1),
    };
    let mut found: Vec<ListedPerson> = wanted
        .into_par_iter()
        .filter_map(|person| {
            let mut events = table.person_events(person).filter(|event| passing.holds(*event));
            let first = Time(table.times()[events.next()?]);
            let events = 1 + events.count() as u64;
            Some(ListedPerson { person_id: table.person_ids()[person], events, first })
        })
        .collect();
    progress.at(1, 2)?;
    found.par_sort_unstable_by_key(|person| (std::cmp::Reverse(person.events), person.person_id));
    Ok(found)
}

fn range_of(table: &EventTable, filter: &EventFilter) -> std::ops::Range<usize> {
    match filter.person {
        None => 0..table.events(),
        Some(person) => table.person_index(person).map_or(0..0, |index| table.person_events(index)),
    }
}

/// The filter made ready for a table.
struct Passing<'a> {
    table: &'a EventTable,
    named: Vec<bool>,
    between: Option<(Time, Time)>,
    tests: Vec<Verdicts<'a>>,
    passed_over: Vec<Verdicts<'a>>,
}

impl<'a> Passing<'a> {
    fn new(table: &'a EventTable, filter: &EventFilter) -> Passing<'a> {
        let named = |name: &String| filter.names.is_empty() || filter.names.contains(name);
        let verdicts = |filters: &[Filter], wanted| {
            filters.iter().map(|filter| Verdicts::new(table, filter, wanted)).collect()
        };
        Passing {
            table,
            named: table.event_names().iter().map(named).collect(),
            between: filter.between,
            tests: verdicts(&filter.filters, Verdict::Yes),
            passed_over: verdicts(&filter.passed_over, Verdict::PassedOver),
        }
    }

    fn holds(&self, event: usize) -> bool {
        let time = self.table.times()[event];
        self.named[self.table.names().at(event) as usize]
            && self.between.is_none_or(|(from, to)| from.0 <= time && time < to.0)
            && self.tests.iter().all(|test| test.holds(event))
            && (self.passed_over.is_empty() || self.passed_over.iter().any(|test| test.holds(event)))
    }
}

/// Whether a filter's verdict is the one wanted, judged once for each distinct value.
struct Verdicts<'a> {
    codes: Option<&'a Codes>,
    by_code: Vec<bool>,
}

impl<'a> Verdicts<'a> {
    fn new(table: &'a EventTable, filter: &Filter, wanted: Verdict) -> Verdicts<'a> {
        let missing = filter.test.judge(None) == wanted;
        match table.column(&filter.property) {
            None => Verdicts { codes: None, by_code: vec![missing] },
            Some(column) => {
                let values = column.values.iter().map(|value| filter.test.judge(Some(value)) == wanted);
                Verdicts {
                    codes: Some(&column.codes),
                    by_code: std::iter::once(missing).chain(values).collect(),
                }
            }
        }
    }

    fn holds(&self, event: usize) -> bool {
        self.by_code[self.codes.map_or(0, |codes| codes.at(event) as usize)]
    }
}
