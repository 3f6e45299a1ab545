//! Triangles to pixels, as a graphics card would: top-left rule, bilinear textures, premultiplied blending.
//!
//! Blends in gamma space, as egui's own renderers do. Not for shapes, which egui cuts into triangles.

use egui::epaint::{ClippedPrimitive, Mesh, Primitive, Vertex};
use egui::{Color32, Rect};

use super::stage::{Scene, Texture};

/// Draws `scene` on a canvas of `size` pixels.
pub(super) fn draw(size: [usize; 2], scene: &Scene) -> Vec<Color32> {
    let mut canvas = Canvas { size, pixels: vec![scene.ground; size[0] * size[1]] };
    let primitives = scene.ctx.tessellate(scene.shapes.clone(), scene.pixels_per_point);
    for ClippedPrimitive { clip_rect, primitive } in primitives {
        let Primitive::Mesh(mesh) = primitive else { continue };
        let Some(texture) = scene.textures.get(&mesh.texture_id) else { continue };
        let clip = canvas.clip(clip_rect, scene.pixels_per_point);
        canvas.mesh(&mesh, texture, clip, scene.pixels_per_point);
    }
    canvas.pixels
}

struct Canvas {
    size: [usize; 2],
    pixels: Vec<Color32>,
}

/// Pixels from (inclusive) and to (exclusive).
#[derive(Clone, Copy)]
struct Clip {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Canvas {
    fn clip(&self, rect: Rect, scale: f32) -> Clip {
        let pixel = |value: f32, most: usize| (value * scale).round().clamp(0.0, most as f32) as i64;
        Clip {
            left: pixel(rect.left(), self.size[0]),
            top: pixel(rect.top(), self.size[1]),
            right: pixel(rect.right(), self.size[0]),
            bottom: pixel(rect.bottom(), self.size[1]),
        }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, clip: Clip, scale: f32) {
        if texture.pixels.is_empty() || clip.left >= clip.right || clip.top >= clip.bottom {
            return;
        }
        for corners in mesh.indices.chunks_exact(3) {
            let vertex = |corner: usize| mesh.vertices.get(corners[corner] as usize);
            let (Some(a), Some(b), Some(c)) = (vertex(0), vertex(1), vertex(2)) else { continue };
            if let Some(triangle) = Triangle::new([a, b, c], scale) {
                self.triangle(&triangle, texture, clip);
            }
        }
    }

