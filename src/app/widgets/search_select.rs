//! A search select: one of many, found by typing; counts at the right, recent ones first.
//!
//! Not for a handful of fixed choices, which are a `segmented` control.

use std::borrow::Cow;

use egui::{
    EventFilter, Id, Key, Modifiers, Popup, PopupCloseBehavior, Rect, Response, Role, ScrollArea, Sense,
    TextEdit, Ui, WidgetInfo, vec2,
};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::button::Button;
use super::paint;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::base::format;

/// One choice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SelectItem<'a> {
    /// What is shown and matched.
    pub label: Cow<'a, str>,
    /// How often it occurs, at the right.
    pub count: Option<u64>,
    /// What else to know about it, muted after the label.
    pub detail: Option<Cow<'a, str>>,
    /// The detail is matched, too.
    pub finds_detail: bool,
}

impl<'a> SelectItem<'a> {
    /// A choice of a name alone.
    pub fn new(label: impl Into<Cow<'a, str>>) -> Self {
        Self { label: label.into(), count: None, detail: None, finds_detail: false }
    }

    /// How often it occurs.
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// What else to know about it.
    pub fn detail(mut self, detail: impl Into<Cow<'a, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What kind of thing it is: found by that word, too.
    pub fn kind(mut self, kind: impl Into<Cow<'a, str>>) -> Self {
        self.finds_detail = true;
        self.detail(kind)
    }

    /// What typing is matched with.
    fn found_by(&self) -> Cow<'_, str> {
        match &self.detail {
            Some(detail) if self.finds_detail => Cow::Owned(format!("{} {detail}", self.label)),
            Some(_) | None => Cow::Borrowed(&self.label),
        }
    }
}

/// What a person chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Picked {
    /// An item, by its index.
    Item(usize),
    /// A text that is no item; only with `allow_create`.
    Create(String),
}

/// Chooses one of many: a button with the value that opens a list, or the list itself in place.
#[must_use = "call .show(ui) or .show_inline(ui)"]
pub struct SearchSelect<'a> {
    id_salt: Id,
    name: &'a str,
    items: &'a [SelectItem<'a>],
    selected: Option<&'a str>,
    recents: &'a [usize],
    prefix: &'a str,
    placeholder: &'a str,
    create: bool,
    mono: bool,
    loading: bool,
    icon: Option<Icon>,
    add_style: bool,
    max_width: f32,
    open_now: bool,
    focus_now: bool,
}

impl<'a> SearchSelect<'a> {
    /// `name` is what is chosen: "Event".
    pub fn new(id_salt: impl std::hash::Hash + std::fmt::Debug, name: &'a str) -> Self {
        Self {
            id_salt: Id::unique(("search_select", egui::IdSalt::new(id_salt))),
            name,
            items: &[],
            selected: None,
            recents: &[],
            prefix: "",
            placeholder: "Choose…",
            create: false,
            mono: false,
            loading: false,
            icon: None,
            add_style: false,
            max_width: f32::INFINITY,
            open_now: false,
            focus_now: false,
        }
    }

