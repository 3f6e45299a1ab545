//! `stormline render`: a view as a picture, without a display.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::arguments::{Look, Render};
use super::output::Output;
use crate::app::picture::view::{View, render};
use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;

pub(super) fn run(args: &Render, output: &Output) -> Result<(), Diagnostic> {
    let size = parse_size(&args.size)?;
    let dark = args.theme == Look::Dark;
    let mut written: Vec<PathBuf> = Vec::new();
    if args.view == "all" {
        std::fs::create_dir_all(&args.out).map_err(|error| {
            Diagnostic::error("no-folder", format!("The folder could not be made: {error}"))
                .at(args.out.display().to_string())
                .hint("Name a folder that you may write")
        })?;
        for view in View::ALL {
            let path = args.out.join(format!("{}.png", view.word()));
            match render(&args.document, view, &path, size, dark) {
                Ok(()) => written.push(path),
                // A document need not have a query of every kind.
                Err(problem) if matches!(problem.code, "no-query" | "nobody") => {
                    output.remark(&Diagnostic::info("view-left-out", format!("{}: {problem}", view.word())));
                }
                Err(problem) => return Err(problem),
            }
        }
    } else {
        render(&args.document, named(&args.view)?, &args.out, size, dark)?;
        written.push(args.out.clone());
    }
    let names: Vec<String> = written.iter().map(|path: &PathBuf| Path::display(path).to_string()).collect();
    output.result(&json!({ "pictures": names, "size": size }), &(names.join("\n") + "\n"));
    Ok(())
}

fn named(word: &str) -> Result<View, Diagnostic> {
    View::ALL.into_iter().find(|view| view.word() == word).ok_or_else(|| {
        let words: Vec<&str> = View::ALL.into_iter().map(View::word).collect();
        let problem = Diagnostic::error("unknown-view", format!("There is no view “{word}”"));
        match nearest(word, words.iter().copied()) {
            Some(near) => {
                problem.hint(format!("Did you mean “{near}”? There are: all, {}", words.join(", ")))
            }
            None => problem.hint(format!("There are: all, {}", words.join(", "))),
        }
    })
}

fn parse_size(text: &str) -> Result<[u32; 2], Diagnostic> {
    let parsed = text
        .split_once(['x', '×'])
        .and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]));
    parsed.ok_or_else(|| {
        Diagnostic::error("bad-size", format!("“{text}” is not a size"))
            .hint("Write width and height such as 1280x800")
    })
}
