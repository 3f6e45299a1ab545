//! Edits on their way into the file while another connection writes it: in order, off the window's thread, until each
//! is written or told of. Not for what an edit does, and not needed while the file is free.

use std::collections::VecDeque;

use crate::base::Diagnostic;
use crate::jobs::lane::{Lane, Outcome};
use crate::model::edit::Edit;
use crate::store::document::{Document, Patience};
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

/// How often the same write is tried while the document is being closed.
const LAST_TRIES: usize = 2;

/// What a job came back with; a writer comes along to serve the next one.
type Tried = (Document, Result<Option<Edit>, StoreError>);

/// Writes that wait for their turn, oldest first.
pub(super) struct Saving {
    waiting: VecDeque<Write>,
    lane: Lane<Tried>,
    /// How long each try waits for others.
    pub(super) patience: Patience,
}

impl Saving {
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Saving {
        Saving { waiting: VecDeque::new(), lane: Lane::new(1, wake), patience: Patience::Long }
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
            let mut writer = document.another_writer()?;
            writer.set_patience(self.patience)?;
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

    /// Stands still until everything is written or lost: so is what another tool keeps out of the file for
    /// [`LAST_TRIES`] in a row.
    pub(super) fn finish(&mut self) -> Vec<Written> {
        let mut written = Vec::new();
        let mut busy = 0;
        while let Some((_, outcome)) = self.lane.wait() {
            busy = if matches!(outcome, Outcome::Done((_, Err(StoreError::Busy)))) { busy + 1 } else { 0 };
            if busy == LAST_TRIES {
                let problem = StoreError::Busy.diagnostic();
                written.push(Written::Lost(std::mem::take(&mut self.waiting), problem));
                break;
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::item::ItemId;
    use crate::model::operations::queries;
    use crate::model::text::parse_query;
    use crate::model::workspace::Workspace;

    #[test]
    fn finishing_ends_while_another_tool_keeps_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("shop.stormline")).unwrap();
        let other = document.another_writer().unwrap();
        let take = other.with_sql(|conn| {
            conn.pragma_update(None, "query_only", false)?;
            conn.execute_batch("BEGIN IMMEDIATE")
        });
        take.unwrap();
        let query = parse_query("kind = \"trend\"\nevents = [{ event = \"A\" }]").unwrap();
        let edit = |n| queries::add(&Workspace::default(), ItemId(n), None, query.clone());
        let mut saving = Saving { patience: Patience::Brief, ..Saving::new(|| {}) };
        for n in 1..3 {
            saving.push(&document, Write::Edit(edit(n))).unwrap();
        }
        let written = saving.finish();
        let [Written::Lost(lost, why)] = written.as_slice() else { panic!("the edits are lost") };
        assert_eq!((lost.len(), why.code), (2, "document-busy"));
        assert!(saving.is_done() && saving.finish().is_empty());
        other.with_sql(|conn| conn.execute_batch("ROLLBACK")).unwrap();
        saving.push(&document, Write::Edit(edit(3))).unwrap();
        assert!(matches!(saving.finish().as_slice(), [Written::Edit]));
        assert_eq!(document.history(9).unwrap().len(), 1);
    }
}
