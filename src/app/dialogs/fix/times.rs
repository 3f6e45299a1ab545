//! How a rule takes a field for a time: the ways that read what is in quarantine, by name, by example or as a typed
//! pattern. Not for trying them: see `formats::log::time_readings`.

use egui::Ui;

use super::super::time_offers;
use crate::app::widgets::{Picked, SearchSelect, SelectItem, text};
use crate::base::format;
use crate::formats::log::time::TimeFormat;
use crate::formats::log::time_readings::Readings;
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
    let label = format!(
        "Ways to read them, tried on {}: as chosen now {} can be read",
        format::counted(found.of, "value", "values"),
        format::percent_of(found.now, found.of)
    );
    time_offers::show(ui, &label, field, found, zone)
}
