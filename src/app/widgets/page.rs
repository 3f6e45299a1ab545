//! The head of a page: title, one line of what it shows, actions at the right; and its toolbar.
//!
//! Not for the frame of the window.

use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

use super::{paint, text};
use crate::app::theme;

/// Title, `subtitle`, and `actions`, drawn from right to left: the primary one first.
///
/// The title is cut before the actions are.
pub fn page_header(ui: &mut Ui, title: &str, subtitle: &str, actions: impl FnOnce(&mut Ui)) {
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), egui::Sense::hover());
    let mut right = ui.new_child(
        UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)).id_salt("page actions"),
    );
    actions(&mut right);
    let room = (right.min_rect().left() - theme::SPACE_4 - rect.left()).max(80.0);
    let words = Rect::from_min_size(rect.min, vec2(room, HEIGHT));
    let mut left = ui.new_child(
        UiBuilder::new().max_rect(words).layout(Layout::top_down(Align::Min)).id_salt("page title"),
    );
    left.spacing_mut().item_spacing.y = 1.0;
    text::page_title(&mut left, title);
    let palette = theme::palette(ui);
    let line = paint::elided(ui, subtitle, theme::body(), palette.text_2, room);
    let cut = line.elided;
    let (area, response) = left.allocate_exact_size(vec2(room, line.size().y), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, subtitle));
    paint::left(ui, area, area.left(), line);
    if cut {
        response.on_hover_text(subtitle);
    }
}

/// Chips and selects in a row that wraps.
pub fn toolbar<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::left_to_right(Align::Center).with_main_wrap(true);
    let size = vec2(ui.available_width(), theme::CONTROL);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.spacing_mut().item_spacing = vec2(theme::SPACE_2, theme::SPACE_2);
        content(ui)
    })
    .inner
}

const HEIGHT: f32 = 44.0;
