//! Funnels, trends and timelines worked by keyboard alone over the sample: built, opened, undone, copied.
//!
//! Not for single components.

mod drawn;
mod kept;

use std::fs;
use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::base::Progress;
use stormline::model::edit::{Change, Edit};
use stormline::model::funnel::{Attribution, Funnel, Order};
use stormline::model::item::{Item, ItemId, SavedQuery};
use stormline::model::query::Query;
use stormline::model::text::parse_query;
use stormline::model::time::{DAY_US, Interval, Zone};
use stormline::model::trend::Measure;
use stormline::store::document::Document;

use super::window::{Window, frame, import_file, sample};

/// After the sample's last event.
pub(super) const LATER: &str = "2026-04-10T00:00:00Z";

/// A saved query in a document that nobody has open.
pub(super) fn save_query(document: &Path, id: i64, name: &str, text: &str) -> ItemId {
    let mut opened = Document::open(document).unwrap();
    let id = ItemId(id);
    let query = parse_query(text).unwrap();
    let item = Item::Query(SavedQuery { name: Some(name.to_owned()), query, position: 100.0 + id.0 as f64 });
    opened.record(&Edit::new("Add it", vec![Change { id, before: None, after: Some(item) }])).unwrap();
    opened.close().unwrap();
    id
}

impl Window {
    pub(super) fn id(&self) -> ItemId {
        match self.route() {
            Route::Query(id) => id,
            other => panic!("a query, not {other:?}"),
        }
    }

    pub(super) fn saved(&self, id: ItemId) -> Option<SavedQuery> {
        match self.harness.state().shell.session().unwrap().workspace().get(id) {
            Some(Item::Query(saved)) => Some(saved.clone()),
            _ => None,
        }
    }

    pub(super) fn query(&self) -> Query {
        self.saved(self.id()).unwrap().query
    }

    fn funnel(&self) -> Funnel {
        match self.query() {
            Query::Funnel(funnel) => funnel,
            Query::Retention(_) | Query::Flow(_) | Query::Trend(_) => panic!("a funnel"),
        }
    }

    pub(super) fn steps(&self) -> String {
        let labels: Vec<String> = self.funnel().steps.iter().map(|step| step.label()).collect();
        labels.join(" > ")
    }

    /// Goes to a saved query by its name in the palette.
    pub(super) fn go_to(&mut self, name: &str) {
        self.chord(Modifiers::COMMAND, Key::K);
        self.write(name);
        self.press(Key::Enter);
    }

    /// A new funnel of three steps of the checkout.
    pub(super) fn three_steps(&mut self) {
        self.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
        self.assert_shows("Choose the first step at the left");
        self.tab_to("Step");
        for (typed, steps) in [
            ("product viewed", "Product Viewed"),
            ("checkout", "Product Viewed > Checkout Started"),
            ("order comp", "Product Viewed > Checkout Started > Order Completed"),
        ] {
            assert!(self.has_keyboard("Step"), "the keyboard stays where steps are added: {}", self.spoken());
            self.choose(typed);
            assert_eq!(self.steps(), steps, "{}", self.spoken());
        }
    }
}

#[test]
fn a_funnel_is_built_named_duplicated_and_deleted_by_keyboard() {
    let mut window = Window::of_sample();
    window.three_steps();
    window.assert_shows("persons entered");
    window.chord(Modifiers::COMMAND, Key::S);
    window.assert_shows("Save query");
    window.write("My way");
    window.press(Key::Enter);
    let id = window.id();
    assert_eq!(window.saved(id).unwrap().name.as_deref(), Some("My way"));
    window.chord(Modifiers::COMMAND, Key::S);
    window.assert_shows("Everything is saved");

    window.chord(Modifiers::COMMAND, Key::D);
    let copy = window.id();
    assert_ne!(copy, id);
    assert_eq!(window.saved(copy).unwrap().name.as_deref(), Some("My way copy"));
    assert_eq!(window.saved(copy).unwrap().query, window.saved(id).unwrap().query);

    window.go_to("delete query");
    assert_eq!(window.saved(copy), None);
    window.assert_shows("Deleted “My way copy”");
    // The bar has a button of the same name; that of the note comes last.
    for _ in 0..90 {
        if window.harness.query_all_by_label("Undo").last().unwrap().is_focused() {
            break;
        }
        window.press(Key::Tab);
    }
    window.press(Key::Enter);
    assert_eq!(window.saved(copy).unwrap().name.as_deref(), Some("My way copy"));
}

