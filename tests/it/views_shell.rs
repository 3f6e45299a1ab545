//! What the window does around its pages: sizes from run to run, documents opened while it stays awake, edits while
//! another job writes, answers kept. Not for the pages.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, Pos2, Role, pos2, vec2};
use egui_kittest::kittest::Queryable;
use stormline::app::answers::{Answers, Loadable};
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::base::Progress;
use stormline::jobs::answers::{AnswerError, Tables};
use stormline::jobs::question::{Question, Scope};
use stormline::store::document::Document;

use super::window::{Window, import_file, sample};

const SIZE: [f32; 2] = [1440.0, 900.0];
const EVENTS: Route = Route::Events(EventsTab::Log);

/// The sample's events in a window that remembers in a file of its folder.
fn remembering(folder: tempfile::TempDir) -> Window {
    let settings = UserSettings::kept_in(folder.path().join("settings.json"));
    let mut shell = Shell::new(settings, Mode::Still);
    shell.open_now(&folder.path().join("shop.stormline")).unwrap();
    shell.go(EVENTS);
    Window::around(shell, SIZE, folder)
}

fn folder_with_sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(sample(), folder.path().join("shop.stormline")).unwrap();
    folder
}

/// Where the log's column of events ends, and where the inspector begins.
fn edges(window: &Window) -> (Pos2, Pos2) {
    let column = window.harness.get_by_role_and_label(Role::ColumnHeader, "Event").rect();
    let grips = window.harness.query_all_by_label("Resize panel").map(|grip| grip.rect().center());
    let inspector = grips.max_by(|a, b| a.x.total_cmp(&b.x)).unwrap();
    // At its own side of the edge: the bar that scrolls the table is at the other.
    (pos2(column.right(), column.center().y), inspector + vec2(3.0, 0.0))
}

#[test]
fn sizes_are_those_of_the_last_run() {
    let mut window = remembering(folder_with_sample());
    let (column, inspector) = edges(&window);
    window.drag(column, column + vec2(64.0, 0.0));
    window.drag(inspector, inspector - vec2(90.0, 0.0));
    let (wider, larger) = edges(&window);
    assert_eq!(wider.x, column.x + 64.0);
    assert!((larger.x - (inspector.x - 90.0)).abs() < 8.0, "{inspector} {larger}");
    let folder = window.close();
    let mut window = remembering(folder);
    assert_eq!(edges(&window), (wider, larger));
    window.settle();
    assert_eq!(edges(&window), (wider, larger), "nothing moves by itself");
    let folder = window.close();
    let file = folder.path().join("settings.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"inspector\""), "{text}");
    fs::write(&file, &text[..text.len() / 3]).unwrap();
    let window = remembering(folder);
    assert_eq!(edges(&window), (column, inspector), "a damaged file is as none");
}

#[test]
fn sizes_are_written_a_moment_after_they_changed() {
    let mut window = remembering(folder_with_sample());
    let file = window.folder.path().join("settings.json");
    let (column, _) = edges(&window);
    window.drag(column, column + vec2(30.0, 0.0));
    // A minute of frames.
    window.work_while(|window| {
        !fs::read_to_string(&file).is_ok_and(|text| text.contains("columns\": {\n")) && {
            window.harness.run_steps(60);
            true
        }
    });
    assert!(fs::read_to_string(&file).unwrap().contains("\"log\""));
}

/// A window whose documents are opened off its thread, each when it is let through; samples are made in its folder.
fn awake(folder: tempfile::TempDir) -> (Window, Sender<()>) {
    let (go, gate) = channel();
    let gate = Mutex::new(gate);
    let mut shell = Shell::new(UserSettings::default(), Mode::Window(egui::Context::default()));
    shell.keep_samples_in(folder.path().to_owned());
    shell.gate_openings(move || _ = gate.lock().unwrap().recv());
    (Window::around(shell, SIZE, folder), go)
}

#[test]
fn the_sample_is_made_while_the_window_stays_awake() {
    let (mut window, go) = awake(tempfile::tempdir().unwrap());
    window.click("Open the sample");
    assert!(window.shell().session().is_none(), "not within a frame");
    window.work_until("Making the sample");
    // A second click meanwhile makes no second one: it would now wait to be let through.
    window.click("Open the sample");
    go.send(()).unwrap();
    window.work_until("Three things to find");
    assert!(!window.shows("Making the sample"));
    assert_eq!(documents(window.folder.path()), ["Coffee gear shop.stormline"]);
    window.close();
}

#[test]
fn a_sample_that_is_stopped_leaves_nothing() {
    let (mut window, go) = awake(tempfile::tempdir().unwrap());
    window.click("Open the sample");
    window.work_until("Making the sample");
    window.click("Stop");
    go.send(()).unwrap();
    window.work_until("Stopped before the document was open");
    assert!(documents(window.folder.path()).is_empty());
    assert_eq!(window.route(), Route::Start);
}

