//! Events, their properties and filters as SQL. Not for steps and windows: see `funnel` and `trend`.
//!
//! Each property in use becomes up to three columns of the named query `log`, one for each kind of value; a missing
//! value or one of another kind is null there, and no comparison with null holds.

use std::collections::BTreeSet;

use super::ast::{From, Select, Statement};
use super::dialect::Dialect;
use crate::base::Diagnostic;
use crate::model::funnel::NO_VALUE;
use crate::model::predicate::{Comparison, Filter, Operand, Test};
use crate::model::time::Time;
use crate::model::value::Value;

/// Property names with more dots than this are declined: each dot may be a level or part of a key.
const MAX_DOTS: usize = 3;

/// The properties of a query and what SQL calls them.
pub(super) struct Properties {
    names: Vec<String>,
    dialect: Dialect,
}

impl Properties {
    /// The properties of a query.
    ///
    /// # Errors
    /// Names that have no SQL.
    pub(super) fn new(names: BTreeSet<String>, dialect: Dialect) -> Result<Properties, Diagnostic> {
        for name in &names {
            if name.matches('.').count() > MAX_DOTS + usize::from(name.starts_with("context.")) {
                return Err(declined(
                    "sql-property",
                    format!("The property {name} has too many dots for SQL"),
                )
                .hint("Give the value a shorter name in the log"));
            }
            if name.contains(['"', '\\']) || name.chars().any(char::is_control) {
                return Err(declined(
                    "sql-property",
                    format!("The property {name} has a sign that SQL cannot name"),
                )
                .hint("Use letters, digits, spaces and points"));
            }
        }
        Ok(Properties { names: names.into_iter().collect(), dialect })
    }

    /// Adds `log`: every event up to as-of with its person, time, name and the properties.
    pub(super) fn add_log(&self, statement: &mut Statement, as_of: Time) {
        let columns = ["event_id", "person_id", "time_us AS at", "event_name AS name"].map(str::to_owned);
        let dialect = self.dialect;
        let mut raw = Select::of("events", columns)
            .filter(format!("time_us <= {}", as_of.0))
            .filter("person_id IS NOT NULL");
        for (place, name) in self.names.iter().enumerate() {
            raw.columns.push(format!("{} AS p{}", self.json(name), place + 1));
        }
        if self.names.is_empty() {
            statement.with(format!("Events up to {}", as_of.iso()), "log", raw);
            return;
        }
        let names = self.names.iter().enumerate().map(|(place, name)| format!("p{} is {name}", place + 1));
        let names: Vec<String> = names.collect();
        statement.with(format!("Events up to {}; {}", as_of.iso(), names.join(", ")), "raw_log", raw);
        let mut log = Select::of("raw_log", ["event_id", "person_id", "at", "name"].map(str::to_owned));
        for json in (1..=self.names.len()).map(|place| format!("p{place}")) {
            log.columns.push(format!("{} AS {json}_text", dialect.json_text(&json)));
            log.columns.push(format!("{} AS {json}_number", dialect.json_number(&json)));
            log.columns.push(format!("{} AS {json}_bool", dialect.json_bool(&json)));
        }
        statement.with("Their properties by kind; null is missing or of another kind", "log", log);
    }

    /// JSON of a property, over all ways to read its dots as levels or as part of a key.
    fn json(&self, name: &str) -> String {
        let (column, path) = match name.strip_prefix("context.") {
            Some(path) => ("context", path),
            None => ("properties", name),
        };
        let words: Vec<&str> = path.split('.').collect();
        let dots = words.len() - 1;
        let mut ways = Vec::new();
        for way in 0..1_usize << dots {
            let mut keys = vec![words[0].to_owned()];
            for (dot, word) in words[1..].iter().enumerate() {
                if way >> dot & 1 == 1 {
                    keys.push((*word).to_owned());
                } else if let Some(last) = keys.last_mut() {
                    *last = format!("{last}.{word}");
                }
            }
            ways.push(self.dialect.json_at(column, &keys));
        }
        // A key that is itself an object is not the value; the longer path is.
        if ways.len() == 1 { ways.remove(0) } else { format!("COALESCE({})", ways.join(", ")) }
    }

