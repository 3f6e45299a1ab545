//! A log held against the plan: what does not fit, how often, and for how many persons. Not for what a value must be:
//! see `model::plan::Judge`.
//!
//! An event of the log is that of the plan whose name or old name it carries. Its properties are checked column by
//! column, so that a caller may load few at a time: each distinct value is judged once, and a pass over the events adds
//! up verdicts. Null is a missing value. Where the plan allows more than it names, only events are unplanned.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::codes::{Code, by_width};
use super::pass;
use super::table::{Column, EventTable};
use crate::base::{Cancelled, Progress};
use crate::model::event::EventKind;
use crate::model::plan::{EventSpec, Judge, Misfit, Openness, Plan, Presence, PropertySpec, ValueType};
use crate::model::time::Time;
use crate::model::violation::{Violation, ViolationKind};

/// A plan made ready for the event names of a log.
#[derive(Debug)]
pub struct Expected<'w> {
    /// For each name's code; none where the event is not planned.
    events: Vec<Option<ExpectedEvent<'w>>>,
}

#[derive(Debug)]
struct ExpectedEvent<'w> {
    /// Whether it may carry what the plan does not name.
    is_open: bool,
    properties: BTreeMap<String, ExpectedProperty<'w>>,
}

#[derive(Debug)]
struct ExpectedProperty<'w> {
    /// The name under which it is planned; another where the log has an old one.
    planned: String,
    presence: Presence,
    judge: Judge<'w>,
    /// It may hold whatever it likes below its path.
    holds_all: bool,
}

/// How one property of one event came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The event's name as the log has it.
    pub event: String,
    /// The property's path as the log has it.
    pub property: String,
    /// Events that carry it.
    pub set: u64,
    /// Events of that name.
    pub of: u64,
}

/// What one column tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What does not fit, by event and kind.
    pub violations: Vec<Violation>,
    /// How often it came, for each event that carries it.
    pub seen: Vec<Seen>,
}

impl<'w> Expected<'w> {
    /// Of a plan, for these event names.
    pub fn of(plan: &Plan<'w>, event_names: &[String]) -> Expected<'w> {
        let mut by_name: BTreeMap<&str, &'w EventSpec> = BTreeMap::new();
        for (_, spec) in plan.events() {
            spec.aliases.iter().for_each(|alias| _ = by_name.entry(alias).or_insert(spec));
        }
        // A name of the plan's own goes before an old one.
        plan.events().iter().for_each(|(_, spec)| _ = by_name.insert(&spec.name, spec));
        let event = |name: &String| by_name.get(name.as_str()).map(|spec| ExpectedEvent::of(plan, spec));
        Expected { events: event_names.iter().map(event).collect() }
    }

    /// Every path that some event must or may carry by its planned name, for which a column should be looked at.
    pub fn paths(&self) -> BTreeSet<&str> {
        let events = self.events.iter().flatten();
        events.flat_map(|event| event.properties.values()).map(|property| property.planned.as_str()).collect()
    }

    /// Events of the log that are not planned.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub fn unplanned_events(
        &self,
        table: &EventTable,
        as_of: Time,
        progress: &Progress,
    ) -> Result<Vec<Violation>, Cancelled> {
        // An alias call says who a person is, and nothing that a plan could plan.
        let is_alias = |name: &String| name == EventKind::Alias.default_name();
        let named = self.events.iter().zip(table.event_names());
        let wrong: Vec<Option<ViolationKind>> = named
            .map(|(event, name)| {
                (event.is_none() && !is_alias(name)).then_some(ViolationKind::UnplannedEvent)
            })
            .collect();
        let verdict = |name: usize, _: usize| wrong[name];
        let none = Column { codes: super::codes::Codes::zeros(table.events()), values: Vec::new() };
        Ok(tallied(table, &none, as_of, progress, verdict)?.violations(table, ""))
    }

    /// Holds one property of all events against the plan. A property that no event carries has a column of zeros.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub fn check(
        &self,
        table: &EventTable,
        property: &str,
        column: &Column,
        as_of: Time,
        progress: &Progress,
    ) -> Result<Checked, Cancelled> {
        let verdicts: Vec<Verdicts> =
            self.events.iter().map(|event| Verdicts::of(event, property, column)).collect();
        let verdict = |name: usize, code: usize| verdicts[name].verdict(code);
        let tally = tallied(table, column, as_of, progress, verdict)?;
        let seen = tally.set.iter().zip(&tally.of).zip(table.event_names()).filter(|((set, _), _)| **set > 0);
        let seen = seen.map(|((set, of), event)| Seen {
            event: event.clone(),
            property: property.to_owned(),
            set: *set,
            of: *of,
        });
        Ok(Checked { seen: seen.collect(), violations: tally.violations(table, property) })
    }
}

