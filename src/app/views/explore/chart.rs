//! The funnel as columns on a shared zero: solid reached, hatched dropped, dotted pending. Not for its table.

use egui::{
    Align2, Color32, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::theme::{self, Palette};
use crate::app::widgets::{Apart, text};
use crate::base::format;
use crate::model::funnel::{FunnelPart, FunnelReport, FunnelSelection, Slice, StepReport};

/// How many breakdown values stand beside each other; the rest are summed up.
const GROUPS: usize = 6;
/// The label of the sum of the rest.
const REST: &str = "other";
const AXIS: f32 = 52.0;
const HEAD: f32 = 76.0;
const FOOT: f32 = 46.0;
const SLOT_COMFORTABLE: f32 = 98.0;
const SLOT_LEAST: f32 = 76.0;
/// Room for the bar of a chart that scrolls sideways.
const SCROLL_BAR: f32 = 12.0;
const SLOT_MOST: f32 = 320.0;
const GAP_BOX: egui::Vec2 = vec2(62.0, 52.0);

/// One column group's numbers: those of a breakdown value, or of all.
struct Group<'a> {
    /// The breakdown value as it is; none without a breakdown, and for the rest.
    value: Option<String>,
    /// How the value may be shown; none without a breakdown.
    label: Option<String>,
    steps: Vec<Bar<'a>>,
    color: Color32,
}

impl Group<'_> {
    fn is_rest(&self) -> bool {
        self.value.is_none() && self.label.is_some()
    }
}

struct Bar<'a> {
    persons: u64,
    pending: u64,
    report: &'a StepReport,
}

/// How a breakdown value may be shown.
pub(super) type Name<'a> = &'a dyn Fn(&str) -> String;

/// Paints the chart in the room there is; a part that was clicked is the answer.
pub(super) fn show(
    ui: &mut Ui,
    report: &FunnelReport,
    name: Name<'_>,
    foot: &str,
    selection: Option<&FunnelSelection>,
) -> Option<FunnelSelection> {
    let groups = groups(ui, report, name);
    let palette = theme::palette(ui);
    let size = ui.available_size();
    let (share, slot) = fitted(size.x, report.steps.len(), groups.len());
    let least = AXIS + slot * slots(report.steps.len(), share);
    let width = size.x.max(least);
    let mut picked = None;
    let bar = if least > size.x { SCROLL_BAR } else { 0.0 };
    if bar > 0.0 {
        // What is beyond the edge is not seen: the bar tells of it, also without the pointer.
        ui.spacing_mut().scroll =
            egui::style::ScrollStyle { bar_width: 8.0, ..egui::style::ScrollStyle::solid() };
        let (ground, handle, held) = (palette.surface_2, palette.text_3, palette.text_2);
        let visuals = ui.visuals_mut();
        visuals.extreme_bg_color = ground;
        visuals.widgets.inactive.bg_fill = handle;
        visuals.widgets.hovered.bg_fill = held;
        visuals.widgets.active.bg_fill = held;
    }
    egui::ScrollArea::both().show(ui, |ui| {
        let height = (size.y - bar).max(HEAD + FOOT + 80.0);
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let chart = Chart { rect, steps: report.steps.len(), share, most: most(&groups), palette };
        chart.axis(ui.painter(), foot);
        for (index, step) in report.steps.iter().enumerate() {
            chart.heading(ui, index, step);
        }
        for (place, group) in groups.iter().enumerate() {
            for index in 0..report.steps.len() {
                picked = picked.take().or(chart.column(ui, group, (place, groups.len()), index, selection));
            }
        }
        if groups.len() == 1 {
            for index in 1..report.steps.len() {
                picked = picked.take().or(chart.gap(ui, report, index, selection));
            }
        }
    });
    picked
}

/// What the patterns mean, and the colors of the groups when there is a breakdown.
pub(super) fn legend(ui: &mut Ui, report: &FunnelReport, name: Name<'_>) {
    let blue = theme::theme(ui).category(0);
    let broken_down = !report.breakdown.is_empty();
    let pattern_color = if broken_down { theme::palette(ui).text_2 } else { blue };
    for part in [FunnelPart::Reached, FunnelPart::Dropped, FunnelPart::Pending] {
        let is_used = part != FunnelPart::Pending || report.steps.iter().any(|step| step.pending > 0);
        if is_used && !(broken_down && part == FunnelPart::Reached) {
            legend_item(ui, part.word(), |painter, rect| match part {
                FunnelPart::Reached => _ = painter.rect_filled(rect, theme::RADIUS_SMALL, pattern_color),
                FunnelPart::Dropped => hatched(painter, rect, pattern_color),
                FunnelPart::Pending => dotted(painter, rect, pattern_color),
            });
        }
    }
    let groups = groups(ui, report, name);
    let labels: Vec<&str> = groups.iter().filter_map(|group| group.label.as_deref()).collect();
    let names = LegendNames::of(ui, labels.into_iter());
    for group in &groups {
        let Some(label) = &group.label else { continue };
        names
            .item(ui, label, |painter, rect| _ = painter.rect_filled(rect, theme::RADIUS_SMALL, group.color));
    }
}

