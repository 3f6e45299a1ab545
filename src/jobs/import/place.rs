//! Where the file of an import was, remembered in the document so that it can be imported again. Not for reading it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::store::{Batch, Document, StoreError};

/// Remembers the whole path of a batch's file; one that is no text is not remembered.
///
/// # Errors
/// What SQLite says.
pub(super) fn keep_path(document: &mut Document, batch: i64, path: &Path) -> Result<(), StoreError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    document.set_meta(&key(batch), path.to_str().unwrap_or_default())
}

/// Forgets where the file of a batch was.
///
/// # Errors
/// What SQLite says.
pub(super) fn forget_path(document: &mut Document, batch: i64) -> Result<(), StoreError> {
    if document.meta(&key(batch))?.is_some() {
        document.set_meta(&key(batch), "")?;
    }
    Ok(())
}

/// Where the file of a batch was, which may be there no more; `None` when that was not remembered. Numbers of batches
/// are given again after a removal, so a file of another name than `file` is none of this batch.
///
/// # Errors
/// What SQLite says.
pub fn batch_path(document: &Document, batch: i64, file: &str) -> Result<Option<PathBuf>, StoreError> {
    let path = document.meta(&key(batch))?.map(PathBuf::from);
    Ok(path.filter(|path| is_called(path, file)))
}

/// Where the files of all batches were, by batch, as [`batch_path`] knows them one by one.
///
/// # Errors
/// What SQLite says.
pub fn batch_paths(document: &Document, batches: &[Batch]) -> Result<BTreeMap<i64, PathBuf>, StoreError> {
    let mut paths = document.metas(KEY)?;
    let known = batches.iter().filter_map(|batch| {
        let path = PathBuf::from(paths.remove(&batch.id.to_string())?);
        is_called(&path, &batch.file).then_some((batch.id, path))
    });
    Ok(known.collect())
}

fn is_called(path: &Path, file: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy() == file)
}

const KEY: &str = "import.path.";

fn key(batch: i64) -> String {
    format!("{KEY}{batch}")
}
