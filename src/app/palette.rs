//! The palette: every action, query and page by name. Not for searching events.

use egui::{Align2, Area, Id, Key, Order, vec2};

use super::action::ALL;
use super::command::Command;
use super::context::{Cx, DocCx};
use super::route::{EventsTab, Route};
use super::theme;
use super::views::explore::ask_for_step;
use super::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::model::funnel::MAX_STEPS;
use crate::model::query::Query;

/// Open or not.
#[derive(Debug, Default)]
pub struct Palette {
    open: bool,
    /// Opened in this frame: the field takes the keyboard.
    fresh: bool,
}

enum Target {
    Action(super::action::Action),
    Go(Route),
    AddStep,
}

impl Palette {
    /// Opens or closes it.
    pub fn toggle(&mut self) {
        self.open = !self.open;
        self.fresh = self.open;
    }

    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Closes it: what it lists is of a document that goes.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// Paints it over everything while it is open.
    pub fn show(&mut self, ctx: &egui::Context, cx: &Cx<'_>, doc: Option<&DocCx<'_>>) {
        if !self.open {
            return;
        }
        if ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
            self.open = false;
            return;
        }
        let fresh = std::mem::take(&mut self.fresh);
        let (items, targets) = entries(cx, doc);
        let shown = Area::new(Id::unique("palette"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_TOP, vec2(0.0, theme::TOP_BAR))
            .show(ctx, |ui| {
                egui::Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_width(theme::DIALOG);
                    SearchSelect::new("palette", "Search or run")
                        .items(&items)
                        .placeholder("Search or run…")
                        .open_now(fresh)
                        .show_inline(ui)
                })
            });
        if let Some(Picked::Item(index)) = shown.inner.inner {
            self.open = false;
            match &targets[index] {
                Target::Action(action) => cx.act(*action),
                Target::Go(route) => cx.send(Command::Go(route.clone())),
                Target::AddStep => ask_for_step(ctx),
            }
        } else if shown.response.clicked_elsewhere() && ctx.input(|input| input.pointer.any_click()) {
            self.open = false;
        }
    }
}

fn entries<'a>(cx: &Cx<'_>, doc: Option<&DocCx<'_>>) -> (Vec<SelectItem<'a>>, Vec<Target>) {
    let mut items = Vec::new();
    let mut targets = Vec::new();
    let mut add = |item: SelectItem<'a>, target: Target| {
        items.push(item);
        targets.push(target);
    };
    if let Some(doc) = doc {
        for (id, saved) in doc.workspace.queries() {
            let draft = || format!("Draft {}", saved.query.kind());
            let name = saved.name.as_deref().map_or_else(draft, |name| doc.shown_query_name(name));
            add(SelectItem::new(name).kind(saved.query.kind()), Target::Go(Route::Query(id)));
        }
        for (tab, label) in [
            (EventsTab::Properties, "Properties"),
            (EventsTab::Imports, "Imports"),
            (EventsTab::Quarantine, "Quarantine"),
        ] {
            let item = SelectItem::new(format!("{label} of events")).kind("page");
            add(item, Target::Go(Route::Events(tab)));
        }
    }
    if let (Some(doc), Route::Query(id)) = (doc, cx.route) {
        let is_funnel = doc.query(*id).is_some_and(
            |saved| matches!(&saved.query, Query::Funnel(funnel) if funnel.steps.len() < MAX_STEPS),
        );
        if is_funnel && doc.is_writable() {
            add(SelectItem::new("Add a step").kind("to this funnel"), Target::AddStep);
        }
    }
    for entry in ALL.iter().filter(|entry| entry.action != super::action::Action::Palette) {
        if cx.abilities.allow(entry.action) {
            let item = SelectItem::new(entry.label).detail(entry.keys().unwrap_or_default());
            add(item, Target::Action(entry.action));
        }
    }
    (items, targets)
}
