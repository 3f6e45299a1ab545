"""Reads a log into one engine's own file, in a process of its own: `ingest.py ENGINE FOLDER LOG THREADS` prints JSON.
Not for use by hand: `run.py` calls it."""

import importlib
import json
import sys
from pathlib import Path

ENGINES = {
    "ClickHouse": ("clickhouse_peer", "ClickHouse"),
    "DuckDB": ("duckdb_peer", "DuckDb"),
    "Polars": ("polars_peer", "Polars"),
}


def main():
    name, folder, log, threads = sys.argv[1:]
    module, kind = ENGINES[name]
    engine = getattr(importlib.import_module(module), kind)
    took, events, size = engine(Path(folder), int(threads)).ingest(Path(log))
    print(json.dumps({"s": took, "events": events, "bytes": size}))


if __name__ == "__main__":
    main()
