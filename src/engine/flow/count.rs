//! Counting the nodes and edges of ways. Not for finding the ways: see `walk`.

use rayon::prelude::*;

use super::walk::{CHUNK, Walk};
use crate::base::{Cancelled, Progress};
use crate::model::flow::{FlowEdge, FlowNode, FlowSelection, MAX_DEPTH, Place, is_reserved};

/// Parts that ways are gathered in, each with counts of its own.
const RUNS: usize = 16;
/// Counts of a part from which on there are as few parts as threads.
const MANY: usize = 1 << 18;

/// How a name is kept in a way: small where names are few, as there may be very many ways.
pub(super) trait Code: Copy + Send + Sync {
    fn of(code: usize) -> Self;
    fn get(self) -> usize;
}

impl Code for u8 {
    fn of(code: usize) -> u8 {
        code as u8
    }

    fn get(self) -> usize {
        usize::from(self)
    }
}

impl Code for u32 {
    fn of(code: usize) -> u32 {
        code as u32
    }

    fn get(self) -> usize {
        self as usize
    }
}

/// All ways, as the names at their depths, and how often each name is at each depth.
pub(super) struct Ways<C> {
    chunks: Vec<Chunk<C>>,
    /// By depth, then by name.
    counts: Vec<u32>,
}

/// The ways of some persons, in order.
struct Chunk<C> {
    /// As many a way as it can have steps; the end is one past the last name.
    codes: Vec<C>,
    /// For each way whether it is its person's first.
    is_first: Vec<bool>,
}

impl<C: Code> Ways<C> {
    /// # Errors
    /// `Cancelled`, checked once a chunk.
    pub(super) fn of(walk: &Walk<'_>, progress: &Progress) -> Result<Ways<C>, Cancelled> {
        let (table, stride) = (walk.table, walk.query.depth + 1);
        let (persons, names) = (table.persons(), walk.labels().len());
        let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
        let end = C::of(names);
        let one = |mut ways: Ways<C>, from: &usize| {
            progress.at(*from as u64, persons as u64)?;
            let mut chunk = Chunk { codes: Vec::new(), is_first: Vec::new() };
            for person in *from..(*from + CHUNK).min(persons) {
                let mut is_first = true;
                walk.person(person, |way| {
                    let mut codes = [end; MAX_DEPTH + 1];
                    let mut row = 0;
                    for (event, code) in way.iter().zip(&mut codes) {
                        let name = walk.code(*event);
                        ways.counts[row + name] += 1;
                        *code = C::of(name);
                        row += names;
                    }
                    chunk.codes.extend_from_slice(&codes[..stride]);
                    chunk.is_first.push(is_first);
                    is_first = false;
                });
            }
            ways.chunks.push(chunk);
            Ok(ways)
        };
        let empty = || Ways { chunks: Vec::new(), counts: vec![0; stride * names] };
        let parts = if stride * names < MANY { RUNS } else { rayon::current_num_threads() };
        let join = |mut ways: Ways<C>, more: Ways<C>| {
            ways.chunks.extend(more.chunks);
            ways.counts.iter_mut().zip(more.counts).for_each(|(count, more)| *count += more);
            Ok(ways)
        };
        let runs = chunks.par_iter().with_min_len(chunks.len().div_ceil(parts).max(1));
        runs.try_fold(empty, one).try_reduce(empty, join)
    }

    /// The names that stay apart.
    pub(super) fn tops(&self, walk: &Walk<'_>) -> Tops {
        let (names, top) = (walk.labels(), walk.query.top);
        let mut tops =
            Tops { top, names: names.len(), slots: Vec::new(), places: Vec::new(), others: Vec::new() };
        for depth in 0..=walk.query.depth {
            let counts = &self.counts[depth * names.len()..(depth + 1) * names.len()];
            let present = (0..names.len()).filter(|name| counts[*name] > 0);
            let mut order: Vec<usize> = present.clone().filter(|name| !is_reserved(names[*name])).collect();
            let rank =
                |a: &usize, b: &usize| counts[*b].cmp(&counts[*a]).then_with(|| names[*a].cmp(names[*b]));
            if order.len() > top {
                order.select_nth_unstable_by(top, rank);
                order.truncate(top);
            }
            order.sort_by(rank);
            tops.others.push((present.count() - order.len()) as u64);
            let from = tops.slots.len();
            tops.slots.resize(from + names.len(), tops.other());
            tops.slots.push(tops.end());
            order.iter().enumerate().for_each(|(slot, name)| tops.slots[from + name] = slot as u8);
            tops.places.push(order.iter().map(|name| Place::Name(names[*name].to_owned())).collect());
        }
        tops
    }

