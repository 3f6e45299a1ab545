//! What a query marks in a person's timeline. Not for drawing it.

use std::collections::BTreeMap;

use crate::app::context::DocCx;
use crate::jobs::questions::explain::AskExplain;
use crate::jobs::questions::flow::AskFlowSteps;
use crate::model::item::ItemId;
use crate::model::query::Query;
use crate::model::time::Time;

/// The events that a query counted, and why.
pub(super) struct Marks {
    /// Zero-based step by stored event id.
    pub(super) matched: BTreeMap<i64, usize>,
    /// Start and end of the window they lie in.
    pub(super) window: Option<(Time, Time)>,
    /// What the person did, in short.
    pub(super) headline: String,
    /// Why, as one sentence.
    pub(super) sentence: String,
}

/// What the query marks, once it is answered; none for queries that mark nothing.
pub(super) fn of(cx: &DocCx<'_>, person: i64, query: Option<ItemId>) -> Option<Marks> {
    let saved = cx.query(query?)?;
    let kind = saved.query.kind();
    let name = saved.name.as_deref().map_or_else(|| format!("this {kind}"), |name| cx.shown_query_name(name));
    match &saved.query {
        Query::Funnel(funnel) => {
            let answer = cx.ask("timeline why", AskExplain { funnel: funnel.clone(), person });
            let explained = answer.any()?;
            let reached = explained.matched.iter().map(|(step, _)| step + 1).max().unwrap_or(0);
            Some(Marks {
                matched: explained.matched.iter().map(|(step, row)| (*row, *step)).collect(),
                window: explained.window,
                headline: format!("Reached step {reached} in {name}."),
                sentence: explained.sentence.clone(),
            })
        }
        Query::Flow(flow) => {
            let answer = cx.ask("timeline flow", AskFlowSteps { flow: flow.clone(), person });
            let found = answer.any()?;
            Some(Marks {
                matched: found.steps.iter().map(|(depth, row)| (*row, *depth)).collect(),
                window: None,
                headline: format!("In {name}."),
                sentence: found.sentence.clone(),
            })
        }
        Query::Retention(_) | Query::Trend(_) => None,
    }
}
