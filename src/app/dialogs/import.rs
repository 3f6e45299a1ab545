//! A log as it will become, before it is imported: its first rows, its counts, and which column means what. Not for
//! importing it: see `jobs::import`.

pub(super) mod columns;
mod counts;
mod formats;
mod hints;
mod mapping_file;
mod previews;
pub(super) mod rows;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use egui::{ScrollArea, Ui};

use super::{Tools, time_offers};
use crate::app::command::{Command, Import};
use crate::app::context::DocCx;
use crate::app::theme::{self, Tone};
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Banner, BannerAction, Part, Section, progress, sentence, skeleton, text};
use crate::base::{Diagnostic, Severity, format};
use crate::formats::log::Mapping;
use crate::formats::log::time_readings::Readings;
use crate::jobs::import::{Look, Remembered, source_name};
use crate::model::privacy::masked;
use crate::model::time::Zone;
use crate::store::batches::Batch;
use mapping_file::MappingFile;
pub(super) use previews::Previews;
use previews::{LookResult, Request, Stamp};

/// A log's preview with the mapping chosen so far.
#[derive(Debug)]
pub(super) struct Preview {
    log: Option<PathBuf>,
    /// The name of the format chosen here; `None` for the one that is recognized.
    format: Option<&'static str>,
    /// Chosen here; `None` for what is proposed.
    mapping: Option<Mapping>,
    /// True when the mapping of an earlier log of the same columns is not wanted.
    refuses_memory: bool,
    /// The import of the document that goes first.
    replaces: Option<i64>,
    /// When the file was looked at last, and what it was like: it may be written anew meanwhile.
    stamp: Option<(f64, Stamp)>,
    /// What is shown, perhaps of the mapping before, and whether it is.
    shown: Option<(u64, Arc<LookResult>)>,
    /// What it should be of.
    wanted: u64,
    file: MappingFile,
    problem: Option<String>,
}

impl Preview {
    pub(super) fn new(log: Option<PathBuf>) -> Preview {
        let file = MappingFile::beside(log.as_deref());
        Preview {
            log,
            format: None,
            mapping: None,
            refuses_memory: false,
            replaces: None,
            stamp: None,
            shown: None,
            wanted: 0,
            file,
            problem: None,
        }
    }

    /// True while the log cannot be imported as it stands.
    pub(super) fn blocks(&self, _tools: &Tools<'_>) -> bool {
        self.log.is_some() && self.ready().is_none()
    }

    /// The wish to import what is shown.
    pub(super) fn import(&self, replaces: Option<i64>) -> Option<Import> {
        let mapping = match self.look() {
            Some(look) => look.mapping(self.mapping.as_ref(), self.refuses_memory),
            None => self.mapping.clone(),
        };
        let file = self.log.clone()?;
        let format = self.format.map(str::to_owned);
        Some(Import { file, format, mapping, replaces, forgets_mapping: self.refuses_memory })
    }

    fn look(&self) -> Option<&Look> {
        self.shown.as_ref()?.1.as_ref().as_ref().ok()
    }

    /// The preview of the mapping chosen, when events can be read with it.
    fn ready(&self) -> Option<&Look> {
        let look = self.look()?;
        let fits = self.is_current()
            && look.log.events > 0
            && !look.log.diagnostics.iter().any(Diagnostic::is_error);
        fits.then_some(look)
    }

    /// True when what is shown is of the mapping chosen.
    fn is_current(&self) -> bool {
        self.shown.as_ref().is_some_and(|(key, _)| *key == self.wanted)
    }

    /// Looks for the preview of the mapping chosen; starts to read it when it is not there yet.
    fn find(&mut self, zone: Zone, tools: &mut Tools<'_>, now: f64) {
        let Some(log) = &self.log else { return };
        let (at, stamp) =
            self.stamp.filter(|(at, _)| now - at < FRESH_SECS).unwrap_or_else(|| (now, Stamp::of(log)));
        self.stamp = Some((at, stamp));
        let request = Request {
            log: log.clone(),
            format: self.format,
            mapping: self.mapping.clone(),
            zone,
            refuses_memory: self.refuses_memory,
            replaces: self.replaces,
            stamp,
        };
        self.wanted = key(&request, tools.revision);
        if self.is_current() {
            return;
        }
        if let Some(known) = tools.previews.take(self.wanted, &request, tools.document) {
            self.shown = Some((self.wanted, known));
        }
    }
}

/// How long a look at the file's length and date holds, in seconds.
const FRESH_SECS: f64 = 1.0;

