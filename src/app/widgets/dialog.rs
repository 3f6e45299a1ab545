//! A dialog: the title says the act, the button repeats the verb; Escape cancels, Enter confirms.
//!
//! Not for what can be undone, which needs no question.

use egui::{Align, Frame, Id, Key, Layout, Margin, Modal, Modifiers, Ui, Vec2};

use super::button::Button;
use super::text;
use crate::app::theme;

/// A question that must be answered before anything else.
#[must_use = "call .show(ctx, …)"]
pub struct Dialog<'a> {
    title: &'a str,
    verb: &'a str,
    cancel: &'a str,
    danger: bool,
    ready: bool,
    width: f32,
}

/// How a dialog ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum DialogAnswer {
    Cancel,
    Confirm,
}

impl<'a> Dialog<'a> {
    /// "Remove this import?", "Remove import".
    pub fn new(title: &'a str, verb: &'a str) -> Self {
        Self { title, verb, cancel: "Cancel", danger: false, ready: true, width: theme::DIALOG }
    }

    /// It destroys something.
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Whether what was entered is enough to confirm.
    pub fn ready(mut self, ready: bool) -> Self {
        self.ready = ready;
        self
    }

    /// What the other button says; empty for a dialog that only tells.
    pub fn cancel_label(mut self, label: &'a str) -> Self {
        self.cancel = label;
        self
    }

    /// Wider than usual, for tables and previews.
    pub fn wide(mut self) -> Self {
        self.width = theme::DIALOG * 1.75;
        self
    }

    /// Draws it over everything; gives the answer in the frame it is given.
    pub fn show(self, ctx: &egui::Context, body: impl FnOnce(&mut Ui)) -> Option<DialogAnswer> {
        let theme = theme::of(ctx.global_style().visuals.dark_mode);
        let frame = Frame::popup(&ctx.global_style())
            .corner_radius(theme::RADIUS_DIALOG)
            .inner_margin(Margin::same(theme::SPACE_4 as i8))
            .fill(theme.palette.surface);
        let modal = Modal::new(Id::unique(("dialog", self.title)))
            .backdrop_color(theme.palette.backdrop)
            .frame(frame);
        let shown = modal.show(ctx, |ui| {
            ui.set_width(self.width.min(ctx.content_rect().width() - theme::SPACE_6 * 2.0));
            text::section_title(ui, self.title);
            ui.add_space(theme::SPACE_1);
            body(ui);
            ui.add_space(theme::SPACE_2);
            self.buttons(ui)
        });
        let confirmed = shown.is_top_modal && !shown.any_popup_open && self.ready && enter_pressed(ctx);
        if confirmed {
            Some(DialogAnswer::Confirm)
        } else if shown.inner.is_none() && !shown.backdrop_response.clicked() && shown.should_close() {
            // Escape, not a click beside it: what was typed is not lost by a slip.
            Some(DialogAnswer::Cancel)
        } else {
            shown.inner
        }
    }

    fn buttons(&self, ui: &mut Ui) -> Option<DialogAnswer> {
        let mut answer = None;
        // As high as a button: centered in all the room that is left, they would leave a void below them.
        let size = Vec2::new(ui.available_width(), theme::CONTROL);
        ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
            let verb = if self.danger { Button::danger(self.verb) } else { Button::primary(self.verb) };
            if verb.enabled(self.ready).show(ui).clicked() {
                answer = Some(DialogAnswer::Confirm);
            }
            if !self.cancel.is_empty() && Button::secondary(self.cancel).show(ui).clicked() {
                answer = Some(DialogAnswer::Cancel);
            }
        });
        answer
    }
}

/// Enter, unless something has the keyboard and uses Enter itself (a field of one row gives it up at Enter).
fn enter_pressed(ctx: &egui::Context) -> bool {
    let free = ctx.memory(|memory| memory.focused()).is_none();
    free && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter))
}
