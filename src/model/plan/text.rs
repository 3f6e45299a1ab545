//! A plan as text: one TOML document, references by name. JSON of the same form is read, too. Not for other tools'
//! formats: see `formats::plan`.
//!
//! ```toml
//! [settings]
//! name = "Shop"
//!
//! [[properties]]                      # the library
//! name = "order_id"
//! type = "string"
//!
//! [[events]]
//! name = "Order Completed"
//! groups = ["Money"]
//! properties = [{ shared = "order_id", presence = "always" }, { name = "value", type = "number" }]
//!
//! [[groups]]
//! name = "Money"
//! properties = [{ name = "currency", type = "string" }]
//! ```
//!
//! `types` and `traits` are written like `properties`. Where two of the library have one name, the second is referred
//! to as `order_id (2)`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::view::Plan;
use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;
use crate::model::item::{Item, ItemId};

/// The tables of a plan's text, in the order in which they are written: key and kind of item.
const TABLES: [(&str, &str); 5] = [
    ("types", "custom type"),
    ("properties", "property"),
    ("groups", "property group"),
    ("events", "event"),
    ("traits", "trait"),
];

/// Where a plan's text refers to what: key and table.
const REFERENCES: [(&str, &str); 3] = [("shared", "properties"), ("custom", "types"), ("groups", "groups")];

/// Keys whose values are a person's own, and refer to nothing.
const OPAQUE: [&str; 10] =
    ["examples", "fields", "foreign", "schema", "example", "enum", "const", "pinned", "allowed", "matches"];

/// Reads a plan's text, TOML or JSON, into items; ids come from `ids`, the settings' is [`ItemId::PLAN`].
///
/// # Errors
/// A diagnostic with the place of the first thing that cannot be read.
pub fn read_plan(text: &str, mut ids: impl FnMut() -> ItemId) -> Result<Vec<(ItemId, Item)>, Diagnostic> {
    let mut root = tables(text)?;
    let mut items = Vec::new();
    if let Some(settings) = root.remove("settings") {
        items.push((ItemId::PLAN, item("plan", "settings", settings)?));
    }
    let mut known: BTreeMap<&str, BTreeMap<String, ItemId>> = BTreeMap::new();
    let mut rows = Vec::new();
    for (key, kind) in TABLES {
        let list = match root.remove(key) {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(bad(format!("“{key}” is not a list")).at(key)),
        };
        let names = list.iter().map(|row| name_of(row).to_owned()).collect::<Vec<_>>();
        let of_table: Vec<ItemId> = list.iter().map(|_| ids()).collect();
        known.insert(key, labels(&names).into_iter().zip(of_table.iter().copied()).collect());
        rows.extend(of_table.into_iter().zip(list).map(|(id, row)| (id, key, kind, row)));
    }
    if let Some(key) = root.keys().next() {
        let near = nearest(key, TABLES.iter().map(|(key, _)| *key).chain(["settings"]));
        let hint = near.map_or_else(
            || "Known are settings, events, properties, groups, types and traits".to_owned(),
            |near| format!("Perhaps “{near}” is meant"),
        );
        return Err(bad(format!("A plan has no “{key}”")).at(key.clone()).hint(hint));
    }
    for (id, key, kind, mut row) in rows {
        let place = format!("{key}, {}", name_of(&row));
        refer(&mut row, &mut |table, value| {
            let name = value.as_str().unwrap_or_default();
            let found = known.get(table).and_then(|names| names.get(name));
            found.map(|id| json!(id.0)).ok_or_else(|| format!("there is no “{name}” among the {table}"))
        })
        .map_err(|why| bad(why).at(place.clone()))?;
        items.push((id, item(kind, &place, row)?));
    }
    Ok(items)
}

