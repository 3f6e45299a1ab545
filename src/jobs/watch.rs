//! Folders watched for new logs: each file is handed out once it has stopped growing. Not for importing it: see
//! `jobs::import`; nor for how changes are noticed: see `notify`, without which the folder is looked at again and again.

mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use notify::{RecursiveMode, Watcher};
use serde::{Deserialize, Serialize};

use super::import::{Source, files_below};
use crate::base::Diagnostic;
use crate::store::{Document, StoreError};

/// A file is whole once nothing has changed in it for so long, and its last record and its packing have an end.
pub const SETTLED: Duration = Duration::from_secs(8);
/// A file whose end is missing is held back for so many times as long; what nobody goes on with by then is all there is.
const HELD: u32 = 30;
/// A folder in which something may still grow is looked at so often while a file settles.
const LOOKS: u32 = 4;
/// With notices of changes, a folder is looked at again after so many pauses anyway.
const IDLE_PAUSES: u32 = 15;
/// A file that could not be taken in is given again once so many times have passed in which a file settles.
const AGAIN: u32 = 4;
/// Endings of files that another program is still writing.
const UNFINISHED: [&str; 5] = [".part", ".partial", ".tmp", ".crdownload", ".download"];
/// Between the name of a document and those of the files that belong to it.
const DOCUMENT: &str = ".stormline";
/// The key under which a document keeps its watched folders.
const KEPT: &str = "watch.folders";

/// A folder that a document watches, and how its files are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The folder.
    pub folder: PathBuf,
    /// Where its logs come from, in the person's words; may be empty.
    #[serde(default)]
    pub source: String,
    /// The format's name; empty to recognize it by content.
    #[serde(default)]
    pub format: String,
    /// The mapping's text form; may be empty.
    #[serde(default)]
    pub mapping: String,
    /// True while a person lets it rest.
    #[serde(default)]
    pub is_paused: bool,
}

/// The folders that a person left watched in this document.
///
/// # Errors
/// What SQLite says.
pub fn watched(document: &Document) -> Result<Vec<Watched>, StoreError> {
    let text = document.meta(KEPT)?.unwrap_or_default();
    // Another program's text there is no folder of ours.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Keeps the folders that are to be watched again when the document is opened; none to end it.
///
/// # Errors
/// `ReadOnly`, or what SQLite says.
pub fn keep_watched(document: &mut Document, folders: &[Watched]) -> Result<(), StoreError> {
    let text = serde_json::to_string(folders).unwrap_or_default();
    document.set_meta(KEPT, &text)
}

/// The files that a document has taken in, or had and a person removed, by content.
#[derive(Clone, Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// Those of all complete imports, and of those that were removed and not made again by hand.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn of(document: &Document) -> Result<Taken, StoreError> {
        let complete = document.batches()?.into_iter().filter(|batch| batch.is_complete);
        let mut taken = document.removed_imports()?;
        taken.extend(complete.map(|batch| batch.fingerprint));
        Ok(Taken(taken))
    }

    /// True for a file that is one of them; false for one that cannot be read, whose import says why.
    pub fn has(&self, file: &Path) -> bool {
        Source::find(file).is_ok_and(|source| self.0.contains(&source.fingerprint))
    }
}

/// Something that a watched folder brought.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A new log, whole.
    File {
        /// The watched folder.
        folder: PathBuf,
        /// The log.
        file: PathBuf,
    },
    /// A file that nothing is written to any more, and whose end is missing: it is given once it is whole, or after a
    /// longer while.
    Held {
        /// The watched folder.
        folder: PathBuf,
        /// The log.
        file: PathBuf,
    },
    /// A folder that cannot be looked at; said once until it can be again.
    Trouble(Diagnostic),
    /// A folder that can be looked at again.
    Readable {
        /// The watched folder.
        folder: PathBuf,
    },
}

