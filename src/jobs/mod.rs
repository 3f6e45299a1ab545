//! Slow things, one file each, composed of the layers below. Not for windows: see `app`.

pub mod about;

pub mod answers;

pub mod copies;

pub mod clock;

pub mod generate;

pub mod import;

pub mod lane;

pub mod new_document;

pub mod question;

pub mod questions;

pub mod plan;

pub mod conformance;

pub mod replay;
pub mod reports;

pub mod sample;

pub mod sample_document;

pub mod watch;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::base::Progress;

/// Runs `work` on this thread while another calls `watch` every `pause` until it ends.
pub fn watched<T>(
    progress: &Progress,
    work: impl FnOnce(&Progress) -> T,
    pause: Duration,
    watch: impl Fn(&Progress, Instant) + Send,
) -> T {
    let started = Instant::now();
    let (end, ended) = channel::<()>();
    thread::scope(|scope| {
        let watched = progress.clone();
        scope.spawn(move || {
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                watch(&watched, started);
            }
        });
        let value = work(progress);
        drop(end);
        value
    })
}
