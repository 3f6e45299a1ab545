//! Event logs of other tools, read record by record. Not for storing them: see `store`; nor for opening files: see `jobs::import`.
//!
//! Bad input is data here: a record that cannot be an event comes out with the reason, its line and its raw
//! bytes, and reading goes on. A new format is one file with a [`LogFormat`], and one line in [`ALL`].

pub mod blocks;
pub mod check;
pub mod compression;
pub mod fix;
pub mod header;
pub mod mapping;
pub mod preview;
pub mod raw;
pub mod reason;
pub mod time;
pub mod time_readings;

pub mod access_log;
pub mod amplitude;
pub mod cloud_events;
pub mod csv;
pub mod ga4;
pub mod json_lines;
pub mod mixpanel;
pub mod mparticle;
pub mod parquet;
pub mod posthog;
pub mod segment;
pub mod snowplow;
pub mod xes;
pub mod xlsx;

mod calls;
mod correction;
mod csv_layout;
mod csv_record;
mod csv_sheet;
mod identity;
mod json;
mod json_objects;
mod json_parts;
mod json_reader;
mod line_reader;
mod lines;
mod mapped;
mod parquet_value;
mod rows;
mod snowplow_event;
mod snowplow_fields;
mod xes_attribute;
mod xml;

use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

use crate::base::{Diagnostic, diagnostic::nearest};
use crate::model::event::{EventText, NewEvent};
use crate::model::time::{Time, Zone};

pub use blocks::Block;
pub use header::Header;
pub use mapping::Mapping;
pub use reason::{Reason, Rejection};

/// Longest record that is read, in bytes; a longer one is rejected and passed over without being held.
pub const LONGEST_RECORD: usize = 1 << 20;
/// How many raw bytes of a rejected record are kept.
pub const LONGEST_RAW: usize = 64 << 10;
/// How many bytes of a log are looked at to recognize its format.
pub const HEAD: usize = 64 << 10;

/// One record of a log, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<E = NewEvent> {
    /// Line on which the record starts, from 1.
    pub line: u64,
    /// Bytes of unpacked input consumed once this record is done.
    pub position: u64,
    /// Tells records apart that carry no message id: xxh3 of the whole raw record without its line end; of a log read
    /// by a mapping also of what the mapping makes of it.
    pub raw_hash: u64,
    /// The raw bytes of a rejected record, cut after [`LONGEST_RAW`]; empty for an event, which holds everything.
    pub raw: Vec<u8>,
    /// The event, or why there is none.
    pub outcome: Result<E, Rejection>,
}

impl Record {
    /// The same, its texts as if lent.
    pub fn lent(self) -> Record<EventText<'static>> {
        self.with(EventText::from)
    }
}

impl Record<EventText<'_>> {
    /// The same with texts of its own.
    pub fn into_owned(self) -> Record {
        self.with(EventText::into_owned)
    }
}

impl<E> Record<E> {
    fn with<T>(self, event: impl FnOnce(E) -> T) -> Record<T> {
        let Record { line, position, raw_hash, raw, outcome } = self;
        Record { line, position, raw_hash, raw, outcome: outcome.map(event) }
    }
}

/// The input could not be read on: what came before stands.
#[derive(Debug, thiserror::Error)]
#[error("reading stopped after line {line}, {position} bytes into the unpacked text: {source}")]
pub struct ReadError {
    /// Last whole line that was read.
    pub line: u64,
    /// Bytes of unpacked input consumed until then.
    pub position: u64,
    /// What the operating system or the decompressor said.
    pub source: io::Error,
}

/// Reads the records of one log.
pub trait LogReader {
    /// The next record; `None` at the end, and after an error.
    ///
    /// # Errors
    /// When the input cannot be read on. A last line cut off by the error is left out.
    fn next(&mut self) -> Result<Option<Record>, ReadError>;

