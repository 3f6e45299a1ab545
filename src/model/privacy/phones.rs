//! Finds phone numbers as they are written within a country, without a plus: by how digits are grouped, or after a
//! word such as "tel". Not for numbers with a country code and a plus: see `forms`.
//!
//! A run of digits without separators is never taken for a phone number by form alone: it may as well be an order, a
//! time or an id. Grouped digits are one only in shapes that phone numbers have and dates, prices (`1 234 567 890`),
//! IP addresses, books and lists of numbers lack:
//! - after a trunk zero (`030 1234567`, `0170/123 45 67`, `01 23 45 67 89`), 9 to 13 digits;
//! - an area code in parentheses (`(030) 1234567`, `(555) 234-5678`, `(11) 91234-5678`);
//! - after `00` and a country's calling code;
//! - the national groups of North America, Russia, China and India;
//! - a calling code without plus, before an area code and six to eight digits.

use std::ops::Range;

/// Words before a number that make any grouping of 7 to 15 digits a phone number.
const CUES: [&str; 10] =
    ["tel", "tél", "phone", "telephone", "téléphone", "telefon", "telefono", "teléfono", "fax", "whatsapp"];
/// Calling codes of one and two digits, North America's apart; those of three are all that begin otherwise.
const CALLING_CODES: [&str; 44] = [
    "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66",
    "81", "82", "84", "86", "90", "91", "92", "93", "94", "95",
];
/// First two digits of calling codes of three.
const LONG_CODES: [&str; 19] = [
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69", "85",
    "96", "97",
];

/// The most groups looked at.
const MOST_GROUPS: usize = 7;

/// What stands between two groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    Space,
    Dash,
    Dot,
    Slash,
}

/// Groups of digits from one place on.
struct Groups<'t> {
    text: &'t [char],
    ranges: Vec<Range<usize>>,
    /// One fewer than groups.
    gaps: Vec<Gap>,
    /// The first group stands in parentheses.
    parenthesized: bool,
}

/// Where a national phone number that starts here, with a digit or a parenthesis, ends.
pub(super) fn national(text: &[char], start: usize) -> Option<usize> {
    // In a path only as the name of a file.
    let is_last = start > 0 && matches!(text[start - 1], '/' | '\\');
    if !is_last && !may_start(text, start) {
        return None;
    }
    let cued = has_cue(text, start);
    let groups = Groups::read(text, start)?;
    (1..=groups.ranges.len())
        .rev()
        .find(|count| {
            let end = groups.ranges[count - 1].end;
            may_stop(text, end) && (!is_last || is_file_name(text, end)) && groups.is_number(*count, cued)
        })
        .map(|count| groups.ranges[count - 1].end)
}

/// True for a national phone number and nothing else.
pub(super) fn is_national(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '(') {
        return false;
    }
    let chars: Vec<char> = text.chars().take(40).collect();
    national(&chars, 0) == Some(chars.len())
}

/// Not in the middle of a word, a path, a price, a time or a row of numbers.
fn may_start(text: &[char], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).map(|at| text[at]);
    match before(1) {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        Some('.' | '-' | '_' | '/' | '#' | '+' | '%' | '$' | '€' | '£' | '¥' | '№' | '\\') => false,
        Some(':') => !before(2).is_some_and(|c| c.is_ascii_digit()),
        Some(c) if is_space(c) => {
            !before(2).is_some_and(|c| c.is_ascii_digit() || c == '$' || c == '€' || c == '#')
        }
        Some(_) => true,
    }
}

fn may_stop(text: &[char], end: usize) -> bool {
    let after = |on: usize| text.get(end + on).copied();
    match after(0) {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        Some('_' | '%' | '€' | '$' | '£') => false,
        Some('.') if is_file_name(text, end) => true,
        Some('-' | '.' | '/' | ':') => !after(1).is_some_and(char::is_alphanumeric),
        Some(c) if is_space(c) => !after(1).is_some_and(|c| matches!(c, '€' | '$' | '£' | '%')),
        Some(_) => true,
    }
}

/// True where `.csv`, `.ndjson.gz` or `.mp3` follows: an ending of a file, and not the next part of a number.
fn is_file_name(text: &[char], end: usize) -> bool {
    let Some(('.', text)) = text[end..].split_first().map(|(dot, rest)| (*dot, rest)) else { return false };
    let length = text.iter().take(MOST_ENDING + 1).take_while(|c| c.is_ascii_alphanumeric()).count();
    let letters = text[..length].iter().filter(|c| c.is_ascii_alphabetic()).count();
    (1..=MOST_ENDING).contains(&length) && letters * 2 > length && breaks(text, length)
}

