//! How fast logs are read: all the way into a document, by format and packing, and the share of each stage. Prints
//! events a second, megabytes a second and peak memory. Not for queries: see `answers`.
//!
//! `cargo bench --bench import`, or `cargo bench --bench import -- 10000000` for another number of events.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use stormline::base::Progress;
use stormline::formats::log::{self, LogReader, ReadOptions};
use stormline::jobs::import::{ImportOptions, import};
use stormline::model::time::{Time, Zone};
use stormline::store::{BatchInfo, Document, Packed, Ready};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const NOW: Time = Time(1_780_000_000_000_000);
/// As many as an import reads at once, about.
const PARCEL: usize = 500;
/// Records of a chunk, as an import has it.
const CHUNK: usize = 10_000;

fn main() -> Outcome {
    let events: usize = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let text = segment(events);
    stages(&text)?;
    let packed = zstd::encode_all(text.as_slice(), 1)?;
    whole("segment", "log.ndjson.zst", &packed, text.len())?;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&text)?;
    whole("segment", "log.ndjson.gz", &encoder.finish()?, text.len())?;
    whole("segment", "log.ndjson", &text, text.len())?;
    drop(text);
    let text = csv(events);
    whole("csv", "log.csv", &text, text.len())
}

/// Each stage alone, on one thread, as far as it can be taken apart.
fn stages(text: &[u8]) -> Outcome {
    let mut told = Vec::new();
    let start = Instant::now();
    let mut reader = open(text)?;
    while reader.next()?.is_some() {}
    told.push(("parse", start.elapsed()));

    let (parcels, ready) = parcels(text)?;
    told.push(("make ready", ready));

    let folder = tempfile::tempdir()?;
    let mut document = Document::create(&folder.path().join("stages.stormline"))?;
    let mut importer = document.import(info())?;
    let (mut write, mut commit, mut waiting) = (Duration::ZERO, Duration::ZERO, 0);
    for mut parcel in parcels {
        let start = Instant::now();
        importer.expect(&parcel, 0..parcel.len());
        for at in 0..parcel.len() {
            importer.add_packed(&parcel, at)?;
        }
        importer.end_parcel(&mut parcel);
        write += start.elapsed();
        waiting += parcel.len();
        if waiting >= CHUNK {
            waiting = 0;
            let start = Instant::now();
            importer.commit(1)?;
            commit += start.elapsed();
        }
    }
    told.extend([("rows and duplicates", write), ("commit, with folding the log", commit)]);
    let start = Instant::now();
    let counts = importer.finish(true)?;
    told.push(("persons", start.elapsed()));
    let start = Instant::now();
    document.rebuild_cache(&Progress::new())?;
    told.push(("cache", start.elapsed()));
    let start = Instant::now();
    document.close()?;
    told.push(("close", start.elapsed()));

    let all: Duration = told.iter().map(|(_, took)| *took).sum();
    println!("stages of {} events, each alone on one thread but the cache:", counts.imported);
    for (stage, took) in told {
        let share = 100.0 * took.as_secs_f64() / all.as_secs_f64();
        println!("  {stage}: {} ms, {share:.0} %", took.as_millis());
    }
    Ok(())
}

/// All events made ready, and how long that took without reading them.
fn parcels(text: &[u8]) -> Result<(Vec<Packed>, Duration), Box<dyn std::error::Error>> {
    let mut reader = open(text)?;
    let (mut parcels, mut took) = (Vec::new(), Duration::ZERO);
    let mut records = Vec::with_capacity(PARCEL);
    loop {
        let record = reader.next()?;
        let is_end = record.is_none();
        records.extend(record);
        if records.len() == PARCEL || is_end {
            let start = Instant::now();
            let mut parcel = Packed::default();
            for record in records.drain(..) {
                if let Ok(event) = &record.outcome {
                    parcel.push(&Ready::new(event, record.line, record.raw_hash));
                }
            }
            parcel.gather();
            parcels.push(parcel);
            took += start.elapsed();
        }
        if is_end {
            return Ok((parcels, took));
        }
    }
}

