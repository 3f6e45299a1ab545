//! Makes an empty document with its time zone. Not for the sample: see `sample_document`.

use std::path::Path;

use super::clock;
use crate::base::Diagnostic;
use crate::model::operations::settings::set_zone;
use crate::model::time::Zone;
use crate::store::document::Document;

/// Makes a document where nothing is yet; days and weeks follow `zone`. Its history begins empty.
///
/// # Errors
/// When something is there already, or the file cannot be written.
pub fn create(path: &Path, zone: Zone) -> Result<Document, Diagnostic> {
    let mut document = Document::create(path).map_err(|error| error.diagnostic())?;
    let (workspace, _) = document.load_workspace().map_err(|error| error.diagnostic())?;
    let mut edit = set_zone(&workspace, zone.name())?;
    edit.at = clock::now();
    document.record(&edit).map_err(|error| error.diagnostic())?;
    document.forget_history().map_err(|error| error.diagnostic())?;
    Ok(document)
}
