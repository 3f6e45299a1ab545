//! A virtual table: sticky header, sorting, resizing, keyboard selection, copy, numbers at the right.
//!
//! Draws only the rows in sight and asks for their cells. Not for sorting or filtering: it passes on what a
//! person asked for.

mod column;
mod input;
mod selection;

use std::borrow::Cow;

use egui::{Color32, Id, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::sizes::Sizes;
use super::{empty::Empty, paint, skeleton, sparkline, text};
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};

pub use column::{Column, column_chooser};
pub use input::copy_asked;
pub use selection::Selection;

/// Where the text of a column stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum Align {
    Left,
    Right,
}

/// Which way a column is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "plain words")]
pub enum SortOrder {
    Ascending,
    Descending,
}

/// What one cell shows. Its text is also what copying takes and what is shown in full on hover.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell<'a> {
    text: Cow<'a, str>,
    rank: Rank,
    icon: Option<(Icon, Tone)>,
    tag: Option<Tone>,
    bar: Option<f32>,
    spark: Option<Vec<f64>>,
    hover: Option<Cow<'a, str>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Rank {
    #[default]
    Body,
    Medium,
    Secondary,
    Hint,
    Mono,
    Toned(Tone),
}

impl<'a> Cell<'a> {
    /// Plain text.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Stands out: the name of the row.
    pub fn medium(mut self) -> Self {
        self.rank = Rank::Medium;
        self
    }

    /// Muted.
    pub fn secondary(mut self) -> Self {
        self.rank = Rank::Secondary;
        self
    }

    /// More muted: "not seen".
    pub fn hint(mut self) -> Self {
        self.rank = Rank::Hint;
        self
    }

    /// An identifier, a name of a property, code.
    pub fn mono(mut self) -> Self {
        self.rank = Rank::Mono;
        self
    }

    /// In a tone; give an icon where the words do not say it.
    pub fn toned(mut self, tone: Tone) -> Self {
        self.rank = Rank::Toned(tone);
        self
    }

    /// An icon before the text.
    pub fn icon(mut self, icon: Icon, tone: Tone) -> Self {
        self.icon = Some((icon, tone));
        self
    }

    /// The text as a tag.
    pub fn tag(mut self, tone: Tone) -> Self {
        self.tag = Some(tone);
        self
    }

    /// A bar behind the text, as long as `share` (0 to 1) of the cell.
    pub fn bar(mut self, share: f32) -> Self {
        self.bar = Some(share);
        self
    }

    /// Small bars; the text becomes their summary, shown on hover.
    pub fn spark(mut self, values: Vec<f64>) -> Self {
        self.spark = Some(values);
        self
    }

    /// More to say on hover.
    pub fn hover(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        self.hover = Some(text.into());
        self
    }

    /// The text, as it is copied.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A table of `rows` rows.
///
/// ```text
/// let answer = Table::new("events", "Events", &columns).rows(count).sorted(Some((2, SortOrder::Descending)))
///     .footer(&words, "")
///     .show(ui, |row, column| Cell::new(name_of(row)));
/// if let Some((column, order)) = answer.sort { … }
/// ```
#[must_use = "call .show(ui, …)"]
pub struct Table<'a> {
    id: &'a str,
    name: &'a str,
    columns: &'a [Column<'a>],
    rows: usize,
    dense: bool,
    sorted: Option<(usize, SortOrder)>,
    loading: bool,
    empty: Option<Empty<'a>>,
    empty_text: &'a str,
    footer: Option<(&'a str, &'a str)>,
    select: Option<usize>,
    clear: bool,
    taking: bool,
    height: Option<f32>,
    sheer: bool,
}

/// What a person did in a table in this frame.
#[derive(Debug)]
pub struct TableResponse {
    /// The column to sort by, and which way.
    pub sort: Option<(usize, SortOrder)>,
    /// The row that was opened, by double click or Enter.
    pub opened: Option<usize>,
    /// The row that was clicked or moved to.
    pub moved_to: Option<usize>,
    /// The row that was clicked with the second button; the menu is for the caller to show on `response`.
    pub menu: Option<usize>,
    /// The rows that are selected.
    pub selection: Selection,
    /// Whether rows were copied, and how many.
    pub copied: Option<usize>,
    /// The selected rows as text, where [`Table::taking`] asked for it.
    pub taken: Option<String>,
    /// The rows in sight.
    pub visible: std::ops::Range<usize>,
    /// An action of the empty face.
    pub empty: Option<super::empty::EmptyAction>,
    /// The whole table: has the keyboard when a row is selected.
    pub response: Response,
}

