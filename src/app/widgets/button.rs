//! Buttons: primary, secondary, quiet, danger, icon alone; and links.
//!
//! Not for choosing one of a few (`segmented`) or one of many (`search_select`).

use std::sync::Arc;

use egui::{
    Color32, CursorIcon, Galley, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};

use super::paint;
use crate::app::icon::Icon;
use crate::app::theme::{self, Palette};

/// A button. One primary per page; icon buttons always carry a name.
///
/// `Button::primary("Save query").icon(Icon::CHECK).show(ui).clicked()`
#[must_use = "call .show(ui)"]
pub struct Button<'a> {
    kind: Kind,
    label: &'a str,
    shows_label: bool,
    prefix: &'a str,
    icon: Option<Icon>,
    trailing: Option<Icon>,
    tooltip: Option<&'a str>,
    shortcut: Option<&'a str>,
    enabled: bool,
    selected: bool,
    small: bool,
    is_name: bool,
    min_width: f32,
    max_width: f32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Quiet,
    Danger,
}

impl<'a> Button<'a> {
    /// The one thing a person most likely wants here.
    pub fn primary(label: &'a str) -> Self {
        Self::new(Kind::Primary, label)
    }

    /// What else can be done here.
    pub fn secondary(label: &'a str) -> Self {
        Self::new(Kind::Secondary, label)
    }

    /// Without a frame, for what is seldom needed.
    pub fn quiet(label: &'a str) -> Self {
        Self::new(Kind::Quiet, label)
    }

    /// Destroys something.
    pub fn danger(label: &'a str) -> Self {
        Self::new(Kind::Danger, label)
    }

    /// An icon without a word; `name` is its tooltip and what screen readers say.
    pub fn icon_only(icon: Icon, name: &'a str) -> Self {
        Self { icon: Some(icon), shows_label: false, ..Self::new(Kind::Quiet, name) }
    }

    /// The button of a choice: `prefix` muted, the value, a caret. "within **7 d** ⌄"
    pub fn select(prefix: &'a str, value: &'a str) -> Self {
        Self { prefix, trailing: Some(Icon::CARET_DOWN), ..Self::new(Kind::Secondary, value) }
    }

    fn new(kind: Kind, label: &'a str) -> Self {
        Self {
            kind,
            label,
            shows_label: true,
            prefix: "",
            icon: None,
            trailing: None,
            tooltip: None,
            shortcut: None,
            enabled: true,
            selected: false,
            small: false,
            is_name: false,
            min_width: 0.0,
            max_width: f32::INFINITY,
        }
    }

    /// An icon before the label.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// An icon after the label.
    pub fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// Says more on hover; for a disabled button: why it is.
    pub fn tooltip(mut self, text: &'a str) -> Self {
        self.tooltip = Some(text);
        self
    }

    /// The keys that do the same, shown in the tooltip.
    pub fn shortcut(mut self, keys: &'a str) -> Self {
        self.shortcut = Some(keys);
        self
    }

    /// Whether it can be used.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Draws it as switched on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// For a line of text or a table.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Its label is a name in the data, which may differ from others only at its end: it is cut in its middle.
    pub fn name(mut self) -> Self {
        self.is_name = true;
        self
    }

    /// Never narrower than this.
    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    /// Never wider than this: the label is cut.
    pub fn max_width(mut self, width: f32) -> Self {
        self.max_width = width;
        self
    }

