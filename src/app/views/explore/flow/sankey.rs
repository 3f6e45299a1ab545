//! A flow as columns of nodes and the ribbons between them. Not for where they are: see `layout`.

use std::collections::BTreeMap;

use egui::{
    Color32, CursorIcon, EventFilter, Id, Key, Mesh, Painter, Rect, Response, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::layout::{Arrow, BAR, LEAST_COLUMN, Layout, Thing};
use super::words;
use crate::app::context::DocCx;
use crate::app::theme::{self, Palette};
use crate::app::widgets::text;
use crate::base::format;
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

/// Paints it in the room there is; a node or ribbon that was clicked or opened is the answer. `cursor` is where the
/// keyboard is.
pub(super) fn show(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    report: &FlowReport,
    selected: Option<&FlowSelection>,
    cursor: &mut Option<FlowSelection>,
) -> Option<FlowSelection> {
    let colors = Colors::new(ui, cx);
    let room = ui.available_size();
    let columns = report.nodes.iter().map(|node| node.depth + 1).max().unwrap_or(1);
    let size = vec2(
        room.x.max(LEAST_COLUMN * columns as f32),
        (room.y - theme::SPACE_2).max(HEAD + Layout::least_height(report)),
    );
    let mut picked = None;
    egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
        let area = Rect::from_min_max(rect.min + vec2(1.0, HEAD), rect.max - vec2(1.0, 2.0));
        let layout = Layout::new(report, area);
        let chart = Chart { cx, report, layout: &layout, colors: &colors, palette: theme::palette(ui) };
        chart.heads(ui, rect);
        picked = chart.touched(ui, &response, selected, cursor);
    });
    picked
}

/// The color of each name: the same in all flows, and for the most frequent ones in timelines.
struct Colors {
    by_name: BTreeMap<String, Color32>,
    other: Color32,
    end: Color32,
}

impl Colors {
    fn new(ui: &Ui, cx: &DocCx<'_>) -> Colors {
        let look = theme::theme(ui);
        let names = cx.ask("names", AskNames);
        let known = names.any().map_or(&[][..], |names| names.as_slice());
        let color = |(place, name): (usize, &crate::engine::summary::NameSummary)| {
            (name.name.clone(), look.category(place % OTHER_COLOR))
        };
        let by_name = known.iter().enumerate().map(color).collect();
        Colors { by_name, other: look.category(OTHER_COLOR), end: look.palette.text_3 }
    }

