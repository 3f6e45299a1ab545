//! The log: chips that say which events, the virtual table of them, and the inspector of one. Not for reading a whole
//! log into memory: only the pages of rows in sight are.

mod pages;
mod person;

use std::sync::Arc;

use egui::{Frame, Margin, Ui};

use super::copying::tsv_line;
use super::range::{Range, Typed, range_chip};
use super::{detail, file_name, inspector_head, json};
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::table::{Selection, column_chooser, copy_asked};
use crate::app::widgets::{
    Banner, Button, Cell, ChipAction, Column, Empty, EmptyAction, FilterChip, Picked, SearchSelect,
    SelectItem, SortOrder, Table, add_chip, text, toolbar,
};
use crate::base::{Diagnostic, format};
use crate::engine::list::EventFilter;
use crate::jobs::questions::list::AskList;
use crate::jobs::questions::names::AskNames;
use crate::jobs::questions::rows::AskRows;
use crate::model::predicate::Filter;
use crate::store::events::EventRow;
use pages::Pages;
use person::PersonChip;

/// What the log page remembers.
#[derive(Debug, Default)]
pub(super) struct LogView {
    /// The names shown; none for all. The list of names and the page of properties share them.
    pub(super) names: Vec<String>,
    /// Conditions on properties.
    pub(super) filters: Vec<Filter>,
    /// Filters that must have passed the events over; none for all events.
    passed_over: Vec<Filter>,
    range: Range,
    typed: Typed,
    person: PersonChip,
    oldest_first: bool,
    /// Display indices of the rows drawn last.
    visible: std::ops::Range<usize>,
    /// The event that the inspector shows.
    selected: Option<i64>,
    selection: Selection,
    /// Which list the selection is of, to follow the event when the list changes.
    listed: (Option<EventFilter>, bool, u64),
    /// The events to copy once they are read.
    copying: Option<Vec<i64>>,
    table_focused: bool,
}

