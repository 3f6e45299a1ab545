//! The properties of the log with types and top values, of one event name or of all. Not for the plan's properties.

use std::cmp::Reverse;
use std::sync::Arc;

use egui::{Frame, Margin, Rect, ScrollArea, Sense, Ui, vec2};

use super::inspector_head;
use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{
    Banner, Button, Cell, ChipAction, Column, Empty, FilterChip, Picked, SearchSelect, SelectItem, SortOrder,
    Table, Tag, facts, search_field, text, toolbar,
};
use crate::base::format;
use crate::engine::summary::PropertySummary;
use crate::jobs::questions::names::AskNames;
use crate::jobs::questions::properties::{AskProperties, AskPropertyNames};
use crate::model::predicate::{Comparison, Filter, Operand, Test};
use crate::model::privacy;

/// What the page of properties remembers.
#[derive(Debug)]
pub(super) struct PropertiesView {
    selected: Option<String>,
    /// The row that the table has selected.
    drawn: Option<usize>,
    query: String,
    sorted: (usize, SortOrder),
    /// A person wants more than the first.
    shows_all: bool,
}

impl Default for PropertiesView {
    fn default() -> PropertiesView {
        PropertiesView {
            selected: None,
            drawn: None,
            query: String::new(),
            sorted: (2, SortOrder::Descending),
            shows_all: false,
        }
    }
}

/// How many properties are summed up at first, most frequent first: on a large log each takes its time.
const FIRST: usize = 60;
/// How many are when a person wants more: a log with still more has keys that are values.
const MOST: usize = 300;

