//! Checks JSON text in one pass and finds where its values end. Not for what is wrong with other text.
//!
//! It accepts what `serde_json` accepts when it passes over a value, byte for byte, and nothing else. Text that it
//! declines is given to `serde_json`, which says what is wrong with it.

/// Where the value ends that starts at `at`, `None` when it is not JSON, or nested deeper than `levels`.
pub(crate) fn value(text: &[u8], at: usize, levels: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => string(text, at + 1),
        b'{' => object(text, at + 1, levels.checked_sub(1)?),
        b'[' => list(text, at + 1, levels.checked_sub(1)?),
        b'-' | b'0'..=b'9' => number(text, at),
        b't' => literal(text, at, b"true"),
        b'f' => literal(text, at, b"false"),
        b'n' => literal(text, at, b"null"),
        _ => None,
    }
}

/// The first byte that is no white space.
pub(crate) fn space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

/// Where a string ends, its closing quote included; `at` is behind the opening one.
pub(crate) fn string(text: &[u8], at: usize) -> Option<usize> {
    string_of(text, at).map(|(end, _)| end)
}

/// As [`string`], and whether something in it is escaped.
#[inline]
pub(crate) fn string_of(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut is_escaped = false;
    loop {
        at = plain(text, at);
        match *text.get(at)? {
            b'"' => return Some((at + 1, is_escaped)),
            b'\\' => {
                is_escaped = true;
                at = escape(text, at + 1)?;
            }
            byte if byte < 0x20 => return None,
            _ => at += 1,
        }
    }
}

/// Passes over bytes that end no string, eight at a time; up to seven more may follow.
#[inline]
fn plain(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        // The lowest marked byte is a control character, a quote or a backslash; higher marks may be carries.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        let quote = quote.wrapping_sub(ONES) & !quote;
        let backslash = backslash.wrapping_sub(ONES) & !backslash;
        let marks = (control | quote | backslash) & HIGH;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at
}

fn escape(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => text.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 5),
        _ => None,
    }
}

fn object(text: &[u8], at: usize, levels: usize) -> Option<usize> {
    let mut at = space(text, at);
    if *text.get(at)? == b'}' {
        return Some(at + 1);
    }
    loop {
        (*text.get(at)? == b'"').then_some(())?;
        at = space(text, string(text, at + 1)?);
        (*text.get(at)? == b':').then_some(())?;
        at = space(text, value(text, space(text, at + 1), levels)?);
        match *text.get(at)? {
            b',' => at = space(text, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn list(text: &[u8], at: usize, levels: usize) -> Option<usize> {
    let mut at = space(text, at);
    if *text.get(at)? == b']' {
        return Some(at + 1);
    }
    loop {
        at = space(text, value(text, at, levels)?);
        match *text.get(at)? {
            b',' => at = space(text, at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn number(text: &[u8], at: usize) -> Option<usize> {
    let mut at = if text[at] == b'-' { at + 1 } else { at };
    at = match *text.get(at)? {
        b'0' if text.get(at + 1).is_some_and(u8::is_ascii_digit) => return None,
        b'0'..=b'9' => digits(text, at + 1),
        _ => return None,
    };
    if text.get(at) == Some(&b'.') {
        text.get(at + 1)?.is_ascii_digit().then_some(())?;
        at = digits(text, at + 2);
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        text.get(at)?.is_ascii_digit().then_some(())?;
        at = digits(text, at + 1);
    }
    Some(at)
}

fn digits(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text[at..].starts_with(word).then_some(at + word.len())
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    /// True when the whole text is one value.
    fn accepts(text: &[u8]) -> bool {
        let end = value(text, space(text, 0), 100).map(|at| space(text, at));
        end == Some(text.len())
    }

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<&RawValue>(text).is_ok()
    }

    const SEEDS: [&str; 8] = [
        r#" {"a" : [1, -2.50e+3, "x\"\\\u00e9\ud800"], "b":{"c":null,"d":true} , "e":false}"#,
        r#"[0,-0,0.1,1e9,1E-9,12345678901234567890123, 1e999,[],{},""]"#,
        r#"{"a long key that needs several words":"and a value, é, as long as that\n"}"#,
        r#"[[[[[[[[{"a":[{}]}]]]]]]]]"#,
        "\"tab\tin a string\"",
        "[01]",
        "{\"a\":1,}",
        "nul",
    ];

    #[test]
    fn it_accepts_what_serde_json_accepts_whatever_a_byte_is_changed_to() {
        let mut accepted = 0;
        for seed in SEEDS {
            assert_eq!(accepts(seed.as_bytes()), is_json(seed), "{seed}");
            for at in 0..seed.len() {
                for byte in (0..0x80).filter(|_| seed.is_char_boundary(at) && seed.as_bytes()[at] < 0x80) {
                    let mut changed = seed.as_bytes().to_vec();
                    changed[at] = byte;
                    let text = std::str::from_utf8(&changed).unwrap();
                    assert_eq!(accepts(&changed), is_json(text), "{text}");
                    changed.insert(at, b'\\');
                    let text = std::str::from_utf8(&changed).unwrap();
                    assert_eq!(accepts(&changed), is_json(text), "{text}");
                    accepted += usize::from(is_json(text));
                }
                let cut = &seed.as_bytes()[..at];
                if let Ok(text) = std::str::from_utf8(cut) {
                    assert_eq!(accepts(cut), is_json(text), "{text}");
                }
            }
        }
        assert!(accepted > 100);
    }

    #[test]
    fn it_declines_what_is_nested_too_deep() {
        let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
        assert!(accepts(&nested(100)) && !accepts(&nested(101)));
        assert!(!accepts(&nested(1_000_000)));
    }
}
