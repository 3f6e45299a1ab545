//! What tables of persons say of a person. Not for identify calls, which are events.

use super::super::{Document, StoreError};
use crate::model::time::Time;

/// One row of a table of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonTraits {
    /// The import it came with.
    pub batch: i64,
    /// Line or row in the file, from one.
    pub line: u64,
    /// When it was imported.
    pub at: Time,
    /// A JSON object's text, or empty.
    pub traits: String,
}

impl Document {
    /// What tables of persons say of a person, in the order of arrival: of a trait said more than once the last counts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn person_traits(&self, person_id: i64) -> Result<Vec<PersonTraits>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT r.batch, r.line, r.at_us, r.traits FROM person_row r
             WHERE coalesce(r.user, r.anonymous) IN (SELECT id FROM identifier WHERE person_id = ?1) ORDER BY r.id",
        )?;
        let rows = statement.query_map([person_id], |row| {
            Ok(PersonTraits {
                batch: row.get(0)?,
                line: row.get::<_, i64>(1)?.cast_unsigned(),
                at: Time(row.get(2)?),
                traits: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
