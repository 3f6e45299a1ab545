//! What several events share: property groups, custom types, and traits of persons and groups.

use serde::{Deserialize, Serialize};

use super::event::EventProperty;
use super::property::PropertySpec;
use super::shape::Shape;
use super::{Foreign, is_usual};

/// Properties that events carry together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyGroup {
    /// What people call it; no two groups share it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// What it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<EventProperty>,
    /// What a foreign file says beyond this.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
}

/// A shape with a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomType {
    /// What people call it; no two types share it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// What its values are.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub shape: Shape,
    /// What a foreign file says beyond this.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
}

/// What is known of a person or of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraitSpec {
    /// Of whom.
    #[serde(default)]
    pub of: TraitOwner,
    /// What it is called, means and may be.
    pub property: PropertySpec,
    /// Whether it must be there.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub required: bool,
}

/// Whom a trait belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum TraitOwner {
    #[default]
    Person,
    Group,
}
