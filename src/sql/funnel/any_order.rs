//! Attempts in any order as SQL. Not for the rules, which are in `model::funnel`.
//!
//! Where steps share events, distinct events must fill them. By Hall's theorem m of g linked steps can be filled once
//! every set of them has seen enough events: each set of s steps at least m − (g − s) that fit one of its steps.

use super::Context;
use crate::sql::ast::{From, Select, Statement};

/// How many steps may share events: their sets are listed, which doubles with each.
pub(super) const MOST_SHARING: usize = 8;

impl Context<'_> {
    /// Adds `attempts` (key, start, depth, excluded, alive, at_1 …).
    pub(super) fn add_any_order(&self, statement: &mut Statement) {
        let mut starts = Select::of("hits", self.keys(""));
        starts.distinct = true;
        starts.columns.push("at AS start".to_owned());
        starts.filters.extend(self.in_range("at"));
        let mut columns = self.keys("s");
        columns.push("s.start".to_owned());
        columns.push(format!("{} AS until", self.window_end("s.start")));
        columns.push(if self.has_exclusions() {
            format!(
                "(SELECT MIN(x.at) FROM exclusions AS x WHERE {} AND x.at > s.start AND x.at <= {}) AS cleared_at",
                self.same_log("x", "s"),
                self.window_end("s.start")
            )
        } else {
            "NULL AS cleared_at".to_owned()
        });
        let windows = Select::inside(starts, "s", columns);
        statement.with("A window starts at every instant of a step", "windows", windows);
        if self.conflicts.any() {
            self.add_sets(statement);
            self.add_nth_events(statement);
            self.add_filled(statement);
        }
        self.add_firsts(statement);
        self.add_any_attempts(statement);
    }

    /// Adds `sets` (id, linked, left_out, step): every set of linked steps.
    fn add_sets(&self, statement: &mut Statement) {
        let mut rows = Vec::new();
        let mut id = 0;
        for linked in self.conflicts.groups() {
            for chosen in 1_u32..1 << linked.len() {
                id += 1;
                let left_out = linked.len() - chosen.count_ones() as usize;
                let steps = linked.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
                rows.extend(
                    steps.map(|(_, step)| format!("({id}, {}, {left_out}, {})", linked[0] + 1, step + 1)),
                );
            }
        }
        let rows = Select { from: From::Values(rows), ..Select::default() };
        statement.with("Every set of steps that share events", "sets(id, linked, left_out, step)", rows);
    }

    /// Adds `nth` (key, start, cleared_at, id, linked, left_out, at, place): the events that fit a step of each set.
    fn add_nth_events(&self, statement: &mut Statement) {
        let mut fits = Select::of("windows AS w", self.keys("w"));
        fits.distinct = true;
        fits.columns.extend(
            ["w.start", "w.cleared_at", "sets.id", "sets.linked", "sets.left_out", "hit.event_id", "hit.at"]
                .map(str::to_owned),
        );
        let fits = fits.join(self.hits_in_window()).join("JOIN sets ON sets.step = hit.step");
        let mut columns = self.keys("");
        columns.extend(["start", "cleared_at", "linked", "left_out", "at"].map(str::to_owned));
        let key = self.partition("");
        columns.push(format!("ROW_NUMBER() OVER (PARTITION BY {key}, start, id ORDER BY at) AS place"));
        let nth = Select::inside(fits, "fits", columns);
        statement.with("The events of each set in each window, by time", "nth", nth);
    }

    /// Adds `filled` (key, start, cleared_at, at): one row for each linked step that can be filled, when it first can.
    fn add_filled(&self, statement: &mut Statement) {
        let mut filled = Select::of("nth", self.keys(""));
        filled.columns.extend(["start", "cleared_at", "MAX(at) AS at"].map(str::to_owned));
        filled.group = self.keys("");
        filled.group.extend(["start", "cleared_at", "linked", "place + left_out"].map(str::to_owned));
        let whens: Vec<String> = self
            .conflicts
            .groups()
            .iter()
            .map(|linked| {
                // Only sets that leave out fewer than m steps ask for an event.
                let asked: Vec<String> = (1..=linked.len())
                    .map(|filled| {
                        format!("WHEN {filled} THEN {}", sets_leaving_out_fewer(linked.len(), filled))
                    })
                    .collect();
                format!("WHEN {} THEN CASE place + left_out {} END", linked[0] + 1, asked.join(" "))
            })
            .collect();
        filled.having = Some(format!("COUNT(*) = CASE linked {} END", whens.join(" ")));
        let comment = "As many steps as are filled: every set that must have an event for it has it";
        statement.with(comment, "filled", filled);
    }

    fn hits_in_window(&self) -> String {
        format!(
            "JOIN hits AS hit ON {}\n  AND hit.at >= w.start AND hit.at <= COALESCE(w.cleared_at, w.until)",
            self.same_key("hit", "w")
        )
    }

    fn add_firsts(&self, statement: &mut Statement) {
        let mut columns = self.keys("f");
        columns.extend(["f.start", "f.cleared_at", "f.at"].map(str::to_owned));
        columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {}, f.start ORDER BY f.at) AS place",
            self.partition("f")
        ));
        if self.conflicts.any() {
            let ranked = Select::of("filled AS f", columns);
            statement.with("The steps filled in each window, by time", "firsts", ranked);
            return;
        }
        let mut firsts = Select::of("windows AS w", self.keys("w"));
        firsts
            .columns
            .extend(["w.start", "w.cleared_at", "hit.step", "MIN(hit.at) AS at"].map(str::to_owned));
        firsts.group = self.keys("w");
        firsts.group.extend(["w.start", "w.cleared_at", "hit.step"].map(str::to_owned));
        let ranked = Select::inside(firsts.join(self.hits_in_window()), "f", columns);
        statement.with("The first of each step in each window, by time", "firsts", ranked);
    }

    fn add_any_attempts(&self, statement: &mut Statement) {
        let mut attempts = Select::of("firsts", self.keys(""));
        attempts.columns.extend(
            ["start", "COUNT(*) AS depth", "0 AS excluded", "cleared_at IS NULL AS alive"].map(str::to_owned),
        );
        let at = |step| format!("MAX(CASE WHEN place = {step} THEN at END) AS at_{step}");
        attempts.columns.extend((1..=self.steps()).map(at));
        attempts.group = self.keys("");
        attempts.group.extend(["start", "cleared_at"].map(str::to_owned));
        attempts.having = Some(format!("cleared_at IS NULL OR COUNT(*) = {}", self.steps()));
        let comment = "How many steps each window holds; a cleared one counts when it is finished";
        statement.with(comment, "attempts", attempts);
    }
}

/// How many sets of linked steps leave out fewer than `filled` of them.
fn sets_leaving_out_fewer(linked: usize, filled: usize) -> u64 {
    let mut sets = 0;
    let mut choices = 1_u64;
    for left_out in 0..filled {
        sets += choices;
        choices = choices * (linked - left_out) as u64 / (left_out as u64 + 1);
    }
    sets
}
