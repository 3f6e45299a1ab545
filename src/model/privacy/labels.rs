//! What the history calls an edit, and what a query is called, as they may be shown. Not for values of a log.

use super::{is_personal_name, mask, masked};

/// Verbs of filters as sentences and older labels have them, longest first where one begins another.
const VERBS: [&str; 15] = [
    " is one of ",
    " is not ",
    " is ",
    " contains ",
    " starts with ",
    " ends with ",
    " = ",
    " != ",
    " ≠ ",
    " >= ",
    " ≥ ",
    " <= ",
    " ≤ ",
    " < ",
    " > ",
];

/// A label or a name with everything masked that looks personal, and the operands of filters of personal properties
/// (`Filter step 1 by first_name is Anna`), whoever wrote it. Where such an operand ends cannot be told, as it may hold
/// commas, "and" and even verbs: all that follows is masked but the place that a label ends with.
pub fn masked_label(label: &str) -> String {
    let mut rest = label;
    while let Some((at, verb)) = next_verb(rest) {
        let (before, after) = (&rest[..at], &rest[at + verb.len()..]);
        rest = after;
        if !names_personal(before) {
            continue;
        }
        let (operand, place) = split_place(after);
        let presence = operand == "set" && matches!(verb, " is " | " is not ");
        if !presence && !operand.trim().is_empty() {
            let shown = &label[..label.len() - after.len()];
            return format!("{}{}{place}", masked("", shown), mask(operand));
        }
    }
    masked("", label).into_owned()
}

/// True when the property that the words end with is suspected: by its last word, or as `First name` by two.
fn names_personal(before: &str) -> bool {
    let mut words = before.split_whitespace().rev();
    let last = words.next().unwrap_or_default();
    is_personal_name(last)
        || words
            .next()
            .is_some_and(|one| !is_personal_name(one) && is_personal_name(&format!("{one} {last}")))
}

/// What a label of a removed filter ends with, ` from step 2`, taken off.
fn split_place(text: &str) -> (&str, &str) {
    let is_place = |place: &str| {
        let number = place.strip_prefix("step ");
        place == "all steps"
            || number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    match text.rfind(" from ") {
        Some(at) if is_place(&text[at + " from ".len()..]) => text.split_at(at),
        Some(_) | None => (text, ""),
    }
}

fn next_verb(text: &str) -> Option<(usize, &'static str)> {
    let found = VERBS.into_iter().filter_map(|verb| Some((text.find(verb)?, verb)));
    found.min_by_key(|(at, verb)| (*at, std::cmp::Reverse(verb.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_no_operand() {
        for (label, expected) in [
            ("Changed filter email = x@y.org", "Changed filter email = •••@y.org"),
            ("Filter step 1 by first_name is Anna", "Filter step 1 by first_name is •••"),
            (
                "Remove filter last_name is not Miller from step 2",
                "Remove filter last_name is not ••• from step 2",
            ),
            ("Filter all steps by phone starts with 0170", "Filter all steps by phone starts with •••"),
            ("Filter A by email is set", "Filter A by email is set"),
            (
                "Remove filter email is not set from all steps",
                "Remove filter email is not set from all steps",
            ),
            ("Filter A by last_name is settle", "Filter A by last_name is •••"),
            ("Filter A by last_name is set, Anna", "Filter A by last_name is •••"),
            ("Filter A by zip < 10115", "Filter A by zip < •••"),
            ("Filter A by zip > 10115", "Filter A by zip > •••"),
            ("Filter A by first_name is one of Anna, Bob", "Filter A by first_name is one of •••"),
            ("Filter A by first_name is Anna and Bob", "Filter A by first_name is •••"),
            ("Filter A by address is Main Street 1, Bonn", "Filter A by address is •••"),
            ("Filter A by first_name is Anna is Bob", "Filter A by first_name is •••"),
            ("Filter A by street is Way from step Bonn", "Filter A by street is •••"),
            ("Remove filter street is Way from A from step 12", "Remove filter street is ••• from step 12"),
            ("Filter A by country is DE, first_name is Anna", "Filter A by country is DE, first_name is •••"),
            ("Orders where First Name is Anna", "Orders where First Name is •••"),
            ("Orders of ann@y.org where zip is 1", "Orders of •••@y.org where zip is •••"),
            ("Filter A by country is DE", "Filter A by country is DE"),
            ("Filter A by email is •••@y.org", "Filter A by email is •••@y.org"),
            ("Name it Orders of ann@y.org", "Name it Orders of •••@y.org"),
            ("Add step Call 030 1234567", "Add step Call •••"),
            ("Set the window to 7 days", "Set the window to 7 days"),
            ("", ""),
        ] {
            assert_eq!(masked_label(label), expected);
        }
    }
}
