//! The folders that the document watches: what landed last, what is wrong, a way to pause and to stop. Not for watching
//! them: see `session::watching`.

use egui::{Align, Layout, ScrollArea, Ui};

use crate::app::command::Command;
use crate::app::context::{DocCx, WatchFacts};
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Button, Part, card, sentence, text};
use crate::base::format;
use crate::model::privacy::masked_text;

/// Paints them; nothing where there are none.
pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>) {
    if cx.facts.watched.is_empty() {
        return;
    }
    text::label(ui, format::counted(cx.facts.watched.len() as u64, "watched folder", "watched folders"));
    ui.add_space(theme::SPACE_1);
    ScrollArea::vertical().id_salt("watched folders").max_height(MOST).auto_shrink([false, true]).show(
        ui,
        |ui| {
            for (place, folder) in cx.facts.watched.iter().enumerate() {
                ui.push_id(place, |ui| card(ui, |ui| one(ui, cx, folder)));
                ui.add_space(theme::SPACE_2);
            }
        },
    );
    ui.add_space(theme::SPACE_2);
}

/// The most height of all folders; more are scrolled to.
const MOST: f32 = theme::ROW * 8.0;

fn one(ui: &mut Ui, cx: &DocCx<'_>, folder: &WatchFacts) {
    ui.spacing_mut().item_spacing.y = theme::SPACE_1;
    let path = cx.shown_name(&folder.folder.display().to_string());
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons(ui, cx, folder, &path);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                text::icon(ui, Icon::FOLDER_OPEN, "Watched folder");
                let font = theme::strong();
                let room = ui.available_width() - theme::SPACE_2;
                let fits = |words: &str| {
                    let color = theme::palette(ui).text;
                    ui.painter().layout_no_wrap(words.to_owned(), font.clone(), color).size().x <= room
                };
                let shown = text::cut_middle(&path, fits).unwrap_or_else(|| path.clone());
                text::strong(ui, shown).on_hover_text(&path);
            });
        });
    });
    state(ui, cx, folder);
    if let Some(file) = folder.held.last().and_then(|file| file.file_name()) {
        let more = match folder.held.len() {
            1 => String::new(),
            count => format!(" (and {} more)", format::count(count as u64 - 1)),
        };
        let file = cx.shown_name(&file.to_string_lossy());
        let words =
            format!("{file}{more} breaks off: it is imported once its end has landed, or in some minutes");
        text::toned(ui, Tone::Neutral, Icon::CLOCK, &words);
    }
    if let Some((file, problem)) = &folder.problem {
        let more = match folder.problems {
            0 | 1 => String::new(),
            count => format!(", the latest of {} that could not be", format::count(count)),
        };
        // A message tells what the system, the log or the document said: none knows what may be shown.
        let why = masked_text(&problem.message);
        let words = format!("{} was not imported{more}: {why}", cx.shown_name(file));
        let what_to_do = match problem.code {
            "unmapped-log" => ". Import it by hand once: its mapping is then taken for the next of its kind",
            _ => "",
        };
        text::toned(ui, Tone::Warning, Icon::WARNING, &format!("{words}{what_to_do}"));
    }
}

fn buttons(ui: &mut Ui, cx: &DocCx<'_>, folder: &WatchFacts, path: &str) {
    if !cx.is_writable() {
        return;
    }
    let why = format!("Watch {path} no more; what was imported stays");
    if Button::secondary("Stop watching").icon(Icon::CLOSE).small().tooltip(&why).show(ui).clicked() {
        cx.send(Command::StopWatch(folder.folder.clone()));
    }
    let (verb, why) = match (folder.is_paused, folder.is_foreign) {
        (_, true) => ("Resume", "Watch it on this computer too: what is in it and was not imported then is"),
        (true, false) => ("Resume", "Import what landed meanwhile, and watch again"),
        (false, false) => {
            ("Pause", "Stop what is being imported, and leave alone what lands until you resume")
        }
    };
    if Button::secondary(verb).icon(Icon::CLOCK).small().tooltip(why).show(ui).clicked() {
        cx.send(Command::PauseWatch(folder.folder.clone(), verb == "Pause"));
    }
}

fn state(ui: &mut Ui, cx: &DocCx<'_>, folder: &WatchFacts) {
    if let Some(problem) = &folder.trouble {
        let hint = problem.hint.as_deref().unwrap_or_default();
        let words = masked_text(&format!("{}. {hint}", problem.message));
        text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, &words);
    }
    let now = if folder.is_foreign {
        "Paused: resume to watch on this computer".to_owned()
    } else if folder.is_paused && folder.waiting > 0 {
        "Paused; the file on its way in is being stopped".to_owned()
    } else if folder.is_paused {
        match &folder.stopped {
            Some(file) => {
                format!("Paused; {} was stopped and is tried again when you resume", cx.shown_name(file))
            }
            None => "Paused".to_owned(),
        }
    } else if folder.waiting > 0 {
        format!("{} on the way in", format::counted(folder.waiting as u64, "file is", "files are"))
    } else if folder.is_watched {
        "Watching".to_owned()
    } else {
        "Watched while a window that can write the document has it open".to_owned()
    };
    let Some(last) = &folder.last else {
        sentence(ui, &[Part::Body(&now), Part::Secondary(" · nothing has landed yet")]);
        return;
    };
    let file = cx.shown_name(&last.file);
    let (at, events) = (last.at.human(cx.zone), format::counted(last.events, "event", "events"));
    sentence(
        ui,
        &[
            Part::Body(&now),
            Part::Secondary(" · landed last: "),
            Part::Strong(&file),
            Part::Secondary(", "),
            Part::Body(&at),
            Part::Secondary(", "),
            Part::Body(&events),
        ],
    );
}
