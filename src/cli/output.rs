//! Printing for people and for programs. Not for what is printed.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::base::{Diagnostic, Progress};

/// Where a command's words go.
pub(super) struct Output {
    json: bool,
    /// The one JSON object is out.
    printed: Cell<bool>,
}

impl Output {
    /// Text for people, or exactly one JSON object.
    pub(super) fn new(json: bool) -> Output {
        Output { json, printed: Cell::new(false) }
    }

    /// Prints the result: the JSON object, or the text.
    pub(super) fn result(&self, json: &Json, text: &str) {
        self.printed.set(true);
        let mut out = std::io::stdout().lock();
        // A closed pipe (`| head`) is not an error of ours.
        let _ = if self.json { writeln!(out, "{json}") } else { write!(out, "{text}") };
    }

    /// Prints a line of text.
    pub(super) fn line(&self, text: &str) {
        // A closed pipe (`| head`) is not an error of ours.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Prints a remark on standard error.
    pub(super) fn remark(&self, diagnostic: &Diagnostic) {
        eprintln!("{}: {diagnostic}", diagnostic.severity.word());
    }

    /// Prints why a command could not; with `--json`, also as the one object unless that is out already.
    pub(super) fn problem(&self, problem: &Diagnostic) {
        self.remark(problem);
        if self.json && !self.printed.get() {
            self.result(&json!({ "error": diagnostic_json(problem) }), "");
        }
    }

    /// Runs `work`, printing its progress on a terminal's standard error five times a second.
    pub(super) fn with_progress<T: Send>(&self, label: &str, work: impl FnOnce(&Progress) -> T + Send) -> T {
        let progress = Progress::new();
        if !std::io::stderr().is_terminal() {
            return work(&progress);
        }
        crate::jobs::watched(&progress, work, Duration::from_millis(200), |progress, started| {
            let (done, total) = progress.reached();
            eprint!("\r\x1b[K{label}{}", progress_words(done, total, started));
        })
    }
}

fn progress_words(done: u64, total: u64, started: Instant) -> String {
    let secs = started.elapsed().as_secs_f64();
    if total == 0 || secs < 0.2 {
        return " …".to_owned();
    }
    let share = done as f64 / total as f64;
    let left = if share > 0.01 { format!(", {:.0} s left", secs / share - secs) } else { String::new() };
    format!(" {:.0} %{left}", share * 100.0)
}

/// A diagnostic as in every JSON output.
pub(super) fn diagnostic_json(diagnostic: &Diagnostic) -> Json {
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "at": diagnostic.at,
    })
}
