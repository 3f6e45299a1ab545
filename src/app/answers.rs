//! Answers that views ask for every frame, computed once each. Not for computing them: see `jobs::questions`.
//!
//! A question's slot remembers its latest answer: until a new one is there the previous stays, marked stale.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::base::{Diagnostic, Progress};
use crate::jobs::answers::{AnswerError, Tables};
use crate::jobs::lane::{JobId, Lane, Outcome};
use crate::jobs::question::{Question, Scope};
use crate::model::plan::Aliases;
use crate::model::time::Zone;

/// How long a question may take before a view shows that it is waiting.
pub const PATIENCE: Duration = Duration::from_millis(250);
/// How many answers are kept.
const KEPT: usize = 400;
/// How many bytes of answers are kept, besides those that are being shown.
const KEPT_BYTES: usize = 64 << 20;

type Shared = Arc<dyn Any + Send + Sync>;
type Computed = Result<Kept, AnswerError>;

/// What a view gets for its question.
pub enum Loadable<T> {
    /// Nothing yet. True once it takes longer than [`PATIENCE`].
    Waiting(bool),
    /// The answer.
    Ready(Arc<T>),
    /// The previous answer of the slot, while the new one is computed; true once that takes longer than [`PATIENCE`].
    Stale(Arc<T>, bool),
    /// There is none, and why.
    Failed(Diagnostic),
}

impl<T> Loadable<T> {
    /// The answer, also a stale one.
    pub fn any(&self) -> Option<&Arc<T>> {
        match self {
            Loadable::Ready(answer) | Loadable::Stale(answer, _) => Some(answer),
            Loadable::Waiting(_) | Loadable::Failed(_) => None,
        }
    }

    /// True when what is shown is not the answer to what is asked now.
    pub fn is_stale(&self) -> bool {
        matches!(self, Loadable::Stale(..))
    }

    /// True when a view should show that it waits.
    pub fn is_slow(&self) -> bool {
        matches!(self, Loadable::Waiting(true) | Loadable::Stale(_, true))
    }
}

enum State {
    Running { job: JobId, since: Instant },
    Ready(Kept),
    Failed(Diagnostic),
}

#[derive(Clone)]
struct Kept {
    answer: Shared,
    bytes: usize,
}

struct Done {
    key: String,
    computed: Computed,
}

/// The answers of one open document.
pub struct Answers {
    tables: Arc<Mutex<Tables>>,
    lane: Lane<Done>,
    states: HashMap<String, State>,
    /// The latest answer of each slot.
    slots: HashMap<String, Shared>,
    asked: HashSet<String>,
    /// The slots that were asked for in this frame.
    shown: HashSet<String>,
    scope: (Arc<Aliases>, Zone),
    /// Answers at once, on this thread: for pictures and tests.
    inline: bool,
    /// The document is being prepared: questions wait.
    held: bool,
}

impl Answers {
    /// Of a document's tables. `inline` answers on the asking thread.
    pub fn new(tables: Tables, inline: bool, wake: impl Fn() + Send + Sync + 'static) -> Answers {
        Answers {
            tables: Arc::new(Mutex::new(tables)),
            lane: Lane::new(2, wake),
            states: HashMap::new(),
            slots: HashMap::new(),
            asked: HashSet::new(),
            shown: HashSet::new(),
            scope: (Arc::new(Aliases::default()), Zone::default()),
            inline,
            held: false,
        }
    }

    /// What holds for every question from now on; a change forgets all answers.
    pub fn set_scope(&mut self, aliases: Aliases, zone: Zone) {
        if *self.scope.0 != aliases || self.scope.1 != zone {
            self.scope = (Arc::new(aliases), zone);
            self.drop_all();
        }
    }

    /// While held, no question is started: what it would need is just being made.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The rows have changed: every answer is asked anew, the old ones stay in their slots until then.
    pub fn forget(&mut self) {
        self.drop_all();
        let tables = self.tables.clone();
        let scope = Scope { tables: &tables, aliases: &self.scope.0, zone: self.scope.1 };
        scope.tables().forget();
    }

    /// Cancels what runs; what it still brings is dropped, since nobody waits under its key any more.
    fn drop_all(&mut self) {
        let jobs: Vec<JobId> = self.lane.jobs().map(|job| job.id).collect();
        jobs.into_iter().for_each(|id| self.lane.cancel(id));
        self.states.clear();
    }