    /// # Errors
    /// `Cancelled`, checked once a chunk.
    pub(super) fn count(
        &self,
        tops: &Tops,
        walk: &Walk<'_>,
        progress: &Progress,
    ) -> Result<Counted, Cancelled> {
        let depth = walk.query.depth;
        let total = self.chunks.len() as u64;
        let one = |mut sums: Sums, (place, chunk): (usize, &Chunk<C>)| {
            progress.at(place as u64, total)?;
            for (way, is_first) in chunk.codes.chunks_exact(depth + 1).zip(&chunk.is_first) {
                sums.add(tops, way, *is_first);
            }
            Ok(sums)
        };
        let width = tops.width();
        let empty = || Sums::new(depth, width);
        let runs = self.chunks.par_iter().enumerate();
        let runs = runs.with_min_len(self.chunks.len().div_ceil(RUNS).max(1));
        let sums = runs.try_fold(empty, one).try_reduce(empty, |a, b| Ok(a.join(&b)))?;
        Ok(sums.told(tops))
    }
}

/// Which names stay apart at each depth, and the slots of their counts.
pub(super) struct Tops {
    top: usize,
    names: usize,
    /// By depth, then by name and the end.
    slots: Vec<u8>,
    /// By depth, the places of the first slots.
    places: Vec<Vec<Place>>,
    others: Vec<u64>,
}

impl Tops {
    fn other(&self) -> u8 {
        // At most 50 names stay apart.
        self.top as u8
    }

    fn end(&self) -> u8 {
        self.top as u8 + 1
    }

    fn width(&self) -> usize {
        self.top + 2
    }

    fn slot(&self, depth: usize, code: usize) -> u8 {
        self.slots[depth * (self.names + 1) + code]
    }

    fn place(&self, depth: usize, slot: usize) -> Place {
        match self.places[depth].get(slot) {
            Some(place) => place.clone(),
            None if slot == usize::from(self.other()) => Place::Other,
            None => Place::End,
        }
    }

    fn slot_of(&self, depth: usize, place: &Place) -> Option<u8> {
        match place {
            Place::Name(_) => Some(self.places.get(depth)?.iter().position(|own| own == place)? as u8),
            Place::Other => Some(self.other()),
            Place::End => Some(self.end()),
        }
    }

    /// The slots of a selection; none when nothing is there.
    pub(super) fn wanted(&self, selection: &FlowSelection) -> Option<Wanted> {
        let depth = selection.depth;
        if depth >= self.places.len() {
            return None;
        }
        let near = match &selection.near {
            None => None,
            Some(near) => Some(self.slot_of(depth.checked_sub(1)?, near)?),
        };
        Some(Wanted { depth, near, far: self.slot_of(depth, &selection.place)? })
    }
}

/// A node or an edge by its slots.
pub(super) struct Wanted {
    depth: usize,
    near: Option<u8>,
    far: u8,
}

impl Wanted {
    /// True when a way goes there.
    pub(super) fn holds(&self, tops: &Tops, way: &[usize], walk: &Walk<'_>) -> bool {
        let at = |depth: usize| match way.get(depth) {
            Some(event) => Some(tops.slot(depth, walk.code(*event))),
            // Only the first depth past the last step is the end.
            None => (depth == way.len()).then_some(tops.end()),
        };
        at(self.depth) == Some(self.far) && self.near.is_none_or(|near| at(self.depth - 1) == Some(near))
    }
}

