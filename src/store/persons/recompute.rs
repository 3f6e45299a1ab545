//! Computes persons anew from the event rows, and stores what changed. Not for reading them.

use rusqlite::{Connection, TransactionBehavior, params};

use super::STALE;
use crate::engine::identity::components;
use crate::store::StoreError;
use crate::store::document::{advance, meta, revision, set_meta};

/// Links are sorted and merged each time this many have gathered.
const BUFFER: usize = 1 << 20;

/// Brings the stored persons up to date with the rows, if they are not.
pub(crate) fn refresh(conn: &mut Connection) -> Result<(), StoreError> {
    if meta(conn, STALE)?.as_deref() != Some("1") {
        return Ok(());
    }
    // Computed before the file is locked, so that edits need not wait for it.
    let (before, mut computed) = {
        let rows = conn.unchecked_transaction()?;
        (revision(&rows)?, Computed::of(&rows)?)
    };
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if revision(&step)? != before {
        computed = Computed::of(&step)?;
    }
    store_identifiers(&step, &computed)?;
    store_links(&step, &computed.links)?;
    let count: i64 =
        step.query_row("SELECT count(DISTINCT person_id) FROM identifier WHERE kind < 2", [], |r| r.get(0))?;
    set_meta(&step, "persons", &count.to_string())?;
    advance(&step, "identity_revision")?;
    set_meta(&step, STALE, "0")?;
    Ok(step.commit()?)
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
    fn of(conn: &Connection) -> Result<Computed, StoreError> {
        let mut found = scan(conn)?;
        found.links.settle();
        let links = found.links.settled;
        let pairs = links.iter().map(LinkRow::pair).chain(same_values(conn)?);
        let persons = components(found.identifiers.len(), pairs);
        Ok(Computed { identifiers: found.identifiers, in_tables: found.in_tables, persons, links })
    }
}

struct Found {
    /// By identifier id: events that carry it, and events that belong to their person through it.
    identifiers: Vec<(u32, u32)>,
    in_tables: Vec<bool>,
    links: Links,
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
        if self.fresh.len() == BUFFER {
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

fn scan(conn: &Connection) -> Result<Found, StoreError> {
    let last: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM identifier", [], |row| row.get(0))?;
    let mut found = Found {
        identifiers: vec![(0, 0); last as usize + 1],
        in_tables: vec![false; last as usize + 1],
        links: Links::default(),
    };
    let mut statement = conn.prepare("SELECT id, anonymous, user, previous FROM event")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let event: u32 = row.get(0)?;
        let (anonymous, user): (Option<u32>, Option<u32>) = (row.get(1)?, row.get(2)?);
        let previous: Option<u32> = row.get(3)?;
        for id in [anonymous, user, previous].into_iter().flatten() {
            found.identifiers[id as usize].0 += 1;
        }
        if let Some(owner) = user.or(anonymous) {
            found.identifiers[owner as usize].1 += 1;
            if let Some(previous) = previous {
                found.links.add(previous, owner, event);
            }
        }
        if let (Some(anonymous), Some(user)) = (anonymous, user) {
            found.links.add(anonymous, user, event);
        }
    }
    scan_tables(conn, &mut found)?;
    Ok(found)
}

/// Tables of persons link too; no event is to be named, so the link's is 0.
fn scan_tables(conn: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT anonymous, user FROM person_row")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (anonymous, user): (Option<u32>, Option<u32>) = (row.get(0)?, row.get(1)?);
        for id in [anonymous, user].into_iter().flatten() {
            found.in_tables[id as usize] = true;
        }
        if let (Some(anonymous), Some(user)) = (anonymous, user) {
            found.links.add(anonymous, user, 0);
        }
    }
    Ok(())
}

/// The previous id of an alias is an anonymous id or a user id of the same text, whichever there is.
fn same_values(conn: &Connection) -> Result<Vec<(u32, u32)>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT p.id, q.id FROM identifier p JOIN identifier q ON q.kind IN (0, 1) AND q.value = p.value
         WHERE p.kind = 2",
    )?;
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(pairs.collect::<Result<_, _>>()?)
}

fn store_identifiers(conn: &Connection, computed: &Computed) -> Result<(), StoreError> {
    let Computed { identifiers: found, in_tables, persons, .. } = computed;
    let is_unused = |at: usize| found[at].0 == 0 && !in_tables[at];
    let mut changed: Vec<u32> = Vec::new();
    let mut kept = 0_usize;
    {
        let mut statement = conn.prepare("SELECT id, person_id, events, owned FROM identifier")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: u32 = row.get(0)?;
            let stored: (u32, (u32, u32)) = (row.get(1)?, (row.get(2)?, row.get(3)?));
            let at = id as usize;
            kept += 1;
            if stored != (persons[at], found[at]) || is_unused(at) {
                changed.push(id);
            }
        }
    }
    // Building the index anew is cheaper than moving most of its entries.
    let is_anew = changed.len() > 1000 && changed.len() * 4 > kept;
    if is_anew {
        conn.execute_batch("DROP INDEX identifier_person")?;
    }
    for id in changed {
        let at = id as usize;
        let (events, owned) = found[at];
        if is_unused(at) {
            conn.prepare_cached("DELETE FROM identifier WHERE id = ?1")?.execute([id])?;
        } else {
            conn.prepare_cached(
                "UPDATE identifier SET person_id = ?2, events = ?3, owned = ?4 WHERE id = ?1",
            )?
            .execute(params![id, persons[at], events, owned])?;
        }
    }
    if is_anew {
        conn.execute_batch("CREATE INDEX identifier_person ON identifier (person_id)")?;
    }
    Ok(())
}

/// Walks the stored and the new links side by side, both sorted, and writes only the differences.
fn store_links(conn: &Connection, links: &[LinkRow]) -> Result<(), StoreError> {
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
    for link in put {
        conn.prepare_cached("INSERT OR REPLACE INTO identity_link VALUES (?1, ?2, ?3, ?4)")?.execute([
            link.a,
            link.b,
            link.first_event,
            link.events,
        ])?;
    }
    Ok(())
}
