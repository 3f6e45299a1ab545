//! The text form of flows, and of lists that hold plain names or more. Not for the other kinds: see `model::text`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    QueryText, StepText, TimeText, between, between_text, events, filter_text, filters, step_text, time,
    unknown_word,
};
use crate::base::Diagnostic;
use crate::model::flow::{DEFAULT_DEPTH, DEFAULT_TOP, Direction, Flow};
use crate::model::funnel::Step;
use crate::model::time::{SESSION_GAP_US, parse_span_us, span_text};

pub(super) const HELP: &str = r#"kind = "flow"
anchor = { event = "Product Viewed", where = [{ property = "value", op = ">=", value = 50 }] }   # default: any event,
                                  # which is the start of each session (before: its end)
direction = "after"               # after | before: what follows the anchor, or what leads to it
depth = 5                         # steps beside the anchor, 1 to 10; default 5
events = ["Product Added", "Checkout Started"]                 # only these names are steps; default: all
exclude = ["Banner Seen"]         # these are none
merge = true                      # A A A is one A; default false
session_gap = "30m"               # s m h d w; a longer pause ends a session; default 30m
top = 10                          # names told apart at each depth, 1 to 50, the rest as (other); default 10
where = [ { property = "country", op = "is set" } ]            # on every event
between = { from = "2026-01-01", to = "2026-04-01" }           # half-open, bounds the anchor
as_of = "2026-03-31T23:59:59Z"    # default: the latest event not in the future of its import
"#;

/// A plain name, or something with keys of its own.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum NameOr<T> {
    /// A name alone.
    Name(String),
    /// More than a name.
    Full(T),
}

impl<T> NameOr<T> {
    /// What has keys.
    ///
    /// # Errors
    /// A plain name, where `key` wants more.
    pub(super) fn full(self, key: &str, hint: &str) -> Result<T, Diagnostic> {
        match self {
            NameOr::Full(full) => Ok(full),
            NameOr::Name(name) => {
                Err(Diagnostic::error("name-alone", format!("“{name}” alone is not enough here"))
                    .at(key)
                    .hint(hint))
            }
        }
    }

