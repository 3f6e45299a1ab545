//! Choosing what a log is when it was taken for something else. Not for recognizing it: see `formats::log`.

use egui::Ui;

use crate::app::widgets::{Picked, SearchSelect, SelectItem, text};
use crate::formats::log;

/// Chooses among the recognized format and all that there are; `found` is the label of the one that the log is read as.
/// Gives the name of the one that was chosen, or none to recognize it.
pub(super) fn select(
    ui: &mut Ui,
    now: Option<&'static str>,
    found: Option<&str>,
) -> Option<Option<&'static str>> {
    text::label(ui, "Format");
    let mut items = vec![SelectItem::new(RECOGNIZED)];
    items.extend(log::ALL.iter().map(|format| SelectItem::new(format.label())));
    let recognized = match found {
        Some(label) => format!("recognized: {label}"),
        None => RECOGNIZED.to_owned(),
    };
    let chosen = now.and_then(|name| log::ALL.iter().find(|format| format.name() == name));
    let selected = chosen.map_or(recognized.as_str(), |format| format.label());
    let select = SearchSelect::new("format of the log", "Format of the log").items(&items);
    let Picked::Item(index) = select.selected(Some(selected)).show(ui)? else { return None };
    Some(index.checked_sub(1).and_then(|place| log::ALL.get(place)).map(|format| format.name()))
}

/// What stands for no choice.
const RECOGNIZED: &str = "recognized by its content";
