//! Toasts: short words about what just happened, bottom right, with a way to undo it.
//!
//! Not for what needs an answer (a dialog) or stays true (a banner). Time is given, never read.

use egui::{Align2, Area, Frame, Id, Margin, Order, Role, Ui, WidgetInfo, vec2};

use super::banner::icon_of;
use super::button::Button;
use super::paint;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// What just happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    /// Its meaning.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// What can be done about it: a word, and a number by which the owner knows what to do.
    pub action: Option<(String, u64)>,
}

impl Toast {
    /// A toast of one sentence.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), action: None }
    }

    /// With a button, such as "Undo"; `key` comes back when it is clicked.
    pub fn action(mut self, label: impl Into<String>, key: u64) -> Self {
        self.action = Some((label.into(), key));
        self
    }
}

/// The key of the toast whose action a person chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToastAction(pub u64);

/// The toasts on screen.
#[derive(Clone, Default, Debug)]
pub struct Toasts {
    shown: Vec<Shown>,
    next: u64,
}

#[derive(Clone, Debug)]
struct Shown {
    id: u64,
    toast: Toast,
    until: f64,
}

impl Toasts {
    /// Adds one at `now` (in seconds, of the same clock as `show`). The same words again only renew it.
    pub fn push(&mut self, toast: Toast, now: f64) {
        self.shown.retain(|shown| shown.toast.text != toast.text);
        let until = now + life(&toast);
        self.shown.push(Shown { id: self.next, toast, until });
        self.next += 1;
        let over = self.shown.len().saturating_sub(MOST);
        self.shown.drain(..over);
    }

    /// Keeps the words and drops what could be done about them: it was about a document that goes.
    pub fn drop_actions(&mut self) {
        self.shown.iter_mut().for_each(|shown| shown.toast.action = None);
    }

    #[cfg(test)]
    pub(crate) fn has_action(&self) -> bool {
        self.shown.iter().any(|shown| shown.toast.action.is_some())
    }

    #[cfg(test)]
    pub(crate) fn tones(&self) -> Vec<Tone> {
        self.shown.iter().map(|shown| shown.toast.tone).collect()
    }

    /// Those on screen, the oldest first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|shown| shown.toast.text.as_str())
    }

    /// Draws them above the status line and lets the old ones go; asks for a repaint when the next goes.
    pub fn show(&mut self, ctx: &egui::Context, now: f64) -> Option<ToastAction> {
        self.shown.retain(|shown| shown.until > now);
        let next = self.shown.iter().map(|shown| shown.until).min_by(f64::total_cmp)?;
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((next - now).max(0.05)));
        let mut action = None;
        let mut gone = None;
        // At the left, where lists end early: at the right stand the last rows of tables and their counts.
        // Above the line of totals that ends a table.
        let below = theme::STATUS_LINE + theme::ROW + theme::SPACE_1;
        let offset = vec2(theme::RAIL + theme::SPACE_3, -below);
        Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::LEFT_BOTTOM, offset).show(
            ctx,
            |ui| {
                for shown in &self.shown {
                    match ui.push_id(shown.id, |ui| toast_ui(ui, &shown.toast)).inner {
                        Some(Click::Action(key)) => {
                            action = Some(ToastAction(key));
                            gone = Some(shown.id);
                        }
                        Some(Click::Close) => gone = Some(shown.id),
                        None => {}
                    }
                }
            },
        );
        self.shown.retain(|shown| Some(shown.id) != gone);
        action
    }
}

enum Click {
    Action(u64),
    Close,
}

const MOST: usize = 4;

/// Long enough to be read; longer where something can be done.
fn life(toast: &Toast) -> f64 {
    let reading = 3.0 + toast.text.len() as f64 / 25.0;
    match toast.tone {
        Tone::Danger | Tone::Warning => reading + 6.0,
        Tone::Neutral | Tone::Accent | Tone::Positive if toast.action.is_some() => reading + 4.0,
        Tone::Neutral | Tone::Accent | Tone::Positive => reading,
    }
}

fn toast_ui(ui: &mut Ui, toast: &Toast) -> Option<Click> {
    let palette = theme::palette(ui);
    let mut click = None;
    Frame::popup(ui.style())
        .fill(palette.surface)
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin { left: 12, right: 6, top: 6, bottom: 6 })
        .show(ui, |ui| {
            ui.set_width(theme::TOAST);
            ui.horizontal(|ui| {
                let (rect, _) =
                    ui.allocate_exact_size(egui::Vec2::splat(theme::SPACE_4), egui::Sense::hover());
                paint::icon_at(
                    ui,
                    rect.center(),
                    icon_of(toast.tone),
                    theme::icon(),
                    palette.tone(toast.tone),
                );
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if Button::icon_only(Icon::CLOSE, "Dismiss").show(ui).clicked() {
                        click = Some(Click::Close);
                    }
                    if let Some((label, key)) = &toast.action
                        && Button::quiet(label).show(ui).clicked()
                    {
                        click = Some(Click::Action(*key));
                    }
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let words = egui::RichText::new(&toast.text).font(theme::body()).color(palette.text);
                        let response = ui.add(egui::Label::new(words).wrap());
                        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &toast.text));
                    });
                });
            });
        });
    click
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_go_when_their_time_is_over_and_never_pile_up() {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let mut toasts = Toasts::default();
        for index in 0..9 {
            toasts.push(Toast::new(Tone::Neutral, format!("Saved {index}")), 10.0);
        }
        toasts.push(Toast::new(Tone::Neutral, "Saved 8"), 11.0);
        assert_eq!(toasts.texts().count(), MOST);
        for (now, left) in [(11.5, MOST), (14.0, 1), (20.0, 0)] {
            let output = ctx.run_ui(egui::RawInput::default(), |ui| {
                assert_eq!(toasts.show(ui.ctx(), now), None);
            });
            output.drop_without_applying_deltas();
            assert_eq!(toasts.texts().count(), left, "at {now}");
        }
    }
}
