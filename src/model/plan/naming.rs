//! Names as words: how they are split, joined, and what stands in them. Not for what a plan wants of them: see
//! `Convention`.

use super::settings::{Case, NamingStyle, Tense, WordOrder};

/// The words of a name: split where letters and digits end, and where a capital begins a word (`orderID2` is `order`,
/// `ID2`).
pub fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut start = 0;
        let chars: Vec<(usize, char)> = part.char_indices().collect();
        for place in 1..chars.len() {
            let (before, here) = (chars[place - 1].1, chars[place].1);
            let next = chars.get(place + 1).map(|(_, c)| *c);
            let begins = here.is_uppercase()
                && (!before.is_uppercase() || next.is_some_and(|next| next.is_lowercase()));
            if begins {
                words.push(&part[start..chars[place].0]);
                start = chars[place].0;
            }
        }
        words.push(&part[start..]);
    }
    words
}

/// The same for every way to write a name: lower case, without what joins words.
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Case {
    /// Every case, the more usual first.
    pub const ALL: [Case; 8] = [
        Case::Title,
        Case::Snake,
        Case::Camel,
        Case::Pascal,
        Case::Kebab,
        Case::Sentence,
        Case::Lower,
        Case::Upper,
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Case::Title => "Title Case",
            Case::Sentence => "Sentence case",
            Case::Snake => "snake_case",
            Case::Camel => "camelCase",
            Case::Pascal => "PascalCase",
            Case::Kebab => "kebab-case",
            Case::Upper => "UPPER_CASE",
            Case::Lower => "lower case",
        }
    }

    /// The name in this case. Words all in capitals stay so where the case has capitals (`API Key Created`).
    pub fn apply(self, name: &str) -> String {
        let words = words(name);
        let written = words.iter().enumerate().map(|(place, word)| match self {
            Case::Title | Case::Pascal => capital(word),
            Case::Sentence if place == 0 => capital(word),
            Case::Camel if place > 0 => capital(word),
            Case::Sentence if is_acronym(word) => (*word).to_owned(),
            Case::Upper => word.to_uppercase(),
            Case::Sentence | Case::Camel | Case::Snake | Case::Kebab | Case::Lower => word.to_lowercase(),
        });
        let joint = match self {
            Case::Title | Case::Sentence | Case::Lower => " ",
            Case::Snake | Case::Upper => "_",
            Case::Kebab => "-",
            Case::Camel | Case::Pascal => "",
        };
        written.collect::<Vec<_>>().join(joint)
    }

    /// True when a name is written so. Short words may be small in a title (`Product Added to Cart`).
    pub fn fits(self, name: &str) -> bool {
        let written = self.apply(name);
        if written == name {
            return true;
        }
        self == Case::Title && {
            let same = |(a, b): (&str, &str)| a == b || (b.len() <= 3 && SMALL.contains(&b));
            let (wanted, given): (Vec<_>, Vec<_>) = (written.split(' ').collect(), name.split(' ').collect());
            wanted.len() == given.len() && wanted.into_iter().zip(given).all(same)
        }
    }
}

/// Words that stay small in a title.
const SMALL: [&str; 14] =
    ["a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "via"];

fn is_acronym(word: &str) -> bool {
    word.chars().count() > 1 && !word.chars().any(char::is_lowercase) && word.chars().any(char::is_uppercase)
}

fn capital(word: &str) -> String {
    if is_acronym(word) {
        return word.to_owned();
    }
    let mut chars = word.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &chars.as_str().to_lowercase()
}

/// What most names do, and how many of those that show it do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Majority<T> {
    /// What most do.
    pub most: T,
    /// How many do.
    pub so: usize,
    /// How many show one or another.
    pub of: usize,
}

/// The case of most names. A name of one small word fits several and counts for each of them.
pub fn majority_case<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<Majority<Case>> {
    let of = names.clone().count();
    let counts = Case::ALL.map(|case| (names.clone().filter(|name| case.fits(name)).count(), case));
    let best = counts.iter().map(|(count, _)| *count).max().filter(|best| *best > 0)?;
    counts.into_iter().find(|(count, _)| *count == best).map(|(so, most)| Majority { most, so, of })
}

/// A verb of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// In the present: `complete`.
    pub present: &'static str,
    /// In the past: `completed`.
    pub past: &'static str,
    /// True when the name has it in the past; `put` and `read` are both and count as past.
    pub is_past: bool,
    /// Which word of the name it is, from 0.
    pub place: usize,
}

/// The verb of a name: its last word when that is one in the past, else its first, else its last.
pub fn verb(name: &str) -> Option<Verb> {
    let words: Vec<String> = words(name).into_iter().map(str::to_lowercase).collect();
    let last = words.len().checked_sub(1)?;
    let at = |place: usize| {
        let word = words[place].as_str();
        let found = VERBS.iter().find(|(present, past)| *present == word || *past == word);
        found.map(|(present, past)| Verb { present, past, is_past: *past == word, place })
    };
    let (first, end) = (at(0), at(last));
    let past = |verb: &Verb| verb.is_past;
    // "Signed Up", "Trial Ended Early": a verb may be followed by a particle.
    let inner = || (0..=last).rev().find_map(|place| at(place).filter(past));
    end.filter(past).or_else(inner).or(first).or(end)
}

