//! Every editable item of a document, in memory. Not for storing them: see `store::items`.

use std::collections::BTreeMap;

use super::edit::Edit;
use super::item::{Item, ItemId, SavedQuery, Settings};
use super::time::Zone;
use crate::base::Diagnostic;

/// The items, changed only by [`Workspace::apply`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workspace {
    items: BTreeMap<ItemId, Item>,
}

impl Workspace {
    /// A workspace of these items.
    pub fn new(items: impl IntoIterator<Item = (ItemId, Item)>) -> Workspace {
        Workspace { items: items.into_iter().collect() }
    }

    /// All items, by id.
    pub fn items(&self) -> impl Iterator<Item = (ItemId, &Item)> {
        self.items.iter().map(|(id, item)| (*id, item))
    }

    /// One item.
    pub fn get(&self, id: ItemId) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The document's settings.
    pub fn settings(&self) -> Settings {
        match self.items.get(&ItemId::SETTINGS) {
            Some(Item::Settings(settings)) => settings.clone(),
            _ => Settings::default(),
        }
    }

    /// The document's zone; UTC when the stored name is unknown.
    pub fn zone(&self) -> Zone {
        Zone::named(&self.settings().zone).unwrap_or_default()
    }

    /// Saved queries and drafts, by position.
    pub fn queries(&self) -> Vec<(ItemId, &SavedQuery)> {
        let mut queries: Vec<_> = self
            .items()
            .filter_map(|(id, item)| match item {
                Item::Query(saved) => Some((id, saved)),
                _ => None,
            })
            .collect();
        queries.sort_by(|a, b| a.1.position.total_cmp(&b.1.position).then(a.0.cmp(&b.0)));
        queries
    }

    /// Applies an edit whole, or not at all.
    ///
    /// # Errors
    /// When an item is not as the edit says it was before: somebody else changed it.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), Diagnostic> {
        if edit.changes.iter().any(|change| self.items.get(&change.id) != change.before.as_ref()) {
            return Err(Diagnostic::error(
                "edit-conflict",
                format!("“{}” no longer fits the document", edit.label),
            )
            .hint("The item was changed in between; try again"));
        }
        for change in &edit.changes {
            match &change.after {
                Some(item) => self.items.insert(change.id, item.clone()),
                None => self.items.remove(&change.id),
            };
        }
        Ok(())
    }
}
