//! The event names of the log.

use std::collections::BTreeSet;

use crate::base::Progress;
use crate::engine::summary::{NameSummary, names};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};

/// Bars of a name's sparkline.
pub const SPARK_BARS: usize = 24;

/// Asks for all event names, most events first.
#[derive(Clone, Copy, Debug)]
pub struct AskNames;

impl Question for AskNames {
    type Answer = Vec<NameSummary>;

    fn key(&self) -> String {
        String::new()
    }

    fn label(&self) -> String {
        "Counting events by name".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Vec<NameSummary>, AnswerError> {
        let as_of = scope.as_of(None)?;
        let table = scope.tables().with(&BTreeSet::new(), progress)?;
        Ok(names(&table, as_of, SPARK_BARS, progress)?)
    }
}
