//! `stormline plan`: the tracking plan's rules, and the plan as text.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;

use serde_json::{Value as Json, json};

use super::arguments::{FailOn, Plan as Args, PlanCommand, PlanExport, PlanLint, PlanRules};
use super::output::Output;
use crate::base::{Diagnostic, Severity};
use crate::jobs;
use crate::jobs::answers::Tables;
use crate::jobs::clock;
use crate::model::lint::{self, Finding, Rule, Told};
use crate::model::operations;
use crate::model::plan::{Plan, plan_text};
use crate::model::privacy::masked_text;
use crate::model::workspace::Workspace;
use crate::store::document::Document;

pub(super) fn run(args: &Args, output: &Output) -> Result<ExitCode, Diagnostic> {
    match &args.command {
        PlanCommand::Lint(args) => lint(args, output),
        PlanCommand::Rules(args) => rules(args, output),
        PlanCommand::Export(args) => export(args, output),
    }
}

fn lint(args: &PlanLint, output: &Output) -> Result<ExitCode, Diagnostic> {
    let open = if args.fix { Document::open_for_writing } else { Document::open_read_only };
    let mut document = open(&args.document).map_err(|error| error.diagnostic())?;
    let (mut workspace, problems) = document.load_workspace().map_err(|error| error.diagnostic())?;
    problems.iter().for_each(|problem| output.remark(problem));
    let tables = Mutex::new(Tables::new(
        Document::open_read_only(&args.document).map_err(|error| error.diagnostic())?,
    ));
    let facts = output
        .with_progress("Reading the log", |progress| jobs::plan::facts(&tables, &workspace, progress))
        .map_err(super::query::problem)?;
    let mut told = lint::lint(&Plan::of(&workspace), &facts);
    let mut fixed = 0;
    if args.fix {
        let findings: Vec<&Finding> = told.findings.iter().filter(|finding| finding.fix.is_some()).collect();
        let (mut edit, problems) = operations::plan::fix(&workspace, &findings);
        problems.iter().for_each(|problem| output.remark(problem));
        fixed = findings.len() - problems.len();
        if !edit.changes.is_empty() {
            edit.at = clock::now();
            document.record(&edit).map_err(|error| error.diagnostic())?;
            workspace.apply(&edit)?;
        }
        told = lint::lint(&Plan::of(&workspace), &facts);
    }
    let plan = Plan::of(&workspace);
    output.result(&lint_json(&told, &plan, fixed), &lint_text(&told, &plan, fixed));
    let fails =
        args.fail_on.severity().is_some_and(|least| told.findings.iter().any(|it| it.severity >= least));
    Ok(if fails { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn lint_json(told: &Told, plan: &Plan<'_>, fixed: usize) -> Json {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.rule.code,
            "rule": finding.rule.name,
            "severity": finding.severity.word(),
            "message": finding.message,
            "hint": finding.rule.advice,
            "at": finding.place.label(plan),
            "fix": finding.fix.as_ref().map(lint::Fix::words),
        })
    };
    json!({
        "findings": told.findings.iter().map(finding).collect::<Vec<_>>(),
        "suppressed": told.suppressed.len(),
        "fixed": fixed,
        "events": plan.events().len(),
    })
}

fn lint_text(told: &Told, plan: &Plan<'_>, fixed: usize) -> String {
    let mut text = String::new();
    for finding in &told.findings {
        let place = masked_text(&finding.place.label(plan));
        let fix = finding.fix.as_ref().map(|fix| format!(" [{}]", fix.words())).unwrap_or_default();
        let (severity, code) = (finding.severity.word(), finding.rule.code);
        text.push_str(&format!("{severity:<7} {code} {place}: {}{fix}\n", masked_text(&finding.message)));
    }
    let count = |severity| told.findings.iter().filter(|finding| finding.severity == severity).count();
    let [errors, warnings, remarks] = [Severity::Error, Severity::Warning, Severity::Info].map(count);
    if fixed > 0 {
        text.push_str(&format!("{fixed} fixed; one undo takes it back\n"));
    }
    let events = plan.events().len();
    text.push_str(&format!("{events} events: {errors} errors, {warnings} warnings, {remarks} remarks"));
    if !told.suppressed.is_empty() {
        text.push_str(&format!(", {} suppressed", told.suppressed.len()));
    }
    text.push('\n');
    text
}

