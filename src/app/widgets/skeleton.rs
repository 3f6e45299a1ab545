//! Skeletons: gray shapes where content will be, while it is loading.
//!
//! They do not move, so that a waiting window costs nothing.

use egui::{Role, Sense, Ui, Vec2, WidgetInfo, vec2};

use crate::app::theme;

/// A gray box.
pub fn block(ui: &mut Ui, size: Vec2) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Loading"));
    ui.painter().rect_filled(rect, theme::RADIUS_SMALL, theme::palette(ui).surface_2);
}

/// Gray lines of differing length, as of a paragraph.
pub fn lines(ui: &mut Ui, count: usize) {
    let width = ui.available_width();
    for index in 0..count {
        block(ui, vec2(width * share(index), 10.0));
    }
}

/// How long the gray line of row `index` is, as a share of its room.
pub(super) fn share(index: usize) -> f32 {
    const SHARES: [f32; 5] = [0.72, 0.9, 0.58, 0.81, 0.66];
    SHARES[index % SHARES.len()]
}
