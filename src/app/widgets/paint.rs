//! How the components measure and draw text, icons and focus: the few strokes they share.
//!
//! Not for views.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, StrokeKind, Ui, pos2};

use crate::app::icon::Icon;
use crate::app::theme;

/// One line of text, never broken or cut.
pub(super) fn line(ui: &Ui, text: &str, font: FontId, color: Color32) -> Arc<Galley> {
    ui.painter().layout_no_wrap(text.to_owned(), font, color)
}

/// One line of text, cut with `…` where it would be wider than `width`.
pub(super) fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.painter().layout_job(job)
}

/// One line of a name, cut with `…` in its middle where it would be wider than `width`; true when it was cut.
pub(super) fn elided_middle(
    ui: &Ui,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
) -> (Arc<Galley>, bool) {
    let fits = |text: &str| line(ui, text, font.clone(), color).size().x <= width;
    match super::text::cut_middle(text, fits) {
        None => (line(ui, text, font, color), false),
        Some(cut) => (elided(ui, &cut, font, color, width), true),
    }
}

/// Text broken into lines no wider than `width`.
pub(super) fn wrapped(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    ui.painter().layout(text.to_owned(), font, color, width.max(1.0))
}

/// A line of differently styled runs, cut with `…` at `width`.
pub(super) fn runs(ui: &Ui, runs: &[(&str, FontId, Color32)], width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::default();
    for (text, font, color) in runs {
        let format = TextFormat {
            font_id: font.clone(),
            color: *color,
            valign: egui::Align::Center,
            ..TextFormat::default()
        };
        job.append(text, 0.0, format);
    }
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.painter().layout_job(job)
}

/// Draws `galley` with its left edge at `x`, in the middle of the height of `rect`; gives its right edge.
pub(super) fn left(ui: &Ui, rect: Rect, x: f32, galley: Arc<Galley>) -> f32 {
    let size = galley.size();
    let top = (rect.center().y - size.y / 2.0).round();
    ui.painter().galley(pos2(x, top), galley, Color32::PLACEHOLDER);
    x + size.x
}

/// Draws `galley` with its right edge at `x`, in the middle of the height of `rect`; gives its left edge.
pub(super) fn right(ui: &Ui, rect: Rect, x: f32, galley: Arc<Galley>) -> f32 {
    let start = x - galley.size().x;
    left(ui, rect, start, galley);
    start
}

/// Draws `galley` in the middle of `rect`.
pub(super) fn middle(ui: &Ui, rect: Rect, galley: Arc<Galley>) {
    left(ui, rect, rect.center().x - galley.size().x / 2.0, galley);
}

/// Draws an icon around `center`.
pub(super) fn icon_at(ui: &Ui, center: Pos2, icon: Icon, font: FontId, color: Color32) {
    ui.painter().text(center, Align2::CENTER_CENTER, icon, font, color);
}

/// The ring around what has the keyboard.
pub(super) fn focus_ring(ui: &Ui, response: &Response, radius: CornerRadius) {
    if response.has_focus() {
        let ring = theme::palette(ui).focus_ring();
        ui.painter().rect_stroke(response.rect, radius, ring, StrokeKind::Inside);
    }
}

/// `color`, faded when the control cannot be used.
pub(super) fn faded(ui: &Ui, color: Color32, enabled: bool) -> Color32 {
    if enabled { color } else { ui.visuals().disable(color) }
}
