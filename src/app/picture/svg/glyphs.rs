//! The outlines of icons, from the icon font.
//!
//! Not for letters, which stay text.

use std::fmt::Write;

use egui::Pos2;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};

use super::num;
use crate::app::theme;

/// The path of icon `chr` at `size`, with its origin at `baseline`; `None` if the font has no such icon.
pub(super) fn icon_path(chr: char, size: f32, baseline: Pos2) -> Option<String> {
    let font = FontRef::new(theme::PHOSPHOR).ok()?;
    let outline = font.outline_glyphs().get(font.charmap().map(chr)?)?;
    let mut pen = Pen { path: String::new(), baseline };
    outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), &mut pen).ok()?;
    Some(pen.path)
}

/// Writes path commands; fonts count y upward, pictures downward.
struct Pen {
    path: String,
    baseline: Pos2,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> String {
        format!("{} {}", num(self.baseline.x + x), num(self.baseline.y - y))
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        let _ = write!(self.path, "M{to}");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        let _ = write!(self.path, "L{to}");
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (control, to) = (self.at(cx, cy), self.at(x, y));
        let _ = write!(self.path, "Q{control} {to}");
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b, to) = (self.at(ax, ay), self.at(bx, by), self.at(x, y));
        let _ = write!(self.path, "C{a} {b} {to}");
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}
