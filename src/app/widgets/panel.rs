//! A panel at a side that is resized and remembers its size by its name, also in the next run. Not for bars of a fixed
//! height.

use std::ops::RangeInclusive;

use egui::{Frame, Id, IdSalt, Panel, Ui};

use super::sizes::Sizes;

/// A resizable panel.
#[must_use = "call .show(ui, …)"]
pub struct SizedPanel {
    name: &'static str,
    panel: Panel,
    first: f32,
    range: RangeInclusive<f32>,
    is_tall: bool,
    follows: bool,
    frame: Frame,
}

impl SizedPanel {
    /// At the left; `name` is one of its own in the whole window, `first` its width until a person changes it.
    pub fn left(name: &'static str, first: f32, range: RangeInclusive<f32>) -> SizedPanel {
        SizedPanel {
            name,
            panel: Panel::left(name),
            first,
            range,
            is_tall: true,
            follows: false,
            frame: Frame::NONE,
        }
    }

    /// At the right.
    pub fn right(name: &'static str, first: f32, range: RangeInclusive<f32>) -> SizedPanel {
        SizedPanel {
            name,
            panel: Panel::right(name),
            first,
            range,
            is_tall: true,
            follows: false,
            frame: Frame::NONE,
        }
    }

    /// At the bottom, at least `least` high; `first` is its height until a person changes it.
    pub fn bottom(name: &'static str, first: f32, least: f32) -> SizedPanel {
        let range = least..=f32::INFINITY;
        SizedPanel {
            name,
            panel: Panel::bottom(name),
            first,
            range,
            is_tall: false,
            follows: false,
            frame: Frame::NONE,
        }
    }

    /// As large as the caller says in each frame, until a person changes it.
    pub fn follows(mut self) -> SizedPanel {
        self.follows = true;
        self
    }

    /// What is around its content.
    pub fn frame(mut self, frame: Frame) -> SizedPanel {
        self.frame = frame;
        self
    }

    /// Draws it.
    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
        let kept = Sizes::panel(ui.ctx(), self.name);
        let first = kept.unwrap_or(self.first);
        let grip = grip(ui, self.name);
        if self.follows && kept.is_none() {
            forget_if_changed(ui, self.name, first);
        }
        let panel = self.panel.default_size(first.clamp(*self.range.start(), *self.range.end()));
        let panel = if self.is_tall {
            panel.size_range(self.range)
        } else {
            // Something of what is above it stays in sight.
            let most = (ui.available_height() - ABOVE).max(*self.range.start());
            panel.size_range(*self.range.start()..=most)
        };
        let shown = panel.frame(self.frame).show(ui, content);
        if ui.read_response(grip).is_some_and(|grip| grip.drag_stopped()) {
            let size = shown.response.rect.size();
            Sizes::keep_panel(ui.ctx(), self.name, if self.is_tall { size.x } else { size.y });
        }
        shown.inner
    }
}

/// How much of what is above a panel at the bottom stays.
const ABOVE: f32 = 120.0;

/// egui keeps the size of a panel's first frame: when another one is wanted, it must forget that.
fn forget_if_changed(ui: &Ui, name: &'static str, wanted: f32) {
    let id = panel_id(ui, name);
    let key = id.with("wanted");
    ui.data_mut(|data| {
        if data.get_temp::<f32>(key).is_some_and(|before| before != wanted) {
            data.remove::<egui::containers::panel::PanelState>(id);
        }
        data.insert_temp(key, wanted);
    });
}

fn panel_id(ui: &Ui, name: &'static str) -> Id {
    ui.scope_id().with_salt(IdSalt::new(name))
}

/// What egui calls the edge that is dragged.
fn grip(ui: &Ui, name: &'static str) -> Id {
    panel_id(ui, name).with("__resize")
}
