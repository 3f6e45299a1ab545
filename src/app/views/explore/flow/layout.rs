//! Where the nodes and ribbons of a flow's chart are. Not for drawing them: see `sankey`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use egui::{Pos2, Rect, pos2};

use crate::model::flow::{Direction, FlowReport, FlowSelection, Place};

use super::words::{is_edge, is_node, of_edge, of_node};

/// Width of a node.
pub(super) const BAR: f32 = 12.0;
/// Room of a node at least: a line of text.
const LEAST_PITCH: f32 = 18.0;
const GAP: f32 = 6.0;
/// A node is never thinner.
const THINNEST: f32 = 2.0;
/// Columns are never nearer to each other.
pub(super) const LEAST_COLUMN: f32 = 116.0;

/// Nor farther: few columns are not torn apart.
const WIDEST_COLUMN: f32 = 360.0;

/// Ribbons of a chart at most: the thickest. More could not be told apart, and each has its price in every frame.
pub(super) const MOST_RIBBONS: usize = 400;

/// A chart's shapes.
#[derive(Debug)]
pub(super) struct Layout {
    /// The bar of each node, by its place in the report.
    pub(super) bars: Vec<Rect>,
    /// The ribbons that are drawn, the thickest first.
    pub(super) ribbons: Vec<Ribbon>,
    /// For each node the ribbons that leave it to the right, and those that arrive from the left.
    at_node: [Vec<Vec<usize>>; 2],
    /// For each column on the screen its left edge and the nodes in it from top to bottom.
    pub(super) columns: Vec<(f32, Vec<usize>)>,
    /// From one column to the next.
    pub(super) pitch: f32,
}

/// A band from one node to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ribbon {
    /// The place of its edge in the report.
    pub(super) edge: usize,
    /// Nodes at its left and right end.
    pub(super) ends: [usize; 2],
    /// The middle of its left end.
    pub(super) from: Pos2,
    /// The middle of its right end.
    pub(super) to: Pos2,
    /// How thick it is at the left and at the right.
    pub(super) thick: [f32; 2],
}

impl Ribbon {
    /// Its middle and its thickness at a share of its length.
    pub(super) fn at(&self, share: f32) -> (Pos2, f32) {
        let x = egui::lerp(self.from.x..=self.to.x, share);
        // Level at both ends.
        let bent = share * share * (3.0 - 2.0 * share);
        let thick = egui::lerp(self.thick[0]..=self.thick[1], bent);
        (pos2(x, egui::lerp(self.from.y..=self.to.y, bent)), thick)
    }

    /// How far a point is from its middle line in shares of half its thickness: up to 1 inside.
    pub(super) fn distance(&self, at: Pos2) -> Option<f32> {
        let length = self.to.x - self.from.x;
        let share = (at.x - self.from.x) / length;
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        let (middle, thick) = self.at(share);
        Some((at.y - middle.y).abs() / (thick.max(6.0) / 2.0))
    }
}

impl Layout {
    /// The shapes within `area`, which is as high as it must be.
    pub(super) fn new(report: &FlowReport, area: Rect) -> Layout {
        let depths = depths(report);
        let column_of = |depth: usize| match report.direction {
            Direction::After => depth,
            Direction::Before => depths - 1 - depth,
        };
        let mut columns: Vec<(f32, Vec<usize>)> = vec![(0.0, Vec::new()); depths];
        for (index, node) in report.nodes.iter().enumerate() {
            columns[column_of(node.depth)].1.push(index);
        }
        // Others and ends below, whatever their size.
        let low = |place: &Place| match place {
            Place::Name(_) => 0,
            Place::Other => 1,
            Place::End => 2,
        };
        columns.iter_mut().for_each(|(_, nodes)| nodes.sort_by_key(|node| low(&report.nodes[*node].place)));
        let pitch = (area.width() / depths as f32).min(WIDEST_COLUMN);
        for (place, (left, _)) in columns.iter_mut().enumerate() {
            *left = area.left() + pitch * place as f32;
        }
        let scale = scale(report, &columns, area.height());
        let height = |sessions: u64| (sessions as f32 * scale).max(THINNEST);
        let mut bars = vec![Rect::NOTHING; report.nodes.len()];
        for (left, nodes) in &columns {
            let mut top = area.top();
            for node in nodes {
                let high = height(report.nodes[*node].sessions);
                bars[*node] = Rect::from_min_size(pos2(*left, top), egui::vec2(BAR, high));
                top += high.max(LEAST_PITCH) + GAP;
            }
        }
        let ribbons = ribbons(report, &bars, scale);
        let mut at_node = [0, 1].map(|_| vec![Vec::new(); bars.len()]);
        for (index, ribbon) in ribbons.iter().enumerate() {
            (0..2).for_each(|side| at_node[side][ribbon.ends[side]].push(index));
        }
        Layout { bars, ribbons, at_node, columns, pitch }
    }

