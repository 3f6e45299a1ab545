"""What all engines are given: the columns of a document, with the same stored day and session, and identity links.
Not for the log itself: `stormline generate` makes it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

DAY_US = 86_400_000_000
SESSION_GAP_US = 30 * 60 * 1_000_000


@dataclass
class Data:
    """A table sorted by person, then time, then arrival, as a Parquet file; and links between nodes."""

    parquet: Path
    events: int
    as_of: int
    names: list
    countries: list
    links: np.ndarray
    links_file: Path


def from_columns(folder: Path, facts: dict, links: int) -> Data:
    """The table from the columns that Stormline wrote: everybody starts from the same persons and the same order."""
    read = lambda name, kind: np.fromfile(folder / name, kind)
    person, time = read("person", "<u4"), read("time", "<i8")
    countries = facts["dictionaries"]["country"]
    begins = np.ones(len(person), bool)
    begins[1:] = (person[1:] != person[:-1]) | (time[1:] - time[:-1] > SESSION_GAP_US)
    country = read("country", "<u4").astype(np.int32)
    table = pa.table(
        {
            "person": person,
            "ts": time,
            "name": pa.DictionaryArray.from_arrays(read("name", "<u4").astype(np.int32), facts["names"]),
            "country": pa.DictionaryArray.from_arrays(pa.array(country - 1, mask=country == 0), countries[1:]),
            "day": (time // DAY_US).astype(np.int32),
            "session": (np.cumsum(begins) - 1).astype(np.uint32),
            "seq": np.arange(len(person), dtype=np.uint32),
        }
    )
    file = folder / "events.parquet"
    parquet.write_table(table, file, compression="zstd")
    links_file = folder / "links"
    pairs = make_links(links)
    pairs.astype("<u4").tofile(links_file)
    return Data(file, len(person), facts["as_of"], facts["names"], countries[1:], pairs, links_file)


def make_links(count: int) -> np.ndarray:
    """Links as a log has them: accounts with some devices each, one device in a hundred shared, in random order."""
    random = np.random.default_rng(1)
    accounts = max(count // 3, 1)
    device = accounts + np.arange(count, dtype=np.uint32)
    shared = random.random(count) < 0.01
    device[shared] = accounts + random.integers(0, count, shared.sum())
    pairs = np.stack([random.integers(0, accounts, count, dtype=np.uint32), device.astype(np.uint32)], axis=1)
    # Numbers as they are given at import say nothing of who belongs together.
    nodes = random.permutation(accounts + count).astype(np.uint32)
    return nodes[random.permutation(pairs)]
