//! The folders that the open document watches: started, paused and stopped. Not for noticing files: see `jobs::watch`; nor
//! for importing what lands: see `landing`.

mod landing;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Session;
use crate::app::context::{LandedFacts, WatchFacts};
use crate::base::Diagnostic;
use crate::jobs::import::{batch_paths, source_name};
use crate::jobs::lane::JobId;
use crate::jobs::watch::{Taken, Watch, Watched, keep_watched, watched};
use crate::model::privacy::masked;
use crate::store::Batch;
use crate::store::document::Document;
use crate::store::error::StoreError;
pub use landing::Fate;

/// The folders of a document.
pub(super) struct Watching {
    folders: Vec<Folder>,
    /// The one import of a file that landed which waits or runs: each is a connection of its own.
    running: Option<Running>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// How long a file must rest until it is whole; `None` where nothing is watched: pictures, and documents that can
    /// only be read.
    settled: Option<Duration>,
    /// The list could not be written while another job wrote the document.
    pub(super) is_unkept: bool,
}

struct Folder {
    watched: Watched,
    watch: Option<Watch>,
    /// A person has said on this computer that it is to be watched: a document may come from anywhere.
    is_allowed: bool,
    /// Files that landed and wait for their turn.
    queue: VecDeque<PathBuf>,
    facts: WatchFacts,
    /// Files and events since the last note.
    news: (u64, u64),
}

struct Running {
    job: JobId,
    folder: PathBuf,
    file: PathBuf,
    /// Its folder is paused or watched no more: it is stopped, and nothing follows from that.
    is_let_go: bool,
}

/// What landed since the last note, once nothing of it waits any more.
pub struct Landed {
    /// The folder.
    pub folder: PathBuf,
    /// How many files.
    pub files: u64,
    /// How many events they brought.
    pub events: u64,
}

impl Watching {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Watching {
        Watching { folders: Vec::new(), running: None, wake, settled: None, is_unkept: false }
    }

    /// Stops all of them; their threads hold no document and end by themselves.
    pub(super) fn end(&mut self) {
        self.folders.iter_mut().for_each(|folder| folder.watch = None);
    }

    /// Writes the list where it could not be written before; what fails is left for the next time.
    pub(super) fn keep(&mut self, document: &mut Document) {
        self.is_unkept = keep_watched(document, &self.list()).is_err();
    }

    fn list(&self) -> Vec<Watched> {
        self.folders.iter().map(|folder| folder.watched.clone()).collect()
    }

    fn find(&mut self, path: &Path) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.watched.folder == path)
    }

    /// Starts the watch of a folder that is not paused; what keeps it from that is its trouble.
    fn start(&mut self, at: usize, document: &Document) {
        let Some(settled) = self.settled else { return };
        let folder = &mut self.folders[at];
        if folder.watched.is_paused || !folder.is_allowed || folder.watch.is_some() {
            return;
        }
        let wake = self.wake.clone();
        let started = Taken::of(document).map_err(|error| error.diagnostic()).and_then(|taken| {
            Watch::start(vec![folder.watched.folder.clone()], &taken, settled, move || wake())
        });
        match started {
            Ok(watch) => folder.watch = Some(watch),
            Err(problem) => folder.facts.trouble = Some(problem),
        }
    }
}

/// The imports that were made, and where their files were.
struct Imports {
    batches: Vec<Batch>,
    paths: BTreeMap<i64, PathBuf>,
}

impl Imports {
    fn of(document: &Document) -> Result<Imports, StoreError> {
        let batches = document.batches()?;
        Ok(Imports { paths: batch_paths(document, &batches)?, batches })
    }

    /// The import of a file in this folder that was made last.
    fn latest(&self, folder: &Path) -> Option<LandedFacts> {
        let is_below =
            |batch: &&Batch| self.paths.get(&batch.id).is_some_and(|path| path.starts_with(folder));
        let found = self.batches.iter().rev().find(is_below)?;
        Some(LandedFacts { file: found.file.clone(), at: found.imported_at, events: found.counts.imported })
    }
}

impl Folder {
    fn of(watched: Watched, imports: &Imports) -> Folder {
        let facts = WatchFacts {
            folder: watched.folder.clone(),
            last: imports.latest(&watched.folder),
            ..WatchFacts::default()
        };
        Folder { watched, watch: None, is_allowed: true, queue: VecDeque::new(), facts, news: (0, 0) }
    }

    /// What waited is handed out again by the next watch.
    fn rest(&mut self) {
        self.watch = None;
        self.queue.clear();
        self.facts.held.clear();
        self.facts.trouble = None;
    }
}

