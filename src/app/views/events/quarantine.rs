//! What came with a log and could not become an event: how much, why, and the records themselves. Not for mending
//! them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use egui::{Frame, Margin, ScrollArea, Ui};

use super::copying::tsv_line;
use super::{batch_file, file_name, inspector_head};
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::dialogs::DialogState;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::table::{Selection, copy_asked};
use crate::app::widgets::{
    Banner, Button, Cell, Column, Empty, Picked, SearchSelect, SelectItem, Table, facts, skeleton, text,
    toolbar, well,
};
use crate::base::format;
use crate::formats::log::Reason;
use crate::jobs::questions::quarantine::{
    AskQuarantine, AskQuarantineBatches, AskQuarantineCounts, QuarantineRow,
};

/// What the page of the quarantine remembers.
#[derive(Debug, Default)]
pub(super) struct QuarantineView {
    /// Only of this import.
    batch: Option<i64>,
    /// Only with this reason's code.
    reason: Option<String>,
    visible: Range<usize>,
    /// The row that the inspector shows.
    selected: Option<usize>,
    selection: Selection,
    /// The rows to copy once they are read.
    copying: Option<Vec<Range<u64>>>,
    table_focused: bool,
    /// The table has a row selected.
    drawn: bool,
}

/// Records of one page.
const PAGE: usize = 100;
/// How many slots pages take in turn; more than are ever in sight at once.
const SLOTS: usize = 8;
/// How many characters of a record the table shows.
const PREVIEW: usize = 300;
/// How many characters of a record the inspector shows.
const WHOLE: usize = 16 << 10;
/// How many characters of each record are copied.
const COPIED: usize = 2_000;
/// How many records are copied at once.
const MOST_COPIED: usize = 10_000;