impl LogView {
    /// Paints chips and table.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let columns = columns(ui.available_width());
        Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, 0)).show(ui, |ui| {
            toolbar(ui, |ui| self.chips(ui, cx));
        });
        ui.add_space(theme::SPACE_2);
        let filter = self.filter(cx);
        let answer = cx.ask("log", AskList(filter.clone()));
        if let Loadable::Failed(problem) = &answer {
            failed(ui, problem);
            return;
        }
        let ids = answer.any().cloned();
        self.take_copy(ui, cx, ids.as_deref());
        self.table(ui, cx, &columns, ids.as_ref(), &answer, filter);
    }

    /// The event that is selected, in full.
    pub(super) fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let Some(id) = self.selected else {
            inspector_head(ui, cx, "Event", "");
            let words =
                "Select an event in the table to see its properties, its identifiers and where it came from";
            text::secondary(ui, words);
            return;
        };
        let rows = cx.ask("inspected event", AskRows(vec![id]));
        match rows.any().and_then(|rows| rows.iter().find(|row| row.id == id)) {
            Some(row) => detail::show(ui, cx, row),
            None => inspector_head(ui, cx, "Event", ""),
        }
    }

    /// Sets every filter at once.
    pub(super) fn show_only(&mut self, filter: EventFilter, person: String) {
        self.clear();
        self.names = filter.names;
        self.filters = filter.filters;
        self.passed_over = filter.passed_over;
        self.range = filter.between.map_or(Range::All, |(from, to)| Range::Exactly(from, to));
        if let Some(id) = filter.person {
            self.person.choose(id, person);
        }
    }

    fn filter(&self, cx: &DocCx<'_>) -> EventFilter {
        EventFilter {
            names: self.names.clone(),
            person: self.person.id(),
            between: self.range.between(cx.facts.as_of, cx.zone),
            filters: self.filters.clone(),
            passed_over: self.passed_over.clone(),
        }
    }

    fn is_filtered(&self) -> bool {
        !self.names.is_empty()
            || self.range != Range::All
            || self.person.id().is_some()
            || !self.filters.is_empty()
            || !self.passed_over.is_empty()
    }

    fn clear(&mut self) {
        self.names.clear();
        self.filters.clear();
        self.passed_over.clear();
        self.range = Range::All;
        self.person.clear();
    }

    fn chips(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let mut gone = None;
        for (index, name) in self.names.iter().enumerate() {
            let chip =
                FilterChip::new("event", if index == 0 { "is" } else { "or" }, &cx.shown_name(name)).show(ui);
            if chip.action == Some(ChipAction::Remove) {
                gone = Some(index);
            }
        }
        if let Some(index) = gone {
            self.names.remove(index);
        }
        self.add_name(ui, cx);
        range_chip(ui, cx, &mut self.range, &mut self.typed);
        self.person.show(ui, cx);
        if let Some(filters) = filter_chips(ui, cx, "log filters", &self.filters, &self.names) {
            self.filters = filters;
        }
        if !self.passed_over.is_empty() {
            let sentences: Vec<String> =
                self.passed_over.iter().map(|filter| cx.filter_sentence(filter)).collect();
            let chip = FilterChip::new("passed over by", "", &sentences.join(" and ")).show(ui);
            if chip.action == Some(ChipAction::Remove) {
                self.passed_over.clear();
            }
        }
        if self.is_filtered()
            && Button::quiet("Clear").small().tooltip("Show all events again").show(ui).clicked()
        {
            self.clear();
        }
    }

    fn add_name(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let answer = cx.ask("event names", AskNames);
        let known = answer.any().map_or(&[][..], |names| names.as_slice());
        let left: Vec<_> = known.iter().filter(|name| !self.names.contains(&name.name)).collect();
        let items: Vec<SelectItem<'_>> =
            left.iter().map(|name| SelectItem::new(cx.shown_name(&name.name)).count(name.events)).collect();
        let button = add_chip(ui, "Event");
        let select = SearchSelect::new("event name", "Event").items(&items);
        let loading = matches!(answer, Loadable::Waiting(_));
        if let Some(Picked::Item(index)) = select.loading(loading).popup(ui, &button) {
            self.names.push(left[index].name.clone());
        }
    }

    fn table(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        columns: &[Column<'_>],
        ids: Option<&Arc<Vec<i64>>>,
        answer: &Loadable<Vec<i64>>,
        filter: EventFilter,
    ) {
        let known: &[i64] = ids.map_or(&[], |ids| ids.as_slice());
        let order = Shown { ids: known, oldest_first: self.oldest_first };
        let pages = Pages::ask(cx, &order, &self.visible);
        let follow = self.follow(&order, answer, filter, cx.facts.revision);
        let footer = footer(known.len(), cx.facts.events, self.is_filtered());
        let note = if answer.is_slow() { "Finding events…" } else { "Ctrl+C copies the selected rows" };
        let sorted = if self.oldest_first { SortOrder::Ascending } else { SortOrder::Descending };
        let empty = Empty::new(Icon::SEARCH, "No event passes these filters").action("Clear filters");
        let table = Table::new("log", "Events", columns)
            .rows(known.len())
            .dense()
            .sorted(Some((0, sorted)))
            .loading(ids.is_none())
            .empty(empty)
            .select(follow)
            .footer(&footer, note);
        let shown = table.show(ui, |row, column| match order.id(row).and_then(|id| pages.row(id)) {
            Some(event) => cell(cx, event, &pages, column),
            None if column == 0 => Cell::new("…").hint(),
            None => Cell::default(),
        });
        self.table_focused = shown.response.has_focus();
        self.visible = shown.visible.clone();
        if let Some((0, sort)) = shown.sort {
            self.oldest_first = sort == SortOrder::Ascending;
        }
        if let Some(row) = shown.moved_to.or(follow) {
            self.selected = order.id(row);
        }
        if shown.empty == Some(EmptyAction::Primary) {
            self.clear();
        }
        if let Some(person) =
            shown.opened.and_then(|row| order.id(row)).and_then(|id| pages.row(id)?.person_id)
        {
            cx.send(Command::Go(crate::app::route::Route::Timeline { person, query: None }));
        }
        self.selection = shown.selection;
    }

    /// The row to select because the list has changed: that of the same event, or the first.
    fn follow(
        &mut self,
        order: &Shown<'_>,
        answer: &Loadable<Vec<i64>>,
        filter: EventFilter,
        revision: u64,
    ) -> Option<usize> {
        let Loadable::Ready(_) = answer else { return None };
        let listed = (Some(filter), self.oldest_first, revision);
        if listed == self.listed {
            return None;
        }
        self.listed = listed;
        let same = self.selected.and_then(|id| order.position(id));
        let row = same.or((!order.ids.is_empty()).then_some(0));
        if row.is_none() {
            self.selected = None;
        }
        row
    }

    /// Copying reads the selected rows first: the table itself holds only those in sight.
    fn take_copy(&mut self, ui: &Ui, cx: &DocCx<'_>, ids: Option<&Vec<i64>>) {
        if copy_asked(ui, self.table_focused)
            && let Some(ids) = ids
        {
            let order = Shown { ids, oldest_first: self.oldest_first };
            self.copying = Some(self.selection.rows().filter_map(|row| order.id(row)).collect());
        }
        let Some(wanted) = &self.copying else { return };
        match cx.ask("copied events", AskRows(wanted.clone())) {
            Loadable::Ready(rows) => {
                let what = format::counted(rows.len() as u64, "event", "events");
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
}

/// From this width on the identifiers and the source have columns of their own at first.
const ROOM_FOR_IDS: f32 = 900.0;

/// The button that lists the columns of the table, which is `width` wide.
pub(super) fn choose_columns(ui: &mut Ui, width: f32) {
    column_chooser(ui, "log", &columns(width));
}

/// Ids differ by width, so that what was chosen for a wide table does not fill a narrow one.
fn columns<'a>(width: f32) -> Vec<Column<'a>> {
    let wide = width >= ROOM_FOR_IDS;
    let also = |column: Column<'a>| if wide { column } else { column.hidden() };
    let id = |narrow: &'a str, broad: &'a str| if wide { broad } else { narrow };
    vec![
        Column::text("time", "Time", 178.0).always(),
        Column::text("event", "Event", 150.0).unsorted().always(),
        Column::text("person", "Person", 124.0).unsorted(),
        also(Column::text(id("user", "user wide"), "User id", 110.0).unsorted()),
        also(Column::text(id("anonymous", "anonymous wide"), "Anonymous id", 110.0).unsorted()),
        also(Column::text(id("source", "source wide"), "Source", 90.0).unsorted()),
        Column::text("batch", "File", 130.0).unsorted().hidden(),
        Column::text("properties", "Properties", 200.0).unsorted().grows(),
    ]
}

/// The list in the order shown.
struct Shown<'a> {
    ids: &'a [i64],
    oldest_first: bool,
}

impl Shown<'_> {
    fn id(&self, row: usize) -> Option<i64> {
        self.ids.get(self.index(row)?).copied()
    }

    fn position(&self, id: i64) -> Option<usize> {
        self.index(self.ids.iter().position(|known| *known == id)?)
    }

    /// Row to index and back: the same in both directions.
    fn index(&self, row: usize) -> Option<usize> {
        if self.oldest_first { self.ids.len().checked_sub(row + 1) } else { Some(row) }
    }
}

fn cell<'c>(cx: &DocCx<'_>, event: &EventRow, pages: &Pages, column: usize) -> Cell<'c> {
    let id = |kind: &str, id: &Option<String>| match id {
        Some(id) => Cell::new(cx.shown(kind, id)).mono(),
        None => Cell::default(),
    };
    let batch = || cx.facts.batches.iter().find(|batch| batch.id == event.batch);
    match column {
        0 => time_cell(cx, event),
        1 => Cell::new(cx.shown_name(&event.name)).medium(),
        2 => match event.person_id {
            Some(person) => Cell::new(pages.label(person).unwrap_or_default().to_owned()).mono(),
            None => Cell::new("nobody").hint().hover("It carries no usable identifier"),
        },
        3 => id("user_id", &event.user_id),
        4 => id("anonymous_id", &event.anonymous_id),
        5 => Cell::new(batch().map_or_else(String::new, |batch| cx.shown_name(&batch.source))).secondary(),
        6 => Cell::new(file_name(cx, event.batch, &event.part)).secondary(),
        _ => Cell::new(json::summary(cx, &event.properties)).secondary(),
    }
}

