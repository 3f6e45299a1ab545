//! Records of the quarantine mended by rules and read again. Not for the rules: see `formats::log::fix`.
//!
//! What has become an event leaves the quarantine and joins its import, so that removing the import takes it out
//! too. What is still none stays, with the reason found now. Each chunk is one transaction: stopped in between, the
//! records of whole chunks are out and the others are as they were.

use std::collections::BTreeMap;
use std::io::Cursor;

use crate::base::{Diagnostic, Progress};
use crate::formats::log::access_log::AccessLog;
use crate::formats::log::fix::{self, Fix};
use crate::formats::log::snowplow::Snowplow;
use crate::formats::log::xes::Xes;
use crate::formats::log::{
    self, Header, LONGEST_RAW, LogFormat, Mapping, ReadOptions, Reason, Record, Rejection,
};
use crate::model::event::NewEvent;
use crate::model::time::Zone;
use crate::store::batches::{Batch, Quarantined};
use crate::store::{Added, Document, StoreError};

/// Records read again at once; one chunk.
const CHUNK: u32 = 2_000;
/// Records that a trial reads.
const TRIAL: u32 = 2_000;
/// Rows that a trial shows.
const SHOWN: usize = 10;

/// Which records to read again, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The import whose quarantine they are in.
    pub batch: i64,
    /// Only those with this reason's code.
    pub reason: Option<String>,
    /// What is mended first.
    pub fixes: Vec<Fix>,
}

/// What became of the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Records read again.
    pub read: u64,
    /// Events added.
    pub imported: u64,
    /// Events that were there already; their records have left the quarantine too.
    pub duplicates: u64,
    /// Why the others are still no events, most frequent first.
    pub still: Vec<(Reason, u64)>,
}

/// What rules would do to the first records.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Records tried.
    pub read: u64,
    /// How many would become events.
    pub events: u64,
    /// True when there are no more records than were tried.
    pub whole: bool,
    /// The first ones as they would become, or why not.
    pub rows: Vec<Record>,
    /// The header of a table.
    pub header: Option<Header>,
    /// Why the others would still be no events, most frequent first.
    pub still: Vec<(Reason, u64)>,
    /// The fields that the records have, by which rules name them.
    pub fields: Vec<String>,
    /// Which of them means what, as far as the import's mapping or its format says.
    pub mapping: Mapping,
}

/// Why records could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// How they were imported is not known to this version.
    #[error("{0}")]
    Log(Diagnostic),
    /// The document.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl ReplayError {
    /// What to tell the person.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            ReplayError::Log(diagnostic) => diagnostic.clone(),
            ReplayError::Store(error) => error.diagnostic(),
        }
    }
}

