//! Takes sizes into the settings, and writes the settings a moment after they changed. Not for what is in them.

use std::sync::Arc;
use std::time::Duration;

use egui::Context;

use crate::app::settings::UserSettings;
use crate::app::widgets::sizes::Sizes;

/// How long nothing must change before they are written, in seconds.
const QUIET_SECS: f64 = 1.0;

/// What is in the file, and since when that is old.
pub(super) struct Keeping {
    written: UserSettings,
    /// None before the first frame.
    sizes: Option<Arc<Sizes>>,
    seen: UserSettings,
    changed_at: Option<f64>,
}

impl Keeping {
    pub(super) fn of(settings: &UserSettings) -> Keeping {
        Keeping { written: settings.clone(), sizes: None, seen: settings.clone(), changed_at: None }
    }

    /// Once a frame.
    pub(super) fn look(&mut self, ctx: &Context, settings: &mut UserSettings, now: f64) {
        let known = self.sizes.take().unwrap_or_else(|| settings.sizes.clone().install(ctx));
        look_at_window(ctx);
        let sizes = Sizes::of(ctx);
        if !Arc::ptr_eq(&sizes, &known) {
            settings.sizes = (*sizes).clone();
        }
        self.sizes = Some(sizes);
        if *settings != self.seen {
            self.seen = settings.clone();
            self.changed_at = Some(now);
        }
        if let Some(at) = self.changed_at {
            let left = QUIET_SECS - (now - at);
            if left <= 0.0 {
                self.changed_at = None;
                if self.seen != self.written {
                    settings.save();
                    self.written = self.seen.clone();
                }
            } else {
                ctx.request_repaint_after(Duration::from_secs_f64(left));
            }
        }
    }
}

/// A window that fills the screen or is folded away has no size of its own.
fn look_at_window(ctx: &Context) {
    let (size, is_maximized, is_other) = ctx.input(|input| {
        let window = input.viewport();
        let is_other = window.minimized == Some(true) || window.fullscreen == Some(true);
        (window.inner_rect.map(|rect| rect.size()), window.maximized == Some(true), is_other)
    });
    if let (Some(size), false) = (size.filter(|size| size.min_elem() > 1.0), is_other) {
        let size = size * ctx.zoom_factor();
        Sizes::keep_window(ctx, [size.x.round(), size.y.round()], is_maximized);
    }
}