    /// Draws it; `clicked()` of the response is also true for Enter and Space.
    pub fn show(self, ui: &mut Ui) -> Response {
        let enabled = self.enabled && ui.is_enabled();
        let parts = self.layout(ui, enabled);
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(parts.size, sense);
        let spoken = if self.prefix.is_empty() {
            self.label.to_owned()
        } else {
            format!("{} {}", self.prefix, self.label)
        };
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Button, enabled, &spoken);
            info.selected = self.selected.then_some(true);
            info
        });
        let is_cut = parts.is_cut;
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, parts, enabled);
        }
        self.hover(response, enabled, is_cut)
    }

    fn layout(&self, ui: &Ui, enabled: bool) -> Parts {
        let (_, _, ink) = self.colors(theme::palette(ui));
        let ink = paint::faded(ui, ink, enabled);
        let muted = paint::faded(ui, theme::palette(ui).text_2, enabled);
        let height = if self.small { theme::CONTROL_SMALL } else { theme::CONTROL };
        let font = if self.small { theme::label() } else { theme::medium() };
        let icon_font = if self.small { theme::icon_small() } else { theme::icon() };
        let mut pieces = Vec::new();
        let mut is_cut = false;
        if let Some(icon) = self.icon {
            pieces.push(paint::line(ui, icon.as_str(), icon_font, ink));
        }
        if !self.prefix.is_empty() {
            pieces.push(paint::line(ui, self.prefix, theme::body(), muted));
        }
        if self.shows_label && !self.label.is_empty() {
            let caret = if self.trailing.is_some() { CARET } else { 0.0 };
            let taken: f32 = pieces.iter().map(|piece: &Arc<Galley>| piece.size().x + GAP).sum();
            let room = room(ui).min(self.max_width) - taken - caret - MARGIN * 2.0;
            let room = room.max(LEAST_LABEL);
            let words = if self.is_name {
                let (words, cut) = paint::elided_middle(ui, self.label, font, ink, room);
                is_cut = cut;
                words
            } else {
                paint::elided(ui, self.label, font, ink, room)
            };
            is_cut |= words.elided;
            pieces.push(words);
        }
        if let Some(icon) = self.trailing {
            pieces.push(paint::line(ui, icon.as_str(), theme::icon_small(), ink));
        }
        let gap = if self.prefix.is_empty() { GAP } else { theme::SPACE_1 };
        let content = pieces.iter().map(|piece| piece.size().x).sum::<f32>()
            + gap * pieces.len().saturating_sub(1) as f32;
        let width = if self.shows_label {
            let margin = if self.small { theme::SPACE_2 } else { MARGIN };
            (content + margin * 2.0).max(self.min_width).ceil()
        } else {
            height
        };
        Parts { pieces, gap, content, size: vec2(width, height), is_cut }
    }

    fn paint(&self, ui: &Ui, response: &Response, parts: Parts, enabled: bool) {
        let palette = theme::palette(ui);
        let (fill, frame, _) = self.colors(palette);
        let fill = paint::faded(ui, self.hovered_fill(fill, palette, response), enabled);
        let frame = Stroke::new(frame.width, paint::faded(ui, frame.color, enabled));
        ui.painter().rect(response.rect, theme::RADIUS_CONTROL, fill, frame, StrokeKind::Inside);
        self.paint_pieces(ui, response.rect, parts);
        if self.kind == Kind::Primary && response.has_focus() {
            // On the accent itself the ring would not be seen: it goes around.
            let ring = response.rect.expand(theme::FOCUS_RING + 1.0);
            ui.painter().rect_stroke(ring, theme::RADIUS_CARD, palette.focus_ring(), StrokeKind::Inside);
        } else {
            paint::focus_ring(ui, response, theme::RADIUS_CONTROL);
        }
    }

    fn paint_pieces(&self, ui: &Ui, rect: Rect, mut parts: Parts) {
        let spare = rect.width() - parts.content - MARGIN * 2.0;
        let mut x = rect.center().x - parts.content / 2.0;
        // A select that is wider than its value looks like a field: value at the left, caret at the right.
        if self.trailing.is_some() && spare > MARGIN {
            if let Some(caret) = parts.pieces.pop() {
                paint::right(ui, rect, rect.right() - MARGIN, caret);
            }
            x = rect.left() + MARGIN;
        } else if self.kind == Kind::Quiet && self.min_width > 0.0 {
            // A row of a menu: words and icons stand in columns.
            x = rect.left() + MARGIN;
        }
        for piece in parts.pieces {
            x = paint::left(ui, rect, x, piece) + parts.gap;
        }
    }

    /// Fill, frame, ink.
    fn colors(&self, p: &Palette) -> (Color32, Stroke, Color32) {
        match self.kind {
            Kind::Primary => (p.accent, Stroke::NONE, p.on_accent),
            Kind::Danger => (p.danger, Stroke::NONE, p.on_danger),
            Kind::Secondary if self.selected => (p.accent_soft, Stroke::new(theme::LINE, p.accent), p.accent),
            Kind::Secondary => (p.surface, p.line(), p.text),
            Kind::Quiet if self.selected => (p.accent_soft, Stroke::NONE, p.accent),
            Kind::Quiet if self.shows_label => (Color32::TRANSPARENT, Stroke::NONE, p.text),
            Kind::Quiet => (Color32::TRANSPARENT, Stroke::NONE, p.text_2),
        }
    }

    fn hovered_fill(&self, fill: Color32, palette: &Palette, response: &Response) -> Color32 {
        let down = response.is_pointer_button_down_on();
        if !response.sense.senses_click() || !(response.hovered() || down) {
            return fill;
        }
        match self.kind {
            Kind::Primary | Kind::Danger => fill.lerp_to_gamma(palette.text, if down { 0.22 } else { 0.12 }),
            Kind::Secondary | Kind::Quiet if self.selected => fill,
            Kind::Secondary | Kind::Quiet if down => palette.surface_2.lerp_to_gamma(palette.border, 0.6),
            Kind::Secondary | Kind::Quiet => palette.surface_2,
        }
    }

    fn hover(&self, response: Response, enabled: bool, is_cut: bool) -> Response {
        let response = if enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
        let text = match (self.tooltip, self.shows_label) {
            (Some(text), _) if is_cut => &format!("{}\n{text}", self.label),
            (Some(text), _) => text,
            (None, false) => self.label,
            (None, true) if is_cut => self.label,
            (None, true) if self.shortcut.is_some() => self.label,
            (None, true) => return response,
        };
        match self.shortcut {
            Some(keys) => response.on_hover_text(format!("{text}  {keys}")),
            None => response.on_hover_text(text),
        }
    }
}

