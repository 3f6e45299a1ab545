//! What is put on the clipboard: SQL and lists. Not for the clipboard itself.

use crate::base::Diagnostic;
use crate::model::plan::Aliases;
use crate::model::query::Query;
use crate::model::time::Time;
use crate::model::workspace::Workspace;
use crate::sql::{Dialect, SqlParams, render};
use crate::store::batches::Batch;

/// A query as SQL for the document's own file, which holds these imports.
///
/// # Errors
/// When the dialect cannot express it.
pub fn sql(
    query: &Query,
    workspace: &Workspace,
    batches: &[Batch],
    as_of: Time,
) -> Result<String, Diagnostic> {
    let query = Aliases::of(workspace).expand(query);
    let earliest = batches.iter().filter_map(|batch| batch.counts.first_time).min();
    render(&query, &SqlParams { as_of, zone: workspace.zone(), earliest }, Dialect::Sqlite)
}
