"""Polars: a frame in memory, lazy, names as enums; neighbors in the table's order are used where that is faster.
Not for what is asked: see `questions`."""

import time
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from questions import DID, NEXT, NONE, NOT_THEN, START, STEPS, WINDOW_US

col = pl.col


class Polars:
    """The number of threads is set by POLARS_MAX_THREADS before it is loaded."""

    name = "Polars"
    version = pl.__version__

    def __init__(self, folder: Path, threads: int):
        self.folder = folder
        assert pl.thread_pool_size() == threads

    def load(self, data):
        self.as_of, self.names = data.as_of, data.names
        enums = [col("name").cast(pl.Enum(data.names)), col("country").cast(pl.Enum(data.countries))]
        frame = pl.read_parquet(data.parquet).with_columns(enums).rechunk()
        self.start, self.persons = frame["ts"].min(), frame["person"].max() + 1
        self.frame = frame.lazy()
        self.links, self.nodes = data.links, int(data.links.max()) + 1

    def variants(self, question):
        """The forms to try, on both of its engines: the fastest is kept."""
        if question == "identity":
            return [self.components]
        asked = getattr(self, question)()
        return [lambda forms=forms, engine=engine: pl.collect_all(forms, engine=engine)
                for forms in asked for engine in ("in-memory", "streaming")]

    def answer(self, question, given):
        if question == "identity":
            return given
        rows = given[0].rows()
        match question:
            case "funnel":
                return [int(count) for row in rows for count in row]
            case "country":
                return {row[0] or NONE: list(row[1:]) for row in rows}
            case "trend":
                return {(row[0], row[1]): row[2] for row in rows}, dict(given[1].rows())
            case "retention":
                return {(row[0], row[1]): row[2] for row in rows}
            case "left":
                return rows[0][0]
            case "flow":
                return {(row[0], row[1], row[2]): row[3] for row in rows}

    def reached(self):
        """Each event that fills a step, with the deepest step that a start within the window leads to there.

        Person, time and step in one number give the order, also of the events of one instant; the latest start of a
        step is carried on from row to row, and does not count for another person.
        """
        codes = [self.names.index(step) for step in STEPS]
        code = col("name").to_physical()
        step = pl.when(code == codes[0]).then(0)
        for place in (1, 2):
            step = step.when(code == codes[place]).then(place)
        rows = self.frame.filter(col("name").is_in(STEPS)).select(
            "person", step=step.otherwise(3).cast(pl.UInt64), person_at=col("person").cast(pl.UInt64) * 2**43,
            after=(col("ts") - self.start).cast(pl.UInt64),
        )
        rows = rows.with_columns(at=col("person_at") + col("after"))
        # One number is sorted faster than two, where it has room for the step.
        rows = rows.sort(col("at") * 4 + col("step")) if self.persons < 2**19 else rows.sort("at", "step")
        depth = pl.lit(0, pl.UInt8)
        for place in range(len(STEPS)):
            if place == 0:
                filled = pl.when(col("step") == 0).then(col("at"))
            else:
                before = col(f"start{place - 1}")
                in_time = (col("step") == place) & (before >= col("person_at")) & (col("at") - before <= WINDOW_US)
                filled = pl.when(in_time).then(before)
            rows = rows.with_columns(filled.alias(f"filled{place}"))
            rows = rows.with_columns(col(f"filled{place}").forward_fill().alias(f"start{place}"))
            depth = pl.when(col(f"filled{place}").is_not_null()).then(pl.lit(place + 1, pl.UInt8)).otherwise(depth)
        return rows.select("person", depth=depth)

    def deep(self):
        return self.reached().group_by("person").agg(col("depth").max()).filter(col("depth") > 0)

    counts = [(col("depth") >= step).sum().alias(f"step{step}") for step in range(1, len(STEPS) + 1)]

    def funnel(self):
        grouped = self.deep().select(self.counts)
        reached = self.reached().filter(col("depth") > 0)
        each = [reached.filter(col("depth") == step).select(col("person").n_unique()) for step in range(1, 5)]
        return [[grouped], [pl.concat(each)], [self.joined()]]

    def joined(self):
        step = lambda name: self.frame.filter(col("name") == name).select("person", "ts")
        found = [step(STEPS[0]).with_columns(start="ts")]
        for name in STEPS[1:]:
            joined = step(name).join_asof(found[-1], on="ts", by="person", check_sortedness=False)
            found.append(joined.filter(col("ts") - col("start") <= WINDOW_US))
        return pl.concat([rows.select(col("person").n_unique()) for rows in found])

    def country(self):
        touched = self.frame.filter(col("name").is_in(STEPS) & col("country").is_not_null())
        both = col("ts") * 1024 + col("country").to_physical().cast(pl.Int64)
        first = touched.select("person", both=both).group_by("person").agg(code=(col("both").min() % 1024))
        enum = self.frame.collect_schema()["country"]
        shown = col("code").cast(pl.UInt32).replace_strict(dict(enumerate(enum.categories)), default=None)
        counted = self.deep().join(first, on="person", how="left").group_by("code").agg(self.counts)
        return [[counted.with_columns(code=shown)]]

    def trend(self):
        events = self.frame.group_by("name", "day").agg(pl.len())
        distinct = self.frame.select("day", "person").unique().group_by("day").agg(pl.len())
        first = self.begins("person") | self.begins("day")
        neighbors = self.frame.filter(first).group_by("day").agg(pl.len())
        return [[events, neighbors], [events, distinct]]

    @staticmethod
    def begins(name):
        return (col(name) != col(name).shift(1)).fill_null(True)

    def retention(self):
        weeks = self.frame.select("person", week=(col("day") + 3) // 7)
        weeks = weeks.filter(self.begins("person") | self.begins("week"))
        first = pl.when(self.begins("person")).then(col("week")).forward_fill()
        cohorts = weeks.with_columns(first=first)
        return [[cohorts.group_by("first", later=col("week") - col("first")).agg(pl.len())]]

    def left(self):
        recent = self.frame.filter(col("ts") > self.as_of - WINDOW_US)
        of = lambda name: recent.filter(col("name") == name).group_by("person")
        joined = of(DID).agg(did=col("ts").min()).join(of(NOT_THEN).agg(other=col("ts").max()), on="person", how="left")
        times = lambda name: col("ts").filter(col("name") == name)
        grouped = recent.filter(col("name").is_in([DID, NOT_THEN])).group_by("person")
        grouped = grouped.agg(did=times(DID).min(), other=times(NOT_THEN).max()).filter(col("did").is_not_null())
        left = col("other").is_null() | (col("other") < col("did"))
        return [[joined.filter(left).select(pl.len())], [grouped.filter(left).select(pl.len())]]

    def flow(self):
        rows = self.frame.select("session", n0="name")
        nexts = [pl.when(col("session").shift(-n) == col("session")).then(col("n0").shift(-n)).alias(f"n{n}")
                 for n in range(1, NEXT + 1)]
        starts = rows.with_columns(nexts).filter(col("n0") == START).filter(self.begins("session"))
        paths = starts.group_by([f"n{n}" for n in range(NEXT + 1)]).agg(n=pl.len())
        edges = [paths.filter(col(f"n{n}").is_not_null()).group_by(a=f"n{n - 1}", b=f"n{n}").agg(col("n").sum())
                 .select(depth=pl.lit(n), a="a", b="b", n="n") for n in range(1, NEXT + 1)]
        return [[pl.concat(edges)]]

    def components(self):
        """Polars has no graphs: what one takes beside it."""
        a, b = self.links[:, 0], self.links[:, 1]
        graph = coo_array((np.ones(len(a), np.bool_), (a, b)), shape=(self.nodes, self.nodes))
        count, label = connected_components(graph, directed=False)
        least = np.empty(count, np.int64)
        # The last one written stays: the smallest node.
        least[label[::-1]] = np.arange(self.nodes)[::-1]
        return int(count), int(least[label].sum())

    def ingest(self, log: Path):
        """The same fields as Stormline keeps, first arrival of each message, into a Parquet file."""
        file = self.folder / "ingest.parquet"
        fields = ["type", "event", "name", "messageId", "anonymousId", "userId", "previousId", "groupId",
                  "timestamp", "properties", "traits", "context"]
        started = time.perf_counter()
        # Objects stay text, as everywhere.
        rows = pl.scan_ndjson(log, schema={field: pl.String for field in fields})
        rows = rows.with_columns(col("timestamp").str.to_datetime(time_zone="UTC"))
        rows.unique(subset="messageId", keep="any").sink_parquet(file)
        took = time.perf_counter() - started
        events = pl.scan_parquet(file).select(pl.len()).collect().item()
        size = file.stat().st_size
        file.unlink()
        return took, events, size
