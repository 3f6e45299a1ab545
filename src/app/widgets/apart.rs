//! Names shown together, cut so that what they differ in is seen. Not for a name alone: see `text::cut_middle`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::text::cut_middle;

/// What sets each of some names apart from those it could be taken for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// The characters in which a name differs from all that begin and end like it.
    own: BTreeMap<String, Range<usize>>,
}

impl Apart {
    /// Of the names shown together; compares each with each.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Apart {
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let letters: Vec<Vec<char>> = names.iter().map(|name| name.chars().collect()).collect();
        let mut own: Vec<Option<Range<usize>>> = vec![None; names.len()];
        for a in 0..names.len() {
            for b in a + 1..names.len() {
                let Some((start, end)) = shared(&letters[a], &letters[b]) else { continue };
                for name in [a, b] {
                    let differs = start..letters[name].len() - end;
                    let all = own[name].get_or_insert_with(|| differs.clone());
                    *all = all.start.min(differs.start)..all.end.max(differs.end);
                }
            }
        }
        let own = names.iter().zip(own).filter_map(|(name, own)| Some(((*name).to_owned(), own?)));
        Apart { own: own.collect() }
    }

    /// A name cut until it `fits`, what sets it apart kept if there is any room for it; then as much of its beginning
    /// as there is room for. None when it fits as it is.
    pub fn cut(&self, name: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
        let Some(own) = self.own.get(name) else { return cut_middle(name, fits) };
        if fits(name) {
            return None;
        }
        let chars: Vec<char> = name.chars().collect();
        let text = |range: Range<usize>| chars[range].iter().collect::<String>();
        let cut = |first: usize, until: usize| {
            let mut cut = if first < own.start {
                format!("{}…{}", text(0..first).trim_end(), text(own.start..until).trim())
            } else {
                text(0..until).trim_end().to_owned()
            };
            if until < chars.len() {
                cut.push('…');
            }
            cut
        };
        if !fits(&cut(0, own.end)) {
            let own = text(own.clone());
            return Some(cut_middle(&own, fits).unwrap_or(own));
        }
        let first = most(0..own.start, |first| fits(&cut(first, own.end)));
        let until = most(own.end..chars.len(), |until| fits(&cut(first, until)));
        Some(cut(first, until))
    }
}

/// How many characters two names share at their beginning and at their end, when these are half of one of them or more:
/// then they could be taken for each other.
fn shared(a: &[char], b: &[char]) -> Option<(usize, usize)> {
    let least = a.len().min(b.len());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let ends = a.iter().rev().zip(b.iter().rev()).take(least - start);
    let end = ends.take_while(|(a, b)| a == b).count();
    ((start + end) * 2 >= least).then_some((start, end))
}

/// The greatest number of a range, its end included, that fits; its start fits.
fn most(range: Range<usize>, fits: impl Fn(usize) -> bool) -> usize {
    let (mut least, mut most) = (range.start, range.end);
    while least < most {
        let middle = (least + most).div_ceil(2);
        if fits(middle) { least = middle } else { most = middle - 1 }
    }
    least
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_differ_in_their_middle_stay_apart() {
        let names: Vec<String> =
            (1..=12).map(|n| format!("Extremely long event name number {n} of the set")).collect();
        let apart = Apart::of(names.iter().map(String::as_str).chain(["Everybody", "Login"]));
        for room in [6, 12, 20, 40] {
            let cuts: BTreeSet<String> =
                names.iter().filter_map(|name| apart.cut(name, |cut| cut.chars().count() <= room)).collect();
            assert_eq!(cuts.len(), names.len(), "{room}: {cuts:?}");
            assert!(cuts.iter().all(|cut| cut.chars().count() <= room), "{cuts:?}");
        }
        let cut = |name: &str, room: usize| apart.cut(name, |cut| cut.chars().count() <= room);
        assert_eq!(cut(&names[2], 12).as_deref(), Some("Extremely…3…"));
        assert_eq!(cut(&names[2], 40).as_deref(), Some("Extremely long event name number 3 of t…"));
        assert_eq!(cut(&names[2], 60), None);
        assert_eq!(cut("Everybody", 9), None);
        assert_eq!(cut("Everybody", 5), cut_middle("Everybody", |cut| cut.chars().count() <= 5));
    }

    #[test]
    fn names_that_begin_others_and_differ_at_an_end_are_cut_too() {
        let names = ["Checkout Payment Method", "Checkout Payment Method Two", "New Checkout Payment Method"];
        let apart = Apart::of(names);
        let cuts = names.map(|name| apart.cut(name, |cut| cut.chars().count() <= 14).unwrap());
        assert_eq!(BTreeSet::from(cuts.clone()).len(), 3, "{cuts:?}");
        assert!(cuts.iter().all(|cut| cut.chars().count() <= 14), "{cuts:?}");
        for name in ["", "a", "é"] {
            assert_eq!(Apart::of(["", "a", "aa", "é"]).cut(name, |_| true), None);
            _ = Apart::of(["", "a", "aa", "é"]).cut(name, |_| false);
        }
    }
}
