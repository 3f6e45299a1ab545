//! Events made ready for writing, which any thread can do: their hashes taken, their texts side by side in one buffer.
//! Not for writing them.

use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use crate::model::event::{EventKind, EventText, NewEvent, is_blocked};
use crate::model::time::Time;
use crate::store::persons::IdentifierKind;
use crate::store::scan::Gathered;

/// Texts of an event: name, message id, anonymous id, user id, previous id, properties, context, extra.
const TEXTS: usize = 8;

/// What finds an identifier: the 128-bit hash of its kind and text.
pub(super) type IdentifierKey = [u32; 4];

/// What finds a context: the 128-bit hash of its text.
pub(super) type ContextKey = [u32; 4];

/// Bytes of a context from which on it may be stored apart from its event.
const LEAST_APART: usize = 32;

/// An event with everything that writing it takes besides the document. Borrows its texts.
#[derive(Clone, Copy)]
pub struct Ready<'t> {
    pub(super) facts: Facts,
    texts: [&'t str; TEXTS],
}

/// What is not text.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) kind: EventKind,
    pub(super) time: Time,
    pub(super) line: u64,
    /// xxh3 of the whole raw record.
    pub(super) raw_hash: u64,
    /// Hash of what the event says.
    pub(super) content: u64,
    /// The fingerprint of its message id, if it has one that is not empty.
    pub(super) message: Option<u64>,
    /// Anonymous, user and previous id, where they are usable.
    pub(super) keys: [Option<IdentifierKey>; 3],
    /// Its context's, unless that is short.
    pub(super) context: Option<ContextKey>,
    /// Which of the texts one to four there are; an absent one is empty.
    given: u8,
}

impl<'t> Ready<'t> {
    /// An event of line `line` whose raw record has the xxh3 hash `raw_hash`.
    pub fn new(event: &'t NewEvent, line: u64, raw_hash: u64) -> Ready<'t> {
        let ids = [&event.message_id, &event.anonymous_id, &event.user_id, &event.previous_id];
        let texts = [&event.name, &event.properties, &event.context, &event.extra];
        let stated = (event.kind, event.time);
        Ready::of(
            stated,
            ids.map(Option::as_deref),
            texts.map(String::as_str),
            (line, raw_hash),
            &mut Vec::new(),
        )
    }

    /// Of message, anonymous, user and previous id, and of name, properties, context and extra. `room` is for its hash.
    fn of(
        (kind, time): (EventKind, Time),
        ids: [Option<&'t str>; 4],
        [name, properties, context, extra]: [&'t str; 4],
        (line, raw_hash): (u64, u64),
        room: &mut Vec<u8>,
    ) -> Ready<'t> {
        let mut given = 0;
        for (bit, id) in ids.into_iter().enumerate() {
            given |= u8::from(id.is_some()) << bit;
        }
        let [message, anonymous, user, previous] = ids.map(Option::unwrap_or_default);
        let said = [Some(name), ids[1], ids[2], ids[3], Some(properties), Some(context)];
        let facts = Facts {
            kind,
            time,
            line,
            raw_hash,
            content: content_hash(kind, time, said, room),
            message: (!message.is_empty()).then(|| xxh3_64(message.as_bytes())),
            keys: [
                usable(IdentifierKind::Anonymous, ids[1]),
                usable(IdentifierKind::User, ids[2]),
                usable(IdentifierKind::Previous, ids[3]),
            ],
            context: (context.len() >= LEAST_APART).then(|| words(xxh3_128(context.as_bytes()))),
            given,
        };
        Ready { facts, texts: [name, message, anonymous, user, previous, properties, context, extra] }
    }

    pub(super) fn name(&self) -> &'t str {
        self.texts[0]
    }

    /// An empty message id is none.
    pub(super) fn message_id(&self) -> Option<&'t str> {
        Some(self.texts[1]).filter(|id| !id.is_empty())
    }

