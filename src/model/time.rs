//! Instants, spans, zones and calendar buckets. Not for reading foreign time formats: see `formats::log::time`.

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Utc,
};
use chrono_tz::Tz;

use crate::base::Diagnostic;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;
/// Microseconds in a day of 24 hours.
pub const DAY_US: i64 = 86_400 * SECOND_US;
/// The longest pause inside a session, unless a question says another: 30 minutes. A pause equal to it stays inside.
pub const SESSION_GAP_US: i64 = 30 * 60 * SECOND_US;

impl Time {
    /// 1990-01-01T00:00:00Z: earlier times in a log are taken for errors.
    pub const EARLIEST: Time = Time(631_152_000 * SECOND_US);
    /// 2100-01-01T00:00:00Z: times from here on in a log are taken for errors.
    pub const LATEST: Time = Time(4_102_444_800 * SECOND_US);

    /// Parses an ISO 8601 time with `Z` or an offset, or a date alone (midnight UTC).
    pub fn parse(text: &str) -> Option<Time> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Time(time.timestamp_micros()));
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Time(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
    }

    /// `2026-03-01T10:00:00Z`, with as many of milli- and microseconds as are not zero.
    pub fn iso(self) -> String {
        let format = match self.0 {
            us if us % SECOND_US == 0 => "%Y-%m-%dT%H:%M:%SZ",
            us if us % 1000 == 0 => "%Y-%m-%dT%H:%M:%S%.3fZ",
            _ => "%Y-%m-%dT%H:%M:%S%.6fZ",
        };
        self.utc().format(format).to_string()
    }

    /// `3 May 2026, 10:11` in a zone.
    pub fn human(self, zone: Zone) -> String {
        self.local(zone).format("%-d %b %Y, %H:%M").to_string()
    }

    /// `3 May, 10:11:12` in a zone, for rows of one person.
    pub fn human_seconds(self, zone: Zone) -> String {
        self.local(zone).format("%-d %b %Y, %H:%M:%S").to_string()
    }

    /// `3 May 2026` in a zone.
    pub fn human_day(self, zone: Zone) -> String {
        self.local(zone).format("%-d %b %Y").to_string()
    }

    /// `2026-05-03` in a zone.
    pub fn local_date(self, zone: Zone) -> String {
        self.local(zone).format("%Y-%m-%d").to_string()
    }

    /// Midnight of a local date such as `2026-05-03`, `plus` days later.
    pub fn of_local_date(text: &str, plus: u64, zone: Zone) -> Option<Time> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.checked_add_days(Days::new(plus))?;
        Some(zone.day_start(date))
    }

    /// The same instant `span_us` later, held at the ends of the number range.
    pub fn plus(self, span_us: i64) -> Time {
        Time(self.0.saturating_add(span_us))
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    fn local(self, zone: Zone) -> DateTime<Tz> {
        self.utc().with_timezone(&zone.0)
    }
}

/// A named time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(pub Tz);

impl Default for Zone {
    fn default() -> Self {
        Zone(Tz::UTC)
    }
}

impl Zone {
    /// A zone by its IANA name, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// A diagnostic naming the nearest known zone.
    pub fn named(name: &str) -> Result<Zone, Diagnostic> {
        name.parse().map(Zone).map_err(|_| {
            let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            let hint = match crate::base::diagnostic::nearest(name, known) {
                Some(near) => format!("Did you mean {near}?"),
                None => "Use a name such as Europe/Berlin or UTC".to_owned(),
            };
            Diagnostic::error("unknown-zone", format!("There is no time zone named “{name}”")).hint(hint)
        })
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Every known zone's name, sorted.
    pub fn all_names() -> Vec<&'static str> {
        let mut names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        names.sort_unstable();
        names
    }

