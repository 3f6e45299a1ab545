//! Number columns and value lists as compressed bytes, and back. Not for where they are kept: see `store::cache`.

use std::cell::RefCell;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{Cancelled, Progress};
use crate::model::value::Value;

/// Elements in one blob.
pub(crate) const PART: usize = 65_536;

const ZSTD_LEVEL: i32 = 1;

/// One stored blob with its checksum.
pub(crate) struct Blob {
    pub(crate) hash: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Blob {
        Blob { hash: xxh3_64(&bytes), bytes }
    }

    fn checked(&self) -> Option<&[u8]> {
        (xxh3_64(&self.bytes) == self.hash).then_some(&self.bytes)
    }
}

/// A number that a column may hold.
pub(crate) trait Number: Copy + Default + PartialEq + Send + Sync + 'static {
    /// Bytes of the widest one.
    const WIDTH: usize;

    /// The difference to the number before, small in both directions.
    fn delta(self, before: Self) -> u64;

    /// The inverse of [`Number::delta`].
    fn after(before: Self, delta: Self) -> Self;

    fn bits(self) -> u64;

    /// Takes in the byte at this place, counted from the lowest.
    fn put(&mut self, byte: u8, place: usize);
}

impl Number for u8 {
    const WIDTH: usize = 1;

    fn delta(self, before: u8) -> u64 {
        let delta = self.wrapping_sub(before).cast_signed();
        u64::from(((delta << 1) ^ (delta >> 7)).cast_unsigned())
    }

    fn after(before: u8, delta: u8) -> u8 {
        before.wrapping_add((delta >> 1) ^ (delta & 1).wrapping_neg())
    }

    fn bits(self) -> u64 {
        u64::from(self)
    }

    fn put(&mut self, byte: u8, _place: usize) {
        *self = byte;
    }
}

impl Number for u16 {
    const WIDTH: usize = 2;

    fn delta(self, before: u16) -> u64 {
        let delta = self.wrapping_sub(before).cast_signed();
        u64::from(((delta << 1) ^ (delta >> 15)).cast_unsigned())
    }

    fn after(before: u16, delta: u16) -> u16 {
        before.wrapping_add((delta >> 1) ^ (delta & 1).wrapping_neg())
    }

    fn bits(self) -> u64 {
        u64::from(self)
    }

    fn put(&mut self, byte: u8, place: usize) {
        *self |= u16::from(byte) << (8 * place);
    }
}

impl Number for u32 {
    const WIDTH: usize = 4;

    fn delta(self, before: u32) -> u64 {
        let delta = self.wrapping_sub(before).cast_signed();
        u64::from(((delta << 1) ^ (delta >> 31)).cast_unsigned())
    }

    fn after(before: u32, delta: u32) -> u32 {
        before.wrapping_add((delta >> 1) ^ (delta & 1).wrapping_neg())
    }

    fn bits(self) -> u64 {
        u64::from(self)
    }

    fn put(&mut self, byte: u8, place: usize) {
        *self |= u32::from(byte) << (8 * place);
    }
}

impl Number for i64 {
    const WIDTH: usize = 8;

    fn delta(self, before: i64) -> u64 {
        let delta = self.wrapping_sub(before);
        ((delta << 1) ^ (delta >> 63)).cast_unsigned()
    }

    fn after(before: i64, delta: i64) -> i64 {
        let delta = delta.cast_unsigned();
        before.wrapping_add(((delta >> 1) ^ (delta & 1).wrapping_neg()).cast_signed())
    }

    fn bits(self) -> u64 {
        self.cast_unsigned()
    }

    fn put(&mut self, byte: u8, place: usize) {
        *self |= i64::from(byte) << (8 * place);
    }
}

/// How a column's numbers become small ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// They are small.
    Plain,
    /// They are near their neighbors.
    Deltas,
}

/// The blobs of a column, one for each [`PART`] numbers.
///
/// # Errors
/// `Cancelled`, when asked for.
pub(crate) fn encode<T: Number>(
    numbers: &[T],
    coding: Coding,
    progress: &Progress,
) -> Result<Vec<Blob>, Cancelled> {
    let one = |part| if progress.is_cancelled() { Err(Cancelled) } else { Ok(encode_part(part, coding)) };
    numbers.par_chunks(PART).map(one).collect()
}

