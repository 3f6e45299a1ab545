//! Snowplow's enriched events, as lines and as a table.

use stormline::formats::log::Reason;

use super::*;

pub(super) const LINES: &[u8] = include_bytes!("../../fixtures/logs/snowplow.tsv");
pub(super) const TABLE: &[u8] = include_bytes!("../../fixtures/logs/snowplow_table.csv");

fn value(object: &str, path: &[&str]) -> serde_json::Value {
    let object: serde_json::Value = serde_json::from_str(object).unwrap();
    path.iter().fold(object, |value, key| value[*key].clone())
}

#[test]
fn enriched_lines_become_events() {
    let (format, records) = read_all(LINES, "");
    assert_eq!(format, "snowplow");
    let events = events(&records);
    let seen: Vec<String> =
        events.iter().map(|event| line(event).replace("00000000-0000-4000-8000-00000000000", "e")).collect();
    assert_eq!(
        seen,
        [
            "track | page_view | e1 d1 u1 - | 2026-01-05T10:00:00.250Z",
            "track | link_click | e2 d2 - - | 2026-01-05T10:00:01Z",
            "track | Mixes / Play | e3 - u2 - | 2026-01-05T10:05:00Z",
            "track | screen_view | e4 device-9 - - | 2026-01-05T10:06:00Z",
            "track | page_view | e8 - u5 - | 2026-01-05T10:08:00Z",
        ]
    );
    assert_eq!(
        reasons(&records),
        [
            (5, Reason::NoIdentifier, ""),
            (6, Reason::NoTime, ""),
            (7, Reason::RaggedRow, "expected 131 fields, received 130"),
        ]
    );
}

#[test]
fn fields_have_their_kinds_and_places() {
    let (_, records) = read_all(LINES, "");
    let events = events(&records);
    let page = events[0];
    assert_eq!(
        page.properties,
        "{\"domain_sessionidx\":3,\"page_url\":\"https://shop.example/tea\",\"page_title\":\"Tea\",\
         \"page_urlport\":443,\"mkt_campaign\":\"winter\",\"domain_sessionid\":\"s1\"}"
    );
    assert_eq!(value(&page.context, &["br_cookies"]), true);
    assert_eq!(value(&page.context, &["dvce_ismobile"]), false);
    assert_eq!(value(&page.context, &["geo_latitude"]), 52.52);
    assert_eq!(value(&page.context, &["network_userid"]), "n1");
    assert_eq!(value(&page.context, &["contexts_com_snowplowanalytics_snowplow_web_page_1", "id"]), "p1");
    assert_eq!(
        value(&page.context, &["contexts_com_acme_product_2"]),
        serde_json::json!([{ "sku": "t1" }, { "sku": "t2" }])
    );
    let agent = ["contexts_com_snowplowanalytics_snowplow_ua_parser_context_1", "useragentFamily"];
    assert_eq!(value(&page.context, &agent), "Firefox");
    assert!(!page.context.contains("geo_city"), "empty fields are left out");
    assert_eq!(value(&page.extra, &["collector_tstamp"]), "2026-01-05 10:00:01.000");
    assert_eq!(
        events[1].properties,
        r#"{"targetUrl":"https://x.example","unstruct_event.page_title":"inner","clicks":2}"#
    );
    assert_eq!(
        events[2].properties,
        r#"{"se_category":"Mixes","se_action":"Play","se_property":"007","se_value":12.5}"#
    );
    assert_eq!(value(&events[4].extra, &["contexts"]), "{broken");
}

#[test]
fn a_table_is_read_by_its_header() {
    let (format, records) = read_all(TABLE, "");
    assert_eq!(format, "snowplow");
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "track | page_view | e1 d1 u1 - | 2026-01-05T10:00:00.500Z",
            "track | link_click | e2 d1 - - | 2026-01-05T10:01:00Z",
            "track | Mixes / Play | e3 - u2 - | 2026-01-05T10:02:00Z",
        ]
    );
    assert_eq!(
        value(&events[0].context, &["contexts_com_snowplowanalytics_snowplow_web_page_1", "id"]),
        "p1"
    );
    assert_eq!(value(&events[0].extra, &["load_tstamp"]), "2026-01-05 11:00:00");
    assert_eq!(
        events[1].properties,
        r#"{"domain_sessionid":"s1","domain_sessionidx":1,"page_urlport":443,"targetUrl":"https://x.example"}"#
    );
    assert_eq!(reasons(&records), [(5, Reason::NoIdentifier, "")]);
    let (format, _) = read_all(TABLE, "event = \"event\"\ntime = \"load_tstamp\"");
    assert_eq!(format, "csv", "a mapping of columns is obeyed");
}
