"""What runs did, and what became of each record they sent."""

from django.db import models

from config.isolation.names import qualified


class SyncRun(models.Model):
    """One run. A run that found nothing to do leaves no row."""

    class State(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial", "succeeded with failures"
        FAILED = "failed"
        WAITING = "waiting", "stopped: the org's calls are used up as far as allowed"
        INTERRUPTED = "interrupted"

    class Mode(models.TextChoices):
        INCREMENTAL = "incremental"
        FULL = "full", "everything again"
        CHOSEN = "chosen", "chosen records"

    mode = models.TextField(choices=Mode.choices)
    trigger = models.TextField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    changes = models.BigIntegerField(default=0, help_text="Of the event log, read.")
    looked_at = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    api_calls = models.BigIntegerField(default=0)
    retries = models.BigIntegerField(default=0)
    wait_seconds = models.FloatField(default=0)
    worker = models.TextField(default="")
    error = models.TextField(default="")
    correlation_id = models.TextField(default="", help_text="As in the logs.")
    first_txid = models.BigIntegerField(null=True, help_text="The changes it read begin with this transaction of the mirror")
    last_txid = models.BigIntegerField(null=True, help_text="and end with this one.")

    class Meta:
        db_table = qualified("salesforce", "sync_runs")
        verbose_name = "Salesforce run"
        indexes = [models.Index(fields=["state", "-id"], name="sf_sync_runs_state")]

    def __str__(self) -> str:
        return f"{self.mode} run {self.pk or ''}".strip()


class SyncLog(models.Model):
    """What was done with one record, or why nothing was. A look that found nothing new leaves no row."""

    class State(models.TextChoices):
        SUCCESS = "success"
        RETRY = "retry", "tried again later"
        FAILED = "failed"
        CONFLICT = "conflict", "a person must look"
        SKIPPED = "skipped"

    class Act(models.TextChoices):
        CREATE = "create", "created"
        UPDATE = "update", "updated"
        NOTHING = "nothing"

    class Api(models.TextChoices):
        COLLECTIONS = "collections"
        BULK = "bulk"
        NONE = "none"

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="records", null=True)
    job = models.ForeignKey("salesforce.BulkJob", models.SET_NULL, related_name="log", null=True)
    at = models.DateTimeField()
    sobject = models.TextField()
    st_customer_id = models.BigIntegerField()
    sf_id = models.TextField(null=True)
    act = models.TextField(choices=Act.choices)
    state = models.TextField(choices=State.choices)
    api = models.TextField(choices=Api.choices)
    code = models.TextField(default="")
    reason = models.TextField(default="")
    fields = models.JSONField(default=list, help_text="Of the refusal: which fields it is about.")
    notes = models.JSONField(default=list)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    payload_hash = models.TextField(default="")
    request = models.JSONField(null=True, help_text="Names of the fields that were sent; values that are personal are masked.")
    answer = models.JSONField(null=True, help_text="Likewise.")

    class Meta:
        db_table = qualified("salesforce", "sync_log")
        verbose_name = "Salesforce log entry"
        verbose_name_plural = "Salesforce log"
        indexes = [
            models.Index(fields=["sobject", "st_customer_id", "-id"], name="sf_sync_log_record"),
            models.Index(fields=["state", "-id"], name="sf_sync_log_state"),
        ]

    def __str__(self) -> str:
        return f"{self.sobject} {self.st_customer_id} {self.act}"
