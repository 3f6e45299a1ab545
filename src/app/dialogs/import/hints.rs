//! What to do about a log's faults in the wizard, where controls stand for what a mapping written by hand would say. Not
//! for the faults themselves: see `formats::log::preview`.

use egui::Ui;

use crate::app::theme::Tone;
use crate::app::widgets::{Banner, BannerAction};
use crate::base::Diagnostic;
use crate::formats::log::{Mapping, Reason};
use crate::jobs::import::Look;

/// What to do here; `None` where the fault's own hint is right everywhere.
pub(super) fn here(problem: &Diagnostic, look: &Look) -> Option<(Tone, &'static str)> {
    let found = &look.log;
    let has_columns = !found.columns.is_empty();
    let has_sheets = look.sheets.len() > 1;
    match problem.code {
        "unmapped-log" if has_sheets => {
            Some((Tone::Warning, "Choose the sheet of the log, or below what its columns mean"))
        }
        "unmapped-log" => Some((Tone::Warning, "Choose below what the columns mean")),
        "no-events" if look.times.as_ref().is_some_and(|times| !times.offers.is_empty()) => {
            Some((Tone::Danger, "Choose below how the times are written, or another column of times"))
        }
        "no-events" if found.quarantined.contains_key(&Reason::BadTime) && has_columns => {
            Some((Tone::Danger, "Choose below another column of times, or how they are written"))
        }
        "no-events" if found.read > 0 && has_columns => {
            Some((Tone::Danger, "Choose below which column is the event, the time and the identifier"))
        }
        "damaged-workbook" if has_sheets => Some((Tone::Danger, "Choose the sheet of the log")),
        "sheet-chosen" => Some((Tone::Neutral, "Choose another one under “Sheet”")),
        "mixpanel-zone" => Some((
            Tone::Neutral,
            "A project made before 2023 writes them in its own zone: choose it under “Zone of times without one”",
        )),
        "repeated-message-id" => Some((
            Tone::Warning,
            "If the column names something else, choose another one under “Message id”, or (none)",
        )),
        "addresses-hashed" => Some((Tone::Neutral, "“Keep addresses”, below, leaves them as they are")),
        _ => None,
    }
}

/// Chooses whether the addresses of an access log are kept.
pub(super) fn addresses_ui(ui: &mut Ui, now: Option<&Mapping>, format: &str) -> Option<Mapping> {
    if format != "access-log" {
        return None;
    }
    let now = now.cloned().unwrap_or_default();
    let (message, verb) = match now.keeps_ip {
        true => ("Addresses stay as they are", "Hash addresses"),
        false => ("Addresses become hashes", "Keep addresses"),
    };
    let is_pressed = Banner::new(Tone::Neutral, message).fix(verb).show(ui) == Some(BannerAction::Fix);
    is_pressed.then_some(Mapping { keeps_ip: !now.keeps_ip, ..now })
}
