//! The inspector of a funnel: the persons behind the number chosen, and why one of them is there. Not for timelines.

use egui::{Align, Layout, ScrollArea, Ui};

use super::person_list::PersonList;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::section::Section;
use crate::app::widgets::{Banner, Button, skeleton, text};
use crate::base::format;
use crate::engine::funnel::Member;
use crate::jobs::questions::explain::AskExplain;
use crate::jobs::questions::members::AskMembers;
use crate::jobs::questions::persons::AskLabels;
use crate::model::funnel::{Funnel, FunnelPart, FunnelSelection};
use crate::model::item::ItemId;

/// What the inspector remembers.
#[derive(Debug, Default)]
pub(super) struct PersonsView {
    /// The list is to be copied as soon as its names are read.
    copying: bool,
    chosen: Option<i64>,
}

/// Room for `22 Feb 2026, 11:39`.
const REACHED: f32 = 148.0;

impl PersonsView {
    /// Paints it; true when it was closed.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        funnel: &Funnel,
        selection: &FunnelSelection,
    ) -> bool {
        let question = AskMembers { funnel: funnel.clone(), selection: selection.clone() };
        let members = cx.ask("members", question);
        let count = members.any().map(|members| members.len() as u64);
        let closed = head(ui, cx, funnel, selection, count);
        if let crate::app::answers::Loadable::Failed(problem) = &members {
            Banner::new(Tone::Danger, &problem.to_string()).show(ui);
        }
        let Some(members) = members.any().cloned() else {
            skeleton::lines(ui, 8);
            return closed;
        };
        if !members.is_empty() {
            ui.horizontal(|ui| {
                if Button::secondary("Copy list")
                    .icon(Icon::COPY)
                    .tooltip("Persons as tab-separated values")
                    .show(ui)
                    .clicked()
                {
                    self.copying = true;
                }
            });
            // The names may still have to be read: asked for every frame until they are there.
            self.copying = self.copying && !copy_list(cx, &members);
        }
        if self.chosen.is_none_or(|chosen| !members.iter().any(|member| member.person_id == chosen)) {
            self.chosen = members.first().map(|member| member.person_id);
        }
        let why = self.chosen.filter(|_| !members.is_empty());
        let reserved = if why.is_some() { 220.0 } else { 0.0 };
        let height = (ui.available_height() - reserved).max(160.0);
        Section::new("Persons").count(&format::count(members.len() as u64)).show(ui, |ui| {
            self.list(ui, cx, id, &members, height - theme::ROW - theme::SPACE_2);
        });
        if let Some(person) = why {
            self.why(ui, cx, id, funnel, person);
        }
        closed
    }

    fn list(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, members: &[Member], height: f32) {
        let list = PersonList {
            salt: "members",
            count: members.len(),
            chosen: members.iter().position(|member| Some(member.person_id) == self.chosen),
            second: ("Reached", REACHED),
            height,
        };
        let answer = list.show(ui, cx, |row| members[row].person_id, |row| members[row].at.human(cx.zone));
        if let Some(row) = answer.moved_to {
            self.chosen = members.get(row).map(|member| member.person_id);
        }
        if let Some(member) = answer.opened.and_then(|row| members.get(row)) {
            cx.send(Command::Go(Route::Timeline { person: member.person_id, query: Some(id) }));
        }
    }

    fn why(&self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, person: i64) {
        let labels = cx.ask("why label", AskLabels(vec![person]));
        let label = labels.any().and_then(|labels| labels.get(&person).cloned()).unwrap_or_default();
        let title = format!("Why {} is here", cx.shown("", &label));
        Section::new(&title).id_salt("why").show(ui, |ui| {
            let explained = cx.ask("why", AskExplain { funnel: funnel.clone(), person });
            let Some(explained) = explained.any() else {
                skeleton::lines(ui, 2);
                return;
            };
            ScrollArea::vertical().max_height(110.0).show(ui, |ui| {
                crate::app::widgets::well(ui, |ui| _ = text::body(ui, explained.sentence.as_str()));
            });
            if crate::app::widgets::button::link_icon(ui, Icon::TIMELINE, "Open timeline").clicked() {
                cx.send(Command::Go(Route::Timeline { person, query: Some(id) }));
            }
        });
    }
}

fn head(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    funnel: &Funnel,
    selection: &FunnelSelection,
    count: Option<u64>,
) -> bool {
    let mut closed = false;
    ui.horizontal(|ui| {
        text::small(ui, format!("Selection · {}", place(selection)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            closed = Button::icon_only(Icon::CLOSE, "Close the selection").small().show(ui).clicked();
        });
    });
    let step = shown_funnel(cx, funnel).place_label(selection.step);
    let value = selection
        .value
        .as_ref()
        .map_or_else(String::new, |value| format!(" ({})", shown_value(cx, funnel, value)));
    let persons = count.map_or_else(|| "…".to_owned(), |count| format::counted(count, "person", "persons"));
    let words = match selection.part {
        FunnelPart::Reached => format!("Reached {step}{value}: {persons}"),
        FunnelPart::Dropped => format!("Dropped after {step}{value}: {persons}"),
        FunnelPart::Pending => format!("May still come after {step}{value}: {persons}"),
    };
    text::section_wrapped(ui, &words);
    closed
}

fn place(selection: &FunnelSelection) -> String {
    let step = selection.step + 1;
    match selection.part {
        FunnelPart::Reached => format!("step {step}"),
        FunnelPart::Dropped | FunnelPart::Pending => format!("step {step} → {}", step + 1),
    }
}

/// Copies the list once the names are read; true when that is done.
fn copy_list(cx: &DocCx<'_>, members: &[Member]) -> bool {
    let ids: Vec<i64> = members.iter().map(|member| member.person_id).collect();
    let labels = cx.ask("copied labels", AskLabels(ids));
    let crate::app::answers::Loadable::Ready(labels) = labels else { return false };
    let mut text = String::from("person\treached\n");
    for member in members {
        let label = labels.get(&member.person_id).map_or("", String::as_str);
        text.push_str(&format!("{}\t{}\n", cx.shown("", label), member.at.iso()));
    }
    let what = format::counted(members.len() as u64, "person", "persons");
    cx.send(Command::Copy { text, what });
    true
}

/// The funnel with the names of its events as they may be shown: for what it is called, not for asking.
pub(super) fn shown_funnel(cx: &DocCx<'_>, funnel: &Funnel) -> Funnel {
    let mut shown = funnel.clone();
    for step in &mut shown.steps {
        step.events.iter_mut().for_each(|name| *name = cx.shown_name(name));
    }
    shown
}

/// A breakdown value as it may be shown.
pub(super) fn shown_value(cx: &DocCx<'_>, funnel: &Funnel, value: &str) -> String {
    let property = funnel.breakdown.as_ref().map_or("", |breakdown| breakdown.property.as_str());
    cx.shown_breakdown(property, value)
}

/// True while the selection names a number that the funnel has.
pub(super) fn fits(funnel: &Funnel, selection: &FunnelSelection) -> bool {
    selection.step < funnel.steps.len() && (funnel.breakdown.is_some() || selection.value.is_none())
}
