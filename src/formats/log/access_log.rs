//! Access logs of Apache and nginx, in the common and the combined form. Not for error logs.
//!
//! ```text
//! 203.0.113.7 - anna [05/Jan/2026:10:00:00 +0100] "GET /shop?q=tea HTTP/2.0" 200 5120 "https://example.org/" "Mozilla/5.0"
//! ```
//! Every request is an event called `Request`, or as the mapping's `event_is` says, with the properties `method`, `path`,
//! `query`, `protocol`, `status`, `bytes`, `referrer`; the browser's name is context. A line may begin with a virtual host.
//!
//! The person is the user who signed in, if there is one, and the address. It is personal, so what is kept of it is a
//! hash (SipHash-2-4) under the document's secret: it tells visitors apart and cannot be undone by trying all addresses,
//! except by who has the document, where the secret is. With `ip = "keep"` the address stays as it is.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::json;
use super::line_reader::{LineReader, ReadLine};
use super::reason::{Reason, Rejection, quoted};
use super::segment::check_identifiers;
use super::time::TimeFormat;
use super::{Input, LONGEST_RAW, LogFormat, LogReader, Mapping, ReadOptions, whole_lines};
use crate::base::Diagnostic;
use crate::model::event::{EventKind, NewEvent};
use crate::model::time::Zone;

/// The format.
pub struct AccessLog;

/// How times are written.
const TIME: &str = "%d/%b/%Y:%H:%M:%S %z";

impl LogFormat for AccessLog {
    fn name(&self) -> &'static str {
        "access-log"
    }

    fn label(&self) -> &'static str {
        "Apache or nginx access log"
    }

    fn recognizes(&self, head: &[u8], mapping: Option<&Mapping>) -> u8 {
        if mapping.is_some_and(|mapping| mapping.time.is_some() || mapping.event.is_some()) {
            return 0;
        }
        let lines = whole_lines(head).split(|byte| *byte == b'\n').take(20);
        let texts = lines.filter_map(|line| std::str::from_utf8(line).ok());
        if texts.filter_map(parse).any(|request| read_time(request.time).is_ok()) { 96 } else { 0 }
    }

    fn reader<'a>(
        &self,
        input: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let mapping = options.mapping.clone().unwrap_or_default();
        if mapping.event.is_some() || mapping.time.is_some() {
            return Err(Diagnostic::error("needless-mapping", "An access log has no columns to map")
                .hint("Only event_is = \"…\" and ip = \"keep\" mean something here"));
        }
        let name = mapping.event_is.unwrap_or_else(|| "Request".to_owned());
        let salt = (!mapping.keeps_ip).then_some(options.salt);
        let notes = salt.iter().map(|_| addresses_hashed()).collect();
        Ok(Box::new(LineReader::new(input, Reading { name, salt }, notes)))
    }

    /// What was kept of a line has its address hashed already, if it is to be.
    fn again<'a>(
        &self,
        records: Input<'a>,
        options: &ReadOptions,
    ) -> Result<Box<dyn LogReader + Send + 'a>, Diagnostic> {
        let mapping = options.mapping.clone().unwrap_or_default();
        let mapping = Some(Mapping { keeps_ip: true, ..mapping });
        self.reader(records, &ReadOptions { mapping, ..options.clone() })
    }
}

fn addresses_hashed() -> Diagnostic {
    Diagnostic::info("addresses-hashed", "Addresses are kept as hashes under the document's secret")
        .hint("To keep them as they are, write ip = \"keep\" in a mapping")
}

struct Reading {
    name: String,
    /// The secret of hashes; `None` to keep addresses.
    salt: Option<[u8; 16]>,
}

impl ReadLine for Reading {
    fn event(&self, line: &[u8]) -> Result<NewEvent, Rejection> {
        let text = std::str::from_utf8(line).map_err(|error| json::not_utf8(&error))?;
        let request = parse(text).ok_or_else(|| {
            Rejection::new(Reason::NotAnEvent, "not an address, a time in brackets and a quoted request")
        })?;
        let address = Some(request.address).filter(|address| *address != "-");
        let mut event = NewEvent {
            kind: EventKind::Track,
            name: self.name.clone(),
            message_id: None,
            anonymous_id: address.map(|address| self.visitor(address)),
            user_id: Some(request.user).filter(|user| !matches!(*user, "-" | "\"\"")).map(str::to_owned),
            previous_id: None,
            time: read_time(request.time)?,
            properties: request.properties(),
            context: String::new(),
            extra: String::new(),
        };
        if let Some(agent) = request.agent {
            json::push_member(&mut event.context, "userAgent", &json::text(&unescaped(agent)));
            json::close(&mut event.context);
        }
        for (key, value) in [("ident", request.ident), ("rest", request.rest)] {
            if !matches!(value, "-" | "") {
                json::push_member(&mut event.extra, key, &json::text(value));
            }
        }
        json::close(&mut event.extra);
        check_identifiers(&event)?;
        Ok(event)
    }

