//! Ways to read times that cannot be read as they are, offered with an example each. Not for trying them: see
//! `formats::log::time_readings`.

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Banner, Button, Part, sentence, text};
use crate::base::format;
use crate::formats::log::time::TimeFormat;
use crate::formats::log::time_readings::{Reading, Readings};
use crate::model::privacy::masked;
use crate::model::time::Zone;

/// Paints the ways to read the field under `label`; gives the one that was chosen.
pub(super) fn show(
    ui: &mut Ui,
    label: &str,
    field: &str,
    found: &Readings,
    zone: Zone,
) -> Option<TimeFormat> {
    let mut chosen = None;
    if !found.offers.is_empty() {
        text::label(ui, label);
        for offer in &found.offers {
            ui.horizontal(|ui| {
                let words = format!("Read as {}", offer.words);
                if Button::secondary(&words).icon(Icon::CLOCK).small().min_width(BUTTON).show(ui).clicked() {
                    chosen = Some(offer.format.clone());
                }
                example(ui, field, offer, found.of, zone);
            });
        }
    }
    if found.is_ambiguous {
        let message = "Day and month cannot be told apart: no number in either place is above 12";
        let detail = "Both orders read these times. Choose the one in which they were written";
        Banner::new(Tone::Warning, message).detail(detail).show(ui);
    }
    chosen
}

/// Least width of a way's button, so that examples stand below each other.
const BUTTON: f32 = theme::DIALOG * 0.6;

fn example(ui: &mut Ui, field: &str, offer: &Reading, of: u64, zone: Zone) {
    let share = format::percent_of(offer.reads, of);
    let (written, becomes) = (masked(field, &offer.example), offer.becomes.human_seconds(zone));
    let parts = [
        Part::Strong(&share),
        Part::Secondary(" · "),
        Part::Mono(&written),
        Part::Secondary(" becomes "),
        Part::Body(&becomes),
    ];
    sentence(ui, &parts);
}
