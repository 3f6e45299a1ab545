//! A log as it will become. (placeholder of the shape)

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::Tools;
use crate::app::context::DocCx;
use crate::base::Diagnostic;
use crate::formats::log::mapping::Mapping;
use crate::model::time::Zone;

/// What reading a log's beginning came to.
pub(super) type PreviewResult = Result<(), Diagnostic>;

/// Previews that were computed, by what they were asked with.
#[derive(Default)]
pub(super) struct Previews {
    kept: HashMap<u64, Arc<PreviewResult>>,
}

impl Previews {
    pub(super) fn keep(&mut self, key: u64, preview: Arc<PreviewResult>) {
        self.kept.insert(key, preview);
    }
}

/// A log's preview with the mapping chosen so far.
#[derive(Debug)]
pub(super) struct Preview {
    log: Option<PathBuf>,
}

impl Preview {
    pub(super) fn new(log: Option<PathBuf>) -> Preview {
        Preview { log }
    }

    /// True while the log cannot be imported as it stands.
    pub(super) fn blocks(&self, _tools: &Tools<'_>) -> bool {
        self.log.is_some()
    }

    /// The mapping to import with; `None` for the format's own.
    pub(super) fn mapping(&self) -> Option<Mapping> {
        None
    }
}

/// Paints the first ten rows as they will become, and what can be corrected.
pub(super) fn preview_ui(_ui: &mut egui::Ui, _preview: &mut Preview, _zone: Zone, _tools: &mut Tools<'_>) {}

/// The import of a log into the open document.
#[derive(Debug)]
pub struct ImportDialog {
    preview: Preview,
}

impl ImportDialog {
    pub(super) fn new(log: PathBuf) -> ImportDialog {
        ImportDialog { preview: Preview::new(Some(log)) }
    }

    pub(super) fn show(&mut self, _ctx: &egui::Context, _cx: &DocCx<'_>, tools: &mut Tools<'_>) -> bool {
        !self.preview.blocks(tools)
    }
}
