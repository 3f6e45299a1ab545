//! Where slow work runs: a lane of named jobs on threads of their own, with progress and cancel. Not for the work itself.
//!
//! *Answers* run side by side and the latest question wins: the asker drops what it no longer wants.
//! *Transfers* run one after the other, in order. A panic in a job becomes its outcome, not the end of the program.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::base::Progress;

/// A job's number, one of its own in the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(u64);

impl JobId {
    fn next() -> JobId {
        static LAST: AtomicU64 = AtomicU64::new(0);
        JobId(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// A job that waits or runs.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it does, as the status line says it.
    pub label: String,
    /// How far it is; cancel here.
    pub progress: Progress,
    /// When it started to run; `None` while it waits.
    pub started: Option<Instant>,
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It came to its end.
    Done(T),
    /// It panicked with this message.
    Panicked(String),
}

type Work<T> = Box<dyn FnOnce(&Progress) -> T + Send>;

/// A lane of jobs that answer a `T`.
pub struct Lane<T> {
    at_once: usize,
    running: Vec<Job>,
    threads: Vec<(JobId, JoinHandle<()>)>,
    waiting: VecDeque<(Job, Work<T>)>,
    sender: Sender<(JobId, Outcome<T>)>,
    receiver: Receiver<(JobId, Outcome<T>)>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<T: Send + 'static> Lane<T> {
    /// A lane that runs up to `at_once` jobs side by side and calls `wake` whenever one ends.
    pub fn new(at_once: usize, wake: impl Fn() + Send + Sync + 'static) -> Lane<T> {
        let (sender, receiver) = channel();
        Lane {
            at_once: at_once.max(1),
            running: Vec::new(),
            threads: Vec::new(),
            waiting: VecDeque::new(),
            sender,
            receiver,
            wake: Arc::new(wake),
        }
    }

    /// Queues a job; it starts as soon as the lane has room.
    pub fn start(
        &mut self,
        label: impl Into<String>,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> JobId {
        let id = JobId::next();
        let job = Job { id, label: label.into(), progress: Progress::new(), started: None };
        self.waiting.push_back((job, Box::new(work)));
        self.fill();
        id
    }

    /// Jobs that run or wait, oldest first.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.running.iter().chain(self.waiting.iter().map(|(job, _)| job))
    }

    /// Asks a job to stop; one that only waits is dropped without an outcome.
    pub fn cancel(&mut self, id: JobId) {
        self.waiting.retain(|(job, _)| job.id != id);
        if let Some(job) = self.running.iter().find(|job| job.id == id) {
            job.progress.cancel();
        }
    }

    /// The jobs that have ended since the last call.
    pub fn finished(&mut self) -> Vec<(JobId, Outcome<T>)> {
        let ended: Vec<_> = self.receiver.try_iter().collect();
        self.let_go(&ended);
        ended
    }

    /// Stands still until a job ends; `None` when none runs.
    pub fn wait(&mut self) -> Option<(JobId, Outcome<T>)> {
        if self.running.is_empty() {
            return None;
        }
        let ended = [self.receiver.recv().ok()?];
        self.let_go(&ended);
        ended.into_iter().next()
    }

    fn let_go(&mut self, ended: &[(JobId, Outcome<T>)]) {
        for (id, _) in ended {
            self.running.retain(|job| job.id != *id);
            self.threads.retain(|(job, _)| job != id);
        }
        if !ended.is_empty() {
            self.fill();
        }
    }

    fn fill(&mut self) {
        while self.running.len() < self.at_once {
            let Some((mut job, work)) = self.waiting.pop_front() else { return };
            job.started = Some(Instant::now());
            let (id, progress) = (job.id, job.progress.clone());
            let (sender, wake) = (self.sender.clone(), self.wake.clone());
            let spawned = thread::Builder::new().name(job.label.clone()).spawn(move || {
                let outcome = match catch_unwind(AssertUnwindSafe(|| work(&progress))) {
                    Ok(value) => Outcome::Done(value),
                    Err(payload) => Outcome::Panicked(message_of(payload.as_ref())),
                };
                // The receiver is gone only when the window is; nobody is left to tell.
                let _ = sender.send((id, outcome));
                wake();
            });
            if let Err(error) = spawned {
                let _ =
                    self.sender.send((id, Outcome::Panicked(format!("no thread could be started: {error}"))));
                (self.wake)();
            }
            self.running.push(job);
        }
    }
}

impl<T> Drop for Lane<T> {
    /// Cancels what runs and waits for it: what comes after, such as closing the document, finds no work behind it.
    fn drop(&mut self) {
        self.waiting.clear();
        self.running.iter().for_each(|job| job.progress.cancel());
        for (_, thread) in self.threads.drain(..) {
            // A panic was already made an outcome; nobody is left to hear of it.
            let _ = thread.join();
        }
    }
}

fn message_of(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T: Send + 'static>(lane: &mut Lane<T>, woken: &Receiver<()>, count: usize) -> Vec<Outcome<T>> {
        let mut outcomes = Vec::new();
        while outcomes.len() < count {
            woken.recv().unwrap();
            outcomes.extend(lane.finished().into_iter().map(|(_, outcome)| outcome));
        }
        outcomes
    }

    #[test]
    fn transfers_run_in_order_and_a_panic_is_an_outcome() {
        let (tell, woken) = channel();
        let mut lane = Lane::new(1, move || tell.send(()).unwrap());
        lane.start("one", |_| 1);
        lane.start("two", |_| panic!("broke"));
        lane.start("three", |_| 3);
        assert_eq!(lane.jobs().count(), 3);
        let outcomes = wait(&mut lane, &woken, 3);
        assert!(matches!(outcomes[0], Outcome::Done(1)));
        assert!(matches!(&outcomes[1], Outcome::Panicked(message) if message == "broke"));
        assert!(matches!(outcomes[2], Outcome::Done(3)));
        assert_eq!(lane.jobs().count(), 0);
    }

    #[test]
    fn a_dropped_lane_waits_for_its_work() {
        let (go, gate) = channel::<()>();
        let (tell, told) = channel();
        let mut lane = Lane::new(1, || {});
        lane.start("slow", move |progress| {
            gate.recv().unwrap();
            tell.send(progress.is_cancelled()).unwrap();
        });
        lane.start("never", |_| panic!("it only waited"));
        let dropper = thread::spawn(move || drop(lane));
        go.send(()).unwrap();
        dropper.join().unwrap();
        assert_eq!(told.try_iter().count(), 1, "the work came to its end before the lane was gone");
    }

    #[test]
    fn a_cancelled_job_hears_of_it() {
        let (tell, woken) = channel();
        let (go, gate) = channel::<()>();
        let mut lane = Lane::new(1, move || tell.send(()).unwrap());
        let id = lane.start("slow", move |progress| {
            gate.recv().unwrap();
            progress.at(1, 2).is_err()
        });
        lane.cancel(id);
        go.send(()).unwrap();
        assert!(matches!(wait(&mut lane, &woken, 1)[0], Outcome::Done(true)));
    }
}
