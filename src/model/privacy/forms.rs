//! Finds e-mail and IP addresses, phone, card and account numbers, alone or inside a text. Not for names of properties.
//!
//! Every scan looks a bounded distance around a character, or stops where the one before it did, so that the time is
//! linear in the text.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use super::iban::iban;
use super::phones::national;
use super::source::Span;
use super::{MASK, mask};

/// True for an e-mail address and nothing else.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && domain.chars().all(is_domain_char)
        && domain.split('.').all(|label| !label.is_empty())
        && is_domain(domain)
}

/// True for an IP address and nothing else.
pub(super) fn is_ip(text: &str) -> bool {
    text != "::" && text.parse::<IpAddr>().is_ok()
}

/// True for a phone number with a country code and nothing else.
pub(super) fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (8..=15).contains(&digits)
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.'))
}

/// True for an international bank account number and nothing else.
pub(super) fn is_iban(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let chars: Vec<char> = text.chars().take(60).collect();
    iban(&chars, 0) == Some(chars.len())
}

/// A card number: 13 to 19 digits, perhaps in groups, with a right Luhn checksum and a usual first digit.
pub(super) fn is_card(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    plain && is_card_digits(&text.chars().filter_map(|c| c.to_digit(10)).collect::<Vec<_>>())
}

fn is_card_digits(digits: &[u32]) -> bool {
    if !(13..=19).contains(&digits.len()) || !matches!(digits.first(), Some(3..=6)) {
        return false;
    }
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d }).sum();
    sum.is_multiple_of(10)
}

/// Two labels or more, one after the first that begins with a letter (so that `tool@1.2.3` is a version), or an IP.
fn is_domain(domain: &str) -> bool {
    let named = |label: &str| label.chars().count() >= 2 && label.starts_with(char::is_alphabetic);
    domain.parse::<Ipv4Addr>().is_ok() || domain.split('.').filter(|l| !l.is_empty()).skip(1).any(named)
}

fn is_domain_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_')
}

fn is_local_char(c: char) -> bool {
    let quote = matches!(c, '“' | '”' | '„' | '‘' | '«' | '»' | '…' | '•' | '，' | '、' | '：' | '。');
    c.is_alphanumeric()
        || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '~' | '!' | '#' | '$' | '*' | '^')
        || (!c.is_ascii() && !c.is_whitespace() && !quote)
}

/// Adds what is suspected in a range of the text; `cut` when the text may go on where it ends.
pub(super) fn spans(chars: &[char], range: Range<usize>, cut: bool, found: &mut Vec<Span>) {
    let mut from = range.start;
    let mut floor = range.start;
    for at in range.clone().filter(|at| chars[*at] == '@') {
        if let Some(span) = mail(&chars[..range.end], at, floor, cut && range.end == chars.len()) {
            numbers(chars, from..span.range.start, found);
            from = span.range.end;
            found.push(span);
        }
        floor = from.max(at + 1);
    }
    numbers(chars, from..range.end, found);
}

/// The mail around an at sign, not reaching back before `floor`.
fn mail(chars: &[char], at: usize, floor: usize, cut: bool) -> Option<Span> {
    if at < floor {
        return None;
    }
    let back = |mut start: usize| {
        while start > floor && is_local_char(chars[start - 1]) {
            start -= 1;
        }
        start
    };
    let mut start = back(at);
    // `https://ann:secret@host`: name and password go together.
    let slashes = |start: usize| start >= 2 && chars[start - 1] == '/' && chars[start - 2] == '/';
    let mut login = slashes(start) && start < at;
    if start > floor && chars[start - 1] == ':' && slashes(back(start - 1)) {
        start = back(start - 1);
        login = true;
    }
    while start < at && matches!(chars[start], '\'' | '*' | '!' | '#' | '$' | '^') {
        start += 1;
    }
    let mut end = at + 1;
    while end < chars.len()
        && is_domain_char(chars[end])
        && !(chars[end] == '.' && chars.get(end + 1) == Some(&'.'))
    {
        end += 1;
    }
    while end > at + 1 && matches!(chars[end - 1], '.' | '-') {
        end -= 1;
    }
    let rest = &chars[end..];
    let is_cut = cut && rest.len() <= 3 && rest.iter().all(|c| matches!(c, '.' | '…' | '-'));
    let domain: String = chars[at + 1..end].iter().collect();
    (start < at && (login || is_cut || is_domain(&domain)))
        .then(|| Span { range: start..at, shown: MASK.to_owned() })
}

