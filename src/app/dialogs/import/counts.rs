//! What would become of a log's first records: how many are imported, are there already, are traits, or go to quarantine,
//! and why, with an example of each reason. Not for counting them.

use egui::Ui;

use super::rows::{place_words, shown_record};
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::{Banner, Cell, Column, Part, Table, sentence, text};
use crate::base::format;
use crate::formats::log::Reason;
use crate::jobs::import::{Compared, Look};
use crate::model::privacy::masked_text;

/// Paints the counts and the reasons.
pub(super) fn show(ui: &mut Ui, look: &Look) {
    let found = &look.log;
    if found.read == 0 {
        return;
    }
    summary(ui, look);
    let rejected: u64 = found.quarantined.values().sum();
    if rejected * 2 >= found.read && found.events > 0 {
        let message = format!(
            "{} of {} would go to quarantine",
            format::percent_of(rejected, found.read),
            if found.whole {
                "all records".to_owned()
            } else {
                format!("the first {}", format::count(found.read))
            },
        );
        let detail = match found.reasons().first() {
            Some((Reason::BadTime | Reason::TimeOutOfRange | Reason::NoTime, _)) => {
                "Check the column of times and how they are written, below"
            }
            Some((Reason::NoIdentifier | Reason::BlockedIdentifier, _)) => {
                "Check the columns of identifiers, below"
            }
            Some(_) | None => {
                "Check what the columns mean, below; what stays in quarantine can be mended later"
            }
        };
        Banner::new(Tone::Danger, &message).detail(detail).show(ui);
    }
    if !found.quarantined.is_empty() {
        reasons(ui, look);
    }
}

fn summary(ui: &mut Ui, look: &Look) {
    let found = &look.log;
    let read = format::counted(found.read, "record", "records");
    let looked = if found.whole { format!("Of all {read} ") } else { format!("Of the first {read} ") };
    let names = format::counted(found.names.len() as u64, "name", "names");
    let (events, traits) = (look.foreseen.events, look.foreseen.traits);
    let words = match found.is_of_persons() {
        true => format::counted(traits, "row of traits is taken", "rows of traits are taken"),
        false => format::counted(events, "event", "events"),
    };
    let mut parts = vec![Part::Secondary(&looked), Part::Strong(&words)];
    if !found.is_of_persons() {
        if !found.names.is_empty() {
            parts.extend([Part::Secondary(" of "), Part::Secondary(&names)]);
        }
        parts.push(Part::Secondary(match look.compared {
            Compared::Log => " can be read",
            Compared::Nothing | Compared::Events | Compared::TooMany | Compared::Others => {
                " would be imported"
            }
        }));
    }
    let mut more = Vec::new();
    more.extend(compared_words(look.compared).map(|(tone, words)| (tone, words.to_owned())));
    if traits > 0 && !found.is_of_persons() {
        more.push((
            Tone::Neutral,
            format::counted(traits, "row is traits of persons", "rows are traits of persons"),
        ));
    }
    if let Some(known) = look.foreseen.known.filter(|known| *known > 0) {
        more.push((
            Tone::Warning,
            format::counted(known, "is in the document already", "are in the document already"),
        ));
    }
    if look.foreseen.repeated > 0 {
        let words = format::counted(look.foreseen.repeated, "repeats another", "repeat others");
        more.push((Tone::Warning, words));
    }
    let rejected: u64 = found.quarantined.values().sum();
    if rejected > 0 {
        more.push((Tone::Danger, format::counted(rejected, "goes to quarantine", "go to quarantine")));
    }
    for (tone, words) in &more {
        parts.push(Part::Secondary(" · "));
        parts.push(match tone {
            Tone::Neutral => Part::Body(words),
            tone => Part::Toned(*tone, words),
        });
    }
    sentence(ui, &parts);
}

/// What a person must know of events that were not compared with those of the document.
fn compared_words(compared: Compared) -> Option<(Tone, &'static str)> {
    match compared {
        Compared::Nothing | Compared::Events => None,
        Compared::Log => Some((Tone::Warning, "this log is in the document already")),
        Compared::TooMany => Some((Tone::Neutral, "not compared with the events there are")),
        Compared::Others => Some((Tone::Neutral, "not compared with the events of other imports")),
    }
}

/// Why records would go to quarantine, each reason with the first record that it is said of.
fn reasons(ui: &mut Ui, look: &Look) {
    text::label(ui, "What would go to quarantine, and the first record of each reason");
    let columns = [
        Column::text("reason", "Reason", 330.0).unsorted(),
        Column::number("count", "Records", 70.0).unsorted(),
        Column::text("place", "Where", 90.0).unsorted(),
        Column::text("example", "Record", 180.0).unsorted().grows(),
    ];
    let reasons = look.log.reasons();
    let rows = reasons.len().min(MOST_REASONS);
    let height = theme::ROW + theme::ROW_DENSE * rows as f32;
    let table = Table::new("preview reasons", "Reasons", &columns).rows(reasons.len()).dense().height(height);
    table.show(ui, |row, column| {
        let (reason, count) = reasons[row];
        let example = look.log.examples.get(&reason);
        match (column, example) {
            (0, _) => {
                Cell::new(reason.sentence()).toned(Tone::Danger).icon(Icon::WARNING_CIRCLE, Tone::Danger)
            }
            (1, _) => Cell::new(format::count(count)),
            (_, None) => Cell::default(),
            (2, Some(record)) => Cell::new(place_words(record.line, &look.parts)).secondary(),
            (_, Some(record)) => {
                let shown = shown_record(record, look.log.header.as_ref());
                let detail = record.outcome.as_ref().err().map(|rejection| masked_text(&rejection.detail));
                let cell = Cell::new(shown).mono();
                match detail.filter(|detail| !detail.is_empty()) {
                    Some(detail) => cell.hover(detail),
                    None => cell,
                }
            }
        }
    });
}

/// How many reasons are seen at once; the others are scrolled to.
const MOST_REASONS: usize = 5;
