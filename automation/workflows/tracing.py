"""Why and why not: one row for each decision, written with it."""

from datetime import datetime
from typing import Any

from automation.workflows.models import Event, Run, Trace

ENTERED, KEPT_OUT, WAITS, HEARD, BRANCH, SPLIT, WANTED, SENT, NOT_SENT, ANSWERED, MOVED, ENDED, FAILED = (
    "entered", "kept out", "waits", "goes on", "branch", "split", "wanted", "sent", "not sent", "answered", "moved", "ended",
    "failed",
)  # fmt: skip


def of_event(
    event: Event, workflow_id: int, now: datetime, what: str, why: str, run: Run | None = None, data: dict[str, Any] | None = None
) -> Trace:
    """`data`: of the record as it is now, beside what the event knew."""
    return Trace(
        at=now, workflow_id=workflow_id, run=run, entity=event.entity, entity_id=event.entity_id, customer_id=event.customer_id,
        what=what, why=why,
        data={"event": event.kind, "happened_at": event.happened_at.isoformat(), **event.data, **(data or {})},
    )  # fmt: skip


def of_run(run: Run, now: datetime, what: str, why: str = "", step: str = "", data: dict[str, Any] | None = None) -> Trace:
    return Trace(
        at=now, workflow_id=run.workflow_id, run=run, entity=run.entity, entity_id=run.entity_id, customer_id=run.customer_id,
        what=what, why=why, step=step, data=data or {},
    )  # fmt: skip
