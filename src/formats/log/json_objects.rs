//! A text of JSON split into its objects: one a line, in a list, or one after the other over many lines. Not for what
//! the objects mean: see the formats.
//!
//! Only one object is held at a time. Damage costs the object it is in: a quote or bracket that is never closed is
//! given up where the next object seems to start.

use std::io::Cursor;

use super::lines::{Line, Lines, Stream};
use super::reason::{Reason, Rejection};
use super::{Input, LONGEST_RAW, LONGEST_RECORD, ReadError, json, peek, whole_lines, without_bom};

/// Brackets of a damaged object that are remembered.
const MOST_OPEN: usize = 1 << 16;

/// One object, or what stands in the place of one.
pub(super) struct Piece<'b> {
    /// Line on which it starts, from 1.
    pub line: u64,
    /// Bytes consumed once it is done.
    pub position: u64,
    /// Its bytes; of one that is too long only the first [`LONGEST_RAW`].
    pub bytes: &'b [u8],
    /// Why it is no object, as far as splitting shows.
    pub fault: Option<Rejection>,
}

impl Piece<'_> {
    /// True for a line without an object.
    pub(super) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.bytes.trim_ascii().is_empty()
    }
}

/// Splits a text into objects.
pub(super) enum Objects<'a> {
    /// One a line.
    Lines(Lines<'a>),
    /// Wherever they start and end.
    Values(Values<'a>),
}

impl<'a> Objects<'a> {
    /// Chooses by the first bytes.
    pub(super) fn new(input: Input<'a>) -> Self {
        let (head, input) = peek(input);
        if is_one_a_line(&head) {
            Objects::Lines(Lines::new(input))
        } else {
            Objects::Values(Values::new(input))
        }
    }

    /// The next object, or a blank line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>, ReadError> {
        match self {
            Objects::Lines(lines) => next_line(lines),
            Objects::Values(values) => values.next(),
        }
    }
}

fn next_line<'l>(lines: &'l mut Lines<'_>) -> Result<Option<Piece<'l>>, ReadError> {
    let Some(line) = lines.next()? else { return Ok(None) };
    Ok(Some(of_line(&line)))
}

/// The object that a line is.
pub(super) fn of_line<'l>(line: &Line<'l>) -> Piece<'l> {
    let bytes = if line.number == 1 { without_bom(line.bytes) } else { line.bytes };
    let fault = line.too_long.map(too_long);
    Piece { line: line.number, position: line.position, bytes, fault }
}

/// The objects at the beginning of a log, at most `most`; one that the head cuts off is left out.
pub(super) fn sample(head: &[u8], most: usize) -> Vec<Vec<u8>> {
    let mut objects = if is_one_a_line(head) {
        Objects::Lines(Lines::new(Box::new(Cursor::new(whole_lines(head)))))
    } else {
        Objects::Values(Values::new(Box::new(Cursor::new(head))))
    };
    let mut found = Vec::new();
    while found.len() < most {
        match objects.next() {
            Ok(Some(piece)) if piece.fault.is_none() && !piece.is_blank() => found.push(piece.bytes.to_vec()),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    found
}

/// True for a text whose first byte of content opens an object or a list.
pub(super) fn opens_json(head: &[u8]) -> bool {
    let mut bytes = without_bom(head).iter().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => true,
        Some(b'[') => bytes.next().is_some_and(|byte| matches!(byte, b'{' | b'[' | b']')),
        _ => false,
    }
}

/// True unless the text is a list, or starts with an object that goes on over several lines.
fn is_one_a_line(head: &[u8]) -> bool {
    let text = without_bom(head).trim_ascii_start();
    if text.starts_with(b"[") {
        return false;
    }
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    // An object that goes on is followed by a key or its end, also when it is damaged.
    let goes_on = lines.next().is_some_and(|line| line.starts_with(b"\"") || line.starts_with(b"}"));
    !goes_on || !first.starts_with(b"{") || json::object(first).is_ok()
}

/// Splits a text at the brackets of its objects.
pub(super) struct Values<'a> {
    stream: Stream<'a>,
    long: Vec<u8>,
}

