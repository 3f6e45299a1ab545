//! Runs drawing code for some frames and keeps what it painted last: shapes and textures.
//!
//! Not for turning that into pixels.

use std::collections::BTreeMap;

use egui::epaint::{ClippedShape, ImageData, ImageDelta};
use egui::{Color32, Context, Rect, TextureId, Theme, Ui, Vec2};

use crate::app::theme;

/// What was painted.
pub(super) struct Scene {
    pub(super) ctx: Context,
    pub(super) shapes: Vec<ClippedShape>,
    pub(super) pixels_per_point: f32,
    pub(super) textures: BTreeMap<TextureId, Texture>,
    /// The color of the window behind everything.
    pub(super) ground: Color32,
}

/// An image in premultiplied colors.
#[derive(Default)]
pub(super) struct Texture {
    pub(super) size: [usize; 2],
    pub(super) pixels: Vec<Color32>,
    pub(super) nearest: bool,
}

/// Runs `draw` for `frames` frames in a window of `size` points.
pub(super) fn run(
    size: [u32; 2],
    pixels_per_point: f32,
    dark: bool,
    frames: usize,
    mut draw: impl FnMut(&mut Ui),
) -> Scene {
    let ctx = Context::default();
    theme::install(&ctx);
    ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
    ctx.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.scroll_animation = egui::style::ScrollAnimation::none();
    });
    let mut scene = Scene {
        ctx: ctx.clone(),
        shapes: Vec::new(),
        pixels_per_point,
        textures: BTreeMap::new(),
        ground: theme::of(dark).palette.bg,
    };
    for frame in 0..frames.max(1) {
        let mut output = ctx.run_ui(input(size, pixels_per_point, frame), &mut draw);
        for (id, deltas) in &output.textures_delta.set {
            for delta in deltas {
                scene.textures.entry(*id).or_default().apply(delta);
            }
        }
        output.textures_delta.clear();
        scene.shapes = output.shapes;
        scene.pixels_per_point = output.pixels_per_point;
    }
    scene
}

const FRAME_SECS: f64 = 1.0 / 60.0;

fn input(size: [u32; 2], pixels_per_point: f32, frame: usize) -> egui::RawInput {
    let mut input = egui::RawInput {
        screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, Vec2::new(size[0] as f32, size[1] as f32))),
        max_texture_side: Some(MAX_TEXTURE_SIDE),
        time: Some(frame as f64 * FRAME_SECS),
        predicted_dt: FRAME_SECS as f32,
        focused: true,
        ..egui::RawInput::default()
    };
    let viewport = input.viewports.entry(input.viewport_id).or_default();
    viewport.native_pixels_per_point = Some(pixels_per_point);
    input
}

const MAX_TEXTURE_SIDE: usize = 8192;

impl Texture {
    fn apply(&mut self, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        self.nearest = delta.options.magnification == egui::TextureFilter::Nearest;
        let Some([left, top]) = delta.pos else {
            self.size = image.size;
            self.pixels.clone_from(&image.pixels);
            return;
        };
        let [width, height] = image.size;
        if left + width > self.size[0] || top + height > self.size[1] {
            return;
        }
        for row in 0..height {
            let start = (top + row) * self.size[0] + left;
            self.pixels[start..start + width].copy_from_slice(&image.pixels[row * width..(row + 1) * width]);
        }
    }
}
