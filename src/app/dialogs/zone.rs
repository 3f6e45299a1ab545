//! Choosing the document's time zone. Not for reading zoneless times: that is the mapping's.

use super::file::zone_select;
use crate::app::context::DocCx;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::text;
use crate::model::operations::settings::set_zone;

/// The zone chosen so far.
#[derive(Debug)]
pub struct ZoneDialog {
    zone: String,
}

impl ZoneDialog {
    pub(super) fn new(current: &str) -> ZoneDialog {
        ZoneDialog { zone: current.to_owned() }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
        let answer = Dialog::new("Time zone of days and weeks", "Set time zone").show(ctx, |ui| {
            text::secondary(
                ui,
                "Days and weeks of charts begin at midnight of this zone; times are shown in it",
            );
            zone_select(ui, &mut self.zone);
        });
        if answer == Some(DialogAnswer::Confirm) && self.zone != cx.zone.name() {
            cx.edit(set_zone(cx.workspace, &self.zone));
        }
        answer.is_none()
    }
}