impl Verb {
    /// Its form in this tense.
    pub fn in_tense(&self, tense: Tense) -> &'static str {
        match tense {
            Tense::Past => self.past,
            Tense::Present => self.present,
        }
    }

    /// The tense it stands in; none where both forms are the same.
    pub fn tense(&self) -> Option<Tense> {
        (self.present != self.past).then_some(if self.is_past { Tense::Past } else { Tense::Present })
    }
}

/// Whether a name has its object or its verb first; none where it has no verb, or nothing else.
pub fn order(name: &str) -> Option<WordOrder> {
    let count = words(name).len();
    let verb = verb(name).filter(|_| count > 1)?;
    // "Signed Up", "Opened": the particle is no object.
    let is_particle = |word: &&str| PARTICLES.contains(&word.to_lowercase().as_str());
    let objects = words(name).len() - 1 - words(name).into_iter().filter(is_particle).count();
    if objects == 0 {
        return None;
    }
    Some(if verb.place == 0 { WordOrder::VerbObject } else { WordOrder::ObjectVerb })
}

const PARTICLES: [&str; 6] = ["up", "in", "out", "off", "on", "down"];

/// What most names do, among those that show it.
pub fn majority<T: Copy + PartialEq>(shown: impl Iterator<Item = T>) -> Option<Majority<T>> {
    let shown: Vec<T> = shown.collect();
    let count = |value: &T| shown.iter().filter(|other| *other == value).count();
    let most = shown.iter().copied().reduce(|a, b| if count(&b) > count(&a) { b } else { a })?;
    Some(Majority { most, so: count(&most), of: shown.len() })
}

/// The style that most of these names have: what `style` sets stays.
pub fn settled<'a>(style: &NamingStyle, names: impl Iterator<Item = &'a str> + Clone) -> NamingStyle {
    let tense = || majority(names.clone().filter_map(|name| verb(name)?.tense())).map(|found| found.most);
    let order = || majority(names.clone().filter_map(order)).map(|found| found.most);
    NamingStyle {
        case: style.case.or_else(|| majority_case(names.clone()).map(|found| found.most)),
        order: style.order.or_else(order),
        tense: style.tense.or_else(tense),
        verbs: style.verbs.clone(),
    }
}

