//! Colors, sizes, spacing and fonts: the only place that has any.
//!
//! Not for drawing: the components in `widgets` draw with what is named here.

mod fonts;
mod style;

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, Ui};

pub use fonts::{
    JETBRAINS_MONO, PHOSPHOR, STORMLINE_INTER_MEDIUM, STORMLINE_INTER_REGULAR, STORMLINE_INTER_SEMIBOLD,
};

/// Sets fonts, text styles and both looks (light and dark) of a context. Call once, before the first frame.
pub fn install(ctx: &egui::Context) {
    fonts::install(ctx);
    ctx.set_style_of(egui::Theme::Light, style::style(&LIGHT));
    ctx.set_style_of(egui::Theme::Dark, style::style(&DARK));
}

/// The colors that fit the look `ui` is drawn in.
pub fn palette(ui: &Ui) -> &'static Palette {
    &theme(ui).palette
}

/// Everything colored that fits the look `ui` is drawn in.
pub fn theme(ui: &Ui) -> &'static Theme {
    of(ui.visuals().dark_mode)
}

/// The dark theme or the light one.
pub fn of(dark: bool) -> &'static Theme {
    if dark { &DARK } else { &LIGHT }
}

/// The colors of surfaces, lines, text and states.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Palette {
    /// The window.
    pub bg: Color32,
    /// Cards, panels, tables.
    pub surface: Color32,
    /// Hover, header rows, wells.
    pub surface_2: Color32,
    /// Lines of one point.
    pub border: Color32,
    /// What is read first.
    pub text: Color32,
    /// Secondary text and labels.
    pub text_2: Color32,
    /// Hints; never for what a person needs to know.
    pub text_3: Color32,
    /// Selection, primary button, links, focus ring.
    pub accent: Color32,
    /// Selected rows, filter chips.
    pub accent_soft: Color32,
    /// Text and icons on `accent`.
    pub on_accent: Color32,
    /// Good; always with an icon or a word, as are the two after it.
    pub positive: Color32,
    /// Needs a look.
    pub warning: Color32,
    /// Wrong, or destroys something.
    pub danger: Color32,
    /// Behind text in `positive`.
    pub positive_soft: Color32,
    /// Behind text in `warning`.
    pub warning_soft: Color32,
    /// Behind text in `danger`.
    pub danger_soft: Color32,
    /// Text and icons on `danger`.
    pub on_danger: Color32,
    /// Below a dialog.
    pub backdrop: Color32,
}

/// The colors of one look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Theme {
    /// Whether the surfaces are dark.
    pub dark: bool,
    /// Surfaces, lines, text, states.
    pub palette: Palette,
    /// Series of a chart in this order; told apart by color-blind readers, see also [`DASHES`].
    pub categories: [Color32; 8],
    /// From little to much, one hue.
    pub sequential: [Color32; 7],
    /// From below to above: orange, gray, blue.
    pub diverging: [Color32; 7],
    /// The board; the text on all of these is [`StickyColors::text`] in both looks.
    pub sticky: StickyColors,
}

impl Theme {
    /// The color of series `index`; starts again after the last.
    pub fn category(&self, index: usize) -> Color32 {
        self.categories[index % self.categories.len()]
    }

    /// The color of `share` (0 to 1) on the sequential scale, blended between its steps.
    pub fn heat(&self, share: f32) -> Color32 {
        blend(&self.sequential, share)
    }

    /// The color of `value` (−1 to 1) on the diverging scale, blended between its steps.
    pub fn signed_heat(&self, value: f32) -> Color32 {
        blend(&self.diverging, (value + 1.0) / 2.0)
    }

    /// The text color, dark or light, that reads best on `background`.
    pub fn text_on(&self, background: Color32) -> Color32 {
        let (dark, light) = (INK, LIGHT.palette.surface);
        if contrast(dark, background) >= contrast(light, background) { dark } else { light }
    }
}

