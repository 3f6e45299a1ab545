//! Sums over the persons of a table, in parallel and in parts with sums of their own. Not for what a person adds.

use std::ops::Range;

use rayon::prelude::*;

use crate::base::{Cancelled, Progress};

/// Persons of a chunk.
const CHUNK: usize = 4096;
/// Parts that sums are made in.
pub(super) const PARTS: usize = 16;
/// Sums of a part from which on there are as few parts as threads.
const MANY: usize = 1 << 18;

/// How many parts there are when each has so many sums.
pub(super) fn parts(sums: usize) -> usize {
    if sums < MANY { PARTS } else { rayon::current_num_threads() }
}

/// Adds up all persons: `one` adds a chunk of them to the sums of its part, of which each has about `size` and begins
/// as `empty`, and `join` adds up those of two parts that follow each other.
///
/// # Errors
/// `Cancelled`, checked once a chunk.
pub(super) fn sums<S: Send>(
    persons: usize,
    size: usize,
    progress: &Progress,
    empty: impl Fn() -> S + Sync + Send,
    one: impl Fn(&mut S, Range<usize>) + Sync + Send,
    join: impl Fn(S, S) -> S + Sync + Send,
) -> Result<S, Cancelled> {
    let chunks: Vec<usize> = (0..persons).step_by(CHUNK).collect();
    let runs = chunks.par_iter().with_min_len(chunks.len().div_ceil(parts(size)).max(1));
    let add = |mut sums: S, from: &usize| {
        progress.at(*from as u64, persons as u64)?;
        one(&mut sums, *from..(*from + CHUNK).min(persons));
        Ok(sums)
    };
    runs.try_fold(&empty, add).try_reduce(&empty, |a, b| Ok(join(a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_is_added_once_however_many_sums_there_are() {
        for persons in [0, 1, CHUNK, 40 * CHUNK + 7] {
            for size in [1, MANY] {
                let add = |sum: &mut usize, persons: Range<usize>| *sum += persons.sum::<usize>();
                let sum = sums(persons, size, &Progress::new(), || 0, add, |a, b| a + b).unwrap();
                assert_eq!(sum, persons * persons.saturating_sub(1) / 2, "{persons}, {size}");
            }
        }
        let stopped = Progress::new();
        stopped.cancel();
        assert!(sums(5, 1, &stopped, || 0, |_, _| {}, |a, b| a + b).is_err());
    }
}
