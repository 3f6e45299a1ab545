//! Draws from a seed, in whole numbers only, so that no platform and no version of a library changes one. Not secret.

/// A SplitMix64 stream (Steele, Lea, Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(mix(seed, 0x5370_1a7e))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finish(self.0)
    }

    /// Evenly from `0..n`; 0 for an empty range.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        scale(self.next(), n)
    }

    /// Evenly from `from..to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(to.abs_diff(from)) as i64
    }

    /// True in so many of a thousand draws.
    pub(super) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// An index, as often as its weight among all says.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        weighted(self.next(), weights)
    }
}

/// The index that an even 64-bit draw means among weights.
pub(super) fn weighted(draw: u64, weights: impl Iterator<Item = u64> + Clone) -> usize {
    let mut left = scale(draw, weights.clone().sum());
    for (index, weight) in weights.enumerate() {
        if left < weight {
            return index;
        }
        left -= weight;
    }
    0
}

/// A draw that depends on two numbers only.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    finish(finish(a ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(b.wrapping_mul(0xd1b5_4a32_d192_ed03)))
}

/// An even 64-bit draw as one of `0..n`.
pub(super) fn scale(draw: u64, n: u64) -> u64 {
    ((u128::from(draw) * u128::from(n)) >> 64) as u64
}

fn finish(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // First outputs of SplitMix64 from state 0, as in its reference code.
        let mut random = Random(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn weights_are_followed() {
        let mut random = Random::new(1);
        let mut seen = [0u32; 3];
        for _ in 0..10_000 {
            seen[random.weighted([1, 0, 3].into_iter())] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((2_300..2_700).contains(&seen[0]), "{seen:?}");
    }
}
