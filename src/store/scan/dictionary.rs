//! Distinct values of a column under construction, and the code of each. Not for columns in use: see `engine::table`.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::json::Scalar;
use crate::model::value::Value;

/// What a text costs beside its bytes, and any other value: its place among the values and in the table.
const VALUE_BYTES: usize = 48;

/// Distinct values, coded from 1 in the order in which they came.
#[derive(Default)]
pub(crate) struct Dictionary {
    /// Codes of texts and numbers, found by their hash.
    codes: HashTable<u32>,
    hash: DefaultHashBuilder,
    booleans: [u32; 2],
    /// The code given last: events side by side often say the same.
    last: u32,
    values: Vec<Value>,
    text_bytes: usize,
}

impl Dictionary {
    /// The code of a scalar, a new one if need be; 0 of null.
    pub(crate) fn code(&mut self, scalar: Scalar<'_>) -> u32 {
        match scalar {
            Scalar::Null => 0,
            Scalar::Text(text) => {
                let is_it = |value: &Value| matches!(value, Value::Text(known) if known.as_str() == text);
                if self.is_last(is_it) {
                    return self.last;
                }
                let hash = self.hash.hash_one(text.as_bytes());
                self.last = match self.find(hash, is_it) {
                    Some(code) => code,
                    None => {
                        self.text_bytes += text.len();
                        self.add(hash, Value::Text(text.into_owned()))
                    }
                };
                self.last
            }
            Scalar::Number(number) => {
                let bits = number.to_bits();
                let hash = self.hash.hash_one(bits);
                let is_it = |value: &Value| matches!(value, Value::Number(known) if known.to_bits() == bits);
                self.find(hash, is_it).unwrap_or_else(|| self.add(hash, Value::Number(number)))
            }
            Scalar::Bool(truth) => {
                let code = &mut self.booleans[usize::from(truth)];
                if *code == 0 {
                    self.values.push(Value::Bool(truth));
                    *code = self.values.len() as u32;
                }
                *code
            }
        }
    }

    fn is_last(&self, is_it: impl Fn(&Value) -> bool) -> bool {
        (self.last as usize).checked_sub(1).is_some_and(|at| is_it(&self.values[at]))
    }

    fn find(&self, hash: u64, is_it: impl Fn(&Value) -> bool) -> Option<u32> {
        self.codes.find(hash, |code| is_it(&self.values[*code as usize - 1])).copied()
    }

    fn add(&mut self, hash: u64, value: Value) -> u32 {
        self.values.push(value);
        let (code, values, build) = (self.values.len() as u32, &self.values, &self.hash);
        self.codes.insert_unique(hash, code, |code| match &values[*code as usize - 1] {
            Value::Text(text) => build.hash_one(text.as_bytes()),
            Value::Number(number) => build.hash_one(number.to_bits()),
            // Truth values are not in the table.
            Value::Bool(truth) => build.hash_one(truth),
        });
        code
    }

    /// The values in the order of their codes.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// About what it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.text_bytes + self.values.len() * VALUE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_code_and_others_their_own() {
        let mut dictionary = Dictionary::default();
        let scalars = || {
            let many = (0..1_000).map(|n| Scalar::Text(format!("t{n}").into()));
            let numbers = (0..1_000).map(|n| Scalar::Number(f64::from(n) / 2.0));
            let others = [Scalar::Bool(true), Scalar::Bool(false), Scalar::Text("".into())];
            many.chain(numbers).chain(others)
        };
        let codes: Vec<u32> = scalars().map(|scalar| dictionary.code(scalar)).collect();
        assert_eq!(codes, (1..=2_003).collect::<Vec<u32>>());
        assert_eq!(scalars().map(|scalar| dictionary.code(scalar)).collect::<Vec<u32>>(), codes);
        let twice = scalars().flat_map(|scalar| [scalar.clone(), scalar]);
        let halves = twice.map(|scalar| dictionary.code(scalar)).collect::<Vec<u32>>();
        assert!(halves.chunks(2).zip(&codes).all(|(two, code)| *two == [*code, *code]));
        assert_eq!(dictionary.code(Scalar::Null), 0);
        assert_eq!(dictionary.values().len(), 2_003);
    }
}
