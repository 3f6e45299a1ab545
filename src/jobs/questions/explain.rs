//! Why one person stands where she stands in a funnel.

use crate::base::Progress;
use crate::engine::funnel::{Verdict, explain, sentence};
use crate::jobs::answers::AnswerError;
use crate::jobs::question::{Question, Scope};
use crate::model::funnel::Funnel;
use crate::model::query::Query;
use crate::model::time::Time;

/// Asks for one person's best attempt.
#[derive(Clone, Debug)]
pub struct AskExplain {
    /// The funnel.
    pub funnel: Funnel,
    /// Stored person id.
    pub person: i64,
}

/// One person's best attempt, in stored ids.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Why, as one sentence.
    pub sentence: String,
    /// Zero-based step and stored event id, in order of time.
    pub matched: Vec<(usize, i64)>,
    /// Start and end of the attempt's window.
    pub window: Option<(Time, Time)>,
    /// Where it ended.
    pub verdict: Verdict,
}

impl Question for AskExplain {
    type Answer = Explained;

    fn key(&self) -> String {
        format!("{:?}{}", self.funnel, self.person)
    }

    fn label(&self) -> String {
        "Explaining".to_owned()
    }

    fn answer(&self, scope: &Scope<'_>, progress: &Progress) -> Result<Explained, AnswerError> {
        let query = scope.aliases.expand(&Query::Funnel(self.funnel.clone()));
        let as_of = scope.as_of(query.as_of())?;
        let table = scope.tables().with(&query.properties(), progress)?;
        let person = table.person_index(self.person).and_then(|index| u32::try_from(index).ok());
        let (Query::Funnel(funnel), Some(person)) = (query, person) else {
            return Ok(Explained {
                sentence: "This person has no events in the document".to_owned(),
                matched: Vec::new(),
                window: None,
                verdict: Verdict::NeverStarted { failed: None },
            });
        };
        let found = explain(&table, &funnel, as_of, person);
        // Names are said as the person wrote them, not with every alias.
        let words = sentence(&found, &table, &self.funnel, scope.zone);
        Ok(Explained {
            sentence: words,
            matched: found.matched.iter().map(|(step, event)| (*step, table.row(*event))).collect(),
            window: found.attempt_start.zip(found.window_end),
            verdict: found.verdict,
        })
    }
}