/// Looks at one folder again and again; see [`Landing::look`].
pub struct Landing {
    folder: PathBuf,
    taken: Taken,
    settled: Duration,
    /// Files that may still grow.
    growing: BTreeMap<PathBuf, Growing>,
    /// Files found to lack their end since that was last told.
    held: Vec<PathBuf>,
    /// Ends a look at the next file.
    stop: Arc<AtomicBool>,
    /// Files handed out or taken in before; one that changes later is new again.
    done: BTreeMap<PathBuf, Stamp>,
}

type Stamp = (u64, Option<SystemTime>);

/// A file that may still grow.
#[derive(Clone, Copy)]
struct Growing {
    /// What it was when it last changed.
    stamp: Stamp,
    /// Since when it has not.
    since: Instant,
    /// It was looked into, and its end is missing.
    is_cut: bool,
}

impl Landing {
    /// A folder whose files are whole once they have not changed for `settled`.
    pub fn new(folder: PathBuf, taken: Taken, settled: Duration) -> Landing {
        Landing {
            folder,
            taken,
            settled,
            growing: BTreeMap::new(),
            held: Vec::new(),
            stop: Arc::default(),
            done: BTreeMap::new(),
        }
    }

    /// The files that are new and whole now, sorted; each is given once. Once told to stop, those seen so far.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn look(&mut self) -> Result<Vec<PathBuf>, Diagnostic> {
        let found = files_below(&self.folder, &self.stop).map_err(|error| {
            Diagnostic::warning("watch-unreadable", format!("The watched folder cannot be read: {error}"))
                .hint("Put it back, or stop watching it")
                .at(self.folder.display().to_string())
        })?;
        self.growing.retain(|path, _| found.contains(path));
        let mut ready = Vec::new();
        for path in found.into_iter().filter(|path| !is_unfinished(path) && !is_document(path)) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let Some(stamp) = stamp(&path) else { continue };
            if stamp.0 == 0 || self.done.get(&path) == Some(&stamp) {
                continue;
            }
            if self.is_ready(&path, stamp) {
                self.growing.remove(&path);
                self.done.insert(path.clone(), stamp);
                if !self.taken.has(&path) {
                    ready.push(path);
                }
            }
        }
        Ok(ready)
    }

    /// True for a file that has not changed for long enough; longer when its end is missing.
    fn is_ready(&mut self, path: &Path, stamp: Stamp) -> bool {
        let now = Instant::now();
        let fresh = Growing { stamp, since: now, is_cut: false };
        let growing = self.growing.entry(path.to_owned()).or_insert(fresh);
        if growing.stamp != stamp {
            *growing = fresh;
            return false;
        }
        if growing.is_cut {
            return now >= growing.since + self.settled * HELD;
        }
        if now < growing.since + self.settled {
            return false;
        }
        growing.is_cut = !whole::is_whole(path, &self.stop);
        if growing.is_cut {
            self.held.push(path.to_owned());
        }
        !growing.is_cut
    }

    /// The files found to lack their end since the last call, which wait for it; sorted.
    pub fn held(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.held)
    }

    /// Gives a file again that could not be taken in, after a while.
    fn again(&mut self, file: PathBuf) {
        self.done.remove(&file);
        if let Some(stamp) = stamp(&file) {
            let since = Instant::now() + self.settled * AGAIN;
            self.growing.insert(file, Growing { stamp, since, is_cut: false });
        }
    }

    /// True while a file may still grow: look again soon.
    pub fn is_waiting(&self) -> bool {
        !self.growing.is_empty()
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let meta = file.metadata().ok()?;
    Some((meta.len(), meta.modified().ok()))
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

/// A document, or what belongs to one: never a log.
fn is_document(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let Some((_, ending)) = name.rsplit_once(DOCUMENT) else { return false };
    let draft =
        ending.strip_prefix(".copy-").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    matches!(draft.unwrap_or(ending), "" | "-wal" | "-shm" | "-journal") || ending == ".lock"
}

/// Why the watching thread wakes up.
enum Signal {
    Changed,
    /// A file is to be given again after a while.
    Again(PathBuf),
    Stop,
}

/// Folders that are being watched by a thread of their own, which holds no document. It ends when this is dropped: at
/// the next file of its walk, and nobody waits for it, since a folder may be far away or large.
pub struct Watch {
    arrivals: Receiver<Arrival>,
    signals: Sender<Signal>,
    stop: Arc<AtomicBool>,
}

impl Watch {
    /// Starts watching; `wake` is called from the thread whenever something has arrived.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        folders: Vec<PathBuf>,
        taken: &Taken,
        settled: Duration,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Watch, Diagnostic> {
        let (sender, arrivals) = channel();
        let (signals, inbox) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let landing = |folder| Landing { stop: stop.clone(), ..Landing::new(folder, taken.clone(), settled) };
        let landings: Vec<Landing> = folders.into_iter().map(landing).collect();
        let notices = signals.clone();
        let thread = thread::Builder::new().name("watched folders".to_owned()).spawn(move || {
            // Held for as long as the loop runs. Without notices every pause looks again.
            let watcher = noticing(&landings, notices);
            run(landings, settled, watcher.is_some(), &inbox, |arrival| {
                let there = sender.send(arrival).is_ok();
                wake();
                there
            });
        });
        match thread {
            Ok(_) => Ok(Watch { arrivals, signals, stop }),
            Err(error) => {
                let message = format!("The folder cannot be watched: {error}");
                Err(Diagnostic::error("watch-failed", message).hint("Close other programs and try again"))
            }
        }
    }

    /// What has arrived since the last call; does not wait.
    pub fn arrived(&self) -> Vec<Arrival> {
        self.arrivals.try_iter().collect()
    }

    /// What arrives next, waiting for it at most so long.
    pub fn wait(&self, at_most: Duration) -> Option<Arrival> {
        self.arrivals.recv_timeout(at_most).ok()
    }

    /// Gives a file again that could not be taken in, after a while.
    pub fn again(&self, file: PathBuf) {
        // Fails only when the thread has ended: then nothing is given any more.
        let _ = self.signals.send(Signal::Again(file));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Fails only when the thread has ended already.
        let _ = self.signals.send(Signal::Stop);
    }
}

/// Notices of changes in all folders; `None` when the system gives none.
fn noticing(landings: &[Landing], notices: Sender<Signal>) -> Option<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |_: notify::Result<notify::Event>| {
        // Nobody listens only once watching has stopped.
        let _ = notices.send(Signal::Changed);
    })
    .ok()?;
    for landing in landings {
        watcher.watch(&landing.folder, RecursiveMode::Recursive).ok()?;
    }
    Some(watcher)
}

