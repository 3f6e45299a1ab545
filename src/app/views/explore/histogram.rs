//! How long persons took from the first to the last step. Not for single gaps.

use egui::{Align2, Rect, Response, Sense, Stroke, Ui, pos2};

use super::chart::{tick_step, ticks_end};
use super::plot_keys;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::app::widgets::{Part, sentence};
use crate::base::format;
use crate::model::funnel::{Bin, FunnelReport};

pub(super) fn show(ui: &mut Ui, report: &FunnelReport) {
    let bins = &report.histogram;
    if bins.is_empty() {
        _ = Empty::new(Icon::HISTOGRAM, "Nobody reached the last step yet, so there are no times to show")
            .show(ui);
        return;
    }
    if let Some(median) = report.convert_median_secs {
        let median = format::duration_secs(median);
        let persons = format::counted(bins.iter().map(|bin| bin.persons).sum(), "person", "persons");
        let parts = [
            Part::Secondary("Median "),
            Part::Strong(&median),
            Part::Secondary(" · "),
            Part::Secondary(&persons),
        ];
        sentence(ui, &parts);
    }
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let bars = Bars::new(rect, bins);
    bars.axes(ui);
    bars.paint(ui, &response);
    if let Some(median) = report.convert_median_secs {
        let line = Stroke::new(theme::LINE, theme::palette(ui).text);
        let x = bars.x(median);
        ui.painter().extend(egui::Shape::dashed_line(
            &[pos2(x, bars.plot.top()), pos2(x, bars.plot.bottom())],
            line,
            4.0,
            3.0,
        ));
    }
    walked(ui, &response, &bars);
    if let Some(bin) = response.hover_pos().and_then(|pointer| bars.at(pointer.x)) {
        response.on_hover_text_at_pointer(words(bin));
    }
}

/// The bar that the keyboard stands on, said and marked.
fn walked(ui: &Ui, plot: &Response, bars: &Bars<'_>) {
    let bins = bars.bins;
    let count = format::counted(bins.len() as u64, "bar", "bars");
    let key = plot.id.with("bar");
    let now = ui.data(|data| data.get_temp::<usize>(key)).filter(|now| *now < bins.len());
    let said = now.map_or_else(|| "arrows read them".to_owned(), |now| words(&bins[now]));
    let keys = plot_keys::walk(ui, plot, &format!("Time to convert, {count}: {said}"), false);
    let now = keys.to(now, bins.len()).or(now);
    if let (Some(now), true) = (now, plot.has_focus()) {
        ui.data_mut(|data| data.insert_temp(key, now));
        let bin = &bins[now];
        let at = pos2(bars.x(f64::midpoint(bin.from_secs, bin.to_secs)), bars.y(bin.persons));
        plot_keys::mark_at(ui, plot.rect, at, &words(bin));
    }
}

/// The range of a bar and how many persons are in it.
fn words(bin: &Bin) -> String {
    format!("{}, {}", format::counted(bin.persons, "person", "persons"), range(bin))
}

fn range(bin: &Bin) -> String {
    format!("{} – {}", edge_words(bin.from_secs), edge_words(bin.to_secs))
}

fn edge_words(secs: f64) -> String {
    if secs <= 0.0 { "0".to_owned() } else { format::duration_secs(secs) }
}

/// Where bars and axes stand.
struct Bars<'a> {
    bins: &'a [Bin],
    plot: Rect,
    most: u64,
}

