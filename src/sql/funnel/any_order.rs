//! Attempts in any order as SQL, for steps that share no event. Not for the rules, which are in `model::funnel`.

use super::Context;
use crate::sql::ast::{Select, Statement};

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
        self.add_firsts(statement);
        self.add_any_attempts(statement);
    }

    fn add_firsts(&self, statement: &mut Statement) {
        let mut firsts = Select::of("windows AS w", self.keys("w"));
        firsts
            .columns
            .extend(["w.start", "w.cleared_at", "hit.step", "MIN(hit.at) AS at"].map(str::to_owned));
        firsts.group = self.keys("w");
        firsts.group.extend(["w.start", "w.cleared_at", "hit.step"].map(str::to_owned));
        let firsts = firsts.join(format!(
            "JOIN hits AS hit ON {}\n  AND hit.at >= w.start AND hit.at <= COALESCE(w.cleared_at, w.until)",
            self.same_key("hit", "w")
        ));
        let mut columns = self.keys("f");
        columns.extend(["f.start", "f.cleared_at", "f.at"].map(str::to_owned));
        columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {}, f.start ORDER BY f.at) AS place",
            self.partition("f")
        ));
        let ranked = Select::inside(firsts, "f", columns);
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