fn documents(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".stormline"));
    names.sort();
    names
}

#[test]
fn a_document_is_opened_while_the_one_before_stays_in_sight() {
    let (mut window, go) = awake(folder_with_sample());
    let first = window.document();
    let second = window.folder.path().join("second.stormline");
    fs::copy(sample(), &second).unwrap();
    go.send(()).unwrap();
    window.shell().open(first.clone());
    window.work_until("persons entered");
    // An edit waits, a dialog is open, and the next document is on its way.
    let other = writing(&window);
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    window.work_until("not saved yet");
    window.shell().go(Route::Events(EventsTab::Imports));
    window.work_until("Remove import…");
    window.tab_to("Remove import…");
    window.press(Key::Enter);
    window.assert_shows("Remove the import of");
    window.shell().open(second.clone());
    window.settle();
    window.assert_shows("Opening second");
    window.assert_shows("Remove the import of");
    drop(other);
    go.send(()).unwrap();
    window.work_while(|window| window.shell().session().is_some_and(|s| s.facts.path != second));
    window.press(Key::Enter);
    assert!(!window.shows("Remove the import of"));
    // One that cannot be opened changes nothing.
    let missing = window.folder.path().join("missing.stormline");
    go.send(()).unwrap();
    window.shell().open(missing);
    window.work_until("There is no document");
    assert_eq!(window.shell().session().unwrap().facts.path, second);
    let folder = window.close();
    let known = |path: &Path| {
        let document = Document::open_read_only(path).unwrap();
        let queries = document.load_workspace().unwrap().0.queries().len();
        (document.batches().unwrap().len(), document.counts().unwrap().events, queries)
    };
    let (batches, events, queries) = known(sample());
    assert_eq!(known(&first), (batches, events, queries + 1), "its edit is written, its import still there");
    assert_eq!(known(&second), (batches, events, queries));
    drop(folder);
}

