//! Handing a document over: a copy of everything, or of the definitions alone. Not for export to other formats.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};

use super::batches::counts;
use super::cache::is_current;
use super::columns::dictionary;
use super::document::{connect, move_into_place, write_empty};
use super::header::sidecar;
use super::lock::Lock;
use super::scan::{Places, Wanted, scan};
use super::{Document, StoreError};
use crate::base::Progress;
use crate::model::privacy::is_personal_name;

/// What a copy may contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyContents {
    /// Plan, boards, queries and settings: no events, no cache, no history, no last answers.
    #[default]
    Definitions,
    /// Everything.
    Everything,
}

/// How a copy is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyOptions {
    /// What it may contain.
    pub contents: CopyContents,
    /// Replace a file that is there.
    pub overwrite: bool,
}

/// What a copy of everything hands over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyFacts {
    /// Persons with events.
    pub persons: u64,
    /// Events.
    pub events: u64,
    /// Records in quarantine: raw lines.
    pub quarantined: u64,
    /// Properties suspected to be personal, sorted.
    pub personal_properties: Vec<String>,
}

impl Document {
    /// Writes a copy beside its final place and then gives it its name: a stopped copy leaves nothing.
    ///
    /// # Errors
    /// `Exists` unless overwriting; `Locked` when the file to replace is an open document; `Cancelled`; or what
    /// SQLite and the file system say.
    pub fn save_copy(
        &self,
        path: &Path,
        options: CopyOptions,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let exists = std::fs::symlink_metadata(path).is_ok();
        if exists && !options.overwrite {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        if exists && path.is_dir() {
            return Err(StoreError::Directory { path: path.to_owned() });
        }
        if path.canonicalize().is_ok_and(|path| path == self.path()) {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        // While the copy is made, nobody may open what it replaces.
        let _lock = Lock::take(path)?;
        let draft = Draft(sidecar(path, &format!(".copy-{}", std::process::id())));
        write_empty(&draft.0)?;
        let mut target = connect(&draft.0, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match options.contents {
            CopyContents::Definitions => copy_items(&self.conn, &mut target, progress)?,
            CopyContents::Everything => copy_pages(&self.conn, &mut target, progress)?,
        }
        target.close().map_err(|(_, error)| error)?;
        move_into_place(&draft.0, path, options.overwrite)
    }

    /// What a copy of everything hands over, by the dictionary of properties; without a current cache the rows
    /// are read.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says.
    pub fn copy_facts(&self, progress: &Progress) -> Result<CopyFacts, StoreError> {
        let file = self.snapshot()?;
        let counts = counts(&file)?;
        let personal: BTreeSet<String> = if is_current(&file)? {
            let known = dictionary(&file)?.into_iter();
            known.filter(|info| info.is_personal).map(|info| info.property).collect()
        } else {
            let wanted = Wanted::All { budget: 0 };
            let scanned = scan(&file, (0, u32::MAX), wanted, &Places::default(), progress)?;
            let by_name = scanned.uses.into_keys().filter(|name| is_personal_name(name));
            by_name.chain(scanned.personal).collect()
        };
        Ok(CopyFacts {
            persons: counts.persons,
            events: counts.events,
            quarantined: counts.quarantined,
            personal_properties: personal.into_iter().collect(),
        })
    }
}

const PAGES_AT_ONCE: i32 = 256;

/// Removed unless it was given its name.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            // Most of these are not there; what cannot be removed is told by the error that led here.
            let _ = std::fs::remove_file(sidecar(&self.0, ending));
        }
    }
}

fn copy_items(from: &Connection, to: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    let step = to.transaction()?;
    let mut statement = from.prepare("SELECT id, kind, payload FROM item ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut done = 0;
    while let Some(row) = rows.next()? {
        progress.at(done, 0)?;
        done += 1;
        step.prepare_cached("INSERT INTO item VALUES (?1, ?2, ?3)")?.execute(params![
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?
        ])?;
    }
    progress.at(done, done)?;
    Ok(step.commit()?)
}

fn copy_pages(from: &Connection, to: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    {
        let backup = Backup::new(from, to)?;
        loop {
            let step = backup.step(PAGES_AT_ONCE)?;
            let reached = backup.progress();
            let (total, left) = (reached.pagecount.max(0) as u64, reached.remaining.max(0) as u64);
            progress.at(total - left.min(total), total)?;
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // The busy handler has waited its ten seconds by now.
                _ => return Err(StoreError::Busy),
            }
        }
    }
    to.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    // Where the logs lay on this machine is nobody else's business, and the secret of addresses stays here.
    to.pragma_update(None, "secure_delete", true)?;
    to.execute(
        "DELETE FROM meta WHERE key LIKE 'import.path.%' OR key LIKE 'import.removed.%'
         OR key IN ('import.salt', 'watch.folders')",
        [],
    )?;
    Ok(())
}
