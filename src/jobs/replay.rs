//! Records of the quarantine mended by rules and read again. Not for the rules: see `formats::log::fix`.
//!
//! What has become an event leaves the quarantine and joins its import, so that removing the import takes it out
//! too. What is still none stays, with the reason found now. Each chunk is one transaction: stopped in between, the
//! records of whole chunks are out and the others are as they were.

use std::collections::BTreeMap;
use std::io::Cursor;

use crate::base::{Diagnostic, Progress};
use crate::formats::log::access_log::AccessLog;
use crate::formats::log::fix::{self, Change, Fix};
use crate::formats::log::snowplow::Snowplow;
use crate::formats::log::time_readings::{Readings, readings};
use crate::formats::log::xes::Xes;
use crate::formats::log::{
    self, Header, LONGEST_RAW, LogFormat, Mapping, ReadOptions, Reason, Record, Rejection,
};
use crate::model::event::NewEvent;
use crate::model::privacy::masked_text;
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
    /// The imports whose quarantine they are in, read one after the other.
    pub batches: Vec<i64>,
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
    /// Imports that cannot take the rules; their records stay as they were.
    pub passed_over: Vec<PassedOver>,
}

/// An import that cannot take rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its file's name.
    pub file: String,
    /// Why.
    pub why: Diagnostic,
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
    /// The first ones as they would become, or why not; of tables only those with the same header.
    pub rows: Vec<Record>,
    /// The header of a table.
    pub header: Option<Header>,
    /// Why the others would still be no events, most frequent first.
    pub still: Vec<(Reason, u64)>,
    /// The fields that the records have, by which rules name them.
    pub fields: Vec<String>,
    /// Which of them means what, as far as the first import's mapping or its format says.
    pub mapping: Mapping,
    /// How the fields that rules take for times can be read, each once.
    pub times: Vec<(String, Readings)>,
    /// Imports that cannot take the rules.
    pub passed_over: Vec<PassedOver>,
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

/// Tries rules on the first records, as many of each import; nothing is written.
///
/// # Errors
/// When no import can be read again, one is not known, or the document cannot be read.
pub fn try_out(document: &Document, replay: &Replay, zone: Zone) -> Result<Trial, ReplayError> {
    let mut trial = Trial { whole: true, ..Trial::default() };
    let mut trying = Trying::default();
    let batches = batches(document, replay)?;
    for (place, batch) in batches.iter().enumerate() {
        let left = (batches.len() - place) as u64;
        let most = u64::from(TRIAL).saturating_sub(trial.read).div_ceil(left).max(1);
        let most = u32::try_from(most).unwrap_or(TRIAL);
        let records = document.quarantine_after(batch.id, replay.reason.as_deref(), 0, most)?;
        if records.is_empty() {
            continue;
        }
        match Again::new(document, batch, replay, zone) {
            Ok(again) => {
                trial.whole &= records.len() < most as usize;
                trying.take(&mut trial, &again, records);
            }
            Err(ReplayError::Log(why)) => {
                trial.passed_over.push(PassedOver { file: batch.file.clone(), why });
            }
            Err(error) => return Err(error),
        }
    }
    if let ([only], 0) = (&trial.passed_over[..], trying.imports) {
        return Err(ReplayError::Log(only.why.clone()));
    }
    trial.times = replay.fixes.iter().filter_map(|fix| trying.readings(fix)).collect();
    trial.still = most_first(trying.still);
    Ok(trial)
}

/// What a trial gathers over all imports.
#[derive(Default)]
struct Trying {
    imports: usize,
    still: BTreeMap<Reason, u64>,
    /// What is written in the fields that rules take for times.
    values: BTreeMap<String, Vec<String>>,
}

impl Trying {
    fn take(&mut self, trial: &mut Trial, again: &Again, records: Vec<Quarantined>) {
        if self.imports == 0 {
            trial.mapping = again.roles();
            trial.header.clone_from(&again.header);
        }
        self.imports += 1;
        let header = again.header.as_ref();
        for record in records.iter().take(SHOWN * 10) {
            for field in fix::fields_of(&record.raw, header) {
                if !trial.fields.contains(&field) {
                    trial.fields.push(field);
                }
            }
        }
        if let Some(why) = again.cannot_take() {
            trial.passed_over.push(PassedOver { file: again.batch.file.clone(), why });
            return;
        }
        for fix in again.fixes.iter().filter(|fix| matches!(fix.change, Change::Time { .. })) {
            let values = records.iter().filter_map(|record| fix::value_of(&record.raw, header, &fix.field));
            self.values.entry(fix.field.clone()).or_default().extend(values);
        }
        let outcomes = again.read(&records);
        for rejection in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            *self.still.entry(rejection.reason).or_default() += 1;
        }
        trial.read += records.len() as u64;
        trial.events += outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
        if trial.rows.is_empty() {
            trial.header.clone_from(&again.header);
        }
        if trial.header == again.header {
            let room = SHOWN - trial.rows.len();
            trial.rows.extend(records.into_iter().zip(outcomes).take(room).map(shown));
        }
    }

    /// How the values of a rule's field can be read; each field once.
    fn readings(&mut self, fix: &Fix) -> Option<(String, Readings)> {
        let Change::Time { format, zone } = &fix.change else { return None };
        let values = self.values.remove(&fix.field)?;
        Some((fix.field.clone(), readings(&values, format, *zone)))
    }
}

