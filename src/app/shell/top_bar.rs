//! The bar at the top: document and its menu, breadcrumb, palette field, undo, redo, theme. Not for actions themselves.

use egui::{Align, Align2, Layout, Popup, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use egui_extras::{Size, StripBuilder};

use crate::app::action::Action;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::{EventsTab, Route};
use crate::app::session::Session;
use crate::app::theme;
use crate::app::widgets::{Button, text};

pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.bottom() - theme::LINE / 2.0, (theme::LINE, palette.border));
    ui.spacing_mut().item_spacing.x = theme::SPACE_3;
    StripBuilder::new(ui)
        .size(Size::remainder())
        .size(Size::exact(FIELD.min(rect.width() * 0.3)))
        .size(Size::remainder())
        .cell_layout(Layout::left_to_right(Align::Center))
        .horizontal(|mut strip| {
            strip.cell(|ui| {
                ui.add_space(theme::SPACE_5);
                text::icon(ui, Icon::LOGO, "Stormline");
                ui.add_space(theme::SPACE_1);
                document_menu(ui, cx);
                breadcrumb(ui, cx);
            });
            strip.cell(|ui| palette_field(ui, cx));
            strip.cell(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = theme::SPACE_2;
                    ui.add_space(theme::SPACE_1);
                    let theme_icon = if ui.visuals().dark_mode { Icon::MOON } else { Icon::SUN };
                    action_icon(ui, cx, Action::Theme, theme_icon, None);
                    action_icon(ui, cx, Action::Redo, Icon::REDO, session.redo_label());
                    action_icon(ui, cx, Action::Undo, Icon::UNDO, session.undo_label());
                });
            });
        });
}

fn action_icon(ui: &mut Ui, cx: &DocCx<'_>, action: Action, icon: Icon, detail: Option<&str>) {
    let entry = action.entry();
    let tooltip = match detail {
        Some(detail) => format!("{}: {detail}", entry.label),
        None => entry.tooltip.to_owned(),
    };
    let keys = entry.keys().unwrap_or_default();
    let button = Button::icon_only(icon, entry.label).tooltip(&tooltip).shortcut(&keys);
    if button.enabled(cx.abilities.allow(action)).show(ui).clicked() {
        cx.act(action);
    }
}

fn document_menu(ui: &mut Ui, cx: &DocCx<'_>) {
    const MENU: [Action; 10] = [
        Action::ImportLog,
        Action::WatchFolder,
        Action::SaveCopy,
        Action::History,
        Action::Zone,
        Action::NewDocument,
        Action::OpenFile,
        Action::OpenSample,
        Action::Start,
        Action::CloseDocument,
    ];
    let title = elide(&cx.facts.title, 28);
    let path = cx.facts.path.display().to_string();
    let button = Button::quiet(&title).trailing(Icon::CARET_DOWN).tooltip(&path).show(ui);
    Popup::menu(&button).show(|ui| {
        ui.set_min_width(MENU_WIDTH);
        for action in MENU {
            let entry = action.entry();
            let keys = entry.keys().unwrap_or_default();
            let item = Button::quiet(entry.label).icon(entry.icon).shortcut(&keys).min_width(MENU_WIDTH);
            if item.enabled(cx.abilities.allow(action)).show(ui).clicked() {
                cx.act(action);
                ui.close();
            }
        }
    });
}

fn breadcrumb(ui: &mut Ui, cx: &DocCx<'_>) {
    let page = match cx.route {
        Route::Start => String::from("Start"),
        Route::Events(tab) => format!("Events / {}", tab_label(*tab)),
        Route::Explore => String::from("Explore"),
        Route::Query(id) => {
            let kind = cx.query(*id).map_or("Query", |saved| kind_label(saved.query.kind()));
            format!("Explore / {kind}")
        }
        Route::Timeline { .. } => String::from("Explore / Timeline"),
    };
    // In a small window it gives way to the field in the middle.
    let galley = ui.painter().layout_no_wrap(page.clone(), theme::body(), theme::palette(ui).text_2);
    if galley.size().x <= ui.available_width() {
        text::secondary(ui, page);
    }
}

fn tab_label(tab: EventsTab) -> &'static str {
    match tab {
        EventsTab::Log => "Log",
        EventsTab::Properties => "Properties",
        EventsTab::Imports => "Imports",
        EventsTab::Quarantine => "Quarantine",
    }
}

fn kind_label(kind: &str) -> &'static str {
    match kind {
        "retention" => "Retention",
        "flow" => "Flow",
        "trend" => "Trend",
        _ => "Funnel",
    }
}

fn palette_field(ui: &mut Ui, cx: &DocCx<'_>) {
    let palette = theme::palette(ui);
    let room = ui.max_rect();
    let rect = Rect::from_center_size(room.center(), vec2(room.width(), theme::CONTROL));
    let response = ui.interact(rect, ui.scope_id().with("palette field"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Search or run"));
    let stroke = if response.has_focus() { palette.focus_ring() } else { palette.line() };
    ui.painter().rect(rect, theme::RADIUS_CONTROL, palette.bg, stroke, egui::StrokeKind::Inside);
    let middle = rect.center().y;
    ui.painter().text(
        pos2(rect.left() + theme::SPACE_3, middle),
        Align2::LEFT_CENTER,
        Icon::SEARCH.with("Search or run…"),
        theme::body(),
        palette.text_3,
    );
    let keys = Action::Palette.entry().keys().unwrap_or_default();
    ui.painter().text(
        pos2(rect.right() - theme::SPACE_2, middle),
        Align2::RIGHT_CENTER,
        keys,
        theme::small(),
        palette.text_3,
    );
    if response.clicked() {
        cx.act(Action::Palette);
    }
}

fn elide(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

const FIELD: f32 = 380.0;
const MENU_WIDTH: f32 = 240.0;
