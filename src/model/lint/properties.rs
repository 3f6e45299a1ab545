//! Rules for properties: their names, types and meanings. Not for what a validator would stumble over: see `schema`.

use std::collections::{BTreeMap, BTreeSet};

use super::event_names::{dynamic_part, odd_characters};
use super::{Findings, Fix, Ground, Place, PlannedEvent, Rule};
use crate::base::Severity::{Error, Info, Warning};
use crate::model::plan::{
    Format, Origin, PlannedProperty, Presence, PropertySource, PropertySpec, Sensitivity, Shape, TraitOwner,
    Types, ValueType, naming,
};
use crate::model::privacy;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "PR001",
        examples: include_str!("../../../assets/rules/PR001.toml"),
        name: "property-name-variant",
        severity: Error,
        what: "Two names of properties are equal but for capitals and what joins their words",
        why: "A breakdown by one of them misses the other",
        advice: "Rename one; the old name stays as an alias",
        check: variant,
    },
    Rule {
        code: "PR002",
        examples: include_str!("../../../assets/rules/PR002.toml"),
        name: "property-name-case",
        severity: Warning,
        what: "A name is written in another case than the plan's",
        why: "It is hard to find and to guess",
        advice: "Rename it; the old name stays as an alias",
        check: case,
    },
    Rule {
        code: "PR003",
        examples: include_str!("../../../assets/rules/PR003.toml"),
        name: "property-type-conflict",
        severity: Error,
        what: "Properties of one name have different types in different events",
        why: "One column of a table has two types",
        advice: "Give all of them one type, or rename one",
        check: type_conflict,
    },
    Rule {
        code: "PR004",
        examples: include_str!("../../../assets/rules/PR004.toml"),
        name: "property-no-type",
        severity: Warning,
        what: "A property has no type",
        why: "There is nothing to hold the log against",
        advice: "Choose the type that the log shows",
        check: no_type,
    },
    Rule {
        code: "PR005",
        examples: include_str!("../../../assets/rules/PR005.toml"),
        name: "property-no-description",
        severity: Info,
        what: "A property has no description",
        why: "Its meaning is guessed",
        advice: "Say what it means; a namesake's description is offered",
        check: no_description,
    },
    Rule {
        code: "PR006",
        examples: include_str!("../../../assets/rules/PR006.toml"),
        name: "property-name-dynamic",
        severity: Error,
        what: "A name is a number, or holds an id or a running number",
        why: "Every value makes a column of its own",
        advice: "Send a list or an object",
        check: dynamic,
    },
    Rule {
        code: "PR007",
        examples: include_str!("../../../assets/rules/PR007.toml"),
        name: "property-name-type-mismatch",
        severity: Warning,
        what: "A name promises another type than the property has: is_ and has_ a boolean, _at and _date a time, _count a number",
        why: "People ask for what the name promises",
        advice: "Change the type, or the name",
        check: name_against_type,
    },
    Rule {
        code: "PR008",
        examples: include_str!("../../../assets/rules/PR008.toml"),
        name: "property-boolean-as-string",
        severity: Warning,
        what: "A text may only be true or false, yes or no, 0 or 1",
        why: "A filter for true finds nothing, and nobody notices",
        advice: "Make it a boolean",
        check: boolean_as_string,
    },
    Rule {
        code: "PR010",
        examples: include_str!("../../../assets/rules/PR010.toml"),
        name: "property-enum-inconsistent",
        severity: Warning,
        what: "Two allowed values differ only by capitals or spaces, or their cases are mixed",
        why: "One value is counted as two",
        advice: "Keep one way to write each",
        check: enum_inconsistent,
    },
    Rule {
        code: "PR012",
        examples: include_str!("../../../assets/rules/PR012.toml"),
        name: "property-unit-missing",
        severity: Info,
        what: "A duration, a size or an amount has no unit, and no property beside it says so",
        why: "Sums add what cannot be added",
        advice: "Say the unit, or send the currency beside it",
        check: unit_missing,
    },
    Rule {
        code: "PR013",
        examples: include_str!("../../../assets/rules/PR013.toml"),
        name: "property-personal",
        severity: Error,
        what: "A name sounds like an e-mail, a phone number, an address, a card, a birth date, and nobody said whether it is personal",
        why: "Personal data is stored and shown without anyone having decided so",
        advice: "Say that it is personal, or that it is not",
        check: personal,
    },
    Rule {
        code: "PR014",
        examples: include_str!("../../../assets/rules/PR014.toml"),
        name: "property-trait-clash",
        severity: Warning,
        what: "An event's property has the name of a person's trait",
        why: "Queries cannot tell which is meant",
        advice: "Rename one",
        check: trait_clash,
    },
    Rule {
        code: "PR015",
        examples: include_str!("../../../assets/rules/PR015.toml"),
        name: "property-reserved",
        severity: Error,
        what: "A chosen destination has a property of this name itself",
        why: "It is overwritten or dropped there",
        advice: "Rename it",
        check: reserved,
    },
    Rule {
        code: "PR016",
        examples: include_str!("../../../assets/rules/PR016.toml"),
        name: "property-required-outlier",
        severity: Warning,
        what: "A property must always be there in all events but one, or a trait is required",
        why: "Gaps go unnoticed; and traits come bit by bit",
        advice: "Make it the same everywhere",
        check: required_outlier,
    },
    Rule {
        code: "PR017",
        examples: include_str!("../../../assets/rules/PR017.toml"),
        name: "property-missing-from-group",
        severity: Info,
        what: "Nearly all events of a category carry a property, and one does not",
        why: "It was probably forgotten",
        advice: "Add it, or say that it never comes",
        check: missing_in_category,
    },
    Rule {
        code: "PR018",
        examples: include_str!("../../../assets/rules/PR018.toml"),
        name: "property-depth",
        severity: Info,
        what: "Objects are nested deeper than three, or than a chosen destination takes",
        why: "They are flattened or lost",
        advice: "Send flat properties",
        check: depth,
    },
    Rule {
        code: "PR019",
        examples: include_str!("../../../assets/rules/PR019.toml"),
        name: "property-name-chars",
        severity: Warning,
        what: "A name is longer than a chosen destination takes, or has spaces, dots, dollar signs or characters that are not seen",
        why: "It is cut off, or taken for a path",
        advice: "Rename it; the old name stays as an alias",
        check: name_characters,
    },
];

