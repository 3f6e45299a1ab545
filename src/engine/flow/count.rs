//! Counting the nodes and edges of ways. Not for finding the ways: see `block`.

use rayon::prelude::*;

use super::block::Block;
use super::row::{LEAST_END, Row, Shape};
use super::walk::Walk;
use crate::base::{Cancelled, Progress};
use crate::engine::pass::{self, PARTS};
use crate::model::flow::{FlowEdge, FlowNode, FlowSelection, Place, is_reserved};

/// Slots at a depth: the names that stay apart, and three more.
const SLOTS: usize = 64;
const OTHER: usize = 61;
const END: usize = LEAST_END;
/// Where ways are past their end, which is not told.
const PAST: usize = 63;

/// Nodes, edges, and what is told beside them.
#[derive(Debug, PartialEq)]
pub(super) struct Counted {
    pub(super) nodes: Vec<FlowNode>,
    pub(super) edges: Vec<FlowEdge>,
    pub(super) sessions: u64,
    pub(super) persons: u64,
    pub(super) others: Vec<u64>,
}

/// Counts all ways.
///
/// # Errors
/// `Cancelled`, checked once a block.
pub(super) fn counted<R: Row>(walk: &Walk<'_>, progress: &Progress) -> Result<Counted, Cancelled> {
    let shape = Shape::<R>::new(walk);
    let depth = walk.query.depth;
    if let Some(tops) = Tops::of_all(walk) {
        // Codes of names are their slots.
        let each = |sums: &mut Sums, block: &Block<'_, R>| {
            block.ways(|way| sums.add(way.person, |depth| way.row.get(depth)));
        };
        let sums = walk.runs(&shape, progress, PARTS, || Sums::new(depth), each)?;
        return Ok(Sums::told(&sums, &tops));
    }
    let names = Names::of(walk, &shape, Keep::Ways, progress)?;
    let tops = names.tops(walk, &shape);
    let total = names.blocks.len() as u64;
    let one = |mut sums: Sums, (place, ways): (usize, &Vec<R>)| {
        progress.at(place as u64, total)?;
        // A number for each person that no other of these sums has.
        let mut person = sums.persons.persons;
        for way in ways {
            person += way.get(R::PLACES - 1) as u32;
            sums.add(person, |depth| tops.slot(depth, way.get(depth)));
        }
        Ok(sums)
    };
    let runs = names.blocks.par_iter().enumerate().with_min_len(names.blocks.len().div_ceil(PARTS).max(1));
    let sums: Vec<Sums> = runs.try_fold(|| Sums::new(depth), one).collect::<Result<_, _>>()?;
    Ok(Sums::told(&sums, &tops))
}

/// What stays apart, as [`counted`] has it.
///
/// # Errors
/// `Cancelled`, checked once a block.
pub(super) fn tops<R: Row>(
    walk: &Walk<'_>,
    shape: &Shape<'_, R>,
    progress: &Progress,
) -> Result<Tops, Cancelled> {
    match Tops::of_all(walk) {
        Some(tops) => Ok(tops),
        None => Ok(Names::of(walk, shape, Keep::Counts, progress)?.tops(walk, shape)),
    }
}

/// What is wanted of names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Counts,
    Ways,
}

/// How often each name is at each depth, and the ways to be counted again with the others as one.
struct Names<R> {
    /// By depth, then by code.
    counts: Vec<u32>,
    /// The ways of each block; the last code tells whether a way is its person's first.
    blocks: Vec<Vec<R>>,
}

