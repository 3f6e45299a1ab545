//! The persons behind a number of a retention.

use crate::base::Progress;
use crate::engine::retention::{Returner, retention_members};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::model::query::Query;
use crate::model::retention::{Retention, RetentionSelection};

/// Asks for the persons, as many as the number says.
#[derive(Clone, Debug)]
pub struct AskReturners {
    /// The retention.
    pub retention: Retention,
    /// The number.
    pub selection: RetentionSelection,
}

impl Question for AskReturners {
    type Answer = Vec<Returner>;

    fn key(&self) -> String {
        format!("{:?}{:?}", self.retention, self.selection)
    }

    fn label(&self) -> String {
        "Finding the persons".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let query = scope.aliases.expand(&Query::Retention(self.retention.clone()));
        let as_of = scope.as_of(query.as_of())?;
        let table = scope.tables().with(&query.properties(), progress)?;
        let Query::Retention(retention) = query else { return Ok(Vec::new()) };
        Ok(retention_members(&table, &retention, as_of, scope.zone, &self.selection, progress)?)
    }
}
