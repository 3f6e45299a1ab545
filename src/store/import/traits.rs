//! Writing rows of tables of persons. Not for events: see `store::import`.

use rusqlite::{OptionalExtension, params};

use super::{Added, Importer, Ready};
use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

impl Importer<'_> {
    /// Adds a row, unless the document has the same one: what is said twice of a person is known already.
    pub(super) fn add_traits(&mut self, row: &Ready<'_>) -> Result<Added, StoreError> {
        let facts = &row.facts;
        let conn = &self.document.conn;
        let is_known = conn
            .prepare_cached("SELECT 1 FROM person_row WHERE fingerprint = ?1")?
            .query_row([facts.raw_hash.cast_signed()], |_| Ok(()))
            .optional()?;
        if is_known.is_some() {
            self.pending.duplicate(Added::Duplicate);
            return Ok(Added::Duplicate);
        }
        self.begin()?;
        let conn = &self.document.conn;
        let [anonymous_key, user_key, _] = facts.keys;
        let mut usable = |kind, key| match (key, row.identifier(kind)) {
            (Some(key), Some(value)) => self.identifiers.id(conn, kind, value, key).map(Some),
            _ => Ok(None),
        };
        let anonymous = usable(IdentifierKind::Anonymous, anonymous_key)?;
        let user = usable(IdentifierKind::User, user_key)?;
        let [traits, _, extra] = row.objects();
        conn.prepare_cached(
            "INSERT INTO person_row (batch, line, anonymous, user, at_us, fingerprint, traits, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            self.batch,
            facts.line.cast_signed(),
            anonymous,
            user,
            facts.time.0,
            facts.raw_hash.cast_signed(),
            traits,
            extra,
        ])?;
        self.gains.add_row(anonymous, user);
        self.pending.traits += 1;
        Ok(Added::New)
    }
}
