//! A rule's examples: plans that keep it, and plans that break it. They explain the rule, and its tests are made of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Facts, Rule};
use crate::base::Diagnostic;

/// Examples of one rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// What keeps the rule.
    pub valid: Vec<Example>,
    /// What breaks it.
    pub invalid: Vec<Example>,
}

/// One example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// A plan's text.
    pub plan: String,
    /// Where the rule is broken, as findings name it.
    #[serde(default)]
    pub at: Vec<String>,
    /// The fix that is offered, as its button says it; empty for none.
    #[serde(default)]
    pub fix: String,
    /// How often each event comes in a log.
    #[serde(default)]
    seen: BTreeMap<String, u64>,
    /// What saved queries ask for.
    #[serde(default)]
    used: Option<BTreeSet<String>>,
    /// The day on which it is judged.
    #[serde(default)]
    today: Option<String>,
}

impl Example {
    /// What is known beside the plan.
    pub fn facts(&self) -> Facts {
        let today = self.today.as_ref().and_then(|day| day.parse().ok());
        Facts { today, seen: self.seen.clone(), used: self.used.clone() }
    }
}

impl Rule {
    /// The rule's examples.
    ///
    /// # Errors
    /// When they cannot be read; a test keeps that from happening.
    pub fn examples(&self) -> Result<Examples, Diagnostic> {
        toml::from_str(self.examples)
            .map_err(|error| Diagnostic::error("bad-example", error.to_string()).at(self.code))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{lint, rules};
    use super::*;
    use crate::model::item::ItemId;
    use crate::model::plan::{Plan, read_plan};
    use crate::model::workspace::Workspace;

    /// Where a rule is broken, and which fixes are offered.
    fn broken(rule: &Rule, example: &Example) -> Vec<(String, String)> {
        let mut next = 10;
        let ids = || {
            next += 1;
            ItemId(next)
        };
        let items = read_plan(&example.plan, ids).unwrap_or_else(|error| panic!("{}: {error}", rule.code));
        let workspace = Workspace::new(items);
        let plan = Plan::of(&workspace);
        let found = lint(&plan, &example.facts()).findings.into_iter().filter(|finding| finding.rule == rule);
        let told = found.map(|finding| {
            (finding.place.label(&plan), finding.fix.map_or_else(String::new, |fix| fix.words()))
        });
        told.collect()
    }

    #[test]
    fn each_rule_tells_of_its_invalid_examples_alone() {
        for rule in rules() {
            let examples = rule.examples().unwrap();
            assert!(!examples.valid.is_empty() && !examples.invalid.is_empty(), "{}", rule.code);
            for example in &examples.valid {
                assert_eq!(broken(rule, example), [], "{}: {}", rule.code, example.plan);
            }
            for example in &examples.invalid {
                let found = broken(rule, example);
                let expected: Vec<(String, String)> =
                    example.at.iter().map(|at| (at.clone(), example.fix.clone())).collect();
                assert_eq!(found, expected, "{}: {}", rule.code, example.plan);
            }
        }
    }

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
        let names: BTreeSet<&str> = rules().map(|rule| rule.name).collect();
        assert_eq!(names.len(), codes.len());
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
