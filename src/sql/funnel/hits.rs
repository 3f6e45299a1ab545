//! Which event fills which step, under which breakdown value. Not for attempts: see `ordered`, `strict`, `any_order`.

use super::Context;
use crate::base::Diagnostic;
use crate::model::funnel::{Attribution, Breakdown, Funnel, NO_VALUE, Order};
use crate::sql::ast::{Select, Statement};

/// Steps that may want the same event: for each step, how many steps (itself among them) are linked by shared names.
pub(super) struct Conflicts {
    sizes: Vec<usize>,
    groups: Vec<Vec<usize>>,
}

impl Conflicts {
    pub(super) fn of(query: &Funnel) -> Conflicts {
        let steps = query.steps.len();
        let shares = |a: usize, b: usize| {
            let (a, b) = (&query.steps[a].events, &query.steps[b].events);
            a.is_empty() || b.is_empty() || a.iter().any(|name| b.contains(name))
        };
        let mut group: Vec<usize> = (0..steps).collect();
        for a in 0..steps {
            for b in 0..a {
                if shares(a, b) {
                    let (from, to) = (group[a], group[b]);
                    group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
                }
            }
        }
        let sizes = group.iter().map(|own| group.iter().filter(|group| *group == own).count()).collect();
        let members = |own: usize| (0..steps).filter(|step| group[*step] == own).collect::<Vec<_>>();
        let groups = (0..steps).map(members).filter(|members| !members.is_empty()).collect();
        Conflicts { sizes, groups }
    }

    /// The zero-based steps linked by shared names, each step in one group, alone or with others.
    pub(super) fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// How many steps the largest group has.
    pub(super) fn largest(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or(0)
    }

    pub(super) fn any(&self) -> bool {
        self.sizes.iter().any(|size| *size > 1)
    }

    /// Bits needed so that each event of an instant that may be wanted twice has one: of each step's events of one
    /// instant no more are needed than steps are linked to it, because the others use one each.
    pub(super) fn bits(&self) -> usize {
        self.sizes.iter().filter(|size| **size > 1).sum()
    }
}

