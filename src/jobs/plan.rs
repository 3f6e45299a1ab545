//! What the rules of a document's plan tell, with what its log and its saved queries know. Not for the rules: see
//! `model::lint`.

use std::sync::Mutex;

use super::answers::{AnswerError, Tables};
use super::clock;
use super::question::{Question, Scope};
use super::questions::names::AskNames;
use crate::base::Progress;
use crate::model::lint::Facts;
use crate::model::plan::Aliases;
use crate::model::workspace::Workspace;

/// What the rules need to know beside the plan: today, the log's event names, and what saved queries ask for.
///
/// # Errors
/// When the document cannot be read, or a person stops it.
pub fn facts(
    tables: &Mutex<Tables>,
    workspace: &Workspace,
    progress: &Progress,
) -> Result<Facts, AnswerError> {
    let zone = workspace.zone();
    let aliases = Aliases::of(workspace);
    let scope = Scope { tables, aliases: &aliases, zone };
    let names = AskNames.answer(&scope, progress)?;
    let saved = workspace.queries();
    let used = saved.iter().filter(|(_, saved)| saved.name.is_some());
    let used = used.flat_map(|(_, saved)| saved.query.event_names()).map(str::to_owned).collect();
    Ok(Facts {
        today: clock::now().local_date(zone).parse().ok(),
        seen: names.into_iter().map(|name| (name.name, name.events)).collect(),
        used: Some(used),
    })
}
