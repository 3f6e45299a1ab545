"""ClickHouse, embedded as chdb: a MergeTree in the table's order. Not for what is asked: see `questions`."""

import json
import shutil
import time
from pathlib import Path

import chdb
from chdb.session import Session

from questions import DID, NEXT, NONE, NOT_THEN, START, STEPS, WINDOW_US, Unanswered


def words(values):
    return "(" + ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values) + ")"


def enum(values):
    return f"Enum16({', '.join(f'{word} = {place}' for place, word in enumerate(words([v])[1:-1] for v in values))})"


class ClickHouse:
    name = "ClickHouse"
    version = chdb.__version__

    def __init__(self, folder: Path, threads: int):
        self.threads = threads
        self.folder = folder / "clickhouse"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.session = Session(str(self.folder))
        self.session.query("CREATE DATABASE peers")

    def load(self, data):
        self.as_of = data.as_of
        # Names twice: each form is the faster one for some questions.
        self.session.query(
            f"""CREATE TABLE peers.e (person UInt32, ts UInt64, name LowCardinality(String), code {enum(data.names)},
                country {enum([NONE, *data.countries])}, day Int32, session UInt32, seq UInt32)
                ENGINE = MergeTree ORDER BY (person, session, ts, seq)"""
        )
        self.session.query(
            f"""INSERT INTO peers.e SELECT person, ts, name, name, ifNull(country, '{NONE}'), day, session, seq
                FROM file('{data.parquet}', Parquet) SETTINGS max_insert_threads = 1"""
        )
        self.session.query("OPTIMIZE TABLE peers.e FINAL")

    def variants(self, question):
        """The forms to try, with aggregation in order and without: the fastest is kept."""
        if question == "identity":
            raise Unanswered
        asked = getattr(self, question)()
        settings = f"SETTINGS max_threads = {self.threads}, optimize_aggregation_in_order = "
        # Without aggregation in order the elements of an array come in any order.
        orders = lambda sql: (1,) if any("groupArray(name)" in one for one in sql) else (0, 1)
        return [lambda sql=sql, order=order: self.rows([f"{one} {settings}{order}" for one in sql])
                for sql in asked for order in orders(sql)]

    def rows(self, statements):
        return [self.session.query(sql, "JSONCompactEachRow").bytes() for sql in statements]

    def answer(self, question, given):
        tables = [[json.loads(line) for line in table.splitlines()] for table in given]
        rows = tables[0]
        match question:
            case "funnel":
                return [int(count) for count in rows[0]]
            case "country":
                return {row[0]: [int(count) for count in row[1:]] for row in rows}
            case "trend":
                return {(row[0], row[1]): int(row[2]) for row in rows}, {row[0]: int(row[1]) for row in tables[1]}
            case "retention":
                return {(row[0], row[1]): int(row[2]) for row in rows}
            case "left":
                return int(rows[0][0])
            case "flow":
                return {(row[0], row[1], row[2]): int(row[3]) for row in rows}

    def deep(self, more=""):
        # Equal times count as ordered: events of an instant take part in the order of the steps.
        conditions = ", ".join(f"name = '{step}'" for step in STEPS)
        return f"""SELECT person, windowFunnel({WINDOW_US})(ts, {conditions}) AS depth{more}
                   FROM peers.e WHERE name IN {words(STEPS)} GROUP BY person"""

    counts = ", ".join(f"countIf(depth >= {step})" for step in range(1, len(STEPS) + 1))

    def funnel(self):
        return [[f"SELECT {self.counts} FROM ({self.deep()})"]]

    def country(self):
        # The time and the country in one number: of several countries at one instant the least.
        first = f", argMinIf(toString(country), ts * 1024 + toInt16(country), country != '{NONE}') AS first"
        return [[f"SELECT if(first = '', '{NONE}', first) AS value, {self.counts} FROM ({self.deep(first)}) WHERE depth > 0 GROUP BY value"]]

    def trend(self):
        events = "SELECT code, day, count() FROM peers.e GROUP BY code, day"
        exact = "SELECT day, uniqExact(person) FROM peers.e GROUP BY day"
        distinct = "SELECT day, count() FROM (SELECT DISTINCT day, person FROM peers.e) GROUP BY day"
        return [[events, exact], [events, distinct]]

    def retention(self):
        week = "intDiv(day + 3, 7)"
        bits = f"""SELECT start + weeks[1] AS first, week - weeks[1] AS later, sum(n) FROM (
                SELECT bitPositionsToArray(mask) AS weeks, count() AS n,
                       (SELECT min({week}) FROM peers.e) AS start
                FROM (SELECT groupBitOr(bitShiftLeft(toUInt64(1), {week} - (SELECT min({week}) FROM peers.e))) AS mask
                      FROM peers.e GROUP BY person) GROUP BY mask)
            ARRAY JOIN weeks AS week GROUP BY first, later"""
        arrays = f"""SELECT first, week - first AS later, count() FROM (
                SELECT groupUniqArray({week}) AS weeks, arrayMin(weeks) AS first FROM peers.e GROUP BY person)
            ARRAY JOIN weeks AS week GROUP BY first, later"""
        return [[bits], [arrays]]

    def left(self):
        return [
            [
                f"""SELECT count() FROM (SELECT countIf(name = '{DID}') AS times, minIf(ts, name = '{DID}') AS did,
                        maxIf(ts, name = '{NOT_THEN}') AS other
                    FROM peers.e WHERE ts > {self.as_of - WINDOW_US} AND name IN {words([DID, NOT_THEN])}
                    GROUP BY person HAVING times > 0 AND did > other)"""
            ]
        ]

    def flow(self):
        edges = lambda paths: [
            f"""SELECT depth, a, b, sum(n) FROM (SELECT v, count() AS n FROM ({paths}) GROUP BY v)
                ARRAY JOIN arrayEnumerate(v) AS depth, v AS a, arrayPushBack(arrayPopFront(v), '') AS b
                WHERE depth < length(v) GROUP BY depth, a, b"""
        ]
        sliced = f"""SELECT groupArray(name) AS names, arraySlice(names, indexOf(names, '{START}'), {NEXT + 1}) AS v
                     FROM peers.e GROUP BY person, session HAVING has(names, '{START}')"""
        windowed = f"""SELECT arrayMap(pair -> pair.2, groupArraySorted({NEXT + 1})((seq, name))) AS v FROM (
                SELECT person, session, seq, name, max(name = '{START}') OVER (
                    PARTITION BY person, session ORDER BY ts, seq ROWS UNBOUNDED PRECEDING) AS started FROM peers.e)
            WHERE started GROUP BY person, session"""
        return [edges(sliced), edges(windowed)]

    def ingest(self, log: Path):
        """The same fields as Stormline keeps, first arrival of each message, into a table of its own."""
        started = time.perf_counter()
        self.session.query(
            """CREATE TABLE peers.ingest (type LowCardinality(String), event LowCardinality(String), messageId String,
               anonymousId String, userId String, previousId String, groupId String, ts DateTime64(3),
               properties String, traits String, context String) ENGINE = MergeTree ORDER BY (anonymousId, ts)"""
        )
        fields = ["type", "event", "name", "messageId", "anonymousId", "userId", "previousId", "groupId",
                  "timestamp", "properties", "traits", "context"]
        structure = ", ".join(f"{field} Nullable(String)" for field in fields)
        text = lambda field: f"ifNull({field}, '')"
        self.session.query(
            f"""INSERT INTO peers.ingest SELECT {text('type')}, coalesce(event, name, ''), {text('messageId')},
                {text('anonymousId')}, {text('userId')}, {text('previousId')}, {text('groupId')},
                parseDateTime64BestEffort(timestamp, 3, 'UTC'), {text('properties')}, {text('traits')}, {text('context')}
                FROM file('{log}', JSONEachRow, '{structure}')
                LIMIT 1 BY messageId
                SETTINGS max_threads = {self.threads}, max_insert_threads = {self.threads},
                    input_format_json_read_objects_as_strings = 1"""
        )
        took = time.perf_counter() - started
        count = self.session.query("SELECT count() FROM peers.ingest", "JSONCompactEachRow").bytes()
        self.session.query("DROP TABLE peers.ingest")
        return took, int(json.loads(count)[0]), None
