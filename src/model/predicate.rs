//! Filters on an event's properties. Not for evaluating them: see `engine::filter` and `sql::predicate`.
//!
//! **Missing values.** Every comparison with a missing or wrongly typed value is false; `is set` and
//! `is not set` ask for it. A filter *passes over* an event when its value is missing or has another type
//! than the operand (for time operands: text that is not a time), unless the operator asks for presence.
//! `≠` on a missing value is therefore false, too.
//!
//! Property names: a key of the event's properties, nested objects with dots (`cart.total`), or
//! `context.` and a path of the event's context (`context.device.type`).

use super::privacy::masked;
use super::time::Time;
use super::value::Value;

/// One condition on one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Property name, see the module's words.
    pub property: String,
    /// What is asked, with its operand.
    pub test: Test,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `= ≠ < ≤ > ≥` against a value of the same type. Booleans know only `=` and `≠`; text compares by code point.
    Compare(Comparison, Operand),
    /// Text holds this text, compared exactly.
    Contains(String),
    /// Text starts with this text.
    StartsWith(String),
    /// Text ends with this text.
    EndsWith(String),
    /// Equal to one of these.
    OneOf(Vec<Value>),
    /// Present and not null.
    IsSet,
    /// Absent or null.
    IsNotSet,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// =
    Equal,
    /// ≠
    NotEqual,
    /// <
    Less,
    /// ≤
    LessOrEqual,
    /// >
    Greater,
    /// ≥
    GreaterOrEqual,
}

impl Comparison {
    /// All, in the order shown.
    pub const ALL: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];

    /// The operator in text forms and SQL.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// The operator as people read it.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "is",
            Comparison::NotEqual => "is not",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "≤",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => "≥",
        }
    }

    /// True when `ordering` of (value, operand) satisfies the operator.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A text, number or boolean.
    Value(Value),
    /// An instant; text values are read as ISO times.
    Time(Time),
}

impl Operand {
    /// As shown in a sentence.
    pub fn label(&self) -> String {
        match self {
            Operand::Value(value) => value.to_string(),
            Operand::Time(time) => time.iso(),
        }
    }
}

/// What a filter says of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Yes,
    /// The value is there and fails.
    No,
    /// The value is missing or of another type: fails, and is counted as passed over.
    PassedOver,
}

impl Test {
    /// The verdict on a value, `None` when missing. The one definition that the engine uses.
    pub fn judge(&self, value: Option<&Value>) -> Verdict {
        let Some(value) = value else {
            return match self {
                Test::IsNotSet => Verdict::Yes,
                Test::IsSet => Verdict::No,
                Test::Compare(..)
                | Test::Contains(_)
                | Test::StartsWith(_)
                | Test::EndsWith(_)
                | Test::OneOf(_) => Verdict::PassedOver,
            };
        };
        match self {
            Test::IsSet => Verdict::Yes,
            Test::IsNotSet => Verdict::No,
            Test::Compare(comparison, operand) => compare(*comparison, value, operand),
            Test::Contains(part) => text_verdict(value, |text| text.contains(part.as_str())),
            Test::StartsWith(part) => text_verdict(value, |text| text.starts_with(part.as_str())),
            Test::EndsWith(part) => text_verdict(value, |text| text.ends_with(part.as_str())),
            Test::OneOf(values) => {
                let equals = |known: &Value| match (known, value) {
                    // Unlike the total order of values, this takes -0 for 0.
                    (Value::Number(known), Value::Number(value)) => known == value,
                    (Value::Text(_) | Value::Bool(_) | Value::Number(_), _) => known == value,
                };
                if values.iter().any(equals) {
                    Verdict::Yes
                } else if values.iter().any(|known| known.kind() == value.kind()) {
                    Verdict::No
                } else {
                    Verdict::PassedOver
                }
            }
        }
    }
}

fn compare(comparison: Comparison, value: &Value, operand: &Operand) -> Verdict {
    let ordering = match (value, operand) {
        (Value::Text(text), Operand::Time(time)) => Time::parse(text).map(|at| at.cmp(time)),
        (Value::Number(a), Operand::Value(Value::Number(b))) => a.partial_cmp(b),
        (Value::Text(a), Operand::Value(Value::Text(b))) => Some(a.cmp(b)),
        (Value::Bool(a), Operand::Value(Value::Bool(b))) => Some(a.cmp(b)),
        (Value::Text(_) | Value::Number(_) | Value::Bool(_), _) => None,
    };
    match ordering {
        Some(ordering) if comparison.holds(ordering) => Verdict::Yes,
        Some(_) => Verdict::No,
        None => Verdict::PassedOver,
    }
}

