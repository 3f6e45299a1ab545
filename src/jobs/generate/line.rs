//! One line of the log as Segment's libraries send it. Not for what is in it: see `visit`.

use std::io::Write;

use super::catalog::{Campaign, Product};
use super::faults::Fault;
use super::person::Device;
use super::random::mix;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Track,
    Page,
    Identify,
    Group,
    Alias,
}

/// Whose call: at least one is there.
#[derive(Clone, Copy)]
pub(super) struct Who {
    /// The device's identifier.
    pub(super) anonymous: Option<[u64; 2]>,
    /// The account's number.
    pub(super) user: Option<u64>,
}

/// Where it was sent from.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// A page in a browser.
    Browser {
        device: Device,
        locale: &'a str,
        campaign: Option<&'a Campaign>,
        /// Of the documentation ranges: which of three, and the last byte.
        ip: Option<(u8, u8)>,
        /// The shop's old page, with old names and local times.
        old: bool,
    },
    /// The shop's server.
    Server,
}

/// A call to be written.
pub(super) struct Call<'a> {
    pub(super) kind: Kind,
    /// Event or page name; empty for the other kinds.
    pub(super) name: &'a str,
    pub(super) time_ms: i64,
    pub(super) who: Who,
    pub(super) place: Place<'a>,
    /// The page's path.
    pub(super) path: (&'a str, &'a str),
    /// Properties, or traits.
    pub(super) fields: &'a [(&'a str, Value<'a>)],
}

/// A property's value.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Text(&'a str),
    /// A text of two parts.
    Joined(&'a str, u64),
    /// A made-up mail address: name, number, and which of the example domains.
    Mail(&'a str, u64),
    Cents(u64),
    Whole(u64),
    Bool(bool),
    /// Days since 1970, as ISO text.
    Date(i64),
    /// Products and how many of each.
    Items(&'a [(&'static Product, u64)]),
}

/// How a line departs from the plain call.
#[derive(Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) fault: Option<Fault>,
    /// Says another time than the call's.
    pub(super) time_ms: Option<i64>,
}

