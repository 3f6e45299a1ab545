//! A property: what it is called, means and may be. Not for which events carry it: see `EventProperty`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shape::Shape;
use super::{Foreign, is_usual};

/// A property, shared in the library or an event's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PropertySpec {
    /// As logs carry it.
    pub name: String,
    /// As people read it, where that differs.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub display_name: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// What its values are.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub shape: Shape,
    /// What numbers are measured in: `EUR`, `seconds`, or the property that says so: `currency`.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub unit: String,
    /// A value as it may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// Whether it tells something of a person.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub sensitivity: Sensitivity,
    /// Old names that still match history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Free words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Values of the plan's own fields, by the field's name.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub fields: Foreign,
    /// What a foreign file says beyond this.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
}

/// Whether values tell something of a person. Not said is not the same as no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
