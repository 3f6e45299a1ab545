//! Rows that say themselves which kind of call they are. Not for logs of calls as JSON: see `segment`.
//!
//! What such a row has in its column of event names is the event's name for a track call, and becomes the property
//! `name` of a page or screen, unless it has one. With any other kind of call it is kept aside.

use super::json;
use super::mapping::{Mapping, plain};
use super::reason::{Reason, Rejection, quoted};
use crate::model::event::EventKind;

/// The column of kinds of calls, when the mapping names none: called so, without a role, and holding nothing else in
/// the `rows` looked at.
pub(super) fn find_column(mapping: &Mapping, columns: &[String], rows: &[Vec<String>]) -> Option<String> {
    if mapping.call_type.is_some() || mapping.is_of_persons() {
        return None;
    }
    let at = columns.iter().position(|column| matches!(plain(column).as_str(), "type" | "calltype"))?;
    let column = &columns[at];
    if super::mapping::Role::ALL.into_iter().any(|role| mapping.column(role) == Some(column)) {
        return None;
    }
    let words = || rows.iter().filter_map(|row| row.get(at)).filter(|word| !word.trim().is_empty());
    let all = words().all(|word| EventKind::from_word(word.trim()).is_some());
    (all && words().next().is_some()).then(|| column.clone())
}

/// The column of an alias call's previous id.
pub(super) fn is_previous_id(column: &str) -> bool {
    plain(column) == "previousid"
}

/// The kind of call of its word; a row without one is a track call.
///
/// # Errors
/// [`Reason::UnknownType`].
pub(super) fn kind(word: &str) -> Result<EventKind, Rejection> {
    if word.trim().is_empty() {
        return Ok(EventKind::Track);
    }
    EventKind::from_word(word.trim()).ok_or_else(|| Rejection::new(Reason::UnknownType, quoted(word)))
}

/// The event name of a row with `written` in its column of names; `properties` and `extra` are finished objects.
///
/// # Errors
/// [`Reason::NoEventName`] of a track call without one.
pub(super) fn name(
    kind: EventKind,
    written: &str,
    properties: &mut String,
    extra: &mut String,
) -> Result<String, Rejection> {
    let is_blank = written.trim().is_empty();
    match kind {
        EventKind::Track if is_blank => return Err(Rejection::new(Reason::NoEventName, "")),
        EventKind::Track => return Ok(written.to_owned()),
        EventKind::Page | EventKind::Screen if !is_blank => {
            let has_name =
                json::fields(properties).is_ok_and(|fields| fields.iter().any(|(key, _)| key == "name"));
            if !has_name {
                json::add_member(properties, "name", &json::text(written));
            }
        }
        EventKind::Identify | EventKind::Group | EventKind::Alias | EventKind::Traits if !is_blank => {
            json::add_member(extra, "event", &json::text(written));
        }
        EventKind::Page
        | EventKind::Screen
        | EventKind::Identify
        | EventKind::Group
        | EventKind::Alias
        | EventKind::Traits => {}
    }
    Ok(kind.default_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn only_a_column_of_nothing_but_calls_is_one() {
        let columns = texts(&["user_id", "Type", "event", "time"]);
        let mapping = Mapping::default().completed_table(&columns);
        let rows = |words: &[&str]| words.iter().map(|word| texts(&["u", word])).collect::<Vec<_>>();
        let find = |words: &[&str]| find_column(&mapping, &columns, &rows(words));
        assert_eq!(find(&["track", "", "Page"]).as_deref(), Some("Type"));
        assert_eq!(find(&["page", "video"]), None);
        assert_eq!(find(&[]), None);
        let taken = Mapping { event: Some("Type".to_owned()), ..mapping.clone() };
        assert_eq!(find_column(&taken, &columns, &rows(&["track"])), None);
    }

    #[test]
    fn the_name_goes_where_the_kind_has_it() {
        let named = |kind, written: &str, properties: &str| {
            let (mut properties, mut extra) = (properties.to_owned(), String::new());
            let name = name(kind, written, &mut properties, &mut extra).map_err(|no| no.reason);
            (name, properties, extra)
        };
        let ok = |name: &str, properties: &str, extra: &str| {
            (Ok(name.to_owned()), properties.to_owned(), extra.to_owned())
        };
        assert_eq!(named(EventKind::Track, "A", ""), ok("A", "", ""));
        assert_eq!(named(EventKind::Track, " ", "").0, Err(Reason::NoEventName));
        assert_eq!(
            named(EventKind::Page, "Home", r#"{"a":1}"#),
            ok("Page Viewed", r#"{"a":1,"name":"Home"}"#, "")
        );
        assert_eq!(
            named(EventKind::Screen, "Home", r#"{"name":"X"}"#),
            ok("Screen Viewed", r#"{"name":"X"}"#, "")
        );
        assert_eq!(
            named(EventKind::Identify, "Signed In", ""),
            ok("Identify", "", r#"{"event":"Signed In"}"#)
        );
        assert_eq!(named(EventKind::Alias, "", ""), ok("Alias", "", ""));
        assert_eq!(kind("video").unwrap_err().reason, Reason::UnknownType);
        assert_eq!(kind("traits").unwrap_err().reason, Reason::UnknownType);
        assert_eq!(kind(" SCREEN "), Ok(EventKind::Screen));
    }
}
