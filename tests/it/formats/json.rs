//! What each JSON format makes of its fixture: names, identifiers, times, properties, reasons. Not for damage: see `damage`.

use std::io::Cursor;

use stormline::formats::log::preview::preview;
use stormline::formats::log::{self, LogFormat, Reason};
use stormline::model::event::NewEvent;

use super::{
    AMPLITUDE, CALLS_JSON, CLOUD_EVENTS, GA4, MIXPANEL, MPARTICLE, POSTHOG, events, options, read_all,
    reasons,
};

/// Kind, name, message id, anonymous id, user id, previous id, time of each event.
fn lines(events: &[&NewEvent]) -> Vec<String> {
    let line = |event: &&NewEvent| {
        let ids = [&event.message_id, &event.anonymous_id, &event.user_id, &event.previous_id];
        let ids: Vec<&str> = ids.into_iter().map(|id| id.as_deref().unwrap_or("-")).collect();
        format!("{} | {} | {} | {}", event.kind.word(), event.name, ids.join(" "), event.time.iso())
    };
    events.iter().map(line).collect()
}

fn recognized(text: &[u8]) -> &'static str {
    log::recognize(text, None).map(LogFormat::name).unwrap()
}

#[test]
fn every_fixture_is_known_by_its_content() {
    for (text, name) in [
        (AMPLITUDE, "amplitude"),
        (MIXPANEL, "mixpanel"),
        (POSTHOG, "posthog"),
        (GA4, "ga4"),
        (CLOUD_EVENTS, "cloudevents"),
        (MPARTICLE, "mparticle"),
        (CALLS_JSON, "segment"),
    ] {
        assert_eq!(recognized(text), name);
        // The same objects in a list are the same log.
        if !text.starts_with(b"[") {
            let list = [&b"[\n"[..], text, b"]"].concat();
            assert_eq!(recognized(&list), name);
        }
    }
}

#[test]
fn a_list_of_objects_reads_like_its_lines() {
    for text in [AMPLITUDE, MIXPANEL, POSTHOG, GA4, MPARTICLE] {
        let whole: Vec<&[u8]> =
            text.split(|byte| *byte == b'\n').filter(|line| line.ends_with(b"}")).collect();
        let (lines, list) = (whole.join(&b"\n"[..]), [b"[", &whole.join(&b",\n"[..])[..], b"]"].concat());
        let (lines, list) = (read_all(&lines, ""), read_all(&list, ""));
        assert!(lines.len() > 4);
        assert_eq!(lines.len(), list.len());
        for (one, other) in lines.iter().zip(&list) {
            assert_eq!((&one.outcome, one.line, one.raw_hash), (&other.outcome, other.line, other.raw_hash));
        }
    }
}

#[test]
fn calls_in_a_list_are_read_and_damage_costs_its_own_object() {
    let records = read_all(CALLS_JSON, "");
    assert_eq!(
        lines(&events(&records)),
        [
            "track | Product Viewed | j-1 - u1 - | 2026-01-05T10:00:00Z",
            "identify | Identify | - - u1 - | 2026-01-05T10:01:00Z",
            "track | Order Completed | - - u1 - | 2026-01-05T10:02:00Z",
        ]
    );
    assert_eq!(reasons(&records), [(2, Reason::NotAnEvent), (2, Reason::NotJson), (8, Reason::NoTime)]);
}

