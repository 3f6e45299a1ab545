//! Process logs.

use stormline::formats::log::Reason;

use super::*;

pub(super) const LOG: &[u8] = include_bytes!("../../fixtures/logs/claims.xes");

#[test]
fn cases_are_persons_and_activities_events() {
    let (format, records) = read_all(LOG, "zone = \"UTC\"");
    assert_eq!(format, "xes");
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "track | Claim <registered> | - - case-1 - | 2026-01-05T09:00:00Z",
            "track | Claim paid | e-2 - case-1 - | 2026-01-06T09:30:00Z",
            "track | Claim paid | - - case-2 - | 2026-01-07T00:00:00Z",
        ]
    );
    assert_eq!(
        events[0].properties,
        "{\"lifecycle:transition\":\"complete\",\"org:resource\":\"Mia\",\"pages\":3,\"urgent\":true,\
         \"tags\":[\"a\",\"b\"],\"case:amount\":120.50}"
    );
    assert_eq!(
        events[1].properties,
        "{\"bank\":{\"name\":\"North\",\"days\":2},\"note\":{\"value\":\"seen\",\"by\":\"Max\"},\"case:amount\":120.50}"
    );
    assert_eq!(events[2].properties, "", "the amount was the other case's");
    assert_eq!(
        reasons(&records),
        [
            (26, Reason::NoTime, "no “time:timestamp”"),
            (29, Reason::NoEventName, "no “concept:name”"),
            (32, Reason::BadTime, "“yesterday”"),
            (38, Reason::NoIdentifier, ""),
        ]
    );
    let rejected = records.iter().find(|record| record.line == 26).unwrap();
    assert!(rejected.raw.starts_with(b"<event>") && rejected.raw.ends_with(b"</event>"));
    let (_, local) = read_all(LOG, "");
    assert_eq!(
        self::events(&local)[1].time.iso(),
        "2026-01-06T08:30:00Z",
        "without a zone it is the document's"
    );
}

#[test]
fn damage_in_the_middle_keeps_what_came_before() {
    let text = std::str::from_utf8(LOG).unwrap();
    let cut = &LOG[..text.find("<string key=\"concept:name\" value=\"No time").unwrap()];
    let mut reader = reader(format_of(cut, ""), cut, "").unwrap();
    let (records, error) = drain(&mut *reader);
    assert_eq!(records.len(), 2);
    let error = error.unwrap();
    assert!(error.to_string().contains("ends within"), "{error}");
    assert!(error.line > 20);
}

#[test]
fn a_bomb_of_entities_is_no_log() {
    let bomb = b"<!DOCTYPE log [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;\">]><log><trace>\
                 <string key=\"concept:name\" value=\"&b;\"/></trace></log>";
    let mut reader = reader(format_of(bomb, ""), bomb, "").unwrap();
    let (records, error) = drain(&mut *reader);
    assert!(records.is_empty() && error.is_some());
    let deep = [b"<log><trace>".to_vec(), b"<list key='a'>".repeat(200_000)].concat();
    let (records, error) = drain(&mut *self::reader(format_of(&deep, ""), &deep, "").unwrap());
    assert!(records.is_empty() && error.is_some());
}
