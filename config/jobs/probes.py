"""How workers, queues and the scheduler stand. Units make a check for their own with `worker`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.jobs import alive
from config.jobs.deliveries import TaskDelivery
from config.monitoring.book import client
from config.monitoring.probes import Check, Node, Reading, State

SILENT_S = 60
HANGS_S = 15  # a worker gives a sign every two seconds
USUAL = timedelta(minutes=3)  # with the usual schedules a worker takes up a task more often
MANY = 500  # tasks waiting


def checks() -> tuple[Check, ...]:
    node = Node("scheduler", "Scheduler", "jobs", act="Start it: manage.py scheduler.")
    return (Check("scheduler", (node,), lambda at: {"scheduler": _scheduler(at)}, uses=("redis",)),)


def _scheduler(at: datetime) -> Reading:
    found = client().get(alive.KEY)
    if not isinstance(found, str):
        return Reading(State.BAD, "It does not run: nothing is asked for by itself.")
    age = at.timestamp() - float(found)
    text = f"Its last sign of life was {age:.0f} s ago."
    return Reading(State.BAD if age > SILENT_S else State.OK, text, {"age_seconds": age})


def worker(unit: str, title: str, command: str, deliveries: type[TaskDelivery]) -> Check:
    """Whether its loop gives signs of life, and a dead-man's switch: that tasks of the unit are taken up."""
    node = Node(
        f"worker.{unit}", f"Worker of {title}", unit, ("redis", "scheduler"), settles_s=180,
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
    sign = client().get(alive.worker_key(unit))
    silent = at.timestamp() - float(sign) if isinstance(sign, str) else 0.0
    if silent > HANGS_S:
        return Reading(State.BAD, f"Its last sign of life was {silent:.0f} s ago; {waiting:,} wait.", figures)
    if last is None:
        return Reading(State.BAD if waiting else State.OK, f"It has never taken up a task; {waiting:,} wait.", figures)
    age = at - last
    if age > USUAL:
        return Reading(State.BAD, f"It took up its last task {age.total_seconds() / 60:.0f} min ago; {waiting:,} wait.", figures)
    if waiting > MANY:
        return Reading(State.WARNING, f"{waiting:,} tasks wait.", figures)
    return Reading(State.OK, f"{waiting:,} tasks wait.", figures)
