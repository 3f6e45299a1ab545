//! Edits on their way into the file while another connection writes it: in order, off the window's thread, until each
//! is written or told of. Not for what an edit does, and not needed while the file is free.

use std::collections::VecDeque;

use crate::base::Diagnostic;
use crate::jobs::lane::{Lane, Outcome};
use crate::model::edit::Edit;
use crate::store::document::Document;
use crate::store::error::StoreError;

/// One thing to write.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// The workspace has it already.
    Edit(Edit),
    /// The workspace follows once it is written.
    Turn(Turn),
}

/// A step in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Takes the latest edit back.
    Undo,
    /// Makes the latest edit taken back again.
    Redo,
}

impl Turn {
    /// Takes the step in the file; the change to apply to the workspace, if there was one.
    pub(super) fn write(self, document: &mut Document) -> Result<Option<Edit>, StoreError> {
        match self {
            Turn::Undo => document.undo(),
            Turn::Redo => document.redo(),
        }
    }
}

/// How a write ended.
pub(super) enum Written {
    /// The edit is in the file.
    Edit,
    /// The step is, and this is what it changed.
    Turn(Turn, Option<Edit>),
    /// The first of these could not be written, for this reason; those after it build on it.
    Lost(VecDeque<Write>, Diagnostic),
}

/// What a job came back with; a writer comes along to serve the next one.
type Tried = (Document, Result<Option<Edit>, StoreError>);

/// Writes that wait for their turn, oldest first.
pub(super) struct Saving {
    waiting: VecDeque<Write>,
    lane: Lane<Tried>,
}

impl Saving {
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Saving {
        Saving { waiting: VecDeque::new(), lane: Lane::new(1, wake) }
    }

    /// How many writes wait.
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// True while everything is in the file.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty()
    }

    /// True while a step in the history waits: what the workspace will be is not known yet.
    pub(super) fn has_turn(&self) -> bool {
        self.waiting.iter().any(|write| matches!(write, Write::Turn(_)))
    }

    /// Queues a write after those that wait; `document` is only asked for a handle.
    ///
    /// # Errors
    /// When there is no second handle to write with; the write is then not queued.
    pub(super) fn push(&mut self, document: &Document, write: Write) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            let writer = document.another_writer()?;
            self.waiting.push_back(write);
            self.start(writer);
        } else {
            self.waiting.push_back(write);
        }
        Ok(())
    }

    /// What has ended since the last call.
    pub(super) fn finished(&mut self) -> Vec<Written> {
        let ended = self.lane.finished();
        ended.into_iter().filter_map(|(_, outcome)| self.take(outcome)).collect()
    }

    /// Stands still until everything is written or lost.
    pub(super) fn finish(&mut self) -> Vec<Written> {
        let mut written = Vec::new();
        while let Some((_, outcome)) = self.lane.wait() {
            written.extend(self.take(outcome));
        }
        written
    }

    fn take(&mut self, outcome: Outcome<Tried>) -> Option<Written> {
        let (writer, tried) = match outcome {
            Outcome::Done(tried) => tried,
            Outcome::Panicked(message) => {
                let problem = Diagnostic::error("job-failed", format!("Writing stopped: {message}"))
                    .hint("This is a fault of the program; what was finished before stays");
                return Some(Written::Lost(std::mem::take(&mut self.waiting), problem));
            }
        };
        let ended = match tried {
            // Someone still writes: once more, for as long as it takes.
            Err(StoreError::Busy) => None,
            Err(error) => {
                return Some(Written::Lost(std::mem::take(&mut self.waiting), error.diagnostic()));
            }
            Ok(change) => self.waiting.pop_front().map(|write| match write {
                Write::Edit(_) => Written::Edit,
                Write::Turn(turn) => Written::Turn(turn, change),
            }),
        };
        if !self.waiting.is_empty() {
            self.start(writer);
        }
        ended
    }

    fn start(&mut self, mut writer: Document) {
        let Some(write) = self.waiting.front().cloned() else { return };
        self.lane.start("Saving", move |_| {
            let tried = match write {
                Write::Edit(edit) => writer.record(&edit).map(|()| None),
                Write::Turn(turn) => turn.write(&mut writer),
            };
            (writer, tried)
        });
    }
}
