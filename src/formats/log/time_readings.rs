//! How a column of times can be read, by trying the usual ways to write one. Not for reading one: see `time`.

use super::time::TimeFormat;
use crate::model::time::{Time, Zone};

/// How many values a way is tried on before it is counted on all.
const TRIED: usize = 200;
/// The most ways that are offered.
const MOST_OFFERED: usize = 6;

/// How the values of a column can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Records looked at, those without a value among them.
    pub of: u64,
    /// Of how many the value is read as it is now.
    pub now: u64,
    /// Ways that read more, the best first.
    pub offers: Vec<Reading>,
    /// True when the best way has day and month in an order of which nothing tells whether it is the other: no first and
    /// no second number is above 12.
    pub is_ambiguous: bool,
}

/// One way to read a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The way.
    pub format: TimeFormat,
    /// The way in words.
    pub words: String,
    /// How many values it reads.
    pub reads: u64,
    /// The first of them, as written.
    pub example: String,
    /// What that becomes.
    pub becomes: Time,
}

/// Tries the usual ways on the values of a column; zoneless times are in `zone`.
pub fn readings(values: &[String], now: &TimeFormat, zone: Zone) -> Readings {
    let count =
        |format: &TimeFormat| values.iter().filter(|value| format.read(value, zone).is_ok()).count() as u64;
    let read_now = count(now);
    let step = values.len().div_ceil(TRIED).max(1);
    let tried: Vec<&String> = values.iter().step_by(step).collect();
    let mut offers: Vec<Reading> = Vec::new();
    for format in ways().into_iter().filter(|format| format != now) {
        if !tried.iter().any(|value| format.read(value, zone).is_ok()) {
            continue;
        }
        let reads = count(&format);
        let Some((example, becomes)) = example(values, &format, zone).filter(|_| reads > read_now) else {
            continue;
        };
        let words = format.words();
        offers.push(Reading { format, words, reads, example: example.clone(), becomes });
    }
    // Stable: of equals the more usual way comes first.
    offers.sort_by_key(|offer| std::cmp::Reverse(offer.reads));
    offers.truncate(MOST_OFFERED);
    let best = offers.first().map_or((now, read_now), |offer| (&offer.format, offer.reads));
    let is_ambiguous = best.1 > 0 && best.0.swapped().is_some_and(|other| count(&other) == best.1);
    Readings { of: values.len() as u64, now: read_now, offers, is_ambiguous }
}

/// The first value that a way reads; if there is one, one that tells the order of day and month.
fn example<'v>(values: &'v [String], format: &TimeFormat, zone: Zone) -> Option<(&'v String, Time)> {
    let read = |value: &'v String| Some((value, format.read(value, zone).ok()?));
    let other = format.swapped();
    let tells = |(value, time): &(&String, Time)| {
        other.as_ref().is_none_or(|other| other.read(value, zone).ok() != Some(*time))
    };
    let telling = values.iter().filter_map(read).find(tells);
    telling.or_else(|| values.iter().find_map(read))
}

