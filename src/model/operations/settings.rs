//! Edits of the document's settings.

use crate::base::Diagnostic;
use crate::model::edit::{Change, Edit};
use crate::model::item::{Item, ItemId, Settings};
use crate::model::time::Zone;
use crate::model::workspace::Workspace;

/// Sets the zone for days and weeks.
///
/// # Errors
/// An unknown zone.
pub fn set_zone(workspace: &Workspace, zone: &str) -> Result<Edit, Diagnostic> {
    let zone = Zone::named(zone)?;
    let after = Settings { zone: zone.name().to_owned(), ..workspace.settings() };
    Ok(change(workspace, format!("Set time zone to {}", zone.name()), after))
}

/// Sets the document's title.
pub fn set_title(workspace: &Workspace, title: &str) -> Edit {
    let after = Settings { title: title.trim().to_owned(), ..workspace.settings() };
    change(workspace, format!("Name the document {}", title.trim()), after)
}

/// Marks the document's events as made up.
pub fn mark_synthetic(workspace: &Workspace) -> Edit {
    change(
        workspace,
        "Mark the events as synthetic".to_owned(),
        Settings { synthetic: true, ..workspace.settings() },
    )
}

fn change(workspace: &Workspace, label: String, after: Settings) -> Edit {
    let before = workspace.get(ItemId::SETTINGS).cloned();
    Edit::new(label, vec![Change { id: ItemId::SETTINGS, before, after: Some(Item::Settings(after)) }])
}
