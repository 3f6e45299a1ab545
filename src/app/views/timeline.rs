//! One person's events: a row a session, the matches of a funnel ringed and numbered. Not for identity rules.

mod marks;
mod session_events;

use std::collections::BTreeMap;

use egui::{
    Align, Align2, CentralPanel, Frame, Layout, Margin, Panel, Rect, Role, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use self::marks::Marks;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::app::widgets::section::Section;
use crate::app::widgets::{Button, SizedPanel, page_header, skeleton, text};
use crate::base::format;
use crate::engine::list::EventFilter;
use crate::engine::summary::NameSummary;
use crate::jobs::questions::names::AskNames;
use crate::jobs::questions::timeline::{AskTimeline, Timeline, TimelineEvent};
use crate::model::item::ItemId;
use crate::model::time::Time;

/// What the timeline remembers.
#[derive(Debug, Default)]
pub struct TimelineView {
    session: Option<(i64, usize)>,
    events: session_events::SessionEvents,
}

const SIDE: f32 = 264.0;
const LABEL: f32 = 196.0;
const RIGHT: f32 = 24.0;
/// How many names the legend tells.
const LEGEND: usize = 6;

impl TimelineView {
    /// Paints one person's events, with the matches of a funnel when it was reached from one.
    pub fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, person: i64, query: Option<ItemId>) {
        let timeline = cx.ask("timeline", AskTimeline(person));
        let Some(timeline) = timeline.any().cloned() else {
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| skeleton::lines(ui, 12));
            return;
        };
        let marks = marks::of(cx, person, query);
        let fill = theme::palette(ui).bg;
        let side = Frame::NONE.fill(fill).inner_margin(Margin::same(theme::SPACE_3 as i8));
        SizedPanel::left("person", SIDE, 200.0..=380.0).frame(side).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| about_person(ui, cx, &timeline));
        });
        let top = Frame::NONE.inner_margin(Margin::symmetric(theme::SPACE_4 as i8, theme::SPACE_2 as i8));
        Panel::top("timeline head").resizable(false).frame(top).show(ui, |ui| {
            let line = subtitle(cx, &timeline);
            page_header(ui, "Timeline", &line, |ui| {
                if let Some(id) = query
                    && back(cx, id).icon(Icon::ARROW_LEFT).show(ui).clicked()
                {
                    cx.send(Command::Go(Route::Query(id)));
                }
                if Button::secondary("Find in events").icon(Icon::EVENTS).show(ui).clicked() {
                    let filter = EventFilter { person: Some(person), ..EventFilter::default() };
                    cx.send(Command::ShowEvents { filter, person: cx.shown("", &timeline.label) });
                }
            });
            if let Some(marks) = &marks {
                verdict(ui, marks);
            }
        });
        self.body(ui, cx, person, &timeline, marks.as_ref());
    }

    fn body(&mut self, ui: &mut Ui, cx: &DocCx<'_>, person: i64, timeline: &Timeline, marks: Option<&Marks>) {
        if timeline.events.is_empty() {
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
                _ = Empty::new(Icon::TIMELINE, "This person has no events in the document").show(ui);
            });
            return;
        }
        let matched = marks.map(|marks| marks.matched.clone()).unwrap_or_default();
        let chosen = self.chosen_session(person, timeline, &matched);
        let fill = theme::palette(ui).surface;
        let height = (ui.available_height() * 0.45).max(140.0);
        SizedPanel::bottom("session events", height, 100.0)
            .frame(Frame::NONE.fill(fill))
            .show(ui, |ui| self.events.show(ui, cx, timeline, chosen, &matched));
        let names = cx.ask("names", AskNames);
        let rows = Rows {
            cx,
            timeline,
            matched: &matched,
            window: marks.and_then(|marks| marks.window),
            scale: Scale::of(timeline),
            colors: colors(names.any().map_or(&[], |names| names.as_slice())),
        };
        CentralPanel::default().frame(Frame::NONE.fill(fill)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            rows.legend(ui);
            rows.head(ui);
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
                        if rows.show(ui, session, session == chosen) {
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

/// The way back to the query that one came from.
fn back(cx: &DocCx<'_>, id: ItemId) -> Button<'static> {
    Button::secondary(match cx.query(id).map(|saved| saved.query.kind()) {
        Some("retention") => "Back to the retention",
        Some("flow") => "Back to the flow",
        Some("trend") => "Back to the trend",
        Some(_) | None => "Back to the funnel",
    })
}

fn verdict(ui: &mut Ui, marks: &Marks) {
    crate::app::widgets::well(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            text::strong(ui, marks.headline.as_str());
            text::body(ui, marks.sentence.as_str());
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
                    shown_value(ui, cx, "", &identifier.value);
                });
            });
        }
        more(ui, timeline.identifiers.len());
    });
    if !timeline.traits.is_empty() {
        let count = format::count(timeline.traits.len() as u64);
        Section::new("Traits, from tables of persons").id_salt("traits").count(&count).show(ui, |ui| {
            for (name, value) in timeline.traits.iter().take(MOST_SHOWN) {
                ui.horizontal(|ui| {
                    let room = ui.available_width();
                    ui.allocate_ui(vec2(room * 0.4, theme::TAG), |ui| {
                        ui.set_width(room * 0.4);
                        text::mono_elided(ui, cx.shown_name(name));
                    });
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        shown_value(ui, cx, name, value)
                    });
                });
            }
            more(ui, timeline.traits.len());
        });
    }
    let count = format::count(timeline.links.len() as u64);
    Section::new("Why these are one person").count(&count).show(ui, |ui| {
        if timeline.links.is_empty() {
            text::hint(ui, "There is only one identifier");
        }
        for link in timeline.links.iter().take(MOST_SHOWN) {
            let (a, b) = (cx.shown("", &link.a.value), cx.shown("", &link.b.value));
            let often = format::counted(link.events, "event", "events");
            let because = match link.event_id {
                0 => "a table of persons".to_owned(),
                event => format!("event {event}, in {often}"),
            };
            text::small(ui, format!("{a} and {b}: {because}"));
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
fn shown_value(ui: &mut Ui, cx: &DocCx<'_>, property: &str, value: &str) {
    let is_masked = cx.is_masked(property, value);
    if is_masked && Button::icon_only(Icon::EYE, "Show this value").small().show(ui).clicked() {
        cx.reveal(property, value);
    }
    let shown = cx.shown(property, value);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| _ = text::mono_elided(ui, shown));
}

/// The rows of sessions, all on one scale of minutes.
struct Rows<'a> {
    cx: &'a DocCx<'a>,
    timeline: &'a Timeline,
    matched: &'a BTreeMap<i64, usize>,
    window: Option<(Time, Time)>,
    scale: Scale,
    colors: BTreeMap<&'a str, usize>,
}

impl Rows<'_> {
    /// What the columns are, and the minutes.
    fn head(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::hover());
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0.0, palette.surface_2);
        let middle = rect.center().y;
        let text = |x: f32, align: Align2, words: &str| {
            painter.text(pos2(x, middle), align, words, theme::label(), palette.text_2);
        };
        text(rect.left() + theme::SPACE_3, Align2::LEFT_CENTER, "Session");
        text(rect.left() + LABEL, Align2::RIGHT_CENTER, "Length");
        let line = line_of(rect);
        for secs in self.scale.marks() {
            text(
                line.left() + line.width() * self.scale.share(secs),
                Align2::CENTER_CENTER,
                &mark_words(secs),
            );
        }
    }

    /// One session: its start, its length, and a tick an event; true when clicked.
    fn show(&self, ui: &mut Ui, session: usize, chosen: bool) -> bool {
        let palette = theme::palette(ui);
        let Rows { cx, timeline, matched, window, .. } = *self;
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
        let inside = window.is_some_and(|(from, to)| first.time <= to && last.time >= from);
        if inside {
            let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            painter.rect_filled(bar, 0.0, palette.accent);
        }
        painter.hline(rect.x_range(), rect.bottom(), Stroke::new(theme::LINE, palette.border));
        let middle = rect.center().y;
        let at = pos2(rect.left() + theme::SPACE_3, middle);
        painter.text(at, Align2::LEFT_CENTER, first.time.human(cx.zone), theme::small_medium(), palette.text);
        let at = pos2(rect.left() + LABEL, middle);
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            span_words(events.len(), secs),
            theme::small(),
            palette.text_2,
        );
        let line = line_of(rect);
        self.ticks(ui, &painter, line, events);
        if response.has_focus() {
            painter.rect_stroke(rect, 0.0, palette.focus_ring(), egui::StrokeKind::Inside);
        }
        let words = response.hover_pos().and_then(|at| self.under(at, line, events)).unwrap_or(label);
        response.on_hover_text(words).clicked()
    }

    /// The event whose tick is under the pointer, in words.
    fn under(&self, pointer: egui::Pos2, line: Rect, events: &[TimelineEvent]) -> Option<String> {
        const NEAR: f32 = 5.0;
        let start = events.first()?.time.0;
        let away = |event: &&TimelineEvent| {
            let secs = (event.time.0 - start) as f64 / 1e6;
            (line.left() + line.width() * self.scale.share(secs) - pointer.x).abs()
        };
        let nearest = events.iter().min_by(|a, b| away(a).total_cmp(&away(b)))?;
        let step =
            self.matched.get(&nearest.row).map_or_else(String::new, |step| format!(", step {}", step + 1));
        let time = nearest.time.human_seconds(self.cx.zone);
        (away(&nearest) <= NEAR).then(|| format!("{}, {time}{step}", self.cx.shown_name(&nearest.name)))
    }

    /// The colors of this person's events, the most frequent names first.
    fn legend(&self, ui: &mut Ui) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.timeline.events.iter().for_each(|event| *counts.entry(event.name.as_str()).or_default() += 1);
        let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
        names.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        let margin = Margin::symmetric(theme::SPACE_3 as i8, theme::SPACE_1 as i8);
        Frame::NONE.inner_margin(margin).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = theme::SPACE_1;
                for (name, _) in names.iter().take(LEGEND) {
                    let (rect, _) = ui.allocate_exact_size(vec2(4.0, theme::SPACE_4), Sense::hover());
                    ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), 1.0, self.color(ui, name));
                    text::small(ui, self.cx.shown_name(name));
                    ui.add_space(theme::SPACE_2);
                }
                if names.len() > LEGEND {
                    text::hint(ui, format!("and {} more", names.len() - LEGEND));
                }
            });
        });
    }

    fn color(&self, ui: &Ui, name: &str) -> egui::Color32 {
        theme::theme(ui).category(self.colors.get(name).copied().unwrap_or(7))
    }

    fn ticks(&self, ui: &Ui, painter: &egui::Painter, line: Rect, events: &[TimelineEvent]) {
        let palette = theme::palette(ui);
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let middle = line.center().y;
        let secs = |time: i64| (time - first.time.0) as f64 / 1e6;
        let x = |time: i64| line.left() + line.width() * self.scale.share(secs(time));
        painter.hline(line.left()..=x(last.time.0), middle, Stroke::new(2.0, palette.border));
        for event in events {
            let tick = Rect::from_center_size(pos2(x(event.time.0), middle), vec2(4.0, 14.0));
            painter.rect_filled(tick, 1.0, self.color(ui, &event.name));
        }
        for event in events {
            let Some(step) = self.matched.get(&event.row) else { continue };
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
}

/// Where the ticks of a row are.
fn line_of(row: Rect) -> Rect {
    Rect::from_min_max(
        pos2(row.left() + LABEL + theme::SPACE_4, row.top()),
        pos2(row.right() - RIGHT, row.bottom()),
    )
}

/// One scale for all sessions of a person, from their start on.
#[derive(Clone, Copy, Debug)]
struct Scale {
    longest_secs: f64,
}

impl Scale {
    fn of(timeline: &Timeline) -> Scale {
        let length = |range: &std::ops::Range<usize>| {
            let events = &timeline.events[range.clone()];
            let (first, last) = (events.first()?, events.last()?);
            Some((last.time.0 - first.time.0) as f64 / 1e6)
        };
        let longest_secs = timeline.sessions.iter().filter_map(length).fold(60.0, f64::max);
        Scale { longest_secs }
    }

    fn share(self, secs: f64) -> f32 {
        (secs / self.longest_secs) as f32
    }

    /// At most eight round numbers of seconds, from 0 on.
    fn marks(self) -> Vec<f64> {
        const STEPS: [f64; 12] =
            [10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 43_200.0];
        let fits = |step: &f64| self.longest_secs / step <= 8.0;
        let step =
            STEPS.into_iter().find(fits).unwrap_or((self.longest_secs / 8.0 / 86_400.0).ceil() * 86_400.0);
        let count = (self.longest_secs / step).floor() as u32;
        (0..=count).map(|mark| f64::from(mark) * step).collect()
    }
}

fn mark_words(secs: f64) -> String {
    if secs == 0.0 { "0".to_owned() } else { format::duration_secs(secs) }
}

/// The same name has the same color in every timeline: names in the order of how often they come.
fn colors(names: &[NameSummary]) -> BTreeMap<&str, usize> {
    let mut order: Vec<&NameSummary> = names.iter().collect();
    order.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    order.into_iter().enumerate().map(|(place, name)| (name.name.as_str(), place % 8)).collect()
}

/// A session of one event has no length.
fn span_words(events: usize, secs: f64) -> String {
    if events == 1 { "1 event".to_owned() } else { format::duration_secs(secs) }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn marks_are_round_and_few() {
        for (longest_secs, last, count) in
            [(60.0, 60.0, 7), (332.0, 300.0, 6), (4_000.0, 3_600.0, 7), (2e6, 1_814_400.0, 8)]
        {
            let marks = Scale { longest_secs }.marks();
            assert_eq!((marks.last().copied(), marks.len()), (Some(last), count), "{longest_secs}");
        }
    }
}