fn text_verdict(value: &Value, holds: impl Fn(&str) -> bool) -> Verdict {
    match value {
        Value::Text(text) if holds(text) => Verdict::Yes,
        Value::Text(_) => Verdict::No,
        Value::Number(_) | Value::Bool(_) => Verdict::PassedOver,
    }
}

impl Filter {
    /// The filter in three parts: property, verb, operand (empty for presence). The operand is raw, for editors;
    /// see [`Filter::shown_words`].
    pub fn words(&self) -> (String, &'static str, String) {
        let (verb, operand) = match &self.test {
            Test::Compare(comparison, operand) => (comparison.sign(), operand.label()),
            Test::Contains(text) => ("contains", text.clone()),
            Test::StartsWith(text) => ("starts with", text.clone()),
            Test::EndsWith(text) => ("ends with", text.clone()),
            Test::OneOf(values) => {
                ("is one of", values.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
            }
            Test::IsSet => ("is set", String::new()),
            Test::IsNotSet => ("is not set", String::new()),
        };
        (self.property.clone(), verb, operand)
    }

    /// The same with operands masked that are suspected to be personal, for whatever is shown, copied or kept.
    pub fn shown_words(&self) -> (String, &'static str, String) {
        let (property, verb, operand) = self.words();
        let operand = match &self.test {
            Test::OneOf(values) => {
                let shown = values.iter().map(|value| masked(&property, &value.to_string()).into_owned());
                shown.collect::<Vec<_>>().join(", ")
            }
            Test::Compare(..) | Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => {
                masked(&property, &operand).into_owned()
            }
            Test::IsSet | Test::IsNotSet => operand,
        };
        (property, verb, operand)
    }

    /// The filter as one sentence fragment, `country is DE`, masked as [`Filter::shown_words`] are.
    pub fn sentence(&self) -> String {
        let (property, verb, operand) = self.shown_words();
        format!("{} {verb} {operand}", masked("", &property)).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(test: Test, value: Option<Value>) -> Verdict {
        test.judge(value.as_ref())
    }

    #[test]
    fn missing_and_wrongly_typed_values_are_passed_over() {
        let at_least_50 = Test::Compare(Comparison::GreaterOrEqual, Operand::Value(Value::Number(50.0)));
        assert_eq!(judge(at_least_50.clone(), Some(Value::Number(50.0))), Verdict::Yes);
        assert_eq!(judge(at_least_50.clone(), Some(Value::Number(49.9))), Verdict::No);
        assert_eq!(judge(at_least_50.clone(), Some(Value::Text("60".into()))), Verdict::PassedOver);
        assert_eq!(judge(at_least_50, None), Verdict::PassedOver);
        let not_de = Test::Compare(Comparison::NotEqual, Operand::Value(Value::Text("DE".into())));
        assert_eq!(judge(not_de, None), Verdict::PassedOver);
        assert_eq!(judge(Test::IsNotSet, None), Verdict::Yes);
    }

    #[test]
    fn sentences_mask_personal_operands_and_editors_keep_them() {
        let text = |text: &str| Value::Text(text.into());
        let cases = [
            ("email", Test::Contains("ann".into()), "email contains •••"),
            (
                "email",
                Test::OneOf(vec![text("a@x.org"), text("b@y.org")]),
                "email is one of •••@x.org, •••@y.org",
            ),
            ("zip", Test::Compare(Comparison::Equal, Operand::Value(Value::Number(10115.0))), "zip is •••"),
            ("note", Test::Contains("to ann@x.org".into()), "note contains to •••@x.org"),
            ("birthday", Test::Compare(Comparison::Less, Operand::Time(Time(0))), "birthday < •••"),
            ("country", Test::Compare(Comparison::Equal, Operand::Value(text("DE"))), "country is DE"),
            ("email", Test::IsSet, "email is set"),
        ];
        for (property, test, expected) in cases {
            let filter = Filter { property: property.to_owned(), test };
            assert_eq!(filter.sentence(), expected);
        }
        let filter = Filter { property: "email".to_owned(), test: Test::EndsWith("ann@x.org".into()) };
        assert_eq!(filter.words().2, "ann@x.org");
        assert_eq!(filter.shown_words().2, "•••@x.org");
    }

    #[test]
    fn times_compare_across_offsets() {
        let noon = Time::parse("2026-01-01T12:00:00Z").unwrap();
        let before = Test::Compare(Comparison::Less, Operand::Time(noon));
        assert_eq!(
            judge(before.clone(), Some(Value::Text("2026-01-01T12:30:00+01:00".into()))),
            Verdict::Yes
        );
        assert_eq!(judge(before, Some(Value::Text("soon".into()))), Verdict::PassedOver);
    }
}
