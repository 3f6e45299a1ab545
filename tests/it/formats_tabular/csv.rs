//! Tables of text in other encodings, of calls, and of persons.

use stormline::formats::log::Reason;
use stormline::formats::log::preview::preview;
use stormline::model::event::EventKind;

use super::*;

const CALLS: &[u8] = include_bytes!("../../fixtures/logs/calls.csv");
pub(super) const PERSONS: &[u8] = include_bytes!("../../fixtures/logs/persons.csv");

#[test]
fn a_column_of_calls_says_what_each_row_is() {
    let (format, records) = read_all(CALLS, "");
    assert_eq!(format, "csv");
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "track | Order Completed | - a1 u1 - | 2026-01-05T10:00:00Z",
            "page | Page Viewed | - a1 - - | 2026-01-05T10:01:00Z",
            "screen | Screen Viewed | - a2 - - | 2026-01-05T10:02:00Z",
            "identify | Identify | - a1 u1 - | 2026-01-05T10:03:00Z",
            "alias | Alias | - - u9 a2 | 2026-01-05T10:04:00Z",
            "group | Group | - - u1 - | 2026-01-05T10:05:00Z",
        ]
    );
    assert_eq!(events[1].properties, r#"{"name":"Home","path":"/"}"#);
    assert_eq!(events[2].properties, r#"{"name":"Cart"}"#);
    assert_eq!(events[3].properties, r#"{"plan":"pro"}"#);
    assert_eq!(events[5].extra, r#"{"event":"Joined"}"#);
    assert_eq!(reasons(&records), [(8, Reason::NoEventName, "")]);
}

#[test]
fn a_type_that_is_no_call_stays_a_property() {
    let text = b"user_id,event,timestamp,type\nu1,Viewed,2026-01-05T10:00:00Z,page\nu2,Viewed,2026-01-05T10:00:00Z,video\n";
    let (_, records) = read_all(text, "");
    let events = events(&records);
    assert_eq!((events[0].kind, events[0].properties.as_str()), (EventKind::Track, r#"{"type":"page"}"#));
    let (_, records) = read_all(text, "type = \"type\"");
    assert_eq!(reasons(&records), [(3, Reason::UnknownType, "“video”")]);
}

#[test]
fn text_of_other_encodings_is_read() {
    let text = "user_id;event;timestamp;straße\r\nu1;Käufe;2026-01-05T10:00:00Z;\"Große\r\nGasse\"\r\n";
    let utf16 = |swap: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff_u16).chain(text.encode_utf16());
        units.flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (bytes, notes) in [
        (utf16(false), &[][..]),
        (utf16(true), &[]),
        (western, &["guessed-encoding"]),
        (marked, &[]),
        (text.as_bytes().to_vec(), &[]),
    ] {
        let mut reader = reader(format_of(&bytes, ""), &bytes, "").unwrap();
        assert_eq!(codes(&*reader), notes);
        let (records, _) = drain(&mut *reader);
        let events = events(&records);
        assert_eq!((records.len(), events[0].name.as_str()), (1, "Käufe"));
        assert_eq!(events[0].properties, "{\"straße\":\"Große\\r\\nGasse\"}");
        let seen = preview(Box::new(Cursor::new(bytes)), None, &options("")).unwrap();
        assert_eq!((seen.events, seen.columns[3].name.as_str()), (1, "straße"));
    }
}

#[test]
fn an_encoding_can_be_insisted_on() {
    let text = b"user_id,event,timestamp\nu1,A\x80,2026-01-05T10:00:00Z\n";
    let (_, records) = read_all(text, "encoding = \"utf-8\"");
    assert_eq!(reasons(&records)[0].1, Reason::NotUtf8);
    let (_, records) = read_all(text, "encoding = \"windows-1252\"");
    assert_eq!(events(&records)[0].name, "A€");
}

#[test]
fn a_table_in_utf16_without_known_names_asks_for_a_mapping() {
    let units: Vec<u8> = "\u{feff}a;b\r\n1;2\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let seen = preview(Box::new(Cursor::new(units)), None, &options("")).unwrap();
    assert_eq!((seen.format, seen.diagnostics[0].code, seen.columns.len()), ("csv", "unmapped-log", 2));
}

#[test]
fn delimiters_of_all_kinds_and_repeated_and_empty_names() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = ["user_id", "event", "timestamp", "a", "", "a"].join(delimiter)
            + "\n"
            + &["u1", "A", "2026-01-05T10:00:00Z", "1", "2", "3"].join(delimiter);
        let (_, records) = read_all(text.as_bytes(), "");
        assert_eq!(events(&records)[0].properties, r#"{"a":1,"column_5":2,"a_2":3}"#, "{delimiter:?}");
    }
}

#[test]
fn a_table_without_times_becomes_traits() {
    let bytes = PERSONS;
    let mut reader = reader(format_of(bytes, ""), bytes, "").unwrap();
    assert_eq!(codes(&*reader), ["table-of-persons"]);
    let (records, _) = drain(&mut *reader);
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "traits | Traits | - d9 u1 - | 2026-06-01T00:00:00Z",
            "traits | Traits | - - u2 - | 2026-06-01T00:00:00Z",
            "traits | Traits | - - u3 - | 2026-06-01T00:00:00Z",
        ]
    );
    assert_eq!(
        events[0].properties,
        r#"{"name":"Ann Example","plan":"pro","seats":5,"signed_up":"2025-11-02"}"#
    );
    assert_eq!(reasons(&records), [(4, Reason::NoIdentifier, "")]);

    let seen = preview(Box::new(Cursor::new(bytes)), None, &options("")).unwrap();
    assert!(seen.is_of_persons() && seen.times.is_none());
    assert_eq!((seen.events, seen.diagnostics[0].code), (3, "table-of-persons"));

    // Once a column of times is named, the same rows are events.
    let (_, records) = read_all(bytes, "event_is = \"Signed Up\"\ntime = \"signed_up\"\nkind = \"persons\"");
    assert_eq!(line(self::events(&records)[1]), "track | Signed Up | - - u2 - | 2025-12-23T23:00:00Z");
}
