//! Shapes to SVG: what egui paints, before it is cut into triangles.
//!
//! Text stays text, with the bundled fonts embedded; icons become outlines, since other programs lack the font.
//! Not for pixels.

mod glyphs;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;

use egui::epaint::{
    CircleShape, ClippedShape, ColorMode, CubicBezierShape, EllipseShape, Mesh, PathShape, PathStroke,
    QuadraticBezierShape, RectShape,
};
use egui::{Color32, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId};

use super::stage::{Scene, Texture};

/// The SVG file of `scene`, `size` points large.
pub(super) fn write(size: [u32; 2], scene: &Scene) -> String {
    let mut out =
        Writer { scene, body: String::new(), clips: BTreeMap::new(), fonts: text::Fonts::default() };
    for clipped in &scene.shapes {
        out.clipped(clipped);
    }
    let [width, height] = size;
    let mut file = String::with_capacity(out.body.len() + 1024);
    let _ = write!(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\">\n<defs>\n{}",
        out.fonts.style()
    );
    for (key, id) in &out.clips {
        let [x, y, w, h] = *key;
        let _ = writeln!(
            file,
            "<clipPath id=\"c{id}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>",
            tenths(x),
            tenths(y),
            tenths(w),
            tenths(h)
        );
    }
    let _ = writeln!(file, "</defs>\n<rect width=\"{width}\" height=\"{height}\"{}/>", fill(scene.ground));
    file.push_str(&out.body);
    file.push_str("</svg>\n");
    file
}

/// Writes shapes one after the other and gathers what they need.
struct Writer<'s> {
    scene: &'s Scene,
    body: String,
    /// Clip rectangles in tenths of a point (left, top, width, height) and their numbers.
    clips: BTreeMap<[i64; 4], usize>,
    fonts: text::Fonts,
}

