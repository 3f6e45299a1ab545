//! Looks at logs taken off the window's thread: the latest one asked for wins, and what was unpacked for one serves the
//! next. Not for painting them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::app::shell::Mode;
use crate::base::{Diagnostic, Progress};
use crate::formats::log::mapping::Mapping;
use crate::jobs::import::{ImportOptions, Look, Looking, Spools, look};
use crate::jobs::lane::{JobId, Lane, Outcome};
use crate::model::time::{Time, Zone};
use crate::store::document::Document;

/// What looking at a log's beginning came to.
pub(in crate::app::dialogs) type LookResult = Result<Look, Diagnostic>;

/// A look to take.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) log: PathBuf,
    /// The format's name; `None` to recognize it.
    pub(super) format: Option<&'static str>,
    pub(super) mapping: Option<Mapping>,
    pub(super) zone: Zone,
    pub(super) refuses_memory: bool,
    /// The import of the document that goes first.
    pub(super) replaces: Option<i64>,
    /// What the log was like when it was asked for.
    pub(super) stamp: Stamp,
}

/// What changes when a file is written anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Of the file at `path`; that of nothing when there is none.
    pub(super) fn of(path: &Path) -> Stamp {
        let facts = std::fs::metadata(path);
        facts.map_or_else(
            |_| Stamp::default(),
            |facts| Stamp { length: facts.len(), modified: facts.modified().ok() },
        )
    }
}

impl Request {
    fn look(&self, document: Option<&Document>, spools: Spools, progress: &Progress) -> LookResult {
        // Looking imports nothing: neither the source nor the instant of the import is kept.
        let options = ImportOptions {
            format: self.format,
            mapping: self.mapping.clone(),
            source: String::new(),
            imported_at: Time(0),
            zone: self.zone,
        };
        let looking =
            Looking { document, spools, refuses_memory: self.refuses_memory, replaces: self.replaces };
        look(&self.log, &options, &looking, progress)
    }
}

/// Looks that were taken while the dialog is open, by what they were asked with.
pub(in crate::app::dialogs) struct Previews {
    /// Holds a document while it works: whoever closes the document waits for it.
    lane: Option<Lane<(u64, Box<LookResult>)>>,
    wake: Option<egui::Context>,
    kept: HashMap<u64, Arc<LookResult>>,
    asked: Option<(u64, JobId)>,
    spools: Spools,
}

impl Previews {
    pub(in crate::app::dialogs) fn new(mode: &Mode) -> Previews {
        let wake = match mode {
            Mode::Window(ctx) => Some(ctx.clone()),
            Mode::Still => None,
        };
        let lane = lane(wake.as_ref());
        Previews { lane, wake, kept: HashMap::new(), asked: None, spools: Spools::default() }
    }

    /// Takes in what is done.
    pub(in crate::app::dialogs) fn logic(&mut self) {
        let Some(lane) = &mut self.lane else { return };
        for (job, outcome) in lane.finished() {
            let is_wanted = self.asked.is_some_and(|(_, asked)| asked == job);
            let (key, result) = match (outcome, self.asked) {
                (Outcome::Done((key, result)), _) => (key, *result),
                (Outcome::Panicked(message), Some((key, _))) => (key, Err(failed(&message))),
                (Outcome::Panicked(_), None) => continue,
            };
            // One that was stopped for a later one has nothing to tell.
            if is_wanted {
                self.asked = None;
                self.kept.insert(key, Arc::new(result));
            }
        }
    }

    /// Stops what works and forgets everything, temporary files too. Does not wait: what cannot stop at once ends by
    /// itself, and nobody hears of it.
    pub(in crate::app::dialogs) fn forget(&mut self) {
        if let (Some(lane), Some((_, job))) = (&mut self.lane, self.asked.take()) {
            lane.cancel(job);
        }
        self.kept.clear();
        self.spools = Spools::default();
    }

    /// The same, and waits until no document is held any more.
    pub(in crate::app::dialogs) fn let_go(&mut self) {
        self.forget();
        self.lane = None;
        self.lane = lane(self.wake.as_ref());
    }

    /// The look under this key; begun when it is not there yet, in place of any other.
    pub(super) fn take(
        &mut self,
        key: u64,
        request: &Request,
        document: Option<&Document>,
    ) -> Option<Arc<LookResult>> {
        if let Some(known) = self.kept.get(&key) {
            return Some(known.clone());
        }
        let Some(lane) = &mut self.lane else {
            let result = Arc::new(request.look(document, self.spools.clone(), &Progress::new()));
            self.kept.insert(key, result.clone());
            return Some(result);
        };
        match self.asked {
            Some((asked, _)) if asked == key => return None,
            Some((_, job)) => lane.cancel(job),
            None => {}
        }
        // Without a handle of its own nothing is compared, and the rest is as good.
        let document = document.and_then(|document| document.another_reader().ok());
        let (request, spools) = (request.clone(), self.spools.clone());
        let job = lane.start("Looking at the log", move |progress| {
            (key, Box::new(request.look(document.as_ref(), spools, progress)))
        });
        self.asked = Some((key, job));
        None
    }

    /// How far the look under way is, as a share.
    pub(super) fn share(&self) -> Option<f32> {
        let (_, asked) = self.asked?;
        let job = self.lane.as_ref()?.jobs().find(|job| job.id == asked)?;
        let (done, total) = job.progress.reached();
        Some(if total == 0 { 0.0 } else { done as f32 / total as f32 })
    }
}

fn lane(wake: Option<&egui::Context>) -> Option<Lane<(u64, Box<LookResult>)>> {
    let ctx = wake?.clone();
    Some(Lane::new(1, move || ctx.request_repaint()))
}

fn failed(message: &str) -> Diagnostic {
    Diagnostic::error("job-failed", format!("Looking at the log stopped: {message}"))
        .hint("This is a fault of the program; nothing was written")
}
