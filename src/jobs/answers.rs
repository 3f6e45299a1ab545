//! Answers queries: brings the table and its columns into memory once and asks the engine. Not for showing answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::question::Scope;
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::engine::table::{Column, EventTable, TableError};
use crate::engine::{self, Params};
use crate::model::query::{Query, Report};
use crate::model::retention::COHORT_LIMIT;
use crate::model::time::{SESSION_GAP_US, Time, Zone};
use crate::model::trend::INTERVAL_LIMIT;
use crate::store::Layout;
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
    /// A column does not fit the table: the cache is damaged in a way that its checks did not see.
    #[error("the columns do not fit the events: {0}")]
    Table(#[from] TableError),
    /// The definition is wrong.
    #[error("{0}")]
    Definition(Diagnostic),
}

impl AnswerError {
    /// As a person reads it; `None` when she stopped it herself.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        match self {
            AnswerError::Cancelled(_) => None,
            AnswerError::Store(error) if error.is_cancelled() => None,
            AnswerError::Store(error) => Some(error.diagnostic()),
            AnswerError::Table(_) => Some(
                Diagnostic::error("bad-columns", self.to_string())
                    .hint("Import a log again, or save a copy and open that"),
            ),
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
    loaded: Option<(Arc<EventTable>, Layout)>,
    default_as_of: Option<Time>,
}

impl Tables {
    /// Of a document of its own: a reader beside the window's writer.
    pub fn new(document: Document) -> Tables {
        Tables { document, loaded: None, default_as_of: None }
    }

    /// The document that rows are read from.
    pub fn document(&mut self) -> &mut Document {
        &mut self.document
    }

    /// Forgets what is in memory: the rows have changed.
    pub fn forget(&mut self) {
        self.loaded = None;
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
    pub fn with(
        &mut self,
        properties: &BTreeSet<String>,
        progress: &Progress,
    ) -> Result<Arc<EventTable>, AnswerError> {
        match self.load(properties, progress) {
            // Another window has changed the rows: once more, from the new ones.
            Err(AnswerError::Store(StoreError::Stale)) => {
                self.forget();
                self.load(properties, progress)
            }
            other => other,
        }
    }

    fn load(
        &mut self,
        properties: &BTreeSet<String>,
        progress: &Progress,
    ) -> Result<Arc<EventTable>, AnswerError> {
        let (mut table, layout) = match self.loaded.take() {
            Some(loaded) => loaded,
            None => {
                let loaded = self.document.load_table(progress)?;
                (Arc::new(loaded.table), loaded.layout)
            }
        };
        let missing: Vec<&str> = properties
            .iter()
            .map(String::as_str)
            .filter(|property| table.column(property).is_none())
            .collect();
        // Kept also when the columns cannot be had: the next question may need none.
        self.loaded = Some((table.clone(), layout.clone()));
        if !missing.is_empty() {
            let columns = self.document.load_columns(&layout, &missing, progress)?;
            self.loaded = None;
            for (property, column) in missing.iter().zip(columns) {
                table = Arc::new(Arc::unwrap_or_clone(table).with_column(*property, Arc::new(column))?);
            }
            self.loaded = Some((table.clone(), layout));
        }
        Ok(table)
    }

    /// As [`Tables::with`], and with where sessions start by the usual pause, which the document keeps.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn with_sessions(
        &mut self,
        properties: &BTreeSet<String>,
        progress: &Progress,
    ) -> Result<Arc<EventTable>, AnswerError> {
        let table = self.with(properties, progress)?;
        let Some((_, layout)) = &self.loaded else { return Ok(table) };
        if table.session_starts(SESSION_GAP_US).is_some() {
            return Ok(table);
        }
        let layout = layout.clone();
        let starts = self.document.load_session_starts(&table, &layout, SESSION_GAP_US, progress)?;
        self.loaded = None;
        let table = Arc::unwrap_or_clone(table).with_session_starts(SESSION_GAP_US, Arc::new(starts))?;
        let table = Arc::new(table);
        self.loaded = Some((table.clone(), layout));
        Ok(table)
    }

    /// As [`Tables::with`], and with the day of each event in a zone, which the document keeps.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn with_days(
        &mut self,
        properties: &BTreeSet<String>,
        zone: Zone,
        progress: &Progress,
    ) -> Result<Arc<EventTable>, AnswerError> {
        let table = self.with(properties, progress)?;
        let Some((_, layout)) = &self.loaded else { return Ok(table) };
        if table.days(zone).is_some() {
            return Ok(table);
        }
        let layout = layout.clone();
        // Events too far apart for days are told by their times.
        let Some(days) = self.document.load_days(&table, &layout, zone, progress)? else { return Ok(table) };
        self.loaded = None;
        let table = Arc::new(Arc::unwrap_or_clone(table).with_days(zone, Arc::new(days))?);
        self.loaded = Some((table.clone(), layout));
        Ok(table)
    }

    /// The columns of these properties, in their order, beside the table. Those that the table does not hold yet are
    /// read and not kept: for looking through many, of which all together may not fit in memory.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn columns(
        &mut self,
        properties: &[String],
        progress: &Progress,
    ) -> Result<(Arc<EventTable>, Vec<Arc<Column>>), AnswerError> {
        let table = self.with(&BTreeSet::new(), progress)?;
        let is_missing = |property: &&str| table.column(property).is_none();
        let missing: Vec<&str> = properties.iter().map(String::as_str).filter(is_missing).collect();
        let mut read = match &self.loaded {
            Some((_, layout)) if !missing.is_empty() => {
                self.document.load_columns(layout, &missing, progress)?
            }
            Some(_) | None => Vec::new(),
        }
        .into_iter();
        let columns = properties.iter().filter_map(|property| match table.column(property) {
            Some(column) => Some(column.clone()),
            None => read.next().map(Arc::new),
        });
        let columns: Vec<Arc<Column>> = columns.collect();
        columns.iter().try_for_each(|column| table.check_column(column))?;
        Ok((table, columns))
    }

    /// All properties, with how many events carry each, most first.
    ///
    /// # Errors
    /// When the document cannot be read, or a person stops it.
    pub fn property_names(&mut self, progress: &Progress) -> Result<Vec<(String, u64)>, AnswerError> {
        // The dictionary of properties is made with the cache, which loading the table brings up to date.
        self.with(&BTreeSet::new(), progress)?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for info in self.document.property_names()? {
            *counts.entry(info.property).or_default() += info.events;
        }
        let mut names: Vec<(String, u64)> = counts.into_iter().collect();
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
    let expanded = scope.aliases.expand(query);
    let as_of = scope.as_of(expanded.as_of())?;
    let table = table_of(scope, &expanded, progress)?;
    let started = Instant::now();
    let mut report = engine::answer(&table, &expanded, &Params { as_of, zone: scope.zone }, progress)?;
    let elapsed = started.elapsed();
    name_as_asked(&mut report, query);
    let mut diagnostics = remarks(&table, &expanded);
    diagnostics.extend(shortened(&report, query));
    Ok(Answer { report, elapsed, diagnostics })
}

