//! A flow as columns of nodes and the ribbons between them. Not for where they are: see `layout`.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{
    Color32, CursorIcon, EventFilter, FontId, Id, Key as Pressed, Mesh, Painter, Pos2, Rect, Response, Role,
    Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::layout::{Arrow, BAR, LEAST_COLUMN, Layout, Thing};
use super::words;
use crate::app::context::DocCx;
use crate::app::theme::{self, Palette};
use crate::app::widgets::Apart;
use crate::base::format;
use crate::engine::summary::NameSummary;
use crate::jobs::answers::Answer;
use crate::jobs::questions::names::AskNames;
use crate::model::flow::{FlowNode, FlowReport, FlowSelection, Place};

/// Height of the heads of columns.
const HEAD: f32 = 30.0;
/// How strong a ribbon's color is.
const FAINT: f32 = 0.12;
const PLAIN: f32 = 0.30;
const LIT: f32 = 0.62;
/// Ribbons under this are drawn as lines.
const THIN: f32 = 2.5;
/// Parts that a bent ribbon is drawn in.
const PARTS: u32 = 24;

/// What a person did with the chart.
#[derive(Debug)]
pub(super) enum Touch {
    /// Clicked or opened a node or a ribbon.
    Opened(FlowSelection),
    /// Wants none opened.
    Closed,
}

/// What stays from frame to frame.
#[derive(Debug)]
pub(super) struct Drawn {
    key: Key,
    /// Around the chart's own left top corner.
    layout: Layout,
    /// For each node its name and, if there is no room for it, how it is cut.
    names: Vec<(String, Option<String>)>,
}

/// What it depends on.
#[derive(Debug)]
struct Key {
    answer: Arc<Answer>,
    size: Vec2,
    scale: f32,
    /// Names that may be shown are shown.
    revealed: usize,
}

impl Key {
    fn is(&self, other: &Key) -> bool {
        let is_as_large = self.size == other.size && self.scale == other.scale;
        Arc::ptr_eq(&self.answer, &other.answer) && is_as_large && self.revealed == other.revealed
    }
}

impl Drawn {
    fn new(ui: &Ui, cx: &DocCx<'_>, report: &FlowReport, key: Key) -> Drawn {
        let area = Rect::from_min_max(pos2(1.0, HEAD), (key.size - vec2(1.0, 2.0)).to_pos2());
        let layout = Layout::new(report, area);
        let names: Vec<String> =
            report.nodes.iter().map(|node| words::place(cx, report.direction, &node.place)).collect();
        let apart = Apart::of(names.iter().map(String::as_str));
        let wide = |words: &str, font: FontId| {
            ui.painter().layout_no_wrap(words.to_owned(), font, Color32::WHITE).size().x
        };
        let names = names.into_iter().zip(&report.nodes).zip(&layout.bars).map(|((name, node), bar)| {
            let count = if is_tall(*bar) {
                0.0
            } else {
                count_room(wide(&format::count(node.sessions), theme::small()))
            };
            let room = layout.pitch - BAR - theme::SPACE_2 * 2.0 - count;
            let cut = apart.cut(&name, |words| wide(words, theme::small_medium()) <= room);
            (name, cut)
        });
        let names = names.collect();
        Drawn { key, layout, names }
    }
}

/// Room for a count beside a name.
fn count_room(wide: f32) -> f32 {
    wide + theme::SPACE_1
}

/// True where the count has room below the name.
fn is_tall(bar: Rect) -> bool {
    bar.height() >= 34.0
}

/// Paints it in the room there is. `cursor` is where the keyboard is.
pub(super) fn show(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    (answer, report): (&Arc<Answer>, &FlowReport),
    selected: Option<&FlowSelection>,
    cursor: &mut Option<FlowSelection>,
    drawn: &mut Option<Drawn>,
) -> Option<Touch> {
    let known = cx.ask("names", AskNames);
    let known = known.any().map_or(&[][..], |names| names.as_slice());
    let colors = Colors::new(ui, known);
    let room = ui.available_size();
    let columns = report.nodes.iter().map(|node| node.depth + 1).max().unwrap_or(1);
    let size = vec2(
        room.x.max(LEAST_COLUMN * columns as f32),
        (room.y - theme::SPACE_2).max(HEAD + Layout::least_height(report)),
    );
    let mut picked = None;
    egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
        let key =
            Key { answer: answer.clone(), size, scale: ui.pixels_per_point(), revealed: cx.revealed.len() };
        let drawn = match drawn.take() {
            Some(kept) if kept.key.is(&key) => drawn.insert(kept),
            _ => drawn.insert(Drawn::new(ui, cx, report, key)),
        };
        let (layout, names) = (&drawn.layout, &drawn.names);
        let palette = theme::palette(ui);
        let chart = Chart { cx, report, layout, names, colors: &colors, palette, origin: rect.min.to_vec2() };
        chart.heads(ui, rect);
        picked = chart.touched(ui, &response, selected, cursor);
    });
    picked
}

