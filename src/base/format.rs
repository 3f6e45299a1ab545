//! Numbers for people: counts, percentages, durations, sizes, as text.
//!
//! Not for machine output, and not for times and dates, which need a zone.

/// Parts thousands: a thin space, so that "12 480" stays one number for the eye.
pub const THIN_SPACE: char = '\u{2009}';

/// `12480` → "12 480" with thin spaces.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// `-11519` → "−11 519", with a true minus sign.
pub fn signed_count(value: i64) -> String {
    let digits = grouped(&value.unsigned_abs().to_string());
    if value < 0 { format!("\u{2212}{digits}") } else { digits }
}

/// A count with its noun: "1 person", "12 480 persons".
pub fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A share (0 to 1) as a percentage: one decimal under 10 %, none over; "–" for what is no number.
///
/// A share that is not zero never shows as 0 %, one that is not all never as 100 %.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    let value = share * 100.0;
    let size = value.abs();
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let number = if size == 0.0 {
        "0".to_owned()
    } else if size < 0.05 {
        return format!("{sign}<0.1{THIN_SPACE}%");
    } else if size < 9.95 {
        format!("{size:.1}")
    } else if (99.5..100.0).contains(&size) {
        "99.9".to_owned()
    } else {
        grouped(&format!("{size:.0}"))
    };
    let number = number.strip_suffix(".0").filter(|whole| *whole != "0").unwrap_or(&number);
    format!("{sign}{number}{THIN_SPACE}%")
}

/// The part of `part` in `whole` as a percentage; "–" where there is no whole.
pub fn percent_of(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { percent(part as f64 / whole as f64) }
}

/// A duration in its two largest units: "2 d 4 h", "4 m 12 s", "1 m 05 s", "340 ms".
pub fn duration_secs(secs: f64) -> String {
    if !secs.is_finite() {
        return "–".to_owned();
    }
    let sign = if secs < 0.0 { "\u{2212}" } else { "" };
    let secs = secs.abs();
    if secs < 0.9995 {
        return format!("{sign}{:.0} ms", secs * 1000.0);
    }
    if secs < 9.95 {
        let text = format!("{secs:.1}");
        return format!("{sign}{} s", text.strip_suffix(".0").unwrap_or(&text));
    }
    let whole = secs.round() as u64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    let text = if days > 0 {
        two(&count(days), "d", hours, "h", false)
    } else if hours > 0 {
        two(&hours.to_string(), "h", minutes, "m", true)
    } else if minutes > 0 {
        two(&minutes.to_string(), "m", seconds, "s", true)
    } else {
        format!("{seconds} s")
    };
    format!("{sign}{text}")
}

/// A duration in microseconds, as `duration_secs`.
pub fn duration_us(us: i64) -> String {
    duration_secs(us as f64 / 1e6)
}

/// A size: "512 B", "3.4 MB", "120 MB" (powers of 1000).
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size < 1000 {
        return format!("{size} B");
    }
    let mut value = size as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// A number as short as it can be without lying: at most two decimals, thin spaces.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.2}", value.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let sign = if value < 0.0 && text != "0.00" { "\u{2212}" } else { "" };
    let dot = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{decimals}", grouped(whole))
}

fn two(first: &str, first_unit: &str, second: u64, second_unit: &str, padded: bool) -> String {
    if second == 0 {
        format!("{first} {first_unit}")
    } else if padded {
        format!("{first} {first_unit} {second:02} {second_unit}")
    } else {
        format!("{first} {first_unit} {second} {second_unit}")
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(THIN_SPACE);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With plain spaces, to be read in the cases.
    fn plain(text: String) -> String {
        text.replace(THIN_SPACE, " ")
    }

    #[test]
    fn counts_are_parted_in_thousands() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1 000"), (12_480, "12 480"), (2_418_066, "2 418 066")];
        for (value, expected) in cases {
            assert_eq!(plain(count(value)), expected);
        }
        assert_eq!(count(1_000), "1\u{2009}000");
        assert_eq!(plain(count(u64::MAX)), "18 446 744 073 709 551 615");
        assert_eq!(plain(signed_count(-11_519)), "\u{2212}11 519");
        assert_eq!(plain(signed_count(i64::MIN)), "\u{2212}9 223 372 036 854 775 808");
        assert_eq!(counted(1, "person", "persons"), "1 person");
        assert_eq!(plain(counted(1204, "person", "persons")), "1 204 persons");
    }

    #[test]
    fn percentages_have_one_decimal_under_ten_and_never_claim_none_or_all() {
        let cases = [
            (0.0, "0 %"),
            (0.0002, "<0.1 %"),
            (0.062, "6.2 %"),
            (0.05, "5 %"),
            (0.0994, "9.9 %"),
            (0.0996, "10 %"),
            (0.376, "38 %"),
            (0.9999, "99.9 %"),
            (1.0, "100 %"),
            (12.5, "1 250 %"),
            (-0.083, "\u{2212}8.3 %"),
            (f64::NAN, "–"),
        ];
        for (share, expected) in cases {
            assert_eq!(plain(percent(share)), expected, "{share}");
        }
        assert_eq!(plain(percent_of(1, 3)), "33 %");
        assert_eq!(percent_of(0, 0), "–");
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        let cases = [
            (0.0, "0 ms"),
            (0.34, "340 ms"),
            (0.9999, "1 s"),
            (4.25, "4.2 s"),
            (12.0, "12 s"),
            (59.7, "1 m"),
            (65.0, "1 m 05 s"),
            (252.0, "4 m 12 s"),
            (7_800.0, "2 h 10 m"),
            (3_600.0, "1 h"),
            (187_200.0, "2 d 4 h"),
            (86_400.0, "1 d"),
            (-65.0, "\u{2212}1 m 05 s"),
            (f64::INFINITY, "–"),
        ];
        for (secs, expected) in cases {
            assert_eq!(duration_secs(secs), expected, "{secs}");
        }
        assert_eq!(duration_us(252_000_000), "4 m 12 s");
    }

    #[test]
    fn sizes_and_numbers_are_short() {
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (3_400_000, "3.4 MB"),
            (999_900, "1.0 MB"),
            (120_000_000_000, "120 GB"),
        ];
        for (size, expected) in sizes {
            assert_eq!(bytes(size), expected);
        }
        let numbers = [
            (0.0, "0"),
            (-0.001, "0"),
            (1234.5, "1 234.5"),
            (3.999, "4"),
            (-2.25, "\u{2212}2.25"),
            (f64::NAN, "–"),
        ];
        for (value, expected) in numbers {
            assert_eq!(plain(number(value)), expected);
        }
    }
}
