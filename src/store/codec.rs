//! Number columns and value lists as compressed bytes, and back. Not for where they are kept: see `store::cache`.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

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
    pub(crate) fn new(bytes: Vec<u8>) -> Blob {
        Blob { hash: xxh3_64(&bytes), bytes }
    }

    fn checked(&self) -> Option<&[u8]> {
        (xxh3_64(&self.bytes) == self.hash).then_some(&self.bytes)
    }
}

/// Small numbers as they are.
pub(crate) fn encode_codes(codes: &[u32]) -> Vec<Blob> {
    codes.par_chunks(PART).map(|part| planes(part.len(), part.iter().map(|code| u64::from(*code)))).collect()
}

/// Numbers near their neighbors, as differences.
pub(crate) fn encode_deltas(numbers: &[i64]) -> Vec<Blob> {
    numbers
        .par_chunks(PART)
        .map(|part| {
            let mut before = 0_i64;
            let deltas = part.iter().map(|number| {
                let delta = number.wrapping_sub(before);
                before = *number;
                zigzag(delta)
            });
            planes(part.len(), deltas)
        })
        .collect()
}

/// The inverse of [`encode_codes`]; `None` when damaged.
pub(crate) fn decode_codes(blobs: &[Blob], length: usize) -> Option<Vec<u32>> {
    decode(blobs, length, |numbers, out: &mut [u32]| {
        for (number, out) in numbers.iter().zip(out) {
            *out = *number as u32;
        }
    })
}

/// The inverse of [`encode_deltas`]; `None` when damaged.
pub(crate) fn decode_deltas(blobs: &[Blob], length: usize) -> Option<Vec<i64>> {
    decode(blobs, length, |numbers, out: &mut [i64]| {
        let mut before = 0_i64;
        for (number, out) in numbers.iter().zip(out) {
            before = before.wrapping_add(unzigzag(*number));
            *out = before;
        }
    })
}

/// Values one after the other.
pub(crate) fn encode_values(values: &[Value]) -> Option<Blob> {
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
pub(crate) fn decode_values(blob: &Blob) -> Option<Vec<Value>> {
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
fn planes(length: usize, numbers: impl Iterator<Item = u64>) -> Blob {
    let numbers: Vec<u64> = numbers.collect();
    let most = numbers.iter().fold(0, |most, number| most | number);
    let width = (64 - most.leading_zeros() as usize).div_ceil(8);
    let mut bytes = Vec::with_capacity(length * width + 1);
    bytes.push(width as u8);
    for plane in 0..width {
        bytes.extend(numbers.iter().map(|number| (number >> (8 * plane)) as u8));
    }
    Blob::new(compress(&bytes))
}

fn decode<T: Copy + Default + Send>(
    blobs: &[Blob],
    length: usize,
    finish: impl Fn(&[u64], &mut [T]) + Sync,
) -> Option<Vec<T>> {
    if blobs.len() != length.div_ceil(PART) {
        return None;
    }
    let mut out = vec![T::default(); length];
    out.par_chunks_mut(PART).zip(blobs).try_for_each(|(out, blob)| {
        let most = 1 + 8 * out.len();
        let bytes = zstd::bulk::decompress(blob.checked()?, most).ok()?;
        let (width, planes) = bytes.split_first()?;
        if planes.len() != usize::from(*width) * out.len() {
            return None;
        }
        let mut numbers = vec![0_u64; out.len()];
        for (shift, plane) in planes.chunks_exact(out.len().max(1)).enumerate() {
            for (number, byte) in numbers.iter_mut().zip(plane) {
                *number |= u64::from(*byte) << (8 * shift);
            }
        }
        finish(&numbers, out);
        Some(())
    })?;
    Some(out)
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    // Compressing into memory has no way to fail; an empty blob would be found damaged and built again.
    zstd::bulk::compress(bytes, ZSTD_LEVEL).unwrap_or_default()
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_round_trip() {
        for length in [0, 1, 7, PART, PART + 1] {
            let codes: Vec<u32> =
                (0..length as u32).map(|n| n.wrapping_mul(2_654_435_761) >> (n % 32)).collect();
            assert_eq!(decode_codes(&encode_codes(&codes), length), Some(codes));
            let times: Vec<i64> = (0..length as i64).map(|n| n.wrapping_mul(i64::MAX / 3) ^ n).collect();
            assert_eq!(decode_deltas(&encode_deltas(&times), length), Some(times));
        }
        let zeros = vec![0; 10];
        assert_eq!(decode_codes(&encode_codes(&zeros), 10), Some(zeros));
    }

    #[test]
    fn values_round_trip_and_damage_shows() {
        let values = vec![
            Value::Bool(true),
            Value::Bool(false),
            Value::Number(-1.5),
            Value::Text(String::new()),
            Value::Text("Käse".into()),
        ];
        let mut blob = encode_values(&values).unwrap();
        assert_eq!(decode_values(&blob), Some(values));
        let middle = blob.bytes.len() / 2;
        blob.bytes[middle] ^= 1;
        assert_eq!(decode_values(&blob), None);
        let mut codes = encode_codes(&[1, 2, 3]);
        assert_eq!(decode_codes(&codes, 4), None);
        codes[0].bytes[2] ^= 1;
        assert_eq!(decode_codes(&codes, 3), None);
    }
}
