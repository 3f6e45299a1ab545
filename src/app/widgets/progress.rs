//! Progress of something slow: a bar with how far, how fast, how long still, and a way to stop it.
//!
//! Not for deciding when to show it (after `theme::PROGRESS_AFTER_SECS`).

use egui::{Align, Layout, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use super::button::Button;
use super::text;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::base::format;

/// How far a job is.
#[must_use = "call .show(ui)"]
pub struct Progress<'a> {
    label: &'a str,
    done: u64,
    total: Option<u64>,
    unit: &'a str,
    per_second: Option<f64>,
    can_cancel: bool,
}

impl<'a> Progress<'a> {
    /// `done` of `total` (if that is known), counted in `unit` ("events").
    pub fn new(label: &'a str, done: u64, total: Option<u64>, unit: &'a str) -> Self {
        Self { label, done, total, unit, per_second: None, can_cancel: false }
    }

    /// How many are done in a second.
    pub fn rate(mut self, per_second: Option<f64>) -> Self {
        self.per_second = per_second;
        self
    }

    /// Shows a button to stop it.
    pub fn cancelable(mut self) -> Self {
        self.can_cancel = true;
        self
    }

    /// Draws it, as wide as there is room; true when a person stops it.
    pub fn show(self, ui: &mut Ui) -> bool {
        let mut canceled = false;
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_1;
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if self.can_cancel {
                        let name = format!("Cancel: {}", self.label);
                        canceled = Button::icon_only(Icon::CLOSE, &name).small().show(ui).clicked();
                    }
                    if let Some(share) = self.share() {
                        text::label(ui, format::percent(f64::from(share)));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(
                            egui::Label::new(egui::RichText::new(self.label).font(theme::medium()))
                                .truncate(),
                        );
                    });
                });
            });
            self.bar(ui);
            text::small(ui, self.words());
        });
        canceled
    }

    fn bar(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, self.label);
            info.value = self.share().map(f64::from);
            info.current_text_value = Some(self.words());
            info
        });
        ui.painter().rect_filled(rect, BAR / 2.0, palette.surface_2);
        // Without a total a short piece stands at the start: it says "running" and claims no share.
        let width = rect.width() * self.share().unwrap_or(0.12);
        let done = Rect::from_min_size(rect.min, vec2(width.max(BAR), BAR));
        ui.painter().rect_filled(done, BAR / 2.0, palette.accent);
    }

    fn share(&self) -> Option<f32> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done as f64 / total as f64).clamp(0.0, 1.0) as f32)
    }

    fn words(&self) -> String {
        let mut words = format::count(self.done);
        if let Some(total) = self.total {
            words.push_str(&format!(" of {}", format::count(total)));
        }
        words.push_str(&format!(" {}", self.unit));
        if let Some(rate) = self.per_second.filter(|rate| *rate > 0.0) {
            words.push_str(&format!(" · {} {}/s", format::count(rate.round() as u64), self.unit));
            if let Some(total) = self.total {
                let left = total.saturating_sub(self.done) as f64 / rate;
                words.push_str(&format!(" · {} left", format::duration_secs(left)));
            }
        }
        words
    }
}

const BAR: f32 = 6.0;

/// A thin bar for the status line: `share` from 0 to 1.
pub fn mini_bar(ui: &mut Ui, share: f32, width: f32, name: &str) {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, BAR), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, name));
    ui.painter().rect_filled(rect, BAR / 2.0, palette.surface_2);
    let done = Rect::from_min_size(rect.min, vec2((rect.width() * share.clamp(0.0, 1.0)).max(BAR), BAR));
    ui.painter().rect_filled(done, BAR / 2.0, palette.accent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_how_fast_and_how_long_still() {
        let progress = Progress::new("Importing", 250_000, Some(1_000_000), "events").rate(Some(50_000.0));
        assert_eq!(
            progress.words(),
            "250\u{2009}000 of 1\u{2009}000\u{2009}000 events · 50\u{2009}000 events/s · 15 s left"
        );
        assert_eq!(Progress::new("Reading", 3, None, "files").words(), "3 files");
        assert_eq!(Progress::new("Nothing", 0, Some(0), "events").share(), None);
    }
}
