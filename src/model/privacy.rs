//! Which values are suspected to be personal, and how they are masked. Not for erasure.
//!
//! A value is suspected by its property's name or by its form. The names are the usual "yellow" and "red" keys of
//! data-protection tools; the forms are those with a pattern or a checksum that rarely fits anything else. A plain
//! `name` is not suspected, as pages and products have one; the name of a person (`user.name`, `contact_name`) is.

mod forms;
mod iban;
mod keys;
mod labels;
mod numbers;
mod phones;
mod source;

use std::borrow::Cow;

use super::funnel::{NO_VALUE, OTHER_VALUES};
use super::time::Time;
use forms::{is_card, is_email, is_iban, is_ip, is_phone};
pub use labels::masked_label;
pub use numbers::Numbers;
use phones::is_national;
use source::{Source, Span};

/// What stands for a hidden part.
pub const MASK: &str = "•••";

/// Words of a property's name that tell a personal value, alone or as two words in a row.
const WORDS: [&str; 65] = [
    "email",
    "emails",
    "mail",
    "phone",
    "phones",
    "mobile",
    "telephone",
    "cellphone",
    "tel",
    "fax",
    "msisdn",
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "middlename",
    "maidenname",
    "nickname",
    "fullname",
    "legalname",
    "forename",
    "surname",
    "username",
    "address",
    "addresses",
    "street",
    "zip",
    "zipcode",
    "postcode",
    "postalcode",
    "birth",
    "birthdate",
    "birthday",
    "dob",
    "gender",
    "sex",
    "nationality",
    "ssn",
    "socialsecurity",
    "taxid",
    "nationalid",
    "passport",
    "password",
    "passwd",
    "pwd",
    "secret",
    "apikey",
    "accesstoken",
    "refreshtoken",
    "token",
    "iban",
    "creditcard",
    "cardnumber",
    "cvv",
    "cvc",
    "ip",
    "ipaddress",
    "salary",
    "license",
    "latitude",
    "longitude",
    "lat",
    "lng",
    "religion",
    "ethnicity",
];

/// What is personal with everything in it: `address.lines`, `shippingAddress.note`.
const CONTAINERS: [&str; 7] = ["address", "addresses", "phones", "emails", "birth", "passport", "creditcard"];

/// Whose `name` is the name of a person.
const PERSONS: [&str; 20] = [
    "user",
    "trait",
    "customer",
    "contact",
    "person",
    "client",
    "member",
    "patient",
    "employee",
    "guest",
    "buyer",
    "recipient",
    "sender",
    "owner",
    "author",
    "cardholder",
    "holder",
    "subscriber",
    "billing",
    "shipping",
];

/// True when a property of this name is suspected to hold personal values; nested names with dots.
pub fn is_personal_name(property: &str) -> bool {
    let mut path = property.rsplit('.');
    let last = path.next().unwrap_or(property);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let words = words_of(last);
    let pair = |pair: &[String]| {
        WORDS.contains(&format!("{}{}", pair[0], pair[1]).as_str())
            || (pair[1] == "name" && is_person_word(&pair[0]))
    };
    let known = |word: &str| WORDS.contains(&word);
    let glued = plain.strip_suffix("name").is_some_and(is_person_word);
    if known(&plain) || glued || words.iter().any(|word| known(word)) || words.windows(2).any(pair) {
        return true;
    }
    if path.clone().any(|above| words_of(above).iter().any(|word| CONTAINERS.contains(&word.as_str()))) {
        return true;
    }
    let parent = path.next().map(words_of).unwrap_or_default();
    words.last().is_some_and(|word| word == "name") && parent.last().is_some_and(|word| is_person_word(word))
}

fn is_person_word(word: &str) -> bool {
    PERSONS.contains(&word) || word.strip_suffix('s').is_some_and(|one| PERSONS.contains(&one))
}

/// Splits `customerEmail`, `customer_email`, `customer-email` into lowercase words.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True when the value itself looks personal: an e-mail address, an IP address, a phone number, a card or account
/// number with a right checksum.
pub fn is_personal_value(text: &str) -> bool {
    let text = text.trim();
    // Each of these forms has a digit, an at sign or a colon.
    let is_bare = |byte: u8| byte.is_ascii() && !byte.is_ascii_digit() && byte != b'@' && byte != b':';
    text.len() <= 320
        && !text.bytes().all(is_bare)
        && (is_email(text)
            || is_ip(text)
            || is_phone(text)
            || is_card(text)
            || is_iban(text)
            || is_national(text))
}