    fn triangle(&mut self, triangle: &Triangle<'_>, texture: &Texture, clip: Clip) {
        let flat = triangle.flat_color(texture);
        if flat == Some(Color32::TRANSPARENT) {
            return;
        }
        let [top, bottom] = triangle.rows(clip);
        for y in top..bottom {
            let [left, right] = triangle.span(y, clip);
            if left >= right {
                continue;
            }
            let start = y as usize * self.size[0];
            let row = &mut self.pixels[start + left as usize..start + right as usize];
            match flat {
                Some(color) if color.is_opaque() => row.fill(color),
                Some(color) => row.iter_mut().for_each(|pixel| *pixel = over(color, *pixel)),
                None => triangle.shade(row, left, y, texture),
            }
        }
    }
}

/// A triangle in 256ths of a pixel, turning so that its inside is where all edges are positive.
struct Triangle<'m> {
    corners: [&'m Vertex; 3],
    x: [i64; 3],
    y: [i64; 3],
    area: f32,
}

const SUB: i64 = 256;
/// Farther out nothing is seen; keeps the products of two differences inside 64 bits.
const FARTHEST: f32 = 1_000_000.0;

impl<'m> Triangle<'m> {
    fn new(mut corners: [&'m Vertex; 3], scale: f32) -> Option<Self> {
        if corners.iter().any(|corner| !corner.pos.is_finite() || !corner.uv.is_finite()) {
            return None;
        }
        let fixed = |value: f32| ((value * scale).clamp(-FARTHEST, FARTHEST) * SUB as f32).round() as i64;
        let mut x = corners.map(|corner| fixed(corner.pos.x));
        let mut y = corners.map(|corner| fixed(corner.pos.y));
        let area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
        if area == 0 {
            return None;
        }
        if area < 0 {
            corners.swap(1, 2);
            x.swap(1, 2);
            y.swap(1, 2);
        }
        Some(Self { corners, x, y, area: area.abs() as f32 })
    }

    /// The color, if it is the same everywhere.
    fn flat_color(&self, texture: &Texture) -> Option<Color32> {
        let [a, b, c] = self.corners;
        let same = a.color == b.color && b.color == c.color && a.uv == b.uv && b.uv == c.uv;
        same.then(|| texture.sample(a.uv.x, a.uv.y).multiply(a.color))
    }

    fn rows(&self, clip: Clip) -> [i64; 2] {
        let least = self.y.iter().copied().min().unwrap_or(0);
        let most = self.y.iter().copied().max().unwrap_or(0);
        [(least / SUB - 1).max(clip.top), (most / SUB + 2).min(clip.bottom)]
    }

    /// The pixels of row `y` whose middle is inside.
    fn span(&self, y: i64, clip: Clip) -> [i64; 2] {
        let [mut left, mut right] = [clip.left, clip.right];
        for edge in 0..3 {
            let (slope, at_zero) = self.edge(edge, y);
            if slope > 0 {
                left = left.max(-at_zero.div_euclid(slope));
            } else if slope < 0 {
                right = right.min(at_zero.div_euclid(-slope) + 1);
            } else if at_zero < 0 {
                return [0, 0];
            }
        }
        [left, right]
    }

    /// How the function of an edge grows with each pixel, and its value at pixel 0 of row `y`; inside where it is
    /// not negative. Edges that are neither top nor left are moved by the least step, so that no pixel on a
    /// shared edge is drawn twice or never.
    fn edge(&self, edge: usize, y: i64) -> (i64, i64) {
        let (from, to) = (edge, (edge + 1) % 3);
        let (dx, dy) = (self.x[to] - self.x[from], self.y[to] - self.y[from]);
        let middle = SUB / 2;
        let value = dx * (y * SUB + middle - self.y[from]) - dy * (middle - self.x[from]);
        let top_or_left = dy < 0 || (dy == 0 && dx > 0);
        (-dy * SUB, if top_or_left { value } else { value - 1 })
    }

    /// Draws with colors and texture blended between the corners.
    fn shade(&self, row: &mut [Color32], left: i64, y: i64, texture: &Texture) {
        let weights = self.weights(left, y);
        let steps = self.weight_steps();
        let blend = |value: fn(&Vertex) -> f32| {
            let v = self.corners.map(value);
            let start = v[0] * weights[0] + v[1] * weights[1] + v[2] * weights[2];
            let step = v[0] * steps[0] + v[1] * steps[1] + v[2] * steps[2];
            (start, step)
        };
        let plain = self.corners[0].uv == self.corners[1].uv && self.corners[1].uv == self.corners[2].uv;
        let (u, du) = blend(|v| v.uv.x);
        let (v, dv) = blend(|v| v.uv.y);
        let one_color =
            self.corners[0].color == self.corners[1].color && self.corners[1].color == self.corners[2].color;
        let channels = [
            blend(|v| f32::from(v.color.r())),
            blend(|v| f32::from(v.color.g())),
            blend(|v| f32::from(v.color.b())),
            blend(|v| f32::from(v.color.a())),
        ];
        let fixed_texel = plain.then(|| texture.sample(u, v));
        for (index, pixel) in row.iter_mut().enumerate() {
            let at = index as f32;
            let texel = fixed_texel.unwrap_or_else(|| texture.sample(u + du * at, v + dv * at));
            if texel == Color32::TRANSPARENT {
                continue;
            }
            let color = if one_color {
                self.corners[0].color
            } else {
                let [r, g, b, a] =
                    channels.map(|(start, step)| (start + step * at + 0.5).clamp(0.0, 255.0) as u8);
                Color32::from_rgba_premultiplied(r, g, b, a)
            };
            *pixel = over(texel.multiply(color), *pixel);
        }
    }

    /// The share of each corner at the middle of a pixel.
    fn weights(&self, x: i64, y: i64) -> [f32; 3] {
        let (px, py) = (x * SUB + SUB / 2, y * SUB + SUB / 2);
        let value = |from: usize, to: usize| {
            (self.x[to] - self.x[from]) * (py - self.y[from])
                - (self.y[to] - self.y[from]) * (px - self.x[from])
        };
        [value(1, 2), value(2, 0), value(0, 1)].map(|w| w as f32 / self.area)
    }

    fn weight_steps(&self) -> [f32; 3] {
        [(1, 2), (2, 0), (0, 1)].map(|(from, to)| -((self.y[to] - self.y[from]) * SUB) as f32 / self.area)
    }
}

impl Texture {
    fn sample(&self, u: f32, v: f32) -> Color32 {
        let [width, height] = self.size;
        let x = u * width as f32;
        let y = v * height as f32;
        if self.nearest {
            return self.texel(x.floor() as i64, y.floor() as i64);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, below_share) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        // Glyphs are drawn texel on pixel: most samples need one texel only.
        if right_share < EXACT && below_share < EXACT {
            return self.texel(left, top);
        }
        let above = mix(self.texel(left, top), self.texel(left + 1, top), right_share);
        let below = mix(self.texel(left, top + 1), self.texel(left + 1, top + 1), right_share);
        let mixed = [0, 1, 2, 3].map(|i| (above[i] + (below[i] - above[i]) * below_share + 0.5) as u8);
        Color32::from_rgba_premultiplied(mixed[0], mixed[1], mixed[2], mixed[3])
    }

