"""Runs step by step: what is due is claimed by one worker, and its moves, what is to be sent and why commit together.

Killed at any instant, nothing of a batch is there, and another worker does it; committed, nothing of it is done again. Time is
always passed in. The same step of many runs is taken at once, so that a condition is one query for all of them.
"""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from automation.workflows import tracing
from automation.workflows.conditions import EVERYTHING, holds_for
from automation.workflows.definitions import Definition, Op
from automation.workflows.events import ALIAS
from automation.workflows.models import Effect, Run, Trace, Version, Workflow
from automation.workflows.stored import readable

log = logging.getLogger(__name__)

BATCH = 200
MOST_ROUNDS = 1000  # of one batch: programs only go forward, so this is never reached
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
State, Group = Run.State, Run.Group

_STORE = """
UPDATE automation.workflow_runs AS r SET state = n.state, "group" = n."group", step = n.step, due_at = n.due_at,
    waits_for = n.waits_for, heard = n.heard, attempts = n.attempts, reason = n.reason, ended_at = n.ended_at
FROM jsonb_to_recordset(%s) AS n(id bigint, state text, "group" text, step int, due_at timestamptz, waits_for text,
    heard boolean, attempts int, reason text, ended_at timestamptz)
WHERE r.id = n.id
"""


@dataclass
class Moved:
    """What a tick did: `steps` taken, messages wanted, runs that ended or failed."""

    runs: int = 0
    steps: int = 0
    wanted: int = 0
    ended: int = 0
    failed: int = 0

    def add(self, other: "Moved") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def tick(now: datetime, batch: int = BATCH) -> Moved:
    """Take one batch of what is due. A batch that fails is taken run by run, so that one bad run stops nobody."""
    enabled = list(Workflow.objects.filter(enabled=True).values_list("pk", flat=True))
    try:
        with transaction.atomic(using=ALIAS):
            return _advance(_claimed(enabled, now, batch), now)
    except Exception:
        log.warning("A batch of runs failed; they are taken one by one.", exc_info=True)
        return _one_by_one(enabled, now, batch)


def _claimed(enabled: Sequence[int], now: datetime, batch: int) -> list[Run]:
    rows = Run.objects.filter(state=State.ACTIVE, due_at__lte=now, workflow_id__in=enabled).order_by("due_at", "id")
    claimed = list(rows.select_for_update(skip_locked=True)[:batch])
    versions = Version.objects.in_bulk({run.version_id for run in claimed})  # not joined, or they would be locked as well
    for run in claimed:
        run.version = versions[run.version_id]
    return claimed


def _one_by_one(enabled: Sequence[int], now: datetime, batch: int) -> Moved:
    done = Moved()
    for _ in range(batch):
        with transaction.atomic(using=ALIAS):
            runs = _claimed(enabled, now, 1)
            if not runs:
                break
            try:
                with transaction.atomic(using=ALIAS):
                    done.add(_advance(runs, now))
            except Exception as error:
                log.exception("Run %s failed.", runs[0].pk)
                _put_off(runs[0], f"{type(error).__name__}: {error}", now)
                done.add(Moved(runs=1, failed=1))
    return done


def _put_off(run: Run, why: str, now: datetime) -> None:
    """Tried again after a pause that grows, and given up after some. In the transaction that claimed it."""
    attempts = run.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "due_at": now + FIRST_PAUSE * 4.0 ** (attempts - 1), "reason": why[:500]}
    if attempts >= MOST_ATTEMPTS:
        values |= {"state": State.FAILED, "due_at": None, "ended_at": now}
    Run.objects.filter(pk=run.pk).update(**values)
    tracing.of_run(run, now, tracing.FAILED, why[:500]).save()


def _advance(runs: Sequence[Run], now: datetime) -> Moved:
    batch = _Batch(now)
    batch.begin(runs)
    for _ in range(MOST_ROUNDS):
        if not batch.going:
            break
        batch.round()
    batch.store(runs)
    return batch.moved


