//! The program in a window that is drawn without a display and worked by keyboard. Not for what it shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, OutputCommand, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::route::Route;
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::base::Progress;
use stormline::jobs::import::{ImportOptions, import};
use stormline::jobs::sample_document;
use stormline::model::time::{Time, Zone};
use stormline::store::document::Document;

/// Paints one frame.
pub(super) fn frame(ui: &mut Ui, shell: &mut Shell) {
    shell.logic(ui.ctx());
    shell.show(ui);
}

/// The sample document, made once for all tests.
pub(super) fn sample() -> &'static Path {
    static SAMPLE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Coffee gear shop.stormline");
        sample_document::make(&path, &Progress::new()).unwrap();
        (folder, path)
    });
    path
}

/// Imports a log into a document that nobody has open.
pub(super) fn import_file(document: &Path, log: &Path, imported_at: &str) {
    let mut opened = Document::open(document).unwrap();
    let options = ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse(imported_at).unwrap(),
        zone: Zone::default(),
    };
    import(&mut opened, log, &options, &Progress::new()).unwrap();
    opened.close().unwrap();
}

/// The program and what it put on the clipboard.
pub(super) struct Running {
    pub(super) shell: Shell,
    copied: Vec<String>,
}

impl Running {
    fn frame(ui: &mut Ui, running: &mut Running) {
        frame(ui, &mut running.shell);
        ui.output(|output| {
            for command in &output.commands {
                if let OutputCommand::CopyText(text) = command {
                    running.copied.push(text.clone());
                }
            }
        });
    }
}

/// A window and the folder of its document.
pub(super) struct Window {
    pub(super) harness: Harness<'static, Running>,
    pub(super) folder: tempfile::TempDir,
}

impl Window {
    /// Around a shell, of this size.
    pub(super) fn around(shell: Shell, size: [f32; 2], folder: tempfile::TempDir) -> Window {
        let harness = Harness::builder()
            .with_size(size)
            .with_max_steps(64)
            .with_context_setup(theme::install)
            .build_ui_state(Running::frame, Running { shell, copied: Vec::new() });
        let mut window = Window { harness, folder };
        window.settle();
        window
    }

    /// With a copy of the sample of its own.
    pub(super) fn of_sample() -> Window {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(sample(), folder.path().join("shop.stormline")).unwrap();
        Window::of(folder)
    }

    /// With the document of this folder.
    pub(super) fn of(folder: tempfile::TempDir) -> Window {
        let mut shell = Shell::new(UserSettings::default(), Mode::Still);
        shell.open_now(&folder.path().join("shop.stormline")).unwrap();
        Window::around(shell, [1440.0, 900.0], folder)
    }

    pub(super) fn shell(&mut self) -> &mut Shell {
        &mut self.harness.state_mut().shell
    }

    pub(super) fn route(&self) -> Route {
        self.harness.state().shell.route().clone()
    }

    pub(super) fn document(&self) -> PathBuf {
        self.folder.path().join("shop.stormline")
    }

    /// Ends the program; the document stays in its folder.
    pub(super) fn close(mut self) -> tempfile::TempDir {
        self.shell().close();
        self.folder
    }

    pub(super) fn settle(&mut self) {
        self.harness.run_steps(4);
    }

    pub(super) fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    pub(super) fn chord(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub(super) fn write(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.settle();
    }

    pub(super) fn focus(&mut self, label: &str) {
        self.harness.get_by_label(label).focus();
        self.settle();
    }

    pub(super) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Opens what has the keyboard, types into its search and takes the best match.
    pub(super) fn choose(&mut self, text: &str) {
        self.press(Key::Enter);
        self.write(text);
        self.press(Key::Enter);
    }

    /// Drags with the mouse.
    pub(super) fn drag(&mut self, from: egui::Pos2, to: egui::Pos2) {
        let button = |pos, pressed| egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        for event in [
            egui::Event::PointerMoved(from),
            button(from, true),
            egui::Event::PointerMoved(from + (to - from) / 2.0),
            egui::Event::PointerMoved(to),
            button(to, false),
        ] {
            self.harness.event(event);
            self.harness.run_steps(2);
        }
        self.settle();
    }

    /// What was copied last.
    #[track_caller]
    pub(super) fn copied(&mut self) -> String {
        let copied = self.harness.state_mut().copied.pop();
        copied.unwrap_or_else(|| panic!("nothing is copied: {}", self.spoken()))
    }

    /// What Ctrl+C puts on the clipboard.
    #[track_caller]
    pub(super) fn copy(&mut self) -> String {
        self.harness.event(egui::Event::Copy);
        self.settle();
        self.copied()
    }

    /// Draws until the background has done what shows this text.
    #[track_caller]
    pub(super) fn work_until(&mut self, text: &str) {
        self.work_while(|window| !window.shows(text));
        self.assert_shows(text);
    }

    /// Draws while something is so, at most 20 seconds.
    pub(super) fn work_while(&mut self, is_so: impl Fn(&mut Window) -> bool) {
        let start = Instant::now();
        while is_so(self) && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
            self.settle();
        }
    }

    pub(super) fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Everything that a screen reader would say, for messages.
    pub(super) fn spoken(&self) -> String {
        let nodes = self.harness.query_all_by(|node| node.label().is_some());
        let said = nodes.map(|node| {
            let mark = if node.is_focused() { "*" } else { "" };
            format!("{mark}{}", node.accesskit_node().label().unwrap_or_default())
        });
        said.collect::<Vec<_>>().join(" | ")
    }

    #[track_caller]
    pub(super) fn assert_shows(&self, text: &str) {
        assert!(self.shows(text), "“{text}” is not shown, but: {}", self.spoken());
    }

    pub(super) fn has_keyboard(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).any(|node| node.is_focused())
    }

    /// Tab until something of this label has the keyboard.
    #[track_caller]
    pub(super) fn tab_to(&mut self, label: &str) {
        for _ in 0..90 {
            if self.has_keyboard(label) {
                return;
            }
            self.press(Key::Tab);
        }
        panic!("Tab never reaches “{label}”: {}", self.spoken());
    }

    /// Tab until something whose label starts so has the keyboard; its whole label.
    #[track_caller]
    pub(super) fn tab_to_start(&mut self, start: &str) -> String {
        for _ in 0..90 {
            let focused = self.harness.query_all_by(|node| node.is_focused()).next();
            let label = focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default();
            if label.starts_with(start) {
                return label;
            }
            self.press(Key::Tab);
        }
        panic!("Tab never reaches “{start}…”: {}", self.spoken());
    }
}
