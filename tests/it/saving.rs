//! Saving charts as pictures and their numbers as tables, by keyboard, and the same table on the command line.

use std::fs;

use egui::Key;

use super::cli::run;
use super::window::Window;

/// Runs an action on a query's page by the palette, and confirms its dialog.
fn save(window: &mut Window, query: &str, action: &str, verb: &str) {
    window.go_to(query);
    window.go_to(action);
    window.tab_to(verb);
    window.press(Key::Enter);
    window.work_until("Saved to");
}

#[test]
fn the_numbers_of_every_kind_of_query_are_saved_as_a_table() {
    let mut window = Window::of_sample();
    let folder = window.document().parent().unwrap().to_owned();
    let queries = ["Checkout", "Weekly retention", "Orders per day"];
    for query in queries {
        save(&mut window, query, "save table", "Save table");
        let text = fs::read_to_string(folder.join(format!("{query}.csv"))).unwrap();
        let shell = run(&folder, &["query", "shop.stormline", "--name", query, "--csv"]);
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), text, "as on the command line");
        let header = text.lines().next().unwrap();
        let expected = match query {
            "Checkout" => "step,event,persons,from_first,from_previous,dropped,pending,median_secs",
            "Orders per day" => "start,",
            _ => "Week of,Persons,Week 0,Week 1,",
        };
        assert!(header.starts_with(expected), "{header}");
        let fields = |line: &str| line.split(',').count();
        assert!(
            text.lines().count() > 3 && text.lines().all(|line| fields(line) == fields(header)),
            "{text}"
        );
    }
}

#[test]
fn a_chart_is_saved_as_a_picture_without_the_window_around_it() {
    let mut window = Window::of_sample();
    let folder = window.document().parent().unwrap().to_owned();
    save(&mut window, "Checkout", "save picture", "Save picture");
    let png = fs::read(folder.join("Checkout.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000);

    window.go_to("Weekly retention");
    window.go_to("save picture");
    window.focus("SVG");
    window.press(Key::Space);
    window.tab_to("Save picture");
    window.press(Key::Enter);
    window.work_while(|_| !folder.join("Weekly retention.svg").exists());
    window.settle();
    let svg = fs::read_to_string(folder.join("Weekly retention.svg")).unwrap();
    assert!(svg.contains("Weekly retention") && svg.contains("Synthetic events"));
    assert!(!svg.contains("Search or run") && !svg.contains("can only be read"), "nothing of the window");

    // What is there already is not written over.
    window.go_to("save picture");
    window.focus("SVG");
    window.press(Key::Space);
    window.assert_shows("There is already a file of this name");
    let before = fs::metadata(folder.join("Weekly retention.svg")).unwrap().modified().unwrap();
    window.press(Key::Escape);
    assert_eq!(fs::metadata(folder.join("Weekly retention.svg")).unwrap().modified().unwrap(), before);
}
