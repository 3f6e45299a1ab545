//! Rules for names of events. Not for what else is said of them: see `event_facts`.

use std::collections::BTreeMap;

use super::{Findings, Fix, Ground, Place, PlannedEvent, Rule};
use crate::base::Severity::{Error, Info, Warning};
use crate::model::plan::{Tense, WordOrder, naming};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "EV001",
        examples: include_str!("../../../assets/rules/EV001.toml"),
        name: "event-name-duplicate",
        severity: Error,
        what: "Two names are equal but for capitals and what joins their words",
        why: "One fact is split over two names, and no count is whole",
        advice: "Keep one name, and make the other an alias of it",
        check: duplicate,
    },
    Rule {
        code: "EV002",
        examples: include_str!("../../../assets/rules/EV002.toml"),
        name: "event-name-case",
        severity: Warning,
        what: "A name is written in another case than the plan's",
        why: "It is hard to find and to guess",
        advice: "Rename it; the old name stays as an alias",
        check: case,
    },
    Rule {
        code: "EV003",
        examples: include_str!("../../../assets/rules/EV003.toml"),
        name: "event-name-order",
        severity: Warning,
        what: "The verb stands first where the plan has the object first, or the other way round",
        why: "Events of one object do not stand together in a list",
        advice: "Rename it; the old name stays as an alias",
        check: order,
    },
    Rule {
        code: "EV004",
        examples: include_str!("../../../assets/rules/EV004.toml"),
        name: "event-verb-tense",
        severity: Warning,
        what: "The verb stands in another tense than the plan's",
        why: "Two spellings arise for one act",
        advice: "Rename it; the old name stays as an alias",
        check: tense,
    },
    Rule {
        code: "EV005",
        examples: include_str!("../../../assets/rules/EV005.toml"),
        name: "event-verb-not-allowed",
        severity: Warning,
        what: "The verb is not in the plan's list, or is another word for one of it",
        why: "Two words for one act hide that it is the same",
        advice: "Use a verb of the list, or add this one to it",
        check: verb,
    },
    Rule {
        code: "EV006",
        examples: include_str!("../../../assets/rules/EV006.toml"),
        name: "event-name-similar",
        severity: Info,
        what: "Two names have the same words in another order or tense, or differ by one letter",
        why: "They may be the same event",
        advice: "Make one an alias of the other, or describe how they differ",
        check: similar,
    },
    Rule {
        code: "EV007",
        examples: include_str!("../../../assets/rules/EV007.toml"),
        name: "event-name-dynamic",
        severity: Error,
        what: "A name holds a date, a number, an id, an address or an e-mail",
        why: "Every value makes an event of its own; limits are hit, and nothing can be counted",
        advice: "Keep the part that never changes, and send the rest as a property",
        check: dynamic,
    },
    Rule {
        code: "EV008",
        examples: include_str!("../../../assets/rules/EV008.toml"),
        name: "event-value-in-name",
        severity: Warning,
        what: "A name holds a value that one of its properties may have",
        why: "The event cannot be broken down by it",
        advice: "Drop the value from the name, and send the property",
        check: value_in_name,
    },
    Rule {
        code: "EV009",
        examples: include_str!("../../../assets/rules/EV009.toml"),
        name: "event-name-ui-detail",
        severity: Info,
        what: "A name tells of a button, a dialog, an icon, a color",
        why: "It says nothing after the next redesign",
        advice: "Name what the person achieved",
        check: ui_detail,
    },
    Rule {
        code: "EV010",
        examples: include_str!("../../../assets/rules/EV010.toml"),
        name: "event-name-length",
        severity: Error,
        what: "A name is longer than a chosen destination takes",
        why: "It is cut off or refused there",
        advice: "Shorten it",
        check: length,
    },
    Rule {
        code: "EV011",
        examples: include_str!("../../../assets/rules/EV011.toml"),
        name: "event-name-chars",
        severity: Warning,
        what: "A name has spaces around it or two in a row, quotes, invisible characters, or such as a chosen destination refuses",
        why: "Two names look the same and are not",
        advice: "Rename it; the old name stays as an alias",
        check: chars,
    },
    Rule {
        code: "EV012",
        examples: include_str!("../../../assets/rules/EV012.toml"),
        name: "event-name-reserved",
        severity: Error,
        what: "A chosen destination has an event of this name itself",
        why: "It is dropped there, or mixed with the destination's own",
        advice: "Rename it",
        check: reserved,
    },
    Rule {
        code: "EV014",
        examples: include_str!("../../../assets/rules/EV014.toml"),
        name: "event-category-prefix",
        severity: Info,
        what: "A category is called “events” or the like, or all of its events begin with the same word as it",
        why: "The word tells nothing",
        advice: "Name the category for what its events are about",
        check: category_prefix,
    },
];

