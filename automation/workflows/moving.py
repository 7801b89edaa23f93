"""Moving who is inside from older versions to the newest one, by choice, after a plan that says what changes for them.

Nothing is sent again: a run is moved only where no step it may still take in the new version sends what it has been sent before,
by whatever step; otherwise it stays, and finishes on its version. What is wanted carries the version in its key, and a run never
comes back to a version, so that no key comes twice.
A wait that has begun goes on as it was begun, with its time and the event it waits for, also where the step itself was changed or
is gone. Goal, priority, freshness and every later step are the new version's from then on.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from automation.workflows import stored, tracing
from automation.workflows.events import ALIAS
from automation.workflows.models import Effect, Run, Trace, Version, Workflow
from automation.workflows.routes import Route, Sent
from automation.workflows.stored import Current

MOST = 100_000  # runs that a plan counts
SENT_BEFORE = "They have been sent what the new version sends from there on."
_STORE = """
UPDATE automation.workflow_runs AS r SET version_id = %s, step = n.step
FROM jsonb_to_recordset(%s) AS n(id bigint, step int) WHERE r.id = n.id
"""
Place = tuple[int, int]  # the number of a version, and a step of it as the engine counts
Routes = Mapping[int, Route]  # by the id of the version they come from


@dataclass(frozen=True)
class Group:
    """Who stands at one step of one version. `due`: so many go on at once. `gains`, `loses`: steps that lie ahead of them in one
    version only. `staying`: so many are not moved."""

    version: int
    step: int
    runs: int
    due: int
    stands: str
    goes: str
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    staying: int = 0
    why_not: str = ""


@dataclass(frozen=True)
class Plan:
    """`changes`: what is different for everybody who comes from a version. `capped`: there are more runs than were counted."""

    workflow: str
    version: int
    changes: tuple[str, ...]
    groups: tuple[Group, ...]
    capped: bool

    @property
    def moving(self) -> int:
        return sum(group.runs - group.staying for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "moving": self.moving}


def plan(workflow: Workflow, now: datetime) -> Plan:
    """Changes nothing. Raises stored.Unreadable for the newest version."""
    target, routes = _routes(workflow)
    rows = list(_inside(routes).values_list("version_id", "step", "due_at")[: MOST + 1])
    runs = Counter((version, step) for version, step, _ in rows[:MOST])
    due = Counter((version, step) for version, step, at in rows[:MOST] if at is not None and at <= now)
    groups = [_group(routes[version], step, runs[version, step], due[version, step]) for version, step in runs]
    numbers = {group.version for group in groups}
    changes = [line for route in routes.values() if route.version.number in numbers for line in route.changes()]
    groups.sort(key=lambda group: (group.version, group.step))
    return Plan(workflow.name, target.version.number, tuple(changes), tuple(groups), len(rows) > MOST)


def move(workflow: Workflow, now: datetime, who: str, groups: Collection[Place] | None = None, batch: int = 1000) -> int:
    """Returns how many were moved; `groups`: only from there. Killed, it has moved whole batches; called again, it goes on.

    Who is just being advanced is left to a second look, and then to the next call. Raises stored.Unreadable.
    """
    target, routes = _routes(workflow)
    moved = 0
    while part := sum(len(going) for going in _batches(target, routes, now, who, _chosen(routes, groups), batch)):
        moved += part
    return moved


def _routes(workflow: Workflow) -> tuple[Current, Routes]:
    target = stored.newest(workflow)
    older = Version.objects.filter(workflow=workflow, number__lt=target.version.number).order_by("number")
    return target, {version.pk: Route(version, target) for version in older}


def _inside(routes: Routes) -> "QuerySet[Run]":
    return Run.objects.filter(version__in=list(routes), state=Run.State.ACTIVE)


def _group(route: Route, step: int, runs: int, due: int) -> Group:
    number, stands = route.version.number, route.stands(step)
    if route.why_not:
        return Group(number, step, runs, due, stands, "nowhere", staying=runs, why_not=route.why_not)
    gains, loses = route.differs(step)
    staying = min(runs, _barred(route, step))
    why_not = SENT_BEFORE if staying else ""
    return Group(number, step, runs, due, stands, route.arrives(step), gains, loses, staying, why_not)


def _barred(route: Route, step: int) -> int:
    again = reduce(or_, (Q(kind=kind, template=template) for kind, template in route.repeats(step)), Q(pk__in=[]))
    there = Run.objects.filter(version=route.version, step=step, state=Run.State.ACTIVE)
    return Effect.objects.filter(again, run__in=there).values("run").distinct().count()


def _chosen(routes: Routes, groups: Collection[Place] | None) -> Q:
    """Whom a route can take, and who is asked for."""
    open = {route.version.number: id for id, route in routes.items() if not route.why_not}
    if groups is None:
        return Q(version__in=list(open.values()))
    asked = (Q(version=open[number], step=step) for number, step in groups if number in open)
    return reduce(or_, asked, Q(pk__in=[]))


def _batches(target: Current, routes: Routes, now: datetime, who: str, chosen: Q, batch: int) -> Iterator[list[Run]]:
    """One look at everybody, a transaction for each batch. Yields who was moved, behind their commit."""
    last = 0
    while True:
        with transaction.atomic(using=ALIAS):
            rows = _inside(routes).filter(chosen, pk__gt=last).order_by("pk")
            runs = list(rows.select_for_update(skip_locked=True)[:batch])
            sent = _sent(runs)
            going = [run for run in runs if not routes[run.version_id].repeats(run.step) & sent[run.pk]]
            _store(going, target, routes, now, who)
        yield going
        if not runs:
            return
        last = runs[-1].pk


def _sent(runs: Sequence[Run]) -> Mapping[int, set[Sent]]:
    found: dict[int, set[Sent]] = defaultdict(set)
    rows = Effect.objects.filter(run__in=[run.pk for run in runs])
    for run, kind, template in rows.values_list("run_id", "kind", "template"):
        found[run].add((kind, template))
    return found


def _store(runs: Sequence[Run], target: Current, routes: Routes, now: datetime, who: str) -> None:
    rows = [{"id": run.pk, "step": routes[run.version_id].goes(run.step)} for run in runs]
    Trace.objects.bulk_create(
        tracing.of_run(run, now, tracing.MOVED, f"{routes[run.version_id].way(run.step)} By {who}.") for run in runs
    )
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_STORE, [target.version.pk, json.dumps(rows)])
