//! Computes persons anew from the event rows, and stores what changed. Not for reading them.

use std::collections::HashMap;

use rusqlite::{Connection, TransactionBehavior, params};

use super::STALE;
use crate::base::Progress;
use crate::engine::identity::components;
use crate::store::StoreError;
use crate::store::document::{Revision, advance, meta, revision, set_meta};
use crate::store::import::index_identifiers;

/// Links are sorted and merged once this many have gathered, or as many as there are already.
const BUFFER: usize = 1 << 20;

/// Brings the stored persons up to date with the rows, if they are not.
pub(crate) fn refresh(conn: &mut Connection) -> Result<(), StoreError> {
    refresh_unless_cancelled(conn, &Progress::new())
}

/// As [`refresh`], and can be stopped: persons are then as stale as before. Reports nothing.
///
/// # Errors
/// `Cancelled`, or what SQLite says.
pub(crate) fn refresh_unless_cancelled(conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    if !is_stale(conn)? {
        return Ok(());
    }
    // Computed before the file is locked, so that edits need not wait for it.
    let (before, mut computed) = {
        let rows = conn.unchecked_transaction()?;
        (revision(&rows)?, Computed::of(&rows, progress)?)
    };
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if revision(&step)? != before {
        computed = Computed::of(&step, progress)?;
    }
    computed.store(&step, progress)?;
    Ok(step.commit()?)
}

/// Brings the stored persons up to date with what an import added, without looking at the rows again. `expected` is
/// the state of the file if only that import has changed it; in any other one it computes all persons anew.
///
/// # Errors
/// `Cancelled`, and then persons are stale; or what SQLite says.
pub(crate) fn refresh_with(
    conn: &mut Connection,
    gains: Gains,
    expected: Revision,
    progress: &Progress,
) -> Result<(), StoreError> {
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if revision(&step)? != expected || !is_stale(&step)? {
        drop(step);
        return refresh_unless_cancelled(conn, progress);
    }
    Computed::with(&step, gains, progress)?.store(&step, progress)?;
    Ok(step.commit()?)
}

/// True while the stored persons are older than the rows.
pub(crate) fn is_stale(conn: &Connection) -> Result<bool, StoreError> {
    Ok(meta(conn, STALE)?.as_deref() == Some("1"))
}

/// What the events of an import add to identifiers.
#[derive(Default)]
pub(crate) struct Gains {
    /// By identifier id: events that carry it, and events that belong to their person through it.
    identifiers: Vec<(u32, u32)>,
    links: Links,
}

/// The event of a link that a table of persons makes.
const NO_EVENT: u32 = 0;

impl Gains {
    /// Counts an event with its usable identifiers: anonymous, user, previous.
    pub(crate) fn add(&mut self, event: u32, [anonymous, user, previous]: [Option<u32>; 3]) {
        for id in [anonymous, user, previous].into_iter().flatten() {
            self.identifier(id).0 += 1;
        }
        if let Some(owner) = user.or(anonymous) {
            self.identifier(owner).1 += 1;
            if let Some(previous) = previous {
                self.links.add(previous, owner, event);
            }
        }
        if let (Some(anonymous), Some(user)) = (anonymous, user) {
            self.links.add(anonymous, user, event);
        }
    }

    /// Takes in the usable identifiers of a row of a table of persons: they link, and no event is counted.
    pub(crate) fn add_row(&mut self, anonymous: Option<u32>, user: Option<u32>) {
        for id in [anonymous, user].into_iter().flatten() {
            self.identifier(id);
        }
        if let (Some(anonymous), Some(user)) = (anonymous, user) {
            self.links.add(anonymous, user, NO_EVENT);
        }
    }

    /// What an identifier has gained by now.
    pub(crate) fn glance(&self, id: u32) -> u64 {
        self.identifiers.get(id as usize).map_or(0, |gained| u64::from(gained.0))
    }

    fn identifier(&mut self, id: u32) -> &mut (u32, u32) {
        let at = id as usize;
        if at >= self.identifiers.len() {
            self.identifiers.resize(at + 1, (0, 0));
        }
        &mut self.identifiers[at]
    }
}

struct Computed {
    /// By identifier id: events that carry it, and events that belong to their person through it.
    identifiers: Vec<(u32, u32)>,
    /// By identifier id: whether a table of persons has it.
    in_tables: Vec<bool>,
    /// By identifier id.
    persons: Vec<u32>,
    links: Vec<LinkRow>,
}