/// Reads records of the quarantine again, one import after the other, and rebuilds the cache. Progress counts records.
/// A stop keeps whole chunks.
///
/// # Errors
/// When no import can be read again, one is not known, or the document cannot be written.
pub fn replay(
    document: &mut Document,
    replay: &Replay,
    zone: Zone,
    progress: &Progress,
) -> Result<ReplayReport, ReplayError> {
    let mut report = ReplayReport::default();
    let mut still = BTreeMap::new();
    let mut held = Vec::new();
    for batch in batches(document, replay)? {
        let counts = document.quarantine_counts(Some(batch.id))?;
        let asked = |code: &str| replay.reason.as_deref().is_none_or(|reason| reason == code);
        let count: u64 = counts.iter().filter(|(code, _)| asked(code)).map(|(_, count)| count).sum();
        // Going on with an import takes time even where there is nothing to read.
        if count > 0 {
            held.push((batch, count));
        }
    }
    let total = held.iter().map(|(_, count)| count).sum();
    for (batch, _) in &held {
        let again = Again::new(document, batch, replay, zone);
        match again.and_then(|again| again.cannot_take().map_or(Ok(again), |why| Err(ReplayError::Log(why))))
        {
            Ok(again) => {
                again.release_all(document, replay, &mut report, &mut still, &mut |read| {
                    progress.at(read, total).is_ok()
                })?;
            }
            Err(ReplayError::Log(why)) => {
                report.passed_over.push(PassedOver { file: batch.file.clone(), why });
            }
            Err(error) => return Err(error),
        }
        if progress.is_cancelled() {
            break;
        }
    }
    if let ([only], [_]) = (&report.passed_over[..], &held[..]) {
        return Err(ReplayError::Log(only.why.clone()));
    }
    report.still = most_first(still);
    if report.imported > 0 && !progress.is_cancelled() {
        match document.rebuild_cache(progress) {
            // Who loads the table next builds it.
            Ok(()) | Err(StoreError::Cancelled) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(report)
}

/// The imports that are asked for, as they are now.
fn batches(document: &Document, replay: &Replay) -> Result<Vec<Batch>, StoreError> {
    let known = document.batches()?;
    let find = |id: &i64| known.iter().find(|batch| batch.id == *id).cloned();
    replay.batches.iter().map(|id| find(id).ok_or(StoreError::NoBatch { id: *id })).collect()
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
    is_one_of_many: bool,
}

impl Again {
    fn new(document: &Document, batch: &Batch, replay: &Replay, zone: Zone) -> Result<Again, ReplayError> {
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
        let (batch, fixes) = (batch.clone(), replay.fixes.clone());
        let is_one_of_many = replay.batches.len() > 1;
        Ok(Again { batch, format, header, options, fixes, is_one_of_many })
    }

    /// Why the rules say nothing to records of this import, if so. Of a single import they are tried all the same: its
    /// outcome tells.
    fn cannot_take(&self) -> Option<Diagnostic> {
        if !self.is_one_of_many || self.fixes.is_empty() {
            return None;
        }
        let message = match &self.header {
            Some(header) if self.fixes.iter().any(|fix| header.columns.contains(&fix.field)) => return None,
            Some(_) => match &self.fixes[..] {
                [fix] => format!("It has no column {}", masked_text(&fix.field)),
                _ => "It has none of the columns that the rules mend".to_owned(),
            },
            None if self.is_of_lines() => "Its lines have no fields that a rule could mend".to_owned(),
            None => return None,
        };
        Some(Diagnostic::warning("rules-do-not-fit", message).hint("Fix its records by themselves"))
    }

    fn is_of_lines(&self) -> bool {
        [AccessLog.name(), Snowplow.name()].contains(&self.format.name())
    }

    /// Reads the records again, chunk by chunk, until there are no more or `goes_on` says no.
    fn release_all(
        &self,
        document: &mut Document,
        replay: &Replay,
        report: &mut ReplayReport,
        still: &mut BTreeMap<Reason, u64>,
        goes_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), StoreError> {
        let mut after = 0;
        let mut importer = document.replay(&self.batch)?;
        loop {
            let records = importer.quarantine_after(replay.reason.as_deref(), after, CHUNK)?;
            let Some(last) = records.last() else { break };
            if !goes_on(report.read) {
                break;
            }
            after = last.id;
            let outcomes = self.read(&records);
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
        importer.finish(false).map(|_| ())
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
        if self.is_of_lines() && self.header.is_none() && raw.len() < LONGEST_RAW {
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