/// Characters of the longest usual ending of a file.
const MOST_ENDING: usize = 9;

fn breaks(text: &[char], at: usize) -> bool {
    !text.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_')
}

/// A word such as "tel" right before, with at most three marks between.
fn has_cue(text: &[char], start: usize) -> bool {
    let mark = |c: &&char| is_space(**c) || matches!(**c, ':' | '.' | '=' | '"' | '\'' | '(');
    let marks = text[..start].iter().rev().take(3).take_while(mark).count();
    let word: Vec<char> =
        text[..start - marks].iter().rev().take(10).take_while(|c| c.is_alphabetic()).copied().collect();
    let word: String = word.into_iter().rev().flat_map(char::to_lowercase).collect();
    marks > 0 && CUES.contains(&word.as_str())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

impl<'t> Groups<'t> {
    fn read(text: &'t [char], start: usize) -> Option<Groups<'t>> {
        let parenthesized = text[start] == '(';
        let mut groups = Groups { text, ranges: Vec::new(), gaps: Vec::new(), parenthesized };
        let mut at = start + usize::from(parenthesized);
        loop {
            let length = text[at..].iter().take(16).take_while(|c| c.is_ascii_digit()).count();
            if length == 0 || length > 15 {
                break;
            }
            groups.ranges.push(at..at + length);
            at += length;
            let closes = parenthesized && groups.ranges.len() == 1;
            if closes {
                if text.get(at) != Some(&')') {
                    return None;
                }
                at += 1;
            }
            let gap: &[char] = &text[at..];
            let marks = gap
                .iter()
                .take(4)
                .take_while(|c| is_space(**c) || matches!(**c, '-' | '–' | '.' | '/'))
                .count();
            let kind = gap_kind(&gap[..marks]).or((closes && marks == 0).then_some(Gap::Space));
            let Some(kind) = kind.filter(|_| groups.ranges.len() < MOST_GROUPS) else { break };
            groups.gaps.push(kind);
            at += marks;
        }
        groups.gaps.truncate(groups.ranges.len().saturating_sub(1));
        (!groups.ranges.is_empty()).then_some(groups)
    }

    /// True when the first `count` groups are a phone number.
    fn is_number(&self, count: usize, cued: bool) -> bool {
        let lengths: Vec<usize> = self.ranges[..count].iter().map(ExactSizeIterator::len).collect();
        let gaps = &self.gaps[..count - 1];
        let total: usize = lengths.iter().sum();
        if total > 15 || is_date(&lengths, |group| self.group(group)) {
            return false;
        }
        if cued && (7..=15).contains(&total) {
            return true;
        }
        if count < 2 {
            return false;
        }
        if self.parenthesized {
            return self.is_with_area(&lengths, total);
        }
        let first = self.group(0);
        match first.as_bytes() {
            [b'0', b'0', ..] => self.is_with_exit_code(&lengths, total),
            [b'0', b'1'..=b'9', ..] => is_with_trunk_zero(&lengths, gaps, total),
            _ => self.is_of_a_country(&lengths, gaps, total),
        }
    }

    fn group(&self, index: usize) -> String {
        self.ranges.get(index).map_or_else(String::new, |range| self.text[range.clone()].iter().collect())
    }

    /// `(030) 1234567`, `(555) 234-5678`, `(11) 91234-5678`.
    fn is_with_area(&self, lengths: &[usize], total: usize) -> bool {
        let area = self.group(0);
        let rest = &lengths[1..];
        match area.as_bytes() {
            [b'0', b'1'..=b'9', ..] => {
                area.len() <= 6 && (7..=13).contains(&total) && rest.iter().all(|n| *n >= 2)
            }
            [b'2'..=b'9', _, _] => rest == [3, 4],
            [_, _] => matches!(rest, [4 | 5, 4]),
            _ => false,
        }
    }

    /// `0049 30 1234567`, `00 44 20 79460958`.
    fn is_with_exit_code(&self, lengths: &[usize], total: usize) -> bool {
        let first = self.group(0);
        let code = if first.len() == 2 { self.group(1) } else { first[2..].to_owned() };
        (11..=15).contains(&total)
            && (is_calling_code(&code) || code == "1")
            && lengths.iter().skip(1).all(|n| *n <= 9)
    }

    fn is_of_a_country(&self, lengths: &[usize], gaps: &[Gap], total: usize) -> bool {
        let (first, second) = (self.group(0), self.group(1));
        let even = gaps.windows(2).all(|pair| pair[0] == pair[1]) && !gaps.contains(&Gap::Slash);
        let dotted = gaps.contains(&Gap::Dot);
        let area = |group: &str| group.starts_with(|c| ('2'..='9').contains(&c));
        match lengths {
            [3, 3, 4] => even && area(&first) && area(&second),
            [1, 3, 3, 4] => {
                first == "1" && area(&second) && area(&self.group(2)) && !gaps.contains(&Gap::Slash)
            }
            [1, 3, 3, 2, 2] => {
                matches!(first.as_str(), "7" | "8")
                    && !dotted
                    && matches!(&second[..1], "3" | "4" | "8" | "9")
            }
            [3, 4, 4] => even && !dotted && first.starts_with('1') && first[1..] >= *"30",
            [5, 5] => gaps == [Gap::Space] && first.starts_with(|c| ('6'..='9').contains(&c)),
            [1..=3, 2..=4, 6..=8] => {
                even && !dotted && (10..=15).contains(&total) && is_calling_code(&first) && !is_year(&second)
            }
            [2 | 3, 2..=4, 3 | 4, 3 | 4] => {
                let dashes = gaps.iter().all(|gap| *gap == Gap::Dash);
                let isbn = matches!(first.as_str(), "978" | "979");
                dashes && (11..=14).contains(&total) && is_calling_code(&first) && !is_year(&second) && !isbn
            }
            _ => false,
        }
    }
}

/// One mark, perhaps between spaces.
fn gap_kind(marks: &[char]) -> Option<Gap> {
    let inner: Vec<char> = marks.iter().copied().filter(|c| !is_space(*c)).collect();
    match (inner.as_slice(), marks.len()) {
        ([], 1) => Some(Gap::Space),
        (['-' | '–'], 1 | 3) => Some(Gap::Dash),
        (['.'], 1) => Some(Gap::Dot),
        (['/'], 1 | 3) => Some(Gap::Slash),
        _ => None,
    }
}

/// `030 1234567`: not groups that are all alike and long, as orders have them, nor an address of four small numbers.
fn is_with_trunk_zero(lengths: &[usize], gaps: &[Gap], total: usize) -> bool {
    let alike = lengths.len() > 2 && lengths[0] >= 4 && lengths.iter().all(|n| *n == lengths[0]);
    let dots = gaps.iter().filter(|gap| **gap == Gap::Dot).count();
    let dotted = dots == 0 || (dots == gaps.len() && lengths.len() == 5);
    let slashed = gaps.iter().skip(1).all(|gap| *gap != Gap::Slash);
    let hardware = lengths.len() == 6 && lengths.iter().all(|n| *n == 2);
    (9..=13).contains(&total)
        && (2..=6).contains(&lengths[0])
        && lengths[1..].iter().all(|n| (2..=8).contains(n))
        && !alike
        && !hardware
        && dotted
        && slashed
}

/// `2026-01-05 …`, `05.01.2026 …`, `20260105 101112`.
fn is_date(lengths: &[usize], group: impl Fn(usize) -> String) -> bool {
    match lengths {
        [4, 2, ..] => is_year(&group(0)),
        [1 | 2, 1 | 2, 4, ..] => {
            is_year(&group(2))
                && group(0).parse().is_ok_and(|n: u8| n <= 31)
                && group(1).parse().is_ok_and(|n: u8| n <= 31)
        }
        [8, ..] => is_year(&group(0)[..4]),
        _ => false,
    }
}

fn is_year(group: &str) -> bool {
    group.len() == 4 && (group.starts_with("19") || group.starts_with("20"))
}

fn is_calling_code(group: &str) -> bool {
    CALLING_CODES.contains(&group) || (group.len() == 3 && LONG_CODES.contains(&&group[..2]))
}

#[cfg(test)]
mod tests {
    use super::super::{masked, masked_text};

    /// What is left of each text when its numbers are masked: `_` stands for the mask.
    const NUMBERS: [&str; 46] = [
        "030 1234567",
        "030/1234567",
        "030 / 123 45 67",
        "0170 1234567",
        "0170-1234567",
        "0170/1234567",
        "0170 123 45 67",
        "(030) 1234567",
        "(030)1234567",
        "(0170) 123-4567",
        "(089) 12 34 56",
        "01 23 45 67 89",
        "01.23.45.67.89",
        "01-23-45-67-89",
        "06-12345678",
        "06 12 34 56 78",
        "020 7946 0958",
        "07700 900123",
        "0161 496 0000",
        "03-1234-5678",
        "090-1234-5678",
        "010-1234-5678",
        "0412 345 678",
        "02 1234 5678",
        "070-123 45 67",
        "021 123 45 67",
        "0049 30 1234567",
        "0049-170-1234567",
        "00 49 30 1234567",
        "001 555 234 5678",
        "555-234-5678",
        "555 234 5678",
        "555.234.5678",
        "1-800-555-2199",
        "1 800 555 2199",
        "(555) 234-5678",
        "(11) 91234-5678",
        "(11) 3234-5678",
        "8 912 345 67 89",
        "7-912-345-67-89",
        "138 1234 5678",
        "98765 43210",
        "49-170-1234567",
        "44 7700 900123",
        "44-20-7946-0958",
        "353 85 1234567",
    ];

    const IN_TEXT: [(&str, &str); 24] = [
        ("calls of 030 1234567.csv", "calls of •.csv"),
        ("0170-1234567.ndjson.gz", "•.ndjson.gz"),
        ("/logs/0170 1234567.parquet", "/logs/•.parquet"),
        ("/logs/0170 1234567/a.csv", "/logs/0170 1234567/a.csv"),
        ("a (030) 1234567.mp3 b", "a •.mp3 b"),
        ("tel 1701234567.xlsx", "tel •.xlsx"),
        ("0049 30 1234567.stormline", "•.stormline"),
        ("030 1234567.5", "030 1234567.5"),
        ("call 030 1234567 now", "call • now"),
        ("tel:030-1234567,x", "tel:•,x"),
        ("Tel. 12 34 56 78", "Tel. •"),
        ("phone 1701234567.", "phone •."),
        ("Fax: 4930123456", "Fax: •"),
        ("telefon 765 43 21", "telefon •"),
        ("a,0170 1234567,b", "a,•,b"),
        ("a;(030) 1234567;b", "a;•;b"),
        ("Anna <0170 1234567>", "Anna <•>"),
        ("\"0170 1234567\"", "\"•\""),
        ("0170 1234567 or 030 7654321", "• or •"),
        ("mail ann or 555-234-5678!", "mail ann or •!"),
        ("n=030 1234567&x=1", "n=•&x=1"),
        ("0170\u{a0}1234567", "•"),
        ("is (555) 234-5678 yours?", "is • yours?"),
        ("0170%201234567", "•"),
    ];

    const OTHERS: [&str; 62] = [
        "01701234567",
        "4930123456",
        "1767225600",
        "1767225600000",
        "20260105101112",
        "2026-01-05",
        "2026-01-05 10:11:12",
        "2026-01-05T10:11:12Z",
        "05.01.2026 10:30",
        "05-01-2026 1030",
        "05/01/2026",
        "01/02/2026 03:04",
        "20260105 101112",
        "10:11:12",
        "2026-W02-1",
        "1 234 567 890",
        "1,234,567,890",
        "1.234.567.890",
        "12 345 678",
        "0.123456789",
        "0123456789",
        "00.5",
        "$ 030 123456",
        "€0170 1234567",
        "030 1234567 €",
        "ord-0170-1234567",
        "ORD 4711-0815-2026",
        "4711-0815-2026",
        "1111-4222-4333",
        "0123-4567-8901",
        "0001-0002-0003",
        "112-1234567-1234567",
        "#0170 1234567",
        "order #030 123456",
        "010.010.010.010",
        "00-14-22-01-23-45",
        "00:14:22:01:23:45",
        "978-3-16-148410-0",
        "9783161484100",
        "978-316-1484-100",
        "3f2a1111-4222-4333-8444-555566667777",
        "11111111-4222-4333-8444-555566667777",
        "v1.2.3-4567890",
        "1.2.3.4.5",
        "100 200 300 4000",
        "10 20 30 40 50",
        "85 90 60 100 200",
        "1920 1080 2560 1440",
        "30-1000-2500",
        "30 1000 2500",
        "49-2026-0012345",
        "123-456-7890",
        "555-123-4567",
        "/items/030-1234567/",
        "x030 1234567",
        "12345 67890",
        "12-34-56",
        "08-15-30",
        "47.11.08",
        "52.5200 13.4050",
        "1e10 0815",
        "4.5 030",
    ];

    #[test]
    fn national_numbers_are_masked() {
        for number in NUMBERS {
            assert_eq!(masked_text(number), "•••", "{number}");
            assert_eq!(masked("note", number), "•••", "{number}");
            assert_eq!(masked_text(&format!("her number: {number}, thanks")), "her number: •••, thanks");
        }
        for (text, expected) in IN_TEXT {
            assert_eq!(masked_text(text), expected.replace('•', "•••"));
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for other in OTHERS {
            assert_eq!(masked_text(other), other);
            assert_eq!(masked_text(&format!("it is {other} today")), format!("it is {other} today"));
        }
    }
}