/// Where a property of an event is; a shared one is one place for all events.
pub(super) fn place_of(event: &PlannedEvent<'_>, property: &PlannedProperty<'_>) -> Place {
    match property.used.source {
        PropertySource::Shared(id) => Place::Item(id, String::new()),
        PropertySource::Own(_) => Place::Property(event.id, property.origin, String::new()),
    }
}

/// Every property once: an event's own with its event, a shared one with the first event that carries it.
fn each<'g, 'a>(ground: &'g Ground<'a>) -> Vec<(&'g PlannedEvent<'a>, &'g PlannedProperty<'a>)> {
    let mut shared = BTreeSet::new();
    let all =
        ground.events.iter().flat_map(|event| event.properties.iter().map(move |property| (event, property)));
    let is_first = |(_, property): &(&PlannedEvent<'_>, &PlannedProperty<'_>)| match (
        &property.used.source,
        property.origin,
    ) {
        (PropertySource::Shared(id), _) => shared.insert((*id, 0)),
        (PropertySource::Own(_), Origin::Group(id, place)) => shared.insert((id, place + 1)),
        (PropertySource::Own(_), Origin::Event(_)) => true,
    };
    all.filter({
        let mut is_first = is_first;
        move |pair| is_first(pair)
    })
    .collect()
}

/// Tells of each property of which `wrong` says something.
fn tell<'a>(
    ground: &Ground<'a>,
    findings: &mut Findings,
    wrong: impl Fn(&PlannedEvent<'a>, &'a PropertySpec, &'a Shape) -> Option<(String, Option<Fix>)>,
) {
    for (event, property) in each(ground) {
        let shape = ground.plan.shape(&property.spec.shape);
        if let Some((message, fix)) = wrong(event, property.spec, shape) {
            findings.add(place_of(event, property), message, fix);
        }
    }
}

fn rename(spec: &PropertySpec, to: String) -> Option<Fix> {
    (to != spec.name && !to.is_empty()).then_some(Fix::RenameProperty { to })
}

fn variant(ground: &Ground<'_>, findings: &mut Findings) {
    let mut names: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for property in ground.events.iter().flat_map(|event| &event.properties) {
        let name = property.spec.name.as_str();
        *names.entry(naming::folded(name)).or_default().entry(name).or_default() += 1;
    }
    let fits = |name: &str| ground.property_style.case.is_some_and(|case| case.fits(name));
    let kept: BTreeMap<&str, &str> = names
        .values()
        .filter(|spellings| spellings.len() > 1)
        .flat_map(|spellings| {
            let best =
                spellings.iter().max_by_key(|(name, count)| (fits(name), **count, std::cmp::Reverse(**name)));
            let kept = best.map_or("", |(name, _)| *name);
            spellings.keys().filter(move |name| **name != kept).map(move |name| (*name, kept))
        })
        .collect();
    tell(ground, findings, |_, spec, _| {
        let kept = *kept.get(spec.name.as_str())?;
        Some((format!("“{}” and “{kept}” are one name", spec.name), rename(spec, kept.to_owned())))
    });
}