/// The color of each name: the same in all flows, and for the most frequent ones in timelines.
struct Colors<'a> {
    by_name: HashMap<&'a str, Color32>,
    other: Color32,
    end: Color32,
}

impl<'a> Colors<'a> {
    fn new(ui: &Ui, known: &'a [NameSummary]) -> Colors<'a> {
        let look = theme::theme(ui);
        let color = |(place, name): (usize, &'a NameSummary)| {
            (name.name.as_str(), look.category(place % OTHER_COLOR))
        };
        let by_name = known.iter().enumerate().map(color).collect();
        Colors { by_name, other: look.category(OTHER_COLOR), end: look.palette.text_3 }
    }

    fn of(&self, place: &Place) -> Color32 {
        match place {
            Place::Name(name) => self.by_name.get(name.as_str()).copied().unwrap_or(self.other),
            Place::Other => self.other,
            Place::End => self.end,
        }
    }
}

/// The gray one.
const OTHER_COLOR: usize = 7;

struct Chart<'a> {
    cx: &'a DocCx<'a>,
    report: &'a FlowReport,
    layout: &'a Layout,
    names: &'a [(String, Option<String>)],
    colors: &'a Colors<'a>,
    palette: &'static Palette,
    /// Where the layout's corner is on the screen.
    origin: Vec2,
}

