//! An event's JSON as rows of path and value, masked as it may be shown. Not for reading logs.

use serde_json::{Map, Value as Json};

use crate::app::context::DocCx;
use crate::model::value::{Value, flatten};

/// The scalars of an object's text, nested ones with dots, in their order; empty when there is no object.
pub(super) fn rows(text: &str, prefix: &str) -> Vec<(String, String)> {
    let Some(object) = object(text) else { return Vec::new() };
    let mut rows = Vec::new();
    flatten(prefix, &object, &mut |path: &str, value: Value| rows.push((path.to_owned(), value.to_string())));
    rows
}

/// One line of an object for a table: `plan pro, seats 5`.
pub(super) fn summary(cx: &DocCx<'_>, text: &str) -> String {
    let shown =
        |(path, value): (String, String)| format!("{} {}", cx.shown_name(&path), cx.shown(&path, &value));
    rows(text, "").into_iter().map(shown).collect::<Vec<_>>().join(" · ")
}

/// An object with every key and value as it may be shown; `prefix` as in [`rows`].
pub(super) fn masked(cx: &DocCx<'_>, text: &str, prefix: &str) -> Json {
    object(text).map_or(Json::Object(Map::new()), |object| masked_object(cx, prefix, &object))
}

fn object(text: &str) -> Option<Map<String, Json>> {
    serde_json::from_str(text).ok()
}

fn masked_object(cx: &DocCx<'_>, prefix: &str, object: &Map<String, Json>) -> Json {
    let entry = |(key, value): (&String, &Json)| {
        (cx.shown_name(key), masked_value(cx, &format!("{prefix}{key}"), value))
    };
    Json::Object(object.iter().map(entry).collect())
}

fn masked_value(cx: &DocCx<'_>, path: &str, value: &Json) -> Json {
    let plain = match value {
        Json::Object(inner) => return masked_object(cx, &format!("{path}."), inner),
        Json::Null => return Json::Null,
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) => value.to_string(),
    };
    let shown = cx.shown(path, &plain);
    if shown == plain { value.clone() } else { Json::String(shown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_the_order_of_the_log_and_flatten() {
        let found = rows(r#"{"b": 1, "a": {"x": true}, "n": null}"#, "context.");
        let expected =
            [("context.b", "1"), ("context.a.x", "true")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(found, expected);
        assert!(rows("", "").is_empty());
        assert!(rows("[1]", "").is_empty());
    }
}