    /// Without its address, if that is not to be kept.
    fn raw(&self, line: &[u8]) -> Vec<u8> {
        let kept = &line[..line.len().min(LONGEST_RAW)];
        let end = kept.iter().position(|byte| *byte == b' ').unwrap_or(0);
        match (&self.salt, std::str::from_utf8(&kept[..end])) {
            (Some(_), Ok(address)) if !address.is_empty() => {
                [self.visitor(address).as_bytes(), &kept[end..]].concat()
            }
            _ => kept.to_vec(),
        }
    }
}

impl Reading {
    fn visitor(&self, address: &str) -> String {
        match &self.salt {
            None => address.to_owned(),
            Some(salt) => {
                let mut hasher = SipHasher24::new_with_key(salt);
                hasher.write(address.as_bytes());
                format!("ip-{:016x}", hasher.finish())
            }
        }
    }
}

/// The parts of a line, as written.
struct Request<'t> {
    host: Option<&'t str>,
    address: &'t str,
    ident: &'t str,
    user: &'t str,
    time: &'t str,
    request: &'t str,
    status: &'t str,
    bytes: &'t str,
    referrer: Option<&'t str>,
    agent: Option<&'t str>,
    /// What a longer form has behind the usual parts.
    rest: &'t str,
}

impl Request<'_> {
    fn properties(&self) -> String {
        let mut object = String::new();
        let mut push_text = |key: &str, text: &str| {
            if !matches!(text, "" | "-") {
                json::push_member(&mut object, key, &json::text(&unescaped(text)));
            }
        };
        let mut words = self.request.splitn(3, ' ');
        let (method, target, protocol) = (words.next(), words.next(), words.next());
        match (method, target) {
            (Some(method), Some(target)) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                push_text("method", method);
                push_text("path", path);
                push_text("query", query);
                push_text("protocol", protocol.unwrap_or_default());
            }
            // What robots send instead of a request.
            _ => push_text("request", self.request),
        }
        push_text("referrer", self.referrer.unwrap_or_default());
        push_text("host", self.host.unwrap_or_default());
        for (key, number) in [("status", self.status), ("bytes", self.bytes)] {
            if let Ok(number) = number.parse::<u64>() {
                json::push_member(&mut object, key, &number.to_string());
            }
        }
        json::close(&mut object);
        object
    }
}

/// Takes a line apart.
fn parse(line: &str) -> Option<Request<'_>> {
    let (before, after) = line.split_once('[')?;
    let words: Vec<&str> = before.split_ascii_whitespace().collect();
    let (host, address, ident, user) = match words[..] {
        [address, ident, user] => (None, address, ident, user),
        [host, address, ident, user] => (Some(host), address, ident, user),
        _ => return None,
    };
    let (time, after) = after.split_once(']')?;
    let (request, after) = quoted_part(after.trim_start())?;
    let after = after.trim_start();
    let (status, after) = after.split_once(' ').unwrap_or((after, ""));
    if status.len() != 3 || !status.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let after = after.trim_start();
    let (bytes, after) = after.split_once(' ').unwrap_or((after, ""));
    let mut parts = Request {
        host,
        address,
        ident,
        user,
        time,
        request,
        status,
        bytes,
        referrer: None,
        agent: None,
        rest: after.trim(),
    };
    if let Some((referrer, after)) = quoted_part(parts.rest) {
        (parts.referrer, parts.rest) = (Some(referrer), after.trim());
        if let Some((agent, after)) = quoted_part(parts.rest) {
            (parts.agent, parts.rest) = (Some(agent).filter(|agent| *agent != "-"), after.trim());
        }
    }
    Some(parts)
}

/// The text between the quote at the beginning and the next one that is not escaped, and what follows it.
fn quoted_part(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((&inner[..at], &inner[at + 1..])),
            _ => {}
        }
    }
    None
}

/// Quotes and backslashes without the backslash that servers put before them.
fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}

fn read_time(text: &str) -> Result<crate::model::time::Time, Rejection> {
    let format = TimeFormat::Pattern(TIME.to_owned());
    format.read(text, Zone::default()).map_err(|rejection| Rejection { detail: quoted(text), ..rejection })
}