fn case(ground: &Ground<'_>, findings: &mut Findings) {
    let Some(case) = ground.property_style.case else { return };
    tell(ground, findings, |_, spec, _| {
        if case.fits(&spec.name) || spec.name.is_empty() {
            return None;
        }
        let message = format!("“{}” is not written in {}", spec.name, case.title());
        Some((message, rename(spec, case.apply(&spec.name))))
    });
}

/// The types that count for a comparison: null and “any” say nothing against others; an integer is a number.
fn compared(shape: &Shape) -> Types {
    let types = shape.types.without(ValueType::Null);
    if types.has(ValueType::Integer) {
        types.without(ValueType::Integer).with(ValueType::Number)
    } else {
        types
    }
}

fn type_conflict(ground: &Ground<'_>, findings: &mut Findings) {
    let mut types: BTreeMap<&str, BTreeMap<Types, usize>> = BTreeMap::new();
    for property in ground.events.iter().flat_map(|event| &event.properties) {
        let shape = compared(ground.plan.shape(&property.spec.shape));
        if !shape.is_any() {
            *types.entry(&property.spec.name).or_default().entry(shape).or_default() += 1;
        }
    }
    tell(ground, findings, |_, spec, shape| {
        let found = types.get(spec.name.as_str()).filter(|found| found.len() > 1)?;
        let (most, _) = found.iter().max_by_key(|(types, count)| (**count, std::cmp::Reverse(**types)))?;
        let own = compared(shape);
        if own == *most || own.is_any() {
            return None;
        }
        let words = |types: Types| types.iter().map(ValueType::word).collect::<Vec<_>>().join(" or ");
        let message = format!("“{}” is {} here and {} elsewhere", spec.name, words(own), words(*most));
        Some((message, Some(Fix::SetTypes(*most))))
    });
}

fn no_type(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, shape| {
        let limits = shape.limits();
        let says = !shape.types.is_any() || limits.constant.is_some() || !limits.values.is_empty();
        (!says).then(|| (format!("“{}” has no type", spec.name), None))
    });
}

fn no_description(ground: &Ground<'_>, findings: &mut Findings) {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, property) in each(ground) {
        if !property.spec.description.is_empty() {
            known.entry(&property.spec.name).or_insert(&property.spec.description);
        }
    }
    tell(ground, findings, |_, spec, _| {
        if !spec.description.trim().is_empty() {
            return None;
        }
        let fix = known.get(spec.name.as_str()).map(|text| Fix::SetDescription((*text).to_owned()));
        Some((format!("“{}” has no description", spec.name), fix))
    });
}

fn dynamic(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |event, spec, _| {
        let name = spec.name.as_str();
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some((format!("“{name}” is a number"), None));
        }
        if let Some(part) = dynamic_part(name) {
            return Some((format!("“{name}” holds {part}"), None));
        }
        let stem = |name: &str| {
            let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
            (stem.len() < name.len() && stem.ends_with(['_', '-', ' ', '.'])).then(|| stem.to_owned())
        };
        let own = stem(name)?;
        let alike =
            event.properties.iter().filter(|other| stem(&other.spec.name).as_ref() == Some(&own)).count();
        (alike > 1).then(|| (format!("“{name}” is one of {alike} that are numbered"), None))
    });
}

/// What a name promises.
fn promised(name: &str) -> Option<ValueType> {
    let words: Vec<String> = naming::words(name).into_iter().map(str::to_lowercase).collect();
    let (first, last) = (words.first()?.as_str(), words.last()?.as_str());
    if words.len() > 1 && matches!(first, "is" | "has") {
        return Some(ValueType::Boolean);
    }
    if words.len() > 1 && matches!(last, "at" | "date" | "timestamp") {
        return Some(ValueType::String);
    }
    matches!(last, "count" | "amount" | "price" | "total" | "quantity").then_some(ValueType::Number)
}