/// Looks at the folders until told to stop, or until nobody takes what arrives.
fn run(
    mut landings: Vec<Landing>,
    settled: Duration,
    is_noticed: bool,
    inbox: &Receiver<Signal>,
    hand: impl Fn(Arrival) -> bool,
) {
    let pause = (settled / LOOKS).max(Duration::from_millis(20));
    let mut troubled = BTreeSet::new();
    loop {
        for landing in &mut landings {
            let folder = landing.folder.clone();
            let arrivals: Vec<Arrival> = match landing.look() {
                Ok(files) => {
                    let is_back = troubled.remove(&folder);
                    let back = is_back.then(|| Arrival::Readable { folder: folder.clone() });
                    let files = files.into_iter().map(|file| Arrival::File { folder: folder.clone(), file });
                    let held = landing.held().into_iter();
                    let held = held.map(|file| Arrival::Held { folder: folder.clone(), file });
                    back.into_iter().chain(files).chain(held).collect()
                }
                Err(problem) if troubled.insert(folder.clone()) => vec![Arrival::Trouble(problem)],
                Err(_) => Vec::new(),
            };
            if !arrivals.into_iter().all(&hand) {
                return;
            }
        }
        let soon = !is_noticed || !troubled.is_empty() || landings.iter().any(Landing::is_waiting);
        let first = match inbox.recv_timeout(if soon { pause } else { pause * IDLE_PAUSES }) {
            Ok(signal) => Some(signal),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // Many notices are one; what they are about is seen by looking.
        for signal in first.into_iter().chain(inbox.try_iter()) {
            match signal {
                Signal::Stop => return,
                Signal::Changed => {}
                Signal::Again(file) => {
                    let of = landings.iter_mut().find(|landing| file.starts_with(&landing.folder));
                    of.into_iter().for_each(|landing| landing.again(file.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_handed_out_once_when_it_has_stopped_growing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut landing = Landing::new(folder.path().to_owned(), Taken::default(), Duration::ZERO);
        fs::create_dir(path("deep")).unwrap();
        fs::write(path("deep/b.ndjson"), "one\n").unwrap();
        fs::write(path("c.ndjson.part"), "one\n").unwrap();
        fs::write(path(".hidden"), "one\n").unwrap();
        fs::write(path("empty"), "").unwrap();
        fs::write(path("shop.stormline-wal"), "one\n").unwrap();
        assert_eq!(landing.look().unwrap(), [path("deep/b.ndjson")]);
        assert!(landing.look().unwrap().is_empty());
        fs::rename(path("c.ndjson.part"), path("c.ndjson")).unwrap();
        fs::write(path("deep/b.ndjson"), "one\ntwo\n").unwrap();
        assert_eq!(landing.look().unwrap(), [path("c.ndjson"), path("deep/b.ndjson")]);
    }

    #[test]
    fn a_growing_file_waits_and_a_taken_one_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "one\n").unwrap();
        let mut slow = Landing::new(folder.path().to_owned(), Taken::default(), Duration::from_secs(3600));
        assert!(slow.look().unwrap().is_empty() && slow.is_waiting());
        let known = Taken([Source::find(&path).unwrap().fingerprint].into());
        let mut landing = Landing::new(folder.path().to_owned(), known, Duration::ZERO);
        assert!(landing.look().unwrap().is_empty() && !landing.is_waiting());
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(landing.look().unwrap_err().code, "watch-unreadable");
    }

    #[test]
    fn a_file_whose_end_is_missing_is_held_back_until_it_is_whole_or_nobody_goes_on_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let line = "{\"event\":\"A\",\"userId\":\"u\"}";
        let packed = {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packer, line.repeat(50).as_bytes()).unwrap();
            packer.finish().unwrap()
        };
        fs::write(path("a.ndjson"), format!("{line}\n{}", &line[..9])).unwrap();
        fs::write(path("b.gz"), &packed[..packed.len() - 3]).unwrap();
        fs::write(path("c.ndjson"), format!("{line}\n{line}")).unwrap();
        let mut landing = Landing::new(folder.path().to_owned(), Taken::default(), Duration::ZERO);
        landing.settled = Duration::from_nanos(1);
        assert!(landing.look().unwrap().is_empty(), "all have only just come");
        thread::sleep(Duration::from_millis(1));
        let held = [path("a.ndjson"), path("b.gz")];
        landing.settled = Duration::from_millis(1);
        assert_eq!(landing.look().unwrap(), [path("c.ndjson")], "its last record has an end");
        assert_eq!(landing.held(), held);
        // From here on nobody waits that long, and each is whole as soon as it changes and rests.
        landing.settled = Duration::from_secs(3600);
        assert!(landing.look().unwrap().is_empty() && landing.is_waiting() && landing.held().is_empty());
        fs::write(path("a.ndjson"), format!("{line}\n{line}\n")).unwrap();
        assert!(landing.look().unwrap().is_empty(), "it has only just changed");
        landing.growing.get_mut(&path("a.ndjson")).unwrap().since -= Duration::from_secs(3600);
        assert_eq!(landing.look().unwrap(), [path("a.ndjson")]);
        // The other one is given as it is once nobody has gone on with it for a long time.
        landing.growing.get_mut(&path("b.gz")).unwrap().since -= Duration::from_secs(3600 * 29);
        assert!(landing.look().unwrap().is_empty());
        landing.growing.get_mut(&path("b.gz")).unwrap().since -= Duration::from_secs(3600);
        assert_eq!(landing.look().unwrap(), [path("b.gz")]);
        assert!(landing.held().is_empty() && !landing.is_waiting());
    }

    #[test]
    fn a_folder_that_goes_and_comes_back_is_told_of_both() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("logs");
        let watch =
            Watch::start(vec![folder.clone()], &Taken::default(), Duration::from_millis(20), || {}).unwrap();
        let wait = || watch.wait(Duration::from_secs(60));
        assert!(matches!(wait(), Some(Arrival::Trouble(problem)) if problem.code == "watch-unreadable"));
        fs::create_dir(&folder).unwrap();
        assert!(matches!(wait(), Some(Arrival::Readable { folder: back }) if back == folder));
        fs::write(folder.join("a.ndjson"), "one\n").unwrap();
        assert!(matches!(wait(), Some(Arrival::File { .. })));
    }

    #[test]
    fn watching_hands_files_over_and_stops() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let watch =
            Watch::start(vec![folder.path().to_owned()], &Taken::default(), Duration::from_millis(20), || {})
                .unwrap();
        fs::write(&path, "one\n").unwrap();
        let arrival = watch.wait(Duration::from_secs(60));
        assert!(matches!(arrival, Some(Arrival::File { file, .. }) if file == path));
    }

    #[test]
    fn a_file_given_back_comes_again_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "one\n").unwrap();
        let mut landing = Landing::new(folder.path().to_owned(), Taken::default(), Duration::ZERO);
        assert_eq!(landing.look().unwrap(), [path.as_path()]);
        landing.settled = Duration::from_secs(3600);
        landing.again(path.clone());
        assert!(landing.look().unwrap().is_empty() && landing.is_waiting());
        landing.settled = Duration::ZERO;
        landing.again(path.clone());
        assert_eq!(landing.look().unwrap(), [path.as_path()]);
        let watch =
            Watch::start(vec![folder.path().to_owned()], &Taken::default(), Duration::from_millis(20), || {})
                .unwrap();
        for _ in 0..2 {
            let arrival = watch.wait(Duration::from_secs(60));
            assert!(matches!(arrival, Some(Arrival::File { file, .. }) if file == path));
            watch.again(path.clone());
        }
    }

    #[test]
    fn documents_are_no_logs_and_logs_may_be_called_after_one() {
        for name in [
            "shop.stormline",
            "Shop.Stormline",
            "shop.stormline-wal",
            "shop.stormline-shm",
            "shop.stormline-journal",
            "shop.stormline.lock",
            "shop.stormline.copy-4711",
            "shop.stormline.copy-4711-journal",
        ] {
            assert!(is_document(Path::new(name)), "{name}");
        }
        for name in [
            "export.stormline.ndjson",
            "stormline.csv",
            "a.stormlines",
            "a.stormline.copy-1.csv",
            "b-wal",
            "c.lock",
        ] {
            assert!(!is_document(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_look_ends_at_the_next_file_once_told_to() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.ndjson"), "one\n").unwrap();
        let mut landing = Landing::new(folder.path().to_owned(), Taken::default(), Duration::ZERO);
        landing.stop.store(true, Ordering::Relaxed);
        assert!(landing.look().unwrap().is_empty() && !landing.is_waiting());
        assert!(files_below(folder.path(), &landing.stop).unwrap().is_empty(), "nor is the folder walked");
        landing.stop.store(false, Ordering::Relaxed);
        assert_eq!(landing.look().unwrap().len(), 1);
    }

    #[test]
    fn nobody_waits_for_a_thread_that_is_busy_and_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.ndjson"), "one\n").unwrap();
        let (reached, busy) = channel();
        let (go, gate) = channel::<()>();
        let wake = move || {
            reached.send(()).unwrap();
            // Held up in its look until the gate opens.
            let _ = gate.recv();
        };
        let watch =
            Watch::start(vec![folder.path().to_owned()], &Taken::default(), Duration::from_millis(20), wake)
                .unwrap();
        busy.recv_timeout(Duration::from_secs(60)).unwrap();
        let (told, gone) = channel();
        thread::spawn(move || {
            drop(watch);
            told.send(()).unwrap();
        });
        gone.recv_timeout(Duration::from_secs(60)).expect("dropping does not wait for the thread");
        drop(go);
        // What wakes the window goes with the thread.
        let end = busy.recv_timeout(Duration::from_secs(60));
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
    }
}
