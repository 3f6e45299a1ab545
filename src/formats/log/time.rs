//! Times as foreign logs write them. Not for zones and buckets: see `model::time`.
//!
//! `auto` reads ISO 8601 (`T` or a space, `Z`, `UTC` or an offset, a date alone) and epoch numbers, also as text.
//! The unit of a number follows from its size, and every size has one reading at most:
//!
//! | number | read as |
//! |---|---|
//! | 631,152,000 up to 4,102,444,800 | seconds |
//! | 631,152,000,000 up to 4,102,444,800,000 | milliseconds |
//! | 631,152,000,000,000 up to 4,102,444,800,000,000 | microseconds |
//!
//! The bounds are 1990 and 2100. Anything else, nanoseconds too, is out of range and never guessed. Times
//! without a zone are in the zone given: in a gap of the clock as much later as it was put on, in an overlap the
//! earlier one.

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::reason::{Reason, Rejection, quoted};
use crate::base::Diagnostic;
use crate::model::time::{DAY_US, SECOND_US, Time, Zone};

/// How the times of a log are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// ISO text, or epoch numbers by their size.
    #[default]
    Auto,
    /// ISO text only.
    Iso,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Days since the end of 1899, as Excel counts them, with the time of day as a fraction; without a zone.
    ExcelDays,
    /// A strftime pattern.
    Pattern(String),
}

impl TimeFormat {
    /// The format of its text in a mapping.
    ///
    /// # Errors
    /// When it is neither a known word nor a strftime pattern.
    pub fn parse(text: &str) -> Result<TimeFormat, Diagnostic> {
        match text {
            "auto" => Ok(TimeFormat::Auto),
            "iso" => Ok(TimeFormat::Iso),
            "s" => Ok(TimeFormat::Seconds),
            "ms" => Ok(TimeFormat::Millis),
            "us" => Ok(TimeFormat::Micros),
            "excel" => Ok(TimeFormat::ExcelDays),
            _ if text.contains('%') && !StrftimeItems::new(text).any(|item| matches!(item, Item::Error)) => {
                Ok(TimeFormat::Pattern(text.to_owned()))
            }
            _ => Err(Diagnostic::error("bad-time-format", format!("“{text}” is not a time format"))
                .hint("Write auto, iso, s, ms, us, excel, or a pattern such as %d.%m.%Y %H:%M:%S")),
        }
    }

    /// Its text in a mapping.
    pub fn text(&self) -> &str {
        match self {
            TimeFormat::Auto => "auto",
            TimeFormat::Iso => "iso",
            TimeFormat::Seconds => "s",
            TimeFormat::Millis => "ms",
            TimeFormat::Micros => "us",
            TimeFormat::ExcelDays => "excel",
            TimeFormat::Pattern(pattern) => pattern,
        }
    }

    /// Reads a time written as text or as a bare number.
    ///
    /// # Errors
    /// [`Reason::BadTime`] or [`Reason::TimeOutOfRange`], with the text.
    pub fn read(&self, text: &str, zone: Zone) -> Result<Time, Rejection> {
        let text = text.trim();
        let time = match self {
            TimeFormat::Auto => iso(text, zone).or_else(|| number(text).map(by_size)),
            TimeFormat::Iso => iso(text, zone),
            TimeFormat::Seconds => number(text).map(|n| n.micros(SECOND_US)),
            TimeFormat::Millis => number(text).map(|n| n.micros(1000)),
            TimeFormat::Micros => number(text).map(|n| n.micros(1)),
            TimeFormat::ExcelDays => number(text).and_then(|_| excel_days(text, zone)),
            TimeFormat::Pattern(pattern) => by_pattern(text, pattern, zone),
        };
        match time {
            None => Err(Rejection::new(Reason::BadTime, quoted(text))),
            Some(time) if time < Time::EARLIEST || time >= Time::LATEST => {
                Err(Rejection::new(Reason::TimeOutOfRange, quoted(text)))
            }
            Some(time) => Ok(time),
        }
    }
}

/// A number of units with its fraction in millionths.
#[derive(Clone, Copy)]
struct Number {
    whole: i64,
    millionths: i64,
}

impl Number {
    fn micros(self, unit_us: i64) -> Time {
        let fraction = self.millionths * unit_us / SECOND_US;
        Time(self.whole.saturating_mul(unit_us).saturating_add(fraction))
    }
}

/// The number in the unit whose result lies within 1990–2100; the ranges do not touch. Out of range otherwise.
fn by_size(number: Number) -> Time {
    [SECOND_US, 1000, 1]
        .into_iter()
        .map(|unit_us| number.micros(unit_us))
        .find(|time| *time >= Time::EARLIEST && *time < Time::LATEST)
        .unwrap_or(Time(i64::MAX))
}

