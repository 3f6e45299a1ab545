//! The written form of properties and shapes: one flat table each, the same in stored items and in text files. Not for
//! names in place of ids: see `text`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::event::{EventProperty, Openness, Presence, PropertySource};
use super::property::{PropertySpec, Sensitivity};
use super::shape::{Format, Limits, Shape, Types};
use super::{Foreign, is_usual};
use crate::model::item::ItemId;

/// Everything that a written property may say. Which of it is allowed depends on what is read from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Form {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<ItemId>,
    #[serde(skip_serializing_if = "is_usual")]
    display_name: String,
    #[serde(skip_serializing_if = "is_usual")]
    description: String,
    #[serde(rename = "type", skip_serializing_if = "is_usual")]
    types: Types,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<ItemId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<Presence>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    by_source: BTreeMap<String, Presence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<Value>,
    #[serde(skip_serializing_if = "is_usual")]
    note: String,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    values: Vec<Value>,
    #[serde(rename = "const", skip_serializing_if = "Option::is_none")]
    constant: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiple_of: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_items: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_items: Option<u64>,
    #[serde(skip_serializing_if = "is_usual")]
    unique_items: bool,
    #[serde(skip_serializing_if = "is_usual")]
    open: Openness,
    #[serde(skip_serializing_if = "is_usual")]
    unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Foreign::is_empty")]
    fields: Foreign,
    #[serde(skip_serializing_if = "Foreign::is_empty")]
    foreign: Foreign,
    #[serde(skip_serializing_if = "Foreign::is_empty")]
    schema: Foreign,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Shape>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<EventProperty>,
}

/// `personal = true`, `false`, or the kind: `"e-mail"`. Not said is not the same as false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Personal {
    Whether(bool),
    Kind(String),
}

impl Form {
    fn sensitivity(&self) -> Sensitivity {
        match &self.personal {
            None => Sensitivity::Undeclared,
            Some(Personal::Whether(false)) => Sensitivity::NotPersonal,
            Some(Personal::Whether(true)) => Sensitivity::Personal(String::new()),
            Some(Personal::Kind(kind)) => Sensitivity::Personal(kind.clone()),
        }
    }

    /// Takes what says the shape.
    fn take_shape(&mut self) -> Shape {
        let limits = Limits {
            values: std::mem::take(&mut self.values),
            constant: self.constant.take(),
            pattern: self.pattern.take(),
            format: self.format.take(),
            minimum: self.minimum.take(),
            maximum: self.maximum.take(),
            above: self.above.take(),
            below: self.below.take(),
            multiple_of: self.multiple_of.take(),
            min_length: self.min_length.take(),
            max_length: self.max_length.take(),
            min_items: self.min_items.take(),
            max_items: self.max_items.take(),
            unique_items: std::mem::take(&mut self.unique_items),
        };
        Shape {
            types: std::mem::take(&mut self.types),
            limits: (limits != Limits::default()).then(|| Box::new(limits)),
            items: self.items.take(),
            properties: std::mem::take(&mut self.properties),
            open: std::mem::take(&mut self.open),
            custom: self.custom.take(),
            foreign: std::mem::take(&mut self.schema),
        }
    }

    /// Takes what says the property.
    fn take_spec(&mut self) -> Option<PropertySpec> {
        Some(PropertySpec {
            name: self.name.take()?,
            display_name: std::mem::take(&mut self.display_name),
            description: std::mem::take(&mut self.description),
            sensitivity: self.sensitivity(),
            unit: std::mem::take(&mut self.unit),
            example: self.example.take(),
            aliases: std::mem::take(&mut self.aliases),
            tags: std::mem::take(&mut self.tags),
            fields: std::mem::take(&mut self.fields),
            foreign: std::mem::take(&mut self.foreign),
            shape: {
                self.personal = None;
                self.take_shape()
            },
        })
    }

    /// What nothing took has no place there.
    fn spent(self, what: &str) -> Result<(), String> {
        if self == Form::default() {
            return Ok(());
        }
        let rest =
            serde_json::to_value(&self).ok().and_then(|rest| rest.as_object().cloned()).unwrap_or_default();
        let keys: Vec<&str> = rest.keys().map(String::as_str).collect();
        Err(format!("{what} does not say {}", keys.join(", ")))
    }

    fn set_shape(&mut self, shape: Shape) {
        let limits = shape.limits.map(|limits| *limits).unwrap_or_default();
        let Limits { values, constant, pattern, format, minimum, maximum, above, below, multiple_of, .. } =
            limits;
        (self.values, self.constant, self.pattern, self.format) = (values, constant, pattern, format);
        (self.minimum, self.maximum, self.above, self.below) = (minimum, maximum, above, below);
        (self.multiple_of, self.unique_items) = (multiple_of, limits.unique_items);
        (self.min_length, self.max_length) = (limits.min_length, limits.max_length);
        (self.min_items, self.max_items) = (limits.min_items, limits.max_items);
        (self.types, self.items, self.properties) = (shape.types, shape.items, shape.properties);
        (self.open, self.custom, self.schema) = (shape.open, shape.custom, shape.foreign);
    }

