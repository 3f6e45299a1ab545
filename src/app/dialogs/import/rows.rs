//! The first rows of a log as they will become, those that will not be events in red. Not for judging them.

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Cell, Column, Table};
use crate::formats::log::{Record, Rejection};
use crate::model::event::NewEvent;
use crate::model::privacy;
use crate::model::time::Zone;
use crate::model::value::{Value, flatten};

/// Paints them; times are shown in `zone`.
pub(super) fn table(ui: &mut Ui, records: &[Record], zone: Zone) {
    let columns = [
        Column::text("time", "Time", 158.0).unsorted(),
        Column::text("event", "Event", 150.0).unsorted(),
        Column::text("type", "Type", 66.0).unsorted(),
        Column::text("user id", "User id", 90.0).unsorted(),
        Column::text("anonymous id", "Anonymous id", 100.0).unsorted(),
        Column::text("properties", "Properties", 130.0).unsorted().grows(),
    ];
    let height = theme::ROW + theme::ROW_DENSE * records.len().max(1) as f32;
    let table = Table::new("preview rows", "First rows", &columns).rows(records.len()).dense().height(height);
    table.empty_text("No rows").show(ui, |row, column| match &records[row].outcome {
        Ok(event) => event_cell(event, column, zone),
        Err(rejection) => rejected_cell(&records[row], rejection, column),
    });
}

fn event_cell<'c>(event: &NewEvent, column: usize, zone: Zone) -> Cell<'c> {
    let id = |kind: &str, id: &Option<String>| match id {
        Some(id) => Cell::new(privacy::masked(kind, id).into_owned()).mono(),
        None => Cell::default(),
    };
    match column {
        0 => Cell::new(event.time.human_seconds(zone)),
        1 => Cell::new(event.name.clone()).medium(),
        2 => Cell::new(event.kind.word()).secondary(),
        3 => id("user_id", &event.user_id),
        4 => id("anonymous_id", &event.anonymous_id),
        _ => Cell::new(summary(&event.properties)).secondary(),
    }
}

fn rejected_cell<'c>(record: &Record, rejection: &Rejection, column: usize) -> Cell<'c> {
    match column {
        0 => Cell::new(format!("line {}", record.line))
            .toned(Tone::Danger)
            .icon(Icon::WARNING_CIRCLE, Tone::Danger),
        1 => {
            let why = rejection.reason.sentence();
            let cell = Cell::new(why).toned(Tone::Danger);
            if rejection.detail.is_empty() {
                cell.hover(why)
            } else {
                cell.hover(format!("{why}: {}", privacy::masked_text(&rejection.detail)))
            }
        }
        2 => Cell::new("none").hint(),
        3 | 4 => Cell::default(),
        _ => {
            let start = &record.raw[..record.raw.len().min(RAW)];
            Cell::new(privacy::masked_text(&String::from_utf8_lossy(start).replace(['\n', '\r', '\t'], " ")))
                .mono()
        }
    }
}

/// How many bytes of a rejected record are shown.
const RAW: usize = 300;

fn summary(properties: &str) -> String {
    let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(properties) else { return String::new() };
    let mut parts = Vec::new();
    flatten("", &object, &mut |path: &str, value: Value| {
        parts.push(format!("{path} {}", privacy::masked(path, &value.to_string())));
    });
    parts.join(" · ")
}
