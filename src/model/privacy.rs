//! Which values are suspected to be personal, and how they are masked. Not for erasure.
//!
//! A value is suspected by its property's name or by its form. The names are the usual "yellow" and "red" keys of
//! data-protection tools; the forms are those with a pattern or a checksum that rarely fits anything else.

use std::borrow::Cow;

/// What stands for a hidden part.
pub const MASK: &str = "•••";

/// True when a property of this name is suspected to hold personal values.
pub fn is_personal_name(property: &str) -> bool {
    const WORDS: [&str; 33] = [
        "email",
        "mail",
        "phone",
        "mobile",
        "firstname",
        "lastname",
        "fullname",
        "surname",
        "username",
        "address",
        "street",
        "zip",
        "postcode",
        "postalcode",
        "birthdate",
        "birthday",
        "dob",
        "gender",
        "ssn",
        "passport",
        "password",
        "iban",
        "creditcard",
        "cardnumber",
        "token",
        "ip",
        "ipaddress",
        "salary",
        "license",
        "latitude",
        "longitude",
        "religion",
        "ethnicity",
    ];
    let last = property.rsplit('.').next().unwrap_or(property);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let parts = words_of(last);
    WORDS.contains(&plain.as_str()) || parts.iter().any(|part| WORDS.contains(&part.as_str()))
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

/// True when the value itself looks personal: an e-mail address, an IP address, a phone number with a country
/// code, a card number with a right checksum.
pub fn is_personal_value(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 320 && (is_email(text) || is_ip(text) || is_phone(text) || is_card(text))
}

/// The text as it may be shown: masked when its property or form is suspected, otherwise as it is.
pub fn masked<'a>(property: &str, text: &'a str) -> Cow<'a, str> {
    if text.is_empty() {
        return Cow::Borrowed(text);
    }
    if is_personal_value(text) || is_personal_name(property) {
        Cow::Owned(mask(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// A free text (a raw line, a JSON object) with every suspected value in it masked.
pub fn masked_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_token) {
        let end = rest[start..].find(|c| !is_token(c)).map_or(rest.len(), |n| start + n);
        out.push_str(&rest[..start]);
        let token = &rest[start..end];
        if is_personal_value(token) {
            out.push_str(&mask(token))
        } else {
            out.push_str(token)
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn is_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '+' | '-' | '_' | ':' | '%')
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

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !domain.contains('@')
        && domain.split('.').count() >= 2
        && domain
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-'))
        && !text.contains(char::is_whitespace)
}

fn is_ip(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
        && (text.contains(':') || text.split('.').count() == 4)
        && text != "::"
}

fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (8..=15).contains(&digits)
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.'))
}

/// A card number: 13 to 19 digits, perhaps in groups, with a right Luhn checksum and a usual first digit.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> =
        text.chars().filter(|c| !matches!(c, ' ' | '-')).filter_map(|c| c.to_digit(10)).collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    if !plain || !(13..=19).contains(&digits.len()) || !matches!(digits.first(), Some(3..=6)) {
        return false;
    }
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d }).sum();
    sum.is_multiple_of(10)
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
}
