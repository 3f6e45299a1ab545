//! Popovers and menus: what opens below a button, a chip, or a row.
//!
//! Not for questions that must be answered, which are dialogs, nor for choosing one of many (`search_select`).

use egui::{
    CursorIcon, Frame, Id, Popup, PopupCloseBehavior, Response, Role, Sense, SetOpenCommand, Ui, WidgetInfo,
    vec2,
};

use super::paint;
use super::table::TableResponse;
use crate::app::icon::Icon;
use crate::app::theme;

/// Opens and closes a surface below `toggle` when that is clicked; search selects may open within.
///
/// Escape and a click elsewhere close it, as does `ui.close()` in `content`. Gives what `content` gave while open.
pub fn popover<R>(
    toggle: &Response,
    name: &str,
    width: f32,
    content: impl FnOnce(&mut Ui) -> R,
) -> Option<R> {
    let ctx = &toggle.ctx;
    let id = id_of(toggle);
    let mut open = ctx.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    if toggle.clicked() {
        open = !open;
    }
    // A list that was open within takes the click or the Escape for itself.
    let list_open = Popup::is_any_open(ctx);
    let drawn_before = ctx.read_response(id).is_some();
    let shown = Popup::from_response(toggle)
        .id(id)
        .open_bool(&mut open)
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .width(width)
        .gap(theme::SPACE_1)
        .accessible_name(name)
        .frame(Frame::popup(&ctx.global_style()).inner_margin(theme::SPACE_3))
        .show(|ui| {
            ui.set_width(width);
            content(ui)
        });
    if let Some(shown) = &shown {
        let elsewhere = drawn_before && !toggle.clicked() && shown.response.clicked_elsewhere();
        // A popup's response says "close" for Escape, too: only without that key was it the content.
        let told = shown.response.should_close() && !ctx.input(|input| input.key_pressed(egui::Key::Escape));
        open = !told && (list_open || (open && !elsewhere));
    }
    ctx.data_mut(|data| data.insert_temp(id, open));
    shown.map(|shown| shown.inner)
}

/// Opens the popover of `toggle` from elsewhere, for one: of a chip that was just added.
pub fn open_popover(toggle: &Response) {
    toggle.ctx.data_mut(|data| data.insert_temp(id_of(toggle), true));
}

fn id_of(toggle: &Response) -> Id {
    toggle.id.with("popover")
}

/// A menu below `button`, opened by clicking it; arrows move, Enter chooses, Escape closes.
pub fn menu<R>(button: &Response, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    Popup::menu(button).gap(theme::SPACE_1).show(|ui| menu_content(ui, content)).map(|shown| shown.inner)
}

/// A menu at the pointer, opened by a click with the second button on `response`.
pub fn context_menu<R>(response: &Response, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    Popup::context_menu(response).show(|ui| menu_content(ui, content)).map(|shown| shown.inner)
}

/// The menu of a table's row, at the pointer, opened by a click with the second button on one.
pub fn row_menu<R>(table: &TableResponse, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let asked = table.menu.map(|_| SetOpenCommand::Bool(true));
    let popup = Popup::menu(&table.response).open_memory(asked).at_pointer_fixed();
    popup.show(|ui| menu_content(ui, content)).map(|shown| shown.inner)
}

fn menu_content<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.set_width(ui.spacing().menu_width);
    ui.spacing_mut().item_spacing.y = 0.0;
    content(ui)
}

/// A row of a menu; closes the menu when chosen. `keys` is shown at the right and may be empty.
pub fn menu_item(ui: &mut Ui, icon: Option<Icon>, label: &str, keys: &str, enabled: bool) -> Response {
    item(ui, icon, label, keys, if enabled { ItemFace::Plain } else { ItemFace::Disabled })
}

/// A row of a menu that destroys something.
pub fn menu_item_danger(ui: &mut Ui, icon: Option<Icon>, label: &str) -> Response {
    item(ui, icon, label, "", ItemFace::Danger)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ItemFace {
    Plain,
    Disabled,
    Danger,
}

fn item(ui: &mut Ui, icon: Option<Icon>, label: &str, keys: &str, face: ItemFace) -> Response {
    let palette = theme::palette(ui);
    let enabled = face != ItemFace::Disabled && ui.is_enabled();
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, enabled, label));
    if enabled && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, theme::RADIUS_SMALL, palette.accent_soft);
    }
    let (ink, sign) = if face == ItemFace::Danger {
        (palette.danger, palette.danger)
    } else {
        (palette.text, palette.text_2)
    };
    let inner = rect.shrink2(vec2(theme::SPACE_2, 0.0));
    let mut start = inner.left();
    if let Some(icon) = icon {
        let sign = paint::line(ui, icon.as_str(), theme::icon(), paint::faded(ui, sign, enabled));
        start = paint::left(ui, inner, start, sign) + theme::SPACE_2;
    }
    let hint = paint::line(ui, keys, theme::small(), paint::faded(ui, palette.text_3, enabled));
    let end = paint::right(ui, inner, inner.right(), hint);
    let words =
        paint::elided(ui, label, theme::body(), paint::faded(ui, ink, enabled), end - start - theme::SPACE_2);
    paint::left(ui, inner, start, words);
    if response.clicked() {
        ui.close();
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}
