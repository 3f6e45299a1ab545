//! Answers queries: brings the table and its columns into memory once and asks the engine. Not for showing answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::question::Scope;
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::engine::table::EventTable;
use crate::engine::{self, Params};
use crate::model::query::{Query, Report};
use crate::model::time::Time;
use crate::store::document::Document;
use crate::store::error::StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A person stopped it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The document could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The definition is wrong.
    #[error("{0}")]
    Definition(Diagnostic),
}

impl AnswerError {
    /// As a person reads it; `None` when she stopped it herself.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        match self {
            AnswerError::Cancelled(_) => None,
            AnswerError::Store(error) => Some(error.diagnostic()),
            AnswerError::Definition(diagnostic) => Some(diagnostic.clone()),
        }
    }
}

/// An answer, with what it was answered from.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub report: Report,
    /// Time of answering alone, with the table in memory.
    pub elapsed: Duration,
    /// Remarks: names that are not in the log, no events at all.
    pub diagnostics: Vec<Diagnostic>,
}

/// The table of a document, with the columns asked for so far.
pub struct Tables {
    document: Document,
    table: Option<Arc<EventTable>>,
    default_as_of: Option<Time>,
}

impl Tables {
    /// Of a document of its own: a reader beside the window's writer.
    pub fn new(document: Document) -> Tables {
        Tables { document, table: None, default_as_of: None }
    }

    /// The document that rows are read from.
    pub fn document(&mut self) -> &mut Document {
        &mut self.document
    }

    /// Forgets what is in memory: the rows have changed.
    pub fn forget(&mut self) {
        self.table = None;
        self.default_as_of = None;
    }

    /// The latest event not later than its batch's import time; the epoch without events.
    ///
    /// # Errors
    /// When the document cannot be read.
    pub fn default_as_of(&mut self) -> Result<Time, StoreError> {
        if let Some(time) = self.default_as_of {
            return Ok(time);
        }
        let time = self.document.default_as_of()?.unwrap_or_default();
        self.default_as_of = Some(time);
        Ok(time)
    }

    /// The table with these properties' columns.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn with(&mut self, properties: &BTreeSet<String>, progress: &Progress) -> Result<Arc<EventTable>, AnswerError> {
        let mut table = match self.table.take() {
            Some(table) => table,
            None => Arc::new(self.document.load_table(progress)?),
        };
        for property in properties {
            if table.column(property).is_none() {
                let column = self.document.load_column(property, progress)?;
                table = Arc::new(table.with_column(property, Arc::new(column)));
            }
        }
        self.table = Some(table.clone());
        Ok(table)
    }

    /// All properties, with how many events carry each, most first.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn property_names(&mut self, progress: &Progress) -> Result<Vec<(String, u64)>, AnswerError> {
        let mut names = self.document.property_names(progress)?;
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(names)
    }
}

/// Answers a query; old names of the plan's events match, too.
///
/// # Errors
/// A wrong definition, an unreadable document, or a person's stop.
pub fn answer(scope: &Scope<'_>, query: &Query, progress: &Progress) -> Result<Answer, AnswerError> {
    if let Some(problem) = query.check().into_iter().find(Diagnostic::is_error) {
        return Err(AnswerError::Definition(problem));
    }
    let query = scope.aliases.expand(query);
    let as_of = scope.as_of(query.as_of())?;
    let table = scope.tables().with(&query.properties(), progress)?;
    let started = Instant::now();
    let report = engine::answer(&table, &query, &Params { as_of, zone: scope.zone }, progress)?;
    Ok(Answer { report, elapsed: started.elapsed(), diagnostics: remarks(&table, &query) })
}

/// Names that no event of the log carries, with the nearest that some do.
fn remarks(table: &EventTable, query: &Query) -> Vec<Diagnostic> {
    if table.events() == 0 {
        return vec![Diagnostic::warning("no-events", "The document has no events").hint("Import a log")];
    }
    let known = |name: &&str| table.name_code(name).is_some();
    let steps: Vec<&[String]> = match query {
        Query::Funnel(funnel) => funnel.steps.iter().map(|step| step.events.as_slice()).collect(),
        Query::Trend(trend) => trend.steps.iter().map(|step| step.events.as_slice()).collect(),
    };
    let unknown = steps.into_iter().filter(|events| !events.is_empty() && !events.iter().any(|n| known(&n.as_str())));
    unknown
        .map(|events| {
            let remark = Diagnostic::warning("event-not-in-log", format!("No event in the log is named “{}”", events[0]));
            match crate::base::diagnostic::nearest(&events[0], table.event_names().iter().map(String::as_str)) {
                Some(near) => remark.hint(format!("Did you mean “{near}”?")),
                None => remark,
            }
        })
        .collect()
}
