//! Saving a mapping as a file and loading one, for the next log of this kind. Not for what a mapping says.

use std::fs;
use std::path::Path;

use egui::Ui;

use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Button, Field, text};
use crate::base::Diagnostic;
use crate::formats::log::mapping::Mapping;
use crate::jobs::import::source_name;
use crate::model::privacy::masked;

/// The path typed so far, and what came of the last use.
#[derive(Debug)]
pub(super) struct MappingFile {
    path: String,
    open: Option<Use>,
    note: Option<Result<String, String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Save,
    Load,
}

impl MappingFile {
    /// Proposes a file next to the log.
    pub(super) fn beside(log: Option<&Path>) -> MappingFile {
        let path = log.map(|log| {
            log.with_file_name(format!("{}.mapping.toml", source_name(log))).display().to_string()
        });
        MappingFile { path: path.unwrap_or_default(), open: None, note: None }
    }

    /// Paints the two buttons and the field that one of them opened; gives the mapping that was loaded.
    pub(super) fn show(&mut self, ui: &mut Ui, now: &Mapping) -> Option<Mapping> {
        ui.add_space(theme::SPACE_1);
        ui.horizontal_wrapped(|ui| {
            for (kind, label, icon) in
                [(Use::Load, "Load mapping…", Icon::FOLDER_OPEN), (Use::Save, "Save mapping…", Icon::SAVE)]
            {
                let button = Button::secondary(label).icon(icon).small().selected(self.open == Some(kind));
                if button.show(ui).clicked() {
                    self.open = (self.open != Some(kind)).then_some(kind);
                    self.note = None;
                }
            }
            match &self.note {
                Some(Ok(done)) => _ = text::toned(ui, Tone::Positive, Icon::CHECK, done),
                Some(Err(problem)) => _ = text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, problem),
                None => {}
            }
        });
        match self.open {
            Some(Use::Load) => self.load_ui(ui),
            Some(Use::Save) => {
                self.save_ui(ui, now);
                None
            }
            None => None,
        }
    }

    fn load_ui(&mut self, ui: &mut Ui) -> Option<Mapping> {
        let asked = self.field(ui, "Load mapping");
        if !asked {
            return None;
        }
        match load(Path::new(self.path.trim())) {
            Ok(mapping) => {
                self.note = Some(Ok("Mapping loaded".to_owned()));
                self.open = None;
                Some(mapping)
            }
            Err(problem) => {
                self.note = Some(Err(masked("", &problem.to_string()).into_owned()));
                None
            }
        }
    }

    fn save_ui(&mut self, ui: &mut Ui, now: &Mapping) {
        let exists = Path::new(self.path.trim()).exists();
        let verb = if exists { "Replace mapping" } else { "Save mapping" };
        if !self.field(ui, verb) {
            return;
        }
        self.note = Some(match fs::write(self.path.trim(), now.to_text()) {
            Ok(()) => {
                self.open = None;
                Ok(format!("Mapping saved as {}", masked("", self.path.trim())))
            }
            Err(error) => {
                Err(format!("The mapping could not be saved: {error}. Choose another folder or name"))
            }
        });
    }

    /// The path and a button; true when a person presses it, or Enter.
    fn field(&mut self, ui: &mut Ui, verb: &str) -> bool {
        let mut asked = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - theme::SIDE_LIST).max(theme::SIDE_LIST);
            let field = Field::new("Mapping file", &mut self.path).name_hidden().mono().width(width).show(ui);
            asked = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let enabled = !self.path.trim().is_empty();
            asked |= Button::secondary(verb).enabled(enabled).show(ui).clicked();
        });
        asked && !self.path.trim().is_empty()
    }
}

/// The longest mapping that is read: far more than any has.
const LONGEST: u64 = 1 << 20;

fn load(path: &Path) -> Result<Mapping, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error("unreadable-mapping", format!("The mapping could not be read: {why}"))
            .hint("Type the path of a TOML file that was saved here, or written for --mapping")
    };
    let facts = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !facts.is_file() || facts.len() > LONGEST {
        return Err(unreadable("it is no text file of a usual size".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    Mapping::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_proposed_beside_its_log() {
        let file = MappingFile::beside(Some(Path::new("/logs/shop.csv.gz")));
        assert_eq!(file.path, "/logs/shop.mapping.toml");
        assert_eq!(MappingFile::beside(None).path, "");
    }

    #[test]
    fn what_cannot_be_loaded_says_why() {
        let missing = load(Path::new("/nowhere/a.toml")).unwrap_err();
        assert!(missing.to_string().starts_with("The mapping could not be read"), "{missing}");
        let folder = load(Path::new("/")).unwrap_err();
        assert!(folder.message.contains("no text file"));
    }
}
