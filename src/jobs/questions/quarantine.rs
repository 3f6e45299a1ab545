//! What could not become an event, as it may be shown.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::Progress;
use crate::formats::log::csv::Csv;
use crate::formats::log::header::shown_row;
use crate::formats::log::{Header, LogFormat, raw};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::jobs::replay::{Replay, ReplayError, Trial, try_out};
use crate::model::privacy;
use crate::store::batches::Quarantined;
use crate::store::document::Document;
use crate::store::error::StoreError;

/// Records read at once.
const STRETCH: u64 = 200;

/// Asks for stretches of the quarantine.
#[derive(Clone, Debug)]
pub struct AskQuarantine {
    /// Of one import, or of all.
    pub batch: Option<i64>,
    /// With this reason's code only.
    pub reason: Option<String>,
    /// Which records, counted from zero by import and line.
    pub rows: Vec<Range<u64>>,
    /// At most so many characters of each.
    pub most: usize,
}

/// A record in quarantine with personal values masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The import it came with.
    pub batch: i64,
    /// The file of a folder or an archive that it is in; empty in a log of one file.
    pub part: String,
    /// Line in the file, from one.
    pub line: u64,
    /// Stable kebab-case reason.
    pub reason: String,
    /// What exactly is wrong.
    pub detail: String,
    /// The start of the record, on one line.
    pub text: String,
    /// How many of its bytes are kept.
    pub bytes: u64,
}

impl Question for AskQuarantine {
    type Answer = Vec<QuarantineRow>;

    fn key(&self) -> String {
        format!("{self:?}")
    }

    fn label(&self) -> String {
        "Reading the quarantine".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        answer.iter().map(|row| size_of_val(row) + row.detail.len() + row.text.len()).sum()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let total = self.rows.iter().map(|rows| rows.end - rows.start).sum();
        let tables = tables(scope.tables().document())?;
        let mut found = Vec::new();
        for rows in &self.rows {
            let mut at = rows.start;
            while at < rows.end {
                progress.at(found.len() as u64, total).map_err(StoreError::from)?;
                let limit = STRETCH.min(rows.end - at);
                let read = scope.tables().document().quarantine(
                    self.batch,
                    self.reason.as_deref(),
                    at,
                    limit as u32,
                )?;
                found.extend(read.into_iter().map(|record| row(record, &tables, self.most)));
                at += limit;
            }
        }
        Ok(found)
    }
}

/// The imports that are tables, with their headers where these were kept.
fn tables(document: &Document) -> Result<BTreeMap<i64, Option<Header>>, StoreError> {
    let mut tables = BTreeMap::new();
    for batch in document.batches()?.into_iter().filter(|batch| batch.format == Csv.name()) {
        let header = document.batch_header(batch.id)?;
        tables.insert(batch.id, header.as_deref().and_then(Header::from_text));
    }
    Ok(tables)
}

fn row(record: Quarantined, tables: &BTreeMap<i64, Option<Header>>, most: usize) -> QuarantineRow {
    let text = match tables.get(&record.batch) {
        Some(header) => shown_row(&record.raw, header.as_ref(), most),
        None => raw::shown(&record.raw, most),
    };
    QuarantineRow {
        batch: record.batch,
        part: record.part,
        line: record.line,
        reason: record.reason,
        detail: privacy::masked_text(&record.detail),
        text,
        bytes: record.raw.len() as u64,
    }
}

/// Asks how many records are in quarantine by reason, most first.
#[derive(Clone, Copy, Debug)]
pub struct AskQuarantineCounts(pub Option<i64>);

impl Question for AskQuarantineCounts {
    type Answer = Vec<(String, u64)>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Counting the quarantine".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(scope.tables().document().quarantine_counts(self.0)?)
    }
}

/// Asks which imports have records in quarantine for a reason's code, or for any.
#[derive(Clone, Debug)]
pub struct AskQuarantineBatches(pub Option<String>);

impl Question for AskQuarantineBatches {
    type Answer = Vec<i64>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Looking for imports in quarantine".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(scope.tables().document().quarantined_batches(self.0.as_deref())?)
    }
}

/// Asks what rules would make of the first records in quarantine.
#[derive(Clone, Debug)]
pub struct AskTrial(pub Replay);

impl Question for AskTrial {
    type Answer = Trial;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Trying the rules".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        try_out(scope.tables().document(), &self.0, scope.zone).map_err(|error| match error {
            ReplayError::Log(problem) => AnswerError::Definition(problem),
            ReplayError::Store(error) => error.into(),
        })
    }
}
