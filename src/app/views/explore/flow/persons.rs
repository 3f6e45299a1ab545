//! The inspector of a flow: the persons behind the number chosen, and what can be asked from there. Not for counting.

use egui::{Align, Layout, Ui};

use super::super::editing::alter_flow;
use super::super::person_list::PersonList;
use super::words;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::route::Route;
use crate::app::theme::{self, Tone};
use crate::app::widgets::section::Section;
use crate::app::widgets::{Banner, Button, skeleton, text};
use crate::base::format;
use crate::jobs::questions::flow::AskFlowMembers;
use crate::model::flow::{Flow, FlowReport, FlowSelection, Place};
use crate::model::funnel::Step;
use crate::model::item::ItemId;
use crate::model::privacy::masked;

/// Room for `22 Feb 2026, 11:39`.
const ANCHOR: f32 = 148.0;

/// Paints it; true when it was closed.
pub(super) fn show(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    id: ItemId,
    flow: &Flow,
    report: &FlowReport,
    selection: &FlowSelection,
) -> bool {
    let closed = head(ui, cx, report, selection);
    actions(ui, cx, id, flow, selection);
    let question = AskFlowMembers { flow: flow.clone(), selection: selection.clone() };
    let answer = cx.ask("flow members", question);
    if let Loadable::Failed(problem) = &answer {
        Banner::new(Tone::Danger, &problem.to_string()).show(ui);
    }
    let Some(members) = answer.any().cloned() else {
        skeleton::lines(ui, 8);
        return closed;
    };
    let height = (ui.available_height() - theme::ROW - theme::SPACE_2).max(160.0);
    Section::new("Persons").count(&format::count(members.len() as u64)).show(ui, |ui| {
        let list = PersonList {
            salt: "flow persons",
            count: members.len(),
            chosen: None,
            second: ("Anchor", ANCHOR),
            height,
        };
        let words = |row: usize| members[row].at.human(cx.zone);
        let told = list.show(ui, cx, |row| members[row].person_id, words);
        if let Some(member) = told.opened.and_then(|row| members.get(row)) {
            cx.send(Command::Go(Route::Timeline { person: member.person_id, query: Some(id) }));
        }
    });
    closed
}

fn head(ui: &mut Ui, cx: &DocCx<'_>, report: &FlowReport, selection: &FlowSelection) -> bool {
    let mut closed = false;
    ui.horizontal(|ui| {
        text::small(ui, format!("Selection · {}", words::depth(report.direction, selection.depth)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            closed = Button::icon_only(Icon::CLOSE, "Close the selection").small().show(ui).clicked();
        });
    });
    let words = match &selection.near {
        None => report
            .nodes
            .iter()
            .find(|node| words::is_node(node, selection))
            .map(|node| (words::place(cx, report.direction, &node.place), node.sessions, node.persons)),
        Some(near) => report.edges.iter().find(|edge| words::is_edge(edge, selection)).map(|edge| {
            let title = words::edge_title(cx, report.direction, near, &edge.far);
            (title, edge.sessions, edge.persons)
        }),
    };
    if let Some((title, sessions, persons)) = words {
        let sessions = format::counted(sessions, "session", "sessions");
        let persons = format::counted(persons, "person", "persons");
        text::section_wrapped(ui, &format!("{title}: {sessions} of {persons}"));
    }
    closed
}

/// From a name one may go on.
fn actions(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, flow: &Flow, selection: &FlowSelection) {
    let Place::Name(name) = &selection.place else { return };
    if !cx.is_writable() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let is_anchor = flow.anchor.filters.is_empty() && flow.anchor.events == [name.clone()];
        let button = Button::secondary("Make it the anchor").tooltip("Tell the flow from this event on");
        if !is_anchor && button.show(ui).clicked() {
            alter_flow(cx, id, flow, &format!("Anchor at {}", masked("", name)), |flow| {
                flow.anchor = Step::named(name.clone());
            });
        }
        let button = Button::secondary("Skip it").tooltip("Leave events of this name out");
        if !flow.exclude.contains(name) && button.show(ui).clicked() {
            alter_flow(cx, id, flow, &format!("Skip {}", masked("", name)), |flow| {
                flow.exclude.push(name.clone());
            });
        }
    });
}
