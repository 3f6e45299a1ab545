//! A retention as curves: a line for each cohort over its average, or one for each breakdown value. Not for its heat map.

use egui::{Color32, Role, Ui, WidgetInfo};
use egui_plot::{HoverPosition, Line, LineStyle, PlotPoint, PlotResponse, Points};

use super::chart::{LegendNames, legend_item};
use super::plot_keys;
use super::retention::{Place, Spot, cohort_label};
use super::retention_map::{Touch, words};
use crate::app::theme;
use crate::app::widgets::table::copy_asked;
use crate::base::format;
use crate::model::retention::{Average, Retention, RetentionReport, Triangle};
use crate::model::time::Zone;

/// How many values of a breakdown have a line; more could not be told apart.
const VALUES: usize = 8;
/// How near in points a click must be to a point.
const NEAR: f32 = 24.0;

/// One line: the share of each period from period 0.
struct Curve {
    label: String,
    shares: Vec<f64>,
    color: Color32,
    width: f32,
    dashed: bool,
    /// The last point is of a period that is not over.
    open: bool,
}

/// Paints them in the room there is: cohorts of the triangle shown, or, with a breakdown and none of its values chosen,
/// the averages of the values.
pub(super) fn show(
    ui: &mut Ui,
    zone: Zone,
    retention: &Retention,
    report: &RetentionReport,
    (triangle, value): (&Triangle, Option<&str>),
    name: &dyn Fn(&str) -> String,
    place: Place,
) -> Option<Touch> {
    let spot = place.chosen;
    let by_value = !report.breakdown.is_empty() && value.is_none();
    let curves =
        if by_value { of_values(ui, report, name) } else { of_cohorts(ui, zone, retention, triangle) };
    legend(ui, &curves, by_value);
    let shown = plot(ui, retention, &curves);
    let (response, transform) = (shown.response, shown.transform);
    let count = format::counted(triangle.cohorts.len() as u64, "cohort", "cohorts");
    let label = |spot: Spot| {
        let cohort = &triangle.cohorts[spot.cohort];
        words(retention, &cohort_label(retention, cohort.start, zone), cohort, spot.column)
    };
    if by_value {
        let said = format!("Average curves of {}", format::counted(curves.len() as u64, "value", "values"));
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
        return copy_asked(ui, response.has_focus()).then_some(Touch::Copied);
    }
    let said = spot.map_or_else(|| "arrows choose a point".to_owned(), label);
    let keys = plot_keys::walk(ui, &response, &format!("Retention curves, {count}: {said}"), spot.is_some());
    if keys.escape {
        return Some(Touch::Closed);
    }
    if copy_asked(ui, response.has_focus()) {
        return Some(Touch::Copied);
    }
    if let Some(spot) = spot
        && let Some(period) = spot.column.checked_sub(1)
        && let Some(share) = triangle.cohorts[spot.cohort].share(period)
    {
        plot_keys::mark(ui, &response, &transform, [period as f64, share * 100.0], &label(spot));
    }
    let now = place.from().unwrap_or(Spot { cohort: 0, column: 1 });
    if keys.down != 0 || keys.right != 0 || keys.end != 0 {
        let cohort = now.cohort.saturating_add_signed(keys.down).min(triangle.cohorts.len().checked_sub(1)?);
        let cells = triangle.cohorts[cohort].returned.len();
        let place = keys.to(Some(now.column.saturating_sub(1)), cells);
        let column = place.unwrap_or(now.column.saturating_sub(1)).min(cells - 1) + 1;
        return Some(Touch::Chosen(Spot { cohort, column }));
    }
    let pointer = response.interact_pointer_pos().filter(|_| response.clicked())?;
    response.request_focus();
    let at = |period: usize, share: f64| {
        transform.position_from_point(&PlotPoint::from([period as f64, share * 100.0]))
    };
    nearest(triangle, at, pointer).map(Touch::Chosen)
}

/// The cell drawn nearest to the pointer.
fn nearest(triangle: &Triangle, at: impl Fn(usize, f64) -> egui::Pos2, pointer: egui::Pos2) -> Option<Spot> {
    let cells = triangle.cohorts.iter().enumerate().flat_map(|(index, cohort)| {
        let shares = (0..cohort.returned.len()).filter_map(|period| Some((period, cohort.share(period)?)));
        shares.map(move |(period, share)| (Spot { cohort: index, column: period + 1 }, period, share))
    });
    let far = cells.map(|(spot, period, share)| (spot, at(period, share).distance(pointer)));
    far.filter(|(_, far)| *far <= NEAR).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(spot, _)| spot)
}

/// Older cohorts are paler; the average stands out.
fn of_cohorts(ui: &Ui, zone: Zone, retention: &Retention, triangle: &Triangle) -> Vec<Curve> {
    let look = theme::theme(ui);
    let count = triangle.cohorts.len().max(1) as f32;
    let mut curves: Vec<Curve> = triangle
        .cohorts
        .iter()
        .enumerate()
        .filter(|(_, cohort)| cohort.size > 0)
        .map(|(index, cohort)| Curve {
            label: cohort_label(retention, cohort.start, zone),
            shares: (0..cohort.returned.len()).filter_map(|period| cohort.share(period)).collect(),
            color: look.heat(0.3 + 0.6 * (index + 1) as f32 / count),
            width: 1.0,
            dashed: false,
            open: cohort.unfinished,
        })
        .collect();
    curves.push(average("Average", triangle, look.category(1)));
    curves
}

