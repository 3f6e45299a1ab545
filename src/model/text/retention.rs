//! The text form of a retention. Not for what it means: see `model::retention`.

use super::{
    BreakdownText, QueryText, StepText, between, between_text, events, filter_text, filters, flow, forbid,
    step_text, time, unknown_word,
};
use crate::base::Diagnostic;
use crate::model::funnel::Step;
use crate::model::retention::{Cohorts, Retention, default_periods};
use crate::model::time::Interval;

pub(super) const HELP: &str = r#"kind = "retention"
start = { event = "Account Created" }                # default: any event, event = "*"; any = ["A", "B"] is one of these
return = { event = "Order Completed", where = [{ property = "value", op = ">=", value = 50 }] }   # default: any event
cohorts = "first"                 # first: by a person's first start event | recurring: by each period with one
interval = "week"                 # day | week (from Monday) | month, in the document's zone
periods = 12                      # told after period 0, 1 to 60; default 14 days, 12 weeks, 12 months
unbounded = false                 # true: came back in the period or in a later one
breakdown = "country"             # of the start event, the first that carries it
where = [ { property = "country", op = "is set" } ]            # on both events
between = { from = "2026-01-01", to = "2026-04-01" }           # half-open, bounds the start event
as_of = "2026-03-31T23:59:59Z"    # default: the latest event not in the future of its import
"#;

impl QueryText {
    /// The keys of a retention alone, and whether they are there.
    pub(super) fn retention_keys(&self) -> [(&'static str, bool); 5] {
        [
            ("start", self.start.is_some()),
            ("return", self.returning.is_some()),
            ("cohorts", self.cohorts.is_some()),
            ("periods", self.periods.is_some()),
            ("unbounded", self.unbounded.is_some()),
        ]
    }

    pub(super) fn into_retention(self) -> Result<Retention, Diagnostic> {
        forbid(
            &[
                ("steps", !self.steps.is_empty()),
                ("events", !self.events.is_empty()),
                ("window", self.window.is_some()),
                ("order", self.order.is_some()),
                ("exclude", !self.exclude.is_empty()),
                ("measure", self.measure.is_some()),
            ],
            "retention",
        )?;
        forbid(&flow::keys(&self), "retention")?;
        let breakdown = match self.breakdown {
            None => None,
            Some(BreakdownText::Property(property)) => Some(property),
            Some(BreakdownText::Full(full)) if full.attribution.as_deref().is_none_or(|a| a == "first") => {
                Some(full.property)
            }
            Some(BreakdownText::Full(_)) => {
                return Err(Diagnostic::error(
                    "unknown-word",
                    "A retention takes the first value of the start event",
                )
                .at("breakdown")
                .hint("Write breakdown = \"property\""));
            }
        };
        let interval = interval(self.interval.as_deref(), Interval::Week)?;
        Ok(Retention {
            steps: [step(self.start, "start")?, step(self.returning, "return")?],
            cohorts: match self.cohorts.as_deref() {
                None => Cohorts::First,
                Some(word) => Cohorts::ALL
                    .into_iter()
                    .find(|cohorts| cohorts.word() == word)
                    .ok_or_else(|| unknown_word("cohorts", word, &Cohorts::ALL.map(Cohorts::word)))?,
            },
            interval,
            periods: self.periods.unwrap_or_else(|| default_periods(interval)),
            unbounded: self.unbounded.unwrap_or(false),
            breakdown,
            filters: filters(self.filters, "where")?,
            between: between(self.between)?,
            as_of: self.as_of.map(|t| time(&t, "as_of")).transpose()?,
        })
    }

    pub(super) fn from_retention(retention: &Retention) -> QueryText {
        QueryText {
            start: Some(step_text(retention.start())),
            returning: Some(step_text(retention.returning())),
            cohorts: Some(retention.cohorts.word().to_owned()),
            interval: Some(retention.interval.word().to_owned()),
            periods: Some(retention.periods),
            unbounded: Some(retention.unbounded),
            breakdown: retention.breakdown.clone().map(BreakdownText::Property),
            filters: retention.filters.iter().map(filter_text).collect(),
            between: between_text(retention.between),
            as_of: retention.as_of.map(|t| super::TimeText::Text(t.iso())),
            ..QueryText::empty("retention")
        }
    }
}

/// An interval by its word.
pub(super) fn interval(word: Option<&str>, default: Interval) -> Result<Interval, Diagnostic> {
    let Some(word) = word else { return Ok(default) };
    let found = Interval::ALL.into_iter().find(|interval| interval.word() == word);
    found.ok_or_else(|| unknown_word("interval", word, &Interval::ALL.map(Interval::word)))
}

fn step(text: Option<StepText>, at: &str) -> Result<Step, Diagnostic> {
    let Some(text) = text else {
        return Ok(Step { events: Vec::new(), filters: Vec::new(), optional: false });
    };
    if text.optional {
        return Err(Diagnostic::error("unknown-key", "The events of a retention are never optional")
            .at(at)
            .hint("Leave `optional` out"));
    }
    let names = match (&text.event, text.any.as_slice()) {
        // Filters alone are of any event.
        (None, []) => Vec::new(),
        _ => events(text.event, text.any, at)?,
    };
    Ok(Step { events: names, filters: filters(text.filters, at)?, optional: false })
}

#[cfg(test)]
mod tests {
    use crate::model::text::{parse_query, query_text};

