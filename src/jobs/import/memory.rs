//! Mappings that persons have corrected, remembered in the document by the set of a log's columns. Not for what a mapping
//! says: see `formats::log::mapping`.
//!
//! They are kept in the document and not with the person's settings: a mapping belongs to the events that were read by it,
//! the command line and another person's window shall read the next file the same way, and a copy shall, too.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::opening::{Log, Peeked};
use super::{ImportOptions, ImportReport, Spools};
use crate::base::{Diagnostic, Progress};
use crate::formats::log::{self, LogFormat, Mapping};
use crate::model::time::Time;
use crate::store::{Document, StoreError};

/// The formats whose columns mean what a mapping says.
const MAPPED: [&str; 4] = ["csv", "parquet", "xlsx", "json-lines"];

/// Set in documents that remember a mapping.
const ANY: &str = "import.mappings";

/// A mapping by which a log of the same columns was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The mapping.
    pub mapping: Mapping,
    /// That log's name.
    pub file: String,
    /// When it was imported.
    pub at: Time,
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Kept {
    format: String,
    mapping: String,
    file: String,
    at_us: i64,
    /// The import that it was given for, with which it leaves the document.
    batch: Option<i64>,
}

/// The mapping by which a log of the same columns was imported; `None` for a log that needs none, and for one that cannot
/// be read, which its import tells.
pub fn remembered(document: &Document, path: &Path, options: &ImportOptions<'_>) -> Option<Remembered> {
    remembered_unless_stopped(document, path, options, &Progress::new())
}

/// The same; `None` also when a person stops it, which takes long only for a log that has to be unpacked. Progress counts
/// bytes of the file.
pub fn remembered_unless_stopped(
    document: &Document,
    path: &Path,
    options: &ImportOptions<'_>,
    progress: &Progress,
) -> Option<Remembered> {
    // As a rule there are none, and the log is not looked at an extra time.
    document.meta(ANY).ok()??;
    let options = ImportOptions { mapping: None, ..options.clone() };
    let peeked = Log::find(path, &options, &Spools::default(), progress).ok()?.peeked()?;
    remembered_for(document, &peeked)
}

/// The same for a log whose beginning is known, read without a mapping.
pub(super) fn remembered_for(document: &Document, peeked: &Peeked) -> Option<Remembered> {
    let text = document.meta(&key(&peeked.columns)).ok()??;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    let mapping = Mapping::parse(&kept.mapping).ok()?;
    // A log that its own format knows for sure stays with it.
    let format = if peeked.format.needs_seek() {
        peeked.format.name()
    } else {
        log::recognize(&peeked.head, Some(&mapping)).ok()?.name()
    };
    (format == kept.format).then_some(Remembered { mapping, file: kept.file, at: Time(kept.at_us) })
}

/// Remembers the mapping that a person gave for a log that was imported whole, until that import is removed. An empty one
/// forgets what was remembered, since the format's own proposal is then what she wants; so does one of a format that
/// needs none.
///
/// # Errors
/// What SQLite says.
pub fn remember(
    document: &mut Document,
    options: &ImportOptions<'_>,
    report: &ImportReport,
) -> Result<(), StoreError> {
    let Some(key) = report.mapping_key.as_ref().filter(|_| report.complete) else { return Ok(()) };
    let earlier = document.meta(key)?;
    let given = options.mapping.clone().unwrap_or_default();
    if given == Mapping::default() || !MAPPED.contains(&report.format) {
        return if earlier.is_some() { document.set_meta(key, "") } else { Ok(()) };
    }
    let earlier: Option<Kept> = earlier.and_then(|text| serde_json::from_str(&text).ok());
    let kept = Kept {
        format: report.format.to_owned(),
        mapping: given.to_text(),
        file: report.file.clone(),
        at_us: options.imported_at.0,
        // One that adds nothing leaves no batch; the mapping is that of the import before.
        batch: report.batch.or_else(|| earlier.filter(|kept| kept.mapping == given.to_text())?.batch),
    };
    document.set_meta(ANY, "1")?;
    document.set_meta(key, &serde_json::to_string(&kept).unwrap_or_default())
}

/// What to tell a person whose log is read by a remembered mapping.
pub fn said(remembered: &Remembered) -> Diagnostic {
    let day = remembered.at.iso();
    let day = day.split('T').next().unwrap_or_default();
    let message =
        format!("Read by the mapping of {}, imported on {day}, which has the same columns", remembered.file);
    Diagnostic::info("remembered-mapping", message)
        .hint("--mapping FILE reads it otherwise; an empty file reads it as its format proposes, and forgets this one")
}

/// Under which the mapping of a log is remembered, if there may be something to remember or to forget. It is that of the
/// log read without any: so it is looked up, and a mapping may be of another sheet.
pub(super) fn key_of(document: &Document, log: &Log, options: &ImportOptions<'_>) -> Option<String> {
    if options.mapping.is_none() {
        document.meta(ANY).ok()??;
    }
    let plain = ImportOptions { mapping: None, ..options.clone() };
    let peeked = Log::of(log.source.clone(), &plain).ok()?.peeked()?;
    Some(key(&peeked.columns))
}

/// Under which a set of columns is remembered. Of nested objects only the outermost names count: deeper ones come and go
/// from file to file.
fn key(columns: &[String]) -> String {
    let names: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    format!("import.mapping.{:016x}", xxh3_64(names.join("\u{1f}").as_bytes()))
}

/// The names that tell one kind of log from others.
pub(super) fn column_set(format: &dyn LogFormat, mut columns: Vec<String>) -> Vec<String> {
    if format.name() != "csv" {
        columns.iter_mut().for_each(|path| path.truncate(path.find('.').unwrap_or(path.len())));
    }
    columns.sort();
    columns.dedup();
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_columns_has_one_key_in_any_order() {
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(key(&columns(&["a", "b"])), key(&columns(&["b", "a"])));
        assert_ne!(key(&columns(&["a", "b"])), key(&columns(&["ab"])));
        let nested = column_set(&log::json_lines::JsonLines, columns(&["p.x", "a", "p.y"]));
        assert_eq!(nested, ["a", "p"]);
        assert_eq!(column_set(&log::csv::Csv, columns(&["p.x"])), ["p.x"]);
    }
}
