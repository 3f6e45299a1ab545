//! Where in a log a record stands: its part and its line, in one number. Not for the names of parts: see `store::parts`.

/// The place of a record in a log of one or many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Number of the part, from 1; 0 in a log that is one file.
    pub part: u32,
    /// Line within the part, from 1.
    pub line: u64,
}

/// Bits of the number that hold the line.
const LINE_BITS: u32 = 40;
/// The highest line that is told apart from others.
const LAST_LINE: u64 = (1 << LINE_BITS) - 1;
/// The most parts whose number fits.
pub const MOST_PARTS: u32 = (1 << 23) - 1;

impl Place {
    /// The place of a number that [`Place::number`] gave; a line of a single file is its own number.
    pub fn of(number: u64) -> Place {
        Place { part: (number >> LINE_BITS) as u32, line: number & LAST_LINE }
    }

    /// Both in one number, below 2⁶³: the part times 2⁴⁰, plus the line.
    pub fn number(self) -> u64 {
        (u64::from(self.part.min(MOST_PARTS)) << LINE_BITS) | self.line.min(LAST_LINE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_and_line_come_back() {
        for place in [
            Place { part: 0, line: 7 },
            Place { part: 1, line: 1 },
            Place { part: MOST_PARTS, line: LAST_LINE },
        ] {
            assert_eq!(Place::of(place.number()), place);
            assert!(i64::try_from(place.number()).is_ok());
        }
        assert_eq!(Place { part: 0, line: 7 }.number(), 7);
        assert_eq!(Place { part: 2, line: u64::MAX }.number(), Place { part: 2, line: LAST_LINE }.number());
    }
}
