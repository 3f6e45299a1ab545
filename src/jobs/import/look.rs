//! A log looked at before it is imported: its first rows, what would become of its first records, the mapping that others
//! of its kind were read by, and how its times can be read. Not for importing it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::memory::{Remembered, remembered_for};
use super::opening::{Log, Peeked};
use super::source::Source;
use super::spools::Spools;
use super::{ImportOptions, secret};
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::formats::log::mapping::{Properties, RecordKind};
use crate::formats::log::preview::{self, MOST_RECORDS, Preview};
use crate::formats::log::time_readings::{Readings, readings};
use crate::formats::log::{Mapping, ReadOptions, Reason, Record};
use crate::store::{Document, Foreseen, Packed, Ready, StoreError, foresee};

/// Records between two looks whether to stop.
const REPORT_RECORDS: u64 = 256;

/// What a look at a log may use.
#[derive(Default)]
pub struct Looking<'l> {
    /// The document it would be imported into.
    pub document: Option<&'l Document>,
    /// The import in it that goes first: what the document holds is then not compared.
    pub replaces: Option<i64>,
    /// What an earlier look had to unpack.
    pub spools: Spools,
    /// True when the mapping of an earlier log is not wanted.
    pub refuses_memory: bool,
}

/// What the events looked at were compared with, to tell which are in the document already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// There is nothing to compare with.
    Nothing,
    /// Every event of the document.
    Events,
    /// Not event by event; the document has this very log already, in a complete import.
    Log,
    /// Nothing: the document has too many events.
    TooMany,
    /// Nothing: an import goes first, and the document has others.
    Others,
}

/// The beginning of a log as it would become.
#[derive(Clone, Debug)]
pub struct Look {
    /// The first rows, counts and columns.
    pub log: Preview,
    /// What an import of the records looked at would add.
    pub foreseen: Foreseen,
    /// What that was compared with.
    pub compared: Compared,
    /// The mapping of an earlier log of the same columns, by which this one was read unless another was given or this
    /// one refused.
    pub remembered: Option<Remembered>,
    /// How the times can be read, when they cannot be as they are, or not for sure.
    pub times: Option<Readings>,
    /// Names of the files of a folder or an archive, the first having number 1.
    pub parts: Vec<String>,
    /// The sheets of a workbook, of which the mapping chooses one, or the first is read.
    pub sheets: Vec<String>,
}

impl Look {
    /// The mapping that an import of what is shown takes: the one given, or the remembered one.
    pub fn mapping(&self, given: Option<&Mapping>, refuses_memory: bool) -> Option<Mapping> {
        let known = self.remembered.as_ref().filter(|_| !refuses_memory).map(|known| known.mapping.clone());
        given.cloned().or(known)
    }
}

/// Looks at the beginning of a log. Nothing is written. Progress counts bytes while something is unpacked, then records.
///
/// # Errors
/// When the file cannot be read or is no log, or a person stopped it.
pub fn look(
    path: &Path,
    options: &ImportOptions<'_>,
    looking: &Looking<'_>,
    progress: &Progress,
) -> Result<Look, Diagnostic> {
    looked(path, options, looking, progress)
        .map_err(|problem| if progress.is_cancelled() { stopped() } else { problem })
}

fn looked(
    path: &Path,
    options: &ImportOptions<'_>,
    looking: &Looking<'_>,
    progress: &Progress,
) -> Result<Look, Diagnostic> {
    let mut source = Source::find(path)?;
    source.look_at(&looking.spools, progress);
    // A mapping may make another format of it, so what is remembered is looked for without one.
    let plain = ImportOptions { mapping: None, ..options.clone() };
    let plain = Log::of(source.clone(), &plain);
    let beginning = plain.as_ref().ok().and_then(Log::peeked);
    let remembered = looking
        .document
        .zip(beginning.as_ref())
        .and_then(|(document, peeked)| remembered_for(document, peeked));
    let known = remembered.as_ref().filter(|_| !looking.refuses_memory).map(|known| known.mapping.clone());
    let mapping = options.mapping.clone().or(known);
    let is_of_sheet = mapping.as_ref().is_some_and(|mapping| mapping.sheet.is_some());
    let mut log = match mapping {
        None => plain?,
        mapping @ Some(_) => Log::of(source, &ImportOptions { mapping, ..options.clone() })?,
    };
    let peeked = match beginning {
        Some(peeked) if peeked.format.name() == log.format.name() && !is_of_sheet => peeked,
        Some(_) | None => log.peeked_or_failed()?,
    };
    let salt = looking.document.and_then(secret::kept);
    log.options.salt = salt.unwrap_or_default();
    let (preview, events) = counted(&log, &peeked, progress)?;
    let foreseen = foresee(&events, looking.document.filter(|_| looking.replaces.is_none()), progress)
        .map_err(|error| error.diagnostic())?;
    let compared = compared(&log.source, &foreseen, looking).map_err(|error| error.diagnostic())?;
    let mut look = Look {
        log: preview,
        foreseen,
        compared,
        remembered,
        times: None,
        sheets: log.sheets(),
        parts: log
            .source
            .parts()
            .map(|parts| parts.list.iter().map(|part| part.name.clone()).collect())
            .unwrap_or_default(),
    };
    look.times = times(&log, &look.log, progress)?;
    if salt.is_none() && look.log.diagnostics.iter().any(|problem| problem.code == "addresses-hashed") {
        look.log.diagnostics.push(placeholder());
    }
    Ok(look)
}

