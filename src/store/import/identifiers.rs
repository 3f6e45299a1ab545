//! From an identifier's text to its row, remembered within bounds. Not for persons: see `store::persons`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rusqlite::{Connection, OptionalExtension, params};

use super::ready::{IdentifierKey, identifier_key};
use super::rows::insertion;
use crate::store::StoreError;
use crate::store::persons::IdentifierKind;

/// About 80 MB; beyond it, SQLite's index is asked.
const MOST: usize = 3_000_000;
/// New identifiers after which their index is taken away: putting each in its place in it costs more than building
/// it anew, which the next computation of persons does.
const MANY: usize = 20_000;

/// New identifiers that are written by one statement.
const AT_ONCE: usize = 32;

/// Identifiers by the 128-bit hash of kind and text.
#[derive(Default)]
pub(super) struct Identifiers {
    known: HashMap<IdentifierKey, u32, BuildHasherDefault<Hashed>>,
    /// Every stored identifier is in `known`: a miss is a new one.
    is_complete: bool,
    next: u32,
    /// How many there were before, and how many were added.
    before: usize,
    added: usize,
    /// False once their index was taken away.
    is_indexed: bool,
    /// New ones, the last before `next`: their texts one behind the other, the kind of each and where it ends.
    waiting: String,
    ends: Vec<(u8, usize)>,
    /// What writes many.
    many: String,
}

/// The keys are hashes already.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

impl Identifiers {
    pub(super) fn load(conn: &Connection) -> Result<Identifiers, StoreError> {
        let (count, last): (i64, i64) =
            conn.query_row("SELECT count(*), coalesce(max(id), 0) FROM identifier", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut all = Identifiers {
            known: HashMap::default(),
            is_complete: count < MOST as i64,
            next: u32::try_from(last + 1).map_err(|_| StoreError::Full)?,
            before: count as usize,
            added: 0,
            is_indexed: conn.prepare(INDEX_THERE)?.exists([])?,
            waiting: String::new(),
            ends: Vec::new(),
            many: statement(AT_ONCE),
        };
        if all.is_complete {
            let mut statement = conn.prepare("SELECT kind, value, id FROM identifier")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let value = row.get_ref(1)?.as_str().unwrap_or_default();
                all.known.insert(identifier_key(row.get(0)?, value), row.get(2)?);
            }
        }
        Ok(all)
    }

    /// The row of an identifier that is remembered.
    pub(super) fn known(&self, key: IdentifierKey) -> Option<u32> {
        self.known.get(&key).copied()
    }

    /// The row of an identifier, made if it is new.
    pub(super) fn id(
        &mut self,
        conn: &Connection,
        kind: IdentifierKind,
        value: &str,
        key: IdentifierKey,
    ) -> Result<u32, StoreError> {
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        let stored = if self.is_complete {
            None
        } else {
            self.flush(conn)?;
            find(conn, kind, value)?
        };
        let id = match stored {
            Some(id) => id,
            None => self.make(conn, kind, value)?,
        };
        if self.known.len() >= MOST {
            self.known.clear();
            self.is_complete = false;
            if !self.is_indexed {
                self.flush(conn)?;
                index(conn)?;
                self.is_indexed = true;
            }
        }
        self.known.insert(key, id);
        Ok(id)
    }

    fn make(&mut self, conn: &Connection, kind: IdentifierKind, value: &str) -> Result<u32, StoreError> {
        self.added += 1;
        if self.is_indexed && self.is_complete && self.added > MANY.max(self.before / 2) {
            conn.execute_batch("DROP INDEX identifier_value")?;
            self.is_indexed = false;
        }
        let id = self.next;
        self.next = id.checked_add(1).ok_or(StoreError::Full)?;
        self.waiting.push_str(value);
        self.ends.push((kind as u8, self.waiting.len()));
        if self.ends.len() == AT_ONCE {
            self.flush(conn)?;
        }
        Ok(id)
    }

    /// Writes all that wait.
    pub(super) fn flush(&mut self, conn: &Connection) -> Result<(), StoreError> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let (at_once, sql) =
            if self.ends.len() == AT_ONCE { (AT_ONCE, &self.many) } else { (1, &statement(1)) };
        let mut statement = conn.prepare_cached(sql)?;
        let mut id = self.next - self.ends.len() as u32;
        let mut start = 0;
        for ends in self.ends.chunks(at_once) {
            for (at, (kind, end)) in ends.iter().enumerate() {
                statement.raw_bind_parameter(4 * at + 1, id)?;
                statement.raw_bind_parameter(4 * at + 2, kind)?;
                statement.raw_bind_parameter(4 * at + 3, &self.waiting[start..*end])?;
                statement.raw_bind_parameter(4 * at + 4, id)?;
                (id, start) = (id + 1, *end);
            }
            statement.raw_execute()?;
        }
        self.waiting.clear();
        self.ends.clear();
        Ok(())
    }

    /// Forgets those that wait: the chunk that has them was taken back.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.ends.clear();
    }
}

fn statement(rows: usize) -> String {
    insertion("identifier", ("", ""), &["id", "kind", "value", "person_id"], rows)
}

const INDEX_THERE: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'identifier_value'";

/// Builds the index of identifiers by text, if it is not there.
pub(crate) fn index(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("CREATE UNIQUE INDEX IF NOT EXISTS identifier_value ON identifier (kind, value)")?;
    Ok(())
}

fn find(conn: &Connection, kind: IdentifierKind, value: &str) -> Result<Option<u32>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT id FROM identifier WHERE kind = ?1 AND value = ?2")?
        .query_row(params![kind as u8, value], |row| row.get(0))
        .optional()?)
}