impl<'a> Bars<'a> {
    fn new(rect: Rect, bins: &'a [Bin]) -> Bars<'a> {
        let plot = Rect::from_min_max(
            pos2(rect.left() + LEFT, rect.top() + TOP),
            pos2(rect.right() - RIGHT, rect.bottom() - FOOT),
        );
        let most = bins.iter().map(|bin| bin.persons).max().unwrap_or(0).max(1);
        Bars { bins, plot, most }
    }

    fn range(&self) -> (f64, f64) {
        let from = self.bins.first().map_or(0.0, |bin| bin.from_secs);
        (from, self.bins.last().map_or(1.0, |bin| bin.to_secs).max(from + 1.0))
    }

    fn x(&self, secs: f64) -> f32 {
        let (from, to) = self.range();
        self.plot.left() + self.plot.width() * ((secs - from) / (to - from)) as f32
    }

    fn y(&self, persons: u64) -> f32 {
        self.plot.bottom() - self.plot.height() * (persons as f32 / ticks_end(self.most) as f32)
    }

    fn at(&self, x: f32) -> Option<&'a Bin> {
        self.bins.iter().find(|bin| (self.x(bin.from_secs)..self.x(bin.to_secs)).contains(&x))
    }

    fn paint(&self, ui: &Ui, plot: &Response) {
        let color = theme::theme(ui).category(0);
        let hovered = plot.hover_pos().and_then(|pointer| self.at(pointer.x));
        for bin in self.bins {
            let bar = Rect::from_min_max(
                pos2(self.x(bin.from_secs) + 0.5, self.y(bin.persons)),
                pos2(self.x(bin.to_secs) - 0.5, self.plot.bottom()),
            );
            ui.painter().rect_filled(bar, 0.0, color);
            if hovered == Some(bin) {
                let column = bar.with_min_y(self.plot.top());
                ui.painter().rect_filled(column, 0.0, theme::palette(ui).text.gamma_multiply(0.08));
            }
        }
    }

    fn axes(&self, ui: &Ui) {
        let (painter, palette) = (ui.painter(), theme::palette(ui));
        let step = tick_step(self.most);
        for tick in 0..=ticks_end(self.most) / step {
            let y = self.y(tick * step);
            let color = if tick == 0 { palette.text_3 } else { palette.border };
            painter.hline(self.plot.x_range(), y, Stroke::new(theme::LINE, color));
            let at = pos2(self.plot.left() - theme::SPACE_2, y);
            painter.text(
                at,
                Align2::RIGHT_CENTER,
                format::count(tick * step),
                theme::small(),
                palette.text_2,
            );
        }
        let title = pos2(self.plot.left() - LEFT, self.plot.top() - theme::SPACE_4);
        painter.text(title, Align2::LEFT_CENTER, "Persons", theme::small(), palette.text_2);
        self.edges(ui);
        let foot = pos2(self.plot.center().x, self.plot.bottom() + FOOT - theme::SPACE_1);
        let words = "Time from the first to the last step";
        painter.text(foot, Align2::CENTER_BOTTOM, words, theme::small(), palette.text_2);
    }

    /// Times at the edges of bars: as many as stand apart.
    fn edges(&self, ui: &Ui) {
        let (painter, ink) = (ui.painter(), theme::palette(ui).text_2);
        let first = self.bins.iter().take(1).map(|bin| bin.from_secs);
        let edges: Vec<_> = first
            .chain(self.bins.iter().map(|bin| bin.to_secs))
            .map(|secs| (self.x(secs), painter.layout_no_wrap(edge_words(secs), theme::small(), ink)))
            .collect();
        let widest = edges.iter().map(|(_, words)| words.size().x).fold(0.0, f32::max) + theme::SPACE_3;
        let apart = self.plot.width() / self.bins.len().max(1) as f32;
        let every = (widest / apart).ceil().max(1.0) as usize;
        for (x, words) in edges.into_iter().step_by(every) {
            painter.vline(
                x,
                self.plot.bottom()..=self.plot.bottom() + theme::SPACE_1,
                Stroke::new(theme::LINE, ink),
            );
            let at = pos2(x - words.size().x / 2.0, self.plot.bottom() + theme::SPACE_1 + 2.0);
            painter.galley(at, words, ink);
        }
    }
}

const LEFT: f32 = 52.0;
const TOP: f32 = 30.0;
/// Half of the last label stands here.
const RIGHT: f32 = 36.0;
const FOOT: f32 = 44.0;
