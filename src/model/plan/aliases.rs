//! Old names of the plan's events, which still match history. Not for old names of properties: see `Plan`.

use std::collections::BTreeMap;

use crate::model::item::Item;
use crate::model::query::Query;
use crate::model::workspace::Workspace;

/// Event names that stand for the same event of the plan: its name and its aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    groups: BTreeMap<String, Vec<String>>,
}

impl Aliases {
    /// The plan's aliases; names without any are left out.
    pub fn of(workspace: &Workspace) -> Aliases {
        let mut groups = BTreeMap::new();
        for (_, item) in workspace.items() {
            let Item::Event(spec) = item else { continue };
            if spec.aliases.is_empty() {
                continue;
            }
            let mut names = vec![spec.name.clone()];
            names.extend(spec.aliases.iter().cloned());
            for name in &names {
                groups.insert(name.clone(), names.clone());
            }
        }
        Aliases { groups }
    }

    /// All names of the events that these names stand for, each once.
    pub fn all_names(&self, events: &[String]) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for name in events {
            let names = self.groups.get(name).cloned().unwrap_or_else(|| vec![name.clone()]);
            all.extend(names.into_iter().filter(|n| !events.contains(n) || n == name));
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|name| seen.insert(name.clone()));
        all
    }

    /// Every old name with the plan's name for it.
    fn old_names(&self) -> Vec<(String, String)> {
        let is_old = |(name, names): &(&String, &Vec<String>)| *name != &names[0];
        let groups = self.groups.iter().filter(is_old);
        groups.map(|(name, names)| (name.clone(), names[0].clone())).collect()
    }

    /// The query with every event name replaced by all names of its event, so that old names match too.
    pub fn expand(&self, query: &Query) -> Query {
        let mut query = query.clone();
        let expand = |events: &mut Vec<String>| *events = self.all_names(events);
        match &mut query {
            Query::Funnel(funnel) => {
                funnel.steps.iter_mut().for_each(|step| expand(&mut step.events));
                funnel.exclude.iter_mut().for_each(|exclusion| expand(&mut exclusion.events));
            }
            Query::Retention(retention) => {
                retention.steps.iter_mut().for_each(|step| expand(&mut step.events));
            }
            Query::Flow(flow) => {
                [&mut flow.anchor.events, &mut flow.events, &mut flow.exclude].into_iter().for_each(expand);
                flow.old_names = self.old_names();
            }
            Query::Trend(trend) => trend.steps.iter_mut().for_each(|step| expand(&mut step.events)),
        }
        query
    }
}
