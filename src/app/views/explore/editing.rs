//! What the pages of queries send: changed questions as one edit each, and doors to events. Not for the controls.

use egui::Ui;

use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::engine::list::EventFilter;
use crate::model::flow::Flow;
use crate::model::funnel::Funnel;
use crate::model::item::ItemId;
use crate::model::operations::normalize::normalized;
use crate::model::operations::queries::set_query;
use crate::model::plan::Aliases;
use crate::model::predicate::Filter;
use crate::model::query::Query;
use crate::model::retention::Retention;
use crate::model::time::Time;
use crate::model::trend::Trend;

/// Sends the funnel changed by `alter`; `what` names the edit in the history.
pub(super) fn alter_funnel(
    cx: &DocCx<'_>,
    id: ItemId,
    funnel: &Funnel,
    what: &str,
    alter: impl FnOnce(&mut Funnel),
) {
    let mut changed = funnel.clone();
    alter(&mut changed);
    let changed = normalized(changed);
    if changed != *funnel {
        cx.edit(set_query(cx.workspace, id, Query::Funnel(changed), what));
    }
}

/// Sends the retention changed by `alter`; `what` names the edit in the history.
pub(super) fn alter_retention(
    cx: &DocCx<'_>,
    id: ItemId,
    retention: &Retention,
    what: &str,
    alter: impl FnOnce(&mut Retention),
) {
    let mut changed = retention.clone();
    alter(&mut changed);
    if changed != *retention {
        cx.edit(set_query(cx.workspace, id, Query::Retention(changed), what));
    }
}

/// Sends the flow changed by `alter`; `what` names the edit in the history.
pub(super) fn alter_flow(cx: &DocCx<'_>, id: ItemId, flow: &Flow, what: &str, alter: impl FnOnce(&mut Flow)) {
    let mut changed = flow.clone();
    alter(&mut changed);
    if changed != *flow {
        cx.edit(set_query(cx.workspace, id, Query::Flow(changed), what));
    }
}

/// Sends the trend changed by `alter`; `what` names the edit in the history.
pub(super) fn alter_trend(
    cx: &DocCx<'_>,
    id: ItemId,
    trend: &Trend,
    what: &str,
    alter: impl FnOnce(&mut Trend),
) {
    let mut changed = trend.clone();
    alter(&mut changed);
    if changed != *trend {
        cx.edit(set_query(cx.workspace, id, Query::Trend(changed), what));
    }
}

/// What the history says of changed filters; it outlives the window, so that suspected values stay masked.
pub(super) fn filter_edit(before: &[Filter], after: &[Filter], place: &str) -> String {
    let added = after.iter().find(|filter| !before.contains(filter));
    let removed = before.iter().find(|filter| !after.contains(filter));
    match (added, removed) {
        (Some(filter), _) => format!("Filter {place} by {}", filter.sentence()),
        (None, Some(filter)) => format!("Remove filter {} from {place}", filter.sentence()),
        (None, None) => format!("Change filters of {place}"),
    }
}

/// Makes what follows in `ui` readable but not changeable, when the document is.
pub(super) fn only_readable(ui: &mut Ui, cx: &DocCx<'_>) {
    if !cx.is_writable() {
        ui.visuals_mut().disabled_alpha = 0.85;
        ui.disable();
    }
}

/// Shows the events of these names, old names included, up to the answer's as-of.
pub(super) fn show_events(cx: &DocCx<'_>, names: &[String], passed_over: Vec<Filter>, as_of: Time) {
    let filter = EventFilter {
        names: Aliases::of(cx.workspace).all_names(names),
        between: Some((Time(i64::MIN), as_of.plus(1))),
        passed_over,
        ..EventFilter::default()
    };
    cx.send(Command::ShowEvents { filter, person: String::new() });
}

/// Moves the element at `from` to where `to` points between elements, before it was taken out.
pub(super) fn move_element<T>(list: &mut Vec<T>, from: usize, to: usize) {
    if from < list.len() {
        let element = list.remove(from);
        let to = if to > from { to - 1 } else { to };
        list.insert(to.min(list.len()), element);
    }
}

#[cfg(test)]
mod tests {
    use super::move_element;

    #[test]
    fn elements_move_to_the_gap_pointed_at() {
        let moved = |from, to| {
            let mut list = vec!['a', 'b', 'c', 'd'];
            move_element(&mut list, from, to);
            list.into_iter().collect::<String>()
        };
        assert_eq!(moved(0, 2), "bacd");
        assert_eq!(moved(0, 4), "bcda");
        assert_eq!(moved(3, 0), "dabc");
        assert_eq!(moved(1, 1), "abcd");
        assert_eq!(moved(1, 2), "abcd");
    }
}
