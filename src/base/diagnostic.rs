//! Something to tell the person: what, why and what to do. Not for errors that only code handles.

use std::fmt;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// The work was done, but something in the input was not as it should be.
    Warning,
    /// The work could not be done.
    Error,
}

impl Severity {
    /// The word used in text and JSON output.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A message with a stable code, a hint for what to do, and the place it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case code, for tests and scripts.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What happened and why, one sentence without a final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where: a file and line, a step, a column.
    pub at: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), hint: None, at: None }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// A remark.
    pub fn info(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::error(code, message) }
    }

    /// The same with what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What another one says and advises, before its own hint.
    pub fn with_hint_of(self, other: &Diagnostic) -> Self {
        let hints = [Some(other.message.clone()), other.hint.clone(), self.hint.clone()];
        let hints: Vec<String> = hints.into_iter().flatten().collect();
        self.hint(hints.join(". "))
    }

    /// The same with its place.
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// True for errors.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(at) = &self.at {
            write!(f, " ({at})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The known word nearest to `word`, for "did you mean".
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_prefers_the_closest_and_refuses_the_far() {
        assert_eq!(nearest("windw", ["window", "order", "steps"]), Some("window"));
        assert_eq!(nearest("zzz", ["window", "order"]), None);
    }

    #[test]
    fn display_reads_message_place_hint() {
        let d = Diagnostic::error("x", "It failed").at("line 3").hint("Try again");
        assert_eq!(d.to_string(), "It failed (line 3). Try again");
    }
}