    /// The mapping in force, usual column names resolved; `None` for formats that need none.
    fn mapping(&self) -> Option<&Mapping> {
        None
    }

    /// What the person should know of how the log is read.
    fn notes(&self) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The header of a table; `None` for formats without one.
    fn header(&self) -> Option<&Header> {
        None
    }

    /// The reader in two halves, for logs whose records can be told apart before they are read: several threads then
    /// read at once. Asked for before the first record; the reader itself has none any more afterwards.
    fn halves(&mut self) -> Option<Halves<'_>> {
        None
    }
}

/// A log's blocks of whole records in the order of the file, and what reads the records of one: the same, together,
/// as [`LogReader::next`] gives.
pub struct Halves<'r> {
    /// The next block; `None` at the end, and after an error.
    pub blocks: Box<NextBlock<'r>>,
    /// Hands out a block's records in order, until the taker breaks off.
    pub read: Box<ReadBlock<'r>>,
}

/// Gives the next block of a log, as [`LogReader::next`] does a record.
pub type NextBlock<'r> = dyn FnMut() -> Result<Option<Block>, ReadError> + Send + 'r;
/// Reads the records of a block, their texts lent by it.
pub type ReadBlock<'r> = dyn Fn(&Block, &mut TakeLent<'_>) + Sync + Send + 'r;
/// Takes a record.
pub type TakeLent<'t> = dyn FnMut(Record<EventText<'_>>) -> ControlFlow<()> + 't;

/// How to read a log, as far as the log does not say.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Which columns or paths mean what.
    pub mapping: Option<Mapping>,
    /// The zone of times without one, unless the mapping names its own.
    pub zone: Zone,
    /// Now: traits of a table of persons are of this time.
    pub imported_at: Time,
    /// The document's secret, by which addresses are hashed.
    pub salt: [u8; 16],
}

/// The bytes of a log, unpacked.
pub type Input<'a> = Box<dyn Read + Send + 'a>;

/// Bytes that can be read out of order.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// The bytes of a log that cannot be read from the beginning to the end.
pub type SeekInput = Box<dyn ReadSeek>;

/// A kind of log that can be read.
pub trait LogFormat: Sync {
    /// The word for options and batches: `segment`.
    fn name(&self) -> &'static str;
    /// The name for people: `Segment or RudderStack, JSON lines`.
    fn label(&self) -> &'static str;
    /// How sure it is that a log starting with `head` is its own: 0 for no, 100 for certain.
    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8;
    /// A reader over unpacked bytes.
    ///
    /// # Errors
    /// When the header does not fit the mapping, or the mapping does not fit the format; nothing was read as an event.
    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic>;

    /// A reader over raw records of the quarantine, one a line, below the header if there is one.
    ///
    /// # Errors
    /// As [`LogFormat::reader`]; also when records mean nothing by themselves.
    fn again<'a>(
        &self,
        records: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        self.reader(records, options)
    }

    /// True for formats whose bytes must be read out of order: [`LogFormat::seek_reader`] reads them.
    fn needs_seek(&self) -> bool {
        false
    }

    /// A reader over bytes in any order, for formats that need it.
    ///
    /// # Errors
    /// Like [`LogFormat::reader`]; always for formats that are read from the beginning to the end.
    fn seek_reader(
        &self,
        _input: SeekInput,
        _options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
        Err(Diagnostic::error(
            "log-in-order",
            format!("{} is read from the beginning to the end", self.label()),
        ))
    }

    /// The first rows as JSON lines, for a preview of a format that needs its bytes in any order; empty for others, and
    /// for a file that cannot be read.
    fn sample(&self, _input: SeekInput, _options: &ReadOptions) -> Vec<u8> {
        Vec::new()
    }

    /// The sheets of a workbook, of which a mapping chooses one; empty for others, and for a file that cannot be read.
    fn sheets(&self, _input: SeekInput) -> Vec<String> {
        Vec::new()
    }
}