    /// An identifier as written, also when it is not usable.
    pub(super) fn identifier(&self, kind: IdentifierKind) -> Option<&'t str> {
        let at = 1 + kind as usize;
        (self.facts.given & (1 << at) != 0).then(|| self.texts[1 + at])
    }

    /// Properties, context, extra: a JSON object's text each, or empty.
    pub(super) fn objects(&self) -> [&'t str; 3] {
        [self.texts[5], self.texts[6], self.texts[7]]
    }

    /// The event as its own row has it when its context stands elsewhere.
    pub(super) fn without_context(mut self) -> Ready<'t> {
        self.texts[6] = "";
        self
    }

    /// The event as it was.
    pub(super) fn event(&self) -> NewEvent {
        let identifier = |kind| self.identifier(kind).map(str::to_owned);
        let [properties, context, extra] = self.objects().map(str::to_owned);
        NewEvent {
            kind: self.facts.kind,
            name: self.name().to_owned(),
            message_id: (self.facts.given & 1 != 0).then(|| self.texts[1].to_owned()),
            anonymous_id: identifier(IdentifierKind::Anonymous),
            user_id: identifier(IdentifierKind::User),
            previous_id: identifier(IdentifierKind::Previous),
            time: self.facts.time,
            properties,
            context,
            extra,
        }
    }
}

/// Ready events that own their texts, one buffer for all of them.
#[derive(Default)]
pub struct Packed {
    texts: String,
    /// With where each text ends in the buffer.
    events: Vec<(Facts, [u32; TEXTS])>,
    gathered: Option<Box<Gathered>>,
    /// For hashes.
    room: Vec<u8>,
}

impl Packed {
    /// Without events, with room for as many as a log of so many bytes has as a rule.
    pub fn with_room(bytes: usize) -> Packed {
        Packed {
            texts: String::with_capacity(bytes),
            events: Vec::with_capacity(bytes / 300),
            gathered: None,
            room: Vec::new(),
        }
    }

    /// Makes an event ready and adds it: see [`Ready::new`] and [`Packed::push`].
    pub fn push_text(&mut self, event: &EventText<'_>, line: u64, raw_hash: u64) {
        let ids = [&event.message_id, &event.anonymous_id, &event.user_id, &event.previous_id];
        let texts: [&str; 4] = [&event.name, &event.properties, &event.context, &event.extra];
        let mut room = std::mem::take(&mut self.room);
        let stated = (event.kind, event.time);
        self.push(&Ready::of(stated, ids.map(Option::as_deref), texts, (line, raw_hash), &mut room));
        self.room = room;
    }

    /// Adds an event, which then has the next index. All texts together take 4 GB at most.
    pub fn push(&mut self, event: &Ready<'_>) {
        let mut ends = [0; TEXTS];
        for (end, text) in ends.iter_mut().zip(event.texts) {
            self.texts.push_str(text);
            *end = self.texts.len() as u32;
        }
        self.events.push((event.facts, ends));
    }

    /// The event of an index, if there is one.
    pub fn get(&self, index: usize) -> Option<Ready<'_>> {
        let (facts, ends) = self.events.get(index)?;
        let mut start = index.checked_sub(1).map_or(0, |before| self.events[before].1[TEXTS - 1]);
        let mut texts = [""; TEXTS];
        for (text, end) in texts.iter_mut().zip(ends) {
            *text = &self.texts[start as usize..*end as usize];
            start = *end;
        }
        Some(Ready { facts: *facts, texts })
    }

    /// What is not text of each event.
    pub(super) fn facts(&self) -> impl Iterator<Item = &Facts> {
        self.events.iter().map(|(facts, _)| facts)
    }

    /// The same of some of them, as far as they are there.
    pub(super) fn facts_in(&self, which: Range<usize>) -> impl Iterator<Item = &Facts> + Clone {
        let (start, end) = (which.start.min(self.len()), which.end.min(self.len()));
        self.events[start..end].iter().map(|(facts, _)| facts)
    }

    /// How many events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True without events.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Reads the properties of all events now, for the columns of the cache: the writer then need not. Nothing may be
    /// added afterwards.
    pub fn gather(&mut self) {
        let mut gathered = Gathered::default();
        for index in 0..self.len() {
            if let Some(event) = self.get(index).filter(|event| event.facts.kind != EventKind::Traits) {
                let [properties, context, _] = event.objects();
                let hash = event.facts.context.map(whole);
                gathered.add(index as u32, (properties, context), hash, None);
            }
        }
        self.gathered = Some(Box::new(gathered));
    }

    /// True once [`Packed::gather`] has read the properties, until they are taken.
    pub(super) fn is_gathered(&self) -> bool {
        self.gathered.is_some()
    }

    /// The properties, by the index of the event.
    pub(super) fn take_gathered(&mut self) -> Option<Box<Gathered>> {
        self.gathered.take()
    }

    /// Takes all events out and keeps the buffer.
    pub fn clear(&mut self) {
        self.texts.clear();
        self.events.clear();
        self.gathered = None;
    }
}

