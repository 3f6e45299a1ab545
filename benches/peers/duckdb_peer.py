"""DuckDB: the table in memory, names as enums, two threads. Not for what is asked: see `questions`."""

import time
from pathlib import Path

import duckdb
import pyarrow.parquet as parquet

from questions import DID, NEXT, NONE, NOT_THEN, START, STEPS, WINDOW_US


def words(values):
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"


class DuckDb:
    name = "DuckDB"
    version = duckdb.__version__

    def __init__(self, folder: Path, threads: int):
        self.folder, self.threads = folder, threads
        self.con = duckdb.connect(":memory:", config={"threads": threads})

    def load(self, data):
        self.as_of = data.as_of
        self.con.execute(f"CREATE TYPE names AS ENUM {words(data.names)}")
        self.con.execute(f"CREATE TYPE countries AS ENUM {words(data.countries)}")
        self.con.execute(
            f"""CREATE TABLE e AS SELECT person, ts, name::names AS name, country::countries AS country, day, session
                FROM read_parquet('{data.parquet}')"""
        )
        links = data.links
        self.con.register("pairs", {"a": links[:, 0].copy(), "b": links[:, 1].copy()})
        self.con.execute("CREATE TABLE links AS SELECT a, b FROM pairs")
        self.nodes = int(links.max()) + 1

    def variants(self, question):
        """The forms to try: the fastest is kept."""
        if question == "identity":
            return [self.components]
        return [lambda sql=sql: self.rows(sql) for sql in getattr(self, question)()]

    def rows(self, sql):
        return self.con.execute(sql).fetchnumpy()

    def answer(self, question, given):
        if question == "identity":
            return given
        columns = list(given.values())
        rows = list(zip(*(column.tolist() for column in columns)))
        match question:
            case "funnel":
                return [int(count) for count in rows[0]]
            case "country":
                return {row[0] or NONE: [int(count) for count in row[1:]] for row in rows}
            case "trend":
                events = {(row[1], row[2]): row[3] for row in rows if row[0] == 0}
                return events, {row[2]: row[3] for row in rows if row[0] == 1}
            case "retention":
                return {(row[0], row[1]): row[2] for row in rows}
            case "left":
                return rows[0][0]
            case "flow":
                return {(row[0], row[1], row[2]): int(row[3]) for row in rows}

    def reached(self):
        """Each step's events with the latest start that they can belong to: events of an instant need no order."""
        sql = f"WITH r1 AS (SELECT person, ts, ts AS start FROM e WHERE name = '{STEPS[0]}')"
        for step in range(2, len(STEPS) + 1):
            sql += f""",
              r{step} AS (SELECT x.person, x.ts, r.start
                          FROM (SELECT person, ts FROM e WHERE name = '{STEPS[step - 1]}') x
                          ASOF JOIN r{step - 1} r ON x.person = r.person AND x.ts >= r.ts
                          WHERE x.ts - r.start <= {WINDOW_US})"""
        return sql

    def funnel(self):
        counts = ", ".join(f"(SELECT count(DISTINCT person) FROM r{step})" for step in range(1, 5))
        return [f"{self.reached()} SELECT {counts}"]

    def country(self):
        # The time and the country in one number: the first event's country, of several at one instant the least.
        first = f"""first AS (SELECT person, min(ts * 1024 + enum_code(country)) % 1024 AS code FROM e
                              WHERE name IN {words(STEPS)} AND country IS NOT NULL GROUP BY person)"""
        value = "enum_range(NULL::countries)[code + 1]::VARCHAR"
        one = f"""{self.reached()}, {first},
            deep AS (SELECT person, max(step) AS step FROM (
                {" UNION ALL ".join(f"SELECT person, {step} AS step FROM r{step}" for step in range(1, 5))})
                GROUP BY person)
            SELECT {value} AS country, count(*), count(*) FILTER (step >= 2), count(*) FILTER (step >= 3),
                   count(*) FILTER (step >= 4)
            FROM deep LEFT JOIN first USING (person) GROUP BY ALL"""
        return [one]

    def trend(self):
        events = "SELECT 0 AS kind, name::VARCHAR AS name, day, n FROM (SELECT name, day, count(*) AS n FROM e GROUP BY ALL)"
        counted = "SELECT day, count(DISTINCT person) AS n FROM e GROUP BY day"
        distinct = "SELECT day, count(*) AS n FROM (SELECT DISTINCT day, person FROM e) GROUP BY day"
        both = lambda persons: f"{events} UNION ALL SELECT 1, NULL, day, n FROM ({persons})"
        return [both(counted), both(distinct)]

    def retention(self):
        weeks = "SELECT person, (day + 3) // 7 AS week FROM e GROUP BY ALL"
        joined = f"""WITH w AS ({weeks}), f AS (SELECT person, min(week) AS first FROM w GROUP BY person)
            SELECT first, week - first AS later, count(*) FROM w JOIN f USING (person) GROUP BY ALL"""
        windowed = f"""SELECT first, week - first AS later, count(*)
            FROM (SELECT week, min(week) OVER (PARTITION BY person) AS first FROM ({weeks})) GROUP BY ALL"""
        return [joined, windowed]

    def left(self):
        at = lambda which, name: f"{which}(ts) FILTER (name = '{name}')"
        return [
            f"""SELECT count(*) FROM (
                SELECT {at('min', DID)} AS did, {at('max', NOT_THEN)} AS other FROM e
                WHERE name IN {words([DID, NOT_THEN])} AND ts > {self.as_of - WINDOW_US} GROUP BY person)
                WHERE did IS NOT NULL AND (other IS NULL OR other < did)"""
        ]

    def flow(self):
        # Rows lie in the order of the table, so that their numbers tell who follows whom.
        by_row = f"""WITH r AS (SELECT rowid AS row, session, name FROM e),
            f AS (SELECT session, min(row) AS row FROM r WHERE name = '{START}' GROUP BY session),
            x AS (SELECT r.session, r.row - f.row AS depth, name FROM r JOIN f
                  ON r.session = f.session AND r.row BETWEEN f.row AND f.row + {NEXT})
            SELECT d.depth, a.name::VARCHAR, d.name::VARCHAR, count(*)
            FROM x d JOIN x a ON a.session = d.session AND a.depth = d.depth - 1 WHERE d.depth > 0 GROUP BY ALL"""
        leads = ", ".join(
            f"lead(session, {n}) OVER () AS s{n}, lead(name, {n}) OVER () AS n{n}" for n in range(1, NEXT + 1)
        )
        nexts = ", ".join(f"CASE WHEN s{n} = session THEN n{n} END AS n{n}" for n in range(1, NEXT + 1))
        froms = ", ".join(f"n{n}" for n in range(NEXT))
        tos = ", ".join(f"n{n}" for n in range(1, NEXT + 1))
        by_lead = f"""WITH l AS (SELECT session, name AS n0, row_number() OVER () AS row, {leads} FROM e),
            f AS (SELECT min(row) AS row FROM l WHERE n0 = '{START}' GROUP BY session),
            g AS (SELECT n0, {nexts}, count(*) AS n FROM l JOIN f USING (row) GROUP BY ALL)
            SELECT depth, a::VARCHAR, b::VARCHAR, sum(n) FROM (
                SELECT unnest(range(1, {NEXT + 1})) AS depth, unnest([{froms}]) AS a, unnest([{tos}]) AS b, n FROM g)
            WHERE b IS NOT NULL GROUP BY ALL"""
        by_list = f"""WITH l AS (SELECT list(name ORDER BY rowid) AS names FROM e GROUP BY session
                                 HAVING bool_or(name = '{START}')),
            g AS (SELECT names[list_position(names, '{START}'):list_position(names, '{START}') + {NEXT}] AS v,
                         count(*) AS n FROM l GROUP BY v)
            SELECT depth, v[depth]::VARCHAR, v[depth + 1]::VARCHAR, sum(n)
            FROM (SELECT v, n, unnest(range(1, len(v))) AS depth FROM g) GROUP BY ALL"""
        return [by_row, by_lead, by_list]

    def components(self):
        """Every node is replaced by the least of its neighbors and itself, until no link is left.

        Neighbors stay neighbors or become one, and the least node of a set always stays.
        """
        run = self.con.execute
        run("CREATE OR REPLACE TEMP TABLE edge AS SELECT a, b FROM links")
        label = f"SELECT range::UINTEGER AS node, range::UINTEGER AS least FROM range({self.nodes})"
        run(f"CREATE OR REPLACE TEMP TABLE label AS {label}")
        while True:
            run("""CREATE OR REPLACE TEMP TABLE step AS SELECT node, least(node, min(other)) AS least FROM (
                       SELECT a AS node, b AS other FROM edge UNION ALL SELECT b, a FROM edge) GROUP BY node""")
            run("""CREATE OR REPLACE TEMP TABLE label AS SELECT l.node, coalesce(s.least, l.least) AS least
                   FROM label l LEFT JOIN step s ON s.node = l.least""")
            run("""CREATE OR REPLACE TEMP TABLE edge AS SELECT DISTINCT a.least AS a, b.least AS b
                   FROM edge e JOIN step a ON a.node = e.a JOIN step b ON b.node = e.b WHERE a.least <> b.least""")
            if run("SELECT count(*) FROM edge").fetchone()[0] == 0:
                break
        found = run("SELECT count(*) FILTER (node = least), sum(least) FROM label").fetchone()
        return int(found[0]), int(found[1])

    def ingest(self, log: Path):
        """The same fields as Stormline keeps, first arrival of each message, into a file of its own."""
        file = self.folder / "ingest.duckdb"
        file.unlink(missing_ok=True)
        started = time.perf_counter()
        con = duckdb.connect(str(file), config={"threads": self.threads})
        con.execute(
            f"""CREATE TABLE events AS SELECT * FROM read_json('{log}', format = 'newline_delimited',
                columns = {{type: 'VARCHAR', event: 'VARCHAR', name: 'VARCHAR',
                messageId: 'VARCHAR', anonymousId: 'VARCHAR', userId: 'VARCHAR', previousId: 'VARCHAR',
                groupId: 'VARCHAR', timestamp: 'TIMESTAMPTZ', properties: 'JSON', traits: 'JSON', context: 'JSON'}})
                QUALIFY row_number() OVER (PARTITION BY messageId) = 1"""
        )
        events = con.execute("SELECT count(*) FROM events").fetchone()[0]
        con.close()
        took = time.perf_counter() - started
        size = file.stat().st_size
        file.unlink()
        return took, events, size