/// How an object ended.
enum Ended {
    /// With its last bracket, or by being given up: its length, and why it is none.
    Held(usize, Option<Rejection>),
    /// After the limit; its length.
    Passed(u64),
}

impl<'a> Values<'a> {
    fn new(input: Input<'a>) -> Self {
        Self { stream: Stream::new(input), long: Vec::new() }
    }

    fn next(&mut self) -> Result<Option<Piece<'_>>, ReadError> {
        if !self.skip_separators()? {
            return Ok(None);
        }
        let line = self.stream.lines() + 1;
        let ended = if self.stream.rest().first() == Some(&b'{') { self.object()? } else { self.other()? };
        match ended {
            Ended::Held(length, fault) => {
                let lines = newlines(&self.stream.rest()[..length]);
                let range = self.stream.take(length, lines);
                let position = self.stream.position();
                let bytes = self.stream.slice(range).trim_ascii_end();
                Ok(Some(Piece { line, position, bytes, fault }))
            }
            Ended::Passed(length) => {
                let position = self.stream.position();
                Ok(Some(Piece { line, position, bytes: &self.long, fault: Some(too_long(length)) }))
            }
        }
    }

    /// Passes over white space, commas and the brackets of lists; false at the end.
    fn skip_separators(&mut self) -> Result<bool, ReadError> {
        loop {
            let rest = self.stream.rest();
            let rest = if self.stream.position() == 0 && rest.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let bytes = &self.stream.rest()[rest..];
            let separators = bytes.iter().take_while(|byte| is_separator(**byte)).count();
            let lines = newlines(&bytes[..separators]);
            let found = separators < bytes.len();
            self.stream.take(rest + separators, lines);
            if found || self.stream.ended() {
                return Ok(found);
            }
            self.stream.fill()?;
        }
    }

    fn object(&mut self) -> Result<Ended, ReadError> {
        let mut scan = Scan::default();
        loop {
            if let Some(length) = scan.run(self.stream.rest()) {
                return Ok(self.held(length, scan.suspect, scan.given_up));
            }
            let held = self.stream.rest().len();
            if self.stream.ended() || held > LONGEST_RECORD {
                if let Some(suspect) = scan.suspect {
                    return Ok(Ended::Held(suspect, Some(never_ends())));
                }
                if self.stream.ended() && held <= LONGEST_RECORD {
                    return Ok(Ended::Held(held, Some(never_ends())));
                }
                return self.pass_over(scan);
            }
            self.stream.fill()?;
        }
    }

    /// An object of known length. One that is no JSON although its brackets match may have swallowed the next ones.
    fn held(&mut self, length: usize, suspect: Option<usize>, given_up: bool) -> Ended {
        if length > LONGEST_RECORD {
            let rest = self.stream.rest();
            let lines = newlines(&rest[..length]);
            self.long = rest[..LONGEST_RAW].to_vec();
            self.stream.take(length, lines);
            return Ended::Passed(length as u64);
        }
        if given_up {
            return Ended::Held(suspect.unwrap_or(length), Some(never_ends()));
        }
        match suspect {
            Some(suspect) if json::object(&self.stream.rest()[..length]).is_err() => {
                Ended::Held(suspect, Some(never_ends()))
            }
            _ => Ended::Held(length, None),
        }
    }

    /// Reads on to the end of an object that is too long, holding only its beginning.
    fn pass_over(&mut self, mut scan: Scan) -> Result<Ended, ReadError> {
        self.long = self.stream.rest()[..LONGEST_RAW].to_vec();
        let mut length = 0;
        loop {
            let end = scan.run(self.stream.rest()).or(scan.suspect);
            let taken = end.unwrap_or(self.stream.rest().len());
            let lines = newlines(&self.stream.rest()[..taken]);
            self.stream.take(taken, lines);
            length += taken as u64;
            if end.is_some() || self.stream.ended() {
                return Ok(Ended::Passed(length));
            }
            scan.at = 0;
            self.stream.fill()?;
        }
    }

    /// What is no object, up to the next one or the end of the line.
    fn other(&mut self) -> Result<Ended, ReadError> {
        loop {
            let rest = self.stream.rest();
            let end =
                memchr::memchr2(b'{', b'\n', rest).or((rest.len() > LONGEST_RECORD).then_some(rest.len()));
            if end.is_some() || self.stream.ended() {
                let length = end.unwrap_or(rest.len()).max(1);
                let text = rest[..length].trim_ascii_end();
                let text = text.strip_suffix(b",").unwrap_or(text);
                let fault = match json::object(&text[..text.len().min(LONGEST_RAW)]) {
                    Ok(_) => never_ends(),
                    Err(fault) => fault,
                };
                return Ok(Ended::Held(length, Some(fault)));
            }
            self.stream.fill()?;
        }
    }
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']' | 0x1e)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn too_long(length: u64) -> Rejection {
    Rejection::new(Reason::TooLong, format!("{length} bytes"))
}

