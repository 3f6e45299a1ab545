//! Asks before the window is closed while edits wait to be written. Not for closing: that tries once more and tells.

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::text;
use crate::base::format;

/// What is told while edits wait, and once they are written.
pub(super) fn show(ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
    let count = format::counted(cx.facts.unsaved as u64, "edit is", "edits are");
    let title = match cx.facts.unsaved {
        0 => "Close the window?".to_owned(),
        _ => format!("{count} not saved yet"),
    };
    let answer = Dialog::new(&title, "Close the window").cancel_label("Stay").show(ctx, |ui| match cx.facts.unsaved {
        0 => _ = text::body(ui, "Everything is saved now."),
        _ => {
            text::body(ui, "Another job or program is writing to the document. They are written as soon as it lets them.");
            text::secondary(ui, "Closing waits for that a little longer; what cannot be written then is lost.");
        }
    });
    if answer == Some(DialogAnswer::Confirm) {
        cx.send(Command::Leave);
    }
    answer.is_none()
}
