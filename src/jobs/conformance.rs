//! A document's log held against its plan. Not for the rules of either: see `engine::conformance`, `model::lint`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::answers::AnswerError;
use super::question::Scope;
use crate::base::Progress;
use crate::engine::codes::Codes;
use crate::engine::conformance::{Expected, Seen};
use crate::engine::table::Column;
use crate::model::plan::Plan;
use crate::model::violation::Violation;
use crate::model::workspace::Workspace;

/// What does not fit the plan.
#[derive(Clone, Debug, Default)]
pub struct Conformance {
    /// Events looked at.
    pub events: u64,
    /// What does not fit: by kind, then event and property.
    pub violations: Vec<Violation>,
    /// How often each property came, by event and property.
    pub seen: Vec<Seen>,
    /// Names of the plan's events that the log has not, archived ones left out.
    pub never_seen: Vec<String>,
    /// How long it took, with the table in memory; columns were read meanwhile.
    pub elapsed: Duration,
}

/// Columns held in memory at once.
const AT_ONCE: usize = 8;

/// Checks every event up to as-of.
///
/// # Errors
/// When the document cannot be read, or a person stops it.
pub fn check(
    scope: &Scope<'_>,
    workspace: &Workspace,
    progress: &Progress,
) -> Result<Conformance, AnswerError> {
    let as_of = scope.as_of(None)?;
    let table = scope.tables().with(&BTreeSet::new(), progress)?;
    let started = Instant::now();
    let plan = Plan::of(workspace);
    let expected = Expected::of(&plan, table.event_names());
    let violations = expected.unplanned_events(&table, as_of, progress)?;
    let mut done = Conformance { violations, ..Conformance::default() };
    let logged: Vec<String> =
        scope.tables().property_names(progress)?.into_iter().map(|(name, _)| name).collect();
    let own: Vec<String> = logged.iter().filter(|name| !name.starts_with("context.")).cloned().collect();
    for properties in own.chunks(AT_ONCE) {
        let (table, columns) = scope.tables().columns(properties, progress)?;
        for (property, column) in properties.iter().zip(columns) {
            let checked = expected.check(&table, property, &column, as_of, progress)?;
            done.violations.extend(checked.violations);
            done.seen.extend(checked.seen);
        }
    }
    let none = Column { codes: Codes::zeros(table.events()), values: Vec::new() };
    for property in expected.paths().into_iter().filter(|path| !logged.iter().any(|name| name == path)) {
        done.violations.extend(expected.check(&table, property, &none, as_of, progress)?.violations);
    }
    done.violations.sort_by(|a, b| (a.kind, &a.event, &a.property).cmp(&(b.kind, &b.event, &b.property)));
    done.seen.sort_by(|a, b| (&a.event, &a.property).cmp(&(&b.event, &b.property)));
    let events = table.times().iter().filter(|time| **time <= as_of.0).count();
    done.events = events as u64;
    done.never_seen = never_seen(&plan, table.event_names());
    done.elapsed = started.elapsed();
    Ok(done)
}

fn never_seen(plan: &Plan<'_>, logged: &[String]) -> Vec<String> {
    use crate::model::plan::Status;
    let events = plan.events().iter().map(|(_, spec)| *spec);
    let expected = events.filter(|spec| spec.lifecycle.status != Status::Archived && !spec.name.is_empty());
    let is_seen = |name: &String| logged.contains(name);
    expected
        .filter(|spec| !is_seen(&spec.name) && !spec.aliases.iter().any(is_seen))
        .map(|spec| spec.name.clone())
        .collect()
}