impl Computed {
    /// From all event rows.
    fn of(conn: &Connection, progress: &Progress) -> Result<Computed, StoreError> {
        let last: i64 =
            conn.query_row("SELECT coalesce(max(id), 0) FROM identifier", [], |row| row.get(0))?;
        let mut found = Gains { identifiers: vec![(0, 0); last as usize + 1], links: Links::default() };
        let mut statement = conn.prepare("SELECT id, anonymous, user, previous FROM event")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let event = row.get(0)?;
            found.add(event, [row.get(1)?, row.get(2)?, row.get(3)?]);
            unless_cancelled(event, progress)?;
        }
        each_row(conn, |anonymous, user| found.add_row(anonymous, user))?;
        Computed::connected(conn, found)
    }

    /// From what is stored and what an import added.
    fn with(conn: &Connection, mut gains: Gains, progress: &Progress) -> Result<Computed, StoreError> {
        let mut statement = conn.prepare("SELECT id, events, owned FROM identifier")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, events, owned): (u32, u32, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let gained = gains.identifier(id);
            *gained = (gained.0 + events, gained.1 + owned);
            unless_cancelled(id, progress)?;
        }
        let mut statement = conn.prepare("SELECT a, b, event_id, events FROM identity_link")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let link =
                LinkRow { a: row.get(0)?, b: row.get(1)?, first_event: row.get(2)?, events: row.get(3)? };
            gains.links.fresh.push(link);
            unless_cancelled(link.a, progress)?;
        }
        Computed::connected(conn, gains)
    }

    fn connected(conn: &Connection, mut found: Gains) -> Result<Computed, StoreError> {
        found.links.settle();
        let links = found.links.settled;
        let pairs = links.iter().map(LinkRow::pair).chain(same_values(conn)?);
        let persons = components(found.identifiers.len(), pairs);
        let mut in_tables = vec![false; found.identifiers.len()];
        each_row(conn, |anonymous, user| {
            for id in [anonymous, user].into_iter().flatten() {
                if let Some(is_in) = in_tables.get_mut(id as usize) {
                    *is_in = true;
                }
            }
        })?;
        Ok(Computed { identifiers: found.identifiers, in_tables, persons, links })
    }

    /// True for an identifier that nothing carries any more.
    fn is_unused(&self, at: usize) -> bool {
        self.identifiers[at].0 == 0 && !self.in_tables[at]
    }

    fn store(&self, step: &Connection, progress: &Progress) -> Result<(), StoreError> {
        let count = store_identifiers(step, self, progress)?;
        unless_cancelled(0, progress)?;
        // A large import has taken it away.
        index_identifiers(step)?;
        store_links(step, &self.links, progress)?;
        set_meta(step, "persons", &count.to_string())?;
        advance(step, "identity_revision")?;
        set_meta(step, STALE, "0")
    }
}

/// The usable identifiers, anonymous and user, of each row of a table of persons.
fn each_row(conn: &Connection, mut take: impl FnMut(Option<u32>, Option<u32>)) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT anonymous, user FROM person_row")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?, row.get(1)?);
    }
    Ok(())
}

/// Looks now and then whether a person has stopped the work.
fn unless_cancelled(n: u32, progress: &Progress) -> Result<(), StoreError> {
    if n.is_multiple_of(1024) && progress.is_cancelled() { Err(StoreError::Cancelled) } else { Ok(()) }
}

#[derive(Default)]
struct Links {
    settled: Vec<LinkRow>,
    fresh: Vec<LinkRow>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LinkRow {
    a: u32,
    b: u32,
    first_event: u32,
    events: u32,
}

impl LinkRow {
    fn pair(&self) -> (u32, u32) {
        (self.a, self.b)
    }
}

impl Links {
    fn add(&mut self, one: u32, other: u32, event: u32) {
        if one == other {
            return;
        }
        let (a, b) = (one.min(other), one.max(other));
        self.fresh.push(LinkRow { a, b, first_event: event, events: 1 });
        // As many as there are, so that all the sorting together stays in proportion to the links.
        if self.fresh.len() >= BUFFER.max(self.settled.len()) {
            self.settle();
        }
    }

