//! The inspector of a retention: who came back, and who did not, behind the cell chosen. Not for counting them.

use egui::{Align, Layout, Ui};

use super::person_list::PersonList;
use super::retention::{Spot, cohort_label, is_others, shown_value};
use super::retention_map::words;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::section::Section;
use crate::app::widgets::{Banner, Button, segmented, skeleton, text};
use crate::base::format;
use crate::engine::retention::Returner;
use crate::jobs::questions::persons::AskLabels;
use crate::jobs::questions::returners::AskReturners;
use crate::model::retention::{Retention, RetentionPart, RetentionReport, RetentionSelection};

/// What the inspector remembers.
#[derive(Debug, Default)]
pub(super) struct ReturnersView {
    side: Side,
    /// The list is to be copied as soon as its names are read.
    copying: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Back,
    Away,
}

/// Room for `22 Feb 2026, 11:39`.
const WHEN: f32 = 148.0;

impl ReturnersView {
    /// Paints it; true when it was closed.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        retention: &Retention,
        report: &RetentionReport,
        spot: Spot,
        value: Option<&str>,
    ) -> bool {
        let cohort = report.triangle(value).and_then(|triangle| triangle.cohorts.get(spot.cohort));
        let Some(cohort) = cohort else { return true };
        let label = cohort_label(retention, cohort.start, cx.zone);
        let closed = head(ui, cx, retention, &label, value);
        text::section_wrapped(ui, &words(retention, &label, cohort, spot.column));
        if is_others(value) {
            text::secondary(ui, OTHERS);
            return closed;
        }
        let part = match spot.column.checked_sub(1) {
            None => RetentionPart::Everybody,
            Some(period) => {
                // What is not over yet may still bring them back.
                let away = if cohort.is_unfinished(period) { "Not yet" } else { "Did not" };
                segmented(ui, "Who", &mut self.side, &[(Side::Back, "Came back"), (Side::Away, away)]);
                match self.side {
                    Side::Back => RetentionPart::Returned(period),
                    Side::Away => RetentionPart::Away(period),
                }
            }
        };
        let selection = RetentionSelection { cohort: cohort.start, part, value: value.map(str::to_owned) };
        let answer = cx.ask("returners", AskReturners { retention: retention.clone(), selection });
        if let Loadable::Failed(problem) = &answer {
            Banner::new(Tone::Danger, &problem.to_string()).show(ui);
        }
        let Some(persons) = answer.any().cloned() else {
            skeleton::lines(ui, 8);
            return closed;
        };
        if !persons.is_empty() {
            let copy =
                Button::secondary("Copy list").icon(Icon::COPY).tooltip("Persons as tab-separated values");
            self.copying |= copy.show(ui).clicked();
            // The names may still have to be read: asked for every frame until they are there.
            self.copying = self.copying && !copy_list(cx, &persons);
        }
        let height = (ui.available_height() - theme::ROW - theme::SPACE_2).max(160.0);
        Section::new("Persons").count(&format::count(persons.len() as u64)).show(ui, |ui| {
            list(ui, cx, part, &persons, height);
        });
        closed
    }
}

const OTHERS: &str = "These are all other values together; filter by one of them to see its persons";

fn head(ui: &mut Ui, cx: &DocCx<'_>, retention: &Retention, label: &str, value: Option<&str>) -> bool {
    let mut closed = false;
    ui.horizontal(|ui| {
        let of = value.map_or_else(String::new, |value| format!(" · {}", shown_value(cx, retention, value)));
        text::small(ui, format!("Selection · cohort of {label}{of}"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            closed = Button::icon_only(Icon::CLOSE, "Close the selection").small().show(ui).clicked();
        });
    });
    closed
}

fn list(ui: &mut Ui, cx: &DocCx<'_>, part: RetentionPart, persons: &[Returner], height: f32) {
    let title = match part {
        RetentionPart::Returned(_) => "Came back",
        RetentionPart::Everybody | RetentionPart::Away(_) => "Started",
    };
    let list =
        PersonList { salt: "returners", count: persons.len(), chosen: None, second: (title, WHEN), height };
    let when = |person: &Returner| person.returned.unwrap_or(person.started);
    let answer = list.show(ui, cx, |row| persons[row].person_id, |row| when(&persons[row]).human(cx.zone));
    if let Some(person) = answer.opened.and_then(|row| persons.get(row)) {
        cx.send(Command::Go(Route::Timeline { person: person.person_id, query: None }));
    }
}

/// Copies the list once the names are read; true when that is done.
fn copy_list(cx: &DocCx<'_>, persons: &[Returner]) -> bool {
    let ids: Vec<i64> = persons.iter().map(|person| person.person_id).collect();
    let Loadable::Ready(labels) = cx.ask("copied labels", AskLabels(ids)) else { return false };
    let mut text = String::from("person\tstarted\tcame back\n");
    for person in persons {
        let label = labels.get(&person.person_id).map_or("", String::as_str);
        let returned = person.returned.map_or_else(String::new, |time| time.iso());
        text.push_str(&format!("{}\t{}\t{returned}\n", cx.shown("", label), person.started.iso()));
    }
    let what = format::counted(persons.len() as u64, "person", "persons");
    cx.send(Command::Copy { text, what });
    true
}
