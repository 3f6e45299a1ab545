//! Funnels over an event table: the report, the persons behind each number, and why a person is where they are.
//! Not for the rules, which are written in `model::funnel`.

mod any_order;
mod breakdown;
mod explain;
mod instants;
mod marks;
mod matching;
mod ordered;
mod outcome;
mod plan;
mod quick;
mod run;
mod strict;
mod tally;

pub use explain::{Explanation, Reason, Verdict, explain, sentence};

pub(crate) use breakdown::{Labels, NONE};

use breakdown::Division;
use plan::{Found, Plan};
use run::{Rows, Run, reached_steps};
use tally::{ByLabel, MOST_LABELS, Slots, Sums};

use super::table::EventTable;
use crate::base::{Cancelled, Progress};
use crate::model::funnel::{Funnel, FunnelPart, FunnelReport, FunnelSelection};
use crate::model::time::Time;

/// A person behind a number of a funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Index of the person in the table.
    pub person: u32,
    /// Stored id of the person.
    pub person_id: i64,
    /// When the person reached the step that was asked for.
    pub at: Time,
    /// The deepest step reached, zero-based.
    pub last_step: usize,
}

/// Answers a funnel that [`crate::model::query::Query::check`] finds no error in.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn funnel(
    table: &EventTable,
    query: &Funnel,
    as_of: Time,
    progress: &Progress,
) -> Result<FunnelReport, Cancelled> {
    let plan = Plan::new(query, as_of);
    let found = plan.find(table, query, progress)?;
    let labels = query.breakdown.as_ref().map(|by| (Labels::new(table, &by.property), Division::of(by)));
    // Under first and last touch each person has one row, so that the whole is the sum of the values.
    let one_each = match &labels {
        None => true,
        Some((labels, Division::Touch { .. })) => labels.all().len() <= MOST_LABELS,
        Some((_, Division::Own | Division::Step(_))) => false,
    };
    let answer = if one_each {
        from_sums(table, &plan, &found, labels.as_ref(), progress)?
    } else {
        from_rows(table, query, &plan, &found, progress)?
    };
    let whole = tally::whole(&plan, query, &found, answer.whole);
    let breakdown = answer.slices.map(|(slots, sums)| tally::slices(&plan, query, slots, sums));
    Ok(FunnelReport {
        steps: whole.steps,
        breakdown: breakdown.unwrap_or_default(),
        persons_total: answer.persons,
        excluded: answer.excluded,
        as_of,
        future_events: found.future,
        histogram: whole.histogram,
        convert_median_secs: whole.convert_median_secs,
    })
}

/// What a report is made of.
struct Answer {
    whole: Vec<Sums>,
    slices: Option<(Slots, Vec<Sums>)>,
    persons: u64,
    excluded: u64,
}

/// Adds outcomes up as they come.
fn from_sums(
    table: &EventTable,
    plan: &Plan,
    found: &Found<'_>,
    labels: Option<&(Labels, Division)>,
    progress: &Progress,
) -> Result<Answer, Cancelled> {
    let by = labels.map(|(labels, division)| (labels, *division));
    let known = by.map_or(1, |(labels, _)| labels.all().len());
    let run = Run { by, ..plain(table, plan, found) };
    let sums = run.gather(|| ByLabel::new(plan, known), ByLabel::join, progress)?;
    let (persons, excluded) = (sums.persons, sums.excluded);
    let Some((labels, _)) = by else {
        return Ok(Answer { whole: vec![sums.single()], slices: None, persons, excluded });
    };
    let (whole, slots, sums) = sums.slots_of(labels.all());
    Ok(Answer { whole: vec![whole], slices: Some((slots, sums)), persons, excluded })
}

/// Keeps a row for each person and value first.
fn from_rows(
    table: &EventTable,
    query: &Funnel,
    plan: &Plan,
    found: &Found<'_>,
    progress: &Progress,
) -> Result<Answer, Cancelled> {
    let (chunks, slots) = answer_rows(table, query, plan, found, progress)?;
    let divided =
        query.breakdown.as_ref().is_some_and(|by| !matches!(Division::of(by), Division::Touch { .. }));
    let apart = if divided { Some(plain(table, plan, found).rows(progress)?) } else { None };
    let whole_rows = apart.as_ref().unwrap_or(&chunks);
    let single = Slots::single(slots.as_ref().map_or(1, Slots::labels_known));
    Ok(Answer {
        whole: tally::sums(plan, whole_rows, &single),
        slices: slots.map(|slots| (slots.clone(), tally::sums(plan, &chunks, &slots))),
        persons: whole_rows.iter().map(|rows| rows.persons).sum(),
        excluded: whole_rows.iter().map(|rows| rows.excluded).sum(),
    })
}

/// The persons behind one number of a funnel, by stored id; as many as the report counts.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn funnel_members(
    table: &EventTable,
    query: &Funnel,
    as_of: Time,
    selection: &FunnelSelection,
    progress: &Progress,
) -> Result<Vec<Member>, Cancelled> {
    let plan = Plan::new(query, as_of);
    let found = plan.find(table, query, progress)?;
    let (chunks, slots) = match &selection.value {
        Some(_) => answer_rows(table, query, &plan, &found, progress)?,
        None => (plain(table, &plan, &found).rows(progress)?, None),
    };
    let slot = match (&selection.value, &slots) {
        (None, _) => 0,
        (Some(value), Some(slots)) => match slots.labels.iter().position(|label| label == value) {
            Some(slot) => slot,
            None => return Ok(Vec::new()),
        },
        (Some(_), None) => return Ok(Vec::new()),
    };
    let slots = slots.unwrap_or_else(|| Slots::single(1));
    let step = selection.step;
    let mut members = Vec::new();
    for chunk in &chunks {
        for (_, row) in slots.assign(chunk).into_iter().filter(|(of, _)| *of == slot) {
            let Some(place) = reached_steps(u64::from(row.reached)).position(|reached| reached == step)
            else {
                continue;
            };
            let wanted = match selection.part {
                FunnelPart::Reached => true,
                FunnelPart::Dropped => tally::dropped_at(&plan, row, step),
                FunnelPart::Pending => tally::waits_at(&plan, row, step),
            };
            if wanted {
                members.push(Member {
                    person: row.person,
                    person_id: table.person_ids()[row.person as usize],
                    at: Time(chunk.times(row)[place]),
                    last_step: row.reached.checked_ilog2().map_or(0, |last| last as usize),
                });
            }
        }
    }
    Ok(members)
}

fn plain<'a>(table: &'a EventTable, plan: &'a Plan, found: &'a Found<'a>) -> Run<'a> {
    Run { table, plan, masks: &found.masks, by: None }
}

/// The rows by breakdown value, or plain ones without a breakdown.
fn answer_rows(
    table: &EventTable,
    query: &Funnel,
    plan: &Plan,
    found: &Found<'_>,
    progress: &Progress,
) -> Result<(Vec<Rows>, Option<Slots>), Cancelled> {
    let Some(by) = &query.breakdown else {
        return Ok((plain(table, plan, found).rows(progress)?, None));
    };
    let labels = Labels::new(table, &by.property);
    let run = Run { by: Some((&labels, Division::of(by))), ..plain(table, plan, found) };
    let chunks = run.rows(progress)?;
    let slots = Slots::largest(&chunks, labels.all());
    Ok((chunks, Some(slots)))
}
