//! Text fields: with a label over it and an error under it, with an icon, for search.
//!
//! Not for choosing among known values, which is `search_select`.

use egui::{Atom, Color32, Margin, Response, RichText, Role, TextEdit, Ui, WidgetInfo, vec2};

use super::text;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

/// A text field. `changed()` and `lost_focus()` of its response are those of egui.
#[must_use = "call .show(ui)"]
pub struct Field<'a> {
    name: &'a str,
    text: &'a mut String,
    shows_name: bool,
    hint: &'a str,
    help: &'a str,
    error: Option<&'a str>,
    may_be_wrong: bool,
    icon: Option<Icon>,
    mono: bool,
    password: bool,
    rows: usize,
    width: Option<f32>,
}

impl<'a> Field<'a> {
    /// A field with `name` over it, as wide as there is room.
    pub fn new(name: &'a str, text: &'a mut String) -> Self {
        Self {
            name,
            text,
            shows_name: true,
            hint: "",
            help: "",
            error: None,
            may_be_wrong: false,
            icon: None,
            mono: false,
            password: false,
            rows: 1,
            width: None,
        }
    }

    /// Does not draw the name; screen readers still say it.
    pub fn name_hidden(mut self) -> Self {
        self.shows_name = false;
        self
    }

    /// Shown while it is empty.
    pub fn hint(mut self, text: &'a str) -> Self {
        self.hint = text;
        self
    }

    /// Shown under it while there is no error.
    pub fn help(mut self, text: &'a str) -> Self {
        self.help = text;
        self
    }

    /// What is wrong with the text, shown under it. Its line is kept free while nothing is: what is below stays where
    /// it is.
    pub fn error(mut self, text: Option<&'a str>) -> Self {
        self.error = text;
        self.may_be_wrong = true;
        self
    }

    /// An icon inside, at its start.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// For code.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// Hides what is typed.
    pub fn password(mut self) -> Self {
        self.password = true;
        self
    }

    /// Several rows; Enter begins a new one.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows.max(1);
        self
    }

    /// A fixed width, in points.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let width = self.width.unwrap_or_else(|| ui.available_width());
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_1;
            ui.set_max_width(width);
            let label = self.shows_name.then(|| text::label(ui, self.name).id);
            let (error, help, may_be_wrong) = (self.error, self.help, self.may_be_wrong);
            let name = self.name;
            let response = self.edit(ui, width);
            let response = match label {
                Some(label) => response.labelled_by(label),
                None => response.accessible_name(name),
            };
            if let Some(error) = error {
                text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, error);
            } else if !help.is_empty() {
                text::hint(ui, help);
            } else if may_be_wrong {
                ui.allocate_exact_size(vec2(1.0, line_height(ui)), egui::Sense::hover());
            }
            response
        })
        .inner
    }

    fn edit(self, ui: &mut Ui, width: f32) -> Response {
        let palette = theme::palette(ui);
        let font = if self.mono { theme::mono() } else { theme::body() };
        if self.error.is_some() {
            let wrong = egui::Stroke::new(theme::LINE, palette.danger);
            ui.visuals_mut().widgets.inactive.bg_stroke = wrong;
            ui.visuals_mut().widgets.hovered.bg_stroke = wrong;
        }
        let hint = RichText::new(self.hint).color(palette.text_3);
        let mut edit =
            if self.rows > 1 { TextEdit::multiline(self.text) } else { TextEdit::singleline(self.text) }
                .font(font)
                .hint_text(hint)
                .password(self.password)
                .desired_rows(self.rows)
                .desired_width(width)
                .margin(Margin::symmetric(8, 5))
                .min_size(vec2(0.0, theme::CONTROL));
        if let Some(icon) = self.icon {
            let sign = RichText::new(icon.as_str()).font(theme::icon()).color(palette.text_2);
            edit = edit.prefix(Atom::from(sign));
        }
        ui.add(edit)
    }
}

/// How high a line of an error is, with its icon.
fn line_height(ui: &Ui) -> f32 {
    let height =
        |text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().y;
    height("X", theme::body()).max(height(Icon::WARNING_CIRCLE.as_str(), theme::icon_small()))
}

/// A field that filters what is below it: a magnifying glass, a hint, an × once there is text.
pub fn search_field(ui: &mut Ui, name: &str, query: &mut String) -> Response {
    let response = Field::new(name, query).name_hidden().hint(name).icon(Icon::SEARCH).show(ui);
    if query.is_empty() {
        return response;
    }
    let mut clear = response.rect;
    clear.set_left(clear.right() - theme::CONTROL);
    let button = ui.interact(clear, response.id.with("clear"), egui::Sense::click());
    button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("Clear: {name}")));
    let ink = if button.hovered() { theme::palette(ui).text } else { theme::palette(ui).text_2 };
    super::paint::icon_at(ui, clear.center(), Icon::CLOSE, theme::icon_small(), ink);
    super::paint::focus_ring(ui, &button, theme::RADIUS_CONTROL);
    let mut response = response;
    if button.clicked() {
        query.clear();
        response.mark_changed();
    }
    response
}
