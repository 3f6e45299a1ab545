//! What a copy of the document may contain. Not for writing it.

use std::path::{Path, PathBuf};

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Field, skeleton, text};
use crate::base::format;
use crate::jobs::questions::copy_facts::AskCopyFacts;
use crate::store::copy::CopyContents;

/// What was chosen so far.
#[derive(Debug)]
pub struct CopyDialog {
    path: String,
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
        CopyDialog { path: free.unwrap_or_default().display().to_string(), everything: false }
    }

    pub(super) fn take(&mut self, path: PathBuf) {
        self.path = path.display().to_string();
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
        let exists = Path::new(self.path.trim()).exists();
        let answer = Dialog::new("Save a copy", "Save copy")
            .ready(!exists && !self.path.trim().is_empty())
            .show(ctx, |ui| {
                ui.radio_value(&mut self.everything, false, "Plan, boards and queries only");
                text::hint(ui, "No events, no cached columns, no history of edits; the filters of queries keep their values");
                ui.radio_value(&mut self.everything, true, "Everything, with all events");
                if self.everything {
                    warn(ui, cx);
                }
                let error = exists.then_some("There is already a file of this name");
                Field::new("File", &mut self.path).error(error).mono().show(ui);
            });
        if answer == Some(DialogAnswer::Confirm) {
            let contents = if self.everything { CopyContents::Everything } else { CopyContents::Definitions };
            cx.send(Command::SaveCopy(PathBuf::from(self.path.trim()), contents));
        }
        answer.is_none()
    }
}

fn warn(ui: &mut egui::Ui, cx: &DocCx<'_>) {
    let facts = cx.ask("copy facts", AskCopyFacts);
    let Some(facts) = facts.any() else {
        skeleton::lines(ui, 2);
        return;
    };
    let persons = format::counted(facts.persons, "person", "persons");
    let events = format::counted(facts.events, "event", "events");
    text::toned(ui, Tone::Warning, Icon::WARNING, &format!("{persons} and {events} go with it"));
    if facts.quarantined > 0 {
        let records = format::counted(facts.quarantined, "quarantined record", "quarantined records");
        text::secondary(ui, format!("So do {records}, as they came"));
    }
    if facts.personal_properties.is_empty() {
        text::secondary(ui, "No property is suspected to hold personal values");
    } else {
        let names = facts.personal_properties.join(", ");
        text::secondary(ui, format!("Suspected personal properties: {names}"));
    }
}
