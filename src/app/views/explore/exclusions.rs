//! The events that must not happen between two steps, in the column of steps. Not for what they mean: see `model::funnel`.

use egui::{Align, Layout, Ui};

use super::editing::{alter_funnel, filter_edit, only_readable};
use super::steps::event_select;
use super::toolbar::word_select;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Button, text};
use crate::engine::summary::NameSummary;
use crate::model::funnel::{Exclusion, Funnel, Order, masked_names};
use crate::model::item::ItemId;

/// What the × takes.
const REMOVE_ROOM: f32 = 28.0;

/// Paints those that count from the step at `index` on, below its card.
pub(super) fn after(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    id: ItemId,
    funnel: &Funnel,
    index: usize,
    known: &[NameSummary],
) {
    for (number, exclusion) in funnel.exclude.iter().enumerate().filter(|(_, x)| x.after_step == index + 1) {
        ui.push_id(("exclusion", number), |ui| {
            only_readable(ui, cx);
            let place = Place { cx, id, funnel, number };
            place.event(ui, exclusion, known);
            place.between(ui, exclusion);
        });
    }
}

struct Place<'a> {
    cx: &'a DocCx<'a>,
    id: ItemId,
    funnel: &'a Funnel,
    number: usize,
}

impl Place<'_> {
    fn alter(&self, what: &str, alter: impl FnOnce(&mut Exclusion)) {
        alter_funnel(self.cx, self.id, self.funnel, what, |funnel| alter(&mut funnel.exclude[self.number]));
    }

    fn event(&self, ui: &mut Ui, exclusion: &Exclusion, known: &[NameSummary]) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE_1;
            text::toned(ui, Tone::Danger, Icon::PROHIBIT, "not");
            let room = ui.available_width() - REMOVE_ROOM;
            let events = event_select(
                ui,
                self.cx,
                "excluded event",
                "Event of the exclusion",
                room,
                &exclusion.events,
                known,
            );
            if let Some(events) = events {
                self.alter(&format!("Exclude {}", masked_names(&events)), |exclusion| {
                    exclusion.events = events
                });
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if Button::icon_only(Icon::CLOSE, "Remove exclusion").small().show(ui).clicked() {
                    let what = format!("Remove exclusion {}", exclusion.shown_label());
                    alter_funnel(self.cx, self.id, self.funnel, &what, |funnel| {
                        _ = funnel.exclude.remove(self.number)
                    });
                }
            });
        });
    }

    /// In any order an exclusion spans all steps: there is nothing to choose then.
    fn between(&self, ui: &mut Ui, exclusion: &Exclusion) {
        ui.horizontal_wrapped(|ui| {
            let steps = self.funnel.steps.len();
            if self.funnel.order == Order::Any {
                text::small(ui, "between all steps");
            } else {
                let words: Vec<String> = (1..=steps).map(|step| format!("step {step}")).collect();
                let option = |step: usize| (step, words[step - 1].as_str());
                let firsts: Vec<(usize, &str)> = (1..exclusion.before_step).map(option).collect();
                let lasts: Vec<(usize, &str)> = (exclusion.after_step + 1..=steps).map(option).collect();
                let (after, before) = (exclusion.after_step, exclusion.before_step);
                if let Some(step) =
                    word_select(ui, "after step", "Counts after this step", "after", after, &firsts)
                {
                    let what = format!("Exclude {} after step {step}", exclusion.shown_label());
                    self.alter(&what, |exclusion| exclusion.after_step = step);
                }
                let name = "Counts before this step";
                if let Some(step) = word_select(ui, "before step", name, "before", before, &lasts) {
                    let what = format!("Exclude {} before step {step}", exclusion.shown_label());
                    self.alter(&what, |exclusion| exclusion.before_step = step);
                }
            }
            let salt = ("exclusion filters", self.number);
            if let Some(filters) = filter_chips(ui, self.cx, salt, &exclusion.filters, &exclusion.events) {
                let what = filter_edit(&exclusion.filters, &filters, &exclusion.shown_label());
                self.alter(&what, |exclusion| exclusion.filters = filters);
            }
        });
    }
}
