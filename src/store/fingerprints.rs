//! Which 64-bit fingerprints a document holds, and in which rows: 12 bytes an event. Not for confirming hits.

use std::collections::HashMap;

use rusqlite::Connection;

use super::StoreError;

/// New entries are hashed up to this many, then sorted into a run.
const RECENT: usize = 1 << 18;
/// Runs are merged up to this many entries, which bounds what a merge holds twice.
const LARGEST_RUN: usize = 1 << 22;

/// A multimap from fingerprint to event row.
#[derive(Default)]
pub(crate) struct Fingerprints {
    recent: HashMap<u64, u32>,
    runs: Vec<Run>,
}

#[derive(Default)]
struct Run {
    keys: Vec<u64>,
    rows: Vec<u32>,
}

impl Fingerprints {
    /// All fingerprints of the stored events.
    pub(crate) fn load(conn: &Connection) -> Result<Fingerprints, StoreError> {
        let mut all = Fingerprints::default();
        let mut statement = conn.prepare("SELECT fingerprint, id FROM event")?;
        let mut rows = statement.query([])?;
        let mut pairs: Vec<(u64, u32)> = Vec::new();
        while let Some(row) = rows.next()? {
            pairs.push((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)? as u32));
            if pairs.len() == LARGEST_RUN {
                all.push(std::mem::take(&mut pairs));
            }
        }
        all.push(pairs);
        Ok(all)
    }

    /// Adds an event.
    pub(crate) fn insert(&mut self, key: u64, row: u32) {
        if let Some(other) = self.recent.insert(key, row) {
            self.runs.push(Run { keys: vec![key], rows: vec![other] });
        }
        if self.recent.len() == RECENT {
            let pairs = self.recent.drain().collect();
            self.push(pairs);
        }
    }

    /// Puts the rows of all events with a fingerprint into `found`, which is cleared first.
    pub(crate) fn find(&self, key: u64, found: &mut Vec<u32>) {
        found.clear();
        found.extend(self.recent.get(&key));
        for run in &self.runs {
            let mut at = run.keys.partition_point(|other| *other < key);
            while run.keys.get(at) == Some(&key) {
                found.push(run.rows[at]);
                at += 1;
            }
        }
    }

    fn push(&mut self, mut pairs: Vec<(u64, u32)>) {
        if pairs.is_empty() {
            return;
        }
        pairs.sort_unstable();
        let mut run = Run::default();
        run.keys.extend(pairs.iter().map(|pair| pair.0));
        run.rows.extend(pairs.iter().map(|pair| pair.1));
        while let Some(last) = self.runs.pop_if(|last| {
            last.keys.len() <= run.keys.len() && last.keys.len() + run.keys.len() <= LARGEST_RUN
        }) {
            run = merge(&last, &run);
        }
        self.runs.push(run);
    }
}

fn merge(a: &Run, b: &Run) -> Run {
    let length = a.keys.len() + b.keys.len();
    let mut merged = Run { keys: Vec::with_capacity(length), rows: Vec::with_capacity(length) };
    let (mut i, mut j) = (0, 0);
    while i < a.keys.len() || j < b.keys.len() {
        let from_a = j == b.keys.len() || (i < a.keys.len() && a.keys[i] <= b.keys[j]);
        let (run, at) = if from_a { (a, &mut i) } else { (b, &mut j) };
        merged.keys.push(run.keys[*at]);
        merged.rows.push(run.rows[*at]);
        *at += 1;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_everything_through_runs_and_merges_and_tells_collisions_apart() {
        let key = |n: u32| u64::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut all = Fingerprints::default();
        let many = 2 * RECENT as u32 + 5;
        for n in 0..many {
            all.insert(key(n), n);
        }
        all.insert(key(3), many);
        all.insert(key(many - 1), many + 1);
        let mut found = Vec::new();
        for n in (0..many).step_by(997).chain([3, many - 1]) {
            all.find(key(n), &mut found);
            found.sort_unstable();
            let expected = match n {
                3 => vec![3, many],
                n if n == many - 1 => vec![n, many + 1],
                n => vec![n],
            };
            assert_eq!(found, expected);
        }
        all.find(key(many), &mut found);
        assert!(found.is_empty());
        assert!(all.runs.len() <= 3);
    }
}
