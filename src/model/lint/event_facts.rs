//! Rules for what is said of events beside their names. Not for their properties: see `properties`.

use std::collections::BTreeMap;

use super::{Findings, Fix, Ground, Place, PlannedEvent, Rule};
use crate::base::Severity::{Info, Warning};
use crate::model::plan::Status;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "EV020",
        examples: include_str!("../../../assets/rules/EV020.toml"),
        name: "event-no-description",
        severity: Warning,
        what: "An event has no description",
        why: "Nobody knows what is counted",
        advice: "Say in one sentence what happened",
        check: |ground, findings| {
            each(ground, findings, |event| event.spec.description.trim().is_empty(), "has no description");
        },
    },
    Rule {
        code: "EV021",
        examples: include_str!("../../../assets/rules/EV021.toml"),
        name: "event-no-trigger",
        severity: Info,
        what: "Nothing says when an event is sent",
        why: "Every platform sends it at another moment",
        advice: "Say what must have happened when it is sent, and who sends it",
        check: |ground, findings| {
            each(ground, findings, |event| event.spec.triggers.is_empty(), "does not say when it is sent");
        },
    },
    Rule {
        code: "EV022",
        examples: include_str!("../../../assets/rules/EV022.toml"),
        name: "event-no-owner",
        severity: Warning,
        what: "Nobody answers for an event, its category or its domain",
        why: "Nobody is asked, and nobody cleans up",
        advice: "Name an owner of the event or of its category",
        check: no_owner,
    },
    Rule {
        code: "EV023",
        examples: include_str!("../../../assets/rules/EV023.toml"),
        name: "event-no-category",
        severity: Info,
        what: "An event has neither category nor domain",
        why: "It is not found by those who look for its subject",
        advice: "Give it a category",
        check: |ground, findings| {
            let is_lost =
                |event: &PlannedEvent<'_>| event.spec.category.is_empty() && event.spec.domain.is_empty();
            each(ground, findings, is_lost, "has no category");
        },
    },
    Rule {
        code: "EV024",
        examples: include_str!("../../../assets/rules/EV024.toml"),
        name: "event-no-source",
        severity: Info,
        what: "An event names no source",
        why: "Nobody sees which platform does not send it",
        advice: "List what sends it",
        check: no_source,
    },
    Rule {
        code: "EV025",
        examples: include_str!("../../../assets/rules/EV025.toml"),
        name: "event-expired",
        severity: Warning,
        what: "An event is past its last day, or deprecated, and still comes",
        why: "It costs, and people go on counting it",
        advice: "Stop sending it, or give it another last day",
        check: expired,
    },
    Rule {
        code: "EV026",
        examples: include_str!("../../../assets/rules/EV026.toml"),
        name: "event-no-properties",
        severity: Info,
        what: "An event carries no properties",
        why: "It cannot be broken down",
        advice: "Say what tells one from another",
        check: |ground, findings| {
            each(ground, findings, |event| event.properties.is_empty(), "has no properties");
        },
    },
    Rule {
        code: "EV027",
        examples: include_str!("../../../assets/rules/EV027.toml"),
        name: "event-too-many-properties",
        severity: Warning,
        what: "An event carries more properties than a chosen destination takes, or more than 100",
        why: "Some are cut off there, and nobody can look after so many",
        advice: "Move what belongs together into a property group or an object, and drop what nobody uses",
        check: too_many_properties,
    },
    Rule {
        code: "EV028",
        examples: include_str!("../../../assets/rules/EV028.toml"),
        name: "plan-too-many-events",
        severity: Info,
        what: "The plan has more events than a chosen destination takes, or a third of them hardly ever come",
        why: "What matters is not found",
        advice: "Archive what nobody uses",
        check: too_many_events,
    },
    Rule {
        code: "EV029",
        examples: include_str!("../../../assets/rules/EV029.toml"),
        name: "event-without-use",
        severity: Info,
        what: "No saved query asks for an event that comes",
        why: "It is collected for nothing",
        advice: "Ask for it, or stop sending it",
        check: without_use,
    },
];

