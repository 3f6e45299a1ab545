//! Foreign logs read into events, and broken ones into reasons. Not for storing them: see `import`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod damage;
mod json;

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

use stormline::formats::log::preview::preview;
use stormline::formats::log::{
    self, Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadError, ReadOptions, Reason, Record,
    compression,
};
use stormline::model::event::{EventKind, NewEvent};
use stormline::model::time::{Time, Zone};

const CALLS: &[u8] = include_bytes!("../../fixtures/logs/calls.ndjson");
const SHOP: &[u8] = include_bytes!("../../fixtures/logs/shop.csv");
const PAYMENTS: &[u8] = include_bytes!("../../fixtures/logs/payments.ndjson");
const AMPLITUDE: &[u8] = include_bytes!("../../fixtures/logs/amplitude.ndjson");
const MIXPANEL: &[u8] = include_bytes!("../../fixtures/logs/mixpanel.ndjson");
const POSTHOG: &[u8] = include_bytes!("../../fixtures/logs/posthog.ndjson");
const GA4: &[u8] = include_bytes!("../../fixtures/logs/ga4.ndjson");
const CLOUD_EVENTS: &[u8] = include_bytes!("../../fixtures/logs/cloud_events.json");
const MPARTICLE: &[u8] = include_bytes!("../../fixtures/logs/mparticle.ndjson");
const CALLS_JSON: &[u8] = include_bytes!("../../fixtures/logs/calls.json");
const PAYMENTS_MAPPING: &str =
    "event = \"payload.name\"\ntime = \"payload.at\"\nuser_id = \"who.account\"\nmessage_id = \"id\"\n";

fn options(mapping: &str) -> ReadOptions {
    let mapping = (!mapping.is_empty()).then(|| Mapping::parse(mapping).unwrap());
    ReadOptions { mapping, zone: Zone::named("Europe/Berlin").unwrap(), ..ReadOptions::default() }
}

fn drain(reader: &mut dyn LogReader) -> (Vec<Record>, Option<ReadError>) {
    let mut records = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(matches!(reader.next(), Ok(None)), "after an error there is nothing more");
                return (records, Some(error));
            }
        }
    }
}

fn read_all(text: &[u8], mapping: &str) -> Vec<Record> {
    let options = options(mapping);
    let format = log::recognize(text, options.mapping.as_ref()).unwrap();
    let mut reader = format.reader(Box::new(Cursor::new(text.to_vec())), &options).unwrap();
    let (records, error) = drain(&mut *reader);
    assert!(error.is_none());
    records
}

fn events(records: &[Record]) -> Vec<&NewEvent> {
    records.iter().filter_map(|record| record.outcome.as_ref().ok()).collect()
}

fn reasons(records: &[Record]) -> Vec<(u64, Reason)> {
    records.iter().filter_map(|record| Some((record.line, record.outcome.as_ref().err()?.reason))).collect()
}

#[test]
fn calls_of_every_kind_become_events() {
    let records = read_all(CALLS, "");
    let events = events(&records);
    let seen: Vec<String> = events
        .iter()
        .map(|event| {
            let ids = [&event.message_id, &event.anonymous_id, &event.user_id, &event.previous_id];
            let ids: Vec<&str> = ids.into_iter().map(|id| id.as_deref().unwrap_or("-")).collect();
            format!("{} | {} | {} | {}", event.kind.word(), event.name, ids.join(" "), event.time.iso())
        })
        .collect();
    assert_eq!(
        seen,
        [
            "track | Product Viewed | m-1 a1 u1 - | 2026-01-05T09:00:00.249Z",
            "track | Product Added | 2 - 17 - | 2026-01-05T10:00:00Z",
            "page | Page Viewed | - a1 - - | 2026-01-05T10:00:00Z",
            "screen | Screen Viewed | - a2 - - | 2026-01-05T10:00:00Z",
            "identify | Identify | - a1 u1 - | 2026-01-05T09:00:00Z",
            "group | Group | - - u1 - | 2026-01-05T10:00:00Z",
            "alias | Alias | - - u9 a9 | 2026-01-05T10:00:00Z",
            "track | Odd | - - u1 - | 2026-01-05T10:00:00Z",
        ]
    );
}