fn rules(args: &PlanRules, output: &Output) -> Result<ExitCode, Diagnostic> {
    let Some(code) = &args.code else {
        let list: Vec<Json> = lint::rules().map(rule_json).collect();
        let line = |rule: &Rule| format!("{} {:<7} {}\n", rule.code, rule.severity.word(), rule.what);
        output.result(&json!({ "rules": list }), &lint::rules().map(line).collect::<String>());
        return Ok(ExitCode::SUCCESS);
    };
    let found = lint::rules().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code);
    let rule = found.ok_or_else(|| {
        let problem = Diagnostic::error("no-rule", format!("There is no rule “{code}”"));
        problem.hint("`stormline plan rules` lists all of them")
    })?;
    output.result(&rule_json(rule), &rule_text(rule)?);
    Ok(ExitCode::SUCCESS)
}

fn rule_json(rule: &Rule) -> Json {
    json!({
        "code": rule.code,
        "rule": rule.name,
        "severity": rule.severity.word(),
        "what": rule.what,
        "why": rule.why,
        "advice": rule.advice,
    })
}

fn rule_text(rule: &Rule) -> Result<String, Diagnostic> {
    let examples = rule.examples()?;
    let mut text = format!(
        "{} {} ({})\n\n{}.\n{}.\n{}.\n",
        rule.code,
        rule.name,
        rule.severity.word(),
        rule.what,
        rule.why,
        rule.advice
    );
    for (title, examples) in [("Keeps it", &examples.valid), ("Breaks it", &examples.invalid)] {
        for example in examples {
            text.push_str(&format!("\n{title}:\n\n"));
            text.extend(example.plan.trim_end().lines().map(|line| format!("    {line}\n")));
            let at = example.at.join(", ");
            match (at.is_empty(), example.fix.is_empty()) {
                (true, _) => {}
                (false, true) => text.push_str(&format!("\n    at {at}\n")),
                (false, false) => text.push_str(&format!("\n    at {at}: {}\n", example.fix)),
            }
        }
    }
    Ok(text)
}

fn export(args: &PlanExport, output: &Output) -> Result<ExitCode, Diagnostic> {
    let document = Document::open_read_only(&args.document).map_err(|error| error.diagnostic())?;
    let (workspace, problems) = document.load_workspace().map_err(|error| error.diagnostic())?;
    problems.iter().for_each(|problem| output.remark(problem));
    let text = plan_text(&Plan::of(&workspace));
    let counts = counts(&workspace);
    let Some(out) = &args.out else {
        output.result(&json!({ "plan": text, "items": counts }), &text);
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::write(out, &text).map_err(|error| {
        Diagnostic::error("plan-unwritable", format!("The plan could not be written: {error}"))
            .at(out.display().to_string())
            .hint("Choose another place with --out")
    })?;
    let events = Plan::of(&workspace).events().len();
    output
        .result(&json!({ "out": out, "items": counts }), &format!("{events} events in {}\n", out.display()));
    Ok(ExitCode::SUCCESS)
}

/// How many items of each kind the plan has.
fn counts(workspace: &Workspace) -> BTreeMap<&'static str, usize> {
    let plan = Plan::of(workspace);
    BTreeMap::from([
        ("events", plan.events().len()),
        ("properties", plan.shared().len()),
        ("groups", plan.groups().len()),
        ("types", plan.types().len()),
        ("traits", plan.traits().len()),
    ])
}

impl FailOn {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        }
    }
}
