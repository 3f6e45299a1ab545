//! Pictures without a display: right pixels, valid SVG, clear errors.
//!
//! Not for what components look like: see `widgets`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at what it does not expect")]

use stormline::app::icon::Icon;
use stormline::app::picture::{PictureError, png, svg};
use stormline::app::theme;
use stormline::app::widgets::{Button, text};

#[test]
fn a_filled_rectangle_has_its_color_and_the_ground_its_own() {
    let red = egui::Color32::from_rgb(200, 10, 20);
    let file = png([40, 30], 2.0, false, 1, |ui| {
        let rect = egui::Rect::from_min_max(egui::pos2(10.0, 10.0), egui::pos2(20.0, 20.0));
        ui.painter().rect_filled(rect, 0.0, red);
    });
    let picture = Picture::read(&file.unwrap());
    assert_eq!(picture.size, [80, 60]);
    assert_eq!(picture.at(30, 30), red);
    assert_eq!(picture.at(21, 21), red);
    assert_eq!(picture.at(5, 5), theme::LIGHT.palette.bg);
    assert_eq!(picture.at(45, 30), theme::LIGHT.palette.bg);
}

#[test]
fn text_is_drawn_in_its_color_and_the_same_each_time() {
    let draw = || {
        png([200, 40], 1.0, true, 2, |ui| {
            text::section_title(ui, "Ordered 1 234 € ≥");
        })
        .unwrap()
    };
    let file = draw();
    assert_eq!(file, draw());
    let picture = Picture::read(&file);
    let palette = &theme::DARK.palette;
    let inked = picture.count(|color| theme::contrast(color, palette.bg) > 10.0);
    assert!((100..2000).contains(&inked), "{inked} pixels of text");
    assert!(picture.count(|color| color == palette.bg) > 4000);
}

#[test]
fn an_uploaded_image_shows_its_pixels() {
    let mut texture = None;
    let file = png([20, 20], 1.0, false, 2, |ui| {
        let texture = texture.get_or_insert_with(|| {
            let image = egui::ColorImage::filled([2, 2], egui::Color32::from_rgb(1, 200, 3));
            ui.load_texture("green", image, egui::TextureOptions::NEAREST)
        });
        let rect = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(10.0, 10.0));
        let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, whole, egui::Color32::WHITE);
    });
    let picture = Picture::read(&file.unwrap());
    assert_eq!(picture.at(4, 4), egui::Color32::from_rgb(1, 200, 3));
    assert_eq!(picture.at(14, 4), theme::LIGHT.palette.bg);
}

#[test]
fn impossible_sizes_are_errors_with_a_reason() {
    let draw = |size, scale| png(size, scale, false, 1, |_| {}).unwrap_err();
    assert!(matches!(draw([0, 10], 1.0), PictureError::Empty { .. }));
    assert!(matches!(draw([10, 0], 1.0), PictureError::Empty { .. }));
    assert!(matches!(draw([u32::MAX, u32::MAX], 8.0), PictureError::TooLarge { .. }));
    assert!(matches!(draw([9000, 10], 1.0), PictureError::TooLarge { .. }));
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 100.0] {
        assert!(matches!(draw([10, 10], scale), PictureError::Scale(_)), "{scale}");
    }
    assert!(matches!(svg([0, 0], false, 1, |_| {}), Err(PictureError::Empty { .. })));
    assert_eq!(
        draw([9000, 10], 1.0).to_string(),
        "a picture of 9000 × 10 pixels is too large; the most is 8192 on a side"
    );
    assert!(png([1, 1], 1.0, false, 0, |_| {}).is_ok());
}

#[test]
fn svg_keeps_text_as_text_and_icons_as_outlines() {
    let file = svg([300, 120], false, 2, |ui| {
        text::body(ui, "Left <b> & \"right\"");
        text::mono(ui, "cart_id");
        Button::primary("Save query").icon(Icon::CHECK).show(ui);
        ui.painter().circle_filled(egui::pos2(200.0, 60.0), 12.0, egui::Color32::from_rgb(59, 125, 216));
        ui.painter().add(egui::Shape::dashed_line(
            &[egui::pos2(0.0, 100.0), egui::pos2(50.0, 100.0)],
            egui::Stroke::new(1.0, egui::Color32::BLACK),
            4.0,
            2.0,
        ));
    })
    .unwrap();
    well_formed(&file);
    assert!(file.contains(">Left &lt;b&gt; &amp; \"right\"</text>"));
    assert!(file.contains("font-family=\"JetBrains Mono, monospace\""));
    assert!(file.contains(">Save query</text>"));
    assert!(file.contains("<circle cx=\"200\" cy=\"60\" r=\"12\" fill=\"#3b7dd8\"/>"));
    assert!(file.contains("<path d=\"M"), "the icon is an outline");
    assert!(!file.contains(Icon::CHECK.as_str()), "no character of the icon font is left");
    assert_eq!(file.matches("@font-face").count(), 3);
    // Eight dashes of four points with gaps of two fill fifty points.
    assert!(file.matches("<polyline").count() >= 8);
}

#[test]
fn svg_of_text_cut_and_broken_into_lines_is_complete() {
    let file = svg([120, 200], true, 2, |ui| {
        ui.label("first words that need\nseveral lines of text");
        ui.add(egui::Label::new("a text that is much too long for one line").truncate());
    })
    .unwrap();
    well_formed(&file);
    let words: Vec<&str> = file.split("</text>").filter_map(|part| part.rsplit('>').next()).collect();
    let all = words.join(" ");
    for word in ["first", "need", "several", "lines", "a text"] {
        assert!(all.contains(word), "{word} in {all}");
    }
    assert!(all.contains('…'), "{all}");
}

/// Checks that tags are closed in order and that no stray `<` or `&` is left.
fn well_formed(file: &str) {
    let mut open = Vec::new();
    for part in file.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag is closed");
        assert!(!text.contains('>') || tag == "style" || open.last() == Some(&"style"), "{text}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split([' ', '\n']).next().unwrap_or_default());
        }
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;"].iter().any(|known| entity.starts_with(known)), "{entity}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// A decoded PNG.
pub(crate) struct Picture {
    pub(crate) size: [usize; 2],
    bytes: Vec<u8>,
}

impl Picture {
    pub(crate) fn read(file: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        Self { size: [info.width as usize, info.height as usize], bytes }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> egui::Color32 {
        let at = (y * self.size[0] + x) * 3;
        egui::Color32::from_rgb(self.bytes[at], self.bytes[at + 1], self.bytes[at + 2])
    }

    pub(crate) fn count(&self, matches: impl Fn(egui::Color32) -> bool) -> usize {
        let [width, height] = self.size;
        (0..width * height).filter(|at| matches(self.at(at % width, at / width))).count()
    }
}
