//! Which rows of a table are selected: a run from anchor to cursor, and single rows besides.
//!
//! Not for what the rows are: indices change their meaning when the caller sorts.

use std::collections::BTreeSet;

/// The selected rows. Cheap for a million rows, since a run is two numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    run: Option<Run>,
    others: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    anchor: usize,
    cursor: usize,
    /// Whether the run itself is selected; not after its only row was taken out.
    on: bool,
}

impl Selection {
    /// One row.
    pub fn single(row: usize) -> Self {
        Self { run: Some(Run { anchor: row, cursor: row, on: true }), others: BTreeSet::new() }
    }

    /// All of `rows`.
    pub fn all(rows: usize) -> Self {
        let run = rows.checked_sub(1).map(|last| Run { anchor: 0, cursor: last, on: true });
        Self { run, others: BTreeSet::new() }
    }

    /// Where the keyboard is.
    pub fn cursor(&self) -> Option<usize> {
        self.run.map(|run| run.cursor)
    }

    /// Whether `row` is selected.
    pub fn contains(&self, row: usize) -> bool {
        self.in_run(row) || self.others.contains(&row)
    }

    /// How many are selected.
    pub fn count(&self) -> usize {
        let run = self.run.filter(|run| run.on).map_or(0, |run| run.last() - run.first() + 1);
        run + self.others.iter().filter(|row| !self.in_run(**row)).count()
    }

    /// The selected rows in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let run = self.run.filter(|run| run.on).map_or(0..0, |run| run.first()..run.last() + 1);
        let before = self.others.range(..run.start).copied();
        let after = self.others.range(run.end.max(run.start)..).copied();
        before.chain(run.clone()).chain(after)
    }

    /// Lets the run reach from its anchor to `row`.
    pub(super) fn extend_to(&mut self, row: usize) {
        let anchor = self.run.map_or(row, |run| run.anchor);
        self.run = Some(Run { anchor, cursor: row, on: true });
    }

    /// Adds `row`, or takes it out.
    pub(super) fn toggle(&mut self, row: usize) {
        let selected = self.contains(row);
        if let Some(run) = self.run.filter(|run| run.on) {
            self.others.extend(run.first()..=run.last());
        }
        if selected {
            self.others.remove(&row);
        }
        self.run = Some(Run { anchor: row, cursor: row, on: !selected });
    }

    /// Forgets rows that are no more.
    pub(super) fn keep_within(&mut self, rows: usize) {
        let Some(last) = rows.checked_sub(1) else {
            *self = Self::default();
            return;
        };
        self.others.split_off(&rows);
        if let Some(run) = &mut self.run {
            run.anchor = run.anchor.min(last);
            run.cursor = run.cursor.min(last);
        }
    }

    fn in_run(&self, row: usize) -> bool {
        self.run.is_some_and(|run| run.on && (run.first()..=run.last()).contains(&row))
    }
}

impl Run {
    fn first(self) -> usize {
        self.anchor.min(self.cursor)
    }

    fn last(self) -> usize {
        self.anchor.max(self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_and_only_once() {
        let mut selection = Selection::single(5);
        selection.extend_to(3);
        assert_eq!(selection.rows().collect::<Vec<_>>(), [3, 4, 5]);
        selection.toggle(9);
        selection.toggle(4);
        assert_eq!(selection.rows().collect::<Vec<_>>(), [3, 5, 9]);
        assert_eq!(selection.count(), 3);
        assert_eq!(selection.cursor(), Some(4));
        selection.toggle(4);
        assert_eq!(selection.rows().collect::<Vec<_>>(), [3, 4, 5, 9]);
        selection.keep_within(5);
        assert_eq!(selection.rows().collect::<Vec<_>>(), [3, 4]);
        selection.keep_within(0);
        assert_eq!(selection, Selection::default());
    }

    #[test]
    fn all_of_many_is_cheap() {
        let all = Selection::all(10_000_000);
        assert_eq!(all.count(), 10_000_000);
        assert!(all.contains(9_999_999) && !all.contains(10_000_000));
        assert_eq!(Selection::all(0).count(), 0);
    }
}
