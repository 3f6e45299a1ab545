//! Edits of saved queries and drafts.

use super::normalize::normalized;
use crate::base::Diagnostic;
use crate::model::edit::{Change, Edit};
use crate::model::item::{Item, ItemId, SavedQuery};
use crate::model::query::Query;
use crate::model::workspace::Workspace;

/// Adds a query at the end of the list; without a name it is a draft.
pub fn add(workspace: &Workspace, id: ItemId, name: Option<String>, query: Query) -> Edit {
    let position = workspace.queries().last().map_or(1.0, |(_, last)| last.position + 1.0);
    let label = match &name {
        Some(name) => format!("Add {} {name}", query.kind()),
        None => format!("Start a {}", query.kind()),
    };
    let after = Item::Query(SavedQuery { name, query, position });
    Edit::new(label, vec![Change { id, before: None, after: Some(after) }])
}

/// Changes the question, a funnel so that it stays valid; `what` says what changed: "Add step Order Completed".
///
/// # Errors
/// When there is no such query, or what [`Query::check`] finds wrong with the new one; a draft may lack its steps.
pub fn set_query(workspace: &Workspace, id: ItemId, query: Query, what: &str) -> Result<Edit, Diagnostic> {
    let query = match query {
        Query::Funnel(funnel) => Query::Funnel(normalized(funnel)),
        Query::Retention(retention) => Query::Retention(retention),
        Query::Flow(flow) => Query::Flow(flow),
        Query::Trend(trend) => Query::Trend(trend),
    };
    // A draft may lack its steps; what is there must make sense.
    let incomplete = |problem: &Diagnostic| matches!(problem.code, "no-steps" | "no-events");
    if let Some(problem) =
        query.check().into_iter().find(|problem| problem.is_error() && !incomplete(problem))
    {
        return Err(problem);
    }
    change(workspace, id, what.to_owned(), |saved| saved.query = query)
}

/// Gives a query its name; a draft is then saved.
///
/// # Errors
/// When there is no such query, the name is empty, or another query has it.
pub fn rename(workspace: &Workspace, id: ItemId, name: &str) -> Result<Edit, Diagnostic> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Diagnostic::error("no-name", "The name is empty").hint("Type a name"));
    }
    if workspace.queries().iter().any(|(other, saved)| *other != id && saved.name.as_deref() == Some(name)) {
        return Err(Diagnostic::error("name-taken", format!("There is already a query named “{name}”"))
            .hint("Choose another name"));
    }
    change(workspace, id, format!("Name it {name}"), |saved| saved.name = Some(name.to_owned()))
}

/// Puts a copy after the original.
///
/// # Errors
/// When there is no such query.
pub fn duplicate(workspace: &Workspace, id: ItemId, copy: ItemId) -> Result<Edit, Diagnostic> {
    let original = find(workspace, id)?;
    let queries = workspace.queries();
    let next = queries.iter().map(|(_, q)| q.position).find(|position| *position > original.position);
    let position = next.map_or(original.position + 1.0, |next| f64::midpoint(original.position, next));
    let name = original.name.as_ref().map(|name| free_name(workspace, name));
    let label = format!("Duplicate {}", original.name.as_deref().unwrap_or("draft"));
    let after = Item::Query(SavedQuery { name, query: original.query.clone(), position });
    Ok(Edit::new(label, vec![Change { id: copy, before: None, after: Some(after) }]))
}

/// Takes a query out.
///
/// # Errors
/// When there is no such query.
pub fn delete(workspace: &Workspace, id: ItemId) -> Result<Edit, Diagnostic> {
    let saved = find(workspace, id)?;
    let label = format!("Delete {}", saved.name.as_deref().unwrap_or("draft"));
    Ok(Edit::new(label, vec![Change { id, before: Some(Item::Query(saved.clone())), after: None }]))
}

fn free_name(workspace: &Workspace, name: &str) -> String {
    let taken =
        |candidate: &str| workspace.queries().iter().any(|(_, q)| q.name.as_deref() == Some(candidate));
    let first = format!("{name} copy");
    if !taken(&first) {
        return first;
    }
    (2..).map(|n| format!("{name} copy {n}")).find(|candidate| !taken(candidate)).unwrap_or(first)
}

