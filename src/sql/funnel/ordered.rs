//! Ordered attempts as SQL: the earliest instant of each step, then the path. Not for the rules, which are in
//! `model::funnel`; nor for paths with optional steps and exclusions: see `paths`.
//!
//! Where no steps share events, an arrival is a minimum over what comes later, and window functions find all arrivals
//! in as many passes as there are steps: with f(t) the earliest step k from t on, which never falls, the earliest
//! step k after the earliest step j from t on is the least f over all events of step j from t on. Where steps share
//! events, each attempt is followed from step to step with the events that it has used up.

use super::Context;
use crate::sql::ast::{Select, Statement};

impl Context<'_> {
    /// Adds `attempts` (key, start, depth, excluded, alive, at_1 …).
    pub(super) fn add_ordered(&self, statement: &mut Statement) {
        if self.conflicts.any() {
            self.add_followed(statement);
        } else {
            self.add_earliest(statement);
        }
        self.add_paths(statement);
    }

    /// Adds `arrivals` from passes over what comes later.
    fn add_earliest(&self, statement: &mut Statement) {
        let mut source = "hits".to_owned();
        for step in (2..=self.steps()).rev() {
            let name = format!("from_step_{step}");
            let from = self.later(step, &source);
            statement.with(
                format!("From each instant on: the earliest step {step}, and what follows it"),
                &name,
                from,
            );
            source = name;
        }
        let mut columns = self.keys("");
        columns.extend(["at AS start", "at AS at_1"].map(str::to_owned));
        let end = self.window_end("at");
        let in_window = |step| format!("CASE WHEN at_{step} <= {end} THEN at_{step} END AS at_{step}");
        columns.extend((2..=self.steps()).map(in_window));
        let mut arrivals = Select::of(source, columns).filter("step = 1");
        arrivals.distinct = true;
        arrivals.filters.extend(self.in_range("at"));
        let comment =
            "An attempt starts at every instant of step 1; null where a step is not reached in time";
        statement.with(comment, "arrivals", arrivals);
    }

    /// The pass of a step: its own earliest instant, and that of each step which comes after it.
    fn later(&self, step: usize, source: &str) -> Select {
        let mut columns = self.keys("");
        columns.extend(["step", "at"].map(str::to_owned));
        let over = format!(
            "OVER (PARTITION BY {} ORDER BY at RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
            self.partition("")
        );
        columns.push(format!("MIN(CASE WHEN step = {step} THEN at END) {over} AS at_{step}"));
        for after in step + 1..=self.steps() {
            if self.is_required(step) {
                columns
                    .push(format!("MIN(CASE WHEN step = {step} THEN at_{after} END) {over} AS at_{after}"));
            } else {
                columns.push(format!("at_{after}"));
            }
        }
        Select::of(source, columns)
    }

    /// Adds `arrivals` by following each attempt.
    fn add_followed(&self, statement: &mut Statement) {
        let mut first = Select::of("hits", self.keys(""));
        first.columns.extend(["at AS start", "at AS at_1", "bit AS used"].map(str::to_owned));
        first.distinct = true;
        first.filters.push("step = 1".to_owned());
        first.filters.extend(self.in_range("at"));
        statement.with("An attempt starts at every instant of step 1", "to_step_1", first);
        for step in 2..=self.steps() {
            if self.is_required(step) {
                self.add_next(statement, step);
            } else {
                self.add_optional(statement, step);
            }
        }
        let mut arrivals = Select::of(format!("to_step_{}", self.steps()), self.path_columns(""));
        arrivals.distinct = true;
        statement.with("The earliest instant of each step, null when there is none", "arrivals", arrivals);
    }

    /// The columns that an attempt has before a step is looked for.
    fn so_far(&self, alias: &str, step: usize) -> Vec<String> {
        let mut columns = self.keys(alias);
        columns.push(format!("{alias}.start"));
        columns.extend((1..step).map(|step| format!("{alias}.at_{step}")));
        columns
    }

    /// Joins the events of a step that come no earlier than the required step before it, and that are not used up.
    fn join_next(&self, step: usize) -> String {
        let before = format!("before.at_{}", self.required_before(step));
        format!(
            "LEFT JOIN hits AS hit ON {} AND hit.step = {step}\n  AND hit.at >= {before} AND hit.at <= {}\n  \
             AND (hit.at > {before} OR (hit.bit & before.used) = 0)",
            self.same_key("hit", "before"),
            self.window_end("before.start")
        )
    }

    /// The earliest instant of a required step, with each set of events of that instant that may be used up.
    fn add_next(&self, statement: &mut Statement, step: usize) {
        let before = format!("before.at_{}", self.required_before(step));
        let mut earliest = Select::of(format!("to_step_{} AS before", step - 1), self.so_far("before", step));
        earliest.columns.push(format!("hit.at AS at_{step}"));
        earliest
            .columns
            .push(format!("CASE WHEN hit.at = {before} THEN before.used | hit.bit ELSE hit.bit END AS used"));
        earliest.columns.push(format!(
            "RANK() OVER (PARTITION BY {}, before.start ORDER BY hit.at IS NULL, hit.at) AS place",
            self.partition("before")
        ));
        let mut columns = self.so_far("reached", step + 1);
        columns.push("reached.used".to_owned());
        let earliest = earliest.join(self.join_next(step));
        let mut next = Select::inside(earliest, "reached", columns).filter("reached.place = 1");
        next.distinct = true;
        let comment = format!("The earliest step {step} of each attempt, null when there is none");
        statement.with(comment, format!("to_step_{step}"), next);
    }

    /// The earliest instant of an optional step, which uses nothing up.
    fn add_optional(&self, statement: &mut Statement, step: usize) {
        let mut earliest = Select::of(format!("to_step_{} AS before", step - 1), self.so_far("before", step));
        earliest.columns.push("before.used".to_owned());
        earliest.group.clone_from(&earliest.columns);
        earliest.columns.push(format!("MIN(hit.at) AS at_{step}"));
        let mut columns = self.so_far("reached", step);
        columns.push("reached.used".to_owned());
        columns.push(format!(
            "MIN(reached.at_{step}) OVER (PARTITION BY {}, reached.start) AS at_{step}",
            self.partition("reached")
        ));
        let next = Select::inside(earliest.join(self.join_next(step)), "reached", columns);
        let comment = format!("The earliest optional step {step} of each attempt, null when there is none");
        statement.with(comment, format!("to_step_{step}"), next);
    }
}