/// A decimal number. Exponents are read as floating point; what does not fit is out of every range.
fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !whole.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    if !all_digits(whole) || !all_digits(fraction) {
        let float: f64 = text.parse().ok()?;
        // `as` saturates, which is out of range either way.
        return Some(Number { whole: float.trunc() as i64, millionths: (float.fract() * 1e6) as i64 });
    }
    let whole: i64 = whole.parse().unwrap_or(i64::MAX);
    let mut millionths = 0;
    for index in 0..6 {
        let digit = fraction.as_bytes().get(index).map_or(0, |byte| i64::from(byte - b'0'));
        millionths = millionths * 10 + digit;
    }
    let sign = if negative { -1 } else { 1 };
    Some(Number { whole: sign * whole, millionths: sign * millionths })
}

/// ISO 8601 as logs write it.
fn iso(text: &str, zone: Zone) -> Option<Time> {
    let bytes = text.as_bytes();
    let year = i32::try_from(digits(bytes, 0, 4)?).ok()?;
    (*bytes.get(4)? == b'-' && *bytes.get(7)? == b'-').then_some(())?;
    let date = NaiveDate::from_ymd_opt(year, digits(bytes, 5, 2)?, digits(bytes, 8, 2)?)?;
    if bytes.len() == 10 {
        return Some(midnight(date, zone));
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (hour, minute) = (digits(bytes, 11, 2)?, digits(bytes, 14, 2)?);
    (*bytes.get(13)? == b':').then_some(())?;
    let mut at = 16;
    let mut second = 0;
    let mut micros = 0;
    if bytes.get(at) == Some(&b':') {
        second = digits(bytes, at + 1, 2)?;
        at += 3;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            (micros, at) = fraction(bytes, at + 1)?;
        }
    }
    // A leap second, 60, counts as the first second of the next minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let in_day = (i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)) * SECOND_US + micros;
    match offset(text.get(at..)?.trim_start())? {
        Some(offset_secs) => Some(Time(day_us(date) + in_day - offset_secs * SECOND_US)),
        None if zone.0 == Tz::UTC => Some(Time(day_us(date) + in_day)),
        None => {
            let local = date.and_time(NaiveTime::MIN) + chrono::Duration::microseconds(in_day);
            Some(zone.at(local))
        }
    }
}