    /// How high the area must be at least.
    pub(super) fn least_height(report: &FlowReport) -> f32 {
        let mut counts = vec![0_usize; depths(report)];
        report.nodes.iter().for_each(|node| counts[node.depth] += 1);
        let most = counts.into_iter().max().unwrap_or(0) as f32;
        most * (LEAST_PITCH + GAP) + 60.0
    }

    /// The edge whose ribbon is under a point, the one nearest to its middle line.
    pub(super) fn ribbon_at(&self, at: Pos2) -> Option<usize> {
        let near = self.ribbons.iter().enumerate().filter_map(|(index, ribbon)| {
            let far = ribbon.distance(at).filter(|far| *far <= 1.0)?;
            Some((index, far))
        });
        near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    }

    /// The node whose bar or label is under a point.
    pub(super) fn node_at(&self, at: Pos2) -> Option<usize> {
        self.bars.iter().position(|bar| bar.expand2(egui::vec2(4.0, 2.0)).contains(at))
    }

    /// All nodes and ribbons on some way through a thing.
    pub(super) fn through(&self, thing: Thing) -> (Vec<bool>, Vec<bool>) {
        let (mut nodes, mut edges) = (vec![false; self.bars.len()], vec![false; self.ribbons.len()]);
        let (mut right, mut left) = match thing {
            Thing::Node(node) => (vec![node], vec![node]),
            Thing::Edge(edge) => {
                edges[edge] = true;
                (vec![self.ribbons[edge].ends[1]], vec![self.ribbons[edge].ends[0]])
            }
        };
        for (side, open) in [(0, &mut right), (1, &mut left)] {
            let mut seen = vec![false; self.bars.len()];
            while let Some(node) = open.pop() {
                if std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                nodes[node] = true;
                for index in &self.at_node[side][node] {
                    edges[*index] = true;
                    open.push(self.ribbons[*index].ends[1 - side]);
                }
            }
        }
        (nodes, edges)
    }

    /// The node or ribbon that an arrow leads to.
    pub(super) fn neighbor(&self, thing: Thing, arrow: Arrow) -> Option<Thing> {
        let of_side = |node: usize, side: usize| {
            let mut own = self.at_node[side][node].clone();
            own.sort_by(|a, b| self.end_y(*a, side).total_cmp(&self.end_y(*b, side)));
            own
        };
        let thickest = |edges: Vec<usize>| {
            let thick = |edge: &usize| self.ribbons[*edge].thick[0];
            edges.into_iter().max_by(|a, b| thick(a).total_cmp(&thick(b)).then(b.cmp(a))).map(Thing::Edge)
        };
        match (thing, arrow) {
            (Thing::Node(node), Arrow::Right) => thickest(of_side(node, 0)),
            (Thing::Node(node), Arrow::Left) => thickest(of_side(node, 1)),
            (Thing::Edge(edge), Arrow::Right) => Some(Thing::Node(self.ribbons[edge].ends[1])),
            (Thing::Edge(edge), Arrow::Left) => Some(Thing::Node(self.ribbons[edge].ends[0])),
            (Thing::Node(node), Arrow::Up | Arrow::Down) => {
                let column = self.columns.iter().find(|(_, nodes)| nodes.contains(&node))?;
                beside(&column.1, node, arrow).map(Thing::Node)
            }
            // Those between the same two columns, from top to bottom.
            (Thing::Edge(edge), Arrow::Up | Arrow::Down) => {
                let column =
                    self.columns.iter().find(|(_, nodes)| nodes.contains(&self.ribbons[edge].ends[0]))?;
                let all: Vec<usize> = column.1.iter().flat_map(|node| of_side(*node, 0)).collect();
                beside(&all, edge, arrow).map(Thing::Edge)
            }
            (_, Arrow::First) => self.columns.first()?.1.first().copied().map(Thing::Node),
            (_, Arrow::Last) => self.columns.last()?.1.first().copied().map(Thing::Node),
        }
    }

