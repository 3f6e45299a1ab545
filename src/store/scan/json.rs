//! Walks a JSON object's scalars without building it. Gives what `model::value::flatten` gives, only faster.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

/// A scalar as it stands in the text; `Null` takes back an earlier equal key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(f64),
    Bool(bool),
}

/// Calls `each(path, scalar)` for every scalar of the object in `json`; `path` holds the prefix and is given back
/// as it was. A text that is no JSON object has none.
pub(crate) fn walk(path: &mut String, json: &str, each: &mut impl FnMut(&str, Scalar<'_>)) {
    if json.is_empty() || json == "{}" {
        return;
    }
    let prefix = path.len();
    let mut reader = serde_json::Deserializer::from_str(json);
    // Rows were checked when they were imported: a failure here means an object that no reader could take.
    let _ = reader.deserialize_map(Object { path, each });
    path.truncate(prefix);
}

struct Object<'p, F> {
    path: &'p mut String,
    each: &'p mut F,
}

impl<'de, F: FnMut(&str, Scalar<'_>)> Visitor<'de> for Object<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let base = self.path.len();
        while map.next_key_seed(Key(&mut *self.path))?.is_some() {
            map.next_value_seed(Member { path: &mut *self.path, each: &mut *self.each })?;
            self.path.truncate(base);
        }
        Ok(())
    }
}

/// Appends a key to the path.
struct Key<'p>(&'p mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        self.0.push_str(key);
        Ok(())
    }
}

struct Member<'p, F> {
    path: &'p mut String,
    each: &'p mut F,
}

impl<'de, F: FnMut(&str, Scalar<'_>)> DeserializeSeed<'de> for Member<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str, Scalar<'_>)> Visitor<'de> for Member<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        (self.each)(self.path, Scalar::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        (self.each)(self.path, Scalar::Bool(truth));
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        if number.is_finite() {
            (self.each)(self.path, Scalar::Number(if number == 0.0 { 0.0 } else { number }));
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        (self.each)(self.path, Scalar::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element::<serde_json::Value>()? {
            list.push(value);
        }
        let text = serde_json::Value::Array(list).to_string();
        (self.each)(self.path, Scalar::Text(Cow::Owned(text)));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.path.push('.');
        Object { path: self.path, each: self.each }.visit_map(map)
    }
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
