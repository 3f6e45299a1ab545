//! The events of one session as a table; their properties are read as they come in sight. Not for the ticks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use egui::{Event, Ui};

use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::table::{Cell, Column, Selection, Table, copy_asked};
use crate::base::format;
use crate::jobs::questions::rows::AskRows;
use crate::jobs::questions::timeline::{Timeline, TimelineEvent};
use crate::model::value::flatten;
use crate::store::events::EventRow;

/// Rows of one page: whole pages are asked for, so that scrolling asks seldom and finds what it had.
const PAGE: usize = 200;
/// How many slots pages take in turn; more than are ever in sight at once.
const SLOTS: usize = 8;

/// What the table remembers.
#[derive(Debug, Default)]
pub(super) struct SessionEvents {
    visible: Range<usize>,
    selection: Selection,
    focused: bool,
    /// Rows were asked to be copied that are not all read yet.
    copy_waits: bool,
}

impl SessionEvents {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        timeline: &Timeline,
        session: usize,
        matched: &BTreeMap<i64, usize>,
    ) {
        let events = &timeline.events[timeline.sessions[session].clone()];
        let mut pages = ask(cx, events, &self.visible);
        self.copy_waits |= copy_asked(ui, self.focused);
        if self.copy_waits {
            let selected = self.selection.rows().filter_map(|row| events.get(row));
            let rows = cx.ask("session rows copied", AskRows(selected.map(|event| event.row).collect()));
            if let Loadable::Ready(rows) = rows {
                pages.push(rows);
                // Now the table finds what it copies.
                self.copy_waits = false;
                ui.input_mut(|input| input.events.push(Event::Copy));
            }
        }
        let by_id: BTreeMap<i64, &EventRow> =
            pages.iter().flat_map(|page| page.iter()).map(|row| (row.id, row)).collect();
        let columns = [
            Column::text("Time", "Time", 168.0).unsorted(),
            Column::text("Step", "Step", 52.0).unsorted(),
            Column::text("Event", "Event", 170.0).unsorted(),
            Column::text("Properties", "Properties", 160.0).unsorted().grows(),
        ];
        let footer = format::counted(events.len() as u64, "event in this session", "events in this session");
        let table = Table::new("session events", "Events of the session", &columns);
        let shown = table.rows(events.len()).dense().footer(&footer, "").show(ui, |row, column| {
            let event = &events[row];
            match column {
                0 => Cell::new(event.time.human_seconds(cx.zone)).secondary(),
                1 => match matched.get(&event.row) {
                    Some(step) => Cell::new((step + 1).to_string()).icon(Icon::CHECK_CIRCLE, Tone::Accent),
                    None => Cell::new(""),
                },
                2 => Cell::new(cx.shown_name(&event.name)).medium(),
                _ => match by_id.get(&event.row) {
                    Some(row) => Cell::new(properties(cx, row)).mono(),
                    None => Cell::new("…").hint(),
                },
            }
        });
        self.focused = shown.response.has_focus();
        self.selection = shown.selection;
        if self.visible != shown.visible {
            self.visible = shown.visible;
            ui.request_repaint();
        }
    }
}

/// The pages that hold the rows `visible`, and the next one, as far as they are read.
fn ask(cx: &DocCx<'_>, events: &[TimelineEvent], visible: &Range<usize>) -> Vec<Arc<Vec<EventRow>>> {
    let last = events.len().div_ceil(PAGE);
    let wanted = visible.start / PAGE..(visible.end.div_ceil(PAGE).max(1) + 1).min(last);
    let page = |page: usize| {
        let ids = rows_of(events, &(page * PAGE..(page + 1) * PAGE));
        cx.ask(&format!("session rows {}", page % SLOTS), AskRows(ids)).any().cloned()
    };
    wanted.filter_map(page).collect()
}

fn rows_of(events: &[TimelineEvent], range: &Range<usize>) -> Vec<i64> {
    let range = range.start.min(events.len())..range.end.min(events.len());
    events[range].iter().map(|event| event.row).collect()
}

/// Properties in one line, suspected values masked.
fn properties(cx: &DocCx<'_>, row: &EventRow) -> String {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(&row.properties) else {
        return String::new();
    };
    let mut parts = Vec::new();
    flatten("", &object, &mut |name, value| {
        parts.push(format!("{} {}", cx.shown_name(name), cx.shown(name, &value.to_string())))
    });
    parts.join(" · ")
}
