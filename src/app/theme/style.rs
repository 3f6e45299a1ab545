//! The tokens of `theme` as an egui style, for egui's own widgets.
//!
//! Not for components of our own, which ask `theme` directly.

use std::collections::BTreeMap;

use egui::style::{ScrollStyle, Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, FontId, Margin, Shadow, Stroke, Style, TextStyle, Visuals, vec2};

use super::{
    ANIMATION_SECS, CONTROL, LINE, Palette, RADIUS_CONTROL, RADIUS_DIALOG, SPACE_1, SPACE_2, SPACE_3, Theme,
};

/// The style of egui's widgets in `theme`.
pub(super) fn style(theme: &Theme) -> Style {
    let mut style = Style {
        text_styles: text_styles(),
        visuals: visuals(theme),
        animation_time: ANIMATION_SECS,
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(SPACE_2, SPACE_2);
    spacing.button_padding = vec2(SPACE_2 + 2.0, SPACE_1);
    spacing.interact_size = vec2(CONTROL, CONTROL);
    spacing.menu_margin = Margin::same(SPACE_1 as i8);
    spacing.window_margin = Margin::same(SPACE_3 as i8);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = SPACE_2;
    spacing.indent = 16.0;
    spacing.combo_width = 80.0;
    spacing.text_edit_width = 200.0;
    spacing.tooltip_width = 360.0;
    spacing.menu_width = 220.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, floating: true, ..ScrollStyle::floating() };
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style.url_in_tooltip = true;
    style
}

fn text_styles() -> BTreeMap<TextStyle, FontId> {
    BTreeMap::from([
        (TextStyle::Small, super::small()),
        (TextStyle::Body, super::body()),
        (TextStyle::Button, super::medium()),
        (TextStyle::Heading, super::title()),
        (TextStyle::Monospace, super::mono()),
    ])
}

fn visuals(theme: &Theme) -> Visuals {
    let p = &theme.palette;
    let shadow = Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: Color32::from_black_alpha(if theme.dark { 110 } else { 36 }),
    };
    let base = if theme.dark { Visuals::dark() } else { Visuals::light() };
    Visuals {
        weak_text_color: Some(p.text_2),
        widgets: widgets(p),
        selection: Selection { bg_fill: p.accent_soft, stroke: Stroke::new(LINE, p.accent) },
        hyperlink_color: p.accent,
        faint_bg_color: p.bg,
        extreme_bg_color: p.surface,
        text_edit_bg_color: Some(p.surface),
        code_bg_color: p.surface_2,
        warn_fg_color: p.warning,
        error_fg_color: p.danger,
        window_corner_radius: RADIUS_DIALOG,
        window_shadow: shadow,
        window_fill: p.surface,
        window_stroke: p.line(),
        menu_corner_radius: RADIUS_CONTROL,
        panel_fill: p.bg,
        popup_shadow: shadow,
        text_cursor: TextCursorStyle { stroke: Stroke::new(1.5, p.accent), ..TextCursorStyle::default() },
        indent_has_left_vline: false,
        slider_trailing_fill: true,
        disabled_alpha: 0.5,
        ..base
    }
}

fn widgets(p: &Palette) -> Widgets {
    let face = |fill: Color32, frame: Stroke, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: frame,
        corner_radius: RADIUS_CONTROL,
        fg_stroke: Stroke::new(LINE, text),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: face(p.surface, p.line(), p.text),
        inactive: face(p.surface, p.line(), p.text),
        hovered: face(p.surface_2, p.line(), p.text),
        active: face(p.surface_2, p.focus_ring(), p.text),
        open: face(p.surface_2, p.line(), p.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_focused_widget_has_the_ring_and_a_control_its_height() {
        for theme in [&super::super::LIGHT, &super::super::DARK] {
            let style = style(theme);
            assert_eq!(style.visuals.widgets.active.bg_stroke, theme.palette.focus_ring());
            assert_eq!(style.spacing.interact_size, egui::Vec2::splat(CONTROL));
            assert_eq!(style.visuals.dark_mode, theme.dark);
        }
    }
}
