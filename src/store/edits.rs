//! Edits as rows: recorded with the items they change in one transaction, undone and redone across restarts.
//! Not for what an edit may do: see `model::operations`.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::document::{meta_number, set_meta};
use super::{Document, StoreError};
use crate::model::edit::{Change, Edit};
use crate::model::item::{Item, ItemId};
use crate::model::time::Time;

/// The most that the history may hold, in bytes of stored changes; the oldest go first.
const LOG_CAP_BYTES: i64 = 200 * 1_000_000;

/// Where an edit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditState {
    /// Applied; the latest of these is what undo takes back.
    Done,
    /// Taken back; the earliest of these is what redo makes again.
    Undone,
    /// Taken back, and then another edit was made.
    Abandoned,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Ascending with time.
    pub id: i64,
    /// What was done.
    pub label: String,
    /// Who did it; empty when not said.
    pub author: String,
    /// When.
    pub at: Time,
    /// Where it stands.
    pub state: EditState,
}

impl Document {
    /// Stores an edit that the workspace accepted, with its items, in one transaction. Undone edits are abandoned.
    ///
    /// # Errors
    /// `Stale` when an item is not stored as the edit says it was before; then nothing is changed.
    pub fn record(&mut self, edit: &Edit) -> Result<(), StoreError> {
        self.require_writer()?;
        let changes = changes_text(edit);
        let step = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        apply(&step, edit)?;
        step.execute("UPDATE edit_log SET state = 'abandoned' WHERE state = 'undone'", [])?;
        step.prepare_cached(
            "INSERT INTO edit_log (label, author, at_us, state, changes) VALUES (?1, ?2, ?3, 'done', ?4)",
        )?
        .execute(params![edit.label, edit.author, edit.at.0, changes])?;
        let bytes = meta_number(&step, "edit_log_bytes")? + changes.len() as i64;
        let bytes = trim(&step, bytes, LOG_CAP_BYTES)?;
        set_meta(&step, "edit_log_bytes", &bytes.to_string())?;
        Ok(step.commit()?)
    }

    /// Takes the latest edit back, and returns the change to apply to the workspace; `None` when there is none.
    ///
    /// # Errors
    /// `Stale`, `BadEdit`, or what SQLite says; then nothing is changed.
    pub fn undo(&mut self) -> Result<Option<Edit>, StoreError> {
        self.step_in_history(LATEST_DONE, "undone", Edit::inverted)
    }

    /// Makes the edit again that was last undone, and returns it.
    ///
    /// # Errors
    /// As [`Document::undo`].
    pub fn redo(&mut self) -> Result<Option<Edit>, StoreError> {
        self.step_in_history(EARLIEST_UNDONE, "done", Edit::clone)
    }

    /// What [`Document::undo`] would take back.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn peek_undo(&self) -> Result<Option<HistoryEntry>, StoreError> {
        peek(&self.conn, LATEST_DONE)
    }

    /// What [`Document::redo`] would make again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn peek_redo(&self) -> Result<Option<HistoryEntry>, StoreError> {
        peek(&self.conn, EARLIEST_UNDONE)
    }

    /// The history, latest first, at most `limit` entries.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, label, author, at_us, state FROM edit_log ORDER BY id DESC LIMIT ?1",
        )?;
        let entries = statement.query_map([limit], entry)?;
        Ok(entries.collect::<Result<_, _>>()?)
    }

    fn step_in_history(
        &mut self,
        which: &str,
        state: &str,
        turn: impl FnOnce(&Edit) -> Edit,
    ) -> Result<Option<Edit>, StoreError> {
        self.require_writer()?;
        let step = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(entry) = peek(&step, which)? else { return Ok(None) };
        let text: String =
            step.query_row("SELECT changes FROM edit_log WHERE id = ?1", [entry.id], |row| row.get(0))?;
        let edit = turn(&read_edit(&entry, &text)?);
        apply(&step, &edit)?;
        step.execute("UPDATE edit_log SET state = ?1 WHERE id = ?2", params![state, entry.id])?;
        step.commit()?;
        Ok(Some(edit))
    }
}

const LATEST_DONE: &str = "state = 'done' ORDER BY id DESC";
const EARLIEST_UNDONE: &str = "state = 'undone' ORDER BY id";

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    id: i64,
    before: Option<ItemForm>,
    after: Option<ItemForm>,
}

