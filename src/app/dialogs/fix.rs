//! Mending quarantined records by rules and reading them again: the rules, what they would do, and the first rows as
//! they would become. Not for applying them: see `jobs::replay`.

mod times;

use egui::{ScrollArea, Ui};

use super::import::rows;
use crate::app::answers::Loadable;
use crate::app::command::Command;
use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::{self, Tone};
use crate::app::widgets::dialog::{Dialog, DialogAnswer};
use crate::app::widgets::{
    Banner, Button, Field, Part, Picked, SearchSelect, SelectItem, Tag, segmented, sentence, skeleton, text,
};
use crate::base::format;
use crate::formats::log::Reason;
use crate::formats::log::fix::{Change, Fix};
use crate::formats::log::time::TimeFormat;
use crate::formats::log::time_readings::Readings;
use crate::jobs::questions::quarantine::AskTrial;
use crate::jobs::replay::{PassedOver, Replay, Trial};
use crate::model::privacy::{masked, masked_text};
use crate::model::time::Zone;

/// Rules that a person has begun.
#[derive(Debug)]
pub struct FixDialog {
    batches: Vec<i64>,
    reason: Option<Reason>,
    rules: Vec<Rule>,
    problem: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Time,
    Default,
    From,
}

/// One rule as far as it was entered.
#[derive(Clone, Debug)]
struct Rule {
    field: Option<String>,
    deed: Deed,
    format: TimeFormat,
    text: String,
    other: Option<String>,
}

impl Rule {
    fn for_reason(reason: Option<Reason>) -> Rule {
        let deed = match reason {
            Some(Reason::BadTime | Reason::TimeOutOfRange) => Deed::Time,
            Some(Reason::NoIdentifier | Reason::BlockedIdentifier | Reason::NoTime) => Deed::From,
            Some(_) | None => Deed::Default,
        };
        Rule { field: None, deed, format: TimeFormat::Auto, text: String::new(), other: None }
    }

    /// The rule, once it is whole.
    fn fix(&self, zone: Zone) -> Option<Fix> {
        let change = match self.deed {
            Deed::Time => Change::Time { format: self.format.clone(), zone },
            Deed::Default => {
                Change::Default(Some(self.text.trim()).filter(|text| !text.is_empty())?.to_owned())
            }
            Deed::From => Change::From(self.other.clone()?),
        };
        Some(Fix { field: self.field.clone()?, change })
    }
}

impl FixDialog {
    /// Of the records of imports that are in quarantine for a reason's code.
    pub(super) fn new(batches: Vec<i64>, reason: Option<&str>) -> FixDialog {
        let reason = reason.and_then(Reason::from_code);
        FixDialog { batches, reason, rules: vec![Rule::for_reason(reason)], problem: None }
    }

    fn replay(&self, zone: Zone) -> Replay {
        Replay {
            batches: self.batches.clone(),
            reason: self.reason.map(|reason| reason.code().to_owned()),
            fixes: self.rules.iter().filter_map(|rule| rule.fix(zone)).collect(),
        }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, cx: &DocCx<'_>) -> bool {
        let find = |id: &i64| cx.facts.batches.iter().find(|batch| batch.id == *id);
        let Some(batches) = self.batches.iter().map(find).collect::<Option<Vec<_>>>() else { return false };
        let title = match &batches[..] {
            [batch] => format!("Fix records of {}", masked("", &batch.file)),
            many => format!("Fix records of {}", format::counted(many.len() as u64, "import", "imports")),
        };
        let answer = cx.ask("trial of rules", AskTrial(self.replay(cx.zone)));
        let trial = answer.any().cloned();
        let ready = matches!(&answer, Loadable::Ready(trial) if trial.events > 0);
        let most = (ctx.content_rect().height() - CHROME).max(theme::SIDE_LIST);
        let answer_given = Dialog::new(&title, "Read again").wide().ready(ready).show(ctx, |ui| {
            if let Some(reason) = self.reason {
                text::secondary(
                    ui,
                    format!("{}. Everything else of a record stays as it is.", reason.sentence()),
                );
            }
            if let Loadable::Failed(problem) = &answer {
                Banner::new(Tone::Danger, &problem.message)
                    .detail(problem.hint.as_deref().unwrap_or(""))
                    .show(ui);
                return;
            }
            ScrollArea::vertical()
                .id_salt("fix")
                .max_height(most)
                .min_scrolled_height(most)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::SPACE_2;
                    let Some(trial) = &trial else {
                        skeleton::lines(ui, 6);
                        return;
                    };
                    self.guess(trial);
                    self.rules_ui(ui, trial, cx.zone);
                    summary(ui, trial);
                    passed_over(ui, &trial.passed_over);
                    rows::table(ui, &trial.rows, trial.header.as_ref(), &[], cx.zone);
                });
        });
        if answer_given == Some(DialogAnswer::Confirm) {
            cx.send(Command::Replay(self.replay(cx.zone)));
        }
        answer_given.is_none()
    }

    /// The field that the reason is about, until one was chosen.
    fn guess(&mut self, trial: &Trial) {
        let [rule] = &mut self.rules[..] else { return };
        if rule.field.is_some() {
            return;
        }
        let roles = &trial.mapping;
        rule.field = match self.reason {
            Some(Reason::BadTime | Reason::TimeOutOfRange | Reason::NoTime) => roles.time.clone(),
            Some(Reason::NoEventName) => roles.event.clone(),
            Some(Reason::NoIdentifier | Reason::BlockedIdentifier) => {
                roles.user_id.clone().or_else(|| roles.anonymous_id.clone())
            }
            Some(_) | None => None,
        };
    }

    fn rules_ui(&mut self, ui: &mut Ui, trial: &Trial, zone: Zone) {
        let several = self.rules.len() > 1;
        let mut removed = None;
        for (place, rule) in self.rules.iter_mut().enumerate() {
            ui.push_id(("rule", place), |ui| {
                let found = rule.field.as_ref().and_then(|field| readings_of(trial, field));
                // Long names of fields take a second line, and push nothing out of sight.
                ui.horizontal_wrapped(|ui| {
                    rule_ui(ui, rule, trial, found, &mut self.problem);
                    if several && Button::icon_only(Icon::TRASH, "Remove this rule").show(ui).clicked() {
                        removed = Some(place);
                    }
                });
                let field = rule.field.as_deref().filter(|_| rule.deed == Deed::Time);
                if let Some(format) = field.and_then(|field| times::offers(ui, field, found, zone)) {
                    rule.format = format;
                    self.problem = None;
                }
            });
        }
        if let Some(place) = removed {
            self.rules.remove(place);
        }
        let problem = self.problem.as_deref().unwrap_or("");
        ui.horizontal(|ui| {
            if Button::quiet("Add a rule").icon(Icon::PLUS).show(ui).clicked() {
                self.rules.push(Rule::for_reason(None));
            }
            if !problem.is_empty() {
                text::toned(ui, Tone::Danger, Icon::WARNING_CIRCLE, problem);
            }
        });
    }
}