/// A plan's text. The same plan gives the same text; reading it gives the same plan but for ids. TOML knows no null and
/// no number beyond 64 bits: a plan that holds one is written as JSON.
pub fn plan_text(plan: &Plan<'_>) -> String {
    let mut root = Map::new();
    let settings = plan.settings();
    if *settings != super::PlanSettings::default() {
        root.insert("settings".to_owned(), serde_json::to_value(settings).unwrap_or_default());
    }
    let rows = table_rows(plan);
    let mut known: BTreeMap<&str, BTreeMap<i64, String>> = BTreeMap::new();
    for (key, list) in &rows {
        let names = list.iter().map(|(_, row)| name_of(row).to_owned()).collect::<Vec<_>>();
        known.insert(key, list.iter().map(|(id, _)| id.0).zip(labels(&names)).collect());
    }
    for (key, list) in rows {
        let list = list.into_iter().map(|(_, mut row)| {
            // What is gone is left out; a rule of the plan tells of it.
            _ = refer(&mut row, &mut |table, value| {
                let name = value.as_i64().and_then(|id| known.get(table)?.get(&id));
                Ok(json!(name.map_or("", String::as_str)))
            });
            row
        });
        let list: Vec<Value> = list.collect();
        if !list.is_empty() {
            root.insert(key.to_owned(), Value::Array(list));
        }
    }
    let root = Value::Object(root);
    toml::to_string(&root).or_else(|_| serde_json::to_string_pretty(&root)).unwrap_or_default()
}

