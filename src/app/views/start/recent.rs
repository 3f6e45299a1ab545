//! Recent documents as rows: name, folder, when changed; missing ones grayed with the reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use egui::{CursorIcon, FontId, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::command::Command;
use crate::app::context::Cx;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::text;
use crate::jobs::clock;
use crate::model::time::{Time, Zone};

/// What the files were like when looked at last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    files: Vec<File>,
    looked_at: Option<f64>,
    zone: Option<Zone>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// When it was changed, or why it cannot be opened.
    state: Result<Option<Time>, String>,
}

/// How long a look at the files holds, in seconds.
const FRESH_SECS: f64 = 3.0;
/// How many are shown.
const SHOWN: usize = 6;

impl Recent {
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        self.look(&cx.settings.recent, cx.now);
        let zone = *self.zone.get_or_insert_with(clock::system_zone);
        text::section_title(ui, "Recent documents");
        if self.files.is_empty() {
            text::secondary(ui, "None yet: the documents that you open are listed here");
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        for file in &self.files {
            if row(ui, file, zone) {
                cx.send(Command::Open(file.path.clone()));
            }
        }
        ui.spacing_mut().item_spacing.y = theme::SPACE_2;
    }

    /// Looks at the files again when the list has changed or the last look is old.
    fn look(&mut self, recent: &[PathBuf], now: f64) {
        let wanted = &recent[..recent.len().min(SHOWN)];
        let same = self.files.iter().map(|file| &file.path).eq(wanted);
        if same && self.looked_at.is_some_and(|at| now - at < FRESH_SECS) {
            return;
        }
        self.looked_at = Some(now);
        self.files = wanted.iter().map(|path| File { path: path.clone(), state: state(path) }).collect();
    }
}

fn state(path: &Path) -> Result<Option<Time>, String> {
    match fs::metadata(path) {
        Ok(facts) if facts.is_file() => Ok(facts.modified().ok().and_then(time)),
        Ok(_) => Err("This is no longer a file".to_owned()),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::NotFound => "Not found: moved, renamed or deleted".to_owned(),
            io::ErrorKind::PermissionDenied => "May not be read by you".to_owned(),
            _ => format!("Cannot be read: {error}"),
        }),
    }
}

fn time(at: SystemTime) -> Option<Time> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok().map(Time)
}

/// One document; true when a person opens it.
fn row(ui: &mut Ui, file: &File, zone: Zone) -> bool {
    let palette = theme::palette(ui);
    let enabled = file.state.is_ok();
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::TOP_BAR), sense);
    let name = file.path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let folder = file.path.parent().map_or_else(String::new, |folder| folder.display().to_string());
    let note = match &file.state {
        Ok(Some(changed)) => format!("Changed {}", changed.human(zone)),
        Ok(None) => String::new(),
        Err(why) => why.clone(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, format!("{name}, {note}")));
    if enabled && response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.surface_2);
    }
    let inner = rect.shrink2(vec2(theme::SPACE_2, 0.0));
    let ink = if enabled { palette.text } else { palette.text_3 };
    let at = |x: f32, y: f32| pos2(x, rect.top() + y);
    let put =
        |pos, words: &str, font: FontId, color, align| ui.painter().text(pos, align, words, font, color);
    let sign = if enabled { Icon::FILE_TEXT } else { Icon::PROHIBIT };
    let middle = rect.center().y;
    put(
        pos2(inner.left(), middle),
        sign.as_str(),
        theme::icon_large(),
        palette.text_2,
        egui::Align2::LEFT_CENTER,
    );
    let note_rect =
        put(pos2(inner.right(), middle), &note, theme::small(), palette.text_2, egui::Align2::RIGHT_CENTER);
    let left = inner.left() + theme::SPACE_6;
    let room = note_rect.left() - theme::SPACE_4 - left;
    let line = theme::TOP_BAR / 2.0;
    let name_shown = elide_middle(ui, &name, &theme::medium(), room);
    put(at(left, line - 1.0), &name_shown, theme::medium(), ink, egui::Align2::LEFT_BOTTOM);
    let folder_shown = elide_middle(ui, &folder, &theme::small(), room);
    put(at(left, line + 1.0), &folder_shown, theme::small(), palette.text_2, egui::Align2::LEFT_TOP);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, theme::RADIUS_CONTROL, palette.focus_ring(), StrokeKind::Inside);
    }
    let clicked = response.clicked();
    let response = if enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    response.on_hover_text(file.path.display().to_string());
    clicked
}

/// The text, or its start and end around `…` as far as there is room.
fn elide_middle(ui: &Ui, text: &str, font: &FontId, room: f32) -> String {
    let wide = |words: &str| {
        ui.painter().layout_no_wrap(words.to_owned(), font.clone(), theme::palette(ui).text).size().x
    };
    if wide(text) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let (mut fits, mut too_many) = (0, letters.len());
    while fits + 1 < too_many {
        let kept = usize::midpoint(fits, too_many);
        if wide(&without_middle(&letters, kept)) <= room {
            fits = kept;
        } else {
            too_many = kept;
        }
    }
    without_middle(&letters, fits)
}

/// The first and last of `letters`, `kept` in all.
fn without_middle(letters: &[char], kept: usize) -> String {
    let head = kept / 2;
    let tail = kept - head;
    let start: String = letters[..head].iter().collect();
    let end: String = letters[letters.len() - tail..].iter().collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out() {
        let letters: Vec<char> = "/home/me/documents".chars().collect();
        assert_eq!(without_middle(&letters, 7), "/ho…ents");
        assert_eq!(without_middle(&letters, 0), "…");
    }

    #[test]
    fn a_missing_document_says_why() {
        let why = state(Path::new("/nowhere/at/all.stormline")).unwrap_err();
        assert!(why.starts_with("Not found"));
        assert!(state(Path::new("/")).unwrap_err().contains("no longer a file"));
    }
}
