"""What a step does with the runs that stand before it. Nothing is stored here: the engine stores it, a simulation counts it.

The same step of many runs is taken at once, so that a condition is one query for all of them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from automation.workflows import tracing
from automation.workflows.conditions import EVERYTHING, holds_for
from automation.workflows.definitions import Definition, Op
from automation.workflows.evidence import values_of
from automation.workflows.models import Effect, Run, Trace
from automation.workflows.stored import readable

MOST_ROUNDS = 1000  # of one batch: programs only go forward, so this is never reached
State, Group = Run.State, Run.Group


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


@dataclass
class Batch:
    """Runs that are due at `now`. `traces` and `effects` are what came of it."""

    now: datetime
    going: list[Run] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    moved: Moved = field(default_factory=Moved)

    def take(self, runs: Sequence[Run]) -> None:
        """As far as each goes without waiting."""
        self.begin(runs)
        for _ in range(MOST_ROUNDS):
            if not self.going:
                break
            self.round()
        self.moved.wanted = len(self.effects)

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
            seen = values_of(definition.entity, definition.goal, sorted(reached))
            for run in part:
                if run.entity_id not in there:
                    self._end(run, State.STOPPED, "The record is gone from ServiceTitan.")
                elif run.entity_id in reached:
                    self._end(run, State.STOPPED, "The goal is reached.", seen.get(run.entity_id))

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
        ids = [run.entity_id for run in runs]
        holds, seen = holds_for(definition.entity, op.condition, ids, self.now), values_of(definition.entity, op.condition, ids)
        for run in runs:
            yes = run.entity_id in holds
            run.step = run.step + 1 if yes else op.to
            why = "The condition holds." if yes else "The condition does not hold."
            self._trace(run, tracing.BRANCH, why, op, seen.get(run.entity_id))

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
                self._trace(run, tracing.WANTED, f"{op.word}: {op.template}", op)
            run.step += 1

    def _effect(self, op: Op, definition: Definition, run: Run) -> Effect:
        """The key names the version: steps of two versions are counted alike, and a run may be moved from one to the other."""
        return Effect(
            key=f"{run.pk}:{run.version_id}:{run.step}", run=run, kind=op.word, template=op.template, customer_id=run.customer_id,
            entity=run.entity, entity_id=run.entity_id, priority=definition.priority,
            freshest_minutes=definition.freshness_minutes, wanted_at=self.now, step=op.name,
            condition=None if op.condition == EVERYTHING else op.condition,
            expires_at=self.now + definition.expires if definition.expires else None,
        )  # fmt: skip

    def _rest(self, run: Run, until: datetime, op: Op) -> None:
        run.step, run.due_at = run.step + 1, until
        self.going.remove(run)
        self._trace(run, tracing.WAITS, f"until {timezone.localtime(until):%Y-%m-%d %H:%M}", op)

    def _end(self, run: Run, state: str, why: str, data: dict[str, Any] | None = None) -> None:
        run.state, run.reason, run.ended_at, run.due_at = state, why, self.now, None
        self.going.remove(run)
        self.moved.ended += 1
        self.traces.append(tracing.of_run(run, self.now, tracing.ENDED, why, data=data))

    def _trace(self, run: Run, what: str, why: str, op: Op, data: dict[str, Any] | None = None) -> None:
        self.traces.append(tracing.of_run(run, self.now, what, why, op.name, data))

_TAKE: dict[str, Callable[[Batch, Op, Definition, Sequence[Run]], None]] = {
    "wait": Batch.wait, "until": Batch.until, "hear": Batch.hear, "branch": Batch.branch, "jump": Batch.jump,
    "split": Batch.split, "stop": Batch.stop, "send": Batch.send,
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