    fn end_y(&self, edge: usize, side: usize) -> f32 {
        if side == 0 { self.ribbons[edge].from.y } else { self.ribbons[edge].to.y }
    }
}

/// A node by its place in the report, or a ribbon by its place in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Node(usize),
    Edge(usize),
}

impl Thing {
    /// None for a ribbon that is not drawn.
    pub(super) fn find(report: &FlowReport, layout: &Layout, selection: &FlowSelection) -> Option<Thing> {
        match &selection.near {
            None => report.nodes.iter().position(|node| is_node(node, selection)).map(Thing::Node),
            Some(_) => {
                let is_it = |ribbon: &Ribbon| is_edge(&report.edges[ribbon.edge], selection);
                layout.ribbons.iter().position(is_it).map(Thing::Edge)
            }
        }
    }

    pub(super) fn selection(self, report: &FlowReport, layout: &Layout) -> FlowSelection {
        match self {
            Thing::Node(node) => of_node(&report.nodes[node]),
            Thing::Edge(edge) => of_edge(&report.edges[layout.ribbons[edge].edge]),
        }
    }
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrow {
    Left,
    Right,
    Up,
    Down,
    First,
    Last,
}

fn depths(report: &FlowReport) -> usize {
    report.nodes.iter().map(|node| node.depth + 1).max().unwrap_or(1)
}

fn beside(list: &[usize], now: usize, arrow: Arrow) -> Option<usize> {
    let at = list.iter().position(|other| *other == now)?;
    let to = if arrow == Arrow::Up { at.checked_sub(1)? } else { at + 1 };
    list.get(to).copied()
}

/// The largest height of a session at which every column fits.
fn scale(report: &FlowReport, columns: &[(f32, Vec<usize>)], height: f32) -> f32 {
    let fits = |scale: f32| {
        columns.iter().all(|(_, nodes)| {
            let high = |node: &usize| (report.nodes[*node].sessions as f32 * scale).max(LEAST_PITCH) + GAP;
            nodes.iter().map(high).sum::<f32>() - GAP <= height
        })
    };
    let (mut least, mut most) = (0.0, height / report.sessions.max(1) as f32);
    for _ in 0..40 {
        let middle = f32::midpoint(least, most);
        if fits(middle) { least = middle } else { most = middle }
    }
    least
}

fn ribbons(report: &FlowReport, bars: &[Rect], scale: f32) -> Vec<Ribbon> {
    let nodes = report.nodes.iter().enumerate().map(|(index, node)| ((node.depth, &node.place), index));
    let nodes: BTreeMap<(usize, &Place), usize> = nodes.collect();
    let node = |depth: usize, place: &Place| nodes.get(&(depth, place)).copied().unwrap_or_default();
    let mut edges: Vec<usize> = (0..report.edges.len()).collect();
    edges.sort_by_key(|edge| Reverse(report.edges[*edge].sessions));
    edges.truncate(MOST_RIBBONS);
    let ends = edges.iter().map(|edge| &report.edges[*edge]).map(|edge| {
        let (near, far) = (node(edge.depth - 1, &edge.near), node(edge.depth, &edge.far));
        match report.direction {
            Direction::After => [near, far],
            Direction::Before => [far, near],
        }
    });
    let ends: Vec<[usize; 2]> = ends.collect();
    let thick = edges.iter().map(|edge| (report.edges[*edge].sessions as f32 * scale).max(1.0));
    let thick: Vec<f32> = thick.collect();
    let mut ribbons: Vec<Ribbon> = ends
        .iter()
        .zip(&thick)
        .zip(&edges)
        .map(|((ends, thick), edge)| Ribbon {
            edge: *edge,
            ends: *ends,
            from: bars[ends[0]].right_top(),
            to: bars[ends[1]].left_top(),
            thick: [*thick; 2],
        })
        .collect();
    // At each node ribbons leave and arrive in the order of where they lead.
    for side in 0..2 {
        let mut order: Vec<usize> = (0..ends.len()).collect();
        order.sort_by(|a, b| bars[ends[*a][1 - side]].top().total_cmp(&bars[ends[*b][1 - side]].top()));
        let mut used = vec![0.0_f32; bars.len()];
        for edge in order {
            let node = ends[edge][side];
            let middle = bars[node].top() + used[node] + thick[edge] / 2.0;
            used[node] += thick[edge];
            let end = if side == 0 { &mut ribbons[edge].from } else { &mut ribbons[edge].to };
            end.y = middle.min(bars[node].bottom().max(bars[node].top() + thick[edge]));
        }
    }
    ribbons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{FlowEdge, FlowNode};
    use crate::model::time::Time;

    fn report(direction: Direction) -> FlowReport {
        let name = |name: &str| Place::Name(name.to_owned());
        let node = |depth, place, sessions| FlowNode { depth, place, sessions, persons: sessions };
        let edge = |depth, near, far, sessions| FlowEdge { depth, near, far, sessions, persons: sessions };
        FlowReport {
            direction,
            nodes: vec![
                node(0, name("A"), 10),
                node(1, Place::End, 6),
                node(1, name("B"), 3),
                node(1, Place::Other, 1),
                node(2, Place::End, 4),
            ],
            edges: vec![
                edge(1, name("A"), Place::End, 6),
                edge(1, name("A"), name("B"), 3),
                edge(1, name("A"), Place::Other, 1),
                edge(2, name("B"), Place::End, 3),
                edge(2, Place::Other, Place::End, 1),
            ],
            others: vec![0, 1, 0],
            sessions: 10,
            persons: 10,
            as_of: Time(0),
            future_events: 0,
            anchor_passed_over: 0,
            passed_over: 0,
        }
    }

    fn area() -> Rect {
        Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(600.0, 400.0))
    }