/// The text as it may be shown: masked as a whole when its property or form is suspected, otherwise with every
/// suspected part of it masked, as in [`masked_record`], so that a note, a URL or a list hides what is in it.
pub fn masked<'a>(property: &str, text: &'a str) -> Cow<'a, str> {
    if text.is_empty() {
        return Cow::Borrowed(text);
    }
    if is_personal_value(text) || is_personal_name(property) {
        return Cow::Owned(mask(text));
    }
    hidden(text, true, false)
}

/// A breakdown value as it may be shown, masked by the breakdown's property; `(none)` and `(other)` stay.
pub fn masked_breakdown<'a>(property: &str, value: &'a str) -> Cow<'a, str> {
    if matches!(value, NO_VALUE | OTHER_VALUES) { Cow::Borrowed(value) } else { masked(property, value) }
}

/// A free text with every part of a suspected form masked, also percent-encoded ones.
pub fn masked_text(text: &str) -> String {
    hidden(text, false, false).into_owned()
}

/// A raw record (a line of JSON, a CSV row, broken or cut short): the values of keys with personal names are masked
/// (`"first_name":"Anna"`, `phone=0170…`), and every part of a suspected form, a mail cut at the end, too.
pub fn masked_record(text: &str) -> String {
    hidden(text, true, true).into_owned()
}

/// A field of a CSV row, masked by its form and by the names of the columns that it may belong to.
pub fn masked_field(columns: &[String], field: &str) -> String {
    let named = columns.iter().any(|name| is_personal_name(name));
    if named && !field.trim().is_empty() { mask(field) } else { masked_record(field) }
}

/// A field of a table whose columns are not known: only what is plainly an instant, a truth or a number too short for a
/// postcode is shown. A bare date may be a birthday, and a longer number a phone or a card.
pub fn masked_unknown(field: &str) -> String {
    let text = field.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let number = (1..=4).contains(&digits) && text.parse::<f64>().is_ok();
    let plain = text.is_empty() || number || matches!(text, "true" | "false" | "null");
    let instant = text.contains(':') && Time::parse(text).is_some();
    if plain || instant { field.to_owned() } else { mask(field) }
}

/// The text with its suspected parts masked: by `keys` in it, and by form; `cut` when its end may be missing.
fn hidden(text: &str, keys: bool, cut: bool) -> Cow<'_, str> {
    let telling = |b: u8| b.is_ascii_digit() || matches!(b, b'@' | b'%' | b'\\' | b':' | b'=');
    if !text.bytes().any(telling) {
        return Cow::Borrowed(text);
    }
    let source = Source::new(text);
    let named = if keys { keys::spans(&source.chars) } else { Vec::new() };
    let mut spans: Vec<Span> = Vec::new();
    let mut from = 0;
    for span in named {
        forms::spans(&source.chars, from..span.range.start, cut, &mut spans);
        from = span.range.end;
        spans.push(span);
    }
    forms::spans(&source.chars, from..source.chars.len(), cut, &mut spans);
    source.with(&spans)
}

