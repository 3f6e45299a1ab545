//! From an identifier's text to its row, remembered within bounds. Not for persons: see `store::persons`.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

/// About 80 MB; beyond it, SQLite's index is asked.
const MOST: usize = 3_000_000;

/// Identifiers by the 128-bit hash of kind and text.
pub(super) struct Identifiers {
    known: HashMap<[u32; 4], u32>,
    /// Every stored identifier is in `known`: a miss is a new one.
    is_complete: bool,
    next: u32,
}

impl Identifiers {
    pub(super) fn load(conn: &Connection) -> Result<Identifiers, StoreError> {
        let (count, last): (i64, i64) =
            conn.query_row("SELECT count(*), coalesce(max(id), 0) FROM identifier", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut all = Identifiers {
            known: HashMap::new(),
            is_complete: count < MOST as i64,
            next: u32::try_from(last + 1).map_err(|_| StoreError::Full)?,
        };
        if all.is_complete {
            let mut statement = conn.prepare("SELECT kind, value, id FROM identifier")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let value = row.get_ref(1)?.as_str().unwrap_or_default();
                all.known.insert(key(row.get(0)?, value), row.get(2)?);
            }
        }
        Ok(all)
    }

    /// The row of an identifier, made if it is new.
    pub(super) fn id(
        &mut self,
        conn: &Connection,
        kind: IdentifierKind,
        value: &str,
    ) -> Result<u32, StoreError> {
        let key = key(kind as u8, value);
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        let stored = if self.is_complete { None } else { find(conn, kind, value)? };
        let id = match stored {
            Some(id) => id,
            None => {
                let id = self.next;
                conn.prepare_cached(
                    "INSERT INTO identifier (id, kind, value, person_id) VALUES (?1, ?2, ?3, ?1)",
                )?
                .execute(params![id, kind as u8, value])?;
                self.next = id.checked_add(1).ok_or(StoreError::Full)?;
                id
            }
        };
        if self.known.len() >= MOST {
            self.known.clear();
            self.is_complete = false;
        }
        self.known.insert(key, id);
        Ok(id)
    }
}

fn key(kind: u8, value: &str) -> [u32; 4] {
    let hash = xxh3_128_with_seed(value.as_bytes(), u64::from(kind));
    [hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32]
}

fn find(conn: &Connection, kind: IdentifierKind, value: &str) -> Result<Option<u32>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT id FROM identifier WHERE kind = ?1 AND value = ?2")?
        .query_row(params![kind as u8, value], |row| row.get(0))
        .optional()?)
}
