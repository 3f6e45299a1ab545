//! What a copy of the document may contain. Not for writing it.

use std::path::{Path, PathBuf};

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Field, skeleton, text};
use crate::base::format;
use crate::jobs::questions::copy_facts::AskCopyFacts;
use crate::store::copy::CopyContents;

/// What was chosen so far.
#[derive(Debug)]
pub struct CopyDialog {
    name: String,
    folder: String,
    everything: bool,
}

impl CopyDialog {
    pub(super) fn new(document: &Path) -> CopyDialog {
        let stem = document.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let folder = document.parent().unwrap_or(Path::new(""));
        let free = (1..1000)
            .map(|n| {
                folder.join(if n == 1 {
                    format!("{stem} copy.stormline")
                } else {
                    format!("{stem} copy {n}.stormline")
                })
            })
            .find(|path| !path.exists());
        let mut dialog = CopyDialog { name: String::new(), folder: String::new(), everything: false };
        dialog.take(free.unwrap_or_default());
        dialog
    }

    fn path(&self) -> PathBuf {
        Path::new(self.folder.trim()).join(self.name.trim())
    }

    pub(super) fn take(&mut self, path: PathBuf) {
        self.name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.folder = path.parent().unwrap_or(Path::new("")).display().to_string();
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
        let is_named = !self.name.trim().is_empty();
        let exists = is_named && self.path().exists();
        let answer = Dialog::new("Save a copy", "Save copy").ready(!exists && is_named).show(ctx, |ui| {
            ui.radio_value(&mut self.everything, false, "Plan, boards and queries only");
            text::hint(
                ui,
                "No events, no cached columns, no history of edits; the filters of queries keep their values",
            );
            ui.radio_value(&mut self.everything, true, "Everything, with all events");
            contained(ui, cx, self.everything);
            let error = exists.then_some("There is already a file of this name");
            Field::new("Folder", &mut self.folder).mono().show(ui);
            Field::new("Name", &mut self.name).error(error).mono().show(ui);
        });
        if answer == Some(DialogAnswer::Confirm) {
            let contents = if self.everything { CopyContents::Everything } else { CopyContents::Definitions };
            cx.send(Command::SaveCopy(self.path(), contents));
        }
        answer.is_none()
    }
}

/// What goes with the copy or stays, in a room of its own: choosing moves nothing, so that a second click lands right.
fn contained(ui: &mut egui::Ui, cx: &DocCx<'_>, everything: bool) {
    ui.scope(|ui| {
        ui.set_min_height(theme::ROW_DENSE * LINES);
        facts_ui(ui, cx, everything);
    });
}

/// One for persons and events, one for quarantined records, two for names of properties.
const LINES: f32 = 4.0;
/// How many names two lines have room for.
const NAMES: usize = 6;

fn facts_ui(ui: &mut egui::Ui, cx: &DocCx<'_>, everything: bool) {
    let facts = cx.ask("copy facts", AskCopyFacts);
    let Some(facts) = facts.any() else {
        skeleton::lines(ui, 2);
        return;
    };
    let persons = format::counted(facts.persons, "person", "persons");
    let events = format::counted(facts.events, "event", "events");
    if !everything {
        text::toned(ui, Tone::Positive, Icon::CHECK_CIRCLE, &format!("{persons} and {events} stay here"));
        return;
    }
    text::toned(ui, Tone::Warning, Icon::WARNING, &format!("{persons} and {events} go with it"));
    if facts.quarantined > 0 {
        let records = format::counted(facts.quarantined, "quarantined record", "quarantined records");
        text::secondary(ui, format!("So do {records}, as they came"));
    }
    if facts.personal_properties.is_empty() {
        text::secondary(ui, "No property is suspected to hold personal values");
    } else {
        let all = &facts.personal_properties;
        let more = all.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {} more", format::count(more as u64)) } else { String::new() };
        let names = all.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ") + &more;
        text::secondary(ui, format!("Suspected personal properties: {names}"));
    }
}