/// Height of everything around the rules and rows: title, buttons, margins.
const CHROME: f32 = 190.0;
/// Width of a choice of a field.
const FIELD: f32 = 200.0;

fn readings_of<'t>(trial: &'t Trial, field: &str) -> Option<&'t Readings> {
    trial.times.iter().find(|(known, _)| known == field).map(|(_, found)| found)
}

fn rule_ui(
    ui: &mut Ui,
    rule: &mut Rule,
    trial: &Trial,
    found: Option<&Readings>,
    problem: &mut Option<String>,
) {
    text::body(ui, "Field");
    if let Some(field) =
        field_select(ui, "field", "Field to mend", &trial.fields, rule.field.as_deref(), true)
    {
        rule.field = Some(field);
    }
    let deeds =
        [(Deed::Time, "is a time"), (Deed::Default, "if missing, is"), (Deed::From, "if missing, is field")];
    segmented(ui, "What the rule does", &mut rule.deed, &deeds);
    match rule.deed {
        Deed::Time => {
            text::body(ui, "written as");
            if let Some(format) = times::select(ui, &rule.format, found, problem) {
                rule.format = format;
                *problem = None;
            }
        }
        Deed::Default => {
            Field::new("Text", &mut rule.text).name_hidden().hint("Text").width(FIELD).show(ui);
        }
        Deed::From => {
            let other = rule.other.as_deref();
            if let Some(other) =
                field_select(ui, "other", "Field to take it from", &trial.fields, other, false)
            {
                rule.other = Some(other);
            }
        }
    }
}

fn field_select(
    ui: &mut Ui,
    id: &str,
    name: &str,
    fields: &[String],
    selected: Option<&str>,
    create: bool,
) -> Option<String> {
    let items: Vec<SelectItem<'_>> = fields.iter().map(|field| SelectItem::new(masked_text(field))).collect();
    let shown = selected.map(masked_text);
    let select = SearchSelect::new(id, name)
        .items(&items)
        .selected(shown.as_deref())
        .placeholder("Choose")
        .max_width(FIELD)
        .allow_create(create);
    match select.show(ui)? {
        Picked::Item(index) => fields.get(index).cloned(),
        Picked::Create(name) => Some(name),
    }
}

/// How many records would become events, and why the others would not.
fn summary(ui: &mut Ui, trial: &Trial) {
    let read = format::counted(trial.read, "record", "records");
    let read = if trial.whole { read } else { format!("the first {read}") };
    let events = format::count(trial.events);
    sentence(
        ui,
        &[
            Part::Strong(&events),
            Part::Secondary(" of "),
            Part::Secondary(&read),
            Part::Secondary(" would become events"),
        ],
    );
    if trial.still.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = theme::TAG;
        ui.spacing_mut().item_spacing.y = theme::SPACE_1;
        text::secondary(ui, "Would stay:");
        for (reason, count) in trial.still.iter().take(MOST_REASONS) {
            let words = format!("{} · {}", reason.sentence(), format::count(*count));
            Tag::new(&words).tone(Tone::Warning).icon(Icon::WARNING).show(ui);
        }
        let more = trial.still.len().saturating_sub(MOST_REASONS);
        if more > 0 {
            text::hint(ui, format!("and {more} more"));
        }
    });
}

/// Imports that the rules say nothing to, with why.
fn passed_over(ui: &mut Ui, imports: &[PassedOver]) {
    for one in imports.iter().take(MOST_PASSED_OVER) {
        let words = format!("Left as it is: {}. {}", masked("", &one.file), one.why);
        text::toned(ui, Tone::Warning, Icon::WARNING, &words);
    }
    let more = imports.len().saturating_sub(MOST_PASSED_OVER);
    if more > 0 {
        let more = format::counted(more as u64, "more import", "more imports");
        text::secondary(ui, format!("and {more} left as they are"));
    }
}

/// How many imports are told one by one.
const MOST_PASSED_OVER: usize = 3;

/// How many reasons are told; a person who mends one reason sees few.
const MOST_REASONS: usize = 6;
