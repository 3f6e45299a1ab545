//! What runs beside the writer of an import: a thread that folds the write-ahead log into the file, and that ends the
//! writer's last statements when a person stops it. Not for reading: see `pipeline`.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::base::Progress;
use crate::store::{Folder, Importer, Interrupter, StoreError};

/// Bytes of log text between two folds.
const FOLD_BYTES: u64 = 48 << 20;
/// How often the thread looks whether the writer is to be stopped while it finishes.
const LOOK: Duration = Duration::from_millis(20);

/// The writer's end of the thread.
pub(super) struct Helper {
    tasks: SyncSender<Task>,
    since: u64,
}

enum Task {
    Fold,
    /// From here on the writer's statements are long, and ended when a person stops the import.
    Watch,
}

impl Helper {
    /// Tells that a chunk of so many bytes was committed.
    pub(super) fn committed(&mut self, bytes: u64) {
        self.since += bytes;
        if self.since >= FOLD_BYTES {
            self.since = 0;
            // With a task waiting it folds soon anyway.
            let _ = self.tasks.try_send(Task::Fold);
        }
    }

    /// Tells that only persons are left to compute.
    pub(super) fn finishing(&self) {
        // The thread is gone only when it panicked; joining it tells.
        let _ = self.tasks.send(Task::Watch);
    }
}

/// Runs `work` with a thread beside it.
pub(super) fn with_helper<'d, T, E: From<StoreError>>(
    importer: Importer<'d>,
    progress: &Progress,
    work: impl FnOnce(Importer<'d>, Helper) -> Result<T, E>,
) -> Result<T, E> {
    let folder = importer.folder()?;
    let (writer, fold) = (importer.interrupter(), folder.interrupter());
    std::thread::scope(|scope| {
        let (sender, tasks) = sync_channel(2);
        scope.spawn(move || help(&folder, &writer, &tasks, progress));
        let done = work(importer, Helper { tasks: sender, since: 0 });
        if progress.is_cancelled() {
            fold.interrupt();
        }
        done
    })
}

fn help(folder: &Folder, writer: &Interrupter, tasks: &Receiver<Task>, progress: &Progress) {
    loop {
        match tasks.recv() {
            Ok(Task::Fold) if progress.is_cancelled() => {}
            Ok(Task::Fold) => {
                // What it leaves, the next fold or the closing of the document does.
                let _ = folder.fold();
            }
            Ok(Task::Watch) => break,
            Err(_) => return,
        }
    }
    while let Err(RecvTimeoutError::Timeout) = tasks.recv_timeout(LOOK) {
        if progress.is_cancelled() {
            writer.interrupt();
        }
    }
}
