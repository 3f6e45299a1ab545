//! Which events are whose.

use stormline::model::event::{EventKind, NewEvent};
use stormline::store::{Document, IdentifierKind};

use super::{Place, count, event, import, simple};

fn alias(previous: &str, user: &str, time: i64) -> NewEvent {
    NewEvent {
        kind: EventKind::Alias,
        previous_id: Some(previous.to_owned()),
        ..simple("Alias", "", Some(user), time)
    }
}

/// Person of each event by arrival, numbered by first appearance.
fn persons(document: &Document) -> Vec<Option<usize>> {
    let ids: Vec<Option<i64>> = document
        .with_sql(|conn| {
            let mut statement = conn.prepare("SELECT person_id FROM events ORDER BY seq")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap();
    let mut seen = Vec::new();
    ids.into_iter()
        .map(|id| {
            id.map(|id| {
                seen.iter().position(|other| *other == id).unwrap_or_else(|| {
                    seen.push(id);
                    seen.len() - 1
                })
            })
        })
        .collect()
}

fn persons_of(events: &[NewEvent]) -> Vec<Option<usize>> {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", events);
    persons(&document)
}

#[test]
fn an_event_with_both_ids_links_earlier_and_later_events() {
    let found = persons_of(&[
        simple("A", "phone", None, 1),
        simple("A", "laptop", None, 2),
        simple("A", "other", None, 3),
        simple("Sign In", "phone", Some("ann"), 4),
        simple("Sign In", "laptop", Some("ann"), 5),
        simple("B", "", Some("ann"), 6),
        simple("B", "phone", None, 7),
    ]);
    assert_eq!(found, [0, 0, 1, 0, 0, 0, 0].map(Some));
}

#[test]
fn blocked_ids_stay_in_the_event_and_link_nobody() {
    let place = Place::new();
    let mut document = place.create();
    let events = [
        simple("A", "d1", Some("null"), 1),
        simple("A", "d2", Some("null"), 2),
        simple("A", "00000000-0000-0000-0000-000000000000", Some("u"), 3),
        simple("A", "00000000-0000-0000-0000-000000000000", None, 4),
    ];
    import(&mut document, "log", &events);
    assert_eq!(persons(&document), [Some(0), Some(1), Some(2), None]);
    let rows = document.event_rows(&[1, 4]).unwrap();
    assert_eq!(rows[0].user_id.as_deref(), Some("null"));
    assert_eq!(rows[1].anonymous_id.as_deref(), Some("00000000-0000-0000-0000-000000000000"));
    assert_eq!(count(&document, "SELECT count(*) FROM events WHERE user_id = 'null'"), 2);
    assert_eq!(document.counts().unwrap().persons, 3);
    let table = document.load_table(&Default::default()).unwrap().table;
    assert_eq!((table.events(), table.persons()), (3, 3));
}

#[test]
fn an_alias_chain_is_one_person_in_any_order() {
    let first = [
        simple("A", "cookie", None, 1),
        simple("A", "", Some("old"), 2),
        simple("A", "", Some("new"), 3),
        alias("cookie", "old", 4),
        alias("old", "new", 5),
        simple("A", "", Some("stranger"), 6),
    ];
    assert_eq!(persons_of(&first), [0, 0, 0, 0, 0, 1].map(Some));
    let mut turned = first.clone();
    turned.reverse();
    assert_eq!(persons_of(&turned), [0, 1, 1, 1, 1, 1].map(Some));
    // A blocked previous id is no link.
    assert_eq!(
        persons_of(&[simple("A", "", Some("x"), 1), alias("undefined", "y", 2), alias("undefined", "x", 3)]),
        [0, 1, 0].map(Some)
    );
}

#[test]
fn later_imports_merge_persons_and_each_link_names_its_event() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "one", &[simple("A", "phone", None, 1), simple("A", "", Some("ann"), 2)]);
    assert_eq!(document.counts().unwrap().persons, 2);
    let before = document.revision().unwrap();
    let sign_ins = [simple("Sign In", "phone", Some("ann"), 3), simple("Again", "phone", Some("ann"), 4)];
    import(&mut document, "two", &sign_ins);
    assert_ne!(document.revision().unwrap(), before);
    assert_eq!(document.counts().unwrap().persons, 1);
    let links = document.person_links(1).unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!((links[0].a.value.as_str(), links[0].b.value.as_str()), ("phone", "ann"));
    assert_eq!((links[0].event_id, links[0].events), (3, 2));
}

#[test]
fn a_person_is_called_by_the_most_used_user_id() {
    let place = Place::new();
    let mut document = place.create();
    let events = [
        simple("A", "phone", Some("ann@work"), 1),
        simple("A", "phone", Some("ann"), 2),
        simple("A", "phone", Some("ann"), 3),
        simple("A", "tablet", None, 4),
        alias("phone", "ann", 5),
    ];
    import(&mut document, "log", &events);
    let found = document.find_person("ann", 10).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].label.as_str(), found[0].events), ("ann + 2 others", 4));
    assert_eq!(document.find_person("tab", 10).unwrap()[0].label, "tablet");
    assert!(document.find_person("nobody", 10).unwrap().is_empty());
    let identifiers = document.person_identifiers(found[0].person_id).unwrap();
    let told: Vec<_> = identifiers.iter().map(|one| (one.kind, one.value.as_str(), one.events)).collect();
    assert_eq!(
        told,
        [
            (IdentifierKind::User, "ann", 3),
            (IdentifierKind::User, "ann@work", 1),
            (IdentifierKind::Anonymous, "phone", 3)
        ]
    );
    let labels = document.person_labels(&[found[0].person_id, 424_242]).unwrap();
    assert_eq!(labels, ["ann + 2 others", "Person 424242"]);
}

#[test]
fn counts_of_events_by_person_add_up() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "log", &(0..500).map(event).collect::<Vec<_>>());
    assert_eq!(count(&document, "SELECT sum(owned) FROM identifier"), 500);
    for person in document.find_person("", 100).unwrap() {
        let sql = format!("SELECT count(*) FROM events WHERE person_id = {}", person.person_id);
        assert_eq!(person.events as i64, count(&document, &sql), "{}", person.label);
    }
}

#[test]
fn a_person_of_very_many_identifiers_is_named_without_delay() {
    const ALIASES: i64 = 30_000;
    let place = Place::new();
    let mut document = place.create();
    let mut events: Vec<_> = (0..ALIASES).map(|n| alias(&format!("old-{n}"), "ann", n)).collect();
    // One of them is also a device's: the same identifier, said better.
    events.push(simple("A", "old-7", None, ALIASES));
    import(&mut document, "log", &events);
    let person = document.find_person("ann", 1).unwrap()[0].person_id;
    let started = std::time::Instant::now();
    let labels = document.person_labels(&[person; 8]).unwrap();
    assert_eq!(labels, vec!["ann + 30000 others"; 8]);
    assert_eq!(document.person_identifiers(person).unwrap().len(), 30_001);
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
}
