//! A property: what it is called, means and may be. Not for which events carry it: see `EventProperty`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Foreign;
use super::form::Form;
use super::shape::Shape;

/// A property, shared in the library or an event's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct PropertySpec {
    /// As logs carry it.
    pub name: String,
    /// As people read it, where that differs.
    pub display_name: String,
    /// What it means.
    pub description: String,
    /// What its values are.
    pub shape: Shape,
    /// What numbers are measured in: `EUR`, `seconds`, or the property that says so: `currency`.
    pub unit: String,
    /// A value as it may come.
    pub example: Option<Value>,
    /// Whether it tells something of a person.
    pub sensitivity: Sensitivity,
    /// Old names that still match history.
    pub aliases: Vec<String>,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Values of the plan's own fields, by the field's name.
    pub fields: Foreign,
    /// What a foreign file says beyond this.
    pub foreign: Foreign,
}

/// Whether values tell something of a person. Not said is not the same as no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// Nobody said.
    #[default]
    Undeclared,
    /// Somebody said that it does not.
    NotPersonal,
    /// It does: `e-mail`, `name`, `address`, `health`, …; empty when the kind is not said.
    Personal(String),
}

impl Sensitivity {
    /// True where values are masked for what the plan says.
    pub fn is_personal(&self) -> bool {
        matches!(self, Sensitivity::Personal(_))
    }
}
