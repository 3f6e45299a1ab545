//! Ordered attempts with optional steps as SQL. Not for the rules, which are in `model::funnel`.
//!
//! A required step's arrival depends only on the required steps before it, an optional step's on the nearest required
//! one before it. The path is then read backwards from the deepest step: each required step, and each optional one
//! that was not reached later than the steps that follow it.

use super::Context;
use crate::sql::ast::{Select, Statement};

/// Rows that let a step be taken and left out.
pub(super) const CHOICE: &str = "CROSS JOIN (SELECT 1 AS taken UNION ALL SELECT 0 AS taken) AS choice";

impl Context<'_> {
    /// Adds `attempts` (key, start, depth, excluded, alive, at_1 …) from the earliest instant of each step.
    pub(super) fn add_paths_with_optional(&self, statement: &mut Statement) {
        self.add_candidates(statement);
        let paths = if self.conflicts.any() { self.add_ways_back(statement) } else { "paths" };
        self.add_cut_attempts(statement, paths);
    }

    /// The earliest instant of an optional step in each attempt, which changes nothing else.
    pub(super) fn add_optional(&self, statement: &mut Statement, step: usize) {
        let base = self.required_before(step);
        let before = format!("before.at_{base}");
        let mut on = format!(
            "LEFT JOIN hits AS hit ON {} AND hit.step = {step}\n  AND hit.at >= {before} AND hit.at <= {}",
            self.same_key("hit", "before"),
            self.window_end("before.start")
        );
        let mut next = Select::of(format!("to_step_{} AS before", step - 1), self.so_far("before", step));
        let comment = format!("The earliest optional step {step} of each attempt, null when there is none");
        if self.conflicts.any() {
            on.push_str(&format!("\n  AND (hit.at > {before} OR (hit.bit & before.used) = 0)"));
            next.columns.push("before.used".to_owned());
        }
        next.group.clone_from(&next.columns);
        next.columns.push(format!("MIN(hit.at) AS at_{step}"));
        let mut next = next.join(on);
        if self.conflicts.any() {
            let mut columns = self.so_far("reached", step);
            columns.push("reached.used".to_owned());
            columns.push(format!(
                "MIN(reached.at_{step}) OVER (PARTITION BY {}, reached.start) AS at_{step}",
                self.partition("reached")
            ));
            next = Select::inside(next, "reached", columns);
        }
        statement.with(comment, format!("to_step_{step}"), next);
    }

    /// Adds `paths` (key, start, at_1 …), without the optional steps that were reached later than the path went on.
    fn add_candidates(&self, statement: &mut Statement) {
        let mut columns = self.keys("");
        columns.push("start".to_owned());
        for step in 1..=self.steps() {
            if self.is_required(step) {
                columns.push(format!("at_{step}"));
                continue;
            }
            // A required step comes no later than all steps after it.
            let last = self.required_after(step);
            let after = step + 1..=last.unwrap_or(self.steps());
            let mut on_time: Vec<String> =
                after.map(|after| format!("at_{step} <= COALESCE(at_{after}, at_{step})")).collect();
            if on_time.is_empty() {
                on_time.push("TRUE".to_owned());
            }
            columns.push(format!("CASE WHEN {} THEN at_{step} END AS at_{step}", on_time.join(" AND ")));
        }
        let mut paths = Select::of(format!("to_step_{}", self.steps()), columns);
        paths.distinct = self.conflicts.any();
        statement.with("Optional steps reached later than a step after them are left out", "paths", paths);
    }

    /// Adds the paths whose steps of one instant have events of their own, from the last step back; gives their name.
    ///
    /// Optional steps are left out where they must be, the nearest to the last step kept first.
    fn add_ways_back(&self, statement: &mut Statement) -> &'static str {
        for step in (1..=self.steps()).rev() {
            self.add_way_back(statement, step);
        }
        let order: Vec<String> = (1..=self.steps()).rev().map(|step| format!("at_{step} IS NULL")).collect();
        let mut ranked = Select::of("back_to_1", self.path_columns(""));
        ranked.columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {}, start ORDER BY {}) AS place",
            self.partition(""),
            order.join(", ")
        ));
        let best = Select::inside(ranked, "ranked", self.path_columns("")).filter("place = 1");
        statement.with("The way back that leaves out the fewest", "own_paths", best);
        "own_paths"
    }

    /// The columns of a path.
    fn path_columns(&self, alias: &str) -> Vec<String> {
        let prefix = if alias.is_empty() { String::new() } else { format!("{alias}.") };
        let mut columns = self.keys(alias);
        columns.push(format!("{prefix}start"));
        columns.extend((1..=self.steps()).map(|step| format!("{prefix}at_{step}")));
        columns
    }

    /// Each event that may fill a step of the path, or none where the step is left out.
    fn add_way_back(&self, statement: &mut Statement, step: usize) {
        let last = step == self.steps();
        let source = if last { "paths".to_owned() } else { format!("back_to_{}", step + 1) };
        let at = format!("after.at_{step}");
        let mut columns = self.path_columns("after");
        if !self.is_required(step) {
            let own = columns.iter_mut().find(|column| **column == at);
            own.into_iter()
                .for_each(|own| *own = format!("CASE WHEN choice.taken = 1 THEN {at} END AS at_{step}"));
        }
        let mut on = format!(
            "LEFT JOIN hits AS hit ON {} AND hit.step = {step} AND hit.at = {at}",
            self.same_key("hit", "after")
        );
        if last {
            columns.extend(["hit.at AS now", "hit.bit AS used"].map(str::to_owned));
        } else {
            on.push_str(&format!(
                "\n  AND (after.now IS NULL OR {at} < after.now OR (hit.bit & after.used) = 0)"
            ));
            columns.push("COALESCE(hit.at, after.now) AS now".to_owned());
            columns.push(
                "CASE WHEN hit.at = after.now THEN after.used | hit.bit ELSE COALESCE(hit.bit, after.used) END AS used"
                    .to_owned(),
            );
        }
        let mut back = Select::of(format!("{source} AS after"), columns);
        back.distinct = true;
        let back = if self.is_required(step) {
            back.join(on).filter(format!("({at} IS NULL OR hit.at IS NOT NULL)"))
        } else {
            on.push_str(" AND choice.taken = 1");
            back.join(CHOICE).join(on).filter("(choice.taken = 0 OR hit.at IS NOT NULL)")
        };
        statement.with(
            format!("The events of step {step}, back from the last"),
            format!("back_to_{step}"),
            back,
        );
    }

    /// Adds `attempts`, cut where an exclusion falls between two reached steps.
    fn add_cut_attempts(&self, statement: &mut Statement, paths: &str) {
        let mut all = Select::of(paths, self.path_columns(""));
        all.columns.push(format!("{} AS depth", self.deepest(|step| step.to_string())));
        all.columns.push("1 AS alive".to_owned());
        let mut columns = self.keys("a");
        columns.push("a.start".to_owned());
        columns.extend((1..=self.steps()).map(|step| format!("a.at_{step}")));
        columns.push("a.alive".to_owned());
        let mut attempts = Select::inside(all, "a", columns);
        if self.has_exclusions() {
            attempts.group.clone_from(&attempts.columns);
            attempts.group.push("a.depth".to_owned());
            attempts.columns.push(format!("COALESCE(MIN({}), a.depth) AS depth", self.cut_depth()));
            attempts.columns.push("MAX(x.at IS NOT NULL) AS excluded".to_owned());
            attempts = attempts.join(self.in_a_gap());
        } else {
            attempts.columns.extend(["a.depth", "0 AS excluded"].map(str::to_owned));
        }
        statement.with("How deep each attempt goes", "attempts", attempts);
    }

    /// How deep an attempt goes whose exclusion is on the way to `x.step`: to the reached step after it, or the last.
    fn cut_depth(&self) -> String {
        let whens: Vec<String> = (2..=self.steps())
            .map(|reached| format!("WHEN x.step <= {reached} AND a.at_{reached} IS NOT NULL THEN {reached}"))
            .collect();
        format!("CASE WHEN x.at IS NULL THEN NULL {} ELSE a.depth END", whens.join(" "))
    }

    /// The exclusions between two reached steps, or after the last one and on the way to the next required one.
    fn in_a_gap(&self) -> String {
        let mut gaps = String::new();
        for step in 2..=self.steps() {
            let before: Vec<String> = (1..step).rev().map(|before| format!("a.at_{before}")).collect();
            let after: Vec<String> = (step..=self.steps()).map(|after| format!("a.at_{after}")).collect();
            let open = format!("a.at_{} IS NOT NULL", self.required_before(step));
            gaps.push_str(&format!(
                "\n  WHEN {step} THEN x.at > {} AND CASE WHEN {after} IS NULL THEN {open} AND x.at <= {} \
                 ELSE x.at < {after} END",
                coalesced(&before),
                self.window_end("a.start"),
                after = coalesced(&after),
            ));
        }
        format!("LEFT JOIN exclusions AS x ON {} AND CASE x.step{gaps}\nEND", self.same_log("x", "a"))
    }
}

/// The first of several columns that is not null.
fn coalesced(columns: &[String]) -> String {
    match columns {
        [one] => one.clone(),
        several => format!("COALESCE({})", several.join(", ")),
    }
}
