//! `stormline new`: makes a document, with the sample in it if asked.

use serde_json::json;

use super::arguments::New;
use super::output::Output;
use crate::base::Diagnostic;
use crate::jobs::new_document::create;
use crate::jobs::{clock, sample_document as sample};
use crate::model::time::Zone;

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
    let zone = args.zone.as_deref().map_or_else(|| Ok(clock::system_zone()), Zone::named)?;
    let document = create(&args.document, zone)?;
    document.close().map_err(|error| error.diagnostic())?;
    output.result(
        &json!({ "document": path, "events": 0, "zone": zone.name() }),
        &format!("{path}: a new document, days in {}\n", zone.name()),
    );
    Ok(())
}
