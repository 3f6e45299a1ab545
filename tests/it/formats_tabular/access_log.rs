//! Access logs of web servers.

use stormline::formats::log::Reason;

use super::*;

pub(super) const LOG: &[u8] = include_bytes!("../../fixtures/logs/access.log");

#[test]
fn requests_become_events_of_hashed_visitors() {
    let (format, records) = read_all(LOG, "");
    assert_eq!(format, "access-log");
    let events = events(&records);
    assert_eq!(events.len(), 5);
    let first = events[0];
    assert_eq!((first.name.as_str(), first.time.iso().as_str()), ("Request", "2026-01-05T09:00:00Z"));
    assert_eq!(
        first.properties,
        "{\"method\":\"GET\",\"path\":\"/shop\",\"query\":\"q=tea\",\"protocol\":\"HTTP/2.0\",\
         \"referrer\":\"https://search.example/\",\"status\":200,\"bytes\":5120}"
    );
    assert_eq!(first.context, r#"{"userAgent":"Mozilla/5.0 (X11; Linux x86_64) \"Quoted\""}"#);
    assert_eq!(events[1].user_id.as_deref(), Some("anna"));
    assert_eq!(
        events[1].properties,
        r#"{"method":"POST","path":"/cart","protocol":"HTTP/1.1","status":302}"#
    );
    assert_eq!(events[1].context, "");
    assert_eq!(events[1].anonymous_id, first.anonymous_id, "one address is one visitor");
    assert_ne!(events[2].anonymous_id, first.anonymous_id);
    assert!(events[3].properties.contains(r#""host":"shop.example:443""#));
    assert_eq!(events[3].extra, r#"{"rest":"0.012"}"#);
    assert!(events[4].properties.starts_with(r#"{"request":"\\x16\\x03\\x01""#), "{}", events[4].properties);
    let found: Vec<(u64, Reason)> = reasons(&records).iter().map(|(line, why, _)| (*line, *why)).collect();
    assert_eq!(found, [(6, Reason::BadTime), (7, Reason::NotAnEvent)]);
}

#[test]
fn addresses_are_nowhere_unless_asked_for() {
    let (_, records) = read_all(LOG, "");
    let all = format!("{records:?}");
    assert!(!all.contains("203.0.113") && !all.contains("2001:db8"), "{all}");
    let raw: Vec<String> =
        records.iter().map(|record| String::from_utf8_lossy(&record.raw).into_owned()).collect();
    assert!(raw.iter().all(|raw| !raw.contains("198.51.100")), "{raw:?}");
    assert!(raw.last().unwrap().ends_with(" not an access line"));

    let hash = |salt: u8| {
        let options = ReadOptions { salt: [salt; 16], ..options("") };
        let mut reader = log::access_log::AccessLog.reader(Box::new(Cursor::new(LOG)), &options).unwrap();
        assert_eq!(codes(&*reader), ["addresses-hashed"]);
        drain(&mut *reader).0[0].outcome.clone().unwrap().anonymous_id.unwrap()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2), "another document gives other visitors");

    let (_, records) = read_all(LOG, "ip = \"keep\"\nevent_is = \"Page Requested\"");
    let first = events(&records)[0];
    assert_eq!((first.name.as_str(), first.anonymous_id.as_deref()), ("Page Requested", Some("203.0.113.7")));
}