/// Adds IP addresses, phone, card and account numbers.
fn numbers(chars: &[char], range: Range<usize>, found: &mut Vec<Span>) {
    let text = &chars[..range.end];
    let mut at = range.start;
    // Up to here, runs of characters of addresses have been looked at.
    let mut scanned = at;
    while at < range.end {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let fresh = !before.is_some_and(char::is_alphanumeric);
        let end = match chars[at] {
            '+' if fresh => phone(text, at),
            c if c.is_ascii_digit() && fresh => card(text, at).or_else(|| national(text, at)),
            '(' if fresh => national(text, at),
            c if c.is_ascii_alphabetic() && fresh => iban(text, at),
            _ => None,
        };
        if let Some(end) = end {
            let whole: String = chars[at..end].iter().collect();
            found.push(Span { range: at..end, shown: mask(&whole) });
            at = end;
        } else if at >= scanned && is_ip_char(chars[at]) {
            scanned = at + text[at..].iter().take_while(|c| is_ip_char(**c)).count();
            at = addresses(text, at..scanned, found).unwrap_or(at + 1);
        } else {
            at += 1;
        }
    }
}

fn is_ip_char(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, ':' | '.')
}

fn breaks(text: &[char], at: usize) -> bool {
    !text.get(at).is_some_and(|c| c.is_alphanumeric())
}

/// Where a phone number that starts here ends: at most 15 digits in groups.
fn phone(text: &[char], plus: usize) -> Option<usize> {
    let (mut digits, mut gap, mut end) = (0, 0, None);
    for at in plus + 1..text.len() {
        match text[at] {
            '0' if digits == 0 => return None,
            c if c.is_ascii_digit() => {
                digits += 1;
                gap = 0;
                if digits > 15 {
                    return end;
                }
                if digits >= 8 && breaks(text, at + 1) {
                    end = Some(at + 1);
                }
            }
            ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}' | '\u{202f}' if gap < 3 => gap += 1,
            _ => return end,
        }
    }
    end
}

/// Where a card number that starts here ends: one group, or groups of 3 to 6 after a first one of 4.
fn card(text: &[char], start: usize) -> Option<usize> {
    let mut digits = Vec::with_capacity(20);
    let (mut end, mut group) = (None, 0);
    for at in start..text.len() {
        match text[at].to_digit(10) {
            Some(digit) => {
                digits.push(digit);
                group += 1;
                if digits.len() > 19 {
                    return end;
                }
                let single = group == digits.len();
                if breaks(text, at + 1) && (single || (3..=6).contains(&group)) && is_card_digits(&digits) {
                    end = Some(at + 1);
                }
            }
            None => {
                let first = group == digits.len();
                let fits = if first { group == 4 } else { (3..=6).contains(&group) };
                if !fits || !matches!(text[at], ' ' | '-' | '\u{a0}' | '\u{202f}') {
                    return end;
                }
                group = 0;
            }
        }
    }
    end
}

/// Adds the addresses of a run of hexadecimal digits, colons and dots; tells where the last one ends.
fn addresses(text: &[char], run: Range<usize>, found: &mut Vec<Span>) -> Option<usize> {
    let (start, end) = (run.start, run.end);
    let fresh = start == 0 || breaks(text, start - 1);
    let is_address =
        |range: &Range<usize>| range.len() <= 45 && is_ip(&text[range.clone()].iter().collect::<String>());
    let colons = text[start..end].iter().take(64).filter(|c| **c == ':').count();
    if colons >= 2 {
        let lead = usize::from(text[start] == ':');
        let tail = text[start..end]
            .iter()
            .rev()
            .take_while(|c| matches!(**c, '.' | ':'))
            .count()
            .min(run.len() - lead);
        for range in [start..end, start..end - tail, start + lead..end, start + lead..end - tail] {
            if (fresh || range.start > start) && breaks(text, range.end) && is_address(&range) {
                found.push(Span { range: range.clone(), shown: MASK.to_owned() });
                return Some(range.end);
            }
        }
    }
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut at = start;
    let mut last = None;
    while at < end {
        let mut stop = at + text[at..end].iter().take_while(|c| is_part(**c)).count();
        let next_piece = stop.max(at + 1);
        while at < stop && text[at] == '.' {
            at += 1;
        }
        while stop > at && text[stop - 1] == '.' {
            stop -= 1;
        }
        let whole = (at == 0 || breaks(text, at - 1)) && breaks(text, stop);
        if whole && (7..=15).contains(&(stop - at)) && is_address(&(at..stop)) {
            found.push(Span { range: at..stop, shown: MASK.to_owned() });
            last = Some(stop);
        }
        at = next_piece;
    }
    last
}
