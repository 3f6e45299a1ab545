//! How fast logs are read: parsing alone, and all the way into a document. Prints events a second. Not for queries: see `answers`.
//!
//! `cargo bench --bench import`, or `cargo bench --bench import -- 10000000` for another number of events.

use std::fmt::Write as _;
use std::io::Cursor;
use std::time::Instant;

use stormline::base::Progress;
use stormline::formats::log::{self, ReadOptions};
use stormline::jobs::import::{ImportOptions, import};
use stormline::model::time::{Time, Zone};
use stormline::store::Document;

fn main() {
    let events: usize = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let logs = [("segment", "log.ndjson", segment(events)), ("csv", "log.csv", csv(events))];
    for (format, file, text) in logs {
        let megabytes = text.len() as f64 / 1e6;
        let start = Instant::now();
        let read = parse(format, &text);
        tell(&format!("parse {format} ({megabytes:.0} MB)"), read, start);
        let packed = zstd::encode_all(text.as_slice(), 1).unwrap_or_default();
        drop(text);
        if let Err(problem) = whole(format, file, &packed) {
            println!("import {format}: {problem}");
        }
    }
}

fn parse(format: &str, text: &[u8]) -> usize {
    let reader = log::named(format)
        .and_then(|format| format.reader(Box::new(Cursor::new(text)), &ReadOptions::default()));
    let Ok(mut reader) = reader else { return 0 };
    let mut read = 0;
    while let Ok(Some(record)) = reader.next() {
        read += usize::from(record.outcome.is_ok());
    }
    read
}

fn whole(format: &str, file: &str, packed: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(file);
    std::fs::write(&path, packed)?;
    let mut document = Document::create(&folder.path().join("bench.stormline"))?;
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: String::new(),
        imported_at: Time(1_780_000_000_000_000),
        zone: Zone::default(),
    };
    let start = Instant::now();
    let first = import(&mut document, &path, &options, &Progress::new())?;
    tell(&format!("import {format}, rows, persons and cache"), first.imported as usize, start);
    let start = Instant::now();
    let again = import(&mut document, &path, &options, &Progress::new())?;
    tell(&format!("import {format} again, all duplicates"), again.duplicates as usize, start);
    Ok(())
}

fn tell(what: &str, events: usize, start: Instant) {
    let took = start.elapsed();
    let rate = events as f64 / took.as_secs_f64();
    println!("{what}: {events} events in {} ms, {rate:.0} events/s", took.as_millis());
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
