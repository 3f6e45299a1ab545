//! Personal values planted in every place of a log that can carry them: no page tells, copies or draws one.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, OutputCommand, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::picture;
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::base::Progress;
use stormline::jobs::import::{ImportOptions, import};
use stormline::model::edit::{Change, Edit};
use stormline::model::item::{Item, ItemId, SavedQuery};
use stormline::model::text::parse_query;
use stormline::model::time::{Time, Zone};
use stormline::store::document::Document;

const MAIL: &str = "anneliese.q@planted.example";
const OTHER_MAIL: &str = "ottokar.z@planted.example";
/// What gives a planted value away: nothing of it may be seen anywhere.
const SECRETS: [&str; 9] = [
    "Anneliese",
    "anneliese",
    "ottokar",
    "5550199",
    "203.0.113.77",
    "Plantweg",
    "4111 1111",
    "4111111111",
    "3704 0044",
];
/// Forms that are known in any text.
const FORMS: &str = "anneliese.q@planted.example, 0170 5550199, +49 170 5550199, 203.0.113.77, 4111 1111 1111 1111, \
    DE89 3704 0044 0532 0130 00";

/// A name, a key, a value, a nested one, lists, context, traits and ids, each with what it may carry.
fn lines() -> String {
    let name = format!("Signup by {FORMS}");
    let person = |mail: &str| {
        serde_json::json!({
            "first_name": "Anneliese", "email": mail, "phone": "0170 5550199", "ip": "203.0.113.77",
            "address": {"street": "Plantweg 17", "lines": ["Plantweg 17"]}, "card_number": "4111 1111 1111 1111",
            "iban": "DE89 3704 0044 0532 0130 00",
        })
    };
    let properties = |mail: &str| {
        let mut all = person(mail);
        all["note"] = FORMS.into();
        all["customer"] = person(mail);
        all["contacts"] = serde_json::json!([person(mail), FORMS]);
        all["list"] = serde_json::json!([mail, "0170 5550199"]);
        all[mail] = true.into();
        all["plan"] = "pro".into();
        all
    };
    let mut text = String::new();
    for (n, mail) in [MAIL, OTHER_MAIL].into_iter().enumerate() {
        let context = serde_json::json!({
            "ip": "203.0.113.77", "traits": person(mail), "page": {"url": format!("https://x.example/?email={mail}&first_name=Anneliese")},
        });
        for (step, event) in [name.as_str(), "Order Completed"].into_iter().enumerate() {
            let line = serde_json::json!({
                "type": "track", "event": event, "userId": mail, "anonymousId": format!("0170 5550199-{n}@planted.example"),
                "messageId": format!("{n}{step}-{mail}"), "timestamp": format!("2026-03-0{}T1{n}:00:00Z", step + 1),
                "properties": properties(mail), "context": context, "integrations": {"first_name": "Anneliese"},
            });
            text.push_str(&format!("{line}\n"));
        }
        let traits = serde_json::json!({
            "type": "identify", "userId": mail, "anonymousId": format!("203.0.113.77-{n}"), "traits": person(mail),
            "timestamp": "2026-03-03T10:00:00Z", "messageId": format!("t{n}"),
        });
        text.push_str(&format!("{traits}\n"));
    }
    // What becomes no event.
    text.push_str(&format!(
        "{{\"event\":\"{FORMS}\",\"userId\":\"{MAIL}\",\"properties\":{}\n",
        person(MAIL)
    ));
    text.push_str(&format!(
        "{}\n",
        serde_json::json!({"type": "track", "userId": MAIL, "traits": person(MAIL), "x": FORMS})
    ));
    text.push_str(&format!(
        "{}\n",
        serde_json::json!({"type": FORMS, "userId": MAIL, "timestamp": MAIL, "event": "A"})
    ));
    text.push_str(&format!("no json {FORMS}\n"));
    text
}

/// Rows that are events, and ones without time, with a field too many, and with an open quote.
const CSV: &str = "event,time,user_id,first_name,email,phone,address,note,plan
Order Completed,2026-03-04T10:00:00Z,anneliese.q@planted.example,Anneliese,anneliese.q@planted.example,01705550199,Plantweg 17,call 0170 5550199,pro
Order Completed,,u7,Anneliese,anneliese.q@planted.example,01705550199,Plantweg 17,call 0170 5550199,pro
Order Completed,2026-03-04T10:00:00Z,u7,von,Anneliese,anneliese.q@planted.example,01705550199,Plantweg 17,x,pro
Order Completed,2026-03-04T10:00:00Z,u7,\"Anneliese,anneliese.q@planted.example,01705550199,Plantweg 17,x,pro
";

fn take_in(document: &Path, log: &Path) {
    let mut opened = Document::open(document).unwrap();
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-03-31T23:59:00Z").unwrap(),
        zone: Zone::default(),
    };
    import(&mut opened, log, &options, &Progress::new()).unwrap();
    opened.close().unwrap();
}

