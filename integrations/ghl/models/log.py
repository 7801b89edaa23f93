"""What runs did, and what became of each record they sent."""

from django.db import models

from config.isolation.names import qualified
from integrations.ghl.models.records import Pushed


class SyncRun(models.Model):
    """One run. A run that found nothing to do leaves no row."""

    class State(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial", "succeeded with failures"
        FAILED = "failed"
        BRAKED = "braked", "stopped by the brake: a draft waits for approval"
        WAITING = "waiting", "stopped: the day's calls are used up"
        INTERRUPTED = "interrupted"

    class Mode(models.TextChoices):
        INCREMENTAL = "incremental"
        BACKFILL = "backfill"
        FULL = "full", "everything again"
        CHOSEN = "chosen", "chosen records"
        RECONCILE = "reconcile"

    mode = models.TextField(choices=Mode.choices)
    trigger = models.TextField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    changes = models.BigIntegerField(default=0, help_text="Of the event log, read.")
    looked_at = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    adopted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    api_calls = models.BigIntegerField(default=0)
    retries = models.BigIntegerField(default=0)
    wait_seconds = models.FloatField(default=0)
    worker = models.TextField(default="")
    error = models.TextField(default="")
    correlation_id = models.TextField(default="", help_text="As in the logs.")
    first_txid = models.BigIntegerField(null=True, help_text="The changes it read begin with this transaction of the mirror")
    last_txid = models.BigIntegerField(null=True, help_text="and end with this one.")
    parity = models.JSONField(null=True, help_text="Of a comparison: how many should be there, how many are, which differ.")

    class Meta:
        db_table = qualified("integrations", "ghl_sync_runs")
        verbose_name = "GoHighLevel run"
        indexes = [models.Index(fields=["state", "-id"], name="ghl_sync_runs_state")]

    def __str__(self) -> str:
        return f"{self.mode} run {self.pk or ''}".strip()


class SyncLog(models.Model):
    """What was done with one record, or why nothing was. A look that found nothing new leaves no row."""

    class Kind(models.TextChoices):
        CONTACT = "contact"
        OPPORTUNITY = "opportunity"

    class Act(models.TextChoices):
        CREATE = "create"
        ADOPT = "adopt"
        UPDATE = "update"
        TAGS = "tags"
        NOTHING = "nothing"

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="records", db_index=True, null=True)
    at = models.DateTimeField()
    kind = models.TextField(choices=Kind.choices)
    record_id = models.BigIntegerField(help_text="Customer's id of a contact; own id of an opportunity.")
    ghl_id = models.TextField(null=True)
    act = models.TextField(choices=Act.choices)
    state = models.TextField(choices=Pushed.State.choices)
    reason = models.TextField(default="")
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    request = models.JSONField(null=True, help_text="Names of the fields that were sent; values that are personal are masked.")
    answer = models.JSONField(null=True, help_text="Likewise.")

    class Meta:
        db_table = qualified("integrations", "ghl_sync_log")
        verbose_name = "GoHighLevel log entry"
        verbose_name_plural = "GoHighLevel log"
        indexes = [
            models.Index(fields=["kind", "record_id", "-id"], name="ghl_sync_log_record"),
            models.Index(fields=["state", "-id"], name="ghl_sync_log_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} {self.act}"
