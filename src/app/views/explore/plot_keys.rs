//! A plot that can be walked through by keyboard, and says where one stands. Not for what it plots.

use egui::{Align2, EventFilter, Key, Response, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{Plot, PlotPoint, PlotTransform};

use crate::app::theme;

/// What the keys of this frame ask for, while the plot has the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// Steps to the right; negative to the left.
    pub(super) right: isize,
    /// Steps down among lines; negative up.
    pub(super) down: isize,
    /// To the first (negative) or last place.
    pub(super) end: isize,
    /// Enter.
    pub(super) enter: bool,
    /// Escape, where it closes what is chosen.
    pub(super) escape: bool,
}

/// A plot that stands still, in the room there is, over zero.
pub(super) fn plot<'a>(ui: &Ui, name: &str) -> Plot<'a> {
    Plot::new(name)
        .sense(Sense::click())
        .height(ui.available_height())
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .show_grid([false, true])
        .grid_color(theme::palette(ui).border)
        .show_background(false)
        .include_y(0.0)
}

/// Names the plot, draws its focus ring, and takes its keys: see [`keys`].
pub(super) fn walk(ui: &Ui, plot: &Response, name: &str, closes: bool) -> Walk {
    plot.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    if !plot.has_focus() {
        return Walk::default();
    }
    let ring = theme::palette(ui).focus_ring();
    ui.painter().rect_stroke(plot.rect, theme::RADIUS_SMALL, ring, StrokeKind::Inside);
    keys(ui, plot, closes)
}

/// The keys of what has the keyboard, which then keeps the arrows, and also Escape while that `closes` what is chosen.
pub(super) fn keys(ui: &Ui, plot: &Response, closes: bool) -> Walk {
    if !plot.has_focus() {
        return Walk::default();
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: closes, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(plot.id, filter));
    let pressed = |key| ui.input(|input| isize::from(input.key_pressed(key)));
    Walk {
        right: pressed(Key::ArrowRight) - pressed(Key::ArrowLeft),
        down: pressed(Key::ArrowDown) - pressed(Key::ArrowUp),
        end: pressed(Key::End) - pressed(Key::Home),
        enter: ui.input(|input| input.key_pressed(Key::Enter)),
        escape: closes && ui.input(|input| input.key_pressed(Key::Escape)),
    }
}

impl Walk {
    /// The place walked to among `count` from `now`; the last one when there was none.
    pub(super) fn to(self, now: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        match (self.end, self.right, now) {
            (0, 0, _) => None,
            (1.., _, _) => Some(last),
            (..0, _, _) => Some(0),
            (0, _, None) => Some(last),
            (0, step, Some(now)) => Some(now.saturating_add_signed(step).min(last)),
        }
    }
}

/// Marks a point and says what it is beside it.
pub(super) fn mark(ui: &Ui, plot: &Response, transform: &PlotTransform, point: [f64; 2], words: &str) {
    mark_at(ui, plot.rect, transform.position_from_point(&PlotPoint::from(point)), words);
}

/// The same where the plot draws itself.
pub(super) fn mark_at(ui: &Ui, plot: egui::Rect, at: egui::Pos2, words: &str) {
    let palette = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(plot);
    painter.vline(at.x, plot.y_range(), palette.line());
    painter.circle(at, 5.0, palette.accent, egui::Stroke::new(2.0, palette.surface));
    let galley = painter.layout_no_wrap(words.to_owned(), theme::small_medium(), palette.text);
    let size = galley.size() + vec2(theme::SPACE_3, theme::SPACE_2);
    let fits = at.x + theme::SPACE_2 + size.x < plot.right();
    let left = if fits { at.x + theme::SPACE_2 } else { at.x - theme::SPACE_2 - size.x };
    let top = (at.y - size.y - theme::SPACE_1).max(plot.top() + theme::SPACE_1);
    let frame = egui::Rect::from_min_size(pos2(left, top), size);
    painter.rect(frame, theme::RADIUS_SMALL, palette.surface, palette.line(), StrokeKind::Inside);
    let rect = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), frame);
    painter.galley(rect.min, galley, palette.text);
}

#[cfg(test)]
mod tests {
    use super::Walk;

    #[test]
    fn walks_stay_inside() {
        let right = Walk { right: 1, ..Walk::default() };
        assert_eq!(right.to(None, 3), Some(2));
        assert_eq!(right.to(Some(2), 3), Some(2));
        assert_eq!(right.to(Some(0), 3), Some(1));
        assert_eq!(right.to(Some(0), 0), None);
        assert_eq!(Walk { end: -1, ..Walk::default() }.to(Some(2), 3), Some(0));
        assert_eq!(Walk::default().to(Some(2), 3), None);
    }
}
