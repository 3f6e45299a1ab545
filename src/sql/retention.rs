//! Retentions as SQL: who starts when, who is back when, and their counts. Not for the rules, which are in
//! `model::retention`.

use super::SqlParams;
use super::ast::{From, Select, Statement};
use super::dialect::Dialect;
use super::predicate::{Properties, declined, nothing};
use crate::base::Diagnostic;
use crate::model::funnel::{NO_VALUE, Step};
use crate::model::query::Query;
use crate::model::retention::{COHORT_LIMIT, Cohorts, Retention};
use crate::model::time::{DAY_US, Time};

/// The statement of a retention.
///
/// # Errors
/// What has no SQL.
pub(super) fn statement(
    query: &Retention,
    as_of: Time,
    params: &SqlParams,
    dialect: Dialect,
) -> Result<Statement, Diagnostic> {
    let properties = Properties::new(Query::Retention(query.clone()).properties(), dialect)?;
    let mut statement = Statement::default();
    statement.comment.push(format!(
        "Retention of {} cohorts by {}: {}, then {}",
        query.cohorts.word(),
        query.interval.word(),
        query.start().label(),
        query.returning().label()
    ));
    statement.comment.push(format!("Zone {}, as of {}", params.zone.name(), as_of.iso()));
    properties.add_log(&mut statement, as_of);
    for (step, name, comment) in
        [(query.start(), "starts", "The start events"), (query.returning(), "returns", "The return events")]
    {
        statement.with(comment, name, matching(step, query, &properties)?);
    }
    statement.with(
        "The periods, half-open; the last holds all that is later",
        "periods(place, start, until)",
        periods(query, as_of, params)?,
    );
    statement.with("Who belongs to which cohort, and since when", "entered", entered(query, as_of));
    if let Some(property) = &query.breakdown {
        add_touch(&mut statement, &properties, query, property)?;
    }
    add_back(&mut statement, query);
    add_answer(&mut statement, query, dialect);
    Ok(statement)
}

fn matching(step: &Step, query: &Retention, properties: &Properties) -> Result<Select, Diagnostic> {
    let mut part = Select::of("log", ["person_id", "at"].map(str::to_owned));
    part.filters = properties.conditions(&step.events, step.filters.iter().chain(&query.filters))?;
    Ok(part)
}

/// The periods of all cohorts and as many after the last as are told, as constants.
fn periods(query: &Retention, as_of: Time, params: &SqlParams) -> Result<Select, Diagnostic> {
    let end = as_of.plus(1);
    let (from, to) = match (query.between, params.earliest) {
        (Some((from, to)), _) => (from, to.min(end)),
        (None, Some(earliest)) => (earliest, end),
        (None, None) => {
            return Err(declined("sql-zone", "Cohorts of a log that is not known need a range in SQL")
                .hint("Give the retention a range"));
        }
    };
    let longest = query.interval.least_us() + 4 * DAY_US;
    let most = longest * (COHORT_LIMIT as i64 + 1);
    let cohorts = if from < to {
        query.interval.starts(from, to.plus(-1).min(from.plus(most)), params.zone)
    } else {
        Vec::new()
    };
    if query.between.is_none() && cohorts.len() > COHORT_LIMIT {
        return Err(declined(
            "sql-periods",
            format!("More than {COHORT_LIMIT} cohorts are too many for SQL"),
        )
        .hint("Give the retention a range, or longer periods"));
    }
    let (Some(first), Some(last)) = (cohorts.first(), cohorts.last()) else {
        return Ok(nothing(["place", "start", "until"].map(str::to_owned)));
    };
    let until = as_of.min(last.plus(longest * (query.periods as i64 + 2)));
    let mut starts = query.interval.starts(*first, until, params.zone);
    starts.truncate(cohorts.len() + query.periods + 1);
    let ends = starts.iter().skip(1).copied().chain([end]);
    let row = |(place, (start, end)): (usize, (&Time, Time))| format!("({place}, {}, {})", start.0, end.0);
    let rows = starts.iter().zip(ends).enumerate().map(row).collect();
    Ok(Select { from: From::Values(rows), ..Select::default() })
}

