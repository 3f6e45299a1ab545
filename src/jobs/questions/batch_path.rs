//! Where the file of an import was.

use std::path::PathBuf;

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::import::batch_path;
use crate::jobs::question::{Question, Scope};

/// Asks where the file of an import was when it was imported; it may be there no more.
#[derive(Clone, Debug)]
pub struct AskBatchPath {
    /// The import.
    pub batch: i64,
    /// The name of its file.
    pub file: String,
}

impl Question for AskBatchPath {
    type Answer = Option<PathBuf>;

    fn key(&self) -> String {
        format!("{self:?}")
    }

    fn label(&self) -> String {
        "Looking for an import's file".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(batch_path(scope.tables().document(), self.batch, &self.file)?)
    }
}