    /// The choices, in the order shown while nothing is typed.
    pub fn items(mut self, items: &'a [SelectItem<'a>]) -> Self {
        self.items = items;
        self
    }

    /// The value now, shown on the button and marked in the list.
    pub fn selected(mut self, label: Option<&'a str>) -> Self {
        self.selected = label;
        self
    }

    /// Indices of the items used last; first while nothing is typed.
    pub fn recents(mut self, recents: &'a [usize]) -> Self {
        self.recents = recents;
        self
    }

    /// A muted word on the button before the value: "by".
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// On the button while nothing is chosen.
    pub fn placeholder(mut self, text: &'a str) -> Self {
        self.placeholder = text;
        self
    }

    /// Offers the typed text itself where no item equals it.
    pub fn allow_create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// For identifiers and names of properties.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// The items are not all known yet.
    pub fn loading(mut self, loading: bool) -> Self {
        self.loading = loading;
        self
    }

    /// An icon on the button.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// A quiet button that says `placeholder` with a plus: adds to what is there instead of changing it.
    pub fn adds(mut self) -> Self {
        self.add_style = true;
        self
    }

    /// The button is never wider than this.
    pub fn max_width(mut self, width: f32) -> Self {
        self.max_width = width;
        self
    }

    /// Opens the list in this frame, for one: of a step that was just added.
    pub fn open_now(mut self, open: bool) -> Self {
        self.open_now = open;
        self
    }

    /// Gives the button the keyboard in this frame.
    pub fn focus_now(mut self, focus: bool) -> Self {
        self.focus_now = focus;
        self
    }

    /// The button; gives what was picked in its list in this frame.
    pub fn show(self, ui: &mut Ui) -> Option<Picked> {
        let button = self.button(ui);
        if self.focus_now {
            button.request_focus();
        }
        self.popup(ui, &button)
    }

    /// The same list below something else, such as a chip; `toggle` opens and closes it when clicked.
    pub fn popup(self, ui: &Ui, toggle: &Response) -> Option<Picked> {
        let id = Popup::default_response_id(toggle);
        let was_open = Popup::is_id_open(ui.ctx(), id);
        let keyboard = toggle.has_focus() && ui.input(|input| input.key_pressed(Key::ArrowDown));
        // Typing on the button goes on in the list.
        let typed = if toggle.has_focus() && !was_open { typed(ui) } else { String::new() };
        let asked = keyboard || self.open_now || !typed.is_empty();
        if asked && !was_open {
            Popup::open_id(ui.ctx(), id);
        }
        let opening = !was_open && (toggle.clicked() || asked);
        let shown = Popup::from_toggle_button_response(toggle)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(theme::SELECT_LIST)
            .gap(theme::SPACE_1)
            .accessible_name(self.name)
            .show(|ui| {
                ui.set_width(theme::SELECT_LIST);
                self.list(ui, opening.then_some(typed.as_str()))
            });
        let picked = shown.and_then(|shown| shown.inner);
        if picked.is_some() {
            Popup::close_id(ui.ctx(), id);
            toggle.request_focus();
        }
        picked
    }

    /// The list in place, without a button; for popovers and palettes.
    pub fn show_inline(self, ui: &mut Ui) -> Option<Picked> {
        self.list(ui, self.open_now.then_some(""))
    }

    fn button(&self, ui: &mut Ui) -> Response {
        let value = self.selected.unwrap_or(self.placeholder);
        if self.add_style {
            return Button::quiet(self.placeholder).icon(Icon::PLUS).show(ui);
        }
        let mut button = Button::select(self.prefix, value).max_width(self.max_width);
        if self.selected.is_some() {
            button = button.name();
        }
        if let Some(icon) = self.icon {
            button = button.icon(icon);
        }
        let response = button.show(ui);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), self.name);
            info.current_text_value = Some(value.to_owned());
            info
        });
        response
    }

    /// `begins` with what was typed, in the frame in which it opens.
    fn list(&self, ui: &mut Ui, begins: Option<&str>) -> Option<Picked> {
        let opening = begins.is_some();
        let id = ui.scope_id().with(self.id_salt);
        let mut state = if opening {
            State { query: begins.unwrap_or_default().to_owned(), ..State::default() }
        } else {
            ui.data(|data| data.get_temp::<State>(id)).unwrap_or_default()
        };
        // The Enter that opened the list does not choose from it.
        let keys = if opening { Keys::default() } else { Keys::take(ui) };
        let changed = self.query_field(ui, id, &mut state.query, opening);
        let rows = self.rows(&state.query);
        if changed {
            state.cursor = 0;
        }
        state.cursor = keys.moved(state.cursor, rows.len());
        let mut picked = keys.enter.then(|| rows.get(state.cursor)).flatten().map(Row::picked);
        ui.add_space(theme::SPACE_1);
        if rows.is_empty() {
            self.nothing(ui, &state.query);
        } else if let Some(row) = self.show_rows(ui, &rows, &mut state, keys.moves()) {
            picked = Some(row);
        }
        if picked.is_some() {
            state = State::default();
        }
        ui.data_mut(|data| data.insert_temp(id, state));
        picked
    }

    fn query_field(&self, ui: &mut Ui, id: Id, query: &mut String, opening: bool) -> bool {
        let palette = theme::palette(ui);
        let hint = egui::RichText::new(format!("Search {}…", self.name.to_lowercase())).color(palette.text_3);
        let sign = egui::RichText::new(Icon::SEARCH.as_str()).font(theme::icon()).color(palette.text_2);
        let edit = TextEdit::singleline(query)
            .id(id.with("query"))
            .hint_text(hint)
            .prefix(egui::Atom::from(sign))
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(8, 5))
            .min_size(vec2(0.0, theme::CONTROL))
            .event_filter(EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                ..EventFilter::default()
            });
        let response = ui.add(edit).accessible_name(format!("Search {}", self.name.to_lowercase()));
        if opening {
            response.request_focus();
        }
        response.changed()
    }

    /// What the list shows for `query`, best first.
    fn rows(&self, query: &str) -> Vec<Row> {
        let typed = query.trim();
        let mut rows = if typed.is_empty() { self.in_rest_order() } else { self.matching(typed) };
        let known = self.items.iter().any(|item| item.label == typed);
        if self.create && !typed.is_empty() && !known {
            rows.push(Row::Create(typed.to_owned()));
        }
        rows
    }

    fn in_rest_order(&self) -> Vec<Row> {
        let recents = self.recents.iter().copied().filter(|index| *index < self.items.len());
        let others = (0..self.items.len()).filter(|index| !self.recents.contains(index));
        recents.map(Row::Recent).chain(others.map(Row::Item)).collect()
    }

    fn matching(&self, typed: &str) -> Vec<Row> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let score = pattern.score(Utf32Str::new(&item.found_by(), &mut buffer), &mut matcher)?;
                Some((score, index))
            })
            .collect();
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        scored.into_iter().map(|(_, index)| Row::Item(index)).collect()
    }

    fn nothing(&self, ui: &mut Ui, query: &str) {
        let words = match (self.loading, query.trim()) {
            (true, _) => "Still looking…".to_owned(),
            (false, "") => format!("No {} yet", self.name.to_lowercase()),
            (false, typed) => format!("No {} matches “{typed}”", self.name.to_lowercase()),
        };
        ui.allocate_ui(vec2(ui.available_width(), theme::ROW), |ui| super::text::hint(ui, words));
    }

    fn show_rows(&self, ui: &mut Ui, rows: &[Row], state: &mut State, follow: bool) -> Option<Picked> {
        let mut picked = None;
        let height = theme::SELECT_LIST_HEIGHT.min(rows.len() as f32 * theme::ROW);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area =
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, true]);
        if follow {
            area = area.vertical_scroll_offset(state.offset_showing(height));
        }
        let output = area.show_rows(ui, theme::ROW, rows.len(), |ui, range| {
            for index in range {
                let response = self.row(ui, &rows[index], index == state.cursor);
                if response.hovered() && ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO) {
                    state.cursor = index;
                }
                if response.clicked() {
                    picked = Some(rows[index].picked());
                }
            }
        });
        state.offset = output.state.clamped_offset().y;
        picked
    }

    fn row(&self, ui: &mut Ui, row: &Row, at_cursor: bool) -> Response {
        let palette = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), Sense::CLICK);
        let item = row.item().and_then(|index| self.items.get(index));
        let label: Cow<'_, str> = match row {
            Row::Item(_) | Row::Recent(_) => item.map_or("", |item| &item.label).into(),
            Row::Create(text) => format!("Use “{text}”").into(),
        };
        let chosen = item.is_some() && self.selected == Some(&*label);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, at_cursor, &label));
        if at_cursor {
            ui.painter().rect_filled(rect, theme::RADIUS_CONTROL, palette.accent_soft);
        }
        let inner = rect.shrink2(vec2(theme::SPACE_2, 0.0));
        let mut end = inner.right();
        if let Some(count) = item.and_then(|item| item.count) {
            end = paint::right(
                ui,
                inner,
                end,
                paint::line(ui, &format::count(count), theme::small(), palette.text_2),
            ) - theme::SPACE_2;
        }
        let start = self.row_sign(ui, row, chosen, inner);
        self.row_words(ui, item, &label, inner, start..=end);
        response
    }

    /// Draws what stands before the label; gives where the label begins.
    fn row_sign(&self, ui: &Ui, row: &Row, chosen: bool, inner: Rect) -> f32 {
        let palette = theme::palette(ui);
        let sign = match row {
            Row::Create(_) => Some((Icon::PLUS, palette.accent)),
            Row::Item(_) | Row::Recent(_) if chosen => Some((Icon::CHECK, palette.accent)),
            Row::Recent(_) => Some((Icon::HISTORY, palette.text_3)),
            Row::Item(_) => None,
        };
        if let Some((icon, ink)) = sign {
            paint::left(ui, inner, inner.left(), paint::line(ui, icon.as_str(), theme::icon_small(), ink));
        }
        inner.left() + 20.0
    }

    fn row_words(
        &self,
        ui: &Ui,
        item: Option<&SelectItem<'_>>,
        label: &str,
        inner: Rect,
        room: std::ops::RangeInclusive<f32>,
    ) {
        let palette = theme::palette(ui);
        let (start, end) = room.into_inner();
        let font = if self.mono && item.is_some() { theme::mono() } else { theme::body() };
        let words = paint::elided(ui, label, font, palette.text, end - start);
        let after = paint::left(ui, inner, start, words) + theme::SPACE_2;
        if let Some(detail) = item.and_then(|item| item.detail.as_deref())
            && end - after > 24.0
        {
            paint::left(
                ui,
                inner,
                after,
                paint::elided(ui, detail, theme::small(), palette.text_3, end - after),
            );
        }
    }
}

