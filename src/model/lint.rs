//! Rules that a plan should keep, and what breaks them. Not for a log held against the plan: that is conformance.
//!
//! A rule is a row of its family's table; each family is a file. The examples by which a rule is tested and explained
//! stand in `assets/rules/CODE.toml`.

mod event_facts;
mod event_names;
mod examples;
mod finding;
mod profiles;
mod properties;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub use examples::{Example, Examples};
pub use finding::{Finding, Fix, Place, Told};
pub use profiles::{PROFILES, Profile};

use crate::base::Severity;
use crate::model::item::ItemId;
use crate::model::plan::{EventSpec, NamingStyle, Plan, PlannedProperty, RuleSwitch, Suppression, naming};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable: `EV001`.
    pub code: &'static str,
    /// Stable, in words: `event-name-duplicate`.
    pub name: &'static str,
    /// How much a finding matters, unless the plan says otherwise.
    pub severity: Severity,
    /// What breaks it.
    pub what: &'static str,
    /// What comes of it.
    pub why: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// Plans that keep it and plans that break it: see `examples`.
    examples: &'static str,
    check: fn(&Ground<'_>, &mut Findings),
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}

/// Every rule, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let families = [event_names::RULES, event_facts::RULES, properties::RULES, schema::RULES];
    families.into_iter().flatten()
}

/// The rule of a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code == code)
}

/// What is known beside the plan.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The day on which it is judged; without one nothing expires.
    pub today: Option<NaiveDate>,
    /// How often each event name occurs in the log; empty without a log.
    pub seen: BTreeMap<String, u64>,
    /// Names of events that saved queries ask for; `None` when that is not known.
    pub used: Option<BTreeSet<String>>,
}

/// What a check looks at.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) events: Vec<PlannedEvent<'a>>,
    /// How names of events are written, set or by majority.
    pub(crate) event_style: NamingStyle,
    /// How names of properties are written, set or by majority.
    pub(crate) property_style: NamingStyle,
    pub(crate) facts: &'a Facts,
}

/// An event with what it carries.
#[derive(Debug)]
pub(crate) struct PlannedEvent<'a> {
    pub(crate) id: ItemId,
    pub(crate) spec: &'a EventSpec,
    pub(crate) properties: Vec<PlannedProperty<'a>>,
}

impl<'a> Ground<'a> {
    fn of(plan: &'a Plan<'a>, facts: &'a Facts) -> Ground<'a> {
        let event = |(id, spec): &(ItemId, &'a EventSpec)| PlannedEvent {
            id: *id,
            spec,
            properties: plan.properties(spec),
        };
        let events: Vec<PlannedEvent<'a>> = plan.events().iter().map(event).collect();
        let convention = &plan.settings().convention;
        let names = events.iter().map(|event| event.spec.name.as_str()).filter(|name| !name.is_empty());
        let event_style = naming::settled(&convention.events, names);
        let carried: BTreeSet<&str> = events
            .iter()
            .flat_map(|event| &event.properties)
            .map(|property| property.spec.name.as_str())
            .collect();
        let property_style = naming::settled(&convention.properties, carried.iter().copied());
        Ground { plan, events, event_style, property_style, facts }
    }

    /// Events that have a name, which others must not share.
    pub(crate) fn named(&self) -> impl Iterator<Item = &PlannedEvent<'a>> + Clone {
        self.events.iter().filter(|event| !event.spec.name.is_empty())
    }

    /// The limits of destinations that the plan is meant for.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = &'static Profile> {
        PROFILES
            .iter()
            .filter(|profile| self.plan.settings().destinations.iter().any(|code| code == profile.code))
    }
}

/// Collects what one rule finds.
#[derive(Debug)]
pub(crate) struct Findings {
    rule: &'static Rule,
    found: Vec<Finding>,
}

impl Findings {
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>, fix: Option<Fix>) {
        let severity = self.rule.severity;
        self.found.push(Finding { rule: self.rule, severity, place, message: message.into(), fix });
    }
}

/// Everything that breaks a rule, the worst first; then by code and place. What is suppressed is told apart.
pub fn lint(plan: &Plan<'_>, facts: &Facts) -> Told {
    let ground = Ground::of(plan, facts);
    let settings = plan.settings();
    let mut suppressed = Vec::new();
    let mut found: Vec<(String, Finding)> = Vec::new();
    let mut is_needed = vec![false; settings.suppressions.len()];
    for rule in rules() {
        let switch = settings.rules.get(rule.code).cloned().unwrap_or_default();
        if switch.off {
            continue;
        }
        let mut findings = Findings { rule, found: Vec::new() };
        (rule.check)(&ground, &mut findings);
        for mut finding in findings.found {
            if !concerns(&switch, plan, &finding) {
                continue;
            }
            finding.severity = switch.severity.unwrap_or(finding.severity);
            let label = finding.place.label(plan);
            let hides = |suppression: &Suppression| suppresses(suppression, rule, &label, facts.today);
            match settings.suppressions.iter().position(hides) {
                Some(place) => {
                    is_needed[place] = true;
                    suppressed.push((place, finding));
                }
                None => found.push((label, finding)),
            }
        }
    }
    let idle = schema::superfluous(&settings.suppressions, &is_needed, facts.today);
    found.extend(idle.into_iter().map(|finding| (finding.place.label(plan), finding)));
    found.sort_by(|(a, x), (b, y)| {
        let key = |label, finding: &Finding| (std::cmp::Reverse(finding.severity), finding.rule.code, label);
        key(a.as_str(), x).cmp(&key(b.as_str(), y)).then_with(|| x.message.cmp(&y.message))
    });
    Told { findings: found.into_iter().map(|(_, finding)| finding).collect(), suppressed }
}

/// True where a rule that is kept to some categories or domains applies.
fn concerns(switch: &RuleSwitch, plan: &Plan<'_>, finding: &Finding) -> bool {
    let Some(event) = finding.place.event().and_then(|id| plan.event(id)) else { return true };
    switch.only.is_empty() || switch.only.iter().any(|area| *area == event.category || *area == event.domain)
}

fn suppresses(suppression: &Suppression, rule: &Rule, label: &str, today: Option<NaiveDate>) -> bool {
    let is_over = suppression.until.zip(today).is_some_and(|(until, today)| today >= until);
    suppression.rule == rule.code && !is_over && (suppression.at.is_empty() || suppression.at == label)
}
