//! Whether a value of a log fits what the plan says of it. Not for counting those that do not: see
//! `engine::conformance`.
//!
//! A log's values are scalars: nested objects are properties with a dot in their path, a list is its JSON text, and
//! null is a missing value.

use regex::Regex;
use serde_json::Value as Json;

use super::shape::{Format, Limits, Shape, Types, ValueType};
use super::view::Plan;
use crate::model::time::Time;
use crate::model::value::Value;

/// Why a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misfit {
    /// It is of another type.
    Type,
    /// It is of the type, and not allowed.
    Value,
}

/// A shape made ready to judge many values.
#[derive(Debug)]
pub struct Judge<'w> {
    types: Types,
    limits: &'w Limits,
    /// The values allowed where it is used, if fewer.
    allowed: &'w [Json],
    pinned: Option<&'w Json>,
    pattern: Option<Regex>,
    items: Option<Box<Judge<'w>>>,
}

impl<'w> Judge<'w> {
    /// Of a shape. A pattern that is none judges nothing; a rule of the plan tells of it.
    pub fn of(plan: &Plan<'w>, shape: &'w Shape) -> Judge<'w> {
        Judge::within(plan, shape, MOST_LISTS)
    }

    fn within(plan: &Plan<'w>, shape: &'w Shape, left: usize) -> Judge<'w> {
        let shape = plan.shape(shape);
        let limits = shape.limits();
        let pattern = limits.pattern.as_deref().and_then(|pattern| Regex::new(pattern).ok());
        let items = shape.items.as_deref().filter(|_| left > 0);
        let items = items.map(|items| Box::new(Judge::within(plan, items, left - 1)));
        Judge { types: shape.types, limits, allowed: &[], pinned: None, pattern, items }
    }

    /// The same where an event allows fewer values.
    pub fn narrowed(self, allowed: &'w [Json], pinned: Option<&'w Json>) -> Judge<'w> {
        Judge { allowed, pinned, ..self }
    }

    /// True when there is nothing to judge.
    pub fn allows_all(&self) -> bool {
        let says_nothing = *self.limits == Limits::default() && self.items.is_none();
        self.types.is_any() && says_nothing && self.allowed.is_empty() && self.pinned.is_none()
    }

    /// Whether a value fits.
    pub fn judge(&self, value: &Value) -> Option<Misfit> {
        match value {
            Value::Bool(truth) => self.judge_json(&Json::Bool(*truth)),
            Value::Number(number) => self.judge_json(&number_json(*number)),
            // A list is kept as its text, and a text that looks like one is taken for it where lists are planned.
            Value::Text(text) if text.starts_with('[') && self.types.allows(ValueType::Array) => {
                match serde_json::from_str::<Json>(text) {
                    Ok(list @ Json::Array(_)) if !self.types.is_any() || self.items.is_some() => {
                        self.judge_json(&list)
                    }
                    Ok(_) | Err(_) => self.judge_json(&Json::String(text.clone())),
                }
            }
            Value::Text(text) if text.starts_with('[') && is_list(text) => {
                (!self.types.is_any() && !self.types.has(ValueType::String)).then_some(Misfit::Type)
            }
            Value::Text(text) => self.judge_json(&Json::String(text.clone())),
        }
    }

    fn judge_json(&self, value: &Json) -> Option<Misfit> {
        if !self.types.allows(ValueType::of(value)) {
            return Some(Misfit::Type);
        }
        let limits = self.limits;
        let is_listed = |list: &[Json]| list.is_empty() || list.iter().any(|known| same(known, value));
        let fits = is_listed(&limits.values)
            && is_listed(self.allowed)
            && limits.constant.iter().chain(self.pinned).all(|one| same(one, value))
            && match value {
                Json::String(text) => self.text_fits(text),
                Json::Number(number) => number.as_f64().is_none_or(|number| number_fits(limits, number)),
                Json::Array(list) => return self.list_misfit(list),
                Json::Null | Json::Bool(_) | Json::Object(_) => true,
            };
        (!fits).then_some(Misfit::Value)
    }

    fn text_fits(&self, text: &str) -> bool {
        let limits = self.limits;
        let length = || text.chars().count() as u64;
        limits.min_length.is_none_or(|least| length() >= least)
            && limits.max_length.is_none_or(|most| length() <= most)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
            && limits.format.as_ref().is_none_or(|format| is_written_so(format, text))
    }

    fn list_misfit(&self, list: &[Json]) -> Option<Misfit> {
        let limits = self.limits;
        let count = list.len() as u64;
        let repeats = limits.unique_items && (1..list.len()).any(|at| list[..at].contains(&list[at]));
        if repeats
            || limits.min_items.is_some_and(|least| count < least)
            || limits.max_items.is_some_and(|most| count > most)
        {
            return Some(Misfit::Value);
        }
        let items = self.items.as_ref()?;
        list.iter().find_map(|item| items.judge_json(item))
    }
}

/// Lists of lists are followed this far.
const MOST_LISTS: usize = 16;

fn is_list(text: &str) -> bool {
    serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text).is_ok()
}

fn number_json(number: f64) -> Json {
    let whole = number.fract() == 0.0 && number.abs() < 9.0e15;
    if whole { Json::from(number as i64) } else { Json::from(number) }
}

/// Equal as JSON Schema has it: 1 and 1.0 are.
fn same(a: &Json, b: &Json) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

