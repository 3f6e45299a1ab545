//! `stormline query`: any query, from a file, standard input, or saved in the document.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;

use super::arguments::Query as Args;
use super::output::Output;
use crate::base::Diagnostic;
use crate::jobs::answers::{AnswerError, Tables, answer};
use crate::jobs::copies;
use crate::jobs::question::Scope;
use crate::jobs::reports;
use crate::model::plan::Aliases;
use crate::model::query::Query;
use crate::model::text::parse_query;
use crate::model::workspace::Workspace;
use crate::store::document::Document;

pub(super) fn run(args: &Args, output: &Output) -> Result<(), Diagnostic> {
    // The text is read before the document: a wrong text costs no waiting.
    let from_file = args.file.as_deref().map(read_text).transpose()?;
    let document = Document::open(&args.document).map_err(|error| error.diagnostic())?;
    let (workspace, _) = document.load_workspace().map_err(|error| error.diagnostic())?;
    let query = match (&from_file, &args.name) {
        (Some(text), _) => parse_query(text)?,
        (None, Some(name)) => named(&workspace, name)?,
        (None, None) => {
            return Err(Diagnostic::error("no-query", "No query was given")
                .hint("Name a file, - for standard input, or --name SAVED"));
        }
    };
    let (aliases, zone) = (Aliases::of(&workspace), workspace.zone());
    let tables = Mutex::new(Tables::new(document));
    let scope = Scope { tables: &tables, aliases: &aliases, zone };
    if args.sql {
        let as_of = scope.as_of(query.as_of()).map_err(problem)?;
        let batches = scope.tables().document().batches().map_err(|error| error.diagnostic())?;
        let sql = copies::sql(&query, &workspace, &batches, as_of)?;
        output.result(&serde_json::json!({ "sql": sql }), &sql);
        return Ok(());
    }
    let answer =
        output.with_progress("Answering", |progress| answer(&scope, &query, progress)).map_err(problem)?;
    for remark in &answer.diagnostics {
        output.remark(remark);
    }
    let text = match args.csv {
        true => reports::csv(&answer, &query, zone),
        false => reports::text(&answer, &query, zone),
    };
    output.result(&reports::json(&answer), &text);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub(super) fn problem(error: AnswerError) -> Diagnostic {
    error.diagnostic().unwrap_or_else(|| Diagnostic::error("cancelled", error.to_string()))
}

fn named(workspace: &Workspace, name: &str) -> Result<Query, Diagnostic> {
    let queries = workspace.queries();
    let found = queries.iter().find(|(_, saved)| saved.name.as_deref() == Some(name));
    found.map(|(_, saved)| saved.query.clone()).ok_or_else(|| {
        let names: Vec<&str> = queries.iter().filter_map(|(_, saved)| saved.name.as_deref()).collect();
        let problem = Diagnostic::error("no-query", format!("No saved query is named “{name}”"));
        match crate::base::diagnostic::nearest(name, names.iter().copied()) {
            Some(near) => problem.hint(format!("Did you mean “{near}”?")),
            None if names.is_empty() => problem.hint("The document has no saved queries"),
            None => problem.hint(format!("Saved: {}", names.join(", "))),
        }
    })
}

fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| {
        Diagnostic::error("query-unreadable", format!("The query could not be read: {error}"))
            .at(path.display().to_string())
            .hint("Name a text file with the query's text form")
    })
}
