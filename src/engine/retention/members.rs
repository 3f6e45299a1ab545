//! The persons behind a number of a retention. Not for the number.

use rayon::prelude::*;

use super::frame::Frame;
use super::person::{Scratch, Walk};
use crate::base::{Cancelled, Progress};
use crate::engine::funnel::Labels;
use crate::engine::table::EventTable;
use crate::model::retention::{RETURN, Retention, RetentionPart, RetentionSelection, START};
use crate::model::time::{Time, Zone};

/// Persons of a chunk.
const CHUNK: usize = 4096;

/// A person behind a number of a retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returner {
    /// Stored id of the person.
    pub person_id: i64,
    /// Her first start event of the cohort's period.
    pub started: Time,
    /// Her first return event that makes her one who came back, where that was asked for.
    pub returned: Option<Time>,
}

/// The persons of a number, as many as it says, by stored id.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn retention_members(
    table: &EventTable,
    query: &Retention,
    as_of: Time,
    zone: Zone,
    selection: &RetentionSelection,
    progress: &Progress,
) -> Result<Vec<Returner>, Cancelled> {
    let found = super::found(table, query, as_of, progress)?;
    let Some(frame) = Frame::new(table, query, as_of, zone) else { return Ok(Vec::new()) };
    let Some(cohort) = frame.cohort_at(selection.cohort) else { return Ok(Vec::new()) };
    let labels = query.breakdown.as_ref().map(|property| Labels::new(table, property));
    let value = |label: u32| match (&selection.value, &labels) {
        (Some(value), Some(labels)) => labels.all().get(label as usize) == Some(value),
        (Some(_) | None, _) => true,
    };
    let walk = Walk::new(table, query, &frame, (None, labels.as_ref()));
    let mask = |event: usize| found.masks.get(event);
    let one = |person: usize, scratch: &mut Scratch| {
        let mut bits = None;
        walk.person(person, &mask, scratch, |found| {
            if found.cohort == cohort && value(found.label) {
                bits = Some(found.bits);
            }
        });
        let is_back = |period: usize| bits.is_some_and(|bits| bits >> period & 1 == 1);
        let (wanted, period) = match selection.part {
            RetentionPart::Everybody => (bits.is_some(), None),
            RetentionPart::Returned(period) => (is_back(period), Some(period)),
            RetentionPart::Away(period) => (bits.is_some() && !is_back(period), None),
        };
        if !wanted {
            return None;
        }
        let time = |event: usize| table.times()[event];
        let mut events = walk.events(person).filter(|event| frame.range.contains(&time(*event)));
        let starts = |event: &usize| {
            mask(*event) >> START & 1 == 1
                && frame.bounds.contains(&time(*event))
                && walk.view.of(time(*event)) == cohort
        };
        let started = time(events.find(starts)?);
        let returned = period.and_then(|period| {
            let returns = |event: &usize| {
                let at = time(*event);
                mask(*event) >> RETURN & 1 == 1 && at >= started && walk.is_back(at, cohort, period)
            };
            walk.events(person).find(returns).map(time)
        });
        Some(Returner {
            person_id: table.person_ids()[person],
            started: Time(started),
            returned: returned.map(Time),
        })
    };
    let persons = table.persons();
    let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
    let of_chunks: Vec<Vec<Returner>> = chunks
        .into_par_iter()
        .map(|from| {
            progress.at(from as u64, persons as u64)?;
            let mut scratch = Scratch::default();
            Ok((from..(from + CHUNK).min(persons)).filter_map(|person| one(person, &mut scratch)).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(of_chunks.concat())
}
