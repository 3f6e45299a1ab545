//! Which events pass a filter, and whose they are.

use crate::base::Progress;
use crate::engine::list::{EventFilter, ListedPerson, list, persons};
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

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Vec<i64>, AnswerError> {
        let table = scope.tables().with(&self.0.properties(), progress)?;
        Ok(list(&table, &self.0, progress)?)
    }
}

/// Asks for the persons of those events, most events first.
#[derive(Clone, Debug)]
pub struct AskListedPersons(pub EventFilter);

impl Question for AskListedPersons {
    type Answer = Vec<ListedPerson>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Finding the persons".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Vec<ListedPerson>, AnswerError> {
        let table = scope.tables().with(&self.0.properties(), progress)?;
        Ok(persons(&table, &self.0, progress)?)
    }
}
