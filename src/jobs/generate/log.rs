//! The lines on their way out: put in order of arrival, changed where a fault is due, counted. Not for what they say.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::Generated;
use super::faults::{Fault, Faults};
use super::line::{Call, Change, Kind, Place, halves};
use super::random::mix;

const SECOND_MS: i64 = 1000;
const DAY_MS: i64 = 86_400_000;
/// 2031-01-01T00:00:00Z.
const YEAR_2031_MS: i64 = 1_924_992_000_000;

/// A line in the arena.
#[derive(Clone, Copy)]
struct Entry {
    arrives_ms: i64,
    start: usize,
    len: usize,
}

/// Lines not yet written.
pub(super) struct Log {
    seed: u64,
    wanted: u64,
    end_ms: i64,
    events: u64,
    lines: u64,
    bytes: u64,
    arena: Vec<u8>,
    spare: Vec<u8>,
    entries: Vec<Entry>,
    /// Late lines, apart, so that they are not moved at every flush.
    later: BinaryHeap<Reverse<(i64, u64, Vec<u8>)>>,
    faults: Option<Faults>,
}

impl Log {
    /// A log of exactly `wanted` events before `end_ms`.
    pub(super) fn new(seed: u64, wanted: u64, end_ms: i64, faults: bool) -> Log {
        Log {
            seed,
            wanted,
            end_ms,
            events: 0,
            lines: 0,
            bytes: 0,
            arena: Vec::new(),
            spare: Vec::new(),
            entries: Vec::new(),
            later: BinaryHeap::new(),
            faults: faults.then(|| Faults::new(wanted)),
        }
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn is_full(&self) -> bool {
        self.events == self.wanted
    }

    /// Counts a fault that follows from behavior.
    pub(super) fn count(&mut self, fault: Fault) {
        if let Some(faults) = &mut self.faults {
            faults.count(fault);
        }
    }

    /// Adds an event, unless the log is full or over before it happens.
    pub(super) fn add(&mut self, call: &Call<'_>) {
        if self.is_full() || call.time_ms >= self.end_ms {
            return;
        }
        let ordinal = self.events;
        self.events += 1;
        let message = halves(self.seed, 1, ordinal);
        let fault = self.faults.as_mut().and_then(|faults| faults.take(call, ordinal));
        let mut change = Change { fault: fault.filter(|fault| !fault.adds_line()), time_ms: None };
        let mut arrives_ms = call.time_ms;
        match fault {
            Some(Fault::Future) => change.time_ms = Some(YEAR_2031_MS + call.time_ms.rem_euclid(DAY_MS)),
            Some(Fault::Late) => {
                arrives_ms += DAY_MS + (mix(self.seed, ordinal) % (5 * DAY_MS.unsigned_abs())) as i64;
            }
            _ => {}
        }
        if let (Place::Browser { old: true, .. }, Some(faults)) = (call.place, &mut self.faults) {
            faults.count(Fault::OldSource);
            if call.kind == Kind::Track && call.name.contains('_') {
                faults.count(Fault::OldName);
            }
        }
        let start = self.arena.len();
        call.write(&mut self.arena, message, change);
        let line = start..self.arena.len();
        self.keep(start, arrives_ms, fault == Some(Fault::Late));
        if let Some(fault) = fault.filter(|fault| fault.adds_line()) {
            self.add_extra(call, message, ordinal, fault, line);
        }
    }

    /// Writes what arrives before `until_ms`, in order.
    pub(super) fn flush(&mut self, until_ms: i64, out: &mut dyn Write) -> io::Result<()> {
        // Stable, so that lines of one instant keep the order in which they were made.
        self.entries.sort_by_key(|entry| entry.arrives_ms);
        let ready = self.entries.partition_point(|entry| entry.arrives_ms < until_ms);
        for entry in &self.entries[..ready] {
            while let Some(Reverse(first)) = self.later.peek()
                && first.0 < entry.arrives_ms
            {
                let Some(Reverse((_, _, line))) = self.later.pop() else { break };
                self.bytes += line.len() as u64;
                out.write_all(&line)?;
            }
            self.bytes += entry.len as u64;
            out.write_all(&self.arena[entry.start..entry.start + entry.len])?;
        }
        self.spare.clear();
        for entry in &mut self.entries[ready..] {
            let start = self.spare.len();
            self.spare.extend_from_slice(&self.arena[entry.start..entry.start + entry.len]);
            entry.start = start;
        }
        self.entries.drain(..ready);
        std::mem::swap(&mut self.arena, &mut self.spare);
        Ok(())
    }

    /// Writes everything that is left.
    pub(super) fn finish(mut self, out: &mut dyn Write) -> io::Result<Generated> {
        self.flush(i64::MAX, out)?;
        while let Some(Reverse((_, _, line))) = self.later.pop() {
            self.bytes += line.len() as u64;
            out.write_all(&line)?;
        }
        let faults = self.faults.map(|faults| faults.planted()).unwrap_or_default();
        Ok(Generated { events: self.events, lines: self.lines, bytes: self.bytes, faults })
    }

    /// The line that a fault adds beside the event.
    fn add_extra(
        &mut self,
        call: &Call<'_>,
        message: [u64; 2],
        ordinal: u64,
        fault: Fault,
        line: std::ops::Range<usize>,
    ) {
        let start = self.arena.len();
        let own = halves(self.seed, 2, ordinal);
        let broken = Change { fault: Some(fault), time_ms: None };
        match fault {
            Fault::DuplicateSame => self.arena.extend_from_within(line),
            Fault::DuplicateOther => {
                let change = Change { fault: None, time_ms: Some(call.time_ms + 1500) };
                call.write(&mut self.arena, message, change);
            }
            Fault::BrokenCut => {
                call.write(&mut self.arena, own, Change::default());
                let whole = self.arena.len() - start;
                self.arena.truncate(start + whole * 3 / 5);
                self.arena.push(b'\n');
            }
            Fault::BrokenNoTime | Fault::BrokenBadTime | Fault::BrokenNoId => {
                call.write(&mut self.arena, own, broken);
            }
            Fault::BrokenOldTime => {
                call.write(&mut self.arena, own, Change { fault: None, time_ms: Some(0) });
            }
            Fault::BrokenHtml => {
                self.arena.extend_from_slice(b"<html><body>502 Bad Gateway</body></html>\n");
            }
            _ => return,
        }
        let delay_s = if fault == Fault::DuplicateSame { 2 + ordinal % 3000 } else { 1 };
        self.keep(start, call.time_ms + delay_s as i64 * SECOND_MS, false);
    }

    /// Takes the line that begins at `start` of the arena.
    fn keep(&mut self, start: usize, arrives_ms: i64, apart: bool) {
        self.lines += 1;
        if apart {
            self.later.push(Reverse((arrives_ms, self.lines, self.arena[start..].to_vec())));
        } else {
            self.entries.push(Entry { arrives_ms, start, len: self.arena.len() - start });
        }
    }
}