@dataclass
class _Batch:
    now: datetime
    going: list[Run] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    moved: Moved = field(default_factory=Moved)

    def begin(self, runs: Sequence[Run]) -> None:
        """Who has reached the goal, or whose record is gone, goes no further."""
        self.moved.runs = len(runs)
        self.going = list(runs)
        for run in runs:
            run.waits_for, run.due_at = "", None
        by_version: dict[int, list[Run]] = defaultdict(list)
        for run in runs:
            by_version[run.version_id].append(run)
        for part in by_version.values():
            definition = readable(part[0].version)
            ids = [run.entity_id for run in part]
            there = holds_for(definition.entity, EVERYTHING, ids, self.now)
            reached = holds_for(definition.entity, definition.goal, ids, self.now) if definition.goal is not None else set()
            for run in part:
                if run.entity_id not in there:
                    self._end(run, State.STOPPED, "The record is gone from ServiceTitan.")
                elif run.entity_id in reached:
                    self._end(run, State.STOPPED, "The goal is reached.")

    def round(self) -> None:
        """One step of every run that goes on."""
        by_step: dict[tuple[int, int], list[Run]] = defaultdict(list)
        for run in self.going:
            by_step[run.version_id, run.step].append(run)
        for (_, step), runs in by_step.items():
            definition = readable(runs[0].version)
            if step >= len(definition.program):
                for run in runs:
                    self._end(run, State.DONE, "It is through.")
                continue
            op = definition.program[step]
            self.moved.steps += len(runs)
            _TAKE[op.kind](self, op, definition, runs)

    def wait(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            self._rest(run, self.now + op.span, op)

    def until(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            self._rest(run, next_at(op, self.now), op)

    def hear(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            self._rest(run, self.now + op.span, op)
            run.waits_for, run.heard = op.word, False

    def branch(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        holds = holds_for(definition.entity, op.condition, [run.entity_id for run in runs], self.now)
        for run in runs:
            yes = run.entity_id in holds
            run.step = run.step + 1 if yes else op.to
            self._trace(run, tracing.BRANCH, "The condition holds." if yes else "The condition does not hold.", op)

    def jump(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            run.step = op.to

    def split(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            run.group = Group.CONTROL if share_of(definition.name, run.entity_id) < op.percent else Group.TREATED
            run.step += 1
            self._trace(run, tracing.SPLIT, f"In the {run.group} group.", op, {"group": run.group, "percent": op.percent})

    def stop(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            self._end(run, State.STOPPED, op.word)

    def send(self, op: Op, definition: Definition, runs: Sequence[Run]) -> None:
        for run in runs:
            if run.group == Group.CONTROL:
                self._trace(run, tracing.NOT_SENT, "It is in the control group.", op)
            else:
                self.effects.append(self._effect(op, definition, run))
                self._trace(run, tracing.SENT, f"{op.word}: {op.template}", op)
            run.step += 1

    def _effect(self, op: Op, definition: Definition, run: Run) -> Effect:
        """The key names the version: steps of two versions are counted alike, and a run may be moved from one to the other."""
        return Effect(
            key=f"{run.pk}:{run.version_id}:{run.step}", run=run, kind=op.word, template=op.template, customer_id=run.customer_id,
            entity=run.entity, entity_id=run.entity_id, priority=definition.priority,
            freshest_minutes=definition.freshness_minutes, wanted_at=self.now,
            expires_at=self.now + definition.expires if definition.expires else None,
        )  # fmt: skip

    def _rest(self, run: Run, until: datetime, op: Op) -> None:
        run.step, run.due_at = run.step + 1, until
        self.going.remove(run)
        self._trace(run, tracing.WAITS, f"until {timezone.localtime(until):%Y-%m-%d %H:%M}", op)

    def _end(self, run: Run, state: str, why: str) -> None:
        run.state, run.reason, run.ended_at, run.due_at = state, why, self.now, None
        self.going.remove(run)
        self.moved.ended += 1
        self.traces.append(tracing.of_run(run, self.now, tracing.ENDED, why))

    def _trace(self, run: Run, what: str, why: str, op: Op, data: dict[str, Any] | None = None) -> None:
        self.traces.append(tracing.of_run(run, self.now, what, why, op.name, data))

    def store(self, runs: Sequence[Run]) -> None:
        if not runs:
            return
        rows = [
            {
                "id": run.pk, "state": run.state, "group": run.group, "step": run.step, "due_at": run.due_at,
                "waits_for": run.waits_for, "heard": run.heard, "attempts": 0, "reason": run.reason, "ended_at": run.ended_at,
            }
            for run in runs
        ]  # fmt: skip
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_STORE, [json.dumps(rows, default=str)])
        Effect.objects.bulk_create(self.effects)
        Trace.objects.bulk_create(self.traces)
        self.moved.wanted = len(self.effects)


_TAKE: dict[str, Callable[[_Batch, Op, Definition, Sequence[Run]], None]] = {
    "wait": _Batch.wait, "until": _Batch.until, "hear": _Batch.hear, "branch": _Batch.branch, "jump": _Batch.jump,
    "split": _Batch.split, "stop": _Batch.stop, "send": _Batch.send,
}  # fmt: skip


def next_at(op: Op, now: datetime) -> datetime:
    """The next time the company's clock shows it. One that a night in spring leaves out is that much later; of two, the first."""
    assert op.clock is not None
    local = timezone.localtime(now)
    for days in (0, 1, 2):
        wanted = datetime.combine(local.date() + timedelta(days=days), op.clock, local.tzinfo)
        if wanted.timestamp() > now.timestamp():
            return datetime.fromtimestamp(wanted.timestamp(), timezone.get_current_timezone())
    raise AssertionError("the day after tomorrow is later than now")


def share_of(workflow: str, entity_id: int) -> int:
    """0 to 99, always the same for a record and a workflow, and independent of every other workflow."""
    return int.from_bytes(hashlib.sha256(f"{workflow}:{entity_id}".encode()).digest()[:8]) % 100
