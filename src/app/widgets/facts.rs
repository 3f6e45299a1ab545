//! Facts: names at the left, what they are at the right, one below the other, as in an inspector.
//!
//! Not for editing and not for many, which are a table.

use egui::{Label, RichText, Ui, vec2};

use super::text;
use crate::app::theme;

/// Draws `rows` of name and value; a value too long breaks into lines.
pub fn facts(ui: &mut Ui, rows: &[(&str, &str)]) {
    for (name, value) in rows {
        fact(ui, name, |ui| {
            let words = RichText::new(*value).font(theme::body()).color(theme::palette(ui).text);
            ui.add(Label::new(words).wrap());
        });
    }
}

/// One fact whose value is drawn by `value`: a link, a tag.
pub fn fact<R>(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = theme::CONTROL_SMALL;
        ui.allocate_ui(vec2(NAME, theme::TAG), |ui| {
            ui.set_min_width(NAME);
            text::secondary(ui, name);
        });
        ui.vertical(value).inner
    })
    .inner
}

const NAME: f32 = 92.0;
