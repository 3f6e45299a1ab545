//! Events as the log brought them.

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::store::events::EventRow;

/// Asks for rows by stored event id, in the order asked.
#[derive(Clone, Debug)]
pub struct AskRows(pub Vec<i64>);

impl Question for AskRows {
    type Answer = Vec<EventRow>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Reading events".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        answer.iter().map(|row| size_of_val(row) + row.properties.len() + row.context.len()).sum()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Vec<EventRow>, AnswerError> {
        Ok(scope.tables().document().event_rows(&self.0)?)
    }
}