fn queries() -> Vec<(String, String)> {
    let name = format!("Signup by {FORMS}");
    let steps = format!("kind='funnel'\nsteps=[{{event=\"{name}\"}},{{event='Order Completed'}}]\n");
    vec![
        (format!("Orders of {MAIL}"), format!("{steps}where=[{{property='email',op='=',value='{MAIL}'}}]\n")),
        ("By mail".to_owned(), format!("{steps}breakdown='email'")),
        (
            "By street".to_owned(),
            format!(
                "{steps}breakdown='customer.first_name'\nexclude=[{{event=\"{name}\",after_step=1,before_step=2}}]"
            ),
        ),
        (
            "By note".to_owned(),
            format!(
                "kind='trend'\nevents=[{{event=\"{name}\"}},{{event='Order Completed'}}]\nbreakdown='note'"
            ),
        ),
        (
            "Retention by mail".to_owned(),
            format!(
                "kind='retention'\nstart={{event=\"{name}\",where=[{{property='email',op='is set'}}]}}\nbreakdown='email'"
            ),
        ),
        (
            "Retention by note".to_owned(),
            format!("kind='retention'\nreturn={{event=\"{name}\"}}\nbreakdown='note'\ncohorts='recurring'"),
        ),
        (
            "Trend by mail".to_owned(),
            format!(
                "kind='trend'\nevents=[{{event=\"{name}\"}}]\nbreakdown='email'\nwhere=[{{property='first_name',op='=',value='Anneliese'}}]"
            ),
        ),
    ]
}

/// A document with everything planted, and its queries; the last edits have labels as earlier versions wrote them.
fn planted(folder: &Path) -> (PathBuf, Vec<ItemId>) {
    let document = folder.join("shop.stormline");
    Document::create(&document).unwrap().close().unwrap();
    for (file, text) in [("a.ndjson", lines()), ("b.csv", CSV.to_owned())] {
        let log = folder.join(file);
        fs::write(&log, text).unwrap();
        take_in(&document, &log);
    }
    let mut opened = Document::open(&document).unwrap();
    let mut ids = Vec::new();
    for (n, (name, text)) in queries().into_iter().enumerate() {
        let id = ItemId(500 + n as i64);
        let item = Item::Query(SavedQuery {
            name: Some(name),
            query: parse_query(&text).unwrap(),
            position: n as f64,
        });
        let label = format!("Changed filter email = {MAIL} and first_name is Anneliese");
        opened.record(&Edit::new(label, vec![Change { id, before: None, after: Some(item) }])).unwrap();
        ids.push(id);
    }
    opened.close().unwrap();
    (document, ids)
}

pub(super) fn frame(ui: &mut Ui, shell: &mut Shell) {
    shell.logic(ui.ctx());
    shell.show(ui);
}

#[track_caller]
pub(super) fn assert_clean(place: &str, text: &str) {
    for secret in SECRETS {
        if let Some(at) = text.find(secret) {
            let around: String =
                text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("{place} tells {secret}: …{around}{}", text[at..].chars().take(60).collect::<String>());
        }
    }
}

pub(super) struct Window {
    pub(super) harness: Harness<'static, (Shell, Vec<String>)>,
}

impl Window {
    pub(super) fn open(document: &Path, route: Route) -> Window {
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open_now(document).unwrap();
        shell.go(route);
        let draw = |ui: &mut Ui, state: &mut (Shell, Vec<String>)| {
            frame(ui, &mut state.0);
            ui.output(|output| {
                for command in &output.commands {
                    if let OutputCommand::CopyText(text) = command {
                        state.1.push(text.clone());
                    }
                }
            });
        };
        let builder = Harness::builder().with_size([1600.0, 1000.0]).with_max_steps(64);
        let harness = builder.with_context_setup(theme::install).build_ui_state(draw, (shell, Vec::new()));
        let mut window = Window { harness };
        window.settle();
        window
    }

    pub(super) fn settle(&mut self) {
        self.harness.run_steps(4);
    }

    pub(super) fn spoken(&self) -> String {
        let nodes = self.harness.query_all_by(|_| true);
        let said = nodes.map(|node| {
            let node = node.accesskit_node();
            format!("{}\u{1}{}", node.label().unwrap_or_default(), node.value().unwrap_or_default())
        });
        said.collect::<Vec<_>>().join("\n")
    }

    /// Everything said, and what Ctrl+C copies from each table of the page; gives how many copies there were.
    #[track_caller]
    fn check(&mut self, place: &str) -> usize {
        assert_clean(place, &self.spoken());
        let tables = [
            "Events",
            "Properties",
            "Quarantined records",
            "Imports",
            "Values",
            "Steps",
            "Averages",
            "Trend",
            "Persons",
            "Events of the session",
        ];
        for table in tables {
            // A table is called `Events, 7 rows`.
            let start = format!("{table}, ");
            let is_it = |label: &str| {
                label.starts_with(&start) && (label.ends_with(" rows") || label.ends_with(" row"))
            };
            let found =
                self.harness.query_all_by(|node| node.label().is_some_and(|label| is_it(&label))).last();
            if found.map(|node| node.focus()).is_none() {
                continue;
            }
            self.settle();
            self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
            self.settle();
            self.harness.event(egui::Event::Copy);
            self.settle();
            assert_clean(&format!("{place}, {table}"), &self.spoken());
        }
        let copies = std::mem::take(&mut self.harness.state_mut().1);
        for copied in &copies {
            assert_clean(&format!("a copy from {place}"), copied);
        }
        copies.len()
    }

