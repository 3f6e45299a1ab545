//! Flows over an event table: the report, the persons behind each number, and the steps of one person. Not for the
//! rules, which are written in `model::flow`.

mod block;
mod count;
mod row;
mod walk;

use block::Block;
use count::{Counted, counted, tops};
use row::{Row, Shape};
use walk::Walk;

use super::filter::{Condition, First, matches};
use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::flow::{Flow, FlowReport, FlowSelection};
use crate::model::time::Time;

/// A person behind a number of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowMember {
    /// Stored id of the person.
    pub person_id: i64,
    /// The anchor of the person's first session that counts for the number.
    pub at: Time,
    /// How many of the person's sessions do.
    pub sessions: u64,
}

/// Answers a flow that [`crate::model::query::Query::check`] finds no error in.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn flow(
    table: &EventTable,
    query: &Flow,
    as_of: Time,
    progress: &Progress,
) -> Result<FlowReport, Cancelled> {
    let steps = step_names(query);
    let found = matches(table, &conditions(query, &steps), as_of, First::NotAsked, progress)?;
    let walk = Walk::new(table, query, as_of, &found);
    let counted = match Width::of(&walk) {
        Width::Short => counted::<u64>(&walk, progress)?,
        Width::Long => counted::<[u8; 16]>(&walk, progress)?,
        Width::Many => counted::<[u32; 12]>(&walk, progress)?,
    };
    let Counted { nodes, edges, sessions, persons, others } = counted;
    let from_any = query.is_from_any();
    Ok(FlowReport {
        direction: query.direction,
        nodes,
        edges,
        others,
        sessions,
        persons,
        as_of,
        future_events: found.future,
        anchor_passed_over: if from_any { 0 } else { found.passed_over[ANCHOR] },
        passed_over: if has_no_steps(query) {
            0
        } else {
            found.passed_over[STEP] - found.passed_over.get(EXCLUDED).copied().unwrap_or(0)
        },
    })
}

/// The persons behind one number of a flow, by stored id; as many as the report counts.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn flow_members(
    table: &EventTable,
    query: &Flow,
    as_of: Time,
    selection: &FlowSelection,
    progress: &Progress,
) -> Result<Vec<FlowMember>, Cancelled> {
    let steps = step_names(query);
    let found = matches(table, &conditions(query, &steps), as_of, First::NotAsked, progress)?;
    let walk = Walk::new(table, query, as_of, &found);
    match Width::of(&walk) {
        Width::Short => members::<u64>(&walk, selection, progress),
        Width::Long => members::<[u8; 16]>(&walk, selection, progress),
        Width::Many => members::<[u32; 12]>(&walk, selection, progress),
    }
}

/// The steps of one person of the table (by index): depth and table index of the event, session by session.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn flow_steps(
    table: &EventTable,
    query: &Flow,
    as_of: Time,
    person: usize,
    progress: &Progress,
) -> Result<Vec<Vec<(usize, usize)>>, Cancelled> {
    let steps = step_names(query);
    let found = matches(table, &conditions(query, &steps), as_of, First::NotAsked, progress)?;
    let walk = Walk::new(table, query, as_of, &found);
    let mut ways = Vec::new();
    if person < table.persons() {
        let shape = Shape::<[u32; 12]>::new(&walk);
        let mut block = Block::new(&shape);
        block.fill(person..person + 1);
        block.events(|way| ways.push(way.into_iter().enumerate().collect()));
    }
    Ok(ways)
}

fn members<R: Row>(
    walk: &Walk<'_>,
    selection: &FlowSelection,
    progress: &Progress,
) -> Result<Vec<FlowMember>, Cancelled> {
    let shape = Shape::<R>::new(walk);
    let tops = tops(walk, &shape, progress)?;
    let Some(wanted) = tops.wanted(selection) else { return Ok(Vec::new()) };
    let table = walk.table;
    let each = |(members, last): &mut (Vec<FlowMember>, u32), block: &Block<'_, R>| {
        block.ways(|way| {
            if !wanted.holds(&tops, &way.row) {
                return;
            }
            if *last != way.person {
                *last = way.person;
                let person_id = table.person_ids()[table.person_of(way.anchor)];
                members.push(FlowMember { person_id, at: Time(table.times()[way.anchor]), sessions: 0 });
            }
            if let Some(member) = members.last_mut() {
                member.sessions += 1;
            }
        });
    };
    let runs = walk.runs(&shape, progress, usize::MAX, || (Vec::new(), 0), each)?;
    Ok(runs.into_iter().flat_map(|(members, _)| members).collect())
}

/// How ways are kept: names by codes of how many bits, and how many of them.
enum Width {
    /// Few names, and few steps, as most flows have them.
    Short,
    /// Few names.
    Long,
    Many,
}

