//! What a log holds: counts for each event name, values of each property. Not for questions with rules of their own:
//! see `funnel` and `trend`.

use rayon::prelude::*;

use super::table::{Column, EventTable};
use crate::base::{Cancelled, Progress};
use crate::model::time::Time;
use crate::model::value::Value;

/// How many values a property's summary shows.
pub const TOP_VALUES: usize = 20;

/// One event name.
#[derive(Clone, Debug, PartialEq)]
pub struct NameSummary {
    /// The event name.
    pub name: String,
    /// Its events.
    pub events: u64,
    /// Persons with one.
    pub persons: u64,
    /// Its first event.
    pub first: Time,
    /// Its last event.
    pub last: Time,
    /// Events in equal spans from the first to the last event of the whole log.
    pub spark: Vec<u64>,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertySummary {
    /// The property's name.
    pub name: String,
    /// Events that carry it.
    pub set: u64,
    /// Of those, the ones with each kind of value: boolean, number, text.
    pub kinds: [u64; 3],
    /// Distinct values among the events looked at.
    pub distinct: u64,
    /// The most frequent values, most first, then in order of values; at most [`TOP_VALUES`].
    pub top: Vec<(Value, u64)>,
}

/// All event names with events up to as-of, most events first, then by name.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn names(
    table: &EventTable,
    as_of: Time,
    buckets: usize,
    progress: &Progress,
) -> Result<Vec<NameSummary>, Cancelled> {
    let until = |time: &&i64| **time <= as_of.0;
    let first = table.times().par_iter().filter(until).min().copied();
    let last = table.times().par_iter().filter(until).max().copied();
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let sums = name_sums(table, first..=last, buckets.max(1), progress)?;
    let named = |(sum, name): (Sum, &String)| NameSummary {
        name: name.clone(),
        events: sum.events,
        persons: sum.persons,
        first: Time(sum.first),
        last: Time(sum.last),
        spark: sum.spark,
    };
    let present = sums.into_iter().zip(table.event_names()).filter(|(sum, _)| sum.events > 0);
    let mut names: Vec<NameSummary> = present.map(named).collect();
    names.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    Ok(names)
}

#[derive(Clone, Debug)]
struct Sum {
    events: u64,
    persons: u64,
    first: i64,
    last: i64,
    spark: Vec<u64>,
    /// One more than the last person counted.
    seen: usize,
}

fn name_sums(
    table: &EventTable,
    span: std::ops::RangeInclusive<i64>,
    buckets: usize,
    progress: &Progress,
) -> Result<Vec<Sum>, Cancelled> {
    let (first, last) = (*span.start(), *span.end());
    // The spans are a little wider than an equal share, so that the last event falls into the last one.
    let width = last.saturating_sub(first) as f64 / buckets as f64;
    let bucket = |time: i64| {
        let at = if width > 0.0 { (time - first) as f64 / width } else { 0.0 };
        (at as usize).min(buckets - 1)
    };
    let names = table.event_names().len();
    let none =
        Sum { events: 0, persons: 0, first: i64::MAX, last: i64::MIN, spark: vec![0; buckets], seen: 0 };
    let empty = || vec![none.clone(); names];
    let persons = table.persons();
    let one = |mut sums: Vec<Sum>, person: usize| {
        if person.is_multiple_of(4096) {
            progress.at(person as u64, persons as u64)?;
        }
        for event in table.person_events(person) {
            let time = table.times()[event];
            if time > last {
                break;
            }
            let sum = &mut sums[table.names().at(event) as usize];
            sum.events += 1;
            sum.persons += u64::from(sum.seen != person + 1);
            sum.seen = person + 1;
            sum.first = sum.first.min(time);
            sum.last = sum.last.max(time);
            sum.spark[bucket(time)] += 1;
        }
        Ok(sums)
    };
    let join = |mut sums: Vec<Sum>, more: Vec<Sum>| {
        for (sum, more) in sums.iter_mut().zip(more) {
            sum.events += more.events;
            sum.persons += more.persons;
            sum.first = sum.first.min(more.first);
            sum.last = sum.last.max(more.last);
            sum.spark.iter_mut().zip(more.spark).for_each(|(sum, more)| *sum += more);
        }
        Ok(sums)
    };
    let runs = (0..persons).into_par_iter().with_min_len(persons.div_ceil(16).max(1));
    runs.try_fold(empty, one).try_reduce(empty, join)
}

