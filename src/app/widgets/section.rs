//! A section of an inspector: a title that folds what is below it, with a count at the right.
//!
//! Remembers whether it is open by its id. Not for the only content of a page.

use egui::{Id, Layout, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::paint;
use crate::app::icon::Icon;
use crate::app::theme;

/// A foldable section.
#[must_use = "call .show(ui, …)"]
pub struct Section<'a> {
    title: &'a str,
    count: &'a str,
    open: bool,
    salt: Option<Id>,
}

impl<'a> Section<'a> {
    /// Open at first.
    pub fn new(title: &'a str) -> Self {
        Self { title, count: "", open: true, salt: None }
    }

    /// A count or a state at the right.
    pub fn count(mut self, count: &'a str) -> Self {
        self.count = count;
        self
    }

    /// Folded at first.
    pub fn folded(mut self) -> Self {
        self.open = false;
        self
    }

    /// Tells it from another of the same title.
    pub fn id_salt(mut self, salt: impl std::hash::Hash + std::fmt::Debug) -> Self {
        self.salt = Some(Id::unique(("section", egui::IdSalt::new(salt))));
        self
    }

    /// Draws it; gives what `content` gave while it is open.
    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
        self.show_with(ui, |_| {}, content)
    }

    /// The same, with `at_right` (laid out from right to left) in place of a count.
    pub fn show_with<R>(
        self,
        ui: &mut Ui,
        at_right: impl FnOnce(&mut Ui),
        content: impl FnOnce(&mut Ui) -> R,
    ) -> Option<R> {
        let id = self.salt.unwrap_or_else(|| ui.make_persistent_id(("section", self.title)));
        let mut open = ui.data_mut(|data| data.get_persisted::<bool>(id)).unwrap_or(self.open);
        let header = self.header(ui, id, open, at_right);
        if header.clicked() {
            open = !open;
            ui.data_mut(|data| data.insert_persisted(id, open));
        }
        if !open {
            return None;
        }
        // Under its own id: what comes and goes above takes the keyboard from nothing within.
        let body = UiBuilder::new().scope_id(id.with("body")).layout(Layout::top_down(egui::Align::Min));
        let inner = ui.scope_builder(body, content).inner;
        ui.add_space(theme::SPACE_1);
        Some(inner)
    }

    fn header(&self, ui: &mut Ui, id: Id, open: bool, at_right: impl FnOnce(&mut Ui)) -> Response {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::CONTROL), Sense::hover());
        let mut right = ui.new_child(
            UiBuilder::new()
                .max_rect(rect)
                .layout(Layout::right_to_left(egui::Align::Center))
                .id_salt(id.with("right")),
        );
        at_right(&mut right);
        let mut head = rect;
        head.set_right(right.min_rect().left().min(rect.right()));
        let response = ui.interact(head, id.with("header"), Sense::click());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::DisclosureTriangle, ui.is_enabled(), self.title);
            info.selected = Some(open);
            info
        });
        let caret = if open { Icon::CARET_DOWN } else { Icon::CARET_RIGHT };
        let ink = if response.hovered() { palette.text } else { palette.text_2 };
        let mut end = head.right();
        if !self.count.is_empty() {
            end = paint::right(ui, head, end, paint::line(ui, self.count, theme::small(), palette.text_2))
                - theme::SPACE_2;
        }
        let x = paint::left(ui, head, head.left(), paint::line(ui, caret.as_str(), theme::icon_small(), ink))
            + theme::SPACE_2;
        paint::left(ui, head, x, paint::elided(ui, self.title, theme::strong(), palette.text, end - x));
        paint::focus_ring(ui, &response, theme::RADIUS_CONTROL);
        response
    }
}
