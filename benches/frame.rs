//! Milliseconds a frame of every view over a big document, without a display: layout and tessellation, as a window does
//! them before it hands triangles to the graphics card. Not for answers: see `answers`.
//!
//! `cargo bench --bench frame`, or `cargo bench --bench frame -- 10000000` for another number of events.
//! The first frame asks and answers the view's questions; the others move the pointer over the view and scroll it.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{
    Context, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2,
};
use stormline::app::route::{EventsTab, Route};
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::base::Progress;
use stormline::jobs::clock;
use stormline::jobs::generate::{GenerateOptions, generate_file};
use stormline::jobs::import::{ImportOptions, import};
use stormline::jobs::sample::sample_items;
use stormline::model::edit::{Change, Edit};
use stormline::model::flow::{Flow, MAX_DEPTH, MAX_TOP};
use stormline::model::funnel::{FunnelPart, FunnelSelection};
use stormline::model::item::{Item, ItemId, SavedQuery};
use stormline::model::query::Query;
use stormline::model::time::Zone;
use stormline::store::document::Document;

const SIZE: Vec2 = Vec2::new(1440.0, 900.0);
const FRAMES: usize = 300;
const FRAME: Duration = Duration::from_micros(16_667);

fn main() {
    let events: u64 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("shop.stormline");
    fill(&document, folder.path(), events);
    println!("{events} events, {} × {} points, {FRAMES} frames each, ms", SIZE.x, SIZE.y);
    println!("{:<22} {:>8} {:>8} {:>8} {:>8}", "view", "first", "median", "p99", "most");
    for view in VIEWS {
        let mut window = Window::open(&document, Mode::Still);
        view.go(&mut window.shell);
        let first = window.frame(Vec::new());
        for _ in 0..5 {
            window.frame(Vec::new());
        }
        let times = (0..FRAMES).map(|frame| window.frame(wander(frame))).collect();
        tell(view.word(), Some(first), times);
        window.shell.leave();
    }
    while_importing(&document, folder.path(), events / 10);
}

/// What is measured.
#[derive(Clone, Copy)]
enum View {
    Start,
    Events(EventsTab),
    Funnel,
    Breakdown,
    Retention,
    Flow,
    /// With as many steps and names as there can be.
    WideFlow,
    Trend,
    Timeline,
}

const VIEWS: [View; 12] = [
    View::Start,
    View::Events(EventsTab::Log),
    View::Events(EventsTab::Properties),
    View::Events(EventsTab::Imports),
    View::Events(EventsTab::Quarantine),
    View::Funnel,
    View::Breakdown,
    View::Retention,
    View::Flow,
    View::WideFlow,
    View::Trend,
    View::Timeline,
];

impl View {
    fn word(self) -> &'static str {
        match self {
            View::Start => "start",
            View::Events(EventsTab::Log) => "events",
            View::Events(EventsTab::Properties) => "properties",
            View::Events(EventsTab::Imports) => "imports",
            View::Events(EventsTab::Quarantine) => "quarantine",
            View::Funnel => "funnel",
            View::Breakdown => "breakdown",
            View::Retention => "retention",
            View::Flow => "flow",
            View::WideFlow => "flow, wide",
            View::Trend => "trend",
            View::Timeline => "timeline",
        }
    }

    fn go(self, shell: &mut Shell) {
        let route = match self {
            View::Start => Route::Start,
            View::Events(tab) => Route::Events(tab),
            View::Funnel => {
                let id = saved(shell, |query| matches!(query, Query::Funnel(_)));
                let third = FunnelSelection { step: 2, part: FunnelPart::Dropped, value: None };
                shell.views().explore.funnel().select(id, third);
                Route::Query(id)
            }
            View::Breakdown => Route::Query(saved(shell, |query| query.breakdown().is_some())),
            View::Retention => Route::Query(saved(shell, |query| matches!(query, Query::Retention(_)))),
            View::Flow => {
                let is_usual = |query: &Query| matches!(query, Query::Flow(flow) if flow.top < MAX_TOP);
                Route::Query(saved(shell, is_usual))
            }
            View::WideFlow => {
                let is_wide = |query: &Query| matches!(query, Query::Flow(flow) if flow.top == MAX_TOP);
                Route::Query(saved(shell, is_wide))
            }
            View::Trend => Route::Query(saved(shell, |query| matches!(query, Query::Trend(_)))),
            View::Timeline => {
                let id = saved(shell, |query| matches!(query, Query::Funnel(_)));
                let person = shell.person_behind(id, 2).unwrap();
                Route::Timeline { person, query: Some(id) }
            }
        };
        shell.go(route);
    }
}

/// The first saved query that fits.
fn saved(shell: &Shell, fits: impl Fn(&Query) -> bool) -> ItemId {
    let queries = shell.session().unwrap().workspace().queries();
    queries.iter().find(|(_, saved)| fits(&saved.query)).map(|(id, _)| *id).unwrap()
}

