//! *About this number*. Not for computing its facts: see `jobs::about`.

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{skeleton, text};
use crate::jobs::about::{about, about_text};
use crate::jobs::questions::report::AskReport;
use crate::model::item::ItemId;
use crate::model::plan::Aliases;

/// Room for the longest label.
const LABELS: f32 = 92.0;

pub(super) fn show(ctx: &egui::Context, cx: &DocCx<'_>, id: ItemId) -> bool {
    let Some(saved) = cx.query(id) else { return false };
    let answer = cx.ask("about", AskReport(saved.query.clone()));
    let aliases = Aliases::of(cx.workspace);
    let lines = answer.any().map(|answer| about(&saved.query, answer, &aliases, &cx.facts.batches, cx.zone));
    let shown = Dialog::new("About this number", "Copy as text")
        .cancel_label("Close")
        .ready(lines.is_some())
        .wide()
        .show(ctx, |ui| {
            let Some(lines) = &lines else {
                skeleton::lines(ui, 6);
                return;
            };
            egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                let grid =
                    egui::Grid::new("about").num_columns(2).min_row_height(theme::TAG).min_col_width(LABELS);
                grid.spacing([theme::SPACE_4, theme::SPACE_2]).show(ui, |ui| {
                    for (label, value) in lines {
                        // Both at the top, also where the value takes several lines.
                        ui.vertical(|ui| text::label(ui, *label));
                        ui.vertical(|ui| {
                            ui.set_max_width(560.0);
                            text::body(ui, value.as_str());
                        });
                        ui.end_row();
                    }
                });
            });
            text::toned(
                ui,
                theme::Tone::Neutral,
                Icon::INFO,
                "Every number opens down to its events: click a bar, then a person",
            );
        });
    if let (Some(DialogAnswer::Confirm), Some(lines)) = (shown, &lines) {
        cx.send(Command::Copy { text: about_text(lines), what: "The facts".to_owned() });
    }
    shown.is_none()
}
