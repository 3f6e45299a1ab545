//! Naming a query. Not for changing its question.

use crate::app::context::DocCx;
use crate::app::widgets::Field;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::model::item::ItemId;
use crate::model::operations::queries::rename;

/// The name typed so far.
#[derive(Debug)]
pub struct NameDialog {
    id: ItemId,
    name: String,
    fresh: bool,
}

impl NameDialog {
    pub(super) fn new(id: ItemId, name: &str) -> NameDialog {
        NameDialog { id, name: name.to_owned(), fresh: true }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
        let draft = cx.query(self.id).is_some_and(|saved| saved.name.is_none());
        let (title, verb) = if draft { ("Save query", "Save query") } else { ("Rename query", "Rename") };
        let edit = rename(cx.workspace, self.id, &self.name);
        let problem =
            edit.as_ref().err().filter(|_| !self.name.is_empty()).map(|problem| problem.message.clone());
        let fresh = std::mem::take(&mut self.fresh);
        let answer = Dialog::new(title, verb).ready(edit.is_ok()).show(ctx, |ui| {
            let field = Field::new("Name", &mut self.name).error(problem.as_deref()).show(ui);
            if fresh {
                field.request_focus();
            }
        });
        if answer == Some(DialogAnswer::Confirm) {
            cx.edit(edit);
        }
        answer.is_none()
    }
}
