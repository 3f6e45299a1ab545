//! The schema's versions and the way from each to the next. Not for what the tables hold: see `schema/*.sql`.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Marks the file as a Stormline document: `StLn`.
pub(crate) const APPLICATION_ID: u32 = 0x5374_4C6E;

/// Embedded migrations: the n-th leads from version n to n + 1. Released ones are never edited.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
];

/// The schema version written by this program.
pub(crate) fn current_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Brings a database to the last of `migrations`, each step in a transaction of its own.
pub(crate) fn migrate(conn: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let version: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (from, sql) in migrations.iter().enumerate().skip(version as usize) {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", (from + 1) as i64)?;
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_of_the_plan_move_into_their_events() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &MIGRATIONS[..5]).unwrap();
        for (id, kind, payload) in [
            (7, "event", r#"{"name":"A","aliases":[]}"#),
            (8, "property", r#"{"event":7,"name":"p","type":"number","required":true,"personal":false}"#),
            (9, "event", r#"{"name":"B"}"#),
            (10, "property", r#"{"event":7,"name":"q","type":"string","personal":true}"#),
            (11, "sticky", "{}"),
        ] {
            conn.execute("INSERT INTO item VALUES (?1, ?2, ?3)", (id, kind, payload)).unwrap();
        }
        migrate(&mut conn, MIGRATIONS).unwrap();
        let mut rows = conn.prepare("SELECT id, payload FROM item ORDER BY id").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let rows: Vec<(i64, String)> = rows.map(Result::unwrap).collect();
        let (p, q) = (
            r#"{"name":"p","type":"number","presence":"always"}"#,
            r#"{"name":"q","type":"string","personal":true}"#,
        );
        let first = format!(r#"{{"name":"A","aliases":[],"properties":[{p},{q}]}}"#);
        let second = r#"{"name":"B","properties":[]}"#.to_owned();
        assert_eq!(rows, [(7, first.clone()), (9, second), (11, "{}".to_owned())]);
        use crate::model::item::Item;
        let Ok(Item::Event(event)) = Item::from_payload("event", &first) else { panic!("{first}") };
        assert_eq!(event.properties.len(), 2);
    }

    #[test]
    fn a_current_database_is_left_alone_and_an_older_one_goes_through_each_step() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS).unwrap();
        conn.execute("INSERT INTO item VALUES (7, 'sticky', '{}')", []).unwrap();
        let changes = conn.total_changes();
        migrate(&mut conn, MIGRATIONS).unwrap();
        assert_eq!(conn.total_changes(), changes);

        let mut next = MIGRATIONS.to_vec();
        next.push("ALTER TABLE item ADD COLUMN color TEXT; UPDATE item SET color = 'red';");
        migrate(&mut conn, &next).unwrap();
        let (version, color): (u32, String) = conn
            .query_row("SELECT (SELECT user_version FROM pragma_user_version), color FROM item", [], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })
            .unwrap();
        assert_eq!((version, color.as_str()), (current_version() + 1, "red"));
    }

    #[test]
    fn a_failing_step_leaves_the_version_before_it() {
        let mut conn = Connection::open_in_memory().unwrap();
        let broken = [MIGRATIONS[0], "CREATE TABLE extra (a INTEGER); SELECT no_such_column FROM extra;"];
        assert!(migrate(&mut conn, &broken).is_err());
        let version: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        assert!(!conn.table_exists(None, "extra").unwrap());
    }
}
