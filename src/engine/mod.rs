//! Answers over an in-memory event table: no I/O, no clock, no randomness. Not for the meaning of a question:
//! see `model`. The engine cannot fail; it can be cancelled.

pub mod identity;

pub mod table;

pub mod codes;

pub mod calendar;

mod bits;
mod filter;
mod pass;

pub mod funnel;

pub mod retention;

pub mod flow;

pub mod trend;

pub mod conformance;

pub mod summary;

pub mod list;

pub use codes::Codes;
pub use table::{Column, EventTable, Parts, TableBuilder, TableError};

use crate::base::{Cancelled, Progress};
use crate::model::query::{Query, Report};
use crate::model::time::{Time, Zone};

/// What an answer depends on besides the question and the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// The instant of the answer, unless the question names one.
    pub as_of: Time,
    /// The zone of days and weeks.
    pub zone: Zone,
}

/// Answers a question whose [`Query::check`] holds no error. Properties that the table has not loaded are taken to
/// be missing in all events: load [`Query::properties`] first.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn answer(
    table: &EventTable,
    query: &Query,
    params: &Params,
    progress: &Progress,
) -> Result<Report, Cancelled> {
    let as_of = query.as_of().unwrap_or(params.as_of);
    match query {
        Query::Funnel(query) => funnel::funnel(table, query, as_of, progress).map(Report::Funnel),
        Query::Retention(query) => {
            retention::retention(table, query, as_of, params.zone, progress).map(Report::Retention)
        }
        Query::Flow(query) => flow::flow(table, query, as_of, progress).map(Report::Flow),
        Query::Trend(query) => trend::trend(table, query, as_of, params.zone, progress).map(Report::Trend),
    }
}
