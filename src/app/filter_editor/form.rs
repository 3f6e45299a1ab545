//! A filter while it is being edited: property, operator, values, complete or not. Not for drawing it.

use crate::model::predicate::{Comparison, Filter, Operand, Test};
use crate::model::time::Time;
use crate::model::value::Value;

/// An operator without its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Compare(Comparison),
    OneOf,
    Contains,
    StartsWith,
    EndsWith,
    IsSet,
    IsNotSet,
}

impl Op {
    /// As people read it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Op::Compare(comparison) => comparison.sign(),
            Op::OneOf => "is one of",
            Op::Contains => "contains",
            Op::StartsWith => "starts with",
            Op::EndsWith => "ends with",
            Op::IsSet => "is set",
            Op::IsNotSet => "is not set",
        }
    }

    /// What holds for values that are missing or of another type.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Op::IsSet => "Events that carry a value",
            Op::IsNotSet => "Events without a value",
            Op::Compare(_) | Op::OneOf | Op::Contains | Op::StartsWith | Op::EndsWith => {
                "Events without a value, or with one of another type, do not pass"
            }
        }
    }

    /// The operators that make sense for values of these kinds (counts of booleans, numbers, texts).
    pub(super) fn fitting(kinds: [u64; 3]) -> Vec<Op> {
        const EQUAL: [Op; 2] = [Op::Compare(Comparison::Equal), Op::Compare(Comparison::NotEqual)];
        const ORDER: [Op; 4] = [
            Op::Compare(Comparison::GreaterOrEqual),
            Op::Compare(Comparison::Greater),
            Op::Compare(Comparison::LessOrEqual),
            Op::Compare(Comparison::Less),
        ];
        const TEXT: [Op; 3] = [Op::Contains, Op::StartsWith, Op::EndsWith];
        const PRESENCE: [Op; 2] = [Op::IsSet, Op::IsNotSet];
        let [_, numbers, texts] = kinds;
        let unknown = kinds == [0; 3];
        let mut ops = EQUAL.to_vec();
        if numbers > texts {
            ops.extend(ORDER);
        }
        if numbers > 0 || texts > 0 || unknown {
            ops.push(Op::OneOf);
        }
        if texts > 0 || unknown {
            ops.extend(TEXT);
        }
        if numbers <= texts && (numbers > 0 || texts > 0 || unknown) {
            ops.extend(ORDER);
        }
        ops.extend(PRESENCE);
        ops
    }
}

/// A filter that may lack its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    pub(super) property: String,
    pub(super) op: Op,
    /// For comparisons one, for "is one of" any number.
    pub(super) values: Vec<Value>,
    /// For "contains" and its like.
    pub(super) text: String,
}

impl Form {
    /// To begin with: is, without a value.
    pub(super) fn new(property: String) -> Form {
        Form { property, op: Op::Compare(Comparison::Equal), values: Vec::new(), text: String::new() }
    }

    /// Of a filter that is there.
    pub(super) fn of(filter: &Filter) -> Form {
        let mut form = Form::new(filter.property.clone());
        match &filter.test {
            Test::Compare(comparison, operand) => {
                form.op = Op::Compare(*comparison);
                form.values.push(match operand {
                    Operand::Value(value) => value.clone(),
                    Operand::Time(time) => Value::Text(time.iso()),
                });
            }
            Test::OneOf(values) => (form.op, form.values) = (Op::OneOf, values.clone()),
            Test::Contains(text) => (form.op, form.text) = (Op::Contains, text.clone()),
            Test::StartsWith(text) => (form.op, form.text) = (Op::StartsWith, text.clone()),
            Test::EndsWith(text) => (form.op, form.text) = (Op::EndsWith, text.clone()),
            Test::IsSet => form.op = Op::IsSet,
            Test::IsNotSet => form.op = Op::IsNotSet,
        }
        form
    }

    /// Another operator; the operand stays as far as it fits.
    pub(super) fn set_op(&mut self, op: Op) {
        match op {
            Op::Contains | Op::StartsWith | Op::EndsWith if self.text.is_empty() => {
                if let Some(Value::Text(text)) = self.values.first() {
                    self.text.clone_from(text);
                }
            }
            Op::Compare(_) => self.values.truncate(1),
            Op::OneOf | Op::Contains | Op::StartsWith | Op::EndsWith | Op::IsSet | Op::IsNotSet => {}
        }
        self.op = op;
    }

