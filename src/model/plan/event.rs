//! An event of the plan: its name, when it is sent, who answers for it, and what it carries. Not for events of a log:
//! see `model::event`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::Form;
use super::property::PropertySpec;
use super::{Foreign, day, is_usual};
use crate::model::item::ItemId;

/// An event of the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSpec {
    /// The name that logs should carry; empty for kinds without one.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub name: String,
    /// Which call sends it.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub kind: EventKind,
    /// As people read it, where that differs.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub display_name: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
    /// When it is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// What it is filed under.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub category: String,
    /// The part of the product it belongs to.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub domain: String,
    /// Who answers for it; empty for the owner of its category or domain.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub owner: String,
    /// Who else is asked before it changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stakeholders: Vec<String>,
    /// Free words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it is in its life.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub lifecycle: Lifecycle,
    /// What sends it: `web`, `ios`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How much it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How it may look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Where more is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Old names that still match history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What it carries, in the order in which people list it; what groups bring is not repeated here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<EventProperty>,
    /// Property groups it carries whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ItemId>,
    /// Whether it may carry more than that.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub open: Openness,
    /// How what it carries depends on one property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<Variants>,
    /// Values of the plan's own fields, by the field's name.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub fields: Foreign,
    /// What a foreign file says beyond this.
    #[serde(default, skip_serializing_if = "Foreign::is_empty")]
    pub foreign: Foreign,
}

impl EventSpec {
    /// What people call it: its name, or the word of its kind.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { self.kind.word() } else { &self.name }
    }
}

/// Which call sends an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the field's words")]
pub enum EventKind {
    #[default]
    Track,
    Page,
    Screen,
    Identify,
    Group,
}

impl EventKind {
    /// Every kind, the usual one first.
    pub const ALL: [EventKind; 5] =
        [EventKind::Track, EventKind::Page, EventKind::Screen, EventKind::Identify, EventKind::Group];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Track => "track",
            EventKind::Page => "page",
            EventKind::Screen => "screen",
            EventKind::Identify => "identify",
            EventKind::Group => "group",
        }
    }

    /// The kind of a word in any case.
    pub fn of_word(word: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word.trim()))
    }
}

/// When an event is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// In words.
    pub text: String,
    /// The source it is for; empty for all.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub source: String,
    /// Address of a picture; empty for none.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub picture: String,
}

/// Where an event is in its life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Now.
    #[serde(default)]
    pub status: Status,
    /// Since when.
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// After this day it should no longer come.
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
    /// Name of the event that took its place.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub replaced_by: String,
}

/// The stations of an event's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum Status {
    #[default]
    Draft,
    Review,
    Planned,
    Live,
    Deprecated,
    Archived,
}

impl Status {
    /// Every status, in the order of a life.
    pub const ALL: [Status; 6] =
        [Status::Draft, Status::Review, Status::Planned, Status::Live, Status::Deprecated, Status::Archived];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Review => "review",
            Status::Planned => "planned",
            Status::Live => "live",
            Status::Deprecated => "deprecated",
            Status::Archived => "archived",
        }
    }

    /// The status of a word in any case.
    pub fn of_word(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word.trim()))
    }
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum Priority {
    High,
    Medium,
    Low,
}

/// How an event may look.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is an example of.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub title: String,
    /// What the event carries.
    pub properties: Value,
}

/// A place where more is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// In words; may be empty.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub title: String,
    /// Where.
    pub url: String,
}

/// Whether an object may hold what the plan does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Openness {
    /// As the plan's settings have it.
    #[default]
    Unset,
    /// It may.
    Open,
    /// It may not.
    Closed,
}

/// A property as one event or object carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct EventProperty {
    /// Which property.
    pub source: PropertySource,
    /// How often it must be there.
    pub presence: Presence,
    /// Where a source differs from that.
    pub by_source: BTreeMap<String, Presence>,
    /// The one value it has here.
    pub pinned: Option<Value>,
    /// The values it may have here, where fewer than the property allows; empty for all of them.
    pub allowed: Vec<Value>,
    /// What it means here, where a shared property is used in a particular way.
    pub note: String,
}

impl EventProperty {
    /// A property of this event alone.
    pub fn own(spec: PropertySpec, presence: Presence) -> EventProperty {
        EventProperty::new(PropertySource::Own(Box::new(spec)), presence)
    }

    /// A property of the library.
    pub fn shared(id: ItemId, presence: Presence) -> EventProperty {
        EventProperty::new(PropertySource::Shared(id), presence)
    }

    fn new(source: PropertySource, presence: Presence) -> EventProperty {
        EventProperty {
            source,
            presence,
            by_source: BTreeMap::new(),
            pinned: None,
            allowed: Vec::new(),
            note: String::new(),
        }
    }
}

/// Which property an event carries.
#[derive(Clone, Debug, PartialEq)]
pub enum PropertySource {
    /// One of the library.
    Shared(ItemId),
    /// One of this event alone.
    Own(Box<PropertySpec>),
}

/// How often a property must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In every event.
    Always,
    /// In some.
    #[default]
    Sometimes,
    /// In none: it was refused.
    Never,
}

impl Presence {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Presence::Always => "always",
            Presence::Sometimes => "sometimes",
            Presence::Never => "never",
        }
    }
}

/// How what an event carries depends on one of its properties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variants {
    /// Name of the property that decides.
    pub discriminator: String,
    /// The first case that matches decides.
    pub cases: Vec<Variant>,
    /// What is carried when none does, beyond what the event always carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<EventProperty>,
}

/// One case of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What people call it.
    pub name: String,
    /// Values of the discriminator.
    pub matches: Vec<Value>,
    /// What it carries beyond, or otherwise than, the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<EventProperty>,
    /// What it means.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub description: String,
}
