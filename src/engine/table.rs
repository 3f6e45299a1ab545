//! The in-memory columns that every answer reads, sorted by person, then time, then arrival.
//! Not for reading them from a document: see `store`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::calendar::Days;
use super::codes::{Code, Codes, by_width};
use crate::base::intern::Interner;
use crate::model::time::{Time, Zone};
use crate::model::value::Value;

/// Events in columns. Person and event indexes are positions in it and mean nothing outside.
#[derive(Clone, Debug, Default)]
pub struct EventTable {
    person_starts: Vec<u32>,
    person_ids: Vec<i64>,
    last_times: Vec<i64>,
    times: Vec<i64>,
    names: Codes,
    rows: Vec<u32>,
    event_names: Vec<String>,
    columns: BTreeMap<String, Arc<Column>>,
    earliest: Option<Time>,
    latest: Option<Time>,
    by_name: Vec<OfName>,
    days: Option<(Zone, Arc<Days>)>,
    sessions: Option<(i64, Arc<Vec<u8>>)>,
}

/// One property of all events, dictionary-coded.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// One for each event: 0 is missing, otherwise one more than the index in `values`.
    pub codes: Codes,
    /// The distinct values.
    pub values: Vec<Value>,
}

/// The events of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfName {
    /// How many there are.
    pub events: u64,
    /// The time of the first.
    pub earliest: Option<Time>,
    /// The time of the last.
    pub latest: Option<Time>,
}

/// What a table is made of, each vector as its getter describes it.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// First event of each person, and the number of events at the end.
    pub person_starts: Vec<u32>,
    /// Stored id of each person, ascending.
    pub person_ids: Vec<i64>,
    /// Microseconds since 1970 of each event, ascending within a person.
    pub times: Vec<i64>,
    /// Name code of each event.
    pub names: Vec<u32>,
    /// Stored row of each event.
    pub rows: Vec<u32>,
    /// Name of each code.
    pub event_names: Vec<String>,
}

const EVENTS_A_TASK: usize = 1 << 16;
const PERSONS_A_TASK: usize = 1 << 12;

