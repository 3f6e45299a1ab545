//! Flows over an event table: the report, the persons behind each number, and the steps of one person. Not for the
//! rules, which are written in `model::flow`.

mod count;
mod walk;

use count::{Tops, Ways};
use rayon::prelude::*;
use walk::{CHUNK, Walk};

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
    let (nodes, edges, totals) = if walk.labels().len() < usize::from(u8::MAX) {
        counted(Ways::<u8>::of(&walk, progress)?, &walk, progress)?
    } else {
        counted(Ways::<u32>::of(&walk, progress)?, &walk, progress)?
    };
    let from_any = query.is_from_any();
    Ok(FlowReport {
        direction: query.direction,
        nodes,
        edges,
        others: totals.others,
        sessions: totals.sessions,
        persons: totals.persons,
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
    let tops = Ways::<u32>::of(&walk, progress)?.tops(&walk);
    let Some(wanted) = tops.wanted(selection) else { return Ok(Vec::new()) };
    let persons = table.persons();
    let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
    let some = |from: &usize| {
        progress.at(*from as u64, persons as u64)?;
        let mut members = Vec::new();
        for person in *from..(*from + CHUNK).min(persons) {
            let mut member: Option<FlowMember> = None;
            walk.person(person, |way| {
                if wanted.holds(&tops, way, &walk) {
                    let first = || FlowMember {
                        person_id: table.person_ids()[person],
                        at: Time(table.times()[way[0]]),
                        sessions: 0,
                    };
                    member.get_or_insert_with(first).sessions += 1;
                }
            });
            members.extend(member);
        }
        Ok(members)
    };
    let found: Vec<Vec<FlowMember>> = chunks.par_iter().map(some).collect::<Result<_, _>>()?;
    Ok(found.concat())
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
    walk.person(person, |way| ways.push(way.iter().copied().enumerate().collect()));
    Ok(ways)
}

fn counted<C: count::Code>(
    ways: Ways<C>,
    walk: &Walk<'_>,
    progress: &Progress,
) -> Result<count::Counted, Cancelled> {
    let tops: Tops = ways.tops(walk);
    ways.count(&tops, walk, progress)
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