impl PropertiesView {
    /// Paints the table; `names` are the event names chosen, of which the first counts.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, names: &mut Vec<String>) {
        Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, 0)).show(ui, |ui| {
            toolbar(ui, |ui| {
                self.chips(ui, cx, names);
                self.more(ui, cx);
            });
        });
        ui.add_space(theme::SPACE_2);
        let (known, answer) = self.ask(cx, names.first());
        if let Loadable::Failed(problem) = &answer {
            Banner::new(Tone::Danger, &problem.message)
                .detail(problem.hint.as_deref().unwrap_or(""))
                .show(ui);
            return;
        }
        let all = answer.any().cloned();
        let events = events(cx, names.first());
        let rows = self.rows(all.as_deref().map_or(&[], |all| all.as_slice()));
        let columns = columns();
        let of = names.first().map(|name| cx.shown_name(name));
        let footer = footer(rows.len(), known, self.most(), of.as_ref());
        let selected = self.selected.as_ref().and_then(|name| rows.iter().position(|row| row.name == *name));
        let table = Table::new("properties", "Properties", &columns)
            .rows(rows.len())
            .dense()
            .sorted(Some(self.sorted))
            .loading(all.is_none())
            .select(selected.filter(|_| selected != self.drawn))
            .empty(Empty::new(Icon::TAG, "These events carry no properties"))
            .footer(&footer, if answer.is_slow() { "Summing up…" } else { "" });
        let shown = table.show(ui, |row, column| cell(cx, rows[row], column, events));
        if let Some(sorted) = shown.sort {
            self.sorted = sorted;
        }
        self.drawn = shown.moved_to.or(selected);
        if let Some(row) = shown.moved_to {
            self.selected = Some(rows[row].name.clone());
        } else if selected.is_none() {
            self.selected = rows.first().map(|row| row.name.clone());
        }
    }

    /// The property that is selected: its values with bars. Gives the filter of a value that was clicked.
    pub(super) fn inspector(&mut self, ui: &mut Ui, cx: &DocCx<'_>, names: &[String]) -> Option<Filter> {
        let (_, answer) = self.ask(cx, names.first());
        let all = answer.any();
        let found = all.and_then(|all| all.iter().find(|one| Some(&one.name) == self.selected.as_ref()));
        let Some(property) = found else {
            inspector_head(ui, cx, "Property", "");
            text::secondary(ui, "Select a property to see its values");
            return None;
        };
        let of = names.first().map_or_else(
            || "Property · all events".to_owned(),
            |name| format!("Property · {}", cx.shown_name(name)),
        );
        inspector_head(ui, cx, &of, &cx.shown_name(&property.name));
        if privacy::is_personal_name(&property.name) {
            let tag = Tag::new("personal?").tone(Tone::Warning).icon(Icon::EYE_SLASH).show(ui);
            tag.on_hover_text("Suspected by its name: values are masked wherever they are shown");
        }
        let events = events(cx, names.first());
        let set = format!("{} ({})", format::count(property.set), format::percent_of(property.set, events));
        let distinct = format::count(property.distinct);
        facts(ui, &[("Type", &kinds(property)), ("Set on", &set), ("Distinct", &distinct)]);
        ui.add_space(theme::SPACE_2);
        text::strong(ui, "Top values");
        text::hint(ui, "Click a value for its events in the log");
        let mut clicked = None;
        ScrollArea::vertical().id_salt("values").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (value, count) in &property.top {
                let shown = cx.shown(&property.name, &value.to_string());
                if value_row(ui, &shown, *count, property.set).clicked() {
                    let test = Test::Compare(Comparison::Equal, Operand::Value(value.clone()));
                    clicked = Some(Filter { property: property.name.clone(), test });
                }
            }
            rest(ui, property);
        });
        clicked
    }

    fn chips(&mut self, ui: &mut Ui, cx: &DocCx<'_>, names: &mut Vec<String>) {
        let answer = cx.ask("event names", AskNames);
        let known = answer.any().map_or(&[][..], |names| names.as_slice());
        let items: Vec<SelectItem<'_>> =
            known.iter().map(|name| SelectItem::new(cx.shown_name(&name.name)).count(name.events)).collect();
        let chosen = names.first().map(|name| cx.shown_name(name));
        let select =
            SearchSelect::new("properties of", "Event").items(&items).prefix("of").placeholder("all events");
        if let Some(Picked::Item(index)) = select.selected(chosen.as_deref()).show(ui) {
            *names = vec![known[index].name.clone()];
        }
        if let Some(name) = &chosen
            && FilterChip::new("event", "is", name).show(ui).action == Some(ChipAction::Remove)
        {
            names.clear();
        }
        ui.scope(|ui| {
            ui.set_max_width(theme::SIDE_LIST);
            search_field(ui, "Filter properties", &mut self.query);
        });
    }

    /// Offers the properties that are not summed up yet.
    fn more(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let known = cx.ask("property names", AskPropertyNames).any().map_or(0, |names| names.len());
        if self.shows_all || known <= FIRST {
            return;
        }
        let words = format!("Show {}", if known > MOST { format!("{MOST}") } else { format!("all {known}") });
        let why = format!("The {FIRST} most frequent properties are summed up so far");
        if Button::quiet(&words).small().tooltip(&why).show(ui).clicked() {
            self.shows_all = true;
        }
    }

    fn most(&self) -> usize {
        if self.shows_all { MOST } else { FIRST }
    }

    /// The summaries, and how many properties there are in all. Of more than are summed up, those that the text field
    /// asks for come first.
    fn ask(&self, cx: &DocCx<'_>, event: Option<&String>) -> (usize, Summaries) {
        match cx.ask("property names", AskPropertyNames) {
            Loadable::Ready(names) | Loadable::Stale(names, _) => {
                let asked =
                    if names.len() > self.most() { self.query.trim().to_lowercase() } else { String::new() };
                let wanted = names.iter().filter(|(name, _)| name.to_lowercase().contains(&asked));
                let wanted = wanted.take(self.most()).map(|(name, _)| name.clone()).collect();
                let question = AskProperties { event: event.cloned(), names: wanted };
                (names.len(), cx.ask("properties", question))
            }
            Loadable::Waiting(slow) => (0, Loadable::Waiting(slow)),
            Loadable::Failed(problem) => (0, Loadable::Failed(problem)),
        }
    }

    fn rows<'p>(&self, all: &'p [PropertySummary]) -> Vec<&'p PropertySummary> {
        let wanted = self.query.trim().to_lowercase();
        let mut rows: Vec<&PropertySummary> =
            all.iter().filter(|one| one.name.to_lowercase().contains(&wanted)).collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        let (column, order) = self.sorted;
        match column {
            0 => {}
            1 => rows.sort_by_key(|one| kinds(one)),
            2 | 3 => rows.sort_by_key(|one| one.set),
            _ => rows.sort_by_key(|one| one.distinct),
        }
        if order == SortOrder::Descending {
            match column {
                2 | 3 => rows.sort_by_key(|one| Reverse(one.set)),
                4 => rows.sort_by_key(|one| Reverse(one.distinct)),
                _ => rows.reverse(),
            }
        }
        rows
    }
}

type Summaries = Loadable<Vec<PropertySummary>>;

/// How many events the shares are of.
fn events(cx: &DocCx<'_>, event: Option<&String>) -> u64 {
    let answer = cx.ask("event names", AskNames);
    let names: &[_] = answer.any().map_or(&[], |names: &Arc<Vec<_>>| names.as_slice());
    names.iter().filter(|name| event.is_none_or(|event| name.name == *event)).map(|name| name.events).sum()
}

fn columns<'a>() -> Vec<Column<'a>> {
    vec![
        Column::text("property", "Property", 172.0).always(),
        Column::text("type", "Type", 126.0),
        Column::number("share", "Set on", 80.0),
        Column::number("set", "Events", 70.0),
        Column::number("distinct", "Distinct", 74.0),
        Column::text("values", "Top values", 110.0).unsorted().grows(),
    ]
}

