//! A workspace read as one plan: events in order, references resolved. Not for changing it: see `operations::plan`.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{EventProperty, EventSpec, Openness, Presence, PropertySource};
use super::group::{CustomType, PropertyGroup, TraitSpec};
use super::property::PropertySpec;
use super::settings::PlanSettings;
use super::shape::Shape;
use crate::model::item::{Item, ItemId};
use crate::model::workspace::Workspace;

/// The plan of a workspace.
#[derive(Clone, Debug)]
pub struct Plan<'w> {
    settings: &'w PlanSettings,
    events: Vec<(ItemId, &'w EventSpec)>,
    by_id: BTreeMap<ItemId, &'w EventSpec>,
    shared: BTreeMap<ItemId, &'w PropertySpec>,
    groups: BTreeMap<ItemId, &'w PropertyGroup>,
    types: BTreeMap<ItemId, &'w CustomType>,
    traits: Vec<(ItemId, &'w TraitSpec)>,
}

/// A property as an event carries it, with where it is said.
#[derive(Clone, Debug)]
pub struct PlannedProperty<'w> {
    /// What it is called, means and may be.
    pub spec: &'w PropertySpec,
    /// How the event carries it.
    pub used: &'w EventProperty,
    /// Where that is said.
    pub origin: Origin,
}

/// Where an event's property is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// In the event: the place in its list.
    Event(usize),
    /// In a property group: the place in the group's list.
    Group(ItemId, usize),
}

impl<'w> Plan<'w> {
    /// The plan's items. Events are in the order of kind and name; equal names are told apart by id.
    pub fn of(workspace: &'w Workspace) -> Plan<'w> {
        static NONE: std::sync::LazyLock<PlanSettings> = std::sync::LazyLock::new(PlanSettings::default);
        let mut plan = Plan {
            settings: &NONE,
            events: Vec::new(),
            by_id: BTreeMap::new(),
            shared: BTreeMap::new(),
            groups: BTreeMap::new(),
            types: BTreeMap::new(),
            traits: Vec::new(),
        };
        for (id, item) in workspace.items() {
            match item {
                Item::Plan(settings) => plan.settings = settings,
                Item::Event(spec) => plan.events.push((id, spec)),
                Item::Property(spec) => _ = plan.shared.insert(id, spec),
                Item::PropertyGroup(group) => _ = plan.groups.insert(id, group),
                Item::CustomType(custom) => _ = plan.types.insert(id, custom),
                Item::Trait(spec) => plan.traits.push((id, spec)),
                Item::Settings(_) | Item::Sticky(_) | Item::Query(_) => {}
            }
        }
        plan.by_id = plan.events.iter().copied().collect();
        plan.events.sort_by(|a, b| (a.1.kind, &a.1.name, a.0).cmp(&(b.1.kind, &b.1.name, b.0)));
        plan.traits.sort_by(|a, b| (a.1.of, &a.1.property.name, a.0).cmp(&(b.1.of, &b.1.property.name, b.0)));
        plan
    }

    /// What holds for the whole plan.
    pub fn settings(&self) -> &'w PlanSettings {
        self.settings
    }

    /// Its events, by kind and name.
    pub fn events(&self) -> &[(ItemId, &'w EventSpec)] {
        &self.events
    }

    /// One event.
    pub fn event(&self, id: ItemId) -> Option<&'w EventSpec> {
        self.by_id.get(&id).copied()
    }

    /// Shared properties, by id.
    pub fn shared(&self) -> &BTreeMap<ItemId, &'w PropertySpec> {
        &self.shared
    }

    /// Property groups, by id.
    pub fn groups(&self) -> &BTreeMap<ItemId, &'w PropertyGroup> {
        &self.groups
    }

    /// Custom types, by id.
    pub fn types(&self) -> &BTreeMap<ItemId, &'w CustomType> {
        &self.types
    }

    /// Traits of persons, then of groups, by name.
    pub fn traits(&self) -> &[(ItemId, &'w TraitSpec)] {
        &self.traits
    }

    /// What a use of a property says of it; `None` when the shared one is gone.
    pub fn spec(&self, used: &'w EventProperty) -> Option<&'w PropertySpec> {
        match &used.source {
            PropertySource::Own(spec) => Some(spec),
            PropertySource::Shared(id) => self.shared.get(id).copied(),
        }
    }

    /// The property of an event that is said in this place.
    pub fn said(&self, event: &'w EventSpec, origin: Origin) -> Option<&'w PropertySpec> {
        let used = match origin {
            Origin::Event(at) => event.properties.get(at),
            Origin::Group(id, at) => self.groups.get(&id)?.properties.get(at),
        };
        self.spec(used?)
    }

    /// What an event carries: its own list, then what its groups bring and it does not say itself. References to what
    /// is gone are left out; a rule tells of them.
    pub fn properties(&self, event: &'w EventSpec) -> Vec<PlannedProperty<'w>> {
        let own = event.properties.iter().enumerate().map(|(place, used)| (Origin::Event(place), used));
        let grouped = event.groups.iter().filter_map(|id| Some((*id, *self.groups.get(id)?))).flat_map(
            |(id, group)| {
                let properties = group.properties.iter().enumerate();
                properties.map(move |(place, used)| (Origin::Group(id, place), used))
            },
        );
        let mut names = BTreeSet::new();
        let mut all = Vec::new();
        for (origin, used) in own.chain(grouped) {
            let Some(spec) = self.spec(used) else { continue };
            let is_new = names.insert(spec.name.as_str());
            if is_new || matches!(origin, Origin::Event(_)) {
                all.push(PlannedProperty { spec, used, origin });
            }
        }
        all
    }

    /// The shape with its custom type in its place; one that is gone or refers to itself says nothing.
    pub fn shape(&self, shape: &'w Shape) -> &'w Shape {
        let mut shape = shape;
        for _ in 0..MOST_STEPS {
            match shape.custom.and_then(|id| self.types.get(&id)) {
                Some(custom) => shape = &custom.shape,
                None => return shape,
            }
        }
        static ANY: std::sync::LazyLock<Shape> = std::sync::LazyLock::new(Shape::default);
        &ANY
    }

    /// Who answers for an event: its owner, or that of its category, or of its domain; empty for no one.
    pub fn owner(&self, event: &'w EventSpec) -> &'w str {
        let of = |areas: &'w [super::Area], name: &str| {
            areas.iter().find(|area| area.name == name).map_or("", |area| area.owner.as_str())
        };
        let owners = [
            event.owner.as_str(),
            of(&self.settings.categories, &event.category),
            of(&self.settings.domains, &event.domain),
        ];
        owners.into_iter().find(|owner| !owner.is_empty()).unwrap_or("")
    }

    /// True when an event may carry what the plan does not name. Where nobody said so, it is told of.
    pub fn is_open(&self, open: Openness) -> bool {
        open == Openness::Open || (open == Openness::Unset && self.settings.open == Openness::Open)
    }

    /// How often a property must be there in events of one source.
    pub fn presence(used: &EventProperty, source: &str) -> Presence {
        used.by_source.get(source).copied().unwrap_or(used.presence)
    }
}

/// A custom type of a custom type of … is followed this far.
const MOST_STEPS: usize = 32;