impl Call<'_> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|(name, _)| *name == key)
    }

    /// Appends the line, with its line feed.
    pub(super) fn write(&self, out: &mut Vec<u8>, message: [u64; 2], change: Change) {
        let fault = change.fault;
        self.write_head(out, fault);
        out.extend_from_slice(b"\"messageId\":\"");
        uuid(out, message);
        out.push(b'"');
        if fault != Some(Fault::BrokenNoId) {
            self.write_ids(out, fault);
        }
        if fault != Some(Fault::BrokenNoTime) {
            out.extend_from_slice(b",\"timestamp\":\"");
            if fault == Some(Fault::BrokenBadTime) {
                out.extend_from_slice(b"yesterday");
            } else {
                let local = matches!(self.place, Place::Browser { old: true, .. });
                timestamp(out, change.time_ms.unwrap_or(self.time_ms), local);
            }
            out.push(b'"');
        }
        if !(self.fields.is_empty() && self.kind == Kind::Alias) {
            let traits = matches!(self.kind, Kind::Identify | Kind::Group);
            out.extend_from_slice(if traits { b",\"traits\":{" } else { b",\"properties\":{" });
            self.write_fields(out, fault);
            out.push(b'}');
        }
        self.write_context(out);
        out.extend_from_slice(b"}\n");
    }

    fn write_head(&self, out: &mut Vec<u8>, fault: Option<Fault>) {
        let name = match fault {
            Some(Fault::MisspeltName) => "Prodct Viewed",
            Some(Fault::UnplannedEvent) => "Beta Banner Clicked",
            _ => self.name,
        };
        out.extend_from_slice(match self.kind {
            Kind::Track => b"{\"type\":\"track\",\"event\":\"",
            Kind::Page => b"{\"type\":\"page\",\"name\":\"",
            Kind::Identify => b"{\"type\":\"identify\",",
            Kind::Group => b"{\"type\":\"group\",\"groupId\":\"",
            Kind::Alias => b"{\"type\":\"alias\",",
        });
        if matches!(self.kind, Kind::Track | Kind::Page | Kind::Group) {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\",");
        }
    }

    fn write_ids(&self, out: &mut Vec<u8>, fault: Option<Fault>) {
        if let Some(anonymous) = self.who.anonymous {
            let key: &[u8] =
                if self.kind == Kind::Alias { b",\"previousId\":\"" } else { b",\"anonymousId\":\"" };
            out.extend_from_slice(key);
            uuid(out, anonymous);
            out.push(b'"');
        }
        let blocked: &[u8] = match fault {
            Some(Fault::UserIdNullText) => b",\"userId\":\"null\"",
            Some(Fault::UserIdUndefined) => b",\"userId\":\"undefined\"",
            Some(Fault::UserIdAnonymous) => b",\"userId\":\"anonymous\"",
            Some(Fault::UserIdNull) => b",\"userId\":null",
            _ => b"",
        };
        out.extend_from_slice(blocked);
        if let Some(user) = self.who.user {
            out.extend_from_slice(b",\"userId\":\"u-");
            number(out, user);
            out.push(b'"');
        }
    }

    fn write_fields(&self, out: &mut Vec<u8>, fault: Option<Fault>) {
        let mut first = true;
        for (key, value) in self.fields {
            let dropped = match fault {
                Some(Fault::MissingValue) => *key == "value",
                Some(Fault::MissingProductId) => *key == "product_id",
                _ => false,
            };
            if dropped {
                continue;
            }
            write_key(out, key, &mut first);
            match fault {
                Some(Fault::ValueAsText) if *key == "value" => quoted(out, *value),
                Some(Fault::QuantityAsText) if *key == "quantity" => quoted(out, *value),
                Some(Fault::MailInQuery) if *key == "query" => {
                    Value::Mail("sample.shopper", self.time_ms.unsigned_abs() % 1000).write(out);
                }
                _ => value.write(out),
            }
        }
        if fault == Some(Fault::UnplannedProperty) {
            write_key(out, "exp_bucket", &mut first);
            out.extend_from_slice(b"\"b\"");
        }
    }

    fn write_context(&self, out: &mut Vec<u8>) {
        let Place::Browser { device, locale, campaign, ip, old } = self.place else {
            out.extend_from_slice(
                b",\"context\":{\"library\":{\"name\":\"shop-server\",\"version\":\"3.1.0\"}}",
            );
            return;
        };
        out.extend_from_slice(b",\"context\":{\"device\":{\"type\":\"");
        out.extend_from_slice(device.word().as_bytes());
        out.extend_from_slice(b"\"},\"page\":{\"path\":\"");
        let write_path = |out: &mut Vec<u8>| {
            out.extend_from_slice(self.path.0.as_bytes());
            out.extend_from_slice(self.path.1.as_bytes());
        };
        write_path(out);
        out.extend_from_slice(b"\",\"url\":\"https://shop.example");
        write_path(out);
        out.extend_from_slice(b"\"}");
        if let Some(campaign) = campaign {
            out.extend_from_slice(b",\"campaign\":{\"name\":\"");
            out.extend_from_slice(campaign.name.as_bytes());
            out.extend_from_slice(b"\",\"source\":\"");
            out.extend_from_slice(campaign.source.as_bytes());
            out.extend_from_slice(b"\",\"medium\":\"");
            out.extend_from_slice(campaign.medium.as_bytes());
            out.extend_from_slice(b"\"}");
        }
        out.extend_from_slice(b",\"locale\":\"");
        out.extend_from_slice(locale.as_bytes());
        if let Some((range, last)) = ip {
            out.extend_from_slice(match range {
                0 => b"\",\"ip\":\"192.0.2.".as_slice(),
                1 => b"\",\"ip\":\"198.51.100.",
                _ => b"\",\"ip\":\"203.0.113.",
            });
            number(out, u64::from(last));
        }
        let library: &[u8] = if old {
            b"\",\"library\":{\"name\":\"old-shop.js\",\"version\":\"0.9.2\"}}"
        } else {
            b"\",\"library\":{\"name\":\"shop.js\",\"version\":\"2.4.1\"}}"
        };
        out.extend_from_slice(library);
    }
}

