//! The command line: the same jobs without a window. Not for the work: see `jobs`.
//!
//! Every command prints text for people, or with `--json` exactly one JSON object, on standard output; progress and
//! problems go to standard error. Exit status: 0 done, 1 done with findings, 2 could not.

mod arguments;
mod check;
mod generate;
mod import;
mod new;
mod output;
mod plan;
mod query;
mod render;
pub mod sample;

use std::ffi::OsString;
use std::process::ExitCode;

pub use arguments::{Arguments, Command};
use output::Output;

use crate::base::Diagnostic;

/// `query --help KIND` shows the complete text form of a kind: prints it and ends, or gives the arguments back.
pub fn with_kind_help(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<OsString> = args.collect();
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    if let [_, "query", "--help" | "-h", kind] = words.as_slice()
        && let Some(text) = crate::model::text::help(kind)
    {
        Output::new(false).line(text.trim_end());
        std::process::exit(0);
    }
    args
}

/// Runs a command to its end.
pub fn run(command: Command) -> ExitCode {
    let output = Output::new(command.json());
    let done = match command {
        Command::New(args) => new::run(&args, &output),
        Command::Generate(args) => generate::run(&args, &output),
        Command::Import(args) => import::run(&args, &output),
        Command::Query(args) => query::run(&args, &output),
        Command::Check(args) => return ended(check::run(&args, &output), &output),
        Command::Plan(args) => return ended(plan::run(&args, &output), &output),
        Command::Render(args) => render::run(&args, &output),
    };
    ended(done.map(|()| ExitCode::SUCCESS), &output)
}

fn ended(done: Result<ExitCode, Diagnostic>, output: &Output) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(problem) => {
            output.problem(&problem);
            ExitCode::from(2)
        }
    }
}
