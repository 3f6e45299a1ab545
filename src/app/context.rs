//! What a view may read, and how it sends its wishes. Not for changing anything.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Deref;
use std::path::PathBuf;

use super::action::{Action, Needs};
use super::answers::{Answers, Loadable};
use super::command::Command;
use super::route::Route;
use super::settings::UserSettings;
use super::widgets::toast::Toast;
use crate::base::{Diagnostic, Progress, format};
use crate::jobs::lane::{Job, JobId};
use crate::jobs::question::Question;
use crate::model::funnel::Step;
use crate::model::item::{Item, ItemId, SavedQuery};
use crate::model::predicate::Filter;
use crate::model::privacy;
use crate::model::time::{Time, Zone};
use crate::model::trend::Series;
use crate::model::workspace::Workspace;
use crate::store::batches::Batch;

/// What every view gets, with or without a document.
pub struct Cx<'a> {
    /// What is remembered of the person.
    pub settings: &'a UserSettings,
    /// Where she is.
    pub route: &'a Route,
    /// Seconds since the window opened.
    pub now: f64,
    /// Transfers that run or wait.
    pub transfers: &'a [TransferFacts],
    /// What can be triggered now.
    pub abilities: Abilities,
    pub(super) commands: &'a RefCell<Vec<Command>>,
}

/// A transfer as the status line and pages show it.
#[derive(Clone, Debug)]
pub struct TransferFacts {
    /// For [`Command::CancelJob`].
    pub id: JobId,
    /// What it does.
    pub label: String,
    /// How far it is.
    pub progress: Progress,
    /// Seconds it has run; none while it waits.
    pub running_secs: Option<f64>,
}

/// What can be triggered now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    /// A document is open.
    pub document: bool,
    /// It can be written.
    pub writable: bool,
    /// A query is shown.
    pub query: bool,
    /// There is an edit to take back.
    pub undo: bool,
    /// There is an edit to make again.
    pub redo: bool,
}

impl Abilities {
    /// True when the action can be triggered.
    pub fn allow(&self, action: Action) -> bool {
        let needs = match action.entry().needs {
            Needs::Nothing => true,
            Needs::Document => self.document,
            Needs::Writable => self.writable,
            Needs::Query => self.query,
            Needs::EditableQuery => self.query && self.writable,
        };
        match action {
            Action::Undo => needs && self.undo,
            Action::Redo => needs && self.redo,
            _ => needs,
        }
    }
}

impl TransferFacts {
    /// How far it is, from 0 to 1; 0 while that is not known.
    pub fn share(&self) -> f32 {
        let (done, total) = self.progress.reached();
        if total == 0 { 0.0 } else { done as f32 / total as f32 }
    }

    /// What it does, how far it is, how long still: "Importing shop.csv, 45 %, 3 s left".
    pub fn words(&self) -> String {
        let mut words = self.label.clone();
        if self.progress.reached().1 > 0 {
            words.push_str(&format!(", {}", format::percent(f64::from(self.share()))));
        }
        if let Some(left) = self.time_left() {
            words.push_str(&format!(", {left} left"));
        }
        words
    }

    fn time_left(&self) -> Option<String> {
        let (done, total) = self.progress.reached();
        let secs = self.running_secs.filter(|secs| *secs > 1.0)?;
        (done > 0 && total > done).then(|| format::duration_secs(secs * (total - done) as f64 / done as f64))
    }

    /// Of a job of a lane.
    pub(super) fn of(job: &Job) -> TransferFacts {
        TransferFacts {
            id: job.id,
            label: job.label.clone(),
            progress: job.progress.clone(),
            running_secs: job.started.map(|at| at.elapsed().as_secs_f64()),
        }
    }
}

impl Cx<'_> {
    /// Sends a wish; it is granted after this frame.
    pub fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }

    /// Triggers an action.
    pub fn act(&self, action: Action) {
        self.send(Command::Act(action));
    }

    /// Shows a problem as a note.
    pub fn tell(&self, problem: &Diagnostic) {
        let tone = if problem.is_error() { super::theme::Tone::Danger } else { super::theme::Tone::Warning };
        self.send(Command::Toast(Toast::new(tone, problem.to_string())));
    }

    /// Sends an edit, or tells why it cannot be made.
    pub fn edit(&self, edit: Result<crate::model::edit::Edit, Diagnostic>) {
        match edit {
            Ok(edit) => self.send(Command::Edit(edit)),
            Err(problem) => self.tell(&problem),
        }
    }
}

/// What the open document is, as far as the frame shows it.
#[derive(Clone, Debug, Default)]
pub struct DocumentFacts {
    /// Its file.
    pub path: PathBuf,
    /// Its title.
    pub title: String,
    /// Why it cannot be written, if so.
    pub read_only: Option<String>,
    /// Events in it.
    pub events: u64,
    /// Persons in it.
    pub persons: u64,
    /// Its imports, oldest first.
    pub batches: Vec<Batch>,
    /// The instant of answers that ask for none; none without events.
    pub as_of: Option<Time>,
    /// Rises when the rows change.
    pub revision: u64,
    /// Edits that wait to be written.
    pub unsaved: usize,
    /// What opening it had to say.
    pub remarks: Vec<Diagnostic>,
    /// The folders it watches.
    pub watched: Vec<WatchFacts>,
}

