//! A stepper: a small whole number with − and +.
//!
//! Not for amounts over a wide range, which are typed into a field.

use std::ops::RangeInclusive;

use egui::{DragValue, Response, Role, Ui, WidgetInfo};

use super::button::Button;
use crate::app::icon::Icon;

/// Changes `value` within `range`; it can also be dragged or typed. `unit` follows the number ("days").
pub fn stepper(ui: &mut Ui, name: &str, value: &mut i64, range: RangeInclusive<i64>, unit: &str) -> Response {
    let before = *value;
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = crate::app::theme::SPACE_1;
        let fewer = format!("Less: {name}");
        let more = format!("More: {name}");
        if Button::icon_only(Icon::MINUS, &fewer).enabled(*value > *range.start()).show(ui).clicked() {
            *value -= 1;
        }
        let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let number = ui.add(DragValue::new(value).range(range.clone()).speed(0.1).suffix(suffix));
        number.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::SpinButton, true, name);
            info.value = Some(*value as f64);
            info
        });
        if Button::icon_only(Icon::PLUS, &more).enabled(*value < *range.end()).show(ui).clicked() {
            *value += 1;
        }
    });
    let mut response = row.response;
    if *value != before {
        response.mark_changed();
    }
    response
}