fn rename(event: &PlannedEvent<'_>, to: String) -> Option<Fix> {
    (to != event.spec.name && !to.is_empty()).then_some(Fix::RenameEvent { to })
}

fn duplicate(ground: &Ground<'_>, findings: &mut Findings) {
    let mut groups: BTreeMap<_, Vec<&PlannedEvent<'_>>> = BTreeMap::new();
    for event in ground.named() {
        groups.entry((event.spec.kind, naming::folded(&event.spec.name))).or_default().push(event);
    }
    for events in groups.into_values().filter(|events| events.len() > 1) {
        let fits = |event: &&&PlannedEvent<'_>| {
            ground.event_style.case.is_some_and(|case| case.fits(&event.spec.name))
        };
        let Some(kept) = events.iter().find(fits).or(events.first()).copied() else { continue };
        for event in events.iter().filter(|event| event.id != kept.id) {
            let message = format!("“{}” and “{}” are one name", event.spec.name, kept.spec.name);
            findings.add(Place::Event(event.id), message, Some(Fix::MergeInto { event: kept.id }));
        }
    }
}

fn case(ground: &Ground<'_>, findings: &mut Findings) {
    let Some(case) = ground.event_style.case else { return };
    for event in ground.named().filter(|event| !case.fits(&event.spec.name)) {
        let message = format!("“{}” is not written in {}", event.spec.name, case.title());
        findings.add(Place::Event(event.id), message, rename(event, case.apply(&event.spec.name)));
    }
}

/// The name with its words in another order or form, in the plan's case.
fn rewritten(ground: &Ground<'_>, name: &str, words: &[&str]) -> String {
    let case = ground
        .event_style
        .case
        .or_else(|| naming::majority_case(std::iter::once(name)).map(|found| found.most));
    let joined = words.join(" ");
    case.map_or(joined.clone(), |case| case.apply(&joined))
}

fn order(ground: &Ground<'_>, findings: &mut Findings) {
    let Some(wanted) = ground.event_style.order else { return };
    for event in ground.named() {
        let name = &event.spec.name;
        if naming::order(name).is_none_or(|order| order == wanted) {
            continue;
        }
        let mut words = naming::words(name);
        let Some(verb) = naming::verb(name).filter(|verb| verb.place < words.len()) else { continue };
        let moved = words.remove(verb.place);
        let (message, to) = match wanted {
            WordOrder::ObjectVerb => ("has its verb first", words.len()),
            WordOrder::VerbObject => ("has its verb last", 0),
        };
        words.insert(to, moved);
        let to = rewritten(ground, name, &words);
        findings.add(Place::Event(event.id), format!("“{name}” {message}"), rename(event, to));
    }
}

fn tense(ground: &Ground<'_>, findings: &mut Findings) {
    let Some(wanted) = ground.event_style.tense else { return };
    for event in ground.named() {
        let name = &event.spec.name;
        let Some(verb) = naming::verb(name).filter(|verb| verb.tense().is_some_and(|tense| tense != wanted))
        else {
            continue;
        };
        let mut words = naming::words(name);
        if let Some(word) = words.get_mut(verb.place) {
            *word = verb.in_tense(wanted);
        }
        let tense = match wanted {
            Tense::Past => "past",
            Tense::Present => "present",
        };
        let message = format!("“{}” of “{name}” is not in the {tense}", naming::words(name)[verb.place]);
        findings.add(Place::Event(event.id), message, rename(event, rewritten(ground, name, &words)));
    }
}

/// Words for the same act: the one that is not in a plan's list, and the one that may be.
const SYNONYMS: &[(&str, &str)] = &[
    ("press", "click"),
    ("tap", "click"),
    ("see", "view"),
    ("show", "view"),
    ("display", "view"),
    ("visit", "view"),
    ("finish", "complete"),
    ("begin", "start"),
    ("initiate", "start"),
    ("launch", "open"),
    ("purchase", "buy"),
    ("pick", "select"),
    ("choose", "select"),
    ("get", "receive"),
    ("edit", "update"),
    ("change", "update"),
    ("register", "sign"),
];

