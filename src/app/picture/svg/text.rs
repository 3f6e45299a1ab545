//! Galleys to SVG text: a `<text>` for each run of one font and color, icons as outlines.
//!
//! Not for measuring: every run stands where egui put it and is as wide as egui made it.

use std::collections::BTreeSet;
use std::fmt::Write;

use egui::epaint::TextShape;
use egui::epaint::text::{Glyph, PlacedRow};
use egui::{Color32, FontFamily, FontId, Galley};

use super::glyphs;
use super::{num, paint};
use crate::app::theme;

/// The fonts a picture needs.
#[derive(Default)]
pub(super) struct Fonts {
    used: BTreeSet<Face>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Face {
    Regular,
    Medium,
    SemiBold,
    Mono,
}

impl Fonts {
    /// A style element with the used fonts inside.
    pub(super) fn style(&self) -> String {
        if self.used.is_empty() {
            return String::new();
        }
        let mut style = "<style>\ntext{white-space:pre}\n".to_owned();
        for face in &self.used {
            let _ = writeln!(
                style,
                "@font-face{{font-family:\"{}\";font-weight:{};src:url(\"data:font/{};base64,{}\")}}",
                face.family(),
                face.weight(),
                face.kind(),
                base64(face.bytes())
            );
        }
        style.push_str("</style>\n");
        style
    }
}

impl Face {
    fn of(font: &FontId) -> Self {
        match &font.family {
            FontFamily::Proportional => Self::Regular,
            FontFamily::Monospace => Self::Mono,
            FontFamily::Name(_) if *font == FontId::new(font.size, theme::medium().family) => Self::Medium,
            FontFamily::Name(_) if *font == FontId::new(font.size, theme::strong().family) => Self::SemiBold,
            FontFamily::Name(_) => Self::Regular,
        }
    }

    fn family(self) -> &'static str {
        match self {
            Self::Regular | Self::Medium | Self::SemiBold => "Stormline Inter",
            Self::Mono => "JetBrains Mono",
        }
    }

    /// What other programs fall back to, in an attribute.
    fn families(self) -> &'static str {
        match self {
            Self::Regular | Self::Medium | Self::SemiBold => "Stormline Inter, Inter, sans-serif",
            Self::Mono => "JetBrains Mono, monospace",
        }
    }

    fn weight(self) -> u16 {
        match self {
            Self::Regular | Self::Mono => 400,
            Self::Medium => 500,
            Self::SemiBold => 600,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Regular | Self::Medium | Self::SemiBold => "otf",
            Self::Mono => "ttf",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => theme::STORMLINE_INTER_REGULAR,
            Self::Medium => theme::STORMLINE_INTER_MEDIUM,
            Self::SemiBold => theme::STORMLINE_INTER_SEMIBOLD,
            Self::Mono => theme::JETBRAINS_MONO,
        }
    }
}

/// Writes `shape` to `out`.
pub(super) fn write(out: &mut String, fonts: &mut Fonts, shape: &TextShape) {
    let turned = shape.angle != 0.0;
    let pos = shape.pos;
    if turned {
        let _ = write!(
            out,
            "<g transform=\"rotate({} {} {})\">",
            num(shape.angle.to_degrees()),
            num(pos.x),
            num(pos.y)
        );
    }
    let mut at = 0;
    for row in &shape.galley.rows {
        let glyphs = styled(&shape.galley, row, &mut at, shape);
        for run in glyphs.chunk_by(|a, b| a.same_run(b)) {
            write_run(out, fonts, run, pos + row.pos.to_vec2());
        }
    }
    if turned {
        out.push_str("</g>");
    }
}

/// A glyph with the font and color it has.
struct Styled<'g> {
    glyph: &'g Glyph,
    font: &'g FontId,
    color: Color32,
}

impl Styled<'_> {
    fn is_icon(&self) -> bool {
        ('\u{e000}'..='\u{f8ff}').contains(&self.glyph.chr)
    }

    fn same_run(&self, other: &Self) -> bool {
        !self.is_icon()
            && !other.is_icon()
            && self.font == other.font
            && self.color == other.color
            && self.glyph.pos.y == other.glyph.pos.y
    }
}

/// The glyphs of a row; `at` is the place in the text, in characters, and moves on.
fn styled<'g>(galley: &'g Galley, row: &'g PlacedRow, at: &mut usize, shape: &TextShape) -> Vec<Styled<'g>> {
    let starts: Vec<usize> = galley.job.text.char_indices().map(|(byte, _)| byte).collect();
    let sections = &galley.job.sections;
    let first = *at;
    *at += row.glyphs.len() + usize::from(row.ends_with_newline);
    row.glyphs
        .iter()
        .enumerate()
        .filter_map(|(index, glyph)| {
            // The mark of a cut text is no character of it: it looks like the last one.
            let byte = starts.get(first + index).or(starts.last()).copied().unwrap_or(0);
            let section = sections
                .iter()
                .find(|section| byte < usize::from(section.byte_range.end))
                .or(sections.last())?;
            let color = shape.override_text_color.unwrap_or(match section.format.color {
                Color32::PLACEHOLDER => shape.fallback_color,
                color => color,
            });
            let color = color.gamma_multiply(shape.opacity_factor);
            Some(Styled { glyph, font: &section.format.font_id, color })
        })
        .collect()
}

fn write_run(out: &mut String, fonts: &mut Fonts, run: &[Styled<'_>], origin: egui::Pos2) {
    // Spaces at the ends are left out: some programs drop them and would move the rest.
    let Some(start) = run.iter().position(|glyph| !glyph.glyph.chr.is_whitespace()) else { return };
    let run = &run[start..];
    let Some(first) = run.first() else { return };
    let baseline = origin + first.glyph.pos.to_vec2();
    if first.is_icon() {
        if let Some(outline) = glyphs::icon_path(first.glyph.chr, first.font.size, baseline) {
            let _ = write!(out, "<path d=\"{outline}\"{}/>", paint("fill", first.color));
        }
        return;
    }
    let inked = run.iter().rposition(|glyph| !glyph.glyph.chr.is_whitespace());
    let Some(last) = inked.and_then(|index| run.get(index)) else { return };
    let text: String = run.iter().take(inked.unwrap_or(0) + 1).map(|glyph| glyph.glyph.chr).collect();
    let face = Face::of(first.font);
    fonts.used.insert(face);
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{}\" font-family=\"{}\" font-weight=\"{}\" font-size=\"{}\" textLength=\"{}\"{}>{}</text>",
        num(baseline.x),
        num(baseline.y),
        face.families(),
        face.weight(),
        num(first.font.size),
        num(last.glyph.max_x() - first.glyph.pos.x),
        paint("fill", first.color),
        escaped(&text)
    );
}

/// Text that is safe between tags; characters that XML forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Base 64 with padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            out.push(if digit <= three.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn text_cannot_break_the_file() {
        assert_eq!(escaped("a<b> & \"c\"\u{1}\n"), "a&lt;b&gt; &amp; \"c\"\u{fffd} ");
    }
}
