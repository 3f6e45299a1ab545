//! Ways to read a log's times, offered when they cannot be read as they are. Not for trying them: see
//! `formats::log::time_readings`.

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Banner, Button, Part, sentence, text};
use crate::base::format;
use crate::formats::log::mapping::Mapping;
use crate::formats::log::time_readings::{Reading, Readings};
use crate::model::privacy::masked;
use crate::model::time::Zone;

/// Paints the ways; gives the mapping with the one that was chosen.
pub(super) fn show(ui: &mut Ui, now: &Mapping, found: &Readings, zone: Zone) -> Option<Mapping> {
    let column = now.time.as_deref().unwrap_or_default();
    let mut chosen = None;
    if !found.offers.is_empty() {
        let label = format!(
            "Ways to read the times, tried on the first {}: as chosen now those of {} can be read",
            format::counted(found.of, "record", "records"),
            format::percent_of(found.now, found.of)
        );
        text::label(ui, label);
        for offer in &found.offers {
            ui.horizontal(|ui| {
                let words = format!("Read as {}", offer.words);
                if Button::secondary(&words).icon(Icon::CLOCK).small().min_width(BUTTON).show(ui).clicked() {
                    chosen = Some(Mapping { time_format: offer.format.clone(), ..now.clone() });
                }
                example(ui, column, offer, found.of, zone);
            });
        }
    }
    if found.is_ambiguous {
        Banner::new(
            Tone::Warning,
            "Day and month cannot be told apart: no number in either place is above 12",
        )
        .detail("Both orders read these times. Choose the one in which the log was written")
        .show(ui);
    }
    chosen
}

/// Least width of a way's button, so that examples stand below each other.
const BUTTON: f32 = theme::DIALOG * 0.6;

fn example(ui: &mut Ui, column: &str, offer: &Reading, of: u64, zone: Zone) {
    let share = format::percent_of(offer.reads, of);
    let (written, becomes) = (masked(column, &offer.example), offer.becomes.human_seconds(zone));
    let parts = [
        Part::Strong(&share),
        Part::Secondary(" · "),
        Part::Mono(&written),
        Part::Secondary(" becomes "),
        Part::Body(&becomes),
    ];
    sentence(ui, &parts);
}
