//! Flows as SQL: sessions, anchors, ways, and the counts of their edges. Not for the rules, which are in `model::flow`.

use super::ast::{Select, Statement};
use super::dialect::Dialect;
use super::predicate::Properties;
use crate::base::Diagnostic;
use crate::model::flow::{Direction, END, Flow, OTHER, START};
use crate::model::query::Query;
use crate::model::time::{Time, span_text};

/// The statement of a flow.
///
/// # Errors
/// What has no SQL.
pub(super) fn statement(query: &Flow, as_of: Time, dialect: Dialect) -> Result<Statement, Diagnostic> {
    let properties = Properties::new(Query::Flow(query.clone()).properties(), dialect)?;
    let mut statement = Statement::default();
    statement.comment.push(format!(
        "Flow of {} steps {} {}",
        query.depth,
        query.direction.word(),
        query.anchor.label()
    ));
    statement.comment.push(format!("As of {}", as_of.iso()));
    properties.add_log(&mut statement, as_of);
    add_sessions(&mut statement, query, &properties, dialect)?;
    add_anchors(&mut statement, query);
    add_ways(&mut statement, query);
    add_labels(&mut statement, query, dialect);
    add_answer(&mut statement, query, dialect);
    Ok(statement)
}

/// The order of a person's events; an event id tells the order of arrival.
const IN_ORDER: &str = "PARTITION BY person_id ORDER BY at, event_id";
const KEY: [&str; 2] = ["person_id", "session"];

/// Adds `sessions`: every event with its session, its place among all of its person, and what it can be.
fn add_sessions(
    statement: &mut Statement,
    query: &Flow,
    properties: &Properties,
    dialect: Dialect,
) -> Result<(), Diagnostic> {
    let columns = ["person_id", "at", "event_id"];
    let mut marked = Select::of("log", columns.map(str::to_owned));
    marked.columns.push(match query.old_names.is_empty() {
        true => "name".to_owned(),
        false => {
            let when = |(old, new): &(String, String)| {
                format!(" WHEN {} THEN {}", dialect.text(old), dialect.text(new))
            };
            format!("CASE name{} ELSE name END AS name", query.old_names.iter().map(when).collect::<String>())
        }
    });
    let gap = query.session_gap_us;
    marked.columns.push(format!("COALESCE(at - LAG(at) OVER ({IN_ORDER}) > {gap}, TRUE) AS starts"));
    let all = |conditions: Vec<String>| {
        if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") }
    };
    let own = query.anchor.filters.iter().chain(&query.filters);
    let anchor = all(properties.conditions(&query.anchor.events, own)?);
    let mut step = properties.conditions(&query.events, query.filters.iter())?;
    if !query.exclude.is_empty() {
        let names: Vec<String> = query.exclude.iter().map(|name| dialect.text(name)).collect();
        step.push(format!("name NOT IN ({})", names.join(", ")));
    }
    let step = all(step);
    let anchor = if query.is_from_any() { step.clone() } else { anchor };
    marked.columns.push(format!("COALESCE({anchor}, FALSE) AS is_anchor"));
    marked.columns.push(format!("COALESCE({step}, FALSE) AS is_step"));
    let comment = format!("Where sessions start: after a pause of over {}", span_text(gap));
    statement.with(comment, "marked", marked);
    let mut sessions =
        Select::of("marked", ["person_id", "at", "name", "is_anchor", "is_step"].map(str::to_owned));
    sessions.columns.push(format!("SUM(starts) OVER ({IN_ORDER}) AS session"));
    sessions.columns.push(format!("ROW_NUMBER() OVER ({IN_ORDER}) AS place"));
    statement.with("The session of each event", "sessions", sessions);
    Ok(())
}

/// Adds `anchors`: the place of each session's anchor, if it is in range.
fn add_anchors(statement: &mut Statement, query: &Flow) {
    let which = if query.direction == Direction::Before && query.is_from_any() { "MAX" } else { "MIN" };
    let mut first = Select::of("sessions", KEY.map(str::to_owned)).filter("is_anchor");
    first.columns.push(format!("{which}(place) AS place"));
    first.group = KEY.map(str::to_owned).to_vec();
    let columns = ["first.person_id", "first.session", "first.place"].map(str::to_owned);
    let mut anchors = Select::inside(first, "first", columns);
    if let Some((from, to)) = query.between {
        anchors = anchors
            .join("JOIN sessions AS event ON event.person_id = first.person_id AND event.place = first.place")
            .filter(format!("event.at >= {} AND event.at < {}", from.0, to.0));
    }
    statement.with("The anchor of each session", "anchors", anchors);
}

