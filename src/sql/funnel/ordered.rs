//! Ordered attempts as SQL: one named query for each step. Not for the rules, which are in `model::funnel`.

use super::Context;
use crate::sql::ast::{Select, Statement};

impl Context<'_> {
    /// Adds `attempts` (key, start, depth, excluded, alive, at_1 …).
    pub(super) fn add_ordered(&self, statement: &mut Statement) {
        let first = self.first_step();
        statement.with("An attempt starts at every instant of step 1", "to_step_1", first);
        for step in 2..=self.steps() {
            if self.is_required(step) {
                self.add_next(statement, step);
            } else {
                self.add_optional(statement, step);
            }
        }
        if self.has_optional() {
            self.add_paths_with_optional(statement);
        } else {
            self.add_attempts(statement);
        }
    }

    /// The instants of step 1.
    fn first_step(&self) -> Select {
        let mut first = Select::of("hits", self.keys(""));
        first.columns.extend(["at AS start", "at AS at_1"].map(str::to_owned));
        if self.cuts_on_the_way() {
            first.columns.push("0 AS excluded".to_owned());
        }
        if self.conflicts.any() {
            first.columns.push("bit AS used".to_owned());
        }
        first.distinct = true;
        first.filters.push("step = 1".to_owned());
        first.filters.extend(self.in_range("at"));
        first
    }

    /// The columns that an attempt has before a step is looked for.
    pub(super) fn so_far(&self, alias: &str, step: usize) -> Vec<String> {
        let mut columns = self.keys(alias);
        columns.push(format!("{alias}.start"));
        columns.extend((1..step).map(|step| format!("{alias}.at_{step}")));
        columns.extend(self.cuts_on_the_way().then(|| format!("{alias}.excluded")));
        columns
    }

    /// True when exclusions are looked for step by step: with optional steps the path is known only at the end.
    fn cuts_on_the_way(&self) -> bool {
        self.has_exclusions() && !self.has_optional()
    }

    /// The earliest instant of a step in each attempt, with each set of events of that instant that may be used up.
    fn add_next(&self, statement: &mut Statement, step: usize) {
        let before = format!("before.at_{}", self.required_before(step));
        let mut on = format!(
            "LEFT JOIN hits AS hit ON {} AND hit.step = {step}\n  AND hit.at >= {before} AND hit.at <= {}",
            self.same_key("hit", "before"),
            self.window_end("before.start")
        );
        if self.cuts_on_the_way() {
            on.push_str("\n  AND before.excluded = 0");
        }
        let mut earliest = Select::of(format!("to_step_{} AS before", step - 1), self.so_far("before", step));
        if self.conflicts.any() {
            on.push_str(&format!("\n  AND (hit.at > {before} OR (hit.bit & before.used) = 0)"));
            earliest.columns.push(format!("hit.at AS at_{step}"));
            earliest.columns.push(format!(
                "CASE WHEN hit.at = {before} THEN before.used | hit.bit ELSE hit.bit END AS used"
            ));
            earliest.columns.push(format!(
                "RANK() OVER (PARTITION BY {}, before.start ORDER BY hit.at IS NULL, hit.at) AS place",
                self.partition("before")
            ));
        } else {
            earliest.group.clone_from(&earliest.columns);
            earliest.columns.push(format!("MIN(hit.at) AS at_{step}"));
        }
        let mut columns = self.keys("reached");
        columns.push("reached.start".to_owned());
        columns.extend((1..=step).map(|step| format!("reached.at_{step}")));
        let mut next = Select::inside(earliest.join(on), "reached", columns);
        if self.conflicts.any() {
            next.columns.push("reached.used".to_owned());
            next.distinct = true;
            next.filters.push("reached.place = 1".to_owned());
        }
        if self.cuts_on_the_way() {
            let after = format!("reached.at_{}", step - 1);
            let until = format!("< reached.at_{step}");
            next = self.with_excluded(next, "reached", &format!("x.step = {step}"), &after, &until);
        }
        let comment = format!("The earliest step {step} of each attempt, null when there is none");
        statement.with(comment, format!("to_step_{step}"), next);
    }

    fn add_attempts(&self, statement: &mut Statement) {
        let steps = self.steps();
        let mut all = Select::of(format!("to_step_{steps}"), self.keys(""));
        all.distinct = true;
        all.columns.push("start".to_owned());
        all.columns.extend((1..=steps).map(|step| format!("at_{step}")));
        all.columns.push(format!("{} AS depth", self.deepest(|step| step.to_string())));
        all.columns.push(format!("{} AS last_at", self.deepest(|step| format!("at_{step}"))));
        all.columns.push("1 AS alive".to_owned());
        all.columns.extend(self.has_exclusions().then(|| "excluded".to_owned()));
        self.add_with_exclusion_at_end(statement, all);
    }

    /// Adds `attempts` from rows with depth, last_at, alive and, with exclusions, excluded so far.
    pub(super) fn add_with_exclusion_at_end(&self, statement: &mut Statement, all: Select) {
        let mut columns = self.keys("a");
        columns.extend(["a.start", "a.depth", "a.alive"].map(str::to_owned));
        columns.extend((1..=self.steps()).map(|step| format!("a.at_{step}")));
        let mut attempts = Select::inside(all, "a", columns);
        if self.has_exclusions() {
            let until = format!("<= {}", self.window_end("a.start"));
            attempts = self.with_excluded(attempts, "a", &self.next_steps(), "a.last_at", &until);
        } else {
            attempts.columns.push("0 AS excluded".to_owned());
        }
        statement.with("How deep each attempt goes", "attempts", attempts);
    }

    /// The condition that `x.step` could follow the deepest step: it, and optional steps on the way to it.
    fn next_steps(&self) -> String {
        if !self.has_optional() {
            return "x.step = a.depth + 1".to_owned();
        }
        let whens: Vec<String> = (1..self.steps())
            .map(|step| {
                let next = self.required_after(step).unwrap_or(self.steps());
                format!("WHEN {step} THEN {next}")
            })
            .collect();
        format!("x.step > a.depth AND x.step <= CASE a.depth {} END", whens.join(" "))
    }

    /// An expression for the deepest step reached.
    pub(super) fn deepest(&self, of: impl Fn(usize) -> String) -> String {
        let steps = (2..=self.steps()).rev();
        let whens: Vec<String> =
            steps.map(|step| format!("WHEN at_{step} IS NOT NULL THEN {}", of(step))).collect();
        if whens.is_empty() { of(1) } else { format!("CASE {} ELSE {} END", whens.join(" "), of(1)) }
    }
}
