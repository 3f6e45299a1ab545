//! Makes runs of events as they arrive, or from the rows. Not for loading them: see `compose`.

use rayon::prelude::*;
use rusqlite::{Connection, TransactionBehavior, params};

use super::runs::{self, Run};
use crate::base::{Cancelled, Progress};
use crate::model::privacy::is_personal_name;
use crate::model::value::Value;
use crate::store::StoreError;
use crate::store::codec::{Blob, Coding, encode, encode_values};
use crate::store::scan::{Built, Gatherer, NOWHERE, ROWS_AT_ONCE, Row, Scanned, Wanted};

/// Rows in one run at most: what a builder holds of them in memory stays under about 130 MB.
const RUN_ROWS: usize = 1 << 19;
/// Property columns of a run under construction take this many bytes at most; what does not fit is built from the
/// rows when somebody asks for it.
const BUDGET: usize = 64 * 1024 * 1024;

/// A stored event, as a run needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewRow {
    /// Its id, above all those before.
    pub(crate) row: u32,
    /// The identifier through which it belongs to a person.
    pub(crate) owner: Option<u32>,
    /// Its name's id.
    pub(crate) name: u32,
    /// Microseconds since 1970.
    pub(crate) time: i64,
}

/// What the events of a run say, but for their properties. Fed with each event in order of arrival.
#[derive(Default)]
pub(crate) struct Draft {
    /// The last row that the runs before it show.
    covered: u32,
    /// The last row taken in.
    last: u32,
    /// There was no event before these: they may begin a cache.
    is_first: bool,
    rows: usize,
    /// Rows of a run at most.
    most: usize,
    base: Base,
}

impl Draft {
    /// For the events that come after all stored ones; `None` when the cache does not show those yet. Nobody else may
    /// add or remove events until it is written.
    pub(crate) fn start(conn: &Connection) -> Result<Option<Draft>, StoreError> {
        let last = runs::last_row(conn)?;
        let covered = runs::state(conn)?.map_or(0, |state| state.covered);
        Ok((covered == last).then(|| Draft { is_first: last == 0, ..Draft::after(last) }))
    }

    fn after(covered: u32) -> Draft {
        Draft { covered, last: covered, most: RUN_ROWS, ..Draft::default() }
    }

    /// The same for runs of fewer rows, so that a small log makes several.
    #[cfg(test)]
    pub(crate) fn of_at_most(self, most: usize) -> Draft {
        Draft { most, ..self }
    }

    /// Takes in the next event, and gives its place among the columns: [`NOWHERE`] when it is nobody's.
    pub(crate) fn push(&mut self, event: NewRow) -> u32 {
        self.rows += 1;
        self.last = event.row;
        match event.owner {
            Some(owner) => self.base.push(owner, &event),
            None => NOWHERE,
        }
    }

    /// True when it should be made a run before more comes.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.most
    }

    /// Gives what there is, and begins the draft of the events after it; `None` without events.
    pub(crate) fn take(&mut self) -> Option<Draft> {
        let next = Draft { most: self.most, ..Draft::after(self.last) };
        let done = std::mem::replace(self, next);
        (done.rows > 0).then_some(done)
    }

    /// Sorts and packs its columns; the gatherer has the properties of its events, and only theirs.
    ///
    /// # Errors
    /// `Cancelled`, when asked for.
    pub(crate) fn pack(self, gatherer: Gatherer, progress: &Progress) -> Result<PackedRun, Cancelled> {
        if progress.is_cancelled() {
            return Err(Cancelled);
        }
        let (base, order) = self.base.sorted();
        let each = |column: Built| Encoded::of(&column, &order, progress);
        let mut scanned = gatherer.finish_with(order.len(), progress, each)?;
        let columns = encode_run(&base, &mut scanned, progress)?;
        Ok(PackedRun {
            covered: self.covered,
            last: self.last,
            is_first: self.is_first,
            rows: self.rows as u64,
            events: base.times.len(),
            keys: base.keys.len(),
            columns,
            scanned,
        })
    }
}

/// A run ready to be written.
pub(crate) struct PackedRun {
    covered: u32,
    last: u32,
    is_first: bool,
    rows: u64,
    events: usize,
    keys: usize,
    columns: Vec<(String, Vec<Blob>)>,
    scanned: Scanned<Encoded>,
}

impl PackedRun {
    /// Writes the run, in a transaction of its own. All its events must be committed. When another handle has changed
    /// the cache meanwhile, nothing is written.
    ///
    /// # Errors
    /// `Cancelled`, or what SQLite says; its events then wait to be shown, and [`catch_up`] brings them in.
    pub(crate) fn write(self, conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = if self.is_first { Some(runs::begin(&step)?) } else { runs::state(&step)? };
        let Some(state) = state.filter(|state| state.covered == self.covered) else { return Ok(()) };
        let run = Run {
            first_row: self.covered + 1,
            last_row: self.last,
            rows: self.rows,
            events: self.events,
            keys: self.keys,
            ..Run::new(runs::insert_draft(&step)?, None)
        };
        for (column, blobs) in &self.columns {
            if progress.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            runs::write_blobs(&step, run.id, column, blobs)?;
        }
        write_dictionary(&step, run.id, &self.scanned)?;
        runs::enliven(&step, &run)?;
        runs::cover(&step, self.last, state.rows + run.rows)?;
        Ok(step.commit()?)
    }
}

