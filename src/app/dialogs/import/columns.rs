//! Choosing which column means what; each choice shows its consequence at once. Not for guessing it: see
//! `formats::log::mapping`.

use egui::Ui;

use super::rows::sample_texts;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::{Picked, SearchSelect, SelectItem, text};
use crate::formats::log::mapping::{Mapping, RecordKind, Role};
use crate::formats::log::preview::Column;
use crate::formats::log::time::TimeFormat;
use crate::model::privacy::masked_text;
use crate::model::time::Zone;

/// The formats of time that have a name; a pattern is typed.
const FORMATS: [(TimeFormat, &str); 6] = [
    (TimeFormat::Auto, "recognized"),
    (TimeFormat::Iso, "ISO 8601"),
    (TimeFormat::Seconds, "seconds since 1970"),
    (TimeFormat::Millis, "milliseconds since 1970"),
    (TimeFormat::Micros, "microseconds since 1970"),
    (TimeFormat::ExcelDays, "days as Excel counts them"),
];

/// Paints the choices; gives the mapping when one was made. `problem` keeps what was wrong with the last one.
pub(super) fn mapping_ui(
    ui: &mut Ui,
    now: &Mapping,
    columns: &[Column],
    problem: &mut Option<String>,
) -> Option<Mapping> {
    let mut changed = None;
    ui.columns(4, |cells| {
        // Each is drawn, also when one before it was changed in this frame.
        let choices = [
            event_select(&mut cells[0], now, columns),
            role_select(&mut cells[1], now, columns, Role::Time),
            format_select(&mut cells[2], now, problem),
            zone_select(&mut cells[3], now),
        ];
        changed = choices.into_iter().flatten().next();
    });
    ui.columns(4, |cells| {
        for (cell, role) in cells.iter_mut().zip([Role::UserId, Role::AnonymousId, Role::MessageId]) {
            let choice = role_select(cell, now, columns, role);
            changed = changed.take().or(choice);
        }
    });
    if changed.is_some() {
        *problem = None;
    }
    if let Some(problem) = problem {
        text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, problem);
    }
    changed
}

/// Chooses the sheet of a workbook that has more than one. What the columns of another one meant is of no use in it.
pub(super) fn sheet_select(ui: &mut Ui, now: &Mapping, sheets: &[String]) -> Option<Mapping> {
    if sheets.len() < 2 {
        return None;
    }
    text::label(ui, "Sheet");
    let items: Vec<SelectItem<'_>> = sheets.iter().map(|name| SelectItem::new(masked_text(name))).collect();
    let selected = now.sheet.as_ref().or(sheets.first()).map(|name| masked_text(name));
    let select = SearchSelect::new("sheet", "Sheet of the workbook").items(&items);
    let Picked::Item(index) = select.selected(selected.as_deref()).show(ui)? else { return None };
    Some(Mapping { sheet: sheets.get(index).cloned(), zone: now.zone, ..Mapping::default() })
}

fn items(columns: &[Column]) -> Vec<SelectItem<'_>> {
    let item =
        |column: &Column| SelectItem::new(masked_text(&column.name)).detail(sample_texts(column).join(", "));
    columns.iter().map(item).collect()
}

/// A column of names, or one name for every record, which is typed.
fn event_select(ui: &mut Ui, now: &Mapping, columns: &[Column]) -> Option<Mapping> {
    text::label(ui, "Event name");
    let items = items(columns);
    let always = now.event_is.as_ref().map(|name| format!("always “{}”", masked_text(name)));
    let selected = always.or(now.event.as_deref().map(masked_text));
    let select = SearchSelect::new("event name column", "Column of event names")
        .items(&items)
        .selected(selected.as_deref());
    let mut mapping = now.clone();
    match select.allow_create(true).placeholder("Choose, or type a name").show(ui)? {
        Picked::Item(index) => {
            mapping.event = columns.get(index).map(|column| column.name.clone());
            mapping.event_is = None;
        }
        Picked::Create(name) => {
            mapping.event = None;
            mapping.event_is = Some(name);
        }
    }
    Some(mapping)
}