    #[test]
    fn every_key_round_trips_and_defaults_are_any_event_by_week() {
        for text in [
            "kind='retention'",
            "kind='retention'\nstart={event='A',where=[{property='p',op='is set'}]}\nreturn={any=['B','C']}\n\
             cohorts='recurring'\ninterval='month'\nperiods=7\nunbounded=true\nbreakdown='c'\n\
             where=[{property='q',op='=',value=1}]\nbetween={from='2026-01-01',to='2026-02-01'}\nas_of='2026-03-01'",
            "{\"kind\":\"retention\",\"return\":{\"event\":\"A\"},\"interval\":\"day\"}",
        ] {
            let query = parse_query(text).unwrap();
            let written = query_text(&query);
            assert_eq!(parse_query(&written).unwrap(), query, "{written}");
        }
        let written = query_text(&parse_query("kind='retention'").unwrap());
        for line in ["interval = \"week\"", "periods = 12", "event = \"*\"", "cohorts = \"first\""] {
            assert!(written.contains(line), "{written}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_near() {
        let long = "interval='day'\nbetween={from='2020-01-01',to='2026-01-01'}";
        let too_long = format!("{long}\nas_of='2025-12-01T00:00:00Z'");
        for (text, says) in [
            ("perods=3", "Did you mean “periods”"),
            ("steps=[{event='A'}]", "A retention has no key “steps”"),
            ("cohorts='frist'", "Did you mean \"first\""),
            ("interval='weak'", "Did you mean \"week\""),
            ("periods=0", "0 periods are not possible"),
            ("periods=61", "61 periods are not possible"),
            ("start={event='A',optional=true}", "never optional"),
            ("breakdown={property='c',attribution='last'}", "takes the first value"),
            ("where=[{property='',op='is set'}]", "names no property"),
            ("between={from='2026-01-02',to='2026-01-01'}", "is empty"),
            (&too_long, "at most 1000 cohorts"),
        ] {
            let problem = parse_query(&format!("kind='retention'\n{text}")).unwrap_err().to_string();
            assert!(problem.contains(says), "{text}: {problem}");
        }
        let open = format!("kind='retention'\n{long}");
        assert!(parse_query(&open).is_ok_and(|query| query.check().is_empty()), "as-of may end the range");
        let problem = parse_query("kind='trend'\nevents=[{event='A'}]\nunbounded=true").unwrap_err();
        assert_eq!(problem.message, "A trend has no key “unbounded”");
    }
}
