//! Columns that grow while events are taken in. Not for reading the texts of events: see `gathered`.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use rayon::prelude::*;

use super::dictionary::Dictionary;
use super::gathered::{Gathered, GatheredColumn};
use super::growing::Growing;
use super::json::Scalar;
use super::order::sort_values;
use super::{Built, NOWHERE, Row, Scanned, Uses, Wanted};
use crate::base::{Cancelled, Progress};
use crate::model::privacy::is_personal_value;
use crate::model::value::Value;

const ROWS_A_TASK: usize = 1_024;
/// Paths that the dictionary of properties keeps; a log with more has keys that are values.
const MOST_PATHS: usize = 20_000;

/// Where the event of an index goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its place in the columns; [`NOWHERE`] when it is only counted, `SKIPPED` when not even that.
    pub(crate) at: u32,
    /// Its name's id.
    pub(crate) name: u32,
}

/// The place of an event that is not taken.
const SKIPPED: u32 = u32::MAX - 1;

impl Target {
    /// Of an event that is not taken.
    pub(crate) const NONE: Target = Target { at: SKIPPED, name: 0 };
}

/// Columns under construction, and how often each property occurs.
#[derive(Default)]
pub(crate) struct Gatherer {
    /// Bytes of all columns.
    used: usize,
    /// `None` for a column that did not fit in the budget.
    columns: HashMap<String, Option<Building>>,
    pub(super) uses: BTreeMap<String, BTreeMap<u32, Uses>>,
    personal: BTreeSet<String>,
    has_more: bool,
    /// By name id, while one column is counted.
    counting: Vec<Uses>,
}

#[derive(Default)]
struct Building {
    dictionary: Dictionary,
    codes: Growing,
}

impl Building {
    fn bytes(&self) -> usize {
        self.dictionary.bytes() + self.codes.bytes()
    }
}

/// Which codes of a gathered column are needed.
struct Needed {
    /// By code: some event taken has it.
    taken: Vec<bool>,
    /// By code: some event with a place has it.
    placed: Vec<bool>,
    some: bool,
}

impl Gatherer {
    /// Takes in some rows, parsed by several threads; always with the same `wanted`.
    pub(crate) fn take(&mut self, rows: &[Row], wanted: Wanted<'_>) {
        let only = match wanted {
            Wanted::Only(names) => Some(names),
            Wanted::All { .. } => None,
        };
        let parts: Vec<Gathered> = rows
            .par_chunks(ROWS_A_TASK)
            .map(|rows| {
                let mut part = Gathered::default();
                for (index, row) in rows.iter().enumerate() {
                    part.add(index as u32, (&row.properties, &row.context), None, only);
                }
                part
            })
            .collect();
        for (part, rows) in parts.into_iter().zip(rows.chunks(ROWS_A_TASK)) {
            let targets: Vec<Target> = rows.iter().map(|row| Target { at: row.at, name: row.name }).collect();
            self.merge(&part, &targets, wanted);
        }
    }

    /// Takes in events gathered before; `targets` by their index. Always with the same `wanted`, which those gathered
    /// were chosen by.
    pub(crate) fn merge(&mut self, part: &Gathered, targets: &[Target], wanted: Wanted<'_>) {
        let budget = match wanted {
            Wanted::Only(_) => usize::MAX,
            Wanted::All { budget } => budget,
        };
        for column in part.columns() {
            let needed = Needed::of(column, targets);
            if !needed.some {
                continue;
            }
            if matches!(wanted, Wanted::All { .. }) {
                self.merge_uses(column, targets, &needed);
            }
            self.merge_column(column, targets, &needed, budget);
        }
    }

    fn merge_uses(&mut self, column: &GatheredColumn, targets: &[Target], needed: &Needed) {
        if self.uses.len() >= MOST_PATHS && !self.uses.contains_key(&column.path) {
            self.has_more |= needed.taken[1..].contains(&true);
            return;
        }
        let values = column.dictionary.values();
        let mut names = Vec::new();
        for (index, code) in &column.entries {
            let target = targets[*index as usize];
            let Some(value) = values.get((*code as usize).wrapping_sub(1)).filter(|_| target.at != SKIPPED)
            else {
                continue;
            };
            let name = target.name as usize;
            if name >= self.counting.len() {
                self.counting.resize(name + 1, Uses::default());
            }
            let uses = &mut self.counting[name];
            if uses.events == 0 {
                names.push(target.name);
            }
            uses.events += 1;
            match value {
                Value::Text(_) => uses.texts += 1,
                Value::Number(_) => uses.numbers += 1,
                Value::Bool(_) => uses.booleans += 1,
            }
        }
        if names.is_empty() {
            return;
        }
        if !self.uses.contains_key(&column.path) {
            self.uses.insert(column.path.clone(), BTreeMap::new());
        }
        let Some(uses) = self.uses.get_mut(&column.path) else { return };
        for name in names {
            let count = std::mem::take(&mut self.counting[name as usize]);
            let sum = uses.entry(name).or_default();
            sum.events += count.events;
            sum.texts += count.texts;
            sum.numbers += count.numbers;
            sum.booleans += count.booleans;
        }
        if needed.is_personal(column) && !self.personal.contains(&column.path) {
            self.personal.insert(column.path.clone());
        }
    }

