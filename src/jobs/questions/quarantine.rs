//! What could not become an event.

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::store::batches::Quarantined;

/// Asks for a stretch of the quarantine.
#[derive(Clone, Copy, Debug)]
pub struct AskQuarantine {
    /// Of one import, or of all.
    pub batch: Option<i64>,
    /// The first record.
    pub offset: u64,
    /// At most so many.
    pub limit: u32,
}

impl Question for AskQuarantine {
    type Answer = Vec<Quarantined>;

    fn key(&self) -> String {
        format!("{self:?}")
    }

    fn label(&self) -> String {
        "Reading the quarantine".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(scope.tables().document().quarantine(self.batch, self.offset, self.limit)?)
    }
}

/// Asks how many records are in quarantine by reason, most first.
#[derive(Clone, Copy, Debug)]
pub struct AskQuarantineCounts(pub Option<i64>);

impl Question for AskQuarantineCounts {
    type Answer = Vec<(String, u64)>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Counting the quarantine".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(scope.tables().document().quarantine_counts(self.0)?)
    }
}
