//! A log looked at before it is imported: its first rows, what would become of its first records, the mapping that others
//! of its kind were read by, and how its times can be read. Not for importing it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::memory::{Remembered, remembered_for};
use super::opening::{Log, Peeked};
use super::spools::Spools;
use super::{ImportOptions, secret};
use crate::base::{Cancelled, Diagnostic, Progress};
use crate::formats::log::mapping::{Properties, RecordKind};
use crate::formats::log::preview::{self, MOST_RECORDS, Preview};
use crate::formats::log::time_readings::{Readings, readings};
use crate::formats::log::{Mapping, ReadOptions, Reason, Record};
use crate::store::{Document, Foreseen, Packed, Ready, foresee};

/// Records between two looks whether to stop.
const REPORT_RECORDS: u64 = 256;

/// What a look at a log may use.
#[derive(Default)]
pub struct Looking<'l> {
    /// The document it would be imported into.
    pub document: Option<&'l Document>,
    /// True when an import in it goes first: what it holds is then not compared.
    pub replaces: bool,
    /// What an earlier look had to unpack.
    pub spools: Spools,
    /// True when the mapping of an earlier log is not wanted.
    pub refuses_memory: bool,
}

/// The beginning of a log as it would become.
#[derive(Clone, Debug)]
pub struct Look {
    /// The first rows, counts and columns.
    pub log: Preview,
    /// What an import of the records looked at would add.
    pub foreseen: Foreseen,
    /// The mapping of an earlier log of the same columns, by which this one was read unless another was given or this
    /// one refused.
    pub remembered: Option<Remembered>,
    /// How the times can be read, when they cannot be as they are, or not for sure.
    pub times: Option<Readings>,
    /// Names of the files of a folder or an archive, the first having number 1.
    pub parts: Vec<String>,
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
    let keep = |log: Log| log.looked_at(&looking.spools, progress);
    // A mapping may make another format of it, so what is remembered is looked for without one.
    let plain = ImportOptions { mapping: None, ..options.clone() };
    let plain = Log::find(path, &plain).map(keep);
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
        mapping @ Some(_) => keep(Log::find(path, &ImportOptions { mapping, ..options.clone() })?),
    };
    let peeked = match beginning {
        Some(peeked) if peeked.format.name() == log.format.name() && !is_of_sheet => peeked,
        Some(_) | None => log.peeked_or_failed()?,
    };
    let salt = looking.document.and_then(secret::kept);
    log.options.salt = salt.unwrap_or_default();
    let (preview, events) = counted(&log, &peeked, progress)?;
    let foreseen = foresee(&events, looking.document.filter(|_| !looking.replaces), progress)
        .map_err(|error| error.diagnostic())?;
    let mut look = Look {
        log: preview,
        foreseen,
        remembered,
        times: None,
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
    let Some(mapping) = preview.mapping.as_ref().filter(|mapping| !mapping.is_of_persons()) else {
        return Ok(None);
    };
    let Some(column) = mapping.time.clone() else { return Ok(None) };
    if unread == 0 && !mapping.time_format.has_day_and_month() {
        return Ok(None);
    }
    let values = values(log, mapping, &column, progress)?;
    let zone = mapping.zone.unwrap_or(log.options.zone);
    let found = readings(&values, &mapping.time_format, zone);
    Ok((found.is_ambiguous || !found.offers.is_empty()).then_some(found))
}

/// A column's values in the records looked at, as written.
fn values(
    log: &Log,
    mapping: &Mapping,
    column: &str,
    progress: &Progress,
) -> Result<Vec<String>, Diagnostic> {
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
        return Ok(Vec::new());
    };
    let mut values = Vec::new();
    for read in 0..MOST_RECORDS {
        if read % REPORT_RECORDS == 0 && progress.is_cancelled() {
            return Err(stopped());
        }
        match reader.next() {
            Ok(Some(record)) => values.extend(record.outcome.ok().and_then(|row| row.user_id)),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(values)
}