fn encode_part<T: Number>(part: &[T], coding: Coding) -> Blob {
    let bits: Vec<u64> = match coding {
        Coding::Plain => part.iter().map(|number| number.bits()).collect(),
        Coding::Deltas => {
            let mut before = T::default();
            let delta = |number: &T| {
                let delta = number.delta(before);
                before = *number;
                delta
            };
            part.iter().map(delta).collect()
        }
    };
    planes(&bits)
}

/// The numbers of one blob, which must be as many as `out` has room for; `None` when damaged.
pub(crate) fn decode_part<T: Number>(blob: &Blob, coding: Coding, out: &mut [T]) -> Option<()> {
    UNPACKER.with_borrow_mut(|unpacker| {
        let bytes = unpacker.unpack(blob.checked()?, 1 + T::WIDTH * out.len())?;
        let (width, planes) = bytes.split_first()?;
        from_planes(*width, planes, coding, out)
    })
}

thread_local! {
    /// Kept for the next blob: asking the system for memory again for each takes about as long as unpacking.
    static UNPACKER: RefCell<Unpacker> = const { RefCell::new(Unpacker { context: None, bytes: Vec::new() }) };
}

struct Unpacker {
    context: Option<zstd::bulk::Decompressor<'static>>,
    bytes: Vec<u8>,
}

impl Unpacker {
    /// `None` when it is damaged, or longer than it may be.
    fn unpack(&mut self, packed: &[u8], most: usize) -> Option<&[u8]> {
        let context = match &mut self.context {
            Some(context) => context,
            empty => empty.insert(zstd::bulk::Decompressor::new().ok()?),
        };
        self.bytes.clear();
        self.bytes.reserve(most);
        let length = context.decompress_to_buffer(packed, &mut self.bytes).ok()?;
        self.bytes.get(..length.min(most))
    }
}

fn from_planes<T: Number>(width: u8, planes: &[u8], coding: Coding, out: &mut [T]) -> Option<()> {
    let width = usize::from(width);
    if width > T::WIDTH || planes.len() != width * out.len() {
        return None;
    }
    out.fill(T::default());
    for (place, plane) in planes.chunks_exact(out.len().max(1)).enumerate() {
        for (number, byte) in out.iter_mut().zip(plane) {
            number.put(*byte, place);
        }
    }
    if coding == Coding::Deltas {
        let mut before = T::default();
        for number in out {
            before = T::after(before, *number);
            *number = before;
        }
    }
    Some(())
}

/// Values one after the other, in blobs of [`PART`], at least one; `None` for a text of over 4 GB.
pub(crate) fn encode_values(values: &[Value]) -> Option<Vec<Blob>> {
    if values.is_empty() {
        return Some(vec![encode_values_part(values)?]);
    }
    values.par_chunks(PART).map(encode_values_part).collect()
}

fn encode_values_part(values: &[Value]) -> Option<Blob> {
    let mut bytes = Vec::new();
    for value in values {
        match value {
            Value::Bool(truth) => bytes.push(u8::from(*truth)),
            Value::Number(number) => {
                bytes.push(2);
                bytes.extend(number.to_le_bytes());
            }
            Value::Text(text) => {
                bytes.push(3);
                bytes.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
                bytes.extend(text.as_bytes());
            }
        }
    }
    Some(Blob::new(compress(&bytes)))
}

/// The inverse of [`encode_values`]; `None` when damaged.
pub(crate) fn decode_values(blobs: &[Blob]) -> Option<Vec<Value>> {
    let parts: Vec<Vec<Value>> = blobs.par_iter().map(decode_values_part).collect::<Option<_>>()?;
    Some(parts.into_iter().flatten().collect())
}

