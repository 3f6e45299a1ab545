//! What the history calls an edit, and what a query is called, as they may be shown. Not for values of a log.

use super::{MASK, is_personal_name, masked};

/// Verbs of filters as sentences and older labels have them, longest first where one begins another.
const VERBS: [&str; 13] = [
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
];
/// What follows the operand of a filter in a label.
const ENDS: [&str; 3] = [" from ", " and ", ", "];

/// A label or a name with everything masked that looks personal, and the operands of filters of personal properties
/// (`Filter step 1 by first_name is Anna`), whoever wrote it.
pub fn masked_label(label: &str) -> String {
    let mut out = String::new();
    let mut rest = label;
    while let Some((at, verb)) = next_verb(rest) {
        let (before, after) = (&rest[..at], &rest[at + verb.len()..]);
        out.push_str(&rest[..at + verb.len()]);
        rest = after;
        let property = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let presence = after.starts_with("set") && verb.starts_with(" is");
        if !is_personal_name(property) || presence {
            continue;
        }
        let end = ENDS.into_iter().filter_map(|end| after.find(end)).min().unwrap_or(after.len());
        let operand = masked(property, &after[..end]);
        out.push_str(if after[..end].is_empty() {
            ""
        } else if operand.contains('•') {
            &operand
        } else {
            MASK
        });
        rest = &after[end..];
    }
    out.push_str(rest);
    masked("", &out).into_owned()
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
