//! A sparkline: tiny bars of a count over time.
//!
//! Not a chart: no axes, no values; what it says is its summary.

use egui::{Color32, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use crate::app::theme;

/// Bars of `values` (zero or more) in `size`; `summary` is shown on hover and said by screen readers.
pub fn sparkline(ui: &mut Ui, values: &[f64], size: Vec2, color: Color32, summary: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, summary));
    if ui.is_rect_visible(rect) {
        bars(ui, rect, values, color);
    }
    response.on_hover_text(summary)
}

/// Draws the bars of a sparkline into `rect`.
pub fn bars(ui: &Ui, rect: Rect, values: &[f64], color: Color32) {
    let most = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let step = rect.width() / values.len().max(1) as f32;
    let gap = if step >= 4.0 { 1.0 } else { 0.0 };
    let faint = theme::palette(ui).border;
    for (index, value) in values.iter().enumerate() {
        let left = rect.left() + step * index as f32;
        let share = if most > 0.0 && value.is_finite() { (value / most).clamp(0.0, 1.0) as f32 } else { 0.0 };
        let (height, ink) =
            if share > 0.0 { ((rect.height() * share).max(1.5), color) } else { (1.0, faint) };
        let bar =
            Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + step - gap, rect.bottom()));
        ui.painter().rect_filled(bar, 0.0, ink);
    }
}
