//! Sending a changed question as one edit. Not for the controls that change it.

use crate::app::context::DocCx;
use crate::model::funnel::Funnel;
use crate::model::item::ItemId;
use crate::model::operations::queries::set_query;
use crate::model::query::Query;
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
    if changed != *funnel {
        cx.edit(set_query(cx.workspace, id, Query::Funnel(changed), what));
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
