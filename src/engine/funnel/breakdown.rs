//! Which breakdown values a person belongs to. Not for how far they come under each: see `run`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::engine::table::{Column, EventTable};
use crate::model::funnel::{Attribution, Breakdown, NO_VALUE, value_label};

/// The labels of a property's values; different values with one label are one.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    column: Option<Arc<Column>>,
    of_code: Vec<u32>,
    labels: Vec<String>,
}

/// The label index of a missing value.
pub(crate) const NONE: u32 = 0;

impl Labels {
    /// The labels of a property.
    pub(crate) fn new(table: &EventTable, property: &str) -> Labels {
        let column = table.column(property).cloned();
        let mut known = BTreeMap::from([(NO_VALUE.to_owned(), NONE)]);
        let mut labels = vec![NO_VALUE.to_owned()];
        let mut of_code = vec![NONE];
        for value in column.iter().flat_map(|column| &column.values) {
            let label = value_label(Some(value));
            let next = u32::try_from(labels.len()).unwrap_or(NONE);
            let index = *known.entry(label).or_insert_with_key(|label| {
                labels.push(label.clone());
                next
            });
            of_code.push(index);
        }
        Labels { column, of_code, labels }
    }

    /// The label index of an event.
    pub(crate) fn of(&self, event: usize) -> u32 {
        self.column.as_ref().map_or(NONE, |column| self.of_code[column.codes.at(event) as usize])
    }

    /// All labels by index.
    pub(crate) fn all(&self) -> &[String] {
        &self.labels
    }

    /// The value that a person's first or last event that `fills` a step carries: of several at one instant the least.
    pub(crate) fn touch(
        &self,
        times: &[i64],
        fills: impl Fn(usize) -> bool,
        events: Range<usize>,
        last: bool,
    ) -> u32 {
        let Some(column) = &self.column else { return NONE };
        let carries = |event: &usize| column.codes.at(*event) != 0 && fills(*event);
        let found = if last { events.clone().rfind(carries) } else { events.clone().find(carries) };
        let Some(found) = found else { return NONE };
        let time = times[found];
        let same = |event: &usize| times[*event] == time;
        let least = |all: &mut dyn Iterator<Item = usize>| {
            all.take_while(same).filter(carries).min_by(|a, b| column.value(*a).cmp(&column.value(*b)))
        };
        let chosen =
            if last { least(&mut (events.start..=found).rev()) } else { least(&mut (found..events.end)) };
        chosen.map_or(NONE, |event| self.of(event))
    }
}

/// How a breakdown divides one person's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Division {
    /// One value, all events.
    Touch {
        /// The last event rather than the first.
        last: bool,
    },
    /// One run for each value over its events.
    Own,
    /// One run for each value that this zero-based step carries.
    Step(usize),
}

impl Division {
    /// The division of an attribution.
    pub(crate) fn of(breakdown: &Breakdown) -> Division {
        match breakdown.attribution {
            Attribution::First => Division::Touch { last: false },
            Attribution::Last => Division::Touch { last: true },
            Attribution::All => Division::Own,
            Attribution::Step(step) => Division::Step(step.saturating_sub(1)),
        }
    }
}