    pub(super) fn click(&mut self, label: &str) -> bool {
        let found = self.harness.query_all_by_label(label).last().map(|node| node.click()).is_some();
        self.settle();
        found
    }
}

fn routes(ids: &[ItemId], persons: &[i64]) -> Vec<(String, Route)> {
    let mut routes = vec![("start".to_owned(), Route::Start), ("explore".to_owned(), Route::Explore)];
    for tab in [EventsTab::Log, EventsTab::Properties, EventsTab::Imports, EventsTab::Quarantine] {
        routes.push((format!("{tab:?}"), Route::Events(tab)));
    }
    routes.extend(ids.iter().map(|id| (format!("query {}", id.0), Route::Query(*id))));
    routes.extend(persons.iter().map(|person| {
        (format!("timeline {person}"), Route::Timeline { person: *person, query: Some(ids[0]) })
    }));
    routes
}

fn persons(document: &Path) -> Vec<i64> {
    let opened = Document::open(document).unwrap();
    let found = opened.find_person("", 10).unwrap();
    found.into_iter().map(|person| person.person_id).collect()
}

#[test]
fn no_page_says_copies_or_draws_a_planted_value() {
    let folder = tempfile::tempdir().unwrap();
    let (document, ids) = planted(folder.path());
    let persons = persons(&document);
    assert!(persons.len() >= 2);
    let (mut copies, mut opened) = (0, 0);
    for (place, route) in routes(&ids, &persons) {
        let mut window = Window::open(&document, route.clone());
        copies += window.check(&place);
        for opener in [
            "Copy as JSON",
            "Add event",
            "Add filter",
            "Copy list",
            "Breakdown",
            "Event of the step",
            "Event of the trend",
            "Start event",
            "Return event",
            "Copy table",
        ] {
            if window.click(opener) {
                opened += 1;
                copies += window.check(&format!("{place}, {opener}"));
                window.harness.key_press(Key::Escape);
                window.settle();
            }
        }
        drop(window);
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open_now(&document).unwrap();
        shell.go(route);
        let drawn = picture::svg([1600, 1000], false, 5, |ui| frame(ui, &mut shell)).unwrap();
        shell.close().unwrap();
        assert!(drawn.contains("<text"), "{place}");
        assert_clean(&format!("the picture of {place}"), &drawn);
    }
    assert!(copies >= 8 && opened >= 8, "{copies} copies, {opened} lists opened");
}

#[test]
fn the_palette_the_history_and_lists_of_values_tell_no_planted_value() {
    let folder = tempfile::tempdir().unwrap();
    let (document, ids) = planted(folder.path());
    let mut window = Window::open(&document, Route::Query(ids[1]));
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    window.settle();
    assert!(window.spoken().contains("Orders of •••@planted.example"));
    assert_clean("the palette", &window.spoken());
    window.harness.event(egui::Event::Text("history".to_owned()));
    window.settle();
    window.harness.key_press(Key::Enter);
    window.settle();
    let said = window.spoken();
    assert!(said.contains("Changed filter email = •••") && !said.contains("Anneliese"), "{said}");
    window.check("the history");
}

#[test]
fn masked_values_are_told_apart_and_revealed_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let (document, ids) = planted(folder.path());
    let mut window = Window::open(&document, Route::Query(ids[1]));
    let said = window.spoken();
    assert!(said.contains("•••@planted.example\u{1}") && said.contains("•••@planted.example #2"), "{said}");
    drop(window);
    window = Window::open(&document, Route::Events(EventsTab::Log));
    assert!(window.click("Reveal first_name"), "{}", window.spoken());
    let said = window.spoken();
    assert!(
        said.contains("Anneliese") && !said.contains("anneliese.q") && !said.contains("Plantweg"),
        "{said}"
    );
}

#[test]
fn quarantined_rows_without_a_kept_header_show_plain_values_only() {
    let folder = tempfile::tempdir().unwrap();
    let (document, _) = planted(folder.path());
    let mut opened = Document::open(&document).unwrap();
    assert!(opened.batch_header(2).unwrap().unwrap().contains("first_name"));
    assert_eq!(opened.batch_header(1).unwrap(), None);
    opened.set_meta("import.header.2", "").unwrap();
    opened.close().unwrap();
    let mut window = Window::open(&document, Route::Events(EventsTab::Quarantine));
    window.check("the quarantine");
    drop(window);
    let mut opened = Document::open(&document).unwrap();
    opened.remove_batch(2, &Progress::new()).unwrap();
    assert_eq!(opened.meta("import.header.2").unwrap(), None, "it goes with its import");
}