fn name_against_type(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, shape| {
        let types = shape.types.without(ValueType::Null);
        let promised = promised(&spec.name).filter(|_| !types.is_any())?;
        let (fits, words) = match promised {
            ValueType::Boolean => (types.single() == Some(ValueType::Boolean), "a boolean"),
            ValueType::Number => (types.allows(ValueType::Integer), "a number"),
            _ => {
                let dated = matches!(shape.limits().format, Some(Format::DateTime | Format::Date));
                (dated || types.allows(ValueType::Integer), "a time")
            }
        };
        if fits {
            return None;
        }
        let fix = (promised != ValueType::String).then_some(Fix::SetTypes(Types::one(promised)));
        Some((format!("“{}” promises {words} and is {}", spec.name, shape.words()), fix))
    });
}

/// Two texts that mean a truth value.
const TRUTHS: [(&str, &str); 5] = [("true", "false"), ("yes", "no"), ("0", "1"), ("y", "n"), ("on", "off")];

fn boolean_as_string(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, shape| {
        let values = &shape.limits().values;
        let texts: Vec<String> =
            values.iter().filter_map(|value| value.as_str()).map(str::to_lowercase).collect();
        let [a, b] = texts.as_slice() else { return None };
        let is_truth = TRUTHS.iter().any(|(x, y)| (a == x && b == y) || (a == y && b == x));
        let message = || format!("“{}” is a text that may be {a} or {b}", spec.name);
        (is_truth && values.len() == 2)
            .then(|| (message(), Some(Fix::SetTypes(Types::one(ValueType::Boolean)))))
    });
}

fn enum_inconsistent(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, shape| {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for value in shape.limits().values.iter().filter_map(|value| value.as_str()) {
            let key = value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if let Some(other) = seen.insert(key, value)
                && other != value
            {
                return Some((format!("“{}” may be “{other}” and “{value}”", spec.name), None));
            }
        }
        None
    });
}

/// Last words of names whose numbers are measured in something.
const MEASURED: [&str; 14] = [
    "amount", "cost", "discount", "distance", "duration", "height", "length", "price", "revenue", "shipping",
    "size", "tax", "total", "weight",
];
/// Words that say the unit.
const UNITS: [&str; 22] = [
    "bytes", "cents", "cm", "days", "eur", "gb", "hours", "kb", "kg", "km", "mb", "meters", "min", "minutes",
    "mm", "ms", "pct", "percent", "px", "sec", "seconds", "usd",
];

fn unit_missing(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |event, spec, shape| {
        let words: Vec<String> = naming::words(&spec.name).into_iter().map(str::to_lowercase).collect();
        let is_number =
            shape.types.single().is_some_and(|kind| matches!(kind, ValueType::Number | ValueType::Integer));
        let is_measured = words.iter().any(|word| MEASURED.contains(&word.as_str()));
        let says = !spec.unit.is_empty() || words.iter().any(|word| UNITS.contains(&word.as_str()));
        let has_beside = event.properties.iter().any(|other| {
            let name = other.spec.name.to_lowercase();
            name.contains("currency") || name.ends_with("unit")
        });
        let lacks = is_number && is_measured && !says && !has_beside;
        lacks.then(|| (format!("“{}” does not say in what it is measured", spec.name), None))
    });
}

fn personal(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, _| {
        let is_open = spec.sensitivity == Sensitivity::Undeclared && privacy::is_personal_name(&spec.name);
        let fix = Fix::SetSensitivity(Sensitivity::Personal(String::new()));
        is_open.then(|| (format!("“{}” sounds personal, and nobody said so", spec.name), Some(fix)))
    });
}

fn trait_clash(ground: &Ground<'_>, findings: &mut Findings) {
    let traits: BTreeSet<&str> = ground
        .plan
        .traits()
        .iter()
        .filter(|(_, spec)| spec.of == TraitOwner::Person)
        .map(|(_, spec)| spec.property.name.as_str())
        .collect();
    tell(ground, findings, |_, spec, _| {
        let message = || format!("“{}” is a property here and a trait of persons", spec.name);
        traits.contains(spec.name.as_str()).then(|| (message(), None))
    });
}

fn reserved(ground: &Ground<'_>, findings: &mut Findings) {
    tell(ground, findings, |_, spec, _| {
        let profile = ground.profiles().find(|profile| profile.reserves(&spec.name, false))?;
        Some((format!("{} has “{}” for itself", profile.name, spec.name), None))
    });
}

