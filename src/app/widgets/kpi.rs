//! A KPI: a label, a big number, and the change against before in an arrow and words.
//!
//! Not for computing the change.

use egui::{Response, Ui};

use super::text;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// One number that counts.
#[must_use = "call .show(ui)"]
pub struct Kpi<'a> {
    label: &'a str,
    value: &'a str,
    change: Option<Change<'a>>,
    detail: &'a str,
}

/// A change against before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change<'a> {
    /// Where it went.
    pub direction: Direction,
    /// How far, in words: "up 212 in 7 d".
    pub text: &'a str,
    /// Whether that is good.
    pub tone: Tone,
}

/// Where a number went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum Direction {
    Up,
    Down,
    Flat,
}

impl<'a> Kpi<'a> {
    /// `value` is already formatted.
    pub fn new(label: &'a str, value: &'a str) -> Self {
        Self { label, value, change: None, detail: "" }
    }

    /// The change against before, after the number.
    pub fn change(mut self, change: Change<'a>) -> Self {
        self.change = Some(change);
        self
    }

    /// A line under the number.
    pub fn detail(mut self, text: &'a str) -> Self {
        self.detail = text;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let column = ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            text::label(ui, self.label);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = theme::SPACE_2;
                text::big(ui, self.value);
                if let Some(change) = self.change {
                    let icon = match change.direction {
                        Direction::Up => Icon::ARROW_UP,
                        Direction::Down => Icon::ARROW_DOWN,
                        Direction::Flat => Icon::ARROW_RIGHT,
                    };
                    text::toned(ui, change.tone, icon, change.text);
                }
            });
            if !self.detail.is_empty() {
                text::secondary(ui, self.detail);
            }
        });
        column.response
    }
}
