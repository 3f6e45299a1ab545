//! A row of a Parquet file as a JSON object. Not for reading the file: see `parquet`.
//!
//! Numbers and truth values keep their kind; a decimal is written with all its digits. A time is ISO text, with `Z` when
//! the file says it is UTC and without when it is a local one, to the microsecond. A struct is an object, a list a list, a
//! map an object. Bytes are text when they are UTF-8, a UUID when the file says so, and hexadecimal otherwise. What is
//! null, and a number that is not finite, is left out. A column of properties that holds the text of a JSON object is that
//! object.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use super::json;

/// Columns that tools write as the text of a JSON object.
const JSON_COLUMNS: [&str; 11] = [
    "properties",
    "event_properties",
    "person_properties",
    "user_properties",
    "group_properties",
    "set",
    "set_once",
    "context",
    "contexts",
    "traits",
    "data",
];

/// Deepest nesting that is written; what lies below is left out.
const DEEPEST: usize = 90;

/// Appends a row as an object; `schema` is the file's.
pub(super) fn push_row(out: &mut String, row: &Row, schema: &Type) {
    push_group(out, row, Some(schema), 0);
}

fn push_group(out: &mut String, row: &Row, schema: Option<&Type>, depth: usize) {
    out.push('{');
    let mut is_first = true;
    for (index, (name, field)) in row.get_column_iter().enumerate() {
        let schema = schema.and_then(|schema| child(schema, index));
        let before = out.len();
        if !is_first {
            out.push(',');
        }
        json::push_text(out, name);
        out.push(':');
        let is_json = depth == 0 && JSON_COLUMNS.contains(&name.as_str())
            || schema.and_then(logical) == Some(&LogicalType::Json);
        if is_json && push_object_text(out, field) || push_field(out, field, schema, depth + 1) {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push('}');
}

/// The text of a JSON object as that object; false when it is none.
fn push_object_text(out: &mut String, field: &Field) -> bool {
    let text = match field {
        Field::Str(text) => text.as_str(),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).unwrap_or_default(),
        _ => return false,
    };
    if !text.trim_start().starts_with('{') {
        return false;
    }
    // Written anew, on one line.
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => write!(out, "{value}").is_ok(),
        Err(_) => false,
    }
}

/// Appends a value; false when it is left out, and then something may have been appended.
fn push_field(out: &mut String, field: &Field, schema: Option<&Type>, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    match field {
        Field::Null => return false,
        Field::Bool(value) => push(out, value),
        Field::Byte(value) => push(out, value),
        Field::Short(value) => push(out, value),
        Field::Int(value) => push(out, value),
        Field::Long(value) => push_long(out, *value, schema),
        Field::UByte(value) => push(out, value),
        Field::UShort(value) => push(out, value),
        Field::UInt(value) => push(out, value),
        Field::ULong(value) => push(out, value),
        Field::Float16(value) => return push_float(out, f64::from(value.to_f32()), value.to_f32()),
        Field::Float(value) => return push_float(out, f64::from(*value), *value),
        Field::Double(value) => return push_float(out, *value, *value),
        Field::Decimal(_) => push(out, field),
        Field::Str(text) => json::push_text(out, text),
        Field::Bytes(bytes) => push_bytes(out, bytes.data(), schema),
        Field::Date(days) => match days.checked_add(719_163).and_then(NaiveDate::from_num_days_from_ce_opt) {
            Some(date) => json::push_text(out, &date.to_string()),
            None => push(out, days),
        },
        Field::TimeMillis(millis) => push_time_of_day(out, i64::from(*millis).saturating_mul(1000)),
        Field::TimeMicros(micros) => push_time_of_day(out, *micros),
        Field::TimestampMillis(millis) => push_time(out, millis.saturating_mul(1000), is_utc(schema)),
        Field::TimestampMicros(micros) => push_time(out, *micros, is_utc(schema)),
        Field::Group(row) => push_group(out, row, schema, depth),
        Field::ListInternal(list) => {
            out.push('[');
            for (index, element) in list.elements().iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let before = out.len();
                if !push_field(out, element, schema.map(element_of), depth + 1) {
                    out.truncate(before);
                    out.push_str("null");
                }
            }
            out.push(']');
        }
        Field::MapInternal(map) => push_map(out, map.entries(), schema, depth),
    }
    true
}