/// Verbs of event names: present and past. Phrasal verbs are found by their first word.
#[rustfmt::skip]
pub(crate) const VERBS: &[(&str, &str)] = &[
    ("abandon", "abandoned"), ("accept", "accepted"), ("activate", "activated"), ("add", "added"),
    ("apply", "applied"), ("approve", "approved"), ("archive", "archived"), ("assign", "assigned"),
    ("background", "backgrounded"), ("begin", "began"), ("block", "blocked"), ("book", "booked"),
    ("bounce", "bounced"), ("browse", "browsed"), ("buy", "bought"), ("calculate", "calculated"),
    ("call", "called"), ("cancel", "cancelled"), ("change", "changed"), ("choose", "chosen"),
    ("clear", "cleared"), ("click", "clicked"), ("close", "closed"), ("comment", "commented"),
    ("compare", "compared"), ("complete", "completed"), ("confirm", "confirmed"), ("connect", "connected"),
    ("convert", "converted"), ("copy", "copied"), ("crash", "crashed"), ("create", "created"),
    ("deactivate", "deactivated"), ("decline", "declined"), ("delete", "deleted"), ("deliver", "delivered"),
    ("deny", "denied"), ("disable", "disabled"), ("disconnect", "disconnected"), ("dismiss", "dismissed"),
    ("display", "displayed"), ("download", "downloaded"), ("drag", "dragged"), ("drop", "dropped"),
    ("edit", "edited"), ("enable", "enabled"), ("end", "ended"), ("enroll", "enrolled"),
    ("enter", "entered"), ("exit", "exited"), ("expand", "expanded"), ("expire", "expired"),
    ("export", "exported"), ("fail", "failed"), ("favorite", "favorited"), ("filter", "filtered"),
    ("find", "found"), ("finish", "finished"), ("follow", "followed"), ("foreground", "foregrounded"),
    ("generate", "generated"), ("get", "got"), ("hide", "hidden"), ("hover", "hovered"),
    ("import", "imported"), ("initiate", "initiated"), ("install", "installed"), ("invite", "invited"),
    ("join", "joined"), ("launch", "launched"), ("leave", "left"), ("like", "liked"),
    ("link", "linked"), ("load", "loaded"), ("lock", "locked"), ("make", "made"),
    ("mark", "marked"), ("merge", "merged"), ("move", "moved"), ("mute", "muted"),
    ("open", "opened"), ("order", "ordered"), ("pause", "paused"), ("pay", "paid"),
    ("perform", "performed"), ("pick", "picked"), ("pin", "pinned"), ("place", "placed"),
    ("play", "played"), ("post", "posted"), ("press", "pressed"), ("print", "printed"),
    ("publish", "published"), ("purchase", "purchased"), ("rate", "rated"), ("read", "read"),
    ("receive", "received"), ("refresh", "refreshed"), ("refund", "refunded"), ("register", "registered"),
    ("reject", "rejected"), ("remove", "removed"), ("rename", "renamed"), ("renew", "renewed"),
    ("replace", "replaced"), ("reply", "replied"), ("report", "reported"), ("request", "requested"),
    ("reset", "reset"), ("resolve", "resolved"), ("restart", "restarted"), ("restore", "restored"),
    ("resume", "resumed"), ("return", "returned"), ("review", "reviewed"), ("save", "saved"),
    ("schedule", "scheduled"), ("scroll", "scrolled"), ("search", "searched"), ("see", "seen"),
    ("select", "selected"), ("send", "sent"), ("set", "set"), ("share", "shared"),
    ("ship", "shipped"), ("show", "shown"), ("sign", "signed"), ("skip", "skipped"),
    ("sort", "sorted"), ("start", "started"), ("stop", "stopped"), ("submit", "submitted"),
    ("subscribe", "subscribed"), ("succeed", "succeeded"), ("swipe", "swiped"), ("switch", "switched"),
    ("sync", "synced"), ("tap", "tapped"), ("toggle", "toggled"), ("transfer", "transferred"),
    ("trigger", "triggered"), ("uninstall", "uninstalled"), ("unlock", "unlocked"), ("unsubscribe", "unsubscribed"),
    ("update", "updated"), ("upgrade", "upgraded"), ("upload", "uploaded"), ("use", "used"),
    ("validate", "validated"), ("verify", "verified"), ("view", "viewed"), ("visit", "visited"),
    ("vote", "voted"), ("watch", "watched"), ("withdraw", "withdrawn"), ("write", "written"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_what_joins_words_and_at_capitals() {
        for (name, expected) in [
            ("Order Completed", vec!["Order", "Completed"]),
            ("orderID2", vec!["order", "ID2"]),
            ("HTTPServer_error-x", vec!["HTTP", "Server", "error", "x"]),
            ("  ", vec![]),
            ("Überweisung gebucht", vec!["Überweisung", "gebucht"]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn each_case_writes_a_name_that_fits_it() {
        for (case, name) in [
            (Case::Title, "Order Line Completed"),
            (Case::Sentence, "Order line completed"),
            (Case::Snake, "order_line_completed"),
            (Case::Camel, "orderLineCompleted"),
            (Case::Pascal, "OrderLineCompleted"),
            (Case::Kebab, "order-line-completed"),
            (Case::Upper, "ORDER_LINE_COMPLETED"),
            (Case::Lower, "order line completed"),
        ] {
            assert_eq!(case.apply("order line-Completed"), name);
            let fitting: Vec<Case> = Case::ALL.into_iter().filter(|case| case.fits(name)).collect();
            assert_eq!(fitting, [case], "{name}");
        }
        assert!(Case::Title.fits("Product Added to Cart") && Case::Title.fits("API Key Created"));
        assert!(!Case::Title.fits("Product  Added") && !Case::Title.fits("product added to Cart"));
    }

    #[test]
    fn the_verb_its_tense_and_its_place_are_found() {
        for (name, present, past, place) in [
            ("Order Completed", "complete", true, 1),
            ("complete_order", "complete", false, 0),
            ("Signed Up", "sign", true, 0),
            ("Trial Ended Early", "end", true, 1),
            ("checkout_start", "start", false, 1),
        ] {
            let found = verb(name).unwrap();
            assert_eq!((found.present, found.is_past, found.place), (present, past, place), "{name}");
        }
        assert_eq!(verb("Basket"), None);
        assert_eq!(order("Signed Up"), None);
        assert_eq!(order("Add Coupon"), Some(WordOrder::VerbObject));
        assert_eq!(order("Coupon Added"), Some(WordOrder::ObjectVerb));
    }

    #[test]
    fn what_is_not_set_is_what_most_names_do() {
        let names = ["Order Completed", "Cart Viewed", "add_coupon", "Signed Up"];
        let found = settled(&NamingStyle::default(), names.into_iter());
        let expected = (Some(Case::Title), Some(WordOrder::ObjectVerb), Some(Tense::Past));
        assert_eq!((found.case, found.order, found.tense), expected);
        let pinned = NamingStyle { case: Some(Case::Snake), ..NamingStyle::default() };
        assert_eq!(settled(&pinned, names.into_iter()).case, Some(Case::Snake));
        assert_eq!(majority_case(std::iter::empty()), None);
    }
}