/// A line of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Row {
    Recent(usize),
    Item(usize),
    Create(String),
}

impl Row {
    fn item(&self) -> Option<usize> {
        match self {
            Row::Recent(index) | Row::Item(index) => Some(*index),
            Row::Create(_) => None,
        }
    }

    fn picked(&self) -> Picked {
        match self {
            Row::Recent(index) | Row::Item(index) => Picked::Item(*index),
            Row::Create(text) => Picked::Create(text.clone()),
        }
    }
}

/// What an open list remembers between frames.
#[derive(Clone, Default)]
struct State {
    query: String,
    cursor: usize,
    offset: f32,
}

impl State {
    /// The scroll offset nearest to the present one at which the cursor is in sight.
    fn offset_showing(&self, height: f32) -> f32 {
        let top = self.cursor as f32 * theme::ROW;
        self.offset.clamp((top + theme::ROW - height).max(0.0), top)
    }
}

/// The keys that move in the list, taken before the field sees them.
#[derive(Default)]
struct Keys {
    down: usize,
    up: usize,
    page_down: usize,
    page_up: usize,
    enter: bool,
}

impl Keys {
    fn take(ui: &Ui) -> Self {
        ui.input_mut(|input| Self {
            down: input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
            up: input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
            page_down: input.count_and_consume_key(Modifiers::NONE, Key::PageDown),
            page_up: input.count_and_consume_key(Modifiers::NONE, Key::PageUp),
            enter: input.consume_key(Modifiers::NONE, Key::Enter),
        })
    }

