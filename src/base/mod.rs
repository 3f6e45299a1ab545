//! What every layer needs and no domain word: diagnostics, progress, time zones.

pub mod format;
