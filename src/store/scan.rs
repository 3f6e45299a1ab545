//! Reads the properties of all rows once, for any number of columns. Not for keeping them: see `store::columns`.

mod growing;

mod json;

pub(crate) mod order;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use rusqlite::Connection;

use self::growing::Growing;
use self::json::{Scalar, walk};
use self::order::sort_values;
use super::StoreError;
use crate::base::{Cancelled, Progress};
use crate::model::privacy::is_personal_value;
use crate::model::value::Value;

/// What stands before a path of the context.
const CONTEXT: &str = "context.";
/// Rows gathered before they are parsed together.
pub(crate) const ROWS_AT_ONCE: usize = 16_384;
const ROWS_A_TASK: usize = 1_024;
/// Paths that the dictionary of properties keeps; a log with more has keys that are values.
const MOST_PATHS: usize = 20_000;

/// What to gather.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// These properties, whatever they take.
    Only(&'a BTreeSet<String>),
    /// The dictionary, and as many columns as fit in the budget: bytes of codes and values.
    All {
        /// Bytes for all columns together.
        budget: usize,
    },
}

/// A column under construction, in the order that the caller chose.
pub(crate) struct Built {
    pub(crate) codes: Vec<u32>,
    pub(crate) values: Vec<Value>,
}

/// How often a property occurs on one event name, by kind of value.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    pub(crate) events: u64,
    pub(crate) texts: u64,
    pub(crate) numbers: u64,
    pub(crate) booleans: u64,
}

/// What a scan found.
pub(crate) struct Scanned<C = Built> {
    pub(crate) columns: BTreeMap<String, C>,
    /// By property, then event name id. Empty unless everything was wanted.
    pub(crate) uses: BTreeMap<String, BTreeMap<u32, Uses>>,
    /// Properties with a value that looks personal.
    pub(crate) personal: BTreeSet<String>,
    /// Every property has been told of in `uses`, or counted for a column: there were not too many.
    pub(crate) is_complete: bool,
}

/// Where the rows stand in the columns.
#[derive(Default)]
pub(crate) struct Places {
    /// Row and place, by row.
    places: Vec<(u32, u32)>,
}

/// The place of a row that has none.
pub(crate) const NOWHERE: u32 = u32::MAX;

impl Places {
    /// Of the row of each place.
    pub(crate) fn new(rows: &[u32]) -> Places {
        let mut places: Vec<(u32, u32)> =
            rows.iter().enumerate().map(|(at, row)| (*row, at as u32)).collect();
        places.par_sort_unstable();
        Places { places }
    }

    /// The place of a row that is not below those asked for before.
    fn find(&self, next: &mut usize, row: u32) -> u32 {
        while let Some((known, at)) = self.places.get(*next) {
            match known.cmp(&row) {
                Ordering::Less => *next += 1,
                Ordering::Equal => return *at,
                Ordering::Greater => break,
            }
        }
        NOWHERE
    }
}

