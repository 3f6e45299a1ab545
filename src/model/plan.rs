//! The tracking plan: which events a product sends, what they carry, and how they are named. Not for holding a log
//! against it: that is conformance.
//!
//! Every event, shared property, property group, custom type and trait is an item of the workspace; what holds for all
//! of them is [`PlanSettings`]. [`Plan`] is the workspace read as one plan, with references resolved.

mod aliases;
mod day;
mod event;
mod form;
mod group;
pub mod naming;
mod property;
mod settings;
mod shape;
mod text;
mod verdict;
mod view;

pub use aliases::Aliases;
pub use event::{
    EventKind, EventProperty, EventSpec, Example, Lifecycle, Link, Openness, Presence, Priority,
    PropertySource, Status, Trigger, Variant, Variants,
};
pub use group::{CustomType, PropertyGroup, TraitOwner, TraitSpec};
pub use property::{PropertySpec, Sensitivity};
pub use settings::{
    Area, Case, Convention, CustomField, FieldKind, NamingStyle, PlanSettings, RuleSwitch, Suppression,
    Tense, WordOrder,
};
pub use shape::{Format, Limits, Shape, Types, ValueType};
pub use text::{plan_text, read_plan};
pub use verdict::{Judge, Misfit};
pub use view::{Origin, Plan, PlannedProperty};

/// What a foreign file says that Stormline has no field for, by the vendor's key; kept so that writing the same format
/// gives it back.
pub type Foreign = std::collections::BTreeMap<String, serde_json::Value>;

/// Keeps a stored form short: what is as usual is not written.
fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
