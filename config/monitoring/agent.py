"""The loop: look, remember, tell. It needs no server but those it watches, and none of them to tell that they are away."""

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from config.monitoring import alerts, book, common, metrics, trial, windows
from config.monitoring.book import Book, Pending
from config.monitoring.graph import Graph
from config.monitoring.incidents import Desk, Incident, Word
from config.monitoring.looking import Looker, Pass
from config.monitoring.probes import Check, Node, Reading, State, nodes

log = logging.getLogger(__name__)

LOOK_FOR_TEST_S = 2.0
STAND_BY = 3  # passes without a sign of life, after which another agent takes over


@dataclass
class Agent:
    """`every_s`: from one pass to the next. `say` gets a line for each word that people are told."""

    checks: Sequence[Check]
    every_s: float = 30.0
    say: Callable[[str], None] = lambda line: None
    clock: Callable[[], datetime] = timezone.now
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        self.graph = Graph(nodes(self.checks))
        self._looker = Looker(self.checks, self.clock)
        self._book: Book | None = None
        self._unsaved: list[Incident] = []

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. A pass that fails is logged, and the next one is another try."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                if book.watches(self.name, int(self.every_s * STAND_BY) + 1):
                    self.step()
                else:
                    self._book = None  # another agent watches, and remembers what is new
            except Exception:
                log.exception("A pass failed.")
            self._rest(stop, until=began + self.every_s)

    def _rest(self, stop: threading.Event, until: float) -> None:
        """Until the next pass; somebody who presses the test button meanwhile is not left waiting."""
        while not stop.wait(max(0.1, min(LOOK_FOR_TEST_S, until - time.monotonic()))):
            for line in trial.answer():
                self.say(line)
            if time.monotonic() >= until:
                return

    def look(self) -> Pass:
        return self._looker.look()

    def step(self) -> Pass:
        """One pass, and what follows from it."""
        done = self.look()
        now = done.at.timestamp()
        remembered = self._remembered()
        desk = Desk(self.graph, remembered.memory)
        words = desk.take(done.readings, now, quiet=windows.is_open(done.at))
        self._count(remembered, done, now)
        remembered.pending += [Pending(book.word_values(word), list(alerts.channels())) for word in words]
        for word in words:
            self.say(f"{word.kind}: {word.text}")
        remembered.pending = alerts.send_due(remembered.pending, now)
        self._keep(remembered, done, words)
        return done

    def _remembered(self) -> Book:
        if self._book is None:
            self._book = book.load()
        return self._book

    def _count(self, remembered: Book, done: Pass, now: float) -> None:
        """Uptime of each unit: it is well while none of its own nodes is bad."""
        passed = min(now - remembered.seen, self.every_s * STAND_BY) if remembered.seen else 0.0
        remembered.seen = now
        day = timezone.localtime(done.at).date().isoformat()
        for unit in {node.unit for node in self.graph.nodes.values()}:
            states = [done.readings[name].state for name, node in self.graph.nodes.items() if node.unit == unit]
            remembered.count(unit, day, passed, well=State.BAD not in states)

    def _keep(self, remembered: Book, done: Pass, words: list[Word]) -> None:
        """What could not be kept stays in memory, and is kept with the next pass."""
        self._unsaved += [word.incident for word in words if word.kind == "recovered"]
        if book.save(remembered, self.shown(remembered, done), self._unsaved):
            self._unsaved = []

    def shown(self, remembered: Book, done: Pass) -> dict[str, Any]:
        """The last pass, for pages and metrics."""
        found = {
            name: {
                "state": str(reading.state), "text": reading.text, "figures": dict(reading.figures), "title": node.title,
                "unit": node.unit, "needs": list(node.needs), "depth": self.graph.depth[name],
                "since": remembered.memory.nodes[name].since,
            }
            for name, node in self.graph.nodes.items()
            for reading in [done.readings.get(name, Reading(State.UNKNOWN))]
        }  # fmt: skip
        incidents = [vars(incident) for incident in remembered.memory.open.values()]
        values = {
            "at": done.at.timestamp(), "seconds": round(done.seconds, 3), "every": self.every_s, "nodes": found,
            "incidents": incidents, "uptime": remembered.uptime, "failed": done.failed,
        }  # fmt: skip
        return values | {"metrics": metrics.text(values)}


def basics() -> Check:
    """What the agent can tell without any server: the disk under the hub's folder."""
    disk = Node("disk", "Disk", "servers", act="Make room, or the servers on it stop.")
    return Check("disk", (disk,), lambda at: {"disk": _disk()}, uses=())


def _disk() -> Reading:
    usage = common.disk()
    share = usage.free / usage.total
    text = f"{usage.free / 1e9:,.1f} GB ({share:.0%}) are free under {settings.HUB_DATA_DIR.name}."
    figures = {"free_bytes": float(usage.free), "total_bytes": float(usage.total)}
    low = usage.free < 1e9 or share < 0.03
    return Reading(State.BAD if low else State.WARNING if share < 0.1 else State.OK, text, figures)


def as_json(done: Pass, causes: Iterable[str]) -> str:
    readings = {name: asdict(reading) for name, reading in sorted(done.readings.items())}
    bad = [name for name, reading in done.readings.items() if reading.state in (State.BAD, State.UNKNOWN)]
    values = {"ok": not bad, "at": done.at.isoformat(), "seconds": round(done.seconds, 3), "bad": sorted(bad),
              "causes": sorted(causes), "nodes": readings}  # fmt: skip
    return json.dumps(values, default=str)
