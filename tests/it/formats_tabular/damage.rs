//! Damage at every byte, and at many: no panic, no hang, no event out of range.

use std::time::Instant;

use super::*;
use stormline::formats::log::preview::preview;

/// Reads what can be read of damaged bytes and checks what comes out.
fn survive(format: &'static dyn LogFormat, bytes: &[u8], mapping: &str) {
    let start = Instant::now();
    if let Ok(mut reader) = reader(format, bytes, mapping) {
        let mut position = 0;
        for _ in 0..100_000 {
            let Ok(Some(record)) = reader.next() else { break };
            assert!(record.position > position);
            position = record.position;
            if let Ok(event) = &record.outcome {
                assert!(event.time >= Time::EARLIEST && event.time < Time::LATEST);
                for object in [&event.properties, &event.context, &event.extra] {
                    let parsed = serde_json::from_str::<serde_json::Value>(object);
                    let is_huge =
                        parsed.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
                    assert!(
                        object.is_empty() || is_huge || parsed.is_ok_and(|json| json.is_object()),
                        "{object}"
                    );
                }
            }
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{} takes too long", format.name());
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("snowplow", snowplow::LINES.to_vec()),
        ("snowplow", snowplow::TABLE.to_vec()),
        ("access-log", access_log::LOG.to_vec()),
        ("xes", xes::LOG.to_vec()),
        ("csv", csv::PERSONS.to_vec()),
        ("parquet", parquet::log_of_all_types()),
        ("xlsx", xlsx::orders()),
    ]
}

#[test]
fn a_flip_of_any_byte_is_survived() {
    for (name, bytes) in samples() {
        let format = log::named(name).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= if at % 2 == 0 { 0x01 } else { 0x80 };
            survive(format, &damaged, "");
        }
    }
}

#[test]
fn a_cut_at_any_byte_is_survived() {
    for (name, bytes) in samples() {
        let format = log::named(name).unwrap();
        for cut in (0..bytes.len()).step_by(if format.needs_seek() { 7 } else { 1 }) {
            survive(format, &bytes[..cut], "");
        }
    }
}

/// Seeded numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: [&[u8]; 14] = [
        b"\"",
        b"\n",
        b"\t",
        b"<",
        b"/>",
        b"&#x0;",
        b",",
        b"\0",
        b"\xff",
        b"]",
        b"{",
        b"[",
        b"\xff\xff\xff\x7f",
        b"-1",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.below(5) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => {
                let end = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let end = (at + dice.below(200)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let word = TELLING[dice.below(TELLING.len())];
                bytes.splice(at..at, word.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn seeded_damage_is_survived() {
    let mut dice = Dice(11);
    let samples = samples();
    for round in 0..3500 {
        let (name, bytes) = &samples[round % samples.len()];
        let format = log::named(name).unwrap();
        let bytes = damaged(bytes, &mut dice);
        survive(format, &bytes, "");
        if format.needs_seek() {
            let _ = preview_rows(format, &bytes, "");
        } else {
            let _ = preview(Box::new(Cursor::new(bytes)), None, &options(""));
        }
    }
}