    fn column(&self, name: &str) -> String {
        let place = self.names.iter().position(|known| known == name).unwrap_or_default();
        format!("p{}", place + 1)
    }

    /// The label of a property's value, `(none)` when missing.
    pub(super) fn label(&self, name: &str) -> String {
        let p = self.column(name);
        let number = self.dialect.number_label(&format!("{p}_number"));
        format!(
            "COALESCE({p}_text, CASE {p}_bool WHEN 1 THEN 'true' WHEN 0 THEN 'false' END, {number}, {})",
            self.dialect.text(NO_VALUE)
        )
    }

    /// True when a property has a value.
    pub(super) fn is_set(&self, name: &str) -> String {
        let p = self.column(name);
        format!("COALESCE({p}_text, {p}_number, {p}_bool) IS NOT NULL")
    }

    /// Sort expressions for values: truth values, then numbers, then text.
    pub(super) fn value_order(&self, name: &str) -> String {
        let p = self.column(name);
        let rank =
            format!("CASE WHEN {p}_bool IS NOT NULL THEN 0 WHEN {p}_number IS NOT NULL THEN 1 ELSE 2 END");
        format!("{rank}, {p}_bool, {p}_number, {p}_text")
    }

    /// The events of a name and filters.
    ///
    /// # Errors
    /// A filter that has no SQL.
    pub(super) fn conditions<'f>(
        &self,
        events: &[String],
        filters: impl Iterator<Item = &'f Filter>,
    ) -> Result<Vec<String>, Diagnostic> {
        let mut conditions = Vec::new();
        let quoted: Vec<String> = events.iter().map(|event| self.dialect.text(event)).collect();
        match quoted.as_slice() {
            [] => {}
            [one] => conditions.push(format!("name = {one}")),
            many => conditions.push(format!("name IN ({})", many.join(", "))),
        }
        for filter in filters {
            conditions.push(self.filter(filter)?);
        }
        Ok(conditions)
    }

    fn filter(&self, filter: &Filter) -> Result<String, Diagnostic> {
        let p = self.column(&filter.property);
        let text = format!("{p}_text");
        let part = |part: &str, holds: fn(Dialect, &str, &str) -> String| {
            if part.is_empty() { format!("{text} IS NOT NULL") } else { holds(self.dialect, &text, part) }
        };
        Ok(match &filter.test {
            Test::Compare(comparison, Operand::Value(value)) => self.compare(&p, *comparison, value),
            Test::Compare(_, Operand::Time(_)) => {
                return Err(declined("sql-time-operand", "Text cannot be compared with an instant in SQL")
                    .at(filter.property.clone())
                    .hint("Answer this one in the program"));
            }
            Test::Contains(text) => part(text, Dialect::contains),
            Test::StartsWith(text) => part(text, Dialect::starts_with),
            Test::EndsWith(text) => part(text, Dialect::ends_with),
            Test::OneOf(values) if values.is_empty() => "FALSE".to_owned(),
            Test::OneOf(values) => {
                let equal: Vec<String> =
                    values.iter().map(|value| self.compare(&p, Comparison::Equal, value)).collect();
                format!("({})", equal.join(" OR "))
            }
            Test::IsSet => self.is_set(&filter.property),
            Test::IsNotSet => format!("NOT ({})", self.is_set(&filter.property)),
        })
    }

    fn compare(&self, p: &str, comparison: Comparison, value: &Value) -> String {
        let symbol = match comparison {
            Comparison::NotEqual => "<>",
            Comparison::Equal
            | Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::Greater
            | Comparison::GreaterOrEqual => comparison.symbol(),
        };
        match value {
            Value::Text(text) => format!("{p}_text {symbol} {}", self.dialect.text(text)),
            Value::Number(number) => format!("{p}_number {symbol} {}", self.dialect.number(*number)),
            Value::Bool(truth) => format!("{p}_bool {symbol} {}", u8::from(*truth)),
        }
    }
}

/// A query that SQL cannot express.
pub(super) fn declined(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message)
}

/// No rows.
pub(super) fn nothing(columns: impl IntoIterator<Item = String>) -> Select {
    let none = columns.into_iter().map(|column| format!("NULL AS {column}")).collect();
    Select { columns: none, from: From::Nothing, filters: vec!["FALSE".to_owned()], ..Select::default() }
}
