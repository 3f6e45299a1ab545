//! The runs of the cache that an import makes of its events as they come, beside the writer where a thread is given for
//! it. Not for their form: see `cache::build`.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use rusqlite::Connection;

use super::ready::Packed;
use crate::base::{Cancelled, Progress};
use crate::store::StoreError;
use crate::store::cache::build::{ALL, Draft, NewRow, PackedRun};
use crate::store::scan::{Gathered, Gatherer, Target};

/// Parcels that may wait for the thread beside the writer.
const AHEAD: usize = 8;

/// Takes each event of an import in order, and makes runs of them.
pub(super) struct Columns {
    draft: Draft,
    /// Where the events of a parcel go, by their index in it.
    targets: Vec<Target>,
    maker: Maker,
}

enum Maker {
    /// On the writer's thread; runs wait until their events are stored.
    Here { gatherer: Box<Gatherer>, closed: Vec<(Draft, Gatherer)> },
    /// On a thread of its own: see [`ColumnMaker`].
    Beside { work: SyncSender<Work>, made: Receiver<Result<PackedRun, Cancelled>>, awaited: usize },
}

enum Work {
    Merge(Box<Gathered>, Vec<Target>),
    Pack(Box<Draft>),
}

/// The work of the thread that makes columns beside the writer.
pub struct ColumnMaker {
    work: Receiver<Work>,
    made: Sender<Result<PackedRun, Cancelled>>,
}

impl ColumnMaker {
    /// Works until the import that it is of ends.
    pub fn run(self, progress: &Progress) {
        let mut gatherer = Gatherer::default();
        while let Ok(work) = self.work.recv() {
            match work {
                Work::Merge(gathered, targets) => gatherer.merge(&gathered, &targets, ALL),
                Work::Pack(draft) => {
                    let packed = draft.pack(std::mem::take(&mut gatherer), progress);
                    if self.made.send(packed).is_err() {
                        return;
                    }
                }
            }
        }
    }
}

impl Columns {
    /// For the events that come after all stored ones; `None` when the cache does not show those yet.
    pub(super) fn start(conn: &Connection) -> Result<Option<Columns>, StoreError> {
        let maker = Maker::Here { gatherer: Box::default(), closed: Vec::new() };
        Ok(Draft::start(conn)?.map(|draft| Columns { draft, targets: Vec::new(), maker }))
    }

    /// Gives the work to a thread; to be called before the first event.
    pub(super) fn beside(&mut self) -> ColumnMaker {
        let (work, asked) = sync_channel(AHEAD);
        let (answer, made) = channel();
        self.maker = Maker::Beside { work, made, awaited: 0 };
        ColumnMaker { work: asked, made: answer }
    }

    /// Takes in the next event, and its properties and context: JSON objects' texts, or empty ones.
    pub(super) fn push(&mut self, event: NewRow, texts: (&str, &str)) {
        let at = self.draft.push(event);
        let mut gathered = Gathered::default();
        gathered.add(0, texts, None, None);
        self.merge(Box::new(gathered), vec![Target { at, name: event.name }]);
    }

    /// Takes in the next event, the one of an index in a parcel whose properties were read before.
    pub(super) fn expect(&mut self, event: NewRow, index: usize) {
        let at = self.draft.push(event);
        if self.targets.len() <= index {
            self.targets.resize(index + 1, Target::NONE);
        }
        self.targets[index] = Target { at, name: event.name };
    }

    /// Ends a parcel: takes what its events say.
    pub(super) fn end_parcel(&mut self, events: &mut Packed) {
        let Some(gathered) = events.take_gathered() else { return };
        if !self.targets.is_empty() {
            self.targets.resize(events.len(), Target::NONE);
            let targets = std::mem::take(&mut self.targets);
            self.merge(gathered, targets);
        }
        if self.draft.is_full() {
            self.close();
        }
    }

    fn merge(&mut self, gathered: Box<Gathered>, targets: Vec<Target>) {
        match &mut self.maker {
            Maker::Here { gatherer, .. } => gatherer.merge(&gathered, &targets, ALL),
            // A thread that is gone has panicked, which shows when it is awaited.
            Maker::Beside { work, .. } => drop(work.send(Work::Merge(gathered, targets))),
        }
    }

    /// Makes a run of what there is, unless a parcel has not ended.
    pub(super) fn close(&mut self) {
        if !self.targets.is_empty() {
            return;
        }
        let Some(draft) = self.draft.take() else { return };
        match &mut self.maker {
            Maker::Here { gatherer, closed } => closed.push((draft, std::mem::take(gatherer))),
            Maker::Beside { work, awaited, .. } => {
                *awaited += 1;
                drop(work.send(Work::Pack(Box::new(draft))));
            }
        }
    }

    /// True when a run should be made of what there is.
    pub(super) fn is_full(&self) -> bool {
        self.draft.is_full()
    }

    /// Writes the runs that are ready, or all of them when it is to `wait`. The events of all must be committed.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says; no more is then to be taken in.
    pub(super) fn write(
        &mut self,
        conn: &mut Connection,
        wait: bool,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        match &mut self.maker {
            Maker::Here { closed, .. } => {
                for (draft, gatherer) in closed.drain(..) {
                    draft.pack(gatherer, progress)?.write(conn)?;
                }
            }
            Maker::Beside { made, awaited, .. } => {
                while *awaited > 0 {
                    let next = if wait { made.recv().ok() } else { made.try_recv().ok() };
                    let Some(packed) = next else { break };
                    *awaited -= 1;
                    packed?.write(conn)?;
                }
            }
        }
        Ok(())
    }
}
