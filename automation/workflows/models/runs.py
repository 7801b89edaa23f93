"""Who is where in which workflow, and why."""

from django.db import models

from automation.workflows.models.definitions import Version, Workflow
from automation.workflows.models.events import Event
from config.isolation.names import qualified


class Run(models.Model):
    """One record's way through a version. `due_at`: when it goes on; the index on it makes a tick cost what is due."""

    class State(models.TextChoices):
        ACTIVE = "active"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    class Group(models.TextChoices):
        TREATED = "treated"
        CONTROL = "control", "control group: nothing is sent"

    # An index on the workflow alone would, without fresh statistics, be read whole instead of the one of what is due.
    workflow = models.ForeignKey(Workflow, models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="runs")
    event = models.ForeignKey(Event, models.PROTECT, related_name="runs", db_index=False)
    entity = models.TextField()
    entity_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    state = models.TextField(choices=State.choices, default=State.ACTIVE)
    group = models.TextField(choices=Group.choices, default=Group.TREATED)
    step = models.IntegerField(default=0, help_text="Of the version's program, counted from 0.")
    due_at = models.DateTimeField(null=True)
    waits_for = models.TextField(default="", help_text="A kind of event that ends the wait before its time.")
    heard = models.BooleanField(null=True, help_text="Of the last wait for an event: whether it came.")
    attempts = models.IntegerField(default=0, help_text="Failures of the present step in a row.")
    reason = models.TextField(default="", help_text="Why it ended, in a sentence.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("automation", "workflow_runs")
        verbose_name = "workflow run"
        indexes = [
            models.Index(fields=["workflow", "due_at", "id"], name="workflow_runs_due", condition=models.Q(state="active")),
            models.Index(fields=["entity", "entity_id"], name="workflow_runs_of"),
            models.Index(fields=["customer_id"], name="workflow_runs_customer"),
            models.Index(fields=["ended_at"], name="workflow_runs_failed", condition=models.Q(state="failed")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "entity_id", "workflow"], name="workflow_runs_once", condition=models.Q(state="active")
            ),
            models.UniqueConstraint(fields=["event", "workflow"], name="workflow_runs_event"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.entity} {self.entity_id}"


class Trace(models.Model):
    """One decision, with the data as it was then: why somebody entered, got something, or did not."""

    at = models.DateTimeField()
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, related_name="trace", null=True)
    entity = models.TextField()
    entity_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    what = models.TextField(help_text="entered, kept out, waits, goes on, branch, wanted, sent, not sent, ended, failed, moved.")
    why = models.TextField(default="")
    step = models.TextField(default="")
    data = models.JSONField(default=dict)

    class Meta:
        db_table = qualified("automation", "workflow_trace")
        verbose_name = "workflow decision"
        indexes = [models.Index(fields=["entity", "entity_id", "-id"], name="workflow_trace_of")]

    def __str__(self) -> str:
        return f"{self.what} {self.entity} {self.entity_id}"
