//! How a rule takes a field for a time: the ways that read what is in quarantine, by name, by example or as a typed
//! pattern. Not for trying them: see `formats::log::time_readings`.

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Banner, Button, Part, Picked, SearchSelect, SelectItem, sentence, text};
use crate::base::format;
use crate::formats::log::time::TimeFormat;
use crate::formats::log::time_readings::{Reading, Readings};
use crate::model::privacy::masked;
use crate::model::time::Zone;

/// The ways with a name of their own; others are offered where they read something, or typed.
const NAMED: [TimeFormat; 6] = [
    TimeFormat::Auto,
    TimeFormat::Iso,
    TimeFormat::Seconds,
    TimeFormat::Millis,
    TimeFormat::Micros,
    TimeFormat::ExcelDays,
];

/// Chooses how times are written; what is wrong with a typed pattern goes into `problem`.
pub(super) fn select(
    ui: &mut Ui,
    now: &TimeFormat,
    found: Option<&Readings>,
    problem: &mut Option<String>,
) -> Option<TimeFormat> {
    let offers = found.map_or(&[][..], |found| &found.offers);
    let offered = offers.iter().map(|offer| &offer.format).filter(|format| !NAMED.contains(format));
    let ways: Vec<&TimeFormat> = offered.chain(&NAMED).collect();
    let items: Vec<SelectItem<'_>> = ways.iter().map(|way| SelectItem::new(words_of(way))).collect();
    let words = words_of(now);
    // Its list says "Search format or pattern of times…": short enough to be read whole.
    let select = SearchSelect::new("time format", "Format or pattern of times")
        .items(&items)
        .selected(Some(&words))
        .max_width(super::FIELD)
        .allow_create(true);
    match select.show(ui)? {
        Picked::Item(index) => ways.get(index).map(|way| (*way).clone()),
        Picked::Create(pattern) => match TimeFormat::parse(&pattern) {
            Ok(format) => Some(format),
            Err(wrong) => {
                *problem = Some(wrong.to_string());
                None
            }
        },
    }
}

/// As the import's dialog names them.
fn words_of(way: &TimeFormat) -> String {
    match way {
        TimeFormat::Auto => "recognized".to_owned(),
        TimeFormat::Iso
        | TimeFormat::Seconds
        | TimeFormat::Millis
        | TimeFormat::Micros
        | TimeFormat::ExcelDays
        | TimeFormat::Pattern(_) => way.words(),
    }
}

/// What holds for the rule's times, and the ways that read more of them; gives the one that was chosen.
pub(super) fn offers(ui: &mut Ui, field: &str, found: Option<&Readings>, zone: Zone) -> Option<TimeFormat> {
    let name = zone.name();
    text::hint(ui, format!("Times without a zone are in {name}. A pattern is typed, such as %d.%m.%Y %H:%M"));
    let found = found?;
    let mut chosen = None;
    if !found.offers.is_empty() {
        let label = format!(
            "Ways to read them, tried on {}: as chosen now {} can be read",
            format::counted(found.of, "value", "values"),
            format::percent_of(found.now, found.of)
        );
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
