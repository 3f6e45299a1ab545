//! Mappings remembered by the columns of a log.

use stormline::jobs::import::{remember, remembered};

use super::*;
use crate::cli::{ok, run};

const MAPPING: &str = "event = \"what\"\ntime = \"when\"\ntime_format = \"%d.%m.%Y\"\nuser_id = \"who\"\n";

fn orders(columns: &str, row: &str) -> String {
    format!("{columns}\n{row}\n")
}

impl Desk {
    /// Imports as a person does who corrected the mapping.
    fn import_corrected(&mut self, log: &Path, mapping: &str) {
        let options = options(mapping);
        let report = import(&mut self.document, log, &options, &Progress::new()).unwrap();
        remember(&mut self.document, log, &options, &report).unwrap();
    }
}

#[test]
fn the_next_log_of_the_same_columns_is_read_the_same_way() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.csv", orders("what,when,who", "Order,01.03.2026,7"));
    let second = desk.file("orders-2.csv", orders("who;what;when", "8;Order;02.03.2026"));
    let other = desk.file("other.csv", orders("what,when,whom", "Order,01.03.2026,7"));
    assert_eq!(remembered(&desk.document, &second, &options("")), None);
    desk.import_corrected(&first, MAPPING);
    let known = remembered(&desk.document, &second, &options("")).unwrap();
    assert_eq!((known.file.as_str(), known.at.iso().as_str()), ("orders-1.csv", "2026-05-03T10:11:00Z"));
    assert_eq!(known.mapping, Mapping::parse(MAPPING).unwrap());
    assert_eq!(remembered(&desk.document, &other, &options("")), None);
    let seen = desk.look(&second, "");
    assert_eq!((seen.log.events, seen.remembered.is_some()), (1, true));
    let refusing = Looking { document: Some(&desk.document), refuses_memory: true, ..Looking::default() };
    let refused = look(&second, &options(""), &refusing, &Progress::new()).unwrap();
    assert_eq!((refused.log.events, refused.remembered.is_some()), (0, true));
    // Without a mapping of hers the format's own is what she wants from now on.
    let plain = options("");
    let report = import(&mut desk.document, &second, &options(MAPPING), &Progress::new()).unwrap();
    remember(&mut desk.document, &second, &plain, &report).unwrap();
    assert_eq!(remembered(&desk.document, &first, &options("")), None);
}

#[test]
fn json_and_tables_that_are_no_text_are_remembered_too() {
    let mut desk = Desk::new();
    let first = desk.file(
        "a.json",
        "{\"what\":\"A\",\"at\":{\"time\":\"2026-03-01\"},\"who\":\"u1\",\"more\":{\"x\":1}}\n",
    );
    let second = desk.file(
        "b.json",
        "{\"who\":\"u2\",\"what\":\"A\",\"at\":{\"time\":\"2026-03-02\"},\"more\":{\"y\":2}}\n",
    );
    desk.import_corrected(&first, "event = \"what\"\ntime = \"at.time\"\nuser_id = \"who\"\n");
    let seen = desk.look(&second, "");
    assert_eq!((seen.log.format, seen.log.events), ("json-lines", 1));
    let table = desk.file("a.data", parquet::log_of_all_types());
    let packed = desk.file("b.data.gz", gzip(&parquet::log_of_all_types()));
    desk.import_corrected(&table, "event_is = \"Row\"\n");
    let known = remembered(&desk.document, &packed, &options("")).unwrap();
    assert_eq!((known.file.as_str(), known.mapping.event_is.as_deref()), ("a.data", Some("Row")));
    // A format that knows its own logs is only corrected by a mapping, and that is of this log alone.
    let event = |n: usize| {
        format!(
            "{{\"event\":\"A\",\"properties\":{{\"time\":176722560{n},\"distinct_id\":\"u{n}\",\"$insert_id\":\"{n}\"}}}}\n"
        )
    };
    let mixpanel = desk.file("m.ndjson", event(1));
    desk.import_corrected(&mixpanel, "zone = \"Europe/Berlin\"\n");
    assert_eq!(desk.document.batches().unwrap().last().unwrap().format, "mixpanel");
    assert_eq!(remembered(&desk.document, &desk.file("n.ndjson", event(2)), &options("")), None);
}

#[test]
fn the_wizard_says_whose_mapping_it_proposes_and_has_a_way_back() {
    let mut desk = Desk::new();
    let first = desk.file("orders-1.csv", orders("what,when,who", "Order,01.03.2026,7"));
    desk.import_corrected(&first, MAPPING);
    let second = desk.file("orders-2.csv", orders("what,when,who", "Order,02.03.2026,8"));
    let mut window = desk.window();
    window.shell().open(second.clone());
    window.settle();
    window.assert_shows("As for orders-1.csv on 3 May 2026, 10:11");
    window.assert_shows("Of all 1 record 1 event of 1 name would be imported");
    window.tab_to("Read as the format proposes");
    window.press(Key::Enter);
    window.assert_shows("Not as for orders-1.csv on 3 May 2026, 10:11");
    assert!(!window.shows("would be imported"));
    window.tab_to("Read as that log");
    window.press(Key::Enter);
    window.assert_shows("1 event of 1 name would be imported");
    window.settle();
    window.harness.query_all_by_label("Import log").last().unwrap().click();
    window.work_until("2 imports · 2 events");
    // The one imported last is named from now on.
    window.shell().open(second);
    window.settle();
    window.assert_shows("As for orders-2.csv on");
}

#[test]
fn the_command_line_takes_the_remembered_mapping_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("orders-1.csv", &orders("what,when,who", "Order,01.03.2026,7"));
    write("orders-2.csv", &orders("what,when,who", "Order,02.03.2026,8"));
    write("orders-3.csv", &orders("what,when,who", "Order,03.03.2026,9"));
    write("map.toml", MAPPING);
    write("none.toml", "");
    ok(folder, &["new", "a.stormline", "--json"]);
    assert_eq!(run(folder, &["import", "a.stormline", "orders-1.csv"]).status.code(), Some(2));
    ok(folder, &["import", "a.stormline", "orders-1.csv", "--mapping", "map.toml", "--json"]);
    let second = ok(folder, &["import", "a.stormline", "orders-2.csv", "--json"]);
    assert_eq!(second["batches"][0]["imported"], 1);
    let said = &second["batches"][0]["diagnostics"][0];
    assert_eq!(said["code"], "remembered-mapping");
    assert!(said["message"].as_str().unwrap().contains("mapping of orders-1.csv"), "{said}");
    let told = run(folder, &["import", "a.stormline", "orders-2.csv"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("Read by the mapping of orders-1.csv"));
    // A mapping given is the one taken, also when it is empty.
    let own = run(folder, &["import", "a.stormline", "orders-3.csv", "--mapping", "none.toml"]);
    assert_eq!(own.status.code(), Some(2));
}
