//! The line at the bottom: counts, as-of, zone, jobs. Not for details of them.

use egui::{Align, Layout, Ui};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::context::{DocCx, TransferFacts};
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Button, Part, progress, sentence, text};
use crate::base::format;

pub(super) fn show(ui: &mut Ui, cx: &DocCx<'_>) {
    let palette = theme::palette(ui);
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.top() + theme::LINE / 2.0, (theme::LINE, palette.border));
    ui.horizontal_centered(|ui| {
        ui.add_space(theme::SPACE_3);
        ui.spacing_mut().item_spacing.x = theme::SPACE_4;
        let (events, persons) = (format::count(cx.facts.events), format::count(cx.facts.persons));
        let noun = |count, one, many| if count == 1 { one } else { many };
        let of_events = noun(cx.facts.events, " event", " events");
        let of_persons = noun(cx.facts.persons, " person", " persons");
        sentence(ui, &[Part::Strong(&events), Part::Body(of_events)]);
        sentence(ui, &[Part::Strong(&persons), Part::Body(of_persons)]);
        if let Some(as_of) = cx.facts.as_of {
            sentence(ui, &[Part::Body("as of "), Part::Strong(&as_of.human(cx.zone))]);
        }
        if cx.is_writable() {
            let zone = Button::quiet(cx.zone.name())
                .small()
                .tooltip("Time zone for days and weeks: click to change");
            if zone.show(ui).clicked() {
                cx.act(Action::Zone);
            }
        } else {
            text::small(ui, cx.zone.name());
        }
        if cx.workspace.settings().synthetic {
            text::toned(ui, Tone::Warning, Icon::INFO, "Synthetic events");
        }
        if let Some(why) = &cx.facts.read_only {
            text::toned(ui, Tone::Warning, Icon::LOCK, "Read-only").on_hover_text(why);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(theme::SPACE_3);
            jobs(ui, cx);
            unsaved(ui, cx);
        });
    });
}

/// What the file does not have yet, while another job writes it.
fn unsaved(ui: &mut Ui, cx: &DocCx<'_>) {
    if cx.facts.unsaved > 0 {
        let count = format::counted(cx.facts.unsaved as u64, "edit is", "edits are");
        let words = format!("{count} not saved yet");
        let why = "Another job writes the document: they are written as soon as it lets them";
        text::toned(ui, Tone::Warning, Icon::HOURGLASS, &words).on_hover_text(why);
    }
}

fn jobs(ui: &mut Ui, cx: &DocCx<'_>) {
    match cx.transfers.first() {
        Some(job) => running(ui, cx, job),
        None => match cx.slow_answer() {
            Some((label, progress)) => answering(ui, &label, progress.reached()),
            None => _ = text::small(ui, Icon::CHECK.with("No jobs running")),
        },
    }
}

fn answering(ui: &mut Ui, label: &str, (done, total): (u64, u64)) {
    if total > 0 {
        progress::mini_bar(ui, done as f32 / total as f32, 80.0, label);
    }
    text::small(ui, format!("{label}…"));
}

fn running(ui: &mut Ui, cx: &DocCx<'_>, job: &TransferFacts) {
    if Button::icon_only(Icon::CLOSE, "Stop")
        .small()
        .tooltip("Stop; what is done so far stays")
        .show(ui)
        .clicked()
    {
        cx.send(Command::CancelJob(job.id));
    }
    progress::mini_bar(ui, job.share(), 80.0, &job.label);
    text::small(ui, job.words());
    if cx.transfers.len() > 1 {
        text::small(ui, format!("+{} waiting", cx.transfers.len() - 1));
    }
}