    fn name(self, key: &str) -> Result<String, Diagnostic> {
        match self {
            NameOr::Name(name) => Ok(name),
            NameOr::Full(_) => Err(Diagnostic::error("names-only", "A flow wants plain names here")
                .at(key)
                .hint(format!("Write {key} = [\"Name\", \"Other name\"]"))),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NameOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = NameOr<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a name or a table")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                let text: StrDeserializer<'_, E> = name.into_deserializer();
                String::deserialize(text).map(NameOr::Name)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(NameOr::Full)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// The keys that only flows have.
pub(super) fn keys(text: &QueryText) -> [(&'static str, bool); 6] {
    [
        ("anchor", text.anchor.is_some()),
        ("direction", text.direction.is_some()),
        ("depth", text.depth.is_some()),
        ("merge", text.merge.is_some()),
        ("session_gap", text.session_gap.is_some()),
        ("top", text.top.is_some()),
    ]
}

/// The flow that a text asks for; keys of other kinds are forbidden before.
pub(super) fn from_text(text: QueryText) -> Result<Flow, Diagnostic> {
    let names = |list: Vec<String>, key: &str| match list.iter().any(|name| name == "*") {
        true => Err(Diagnostic::error("any-event", "“*” names no event here")
            .at(key)
            .hint("Leave the key out for all events")),
        false => Ok(list),
    };
    let listed = text.events.into_iter().map(|name| name.name("events")).collect::<Result<_, _>>()?;
    let excluded = text.exclude.into_iter().map(|name| name.name("exclude")).collect::<Result<_, _>>()?;
    Ok(Flow {
        anchor: match text.anchor {
            None => Flow::default().anchor,
            Some(NameOr::Name(name)) => {
                let events = events(Some(name), Vec::new(), "anchor")?;
                Step { events, filters: Vec::new(), optional: false }
            }
            Some(NameOr::Full(step)) => Step {
                events: events(step.event, step.any, "anchor")?,
                filters: filters(step.filters, "anchor")?,
                optional: false,
            },
        },
        direction: match text.direction.as_deref() {
            None => Direction::After,
            Some(word) => Direction::ALL
                .into_iter()
                .find(|direction| direction.word() == word)
                .ok_or_else(|| unknown_word("direction", word, &["after", "before"]))?,
        },
        depth: text.depth.unwrap_or(DEFAULT_DEPTH),
        events: names(listed, "events")?,
        exclude: names(excluded, "exclude")?,
        merge: text.merge.unwrap_or(false),
        session_gap_us: text.session_gap.as_deref().map_or(Ok(SESSION_GAP_US), |gap| {
            parse_span_us(gap).map_err(|problem| problem.at("session_gap"))
        })?,
        top: text.top.unwrap_or(DEFAULT_TOP),
        filters: filters(text.filters, "where")?,
        between: between(text.between)?,
        as_of: text.as_of.map(|t| time(&t, "as_of")).transpose()?,
        old_names: Vec::new(),
    })
}

pub(super) fn to_text(flow: &Flow) -> QueryText {
    fn names<T>(names: &[String]) -> Vec<NameOr<T>> {
        names.iter().cloned().map(NameOr::Name).collect()
    }
    let anchor: StepText = step_text(&flow.anchor);
    QueryText {
        anchor: (!flow.is_from_any()).then_some(NameOr::Full(anchor)),
        direction: Some(flow.direction.word().to_owned()),
        depth: Some(flow.depth),
        events: names(&flow.events),
        exclude: names(&flow.exclude),
        merge: Some(flow.merge),
        session_gap: Some(span_text(flow.session_gap_us)),
        top: Some(flow.top),
        filters: flow.filters.iter().map(filter_text).collect(),
        between: between_text(flow.between),
        as_of: flow.as_of.map(|t| TimeText::Text(t.iso())),
        ..QueryText::empty("flow")
    }
}

#[cfg(test)]
mod tests {
    use crate::model::query::Query;
    use crate::model::text::{parse_query, query_text};

    fn told(text: &str) -> String {
        parse_query(text).unwrap_err().to_string()
    }

    #[test]
    fn every_key_of_a_flow_round_trips() {
        let text = "kind='flow'\nanchor={any=['A','B'],where=[{property='p',op='is set'}]}\ndirection='before'\n\
                    depth=3\nevents=['C','D']\nexclude=['E']\nmerge=true\nsession_gap='1h'\ntop=4\n\
                    where=[{property='q',op='=',value=1}]\nbetween={from='2026-01-01',to='2026-02-01'}\n\
                    as_of='2026-03-01T00:00:00Z'";
        let query = parse_query(text).unwrap();
        assert_eq!(parse_query(&query_text(&query)).unwrap(), query, "{}", query_text(&query));
        let plain = parse_query("kind='flow'").unwrap();
        assert_eq!(plain, Query::Flow(crate::model::flow::Flow::default()));
        assert_eq!(parse_query(&query_text(&plain)).unwrap(), plain);
        let named = parse_query(r#"{"kind":"flow","anchor":"A","events":["B"]}"#).unwrap();
        assert_eq!(named, parse_query("kind='flow'\nanchor={event='A'}\nevents=['B']").unwrap());
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let cases = [
            ("kind='flow'\nancor='A'", "Did you mean “anchor”"),
            ("kind='flow'\nanchor={evnt='A'}", "Did you mean “event”"),
            ("kind='flow'\ndirection='befor'", "Did you mean \"before\""),
            ("kind='flow'\ndepth=11", "from 1 to 10"),
            ("kind='flow'\ndepth=0", "from 1 to 10"),
            ("kind='flow'\ntop=51", "from 1 to 50"),
            ("kind='flow'\nsession_gap='0s'", "without a pause"),
            ("kind='flow'\nevents=[{event='A'}]", "plain names"),
            ("kind='flow'\nexclude=['*']", "Leave the key out"),
            ("kind='flow'\nexclude=['']", "empty"),
            ("kind='flow'\nwindow='7d'", "A flow has no key “window”"),
            ("kind='trend'\nevents=['A']", "alone is not enough"),
            ("kind='funnel'\nsteps=[{event='A'},{event='B'}]\nexclude=['X']", "alone is not enough"),
            ("kind='trend'\nevents=[{event='A'}]\nanchor='A'", "A trend has no key “anchor”"),
            ("kind='trend'\nevents=[{evnt='A'}]", "Did you mean “event”"),
            ("kind='flow'\nperiods=3", "A flow has no key “periods”"),
            ("kind='retention'\ndepth=3", "A retention has no key “depth”"),
            ("kind='retention'\nevents=['A']", "A retention has no key “events”"),
        ];
        for (text, words) in cases {
            assert!(told(text).contains(words), "{text}\n→ {}", told(text));
        }
    }
}