fn info() -> BatchInfo {
    BatchInfo {
        file: "log".to_owned(),
        source: String::new(),
        format: "segment".to_owned(),
        mapping: String::new(),
        imported_at: NOW,
        fingerprint: String::new(),
    }
}

fn open(text: &[u8]) -> Result<Box<dyn LogReader + Send + '_>, Box<dyn std::error::Error>> {
    let reader = log::named("segment")
        .and_then(|format| format.reader(Box::new(Cursor::new(text)), &ReadOptions::default()));
    reader.map_err(|problem| problem.message.into())
}

fn whole(format: &str, file: &str, bytes: &[u8], unpacked: usize) -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(file);
    std::fs::write(&path, bytes)?;
    let file = Path::new(file).display();
    let mut document = Document::create(&folder.path().join("bench.stormline"))?;
    let zone = Zone::default();
    let options =
        ImportOptions { format: None, mapping: None, source: String::new(), imported_at: NOW, zone };
    forget_peak();
    let start = Instant::now();
    let first = import(&mut document, &path, &options, &Progress::new())?;
    tell(&format!("import {format}, {file}: rows, persons and cache"), first.imported, unpacked, start);
    let start = Instant::now();
    let again = import(&mut document, &path, &options, &Progress::new())?;
    tell(&format!("import {format}, {file}, again: all duplicates"), again.duplicates, unpacked, start);
    Ok(())
}

fn tell(what: &str, events: u64, bytes: usize, start: Instant) {
    let took = start.elapsed();
    let (rate, megabytes) = (events as f64 / took.as_secs_f64(), bytes as f64 / 1e6 / took.as_secs_f64());
    println!(
        "{what}: {events} events in {} ms, {rate:.0} events/s, {megabytes:.0} MB/s, peak memory {}",
        took.as_millis(),
        peak()
    );
}

/// The highest memory since it was last forgotten, the text held by this program included; Linux only.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

fn forget_peak() {
    // Where it cannot be done the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

const NAMES: [&str; 5] =
    ["Product Viewed", "Product Added", "Checkout Started", "Payment Submitted", "Order Completed"];

fn segment(events: usize) -> Vec<u8> {
    let mut text = String::with_capacity(events * 370);
    for n in 0..events {
        let mix = n.wrapping_mul(2_654_435_761);
        let (person, name, second) = (mix % (events / 20 + 1), NAMES[(mix >> 7) % 5], n / 4);
        let _ = writeln!(
            text,
            r#"{{"type":"track","event":"{name}","messageId":"5f1c9a42-{n:012x}","anonymousId":"a-{person:08x}","userId":"user_{person}","properties":{{"product_id":"sku-{}","price":{}.5,"currency":"EUR","country":"{}"}},"context":{{"device":{{"type":"phone"}},"page":{{"url":"https://shop.example/p/{}"}}}},"timestamp":{}}}"#,
            mix % 400,
            mix % 90,
            ["DE", "FR", "US", "JP"][(mix >> 11) % 4],
            mix % 400,
            1_767_225_600_000u64 + second as u64 * 1000,
        );
    }
    text.into_bytes()
}

fn csv(events: usize) -> Vec<u8> {
    let mut text = String::from("message_id,user_id,event,timestamp,product_id,price,country\n");
    for n in 0..events {
        let mix = n.wrapping_mul(2_654_435_761);
        let (person, name) = (mix % (events / 20 + 1), NAMES[(mix >> 7) % 5]);
        let time = Time(1_767_225_600_000_000 + n as i64 * 250_000).iso();
        let _ = writeln!(text, "m{n:x},user_{person},{name},{time},sku-{},{}.5,DE", mix % 400, mix % 90);
    }
    text.into_bytes()
}
