//! Flows over an event table: the report, the persons behind each number, and the steps of one person. Not for the
//! rules, which are written in `model::flow`.

mod block;
mod count;
mod walk;

use block::{Block, Row, Shape};
use count::{Counted, counted, tops};
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
        Width::Long => counted::<[u64; 2]>(&walk, progress)?,
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
        Width::Long => members::<[u64; 2]>(&walk, selection, progress),
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
