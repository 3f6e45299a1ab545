//! The imports with what became of their records; taking one back, importing a file again. Not for importing: see the
//! dialog of imports.

use std::path::PathBuf;

use egui::{Frame, Key, Margin, Modifiers, ScrollArea, Ui};

use super::{import_or_sample, inspector_head, watched};
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::{DocCx, TransferFacts};
use crate::app::dialogs::DialogState;
use crate::app::icon::Icon;
use crate::app::route::{EventsTab, Route};
use crate::app::theme::{self, Tone};
use crate::app::widgets::{
    Button, Cell, Column, Progress, Section, SortOrder, Table, card, facts, link, menu_item, row_menu, text,
    toolbar,
};
use crate::base::format;
use crate::formats::log::named;
use crate::jobs::questions::batch_path::AskBatchPath;
use crate::model::privacy::masked_label;
use crate::store::batches::Batch;

/// What the page of imports remembers.
#[derive(Debug, Default)]
pub(super) struct ImportsView {
    selected: Option<i64>,
    /// The row that the table has selected.
    drawn: Option<usize>,
    sorted: Option<(usize, SortOrder)>,
}

impl ImportsView {
    /// Selects an import, for one: that has just come.
    pub(super) fn select(&mut self, batch: i64) {
        self.selected = Some(batch);
    }

    /// Paints running transfers and the table.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let batches = self.rows(&cx.facts.batches);
        if self.selected.is_none_or(|id| !batches.iter().any(|batch| batch.id == id)) {
            self.selected = batches.first().map(|batch| batch.id);
        }
        let row = batches.iter().position(|batch| Some(batch.id) == self.selected);
        let chosen = row.map(|row| batches[row]);
        Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, 0)).show(ui, |ui| {
            transfers(ui, cx);
            watched::show(ui, cx);
            if !batches.is_empty() {
                toolbar(ui, |ui| actions(ui, cx, chosen));
            }
        });
        if batches.is_empty() {
            if cx.transfers.is_empty() {
                let sentence =
                    "Nothing imported yet: each log that you import is listed here and can be taken back";
                import_or_sample(ui, cx, Icon::UPLOAD, sentence);
            }
            return;
        }
        ui.add_space(theme::SPACE_2);
        let columns = columns();
        let footer = footer(&batches);
        let table = Table::new("imports", "Imports", &columns)
            .rows(batches.len())
            .sorted(self.sorted)
            .select(row.filter(|_| row != self.drawn))
            .footer(&footer, "");
        let shown = table.show(ui, |row, column| cell(cx, batches[row], column));
        if shown.sort.is_some() {
            self.sorted = shown.sort;
        }
        self.drawn = shown.moved_to.or(row);
        if let Some(row) = shown.moved_to {
            self.selected = Some(batches[row].id);
        }
        let chosen = batches.iter().find(|batch| Some(batch.id) == self.selected);
        row_menu(&shown, |ui| {
            if let Some(batch) = chosen {
                menu_items(ui, cx, batch);
            }
        });
        let delete = |ui: &Ui| ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete));
        if let Some(batch) = chosen.filter(|_| cx.is_writable() && shown.response.has_focus() && delete(ui)) {
            ask_to_remove(cx, batch);
        }
    }

    /// The import that is selected.
    pub(super) fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let Some(batch) = cx.facts.batches.iter().find(|batch| Some(batch.id) == self.selected) else {
            inspector_head(ui, cx, "Import", "");
            text::secondary(ui, "Select an import to see what became of its records");
            return;
        };
        inspector_head(ui, cx, "Import", &cx.shown_name(&batch.file));
        ScrollArea::vertical().id_salt("import").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_1;
            state_line(ui, batch);
            Section::new("Records").id_salt("import records").show(ui, |ui| records(ui, cx, batch));
            Section::new("Where from").id_salt("import origin").show(ui, |ui| {
                let imported = batch.imported_at.human(cx.zone);
                let kind = format_label(&batch.format);
                let source = cx.shown_name(&batch.source);
                facts(ui, &[("Source", &source), ("Format", &kind), ("Imported", &imported)]);
            });
            if !batch.mapping.is_empty() {
                Section::new("Mapping").id_salt("import mapping").show(ui, |ui| {
                    let lines: Vec<String> = batch.mapping.trim().lines().map(masked_label).collect();
                    text::mono(ui, lines.join("\n"));
                    if link(ui, "Copy the mapping").clicked() {
                        // A mapping with masked columns would map nothing: it is copied as it is.
                        let what = "The mapping's text".to_owned();
                        cx.send(Command::Copy { text: batch.mapping.clone(), what });
                    }
                });
            }
        });
    }

    /// Latest first, unless sorted otherwise.
    fn rows<'b>(&self, batches: &'b [Batch]) -> Vec<&'b Batch> {
        let mut rows: Vec<&Batch> = batches.iter().rev().collect();
        let Some((column, order)) = self.sorted else { return rows };
        match column {
            0 => rows.sort_by(|a, b| a.file.cmp(&b.file)),
            1 => rows.sort_by(|a, b| a.source.cmp(&b.source)),
            2 => rows.sort_by_key(|batch| batch.is_complete),
            3 => rows.sort_by_key(|batch| batch.imported_at),
            4 => rows.sort_by_key(|batch| batch.counts.read),
            5 => rows.sort_by_key(|batch| batch.counts.imported),
            6 => rows.sort_by_key(|batch| batch.counts.duplicates),
            7 => rows.sort_by_key(|batch| batch.counts.quarantined),
            8 => rows.sort_by_key(|batch| batch.counts.first_time),
            _ => rows.sort_by(|a, b| a.format.cmp(&b.format)),
        }
        if order == SortOrder::Descending {
            rows.reverse();
        }
        rows
    }
}

