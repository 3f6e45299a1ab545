//! What a copy of everything would hand over.

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::store::copy::CopyFacts;

/// Asks how many persons and which personal properties would go with a copy.
#[derive(Clone, Copy, Debug)]
pub struct AskCopyFacts;

impl Question for AskCopyFacts {
    type Answer = CopyFacts;

    fn key(&self) -> String {
        String::new()
    }

    fn label(&self) -> String {
        "Looking for personal values".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<CopyFacts, AnswerError> {
        Ok(scope.tables().document().copy_facts(progress)?)
    }
}
