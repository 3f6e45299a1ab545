//! `stormline check`: the log held against the plan.

use std::process::ExitCode;
use std::sync::Mutex;

use serde_json::{Value as Json, json};

use super::arguments::Check as Args;
use super::output::Output;
use crate::base::{Diagnostic, format};
use crate::jobs::answers::Tables;
use crate::jobs::conformance::{Conformance, check};
use crate::jobs::question::Scope;
use crate::model::plan::Aliases;
use crate::model::privacy::masked_text;
use crate::model::violation::Violation;
use crate::store::document::Document;

pub(super) fn run(args: &Args, output: &Output) -> Result<ExitCode, Diagnostic> {
    let document = Document::open_read_only(&args.document).map_err(|error| error.diagnostic())?;
    let (workspace, problems) = document.load_workspace().map_err(|error| error.diagnostic())?;
    problems.iter().for_each(|problem| output.remark(problem));
    let (aliases, zone) = (Aliases::of(&workspace), workspace.zone());
    let tables = Mutex::new(Tables::new(document));
    let scope = Scope { tables: &tables, aliases: &aliases, zone };
    let done = output
        .with_progress("Checking", |progress| check(&scope, &workspace, progress))
        .map_err(super::query::problem)?;
    let violations = done.violations.iter().map(|violation| violation_json(violation, &scope));
    let violations = violations.collect::<Result<Vec<Json>, Diagnostic>>()?;
    let json = json!({
        "events_checked": done.events,
        "violations": violations,
        "never_seen": done.never_seen,
        "elapsed_ms": done.elapsed.as_secs_f64() * 1000.0,
    });
    output.result(&json, &text(&done));
    let fails = args.fail_on.severity().is_some() && !done.violations.is_empty();
    Ok(if fails { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn violation_json(violation: &Violation, scope: &Scope<'_>) -> Result<Json, Diagnostic> {
    let rows = scope.tables().document().event_rows(&violation.rows).map_err(|error| error.diagnostic())?;
    let messages: Vec<String> = rows.into_iter().filter_map(|row| row.message_id).collect();
    Ok(json!({
        "kind": violation.kind.words(),
        "event": violation.event,
        "property": violation.property,
        "count": violation.count,
        "persons": violation.persons,
        "first_seen": violation.first.iso(),
        "last_seen": violation.last.iso(),
        "message_ids": messages,
    }))
}

fn text(done: &Conformance) -> String {
    let mut text = String::new();
    for violation in &done.violations {
        let place = match violation.property.is_empty() {
            true => masked_text(&violation.event),
            false => format!("{}.{}", masked_text(&violation.event), masked_text(&violation.property)),
        };
        text.push_str(&format!(
            "{:<18} {place}: {} of {}, {} to {}\n",
            violation.kind.words(),
            format::counted(violation.count, "event", "events"),
            format::counted(violation.persons, "person", "persons"),
            violation.first.iso(),
            violation.last.iso(),
        ));
    }
    for name in &done.never_seen {
        text.push_str(&format!("never seen         {}\n", masked_text(name)));
    }
    let events = format::counted(done.events, "event", "events");
    let violations = format::counted(done.violations.len() as u64, "violation", "violations");
    text.push_str(&format!("{events} checked: {violations}\n"));
    text
}
