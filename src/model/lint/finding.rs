//! What breaks a rule: where, why, and what would mend it. Not for mending it: see `operations::plan`.

use super::Rule;
use crate::base::Severity;
use crate::model::item::ItemId;
use crate::model::plan::{Origin, Plan, Sensitivity, Types};

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters in this plan.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What is wrong there, one sentence without a final period.
    pub message: String,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// Where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An event.
    Event(ItemId),
    /// A property of an event, where it is said, and the path within it: `items[].price`; empty for itself.
    Property(ItemId, Origin, String),
    /// A shared property, a group, a custom type or a trait, and the path within it.
    Item(ItemId, String),
    /// The plan as a whole.
    Plan,
}

impl Place {
    /// The event concerned.
    pub fn event(&self) -> Option<ItemId> {
        match self {
            Place::Event(id) | Place::Property(id, _, _) => Some(*id),
            Place::Item(..) | Place::Plan => None,
        }
    }

    /// As lists and suppressions name it: `Order Completed`, `Order Completed.value`.
    pub fn label(&self, plan: &Plan<'_>) -> String {
        match self {
            Place::Plan => "the plan".to_owned(),
            Place::Event(id) => plan.event(*id).map_or_else(String::new, |event| event.title().to_owned()),
            Place::Property(id, origin, path) => {
                let Some(event) = plan.event(*id) else { return String::new() };
                let name = plan.said(event, *origin).map_or("", |spec| &spec.name);
                joined(&[event.title(), name, path])
            }
            Place::Item(id, path) => {
                let shared = plan.shared().get(id).map(|spec| &spec.name);
                let group = plan.groups().get(id).map(|group| &group.name);
                let custom = plan.types().get(id).map(|custom| &custom.name);
                let of =
                    plan.traits().iter().find(|(other, _)| other == id).map(|(_, spec)| &spec.property.name);
                let name = shared.or(group).or(custom).or(of).map_or("", String::as_str);
                joined(&[name, path])
            }
        }
    }
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".")
}

/// What would mend a finding. Renames keep the old name as an alias, so that history still matches.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Fix {
    RenameEvent {
        to: String,
    },
    /// This event's name becomes an alias of the other, and its properties are joined to that one's.
    MergeInto {
        event: ItemId,
    },
    RenameProperty {
        to: String,
    },
    SetOwner(String),
    SetCategory(String),
    SetSources(Vec<String>),
    SetTypes(Types),
    SetSensitivity(Sensitivity),
    SetDescription(String),
    Pattern(String),
    Close,
    DropSuppression(usize),
}

impl Fix {
    /// What it does, as a button says it.
    pub fn words(&self) -> String {
        match self {
            Fix::RenameEvent { to } | Fix::RenameProperty { to } => format!("Rename to “{to}”"),
            Fix::MergeInto { .. } => "Merge into the other".to_owned(),
            Fix::SetOwner(owner) => format!("Owner: {owner}"),
            Fix::SetCategory(category) => format!("Category: {category}"),
            Fix::SetSources(sources) => format!("Sources: {}", sources.join(", ")),
            Fix::SetTypes(types) => {
                let words: Vec<&str> = types.iter().map(|kind| kind.word()).collect();
                format!("Type: {}", words.join(" or "))
            }
            Fix::SetSensitivity(_) => "Mark as personal".to_owned(),
            Fix::SetDescription(_) => "Take the description of its namesake".to_owned(),
            Fix::Pattern(pattern) => format!("Pattern: {pattern}"),
            Fix::Close => "Allow only what is planned".to_owned(),
            Fix::DropSuppression(_) => "Remove it".to_owned(),
        }
    }
}

/// What a plan's rules tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The worst first, then by code and place.
    pub findings: Vec<Finding>,
    /// What is not told of, with the place of its suppression in the plan's settings.
    pub suppressed: Vec<(usize, Finding)>,
}
