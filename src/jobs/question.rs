//! A question that a view asks every frame and a job answers once. Not for keeping answers: see `app::answers`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::answers::{AnswerError, Tables};
use crate::base::Progress;
use crate::model::plan::Aliases;
use crate::model::time::{Time, Zone};

/// A question; the questions themselves are in `jobs::questions`, one file each.
pub trait Question: Send + 'static {
    /// What it is answered with.
    type Answer: Send + Sync + 'static;

    /// Tells it from every other question of its kind: the same key, the same answer, while the document stays.
    fn key(&self) -> String;

    /// What the status line says while it takes its time.
    fn label(&self) -> String;

    /// How many bytes of memory an answer takes, roughly: large ones are not kept for long.
    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer)
    }

    /// Answers it.
    ///
    /// # Errors
    /// A wrong definition, an unreadable document, or a person's stop.
    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError>;
}

/// What a question is asked of.
pub struct Scope<'a> {
    /// The document's tables, shared by all questions.
    pub tables: &'a Mutex<Tables>,
    /// The plan's old names.
    pub aliases: &'a Aliases,
    /// The document's zone.
    pub zone: Zone,
}

impl Scope<'_> {
    /// The tables, for a short while: others wait.
    pub fn tables(&self) -> MutexGuard<'_, Tables> {
        // A panic while loading leaves the table as it was before: it is put back only when whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instant of an answer: the one asked for, or the document's.
    ///
    /// # Errors
    /// When the document cannot be read.
    pub fn as_of(&self, asked: Option<Time>) -> Result<Time, AnswerError> {
        match asked {
            Some(time) => Ok(time),
            None => Ok(self.tables().default_as_of()?),
        }
    }
}
