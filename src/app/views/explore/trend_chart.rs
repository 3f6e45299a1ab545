//! A trend as lines. Not for its table.

use egui::Ui;
use egui_plot::{HoverPosition, Line, LineStyle, Plot, PlotPoints};

use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::app::widgets::text;
use crate::base::format;
use crate::model::trend::TrendReport;

pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>, report: &TrendReport) {
    if report.starts.is_empty() || report.series.is_empty() {
        _ = Empty::new(Icon::TREND, "No event matches in this range").show(ui);
        return;
    }
    legend(ui, report);
    let look = theme::theme(ui);
    let zone = cx.zone;
    let day = move |starts: &[crate::model::time::Time], x: f64| {
        let index = x.round();
        let known = (0.0..starts.len() as f64).contains(&index) && (x - index).abs() < 0.01;
        known.then(|| starts[index as usize].human_day(zone))
    };
    let (axis_starts, hover_starts) = (report.starts.clone(), report.starts.clone());
    Plot::new("trend chart")
        .height(ui.available_height())
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .show_grid([false, true])
        .grid_color(theme::palette(ui).text_3)
        .show_background(false)
        .include_y(0.0)
        .x_axis_formatter(move |mark, _| day(&axis_starts, mark.value).unwrap_or_default())
        .y_axis_formatter(|mark, _| {
            if mark.value.fract() == 0.0 { format::count(mark.value.max(0.0) as u64) } else { String::new() }
        })
        .label_formatter(move |position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                let start = day(&hover_starts, position.x)?;
                Some(format!("{plot_name}\n{start}: {}", format::count(position.y.max(0.0) as u64)))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            for (index, series) in report.series.iter().enumerate() {
                let points: PlotPoints<'_> =
                    series.values.iter().enumerate().map(|(x, y)| [x as f64, *y as f64]).collect();
                let style = if index < 8 { LineStyle::Solid } else { LineStyle::dashed_dense() };
                plot.line(
                    Line::new(series.label.clone(), points)
                        .color(look.category(index))
                        .width(2.0)
                        .style(style),
                );
            }
        });
}

fn legend(ui: &mut Ui, report: &TrendReport) {
    let look = theme::theme(ui);
    ui.horizontal_wrapped(|ui| {
        for (index, series) in report.series.iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(12.0, 12.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, theme::RADIUS_SMALL, look.category(index));
            text::small(ui, series.label.as_str());
            ui.add_space(theme::SPACE_2);
        }
    });
}
