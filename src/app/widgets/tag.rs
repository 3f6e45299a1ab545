//! Tags: a short state or count with its tone, such as "3 warnings".
//!
//! Not for filters, which are chips.

use egui::{Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// A small colored box with a word; give an icon where the word does not say the tone.
#[must_use = "call .show(ui)"]
pub struct Tag<'a> {
    text: &'a str,
    icon: Option<Icon>,
    tone: Tone,
    mono: bool,
}

impl<'a> Tag<'a> {
    /// A neutral tag.
    pub fn new(text: &'a str) -> Self {
        Self { text, icon: None, tone: Tone::Neutral, mono: false }
    }

    /// What it means.
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// An icon before the word.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// For identifiers and names of properties.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let palette = theme::palette(ui);
        let ink = palette.tone(self.tone);
        let font = if self.mono { theme::mono() } else { theme::small_medium() };
        let sign = self.icon.map(|icon| paint::line(ui, icon.as_str(), theme::icon_small(), ink));
        let words = paint::line(ui, self.text, font, ink);
        let before = sign.as_ref().map_or(0.0, |sign| sign.size().x + 3.0);
        let size = vec2(before + words.size().x + MARGIN * 2.0, theme::TAG);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.text));
        ui.painter().rect_filled(rect, theme::RADIUS_SMALL, palette.tone_soft(self.tone));
        if let Some(sign) = sign {
            paint::left(ui, rect, rect.left() + MARGIN, sign);
        }
        paint::left(ui, rect, rect.left() + MARGIN + before, words);
        response
    }
}

const MARGIN: f32 = 6.0;

/// The number of a step or a condition in a small square; filled when it is the selected one.
pub fn number_badge(ui: &mut Ui, number: &str, selected: bool) -> Response {
    let palette = theme::palette(ui);
    let (fill, ink) =
        if selected { (palette.accent, palette.on_accent) } else { (palette.surface_2, palette.text_2) };
    let words = paint::line(ui, number, theme::small_medium(), ink);
    let size = vec2((words.size().x + 10.0).max(theme::TAG), theme::TAG);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, number));
    ui.painter().rect_filled(rect, theme::RADIUS_SMALL, fill);
    paint::middle(ui, rect, words);
    response
}