#[test]
fn every_edit_of_a_funnel_is_made_undone_and_made_again_by_keyboard() {
    let mut window = Window::of_sample();
    window.three_steps();
    let mut states = vec![window.query()];
    let note = |window: &Window, states: &mut Vec<Query>| {
        let now = window.query();
        assert_ne!(Some(&now), states.last());
        states.push(now);
    };

    // A filter on step 2, its value offered from the log.
    window.tab_to("Move step 2: drag, or arrow keys");
    window.tab_to("Add filter");
    window.choose("country");
    window.assert_shows("country is …");
    window.assert_shows("AT");
    window.write("DE");
    window.press(Key::Enter);
    window.assert_shows("country is DE");
    assert_eq!(window.funnel().steps[1].filters.len(), 1);
    note(&window, &mut states);

    // Step 3 goes up and takes the keyboard with it.
    window.tab_to("Move step 3: drag, or arrow keys");
    window.press(Key::ArrowUp);
    assert_eq!(window.steps(), "Product Viewed > Order Completed > Checkout Started");
    assert!(window.has_keyboard("Move step 2: drag, or arrow keys"));
    note(&window, &mut states);
    window.press(Key::ArrowDown);
    assert_eq!(window.steps(), "Product Viewed > Checkout Started > Order Completed");
    note(&window, &mut states);

    window.tab_to("Ordered");
    window.press(Key::Enter);
    window.tab_to("Strict order");
    window.press(Key::Enter);
    assert_eq!(window.funnel().order, Order::Strict);
    note(&window, &mut states);

    window.tab_to("Conversion window, such as 36h");
    window.choose("36 h");
    assert_eq!(window.funnel().window_us, DAY_US * 3 / 2);
    note(&window, &mut states);

    window.tab_to("Breakdown");
    window.choose("country");
    let breakdown = window.funnel().breakdown.unwrap();
    assert_eq!((breakdown.property.as_str(), breakdown.attribution), ("country", Attribution::First));
    note(&window, &mut states);

    window.tab_to("All time");
    window.press(Key::Enter);
    window.tab_to("Last 30 days");
    window.press(Key::Enter);
    let (from, to) = window.funnel().between.unwrap();
    assert_eq!((to.0 - from.0) / DAY_US, 29, "the clock went forward within them");
    note(&window, &mut states);

    window.tab_to("Step 2 menu");
    window.press(Key::Enter);
    window.tab_to("Make it optional");
    window.press(Key::Enter);
    assert!(window.funnel().steps[1].optional);
    note(&window, &mut states);

    window.tab_to("Exclusion");
    window.choose("account");
    assert_eq!(window.funnel().exclude[0].shown_label(), "Account Created");
    note(&window, &mut states);
    window.tab_to("before step 3");
    window.press(Key::Enter);
    window.tab_to("step 2");
    window.press(Key::Enter);
    assert_eq!((window.funnel().exclude[0].after_step, window.funnel().exclude[0].before_step), (1, 2));
    note(&window, &mut states);
    window.tab_to("Remove exclusion");
    window.press(Key::Enter);
    note(&window, &mut states);

    window.tab_to("Step 2 menu");
    window.press(Key::Enter);
    window.tab_to("Remove step");
    window.press(Key::Enter);
    assert_eq!(window.steps(), "Product Viewed > Order Completed");
    note(&window, &mut states);

    undo_and_redo(&mut window, &states);
}