fn never_ends() -> Rejection {
    Rejection::new(Reason::NotJson, "the object is not closed before the next one or the end")
}

/// Follows the brackets and quotes of one object.
#[derive(Default)]
struct Scan {
    /// How far it has looked.
    at: usize,
    open: Vec<u8>,
    /// Brackets open beyond those remembered.
    more: usize,
    quoted: bool,
    escaped: bool,
    /// The last byte outside text that is no white space.
    before: u8,
    /// Within text: how much of `}`, `,`, `{` was seen.
    ending: u8,
    /// Where the next object may start, if this one turns out to be damaged.
    suspect: Option<usize>,
    /// An object starts where none can: this one was never closed.
    given_up: bool,
}

impl Scan {
    /// Looks on; the length of the object once its end is found.
    fn run(&mut self, bytes: &[u8]) -> Option<usize> {
        while self.at < bytes.len() {
            let at = self.at;
            if self.quoted && !self.escaped && self.ending == 0 {
                // Most of a log is text: jump to what can matter in it.
                match memchr::memchr3(b'"', b'\\', b'}', &bytes[at..]) {
                    Some(0) => {}
                    Some(offset) => {
                        self.at += offset;
                        continue;
                    }
                    None => {
                        self.at = bytes.len();
                        return None;
                    }
                }
            }
            self.at += 1;
            let byte = bytes[at];
            if self.quoted {
                self.in_text(byte, at);
            } else if let Some(length) = self.outside(byte, at) {
                return Some(length);
            }
        }
        None
    }