/// The offset in seconds of `Z`, `UTC`, `GMT`, `+02`, `+0200`, `+02:00`; `Some(None)` when there is none.
fn offset(text: &str) -> Option<Option<i64>> {
    match text {
        "" => return Some(None),
        "Z" | "z" | "UTC" | "GMT" => return Some(Some(0)),
        _ => {}
    }
    let bytes = text.as_bytes();
    let sign = match bytes[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(bytes, 1, 2)?;
    let minutes = match &bytes[3..] {
        [] => 0,
        [b':', _, _] => digits(bytes, 4, 2)?,
        [_, _] => digits(bytes, 3, 2)?,
        _ => return None,
    };
    (hours <= 18 && minutes <= 59).then_some(Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
}

/// The microseconds of a fraction of any length that starts at `at`, and where it ends.
fn fraction(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |sum, index| {
        let digit = if index < length { i64::from(bytes[at + index] - b'0') } else { 0 };
        sum * 10 + digit
    });
    Some((micros, at + length))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    bytes
        .get(at..at + count)?
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

fn day_us(date: NaiveDate) -> i64 {
    i64::from(date.to_epoch_days()) * DAY_US
}

fn midnight(date: NaiveDate, zone: Zone) -> Time {
    zone.day_start(date)
}

/// The local time of a count of days, to the millisecond: a fraction in a float says no more.
fn excel_days(text: &str, zone: Zone) -> Option<Time> {
    const MILLIS_A_DAY: f64 = 86_400_000.0;
    let days: f64 = text.parse().ok()?;
    // Out of the range of all times anyway.
    if !(0.0..100_000.0).contains(&days) {
        return Some(Time(i64::MAX));
    }
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
    Some(zone.at(start + chrono::Duration::milliseconds((days * MILLIS_A_DAY).round() as i64)))
}

fn by_pattern(text: &str, pattern: &str, zone: Zone) -> Option<Time> {
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, text, StrftimeItems::new(pattern)).ok()?;
    if let Ok(time) = parsed.to_datetime() {
        return Some(Time(time.timestamp_micros()));
    }
    if let Ok(local) = parsed.to_naive_datetime_with_offset(0) {
        let known = parsed.timestamp().is_some();
        return Some(if known { Time(local.and_utc().timestamp_micros()) } else { zone.at(local) });
    }
    let date = parsed.to_naive_date().ok()?;
    let (hour, minute) = (parsed.hour_div_12(), parsed.minute());
    // An hour without minutes is a pattern that says less than it seems: only a date alone is midnight.
    (hour.is_none() && minute.is_none()).then(|| midnight(date, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(text: &str) -> Result<String, Reason> {
        let zone = Zone::named("Europe/Berlin").unwrap();
        TimeFormat::Auto.read(text, zone).map(Time::iso).map_err(|rejection| rejection.reason)
    }

    #[test]
    fn iso_in_its_variants() {
        for (text, want) in [
            ("2024-05-01T10:00:00.249Z", "2024-05-01T10:00:00.249Z"),
            ("2024-05-01T10:00:00,1234567Z", "2024-05-01T10:00:00.123456Z"),
            ("2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00Z"),
            ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00Z"),
            ("2024-05-01T10:00-0530", "2024-05-01T15:30:00Z"),
            ("2024-05-01 10:00:00 +02", "2024-05-01T08:00:00Z"),
            ("2024-05-01 10:00:00", "2024-05-01T08:00:00Z"),
            (" 2024-05-01 ", "2024-04-30T22:00:00Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2024-03-31 02:30:00", "2024-03-31T01:30:00Z"),
        ] {
            assert_eq!(auto(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn the_size_of_a_number_gives_its_unit() {
        for text in ["1767225600", "1767225600000", "1767225600000000", "1767225600.0", "1.7672256e9"] {
            assert_eq!(auto(text).as_deref(), Ok("2026-01-01T00:00:00Z"), "{text}");
        }
        assert_eq!(auto("1767225600.25").as_deref(), Ok("2026-01-01T00:00:00.250Z"));
        assert_eq!(auto("1767225600123.5").as_deref(), Ok("2026-01-01T00:00:00.123500Z"));
        for (edge, inside) in [
            ("631152000", true),
            ("631151999", false),
            ("4102444799", true),
            ("4102444800", false),
            ("631152000000", true),
            ("631151999999", false),
            ("4102444799999999", true),
            ("4102444800000000", false),
        ] {
            assert_eq!(auto(edge).is_ok(), inside, "{edge}");
        }
    }

    #[test]
    fn out_of_range_is_not_guessed() {
        for text in
            ["-1", "0", "1767225600000000000", "1e400", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
        {
            assert_eq!(auto(text), Err(Reason::TimeOutOfRange), "{text}");
        }
        assert_eq!(auto("1989-12-31T23:59:59Z"), Err(Reason::TimeOutOfRange));
        assert_eq!(auto("2100-01-01T00:00:00Z"), Err(Reason::TimeOutOfRange));
    }

    #[test]
    fn what_is_no_time_is_said() {
        for text in [
            "",
            "soon",
            "0000-00-00",
            "2024-02-30",
            "2024-05-01T25:00:00Z",
            "2024-05-01T10:00:00.Z",
            "2024-05-01T10:00:00+2",
            "2024-05-01T10:00:00Zz",
            "2024-05-01Té",
            "1.2.3",
            "nan",
            "inf",
            "12é",
        ] {
            assert_eq!(auto(text), Err(Reason::BadTime), "{text}");
        }
    }

    #[test]
    fn patterns_and_units_are_taken_at_their_word() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let read = |format: &str, text: &str| {
            TimeFormat::parse(format).unwrap().read(text, zone).map(Time::iso).map_err(|no| no.reason)
        };
        assert_eq!(read("%d.%m.%Y %H:%M", "01.05.2024 10:00").as_deref(), Ok("2024-05-01T08:00:00Z"));
        assert_eq!(read("%d/%m/%Y", "01/05/2024").as_deref(), Ok("2024-04-30T22:00:00Z"));
        assert_eq!(
            read("%d.%m.%Y %H:%M %z", "01.05.2024 10:00 +0000").as_deref(),
            Ok("2024-05-01T10:00:00Z")
        );
        assert_eq!(read("%s", "1767225600").as_deref(), Ok("2026-01-01T00:00:00Z"));
        assert_eq!(read("%d.%m.%Y", "1.13.2024"), Err(Reason::BadTime));
        assert_eq!(read("ms", "1767225600").as_deref(), Err(&Reason::TimeOutOfRange));
        assert_eq!(read("iso", "1767225600"), Err(Reason::BadTime));
        for bad in ["millis", "%Q", ""] {
            assert!(TimeFormat::parse(bad).is_err(), "{bad}");
        }
    }
}
