//! The rail of places at the left. Not for pages.

use egui::{Align2, Rect, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::{EventsTab, Place, Route};
use crate::app::theme;

pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>) {
    let line = theme::palette(ui).border;
    let right = ui.max_rect().right();
    ui.painter().vline(right - theme::LINE / 2.0, ui.max_rect().y_range(), (theme::LINE, line));
    ui.spacing_mut().item_spacing.y = theme::SPACE_1;
    ui.add_space(theme::SPACE_2);
    for place in Place::ALL {
        if item(ui, place, cx.route.place() == Some(place)) {
            cx.send(Command::Go(target(place, cx)));
        }
    }
}

fn target(place: Place, cx: &DocCx<'_>) -> Route {
    match place {
        Place::Events => Route::Events(EventsTab::Log),
        Place::Explore => cx.workspace.queries().first().map_or(Route::Explore, |(id, _)| Route::Query(*id)),
    }
}

fn icon(place: Place) -> Icon {
    match place {
        Place::Events => Icon::EVENTS,
        Place::Explore => Icon::EXPLORE,
    }
}

fn item(ui: &mut Ui, place: Place, selected: bool) -> bool {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(theme::RAIL, ITEM), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, place.label()));
    let color = if selected { palette.accent } else { palette.text_2 };
    if response.hovered() && !selected {
        ui.painter().rect_filled(rect.shrink(theme::SPACE_1), theme::RADIUS_CONTROL, palette.surface_2);
    }
    if selected {
        let bar = Rect::from_min_size(
            pos2(rect.left(), rect.top() + theme::SPACE_1),
            vec2(3.0, ITEM - theme::SPACE_2),
        );
        ui.painter().rect_filled(bar, theme::RADIUS_SMALL, palette.accent);
    }
    if response.has_focus() {
        let ring = theme::theme(ui).palette.focus_ring();
        ui.painter().rect_stroke(
            rect.shrink(theme::SPACE_1),
            theme::RADIUS_CONTROL,
            ring,
            StrokeKind::Inside,
        );
    }
    let center = rect.center();
    ui.painter().text(
        pos2(center.x, rect.top() + 18.0),
        Align2::CENTER_CENTER,
        icon(place).as_str(),
        theme::icon_large(),
        color,
    );
    ui.painter().text(
        pos2(center.x, rect.bottom() - 11.0),
        Align2::CENTER_CENTER,
        place.label(),
        theme::tiny(),
        color,
    );
    response.clicked()
}

const ITEM: f32 = 48.0;
