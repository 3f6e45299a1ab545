//! Finds international bank account numbers by country, length and checksum. Not for national account numbers.

/// Countries and how long their numbers are.
const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27\
    GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27\
    MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

/// Where an account number that starts here ends: in one piece, or in groups with one blank between them.
pub(super) fn iban(text: &[char], start: usize) -> Option<usize> {
    let country: String = text.get(start..start + 2)?.iter().map(char::to_ascii_uppercase).collect();
    let length = length(&country)?;
    let mut digits = Vec::with_capacity(length);
    let mut at = start;
    while digits.len() < length {
        match *text.get(at)? {
            c if c.is_ascii_alphanumeric() => digits.push(c.to_ascii_uppercase()),
            ' ' | '\u{a0}' | '-' if digits.len() >= 4 && text[at - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        at += 1;
    }
    let ends = !text.get(at).is_some_and(|c| c.is_alphanumeric());
    (ends && is_right(&digits)).then_some(at)
}

fn length(country: &str) -> Option<usize> {
    let known = LENGTHS.as_bytes().chunks_exact(4).find(|known| &known[..2] == country.as_bytes())?;
    std::str::from_utf8(&known[2..]).ok()?.parse().ok()
}

/// ISO 13616: the first four characters go to the end, letters count from ten, and the rest by 97 is one.
fn is_right(chars: &[char]) -> bool {
    let (head, tail) = chars.split_at(4);
    let rest = tail.iter().chain(head).try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some((rest * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    rest == Some(1)
}

#[cfg(test)]
mod tests {
    use super::super::masked_text;

    #[test]
    fn account_numbers_are_found_by_their_checksum() {
        for (text, expected) in [
            ("DE89370400440532013000", "•••"),
            ("pay DE89 3704 0044 0532 0130 00 now", "pay ••• now"),
            ("gb29nwbk60161331926819;x", "•••;x"),
            ("GB29-NWBK-6016-1331-9268-19", "•••"),
            ("DE88370400440532013000", "DE88370400440532013000"),
            ("XDE89370400440532013000", "XDE89370400440532013000"),
            ("DE893704004405320130001", "DE893704004405320130001"),
            ("ZZ89370400440532013000", "ZZ89370400440532013000"),
            ("DE89", "DE89"),
        ] {
            assert_eq!(masked_text(text), expected);
        }
    }
}
