//! A log as it will become, before it is imported: its first rows, its counts, and which column means what. Not for
//! importing it: see `jobs::import`.

pub(super) mod columns;
mod mapping_file;
pub(super) mod rows;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{ScrollArea, Ui};

use super::{News, Tools};
use crate::app::command::{Command, Import};
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Banner, Part, Section, Tag, sentence, skeleton, text};
use crate::base::{Diagnostic, Severity, format};
use crate::formats::log::mapping::Mapping;
use crate::formats::log::preview::Preview as LogPreview;
use crate::jobs::import::{ImportOptions, preview, source_name};
use crate::model::privacy::masked;
use crate::model::time::{Time, Zone};
use crate::store::batches::Batch;
use mapping_file::MappingFile;

/// What reading a log's beginning came to.
pub(super) type PreviewResult = Result<LogPreview, Diagnostic>;

/// Previews that were computed, by what they were asked with.
#[derive(Default)]
pub(super) struct Previews {
    kept: HashMap<u64, Arc<PreviewResult>>,
    asked: HashSet<u64>,
}

impl Previews {
    pub(super) fn keep(&mut self, key: u64, preview: Arc<PreviewResult>) {
        self.asked.remove(&key);
        self.kept.insert(key, preview);
    }
}

/// A log's preview with the mapping chosen so far.
#[derive(Debug)]
pub(super) struct Preview {
    log: Option<PathBuf>,
    /// Chosen here; `None` for what the format finds by itself.
    mapping: Option<Mapping>,
    /// What is shown, perhaps of the mapping before, and whether it is.
    shown: Option<(u64, Arc<PreviewResult>)>,
    /// What it should be of.
    wanted: u64,
    file: MappingFile,
    problem: Option<String>,
}

impl Preview {
    pub(super) fn new(log: Option<PathBuf>) -> Preview {
        let file = MappingFile::beside(log.as_deref());
        Preview { log, mapping: None, shown: None, wanted: 0, file, problem: None }
    }

    /// True while the log cannot be imported as it stands.
    pub(super) fn blocks(&self, _tools: &Tools<'_>) -> bool {
        self.log.is_some() && self.ready().is_none()
    }

    /// The mapping to import with; `None` for the format's own.
    pub(super) fn mapping(&self) -> Option<Mapping> {
        self.mapping.clone()
    }

    /// The preview of the mapping chosen, when events can be read with it.
    fn ready(&self) -> Option<&LogPreview> {
        let (key, result) = self.shown.as_ref()?;
        let preview = result.as_ref().as_ref().ok()?;
        let fits = *key == self.wanted
            && preview.events > 0
            && !preview.diagnostics.iter().any(Diagnostic::is_error);
        fits.then_some(preview)
    }

    /// Looks for the preview of the mapping chosen; starts to read it when it is not there yet.
    fn look(&mut self, zone: Zone, tools: &mut Tools<'_>) {
        let Some(log) = &self.log else { return };
        self.wanted = key(log, self.mapping.as_ref(), zone);
        let key = self.wanted;
        if self.shown.as_ref().is_some_and(|(shown, _)| *shown == key) {
            return;
        }
        if let Some(known) = tools.previews.kept.get(&key) {
            self.shown = Some((key, known.clone()));
            return;
        }
        let (log, mapping) = (log.clone(), self.mapping.clone());
        match &mut tools.lane {
            Some(lane) => {
                if tools.previews.asked.insert(key) {
                    lane.start("Reading the first rows", move |_| {
                        News::Preview(key, Box::new(read(&log, mapping, zone)))
                    });
                }
            }
            None => {
                let result = Arc::new(read(&log, mapping, zone));
                tools.previews.keep(key, result.clone());
                self.shown = Some((key, result));
            }
        }
    }
}

fn key(log: &Path, mapping: Option<&Mapping>, zone: Zone) -> u64 {
    let mut hasher = DefaultHasher::new();
    (log, mapping.map(Mapping::to_text), zone.name()).hash(&mut hasher);
    hasher.finish()
}

