//! JSON objects of one line, values kept as the text they were written as. Not for what the keys mean: see `segment`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::reason::{Reason, Rejection};
use crate::base::json_scan as scan;

/// Levels of nesting that are read; SQLite and most JSON libraries refuse a few more.
const DEEPEST: usize = 100;

/// The keys and raw values of a JSON object, in order, duplicates included.
pub(super) type Fields<'t> = Vec<(Cow<'t, str>, &'t str)>;

/// A line as text.
///
/// # Errors
/// Not UTF-8.
pub(super) fn line_text(line: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(line).map_err(|error| not_utf8(&error))
}

/// Reads one line as a JSON object.
///
/// # Errors
/// Not UTF-8, not JSON, not an object, nested too deep.
pub(super) fn object(line: &[u8]) -> Result<Fields<'_>, Rejection> {
    let text = line_text(line)?;
    if let Some(fields) = scanned(text) {
        return Ok(fields);
    }
    if too_deep(line) {
        return Err(Rejection::new(Reason::TooDeep, ""));
    }
    parsed(text).map_err(|error| not_json(text, &error))
}

/// The rejection of bytes that are not UTF-8.
pub(super) fn not_utf8(error: &std::str::Utf8Error) -> Rejection {
    Rejection::new(Reason::NotUtf8, format!("byte {} of the record", error.valid_up_to() + 1))
}

/// The keys and raw values of an object's text.
pub(super) fn fields(text: &str) -> Result<Fields<'_>, serde_json::Error> {
    scanned(text).map_or_else(|| parsed(text), Ok)
}

/// The fields of a sound object that is not nested too deep; of any other text, nothing.
fn scanned(text: &str) -> Option<Fields<'_>> {
    let mut fields = Vec::with_capacity(16);
    scan_fields(text, |key, raw| fields.push((key, raw)))?;
    Some(fields)
}

/// Hands out the keys and raw values of a sound object that is not nested too deep, in order, duplicates included. `None`
/// for any other text, of which some may have been handed out: [`object`] says what is wrong with it.
pub(super) fn scan_fields<'t>(text: &'t str, mut take: impl FnMut(Cow<'t, str>, &'t str)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = scan::space(bytes, 0);
    (*bytes.get(at)? == b'{').then_some(())?;
    at = scan::space(bytes, at + 1);
    let mut is_open = *bytes.get(at)? != b'}';
    while is_open {
        (*bytes.get(at)? == b'"').then_some(())?;
        let (end, is_escaped) = scan::string_of(bytes, at + 1)?;
        let key = key(&text[at..end], is_escaped)?;
        at = scan::space(bytes, end);
        (*bytes.get(at)? == b':').then_some(())?;
        let start = scan::space(bytes, at + 1);
        let end = scan::value(bytes, start, DEEPEST - 1)?;
        take(key, &text[start..end]);
        at = scan::space(bytes, end);
        is_open = match *bytes.get(at)? {
            b',' => true,
            b'}' => false,
            _ => return None,
        };
        if is_open {
            at = scan::space(bytes, at + 1);
        }
    }
    (scan::space(bytes, at + 1) == bytes.len()).then_some(())
}

/// A key without its quotes; `None` when an escape in it stands for no character.
fn key(raw: &str, is_escaped: bool) -> Option<Cow<'_, str>> {
    if !is_escaped {
        return Some(Cow::Borrowed(&raw[1..raw.len() - 1]));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

fn parsed(text: &str) -> Result<Fields<'_>, serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let fields = parser.deserialize_map(FieldsVisitor)?;
    parser.end()?;
    Ok(fields)
}

/// What an identifier, a name or a time holds.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar<'t> {
    /// Null, or text of no characters.
    Missing,
    /// Text.
    Text(Cow<'t, str>),
    /// A number or a truth value, as written.
    Literal(&'t str),
    /// A list or an object.
    Nested,
}

/// What a raw value is.
pub(super) fn scalar(raw: &str) -> Scalar<'_> {
    match raw.as_bytes().first() {
        Some(b'"') => match string(raw) {
            text if text.is_empty() => Scalar::Missing,
            text => Scalar::Text(text),
        },
        Some(b'{' | b'[') => Scalar::Nested,
        Some(b'n') | None => Scalar::Missing,
        Some(_) => Scalar::Literal(raw),
    }
}

/// Adds a member to an object's text that is being built; starts it when empty. [`close`] ends it.
pub(super) fn push_member(object: &mut String, key: &str, raw: &str) {
    object.push(if object.is_empty() { '{' } else { ',' });
    push_text(object, key);
    object.push(':');
    object.push_str(raw);
}

/// Adds a JSON string.
pub(super) fn push_text(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Ends an object's text that is being built; an empty one stays empty.
pub(super) fn close(object: &mut String) {
    if !object.is_empty() {
        object.push('}');
    }
}

/// Adds a member to an object's finished text, which may be empty.
pub(super) fn add_member(object: &mut String, key: &str, raw: &str) {
    let ends = object.trim_end().strip_suffix('}').map_or(0, |open| open.trim_end().len());
    object.truncate(ends);
    if object == "{" {
        object.clear();
    }
    push_member(object, key, raw);
    close(object);
}

/// A text as a JSON string.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_text(&mut out, text);
    out
}