/// The colors of an Event Storming board.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "each is named by the sticky it colors")]
pub struct StickyColors {
    pub text: Color32,
    pub event: Color32,
    pub command: Color32,
    pub actor: Color32,
    pub aggregate: Color32,
    pub policy: Color32,
    pub read_model: Color32,
    pub system: Color32,
    pub hotspot: Color32,
    pub opportunity: Color32,
    pub note: Color32,
}

/// The meaning of a tag, a toast or a banner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the words of the palette")]
pub enum Tone {
    #[default]
    Neutral,
    Accent,
    Positive,
    Warning,
    Danger,
}

impl Palette {
    /// The color of text and icon in `tone`.
    pub fn tone(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Neutral => self.text_2,
            Tone::Accent => self.accent,
            Tone::Positive => self.positive,
            Tone::Warning => self.warning,
            Tone::Danger => self.danger,
        }
    }

    /// The color behind text in `tone`.
    pub fn tone_soft(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Neutral => self.surface_2,
            Tone::Accent => self.accent_soft,
            Tone::Positive => self.positive_soft,
            Tone::Warning => self.warning_soft,
            Tone::Danger => self.danger_soft,
        }
    }

    /// A line of one point.
    pub fn line(&self) -> Stroke {
        Stroke::new(LINE, self.border)
    }

    /// What surrounds the thing that has the keyboard.
    pub fn focus_ring(&self) -> Stroke {
        Stroke::new(FOCUS_RING, self.accent)
    }
}

/// Dash lengths (drawn, left out, in points) of series `index`, so that color is never alone; empty is solid.
pub const DASHES: [&[f32]; 8] = [
    &[],
    &[6.0, 3.0],
    &[2.0, 2.0],
    &[8.0, 3.0, 2.0, 3.0],
    &[12.0, 4.0],
    &[4.0, 2.0],
    &[1.0, 3.0],
    &[10.0, 2.0],
];

/// Space between an icon and its word, or two things that are one.
pub const SPACE_1: f32 = 4.0;
/// Space between controls.
pub const SPACE_2: f32 = 8.0;
/// Space inside a card.
pub const SPACE_3: f32 = 12.0;
/// Space around the content of a page.
pub const SPACE_4: f32 = 16.0;
/// Space between sections.
pub const SPACE_5: f32 = 24.0;
/// Space around an empty state.
pub const SPACE_6: f32 = 32.0;

/// Corner of buttons, fields, chips.
pub const RADIUS_CONTROL: CornerRadius = CornerRadius::same(6);
/// Corner of tags and of what lies inside a control.
pub const RADIUS_SMALL: CornerRadius = CornerRadius::same(4);
/// Corner of cards.
pub const RADIUS_CARD: CornerRadius = CornerRadius::same(8);
/// Corner of dialogs.
pub const RADIUS_DIALOG: CornerRadius = CornerRadius::same(10);

/// Height of buttons, fields and selects.
pub const CONTROL: f32 = 28.0;
/// Height of a chip and of a control inside a sentence.
pub const CONTROL_SMALL: f32 = 24.0;
/// Height of a tag.
pub const TAG: f32 = 18.0;
/// Height of a table row.
pub const ROW: f32 = 28.0;
/// Height of a table row where many must be seen.
pub const ROW_DENSE: f32 = 24.0;
/// The least size of what can be hit.
pub const HIT: f32 = 24.0;
/// Thickness of lines.
pub const LINE: f32 = 1.0;
/// Thickness of the focus ring.
pub const FOCUS_RING: f32 = 2.0;

/// Width of the rail of places.
pub const RAIL: f32 = 64.0;
/// Height of the top bar.
pub const TOP_BAR: f32 = 44.0;
/// Height of the status line.
pub const STATUS_LINE: f32 = 26.0;
/// First width of the inspector.
pub const INSPECTOR: f32 = 320.0;
/// First width of the list column of a place.
pub const SIDE_LIST: f32 = 200.0;
/// Width of a dialog.
pub const DIALOG: f32 = 440.0;
/// Width of a toast.
pub const TOAST: f32 = 340.0;
/// Width of the list of a search select.
pub const SELECT_LIST: f32 = 300.0;
/// Height of the list of a search select.
pub const SELECT_LIST_HEIGHT: f32 = 280.0;

