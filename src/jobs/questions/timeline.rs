//! One person's events and identifiers.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Progress;
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::model::time::{SESSION_GAP_US, Time};
use crate::model::value::{Value, flatten};
use crate::store::persons::{Identifier, Link, PersonTraits};

/// Asks for one person's timeline.
#[derive(Clone, Copy, Debug)]
pub struct AskTimeline(pub i64);

/// One person's timeline.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What the person is called.
    pub label: String,
    /// The identifiers that are this person.
    pub identifiers: Vec<Identifier>,
    /// What joined them, with the event that did.
    pub links: Vec<Link>,
    /// What tables of persons say of the person, sorted by name; of a trait said more than once the last.
    pub traits: Vec<(String, String)>,
    /// Events in their total order.
    pub events: Vec<TimelineEvent>,
    /// Start and end of each session, as indices of `events`.
    pub sessions: Vec<std::ops::Range<usize>>,
}

/// One event of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineEvent {
    /// Stored event id.
    pub row: i64,
    /// When.
    pub time: Time,
    /// Event name.
    pub name: String,
}

impl Question for AskTimeline {
    type Answer = Timeline;

    fn key(&self) -> String {
        self.0.to_string()
    }

    fn label(&self) -> String {
        "Reading a person's events".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        let names: usize = answer.events.iter().map(|event| event.name.len()).sum();
        let traits: usize = answer.traits.iter().map(|(name, value)| name.len() + value.len()).sum();
        names + traits + size_of_val(answer.events.as_slice()) + size_of_val(answer.links.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Timeline, AnswerError> {
        let mut tables = scope.tables();
        let table = tables.with(&BTreeSet::new(), progress)?;
        let document = tables.document();
        let events: Vec<TimelineEvent> = match table.person_index(self.0) {
            None => Vec::new(),
            Some(person) => table
                .person_events(person)
                .map(|event| TimelineEvent {
                    row: table.row(event),
                    time: Time(table.times()[event]),
                    name: table.event_name(event).to_owned(),
                })
                .collect(),
        };
        Ok(Timeline {
            label: document.person_label(self.0)?,
            identifiers: document.person_identifiers(self.0)?,
            links: document.person_links(self.0)?,
            traits: traits(document.person_traits(self.0)?),
            sessions: sessions(&events),
            events,
        })
    }
}

fn traits(rows: Vec<PersonTraits>) -> Vec<(String, String)> {
    let mut latest = BTreeMap::new();
    for row in rows {
        if let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(&row.traits) {
            flatten("", &object, &mut |path: &str, value: Value| {
                latest.insert(path.to_owned(), value.to_string());
            });
        }
    }
    latest.into_iter().collect()
}

fn sessions(events: &[TimelineEvent]) -> Vec<std::ops::Range<usize>> {
    let mut sessions = Vec::new();
    let mut start = 0;
    for index in 1..=events.len() {
        let ends = index == events.len() || events[index].time.0 - events[index - 1].time.0 > SESSION_GAP_US;
        if ends {
            sessions.push(start..index);
            start = index;
        }
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_equal_to_the_limit_stays_inside_a_session() {
        let at = |us: i64| TimelineEvent { row: us, time: Time(us), name: String::new() };
        let events = [at(0), at(SESSION_GAP_US), at(2 * SESSION_GAP_US + 1), at(2 * SESSION_GAP_US + 2)];
        assert_eq!(sessions(&events), [0..2, 2..4]);
        assert!(sessions(&[]).is_empty());
    }
}