fn usable(kind: IdentifierKind, value: Option<&str>) -> Option<IdentifierKey> {
    value.filter(|value| !is_blocked(value)).map(|value| identifier_key(kind as u8, value))
}

/// What an identifier is found by.
pub(super) fn identifier_key(kind: u8, value: &str) -> IdentifierKey {
    words(xxh3_128_with_seed(value.as_bytes(), u64::from(kind)))
}

fn whole(words: [u32; 4]) -> u128 {
    words.into_iter().rev().fold(0, |hash, word| hash << 32 | u128::from(word))
}

fn words(hash: u128) -> [u32; 4] {
    [hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32]
}

/// What an event says: everything but how it travelled (message id and `extra`, where sending times stand).
/// `said`: name, anonymous, user and previous id, properties and context.
fn content_hash(kind: EventKind, time: Time, said: [Option<&str>; 6], room: &mut Vec<u8>) -> u64 {
    room.clear();
    room.push(kind as u8);
    room.extend_from_slice(&time.0.to_le_bytes());
    for text in said {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        room.extend_from_slice(&length.to_le_bytes());
        room.extend_from_slice(text.unwrap_or_default().as_bytes());
    }
    xxh3_64(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_events_come_out_as_they_went_in() {
        let event = |n: u64| NewEvent {
            kind: EventKind::Track,
            name: format!("Näme {n}"),
            message_id: (n.is_multiple_of(2)).then(|| "m".repeat(n as usize)),
            anonymous_id: (n > 1).then(|| format!("d{n}")),
            user_id: n.is_multiple_of(3).then(|| "null".to_owned()),
            previous_id: Some(String::new()).filter(|_| n == 4),
            time: Time(n as i64),
            properties: "{\"a\":1}".repeat(n as usize % 2),
            context: String::new(),
            extra: format!("{{\"n\":{n}}}"),
        };
        let mut packed = Packed::default();
        for round in 0..2 {
            for n in 0..7 {
                packed.push(&Ready::new(&event(n), n, round));
            }
            for n in 0..7 {
                let ready = packed.get(n as usize).unwrap();
                assert_eq!(ready.event(), event(n));
                assert_eq!((ready.facts.line, ready.facts.raw_hash), (n, round));
                assert_eq!(ready.message_id().is_some(), n.is_multiple_of(2) && n > 0);
                let usable = ready.facts.keys.map(|key| key.is_some());
                assert_eq!(usable, [n > 1, false, false], "blocked ones are no identifiers");
            }
            assert!(packed.get(7).is_none());
            packed.clear();
        }
    }

    #[test]
    fn the_words_of_a_hash_make_it_again() {
        let hash = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
        assert_eq!(words(hash), [0x7654_3210, 0xfedc_ba98, 0x89ab_cdef, 0x0123_4567]);
        assert_eq!(whole(words(hash)), hash);
    }

    #[test]
    fn the_hash_of_what_an_event_says_is_that_of_earlier_documents() {
        let event = NewEvent {
            kind: EventKind::Track,
            name: "A".to_owned(),
            message_id: None,
            anonymous_id: None,
            user_id: Some("u".to_owned()),
            previous_id: None,
            time: Time(7),
            properties: "{}".to_owned(),
            context: String::new(),
            extra: String::new(),
        };
        let mut bytes = vec![0];
        bytes.extend(7_i64.to_le_bytes());
        for (length, text) in [(1, "A"), (u64::MAX, ""), (1, "u"), (u64::MAX, ""), (2, "{}"), (0, "")] {
            bytes.extend(length.to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        assert_eq!(Ready::new(&event, 1, 1).facts.content, xxh3_64(&bytes));
    }
}
