//! The persons behind a number of a flow, and the steps of one of them.

use crate::base::{Progress, format};
use crate::engine::flow::{FlowMember, flow_members, flow_steps};
use crate::jobs::answers::{AnswerError, table_of};
use crate::jobs::question::{Question, Scope};
use crate::model::flow::{Direction, Flow, FlowSelection};
use crate::model::query::Query;

/// Asks for the persons, as many as the number says.
#[derive(Clone, Debug)]
pub struct AskFlowMembers {
    /// The flow.
    pub flow: Flow,
    /// The number.
    pub selection: FlowSelection,
}

impl Question for AskFlowMembers {
    type Answer = Vec<FlowMember>;

    fn key(&self) -> String {
        format!("{:?}{:?}", self.flow, self.selection)
    }

    fn label(&self) -> String {
        "Finding the persons".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let query = scope.aliases.expand(&Query::Flow(self.flow.clone()));
        let as_of = scope.as_of(query.as_of())?;
        let table = table_of(scope, &query, progress)?;
        let Query::Flow(flow) = query else { return Ok(Vec::new()) };
        Ok(flow_members(&table, &flow, as_of, &self.selection, progress)?)
    }
}

/// Asks for one person's ways through a flow.
#[derive(Clone, Debug)]
pub struct AskFlowSteps {
    /// The flow.
    pub flow: Flow,
    /// Stored person id.
    pub person: i64,
}

/// One person's ways, in stored ids.
#[derive(Clone, Debug)]
pub struct FlowSteps {
    /// How many ways there are, as one sentence.
    pub sentence: String,
    /// Zero-based depth and stored event id, session by session.
    pub steps: Vec<(usize, i64)>,
}

impl Question for AskFlowSteps {
    type Answer = FlowSteps;

    fn key(&self) -> String {
        format!("{:?}{}", self.flow, self.person)
    }

    fn label(&self) -> String {
        "Finding a person's steps".to_owned()
    }

    fn bytes(answer: &Self::Answer) -> usize {
        size_of_val(answer.steps.as_slice())
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Self::Answer, AnswerError> {
        let query = scope.aliases.expand(&Query::Flow(self.flow.clone()));
        let as_of = scope.as_of(query.as_of())?;
        let table = table_of(scope, &query, progress)?;
        let ways = match (query, table.person_index(self.person)) {
            (Query::Flow(flow), Some(person)) => flow_steps(&table, &flow, as_of, person, progress)?,
            (Query::Flow(_), None) | (Query::Funnel(_) | Query::Retention(_) | Query::Trend(_), _) => {
                Vec::new()
            }
        };
        let sessions = format::counted(ways.len() as u64, "session", "sessions");
        let sentence = match (ways.is_empty(), self.flow.direction) {
            (true, _) => "No session of this person has the anchor".to_owned(),
            (false, Direction::After) => format!("{sessions}: 1 is the anchor, higher numbers follow it"),
            (false, Direction::Before) => {
                format!("{sessions}: 1 is the anchor, higher numbers lie before it")
            }
        };
        let steps = ways.into_iter().flatten().map(|(depth, event)| (depth, table.row(event)));
        Ok(FlowSteps { sentence, steps: steps.collect() })
    }
}
