//! `stormline new`: makes a document, with the sample in it if asked.

use serde_json::json;

use super::arguments::New;
use super::output::Output;
use crate::base::Diagnostic;
use crate::jobs::sample_document as sample;
use crate::model::operations::settings::set_zone;
use crate::store::document::Document;

pub(super) fn run(args: &New, output: &Output) -> Result<(), Diagnostic> {
    let path = args.document.display().to_string();
    if args.sample {
        let made =
            output.with_progress("Making the sample", |progress| sample::make(&args.document, progress))?;
        let text = format!(
            "{path}: {} events of {} persons, a plan, a board and {} queries\n",
            made.events, made.persons, made.queries
        );
        output.result(
            &json!({ "document": path, "events": made.events, "persons": made.persons, "queries": made.queries }),
            &text,
        );
        return Ok(());
    }
    let mut document = Document::create(&args.document).map_err(|error| error.diagnostic())?;
    if let Some(zone) = &args.zone {
        let (workspace, _) = document.load_workspace().map_err(|error| error.diagnostic())?;
        let edit = set_zone(&workspace, zone)?;
        document.record(&edit).map_err(|error| error.diagnostic())?;
    }
    document.close().map_err(|error| error.diagnostic())?;
    output.result(&json!({ "document": path, "events": 0 }), &format!("{path}: a new document\n"));
    Ok(())
}
