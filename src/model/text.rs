//! The text form of queries: TOML, or JSON with the same keys. Not for reports: see `cli`.
//!
//! ```toml
//! kind = "funnel"
//! steps = [ { event = "Product Viewed" },
//!           { any = ["Order Completed", "order_completed"], optional = false,
//!             where = [{ property = "value", op = ">=", value = 50 }] } ]
//! window = "7d"                     # s m h d w; default 14d
//! order = "ordered"                 # ordered | strict | any
//! breakdown = { property = "country", attribution = "first" }   # first | last | all | step 1 …
//! exclude = [ { event = "Order Cancelled", after_step = 1, before_step = 2 } ]
//! where = [ { property = "context.device.type", op = "one of", value = ["phone", "tablet"] } ]
//! between = { from = "2026-01-01", to = "2026-04-01" }           # half-open, step 1
//! as_of = "2026-03-31T23:59:59Z"
//! ```
//! ```toml
//! kind = "retention"
//! start = { event = "Account Created" }         # default any event
//! return = { event = "Order Completed" }        # default any event
//! cohorts = "first"                 # first | recurring
//! interval = "week"                 # day | week | month
//! periods = 12                      # after period 0
//! unbounded = false                 # true: on or after the period
//! breakdown = "country"
//! ```
//! ```toml
//! kind = "flow"
//! anchor = { event = "Product Viewed" }
//! direction = "after"               # after | before
//! depth = 5
//! exclude = ["Banner Seen"]
//! ```
//! ```toml
//! kind = "trend"
//! events = [ { event = "Order Completed" } ]
//! interval = "day"                  # day | week | month
//! measure = "events"                # events | persons
//! breakdown = "country"
//! ```
//! Operators: `= != < <= > >= contains starts ends`, `one of`, `is set`, `is not set`. A time operand is a TOML
//! date-time, or `{ time = "2026-01-01T00:00:00Z" }`. `event = "*"` is any event.

mod retention;

mod flow;

use serde::{Deserialize, Serialize};

use self::flow::NameOr;
use super::flow::Flow;
use super::funnel::{Attribution, Breakdown, Exclusion, Funnel, Order, Step};
use super::predicate::{Comparison, Filter, Operand, Test};
use super::query::Query;
use super::time::{DAY_US, Interval, Time, parse_span_us, span_text};
use super::trend::{Measure, Trend};
use super::value::Value;
use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;

/// The window of a funnel whose text names none: 14 days.
pub const DEFAULT_WINDOW_US: i64 = 14 * DAY_US;

/// Reads a query's text form, TOML or JSON, and checks it.
///
/// # Errors
/// The first thing that is wrong, with its place; for an unknown key the nearest known one.
pub fn parse_query(text: &str) -> Result<Query, Diagnostic> {
    let query = read_query(text)?;
    match query.check().into_iter().find(Diagnostic::is_error) {
        Some(problem) => Err(problem),
        None => Ok(query),
    }
}

/// Reads a query's text form without checking it: a draft may not be complete yet.
///
/// # Errors
/// The first thing that cannot be read, with its place; for an unknown key the nearest known one.
pub fn read_query(text: &str) -> Result<Query, Diagnostic> {
    let parsed: QueryText = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| text_error(&error.to_string(), None))?
    } else {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            text_error(error.message(), line)
        })?
    };
    parsed.into_query()
}

/// The text form of a query, in TOML, that [`parse_query`] reads back to an equal query.
pub fn query_text(query: &Query) -> String {
    let text = QueryText::from_query(query);
    toml::to_string(&text).unwrap_or_else(|error| format!("# could not be written: {error}\n"))
}

/// The complete form of a kind with every key, as help. `None` for an unknown kind.
pub fn help(kind: &str) -> Option<&'static str> {
    match kind {
        "funnel" => Some(FUNNEL_HELP),
        "retention" => Some(retention::HELP),
        "flow" => Some(flow::HELP),
        "trend" => Some(TREND_HELP),
        _ => None,
    }
}

/// The kinds of query there are.
pub const KINDS: [&str; 4] = ["funnel", "retention", "flow", "trend"];

const FUNNEL_HELP: &str = r#"kind = "funnel"
steps = [ { event = "Product Viewed" },              # event = "*" is any event; any = ["A", "B"] is one of these
          { event = "Product Added", optional = true },
          { event = "Order Completed", where = [{ property = "value", op = ">=", value = 50 }] } ]
