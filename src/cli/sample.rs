//! `stormline --sample`, and what it does where there is no display. Not for the window.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use super::output::Output;
use crate::app::picture::view::{View, render};
use crate::base::{Diagnostic, Progress};
use crate::jobs::answers::{Tables, answer};
use crate::jobs::question::Scope;
use crate::jobs::{reports, sample_document};
use crate::model::plan::Aliases;
use crate::store::document::Document;

/// Makes a fresh copy of the sample and says where it is.
///
/// # Errors
/// The exit status, after saying why.
pub fn fresh() -> Result<PathBuf, ExitCode> {
    match Output::new(false).with_progress("Making the sample", sample_document::fresh_copy) {
        Ok(path) => {
            Output::new(false).line(&format!("The sample document is at {}", path.display()));
            Ok(path)
        }
        Err(problem) => {
            Output::new(false).problem(&problem);
            Err(ExitCode::from(2))
        }
    }
}

/// Says why there is no window and what to do instead.
pub fn no_window(why: &str) -> ExitCode {
    let problem = Diagnostic::error("no-window", format!("The window cannot be opened: {why}"))
        .hint("Without a display use `stormline new`, `import`, `query` and `render`; `stormline --help` lists them");
    Output::new(false).problem(&problem);
    ExitCode::from(2)
}

/// Without a display: prints the checkout funnel and draws every view into a folder beside the document.
pub fn without_display(document: &Path, why: &str) -> ExitCode {
    Output::new(false).line(&format!("No window: {why}. The sample is answered here instead.\n"));
    match checkout(document).and_then(|text| {
        Output::new(false).line(&text);
        pictures(document)
    }) {
        Ok(folder) => {
            Output::new(false).line(&format!("Every view is drawn in {}", folder.display()));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            Output::new(false).problem(&problem);
            ExitCode::from(2)
        }
    }
}

fn checkout(path: &Path) -> Result<String, Diagnostic> {
    let document = Document::open(path).map_err(|error| error.diagnostic())?;
    let (workspace, _) = document.load_workspace().map_err(|error| error.diagnostic())?;
    let queries = workspace.queries();
    let (_, saved) =
        queries.first().ok_or_else(|| Diagnostic::error("no-query", "The sample has no queries"))?;
    let (query, name) = (saved.query.clone(), saved.name.clone().unwrap_or_default());
    let (aliases, zone) = (Aliases::of(&workspace), workspace.zone());
    let tables = Mutex::new(Tables::new(document));
    let scope = Scope { tables: &tables, aliases: &aliases, zone };
    let found = answer(&scope, &query, &Progress::new()).map_err(|error| {
        error.diagnostic().unwrap_or_else(|| Diagnostic::error("cancelled", error.to_string()))
    })?;
    Ok(format!("{name}\n\n{}", reports::text(&found, &query, zone)))
}

fn pictures(document: &Path) -> Result<PathBuf, Diagnostic> {
    let folder = document.with_extension("pictures");
    std::fs::create_dir_all(&folder).map_err(|error| {
        Diagnostic::error("no-folder", format!("The folder for pictures could not be made: {error}"))
            .at(folder.display().to_string())
            .hint("Use `stormline render DOC all --out FOLDER` with a folder that you may write")
    })?;
    for view in View::ALL {
        for dark in [false, true] {
            let name = format!("{}-{}.png", view.word(), if dark { "dark" } else { "light" });
            render(document, view, &folder.join(name), [1280, 800], dark)?;
        }
    }
    Ok(folder)
}
