//! A retention as a heat map: a row for each cohort, a column for each period. Not for its curves.

use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::chart::legend_item;
use super::plot_keys;
use super::retention::{Place, Spot, cohort_label};
use crate::app::theme::{self, Theme};
use crate::app::widgets::table::copy_asked;
use crate::base::format;
use crate::model::retention::{Cohort, Retention, Triangle};
use crate::model::time::Zone;

/// What cells say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cells {
    /// Shares of the cohort.
    #[default]
    Percent,
    /// Counts.
    Persons,
}

/// What a person did with the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// Chose a number.
    Chosen(Spot),
    /// Asked for the table.
    Copied,
    /// Wants no number chosen.
    Closed,
}

/// Paints the map in the room there is, `spare` of which is filled only when cells are not narrow already.
pub(super) fn show(
    ui: &mut Ui,
    zone: Zone,
    (retention, triangle): (&Retention, &Triangle),
    cells: Cells,
    place: Place,
    spare: f32,
) -> Option<Touch> {
    let spot = place.chosen;
    let labels: Vec<String> =
        triangle.cohorts.iter().map(|cohort| cohort_label(retention, cohort.start, zone)).collect();
    let room = ui.available_rect_before_wrap();
    let map = Map::new(ui, retention, triangle, cells, &labels, room.size() - vec2(spare, 0.0));
    let mut touch = None;
    let mut focused = false;
    ScrollArea::both().auto_shrink([false, false]).show_viewport(ui, |ui, viewport| {
        let (rect, response) = ui.allocate_exact_size(map.size(), Sense::click());
        focused = response.has_focus();
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, map.said(spot)));
        map.paint(ui, rect.min, viewport, spot, response.hover_pos());
        touch = map.touched(ui, &response, rect.min, viewport, place);
        if let Some(hovered) = response.hover_pos().and_then(|at| map.at(at, rect.min, viewport)) {
            response
                .on_hover_cursor(egui::CursorIcon::PointingHand)
                .on_hover_text_at_pointer(map.words(hovered));
        }
    });
    if focused {
        let ring = theme::palette(ui).focus_ring();
        ui.painter().rect_stroke(room, theme::RADIUS_SMALL, ring, StrokeKind::Inside);
    }
    touch
}

/// What the colors mean, and the hatching.
pub(super) fn legend(ui: &mut Ui, retention: &Retention, triangle: &Triangle) {
    const STEPS: usize = 7;
    const STEP: f32 = 14.0;
    let look = theme::theme(ui);
    let ink = look.palette.text_2;
    let words = |text: String| ui.painter().layout_no_wrap(text, theme::small(), ink);
    let (least, most) = (words("0 %".to_owned()), words(format::percent(top(triangle))));
    let bar = STEP * STEPS as f32;
    let width = least.size().x + bar + most.size().x + theme::SPACE_1 * 2.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::TAG), Sense::hover());
    let said = format!("Color from 0 % to {}", format::percent(top(triangle)));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let mut x = rect.left() + least.size().x + theme::SPACE_1;
    let put = |galley: std::sync::Arc<egui::Galley>, x: f32| {
        ui.painter().galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, ink);
    };
    put(least, rect.left());
    for step in 0..STEPS {
        let swatch = Rect::from_min_size(pos2(x, rect.center().y - 6.0), vec2(STEP, 12.0));
        ui.painter().rect_filled(swatch, 0.0, look.heat(step as f32 / (STEPS - 1) as f32));
        x += STEP;
    }
    put(most, x + theme::SPACE_1);
    if triangle.cohorts.iter().any(|cohort| cohort.unfinished) {
        ui.add_space(theme::SPACE_2);
        let words = format!("{} not over yet", retention.interval.word());
        legend_item(ui, &words, |painter, rect| hatched(painter, rect, look, look.heat(0.3)));
    }
}

/// The share that has the darkest color: period 0 is often everybody and would pale all others.
fn top(triangle: &Triangle) -> f64 {
    let most = triangle.most();
    if most > 0.0 { most } else { 1.0 }
}

const HEAD: f32 = theme::ROW;
const CELL_LEAST: f32 = 48.0;
const CELL_MOST: f32 = 120.0;
const ROW_MOST: f32 = 40.0;
/// Around a label in its column.
const PAD: f32 = theme::SPACE_2;
const GAP: f32 = 2.0;
const AVERAGE: &str = "Average";

struct Map<'a> {
    retention: &'a Retention,
    triangle: &'a Triangle,
    cells: Cells,
    labels: &'a [String],
    top: f64,
    periods: usize,
    /// Widths of the labels, of the sizes and of a cell.
    widths: [f32; 3],
    row: f32,
}

