//! Funnels as SQL: hits of steps, attempts, the best attempt of each person, and their counts.
//! Not for the rules, which are in `model::funnel`.

mod any_order;
mod hits;
mod optional;
mod ordered;
mod strict;

use super::ast::{From, Select, Statement};
use super::dialect::Dialect;
use super::predicate::{Properties, declined};
use crate::base::Diagnostic;
use crate::model::funnel::{Attribution, Funnel, NO_VALUE, Order};
use crate::model::query::Query;
use crate::model::time::{Time, span_text};

/// What all parts of one funnel's SQL need.
struct Context<'a> {
    query: &'a Funnel,
    as_of: Time,
    dialect: Dialect,
    properties: Properties,
    conflicts: hits::Conflicts,
}

/// The statement of a funnel.
///
/// # Errors
/// What has no SQL.
pub(super) fn statement(query: &Funnel, as_of: Time, dialect: Dialect) -> Result<Statement, Diagnostic> {
    let conflicts = hits::Conflicts::of(query);
    if query.order == Order::Any && conflicts.largest() > any_order::MOST_SHARING {
        return Err(declined("sql-any-overlap", "In any order, too many steps share an event for SQL")
            .hint("Give the steps event names of their own, or answer this one in the program"));
    }
    if query.order != Order::Any && conflicts.bits() > dialect.integer_bits() {
        return Err(declined("sql-overlap", "Too many steps share an event for SQL")
            .hint("Give the steps event names of their own, or answer this one in the program"));
    }
    let properties = Properties::new(Query::Funnel(query.clone()).properties(), dialect)?;
    let context = Context { query, as_of, dialect, properties, conflicts };
    let mut statement = Statement { comment: context.heading(), ..Statement::default() };
    context.properties.add_log(&mut statement, as_of);
    context.add_steps(&mut statement);
    context.add_hits(&mut statement)?;
    context.add_exclusions(&mut statement)?;
    match query.order {
        Order::Ordered => context.add_ordered(&mut statement),
        Order::Strict => context.add_strict(&mut statement),
        Order::Any => context.add_any_order(&mut statement),
    }
    context.add_persons(&mut statement);
    context.answer(&mut statement);
    Ok(statement)
}

