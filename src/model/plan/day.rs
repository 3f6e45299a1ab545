//! A day as `2026-03-31`, for stored forms.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serializer};

const FORM: &str = "%Y-%m-%d";

pub(super) fn serialize<S: Serializer>(day: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) => serializer.collect_str(&day.format(FORM)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let day = |text: String| NaiveDate::parse_from_str(&text, FORM).map_err(serde::de::Error::custom);
    text.map(day).transpose()
}
