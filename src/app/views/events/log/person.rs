//! The chip that keeps the events of one person, found by typing the start of an identifier.

use egui::{ScrollArea, Ui};

use crate::app::answers::Loadable;
use crate::app::context::DocCx;
use crate::app::theme;
use crate::app::widgets::{ChipAction, FilterChip, ListRow, add_chip, popover, search_field, text};
use crate::base::format;
use crate::jobs::questions::persons::AskPersons;
use crate::store::persons::PersonMatch;

/// The person chosen, and what was typed to find one.
#[derive(Debug, Default)]
pub(super) struct PersonChip {
    chosen: Option<(i64, String)>,
    query: String,
}

impl PersonChip {
    /// The stored id of the person chosen.
    pub(super) fn id(&self) -> Option<i64> {
        self.chosen.as_ref().map(|(id, _)| *id)
    }

    /// Chooses a person by stored id.
    pub(super) fn choose(&mut self, id: i64, label: String) {
        self.chosen = Some((id, label));
    }

    /// Chooses nobody.
    pub(super) fn clear(&mut self) {
        self.chosen = None;
    }

    /// Paints the chip, or "+ Person", with its editor.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &DocCx<'_>) {
        let toggle = match &self.chosen {
            None => add_chip(ui, "Person"),
            Some((_, label)) => {
                let chip = FilterChip::new("person", "is", label).show(ui);
                if chip.action == Some(ChipAction::Remove) {
                    self.chosen = None;
                    return;
                }
                chip.response
            }
        };
        let opened = toggle.clicked();
        let picked =
            popover(&toggle, "Person", theme::SELECT_LIST, |ui| self.finder(ui, cx, opened)).flatten();
        if let Some(person) = picked {
            self.chosen = Some((person.person_id, cx.shown_name(&person.label)));
        }
    }

    fn finder(&mut self, ui: &mut Ui, cx: &DocCx<'_>, opened: bool) -> Option<PersonMatch> {
        ui.spacing_mut().item_spacing.y = theme::SPACE_1;
        let field = search_field(ui, "Start of an identifier", &mut self.query);
        if opened {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let answer = cx.ask("found persons", AskPersons(self.query.trim().to_owned()));
        let found = match &answer {
            Loadable::Ready(found) | Loadable::Stale(found, _) => found.as_slice(),
            Loadable::Waiting(_) => &[],
            Loadable::Failed(problem) => {
                text::secondary(ui, problem.to_string());
                return None;
            }
        };
        let mut picked = found.first().filter(|_| entered).cloned();
        if found.is_empty() && matches!(answer, Loadable::Ready(_)) {
            text::hint(ui, "No identifier starts so");
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().max_height(theme::SELECT_LIST_HEIGHT).show(ui, |ui| {
            for person in found {
                let count = format::count(person.events);
                let label = cx.shown_name(&person.label);
                if ListRow::new(&label).mono().count(&count).show(ui).clicked() {
                    picked = Some(person.clone());
                }
            }
        });
        if picked.is_some() {
            ui.close();
        }
        picked
    }
}