struct Parts {
    pieces: Vec<Arc<Galley>>,
    gap: f32,
    content: f32,
    size: Vec2,
    is_cut: bool,
}

/// How wide a button may be: a row that wraps gives it a row of its own before its label is cut.
fn room(ui: &Ui) -> f32 {
    if ui.layout().main_wrap() { ui.max_rect().width() } else { ui.available_width() }
}

const MARGIN: f32 = 11.0;
const GAP: f32 = 6.0;
/// A small icon and the gap before it.
const CARET: f32 = 19.0;
/// A label is never cut below this.
const LEAST_LABEL: f32 = 40.0;

/// Text that acts: in accent, underlined on hover.
pub fn link(ui: &mut Ui, text: &str) -> Response {
    link_with(ui, None, text)
}

/// A link with an icon before it.
pub fn link_icon(ui: &mut Ui, icon: Icon, text: &str) -> Response {
    link_with(ui, Some(icon), text)
}

fn link_with(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    let palette = theme::palette(ui);
    let ink = paint::faded(ui, palette.accent, ui.is_enabled());
    let words = paint::line(ui, text, theme::medium(), ink);
    let sign = icon.map(|icon| paint::line(ui, icon.as_str(), theme::icon(), ink));
    let before = sign.as_ref().map_or(0.0, |sign| sign.size().x + 5.0);
    let size = vec2(before + words.size().x, words.size().y.max(theme::HIT));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), text));
    if let Some(sign) = sign {
        paint::left(ui, rect, rect.left(), sign);
    }
    let height = words.size().y;
    paint::left(ui, rect, rect.left() + before, words);
    if response.hovered() || response.has_focus() {
        let y = (rect.center().y + height / 2.0 - 1.0).round();
        ui.painter().hline(rect.left() + before..=rect.right(), y, Stroke::new(theme::LINE, ink));
    }
    if response.has_focus() {
        let ring = rect.expand2(vec2(3.0, -1.0));
        ui.painter().rect_stroke(ring, theme::RADIUS_SMALL, palette.focus_ring(), StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}
