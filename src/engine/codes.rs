//! Small numbers side by side, each in as few bytes as the greatest of them needs, since an answer takes about as long
//! as it reads memory. Not for what the numbers stand for: see `table`.

use rayon::prelude::*;

/// Numbers looked at by one task.
const AT_ONCE: usize = 1 << 16;

/// Numbers of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Of one byte each.
    Narrow(Vec<u8>),
    /// Of two bytes each.
    Middle(Vec<u16>),
    /// Of four bytes each.
    Wide(Vec<u32>),
}

/// A number of some width, which is a place in a list.
pub(crate) trait Code: Copy + Send + Sync {
    /// The place.
    fn place(self) -> usize;
}

/// Does the same with the numbers whatever their width: `by_width!(codes, own => …)` names a slice of them `own`.
macro_rules! by_width {
    ($codes:expr, $own:ident => $work:expr) => {
        match $codes {
            $crate::engine::codes::Codes::Narrow($own) => $work,
            $crate::engine::codes::Codes::Middle($own) => $work,
            $crate::engine::codes::Codes::Wide($own) => $work,
        }
    };
}
pub(crate) use by_width;

impl Code for u8 {
    fn place(self) -> usize {
        usize::from(self)
    }
}

impl Code for u16 {
    fn place(self) -> usize {
        usize::from(self)
    }
}

impl Code for u32 {
    fn place(self) -> usize {
        self as usize
    }
}

impl Codes {
    /// So many zeros.
    pub fn zeros(length: usize) -> Codes {
        Codes::Narrow(vec![0; length])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        by_width!(self, own => own.len())
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place, which must be there.
    #[inline]
    pub fn at(&self, place: usize) -> u32 {
        by_width!(self, own => own[place].place() as u32)
    }

    /// The number at a place, if it is there.
    pub fn get(&self, place: usize) -> Option<u32> {
        (place < self.len()).then(|| self.at(place))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    /// All of them at full width.
    pub fn to_vec(&self) -> Vec<u32> {
        by_width!(self, own => own.par_iter().with_min_len(AT_ONCE).map(|code| code.place() as u32).collect())
    }

    /// The greatest; none when there are none.
    pub fn greatest(&self) -> Option<u32> {
        by_width!(self, own => own.par_iter().with_min_len(AT_ONCE).max().map(|code| code.place() as u32))
    }
}

impl Default for Codes {
    fn default() -> Codes {
        Codes::zeros(0)
    }
}

impl From<Vec<u32>> for Codes {
    fn from(codes: Vec<u32>) -> Codes {
        let all = || codes.par_iter().with_min_len(AT_ONCE);
        match all().max().copied().unwrap_or_default() {
            0..=0xff => Codes::Narrow(all().map(|code| *code as u8).collect()),
            0x100..=0xffff => Codes::Middle(all().map(|code| *code as u16).collect()),
            0x1_0000.. => Codes::Wide(codes),
        }
    }
}

impl FromIterator<u32> for Codes {
    fn from_iter<I: IntoIterator<Item = u32>>(codes: I) -> Codes {
        Codes::from(codes.into_iter().collect::<Vec<u32>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_they_are_in_every_width() {
        for greatest in [0, 255, 256, 65_535, 65_536, u32::MAX] {
            let numbers = vec![0, greatest, greatest / 2, 1.min(greatest)];
            let codes = Codes::from(numbers.clone());
            let width = by_width!(&codes, own => size_of_val(own.as_slice()) / own.len());
            assert_eq!(
                width,
                if greatest < 256 {
                    1
                } else if greatest < 65_536 {
                    2
                } else {
                    4
                }
            );
            assert_eq!(codes.to_vec(), numbers);
            assert_eq!(codes.iter().collect::<Vec<_>>(), numbers);
            assert_eq!(
                (codes.greatest(), codes.get(1), codes.get(4)),
                (Some(greatest), Some(greatest), None)
            );
        }
        assert!(Codes::default().is_empty() && Codes::default().greatest().is_none());
    }
}