    fn texel(&self, x: i64, y: i64) -> Color32 {
        let x = x.clamp(0, self.size[0] as i64 - 1) as usize;
        let y = y.clamp(0, self.size[1] as i64 - 1) as usize;
        self.pixels[y * self.size[0] + x]
    }
}

const EXACT: f32 = 1.0 / 512.0;

fn mix(a: Color32, b: Color32, share: f32) -> [f32; 4] {
    let (a, b) = (a.to_array(), b.to_array());
    [0, 1, 2, 3].map(|i| f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * share)
}

/// `source` over `ground`, both premultiplied; the ground is opaque.
fn over(source: Color32, ground: Color32) -> Color32 {
    let left = 255 - u32::from(source.a());
    let (s, g) = (source.to_array(), ground.to_array());
    let [r, g, b, a] =
        [0, 1, 2, 3].map(|i| (u32::from(s[i]) + divided(u32::from(g[i]) * left)).min(255) as u8);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

trait Multiply {
    fn multiply(self, other: Color32) -> Color32;
}

impl Multiply for Color32 {
    fn multiply(self, other: Color32) -> Color32 {
        if self == Color32::WHITE {
            return other;
        }
        let (s, o) = (self.to_array(), other.to_array());
        let [r, g, b, a] = [0, 1, 2, 3].map(|i| divided(u32::from(s[i]) * u32::from(o[i])) as u8);
        Color32::from_rgba_premultiplied(r, g, b, a)
    }
}

/// By 255, rounded, for products of two bytes.
fn divided(product: u32) -> u32 {
    (product + 128 + ((product + 128) >> 8)) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{TextureId, pos2};

    fn canvas() -> Canvas {
        Canvas { size: [16, 16], pixels: vec![Color32::BLACK; 256] }
    }

    fn white() -> Texture {
        Texture { size: [1, 1], pixels: vec![Color32::WHITE], nearest: false }
    }

    fn quad(points: [egui::Pos2; 4], color: Color32) -> Mesh {
        let mut mesh = Mesh::with_texture(TextureId::default());
        for pos in points {
            mesh.vertices.push(Vertex { pos, uv: pos2(0.0, 0.0), color });
        }
        mesh.indices = vec![0, 1, 2, 0, 2, 3];
        mesh
    }

    #[test]
    fn triangles_that_share_an_edge_draw_each_pixel_once() {
        let half = Color32::from_rgba_premultiplied(100, 100, 100, 100);
        // A slanted quad, in both turning directions and at odd offsets.
        for shift in [0.0, 0.13, 0.5, 0.77] {
            for turned in [false, true] {
                let mut points =
                    [pos2(2.0 + shift, 1.0), pos2(14.0, 3.5), pos2(13.0, 14.0 + shift), pos2(1.0, 12.0)];
                if turned {
                    points.reverse();
                }
                let mut canvas = canvas();
                let clip = canvas.clip(Rect::EVERYTHING, 1.0);
                canvas.mesh(&quad(points, half), &white(), clip, 1.0);
                let colors: std::collections::BTreeSet<u8> =
                    canvas.pixels.iter().map(|pixel| pixel.r()).collect();
                assert_eq!(colors, [0, 100].into(), "shift {shift} turned {turned}");
            }
        }
    }

    #[test]
    fn whole_pixels_are_filled_exactly_and_clipped() {
        let mut canvas = canvas();
        let clip = canvas.clip(Rect::from_min_max(pos2(0.0, 0.0), pos2(6.0, 16.0)), 1.0);
        let points = [pos2(4.0, 4.0), pos2(8.0, 4.0), pos2(8.0, 8.0), pos2(4.0, 8.0)];
        canvas.mesh(&quad(points, Color32::WHITE), &white(), clip, 1.0);
        let filled: Vec<usize> = (0..256).filter(|&at| canvas.pixels[at] == Color32::WHITE).collect();
        let expected: Vec<usize> = (4..8).flat_map(|y| (4..6).map(move |x| y * 16 + x)).collect();
        assert_eq!(filled, expected);
    }

    #[test]
    fn nonsense_draws_nothing_and_does_not_panic() {
        let mut canvas = canvas();
        let clip = canvas.clip(Rect::from_min_max(pos2(-5.0, f32::NAN), pos2(f32::INFINITY, 1e30)), 1.0);
        for bad in [f32::NAN, f32::INFINITY, 1e30] {
            let points = [pos2(bad, 0.0), pos2(8.0, bad), pos2(8.0, 8.0), pos2(-1e30, 8.0)];
            canvas.mesh(&quad(points, Color32::WHITE), &white(), clip, 1.0);
        }
        let mut broken = quad([pos2(0.0, 0.0); 4], Color32::WHITE);
        broken.indices = vec![0, 1, 99, 7];
        canvas.mesh(&broken, &white(), clip, 1.0);
    }

    #[test]
    fn a_texture_is_blended_between_its_pixels() {
        let texture = Texture { size: [2, 1], pixels: vec![Color32::BLACK, Color32::WHITE], nearest: false };
        assert_eq!(texture.sample(0.25, 0.5), Color32::BLACK);
        assert_eq!(texture.sample(0.75, 0.5), Color32::WHITE);
        assert_eq!(texture.sample(0.5, 0.5).r(), 128);
        assert_eq!(texture.sample(-3.0, 9.0), Color32::BLACK);
    }
}