fn required_outlier(ground: &Ground<'_>, findings: &mut Findings) {
    let mut uses: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for property in ground.events.iter().flat_map(|event| &event.properties) {
        let (always, all) = uses.entry(&property.spec.name).or_default();
        *always += usize::from(property.used.presence == Presence::Always);
        *all += 1;
    }
    for event in &ground.events {
        for property in
            event.properties.iter().filter(|property| property.used.presence == Presence::Sometimes)
        {
            let Some((always, all)) = uses.get(property.spec.name.as_str()) else { continue };
            if *all > 2 && always + 1 == *all {
                let message =
                    format!("“{}” must be there in all of {all} events but this", property.spec.name);
                findings.add(Place::Property(event.id, property.origin, String::new()), message, None);
            }
        }
    }
    for (id, spec) in ground.plan.traits().iter().filter(|(_, spec)| spec.required) {
        let message = format!("The trait “{}” is required", spec.property.name);
        findings.add(Place::Item(*id, String::new()), message, None);
    }
}

/// A category with fewer events tells nothing of what all carry.
const LEAST_EVENTS: usize = 5;

fn missing_in_category(ground: &Ground<'_>, findings: &mut Findings) {
    let mut categories: BTreeMap<&str, Vec<&PlannedEvent<'_>>> = BTreeMap::new();
    for event in ground.named().filter(|event| !event.spec.category.is_empty()) {
        categories.entry(&event.spec.category).or_default().push(event);
    }
    for (category, events) in categories.into_iter().filter(|(_, events)| events.len() >= LEAST_EVENTS) {
        let names: Vec<BTreeSet<&str>> = events
            .iter()
            .map(|event| event.properties.iter().map(|property| property.spec.name.as_str()).collect())
            .collect();
        let all: BTreeSet<&str> = names.iter().flatten().copied().collect();
        for name in all {
            let lacking: Vec<usize> =
                (0..events.len()).filter(|place| !names[*place].contains(name)).collect();
            let [place] = lacking.as_slice() else { continue };
            let message = format!(
                "“{}” lacks “{name}”, which all others of “{category}” carry",
                events[*place].spec.name
            );
            findings.add(Place::Event(events[*place].id), message, None);
        }
    }
}

/// How deep objects are nested: 0 for a plain value.
fn nesting(ground: &Ground<'_>, shape: &Shape, left: usize) -> usize {
    let shape = ground.plan.shape(shape);
    if left == 0 {
        return 0;
    }
    let inner = shape.properties.iter().filter_map(|used| match &used.source {
        PropertySource::Own(spec) => Some(nesting(ground, &spec.shape, left - 1)),
        PropertySource::Shared(id) => {
            ground.plan.shared().get(id).map(|spec| nesting(ground, &spec.shape, left - 1))
        }
    });
    let object = inner.max().map(|depth| depth + 1);
    let items = shape.items.as_deref().map(|items| nesting(ground, items, left - 1));
    object.into_iter().chain(items).max().unwrap_or(0)
}

/// Nesting is followed this far.
const DEEPEST: usize = 32;
/// Deeper than this nobody finds anything.
const DEEP: usize = 3;

fn depth(ground: &Ground<'_>, findings: &mut Findings) {
    let limits = ground.profiles().filter_map(|profile| Some((profile.depth?, profile.name)));
    let (most, whose) = limits.min().unwrap_or((DEEP, ""));
    tell(ground, findings, |_, spec, shape| {
        let deep = nesting(ground, shape, DEEPEST);
        if deep <= most {
            return None;
        }
        let limit =
            if whose.is_empty() { format!("more than {most}") } else { format!("{whose} takes {most}") };
        Some((format!("“{}” nests objects {deep} deep; {limit}", spec.name), None))
    });
}

fn name_characters(ground: &Ground<'_>, findings: &mut Findings) {
    let limits = ground.profiles().filter_map(|profile| Some((profile.property_name?, profile.name)));
    let most = limits.min();
    tell(ground, findings, |_, spec, _| {
        let name = spec.name.as_str();
        let letters = name.chars().count();
        if let Some((most, whose)) = most.filter(|(most, _)| letters > *most) {
            return Some((format!("“{name}” has {letters} characters; {whose} takes {most}"), None));
        }
        if name.trim().is_empty() {
            return Some(("A property has no name".to_owned(), None));
        }
        let is_odd = odd_characters(name).is_some() || name.contains([' ', '.', '$', '[', ']']);
        let mended = || naming::words(name).join("_");
        let case = ground.property_style.case;
        let to = || case.map_or_else(mended, |case| case.apply(name));
        is_odd.then(|| (format!("“{name}” has characters that break paths"), rename(spec, to())))
    });
}