/// What a table remembers: widths, hidden columns, selection.
#[derive(Clone, Default, Debug)]
pub(crate) struct Memory {
    widths: std::collections::BTreeMap<String, f32>,
    selection: Selection,
    offset: f32,
}

impl Memory {
    /// As the last run left it.
    fn begin(ui: &Ui, table: &str) -> Memory {
        Memory { widths: Sizes::columns(ui.ctx(), table), ..Memory::default() }
    }
}

impl<'a> Table<'a> {
    /// A table called `name` by screen readers; `id`, one of its own in the whole window, is under which it remembers
    /// the selection and, also in the next run, widths and columns.
    pub fn new(id: &'a str, name: &'a str, columns: &'a [Column<'a>]) -> Self {
        Self {
            id,
            name,
            columns,
            rows: 0,
            dense: false,
            sorted: None,
            loading: false,
            empty: None,
            empty_text: "Nothing here yet",
            footer: None,
            select: None,
            clear: false,
            taking: false,
            height: None,
            sheer: false,
        }
    }

    /// How many rows there are.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// Rows of 24 instead of 28.
    pub fn dense(mut self) -> Self {
        self.dense = true;
        self
    }

    /// The column the rows are sorted by, as its index.
    pub fn sorted(mut self, by: Option<(usize, SortOrder)>) -> Self {
        self.sorted = by;
        self
    }

    /// Shows gray lines while there are no rows yet.
    pub fn loading(mut self, loading: bool) -> Self {
        self.loading = loading;
        self
    }

    /// What to show when there are no rows.
    pub fn empty(mut self, empty: Empty<'a>) -> Self {
        self.empty = Some(empty);
        self
    }

    /// A sentence to show when there are no rows.
    pub fn empty_text(mut self, text: &'a str) -> Self {
        self.empty_text = text;
        self
    }

    /// Words under the table: counts at the left, anything at the right.
    pub fn footer(mut self, left: &'a str, right: &'a str) -> Self {
        self.footer = Some((left, right));
        self
    }

    /// Selects a row from outside, in this frame, and brings it in sight.
    pub fn select(mut self, row: Option<usize>) -> Self {
        self.select = row;
        self
    }

    /// Selects nothing, whatever was selected of other rows before.
    pub fn cleared(mut self, clear: bool) -> Self {
        self.clear = clear;
        self
    }

    /// Gives the selected rows as text in this frame, as copying would, without putting it on the clipboard.
    pub fn taking(mut self, taking: bool) -> Self {
        self.taking = taking;
        self
    }

    /// A fixed height; otherwise it takes the room there is.
    pub fn height(mut self, height: f32) -> Self {
        self.height = Some(height);
        self
    }

    /// Just as high as its rows, at most the room there is.
    pub fn fit_rows(mut self) -> Self {
        self.sheer = true;
        self
    }

    /// Draws it; `cell(row, column)` is asked for what is in sight, and for all selected rows when copying.
    pub fn show(self, ui: &mut Ui, mut cell: impl FnMut(usize, usize) -> Cell<'a>) -> TableResponse {
        let id = Id::unique(("table", self.id));
        let mut memory =
            ui.data(|data| data.get_temp::<Memory>(id)).unwrap_or_else(|| Memory::begin(ui, self.id));
        memory.selection.keep_within(self.rows);
        if self.clear {
            memory.selection = Selection::default();
        }
        let area = self.area(ui);
        let shown = column::visible(ui, self.id, self.columns);
        let widths = column::widths(self.columns, &shown, &memory.widths, area.width());
        let frame = Layout::new(area, self.row_height(), self.footer.is_some());
        let response = ui.interact(area, id.with("table"), Sense::FOCUSABLE);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Table, ui.is_enabled(), format!("{}, {} rows", self.name, self.rows))
        });
        let keys = input::keys(ui, &response, &mut memory.selection, self.rows, frame.page_rows());
        let mut answer = TableResponse {
            sort: None,
            opened: keys.opened,
            moved_to: keys.moved_to,
            menu: None,
            selection: Selection::default(),
            copied: None,
            taken: None,
            visible: 0..0,
            empty: None,
            response,
        };
        let scroll_to = if let Some(row) = self.select {
            memory.selection = Selection::single(row);
            Some(row)
        } else {
            keys.moved_to
        };
        ui.painter().rect_filled(area, 0.0, theme::palette(ui).surface);
        self.body(
            ui,
            id,
            &frame,
            &Shown { columns: &shown, widths: &widths },
            &mut memory,
            scroll_to,
            &mut cell,
            &mut answer,
        );
        answer.sort = self.header(ui, id, &frame, &Shown { columns: &shown, widths: &widths }, &mut memory);
        if keys.copy && memory.selection.count() > 0 {
            ui.copy_text(self.tsv(&shown, &memory.selection, &mut cell));
            answer.copied = Some(memory.selection.count());
        }
        if self.taking && memory.selection.count() > 0 {
            answer.taken = Some(self.tsv(&shown, &memory.selection, &mut cell));
        }
        self.footer_ui(ui, &frame);
        if answer.response.has_focus() && memory.selection.cursor().is_none() {
            ui.painter().rect_stroke(area, 0.0, theme::palette(ui).focus_ring(), egui::StrokeKind::Inside);
        }
        answer.selection = memory.selection.clone();
        ui.data_mut(|data| data.insert_temp(id, memory));
        answer
    }

    fn row_height(&self) -> f32 {
        if self.dense { theme::ROW_DENSE } else { theme::ROW }
    }

    fn area(&self, ui: &mut Ui) -> Rect {
        let chrome = theme::ROW + if self.footer.is_some() { theme::ROW } else { 0.0 };
        let needed = chrome + self.rows.max(1) as f32 * self.row_height();
        let room = if ui.available_height().is_finite() { ui.available_height() } else { needed };
        let height = self.height.unwrap_or(if self.sheer { needed.min(room) } else { room });
        let least = chrome + self.row_height();
        ui.allocate_exact_size(vec2(ui.available_width(), height.max(least)), Sense::hover()).0
    }

    fn header(
        &self,
        ui: &mut Ui,
        id: Id,
        frame: &Layout,
        shown: &Shown<'_>,
        memory: &mut Memory,
    ) -> Option<(usize, SortOrder)> {
        let palette = theme::palette(ui);
        let rect = frame.header;
        let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id.with("header")));
        ui.set_clip_rect(ui.clip_rect().intersect(rect));
        ui.painter().rect_filled(rect, 0.0, palette.surface_2);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, palette.line());
        let mut asked = None;
        let mut x = rect.left() - memory.offset;
        for (&index, &width) in shown.columns.iter().zip(shown.widths) {
            let column = &self.columns[index];
            let cell = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()));
            x += width;
            let order = self.sorted.filter(|(by, _)| *by == index).map(|(_, order)| order);
            if column::title(&ui, id, column, cell, order) {
                asked = Some((index, column.next_order(order)));
            }
            if let Some(width) = column::handle(&ui, id, column, cell) {
                memory.widths.insert(column.id().to_owned(), width);
                if column.is_remembered() {
                    Sizes::keep_column(ui.ctx(), self.id, column.id(), width);
                }
            }
        }
        asked
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one frame, used once")]
    fn body(
        &self,
        ui: &mut Ui,
        id: Id,
        frame: &Layout,
        shown: &Shown<'_>,
        memory: &mut Memory,
        scroll_to: Option<usize>,
        cell: &mut impl FnMut(usize, usize) -> Cell<'a>,
        answer: &mut TableResponse,
    ) {
        let mut ui = ui.new_child(UiBuilder::new().max_rect(frame.body).id_salt(id.with("body")));
        ui.set_clip_rect(ui.clip_rect().intersect(frame.body));
        if self.rows == 0 {
            answer.empty = self.no_rows(&mut ui, shown);
            return;
        }
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        let total: f32 = shown.widths.iter().sum();
        let mut area =
            ScrollArea::both().id_salt("rows").auto_shrink([false, false]).max_height(frame.body.height());
        if let Some(row) = scroll_to {
            area = area.vertical_scroll_offset(self.offset_showing(&ui, id, row, frame.body.height()));
        }
        let output = area.show_rows(&mut ui, self.row_height(), self.rows, |ui, range| {
            answer.visible = range.clone();
            ui.set_min_width(total);
            for row in range {
                self.row(ui, id, row, total, shown, memory, cell, answer);
            }
        });
        memory.offset = output.state.clamped_offset().x;
        ui.data_mut(|data| data.insert_temp(id.with("y"), output.state.clamped_offset().y));
    }

    fn offset_showing(&self, ui: &Ui, id: Id, row: usize, height: f32) -> f32 {
        let now = ui.data(|data| data.get_temp::<f32>(id.with("y"))).unwrap_or(0.0);
        let top = row as f32 * self.row_height();
        let least = (top + self.row_height() - height).max(0.0);
        now.clamp(least, top.max(least))
    }

    fn no_rows(&self, ui: &mut Ui, shown: &Shown<'_>) -> Option<super::empty::EmptyAction> {
        if self.loading {
            self.skeleton(ui, shown);
            return None;
        }
        if let Some(empty) = &self.empty {
            return empty.clone().show(ui);
        }
        ui.add_space(theme::SPACE_4);
        ui.vertical_centered(|ui| text::secondary(ui, self.empty_text));
        None
    }

    fn skeleton(&self, ui: &Ui, shown: &Shown<'_>) {
        let rect = ui.max_rect();
        let rows = (rect.height() / self.row_height()) as usize;
        let fill = theme::palette(ui).surface_2;
        for row in 0..rows {
            let y = rect.top() + (row as f32 + 0.5) * self.row_height();
            let mut x = rect.left();
            for (column, width) in shown.widths.iter().enumerate() {
                let long = (width - theme::SPACE_5) * skeleton::share(row + column * 2);
                let bar = Rect::from_min_size(pos2(x + theme::SPACE_3, y - 4.0), vec2(long.max(8.0), 8.0));
                ui.painter().rect_filled(bar, theme::RADIUS_SMALL, fill);
                x += width;
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one frame, used once")]
    fn row(
        &self,
        ui: &mut Ui,
        id: Id,
        row: usize,
        width: f32,
        shown: &Shown<'_>,
        memory: &mut Memory,
        cell: &mut impl FnMut(usize, usize) -> Cell<'a>,
        answer: &mut TableResponse,
    ) {
        let palette = theme::palette(ui);
        let full = width.max(ui.available_width());
        let (_, rect) = ui.allocate_space(vec2(full, self.row_height()));
        let response = ui.interact(rect, id.with(("row", row)), Sense::CLICK);
        if response.clicked() || response.secondary_clicked() {
            input::click(ui, &mut memory.selection, row, response.secondary_clicked());
            answer.response.request_focus();
            answer.moved_to = Some(row);
        }
        if response.double_clicked() {
            answer.opened = Some(row);
        }
        if response.secondary_clicked() {
            answer.menu = Some(row);
        }
        let selected = memory.selection.contains(row);
        if selected {
            ui.painter().rect_filled(rect, 0.0, palette.accent_soft);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0.0, palette.bg);
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, palette.line());
        let mut spoken = String::new();
        let mut x = rect.left();
        for (&index, &width) in shown.columns.iter().zip(shown.widths) {
            let place = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()));
            x += width;
            let content = cell(row, index);
            if !content.text.is_empty() {
                spoken.push_str(if spoken.is_empty() { "" } else { ", " });
                spoken.push_str(&content.text);
            }
            if place.intersects(ui.clip_rect()) {
                content.paint(ui, place, self.columns[index].align(), &response);
            }
        }
        if memory.selection.cursor() == Some(row) && answer.response.has_focus() {
            let bar = Rect::from_min_size(rect.min, vec2(theme::FOCUS_RING, rect.height()));
            ui.painter().rect_filled(bar, 0.0, palette.accent);
        }
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, &spoken));
    }

    fn tsv(
        &self,
        shown: &[usize],
        selection: &Selection,
        cell: &mut impl FnMut(usize, usize) -> Cell<'a>,
    ) -> String {
        let titles: Vec<&str> = shown.iter().map(|&index| self.columns[index].name()).collect();
        let mut text = titles.join("\t");
        for row in selection.rows() {
            text.push('\n');
            for (place, &index) in shown.iter().enumerate() {
                if place > 0 {
                    text.push('\t');
                }
                text.push_str(&plain(cell(row, index).text()));
            }
        }
        text
    }

    fn footer_ui(&self, ui: &mut Ui, frame: &Layout) {
        let (Some((left, right)), Some(rect)) = (self.footer, frame.footer) else { return };
        let palette = theme::palette(ui);
        ui.painter().rect_filled(rect, 0.0, palette.surface);
        ui.painter().hline(rect.x_range(), rect.top() + 0.5, palette.line());
        let inner = rect.shrink2(vec2(theme::SPACE_3, 0.0));
        let end =
            paint::right(ui, inner, inner.right(), paint::line(ui, right, theme::small(), palette.text_2));
        paint::left(
            ui,
            inner,
            inner.left(),
            paint::elided(ui, left, theme::small(), palette.text_2, end - inner.left() - theme::SPACE_2),
        );
        let words = ui.interact(rect, ui.next_auto_id().with("footer"), Sense::hover());
        words.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{left} {right}").trim()));
    }
}

