//! A query's answer.

use crate::base::Progress;
use crate::jobs::answers::{Answer, AnswerError};
use crate::jobs::question::{Question, Scope};
use crate::model::query::Query;

/// Asks a query.
#[derive(Clone, Debug)]
pub struct AskReport(pub Query);

impl Question for AskReport {
    type Answer = Answer;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        format!("Answering the {}", self.0.kind())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Answer, AnswerError> {
        crate::jobs::answers::answer(scope, &self.0, progress)
    }
}