/// Tries rules on the first records; nothing is written.
///
/// # Errors
/// When the import or its format is not known, or the document cannot be read.
pub fn try_out(document: &Document, replay: &Replay, zone: Zone) -> Result<Trial, ReplayError> {
    let again = Again::new(document, replay, zone)?;
    let records = document.quarantine_after(replay.batch, replay.reason.as_deref(), 0, TRIAL)?;
    let mut fields = Vec::new();
    for record in records.iter().take(SHOWN * 10) {
        for field in fix::fields_of(&record.raw, again.header.as_ref()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    let outcomes = again.read(&records);
    let mut still = BTreeMap::new();
    for rejection in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        *still.entry(rejection.reason).or_default() += 1;
    }
    let read = records.len() as u64;
    Ok(Trial {
        read,
        events: outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64,
        whole: read < u64::from(TRIAL),
        rows: records.into_iter().zip(outcomes).take(SHOWN).map(shown).collect(),
        mapping: again.roles(),
        header: again.header,
        still: most_first(still),
        fields,
    })
}

/// Reads records of the quarantine again and rebuilds the cache. Progress counts records. A stop keeps whole chunks.
///
/// # Errors
/// When the import or its format is not known, or the document cannot be written.
pub fn replay(
    document: &mut Document,
    replay: &Replay,
    zone: Zone,
    progress: &Progress,
) -> Result<ReplayReport, ReplayError> {
    let again = Again::new(document, replay, zone)?;
    let total = again.batch.counts.quarantined;
    let mut report = ReplayReport::default();
    let mut still = BTreeMap::new();
    let mut after = 0;
    let mut importer = document.replay(&again.batch)?;
    loop {
        let records = importer.quarantine_after(replay.reason.as_deref(), after, CHUNK)?;
        let Some(last) = records.last() else { break };
        if progress.at(report.read, total).is_err() {
            break;
        }
        after = last.id;
        let outcomes = again.read(&records);
        for (record, outcome) in records.iter().zip(&outcomes) {
            match outcome {
                Ok(event) => match importer.release(record, event)? {
                    Added::New => report.imported += 1,
                    Added::Duplicate | Added::Conflict => report.duplicates += 1,
                },
                Err(rejection) => {
                    importer.keep_in(record, rejection.reason.code(), &rejection.detail)?;
                    *still.entry(rejection.reason).or_default() += 1;
                }
            }
        }
        importer.commit_released()?;
        report.read += records.len() as u64;
    }
    report.still = most_first(still);
    importer.finish(false)?;
    if report.imported > 0 && !progress.is_cancelled() {
        match document.rebuild_cache(progress) {
            // Who loads the table next builds it.
            Ok(()) | Err(StoreError::Cancelled) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(report)
}

fn shown((record, outcome): (Quarantined, Result<NewEvent, Rejection>)) -> Record {
    Record { line: record.line, position: 0, raw_hash: 0, raw: record.raw, outcome }
}

fn most_first(reasons: BTreeMap<Reason, u64>) -> Vec<(Reason, u64)> {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    reasons
}

/// How the records of one import are read again.
struct Again {
    batch: Batch,
    format: &'static dyn LogFormat,
    header: Option<Header>,
    options: ReadOptions,
    fixes: Vec<Fix>,
}

impl Again {
    fn new(document: &Document, replay: &Replay, zone: Zone) -> Result<Again, ReplayError> {
        let batch = document.batches()?.into_iter().find(|batch| batch.id == replay.batch);
        let batch = batch.ok_or(StoreError::NoBatch { id: replay.batch })?;
        let format = log::named(&batch.format).map_err(ReplayError::Log)?;
        let mapping = match batch.mapping.as_str() {
            "" => None,
            text => Some(Mapping::parse(text).map_err(ReplayError::Log)?),
        };
        let header = document.batch_header(batch.id)?.as_deref().and_then(Header::from_text);
        if format.name() == Xes.name() {
            let message = "Events of a process log cannot be read again one by one: each belongs to a trace";
            return Err(ReplayError::Log(
                Diagnostic::error("no-replay", message).hint("Mend the file and import it again"),
            ));
        }
        // What is kept of addresses is read as it is, so no secret is needed.
        let options = ReadOptions { mapping, zone, imported_at: batch.imported_at, ..ReadOptions::default() };
        Ok(Again { batch, format, header, options, fixes: replay.fixes.clone() })
    }

    /// Where the import looked for what.
    fn roles(&self) -> Mapping {
        let named = self.options.mapping.clone().filter(Mapping::names_columns);
        let own = |name: &str| Some(name.to_owned());
        let segment = Mapping {
            event: own("event"),
            time: own("timestamp"),
            user_id: own("userId"),
            anonymous_id: own("anonymousId"),
            message_id: own("messageId"),
            ..Mapping::default()
        };
        let is_segment = self.format.name() == log::segment::Segment.name();
        named.unwrap_or_else(|| if is_segment { segment } else { Mapping::default() })
    }

    /// A record as the rules make it, on one line. Lines without a header have no fields for rules to name.
    fn mended(&self, raw: &[u8]) -> Result<Vec<u8>, Rejection> {
        let is_of_lines = [AccessLog.name(), Snowplow.name()].contains(&self.format.name());
        if is_of_lines && self.header.is_none() && raw.len() < LONGEST_RAW {
            return Ok(raw.to_vec());
        }
        fix::fixed(raw, self.header.as_ref(), &self.fixes)
    }

    /// What each record is once the rules have mended it.
    fn read(&self, records: &[Quarantined]) -> Vec<Result<NewEvent, Rejection>> {
        let mut text = self.header.as_ref().map(fix::header_line).unwrap_or_default();
        let mut line = 1 + text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut outcomes = Vec::with_capacity(records.len());
        let mut starts = BTreeMap::new();
        for (place, record) in records.iter().enumerate() {
            outcomes.push(match self.mended(&record.raw) {
                Ok(mended) => {
                    starts.insert(line, place);
                    line += 1 + mended.iter().filter(|byte| **byte == b'\n').count() as u64;
                    text.extend_from_slice(&mended);
                    text.push(b'\n');
                    Err(Rejection::new(Reason::NotAnEvent, ""))
                }
                Err(rejection) => Err(rejection),
            });
        }
        if starts.is_empty() {
            return outcomes;
        }
        match self.format.again(Box::new(Cursor::new(text)), &self.options) {
            Ok(mut reader) => {
                while let Ok(Some(record)) = reader.next() {
                    if let Some(place) = starts.get(&record.line) {
                        outcomes[*place] = record.outcome;
                    }
                }
            }
            Err(problem) => {
                for place in starts.values() {
                    outcomes[*place] = Err(Rejection::new(Reason::NotAnEvent, problem.message.clone()));
                }
            }
        }
        outcomes
    }
}
