//! A rejected record's bytes as text that may be shown. Not for judging what is personal: see `model::privacy`.

use super::LONGEST_RAW;
use crate::model::privacy;

/// The first `most` characters of a record on one line, personal values masked: masked whole and then cut, for half a
/// value is no longer known for what it is.
pub fn shown(raw: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(raw);
    // The last word of a record that was cut when it was kept may be half a value.
    let whole = if raw.len() < LONGEST_RAW { &text[..] } else { without_last_word(&text) };
    cut(&privacy::masked_record(whole), most)
}

/// The first `most` characters on one line, with an ellipsis where something is left out.
pub fn cut(text: &str, most: usize) -> String {
    let mut start: String = text.chars().take(most).map(visible).collect();
    if text.chars().nth(most).is_some() {
        start.push('…');
    }
    start
}

pub(super) fn without_last_word(text: &str) -> &str {
    text.trim_end_matches(|c: char| !c.is_whitespace() && !matches!(c, '"' | ',' | ';' | '|'))
}

/// Control characters as their pictures, so that a line of garbage stays one line.
fn visible(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_bytes_become_one_masked_line() {
        let text = shown(b"{\"email\":\"ann@example.org\"}\x00\xff\n", 100);
        assert_eq!(text, "{\"email\":\"•••@example.org\"}\u{fffd}\u{fffd} ");
        assert_eq!(shown("äää".as_bytes(), 3), "äää");
        assert_eq!(shown("äääé".as_bytes(), 3), "äää…");
    }

    #[test]
    fn values_of_personal_keys_are_masked() {
        let text = shown(b"{\"first_name\":\"Anna\",\"phone\":\"0170 1234567\",\"plan\":\"pro\"", 200);
        assert!(!text.contains("Anna") && !text.contains("1234567") && text.contains("pro"), "{text}");
    }

    #[test]
    fn a_value_is_masked_before_it_is_cut() {
        for most in 0..40 {
            let text = shown(b"u1,ann@example.org,2026-01-05", most);
            assert!(!text.contains("ann"), "{text}");
        }
        let mut long = vec![b' '; LONGEST_RAW - 9];
        long.extend_from_slice(b"bob@examp");
        assert!(!shown(&long, LONGEST_RAW).contains("bob"));
    }
}