window = "7d"                     # s m h d w; default 14d, inclusive
order = "ordered"                 # ordered | strict | any
breakdown = { property = "country", attribution = "first" }   # first | last | all | step 1, step 2 …
exclude = [ { event = "Order Cancelled", after_step = 1, before_step = 2 } ]
where = [ { property = "context.device.type", op = "one of", value = ["phone", "tablet"] } ]   # on every step
between = { from = "2026-01-01", to = "2026-04-01" }           # half-open, bounds step 1
as_of = "2026-03-31T23:59:59Z"    # default: the latest event not in the future of its import

# op: = != < <= > >= contains starts ends "one of" "is set" "is not set"
# value: text, number, true/false, a TOML date-time or { time = "2026-01-01T00:00:00Z" }
"#;

const TREND_HELP: &str = r#"kind = "trend"
events = [ { event = "Order Completed", where = [{ property = "value", op = ">=", value = 50 }] } ]   # a series each
interval = "day"                  # day | week (from Monday) | month, in the document's zone
measure = "events"                # events | persons
breakdown = "country"             # a series for each value
where = [ { property = "country", op = "is set" } ]            # on every event
between = { from = "2026-01-01", to = "2026-04-01" }           # half-open
as_of = "2026-03-31T23:59:59Z"    # default: the latest event not in the future of its import
"#;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryText {
    kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<NameOr<StepText>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cohorts: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    periods: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unbounded: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_gap: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    top: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<TimeText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    breakdown: Option<BreakdownText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<StepText>,
    #[serde(default, rename = "return", skip_serializing_if = "Option::is_none")]
    returning: Option<StepText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<NameOr<StepText>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    between: Option<BetweenText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<NameOr<ExcludeText>>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<FilterText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    any: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    optional: bool,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<FilterText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExcludeText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    any: Vec<String>,
    after_step: usize,
    before_step: usize,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<FilterText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterText {
    property: String,
    op: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<ValueText>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ValueText {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<ValueText>),
    Stamp(toml::value::Datetime),
    Time { time: String },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TimeText {
    Text(String),
    Stamp(toml::value::Datetime),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BreakdownText {
    Property(String),
    Full(BreakdownFull),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BreakdownFull {
    property: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribution: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BetweenText {
    from: TimeText,
    to: TimeText,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl QueryText {
    fn into_query(self) -> Result<Query, Diagnostic> {
        if let Some(count) = self.count.as_deref().filter(|count| *count != "persons") {
            return Err(Diagnostic::error(
                "unsupported-count",
                format!("Counting “{count}” is not possible"),
            )
            .hint("Leave `count` out, or write \"persons\""));
        }
        match self.kind.as_str() {
            "funnel" => self.into_funnel().map(Query::Funnel),
            "retention" => self.into_retention().map(Query::Retention),
            "flow" => self.into_flow().map(Query::Flow),
            "trend" => self.into_trend().map(Query::Trend),
            other => Err(unknown_word("kind", other, &KINDS)),
        }
    }

    fn into_funnel(self) -> Result<Funnel, Diagnostic> {
        forbid(&self.retention_keys(), "funnel")?;
        forbid(
            &[
                ("events", !self.events.is_empty()),
                ("interval", self.interval.is_some()),
                ("measure", self.measure.is_some()),
            ],
            "funnel",
        )?;
        forbid(&flow::keys(&self), "funnel")?;
        let breakdown = match self.breakdown {
            None => None,
            Some(BreakdownText::Property(property)) => {
                Some(Breakdown { property, attribution: Attribution::First })
            }
            Some(BreakdownText::Full(full)) => Some(Breakdown {
                property: full.property,
                attribution: full.attribution.as_deref().map_or(Ok(Attribution::First), attribution)?,
            }),
        };
        Ok(Funnel {
            steps: steps(self.steps, "steps")?,
            window_us: self
                .window
                .as_deref()
                .map_or(Ok(DEFAULT_WINDOW_US), |w| parse_span_us(w).map_err(|d| d.at("window")))?,
            order: match self.order.as_deref() {
                None => Order::Ordered,
                Some(word) => Order::ALL
                    .into_iter()
                    .find(|order| order.word() == word)
                    .ok_or_else(|| unknown_word("order", word, &["ordered", "strict", "any"]))?,
            },
            breakdown,
            exclude: self
                .exclude
                .into_iter()
                .enumerate()
                .map(|(i, x)| exclusion(x.full(&format!("exclude[{}]", i + 1), EXCLUSION_HINT)?, i))
                .collect::<Result<_, _>>()?,
            filters: filters(self.filters, "where")?,
            between: between(self.between)?,
            as_of: self.as_of.map(|t| time(&t, "as_of")).transpose()?,
        })
    }

    fn into_flow(self) -> Result<Flow, Diagnostic> {
        forbid(&self.retention_keys(), "flow")?;
        forbid(
            &[
                ("steps", !self.steps.is_empty()),
                ("window", self.window.is_some()),
                ("order", self.order.is_some()),
                ("interval", self.interval.is_some()),
                ("measure", self.measure.is_some()),
                ("breakdown", self.breakdown.is_some()),
            ],
            "flow",
        )?;
        flow::from_text(self)
    }

    fn into_trend(self) -> Result<Trend, Diagnostic> {
        forbid(&self.retention_keys(), "trend")?;
        forbid(
            &[
                ("steps", !self.steps.is_empty()),
                ("window", self.window.is_some()),
                ("order", self.order.is_some()),
                ("exclude", !self.exclude.is_empty()),
            ],
            "trend",
        )?;
        forbid(&flow::keys(&self), "trend")?;
        let breakdown = match self.breakdown {
            None => None,
            Some(BreakdownText::Property(property)) => Some(property),
            Some(BreakdownText::Full(full)) if full.attribution.is_none() => Some(full.property),
            Some(BreakdownText::Full(_)) => {
                return Err(Diagnostic::error("unknown-key", "A trend's breakdown has no attribution")
                    .hint("Each event has its own value: write breakdown = \"property\""));
            }
        };
        Ok(Trend {
            steps: {
                let full = |text: NameOr<StepText>| text.full("events", "Write { event = \"Name\" }");
                steps(self.events.into_iter().map(full).collect::<Result<_, _>>()?, "events")?
            },
            interval: retention::interval(self.interval.as_deref(), Interval::Day)?,
            measure: match self.measure.as_deref() {
                None | Some("events") => Measure::Events,
                Some("persons") => Measure::Persons,
                Some(other) => return Err(unknown_word("measure", other, &["events", "persons"])),
            },
            breakdown,
            filters: filters(self.filters, "where")?,
            between: between(self.between)?,
            as_of: self.as_of.map(|t| time(&t, "as_of")).transpose()?,
        })
    }

    fn empty(kind: &str) -> QueryText {
        QueryText {
            kind: kind.to_owned(),
            steps: Vec::new(),
            events: Vec::new(),
            window: None,
            order: None,
            interval: None,
            measure: None,
            count: None,
            cohorts: None,
            periods: None,
            unbounded: None,
            direction: None,
            depth: None,
            merge: None,
            session_gap: None,
            top: None,
            as_of: None,
            breakdown: None,
            start: None,
            returning: None,
            anchor: None,
            between: None,
            exclude: Vec::new(),
            filters: Vec::new(),
        }
    }

    fn from_query(query: &Query) -> QueryText {
        match query {
            Query::Funnel(funnel) => QueryText {
                steps: funnel.steps.iter().map(step_text).collect(),
                window: Some(span_text(funnel.window_us)),
                order: Some(funnel.order.word().to_owned()),
                breakdown: funnel.breakdown.as_ref().map(|b| {
                    BreakdownText::Full(BreakdownFull {
                        property: b.property.clone(),
                        attribution: Some(attribution_word(b.attribution)),
                    })
                }),
                exclude: funnel.exclude.iter().map(exclude_text).map(NameOr::Full).collect(),
                filters: funnel.filters.iter().map(filter_text).collect(),
                between: between_text(funnel.between),
                as_of: funnel.as_of.map(|t| TimeText::Text(t.iso())),
                ..Self::empty("funnel")
            },
            Query::Retention(retention) => QueryText::from_retention(retention),
            Query::Flow(flow) => flow::to_text(flow),
            Query::Trend(trend) => QueryText {
                events: trend.steps.iter().map(step_text).map(NameOr::Full).collect(),
                interval: Some(trend.interval.word().to_owned()),
                measure: Some(trend.measure.word().to_owned()),
                breakdown: trend.breakdown.clone().map(BreakdownText::Property),
                filters: trend.filters.iter().map(filter_text).collect(),
                between: between_text(trend.between),
                as_of: trend.as_of.map(|t| TimeText::Text(t.iso())),
                ..Self::empty("trend")
            },
        }
    }
}

fn forbid(keys: &[(&str, bool)], kind: &str) -> Result<(), Diagnostic> {
    match keys.iter().find(|(_, present)| *present) {
        Some((key, _)) => Err(Diagnostic::error("unknown-key", format!("A {kind} has no key “{key}”"))
            .hint(format!("`stormline query --help {kind}` shows every key"))),
        None => Ok(()),
    }
}

fn events(event: Option<String>, any: Vec<String>, at: &str) -> Result<Vec<String>, Diagnostic> {
    match (event, any) {
        (Some(_), any) if !any.is_empty() => {
            Err(Diagnostic::error("event-and-any", "`event` and `any` cannot stand together")
                .at(at)
                .hint("Keep one of them"))
        }
        (Some(event), _) if event == "*" => Ok(Vec::new()),
        (Some(event), _) if event.is_empty() => Err(Diagnostic::error("no-event", "The event name is empty")
            .at(at)
            .hint("Write a name, or \"*\" for any event")),
        (Some(event), _) => Ok(vec![event]),
        (None, any) if any.is_empty() => Err(Diagnostic::error("no-event", "No event is named")
            .at(at)
            .hint("Write event = \"Name\", or event = \"*\" for any event")),
        (None, any) => Ok(any),
    }
}

fn steps(texts: Vec<StepText>, key: &str) -> Result<Vec<Step>, Diagnostic> {
    let step = |(index, text): (usize, StepText)| {
        let at = format!("{key}[{}]", index + 1);
        Ok(Step {
            events: events(text.event, text.any, &at)?,
            filters: filters(text.filters, &at)?,
            optional: text.optional,
        })
    };
    texts.into_iter().enumerate().map(step).collect()
}

fn exclusion(text: ExcludeText, index: usize) -> Result<Exclusion, Diagnostic> {
    let at = format!("exclude[{}]", index + 1);
    Ok(Exclusion {
        events: events(text.event, text.any, &at)?,
        filters: filters(text.filters, &at)?,
        after_step: text.after_step,
        before_step: text.before_step,
    })
}

fn filters(texts: Vec<FilterText>, at: &str) -> Result<Vec<Filter>, Diagnostic> {
    texts.into_iter().map(|text| filter(text, at)).collect()
}

const EXCLUSION_HINT: &str = "Write { event = \"Name\", after_step = 1, before_step = 2 }";

const OPERATORS: [&str; 12] =
    ["=", "!=", "<", "<=", ">", ">=", "contains", "starts", "ends", "one of", "is set", "is not set"];

fn filter(text: FilterText, at: &str) -> Result<Filter, Diagnostic> {
    let FilterText { property, op, value } = text;
    let missing = || {
        Diagnostic::error("no-value", format!("The filter on “{property}” has no value"))
            .at(at)
            .hint(format!("`{op}` needs a value"))
    };
    let words = |value: Option<ValueText>| match value {
        Some(ValueText::Text(text)) => Ok(text),
        Some(_) => Err(Diagnostic::error("text-needed", format!("`{op}` compares text"))
            .at(at)
            .hint("Put the value in quotes")),
        None => Err(missing()),
    };
    let test = match op.as_str() {
        "is set" | "set" => Test::IsSet,
        "is not set" | "not set" => Test::IsNotSet,
        "contains" => Test::Contains(words(value)?),
        "starts" | "starts with" => Test::StartsWith(words(value)?),
        "ends" | "ends with" => Test::EndsWith(words(value)?),
        "one of" => Test::OneOf(match value {
            Some(ValueText::List(list)) => {
                list.into_iter().map(|v| scalar(v, at)).collect::<Result<_, _>>()?
            }
            Some(single) => vec![scalar(single, at)?],
            None => return Err(missing()),
        }),
        symbol => {
            let comparison =
                comparison(symbol).ok_or_else(|| unknown_word("op", symbol, &OPERATORS).at(at))?;
            Test::Compare(comparison, operand(value.ok_or_else(missing)?, at)?)
        }
    };
    Ok(Filter { property, test })
}

fn comparison(symbol: &str) -> Option<Comparison> {
    let plain = match symbol {
        "≠" | "<>" | "is not" => "!=",
        "≤" => "<=",
        "≥" => ">=",
        "==" | "is" => "=",
        other => other,
    };
    Comparison::ALL.into_iter().find(|comparison| comparison.symbol() == plain)
}

fn operand(value: ValueText, at: &str) -> Result<Operand, Diagnostic> {
    match value {
        ValueText::Stamp(stamp) => time(&TimeText::Stamp(stamp), at).map(Operand::Time),
        ValueText::Time { time: text } => time(&TimeText::Text(text), at).map(Operand::Time),
        other => scalar(other, at).map(Operand::Value),
    }
}

fn scalar(value: ValueText, at: &str) -> Result<Value, Diagnostic> {
    match value {
        ValueText::Bool(truth) => Ok(Value::Bool(truth)),
        ValueText::Number(number) if number.is_finite() => Ok(Value::Number(number + 0.0)),
        ValueText::Text(text) => Ok(Value::Text(text)),
        ValueText::Number(_) | ValueText::List(_) | ValueText::Stamp(_) | ValueText::Time { .. } => {
            Err(Diagnostic::error("bad-value", "A text, a number or true/false is needed here")
                .at(at)
                .hint("Lists go with `one of`"))
        }
    }
}

fn time(text: &TimeText, at: &str) -> Result<Time, Diagnostic> {
    let text = match text {
        TimeText::Text(text) => text.clone(),
        TimeText::Stamp(stamp) => stamp.to_string(),
    };
    Time::parse(&text).ok_or_else(|| {
        Diagnostic::error("bad-time", format!("“{text}” is not a time"))
            .at(at)
            .hint("Write 2026-01-31 or 2026-01-31T10:00:00Z")
    })
}

fn between(text: Option<BetweenText>) -> Result<Option<(Time, Time)>, Diagnostic> {
    text.map(|range| Ok((time(&range.from, "between.from")?, time(&range.to, "between.to")?))).transpose()
}

fn attribution(word: &str) -> Result<Attribution, Diagnostic> {
    match word {
        "first" => Ok(Attribution::First),
        "last" => Ok(Attribution::Last),
        "all" => Ok(Attribution::All),
        other => other
            .strip_prefix("step")
            .and_then(|number| number.trim().parse().ok())
            .map(Attribution::Step)
            .ok_or_else(|| unknown_word("attribution", other, &["first", "last", "all", "step 1"])),
    }
}

fn attribution_word(attribution: Attribution) -> String {
    match attribution {
        Attribution::First => "first".to_owned(),
        Attribution::Last => "last".to_owned(),
        Attribution::All => "all".to_owned(),
        Attribution::Step(step) => format!("step {step}"),
    }
}

fn unknown_word(key: &str, word: &str, known: &[&str]) -> Diagnostic {
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean \"{near}\"? Possible: {}", known.join(", ")),
        None => format!("Possible: {}", known.join(", ")),
    };
    Diagnostic::error("unknown-word", format!("“{word}” is no {key}")).hint(hint)
}

/// Turns a parser's message into a diagnostic; for an unknown key, names the nearest known one.
fn text_error(message: &str, line: Option<usize>) -> Diagnostic {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let diagnostic = match quoted.as_slice() {
        [unknown, known @ ..] if message.starts_with("unknown field") => {
            let hint = match nearest(unknown, known.iter().copied()) {
                Some(near) => format!("Did you mean “{near}”? Possible: {}", known.join(", ")),
                None => format!("Possible: {}", known.join(", ")),
            };
            Diagnostic::error("unknown-key", format!("There is no key “{unknown}”")).hint(hint)
        }
        _ => Diagnostic::error("bad-text", format!("The text form could not be read: {}", message.trim()))
            .hint("`stormline query --help funnel` shows a complete example"),
    };
    match line {
        Some(line) => diagnostic.at(format!("line {line}")),
        None => diagnostic,
    }
}

fn event_text(events: &[String]) -> (Option<String>, Vec<String>) {
    match events {
        [] => (Some("*".to_owned()), Vec::new()),
        [one] => (Some(one.clone()), Vec::new()),
        many => (None, many.to_vec()),
    }
}

fn step_text(step: &Step) -> StepText {
    let (event, any) = event_text(&step.events);
    StepText { event, any, optional: step.optional, filters: step.filters.iter().map(filter_text).collect() }
}

fn exclude_text(exclusion: &Exclusion) -> ExcludeText {
    let (event, any) = event_text(&exclusion.events);
    ExcludeText {
        event,
        any,
        after_step: exclusion.after_step,
        before_step: exclusion.before_step,
        filters: exclusion.filters.iter().map(filter_text).collect(),
    }
}

fn between_text(between: Option<(Time, Time)>) -> Option<BetweenText> {
    between.map(|(from, to)| BetweenText { from: TimeText::Text(from.iso()), to: TimeText::Text(to.iso()) })
}

fn filter_text(filter: &Filter) -> FilterText {
    let (op, value) = match &filter.test {
        Test::Compare(comparison, Operand::Value(value)) => (comparison.symbol(), Some(value_text(value))),
        Test::Compare(comparison, Operand::Time(time)) => {
            (comparison.symbol(), Some(ValueText::Time { time: time.iso() }))
        }
        Test::Contains(text) => ("contains", Some(ValueText::Text(text.clone()))),
        Test::StartsWith(text) => ("starts", Some(ValueText::Text(text.clone()))),
        Test::EndsWith(text) => ("ends", Some(ValueText::Text(text.clone()))),
        Test::OneOf(values) => ("one of", Some(ValueText::List(values.iter().map(value_text).collect()))),
        Test::IsSet => ("is set", None),
        Test::IsNotSet => ("is not set", None),
    };
    FilterText { property: filter.property.clone(), op: op.to_owned(), value }
}

fn value_text(value: &Value) -> ValueText {
    match value {
        Value::Text(text) => ValueText::Text(text.clone()),
        Value::Number(number) => ValueText::Number(*number),
        Value::Bool(truth) => ValueText::Bool(*truth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
kind = "funnel"
steps = [ { event = "Product Viewed" }, { any = ["A", "B"], optional = true },
          { event = "*", where = [{ property = "value", op = ">=", value = 50 }, { property = "at", op = "<", value = 2026-01-01T00:00:00Z },
            { property = "c", op = "one of", value = ["DE", 1, true] }, { property = "d", op = "is not set" }] } ]
window = "7d"
order = "strict"
breakdown = { property = "country", attribution = "step 2" }
exclude = [ { event = "X", after_step = 1, before_step = 3 } ]
where = [{ property = "e", op = "contains", value = "x" }]
between = { from = "2026-01-01", to = "2026-04-01" }
as_of = "2026-03-31T23:59:59Z"
"#;

    #[test]
    fn every_key_round_trips() {
        let query = parse_query(FULL).unwrap();
        assert_eq!(parse_query(&query_text(&query)).unwrap(), query, "{}", query_text(&query));
        let trend = parse_query(
            "kind = 'trend'\nevents = [{event='A'}]\ninterval='week'\nmeasure='persons'\nbreakdown='c'",
        )
        .unwrap();
        assert_eq!(parse_query(&query_text(&trend)).unwrap(), trend);
    }

    #[test]
    fn json_is_accepted() {
        let query = parse_query(
            r#"{"kind":"funnel","steps":[{"event":"A","where":[{"property":"v","op":"=","value":1}]},{"event":"B"}],"window":"1h"}"#,
        );
        assert_eq!(query.unwrap().event_names(), ["A", "B"]);
    }

    #[test]
    fn help_texts_are_valid() {
        for kind in KINDS {
            let query = parse_query(help(kind).unwrap()).unwrap();
            assert_eq!(query.kind(), kind);
        }
    }

    #[test]
    fn mistakes_name_the_nearest_known_word() {
        let cases = [
            ("kind='funnel'\nsteps=[{event='A'}]\nwindwo='7d'", "Did you mean “window”", "line 3"),
            ("kind='funnel'\nsteps=[{evnt='A'}]", "Did you mean “event”", "line 2"),
            ("kind='funel'\nsteps=[{event='A'}]", "Did you mean \"funnel\"", ""),
            ("kind='funnel'\nsteps=[{event='A'}]\norder='orderd'", "Did you mean \"ordered\"", ""),
            (
                "kind='funnel'\nsteps=[{event='A',where=[{property='p',op='containz',value='x'}]}]",
                "Did you mean \"contains\"",
                "steps[1]",
            ),
            ("kind='funnel'\nsteps=[]", "no steps", ""),
            ("kind='funnel'\nsteps=[{event='A'}]\nwindow='7 days'", "not a span", "window"),
        ];
        for (text, message, place) in cases {
            let shown = parse_query(text).unwrap_err().to_string();
            assert!(shown.contains(message) && shown.contains(place), "{text}\n→ {shown}");
        }
    }
}