/// A draft of stored rows, and what they say.
struct RowsBuilder {
    draft: Draft,
    waiting: Vec<Row>,
    gatherer: Gatherer,
}

impl RowsBuilder {
    fn after(covered: u32) -> RowsBuilder {
        RowsBuilder { draft: Draft::after(covered), waiting: Vec::new(), gatherer: Gatherer::default() }
    }

    fn push(&mut self, event: NewRow, (properties, context): (&str, &str)) {
        let at = self.draft.push(event);
        let (properties, context) = (properties.to_owned(), context.to_owned());
        self.waiting.push(Row { at, name: event.name, properties, context });
        if self.waiting.len() >= ROWS_AT_ONCE {
            self.gather();
        }
    }

    fn gather(&mut self) {
        self.gatherer.take(&self.waiting, ALL);
        self.waiting.clear();
    }

    fn pack(mut self, progress: &Progress) -> Result<PackedRun, Cancelled> {
        self.gather();
        self.draft.pack(self.gatherer, progress)
    }
}

/// What a run's gatherer is asked for.
pub(crate) const ALL: Wanted<'static> = Wanted::All { budget: BUDGET };

/// Columns that every run has, in its order.
#[derive(Default)]
pub(crate) struct BaseColumns {
    /// Identifiers or persons, ascending.
    pub(crate) keys: Vec<u32>,
    /// Events of each.
    pub(crate) counts: Vec<u32>,
    pub(crate) times: Vec<i64>,
    /// Ids of event names.
    pub(crate) names: Vec<u32>,
    pub(crate) rows: Vec<u32>,
}

/// Base columns in order of arrival.
#[derive(Default)]
pub(crate) struct Base {
    entries: Vec<Entry>,
    names: Vec<u32>,
    rows: Vec<u32>,
}

/// What the sort needs of an event: 16 bytes. `place` counts the events, so it also breaks ties by arrival.
struct Entry {
    time: i64,
    owner: u32,
    place: u32,
}

impl Base {
    /// Returns the event's place.
    pub(crate) fn push(&mut self, owner: u32, event: &NewRow) -> u32 {
        let place = self.entries.len() as u32;
        self.entries.push(Entry { time: event.time, owner, place });
        self.names.push(event.name);
        self.rows.push(event.row);
        place
    }

    /// By identifier, time and arrival; and the former place of each.
    pub(crate) fn sorted(mut self) -> (BaseColumns, Vec<u32>) {
        self.entries.par_sort_unstable_by_key(|entry| (entry.owner, entry.time, entry.place));
        let mut columns = BaseColumns::default();
        for events in self.entries.chunk_by(|a, b| a.owner == b.owner) {
            columns.keys.push(events[0].owner);
            columns.counts.push(events.len() as u32);
        }
        columns.times = self.entries.iter().map(|entry| entry.time).collect();
        let order: Vec<u32> = self.entries.iter().map(|entry| entry.place).collect();
        columns.names = order.iter().map(|place| self.names[*place as usize]).collect();
        columns.rows = order.iter().map(|place| self.rows[*place as usize]).collect();
        (columns, order)
    }
}

/// Writes runs of all rows that the cache does not show yet: of every row, where there is no cache. Stopped anywhere,
/// the runs written stay.
///
/// # Errors
/// `Cancelled`, or what SQLite says.
pub(crate) fn catch_up(conn: &mut Connection, progress: &Progress) -> Result<(), StoreError> {
    if runs::state(conn)?.is_none() {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        runs::begin(&step)?;
        step.commit()?;
    }
    runs::purge(conn, progress)?;
    loop {
        let builder = {
            let rows = conn.unchecked_transaction()?;
            let Some(state) = runs::state(&rows)? else { return Ok(()) };
            let last = runs::last_row(&rows)?;
            if state.covered >= last {
                return Ok(());
            }
            let mut builder = RowsBuilder::after(state.covered);
            each_row(&rows, (state.covered + 1, last), progress, |row, texts| {
                builder.push(row, texts);
                !builder.draft.is_full()
            })?;
            progress.at(u64::from(builder.draft.last), u64::from(last))?;
            builder
        };
        builder.pack(progress)?.write(conn, progress)?;
    }
}

/// Some rows, from the first to the last, and their base columns.
pub(crate) type RowsInMemory = ((u32, u32), BaseColumns);

