//! Text by its rank: body, secondary, hint, label, title, code; and sentences that mix them.
//!
//! Not for text that acts when clicked: that is `button::link`.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Label, Response, RichText, Role, Ui, WidgetInfo};

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// Running text.
pub fn body(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::body(), theme::palette(ui).text)
}

/// The word or number that counts.
pub fn strong(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::strong(), theme::palette(ui).text)
}

/// What goes with something else.
pub fn secondary(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::body(), theme::palette(ui).text_2)
}

/// Small text that goes with something else.
pub fn small(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::small(), theme::palette(ui).text_2)
}

/// What helps but is not needed.
pub fn hint(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::small(), theme::palette(ui).text_3)
}

/// The name of a field or a group.
pub fn label(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::label(), theme::palette(ui).text_2)
}

/// The title of a section; a heading to screen readers.
pub fn section_title(ui: &mut Ui, text: impl Into<String>) -> Response {
    heading(ui, text.into(), theme::section())
}

/// The title of a page; a heading to screen readers.
pub fn page_title(ui: &mut Ui, text: impl Into<String>) -> Response {
    heading(ui, text.into(), theme::title())
}

/// A big number.
pub fn big(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::big(), theme::palette(ui).text)
}

/// Code, identifiers, names of properties.
pub fn mono(ui: &mut Ui, text: impl Into<String>) -> Response {
    styled(ui, text, theme::mono(), theme::palette(ui).text)
}

/// Like [`mono`], cut with an ellipsis where there is no room; in full on hover.
pub fn mono_elided(ui: &mut Ui, text: impl Into<String>) -> Response {
    let rich = RichText::new(text).font(theme::mono()).color(theme::palette(ui).text);
    ui.add(Label::new(rich).truncate())
}

/// `text` cut in its middle until it `fits`, its last characters kept: names often differ only there. None when it fits
/// as it is.
pub fn cut_middle(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    const KEPT: usize = 8;
    if fits(text) {
        return None;
    }
    const FIRST: usize = 2;
    let chars: Vec<char> = text.chars().collect();
    let cut = |first: usize, last: usize| {
        let start: String = chars[..first].iter().collect();
        let end: String = chars[chars.len() - last..].iter().collect();
        format!("{}…{}", start.trim_end(), end.trim_start())
    };
    // In little room the end gives way before all of the beginning does.
    let first = FIRST.min(chars.len() / 2);
    let all = KEPT.min(chars.len() / 2);
    let last = (1..=all).rev().find(|last| fits(&cut(first, *last))).unwrap_or(1).min(all);
    let (mut least, mut most) = (first, chars.len() - last);
    while least < most {
        let kept = (least + most).div_ceil(2);
        if fits(&cut(kept, last)) { least = kept } else { most = kept - 1 }
    }
    Some(cut(least, last))
}

/// Like [`section_title`], broken into lines where it must.
pub fn section_wrapped(ui: &mut Ui, text: &str) -> Response {
    let color = theme::palette(ui).text;
    let response = ui.add(Label::new(RichText::new(text).font(theme::section()).color(color)).wrap());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text));
    response
}

/// A sentence in `tone` with its icon, so that color is never alone.
pub fn toned(ui: &mut Ui, tone: Tone, icon: Icon, text: &str) -> Response {
    let color = theme::palette(ui).tone(tone);
    let parts = [
        (icon.as_str(), theme::icon_small(), color),
        (" ", theme::body(), color),
        (text, theme::body(), color),
    ];
    let response = ui.add(Label::new(job(&parts)).wrap());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// An icon alone, in secondary color; what it says is `name` for screen readers and on hover.
pub fn icon(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let rich = RichText::new(icon.as_str()).font(theme::icon()).color(theme::palette(ui).text_2);
    let response = ui.add(Label::new(rich));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    response.on_hover_text(name)
}

/// A run of a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named by the functions of this file")]
pub enum Part<'a> {
    Body(&'a str),
    Secondary(&'a str),
    Strong(&'a str),
    Mono(&'a str),
    Toned(Tone, &'a str),
}

/// A sentence of several runs, broken into lines where it must.
pub fn sentence(ui: &mut Ui, parts: &[Part<'_>]) -> Response {
    let palette = theme::palette(ui);
    let mut spoken = String::new();
    let mut styled = Vec::with_capacity(parts.len());
    for part in parts {
        let (text, font, color) = match *part {
            Part::Body(text) => (text, theme::body(), palette.text),
            Part::Secondary(text) => (text, theme::body(), palette.text_2),
            Part::Strong(text) => (text, theme::strong(), palette.text),
            Part::Mono(text) => (text, theme::mono(), palette.text),
            Part::Toned(tone, text) => (text, theme::medium(), palette.tone(tone)),
        };
        spoken.push_str(text);
        styled.push((text, font, color));
    }
    let response = ui.add(Label::new(job(&styled)).wrap());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    response
}

fn job(parts: &[(&str, FontId, Color32)]) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (text, font, color) in parts {
        job.append(text, 0.0, TextFormat::simple(font.clone(), *color));
    }
    job
}

fn styled(ui: &mut Ui, text: impl Into<String>, font: FontId, color: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(font).color(color)))
}

fn heading(ui: &mut Ui, text: String, font: FontId) -> Response {
    let color = theme::palette(ui).text;
    let response = ui.add(Label::new(RichText::new(&text).font(font).color(color)).truncate());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &text));
    response
}

#[cfg(test)]
mod tests {
    use super::cut_middle;

    #[test]
    fn names_that_differ_at_their_end_stay_apart() {
        let cut = |text: &str, room: usize| cut_middle(text, |text| text.chars().count() <= room);
        assert_eq!(cut("Checkout", 8), None);
        let name = |end: &str| format!("Checkout Payment Method Selected {end}");
        assert_eq!(cut(&name("2"), 20).as_deref(), Some("Checkout Pa…lected 2"));
        assert_ne!(cut(&name("2"), 20), cut(&name("3"), 20));
        assert_eq!(cut("1 Checkout By 7", 6).as_deref(), Some("1…By 7"));
        assert_eq!(cut("abcd", 1).as_deref(), Some("ab…d"));
        assert_eq!(cut("a", 0).as_deref(), Some("…"));
        assert_eq!(cut("", 0), None);
    }
}