/// Keeps what tells values apart without telling them: an e-mail's domain, a phone's ends, else nothing.
fn mask(text: &str) -> String {
    let text = text.trim();
    if is_email(text)
        && let Some((_, domain)) = text.rsplit_once('@')
    {
        return format!("{MASK}@{domain}");
    }
    if is_phone(text) {
        let digits: Vec<char> = text.chars().collect();
        let (head, tail) = (digits.iter().take(3), digits.iter().skip(digits.len().saturating_sub(2)));
        return format!("{}{MASK}{}", head.collect::<String>(), tail.collect::<String>());
    }
    MASK.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_forms_are_suspected() {
        for name in [
            "email",
            "customerEmail",
            "user.phone_number",
            "ip",
            "context.ip",
            "first_name",
            "shipping-address",
        ] {
            assert!(is_personal_name(name), "{name}");
        }
        for name in ["product", "zipline", "tokens_used_total", "category", "description", "ship_via", "tip"]
        {
            assert!(!is_personal_name(name), "{name}");
        }
        for value in ["ann@example.org", "192.0.2.1", "2001:db8::1", "+49 30 1234567", "4111 1111 1111 1111"]
        {
            assert!(is_personal_value(value), "{value}");
        }
        for value in
            ["grinder-48", "1.2.3", "1767225600000", "4111111111111112", "DE", "a@b", "2026-01-01T00:00:00Z"]
        {
            assert!(!is_personal_value(value), "{value}");
        }
    }

    #[test]
    fn masks_keep_only_what_tells_no_person() {
        assert_eq!(masked("email", "ann@example.org"), "•••@example.org");
        assert_eq!(masked("note", "ann@example.org"), "•••@example.org");
        assert_eq!(masked("phone", "+4930123456"), "+49•••56");
        assert_eq!(masked("country", "DE"), "DE");
        assert_eq!(masked("address", "Main Street 1"), "•••");
        assert_eq!(
            masked_text(r#"{"userId":"u1","email":"ann@example.org"}"#),
            r#"{"userId":"u1","email":"•••@example.org"}"#
        );
    }

    #[test]
    fn persons_have_names_and_pages_do_not() {
        for name in [
            "first_name",
            "lastName",
            "given_name",
            "family_name",
            "fullName",
            "user.name",
            "customer_name",
            "contactName",
            "users.name",
            "user.display_name",
            "shipping_postal_code",
            "date_of_birth",
            "emails",
            "context.traits.name",
            "address.lines",
            "customer.shippingAddress.note.text",
        ] {
            assert!(is_personal_name(name), "{name}");
        }
        for name in
            ["name", "page.name", "product_name", "event_name", "context.page.name", "hostname", "user.plan"]
        {
            assert!(!is_personal_name(name), "{name}");
        }
    }

    #[test]
    fn forms_are_found_inside_any_text() {
        let cases = [
            ("write to ann@x.org", "write to •••@x.org"),
            ("Ann <ann@x.org>, (bob@y.co.uk).", "Ann <•••@x.org>, (•••@y.co.uk)."),
            ("ann@x.org.", "•••@x.org."),
            ("ann@x.org...", "•••@x.org..."),
            ("ann@x.org.1", "•••@x.org.1"),
            ("o'brien@x.org;jürgen@x.org", "•••@x.org;•••@x.org"),
            ("https://s.example/?q=1&e=ann%40x.org&p=2", "https://s.example/?q=1&e=•••%40x.org&p=2"),
            ("e=ann%2540x.org", "e=•••%2540x.org"),
            (r"ann\u0040x.org", r"•••\u0040x.org"),
            ("https://ann:pw@localhost/a", "https://•••@localhost/a"),
            ("from 192.0.2.1:443, then 2001:db8::1.", "from •••:443, then •••."),
            ("[2001:db8::1]:80 ip:192.0.2.7", "[•••]:80 ip:•••"),
            ("call +49 30 1234567 now", "call +49•••67 now"),
            ("tel:%2B49301234567&x", "tel:+49•••67&x"),
            ("+49 30 12345678 2026-01-01 12:00", "+49•••78 2026-01-01 12:00"),
            ("card 4111 1111 1111 1111 ok", "card ••• ok"),
            ("card 4111-1111-1111-1111, 4111111111111111:192.0.2.1", "card •••, •••:•••"),
            ("x 4111 1111 1111 1111 2026", "x ••• 2026"),
            ("4111111111111111ann@x.org", "•••@x.org"),
        ];
        for (text, expected) in cases {
            assert_eq!(masked_text(text), expected);
            assert_eq!(masked("note", text), expected);
            assert_eq!(masked_text(expected), expected, "masking again changes nothing");
        }
        for plain in [
            "at @noon",
            "tool@1.2.3 needs v1.2.3.4",
            "std::fmt::Display at 12:30:45",
            "2026-01-01T00:00:00.000+01:00 ok",
            "1767225600000 and 4111111111111112",
            "GMT +0100 2026 12345",
            "3f2a1111-4222-4333-8444-555566667777",
            "100% of a=b&c=d: {\"e\":1}",
            "oid 1.2.3.4.5",
        ] {
            assert_eq!(masked_text(plain), plain);
            assert!(matches!(masked("note", plain), Cow::Borrowed(_)), "{plain}");
        }
    }

    #[test]
    fn keys_with_personal_names_hide_their_values() {
        let cases = [
            (
                r#"{"first_name":"Anna","phone": "0170 12", "zip":10115,"plan":"pro"}"#,
                r#"{"first_name":"•••","phone": "•••", "zip":•••,"plan":"pro"}"#,
            ),
            (
                r#"{"user":{"id":7,"name":"Anna"},"page":{"name":"Home"}}"#,
                r#"{"user":{"id":7,"name":"•••"},"page":{"name":"Home"}}"#,
            ),
            (
                r#"{"users":[{"name":"Anna"},{"name":"Bob"}],"name":"Home"}"#,
                r#"{"users":[{"name":"•••"},{"name":"•••"}],"name":"Home"}"#,
            ),
            (
                r#"{"phones":["a]","0170"],"address":{"city":"Bonn","no":"{"},"n":1}"#,
                r#"{"phones":•••,"address":•••,"n":1}"#,
            ),
            (
                r#"{"email":null,"phone":"","last_name":"A \"B\" C","n":1}"#,
                r#"{"email":null,"phone":"","last_name":"•••","n":1}"#,
            ),
            (r#"{"a":1,"first_name":"Ann"#, r#"{"a":1,"first_name":"•••"#),
            (r#"{"a":1,"phone":0170 12"#, r#"{"a":1,"phone":•••"#),
            (
                r#"{"body":"{\"first_name\":\"Anna\",\"n\":1}","zip":"1"}"#,
                r#"{"body":"{\"first_name\":\"•••\",\"n\":1}","zip":"•••"}"#,
            ),
            (r#"1,"{""first_name"":""Anna"",""n"":1}",DE"#, r#"1,"{""first_name"":""•••"",""n"":1}",DE"#),
            ("{'last_name': 'O', 'n': 2}", "{'last_name': '•••', 'n': 2}"),
            (
                "https://x.example/?first_name=Anna&n=1&user[name]=Bob",
                "https://x.example/?first_name=•••&n=1&user[name]=•••",
            ),
            (r#"password="a b" n=1"#, r#"password="•••" n=1"#),
            (r#"{"to":"ann@exam"#, r#"{"to":"•••@exam"#),
            (r#"{"to":"ann@"#, r#"{"to":"•••@"#),
            (
                r#"{"to":"ann@x.org","at":"2026-01-01T10:00:00Z","ip_count":"#,
                r#"{"to":"•••@x.org","at":"2026-01-01T10:00:00Z","ip_count":"#,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(masked_record(text), expected);
        }
        assert_eq!(masked("list", r#"[{"first_name":"Anna"}]"#), r#"[{"first_name":"•••"}]"#);
        assert_eq!(masked("note", "ann@exam"), "ann@exam", "only a record is cut");
    }

    #[test]
    fn fields_are_masked_by_their_column_and_without_one_as_far_as_they_are_not_plain() {
        let header = ["id", "first_name", "plan"].map(str::to_owned);
        for (columns, field, shown) in [
            (0..1, "7", "7"),
            (1..2, "Anna", "•••"),
            (0..3, "Anna", "•••"),
            (1..2, "", ""),
            (2..3, "pro", "pro"),
            (3..3, "to ann@x.org", "to •••@x.org"),
        ] {
            assert_eq!(masked_field(&header[columns], field), shown);
        }
        for (field, shown) in [
            ("Anna", "•••"),
            ("", ""),
            ("12.5", "12.5"),
            ("01701234567", "•••"),
            ("1767225600", "•••"),
            ("1985-03-02", "•••"),
            ("10115", "•••"),
            ("2026-01-05T10:11:12Z", "2026-01-05T10:11:12Z"),
            ("ann@x.org", "•••@x.org"),
        ] {
            assert_eq!(masked_unknown(field), shown);
        }
    }

    #[test]
    fn any_bytes_are_masked_without_panic_and_in_linear_time() {
        let pieces = [
            "@",
            "%40",
            "%",
            "%2",
            "\\u0040",
            "\\",
            "\"",
            "\"\"",
            "'",
            "{",
            "}",
            "[",
            "]",
            ":",
            "=",
            ",",
            ".",
            "..",
            "+",
            "4111 ",
            "1111",
            "49",
            "ü",
            "•",
            "😀",
            "\u{308}",
            "a",
            "phone",
            "\"phone\":",
            "x.org",
            "//",
            " ",
            "…",
            "::",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..4000 {
            let mut text = String::new();
            for _ in 0..12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let _ = (masked_text(&text), masked_record(&text), masked("note", &text));
        }
        for piece in pieces.iter().copied().chain([
            "a@",
            "a:a@",
            "\"a\":",
            "\"phone\":\"1",
            "a=",
            "phone=1&",
            "1.",
            "a:",
            "+1 ",
        ]) {
            let text = piece.repeat((64 << 10) / piece.len());
            let started = std::time::Instant::now();
            let _ = masked_record(&text);
            assert!(started.elapsed().as_millis() < 1500, "{piece:?}: {:?}", started.elapsed());
        }
    }
}