/// A watched folder as pages show it.
#[derive(Clone, Debug, Default)]
pub struct WatchFacts {
    /// Its path.
    pub folder: PathBuf,
    /// A person lets it rest.
    pub is_paused: bool,
    /// Nobody has said on this computer that it is to be watched.
    pub is_foreign: bool,
    /// This window watches it.
    pub is_watched: bool,
    /// Its files that wait for their import, or are being imported.
    pub waiting: usize,
    /// Its files that lack their end and wait for it.
    pub held: Vec<PathBuf>,
    /// What landed last.
    pub last: Option<LandedFacts>,
    /// The file whose import a person stopped, which made it rest.
    pub stopped: Option<String>,
    /// Why it cannot be watched, if so.
    pub trouble: Option<Diagnostic>,
    /// The latest file that could not be imported, and why.
    pub problem: Option<(String, Diagnostic)>,
    /// How many files could not be imported since the document was opened.
    pub problems: u64,
}

/// A file that landed in a watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandedFacts {
    /// Its name.
    pub file: String,
    /// When it was imported.
    pub at: Time,
    /// The events it brought.
    pub events: u64,
}

/// What a view of a document gets.
pub struct DocCx<'a> {
    pub(super) base: &'a Cx<'a>,
    /// The items.
    pub workspace: &'a Workspace,
    /// The document.
    pub facts: &'a DocumentFacts,
    /// Its zone.
    pub zone: Zone,
    /// The width of the whole window: panels give way below some widths.
    pub window_width: f32,
    pub(super) answers: &'a RefCell<Answers>,
    pub(super) revealed: &'a HashSet<String>,
    pub(super) numbers: &'a RefCell<privacy::Numbers>,
    pub(super) last_answers: &'a RefCell<super::session::LastAnswers>,
}

impl<'a> Deref for DocCx<'a> {
    type Target = Cx<'a>;

    fn deref(&self) -> &Cx<'a> {
        self.base
    }
}

impl DocCx<'_> {
    /// The answer to a question, as far as there is one; `slot` names the place that shows it.
    pub fn ask<Q: Question>(&self, slot: &str, question: Q) -> Loadable<Q::Answer> {
        self.answers.borrow_mut().ask(slot, question)
    }

    /// What is being computed, while an answer takes its time, and how far it is.
    pub fn slow_answer(&self) -> Option<(String, Progress)> {
        self.answers.borrow().slow_jobs().into_iter().next()
    }

    /// A saved query or a draft.
    pub fn query(&self, id: ItemId) -> Option<&SavedQuery> {
        match self.workspace.get(id) {
            Some(Item::Query(saved)) => Some(saved),
            _ => None,
        }
    }

    /// True when the document can be changed.
    pub fn is_writable(&self) -> bool {
        self.facts.read_only.is_none()
    }

    /// A value as it may be shown: masked when it is suspected to be personal and was not revealed, with a number when
    /// another one that looks alike was shown before.
    pub fn shown(&self, property: &str, text: &str) -> String {
        let masked = privacy::masked(property, text);
        if *masked == *text || self.revealed.contains(&reveal_key(property, text)) {
            return text.to_owned();
        }
        self.numbers.borrow_mut().tell_apart(property, text, &masked)
    }

    /// A name (of an event, a property, a file, a person) as it may be shown: masked by its form.
    pub fn shown_name(&self, name: &str) -> String {
        self.shown("", name)
    }

    /// What a saved query is called, as it may be shown.
    pub fn shown_query_name(&self, name: &str) -> String {
        let masked = privacy::masked_label(name);
        self.numbers.borrow_mut().tell_apart("", name, &masked)
    }

    /// Event names in one phrase as they may be shown; "Any event" for none.
    pub fn shown_names(&self, names: &[String]) -> String {
        let shown: Vec<String> = names.iter().map(|name| self.shown_name(name)).collect();
        Step { events: shown, ..Step::named("") }.label()
    }

    /// A filter as a sentence, its values masked as they are shown elsewhere.
    pub fn filter_sentence(&self, filter: &Filter) -> String {
        let (property, verb, operand) = filter.words();
        let operand = self.shown(&property, &operand);
        format!("{} {verb} {operand}", self.shown_name(&property)).trim_end().to_owned()
    }

    /// A breakdown value as it may be shown, by the breakdown's property; `(none)` and `(other)` stay.
    pub fn shown_breakdown(&self, property: &str, value: &str) -> String {
        let masked = privacy::masked_breakdown(property, value);
        if *masked == *value { masked.into_owned() } else { self.shown(property, value) }
    }

    /// The name of a trend's line as it may be shown: its event and, masked by `breakdown`, its value.
    pub fn shown_series(&self, breakdown: Option<&str>, series: &Series) -> String {
        let value = |value: &str| self.shown_breakdown(breakdown.unwrap_or_default(), value);
        series.label_with(|event| self.shown_name(event), value)
    }

    /// True when the value is shown masked.
    pub fn is_masked(&self, property: &str, text: &str) -> bool {
        self.shown(property, text) != text
    }

    /// Shows a masked value until the program ends.
    pub fn reveal(&self, property: &str, text: &str) {
        self.send(Command::Reveal(reveal_key(property, text)));
    }

    /// The headline numbers that a saved query had when its answer last changed, before this session.
    pub fn previous_answer(&self, id: ItemId) -> Option<String> {
        self.last_answers.borrow().before(id)
    }

    /// Remembers a query's headline numbers.
    pub fn remember_answer(&self, id: ItemId, headline: String) {
        self.last_answers.borrow_mut().note(id, headline);
    }
}

fn reveal_key(property: &str, text: &str) -> String {
    format!("{property}\u{0}{text}")
}
