"""Stormline: its own engine over a document, asked through the bench program `peers` beside this file.
Not for what is asked: see `questions`."""

import datetime
import json
import os
import subprocess
import time
from pathlib import Path

from questions import DID, NEXT, NOT_THEN, START, STEPS, WINDOW_US

ROOT = Path(__file__).resolve().parents[2]


def build():
    """The program and the bench program, built for speed."""
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "build", "--release", "--bin", "stormline", "--bench", "peers", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    programs = {}
    for line in built.splitlines():
        message = json.loads(line)
        if message.get("executable"):
            programs[message["target"]["name"]] = message["executable"]
    return programs["stormline"], programs["peers"]


class Stormline:
    name = "Stormline"

    def __init__(self, program: str, bench: str, threads: int):
        self.program, self.bench, self.threads = program, bench, threads
        self.version = self.run("--version").split()[-1]
        self.process = None

    def run(self, *arguments):
        command = [self.program, *map(str, arguments)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def make(self, document: Path, log: Path):
        """Imports a log into a new document; seconds, events, bytes. Days are those of UTC."""
        document.unlink(missing_ok=True)
        self.run("new", document, "--zone", "UTC")
        started = time.perf_counter()
        report = json.loads(self.run("import", document, log, "--json"))
        took = time.perf_counter() - started
        return took, report["batches"][0]["imported"], document.stat().st_size

    def open(self, document: Path):
        environment = dict(os.environ, RAYON_NUM_THREADS=str(self.threads))
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([self.bench, str(document)], stdin=pipe, stdout=pipe, text=True, env=environment)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def request(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        given = json.loads(self.process.stdout.readline())
        if "error" in given:
            raise RuntimeError(given["error"])
        return given

    def load(self, data):
        self.names, self.as_of = data.names, data.as_of
        self.load_ms = 0.0
        self.request(links=str(data.links_file))

    def variants(self, question):
        if question == "identity":
            return [lambda: [self.request(components=True)]]
        texts = getattr(self, question)()
        return [lambda: [self.request(ask=text) for text in texts]]

    @staticmethod
    def seconds(given):
        """The engine's own clock: what a person waits for, without the pipe to this script."""
        return sum(one["ms"] for one in given) / 1000

    def answer(self, question, given):
        self.load_ms += sum(one.get("load_ms", 0) for one in given)
        persons = lambda steps: [step["persons"] for step in steps]
        match question:
            case "funnel":
                return persons(given[0]["report"]["steps"])
            case "country":
                return {slice["value"]: persons(slice["steps"]) for slice in given[0]["report"]["breakdown"]}
            case "trend":
                counted = lambda series: {day(point["start"]): point["value"] for point in series["points"] if point["value"]}
                events, daily = (one["report"]["series"] for one in given)
                return ({(name, day): n for name, series in zip(self.names, events) for day, n in counted(series).items()},
                        counted(daily[0]))
            case "retention":
                cohorts = given[0]["report"]["cohorts"]
                # Monday, 5 January 1970, is the fourth day after the first.
                return {((day(cohort["start"]) + 3) // 7, later): n
                        for cohort in cohorts for later, n in enumerate(cohort["returned"]) if n}
            case "flow":
                edges = given[0]["report"]["edges"]
                return {(e["depth"], e["from"], e["to"]): e["count"] for e in edges if e["to"] != "(end)"}
            case "left":
                did, then = persons(given[0]["report"]["steps"])
                return did - then
            case "identity":
                return given[0]["components"], given[0]["label_sum"]

    steps = ", ".join(f"{{ event = {json.dumps(step)} }}" for step in STEPS)

    def funnel(self):
        return [f'kind = "funnel"\nwindow = "7d"\nsteps = [{self.steps}]\n']

    def country(self):
        return [self.funnel()[0] + 'breakdown = { property = "country", attribution = "first" }\n']

    def trend(self):
        names = ", ".join(f"{{ event = {json.dumps(name)} }}" for name in self.names)
        form = 'kind = "trend"\ninterval = "day"\nmeasure = "{}"\nevents = [{}]\n'
        return [form.format("events", names), form.format("persons", '{ event = "*" }')]

    def retention(self):
        return ['kind = "retention"\ninterval = "week"\nperiods = 60\n']

    def flow(self):
        # As many names told apart as there may be: all of them here.
        return [f'kind = "flow"\nanchor = {json.dumps(START)}\ndepth = {NEXT}\ntop = 50\n']

    def left(self):
        # Those who take the first step of a funnel within the last seven days and not the second; no window ends later.
        micros = lambda us: (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us)).isoformat() + "Z"
        between = f'{{ from = "{micros(self.as_of - WINDOW_US + 1)}", to = "{micros(self.as_of + 1)}" }}'
        steps = f"{{ event = {json.dumps(DID)} }}, {{ event = {json.dumps(NOT_THEN)} }}"
        return [f'kind = "funnel"\nwindow = "7d"\nsteps = [{steps}]\nbetween = {between}\n']


def day(iso):
    """Days since 1970 of the start of a day in UTC."""
    return (datetime.date.fromisoformat(iso[:10]) - datetime.date(1970, 1, 1)).days
