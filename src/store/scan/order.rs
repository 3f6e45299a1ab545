//! Sorts many values so that a person can stop it at any moment. Not for a handful of them.

use rayon::prelude::*;

use crate::base::{Cancelled, Progress};
use crate::model::value::Value;

/// A value and what it stands for.
pub(crate) type Coded = (Value, u32);

/// Values sorted, or merged, between two looks at whether to stop.
const AT_ONCE: usize = 32_768;

/// By value, then code.
///
/// # Errors
/// `Cancelled`, when asked for.
pub(crate) fn sort_values(values: Vec<Coded>, progress: &Progress) -> Result<Vec<Coded>, Cancelled> {
    let mut lists: Vec<Vec<Coded>> = Vec::new();
    let mut values = values.into_iter().peekable();
    while values.peek().is_some() {
        lists.push(values.by_ref().take(AT_ONCE).collect());
    }
    lists.par_iter_mut().try_for_each(|list| {
        stop(progress)?;
        list.sort_unstable();
        Ok(())
    })?;
    while lists.len() > 1 {
        let mut pairs = Vec::new();
        let mut rest = lists.into_iter();
        while let Some(one) = rest.next() {
            pairs.push((one, rest.next().unwrap_or_default()));
        }
        lists = pairs.into_par_iter().map(|(a, b)| merge(a, b, progress)).collect::<Result<_, _>>()?;
    }
    Ok(lists.pop().unwrap_or_default())
}

fn merge(a: Vec<Coded>, b: Vec<Coded>, progress: &Progress) -> Result<Vec<Coded>, Cancelled> {
    if b.is_empty() {
        return Ok(a);
    }
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(of_a), Some(of_b)) = (a.peek(), b.peek()) {
        if merged.len().is_multiple_of(AT_ONCE) {
            stop(progress)?;
        }
        let next = if of_a <= of_b { a.next() } else { b.next() };
        merged.extend(next);
    }
    merged.extend(a);
    merged.extend(b);
    Ok(merged)
}

fn stop(progress: &Progress) -> Result<(), Cancelled> {
    if progress.is_cancelled() { Err(Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_library_does_and_stops() {
        for length in [0, 1, AT_ONCE, 3 * AT_ONCE + 5] {
            let number = |n: usize| f64::from((n as u32).wrapping_mul(2_654_435_761) % 50_000);
            let values: Vec<Coded> = (0..length).map(|n| (Value::Number(number(n)), n as u32)).collect();
            let mut expected = values.clone();
            expected.sort();
            assert_eq!(sort_values(values, &Progress::new()), Ok(expected));
        }
        let progress = Progress::new();
        progress.cancel();
        assert_eq!(sort_values(vec![(Value::Bool(true), 1)], &progress), Err(Cancelled));
    }
}
