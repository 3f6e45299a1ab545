//! Choosing a file, making a document, taking an import back. Not for previews of logs: see `import`.

use std::path::{Path, PathBuf};

use super::import::{Preview, preview_ui};
use super::{DialogState, Tools};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::context::{Cx, DocCx};
use crate::app::icon::Icon;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Button, Field, SearchSelect, SelectItem, link, search_select::Picked, text};
use crate::base::format;
use crate::jobs::clock;
use crate::jobs::import::source_name;
use crate::model::privacy::masked;
use crate::model::time::Zone;
use crate::store::batches::Batch;

/// A path to open or import.
#[derive(Debug)]
pub struct FileDialog {
    purpose: Purpose,
    path: String,
}

/// What the path is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// A document or a log.
    Open,
    /// A log.
    Import,
    /// A folder to watch.
    Watch,
    /// The log of this import, which is not where it was.
    ImportAgain(Box<Batch>),
}

impl FileDialog {
    pub(super) fn new(purpose: Purpose) -> FileDialog {
        FileDialog { purpose, path: String::new() }
    }

    /// True when the path is for the open document.
    pub(super) fn is_of_document(&self) -> bool {
        match &self.purpose {
            Purpose::Open => false,
            Purpose::Import | Purpose::Watch | Purpose::ImportAgain(_) => true,
        }
    }

    /// What choosing a path leads to.
    pub(super) fn command(&self, path: PathBuf) -> Command {
        match &self.purpose {
            Purpose::Open | Purpose::Import => Command::Open(path),
            Purpose::Watch => Command::Watch(path),
            Purpose::ImportAgain(batch) => {
                let path = std::path::absolute(&path).unwrap_or(path);
                Command::Dialog(DialogState::import_again(path, (**batch).clone()))
            }
        }
    }

    pub(super) fn take(&mut self, path: PathBuf) {
        self.path = path.display().to_string();
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &Cx<'_>, tools: &mut Tools<'_>) -> bool {
        let (title, verb) = match &self.purpose {
            Purpose::Open => ("Open a document or a log".to_owned(), "Open"),
            Purpose::Import => ("Import a log".to_owned(), "Show preview"),
            Purpose::Watch => ("Watch a folder".to_owned(), "Watch folder"),
            Purpose::ImportAgain(batch) => {
                (format!("Where is {} now?", masked("", &batch.file)), "Show preview")
            }
        };
        let typed = self.path.trim().to_owned();
        let problem = self.problem(Path::new(&typed));
        let answer = Dialog::new(&title, verb).ready(!typed.is_empty() && problem.is_none()).show(ctx, |ui| {
            let (lead, hint) = self.words();
            text::secondary(ui, lead);
            Field::new("Path", &mut self.path)
                .hint(hint)
                .error(problem)
                .mono()
                .show(ui)
                .request_focus_once(ui);
            let folders = matches!(self.purpose, Purpose::Watch);
            if Button::secondary("Browse…").icon(Icon::FOLDER_OPEN).show(ui).clicked() {
                tools.choose(move |dialog| if folders { dialog.pick_folder() } else { dialog.pick_file() });
            }
            match &self.purpose {
                Purpose::Watch => {
                    text::hint(ui, "Also when the document is opened again, until you stop it on the page of imports");
                }
                Purpose::Import => {
                    text::hint(ui, FORMATS);
                    if link(ui, "Watch a folder for new logs instead…").clicked() {
                        cx.act(Action::WatchFolder);
                    }
                }
                Purpose::Open | Purpose::ImportAgain(_) => _ = text::hint(ui, FORMATS),
            }
        });
        if answer == Some(DialogAnswer::Confirm) {
            cx.send(self.command(PathBuf::from(typed)));
        }
        answer.is_none()
    }

    /// What to do, and what a path looks like.
    fn words(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::Watch => (
                "The logs in it are imported now, and each new one as soon as it is whole, also in folders within",
                "/home/…/exports",
            ),
            Purpose::Open | Purpose::Import | Purpose::ImportAgain(_) => {
                ("Type or paste a path, choose a file, or drop one on the window", "/home/…/log.ndjson")
            }
        }
    }

    fn problem(&self, typed: &Path) -> Option<&'static str> {
        match self.purpose {
            _ if typed.as_os_str().is_empty() => None,
            Purpose::Watch => (!typed.is_dir()).then_some("There is no such folder"),
            Purpose::Open | Purpose::Import | Purpose::ImportAgain(_) => {
                (!typed.exists()).then_some("There is no such file")
            }
        }
    }
}

/// What can be opened and imported, in short words.
const FORMATS: &str = "Documents; JSON of Segment, Amplitude, Mixpanel, PostHog, Google Analytics 4 and others; CSV, Excel, \
    Parquet, Snowplow, access logs, XES; packed, in ZIP archives and folders too";

/// Focus for a field that has just appeared.
trait FocusOnce {
    fn request_focus_once(&self, ui: &egui::Ui);
}

