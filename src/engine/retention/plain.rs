//! The plainest retention in one pass over days: everybody is in one cohort, that of her first event, and comes back
//! with every event. Not for any other question: see `person`, which gives the same answer to this one.

use std::ops::Range;

use super::count::Sums;
use super::frame::ByDay;
use super::person::Walk;
use crate::base::{Cancelled, Progress};
use crate::engine::pass::sums;

/// Days read together.
const AT_ONCE: usize = 16;
/// Periods counted in one word.
const IN_A_WORD: usize = 8;
/// What one byte counts to.
const FULL: u8 = u8::MAX;
/// The bits of a byte as the lowest bits of eight bytes.
const SPREAD: [u64; 256] = spread();

/// Sums of those who came back in a cohort, by period in bytes of words: many are counted by few additions.
#[derive(Clone, Copy, Default)]
struct Bytes {
    words: [u64; IN_A_WORD],
    persons: u8,
}

/// What some persons add up to.
struct Counts {
    bytes: Vec<Bytes>,
    sums: Sums,
    /// Sums of a cohort.
    row: usize,
}

/// Adds up everybody, into sums as [`super::person::Found::add`] orders them.
///
/// # Errors
/// `Cancelled`, checked once a chunk.
pub(super) fn pass(
    walk: &Walk<'_>,
    days: &ByDay<'_>,
    (size, periods): (usize, usize),
    progress: &Progress,
) -> Result<Sums, Cancelled> {
    let row = periods + 2;
    let empty = || Counts { bytes: vec![Bytes::default(); size / row], sums: Sums::of(size), row };
    let bits = days.bits_of_all();
    let one = |counts: &mut Counts, persons: Range<usize>| {
        for pair in walk.table.person_starts()[persons.start..=persons.end].windows(2) {
            let own = &days.of_event[pair[0] as usize..pair[1] as usize];
            let Some(first) = own.first() else { continue };
            let day = days.of_day[usize::from(*first)];
            if day.starts {
                let cohort = day.bit.trailing_zeros() as usize;
                counts.add(cohort, walk.told(active(own, &bits) >> cohort));
            } else {
                counts.sums.left_out += u64::from(day.is_early && !walk.frame.is_ranged);
            }
        }
    };
    let join = |a: Counts, b: Counts| Counts { sums: a.told().join(&b.told()), bytes: Vec::new(), row };
    let counts = sums(walk.table.persons(), size, progress, empty, one, join)?;
    Ok(counts.told())
}

/// The periods of some days, of which there is one at least. As many as are read at once may be read twice, which
/// takes less time than to foresee how many there are.
#[inline]
fn active(days: &[u16], bits: &[u64; 1 << 16]) -> u64 {
    let of = |days: &[u16; AT_ONCE]| days.iter().fold(0, |all, day| all | bits[usize::from(*day)]);
    let Some(last) = days.last_chunk::<AT_ONCE>() else {
        let end = days.len() - 1;
        return (0..AT_ONCE).fold(0, |all, place| all | bits[usize::from(days[place.min(end)])]);
    };
    days.as_chunks::<AT_ONCE>().0.iter().fold(of(last), |all, days| all | of(days))
}

impl Counts {
    /// Counts a person of a cohort who came back in these periods.
    #[inline]
    fn add(&mut self, cohort: usize, bits: u64) {
        let own = &mut self.bytes[cohort];
        for (word, byte) in own.words.iter_mut().zip(bits.to_le_bytes()) {
            *word += SPREAD[usize::from(byte)];
        }
        own.persons += 1;
        if own.persons == FULL {
            own.empty_into(&mut self.sums, cohort * self.row..(cohort + 1) * self.row);
        }
    }

    /// The sums alone.
    fn told(mut self) -> Sums {
        for (cohort, own) in self.bytes.iter_mut().enumerate() {
            own.empty_into(&mut self.sums, cohort * self.row..(cohort + 1) * self.row);
        }
        self.sums
    }
}

impl Bytes {
    fn empty_into(&mut self, sums: &mut Sums, row: Range<usize>) {
        let Some((size, returned)) = sums.sums[row].split_first_mut() else { return };
        *size += u64::from(self.persons);
        sums.persons += u64::from(self.persons);
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        returned.iter_mut().zip(bytes).for_each(|(sum, more)| *sum += u64::from(more));
        *self = Bytes::default();
    }
}

const fn spread() -> [u64; 256] {
    let mut all = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            all[byte] |= (byte as u64 >> bit & 1) << (bit * 8);
            bit += 1;
        }
        byte += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::base::Progress;
    use crate::engine::calendar;
    use crate::engine::retention::retention;
    use crate::engine::table::TableBuilder;
    use crate::model::query::Query;
    use crate::model::text::parse_query;
    use crate::model::time::{DAY_US, Interval, Time, Zone};

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33).cast_signed() % end
        }
    }

    #[test]
    fn many_persons_of_many_days_are_told_as_by_times() {
        let mut random = Random(9);
        let begin = Time::parse("2026-01-05T00:00:00Z").unwrap();
        for round in 0..16 {
            let mut builder = TableBuilder::default();
            for person in 0..3000 {
                let first = random.below(30);
                for _ in 0..[1, 3, 15, 16, 17, 50][random.below(6) as usize] {
                    builder.add(person, begin.plus((first + random.below(40)) * DAY_US), "A", []);
                }
            }
            let Ok(Query::Retention(mut query)) = parse_query("kind = \"retention\"\n") else { panic!() };
            query.interval = [Interval::Week, Interval::Day][usize::from(round == 0)];
            query.periods = 1 + random.below(20) as usize;
            query.unbounded = random.below(2) == 0;
            let from = begin.plus(random.below(30) * DAY_US);
            query.between = (random.below(2) == 0).then_some((from, from.plus(21 * DAY_US)));
            let zone = Zone::named("UTC").unwrap();
            let table = builder.build().unwrap();
            let days = calendar::days(&table, zone, &Progress::new()).unwrap().unwrap();
            let with_days = table.clone().with_days(zone, Arc::new(days)).unwrap();
            let as_of = begin.plus(80 * DAY_US);
            let ask = |table| retention(table, &query, as_of, zone, &Progress::new()).unwrap();
            assert_eq!(ask(&with_days), ask(&table), "{query:?}");
        }
    }
}
