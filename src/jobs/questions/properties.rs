//! Properties with their types and top values, and the values of one.

use crate::base::Progress;
use crate::engine::summary::{PropertySummary, properties_of};
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

/// Columns in memory at once besides those that queries use: 4 bytes an event each.
const GROUP: usize = 8;

/// Asks for properties with types and top values, sorted by name. Their columns are read for it and not kept.
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
        let mut found = Vec::new();
        for group in self.names.chunks(GROUP) {
            let (table, columns) = scope.tables().columns(group, progress)?;
            let named = group.iter().zip(&columns).map(|(name, column)| (name.as_str(), column.as_ref()));
            found.extend(properties_of(&table, named, self.event.as_deref(), as_of, progress)?);
        }
        found.retain(|property| property.set > 0);
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}
