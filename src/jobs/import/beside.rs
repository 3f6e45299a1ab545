//! What runs beside the writer of an import: a thread that folds the write-ahead log into the file, one that makes columns
//! of its events, and one that ends long statements when a person stops the import. Not for reading: see `pipeline`.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::base::Progress;
use crate::store::{Importer, Interrupter, StoreError};

/// Bytes of log text between two folds.
const FOLD_BYTES: u64 = 48 << 20;
/// How often a thread looks whether the import is stopped.
const LOOK: Duration = Duration::from_millis(20);

/// The writer's end of both threads, which end with it.
pub(super) struct Helper {
    folds: SyncSender<()>,
    since: u64,
    _watched: SyncSender<()>,
}

impl Helper {
    /// Tells that a chunk of so many bytes was committed.
    pub(super) fn committed(&mut self, bytes: u64) {
        self.since += bytes;
        if self.since >= FOLD_BYTES {
            self.since = 0;
            // When one is asked for already, it comes soon anyway.
            let _ = self.folds.try_send(());
        }
    }
}

/// Runs `work` with the threads beside it.
pub(super) fn with_helper<'d, T, E: From<StoreError>>(
    mut importer: Importer<'d>,
    progress: &Progress,
    work: impl FnOnce(Importer<'d>, Helper) -> Result<T, E>,
) -> Result<T, E> {
    let folder = importer.folder()?;
    let interrupters = [importer.interrupter(), folder.interrupter()];
    let columns = importer.columns_beside();
    std::thread::scope(|scope| {
        let (folds, asked) = sync_channel(1);
        let (_watched, end) = sync_channel(1);
        scope.spawn(move || {
            while asked.recv().is_ok() {
                // What it leaves, the next fold or the closing of the document does.
                let _ = folder.fold();
            }
        });
        // It ends with the importer.
        scope.spawn(move || columns.map(|columns| columns.run(progress)));
        scope.spawn(move || watch(&interrupters, &end, progress));
        work(importer, Helper { folds, since: 0, _watched })
    })
}

/// Interrupts what runs when the import is stopped. Rarely, for what comes after a stop is short and wanted.
fn watch(interrupters: &[Interrupter], end: &Receiver<()>, progress: &Progress) {
    let mut looks = 0_u32;
    while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(LOOK) {
        if progress.is_cancelled() {
            if looks.is_multiple_of(10) {
                interrupters.iter().for_each(Interrupter::interrupt);
            }
            looks += 1;
        }
    }
}
