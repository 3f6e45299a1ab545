//! Every reader over damaged logs: at every byte, by seeded chance, and over the corpus of logs that once were trouble.
//! Not for what whole logs mean: see `json`.

use std::fs;
use std::path::Path;

use stormline::formats::log;
use stormline::formats::log::check::{Seen, read_through};

use super::{
    AMPLITUDE, CALLS, CALLS_JSON, CLOUD_EVENTS, Dice, GA4, MIXPANEL, MPARTICLE, PAYMENTS, PAYMENTS_MAPPING,
    POSTHOG, SHOP, damaged, options,
};

/// A format, a log of it, the mapping it is read with.
const LOGS: [(&str, &[u8], &str); 10] = [
    ("segment", CALLS, ""),
    ("segment", CALLS_JSON, ""),
    ("amplitude", AMPLITUDE, ""),
    ("mixpanel", MIXPANEL, ""),
    ("posthog", POSTHOG, ""),
    ("ga4", GA4, ""),
    ("cloudevents", CLOUD_EVENTS, ""),
    ("mparticle", MPARTICLE, ""),
    ("csv", SHOP, ""),
    ("json-lines", PAYMENTS, PAYMENTS_MAPPING),
];

fn read(format: &str, text: &[u8], mapping: &str) -> Seen {
    let format = log::named(format).unwrap();
    match read_through(format, text, &options(mapping)) {
        Ok(seen) => seen,
        Err(broken) => panic!("{}: {broken}\n{}", format.name(), String::from_utf8_lossy(text)),
    }
}

#[test]
fn damage_at_any_byte_costs_at_most_the_records_beside_it() {
    for (format, text, mapping) in LOGS {
        let whole = read(format, text, mapping);
        // One object of a list may take the next with it; of a batch all its events.
        let most = if format == "mparticle" { 7 } else { 2 };
        for at in 0..text.len() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            let kinds: [&[u8]; 5] = [b"", b"\"", b"}", b"\n", b"\xff"];
            for put in kinds {
                let seen = read(format, &[before, put, after].concat(), mapping);
                // A header, or the beginning of a list, may be what is damaged.
                let is_head = format == "csv" && at < 80 || at < 4;
                assert!(
                    is_head || seen.events + most >= whole.events,
                    "{format}: {} of {} events left with {put:?} at {at}",
                    seen.events,
                    whole.events
                );
            }
        }
    }
}

#[test]
fn cut_off_at_any_byte_every_record_before_is_read() {
    for (format, text, mapping) in LOGS {
        let whole = read(format, text, mapping);
        let mut last = Seen::default();
        for left in 0..=text.len() {
            let seen = read(format, &text[..left], mapping);
            assert!(
                seen.events <= whole.events && seen.events + 7 >= last.events,
                "{format} cut after {left}"
            );
            last = seen;
        }
        assert_eq!(last, whole);
    }
}

#[test]
fn seeded_damage_never_breaks_a_promise() {
    let mut dice = Dice(11);
    for round in 0..1500 {
        let (_, text, _) = LOGS[round % LOGS.len()];
        let text = damaged(text, &mut dice);
        for (format, _, mapping) in LOGS {
            read(format, &text, mapping);
        }
    }
}

#[test]
fn the_corpus_is_read_through_every_reader() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut replayed = 0;
    for folder in fs::read_dir(&root).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read(&path).unwrap();
            for format in log::ALL.iter().map(|format| format.name()) {
                for mapping in ["", "event = \"a\"\ntime = \"b\"\nuser_id = \"c\"\n", PAYMENTS_MAPPING] {
                    read(format, &text, mapping);
                }
            }
            replayed += 1;
        }
    }
    assert!(replayed >= 12, "only {replayed} files in {}", root.display());
}
