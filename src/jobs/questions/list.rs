//! Which events pass a filter.

use std::collections::BTreeSet;

use crate::base::Progress;
use crate::engine::list::{EventFilter, list};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};

/// Asks for stored event ids, latest first.
#[derive(Clone, Debug)]
pub struct AskList(pub EventFilter);

impl Question for AskList {
    type Answer = Vec<i64>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Finding events".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Vec<i64>, AnswerError> {
        let properties: BTreeSet<String> =
            self.0.filters.iter().map(|filter| filter.property.clone()).collect();
        let table = scope.tables().with(&properties, progress)?;
        Ok(list(&table, &self.0, progress)?)
    }
}
