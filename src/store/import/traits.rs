//! Writing rows of tables of persons. Not for events: see `store::import`.

use rusqlite::{OptionalExtension, params};

use super::{Added, Importer};
use crate::model::event::{NewEvent, is_blocked};
use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

impl Importer<'_> {
    /// Adds a row, unless the document has the same one: what is said twice of a person is known already.
    pub(super) fn add_traits(
        &mut self,
        row: &NewEvent,
        line: u64,
        raw_hash: u64,
    ) -> Result<Added, StoreError> {
        let conn = &self.document.conn;
        let is_known = conn
            .prepare_cached("SELECT 1 FROM person_row WHERE fingerprint = ?1")?
            .query_row([raw_hash.cast_signed()], |_| Ok(()))
            .optional()?;
        if is_known.is_some() {
            self.pending.duplicate(Added::Duplicate);
            return Ok(Added::Duplicate);
        }
        self.begin()?;
        let conn = &self.document.conn;
        let mut usable = |kind, value: &Option<String>| match value {
            Some(value) if !is_blocked(value) => self.identifiers.id(conn, kind, value).map(Some),
            _ => Ok(None),
        };
        let anonymous = usable(IdentifierKind::Anonymous, &row.anonymous_id)?;
        let user = usable(IdentifierKind::User, &row.user_id)?;
        conn.prepare_cached(
            "INSERT INTO person_row (batch, line, anonymous, user, at_us, fingerprint, traits, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            self.batch,
            line.cast_signed(),
            anonymous,
            user,
            row.time.0,
            raw_hash.cast_signed(),
            row.properties,
            row.extra,
        ])?;
        self.pending.traits += 1;
        Ok(Added::New)
    }
}
