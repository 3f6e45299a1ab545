//! Contexts that many events of an import say, stored once each: which row has a text, remembered within bounds. Not
//! for reading them: the column `context_id` of `event_text` says where each stands.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rusqlite::Connection;

use super::identifiers::Hashed;
use super::ready::{ContextKey, Ready};
use super::rows::{check_id, insertion};
use crate::store::StoreError;

/// Contexts remembered in one generation; two of them take about 12 MB.
const MOST: usize = 200_000;
/// Contexts after which it is seen whether storing them apart is worth it.
const WINDOW: u32 = 50_000;
/// Rows of one statement.
const AT_ONCE: usize = 32;
/// Bytes of text that wait at most.
const MOST_BYTES: usize = 64 << 10;

/// The contexts that an import has stored apart, by the 128-bit hash of their text: as for identifiers, equal hashes
/// are equal texts.
#[derive(Default)]
pub(super) struct Contexts {
    recent: Known,
    /// Those of the generation before; what is met again moves to `recent`.
    older: Known,
    next: u32,
    /// New ones, one behind the other, and where each ends.
    waiting: String,
    ends: Vec<usize>,
    /// What writes many.
    many: String,
    /// Of this window: how many there were, and how many of them were known.
    met: u32,
    known: u32,
    /// All further ones stay with their events, which is always right.
    is_given_up: bool,
}

type Known = HashMap<ContextKey, u32, BuildHasherDefault<Hashed>>;

impl Contexts {
    /// Without any known: those of earlier imports leave with them, so each import has its own.
    pub(super) fn load(conn: &Connection) -> Result<Contexts, StoreError> {
        let last: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM context", [], |row| row.get(0))?;
        let next = u32::try_from(last + 1).map_err(|_| StoreError::Full)?;
        Ok(Contexts { next, many: statement(AT_ONCE), ..Contexts::default() })
    }

    /// The row of an event's context, made if it is new; `None` when it is to stay with the event.
    pub(super) fn id(
        &mut self,
        conn: &Connection,
        batch: i64,
        event: &Ready<'_>,
    ) -> Result<Option<u32>, StoreError> {
        let Some(key) = event.facts.context.filter(|_| !self.is_given_up) else { return Ok(None) };
        let found = self.find(key);
        let id = match found {
            Some(id) => id,
            None => self.make(conn, batch, key, event.objects()[1])?,
        };
        self.count(found.is_some());
        Ok(Some(id))
    }

    /// The row of a context that is remembered.
    pub(super) fn known(&self, key: ContextKey) -> Option<u32> {
        self.recent.get(&key).or_else(|| self.older.get(&key)).copied()
    }

    /// Writes all that wait.
    pub(super) fn flush(&mut self, conn: &Connection, batch: i64) -> Result<(), StoreError> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let (at_once, sql) =
            if self.ends.len() == AT_ONCE { (AT_ONCE, &self.many) } else { (1, &statement(1)) };
        let mut statement = conn.prepare_cached(sql)?;
        statement.raw_bind_parameter(1, batch)?;
        let mut start = 0;
        for ends in self.ends.chunks(at_once) {
            for (at, end) in ends.iter().enumerate() {
                statement.raw_bind_parameter(2 + at, &self.waiting[start..*end])?;
                start = *end;
            }
            statement.raw_execute()?;
        }
        check_id(conn, self.next - 1)?;
        self.waiting.clear();
        self.ends.clear();
        Ok(())
    }

    /// Forgets all of them, those that wait, too, and takes in no more: the chunk that has some was taken back.
    pub(super) fn forget(&mut self) {
        *self = Contexts { is_given_up: true, ..Contexts::default() };
    }

    fn find(&mut self, key: ContextKey) -> Option<u32> {
        if let Some(id) = self.recent.get(&key) {
            return Some(*id);
        }
        let id = *self.older.get(&key)?;
        self.remember(key, id);
        Some(id)
    }

    fn make(
        &mut self,
        conn: &Connection,
        batch: i64,
        key: ContextKey,
        text: &str,
    ) -> Result<u32, StoreError> {
        let id = self.next;
        self.next = id.checked_add(1).ok_or(StoreError::Full)?;
        self.remember(key, id);
        self.waiting.push_str(text);
        self.ends.push(self.waiting.len());
        if self.ends.len() == AT_ONCE || self.waiting.len() > MOST_BYTES {
            self.flush(conn, batch)?;
        }
        Ok(id)
    }

    fn remember(&mut self, key: ContextKey, id: u32) {
        if self.recent.len() >= MOST {
            std::mem::swap(&mut self.recent, &mut self.older);
            self.recent.clear();
        }
        self.recent.insert(key, id);
    }

    fn count(&mut self, is_known: bool) {
        self.met += 1;
        self.known += u32::from(is_known);
        if self.met < WINDOW {
            return;
        }
        if self.known * 3 < self.met {
            self.is_given_up = true;
            (self.recent, self.older) = (Known::default(), Known::default());
        }
        (self.met, self.known) = (0, 0);
    }
}