impl Session {
    /// Watches the folders that were left watched in the document, in a window that can write it: those of them that a
    /// person has allowed on this computer.
    pub fn start_watches(&mut self, settled: Duration, allowed: &[PathBuf]) {
        if self.facts.read_only.is_some() {
            return;
        }
        self.watching.settled = Some(settled);
        for at in 0..self.watching.folders.len() {
            let folder = &mut self.watching.folders[at];
            folder.is_allowed = allowed.contains(&folder.watched.folder);
            self.watching.start(at, &self.document);
        }
        self.tell_watches();
    }

    /// The folders that a person has allowed to be watched on this computer.
    pub fn allowed_watches(&self) -> Vec<PathBuf> {
        let allowed = self.watching.folders.iter().filter(|folder| folder.is_allowed);
        allowed.map(|folder| folder.watched.folder.clone()).collect()
    }

    /// Reads which folders the document watches.
    pub(super) fn load_watches(&mut self) -> Result<(), StoreError> {
        let kept = watched(&self.document)?;
        if !kept.is_empty() {
            let imports = Imports::of(&self.document)?;
            self.watching.folders = kept.into_iter().map(|one| Folder::of(one, &imports)).collect();
        }
        self.tell_watches();
        Ok(())
    }

    /// Watches one more folder: what is in it is imported, and then each log that lands there.
    ///
    /// # Errors
    /// When it is no folder, or watched already; or when the document cannot be written.
    pub fn watch(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        let real = std::fs::canonicalize(folder).ok().filter(|path| path.is_dir()).ok_or_else(|| {
            Diagnostic::error("watch-no-folder", "There is no such folder")
                .hint("Type the path of a folder in which logs land")
                .at(masked("", &folder.display().to_string()))
        })?;
        let overlaps = |other: &Folder| {
            real.starts_with(&other.watched.folder) || other.watched.folder.starts_with(&real)
        };
        if let Some(other) = self.watching.folders.iter().find(|other| overlaps(other)) {
            let message = format!(
                "This folder is watched already: {}",
                masked("", &other.watched.folder.display().to_string())
            );
            return Err(Diagnostic::warning("watched-already", message)
                .hint("A folder is watched with the folders in it; stop watching the one before you watch the other"));
        }
        if let Some(why) = &self.facts.read_only {
            return Err(Diagnostic::error("read-only", format!("Nothing can be imported: {why}"))
                .hint("Watch the folder in the window that can write the document"));
        }
        let watched = Watched { source: source_name(&real), folder: real, ..Watched::default() };
        let imports = Imports::of(&self.document).map_err(|error| error.diagnostic())?;
        self.watching.folders.push(Folder::of(watched, &imports));
        let at = self.watching.folders.len() - 1;
        self.watching.start(at, &self.document);
        self.keep_watches()
    }

