//! A saved query keeps its last result and says what changed since. Not for drafts.

use egui::Ui;

use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::text;
use crate::base::format;
use crate::model::item::{ItemId, SavedQuery};
use crate::model::query::Report;
use crate::model::text::query_text;
use crate::model::time::{Time, Zone};

/// Remembers the numbers of an answer, and tells what changed since those of the same question before.
pub(super) fn last_time(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, saved: &SavedQuery, report: &Report) {
    if saved.name.is_none() {
        return;
    }
    let headline = headline(report, &query_text(&saved.query));
    let words = cx.previous_answer(id).and_then(|before| change(&before, &headline, cx.zone));
    cx.remember_answer(id, headline);
    if let Some(words) = words {
        text::toned(ui, Tone::Accent, Icon::HISTORY, &words);
    }
}

/// As-of, the numbers with their words, and from the second line on the question.
fn headline(report: &Report, question: &str) -> String {
    let (as_of, numbers) = match report {
        Report::Funnel(report) => {
            let persons =
                |step: Option<&crate::model::funnel::StepReport>| step.map_or(0, |step| step.persons);
            let (first, last) = (persons(report.steps.first()), persons(report.steps.last()));
            (report.as_of, format!("entered {first};completed {last}"))
        }
        Report::Retention(report) => {
            let back = report.whole.average.get(1).copied().unwrap_or_default();
            (report.as_of, format!("persons {};returned {}", report.persons, back.returned))
        }
        Report::Flow(report) => {
            (report.as_of, format!("sessions {};persons {}", report.sessions, report.persons))
        }
        Report::Trend(report) => {
            let total: u64 = report.series.iter().flat_map(|series| &series.values).sum();
            (report.as_of, format!("total {total}"))
        }
    };
    format!("{};{numbers}\n{question}", as_of.0)
}

/// Nothing when the question is another one, or nothing changed.
fn change(before: &str, now: &str, zone: Zone) -> Option<String> {
    let ((before, asked), (now, asks)) = (before.split_once('\n')?, now.split_once('\n')?);
    if asked != asks || before == now {
        return None;
    }
    let ((as_of, old), (_, new)) = (before.split_once(';')?, now.split_once(';')?);
    let count = |number: &str| number.parse().ok().map(format::count);
    let mut changes = Vec::new();
    for (old, new) in old.split(';').zip(new.split(';')) {
        let ((word, old), (_, new)) = (old.split_once(' ')?, new.split_once(' ')?);
        let (old, new) = (count(old)?, count(new)?);
        changes.push(if old == new {
            format!("{word} {new} as before")
        } else {
            format!("{word} {old} → {new}")
        });
    }
    let as_of = Time(as_of.parse().ok()?);
    Some(format!("Since the last time (as of {}): {}", as_of.human(zone), changes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_question_is_compared() {
        let zone = Zone::default();
        let before = "0;entered 10;completed 4\nkind = A";
        assert_eq!(change(before, before, zone), None);
        assert_eq!(change(before, "60;entered 12;completed 4\nkind = B", zone), None);
        assert_eq!(
            change(before, "60;entered 12345;completed 4\nkind = A", zone).as_deref(),
            Some(
                "Since the last time (as of 1 Jan 1970, 00:00): entered 10 → 12\u{2009}345, completed 4 as before"
            )
        );
    }
}