#[test]
fn values_keep_their_text_and_nothing_is_dropped() {
    let records = read_all(CALLS, "");
    let events = events(&records);
    assert_eq!(events[0].properties, r#"{"price": 12.50,"tags":["new"]}"#);
    assert_eq!(events[0].context, r#"{"page":{"url":"/mugs"}}"#);
    assert_eq!(events[0].extra, r#"{"sentAt":"2026-01-05T09:00:01Z"}"#);
    assert_eq!((events[1].properties.as_str(), events[1].extra.as_str()), ("", ""));
    assert_eq!(events[2].properties, r#"{"name":"All mugs","url":"/mugs","category":"Shop"}"#);
    assert_eq!(events[3].properties, r#"{"name":"Cart"}"#);
    assert_eq!(
        (events[4].properties.as_str(), events[4].extra.as_str()),
        (r#"{"plan":"gold"}"#, r#"{"channel":"web"}"#)
    );
    assert_eq!(events[5].extra, r#"{"groupId":"g1"}"#);
    assert_eq!(events[7].properties, "");
    assert_eq!(events[7].extra, r#"{"note":"caf\u00e9 \ufffd","properties":"text"}"#);
}

#[test]
fn what_is_no_event_says_why_and_where() {
    let records = read_all(CALLS, "");
    assert_eq!(
        reasons(&records),
        [
            (10, Reason::NoIdentifier),
            (11, Reason::BlockedIdentifier),
            (12, Reason::NoTime),
            (13, Reason::BadTime),
            (14, Reason::TimeOutOfRange),
            (15, Reason::NoEventName),
            (16, Reason::UnknownType),
            (17, Reason::NotAnEvent),
            (18, Reason::NotJson),
            (19, Reason::NotAnEvent),
        ]
    );
    let broken = records.iter().find(|record| record.line == 18).unwrap();
    assert_eq!(broken.raw, br#"{"type":"track","event":"Broken","userId":"u1","timest"#);
    assert_eq!(records.last().unwrap().position, CALLS.len() as u64);
}

#[test]
fn a_table_with_usual_names_needs_no_mapping() {
    let records = read_all(SHOP, "");
    let events = events(&records);
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event.kind == EventKind::Track && event.context.is_empty()));
    assert_eq!((events[0].user_id.as_deref(), events[0].anonymous_id.as_deref()), (Some("u1"), None));
    assert_eq!(events[0].time.iso(), "2026-01-05T09:00:00Z", "a zoneless time is in the zone given");
    assert_eq!(
        events[0].properties,
        "{\"price\":12.50,\"code\":\"007\",\"vip\":true,\"note\":\"mild; \\\"dark\\\"\\nroast\"}"
    );
    assert_eq!(
        events[1].properties,
        r#"{"code":"+4","vip":false,"note":"2026-01-05T10:00:00Z","column_9":"x"}"#
    );
    assert_eq!(events[2].properties, r#"{"price":"1e5","code":12,"vip":"no"}"#);
    assert_eq!(
        reasons(&records),
        [(6, Reason::RaggedRow), (7, Reason::NoIdentifier), (8, Reason::NoEventName)]
    );
    let ragged = records.iter().find_map(|record| record.outcome.as_ref().err()).unwrap();
    assert_eq!(ragged.detail, "expected 9 fields, received 4");
}

#[test]
fn a_mapping_chooses_columns_and_keeps_the_others_aside() {
    let text = b"when\tbuyer\tsum\tshop\n05.01.2026 10:00\tu1\t7\tnorth\n";
    let mapping = "event_is = \"Order Placed\"\ntime = \"when\"\ntime_format = \"%d.%m.%Y %H:%M\"\n\
                   zone = \"America/New_York\"\nuser_id = \"buyer\"\nproperties = [\"sum\"]\n";
    let records = read_all(text, mapping);
    let event = records[0].outcome.as_ref().unwrap();
    assert_eq!((event.name.as_str(), event.time.iso().as_str()), ("Order Placed", "2026-01-05T15:00:00Z"));
    assert_eq!((event.properties.as_str(), event.extra.as_str()), (r#"{"sum":7}"#, r#"{"shop":"north"}"#));
}

#[test]
fn a_mapping_to_a_missing_column_is_refused_before_anything_is_read() {
    let options = options("event = \"actoin\"");
    let fault = log::csv::Csv.reader(Box::new(Cursor::new(SHOP)), &options).err().unwrap();
    assert_eq!(fault.code, "unknown-column");
    assert!(fault.to_string().contains("Did you mean “action”"), "{fault}");
    let unmapped = b"a,b,c\n1,2,3\n";
    let format = log::recognize(unmapped, None).unwrap();
    let fault = format.reader(Box::new(Cursor::new(unmapped)), &ReadOptions::default()).err().unwrap();
    assert_eq!(fault.code, "unmapped-log");
    assert!(fault.to_string().contains("“a”, “b”, “c”"), "{fault}");
}

#[test]
fn other_json_is_read_by_paths() {
    let records = read_all(PAYMENTS, PAYMENTS_MAPPING);
    let events = events(&records);
    assert_eq!((events[0].name.as_str(), events[0].user_id.as_deref()), ("Card Charged", Some("u1")));
    assert_eq!(events[0].context, r#"{"ip":"10.0.0.1"}"#);
    assert!(
        events[1].properties.contains(r#""amount":-5"#) && events[1].properties.contains(r#""shop":"north""#)
    );
    assert_eq!(reasons(&records), [(3, Reason::NoEventName)]);
    let fault = log::json_lines::JsonLines
        .reader(Box::new(Cursor::new(PAYMENTS)), &options("event = \"payload.nme\"\ntime = \"payload.at\""))
        .err()
        .unwrap();
    assert!(fault.to_string().contains("payload.name"), "{fault}");
}

#[test]
fn formats_are_known_by_content_and_strangers_are_named() {
    let name =
        |text: &[u8]| log::recognize(text, None).map(LogFormat::name).map_err(|fault| fault.to_string());
    assert_eq!(name(CALLS), Ok("segment"));
    assert_eq!(name(SHOP), Ok("csv"));
    assert_eq!(name(b"user_id,event,timestamp\n"), Ok("csv"));
    assert_eq!(name(b"{\"a\":\"xxxx"), Ok("segment"));
    assert_eq!(name(b" [\n {\"a\":1}]"), Ok("segment"));
    for (text, said) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04....", "ZIP"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"\x00\x01\x02", "does not look like"),
        (b"just words\nand more", "does not look like"),
    ] {
        let fault = name(text).unwrap_err();
        assert!(fault.contains(said), "{fault}");
    }
    assert!(log::named("segmnt").err().unwrap().to_string().contains("Did you mean segment"));
}

#[test]
fn a_record_over_the_limit_is_cut_and_reading_goes_on() {
    let ok = br#"{"type":"track","event":"A","userId":"u","timestamp":"2026-01-05T10:00:00Z"}"#;
    let long = [br#"{"type":"track","event":""#.to_vec(), vec![b'x'; 3 << 20]].concat();
    let text = [&ok[..], &long, ok].join(&b"\n"[..]);
    let records = read_all(&text, "");
    assert_eq!(records.len(), 3);
    assert_eq!(reasons(&records), [(2, Reason::TooLong)]);
    assert_eq!(records[1].raw.len(), LONGEST_RAW);
    assert_eq!(records[0].raw_hash, records[2].raw_hash);
}

#[test]
fn a_preview_shows_rows_counts_and_roles() {
    let seen = preview(Box::new(Cursor::new(SHOP)), None, &options("")).unwrap();
    assert_eq!((seen.format, seen.read, seen.events, seen.whole), ("csv", 6, 3, true));
    assert_eq!(seen.quarantined[&Reason::RaggedRow], 1);
    let roles: Vec<_> =
        seen.columns.iter().filter_map(|column| Some((column.name.as_str(), column.role?.key()))).collect();
    assert_eq!(
        roles,
        [("customer", "user_id"), ("cookie", "anonymous_id"), ("action", "event"), ("ts", "time")]
    );
    assert_eq!(seen.columns[4].samples, ["12.50", "1e5"]);
    assert_eq!(seen.names[0], ("Order Completed".to_owned(), 1));
    let first = Time::parse("2026-01-05T09:00:00Z").unwrap();
    assert_eq!(seen.times.unwrap().0, first);
    assert!(seen.diagnostics.is_empty(), "{:?}", seen.diagnostics);

    let seen = preview(Box::new(Cursor::new(CALLS)), None, &options("")).unwrap();
    assert_eq!((seen.rows.len(), seen.events, seen.columns.len()), (10, 8, 0));

    let unmapped = preview(Box::new(Cursor::new(b"a,b\n1,2\n")), None, &options("")).unwrap();
    assert_eq!((unmapped.events, unmapped.columns.len()), (0, 2));
    assert!(unmapped.diagnostics[0].is_error());

    let stranger = preview(Box::new(Cursor::new(PAYMENTS)), None, &options("")).unwrap();
    assert_eq!((stranger.events, stranger.diagnostics[0].code), (0, "no-events"));
    assert!(stranger.columns.iter().any(|column| column.name == "payload.name"));
}

#[test]
fn a_preview_warns_of_message_ids_that_are_none() {
    let rows: String = (0..20).map(|n| format!("7,u{n},A,176760720{}\n", n % 10)).collect();
    let text = format!("id,user_id,event,timestamp\n{rows}");
    let seen = preview(Box::new(Cursor::new(text.into_bytes())), None, &options("")).unwrap();
    assert_eq!(seen.diagnostics[0].code, "repeated-message-id");
}

/// Gives `left` bytes, then fails.
struct FailingAt<'t> {
    text: &'t [u8],
    left: usize,
}

impl Read for FailingAt<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the disk was pulled"));
        }
        let count = self.left.min(out.len()).min(self.text.len()).min(97);
        out[..count].copy_from_slice(&self.text[..count]);
        self.text = &self.text[count..];
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn a_reader_failing_at_any_byte_ends_cleanly_with_what_was_read() {
    for (text, mapping) in [
        (CALLS, ""),
        (CALLS_JSON, ""),
        (AMPLITUDE, ""),
        (MIXPANEL, ""),
        (POSTHOG, ""),
        (GA4, ""),
        (CLOUD_EVENTS, ""),
        (SHOP, ""),
        (PAYMENTS, PAYMENTS_MAPPING),
    ] {
        let whole = read_all(text, mapping);
        let options = options(mapping);
        let format = log::recognize(text, options.mapping.as_ref()).unwrap();
        for left in 0..text.len() {
            let input: Input<'_> = Box::new(FailingAt { text, left });
            let Ok(mut reader) = format.reader(input, &options) else {
                continue;
            };
            let (records, error) = drain(&mut *reader);
            let error = error.expect("the error is not swallowed");
            assert!(error.to_string().contains("the disk was pulled"));
            assert_eq!(records, whole[..records.len()], "cut after {left}");
            let complete = whole.iter().filter(|record| record.position <= left as u64).count();
            assert!(
                // In a list, what is no object ends only where the next one starts.
                records.len() + 2 * usize::from(text.starts_with(b"[")) >= complete.min(whole.len() - 1)
                    || format.name() == "csv",
                "cut after {left}"
            );
            assert!(error.position <= left as u64 + 3);
        }
    }
}

#[test]
fn packed_logs_read_like_plain_ones() {
    let packed = zstd::encode_all(CALLS, 1).unwrap();
    let (_, mut unpacked) = compression::unpack(Box::new(Cursor::new(packed))).unwrap();
    let mut text = Vec::new();
    unpacked.read_to_end(&mut text).unwrap();
    assert_eq!(text, CALLS);
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

/// Seeded damage: flips, cuts, doublings and insertions of telling bytes.
fn damaged(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: [&[u8]; 14] = [
        b"\"", b"\n", b"{", b"}", b"[", b"\\", b",", b"\0", b"\xff", b"\r", b";", b"\\ud800", b"null",
        b"-1e999",
    ];
    let mut text = text.to_vec();
    for _ in 0..1 + dice.below(5) {
        let at = dice.below(text.len() + 1);
        match dice.below(4) {
            0 if at < text.len() => text[at] ^= 1 << dice.below(8),
            1 => {
                let end = (at + dice.below(40)).min(text.len());
                text.drain(at..end);
            }
            2 => {
                let end = (at + dice.below(200)).min(text.len());
                let copy = text[at..end].to_vec();
                text.splice(at..at, copy);
            }
            _ => {
                let word = TELLING[dice.below(TELLING.len())];
                text.splice(at..at, word.iter().copied());
            }
        }
    }
    text
}

#[test]
fn damaged_logs_never_panic_and_lose_no_byte() {
    let mut dice = Dice(7);
    for round in 0..6000 {
        let (text, mapping) = [(CALLS, ""), (SHOP, ""), (PAYMENTS, PAYMENTS_MAPPING)][round % 3];
        let text = damaged(text, &mut dice);
        let options = options(mapping);
        let format = ["segment", "csv", "json-lines"][round % 3];
        let Ok(mut reader) =
            log::named(format).unwrap().reader(Box::new(Cursor::new(text.clone())), &options)
        else {
            continue;
        };
        let (records, error) = drain(&mut *reader);
        assert!(error.is_none());
        let mut position = 0;
        for record in &records {
            assert!(record.position > position);
            position = record.position;
            if let Ok(event) = &record.outcome {
                assert!(event.time >= Time::EARLIEST && event.time < Time::LATEST);
                for object in [&event.properties, &event.context, &event.extra] {
                    let parsed = serde_json::from_str::<serde_json::Value>(object);
                    let out_of_range =
                        parsed.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
                    assert!(
                        object.is_empty() || out_of_range || parsed.is_ok_and(|json| json.is_object()),
                        "{object}"
                    );
                }
            }
        }
        assert!(position <= text.len() as u64);
        let _ = preview(Box::new(Cursor::new(text)), None, &options);
    }
}

#[test]
fn read_by_block_a_log_has_the_same_records() {
    let broken =
        [&b"\xef\xbb\xbf"[..], CALLS, b"{\"type\":1}\r\n \n\n{broken\n\xff\xfe\n", CALLS, b"{"].concat();
    for (text, mapping) in [(CALLS, ""), (&broken[..], ""), (PAYMENTS, PAYMENTS_MAPPING)] {
        let options = options(mapping);
        let format = log::recognize(text, options.mapping.as_ref()).unwrap();
        let mut reader = format.reader(Box::new(Cursor::new(text.to_vec())), &options).unwrap();
        let mut records = Vec::new();
        let mut halves = reader.halves().unwrap();
        while let Some(block) = (halves.blocks)().unwrap() {
            (halves.read)(&block, &mut |record| {
                records.push(record.into_owned());
                ControlFlow::Continue(())
            });
        }
        drop(halves);
        assert!(reader.next().unwrap().is_none());
        assert_eq!(records, read_all(text, mapping));
        assert!(records.len() > 2);
    }
}