impl Context<'_> {
    /// Adds `hits` (person_id, value when attempts are by value, step, at, bit when steps share events), and `touch`.
    pub(super) fn add_hits(&self, statement: &mut Statement) -> Result<(), Diagnostic> {
        let breakdown = self.query.breakdown.as_ref();
        let mut whens = String::new();
        for (index, step) in self.query.steps.iter().enumerate() {
            let filters = step.filters.iter().chain(&self.query.filters);
            let mut conditions = self.properties.conditions(&step.events, filters)?;
            if index == 0 && self.by_value() {
                conditions.extend(self.in_range("at"));
            }
            let all = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
            whens.push_str(&format!("\n  WHEN {} THEN {all}", index + 1));
        }
        let mut hits = Select::of("log", ["step", "event_id", "person_id", "at"].map(str::to_owned));
        if let Some(Breakdown { property, .. }) = breakdown.filter(|_| self.by_value()) {
            hits.columns.push(format!("{} AS value", self.properties.label(property)));
        }
        let hits = hits.join(format!("JOIN steps ON CASE step{whens}\nEND"));
        let at_step = match breakdown.map(|breakdown| breakdown.attribution) {
            Some(Attribution::Step(step)) => Some(step),
            Some(Attribution::First | Attribution::Last | Attribution::All) | None => None,
        };
        let bits = self.conflicts.any() && self.query.order != Order::Any;
        let name = if at_step.is_some() || bits { "all_hits" } else { "hits" };
        statement.with("Which event fills which step", name, hits);
        if let Some(breakdown) = breakdown.filter(|_| !self.by_value()) {
            self.add_touch(statement, breakdown, name);
        }
        let mut source = name;
        if let Some(step) = at_step {
            source = if bits { "value_hits" } else { "hits" };
            self.add_value_hits(statement, step, source);
        }
        if bits {
            self.add_bits(statement, source);
        }
        Ok(())
    }

    /// The value that the first or last matching event of a person carries.
    fn add_touch(&self, statement: &mut Statement, breakdown: &Breakdown, hits: &str) {
        let (property, last) = (&breakdown.property, breakdown.attribution == Attribution::Last);
        let direction = if last { " DESC" } else { "" };
        let mut ranked = Select::of(
            "log",
            ["person_id".to_owned(), format!("{} AS value", self.properties.label(property))],
        );
        ranked.columns.push(format!(
            "ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY at{direction}, {}) AS place",
            self.properties.value_order(property)
        ));
        ranked.filters.push(self.properties.is_set(property));
        ranked.filters.push(format!("event_id IN (SELECT event_id FROM {hits})"));
        let touch = Select::inside(ranked, "ranked", ["person_id", "value"].map(str::to_owned));
        let comment = format!("Each person's {} value of {property}", if last { "last" } else { "first" });
        statement.with(comment, "touch", touch.filter("place = 1"));
    }

    /// One set of hits for each value that a step's events carry, without its events that carry another.
    fn add_value_hits(&self, statement: &mut Statement, step: usize, name: &str) {
        let mut carried = Select::of("all_hits", ["person_id", "value"].map(str::to_owned));
        carried.distinct = true;
        let carried = carried.filter(format!("step = {step}"));
        let none = self.dialect.text(NO_VALUE);
        let mut without = Select::of("all_hits", ["person_id".to_owned(), format!("{none} AS value")]);
        without.distinct = true;
        let without =
            without.filter(format!("person_id NOT IN (SELECT person_id FROM all_hits WHERE step = {step})"));
        let comment = format!("The values that each person's step {step} carries");
        statement.with_all(comment, "person_values", vec![carried, without]);
        let columns = ["hit.step", "hit.event_id", "hit.person_id", "hit.at", "own.value"].map(str::to_owned);
        let hits = Select::of("person_values AS own", columns)
            .join("JOIN all_hits AS hit ON hit.person_id = own.person_id")
            .filter(format!("(hit.step <> {step} OR hit.value = own.value)"));
        statement.with("The hits of each value", name, hits);
    }

    /// Gives each event that two steps may want a bit of its own within its instant.
    fn add_bits(&self, statement: &mut Statement, source: &str) {
        let sizes = self.conflicts.sizes.iter().enumerate();
        let enough: Vec<String> =
            sizes.clone().map(|(index, size)| format!("WHEN {} THEN {size}", index + 1)).collect();
        let linked: Vec<String> =
            sizes.filter(|(_, size)| **size > 1).map(|(index, _)| (index + 1).to_string()).collect();
        let shared = format!("step IN ({})", linked.join(", "));
        let mut ranked = Select::of(source, ["*".to_owned()]);
        let key = self.partition("");
        ranked
            .columns
            .push(format!("ROW_NUMBER() OVER (PARTITION BY {key}, step, at ORDER BY event_id) AS place"));
        let mut columns = self.keys("");
        columns.extend(["step", "at"].map(str::to_owned));
        columns.push(format!(
            "CASE WHEN {shared} THEN 1 << (DENSE_RANK() OVER (PARTITION BY {key}, at, {shared} \
             ORDER BY event_id) - 1) ELSE 0 END AS bit"
        ));
        let hits = Select::inside(ranked, "ranked", columns)
            .filter(format!("place <= CASE step {} END", enough.join(" ")));
        let comment = "Steps share events: one event fills one step, so that events of one instant get a bit each; \
                       more than there are such steps are not needed";
        statement.with(comment, "hits", hits);
    }

    /// Adds `exclusions` (person_id, value when over each value's events, step on the way to which it counts, at).
    pub(super) fn add_exclusions(&self, statement: &mut Statement) -> Result<(), Diagnostic> {
        let mut on_the_way: Vec<Vec<String>> = vec![Vec::new(); self.steps() + 1];
        for exclusion in &self.query.exclude {
            let conditions = self.properties.conditions(&exclusion.events, exclusion.filters.iter())?;
            let all = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
            let steps = exclusion.after_step + 1..=exclusion.before_step.min(self.steps());
            steps.for_each(|step| on_the_way[step].push(format!("({all})")));
        }
        let mut whens = String::new();
        for (step, conditions) in on_the_way.iter().enumerate().filter(|(_, all)| !all.is_empty()) {
            whens.push_str(&format!("\n  WHEN {step} THEN {}", conditions.join(" OR ")));
        }
        if !whens.is_empty() {
            let mut exclusions = Select::of("log", ["step", "person_id", "at"].map(str::to_owned));
            if let Some(property) = self.own_value() {
                exclusions.columns.push(format!("{} AS value", self.properties.label(property)));
            }
            let exclusions = exclusions.join(format!("JOIN steps ON CASE step{whens}\nEND"));
            statement.with("Events that must not come on the way to a step", "exclusions", exclusions);
        }
        Ok(())
    }

    /// The property whose values divide all events, if any.
    pub(super) fn own_value(&self) -> Option<&str> {
        let breakdown = self.query.breakdown.as_ref()?;
        (breakdown.attribution == Attribution::All).then_some(breakdown.property.as_str())
    }

    /// The condition that a row of all events, or of exclusions, belongs to an attempt's key.
    pub(super) fn same_log(&self, log: &str, key: &str) -> String {
        let person = format!("{log}.person_id = {key}.person_id");
        if self.own_value().is_some() { format!("{person} AND {log}.value = {key}.value") } else { person }
    }

    /// The rows of `key` with whether they are excluded: so far, or by an exclusion on the way to a step (`step` is the
    /// condition on `x.step`) that falls between two instants; `until` is a whole comparison.
    pub(super) fn with_excluded(
        &self,
        mut rows: Select,
        key: &str,
        step: &str,
        after: &str,
        until: &str,
    ) -> Select {
        rows.distinct = false;
        rows.group.clone_from(&rows.columns);
        rows.columns.push(format!("MAX({key}.excluded OR x.at IS NOT NULL) AS excluded"));
        rows.join(format!(
            "LEFT JOIN exclusions AS x ON {} AND {step}\n  AND x.at > {after} AND x.at {until}",
            self.same_log("x", key)
        ))
    }
}
