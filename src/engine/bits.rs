//! Bits of events, 64 a word, the lowest first: found without a branch, and looked through by jumps. Not for what they
//! say of an event: see `flow` and `funnel`.

/// Bits of a word.
pub(super) const BITS: usize = u64::BITS as usize;

/// The lowest bit of each of 64 bytes that `mark` is in.
#[inline]
pub(super) fn bits(marks: &[u8; BITS], mark: u8) -> u64 {
    let shift = mark.trailing_zeros();
    let (eights, _) = marks.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |bits, (place, eight)| {
        // Bytes of one bit each, which the product moves side by side into the highest byte.
        let apart = u64::from_le_bytes(*eight) >> shift & 0x0101_0101_0101_0101;
        bits | apart.wrapping_mul(0x0102_0408_1020_4080) >> 56 << (place * 8)
    })
}

/// 64 bits from a place on.
#[inline]
pub(super) fn window(words: &[u64], from: usize) -> u64 {
    let (word, bit) = (from / BITS, from % BITS);
    match words.get(word..word + 2) {
        Some(pair) => pair[0] >> bit | pair[1] << 1 << (BITS - 1 - bit),
        None => words.get(word).map_or(0, |last| last >> bit),
    }
}

/// The 64 bits before a place, which is not the first.
#[inline]
pub(super) fn window_before(words: &[u64], to: usize) -> u64 {
    if to >= BITS { window(words, to - BITS) } else { words[0] << (BITS - to) }
}

/// The first bit from a place up to another.
#[inline]
pub(super) fn first(words: &[u64], from: usize, to: usize) -> Option<usize> {
    let mut word = from / BITS;
    let mut left = words.get(word)? & (u64::MAX << (from % BITS));
    while left == 0 {
        word += 1;
        if word * BITS >= to {
            return None;
        }
        left = *words.get(word)?;
    }
    let at = word * BITS + left.trailing_zeros() as usize;
    (at < to).then_some(at)
}

/// The last bit from a place up to another.
#[inline]
pub(super) fn last(words: &[u64], from: usize, to: usize) -> Option<usize> {
    let mut word = to.checked_sub(1)? / BITS;
    let mut left = words.get(word)? & (u64::MAX >> (BITS - 1 - (to - 1) % BITS));
    while left == 0 {
        if word * BITS <= from {
            return None;
        }
        word -= 1;
        left = words[word];
    }
    let at = word * BITS + BITS - 1 - left.leading_zeros() as usize;
    (at >= from).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_marks_and_windows_of_bits() {
        let mut marks = [0; BITS];
        for place in [0, 7, 8, 13, 63] {
            marks[place] = 5;
        }
        let expected = 1 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 63;
        assert_eq!([bits(&marks, 1), bits(&marks, 2), bits(&marks, 4)], [expected, 0, expected]);
        let words = [expected, 1];
        assert_eq!(window(&words, 0), expected);
        assert_eq!(window(&words, 63), 3);
        assert_eq!(window(&words, 64), 1);
        assert_eq!(window_before(&words, 64), expected);
        assert_eq!(window_before(&words, 1), 1 << 63);
        assert_eq!(window_before(&words, 65), expected >> 1 | 1 << 63);
    }

    #[test]
    fn the_first_and_the_last_bit_of_every_range() {
        let words = [0, 1 << 5 | 1 << 63, 0, 0, 1];
        let set = [64 + 5, 64 + 63, 256];
        for from in 0..320 {
            for to in from..=320 {
                let mut own = set.into_iter().filter(|at| (from..to).contains(at));
                assert_eq!(first(&words, from, to), own.clone().next(), "{from} {to}");
                assert_eq!(last(&words, from, to), own.next_back(), "{from} {to}");
            }
        }
    }
}