/// The table with all that a query needs; old names in it do not matter.
///
/// # Errors
/// When the document cannot be read, or a person stops it.
pub fn table_of(
    scope: &Scope<'_>,
    query: &Query,
    progress: &Progress,
) -> Result<Arc<EventTable>, AnswerError> {
    let properties = query.properties();
    match query {
        // Sessions by another pause are found on the way.
        Query::Flow(flow) if flow.session_gap_us == SESSION_GAP_US => {
            scope.tables().with_sessions(&properties, progress)
        }
        Query::Retention(_) | Query::Trend(_) => scope.tables().with_days(&properties, scope.zone, progress),
        Query::Funnel(_) | Query::Flow(_) => scope.tables().with(&properties, progress),
    }
}

/// Steps are called as the person wrote them, not with every old name that matches, too.
fn name_as_asked(report: &mut Report, query: &Query) {
    match (report, query) {
        (Report::Funnel(report), Query::Funnel(funnel)) => {
            let slices = report.breakdown.iter_mut().map(|slice| &mut slice.steps);
            for steps in slices.chain([&mut report.steps]) {
                steps.iter_mut().zip(&funnel.steps).for_each(|(step, asked)| step.event = asked.label());
            }
        }
        (Report::Trend(report), Query::Trend(trend)) => {
            for series in &mut report.series {
                let label = trend.steps[series.step].label();
                series.label =
                    series.value.as_ref().map_or_else(|| label.clone(), |value| format!("{label} · {value}"));
            }
        }
        // The events of retentions and flows are called by the question; the other reports are of their query's kind.
        (Report::Funnel(_) | Report::Retention(_) | Report::Flow(_) | Report::Trend(_), _) => {}
    }
}

/// A trend that would have more intervals than it may, from the log's first event to as-of, or a retention more cohorts.
fn shortened(report: &Report, query: &Query) -> Option<Diagnostic> {
    if let Report::Retention(report) = report
        && report.left_out > 0
    {
        let left_out = crate::base::format::counted(report.left_out, "person", "persons");
        let message =
            format!("Only the latest {COHORT_LIMIT} cohorts are told: {left_out} are of earlier ones");
        let hint = "Give the retention a range, or longer periods";
        return Some(Diagnostic::warning("too-many-cohorts", message).hint(hint));
    }
    let (Report::Trend(report), Query::Trend(trend)) = (report, query) else { return None };
    let cut = trend.between.is_none() && report.starts.len() >= INTERVAL_LIMIT;
    let message = format!("Only the first {INTERVAL_LIMIT} {}s are told", trend.interval.word());
    cut.then(|| {
        Diagnostic::warning("too-many-intervals", message)
            .hint("Choose an earlier as_of, or give the trend a range")
    })
}

/// Names that no event of the log carries, with the nearest that some do.
fn remarks(table: &EventTable, query: &Query) -> Vec<Diagnostic> {
    if table.events() == 0 {
        return vec![Diagnostic::warning("no-events", "The document has no events").hint("Import a log")];
    }
    let known = |name: &&str| table.name_code(name).is_some();
    let mut steps: Vec<&[String]> = query.steps().iter().map(|step| step.events.as_slice()).collect();
    if let Query::Flow(flow) = query {
        // Each stands for itself, those of a step for one another.
        steps.extend(flow.events.chunks(1).chain(flow.exclude.chunks(1)));
    }
    let unknown =
        steps.into_iter().filter(|events| !events.is_empty() && !events.iter().any(|n| known(&n.as_str())));
    let mut remarks: Vec<Diagnostic> = unknown
        .map(|events| {
            let remark = Diagnostic::warning(
                "event-not-in-log",
                format!("No event in the log is named “{}”", events[0]),
            );
            match crate::base::diagnostic::nearest(&events[0], table.event_names().iter().map(String::as_str))
            {
                Some(near) => remark.hint(format!("Did you mean “{near}”?")),
                None => remark,
            }
        })
        .collect();
    let empty = |property: &String| table.column(property).is_none_or(|column| column.values.is_empty());
    remarks.extend(query.properties().into_iter().filter(empty).map(|property| {
        Diagnostic::warning(
            "property-not-in-log",
            format!("No event in the log carries a property “{property}”"),
        )
        .hint("Events → Properties lists those there are; nested ones are written with dots")
    }));
    remarks
}
