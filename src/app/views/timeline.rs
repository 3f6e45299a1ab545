//! One person's events: a row a session, the matches of a funnel ringed and numbered. Not for identity rules.

use std::collections::BTreeMap;

use egui::{
    Align, Align2, CentralPanel, Frame, Layout, Margin, Panel, Rect, Role, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::empty::Empty;
use crate::app::widgets::section::Section;
use crate::app::widgets::table::{Cell, Column, Table};
use crate::app::widgets::{Button, page_header, skeleton, text};
use crate::base::format;
use crate::engine::list::EventFilter;
use crate::jobs::questions::explain::{AskExplain, Explained};
use crate::jobs::questions::rows::AskRows;
use crate::jobs::questions::timeline::{AskTimeline, Timeline};
use crate::model::item::ItemId;
use crate::model::query::Query;
use crate::store::events::EventRow;

/// What the timeline remembers.
#[derive(Debug, Default)]
pub struct TimelineView {
    session: Option<(i64, usize)>,
}

const SIDE: f32 = 264.0;
const LABEL: f32 = 196.0;
const RIGHT: f32 = 24.0;

impl TimelineView {
    /// Paints one person's events, with the matches of a funnel when it was reached from one.
    pub fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, person: i64, query: Option<ItemId>) {
        let timeline = cx.ask("timeline", AskTimeline(person));
        let Some(timeline) = timeline.any().cloned() else {
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| skeleton::lines(ui, 12));
            return;
        };
        let funnel = query.and_then(|id| cx.query(id)).and_then(|saved| match &saved.query {
            Query::Funnel(funnel) => {
                Some((funnel.clone(), saved.name.clone().unwrap_or_else(|| "this funnel".to_owned())))
            }
            Query::Trend(_) => None,
        });
        let explained = funnel.as_ref().and_then(|(funnel, _)| {
            cx.ask("timeline why", AskExplain { funnel: funnel.clone(), person }).any().cloned()
        });
        let fill = theme::palette(ui).bg;
        let side = Frame::NONE.fill(fill).inner_margin(Margin::same(theme::SPACE_3 as i8));
        Panel::left("person").default_size(SIDE).size_range(200.0..=380.0).frame(side).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| about_person(ui, cx, &timeline));
        });
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("timeline head").resizable(false).frame(top).show(ui, |ui| {
            let line = subtitle(cx, &timeline);
            page_header(ui, "Timeline", &line, |ui| {
                if let Some(id) = query
                    && Button::secondary("Back to the funnel").icon(Icon::ARROW_LEFT).show(ui).clicked()
                {
                    cx.send(Command::Go(Route::Query(id)));
                }
                if Button::secondary("Find in events").icon(Icon::EVENTS).show(ui).clicked() {
                    let filter = EventFilter { person: Some(person), ..EventFilter::default() };
                    cx.send(Command::ShowEvents { filter, person: cx.shown("", &timeline.label) });
                }
            });
            if let (Some(explained), Some((_, name))) = (&explained, &funnel) {
                verdict(ui, explained, name);
            }
        });
        self.body(ui, cx, person, &timeline, explained.as_deref());
    }

    fn body(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        person: i64,
        timeline: &Timeline,
        explained: Option<&Explained>,
    ) {
        if timeline.events.is_empty() {
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
                _ = Empty::new(Icon::TIMELINE, "This person has no events in the document").show(ui);
            });
            return;
        }
        let matched: BTreeMap<i64, usize> = explained
            .map(|explained| explained.matched.iter().map(|(step, row)| (*row, *step)).collect())
            .unwrap_or_default();
        let chosen = self.chosen_session(person, timeline, &matched);
        let fill = theme::palette(ui).surface;
        let height = (ui.available_height() * 0.45).max(140.0);
        Panel::bottom("session events")
            .default_size(height)
            .min_size(100.0)
            .frame(Frame::NONE.fill(fill))
            .show(ui, |ui| {
                session_table(ui, cx, timeline, chosen, &matched);
            });
        CentralPanel::default().frame(Frame::NONE.fill(fill)).show(ui, |ui| {
            let sessions = timeline.sessions.len();
            ScrollArea::vertical().auto_shrink([false, false]).show_rows(
                ui,
                theme::ROW,
                sessions,
                |ui, range| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for place in range {
                        // The latest session first.
                        let session = sessions - 1 - place;
                        if session_row(ui, cx, timeline, session, session == chosen, &matched, explained) {
                            self.session = Some((person, session));
                        }
                    }
                },
            );
        });
    }

    /// The session chosen; at first the one with the last match, or the latest.
    fn chosen_session(&self, person: i64, timeline: &Timeline, matched: &BTreeMap<i64, usize>) -> usize {
        let last = timeline.sessions.len() - 1;
        match self.session {
            Some((of, session)) if of == person => session.min(last),
            _ => {
                let has_match = |range: &std::ops::Range<usize>| {
                    timeline.events[range.clone()].iter().any(|event| matched.contains_key(&event.row))
                };
                timeline.sessions.iter().rposition(has_match).unwrap_or(last)
            }
        }
    }
}

