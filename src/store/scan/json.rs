//! Walks a JSON object's scalars without building it. Gives what `model::value::flatten` gives, only faster.

use std::borrow::Cow;

use crate::base::json_scan;
use crate::model::value::Value;

/// As many as `serde_json` reads.
const LEVELS: usize = 127;

/// A scalar as it stands in the text; `Null` takes back an earlier equal key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(f64),
    Bool(bool),
}

impl<'v> From<&'v Value> for Scalar<'v> {
    fn from(value: &'v Value) -> Scalar<'v> {
        match value {
            Value::Text(text) => Scalar::Text(text.as_str().into()),
            Value::Number(number) => Scalar::Number(*number),
            Value::Bool(truth) => Scalar::Bool(*truth),
        }
    }
}

/// Calls `each(path, scalar)` for every scalar of the object in `json`; `path` holds the prefix and is given back
/// as it was. A text that is no JSON object has none.
pub(crate) fn walk(path: &mut String, json: &str, each: &mut impl FnMut(&str, Scalar<'_>)) {
    let start = json_scan::space(json.as_bytes(), 0);
    if json.as_bytes().get(start) != Some(&b'{') {
        return;
    }
    let prefix = path.len();
    // Rows were checked when they were imported: a failure here means an object that no reader could take.
    let _ = object(json, start + 1, LEVELS, path, each);
    path.truncate(prefix);
}

/// Where the object ends whose first key or closing brace comes at `at`, or `None` where it is broken.
fn object(
    json: &str,
    at: usize,
    levels: usize,
    path: &mut String,
    each: &mut impl FnMut(&str, Scalar<'_>),
) -> Option<usize> {
    let text = json.as_bytes();
    let base = path.len();
    let mut at = json_scan::space(text, at);
    if *text.get(at)? == b'}' {
        return Some(at + 1);
    }
    loop {
        (*text.get(at)? == b'"').then_some(())?;
        let (end, is_escaped) = json_scan::string_of(text, at + 1)?;
        path.push_str(&unescaped(json, (at, end), is_escaped)?);
        at = json_scan::space(text, end);
        (*text.get(at)? == b':').then_some(())?;
        at = member(json, json_scan::space(text, at + 1), levels, path, each)?;
        path.truncate(base);
        at = json_scan::space(text, at);
        match *text.get(at)? {
            b',' => at = json_scan::space(text, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Where the value ends that starts at `at`.
fn member(
    json: &str,
    at: usize,
    levels: usize,
    path: &mut String,
    each: &mut impl FnMut(&str, Scalar<'_>),
) -> Option<usize> {
    let text = json.as_bytes();
    let first = *text.get(at)?;
    if first == b'{' {
        path.push('.');
        return object(json, at + 1, levels.checked_sub(1)?, path, each);
    }
    if first == b'"' {
        let (end, is_escaped) = json_scan::string_of(text, at + 1)?;
        each(path, Scalar::Text(unescaped(json, (at, end), is_escaped)?));
        return Some(end);
    }
    let end = json_scan::value(text, at, levels)?;
    match first {
        b'[' => {
            let list: serde_json::Value = serde_json::from_str(&json[at..end]).ok()?;
            each(path, Scalar::Text(list.to_string().into()));
        }
        b't' | b'f' => each(path, Scalar::Bool(first == b't')),
        b'n' => each(path, Scalar::Null),
        _ => {
            let number: f64 = json[at..end].parse().ok().filter(|number: &f64| number.is_finite())?;
            each(path, Scalar::Number(if number == 0.0 { 0.0 } else { number }));
        }
    }
    Some(end)
}

/// What a string says; `at` is its opening quote, `end` behind its closing one.
fn unescaped(json: &str, (at, end): (usize, usize), is_escaped: bool) -> Option<Cow<'_, str>> {
    if !is_escaped {
        return Some(Cow::Borrowed(&json[at + 1..end - 1]));
    }
    serde_json::from_str(&json[at..end]).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::{Value, flatten};

    #[test]
    fn says_what_flatten_says() {
        let texts = [
            r#"{"a":1,"b":{"c":"x\n","d":null,"e":{"f":-0.0}},"g":[1,{"h":[null,"ü"]}],"i":false,"j":1e3}"#,
            r#"{"":"","a.b":18446744073709551615,"nested":{},"list":[],"n":-7,"esc\"aped":"\u00e9"}"#,
            "{}",
            "",
            "[1]",
            "7",
            "{broken",
        ];
        for text in texts {
            let mut expected = Vec::new();
            if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) {
                flatten("context.", &object, &mut |path, value| expected.push((path.to_owned(), value)));
            }
            let mut found = Vec::new();
            walk(&mut "context.".to_owned(), text, &mut |path, scalar| {
                let value = match scalar {
                    Scalar::Null => return,
                    Scalar::Text(text) => Value::Text(text.into_owned()),
                    Scalar::Number(number) => Value::Number(number),
                    Scalar::Bool(truth) => Value::Bool(truth),
                };
                found.push((path.to_owned(), value));
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
