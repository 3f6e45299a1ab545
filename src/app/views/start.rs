//! The start page. Not for documents.

use egui::Ui;

use crate::app::context::Cx;

/// What the start page remembers.
#[derive(Debug, Default)]
pub struct StartView {}

impl StartView {
    /// Paints it.
    pub fn show(&mut self, _ui: &mut Ui, _cx: &Cx<'_>) {}
}
