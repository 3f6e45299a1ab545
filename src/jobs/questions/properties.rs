//! Properties with their types and top values, and the values of one.

use std::collections::BTreeSet;

use crate::base::Progress;
use crate::engine::summary::{PropertySummary, properties};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};

/// Asks for the names of all properties, with how many events carry each, most first.
#[derive(Clone, Copy, Debug)]
pub struct AskPropertyNames;

impl Question for AskPropertyNames {
    type Answer = Vec<(String, u64)>;

    fn key(&self) -> String {
        String::new()
    }

    fn label(&self) -> String {
        "Listing properties".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        scope.tables().property_names(progress)
    }
}

/// Asks for properties with types and top values.
#[derive(Clone, Debug)]
pub struct AskProperties {
    /// Of one event name, or of all events.
    pub event: Option<String>,
    /// Which properties.
    pub names: Vec<String>,
}

impl Question for AskProperties {
    type Answer = Vec<PropertySummary>;

    fn key(&self) -> String {
        format!("{:?}{:?}", self.event, self.names)
    }

    fn label(&self) -> String {
        "Summing up properties".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let as_of = scope.as_of(None)?;
        let names: BTreeSet<String> = self.names.iter().cloned().collect();
        let table = scope.tables().with(&names, progress)?;
        let mut found = properties(&table, self.event.as_deref(), as_of, progress)?;
        found.retain(|property| names.contains(&property.name) && property.set > 0);
        Ok(found)
    }
}
