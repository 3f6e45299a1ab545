//! Persons as rows: which identifiers belong together, because of which events, and what a person is called.
//! Not for the algorithm: see `engine::identity`.

mod recompute;
mod traits;

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::{Document, StoreError};

pub(crate) use recompute::{Gains, is_stale, refresh, refresh_unless_cancelled, refresh_with};
pub use traits::PersonTraits;

/// Set while the stored persons are older than the rows.
pub(crate) const STALE: &str = "persons_stale";

/// What an identifier was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// An `anonymous_id`.
    Anonymous,
    /// A `user_id`.
    User,
    /// The previous id of an alias, not seen as either of the others.
    Previous,
}

impl IdentifierKind {
    /// The word for it: `anonymous_id`, `user_id`, `previous_id`.
    pub fn word(self) -> &'static str {
        match self {
            IdentifierKind::Anonymous => "anonymous_id",
            IdentifierKind::User => "user_id",
            IdentifierKind::Previous => "previous_id",
        }
    }

    fn from_number(number: u8) -> IdentifierKind {
        match number {
            0 => IdentifierKind::Anonymous,
            1 => IdentifierKind::User,
            _ => IdentifierKind::Previous,
        }
    }
}

/// One identifier of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// What it was written as.
    pub kind: IdentifierKind,
    /// As written.
    pub value: String,
    /// How many events carry it.
    pub events: u64,
}

/// Two identifiers of a person, and the event that linked them first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The one known earlier.
    pub a: Identifier,
    /// The one known later.
    pub b: Identifier,
    /// The first event that carries both; 0 when a table of persons does.
    pub event_id: i64,
    /// How many events do.
    pub events: u64,
}

/// A person found by an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonMatch {
    /// The person.
    pub person_id: i64,
    /// What the person is called.
    pub label: String,
    /// How many events belong to the person.
    pub events: u64,
}

impl Document {
    /// Persons with an identifier that starts with `text`, at most `limit`; by identifier, user ids first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn find_person(&self, text: &str, limit: u32) -> Result<Vec<PersonMatch>, StoreError> {
        let mut found: Vec<i64> = Vec::new();
        for kind in [IdentifierKind::User, IdentifierKind::Anonymous, IdentifierKind::Previous] {
            let mut statement = self.conn.prepare_cached(
                "SELECT person_id FROM identifier WHERE kind = ?1 AND value >= ?2 AND value < ?3
                 ORDER BY value LIMIT 1000",
            )?;
            // No identifier goes on with the highest character.
            let end = format!("{text}\u{10FFFF}");
            let persons = statement.query_map(params![kind as u8, text, end], |row| row.get(0))?;
            for person in persons {
                let person = person?;
                if found.len() < limit as usize && !found.contains(&person) {
                    found.push(person);
                }
            }
        }
        found
            .into_iter()
            .map(|person_id| {
                let label = self.person_label(person_id)?;
                Ok(PersonMatch { person_id, label, events: self.person_events(person_id)? })
            })
            .collect()
    }

    /// What a person is called: the most used `user_id`, else the most used `anonymous_id`, "+ n others".
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_label(&self, person_id: i64) -> Result<String, StoreError> {
        let first: Option<String> = self
            .conn
            .prepare_cached(&format!("SELECT value {OF_A_PERSON} LIMIT 1"))?
            .query_row([person_id], |row| row.get(0))
            .optional()?;
        let Some(first) = first else { return Ok(format!("Person {person_id}")) };
        let all: i64 = self.conn.prepare_cached(COUNTED)?.query_row([person_id], |row| row.get(0))?;
        Ok(match all - 1 {
            ..=0 => first,
            1 => format!("{first} + 1 other"),
            others => format!("{first} + {others} others"),
        })
    }

    /// [`Document::person_label`] of each.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_labels(&self, person_ids: &[i64]) -> Result<Vec<String>, StoreError> {
        person_ids.iter().map(|person| self.person_label(*person)).collect()
    }

    /// A person's identifiers: user ids first, the most used first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_identifiers(&self, person_id: i64) -> Result<Vec<Identifier>, StoreError> {
        let mut statement = self.conn.prepare_cached(&format!("SELECT kind, value, events {OF_A_PERSON}"))?;
        let mut all = statement
            .query_map([person_id], |row| identifier(row, 0))?
            .collect::<Result<Vec<Identifier>, _>>()?;
        // A previous id that is also one of the others is the same identifier, said less exactly.
        let said: HashSet<String> = all
            .iter()
            .filter(|one| one.kind != IdentifierKind::Previous)
            .map(|one| one.value.clone())
            .collect();
        all.retain(|one| one.kind != IdentifierKind::Previous || !said.contains(&one.value));
        Ok(all)
    }

    /// What links a person's identifiers, by first event.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_links(&self, person_id: i64) -> Result<Vec<Link>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT a.kind, a.value, a.events, b.kind, b.value, b.events, l.event_id, l.events
             FROM identifier a JOIN identity_link l ON l.a = a.id JOIN identifier b ON b.id = l.b
             WHERE a.person_id = ?1 ORDER BY l.event_id, l.a, l.b",
        )?;
        let links = statement.query_map([person_id], |row| {
            Ok(Link {
                a: identifier(row, 0)?,
                b: identifier(row, 3)?,
                event_id: row.get(6)?,
                events: row.get::<_, i64>(7)?.cast_unsigned(),
            })
        })?;
        Ok(links.collect::<Result<_, _>>()?)
    }

    /// How many events belong to a person.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_events(&self, person_id: i64) -> Result<u64, StoreError> {
        let events: i64 = self
            .conn
            .prepare_cached("SELECT coalesce(sum(owned), 0) FROM identifier WHERE person_id = ?1")?
            .query_row([person_id], |row| row.get(0))?;
        Ok(events.cast_unsigned())
    }
}

/// A person's identifiers: user ids first, the most used first.
const OF_A_PERSON: &str = "FROM identifier WHERE person_id = ?1
    ORDER BY CASE kind WHEN 1 THEN 0 WHEN 0 THEN 1 ELSE 2 END, events DESC, value";

/// How many a person has, previous ids that are also one of the others counted once. The `+` leaves the inner search
/// to the index of values, which finds one row, where that of persons finds them all.
const COUNTED: &str = "SELECT count(*) FROM identifier p WHERE person_id = ?1 AND NOT (kind = 2 AND EXISTS (
    SELECT 1 FROM identifier q WHERE q.kind IN (0, 1) AND q.value = p.value AND +q.person_id = ?1))";

fn identifier(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Identifier> {
    Ok(Identifier {
        kind: IdentifierKind::from_number(row.get(at)?),
        value: row.get(at + 1)?,
        events: row.get::<_, i64>(at + 2)?.cast_unsigned(),
    })
}
