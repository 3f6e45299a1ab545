//! Makes the sample document: its items, then its log through the ordinary import. Not for its contents: see `sample`.

use std::fs;
use std::path::{Path, PathBuf};

use super::clock;
use super::import::{ImportOptions, import};
use super::sample::{LOG, LOG_NAME, sample_items};
use crate::base::{Diagnostic, Progress};
use crate::model::edit::{Change, Edit};
use crate::store::document::Document;

/// What was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Events in the document.
    pub events: u64,
    /// Persons in the document.
    pub persons: u64,
    /// Saved queries.
    pub queries: usize,
}

/// Makes the sample document at a path where nothing is yet.
///
/// # Errors
/// When something is there already, or the file cannot be written; then nothing is left behind.
pub fn make(path: &Path, progress: &Progress) -> Result<Made, Diagnostic> {
    let mut document = Document::create(path).map_err(|error| error.diagnostic())?;
    let made = fill(&mut document, progress);
    let closed = document.close().map_err(|error| error.diagnostic());
    if made.is_err() {
        // A half-made sample is of no use to anyone.
        let _ = fs::remove_file(path);
    }
    closed.and(made)
}

fn fill(document: &mut Document, progress: &Progress) -> Result<Made, Diagnostic> {
    let items = sample_items(clock::item_id)?;
    let queries = items.iter().filter(|(_, item)| item.kind() == "query").count();
    let changes =
        items.into_iter().map(|(id, item)| Change { id, before: None, after: Some(item) }).collect();
    let mut edit = Edit::new("Fill with the sample", changes);
    edit.at = clock::now();
    document.record(&edit).map_err(|error| error.diagnostic())?;
    document.forget_history().map_err(|error| error.diagnostic())?;
    let zone = document.load_workspace().map_err(|error| error.diagnostic())?.0.zone();
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: clock::now(),
        zone,
    };
    let folder = std::env::temp_dir().join(format!("stormline-{}", clock::item_id().0));
    let imported = write_log(&folder)
        .and_then(|log| import(document, &log, &options, progress).map_err(|error| error.diagnostic()));
    // A temporary folder that stays behind harms nobody.
    let _ = fs::remove_dir_all(&folder);
    if !imported?.complete || progress.is_cancelled() {
        return Err(stopped());
    }
    let counts = document.counts().map_err(|error| error.diagnostic())?;
    Ok(Made { events: counts.events, persons: counts.persons, queries })
}

/// What is told of a sample that a person stopped; nothing of it is left.
fn stopped() -> Diagnostic {
    Diagnostic::info("cancelled", "Making the sample was stopped")
}

/// The binary carries the log; the import reads files.
fn write_log(folder: &Path) -> Result<PathBuf, Diagnostic> {
    let log = folder.join(LOG_NAME);
    fs::create_dir_all(folder).and_then(|()| fs::write(&log, LOG)).map(|()| log).map_err(|error| {
        Diagnostic::error("no-temporary-file", format!("The sample's log could not be written: {error}"))
            .at(folder.display().to_string())
            .hint("Free some room in the folder for temporary files")
    })
}

/// Makes a fresh copy in the user's data folder, under the first name that is free or whose copy was never edited.
///
/// # Errors
/// When there is no such folder, or it cannot be written.
pub fn fresh_copy(progress: &Progress) -> Result<PathBuf, Diagnostic> {
    fresh_copy_in(&data_folder()?, progress)
}

/// The same in a folder of one's choice.
///
/// # Errors
/// When it cannot be written, or a person stops it.
pub fn fresh_copy_in(folder: &Path, progress: &Progress) -> Result<PathBuf, Diagnostic> {
    fs::create_dir_all(folder).map_err(|error| {
        Diagnostic::error("no-folder", format!("The folder for the sample could not be made: {error}"))
            .at(folder.display().to_string())
            .hint("Use `stormline new DOC --sample` with a path that you may write")
    })?;
    for number in 1..10_000 {
        let name = if number == 1 {
            "Coffee gear shop.stormline".to_owned()
        } else {
            format!("Coffee gear shop {number}.stormline")
        };
        let path = folder.join(name);
        if path.exists() && (!is_untouched(&path) || fs::remove_file(&path).is_err()) {
            continue;
        }
        make(&path, progress)?;
        return Ok(path);
    }
    Err(Diagnostic::error("too-many-samples", "There are too many edited samples")
        .at(folder.display().to_string())
        .hint("Remove some"))
}

/// True for a sample that nobody has open or has changed: no edits and only its own import.
fn is_untouched(path: &Path) -> bool {
    let Ok(document) = Document::open_for_writing(path) else { return false };
    let no_edits = document.history(1).is_ok_and(|history| history.is_empty());
    let own_log = document.batches().is_ok_and(|batches| batches.len() == 1 && batches[0].file == LOG_NAME);
    document.close().is_ok() && no_edits && own_log
}

fn data_folder() -> Result<PathBuf, Diagnostic> {
    directories::ProjectDirs::from("", "", "stormline")
        .map(|folders| folders.data_dir().join("samples"))
        .ok_or_else(|| {
            Diagnostic::error("no-folder", "The user's data folder is not known")
                .hint("Use `stormline new DOC --sample` with a path that you may write")
        })
}
