//! The operating system's window around the shell. Not for what is in it.

use std::path::PathBuf;

use super::settings::UserSettings;
use super::shell::{Mode, Shell};

/// The window could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NoWindow {
    /// There is no display to open it on.
    #[error("there is no display")]
    NoDisplay,
    /// There is one, and it refused.
    #[error("the display refused: {0}")]
    Refused(String),
}

/// Opens the window and stays until it is closed. `open` is a document, or a log to start one from.
///
/// # Errors
/// When there is no display, or it refuses.
pub fn run(open: Option<PathBuf>, greet: bool) -> Result<(), NoWindow> {
    if cfg!(target_os = "linux") && !has_display() {
        return Err(NoWindow::NoDisplay);
    }
    let settings = UserSettings::load();
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Stormline")
            .with_app_id("stormline")
            .with_inner_size(settings.sizes.window.filter(is_a_window).unwrap_or(FIRST))
            .with_maximized(settings.sizes.is_maximized)
            .with_min_inner_size(LEAST)
            .with_drag_and_drop(true),
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Stormline",
        options,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            super::theme::install(&ctx);
            let mut shell = Shell::new(settings, Mode::Window(ctx));
            if let Some(path) = open {
                shell.open(path);
            }
            if greet {
                shell.greet();
            }
            Ok(Box::new(Window { shell }))
        }),
    )
    .map_err(|error| NoWindow::Refused(error.to_string()))
}

const FIRST: [f32; 2] = [1440.0, 900.0];
const LEAST: [f32; 2] = [900.0, 600.0];

/// Neither smaller than the least nor larger than any screen.
fn is_a_window(size: &[f32; 2]) -> bool {
    const MOST: f32 = 16_384.0;
    (LEAST[0]..MOST).contains(&size[0]) && (LEAST[1]..MOST).contains(&size[1])
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

struct Window {
    shell: Shell,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.shell.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.shell.show(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.shell.close();
    }
}