    /// The instant of a local wall-clock time; in an overlap the earlier, in a gap as much later as the clock was put on.
    pub fn at(self, local: NaiveDateTime) -> Time {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Time(time.timestamp_micros()),
            LocalResult::None => {
                let before = self.0.offset_from_utc_datetime(&(local - BEFORE_GAP)).fix();
                Time((local - before).and_utc().timestamp_micros())
            }
        }
    }

    /// The first instant of a local day; of one that the zone left out, of the day after it.
    pub fn day_start(self, day: NaiveDate) -> Time {
        let midnight = day.and_time(NaiveTime::MIN);
        let mut late = self.at(midnight);
        if !matches!(self.0.from_local_datetime(&midnight), LocalResult::None) {
            return late;
        }
        // Somewhere in the day before, the clock was put on past midnight: that instant is looked for.
        let mut early = Time(late.0 - DAY_US);
        while late.0 - early.0 > 1 {
            let middle = Time(early.0 + (late.0 - early.0) / 2);
            if middle.local(self).date_naive() >= day { late = middle } else { early = middle }
        }
        late
    }
}

/// More than any zone is ahead of UTC: so much before a local time in a gap, read as UTC, the gap is yet to come.
const BEFORE_GAP: TimeDelta = TimeDelta::hours(15);

/// A calendar bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// Local days.
    Day,
    /// Local weeks from Monday.
    Week,
    /// Local calendar months.
    Month,
}

impl Interval {
    /// All, in the order shown.
    pub const ALL: [Interval; 3] = [Interval::Day, Interval::Week, Interval::Month];

    /// The word in text forms.
    pub fn word(self) -> &'static str {
        match self {
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::Month => "month",
        }
    }

    /// The length of the shortest one, but for changes of the clock.
    pub fn least_us(self) -> i64 {
        match self {
            Interval::Day => DAY_US,
            Interval::Week => 7 * DAY_US,
            Interval::Month => 28 * DAY_US,
        }
    }

    /// The starts of all buckets that cover `from..=to`, in order. Empty when `from > to`.
    pub fn starts(self, from: Time, to: Time, zone: Zone) -> Vec<Time> {
        if from > to {
            return Vec::new();
        }
        let mut day = from.local(zone).date_naive();
        day = match self {
            Interval::Day => day,
            Interval::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            Interval::Month => day - Days::new(u64::from(day.day0())),
        };
        let mut starts = Vec::new();
        loop {
            let start = zone.day_start(day);
            if start > to {
                return starts;
            }
            // A day that the zone left out is none.
            if starts.last() != Some(&start) {
                starts.push(start);
            }
            day = match self {
                Interval::Day => day + Days::new(1),
                Interval::Week => day + Days::new(7),
                Interval::Month => day + Months::new(1),
            };
        }
    }
}

/// A span written as `7d`, `90s`, `2w`: units s m h d w.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_span_us(text: &str) -> Result<i64, Diagnostic> {
    let bad = || {
        Diagnostic::error("bad-span", format!("“{text}” is not a span of time"))
            .hint("Write a whole number and one of s m h d w, such as 7d")
    };
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (number, unit) = text.split_at(unit_at);
    let unit_secs = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(bad()),
    };
    let number: i64 = number.parse().map_err(|_| bad())?;
    number.checked_mul(unit_secs * SECOND_US).filter(|us| *us <= 36_600 * DAY_US).ok_or_else(bad)
}