/// `revision` is that of the document's rows, with which the log is compared.
fn key(request: &Request, revision: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mapping = request.mapping.as_ref().map(Mapping::to_text);
    (&request.log, request.format, request.stamp, mapping, request.zone.name()).hash(&mut hasher);
    (request.refuses_memory, request.replaces, revision).hash(&mut hasher);
    hasher.finish()
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
    let now = ui.input(|input| input.time);
    preview.find(zone, tools, now);
    let most = (ui.ctx().content_rect().height() - chrome).max(theme::SIDE_LIST);
    // The bar stands beside what it scrolls; tables within keep theirs over them.
    let scroll = ui.spacing().scroll;
    ui.spacing_mut().scroll.floating_allocated_width = scroll.bar_width + theme::SPACE_1;
    // The room of a dialog is what it took before: without a least height it would not grow with what it shows.
    let area = ScrollArea::vertical().id_salt("preview").max_height(most).min_scrolled_height(most);
    area.auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().scroll = scroll;
        ui.spacing_mut().item_spacing.y = theme::SPACE_2;
        let Some((_, result)) = preview.shown.clone() else {
            text::secondary(ui, "Reading the first rows…");
            under_way(ui, tools);
            skeleton::lines(ui, 6);
            return;
        };
        match &*result {
            Err(problem) => {
                ui.columns(2, |cells| format_ui(&mut cells[0], preview, None));
                told(ui, problem);
            }
            Ok(look) => found_ui(ui, preview, look, zone, tools),
        }
    });
}

/// How far the look under way is.
fn under_way(ui: &mut Ui, tools: &Tools<'_>) {
    if let Some(share) = tools.previews.share() {
        progress::mini_bar(ui, share, ui.available_width(), "Looking at the log");
        ui.ctx().request_repaint_after(WHILE_LOOKING);
    }
}

/// How long until the next look at how far it is.
const WHILE_LOOKING: std::time::Duration = std::time::Duration::from_millis(33);

/// Height of everything around the preview: title, fields, buttons, margins.
const CHROME: f32 = 250.0;
/// The same without fields.
const CHROME_ALONE: f32 = 140.0;
/// What is told of an import that is replaced.
const REPLACED: f32 = 80.0;

fn found_ui(ui: &mut Ui, preview: &mut Preview, look: &Look, zone: Zone, tools: &Tools<'_>) {
    let found = &look.log;
    let is_current = preview.is_current();
    what_it_is(ui, preview, found.label);
    remembered_ui(ui, preview, look.remembered.as_ref(), zone);
    if !is_current {
        under_way(ui, tools);
    }
    let now = preview.mapping.clone().or_else(|| found.mapping.clone()).unwrap_or_default();
    ui.columns(2, |cells| {
        format_ui(&mut cells[0], preview, Some(found.label));
        if let Some(chosen) = columns::sheet_select(&mut cells[1], &now, &look.sheets) {
            preview.mapping = Some(chosen);
        }
    });
    dimmed(ui, !is_current, |ui| counts::show(ui, look));
    for problem in &found.diagnostics {
        match hints::here(problem, look) {
            Some((tone, detail)) => {
                _ = Banner::new(tone, &masked("", &problem.message)).detail(detail).show(ui);
            }
            None => told(ui, problem),
        }
    }
    if let Some(chosen) = hints::addresses_ui(ui, preview.mapping.as_ref(), found.format) {
        preview.mapping = Some(chosen);
    }
    if !found.columns.is_empty() {
        let mut changed = None;
        if let Some(times) = &look.times {
            changed = times_ui(ui, &now, times, now.zone.unwrap_or(zone));
        }
        let count = format::counted(found.columns.len() as u64, "column", "columns");
        Section::new("What the columns mean").id_salt("preview columns").count(&count).show(ui, |ui| {
            let mapped = columns::mapping_ui(ui, &now, &found.columns, &mut preview.problem);
            let loaded = preview.file.show(ui, &now);
            changed = loaded.or(mapped).or(changed.take());
        });
        if changed.is_some() {
            preview.mapping = changed;
        }
    }
    dimmed(ui, !is_current, |ui| {
        if found.rows.is_empty() {
            rows::samples(ui, &found.columns);
        } else {
            rows::table(ui, &found.rows, found.header.as_ref(), &look.parts, zone);
        }
    });
}

/// Chooses the format. What the columns of another one meant is of no use in it.
fn format_ui(ui: &mut Ui, preview: &mut Preview, found: Option<&str>) {
    if let Some(chosen) = formats::select(ui, preview.format, found) {
        preview.format = chosen;
        preview.mapping = None;
    }
}

