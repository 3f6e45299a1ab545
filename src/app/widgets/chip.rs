//! Filter chips: a condition as a part of a sentence, such as "country is **DE**", and the chip that adds one.
//!
//! Not for states and counts, which are tags.

use egui::{
    Color32, CursorIcon, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::paint;
use crate::app::icon::Icon;
use crate::app::theme;

/// A condition that can be edited by a click and taken away by its ×.
#[must_use = "call .show(ui)"]
pub struct FilterChip<'a> {
    subject: &'a str,
    relation: &'a str,
    value: &'a str,
    removable: bool,
    open: bool,
    problem: Option<&'a str>,
}

/// What a person did with a chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChipAction {
    /// Clicked it, or pressed Enter or Space on it.
    Edit,
    /// Clicked its ×, or pressed Delete or Backspace on it.
    Remove,
}

/// Where the chip is (to hang an editor on) and what happened.
pub struct ChipResponse {
    /// The chip without its ×; anchor of a popup.
    pub response: Response,
    /// What the person did, if anything.
    pub action: Option<ChipAction>,
}

impl<'a> FilterChip<'a> {
    /// "`subject` `relation` **`value`**"; any of them may be empty.
    pub fn new(subject: &'a str, relation: &'a str, value: &'a str) -> Self {
        Self { subject, relation, value, removable: true, open: false, problem: None }
    }

    /// Without ×.
    pub fn fixed(mut self) -> Self {
        self.removable = false;
        self
    }

    /// Whether its editor is open.
    pub fn open(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    /// Marks it as wrong, and says why on hover.
    pub fn problem(mut self, why: Option<&'a str>) -> Self {
        self.problem = why;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> ChipResponse {
        let palette = theme::palette(ui);
        let before = [self.subject, self.relation].into_iter().filter(|word| !word.is_empty());
        let mut muted = before.collect::<Vec<_>>().join(" ");
        if !muted.is_empty() && !self.value.is_empty() {
            muted.push(' ');
        }
        let spoken = format!("{muted}{}", self.value);
        let ink = if self.problem.is_some() { palette.danger } else { palette.text };
        let room = (ui.available_width() - MARGIN * 2.0 - REMOVE).clamp(60.0, MAX_TEXT);
        let words = paint::runs(
            ui,
            &[(&muted, theme::body(), palette.text_2), (self.value, theme::medium(), ink)],
            room,
        );
        let cut = words.elided;
        let end = if self.removable { REMOVE } else { MARGIN };
        let size = vec2((MARGIN + words.size().x + end).ceil(), theme::CONTROL_SMALL);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let id = ui.next_auto_id();
        ui.skip_ahead_auto_ids(2);
        let mut body = rect;
        body.set_right(rect.right() - if self.removable { REMOVE } else { 0.0 });
        let mut response = ui.interact(body, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &spoken));
        let fill = if self.problem.is_some() { palette.danger_soft } else { palette.accent_soft };
        let frame = if self.open || self.problem.is_some() {
            Stroke::new(theme::LINE, ink_line(self.problem.is_some(), palette))
        } else {
            Stroke::NONE
        };
        ui.painter().rect(
            rect,
            theme::RADIUS_CONTROL,
            hovered(fill, &response, palette.accent),
            frame,
            StrokeKind::Inside,
        );
        paint::left(ui, rect, rect.left() + MARGIN, words);
        paint::focus_ring(ui, &response, theme::RADIUS_CONTROL);
        let mut action = keys(ui, &response, self.removable);
        if self.removable && self.remove_button(ui, rect, &spoken) {
            action = Some(ChipAction::Remove);
        }
        if let Some(text) = self.problem.or(cut.then_some(spoken.as_str())) {
            response = response.on_hover_text(text);
        }
        ChipResponse { response: response.on_hover_cursor(CursorIcon::PointingHand), action }
    }

    fn remove_button(&self, ui: &Ui, chip: egui::Rect, spoken: &str) -> bool {
        let mut rect = chip;
        rect.set_left(chip.right() - REMOVE);
        let response = ui.interact(rect, ui.next_auto_id().with("remove"), Sense::click());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("Remove {spoken}")));
        let palette = theme::palette(ui);
        let ink = if response.hovered() || response.has_focus() { palette.text } else { palette.text_2 };
        let center = pos2(rect.center().x - 1.0, rect.center().y);
        paint::icon_at(ui, center, Icon::CLOSE, theme::icon_small(), ink);
        paint::focus_ring(ui, &response, theme::RADIUS_CONTROL);
        response.on_hover_cursor(CursorIcon::PointingHand).clicked()
    }
}

const MARGIN: f32 = 8.0;
const REMOVE: f32 = 24.0;
const MAX_TEXT: f32 = 320.0;

fn ink_line(wrong: bool, palette: &theme::Palette) -> Color32 {
    if wrong { palette.danger } else { palette.accent }
}

fn hovered(fill: Color32, response: &Response, accent: Color32) -> Color32 {
    if response.hovered() { fill.lerp_to_gamma(accent, 0.08) } else { fill }
}

fn keys(ui: &Ui, response: &Response, removable: bool) -> Option<ChipAction> {
    let delete = response.has_focus()
        && ui.input(|input| input.key_pressed(egui::Key::Delete) || input.key_pressed(egui::Key::Backspace));
    if delete && removable {
        Some(ChipAction::Remove)
    } else if response.clicked() {
        Some(ChipAction::Edit)
    } else {
        None
    }
}

/// The dashed chip that adds one: "+ Filter".
pub fn add_chip(ui: &mut Ui, label: &str) -> Response {
    let palette = theme::palette(ui);
    let words = paint::line(ui, &format!("+ {label}"), theme::body(), palette.text_2);
    let size = vec2((words.size().x + MARGIN * 2.0).ceil(), theme::CONTROL_SMALL);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("Add {}", label.to_lowercase()))
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.surface_2);
    }
    let outline = rounded_outline(rect.shrink(0.5), f32::from(theme::RADIUS_CONTROL.nw));
    ui.painter().extend(Shape::dashed_line(
        &outline,
        Stroke::new(theme::LINE, palette.border.lerp_to_gamma(palette.text_3, 0.2)),
        3.0,
        2.5,
    ));
    paint::middle(ui, rect, words);
    paint::focus_ring(ui, &response, theme::RADIUS_CONTROL);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

fn rounded_outline(rect: egui::Rect, radius: f32) -> Vec<egui::Pos2> {
    let corners = [
        (pos2(rect.right() - radius, rect.top() + radius), 270.0_f32),
        (pos2(rect.right() - radius, rect.bottom() - radius), 0.0),
        (pos2(rect.left() + radius, rect.bottom() - radius), 90.0),
        (pos2(rect.left() + radius, rect.top() + radius), 180.0),
    ];
    let mut points = Vec::with_capacity(corners.len() * 5 + 1);
    for (center, start) in corners {
        for step in 0_u8..=4 {
            let angle = (start + 22.5 * f32::from(step)).to_radians();
            points.push(center + vec2(angle.cos(), angle.sin()) * radius);
        }
    }
    points.extend(points.first().copied());
    points
}
