//! Every key, from the table of actions.

use crate::app::action::ALL;
use crate::app::widgets::dialog::Dialog;
use crate::app::widgets::table::{Cell, Column, Table};

pub(super) fn show(ctx: &egui::Context) -> bool {
    let entries: Vec<_> = ALL.iter().filter(|entry| entry.shortcut.is_some()).collect();
    let columns = [
        Column::text("Key", "Key", 130.0).unsorted(),
        Column::text("Action", "Action", 190.0).unsorted(),
        Column::text("What it does", "What it does", 160.0).unsorted().grows(),
    ];
    Dialog::new("Keyboard shortcuts", "Close")
        .cancel_label("")
        .wide()
        .show(ctx, |ui| {
            Table::new("shortcuts", "Shortcuts", &columns).rows(entries.len()).dense().height(420.0).show(
                ui,
                |row, column| {
                    let entry = entries[row];
                    match column {
                        0 => Cell::new(entry.keys().unwrap_or_default()).mono(),
                        1 => Cell::new(entry.label),
                        _ => Cell::new(entry.tooltip).secondary(),
                    }
                },
            );
        })
        .is_none()
}
