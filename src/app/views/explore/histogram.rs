//! How long persons took from the first to the last step. Not for single gaps.

use egui::Ui;
use egui_plot::{Bar, BarChart, HoverPosition, Plot};

use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::base::format;
use crate::model::funnel::FunnelReport;

pub(super) fn show(ui: &mut Ui, report: &FunnelReport) {
    if report.histogram.is_empty() {
        _ = Empty::new(Icon::HISTOGRAM, "Nobody reached the last step yet, so there are no times to show")
            .show(ui);
        return;
    }
    let color = theme::theme(ui).category(0);
    let bars: Vec<Bar> = report
        .histogram
        .iter()
        .map(|bin| {
            let width = bin.to_secs - bin.from_secs;
            let name =
                format!("{} – {}", format::duration_secs(bin.from_secs), format::duration_secs(bin.to_secs));
            Bar::new(bin.from_secs + width / 2.0, bin.persons as f64)
                .width(width * 0.94)
                .name(name)
                .fill(color)
        })
        .collect();
    let hover = report.histogram.clone();
    Plot::new("time to convert")
        .height(ui.available_height())
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .show_grid([false, true])
        .grid_color(theme::palette(ui).text_3)
        .show_background(false)
        .x_axis_label("Time from the first to the last step")
        .y_axis_label("Persons")
        .x_axis_formatter(|mark, _| format::duration_secs(mark.value.max(0.0)))
        .y_axis_formatter(|mark, _| format::count(mark.value.max(0.0) as u64))
        .include_y(0.0)
        .label_formatter(move |position| {
            let secs = match position {
                HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position } => {
                    position.x
                }
            };
            let bin = hover.iter().find(|bin| bin.from_secs <= secs && secs <= bin.to_secs)?;
            Some(format!(
                "{}\n{} – {}",
                format::counted(bin.persons, "person", "persons"),
                format::duration_secs(bin.from_secs),
                format::duration_secs(bin.to_secs)
            ))
        })
        .show(ui, |plot| plot.bar_chart(BarChart::new("Persons", bars)));
}