fn each(
    ground: &Ground<'_>,
    findings: &mut Findings,
    breaks: impl Fn(&PlannedEvent<'_>) -> bool,
    message: &str,
) {
    for event in ground.events.iter().filter(|event| event.spec.lifecycle.status != Status::Archived) {
        if breaks(event) {
            findings.add(Place::Event(event.id), format!("“{}” {message}", event.spec.title()), None);
        }
    }
}

fn no_owner(ground: &Ground<'_>, findings: &mut Findings) {
    // Where all others of a category have the same owner, it is proposed.
    let mut owners: BTreeMap<&str, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for event in ground.events.iter().filter(|event| !event.spec.owner.is_empty()) {
        owners.entry(area(event)).or_default().insert(&event.spec.owner);
    }
    for event in &ground.events {
        if event.spec.lifecycle.status == Status::Archived || !ground.plan.owner(event.spec).is_empty() {
            continue;
        }
        let known = owners.get(area(event)).filter(|owners| owners.len() == 1 && !area(event).is_empty());
        let fix = known.and_then(|owners| owners.first()).map(|owner| Fix::SetOwner((*owner).to_owned()));
        findings.add(Place::Event(event.id), format!("“{}” has no owner", event.spec.title()), fix);
    }
}

fn area<'a>(event: &PlannedEvent<'a>) -> &'a str {
    let spec = event.spec;
    if spec.category.is_empty() { &spec.domain } else { &spec.category }
}

fn no_source(ground: &Ground<'_>, findings: &mut Findings) {
    let all = &ground.plan.settings().sources;
    let fix = (all.len() == 1).then(|| Fix::SetSources(all.clone()));
    for event in ground.events.iter().filter(|event| event.spec.sources.is_empty()) {
        if event.spec.lifecycle.status != Status::Archived {
            let message = format!("“{}” names no source", event.spec.title());
            findings.add(Place::Event(event.id), message, fix.clone());
        }
    }
}

fn expired(ground: &Ground<'_>, findings: &mut Findings) {
    for event in &ground.events {
        let names = std::iter::once(&event.spec.name).chain(&event.spec.aliases);
        let seen: u64 = names.filter_map(|name| ground.facts.seen.get(name)).sum();
        let lifecycle = &event.spec.lifecycle;
        let is_past = lifecycle.expires.zip(ground.facts.today).is_some_and(|(last, today)| today > last);
        let is_over = matches!(lifecycle.status, Status::Deprecated | Status::Archived);
        if seen > 0 && (is_past || is_over) {
            let state = if is_past { "is past its last day" } else { "is no longer used" };
            let message = format!("“{}” {state} and still came {seen} times", event.spec.title());
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

/// More than anyone looks after, where no destination says less.
const MOST_PROPERTIES: usize = 100;

fn too_many_properties(ground: &Ground<'_>, findings: &mut Findings) {
    let limits = ground.profiles().filter_map(|profile| Some((profile.properties?, profile.name)));
    let (most, whose) = limits.min().unwrap_or((MOST_PROPERTIES, ""));
    for event in ground.events.iter().filter(|event| event.properties.len() > most) {
        let count = event.properties.len();
        let limit =
            if whose.is_empty() { format!("more than {most}") } else { format!("{whose} takes {most}") };
        let message = format!("“{}” carries {count} properties; {limit}", event.spec.title());
        findings.add(Place::Event(event.id), message, None);
    }
}

/// An event rarer than one in so many hardly ever comes.
const RARE: u64 = 10_000;

fn too_many_events(ground: &Ground<'_>, findings: &mut Findings) {
    for profile in ground.profiles() {
        let Some(most) = profile.events.filter(|most| ground.events.len() > *most) else { continue };
        let message = format!("The plan has {} events; {} takes {most}", ground.events.len(), profile.name);
        findings.add(Place::Plan, message, None);
    }
    let all: u64 = ground.facts.seen.values().sum();
    let seen = |event: &&PlannedEvent<'_>| ground.facts.seen.get(&event.spec.name).copied().unwrap_or(0);
    let rare = ground.named().filter(|event| seen(event) < all / RARE).count();
    let of = ground.named().count();
    if all >= RARE && rare * 10 > of * 3 {
        let message = format!("{rare} of {of} events are fewer than one in {RARE} of the log");
        findings.add(Place::Plan, message, None);
    }
}

fn without_use(ground: &Ground<'_>, findings: &mut Findings) {
    let Some(used) = &ground.facts.used else { return };
    for event in ground.named() {
        let mut names = std::iter::once(&event.spec.name).chain(&event.spec.aliases);
        let seen = names.clone().any(|name| ground.facts.seen.contains_key(name));
        if seen && !names.any(|name| used.contains(name)) {
            let message = format!("No saved query asks for “{}”", event.spec.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}