/// Takes every edit back and makes it again; `states` are the query before the first and after each.
fn undo_and_redo(window: &mut Window, states: &[Query]) {
    for state in states.iter().rev().skip(1) {
        window.chord(Modifiers::COMMAND, Key::Z);
        assert_eq!(window.query(), *state);
    }
    for state in &states[1..] {
        window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert_eq!(window.query(), *state);
    }
}

#[test]
fn bars_and_gaps_open_their_persons_and_a_person_her_timeline() {
    let mut window = Window::of_sample();
    window.go_to("Checkout");
    for start in ["Step 3 Checkout Started: ", "Between step 3 and 4: ", "Step 4 Payment Submitted: 52"] {
        let label = window.tab_to_start(start);
        let number: String = label[start.find(": ").unwrap() + 2..].to_owned();
        let number: String = number
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '\u{2009}')
            .filter(char::is_ascii_digit)
            .collect();
        window.press(Key::Enter);
        window.assert_shows(&format!("Persons, {number} rows"));
        assert!(window.has_keyboard(&label), "the keyboard stays at the number");
    }
    window.assert_shows("May still come after Checkout Started: 52 persons");
    window.tab_to_start("Between step 3 and 4");
    window.press(Key::Enter);
    window.assert_shows("Dropped after Checkout Started: 167 persons");
    let why = |window: &Window| {
        let titles = window.harness.query_all_by_label_contains("Why ");
        titles.map(|node| node.accesskit_node().label().unwrap_or_default()).next().unwrap_or_default()
    };
    window.tab_to("Persons, 167 rows");
    let first = why(&window);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowDown);
    assert_ne!(why(&window), first);
    window.assert_shows("No Payment Submitted within 7 days after Checkout Started");
    window.press(Key::Enter);
    let Route::Timeline { query: Some(query), .. } = window.route() else { panic!("{:?}", window.route()) };
    window.assert_shows("Reached step 3 in Checkout.");
    let ringed: Vec<String> = window
        .harness
        .query_all_by_label_contains("Session of ")
        .filter_map(|node| {
            node.accesskit_node().label()?.split_once(", step ").map(|(_, steps)| steps.to_owned())
        })
        .collect();
    let mut steps: Vec<&str> = ringed.iter().flat_map(|steps| steps.split(", ")).collect();
    steps.sort_unstable();
    assert_eq!(steps, ["1", "2", "3"]);
    window.tab_to("Back to the funnel");
    window.press(Key::Enter);
    assert_eq!(window.route(), Route::Query(query));
    window.assert_shows("Dropped after Checkout Started: 167 persons");
}

#[test]
fn what_is_copied_means_the_same() {
    let mut window = Window::of_sample();
    window.go_to("Checkout");
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::C);
    assert_eq!(parse_query(&window.copied()).unwrap(), window.query());

    window.go_to("copy sql");
    let sql = window.copied();
    let rows = window.harness.state().shell.session().unwrap().document().sql_rows(&sql).unwrap();
    let column = |name: &str| rows.columns.iter().position(|column| column == name).unwrap();
    let persons: Vec<&str> = rows.rows.iter().filter_map(|row| row[column("persons")].as_deref()).collect();
    assert_eq!(persons, ["2565", "1100", "584", "365", "283"], "{:?}", rows.columns);

    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.assert_shows("Persons who did Product Viewed, then Product Added");
    window.tab_to("Copy as text");
    window.press(Key::Enter);
    let facts = window.copied();
    for fact in
        ["Counts: Persons who did", "As of: 1 Apr 2026", "Pending: ", "Future: ", "Import: shop.ndjson.zst"]
    {
        assert!(facts.contains(fact), "{fact} in {facts}");
    }
}