/// Every format, in the order in which people see them.
pub static ALL: [&dyn LogFormat; 14] = [
    &segment::Segment,
    &amplitude::Amplitude,
    &mixpanel::Mixpanel,
    &posthog::PostHog,
    &ga4::Ga4,
    &snowplow::Snowplow,
    &cloud_events::CloudEvents,
    &mparticle::MParticle,
    &csv::Csv,
    &parquet::Parquet,
    &xlsx::Xlsx,
    &access_log::AccessLog,
    &xes::Xes,
    &json_lines::JsonLines,
];

/// The format of a name as in `--format`.
///
/// # Errors
/// A diagnostic naming the nearest known format.
pub fn named(name: &str) -> Result<&'static dyn LogFormat, Diagnostic> {
    if let Some(format) = ALL.into_iter().find(|format| format.name() == name) {
        return Ok(format);
    }
    let names: Vec<&str> = ALL.iter().map(|format| format.name()).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("Did you mean {near}?"),
        None => format!("Known formats: auto, {}", names.join(", ")),
    };
    Err(Diagnostic::error("unknown-format", format!("There is no log format named “{name}”")).hint(hint))
}

/// The format of a log, by the first bytes of its unpacked text.
///
/// # Errors
/// A diagnostic that says what the file looks like instead.
pub fn recognize(head: &[u8], mapping: Option<&Mapping>) -> Result<&'static dyn LogFormat, Diagnostic> {
    let best = ALL.into_iter().map(|format| (format.recognizes(head, mapping), format)).rev();
    let (score, format) = best.max_by_key(|(score, _)| *score).unwrap_or((0, ALL[0]));
    if score >= SURE {
        return Ok(format);
    }
    match foreign(head) {
        Some(foreign) => Err(foreign),
        None if score > 0 => Ok(format),
        None => Err(Diagnostic::error("unknown-log", "This does not look like an event log")
            .hint("Stormline reads JSON of many tools, one object a line or in a list, and CSV with a header line naming its columns")),
    }
}

/// From here on a format is believed even where the first bytes look like something else.
const SURE: u8 = 50;

/// Reads up to [`HEAD`] bytes and gives them back in front of the rest. An error is kept for the reader to meet.
pub fn peek(mut input: Input<'_>) -> (Vec<u8>, Input<'_>) {
    let mut head = Vec::with_capacity(HEAD);
    let failed = Read::take(&mut input, HEAD as u64).read_to_end(&mut head).err();
    let start = io::Cursor::new(head.clone());
    let rest: Input<'_> = match failed {
        Some(error) => Box::new(start.chain(Failing(Some(error)))),
        None => Box::new(start.chain(input)),
    };
    (head, rest)
}

/// Hands out an error met earlier.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// What a head that is certainly no text log looks like, with what to do about it.
fn foreign(head: &[u8]) -> Option<Diagnostic> {
    let not = |what: &str, hint: &str| {
        Some(Diagnostic::error("unknown-log", format!("This is {what}, not an event log")).hint(hint))
    };
    match head {
        [] => Some(
            Diagnostic::error("empty-log", "The file is empty: there is no event in it")
                .hint("Export the log again, or choose another file"),
        ),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => not("UTF-16 text", "Save it as UTF-8 and import that"),
        [b'P', b'K', 3, 4, ..] => {
            not("a ZIP archive or a spreadsheet", "Unpack it, or save the sheet as CSV, and import that")
        }
        _ if head.starts_with(b"SQLite format 3\0") => {
            not("an SQLite database", "If it is a Stormline document, open it instead")
        }
        _ => None,
    }
}

/// The bytes of a head up to its last whole line; all of it when the file ends within.
fn whole_lines(head: &[u8]) -> &[u8] {
    if head.len() < HEAD {
        return head;
    }
    memchr::memrchr(b'\n', head).map_or(head, |at| &head[..at])
}

fn without_bom(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}
