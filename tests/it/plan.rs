//! The tracking plan by the command line: its rules, their fixes, and its text.

use serde_json::Value;
use stormline::model::item::ItemId;
use stormline::model::plan::{Plan, plan_text, read_plan};
use stormline::model::workspace::Workspace;
use stormline::store::document::Document;
use tempfile::TempDir;

use super::cli::{ok, run};

/// A document with this plan.
fn document_of(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    ok(folder.path(), &["new", "p.stormline", "--zone", "UTC", "--json"]);
    let mut next = 1000;
    let items = read_plan(text, || {
        next += 1;
        ItemId(next)
    });
    let changes = items.unwrap().into_iter().map(|(id, item)| stormline::model::edit::Change {
        id,
        before: None,
        after: Some(item),
    });
    let edit = stormline::model::edit::Edit::new("Read a plan", changes.collect());
    let mut document = Document::open_for_writing(&folder.path().join("p.stormline")).unwrap();
    document.record(&edit).unwrap();
    document.close().unwrap();
    folder
}

const SLIPS: &str = "
    settings = { sources = ['web'] }
    [[events]]
    name = 'Order Completed'
    description = 'An order is paid'
    [[events]]
    name = 'Cart Viewed'
    [[events]]
    name = 'coupon_applied'
    properties = [{ name = 'email', type = 'string' }]
";

fn codes(told: &Value) -> Vec<(String, String)> {
    let of = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (of(finding, "code"), of(finding, "at")))
        .collect()
}

#[test]
fn lint_exits_by_the_worst_finding_and_changes_nothing() {
    let folder = document_of(SLIPS);
    let path = folder.path().join("p.stormline");
    let before = std::fs::read(&path).unwrap();
    for (fail_on, status) in [("error", 1), ("warning", 1), ("info", 1), ("never", 0)] {
        let output = run(folder.path(), &["plan", "lint", "p.stormline", "--fail-on", fail_on, "--json"]);
        assert_eq!(output.status.code(), Some(status), "{fail_on}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = codes(&told);
        assert_eq!(found[0], ("PR013".to_owned(), "coupon_applied.email".to_owned()), "errors come first");
        assert!(found.contains(&("EV002".to_owned(), "coupon_applied".to_owned())), "{found:?}");
        assert!(found.contains(&("EV020".to_owned(), "Cart Viewed".to_owned())), "{found:?}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn fixes_are_one_edit_that_undo_takes_back() {
    let folder = document_of(SLIPS);
    let told = ok(folder.path(), &["plan", "lint", "p.stormline", "--fix", "--json"]);
    // The name, the personal property, and the source of each of three events.
    assert_eq!(told["fixed"], 5, "{told}");
    let mut document = Document::open_for_writing(&folder.path().join("p.stormline")).unwrap();
    let (fixed, _) = document.load_workspace().unwrap();
    let event = *Plan::of(&fixed).events().iter().find(|(_, spec)| spec.name == "Coupon Applied").unwrap();
    assert_eq!(event.1.aliases, ["coupon_applied"]);
    assert_eq!(document.undo().unwrap().unwrap().label, "Fix 5 findings");
    let (undone, _) = document.load_workspace().unwrap();
    let mut next = 1000;
    let original = read_plan(SLIPS, || {
        next += 1;
        ItemId(next)
    });
    let original = Workspace::new(original.unwrap());
    assert_eq!(plan_text(&Plan::of(&undone)), plan_text(&Plan::of(&original)));
}

#[test]
fn the_sample_is_told_only_what_its_log_shows_too() {
    let folder = TempDir::new().unwrap();
    ok(folder.path(), &["new", "s.stormline", "--sample", "--json"]);
    let told = ok(folder.path(), &["plan", "lint", "s.stormline", "--fail-on", "never", "--json"]);
    let worse: Vec<&Value> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .collect();
    assert!(worse.is_empty(), "{worse:?}");
    let exported = ok(folder.path(), &["plan", "export", "s.stormline", "--json"]);
    assert_eq!(exported["items"]["events"], 25);
    let text = exported["plan"].as_str().unwrap();
    let mut next = 1000;
    let again = read_plan(text, || {
        next += 1;
        ItemId(next)
    });
    assert_eq!(plan_text(&Plan::of(&Workspace::new(again.unwrap()))), text);
}

#[test]
fn a_rule_is_explained_with_its_examples() {
    let folder = TempDir::new().unwrap();
    let all = ok(folder.path(), &["plan", "rules", "--json"]);
    assert!(all["rules"].as_array().unwrap().len() > 40);
    let output = run(folder.path(), &["plan", "rules", "event-name-case"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("EV002 event-name-case (warning)\n"), "{text}");
    assert!(
        text.contains("Keeps it:") && text.contains("at coupon_applied: Rename to “Coupon Applied”"),
        "{text}"
    );
    assert_eq!(run(folder.path(), &["plan", "rules", "XX1"]).status.code(), Some(2));
}

#[test]
fn the_sample_s_log_breaks_its_plan_by_the_planted_faults_alone() {
    let folder = TempDir::new().unwrap();
    ok(folder.path(), &["new", "s.stormline", "--sample", "--json"]);
    let output = run(folder.path(), &["check", "s.stormline", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<(&str, &str, &str, u64)> = told["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            (text("kind"), text("event"), text("property"), it["count"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("unplanned event", "Beta Banner Clicked", "", 24),
            ("unplanned event", "Prodct Viewed", "", 30),
            ("unplanned property", "Cart Viewed", "exp_bucket", 20),
            ("missing property", "Order Completed", "value", 12),
            ("missing property", "Product Added", "product_id", 15),
            ("wrong type", "Order Completed", "value", 10),
            ("wrong type", "Product Added", "quantity", 15),
        ]
    );
    assert_eq!(told["never_seen"].as_array().unwrap().len(), 0, "{told}");
    let first = &told["violations"][0];
    assert!(first["persons"].as_u64().unwrap() <= 24 && !first["message_ids"].as_array().unwrap().is_empty());
    assert_eq!(run(folder.path(), &["check", "s.stormline", "--fail-on", "never"]).status.code(), Some(0));
}
