//! What makes two records of mapped logs one and the same, as far as they carry no message id. Not for logs that say
//! themselves what their keys mean: there the record alone does.
//!
//! The row `u1,2026-01-05` is a sign-up in one table and an order in another. So the columns of a table, the column
//! of times and what the mapping makes of the row (event name and identifiers) count besides its text. The zone of
//! times, their format and the choice of properties do not: read again with another one, a row is still the same
//! event, and says something else.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Mapping, Rejection};
use crate::model::event::EventText;

/// Hashes the records of one log.
pub(super) struct Identity(u64);

impl Identity {
    /// Of a log read by `mapping`; `columns` are a table's, in order, and empty for one of JSON lines.
    pub(super) fn new(mapping: &Mapping, columns: &[String]) -> Identity {
        let seed = columns.iter().fold(xxh3_64(b"mapped"), |seed, column| mix(seed, column));
        Identity(mix(seed, mapping.time.as_deref().unwrap_or_default()))
    }

    /// The hash of a record's text and of what became of it.
    pub(super) fn hash(&self, raw: &[u8], outcome: &Result<EventText<'_>, Rejection>) -> u64 {
        let seed = match outcome {
            Ok(event) => [Some(&event.name), event.user_id.as_ref(), event.anonymous_id.as_ref()]
                .into_iter()
                .fold(self.0, |seed, part| mix(seed, part.map_or("", |part| part))),
            Err(_) => self.0,
        };
        xxh3_64_with_seed(raw, seed)
    }
}

fn mix(seed: u64, part: &str) -> u64 {
    xxh3_64_with_seed(part.as_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{EventKind, NewEvent};
    use crate::model::time::Time;

    fn event(
        name: &str,
        user: Option<&str>,
        anonymous: Option<&str>,
    ) -> Result<EventText<'static>, Rejection> {
        Ok(EventText::from(NewEvent {
            kind: EventKind::Track,
            name: name.to_owned(),
            message_id: None,
            anonymous_id: anonymous.map(str::to_owned),
            user_id: user.map(str::to_owned),
            previous_id: None,
            time: Time(0),
            properties: String::new(),
            context: String::new(),
            extra: String::new(),
        }))
    }

    #[test]
    fn everything_that_tells_events_apart_counts() {
        let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let timed = |time: &str| Mapping { time: Some(time.to_owned()), ..Mapping::default() };
        let hash = |identity: &Identity, outcome| identity.hash(b"u1,2026-01-05", &outcome);
        let plain = Identity::new(&timed("day"), &columns(&["user", "day"]));
        let hashes = [
            hash(&plain, event("A", Some("u1"), None)),
            hash(&plain, event("B", Some("u1"), None)),
            hash(&plain, event("A", None, Some("u1"))),
            hash(&Identity::new(&timed("paid"), &columns(&["user", "day"])), event("A", Some("u1"), None)),
            hash(&Identity::new(&timed("day"), &columns(&["who", "day"])), event("A", Some("u1"), None)),
            hash(&Identity::new(&timed("day"), &columns(&["userd", "ay"])), event("A", Some("u1"), None)),
        ];
        let distinct: std::collections::BTreeSet<u64> = hashes.into_iter().collect();
        assert_eq!(distinct.len(), hashes.len());
        let zoned = Mapping { zone: Some(crate::model::time::Zone::default()), ..timed("day") };
        let again = Identity::new(&zoned, &columns(&["user", "day"]));
        assert_eq!(hash(&again, event("A", Some("u1"), None)), hashes[0]);
    }
}
