//! What holds for the whole plan: how things are named, what may be chosen, and which rules are kept. Not for the
//! rules: see `model::lint`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::Openness;
use super::{Foreign, day, is_usual};
use crate::base::Severity;

/// What holds for the whole plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSettings {
    /// What people call the plan.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// How names are written.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub convention: Convention,
    /// What sends events, in the order in which it is offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Categories that are known, with what holds for their events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Area>,
    /// Domains that are known, with what holds for their events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Area>,
    /// The plan's own fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<CustomField>,
    /// Whether events may carry what the plan does not name.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub open: Openness,
    /// Destinations whose limits are kept, by the code of their profile: `ga4`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    /// Rules that differ from how they come, by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, RuleSwitch>,
    /// Findings that are not told of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Suppression>,
    /// What a foreign file says beyond this.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
}

/// A category or a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// Who answers for its events where they name no one.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub owner: String,
}

/// How the plan's names are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// Names of events.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub events: NamingStyle,
    /// Names of properties.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub properties: NamingStyle,
}

/// How names of one sort are written. What is not set is what most names do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamingStyle {
    /// How words are joined and where capitals stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// Whether the object or the act comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<WordOrder>,
    /// In which form the verb stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tense: Option<Tense>,
    /// The verbs that may be used, in the present; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<String>,
}

/// How words are joined and where capitals stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// `Order Completed`
    Title,
    /// `Order completed`
    Sentence,
    /// `order_completed`
    Snake,
    /// `orderCompleted`
    Camel,
    /// `OrderCompleted`
    Pascal,
    /// `order-completed`
    Kebab,
    /// `ORDER_COMPLETED`
    Upper,
    /// `order completed`
    Lower,
}

/// Whether the object or the act comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordOrder {
    /// `Order Completed`
    ObjectVerb,
    /// `Complete Order`
    VerbObject,
}

/// In which form the verb of a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum Tense {
    Past,
    Present,
}

/// A field of the plan's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(default)]
    pub kind: FieldKind,
    /// What may be chosen, for a kind that chooses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Every event must have it.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub required: bool,
}

/// What a field of the plan's own holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum FieldKind {
    #[default]
    Text,
    Number,
    Boolean,
    OneOf,
    SomeOf,
}

/// How a rule differs from how it comes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSwitch {
    /// Not applied at all.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub off: bool,
    /// How much its findings matter here.
    #[serde(default, with = "severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Categories or domains to which alone it applies; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

/// Findings that are not told of, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The rule's code.
    pub rule: String,
    /// The event or property, as findings name it; empty for all.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub at: String,
    /// Why.
    pub reason: String,
    /// From this day on it is told of again.
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// A severity as its word.
mod severity {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::Severity;

    const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Error];

    pub(super) fn serialize<S: Serializer>(it: &Option<Severity>, serializer: S) -> Result<S::Ok, S::Error> {
        match it {
            Some(severity) => serializer.serialize_str(severity.word()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Severity>, D::Error> {
        let Some(word) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let known = ALL.into_iter().find(|severity| severity.word() == word);
        known.map(Some).ok_or_else(|| serde::de::Error::custom(format!("there is no severity “{word}”")))
    }
}