impl<'a> Map<'a> {
    fn new(
        ui: &Ui,
        retention: &'a Retention,
        triangle: &'a Triangle,
        cells: Cells,
        labels: &'a [String],
        room: egui::Vec2,
    ) -> Map<'a> {
        let wide =
            |text: &str| ui.painter().layout_no_wrap(text.to_owned(), theme::body(), Color32::WHITE).size().x;
        let label = labels.iter().map(|label| wide(label)).fold(wide(AVERAGE), f32::max) + PAD * 2.0;
        let size = wide(&format::count(triangle.size())).max(wide("Persons")) + PAD * 2.0;
        let periods = triangle.cohorts.iter().map(|cohort| cohort.returned.len()).max().unwrap_or(0);
        let title = retention.period_label(periods.saturating_sub(1));
        let title = ui.painter().layout_no_wrap(title, theme::label(), Color32::WHITE).size().x + PAD;
        let left = room.x - label - size;
        let cell = (left / periods.max(1) as f32).floor().clamp(CELL_LEAST.max(title), CELL_MOST);
        let rows = triangle.cohorts.len() as f32 + 1.0;
        let row = ((room.y - HEAD) / rows).floor().clamp(theme::ROW_DENSE, ROW_MOST);
        Map {
            retention,
            triangle,
            cells,
            labels,
            top: top(triangle),
            periods,
            widths: [label, size, cell],
            row,
        }
    }

    fn size(&self) -> egui::Vec2 {
        let [label, size, cell] = self.widths;
        vec2(
            label + size + cell * self.periods as f32,
            HEAD + self.row * (self.triangle.cohorts.len() as f32 + 1.0),
        )
    }

    /// What stays in place at the left and at the top while the rest scrolls.
    fn fixed(&self) -> egui::Vec2 {
        vec2(self.widths[0] + self.widths[1], HEAD + self.row)
    }

    /// The place of a cell in the content.
    fn rect(&self, spot: Spot) -> Rect {
        let y = HEAD + self.row * (spot.cohort as f32 + 1.0);
        let [label, size, cell] = self.widths;
        let (x, width) = match spot.column.checked_sub(1) {
            None => (label, size),
            Some(period) => (label + size + cell * period as f32, cell),
        };
        Rect::from_min_size(pos2(x, y), vec2(width, self.row))
    }

    /// The cell under the pointer.
    fn at(&self, pointer: Pos2, origin: Pos2, viewport: Rect) -> Option<Spot> {
        let inside = pointer - origin;
        let seen = inside - viewport.min.to_vec2();
        if seen.y < self.fixed().y || seen.x < self.widths[0] {
            return None;
        }
        let cohort = ((inside.y - HEAD) / self.row) as usize;
        let cohort = cohort.checked_sub(1).filter(|cohort| *cohort < self.triangle.cohorts.len())?;
        let column = if seen.x < self.fixed().x {
            0
        } else {
            1 + ((inside.x - self.fixed().x) / self.widths[2]) as usize
        };
        (column <= self.triangle.cohorts[cohort].returned.len()).then_some(Spot { cohort, column })
    }

    /// What keys and the pointer choose.
    fn touched(
        &self,
        ui: &Ui,
        response: &Response,
        origin: Pos2,
        viewport: Rect,
        place: Place,
    ) -> Option<Touch> {
        if copy_asked(ui, response.has_focus()) {
            return Some(Touch::Copied);
        }
        if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked()) {
            // From the cell that was clicked, the arrows go on.
            response.request_focus();
            return self.at(pointer, origin, viewport).map(Touch::Chosen);
        }
        let keys = plot_keys::keys(ui, response, place.chosen.is_some());
        if keys.escape {
            return Some(Touch::Closed);
        }
        if keys == plot_keys::Walk::default() {
            return None;
        }
        let next = self.walked(place.from(), keys)?;
        // Not under what stays in place.
        let mut rect = self.rect(next).translate(origin.to_vec2());
        rect.min -= if next.column == 0 { vec2(self.widths[0], self.fixed().y) } else { self.fixed() };
        ui.scroll_to_rect(rect, None);
        Some(Touch::Chosen(next))
    }

    fn walked(&self, spot: Option<Spot>, keys: plot_keys::Walk) -> Option<Spot> {
        let cohorts = &self.triangle.cohorts;
        let Some(now) = spot else {
            let column = cohorts.first()?.returned.len().min(2);
            return Some(Spot { cohort: 0, column });
        };
        let cohort = now.cohort.saturating_add_signed(keys.down).min(cohorts.len().checked_sub(1)?);
        let last = cohorts[cohort].returned.len();
        let column = match keys.end {
            0 => now.column.saturating_add_signed(keys.right).min(last),
            1.. => last,
            ..0 => 0,
        };
        Some(Spot { cohort, column })
    }

    fn said(&self, spot: Option<Spot>) -> String {
        let cohorts = format::counted(self.triangle.cohorts.len() as u64, "cohort", "cohorts");
        let words = spot.map_or_else(|| "arrows choose a cell".to_owned(), |spot| self.words(spot));
        format!("Retention, {cohorts}: {words}")
    }

    /// `16 Feb 2026, Week 3: 45 of 312 persons came back (14 %)`.
    fn words(&self, spot: Spot) -> String {
        words(self.retention, &self.labels[spot.cohort], &self.triangle.cohorts[spot.cohort], spot.column)
    }

    fn paint(&self, ui: &Ui, origin: Pos2, viewport: Rect, spot: Option<Spot>, pointer: Option<Pos2>) {
        let look = theme::theme(ui);
        let palette = &look.palette;
        let hovered = pointer.and_then(|pointer| self.at(pointer, origin, viewport));
        let rows = self.seen_rows(viewport);
        let columns = self.seen_columns(viewport);
        for cohort in rows.clone() {
            for column in
                columns.clone().filter(|column| *column <= self.triangle.cohorts[cohort].returned.len())
            {
                let own = Spot { cohort, column };
                let rect = self.rect(own).translate(origin.to_vec2()).shrink(GAP / 2.0);
                self.cell(ui, look, rect, own);
                self.ring(ui, rect, (spot == Some(own), hovered == Some(own)));
            }
        }
        // Over the cells that scroll below them.
        let corner = origin + viewport.min.to_vec2();
        let left = Rect::from_min_size(corner, vec2(self.fixed().x, viewport.height()));
        ui.painter().rect_filled(left, 0.0, palette.surface);
        for cohort in rows {
            let own = Spot { cohort, column: 0 };
            let size = self.rect(own).translate(vec2(corner.x, origin.y)).shrink(GAP / 2.0);
            let label = Rect::from_min_max(pos2(corner.x, size.top()), pos2(size.left(), size.bottom()));
            put(ui, label, Align2::LEFT_CENTER, &self.labels[cohort], theme::body(), palette.text);
            let count = format::count(self.triangle.cohorts[cohort].size);
            put(ui, size, Align2::RIGHT_CENTER, &count, theme::body(), palette.text_2);
            self.ring(ui, size, (spot == Some(own), hovered == Some(own)));
        }
        self.head(ui, look, origin, corner, viewport);
    }

    /// Titles and averages, at the top.
    fn head(&self, ui: &Ui, look: &Theme, origin: Pos2, corner: Pos2, viewport: Rect) {
        let palette = &look.palette;
        let ground = Rect::from_min_size(corner, vec2(viewport.width(), self.fixed().y));
        ui.painter().rect_filled(ground, 0.0, palette.surface);
        let line = |y: f32| {
            Rect::from_min_size(pos2(0.0, corner.y + y), vec2(0.0, if y > 0.0 { self.row } else { HEAD }))
        };
        let [label, size, cell] = self.widths;
        let across = |rect: Rect, x: f32, width: f32| {
            Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height())).shrink(GAP / 2.0)
        };
        let (titles, averages) = (line(0.0), line(HEAD));
        for column in self.seen_columns(viewport).filter(|column| *column > 0) {
            let x = origin.x + self.fixed().x + cell * (column - 1) as f32;
            let title = self.retention.period_label(column - 1);
            put(ui, across(titles, x, cell), Align2::CENTER_CENTER, &title, theme::label(), palette.text_2);
            let share = self.triangle.average.get(column - 1).and_then(|average| average.share());
            let words = share.map_or_else(|| "–".to_owned(), format::percent);
            let rect = across(averages, x, cell);
            put(ui, rect, Align2::CENTER_CENTER, &words, theme::strong(), palette.text);
        }
        let left = Rect::from_min_size(corner, vec2(label + size, self.fixed().y));
        ui.painter().rect_filled(left, 0.0, palette.surface);
        let title = self.retention.cohort_title();
        put(ui, across(titles, corner.x, label), Align2::LEFT_CENTER, &title, theme::label(), palette.text_2);
        let persons = across(titles, corner.x + label, size);
        put(ui, persons, Align2::RIGHT_CENTER, "Persons", theme::label(), palette.text_2);
        put(
            ui,
            across(averages, corner.x, label),
            Align2::LEFT_CENTER,
            AVERAGE,
            theme::strong(),
            palette.text,
        );
        let all = format::count(self.triangle.size());
        let rect = across(averages, corner.x + label, size);
        put(ui, rect, Align2::RIGHT_CENTER, &all, theme::strong(), palette.text);
        ui.painter().hline(ground.x_range(), ground.bottom() - GAP / 2.0, palette.line());
    }

    fn cell(&self, ui: &Ui, look: &Theme, rect: Rect, spot: Spot) {
        let Some(period) = spot.column.checked_sub(1) else { return };
        let cohort = &self.triangle.cohorts[spot.cohort];
        let Some(share) = cohort.share(period) else {
            put(ui, rect, Align2::CENTER_CENTER, "–", theme::small(), look.palette.text_3);
            return;
        };
        let ground = look.heat((share / self.top) as f32);
        let words = match self.cells {
            Cells::Percent => format::percent(share),
            Cells::Persons => format::count(cohort.returned[period]),
        };
        let ink = look.text_on(ground);
        if cohort.is_unfinished(period) {
            hatched(ui.painter(), rect, look, ground);
            // On a ground of its own the text reads as well as elsewhere.
            let galley = ui.painter().layout_no_wrap(words, theme::small_medium(), ink);
            let own = Rect::from_center_size(rect.center(), galley.size() + vec2(theme::SPACE_2, 2.0));
            ui.painter().rect_filled(own, theme::RADIUS_SMALL, ground);
            ui.painter().galley(own.center() - galley.size() / 2.0, galley, ink);
            return;
        }
        ui.painter().rect_filled(rect, theme::RADIUS_SMALL, ground);
        put(ui, rect, Align2::CENTER_CENTER, &words, theme::small_medium(), ink);
    }

    fn ring(&self, ui: &Ui, rect: Rect, (is_chosen, is_hovered): (bool, bool)) {
        let palette = theme::palette(ui);
        if is_chosen {
            // Seen on the darkest cells, too.
            let inner = Stroke::new(theme::LINE, palette.surface);
            ui.painter().rect_stroke(
                rect.shrink(theme::FOCUS_RING),
                theme::RADIUS_SMALL,
                inner,
                StrokeKind::Inside,
            );
            ui.painter().rect_stroke(rect, theme::RADIUS_SMALL, palette.focus_ring(), StrokeKind::Inside);
        } else if is_hovered {
            let line = Stroke::new(theme::LINE, palette.text);
            ui.painter().rect_stroke(rect, theme::RADIUS_SMALL, line, StrokeKind::Inside);
        }
    }

    fn seen_rows(&self, viewport: Rect) -> std::ops::Range<usize> {
        let first = ((viewport.top() - HEAD) / self.row).max(1.0) as usize - 1;
        let end = ((viewport.bottom() - HEAD) / self.row).max(0.0).ceil() as usize;
        first..end.min(self.triangle.cohorts.len())
    }

    /// From 0, the sizes, which are always in sight.
    fn seen_columns(&self, viewport: Rect) -> std::ops::Range<usize> {
        let (fixed, cell) = (self.fixed().x, self.widths[2]);
        let first = ((viewport.left() / cell).max(0.0)) as usize + 1;
        let end = ((viewport.right() - fixed) / cell).max(0.0).ceil() as usize + 1;
        first..end.min(self.periods + 1)
    }
}

