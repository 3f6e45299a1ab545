//! *About this number*: what it counts, from what, and what took no part. Not for the numbers: see `jobs::reports`.

use super::answers::Answer;
use crate::base::format;
use crate::model::privacy::masked;
use crate::model::query::{Query, Report};
use crate::model::sentence::sentence;
use crate::model::time::Zone;
use crate::store::batches::Batch;

/// The facts behind a query's numbers, as labelled lines, for the dialog and as text.
pub fn about(query: &Query, answer: &Answer, batches: &[Batch], zone: Zone) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Counts", sentence(query, zone)), ("Rules", "Stormline".to_owned())];
    let (as_of, future) = match &answer.report {
        Report::Funnel(report) => (report.as_of, report.future_events),
        Report::Trend(report) => (report.as_of, report.future_events),
    };
    lines.push(("As of", format!("{} ({})", as_of.human(zone), zone.name())));
    match &answer.report {
        Report::Funnel(report) => {
            lines.push(("Persons in all", format::count(report.persons_total)));
            let pending: u64 = report.steps.iter().map(|step| step.pending).sum();
            lines.push((
                "Pending",
                format!("{}: their window is still open, so they are not dropped", format::count(pending)),
            ));
            lines.push((
                "Left out",
                format!("{} by an exclusion", format::counted(report.excluded, "person", "persons")),
            ));
            for (index, step) in report.steps.iter().enumerate().filter(|(_, step)| step.passed_over > 0) {
                let events = format::counted(step.passed_over, "event", "events");
                lines.push((
                    "Passed over",
                    format!("{events} at step {}: the value is missing or of another type", index + 1),
                ));
            }
        }
        Report::Trend(report) => {
            let events = format::counted(report.passed_over, "event", "events");
            lines.push(("Passed over", format!("{events}: the value is missing or of another type")));
        }
    }
    lines.push((
        "Future",
        format!("{} later than as-of took no part", format::counted(future, "event", "events")),
    ));
    let (duplicates, quarantined) = batches
        .iter()
        .fold((0, 0), |sum, batch| (sum.0 + batch.counts.duplicates, sum.1 + batch.counts.quarantined));
    lines.push((
        "Duplicates",
        format!("{} were counted once", format::counted(duplicates, "record", "records")),
    ));
    lines.push((
        "Quarantined",
        format!("{} could not be read as events", format::counted(quarantined, "record", "records")),
    ));
    for batch in batches {
        let events = format::counted(batch.counts.imported, "event", "events");
        lines.push((
            "Import",
            format!("{}: {events}, {}", masked("", &batch.file), batch.imported_at.human(zone)),
        ));
    }
    lines
}

/// The same as text.
pub fn about_text(lines: &[(&'static str, String)]) -> String {
    lines.iter().map(|(label, value)| format!("{label}: {value}\n")).collect()
}