impl<R: Row> Names<R> {
    fn of(walk: &Walk<'_>, shape: &Shape<'_, R>, keep: Keep, progress: &Progress) -> Result<Self, Cancelled> {
        let (depth, codes) = (walk.query.depth, shape.codes());
        let length = (depth + 1) * codes;
        let runs = pass::parts(length);
        let empty = || Names { counts: vec![0; length], blocks: Vec::new() };
        let each = |names: &mut Names<R>, block: &Block<'_, R>| {
            let (mut ways, mut person) = (Vec::new(), 0);
            if keep == Keep::Ways {
                ways.reserve_exact(block.most_ways());
            }
            block.ways(|mut way| {
                let mut row = 0;
                for depth in 0..=depth {
                    names.counts[row + way.row.get(depth)] += 1;
                    row += codes;
                }
                if keep == Keep::Ways {
                    way.row.set(R::PLACES - 1, R::code(usize::from(way.person != person)));
                    person = way.person;
                    ways.push(way.row);
                }
            });
            if keep == Keep::Ways {
                names.blocks.push(ways);
            }
        };
        let mut runs = walk.runs(shape, progress, runs, empty, each)?.into_iter();
        let first = runs.next().unwrap_or_else(empty);
        Ok(runs.fold(first, |mut all, more| {
            all.blocks.extend(more.blocks);
            all.counts.iter_mut().zip(more.counts).for_each(|(count, more)| *count += more);
            all
        }))
    }

    /// The names that stay apart.
    fn tops(&self, walk: &Walk<'_>, shape: &Shape<'_, R>) -> Tops {
        let (names, top) = (walk.labels(), walk.query.top);
        let mut tops =
            Tops { codes: shape.codes(), slots: Vec::new(), places: Vec::new(), others: Vec::new() };
        for counts in self.counts.chunks_exact(shape.codes()) {
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
            tops.slots.resize(from + shape.end, OTHER as u8);
            tops.slots.extend([END as u8, PAST as u8]);
            order.iter().enumerate().for_each(|(slot, name)| tops.slots[from + name] = slot as u8);
            tops.places.push(order.iter().map(|name| Place::Name(names[*name].to_owned())).collect());
        }
        tops
    }
}

/// Which names stay apart at each depth, and the slots of their counts.
pub(super) struct Tops {
    /// One more than the greatest code.
    codes: usize,
    /// By depth, then by code.
    slots: Vec<u8>,
    /// By depth, the places of the first slots.
    places: Vec<Vec<Place>>,
    others: Vec<u64>,
}

impl Tops {
    /// When all names stay apart at all depths, each at the slot of its code.
    fn of_all(walk: &Walk<'_>) -> Option<Tops> {
        let (names, depths) = (walk.labels(), walk.query.depth + 1);
        let is_all = names.len() <= walk.query.top && !names.iter().any(|name| is_reserved(name));
        let places = || names.iter().map(|name| Place::Name((*name).to_owned())).collect();
        is_all.then(|| Tops {
            codes: SLOTS,
            slots: (0..depths).flat_map(|_| 0..SLOTS as u8).collect(),
            places: (0..depths).map(|_| places()).collect(),
            others: vec![0; depths],
        })
    }

    #[inline]
    fn slot(&self, depth: usize, code: usize) -> usize {
        usize::from(self.slots[depth * self.codes + code])
    }

    fn place(&self, depth: usize, slot: usize) -> Place {
        match self.places[depth].get(slot) {
            Some(place) => place.clone(),
            None if slot == OTHER => Place::Other,
            None => Place::End,
        }
    }