fn subtitle(cx: &DocCx<'_>, timeline: &Timeline) -> String {
    let events = format::counted(timeline.events.len() as u64, "event", "events");
    let sessions = format::counted(timeline.sessions.len() as u64, "session", "sessions");
    match (timeline.events.first(), timeline.events.last()) {
        (Some(first), Some(last)) => {
            format!(
                "{events} in {sessions}, {} – {}",
                first.time.human_day(cx.zone),
                last.time.human_day(cx.zone)
            )
        }
        _ => events,
    }
}

fn verdict(ui: &mut Ui, explained: &Explained, name: &str) {
    crate::app::widgets::well(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let reached = explained.matched.iter().map(|(step, _)| step + 1).max().unwrap_or(0);
            text::strong(ui, format!("Reached step {reached} in {name}."));
            text::body(ui, explained.sentence.as_str());
        });
    });
}

fn about_person(ui: &mut Ui, cx: &DocCx<'_>, timeline: &Timeline) {
    ui.horizontal(|ui| {
        text::icon(ui, Icon::USER, "Person");
        text::section_title(ui, cx.shown("", &timeline.label));
    });
    ui.add_space(theme::SPACE_2);
    let count = format::count(timeline.identifiers.len() as u64);
    Section::new("Identifiers").count(&count).show(ui, |ui| {
        for identifier in timeline.identifiers.iter().take(MOST_SHOWN) {
            ui.horizontal(|ui| {
                text::label(ui, identifier.kind.word());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    text::small(ui, format::count(identifier.events));
                    identifier_value(ui, cx, &identifier.value);
                });
            });
        }
        more(ui, timeline.identifiers.len());
    });
    let count = format::count(timeline.links.len() as u64);
    Section::new("Why these are one person").count(&count).show(ui, |ui| {
        if timeline.links.is_empty() {
            text::hint(ui, "There is only one identifier");
        }
        for link in timeline.links.iter().take(MOST_SHOWN) {
            let (a, b) = (cx.shown("", &link.a.value), cx.shown("", &link.b.value));
            text::small(
                ui,
                format!(
                    "{a} and {b}: event {}, in {}",
                    link.event_id,
                    format::counted(link.events, "event", "events")
                ),
            );
        }
        more(ui, timeline.links.len());
    });
}

const MOST_SHOWN: usize = 40;

fn more(ui: &mut Ui, count: usize) {
    if count > MOST_SHOWN {
        text::hint(ui, format!("and {} more", count - MOST_SHOWN));
    }
}

/// Drawn from the right: the eye, then what is left for the value.
fn identifier_value(ui: &mut Ui, cx: &DocCx<'_>, value: &str) {
    if cx.is_masked("", value) && Button::icon_only(Icon::EYE, "Show this value").small().show(ui).clicked() {
        cx.reveal("", value);
    }
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| _ = text::mono_elided(ui, cx.shown("", value)));
}

/// One session: its start, its minutes, and a tick an event; true when clicked.
fn session_row(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    timeline: &Timeline,
    session: usize,
    chosen: bool,
    matched: &BTreeMap<i64, usize>,
    explained: Option<&Explained>,
) -> bool {
    let palette = theme::palette(ui);
    let range = timeline.sessions[session].clone();
    let events = &timeline.events[range];
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return false };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::click());
    let secs = (last.time.0 - first.time.0) as f64 / 1e6;
    let label = format!(
        "Session of {}, {}, {}",
        first.time.human(cx.zone),
        format::counted(events.len() as u64, "event", "events"),
        format::duration_secs(secs)
    );
    let steps: Vec<String> =
        events.iter().filter_map(|event| Some((matched.get(&event.row)? + 1).to_string())).collect();
    let label = if steps.is_empty() { label } else { format!("{label}, step {}", steps.join(", ")) };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &label));
    let painter = ui.painter_at(rect);
    if chosen {
        painter.rect_filled(rect, 0.0, palette.accent_soft);
    } else if response.hovered() {
        painter.rect_filled(rect, 0.0, palette.surface_2);
    }
    let inside = explained
        .and_then(|explained| explained.window)
        .is_some_and(|(from, to)| first.time <= to && last.time >= from);
    if inside {
        let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        painter.rect_filled(bar, 0.0, palette.accent);
    }
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(theme::LINE, palette.border));
    let middle = rect.center().y;
    let at = pos2(rect.left() + theme::SPACE_3, middle);
    painter.text(at, Align2::LEFT_CENTER, first.time.human(cx.zone), theme::small_medium(), palette.text);
    let at = pos2(rect.left() + LABEL, middle);
    painter.text(at, Align2::RIGHT_CENTER, span_words(events.len(), secs), theme::small(), palette.text_2);
    let line = Rect::from_min_max(
        pos2(rect.left() + LABEL + theme::SPACE_4, rect.top()),
        pos2(rect.right() - RIGHT, rect.bottom()),
    );
    ticks(ui, &painter, line, events, matched);
    if response.has_focus() {
        painter.rect_stroke(rect, 0.0, palette.focus_ring(), egui::StrokeKind::Inside);
    }
    response.on_hover_text(&label).clicked()
}

