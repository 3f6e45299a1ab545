//! An empty state: what a place is for, and the next step.
//!
//! Not for errors, which are banners.

use egui::{Align, Layout, Sense, Ui, vec2};

use super::{button, paint};
use crate::app::icon::Icon;
use crate::app::theme;

/// An icon, one sentence, one primary action, one link.
#[derive(Clone, Debug)]
#[must_use = "call .show(ui)"]
pub struct Empty<'a> {
    icon: Icon,
    sentence: &'a str,
    action: Option<(Option<Icon>, &'a str)>,
    link: Option<&'a str>,
}

/// What a person did in an empty state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum EmptyAction {
    Primary,
    Link,
}

impl<'a> Empty<'a> {
    /// `sentence` says what the place is for or why nothing is here.
    pub fn new(icon: Icon, sentence: &'a str) -> Self {
        Self { icon, sentence, action: None, link: None }
    }

    /// The next step.
    pub fn action(mut self, label: &'a str) -> Self {
        self.action = Some((None, label));
        self
    }

    /// The next step, with an icon on its button.
    pub fn action_icon(mut self, icon: Icon, label: &'a str) -> Self {
        self.action = Some((Some(icon), label));
        self
    }

    /// Another way, such as the sample.
    pub fn link(mut self, label: &'a str) -> Self {
        self.link = Some(label);
        self
    }

    /// Draws it in the middle of the room there is.
    pub fn show(self, ui: &mut Ui) -> Option<EmptyAction> {
        let palette = theme::palette(ui);
        let width = ui.available_width().min(MAX_WIDTH);
        let words = paint::wrapped(ui, self.sentence, theme::body(), palette.text_2, width - theme::SPACE_5);
        let mut height = ICON_BOX + theme::SPACE_3 + words.size().y;
        height += if self.action.is_some() { theme::SPACE_4 + theme::CONTROL } else { 0.0 };
        height += if self.link.is_some() { theme::SPACE_2 + theme::CONTROL_SMALL } else { 0.0 };
        let room = if ui.available_height().is_finite() { ui.available_height() } else { height };
        let mut answer = None;
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(((room - height) * 0.45).clamp(theme::SPACE_4, MAX_ABOVE));
            let (rect, _) = ui.allocate_exact_size(vec2(ICON_BOX, ICON_BOX), Sense::hover());
            ui.painter().circle_filled(rect.center(), ICON_BOX / 2.0, palette.surface_2);
            paint::icon_at(ui, rect.center(), self.icon, theme::icon_huge(), palette.text_3);
            ui.add_space(theme::SPACE_3);
            let text = egui::RichText::new(self.sentence).font(theme::body()).color(palette.text_2);
            ui.allocate_ui(vec2(width, words.size().y), |ui| {
                ui.with_layout(Layout::top_down(Align::Center), |ui| ui.add(egui::Label::new(text).wrap()))
            });
            if let Some((icon, label)) = self.action {
                ui.add_space(theme::SPACE_4);
                let mut primary = button::Button::primary(label);
                if let Some(icon) = icon {
                    primary = primary.icon(icon);
                }
                if primary.show(ui).clicked() {
                    answer = Some(EmptyAction::Primary);
                }
            }
            if let Some(label) = self.link {
                ui.add_space(theme::SPACE_2);
                if button::link(ui, label).clicked() {
                    answer = Some(EmptyAction::Link);
                }
            }
            ui.add_space(theme::SPACE_4);
        });
        answer
    }
}

const MAX_WIDTH: f32 = 420.0;
const MAX_ABOVE: f32 = 240.0;
const ICON_BOX: f32 = 72.0;