#[test]
fn counts_of_a_step_open_their_events() {
    let mut window = Window::of_sample();
    window.three_steps();
    window.tab_to("Move step 2: drag, or arrow keys");
    // 966 under this name, the others under the old name that the plan keeps.
    window.tab_to("1\u{2009}001 in log");
    window.press(Key::Enter);
    assert_eq!(window.route(), Route::Events(EventsTab::Log));
    window.assert_shows("1\u{2009}001 events of 30\u{2009}000");
    window.chord(Modifiers::ALT, Key::ArrowLeft);

    // `value` is missing on product views: each of them is passed over.
    window.tab_to("Move step 1: drag, or arrow keys");
    window.tab_to("Add filter");
    window.choose("value");
    window.write("5");
    window.press(Key::Enter);
    window.assert_shows("value is 5");
    window.tab_to("Move step 1: drag, or arrow keys");
    let label = window.tab_to_start("14\u{2009}672 passed over");
    let count = label.trim_end_matches(" passed over").to_owned();
    window.press(Key::Enter);
    window.assert_shows(&format!("{count} events of 30\u{2009}000"));
    window.assert_shows("passed over by value is 5");
}

#[test]
fn a_trend_is_built_by_keyboard_and_its_points_open_their_events() {
    let mut window = Window::of_sample();
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    window.tab_to("Event of the trend");
    window.choose("order completed");
    window.assert_shows("368 events in 91 days");
    let chart = "Trend chart, 91 intervals: arrows choose, Enter shows the events";
    window.tab_to(chart);
    window.press(Key::Home);
    window.assert_shows("Order Completed: 4 events");
    window.harness.get_by_label(chart).click();
    window.settle();
    assert!(window.has_keyboard(chart), "a click leaves the arrows to go on from there");
    window.press(Key::End);
    window.press(Key::ArrowLeft);
    window.assert_shows("Order Completed: 6 events");
    window.press(Key::Enter);
    assert_eq!(window.route(), Route::Events(EventsTab::Log));
    window.assert_shows("6 events of 30\u{2009}000");
    window.chord(Modifiers::ALT, Key::ArrowLeft);

    window.tab_to("count Events");
    window.press(Key::Enter);
    window.tab_to("Persons");
    window.press(Key::Enter);
    window.tab_to("by day");
    window.press(Key::Enter);
    window.tab_to("week");
    window.press(Key::Enter);
    window.tab_to("Breakdown");
    window.choose("country");
    let Query::Trend(trend) = window.query() else { panic!("a trend") };
    assert_eq!((trend.measure, trend.interval), (Measure::Persons, Interval::Week));
    assert_eq!(trend.breakdown.as_deref(), Some("country"));
    window.assert_shows("Distinct persons by week, 14 weeks");
    window.tab_to_start("Trend chart, 14 intervals");
    window.press(Key::End);
    window.press(Key::ArrowLeft);
    window.press(Key::ArrowDown);
    let heading = window.harness.query_all_by_label_contains("Order Completed · ").find_map(|node| {
        let label = node.accesskit_node().label()?;
        label.split_once(": ").map(|(_, count)| count.split(' ').next().unwrap_or_default().to_owned())
    });
    let count = heading.expect("the number chosen is said");
    window.assert_shows(&format!("Persons, {count} rows"));
    window.tab_to_start("Persons, ");
    window.press(Key::Enter);
    assert!(matches!(window.route(), Route::Timeline { query: None, .. }), "{:?}", window.route());
}