fn statement(rows: usize) -> String {
    insertion("context", ("batch, ", "?1,"), &["json"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{EventKind, NewEvent};
    use crate::model::time::Time;
    use crate::store::schema::{MIGRATIONS, migrate};

    fn event(n: usize) -> NewEvent {
        NewEvent {
            kind: EventKind::Track,
            name: String::new(),
            message_id: None,
            anonymous_id: None,
            user_id: None,
            previous_id: None,
            time: Time(0),
            properties: String::new(),
            context: format!(r#"{{"library":"analytics","device":{n}}}"#),
            extra: String::new(),
        }
    }

    fn database() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS).unwrap();
        conn
    }

    fn number(conn: &Connection, sql: &str) -> i64 {
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Takes in an event with the n-th context.
    fn take(contexts: &mut Contexts, conn: &Connection, n: usize) -> Option<u32> {
        contexts.id(conn, 1, &Ready::new(&event(n), 1, 1)).unwrap()
    }

    #[test]
    fn two_generations_are_remembered_and_what_is_met_again_stays() {
        let conn = database();
        let mut contexts = Contexts::load(&conn).unwrap();
        // Each one twice, so that it is worth going on.
        for n in 0..MOST * 2 {
            let id = take(&mut contexts, &conn, n);
            assert_eq!((id, take(&mut contexts, &conn, n)), (Some(n as u32 + 1), id));
            if n % 50_000 == 0 {
                assert_eq!(take(&mut contexts, &conn, 0), Some(1), "met again in time");
            }
            assert!(contexts.recent.len() <= MOST && contexts.older.len() <= MOST);
        }
        assert_eq!(take(&mut contexts, &conn, 0), Some(1));
        assert_eq!(take(&mut contexts, &conn, MOST + 9), Some(MOST as u32 + 10));
        assert_eq!(take(&mut contexts, &conn, 1), Some(MOST as u32 * 2 + 1), "forgotten, and stored again");
        contexts.flush(&conn, 1).unwrap();
        assert_eq!(number(&conn, "SELECT count(*) FROM context"), MOST as i64 * 2 + 1);
        let sql = "SELECT count(*) FROM context WHERE json = '{\"library\":\"analytics\",\"device\":' || (id - 1) || '}'";
        assert_eq!(number(&conn, sql), MOST as i64 * 2, "each under its number");
    }

    #[test]
    fn unique_ones_stay_with_their_events_once_that_shows() {
        let conn = database();
        let mut contexts = Contexts::load(&conn).unwrap();
        for n in 0..WINDOW as usize {
            assert!(take(&mut contexts, &conn, n).is_some());
        }
        assert_eq!(take(&mut contexts, &conn, 7), None);
        assert_eq!((contexts.recent.capacity(), contexts.older.capacity()), (0, 0));
        let mut contexts = Contexts::load(&conn).unwrap();
        for n in 0..2 * WINDOW as usize {
            assert!(take(&mut contexts, &conn, n * 2 / 3).is_some(), "a third is known");
        }
    }

    #[test]
    fn short_ones_stay_with_their_events() {
        let conn = database();
        let mut contexts = Contexts::load(&conn).unwrap();
        let short = NewEvent { context: r#"{"app":"shop"}"#.to_owned(), ..event(1) };
        assert_eq!(contexts.id(&conn, 1, &Ready::new(&short, 1, 1)).unwrap(), None);
        assert_eq!(take(&mut contexts, &conn, 1), Some(1));
        contexts.forget();
        assert_eq!(take(&mut contexts, &conn, 1), None, "nothing is known of a chunk taken back");
        contexts.flush(&conn, 1).unwrap();
        assert_eq!(number(&conn, "SELECT count(*) FROM context"), 0);
    }
}
