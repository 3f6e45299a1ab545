//! Keys taken out of a JSON object one by one, and objects put together from them, so that what no format knows is
//! still there at the end. Not for what the keys mean: see the formats.

use std::borrow::Cow;

use super::json::{self, Fields, Scalar};

/// The keys of an object, of which some are taken.
pub(super) struct Keys<'t> {
    fields: Fields<'t>,
    taken: Vec<bool>,
}

impl<'t> Keys<'t> {
    pub(super) fn new(fields: Fields<'t>) -> Self {
        let taken = vec![false; fields.len()];
        Self { fields, taken }
    }

    /// All keys, taken or not.
    pub(super) fn fields(&self) -> &Fields<'t> {
        &self.fields
    }

    /// The raw value of a key, which is then no rest; `None` for null too. Of a key given twice the last counts.
    pub(super) fn take(&mut self, key: &str) -> Option<&'t str> {
        let at = self.fields.iter().rposition(|(name, _)| name == key)?;
        self.taken[at] = true;
        Some(self.fields[at].1).filter(|raw| *raw != "null")
    }

    /// The first of some keys that has a value; the others stay.
    pub(super) fn take_first(&mut self, keys: &[&str]) -> Option<&'t str> {
        let there = |key: &&&str| self.fields.iter().any(|(name, raw)| name == **key && *raw != "null");
        let key = keys.iter().find(there)?;
        self.take(key)
    }

    /// What was not taken, nulls aside, in order.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&str, &'t str)> {
        let left = self.fields.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        left.map(|((key, raw), _)| (key.as_ref(), *raw)).filter(|(_, raw)| *raw != "null")
    }
}

/// A JSON object that is being put together; empty text when nothing is in it.
#[derive(Default)]
pub(super) struct Bag(String);

impl Bag {
    /// Adds a raw value; missing ones, and empty objects and lists, leave no trace.
    pub(super) fn put(&mut self, key: &str, raw: Option<&str>) {
        let Some(raw) = raw else { return };
        let is_empty = raw == "null" || raw.len() < 16 && matches!(squeezed(raw).as_str(), "{}" | "[]");
        if !is_empty {
            json::push_member(&mut self.0, key, &json::sound(raw));
        }
    }

    /// Adds a text.
    pub(super) fn put_text(&mut self, key: &str, text: &str) {
        let mut raw = String::new();
        json::push_text(&mut raw, text);
        json::push_member(&mut self.0, key, &raw);
    }

    /// Adds an object's text as another bag gave it; an empty one leaves no trace.
    pub(super) fn put_object(&mut self, key: &str, object: &str) {
        if !object.is_empty() {
            json::push_member(&mut self.0, key, object);
        }
    }

    /// Adds the members of an object.
    pub(super) fn put_all(&mut self, fields: &Fields<'_>) {
        for (key, raw) in fields {
            self.put(key, Some(raw));
        }
    }

    /// Adds `identities`: by what else than account and device the sender knows somebody, each as text under its key.
    /// What is no text or number stays with its key.
    pub(super) fn put_identities(&mut self, keys: &mut Keys<'_>, names: &[&str]) {
        let mut found = Bag::default();
        for name in names {
            let raw = keys.take(name);
            match text(raw) {
                Some(id) => found.put_text(name, &id),
                None => self.put(name, raw.filter(|raw| raw.starts_with(['{', '[']))),
            }
        }
        self.put_object("identities", &found.done());
    }

    /// The object's text; empty for none.
    pub(super) fn done(mut self) -> String {
        json::close(&mut self.0);
        self.0
    }

    /// The text of an object, also one that is written as text; anything else is put aside here under its key.
    pub(super) fn object(&mut self, key: &str, raw: Option<&str>) -> String {
        match raw.map(object_text) {
            Some(Some(text)) if json::is_empty_object(&text) => String::new(),
            Some(Some(text)) => json::sound(&text).into_owned(),
            Some(None) => {
                self.put(key, raw);
                String::new()
            }
            None => String::new(),
        }
    }
}

/// An object's text: the raw value itself, or what a text holds that is the JSON of one.
pub(super) fn object_text(raw: &str) -> Option<Cow<'_, str>> {
    if raw.starts_with('{') {
        return Some(Cow::Borrowed(raw));
    }
    match json::scalar(raw) {
        Scalar::Text(text) if text.trim_start().starts_with('{') && json::fields(&text).is_ok() => {
            Some(Cow::Owned(text.trim().to_owned()))
        }
        Scalar::Text(_) | Scalar::Literal(_) | Scalar::Missing | Scalar::Nested => None,
    }
}

/// The raw values of a list.
pub(super) fn list(raw: &str) -> Option<Vec<&str>> {
    let values: Vec<&serde_json::value::RawValue> = serde_json::from_str(raw).ok()?;
    Some(values.into_iter().map(serde_json::value::RawValue::get).collect())
}

/// A text, a number or a truth value as text; `None` for anything else.
pub(super) fn text(raw: Option<&str>) -> Option<String> {
    match json::scalar(raw?) {
        Scalar::Text(text) => Some(text.into_owned()),
        Scalar::Literal(literal) => Some(literal.to_owned()),
        Scalar::Missing | Scalar::Nested => None,
    }
}

fn squeezed(raw: &str) -> String {
    raw.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_the_rest() {
        let mut keys = Keys::new(json::fields(r#"{"a":1,"b":null,"c":2,"a":3,"d":{ }}"#).unwrap());
        assert_eq!((keys.take("a"), keys.take("b"), keys.take("x")), (Some("3"), None, None));
        assert_eq!(keys.take_first(&["b", "c"]), Some("2"));
        assert_eq!(keys.rest().collect::<Vec<_>>(), [("a", "1"), ("d", "{ }")]);
        let mut bag = Bag::default();
        keys.rest().for_each(|(key, raw)| bag.put(key, Some(raw)));
        bag.put_text("q", "\"");
        assert_eq!(bag.done(), r#"{"a":1,"q":"\""}"#);
    }

    #[test]
    fn objects_are_found_in_text_too() {
        let mut aside = Bag::default();
        assert_eq!(aside.object("p", Some(r#""{\"a\":1}""#)), r#"{"a":1}"#);
        assert_eq!(aside.object("p", Some("[1]")), "");
        assert_eq!(aside.object("q", Some("{ }")), "");
        assert_eq!(aside.done(), r#"{"p":[1]}"#);
    }
}