#[test]
fn every_point_of_a_trend_lists_as_many_events_or_persons_as_it_says() {
    use stormline::engine::{self, list, trend};
    let document = Document::open(sample()).unwrap();
    let zone = Zone::named("Europe/Berlin").unwrap();
    let mut tables = stormline::jobs::answers::Tables::new(document);
    for text in [
        "kind='trend'\nevents=[{event='Order Completed'},{event='*'}]\ninterval='day'\nmeasure='events'",
        "kind='trend'\nevents=[{event='*'}]\ninterval='week'\nmeasure='persons'\nbreakdown='items_count'",
        "kind='trend'\nevents=[{event='Checkout Started',where=[{property='value',op='>',value=40}]}]\n\
         interval='week'\nmeasure='events'\nbreakdown='country'\nbetween={from='2026-01-20',to='2026-02-20'}",
    ] {
        let query = parse_query(text).unwrap();
        let table = tables.with(&query.properties(), &Progress::new()).unwrap();
        let as_of = tables.default_as_of().unwrap();
        let params = engine::Params { as_of, zone };
        let stormline::model::query::Report::Trend(report) =
            engine::answer(&table, &query, &params, &Progress::new()).unwrap()
        else {
            panic!("a trend")
        };
        let Query::Trend(asked) = &query else { panic!("a trend") };
        let mut checked = 0;
        for (series, line) in report.series.iter().enumerate() {
            for bucket in (0..report.starts.len()).step_by(5).chain([report.starts.len() - 1]) {
                let Some(filter) = trend::behind(asked, &report, (series, bucket), zone) else {
                    assert_eq!(line.value.as_deref(), Some("(other)"));
                    continue;
                };
                let found = match asked.measure {
                    Measure::Events => list::list(&table, &filter, &Progress::new()).unwrap().len(),
                    Measure::Persons => list::persons(&table, &filter, &Progress::new()).unwrap().len(),
                };
                assert_eq!(found as u64, line.values[bucket], "{} {bucket}: {filter:?}", line.label);
                checked += 1;
            }
        }
        assert!(checked > 5, "{checked}");
        if report.passed_over > 0 {
            let filter = trend::passed_over(asked, &report).unwrap();
            let found = list::list(&table, &filter, &Progress::new()).unwrap().len();
            assert_eq!(found as u64, report.passed_over);
        }
    }
}

#[test]
fn a_chosen_number_shows_its_persons_also_when_the_inspector_was_hidden() {
    let mut window = Window::of_sample();
    window.go_to("Checkout");
    window.chord(Modifiers::COMMAND, Key::B);
    window.tab_to_start("Between step 3 and 4");
    window.press(Key::Enter);
    window.assert_shows("Persons, 167 rows");
    window.chord(Modifiers::COMMAND, Key::B);
    assert!(!window.shows("Persons, 167 rows"));
    window.go_to("Orders per day");
    window.tab_to_start("Trend chart");
    window.press(Key::Home);
    window.assert_shows("Order Completed: 4 events");
    window.tab_to("Close the selection");
    window.press(Key::Enter);
    assert!(!window.shows("Close the selection"));
}

#[test]
fn a_small_window_keeps_everything_within_reach() {
    let mut window = Window::of_sample();
    window.harness.set_size(egui::vec2(853.0, 533.0));
    window.settle();
    window.go_to("Checkout");
    assert!(window.shows("Queries"), "the list has given way");
    window.tab_to("Queries");
    window.press(Key::Enter);
    window.tab_to("Checkout, strict");
    window.press(Key::Enter);
    assert_eq!(window.saved(window.id()).unwrap().name.as_deref(), Some("Checkout, strict"));
    window.assert_shows("Move step 1: drag, or arrow keys");
    window.tab_to_start("Between step 1 and 2");
    window.press(Key::Enter);
    window.assert_shows("Dropped after Checkout Started");
    assert!(!window.shows("Move step 1: drag, or arrow keys"), "the steps give way");
    window.tab_to("Close the selection");
    window.press(Key::Enter);
    window.assert_shows("Move step 1: drag, or arrow keys");
}

#[test]
fn a_row_of_the_table_is_chosen_by_arrows_and_enter_but_not_by_passing() {
    let mut window = Window::of_sample();
    window.go_to("Checkout");
    window.tab_to("Steps, 5 rows");
    assert!(!window.shows("Close the selection"));
    window.press(Key::Enter);
    window.assert_shows("Reached Product Viewed: 2\u{2009}565 persons");
    window.tab_to("Steps, 5 rows");
    window.press(Key::ArrowDown);
    window.assert_shows("Reached Product Added: 1\u{2009}100 persons");
}

#[test]
fn in_any_order_columns_count_steps() {
    let mut window = Window::of_sample();
    window.three_steps();
    window.tab_to("Ordered");
    window.press(Key::Enter);
    window.tab_to("Any order");
    window.press(Key::Enter);
    window.tab_to_start("Step 2 2 of 3 steps: ");
    window.press(Key::Enter);
    window.assert_shows("Reached 2 of 3 steps: ");
}