    fn set_spec(&mut self, spec: PropertySpec) {
        self.name = Some(spec.name);
        self.personal = match spec.sensitivity {
            Sensitivity::Undeclared => None,
            Sensitivity::NotPersonal => Some(Personal::Whether(false)),
            Sensitivity::Personal(kind) if kind.is_empty() => Some(Personal::Whether(true)),
            Sensitivity::Personal(kind) => Some(Personal::Kind(kind)),
        };
        (self.display_name, self.description, self.unit) = (spec.display_name, spec.description, spec.unit);
        (self.example, self.aliases, self.tags) = (spec.example, spec.aliases, spec.tags);
        (self.fields, self.foreign) = (spec.fields, spec.foreign);
        self.set_shape(spec.shape);
    }
}

impl TryFrom<Form> for Shape {
    type Error = String;

    fn try_from(mut form: Form) -> Result<Shape, String> {
        let shape = form.take_shape();
        form.spent("A list's items").map(|()| shape)
    }
}

impl From<Shape> for Form {
    fn from(shape: Shape) -> Form {
        let mut form = Form::default();
        form.set_shape(shape);
        form
    }
}

impl TryFrom<Form> for PropertySpec {
    type Error = String;

    fn try_from(mut form: Form) -> Result<PropertySpec, String> {
        let spec = form.take_spec().ok_or("A property has no name")?;
        form.spent("A property of the library").map(|()| spec)
    }
}

impl From<PropertySpec> for Form {
    fn from(spec: PropertySpec) -> Form {
        let mut form = Form::default();
        form.set_spec(spec);
        form
    }
}

impl TryFrom<Form> for EventProperty {
    type Error = String;

    fn try_from(mut form: Form) -> Result<EventProperty, String> {
        let source = match (form.shared.take(), form.name.is_some()) {
            (Some(id), false) => PropertySource::Shared(id),
            (Some(_), true) => {
                return Err("A property is shared or has a name of its own, not both".to_owned());
            }
            (None, _) => PropertySource::Own(Box::new(form.take_spec().ok_or("A property has no name")?)),
        };
        let property = EventProperty {
            source,
            presence: form.presence.take().unwrap_or_default(),
            by_source: std::mem::take(&mut form.by_source),
            pinned: form.pinned.take(),
            allowed: std::mem::take(&mut form.allowed),
            note: std::mem::take(&mut form.note),
        };
        form.spent("A shared property, where it is used,").map(|()| property)
    }
}

impl From<EventProperty> for Form {
    fn from(property: EventProperty) -> Form {
        let mut form = Form {
            presence: (property.presence != Presence::default()).then_some(property.presence),
            by_source: property.by_source,
            pinned: property.pinned,
            allowed: property.allowed,
            note: property.note,
            ..Form::default()
        };
        match property.source {
            PropertySource::Shared(id) => form.shared = Some(id),
            PropertySource::Own(spec) => form.set_spec(*spec),
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same<T: serde::de::DeserializeOwned + Serialize>(json: &str) {
        let read: T = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }

    #[track_caller]
    fn refused<T: serde::de::DeserializeOwned + std::fmt::Debug>(json: &str, why: &str) {
        let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_written_property_is_read_and_written_the_same() {
        same::<EventProperty>(
            r#"{"name":"value","type":"number","presence":"always","minimum":0,"personal":false}"#,
        );
        same::<EventProperty>(
            r#"{"shared":7,"presence":"never","by_source":{"ios":"always"},"allowed":["a"]}"#,
        );
        same::<EventProperty>(
            r#"{"name":"items","type":"array","items":{"type":"object","properties":[{"name":"sku","personal":"id"}]}}"#,
        );
        same::<PropertySpec>(r#"{"name":"email","type":["string","null"],"format":"email","personal":true}"#);
        same::<Shape>(r#"{"type":"string","enum":["a",1.5,null],"maximum":12345678901234567890}"#);
        same::<Shape>(r#"{"custom":9}"#);
    }

    #[test]
    fn what_has_no_place_is_refused_by_its_name() {
        refused::<EventProperty>(r#"{"name":"a","shared":7}"#, "not both");
        refused::<EventProperty>(r#"{"type":"string"}"#, "no name");
        refused::<EventProperty>(r#"{"shared":7,"type":"string"}"#, "does not say type");
        refused::<PropertySpec>(r#"{"name":"a","presence":"always"}"#, "does not say presence");
        refused::<Shape>(r#"{"name":"a"}"#, "does not say name");
        refused::<Shape>(r#"{"typ":"string"}"#, "unknown field `typ`");
    }
}