fn find(workspace: &Workspace, id: ItemId) -> Result<&SavedQuery, Diagnostic> {
    match workspace.get(id) {
        Some(Item::Query(saved)) => Ok(saved),
        _ => Err(Diagnostic::error("no-query", "The query is not there any more")
            .hint("Undo its deletion, or choose another")),
    }
}

fn change(
    workspace: &Workspace,
    id: ItemId,
    label: String,
    alter: impl FnOnce(&mut SavedQuery),
) -> Result<Edit, Diagnostic> {
    let before = find(workspace, id)?.clone();
    let mut after = before.clone();
    alter(&mut after);
    Ok(Edit::new(
        label,
        vec![Change { id, before: Some(Item::Query(before)), after: Some(Item::Query(after)) }],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::parse_query;

    fn workspace() -> Workspace {
        let mut workspace = Workspace::default();
        let query = parse_query("kind='funnel'\nsteps=[{event='A'},{event='B'}]").unwrap();
        workspace.apply(&add(&workspace, ItemId(10), Some("One".into()), query.clone())).unwrap();
        workspace.apply(&add(&workspace, ItemId(11), None, query)).unwrap();
        workspace
    }

    #[test]
    fn every_operation_is_undone_by_its_inverse() {
        let workspace = workspace();
        let trend = parse_query("kind='trend'\nevents=[{event='A'}]").unwrap();
        let edits = [
            add(&workspace, ItemId(12), None, trend.clone()),
            set_query(&workspace, ItemId(10), trend, "Change").unwrap(),
            rename(&workspace, ItemId(11), "Two").unwrap(),
            duplicate(&workspace, ItemId(10), ItemId(13)).unwrap(),
            delete(&workspace, ItemId(10)).unwrap(),
            super::super::settings::set_zone(&workspace, "Europe/Berlin").unwrap(),
            super::super::settings::set_title(&workspace, "Shop"),
        ];
        for edit in edits {
            let mut changed = workspace.clone();
            changed.apply(&edit).unwrap();
            assert_ne!(changed, workspace, "{}", edit.label);
            changed.apply(&edit.inverted()).unwrap();
            assert_eq!(changed, workspace, "{}", edit.label);
        }
    }

    #[test]
    fn a_changed_funnel_is_kept_valid() {
        let workspace = workspace();
        let Query::Funnel(mut funnel) = find(&workspace, ItemId(10)).unwrap().query.clone() else {
            panic!("a funnel")
        };
        funnel.steps[0].optional = true;
        assert!(!Query::Funnel(funnel.clone()).check().is_empty());
        let edit = set_query(&workspace, ItemId(10), Query::Funnel(funnel), "Change").unwrap();
        let Some(Item::Query(saved)) = &edit.changes[0].after else { panic!("a query") };
        assert!(saved.query.check().is_empty(), "{:?}", saved.query.check());
    }

    #[test]
    fn a_question_that_makes_no_sense_is_refused() {
        let far = Query::Trend(crate::model::trend::Trend {
            steps: vec![crate::model::funnel::Step::named("A")],
            interval: crate::model::time::Interval::Day,
            measure: crate::model::trend::Measure::Events,
            breakdown: None,
            filters: Vec::new(),
            between: Some((crate::model::time::Time(0), crate::model::time::Time::LATEST)),
            as_of: None,
        });
        let refused = set_query(&workspace(), ItemId(10), far, "Change").unwrap_err();
        assert_eq!(refused.code, "too-many-intervals");
    }

    #[test]
    fn names_are_unique_and_copies_stand_after_their_original() {
        let mut workspace = workspace();
        assert!(rename(&workspace, ItemId(11), "One").is_err());
        assert!(rename(&workspace, ItemId(11), "  ").is_err());
        workspace.apply(&duplicate(&workspace, ItemId(10), ItemId(13)).unwrap()).unwrap();
        let ids: Vec<_> = workspace.queries().into_iter().map(|(id, q)| (id.0, q.name.clone())).collect();
        assert_eq!(ids, [(10, Some("One".into())), (13, Some("One copy".into())), (11, None)]);
    }

    #[test]
    fn an_edit_of_a_changed_item_is_refused_whole() {
        let mut workspace = workspace();
        let stale = delete(&workspace, ItemId(10)).unwrap();
        workspace.apply(&rename(&workspace, ItemId(10), "Other").unwrap()).unwrap();
        let before = workspace.clone();
        assert!(workspace.apply(&stale).is_err());
        assert_eq!(workspace, before);
    }
}
