//! The controls above a flow: anchor, direction, depth, names and filters. Not for what they change: see `editing`.

use egui::Ui;

use super::super::editing::{alter_flow, filter_edit, only_readable};
use super::super::steps::event_select;
use super::super::toolbar::{range_select, word_select};
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::theme;
use crate::app::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::app::widgets::{ChipAction, FilterChip, toolbar};
use crate::engine::summary::NameSummary;
use crate::jobs::questions::names::AskNames;
use crate::model::flow::{Direction, Flow, MAX_DEPTH};
use crate::model::item::ItemId;
use crate::model::privacy::masked;
use crate::model::time::{parse_span_us, span_words};

pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow) {
    let names = cx.ask("names", AskNames);
    let known: &[NameSummary] = names.any().map_or(&[], |names| names.as_slice());
    let width = ui.available_width();
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        anchor(ui, cx, id, flow, known);
        if let Some(range) = range_select(ui, cx, "flow", flow.between) {
            alter_flow(cx, id, flow, "Change the range", |flow| flow.between = range);
        }
        gap(ui, cx, id, flow);
        let tops: Vec<(usize, String)> =
            [3, 5, 10, 20, 50].into_iter().chain([flow.top]).map(|top| (top, top.to_string())).collect();
        if let Some(top) = number_select(ui, "top", "Names told apart in each column", "top", flow.top, tops)
        {
            alter_flow(cx, id, flow, "Change how many names are told apart", |flow| flow.top = top);
        }
    });
    ui.add_space(theme::SPACE_2);
    toolbar(ui, |ui| {
        ui.set_max_width(width);
        only_readable(ui, cx);
        let merges = [(false, "every event"), (true, "repeats as one")];
        if let Some(merge) =
            word_select(ui, "merge", "Whether events that follow their like are one", "", flow.merge, &merges)
        {
            alter_flow(cx, id, flow, "Change how repeats count", |flow| flow.merge = merge);
        }
        names_of(ui, cx, id, flow, known, Names::Only);
        names_of(ui, cx, id, flow, known, Names::Skipped);
        if let Some(filters) = filter_chips(ui, cx, "flow filters", &flow.filters, &[]) {
            let what = filter_edit(&flow.filters, &filters, "all events");
            alter_flow(cx, id, flow, &what, |flow| flow.filters = filters);
        }
    });
}

fn anchor(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow, known: &[NameSummary]) {
    let depths = (1..=MAX_DEPTH)
        .map(|depth| (depth, if depth == 1 { "1 step".to_owned() } else { format!("{depth} steps") }));
    if let Some(depth) =
        number_select(ui, "depth", "Steps beside the anchor", "", flow.depth, depths.collect())
    {
        alter_flow(cx, id, flow, "Change the number of steps", |flow| flow.depth = depth);
    }
    let directions = [(Direction::After, "after"), (Direction::Before, "before")];
    if let Some(direction) =
        word_select(ui, "direction", "Which side of the anchor", "", flow.direction, &directions)
    {
        alter_flow(cx, id, flow, "Change the direction", |flow| flow.direction = direction);
    }
    if let Some(events) =
        event_select(ui, cx, "anchor", "Anchor of the flow", f32::INFINITY, &flow.anchor.events, known)
    {
        let what = match events.first() {
            Some(name) => format!("Anchor at {}", masked("", name)),
            None => "Anchor at any event".to_owned(),
        };
        alter_flow(cx, id, flow, &what, |flow| flow.anchor.events = events);
    }
    if let Some(filters) = filter_chips(ui, cx, "anchor filters", &flow.anchor.filters, &flow.anchor.events) {
        let what = filter_edit(&flow.anchor.filters, &filters, "the anchor");
        alter_flow(cx, id, flow, &what, |flow| flow.anchor.filters = filters);
    }
}

/// One of a few numbers, each once and in order.
fn number_select(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    prefix: &str,
    now: usize,
    mut options: Vec<(usize, String)>,
) -> Option<usize> {
    options.sort();
    options.dedup();
    let options: Vec<(usize, &str)> = options.iter().map(|(number, word)| (*number, word.as_str())).collect();
    word_select(ui, salt, name, prefix, now, &options)
}

fn gap(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow) {
    const PRESETS: [&str; 6] = ["5m", "15m", "30m", "1h", "4h", "1d"];
    let words: Vec<String> =
        PRESETS.iter().filter_map(|span| parse_span_us(span).ok()).map(span_words).collect();
    let items: Vec<SelectItem<'_>> = words.iter().map(|word| SelectItem::new(word.as_str())).collect();
    let shown = span_words(flow.session_gap_us);
    let select = SearchSelect::new("session gap", "Longest pause in a session, such as 45m")
        .prefix("pause up to")
        .items(&items);
    let span = match select.selected(Some(&shown)).allow_create(true).show(ui) {
        None => return,
        Some(Picked::Item(index)) => parse_span_us(PRESETS[index]),
        Some(Picked::Create(typed)) => parse_span_us(typed.replace(' ', "").as_str()),
    };
    match span {
        Ok(span) => {
            let what = format!("End sessions after {}", span_words(span));
            alter_flow(cx, id, flow, &what, |flow| flow.session_gap_us = span);
        }
        Err(problem) => cx.tell(&problem),
    }
}

/// A list of names.
#[derive(Clone, Copy)]
enum Names {
    /// Only these are steps.
    Only,
    /// These are none.
    Skipped,
}

impl Names {
    fn list(self, flow: &Flow) -> &[String] {
        match self {
            Names::Only => &flow.events,
            Names::Skipped => &flow.exclude,
        }
    }

    fn list_mut(self, flow: &mut Flow) -> &mut Vec<String> {
        match self {
            Names::Only => &mut flow.events,
            Names::Skipped => &mut flow.exclude,
        }
    }

    /// On its chips, on its button, and in the history.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Names::Only => ("only", "Only event", "Keep"),
            Names::Skipped => ("skip", "Skip event", "Skip"),
        }
    }
}

fn names_of(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow, known: &[NameSummary], names: Names) {
    let (relation, label, verb) = names.words();
    for (index, name) in names.list(flow).iter().enumerate() {
        let shown = cx.shown_name(name);
        let chip = ui.push_id((label, index), |ui| FilterChip::new("", relation, &shown).show(ui)).inner;
        if chip.action == Some(ChipAction::Remove) {
            let what = format!("{verb} {} no more", masked("", name));
            alter_flow(cx, id, flow, &what, |flow| _ = names.list_mut(flow).remove(index));
        }
    }
    let left: Vec<&NameSummary> =
        known.iter().filter(|name| !names.list(flow).contains(&name.name)).collect();
    let items: Vec<SelectItem<'_>> =
        left.iter().map(|name| SelectItem::new(cx.shown_name(&name.name)).count(name.events)).collect();
    let select = SearchSelect::new(label, label).items(&items).placeholder(label).allow_create(true).adds();
    let name = match select.show(ui) {
        None => return,
        Some(Picked::Item(index)) => left[index].name.clone(),
        Some(Picked::Create(name)) => name,
    };
    let what = format!("{verb} {}", masked("", &name));
    alter_flow(cx, id, flow, &what, |flow| names.list_mut(flow).push(name));
}
