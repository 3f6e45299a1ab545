//! Codes of a column under construction, as narrow as they can be. Not for columns in use: see `engine::table`.

/// One code for each place that was set, and 0 for those before it that were not.
pub(crate) enum Growing {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Words(Vec<u32>),
}

impl Default for Growing {
    fn default() -> Self {
        Growing::Bytes(Vec::new())
    }
}

impl Growing {
    /// Sets a place; places may come in any order.
    pub(crate) fn set(&mut self, at: usize, code: u32) {
        match self {
            Growing::Bytes(codes) => match u8::try_from(code) {
                Ok(code) => put(codes, at, code),
                Err(_) => {
                    *self = Growing::Shorts(codes.iter().map(|code| u16::from(*code)).collect());
                    self.set(at, code);
                }
            },
            Growing::Shorts(codes) => match u16::try_from(code) {
                Ok(code) => put(codes, at, code),
                Err(_) => {
                    *self = Growing::Words(codes.iter().map(|code| u32::from(*code)).collect());
                    self.set(at, code);
                }
            },
            Growing::Words(codes) => put(codes, at, code),
        }
    }

    /// Sets many places; of one that comes twice, the last counts.
    pub(crate) fn set_all(&mut self, entries: impl Iterator<Item = (usize, u32)> + Clone) {
        let (mut length, mut largest) = (0, 0);
        for (at, code) in entries.clone() {
            length = length.max(at + 1);
            largest = largest.max(code);
        }
        if length == 0 {
            return;
        }
        // Widens, and makes room for all of them.
        let first = self.get(length - 1);
        self.set(length - 1, largest);
        self.set(length - 1, first);
        match self {
            Growing::Bytes(codes) => entries.for_each(|(at, code)| codes[at] = code as u8),
            Growing::Shorts(codes) => entries.for_each(|(at, code)| codes[at] = code as u16),
            Growing::Words(codes) => entries.for_each(|(at, code)| codes[at] = code),
        }
    }

    fn get(&self, at: usize) -> u32 {
        match self {
            Growing::Bytes(codes) => codes.get(at).map_or(0, |code| u32::from(*code)),
            Growing::Shorts(codes) => codes.get(at).map_or(0, |code| u32::from(*code)),
            Growing::Words(codes) => codes.get(at).copied().unwrap_or(0),
        }
    }

    /// Bytes that the codes take.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Growing::Bytes(codes) => codes.len(),
            Growing::Shorts(codes) => codes.len() * 2,
            Growing::Words(codes) => codes.len() * 4,
        }
    }

    /// The codes of `length` places.
    pub(crate) fn finish(self, length: usize) -> Vec<u32> {
        let mut codes: Vec<u32> = match self {
            Growing::Bytes(codes) => codes.into_iter().map(u32::from).collect(),
            Growing::Shorts(codes) => codes.into_iter().map(u32::from).collect(),
            Growing::Words(codes) => codes,
        };
        codes.resize(length, 0);
        codes
    }
}

fn put<T: Copy + Default>(codes: &mut Vec<T>, at: usize, code: T) {
    if codes.len() <= at {
        codes.resize(at + 1, T::default());
    }
    codes[at] = code;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_widen_as_they_must_and_stay_what_they_were() {
        let mut growing = Growing::default();
        let set = [(3, 7), (0, 255), (5, 256), (1, 65_535), (2, 65_536), (5, 1)];
        for (at, code) in set {
            growing.set(at, code);
        }
        assert_eq!(growing.bytes(), 24);
        assert_eq!(growing.finish(8), [255, 65_535, 65_536, 7, 0, 1, 0, 0]);
        let mut at_once = Growing::default();
        at_once.set_all(std::iter::empty());
        at_once.set_all([(2, 9), (1, 8)].into_iter());
        assert_eq!(at_once.bytes(), 3);
        at_once.set_all([(1, 300), (0, 1), (4, 2)].into_iter());
        at_once.set_all([(1, 5), (4, 0)].into_iter());
        assert_eq!(at_once.bytes(), 10);
        at_once.set_all([(3, 65_536)].into_iter());
        assert_eq!(at_once.finish(6), [1, 5, 9, 65_536, 0, 0]);
        let mut narrow = Growing::default();
        narrow.set(9, 255);
        assert_eq!(narrow.bytes(), 10);
    }
}