/// What runs or waits, each with a way to stop it.
fn transfers(ui: &mut Ui, cx: &DocCx<'_>) {
    for transfer in cx.transfers {
        card(ui, |ui| {
            if progress(ui, transfer) {
                cx.send(Command::CancelJob(transfer.id));
            }
        });
        ui.add_space(theme::SPACE_2);
    }
}

/// Draws how far a transfer is; true when a person stops it.
fn progress(ui: &mut Ui, transfer: &TransferFacts) -> bool {
    let Some(secs) = transfer.running_secs else {
        return Progress::new(&transfer.label, 0, None, "done: waits for the one before")
            .cancelable()
            .show(ui);
    };
    let (done, total) = transfer.progress.reached();
    // Imports count bytes; thousands of them are easier to read.
    let bytes = transfer.label.starts_with("Importing");
    let (unit, size) = if bytes { ("kB", 1000) } else { ("steps", 1) };
    let (kept, of) = (done / size, (total > 0).then_some(total / size));
    let rate = (secs > 0.5).then(|| kept as f64 / secs);
    Progress::new(&transfer.label, kept, of, unit).rate(rate).cancelable().show(ui)
}

fn actions(ui: &mut Ui, cx: &DocCx<'_>, chosen: Option<&Batch>) {
    let Some(batch) = chosen else { return };
    let writable = cx.is_writable();
    let again = Button::secondary(AGAIN).icon(Icon::REFRESH).enabled(writable);
    let place = cx.ask("import path", AskBatchPath { batch: batch.id, file: batch.file.clone() });
    let why = "Shows the file as it would become; on confirming, it takes the place of this import";
    if again.tooltip(why).show(ui).clicked() {
        import_again(cx, batch, &place);
    }
    let remove = Button::secondary(REMOVE).icon(Icon::TRASH).enabled(writable);
    let why = "Takes its events out of this document, after a question";
    if remove.tooltip(why).shortcut("Delete").show(ui).clicked() {
        ask_to_remove(cx, batch);
    }
}

const AGAIN: &str = "Import again with another mapping…";
const REMOVE: &str = "Remove import…";

/// The same as the buttons, at the row.
fn menu_items(ui: &mut Ui, cx: &DocCx<'_>, batch: &Batch) {
    let place = cx.ask("import path", AskBatchPath { batch: batch.id, file: batch.file.clone() });
    if menu_item(ui, Some(Icon::REFRESH), AGAIN, "", cx.is_writable()).clicked() {
        import_again(cx, batch, &place);
    }
    if menu_item(ui, Some(Icon::TRASH), REMOVE, "Delete", cx.is_writable()).clicked() {
        ask_to_remove(cx, batch);
    }
}

fn import_again(cx: &DocCx<'_>, batch: &Batch, place: &Loadable<Option<PathBuf>>) {
    let path = match place {
        Loadable::Ready(path) => path.as_ref().clone().filter(|path| path.is_file()),
        Loadable::Waiting(_) | Loadable::Stale(..) | Loadable::Failed(_) => None,
    };
    cx.send(Command::Dialog(match path {
        Some(path) => DialogState::import_again(path, batch.clone()),
        None => DialogState::find_again(batch.clone()),
    }));
}