const SWATCH: f32 = 12.0;
/// How long a word of a legend always may be.
const LONGEST: f32 = 140.0;

/// The names of a legend, which stay apart where they must be cut.
pub(super) struct LegendNames {
    apart: Apart,
    room: f32,
}

impl LegendNames {
    /// In the room that two lines give each of them.
    pub(super) fn of<'n>(ui: &Ui, names: impl ExactSizeIterator<Item = &'n str>) -> LegendNames {
        let in_line = names.len().div_ceil(2).max(1) as f32;
        let room = ui.available_width() / in_line - SWATCH - theme::SPACE_1 - theme::SPACE_3;
        LegendNames { apart: Apart::of(names), room: room.max(LONGEST) }
    }

    /// One of them with its swatch.
    pub(super) fn item(&self, ui: &mut Ui, name: &str, swatch: impl FnOnce(&Painter, Rect)) {
        legend_word(ui, name, |fits| self.apart.cut(name, fits), self.room, swatch);
    }
}

/// A swatch and its word, never parted at the end of a line.
pub(super) fn legend_item(ui: &mut Ui, word: &str, swatch: impl FnOnce(&Painter, Rect)) {
    legend_word(ui, word, |fits| text::cut_middle(word, fits), LONGEST, swatch);
}

fn legend_word(
    ui: &mut Ui,
    word: &str,
    cut: impl FnOnce(&dyn Fn(&str) -> bool) -> Option<String>,
    room: f32,
    swatch: impl FnOnce(&Painter, Rect),
) {
    let color = theme::palette(ui).text_2;
    let laid = |word: &str| ui.painter().layout_no_wrap(word.to_owned(), theme::small(), color);
    let cut = cut(&|word| laid(word).size().x <= room);
    let galley = laid(cut.as_deref().unwrap_or(word));
    let size = vec2(SWATCH + theme::SPACE_1 + galley.size().x, theme::TAG);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    if cut.is_some() {
        response.on_hover_text(word);
    }
    let square =
        Rect::from_center_size(pos2(rect.left() + SWATCH / 2.0, rect.center().y), vec2(SWATCH, SWATCH));
    swatch(ui.painter(), square);
    let at = pos2(square.right() + theme::SPACE_1, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
}

fn groups<'a>(ui: &Ui, report: &'a FunnelReport, name: Name<'_>) -> Vec<Group<'a>> {
    let theme = theme::theme(ui);
    let bars = |steps: &'a [StepReport]| {
        steps
            .iter()
            .map(|step| Bar { persons: step.persons, pending: step.pending, report: step })
            .collect::<Vec<_>>()
    };
    if report.breakdown.is_empty() {
        let steps = bars(&report.steps);
        return vec![Group { value: None, label: None, steps, color: theme.category(0) }];
    }
    let (shown, rest) = report.breakdown.split_at(report.breakdown.len().min(GROUPS));
    let mut groups: Vec<Group<'a>> = shown
        .iter()
        .enumerate()
        .map(|(index, slice)| Group {
            value: Some(slice.value.clone()),
            label: Some(name(&slice.value)),
            steps: bars(&slice.steps),
            color: theme.category(index),
        })
        .collect();
    if !rest.is_empty() {
        let label = Some(REST.to_owned());
        groups.push(Group { value: None, label, steps: summed(rest), color: theme.category(7) });
    }
    groups
}

fn summed(rest: &[Slice]) -> Vec<Bar<'_>> {
    let sum =
        |index: usize, of: fn(&StepReport) -> u64| rest.iter().map(|slice| of(&slice.steps[index])).sum();
    rest[0]
        .steps
        .iter()
        .enumerate()
        .map(|(index, report)| Bar {
            persons: sum(index, |s| s.persons),
            pending: sum(index, |s| s.pending),
            report,
        })
        .collect()
}