/// A session of one event has no length.
fn span_words(events: usize, secs: f64) -> String {
    if events == 1 { "1 event".to_owned() } else { format::duration_secs(secs) }
}

fn ticks(
    ui: &Ui,
    painter: &egui::Painter,
    line: Rect,
    events: &[crate::jobs::questions::timeline::TimelineEvent],
    matched: &BTreeMap<i64, usize>,
) {
    let palette = theme::palette(ui);
    let look = theme::theme(ui);
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
    let span = (last.time.0 - first.time.0).max(1) as f32;
    let middle = line.center().y;
    let x = |time: i64| line.left() + line.width() * ((time - first.time.0) as f32 / span);
    painter.hline(line.left()..=x(last.time.0), middle, Stroke::new(2.0, palette.border));
    for event in events {
        let tick = Rect::from_center_size(pos2(x(event.time.0), middle), vec2(4.0, 14.0));
        painter.rect_filled(tick, 1.0, look.category(color_of(&event.name)));
    }
    for event in events {
        let Some(step) = matched.get(&event.row) else { continue };
        let center = pos2(x(event.time.0), middle);
        painter.circle(center, 10.0, palette.accent, Stroke::new(2.0, palette.surface));
        painter.circle_stroke(center, 11.0, Stroke::new(1.5, palette.accent));
        painter.text(
            center,
            Align2::CENTER_CENTER,
            (step + 1).to_string(),
            theme::small_medium(),
            palette.on_accent,
        );
    }
}

/// The same name has the same color in every timeline.
fn color_of(name: &str) -> usize {
    name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))) % 8
}

fn session_table(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    timeline: &Timeline,
    session: usize,
    matched: &BTreeMap<i64, usize>,
) {
    let events = &timeline.events[timeline.sessions[session].clone()];
    let rows =
        cx.ask("session rows", AskRows(events.iter().take(MOST_ROWS).map(|event| event.row).collect()));
    let rows: Vec<EventRow> = rows.any().map(|rows| rows.as_ref().clone()).unwrap_or_default();
    let by_id: BTreeMap<i64, &EventRow> = rows.iter().map(|row| (row.id, row)).collect();
    let columns = [
        Column::text("Time", "Time", 168.0).unsorted(),
        Column::text("Step", "Step", 52.0).unsorted(),
        Column::text("Event", "Event", 170.0).unsorted(),
        Column::text("Properties", "Properties", 160.0).unsorted().grows(),
    ];
    let footer = format::counted(events.len() as u64, "event in this session", "events in this session");
    Table::new("session events", "Events of the session", &columns)
        .rows(events.len())
        .dense()
        .footer(&footer, "")
        .show(ui, |row, column| {
            let event = &events[row];
            match column {
                0 => Cell::new(event.time.human_seconds(cx.zone)).secondary(),
                1 => match matched.get(&event.row) {
                    Some(step) => Cell::new((step + 1).to_string()).icon(Icon::CHECK_CIRCLE, Tone::Accent),
                    None => Cell::new(""),
                },
                2 => Cell::new(event.name.clone()).medium(),
                _ => Cell::new(by_id.get(&event.row).map_or_else(String::new, |row| properties(cx, row)))
                    .mono(),
            }
        });
}

const MOST_ROWS: usize = 2000;

/// Properties in one line, suspected values masked.
fn properties(cx: &DocCx<'_>, row: &EventRow) -> String {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(&row.properties) else {
        return String::new();
    };
    let mut parts = Vec::new();
    crate::model::value::flatten("", &object, &mut |name, value| {
        parts.push(format!("{name} {}", cx.shown(name, &value.to_string())))
    });
    parts.join(" · ")
}
