//! Trends as SQL: buckets, hits, and their counts. Not for the rules, which are in `model::trend`.

use super::SqlParams;
use super::ast::{From, Select, Statement};
use super::dialect::Dialect;
use super::predicate::{Properties, declined, nothing};
use crate::base::Diagnostic;
use crate::model::query::Query;
use crate::model::time::{DAY_US, Interval, Time, Zone};
use crate::model::trend::{Measure, Trend};

/// More buckets than this are declined: each is a line of SQL.
const MAX_BUCKETS: usize = 1000;

/// The statement of a trend.
///
/// # Errors
/// What has no SQL.
pub(super) fn statement(
    query: &Trend,
    as_of: Time,
    params: &SqlParams,
    dialect: Dialect,
) -> Result<Statement, Diagnostic> {
    let zone = params.zone;
    let properties = Properties::new(Query::Trend(query.clone()).properties(), dialect)?;
    let labels: Vec<String> = query.steps.iter().map(|step| step.label()).collect();
    let mut statement = Statement::default();
    statement.comment.push(format!(
        "Trend of {} by {}: {}",
        query.measure.word(),
        query.interval.word(),
        labels.join(", ")
    ));
    statement.comment.push(format!("Zone {}, as of {}", zone.name(), as_of.iso()));
    properties.add_log(&mut statement, as_of);
    add_hits(&mut statement, query, &properties, dialect)?;
    add_buckets(&mut statement, query, as_of, params, dialect)?;
    add_answer(&mut statement, query, dialect);
    Ok(statement)
}

fn add_hits(
    statement: &mut Statement,
    query: &Trend,
    properties: &Properties,
    dialect: Dialect,
) -> Result<(), Diagnostic> {
    let mut parts = Vec::new();
    let mut series = Vec::new();
    for (index, step) in query.steps.iter().enumerate() {
        let mut part = Select::of("log", [format!("{} AS place", index + 1)]);
        part.columns.extend(["person_id", "at"].map(str::to_owned));
        if let Some(property) = &query.breakdown {
            part.columns.push(format!("{} AS value", properties.label(property)));
        }
        part.filters = properties.conditions(&step.events, step.filters.iter().chain(&query.filters))?;
        if let Some((from, to)) = query.between {
            part.filters.push(format!("at >= {} AND at < {}", from.0, to.0));
        }
        parts.push(part);
        series.push(format!("({}, {})", index + 1, dialect.text(&step.label())));
    }
    statement.with_all("Which event belongs to which series", "hits", parts);
    let names = Select { from: From::Values(series), ..Select::default() };
    statement.with("The series", "series(place, label)", names);
    if query.breakdown.is_some() {
        let mut values = Select::of("hits", ["value".to_owned()]);
        values.distinct = true;
        statement.with("The values of the breakdown", "breakdown_values", values);
    }
    Ok(())
}

fn add_buckets(
    statement: &mut Statement,
    query: &Trend,
    as_of: Time,
    params: &SqlParams,
    dialect: Dialect,
) -> Result<(), Diagnostic> {
    let zone = params.zone;
    let now = as_of.plus(1);
    if let Some((from, to)) = query.between {
        let buckets = listed(query, from, to.min(now), zone)?;
        statement.with("The buckets of the range, half-open", "buckets(start, until)", buckets);
        return Ok(());
    }
    let months = query.interval == Interval::Month;
    if months || zone != Zone::default() && !dialect.has_time_zones() {
        let Some(earliest) = params.earliest else {
            let message =
                format!("The {}s of {} without a range have no SQL", query.interval.word(), zone.name());
            return Err(declined("sql-zone", message).hint("Give the trend a range"));
        };
        let comment = format!("The buckets of the whole log in {}, half-open", zone.name());
        statement.with(comment, "log_buckets(start, until)", listed(query, earliest, now, zone)?);
        let buckets = Select::of("log_buckets", ["start", "until"].map(str::to_owned))
            .filter("until > (SELECT MIN(at) FROM hits)");
        statement.with("Buckets from the first event to as-of", "buckets", buckets);
        return Ok(());
    }
    let (size, shift) = match query.interval {
        Interval::Day => (DAY_US, 0),
        // 1970-01-01 was a Thursday.
        Interval::Week => (7 * DAY_US, 3 * DAY_US),
        // Listed above, since they differ in length.
        Interval::Month => (31 * DAY_US, 0),
    };
    statement.recursive = true;
    let first = format!("MIN(at) - (MIN(at) + {shift}) % {size}");
    let mut from = Select::of("hits", [format!("{first} AS start"), format!("{first} + {size} AS until")]);
    from.having = Some("COUNT(*) > 0".to_owned());
    from.group.push("NULL".to_owned());
    let next = Select::of("buckets", [format!("start + {size}"), format!("until + {size}")])
        .filter(format!("start + {size} <= {}", as_of.0));
    let comment = "Buckets from the first event to as-of, half-open";
    statement.with_all(comment, "buckets(start, until)", vec![from, next]);
    Ok(())
}

/// The buckets of a half-open range as constants.
fn listed(query: &Trend, from: Time, end: Time, zone: Zone) -> Result<Select, Diagnostic> {
    let starts = query.interval.starts(from, Time(end.0.saturating_sub(1)), zone);
    if starts.len() > MAX_BUCKETS {
        return Err(declined("sql-buckets", format!("{} buckets are too many for SQL", starts.len()))
            .hint("Choose a shorter range, or weeks"));
    }
    let ends = starts.iter().skip(1).copied().chain([end]);
    let rows: Vec<String> =
        starts.iter().zip(ends).map(|(start, until)| format!("({}, {})", start.0, until.0)).collect();
    if rows.is_empty() {
        return Ok(nothing(["start", "until"].map(str::to_owned)));
    }
    Ok(Select { from: From::Values(rows), ..Select::default() })
}

fn add_answer(statement: &mut Statement, query: &Trend, dialect: Dialect) {
    let by_value = query.breakdown.is_some();
    let mut columns = vec!["series.label AS series".to_owned()];
    columns.extend(by_value.then(|| "own.value".to_owned()));
    columns.push(format!("{} AS bucket", dialect.iso("buckets.start")));
    columns.push(match query.measure {
        Measure::Events => "COUNT(hits.person_id) AS events".to_owned(),
        Measure::Persons => "COUNT(DISTINCT hits.person_id) AS persons".to_owned(),
    });
    let mut answer = Select::of("series", columns).join("CROSS JOIN buckets");
    let mut on = "LEFT JOIN hits ON hits.place = series.place AND hits.at >= buckets.start \
                  AND hits.at < buckets.until"
        .to_owned();
    answer.group = ["series.place", "series.label"].map(str::to_owned).to_vec();
    if by_value {
        answer.joins.push("CROSS JOIN breakdown_values AS own".to_owned());
        on.push_str(" AND hits.value = own.value");
        answer.group.push("own.value".to_owned());
    }
    answer.joins.push(on);
    answer.group.push("buckets.start".to_owned());
    answer.order.clone_from(&answer.group);
    statement.answer = answer;
}