impl QuarantineView {
    /// Paints the reasons and the table.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        if self.batch.is_some_and(|id| !cx.facts.batches.iter().any(|batch| batch.id == id)) {
            self.batch = None;
        }
        let answer = cx.ask("quarantine counts", AskQuarantineCounts(self.batch));
        if let Loadable::Failed(problem) = &answer {
            Banner::new(Tone::Danger, &problem.message)
                .detail(problem.hint.as_deref().unwrap_or(""))
                .show(ui);
            return;
        }
        let counts = answer.any().cloned();
        let all: u64 = cx.facts.batches.iter().map(|batch| batch.counts.quarantined).sum();
        if all == 0 {
            let sentence = if cx.facts.batches.is_empty() {
                "What cannot become an event is kept here, with line and reason"
            } else {
                "Every record became an event"
            };
            Empty::new(Icon::CHECK_CIRCLE, sentence).show(ui);
            return;
        }
        let counts = counts.as_deref().map_or(&[][..], |counts| counts.as_slice());
        Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, 0)).show(ui, |ui| {
            toolbar(ui, |ui| {
                self.batch_select(ui, cx);
                self.reason_select(ui, counts);
                self.fix_button(ui, cx, counts);
            });
        });
        ui.add_space(theme::SPACE_2);
        self.take_copy(ui, cx);
        let chosen = |code: &String| self.reason.as_ref().is_none_or(|reason| reason == code);
        let total: u64 = counts.iter().filter(|(code, _)| chosen(code)).map(|(_, count)| count).sum();
        if self.selected.is_some_and(|row| row as u64 >= total) {
            // It has left the quarantine.
            self.selected = None;
            self.drawn = false;
        }
        self.table(ui, cx, total);
    }

    /// The record that is selected, in full.
    pub(super) fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let whole = self.selected.map(|row| self.ask(runs(std::iter::once(row)), WHOLE));
        let answer = whole.map(|question| cx.ask("quarantined record", question));
        let Some(record) = answer.as_ref().and_then(|answer| answer.any()?.first()) else {
            inspector_head(ui, cx, "Quarantined record", "");
            let is_on_its_way = match answer {
                Some(Loadable::Waiting(_)) => true,
                // The first one is selected as soon as the table has it.
                None => cx.facts.batches.iter().any(|batch| batch.counts.quarantined > 0),
                Some(Loadable::Ready(_) | Loadable::Stale(..) | Loadable::Failed(_)) => false,
            };
            match is_on_its_way {
                true => skeleton::lines(ui, 6),
                false => _ = text::secondary(ui, "Select a record to see what was in the file"),
            }
            return;
        };
        let (file, part) = (batch_file(cx, record.batch), cx.shown_name(&record.part));
        inspector_head(ui, cx, "Quarantined record", &format!("Line {}", format::count(record.line)));
        text::toned(ui, Tone::Warning, Icon::WARNING, sentence(&record.reason));
        let size = format::bytes(record.bytes);
        let mut rows = vec![("File", file.as_str()), ("Kept", size.as_str())];
        if !part.is_empty() {
            rows.insert(1, ("Part", part.as_str()));
        }
        if !record.detail.is_empty() {
            rows.insert(0, ("Found", record.detail.as_str()));
        }
        facts(ui, &rows);
        ui.add_space(theme::SPACE_2);
        text::label(ui, "The record, personal values masked");
        ScrollArea::vertical().id_salt("record").auto_shrink([false, false]).show(ui, |ui| {
            well(ui, |ui| {
                let words =
                    egui::RichText::new(&record.text).font(theme::mono()).color(theme::palette(ui).text);
                ui.add(egui::Label::new(words).wrap().selectable(true));
            });
        });
    }

    fn batch_select(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let batches: Vec<_> =
            cx.facts.batches.iter().rev().filter(|batch| batch.counts.quarantined > 0).collect();
        if batches.len() < 2 && self.batch.is_none() {
            return;
        }
        let mut items = vec![SelectItem::new("all imports")];
        items.extend(batches.iter().map(|batch| {
            let when = batch.imported_at.human(cx.zone);
            SelectItem::new(cx.shown_name(&batch.file)).count(batch.counts.quarantined).detail(when)
        }));
        let now = self.batch.map(|id| batch_file(cx, id));
        let select = SearchSelect::new("quarantine of", "Import")
            .items(&items)
            .prefix("of")
            .placeholder("all imports");
        if let Some(Picked::Item(index)) = select.selected(now.as_deref()).show(ui) {
            self.batch = index.checked_sub(1).map(|index| batches[index].id);
            self.selected = None;
            self.drawn = false;
        }
    }

    /// The reasons with their counts, of which one may be chosen.
    fn reason_select(&mut self, ui: &mut Ui, counts: &[(String, u64)]) {
        if self.reason.as_ref().is_some_and(|reason| !counts.iter().any(|(code, _)| code == reason)) {
            self.reason = None;
        }
        for (code, count) in counts {
            let chosen = self.reason.as_deref() == Some(code);
            let words = format!("{} · {}", sentence(code), format::count(*count));
            let button = Button::secondary(&words).icon(Icon::WARNING).selected(chosen).small();
            let tooltip = if chosen { "Show the records of every reason" } else { "Show these records only" };
            if button.tooltip(tooltip).show(ui).clicked() {
                self.reason = (!chosen).then(|| code.clone());
                self.selected = None;
                self.drawn = false;
            }
        }
    }

    /// Rules are made for the records of one reason, of the import chosen or of all that have such.
    fn fix_button(&self, ui: &mut Ui, cx: &DocCx<'_>, counts: &[(String, u64)]) {
        let reason = self.reason.as_deref().or(match counts {
            [(code, _)] => Some(code.as_str()),
            _ => None,
        });
        let batches = match (self.batch, reason) {
            (Some(batch), Some(_)) => vec![batch],
            (None, Some(reason)) => {
                let question = AskQuarantineBatches(Some(reason.to_owned()));
                match cx.ask("imports in quarantine", question) {
                    Loadable::Ready(batches) => batches.as_ref().clone(),
                    Loadable::Waiting(_) | Loadable::Stale(..) | Loadable::Failed(_) => Vec::new(),
                }
            }
            (_, None) => Vec::new(),
        };
        let why = match (&cx.facts.read_only, reason, batches.len()) {
            (Some(why), ..) => why.clone(),
            (None, None, _) => "Choose a reason to fix its records".to_owned(),
            (None, Some(_), 0 | 1) => "Mend these records by rules and read them again".to_owned(),
            (None, Some(_), many) => {
                format!("Mend these records of {} by rules and read them again", imports(many))
            }
        };
        let ready = !batches.is_empty() && cx.is_writable();
        let button = Button::secondary("Fix and read again…").icon(Icon::REFRESH).enabled(ready);
        if button.tooltip(&why).show(ui).clicked() {
            cx.send(Command::Dialog(DialogState::fix(batches, reason)));
        }
        if reason.is_none() && cx.is_writable() {
            text::hint(ui, why);
        }
    }

    fn table(&mut self, ui: &mut Ui, cx: &DocCx<'_>, total: u64) {
        let rows = usize::try_from(total).unwrap_or(usize::MAX);
        let pages = self.pages(cx, rows);
        let record = |row: usize| pages.get(&(row / PAGE)).and_then(|page| page.get(row % PAGE));
        let columns = columns();
        let footer = format::counted(total, "record in quarantine", "records in quarantine");
        let table =
            Table::new("quarantine", "Quarantined records", &columns).rows(rows).dense().footer(&footer, "");
        let first = (!self.drawn && record(0).is_some()).then_some(0);
        self.drawn |= first.is_some();
        // What the table remembers may be of other records: nothing is selected that the inspector does not show.
        let nothing = self.selected.is_none() && first.is_none();
        let shown = table.select(first).cleared(nothing).show(ui, |row, column| match record(row) {
            Some(record) => cell(cx, record, column),
            // Never copied: the key is taken before the table sees it.
            None if column == 0 => Cell::new("…").hint(),
            None => Cell::default(),
        });
        if let Some(row) = shown.moved_to.or(first) {
            // The inspector is drawn before the table: it shows the record in the next frame.
            if self.selected.replace(row) != Some(row) {
                ui.ctx().request_repaint();
            }
        }
        self.table_focused = shown.response.has_focus();
        self.visible = shown.visible;
        self.selection = shown.selection;
    }

    /// Copying reads the selected rows first: the table itself holds only those in sight.
    fn take_copy(&mut self, ui: &Ui, cx: &DocCx<'_>) {
        if copy_asked(ui, self.table_focused) && self.selection.count() > 0 {
            self.copying = Some(runs(self.selection.rows().take(MOST_COPIED)));
        }
        let Some(rows) = &self.copying else { return };
        match cx.ask("copied quarantine", self.ask(rows.clone(), COPIED)) {
            Loadable::Ready(rows) => {
                let left_out = self.selection.count().saturating_sub(rows.len());
                let mut what = format::counted(rows.len() as u64, "record", "records");
                if left_out > 0 {
                    what = format!("The first {what}, {} more left out,", format::count(left_out as u64));
                }
                cx.send(Command::Copy { text: tsv(cx, &rows), what });
                self.copying = None;
            }
            Loadable::Failed(problem) => {
                cx.tell(&problem);
                self.copying = None;
            }
            Loadable::Waiting(_) | Loadable::Stale(..) => {}
        }
    }

    fn ask(&self, rows: Vec<Range<u64>>, most: usize) -> AskQuarantine {
        AskQuarantine { batch: self.batch, reason: self.reason.clone(), rows, most }
    }

    /// The pages that hold the rows in sight, by number.
    fn pages(&self, cx: &DocCx<'_>, rows: usize) -> BTreeMap<usize, Arc<Vec<QuarantineRow>>> {
        let last = rows.div_ceil(PAGE);
        let wanted = self.visible.start / PAGE..self.visible.end.div_ceil(PAGE).max(1).min(last);
        let mut pages = BTreeMap::new();
        for page in wanted {
            let question = self.ask(runs(page * PAGE..(page + 1) * PAGE), PREVIEW);
            // A stale page may be another one: only the answer to this question will do.
            if let Loadable::Ready(found) = cx.ask(&format!("quarantine {}", page % SLOTS), question) {
                pages.insert(page, found);
            }
        }
        pages
    }
}