impl FocusOnce for egui::Response {
    fn request_focus_once(&self, ui: &egui::Ui) {
        let key = self.id.with("was focused");
        let seen = ui.data(|data| data.get_temp::<u64>(key)).unwrap_or(0);
        let frame = ui.ctx().cumulative_pass_nr();
        if seen == 0 || frame > seen + 2 {
            self.request_focus();
        }
        ui.data_mut(|data| data.insert_temp(key, frame));
    }
}

/// A new document, perhaps from a log.
#[derive(Debug)]
pub struct NewDocument {
    log: Option<PathBuf>,
    name: String,
    folder: String,
    zone: String,
    preview: Preview,
}

impl NewDocument {
    pub(super) fn new(log: Option<PathBuf>) -> NewDocument {
        let folder = log
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_owned)
            .or_else(documents_folder)
            .unwrap_or_default();
        let name = log.as_deref().map_or_else(|| "Untitled".to_owned(), source_name);
        NewDocument {
            preview: Preview::new(log.clone()),
            log,
            name,
            folder: folder.display().to_string(),
            zone: clock::system_zone().name().to_owned(),
        }
    }

    pub(super) fn take_folder(&mut self, path: &Path) {
        self.folder = path.display().to_string();
    }

    fn path(&self) -> PathBuf {
        Path::new(self.folder.trim()).join(format!("{}.stormline", self.name.trim()))
    }

    fn name_problem(&self) -> Option<&'static str> {
        if self.name.trim().is_empty() || self.name.contains(['/', '\\']) {
            return Some("Type a name without slashes");
        }
        self.path().exists().then_some("There is already one of this name")
    }

    fn folder_problem(&self) -> Option<&'static str> {
        (!Path::new(self.folder.trim()).is_dir()).then_some("There is no such folder")
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &Cx<'_>, tools: &mut Tools<'_>) -> bool {
        // The log goes into a document of its own, whatever is open.
        (tools.document, tools.revision) = (None, 0);
        let title = if self.log.is_some() { "New document from a log" } else { "New document" };
        let verb = if self.log.is_some() { "Import log" } else { "Create document" };
        let (bad_name, bad_folder) = (self.name_problem(), self.folder_problem());
        let blocked = self.preview.blocks(tools);
        let dialog = Dialog::new(title, verb).ready(bad_name.is_none() && bad_folder.is_none() && !blocked);
        let dialog = if self.log.is_some() { dialog.wide() } else { dialog };
        let zone = Zone::named(&self.zone).unwrap_or_default();
        let answer = dialog.show(ctx, |ui| {
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| Field::new("Name", &mut self.name).error(bad_name).width(200.0).show(ui));
                ui.vertical(|ui| {
                    Field::new("Folder", &mut self.folder).error(bad_folder).width(220.0).show(ui)
                });
                ui.vertical(|ui| {
                    text::label(ui, "Time zone");
                    zone_select(ui, &mut self.zone);
                });
            });
            if Button::quiet("Choose folder…").icon(Icon::FOLDER_OPEN).small().show(ui).clicked() {
                tools.choose(|dialog| dialog.pick_folder());
            }
            preview_ui(ui, &mut self.preview, zone, tools);
        });
        if answer == Some(DialogAnswer::Confirm) {
            let import = self.preview.import(None);
            cx.send(Command::Create { document: self.path(), zone: self.zone.clone(), import });
        }
        answer.is_none()
    }
}

/// Chooses a zone from all there are.
pub(super) fn zone_select(ui: &mut egui::Ui, zone: &mut String) {
    let names = Zone::all_names();
    let items: Vec<SelectItem<'_>> = names.iter().map(|name| SelectItem::new(*name)).collect();
    let picked = SearchSelect::new("zone", "Time zone").items(&items).selected(Some(zone.as_str())).show(ui);
    if let Some(Picked::Item(index)) = picked {
        names[index].clone_into(zone);
    }
}

fn documents_folder() -> Option<PathBuf> {
    let folders = directories::UserDirs::new()?;
    Some(folders.document_dir().unwrap_or_else(|| folders.home_dir()).to_owned())
}

/// Asks before an import is taken back; names what goes.
pub(super) fn remove_batch(ctx: &egui::Context, cx: &DocCx<'_>, batch: &Batch) -> bool {
    let title = format!("Remove the import of {}?", masked("", &batch.file));
    let answer = Dialog::new(&title, "Remove import").danger().show(ctx, |ui| {
        text::body(
            ui,
            format!(
                "Removes {} and {} from this document. The file itself stays where it is and can be imported again by hand; a watched folder does not bring it back.",
                format::counted(batch.counts.imported, "event", "events"),
                format::counted(batch.counts.quarantined, "quarantined record", "quarantined records"),
            ),
        );
        text::secondary(ui, "Queries are answered anew without them. This cannot be undone by Undo.");
    });
    if answer == Some(DialogAnswer::Confirm) {
        cx.send(Command::RemoveBatch(batch.id));
    }
    answer.is_none()
}