impl<'w> ExpectedEvent<'w> {
    fn of(plan: &Plan<'w>, spec: &'w EventSpec) -> ExpectedEvent<'w> {
        let mut properties = BTreeMap::new();
        for planned in plan.properties(spec) {
            let used = planned.used;
            add(plan, &mut properties, "", planned.spec, used.presence, MOST_LEVELS);
            if !used.allowed.is_empty() || used.pinned.is_some() {
                let judge = Judge::of(plan, &planned.spec.shape);
                if let Some(property) = properties.get_mut(&planned.spec.name) {
                    property.judge = judge.narrowed(&used.allowed, used.pinned.as_ref());
                }
            }
        }
        // Cases differ in what else may come: what one of them names is planned, and asked for by none.
        let variants = spec.variants.iter();
        let cases = variants.flat_map(|variants| {
            variants.cases.iter().flat_map(|case| &case.properties).chain(&variants.otherwise)
        });
        for used in cases {
            if let Some(spec) = plan.spec(used).filter(|spec| !properties.contains_key(&spec.name)) {
                add(plan, &mut properties, "", spec, Presence::Sometimes, MOST_LEVELS);
            }
        }
        ExpectedEvent { is_open: plan.is_open(spec.open), properties }
    }

    /// What is expected of a path: of itself, or of an object above it that may hold anything.
    fn expects(&self, path: &str) -> Option<&ExpectedProperty<'w>> {
        let above = |(at, _): (usize, &str)| self.properties.get(&path[..at]).filter(|above| above.holds_all);
        self.properties.get(path).or_else(|| path.match_indices('.').find_map(above))
    }
}

/// Objects within objects are followed this far.
const MOST_LEVELS: usize = 32;

fn add<'w>(
    plan: &Plan<'w>,
    properties: &mut BTreeMap<String, ExpectedProperty<'w>>,
    above: &str,
    spec: &'w PropertySpec,
    presence: Presence,
    left: usize,
) {
    let shape = plan.shape(&spec.shape);
    let planned = format!("{above}{}", spec.name);
    let is_object = shape.types.has(ValueType::Object) || !shape.properties.is_empty();
    let holds_all = is_object && (shape.properties.is_empty() || shape.open != Openness::Closed);
    for name in std::iter::once(&spec.name).chain(&spec.aliases) {
        let is_old = *name != spec.name;
        let property = ExpectedProperty {
            planned: planned.clone(),
            // An object has no column of its own; an old name need not come.
            presence: if (is_object || is_old) && presence == Presence::Always {
                Presence::Sometimes
            } else {
                presence
            },
            judge: Judge::of(plan, &spec.shape),
            holds_all: holds_all || shape.types.is_any(),
        };
        properties.insert(format!("{above}{name}"), property);
        if left == 0 || !is_object {
            continue;
        }
        for used in &shape.properties {
            let Some(inner) = plan.spec(used) else { continue };
            // What an object must hold is only asked for where the object itself must be there.
            let presence = match (presence, used.presence) {
                (Presence::Always, own) | (_, own @ Presence::Never) => own,
                (Presence::Sometimes | Presence::Never, _) => Presence::Sometimes,
            };
            let presence =
                if is_old && presence == Presence::Always { Presence::Sometimes } else { presence };
            add(plan, properties, &format!("{above}{name}."), inner, presence, left - 1);
        }
    }
}

/// What each code of a column means for the events of one name.
struct Verdicts {
    /// Where the property is missing.
    missing: Option<ViolationKind>,
    /// Where it is there, by value; empty where all are alike.
    values: Vec<Option<ViolationKind>>,
    alike: Option<ViolationKind>,
}

impl Verdicts {
    fn of(event: &Option<ExpectedEvent<'_>>, property: &str, column: &Column) -> Verdicts {
        let all = |alike| Verdicts { missing: None, values: Vec::new(), alike };
        // What an unplanned event carries is no further violation, nor is what the tool itself adds.
        let Some(event) = event.as_ref().filter(|_| !property.starts_with("context.")) else {
            return all(None);
        };
        let Some(expected) = event.expects(property) else {
            return all((!event.is_open).then_some(ViolationKind::UnplannedProperty));
        };
        let missing = (expected.presence == Presence::Always).then_some(ViolationKind::MissingProperty);
        if expected.presence == Presence::Never {
            return all(Some(ViolationKind::UnplannedProperty));
        }
        if expected.judge.allows_all() || expected.planned.len() < property.len() && expected.holds_all {
            return Verdicts { missing, ..all(None) };
        }
        let judged = column.values.iter().map(|value| {
            expected.judge.judge(value).map(|misfit| match misfit {
                Misfit::Type => ViolationKind::WrongType,
                Misfit::Value => ViolationKind::ValueNotAllowed,
            })
        });
        Verdicts { missing, values: judged.collect(), alike: None }
    }

