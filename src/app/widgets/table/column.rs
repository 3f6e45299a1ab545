//! The columns of a table: titles that sort, handles that resize, a chooser that hides.
//!
//! Not for cells.

use std::collections::{BTreeMap, BTreeSet};

use egui::{
    Checkbox, CursorIcon, Id, Popup, PopupCloseBehavior, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::{Align, SortOrder};
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::button::Button;
use crate::app::widgets::sizes::Sizes;
use crate::app::widgets::{paint, text};

/// A column of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Column<'a> {
    id: &'a str,
    title: &'a str,
    width: f32,
    align: Align,
    sortable: bool,
    grows: bool,
    hidden: bool,
    fixed: bool,
    remembered: bool,
}

impl<'a> Column<'a> {
    /// Text at the left; `id` is under which its width is remembered, `width` its first width in points.
    pub fn text(id: &'a str, title: &'a str, width: f32) -> Self {
        Self {
            id,
            title,
            width,
            align: Align::Left,
            sortable: true,
            grows: false,
            hidden: false,
            fixed: false,
            remembered: true,
        }
    }

    /// Numbers at the right; the first click sorts the largest first.
    pub fn number(id: &'a str, title: &'a str, width: f32) -> Self {
        Self { align: Align::Right, ..Self::text(id, title, width) }
    }

    /// Cannot be sorted by.
    pub fn unsorted(mut self) -> Self {
        self.sortable = false;
        self
    }

    /// Takes a share of the room that is left.
    pub fn grows(mut self) -> Self {
        self.grows = true;
        self
    }

