//! The first rows of a log as they will become, those that will not be events in red. Not for judging them.

use egui::{EventFilter, Key, Label, RichText, Role, ScrollArea, Sense, StrokeKind, Ui, WidgetInfo, vec2};

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Cell, Column, Table, text};
use crate::base::format;
use crate::formats::log::header::shown_row;
use crate::formats::log::{Header, Record, Rejection, preview, raw};
use crate::model::event::{EventKind, NewEvent};
use crate::model::place::Place;
use crate::model::privacy;
use crate::model::time::Zone;
use crate::model::value::{Value, flatten};

/// Paints them; `header` is that of a table, times are shown in `zone`.
pub(in crate::app::dialogs) fn table(
    ui: &mut Ui,
    records: &[Record],
    header: Option<&Header>,
    parts: &[String],
    zone: Zone,
) {
    if !records.is_empty() && records.iter().all(|record| record.outcome.is_err()) {
        rejected_table(ui, records, header, parts);
        return;
    }
    let columns = [
        Column::text("time", "Time", 178.0).unsorted(),
        Column::text("event", "Event", 140.0).unsorted(),
        Column::text("type", "Type", 60.0).unsorted(),
        Column::text("user id", "User id", 84.0).unsorted(),
        Column::text("anonymous id", "Anonymous id", 108.0).unsorted(),
        Column::text("properties", "Properties", 130.0).unsorted().grows(),
    ];
    let height = theme::ROW + theme::ROW_DENSE * records.len().max(1) as f32;
    let table = Table::new("preview rows", "First rows", &columns).rows(records.len()).dense().height(height);
    let shown = table.empty_text("No rows").show(ui, |row, column| match &records[row].outcome {
        Ok(event) => event_cell(event, column, zone),
        Err(rejection) => rejected_cell(&records[row], header, parts, rejection, column),
    });
    let row = shown.selection.cursor().unwrap_or(0);
    if let Some(record) = records.get(row) {
        whole(ui, row, record, header, parts);
    }
}

/// Rows of which none is an event: what they lack has no columns, and why it is lacking has room.
fn rejected_table(ui: &mut Ui, records: &[Record], header: Option<&Header>, parts: &[String]) {
    let columns = [
        Column::text("place", "Where", 100.0).unsorted(),
        Column::text("why", "Why it goes to quarantine", 330.0).unsorted(),
        Column::text("record", "Record", 200.0).unsorted().grows(),
    ];
    let height = theme::ROW + theme::ROW_DENSE * records.len() as f32;
    let table =
        Table::new("preview rejected", "First rows", &columns).rows(records.len()).dense().height(height);
    let shown = table.show(ui, |row, column| {
        let record = &records[row];
        match (column, &record.outcome) {
            (0, _) => Cell::new(place_words(record.line, parts))
                .toned(Tone::Danger)
                .icon(Icon::WARNING_CIRCLE, Tone::Danger),
            (1, Err(rejection)) => Cell::new(rejected_words(rejection)).toned(Tone::Danger),
            (1, Ok(_)) => Cell::default(),
            _ => Cell::new(shown_record(record, header)).mono(),
        }
    });
    let row = shown.selection.cursor().unwrap_or(0);
    if let Some(record) = records.get(row) {
        whole(ui, row, record, header, parts);
    }
}

/// All that the chosen row carries, since its cell shows only the first of it.
fn whole(ui: &mut Ui, row: usize, record: &Record, header: Option<&Header>, parts: &[String]) {
    let (title, facts_of) = match &record.outcome {
        Ok(event) => {
            let found = members(&event.properties);
            let count = format::counted(found.len() as u64, "property", "properties");
            (format!("Row {}, {}: {count}", row + 1, privacy::masked("", &event.name)), found)
        }
        Err(rejection) => {
            let why = ("reason".to_owned(), rejected_words(rejection));
            let text = ("record".to_owned(), shown_record(record, header));
            (format!("{}: to quarantine", capital(&place_words(record.line, parts))), vec![why, text])
        }
    };
    text::label(ui, &title);
    scrolled_by_keys(ui, &title, |ui| {
        for (name, value) in facts_of {
            let words = RichText::new(format!("{name}  {value}")).font(theme::small());
            ui.add(Label::new(words).wrap());
        }
    });
}

/// Lines in a room of fixed height; one stop of Tab, from which the arrows scroll.
fn scrolled_by_keys(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    let id = ui.make_persistent_id("whole row");
    let is_focused = ui.memory(|memory| memory.has_focus(id));
    let pressed = |key| ui.input(|input| input.num_presses(key) as f32);
    let lines = if is_focused { pressed(Key::ArrowUp) - pressed(Key::ArrowDown) } else { 0.0 };
    let area = ScrollArea::vertical().id_salt("whole row").max_height(WHOLE).min_scrolled_height(WHOLE);
    let shown = area.auto_shrink([false, false]).show(ui, |ui| {
        content(ui);
        if lines != 0.0 {
            ui.scroll_with_delta(vec2(0.0, lines * theme::ROW_DENSE));
        }
    });
    let response = ui.interact(shown.inner_rect, id, Sense::FOCUSABLE);
    response.widget_info(|| WidgetInfo::labeled(Role::List, ui.is_enabled(), name));
    if is_focused {
        let keys = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys));
        let ring = theme::palette(ui).focus_ring();
        ui.painter().rect_stroke(shown.inner_rect, theme::RADIUS_SMALL, ring, StrokeKind::Inside);
    }
}

