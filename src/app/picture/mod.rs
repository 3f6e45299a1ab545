//! What egui would paint, as PNG or SVG, without a display or a GPU.
//!
//! Not for screenshots of a running window: it runs the drawing code itself, with a clock of its own, so that
//! the same code gives the same picture.

mod raster;
mod stage;
mod svg;
pub mod view;

use egui::Ui;

/// Draws `size` points at `pixels_per_point` and gives the PNG file.
///
/// `draw` runs `frames` times (at least once), a sixtieth of a second apart and without animations, so that sizes
/// settle; three are enough for most views.
///
/// # Errors
/// When the picture would be empty or too large (see [`PictureError`]).
pub fn png(
    size: [u32; 2],
    pixels_per_point: f32,
    dark: bool,
    frames: usize,
    draw: impl FnMut(&mut Ui),
) -> Result<Vec<u8>, PictureError> {
    let pixels = pixels(size, pixels_per_point)?;
    let scene = stage::run(size, pixels_per_point, dark, frames, draw);
    let canvas = raster::draw(pixels, &scene);
    encode(pixels, &canvas)
}

/// Draws `size` points and gives the SVG file: text stays text, icons become outlines, fonts are embedded.
///
/// # Errors
/// When the picture would be empty or too large (see [`PictureError`]).
pub fn svg(
    size: [u32; 2],
    dark: bool,
    frames: usize,
    draw: impl FnMut(&mut Ui),
) -> Result<String, PictureError> {
    pixels(size, 1.0)?;
    Ok(svg::write(size, &stage::run(size, 1.0, dark, frames, draw)))
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Width or height is zero.
    #[error("a picture of {width} × {height} points has nothing in it; give both at least 1")]
    Empty {
        /// Width in points.
        width: u32,
        /// Height in points.
        height: u32,
    },
    /// More than [`MAX_SIDE`] on a side.
    #[error("a picture of {width} × {height} pixels is too large; the most is {MAX_SIDE} on a side")]
    TooLarge {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
    },
    /// The scale is no number between 0.25 and 8.
    #[error("a scale of {0} pixels per point is not possible; give one from 0.25 to 8")]
    Scale(f32),
    /// The PNG could not be written.
    #[error("the picture could not be encoded")]
    Encoding(#[from] ::png::EncodingError),
}

/// The most pixels on a side.
pub const MAX_SIDE: u64 = 8192;

/// The size in pixels, if it can be drawn.
fn pixels(size: [u32; 2], pixels_per_point: f32) -> Result<[usize; 2], PictureError> {
    let [width, height] = size;
    if width == 0 || height == 0 {
        return Err(PictureError::Empty { width, height });
    }
    if !(0.25..=8.0).contains(&pixels_per_point) {
        return Err(PictureError::Scale(pixels_per_point));
    }
    let scaled = |side: u32| (f64::from(side) * f64::from(pixels_per_point)).round().max(1.0) as u64;
    let (width, height) = (scaled(width), scaled(height));
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(PictureError::TooLarge { width, height });
    }
    Ok([width as usize, height as usize])
}

fn encode([width, height]: [usize; 2], canvas: &[egui::Color32]) -> Result<Vec<u8>, PictureError> {
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_compression(::png::Compression::Balanced);
    let bytes: Vec<u8> = canvas.iter().flat_map(|color| [color.r(), color.g(), color.b()]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    writer.finish()?;
    Ok(file)
}
