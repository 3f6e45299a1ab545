//! The event names of the log with their volume; a click filters by one. Not for names of the plan.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Color32, CursorIcon, Galley, Rect, Role, ScrollArea, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::theme;
use crate::app::widgets::{ListRow, search_field, skeleton, sparkline, text};
use crate::base::format;
use crate::engine::summary::NameSummary;
use crate::jobs::questions::names::AskNames;

/// What was typed to find a name.
#[derive(Debug, Default)]
pub(super) struct NameList {
    query: String,
}

impl NameList {
    /// Paints it; `chosen` are the names that the page is about, none for all.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>, chosen: &mut Vec<String>) {
        ui.add_space(theme::SPACE_1);
        ui.spacing_mut().item_spacing.y = 0.0;
        text::section_title(ui, "Event names");
        ui.add_space(theme::SPACE_2);
        search_field(ui, "Filter names", &mut self.query);
        ui.add_space(theme::SPACE_2);
        let answer = cx.ask("event names", AskNames);
        match (&answer, answer.any()) {
            (_, Some(names)) => self.rows(ui, cx, names, chosen),
            (Loadable::Failed(problem), None) => _ = text::secondary(ui, problem.to_string()),
            (_, None) => skeleton::lines(ui, 8),
        }
    }

    fn rows(&self, ui: &mut Ui, cx: &DocCx<'_>, names: &[NameSummary], chosen: &mut Vec<String>) {
        let wanted = self.query.trim().to_lowercase();
        // What is masked cannot be searched for: the list would tell it letter by letter.
        let found: Vec<&NameSummary> =
            names.iter().filter(|name| cx.shown_name(&name.name).to_lowercase().contains(&wanted)).collect();
        let all = ListRow::new("All events").selected(chosen.is_empty());
        let count = format::count(cx.facts.events);
        let all = all.count(&count).show(ui).on_hover_text("Future events count here, and for no name");
        if all.clicked() {
            chosen.clear();
        }
        if found.is_empty() {
            text::secondary(ui, "No name matches");
        }
        let area = ScrollArea::vertical().id_salt("names").auto_shrink([false, false]);
        area.show_rows(ui, theme::ROW, found.len(), |ui, range| {
            for name in &found[range] {
                let selected = chosen.contains(&name.name);
                let row = row(ui, cx, name, selected);
                let adds = ui.input(|input| input.modifiers.command);
                if row.clicked() {
                    choose(chosen, &name.name, adds);
                }
            }
        });
    }
}

/// Chooses one name, or with Ctrl adds it or takes it out; the only chosen one again chooses all.
fn choose(chosen: &mut Vec<String>, name: &str, adds: bool) {
    let was_chosen = chosen.iter().any(|other| other == name);
    let only = chosen.len() == 1;
    if adds {
        chosen.retain(|other| other != name);
    } else {
        chosen.clear();
    }
    if !was_chosen || (!adds && !only) {
        chosen.push(name.to_owned());
    }
}

/// Room for the bars of a name.
const SPARK: f32 = theme::SPACE_5 + theme::SPACE_1;

fn row(ui: &mut Ui, cx: &DocCx<'_>, name: &NameSummary, selected: bool) -> egui::Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::click());
    let count = format::count(name.events);
    let shown = cx.shown_name(&name.name);
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, ui.is_enabled(), selected, format!("{shown}, {count}"))
    });
    if selected {
        ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.accent_soft);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.surface_2);
    }
    let (ink, muted) =
        if selected { (palette.accent, palette.accent) } else { (palette.text, palette.text_2) };
    let inner = rect.shrink2(vec2(theme::SPACE_2, 0.0));
    let right = ui.painter().text(
        pos2(inner.right(), rect.center().y),
        egui::Align2::RIGHT_CENTER,
        &count,
        theme::label(),
        muted,
    );
    let bars_right = right.left().min(inner.right() - theme::SPACE_6 - theme::SPACE_2) - theme::SPACE_2;
    let bars = Rect::from_min_max(
        pos2(bars_right - SPARK, rect.top() + theme::SPACE_2),
        pos2(bars_right, rect.bottom() - theme::SPACE_2),
    );
    // Two spans a bar: narrower ones would blur.
    let values: Vec<f64> = name.spark.chunks(2).map(|pair| pair.iter().sum::<u64>() as f64).collect();
    sparkline::bars(ui, bars, &values, if selected { palette.accent } else { palette.text_3 });
    let font = if selected { theme::medium() } else { theme::body() };
    let words = one_line(ui, &shown, font, ink, bars.left() - theme::SPACE_2 - inner.left());
    let top = rect.center().y - words.size().y / 2.0;
    ui.painter().galley(pos2(inner.left(), top.round()), words, ink);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, theme::RADIUS_CONTROL, palette.focus_ring(), StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(told(cx, name))
}

fn told(cx: &DocCx<'_>, name: &NameSummary) -> String {
    format!(
        "{}\n{} of {}\nFirst seen {}\nLast seen {}\nCtrl+click adds a name",
        cx.shown_name(&name.name),
        format::counted(name.events, "event", "events"),
        format::counted(name.persons, "person", "persons"),
        name.first.human(cx.zone),
        name.last.human(cx.zone),
    )
}

fn one_line(ui: &Ui, text: &str, font: egui::FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.painter().layout_job(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_chooses_one_and_ctrl_several() {
        let mut chosen = Vec::new();
        choose(&mut chosen, "A", false);
        choose(&mut chosen, "B", true);
        assert_eq!(chosen, ["A", "B"]);
        choose(&mut chosen, "B", false);
        assert_eq!(chosen, ["B"]);
        choose(&mut chosen, "B", false);
        assert!(chosen.is_empty());
        choose(&mut chosen, "A", true);
        choose(&mut chosen, "A", true);
        assert!(chosen.is_empty());
    }
}
