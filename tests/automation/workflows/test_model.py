"""Whatever happens in whatever order, the engine does what a plain interpreter of the same definitions does, and each thing once.

Each example has records and workflows of its own in the same database, so that nothing has to be emptied in between.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from automation.workflows import entering, stored, tracing
from automation.workflows.engine import tick
from automation.workflows.models import Effect, Event, Run, Trace, Workflow
from config.isolation.actor import acting_as
from tests.automation.workflows.conftest import Desk
from tests.automation.workflows.generated import CONTENTS, KINDS
from tests.automation.workflows.reference import Happened, Record, Reference
from tests.automation.workflows.workers import Crash, Fault, Worker, breaking
from tests.mirror import customer, estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BEGIN = datetime(2026, 11, 23, 16, 7, 30, tzinfo=UTC)
RECORDS, AT_A_TIME = 3, 2
_numbers = itertools.count(1)
WHICH = st.integers(0, RECORDS - 1)
WORKFLOWS = st.integers(0, 1)


class Engine(RuleBasedStateMachine):
    worker: Worker

    @initialize(contents=st.tuples(CONTENTS, CONTENTS))
    def begin(self, contents: tuple[dict[str, Any], dict[str, Any]]) -> None:
        number = next(_numbers)
        self.ids = [number * 10 + place for place in range(RECORDS)]
        self.names = [f"model-{number}-{letter}" for letter in "ab"]
        self.plain = Reference(BEGIN, {id: Record(id // 10 + place % 2) for place, id in enumerate(self.ids)})
        load("customers", *(customer(record.customer) for record in self.plain.records.values()))
        load("estimates", *(estimate(id, record.customer) for id, record in self.plain.records.items()))
        self.pks: dict[int, str] = {}
        self.seen = 0
        for which, content in enumerate(contents):
            self.renew(which, content)
            self.turn(which, on=True)
        self.everything()

    @rule()
    def everything(self) -> None:
        """What triggers each workflow happens to each record."""
        self.note([(self.plain.contents[name]["trigger"]["event"], which) for name in self.names for which in range(RECORDS)])

    @rule(which=WORKFLOWS, content=CONTENTS)
    def renew(self, which: int, content: dict[str, Any]) -> None:
        """A new version: who is inside keeps his."""
        name = self.names[which]
        one = stored.store({"name": name, "title": name, **content}, "test", self.plain.now)
        self.plain.contents[name] = content
        self.pks[one.workflow.pk] = name

    @rule(which=WORKFLOWS, on=st.sampled_from([True, True, True, False]))
    def turn(self, which: int, *, on: bool) -> None:
        name = self.names[which]
        Workflow.objects.filter(name=name).update(enabled=on)
        (self.plain.enabled.add if on else self.plain.enabled.discard)(name)

    @rule(which=WHICH, status=st.sampled_from(["Open", "Sold"]), subtotal=st.sampled_from([100, 1000, 3000]))
    def change(self, which: int, status: str, subtotal: int) -> None:
        record = self.plain.records[self.ids[which]]
        record.status, record.subtotal = status, subtotal
        self._mirror("status = %s, subtotal = %s", [status, subtotal], which)

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        record = self.plain.records[self.ids[which]]
        record.gone = not record.gone
        self._mirror("deleted_at = %s", [BEGIN if record.gone else None], which)

    def _mirror(self, assignment: str, values: list[Any], which: int) -> None:
        with acting_as("servicetitan"), connections["servicetitan"].cursor() as cursor:
            cursor.execute(f"UPDATE servicetitan.st_estimates SET {assignment} WHERE id = %s", [*values, self.ids[which]])

    @rule(happened=st.lists(st.tuples(st.sampled_from(KINDS), WHICH), min_size=1, max_size=4))
    def note(self, happened: list[tuple[str, int]]) -> None:
        for kind, which in happened:
            id, now, entity = self.ids[which], self.plain.now, kind.partition(".")[0]
            customer_id = self.plain.records[id].customer
            event = Event.objects.create(
                key=f"model {next(_numbers)}", kind=kind, entity=entity, entity_id=id, customer_id=customer_id, happened_at=now,
                noted_at=now,
            )  # fmt: skip
            self.plain.open.append(Happened(event.pk, kind, entity, id, customer_id, now))

    @precondition(lambda self: any(run.waits_for for run in self.plain.runs.values()))
    @rule(number=st.integers(0, 9))
    def hear(self, number: int) -> None:
        """What somebody waits for, about his record or, with another kind of record, about his customer."""
        waiting = [run for run in self.plain.runs.values() if run.waits_for]
        run = waiting[number % len(waiting)]
        self.note([(run.waits_for, self.ids.index(run.entity_id))])
        self.wait(1, enters=5)

    @rule(minutes=st.sampled_from([1440, 240, 30, 4320, 57600, -60]), enters=st.integers(0, 5).map(lambda n: 5 - n))
    def wait(self, minutes: int, enters: int = 0) -> None:
        self.plain.now += timedelta(minutes=minutes)
        for _ in range(enters if self.plain.open else 0):
            self.enter()

    def _later(self, minutes: int) -> None:
        """And there is something to do, as far as who was inside before may enter again."""
        if not self.plain.due():
            self.everything()
        self.wait(minutes, enters=20)

    @rule()
    def enter(self) -> None:
        assert entering.enter(self.plain.now) == self.plain.enter(AT_A_TIME)

    @rule(minutes=st.sampled_from([4320, 1440, 240, 0]), batch=st.sampled_from([5, 2, 1]), times=st.integers(1, 3))
    def tick(self, minutes: int, batch: int, times: int) -> None:
        self._later(minutes)
        for _ in range(times):
            due = len(self.plain.due())
            assert tick(self.plain.now, batch).runs == min(batch, due) == self._follow()

    @rule(batch=st.integers(1, 2))
    def two_workers(self, batch: int) -> None:
        """Everything that is due, by both at once: first who enters, then who goes on."""
        steps: list[tuple[Callable[[datetime], int], Callable[[], int]]] = [
            (entering.enter, lambda: self.plain.enter(1000)), (partial(_moved, batch=batch), self._follow),
        ]  # fmt: skip
        for step, plain in steps:
            other = self.worker.call(partial(_until_done, step, self.plain.now))
            mine: int = self.worker.beside(other, partial(_until_done, step, self.plain.now))
            assert mine + other.result() + _until_done(step, self.plain.now) == plain()  # one that has nothing to do leaves
        assert not self.plain.due() and not self.plain.open

    @rule(at=st.integers(2, 9).map(lambda n: 11 - n), other=st.booleans())
    def crash(self, at: int, *, other: bool) -> None:
        """A process dies, holding what it has claimed, and nothing of it is there. Meanwhile another one may do the rest."""
        self._later(4320)
        before = self._stands()
        try:
            with breaking(at, Crash, self._others_do_the_rest if other else lambda: None):
                tick(self.plain.now, 2)
        except Crash:
            assert other or self._stands() == before
        self._follow()

    @rule(at=st.integers(1, 9).map(lambda n: 10 - n))
    def crash_while_entering(self, at: int) -> None:
        before = self._stands()
        try:
            with breaking(at, Crash):
                entering.enter(self.plain.now)
        except Crash:
            assert self._stands() == before
        else:
            self.plain.enter(AT_A_TIME)

    def _others_do_the_rest(self) -> None:
        self.worker.call(partial(_until_done, _moved, self.plain.now)).result()

    @rule(at=st.integers(1, 9).map(lambda n: 10 - n))
    def fault(self, at: int) -> None:
        """Something fails, and the process goes on: run by run, with the same outcome."""
        self._later(4320)
        due = len(self.plain.due())
        try:
            with breaking(at, Fault):
                moved = tick(self.plain.now, 3)
        except Fault:  # of the first statement, before anything was claimed
            assert at == 1
        else:
            assert moved.runs == min(3, due) and not moved.failed
        self._follow()

    def _follow(self) -> int:
        """Let the reference do what the engine did: whom it takes first is its own affair. Returns how many those are."""
        rows = Trace.objects.filter(pk__gt=self.seen, workflow__in=self.pks, run__isnull=False).exclude(what=tracing.ENTERED)
        found = set(rows.values_list("run__event_id", "workflow_id"))
        keys = {(event, self.pks[workflow]) for event, workflow in found}
        assert keys <= self.plain.due()
        for key in keys:
            self.plain.advance(key)
        self.seen = max(rows.values_list("pk", flat=True), default=self.seen)
        return len(keys)

    def _stands(self) -> tuple[Any, ...]:
        runs = Run.objects.filter(workflow__in=self.pks).order_by("pk")
        effects = Effect.objects.filter(run__workflow__in=self.pks)
        kept_out = Trace.objects.filter(workflow__in=self.pks, what=tracing.KEPT_OUT).count()
        fields = ("event_id", "workflow_id", "state", "reason", "due_at", "waits_for", "heard", "started_at")
        return list(runs.values_list(*fields)), effects.count(), kept_out

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "pks"):  # before the beginning
            return
        runs, _, kept_out = self._stands()
        stand = {(event, self.pks[workflow]): tuple(rest) for event, workflow, *rest in runs}
        assert stand == {
            run.key: (run.state, run.reason, run.due, run.waits_for, run.heard, run.started) for run in self.plain.runs.values()
        }
        assert kept_out == self.plain.kept_out
        rows = Effect.objects.filter(run__workflow__in=self.pks)
        effects = rows.values_list("run__event_id", "run__workflow__name", "step", "template")
        assert sorted(((event, name), *rest) for event, name, *rest in effects) == sorted(self.plain.effects)
        inside = [(run.workflow, run.entity_id) for run in self.plain.runs.values() if run.state == "active"]
        assert len(inside) == len(set(inside))
        assert all((run.due is not None) == (run.state == "active") for run in self.plain.runs.values())

    def _over(self) -> bool:
        return not self.plain.open and all(run.state != "active" for run in self.plain.runs.values())

    def teardown(self) -> None:
        """Everybody comes to an end: programs only go forward."""
        if not hasattr(self, "pks"):
            return
        try:
            for which in range(2):
                self.turn(which, on=True)
            for again in (True, False):  # once more at the end: who may enter again?
                while not self._over():
                    self.two_workers(2)
                    self.same()
                    self.wait(4320)
                if again:
                    self.everything()
        finally:
            Workflow.objects.filter(pk__in=self.pks).update(enabled=False)
            Event.objects.filter(handled_at=None).update(handled_at=self.plain.now)


def _moved(now: datetime, batch: int = 2) -> int:
    return tick(now, batch).runs


def _until_done(step: Callable[[datetime], int], now: datetime) -> int:
    return sum(iter(partial(step, now), 0))


def test_the_engine_does_what_the_reference_does(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "AT_A_TIME", AT_A_TIME)
    Engine.worker = Worker()
    try:
        run_state_machine_as_test(
            Engine,
            settings=settings(
                max_examples=14, stateful_step_count=30, deadline=None, derandomize=True, database=None, print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    finally:
        Engine.worker.close()
