//! How long persons took from the first to the last step. Not for single gaps.

use egui::Ui;
use egui_plot::{Bar, BarChart, HoverPosition};

use super::plot_keys;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::empty::Empty;
use crate::base::format;
use crate::model::funnel::{Bin, FunnelReport};

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
    let shown = plot_keys::plot(ui, "time to convert")
        .x_axis_label("Time from the first to the last step")
        .y_axis_label("Persons")
        .x_axis_formatter(
            |mark, _| if mark.value <= 0.0 { "0".to_owned() } else { format::duration_secs(mark.value) },
        )
        .y_axis_formatter(|mark, _| format::count(mark.value.max(0.0) as u64))
        .label_formatter(move |position| {
            let secs = match position {
                HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position } => {
                    position.x
                }
            };
            hover.iter().find(|bin| bin.from_secs <= secs && secs <= bin.to_secs).map(words)
        })
        .show(ui, |plot| plot.bar_chart(BarChart::new("Persons", bars)));
    let count = format::counted(report.histogram.len() as u64, "bar", "bars");
    let key = shown.response.id.with("bar");
    let now = ui.data(|data| data.get_temp::<usize>(key)).filter(|now| *now < report.histogram.len());
    let said = now.map_or_else(|| "arrows read them".to_owned(), |now| words(&report.histogram[now]));
    let keys = plot_keys::walk(ui, &shown.response, &format!("Time to convert, {count}: {said}"));
    let now = keys.to(now, report.histogram.len()).or(now);
    if let (Some(now), true) = (now, shown.response.has_focus()) {
        ui.data_mut(|data| data.insert_temp(key, now));
        let bin = &report.histogram[now];
        let point = [f64::midpoint(bin.from_secs, bin.to_secs), bin.persons as f64];
        plot_keys::mark(ui, &shown.response, &shown.transform, point, &words(bin));
    }
}

fn words(bin: &Bin) -> String {
    let (from, to) = (format::duration_secs(bin.from_secs), format::duration_secs(bin.to_secs));
    format!("{}, {from} – {to}", format::counted(bin.persons, "person", "persons"))
}