    /// Lets a folder rest: what waits is not imported, and what is being imported is stopped. Or watches it again: what
    /// was not imported, or not to its end, then is.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn pause_watch(&mut self, folder: &Path, is_paused: bool) -> Result<(), Diagnostic> {
        let Some(at) = self.watching.folders.iter().position(|one| one.watched.folder == folder) else {
            return Ok(());
        };
        let one = &mut self.watching.folders[at];
        one.watched.is_paused = is_paused;
        if is_paused {
            one.rest();
            self.let_go(folder);
        } else {
            one.is_allowed = true;
            // All that could not be imported is tried again.
            let (folder, last) = (one.facts.folder.clone(), one.facts.last.take());
            one.facts = WatchFacts { folder, last, ..WatchFacts::default() };
            self.watching.start(at, &self.document);
        }
        self.keep_watches()
    }

    /// Watches a folder no more; what was imported stays, what waits is not imported, and what is being imported is
    /// stopped.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn stop_watch(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        self.watching.folders.retain(|one| one.watched.folder != folder);
        self.let_go(folder);
        self.keep_watches()
    }

    /// What landed in folders of which nothing waits any more; each is told once.
    pub fn landed(&mut self) -> Vec<Landed> {
        self.tell_watches();
        let Watching { folders, running, .. } = &mut self.watching;
        let is_done = |one: &&mut Folder| {
            let runs = running.as_ref().is_some_and(|running| running.folder == one.watched.folder);
            one.queue.is_empty() && !runs && one.news.0 > 0
        };
        let done = folders.iter_mut().filter(is_done);
        done.map(|one| {
            let (files, events) = std::mem::take(&mut one.news);
            Landed { folder: one.watched.folder.clone(), files, events }
        })
        .collect()
    }

    fn keep_watches(&mut self) -> Result<(), Diagnostic> {
        self.tell_watches();
        match keep_watched(&mut self.document, &self.watching.list()) {
            Err(StoreError::Busy) => self.watching.is_unkept = true,
            Err(error) => return Err(error.diagnostic()),
            Ok(()) => self.watching.is_unkept = false,
        }
        Ok(())
    }

    /// Puts what is known of the folders where pages show it.
    pub(super) fn tell_watches(&mut self) {
        let Watching { folders, running, .. } = &mut self.watching;
        for one in folders.iter_mut() {
            let runs = running.as_ref().is_some_and(|running| running.folder == one.watched.folder);
            one.facts.waiting = one.queue.len() + usize::from(runs);
            one.facts.is_paused = one.watched.is_paused;
            one.facts.is_foreign = !one.is_allowed;
            one.facts.is_watched = one.watch.is_some();
        }
        self.facts.watched = folders.iter().map(|one| one.facts.clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Progress;
    use crate::jobs::lane::Outcome;
    use std::fs;
    use std::sync::mpsc::{Receiver, channel};

    const SETTLED: Duration = Duration::from_millis(20);

    /// A session, what wakes it, and a folder `logs` that it watches.
    struct Desk {
        folder: tempfile::TempDir,
        logs: PathBuf,
        session: Session,
        woken: Receiver<()>,
    }

    impl Desk {
        fn new() -> Desk {
            let folder = tempfile::tempdir().unwrap();
            let logs = fs::canonicalize(folder.path()).unwrap().join("logs");
            fs::create_dir(&logs).unwrap();
            let path = folder.path().join("shop.stormline");
            Document::create(&path).unwrap().close().unwrap();
            let (tell, woken) = channel();
            let wake = move || _ = tell.send(());
            let mut session = Session::open(&path, false, &Progress::new(), wake).unwrap();
            session.start_watches(SETTLED, &[]);
            session.watch(&logs).unwrap();
            let mut desk = Desk { folder, logs, session, woken };
            desk.until(|session| session.transfers().is_empty());
            desk
        }

        fn land(&self, n: usize) {
            let line = format!(
                "{{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"messageId\":\"{n}\",\"timestamp\":\"2026-03-01T00:00:00Z\"}}\n"
            );
            fs::write(self.logs.join(format!("{n}.ndjson")), line).unwrap();
        }

        /// Never more than one import waits or runs meanwhile.
        #[track_caller]
        fn until(&mut self, is_so: impl Fn(&Session) -> bool) {
            loop {
                self.session.finished();
                self.session.landed();
                let transfers = self.session.transfers();
                let imports = transfers.iter().filter(|transfer| transfer.label.starts_with("Importing"));
                assert!(imports.count() <= 1);
                if is_so(&self.session) {
                    return;
                }
                self.woken.recv_timeout(Duration::from_secs(60)).unwrap();
            }
        }

        fn facts(&self) -> &WatchFacts {
            &self.session.facts.watched[0]
        }

        /// Three files of which none can be written, and the other writer that they wait for.
        fn held_up(&mut self) -> Document {
            let other = self.session.document.another_writer().unwrap();
            let take = other.with_sql(|conn| {
                conn.pragma_update(None, "query_only", false)?;
                conn.execute_batch("BEGIN IMMEDIATE")
            });
            take.unwrap();
            (1..=3).for_each(|n| self.land(n));
            self.until(|session| session.facts.watched[0].waiting == 3 && !session.transfers().is_empty());
            other
        }

        fn let_through(&mut self, other: Document) {
            other.with_sql(|conn| conn.execute_batch("ROLLBACK")).unwrap();
            drop(other);
            self.until(|session| session.transfers().is_empty());
        }

        fn resume(&mut self) {
            let logs = self.logs.clone();
            self.session.pause_watch(&logs, false).unwrap();
            self.until(|session| session.facts.events == 3 && session.facts.watched[0].waiting == 0);
            assert_eq!(self.facts().stopped, None);
        }
    }

    #[test]
    fn a_pause_stops_what_is_on_its_way_and_resuming_imports_it() {
        let mut desk = Desk::new();
        let other = desk.held_up();
        let logs = desk.logs.clone();
        desk.session.pause_watch(&logs, true).unwrap();
        assert_eq!(
            (desk.facts().is_paused, desk.facts().waiting),
            (true, 1),
            "the one that is being stopped"
        );
        desk.let_through(other);
        assert_eq!((desk.session.facts.events, desk.facts().waiting), (0, 0));
        assert_eq!(desk.facts().stopped, None, "that was the pause");
        desk.resume();
        desk.session.close().unwrap();
    }

    #[test]
    fn ending_a_watch_stops_what_is_on_its_way() {
        let mut desk = Desk::new();
        let other = desk.held_up();
        let logs = desk.logs.clone();
        desk.session.stop_watch(&logs).unwrap();
        desk.let_through(other);
        assert_eq!((desk.session.facts.events, desk.session.facts.watched.len()), (0, 0));
        desk.session.close().unwrap();
        let document = Document::open_read_only(&desk.folder.path().join("shop.stormline")).unwrap();
        assert_eq!(watched(&document).unwrap(), [], "the list is written once it can be");
    }

    #[test]
    fn a_file_that_a_person_stops_makes_its_folder_rest_and_is_tried_when_it_is_resumed() {
        let mut desk = Desk::new();
        let other = desk.held_up();
        let job = desk.session.transfers()[0].id;
        desk.session.cancel(job);
        desk.let_through(other);
        assert!(desk.facts().is_paused && desk.facts().stopped.is_some() && desk.facts().waiting == 0);
        assert_eq!(desk.session.facts.events, 0);
        assert!(watched(&desk.session.document).unwrap()[0].is_paused, "that is kept");
        desk.resume();
        desk.session.close().unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_masked() {
        let mut desk = Desk::new();
        let missing = desk.folder.path().join("logs of ann@example.org");
        let problem = desk.session.watch(&missing).unwrap_err();
        let told = problem.to_string();
        assert!(problem.code == "watch-no-folder" && told.contains("logs of •••@example.org"), "{told}");
    }

    #[test]
    fn one_that_only_waits_and_is_stopped_is_not_lost() {
        let mut desk = Desk::new();
        let other = desk.held_up();
        // As if the lane had dropped it: there is no outcome.
        let job = desk.session.transfers.start("another", |_| panic!("never runs"));
        let runs =
            desk.session.watching.running.as_mut().map(|running| std::mem::replace(&mut running.job, job));
        desk.session.cancel(job);
        desk.session.note_dropped();
        assert!(runs.is_some() && desk.facts().is_paused && desk.facts().stopped.is_some());
        drop(other);
        desk.session.close().unwrap();
    }

    #[test]
    fn a_file_that_could_not_be_written_is_tried_again() {
        let mut desk = Desk::new();
        desk.land(1);
        desk.until(|session| session.facts.events == 1);
        let file = desk.logs.join("2.ndjson");
        desk.land(2);
        // What the file's own job could have come to.
        desk.until(|session| session.facts.events == 2 && session.transfers().is_empty());
        desk.session.document.another_writer().unwrap().remove_batch(2, &Progress::new()).unwrap();
        let fingerprint = desk.session.document.removed_imports().unwrap().into_iter().next().unwrap();
        desk.session.document.forget_removed_import(&fingerprint).unwrap();
        let job = desk.session.transfers.start("another", |_| panic!("its outcome is not of interest"));
        let folder = desk.logs.clone();
        desk.session.watching.running = Some(Running { job, folder, file, is_let_go: false });
        let busy = StoreError::Busy.diagnostic();
        let ended = Outcome::Done(super::super::Transfer::Landed(Fate::Unwritten(busy.clone())));
        desk.session.note_ended(job, &ended);
        assert_eq!(desk.facts().trouble.as_ref(), Some(&busy));
        desk.until(|session| session.facts.watched[0].trouble.is_none() && session.transfers().is_empty());
        assert_eq!(desk.session.document.counts().unwrap().events, 2);
        desk.session.close().unwrap();
    }

    #[test]
    fn many_files_are_imported_one_by_one_and_removed_ones_stay_away() {
        let mut desk = Desk::new();
        (0..30).for_each(|n| desk.land(n));
        desk.until(|session| session.facts.events == 30 && session.facts.watched[0].waiting == 0);
        let batch = desk.session.facts.batches.iter().find(|batch| batch.file == "7.ndjson").unwrap().id;
        desk.session.remove_batch(batch).unwrap();
        desk.until(|session| session.facts.events == 29 && session.transfers().is_empty());
        // Written anew it looks new, and its content tells that it is not; so does a new watch.
        desk.land(7);
        let logs = desk.logs.clone();
        for is_paused in [true, false] {
            desk.session.pause_watch(&logs, is_paused).unwrap();
        }
        desk.land(30);
        desk.until(|session| session.facts.events == 30 && session.facts.watched[0].waiting == 0);
        assert!(desk.session.facts.batches.iter().all(|batch| batch.file != "7.ndjson"));
        desk.session.close().unwrap();
    }
}
