//! The inspector of a trend: the events and persons behind the number chosen. Not for counting them.

use egui::{Align, Layout, Ui};

use super::person_list::PersonList;
use super::trend::{Spot, is_unfinished, with_old_names};
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::section::Section;
use crate::app::widgets::{Banner, Button, skeleton, text};
use crate::base::{Diagnostic, format};
use crate::engine;
use crate::jobs::questions::list::AskListedPersons;
use crate::model::time::Interval;
use crate::model::trend::{Measure, Trend, TrendReport};

/// Room for a count of events.
const EVENTS: f32 = 80.0;

/// Paints it; true when it was closed.
pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport, spot: Spot) -> bool {
    let closed = head(ui, cx, trend, report, spot);
    let place = (spot.series, spot.bucket);
    let Some(filter) = engine::trend::behind(&with_old_names(cx, trend), report, place, cx.zone) else {
        text::secondary(ui, OTHERS);
        return closed;
    };
    if Button::secondary("Show in events").icon(Icon::EVENTS).show(ui).clicked() {
        open(cx, trend, report, spot);
    }
    let answer = cx.ask("trend persons", AskListedPersons(filter));
    if let Loadable::Failed(problem) = &answer {
        Banner::new(Tone::Danger, &problem.to_string()).show(ui);
    }
    let Some(persons) = answer.any().cloned() else {
        skeleton::lines(ui, 8);
        return closed;
    };
    let height = (ui.available_height() - theme::ROW - theme::SPACE_2).max(160.0);
    Section::new("Persons").count(&format::count(persons.len() as u64)).show(ui, |ui| {
        let list = PersonList {
            salt: "bucket",
            count: persons.len(),
            chosen: None,
            second: ("Events", EVENTS),
            height,
        };
        let answer =
            list.show(ui, cx, |row| persons[row].person_id, |row| format::count(persons[row].events));
        if let Some(person) = answer.opened.and_then(|row| persons.get(row)) {
            cx.send(Command::Go(Route::Timeline { person: person.person_id, query: None }));
        }
    });
    closed
}

/// Goes to the events behind the number.
pub(super) fn open(cx: &DocCx<'_>, trend: &Trend, report: &TrendReport, spot: Spot) {
    let place = (spot.series, spot.bucket);
    match engine::trend::behind(&with_old_names(cx, trend), report, place, cx.zone) {
        Some(filter) => cx.send(Command::ShowEvents { filter, person: String::new() }),
        None => cx.tell(&Diagnostic::warning("others", OTHERS)),
    }
}

const OTHERS: &str = "These are all other values together; filter by one of them to see its events";

fn head(ui: &mut Ui, cx: &DocCx<'_>, trend: &Trend, report: &TrendReport, spot: Spot) -> bool {
    let mut closed = false;
    let day = report.starts[spot.bucket].human_day(cx.zone);
    let when = match trend.interval {
        Interval::Day => day,
        Interval::Week => format!("week of {day}"),
        Interval::Month => format!("month of {day}"),
    };
    ui.horizontal(|ui| {
        text::small(ui, format!("Selection · {when}"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            closed = Button::icon_only(Icon::CLOSE, "Close the selection").small().show(ui).clicked();
        });
    });
    text::section_wrapped(ui, &words(trend, report, spot));
    closed
}

/// `Order Completed: 6 events`.
pub(super) fn words(trend: &Trend, report: &TrendReport, spot: Spot) -> String {
    let series = &report.series[spot.series];
    let value = series.values[spot.bucket];
    let so_far =
        if is_unfinished(trend, report) && spot.bucket + 1 == report.starts.len() { " so far" } else { "" };
    let counted = match trend.measure {
        Measure::Events => format::counted(value, "event", "events"),
        Measure::Persons => format::counted(value, "person", "persons"),
    };
    format!("{}: {counted}{so_far}", series.label)
}