    /// True when the operator wants an operand and has none.
    pub(super) fn is_empty(&self) -> bool {
        match self.op {
            Op::Compare(_) | Op::OneOf => self.values.is_empty(),
            Op::Contains | Op::StartsWith | Op::EndsWith => self.text.is_empty(),
            Op::IsSet | Op::IsNotSet => false,
        }
    }

    /// The test, once it is complete.
    pub(super) fn test(&self) -> Option<Test> {
        if self.is_empty() {
            return None;
        }
        Some(match self.op {
            Op::Compare(comparison) => Test::Compare(comparison, operand(comparison, self.values.first()?)),
            Op::OneOf => Test::OneOf(self.values.clone()),
            Op::Contains => Test::Contains(self.text.clone()),
            Op::StartsWith => Test::StartsWith(self.text.clone()),
            Op::EndsWith => Test::EndsWith(self.text.clone()),
            Op::IsSet => Test::IsSet,
            Op::IsNotSet => Test::IsNotSet,
        })
    }
}

/// A text that is a time compares as one where the order matters.
fn operand(comparison: Comparison, value: &Value) -> Operand {
    let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    match value {
        Value::Text(text) if ordered => {
            Time::parse(text).map_or_else(|| Operand::Value(value.clone()), Operand::Time)
        }
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => Operand::Value(value.clone()),
    }
}

/// What a typed text means for a property with values of these kinds (counts of booleans, numbers, texts).
pub(super) fn typed_value(text: &str, kinds: [u64; 3]) -> Value {
    let text = text.trim();
    let [booleans, numbers, texts] = kinds;
    let truth = match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    match (truth, number) {
        (Some(truth), _) if booleans > 0 || texts == 0 => Value::Bool(truth),
        (_, Some(number)) if numbers > 0 || texts == 0 => {
            Value::Number(if number == 0.0 { 0.0 } else { number })
        }
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn typed_text_takes_the_type_that_the_log_has() {
        assert_eq!(typed_value(" 50 ", [0, 9, 0]), Value::Number(50.0));
        assert_eq!(typed_value("50", [0, 0, 9]), text("50"));
        assert_eq!(typed_value("50", [0, 1, 9]), Value::Number(50.0));
        assert_eq!(typed_value("-0", [0, 9, 0]), Value::Number(0.0));
        assert_eq!(typed_value("True", [9, 0, 0]), Value::Bool(true));
        assert_eq!(typed_value("true", [0, 0, 9]), text("true"));
        assert_eq!(typed_value("NaN", [0, 9, 0]), text("NaN"));
        assert_eq!(typed_value("12", [0, 0, 0]), Value::Number(12.0));
    }

    #[test]
    fn every_test_survives_the_form() {
        let time = Time::parse("2026-03-01T10:00:00Z").unwrap();
        let tests = [
            Test::Compare(Comparison::NotEqual, Operand::Value(Value::Bool(true))),
            Test::Compare(Comparison::Less, Operand::Time(time)),
            Test::OneOf(vec![text("a"), Value::Number(2.0)]),
            Test::Contains("a".into()),
            Test::StartsWith("b".into()),
            Test::EndsWith("c".into()),
            Test::IsSet,
            Test::IsNotSet,
        ];
        for test in tests {
            let filter = Filter { property: "p".into(), test };
            assert_eq!(Form::of(&filter).test(), Some(filter.test));
        }
    }

    #[test]
    fn another_operator_keeps_what_fits_and_is_incomplete_without() {
        let mut form = Form::new("p".into());
        assert_eq!(form.test(), None);
        form.values = vec![text("Germany"), text("France")];
        form.set_op(Op::Contains);
        assert_eq!(form.test(), Some(Test::Contains("Germany".into())));
        form.set_op(Op::Compare(Comparison::Equal));
        assert_eq!(form.values, [text("Germany")]);
        form.set_op(Op::IsSet);
        assert_eq!(form.test(), Some(Test::IsSet));
    }

    #[test]
    fn operators_fit_the_kind_of_values() {
        let numbers = Op::fitting([0, 5, 0]);
        assert_eq!(numbers[2], Op::Compare(Comparison::GreaterOrEqual));
        assert!(!numbers.contains(&Op::Contains));
        let truths = Op::fitting([5, 0, 0]);
        assert_eq!(truths.len(), 4);
        assert_eq!(Op::fitting([0, 0, 0]).len(), 12);
    }
}