    fn of(&self, place: &Place) -> Color32 {
        match place {
            Place::Name(name) => self.by_name.get(name).copied().unwrap_or(self.other),
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
    colors: &'a Colors,
    palette: &'static Palette,
}

impl Chart<'_> {
    /// What the columns are.
    fn heads(&self, ui: &Ui, rect: Rect) {
        let painter = ui.painter();
        for (place, (left, nodes)) in self.layout.columns.iter().enumerate() {
            let depth = nodes.first().map_or(place, |node| self.report.nodes[*node].depth);
            let words = words::depth(self.report.direction, depth);
            let at = pos2(*left, rect.top() + 2.0);
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
    ) -> Option<FlowSelection> {
        let find = |selection: &FlowSelection| Thing::find(self.report, selection);
        let mut at = cursor.as_ref().or(selected).and_then(find).unwrap_or(Thing::Node(0));
        let pointed = self.pointed(ui, chart);
        // One of all can be reached with Tab: the arrows lead to the others.
        let responses: Vec<(Thing, Response)> =
            self.things().map(|thing| (thing, self.interact(ui, thing, thing == at))).collect();
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
            *cursor = Some(at.selection(self.report));
        }
        let lit = pointed.or(focused.map(|_| at)).or(selected.and_then(find));
        self.paint(ui, lit, focused.map(|_| at), selected.and_then(find));
        if let Some(thing) = pointed {
            chart
                .clone()
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text_at_pointer(self.words(thing));
        }
        opened.map(|thing| thing.selection(self.report))
    }

    fn things(&self) -> impl Iterator<Item = Thing> {
        let nodes = (0..self.report.nodes.len()).map(Thing::Node);
        nodes.chain((0..self.report.edges.len()).map(Thing::Edge))
    }

    fn pointed(&self, ui: &Ui, chart: &Response) -> Option<Thing> {
        let at = ui.input(|input| input.pointer.hover_pos())?;
        if !ui.rect_contains_pointer(chart.rect) {
            return None;
        }
        self.layout.node_at(at).map(Thing::Node).or_else(|| self.layout.ribbon_at(at).map(Thing::Edge))
    }

    fn id(&self, ui: &Ui, thing: Thing) -> Id {
        ui.scope_id().with(match thing {
            Thing::Node(node) => ("node", node),
            Thing::Edge(edge) => ("ribbon", edge),
        })
    }

    /// A node's bar; of a ribbon a short piece of its middle, which stands for it.
    fn rect(&self, thing: Thing) -> Rect {
        match thing {
            Thing::Node(node) => self.layout.bars[node],
            Thing::Edge(edge) => {
                let (middle, thick) = self.layout.ribbons[edge].at(0.5);
                Rect::from_center_size(middle, vec2(6.0, thick.max(2.0)))
            }
        }
    }

    fn words(&self, thing: Thing) -> String {
        match thing {
            Thing::Node(node) => words::node(self.cx, self.report, &self.report.nodes[node]),
            Thing::Edge(edge) => words::edge(self.cx, self.report, &self.report.edges[edge]),
        }
    }

    fn interact(&self, ui: &Ui, thing: Thing, is_stop: bool) -> Response {
        let sense = if is_stop { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(self.rect(thing), self.id(ui, thing), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, self.words(thing)));
        if response.has_focus() {
            let filter =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
        response
    }

    /// Where the keys of this frame lead.
    fn walked(&self, ui: &Ui, from: Thing) -> Option<Thing> {
        const KEYS: [(Key, Arrow); 6] = [
            (Key::ArrowLeft, Arrow::Left),
            (Key::ArrowRight, Arrow::Right),
            (Key::ArrowUp, Arrow::Up),
            (Key::ArrowDown, Arrow::Down),
            (Key::Home, Arrow::First),
            (Key::End, Arrow::Last),
        ];
        let pressed = KEYS.iter().find(|(key, _)| ui.input(|input| input.key_pressed(*key)))?;
        self.layout.neighbor(from, pressed.1)
    }

    fn paint(&self, ui: &Ui, lit: Option<Thing>, focused: Option<Thing>, selected: Option<Thing>) {
        let painter = ui.painter();
        let (nodes, edges) = match lit {
            Some(thing) => self.layout.through(thing),
            None => (vec![true; self.report.nodes.len()], vec![false; self.report.edges.len()]),
        };
        // The thick ones first, so that thin ones are seen; what is lit last.
        let mut order: Vec<usize> = (0..self.report.edges.len()).collect();
        order.sort_by(|a, b| {
            let thick = |edge: usize| self.layout.ribbons[edge].thick[0];
            edges[*a].cmp(&edges[*b]).then(thick(*b).total_cmp(&thick(*a)))
        });
        for edge in order {
            let color = self.colors.of(&self.report.edges[edge].near);
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
            painter.rect_filled(self.layout.bars[node], 2.0, color);
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
        if ribbon.thick[0] < THIN {
            // A line has smooth edges, a thin mesh has none.
            let points = (0..=PARTS).map(|part| ribbon.at(part as f32 / PARTS as f32).0);
            painter.line(points.collect(), Stroke::new(ribbon.thick[0].max(1.0), color));
            return;
        }
        let mut mesh = Mesh::default();
        for part in 0..=PARTS {
            let (middle, thick) = ribbon.at(part as f32 / PARTS as f32);
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
                let rect = self.layout.bars[node].expand(2.0);
                painter.rect_stroke(rect, 3.0, stroke, StrokeKind::Outside);
            }
            Thing::Edge(edge) => {
                let ribbon = &self.layout.ribbons[edge];
                for side in [-0.5, 0.5] {
                    let point = |part: u32| {
                        let (middle, thick) = ribbon.at(part as f32 / PARTS as f32);
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
        let bar = self.layout.bars[node];
        let room = self.layout.pitch - BAR - theme::SPACE_2 * 2.0;
        let fade = |color: Color32| if is_lit { color } else { color.gamma_multiply(0.5) };
        let laid = |words: &str, font, ink| painter.layout_no_wrap(words.to_owned(), font, fade(ink));
        let count = laid(&format::count(told.sessions), theme::small(), self.palette.text_2);
        let is_tall = bar.height() >= 34.0;
        let name_room = if is_tall { room } else { room - count.size().x - theme::SPACE_1 };
        let name = words::place(self.cx, self.report.direction, &told.place);
        let name_laid = |words: &str| laid(words, theme::small_medium(), self.palette.text);
        let cut = text::cut_middle(&name, |words| name_laid(words).size().x <= name_room);
        let galley = name_laid(cut.as_deref().unwrap_or(&name));
        let left = bar.right() + theme::SPACE_1 + 2.0;
        // A line of text is higher than a thin bar, and begins at its top.
        let high = if is_tall { galley.size().y + count.size().y } else { galley.size().y };
        let top =
            if is_tall { bar.center().y - high / 2.0 } else { bar.top().max(bar.center().y - high / 2.0) };
        let size = if is_tall {
            vec2(galley.size().x.max(count.size().x), high)
        } else {
            vec2(galley.size().x + theme::SPACE_1 + count.size().x, high)
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