/// `entered` (person_id, cohort, at): at is the first start event of the cohort's period.
fn entered(query: &Retention, as_of: Time) -> Select {
    let mut entered = match query.cohorts {
        Cohorts::First => {
            let mut first = Select::of("starts", ["person_id", "MIN(at) AS at"].map(str::to_owned));
            first.group.push("person_id".to_owned());
            let columns = ["began.person_id", "periods.place AS cohort", "began.at"].map(str::to_owned);
            Select::inside(first, "began", columns)
        }
        Cohorts::Recurring => {
            let columns = ["began.person_id", "periods.place AS cohort", "MIN(began.at) AS at"];
            let mut each = Select::of("starts AS began", columns.map(str::to_owned));
            each.group = ["began.person_id", "periods.place"].map(str::to_owned).to_vec();
            each
        }
    };
    entered = entered.join("JOIN periods ON began.at >= periods.start AND began.at < periods.until");
    match query.between {
        Some((from, to)) => {
            let to = to.min(as_of.plus(1));
            entered.filter(format!("began.at >= {} AND began.at < {}", from.0, to.0))
        }
        None => entered,
    }
}

/// `touch` (person_id, value): of the first start event that carries the property, of several at one instant the least.
fn add_touch(
    statement: &mut Statement,
    properties: &Properties,
    query: &Retention,
    property: &str,
) -> Result<(), Diagnostic> {
    let label = format!("{} AS value", properties.label(property));
    let mut ranked = Select::of("log", ["person_id".to_owned(), label]);
    ranked.columns.push(format!(
        "ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY at, {}) AS place",
        properties.value_order(property)
    ));
    let start = query.start();
    ranked.filters = properties.conditions(&start.events, start.filters.iter().chain(&query.filters))?;
    ranked.filters.push(properties.is_set(property));
    let touch = Select::inside(ranked, "ranked", ["person_id", "value"].map(str::to_owned));
    let comment = format!("The first value of {property} that a start event of each person carries");
    statement.with(comment, "touch", touch.filter("place = 1"));
    Ok(())
}

/// `back` (person_id, cohort, period): in which periods somebody came back; of an unbounded retention the last one.
fn add_back(statement: &mut Statement, query: &Retention) {
    let period = "periods.place - entered.cohort";
    let columns = ["entered.person_id", "entered.cohort"].map(str::to_owned);
    let mut back = Select::of("entered", columns.clone())
        .join("JOIN returns ON returns.person_id = entered.person_id AND returns.at >= entered.at")
        .join("JOIN periods ON returns.at >= periods.start AND returns.at < periods.until");
    let comment = if query.unbounded {
        back.columns.push(format!("MAX({period}) AS period"));
        back.group = columns.to_vec();
        "The last period in which each of them was back"
    } else {
        back.distinct = true;
        back.columns.push(format!("{period} AS period"));
        back = back.filter(format!("{period} <= {}", query.periods));
        "The periods in which each of them was back"
    };
    statement.with(comment, "back", back);
    let columns = ["own.place AS cohort", "later.place - own.place AS period"].map(str::to_owned);
    let cells = Select::of("periods AS own", columns).join(format!(
        "JOIN periods AS later ON later.place >= own.place AND later.place <= own.place + {}",
        query.periods
    ));
    statement.with("The cells of each cohort that begin by as-of", "cells", cells);
}

fn add_answer(statement: &mut Statement, query: &Retention, dialect: Dialect) {
    let mut columns = Vec::new();
    let value = format!("COALESCE(touch.value, {})", dialect.text(NO_VALUE));
    columns.extend(query.breakdown.is_some().then(|| format!("{value} AS value")));
    columns.push(format!("{} AS start", dialect.iso("periods.start")));
    columns.extend(
        ["cells.period", "COUNT(entered.person_id) AS size", "COUNT(back.person_id) AS returned"]
            .map(str::to_owned),
    );
    let compared = if query.unbounded { ">=" } else { "=" };
    let mut answer = Select::of("entered", columns)
        .join("JOIN periods ON periods.place = entered.cohort")
        .join("JOIN cells ON cells.cohort = entered.cohort")
        .join(format!(
            "LEFT JOIN back ON back.person_id = entered.person_id AND back.cohort = entered.cohort \
             AND back.period {compared} cells.period"
        ));
    if query.breakdown.is_some() {
        answer = answer.join("LEFT JOIN touch ON touch.person_id = entered.person_id");
        answer.group.push(value);
    }
    answer.group.extend(["periods.start", "cells.period"].map(str::to_owned));
    answer.order.clone_from(&answer.group);
    statement.answer = answer;
}