fn time_cell<'c>(cx: &DocCx<'_>, event: &EventRow) -> Cell<'c> {
    let time = event.time.human_seconds(cx.zone);
    if is_future(cx, event) {
        let why = format!("{time}: later than its import. Listed, but outside every rolling window");
        let day = event.time.human_day(cx.zone);
        return Cell::new(format!("future · {day}")).icon(Icon::CLOCK, Tone::Warning).hover(why);
    }
    Cell::new(time)
}

/// True for events later than the document's as-of.
pub(super) fn is_future(cx: &DocCx<'_>, event: &EventRow) -> bool {
    cx.facts.as_of.is_none_or(|as_of| event.time > as_of)
}

fn footer(listed: usize, all: u64, filtered: bool) -> String {
    let listed = listed as u64;
    if filtered {
        format!("{} of {}", format::counted(listed, "event", "events"), format::count(all))
    } else {
        format::counted(listed, "event", "events")
    }
}

fn failed(ui: &mut Ui, problem: &Diagnostic) {
    Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, 0)).show(ui, |ui| {
        Banner::new(Tone::Danger, &problem.message).detail(problem.hint.as_deref().unwrap_or("")).show(ui);
    });
}

/// Rows as a spreadsheet takes them, values as they may be shown.
fn tsv(cx: &DocCx<'_>, rows: &[EventRow]) -> String {
    let mut text =
        String::from("time\tevent\ttype\tuser_id\tanonymous_id\tmessage_id\tfile\tline\tproperties");
    for row in rows {
        let id =
            |kind: &str, id: &Option<String>| id.as_deref().map_or_else(String::new, |id| cx.shown(kind, id));
        let fields = [
            row.time.iso(),
            cx.shown_name(&row.name),
            row.kind.word().to_owned(),
            id("user_id", &row.user_id),
            id("anonymous_id", &row.anonymous_id),
            id("message_id", &row.message_id),
            file_name(cx, row.batch, &row.part),
            row.line.to_string(),
            json::masked(cx, &row.properties, "").to_string(),
        ];
        text.push('\n');
        text.push_str(&tsv_line(fields));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_turns_around() {
        let newest = Shown { ids: &[9, 7, 5], oldest_first: false };
        assert_eq!((newest.id(0), newest.id(2), newest.id(3)), (Some(9), Some(5), None));
        assert_eq!(newest.position(5), Some(2));
        let oldest = Shown { ids: &[9, 7, 5], oldest_first: true };
        assert_eq!((oldest.id(0), oldest.id(2), oldest.id(3)), (Some(5), Some(9), None));
        assert_eq!(oldest.position(5), Some(0));
        assert_eq!(oldest.position(4), None);
    }

    #[test]
    fn the_footer_tells_what_of_what() {
        assert_eq!(footer(1, 30, true), "1 event of 30");
        assert_eq!(footer(30, 30, false), "30 events");
    }
}
