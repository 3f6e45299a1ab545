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
    /// On a thread that panicked, which shows when the import ends: who loads the cache makes the runs.
    Gone,
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
            Maker::Beside { work, .. } => {
                if work.send(Work::Merge(gathered, targets)).is_err() {
                    self.maker = Maker::Gone;
                }
            }
            Maker::Gone => {}
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
                if work.send(Work::Pack(Box::new(draft))).is_err() {
                    self.maker = Maker::Gone;
                }
            }
            Maker::Gone => {}
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
                    draft.pack(gatherer, progress)?.write(conn, progress)?;
                }
            }
            Maker::Beside { made, awaited, .. } => {
                while *awaited > 0 {
                    let next = if wait { made.recv().ok() } else { made.try_recv().ok() };
                    let Some(packed) = next else { break };
                    *awaited -= 1;
                    packed?.write(conn, progress)?;
                }
            }
            Maker::Gone => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Added, BatchInfo, Ready};
    use super::*;
    use crate::model::event::{EventKind, NewEvent};
    use crate::model::time::Time;
    use crate::store::Document;

    const EVENTS: i64 = 1_000;
    /// Events of a parcel, rows of a run and of a chunk: none divides another.
    const SIZES: (usize, usize, usize) = (37, 100, 130);

    /// Of ten persons, some without one; each fifth is a repeat of the one before.
    fn event(n: i64) -> NewEvent {
        let own = if n % 5 == 4 { n - 1 } else { n };
        NewEvent {
            kind: EventKind::Track,
            name: format!("E{}", own % 3),
            message_id: Some(format!("m{own}")),
            anonymous_id: Some(if own % 7 == 0 { "null".to_owned() } else { format!("d{}", own % 10) }),
            user_id: None,
            previous_id: None,
            time: Time(1_000 - own),
            properties: format!(
                r#"{{"n":{own},"color":"c{}","mail":"p{}@example.org"}}"#,
                own % 4,
                own / 300
            ),
            context: format!(r#"{{"locale":"l{}"}}"#, own % 2),
            extra: String::new(),
        }
    }

    fn info() -> BatchInfo {
        BatchInfo {
            file: "log".to_owned(),
            source: String::new(),
            format: "segment".to_owned(),
            mapping: String::new(),
            imported_at: Time(2_000),
            fingerprint: "log".to_owned(),
        }
    }

    type Columns = BTreeMap<String, Vec<Option<String>>>;

    /// Every property of every event of somebody, by the order of the table, and the dictionary of properties.
    fn told(document: &mut Document) -> (Columns, String) {
        let loaded = document.load_table(&Progress::new()).unwrap();
        let names = ["n", "color", "mail", "context.locale"];
        let columns = document.load_columns(&loaded.layout, &names, &Progress::new()).unwrap();
        let value = |column: &crate::engine::Column, code: u32| {
            (code > 0).then(|| column.values[code as usize - 1].to_string())
        };
        let told = names.iter().zip(&columns).map(|(name, column)| {
            ((*name).to_owned(), column.codes.iter().map(|code| value(column, code)).collect())
        });
        (told.collect(), format!("{:?}", document.property_names().unwrap()))
    }

    fn imported(document: &mut Document, beside: bool) -> usize {
        let mut importer = document.import(info()).unwrap();
        let columns = importer.columns.take().unwrap();
        importer.columns = Some(super::Columns { draft: columns.draft.of_at_most(SIZES.1), ..columns });
        let maker = if beside { importer.columns_beside() } else { None };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.scope(|scope| {
            scope.spawn(move |_| {
                if let Some(maker) = maker {
                    maker.run(&Progress::new());
                }
            });
            let events: Vec<i64> = (0..EVENTS).collect();
            let (mut added, mut since) = (0, 0);
            for part in events.chunks(SIZES.0) {
                let mut parcel = Packed::default();
                for n in part {
                    parcel.push(&Ready::new(&event(*n), *n as u64, *n as u64));
                }
                parcel.gather();
                for (index, n) in part.iter().enumerate() {
                    added += usize::from(importer.add_packed(&parcel, index).unwrap() == Some(Added::New));
                    since += 1;
                    if since == SIZES.2 {
                        since = 0;
                        importer.commit(n.unsigned_abs()).unwrap();
                    }
                }
                importer.end_parcel(&mut parcel);
            }
            importer.finish(true).unwrap();
            added
        })
    }

    #[test]
    fn many_runs_made_while_importing_are_those_made_of_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Vec::new();
        for beside in [false, true] {
            let mut document = Document::create(&folder.path().join(format!("{beside}.stormline"))).unwrap();
            assert_eq!(imported(&mut document, beside), 800);
            let runs = |document: &Document| -> i64 {
                document.conn.query_row("SELECT count(*) FROM cache_run", [], |row| row.get(0)).unwrap()
            };
            assert!(runs(&document) >= 6, "{} runs of 800 events", runs(&document));
            all.push(told(&mut document));
            document.rebuild_cache(&Progress::new()).unwrap();
            all.push(told(&mut document));
        }
        assert!(all[0].0["n"].iter().flatten().count() > 600);
        assert!(all.iter().all(|one| *one == all[0]));
    }
}