/// Another connection that writes the document of this window until it is dropped.
fn writing(window: &Window) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(window.document()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

/// The labels of the queries' steps, as the file has them.
fn stored(document: &Path) -> Vec<String> {
    let opened = Document::open(document).unwrap();
    let (workspace, _) = opened.load_workspace().unwrap();
    let steps = workspace.queries().into_iter().map(|(_, saved)| match &saved.query {
        stormline::model::query::Query::Funnel(funnel) => {
            funnel.steps.iter().map(|step| step.label()).collect::<Vec<_>>().join(" > ")
        }
        stormline::model::query::Query::Retention(_)
        | stormline::model::query::Query::Flow(_)
        | stormline::model::query::Query::Trend(_) => String::new(),
    });
    steps.collect()
}

#[test]
fn edits_wait_for_another_writer_and_are_written_in_order() {
    let mut window = Window::of_sample();
    let other = writing(&window);
    let start = Instant::now();
    window.three_steps();
    assert!(start.elapsed() < Duration::from_secs(30), "each edit would stand still for ten seconds");
    window.assert_shows("edits are not saved yet");
    let before = window.steps();
    window.chord(Modifiers::COMMAND, Key::S);
    window.assert_shows("edits wait: written as soon as another job lets them");
    window.chord(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.steps(), before, "there is nothing in the file to take back yet");
    drop(other);
    window.work_while(|window| window.shows("not saved yet"));
    let three = "Product Viewed > Checkout Started > Order Completed";
    assert_eq!(window.steps(), three);
    window.chord(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.steps(), "Product Viewed > Checkout Started");
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    let document = window.document();
    let folder = window.close();
    assert!(stored(&document).contains(&three.to_owned()));
    drop(folder);
}

#[test]
fn a_document_closed_while_edits_wait_has_them() {
    let mut window = Window::of_sample();
    let other = writing(&window);
    window.three_steps();
    let document = window.document();
    let barrier = Arc::new(Barrier::new(2));
    let at = barrier.clone();
    let holder = std::thread::spawn(move || {
        at.wait();
        drop(other);
    });
    barrier.wait();
    let folder = window.close();
    holder.join().unwrap();
    let three = "Product Viewed > Checkout Started > Order Completed".to_owned();
    assert!(stored(&document).contains(&three));
    drop(folder);
}

#[test]
fn closing_the_window_while_edits_wait_is_asked_about() {
    let mut window = Window::of_sample();
    let close = |window: &mut Window| {
        let root = egui::ViewportId::ROOT;
        let info = window.harness.input_mut().viewports.entry(root).or_default();
        info.events.push(egui::ViewportEvent::Close);
        window.settle();
    };
    close(&mut window);
    assert!(!window.shows("Stay"), "nothing waits");
    let other = writing(&window);
    window.three_steps();
    close(&mut window);
    window.assert_shows("edits are not saved yet");
    window.click("Stay");
    assert!(!window.shows("Stay"));
    close(&mut window);
    window.click("Close the window");
    close(&mut window);
    assert!(!window.shows("Stay"), "asked only once");
    drop(other);
    window.close();
}

#[test]
fn undo_waits_for_another_writer_and_edits_behind_it_are_refused() {
    let mut window = Window::of_sample();
    window.three_steps();
    let full = window.steps();
    let other = writing(&window);
    window.chord(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.steps(), full);
    window.chord(Modifiers::COMMAND, Key::D);
    window.assert_shows("was not made");
    drop(other);
    window.work_until("Undone: Add step Order Completed");
    assert_eq!(window.steps(), "Product Viewed > Checkout Started");
    window.close();
}

#[test]
fn edits_that_cannot_be_written_are_taken_back_and_named() {
    let mut window = Window::of_sample();
    let other = writing(&window);
    let count = |window: &mut Window| window.shell().session().unwrap().workspace().queries().len();
    let before = count(&mut window);
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    assert_eq!(count(&mut window), before + 1);
    let id = match window.route() {
        Route::Query(id) => id,
        other => panic!("a query, not {other:?}"),
    };
    // Meanwhile the file gets something else under the same id.
    other.execute("INSERT INTO item VALUES (?1, 'query', 'of another program')", [id.0]).unwrap();
    other.execute_batch("COMMIT").unwrap();
    window.work_until("could not be saved");
    assert_eq!(count(&mut window), before);
    drop(other);
    window.close();
}

/// A question whose answers say that they are large; counts how often it is answered.
struct Large(usize, Arc<AtomicUsize>);

impl Question for Large {
    type Answer = usize;

    fn key(&self) -> String {
        self.0.to_string()
    }

    fn label(&self) -> String {
        "Counting".to_owned()
    }

    fn bytes(_: &usize) -> usize {
        30 << 20
    }

    fn answer(&self, _: &Scope<'_>, _: &Progress) -> Result<usize, AnswerError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(self.0)
    }
}

#[test]
fn large_answers_are_not_kept_besides_those_shown() {
    let reader = Document::open_read_only(sample()).unwrap();
    let mut answers = Answers::new(Tables::new(reader), true, || {});
    let asked = Arc::new(AtomicUsize::new(0));
    let ask = |answers: &mut Answers, number: usize| {
        let answer = answers.ask(&format!("slot {number}"), Large(number, asked.clone()));
        assert!(matches!(answer, Loadable::Ready(found) if *found == number));
        asked.load(Ordering::Relaxed)
    };
    // Two fit, and are asked only once in many frames.
    for _ in 0..3 {
        assert!(ask(&mut answers, 0) <= 2);
        assert_eq!(ask(&mut answers, 1), 2);
        answers.collect();
    }
    // More are kept only while they are shown.
    for number in 2..6 {
        ask(&mut answers, number);
        answers.collect();
    }
    assert_eq!(ask(&mut answers, 5), 6, "the last one is kept");
    assert_eq!(ask(&mut answers, 0), 7, "the first one is asked anew");
}

#[test]
fn every_event_of_a_long_session_tells_its_properties() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("shop.stormline");
    Document::create(&document).unwrap().close().unwrap();
    let log = folder.path().join("log.ndjson");
    let lines: String = (0..3000)
        .map(|n| {
            format!(
                "{{\"type\":\"track\",\"event\":\"Ticked\",\"userId\":\"u1\",\"messageId\":\"{n}\",\
                 \"timestamp\":\"2026-03-01T10:{:02}:{:02}Z\",\"properties\":{{\"number\":{n}}}}}\n",
                n / 60,
                n % 60
            )
        })
        .collect();
    fs::write(&log, lines).unwrap();
    import_file(&document, &log, "2026-03-31T23:59:00Z");
    let mut window = Window::of(folder);
    let person = Document::open_read_only(&document).unwrap().find_person("u1", 1).unwrap()[0].person_id;
    window.shell().go(Route::Timeline { person, query: None });
    window.settle();
    window.tab_to("Events of the session, 3000 rows");
    window.press(Key::End);
    window.assert_shows("number 2999");
    window.press(Key::Home);
    window.assert_shows("number 0");
    window.chord(Modifiers::COMMAND, Key::A);
    let copied = window.copy();
    let lines: Vec<&str> = copied.lines().collect();
    assert!(lines.len() >= 3000, "{}", lines.len());
    assert!(!copied.contains('…') && copied.contains("number 1500"), "{}", &copied[..200]);
}