fn role_select(ui: &mut Ui, now: &Mapping, columns: &[Column], role: Role) -> Option<Mapping> {
    let (title, name) = match role {
        Role::Event => ("Event name", "Column of event names"),
        Role::Time => ("Time", "Column of times"),
        Role::UserId => ("User id", "Column of user ids"),
        Role::AnonymousId => ("Anonymous id", "Column of anonymous ids"),
        Role::MessageId => ("Message id", "Column of message ids"),
    };
    text::label(ui, title);
    // Rows without a time are no events.
    let none = if role == Role::Time { NO_TIME } else { NONE };
    let is_none_chosen = role != Role::Time || now.is_of_persons();
    let mut all = vec![SelectItem::new(none)];
    all.extend(items(columns));
    let selected = now.column(role).map(masked_text).or_else(|| is_none_chosen.then(|| none.to_owned()));
    let select = SearchSelect::new(role.key(), name).items(&all).selected(selected.as_deref());
    let Picked::Item(index) = select.show(ui)? else { return None };
    // What the list shows may be masked: the column is taken by its place.
    let place = index.checked_sub(1);
    let chosen = place.and_then(|place| columns.get(place)).map(|column| column.name.clone());
    let mut mapping = now.clone();
    if role == Role::Time {
        mapping.kind = Some(if chosen.is_some() { RecordKind::Events } else { RecordKind::Persons });
    }
    match role {
        Role::Event => mapping.event = chosen,
        Role::Time => mapping.time = chosen,
        Role::UserId => mapping.user_id = chosen,
        Role::AnonymousId => mapping.anonymous_id = chosen,
        Role::MessageId => mapping.message_id = chosen,
    }
    Some(mapping)
}

/// What stands for no column.
const NONE: &str = "(none)";
/// What stands for no column of times.
const NO_TIME: &str = "(none: rows are persons)";

fn format_select(ui: &mut Ui, now: &Mapping, problem: &mut Option<String>) -> Option<Mapping> {
    text::label(ui, "Times are written as");
    let format = time_format_select(ui, &now.time_format, problem)?;
    Some(Mapping { time_format: format, ..now.clone() })
}

/// Chooses how times are written, by name or by a typed pattern; what is wrong with that goes into `problem`.
pub(in crate::app::dialogs) fn time_format_select(
    ui: &mut Ui,
    now: &TimeFormat,
    problem: &mut Option<String>,
) -> Option<TimeFormat> {
    let items: Vec<SelectItem<'_>> = FORMATS.iter().map(|(_, label)| SelectItem::new(*label)).collect();
    let known = FORMATS.iter().find(|(format, _)| format == now);
    let selected = known.map_or(now.text(), |(_, label)| label);
    let select = SearchSelect::new("time format", "Format of times, or a pattern such as %d.%m.%Y %H:%M");
    let picked = select.items(&items).selected(Some(selected)).allow_create(true).show(ui)?;
    match picked {
        Picked::Item(index) => FORMATS.get(index).map(|(format, _)| format.clone()),
        Picked::Create(pattern) => match TimeFormat::parse(&pattern) {
            Ok(format) => Some(format),
            Err(wrong) => {
                *problem = Some(wrong.to_string());
                None
            }
        },
    }
}

fn zone_select(ui: &mut Ui, now: &Mapping) -> Option<Mapping> {
    text::label(ui, "Zone of times without one");
    let names = Zone::all_names();
    let items: Vec<SelectItem<'_>> = names.iter().map(|name| SelectItem::new(*name)).collect();
    let select = SearchSelect::new("zone of times", "Time zone").items(&items);
    let Picked::Item(index) =
        select.selected(now.zone.map(Zone::name)).placeholder("the document's").show(ui)?
    else {
        return None;
    };
    let zone = Zone::named(names.get(index)?).ok()?;
    Some(Mapping { zone: Some(zone), ..now.clone() })
}