    #[test]
    fn columns_fit_and_names_stand_above_others_and_ends() {
        for direction in Direction::ALL {
            let layout = Layout::new(&report(direction), area());
            assert!(layout.bars.iter().all(|bar| area().contains_rect(*bar)), "{:?}", layout.bars);
            assert!(layout.bars[2].bottom() < layout.bars[3].top());
            assert!(layout.bars[3].bottom() < layout.bars[1].top());
            let anchor_is_left = layout.bars[0].left() < layout.bars[2].left();
            assert_eq!(anchor_is_left, direction == Direction::After);
            // Ribbons are as thick as their nodes where these have no other.
            assert_eq!(layout.ribbons[1].edge, 1);
            assert!((layout.ribbons[1].thick[0] - layout.bars[2].height()).abs() < 0.01);
            assert!((layout.bars[0].height() / layout.bars[1].height() - 10.0 / 6.0).abs() < 0.01);
        }
    }

    #[test]
    fn a_way_is_lit_on_both_sides_of_a_thing() {
        let layout = Layout::new(&report(Direction::After), area());
        let (nodes, edges) = layout.through(Thing::Node(2));
        assert_eq!(nodes, [true, false, true, false, true]);
        assert_eq!(edges, [false, true, true, false, false]);
        let (nodes, edges) = layout.through(Thing::Edge(3));
        assert_eq!(nodes, [true, false, false, true, true]);
        assert_eq!(edges, [false, false, false, true, true]);
    }

