//! Which 64-bit fingerprints a document holds, and in which rows: about 10 bytes an event. Not for confirming hits.
//!
//! The upper bits of a fingerprint choose a part; in it a row stands at the place its fingerprint asks for or soon
//! behind it, in the order of the 32 bits of the fingerprint beside it. So what is found is nearly always right and
//! never missed, and a search for what is not there ends at once.

use rusqlite::Connection;

use super::StoreError;
use crate::base::Progress;

/// Parts grow one at a time, which bounds what is held twice meanwhile.
const PARTS: usize = 4096;
/// Of so many places in a part one is spare: those that find their own taken may stand there.
const SPARE: usize = 16;
/// Rows read between two reports.
const READ_AT_ONCE: u64 = 65_536;

/// A multimap from fingerprint to event row.
pub(crate) struct Fingerprints {
    parts: Vec<Part>,
}

/// Places that hold a row and a part of its fingerprint, or zero: no row has the number zero.
#[derive(Default)]
struct Part {
    places: Vec<u64>,
    used: usize,
}

impl Default for Fingerprints {
    fn default() -> Fingerprints {
        Fingerprints { parts: std::iter::repeat_with(Part::default).take(PARTS).collect() }
    }
}

impl Fingerprints {
    /// All fingerprints of the stored events.
    pub(crate) fn load(conn: &Connection, progress: &Progress) -> Result<Fingerprints, StoreError> {
        let mut all = Fingerprints::default();
        let mut statement = conn.prepare("SELECT fingerprint, id FROM event")?;
        let mut rows = statement.query([])?;
        let mut read = 0_u64;
        while let Some(row) = rows.next()? {
            if read.is_multiple_of(READ_AT_ONCE) && progress.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            read += 1;
            all.insert(row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?);
        }
        Ok(all)
    }

    /// Adds an event; rows count from one.
    pub(crate) fn insert(&mut self, key: u64, row: u32) {
        let part = &mut self.parts[part_of(key)];
        // Seven places of eight, so that a search ends soon.
        if (part.used + 1) * 8 > part.places.len() * 7 {
            part.grow();
        }
        while !part.put(entry(key, row)) {
            part.grow();
        }
    }

    /// What stands where the search for a fingerprint begins.
    pub(crate) fn glance(&self, key: u64) -> u64 {
        let part = &self.parts[part_of(key)];
        part.places.get(part.first(entry(key, 0))).copied().unwrap_or(0)
    }

    /// Puts the rows of all events with a fingerprint into `found`, which is cleared first. Rarely one of another
    /// fingerprint is among them.
    pub(crate) fn find(&self, key: u64, found: &mut Vec<u32>) {
        found.clear();
        let part = &self.parts[part_of(key)];
        let wanted = entry(key, 0);
        let places = part.places.get(part.first(wanted)..).unwrap_or_default();
        for place in places {
            if *place == 0 || place >> 32 > wanted >> 32 {
                return;
            }
            if (place ^ wanted) >> 32 == 0 {
                found.push(*place as u32);
            }
        }
    }
}

impl Part {
    /// Where a search begins: in proportion to the bits kept, so that growing needs no others, and what is found there
    /// and behind is in their order. Some places at the end are only for those that find theirs taken.
    fn first(&self, entry: u64) -> usize {
        let asked_for = self.places.len() - self.places.len() / SPARE;
        (((entry >> 32) * asked_for as u64) >> 32) as usize
    }

    /// Puts an entry where its order asks for, and moves those behind it up to the next empty place. False when there
    /// is none.
    fn put(&mut self, entry: u64) -> bool {
        let first = self.first(entry);
        let behind = &self.places[first..];
        let Some(at) = behind.iter().position(|place| *place == 0 || place >> 32 > entry >> 32) else {
            return false;
        };
        let Some(free) = behind[at..].iter().position(|place| *place == 0) else { return false };
        let (at, free) = (first + at, first + at + free);
        self.places.copy_within(at..free, at + 1);
        self.places[at] = entry;
        self.used += 1;
        true
    }

    fn grow(&mut self) {
        let mut length = self.places.len();
        let before = std::mem::take(&mut self.places);
        loop {
            length += (length / 4).max(SPARE);
            self.places = vec![0; length];
            if self.put_in_order(&before) {
                return;
            }
        }
    }

    /// Puts the entries of other places, in their order, into empty ones, as [`Part::put`] would. False when there are too
    /// few behind those asked for.
    fn put_in_order(&mut self, before: &[u64]) -> bool {
        let mut next = 0;
        for entry in before.iter().filter(|entry| **entry != 0) {
            let at = next.max(self.first(*entry));
            let Some(place) = self.places.get_mut(at) else { return false };
            *place = *entry;
            next = at + 1;
        }
        true
    }
}

fn part_of(key: u64) -> usize {
    (key >> 52) as usize % PARTS
}

/// The 32 bits below those that chose the part, and the row.
fn entry(key: u64, row: u32) -> u64 {
    ((key << 12) & !0xffff_ffff) | u64::from(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_everything_while_it_grows_within_its_bound() {
        let key = |n: u32| u64::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut all = Fingerprints::default();
        let many = 500_005;
        for n in 1..many {
            all.insert(key(n), n);
        }
        all.insert(key(3), many);
        all.insert(key(many - 1), many + 1);
        let mut found = Vec::new();
        for n in (1..many).step_by(97).chain([3, many - 1]) {
            all.find(key(n), &mut found);
            found.sort_unstable();
            let expected = match n {
                3 => vec![3, many],
                n if n == many - 1 => vec![n, many + 1],
                n => vec![n],
            };
            assert_eq!(found, expected);
        }
        let strangers = (many..many + 100_000).filter(|n| {
            all.find(key(*n), &mut found);
            !found.is_empty()
        });
        assert!(strangers.count() < 10);
        let places: usize = all.parts.iter().map(|part| part.places.capacity()).sum();
        assert!(places * 8 < 12 * many as usize, "{places} places for {many} events");
    }

    #[test]
    fn equal_fingerprints_are_all_found() {
        let mut all = Fingerprints::default();
        (1..=1000).for_each(|row| all.insert(u64::MAX, row));
        let mut found = Vec::new();
        all.find(u64::MAX, &mut found);
        assert_eq!(found.len(), 1000);
        all.find(u64::MAX - (1 << 21), &mut found);
        assert!(found.is_empty());
    }
}
