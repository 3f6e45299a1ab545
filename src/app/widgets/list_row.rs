//! A row of a list of things to open: a name, a count at the right, selected or not.
//!
//! Not for tables, and not for the choices of a search select.

use egui::{CursorIcon, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// One row, as wide as there is room.
#[must_use = "call .show(ui)"]
pub struct ListRow<'a> {
    label: &'a str,
    selected: bool,
    icon: Option<Icon>,
    count: &'a str,
    mark: Option<(Icon, Tone, &'a str)>,
    indent: usize,
    mono: bool,
}

impl<'a> ListRow<'a> {
    /// A row named `label`.
    pub fn new(label: &'a str) -> Self {
        Self { label, selected: false, icon: None, count: "", mark: None, indent: 0, mono: false }
    }

    /// Whether it is the one that is open.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// An icon before the name.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// A formatted number at the right.
    pub fn count(mut self, count: &'a str) -> Self {
        self.count = count;
        self
    }

    /// A mark before the count, with what it says to screen readers.
    pub fn mark(mut self, icon: Icon, tone: Tone, meaning: &'a str) -> Self {
        self.mark = Some((icon, tone, meaning));
        self
    }

    /// Levels below the first.
    pub fn indent(mut self, levels: usize) -> Self {
        self.indent = levels;
        self
    }

    /// For identifiers and names of properties.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let palette = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListItem, ui.is_enabled(), self.selected, self.spoken())
        });
        if self.selected {
            ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.accent_soft);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.surface_2);
        }
        let ink = if self.selected { palette.accent } else { palette.text };
        let inner = rect.shrink2(vec2(theme::SPACE_2, 0.0));
        let mut end = inner.right();
        if !self.count.is_empty() {
            let ink = if self.selected { palette.accent } else { palette.text_2 };
            end = paint::right(ui, inner, end, paint::line(ui, self.count, theme::label(), ink))
                - theme::SPACE_2;
        }
        if let Some((icon, tone, _)) = self.mark {
            let sign = paint::line(ui, icon.as_str(), theme::icon_small(), palette.tone(tone));
            end = paint::right(ui, inner, end, sign) - theme::SPACE_1;
        }
        let mut start = inner.left() + self.indent as f32 * theme::SPACE_4;
        if let Some(icon) = self.icon {
            let ink = if self.selected { palette.accent } else { palette.text_2 };
            start = paint::left(ui, inner, start, paint::line(ui, icon.as_str(), theme::icon(), ink))
                + theme::SPACE_2;
        }
        let font = if self.mono {
            theme::mono()
        } else if self.selected {
            theme::medium()
        } else {
            theme::body()
        };
        let (words, cut) = paint::elided_middle(ui, self.label, font, ink, end - start);
        paint::left(ui, inner, start, words);
        paint::focus_ring(ui, &response, theme::RADIUS_CONTROL);
        let response = if cut { response.on_hover_text(self.label) } else { response };
        response.on_hover_cursor(CursorIcon::PointingHand)
    }

    fn spoken(&self) -> String {
        let mut spoken = self.label.to_owned();
        for more in [self.count, self.mark.map_or("", |(_, _, meaning)| meaning)] {
            if !more.is_empty() {
                spoken.push_str(", ");
                spoken.push_str(more);
            }
        }
        spoken
    }
}