/// The base columns of all rows after one, built in memory, in pieces of the size of a run.
pub(crate) fn base_of_rows(
    conn: &Connection,
    covered: u32,
    progress: &Progress,
) -> Result<Vec<RowsInMemory>, StoreError> {
    let range = (covered + 1, runs::last_row(conn)?);
    let mut found = Vec::new();
    let mut base = Base::default();
    let mut first = range.0;
    let mut statement = conn.prepare(
        "SELECT id, name, time_us, coalesce(user, anonymous) FROM event WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([range.0, range.1])?;
    while let Some(row) = rows.next()? {
        let owner: Option<u32> = row.get(3)?;
        let event = NewRow { row: row.get(0)?, owner, name: row.get(1)?, time: row.get(2)? };
        if event.row.is_multiple_of(32_768) {
            progress.at(u64::from(event.row - range.0), u64::from(range.1 - range.0))?;
        }
        if base.rows.len() >= RUN_ROWS {
            let whole = std::mem::take(&mut base);
            found.push(((first, event.row - 1), whole.sorted().0));
            first = event.row;
        }
        if let Some(owner) = owner {
            base.push(owner, &event);
        }
    }
    if !base.rows.is_empty() {
        found.push(((first, range.1), base.sorted().0));
    }
    Ok(found)
}

/// Calls `take` with each row from the first to the last, until it says no.
fn each_row(
    conn: &Connection,
    (first, last): (u32, u32),
    progress: &Progress,
    mut take: impl FnMut(NewRow, (&str, &str)) -> bool,
) -> Result<(), StoreError> {
    let mut statement = conn.prepare(
        "SELECT e.id, coalesce(e.user, e.anonymous), e.name, e.time_us, x.properties, coalesce(c.json, x.context)
         FROM event e JOIN event_text x ON x.id = e.id LEFT JOIN context c ON c.id = x.context_id
         WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id",
    )?;
    let mut rows = statement.query([first, last])?;
    let mut read = 0_usize;
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        if read.is_multiple_of(8_192) {
            progress.at(u64::from(id), u64::from(last))?;
        }
        read += 1;
        let event = NewRow { row: id, owner: row.get(1)?, name: row.get(2)?, time: row.get(3)? };
        let properties = row.get_ref(4)?.as_str().unwrap_or_default();
        let context = row.get_ref(5)?.as_str().unwrap_or_default();
        if !take(event, (properties, context)) {
            return Ok(());
        }
    }
    Ok(())
}

/// A property's blobs; none of its values where no event of somebody carries it.
struct Encoded {
    values: Option<Vec<Blob>>,
    codes: Vec<Blob>,
}

impl Encoded {
    /// `order` gives the former place of each event.
    fn of(column: &Built, order: &[u32], progress: &Progress) -> Result<Encoded, Cancelled> {
        if column.values.is_empty() {
            return Ok(Encoded { values: None, codes: Vec::new() });
        }
        let codes: Vec<u32> = order.iter().map(|from| column.codes[*from as usize]).collect();
        let codes = encode(&codes, Coding::Plain, progress)?;
        // A value of over 4 GB fits in no blob: such a column is built each time.
        Ok(Encoded { values: Some(encode_values(&column.values).unwrap_or_default()), codes })
    }
}

fn encode_run(
    base: &BaseColumns,
    scanned: &mut Scanned<Encoded>,
    progress: &Progress,
) -> Result<Vec<(String, Vec<Blob>)>, Cancelled> {
    let mut columns = vec![
        (runs::KEY.to_owned(), encode(&base.keys, Coding::Deltas, progress)?),
        (runs::COUNT.to_owned(), encode(&base.counts, Coding::Plain, progress)?),
        (runs::TIME.to_owned(), encode(&base.times, Coding::Deltas, progress)?),
        (runs::NAME.to_owned(), encode(&base.names, Coding::Plain, progress)?),
        (runs::ROW.to_owned(), encode(&base.rows, Coding::Deltas, progress)?),
    ];
    if scanned.is_complete {
        // One that only events of nobody carry is none of the columns.
        let is_empty =
            |path: &&String| scanned.columns.get(*path).is_some_and(|column| column.values.is_none());
        let paths = scanned.uses.keys().filter(|path| !is_empty(path));
        let paths: Vec<Value> = paths.map(|path| Value::Text(path.clone())).collect();
        columns.extend(encode_values(&paths).map(|blobs| (runs::PATHS.to_owned(), blobs)));
    }
    for (property, column) in std::mem::take(&mut scanned.columns) {
        let Some(values) = column.values.filter(|values| !values.is_empty()) else { continue };
        columns.push((runs::values_key(&property), values));
        columns.push((runs::codes_key(&property), column.codes));
    }
    Ok(columns)
}

fn write_dictionary(conn: &Connection, run: i64, scanned: &Scanned<Encoded>) -> Result<(), StoreError> {
    let mut insert =
        conn.prepare_cached("INSERT INTO cache_property VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (property, names) in &scanned.uses {
        let is_personal = is_personal_name(property) || scanned.personal.contains(property);
        for (name, uses) in names {
            insert.execute(params![
                run,
                property,
                name,
                uses.events.cast_signed(),
                uses.texts.cast_signed(),
                uses.numbers.cast_signed(),
                uses.booleans.cast_signed(),
                is_personal,
            ])?;
        }
    }
    Ok(())
}