fn ask_to_remove(cx: &DocCx<'_>, batch: &Batch) {
    cx.send(Command::Dialog(DialogState::RemoveBatch(Box::new(batch.clone()))));
}

fn columns<'a>() -> Vec<Column<'a>> {
    vec![
        Column::text("file", "File", 140.0).always().grows(),
        Column::text("source", "Source", 90.0),
        Column::text("state", "State", 104.0),
        Column::text("imported at", "Imported", 152.0),
        Column::number("read", "Records", 80.0),
        Column::number("imported", "Events", 80.0),
        Column::number("duplicates", "Duplicates", 86.0),
        Column::number("quarantined", "Quarantined", 96.0),
        Column::text("times", "First – last event", 190.0).hidden(),
        Column::text("format", "Format", 170.0).hidden(),
    ]
}

fn cell<'c>(cx: &DocCx<'_>, batch: &Batch, column: usize) -> Cell<'c> {
    let counts = &batch.counts;
    match column {
        0 => Cell::new(cx.shown_name(&batch.file)).medium(),
        1 => Cell::new(cx.shown_name(&batch.source)).secondary(),
        2 if batch.is_complete => Cell::new("complete").icon(Icon::CHECK, Tone::Positive),
        2 => Cell::new("partial").tag(Tone::Warning).hover(PARTIAL),
        3 => Cell::new(batch.imported_at.human(cx.zone)).secondary(),
        4 => Cell::new(format::count(counts.read)),
        5 => Cell::new(format::count(counts.imported)),
        6 => Cell::new(format::count(counts.duplicates)),
        7 if counts.quarantined > 0 => {
            Cell::new(format::count(counts.quarantined)).icon(Icon::WARNING, Tone::Warning)
        }
        7 => Cell::new("0"),
        8 => Cell::new(times(cx, batch)).secondary(),
        _ => Cell::new(format_label(&batch.format)).secondary(),
    }
}

const PARTIAL: &str =
    "It was stopped before its end: import the file again for what is missing, or remove it";

fn times(cx: &DocCx<'_>, batch: &Batch) -> String {
    match (batch.counts.first_time, batch.counts.last_time) {
        (Some(first), Some(last)) => format!("{} – {}", first.human_day(cx.zone), last.human_day(cx.zone)),
        _ => "–".to_owned(),
    }
}

fn format_label(name: &str) -> String {
    named(name).map_or_else(|_| name.to_owned(), |format| format.label().to_owned())
}

fn footer(batches: &[&Batch]) -> String {
    let sum = |count: fn(&Batch) -> u64| batches.iter().map(|batch| count(batch)).sum::<u64>();
    format!(
        "{} · {} · {} · {} quarantined",
        format::counted(batches.len() as u64, "import", "imports"),
        format::counted(sum(|batch| batch.counts.imported), "event", "events"),
        format::counted(sum(|batch| batch.counts.duplicates), "duplicate", "duplicates"),
        format::count(sum(|batch| batch.counts.quarantined)),
    )
}

fn state_line(ui: &mut Ui, batch: &Batch) {
    if batch.is_complete {
        text::toned(ui, Tone::Positive, Icon::CHECK_CIRCLE, "Complete");
    } else {
        text::toned(ui, Tone::Warning, Icon::WARNING, &format!("Partial. {PARTIAL}"));
    }
}

fn records(ui: &mut Ui, cx: &DocCx<'_>, batch: &Batch) {
    let counts = &batch.counts;
    let conflicts = if counts.conflicts > 0 {
        format!(
            "{}, {} of them with other content",
            format::count(counts.duplicates),
            format::count(counts.conflicts)
        )
    } else {
        format::count(counts.duplicates)
    };
    let (read, events) = (format::count(counts.read), format::count(counts.imported));
    facts(
        ui,
        &[
            ("Read", &read),
            ("Events", &events),
            ("Rows of traits", &format::count(counts.traits)),
            ("Duplicates", &conflicts),
            ("Quarantined", &format::count(counts.quarantined)),
            ("Events from", &times(cx, batch)),
        ],
    );
    if counts.quarantined > 0 && link(ui, "Show the quarantine").clicked() {
        cx.send(Command::Go(Route::Events(EventsTab::Quarantine)));
    }
}
