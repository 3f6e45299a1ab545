//! Flows worked by keyboard over the sample: made, changed, walked through, opened. Not for single components.

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::route::Route;
use stormline::model::flow::{Direction, Flow};
use stormline::model::query::Query;
use stormline::model::time::{DAY_US, SECOND_US};

use super::window::Window;

impl Window {
    fn flow(&self) -> Flow {
        let Route::Query(id) = self.route() else { panic!("a query, not {:?}", self.route()) };
        match self.saved(id).unwrap().query {
            Query::Flow(flow) => flow,
            Query::Funnel(_) | Query::Retention(_) | Query::Trend(_) => panic!("a flow"),
        }
    }

    /// What has the keyboard.
    fn focused(&self) -> String {
        let focused = self.harness.query_all_by(|node| node.is_focused()).next();
        focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
    }

    /// Opens a select and takes one of its words.
    fn take(&mut self, select: &str, word: &str) {
        self.tab_to(select);
        self.press(Key::Enter);
        self.tab_to(word);
        self.press(Key::Enter);
    }

    fn saved_flow(&mut self) {
        self.chord(Modifiers::COMMAND, Key::K);
        self.write("From a product on");
        self.press(Key::Enter);
        self.assert_shows("sessions of");
    }
}

/// The first number in words.
fn number(words: &str, unit: &str) -> String {
    let before = words.split(unit).next().unwrap().trim_end();
    before.rsplit(' ').next().unwrap().replace('\u{2009}', "")
}

#[test]
fn a_flow_is_made_and_changed_and_undone_by_keyboard() {
    let mut window = Window::of_sample();
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::W);
    assert_eq!(window.flow(), Flow::default());
    window.assert_shows("sessions of");
    let mut states = vec![window.flow()];
    let mut note = |window: &Window| {
        assert_ne!(states.last(), Some(&window.flow()));
        states.push(window.flow());
    };

    window.tab_to("Anchor of the flow");
    window.choose("checkout started");
    assert_eq!(window.flow().anchor.events, ["Checkout Started"]);
    note(&window);
    window.take("5 steps", "3 steps");
    assert_eq!(window.flow().depth, 3);
    note(&window);
    window.take("after", "before");
    assert_eq!(window.flow().direction, Direction::Before);
    window.assert_shows("(start), 2 before");
    note(&window);
    window.take("every event", "repeats as one");
    assert!(window.flow().merge);
    note(&window);
    window.take("top 10", "3");
    assert_eq!(window.flow().top, 3);
    window.assert_shows("(other)");
    note(&window);
    window.tab_to("Longest pause in a session, such as 45m");
    window.choose("45m");
    assert_eq!(window.flow().session_gap_us, 45 * 60 * SECOND_US);
    note(&window);
    window.tab_to("Skip event");
    window.choose("cart viewed");
    assert_eq!(window.flow().exclude, ["Cart Viewed"]);
    assert!(!window.shows("Cart Viewed, 1 before"), "{}", window.spoken());
    note(&window);
    window.tab_to_start("skip Cart Viewed");
    window.press(Key::Delete);
    assert!(window.flow().exclude.is_empty());
    note(&window);
    window.take("All time", "Last 30 days");
    let (from, to) = window.flow().between.unwrap();
    assert_eq!((to.0 - from.0) / DAY_US, 29, "the clock went forward within them");
    note(&window);

    while let Some(state) = states.pop() {
        assert_eq!(window.flow(), state);
        if !states.is_empty() {
            window.chord(Modifiers::COMMAND, Key::Z);
        }
    }
}

#[test]
fn arrows_lead_through_nodes_and_ribbons_and_enter_opens_their_persons() {
    let mut window = Window::of_sample();
    window.saved_flow();
    window.tab_to_start("Product Viewed, Anchor: ");
    let anchor = window.focused();
    assert!(anchor.contains("sessions of") && anchor.ends_with("of all"), "{anchor}");
    window.press(Key::ArrowRight);
    let ribbon = window.focused();
    assert!(ribbon.starts_with("Product Viewed → (end), 1 after: "), "the thickest: {ribbon}");
    window.press(Key::ArrowUp);
    assert!(window.focused().starts_with("Product Viewed → "), "{}", window.focused());
    window.press(Key::ArrowDown);
    assert_eq!(window.focused(), ribbon);
    window.press(Key::ArrowRight);
    assert!(window.focused().starts_with("(end), 1 after: "), "{}", window.focused());
    window.press(Key::ArrowRight);
    assert!(window.focused().starts_with("(end), 1 after: "), "nothing follows the end");
    window.press(Key::Home);
    assert_eq!(window.focused(), anchor);

    // A node opens as many persons as it says, a person her timeline, with her steps marked.
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    for _ in 0..20 {
        window.press(Key::ArrowUp);
    }
    let node = window.focused();
    assert!(node.starts_with("Product Added, 1 after: "), "{node}");
    let persons = number(&node, " person");
    window.press(Key::Enter);
    window.assert_shows(&format!("Persons, {persons} rows"));
    assert_eq!(window.focused(), node, "the keyboard stays in the chart");
    window.tab_to_start("Persons, ");
    window.press(Key::Enter);
    assert!(matches!(window.route(), Route::Timeline { query: Some(_), .. }), "{:?}", window.route());
    window.assert_shows("In From a product on.");
    window.assert_shows("1 is the anchor, higher numbers follow it");
    window.assert_shows("step 1, 2");
    window.tab_to("Back to the flow");
    window.press(Key::Enter);
    assert_eq!(window.flow().anchor.events, ["Product Viewed"]);
}