/// The shortest text of a span that [`parse_span_us`] reads back, in the largest unit that divides it.
pub fn span_text(span_us: i64) -> String {
    let secs = span_us / SECOND_US;
    for (unit, unit_secs) in [("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60)] {
        if secs != 0 && secs % unit_secs == 0 && !(unit == "w" && secs == unit_secs) {
            return format!("{}{unit}", secs / unit_secs);
        }
    }
    format!("{secs}s")
}

/// A span in words: `7 days`, `30 minutes`, in the largest unit that divides it.
pub fn span_words(span_us: i64) -> String {
    let secs = span_us / SECOND_US;
    for (unit, unit_secs) in [("week", 7 * 86_400), ("day", 86_400), ("hour", 3600), ("minute", 60)] {
        if secs != 0 && secs % unit_secs == 0 && !(unit == "week" && secs == unit_secs) {
            let count = secs / unit_secs;
            return if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") };
        }
    }
    if secs == 1 { "1 second".to_owned() } else { format!("{secs} seconds") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_round_trip() {
        for text in ["7d", "90s", "2w", "30m", "0s", "1h"] {
            assert_eq!(span_text(parse_span_us(text).unwrap()), text);
        }
        for bad in ["", "7", "d", "7x", "-1d", "99999999999w"] {
            assert!(parse_span_us(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_follow_the_zone_through_a_clock_change() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let from = Time::parse("2026-03-28T12:00:00Z").unwrap();
        let to = Time::parse("2026-03-30T12:00:00Z").unwrap();
        let starts: Vec<_> = Interval::Day.starts(from, to, zone).into_iter().map(Time::iso).collect();
        assert_eq!(starts, ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]);
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_no_bucket() {
        let zone = Zone::named("Pacific/Apia").unwrap();
        let at = |text: &str| Time::parse(text).unwrap();
        let iso = |times: Vec<Time>| times.into_iter().map(Time::iso).collect::<Vec<_>>();
        let (from, to) = (at("2011-12-29T12:00:00Z"), at("2011-12-31T12:00:00Z"));
        let days = Interval::Day.starts(from, to, zone);
        let dates: Vec<String> = days.iter().map(|day| day.local_date(zone)).collect();
        assert_eq!(dates, ["2011-12-29", "2011-12-31", "2012-01-01"]);
        assert_eq!(iso(days), ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"]);
        let weeks = Interval::Week.starts(from, at("2012-01-02T10:00:00Z"), zone);
        assert_eq!(iso(weeks), ["2011-12-26T10:00:00Z", "2012-01-01T10:00:00Z"]);
        let start = Time::of_local_date("2011-12-30", 0, zone).unwrap();
        assert_eq!(start.iso(), "2011-12-30T10:00:00Z");
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(zone.at(local("2011-12-30 07:00")).human(zone), "31 Dec 2011, 07:00");
        // Kwajalein and Enderbury left out one, too.
        for (name, day) in [("Pacific/Kwajalein", "1993-08-21"), ("Pacific/Enderbury", "1994-12-31")] {
            let zone = Zone::named(name).unwrap();
            let all = Interval::Day.starts(
                at(&format!("{day}T00:00:00Z")).plus(-3 * DAY_US),
                at(&format!("{day}T00:00:00Z")).plus(3 * DAY_US),
                zone,
            );
            assert!(all.windows(2).all(|two| two[0] < two[1]), "{name}");
            assert!(all.iter().all(|start| start.local_date(zone) != day), "{name}");
        }
    }

    #[test]
    fn each_day_starts_with_its_first_instant_where_the_clock_is_put_on_around_midnight() {
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        // From 0:00 to 1:00, and from 23:30 to 0:30; half an hour at 2:00.
        for (name, day, first) in [
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
            ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),
        ] {
            let zone = Zone::named(name).unwrap();
            assert_eq!(zone.day_start(day.parse().unwrap()).iso(), first);
        }
        let howe = Zone::named("Australia/Lord_Howe").unwrap();
        assert_eq!(howe.at(local("2026-10-04 02:15")).human(howe), "4 Oct 2026, 02:45");
    }

    #[test]
    fn weeks_start_on_monday() {
        let from = Time::parse("2026-03-01T00:00:00Z").unwrap();
        let starts = Interval::Week.starts(from, from, Zone::default());
        assert_eq!(starts[0].iso(), "2026-02-23T00:00:00Z");
    }

    #[test]
    fn months_are_those_of_the_calendar_in_the_zone() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let at = |text: &str| Time::parse(text).unwrap();
        let starts = Interval::Month.starts(at("2026-01-31T23:30:00Z"), at("2026-03-31T22:00:00Z"), zone);
        let starts: Vec<_> = starts.into_iter().map(Time::iso).collect();
        assert_eq!(starts, ["2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"]);
    }

    #[test]
    fn an_unknown_zone_names_the_nearest() {
        assert!(Zone::named("Europe/Berln").unwrap_err().to_string().contains("Europe/Berlin"));
    }
}