impl Width {
    fn of(walk: &Walk<'_>) -> Width {
        // Two codes are those of ends, and one place of a way is left.
        match walk.labels().len() {
            ..=254 if walk.query.depth + 1 < 8 => Width::Short,
            ..=254 => Width::Long,
            _ => Width::Many,
        }
    }
}

/// Places of [`conditions`].
const ANCHOR: usize = 0;
const STEP: usize = 1;
const EXCLUDED: usize = 2;

/// The names that are steps, where they are listed.
fn step_names(query: &Flow) -> Vec<String> {
    query.events.iter().filter(|name| !query.exclude.contains(name)).cloned().collect()
}

/// True when all names listed are excluded.
fn has_no_steps(query: &Flow) -> bool {
    !query.events.is_empty() && query.events.iter().all(|name| query.exclude.contains(name))
}

/// What events are looked for: anchors, those that are steps, and of these the ones that are none by their name.
fn conditions<'a>(query: &'a Flow, steps: &'a [String]) -> Vec<Condition<'a>> {
    let step = if has_no_steps(query) { 0 } else { 1 << STEP };
    let mut conditions = vec![
        Condition::new(&query.anchor.events, &query.anchor.filters, &query.filters, 1 << ANCHOR),
        Condition::new(steps, &[], &query.filters, step),
    ];
    if !query.exclude.is_empty() && query.events.is_empty() {
        conditions.push(Condition::new(&query.exclude, &[], &query.filters, 1 << EXCLUDED));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;
    use crate::engine::calendar::session_starts;
    use crate::engine::table::Parts;
    use crate::model::flow::{Direction, Place};

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }
    }

    const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

    /// Every so many events a pause; some persons have no event.
    fn table(random: &mut Random, persons: usize, most: usize, pause: usize) -> EventTable {
        let event_names = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let mut parts = Parts { event_names, person_starts: vec![0], ..Parts::default() };
        for person in 0..persons {
            let mut time = 0;
            for _ in 0..random.below(most) {
                time += if random.below(pause) == 0 { 11 } else { random.below(11) as i64 };
                parts.times.push(time);
                parts.names.push(random.below(8).saturating_sub(3) as u32);
            }
            parts.person_ids.push(person as i64 + 1);
            parts.person_starts.push(parts.times.len() as u32);
        }
        parts.rows = (1..=parts.times.len() as u32).collect();
        EventTable::from_parts(parts).unwrap()
    }

    fn query(random: &mut Random, depth: usize) -> Flow {
        let names = |random: &mut Random, most: usize| -> Vec<String> {
            (0..random.below(most)).map(|_| NAMES[random.below(5)].to_owned()).collect()
        };
        let mut query = Flow { depth, session_gap_us: 10, merge: random.below(3) == 0, ..Flow::default() };
        query.anchor.events = names(random, 3);
        query.events = if random.below(2) == 0 { names(random, 3) } else { Vec::new() };
        query.exclude = names(random, 2);
        query.direction = Direction::ALL[random.below(2)];
        query.top = [1, 3, 50][random.below(3)];
        query.between = (random.below(4) == 0).then_some((Time(100), Time(900)));
        query
    }

    /// By person, the table's indexes of each way, as the rules say it.
    fn plainly(table: &EventTable, query: &Flow, as_of: Time) -> Vec<(usize, Vec<usize>)> {
        let name = |event: &usize| table.event_name(*event).to_owned();
        let is_step = |event: &usize| {
            let is_listed = query.events.is_empty() || query.events.contains(&name(event));
            is_listed && !query.exclude.contains(&name(event))
        };
        let mut ways = Vec::new();
        for person in 0..table.persons() {
            let own: Vec<usize> =
                table.person_events(person).filter(|event| table.times()[*event] <= as_of.0).collect();
            let is_one = |a: &usize, b: &usize| table.times()[*b] - table.times()[*a] <= query.session_gap_us;
            for session in own.chunk_by(is_one) {
                let mut session = session.to_vec();
                let at = match (query.is_from_any(), query.direction) {
                    (true, Direction::After) => session.iter().position(is_step),
                    (true, Direction::Before) => session.iter().rposition(is_step),
                    (false, _) => session.iter().position(|event| query.anchor.events.contains(&name(event))),
                };
                let Some(mut at) = at else { continue };
                let time = Time(table.times()[session[at]]);
                if query.between.is_some_and(|(from, to)| time < from || time >= to) {
                    continue;
                }
                if query.direction == Direction::Before {
                    session.reverse();
                    at = session.len() - 1 - at;
                }
                let mut way = vec![session[at]];
                way.extend(session[at + 1..].iter().filter(|event| is_step(event)));
                if query.merge {
                    way.dedup_by_key(|event| name(event));
                }
                way.truncate(query.depth + 1);
                ways.push((person, way));
            }
        }
        ways
    }

    fn conditions_of(table: &EventTable, query: &Flow, as_of: Time, then: impl FnOnce(&Walk<'_>)) {
        let steps = step_names(query);
        let asked = conditions(query, &steps);
        let found = matches(table, &asked, as_of, First::NotAsked, &Progress::new()).unwrap();
        then(&Walk::new(table, query, as_of, &found));
    }

    /// Anchors and codes of all ways.
    fn rows<R: Row>(walk: &Walk<'_>) -> Vec<(usize, Vec<usize>)> {
        let shape = Shape::<R>::new(walk);
        let each = |rows: &mut Vec<(usize, Vec<usize>)>, block: &Block<'_, R>| {
            let codes = |row: &R| (0..=walk.query.depth).map(|place| row.get(place)).collect();
            block.ways(|way| rows.push((way.anchor, codes(&way.row))));
        };
        walk.runs(&shape, &Progress::new(), 3, Vec::new, each).unwrap().concat()
    }

    #[test]
    fn ways_through_long_sessions_are_what_the_rules_say() {
        let mut random = Random(1);
        let mut steps = 0;
        for round in 0..600 {
            let pause = [2, 9, 100, 1000][random.below(4)];
            let mut table = table(&mut random, 4, 400, pause);
            let depth = 1 + random.below(10);
            let query = query(&mut random, depth);
            let as_of = Time([500, i64::MAX][random.below(2)]);
            if round % 2 == 0 {
                let starts = session_starts(&table, 10, &Progress::new()).unwrap();
                table = table.with_session_starts(10, Arc::new(starts)).unwrap();
            }
            let ways = plainly(&table, &query, as_of);
            steps += ways.iter().map(|(_, way)| way.len()).sum::<usize>();
            let code = |place: usize, way: &[usize]| match way.get(place) {
                Some(event) => table.names().at(*event) as usize,
                None => row::LEAST_END + usize::from(place > way.len()),
            };
            let codes = |way: &[usize]| (0..=depth).map(|place| code(place, way)).collect::<Vec<usize>>();
            let expected: Vec<(usize, Vec<usize>)> =
                ways.iter().map(|(_, way)| (way[0], codes(way))).collect();
            conditions_of(&table, &query, as_of, |walk| {
                if depth < 7 {
                    assert_eq!(rows::<u64>(walk), expected, "{query:?}");
                }
                assert_eq!(rows::<[u8; 16]>(walk), expected, "{query:?}");
                assert_eq!(rows::<[u32; 12]>(walk), expected, "{query:?}");
            });
            for person in 0..=table.persons() {
                let own = ways.iter().filter(|(of, _)| *of == person);
                let own: Vec<Vec<(usize, usize)>> =
                    own.map(|(_, way)| way.iter().copied().enumerate().collect()).collect();
                assert_eq!(flow_steps(&table, &query, as_of, person, &Progress::new()).unwrap(), own);
            }
        }
        assert!(steps > 20_000, "too few steps: {steps}");
    }

    #[test]
    fn many_persons_are_counted_once_for_each_node_and_edge() {
        let mut random = Random(2);
        for _ in 0..12 {
            let table = table(&mut random, 3 * walk::PERSONS + 7, 14, 4);
            let query = Flow { top: 50, ..query(&mut random, 3) };
            let mut seen: BTreeMap<(usize, Place, Place), (u64, BTreeSet<usize>)> = BTreeMap::new();
            let place = |way: &[usize], at: usize| match way.get(at) {
                Some(event) => Place::Name(table.event_name(*event).to_owned()),
                None => Place::End,
            };
            for (person, way) in plainly(&table, &query, Time(i64::MAX)) {
                for depth in 1..=way.len().min(3) {
                    let edge = seen.entry((depth, place(&way, depth - 1), place(&way, depth))).or_default();
                    edge.0 += 1;
                    edge.1.insert(person);
                }
            }
            let expected: Vec<_> = seen
                .into_iter()
                .map(|(edge, (count, persons))| (edge, count, persons.len() as u64))
                .collect();
            let flow = |query: &Flow| flow(&table, query, Time(i64::MAX), &Progress::new()).unwrap();
            let mut found: Vec<_> = (flow(&query).edges.into_iter())
                .map(|edge| ((edge.depth, edge.near, edge.far), edge.sessions, edge.persons))
                .collect();
            found.sort();
            assert_eq!(found, expected, "{query:?}");
            for top in [1, 2, 3, 50] {
                let query = Flow { top, ..query.clone() };
                conditions_of(&table, &query, Time(i64::MAX), |walk| {
                    let short = counted::<u64>(walk, &Progress::new()).unwrap();
                    assert_eq!(counted::<[u8; 16]>(walk, &Progress::new()).unwrap(), short);
                    assert_eq!(counted::<[u32; 12]>(walk, &Progress::new()).unwrap(), short);
                    assert_eq!(short.edges.iter().map(|e| e.persons).max() > Some(0), short.sessions > 0);
                });
            }
        }
    }
}
