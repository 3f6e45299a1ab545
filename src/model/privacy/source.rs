//! A text whose encoded characters are read as what they stand for, and parts of it replaced. Not for choosing them.

use std::borrow::Cow;
use std::ops::Range;

/// A text as characters: `%40`, `%2540` and `\u0040` are each the one character that they stand for.
pub(super) struct Source<'a> {
    text: &'a str,
    /// The characters.
    pub chars: Vec<char>,
    /// Where each begins in the text, in bytes; one more for the end.
    starts: Vec<usize>,
}

/// Characters to replace, and what is shown instead.
#[derive(Debug)]
pub(super) struct Span {
    /// Half-open, in characters.
    pub range: Range<usize>,
    /// Shown instead.
    pub shown: String,
}

impl<'a> Source<'a> {
    /// Reads a text.
    pub(super) fn new(text: &'a str) -> Source<'a> {
        let mut source = Source {
            text,
            chars: Vec::with_capacity(text.len()),
            starts: Vec::with_capacity(text.len() + 1),
        };
        let mut at = 0;
        while let Some(plain) = text[at..].chars().next() {
            let (c, length) = encoded(&text.as_bytes()[at..]).unwrap_or((plain, plain.len_utf8()));
            source.chars.push(c);
            source.starts.push(at);
            at += length;
        }
        source.starts.push(at);
        source
    }

    /// The text with these parts replaced; they ascend and do not overlap.
    pub(super) fn with(&self, spans: &[Span]) -> Cow<'a, str> {
        if spans.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut out = String::with_capacity(self.text.len());
        let mut from = 0;
        for span in spans {
            out.push_str(&self.text[from..self.starts[span.range.start]]);
            out.push_str(&span.shown);
            from = self.starts[span.range.end];
        }
        out.push_str(&self.text[from..]);
        Cow::Owned(out)
    }
}

/// An encoded ASCII character and the bytes it takes, all of them ASCII.
fn encoded(bytes: &[u8]) -> Option<(char, usize)> {
    let (skip, json) = match bytes {
        [b'%', b'2', b'5', ..] if hex(bytes.get(3..5)?).is_some() => (3, false),
        [b'%', ..] => (1, false),
        [b'\\', b'u', b'0', b'0', ..] => (4, true),
        _ => return None,
    };
    let code = hex(bytes.get(skip..skip + 2)?)?;
    // Quotes and backslashes of JSON texts are part of their syntax only where they are not encoded.
    let syntax = json && matches!(code, b'"' | b'\\');
    (code.is_ascii() && !syntax).then_some((char::from(code), skip + 2))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}