/// Scans the rows from the first to the last, both included, and gathers those that have a place.
pub(crate) fn scan(
    conn: &Connection,
    (first, last): (u32, u32),
    wanted: Wanted<'_>,
    places: &Places,
    progress: &Progress,
) -> Result<Scanned, StoreError> {
    let mut gatherer = Gatherer::default();
    let (properties, context) = match wanted {
        Wanted::Only(names) => (
            names.iter().any(|name| !name.starts_with(CONTEXT)),
            names.iter().any(|name| name.starts_with(CONTEXT)),
        ),
        Wanted::All { .. } => (true, true),
    };
    let sql = format!(
        "SELECT e.id, e.name, {}, {} FROM event e JOIN event_text x ON x.id = e.id
         WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id",
        if properties { "x.properties" } else { "''" },
        if context { "x.context" } else { "''" }
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([first, last])?;
    let (total, mut next) = (u64::from(last.saturating_sub(first)), 0_usize);
    let mut reached = first;
    loop {
        progress.at(u64::from(reached - first), total)?;
        let mut batch: Vec<Row> = Vec::with_capacity(ROWS_AT_ONCE);
        while batch.len() < ROWS_AT_ONCE
            && let Some(row) = rows.next()?
        {
            reached = row.get(0)?;
            let at = places.find(&mut next, reached);
            batch.push(Row { at, name: row.get(1)?, properties: row.get(2)?, context: row.get(3)? });
        }
        if batch.is_empty() {
            return Ok(gatherer.finish(wanted, places.places.len(), progress)?);
        }
        gatherer.take(&batch, wanted);
    }
}

/// A row's properties, and its place among the columns: [`NOWHERE`] when it is only counted.
pub(crate) struct Row {
    pub(crate) at: u32,
    pub(crate) name: u32,
    pub(crate) properties: String,
    pub(crate) context: String,
}

/// How often each property occurs in some rows: by property, then event name id.
pub(crate) fn uses_of(rows: &[Row]) -> BTreeMap<String, BTreeMap<u32, Uses>> {
    let mut gatherer = Gatherer::default();
    let wanted = Wanted::All { budget: 0 };
    gatherer.take(rows, wanted);
    gatherer.uses
}

/// Codes and their values, by path, of some rows.
struct Local {
    paths: HashMap<String, usize>,
    columns: Vec<LocalColumn>,
}

#[derive(Default)]
struct LocalColumn {
    path: String,
    dictionary: Dictionary,
    /// Position and code; code 0 takes back what an earlier equal key said.
    entries: Vec<(u32, u32)>,
    uses: HashMap<u32, Uses>,
    is_personal: bool,
}

impl Local {
    fn of(rows: &[Row], wanted: Wanted<'_>) -> Local {
        let mut local = Local { paths: HashMap::new(), columns: Vec::new() };
        let mut path = String::new();
        for row in rows {
            path.clear();
            walk(&mut path, &row.properties, &mut |path, scalar| local.take(row, path, scalar, wanted));
            path.clear();
            path.push_str(CONTEXT);
            walk(&mut path, &row.context, &mut |path, scalar| local.take(row, path, scalar, wanted));
        }
        local
    }

    fn take(&mut self, row: &Row, path: &str, scalar: Scalar<'_>, wanted: Wanted<'_>) {
        let counts = match wanted {
            Wanted::Only(names) if !names.contains(path) => return,
            Wanted::Only(_) => false,
            Wanted::All { .. } => true,
        };
        let column = match self.paths.get(path) {
            Some(at) => &mut self.columns[*at],
            None => {
                let at = self.columns.len();
                self.paths.insert(path.to_owned(), at);
                self.columns.push(LocalColumn { path: path.to_owned(), ..LocalColumn::default() });
                &mut self.columns[at]
            }
        };
        if counts && !matches!(scalar, Scalar::Null) {
            let uses = column.uses.entry(row.name).or_default();
            uses.events += 1;
            match scalar {
                Scalar::Text(_) => uses.texts += 1,
                Scalar::Number(_) => uses.numbers += 1,
                Scalar::Bool(_) => uses.booleans += 1,
                Scalar::Null => {}
            }
        }
        if row.at == NOWHERE {
            if let Scalar::Text(text) = scalar {
                column.is_personal |= counts && is_personal_value(&text);
            }
            return;
        }
        let known = column.dictionary.values.len();
        let code = column.dictionary.code(scalar);
        if counts
            && column.dictionary.values.len() > known
            && !column.is_personal
            && let Some(Value::Text(text)) = column.dictionary.values.last()
        {
            column.is_personal = is_personal_value(text);
        }
        column.entries.push((row.at, code));
    }
}

/// Distinct values of a column, coded from 1.
#[derive(Default)]
struct Dictionary {
    texts: HashMap<String, u32>,
    numbers: HashMap<u64, u32>,
    booleans: [u32; 2],
    values: Vec<Value>,
    text_bytes: usize,
}

impl Dictionary {
    fn code(&mut self, scalar: Scalar<'_>) -> u32 {
        let next = self.values.len() as u32 + 1;
        match scalar {
            Scalar::Null => 0,
            Scalar::Text(text) => {
                if let Some(code) = self.texts.get(text.as_ref()) {
                    return *code;
                }
                self.text_bytes += text.len();
                self.texts.insert(text.clone().into_owned(), next);
                self.values.push(Value::Text(text.into_owned()));
                next
            }
            Scalar::Number(number) => *self.numbers.entry(number.to_bits()).or_insert_with(|| {
                self.values.push(Value::Number(number));
                next
            }),
            Scalar::Bool(truth) => {
                let code = &mut self.booleans[usize::from(truth)];
                if *code == 0 {
                    self.values.push(Value::Bool(truth));
                    *code = next;
                }
                *code
            }
        }
    }

    fn bytes(&self) -> usize {
        2 * self.text_bytes + self.values.len() * 64
    }
}

fn scalar_of(value: &Value) -> Scalar<'_> {
    match value {
        Value::Text(text) => Scalar::Text(text.as_str().into()),
        Value::Number(number) => Scalar::Number(*number),
        Value::Bool(truth) => Scalar::Bool(*truth),
    }
}