#[derive(Serialize, Deserialize)]
struct ItemForm {
    kind: String,
    payload: String,
}

fn changes_text(edit: &Edit) -> String {
    let item = |item: &Item| ItemForm { kind: item.kind().to_owned(), payload: item.payload() };
    let forms: Vec<ChangeForm> = edit
        .changes
        .iter()
        .map(|change| ChangeForm {
            id: change.id.0,
            before: change.before.as_ref().map(item),
            after: change.after.as_ref().map(item),
        })
        .collect();
    serde_json::to_string(&forms).unwrap_or_default()
}

fn read_edit(entry: &HistoryEntry, text: &str) -> Result<Edit, StoreError> {
    let bad = |detail: String| StoreError::BadEdit { label: entry.label.clone(), detail };
    let forms: Vec<ChangeForm> = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    let item = |form: Option<ItemForm>| match form {
        Some(form) => {
            Item::from_payload(&form.kind, &form.payload).map(Some).map_err(|problem| bad(problem.message))
        }
        None => Ok(None),
    };
    let changes = forms
        .into_iter()
        .map(|form| Ok(Change { id: ItemId(form.id), before: item(form.before)?, after: item(form.after)? }))
        .collect::<Result<_, StoreError>>()?;
    Ok(Edit { label: entry.label.clone(), author: entry.author.clone(), at: entry.at, changes })
}

fn apply(step: &Transaction<'_>, edit: &Edit) -> Result<(), StoreError> {
    for change in &edit.changes {
        let stored: Option<(String, String)> = step
            .prepare_cached("SELECT kind, payload FROM item WHERE id = ?1")?
            .query_row([change.id.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let before = match stored {
            Some((kind, payload)) => {
                Some(Item::from_payload(&kind, &payload).map_err(|_| StoreError::Stale)?)
            }
            None => None,
        };
        if before != change.before {
            return Err(StoreError::Stale);
        }
        match &change.after {
            Some(item) => step
                .prepare_cached("INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3)")?
                .execute(params![change.id.0, item.kind(), item.payload()])?,
            None => step.prepare_cached("DELETE FROM item WHERE id = ?1")?.execute([change.id.0])?,
        };
    }
    Ok(())
}

/// Drops the oldest entries until `bytes` fit in `cap`, but never the newest; returns what is left.
fn trim(conn: &Connection, mut bytes: i64, cap: i64) -> Result<i64, StoreError> {
    while bytes > cap {
        let oldest: Option<(i64, i64)> = conn
            .query_row(
                "SELECT id, octet_length(changes) FROM edit_log
                 WHERE id < (SELECT max(id) FROM edit_log) ORDER BY id LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((id, size)) = oldest else { break };
        conn.execute("DELETE FROM edit_log WHERE id = ?1", [id])?;
        bytes -= size;
    }
    Ok(bytes)
}

fn peek(conn: &Connection, which: &str) -> Result<Option<HistoryEntry>, StoreError> {
    let sql = format!("SELECT id, label, author, at_us, state FROM edit_log WHERE {which} LIMIT 1");
    Ok(conn.prepare_cached(&sql)?.query_row([], entry).optional()?)
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<HistoryEntry> {
    let state = match row.get_ref(4)?.as_str()? {
        "done" => EditState::Done,
        "undone" => EditState::Undone,
        _ => EditState::Abandoned,
    };
    Ok(HistoryEntry {
        id: row.get(0)?,
        label: row.get(1)?,
        author: row.get(2)?,
        at: Time(row.get(3)?),
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::{MIGRATIONS, migrate};

    #[test]
    fn the_log_is_capped_oldest_first_and_keeps_the_newest() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS).unwrap();
        for n in 0..5 {
            conn.execute(
                "INSERT INTO edit_log (label, author, at_us, state, changes) VALUES (?1, '', 0, 'done', ?2)",
                params![format!("edit {n}"), "x".repeat(100)],
            )
            .unwrap();
        }
        assert_eq!(trim(&conn, 500, 250).unwrap(), 200);
        let left: Vec<String> = conn
            .prepare("SELECT label FROM edit_log ORDER BY id")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(left, ["edit 3", "edit 4"]);
        assert_eq!(trim(&conn, 200, 10).unwrap(), 100);
    }
}