fn verb(ground: &Ground<'_>, findings: &mut Findings) {
    let allowed = &ground.event_style.verbs;
    if allowed.is_empty() {
        return;
    }
    let is_allowed = |verb: &naming::Verb| {
        allowed
            .iter()
            .any(|word| word.eq_ignore_ascii_case(verb.present) || word.eq_ignore_ascii_case(verb.past))
    };
    for event in ground.named() {
        let name = &event.spec.name;
        let Some(verb) = naming::verb(name).filter(|verb| !is_allowed(verb)) else { continue };
        let other = SYNONYMS
            .iter()
            .filter(|(word, _)| *word == verb.present)
            .find_map(|(_, other)| naming::verb(other).filter(is_allowed));
        let fix = other.and_then(|other| {
            let mut words = naming::words(name);
            let tense = if verb.is_past { Tense::Past } else { Tense::Present };
            *words.get_mut(verb.place)? = other.in_tense(tense);
            rename(event, rewritten(ground, name, &words))
        });
        let message = format!("“{}” of “{name}” is not a verb of the plan", verb.present);
        findings.add(Place::Event(event.id), message, fix);
    }
}

fn similar(ground: &Ground<'_>, findings: &mut Findings) {
    // Names that become equal when one letter is left out differ by one letter at most.
    let mut near: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let named: Vec<&PlannedEvent<'_>> = ground.named().collect();
    for (place, event) in named.iter().enumerate() {
        let folded = naming::folded(&event.spec.name);
        let letters: Vec<char> = folded.chars().collect();
        if letters.len() >= LEAST_LETTERS {
            near.entry(folded.clone()).or_default().push(place);
            for gone in 0..letters.len() {
                let rest: String = letters
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != gone)
                    .map(|(_, letter)| letter)
                    .collect();
                near.entry(rest).or_default().push(place);
            }
        }
        near.entry(format!("\u{1f}{}", bag(&event.spec.name))).or_default().push(place);
    }
    let mut pairs = std::collections::BTreeSet::new();
    for places in near.into_values() {
        for (at, a) in places.iter().enumerate().take(MOST_ALIKE) {
            for b in places[at + 1..].iter().take(MOST_ALIKE).filter(|b| *b != a) {
                pairs.insert((*a.min(b), *a.max(b)));
            }
        }
    }
    for (a, b) in pairs {
        let (first, second) = (&named[a].spec, &named[b].spec);
        if naming::folded(&first.name) == naming::folded(&second.name)
            || digits(&first.name) != digits(&second.name)
        {
            continue;
        }
        let message = format!("“{}” and “{}” may be the same event", first.name, second.name);
        findings.add(Place::Event(named[b].id), message, None);
    }
}

/// Shorter names differ by one letter by chance.
const LEAST_LETTERS: usize = 8;
/// Of more names alike only some pairs are told.
const MOST_ALIKE: usize = 20;

/// The words of a name without order and tense.
fn bag(name: &str) -> String {
    let verb = naming::verb(name);
    let mut words: Vec<String> = naming::words(name).into_iter().map(str::to_lowercase).collect();
    if let Some(verb) = verb
        && let Some(word) = words.get_mut(verb.place)
    {
        *word = verb.present.to_owned();
    }
    words.sort();
    words.join(" ")
}

fn digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

fn dynamic(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        if let Some(part) = dynamic_part(&event.spec.name) {
            let message = format!("“{}” holds {part}", event.spec.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

/// What of a name looks like a value, in words.
pub(super) fn dynamic_part(name: &str) -> Option<&'static str> {
    if name.contains("://") || name.starts_with("www.") {
        return Some("an address");
    }
    if name.contains('@') && name.contains('.') {
        return Some("an e-mail address");
    }
    let tokens = || name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|token| !token.is_empty());
    let digits = |token: &str| token.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = |token: &str| token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if tokens()
        .any(|token| token.len() >= 8 && digits(token) >= 2 && is_hex(token) && digits(token) < token.len())
    {
        return Some("an id");
    }
    let is_year = |token: &str| token.len() == 4 && (token.starts_with("19") || token.starts_with("20"));
    if tokens().any(|token| digits(token) == token.len() && (is_year(token) || token.len() >= 6)) {
        return Some(if tokens().any(is_year) { "a date" } else { "a number" });
    }
    tokens().any(|token| digits(token) == token.len() && token.len() >= 3).then_some("a number")
}

fn value_in_name(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        let words: Vec<String> = naming::words(&event.spec.name).into_iter().map(str::to_lowercase).collect();
        for property in &event.properties {
            let values = &ground.plan.shape(&property.spec.shape).limits().values;
            let found = values.iter().filter_map(|value| value.as_str()).find(|value| {
                let value: Vec<String> = naming::words(value).into_iter().map(str::to_lowercase).collect();
                let is_verb = value.iter().any(|word| naming::verb(word).is_some());
                !value.is_empty() && !is_verb && words.windows(value.len()).any(|part| part == value)
            });
            if let Some(value) = found {
                let message =
                    format!("“{}” holds “{value}”, a value of {}", event.spec.name, property.spec.name);
                findings.add(Place::Event(event.id), message, None);
            }
        }
    }
}