impl Chart<'_> {
    /// What the columns are.
    fn heads(&self, ui: &Ui, rect: Rect) {
        let painter = ui.painter();
        for (place, (left, nodes)) in self.layout.columns.iter().enumerate() {
            let depth = nodes.first().map_or(place, |node| self.report.nodes[*node].depth);
            let words = words::depth(self.report.direction, depth);
            let at = pos2(self.origin.x + *left, rect.top() + 2.0);
            let ink = self.palette.text_2;
            painter.text(at, egui::Align2::LEFT_TOP, words, theme::label(), ink);
        }
        let line = Stroke::new(theme::LINE, self.palette.border);
        painter.hline(rect.x_range(), rect.top() + HEAD - theme::SPACE_2, line);
    }

    /// Takes pointer and keys, paints everything, and says what was opened.
    fn touched(
        &self,
        ui: &Ui,
        chart: &Response,
        selected: Option<&FlowSelection>,
        cursor: &mut Option<FlowSelection>,
    ) -> Option<Touch> {
        let find = |selection: &FlowSelection| Thing::find(self.report, self.layout, selection);
        let mut at = cursor.as_ref().or(selected).and_then(find).unwrap_or(Thing::Node(0));
        let pointed = self.pointed(ui, chart);
        // One of all can be reached with Tab: the arrows lead to the others.
        let responses: Vec<(Thing, Response)> = self
            .things()
            .map(|thing| (thing, self.interact(ui, thing, thing == at, selected.is_some())))
            .collect();
        let mut opened = None;
        let by_pointer = ui.input(|input| input.pointer.primary_clicked());
        for (thing, response) in &responses {
            if response.clicked() && !by_pointer {
                opened = Some(*thing);
            }
            if response.gained_focus() {
                at = *thing;
            }
        }
        let was_clicked = chart.clicked() || responses.iter().any(|(_, response)| response.clicked());
        if was_clicked && by_pointer {
            opened = pointed;
        }
        if let Some(thing) = opened {
            at = thing;
            ui.memory_mut(|memory| memory.request_focus(self.id(ui, thing)));
        }
        let focused = responses.iter().find(|(_, response)| response.has_focus()).map(|(thing, _)| *thing);
        if let Some(thing) = focused.filter(|_| opened.is_none()) {
            at = thing;
            if let Some(next) = self.walked(ui, thing) {
                at = next;
                ui.memory_mut(|memory| memory.request_focus(self.id(ui, next)));
                ui.scroll_to_rect(self.rect(next), None);
                ui.ctx().request_repaint();
            }
        }
        if focused.is_some() || opened.is_some() {
            *cursor = Some(at.selection(self.report, self.layout));
        }
        let lit = pointed.or(focused.map(|_| at)).or(selected.and_then(find));
        self.paint(ui, lit, focused.map(|_| at), selected.and_then(find));
        if let Some(thing) = pointed {
            chart
                .clone()
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text_at_pointer(self.words(thing));
        }
        if focused.is_some() && selected.is_some() && ui.input(|input| input.key_pressed(Pressed::Escape)) {
            return Some(Touch::Closed);
        }
        opened.map(|thing| Touch::Opened(thing.selection(self.report, self.layout)))
    }

    fn things(&self) -> impl Iterator<Item = Thing> {
        let nodes = (0..self.report.nodes.len()).map(Thing::Node);
        nodes.chain((0..self.layout.ribbons.len()).map(Thing::Edge))
    }

    fn pointed(&self, ui: &Ui, chart: &Response) -> Option<Thing> {
        let at = ui.input(|input| input.pointer.hover_pos())?;
        if !ui.rect_contains_pointer(chart.rect) {
            return None;
        }
        let at = at - self.origin;
        self.layout.node_at(at).map(Thing::Node).or_else(|| self.layout.ribbon_at(at).map(Thing::Edge))
    }

    fn id(&self, ui: &Ui, thing: Thing) -> Id {
        ui.scope_id().with(match thing {
            Thing::Node(node) => ("node", node),
            Thing::Edge(edge) => ("ribbon", edge),
        })
    }

    fn bar(&self, node: usize) -> Rect {
        self.layout.bars[node].translate(self.origin)
    }

    /// The middle of a ribbon and its thickness at a share of its length.
    fn at(&self, ribbon: usize, share: f32) -> (Pos2, f32) {
        let (middle, thick) = self.layout.ribbons[ribbon].at(share);
        (middle + self.origin, thick)
    }

    /// A node's bar; of a ribbon a short piece of its middle, which stands for it.
    fn rect(&self, thing: Thing) -> Rect {
        match thing {
            Thing::Node(node) => self.bar(node),
            Thing::Edge(edge) => {
                let (middle, thick) = self.at(edge, 0.5);
                Rect::from_center_size(middle, vec2(6.0, thick.max(2.0)))
            }
        }
    }

    fn words(&self, thing: Thing) -> String {
        match thing {
            Thing::Node(node) => words::node(self.cx, self.report, &self.report.nodes[node]),
            Thing::Edge(edge) => {
                let edge = &self.report.edges[self.layout.ribbons[edge].edge];
                words::edge(self.cx, self.report, edge)
            }
        }
    }

    /// The stop of Tab keeps the arrows, and also Escape while that `closes` what is chosen.
    fn interact(&self, ui: &Ui, thing: Thing, is_stop: bool, closes: bool) -> Response {
        let sense = if is_stop { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(self.rect(thing), self.id(ui, thing), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, self.words(thing)));
        if response.has_focus() {
            let filter =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: closes, tab: false };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
        response
    }

    /// Where the keys of this frame lead.
    fn walked(&self, ui: &Ui, from: Thing) -> Option<Thing> {
        const KEYS: [(Pressed, Arrow); 6] = [
            (Pressed::ArrowLeft, Arrow::Left),
            (Pressed::ArrowRight, Arrow::Right),
            (Pressed::ArrowUp, Arrow::Up),
            (Pressed::ArrowDown, Arrow::Down),
            (Pressed::Home, Arrow::First),
            (Pressed::End, Arrow::Last),
        ];
        let pressed = KEYS.iter().find(|(key, _)| ui.input(|input| input.key_pressed(*key)))?;
        self.layout.neighbor(from, pressed.1)
    }

    fn paint(&self, ui: &Ui, lit: Option<Thing>, focused: Option<Thing>, selected: Option<Thing>) {
        let painter = ui.painter();
        let (nodes, edges) = match lit {
            Some(thing) => self.layout.through(thing),
            None => (vec![true; self.report.nodes.len()], vec![false; self.layout.ribbons.len()]),
        };
        // The thick ones first, so that thin ones are seen; what is lit last.
        let all = 0..edges.len();
        let order = all.clone().filter(|edge| !edges[*edge]).chain(all.filter(|edge| edges[*edge]));
        for edge in order {
            let color = self.colors.of(&self.report.edges[self.layout.ribbons[edge].edge].near);
            let strength = match (lit, edges[edge]) {
                (None, _) => PLAIN,
                (Some(_), true) => LIT,
                (Some(_), false) => FAINT,
            };
            self.ribbon(painter, edge, color.gamma_multiply(strength));
        }
        for (node, told) in self.report.nodes.iter().enumerate() {
            let color = self.colors.of(&told.place);
            let color = if nodes[node] { color } else { color.gamma_multiply(0.35) };
            painter.rect_filled(self.bar(node), 2.0, color);
        }
        for (node, told) in self.report.nodes.iter().enumerate() {
            self.label(ui, node, told, nodes[node]);
        }
        if let Some(thing) = selected {
            self.outline(painter, thing, Stroke::new(1.5, self.palette.accent));
        }
        if let Some(thing) = focused {
            self.outline(painter, thing, self.palette.focus_ring());
        }
    }

    fn ribbon(&self, painter: &Painter, edge: usize, color: Color32) {
        let ribbon = &self.layout.ribbons[edge];
        let (from, to) = (self.at(edge, 0.0).0, self.at(edge, 1.0).0);
        if !painter.clip_rect().intersects(Rect::from_two_pos(from, to).expand(ribbon.thick[0])) {
            return;
        }
        if ribbon.thick[0] < THIN {
            // A line has smooth edges, a thin mesh has none.
            let points = (0..=PARTS).map(|part| self.at(edge, part as f32 / PARTS as f32).0);
            painter.line(points.collect(), Stroke::new(ribbon.thick[0].max(1.0), color));
            return;
        }
        let mut mesh = Mesh::default();
        for part in 0..=PARTS {
            let (middle, thick) = self.at(edge, part as f32 / PARTS as f32);
            let half = vec2(0.0, thick / 2.0);
            mesh.colored_vertex(middle - half, color);
            mesh.colored_vertex(middle + half, color);
            if part > 0 {
                let next = part * 2;
                mesh.add_triangle(next - 2, next - 1, next);
                mesh.add_triangle(next - 1, next, next + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
    }

    fn outline(&self, painter: &Painter, thing: Thing, stroke: Stroke) {
        match thing {
            Thing::Node(node) => {
                let rect = self.bar(node).expand(2.0);
                painter.rect_stroke(rect, 3.0, stroke, StrokeKind::Outside);
            }
            Thing::Edge(edge) => {
                for side in [-0.5, 0.5] {
                    let point = |part: u32| {
                        let (middle, thick) = self.at(edge, part as f32 / PARTS as f32);
                        middle + vec2(0.0, thick.max(2.0) * side)
                    };
                    painter.line((0..=PARTS).map(point).collect(), stroke);
                }
            }
        }
    }

    /// Beside the bar: the name, and what room there is left for the count.
    fn label(&self, ui: &Ui, node: usize, told: &FlowNode, is_lit: bool) {
        let painter = ui.painter();
        let bar = self.bar(node);
        let around = Rect::from_min_size(bar.min, vec2(self.layout.pitch, bar.height().max(40.0)));
        if !ui.is_rect_visible(around.expand(20.0)) {
            return;
        }
        let fade = |color: Color32| if is_lit { color } else { color.gamma_multiply(0.5) };
        let laid = |words: &str, font, ink| painter.layout_no_wrap(words.to_owned(), font, fade(ink));
        let count = laid(&format::count(told.sessions), theme::small(), self.palette.text_2);
        let is_tall = is_tall(bar);
        let (name, cut) = &self.names[node];
        let galley = laid(cut.as_deref().unwrap_or(name), theme::small_medium(), self.palette.text);
        let left = bar.right() + theme::SPACE_1 + 2.0;
        // A line of text is higher than a thin bar, and begins at its top.
        let high = if is_tall { galley.size().y + count.size().y } else { galley.size().y };
        let top =
            if is_tall { bar.center().y - high / 2.0 } else { bar.top().max(bar.center().y - high / 2.0) };
        let size = if is_tall {
            vec2(galley.size().x.max(count.size().x), high)
        } else {
            vec2(galley.size().x + count_room(count.size().x), high)
        };
        let ground = Rect::from_min_size(pos2(left, top), size).expand2(vec2(2.0, 0.0));
        painter.rect_filled(ground, 3.0, self.palette.surface.gamma_multiply(0.78));
        let count_at = if is_tall {
            pos2(left, top + galley.size().y)
        } else {
            pos2(left + galley.size().x + theme::SPACE_1, top + (galley.size().y - count.size().y) / 2.0)
        };
        painter.galley(pos2(left, top), galley, self.palette.text);
        painter.galley(count_at, count, self.palette.text_2);
        if cut.is_some() {
            ui.interact(ground, ui.scope_id().with(("label", node)), Sense::hover()).on_hover_text(name);
        }
    }
}