fn read(log: &Path, mapping: Option<Mapping>, zone: Zone) -> PreviewResult {
    // Looking imports nothing: neither the source nor the instant of the import is kept.
    let options = ImportOptions { format: None, mapping, source: String::new(), imported_at: Time(0), zone };
    preview(log, &options)
}

/// Paints the first ten rows as they will become, and what can be corrected.
pub(super) fn preview_ui(ui: &mut Ui, preview: &mut Preview, zone: Zone, tools: &mut Tools<'_>) {
    preview_within(ui, preview, zone, tools, CHROME);
}

/// The same where everything around it is `chrome` high.
fn preview_within(ui: &mut Ui, preview: &mut Preview, zone: Zone, tools: &mut Tools<'_>, chrome: f32) {
    if preview.log.is_none() {
        return;
    }
    preview.look(zone, tools);
    let most = (ui.ctx().content_rect().height() - chrome).max(theme::SIDE_LIST);
    // The bar stands beside what it scrolls; tables within keep theirs over them.
    let scroll = ui.spacing().scroll;
    ui.spacing_mut().scroll.floating_allocated_width = scroll.bar_width + theme::SPACE_1;
    ScrollArea::vertical().id_salt("preview").max_height(most).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().scroll = scroll;
        ui.spacing_mut().item_spacing.y = theme::SPACE_2;
        let Some((key, result)) = preview.shown.clone() else {
            text::secondary(ui, "Reading the first rows…");
            skeleton::lines(ui, 6);
            return;
        };
        match &*result {
            Err(problem) => told(ui, problem),
            Ok(found) => {
                if key != preview.wanted {
                    ui.disable();
                }
                found_ui(ui, preview, found, zone);
            }
        }
    });
}

/// Height of everything around the preview: title, fields, buttons, margins.
const CHROME: f32 = 250.0;
/// The same without fields.
const CHROME_ALONE: f32 = 140.0;
/// What is told of an import that is replaced.
const REPLACED: f32 = 80.0;

fn found_ui(ui: &mut Ui, preview: &mut Preview, found: &LogPreview, zone: Zone) {
    summary(ui, preview, found);
    for problem in &found.diagnostics {
        if problem.code == "unmapped-log" {
            // The hint is for mappings written by hand.
            Banner::new(Tone::Warning, &problem.message)
                .detail("Choose below what the columns mean")
                .show(ui);
        } else {
            told(ui, problem);
        }
    }
    if !found.columns.is_empty() {
        let count = format::counted(found.columns.len() as u64, "column", "columns");
        Section::new("What the columns mean").id_salt("preview columns").count(&count).show(ui, |ui| {
            let now = preview.mapping.clone().or_else(|| found.mapping.clone()).unwrap_or_default();
            if let Some(changed) = columns::mapping_ui(ui, &now, &found.columns, &mut preview.problem) {
                preview.mapping = Some(changed);
            }
            if let Some(loaded) = preview.file.show(ui, &now) {
                preview.mapping = Some(loaded);
            }
        });
    }
    if found.rows.is_empty() {
        rows::samples(ui, &found.columns);
    } else {
        rows::table(ui, &found.rows, found.header.as_ref(), zone);
    }
}

/// What the log is, and what became of the records looked at.
fn summary(ui: &mut Ui, preview: &Preview, found: &LogPreview) {
    if found.read == 0 {
        let source = preview.log.as_deref().map(source_name).unwrap_or_default();
        let parts = [Part::Strong(found.label), Part::Secondary(" · source "), Part::Strong(&source)];
        sentence(ui, &parts);
        return;
    }
    let read = format::counted(found.read, "record", "records");
    let events = match found.is_of_persons() {
        true => format::counted(found.events, "row of traits", "rows of traits"),
        false => format::counted(found.events, "event", "events"),
    };
    let looked = if found.whole { format!("all {read}") } else { format!("the first {read}") };
    let names = format::counted(found.names.len() as u64, "name", "names");
    let source = preview.log.as_deref().map(source_name).unwrap_or_default();
    sentence(
        ui,
        &[
            Part::Strong(found.label),
            Part::Secondary(" · source "),
            Part::Strong(&source),
            Part::Secondary(" · of "),
            Part::Secondary(&looked),
            Part::Secondary(" "),
            Part::Strong(&events),
            Part::Secondary(" of "),
            Part::Secondary(&names),
        ],
    );
    if found.quarantined.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        text::secondary(ui, "To quarantine:");
        let mut reasons: Vec<_> = found.quarantined.iter().collect();
        reasons.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        for (reason, count) in reasons {
            let words = format!("{} · {}", reason.sentence(), format::count(*count));
            Tag::new(&words).tone(Tone::Danger).icon(Icon::WARNING_CIRCLE).show(ui);
        }
    });
}