/// The usual ways, more usual ones first.
fn ways() -> Vec<TimeFormat> {
    const DATES: [&str; 15] = [
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%d.%m.%y",
        "%d/%m/%y",
        "%m/%d/%y",
        "%d-%m-%y",
        "%m-%d-%y",
        "%d %b %Y",
        "%b %d, %Y",
        "%Y-%m-%d",
    ];
    const TIMES: [&str; 6] = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S%.f"];
    let mut ways = vec![TimeFormat::Auto, TimeFormat::Iso];
    let pattern = |text: String| TimeFormat::Pattern(text);
    for date in DATES {
        ways.extend(TIMES.iter().map(|time| pattern(format!("{date}{time}"))));
    }
    // Behind a comma, as spreadsheets and browsers write it.
    for date in &DATES[..3] {
        ways.extend(TIMES[1..5].iter().map(|time| pattern(format!("{date},{time}"))));
    }
    let plain = ["%Y%m%d", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%dT%H%M%S"];
    ways.extend(plain.map(|text| pattern(text.to_owned())));
    ways.extend([TimeFormat::Seconds, TimeFormat::Millis, TimeFormat::Micros, TimeFormat::ExcelDays]);
    ways
}

impl TimeFormat {
    /// The way in words: `day.month.year hour:minute`.
    pub fn words(&self) -> String {
        match self {
            TimeFormat::Auto => "ISO 8601, or a number by its size".to_owned(),
            TimeFormat::Iso => "ISO 8601".to_owned(),
            TimeFormat::Seconds => "seconds since 1970".to_owned(),
            TimeFormat::Millis => "milliseconds since 1970".to_owned(),
            TimeFormat::Micros => "microseconds since 1970".to_owned(),
            TimeFormat::ExcelDays => "days as Excel counts them".to_owned(),
            TimeFormat::Pattern(pattern) => pattern_words(pattern),
        }
    }

    /// True for a pattern whose day and month could be in the other order.
    pub fn has_day_and_month(&self) -> bool {
        self.swapped().is_some()
    }

    /// The same pattern with day and month in the other order, where both are numbers side by side.
    fn swapped(&self) -> Option<TimeFormat> {
        let TimeFormat::Pattern(pattern) = self else { return None };
        ['.', '/', '-'].into_iter().find_map(|between| {
            let (one, other) = (format!("%d{between}%m{between}"), format!("%m{between}%d{between}"));
            let swapped = if pattern.starts_with(&one) {
                pattern.replacen(&one, &other, 1)
            } else if pattern.starts_with(&other) {
                pattern.replacen(&other, &one, 1)
            } else {
                return None;
            };
            Some(TimeFormat::Pattern(swapped))
        })
    }
}

fn pattern_words(pattern: &str) -> String {
    const WORDS: [(&str, &str); 12] = [
        ("%d", "day"),
        ("%m", "month"),
        ("%b", "month"),
        ("%Y", "year"),
        ("%y", "year"),
        ("%H", "hour"),
        ("%I", "hour"),
        ("%M", "minute"),
        ("%S", "second"),
        ("%.f", " and fractions"),
        ("%p", "am/pm"),
        ("%z", "zone"),
    ];
    if let Some(rest) = pattern.strip_prefix("%Y%m%d") {
        let words =
            pattern_words(rest).replace("hourminute", "hour minute").replace("minutesecond", "minute second");
        return format!("year month day {}", words.trim_start()).trim_end().to_owned();
    }
    WORDS.into_iter().fold(pattern.to_owned(), |words, (code, word)| words.replace(code, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[&str]) -> Readings {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        readings(&values, &TimeFormat::Auto, Zone::default())
    }

    fn best(values: &[&str]) -> (String, u64, String, bool) {
        let found = found(values);
        let best = found.offers.first().unwrap_or_else(|| panic!("{values:?}: nothing reads them"));
        (best.format.text().to_owned(), best.reads, best.becomes.iso(), found.is_ambiguous)
    }

    #[test]
    fn usual_ways_to_write_a_time_are_found() {
        for (values, format, becomes) in [
            (&["24.12.2024 18:05"][..], "%d.%m.%Y %H:%M", "2024-12-24T18:05:00Z"),
            (&["24/12/2024"], "%d/%m/%Y", "2024-12-24T00:00:00Z"),
            (&["12/24/2024 6:05 PM"], "%m/%d/%Y %I:%M %p", "2024-12-24T18:05:00Z"),
            (&["12/24/2024 06:05:09 pm"], "%m/%d/%Y %I:%M:%S %p", "2024-12-24T18:05:09Z"),
            (&["24-12-2024 18:05:09"], "%d-%m-%Y %H:%M:%S", "2024-12-24T18:05:09Z"),
            (&["2024/12/24 18:05:09.250"], "%Y/%m/%d %H:%M:%S%.f", "2024-12-24T18:05:09.250Z"),
            (&["24.12.24"], "%d.%m.%y", "2024-12-24T00:00:00Z"),
            (&["20241224"], "%Y%m%d", "2024-12-24T00:00:00Z"),
            (&["20241224180509"], "%Y%m%d%H%M%S", "2024-12-24T18:05:09Z"),
            (&["45650.7535"], "excel", "2024-12-24T18:05:02.400Z"),
            (&["24 Dec 2024 18:05"], "%d %b %Y %H:%M", "2024-12-24T18:05:00Z"),
            (&["2024-12-24 06:05 PM"], "%Y-%m-%d %I:%M %p", "2024-12-24T18:05:00Z"),
            (&["24/12/2024, 18:05:09"], "%d/%m/%Y, %H:%M:%S", "2024-12-24T18:05:09Z"),
        ] {
            let found = best(values);
            assert_eq!((found.0.as_str(), found.2.as_str()), (format, becomes), "{values:?}");
            assert!(!found.3, "{values:?}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_follows_from_the_one_that_reads_more() {
        let (format, reads, _, ambiguous) = best(&["01/02/2024", "03/04/2024", "05/13/2024"]);
        assert_eq!((format.as_str(), reads, ambiguous), ("%m/%d/%Y", 3, false));
        let both = found(&["01/01/2024", "01/02/2024", "03/04/2024"]);
        assert_eq!(both.offers[0].example, "01/02/2024", "an example in which the order matters");
        assert!(both.is_ambiguous);
        let formats: Vec<&str> = both.offers.iter().map(|offer| offer.format.text()).collect();
        assert_eq!(formats, ["%d/%m/%Y", "%m/%d/%Y"]);
        let chosen = TimeFormat::Pattern("%d/%m/%Y".to_owned());
        let values = ["01/02/2024".to_owned(), "03/04/2024".to_owned()];
        let again = readings(&values, &chosen, Zone::default());
        assert!(
            again.is_ambiguous && again.offers.is_empty(),
            "the order chosen is as good as the other: {again:?}"
        );
    }

    #[test]
    fn what_is_read_already_and_what_is_no_time_gets_no_offer() {
        assert!(found(&["2024-12-24T18:05:00Z", "1767225600"]).offers.is_empty());
        assert!(found(&["soon", "", "later"]).offers.is_empty());
        assert_eq!(found(&[]), Readings::default());
        // A wrong unit is out of range for the way chosen, and another reads it.
        let values = ["1767225600".to_owned()];
        let wrong = readings(&values, &TimeFormat::Millis, Zone::default());
        assert_eq!(wrong.offers[0].format, TimeFormat::Auto);
        assert_eq!((wrong.now, wrong.of), (0, 1));
    }

    #[test]
    fn ways_are_told_in_words() {
        for (pattern, words) in [
            ("%d.%m.%Y %H:%M", "day.month.year hour:minute"),
            ("%m/%d/%y %I:%M:%S %p", "month/day/year hour:minute:second am/pm"),
            ("%Y%m%d", "year month day"),
            ("%Y%m%d%H%M%S", "year month day hour minute second"),
        ] {
            assert_eq!(TimeFormat::Pattern(pattern.to_owned()).words(), words);
        }
    }

    #[test]
    fn every_usual_way_is_a_format() {
        for way in ways() {
            assert_eq!(TimeFormat::parse(way.text()).as_ref(), Ok(&way));
        }
    }
}
