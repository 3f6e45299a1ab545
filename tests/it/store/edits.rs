//! Items and the history, across restarts.

use stormline::model::board::Sticky;
use stormline::model::edit::{Change, Edit};
use stormline::model::item::{Item, ItemId, SavedQuery, Settings};
use stormline::model::operations::{queries, settings};
use stormline::model::plan::{EventSpec, PropertySpec, Shape, ValueType};
use stormline::model::text::parse_query;
use stormline::model::time::Time;
use stormline::model::workspace::Workspace;
use stormline::store::{Document, EditState, StoreError};

use super::Place;

/// Deterministic choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn item(choices: &mut Choices) -> Item {
    let word = ["Käse", "", "a\"b\\c", "Order Completed", "x\ny"][choices.below(5) as usize].to_owned();
    let query = parse_query(
        "kind='funnel'\nwindow='7d'\nsteps=[{event='A'},{event='B', where=[{property='p', op='>=', value=1.5}]}]",
    );
    match choices.below(5) {
        0 => Item::Settings(Settings { title: word, ..Settings::default() }),
        1 => Item::Event(EventSpec {
            name: word.clone(),
            description: word.clone(),
            aliases: vec![word],
            ..EventSpec::default()
        }),
        2 => Item::Property(PropertySpec {
            name: word,
            shape: Shape::of(ValueType::ALL[choices.below(7) as usize]),
            ..PropertySpec::default()
        }),
        3 => Item::Sticky(Sticky {
            kind: "event".to_owned(),
            text: word,
            x: choices.below(1000) as f64 / 7.0,
            y: -1e-9,
        }),
        _ => Item::Query(SavedQuery {
            name: (choices.below(2) == 0).then_some(word),
            query: query.unwrap(),
            position: choices.below(1000) as f64 / 3.0,
        }),
    }
}

fn random_edit(workspace: &Workspace, choices: &mut Choices, n: usize) -> Edit {
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..=choices.below(3) {
        let id = ItemId(2 + choices.below(8) as i64);
        if changes.iter().any(|change| change.id == id) {
            continue;
        }
        let before = workspace.get(id).cloned();
        let is_removal = before.is_some() && choices.below(3) == 0;
        let after = (!is_removal).then(|| item(choices));
        changes.push(Change { id, before, after });
    }
    Edit { author: "Ann".to_owned(), at: Time(n as i64), ..Edit::new(format!("Edit {n}"), changes) }
}

fn stored(document: &Document) -> Workspace {
    let (workspace, problems) = document.load_workspace().unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    workspace
}

#[test]
fn generated_edits_undos_and_redos_keep_file_and_memory_equal() {
    let place = Place::new();
    let mut document = place.create();
    let mut workspace = Workspace::default();
    let mut choices = Choices(42);
    let mut states = vec![workspace.clone()];
    for n in 0..300 {
        match choices.below(6) {
            0 | 1 => {
                let undone = document.undo().unwrap();
                assert_eq!(undone.is_some(), states.len() > 1);
                if let Some(edit) = undone {
                    workspace.apply(&edit).unwrap();
                    states.pop();
                    assert_eq!(&workspace, states.last().unwrap());
                }
            }
            2 => {
                if let Some(edit) = document.redo().unwrap() {
                    workspace.apply(&edit).unwrap();
                    states.push(workspace.clone());
                }
            }
            _ => {
                let edit = random_edit(&workspace, &mut choices, n);
                workspace.apply(&edit).unwrap();
                document.record(&edit).unwrap();
                assert_eq!(document.peek_redo().unwrap(), None);
                states.push(workspace.clone());
            }
        }
        if n % 37 == 0 {
            document.close().unwrap();
            document = place.open();
        }
        assert_eq!(stored(&document), workspace);
    }
    while let Some(edit) = document.undo().unwrap() {
        workspace.apply(&edit).unwrap();
    }
    assert_eq!(workspace, Workspace::default());
    while let Some(edit) = document.redo().unwrap() {
        workspace.apply(&edit).unwrap();
    }
    assert_eq!(Some(&workspace), states.last());
}