#[test]
fn escape_closes_the_persons_and_the_keyboard_stays_in_the_chart() {
    let mut window = Window::of_sample();
    window.saved_flow();
    window.tab_to_start("Product Viewed, Anchor: ");
    let anchor = window.focused();
    window.press(Key::ArrowRight);
    let ribbon = window.focused();
    window.press(Key::Enter);
    window.assert_shows("Close the selection");
    window.press(Key::Escape);
    assert!(!window.shows("Close the selection"));
    assert_eq!(window.focused(), ribbon);
    window.press(Key::ArrowLeft);
    assert_eq!(window.focused(), anchor);
    window.press(Key::Escape);
    assert_ne!(window.focused(), anchor, "the second gives the keyboard up");
}

#[test]
fn a_click_leaves_the_chart_where_it_is() {
    let mut window = Window::of_sample();
    window.saved_flow();
    window.assert_shows("Choose a node or a ribbon: its persons are listed here");
    let place = |window: &Window| {
        window.harness.get_all_by_label_contains("Product Compared, 1 after").next().unwrap().rect()
    };
    let before = place(&window);
    window.harness.get_all_by_label_contains("Product Compared, 1 after").next().unwrap().click();
    window.settle();
    window.assert_shows("Close the selection");
    assert_eq!(place(&window), before);
}

#[test]
fn the_table_of_edges_is_sorted_and_opens_persons() {
    let mut window = Window::of_sample();
    window.saved_flow();
    window.tab_to("Chart");
    window.press(Key::ArrowRight);
    window.tab_to_start("Edges, ");
    window.press(Key::Home);
    let copied = window.copy();
    assert!(copied.contains("1\tProduct Viewed\t(end)\t"), "{copied}");
    let persons = copied.lines().last().unwrap().split('\t').nth(4).unwrap().replace('\u{2009}', "");
    window.assert_shows(&format!("Persons, {persons} rows"));
    let sessions = |window: &mut Window| -> u64 {
        window.tab_to_start("Edges, ");
        window.press(Key::Home);
        window
            .copy()
            .lines()
            .last()
            .unwrap()
            .split('\t')
            .nth(3)
            .unwrap()
            .replace('\u{2009}', "")
            .parse()
            .unwrap()
    };
    window.click("Sessions");
    let most = sessions(&mut window);
    window.click("Sessions, sorted descending");
    assert_eq!((sessions(&mut window), most > 1000), (1, true), "{most}");
}

#[test]
fn from_the_persons_of_a_node_the_flow_goes_on() {
    let mut window = Window::of_sample();
    window.saved_flow();
    let node = window.harness.get_all_by_label_contains("Product Compared, 1 after").next().unwrap();
    node.click();
    window.settle();
    window.assert_shows("Product Compared: ");
    window.tab_to("Skip it");
    window.press(Key::Enter);
    assert_eq!(window.flow().exclude, ["Product Compared"]);
    assert!(!window.shows("Product Compared, 1 after"));
    let node = window.harness.get_all_by_label_contains("Product Added, 1 after").next().unwrap();
    node.click();
    window.settle();
    window.tab_to("Make it the anchor");
    window.press(Key::Enter);
    assert_eq!(window.flow().anchor.events, ["Product Added"]);
    window.assert_shows("Product Added, Anchor: ");
}

#[test]
fn old_names_of_the_plan_are_told_as_the_new_one() {
    let mut window = Window::of_sample();
    window.saved_flow();
    assert!(!window.shows("product_viewed"), "{}", window.spoken());
    window.assert_shows("Product Viewed, Anchor: ");
}

#[test]
fn a_flow_without_sessions_says_so() {
    let mut window = Window::of_sample();
    window.saved_flow();
    window.tab_to("Anchor of the flow");
    window.choose("Never Seen");
    window.assert_shows("No session has this event");
    window.assert_shows("No event in the log is named “Never Seen”");
}