    fn verdict(&self, code: usize) -> Option<ViolationKind> {
        match code.checked_sub(1) {
            None => self.missing,
            Some(value) => self.values.get(value).copied().unwrap_or(self.alike),
        }
    }
}

/// Sums of one column.
#[derive(Clone, Debug)]
struct Tally {
    /// By name: events that carry the property.
    set: Vec<u64>,
    /// By name: events.
    of: Vec<u64>,
    /// By name and kind.
    wrong: Vec<Wrong>,
}

#[derive(Clone, Debug)]
struct Wrong {
    count: u64,
    persons: u64,
    first: i64,
    last: i64,
    rows: Vec<i64>,
    /// One more than the last person counted.
    seen: usize,
}

const KINDS: usize = ViolationKind::ALL.len();
/// Rows kept of each violation.
const SAMPLES: usize = 20;

impl Tally {
    fn of(names: usize) -> Tally {
        let none = Wrong { count: 0, persons: 0, first: i64::MAX, last: i64::MIN, rows: Vec::new(), seen: 0 };
        Tally { set: vec![0; names], of: vec![0; names], wrong: vec![none; names * KINDS] }
    }

    fn join(mut self, more: Tally) -> Tally {
        self.set.iter_mut().zip(more.set).for_each(|(sum, more)| *sum += more);
        self.of.iter_mut().zip(more.of).for_each(|(sum, more)| *sum += more);
        for (sum, more) in self.wrong.iter_mut().zip(more.wrong) {
            sum.count += more.count;
            sum.persons += more.persons;
            sum.first = sum.first.min(more.first);
            sum.last = sum.last.max(more.last);
            let left = SAMPLES.saturating_sub(sum.rows.len());
            sum.rows.extend(more.rows.into_iter().take(left));
        }
        self
    }

    fn violations(self, table: &EventTable, property: &str) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (place, wrong) in self.wrong.into_iter().enumerate().filter(|(_, wrong)| wrong.count > 0) {
            violations.push(Violation {
                kind: ViolationKind::ALL[place % KINDS],
                event: table.event_names()[place / KINDS].clone(),
                property: property.to_owned(),
                count: wrong.count,
                persons: wrong.persons,
                first: Time(wrong.first),
                last: Time(wrong.last),
                rows: wrong.rows,
            });
        }
        violations.sort_by(|a, b| (&a.event, a.kind).cmp(&(&b.event, b.kind)));
        violations
    }
}

/// Adds up the verdicts over names and codes of all events up to as-of.
fn tallied(
    table: &EventTable,
    column: &Column,
    as_of: Time,
    progress: &Progress,
    verdict: impl Fn(usize, usize) -> Option<ViolationKind> + Sync,
) -> Result<Tally, Cancelled> {
    let names = table.event_names().len();
    let one = |tally: &mut Tally, persons: Range<usize>| {
        by_width!(table.names(), of_name => by_width!(&column.codes, codes => {
            for person in persons {
                add_person(table, (of_name, codes), as_of, person, tally, &verdict);
            }
        }));
    };
    pass::sums(table.persons(), names * KINDS, progress, || Tally::of(names), one, Tally::join)
}

fn add_person<N: Code, C: Code>(
    table: &EventTable,
    (names, codes): (&[N], &[C]),
    as_of: Time,
    person: usize,
    tally: &mut Tally,
    verdict: impl Fn(usize, usize) -> Option<ViolationKind>,
) {
    for event in table.person_events(person) {
        let (name, code) = (names[event].place(), codes[event].place());
        let time = table.times()[event];
        if time > as_of.0 {
            break;
        }
        tally.of[name] += 1;
        tally.set[name] += u64::from(code > 0);
        let Some(kind) = verdict(name, code) else { continue };
        let wrong = &mut tally.wrong[name * KINDS + kind as usize];
        wrong.count += 1;
        wrong.first = wrong.first.min(time);
        wrong.last = wrong.last.max(time);
        if wrong.seen != person + 1 {
            wrong.seen = person + 1;
            wrong.persons += 1;
            if wrong.rows.len() < SAMPLES {
                wrong.rows.push(table.row(event));
            }
        }
    }
}