#[test]
fn undo_survives_a_restart_and_a_new_edit_abandons_what_was_undone() {
    let place = Place::new();
    let mut document = place.create();
    let mut workspace = Workspace::default();
    let query = parse_query("kind='trend'\nevents=[{event='A'}]").unwrap();
    for edit in [
        settings::set_title(&workspace, "Shop"),
        queries::add(&workspace, ItemId(50), Some("Sales".to_owned()), query),
    ] {
        workspace.apply(&edit).unwrap();
        document.record(&edit).unwrap();
    }
    document.close().unwrap();
    let mut document = place.open();
    assert_eq!(document.peek_undo().unwrap().unwrap().label, "Add trend Sales");
    workspace.apply(&document.undo().unwrap().unwrap()).unwrap();
    document.close().unwrap();
    let mut document = place.open();
    assert_eq!(document.peek_redo().unwrap().unwrap().label, "Add trend Sales");
    let edit = settings::set_zone(&workspace, "Europe/Berlin").unwrap();
    workspace.apply(&edit).unwrap();
    document.record(&edit).unwrap();
    let history: Vec<_> =
        document.history(10).unwrap().into_iter().map(|entry| (entry.label, entry.state)).collect();
    assert_eq!(
        history,
        [
            ("Set time zone to Europe/Berlin".to_owned(), EditState::Done),
            ("Add trend Sales".to_owned(), EditState::Abandoned),
            ("Name the document Shop".to_owned(), EditState::Done),
        ]
    );
    assert!(document.redo().unwrap().is_none());
    assert_eq!(stored(&document), workspace);
}

#[test]
fn an_edit_of_an_item_that_changed_meanwhile_is_refused_whole() {
    let place = Place::new();
    let mut document = place.create();
    let empty = Workspace::default();
    document.record(&settings::set_title(&empty, "First")).unwrap();
    let query = parse_query("kind='trend'\nevents=[{event='A'}]").unwrap();
    let mut stale = settings::set_title(&empty, "Second");
    stale.changes.insert(0, queries::add(&empty, ItemId(9), None, query).changes.remove(0));
    assert!(matches!(document.record(&stale), Err(StoreError::Stale)));
    let workspace = stored(&document);
    assert_eq!(workspace.settings().title, "First");
    assert_eq!(workspace.get(ItemId(9)), None);
    assert_eq!(document.history(10).unwrap().len(), 1);
}

#[test]
fn an_item_that_cannot_be_read_is_told_of_and_stays() {
    let place = Place::new();
    let mut document = place.create();
    document.record(&settings::set_title(&Workspace::default(), "Shop")).unwrap();
    document.close().unwrap();
    rusqlite::Connection::open(place.path())
        .unwrap()
        .execute_batch("INSERT INTO item VALUES (70, 'hologram', '{}'), (71, 'sticky', '{broken')")
        .unwrap();
    let mut document = place.open();
    let (workspace, problems) = document.load_workspace().unwrap();
    assert_eq!(workspace.items().count(), 1);
    assert_eq!(
        problems.iter().map(|p| p.at.as_deref()).collect::<Vec<_>>(),
        [Some("item 70"), Some("item 71")]
    );
    document.record(&settings::set_title(&workspace, "Other")).unwrap();
    assert_eq!(super::count(&document, "SELECT count(*) FROM item WHERE id IN (70, 71)"), 2);
}

#[test]
fn last_answers_and_remembered_values_are_outside_the_history() {
    let place = Place::new();
    let mut document = place.create();
    assert_eq!(document.last_answer(ItemId(5)).unwrap(), None);
    for answer in ["{\"steps\":1}", "{\"steps\":2}"] {
        document.set_last_answer(ItemId(5), answer).unwrap();
        document.set_meta("view", answer).unwrap();
    }
    document.close().unwrap();
    let document = place.open();
    assert_eq!(document.last_answer(ItemId(5)).unwrap().as_deref(), Some("{\"steps\":2}"));
    assert_eq!(document.meta("view").unwrap().as_deref(), Some("{\"steps\":2}"));
    assert!(document.history(10).unwrap().is_empty());
}