fn most(groups: &[Group<'_>]) -> u64 {
    groups.iter().flat_map(|group| &group.steps).map(|bar| bar.persons).max().unwrap_or(0).max(1)
}

struct Chart {
    rect: Rect,
    steps: usize,
    /// How much of a slot a step's columns take together.
    share: f32,
    most: u64,
    palette: &'static Palette,
}

impl Chart {
    fn plot(&self) -> Rect {
        Rect::from_min_max(
            pos2(self.rect.left() + AXIS, self.rect.top() + HEAD),
            pos2(self.rect.right(), self.rect.bottom() - FOOT),
        )
    }

    /// The distance from column to column; after the last there is no gap, only room for its heading.
    fn slot(&self) -> f32 {
        (self.plot().width() / slots(self.steps, self.share)).min(SLOT_MOST)
    }

    fn top_of_axis(&self) -> u64 {
        ticks_end(self.most)
    }

    fn y(&self, persons: u64) -> f32 {
        let plot = self.plot();
        plot.bottom() - plot.height() * (persons as f32 / self.top_of_axis() as f32)
    }

    fn axis(&self, painter: &Painter, words: &str) {
        let plot = self.plot();
        let step = tick_step(self.most);
        for tick in 0..=self.top_of_axis() / step {
            let y = self.y(tick * step);
            let color = if tick == 0 { self.palette.text_3 } else { self.palette.border };
            painter.hline(plot.x_range(), y, Stroke::new(theme::LINE, color));
            let at = pos2(plot.left() - theme::SPACE_2, y);
            painter.text(
                at,
                Align2::RIGHT_CENTER,
                format::count(tick * step),
                theme::small(),
                self.palette.text_2,
            );
        }
        let title = pos2(self.rect.left(), plot.top() - theme::SPACE_4);
        painter.text(title, Align2::LEFT_CENTER, "Persons", theme::small(), self.palette.text_2);
        // In the middle of what is in sight: a chart of many steps scrolls.
        let middle = plot.intersect(painter.clip_rect()).center().x;
        let foot = pos2(middle, self.rect.bottom() - theme::SPACE_1);
        painter.text(foot, Align2::CENTER_BOTTOM, words, theme::small(), self.palette.text_2);
        for index in 0..self.steps {
            let at = pos2(self.center(index), plot.bottom() + theme::SPACE_2);
            painter.text(
                at,
                Align2::CENTER_TOP,
                (index + 1).to_string(),
                theme::small_medium(),
                self.palette.text_2,
            );
        }
    }

    fn center(&self, index: usize) -> f32 {
        let plot = self.plot();
        let spare = plot.width() - self.slot() * slots(self.steps, self.share);
        plot.left() + spare / 2.0 + self.slot() * (index as f32 + self.share / 2.0)
    }

    /// Name in at most two lines, count and share, above the column.
    fn heading(&self, ui: &Ui, index: usize, step: &StepReport) {
        let painter = ui.painter();
        let width = self.slot() - theme::SPACE_2;
        let center = self.center(index).max(self.rect.left() + width / 2.0);
        let laid = |words: &str| {
            let (font, ink) = (theme::small_medium(), self.palette.text);
            let mut job = egui::text::LayoutJob::simple(words.to_owned(), font, ink, width);
            job.halign = egui::Align::Center;
            painter.layout_job(job)
        };
        let fits = |words: &str| {
            let galley = laid(words);
            galley.rows.len() <= 2 && galley.size().x <= width
        };
        let cut = text::cut_middle(&step.event, fits);
        let galley = laid(cut.as_deref().unwrap_or(&step.event));
        let name = Rect::from_center_size(pos2(center, self.rect.top() + 16.0), vec2(width, 32.0));
        painter.galley(pos2(center, name.bottom() - galley.size().y), galley, self.palette.text);
        if cut.is_some() {
            ui.interact(name, ui.scope_id().with(("heading", index)), Sense::hover())
                .on_hover_text(&step.event);
        }
        let at = pos2(center, self.rect.top() + 42.0);
        painter.text(
            at,
            Align2::CENTER_CENTER,
            format::count(step.persons),
            theme::strong(),
            self.palette.text,
        );
        let at = pos2(center, self.rect.top() + 58.0);
        painter.text(
            at,
            Align2::CENTER_CENTER,
            format::percent(step.from_first),
            theme::small(),
            self.palette.text_2,
        );
    }

    fn column(
        &self,
        ui: &Ui,
        group: &Group<'_>,
        (place, places): (usize, usize),
        index: usize,
        selection: Option<&FunnelSelection>,
    ) -> Option<FunnelSelection> {
        let bar = &group.steps[index];
        let room = self.slot() * self.share;
        let width = room / places as f32;
        let left = self.center(index) - room / 2.0 + width * place as f32;
        let inset = if places > 1 { 1.0 } else { 0.0 };
        let zero = self.y(0);
        let part_rect = |low: u64, high: u64| {
            Rect::from_min_max(
                pos2(left + inset, self.y(high)),
                pos2(left + width - inset, if low == 0 { zero } else { self.y(low) }),
            )
        };
        let label = |words: &str, persons: u64| {
            let value = group.label.as_ref().map_or_else(String::new, |label| format!(", {label}"));
            format!(
                "Step {} {}{value}: {} {words}",
                index + 1,
                bar.report.event,
                format::counted(persons, "person", "persons")
            )
        };
        let door = |index: usize, part: FunnelPart, rect: Rect, label: &str| {
            let part = Part { index, part, value: &group.value, is_rest: group.is_rest() };
            part.door(ui, hit(rect), label, selection, self.palette)
        };
        let reached = part_rect(0, bar.persons);
        ui.painter().rect_filled(reached, bar_radius(), group.color);
        let mut picked = door(index, FunnelPart::Reached, reached, &label("reached it", bar.persons));
        if let Some(before) = index.checked_sub(1).map(|before| &group.steps[before]) {
            let lost = before.persons.saturating_sub(bar.persons);
            let pending = before.pending.min(lost);
            if pending > 0 {
                let rect = part_rect(bar.persons, bar.persons + pending);
                dotted(ui.painter(), rect, group.color);
                let label = label("may still come", pending);
                picked = picked.or(door(index - 1, FunnelPart::Pending, rect, &label));
                // The count of a bar in a group stands in the foot of what is above it.
                let least = if places > 1 { COUNT_HEIGHT * 2.0 + 2.0 } else { COUNT_HEIGHT + 2.0 };
                counted_in(ui, rect, least, pending);
            }
            if lost > pending {
                let rect = part_rect(bar.persons + pending, before.persons);
                hatched(ui.painter(), rect, group.color);
                let label = label("dropped before it", lost - pending);
                picked = picked.or(door(index - 1, FunnelPart::Dropped, rect, &label));
            }
        }
        if places > 1 {
            counted_over(ui, reached, self.rect.top() + HEAD - 10.0, bar.persons, group.color);
        }
        picked
    }

    /// The box between two columns: the drop in persons and share, and the median time.
    fn gap(
        &self,
        ui: &Ui,
        report: &FunnelReport,
        index: usize,
        selection: Option<&FunnelSelection>,
    ) -> Option<FunnelSelection> {
        let (before, step) = (&report.steps[index - 1], &report.steps[index]);
        let dropped = before.persons.saturating_sub(step.persons).saturating_sub(before.pending);
        let half = self.slot() * self.share / 2.0;
        let (left, right) = (self.center(index - 1) + half, self.center(index) - half);
        let plot = self.plot();
        let room = GAP_BOX.y / 2.0 + theme::SPACE_1;
        let y = self
            .y(u64::midpoint(before.persons, step.persons))
            .clamp(plot.top() + room, plot.bottom() - room);
        let width = GAP_BOX.x.min(right - left - 4.0);
        let rect = Rect::from_center_size(pos2(f32::midpoint(left, right), y), vec2(width, GAP_BOX.y));
        let chosen = selection
            .is_some_and(|s| s.step == index - 1 && s.part == FunnelPart::Dropped && s.value.is_none());
        let (fill, line) = if chosen {
            (self.palette.accent_soft, self.palette.accent)
        } else {
            (self.palette.surface, self.palette.border)
        };
        ui.painter().rect(
            rect,
            theme::RADIUS_CONTROL,
            fill,
            Stroke::new(theme::LINE, line),
            StrokeKind::Inside,
        );
        let share = if before.persons == 0 { 0.0 } else { dropped as f64 / before.persons as f64 };
        let median = step.median_secs.map_or_else(|| "–".to_owned(), format::duration_secs);
        let strong = if chosen { self.palette.accent } else { self.palette.text };
        let line_at = |row: f32| pos2(rect.center().x, rect.center().y + row * 15.0);
        let painter = ui.painter().with_clip_rect(rect.shrink(2.0).intersect(ui.clip_rect()));
        painter.text(
            line_at(-1.0),
            Align2::CENTER_CENTER,
            if dropped == 0 { "0".to_owned() } else { format!("−{}", format::count(dropped)) },
            theme::small_medium(),
            strong,
        );
        painter.text(
            line_at(0.0),
            Align2::CENTER_CENTER,
            format::percent(share),
            theme::small(),
            self.palette.text_2,
        );
        painter.text(line_at(1.0), Align2::CENTER_CENTER, &median, theme::small(), self.palette.text_2);
        let label = format!(
            "Between step {index} and {}: {} dropped, {}, median time {median}",
            index + 1,
            format::counted(dropped, "person", "persons"),
            format::percent(share)
        );
        let part = Part { index: index - 1, part: FunnelPart::Dropped, value: &None, is_rest: false };
        part.door_called(ui, "gap", rect, &label, selection, self.palette)
    }
}

/// How much of a slot its columns take, and how narrow a slot may be, so that so many steps fit into `room` if they can.
fn fitted(room: f32, steps: usize, groups: usize) -> (f32, f32) {
    if groups > 1 {
        // Each column is wide enough for its count upright.
        return (GROUP_SHARE, SLOT_LEAST.max(groups as f32 * (UPRIGHT_LEAST + 2.0) / GROUP_SHARE));
    }
    if AXIS + SLOT_COMFORTABLE * slots(steps, COLUMN_SHARE) <= room {
        return (COLUMN_SHARE, SLOT_COMFORTABLE);
    }
    (NARROW_SHARE, SLOT_LEAST)
}

/// How many slots so many steps take; the last one lacks half of its gap.
fn slots(steps: usize, share: f32) -> f32 {
    steps.max(1) as f32 - (1.0 - share) / 2.0
}

/// How much of a slot a column takes; the rest is the gap after it, with its box.
const COLUMN_SHARE: f32 = 0.42;
/// The same where steps are close together: the boxes keep their room.
const NARROW_SHARE: f32 = 0.28;
/// The same for the columns of a breakdown, which have no boxes between them.
const GROUP_SHARE: f32 = 0.86;

/// Writes how many persons a part of a bar stands for at its top, if it is `least` high and wide enough; on a ground of
/// its own, to be read on any pattern.
fn counted_in(ui: &Ui, part: Rect, least: f32, persons: u64) {
    let words = count_words(ui, persons, theme::palette(ui).text);
    if part.height() >= least && fits_across(&words, part) {
        on_ground(ui, words, part.center().x, part.top() + COUNT_HEIGHT + 1.0);
    }
}

/// Writes how many persons a bar stands for over it, where `room` begins; upright inside a bar that is too narrow; and
/// nowhere where neither fits.
fn counted_over(ui: &Ui, bar: Rect, room: f32, persons: u64, color: Color32) {
    let words = count_words(ui, persons, theme::palette(ui).text);
    if fits_across(&words, bar) {
        let is_over = bar.top() - room >= COUNT_HEIGHT;
        if is_over || bar.height() > COUNT_HEIGHT {
            let bottom = if is_over { bar.top() } else { bar.top() + COUNT_HEIGHT + 1.0 };
            on_ground(ui, words, bar.center().x, bottom);
        }
        return;
    }
    let ink = theme::theme(ui).text_on(color);
    let words = count_words(ui, persons, ink);
    let (long, high) = (words.size().x, words.size().y);
    if bar.height() >= long + theme::SPACE_2 && bar.width() >= UPRIGHT_LEAST {
        // Turned to the left, the text goes up from its corner.
        let corner = pos2(bar.center().x - high / 2.0, bar.top() + theme::SPACE_1 + long);
        let upright = egui::epaint::TextShape::new(corner, words, ink);
        ui.painter().add(upright.with_angle(-std::f32::consts::FRAC_PI_2));
    }
}

fn count_words(ui: &Ui, persons: u64, ink: Color32) -> std::sync::Arc<egui::Galley> {
    ui.painter().layout_no_wrap(format::count(persons), theme::tiny(), ink)
}

fn fits_across(words: &egui::Galley, bar: Rect) -> bool {
    words.size().x + theme::SPACE_1 <= bar.width() + OVERHANG
}

fn on_ground(ui: &Ui, words: std::sync::Arc<egui::Galley>, middle: f32, bottom: f32) {
    let palette = theme::palette(ui);
    let size = vec2(words.size().x + theme::SPACE_1, COUNT_HEIGHT);
    let ground = Rect::from_min_size(pos2(middle - size.x / 2.0, bottom - COUNT_HEIGHT), size);
    ui.painter().rect_filled(ground, theme::RADIUS_SMALL, palette.surface.gamma_multiply(0.88));
    ui.painter().galley(ground.center() - words.size() / 2.0, words, palette.text);
}

const COUNT_HEIGHT: f32 = 14.0;
/// The narrowest bar that an upright count fits in.
const UPRIGHT_LEAST: f32 = 11.0;

/// How much wider than its bar a count may be, in the gap to the next one.
const OVERHANG: f32 = 2.0;

fn bar_radius() -> egui::CornerRadius {
    egui::CornerRadius { nw: 2, ne: 2, sw: 0, se: 0 }
}

/// At least a finger's height, so that small numbers can be clicked, too.
fn hit(rect: Rect) -> Rect {
    if rect.height() >= 6.0 { rect } else { Rect::from_center_size(rect.center(), vec2(rect.width(), 6.0)) }
}

struct Part<'a> {
    index: usize,
    part: FunnelPart,
    value: &'a Option<String>,
    /// The sum of the values that do not stand apart: nothing to open.
    is_rest: bool,
}

