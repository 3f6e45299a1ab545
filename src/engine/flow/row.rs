//! How the way of a session is kept: the codes of its names side by side. Not for finding it: see `block`.

use super::walk::Walk;

/// The least code of the end of a way: names that stay apart have less, so that counts of all names and ends fit into
/// 64 places.
pub(super) const LEAST_END: usize = 62;

/// The codes of a way, small where names are few, as there may be very many ways.
pub(super) trait Row: Copy + Send + Sync {
    /// How one is kept.
    type Code: Copy + Default + Eq + Send + Sync;
    /// How many there are.
    const PLACES: usize;
    /// All of them zero.
    const NONE: Self;
    /// The lowest bits of a number.
    fn code(code: usize) -> Self::Code;
    /// The first of these codes; none when they are too few.
    fn read(codes: &[Self::Code]) -> Option<Self>;
    /// The last of these codes, the last one first; none when they are too few.
    fn read_back(codes: &[Self::Code]) -> Option<Self>;
    fn get(&self, place: usize) -> usize;
    fn set(&mut self, place: usize, code: Self::Code);
    /// The bits of all codes that `keep` has, and those of `rest`.
    fn masked(self, keep: &Self, rest: &Self) -> Self;
}

impl Row for u64 {
    type Code = u8;
    const PLACES: usize = 8;
    const NONE: u64 = 0;

    fn code(code: usize) -> u8 {
        code as u8
    }

    #[inline]
    fn read(codes: &[u8]) -> Option<u64> {
        codes.first_chunk().map(|codes| u64::from_le_bytes(*codes))
    }

    #[inline]
    fn read_back(codes: &[u8]) -> Option<u64> {
        codes.last_chunk().map(|codes| u64::from_be_bytes(*codes))
    }

    #[inline]
    fn get(&self, place: usize) -> usize {
        usize::from((self >> (place * 8 % 64)) as u8)
    }

    #[inline]
    fn set(&mut self, place: usize, code: u8) {
        *self = *self & !(255 << (place * 8 % 64)) | u64::from(code) << (place * 8 % 64);
    }

    #[inline]
    fn masked(self, keep: &u64, rest: &u64) -> u64 {
        self & keep | rest
    }
}

impl Row for [u8; 16] {
    type Code = u8;
    const PLACES: usize = 16;
    const NONE: [u8; 16] = [0; 16];

    fn code(code: usize) -> u8 {
        code as u8
    }

    #[inline]
    fn read(codes: &[u8]) -> Option<[u8; 16]> {
        codes.first_chunk().copied()
    }

    #[inline]
    fn read_back(codes: &[u8]) -> Option<[u8; 16]> {
        codes.last_chunk().map(|codes| u128::from_be_bytes(*codes).to_le_bytes())
    }

    #[inline]
    fn get(&self, place: usize) -> usize {
        usize::from(self[place])
    }

    #[inline]
    fn set(&mut self, place: usize, code: u8) {
        self[place] = code;
    }

    #[inline]
    fn masked(self, keep: &[u8; 16], rest: &[u8; 16]) -> [u8; 16] {
        (u128::from_le_bytes(self) & u128::from_le_bytes(*keep) | u128::from_le_bytes(*rest)).to_le_bytes()
    }
}

impl Row for [u32; 12] {
    type Code = u32;
    const PLACES: usize = 12;
    const NONE: [u32; 12] = [0; 12];

    fn code(code: usize) -> u32 {
        code as u32
    }

    #[inline]
    fn read(codes: &[u32]) -> Option<[u32; 12]> {
        codes.first_chunk().copied()
    }

    #[inline]
    fn read_back(codes: &[u32]) -> Option<[u32; 12]> {
        let last = codes.last_chunk::<12>()?;
        Some(std::array::from_fn(|place| last[11 - place]))
    }

    #[inline]
    fn get(&self, place: usize) -> usize {
        self[place] as usize
    }

    #[inline]
    fn set(&mut self, place: usize, code: u32) {
        self[place] = code;
    }

    #[inline]
    fn masked(self, keep: &[u32; 12], rest: &[u32; 12]) -> [u32; 12] {
        std::array::from_fn(|place| self[place] & keep[place] | rest[place])
    }
}

/// How ways are written: as the codes of their names, then one more for the end, and others of what is past it. At
/// least one place past the last depth is left.
pub(super) struct Shape<'a, R: Row> {
    pub(super) walk: &'a Walk<'a>,
    codes: Vec<R::Code>,
    /// By the number of steps beside the anchor: the bits of a way, and those of its end.
    cuts: Vec<(R, R)>,
    /// The code of the end.
    pub(super) end: usize,
}

impl<'a, R: Row> Shape<'a, R> {
    pub(super) fn new(walk: &'a Walk<'a>) -> Self {
        let end = walk.labels().len().max(LEAST_END);
        let cut = |steps: usize| {
            let (mut keep, mut rest) = (R::NONE, R::NONE);
            (0..=steps).for_each(|place| keep.set(place, R::code(usize::MAX)));
            (steps + 1..R::PLACES).for_each(|place| rest.set(place, R::code(end + 1)));
            rest.set(steps + 1, R::code(end));
            (keep, rest)
        };
        let codes = walk.codes().iter().map(|code| R::code(*code as usize)).collect();
        Shape { walk, codes, cuts: (0..=walk.query.depth).map(cut).collect(), end }
    }

    /// The code of a name of the table.
    #[inline]
    pub(super) fn code(&self, name: usize) -> R::Code {
        self.codes[name]
    }

    /// One more than the greatest code.
    pub(super) fn codes(&self) -> usize {
        self.end + 2
    }

    /// What lies past so many steps beside the anchor is the end.
    #[inline]
    pub(super) fn cut(&self, row: R, steps: usize) -> R {
        let (keep, rest) = &self.cuts[steps];
        row.masked(keep, rest)
    }
}
