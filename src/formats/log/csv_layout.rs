//! Rows of a table as events, by a mapping whose columns have been looked up. Not for splitting rows: see `csv_record`.

use std::borrow::Cow;

use super::calls;
use super::csv_record::{Fault, Row};
use super::json;
use super::mapping::{Encoding, Mapping, Properties};
use super::reason::{Reason, Rejection};
use super::segment::check_identifiers;
use super::time::TimeFormat;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::{Time, Zone};

/// A mapping with its columns looked up.
pub(super) struct Layout {
    width: usize,
    encoding: Encoding,
    event: Option<usize>,
    event_is: String,
    time: Option<usize>,
    user_id: Option<usize>,
    anonymous_id: Option<usize>,
    message_id: Option<usize>,
    call_type: Option<usize>,
    previous_id: Option<usize>,
    /// Column and name of each property.
    properties: Vec<(usize, String)>,
    /// Columns that belong to nothing.
    extra: Vec<(usize, String)>,
    format: TimeFormat,
    zone: Zone,
    /// Of a table of persons: when its traits are of.
    traits_at: Option<Time>,
}

/// The cells of one row as text.
pub(super) struct Cells<'r> {
    row: &'r Row<'r>,
    /// The row, when it is UTF-8 and said to be.
    text: Option<&'r str>,
}

impl<'r> Cells<'r> {
    /// Of a row that should have `width` of them.
    ///
    /// # Errors
    /// A row that is too long, ragged, no text, or has an open quote.
    pub(super) fn new(row: &'r Row<'r>, encoding: Encoding, width: usize) -> Result<Cells<'r>, Rejection> {
        match row.fault {
            Some(Fault::TooLong(length)) => {
                return Err(Rejection::new(Reason::TooLong, format!("{length} bytes")));
            }
            Some(Fault::OpenQuote) => return Err(Rejection::new(Reason::OpenQuote, "")),
            None => {}
        }
        let text = match encoding {
            Encoding::Utf8 => Some(std::str::from_utf8(row.bytes).map_err(|error| json::not_utf8(&error))?),
            Encoding::Windows1252 => None,
        };
        if row.len() != width {
            let detail = format!("expected {width} fields, received {}", row.len());
            return Err(Rejection::new(Reason::RaggedRow, detail));
        }
        Ok(Cells { row, text })
    }

    /// One of them, counted from 0.
    pub(super) fn at(&self, index: usize) -> Cow<'r, str> {
        match self.text {
            Some(text) => self.row.field(text, index),
            None => self.row.western(index),
        }
    }

    fn of(&self, column: Option<usize>) -> Cow<'r, str> {
        column.map_or(Cow::Borrowed(""), |index| self.at(index))
    }
}

impl Layout {
    /// Of a completed mapping that fits `columns`.
    pub(super) fn new(
        mapping: &Mapping,
        columns: &[String],
        encoding: Encoding,
        zone: Zone,
        now: Time,
    ) -> Layout {
        let at = |name: &Option<String>| {
            name.as_ref().and_then(|name| columns.iter().position(|column| column == name))
        };
        let call_type = at(&mapping.call_type);
        let mut layout = Layout {
            width: columns.len(),
            encoding,
            event: at(&mapping.event),
            event_is: mapping.event_is.clone().unwrap_or_default(),
            time: at(&mapping.time),
            user_id: at(&mapping.user_id),
            anonymous_id: at(&mapping.anonymous_id),
            message_id: at(&mapping.message_id),
            call_type,
            previous_id: columns
                .iter()
                .position(|column| call_type.is_some() && calls::is_previous_id(column)),
            properties: Vec::new(),
            extra: Vec::new(),
            format: mapping.time_format.clone(),
            zone,
            traits_at: mapping.is_of_persons().then_some(now.max(Time::EARLIEST)),
        };
        let roles = [
            layout.event,
            layout.time,
            layout.user_id,
            layout.anonymous_id,
            layout.message_id,
            layout.call_type,
            layout.previous_id,
        ];
        for (index, column) in columns.iter().enumerate() {
            let free = !roles.contains(&Some(index));
            match &mapping.properties {
                Properties::Rest if free => layout.properties.push((index, column.clone())),
                Properties::Columns(listed) if listed.contains(column) => {
                    layout.properties.push((index, column.clone()));
                }
                Properties::Columns(_) if free => layout.extra.push((index, column.clone())),
                Properties::Rest | Properties::Columns(_) => {}
            }
        }
        layout
    }

