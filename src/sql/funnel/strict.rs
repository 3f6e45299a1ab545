//! Strict attempts as SQL: a step follows in the same instant or in the person's next one.
//! Not for the rules, which are in `model::funnel`.

use super::Context;
use super::optional::CHOICE;
use crate::sql::ast::{Select, Statement};

impl Context<'_> {
    /// Adds `attempts` (key, start, depth, excluded, alive, at_1 …).
    pub(super) fn add_strict(&self, statement: &mut Statement) {
        self.add_instants(statement);
        self.add_strict_hits(statement);
        for step in 1..=self.steps() {
            self.add_strict_step(statement, step);
        }
        self.add_paths(statement);
    }

    fn instant_key(&self, alias: &str) -> Vec<String> {
        let prefix = if alias.is_empty() { String::new() } else { format!("{alias}.") };
        let mut key = vec![format!("{prefix}person_id")];
        if self.own_value().is_some() {
            key.push(format!("{prefix}value"));
        }
        key
    }

    fn add_instants(&self, statement: &mut Statement) {
        let mut distinct = Select::of("log", ["person_id".to_owned(), "at".to_owned()]);
        if let Some(property) = self.own_value() {
            distinct.columns.push(format!("{} AS value", self.properties.label(property)));
        }
        distinct.distinct = true;
        let key = self.instant_key("").join(", ");
        let mut columns = self.instant_key("");
        columns.push("at".to_owned());
        columns.push(format!("ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY at) AS instant"));
        columns.push(format!("MAX(at) OVER (PARTITION BY {key}) AS last_at"));
        let instants = Select::inside(distinct, "seen", columns);
        statement.with("All instants of each person, also of other events", "instants", instants);
    }

    fn add_strict_hits(&self, statement: &mut Statement) {
        let mut columns = self.keys("hit");
        columns.extend(["hit.step", "hit.at", "own.instant", "own.last_at"].map(str::to_owned));
        if self.conflicts.any() {
            columns.push("hit.bit".to_owned());
        }
        let mut hits = Select::of("hits AS hit", columns)
            .join(format!("JOIN instants AS own ON {} AND own.at = hit.at", self.same_log("own", "hit")));
        hits.distinct = true;
        statement.with("The instant of each hit", "placed", hits);
    }

    fn add_strict_step(&self, statement: &mut Statement, step: usize) {
        let used = self.conflicts.any();
        if step == 1 {
            let mut first = Select::of("placed", self.keys(""));
            first.distinct = true;
            let columns = ["at AS start", "at AS at_1", "instant", "at = last_at AS at_end"];
            first.columns.extend(columns.map(str::to_owned));
            first.columns.extend(used.then(|| "bit AS used".to_owned()));
            first.filters.push("step = 1".to_owned());
            first.filters.extend(self.in_range("at"));
            statement.with("An attempt starts at every instant of step 1", "to_step_1", first);
            return;
        }
        let mut next = Select::of(format!("to_step_{} AS before", step - 1), self.keys("before"));
        next.distinct = true;
        next.columns.push("before.start".to_owned());
        next.columns.extend((1..step).map(|step| format!("before.at_{step}")));
        next.columns.push(format!("hit.at AS at_{step}"));
        let optional = !self.is_required(step);
        let instant =
            if optional { "COALESCE(hit.instant, before.instant) AS instant" } else { "hit.instant" };
        next.columns.push(instant.to_owned());
        next.columns.push("COALESCE(hit.at = hit.last_at, before.at_end) AS at_end".to_owned());
        let mut on = format!(
            "LEFT JOIN placed AS hit ON {} AND hit.step = {step}\n  AND hit.instant BETWEEN before.instant AND \
             before.instant + 1 AND hit.at <= {}",
            self.same_key("hit", "before"),
            self.window_end("before.start")
        );
        if used {
            on.push_str("\n  AND (hit.instant > before.instant OR (hit.bit & before.used) = 0)");
            let other = if optional { "COALESCE(hit.bit, before.used)" } else { "hit.bit" };
            next.columns.push(format!(
                "CASE WHEN hit.instant = before.instant THEN before.used | hit.bit ELSE {other} END AS used"
            ));
        }
        let comment = format!("Step {step} in the same instant or the next one, null when there is none");
        let next = if self.is_required(step) {
            next.join(on)
        } else {
            on.push_str(" AND choice.taken = 1");
            next.join(CHOICE).join(on).filter("(choice.taken = 0 OR hit.at IS NOT NULL)")
        };
        statement.with(comment, format!("to_step_{step}"), next);
    }

    /// The path of each attempt: the deepest, then the one whose last step is earliest, then the step before it, ….
    fn add_paths(&self, statement: &mut Statement) {
        let steps = self.steps();
        let mut all = Select::of(format!("to_step_{steps}"), ["*".to_owned()]);
        all.columns.push(format!("{} AS depth", self.deepest(|step| step.to_string())));
        all.columns.push(format!("{} AS last_at", self.deepest(|step| format!("at_{step}"))));
        statement.with("Every way through the steps", "paths", all);
        let order = self.path_order();
        let mut ranked = Select::of("paths", ["*".to_owned()]);
        let attempt = format!("{}, start", self.partition(""));
        ranked.columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {attempt} ORDER BY depth DESC, {order}) AS place"
        ));
        ranked.columns.push(format!("MAX(at_end) OVER (PARTITION BY {attempt}) AS alive"));
        let mut columns = self.keys("");
        columns.extend(["start", "depth", "last_at", "alive"].map(str::to_owned));
        columns.extend((1..=steps).map(|step| format!("at_{step}")));
        if self.has_exclusions() {
            columns.push("0 AS excluded".to_owned());
        }
        let best = Select::inside(ranked, "ranked", columns).filter("place = 1");
        self.add_with_exclusion_at_end(statement, best);
    }

    /// Which of the paths to one depth counts: the earliest last step, the most steps, then from the last step back the
    /// earlier instant, steps left out last.
    fn path_order(&self) -> String {
        let steps = (1..=self.steps()).rev();
        if !self.has_optional() {
            return steps.map(|step| format!("at_{step}")).collect::<Vec<_>>().join(", ");
        }
        let left_out: Vec<String> = (1..=self.steps()).map(|step| format!("(at_{step} IS NULL)")).collect();
        let each: Vec<String> = steps.map(|step| format!("at_{step} IS NULL, at_{step}")).collect();
        format!("last_at, {}, {}", left_out.join(" + "), each.join(", "))
    }
}