fn decode_values_part(blob: &Blob) -> Option<Vec<Value>> {
    let bytes = zstd::decode_all(blob.checked()?).ok()?;
    let mut rest = bytes.as_slice();
    let mut values = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        rest = after;
        values.push(match tag {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            2 => {
                let (number, after) = rest.split_first_chunk::<8>()?;
                rest = after;
                Value::Number(f64::from_le_bytes(*number))
            }
            3 => {
                let (length, after) = rest.split_first_chunk::<4>()?;
                let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                rest = after;
                Value::Text(std::str::from_utf8(text).ok()?.to_owned())
            }
            _ => return None,
        });
    }
    Some(values)
}

/// The lowest bytes of all numbers, then the next higher ones, as far as any is used: zstd likes that order, and
/// it decodes without a branch.
fn planes(numbers: &[u64]) -> Blob {
    let most = numbers.iter().fold(0, |most, number| most | number);
    let width = (64 - most.leading_zeros() as usize).div_ceil(8);
    let mut bytes = Vec::with_capacity(numbers.len() * width + 1);
    bytes.push(width as u8);
    for plane in 0..width {
        bytes.extend(numbers.iter().map(|number| (number >> (8 * plane)) as u8));
    }
    Blob::new(compress(&bytes))
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    // Compressing into memory has no way to fail; an empty blob would be found damaged and built again.
    zstd::bulk::compress(bytes, ZSTD_LEVEL).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode<T: Number>(numbers: &[T], coding: Coding) -> Vec<Blob> {
        super::encode(numbers, coding, &Progress::new()).unwrap()
    }

    fn decoded<T: Number>(blobs: &[Blob], coding: Coding, length: usize) -> Option<Vec<T>> {
        let mut out = vec![T::default(); length];
        if blobs.len() != length.div_ceil(PART) {
            return None;
        }
        let parts = out.chunks_mut(PART).zip(blobs);
        parts.map(|(out, blob)| decode_part(blob, coding, out)).collect::<Option<()>>()?;
        Some(out)
    }

    #[test]
    fn columns_round_trip() {
        for length in [0, 1, 7, PART, PART + 1] {
            for coding in [Coding::Plain, Coding::Deltas] {
                let codes: Vec<u32> =
                    (0..length as u32).map(|n| n.wrapping_mul(2_654_435_761) >> (n % 32)).collect();
                assert_eq!(decoded(&encode(&codes, coding), coding, length), Some(codes));
                let times: Vec<i64> = (0..length as i64).map(|n| n.wrapping_mul(i64::MAX / 3) ^ n).collect();
                assert_eq!(decoded(&encode(&times, coding), coding, length), Some(times));
                let bytes: Vec<u8> = (0..length).map(|n| (n * n) as u8).collect();
                assert_eq!(decoded(&encode(&bytes, coding), coding, length), Some(bytes));
            }
        }
        let ends = vec![u32::MAX, 0, u32::MAX, 1];
        assert_eq!(decoded(&encode(&ends, Coding::Deltas), Coding::Deltas, 4), Some(ends));
        let zeros = vec![0_u32; 10];
        assert_eq!(decoded(&encode(&zeros, Coding::Plain), Coding::Plain, 10), Some(zeros));
    }

    #[test]
    fn values_round_trip_and_damage_shows() {
        let mut values = vec![
            Value::Bool(true),
            Value::Bool(false),
            Value::Number(-1.5),
            Value::Text(String::new()),
            Value::Text("Käse".into()),
        ];
        values.extend((0..PART).map(|n| Value::Number(n as f64)));
        let mut blobs = encode_values(&values).unwrap();
        assert_eq!(blobs.len(), 2);
        assert_eq!(decode_values(&blobs), Some(values));
        let middle = blobs[1].bytes.len() / 2;
        blobs[1].bytes[middle] ^= 1;
        assert_eq!(decode_values(&blobs), None);
        let mut codes = encode(&[1_u32, 2, 3], Coding::Plain);
        assert_eq!(decoded::<u32>(&codes, Coding::Plain, 4), None);
        assert_eq!(decoded::<u32>(&encode(&[1_i64 << 40], Coding::Plain), Coding::Plain, 1), None);
        codes[0].bytes[2] ^= 1;
        assert_eq!(decoded::<u32>(&codes, Coding::Plain, 3), None);
    }
}
