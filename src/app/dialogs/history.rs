//! Every edit of the document, latest first. Not for undoing a single one in the middle.

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::widgets::Field;
use crate::app::widgets::dialog::Dialog;
use crate::app::widgets::table::{Cell, Column, Table};
use crate::app::widgets::text;
use crate::model::privacy::masked_label;
use crate::store::edits::{EditState, HistoryEntry};

pub(super) fn show(ctx: &egui::Context, cx: &DocCx<'_>, entries: &[HistoryEntry]) -> bool {
    let columns = [
        Column::text("When", "When", 150.0).unsorted(),
        Column::text("What", "What", 160.0).unsorted().grows(),
        Column::text("Who", "Who", 100.0).unsorted(),
        Column::text("State", "State", 90.0).unsorted(),
    ];
    let footer = format!("{} edits", entries.len());
    Dialog::new("History", "Close")
        .cancel_label("")
        .wide()
        .show(ctx, |ui| {
            let mut author = cx.settings.author.clone();
            if Field::new("Your name in this list", &mut author).width(220.0).show(ui).changed() {
                cx.send(Command::SetAuthor(author));
            }
            text::secondary(ui, "Undo and redo walk along this list, also after the document was closed");
            Table::new("history", "Edits", &columns)
                .rows(entries.len())
                .dense()
                .height(320.0)
                .footer(&footer, "")
                .show(ui, |row, column| {
                    let entry = &entries[row];
                    match column {
                        0 => Cell::new(entry.at.human(cx.zone)),
                        1 => Cell::new(masked_label(&entry.label)),
                        2 => Cell::new(entry.author.clone()).secondary(),
                        _ => Cell::new(match entry.state {
                            EditState::Done => "",
                            EditState::Undone => "undone",
                            EditState::Abandoned => "left behind",
                        })
                        .secondary(),
                    }
                });
        })
        .is_none()
}