/// The columns in sight and how wide each is.
struct Shown<'w> {
    columns: &'w [usize],
    widths: &'w [f32],
}

/// Where header, rows and footer are.
struct Layout {
    header: Rect,
    body: Rect,
    footer: Option<Rect>,
    row_height: f32,
}

impl Layout {
    fn new(area: Rect, row_height: f32, has_footer: bool) -> Self {
        let (header, rest) = area.split_top_bottom_at_y(area.top() + theme::ROW);
        if has_footer {
            let (body, footer) = rest.split_top_bottom_at_y(rest.bottom() - theme::ROW);
            Self { header, body, footer: Some(footer), row_height }
        } else {
            Self { header, body: rest, footer: None, row_height }
        }
    }

    /// How many rows a page key goes.
    fn page_rows(&self) -> usize {
        ((self.body.height() / self.row_height) as usize).saturating_sub(1).max(1)
    }
}

/// A text that cannot break a line or a column of copied rows.
fn plain(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ").replace('\u{2009}', "")
}

impl Cell<'_> {
    fn paint(&self, ui: &Ui, rect: Rect, align: Align, row: &Response) {
        let palette = theme::palette(ui);
        let inner = rect.shrink2(vec2(MARGIN, 0.0));
        if let Some(share) = self.bar {
            let bar = Rect::from_min_size(
                inner.min + vec2(0.0, 3.0),
                vec2(inner.width() * share.clamp(0.0, 1.0), inner.height() - 6.0),
            );
            ui.painter().rect_filled(bar, theme::RADIUS_SMALL, palette.surface_2);
        }
        if let Some(values) = &self.spark {
            sparkline::bars(ui, inner.shrink2(vec2(0.0, 6.0)), values, palette.text_3);
            self.tell(ui, rect, row, true);
            return;
        }
        let (font, ink) = self.font(ui);
        let sign = self.icon.map(|(icon, tone)| {
            let font = if self.text.is_empty() { theme::icon() } else { theme::icon_small() };
            paint::line(ui, icon.as_str(), font, palette.tone(tone))
        });
        let sign_width =
            sign.as_ref().map_or(0.0, |sign| sign.size().x + if self.text.is_empty() { 0.0 } else { 5.0 });
        let pad = if self.tag.is_some() { TAG_MARGIN } else { 0.0 };
        let room = inner.width() - sign_width - pad * 2.0;
        let (words, cut) = if self.rank == Rank::Medium && self.text.len() < LONG_NAME {
            paint::elided_middle(ui, &self.text, font, ink, room)
        } else {
            let words = paint::elided(ui, &self.text, font, ink, room);
            let cut = words.elided;
            (words, cut)
        };
        let width = sign_width + words.size().x + pad * 2.0;
        let start = match align {
            Align::Left => inner.left(),
            Align::Right => inner.right() - width,
        };
        if let Some(tone) = self.tag {
            let tag = Rect::from_min_size(
                pos2(start, inner.center().y - theme::TAG / 2.0),
                vec2(width, theme::TAG),
            );
            ui.painter().rect_filled(tag, theme::RADIUS_SMALL, palette.tone_soft(tone));
        }
        if let Some(sign) = sign {
            paint::left(ui, inner, start + pad, sign);
        }
        paint::left(ui, inner, start + pad + sign_width, words);
        self.tell(ui, rect, row, cut);
    }

    fn font(&self, ui: &Ui) -> (egui::FontId, Color32) {
        let palette = theme::palette(ui);
        if let Some(tone) = self.tag {
            return (theme::small_medium(), palette.tone(tone));
        }
        match self.rank {
            Rank::Body => (theme::body(), palette.text),
            Rank::Medium => (theme::medium(), palette.text),
            Rank::Secondary => (theme::body(), palette.text_2),
            Rank::Hint => (theme::body(), palette.text_3),
            Rank::Mono => (theme::mono(), palette.text),
            Rank::Toned(tone) => (theme::medium(), palette.tone(tone)),
        }
    }

    /// Shows the full text, and what more there is to say, while the pointer is on the cell.
    fn tell(&self, ui: &Ui, rect: Rect, row: &Response, cut: bool) {
        let over = row.hovered()
            && ui.input(|input| input.pointer.hover_pos()).is_some_and(|pos| rect.contains(pos));
        if !over || !(cut || self.hover.is_some()) {
            return;
        }
        let text = match &self.hover {
            Some(more) if cut => format!("{}\n{more}", self.text),
            Some(more) => more.to_string(),
            None => self.text.to_string(),
        };
        row.clone().on_hover_text_at_pointer(text);
    }
}

const MARGIN: f32 = 10.0;
const TAG_MARGIN: f32 = 6.0;
/// Names beyond this are cut at their end: laying them out whole takes too long.
const LONG_NAME: usize = 300;
