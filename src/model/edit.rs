//! One labelled, undoable change of a workspace. Not for making one: see `operations`.

use super::item::{Item, ItemId};
use super::time::Time;

/// A change of some items, with who did it and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// What was done, as the history shows it: "Rename funnel to Checkout".
    pub label: String,
    /// Who did it; empty when not said.
    pub author: String,
    /// When.
    pub at: Time,
    /// One for each item touched, ids distinct.
    pub changes: Vec<Change>,
}

/// One item before and after; `None` where it did not or does not exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which item.
    pub id: ItemId,
    /// As it was.
    pub before: Option<Item>,
    /// As it becomes.
    pub after: Option<Item>,
}

impl Edit {
    /// An edit without author and time, which the one who records it fills in.
    pub fn new(label: impl Into<String>, changes: Vec<Change>) -> Edit {
        Edit { label: label.into(), author: String::new(), at: Time::default(), changes }
    }

    /// The edit that takes this one back.
    pub fn inverted(&self) -> Edit {
        let changes = self
            .changes
            .iter()
            .rev()
            .map(|change| Change {
                id: change.id,
                before: change.after.clone(),
                after: change.before.clone(),
            })
            .collect();
        Edit { label: self.label.clone(), author: self.author.clone(), at: self.at, changes }
    }
}