fn number_fits(limits: &Limits, number: f64) -> bool {
    let of = |limit: &Option<serde_json::Number>| limit.as_ref().and_then(serde_json::Number::as_f64);
    of(&limits.minimum).is_none_or(|least| number >= least)
        && of(&limits.maximum).is_none_or(|most| number <= most)
        && of(&limits.above).is_none_or(|bound| number > bound)
        && of(&limits.below).is_none_or(|bound| number < bound)
        && of(&limits.multiple_of).is_none_or(|part| part == 0.0 || is_multiple(number, part))
}

/// Within what binary fractions lose: 0.3 is a multiple of 0.1.
fn is_multiple(number: f64, part: f64) -> bool {
    let times = number / part;
    (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
}

fn is_written_so(format: &Format, text: &str) -> bool {
    match format {
        Format::DateTime => Time::parse(text).is_some(),
        Format::Date => chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        Format::Time => {
            let clock = text.trim_end_matches('Z').split(['+', '-']).next().unwrap_or_default();
            chrono::NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").is_ok()
        }
        Format::Duration => {
            text.starts_with('P') && text.len() > 2 && text.bytes().any(|byte| byte.is_ascii_digit())
        }
        Format::Email => {
            let sides = text.rsplit_once('@');
            sides.is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
            })
        }
        Format::Uuid => {
            let parts: Vec<usize> = text.split('-').map(str::len).collect();
            parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        }
        Format::Uri => {
            let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(char::is_whitespace)
        }
        Format::Hostname => {
            let is_label = |label: &str| {
                !label.is_empty()
                    && label.len() < 64
                    && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            };
            text.len() < 254 && text.split('.').all(is_label)
        }
        Format::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Format::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
        Format::Other(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workspace::Workspace;

    fn judged(shape: &str, value: &str) -> Option<Misfit> {
        let shape: Shape = serde_json::from_str(shape).unwrap();
        let workspace = Workspace::default();
        let json: Json = serde_json::from_str(value).unwrap();
        let object = serde_json::Map::from_iter([("p".to_owned(), json)]);
        let mut found = None;
        let plan = Plan::of(&workspace);
        let judge = Judge::of(&plan, &shape);
        crate::model::value::flatten("", &object, &mut |_, value| found = judge.judge(&value));
        found
    }

    #[test]
    fn values_are_judged_by_type_and_limits() {
        const FITS: Option<Misfit> = None;
        const TYPE: Option<Misfit> = Some(Misfit::Type);
        const VALUE: Option<Misfit> = Some(Misfit::Value);
        for (shape, value, verdict) in [
            (r#"{}"#, r#""x""#, FITS),
            (r#"{"type":"string"}"#, "1", TYPE),
            (r#"{"type":"integer"}"#, "2.0", FITS),
            (r#"{"type":"integer"}"#, "2.5", TYPE),
            (r#"{"type":"number"}"#, "2", FITS),
            (r#"{"type":"number"}"#, r#""2""#, TYPE),
            (r#"{"type":["number","string"]}"#, r#""2""#, FITS),
            (r#"{"type":"boolean"}"#, "true", FITS),
            (r#"{"type":"string","enum":["a","b"]}"#, r#""c""#, VALUE),
            (r#"{"enum":[1]}"#, "1.0", FITS),
            (r#"{"type":"number","minimum":0}"#, "-1", VALUE),
            (r#"{"type":"number","above":0}"#, "0", VALUE),
            (r#"{"type":"number","multiple_of":0.1}"#, "0.3", FITS),
            (r#"{"type":"number","multiple_of":0.1}"#, "0.35", VALUE),
            (r#"{"type":"string","pattern":"^[a-z]+$"}"#, r#""ab""#, FITS),
            (r#"{"type":"string","pattern":"^[a-z]+$"}"#, r#""a1""#, VALUE),
            (r#"{"type":"string","max_length":2}"#, r#""äöü""#, VALUE),
            (r#"{"type":"string","format":"date-time"}"#, r#""2026-03-31T10:00:00Z""#, FITS),
            (r#"{"type":"string","format":"date-time"}"#, r#""31.3.""#, VALUE),
            (r#"{"type":"string","format":"date"}"#, r#""2026-02-30""#, VALUE),
            (r#"{"type":"string","format":"email"}"#, r#""a@example.org""#, FITS),
            (r#"{"type":"string","format":"uuid"}"#, r#""123e4567-e89b-12d3-a456-426614174000""#, FITS),
            (r#"{"type":"string","format":"ipv4"}"#, r#""1.2.3.400""#, VALUE),
            (r#"{"type":"string","format":"iban"}"#, r#""x""#, FITS),
            (r#"{"type":"array","items":{"type":"string"}}"#, r#"["a"]"#, FITS),
            (r#"{"type":"array","items":{"type":"string"}}"#, r#"["a",1]"#, TYPE),
            (r#"{"type":"array","min_items":2}"#, r#"["a"]"#, VALUE),
            (r#"{"type":"array","unique_items":true}"#, r#"[1,1]"#, VALUE),
            (r#"{"type":"array"}"#, r#""a""#, TYPE),
            (r#"{"type":"number"}"#, "[1]", TYPE),
            (r#"{"type":"string"}"#, r#""[not a list""#, FITS),
        ] {
            assert_eq!(judged(shape, value), verdict, "{shape} {value}");
        }
    }
}
