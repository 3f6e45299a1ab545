//! The shape of a value: its types, what it may be, and what it holds. Not for when it must be there: see `Presence`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

use super::Foreign;
use super::event::{EventProperty, Openness};
use super::form::Form;
use crate::model::item::ItemId;

/// One JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words of JSON Schema")]
pub enum ValueType {
    String,
    Number,
    Integer,
    Boolean,
    Object,
    Array,
    Null,
}

impl ValueType {
    /// Every type, in the order in which a set of them is written.
    pub const ALL: [ValueType; 7] = [
        ValueType::String,
        ValueType::Number,
        ValueType::Integer,
        ValueType::Boolean,
        ValueType::Object,
        ValueType::Array,
        ValueType::Null,
    ];

    /// JSON Schema's word.
    pub fn word(self) -> &'static str {
        match self {
            ValueType::String => "string",
            ValueType::Number => "number",
            ValueType::Integer => "integer",
            ValueType::Boolean => "boolean",
            ValueType::Object => "object",
            ValueType::Array => "array",
            ValueType::Null => "null",
        }
    }

    /// The type of JSON Schema's word.
    pub fn of_word(word: &str) -> Option<ValueType> {
        ValueType::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The type of a JSON value; a number without a fraction is an integer.
    pub fn of(value: &Value) -> ValueType {
        match value {
            Value::Null => ValueType::Null,
            Value::Bool(_) => ValueType::Boolean,
            Value::Number(number) if number.is_i64() || number.is_u64() => ValueType::Integer,
            Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
                ValueType::Integer
            }
            Value::Number(_) => ValueType::Number,
            Value::String(_) => ValueType::String,
            Value::Array(_) => ValueType::Array,
            Value::Object(_) => ValueType::Object,
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of types; the empty one allows any value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Types(u8);

impl Types {
    /// Any value.
    pub const ANY: Types = Types(0);

    /// Of one type.
    pub fn one(kind: ValueType) -> Types {
        Types(kind.bit())
    }

    /// The same with one more.
    pub fn with(self, kind: ValueType) -> Types {
        Types(self.0 | kind.bit())
    }

    /// The same without one.
    pub fn without(self, kind: ValueType) -> Types {
        Types(self.0 & !kind.bit())
    }

    /// True when nothing is said.
    pub fn is_any(self) -> bool {
        self.0 == 0
    }

    /// True when the set names this type.
    pub fn has(self, kind: ValueType) -> bool {
        self.0 & kind.bit() != 0
    }

    /// True when a value of this type is of the set; an integer is a number.
    pub fn allows(self, kind: ValueType) -> bool {
        self.is_any() || self.has(kind) || (kind == ValueType::Integer && self.has(ValueType::Number))
    }

    /// The types, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = ValueType> {
        ValueType::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    /// The one type besides null, when there is exactly one.
    pub fn single(self) -> Option<ValueType> {
        let mut kinds = self.without(ValueType::Null).iter();
        kinds.next().filter(|_| kinds.next().is_none())
    }
}

impl FromIterator<ValueType> for Types {
    fn from_iter<I: IntoIterator<Item = ValueType>>(kinds: I) -> Types {
        kinds.into_iter().fold(Types::ANY, Types::with)
    }
}

impl Serialize for Types {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words: Vec<&str> = self.iter().map(ValueType::word).collect();
        match words.as_slice() {
            [] => serializer.serialize_str("any"),
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Types, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Words {
            One(String),
            Many(Vec<String>),
        }
        let words = match Words::deserialize(deserializer)? {
            Words::One(word) if word == "any" => return Ok(Types::ANY),
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        };
        let kinds = words.iter().map(|word| {
            ValueType::of_word(word)
                .ok_or_else(|| serde::de::Error::custom(format!("there is no type “{word}”")))
        });
        kinds.collect()
    }
}

/// How a text is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words of JSON Schema")]
pub enum Format {
    DateTime,
    Date,
    Time,
    Duration,
    Email,
    Uuid,
    Uri,
    Hostname,
    Ipv4,
    Ipv6,
    /// A format that is not checked.
    #[serde(untagged)]
    Other(String),
}

/// What a value may be, where more than its type is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The values allowed; empty for no list.
    pub values: Vec<Value>,
    /// The one value allowed.
    pub constant: Option<Value>,
    /// A regular expression that a text must match.
    pub pattern: Option<String>,
    /// How a text is written.
    pub format: Option<Format>,
    /// The least number.
    pub minimum: Option<Number>,
    /// The greatest number.
    pub maximum: Option<Number>,
    /// Numbers must lie above it.
    pub above: Option<Number>,
    /// Numbers must lie below it.
    pub below: Option<Number>,
    /// Numbers must be a multiple of it.
    pub multiple_of: Option<Number>,
    /// Fewest characters of a text.
    pub min_length: Option<u64>,
    /// Most characters of a text.
    pub max_length: Option<u64>,
    /// Fewest items of an array.
    pub min_items: Option<u64>,
    /// Most items of an array.
    pub max_items: Option<u64>,
    /// No item of an array occurs twice.
    pub unique_items: bool,
}

/// The shape of a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Shape {
    /// Its types; with null among them it may be null.
    pub types: Types,
    /// What it may be.
    pub limits: Option<Box<Limits>>,
    /// Every item of an array.
    pub items: Option<Box<Shape>>,
    /// What an object holds.
    pub properties: Vec<EventProperty>,
    /// Whether an object may hold more than that.
    pub open: Openness,
    /// A custom type that says all of this.
    pub custom: Option<ItemId>,
    /// What a foreign schema says beyond this.
    pub foreign: Foreign,
}

