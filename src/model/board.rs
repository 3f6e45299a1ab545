//! The Event Storming board's items, as far as the sample needs them. Not for layout.

use serde::{Deserialize, Serialize};

/// A sticky note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sticky {
    /// `event`, `command`, `actor`, `aggregate`, `policy`, `read model`, `system`, `hotspot`, `opportunity` or `note`.
    pub kind: String,
    /// What is written on it.
    pub text: String,
    /// Left edge, in board units.
    pub x: f64,
    /// Top edge, in board units.
    pub y: f64,
}
