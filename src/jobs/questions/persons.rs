//! Persons by identifier, and what they are called.

use std::collections::BTreeMap;

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::store::persons::PersonMatch;

/// How many persons a search lists.
const FOUND: u32 = 50;

/// Asks for persons whose identifier starts with a text.
#[derive(Clone, Debug)]
pub struct AskPersons(pub String);

impl Question for AskPersons {
    type Answer = Vec<PersonMatch>;

    fn key(&self) -> String {
        self.0.clone()
    }

    fn label(&self) -> String {
        "Finding persons".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        Ok(scope.tables().document().find_person(&self.0, FOUND)?)
    }
}

/// Asks what persons are called, by stored id.
#[derive(Clone, Debug)]
pub struct AskLabels(pub Vec<i64>);

impl Question for AskLabels {
    type Answer = BTreeMap<i64, String>;

    fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    fn label(&self) -> String {
        "Naming persons".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        answer.values().map(|label| size_of::<(i64, String)>() + label.len()).sum()
    }

    fn answer(&self, scope: &Scope<'_>, _progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let labels = scope.tables().document().person_labels(&self.0)?;
        Ok(self.0.iter().copied().zip(labels).collect())
    }
}
