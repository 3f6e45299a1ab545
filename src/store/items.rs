//! Items as rows, read into a workspace; last answers beside them. Not for changing items: see `store::edits`.

use rusqlite::{OptionalExtension, params};

use super::{Document, StoreError};
use crate::base::Diagnostic;
use crate::model::item::{Item, ItemId};
use crate::model::workspace::Workspace;

impl Document {
    /// Every readable item. One that cannot be read stays in the file and is told of.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn load_workspace(&self) -> Result<(Workspace, Vec<Diagnostic>), StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT id, kind, payload FROM item ORDER BY id")?;
        let mut rows = statement.query([])?;
        let (mut items, mut problems) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            match Item::from_payload(row.get_ref(1)?.as_str().unwrap_or(""), &row.get::<_, String>(2)?) {
                Ok(item) => items.push((ItemId(id), item)),
                Err(problem) => problems.push(
                    Diagnostic::warning(problem.code, problem.message)
                        .at(format!("item {id}"))
                        .hint("It stays in the document; a newer Stormline may read it"),
                ),
            }
        }
        Ok((Workspace::new(items), problems))
    }

    /// The text kept by [`Document::set_last_answer`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last_answer(&self, item: ItemId) -> Result<Option<String>, StoreError> {
        Ok(self
            .conn
            .prepare_cached("SELECT answer FROM last_answer WHERE item = ?1")?
            .query_row([item.0], |row| row.get(0))
            .optional()?)
    }

    /// Keeps the last answer of a saved query, outside edits and history.
    ///
    /// # Errors
    /// `ReadOnly`, or what SQLite says.
    pub fn set_last_answer(&mut self, item: ItemId, answer: &str) -> Result<(), StoreError> {
        self.require_writer()?;
        self.conn
            .prepare_cached("INSERT INTO last_answer VALUES (?1, ?2) ON CONFLICT DO UPDATE SET answer = ?2")?
            .execute(params![item.0, answer])?;
        Ok(())
    }
}
