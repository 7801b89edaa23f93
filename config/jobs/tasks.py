"""Base of all tasks: acts as its unit, and keeps a row of its delivery."""

import json
from typing import Any
from uuid import UUID, uuid4

from celery import Task
from django.db import close_old_connections
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config import correlation, telemetry
from config.isolation.actor import acting_as
from config.isolation.egress import calls
from config.jobs.deliveries import TaskDelivery, claim

ID, SCHEDULE, DUE = "hub_id", "hub_schedule", "hub_due"


class UnitTask(Task):  # type: ignore[misc] # celery has no types
    """A task named `<unit>.<what>`. `deliveries` is the unit's table of `TaskDelivery`, given with the decorator."""

    deliveries: type[TaskDelivery] | None = None

    @property
    def unit(self) -> str:
        return str(self.name).partition(".")[0]

    @property
    def _headers(self) -> dict[str, Any]:
        return self.request.headers or {}

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        usual = {ID: uuid4().hex, correlation.TASK_HEADER: correlation.current(), **telemetry.carrier()}
        options["headers"] = {**usual, **(options.get("headers") or {})}
        return super().apply_async(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.deliveries is None:
            return super().__call__(*args, **kwargs)
        with (
            acting_as(self.unit),
            correlation.correlated(self._headers.get(correlation.TASK_HEADER)),
            telemetry.span(str(self.name), telemetry.SpanKind.CONSUMER, parent=telemetry.carried(self._headers)),
        ):
            return self._run_once(self.deliveries, args, kwargs)

    def _run_once(self, table: type[TaskDelivery], args: Any, kwargs: Any) -> Any:
        close_old_connections()
        headers = self._headers
        id = UUID(headers.get(ID) or uuid4().hex)
        due = parse_datetime(headers.get(DUE, ""))
        arguments = json.dumps({"args": list(args), **kwargs})
        if not claim(table, id, self.name, arguments, self.request.hostname or "", headers.get(SCHEDULE), due):
            return None
        try:
            result = super().__call__(*args, **kwargs)
        except Exception as error:
            _finish(table, id, TaskDelivery.State.FAILED, f"{type(error).__name__}: {error}")
            raise
        finally:
            calls.flush()  # a worker's child ends without a word
        _finish(table, id, TaskDelivery.State.DONE)
        return result


def _finish(table: type[TaskDelivery], id: UUID, state: str, error: str = "") -> None:
    table._default_manager.filter(pk=id).update(state=state, finished_at=timezone.now(), error=error[:2000])