fn compared(source: &Source, foreseen: &Foreseen, looking: &Looking<'_>) -> Result<Compared, StoreError> {
    let Some(document) = looking.document else { return Ok(Compared::Nothing) };
    if foreseen.known.is_some() {
        return Ok(Compared::Events);
    }
    let mut others = document.batches()?;
    others.retain(|batch| Some(batch.id) != looking.replaces);
    let is_in = others.iter().any(|batch| batch.is_complete && batch.fingerprint == source.fingerprint);
    Ok(match looking.replaces {
        _ if is_in => Compared::Log,
        Some(_) if others.is_empty() => Compared::Nothing,
        Some(_) => Compared::Others,
        None => Compared::TooMany,
    })
}

/// The preview, and the events in it ready to be compared.
fn counted(log: &Log, peeked: &Peeked, progress: &Progress) -> Result<(Preview, Packed), Diagnostic> {
    let Peeked { format, head, .. } = peeked;
    let mut events = Packed::default();
    let mut looked_at = 0;
    let mut watch = |record: &Record| {
        if looked_at % REPORT_RECORDS == 0 && progress.at(looked_at, MOST_RECORDS).is_err() {
            return ControlFlow::Break(());
        }
        looked_at += 1;
        if let Ok(event) = &record.outcome {
            events.push(&Ready::new(event, record.line, record.raw_hash));
        }
        ControlFlow::Continue(())
    };
    let reader = log.open_reader(&Arc::default());
    let mut preview = preview::of_reader_watched(*format, reader, head, &log.options, &mut watch);
    preview.diagnostics.extend(log.notes());
    if progress.is_cancelled() { Err(stopped()) } else { Ok((preview, events)) }
}

fn stopped() -> Diagnostic {
    Diagnostic::info("cancelled", "Looking at the log was stopped").hint(Cancelled.to_string())
}

fn placeholder() -> Diagnostic {
    Diagnostic::info("addresses-placeholder", "The hashes of addresses shown here are placeholders")
        .hint("The document draws its secret at the first import, and the hashes will be others than these")
}

/// How the column of times can be read, when it is a column and not all of it can be read as it is.
fn times(log: &Log, preview: &Preview, progress: &Progress) -> Result<Option<Readings>, Diagnostic> {
    let unread: u64 = [Reason::BadTime, Reason::TimeOutOfRange]
        .iter()
        .map(|reason| preview.quarantined.get(reason).copied().unwrap_or(0))
        .sum();
    match preview.mapping.as_ref() {
        Some(mapping) if unread > 0 || mapping.time_format.has_day_and_month() => {
            readings_of(log, mapping, progress)
        }
        Some(_) | None => Ok(None),
    }
}

/// The same without a look at how much can be read.
pub(super) fn readings_of(
    log: &Log,
    mapping: &Mapping,
    progress: &Progress,
) -> Result<Option<Readings>, Diagnostic> {
    let Some(column) = mapping.time.clone().filter(|_| !mapping.is_of_persons()) else { return Ok(None) };
    let (values, others) = values(log, mapping, &column, progress)?;
    let zone = mapping.zone.unwrap_or(log.options.zone);
    let mut found = readings(&values, &mapping.time_format, zone);
    found.of += others;
    Ok((found.is_ambiguous || !found.offers.is_empty()).then_some(found))
}

/// A column's values in the records looked at, as written, and how many records have none that could be a time.
fn values(
    log: &Log,
    mapping: &Mapping,
    column: &str,
    progress: &Progress,
) -> Result<(Vec<String>, u64), Diagnostic> {
    // Read as an identifier, a value is kept as it is written, whatever else is wrong with the record.
    let as_ids = Mapping {
        kind: Some(RecordKind::Persons),
        user_id: Some(column.to_owned()),
        properties: Properties::Columns(Vec::new()),
        sheet: mapping.sheet.clone(),
        encoding: mapping.encoding,
        ..Mapping::default()
    };
    let options = ReadOptions { mapping: Some(as_ids), ..log.options.clone() };
    let Ok(mut reader) = log.with_options(options).open_reader(&Arc::default()) else {
        return Ok((Vec::new(), 0));
    };
    let (mut values, mut others) = (Vec::new(), 0);
    for read in 0..MOST_RECORDS {
        if read % REPORT_RECORDS == 0 && progress.is_cancelled() {
            return Err(stopped());
        }
        match reader.next() {
            Ok(Some(Record { outcome: Ok(row), .. })) => match row.user_id {
                Some(value) => values.push(value),
                None => others += 1,
            },
            // Empty, or a placeholder like `null`.
            Ok(Some(Record { outcome: Err(rejection), .. })) => {
                let has_none = matches!(rejection.reason, Reason::NoIdentifier | Reason::BlockedIdentifier);
                others += u64::from(has_none);
            }
            Ok(None) | Err(_) => break,
        }
    }
    Ok((values, others))
}