    /// The answer to a question, as far as there is one. `slot` names the place that shows it.
    pub fn ask<Q: Question>(&mut self, slot: &str, question: Q) -> Loadable<Q::Answer> {
        let key = format!("{}\n{}", std::any::type_name::<Q>(), question.key());
        self.asked.insert(key.clone());
        if !self.shown.contains(slot) {
            self.shown.insert(slot.to_owned());
        }
        if !self.held && !self.states.contains_key(&key) {
            self.start(key.clone(), question);
        }
        let previous = || self.slots.get(slot).cloned().and_then(|any| any.downcast::<Q::Answer>().ok());
        match self.states.get(&key) {
            Some(State::Ready(Kept { answer: any, .. })) => match any.clone().downcast::<Q::Answer>() {
                Ok(answer) => {
                    if !self.slots.get(slot).is_some_and(|kept| Arc::ptr_eq(kept, any)) {
                        self.slots.insert(slot.to_owned(), any.clone());
                    }
                    Loadable::Ready(answer)
                }
                Err(_) => Loadable::Waiting(false),
            },
            Some(State::Failed(diagnostic)) => Loadable::Failed(diagnostic.clone()),
            Some(State::Running { since, .. }) => {
                let slow = since.elapsed() > PATIENCE;
                previous().map_or(Loadable::Waiting(slow), |answer| Loadable::Stale(answer, slow))
            }
            None => {
                previous().map_or(Loadable::Waiting(self.held), |answer| Loadable::Stale(answer, self.held))
            }
        }
    }

    /// Takes in what has been computed, and stops what was not asked for in the last frame. Call once a frame.
    pub fn collect(&mut self) {
        for (id, outcome) in self.lane.finished() {
            match outcome {
                Outcome::Done(done) if self.waits_for(&done.key, id) => self.keep(done),
                // Asked under another zone or of rows that have changed since: the new question has its own job.
                Outcome::Done(_) => {}
                Outcome::Panicked(message) => self.blame(&message),
            }
        }
        let asked = std::mem::take(&mut self.asked);
        let unwanted: Vec<(String, JobId)> = self
            .states
            .iter()
            .filter_map(|(key, state)| match state {
                State::Running { job, .. } if !asked.contains(key) => Some((key.clone(), *job)),
                State::Running { .. } | State::Ready(_) | State::Failed(_) => None,
            })
            .collect();
        for (key, job) in unwanted {
            self.lane.cancel(job);
            self.states.remove(&key);
        }
        let shown = std::mem::take(&mut self.shown);
        if self.states.len() > KEPT || self.bytes() > KEPT_BYTES {
            self.states.retain(|key, _| asked.contains(key));
            self.slots.retain(|slot, _| shown.contains(slot));
        }
    }

    fn bytes(&self) -> usize {
        let bytes = |state: &State| match state {
            State::Ready(kept) => kept.bytes,
            State::Running { .. } | State::Failed(_) => 0,
        };
        self.states.values().map(bytes).sum()
    }

    /// What is being computed for longer than [`PATIENCE`], for the status line.
    pub fn slow_jobs(&self) -> Vec<(String, Progress)> {
        let slow = |since: &Instant| since.elapsed() > PATIENCE;
        let jobs = self.lane.jobs().filter(|job| job.started.as_ref().is_some_and(slow));
        jobs.map(|job| (job.label.clone(), job.progress.clone())).collect()
    }

    /// True while something is being computed.
    pub fn is_busy(&self) -> bool {
        self.lane.jobs().next().is_some()
    }

    fn start<Q: Question>(&mut self, key: String, question: Q) {
        let (tables, aliases, zone) = (self.tables.clone(), self.scope.0.clone(), self.scope.1);
        let label = question.label();
        let compute = move |progress: &Progress| -> Computed {
            let scope = Scope { tables: &tables, aliases: &aliases, zone };
            let answer = question.answer(&scope, progress)?;
            Ok(Kept { bytes: Q::bytes(&answer), answer: Arc::new(answer) })
        };
        if self.inline {
            let computed = compute(&Progress::new());
            self.keep(Done { key, computed });
            return;
        }
        let done_key = key.clone();
        let job = self.lane.start(label, move |progress| Done { key: done_key, computed: compute(progress) });
        self.states.insert(key, State::Running { job, since: Instant::now() });
    }

    fn waits_for(&self, key: &str, id: JobId) -> bool {
        matches!(self.states.get(key), Some(State::Running { job, .. }) if *job == id)
    }

    fn keep(&mut self, done: Done) {
        match done.computed {
            Ok(answer) => self.states.insert(done.key, State::Ready(answer)),
            Err(error) => match error.diagnostic() {
                Some(diagnostic) => self.states.insert(done.key, State::Failed(diagnostic)),
                None => self.states.remove(&done.key),
            },
        };
    }

    /// A job that panicked does not say which question it was for: all that no longer run have failed.
    fn blame(&mut self, message: &str) {
        let running: HashSet<JobId> = self.lane.jobs().map(|job| job.id).collect();
        let problem =
            Diagnostic::error("answer-failed", format!("The answer could not be computed: {message}"))
                .hint("This is a fault of the program; the document is unchanged");
        for state in self.states.values_mut() {
            if matches!(state, State::Running { job, .. } if !running.contains(job)) {
                *state = State::Failed(problem.clone());
            }
        }
    }
}