    #[test]
    fn arrows_lead_through_nodes_and_ribbons() {
        let layout = Layout::new(&report(Direction::After), area());
        let go = |thing, arrow| layout.neighbor(thing, arrow);
        assert_eq!(go(Thing::Node(0), Arrow::Right), Some(Thing::Edge(0)), "the thickest");
        assert_eq!(go(Thing::Edge(0), Arrow::Up), Some(Thing::Edge(3)));
        assert_eq!(go(Thing::Edge(3), Arrow::Up), Some(Thing::Edge(1)));
        assert_eq!(go(Thing::Edge(1), Arrow::Up), None);
        assert_eq!(go(Thing::Edge(1), Arrow::Right), Some(Thing::Node(2)));
        assert_eq!(go(Thing::Node(2), Arrow::Down), Some(Thing::Node(3)));
        assert_eq!(go(Thing::Node(2), Arrow::Left), Some(Thing::Edge(1)));
        assert_eq!(go(Thing::Edge(4), Arrow::First), Some(Thing::Node(0)));
        assert_eq!(go(Thing::Node(1), Arrow::Right), None, "nothing comes after the end");
    }

    #[test]
    fn of_many_ribbons_the_thickest_are_drawn() {
        let name = |name: usize| Place::Name(format!("{name:02}"));
        let mut report = report(Direction::After);
        (report.nodes, report.edges) = (Vec::new(), Vec::new());
        for depth in 0..3 {
            let node = |at| FlowNode { depth, place: name(at), sessions: 9_000, persons: 9_000 };
            report.nodes.extend((0..30).map(node));
        }
        for (near, far) in (0..30).flat_map(|near| (0..30).map(move |far| (near, far))) {
            let sessions = 1 + (near * 31 + far * 17) as u64 % 97;
            let edge = |depth| FlowEdge { depth, near: name(near), far: name(far), sessions, persons: 1 };
            report.edges.extend([1, 2].map(edge));
        }
        let layout = Layout::new(&report, area());
        assert_eq!(layout.ribbons.len(), MOST_RIBBONS);
        let drawn: Vec<u64> =
            layout.ribbons.iter().map(|ribbon| report.edges[ribbon.edge].sessions).collect();
        assert!(drawn.is_sorted_by(|a, b| a >= b));
        let least = drawn[MOST_RIBBONS - 1];
        assert!(report.edges.iter().filter(|edge| edge.sessions > least).count() < MOST_RIBBONS);
        for (index, ribbon) in layout.ribbons.iter().enumerate() {
            let selection = Thing::Edge(index).selection(&report, &layout);
            assert_eq!(Thing::find(&report, &layout, &selection), Some(Thing::Edge(index)));
            let edge = &report.edges[ribbon.edge];
            let ends = ribbon.ends.map(|node| report.nodes[node].place.clone());
            assert_eq!(ends, [edge.near.clone(), edge.far.clone()]);
        }
        let thin = report.edges.iter().find(|edge| edge.sessions < least).unwrap();
        assert_eq!(Thing::find(&report, &layout, &of_edge(thin)), None);
    }

    #[test]
    fn what_is_under_the_pointer_is_found() {
        let layout = Layout::new(&report(Direction::After), area());
        for (index, ribbon) in layout.ribbons.iter().enumerate() {
            assert_eq!(layout.ribbon_at(ribbon.at(0.9).0), Some(index));
        }
        assert_eq!(layout.node_at(layout.bars[3].center()), Some(3));
        assert_eq!(layout.ribbon_at(pos2(590.0, 399.0)), None);
    }
}
