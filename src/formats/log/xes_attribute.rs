//! An attribute of a process log as a key and a JSON value. Not for which attribute means what: see `xes`.

use super::csv_layout::is_number;
use super::json;
use super::xml::{Element, Tag, Tags};
use super::{LONGEST_RECORD, ReadError};

/// Deepest nesting of attributes that is read; what lies below is left out.
const DEEPEST: usize = 20;

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Its key.
    pub key: String,
    /// Its value as JSON.
    pub raw: String,
}

impl Attribute {
    /// The value as text, whatever its kind.
    pub(super) fn text(&self) -> String {
        match json::scalar(&self.raw) {
            json::Scalar::Text(text) => text.into_owned(),
            json::Scalar::Literal(text) => text.to_owned(),
            json::Scalar::Missing | json::Scalar::Nested => String::new(),
        }
    }
}

/// True for the name of an element that is an attribute.
pub(super) fn is_attribute(name: &str) -> bool {
    matches!(name, "string" | "date" | "int" | "float" | "boolean" | "id" | "list" | "container")
}

/// Reads the attribute that `element` begins to its end; `None` for one without a key or a value.
///
/// A list is a JSON list of its values, a container an object. An attribute that has a value and attributes of its own is
/// an object, the value under `value`.
///
/// # Errors
/// When the input cannot be read on.
pub(super) fn attribute(tags: &mut Tags<'_>, element: Element) -> Result<Option<Attribute>, ReadError> {
    read(tags, element, 0)
}

fn read(tags: &mut Tags<'_>, element: Element, depth: usize) -> Result<Option<Attribute>, ReadError> {
    let inner = members(tags, depth)?;
    if element.key.is_empty() {
        return Ok(None);
    }
    let raw = match element.name.as_str() {
        "list" => {
            let values: Vec<&str> = inner.iter().map(|member| member.raw.as_str()).collect();
            format!("[{}]", values.join(","))
        }
        "container" => object(&inner, None),
        name => match (value(name, &element.value), inner.is_empty()) {
            (value, false) => object(&inner, value.as_deref()),
            (Some(value), true) => value,
            (None, true) => return Ok(None),
        },
    };
    Ok(Some(Attribute { key: element.key, raw }))
}

/// The attributes within the element last begun, to its end.
fn members(tags: &mut Tags<'_>, depth: usize) -> Result<Vec<Attribute>, ReadError> {
    let mut found = Vec::new();
    let mut size = 0;
    loop {
        match tags.next()? {
            None | Some(Tag::Close) => return Ok(found),
            Some(Tag::Open(_)) if depth >= DEEPEST || size > LONGEST_RECORD => tags.skip()?,
            // Around the values of a list.
            Some(Tag::Open(element)) if element.name == "values" => {
                found.extend(members(tags, depth + 1)?);
            }
            Some(Tag::Open(element)) if is_attribute(&element.name) => {
                let inner = read(tags, element, depth + 1)?;
                size += inner.as_ref().map_or(0, |inner| inner.raw.len());
                found.extend(inner);
            }
            Some(Tag::Open(_)) => tags.skip()?,
        }
    }
}

fn object(members: &[Attribute], value: Option<&str>) -> String {
    let mut object = String::new();
    if let Some(value) = value {
        json::push_member(&mut object, "value", value);
    }
    members.iter().for_each(|member| json::push_member(&mut object, &member.key, &member.raw));
    json::close(&mut object);
    if object.is_empty() { "{}".to_owned() } else { object }
}

/// A value as JSON, by the kind of its element; what is not of that kind is text, and an empty one is none.
fn value(kind: &str, written: &str) -> Option<String> {
    if written.is_empty() {
        return None;
    }
    Some(match kind {
        "int" | "float" if is_number(written) => written.to_owned(),
        "float" => match written.parse::<f64>() {
            Ok(number) if number.is_finite() => format!("{number:?}"),
            _ => json::text(written),
        },
        "boolean" if written.eq_ignore_ascii_case("true") => "true".to_owned(),
        "boolean" if written.eq_ignore_ascii_case("false") => "false".to_owned(),
        _ => json::text(written),
    })
}
