//! Cards and wells: a surface around what belongs together.
//!
//! Never one inside another: lines and space divide what is in a card.

use egui::{Frame, InnerResponse, Margin, Ui};

use super::text;
use crate::app::theme;

/// A surface with a line around it, as wide as there is room.
pub fn card<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    frame(ui, theme::palette(ui).line()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui)
    })
}

/// A card that is selected: its line is in accent.
pub fn card_selected<R>(ui: &mut Ui, selected: bool, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let palette = theme::palette(ui);
    let line = if selected { egui::Stroke::new(theme::LINE, palette.accent) } else { palette.line() };
    frame(ui, line).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui)
    })
}

/// A card with a title at its left and something at its right (laid out from right to left).
pub fn card_titled<R>(
    ui: &mut Ui,
    title: &str,
    at_right: impl FnOnce(&mut Ui),
    content: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    card(ui, |ui| {
        ui.horizontal(|ui| {
            text::section_title(ui, title);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), at_right);
        });
        content(ui)
    })
}

/// A filled surface without a line, for a sentence or a piece of code.
pub fn well<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    Frame::new()
        .fill(theme::palette(ui).surface_2)
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same(theme::SPACE_3 as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui)
        })
}

fn frame(ui: &Ui, line: egui::Stroke) -> Frame {
    Frame::new()
        .fill(theme::palette(ui).surface)
        .stroke(line)
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same(theme::SPACE_3 as i8))
}
