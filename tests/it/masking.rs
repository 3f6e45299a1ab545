//! Personal values in what is told of a query: sentences, labels, texts. Not for the forms: see `model::privacy`.

mod files;
mod pages;
mod watched;

use std::time::Duration;

use stormline::base::Progress;
use stormline::engine::funnel::{explain, sentence as why};
use stormline::engine::{Params, answer};
use stormline::jobs::about::{about, about_text};
use stormline::jobs::answers::Answer;
use stormline::jobs::reports;
use stormline::model::plan::Aliases;
use stormline::model::query::{Query, Report};
use stormline::model::sentence::sentence;
use stormline::model::text::{parse_query, query_text};
use stormline::model::time::{Time, Zone};
use stormline::model::trend::INTERVAL_LIMIT;

use crate::suite::{Event, table};

fn event(person: i64, at: &str, name: &str, properties: serde_json::Value) -> Event {
    let properties = properties.as_object().cloned().unwrap_or_default();
    Event { person, time: Time::parse(at).unwrap(), name: name.to_owned(), properties }
}

fn log() -> Vec<Event> {
    let mail = |mail: &str| serde_json::json!({ "email": mail, "note": format!("from {mail}") });
    vec![
        event(1, "2026-01-01T10:00:00Z", "A", mail("ann@x.org")),
        event(1, "2026-01-01T11:00:00Z", "B", mail("ann@x.org")),
        event(2, "2026-01-02T10:00:00Z", "A", serde_json::json!({})),
    ]
}

fn answered(query: &Query, as_of: &str) -> Answer {
    let params = Params { as_of: Time::parse(as_of).unwrap(), zone: Zone::default() };
    let report = answer(&table(&log()), query, &params, &Progress::new()).unwrap();
    Answer { report, elapsed: Duration::ZERO, diagnostics: Vec::new() }
}

const FUNNEL: &str = "kind='funnel'\n\
    steps=[{event='A'},{event='B',where=[{property='email',op='=',value='bob@y.org'}]}]\n\
    where=[{property='note',op='contains',value='from ann@x.org'}]\nbreakdown='email'";

#[test]
fn sentences_about_a_query_tell_no_operand_and_its_text_keeps_it() {
    let query = parse_query(FUNNEL).unwrap();
    let told = sentence(&query, Zone::default());
    assert!(told.contains("email is •••@y.org") && told.contains("note contains from •••@x.org"), "{told}");
    let answer = answered(&query, "2026-02-01T00:00:00Z");
    let facts = about_text(&about(&query, &answer, &Aliases::default(), &[], Zone::default()));
    for line in [
        "Filters: all steps: note contains from •••@x.org; step 2: email is •••@y.org",
        "Old names: none",
        "Duplicates: none",
        "Quarantined: none",
        "Future: none",
        "Left out: none",
    ] {
        assert!(facts.contains(&format!("{line}\n")), "{line}: {facts}");
    }
    assert!(facts.contains("•••@y.org") && !facts.contains("bob@") && !facts.contains("ann@"), "{facts}");
    assert!(query_text(&query).contains("bob@y.org"), "the definition itself is kept");
}

#[test]
fn why_a_person_is_not_there_tells_no_operand() {
    let Query::Funnel(funnel) = parse_query(FUNNEL).unwrap() else { panic!("a funnel") };
    let table = table(&log());
    let explanation = explain(&table, &funnel, Time::parse("2026-02-01T00:00:00Z").unwrap(), 0);
    let told = why(&explanation, &table, &funnel, Zone::default());
    assert!(told.contains("•••@y.org") && !told.contains("bob@"), "{told}");
}

#[test]
fn reports_as_text_mask_breakdown_values_and_json_keeps_them() {
    let trend = "kind='trend'\nevents=[{event='A'}]\nbreakdown='email'";
    for query in ["kind='funnel'\nsteps=[{event='A'},{event='B'}]\nbreakdown='email'", trend] {
        let query = parse_query(query).unwrap();
        let answer = answered(&query, "2026-01-03T00:00:00Z");
        let text = reports::text(&answer, &query, Zone::default());
        assert!(text.contains("•••@x.org") && !text.contains("ann@") && text.contains("(none)"), "{text}");
        assert!(reports::json(&answer).to_string().contains("ann@x.org"));
    }
}