    fn moves(&self) -> bool {
        self.down + self.up + self.page_down + self.page_up > 0
    }

    fn moved(&self, cursor: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        let down = cursor.saturating_add(self.down + self.page_down * PAGE).min(last);
        down.saturating_sub(self.up + self.page_up * PAGE)
    }
}

const PAGE: usize = 9;

/// What is typed in this frame, unless it is a space alone, which presses a button.
fn typed(ui: &Ui) -> String {
    let text: String = ui.input(|input| {
        let texts = input.events.iter().filter_map(|event| match event {
            egui::Event::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    });
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_is_first_and_an_unknown_text_can_be_used() {
        let items = ["Order Cancelled", "Order Completed", "Product Viewed"].map(SelectItem::new);
        let select = SearchSelect::new("test", "Event").items(&items).allow_create(true);
        assert_eq!(select.rows("ordcomp"), [Row::Item(1), Row::Create("ordcomp".into())]);
        assert_eq!(select.rows("Product Viewed"), [Row::Item(2)]);
        assert_eq!(select.rows("zzz"), [Row::Create("zzz".into())]);
    }

    #[test]
    fn recent_items_come_first_while_nothing_is_typed() {
        let items = ["a", "b", "c"].map(SelectItem::new);
        let select = SearchSelect::new("test", "Event").items(&items).recents(&[2, 9]);
        assert_eq!(select.rows(" "), [Row::Recent(2), Row::Item(0), Row::Item(1)]);
    }

    #[test]
    fn the_cursor_stays_in_the_list_and_in_sight() {
        let keys = Keys { down: 3, up: 0, page_down: 0, page_up: 0, enter: false };
        assert_eq!(keys.moved(8, 10), 9);
        assert_eq!(keys.moved(0, 0), 0);
        let state = State { cursor: 20, offset: 0.0, ..State::default() };
        assert_eq!(state.offset_showing(280.0), 21.0 * theme::ROW - 280.0);
    }
}
