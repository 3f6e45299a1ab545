//! Edits of the tracking plan. Not for telling what is wrong with one: see `model::lint`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Diagnostic;
use crate::model::edit::{Change, Edit};
use crate::model::item::{Item, ItemId};
use crate::model::lint::{Finding, Fix, Place};
use crate::model::plan::{
    EventProperty, EventSpec, Openness, Origin, Plan, PropertySource, PropertySpec, ValueType,
};
use crate::model::workspace::Workspace;

/// Adds an event.
pub fn add_event(id: ItemId, spec: EventSpec) -> Edit {
    let label = format!("Add event {}", spec.title());
    Edit::new(label, vec![Change { id, before: None, after: Some(Item::Event(spec)) }])
}

/// Changes one event; `what` says what changed.
///
/// # Errors
/// When there is no such event.
pub fn change_event(
    workspace: &Workspace,
    id: ItemId,
    what: impl Into<String>,
    change: impl FnOnce(&mut EventSpec),
) -> Result<Edit, Diagnostic> {
    let mut draft = Draft::of(workspace);
    change(draft.event(id)?);
    Ok(draft.edit(what))
}

/// Gives an event another name; the old one stays as an alias, so that history still matches.
///
/// # Errors
/// When there is no such event, the name is empty, or another event of its kind has it.
pub fn rename_event(workspace: &Workspace, id: ItemId, to: &str) -> Result<Edit, Diagnostic> {
    let mut draft = Draft::of(workspace);
    let from = draft.event(id)?.name.clone();
    draft.rename_event(id, to)?;
    Ok(draft.edit(format!("Rename {from} to {}", to.trim())))
}

/// Takes events out of the plan.
pub fn remove_events(workspace: &Workspace, ids: &BTreeSet<ItemId>) -> Edit {
    let of = |id: &ItemId| workspace.get(*id).cloned().map(|item| (*id, item));
    let gone: Vec<(ItemId, Item)> = ids.iter().filter_map(of).collect();
    let label = match gone.as_slice() {
        [(_, Item::Event(spec))] => format!("Remove event {}", spec.title()),
        _ => format!("Remove {} events", gone.len()),
    };
    let changes = gone.into_iter().map(|(id, item)| Change { id, before: Some(item), after: None });
    Edit::new(label, changes.collect())
}

/// Mends what these findings tell of, in one edit, with what could not be mended and why. Fixes that meet in one place
/// are applied in the order of the list; one that no longer fits is left out.
pub fn fix(workspace: &Workspace, findings: &[&Finding]) -> (Edit, Vec<Diagnostic>) {
    let mut draft = Draft::of(workspace);
    let (mut problems, mut done) = (Vec::new(), 0);
    let mut dropped = BTreeSet::new();
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        if let Fix::DropSuppression(place) = fix {
            dropped.insert(*place);
            done += 1;
            continue;
        }
        match draft.fix(&finding.place, fix) {
            Ok(()) => done += 1,
            Err(problem) => problems.push(problem),
        }
    }
    draft.drop_suppressions(&dropped);
    let label = match (done, findings) {
        (1, [finding]) => finding.fix.as_ref().map_or_else(String::new, Fix::words),
        _ => format!("Fix {done} findings"),
    };
    (draft.edit(label), problems)
}

/// Items as they become, before they are an edit.
struct Draft<'w> {
    workspace: &'w Workspace,
    items: BTreeMap<ItemId, Option<Item>>,
}