fn of_values(ui: &Ui, report: &RetentionReport, name: &dyn Fn(&str) -> String) -> Vec<Curve> {
    let look = theme::theme(ui);
    let values = report.breakdown.iter().take(VALUES).enumerate();
    let mut curves: Vec<Curve> = values
        .map(|(index, slice)| Curve {
            dashed: index % 2 == 1,
            ..average(&name(&slice.value), &slice.triangle, look.category(index))
        })
        .collect();
    curves.push(average("Everybody", &report.whole, look.palette.text));
    curves
}

fn average(label: &str, triangle: &Triangle, color: Color32) -> Curve {
    let shares = triangle.average.iter().filter_map(|average: &Average| average.share()).collect();
    Curve { label: label.to_owned(), shares, color, width: 2.5, dashed: false, open: false }
}

fn plot(ui: &mut Ui, retention: &Retention, curves: &[Curve]) -> PlotResponse<()> {
    let most = curves.iter().map(|curve| curve.shares.len()).max().unwrap_or(0);
    let titles: Vec<String> = (0..most).map(|period| retention.period_label(period)).collect();
    let title = move |x: f64| {
        let index = x.round();
        let known = (0.0..titles.len() as f64).contains(&index) && (x - index).abs() < 0.01;
        known.then(|| titles[index as usize].clone())
    };
    let hovered = title.clone();
    plot_keys::plot(ui, "retention curves")
        .include_y(100.0)
        .y_axis_label("Came back")
        .x_axis_formatter(move |mark, _| title(mark.value).unwrap_or_default())
        .y_axis_formatter(|mark, _| format::percent(mark.value.max(0.0) / 100.0))
        .label_formatter(move |position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                let period = hovered(position.x)?;
                Some(format!("{plot_name}\n{period}: {}", format::percent(position.y / 100.0)))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            for curve in curves {
                let points: Vec<[f64; 2]> =
                    curve.shares.iter().enumerate().map(|(x, share)| [x as f64, share * 100.0]).collect();
                let line = |points: &[[f64; 2]], style| {
                    let line = Line::new(curve.label.clone(), points.to_vec());
                    line.color(curve.color).width(curve.width).style(style)
                };
                let style = if curve.dashed { LineStyle::dashed_dense() } else { LineStyle::Solid };
                let whole = if curve.open { points.len().saturating_sub(1) } else { points.len() };
                if points.len() == 1 {
                    let dot = Points::new(curve.label.clone(), points).filled(!curve.open);
                    plot.points(dot.color(curve.color).radius(curve.width + 3.0));
                    continue;
                }
                plot.line(line(&points[..whole], style));
                if curve.open {
                    // Fewer than in a whole period is no fall: the line to it is not drawn through.
                    plot.line(line(&points[whole.saturating_sub(1)..], LineStyle::dotted_loose()));
                }
            }
        })
}

/// Each value, or what the lines of cohorts are.
fn legend(ui: &mut Ui, curves: &[Curve], by_value: bool) {
    let dash = |painter: &egui::Painter, rect: egui::Rect, curve: &Curve| {
        let thick = egui::Stroke::new(curve.width.max(2.0), curve.color);
        let y = rect.center().y;
        if curve.dashed {
            painter.hline(rect.left()..=rect.left() + 5.0, y, thick);
            painter.hline(rect.right() - 5.0..=rect.right(), y, thick);
        } else {
            painter.hline(rect.x_range(), y, thick);
        }
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(theme::SPACE_3, theme::SPACE_1);
        let Some((average, cohorts)) = curves.split_last() else { return };
        if by_value {
            let names = LegendNames::of(ui, curves.iter().map(|curve| curve.label.as_str()));
            for curve in curves {
                names.item(ui, &curve.label, |painter, rect| dash(painter, rect, curve));
            }
            return;
        }
        if !average.shares.is_empty() {
            legend_item(ui, &average.label, |painter, rect| dash(painter, rect, average));
        }
        match cohorts {
            [] => {}
            [only] => legend_item(ui, &only.label, |painter, rect| dash(painter, rect, only)),
            [oldest, .., latest] => {
                legend_item(ui, &format!("{}, the oldest", oldest.label), |p, rect| dash(p, rect, oldest));
                legend_item(ui, &format!("{}, the latest", latest.label), |p, rect| dash(p, rect, latest));
            }
        }
        if cohorts.iter().any(|curve| curve.open) {
            let ink = theme::palette(ui).text_2;
            legend_item(ui, "not over: may still rise", |painter, rect| {
                for x in [rect.left() + 1.0, rect.center().x, rect.right() - 1.0] {
                    painter.circle_filled(egui::pos2(x, rect.center().y), 1.0, ink);
                }
            });
        }
    });
}