fn told(ui: &mut Ui, problem: &Diagnostic) {
    let tone = match problem.severity {
        Severity::Error => Tone::Danger,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Neutral,
    };
    Banner::new(tone, &problem.message).detail(problem.hint.as_deref().unwrap_or("")).show(ui);
}

/// The import of a log into the open document.
#[derive(Debug)]
pub struct ImportDialog {
    preview: Preview,
    /// The import whose place it takes.
    replaces: Option<Batch>,
}

impl ImportDialog {
    pub(super) fn new(log: PathBuf) -> ImportDialog {
        ImportDialog { preview: Preview::new(Some(log)), replaces: None }
    }

    /// In place of an earlier import, beginning with its mapping.
    pub(super) fn again(log: PathBuf, batch: Batch) -> ImportDialog {
        let mapping = Mapping::parse(&batch.mapping).ok().filter(|_| !batch.mapping.is_empty());
        ImportDialog { preview: Preview { mapping, ..Preview::new(Some(log)) }, replaces: Some(batch) }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>, tools: &mut Tools<'_>) -> bool {
        let Some(log) = self.preview.log.clone() else { return false };
        let name = log.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let name = masked("", &name);
        let (title, verb) = match &self.replaces {
            Some(_) => (format!("Import {name} again"), "Replace import"),
            None => (format!("Import {name}"), "Import log"),
        };
        let dialog = Dialog::new(&title, verb).wide().ready(!self.preview.blocks(tools));
        let dialog = if self.replaces.is_some() { dialog.danger() } else { dialog };
        let answer = dialog.show(ctx, |ui| {
            if let Some(batch) = &self.replaces {
                replaced(ui, batch, cx.zone);
            }
            let chrome = CHROME_ALONE + if self.replaces.is_some() { REPLACED } else { 0.0 };
            preview_within(ui, &mut self.preview, cx.zone, tools, chrome);
        });
        if answer == Some(DialogAnswer::Confirm) {
            let replaces = self.replaces.as_ref().map(|batch| batch.id);
            let mapping = self.preview.mapping();
            cx.send(Command::Import(Import { file: log, format: None, mapping, replaces }));
        }
        answer.is_none()
    }
}

/// Names what leaves the document before the file is imported again.
fn replaced(ui: &mut Ui, batch: &Batch, zone: Zone) {
    let message = format!(
        "First removes the import of {} from {}: {} and {}",
        batch.file,
        batch.imported_at.human(zone),
        format::counted(batch.counts.imported, "event", "events"),
        format::counted(batch.counts.quarantined, "quarantined record", "quarantined records"),
    );
    let detail = "Then imports the file as shown here. This cannot be undone by Undo.";
    Banner::new(Tone::Warning, &message).detail(detail).show(ui);
    ui.add_space(theme::SPACE_2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_asked_for_by_file_mapping_and_zone() {
        let (log, other) = (Path::new("a.csv"), Path::new("b.csv"));
        let mapping = Mapping { event_is: Some("Order".into()), ..Mapping::default() };
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let keys = [
            key(log, None, Zone::default()),
            key(other, None, Zone::default()),
            key(log, Some(&mapping), Zone::default()),
            key(log, None, berlin),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert_eq!(key(log, None, berlin), keys[3]);
    }
}
