//! `stormline generate`: makes a synthetic log.

use serde_json::json;

use super::arguments::Generate;
use super::output::Output;
use crate::base::Diagnostic;
use crate::jobs::generate::{GenerateOptions, generate_file};

pub(super) fn run(args: &Generate, output: &Output) -> Result<(), Diagnostic> {
    let options = GenerateOptions {
        events: args.events,
        persons: args.persons,
        seed: args.seed,
        days: args.days,
        faults: !args.clean,
        ..GenerateOptions::default()
    };
    let path = args.out.display().to_string();
    let made = output
        .with_progress("Generating", |progress| generate_file(&options, &args.out, progress))
        .map_err(|error| {
            Diagnostic::error("not-generated", error.to_string())
                .hint("Choose other options, or a file that you may write")
        })?;
    output.result(
        &json!({ "file": path, "lines": made.lines, "events": args.events, "persons": args.persons, "seed": args.seed }),
        &format!("{path}: {} lines, synthetic, seed {}\n", made.lines, args.seed),
    );
    Ok(())
}