/// Why parts do not make a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two vectors that belong together differ in length.
    #[error("the columns of the event table differ in length: {0}")]
    Length(&'static str),
    /// Something that must ascend does not.
    #[error("the event table is out of order: {0}")]
    Order(&'static str),
    /// A code without a word.
    #[error("the event table names something unknown: {0}")]
    Code(&'static str),
}

impl EventTable {
    /// A table of parts.
    ///
    /// # Errors
    /// The first rule of [`Parts`] that does not hold.
    pub fn from_parts(parts: Parts) -> Result<EventTable, TableError> {
        let Parts { person_starts, person_ids, times, names, rows, event_names } = parts;
        if names.len() != times.len() || rows.len() != times.len() {
            return Err(TableError::Length("times, names and rows"));
        }
        if person_starts.len() != person_ids.len() + 1 {
            return Err(TableError::Length("persons and their first events"));
        }
        let ends = (person_starts.first(), person_starts.last().map(|end| *end as usize));
        if ends != (Some(&0), Some(times.len())) {
            return Err(TableError::Length("first events do not cover the events"));
        }
        if !person_starts.is_sorted() {
            return Err(TableError::Order("first events of persons"));
        }
        if !person_ids.is_sorted_by(|a, b| a < b) {
            return Err(TableError::Order("person ids"));
        }
        let within = |pair: &[u32]| times[pair[0] as usize..pair[1] as usize].is_sorted();
        if !person_starts.par_windows(2).with_min_len(PERSONS_A_TASK).all(within) {
            return Err(TableError::Order("times within a person"));
        }
        if names.par_iter().with_min_len(EVENTS_A_TASK).any(|name| *name as usize >= event_names.len()) {
            return Err(TableError::Code("event name"));
        }
        let last =
            |pair: &[u32]| times[pair[0] as usize..pair[1] as usize].last().copied().unwrap_or(i64::MIN);
        let last_times = person_starts.par_windows(2).with_min_len(PERSONS_A_TASK).map(last).collect();
        let names = Codes::from(names);
        let by_name = by_width!(&names, own => of_names(own, &times, event_names.len()));
        let earliest = by_name.iter().filter_map(|name| name.earliest).min();
        let latest = by_name.iter().filter_map(|name| name.latest).max();
        let columns = BTreeMap::new();
        Ok(EventTable {
            person_starts,
            person_ids,
            last_times,
            times,
            names,
            rows,
            event_names,
            columns,
            earliest,
            latest,
            by_name,
            days: None,
            sessions: None,
        })
    }

    /// The same table with one more property.
    ///
    /// # Errors
    /// As [`EventTable::check_column`].
    pub fn with_column(mut self, name: impl Into<String>, column: Arc<Column>) -> Result<Self, TableError> {
        self.check_column(&column)?;
        self.columns.insert(name.into(), column);
        Ok(self)
    }

    /// Whether a column can be one of this table's.
    ///
    /// # Errors
    /// When it has not one code for each event, or a code past its values.
    pub fn check_column(&self, column: &Column) -> Result<(), TableError> {
        if column.codes.len() != self.times.len() {
            return Err(TableError::Length("a property and the events"));
        }
        if column.codes.greatest().is_some_and(|code| code as usize > column.values.len()) {
            return Err(TableError::Code("property value"));
        }
        Ok(())
    }

    /// The same table with the day of each event in a zone, as [`crate::engine::calendar::days`] tells them.
    ///
    /// # Errors
    /// When there is not one day for each event, or one without its start.
    pub fn with_days(mut self, zone: Zone, days: Arc<Days>) -> Result<Self, TableError> {
        if days.of_event.len() != self.events() {
            return Err(TableError::Length("days and the events"));
        }
        if days.of_event.par_iter().with_min_len(EVENTS_A_TASK).any(|day| *day as usize >= days.starts.len())
        {
            return Err(TableError::Code("day"));
        }
        self.days = Some((zone, days));
        Ok(self)
    }

    /// The same table with where sessions start, by the pause that ends one: see
    /// [`crate::engine::calendar::session_starts`].
    ///
    /// # Errors
    /// When there is not one for each event.
    pub fn with_session_starts(mut self, gap_us: i64, starts: Arc<Vec<u8>>) -> Result<Self, TableError> {
        if starts.len() != self.events() {
            return Err(TableError::Length("session starts and the events"));
        }
        self.sessions = Some((gap_us, starts));
        Ok(self)
    }

    /// The day of each event, if those of this zone were loaded.
    pub fn days(&self, zone: Zone) -> Option<&Arc<Days>> {
        self.days.as_ref().filter(|(of, _)| *of == zone).map(|(_, days)| days)
    }

    /// For each event 1 where a session starts, if those of this pause were loaded.
    pub fn session_starts(&self, gap_us: i64) -> Option<&Arc<Vec<u8>>> {
        self.sessions.as_ref().filter(|(of, _)| *of == gap_us).map(|(_, starts)| starts)
    }

    /// Number of events.
    pub fn events(&self) -> usize {
        self.times.len()
    }

    /// Number of persons.
    pub fn persons(&self) -> usize {
        self.person_ids.len()
    }

    /// The events of a person; empty for an unknown index.
    pub fn person_events(&self, person: usize) -> Range<usize> {
        match (self.person_starts.get(person), self.person_starts.get(person + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// First event of each person, and the number of events at the end.
    pub fn person_starts(&self) -> &[u32] {
        &self.person_starts
    }

    /// Stored id of each person, ascending.
    pub fn person_ids(&self) -> &[i64] {
        &self.person_ids
    }

    /// Microseconds since 1970 of each person's last event; the least of all of a person without any.
    pub fn last_times(&self) -> &[i64] {
        &self.last_times
    }

    /// The index of a stored person.
    pub fn person_index(&self, person_id: i64) -> Option<usize> {
        self.person_ids.binary_search(&person_id).ok()
    }

    /// The person of an event.
    pub fn person_of(&self, event: usize) -> usize {
        self.person_starts.partition_point(|start| *start as usize <= event).saturating_sub(1)
    }

    /// Microseconds since 1970 of each event.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Name code of each event.
    pub fn names(&self) -> &Codes {
        &self.names
    }

    /// What is known of the events of each name code.
    pub fn by_name(&self) -> &[OfName] {
        &self.by_name
    }

    /// Stored row of each event.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Stored row of an event; 0, which is no row, for an unknown index.
    pub fn row(&self, event: usize) -> i64 {
        self.rows.get(event).copied().map_or(0, i64::from)
    }

    /// Name of each code.
    pub fn event_names(&self) -> &[String] {
        &self.event_names
    }

    /// The name of an event; empty for an unknown index.
    pub fn event_name(&self, event: usize) -> &str {
        let code = self.names.get(event);
        code.and_then(|code| self.event_names.get(code as usize)).map_or("", String::as_str)
    }

    /// The code of a name.
    pub fn name_code(&self, name: &str) -> Option<u32> {
        let at = self.event_names.iter().position(|known| known == name)?;
        u32::try_from(at).ok()
    }

    /// A property, if it was loaded.
    pub fn column(&self, name: &str) -> Option<&Arc<Column>> {
        self.columns.get(name)
    }

    /// All loaded properties by name.
    pub fn columns(&self) -> &BTreeMap<String, Arc<Column>> {
        &self.columns
    }

    /// The time of the earliest event.
    pub fn earliest(&self) -> Option<Time> {
        self.earliest
    }

    /// The time of the latest event.
    pub fn latest(&self) -> Option<Time> {
        self.latest
    }
}

/// Counts the events of each code, and finds its first and last.
fn of_names<C: Code>(names: &[C], times: &[i64], length: usize) -> Vec<OfName> {
    let empty = || vec![(0_u64, i64::MAX, i64::MIN); length];
    let one = |mut sums: Vec<(u64, i64, i64)>, (name, time): (&C, &i64)| {
        let (events, earliest, latest) = &mut sums[name.place()];
        *events += 1;
        (*earliest, *latest) = ((*earliest).min(*time), (*latest).max(*time));
        sums
    };
    let join = |mut sums: Vec<(u64, i64, i64)>, more: Vec<(u64, i64, i64)>| {
        for (sum, more) in sums.iter_mut().zip(more) {
            *sum = (sum.0 + more.0, sum.1.min(more.1), sum.2.max(more.2));
        }
        sums
    };
    let pairs = names.par_iter().zip(times).with_min_len(EVENTS_A_TASK * 8);
    let sums = pairs.fold(empty, one).reduce(empty, join);
    let told = |(events, earliest, latest)| OfName {
        events,
        earliest: (events > 0).then_some(Time(earliest)),
        latest: (events > 0).then_some(Time(latest)),
    };
    sums.into_iter().map(told).collect()
}

impl Column {
    /// The value of an event, if it has one.
    pub fn value(&self, event: usize) -> Option<&Value> {
        let code = self.codes.get(event)? as usize;
        self.values.get(code.checked_sub(1)?)
    }
}

/// Collects events in any order and makes a table of them: for tests, benches and small logs.
#[derive(Clone, Debug, Default)]
pub struct TableBuilder {
    events: Vec<(i64, i64, u32)>,
    names: Interner,
    values: BTreeMap<String, ValueCodes>,
}

#[derive(Clone, Debug, Default)]
struct ValueCodes {
    known: HashMap<Value, u32>,
    values: Vec<Value>,
    /// (event in order of adding, code)
    set: Vec<(usize, u32)>,
}

impl TableBuilder {
    /// Adds an event of a stored person; its row is the number of events added so far, from one.
    pub fn add<'a>(
        &mut self,
        person_id: i64,
        time: Time,
        name: &str,
        properties: impl IntoIterator<Item = (&'a str, Value)>,
    ) {
        let event = self.events.len();
        let name = self.names.intern(name);
        self.events.push((person_id, time.0, name));
        for (property, value) in properties {
            if !self.values.contains_key(property) {
                self.values.insert(property.to_owned(), ValueCodes::default());
            }
            if let Some(codes) = self.values.get_mut(property) {
                codes.set(event, value);
            }
        }
    }

    /// The table.
    ///
    /// # Errors
    /// None for fewer than 2^32 events.
    pub fn build(self) -> Result<EventTable, TableError> {
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order.sort_by_key(|event| (self.events[*event].0, self.events[*event].1, *event));
        let mut parts = Parts { event_names: self.names.into_words(), ..Parts::default() };
        let mut places = vec![0_usize; order.len()];
        for (place, event) in order.iter().enumerate() {
            let (person_id, time, name) = self.events[*event];
            if parts.person_ids.last() != Some(&person_id) {
                parts.person_ids.push(person_id);
                parts.person_starts.push(u32::try_from(place).map_err(|_| TableError::Length("too many"))?);
            }
            parts.times.push(time);
            parts.names.push(name);
            parts.rows.push(u32::try_from(*event + 1).map_err(|_| TableError::Length("too many"))?);
            places[*event] = place;
        }
        let events = u32::try_from(order.len()).map_err(|_| TableError::Length("too many"))?;
        parts.person_starts.push(events);
        let mut table = EventTable::from_parts(parts)?;
        for (name, codes) in self.values {
            let mut of_events = vec![0; order.len()];
            for (event, code) in codes.set {
                of_events[places[event]] = code;
            }
            let column = Column { codes: of_events.into(), values: codes.values };
            table = table.with_column(name, Arc::new(column))?;
        }
        Ok(table)
    }
}

impl ValueCodes {
    fn set(&mut self, event: usize, value: Value) {
        let code = match self.known.get(&value) {
            Some(code) => *code,
            None => {
                self.values.push(value.clone());
                let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
                self.known.insert(value, code);
                code
            }
        };
        self.set.push((event, code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_builder_sorts_by_person_then_time_then_arrival() {
        let mut builder = TableBuilder::default();
        builder.add(7, Time(5), "B", [("n", Value::Number(1.0))]);
        builder.add(3, Time(9), "A", []);
        builder.add(7, Time(2), "A", [("n", Value::Number(2.0))]);
        builder.add(7, Time(5), "C", []);
        let table = builder.build().unwrap();
        assert_eq!(table.person_ids(), [3, 7]);
        assert_eq!(table.rows(), [2, 3, 1, 4]);
        assert_eq!(table.person_events(1), 1..4);
        assert_eq!(table.person_of(0), 0);
        assert_eq!(table.person_of(3), 1);
        assert_eq!(table.column("n").unwrap().value(2), Some(&Value::Number(1.0)));
        assert_eq!(table.column("n").unwrap().value(0), None);
        assert_eq!(table.latest(), Some(Time(9)));
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        let good = || Parts {
            person_starts: vec![0, 1, 2],
            person_ids: vec![1, 2],
            times: vec![5, 3],
            names: vec![0, 0],
            rows: vec![1, 2],
            event_names: vec!["A".into()],
        };
        assert!(EventTable::from_parts(good()).is_ok());
        let bad: [fn(&mut Parts); 6] = [
            |p| p.person_starts = vec![0, 2],
            |p| p.person_starts = vec![0, 2, 1],
            |p| p.person_ids = vec![2, 2],
            |p| p.names = vec![0, 1],
            |p| p.rows.clear(),
            |p| {
                p.person_starts = vec![0, 2];
                p.person_ids = vec![1];
            },
        ];
        for spoil in bad {
            let mut parts = good();
            spoil(&mut parts);
            assert!(EventTable::from_parts(parts).is_err());
        }
        let column = Arc::new(Column { codes: vec![0, 2].into(), values: vec![Value::Bool(true)] });
        assert!(EventTable::from_parts(good()).unwrap().with_column("x", column).is_err());
    }
}
