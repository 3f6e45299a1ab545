//! What can be typed after `stormline`. Not for what it does.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// From Event Storming to audience segment in one private, offline file.
#[derive(Debug, Parser)]
#[command(name = "stormline", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do; without it the window opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A document to open in the window, or a log to import into a new one.
    pub document: Option<PathBuf>,
    /// Open a fresh copy of the sample document.
    #[arg(long)]
    pub sample: bool,
}

/// A command without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a document.
    New(New),
    /// Make a synthetic log.
    Generate(Generate),
    /// Import logs into a document.
    Import(Import),
    /// Answer a query.
    Query(Query),
    /// Hold the log against the tracking plan.
    Check(Check),
    /// The tracking plan: its rules, and the plan as text.
    Plan(Plan),
    /// Draw a view as a picture; needs no display.
    Render(Render),
}

impl Command {
    /// True when exactly one JSON object is to be printed.
    pub fn json(&self) -> bool {
        match self {
            Command::New(args) => args.json,
            Command::Generate(args) => args.json,
            Command::Import(args) => args.json,
            Command::Query(args) => args.json,
            Command::Check(args) => args.json,
            Command::Plan(args) => args.json,
            Command::Render(args) => args.json,
        }
    }
}

/// `stormline new`
#[derive(Args, Debug)]
pub struct New {
    /// The document to make; an existing file is never overwritten.
    pub document: PathBuf,
    /// Fill it with the sample: a coffee-gear shop's plan, board, log and queries.
    #[arg(long)]
    pub sample: bool,
    /// Time zone for days and weeks, such as Europe/Berlin; the system's by default.
    #[arg(long, conflicts_with = "sample")]
    pub zone: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `stormline generate`
#[derive(Args, Debug)]
pub struct Generate {
    /// How many events.
    #[arg(long, default_value_t = 30_000)]
    pub events: u64,
    /// How many persons.
    #[arg(long, default_value_t = 2_500)]
    pub persons: u64,
    /// The same seed makes the same log.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many days the log covers.
    #[arg(long, default_value_t = 90)]
    pub days: u32,
    /// Leave the planted faults out.
    #[arg(long)]
    pub clean: bool,
    /// The file to write; `.gz` and `.zst` are compressed.
    #[arg(long)]
    pub out: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `stormline import`
#[derive(Args, Debug)]
pub struct Import {
    /// The document.
    pub document: PathBuf,
    /// The logs: files, ZIP archives or folders of Segment, RudderStack, Amplitude, Mixpanel, PostHog, Google Analytics
    /// 4, CloudEvents, mParticle, other JSON, CSV or TSV; plain, gzip, zstd or brotli.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The format, if it is not to be recognised.
    #[arg(long, default_value = "auto")]
    pub format: String,
    /// How columns become events: a TOML file.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// What the events' source is called; the file's name by default.
    #[arg(long)]
    pub source: Option<String>,
    /// Watch the folders named and import each new file as it lands, one batch each, until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `stormline query`
#[derive(Args, Debug)]
#[command(
    after_help = "Run `stormline query --help funnel`, `--help retention`, `--help flow` or `--help trend` for the complete text form of a kind."
)]
pub struct Query {
    /// The document.
    pub document: PathBuf,
    /// The query's text form: a TOML or JSON file, or - for standard input.
    pub file: Option<PathBuf>,
    /// A query saved in the document.
    #[arg(long, conflicts_with = "file")]
    pub name: Option<String>,
    /// Print the SQL instead of the answer.
    #[arg(long)]
    pub sql: bool,
    /// Print the answer as CSV, for spreadsheets; nothing in it is taken for a formula.
    #[arg(long, conflicts_with_all = ["sql", "json"])]
    pub csv: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `stormline check`
#[derive(Args, Debug)]
pub struct Check {
    /// The document.
    pub document: PathBuf,
    /// Exit with 1 when anything does not fit; `never` exits with 0.
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `stormline plan`
#[derive(Args, Debug)]
pub struct Plan {
    /// What to do with it.
    #[command(subcommand)]
    pub command: PlanCommand,
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with a plan.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Tell what breaks the plan's rules.
    Lint(PlanLint),
    /// List the rules, or explain one with examples.
    Rules(PlanRules),
    /// Write the plan as text: one TOML file.
    Export(PlanExport),
}

/// `stormline plan lint`
#[derive(Args, Debug)]
pub struct PlanLint {
    /// The document.
    pub document: PathBuf,
    /// Apply every fix that is offered, as one edit that can be undone.
    #[arg(long)]
    pub fix: bool,
    /// Exit with 1 when a finding is as bad as this, or worse.
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
}

/// The least severity of a finding that makes a command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

/// `stormline plan rules`
#[derive(Args, Debug)]
pub struct PlanRules {
    /// A rule's code or name, such as EV002.
    pub code: Option<String>,
}

/// `stormline plan export`
#[derive(Args, Debug)]
pub struct PlanExport {
    /// The document.
    pub document: PathBuf,
    /// The file to write; standard output by default.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// `stormline render`
#[derive(Args, Debug)]
pub struct Render {
    /// The document.
    pub document: PathBuf,
    /// The view; `all` draws every view into the folder --out.
    pub view: String,
    /// The picture to write, .png or .svg.
    #[arg(long)]
    pub out: PathBuf,
    /// Width and height in points.
    #[arg(long, default_value = "1280x800")]
    pub size: String,
    /// Light or dark.
    #[arg(long, value_enum, default_value_t = Look::Light)]
    pub theme: Look,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The theme of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Look {
    /// Dark text on light.
    Light,
    /// Light text on dark.
    Dark,
}
