//! Reads the properties of all rows once, for any number of columns. Not for keeping them: see `store::columns`.

mod json;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use rusqlite::Connection;

use self::json::{Scalar, walk};
use super::StoreError;
use crate::base::Progress;
use crate::model::privacy::is_personal_value;
use crate::model::value::Value;

/// What stands before a path of the context.
const CONTEXT: &str = "context.";
/// Rows read before they are parsed together.
const ROWS_AT_ONCE: usize = 32_768;
const ROWS_A_TASK: usize = 2_048;
/// Paths that the dictionary of properties keeps; a log with more has keys that are values.
const MOST_PATHS: usize = 20_000;

/// What to gather.
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
#[derive(Default)]
pub(crate) struct Scanned {
    pub(crate) columns: BTreeMap<String, Built>,
    /// By property, then event name id. Empty unless everything was wanted.
    pub(crate) uses: BTreeMap<String, BTreeMap<u32, Uses>>,
    /// Properties with a value that looks personal.
    pub(crate) personal: BTreeSet<String>,
}

/// Where the rows stand in the columns.
pub(crate) struct Places<'a> {
    /// The row of each place.
    pub(crate) rows: &'a [i64],
    /// All places, by ascending row.
    pub(crate) order: Vec<u32>,
}

impl Places<'_> {
    /// The place of a row that is not below those asked for before; `u32::MAX` for none.
    fn find(&self, next: &mut usize, row: i64) -> u32 {
        while let Some(at) = self.order.get(*next) {
            match self.rows[*at as usize].cmp(&row) {
                Ordering::Less => *next += 1,
                Ordering::Equal => return *at,
                Ordering::Greater => break,
            }
        }
        u32::MAX
    }
}

/// Scans all rows by id, and gathers those that have a place.
pub(crate) fn scan(
    conn: &Connection,
    wanted: &Wanted<'_>,
    places: &Places<'_>,
    progress: &Progress,
) -> Result<Scanned, StoreError> {
    let length = places.rows.len();
    let mut gathered =
        Gathered { wanted, length, used: 0, columns: HashMap::new(), scanned: Scanned::default() };
    let (properties, context) = match wanted {
        Wanted::Only(names) => (
            names.iter().any(|name| !name.starts_with(CONTEXT)),
            names.iter().any(|name| name.starts_with(CONTEXT)),
        ),
        Wanted::All { .. } => (true, true),
    };
    let sql = format!(
        "SELECT e.id, e.name, {}, {} FROM event e JOIN event_text x ON x.id = e.id ORDER BY e.id",
        if properties { "x.properties" } else { "''" },
        if context { "x.context" } else { "''" }
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut read, mut next) = (0_u64, 0_usize);
    loop {
        progress.at(read, length as u64)?;
        let mut batch: Vec<Row> = Vec::with_capacity(ROWS_AT_ONCE);
        while batch.len() < ROWS_AT_ONCE
            && let Some(row) = rows.next()?
        {
            let at = places.find(&mut next, row.get(0)?);
            read += 1;
            batch.push(Row { at, name: row.get(1)?, properties: row.get(2)?, context: row.get(3)? });
        }
        if batch.is_empty() {
            return Ok(gathered.finish());
        }
        let parts: Vec<Local> = batch.par_chunks(ROWS_A_TASK).map(|rows| Local::of(rows, wanted)).collect();
        for part in parts {
            gathered.merge(part);
        }
    }
}

struct Row {
    at: u32,
    name: u32,
    properties: String,
    context: String,
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
    fn of(rows: &[Row], wanted: &Wanted<'_>) -> Local {
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

    fn take(&mut self, row: &Row, path: &str, scalar: Scalar<'_>, wanted: &Wanted<'_>) {
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

struct Gathered<'a> {
    wanted: &'a Wanted<'a>,
    length: usize,
    /// Bytes of all columns.
    used: usize,
    /// `None` for a column that did not fit in the budget.
    columns: HashMap<String, Option<(Dictionary, Vec<u32>)>>,
    scanned: Scanned,
}

impl Gathered<'_> {
    fn merge(&mut self, part: Local) {
        for column in part.columns {
            self.merge_uses(&column);
            self.merge_column(column);
        }
    }

    fn merge_uses(&mut self, column: &LocalColumn) {
        let is_known = self.scanned.uses.contains_key(&column.path);
        if column.uses.is_empty() || (!is_known && self.scanned.uses.len() >= MOST_PATHS) {
            return;
        }
        let uses = self.scanned.uses.entry(column.path.clone()).or_default();
        for (name, count) in &column.uses {
            let sum = uses.entry(*name).or_default();
            sum.events += count.events;
            sum.texts += count.texts;
            sum.numbers += count.numbers;
            sum.booleans += count.booleans;
        }
        if column.is_personal {
            self.scanned.personal.insert(column.path.clone());
        }
    }

    fn merge_column(&mut self, column: LocalColumn) {
        let budget = match self.wanted {
            Wanted::Only(_) => usize::MAX,
            Wanted::All { budget } => *budget,
        };
        if !self.columns.contains_key(&column.path) {
            let needed = self.length * 4;
            let fits = self.used.saturating_add(needed) <= budget;
            if !fits && self.columns.len() >= MOST_PATHS {
                return;
            }
            self.used += if fits { needed } else { 0 };
            let empty = fits.then(|| (Dictionary::default(), vec![0; self.length]));
            self.columns.insert(column.path.clone(), empty);
        }
        let Some(slot) = self.columns.get_mut(&column.path) else { return };
        let Some((dictionary, codes)) = slot else { return };
        let before = dictionary.bytes();
        let map: Vec<u32> = std::iter::once(0)
            .chain(column.dictionary.values.iter().map(|value| dictionary.code(scalar_of(value))))
            .collect();
        for (at, code) in column.entries {
            if let Some(slot) = codes.get_mut(at as usize) {
                *slot = map[code as usize];
            }
        }
        self.used += dictionary.bytes() - before;
        if self.used > budget {
            // Near-unique texts are not worth a column before somebody asks for it.
            self.used -= dictionary.bytes() + self.length * 4;
            *slot = None;
        }
    }

    fn finish(self) -> Scanned {
        let mut scanned = self.scanned;
        let columns: Vec<(String, Built)> = self
            .columns
            .into_par_iter()
            .filter_map(|(path, built)| built.map(|(dictionary, codes)| (path, sorted(dictionary, codes))))
            .collect();
        scanned.columns.extend(columns);
        if let Wanted::Only(names) = self.wanted {
            for name in names.iter() {
                let empty = || Built { codes: vec![0; self.length], values: Vec::new() };
                scanned.columns.entry(name.clone()).or_insert_with(empty);
            }
        }
        scanned
    }
}

/// Gives the values their codes in the order of the values, so that the same rows make the same column.
fn sorted(dictionary: Dictionary, mut codes: Vec<u32>) -> Built {
    let mut order: Vec<u32> = (0..dictionary.values.len() as u32).collect();
    order.sort_unstable_by(|a, b| dictionary.values[*a as usize].cmp(&dictionary.values[*b as usize]));
    let mut map = vec![0_u32; order.len() + 1];
    for (rank, old) in order.iter().enumerate() {
        map[*old as usize + 1] = rank as u32 + 1;
    }
    for code in &mut codes {
        *code = map[*code as usize];
    }
    let values = order.iter().map(|old| dictionary.values[*old as usize].clone()).collect();
    Built { codes, values }
}