/// All loaded properties by name, over the events up to as-of, or those of one event name.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn properties(
    table: &EventTable,
    event_name: Option<&str>,
    as_of: Time,
    progress: &Progress,
) -> Result<Vec<PropertySummary>, Cancelled> {
    let columns = table.columns().iter().map(|(name, column)| (name.as_str(), column.as_ref()));
    properties_of(table, columns, event_name, as_of, progress)
}

/// As [`properties`], of these columns, which the table's events have but the table need not hold; in the order given.
///
/// # Errors
/// `Cancelled`, when asked for.
pub fn properties_of<'c>(
    table: &EventTable,
    columns: impl IntoIterator<Item = (&'c str, &'c Column)>,
    event_name: Option<&str>,
    as_of: Time,
    progress: &Progress,
) -> Result<Vec<PropertySummary>, Cancelled> {
    let code = match event_name {
        None => None,
        Some(name) => match table.name_code(name) {
            Some(code) => Some(code),
            None => return Ok(Vec::new()),
        },
    };
    let columns: Vec<(&str, &Column)> = columns.into_iter().collect();
    let total = columns.len() as u64;
    let one = |(place, (name, column)): (usize, &(&str, &Column))| {
        progress.at(place as u64, total)?;
        Ok(property(table, name, column, code, as_of))
    };
    columns.par_iter().enumerate().map(one).collect()
}

fn property(
    table: &EventTable,
    name: &str,
    column: &Column,
    code: Option<u32>,
    as_of: Time,
) -> PropertySummary {
    let mut counts = vec![0_u64; column.values.len() + 1];
    for (event, value) in column.codes.iter().enumerate() {
        let wanted =
            code.is_none_or(|code| table.names().at(event) == code) && table.times()[event] <= as_of.0;
        counts[value as usize] += u64::from(wanted);
    }
    let mut summary =
        PropertySummary { name: name.to_owned(), set: 0, kinds: [0; 3], distinct: 0, top: Vec::new() };
    let mut seen: Vec<(&Value, u64)> = column.values.iter().zip(counts.into_iter().skip(1)).collect();
    seen.retain(|(_, count)| *count > 0);
    for (value, count) in &seen {
        summary.set += count;
        let kind = match value {
            Value::Bool(_) => 0,
            Value::Number(_) => 1,
            Value::Text(_) => 2,
        };
        summary.kinds[kind] += count;
    }
    summary.distinct = seen.len() as u64;
    let order = |a: &(&Value, u64), b: &(&Value, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0));
    if seen.len() > TOP_VALUES {
        seen.select_nth_unstable_by(TOP_VALUES, order);
        seen.truncate(TOP_VALUES);
    }
    seen.sort_by(order);
    summary.top = seen.into_iter().map(|(value, count)| (value.clone(), count)).collect();
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::table::TableBuilder;

    fn table() -> EventTable {
        let mut builder = TableBuilder::default();
        let text = |text: &str| Value::Text(text.to_owned());
        builder.add(1, Time(0), "A", [("x", text("a"))]);
        builder.add(1, Time(5), "A", [("x", text("b"))]);
        builder.add(2, Time(9), "B", [("x", Value::Number(1.0))]);
        builder.add(2, Time(10), "A", [("x", text("b"))]);
        builder.add(2, Time(50), "A", [("x", text("c"))]);
        builder.build().unwrap()
    }

    #[test]
    fn names_are_counted_up_to_as_of() {
        let names = names(&table(), Time(10), 2, &Progress::new()).unwrap();
        assert_eq!(names.len(), 2);
        let a = &names[0];
        assert_eq!((a.name.as_str(), a.events, a.persons, a.first, a.last), ("A", 3, 2, Time(0), Time(10)));
        assert_eq!(a.spark, [1, 2]);
        assert_eq!(names[1].spark, [0, 1]);
    }

    #[test]
    fn values_are_counted_by_kind_and_frequency() {
        let all = properties(&table(), None, Time(10), &Progress::new()).unwrap();
        assert_eq!((all[0].set, all[0].kinds, all[0].distinct), (4, [0, 1, 3], 3));
        assert_eq!(all[0].top[0], (Value::Text("b".into()), 2));
        let of_b = properties(&table(), Some("B"), Time(10), &Progress::new()).unwrap();
        assert_eq!(of_b[0].top, [(Value::Number(1.0), 1)]);
        assert!(properties(&table(), Some("C"), Time(10), &Progress::new()).unwrap().is_empty());
    }
}