fn cell<'c>(cx: &DocCx<'_>, property: &PropertySummary, column: usize, events: u64) -> Cell<'c> {
    let share = if events == 0 { 0.0 } else { property.set as f32 / events as f32 };
    match column {
        0 => Cell::new(cx.shown_name(&property.name)).mono(),
        1 if privacy::is_personal_name(&property.name) => {
            let why = "Suspected by its name: values are masked wherever they are shown";
            let words = format!("personal? {}", kinds(property));
            Cell::new(words).icon(Icon::EYE_SLASH, Tone::Warning).hover(why)
        }
        1 => Cell::new(kinds(property)).secondary(),
        2 => Cell::new(format::percent_of(property.set, events)).bar(share),
        3 => Cell::new(format::count(property.set)),
        4 => Cell::new(format::count(property.distinct)),
        _ => {
            let shown =
                property.top.iter().take(5).map(|(value, _)| cx.shown(&property.name, &value.to_string()));
            Cell::new(shown.collect::<Vec<_>>().join(" · ")).secondary()
        }
    }
}

/// "number", or "number 98 % · text 2 %" when they are mixed.
fn kinds(property: &PropertySummary) -> String {
    let words = ["boolean", "number", "text"];
    let present: Vec<(&str, u64)> =
        words.into_iter().zip(property.kinds).filter(|(_, count)| *count > 0).collect();
    match present.as_slice() {
        [(word, _)] => (*word).to_owned(),
        mixed => {
            let mut mixed = mixed.to_vec();
            mixed.sort_by_key(|(_, count)| Reverse(*count));
            let part =
                |(word, count): &(&str, u64)| format!("{word} {}", format::percent_of(*count, property.set));
            mixed.iter().map(part).collect::<Vec<_>>().join(" · ")
        }
    }
}

fn footer(shown: usize, known: usize, most: usize, event: Option<&String>) -> String {
    let mut words = format::counted(shown as u64, "property", "properties");
    if let Some(event) = event {
        words.push_str(&format!(" of {event}"));
    }
    if known > most {
        words.push_str(&format!(", the {most} most frequent of {}", format::count(known as u64)));
    }
    words
}

/// A value with its share as a bar.
fn value_row(ui: &mut Ui, value: &str, count: u64, of: u64) -> egui::Response {
    let palette = theme::palette(ui);
    let top = ui.cursor().min;
    let share = if of == 0 { 0.0 } else { count as f32 / of as f32 };
    let row = vec2(ui.available_width(), theme::ROW);
    let bar = Rect::from_min_size(top, vec2(row.x * share, row.y)).shrink2(vec2(0.0, theme::LINE));
    ui.painter().rect_filled(bar, theme::RADIUS_SMALL, palette.accent_soft);
    let words = format!("{} · {}", format::count(count), format::percent_of(count, of));
    crate::app::widgets::ListRow::new(value).count(&words).show(ui)
}

/// What the values listed leave out.
fn rest(ui: &mut Ui, property: &PropertySummary) {
    let listed: u64 = property.top.iter().map(|(_, count)| count).sum();
    let others = property.distinct.saturating_sub(property.top.len() as u64);
    if others > 0 {
        ui.allocate_exact_size(vec2(0.0, theme::SPACE_2), Sense::hover());
        let events = format::counted(property.set.saturating_sub(listed), "event", "events");
        text::secondary(
            ui,
            format!("{} on {events}", format::counted(others, "other value", "other values")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, kinds: [u64; 3]) -> PropertySummary {
        PropertySummary { name: name.into(), set: kinds.iter().sum(), kinds, distinct: 1, top: Vec::new() }
    }

    #[test]
    fn mixed_kinds_are_told_with_their_shares() {
        assert_eq!(kinds(&property("a", [0, 5, 0])), "number");
        assert_eq!(kinds(&property("a", [0, 2, 98])).replace('\u{2009}', " "), "text 98 % · number 2 %");
        assert_eq!(kinds(&property("a", [0, 0, 0])), "");
    }

    #[test]
    fn equal_rows_stay_in_the_order_of_names() {
        let all = [property("b", [0, 0, 3]), property("a", [0, 0, 3]), property("c", [0, 0, 9])];
        let mut view = PropertiesView::default();
        let names =
            |view: &PropertiesView| view.rows(&all).iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&view), ["c", "a", "b"]);
        view.sorted = (0, SortOrder::Descending);
        assert_eq!(names(&view), ["c", "b", "a"]);
        view.query = "B".into();
        assert_eq!(names(&view), ["b"]);
    }
}
