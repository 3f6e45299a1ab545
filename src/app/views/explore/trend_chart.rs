//! A trend as lines; each point opens what it counts. Not for its table.

use egui::Ui;
use egui_plot::{HoverPosition, Line, LineStyle, PlotPoint, Points};

use super::chart::{LegendNames, legend_item};
use super::trend::{Spot, is_unfinished, short_label};
use super::{plot_keys, trend_bucket};
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::base::format;
use crate::model::trend::{Measure, Trend, TrendReport};

/// What a person did with the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// Chose a number.
    Chosen(Spot),
    /// Opened a number.
    Opened(Spot),
}

pub(super) fn show(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    trend: &Trend,
    report: &TrendReport,
    spot: Option<Spot>,
) -> Option<Touch> {
    if report.starts.is_empty() || report.series.is_empty() {
        _ = Empty::new(Icon::TREND, "No event matches in this range").show(ui);
        return None;
    }
    legend(ui, cx, trend, report);
    let shown = plot(ui, cx, trend, report);
    let (plot, transform) = (shown.response, shown.transform);
    let kind = format::counted(report.starts.len() as u64, "interval", "intervals");
    let keys = plot_keys::walk(
        ui,
        &plot,
        &format!("Trend chart, {kind}: arrows choose, Enter shows the events"),
        false,
    );
    if let Some(spot) = spot {
        let point = [spot.bucket as f64, report.series[spot.series].values[spot.bucket] as f64];
        let day = report.starts[spot.bucket].human_day(cx.zone);
        let words = format!("{day}  {}", trend_bucket::words(trend, report, spot));
        plot_keys::mark(ui, &plot, &transform, point, &words);
    }
    if let (true, Some(spot)) = (keys.enter, spot) {
        return Some(Touch::Opened(spot));
    }
    if let Some(bucket) = keys.to(spot.map(|spot| spot.bucket), report.starts.len()) {
        return Some(Touch::Chosen(Spot { bucket, ..spot.unwrap_or_default() }));
    }
    if let (Some(spot), true) = (spot, keys.down != 0) {
        let series = spot.series.saturating_add_signed(keys.down).min(report.series.len() - 1);
        return Some(Touch::Chosen(Spot { series, ..spot }));
    }
    let pointer = plot.interact_pointer_pos().filter(|_| plot.clicked())?;
    // From the point that was clicked, the arrows go on.
    plot.request_focus();
    nearest(report, |point| transform.position_from_point(&PlotPoint::from(point)), pointer)
        .map(Touch::Chosen)
}

/// The number drawn nearest to the pointer: the interval first, then the line.
fn nearest(report: &TrendReport, at: impl Fn([f64; 2]) -> egui::Pos2, pointer: egui::Pos2) -> Option<Spot> {
    let far = |a: f32, b: f32| (a - b).abs();
    let x = |bucket: usize| at([bucket as f64, 0.0]).x;
    let bucket =
        (0..report.starts.len()).min_by(|a, b| far(x(*a), pointer.x).total_cmp(&far(x(*b), pointer.x)))?;
    let y = |series: usize| at([bucket as f64, report.series[series].values[bucket] as f64]).y;
    let series =
        (0..report.series.len()).min_by(|a, b| far(y(*a), pointer.y).total_cmp(&far(y(*b), pointer.y)))?;
    Some(Spot { series, bucket })
}

fn plot(ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport) -> egui_plot::PlotResponse<()> {
    let look = theme::theme(ui);
    let zone = cx.zone;
    let day = move |starts: &[crate::model::time::Time], x: f64| {
        let index = x.round();
        let known = (0.0..starts.len() as f64).contains(&index) && (x - index).abs() < 0.01;
        known.then(|| starts[index as usize].human_day(zone))
    };
    let (axis_starts, hover_starts) = (report.starts.clone(), report.starts.clone());
    let last = report.starts.len().saturating_sub(1);
    let so_far = is_unfinished(trend, report);
    let what = match trend.measure {
        Measure::Events => "Events",
        Measure::Persons => "Persons",
    };
    plot_keys::plot(ui, "trend chart")
        // One event a day still leaves room above it.
        .include_y(4.0)
        .y_axis_label(what)
        .x_axis_formatter(move |mark, _| day(&axis_starts, mark.value).unwrap_or_default())
        .y_axis_formatter(|mark, _| {
            if mark.value.fract() == 0.0 { format::count(mark.value.max(0.0) as u64) } else { String::new() }
        })
        .label_formatter(move |position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                let start = day(&hover_starts, position.x)?;
                let count = format::count(position.y.max(0.0) as u64);
                let so_far = if so_far && position.x.round() as usize == last { " so far" } else { "" };
                Some(format!("{plot_name}\n{start}: {count}{so_far}"))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            for (index, series) in report.series.iter().enumerate() {
                let points: Vec<[f64; 2]> =
                    series.values.iter().enumerate().map(|(x, y)| [x as f64, *y as f64]).collect();
                let color = look.category(index);
                let line = |points: &[[f64; 2]]| {
                    Line::new(series.label.clone(), points.to_vec()).color(color).width(2.0)
                };
                let style = if index < DASHED_FROM { LineStyle::Solid } else { LineStyle::dashed_dense() };
                if so_far {
                    // Fewer than in a whole interval is no fall: the line to it is not drawn through.
                    plot.line(line(&points[..last]).style(style));
                    plot.line(line(&points[last.saturating_sub(1)..]).style(LineStyle::dotted_loose()));
                    let open = Points::new(series.label.clone(), vec![points[last]]).filled(false);
                    plot.points(open.color(color).radius(4.0));
                } else if points.len() == 1 {
                    // A line through one point would not be seen.
                    plot.points(Points::new(series.label.clone(), points).color(color).radius(4.0));
                } else {
                    plot.line(line(&points).style(style));
                }
            }
        })
}

/// The lines where there are several, and what the open end of a line means.
fn legend(ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport) {
    let look = theme::theme(ui);
    let are_told = report.series.len() > 1 || trend.breakdown.is_some();
    let so_far = is_unfinished(trend, report);
    if !are_told && !so_far {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(theme::SPACE_3, theme::SPACE_1);
        let labels: Vec<String> = report.series.iter().map(|series| short_label(cx, trend, series)).collect();
        let names = LegendNames::of(ui, labels.iter().map(String::as_str));
        for (index, label) in labels.iter().enumerate().filter(|_| are_told) {
            let color = look.category(index);
            names.item(ui, label, |painter, rect| {
                if index < DASHED_FROM {
                    painter.rect_filled(rect, theme::RADIUS_SMALL, color);
                    return;
                }
                // Two dashes, as the line is drawn.
                let (y, thick) = (rect.center().y, egui::Stroke::new(3.0, color));
                painter.hline(rect.left()..=rect.left() + 5.0, y, thick);
                painter.hline(rect.right() - 5.0..=rect.right(), y, thick);
            });
        }
        if so_far {
            let ink = if are_told { theme::palette(ui).text_2 } else { look.category(0) };
            legend_item(ui, "last interval, so far", |painter, rect| {
                for x in [rect.left() + 1.0, rect.left() + 5.0] {
                    painter.circle_filled(egui::pos2(x, rect.center().y), 1.0, ink);
                }
                let open = egui::pos2(rect.right() - 3.0, rect.center().y);
                painter.circle_stroke(open, 3.0, egui::Stroke::new(1.5, ink));
            });
        }
    });
}

/// From this series on colors come again, and lines are dashed.
const DASHED_FROM: usize = 8;
