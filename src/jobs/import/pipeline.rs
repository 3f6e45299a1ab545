//! Reads a log ahead of its writer, on as many threads as there are processors, in the order of the file. Not for
//! writing.
//!
//! One thread reads and cuts the log into blocks, several parse them, and the caller's thread takes the parcels in
//! order. A log that cannot be cut is parsed by the thread that reads it. Whoever is ahead waits: the parcels on their
//! way are bounded by [`AHEAD`] for every thread, each of at most a block's text and [`PARCEL_BYTES`].

use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::formats::log::{Block, LogReader, ReadBlock, ReadError, Record, Rejection};
use crate::model::event::EventText;
use crate::store::Packed;

/// Records that pass from the reader to the writer at once, when it is not by block.
const PARCEL_RECORDS: usize = 1_000;
/// Unpacked bytes after which such a parcel is sent early.
const PARCEL_BYTES: u64 = 1 << 20;
/// Parcels that may wait, for each parsing thread: so many that parsing goes on while the writer waits for the disk.
const AHEAD: usize = 6;
/// Most parsing threads: one writer takes no more than a few can give.
const MOST_THREADS: usize = 6;
/// How long the writer waits before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// Records in the order of the file, ready for writing.
#[derive(Default)]
pub(super) struct Parcel {
    pub(super) records: Vec<Parsed>,
    pub(super) events: Packed,
}

/// One record.
pub(super) struct Parsed {
    pub(super) line: u64,
    /// Bytes of unpacked input consumed once this record is done.
    pub(super) position: u64,
    pub(super) outcome: Outcome,
}

/// What became of it.
pub(super) enum Outcome {
    /// The parcel's event of this index.
    Event(usize),
    /// Why it is none, and the raw bytes.
    Rejected(Box<(Rejection, Vec<u8>)>),
}

impl Parcel {
    fn add(&mut self, record: Record<EventText<'_>>) {
        let Record { line, position, raw_hash, raw, outcome } = record;
        let outcome = match outcome {
            Ok(event) => {
                self.events.push_text(&event, line, raw_hash);
                Outcome::Event(self.events.len() - 1)
            }
            Err(rejection) => Outcome::Rejected(Box::new((rejection, raw))),
        };
        self.records.push(Parsed { line, position, outcome });
    }
}

/// What comes next.
pub(super) enum Next {
    Parcel(Parcel),
    /// Nothing yet: ask again.
    Wait,
    /// The end, and why it came before the log's.
    End(Option<ReadError>),
    /// A thread panicked, which [`read_ahead`] tells.
    Lost,
}

/// What the reading thread announces, in order.
enum Ticket {
    Coming(Receiver<Parcel>),
    Here(Parcel),
    End(Option<ReadError>),
}

/// The parcels as they come.
pub(super) struct Parcels {
    tickets: Receiver<Ticket>,
    coming: Option<Receiver<Parcel>>,
}

impl Parcels {
    /// The next parcel, if it comes soon.
    pub(super) fn next(&mut self) -> Next {
        if self.coming.is_none() {
            match self.tickets.recv_timeout(PATIENCE) {
                Ok(Ticket::Coming(parcel)) => self.coming = Some(parcel),
                Ok(Ticket::Here(parcel)) => return Next::Parcel(parcel),
                Ok(Ticket::End(error)) => return Next::End(error),
                Err(RecvTimeoutError::Timeout) => return Next::Wait,
                Err(RecvTimeoutError::Disconnected) => return Next::Lost,
            }
        }
        match self.coming.as_ref().map(|coming| coming.recv_timeout(PATIENCE)) {
            Some(Ok(parcel)) => {
                self.coming = None;
                Next::Parcel(parcel)
            }
            Some(Err(RecvTimeoutError::Timeout)) => Next::Wait,
            Some(Err(RecvTimeoutError::Disconnected)) | None => Next::Lost,
        }
    }
}

/// Runs `write` on this thread while others read. Once it returns, they are told to stop by `stop`, and are awaited.
pub(super) fn read_ahead<T>(
    reader: &mut (dyn LogReader + Send),
    stop: &AtomicBool,
    write: impl FnOnce(&mut Parcels) -> T,
) -> T {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).clamp(1, MOST_THREADS);
    std::thread::scope(|scope| {
        let (sender, tickets) = sync_channel(AHEAD * threads);
        let reading = scope.spawn(move || read(reader, threads, &sender, stop));
        let mut parcels = Parcels { tickets, coming: None };
        let written = write(&mut parcels);
        stop.store(true, Ordering::Relaxed);
        // Threads that wait with something to hand over give up once nobody receives.
        drop(parcels);
        match reading.join() {
            Ok(()) => written,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn read(
    reader: &mut (dyn LogReader + Send),
    threads: usize,
    tickets: &SyncSender<Ticket>,
    stop: &AtomicBool,
) {
    if let Some(mut halves) = reader.halves() {
        return read_blocks(&mut *halves.blocks, &*halves.read, threads, tickets, stop);
    }
    read_in_order(reader, tickets, stop);
}

/// A block, and where its parcel is awaited.
type Work = (Block, SyncSender<Parcel>);

fn read_blocks(
    next: &mut dyn FnMut() -> Result<Option<Block>, ReadError>,
    read: &ReadBlock<'_>,
    threads: usize,
    tickets: &SyncSender<Ticket>,
    stop: &AtomicBool,
) {
    let (sender, work) = sync_channel::<Work>(threads);
    let work = Arc::new(Mutex::new(work));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let work = Arc::clone(&work);
            scope.spawn(move || parse_blocks(&work, read, stop));
        }
        // So that nothing is sent to threads that are gone.
        drop(work);
        let end = loop {
            let block = match next() {
                Ok(Some(block)) => block,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            let (parcel, coming) = sync_channel(1);
            if tickets.send(Ticket::Coming(coming)).is_err() || sender.send((block, parcel)).is_err() {
                break None;
            }
        };
        drop(sender);
        // The writer is gone only when it has stopped, and then does not want it.
        let _ = tickets.send(Ticket::End(end));
    });
}

fn parse_blocks(work: &Mutex<Receiver<Work>>, read: &ReadBlock<'_>, stop: &AtomicBool) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((block, awaited)) = next else { return };
        let records = Vec::with_capacity(block.bytes() / 300);
        let mut parcel = Parcel { records, events: Packed::with_room(block.bytes()) };
        read(&block, &mut |record| {
            parcel.add(record);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        parcel.events.gather();
        // Nobody awaits it when the writer has stopped; the next block tells.
        let _ = awaited.send(parcel);
    }
}

fn read_in_order(reader: &mut (dyn LogReader + Send), tickets: &SyncSender<Ticket>, stop: &AtomicBool) {
    let mut sent = 0;
    let mut parcel = Parcel::default();
    let end = loop {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        match reader.next() {
            Ok(Some(record)) => {
                let position = record.position;
                parcel.add(record.lent());
                if parcel.records.len() < PARCEL_RECORDS && position.saturating_sub(sent) < PARCEL_BYTES {
                    continue;
                }
                sent = position;
                parcel.events.gather();
                if tickets.send(Ticket::Here(std::mem::take(&mut parcel))).is_err() {
                    return;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    parcel.events.gather();
    // As above.
    let _ = tickets.send(Ticket::Here(parcel));
    let _ = tickets.send(Ticket::End(end));
}