impl Writer<'_> {
    fn clipped(&mut self, clipped: &ClippedShape) {
        if matches!(clipped.shape, Shape::Noop) || !clipped.clip_rect.is_positive() {
            return;
        }
        let before = self.body.len();
        let clip = self.clip_id(clipped.clip_rect);
        let moved = clipped.transform_after_tessellation;
        let _ = write!(self.body, "<g clip-path=\"url(#c{clip})\">");
        let start = self.body.len();
        if moved == egui::emath::TSTransform::IDENTITY {
            self.shape(&clipped.shape);
        } else {
            let (x, y, scale) = (moved.translation.x, moved.translation.y, moved.scaling);
            let _ = write!(self.body, "<g transform=\"translate({} {}) scale({scale})\">", num(x), num(y));
            self.shape(&clipped.shape);
            self.body.push_str("</g>");
        }
        if self.body.len() == start {
            self.body.truncate(before);
        } else {
            self.body.push_str("</g>\n");
        }
    }

    fn clip_id(&mut self, rect: Rect) -> usize {
        let tenth = |value: f32| (value.clamp(-1e6, 1e6) * 10.0).round() as i64;
        let key = [tenth(rect.left()), tenth(rect.top()), tenth(rect.width()), tenth(rect.height())];
        let next = self.clips.len();
        *self.clips.entry(key).or_insert(next)
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(circle) => self.circle(circle),
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::LineSegment { points, stroke } => {
                self.polyline(points, false, Color32::TRANSPARENT, stroke)
            }
            Shape::Path(path) => self.path(path),
            Shape::Band(band) => {
                let edge = |y: fn(&egui::epaint::BandPoint) -> f32| {
                    band.points.iter().map(move |p| Pos2::new(p.x, y(p)))
                };
                let points: Vec<Pos2> = edge(|p| p.y.min).chain(edge(|p| p.y.max).rev()).collect();
                self.polyline(&points, true, band.fill, &band.stroke);
            }
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(shape) => text::write(&mut self.body, &mut self.fonts, shape),
            Shape::Mesh(mesh) => self.mesh(mesh),
            Shape::QuadraticBezier(curve) => self.quadratic(curve),
            Shape::CubicBezier(curve) => self.cubic(curve),
        }
    }

    fn circle(&mut self, circle: &CircleShape) {
        let (x, y, r) = (num(circle.center.x), num(circle.center.y), num(circle.radius));
        let paint = format!("{}{}", fill(circle.fill), stroke(&circle.stroke));
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{paint}/>");
    }

    fn ellipse(&mut self, ellipse: &EllipseShape) {
        let (x, y) = (num(ellipse.center.x), num(ellipse.center.y));
        let (rx, ry) = (num(ellipse.radius.x), num(ellipse.radius.y));
        let paint = format!("{}{}", fill(ellipse.fill), stroke(&ellipse.stroke));
        let turn = rotation(ellipse.angle, ellipse.center);
        let _ = write!(self.body, "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\"{paint}{turn}/>");
    }

    fn path(&mut self, path: &PathShape) {
        self.polyline(&path.points, path.closed, path.fill, &solid(&path.stroke, &path.points));
    }

    fn polyline(&mut self, points: &[Pos2], closed: bool, inside: Color32, line: &Stroke) {
        let paint =
            format!("{}{}", if closed { fill(inside) } else { " fill=\"none\"".into() }, stroke(line));
        if points.len() < 2 || points.iter().any(|point| !point.is_finite()) {
            return;
        }
        let name = if closed { "polygon" } else { "polyline" };
        let _ = write!(self.body, "<{name} points=\"");
        for point in points {
            let _ = write!(self.body, "{},{} ", num(point.x), num(point.y));
        }
        let _ = write!(self.body, "\"{paint}/>");
    }

    fn rect(&mut self, shape: &RectShape) {
        if let Some(brush) = &shape.brush {
            self.image(shape.rect, brush.fill_texture_id, brush.uv);
            return;
        }
        let inset = match shape.stroke_kind {
            StrokeKind::Inside => shape.stroke.width / 2.0,
            StrokeKind::Middle => 0.0,
            StrokeKind::Outside => -shape.stroke.width / 2.0,
        };
        let rect = shape.rect.shrink(if shape.stroke.is_empty() { 0.0 } else { inset });
        if !rect.is_finite() || rect.width() <= 0.0 || rect.height() <= 0.0 {
            return;
        }
        let mut paint = format!("{}{}", fill(shape.fill), stroke(&shape.stroke));
        if shape.blur_width > 0.0 {
            let _ = write!(paint, " style=\"filter:blur({}px)\"", num(shape.blur_width / 2.0));
        }
        paint.push_str(&rotation(shape.angle, shape.rect.center()));
        let c = shape.corner_radius;
        if c.is_same() {
            let (x, y, w, h) = (num(rect.left()), num(rect.top()), num(rect.width()), num(rect.height()));
            let round = if c.nw == 0 {
                String::new()
            } else {
                format!(" rx=\"{}\"", num((f32::from(c.nw) - inset).max(0.0)))
            };
            let _ =
                write!(self.body, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{round}{paint}/>");
        } else {
            let _ = write!(
                self.body,
                "<path d=\"{}\"{paint}/>",
                rounded(rect, [c.nw, c.ne, c.se, c.sw].map(f32::from))
            );
        }
    }

    fn mesh(&mut self, mesh: &Mesh) {
        if mesh.texture_id != TextureId::default() {
            self.image(mesh.calc_bounds(), mesh.texture_id, uv_bounds(mesh));
            return;
        }
        for corners in mesh.indices.chunks_exact(3) {
            let vertices: Vec<_> =
                corners.iter().filter_map(|&index| mesh.vertices.get(index as usize)).collect();
            let points: Vec<Pos2> = vertices.iter().map(|vertex| vertex.pos).collect();
            if let [a, b, c] = vertices[..] {
                let color = a.color.lerp_to_gamma(b.color, 0.5).lerp_to_gamma(c.color, 1.0 / 3.0);
                // A thin line of its own color closes the seams between triangles.
                self.polyline(&points, true, color, &Stroke::new(0.3, color));
            }
        }
    }

    fn image(&mut self, rect: Rect, id: TextureId, uv: Rect) {
        let Some(texture) = self.scene.textures.get(&id) else { return };
        let Some(file) = cut(texture, uv) else { return };
        let (x, y, w, h) = (num(rect.left()), num(rect.top()), num(rect.width()), num(rect.height()));
        let _ = write!(
            self.body,
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{}\"/>",
            text::base64(&file)
        );
    }

    fn quadratic(&mut self, curve: &QuadraticBezierShape) {
        let [a, b, c] = curve.points.map(point);
        let paint = self.curve_paint(curve.closed, curve.fill, &curve.stroke, &curve.points);
        let _ = write!(self.body, "<path d=\"M{a} Q{b} {c}\"{paint}/>");
    }

    fn cubic(&mut self, curve: &CubicBezierShape) {
        let [a, b, c, d] = curve.points.map(point);
        let paint = self.curve_paint(curve.closed, curve.fill, &curve.stroke, &curve.points);
        let _ = write!(self.body, "<path d=\"M{a} C{b} {c} {d}\"{paint}/>");
    }

    fn curve_paint(&self, closed: bool, inside: Color32, line: &PathStroke, points: &[Pos2]) -> String {
        let inside = if closed { inside } else { Color32::TRANSPARENT };
        format!("{}{}", fill(inside), stroke(&solid(line, points)))
    }
}

