//! One event in full: what the log said, whose it is, where it came from. Not for the events around it: see the
//! timeline.

use egui::{Align, Layout, ScrollArea, Ui, vec2};
use serde_json::json;

use super::{inspector_head, json, log::is_future};
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Button, Section, Tag, facts, text};
use crate::base::format;
use crate::jobs::questions::persons::AskLabels;
use crate::model::event::is_blocked;
use crate::store::events::EventRow;

/// Paints it.
pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>, row: &EventRow) {
    inspector_head(ui, cx, &format!("Event · {}", row.kind.word()), &cx.shown_name(&row.name));
    if cx.is_masked("", &row.name) {
        field(ui, cx, "event", "", &row.name);
    }
    text::secondary(ui, row.time.human_seconds(cx.zone));
    if is_future(cx, row) {
        let tag = Tag::new("future").tone(Tone::Warning).icon(Icon::CLOCK).show(ui);
        tag.on_hover_text("Later than its import: listed, but outside every rolling window");
    }
    ui.add_space(theme::SPACE_1);
    ui.horizontal_wrapped(|ui| {
        let timeline =
            Button::secondary("Open timeline").icon(Icon::USER_FOCUS).enabled(row.person_id.is_some());
        let why =
            if row.person_id.is_some() { "All events of this person" } else { "The event belongs to nobody" };
        if timeline.tooltip(why).show(ui).clicked()
            && let Some(person) = row.person_id
        {
            cx.send(Command::Go(Route::Timeline { person, query: None }));
        }
        if Button::secondary("Copy as JSON").icon(Icon::COPY).show(ui).clicked() {
            cx.send(Command::Copy { text: as_json(cx, row), what: "The event as JSON".to_owned() });
        }
    });
    ui.add_space(theme::SPACE_1);
    ScrollArea::vertical().id_salt("event").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::SPACE_1;
        let properties = json::rows(&row.properties, "");
        let count = format::count(properties.len() as u64);
        Section::new("Properties").id_salt("event properties").count(&count).show(ui, |ui| {
            if properties.is_empty() {
                text::secondary(ui, "None");
            }
            fields(ui, cx, &properties);
        });
        Section::new("Who").id_salt("event who").show(ui, |ui| who(ui, cx, row));
        Section::new("Where from").id_salt("event origin").show(ui, |ui| origin(ui, cx, row));
        more(ui, cx, "Context", &json::rows(&row.context, "context."));
        more(ui, cx, "Other fields", &json::rows(&row.extra, ""));
    });
}

fn who(ui: &mut Ui, cx: &DocCx<'_>, row: &EventRow) {
    if let Some(person) = row.person_id {
        let labels = cx.ask("inspected person", AskLabels(vec![person]));
        let label = labels.any().and_then(|labels| labels.get(&person).cloned()).unwrap_or_default();
        field(ui, cx, "person", "", &label);
    } else {
        text::toned(ui, Tone::Warning, Icon::WARNING, "Belongs to nobody: it carries no usable identifier");
    }
    let ids =
        [("user_id", &row.user_id), ("anonymous_id", &row.anonymous_id), ("previous_id", &row.previous_id)];
    for (kind, id) in ids {
        let Some(id) = id else { continue };
        field(ui, cx, kind, kind, id);
        if is_blocked(id) {
            text::toned(ui, Tone::Warning, Icon::PROHIBIT, "A placeholder: names nobody");
        }
    }
}

fn origin(ui: &mut Ui, cx: &DocCx<'_>, row: &EventRow) {
    if let Some(batch) = cx.facts.batches.iter().find(|batch| batch.id == row.batch) {
        let (line, imported) = (format::count(row.line), batch.imported_at.human(cx.zone));
        let (file, source) = (cx.shown_name(&batch.file), cx.shown_name(&batch.source));
        let part = cx.shown_name(&row.part);
        let mut rows =
            vec![("File", file.as_str()), ("Line", &line), ("Source", &source), ("Imported", &imported)];
        if !part.is_empty() {
            rows.insert(1, ("Part", &part));
        }
        facts(ui, &rows);
    }
    facts(ui, &[("Time, UTC", &row.time.iso())]);
    if let Some(id) = &row.message_id {
        field(ui, cx, "message_id", "message_id", id);
    }
}

fn more(ui: &mut Ui, cx: &DocCx<'_>, title: &str, rows: &[(String, String)]) {
    if rows.is_empty() {
        return;
    }
    let count = format::count(rows.len() as u64);
    Section::new(title).id_salt(("event", title)).folded().count(&count).show(ui, |ui| fields(ui, cx, rows));
}

fn fields(ui: &mut Ui, cx: &DocCx<'_>, rows: &[(String, String)]) {
    for (path, value) in rows {
        field(ui, cx, &cx.shown_name(path), path, value);
    }
}

/// A name and its value, masked by `property`; a masked value can be revealed.
fn field(ui: &mut Ui, cx: &DocCx<'_>, name: &str, property: &str, value: &str) {
    let shown = cx.shown(property, value);
    let masked = shown != value;
    let full = ui.available_width();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_2;
        ui.spacing_mut().interact_size.y = theme::TAG;
        let width = full * 0.34;
        ui.allocate_ui_with_layout(vec2(width, theme::TAG), Layout::left_to_right(Align::Min), |ui| {
            ui.set_width(width);
            let words = egui::RichText::new(name).font(theme::mono()).color(theme::palette(ui).text_2);
            ui.add(egui::Label::new(words).truncate());
        });
        let eye = if masked { theme::HIT + theme::SPACE_2 } else { 0.0 };
        let room = (ui.available_width() - eye).max(theme::HIT);
        ui.allocate_ui_with_layout(vec2(room, theme::TAG), Layout::top_down(Align::Min), |ui| {
            ui.set_width(room);
            let words = egui::RichText::new(&shown).font(theme::body()).color(theme::palette(ui).text);
            ui.add(egui::Label::new(words).wrap().selectable(true));
        });
        let reveal = format!("Reveal {name}");
        if masked && Button::icon_only(Icon::EYE, &reveal).small().show(ui).clicked() {
            cx.reveal(property, value);
        }
    });
}

/// The event as JSON, values as they may be shown.
fn as_json(cx: &DocCx<'_>, row: &EventRow) -> String {
    let id = |kind: &str, id: &Option<String>| id.as_deref().map(|id| cx.shown(kind, id));
    let event = json!({
        "type": row.kind.word(),
        "event": cx.shown_name(&row.name),
        "timestamp": row.time.iso(),
        "messageId": id("message_id", &row.message_id),
        "userId": id("user_id", &row.user_id),
        "anonymousId": id("anonymous_id", &row.anonymous_id),
        "previousId": id("previous_id", &row.previous_id),
        "properties": json::masked(cx, &row.properties, ""),
        "context": json::masked(cx, &row.context, "context."),
        "other": json::masked(cx, &row.extra, ""),
    });
    serde_json::to_string_pretty(&event).unwrap_or_default()
}