    fn merge_column(&mut self, column: &GatheredColumn, targets: &[Target], needed: &Needed, budget: usize) {
        if !self.columns.contains_key(&column.path) {
            if self.columns.len() >= MOST_PATHS {
                self.has_more = true;
                return;
            }
            self.columns.insert(column.path.clone(), Some(Building::default()));
        }
        let Some(Some(building)) = self.columns.get_mut(&column.path) else { return };
        let before = building.bytes();
        let values = column.dictionary.values().iter().zip(&needed.placed[1..]);
        let map: Vec<u32> = std::iter::once(0)
            .chain(values.map(
                |(value, placed)| {
                    if *placed { building.dictionary.code(Scalar::from(value)) } else { 0 }
                },
            ))
            .collect();
        let placed = column.entries.iter().filter_map(|(index, code)| {
            let at = targets[*index as usize].at;
            (at < SKIPPED).then(|| (at as usize, map[*code as usize]))
        });
        building.codes.set_all(placed);
        self.used += building.bytes() - before;
        while self.used > budget {
            self.drop_largest();
        }
    }

    /// Near-unique texts are not worth a column before somebody asks for it.
    fn drop_largest(&mut self) {
        let sizes = self
            .columns
            .iter()
            .filter_map(|(path, building)| building.as_ref().map(|building| (building.bytes(), path)));
        match sizes.max().map(|(bytes, path)| (bytes, path.clone())) {
            Some((bytes, path)) => {
                self.used -= bytes;
                self.columns.insert(path, None);
            }
            None => self.used = 0,
        }
    }

    /// The columns, of `length` places each, as `each` makes them: one after the other, so that not all are in memory
    /// at their full width.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub(crate) fn finish_with<C: Send>(
        self,
        length: usize,
        progress: &Progress,
        each: impl Fn(Built) -> Result<C, Cancelled> + Sync,
    ) -> Result<Scanned<C>, Cancelled> {
        let columns: Vec<(String, Building)> =
            self.columns.into_iter().filter_map(|(path, building)| Some((path, building?))).collect();
        let columns: BTreeMap<String, C> = columns
            .into_par_iter()
            .map(|(path, building)| Ok((path, each(sorted(building, length, progress)?)?)))
            .collect::<Result<_, Cancelled>>()?;
        Ok(Scanned { columns, uses: self.uses, personal: self.personal, is_complete: !self.has_more })
    }

    /// The columns, of `length` places each; all that were wanted.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub(crate) fn finish(
        self,
        wanted: Wanted<'_>,
        length: usize,
        progress: &Progress,
    ) -> Result<Scanned, Cancelled> {
        let mut scanned = self.finish_with(length, progress, Ok)?;
        if let Wanted::Only(names) = wanted {
            for name in names {
                let empty = || Built { codes: vec![0; length], values: Vec::new() };
                scanned.columns.entry(name.clone()).or_insert_with(empty);
            }
        }
        Ok(scanned)
    }
}

impl Needed {
    fn of(column: &GatheredColumn, targets: &[Target]) -> Needed {
        let codes = column.dictionary.values().len() + 1;
        let mut needed = Needed { taken: vec![false; codes], placed: vec![false; codes], some: false };
        for (index, code) in &column.entries {
            let at = targets[*index as usize].at;
            if at != SKIPPED {
                needed.some = true;
                needed.taken[*code as usize] = true;
                needed.placed[*code as usize] |= at != NOWHERE;
            }
        }
        needed
    }

    /// True when a text that looks personal is among the values of events taken.
    fn is_personal(&self, column: &GatheredColumn) -> bool {
        let Some(first) = column.personal else { return false };
        if self.taken[first as usize] {
            return true;
        }
        let values = column.dictionary.values().iter().zip(&self.taken[1..]);
        values
            .into_iter()
            .any(|(value, taken)| *taken && matches!(value, Value::Text(text) if is_personal_value(text)))
    }
}

/// Gives the values that occur their codes in the order of the values, so that the same rows make the same column.
fn sorted(building: Building, length: usize, progress: &Progress) -> Result<Built, Cancelled> {
    let Building { dictionary, codes } = building;
    let mut codes = codes.finish(length);
    let mut occurs = vec![false; dictionary.values().len() + 1];
    codes.iter().for_each(|code| occurs[*code as usize] = true);
    let mut map = vec![0_u32; occurs.len()];
    let coded =
        dictionary.into_values().into_iter().zip(1..).filter(|(_, code)| occurs[*code as usize]).collect();
    let mut values = Vec::new();
    for (value, code) in sort_values(coded, progress)? {
        values.push(value);
        map[code as usize] = values.len() as u32;
    }
    for code in &mut codes {
        *code = map[*code as usize];
    }
    Ok(Built { codes, values })
}
