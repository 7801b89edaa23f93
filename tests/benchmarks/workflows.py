"""What workflows do in a second with two workers, and whether those who wait cost those who are due anything.

The processes are those of production: commands of the unit with its own role, traces and messages wanted written as always.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median, quantiles

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from automation.workflows import engine, entering
from automation.workflows.models import Event
from config.isolation.actor import acting_as
from tests.benchmarks.cluster import Cluster
from tests.benchmarks.cost import MB, memory_of
from tests.benchmarks.options import ROOT, Options
from tests.benchmarks.targets import Target
from tests.benchmarks.told import Told, told
from tests.benchmarks.workflow_rows import LAST, RESTS_AT, WORKFLOWS, Rows

WANTED_PER_S = 500
WANTED_S = 2.0
FLAT = 1.5  # what a tick may cost, of what it costs with few
FEW = 1000
WORKERS = 2
LOOKS = 30
TRICKLE, A_SECOND = 300, 10
PARTS = ("enter, and the first steps", "go on, three steps each", "go on, one step each")
_TAKEN = "SELECT count(*) FROM automation.workflow_trace WHERE step <> ''"  # every step but jumps says why

_FIRST = "SELECT id FROM automation.workflow_runs WHERE workflow_id = %s ORDER BY id LIMIT 1"
_LAST = "SELECT id FROM automation.workflow_runs WHERE workflow_id = %s ORDER BY id DESC LIMIT %s"


@dataclass(frozen=True)
class Part:
    name: str
    transitions: int
    effects: int
    seconds: float

    @property
    def per_s(self) -> float:
        return self.transitions / self.seconds


@dataclass(frozen=True)
class Look:
    """Milliseconds, medians: with nothing due, with one run due, with one event that somebody may wait for."""

    name: str
    idle: float
    one_due: float
    one_event: float


@dataclass
class Measured:
    waiting: int
    parts: list[Part] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)  # from due to done, each
    worker_mb: float = 0
    fill_s: float = 0

    def ratio(self, look: Look) -> float:
        """The worst of the three, of what it is with few."""
        few = self.looks[0]
        return max(look.idle / few.idle, look.one_due / few.one_due, look.one_event / few.one_event)


def measure(cluster: Cluster, options: Options, say: Callable[[str], None]) -> Measured:
    measured, rows = Measured(options.waiting), Rows(cluster)
    with acting_as("automation"):
        measured.parts = _transitions(rows, options.moving, say)
        say(f"{FEW:,} runs wait")
        each = options.waiting // WORKFLOWS
        rows.empty(each, WORKFLOWS)
        rows.wait(1, FEW // WORKFLOWS)
        rows.analyze()
        measured.looks.append(_look(rows, f"{FEW:,} wait"))
        say(f"{options.waiting:,} runs wait")
        began = time.perf_counter()
        rows.wait(FEW // WORKFLOWS + 1, each)
        measured.fill_s = time.perf_counter() - began
        measured.looks.append(_look(rows, f"{options.waiting:,}, statistics of {FEW:,}"))
        _trickle(rows, measured, say)
        rows.analyze()
        measured.looks.append(_look(rows, f"{options.waiting:,}, statistics of now"))
        say("a workflow is switched off")
        held = rows.switch_off(rows.workflows[0])
        measured.looks.append(_look(rows, f"of them {held:,} due, switched off"))
        rows.back()
    return measured


# Transitions


def _transitions(rows: Rows, count: int, say: Callable[[str], None]) -> list[Part]:
    rows.empty(count, 1)
    with ExitStack() as stack:
        workers = [stack.enter_context(told(rows.cluster, "tests.benchmarks.workflow_worker")) for _ in range(WORKERS)]
        rows.happen(count)
        found = []
        for number, name in enumerate(PARTS):
            say(f"{count:,} runs: {name}")
            if number:
                rows.all_due()
            before = rows.count(_TAKEN), rows.count("SELECT count(*) FROM automation.workflow_effects")
            began = time.perf_counter()
            _both(workers)
            seconds = time.perf_counter() - began
            taken = rows.count(_TAKEN) - before[0]
            found.append(Part(name, taken, rows.count("SELECT count(*) FROM automation.workflow_effects") - before[1], seconds))
    return found


def _both(workers: list[Told]) -> None:
    """One that finds nothing leaves while another still decides, and is called again, as it is in production."""
    steps = -1
    while steps:
        for worker in workers:
            worker.go()
        steps = sum(int(worker.said()) for worker in workers)


# What waiting costs


def _look(rows: Rows, name: str) -> Look:
    """In this process, whose statements are those of a worker."""
    [one] = rows.ids(_FIRST, rows.workflows[-1].workflow.pk)
    idle, due, event = [], [], []
    for number in range(LOOKS):
        idle.append(_ms(lambda: engine.tick(timezone.now()).runs == 0))
        rows.due(timezone.now(), [one], RESTS_AT)
        due.append(_ms(lambda: engine.tick(timezone.now()).runs == 1))
        _sold(f"bench:{name}:{number}", 5 + 4 * number)  # nobody waits for it
        event.append(_ms(lambda: entering.enter(timezone.now()) == 1))
    return Look(name, median(idle), median(due), median(event))


def _ms(what: Callable[[], bool]) -> float:
    began = time.perf_counter()
    assert what()
    return (time.perf_counter() - began) * 1000


def _sold(key: str, id: int) -> None:
    now = timezone.now()
    about = {"entity": "estimate", "entity_id": id, "customer_id": -1, "happened_at": now, "noted_at": now}
    Event.objects.create(key=key, kind="estimate.sold", **about)


def _trickle(rows: Rows, measured: Measured, say: Callable[[str], None]) -> None:
    """Some runs become due each second; two processes of the command are at it."""
    say(f"{TRICKLE} runs become due, {A_SECOND} a second")
    workflow = rows.workflows[-1].workflow.pk
    ids = rows.ids(_LAST, workflow, TRICKLE)
    command = [sys.executable, "manage.py", "run_workflows", "--json"]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=rows.cluster.environment(), stdout=subprocess.DEVNULL))
            for _ in range(WORKERS)
        ]
        try:
            time.sleep(8)  # they start
            begin = timezone.now() + timedelta(seconds=1)
            due_at = {id: begin + timedelta(seconds=number / A_SECOND) for number, id in enumerate(ids)}
            for id, at in due_at.items():
                rows.due(at, [id], LAST)
            left = dict(due_at)
            while left:
                done = rows.ids("SELECT id FROM automation.workflow_runs WHERE id = ANY (%s) AND state = 'done'", list(left))
                seen = timezone.now()
                measured.waits_s += [(seen - left.pop(id)).total_seconds() for id in done]
                time.sleep(0.02)
            measured.worker_mb = max(memory_of(worker.pid) for worker in workers) / MB
        finally:
            for worker in workers:
                worker.terminate()


# What is said


def targets(measured: Measured) -> Iterator[Target]:
    for part in measured.parts:
        text = f"{part.name}: {part.per_s:,.0f} transitions a second with {WORKERS} workers; wanted {WANTED_PER_S}"
        yield Target(part.per_s >= WANTED_PER_S, text)
    most = max(measured.waits_s)
    yield Target(most <= WANTED_S, f"due to done with {measured.waiting:,} waiting: at most {most:.2f} s; wanted {WANTED_S}")
    for look in measured.looks[1:]:
        ratio = measured.ratio(look)
        yield Target(ratio <= FLAT, f"a tick, {look.name}: {ratio:.2f} times what it costs with {FEW:,}; wanted at most {FLAT}")


def show(console: Console, measured: Measured) -> None:
    console.print(_table("two workers", ("runs", "transitions", "messages wanted", "seconds", "transitions/s"), [
        (part.name, f"{part.transitions:,}", f"{part.effects:,}", f"{part.seconds:.2f}", f"{part.per_s:,.0f}")
        for part in measured.parts
    ]))  # fmt: skip
    console.print(_table("one tick, ms", ("runs", "nothing due", "one due", "one event"), [
        (look.name, f"{look.idle:.2f}", f"{look.one_due:.2f}", f"{look.one_event:.2f}") for look in measured.looks
    ]))  # fmt: skip
    marks = quantiles(measured.waits_s, n=20)
    waits = (f"{median(measured.waits_s):.2f}", f"{marks[-1]:.2f}", f"{max(measured.waits_s):.2f}")
    console.print(_table("from due to done, s", ("runs", "p50", "p95", "max", "worker MB"), [
        (f"{len(measured.waits_s)} of {measured.waiting:,}", *waits, f"{measured.worker_mb:.0f}")
    ]))  # fmt: skip
    console.print(f"{measured.waiting:,} runs were made in {measured.fill_s:.0f} s", highlight=False)


def as_json(measured: Measured) -> str:
    return json.dumps({
        "parts": [{**vars(part), "per_s": part.per_s} for part in measured.parts],
        "looks": [vars(look) for look in measured.looks],
        "waits_s": measured.waits_s, "worker_mb": measured.worker_mb, "waiting": measured.waiting,
    }, indent=1)  # fmt: skip


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(heads[0], no_wrap=True)
    for head in heads[1:]:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row)
    return table
