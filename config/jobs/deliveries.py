"""What became of each task that was sent: once a slot, at most three tries, and nothing forgotten.

Redis delivers at least once. A worker that dies gives its task back; a task that kills its worker would come back for
ever; a second scheduler would send everything twice. The row of a delivery, in the unit's own schema, answers all three.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, models, transaction

from config import correlation
from config.isolation.actor import acting_unit

MOST_DELIVERIES = 3


class TaskDelivery(models.Model):
    """Abstract: each unit that has tasks makes a table of it."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        DEAD = "dead", "given up: it ended its worker"

    id = models.UUIDField(primary_key=True, help_text="Ours: Celery's may change when a task is delivered again.")
    task = models.TextField()
    arguments = models.JSONField(default=dict)
    schedule = models.TextField(null=True)
    due_at = models.DateTimeField(null=True)
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    deliveries = models.IntegerField(default=1)
    worker = models.TextField(default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    correlation_id = models.TextField(default="", help_text="As in the logs; the same for all that came of one request.")

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["started_at"], name="%(class)s_started")]
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="%(class)s_slot")]

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


_CLAIM = """
INSERT INTO {table} AS d (id, task, arguments, schedule, due_at, state, deliveries, worker, started_at, error, correlation_id)
VALUES (%(id)s, %(task)s, %(arguments)s, %(schedule)s, %(due_at)s, 'running', 1, %(worker)s, now(), '', %(correlation)s)
ON CONFLICT (id) DO UPDATE SET
    deliveries = d.deliveries + 1, worker = excluded.worker, started_at = now(),
    state = CASE WHEN d.deliveries >= %(most)s THEN 'dead' ELSE 'running' END,
    error = CASE WHEN d.deliveries >= %(most)s THEN %(verdict)s ELSE '' END
WHERE d.state = 'running'
RETURNING state
"""


def claim(
    table: type[TaskDelivery],
    id: UUID,
    task: str,
    arguments: str,
    worker: str,
    schedule: str | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Whether the task shall run now: not if its slot is taken, if it is done, or if it ended its worker too often."""
    values: dict[str, Any] = {
        "id": id, "task": task, "arguments": arguments, "worker": worker, "schedule": schedule, "due_at": due_at,
        "correlation": correlation.current(), "most": MOST_DELIVERIES,
        "verdict": f"Delivered {MOST_DELIVERIES} times, and its worker ended each time.",
    }  # fmt: skip
    alias = acting_unit().alias
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(_CLAIM.format(table=table._meta.db_table), values)
            row = cursor.fetchone()
    except IntegrityError:  # the slot is another delivery's: a second scheduler sent this one
        return False
    return row is not None and row[0] == TaskDelivery.State.RUNNING
