//! Asks before an edit from an earlier time is taken back. Not for edits of this time: those are undone at once.

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::text;
use crate::model::privacy::masked_label;
use crate::store::edits::HistoryEntry;

pub(super) fn show(ctx: &egui::Context, cx: &DocCx<'_>, entry: &HistoryEntry) -> bool {
    let title = format!("Undo “{}”?", masked_label(&entry.label));
    let answer = Dialog::new(&title, "Undo").show(ctx, |ui| {
        let by = if entry.author.is_empty() { String::new() } else { format!(" by {}", entry.author) };
        text::body(
            ui,
            format!("This edit was made{by} on {}, before the document was opened.", entry.at.human(cx.zone)),
        );
        text::secondary(ui, "Redo makes it again");
    });
    if answer == Some(DialogAnswer::Confirm) {
        cx.send(Command::UndoNow);
    }
    answer.is_none()
}