    /// What a row becomes.
    ///
    /// # Errors
    /// Why it is no event.
    pub(super) fn event(&self, row: &Row<'_>) -> Result<NewEvent, Rejection> {
        let cells = Cells::new(row, self.encoding, self.width)?;
        let kind = match self.traits_at {
            Some(_) => EventKind::Traits,
            None => calls::kind(&cells.of(self.call_type))?,
        };
        let mut properties = members(&self.properties, &cells);
        let mut extra = members(&self.extra, &cells);
        let written = self.event.map_or(Cow::Borrowed(self.event_is.as_str()), |index| cells.at(index));
        let name = calls::name(kind, &written, &mut properties, &mut extra)?;
        let previous = cells.of(self.previous_id);
        if kind != EventKind::Alias && !previous.is_empty() {
            json::add_member(&mut extra, "previousId", &json::text(&previous));
        }
        let id = |column| Some(cells.of(column)).filter(|text| !text.is_empty()).map(Cow::into_owned);
        let event = NewEvent {
            kind,
            name,
            time: self.time(&cells)?,
            message_id: id(self.message_id),
            anonymous_id: id(self.anonymous_id),
            user_id: id(self.user_id),
            previous_id: id(self.previous_id).filter(|_| kind == EventKind::Alias),
            properties,
            context: String::new(),
            extra,
        };
        check_identifiers(&event)?;
        Ok(event)
    }

    fn time(&self, cells: &Cells<'_>) -> Result<Time, Rejection> {
        if let Some(time) = self.traits_at {
            return Ok(time);
        }
        let written = cells.of(self.time);
        if written.trim().is_empty() {
            return Err(Rejection::new(Reason::NoTime, ""));
        }
        self.format.read(&written, self.zone)
    }
}

fn members(columns: &[(usize, String)], cells: &Cells<'_>) -> String {
    let mut object = String::new();
    for (index, name) in columns {
        push_cell(&mut object, name, &cells.at(*index));
    }
    json::close(&mut object);
    object
}

/// Adds a cell to an object being built, typed by itself; an empty one is missing.
pub(super) fn push_cell(object: &mut String, name: &str, cell: &str) {
    if cell.is_empty() {
        return;
    }
    if is_number(cell) {
        json::push_member(object, name, cell);
    } else if cell.eq_ignore_ascii_case("true") {
        json::push_member(object, name, "true");
    } else if cell.eq_ignore_ascii_case("false") {
        json::push_member(object, name, "false");
    } else {
        json::push_member(object, name, "");
        json::push_text(object, cell);
    }
}

/// True for the text of a JSON number that survives being read as one.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        digits(unsigned) && unsigned.len() <= 2 && (unsigned.len() < exponent.len() || fraction.is_some())
    });
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && whole.len() + fraction.map_or(0, str::len) <= 15
        && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_json_and_people_call_numbers() {
        for text in ["0", "-0", "17", "-3.50", "0.1", "999999999999999", "1e-07", "1.5E7", "2.5e+10"] {
            assert!(is_number(text), "{text}");
            assert!(serde_json::from_str::<f64>(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "-",
            "007",
            "+1",
            "1.",
            ".5",
            "1,5",
            "1e5",
            "1e",
            "1.5e",
            "1.5e999",
            "1234567890123456",
            "0x1",
            " 1",
        ] {
            assert!(!is_number(text), "{text}");
        }
    }
}