/// A stroke of one color: that of its middle point where it has several.
fn solid(stroke: &PathStroke, points: &[Pos2]) -> Stroke {
    let color = match &stroke.color {
        ColorMode::Solid(color) => *color,
        ColorMode::UV(color) => {
            let middle = points.get(points.len() / 2).copied().unwrap_or_default();
            color(Rect::from_points(points), middle)
        }
    };
    Stroke::new(stroke.width, color)
}

fn fill(color: Color32) -> String {
    if color == Color32::TRANSPARENT { " fill=\"none\"".to_owned() } else { paint("fill", color) }
}

fn stroke(stroke: &Stroke) -> String {
    if stroke.is_empty() {
        return String::new();
    }
    format!("{} stroke-width=\"{}\"", paint("stroke", stroke.color), num(stroke.width))
}

/// ` name="#rrggbb"`, with the opacity where it is not full.
fn paint(name: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    let mut text = format!(" {name}=\"#{r:02x}{g:02x}{b:02x}\"");
    if a < 255 {
        let _ = write!(text, " {name}-opacity=\"{}\"", num(f32::from(a) / 255.0));
    }
    text
}

fn rotation(angle: f32, center: Pos2) -> String {
    if angle == 0.0 {
        return String::new();
    }
    format!(" transform=\"rotate({} {})\"", num(angle.to_degrees()), point(center).replace(',', " "))
}

fn rounded(rect: Rect, radii: [f32; 4]) -> String {
    let most = rect.width().min(rect.height()) / 2.0;
    let [nw, ne, se, sw] = radii.map(|radius| radius.min(most));
    let (l, t, r, b) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let at = |x: f32, y: f32| point(Pos2::new(x, y));
    let arc = |radius: f32, x: f32, y: f32| format!("A{0} {0} 0 0 1 {1}", num(radius), at(x, y));
    format!(
        "M{} L{} {} L{} {} L{} {} L{} {} Z",
        at(l + nw, t),
        at(r - ne, t),
        arc(ne, r, t + ne),
        at(r, b - se),
        arc(se, r - se, b),
        at(l + sw, b),
        arc(sw, l, b - sw),
        at(l, t + nw),
        arc(nw, l + nw, t)
    )
}

fn uv_bounds(mesh: &Mesh) -> Rect {
    let mut bounds = Rect::NOTHING;
    for vertex in &mesh.vertices {
        bounds.extend_with(vertex.uv);
    }
    bounds
}

/// The part of a texture within `uv`, as a PNG file.
fn cut(texture: &Texture, uv: Rect) -> Option<Vec<u8>> {
    let [width, height] = texture.size;
    let pixel = |share: f32, side: usize| (share.clamp(0.0, 1.0) * side as f32).round() as usize;
    let (left, right) = (pixel(uv.left(), width), pixel(uv.right(), width));
    let (top, bottom) = (pixel(uv.top(), height), pixel(uv.bottom(), height));
    if left >= right || top >= bottom {
        return None;
    }
    let rows = (top..bottom).flat_map(|y| &texture.pixels[y * width + left..y * width + right]);
    let bytes: Vec<u8> = rows.flat_map(|color| color.to_srgba_unmultiplied()).collect();
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, (right - left) as u32, (bottom - top) as u32);
    encoder.set_color(::png::ColorType::Rgba);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&bytes).ok()?;
    writer.finish().ok()?;
    Some(file)
}

fn point(pos: Pos2) -> String {
    format!("{},{}", num(pos.x), num(pos.y))
}

/// A number with at most two decimals; 0 for what is none.
fn num(value: f32) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

fn tenths(value: i64) -> String {
    num(value as f32 / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_colors_are_short_and_valid() {
        let cases =
            [(1.0, "1"), (-0.001, "0"), (2.504, "2.5"), (100.0, "100"), (f32::NAN, "0"), (0.25, "0.25")];
        for (value, expected) in cases {
            assert_eq!(num(value), expected);
        }
        assert_eq!(fill(Color32::TRANSPARENT), " fill=\"none\"");
        assert_eq!(fill(Color32::from_rgb(255, 0, 16)), " fill=\"#ff0010\"");
        assert_eq!(
            fill(Color32::from_rgba_unmultiplied(255, 0, 0, 51)),
            " fill=\"#ff0000\" fill-opacity=\"0.2\""
        );
    }
}
