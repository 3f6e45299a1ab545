//! Numbers that tell masked values apart without telling them. Not for masking: see `privacy`.
//!
//! Two addresses of one domain look alike once masked, so that nobody could choose between them in a list. A value is
//! told by when it was first shown in the window: the first of those that look alike stays as it is, the next one is
//! `•••@example.org #2`. Such a number is derived from nothing in the value: unlike a hash, even a salted one, it
//! cannot be checked against guesses, never makes two values one, and means nothing in another window. What it tells is
//! that two values are the same, which a count beside them tells as well. Values of which nothing is left are numbered by
//! property, so that equal values of different properties are not linked.

use std::collections::BTreeMap;

use super::MASK;

/// The most values told apart; those after them are shown without a number.
const MOST: usize = 20_000;
/// The longest value told apart, in bytes: a longer one keeps enough of its text.
const LONGEST: usize = 400;

/// The numbers of one window, or of one text.
#[derive(Debug, Default)]
pub struct Numbers {
    /// By what is shown, then by value.
    known: BTreeMap<String, BTreeMap<String, usize>>,
    count: usize,
}

impl Numbers {
    /// `masked`, with a number when another value of the same look was shown before.
    pub fn tell_apart(&mut self, property: &str, value: &str, masked: &str) -> String {
        if value == masked || value.len() > LONGEST {
            return masked.to_owned();
        }
        let look = if masked == MASK { format!("{property}\u{0}") } else { masked.to_owned() };
        let alike = self.known.entry(look).or_default();
        let number = match alike.get(value) {
            Some(number) => *number,
            None if self.count >= MOST => return masked.to_owned(),
            None => {
                self.count += 1;
                alike.insert(value.to_owned(), alike.len() + 1);
                alike.len()
            }
        };
        if number == 1 { masked.to_owned() } else { format!("{masked} #{number}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_look_alike_are_told_apart_and_stay_so() {
        let mut numbers = Numbers::default();
        let mut shown = |value: &str| numbers.tell_apart("email", value, "•••@x.org");
        assert_eq!(shown("ann@x.org"), "•••@x.org");
        assert_eq!(shown("bob@x.org"), "•••@x.org #2");
        assert_eq!(shown("ann@x.org"), "•••@x.org");
        assert_eq!(shown("cid@x.org"), "•••@x.org #3");
        assert_eq!(shown("bob@x.org"), "•••@x.org #2");
        assert_eq!(numbers.tell_apart("user_id", "bob@x.org", "•••@x.org"), "•••@x.org #2");
        assert_eq!(numbers.tell_apart("street", "Main 1", MASK), MASK);
        assert_eq!(
            numbers.tell_apart("last_name", "Main 2", MASK),
            MASK,
            "another property counts for itself"
        );
        assert_eq!(numbers.tell_apart("country", "DE", "DE"), "DE");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut numbers = Numbers::default();
        for n in 0..MOST + 10 {
            numbers.tell_apart("", &n.to_string(), MASK);
        }
        assert_eq!(numbers.tell_apart("", "one more", MASK), MASK);
        assert_eq!(numbers.tell_apart("", "1", MASK), "••• #2");
    }
}
