//! Parquet files, read row by row. Not for what their values become: see `parquet_value`; nor for which row is which
//! event: see `rows`.
//!
//! Memory is bounded by a page of each column. A damaged file can make the library panic, so every call of it is caught
//! and told like any other damage.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::TypePtr;

use super::parquet_value::push_row;
use super::rows::{self, JsonRows};
use super::{Input, LogFormat, LogReader, Mapping, ReadOptions, SeekInput};
use crate::base::Diagnostic;

/// The format.
pub struct Parquet;

impl LogFormat for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn label(&self) -> &'static str {
        "Parquet"
    }

    fn recognizes(&self, head: &[u8], _: Option<&Mapping>) -> u8 {
        if head.starts_with(b"PAR1") { 100 } else { 0 }
    }

    fn reader<'a>(
        &self,
        _: Input<'a>,
        _: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        Err(out_of_order())
    }

    fn needs_seek(&self) -> bool {
        true
    }

    fn seek_reader(
        &self,
        input: SeekInput,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send>, Diagnostic> {
        let rows = ParquetRows::open(input)?;
        let columns = rows.columns();
        rows::reader(rows, &columns, options, Vec::new())
    }

    fn again<'a>(
        &self,
        records: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        rows::again(records, options)
    }

    fn sample(&self, input: SeekInput, _: &ReadOptions) -> Vec<u8> {
        ParquetRows::open(input).map(rows::sample).unwrap_or_default()
    }
}

/// The rows of a file.
struct ParquetRows {
    rows: RowIter<'static>,
    schema: TypePtr,
}

impl ParquetRows {
    fn open(input: SeekInput) -> Result<ParquetRows, Diagnostic> {
        let file = SharedInput::new(input).map_err(|error| damaged(&error.to_string()))?;
        let opened = caught(|| {
            let reader = SerializedFileReader::new(file)?;
            let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
            Ok((schema, RowIter::from_file_into(Box::new(reader))))
        });
        let (schema, rows) = opened.map_err(|error| damaged(&error.to_string()))?;
        if schema.get_fields().is_empty() {
            return Err(damaged("it has no columns"));
        }
        Ok(ParquetRows { rows, schema })
    }

    /// The columns that hold one value a row.
    fn columns(&self) -> Vec<String> {
        let single = self.schema.get_fields().iter().filter(|field| field.is_primitive());
        single.map(|field| field.name().to_owned()).collect()
    }
}

impl JsonRows for ParquetRows {
    fn next(&mut self, out: &mut String) -> io::Result<bool> {
        caught(|| match self.rows.next() {
            None => Ok(false),
            Some(row) => {
                push_row(out, &row?, &self.schema);
                Ok(true)
            }
        })
    }
}

/// What the library makes of a file, its panics included.
fn caught<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> io::Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| io::Error::other(error.to_string())),
        Err(_) => Err(io::Error::other("the Parquet file is damaged")),
    }
}

fn out_of_order() -> Diagnostic {
    Diagnostic::error(
        "log-out-of-order",
        "A Parquet file is read from its end, which a stream does not offer",
    )
    .hint("Unpack it, and import the file itself")
}

fn damaged(why: &str) -> Diagnostic {
    Diagnostic::error("damaged-parquet", format!("The Parquet file cannot be read: {why}"))
        .hint("It may be cut off or still being written: get it again")
}

/// A file that many readers look into, each at a place of its own.
struct SharedInput {
    input: Arc<Mutex<SeekInput>>,
    length: u64,
}

impl SharedInput {
    fn new(mut input: SeekInput) -> io::Result<SharedInput> {
        let length = input.seek(SeekFrom::End(0))?;
        Ok(SharedInput { input: Arc::new(Mutex::new(input)), length })
    }

    fn at(&self, start: u64) -> Part {
        Part { input: self.input.clone(), at: start }
    }
}

impl Length for SharedInput {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SharedInput {
    type T = BufReader<Part>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.at(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} lie beyond the end")));
        }
        let mut bytes = vec![0; length];
        self.at(start).read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A reader from one place on.
struct Part {
    input: Arc<Mutex<SeekInput>>,
    at: u64,
}

impl Read for Part {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.seek(SeekFrom::Start(self.at))?;
        let count = input.read(out)?;
        self.at += count as u64;
        Ok(count)
    }
}
