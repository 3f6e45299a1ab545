//! The properties of some events, read by any thread before it is known which of them are new and where they will stand.
//! Not for columns of many events: see `gatherer`.

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::dictionary::Dictionary;
use super::json::{Scalar, walk};
use crate::model::privacy::is_personal_value;
use crate::model::value::Value;

/// What stands before a path of the context.
pub(crate) const CONTEXT: &str = "context.";

/// Values and their codes, by path.
#[derive(Default)]
pub(crate) struct Gathered {
    columns: Vec<GatheredColumn>,
    by_path: HashMap<String, usize>,
    /// The column taken to last.
    last: usize,
    path: String,
    /// Contexts met, by the hash of their text: which `shared` entries they have.
    contexts: HashMap<u128, Range<usize>>,
    /// Column and code.
    shared: Vec<(u32, u32)>,
}

/// One path.
#[derive(Default)]
pub(crate) struct GatheredColumn {
    pub(crate) path: String,
    pub(crate) dictionary: Dictionary,
    /// Index of the event and code, in the order of the events; code 0 takes back what an earlier equal key said.
    pub(crate) entries: Vec<(u32, u32)>,
    /// The code of the first text that looks personal.
    pub(crate) personal: Option<u32>,
    /// The column that came after it last time.
    next: usize,
}

impl Gathered {
    /// Takes in the event of an index, above those before: JSON objects' texts, or empty ones. Of the paths only
    /// those wanted, if any are named. `hash`: the context's, if it is known.
    pub(crate) fn add(
        &mut self,
        index: u32,
        (properties, context): (&str, &str),
        hash: Option<u128>,
        only: Option<&BTreeSet<String>>,
    ) {
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        walk(&mut path, properties, &mut |path, scalar| {
            self.take(index, path, scalar, only);
        });
        if !context.is_empty() {
            path.clear();
            path.push_str(CONTEXT);
            let hash = hash.unwrap_or_else(|| xxh3_128(context.as_bytes()));
            self.add_context(index, &mut path, (context, hash), only);
        }
        self.path = path;
    }

    /// Many events say the same context, which is then walked once.
    fn add_context(
        &mut self,
        index: u32,
        path: &mut String,
        (context, hash): (&str, u128),
        only: Option<&BTreeSet<String>>,
    ) {
        if let Some(known) = self.contexts.get(&hash) {
            for (column, code) in &self.shared[known.clone()] {
                self.columns[*column as usize].entries.push((index, *code));
            }
            return;
        }
        let start = self.shared.len();
        walk(path, context, &mut |path, scalar| {
            if let Some(entry) = self.take(index, path, scalar, only) {
                self.shared.push(entry);
            }
        });
        self.contexts.insert(hash, start..self.shared.len());
    }

    /// In the order in which they came.
    pub(crate) fn columns(&self) -> &[GatheredColumn] {
        &self.columns
    }

    /// Gives the column and the code.
    fn take(
        &mut self,
        index: u32,
        path: &str,
        scalar: Scalar<'_>,
        only: Option<&BTreeSet<String>>,
    ) -> Option<(u32, u32)> {
        if only.is_some_and(|names| !names.contains(path)) {
            return None;
        }
        let at = self.column(path);
        let column = &mut self.columns[at];
        let known = column.dictionary.values().len();
        let code = column.dictionary.code(scalar);
        if only.is_none()
            && column.personal.is_none()
            && let Some(Value::Text(text)) = column.dictionary.values().get(known)
            && is_personal_value(text)
        {
            column.personal = Some(code);
        }
        column.entries.push((index, code));
        Some((at as u32, code))
    }

    /// Events of one kind have their keys in one order: the next column is most often the one that came next before.
    fn column(&mut self, path: &str) -> usize {
        let hint = self.columns.get(self.last).map_or(0, |last| last.next);
        let at = match self.columns.get(hint) {
            Some(column) if column.path == path => hint,
            Some(_) | None => match self.by_path.get(path) {
                Some(at) => *at,
                None => {
                    self.columns.push(GatheredColumn { path: path.to_owned(), ..GatheredColumn::default() });
                    self.by_path.insert(path.to_owned(), self.columns.len() - 1);
                    self.columns.len() - 1
                }
            },
        };
        self.columns[self.last].next = at;
        self.last = at;
        at
    }
}
