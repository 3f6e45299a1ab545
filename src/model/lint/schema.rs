//! Rules for what a validator would stumble over, and for the plan's own bookkeeping.

use chrono::NaiveDate;
use serde_json::{Number, Value};

use super::properties::place_of;
use super::{Finding, Findings, Fix, Ground, Place, Rule};
use crate::base::Severity::{Error, Info};
use crate::model::plan::{Openness, PropertySource, Shape, Suppression, ValueType};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "SC001",
        examples: include_str!("../../../assets/rules/SC001.toml"),
        name: "schema-invalid",
        severity: Error,
        what: "Limits contradict each other or the type: a least above the greatest, a value of another type, a pattern that is none",
        why: "Validators disagree, or refuse every value",
        advice: "Mend the limit that is named",
        check: invalid,
    },
    Rule {
        code: "SC002",
        examples: include_str!("../../../assets/rules/SC002.toml"),
        name: "pattern-unanchored",
        severity: Info,
        what: "A pattern of alternatives matches anywhere in a text",
        why: "“unpaid” passes where “paid” was meant",
        advice: "List the values, or begin the pattern with ^( and end it with )$",
        check: unanchored,
    },
    Rule {
        code: "SC003",
        examples: include_str!("../../../assets/rules/SC003.toml"),
        name: "open-in-closed-plan",
        severity: Info,
        what: "An event may carry anything in a plan that allows only what is planned",
        why: "Slips of the pen pass",
        advice: "Close it, or name what it may carry",
        check: open,
    },
    Rule {
        code: "SC006",
        examples: include_str!("../../../assets/rules/SC006.toml"),
        name: "unresolved-reference",
        severity: Error,
        what: "An event, a group or a type refers to something that is not in the plan",
        why: "Half of it is not checked",
        advice: "Choose another, or take the reference out",
        check: unresolved,
    },
    Rule {
        code: "SC007",
        examples: include_str!("../../../assets/rules/SC007.toml"),
        name: "suppression-superfluous",
        severity: Info,
        what: "A suppression hides nothing, or its last day is over",
        why: "It would hide what comes later",
        advice: "Remove it",
        check: |_, _| {},
    },
];

/// What is told of suppressions that hid nothing; found while the other rules are applied.
pub(super) fn superfluous(
    suppressions: &[Suppression],
    is_needed: &[bool],
    today: Option<NaiveDate>,
) -> Vec<Finding> {
    let Some(rule) = super::rule("SC007") else { return Vec::new() };
    let idle = suppressions.iter().enumerate().filter(|(place, _)| !is_needed[*place]);
    let finding = |(place, suppression): (usize, &Suppression)| {
        let is_over = suppression.until.zip(today).is_some_and(|(until, today)| today >= until);
        let state = if is_over { "is over" } else { "hides nothing" };
        let at = if suppression.at.is_empty() { "everything" } else { &suppression.at };
        Finding {
            rule,
            severity: rule.severity,
            place: Place::Plan,
            message: format!("The suppression of {} at {at} {state}", suppression.rule),
            fix: Some(Fix::DropSuppression(place)),
        }
    };
    idle.map(finding).collect()
}

fn invalid(ground: &Ground<'_>, findings: &mut Findings) {
    for event in &ground.events {
        for property in &event.properties {
            if let Some(wrong) = contradiction(&property.spec.shape) {
                let message = format!("“{}”: {wrong}", property.spec.name);
                findings.add(place_of(event, property), message, None);
            }
        }
    }
}

/// What contradicts what in a shape, in words.
fn contradiction(shape: &Shape) -> Option<String> {
    let limits = shape.limits();
    let number = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
    let least = number(&limits.minimum).or(number(&limits.above));
    let most = number(&limits.maximum).or(number(&limits.below));
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        return Some(format!("the least, {least}, is above the greatest, {most}"));
    }
    if let (Some(least), Some(most)) = (limits.min_length, limits.max_length)
        && least > most
    {
        return Some(format!("the shortest, {least}, is longer than the longest, {most}"));
    }
    if let (Some(least), Some(most)) = (limits.min_items, limits.max_items)
        && least > most
    {
        return Some(format!("the fewest items, {least}, are more than the most, {most}"));
    }
    let is_wrong = |value: &&Value| !shape.types.allows(ValueType::of(value));
    if let Some(value) = limits.values.iter().chain(&limits.constant).find(is_wrong) {
        return Some(format!(
            "{value} is allowed and is not {}",
            Shape { limits: None, ..shape.clone() }.words()
        ));
    }
    if let Some(pattern) = &limits.pattern
        && let Err(error) = regex::Regex::new(pattern)
    {
        let why = error.to_string();
        return Some(format!("“{pattern}” is no pattern: {}", why.lines().last().unwrap_or_default()));
    }
    shape.items.as_deref().and_then(contradiction)
}

fn unanchored(ground: &Ground<'_>, findings: &mut Findings) {
    for event in &ground.events {
        for property in &event.properties {
            let Some(pattern) = &property.spec.shape.limits().pattern else { continue };
            let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '|' | '_' | '-' | ' ');
            if pattern.contains('|') && pattern.chars().all(is_plain) {
                let message = format!("“{}” matches anywhere in “{}”", pattern, property.spec.name);
                let fix = Fix::Pattern(format!("^({pattern})$"));
                findings.add(place_of(event, property), message, Some(fix));
            }
        }
    }
}

fn open(ground: &Ground<'_>, findings: &mut Findings) {
    if ground.plan.settings().open != Openness::Closed {
        return;
    }
    for event in ground.events.iter().filter(|event| event.spec.open == Openness::Open) {
        let message = format!("“{}” may carry anything", event.spec.title());
        findings.add(Place::Event(event.id), message, Some(Fix::Close));
    }
}

fn unresolved(ground: &Ground<'_>, findings: &mut Findings) {
    let plan = ground.plan;
    for event in &ground.events {
        let gone = event.spec.properties.iter().any(|used| match &used.source {
            PropertySource::Shared(id) => !plan.shared().contains_key(id),
            PropertySource::Own(spec) => spec.shape.custom.is_some_and(|id| !plan.types().contains_key(&id)),
        });
        if gone {
            let message = format!("“{}” carries a property or a type that is gone", event.spec.title());
            findings.add(Place::Event(event.id), message, None);
        }
        if event.spec.groups.iter().any(|id| !plan.groups().contains_key(id)) {
            let message = format!("“{}” carries a property group that is gone", event.spec.title());
            findings.add(Place::Event(event.id), message, None);
        }
        let names = |name: &str| ground.named().any(|other| other.spec.name == name);
        let next = &event.spec.lifecycle.replaced_by;
        if !next.is_empty() && !names(next) {
            let message = format!("“{}” is replaced by “{next}”, which is not planned", event.spec.title());
            findings.add(Place::Event(event.id), message, None);
        }
    }
}