/// Height of what the chosen row carries: the same for every row, so that nothing below moves.
const WHOLE: f32 = theme::ROW_DENSE * 4.0;

/// Paints the columns with values as the log has them, while no row can be read.
pub(super) fn samples(ui: &mut Ui, found: &[preview::Column]) {
    let columns = [
        Column::text("column", "Column in the log", 200.0).unsorted(),
        Column::text("values", "First values", 200.0).unsorted().grows(),
    ];
    let rows = found.len().min(MOST_COLUMNS);
    let height = theme::ROW + theme::ROW_DENSE * rows.max(1) as f32;
    let table = Table::new("preview columns", "Columns of the log", &columns).rows(found.len()).dense();
    table.height(height).empty_text("No columns").show(ui, |row, column| match column {
        0 => Cell::new(privacy::masked_text(&found[row].name)).mono(),
        _ => Cell::new(sample_texts(&found[row]).join(" · ")).secondary(),
    });
}

/// A column's values as examples, masked and then cut.
pub(super) fn sample_texts(column: &preview::Column) -> Vec<String> {
    let shown = |sample: &String| raw::cut(&privacy::masked(&column.name, sample), SAMPLE);
    column.samples.iter().map(shown).collect()
}

/// How many characters of an example are shown.
const SAMPLE: usize = 80;

/// How many columns are seen at once; the others are scrolled to.
const MOST_COLUMNS: usize = 10;

fn event_cell<'c>(event: &NewEvent, column: usize, zone: Zone) -> Cell<'c> {
    let id = |kind: &str, id: &Option<String>| match id {
        Some(id) => Cell::new(privacy::masked(kind, id).into_owned()).mono(),
        None => Cell::default(),
    };
    match column {
        // Traits have no time of their own.
        0 if event.kind == EventKind::Traits => Cell::default(),
        0 => Cell::new(event.time.human_seconds(zone)),
        1 => Cell::new(privacy::masked("", &event.name).into_owned()).medium(),
        2 => Cell::new(event.kind.word()).secondary(),
        3 => id("user_id", &event.user_id),
        4 => id("anonymous_id", &event.anonymous_id),
        _ => Cell::new(summary(&event.properties)).secondary(),
    }
}

fn rejected_cell<'c>(
    record: &Record,
    header: Option<&Header>,
    parts: &[String],
    rejection: &Rejection,
    column: usize,
) -> Cell<'c> {
    match column {
        0 => Cell::new(place_words(record.line, parts))
            .toned(Tone::Danger)
            .icon(Icon::WARNING_CIRCLE, Tone::Danger),
        1 => Cell::new("quarantine").toned(Tone::Danger),
        2..=4 => Cell::default(),
        _ => Cell::new(rejected_words(rejection)).toned(Tone::Danger).hover(shown_record(record, header)),
    }
}

fn rejected_words(rejection: &Rejection) -> String {
    let mut why = rejection.reason.sentence().to_owned();
    if !rejection.detail.is_empty() {
        why.push_str(&format!(": {}", privacy::masked_text(&rejection.detail)));
    }
    why
}

/// Where a record stands: its line, and the file of a folder or an archive before it.
pub(super) fn place_words(number: u64, parts: &[String]) -> String {
    let place = Place::of(number);
    let line = format!("line {}", place.line);
    let part = (place.part as usize).checked_sub(1).and_then(|index| parts.get(index));
    part.map_or(line.clone(), |part| format!("{}, {line}", privacy::masked("", part)))
}

fn capital(text: &str) -> String {
    text.strip_prefix('l').map_or_else(|| text.to_owned(), |rest| format!("L{rest}"))
}

pub(super) fn shown_record(record: &Record, header: Option<&Header>) -> String {
    match header {
        Some(header) => shown_row(&record.raw, Some(header), RAW),
        None => raw::shown(&record.raw, RAW),
    }
}

/// How many characters of a rejected record are shown.
const RAW: usize = 300;

fn summary(properties: &str) -> String {
    let words = |(name, value): (String, String)| format!("{name} {value}");
    members(properties).into_iter().map(words).collect::<Vec<_>>().join(" · ")
}

/// Names and values as they may be shown.
fn members(properties: &str) -> Vec<(String, String)> {
    let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(properties) else { return Vec::new() };
    let mut parts = Vec::new();
    flatten("", &object, &mut |path: &str, value: Value| {
        let shown = privacy::masked(path, &value.to_string()).into_owned();
        parts.push((privacy::masked("", path).into_owned(), shown));
    });
    parts
}