/// Longest animation, in seconds.
pub const ANIMATION_SECS: f32 = 0.12;
/// How long something must take before its progress is shown, in seconds.
pub const PROGRESS_AFTER_SECS: f64 = 0.25;

/// Running text, 13.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Running text that stands out, 13 medium.
pub fn medium() -> FontId {
    FontId::new(13.0, medium_family())
}

/// The emphasized word of a sentence, 13 semibold.
pub fn strong() -> FontId {
    FontId::new(13.0, semibold_family())
}

/// Secondary text, 11.5.
pub fn small() -> FontId {
    FontId::new(11.5, FontFamily::Proportional)
}

/// Tags and counts, 11.5 medium.
pub fn small_medium() -> FontId {
    FontId::new(11.5, medium_family())
}

/// Names of fields, axes and columns, 12 medium.
pub fn label() -> FontId {
    FontId::new(12.0, medium_family())
}

/// The name of a place in the rail, 10.5 medium.
pub fn tiny() -> FontId {
    FontId::new(10.5, medium_family())
}

/// Title of a section or a card, 14 semibold.
pub fn section() -> FontId {
    FontId::new(14.0, semibold_family())
}

/// Title of a page, 20 semibold.
pub fn title() -> FontId {
    FontId::new(20.0, semibold_family())
}

/// The number of a KPI, 28 semibold.
pub fn big() -> FontId {
    FontId::new(28.0, semibold_family())
}

/// Code, names of properties, identifiers, 12.5.
pub fn mono() -> FontId {
    FontId::new(12.5, FontFamily::Monospace)
}

/// An icon in a control, 16.
pub fn icon() -> FontId {
    FontId::new(16.0, icon_family())
}

/// An icon in a tag or a row of small text, 13.
pub fn icon_small() -> FontId {
    FontId::new(13.0, icon_family())
}

/// An icon of the rail, 20.
pub fn icon_large() -> FontId {
    FontId::new(20.0, icon_family())
}

/// The icon of an empty state, 40.
pub fn icon_huge() -> FontId {
    FontId::new(40.0, icon_family())
}

/// Contrast of two opaque colors by WCAG 2.1: 1 (none) to 21 (black on white).
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn medium_family() -> FontFamily {
    FontFamily::Name(fonts::MEDIUM.into())
}

fn semibold_family() -> FontFamily {
    FontFamily::Name(fonts::SEMIBOLD.into())
}

fn icon_family() -> FontFamily {
    FontFamily::Name(fonts::ICONS.into())
}

/// The light look.
pub const LIGHT: Theme = Theme {
    dark: false,
    palette: Palette {
        bg: hex(0xF6F7F9),
        surface: hex(0xFFFFFF),
        surface_2: hex(0xEEF0F4),
        border: hex(0xDFE2E8),
        text: hex(0x1A1D23),
        text_2: hex(0x565D6B),
        text_3: hex(0x656C7A),
        accent: hex(0x3554D1),
        accent_soft: hex(0xE8EDFD),
        on_accent: hex(0xFFFFFF),
        positive: hex(0x1F7334),
        warning: hex(0xA85400),
        danger: hex(0xC02B2B),
        positive_soft: hex(0xE3F3E7),
        warning_soft: hex(0xFDF1E1),
        danger_soft: hex(0xFCEAEA),
        on_danger: hex(0xFFFFFF),
        backdrop: Color32::from_rgba_premultiplied(10, 12, 18, 100),
    },
    categories: CATEGORIES,
    sequential: [
        hex(0xEEF0F4),
        hex(0xCFD6EE),
        hex(0xB0BCE8),
        hex(0x92A2E3),
        hex(0x7388DD),
        hex(0x546ED7),
        hex(0x3554D1),
    ],
    diverging: [
        hex(0xC96A12),
        hex(0xE39A55),
        hex(0xF0CBA5),
        hex(0xE4E6EA),
        hex(0xA9C6EC),
        hex(0x6D9FDF),
        hex(0x2F6FC8),
    ],
    sticky: STICKY,
};

