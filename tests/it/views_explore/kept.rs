//! What a document keeps when it is closed, and that one open elsewhere is only read. Not for edits themselves.

use super::*;

#[test]
fn drafts_and_undo_survive_closing_the_document() {
    let mut window = Window::of_sample();
    window.three_steps();
    let (id, full) = (window.id(), window.query());
    let folder = window.close();
    let mut window = Window::of(folder);
    window.shell().go(Route::Query(id));
    window.settle();
    assert_eq!(window.saved(id).unwrap(), SavedQuery { name: None, ..window.saved(id).unwrap() });
    assert_eq!(window.query(), full);
    window.assert_shows("Draft");
    // An edit of an earlier time is named and asked about first.
    window.chord(Modifiers::COMMAND, Key::Z);
    window.assert_shows("Undo “Add step Order Completed”?");
    assert_eq!(window.query(), full);
    window.press(Key::Enter);
    assert_eq!(window.steps(), "Product Viewed > Checkout Started");
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.query(), full);
}

#[test]
fn a_document_that_is_open_elsewhere_is_answered_but_not_changed() {
    let holder = Window::of_sample();
    let mut shell = Shell::new(UserSettings::default(), Mode::Still);
    shell.open_now(&holder.document()).unwrap();
    let mut window = Window::around(shell, [1440.0, 900.0], tempfile::tempdir().unwrap());
    window.go_to("Checkout");
    let before = window.query();
    window.assert_shows("Read-only");
    window.assert_shows("2\u{2009}565 persons entered, 283 completed");
    for absent in ["Exclusion", "Step 1 menu", "Save query", "Rename"] {
        assert!(window.harness.query_all_by_label(absent).next().is_none(), "{absent}");
    }
    for disabled in ["Ordered", "Event of the step", "Breakdown", "Add filter", "Duplicate"] {
        let mut all = window.harness.query_all_by_label(disabled);
        assert!(all.all(|node| node.accesskit_node().is_disabled()), "{disabled}");
    }
    window.chord(Modifiers::COMMAND, Key::D);
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    assert_eq!(window.query(), before);
    window.tab_to_start("Between step 3 and 4");
    window.press(Key::Enter);
    window.assert_shows("Persons, 167 rows");
    window.close();
    holder.close();
}