/// True for `{}`, spaces inside allowed.
pub(super) fn is_empty_object(raw: &str) -> bool {
    raw.strip_prefix('{').is_some_and(|rest| rest.trim_start() == "}")
}

/// A raw value that every JSON reader accepts: a lone surrogate escape, as JavaScript writes for text cut within a
/// character, becomes the replacement character.
pub(super) fn sound(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    if memchr::memchr(b'\\', bytes).is_none() || !raw.contains("\\u") {
        return Cow::Borrowed(raw);
    }
    let unit = |at: usize| -> Option<u16> {
        (bytes.get(at..at + 2)? == b"\\u").then_some(())?;
        u16::from_str_radix(raw.get(at + 2..at + 6)?, 16).ok()
    };
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(offset) = memchr::memchr(b'\\', &bytes[at..]) {
        at += offset;
        let pair = |low: Option<u16>| low.is_some_and(|low| (0xdc00..0xe000).contains(&low));
        match unit(at) {
            Some(0xd800..0xdc00) if pair(unit(at + 6)) => at += 12,
            Some(0xd800..0xe000) => {
                out.push_str(&raw[copied..at]);
                out.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    out.push_str(&raw[copied..]);
    Cow::Owned(out)
}

fn string(raw: &str) -> Cow<'_, str> {
    let inner = &raw[1..raw.len().max(2) - 1];
    // Most are too short for a search that has to be called.
    if !inner.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(serde_json::from_str(&sound(raw)).unwrap_or_else(|_| inner.to_owned()))
}

fn not_json(text: &str, error: &serde_json::Error) -> Rejection {
    if error.is_data() {
        return Rejection::new(Reason::NotAnEvent, "a JSON value that is not an object");
    }
    if text.trim_start().is_empty() {
        return Rejection::new(Reason::NotJson, "only white space");
    }
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    Rejection::new(Reason::NotJson, format!("{what} at character {}", error.column()))
}

/// True for JSON nested deeper than [`DEEPEST`] levels.
pub(super) fn too_deep(line: &[u8]) -> bool {
    if memchr::memchr2_iter(b'{', b'[', line).nth(DEEPEST).is_none() {
        return false;
    }
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest > DEEPEST
}

struct FieldsVisitor;

#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'t> Visitor<'t> for FieldsVisitor {
    type Value = Fields<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Fields<'t>, A::Error> {
        let mut fields = Vec::with_capacity(12);
        while let Some(Key(key)) = map.next_key()? {
            let raw: &'t RawValue = map.next_value()?;
            fields.push((key, raw.get()));
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text() {
        let found = object(br#" {"a": {"b" : [1.10, "x"]}, "c\n":null, "a":"y"} "#).unwrap();
        let found: Vec<_> = found.iter().map(|(key, raw)| (key.as_ref(), *raw)).collect();
        assert_eq!(found, [("a", r#"{"b" : [1.10, "x"]}"#), ("c\n", "null"), ("a", "\"y\"")]);
    }

    #[test]
    fn faults_say_what_was_found() {
        let reason = |line: &[u8]| object(line).unwrap_err().reason;
        assert_eq!(reason(b"{\"a\":1"), Reason::NotJson);
        assert_eq!(reason(b"{\"a\":1} x"), Reason::NotJson);
        assert_eq!(reason(b"17"), Reason::NotAnEvent);
        assert_eq!(reason(b"[1]"), Reason::NotAnEvent);
        assert_eq!(reason(b"{\"a\":\"\xff\"}"), Reason::NotUtf8);
        let deep = [b"{\"a\":".repeat(101), b"1".to_vec(), b"}".repeat(101)].concat();
        assert_eq!(reason(&deep), Reason::TooDeep);
        assert!(object(&[b"{\"a\":[".to_vec(), b"[],".repeat(500), b"[]]}".to_vec()].concat()).is_ok());
        assert!(object(br#"{"a":1"#).unwrap_err().detail.contains("at character 6"));
    }

    #[test]
    fn scalars_of_every_kind() {
        assert_eq!(scalar("null"), Scalar::Missing);
        assert_eq!(scalar("\"\""), Scalar::Missing);
        assert_eq!(scalar(r#""a\u00e9\"""#), Scalar::Text("aé\"".into()));
        assert_eq!(scalar("17"), Scalar::Literal("17"));
        assert_eq!(scalar("[1]"), Scalar::Nested);
        assert_eq!(scalar(r#""\ud800""#), Scalar::Text("\u{fffd}".into()));
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_kept() {
        assert_eq!(sound(r#""a\ud83d""#), r#""a\ufffd""#);
        assert_eq!(sound(r#""\udc00\ud83d\ude00\\ud83d""#), r#""\ufffd\ud83d\ude00\\ud83d""#);
        assert!(matches!(sound(r#"{"a":"\u00e9\n"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn built_objects_are_json() {
        let mut object = String::new();
        push_member(&mut object, "a\"b", "1");
        push_member(&mut object, "c", "[2]");
        close(&mut object);
        assert_eq!(object, r#"{"a\"b":1,"c":[2]}"#);
        add_member(&mut object, "d", "3");
        assert_eq!(object, r#"{"a\"b":1,"c":[2],"d":3}"#);
        for empty in ["", "{ }"] {
            let mut object = empty.to_owned();
            add_member(&mut object, "d", &text("x\n"));
            assert_eq!(object, r#"{"d":"x\n"}"#);
        }
    }
}
