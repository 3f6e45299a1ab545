//! The same queries as SQL text over the documented view `events`, with the same answers as the engine.
//! Not for running it: see `store`. No I/O.
//!
//! A funnel gives one row for each breakdown value and step: `value` (with a breakdown), `step`, `event`, `persons`,
//! `pending`, `median_secs`. A retention gives one row for each value (with a breakdown), cohort with somebody in it and
//! period that begins by as-of: `start`, `period`, `size`, `returned`. A flow gives one row for each edge in order of
//! time: `depth`, `from_event`, `to_event`, `sessions`, `persons`, its smaller names folded as in the program. A trend
//! gives one row for each series and bucket: `series`, `value` (with a breakdown), `bucket`, and the number. Every value
//! is listed; the program folds the smaller ones into `(other)`.
//!
//! What a dialect cannot say in a sane way is declined with a diagnostic, never answered differently. Known limits:
//! a list's label is its text in the log, and numbers of many digits or beyond 2^63 may be labeled in another notation.

mod ast;

pub mod dialect;

mod predicate;

mod funnel;

mod retention;

mod flow;

mod trend;

pub use dialect::Dialect;

use crate::base::Diagnostic;
use crate::model::query::Query;
use crate::model::time::{Time, Zone};

/// What the text depends on besides the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlParams {
    /// The instant of the answer, unless the question names one.
    pub as_of: Time,
    /// The zone of days and weeks.
    pub zone: Zone,
    /// No event is earlier; where days of a zone must be listed, they begin here. `None` when that is not known.
    pub earliest: Option<Time>,
}

/// The SQL of a question whose [`Query::check`] holds no error: one statement, commented, without a semicolon.
///
/// # Errors
/// What the dialect cannot express, with a code that starts with `sql-`.
pub fn render(query: &Query, params: &SqlParams, dialect: Dialect) -> Result<String, Diagnostic> {
    let as_of = query.as_of().unwrap_or(params.as_of);
    let statement = match query {
        Query::Funnel(query) => funnel::statement(query, as_of, dialect)?,
        Query::Retention(query) => retention::statement(query, as_of, params, dialect)?,
        Query::Flow(query) => flow::statement(query, as_of, dialect)?,
        Query::Trend(query) => trend::statement(query, as_of, params, dialect)?,
    };
    Ok(statement.print(dialect))
}