#[test]
fn amplitude_events_become_events() {
    let records = read_all(AMPLITUDE, "");
    let events = events(&records);
    assert_eq!(
        lines(&events),
        [
            "track | Mug Viewed | i-1:61bc331dd76d7aa0 dev-1 nora - | 2026-03-02T08:15:30.250Z",
            "identify | Identify | i-2:61bc331dd76d7aa0 dev-1 - - | 2026-03-02T08:16:00Z",
            "group | Group | i-3:dd8328725fcc2bf2 dev-2 otto - | 2026-03-02T08:17:00Z",
            "track | Mug Viewed | 77aa 700300 - - | 2026-03-02T08:18:00Z",
            "track | Mug Viewed | i-1:cf1857e0273fb07f dev-9 - - | 2026-03-02T08:19:00Z",
        ]
    );
    assert_eq!(events[0].properties, r#"{"price":12.5,"tags":["new"],"in_stock":true}"#);
    assert_eq!(
        events[0].context,
        r#"{"traits":{"plan":"gold","email":"nora@example.org"},"identities":{"amplitude_id":"700100","idfv":"5F1B-44"},"groups":{"company":["Acme"]},"session_id":1772439330000,"app":4711,"platform":"Web","os_name":"Chrome","country":"Norway","ip_address":"192.0.2.7","version_name":"","library":"amplitude-js/8"}"#
    );
    assert_eq!(
        events[0].extra,
        r#"{"uuid":"9b1c","event_id":3,"client_event_time":"2026-03-02 08:15:29.100000","server_upload_time":"2026-03-02 08:15:31.000000","$schema":13}"#
    );
    assert_eq!(events[1].context, r#"{"identities":{"amplitude_id":"700100"}}"#);
    assert_eq!(events[3].context, r#"{"identities":{"amplitude_id":"700300"}}"#);
    assert_eq!(events[1].properties, r#"{"plan":"silver"}"#);
    assert_eq!(events[1].extra, r#"{"session_id":-1}"#);
    assert_eq!((events[2].properties.as_str()), r#"{"size":30}"#);
    assert!(events[2].context.contains(r#""traits":{"plan":"free"}"#));
    assert_eq!(
        (events[3].properties.as_str(), events[3].extra.as_str()),
        ("", r#"{"event_properties":"odd"}"#)
    );
    assert_eq!(
        reasons(&records),
        [
            (6, Reason::NoTime),
            (7, Reason::BadTime),
            (8, Reason::NoIdentifier),
            (9, Reason::NoEventName),
            (10, Reason::NotJson),
        ]
    );
}

#[test]
fn mixpanel_events_become_events() {
    let records = read_all(MIXPANEL, "");
    let events = events(&records);
    let seen: Vec<String> = lines(&events).into_iter().map(|line| without_hash(&line)).collect();
    assert_eq!(
        seen,
        [
            "track | Signed Up | x1:# d-1 - - | 2026-03-02T08:00:00Z",
            "identify | Identify | x2:# d-1 rosa - | 2026-03-02T08:01:00Z",
            "track | Order Placed | x3:# d-1 rosa - | 2026-03-02T08:02:00Z",
            "track | Order Placed | x3:# d-1 rosa - | 2026-03-02T08:03:00Z",
            "alias | Alias | x4:# - rosa rosa-old | 2026-03-02T08:04:00Z",
            "alias | Alias | x5:# - rosa r-2 | 2026-03-02T08:05:00Z",
            "track | Opened | x6:# d-2 emil - | 2026-03-02T08:10:00Z",
            "traits | Traits | - - rosa - | 1970-01-01T00:00:00Z",
        ]
    );
    assert_ne!(events[2].message_id, events[3].message_id, "an insert id of another time is another event");
    assert_eq!(events[0].properties, r#"{"$browser":"Firefox","plan":"free","seats":3}"#);
    assert_eq!(events[0].extra, r#"{"mp_processing_time_ms":1772438401000}"#);
    assert_eq!(events[2].properties, r#"{"total":19.9,"items":[{"sku":"mug"}]}"#);
    assert_eq!(
        events[7].properties,
        r#"{"$last_seen":"2026-03-02T09:00:00","$email":"rosa@example.org","plan":"gold"}"#
    );
    assert_eq!(
        reasons(&records),
        [
            (9, Reason::NoTime),
            (10, Reason::NoIdentifier),
            (11, Reason::NotAnEvent),
            (12, Reason::NoEventName),
        ]
    );
}

fn without_hash(line: &str) -> String {
    match line.split_once(':') {
        Some((before, after)) if line.contains("| x") => format!("{before}:#{}", &after[16..]),
        Some(_) | None => line.to_owned(),
    }
}

#[test]
fn times_of_old_mixpanel_projects_are_in_their_own_zone() {
    let records = read_all(MIXPANEL, "zone = \"America/Los_Angeles\"");
    let events = events(&records);
    assert_eq!(events[0].time.iso(), "2026-03-02T16:00:00Z");
    assert_eq!(events[6].time.iso(), "2026-03-02T16:10:00Z");
    let seen = preview(Box::new(Cursor::new(MIXPANEL)), None, &options("")).unwrap();
    assert_eq!((seen.format, seen.diagnostics[0].code), ("mixpanel", "mixpanel-zone"));
    let seen = preview(Box::new(Cursor::new(MIXPANEL)), None, &options("zone = \"UTC\"")).unwrap();
    assert!(seen.diagnostics.is_empty());
}

#[test]
fn posthog_events_and_persons_become_events() {
    let records = read_all(POSTHOG, "");
    let events = events(&records);
    assert_eq!(
        lines(&events),
        [
            "track | $pageview | 0195-1 0195-anon - - | 2026-03-02T08:15:30.250Z",
            "identify | Identify | 0195-2 0195-anon ines - | 2026-03-02T08:16:00Z",
            "track | order placed | 0195-3 - ines - | 2026-03-02T08:17:00.000001Z",
            "alias | Alias | 0195-4 - ines ines-2 | 2026-03-02T08:18:00Z",
            "group | Group | 0195-5 - ines - | 2026-03-02T08:19:00Z",
            "track | server ping | 0195-6 - job-7 - | 2026-03-02T08:20:00Z",
            "identify | Identify | - - ines - | 2026-03-01T00:00:00Z",
            "track | paid | 0195-11 p-1 - - | 2026-03-02T08:21:00Z",
            "identify | Identify | - p-2 - - | 2026-03-01T00:00:00Z",
        ]
    );
    // As PostHog itself has them: whoever is one person there can be told, also where identifiers do not link.
    let own = r#"{"identities":{"person_id":"p-1"}}"#;
    assert_eq!([1, 2, 6, 7].map(|at| events[at].context.as_str()), [own; 4]);
    assert_eq!(
        (events[5].context.as_str(), events[8].context.as_str()),
        ("", r#"{"identities":{"person_id":"p-2"}}"#)
    );
    assert_eq!(
        events[0].properties,
        r#"{"$current_url":"https://mugs.example/","$device_id":"0195-anon","$is_identified":false,"depth":2}"#
    );
    assert_eq!(events[0].context, r#"{"traits":{"country":"Chile"},"identities":{"person_id":"p-1"}}"#);
    assert_eq!(
        events[0].extra,
        r#"{"elements_chain":"","created_at":"2026-03-02T08:15:31Z","_inserted_at":"2026-03-02T08:16:00Z"}"#
    );
    assert_eq!(events[1].properties, r#"{"email":"ines@example.org","first_plan":"free"}"#);
    assert_eq!(events[1].extra, r#"{"properties":{"$device_id":"0195-anon"}}"#);
    assert_eq!(events[4].properties, r#"{"size":30}"#);
    assert_eq!(events[4].extra, r#"{"properties":{"$group_type":"company","$group_key":"acme"}}"#);
    assert_eq!(events[5].properties, r#"{"ok":true}"#);
    assert_eq!(events[6].properties, r#"{"email":"ines@example.org"}"#);
    assert_eq!(
        reasons(&records),
        [
            (8, Reason::NoTime),
            (9, Reason::NoIdentifier),
            (10, Reason::BlockedIdentifier),
            (11, Reason::NoEventName),
        ]
    );
}

#[test]
fn ga4_rows_become_events() {
    let records = read_all(GA4, "");
    let events = events(&records);
    assert_eq!(
        lines(&events),
        [
            "track | view_item | - 111.222 - - | 2026-03-02T08:15:30.250001Z",
            "track | purchase | - 111.222 yuki - | 2026-03-02T08:16:30Z",
            "track | odd_params | - 111.222 - - | 2026-03-02T08:17:30Z",
        ]
    );
    assert_eq!(
        events[0].properties,
        r#"{"ga_session_id":1772439000,"page_title":"Mugs","value":12.5,"ecommerce":{"total_item_quantity":"1"},"items":[{"item_id":"mug-1","price":12.5}]}"#
    );
    assert_eq!(
        events[0].context,
        r#"{"traits":{"tier":"gold"},"traits_set_at":{"tier":"1772439000000000"},"device":{"category":"mobile","operating_system":"iOS"},"geo":{"country":"Japan"},"traffic_source":{"medium":"organic"},"platform":"WEB","stream_id":"55","privacy_info":{"analytics_storage":"Yes"}}"#
    );
    assert_eq!(events[0].extra, r#"{"event_date":"20260302","event_bundle_sequence_id":"8"}"#);
    assert_eq!(
        events[1].properties,
        r#"{"currency":"EUR","both":"a","both.int_value":2,"event_value_in_usd":20.5}"#
    );
    assert_eq!(events[2].extra, r#"{"event_params":{"key":"x"},"event_date":"20260302"}"#);
    assert_eq!(
        reasons(&records),
        [(4, Reason::NoIdentifier), (5, Reason::BadTime), (6, Reason::NoEventName)]
    );
}

#[test]
fn cloud_events_become_events_one_in_a_list_or_a_line_each() {
    let records = read_all(CLOUD_EVENTS, "");
    let events = events(&records);
    assert_eq!(
        lines(&events),
        [
            "track | org.example.order.placed | /shop/orders#a-1 - lena - | 2026-03-02T07:15:30.250Z",
            "track | org.example.order.paid | /shop/orders#a-2 d-7 lena - | 2026-03-02T08:16:00Z",
            "track | reading | /sensors/9#1 /sensors/9 - - | 2026-03-02T08:17:00Z",
            "track | reading | /sensors/9#2 /sensors/9 - - | 2026-03-02T08:18:00Z",
            "track | reading | /sensors/9#6 /sensors/9 - - | 2026-03-02T08:20:00Z",
        ]
    );
    assert_eq!(events[0].properties, r#"{ "total": 19.9, "note": "},{ is no end" }"#);
    assert_eq!(
        events[0].context,
        r#"{"source":"/shop/orders","subject":"lena","datacontenttype":"application/json","traceparent":"00-4bf9"}"#
    );
    assert_eq!(events[2].properties, r#"{"data":21.5}"#);
    assert_eq!(events[3].properties, r#"{"data_base64":"AAEC"}"#);
    assert_eq!(
        reasons(&records),
        [(24, Reason::NoTime), (25, Reason::NoEventName), (26, Reason::NotAnEvent), (27, Reason::NotJson),]
    );
    let single = br#"{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","time":"2026-03-02T08:17:00Z"}"#;
    assert_eq!((recognized(single), read_all(single, "").len()), ("cloudevents", 1));
}

#[test]
fn every_event_of_an_mparticle_batch_becomes_an_event() {
    let records = read_all(MPARTICLE, "");
    let events = events(&records);
    assert_eq!(
        lines(&events),
        [
            "track | Mug Rated | 501 dev-5 tomas - | 2026-03-02T08:15:30.250Z",
            "screen | Screen Viewed | 502 dev-5 tomas - | 2026-03-02T08:15:31Z",
            "track | Commerce: purchase | 503 dev-5 tomas - | 2026-03-02T08:15:32Z",
            "identify | Identify | 504 dev-5 tomas - | 2026-03-02T08:15:33Z",
            "track | session_start | 505 dev-5 tomas - | 2026-03-02T08:15:29Z",
            "identify | Identify | - 8002 - - | 2026-03-02T08:16:40Z",
        ]
    );
    assert_eq!(events[0].properties, r#"{"stars":"5","public":true}"#);
    assert_eq!(events[0].extra, r#"{"custom_event_type":"other","event_type":"custom_event"}"#);
    assert_eq!(
        events[0].context,
        r#"{"traits":{"tier":"gold","age":"41","email":"tomas@example.org"},"identities":{"customer_id":"tomas","email":"tomas@example.org","mpid":"8001"},"device":{"platform":"iOS","device_model":"iPhone"},"app":{"application_version":"2.1"},"environment":"production","ip":"192.0.2.9"}"#
    );
    assert_eq!(
        events[2].properties,
        r#"{"product_action":{"action":"purchase","total_amount":19.9,"products":[{"id":"mug-1"}]},"currency_code":"EUR"}"#
    );
    assert_eq!(events[3].properties, r#"{"tier":"platinum","old":"gold"}"#);
    assert_eq!(events[5].properties, r#"{"tier":"free","email":"vera@example.org"}"#);
    assert_eq!(
        reasons(&records),
        [
            (1, Reason::NoEventName),
            (1, Reason::NotAnEvent),
            (3, Reason::NoTime),
            (4, Reason::NoIdentifier),
            (5, Reason::NotAnEvent),
            (6, Reason::NotAnEvent),
        ]
    );
    assert_eq!(records[6].raw, b"7");
    assert!(records.windows(2).all(|two| two[0].position < two[1].position));
}

#[test]
fn what_a_format_says_can_be_corrected() {
    let by_name = |text: &[u8], format: &str, mapping: &str| {
        let format = log::named(format).unwrap();
        let mut reader = format.reader(Box::new(Cursor::new(text.to_vec())), &options(mapping)).unwrap();
        super::drain(&mut *reader).0
    };
    let records = by_name(
        AMPLITUDE,
        "amplitude",
        "time = \"client_event_time\"\nuser_id = \"user_properties.email\"\n",
    );
    let first = records[0].outcome.as_ref().unwrap();
    assert_eq!(
        (first.time.iso().as_str(), first.user_id.as_deref()),
        ("2026-03-02T08:15:29.100Z", Some("nora@example.org"))
    );
    let records = by_name(CLOUD_EVENTS, "cloudevents", "user_id = \"data.userId\"\nevent_is = \"Order\"\n");
    let events = events(&records);
    assert_eq!(
        (events.len(), events[0].name.as_str(), events[0].user_id.as_deref()),
        (1, "Order", Some("lena"))
    );
    let mapping = options("time = \"client_event_time\"\n").mapping;
    assert_eq!(log::recognize(AMPLITUDE, mapping.as_ref()).unwrap().name(), "amplitude");
    // The mapping that a preview shows changes nothing when it is given back.
    for (text, name) in [(AMPLITUDE, "amplitude"), (MIXPANEL, "mixpanel"), (POSTHOG, "posthog"), (GA4, "ga4")]
    {
        let seen = preview(Box::new(Cursor::new(text.to_vec())), None, &options("")).unwrap();
        let shown = seen.mapping.unwrap().to_text();
        assert_eq!(by_name(text, name, &shown), read_all(text, ""), "{shown}");
        assert!(seen.columns.iter().any(|column| column.role.is_some()));
    }
    let listed = log::ga4::Ga4.reader(Box::new(Cursor::new(GA4)), &options("properties = [\"geo\"]"));
    assert_eq!(listed.err().unwrap().code, "needless-mapping");
}