    fn in_text(&mut self, byte: u8, at: usize) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.quoted = false;
                self.before = b'"';
            }
            b'}' => self.ending = 1,
            b',' if self.ending == 1 => self.ending = 2,
            b'{' if self.ending > 0 => {
                self.suspect.get_or_insert(at);
                self.ending = 0;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.ending = 0,
        }
    }

    fn outside(&mut self, byte: u8, at: usize) -> Option<usize> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return None,
            b'"' => {
                self.quoted = true;
                self.ending = 0;
            }
            b'{' if at > 0 && self.wants_key() => {
                self.given_up = true;
                return Some(at);
            }
            b'{' | b'[' => {
                if self.open.len() < MOST_OPEN {
                    self.open.push(byte);
                } else {
                    self.more += 1;
                }
            }
            b'}' | b']' => {
                if self.more > 0 {
                    self.more -= 1;
                } else {
                    self.open.pop();
                }
                if self.open.is_empty() {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        self.before = byte;
        None
    }

    /// True where an object has a key or ends, so that no object can start.
    fn wants_key(&self) -> bool {
        self.more == 0 && self.open.last() == Some(&b'{') && self.before != b':'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, String, Option<Reason>)> {
        let mut objects = Objects::new(Box::new(Cursor::new(text.to_vec())));
        let mut found = Vec::new();
        let mut before = 0;
        while let Some(piece) = objects.next().unwrap() {
            assert!(piece.position > before && piece.position <= text.len() as u64);
            before = piece.position;
            let bytes = String::from_utf8_lossy(piece.bytes).into_owned();
            found.push((piece.line, bytes, piece.fault.map(|fault| fault.reason)));
        }
        found
    }

    fn texts(text: &str) -> Vec<String> {
        all(text.as_bytes())
            .into_iter()
            .map(|(_, bytes, fault)| if fault.is_some() { format!("! {bytes}") } else { bytes })
            .collect()
    }

    #[test]
    fn lists_lines_and_spread_objects_give_the_same_objects() {
        let one = r#"{"a":"},{","b":[{"c":1}]}"#;
        let two = r#"{"a":2}"#;
        for text in [
            format!("{one}\n{two}\n"),
            format!("\u{feff}[{one},{two}]"),
            format!("[\n  {one},\n  {two}\n]\n"),
            format!("[{one}]\n[{two}]\n"),
        ] {
            assert_eq!(texts(&text), [one, two], "{text}");
        }
        let spread = "{\n  \"a\": 1\n}\n{\n  \"a\": {\n  }\n}";
        let found = all(spread.as_bytes());
        assert_eq!((found.len(), found[1].0), (2, 4));
        assert_eq!(texts("[]"), Vec::<String>::new());
    }

    #[test]
    fn damage_costs_the_object_it_is_in() {
        let broken = r#"[{"a":"x},{"a":2},{"a":3}]"#;
        assert_eq!(texts(broken), [r#"! {"a":"x},"#, r#"{"a":2}"#, r#"{"a":3}"#]);
        let open = r#"[{"a":1,{"a":2},{"a":3}]"#;
        assert_eq!(texts(open), [r#"! {"a":1,"#, r#"{"a":2}"#, r#"{"a":3}"#]);
        let cut = r#"[{"a":1},{"a":{"b":"#;
        assert_eq!(texts(cut), [r#"{"a":1}"#, r#"! {"a":{"b":"#]);
        let strange = "[1, \"two\", {\"a\":3}, null]";
        assert_eq!(texts(strange), ["! 1, \"two\",", r#"{"a":3}"#, "! null]"]);
    }

    #[test]
    fn an_object_over_the_limit_is_passed_over() {
        let long = "x".repeat(LONGEST_RECORD * 2);
        let text = format!("[{{\"a\":\"{long}\"}},\n{{\"a\":2}}]");
        let found = all(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].2, found[0].1.len()), (Some(Reason::TooLong), LONGEST_RAW));
        assert_eq!((found[1].0, found[1].1.as_str()), (2, r#"{"a":2}"#));
        let spread = format!("{{\n\"a\":[{}1]\n}}\n{{\"a\":2}}", "1,\n".repeat(LONGEST_RECORD / 2));
        assert_eq!(all(spread.as_bytes()).len(), 2);
    }

    #[test]
    fn a_list_cut_anywhere_loses_no_whole_object() {
        let text = "[\n{\"a\":\"\\\"}{\"},\n{\"b\":[1,{\"c\":2}]} ]\n";
        for left in 0..text.len() {
            let found = all(&text.as_bytes()[..left]);
            let whole = found.iter().filter(|piece| piece.2.is_none()).count();
            assert_eq!(whole, usize::from(left >= 14) + usize::from(left >= 33), "{left}");
        }
    }

    #[test]
    fn no_byte_but_separators_is_lost() {
        let squeezed =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|byte| !is_separator(*byte)).collect() };
        let text = br#"[{"a":"x"},{"b":{"c":[{"d":1},{"e":"}"}]}}, 7,
  {"f":"\"","g":{}},{"h":null},{"i":"{,}"}]"#;
        for at in 0..text.len() {
            for put in [&b""[..], b"\"", b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b"\xff"] {
                let damaged = [&text[..at], put, &text[at + 1..]].concat();
                let mut values = Values::new(Box::new(Cursor::new(damaged.clone())));
                let mut pieces = Vec::new();
                while let Some(piece) = values.next().unwrap() {
                    pieces.extend_from_slice(piece.bytes);
                }
                assert_eq!(squeezed(&pieces), squeezed(&damaged), "{put:?} at {at}");
            }
        }
    }
}
