//! The tags of an XML document one after the other, in bounded memory. Not for what they mean: see `xes`.
//!
//! No entity but the five of XML itself is known, so none can be blown up; what a document type declares is passed over.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Input, LONGEST_RAW, LONGEST_RECORD, ReadError};

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// An element begins.
    Open(Element),
    /// The element last begun ends; an empty one too.
    Close,
}

/// The beginning of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// The attribute `key`; empty when there is none.
    pub key: String,
    /// The attribute `value`.
    pub value: String,
}

/// Pulls tags out of a stream.
pub(super) struct Tags<'a> {
    reader: Reader<Bounded<'a>>,
    buffer: Vec<u8>,
    depth: usize,
    ended: bool,
}

impl<'a> Tags<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let mut reader = Reader::from_reader(Bounded::new(input));
        reader.config_mut().expand_empty_elements = true;
        Tags { reader, buffer: Vec::new(), depth: 0, ended: false }
    }

    /// The next tag; `None` at the end, and after an error.
    ///
    /// # Errors
    /// When the input cannot be read on, is no sound XML, ends within an element, or a tag is too long.
    pub(super) fn next(&mut self) -> Result<Option<Tag>, ReadError> {
        while !self.ended {
            self.buffer.clear();
            self.reader.get_mut().budget = LONGEST_RECORD;
            let tag = match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(start)) => element(&start).map(|element| Some(Tag::Open(element))),
                Ok(Event::End(_)) => Ok(Some(Tag::Close)),
                Ok(Event::Eof) if self.depth > 0 => {
                    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends within an element"))
                }
                Ok(Event::Eof) => {
                    self.ended = true;
                    Ok(None)
                }
                Ok(_) => continue,
                Err(quick_xml::Error::Io(error)) => Err(io::Error::new(error.kind(), error.to_string())),
                Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
            };
            match &tag {
                Ok(Some(Tag::Open(_))) => self.depth += 1,
                Ok(Some(Tag::Close)) => self.depth = self.depth.saturating_sub(1),
                Ok(None) | Err(_) => self.ended = true,
            }
            return tag.map_err(|source| self.failed(source));
        }
        Ok(None)
    }

    /// Passes over the rest of the element last begun.
    ///
    /// # Errors
    /// As [`Tags::next`].
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let within = self.depth;
        while self.depth >= within {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.reader.get_ref().position
    }

    /// The line that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().lines + 1
    }

    /// Forgets the bytes read so far.
    pub(super) fn forget(&mut self) {
        self.reader.get_mut().recent.clear();
    }

    /// The bytes read since they were last forgotten, cut after [`LONGEST_RAW`].
    pub(super) fn recent(&self) -> &[u8] {
        &self.reader.get_ref().recent
    }

    fn failed(&self, source: io::Error) -> ReadError {
        ReadError { line: self.line(), position: self.position(), source }
    }
}

fn element(start: &BytesStart<'_>) -> io::Result<Element> {
    let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut element =
        Element { name: start.local_name().as_ref().to_owned(), key: String::new(), value: String::new() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| invalid(error.to_string()))?;
        let place = match attribute.key.as_ref() {
            "key" => &mut element.key,
            "value" => &mut element.value,
            _ => continue,
        };
        let text = attribute.normalized_value(XmlVersion::Implicit1_0);
        *place = text.map_err(|error| invalid(error.to_string()))?.into_owned();
    }
    Ok(element)
}

/// How much is read at once.
const BLOCK: usize = 64 << 10;

/// A buffered input that fails when one tag wants more than its budget, and counts lines.
struct Bounded<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    at: usize,
    budget: usize,
    position: u64,
    lines: u64,
    recent: Vec<u8>,
}

impl<'a> Bounded<'a> {
    fn new(input: Input<'a>) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            budget: LONGEST_RECORD,
            position: 0,
            lines: 0,
            recent: Vec::new(),
        }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.budget == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a tag or text is longer than 1 MB"));
        }
        if self.at == self.buffer.len() {
            self.buffer.resize(BLOCK, 0);
            self.at = 0;
            let read = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        let end = self.buffer.len().min(self.at + self.budget);
        Ok(&self.buffer[self.at..end])
    }

    fn consume(&mut self, count: usize) {
        let taken = &self.buffer[self.at..self.at + count];
        self.lines += memchr::memchr_iter(b'\n', taken).count() as u64;
        let wanted = LONGEST_RAW.saturating_sub(self.recent.len()).min(count);
        self.recent.extend_from_slice(&taken[..wanted]);
        self.at += count;
        self.budget -= count.min(self.budget);
        self.position += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn tags(text: &str) -> (Vec<String>, Option<String>) {
        let mut tags = Tags::new(Box::new(Cursor::new(text.as_bytes().to_vec())));
        let mut seen = Vec::new();
        loop {
            match tags.next() {
                Ok(Some(Tag::Open(element))) => {
                    seen.push(format!("{} {}={}", element.name, element.key, element.value))
                }
                Ok(Some(Tag::Close)) => seen.push("/".to_owned()),
                Ok(None) => return (seen, None),
                Err(error) => {
                    assert!(matches!(tags.next(), Ok(None)));
                    return (seen, Some(error.to_string()));
                }
            }
        }
    }

    #[test]
    fn tags_come_in_order_and_texts_are_unescaped() {
        let (seen, error) =
            tags("<?xml version='1.0'?><!-- <x> --><a><x:b key='k&amp;' value=\"&#228;&lt;\"/>text</a>");
        assert_eq!((seen, error), (["a =", "b k&=ä<", "/", "/"].map(str::to_owned).to_vec(), None));
    }

    #[test]
    fn entities_are_not_expanded_and_cut_documents_are_told() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a><s key='k' value='&c;'/></a>";
        assert!(tags(bomb).1.is_some());
        assert!(tags("<a><b>").1.unwrap().contains("ends within"));
        assert!(tags("<a></b>").1.is_some());
        let long = format!("<a><s key='k' value='{}'/></a>", "x".repeat(2 << 20));
        assert!(tags(&long).1.unwrap().contains("1 MB"));
    }
}
