//! What every layer needs and no domain word: diagnostics, progress, interning. Not for anything about events.

pub mod diagnostic;
pub mod format;
pub mod intern;
pub(crate) mod json_scan;
pub mod progress;

pub use diagnostic::{Diagnostic, Severity};
pub use progress::{Cancelled, Progress};