    /// Sorts, and makes one of equal pairs: the first event, the sum of events.
    fn settle(&mut self) {
        self.settled.append(&mut self.fresh);
        self.settled.sort_unstable();
        self.settled.dedup_by(|later, kept| {
            let is_same = later.pair() == kept.pair();
            if is_same {
                kept.events += later.events;
            }
            is_same
        });
    }
}

/// The previous id of an alias is an anonymous id or a user id of the same text, whichever there is.
fn same_values(conn: &Connection) -> Result<Vec<(u32, u32)>, StoreError> {
    // Not by a join: the index of texts may be missing.
    let mut previous: HashMap<String, u32> = HashMap::new();
    let mut statement = conn.prepare("SELECT value, id FROM identifier WHERE kind = 2")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        previous.insert(row.get(0)?, row.get(1)?);
    }
    let mut pairs = Vec::new();
    if previous.is_empty() {
        return Ok(pairs);
    }
    let mut statement = conn.prepare("SELECT value, id FROM identifier WHERE kind IN (0, 1)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(other) = previous.get(row.get_ref(0)?.as_str().unwrap_or_default()) {
            pairs.push((*other, row.get(1)?));
        }
    }
    Ok(pairs)
}

/// Writes what changed, and gives the number of persons: of those known by more than the previous id of an alias.
fn store_identifiers(
    conn: &Connection,
    computed: &Computed,
    progress: &Progress,
) -> Result<usize, StoreError> {
    let Computed { identifiers: found, persons, .. } = computed;
    let mut changed: Vec<u32> = Vec::new();
    let mut kept = 0_usize;
    let mut is_person = vec![false; persons.len()];
    {
        let mut statement = conn.prepare("SELECT id, person_id, events, owned, kind FROM identifier")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: u32 = row.get(0)?;
            let stored: (u32, (u32, u32)) = (row.get(1)?, (row.get(2)?, row.get(3)?));
            let at = id as usize;
            kept += 1;
            is_person[persons[at] as usize] |= !computed.is_unused(at) && row.get::<_, u8>(4)? < 2;
            if stored != (persons[at], found[at]) || computed.is_unused(at) {
                changed.push(id);
            }
            unless_cancelled(id, progress)?;
        }
    }
    // Building the index anew is cheaper than moving most of its entries.
    let is_anew = changed.len() > 1000 && changed.len() * 4 > kept;
    if is_anew {
        conn.execute_batch("DROP INDEX identifier_person")?;
    }
    let mut remove = conn.prepare_cached("DELETE FROM identifier WHERE id = ?1")?;
    let mut update =
        conn.prepare_cached("UPDATE identifier SET person_id = ?2, events = ?3, owned = ?4 WHERE id = ?1")?;
    for id in changed {
        let at = id as usize;
        let (events, owned) = found[at];
        if computed.is_unused(at) {
            remove.execute([id])?;
        } else {
            update.execute(params![id, persons[at], events, owned])?;
        }
        unless_cancelled(id, progress)?;
    }
    if is_anew {
        conn.execute_batch("CREATE INDEX identifier_person ON identifier (person_id)")?;
    }
    Ok(is_person.into_iter().filter(|is_person| *is_person).count())
}

/// Walks the stored and the new links side by side, both sorted, and writes only the differences.
fn store_links(conn: &Connection, links: &[LinkRow], progress: &Progress) -> Result<(), StoreError> {
    let (mut gone, mut put) = (Vec::new(), Vec::new());
    {
        let mut statement = conn.prepare("SELECT a, b, event_id, events FROM identity_link ORDER BY a, b")?;
        let mut stored = statement.query_map([], |row| {
            Ok(LinkRow { a: row.get(0)?, b: row.get(1)?, first_event: row.get(2)?, events: row.get(3)? })
        })?;
        let mut old = stored.next().transpose()?;
        for new in links {
            while let Some(link) = old.filter(|link| link.pair() < new.pair()) {
                gone.push(link);
                old = stored.next().transpose()?;
            }
            match old.filter(|link| link.pair() == new.pair()) {
                Some(link) => {
                    if link != *new {
                        put.push(*new);
                    }
                    old = stored.next().transpose()?;
                }
                None => put.push(*new),
            }
        }
        while let Some(link) = old {
            gone.push(link);
            old = stored.next().transpose()?;
        }
    }
    for link in gone {
        conn.prepare_cached("DELETE FROM identity_link WHERE a = ?1 AND b = ?2")?
            .execute([link.a, link.b])?;
    }
    let mut statement =
        conn.prepare_cached("INSERT OR REPLACE INTO identity_link VALUES (?1, ?2, ?3, ?4)")?;
    for link in put {
        statement.execute([link.a, link.b, link.first_event, link.events])?;
        unless_cancelled(link.a, progress)?;
    }
    Ok(())
}