#[test]
fn the_palette_finds_queries_by_name() {
    let mut window = Window::of_sample();
    window.go_to("checkout, strict");
    assert_eq!(window.saved(window.id()).unwrap().name.as_deref(), Some("Checkout, strict"));
    window.go_to("active persons");
    assert_eq!(window.saved(window.id()).unwrap().name.as_deref(), Some("Active persons per week"));
    // A query is found by what kind it is, too.
    window.go_to("checkout, strict");
    window.go_to("week trend");
    assert_eq!(window.saved(window.id()).unwrap().name.as_deref(), Some("Active persons per week"));
    window.chord(Modifiers::COMMAND, Key::K);
    window.press(Key::Escape);
    assert!(!window.shows("Search search or run"), "{}", window.spoken());
}

#[test]
fn a_saved_query_says_what_changed_since() {
    let mut window = Window::of_sample();
    window.go_to("Orders per day");
    window.go_to("Checkout");
    assert!(!window.shows("Since the last time"));
    let folder = window.close();
    let log = folder.path().join("april.ndjson");
    let names =
        ["Product Viewed", "Product Added", "Checkout Started", "Payment Submitted", "Order Completed"];
    let lines: Vec<String> = (1..)
        .zip(names)
        .map(|(n, name)| {
            format!(
                "{{\"type\":\"track\",\"event\":\"{name}\",\"userId\":\"new one\",\"timestamp\":\"2026-04-02T10:0{n}:00Z\",\
                 \"messageId\":\"new {n}\"}}\n"
            )
        })
        .collect();
    fs::write(&log, lines.concat()).unwrap();
    import_file(&folder.path().join("shop.stormline"), &log, LATER);
    let mut window = Window::of(folder);
    window.go_to("Checkout");
    window.assert_shows("Since the last time (as of 1 Apr 2026, 01:16): entered 2\u{2009}565 → ");
    window.assert_shows("completed 283 → 284");
    window.go_to("Orders per day");
    window.assert_shows("total 368 → 369");
    // Another question has no last time.
    window.tab_to("count Events");
    window.press(Key::Enter);
    window.tab_to("Persons");
    window.press(Key::Enter);
    assert!(!window.shows("Since the last time"), "{}", window.spoken());
}

#[test]
fn the_greeting_leads_to_what_there_is_to_find() {
    let mut window = Window::of_sample();
    window.shell().greet();
    window.settle();
    window.tab_to_start("1  French carts");
    window.press(Key::Enter);
    window.tab_to("Open Checkout by country");
    window.press(Key::Enter);
    assert_eq!(window.saved(window.id()).unwrap().name.as_deref(), Some("Checkout by country"));
    window.tab_to("Close the greeting");
    window.press(Key::Enter);
    assert!(!window.shows("Three things to find"));
}

#[test]
fn a_new_funnel_asks_for_its_steps() {
    let mut window = Window::of_sample();
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    assert!(window.has_keyboard("Step"), "{}", window.spoken());
    window.write("product viewed");
    window.press(Key::Enter);
    assert_eq!(window.steps(), "Product Viewed");
    window.go_to("add a step");
    window.write("order comp");
    window.press(Key::Enter);
    assert_eq!(window.steps(), "Product Viewed > Order Completed");
}

#[test]
fn the_times_to_convert_are_read_by_keyboard() {
    let mut window = Window::of_sample();
    window.go_to("Checkout");
    window.tab_to("Steps");
    window.press(Key::ArrowRight);
    window.tab_to_start("Time to convert, 7 bars");
    window.assert_shows("Median 16 m 43 s · 283 persons");
    window.press(Key::Home);
    let first = window.tab_to_start("Time to convert, 7 bars: ");
    assert!(first.ends_with("192 persons, 1 m 40 s – 23 h 55 m"), "{first}");
    window.press(Key::ArrowRight);
    let second = window.tab_to_start("Time to convert, 7 bars: ");
    assert_ne!(first, second);
    window.press(Key::ArrowLeft);
    assert_eq!(window.tab_to_start("Time to convert, 7 bars: "), first);
}