    fn slot_of(&self, depth: usize, place: &Place) -> Option<usize> {
        match place {
            Place::Name(_) => self.places.get(depth)?.iter().position(|own| own == place),
            Place::Other => Some(OTHER),
            Place::End => Some(END),
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
    near: Option<usize>,
    far: usize,
}

impl Wanted {
    /// True when a way goes there.
    pub(super) fn holds<R: Row>(&self, tops: &Tops, way: &R) -> bool {
        let is_at = |depth: usize, slot| tops.slot(depth, way.get(depth)) == slot;
        is_at(self.depth, self.far) && self.near.is_none_or(|near| is_at(self.depth - 1, near))
    }
}

/// Persons, and the number of the one counted last; no person has the number 0.
#[derive(Clone, Copy, Default)]
struct Persons {
    persons: u32,
    last: u32,
}

impl Persons {
    #[inline]
    fn add(&mut self, person: u32) {
        self.persons += u32::from(self.last != person);
        self.last = person;
    }
}

#[derive(Clone, Copy, Default)]
struct Edge {
    sessions: u32,
    persons: Persons,
}

/// What some ways add up to. The sessions of nodes are those of their edges.
struct Sums {
    persons: Persons,
    /// Of the anchors, by slot.
    anchors: [Persons; SLOTS],
    depths: Vec<Depth>,
}

/// From one depth to the next.
#[derive(Clone)]
struct Depth {
    /// By the slot of the farther place.
    nodes: [Persons; SLOTS],
    /// By the slots of both places.
    edges: Box<[Edge; SLOTS * SLOTS]>,
}

impl Sums {
    fn new(depth: usize) -> Sums {
        let none = [Persons::default(); SLOTS];
        let of_depth = Depth { nodes: none, edges: Box::new([Edge::default(); SLOTS * SLOTS]) };
        Sums { persons: Persons::default(), anchors: none, depths: vec![of_depth; depth] }
    }

    /// Adds the way of a person by the slots of its depths. Ways of one length for all take less time than the guess
    /// where each of them ends: past its end one counts what nobody is told.
    #[inline]
    fn add(&mut self, person: u32, slot: impl Fn(usize) -> usize) {
        self.persons.add(person);
        let mut near = slot(0) % SLOTS;
        self.anchors[near].add(person);
        for (depth, own) in self.depths.iter_mut().enumerate() {
            let far = slot(depth + 1) % SLOTS;
            own.nodes[far].add(person);
            let edge = &mut own.edges[near * SLOTS + far];
            edge.sessions += 1;
            edge.persons.add(person);
            near = far;
        }
    }

    /// What all these sums tell together.
    fn told(all: &[Sums], tops: &Tops) -> Counted {
        let sum = |of: &dyn Fn(&Sums) -> u32| all.iter().map(|sums| u64::from(of(sums))).sum::<u64>();
        let (mut nodes, mut edges): (Vec<FlowNode>, Vec<FlowEdge>) = (Vec::new(), Vec::new());
        for depth in 1..tops.places.len() {
            let (mut from, mut to) = ([0; SLOTS], [0; SLOTS]);
            // From no end a way goes on.
            for (near, far) in (0..END).flat_map(|near| (0..PAST).map(move |far| (near, far))) {
                let edge = |sums: &Sums| sums.depths[depth - 1].edges[near * SLOTS + far];
                let sessions = sum(&|sums| edge(sums).sessions);
                if sessions > 0 {
                    from[near] += sessions;
                    to[far] += sessions;
                    edges.push(FlowEdge {
                        depth,
                        near: tops.place(depth - 1, near),
                        far: tops.place(depth, far),
                        sessions,
                        persons: sum(&|sums| edge(sums).persons.persons),
                    });
                }
            }
            let mut add = |depth, slot, sessions, persons| {
                if sessions > 0 {
                    nodes.push(FlowNode { depth, place: tops.place(depth, slot), sessions, persons });
                }
            };
            for slot in 0..PAST {
                if depth == 1 {
                    add(0, slot, from[slot], sum(&|sums| sums.anchors[slot].persons));
                }
                add(depth, slot, to[slot], sum(&|sums| sums.depths[depth - 1].nodes[slot].persons));
            }
        }
        nodes.sort_by(|a, b| {
            (a.depth.cmp(&b.depth)).then(b.sessions.cmp(&a.sessions)).then_with(|| a.place.cmp(&b.place))
        });
        edges.sort_by(|a, b| {
            let by_size = (a.depth.cmp(&b.depth)).then(b.sessions.cmp(&a.sessions));
            by_size.then_with(|| (&a.near, &a.far).cmp(&(&b.near, &b.far)))
        });
        let sessions = nodes.iter().filter(|node| node.depth == 0).map(|node| node.sessions).sum();
        let persons = sum(&|sums| sums.persons.persons);
        Counted { nodes, edges, sessions, persons, others: tops.others.clone() }
    }
}
