//! One editable thing of a document, and its stored form. Not for events: those are rows.

use serde::{Deserialize, Serialize};

use super::board::Sticky;
use super::plan::{CustomType, EventSpec, PlanSettings, PropertyGroup, PropertySpec, TraitSpec};
use super::query::Query;
use super::text::{query_text, read_query};
use crate::base::Diagnostic;

/// An item's id: random, so that items made in two copies of a document never collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub i64);

impl ItemId {
    /// The document's one settings item.
    pub const SETTINGS: ItemId = ItemId(1);
    /// What holds for the document's whole plan.
    pub const PLAN: ItemId = ItemId(2);
}

/// An editable item.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The document's settings, under [`ItemId::SETTINGS`].
    Settings(Settings),
    /// What holds for the whole plan, under [`ItemId::PLAN`].
    Plan(PlanSettings),
    /// An event of the plan.
    Event(EventSpec),
    /// A property of the plan's library.
    Property(PropertySpec),
    /// Properties that events of the plan carry together.
    PropertyGroup(PropertyGroup),
    /// A shape of the plan with a name.
    CustomType(CustomType),
    /// A trait of persons or groups.
    Trait(TraitSpec),
    /// A sticky of the board.
    Sticky(Sticky),
    /// A saved query or a draft.
    Query(SavedQuery),
}

/// What holds for the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// IANA zone for days and weeks.
    pub zone: String,
    /// Shown as the document's title; the file's name when empty.
    #[serde(default)]
    pub title: String,
    /// Some or all of its events are made up.
    #[serde(default)]
    pub synthetic: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { zone: "UTC".to_owned(), title: String::new(), synthetic: false }
    }
}

/// A query with a name, or a draft without one.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedQuery {
    /// `None` for a draft.
    pub name: Option<String>,
    /// The question.
    pub query: Query,
    /// Place in the list: ascending, ties by id.
    pub position: f64,
}

#[derive(Serialize, Deserialize)]
struct SavedQueryForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    query: String,
    position: f64,
}

impl Item {
    /// The kind's stored word.
    pub fn kind(&self) -> &'static str {
        match self {
            Item::Settings(_) => "settings",
            Item::Plan(_) => "plan",
            Item::Event(_) => "event",
            Item::Property(_) => "property",
            Item::PropertyGroup(_) => "property group",
            Item::CustomType(_) => "custom type",
            Item::Trait(_) => "trait",
            Item::Sticky(_) => "sticky",
            Item::Query(_) => "query",
        }
    }

    /// The stored payload: a JSON object's text. Version 1 of every kind.
    pub fn payload(&self) -> String {
        let json = match self {
            Item::Settings(settings) => serde_json::to_string(settings),
            Item::Plan(settings) => serde_json::to_string(settings),
            Item::Event(spec) => serde_json::to_string(spec),
            Item::Property(spec) => serde_json::to_string(spec),
            Item::PropertyGroup(group) => serde_json::to_string(group),
            Item::CustomType(custom) => serde_json::to_string(custom),
            Item::Trait(spec) => serde_json::to_string(spec),
            Item::Sticky(sticky) => serde_json::to_string(sticky),
            Item::Query(saved) => serde_json::to_string(&SavedQueryForm {
                name: saved.name.clone(),
                query: query_text(&saved.query),
                position: saved.position,
            }),
        };
        json.unwrap_or_default()
    }

    /// Reads a stored payload.
    ///
    /// # Errors
    /// A diagnostic for an unknown kind or a payload that does not fit.
    pub fn from_payload(kind: &str, payload: &str) -> Result<Item, Diagnostic> {
        let bad = |error: serde_json::Error| {
            Diagnostic::error("bad-item", format!("An item of kind “{kind}” could not be read: {error}"))
        };
        match kind {
            "settings" => serde_json::from_str(payload).map(Item::Settings).map_err(bad),
            "plan" => serde_json::from_str(payload).map(Item::Plan).map_err(bad),
            "event" => serde_json::from_str(payload).map(Item::Event).map_err(bad),
            "property" => serde_json::from_str(payload).map(Item::Property).map_err(bad),
            "property group" => serde_json::from_str(payload).map(Item::PropertyGroup).map_err(bad),
            "custom type" => serde_json::from_str(payload).map(Item::CustomType).map_err(bad),
            "trait" => serde_json::from_str(payload).map(Item::Trait).map_err(bad),
            "sticky" => serde_json::from_str(payload).map(Item::Sticky).map_err(bad),
            "query" => {
                let form: SavedQueryForm = serde_json::from_str(payload).map_err(bad)?;
                Ok(Item::Query(SavedQuery {
                    name: form.name,
                    query: read_query(&form.query)?,
                    position: form.position,
                }))
            }
            other => Err(Diagnostic::error("unknown-item", format!("There is no item kind “{other}”"))),
        }
    }
}