/// Adds `ways`: the steps of each session by depth.
fn add_ways(statement: &mut Statement, query: &Flow) {
    let (side, order) = match query.direction {
        Direction::After => (">", "place"),
        Direction::Before => ("<", "place DESC"),
    };
    let columns = ["event.person_id", "event.session", "event.place", "event.name"].map(str::to_owned);
    let steps = Select::of("anchors AS anchor", columns).join(format!(
        "JOIN sessions AS event ON event.person_id = anchor.person_id AND event.session = anchor.session\n  \
         AND (event.place = anchor.place OR event.is_step AND event.place {side} anchor.place)"
    ));
    let one_by_one = format!("OVER (PARTITION BY person_id, session ORDER BY {order})");
    if query.merge {
        statement.with("Anchors and the steps beside them", "all_steps", steps);
        let mut before = Select::of("all_steps", ["*".to_owned()]);
        before.columns.push(format!("LAG(name) {one_by_one} AS name_before"));
        let columns = ["person_id", "session", "place", "name"].map(str::to_owned);
        let merged =
            Select::inside(before, "step", columns).filter("(name_before IS NULL OR name <> name_before)");
        statement.with("Repeated names as one", "steps", merged);
    } else {
        statement.with("Anchors and the steps beside them", "steps", steps);
    }
    let mut deep = Select::of("steps", ["person_id", "session", "name"].map(str::to_owned));
    deep.columns.push(format!("ROW_NUMBER() {one_by_one} - 1 AS depth"));
    let ways = Select::inside(deep, "step", ["*".to_owned()]).filter(format!("depth <= {}", query.depth));
    statement.with("How far each step is from its anchor", "ways", ways);
}

/// Adds `labeled`: ways with the names that stay apart, and the others as one.
fn add_labels(statement: &mut Statement, query: &Flow, dialect: Dialect) {
    let reserved = [OTHER, END, START].map(|name| dialect.text(name)).join(", ");
    let mut ranked = Select::of("ways", ["depth", "name"].map(str::to_owned));
    ranked
        .columns
        .push("ROW_NUMBER() OVER (PARTITION BY depth ORDER BY COUNT(*) DESC, name) AS place".to_owned());
    ranked.filters.push(format!("name NOT IN ({reserved})"));
    ranked.group = ["depth", "name"].map(str::to_owned).to_vec();
    let tops = Select::inside(ranked, "ranked", ["depth", "name"].map(str::to_owned))
        .filter(format!("place <= {}", query.top));
    statement.with(format!("The {} names of the most sessions at each depth", query.top), "tops", tops);
    let columns = ["ways.person_id", "ways.session", "ways.depth"].map(str::to_owned);
    let mut labeled = Select::of("ways", columns)
        .join("LEFT JOIN tops ON tops.depth = ways.depth AND tops.name = ways.name");
    labeled.columns.push(format!("COALESCE(tops.name, {}) AS label", dialect.text(OTHER)));
    statement.with("The others as one", "labeled", labeled);
}

fn add_answer(statement: &mut Statement, query: &Flow, dialect: Dialect) {
    let end = dialect.text(query.direction.end());
    let mut links = Select::of("labeled", ["person_id", "depth", "label"].map(str::to_owned));
    links
        .columns
        .push(format!("LEAD(label, 1, {end}) OVER (PARTITION BY person_id, session ORDER BY depth) AS next"));
    let (from, to) = match query.direction {
        Direction::After => ("label", "next"),
        Direction::Before => ("next", "label"),
    };
    let columns = [
        "depth + 1 AS depth".to_owned(),
        format!("{from} AS from_event"),
        format!("{to} AS to_event"),
        "COUNT(*) AS sessions".to_owned(),
        "COUNT(DISTINCT person_id) AS persons".to_owned(),
    ];
    let mut answer = Select::inside(links, "link", columns).filter(format!("depth < {}", query.depth));
    answer.group = ["depth", "label", "next"].map(str::to_owned).to_vec();
    answer.order = ["depth", "sessions DESC", "from_event", "to_event"].map(str::to_owned).to_vec();
    statement.answer = answer;
}
