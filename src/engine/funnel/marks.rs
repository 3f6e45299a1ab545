//! Which events of some persons fill steps, as bits: most events fill none or only the first, and are jumped over. Not
//! for what follows from them: see `quick`.

use std::ops::Range;

use crate::engine::bits::{BITS, bits, first, last};
use crate::engine::codes::Code;

/// An event can be a start.
pub(super) const START: u8 = 1;
/// An event fills a step after the first.
pub(super) const LATER: u8 = 2;

/// Events of some persons; places are counted from the first of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    from: usize,
    starts: Vec<u64>,
    laters: Vec<u64>,
}

impl Marks {
    /// Takes these events instead of the ones before; `kinds` holds the marks of each code.
    pub(super) fn fill(&mut self, events: Range<usize>, codes: &[impl Code], kinds: &[u8]) {
        self.from = events.start;
        self.starts.clear();
        self.laters.clear();
        for codes in codes[events].chunks(BITS) {
            let mut marks = [0; BITS];
            for (mark, code) in marks.iter_mut().zip(codes) {
                *mark = kinds[code.place()];
            }
            self.starts.push(bits(&marks, START));
            self.laters.push(bits(&marks, LATER));
        }
    }

    /// The index of the first event.
    pub(super) fn from(&self) -> usize {
        self.from
    }

    /// The first start of these places.
    #[inline]
    pub(super) fn first_start(&self, places: Range<usize>) -> Option<usize> {
        first(&self.starts, places.start, places.end)
    }

    /// The last start of these places.
    #[inline]
    pub(super) fn last_start(&self, places: Range<usize>) -> Option<usize> {
        last(&self.starts, places.start, places.end)
    }

    /// The first of these places that fills a later step.
    #[inline]
    pub(super) fn first_later(&self, places: Range<usize>) -> Option<usize> {
        first(&self.laters, places.start, places.end)
    }
}