/// Ways to read the column of times; gives the mapping with the one that was chosen.
fn times_ui(ui: &mut Ui, now: &Mapping, found: &Readings, zone: Zone) -> Option<Mapping> {
    let label = format!(
        "Ways to read the times, tried on the first {}: as chosen now those of {} can be read",
        format::counted(found.of, "record", "records"),
        format::percent_of(found.now, found.of)
    );
    let column = now.time.as_deref().unwrap_or_default();
    let chosen = time_offers::show(ui, &label, column, found, zone)?;
    Some(Mapping { time_format: chosen, ..now.clone() })
}

/// What is of the mapping before stays in sight, and does not look like news.
fn dimmed(ui: &mut Ui, is_old: bool, content: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        if is_old {
            ui.set_opacity(OLD);
        }
        content(ui);
    });
}

/// How much of its color an old count keeps.
const OLD: f32 = 0.55;

/// What the log is, and what its events are said to come from.
fn what_it_is(ui: &mut Ui, preview: &Preview, label: &str) {
    let source = preview.log.as_deref().map(source_name).unwrap_or_default();
    let source = masked("", &source);
    sentence(ui, &[Part::Strong(label), Part::Secondary(" · source "), Part::Strong(&source)]);
}

/// Says that the mapping is that of an earlier log, with a way back; or offers it.
fn remembered_ui(ui: &mut Ui, preview: &mut Preview, remembered: Option<&Remembered>, zone: Zone) {
    let Some(remembered) = remembered.filter(|_| preview.mapping.is_none()) else { return };
    let words = format!("{} on {}", masked("", &remembered.file), remembered.at.human(zone));
    let (message, detail, verb) = match preview.refuses_memory {
        false => (
            format!("As for {words}"),
            "That log had the same columns: its mapping is proposed here",
            "Read as the format proposes",
        ),
        true => (
            format!("Not as for {words}"),
            "Importing like this forgets the mapping of that log",
            "Read as that log",
        ),
    };
    let banner = Banner::new(Tone::Neutral, &message).detail(detail).fix(verb);
    if banner.show(ui) == Some(BannerAction::Fix) {
        preview.refuses_memory = !preview.refuses_memory;
    }
}

fn told(ui: &mut Ui, problem: &Diagnostic) {
    let tone = match problem.severity {
        Severity::Error => Tone::Danger,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Neutral,
    };
    // Names of files and folders, and what stands in them, may be personal.
    let hint = masked("", problem.hint.as_deref().unwrap_or_default());
    Banner::new(tone, &masked("", &problem.message)).detail(&hint).show(ui);
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
        ImportDialog {
            preview: Preview { mapping, replaces: Some(batch.id), ..Preview::new(Some(log)) },
            replaces: Some(batch),
        }
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
            if let Some(import) = self.preview.import(replaces) {
                cx.send(Command::Import(import));
            }
        }
        answer.is_none()
    }
}

/// Names what leaves the document before the file is imported again.
fn replaced(ui: &mut Ui, batch: &Batch, zone: Zone) {
    let message = format!(
        "First removes the import of {} from {}: {} and {}",
        masked("", &batch.file),
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
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_preview_is_asked_for_by_all_that_it_depends_on() {
        let mapping = Mapping { event_is: Some("Order".into()), ..Mapping::default() };
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let request = |log: &str, mapping: Option<&Mapping>, zone, refuses_memory| Request {
            log: Path::new(log).to_owned(),
            format: None,
            mapping: mapping.cloned(),
            zone,
            refuses_memory,
            replaces: None,
            stamp: Stamp::default(),
        };
        let plain = || request("a.csv", None, Zone::default(), false);
        let other = Stamp::of(Path::new(env!("CARGO_MANIFEST_DIR")));
        let keys = [
            key(&request("a.csv", None, Zone::default(), false), 0),
            key(&request("b.csv", None, Zone::default(), false), 0),
            key(&request("a.csv", Some(&mapping), Zone::default(), false), 0),
            key(&request("a.csv", None, berlin, false), 0),
            key(&request("a.csv", None, Zone::default(), true), 0),
            key(&plain(), 1),
            key(&Request { replaces: Some(1), ..plain() }, 0),
            key(&Request { replaces: Some(2), ..plain() }, 0),
            key(&Request { stamp: other, ..plain() }, 0),
            key(&Request { format: Some("csv"), ..plain() }, 0),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert_eq!(key(&request("a.csv", None, berlin, false), 0), keys[3]);
    }
}
