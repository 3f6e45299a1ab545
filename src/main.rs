//! The program: arguments, then the command line or the window.

use std::process::ExitCode;

use clap::Parser;
use stormline::app::{self, NoWindow};
use stormline::cli;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse_from(cli::with_kind_help(std::env::args_os()));
    if let Some(command) = arguments.command {
        return cli::run(command);
    }
    let open = if arguments.sample {
        match cli::sample::fresh() {
            Ok(path) => Some(path),
            Err(code) => return code,
        }
    } else {
        arguments.document
    };
    match app::run(open.clone(), arguments.sample) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem @ (NoWindow::NoDisplay | NoWindow::Refused(_))) => match (open, arguments.sample) {
            (Some(path), true) => cli::sample::without_display(&path, &problem.to_string()),
            _ => cli::sample::no_window(&problem.to_string()),
        },
    }
}