fn imports(count: usize) -> String {
    format::counted(count as u64, "import", "imports")
}

/// Ascending numbers as runs.
fn runs(rows: impl Iterator<Item = usize>) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for row in rows.map(|row| row as u64) {
        match runs.last_mut() {
            Some(run) if run.end == row => run.end += 1,
            Some(_) | None => runs.push(row..row + 1),
        }
    }
    runs
}

/// Records as a spreadsheet takes them.
fn tsv(cx: &DocCx<'_>, rows: &[QuarantineRow]) -> String {
    let mut text = String::from("file\tline\treason\tfound\trecord");
    for row in rows {
        let reason = sentence(&row.reason).to_owned();
        let line = row.line.to_string();
        text.push('\n');
        text.push_str(&tsv_line([
            file_name(cx, row.batch, &row.part),
            line,
            reason,
            row.detail.clone(),
            row.text.clone(),
        ]));
    }
    text
}

fn columns<'a>() -> Vec<Column<'a>> {
    vec![
        Column::text("file", "File", 150.0).unsorted(),
        Column::number("line", "Line", 64.0).unsorted(),
        Column::text("reason", "Reason", 270.0).unsorted().always(),
        Column::text("detail", "Found", 140.0).unsorted(),
        Column::text("record", "Record", 160.0).unsorted().grows(),
    ]
}

fn cell<'c>(cx: &DocCx<'_>, record: &QuarantineRow, column: usize) -> Cell<'c> {
    match column {
        0 => Cell::new(file_name(cx, record.batch, &record.part)).secondary(),
        1 => Cell::new(format::count(record.line)),
        2 => Cell::new(sentence(&record.reason).to_owned()),
        3 => Cell::new(record.detail.clone()).secondary(),
        _ => Cell::new(record.text.clone()).mono(),
    }
}

/// A reason in words; the code of one that this version does not know.
fn sentence(code: &str) -> &str {
    match Reason::from_code(code) {
        Some(reason) => reason.sentence(),
        None => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_rows_are_read_in_runs() {
        assert_eq!(runs([0, 1, 2, 7, 9, 10].into_iter()), [0..3, 7..8, 9..11]);
        assert!(runs(std::iter::empty()).is_empty());
    }

    #[test]
    fn an_unknown_reason_is_shown_as_it_is() {
        assert_eq!(sentence("not-json"), "The line is not valid JSON");
        assert_eq!(sentence("from-the-future"), "from-the-future");
    }
}
