//! Logs that have to be unpacked before they are read: unpacked once, and stopped at any step, looked at and imported.

use std::io::Write as _;
use std::time::Duration;

use stormline::jobs::import::{ImportError, ImportReport};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::*;
use crate::import::timed;

/// Bytes unpacked between two looks whether to stop.
const PIECE: usize = 256 << 10;
/// Pieces of a table.
const PIECES: u64 = 40;
const SOON: Duration = Duration::from_millis(100);

/// A table of two events with much between its columns and its end that nobody reads.
fn large_table() -> Vec<u8> {
    let bytes = parquet::log_of_all_types();
    let length = bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap();
    let (columns, end) = bytes.split_at(bytes.len() - 8 - u32::from_le_bytes(length) as usize);
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u32
    });
    let between: Vec<u8> = noise.take(PIECES as usize * PIECE / 4).flat_map(u32::to_le_bytes).collect();
    [columns, &between, end].concat()
}

/// Members without and with a packing of their own.
fn archive() -> Vec<u8> {
    let table = large_table();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("a.parquet", stored).unwrap();
    writer.write_all(&table).unwrap();
    writer.start_file("b.parquet.gz", stored).unwrap();
    writer.write_all(&gzip(&table)).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Stops at `n`; on a busy machine, which may have other things to do, once more and more. What it comes to, if not to
/// an end.
fn stopped_at<T, E>(n: u64, mut work: impl FnMut(&Progress) -> Result<T, E>) -> Option<E> {
    let mut longest = Duration::ZERO;
    for _ in 0..8 {
        let progress = Progress::cancelling_at(n);
        let (result, after) = timed(&progress, || work(&progress));
        longest = longest.max(after);
        match result {
            Ok(_) if !progress.is_cancelled() => return None,
            Ok(_) => {}
            Err(error) if after < SOON => return Some(error),
            Err(_) => {}
        }
    }
    panic!("stopped at {n} it went on for {longest:?}, or came to its end")
}

fn take_in(document: &mut Document, log: &Path, progress: &Progress) -> Result<ImportReport, ImportError> {
    import(document, log, &options(""), progress)
}

/// How many times a look with nothing unpacked yet tells how far it is.
fn steps_of_a_look(log: &Path) -> u64 {
    let is_stopped = |n: u64| {
        let progress = Progress::cancelling_at(n);
        let _ = look(log, &options(""), &Looking::default(), &progress);
        progress.is_cancelled()
    };
    let (mut stopped, mut whole) = (1, PIECES * 64);
    while stopped + 1 < whole {
        let middle = stopped.midpoint(whole);
        if is_stopped(middle) { stopped = middle } else { whole = middle }
    }
    stopped
}

#[test]
fn an_import_unpacks_once_and_is_stopped_while_it_does() {
    let mut desk = Desk::new();
    let log = desk.file("log.parquet.gz", gzip(&large_table()));
    for n in [1, 2, 3, 10, 20, PIECES - 1] {
        let error = stopped_at(n, |progress| take_in(&mut desk.document, &log, progress)).unwrap();
        assert!(matches!(error, ImportError::Cancelled), "stopped at {n}: {error}");
        assert_eq!(desk.document.counts().unwrap().batches, 0, "stopped at {n}");
    }
    // A look unpacks once, and unpacking is nearly all that it tells of: a second time would be told, too.
    let spools = Spools::default();
    let looking = Looking { spools: spools.clone(), ..Looking::default() };
    look(&log, &options(""), &looking, &Progress::new()).unwrap();
    assert_eq!(spools.unpacked(), 1);
    let told = steps_of_a_look(&log);
    assert!(told >= PIECES, "{told}");
    let progress = Progress::cancelling_at(told + told / 2);
    let report = take_in(&mut desk.document, &log, &progress).unwrap();
    assert!(report.complete && !progress.is_cancelled());
    assert_eq!((report.imported, report.quarantined), (2, 1));
}

#[test]
fn a_look_into_an_archive_unpacks_once_and_is_stopped_while_it_does() {
    let desk = Desk::new();
    let log = desk.file("export.zip", archive());
    let look_with = |mapping: &str, spools: &Spools, progress: &Progress| {
        let looking =
            Looking { document: Some(&desk.document), spools: spools.clone(), ..Looking::default() };
        look(&log, &options(mapping), &looking, progress)
    };
    let mapping = "event_is = \"Row\"";
    for n in [1, 2, 20, PIECES - 1, PIECES + 5] {
        let problem = stopped_at(n, |progress| look_with(mapping, &Spools::default(), progress)).unwrap();
        assert_eq!(problem.code, "cancelled", "stopped at {n}: {problem}");
    }
    let spools = Spools::default();
    for mapping in ["", mapping, "zone = \"Europe/Berlin\""] {
        let seen = look_with(mapping, &spools, &Progress::new()).unwrap();
        assert_eq!((seen.log.format, seen.log.read), ("parquet", 6));
        assert_eq!(seen.parts, ["a.parquet", "b.parquet.gz"]);
    }
    assert_eq!(spools.unpacked(), 2, "each of the two once, for all looks");
}

#[test]
fn a_stopped_import_of_an_archive_takes_no_part_for_damaged() {
    let mut whole = Desk::new();
    let log = whole.file("export.zip", archive());
    take_in(&mut whole.document, &log, &Progress::new()).unwrap();
    let counts = whole.document.counts().unwrap();
    assert_eq!((counts.events, counts.quarantined), (4, 2));
    let mut cut_short = 0;
    for n in [1, 20, PIECES - 1, PIECES + 3, PIECES + 10, 2 * PIECES - 5] {
        let mut desk = Desk::new();
        let progress = Progress::cancelling_at(n);
        match take_in(&mut desk.document, &log, &progress) {
            Err(ImportError::Cancelled) => cut_short += 1,
            Err(other) => panic!("stopped at {n}: {other}"),
            Ok(report) => {
                cut_short += u64::from(!report.complete);
                assert!(report.diagnostics.iter().all(|note| note.code != "parts-damaged"));
            }
        }
        let reasons = desk.document.quarantine_counts(None).unwrap();
        assert!(reasons.iter().all(|(reason, _)| reason != "damaged-part"), "stopped at {n}: {reasons:?}");
        take_in(&mut desk.document, &log, &Progress::new()).unwrap();
        assert_eq!(desk.document.counts().unwrap(), counts, "stopped at {n}");
    }
    assert!(cut_short >= 4, "stopped before its end {cut_short} times");
}
