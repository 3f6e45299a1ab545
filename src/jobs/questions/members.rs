//! The persons behind a number of a funnel.

use crate::base::Progress;
use crate::engine::funnel::{Member, funnel_members};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::model::funnel::{Funnel, FunnelSelection};
use crate::model::query::Query;

/// Asks for the persons, as many as the number says.
#[derive(Clone, Debug)]
pub struct AskMembers {
    /// The funnel.
    pub funnel: Funnel,
    /// The number.
    pub selection: FunnelSelection,
}

impl Question for AskMembers {
    type Answer = Vec<Member>;

    fn key(&self) -> String {
        format!("{:?}{:?}", self.funnel, self.selection)
    }

    fn label(&self) -> String {
        "Finding the persons".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Vec<Member>, AnswerError> {
        let query = scope.aliases.expand(&Query::Funnel(self.funnel.clone()));
        let as_of = scope.as_of(query.as_of())?;
        let table = scope.tables().with(&query.properties(), progress)?;
        let Query::Funnel(funnel) = query else { return Ok(Vec::new()) };
        Ok(funnel_members(&table, &funnel, as_of, &self.selection, progress)?)
    }
}