impl<'w> Draft<'w> {
    fn of(workspace: &'w Workspace) -> Draft<'w> {
        Draft { workspace, items: BTreeMap::new() }
    }

    /// What changed, as one edit; items that are as they were are left out.
    fn edit(self, label: impl Into<String>) -> Edit {
        let changes = self.items.into_iter().map(|(id, after)| {
            let before = self.workspace.get(id).cloned();
            Change { id, before, after }
        });
        Edit::new(label, changes.filter(|change| change.before != change.after).collect())
    }

    fn item(&mut self, id: ItemId) -> Option<&mut Item> {
        self.items.entry(id).or_insert_with(|| self.workspace.get(id).cloned()).as_mut()
    }

    fn event(&mut self, id: ItemId) -> Result<&mut EventSpec, Diagnostic> {
        match self.item(id) {
            Some(Item::Event(spec)) => Ok(spec),
            _ => Err(gone("The event")),
        }
    }

    /// Takes out the suppressions at these places.
    fn drop_suppressions(&mut self, places: &BTreeSet<usize>) {
        if let Some(Item::Plan(settings)) = self.item(ItemId::PLAN) {
            let mut place = 0;
            settings.suppressions.retain(|_| {
                place += 1;
                !places.contains(&(place - 1))
            });
        }
    }

    /// True when an event other than `id` has this name.
    fn is_taken(&self, id: ItemId, name: &str) -> bool {
        let is_other = |(other, item): (ItemId, &Item)| match item {
            Item::Event(spec) => other != id && spec.name == name,
            _ => false,
        };
        let changed = self.items.iter().filter_map(|(id, item)| Some((*id, item.as_ref()?)));
        let kept = self.workspace.items().filter(|(id, _)| !self.items.contains_key(id));
        changed.chain(kept).any(is_other)
    }

    fn rename_event(&mut self, id: ItemId, to: &str) -> Result<(), Diagnostic> {
        let to = to.trim();
        if to.is_empty() {
            return Err(Diagnostic::error("no-name", "The name is empty").hint("Type a name"));
        }
        if self.is_taken(id, to) {
            return Err(Diagnostic::error("name-taken", format!("There is already an event named “{to}”"))
                .hint("Choose another name, or merge the two"));
        }
        let event = self.event(id)?;
        let from = std::mem::replace(&mut event.name, to.to_owned());
        keep_alias(&mut event.aliases, from, to);
        Ok(())
    }

    fn fix(&mut self, place: &Place, fix: &Fix) -> Result<(), Diagnostic> {
        match fix {
            Fix::RenameEvent { to } => self.rename_event(of_event(place)?, to),
            Fix::MergeInto { event } => self.merge(of_event(place)?, *event),
            Fix::SetOwner(owner) => self.event(of_event(place)?).map(|event| event.owner.clone_from(owner)),
            Fix::SetCategory(category) => {
                self.event(of_event(place)?).map(|event| event.category.clone_from(category))
            }
            Fix::SetSources(sources) => {
                self.event(of_event(place)?).map(|event| event.sources.clone_from(sources))
            }
            Fix::Close => self.event(of_event(place)?).map(|event| event.open = Openness::Closed),
            Fix::RenameProperty { to } => self.property(place).map(|spec| {
                let from = std::mem::replace(&mut spec.name, to.clone());
                keep_alias(&mut spec.aliases, from, to);
            }),
            Fix::SetTypes(types) => self.property(place).map(|spec| {
                spec.shape.types = *types;
                // A list of values of another type would contradict it.
                spec.shape
                    .set_limits(|limits| limits.values.retain(|value| types.allows(ValueType::of(value))));
            }),
            Fix::SetSensitivity(sensitivity) => {
                self.property(place).map(|spec| spec.sensitivity.clone_from(sensitivity))
            }
            Fix::SetDescription(text) => self.property(place).map(|spec| spec.description.clone_from(text)),
            Fix::Pattern(pattern) => self.property(place).map(|spec| {
                spec.shape.set_limits(|limits| limits.pattern = Some(pattern.clone()));
            }),
            Fix::DropSuppression(_) => Ok(()),
        }
    }

    /// The property that a place names; for one of a group that of the group.
    fn property(&mut self, place: &Place) -> Result<&mut PropertySpec, Diagnostic> {
        let (id, at) = match place {
            Place::Property(_, Origin::Group(group, at), _) => (*group, Some(*at)),
            Place::Property(event, Origin::Event(at), _) => (*event, Some(*at)),
            Place::Item(id, _) => (*id, None),
            Place::Event(_) | Place::Plan => return Err(gone("The property")),
        };
        match self.item(id) {
            Some(Item::Property(spec)) => Ok(spec),
            Some(Item::Trait(spec)) => Ok(&mut spec.property),
            Some(Item::Event(event)) => own_at(&mut event.properties, at),
            Some(Item::PropertyGroup(group)) => own_at(&mut group.properties, at),
            _ => Err(gone("The property")),
        }
    }

    /// Makes one event's names aliases of the other, which takes over what it alone carries.
    fn merge(&mut self, from: ItemId, into: ItemId) -> Result<(), Diagnostic> {
        let gone = self.event(from)?.clone();
        let carried: BTreeSet<String> = {
            let kept = self.event(into)?.clone();
            let plan = Plan::of(self.workspace);
            plan.properties(&kept).into_iter().map(|property| property.spec.name.clone()).collect()
        };
        let brought: Vec<EventProperty> = {
            let plan = Plan::of(self.workspace);
            let is_new =
                |used: &&EventProperty| plan.spec(used).is_none_or(|spec| !carried.contains(&spec.name));
            gone.properties.iter().filter(is_new).cloned().collect()
        };
        let kept = self.event(into)?;
        let name = kept.name.clone();
        keep_alias(&mut kept.aliases, gone.name.clone(), &name);
        for alias in gone.aliases {
            keep_alias(&mut kept.aliases, alias, &name);
        }
        kept.properties.extend(brought);
        for (own, other) in [(&mut kept.sources, gone.sources), (&mut kept.tags, gone.tags)] {
            own.extend(other);
            let mut seen = BTreeSet::new();
            own.retain(|text| seen.insert(text.clone()));
        }
        if kept.description.is_empty() {
            kept.description = gone.description;
        }
        self.items.insert(from, None);
        Ok(())
    }
}

fn own_at(list: &mut [EventProperty], at: Option<usize>) -> Result<&mut PropertySpec, Diagnostic> {
    match at.and_then(|at| list.get_mut(at)).map(|used| &mut used.source) {
        Some(PropertySource::Own(spec)) => Ok(spec),
        Some(PropertySource::Shared(_)) | None => Err(gone("The property")),
    }
}

fn of_event(place: &Place) -> Result<ItemId, Diagnostic> {
    place.event().ok_or_else(|| gone("The event"))
}

fn keep_alias(aliases: &mut Vec<String>, old: String, new: &str) {
    aliases.retain(|alias| alias != new);
    if !old.is_empty() && old != new && !aliases.contains(&old) {
        aliases.push(old);
    }
}

fn gone(what: &str) -> Diagnostic {
    Diagnostic::error("item-gone", format!("{what} is no longer there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lint::{Facts, lint, rules};
    use crate::model::plan::{plan_text, read_plan};

    fn read(text: &str) -> Workspace {
        let mut next = 10;
        let ids = || {
            next += 1;
            ItemId(next)
        };
        Workspace::new(read_plan(text, ids).unwrap())
    }

    #[test]
    fn a_fix_of_a_rule_leaves_nothing_for_the_rule_to_tell() {
        for rule in rules() {
            for example in rule.examples().unwrap().invalid.iter().filter(|example| !example.fix.is_empty()) {
                let mut workspace = read(&example.plan);
                let facts = example.facts();
                let told = lint(&Plan::of(&workspace), &facts);
                let of_rule: Vec<&Finding> =
                    told.findings.iter().filter(|finding| finding.rule == rule).collect();
                let (edit, problems) = fix(&workspace, &of_rule);
                assert_eq!(problems, [], "{}", rule.code);
                let before = workspace.clone();
                workspace.apply(&edit).unwrap();
                let told = lint(&Plan::of(&workspace), &facts);
                let left: Vec<&Finding> =
                    told.findings.iter().filter(|finding| finding.rule == rule).collect();
                assert!(left.is_empty(), "{}: {left:?}\n{}", rule.code, plan_text(&Plan::of(&workspace)));
                workspace.apply(&edit.inverted()).unwrap();
                assert_eq!(workspace, before, "{}", rule.code);
            }
        }
    }

    #[test]
    fn a_renamed_event_answers_to_its_old_name_and_takes_no_other_s() {
        let mut workspace = read("events=[{name='A', aliases=['B']},{name='C'}]");
        let id = Plan::of(&workspace).events()[0].0;
        assert_eq!(rename_event(&workspace, id, " C ").unwrap_err().code, "name-taken");
        assert_eq!(rename_event(&workspace, id, " ").unwrap_err().code, "no-name");
        workspace.apply(&rename_event(&workspace, id, "B").unwrap()).unwrap();
        let plan = Plan::of(&workspace);
        let event = plan.event(id).unwrap();
        assert_eq!((event.name.as_str(), event.aliases.as_slice()), ("B", ["A".to_owned()].as_slice()));
    }

    #[test]
    fn merged_events_keep_every_name_and_property() {
        let text =
            "events=[{name='Order Completed', sources=['web'], properties=[{name='value',type='number'}]},
            {name='order_completed', aliases=['done'], sources=['web','ios'],
             properties=[{name='value',type='string'},{name='note'}]}]";
        let workspace = read(text);
        let told = lint(&Plan::of(&workspace), &Facts::default());
        let merge: Vec<&Finding> =
            told.findings.iter().filter(|finding| finding.rule.code == "EV001").collect();
        let (edit, _) = fix(&workspace, &merge);
        let mut workspace = workspace;
        workspace.apply(&edit).unwrap();
        let expected =
            "events=[{name='Order Completed', sources=['web','ios'], aliases=['order_completed','done'],
            properties=[{name='value',type='number'},{name='note'}]}]";
        assert_eq!(plan_text(&Plan::of(&workspace)), plan_text(&Plan::of(&read(expected))));
    }
}
