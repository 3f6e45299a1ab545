//! The same queries as SQL text; no I/O.

use crate::base::Diagnostic;
use crate::model::query::Query;
use crate::model::time::{Time, Zone};

/// Tmp.
#[derive(Clone, Copy, Debug)]
pub enum Dialect { /// x
    Sqlite }
/// Tmp.
#[derive(Clone, Copy, Debug)]
pub struct SqlParams { /// x
    pub as_of: Time, /// x
    pub zone: Zone }
/// Tmp.
pub fn render(_q: &Query, _p: &SqlParams, _d: Dialect) -> Result<String, Diagnostic> { Err(Diagnostic::error("x", "x")) }
