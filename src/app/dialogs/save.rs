//! Saving what a query's page shows: its chart as a picture, its numbers as a table. Not for drawing or writing them.

use std::path::{Path, PathBuf};

use super::Tools;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{Button, Field, segmented, text};
use crate::jobs::questions::report::AskReport;
use crate::jobs::reports::csv;
use crate::model::item::ItemId;

/// Where it goes, as far as was chosen.
#[derive(Debug)]
pub struct SaveDialog {
    query: ItemId,
    ending: Ending,
    name: String,
    folder: String,
    /// Chosen in the system's dialog, which has asked before it takes the place of another file.
    confirmed: Option<PathBuf>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Png,
    Svg,
    Csv,
}

impl Ending {
    fn word(self) -> &'static str {
        match self {
            Ending::Png => "png",
            Ending::Svg => "svg",
            Ending::Csv => "csv",
        }
    }
}

impl SaveDialog {
    /// The chart of a query called `name`, proposed beside the document.
    pub(super) fn picture(query: ItemId, name: &str, document: &Path) -> SaveDialog {
        SaveDialog::new(query, name, document, Ending::Png)
    }

    /// Its numbers.
    pub(super) fn table(query: ItemId, name: &str, document: &Path) -> SaveDialog {
        SaveDialog::new(query, name, document, Ending::Csv)
    }

    fn new(query: ItemId, name: &str, document: &Path, ending: Ending) -> SaveDialog {
        let plain = |c: char| if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_') { c } else { ' ' };
        let words: String = name.chars().map(plain).take(LONGEST).collect();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let folder = document.parent().unwrap_or(Path::new("")).display().to_string();
        let stem = if words.is_empty() { "chart" } else { &words };
        let name = format!("{stem}.{}", ending.word());
        SaveDialog { query, ending, name, folder, confirmed: None }
    }

    fn path(&self) -> PathBuf {
        Path::new(self.folder.trim()).join(self.name.trim())
    }

    pub(super) fn take(&mut self, path: PathBuf) {
        self.name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.folder = path.parent().unwrap_or(Path::new("")).display().to_string();
        self.confirmed = Some(path);
    }

    /// Gives the name the ending that was chosen.
    fn turn(&mut self, ending: Ending) {
        self.ending = ending;
        self.name = Path::new(self.name.trim()).with_extension(ending.word()).display().to_string();
    }

    fn problem(&self) -> Option<&'static str> {
        let path = self.path();
        let ending = path.extension().unwrap_or_default();
        if !ending.eq_ignore_ascii_case(self.ending.word()) {
            return Some(match self.ending {
                Ending::Png => "End the name with .png",
                Ending::Svg => "End the name with .svg",
                Ending::Csv => "End the name with .csv",
            });
        }
        let is_taken = path.exists() && self.confirmed.as_ref() != Some(&path);
        is_taken.then_some("There is already a file of this name")
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>, tools: &mut Tools<'_>) -> bool {
        let Some(saved) = cx.query(self.query) else { return false };
        let answer = cx.ask("table to save", AskReport(saved.query.clone()));
        let is_table = self.ending == Ending::Csv;
        let (title, verb) = match is_table {
            true => ("Save the table", "Save table"),
            false => ("Save the chart as a picture", "Save picture"),
        };
        let bad_folder = (!Path::new(self.folder.trim()).is_dir()).then_some("There is no such folder");
        let is_there = matches!(answer, Loadable::Ready(_));
        let ready = self.problem().is_none() && bad_folder.is_none() && is_there;
        let given = Dialog::new(title, verb).ready(ready).show(ctx, |ui| {
            if is_table {
                text::secondary(ui, "The numbers as CSV, for spreadsheets; personal values stay masked");
            } else {
                let mut ending = self.ending;
                let kinds = [(Ending::Png, "PNG"), (Ending::Svg, "SVG")];
                _ = segmented(ui, "Kind of picture", &mut ending, &kinds);
                if ending != self.ending {
                    self.turn(ending);
                }
                text::secondary(
                    ui,
                    "The page with its chart, as it is drawn here; personal values stay masked",
                );
            }
            if let Loadable::Failed(problem) = &answer {
                text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, &problem.message);
            }
            Field::new("Folder", &mut self.folder).error(bad_folder).mono().show(ui);
            let problem = self.problem();
            Field::new("Name", &mut self.name).error(problem).mono().show(ui);
            if Button::secondary("Browse…").icon(Icon::FOLDER_OPEN).show(ui).clicked() {
                let (folder, name) = (self.folder.trim().to_owned(), self.name.trim().to_owned());
                tools.choose(move |dialog| dialog.set_directory(folder).set_file_name(name).save_file());
            }
        });
        if given == Some(DialogAnswer::Confirm) {
            let path = self.path();
            match answer {
                Loadable::Ready(answer) if is_table => {
                    cx.send(Command::SaveTable { path, text: csv(&answer, &saved.query, cx.zone) });
                }
                Loadable::Ready(_) | Loadable::Waiting(_) | Loadable::Stale(..) | Loadable::Failed(_) => {
                    cx.send(Command::SavePicture { path, query: self.query });
                }
            }
        }
        given.is_none()
    }
}

/// Characters of a file's name that a query's name gives.
const LONGEST: usize = 60;
