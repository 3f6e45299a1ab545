//! A segmented control: one of a few, all in sight.
//!
//! Not for more than about five choices, which belong in a `search_select`.

use egui::{
    CursorIcon, EventFilter, Key, Rect, Response, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::paint;
use crate::app::theme;

/// Chooses one of `options`; the left and right arrows move the choice. `changed()` of the response says so.
///
/// `name` is what screen readers call the group.
pub fn segmented<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    value: &mut T,
    options: &[(T, &str)],
) -> Response {
    let palette = theme::palette(ui);
    let widths: Vec<f32> = options
        .iter()
        .map(|(_, label)| paint::line(ui, label, theme::medium(), palette.text).size().x + MARGIN * 2.0)
        .map(f32::ceil)
        .collect();
    let total = widths.iter().sum::<f32>() + INSET * 2.0;
    let (rect, mut group) = ui.allocate_exact_size(vec2(total, theme::CONTROL), Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), name));
    ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.surface_2);
    let mut x = rect.left() + INSET;
    let mut chosen = None;
    for (index, (option, label)) in options.iter().enumerate() {
        let segment = Rect::from_min_size(
            pos2(x, rect.top() + INSET),
            vec2(widths[index], rect.height() - INSET * 2.0),
        );
        x += widths[index];
        let selected = *value == *option;
        if let Some(step) = segment_ui(ui, group.id.with(index), segment, label, selected) {
            chosen = neighbor(index, step, options.len());
        }
    }
    if let Some(index) = chosen {
        ui.memory_mut(|memory| memory.request_focus(group.id.with(index)));
        if *value != options[index].0 {
            *value = options[index].0;
            group.mark_changed();
        }
    }
    group
}

const MARGIN: f32 = 10.0;
const INSET: f32 = 3.0;

/// The step to take from this segment: 0 when it was clicked.
fn segment_ui(ui: &Ui, id: egui::Id, rect: Rect, label: &str, selected: bool) -> Option<isize> {
    let palette = theme::palette(ui);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, label));
    if selected {
        ui.painter().rect(rect, theme::RADIUS_SMALL, palette.surface, palette.line(), StrokeKind::Inside);
    }
    let ink = if selected || response.hovered() { palette.text } else { palette.text_2 };
    let ink = paint::faded(ui, ink, ui.is_enabled());
    paint::middle(ui, rect, paint::line(ui, label, theme::medium(), ink));
    paint::focus_ring(ui, &response, theme::RADIUS_SMALL);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let pressed = |key| ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        if pressed(Key::ArrowRight) {
            return Some(1);
        }
        if pressed(Key::ArrowLeft) {
            return Some(-1);
        }
    }
    response.clicked().then_some(0)
}

fn neighbor(index: usize, step: isize, count: usize) -> Option<usize> {
    index.checked_add_signed(step).filter(|next| *next < count)
}
