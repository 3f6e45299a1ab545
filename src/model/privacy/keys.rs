//! Finds the values of keys with personal names in a raw text: JSON whole, broken, cut or inside a string or a CSV
//! cell, and `key=value` pairs. Not a parser: what is not understood is left to the forms of values.

use std::ops::Range;

use super::source::Span;
use super::{MASK, is_personal_name, mask};

/// The longest key looked for, in characters.
const KEY_LIMIT: usize = 100;
/// The deepest nesting whose keys are remembered.
const DEPTH_LIMIT: usize = 256;

/// What is to be hidden, in order.
pub(super) fn spans(chars: &[char]) -> Vec<Span> {
    let mut scan = Scan { chars, floor: 0, parents: Vec::new(), pending: None, in_string: false };
    let mut found = Vec::new();
    let (mut at, mut backslashes) = (0, 0);
    while at < chars.len() {
        let value = match chars[at] {
            ':' => scan.quoted_key(at),
            '=' => scan.bare_key(at),
            other => {
                scan.structure(other, backslashes % 2 == 1);
                None
            }
        };
        backslashes = if chars[at] == '\\' { backslashes + 1 } else { 0 };
        at += 1;
        if let Some(value) = value {
            let content: String = chars[value.hidden.clone()].iter().collect();
            if !matches!(content.trim(), "" | "null") {
                let shown = if value.nested { MASK.to_owned() } else { mask(&content) };
                found.push(Span { range: value.hidden.clone(), shown });
            }
            at = value.next;
            scan.floor = value.next;
            scan.pending = None;
        }
    }
    found
}

struct Scan<'a> {
    chars: &'a [char],
    /// Keys do not begin before this.
    floor: usize,
    /// Keys of the objects and lists that are open.
    parents: Vec<Range<usize>>,
    /// The key whose value comes next.
    pending: Option<Range<usize>>,
    in_string: bool,
}

/// A value to hide.
struct Value {
    hidden: Range<usize>,
    /// Where to go on.
    next: usize,
    /// An object or a list.
    nested: bool,
}

impl Scan<'_> {
    /// Follows what is open, outside of strings.
    fn structure(&mut self, c: char, escaped: bool) {
        match c {
            '"' if !escaped => {
                self.in_string = !self.in_string;
                self.pending = None;
            }
            '{' | '[' if !self.in_string && self.parents.len() < DEPTH_LIMIT => {
                let key = self.pending.take().or_else(|| self.parents.last().cloned());
                self.parents.push(key.unwrap_or(0..0));
            }
            '}' | ']' if !self.in_string => _ = self.parents.pop(),
            ',' => self.pending = None,
            _ => {}
        }
    }

    /// The value after a colon when the quoted key before it has a personal name.
    fn quoted_key(&mut self, colon: usize) -> Option<Value> {
        let blanks =
            self.chars[self.floor..colon].iter().rev().take(8).take_while(|c| c.is_whitespace()).count();
        let quote_end = colon - blanks;
        let quote = delimiter(&self.chars[self.floor..quote_end])?;
        let key_end = quote_end - quote.len();
        let least = key_end.saturating_sub(KEY_LIMIT).max(self.floor);
        let starts = |start: &usize| self.chars[least..*start].ends_with(&quote);
        let start = (least..=key_end).rev().find(starts)?;
        let key: String = self.chars[start..key_end].iter().collect();
        let parent =
            self.parents.last().map_or_else(String::new, |at| self.chars[at.clone()].iter().collect());
        self.pending = Some(start..key_end);
        let path = if parent.is_empty() { key } else { format!("{parent}.{key}") };
        if is_personal_name(&path) { self.value(colon + 1, &quote) } else { None }
    }

    /// The value of JSON that starts here, after blanks.
    fn value(&self, from: usize, quote: &[char]) -> Option<Value> {
        let start = from + self.chars[from..].iter().take_while(|c| c.is_whitespace()).count();
        let rest = &self.chars[start..];
        let first = *rest.first()?;
        let plain = [first];
        let own = if rest.starts_with(quote) { Some(quote) } else { is_quote(first).then_some(&plain[..]) };
        if let Some(own) = own {
            let from = start + own.len();
            let end = closing(self.chars, from, own);
            let next = (end + own.len()).min(self.chars.len());
            return Some(Value { hidden: from..end, next, nested: false });
        }
        if matches!(first, '{' | '[') {
            let end = self.matching(start, quote);
            return Some(Value { hidden: start..end, next: end, nested: true });
        }
        let ends = |c: &char| matches!(c, ',' | '}' | ']' | '\n' | '\r' | '"' | '\\');
        let end = start + rest.iter().take_while(|c| !ends(c)).count();
        Some(Value { hidden: start..end, next: end.max(start), nested: false })
    }

    /// Where the object or list that starts here ends; brackets in strings do not count.
    fn matching(&self, start: usize, quote: &[char]) -> usize {
        let (mut depth, mut at) = (0_usize, start);
        while at < self.chars.len() {
            if self.chars[at..].starts_with(quote) {
                at = closing(self.chars, at + quote.len(), quote) + quote.len();
                continue;
            }
            match self.chars[at] {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return at;
            }
        }
        self.chars.len()
    }

    /// The value after an equals sign when the bare key before it has a personal name.
    fn bare_key(&self, equals: usize) -> Option<Value> {
        let is_key = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
        let before = self.chars[self.floor..equals].iter().rev().take(KEY_LIMIT);
        let length = before.take_while(|c| is_key(c)).count();
        let key: String = self.chars[equals - length..equals].iter().collect();
        let key = key.replace(['[', ']'], ".");
        if !is_personal_name(key.trim_matches('.')) {
            return None;
        }
        let start = equals + 1;
        let first = *self.chars.get(start)?;
        if is_quote(first) {
            let end = closing(self.chars, start + 1, &[first]);
            return Some(Value {
                hidden: start + 1..end,
                next: (end + 1).min(self.chars.len()),
                nested: false,
            });
        }
        let ends = |c: &char| {
            c.is_whitespace()
                || matches!(c, '&' | ';' | ',' | '"' | '\'' | '#' | '<' | '>' | ')' | '}' | '\\')
        };
        let end = start + self.chars[start..].iter().take_while(|c| !ends(c)).count();
        Some(Value { hidden: start..end, next: end, nested: false })
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// The quote that a text ends with: plain, after backslashes as in JSON inside JSON, or doubled as in a CSV cell.
fn delimiter(text: &[char]) -> Option<Vec<char>> {
    let (quote, before) = text.split_last().filter(|(c, _)| is_quote(**c))?;
    if before.last() == Some(quote) {
        return Some(vec![*quote; 2]);
    }
    let backslashes = before.iter().rev().take(16).take_while(|c| **c == '\\').count();
    let mut delimiter = vec!['\\'; backslashes];
    delimiter.push(*quote);
    Some(delimiter)
}

/// Where a string that starts at `from` ends: at its closing quote, or at the end of the text.
fn closing(chars: &[char], from: usize, delimiter: &[char]) -> usize {
    let escapes = delimiter.iter().filter(|c| **c == '\\').count();
    let mut backslashes = 0;
    for at in from..chars.len() {
        if chars[at] == '\\' {
            backslashes += 1;
            continue;
        }
        let quote = chars[at..].starts_with(&delimiter[escapes..]);
        let closes = if escapes == 0 { backslashes % 2 == 0 } else { backslashes == escapes };
        if quote && closes {
            return at - escapes;
        }
        backslashes = 0;
    }
    chars.len()
}
