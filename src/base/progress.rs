//! Progress and cancellation of slow work. Not for scheduling it: see `jobs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The work was cancelled by a person; whatever was finished stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A handle shared by the worker, which reports, and the watcher, which reads and may cancel.
///
/// The whole protocol of slow work is `progress.at(done, total)?`.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
    calls: AtomicU64,
    cancelled: AtomicBool,
    /// 0 = never; otherwise the call that answers `Cancelled`, counted from one.
    cancel_at_call: AtomicU64,
}

impl Progress {
    /// Nothing done yet, total unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels itself at the `n`th report, counted from one: for tests of every point of cancellation.
    pub fn cancelling_at(n: u64) -> Self {
        let progress = Self::default();
        progress.shared.cancel_at_call.store(n, Ordering::Relaxed);
        progress
    }

    /// Reports how far the work is, in units of the worker's choice; `total` is 0 while unknown.
    ///
    /// # Errors
    /// `Cancelled` once a person has asked for it.
    pub fn at(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        self.shared.done.store(done, Ordering::Relaxed);
        self.shared.total.store(total, Ordering::Relaxed);
        let call = self.shared.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if call == self.shared.cancel_at_call.load(Ordering::Relaxed) {
            self.cancel();
        }
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Asks the worker to stop at its next report.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// True once cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// `(done, total)` of the latest report.
    pub fn reached(&self) -> (u64, u64) {
        (self.shared.done.load(Ordering::Relaxed), self.shared.total.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancels_at_the_asked_call() {
        let progress = Progress::cancelling_at(2);
        assert_eq!(progress.at(1, 3), Ok(()));
        assert_eq!(progress.at(2, 3), Err(Cancelled));
        assert_eq!(progress.reached(), (2, 3));
    }
}