impl Context<'_> {
    fn heading(&self) -> Vec<String> {
        let steps: Vec<String> = self.query.steps.iter().map(|step| step.label()).collect();
        vec![
            format!("Funnel, {}: {}", self.query.order.word(), steps.join(" → ")),
            format!("Window {}, as of {}", span_text(self.query.window_us), self.as_of.iso()),
        ]
    }

    fn steps(&self) -> usize {
        self.query.steps.len()
    }

    /// True when a one-based step gates.
    fn is_required(&self, step: usize) -> bool {
        step == 1 || self.query.order == Order::Any || !self.query.steps[step - 1].optional
    }

    fn has_optional(&self) -> bool {
        (1..=self.steps()).any(|step| !self.is_required(step))
    }

    /// The nearest required step before a one-based step.
    fn required_before(&self, step: usize) -> usize {
        (1..step).rev().find(|before| self.is_required(*before)).unwrap_or(1)
    }

    /// The nearest required step after a one-based step.
    fn required_after(&self, step: usize) -> Option<usize> {
        (step + 1..=self.steps()).find(|after| self.is_required(*after))
    }

    /// True when each value of the breakdown has attempts of its own.
    fn by_value(&self) -> bool {
        match self.query.breakdown.as_ref().map(|breakdown| breakdown.attribution) {
            Some(Attribution::All | Attribution::Step(_)) => true,
            Some(Attribution::First | Attribution::Last) | None => false,
        }
    }

    /// The columns that attempts belong to.
    fn keys(&self, alias: &str) -> Vec<String> {
        let prefix = if alias.is_empty() { String::new() } else { format!("{alias}.") };
        let mut keys = vec![format!("{prefix}person_id")];
        if self.by_value() {
            keys.push(format!("{prefix}value"));
        }
        keys
    }

    fn same_key(&self, a: &str, b: &str) -> String {
        let pairs = self.keys(a).into_iter().zip(self.keys(b));
        pairs.map(|(a, b)| format!("{a} = {b}")).collect::<Vec<_>>().join(" AND ")
    }

    fn partition(&self, alias: &str) -> String {
        self.keys(alias).join(", ")
    }

    /// The end of the window that starts at an expression.
    fn window_end(&self, start: &str) -> String {
        format!("{start} + {}", self.query.window_us.max(0))
    }

    /// The condition that a step 1 at an expression counts.
    fn in_range(&self, at: &str) -> Option<String> {
        self.query.between.map(|(from, to)| format!("{at} >= {} AND {at} < {}", from.0, to.0))
    }

    fn has_exclusions(&self) -> bool {
        !self.query.exclude.is_empty()
    }

    /// Adds `steps` (step, event).
    fn add_steps(&self, statement: &mut Statement) {
        let steps = self.query.steps.iter().enumerate();
        let rows =
            steps.map(|(index, step)| format!("({}, {})", index + 1, self.dialect.text(&step.label())));
        let rows = Select { from: From::Values(rows.collect()), ..Select::default() };
        statement.with("The steps", "steps(step, event)", rows);
    }

    /// The best attempt of each person that is not excluded, with its breakdown value.
    fn add_persons(&self, statement: &mut Statement) {
        let key = self.partition("");
        let mut ranked = Select::of("attempts", ["*".to_owned()]);
        ranked.columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY depth DESC, excluded, start) AS place"
        ));
        ranked.columns.push(format!(
            "MAX(alive AND NOT excluded AND {} > {}) OVER (PARTITION BY {key}) AS still_open",
            self.window_end("start"),
            self.as_of.0
        ));
        let mut columns = self.keys("best");
        columns.push("best.depth".to_owned());
        let last = (1..=self.steps()).rev().find(|step| self.is_required(*step)).unwrap_or(1);
        columns.push(format!("best.at_{last} IS NULL AND best.still_open AS pending"));
        columns.extend((1..=self.steps()).map(|step| format!("best.at_{step}")));
        let mut persons =
            Select::inside(ranked, "best", columns).filter("best.place = 1").filter("best.excluded = 0");
        if self.query.breakdown.is_some() && !self.by_value() {
            persons.columns.push(format!("COALESCE(touch.value, {}) AS value", self.dialect.text(NO_VALUE)));
            persons.joins.push("LEFT JOIN touch ON touch.person_id = best.person_id".to_owned());
        }
        let comment = "The best attempt of each person: the deepest, rather not excluded, the earliest; \
                       pending while some window is open";
        statement.with(comment, "persons", persons);
    }

    /// Counts the persons of each step; the median time since the step before is that of the middle one or two.
    fn answer(&self, statement: &mut Statement) {
        let by_value = self.query.breakdown.is_some();
        let value: Vec<String> = by_value.then(|| "value".to_owned()).into_iter().collect();
        let mut rows = Select::of("steps", value.clone());
        rows.columns.extend(["step", "event"].map(str::to_owned));
        rows.columns.extend(self.person_at_step());
        let rows = rows.join(if by_value { "CROSS JOIN persons" } else { "LEFT JOIN persons ON TRUE" });
        statement.with("Each person at each step", "person_steps", rows);
        let group: Vec<String> = value.iter().cloned().chain(["step".to_owned()]).collect();
        let over = group.join(", ");
        let mut ranked = Select::of("person_steps", ["*".to_owned()]);
        ranked
            .columns
            .push(format!("ROW_NUMBER() OVER (PARTITION BY {over} ORDER BY us IS NULL, us) AS place"));
        ranked.columns.push(format!("COUNT(us) OVER (PARTITION BY {over}) AS many"));
        let mut columns = value.clone();
        columns.extend(["step", "event"].map(str::to_owned));
        columns.push("COALESCE(SUM(reached), 0) AS persons".to_owned());
        columns.push("COALESCE(SUM(waits), 0) AS pending".to_owned());
        columns.push(
            "AVG(CASE WHEN place IN ((many + 1) / 2, (many + 2) / 2) THEN us END) / 1000000.0 AS median_secs"
                .to_owned(),
        );
        let mut answer = Select::inside(ranked, "ranked", columns);
        answer.group = group.into_iter().chain(["event".to_owned()]).collect();
        answer.order = if by_value {
            ["COUNT(*) DESC", "value", "step"].map(str::to_owned).to_vec()
        } else {
            vec!["step".to_owned()]
        };
        statement.answer = answer;
    }

    /// Whether a person reached a step, waits at it, and how long after the last required step before it.
    fn person_at_step(&self) -> [String; 3] {
        let times = (2..=self.steps())
            .map(|step| format!("WHEN {step} THEN at_{step} - at_{} ", self.required_before(step)));
        let times: String = times.collect();
        let times = if times.is_empty() { "NULL".to_owned() } else { format!("CASE step {times}END") };
        let times = format!("{times} AS us");
        if !self.has_optional() {
            let waits = "pending AND depth = step AS waits".to_owned();
            return ["depth >= step AS reached".to_owned(), waits, times];
        }
        let reached = |step| format!("WHEN {step} THEN at_{step} IS NOT NULL ");
        let reached: String = (1..=self.steps()).map(reached).collect();
        let waits = |step| {
            let next = self.required_after(step)?;
            Some(format!("WHEN {step} THEN at_{step} IS NOT NULL AND at_{next} IS NULL "))
        };
        let waits: String = (1..=self.steps()).filter_map(waits).collect();
        let waits =
            if waits.is_empty() { "FALSE".to_owned() } else { format!("CASE step {waits}ELSE FALSE END") };
        [format!("CASE step {reached}END AS reached"), format!("pending AND {waits} AS waits"), times]
    }
}