impl Part<'_> {
    fn door(
        &self,
        ui: &Ui,
        rect: Rect,
        label: &str,
        selection: Option<&FunnelSelection>,
        palette: &Palette,
    ) -> Option<FunnelSelection> {
        self.door_called(ui, "column", rect, label, selection, palette)
    }

    /// A place that opens to its persons by mouse or keyboard, and says what it is.
    fn door_called(
        &self,
        ui: &Ui,
        place: &str,
        rect: Rect,
        label: &str,
        selection: Option<&FunnelSelection>,
        palette: &Palette,
    ) -> Option<FunnelSelection> {
        let own = FunnelSelection { step: self.index, part: self.part, value: self.value.clone() };
        let id = ui.scope_id().with((place, self.index, self.part.word(), self.value, self.is_rest));
        let sense = if self.is_rest { Sense::hover() } else { Sense::click() };
        let response = ui.interact(rect, id, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
        if response.has_focus() || (!self.is_rest && selection == Some(&own)) {
            ui.painter().rect_stroke(rect, theme::RADIUS_SMALL, palette.focus_ring(), StrokeKind::Outside);
        }
        let clicked = response.clicked();
        response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(label);
        clicked.then_some(own)
    }
}

fn hatched(painter: &Painter, rect: Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let line = Stroke::new(1.0, color.gamma_multiply(0.55));
    painter.rect_filled(rect, bar_radius(), color.gamma_multiply(0.08));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], line);
        x += 6.0;
    }
    painter.rect_stroke(rect, bar_radius(), line, StrokeKind::Inside);
}