fn push_map(out: &mut String, entries: &[(Field, Field)], schema: Option<&Type>, depth: usize) {
    let pair = schema.and_then(|schema| child(schema, 0));
    let (key_type, value_type) = (pair.and_then(|pair| child(pair, 0)), pair.and_then(|pair| child(pair, 1)));
    out.push('{');
    let mut is_first = true;
    for (key, value) in entries {
        let before = out.len();
        if !is_first {
            out.push(',');
        }
        let mut name = String::new();
        push_field(&mut name, key, key_type, depth + 1);
        if name.starts_with('"') {
            out.push_str(&name);
        } else {
            json::push_text(out, &name);
        }
        out.push(':');
        if push_field(out, value, value_type, depth + 1) {
            is_first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push('}');
}

fn push(out: &mut String, value: &impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

/// The shortest text that reads back as the same number.
fn push_float(out: &mut String, value: f64, written: impl std::fmt::Debug) -> bool {
    value.is_finite() && write!(out, "{written:?}").is_ok()
}

/// A number, or a time that only its newer annotation tells.
fn push_long(out: &mut String, value: i64, schema: Option<&Type>) {
    match schema.and_then(logical) {
        Some(LogicalType::Timestamp(time)) => push_time(out, micros(value, &time.unit), is_utc(schema)),
        Some(LogicalType::Time(time)) => push_time_of_day(out, micros(value, &time.unit)),
        _ => push(out, &value),
    }
}

fn micros(value: i64, unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => value.saturating_mul(1000),
        TimeUnit::MICROS => value,
        TimeUnit::NANOS => value.div_euclid(1000),
    }
}

fn push_time(out: &mut String, micros: i64, is_utc: bool) {
    match DateTime::from_timestamp_micros(micros) {
        Some(time) => {
            let format = if micros % 1_000_000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
            let _ = write!(out, "\"{}{}\"", time.format(format), if is_utc { "Z" } else { "" });
        }
        None => push(out, &micros),
    }
}

fn push_time_of_day(out: &mut String, micros: i64) {
    let seconds = micros.div_euclid(1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = match micros.rem_euclid(1_000_000) {
        _ if !(0..86_400).contains(&seconds) => write!(out, "{micros}"),
        0 => write!(out, "\"{hour:02}:{minute:02}:{second:02}\""),
        fraction => write!(out, "\"{hour:02}:{minute:02}:{second:02}.{fraction:06}\""),
    };
}

fn push_bytes(out: &mut String, bytes: &[u8], schema: Option<&Type>) {
    let is_uuid = bytes.len() == 16 && schema.and_then(logical) == Some(&LogicalType::Uuid);
    if !is_uuid && let Ok(text) = std::str::from_utf8(bytes) {
        return json::push_text(out, text);
    }
    out.push('"');
    for (index, byte) in bytes.iter().enumerate() {
        if is_uuid && matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out.push('"');
}

/// True unless the file says that the times are local ones.
fn is_utc(schema: Option<&Type>) -> bool {
    match schema.and_then(logical) {
        Some(LogicalType::Timestamp(time)) => time.is_adjusted_to_u_t_c,
        _ => true,
    }
}

fn logical(schema: &Type) -> Option<&LogicalType> {
    schema.get_basic_info().logical_type_ref()
}

fn child(schema: &Type, index: usize) -> Option<&Type> {
    if schema.is_primitive() {
        return None;
    }
    schema.get_fields().get(index).map(AsRef::as_ref)
}

/// The type of a list's elements, in the forms that writers use.
fn element_of(schema: &Type) -> &Type {
    let is_list = !schema.is_primitive() && schema.get_basic_info().converted_type() == ConvertedType::LIST;
    let Some(repeated) = child(schema, 0).filter(|_| is_list) else { return schema };
    let is_element = repeated.is_primitive()
        || repeated.get_fields().len() != 1
        || repeated.name() == "array"
        || repeated.name().ends_with("_tuple");
    if is_element { repeated } else { child(repeated, 0).unwrap_or(repeated) }
}
