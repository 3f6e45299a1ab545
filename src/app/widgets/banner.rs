//! A banner: a problem told at the place where it is, with what to do about it.
//!
//! Not for what just happened and is over, which is a toast.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Frame, Layout, Margin, Role, Ui, WidgetInfo};

use super::button::Button;
use super::paint;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// What happened, why, and what to do.
#[must_use = "call .show(ui)"]
pub struct Banner<'a> {
    tone: Tone,
    message: &'a str,
    detail: &'a str,
    fix: Option<&'a str>,
    dismissable: bool,
}

/// What a person did with a banner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum BannerAction {
    Fix,
    Dismiss,
}

impl<'a> Banner<'a> {
    /// `message` says what happened in a sentence.
    pub fn new(tone: Tone, message: &'a str) -> Self {
        Self { tone, message, detail: "", fix: None, dismissable: false }
    }

    /// Why, and what can be done.
    pub fn detail(mut self, text: &'a str) -> Self {
        self.detail = text;
        self
    }

    /// A button that does it.
    pub fn fix(mut self, verb: &'a str) -> Self {
        self.fix = Some(verb);
        self
    }

    /// Lets a person put it away.
    pub fn dismissable(mut self) -> Self {
        self.dismissable = true;
        self
    }

    /// Draws it, as wide as there is room.
    pub fn show(self, ui: &mut Ui) -> Option<BannerAction> {
        let palette = theme::palette(ui);
        Frame::new()
            .fill(palette.tone_soft(self.tone))
            .corner_radius(theme::RADIUS_CARD)
            .inner_margin(Margin::symmetric(theme::SPACE_3 as i8, theme::SPACE_2 as i8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| self.row(ui)).inner
            })
            .inner
    }

    fn row(&self, ui: &mut Ui) -> Option<BannerAction> {
        let mut action = None;
        let buttons = self.dismissable || self.fix.is_some();
        ui.spacing_mut().interact_size.y = if buttons { theme::CONTROL } else { theme::TAG };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if self.dismissable && Button::icon_only(Icon::CLOSE, "Dismiss").show(ui).clicked() {
                action = Some(BannerAction::Dismiss);
            }
            if let Some(verb) = self.fix
                && Button::secondary(verb).show(ui).clicked()
            {
                action = Some(BannerAction::Fix);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.words(ui));
        });
        action
    }

    /// One label, so that the row can put it in the middle of its height.
    fn words(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(theme::SPACE_4), egui::Sense::hover());
        paint::icon_at(ui, rect.center(), icon_of(self.tone), theme::icon(), palette.tone(self.tone));
        let mut job = LayoutJob::default();
        job.append(self.message, 0.0, TextFormat::simple(theme::medium(), palette.text));
        let mut spoken = self.message.to_owned();
        if !self.detail.is_empty() {
            job.append("\n", 0.0, TextFormat::simple(theme::body(), palette.text));
            job.append(self.detail, 0.0, TextFormat::simple(theme::body(), palette.text_2));
            spoken = format!("{spoken}: {}", self.detail);
        }
        let response = ui.add(egui::Label::new(job).wrap());
        response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &spoken));
    }
}

/// The icon that goes with a tone.
pub(super) fn icon_of(tone: Tone) -> Icon {
    match tone {
        Tone::Neutral | Tone::Accent => Icon::INFO,
        Tone::Positive => Icon::CHECK_CIRCLE,
        Tone::Warning => Icon::WARNING,
        Tone::Danger => Icon::WARNING_CIRCLE,
    }
}