fn dotted(painter: &Painter, rect: Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let mut y = rect.top() + 3.0;
    while y < rect.bottom() {
        let mut x = rect.left() + 3.0;
        while x < rect.right() {
            painter.circle_filled(Pos2::new(x, y), 1.0, color);
            x += 6.0;
        }
        y += 6.0;
    }
    painter.rect_stroke(rect, bar_radius(), Stroke::new(1.0, color.gamma_multiply(0.55)), StrokeKind::Inside);
}

/// A step of 1, 2 or 5 times a power of ten that makes four to ten ticks.
pub(super) fn tick_step(most: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if most <= step * factor * 5 {
                return step * factor;
            }
        }
        step *= 10;
    }
}

/// The last tick of an axis that `most` fits on.
pub(super) fn ticks_end(most: u64) -> u64 {
    let step = tick_step(most);
    most.div_ceil(step) * step
}

#[cfg(test)]
mod tests {
    use super::{AXIS, COLUMN_SHARE, SLOT_LEAST, fitted, slots, tick_step};

    #[test]
    fn six_steps_fit_beside_an_open_inspector() {
        let (share, slot) = fitted(500.0, 6, 1);
        assert!(AXIS + slot * slots(6, share) <= 500.0);
        assert_eq!(slot, SLOT_LEAST);
        assert_eq!(fitted(900.0, 6, 1).0, COLUMN_SHARE);
        // Columns of more values never get too narrow for their counts.
        assert!(fitted(500.0, 3, 7).1 > SLOT_LEAST);
    }

    #[test]
    fn ticks_are_round_and_few() {
        for (most, step) in
            [(1, 1), (5, 1), (6, 2), (100, 20), (101, 50), (18_412, 5_000), (999_999, 200_000)]
        {
            assert_eq!(tick_step(most), step, "{most}");
        }
    }
}
