#!/usr/bin/env python3
"""Stormline beside DuckDB, ClickHouse and Polars: the same log, the same questions, by turns in one run.

    python3 benches/peers/run.py [--events N] [--persons M] [--rounds R] [--folder F] [--no-ingest] [--json FILE]

It makes an environment with the pinned engines in the folder (target/peers by default), builds Stormline, generates a
log, imports it, and gives everybody the same table: persons as Stormline found them, sorted by person and time, with
a day and a session column. Every engine answers with two threads from a table in memory. Of several forms of a query
each engine keeps the one that is fastest here. All answers must be equal, first over a small log in which many events
share an instant, then over the big one; else the run fails.

Prints medians, ratios to the fastest peer, the share of memory bandwidth, first use, loading, and ingest of the log.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = 2
TIED_EVENTS = 20_000


def main():
    options = arguments()
    enter_environment(options.folder)
    import stormline

    program, bench = stormline.build()
    with_ties(options, program, bench)
    run = Run(options, program, bench, "big", options.events, options.persons)
    run.log = generated(run.stormline, options.folder, options.events, options.persons)
    run.prepare()
    run.tune_and_check()
    run.measure(options.rounds)
    run.tell()
    run.close()
    if not options.no_ingest:
        run.ingest()
    if options.json:
        Path(options.json).write_text(json.dumps(run.facts(), indent=2) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--persons", type=int, help="a twentieth of the events by default")
    parser.add_argument("--rounds", type=int, default=7)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--folder", type=Path, default=target / "peers", help="for the environment and the logs")
    parser.add_argument("--no-ingest", action="store_true", help="leave out reading the log with every engine")
    parser.add_argument("--json", help="write the figures to this file, too")
    options = parser.parse_args()
    options.persons = options.persons or max(options.events // 20, 1)
    options.folder = options.folder.resolve()
    return options


def enter_environment(folder: Path):
    """Goes on in an environment with the pinned engines, which is made when it is not there."""
    place = folder / "environment"
    python = place / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = place / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        print("Installing the engines…", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    if Path(sys.prefix).resolve() != place.resolve():
        # Some engines read their number of threads when they are loaded.
        environment = dict(os.environ, POLARS_MAX_THREADS=str(THREADS), OMP_NUM_THREADS=str(THREADS))
        os.execve(python, [str(python), *sys.argv], environment)


def generated(stormline, folder: Path, events: int, persons: int, *more: str) -> Path:
    log = folder / f"log-{events}-{persons}{''.join(more)}.ndjson"
    if not log.exists():
        stormline.run("generate", "--events", events, "--persons", persons, "--seed", 1, "--out", log, *more)
    return log


def with_ties(options, program, bench):
    """The same comparison over a log whose times are cut to ten minutes, so that order must come from the rules."""
    run = Run(options, program, bench, "ties", TIED_EVENTS, TIED_EVENTS // 20)
    text = generated(run.stormline, options.folder, TIED_EVENTS, TIED_EVENTS // 20).read_text()
    run.log = options.folder / "log-ties.ndjson"
    run.log.write_text(re.sub(r'("timestamp":"[^"]{15})\d:\d\d\.\d{3}', r"\g<1>0:00.000", text))
    run.prepare()
    run.tune_and_check(every_form=True)
    print(f"{TIED_EVENTS:,} events with ties: all answers are equal", file=sys.stderr)
    run.close()


class Run:
    """One log, all engines."""

    def __init__(self, options, program, bench, word, events, persons):
        from stormline import Stormline

        self.folder = options.folder / word
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events, self.persons = events, persons
        self.stormline = Stormline(program, bench, THREADS)
        self.loads, self.chosen, self.first, self.times, self.ingested = {}, {}, {}, {}, {}

    def prepare(self):
        from clickhouse_peer import ClickHouse
        from data import from_columns
        from duckdb_peer import DuckDb
        from polars_peer import Polars

        document = self.folder / "log.stormline"
        self.stormline.make(document, self.log)
        self.stormline.open(document)
        facts = self.stormline.request(columns={"folder": str(self.folder), "properties": ["country"]})
        self.bandwidth = self.stormline.request(bandwidth=True)["gb_per_s"]
        self.stormline.close()
        self.data = from_columns(self.folder, facts, max(self.events // 5, 1))
        # Opened anew, so that loading is part of its first answers.
        self.stormline.open(document)
        self.engines = [self.stormline, *(peer(self.folder, THREADS) for peer in (ClickHouse, DuckDb, Polars))]
        for engine in self.engines:
            started = time.perf_counter()
            engine.load(self.data)
            self.loads[engine.name] = time.perf_counter() - started

    def tune_and_check(self, every_form=False):
        """Each engine's first answers, its fastest form of each query, and whether all answers are equal."""
        from questions import QUESTIONS, Unanswered

        for question in QUESTIONS:
            expected = None
            for engine in self.engines:
                try:
                    forms = engine.variants(question)
                except Unanswered:
                    continue
                best = None
                for form in forms:
                    first, given = timed(engine, form)
                    answer = engine.answer(question, given)
                    if expected is None:
                        expected = (engine.name, answer)
                    equal_or_fail(question, expected, (engine.name, answer))
                    again = min(timed(engine, form)[0] for _ in range(1 if every_form else 3))
                    if best is None or again < best[0]:
                        best = (again, form, first)
                self.chosen[question, engine.name] = best[1]
                self.first[question, engine.name] = best[2]

    def measure(self, rounds):
        """All questions of all engines by turns, another one first in each round."""
        from questions import QUESTIONS

        for turn in range(rounds):
            self.bandwidth = max(self.bandwidth, self.stormline.request(bandwidth=True)["gb_per_s"])
            for question in QUESTIONS:
                for place in range(len(self.engines)):
                    engine = self.engines[(place + turn) % len(self.engines)]
                    form = self.chosen.get((question, engine.name))
                    if form is not None:
                        took, _ = timed(engine, form)
                        self.times.setdefault((question, engine.name), []).append(took)

    def ingest(self):
        """The same log into each engine's own file: one without broken lines, at which some of them stop."""
        print("\nThe same log into each engine's own file, the first arrival of each message:")
        log = generated(self.stormline, self.folder.parent, self.events, self.persons, "--clean")
        own = self.folder / "ingest.stormline"
        took, events, size = self.stormline.make(own, log)
        own.unlink()
        self.tell_ingest("Stormline", {"s": took, "events": events, "bytes": size})
        folder = self.folder / "ingest"
        folder.mkdir(exist_ok=True)
        for engine in self.engines[1:]:
            # Alone in its process, so that it has all memory and may fail alone.
            command = [sys.executable, HERE / "ingest.py", engine.name, folder, log, str(THREADS)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if done.returncode == 0:
                self.tell_ingest(engine.name, json.loads(done.stdout.splitlines()[-1]))
            else:
                print(f"- {engine.name}: failed with status {done.returncode}")

    def tell_ingest(self, name, figures):
        self.ingested[name] = figures
        size = f", {figures['bytes'] / 1e6:,.0f} MB" if figures["bytes"] else ""
        rate = figures["events"] / figures["s"]
        print(f"- {name}: {figures['s']:.1f} s, {rate:,.0f} events/s, {figures['events']:,} events{size}", flush=True)

    def close(self):
        self.stormline.close()
        for engine in self.engines:
            session = getattr(engine, "session", None)
            if session is not None:
                session.close()

    def median_ms(self, question, name):
        times = self.times.get((question, name))
        return statistics.median(times) * 1000 if times else None

    def facts(self):
        """Everything measured, for programs."""
        from questions import QUESTIONS

        names = [engine.name for engine in self.engines]
        return {
            "date": datetime.date.today().isoformat(),
            "machine": machine(),
            "events": self.data.events,
            "links": len(self.data.links),
            "versions": {engine.name: engine.version for engine in self.engines},
            "bandwidth_gb_per_s": self.bandwidth,
            "median_ms": {question: {name: self.median_ms(question, name) for name in names} for question in QUESTIONS},
            "first_ms": {f"{question} {name}": first * 1000 for (question, name), first in self.first.items()},
            "load_s": self.loads | {"Stormline": self.stormline.load_ms / 1000},
            "ingest": self.ingested,
        }

    def tell(self):
        from questions import QUESTIONS

        facts = self.facts()
        peers = [engine.name for engine in self.engines[1:]]
        print(f"{self.data.events:,} events, {len(self.data.links):,} links; {facts['machine']}; {facts['date']}")
        print(", ".join(f"{name} {version}" for name, version in facts["versions"].items()))
        print(f"Memory is read at {self.bandwidth:.1f} GB/s by {THREADS} threads. Medians in ms, all answers equal.\n")
        print(f"| question | Stormline | {' | '.join(peers)} | fastest peer | of bandwidth |")
        print("|---|---|" + "---|" * (len(peers) + 2))
        for question, (label, width) in QUESTIONS.items():
            own = self.median_ms(question, "Stormline")
            others = [self.median_ms(question, name) for name in peers]
            best = min(time for time in others if time is not None)
            ratio = f"{best / own:.1f} ×"
            share = f"{width * self.data.events / self.bandwidth / 1e6 / own:.0%}" if width else ""
            own = f"{own:.1f}"
            cells = " | ".join("–" if time is None else f"{time:.1f}" for time in others)
            print(f"| {label} | {own} | {cells} | {ratio} | {share} |")
        print("\nFirst answer of each question in ms, decoding on first use included (apart from loading):")
        for question, (label, _) in QUESTIONS.items():
            first = [(name, self.first.get((question, name))) for name in ["Stormline", *peers]]
            print(f"- {label}: " + ", ".join(f"{name} {took * 1000:.1f}" for name, took in first if took is not None))
        loads = ", ".join(f"{name} {took:.2f}" for name, took in facts["load_s"].items())
        print(f"\nLoading the table into memory, s: {loads}")


def timed(engine, form):
    started = time.perf_counter()
    given = form()
    took = time.perf_counter() - started
    if hasattr(engine, "seconds"):
        took = engine.seconds(given)
    return took, given


def equal_or_fail(question, expected, given):
    if expected[1] != given[1]:
        shown = lambda answer: f"{answer[0]}: {str(answer[1])[:1500]}"
        sys.exit(f"The answers to “{question}” differ.\n{shown(expected)}\n{shown(given)}{differences(expected[1], given[1])}")


def differences(a, b):
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return ""
    keys = [key for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
    lines = [f"{key}: {a.get(key)} and {b.get(key)}" for key in sorted(keys, key=str)[:10]]
    return f"\n{len(keys)} entries differ, such as\n" + "\n".join(lines)


def machine():
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        found = re.search(r"model name\s*: (.*)", cpus.read_text())
        name = found[1] if found else name
    return f"{name}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