/// Sessions, their persons, and one more than the number of the person counted last.
#[derive(Clone, Copy, Default)]
struct Sum {
    sessions: u32,
    persons: u32,
    last: u32,
}

impl Sum {
    fn add(&mut self, person: u32) {
        self.sessions += 1;
        self.persons += u32::from(self.last != person);
        self.last = person;
    }
}

struct Sums {
    width: usize,
    /// By depth and slot.
    nodes: Vec<Sum>,
    /// By depth and the slots of both places.
    edges: Vec<Sum>,
    sessions: u64,
    /// Persons so far, and the number of the one whose ways come.
    persons: u32,
}

/// Nodes, edges, and what is told beside them.
pub(super) type Counted = (Vec<FlowNode>, Vec<FlowEdge>, Totals);

/// What is told of all ways.
pub(super) struct Totals {
    pub(super) sessions: u64,
    pub(super) persons: u64,
    pub(super) others: Vec<u64>,
}

impl Sums {
    fn new(depth: usize, width: usize) -> Sums {
        let (nodes, edges) = ((depth + 1) * width, (depth + 1) * width * width);
        Sums {
            width,
            nodes: vec![Sum::default(); nodes],
            edges: vec![Sum::default(); edges],
            sessions: 0,
            persons: 0,
        }
    }

    fn add<C: Code>(&mut self, tops: &Tops, way: &[C], is_first: bool) {
        self.sessions += 1;
        self.persons += u32::from(is_first);
        let (person, width, end) = (self.persons, self.width, usize::from(tops.end()));
        // The edges of the first depth are not used: there is no place before the anchor.
        let (mut near, mut slots, mut nodes, mut edges) = (0, 0, 0, 0);
        for code in way {
            let far = usize::from(tops.slots[slots + code.get()]);
            self.nodes[nodes + far].add(person);
            self.edges[edges + near * width + far].add(person);
            if far == end {
                break;
            }
            near = far;
            slots += tops.names + 1;
            nodes += width;
            edges += width * width;
        }
    }

    fn join(mut self, more: &Sums) -> Sums {
        for (sums, more) in [(&mut self.nodes, &more.nodes), (&mut self.edges, &more.edges)] {
            for (sum, more) in sums.iter_mut().zip(more) {
                sum.sessions += more.sessions;
                sum.persons += more.persons;
            }
        }
        self.sessions += more.sessions;
        self.persons += more.persons;
        self
    }

    fn told(&self, tops: &Tops) -> Counted {
        let width = self.width;
        let mut nodes: Vec<FlowNode> = Vec::new();
        for (at, sum) in self.nodes.iter().enumerate().filter(|(_, sum)| sum.sessions > 0) {
            let (depth, place) = (at / width, tops.place(at / width, at % width));
            nodes.push(FlowNode { depth, place, sessions: sum.sessions.into(), persons: sum.persons.into() });
        }
        nodes.sort_by(|a, b| {
            (a.depth.cmp(&b.depth)).then(b.sessions.cmp(&a.sessions)).then_with(|| a.place.cmp(&b.place))
        });
        let mut edges: Vec<FlowEdge> = Vec::new();
        let told = self.edges.iter().enumerate().skip(width * width);
        for (at, sum) in told.filter(|(_, sum)| sum.sessions > 0) {
            let (far, near, depth) = (at % width, at / width % width, at / width / width);
            edges.push(FlowEdge {
                depth,
                near: tops.place(depth - 1, near),
                far: tops.place(depth, far),
                sessions: sum.sessions.into(),
                persons: sum.persons.into(),
            });
        }
        edges.sort_by(|a, b| {
            let by_size = (a.depth.cmp(&b.depth)).then(b.sessions.cmp(&a.sessions));
            by_size.then_with(|| (&a.near, &a.far).cmp(&(&b.near, &b.far)))
        });
        let totals =
            Totals { sessions: self.sessions, persons: self.persons.into(), others: tops.others.clone() };
        (nodes, edges, totals)
    }
}