/// Columns that grow while rows are taken in.
#[derive(Default)]
pub(crate) struct Gatherer {
    /// Bytes of all columns.
    used: usize,
    /// `None` for a column that did not fit in the budget.
    columns: HashMap<String, Option<Building>>,
    uses: BTreeMap<String, BTreeMap<u32, Uses>>,
    personal: BTreeSet<String>,
    has_more: bool,
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

impl Gatherer {
    /// Takes in some rows, parsed by several threads; always with the same `wanted`.
    pub(crate) fn take(&mut self, rows: &[Row], wanted: Wanted<'_>) {
        let parts: Vec<Local> = rows.par_chunks(ROWS_A_TASK).map(|rows| Local::of(rows, wanted)).collect();
        for column in parts.into_iter().flat_map(|part| part.columns) {
            self.merge_uses(&column);
            self.merge_column(column, wanted);
        }
    }

    fn merge_uses(&mut self, column: &LocalColumn) {
        if column.uses.is_empty() {
            return;
        }
        if self.uses.len() >= MOST_PATHS && !self.uses.contains_key(&column.path) {
            self.has_more = true;
            return;
        }
        let uses = self.uses.entry(column.path.clone()).or_default();
        for (name, count) in &column.uses {
            let sum = uses.entry(*name).or_default();
            sum.events += count.events;
            sum.texts += count.texts;
            sum.numbers += count.numbers;
            sum.booleans += count.booleans;
        }
        if column.is_personal {
            self.personal.insert(column.path.clone());
        }
    }

    fn merge_column(&mut self, column: LocalColumn, wanted: Wanted<'_>) {
        let budget = match wanted {
            Wanted::Only(_) => usize::MAX,
            Wanted::All { budget } => budget,
        };
        if !self.columns.contains_key(&column.path) {
            if self.columns.len() >= MOST_PATHS {
                self.has_more = true;
                return;
            }
            self.columns.insert(column.path.clone(), Some(Building::default()));
        }
        let Some(Some(building)) = self.columns.get_mut(&column.path) else { return };
        let before = building.bytes();
        let values = &column.dictionary.values;
        let map: Vec<u32> = std::iter::once(0)
            .chain(values.iter().map(|value| building.dictionary.code(scalar_of(value))))
            .collect();
        for (at, code) in column.entries {
            building.codes.set(at as usize, map[code as usize]);
        }
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
        let columns: Vec<(String, C)> = self
            .columns
            .into_par_iter()
            .filter_map(|(path, building)| Some((path, building?)))
            .map(|(path, building)| Ok((path, each(sorted(building, length, progress)?)?)))
            .collect::<Result<_, Cancelled>>()?;
        Ok(Scanned {
            columns: columns.into_iter().collect(),
            uses: self.uses,
            personal: self.personal,
            is_complete: !self.has_more,
        })
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

/// Gives the values that occur their codes in the order of the values, so that the same rows make the same column.
fn sorted(building: Building, length: usize, progress: &Progress) -> Result<Built, Cancelled> {
    let Building { dictionary, codes } = building;
    let mut codes = codes.finish(length);
    let mut occurs = vec![false; dictionary.values.len() + 1];
    codes.iter().for_each(|code| occurs[*code as usize] = true);
    let mut map = vec![0_u32; occurs.len()];
    let coded = dictionary.values.into_iter().zip(1..).filter(|(_, code)| occurs[*code as usize]).collect();
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