/// A cell in words.
pub(super) fn words(retention: &Retention, label: &str, cohort: &Cohort, column: usize) -> String {
    let all = format::counted(cohort.size, "person", "persons");
    let Some(period) = column.checked_sub(1) else { return format!("{label}: {all}") };
    let returned = cohort.returned.get(period).copied().unwrap_or(0);
    let share =
        cohort.share(period).map_or_else(String::new, |share| format!(" ({})", format::percent(share)));
    let so_far = if cohort.is_unfinished(period) {
        format!(" so far: this {} is not over", retention.interval.word())
    } else {
        String::new()
    };
    let period = retention.period_label(period);
    format!("{label}, {period}: {} of {all} came back{share}{so_far}", format::count(returned))
}

fn put(ui: &Ui, rect: Rect, align: Align2, words: &str, font: FontId, ink: Color32) {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), font, ink);
    let rect = rect.shrink2(vec2(if align == Align2::CENTER_CENTER { 0.0 } else { PAD / 2.0 }, 0.0));
    ui.painter().galley(align.align_size_within_rect(galley.size(), rect).min.round(), galley, ink);
}

fn hatched(painter: &Painter, rect: Rect, look: &Theme, ground: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    painter.rect_filled(rect, theme::RADIUS_SMALL, ground);
    let line = Stroke::new(theme::LINE, look.text_on(ground).gamma_multiply(0.45));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], line);
        x += 6.0;
    }
    painter.rect_stroke(rect, theme::RADIUS_SMALL, line, StrokeKind::Inside);
}
