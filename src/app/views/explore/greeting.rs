//! The sample's three things to find, above its queries. Not for other documents.

use egui::{Frame, Margin, Panel, Ui};

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme;
use crate::app::widgets::{Button, popover, text};
use crate::jobs::sample::THREE_THINGS;
use crate::model::item::ItemId;

/// Paints the strip; true when it was closed.
pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>) -> bool {
    let palette = theme::palette(ui);
    let margin = Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_1 as i8);
    let frame = Frame::NONE.fill(palette.accent_soft).inner_margin(margin);
    let mut closed = false;
    Panel::top("greeting").resizable(false).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let room = ui.available_width() - theme::HIT - theme::SPACE_2;
            ui.allocate_ui(egui::vec2(room, theme::CONTROL), |ui| {
                ui.horizontal_wrapped(|ui| {
                    text::strong(ui, "Three things to find");
                    for (number, (title, words)) in THREE_THINGS.iter().enumerate() {
                        thing(ui, cx, &format!("{}  {title}", number + 1), words);
                    }
                });
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closed = Button::icon_only(Icon::CLOSE, "Close the greeting").small().show(ui).clicked();
            });
        });
    });
    closed
}

fn thing(ui: &mut Ui, cx: &DocCx<'_>, title: &str, words: &str) {
    let button = Button::secondary(title).small().trailing(Icon::CARET_DOWN).show(ui);
    popover(&button, title, theme::DIALOG, |ui| {
        ui.spacing_mut().item_spacing.y = theme::SPACE_2;
        ui.add(egui::Label::new(egui::RichText::new(words).font(theme::body())).wrap());
        ui.horizontal(|ui| {
            for (id, name) in named(cx, words) {
                if Button::secondary(&format!("Open {name}")).icon(Icon::EXPLORE).show(ui).clicked() {
                    cx.send(Command::Go(Route::Query(id)));
                    ui.close();
                }
            }
        });
    });
}

/// The queries that the words name in quotation marks, in that order, each once.
fn named<'a>(cx: &'a DocCx<'_>, words: &str) -> Vec<(ItemId, &'a str)> {
    let mut found: Vec<(ItemId, &str)> = Vec::new();
    for quoted in words.split('“').skip(1).filter_map(|rest| rest.split('”').next()) {
        for (id, saved) in cx.workspace.queries() {
            if let Some(name) = saved.name.as_deref().filter(|name| *name == quoted)
                && !found.iter().any(|(known, _)| *known == id)
            {
                found.push((id, name));
            }
        }
    }
    found
}
