"""How workers, queues and the scheduler stand. Units make a check for their own with `worker`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.isolation.manifest import BY_NAME, UNITS
from config.jobs import alive
from config.jobs.deliveries import TaskDelivery
from config.monitoring.book import client
from config.monitoring.probes import Check, Node, Reading, State

SILENT_S = 60
HANGS_S = 15  # a worker gives a sign every two seconds
USUAL = timedelta(minutes=3)  # with the usual schedules a worker takes up a task more often
MANY = 500  # tasks waiting
NO_SCHEDULER = Reading(State.BAD, "It does not run: nothing is asked for by itself.")
NOT_STARTED = Reading(State.OK, "It was not started here yet.")  # tasks that nobody takes up tell where it should have been
WORKERS = sorted({name for unit in UNITS for name in unit.runs_in if name.endswith("_worker")})


def checks() -> tuple[Check, ...]:
    node = Node("scheduler", "Scheduler", "jobs", act="Start it: manage.py scheduler.")
    processes = tuple(
        Node(_process(name), f"Process {name}", "jobs", settles_s=60, act=f"Look at it, and start it again: manage.py {name}.")
        for name in WORKERS
    )
    return (
        Check("scheduler", (node,), lambda at: {"scheduler": _life(alive.KEY, SILENT_S, NO_SCHEDULER, at)}, uses=("redis",)),
        Check("processes", processes, _processes, uses=("redis",)),
    )


def _processes(at: datetime) -> Mapping[str, Reading]:
    return {_process(name): _life(alive.worker_key(name), HANGS_S, NOT_STARTED, at) for name in WORKERS}


def _process(name: str) -> str:
    return f"process.{name}"


def _life(key: str, silent_s: float, never: Reading, at: datetime) -> Reading:
    """By the sign that a process leaves under `key`. `never`: where there has been none."""
    sign = client().get(key)
    if not isinstance(sign, str):
        return never
    age = at.timestamp() - float(sign)
    text = f"Its last sign of life was {max(age, 0.0):.0f} s ago."
    return Reading(State.BAD if age > silent_s else State.OK, text, {"age_seconds": age})


def worker(unit: str, title: str, command: str, deliveries: type[TaskDelivery]) -> Check:
    """A dead-man's switch: not that a process answers, but that tasks of the unit are taken up."""
    process = next(name for name in BY_NAME[unit].runs_in if name in WORKERS)
    node = Node(
        f"worker.{unit}", f"Worker of {title}", unit, ("redis", "scheduler", _process(process)), settles_s=180,
        act=f"Look at manage.py {command}, and start it again.",
    )  # fmt: skip

    def read(at: datetime) -> Mapping[str, Reading]:
        return {node.name: _worker(unit, deliveries, at)}

    return Check(node.name, (node,), read, uses=("postgres", "redis"))


def _worker(unit: str, deliveries: type[TaskDelivery], at: datetime) -> Reading:
    waiting = int(client().llen(f"celery:{unit}"))
    rows: Any = deliveries._default_manager
    last = rows.order_by("-started_at").values_list("started_at", flat=True).first()
    figures = {"waiting": float(waiting)} | ({"age_seconds": (at - last).total_seconds()} if last else {})
    if last is None:
        return Reading(State.BAD if waiting else State.OK, f"It has never taken up a task; {waiting:,} wait.", figures)
    age = at - last
    if age > USUAL:
        return Reading(State.BAD, f"It took up its last task {age.total_seconds() / 60:.0f} min ago; {waiting:,} wait.", figures)
    if waiting > MANY:
        return Reading(State.WARNING, f"{waiting:,} tasks wait.", figures)
    return Reading(State.OK, f"{waiting:,} tasks wait.", figures)