    /// Hidden until a person chooses it.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Cannot be hidden.
    pub fn always(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// Named after what is in the data: its width is forgotten with the window.
    pub fn passing(mut self) -> Self {
        self.remembered = false;
        self
    }

    pub(super) fn is_remembered(&self) -> bool {
        self.remembered
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.id
    }

    /// What the chooser, screen readers and copied rows call it.
    pub(super) fn name(&self) -> &str {
        if self.title.is_empty() { self.id } else { self.title }
    }

    pub(super) fn align(&self) -> Align {
        self.align
    }

    /// What a click on the title asks for.
    pub(super) fn next_order(&self, now: Option<SortOrder>) -> SortOrder {
        match (now, self.align) {
            (Some(SortOrder::Ascending), _) | (None, Align::Right) => SortOrder::Descending,
            (Some(SortOrder::Descending), _) | (None, Align::Left) => SortOrder::Ascending,
        }
    }
}

/// A button that opens the list of columns of the table with this id, wherever that is drawn.
pub fn column_chooser(ui: &mut Ui, table: &str, columns: &[Column<'_>]) {
    let button = Button::icon_only(Icon::COLUMNS, "Choose columns").show(ui);
    Popup::from_toggle_button_response(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(
        |ui| {
            text::label(ui, "Columns");
            let mut toggled = Sizes::toggled(ui.ctx(), table);
            for column in columns {
                let mut on = column.is_shown(&toggled);
                let check = ui.add_enabled(!column.fixed, Checkbox::new(&mut on, column.name()));
                if check.changed() && !toggled.remove(column.id) {
                    toggled.insert(column.id.to_owned());
                }
            }
            Sizes::keep_toggled(ui.ctx(), table, toggled);
        },
    );
}

impl Column<'_> {
    fn is_shown(&self, toggled: &BTreeSet<String>) -> bool {
        self.fixed || self.hidden == toggled.contains(self.id)
    }
}

/// The indices of the columns in sight; never none.
pub(super) fn visible(ui: &Ui, table: &str, columns: &[Column<'_>]) -> Vec<usize> {
    let toggled = Sizes::toggled(ui.ctx(), table);
    let shown: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.is_shown(&toggled))
        .map(|(index, _)| index)
        .collect();
    if shown.is_empty() && !columns.is_empty() { vec![0] } else { shown }
}

/// The width of each column in sight: as set by a person, or its own, and the room that is left given to those
/// that grow (to the last, if none does).
pub(super) fn widths(
    columns: &[Column<'_>],
    shown: &[usize],
    set: &BTreeMap<String, f32>,
    room: f32,
) -> Vec<f32> {
    let own = |index: &usize| set.get(columns[*index].id).copied().unwrap_or(columns[*index].width);
    let mut widths: Vec<f32> = shown.iter().map(own).collect();
    let left = room - widths.iter().sum::<f32>();
    if left <= 0.0 {
        return widths;
    }
    let grows = |index: &usize| columns[*index].grows && !set.contains_key(columns[*index].id);
    let growing = shown.iter().filter(|index| grows(index)).count();
    if growing == 0 {
        if let Some(last) = widths.last_mut() {
            *last += left;
        }
        return widths;
    }
    for (place, index) in shown.iter().enumerate() {
        if grows(index) {
            widths[place] += (left / growing as f32).floor();
        }
    }
    widths
}

/// Draws a title; true when a person asks to sort by it.
pub(super) fn title(ui: &Ui, table: Id, column: &Column<'_>, rect: Rect, order: Option<SortOrder>) -> bool {
    let palette = theme::palette(ui);
    let sense = if column.sortable { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, table.with(("title", column.id)), sense);
    let spoken = match order {
        Some(SortOrder::Ascending) => format!("{}, sorted ascending", column.name()),
        Some(SortOrder::Descending) => format!("{}, sorted descending", column.name()),
        None => column.name().to_owned(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, ui.is_enabled(), &spoken));
    let strong = order.is_some() || (column.sortable && response.hovered());
    let ink = if strong { palette.text } else { palette.text_2 };
    let inner = rect.shrink2(vec2(super::MARGIN, 0.0));
    let sign = order.map(|order| match order {
        SortOrder::Ascending => Icon::ARROW_UP,
        SortOrder::Descending => Icon::ARROW_DOWN,
    });
    let sign_width = if sign.is_some() { 16.0 } else { 0.0 };
    let room = inner.width() - sign_width;
    let (words, cut) = if column.remembered {
        let words = paint::elided(ui, column.title, theme::label(), ink, room);
        let cut = words.elided;
        (words, cut)
    } else {
        paint::elided_middle(ui, column.title, theme::label(), ink, room)
    };
    let sign = sign.map(|icon| paint::line(ui, icon.as_str(), theme::icon_small(), palette.accent));
    match column.align {
        Align::Left => {
            let end = paint::left(ui, inner, inner.left(), words);
            if let Some(sign) = sign {
                paint::left(ui, inner, end + 3.0, sign);
            }
        }
        Align::Right => {
            let start = paint::right(ui, inner, inner.right(), words);
            if let Some(sign) = sign {
                paint::right(ui, inner, start - 3.0, sign);
            }
        }
    }
    paint::focus_ring(ui, &response, theme::RADIUS_SMALL);
    let response = if cut { response.on_hover_text(column.title) } else { response };
    response.clicked()
}

/// Draws the line at the right of a title and lets it be dragged; gives the new width.
pub(super) fn handle(ui: &Ui, table: Id, column: &Column<'_>, rect: Rect) -> Option<f32> {
    let grip =
        Rect::from_min_max(pos2(rect.right() - 4.0, rect.top()), pos2(rect.right() + 4.0, rect.bottom()));
    let response = ui.interact(grip, table.with(("width", column.id)), Sense::DRAG);
    let palette = theme::palette(ui);
    let active = response.hovered() || response.dragged();
    let line = if active { egui::Stroke::new(2.0, palette.accent) } else { palette.line() };
    ui.painter().vline(rect.right() - 0.5, rect.top() + 7.0..=rect.bottom() - 7.0, line);
    let pointer = response.interact_pointer_pos();
    let dragged = response.dragged();
    response.on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
    pointer.filter(|_| dragged).map(|pos| (pos.x - rect.left()).clamp(LEAST, MOST))
}

const LEAST: f32 = 40.0;
const MOST: f32 = 1200.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_left_goes_to_the_columns_that_grow_and_none_shrinks() {
        let columns = [
            Column::text("a", "A", 100.0),
            Column::text("b", "B", 100.0).grows(),
            Column::number("c", "C", 50.0),
        ];
        let set = BTreeMap::new();
        assert_eq!(widths(&columns, &[0, 1, 2], &set, 400.0), [100.0, 250.0, 50.0]);
        assert_eq!(widths(&columns, &[0, 2], &set, 400.0), [100.0, 300.0]);
        assert_eq!(widths(&columns, &[0, 1, 2], &set, 90.0), [100.0, 100.0, 50.0]);
        let set = BTreeMap::from([("b".to_owned(), 60.0)]);
        assert_eq!(widths(&columns, &[0, 1, 2], &set, 400.0), [100.0, 60.0, 240.0]);
    }

    #[test]
    fn the_first_click_shows_the_largest_numbers_and_the_first_letters() {
        assert_eq!(Column::number("n", "N", 1.0).next_order(None), SortOrder::Descending);
        assert_eq!(Column::text("t", "T", 1.0).next_order(None), SortOrder::Ascending);
        assert_eq!(Column::text("t", "T", 1.0).next_order(Some(SortOrder::Ascending)), SortOrder::Descending);
    }
}