/// A document with the sample's queries over a generated log.
fn fill(document: &Path, folder: &Path, events: u64) {
    let mut document = Document::create(document).unwrap();
    let mut items = sample_items(clock::item_id).unwrap();
    let wide = Query::Flow(Flow { depth: MAX_DEPTH, top: MAX_TOP, ..Flow::default() });
    let wide = SavedQuery { name: Some("Wide".to_owned()), query: wide, position: 99.0 };
    items.push((clock::item_id(), Item::Query(wide)));
    let changes =
        items.into_iter().map(|(id, item)| Change { id, before: None, after: Some(item) }).collect();
    document.record(&Edit::new("Fill with the sample", changes)).unwrap();
    let log = generated(folder, events, 11);
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: clock::now(),
        zone: Zone::default(),
    };
    import(&mut document, &log, &options, &Progress::new()).unwrap();
    document.close().unwrap();
    std::fs::remove_file(log).unwrap();
}

fn generated(folder: &Path, events: u64, seed: u64) -> PathBuf {
    let log = folder.join(format!("log-{seed}.ndjson"));
    let options =
        GenerateOptions { events, persons: (events / 20).max(1), seed, ..GenerateOptions::default() };
    generate_file(&options, &log, &Progress::new()).unwrap();
    log
}

/// Frames while a log is imported into the open document, at the pace of a display: every one has to be in time.
fn while_importing(document: &Path, folder: &Path, events: u64) {
    let log = generated(folder, events.max(1), 12);
    let ctx = Context::default();
    let mut window =
        Window { shell: Shell::new(settings(document), Mode::Window(ctx.clone())), ctx, frames: 0 };
    theme::install(&window.ctx);
    window.shell.open_now(document).unwrap();
    let waits = Instant::now();
    while window.shell.session().is_none() && waits.elapsed() < Duration::from_secs(60) {
        window.at_pace(Vec::new());
    }
    View::Funnel.go(&mut window.shell);
    window.shell.open(log);
    let waits = Instant::now();
    while !window.imports() && waits.elapsed() < Duration::from_secs(60) {
        // The dialog shows the first rows; Enter imports once they are read.
        window.at_pace(if window.frames % 10 == 9 { press(Key::Enter) } else { Vec::new() });
    }
    let mut times = Vec::new();
    while window.imports() {
        times.push(window.at_pace(wander(times.len())));
    }
    assert!(!times.is_empty(), "the import never began");
    let late = times.iter().filter(|time| **time > FRAME).count();
    let frames = times.len();
    tell("funnel, importing", None, times);
    println!("{late} of {frames} frames took longer than 16.7 ms while {events} events were imported");
    window.shell.leave();
}

struct Window {
    shell: Shell,
    ctx: Context,
    frames: usize,
}

fn settings(document: &Path) -> UserSettings {
    UserSettings::unsaved(false, vec![document.to_owned()])
}

impl Window {
    fn open(document: &Path, mode: Mode) -> Window {
        let mut shell = Shell::new(settings(document), mode);
        shell.open_now(document).unwrap();
        let ctx = Context::default();
        theme::install(&ctx);
        Window { shell, ctx, frames: 0 }
    }

    fn imports(&self) -> bool {
        self.shell.session().is_some_and(|session| !session.transfers().is_empty())
    }

    /// One frame; how long it took.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            max_texture_side: Some(8192),
            time: Some(self.frames as f64 / 60.0),
            predicted_dt: 1.0 / 60.0,
            focused: true,
            events,
            ..RawInput::default()
        };
        self.frames += 1;
        let started = Instant::now();
        let (shell, ctx) = (&mut self.shell, &self.ctx);
        let mut output = ctx.run_ui(input, |ui| {
            shell.logic(ui.ctx());
            shell.show(ui);
        });
        let triangles = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = started.elapsed();
        std::hint::black_box(triangles);
        output.textures_delta.clear();
        took
    }

    /// One frame, and the rest of its time asleep.
    fn at_pace(&mut self, events: Vec<Event>) -> Duration {
        let took = self.frame(events);
        std::thread::sleep(FRAME.saturating_sub(took));
        took
    }
}

/// The pointer's way over the window, with a turn of the wheel every few frames.
fn wander(frame: usize) -> Vec<Event> {
    let along = |step: f32, side: f32| (frame as f32 * step) % side;
    let mut events = vec![Event::PointerMoved(Pos2::new(along(37.0, SIZE.x), along(23.0, SIZE.y)))];
    if frame.is_multiple_of(4) {
        let down = if frame.is_multiple_of(80) { 400.0 } else { -60.0 };
        events.push(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: Vec2::new(0.0, down),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
    }
    events
}

fn press(key: Key) -> Vec<Event> {
    let event =
        |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    vec![event(true), event(false)]
}

fn tell(what: &str, first: Option<Duration>, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    let at = |share: usize| ms(times[(times.len() - 1) * share / 100]);
    let first = first.map_or_else(String::new, ms);
    println!("{what:<22} {first:>8} {:>8} {:>8} {:>8}", at(50), at(99), at(100));
}