/// The rows of each table, sorted as the plan has them.
fn table_rows(plan: &Plan<'_>) -> Vec<(&'static str, Vec<(ItemId, Value)>)> {
    fn rows<'a, T: serde::Serialize + 'a>(
        all: impl Iterator<Item = (ItemId, &'a T)>,
    ) -> Vec<(ItemId, Value)> {
        let mut rows: Vec<(ItemId, Value)> =
            all.map(|(id, item)| (id, serde_json::to_value(item).unwrap_or_default())).collect();
        rows.sort_by(|a, b| (name_of(&a.1), a.0).cmp(&(name_of(&b.1), b.0)));
        rows
    }
    vec![
        ("types", rows(plan.types().iter().map(|(id, it)| (*id, *it)))),
        ("properties", rows(plan.shared().iter().map(|(id, it)| (*id, *it)))),
        ("groups", rows(plan.groups().iter().map(|(id, it)| (*id, *it)))),
        ("events", rows(plan.events().iter().map(|(id, it)| (*id, *it)))),
        ("traits", rows(plan.traits().iter().map(|(id, it)| (*id, *it)))),
    ]
}

fn name_of(row: &Value) -> &str {
    let name = row.get("name").or_else(|| row.get("property")?.get("name"));
    name.and_then(Value::as_str).unwrap_or_default()
}

/// What each name is referred to as: the second of a name has ` (2)` after it.
fn labels(names: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut labels = Vec::with_capacity(names.len());
    for name in names {
        let count = seen.entry(name).or_default();
        *count += 1;
        labels.push(if *count == 1 { name.clone() } else { format!("{name} ({count})") });
    }
    labels
}

/// Replaces every reference within a row.
fn refer(
    value: &mut Value,
    with: &mut impl FnMut(&str, &Value) -> Result<Value, String>,
) -> Result<(), String> {
    match value {
        Value::Array(list) => list.iter_mut().try_for_each(|item| refer(item, with)),
        Value::Object(map) => map.iter_mut().try_for_each(|(key, value)| {
            let table = REFERENCES.iter().find(|(known, _)| known == key).map(|(_, table)| *table);
            match (table, value) {
                (Some(table), Value::Array(list)) => {
                    list.iter_mut().try_for_each(|item| with(table, item).map(|new| *item = new))
                }
                (Some(table), value) => with(table, value).map(|new| *value = new),
                (None, _) if OPAQUE.contains(&key.as_str()) => Ok(()),
                (None, value) => refer(value, with),
            }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn bad(message: String) -> Diagnostic {
    Diagnostic::error("bad-plan", format!("The plan cannot be read: {message}"))
}

fn item(kind: &str, place: &str, row: Value) -> Result<Item, Diagnostic> {
    Item::from_payload(kind, &row.to_string())
        .map_err(|error| Diagnostic { at: Some(place.to_owned()), ..error })
}

/// The text as JSON; TOML's days become texts.
fn tables(text: &str) -> Result<Map<String, Value>, Diagnostic> {
    if text.trim_start().starts_with('{') {
        let read = serde_json::from_str(text);
        return read.map_err(|error| bad(error.to_string()));
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let place = line.map(|line| format!("line {line}"));
        Diagnostic { at: place, ..bad(error.message().to_owned()) }
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(plain).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workspace::Workspace;

    fn read(text: &str) -> Result<Workspace, Diagnostic> {
        let mut next = 10;
        let ids = || {
            next += 1;
            ItemId(next)
        };
        read_plan(text, ids).map(Workspace::new)
    }

    const WHOLE: &str = r#"[settings]
name = "Shop"
sources = ["web", "ios"]

[[types]]
name = "Money"
type_of = 1
"#;

    #[test]
    fn a_plan_is_written_as_it_is_read() {
        let text = r#"
            settings = { name = "Shop", convention = { events = { case = "title", verbs = ["view"] } } }
            types = [{ name = "Money", shape = { type = "number", minimum = 0 } }]
            properties = [
                { name = "order_id", type = "string" },
                { name = "order_id", type = "integer", personal = "order" },
            ]
            groups = [{ name = "Paid", properties = [{ name = "value", custom = "Money" }, { shared = "order_id (2)" }] }]
            traits = [{ property = { name = "plan", type = "string", enum = ["free", "paid"] } }]
            [[events]]
            name = "Order Completed"
            groups = ["Paid"]
            lifecycle = { status = "live", since = 2026-03-01 }
            properties = [{ shared = "order_id", presence = "always", by_source = { ios = "never" } }]
            examples = [{ properties = { shared = "no reference", groups = ["none"] } }]
            variants = { discriminator = "kind", cases = [{ name = "gift", matches = ["gift"], properties = [{ name = "note" }] }] }
        "#;
        let workspace = read(text).unwrap();
        let written = plan_text(&Plan::of(&workspace));
        let again = read(&written).unwrap();
        assert_eq!(plan_text(&Plan::of(&again)), written);
        let plan = Plan::of(&workspace);
        let names: Vec<&str> =
            plan.properties(plan.events()[0].1).iter().map(|property| property.spec.name.as_str()).collect();
        assert_eq!(names, ["order_id", "value"]);
        assert!(written.contains(r#"shared = "order_id (2)""#), "{written}");
        assert!(written.contains(r#"since = "2026-03-01""#), "{written}");
        let of_json = serde_json::to_string(&tables(text).unwrap()).unwrap();
        assert_eq!(plan_text(&Plan::of(&read(&of_json).unwrap())), written);
    }

    #[test]
    fn what_toml_cannot_say_is_written_as_json() {
        let text =
            r#"{"events":[{"name":"A","properties":[{"name":"p","enum":[null,18446744073709551615]}]}]}"#;
        let written = plan_text(&Plan::of(&read(text).unwrap()));
        assert_eq!(
            serde_json::from_str::<Value>(&written).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        assert_eq!(plan_text(&Plan::of(&read(&written).unwrap())), written);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        for (text, place, why) in [
            ("events = 3", "events", "not a list"),
            ("event = []", "event", "Perhaps “events” is meant"),
            ("\n\nevents = [", "line 3", "cannot be read"),
            ("[[events]]\nname='A'\ngroups=['G']", "events, A", "no “G” among the groups"),
            ("[[events]]\nname='A'\nproperties=[{name='p', typ='string'}]", "events, A", "typ"),
            (WHOLE, "types, Money", "type_of"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.at.as_deref(), Some(place), "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
