//! The events of the log.

use egui::Ui;

use crate::app::context::DocCx;
use crate::app::route::EventsTab;

/// What the page remembers.
#[derive(Debug, Default)]
pub struct EventsView {}

impl EventsView {
    /// Paints it.
    pub fn show(&mut self, _ui: &mut Ui, _cx: &DocCx<'_>, _tab: EventsTab) {}
}