impl Value<'_> {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Value::Text(_) | Value::Joined(..) | Value::Mail(..) | Value::Date(_) => quoted(out, self),
            Value::Cents(_) | Value::Whole(_) => self.write_bare(out),
            Value::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Value::Items(items) => {
                out.push(b'[');
                for (index, (product, quantity)) in items.iter().enumerate() {
                    out.extend_from_slice(if index == 0 {
                        b"{\"product_id\":\""
                    } else {
                        b",{\"product_id\":\""
                    });
                    out.extend_from_slice(product.id.as_bytes());
                    out.extend_from_slice(b"\",\"quantity\":");
                    number(out, *quantity);
                    out.extend_from_slice(b",\"price\":");
                    Value::Cents(product.cents).write_bare(out);
                    out.push(b'}');
                }
                out.push(b']');
            }
        }
    }

    /// The characters without quotes; nothing for the kinds that have none.
    fn write_bare(self, out: &mut Vec<u8>) {
        match self {
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Joined(text, n) => {
                out.extend_from_slice(text.as_bytes());
                number(out, n);
            }
            Value::Mail(name, n) => {
                out.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
                out.push(b'.');
                number(out, n);
                out.extend_from_slice(if n.is_multiple_of(2) { b"@example.org" } else { b"@example.com" });
            }
            Value::Cents(cents) => {
                number(out, cents / 100);
                out.push(b'.');
                digits(out, cents % 100, 2);
            }
            Value::Whole(n) => number(out, n),
            Value::Date(days) => date(out, days),
            Value::Bool(_) | Value::Items(_) => {}
        }
    }
}

/// The two halves of an identifier, from what it is for.
pub(super) fn halves(seed: u64, kind: u64, n: u64) -> [u64; 2] {
    let high = mix(seed ^ (kind << 56), n);
    [high, mix(high, n)]
}

fn write_key(out: &mut Vec<u8>, key: &str, first: &mut bool) {
    if !*first {
        out.push(b',');
    }
    *first = false;
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

fn quoted(out: &mut Vec<u8>, value: Value<'_>) {
    out.push(b'"');
    value.write_bare(out);
    out.push(b'"');
}

/// As a random UUID is written (version 4).
fn uuid(out: &mut Vec<u8>, [high, low]: [u64; 2]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let all = (u128::from(high) << 64) | u128::from(low);
    for place in 0..32u32 {
        if matches!(place, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(HEX[(all >> (124 - 4 * place)) as usize & 15]);
    }
}

fn number(out: &mut Vec<u8>, n: u64) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{n}");
}

fn digits(out: &mut Vec<u8>, n: u64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + (n / 10u64.pow(place) % 10) as u8);
    }
}

/// ISO 8601 with milliseconds: in UTC, or as a shop in Germany writes its winter time.
fn timestamp(out: &mut Vec<u8>, time_ms: i64, local: bool) {
    let shown = if local { time_ms + 3_600_000 } else { time_ms };
    date(out, shown.div_euclid(86_400_000));
    let in_day = shown.rem_euclid(86_400_000).unsigned_abs();
    out.push(b'T');
    digits(out, in_day / 3_600_000, 2);
    out.push(b':');
    digits(out, in_day / 60_000 % 60, 2);
    out.push(b':');
    digits(out, in_day / 1000 % 60, 2);
    out.push(b'.');
    digits(out, in_day % 1000, 3);
    out.extend_from_slice(if local { b"+01:00" } else { b"Z" });
}

/// Days since 1970 as `2026-01-01` (Howard Hinnant's `civil_from_days`, for years 0 to 9999).
fn date(out: &mut Vec<u8>, days: i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    digits(out, year.unsigned_abs(), 4);
    out.push(b'-');
    digits(out, month.unsigned_abs(), 2);
    out.push(b'-');
    digits(out, day.unsigned_abs(), 2);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Time;

    #[test]
    fn times_are_written_as_the_rest_of_the_program_reads_them() {
        for time_ms in [0, 951_782_400_000, 1_767_225_600_001, 1_772_323_199_999, 1_924_992_000_000] {
            for local in [false, true] {
                let mut out = Vec::new();
                timestamp(&mut out, time_ms, local);
                let text = String::from_utf8(out).unwrap();
                assert_eq!(Time::parse(&text), Some(Time(time_ms * 1000)), "{text}");
            }
        }
    }

    #[test]
    fn identifiers_look_like_random_uuids() {
        let mut out = Vec::new();
        uuid(&mut out, [u64::MAX, u64::MAX]);
        assert_eq!(String::from_utf8(out).unwrap(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