/// The dark look.
pub const DARK: Theme = Theme {
    dark: true,
    palette: Palette {
        bg: hex(0x15171C),
        surface: hex(0x1C1F26),
        surface_2: hex(0x252933),
        border: hex(0x323845),
        text: hex(0xE9EBEF),
        text_2: hex(0xA7AEBB),
        text_3: hex(0x969EAC),
        accent: hex(0x8CA2FF),
        accent_soft: hex(0x28325A),
        on_accent: hex(0x15171C),
        positive: hex(0x6CCB7C),
        warning: hex(0xF2A756),
        danger: hex(0xFF8080),
        positive_soft: hex(0x1D3324),
        warning_soft: hex(0x3A2A17),
        danger_soft: hex(0x402326),
        on_danger: hex(0x15171C),
        backdrop: Color32::from_rgba_premultiplied(0, 0, 0, 150),
    },
    categories: CATEGORIES,
    sequential: [
        hex(0x252933),
        hex(0x363D55),
        hex(0x475177),
        hex(0x596699),
        hex(0x6A7ABB),
        hex(0x7B8EDD),
        hex(0x8CA2FF),
    ],
    diverging: [
        hex(0xE8871E),
        hex(0xA9672A),
        hex(0x6C4A2C),
        hex(0x3A3F4A),
        hex(0x2E4A70),
        hex(0x3362A0),
        hex(0x3B7DD8),
    ],
    sticky: STICKY,
};

/// Dark enough that it or white reads on any color (the theme's own dark text would miss by a little).
const INK: Color32 = hex(0x050608);

const CATEGORIES: [Color32; 8] = [
    hex(0x3B7DD8),
    hex(0xE8871E),
    hex(0x2A9D75),
    hex(0x8E5BC0),
    hex(0xD1495B),
    hex(0x2FA7C4),
    hex(0x9A6B3F),
    hex(0x7A7F8A),
];

const STICKY: StickyColors = StickyColors {
    text: hex(0x1A1D23),
    event: hex(0xFFB84D),
    command: hex(0x7EC8F0),
    actor: hex(0xFFF3A3),
    aggregate: hex(0xFFE066),
    policy: hex(0xC9A0DC),
    read_model: hex(0xA8D08D),
    system: hex(0xF4A6C0),
    hotspot: hex(0xE85D75),
    opportunity: hex(0x7BD88F),
    note: hex(0xECECEC),
};