impl Shape {
    /// Of one type, with nothing else said.
    pub fn of(kind: ValueType) -> Shape {
        Shape { types: Types::one(kind), ..Shape::default() }
    }

    /// The limits, to read.
    pub fn limits(&self) -> &Limits {
        static NONE: std::sync::LazyLock<Limits> = std::sync::LazyLock::new(Limits::default);
        self.limits.as_deref().unwrap_or(&NONE)
    }

    /// Changes the limits; none at all are kept as `None`.
    pub fn set_limits(&mut self, change: impl FnOnce(&mut Limits)) {
        let mut limits = self.limits.take().unwrap_or_default();
        change(&mut limits);
        self.limits = (*limits != Limits::default()).then_some(limits);
    }

    /// In a few words, as a table shows it: `string`, `number ≥ 0`, `list of string`, `one of 3`.
    pub fn words(&self) -> String {
        let limits = self.limits();
        if limits.constant.is_some() {
            return "always the same".to_owned();
        }
        if !limits.values.is_empty() {
            return format!("one of {}", limits.values.len());
        }
        let kinds = self.types.without(ValueType::Null);
        let mut words = match (kinds.single(), &self.items) {
            (Some(ValueType::Array), Some(items)) => format!("list of {}", items.words()),
            (Some(ValueType::Array), None) => "list".to_owned(),
            _ if kinds.is_any() => "any".to_owned(),
            _ => kinds.iter().map(ValueType::word).collect::<Vec<_>>().join(" or "),
        };
        if let Some(format) = &limits.format {
            words = format_words(format).to_owned();
        }
        match (&limits.minimum, &limits.maximum) {
            (Some(least), Some(most)) => words.push_str(&format!(" {least}–{most}")),
            (Some(least), None) => words.push_str(&format!(" ≥ {least}")),
            (None, Some(most)) => words.push_str(&format!(" ≤ {most}")),
            (None, None) => {}
        }
        if self.types.has(ValueType::Null) && !kinds.is_any() {
            words.push_str(" or null");
        }
        words
    }
}

fn format_words(format: &Format) -> &str {
    match format {
        Format::DateTime => "date and time",
        Format::Date => "date",
        Format::Time => "time of day",
        Format::Duration => "duration",
        Format::Email => "e-mail",
        Format::Uuid => "UUID",
        Format::Uri => "URL",
        Format::Hostname => "host name",
        Format::Ipv4 => "IPv4 address",
        Format::Ipv6 => "IPv6 address",
        Format::Other(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Shape {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn types_are_written_as_any_one_word_or_a_list() {
        for (json, words) in [
            (r#"{}"#, "any"),
            (r#"{"type":"string"}"#, "string"),
            (r#"{"type":["string","null"]}"#, "string or null"),
            (r#"{"type":"number","minimum":0}"#, "number ≥ 0"),
            (r#"{"type":"array","items":{"type":"string"}}"#, "list of string"),
            (r#"{"type":"string","enum":["a","b"]}"#, "one of 2"),
            (r#"{"type":"string","format":"date-time"}"#, "date and time"),
            (r#"{"type":"string","format":"iban"}"#, "iban"),
        ] {
            assert_eq!(shape(json).words(), words, "{json}");
            assert_eq!(serde_json::to_string(&shape(json)).unwrap(), json);
        }
        assert!(serde_json::from_str::<Shape>(r#"{"type":"strin"}"#).is_err());
    }

    #[test]
    fn an_integer_is_a_number_and_not_the_other_way() {
        assert!(Types::one(ValueType::Number).allows(ValueType::Integer));
        assert!(!Types::one(ValueType::Integer).allows(ValueType::Number));
        assert!(Types::ANY.allows(ValueType::Null));
    }

    #[test]
    fn limits_that_say_nothing_are_none() {
        let mut shape = Shape::of(ValueType::String);
        shape.set_limits(|limits| limits.max_length = Some(3));
        assert_eq!(shape.limits().max_length, Some(3));
        shape.set_limits(|limits| limits.max_length = None);
        assert_eq!(shape, Shape::of(ValueType::String));
    }
}