/// Words for what is on a screen, and colors.
const DETAILS: [&str; 24] = [
    "accordion",
    "banner",
    "blue",
    "btn",
    "button",
    "carousel",
    "checkbox",
    "dialog",
    "dropdown",
    "green",
    "hamburger",
    "icon",
    "modal",
    "navbar",
    "orange",
    "overlay",
    "popover",
    "popup",
    "red",
    "sidebar",
    "toast",
    "toggle",
    "tooltip",
    "widget",
];

fn ui_detail(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        let words = naming::words(&event.spec.name).into_iter().map(str::to_lowercase);
        if let Some(word) = words.into_iter().find(|word| DETAILS.contains(&word.as_str())) {
            let message = format!("“{}” tells of a detail of the screen: {word}", event.spec.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

fn length(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        let letters = event.spec.name.chars().count();
        for profile in ground.profiles() {
            let Some(most) = profile.event_name.filter(|most| letters > *most) else { continue };
            let message =
                format!("“{}” has {letters} characters; {} takes {most}", event.spec.name, profile.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

/// Characters that are not seen, or not told from others.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}

/// What is wrong with the characters of a name, and the name without it.
pub(super) fn odd_characters(name: &str) -> Option<(&'static str, String)> {
    let visible: String = name.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    let bare: String =
        visible.chars().filter(|c| !matches!(c, '"' | '\'' | '`' | '“' | '”' | '\\')).collect();
    let mended = bare.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let words = if visible != name {
        "characters that are not seen"
    } else if bare != visible {
        "quotes or backslashes"
    } else if mended != bare {
        "spaces around it or two in a row"
    } else {
        return None;
    };
    Some((words, mended))
}

fn chars(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        let name = &event.spec.name;
        if let Some((what, mended)) = odd_characters(name) {
            findings.add(Place::Event(event.id), format!("“{name}” has {what}"), rename(event, mended));
            continue;
        }
        let is_plain = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if let Some(profile) = ground.profiles().find(|profile| profile.plain_names && !is_plain(name)) {
            let message = format!("“{name}” has characters that {} refuses", profile.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

fn reserved(ground: &Ground<'_>, findings: &mut Findings) {
    for event in ground.named() {
        for profile in ground.profiles().filter(|profile| profile.reserves(&event.spec.name, true)) {
            let message = format!("{} has “{}” for itself", profile.name, event.spec.name);
            findings.add(Place::Event(event.id), message, None);
        }
    }
}

/// Names of categories that tell nothing.
const GENERIC: [&str; 6] = ["events", "event", "misc", "other", "general", "metrics"];

fn category_prefix(ground: &Ground<'_>, findings: &mut Findings) {
    let mut categories: BTreeMap<&str, Vec<&PlannedEvent<'_>>> = BTreeMap::new();
    for event in ground.named().filter(|event| !event.spec.category.is_empty()) {
        categories.entry(&event.spec.category).or_default().push(event);
    }
    for (category, events) in categories {
        let Some(first) = events.first() else { continue };
        if GENERIC.contains(&category.to_lowercase().as_str()) {
            findings.add(Place::Event(first.id), format!("The category “{category}” tells nothing"), None);
            continue;
        }
        let begins = |event: &&PlannedEvent<'_>| {
            naming::words(&event.spec.name).first().is_some_and(|word| word.eq_ignore_ascii_case(category))
        };
        if events.len() > 2 && events.iter().all(begins) {
            let message = format!("All {} events of “{category}” begin with its name", events.len());
            findings.add(Place::Event(first.id), message, None);
        }
    }
}
