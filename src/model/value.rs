//! A property's value as queries see it. Not for storage: rows keep the raw JSON.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A scalar. Lists and other leftovers are kept as their JSON text.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, also of times and lists.
    Text(String),
    /// A finite number; integers above 2^53 lose precision, as in JSON tools everywhere.
    Number(f64),
    /// A truth value.
    Bool(bool),
}

impl Value {
    /// The kind's word: text, number, boolean.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Bool(_) => 0,
            Value::Number(_) => 1,
            Value::Text(_) => 2,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => write!(f, "{number}"),
            Value::Bool(truth) => write!(f, "{truth}"),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    /// Booleans, then numbers, then text: a total order for sorted output.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Value::Text(text) => text.hash(state),
            Value::Number(number) => number.to_bits().hash(state),
            Value::Bool(truth) => truth.hash(state),
        }
    }
}

/// Calls `each(path, value)` for every scalar of a JSON object, nested objects flattened with dots
/// (`page.url`), lists as their JSON text. Nulls are missing values and are left out.
/// `prefix` is put before each path (`"context."`, or empty).
pub fn flatten(
    prefix: &str,
    object: &serde_json::Map<String, serde_json::Value>,
    each: &mut impl FnMut(&str, Value),
) {
    let mut path = String::from(prefix);
    flatten_into(&mut path, object, each);
}

fn flatten_into(
    path: &mut String,
    object: &serde_json::Map<String, serde_json::Value>,
    each: &mut impl FnMut(&str, Value),
) {
    let base = path.len();
    for (key, json) in object {
        path.push_str(key);
        match json {
            serde_json::Value::Null => {}
            serde_json::Value::Bool(truth) => each(path, Value::Bool(*truth)),
            serde_json::Value::Number(number) => {
                if let Some(number) = number.as_f64().filter(|n| n.is_finite()) {
                    each(path, Value::Number(if number == 0.0 { 0.0 } else { number }));
                }
            }
            serde_json::Value::String(text) => each(path, Value::Text(text.clone())),
            serde_json::Value::Array(_) => each(path, Value::Text(json.to_string())),
            serde_json::Value::Object(inner) => {
                path.push('.');
                flatten_into(path, inner, each);
            }
        }
        path.truncate(base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattens_nested_objects_and_skips_nulls() {
        let json = serde_json::json!({"a": 1, "b": {"c": "x", "d": null}, "e": [1, 2], "f": false});
        let mut seen = Vec::new();
        flatten("p.", json.as_object().unwrap(), &mut |path, value| seen.push(format!("{path}={value}")));
        assert_eq!(seen, ["p.a=1", "p.b.c=x", "p.e=[1,2]", "p.f=false"]);
    }
}