#[test]
fn a_far_as_of_makes_no_more_intervals_than_are_allowed() {
    let query = parse_query("kind='trend'\nevents=[{event='A'}]").unwrap();
    let Report::Trend(report) = answered(&query, "2099-01-01T00:00:00Z").report else { panic!("a trend") };
    assert_eq!(report.starts.len(), INTERVAL_LIMIT);
    assert_eq!(report.series[0].values.len(), INTERVAL_LIMIT);
    assert_eq!(report.series[0].values.iter().sum::<u64>(), 2);
    assert_eq!(report.starts[0].iso(), "2026-01-01T00:00:00Z");
}

#[test]
fn names_of_events_are_masked_where_they_are_told_and_match_as_they_are() {
    let mut events = log();
    events.push(event(
        3,
        "2026-01-03T10:00:00Z",
        "Mail to cid@z.org",
        serde_json::json!({ "email": "a@x.org" }),
    ));
    events.push(event(3, "2026-01-03T11:00:00Z", "B", serde_json::json!({ "email": "b@x.org" })));
    let query =
        parse_query("kind='funnel'\nsteps=[{event='Mail to cid@z.org'},{event='B'}]\nbreakdown='email'")
            .unwrap();
    let table = table(&events);
    let params = Params { as_of: Time::parse("2026-02-01T00:00:00Z").unwrap(), zone: Zone::default() };
    let report = answer(&table, &query, &params, &Progress::new()).unwrap();
    let Report::Funnel(funnel) = &report else { panic!("a funnel") };
    assert_eq!((funnel.steps[0].persons, funnel.steps[1].persons), (1, 1));
    let answer = Answer { report, elapsed: Duration::ZERO, diagnostics: Vec::new() };
    let text = reports::text(&answer, &query, Zone::default());
    assert!(text.contains("Mail to •••@z.org") && !text.contains("cid@"), "{text}");
    assert!(reports::json(&answer).to_string().contains("cid@z.org"), "programs get what is there");
    assert!(sentence(&query, Zone::default()).contains("Mail to •••@z.org"));
    let Query::Funnel(funnel) = query else { panic!("a funnel") };
    let person = table.person_ids().iter().position(|id| *id == 3).unwrap();
    let told = why(&explain(&table, &funnel, params.as_of, person as u32), &table, &funnel, Zone::default());
    assert!(!told.contains("cid@"), "{told}");
}

#[test]
fn values_that_look_alike_are_told_apart_in_a_text() {
    let query = parse_query("kind='trend'\nevents=[{event='A'}]\nbreakdown='email'").unwrap();
    let mut events = log();
    events.push(event(2, "2026-01-02T11:00:00Z", "A", serde_json::json!({ "email": "bob@x.org" })));
    let params = Params { as_of: Time::parse("2026-01-03T00:00:00Z").unwrap(), zone: Zone::default() };
    let report = answer(&table(&events), &query, &params, &Progress::new()).unwrap();
    let answer = Answer { report, elapsed: Duration::ZERO, diagnostics: Vec::new() };
    let text = reports::text(&answer, &query, Zone::default());
    assert!(text.contains("A · •••@x.org  ") && text.contains("A · •••@x.org #2"), "{text}");
}

#[test]
fn names_that_look_alike_are_told_apart_in_a_text() {
    let mail = |person, to: &str| {
        event(person, "2026-01-02T10:00:00Z", &format!("Mail to {to}@z.org"), serde_json::json!({}))
    };
    let events = [mail(1, "ann"), mail(1, "bob")];
    let steps = "[{event='Mail to ann@z.org'},{event='Mail to bob@z.org'}]";
    for query in [format!("kind='funnel'\nsteps={steps}"), format!("kind='trend'\nevents={steps}")] {
        let query = parse_query(&query).unwrap();
        let params = Params { as_of: Time::parse("2026-01-03T00:00:00Z").unwrap(), zone: Zone::default() };
        let report = answer(&table(&events), &query, &params, &Progress::new()).unwrap();
        let answer = Answer { report, elapsed: Duration::ZERO, diagnostics: Vec::new() };
        let text = reports::text(&answer, &query, Zone::default());
        assert!(text.contains("Mail to •••@z.org  ") && text.contains("Mail to •••@z.org #2"), "{text}");
    }
}
