//! The first rows of a log as they will become, those that will not be events in red. Not for judging them.

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Cell, Column, Table};
use crate::formats::log::header::shown_row;
use crate::formats::log::{Header, Record, Rejection, preview, raw};
use crate::model::event::NewEvent;
use crate::model::privacy;
use crate::model::time::Zone;
use crate::model::value::{Value, flatten};

/// Paints them; `header` is that of a table, times are shown in `zone`.
pub(super) fn table(ui: &mut Ui, records: &[Record], header: Option<&Header>, zone: Zone) {
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
    table.empty_text("No rows").show(ui, |row, column| match &records[row].outcome {
        Ok(event) => event_cell(event, column, zone),
        Err(rejection) => rejected_cell(&records[row], header, rejection, column),
    });
}

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
    rejection: &Rejection,
    column: usize,
) -> Cell<'c> {
    match column {
        0 => Cell::new(format!("line {}", record.line))
            .toned(Tone::Danger)
            .icon(Icon::WARNING_CIRCLE, Tone::Danger),
        1 => Cell::new("quarantine").toned(Tone::Danger),
        2..=4 => Cell::default(),
        _ => {
            let mut why = rejection.reason.sentence().to_owned();
            if !rejection.detail.is_empty() {
                why.push_str(&format!(": {}", privacy::masked_text(&rejection.detail)));
            }
            let text = match header {
                Some(header) => shown_row(&record.raw, Some(header), RAW),
                None => raw::shown(&record.raw, RAW),
            };
            Cell::new(why).toned(Tone::Danger).hover(text)
        }
    }
}

/// How many characters of a rejected record are shown.
const RAW: usize = 300;

fn summary(properties: &str) -> String {
    let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(properties) else { return String::new() };
    let mut parts = Vec::new();
    flatten("", &object, &mut |path: &str, value: Value| {
        parts.push(format!("{} {}", privacy::masked("", path), privacy::masked(path, &value.to_string())));
    });
    parts.join(" · ")
}