const fn hex(rgb: u32) -> Color32 {
    let [_, r, g, b] = rgb.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

fn blend(steps: &[Color32], share: f32) -> Color32 {
    let last = steps.len() - 1;
    let at = if share.is_finite() { share.clamp(0.0, 1.0) * last as f32 } else { 0.0 };
    let low = (at as usize).min(last);
    steps[low].lerp_to_gamma(steps[(low + 1).min(last)], at - low as f32)
}

fn luminance(color: Color32) -> f32 {
    let [r, g, b, _] = color.to_array().map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn linear(byte: u8) -> f32 {
    let share = f32::from(byte) / 255.0;
    if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_color_is_readable_where_it_is_used() {
        for theme in [&LIGHT, &DARK] {
            let p = &theme.palette;
            let grounds = [("bg", p.bg), ("surface", p.surface), ("surface_2", p.surface_2)];
            let texts = [
                ("text", p.text),
                ("text_2", p.text_2),
                ("text_3", p.text_3),
                ("accent", p.accent),
                ("positive", p.positive),
                ("warning", p.warning),
                ("danger", p.danger),
            ];
            for (text_name, text) in texts {
                for (ground_name, ground) in grounds {
                    assert_readable(theme.dark, text_name, text, ground_name, ground);
                }
            }
            for (name, text) in [("text", p.text), ("text_2", p.text_2), ("accent", p.accent)] {
                assert_readable(theme.dark, name, text, "accent_soft", p.accent_soft);
            }
            assert_readable(theme.dark, "on_accent", p.on_accent, "accent", p.accent);
            assert_readable(theme.dark, "on_danger", p.on_danger, "danger", p.danger);
            for tone in [Tone::Neutral, Tone::Accent, Tone::Positive, Tone::Warning, Tone::Danger] {
                assert_readable(theme.dark, "tone", p.tone(tone), "tone_soft", p.tone_soft(tone));
            }
        }
    }

    #[test]
    fn sticky_text_is_readable_on_every_sticky() {
        let s = &STICKY;
        let all = [
            s.event,
            s.command,
            s.actor,
            s.aggregate,
            s.policy,
            s.read_model,
            s.system,
            s.hotspot,
            s.opportunity,
            s.note,
        ];
        for ground in all {
            assert_readable(false, "sticky text", s.text, "sticky", ground);
        }
    }

    #[test]
    fn a_percentage_is_readable_on_every_shade_of_the_scales() {
        for theme in [&LIGHT, &DARK] {
            for step in 0_u8..=100 {
                let share = f32::from(step) / 100.0;
                for ground in [theme.heat(share), theme.signed_heat(share * 2.0 - 1.0)] {
                    let ratio = contrast(theme.text_on(ground), ground);
                    assert!(ratio >= 4.5, "{ground:?}: {ratio}");
                }
            }
        }
    }

    /// Two categories may come close for one kind of color blindness only if their dashes differ.
    #[test]
    fn categories_are_told_apart_by_color_blind_readers() {
        let kinds = [("normal", NORMAL), ("deuteranopia", DEUTERANOPIA), ("protanopia", PROTANOPIA)];
        for (kind, matrix) in kinds {
            for (i, a) in CATEGORIES.iter().enumerate() {
                for (j, b) in CATEGORIES.iter().enumerate().skip(i + 1) {
                    let distance = distance(seen(*a, matrix), seen(*b, matrix));
                    assert!(distance >= 5.0, "{kind}: {i} and {j} are {distance:.1} apart");
                    assert!(distance >= 12.0 || DASHES[i] != DASHES[j], "{kind}: {i} and {j}");
                }
            }
        }
    }

    #[test]
    fn neighboring_categories_differ_clearly() {
        for matrix in [NORMAL, DEUTERANOPIA, PROTANOPIA] {
            for pair in CATEGORIES.windows(2) {
                let distance = distance(seen(pair[0], matrix), seen(pair[1], matrix));
                assert!(distance >= 10.0, "{pair:?}: {distance:.1}");
            }
        }
    }

    #[test]
    fn scales_end_where_they_should_and_survive_nonsense() {
        for theme in [&LIGHT, &DARK] {
            assert_eq!(theme.heat(0.0), theme.palette.surface_2);
            assert_eq!(theme.heat(1.0), theme.palette.accent);
            assert_eq!(theme.heat(f32::NAN), theme.palette.surface_2);
            assert_eq!(theme.signed_heat(0.0), theme.diverging[3]);
            assert_eq!(theme.category(9), theme.categories[1]);
        }
    }

    fn assert_readable(dark: bool, name: &str, text: Color32, ground_name: &str, ground: Color32) {
        let ratio = contrast(text, ground);
        assert!(ratio >= 4.5, "dark {dark}: {name} on {ground_name} is {ratio:.2}");
    }

    /// Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
    const DEUTERANOPIA: [[f32; 3]; 3] =
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
    const PROTANOPIA: [[f32; 3]; 3] =
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
    const NORMAL: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    /// Linear RGB as someone with the given vision sees it.
    fn seen(color: Color32, matrix: [[f32; 3]; 3]) -> [f32; 3] {
        let [r, g, b, _] = color.to_array().map(linear);
        matrix.map(|row| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0))
    }

    /// Distance in CIE L*a*b* (1976).
    fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
        let (a, b) = (lab(a), lab(b));
        a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt()
    }

    fn lab([r, g, b]: [f32; 3]) -> [f32; 3] {
        let x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505;
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089;
        let [x, y, z] =
            [x, y, z].map(|v: f32| if v > 0.008856 { v.cbrt() } else { 7.787 * v + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}
